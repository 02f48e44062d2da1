import { z } from 'zod';
import type { Instant } from '../domain/days.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { orderKey } from '../domain/keys.ts';
import type { Ledger } from '../domain/ledger.ts';
import type { Plan } from '../domain/plans.ts';
import { orderDue, stalledAt } from '../domain/stalled.ts';
import { type OpenBatch, survey } from '../domain/survey.ts';
import { events, instant, log, measure } from '../shell.ts';
import { abandonExecution, type Batch, readBatch, readLedgers } from '../stores/cases.ts';
import { listFolders, listObjects, readText } from '../stores/objects.ts';
import { sendEvent } from '../stores/queues.ts';
import { mark, markOf, readMarks } from '../stores/uploads.ts';
import { failureOf, startOnce } from '../stores/workflows.ts';
import { each } from './each.ts';
import { mendUploads } from './uploads.ts';

const environment = z.object({
  INBOX: z.string(),
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  DIRECTION_MACHINE: z.string(),
  REPORTS_QUEUE: z.string(),
  USAGE_QUEUE: z.string(),
  RESPONSES_QUEUE: z.string(),
  RELEASE_QUEUE: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AGENCIES_TOPIC: z.string(),
  OPERATORS_TOPIC: z.string(),
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const due = z.object({ time: instant });

interface Open extends OpenBatch {
  batch: Batch;
}

/** The batches that have not settled: those that were screened, without those that have published their books. */
async function openBatches(): Promise<Open[]> {
  const settled = new Set(await listFolders({ bucket: env.OUTBOX, key: 'batches/' }));
  const open: Open[] = [];
  for (const id of await listFolders({ bucket: env.WORK, key: 'screened/' })) {
    if (settled.has(id)) continue;
    const batch = await readBatch(env.CASES, id as BatchId);
    if (batch?.state !== 'planning' && batch?.state !== 'directed') continue;
    const plan = batch.planKey
      ? (JSON.parse(await readText({ bucket: env.WORK, key: batch.planKey })) as Plan)
      : undefined;
    const ids = plan?.directions.map(({ directionId }) => directionId) ?? [];
    const { uploadedAt, startedAt, state } = batch;
    const ledgers = await readLedgers(env.CASES, ids);
    open.push({ batch, uploadedAt, startedAt, directed: state === 'directed', ledgers });
  }
  return open;
}

function measureOpen(open: Open[], now: Instant): void {
  const { batches, late, directions, rows, unanswered } = survey(open, now);
  measure('BatchesOpen', {}, batches);
  measure('BatchesLate', {}, late);
  for (const [order, count] of directions) measure('DirectionsOpen', { order }, count);
  for (const [operator, count] of rows) measure('RowsOpen', { operator }, count);
  for (const [operator, count] of unanswered) measure('DirectionsUnanswered', { operator }, count);
  log.info('swept', { batches, late });
}

/**
 * Makes a batch failed that plans no more: its execution ended, and the event that tells so was lost. It holds up nobody from
 * then on; whom it concerns is told as by that event, which is sent once.
 */
async function mendPlanning({ execution, batchId }: Batch, now: Instant): Promise<void> {
  const status = await failureOf(execution);
  if (!status) return;
  const ended = { key: `${execution} ${status}` };
  if (!(await readMarks(env.WORK, 'resent')).has(markOf(ended))) {
    await sendEvent(env.RELEASE_QUEUE, { time: now, detail: { executionArn: execution, status } });
    await mark(env.WORK, 'resent', ended);
    measure('Mended', { what: 'batch' });
    log.warn('batch released', { batchId, status });
  }
  await abandonExecution(env.CASES, execution);
}

/** Starts a direction again that stands still, or whose order never reached the outbox; once for each of its rungs. */
async function mendDirections({ batch: { batchId, startedAt }, ledgers }: Open, now: Instant): Promise<void> {
  const published = new Set<string>();
  const dueNow = ledgers.filter((ledger) => orderDue(ledger, now) !== undefined);
  for (const operator of new Set(dueNow.map((ledger) => ledger.operator)))
    for await (const { key } of listObjects({ bucket: env.OUTBOX, key: `orders/${operator}/${batchId}.` }))
      published.add(key);
  const unpublished = (ledger: Ledger) => {
    const order = orderDue(ledger, now);
    if (order === undefined) return undefined;
    const key = orderKey(ledger.operator, ledger.directionId, order.rung, order.order);
    return published.has(key) ? undefined : order.rung;
  };
  for (const ledger of ledgers) {
    const rung = stalledAt(ledger, startedAt, now) ?? unpublished(ledger);
    if (rung === undefined) continue;
    const { directionId, operator, rungs } = ledger;
    const name = `${directionId.replaceAll('.', '_')}_swept_${rung}`;
    if (!(await startOnce(env.DIRECTION_MACHINE, name, { directionId, batchId, operator, rungs, rung }))) continue;
    measure('Mended', { what: 'direction' });
    log.warn('direction started again', { directionId, rung });
  }
}

/**
 * Sweep: on a schedule, measures what is open, and finds what should have happened and did not: uploads that nobody worked on,
 * batches whose failed execution was not told of, directions that stand still. Each is mended by the ordinary path, once; an
 * upload that fails all the same goes into quarantine.
 */
export const handler = events(due, async ({ time }) => {
  const open = await openBatches();
  measureOpen(open, time);
  const queues = { 'reports/': env.REPORTS_QUEUE, 'usage/': env.USAGE_QUEUE, 'responses/': env.RESPONSES_QUEUE };
  await each(
    [
      () => mendUploads({ ...env, queues }, time),
      ...open.map((one) => () => (one.directed ? mendDirections(one, time) : mendPlanning(one.batch, time))),
    ],
    (mend) => mend(),
  );
});
