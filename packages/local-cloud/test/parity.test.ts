/**
 * What AWS is documented to answer (parity/), and what the local cloud answers: each case names the page and what it says. A case
 * that differs says how, and the package's README says so, too.
 */
import { readFileSync, rmSync } from 'node:fs';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as s3 from '@aws-sdk/client-s3';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud } from '../src/cloud.ts';
import { StatesError } from '../src/errors.ts';
import { dailyOf, rateOf } from '../src/events/bus.ts';
import { compilePattern, UnsupportedPattern } from '../src/events/pattern.ts';
import type { LocalCloud } from '../src/face.ts';
import { UnsupportedDefinition } from '../src/states/world.ts';
import { assemblyOf } from './fixture/assembly.ts';
import { Lab, START } from './states/lab.ts';

/** Where AWS says what the case holds. */
interface Documented {
  title: string;
  /** The page's title. */
  page: string;
  /** Its statement, in short. */
  says: string;
  /** Where the local cloud answers otherwise: how, in the words of the README. */
  differs?: string;
}

function casesOf<T>(file: string): (Documented & T)[] {
  return JSON.parse(readFileSync(new URL(`../parity/${file}.json`, import.meta.url), 'utf8')) as (Documented & T)[];
}

describe('what differs', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');
  const all = ['states', 'events', 's3', 'sqs', 'sns', 'dynamodb'].flatMap((file) => casesOf<unknown>(file));

  it('is in the README', () => {
    expect(all.flatMap(({ differs }) => differs ?? []).filter((text) => !readme.includes(text))).toEqual([]);
  });

  it('has a page and a statement in every case', () => {
    expect(all.filter(({ page, says }) => !/^A/.test(page) || says === '')).toEqual([]);
  });

  it('is not told of by two cases of one title', () => {
    const titles = all.map(({ title }) => title);
    expect(titles.filter((title, i) => titles.indexOf(title) < i)).toEqual([]);
  });
});

interface Ended {
  status?: string;
  output?: unknown;
  error?: string;
  cause?: string;
}

interface StatesCase extends Ended {
  definition: Record<string, unknown>;
  input?: unknown;
  /** What each call of the task comes to; the last goes for all that follow. */
  tasks?: { gives?: unknown; fails?: string; cause?: string }[];
  /** When the task is called, and when the execution ends, in seconds from its start. */
  calls?: number[];
  seconds?: number;
  /** Named by the refusal of a definition that AWS doesn't take either. */
  refused?: string;
  /** What the local cloud answers where it differs. */
  instead?: Ended;
}

describe('Step Functions', () => {
  it.each(casesOf<StatesCase>('states'))('$title', async (given) => {
    const { definition, input = {}, tasks = [], refused, calls, seconds } = given;
    const called: number[] = [];
    const task = () => {
      const { gives, fails, cause = '' } = tasks[Math.min(called.length, tasks.length - 1)] ?? {};
      called.push((lab.clock.now() - START) / 1000);
      if (fails !== undefined) throw new StatesError(fails, cause);
      return gives;
    };
    const lab = new Lab({ 'lambda:invoke': task, 'lambda:invoke.waitForTaskToken': task });
    if (refused !== undefined) {
      expect(() => lab.create('machine', definition)).toThrow(UnsupportedDefinition);
      expect(() => lab.create('machine', definition)).toThrow(refused);
      return;
    }
    const described = await lab.run(definition, input);
    const wanted = given.instead ?? given;
    const { status = wanted.error === undefined ? 'SUCCEEDED' : 'FAILED' } = wanted;
    expect({ status: described.status, error: described.error }).toEqual({ status, error: wanted.error });
    if (wanted.error === undefined) expect(JSON.parse(described.output ?? '')).toEqual(wanted.output);
    if (wanted.cause !== undefined) expect(described.cause).toBe(wanted.cause);
    if (calls !== undefined) expect(called).toEqual(calls);
    if (seconds !== undefined) expect(described.stopDate - described.startDate).toBe(seconds);
  });
});

interface EventsCase {
  pattern?: unknown;
  matches?: unknown[];
  passes?: unknown[];
  /** Patterns or schedules that PutRule refuses. */
  refuses?: unknown[];
  /** Schedules, with their periods in milliseconds; null where the local cloud has none. */
  schedules?: Record<string, number | null>;
  /** Schedules of a minute of each day, and the milliseconds since it began. */
  daily?: Record<string, number | null>;
}

describe('EventBridge', () => {
  it.each(casesOf<EventsCase>('events'))(
    '$title',
    ({ pattern, matches = [], passes = [], refuses, schedules, daily }) => {
      if (pattern !== undefined) {
        const isMatch = compilePattern(pattern);
        expect(matches.filter((event) => !isMatch(event))).toEqual([]);
        expect(passes.filter((event) => isMatch(event))).toEqual([]);
        expect(matches.length + passes.length).toBeGreaterThan(0);
      }
      for (const refused of refuses ?? []) expect(() => compilePattern(refused)).toThrow(UnsupportedPattern);
      for (const [schedule, period] of Object.entries(schedules ?? {}))
        expect([schedule, rateOf(schedule) ?? null]).toEqual([schedule, period]);
      for (const [schedule, at] of Object.entries(daily ?? {}))
        expect([schedule, dailyOf(schedule) ?? null]).toEqual([schedule, at]);
    },
  );
});

interface Step {
  /** The API's action. */
  send: string;
  with?: unknown;
  /** A part of the answer. */
  gives?: unknown;
  /** Fields that the answer doesn't have. */
  lacks?: string[];
  /** The error, its name where AWS documents what an SDK calls it. */
  refused?: { name?: string; status: number };
}

interface RequestsCase {
  steps: Step[];
}

const SERVICES = {
  s3: { module: s3, client: s3.S3Client },
  sqs: { module: sqs, client: sqs.SQSClient },
  sns: { module: sns, client: sns.SNSClient },
  dynamodb: { module: dynamodb, client: dynamodb.DynamoDBClient },
};

/** One table and one bucket that keeps versions; what else a case needs, it makes. */
const RESOURCES = {
  Versioned: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Enabled' } } },
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    },
  },
};

let folder: string;
let cloud: LocalCloud;

beforeAll(async () => {
  folder = assemblyOf(RESOURCES);
  cloud = await startCloud({ assembly: folder, start: START });
}, 60_000);

afterAll(async () => {
  await cloud?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A value of a case with its placeholders filled in: `${1.UploadId}` is of the first step's answer, `${a*5}` is aaaaa. */
function filled(value: unknown, known: readonly unknown[]): unknown {
  if (Array.isArray(value)) return value.map((one) => filled(one, known));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [filled(name, known), filled(inner, known)]),
    );
  if (typeof value !== 'string') return value;
  const whole = /^\$\{([^}]*)\}$/.exec(value)?.[1];
  if (whole !== undefined) return placed(whole, known);
  return value.replace(/\$\{([^}]*)\}/g, (_, name: string) => String(placed(name, known)));
}

function placed(name: string, known: readonly unknown[]): unknown {
  const repeated = /^(.)\*(\d+)$/.exec(name);
  if (repeated !== null) return (repeated[1] ?? '').repeat(Number(repeated[2]));
  if (name === 'table') return cloud.names.tables.Table;
  if (name === 'versioned') return cloud.names.buckets.Versioned;
  const found = name
    .split('.')
    .reduce<unknown>((inner, field) => (inner as Record<string, unknown> | undefined)?.[field], [null, ...known]);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

async function answerOf(service: keyof typeof SERVICES, { send, with: input = {} }: Step, known: readonly unknown[]) {
  const name = /^(sqs|sns|s3|dynamodb):/.exec(send)?.[1] as keyof typeof SERVICES | undefined;
  const { module, client: Client } = SERVICES[name ?? service];
  const settings = { endpoint: cloud.endpoint, region: cloud.region, maxAttempts: 1, forcePathStyle: true };
  const client = new Client({ ...settings, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  const Command = (module as unknown as Record<string, new (input: unknown) => unknown>)[
    `${send.replace(/^\w+:/, '')}Command`
  ];
  if (Command === undefined) throw new Error(`the SDK has no ${send}`);
  try {
    const sending = client.send.bind(client) as (command: unknown) => Promise<Record<string, unknown>>;
    const answer = await sending(new Command(filled(input, known)));
    const body = answer.Body as { transformToString?(): Promise<string> } | undefined;
    return body?.transformToString === undefined ? answer : { ...answer, Body: await body.transformToString() };
  } finally {
    client.destroy();
  }
}

describe.each(['s3', 'sqs', 'sns', 'dynamodb'] as const)('%s', (service) => {
  it.each(casesOf<RequestsCase>(service))('$title', async ({ steps }) => {
    const known: unknown[] = [];
    for (const step of steps) {
      const answering = answerOf(service, step, known);
      if (step.refused !== undefined) {
        const error = await answering.then(
          (answer) => ({ name: `no error: ${JSON.stringify(answer)}`, $metadata: {} }),
          (error: Error & { $metadata?: { httpStatusCode?: number } }) => error,
        );
        const { httpStatusCode: status } = (error.$metadata ?? {}) as { httpStatusCode?: number };
        expect({ name: error.name, status }).toMatchObject(step.refused);
        known.push(error);
        continue;
      }
      const answer = await answering;
      known.push(answer);
      if (step.gives !== undefined) expect(answer).toMatchObject(filled(step.gives, known) as object);
      for (const field of step.lacks ?? []) expect(answer[field]).toBeUndefined();
    }
  });
});
