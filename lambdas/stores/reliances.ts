/** Which batches rely on rows of earlier ones: they found numbers or handsets there, and did not direct them. */
import type { Reliance } from '../domain/asked.ts';
import { planCounts } from '../domain/batches.ts';
import { type ElsewhereLine, parseElsewhereLine } from '../domain/elsewhere.ts';
import { type BatchId, type DirectionId, isBatchId, parseDirectionId } from '../domain/identifiers.ts';
import { givesBack } from '../domain/kinds.ts';
import { RELIED } from '../domain/work.ts';
import { readBatch } from './cases/batches.ts';
import { listObjects, readTextLines, writeObject } from './objects.ts';
import { readPlan } from './plans.ts';
import { readWithdrawn, type Since, type TakenBack } from './withdrawn-reports.ts';

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

/** What a batch found in these directions; nothing where its plan doesn't count, or retention took its lists. */
async function* elsewhereOf(
  env: { readonly WORK: string; readonly CASES: string },
  by: BatchId,
  { directions, subjects, plan, withdrawing }: Asked,
): AsyncGenerator<ElsewhereLine> {
  const batch = await readBatch(env.CASES, by);
  if (batch?.planKey === undefined || !planCounts(batch.state) || batch.plan >= plan) return;
  const { elsewhere } = await readPlan(env.WORK, batch.planKey);
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
  const withdrawn = await readWithdrawn(env, by, about, own);
  for (const line of found) if (!withdrawn.with(line)) yield line;
}
