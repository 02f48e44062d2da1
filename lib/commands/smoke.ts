/**
 * The self-check of a stage: sends a handset and two numbers that are nobody's through all that a batch goes through, answers the orders as
 * the operator that it is, and looks at each result.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ExecutionDoesNotExist, type SFNClient } from '@aws-sdk/client-sfn';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import * as z from 'zod';
import { type Day, dayOf, instantOf } from '../../lambdas/domain/days.ts';
import { uploadExecution } from '../../lambdas/domain/execution-names.ts';
import { type AgencyId, batchIdOf, type OperatorId } from '../../lambdas/domain/identifiers.ts';
import { receiptKey, rejectsKey, revocationKeys, summaryKey } from '../../lambdas/domain/outbox.ts';
import { countsIn, receiptText, refusedReceipt } from '../../lambdas/domain/receipts.ts';
import { rejectLine, rejectsHeader } from '../../lambdas/domain/rejects.ts';
import { revocationCsv } from '../../lambdas/domain/revocations.ts';
import { SELF_CHECK, SELF_CHECK_HANDSET } from '../../lambdas/domain/self-check.ts';
import { subscriptionsOf } from '../../lambdas/stores/subscriptions.ts';
import { CHECKER } from '../config/participants.ts';
import { outputIn, outputsOf } from './outputs.ts';

/** An answer did not come, or differs from what it must be. */
export class CheckFailed extends Error {
  override name = 'CheckFailed';
}

/** The clients whose rights the check uses: those of the administrators' role. */
interface Clients {
  cloudFormation: CloudFormationClient;
  sts: STSClient;
  sfn: SFNClient;
}

export interface SmokeSettings {
  stage: string;
  /** Marks the files, so that each check has a batch of its own. */
  at: Date;
  /** The day on which the numbers were seen; default: that of `at`. */
  day?: Day | undefined;
  /** The time for which each answer is waited for, in milliseconds from its upload on. */
  wait: number;
}

/** A step of the check; each resolves when what it says is so. */
export interface Step {
  says: string;
  /** Later steps make no sense if this one failed. */
  first?: boolean;
  run(): Promise<void>;
}

/** Milliseconds between two looks for an answer. */
const LOOKS_EACH = 500;

const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex');

/** Seconds since 1970 have ten digits: the last seven are another number each second for some months. */
const SECONDS = 10_000_000;

/**
 * The files that are sent: marked files about the self-check's own handset, which is no device's, and two of its own numbers, which are
 * nobody's.
 */
export function smokeFiles(at: Date, day: Day = dayOf(instantOf(at.getTime()))) {
  const mark = `${SELF_CHECK}-${at.toISOString().replace(/[-:.]/g, '')}`;
  const name = (what: string) => `${mark}-${what}.csv`;
  const number = (which: number) =>
    `+9100${String(Math.floor(at.getTime() / 1000) % SECONDS).padStart(7, '0')}${which}`;
  /** The number that is answered for as verified, and the one as disconnected. */
  const numbers = { verified: number(0), disconnected: number(1) };
  const row = (imei: string, msisdn: string) => `${imei},${msisdn},${day},${mark}\n`;
  return {
    numbers,
    report: {
      name: name('report'),
      text: `imei,case_ref,category\n${SELF_CHECK},${mark},${SELF_CHECK}\n${SELF_CHECK_HANDSET},${mark},${SELF_CHECK}\n`,
    },
    usage: {
      name: name('usage'),
      text: `imei,msisdn,last_seen,point_of_sale\n${row(SELF_CHECK, SELF_CHECK)}${Object.values(numbers)
        .map((msisdn) => row(SELF_CHECK_HANDSET, msisdn))
        .join('')}`,
    },
    response: { name: name('response'), text: `msisdn,outcome,remarks\n${SELF_CHECK},verified,${mark}\n` },
    answer: { name: name('answer') },
    /** The rejects of the report and of the usage file alike. */
    rejects: `${rejectsHeader}${rejectLine({ line: 2, value: SELF_CHECK, reason: 'not_digits' })}`,
  };
}

/**
 * The answer to an order: one of the two numbers is verified, and the other disconnected, as are those of earlier checks that it holds; a
 * block that was `not_found` is ordered again at the next check.
 */
function answerTo(order: string, { verified }: { verified: string }): { text: string; rows: number } {
  const [header = '', ...rows] = order.trim().split('\n');
  const isBlock = header.startsWith('imei');
  const lines = rows.map((row) => {
    const [identifier = ''] = row.split(',');
    return `${identifier},${isBlock ? 'not_found' : identifier === verified ? 'verified' : 'disconnected'}\n`;
  });
  return { text: `${isBlock ? 'imei' : 'msisdn'},outcome\n${lines.join('')}`, rows: rows.length };
}

/** What is looked at of a summary. */
const settled = z.object({
  status: z.string(),
  unexplained: z.number(),
  report: z.unknown(),
  connections: z.object({
    linked: z.number(),
    directed: z.number(),
    alreadyOpen: z.number(),
    alreadyDisconnected: z.number(),
    alreadyVerified: z.number(),
    verified: z.number(),
    disconnected: z.number(),
  }),
  blocks: z.object({ rows: z.number(), overdue: z.number() }),
  settledAt: z.string(),
});

/** The steps of one check, to be run in this order. */
export function smoke({ cloudFormation, sts, sfn }: Clients, { stage, at, day, wait }: SmokeSettings): Step[] {
  const { numbers, report, usage, response, answer, rejects } = smokeFiles(at, day);
  const operator = SELF_CHECK as OperatorId;
  const batchId = batchIdOf(SELF_CHECK as AgencyId, sha256Of(report.text));
  const keys = {
    report: `reports/${SELF_CHECK}/${report.name}`,
    usage: `usage/${SELF_CHECK}/${usage.name}`,
    response: `responses/${SELF_CHECK}/${SELF_CHECK}/${response.name}`,
  };
  const answers = {
    reportRejects: rejectsKey(SELF_CHECK as AgencyId, report.name),
    usageRejects: rejectsKey(operator, usage.name),
    receipt: receiptKey(operator, SELF_CHECK, response.name, sha256Of(response.text)),
    summary: summaryKey(batchId),
  };
  let names = { inbox: '', outbox: '', batch: '', role: '', topics: [''] };
  let s3: S3Client;
  let execution = '';
  let until = 0;
  let settledAt = '';
  /** The receipts that are to come, by the directions that were answered, with the number of their rows. */
  const receipts = new Map<string, { key: string; rows: number }>();

  /** Looks again and again until there is something; `look` returns undefined if there is nothing yet. */
  async function waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > until) throw new CheckFailed(`${what} within ${wait / 1000} s of the uploads`);
      await sleep(LOOKS_EACH);
    }
  }
  /** Lists by a prefix. A caller that may not list without one is refused an object that isn't there, as one that is another's. */
  async function list(prefix: string): Promise<string[]> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: names.outbox, Prefix: prefix }));
    return Contents.map(({ Key = '' }) => Key);
  }
  const get = async (key: string): Promise<string> =>
    (await (await s3.send(new GetObjectCommand({ Bucket: names.outbox, Key: key }))).Body?.transformToString()) ?? '';
  const answered = (key: string): Promise<string> =>
    waitFor(`no ${key}`, async () => ((await list(key)).includes(key) ? get(key) : undefined));
  const put = async (key: string, text: string): Promise<string> => {
    const file = { Bucket: names.inbox, Key: key, Body: text, ContentType: 'text/csv' };
    const { VersionId = '' } = await s3.send(new PutObjectCommand(file));
    until = Date.now() + wait;
    return VersionId;
  };
  const same = (key: string, text: string, expected: string) => {
    if (text !== expected) throw new CheckFailed(`${key} is not what it must be: ${text}`);
  };
  /** Answers each order of the batch that has none yet, and says which numbers these were about. */
  async function answerOrders(): Promise<string> {
    let all = '';
    for (const key of await list(`orders/${SELF_CHECK}/${batchId}.`)) {
      const directionId = key.split('/')[2] ?? '';
      if (receipts.has(directionId)) continue;
      const order = await get(key);
      const { text, rows } = answerTo(order, numbers);
      receipts.set(directionId, { key: receiptKey(operator, directionId, answer.name, sha256Of(text)), rows });
      await put(`responses/${SELF_CHECK}/${directionId}/${answer.name}`, text);
      all += order;
    }
    return all;
  }

  return [
    {
      says: `the stacks of ${stage} tell their names`,
      first: true,
      run: async () => {
        const data = await outputsOf(cloudFormation, stage, 'data');
        const workflow = await outputsOf(cloudFormation, stage, 'workflow');
        const access = await outputsOf(cloudFormation, stage, 'access');
        names = {
          inbox: outputIn(data, 'InboxBucketName'),
          outbox: outputIn(data, 'OutboxBucketName'),
          batch: outputIn(workflow, 'BatchMachineArn'),
          role: outputIn(access, 'CheckerRoles').replaceAll('{id}', CHECKER.id),
          topics: ['OperatorsTopicArn', 'AgenciesTopicArn', 'ApproversTopicArn', 'AdministratorsTopicArn'].map(
            (topic) => outputIn(data, topic),
          ),
        };
      },
    },
    {
      says: 'every subscription to a notice is confirmed',
      run: async () => {
        const pending = (await Promise.all(names.topics.map(subscriptionsOf))).flatMap((topic) => topic.pending);
        if (pending.length > 0)
          throw new CheckFailed(
            `nobody is told at ${pending.map(({ protocol, endpoint }) => `${protocol} ${endpoint}`).join(', ')}`,
          );
      },
    },
    {
      says: 'the role of the self-check is taken on',
      first: true,
      run: async () => {
        const { Credentials } = await sts.send(
          new AssumeRoleCommand({ RoleArn: names.role, RoleSessionName: SELF_CHECK, ExternalId: CHECKER.externalId }),
        );
        const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
        s3 = new S3Client({
          credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
          // The local cloud's buckets have no names in the domain name system.
          forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined,
        });
      },
    },
    {
      says: 'Import has made links of the usage, and rejected a row',
      first: true,
      run: async () => {
        await put(keys.usage, usage.text);
        // They are published when the links are written.
        same(answers.usageRejects, await answered(answers.usageRejects), rejects);
      },
    },
    {
      says: 'Record has refused a response to nothing, with a receipt',
      run: async () => {
        await put(keys.response, response.text);
        const expected = refusedReceipt(response.name, sha256Of(response.text), 'unknown_direction');
        same(answers.receipt, await answered(answers.receipt), receiptText(expected));
      },
    },
    {
      says: 'Screen has rejected a row of the report',
      first: true,
      run: async () => {
        const version = await put(keys.report, report.text);
        execution = uploadExecution(batchId, { key: keys.report, upload: version });
        same(answers.reportRejects, await answered(answers.reportRejects), rejects);
      },
    },
    {
      says: 'its orders have come, and name the numbers that Expand found and Claim claimed',
      run: async () => {
        let orders = '';
        await waitFor(`no order about ${Object.values(numbers).join(' and ')}`, async () => {
          orders += await answerOrders();
          return Object.values(numbers).every((number) => orders.includes(`${number},`)) || undefined;
        });
      },
    },
    {
      says: 'the batch is settled once all is answered, and its books balance',
      run: async () => {
        const text = await waitFor(`no ${answers.summary}`, async () => {
          await answerOrders();
          return (await list(answers.summary)).length > 0 ? get(answers.summary) : undefined;
        });
        const { status, unexplained, report: rows, connections, blocks, ...rest } = settled.parse(JSON.parse(text));
        ({ settledAt } = rest);
        const { linked, directed, alreadyOpen, alreadyDisconnected, alreadyVerified, verified, disconnected } =
          connections;
        const wrong =
          status !== 'settled' ||
          unexplained !== 0 ||
          JSON.stringify(rows) !== JSON.stringify({ rows: 2, rejected: 1, repeats: 0, handsets: 1 }) ||
          linked !== directed + alreadyOpen + alreadyDisconnected + alreadyVerified ||
          verified !== 1 ||
          disconnected !== directed - 1 ||
          directed < 2 ||
          blocks.rows !== 1 ||
          blocks.overdue !== 0;
        if (wrong) throw new CheckFailed(`${answers.summary} is not what it must be: ${text}`);
      },
    },
    {
      says: 'each answer was recorded, with a receipt',
      run: async () => {
        for (const { key, rows } of receipts.values()) {
          const text = await answered(key);
          const { recorded, rejected } = countsIn(text);
          same(key, JSON.stringify({ recorded, rejected }), JSON.stringify({ recorded: rows, rejected: {} }));
        }
      },
    },
    {
      says: 'its revocation list is published, and names nobody',
      run: async () => {
        if (settledAt === '') throw new CheckFailed('the batch has not settled');
        const { csv } = revocationKeys(dayOf(instantOf(Date.parse(settledAt))), batchId);
        same(csv, await answered(csv), [...revocationCsv([])].join(''));
      },
    },
    {
      says: 'its execution has told everybody, and succeeded',
      run: async () => {
        const executionArn = `${names.batch.replace(':stateMachine:', ':execution:')}:${execution}`;
        const ended = await waitFor(`the execution ${execution} did not end`, async () => {
          // If Intake has not started it yet, there is no execution of that name. To read more than the status would take the machines'
          // key.
          const asked = new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' });
          const described = await sfn.send(asked).catch((problem: unknown) => {
            if (problem instanceof ExecutionDoesNotExist) return undefined;
            throw problem;
          });
          return described?.status === 'RUNNING' ? undefined : described;
        });
        if (ended.status !== 'SUCCEEDED') throw new CheckFailed(`the execution ${execution} ended as ${ended.status}`);
      },
    },
  ];
}
