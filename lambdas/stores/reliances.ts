/** The batches that rely on rows of earlier ones: they found numbers or handsets there, and did not direct them. */
import type { Reliance } from '../domain/asked.ts';
import { planCounts } from '../domain/batches.ts';
import type { Day } from '../domain/days.ts';
import { type ElsewhereLine, parseElsewhereLine } from '../domain/elsewhere.ts';
import { parseMovedLine } from '../domain/follow-ups.ts';
import {
  type BatchId,
  type DirectionId,
  type Imei,
  isBatchId,
  isFollowUp,
  type Msisdn,
  parseDirectionId,
} from '../domain/identifiers.ts';
import { givesBack } from '../domain/kinds.ts';
import type { WrittenList } from '../domain/plans.ts';
import { RELIED } from '../domain/work.ts';
import { readBatch } from './cases/batches.ts';
import { listObjects, readTextLines, writeObject } from './objects.ts';
import { readPlan } from './plans.ts';
import { isTheirs, readWithdrawn, type Since, type TakenBack, type Withdrawn } from './withdrawn-reports.ts';

/** Marks that a batch relies on others, whatever becomes of its plan. */
export async function markReliances(work: string, by: BatchId, directions: Iterable<DirectionId>): Promise<void> {
  for (const on of batchesOf(directions))
    if (on !== by) await writeObject({ bucket: work, key: RELIED.key(on, by) }, '');
}

function batchesOf(directions: Iterable<DirectionId>): Set<BatchId> {
  return new Set([...directions].flatMap((id) => parseDirectionId(id)?.batchId ?? []));
}

/** The question: rows of these directions, of these numbers or handsets. Only batches of earlier plans rely on anything. */
interface Asked {
  readonly directions: ReadonlySet<DirectionId>;
  readonly subjects: Since;
  /** The day of the sighting for which a number is directed in its row of a direction; null if it has none there. */
  readonly directedFor: (msisdn: Msisdn, directionId: DirectionId) => Day | null;
  /** The report of a number's row in a direction, or of the row that it continues there. */
  readonly reportOf: (msisdn: Msisdn, directionId: DirectionId) => BatchId;
  readonly plan: number;
  /** What is being withdrawn, and of which report: by that the report relies on nothing any more. Null for an appeal. */
  readonly withdrawing: (TakenBack & { readonly report: BatchId }) | null;
}

/** The batches that count and rely on what is asked about, by `<identifier> <direction>`. */
export async function readReliances(
  env: { readonly WORK: string; readonly CASES: string },
  asked: Asked,
): Promise<Map<string, Reliance[]>> {
  const found = new Map<string, Reliance[]>();
  const seen = new Set<BatchId>();
  for (const on of batchesOf(asked.directions)) {
    // If a night went on from two rows at one operator, it directed the subject once, and found it there for the other row.
    const relying = isFollowUp(on) ? [on as string] : [];
    for await (const { key } of listObjects({ bucket: env.WORK, key: RELIED.prefixOf(on) }))
      relying.push(key.slice(RELIED.prefixOf(on).length));
    for (const by of relying) {
      if (!isBatchId(by) || seen.has(by)) continue;
      seen.add(by);
      for await (const { identifier, operator, state, directionId } of elsewhereOf(env, by, asked)) {
        const name = `${identifier} ${directionId}`;
        found.set(name, [...(found.get(name) ?? []), { operator, batchId: by, state }]);
      }
    }
  }
  return found;
}

/**
 * The account on which a night found what it did: whether a row that it went on with is of a report that stands, and of the holder who is
 * meant. A night has no account of its own.
 */
async function standingIn(
  env: { readonly WORK: string; readonly CASES: string },
  moved: readonly WrittenList[],
  about: Since,
  { directedFor, reportOf, withdrawing }: Asked,
): Promise<(what: Pick<ElsewhereLine, 'kind' | 'identifier'>) => boolean> {
  const from = new Map<Msisdn | Imei, BatchId[]>();
  for (const { key, bytes } of moved)
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
      for (const { msisdn, from: direction, toGiveBack } of block.map(parseMovedLine)) {
        // A row that is to be given back finds no row in which something is taken.
        if (msisdn === null || toGiveBack || !about.has(msisdn)) continue;
        const reports = from.get(msisdn) ?? [];
        from.set(msisdn, reports);
        const seen = directedFor(msisdn, direction);
        // A row of somebody else, who had the number before, has no part in it.
        if ((about.get(msisdn) ?? null) === null || (seen !== null && isTheirs(about, msisdn, seen)))
          reports.push(reportOf(msisdn, direction));
      }
  const withdrawn = new Map<BatchId, Withdrawn>();
  for (const report of new Set([...from.values()].flat())) {
    const own = withdrawing?.report === report ? withdrawing : undefined;
    withdrawn.set(report, await readWithdrawn(env, report, about, own));
  }
  return ({ kind, identifier }) =>
    from.get(identifier)?.some((report) => !withdrawn.get(report)?.with({ kind, identifier })) ??
    (about.get(identifier) ?? null) === null;
}

/** What a batch found in these directions; nothing if its plan doesn't count, or retention took its lists. */
async function* elsewhereOf(
  env: { readonly WORK: string; readonly CASES: string },
  by: BatchId,
  asked: Asked,
): AsyncGenerator<ElsewhereLine> {
  const { directions, subjects, plan, withdrawing } = asked;
  const batch = await readBatch(env.CASES, by);
  if (batch?.planKey === undefined || !planCounts(batch.state) || batch.plan >= plan) return;
  const { elsewhere, moved } = await readPlan(env.WORK, batch.planKey);
  const found: ElsewhereLine[] = [];
  for (const { key, bytes } of elsewhere)
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
      for (const text of block) {
        const line = parseElsewhereLine(text);
        // The batch had nothing to rely on in a number that was somebody else's by then: the holder whom the row is about didn't have it
        // any more.
        const isAbout =
          line.state !== 'reissuedBefore' &&
          line.directionId !== null &&
          directions.has(line.directionId) &&
          subjects.has(line.identifier);
        if (isAbout && !givesBack(line.kind)) found.push(line);
      }
  if (found.length === 0) return;
  // What was withdrawn itself relies on nothing.
  const own = withdrawing?.report === by ? withdrawing : undefined;
  const about = new Map(found.map(({ identifier }) => [identifier, subjects.get(identifier) ?? null]));
  if (isFollowUp(by)) {
    yield* found.filter(await standingIn(env, moved, about, asked));
    return;
  }
  const withdrawn = await readWithdrawn(env, by, about, own);
  for (const line of found) if (!withdrawn.with(line)) yield line;
}
