/** The handsets of a report that its agency has withdrawn: those that its directed reversals were asked for. */
import { askedForm } from '../domain/appeals.ts';
import { planCounts } from '../domain/batches.ts';
import type { Day, Instant } from '../domain/days.ts';
import { decidedBy } from '../domain/decisions.ts';
import { type BatchId, type Imei, isBatchId, isFollowUp, isImei, type Msisdn } from '../domain/identifiers.ts';
import { type DirectionKind, rulesOf } from '../domain/kinds.ts';
import { gatheredForm } from '../domain/plans.ts';
import { type GatheredLink, parseGatheredLine } from '../domain/sightings.ts';
import { isActedUpon, NOTHING_DECIDED } from '../domain/subjects.ts';
import { heldImeis } from '../domain/weighing.ts';
import { SCREENED, WITHDRAWN } from '../domain/work.ts';
import { readApproval } from './cases/approvals.ts';
import { type Batch, readBatch } from './cases/batches.ts';
import { listObjects, readText, readTextLines, writeObject } from './objects.ts';

interface Places {
  readonly WORK: string;
  readonly CASES: string;
}

/** Marks that a reversal is asked to take back what a report did, whatever is decided of it. */
export async function markWithdrawal(work: string, report: BatchId, reversal: BatchId): Promise<void> {
  await writeObject({ bucket: work, key: WITHDRAWN.key(report, reversal) }, '');
}

/** What one reversal was asked to take back of a report, and what approvers left out of it. */
export interface TakenBack {
  /** The handsets; null for the whole report. */
  readonly imeis: ReadonlySet<Imei> | null;
  readonly struck: ReadonlySet<Imei | Msisdn>;
}

/** What was withdrawn of a report. */
export interface Withdrawn {
  /** Whether a handset was withdrawn. One that an approver left out stands. */
  has(imei: Imei): boolean;
  /**
   * Whether a row that the report found elsewhere, or directed, stands no more. A number's was withdrawn with the whole report, or with the
   * last handset that linked it; or the holder who is meant was seen in none of its handsets, but only somebody else, who had the number
   * before.
   */
  with(what: { readonly kind: DirectionKind; readonly identifier: Imei | Msisdn }): boolean;
}

/** Numbers and handsets, each with the day since which the holder who is meant has it; null if nobody is known to have had it before. */
export type Since = ReadonlyMap<Imei | Msisdn, Day | null>;

/** Whether a sighting of a number on a day is of the holder who is meant. */
export function isTheirs(since: Since, msisdn: Msisdn, lastSeen: Day): boolean {
  const day = since.get(msisdn) ?? null;
  return day === null || lastSeen > day;
}

/**
 * What was withdrawn of a report by now, as far as it concerns these numbers and handsets: only a plan that counts has an effect.
 * @param subjects those for which `with` will be asked; `has` knows each handset
 * @param own what the asking reversal takes back, beside those that count
 */
export async function readWithdrawn(
  env: Places,
  report: BatchId,
  subjects: Since = new Map(),
  own?: TakenBack,
): Promise<Withdrawn> {
  const counted: (TakenBack & { readonly at: Instant })[] = [];
  const prefix = WITHDRAWN.prefixOf(report);
  for await (const { key } of listObjects({ bucket: env.WORK, key: prefix })) {
    const reversal = key.slice(prefix.length);
    const batch = isBatchId(reversal) ? await readBatch(env.CASES, reversal) : undefined;
    if (batch?.decision === undefined || batch.previewKey === undefined || !planCounts(batch.state)) continue;
    const place = { bucket: env.WORK, key: SCREENED.previews.asked(batch.previewKey) };
    const { withdraws } = askedForm.parse(await readText(place));
    if (withdraws?.batchId !== report) continue;
    const { struck } = decidedBy(await readApproval(env.WORK, batch.decision), []);
    const imeis = withdraws.imeis && new Set(withdraws.imeis);
    counted.push({ imeis, struck, at: batch.directedAt ?? batch.startedAt });
  }
  counted.sort((a, b) => (a.at < b.at ? -1 : 1));
  const all: readonly TakenBack[] = own === undefined ? counted : [...counted, own];
  const takenBy = (imei: Imei) =>
    all.findIndex(({ imeis, struck }) => (imeis === null || imeis.has(imei)) && !struck.has(imei));
  const free = await numbersFree(env, report, { subjects, all, takenBy });
  return {
    has: (imei) => takenBy(imei) >= 0,
    with: ({ kind, identifier }) =>
      all.some((one) => isWhole(one) && !one.struck.has(identifier)) ||
      (rulesOf(kind).subject === 'handset' ? takenBy(identifier as Imei) >= 0 : free.has(identifier as Msisdn)),
  };
}

/**
 * The numbers, among these, that a report links only by handsets which were withdrawn. A number that approvers left out of the withdrawal
 * of the last of these stays. A handset in which it was seen only as somebody else's has no part in that; if there are no others, the
 * number is free, too.
 * @param all what was taken back, in the order in which it was
 * @param takenBy the index of the one that took a handset back first; -1 if none did
 */
async function numbersFree(
  env: Places,
  report: BatchId,
  {
    subjects,
    all,
    takenBy,
  }: {
    readonly subjects: Since;
    readonly all: readonly TakenBack[];
    readonly takenBy: (imei: Imei) => number;
  },
): Promise<ReadonlySet<Msisdn>> {
  // If the whole report was withdrawn, or nothing, it doesn't matter which handset links which number, unless the holder has a part in it.
  const isPartly = all.some((one) => !isWhole(one)) && subjects.size > 0;
  const isAsked = isPartly || [...subjects.values()].some((since) => since !== null);
  const batch = isAsked && !isFollowUp(report) ? await readBatch(env.CASES, report) : undefined;
  if (batch === undefined) return new Set();
  const linked = new Set<Msisdn>();
  const last = new Map<Msisdn, number>();
  for await (const { msisdn, imei, lastSeen } of actedUponLinks(env, batch)) {
    if (!subjects.has(msisdn)) continue;
    linked.add(msisdn);
    if (!isTheirs(subjects, msisdn, lastSeen)) continue;
    const n = takenBy(imei);
    last.set(msisdn, n < 0 ? Number.POSITIVE_INFINITY : Math.max(n, last.get(msisdn) ?? n));
  }
  const isFree = (n: number | undefined, msisdn: Msisdn) => n === undefined || all[n]?.struck.has(msisdn) === false;
  return new Set([...linked].filter((msisdn) => isFree(last.get(msisdn), msisdn)));
}

/** Whether a whole report was taken back, and approvers left no handset of it out. */
function isWhole({ imeis, struck }: TakenBack): boolean {
  return imeis === null && ![...struck].some(isImei);
}

/** The links that a report's decision was bound to, of handsets that are acted upon by what people decided. */
export async function* actedUponLinks(env: Places, batch: Batch): AsyncGenerator<GatheredLink> {
  const { batchId, previewKey, decision: pointer } = batch;
  if (previewKey === undefined) throw new Error(`batch ${batchId} has no list of its links`);
  const work = (key: string) => ({ bucket: env.WORK, key });
  // Nothing was decided of a report from before there were decisions.
  const decided =
    pointer === undefined
      ? NOTHING_DECIDED
      : decidedBy(
          await readApproval(env.WORK, pointer),
          heldImeis(await readText(work(SCREENED.previews.held(previewKey)))),
        );
  const { objects } = gatheredForm.parse(await readText(work(SCREENED.previews.gathered(previewKey))));
  for (const { key, bytes } of objects)
    for await (const block of readTextLines(work(key), { start: 0, end: bytes }))
      for (const line of block) {
        const link = parseGatheredLine(line);
        if (isActedUpon(link.imei, decided)) yield link;
      }
}
