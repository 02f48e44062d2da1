/** One run of the campaign: a story told on a local cloud with faults, and the findings afterwards. */

import { type CloudSettings, type LocalCloud, startCloud } from 'local-cloud';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { fraction, hash } from '../../simulation/random.ts';
import { sha256 } from '../../test/reckoning/files.ts';
import { storyOf } from './drawn-story.ts';
import { Faults } from './faults.ts';
import { differences, type Outcome, outcomeOf } from './ideal.ts';
import { brokenRules, type Item, type Seen } from './invariants.ts';
import { KEPT, keepRun } from './kept.ts';
import { leaks } from './leaks.ts';
import { ask, countedFiles, executions, items, objects, plain, running } from './outside.ts';
import { type Cut, People } from './people.ts';
import { CONTEXT, DAY, START, type Story, type Upload } from './story.ts';
import type { Troubles } from './troubles.ts';

export interface Result {
  n: number;
  /** The broken rules, one line each; empty where all hold. */
  broken: string[];
  /** The number of faults of each kind. */
  faults: Record<string, number>;
  milliseconds: number;
}

/** The seed of run `n`, counted from 0. */
export const seedOf = (seed: number, n: number): number => hash('campaign', seed, n);

/** The command that repeats one run. */
export const repeating = (seed: number, n: number): string => `npm run campaign -- --seed ${seed} --only ${n}`;

/** Whether a story's outcome is worked out from the story alone. */
const isWorkedOut = ({ moves, reversals }: Story) => moves !== true && reversals === undefined;

interface Playing<T> {
  /** The context with which the app is synthesized. */
  context?: Record<string, string>;
  /** The way in which each upload is cut short. */
  cutsOf?(troubles: T): (key: string) => Cut;
  /** Whether the administrators look for dead letters each day, and redrive them. */
  redrives?: boolean;
  /** The time, in milliseconds beyond some hours, for which faults may keep things from happening. */
  patience?: number;
  /** The outcome without faults, if it isn't worked out from the story. */
  ideal?: Record<string, Outcome> | undefined;
  /** Whether the outcome must be the one without faults. */
  endsAlike?(seen: Seen): boolean;
}

/** Where the cloud of a stage comes from, and what becomes of it then. */
interface House {
  begin(settings: Omit<CloudSettings, 'start'> & { start: number }): Promise<LocalCloud>;
  leave(cloud: LocalCloud): Promise<void>;
}

/** A cloud that is started for the stage, and ends with it. */
const OWN: House = {
  begin: (settings) => startCloud(settings),
  leave: (cloud) => cloud.stop(),
};

/** A cloud in which runs are told one after the other, each from nothing. */
export class Stage {
  readonly #house: House;
  #cloud: LocalCloud | undefined;
  readonly #assemblies = new Map<Record<string, string>, string>();

  constructor(house: House = OWN) {
    this.#house = house;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#cloud !== undefined) await this.#house.leave(this.#cloud);
  }

  /** Tells the story of a seed, with faults or without. */
  async tell(seed: number, withFaults = true): Promise<Told> {
    const faults = (now: () => number) => new Faults(seed, now, withFaults);
    const cutsOf =
      ({ injected }: Troubles) =>
      (key: string): Cut => {
        if (!withFaults) return undefined;
        const dice = fraction(seed, 'cut', key.replace(/[0-9a-f]{12}|\d+-\d+-\d+/g, ''));
        const cut = (['broken off', 'never completed', 'cut file first'] as const)[Math.floor(dice * 20)];
        if (cut !== undefined) injected.set(`upload ${cut}`, (injected.get(`upload ${cut}`) ?? 0) + 1);
        return cut;
      };
    const story = storyOf(seed);
    const ideal = withFaults ? await this.idealOf(story) : undefined;
    const { told, cloud, people, troubles } = await this.play(story, faults, { cutsOf, ideal });
    if (told.broken.length === 0) await told.redeliver(cloud, people, troubles);
    return told;
  }

  /**
   * The outcome without faults of a story in which numbers go on elsewhere, or are taken back: it is told without faults, and held to each
   * rule. Undefined for other stories, whose outcome is worked out.
   * @throws an Error where the story breaks a rule without faults
   */
  async idealOf(story: Story, context = CONTEXT): Promise<Record<string, Outcome> | undefined> {
    if (isWorkedOut(story)) return undefined;
    const { told } = await this.play(story, (now) => new Faults(story.seed, now, false), { context });
    if (told.broken.length > 0) throw new Error(`without a fault, the story breaks a rule: ${told.broken.join('; ')}`);
    return told.seen && outcomeOf(told.seen);
  }

  /**
   * Tells a story from nothing, and checks the result.
   * @param plan the faults, given the cloud's time
   */
  async play<T extends Troubles>(
    story: Story,
    plan: (now: () => number) => T,
    { context = CONTEXT, cutsOf, redrives = false, patience = 0, endsAlike = () => true, ideal }: Playing<T> = {},
  ): Promise<{ told: Told; cloud: LocalCloud; people: People; troubles: T }> {
    const told = new Told(story);
    let cloud: LocalCloud | undefined;
    const troubles = plan(() => cloud?.clock.now() ?? START);
    const assembly = this.#assemblies.get(context) ?? (await synthesize({ bare: true, context }));
    this.#assemblies.set(context, assembly);
    const settings = {
      assembly,
      start: START,
      seed: story.seed,
      faults: troubles,
      log: (name: string, line: string) => told.logs.push(`${name}: ${line}`),
      written: (action: string, request: Record<string, unknown>) => told.written(action, request),
    };
    cloud = await (this.#cloud?.again(settings) ?? this.#house.begin(settings));
    this.#cloud = cloud;
    const people = new People(cloud, story, cutsOf?.(troubles) ?? (() => undefined));
    people.begin(patience);
    if (redrives) redriveDaily(cloud, START + story.ends + patience);
    await cloud.run(START + story.ends + patience);
    troubles.over = true;
    await cloud.run();
    await people.look();
    await told.see(cloud, people, troubles, { patience, endsAlike, ideal });
    told.faults = Object.fromEntries([...troubles.injected].sort());
    return { told, cloud, people, troubles };
  }

  async run(seed: number, n: number): Promise<Result> {
    const began = performance.now();
    const told = await this.tell(seedOf(seed, n));
    const { broken, faults } = told;
    if (broken.length > 0) keepRun(KEPT, `${seed}-${n}`, told);
    return { n, broken, faults, milliseconds: performance.now() - began };
  }
}

/** A told story, and the findings. */
export class Told {
  readonly story: Story;
  readonly logs: string[] = [];
  broken: string[] = [];
  faults: Record<string, number> = {};
  seen: Seen | undefined;
  readonly #ledgers: Seen['ledgers'] = new Map();
  readonly #plans: Seen['plans'] = new Map();
  #place = 0;
  /** Failures that were made on purpose. */
  #made: string[] = [];

  constructor(story: Story) {
    this.story = story;
  }

  written(action: string, { Item }: Record<string, unknown>): void {
    this.#place++;
    if (action !== 'PutItem') return;
    const item = plain({ M: Item }) as Item;
    const [, what, of = ''] = /^([A-Z]+)#(.*)$/.exec(String(item.pk)) ?? [];
    if (what === 'DECISION') {
      const plan = Number(of.split('-')[0]);
      if (!this.#plans.has(plan)) this.#plans.set(plan, this.#place);
    }
    if (what !== 'DIR') return;
    const writes = this.#ledgers.get(of) ?? [];
    writes.push({ place: this.#place, item });
    this.#ledgers.set(of, writes);
  }

  /** Looks at everything, and checks it. */
  async see(
    cloud: LocalCloud,
    { uploads, notices, lapsed }: People,
    troubles: Troubles,
    {
      patience,
      endsAlike,
      ideal,
    }: Required<Pick<Playing<Troubles>, 'patience' | 'endsAlike'>> & Pick<Playing<Troubles>, 'ideal'>,
  ): Promise<void> {
    for (const writes of this.#ledgers.values()) writes.sort((a, b) => Number(a.item.version) - Number(b.item.version));
    const failed = cloud.failures();
    this.#made = failed.filter((line) => troubles.excuses(line));
    const cases = await items(cloud);
    this.seen = {
      uploads,
      lapsed,
      counted: await countedFiles(cloud, cases),
      outbox: await objects(cloud),
      notices,
      ledgers: this.#ledgers,
      plans: this.#plans,
      cases,
      running: await running(cloud),
      importedBy: await executions(cloud, 'ImportByPieces', 'SUCCEEDED'),
      failures: failed.filter((line) => !this.#made.includes(line)),
      excused: this.#made,
      patience,
      until: START + this.story.ends + patience,
    };
    const { identifiers } = this.story;
    const leaking = leaks(this.logs, identifiers).map((line) => line.split(':')[0]);
    const telling = leaks(
      Object.values(notices)
        .flat()
        .map((notice) => JSON.stringify(notice)),
      identifiers,
    );
    this.broken = [
      ...brokenRules(this.seen),
      ...(endsAlike(this.seen) && (ideal || isWorkedOut(this.story)) ? differences(this.story, this.seen, ideal) : []),
      ...[...new Set(leaking)].map((name) => `${name} logs an identifier`),
      ...(telling.length > 0 ? ['a notice holds an identifier'] : []),
    ];
  }

  /** Checks invariant 4: some events once more, and a report and some responses again, change nothing. */
  async redeliver(cloud: LocalCloud, { uploads }: People, { objects: events }: Troubles): Promise<void> {
    const before = { outbox: await objects(cloud), cases: await items(cloud) };
    const { inbox } = bucketsOf(cloud);
    if (events.length !== uploads.length) throw new Error(`${uploads.length} uploads made ${events.length} events`);
    const { seed } = this.story;
    const some = (what: string, share: number) => (_: unknown, n: number) => fraction(seed, what, n) < share;
    const isNewest = ({ key, text }: Upload) => uploads.findLast((upload) => upload.key === key)?.text === text;
    // A decision on a former preview says nothing of the preview with which its batch was begun anew.
    const isOfNow = ({ key, text }: Upload) => {
      const [place, , batch] = key.split('/');
      return place !== 'decisions' || text.includes(sha256(before.outbox[`previews/${batch}/preview.json`] ?? ''));
    };
    const newestBeside = ({ key }: Upload) =>
      uploads.findLast((upload) => upload.key.startsWith(key.replace(/[^/]*$/, '')));
    // Usage of which the import was given up, so that it was uploaded again: it would be imported now. And the bytes of an approver's earlier file
    // that they sent once more: their receipt is of the newest upload, which may have come too late.
    const isSentAgain = (upload: Upload) =>
      (upload.key.startsWith('usage/') ||
        (upload.key.startsWith('decisions/') && newestBeside(upload)?.text !== upload.text)) &&
      uploads.some(({ key, text, at }) => key === upload.key && text === upload.text && at > upload.at);
    for (const [n, upload] of uploads.entries()) {
      const { key, at } = upload;
      if (!some('again', AGAIN)(0, n) || !isOfNow(upload) || isSentAgain(upload)) continue;
      const logical = QUEUES[key.split('/')[0] ?? ''] ?? '';
      const body = { time: `${new Date(at).toISOString().slice(0, 19)}Z`, detail: events[n] };
      const QueueUrl = `${cloud.endpoint}/${cloud.account}/${cloud.names.queues[logical]}`;
      await ask(cloud, 'sqs', 'AmazonSQS.SendMessage', { QueueUrl, MessageBody: JSON.stringify(body) });
    }
    await cloud.run();
    // Usage is left out, since the instant of its import would be noted, and a file that was replaced would be its key's newest again. An
    // approver's file that isn't their last one would count as a new decision.
    const isLastWord = (upload: Upload) =>
      !upload.key.startsWith('decisions/') || newestBeside(upload)?.key === upload.key;
    const files = uploads.filter(
      (upload) => !upload.key.startsWith('usage/') && isNewest(upload) && isOfNow(upload) && isLastWord(upload),
    );
    for (const { key, text } of files.filter(some('put again', AGAIN / 2))) await cloud.put(inbox, key, text);
    await cloud.run();
    const after = { outbox: await objects(cloud), cases: await items(cloud) };
    for (const part of ['outbox', 'cases'] as const)
      for (const key of new Set([...Object.keys(before[part]), ...Object.keys(after[part])])) {
        // An upload has an execution of its own, and entries in its batch's audit; a batch's status, lists of what is open, and digests
        // depend on the clock.
        if (/^(EXECUTION|AUDIT)#|\/(status\.(json|html)|open\.csv)$|^reports\/daily\//.test(key)) continue;
        if (JSON.stringify(before[part][key]) !== JSON.stringify(after[part][key]))
          this.broken.push(`delivering again changes nothing: ${key.replace(/^([A-Z]+#).*/, '$1…')}`);
      }
    for (const failure of cloud.failures())
      if (!this.#made.includes(failure)) this.broken.push(`delivering again changes nothing: ${failure}`);
  }
}

/** Has the administrators look for dead letters each day, and redrive them, as the runbook says. */
function redriveDaily(cloud: LocalCloud, until: number): void {
  const look = async () => {
    for (const failure of cloud.failures()) {
      const [, queue = ''] = /^dead-letter queue (\w+) /.exec(failure) ?? [];
      const name = cloud.names.queues[queue];
      if (name === undefined) continue;
      const SourceArn = `arn:aws:sqs:${cloud.region}:${cloud.account}:${name}`;
      await ask(cloud, 'sqs', 'AmazonSQS.StartMessageMoveTask', { SourceArn });
    }
    if (cloud.clock.now() < until) cloud.outside(cloud.clock.now() + DAY, look);
  };
  cloud.outside(START + DAY, look);
}

/** The share of a run's events that come once more at its end. */
const AGAIN = 0.3;

/** The queues of the inbox's folders. */
const QUEUES: Readonly<Record<string, string>> = {
  reports: 'ReportsQueue',
  usage: 'UsageQueue',
  responses: 'ResponsesQueue',
  decisions: 'ApprovalsQueue',
  admissions: 'ApprovalsQueue',
  appeals: 'AppealsQueue',
  withdrawals: 'WithdrawalsQueue',
};
