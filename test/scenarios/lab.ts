import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { LocalCloud, NextSettings } from 'local-cloud';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import { isWord } from '../../lambdas/domain/outbox.ts';
import { type Erasure, eraseNumber } from '../../lib/commands/erase.ts';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { outputsOf } from '../../lib/commands/outputs.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { messageOf } from '../../simulation/desk.ts';
import { beginCloud, leaveCloud } from './idle-cloud.ts';

export const START = Date.parse('2026-06-01T00:00:00Z');
export const HOUR = 3600 * 1000;
export const DAY = 24 * HOUR;

/**
 * The context in which nobody has to decide upon a report, no handset is held, and no usage file is weighed; scenarios about decisions and
 * gates set their own.
 */
export const AT_ONCE = { people: '0', busyDay: '1000000', manyConnections: '1000000', gateRows: '1000000000' };

/** A report's file of handsets, or a withdrawal's. */
const handsetsFile = (imeis: readonly string[]) => `imei\n${imeis.map((imei) => `${imei}\n`).join('')}`;

/** The id of the batch of an agency's report of these handsets, as `Lab.report` uploads it. */
export const batchOf = (agency: string, ...imeis: readonly string[]) =>
  `${agency}-${sha256Of(handsetsFile(imeis)).slice(0, 12)}`;

/**
 * The schedules that run. In the weeks of a ladder most of what happens is sweeps, and much of it is nights: scenarios that aren't about
 * sweeps give no hours and have none, nor nights unless they ask for them. Days come, each with a notice to the administrators, only where
 * a scenario asks for them.
 */
type Schedules = 'none' | 'nights' | 'swept' | 'all';
const GOES: Readonly<Record<Schedules, (rule: string) => boolean>> = {
  none: () => false,
  nights: (rule) => rule.includes('Night'),
  swept: (rule) => !rule.includes('DayCame'),
  all: () => true,
};

export interface LabSettings extends Omit<NextSettings, 'start'> {
  /** Values of the CDK context, as `-c name=value` gives them; with `sweepHours` there are sweeps, and nights. */
  context?: Record<string, string>;
  /** Whether follow-ups begin at night. */
  nights?: boolean;
  /** Whether days come as well as sweeps and nights. */
  days?: boolean;
  /** Whether the audit and the status of batches, for which nothing else waits, are told. */
  telling?: boolean;
}

/**
 * The queues of what is told beside the work. A fifth of all calls is made for it: scenarios that don't look at it leave it where it waits.
 */
const BESIDE = ['AuditQueue', 'StatusQueue'];

/** A cloud with the whole app, and the acts of a scenario. It is ended by `close`, or by the `using` of its test. */
export class Lab {
  readonly cloud: LocalCloud;
  readonly #schedules: Schedules;

  private constructor(cloud: LocalCloud, schedules: Schedules) {
    this.cloud = cloud;
    this.#schedules = schedules;
    this.#schedule(schedules);
  }

  /** @param settings with an assembly, where it is not the one that this context gives */
  static async open({
    context = {},
    nights = false,
    days = false,
    telling = false,
    ...settings
  }: LabSettings = {}): Promise<Lab> {
    const {
      assembly = await synthesize({ here: true, bare: true, context: { ...AT_ONCE, sweepHours: '24', ...context } }),
    } = settings;
    const cloud = await beginCloud({ start: START, ...settings, assembly });
    if (!telling) cloud.pauseQueues((queue) => BESIDE.some((name) => queue.includes(name)));
    return new Lab(cloud, context.sweepHours === undefined ? (nights ? 'nights' : 'none') : days ? 'all' : 'swept');
  }

  #schedule(which: Schedules): void {
    this.cloud.pauseSchedules((rule) => !GOES[which](rule));
  }

  /** Lets time pass until an instant, in milliseconds, without sweeps and nights. */
  async quietly(until?: number): Promise<void> {
    this.#schedule('none');
    await this.cloud.run(until);
    this.#schedule(this.#schedules);
  }

  /** Works through all that is left of the ladders, without sweeps and nights. */
  async toTheEnd(): Promise<void> {
    await this.quietly();
  }

  /** Leaves the cloud to the next lab. */
  async close(): Promise<void> {
    await leaveCloud(this.cloud);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async upload(key: string, content: string | Uint8Array): Promise<void> {
    await this.cloud.put(bucketsOf(this.cloud).inbox, key, content);
    await this.cloud.rest();
  }

  /** A usage file of rows `imei,msisdn,last_seen[,lsa]`. */
  async usage(operator: string, rows: string[], name = 'usage.csv'): Promise<void> {
    await this.upload(
      `usage/${operator}/${name}`,
      `imei,msisdn,last_seen,lsa\n${rows.map((row) => `${row}\n`).join('')}`,
    );
  }

  async report(agency: string, imeis: string[], name = 'report.csv'): Promise<void> {
    await this.upload(`reports/${agency}/${name}`, handsetsFile(imeis));
  }

  /** Goes to `days` after the start, for a person's act then; all earlier work has come to rest. */
  async at(days: number): Promise<void> {
    await this.cloud.run(START + days * DAY);
  }

  /** Goes to `days` after the start, without sweeps and nights before. */
  async quietlyAt(days: number): Promise<void> {
    await this.quietly(START + days * DAY);
  }

  /** An operator's answer to a direction: rows `identifier,outcome`. */
  async respond(directionId: string, rows: string[], name = 'answer.csv'): Promise<void> {
    const [, kind, operator] = directionId.split('.');
    const header = kind === 'block' ? 'imei,outcome' : 'msisdn,outcome';
    await this.upload(
      `responses/${operator}/${directionId}/${name}`,
      `${header}\n${rows.map((row) => `${row}\n`).join('')}`,
    );
  }

  /** Uploads an approver's decision on a batch: rows `decision,imei,msisdn,ground,remarks`, upon its current preview. */
  async decide(approver: string, batchId: string, rows: string[], name = 'decision.csv'): Promise<void> {
    await this.upload(`decisions/${approver}/${batchId}/${name}`, await this.decision(batchId, rows));
  }

  /** Uploads an agency's withdrawal of its report, or of some handsets; returns its reversal, the agency's batch whose preview is new. */
  async withdraw(batchId: string, imeis: string[], name = 'withdrawal.csv'): Promise<string> {
    const agency = batchId.replace(/-[^-]*$/, '');
    const before = new Set(await this.outbox(`previews/${agency}-`));
    await this.upload(`withdrawals/${agency}/${batchId}/${name}`, handsetsFile(imeis));
    const [key = ''] = (await this.outbox(`previews/${agency}-`)).filter((one) => !before.has(one));
    return key.split('/')[1] ?? '';
  }

  /** The file of a decision. */
  async decision(batchId: string, rows: string[]): Promise<string> {
    const preview = sha256Of(await this.read(`previews/${batchId}/preview.json`));
    return `preview,decision,imei,msisdn,ground,remarks\n${rows.map((row) => `${preview},${row}\n`).join('')}`;
  }

  /** The keys of what was decided, and of its results, sorted; without the word of where that stands, which depends on the clock. */
  async outbox(prefix = ''): Promise<string[]> {
    const keys = await this.cloud.list(bucketsOf(this.cloud).outbox, prefix);
    return keys.filter((key) => !isWord(key)).sort();
  }

  async read(key: string): Promise<string> {
    return Buffer.from(await this.cloud.get(bucketsOf(this.cloud).outbox, key)).toString('utf8');
  }

  async json<T>(key: string): Promise<T> {
    return JSON.parse(await this.read(key)) as T;
  }

  /** The ids of all directions that had an order, sorted. */
  async directions(operator = ''): Promise<string[]> {
    const keys = await this.outbox(operator ? `orders/${operator}/` : 'orders/');
    return [...new Set(keys.map((key) => key.split('/')[2] ?? ''))].sort();
  }

  /**
   * The one direction of this kind for an operator in a batch.
   * @throws an Error where there are none or several
   */
  async direction(batchId: string, kind: 'reverify' | 'block', operator: string): Promise<string> {
    const found = (await this.directions(operator)).filter((id) => id.startsWith(`${batchId}.${kind}.`));
    const [only] = found;
    if (found.length !== 1 || only === undefined)
      throw new Error(`${found.length} directions of ${kind} for ${operator}`);
    return only;
  }

  async batches(): Promise<string[]> {
    return (await this.outbox('batches/'))
      .filter((key) => key.endsWith('summary.json'))
      .map((key) => key.split('/')[1] ?? '');
  }

  async summary(agency: string): Promise<Summary> {
    const id = (await this.batches()).find((batch) => batch.startsWith(`${agency}-`));
    return await this.json(`batches/${id}/summary.json`);
  }

  /** Everything in the outbox by key, for comparing two runs. */
  async everything(): Promise<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const key of await this.outbox()) all[key] = await this.read(key);
    return all;
  }

  /** What came of it when an eraser asked that a number be erased. */
  async erase(number: string): Promise<Erasure> {
    const { endpoint, region } = this.cloud;
    const credentials = { accessKeyId: 'dev-ap-south-1-eraser-erasure', secretAccessKey: 'x' };
    const as = { endpoint, region, credentials };
    const workflow = await outputsOf(new CloudFormationClient(as), 'dev', 'workflow');
    const asked = { number: number as Msisdn, erase: true };
    return await eraseNumber(new LambdaClient(as), workflow.get('EraseFunctionName') ?? '', asked);
  }

  /** The bodies of the notices that a participant's own queue got. */
  async notices(queue: string): Promise<Record<string, unknown>[]> {
    return (await this.cloud.receive(queue)).map(({ body }) => messageOf(body));
  }
}

/** An approval, as `decide` takes it. */
export const APPROVE = 'approve,,,public_interest,';

export interface Summary {
  batchId: string;
  status: string;
  report: Record<string, number>;
  connections: Record<string, number>;
  blocks: Record<string, number>;
  operators: Record<
    string,
    {
      directions: number;
      overdueDirections: number;
      latestImport: string | null;
      connections: Record<string, number>;
      blocks: Record<string, number>;
    }
  >;
  unexplained: number;
  startedAt: string;
  settledAt: string;
}
