import { type Appeal, askedForm } from '../domain/appeals.ts';
import { namedInReversedLine, parseReversedLine } from '../domain/asked.ts';
import { planCounts } from '../domain/batches.ts';
import type { ReversalFacts } from '../domain/facts.ts';
import { type BatchId, type Imei, isBatchId, type Msisdn } from '../domain/identifiers.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { appealsCsvKey, keptCsvKey, OUTBOX } from '../domain/outbox.ts';
import { planForm } from '../domain/plans.ts';
import { SCREENED } from '../domain/work.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { concurrently } from '../stores/concurrently.ts';
import { listObjects } from '../stores/listings.ts';
import { readTextIfThere, readTextLines } from '../stores/objects.ts';
import { unsettledBatches } from '../stores/unsettled-batches.ts';
import type { Batches } from './batches.ts';
import { env } from './environment.ts';

/**
 * What directed reversals were asked about these subjects, and what became of that, each reversal once. A claim names only the reversals
 * that took its subject back, not those that left it out or excepted it from a block: so the lists of all reversals are looked through, as
 * long as they are kept.
 */
export async function reversalsOf(
  subjects: ReadonlySet<Imei | Msisdn>,
  batches: Batches,
): Promise<Map<Imei | Msisdn, ReversalFacts[]>> {
  const found = new Map<Imei | Msisdn, ReversalFacts[]>();
  if (subjects.size === 0) return found;
  await concurrently(await directedReversals(), OBJECTS_AT_ONCE, async (batchId) => {
    const batch = await batches.read(batchId);
    if (batch?.kind !== 'reversal' || !planCounts(batch.state)) return;
    for await (const facts of factsIn(batch, subjects))
      for (const subject of [facts.imei, facts.msisdn])
        if (subject !== null && subjects.has(subject)) found.set(subject, [...(found.get(subject) ?? []), facts]);
  });
  // The lists are read side by side, so the order is made here.
  for (const own of found.values()) own.sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? -1 : 1));
  return found;
}

/** The reversals that are directed: those that have answered whoever asked, and those that have not settled and may be about to. */
async function directedReversals(): Promise<Set<BatchId>> {
  const reversals = new Set<BatchId>(await unsettledBatches(env.WORK));
  for await (const { key } of listObjects({ bucket: env.OUTBOX, key: OUTBOX.batches.prefix })) {
    const batchId = key.split('/')[1] ?? '';
    if (isBatchId(batchId) && (key === appealsCsvKey(batchId) || key === keptCsvKey(batchId))) reversals.add(batchId);
  }
  return reversals;
}

async function* factsIn(batch: Batch, subjects: ReadonlySet<Imei | Msisdn>): AsyncGenerator<ReversalFacts> {
  const { batchId, planKey, directedAt: at, previewKey } = batch;
  const text = planKey && (await readTextIfThere({ bucket: env.WORK, key: planKey }));
  if (!text || at === undefined) return;
  let asked: { appeals: readonly Appeal[]; withdraws: { batchId: BatchId } | null } | undefined;
  for (const { key, bytes } of planForm.parse(text).reversal?.lists ?? [])
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
      for (const line of block) {
        const named = namedInReversedLine(line);
        if (!named.some((one) => subjects.has(one))) continue;
        const { lines, ...became } = parseReversedLine(line);
        asked ??= await askedOf(previewKey);
        const appeals = asked.appeals.filter((appeal) => lines.includes(appeal.line));
        yield { ...became, batchId, at, appeals, withdraws: asked.withdraws?.batchId ?? null };
      }
}

/** What a reversal was asked; nothing once the record is no longer kept. */
async function askedOf(previewKey: string | undefined) {
  const text = previewKey && (await readTextIfThere({ bucket: env.WORK, key: SCREENED.previews.asked(previewKey) }));
  return text ? askedForm.parse(text) : { appeals: [], withdraws: null };
}
