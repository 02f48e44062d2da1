/**
 * Conducts a run: uploads the participants' files at their instants, on a cloud whose clock stands at the start. Nothing here looks inside
 * the cloud: it uploads, reads queues, and lets time pass.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { DayCounts } from '../lambdas/domain/charts.ts';
import { type AgencyId, type BatchId, batchIdOf, isFollowUp } from '../lambdas/domain/identifiers.ts';
import { OUTBOX } from '../lambdas/domain/outbox.ts';
import { countedPlainly } from '../lambdas/domain/wording.ts';
import { type LadderName, REVERIFY_LADDERS } from '../lib/config/policy.ts';
import type { RunSettings } from './arguments.ts';
import { bucketsOf } from './buckets.ts';
import type { ConductedCloud } from './conducted-cloud.ts';
import { Days } from './days.ts';
import { allFrom, Desk, keyOf, messageOf, type OrderNotice } from './desk.ts';
import type { Failing } from './failing.ts';
import { type GatedFile, gatedFiles } from './gated.ts';
import { goThroughNights, runOut } from './nights.ts';
import { SimulatedOperator } from './operators.ts';
import { ownParcels, type Sent, sampleParcels } from './parcels.ts';
import { type Correspondent, idsOf, type Participants } from './participants.ts';
import type { Placeholders } from './placeholders.ts';
import type { Progress } from './progress.ts';
import { Responder, readOwn } from './respond.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The time between two looks of an operator at its queue. */
const LOOK_EVERY = 6 * HOUR;
/** A minute before a day ends in Asia/Kolkata, by UTC. */
const DAY_ENDS = 18 * HOUR + 29 * 60_000;
/** The time after which operators stop looking, since a batch is stuck: no ladder lasts nearly as long. */
const LOOK_AT_MOST = 120 * DAY;
/**
 * The shares of a run's time until all usage is imported, and until the first batch's orders are out. They were measured on the sample;
 * only the estimate of the time left rests on them.
 */
const IMPORTED = 0.2;
const ORDERED = 0.85;
/** The time within which an approved batch has been decided upon and has had its turn. */
const DECIDED_WITHIN = 4 * DAY;
/** The time after which a batch that no operator has heard of will have no orders. */
const HEARD_WITHIN = 7 * DAY;

/** A report that was uploaded in this run. */
export interface UploadedReport {
  agency: string;
  /** Its key in the inbox. */
  key: string;
  /** The batch that its bytes determine. */
  batchId: string;
  /** Epoch milliseconds. */
  at: number;
  /** It is the user's own, of which rejected rows are told. Those of the sample are meant to be as they are. */
  isOwn?: true;
}

/** The participants' knowledge at the end. */
export interface Conducted {
  reports: UploadedReport[];
  orders: OrderNotice[];
  /** Messages to the agencies and to the administrators. */
  agencies: Record<string, unknown>[];
  administrators: Record<string, unknown>[];
  /** For the user's own files: the notices to operators about their usage, and the operators that answered by `--respond`. */
  own?: { usage: Record<string, unknown>[]; responders: string[] };
  /** The files of `--upload` that are not reports. */
  uploads?: { key: string; sha256: string }[];
  /** The files of `--upload` that nobody may put there, with S3's word for it. */
  denied?: { key: string; why: string }[];
  /** The state of the numbers of all reports, day by day. */
  days?: readonly DayCounts[];
  /** The usage files that were held up. */
  gated?: GatedFile[];
  /** The instant, in epoch milliseconds, at which the run was ended because nothing happened any more but repeated failures. */
  stuckAt?: number;
}

/** The notices after which a batch gets no more orders. */
const ENDED: ReadonlySet<unknown> = new Set([
  'settled',
  'batch_empty',
  'batch_refused',
  'batch_lapsed',
  'batch_over_limit',
  'batch_withdrawn',
]);

/** Ends a run in which nothing happens any more. */
class Stuck extends Error {}

/**
 * Runs the sample or the user's own files to the end of every ladder, or until nothing happens any more but failures.
 * @param failing knows what failed; without it, a run ends only with the ladders
 * @param placeholders knows what the placeholders in uploads name; without it there are none
 */
export async function conduct(
  settings: RunSettings,
  cloud: ConductedCloud,
  participants: Participants,
  progress: Progress,
  failing?: Failing,
  placeholders?: Placeholders,
): Promise<Conducted> {
  const { material, start } = settings;
  const { inbox } = bucketsOf(cloud);
  const { usage, sent, reissued } =
    material.kind === 'sample' ? sampleParcels(settings, material) : ownParcels(material);
  const reports = sent.filter((one) => one.kind === 'file' && one.agency !== undefined);
  for (const one of sent) if (one.kind === 'response') await readOwn(one);

  const weight = usage.reduce((sum, parcel) => sum + parcel.weight, 0);
  let imported = 0;
  for (const parcel of usage) {
    progress.stage(`Importing ${parcel.key}`);
    let bytes = 0;
    const counted = async function* () {
      for await (const chunk of parcel.content()) {
        bytes += chunk.length;
        progress.update(`${megabytes(bytes)} uploaded`);
        yield chunk;
      }
    };
    await cloud.put(inbox, parcel.key, Readable.from(counted(), { objectMode: false }));
    progress.update(`${megabytes(bytes)} uploaded, being imported`);
    await cloud.rest();
    imported += parcel.weight;
    progress.reached((IMPORTED * imported) / weight);
  }

  const desks = new Map(participants.operators.map((operator) => [operator.id, new Desk(cloud, operator)]));
  const conducted: Conducted = { reports: [], orders: [], agencies: [], administrators: [] };
  const responders = new Map<string, Responder>();
  const upload = (sent: Sent) => {
    cloud.outside(start + sent.age, async () => {
      const { agency, age } = sent;
      const { key, content } = sent.fills && placeholders ? await placeholders.fillFile(sent, cloud) : sent;
      const hash = createHash('sha256');
      const hashed = async function* () {
        for await (const chunk of content()) {
          hash.update(chunk);
          yield chunk;
        }
      };
      progress.event(agency === undefined ? `${key} is uploaded` : `${agency} uploads ${key}`);
      const body = Readable.from(hashed(), { objectMode: false });
      try {
        await cloud.put(inbox, key, body);
      } catch (error) {
        body.destroy();
        const why = denialOf(error);
        if (why === undefined) throw error;
        conducted.denied = [...(conducted.denied ?? []), { key, why }];
        return;
      }
      const sha256 = hash.digest('hex');
      if (agency !== undefined) {
        const report = { agency, key, batchId: batchIdOf(agency as AgencyId, sha256), at: start + age };
        const isOwn = material.kind === 'files' || sent.fills === true;
        conducted.reports.push(isOwn ? { ...report, isOwn } : report);
      }
      // Only the user's own uploads are told of, among those that are not reports.
      else if (sent.fills) conducted.uploads = [...(conducted.uploads ?? []), { key, sha256 }];
    });
  };
  for (const one of sent) {
    if (one.kind === 'file') {
      upload(one);
      continue;
    }
    const desk = desks.get(one.operator) as Desk;
    const responder = responders.get(one.operator) ?? new Responder(desk);
    responders.set(one.operator, responder);
    cloud.outside(start + one.age, () => {
      progress.event(`${one.operator} responds with ${one.name}`);
      return responder.respond(one);
    });
  }

  const simulated = [...desks]
    .filter(([operator]) => settings.operators !== 'silent' && !responders.has(operator))
    .map(([operator, desk]) => {
      const rank = participants.operators.findIndex(({ id }) => id === operator);
      const others = settings.moves === false ? [] : idsOf(participants.operators).filter((id) => id !== operator);
      const moving = Number(settings.moves ?? 1);
      const { operators: manner, seed, moves } = settings;
      const known = { others, moving, ...(moves !== false && { reissued }) };
      return new SimulatedOperator(desk, { manner, seed, rank, ...known });
    });
  const watch = new Watch(cloud, participants, conducted, desks, simulated);
  // An appeal leads to orders to give back, even if nothing else is left to do.
  const appeals = sent.filter((one) => one.kind === 'file' && /^(appeals|withdrawals|decisions)\//.test(one.key));
  if (simulated.length > 0) watch.lookAfter([...reports, ...appeals].map(({ age }) => start + age));
  watch.readStatusDaily();

  progress.stage('Running the ladders');
  const length = Math.max(...reports.map(({ age }) => age)) + ladderMilliseconds(settings.ladder);
  progress.follow(() => {
    const passed = (cloud.clock.now() - start) / length;
    // Virtual time stands still while the first batch plans.
    if (passed > 0) progress.reached(Math.min(1, ORDERED + (1 - ORDERED) * passed));
    const orders = [...desks.values()].reduce((sum, desk) => sum + desk.orders.length, 0);
    const uploads = [...desks.values()].reduce((sum, desk) => sum + desk.uploads, 0);
    const day = new Date(cloud.clock.now()).toISOString().slice(0, 16).replace('T', ' ');
    const failed = (failing?.repeated() ?? []).map(({ who, times }) => `, ${who} failed ${times} times`);
    return `${day}Z, ${countedPlainly(orders, 'order')} read, ${countedPlainly(uploads, 'response')} uploaded${failed.join('')}`;
  });
  const last = (uploads: readonly { age: number }[]) => start + Math.max(...uploads.map(({ age }) => age));
  const lastUpload = last(sent);
  if (failing !== undefined)
    cloud.clock.every(HOUR, () => {
      const told = failing.executions(cloud.failedExecutions());
      if (told !== undefined) progress.event(told);
      const allSent = cloud.clock.now() > lastUpload;
      if (allSent && failing.stuck(ladderMilliseconds(settings.ladder), last(reports))) throw new Stuck();
    });
  try {
    await runOut(cloud, lastUpload + ladderMilliseconds(settings.ladder) + DECIDED_WITHIN);
    await goThroughNights(cloud, () => {
      if (simulated.length > 0) watch.lookAfter([cloud.clock.now()]);
    });
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    conducted.stuckAt = cloud.clock.now();
    await cloud.rest();
  }
  await watch.readQueues();
  await watch.readStatus();
  conducted.days = watch.days.counts();
  for (const desk of desks.values()) {
    await desk.read();
    conducted.orders.push(...desk.orders);
  }
  const imports = [...desks.values()].flatMap(({ notices }) => notices.filter(({ kind }) => kind === 'usage_imported'));
  const rejects = new Set<unknown>(
    (conducted.uploads ?? []).map(({ key }) => key.replace(/^usage\//, OUTBOX.rejects.prefix)),
  );
  // The sample's own usage files are meant to be as they are.
  const isOwn = (notice: Record<string, unknown>) => material.kind === 'files' || rejects.has(keyOf(notice.rejects));
  conducted.gated = [...desks.values()].flatMap(({ notices }) => gatedFiles(notices, isOwn));
  conducted.own = { usage: imports.filter(isOwn), responders: [...responders.keys()] };
  return conducted;
}

/** Wakes the simulated operators regularly, for as long as orders may come. */
class Watch {
  readonly #cloud: ConductedCloud;
  readonly #participants: Participants;
  readonly #conducted: Conducted;
  readonly #desks: ReadonlyMap<string, Desk>;
  readonly #simulated: readonly SimulatedOperator[];
  readonly days = new Days();
  #looking = false;

  constructor(
    cloud: ConductedCloud,
    participants: Participants,
    conducted: Conducted,
    desks: ReadonlyMap<string, Desk>,
    simulated: readonly SimulatedOperator[],
  ) {
    this.#cloud = cloud;
    this.#participants = participants;
    this.#conducted = conducted;
    this.#desks = desks;
    this.#simulated = simulated;
  }

  /** Begins to look an hour after each of these instants. */
  lookAfter(instants: readonly number[]): void {
    for (const at of instants)
      this.#cloud.outside(at + HOUR, () => (this.#looking ? this.#look() : this.#lookAgainAndAgain()));
  }

  async #look(): Promise<void> {
    for (const operator of this.#simulated) await operator.attend();
  }

  async #lookAgainAndAgain(): Promise<void> {
    await this.#look();
    await this.readQueues();
    await this.readStatus();
    this.#looking = this.#expectsOrders();
    if (this.#looking) this.#cloud.outside(this.#cloud.clock.now() + LOOK_EVERY, () => this.#lookAgainAndAgain());
  }

  #expectsOrders(): boolean {
    const now = this.#cloud.clock.now();
    const ended = new Set(this.#conducted.agencies.filter(({ kind }) => ENDED.has(kind)).map(({ batchId }) => batchId));
    const heardOf = new Set([...this.#desks.values()].flatMap(({ orders }) => orders.map(({ batchId }) => batchId)));
    const { administrators } = this.#conducted;
    const over = new Set(administrators.filter(({ kind }) => ENDED.has(kind)).map(({ batchId }) => batchId));
    // Nights and appeals have no agency: the administrators are told of their ends.
    if ([...heardOf].some((batchId) => isFollowUp(batchId as BatchId) && !over.has(batchId))) return true;
    const approved = administrators.filter(({ kind }) => kind === 'batch_approved').map(({ batchId }) => batchId);
    const reversals = administrators.filter(
      ({ kind, subjects }) => kind === 'decision_needed' && subjects !== undefined,
    );
    if (reversals.some(({ batchId }) => approved.includes(batchId) && !over.has(batchId))) return true;
    return this.#conducted.reports.some(
      ({ batchId, at }) => !ended.has(batchId) && now < at + (heardOf.has(batchId) ? LOOK_AT_MOST : HEARD_WITHIN),
    );
  }

  /** Reads, at the end of each day, where the batches stand, even if no operator has anything to look at. It keeps no run going. */
  readStatusDaily(): void {
    const now = this.#cloud.clock.now();
    const today = Math.floor(now / DAY) * DAY + DAY_ENDS;
    const look = () => this.#cloud.outside(this.#cloud.clock.now(), () => this.readStatus());
    this.#cloud.clock.every(DAY, look, today > now ? today : today + DAY);
  }

  /** Reads where the batches of all reports stand. */
  async readStatus(): Promise<void> {
    await this.days.look(
      this.#cloud,
      this.#conducted.reports.map(({ batchId }) => batchId),
    );
  }

  /** Empties the queues of agencies and administrators. */
  async readQueues(): Promise<void> {
    const { agencies, administrators } = this.#conducted;
    const readAll = async (some: readonly Correspondent[]) =>
      (
        await allFrom(
          this.#cloud,
          some.flatMap(({ mailboxes }) => mailboxes),
        )
      ).map(({ body }) => messageOf(body));
    agencies.push(...(await readAll(this.#participants.agencies)));
    administrators.push(...(await readAll(this.#participants.administrators)));
  }
}

/** S3's word for an uploader without the right, or without a role; undefined for any other error. */
function denialOf(error: unknown): string | undefined {
  return /^S3 answered (AccessDenied|InvalidAccessKeyId) to /.exec(error instanceof Error ? error.message : '')?.[1];
}

function ladderMilliseconds(ladder: LadderName): number {
  return REVERIFY_LADDERS[ladder].reduce((sum, { days }) => sum + days * DAY, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
