import { z } from 'zod';
import type { BatchId } from '../domain/identifiers.ts';
import type { Plan } from '../domain/plans.ts';
import { type OpenBatch, survey } from '../domain/survey.ts';
import { events, instant, log, measure } from '../shell.ts';
import { readBatch, readLedgers } from '../stores/cases.ts';
import { listFolders, readText } from '../stores/objects.ts';

const environment = z.object({ WORK: z.string(), OUTBOX: z.string(), CASES: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const due = z.object({ time: instant });

/** The batches that have not settled: those that were screened, without those that have published their books. */
async function openBatches(): Promise<OpenBatch[]> {
  const settled = new Set(await listFolders({ bucket: env.OUTBOX, key: 'batches/' }));
  const open: OpenBatch[] = [];
  for (const id of await listFolders({ bucket: env.WORK, key: 'screened/' })) {
    if (settled.has(id)) continue;
    const batch = await readBatch(env.CASES, id as BatchId);
    if (batch?.state !== 'planning' && batch?.state !== 'directed') continue;
    const plan = batch.planKey
      ? (JSON.parse(await readText({ bucket: env.WORK, key: batch.planKey })) as Plan)
      : undefined;
    const ids = plan?.directions.map(({ directionId }) => directionId) ?? [];
    open.push({
      uploadedAt: batch.uploadedAt,
      startedAt: batch.startedAt,
      directed: batch.state === 'directed',
      ledgers: await readLedgers(env.CASES, ids),
    });
  }
  return open;
}

/** Sweep: on a schedule, measures what is open. */
export const handler = events(due, async ({ time }) => {
  const { batches, late, directions, rows, unanswered } = survey(await openBatches(), time);
  measure('BatchesOpen', {}, batches);
  measure('BatchesLate', {}, late);
  for (const [order, count] of directions) measure('DirectionsOpen', { order }, count);
  for (const [operator, count] of rows) measure('RowsOpen', { operator }, count);
  for (const [operator, count] of unanswered) measure('DirectionsUnanswered', { operator }, count);
  log.info('swept', { batches, late });
});
