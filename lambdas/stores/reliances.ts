/** The batches that rely on rows of earlier ones: they found numbers or handsets there, and did not direct them. */
import type { Reliance } from '../domain/asked.ts';
import { planCounts } from '../domain/batches.ts';
import { type ElsewhereLine, parseElsewhereLine } from '../domain/elsewhere.ts';
import { parseMovedLine } from '../domain/follow-ups.ts';
import { type BatchId, type DirectionId, isBatchId, isFollowUp, parseDirectionId } from '../domain/identifiers.ts';
import type { WrittenList } from '../domain/plans.ts';
import { AccountsOfNight, reliesOn } from '../domain/relying.ts';
import type { RowsOfNumbers } from '../domain/withdrawing.ts';
import type { Since, TakenBack, Withdrawn } from '../domain/withdrawn-reports.ts';
import { RELIED } from '../domain/work.ts';
import { readBatch } from './cases/batches.ts';
import { listObjects } from './listings.ts';
import { readTextLines, writeObject } from './objects.ts';
import { readPlan } from './plans.ts';
import { readWithdrawn } from './withdrawn-reports.ts';

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
  /** What is known of the numbers' rows. */
  readonly rows: RowsOfNumbers;
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

/** Whether what a night found stands on the account of a report that does. */
async function standingIn(
  env: { readonly WORK: string; readonly CASES: string },
  moved: readonly WrittenList[],
  about: Since,
  { rows, withdrawing }: Asked,
): Promise<(what: Pick<ElsewhereLine, 'kind' | 'identifier'>) => boolean> {
  const accounts = new AccountsOfNight(about, rows);
  for (const { key, bytes } of moved)
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
      for (const line of block) accounts.add(parseMovedLine(line));
  const withdrawn = new Map<BatchId, Withdrawn>();
  for (const report of accounts.reports()) {
    const own = withdrawing?.report === report ? withdrawing : undefined;
    withdrawn.set(report, await readWithdrawn(env, report, about, own));
  }
  return (what) => accounts.stand(what, withdrawn);
}

/** What a batch found in these directions; nothing if its plan doesn't count, or retention took its lists. */
async function* elsewhereOf(
  env: { readonly WORK: string; readonly CASES: string },
  by: BatchId,
  asked: Asked,
): AsyncGenerator<ElsewhereLine> {
  const { subjects, plan, withdrawing } = asked;
  const batch = await readBatch(env.CASES, by);
  if (batch?.planKey === undefined || !planCounts(batch.state) || batch.plan >= plan) return;
  const { elsewhere, moved } = await readPlan(env.WORK, batch.planKey);
  const found: ElsewhereLine[] = [];
  for (const { key, bytes } of elsewhere)
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
      for (const text of block) {
        const line = parseElsewhereLine(text);
        if (reliesOn(line, asked)) found.push(line);
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
