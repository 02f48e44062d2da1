import * as z from 'zod';
import type { Summary } from '../domain/books.ts';
import type { ReversalSummary } from '../domain/reversal-books.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { fields } from '../domain/stored.ts';
import { MADE_BOOKS } from '../domain/work.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { task } from '../runtime/task.ts';
import { commitSettled, readBatch } from '../stores/cases/batches.ts';
import { NotThere } from '../stores/errors.ts';
import { env } from './environment.ts';
import { closeAll } from './ledgers.ts';
import { planOf } from './plan.ts';
import { prepare } from './prepare.ts';
import { publish } from './publish.ts';

export type { Environment } from './environment.ts';

/** A batch could be settled by nobody. */
class NotSettled extends Error {
  override readonly name = 'NotSettled';
}

const input = z.object({ batchId: fields.batch, now: instant });

function measureBooks(summary: Summary | ReversalSummary): void {
  const { agency, unexplained } = summary;
  measure('Unexplained', {}, unexplained);
  if (agency === SELF_CHECK) return;
  measure('BatchesSettled', { agency });
  if (!('connections' in summary)) return;
  for (const [operator, { connections, blocks }] of Object.entries(summary.operators)) {
    if (connections.overdue > 0) measure('ConnectionsOverdue', { operator }, connections.overdue);
    if (blocks.overdue > 0) measure('HandsetsOverdue', { operator }, blocks.overdue);
  }
}

/**
 * Settle: seals and accounts for every ledger, publishes the summary, the lists of what stands elsewhere, of handsets or
 * of what was moved, and the revocation list, and tells everybody. Before the last deadline it settles nothing and says until when to wait.
 */
export const handler = task(input, async ({ batchId, now }, attempt) => {
  let batch = await readBatch(env.CASES, batchId);
  if (!batch) throw new NotThere(`there is no batch ${batchId}`);
  const { directions } = await planOf(batch);
  if (batch.state !== 'settled') {
    const until = await closeAll(directions, now);
    if (until !== undefined) return { settled: false, until };
    const folder = MADE_BOOKS.folder(batchId, attempt);
    const summary = await prepare(batch, now, folder);
    if (await commitSettled(env.CASES, batchId, now, folder)) measureBooks(summary);
    batch = await readBatch(env.CASES, batchId);
  }
  if (batch?.state !== 'settled' || !batch.settledAt || !batch.settledUnder)
    throw new NotSettled(`batch ${batchId} could not be settled`);

  await publish({ ...batch, settledAt: batch.settledAt, settledUnder: batch.settledUnder }, directions);
  log.info('batch settled', { batchId });
  return { settled: true, until: batch.settledAt };
});
