import type { Asked } from '../domain/appeals.ts';
import { type AskedSubject, isConditional } from '../domain/asked.ts';
import { planCounts } from '../domain/batches.ts';
import type { Pointer } from '../domain/claims.ts';
import type { Instant } from '../domain/days.ts';
import { subjectOfLine } from '../domain/directions.ts';
import { parseElsewhereLine } from '../domain/elsewhere.ts';
import { parseMovedLine } from '../domain/follow-ups.ts';
import { type BatchId, type DirectionId, type Imei, type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import { currentOutcomes } from '../domain/ledger.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { isReversed } from '../domain/outcomes.ts';
import type { Plan } from '../domain/plans.ts';
import { namesRows } from '../domain/reversals.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readText, readTextLines } from '../stores/objects.ts';
import { readPlan, readRowLines } from '../stores/plans.ts';
import { actedUponLinks, readWithdrawn } from '../stores/withdrawn-reports.ts';

/** The subjects that a file asks to be taken back, with their numbers, which are counted beside the list. */
export interface AskedSubjects {
  each(): AsyncGenerator<AskedSubject>;
  /** The number of subjects, without those that are asked for only if what they depend on is withdrawn by the time when this is planned. */
  count(): number;
  /** The number of subjects that depend on other handsets of the report, or on another report. */
  conditional(): number;
  /** The number of conditional subjects that other handsets link. */
  sharing(): number;
}

interface Places {
  readonly WORK: string;
  readonly CASES: string;
  /** When this is looked at. */
  readonly now: Instant;
}

/**
 * What an agency takes back of a report that is directed: the handsets that it names, or all of them, and the numbers that it directed and
 * that these link. A number that another handset links, too, which still stands, is conditional: another withdrawal may take that handset
 * back before this one is planned. A row of another report in which this one found the number, without directing it again, is conditional,
 * too: that report may be withdrawn before. The order is that of the report's own directions, numbers first, so that whoever works on a
 * piece of the list reads few of these.
 * @throws Error if the report isn't directed: whoever hears of a withdrawal waits for that
 */
export async function withdrawnSubjects(
  env: Places,
  { batchId, imeis }: NonNullable<Asked['withdraws']>,
): Promise<AskedSubjects> {
  const batch = await readBatch(env.CASES, batchId);
  if (batch?.planKey === undefined || !planCounts(batch.state)) throw new Error(`batch ${batchId} is not directed`);
  const plan = await readPlan(env.WORK, batch.planKey);
  const named = imeis === null ? null : await linkedBy(env, batch, new Set(imeis));
  const found = await foundElsewhere(env, plan, named);
  await addFoundByNights(env, plan, named, found);
  let count = 0;
  let sharing = 0;
  let kept = 0;
  const counted = (subject: AskedSubject) => {
    if (isConditional(subject)) sharing += 1;
    else count += 1;
    return subject;
  };
  return {
    async *each() {
      count = 0;
      sharing = 0;
      kept = 0;
      for (const kind of ['reverify', 'block'] as const) {
        const handsets = new Map<Imei, AskedSubject>();
        // A handset has a row at each operator.
        const add = (imei: Imei, pointer: Pointer) => {
          const known = handsets.get(imei);
          const rows = [...(known && namesRows(known.scope) ? known.scope.rows : []), pointer];
          handsets.set(imei, { imei, msisdn: null, scope: { rows }, ground: 'withdrawal', lines: [] });
        };
        for (const direction of plan.directions.filter((one) => parseDirectionId(one.directionId)?.kind === kind)) {
          const lines = (await readText({ bucket: env.WORK, key: direction.rowsKey })).split('\n');
          for (const { identifier, row } of rowsIn(kind, lines)) {
            const others = named === null ? [] : named.get(identifier);
            if (others === undefined) continue;
            const pointer = { directionId: direction.directionId, row };
            if (kind === 'block') add(identifier as Imei, pointer);
            else yield counted(numberOf(identifier as Msisdn, pointer, others));
          }
        }
        for await (const { identifier, pointer, isWithdrawn } of rowsElsewhere(env, found, kind)) {
          if (kind === 'block') add(identifier as Imei, pointer);
          else {
            const number = numberOf(identifier as Msisdn, pointer, named?.get(identifier) ?? []);
            if (isWithdrawn) yield counted(number);
            else {
              kept += 1;
              yield number;
            }
          }
        }
        for (const handset of handsets.values()) yield counted(handset);
        if (kind === 'reverify') continue;
        // Handsets that the report didn't direct are asked for, too.
        for (const imei of imeis ?? (await handsetsOf(env, batch))) {
          if (handsets.has(imei)) continue;
          yield counted({ imei, msisdn: null, scope: { rows: [] }, ground: 'withdrawal', lines: [] });
        }
      }
    },
    count: () => count,
    conditional: () => sharing + kept,
    sharing: () => sharing,
  };
}

/**
 * The directions of other batches in which a report found subjects that it did not direct, and those of them that are withdrawn with it.
 */
type FoundElsewhere = Map<DirectionId, Set<Imei | Msisdn>>;

/** @param named the subjects of the withdrawal; null for the whole report */
async function foundElsewhere(
  env: Places,
  { elsewhere }: Plan,
  named: ReadonlyMap<Imei | Msisdn, unknown> | null,
): Promise<FoundElsewhere> {
  const found: FoundElsewhere = new Map();
  for (const { key, bytes } of elsewhere)
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
      for (const { directionId, identifier } of block.map(parseElsewhereLine))
        if (directionId !== null && (named === null || named.has(identifier)))
          found.set(directionId, (found.get(directionId) ?? new Set()).add(identifier));
  return found;
}

/**
 * Adds the rows in which nights that went on with the report's numbers found these without directing them: they went on on its account.
 * Each night is followed to the next, as long as any goes on.
 */
async function addFoundByNights(
  env: Places,
  { directions }: Plan,
  named: ReadonlyMap<Imei | Msisdn, unknown> | null,
  found: FoundElsewhere,
): Promise<void> {
  /** The numbers of each direction that are the report's; undefined means all of them. */
  const ours = new Map<DirectionId, ReadonlySet<Msisdn> | undefined>();
  for (const { directionId } of directions)
    if (parseDirectionId(directionId)?.kind === 'reverify') ours.set(directionId, undefined);
  const nights = new Set<BatchId>();
  const seen = new Set<BatchId>();
  const noteNights = (unread: Iterable<DirectionId>) =>
    concurrently(unread, LEDGERS_AT_ONCE, async (directionId) => {
      const ledger = await readLedger(env.CASES, directionId);
      for (const { followUp } of ledger?.files ?? []) if (followUp !== undefined) nights.add(followUp);
    });
  const isOurs = (msisdn: Msisdn, from: DirectionId) =>
    ours.has(from) && (named?.has(msisdn) ?? true) && (ours.get(from)?.has(msisdn) ?? true);
  await noteNights(ours.keys());
  // One night is read after the other, in their order: a later one may go on with what an earlier one directed.
  for (;;) {
    const [night] = [...nights].filter((one) => !seen.has(one)).sort();
    if (night === undefined) return;
    seen.add(night);
    const batch = await readBatch(env.CASES, night);
    if (batch?.planKey === undefined || !planCounts(batch.state)) continue;
    const { moved, elsewhere, directions: next } = await readPlan(env.WORK, batch.planKey);
    const numbers = new Set<Msisdn>();
    for (const { key, bytes } of moved)
      for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
        for (const { msisdn, from } of block.map(parseMovedLine))
          if (msisdn !== null && isOurs(msisdn, from)) numbers.add(msisdn);
    if (numbers.size === 0) continue;
    for (const { key, bytes } of elsewhere)
      for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
        for (const { directionId, identifier, kind, state } of block.map(parseElsewhereLine)) {
          if (directionId === null || kind !== 'reverify' || state === 'reissuedBefore') continue;
          if (numbers.has(identifier as Msisdn))
            found.set(directionId, (found.get(directionId) ?? new Set()).add(identifier));
        }
    const unread = next.flatMap(({ directionId }) =>
      parseDirectionId(directionId)?.kind === 'reverify' && !ours.has(directionId) ? directionId : [],
    );
    for (const directionId of unread) ours.set(directionId, numbers);
    await noteNights(unread);
  }
}

/** A row of another batch on which the report relies. */
interface RowElsewhere {
  readonly identifier: Imei | Msisdn;
  readonly pointer: Pointer;
  /**
   * Whether that other report was withdrawn, so that the row goes with this one. If it wasn't, it may be by the time when this is planned.
   */
  readonly isWithdrawn: boolean;
}

/** The rows of other batches that stay because this report found its subjects there, without those that were taken back. */
async function* rowsElsewhere(
  env: Places,
  found: FoundElsewhere,
  kind: 'reverify' | 'block',
): AsyncGenerator<RowElsewhere> {
  const ofBatch = new Map<BatchId, DirectionId[]>();
  for (const directionId of found.keys()) {
    const direction = parseDirectionId(directionId);
    if (direction?.kind !== kind) continue;
    ofBatch.set(direction.batchId, [...(ofBatch.get(direction.batchId) ?? []), directionId]);
  }
  for (const [batchId, directions] of ofBatch) {
    const identifiers = new Set(directions.flatMap((one) => [...(found.get(one) ?? [])]));
    // Who has the numbers by then is asked when this is planned.
    const withdrawn = await readWithdrawn(env, batchId, new Map([...identifiers].map((one) => [one, null])));
    for (const directionId of directions) {
      const ledger = await readLedger(env.CASES, directionId);
      if (ledger === undefined) continue;
      const bytes = currentOutcomes(ledger);
      // What a report found so long ago that no row of it is kept has nothing left to give back.
      const lines = (await readRowLines(env.WORK, ledger, env.now)) ?? [];
      for (const { identifier, row } of rowsIn(kind, lines))
        if (found.get(directionId)?.has(identifier) && !isReversed(bytes, row))
          yield {
            identifier,
            pointer: { directionId, row },
            isWithdrawn: withdrawn.with({ kind, identifier }),
          };
    }
  }
}

async function handsetsOf({ WORK }: Places, { handsetsKey, report }: Batch): Promise<Imei[]> {
  if (handsetsKey === undefined) return [];
  return await readHandsets({ bucket: WORK, key: handsetsKey }, { first: 0, count: report.handsets });
}

const numberOf = (msisdn: Msisdn, row: Pointer, others: readonly Imei[]): AskedSubject => ({
  imei: null,
  msisdn,
  scope: { rows: [row] },
  ground: 'withdrawal',
  lines: [],
  ...(others.length > 0 && { unless: others }),
});

/** A direction's rows, by their lines. */
function* rowsIn(kind: 'reverify' | 'block', lines: readonly string[]) {
  for (const [row, line] of lines.entries())
    if (line !== '') yield { identifier: subjectOfLine(kind, line).identifier, row };
}

/**
 * The handsets that are withdrawn, and the numbers that they link, each with the other handsets that link it and are acted upon, as far as
 * is known by now.
 */
async function linkedBy(
  env: Places,
  batch: Batch,
  withdrawn: ReadonlySet<Imei>,
): Promise<ReadonlyMap<Imei | Msisdn, readonly Imei[]>> {
  const before = await readWithdrawn(env, batch.batchId);
  const linked = new Map<Msisdn, Set<Imei>>();
  for await (const { msisdn, imei } of actedUponLinks(env, batch))
    if (withdrawn.has(imei)) linked.set(msisdn, new Set());
  for await (const { msisdn, imei } of actedUponLinks(env, batch))
    if (!withdrawn.has(imei) && !before.has(imei)) linked.get(msisdn)?.add(imei);
  const numbers = [...linked].map(([msisdn, others]): [Msisdn, readonly Imei[]] => [msisdn, [...others].sort()]);
  return new Map<Imei | Msisdn, readonly Imei[]>([...[...withdrawn].map((imei) => [imei, []] as const), ...numbers]);
}
