import { balance, type Ledgers, type Settled, type Summary, settledForm, summaryText } from '../domain/books.ts';
import { dayOf, type Instant } from '../domain/days.ts';
import { elsewhereHeader } from '../domain/elsewhere.ts';
import { movedHeader } from '../domain/follow-ups.ts';
import { BATCH_KINDS } from '../domain/kinds.ts';
import { mergedLines } from '../domain/merge.ts';
import { revocationKeys } from '../domain/outbox.ts';
import type { Plan, WrittenList } from '../domain/plans.ts';
import { type ReversalSummary, reversalSummaryText, settledReversalSummary } from '../domain/reversal-books.ts';
import { revocationCsv, revocationJson } from '../domain/revocations.ts';
import { MADE_BOOKS } from '../domain/work.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { readLatestImport } from '../stores/cases/imports.ts';
import { readLineBlocks, writeHashed, writeObject } from '../stores/objects.ts';
import { countEnded } from '../stores/taking-back.ts';
import { env } from './environment.ts';
import { handsetsCsv, readHandsetRows } from './handsets.ts';
import { sealAll } from './ledgers.ts';
import { planOf } from './plan.ts';
import type { Published } from './published.ts';

/** The bytes that all blocks of the lists that are merged may take together, and the fewest that are worth a request. */
const MERGED_BYTES = 64 * 1024 * 1024;
const LEAST_BLOCK = 16 * 1024;
const MOST_BLOCK = 1024 * 1024;

/** The lists of all shards under a header, merged as they are read. */
async function* mergedCsv(header: string, lists: WrittenList[]): AsyncGenerator<string> {
  yield header;
  const block = Math.max(LEAST_BLOCK, Math.min(MOST_BLOCK, Math.floor(MERGED_BYTES / lists.length)));
  yield* mergedLines(lists.map(({ key, bytes }) => readLineBlocks({ bucket: env.WORK, key }, bytes, block)));
}

/** The summary of a batch's books: for a reversal what became of its subjects, else what became of all that was linked. */
async function summaryOf(
  batch: Batch,
  plan: Omit<Plan, 'manifestKey'>,
  ledgers: Ledgers,
  now: Instant,
): Promise<{ readonly text: string; readonly summary: Summary | ReversalSummary }> {
  const { batchId, agency, file, startedAt } = batch;
  const { operators, decisions, reversal } = plan;
  if (reversal !== null) {
    const withdrawn = await countEnded(env, batchId, reversal);
    const books = {
      batchId,
      agency,
      file,
      startedAt,
      settledAt: now,
      operators,
      decisions,
      ledgers,
      withdrawn,
      reversal,
    };
    const summary = settledReversalSummary(books);
    return { text: reversalSummaryText(summary), summary };
  }
  const latestImports: Record<string, Instant | null> = {};
  for (const operator of operators) latestImports[operator] = await readLatestImport(env.CASES, operator);
  const summary = balance({
    kind: batch.kind,
    batchId,
    agency,
    // A night's findings lie in the work bucket, where nobody else reads.
    file: batch.kind === 'followup' ? '' : file,
    report: batch.report,
    linked: plan.linked,
    operators,
    decisions,
    ported: plan.ported,
    ledgers,
    latestImports,
    startedAt,
    settledAt: now,
  });
  return { text: summaryText(summary), summary };
}

/** Prepares what a batch publishes when it settles. */
export async function prepare(batch: Batch, now: Instant, folder: string): Promise<Summary | ReversalSummary> {
  const plan = await planOf(batch);
  const rows = await readHandsetRows(batch);
  const { ledgers, revocations, versions } = await sealAll(plan.directions, now, rows);
  const { summary, text } = await summaryOf(batch, plan, ledgers, now);
  const csvName = revocationKeys(dayOf(now), batch.batchId).csv.split('/').at(-1) ?? '';
  const contents: Readonly<Record<Published, Iterable<string> | AsyncIterable<string>>> = {
    'elsewhere.csv': mergedCsv(elsewhereHeader, plan.elsewhere),
    'handsets.csv': handsetsCsv(batch, plan, rows),
    'moved.csv': mergedCsv(movedHeader, plan.moved),
    'revocations.csv': revocationCsv(revocations.rows()),
    'revocations.json': revocationJson(csvName, revocations.rows()),
    'summary.json': [text],
  };
  const files: Settled['files'] = {};
  for (const name of BATCH_KINDS[batch.kind].publishes) {
    files[name] = await writeHashed({ bucket: env.WORK, key: `${folder}/${name}` }, contents[name]);
  }
  const { unexplained } = summary;
  const settled: Settled = { unexplained, revoked: revocations.size, ledgers: versions, files };
  await writeObject({ bucket: env.WORK, key: MADE_BOOKS.note(folder) }, JSON.stringify(settledForm.write(settled)));
  return summary;
}
