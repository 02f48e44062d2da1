/** Which batches rely on rows of earlier ones: they found numbers or handsets there, and did not direct them. */
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
import { isTheirs, readWithdrawn, type Since, type TakenBack } from './withdrawn-reports.ts';

/** Marks that a batch relies on others, whatever becomes of its plan. */
export async function markReliances(work: string, by: BatchId, directions: Iterable<DirectionId>): Promise<void> {
  for (const on of batchesOf(directions))
    if (on !== by) await writeObject({ bucket: work, key: RELIED.key(on, by) }, '');
}

function batchesOf(directions: Iterable<DirectionId>): Set<BatchId> {
  return new Set([...directions].flatMap((id) => parseDirectionId(id)?.batchId ?? []));
}

/** What is asked about: rows of these directions, of these numbers or handsets; only batches of earlier plans rely on anything. */
interface Asked {
  readonly directions: ReadonlySet<DirectionId>;
  readonly subjects: Since;
  /** The day of the sighting for which a number is directed in a row of its; null where it has none there. */
  readonly directedFor: (msisdn: Msisdn, directionId: DirectionId) => Day | null;
  readonly plan: number;
  /** What is being withdrawn, and of which report: that relies on nothing any more by it. Null of an appeal's. */
  readonly withdrawing: (TakenBack & { readonly report: BatchId }) | null;
}

/** Which batches that count rely on what is asked about, by `<identifier> <direction>`. */
export async function readReliances(
  env: { readonly WORK: string; readonly CASES: string },
  asked: Asked,
): Promise<Map<string, Reliance[]>> {
  const relying = new Map<string, Reliance[]>();
  const seen = new Set<BatchId>();
  for (const on of batchesOf(asked.directions)) {
    for await (const { key } of listObjects({ bucket: env.WORK, key: RELIED.prefixOf(on) })) {
      const by = key.slice(RELIED.prefixOf(on).length);
      if (!isBatchId(by) || seen.has(by)) continue;
      seen.add(by);
      for await (const { identifier, operator, state, directionId } of elsewhereOf(env, by, asked)) {
        const name = `${identifier} ${directionId}`;
        relying.set(name, [...(relying.get(name) ?? []), { operator, batchId: by, state }]);
      }
    }
  }
  return relying;
}

/** Of whom a night went on with no row but of somebody else, who had the number before. */
async function wentOnForOthers(
  env: { readonly WORK: string },
  moved: readonly WrittenList[],
  about: Since,
  directedFor: Asked['directedFor'],
): Promise<ReadonlySet<Msisdn | Imei>> {
  const others = new Set([...about].flatMap(([identifier, since]) => (since === null ? [] : identifier)));
  if (others.size === 0) return others;
  for (const { key, bytes } of moved)
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
      for (const { msisdn, from } of block.map(parseMovedLine)) {
        const seen = msisdn !== null && others.has(msisdn) ? directedFor(msisdn, from) : null;
        if (msisdn !== null && seen !== null && isTheirs(about, msisdn, seen)) others.delete(msisdn);
      }
  return others;
}

/** What a batch found in these directions; nothing where its plan doesn't count, or retention took its lists. */
async function* elsewhereOf(
  env: { readonly WORK: string; readonly CASES: string },
  by: BatchId,
  { directions, subjects, directedFor, plan, withdrawing }: Asked,
): AsyncGenerator<ElsewhereLine> {
  const batch = await readBatch(env.CASES, by);
  if (batch?.planKey === undefined || !planCounts(batch.state) || batch.plan >= plan) return;
  const { elsewhere, moved } = await readPlan(env.WORK, batch.planKey);
  const found: ElsewhereLine[] = [];
  for (const { key, bytes } of elsewhere)
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
      for (const text of block) {
        const line = parseElsewhereLine(text);
        // Of a number that was somebody else's by then it had nothing to rely on: nobody whom it is about had it any more.
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
    const others = await wentOnForOthers(env, moved, about, directedFor);
    yield* found.filter(({ identifier }) => !others.has(identifier));
    return;
  }
  const withdrawn = await readWithdrawn(env, by, about, own);
  for (const line of found) if (!withdrawn.with(line)) yield line;
}
