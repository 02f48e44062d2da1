import { mayFail } from '../domain/batches.ts';
import type { Instant } from '../domain/days.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { isDue, isFromBeforeOrders } from '../domain/status.ts';
import { ASKED } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { abandonExecution } from '../stores/cases/executions.ts';
import { readUnregisteredNight } from '../stores/cases/follow-ups.ts';
import { NotThere } from '../stores/errors.ts';
import { listObjects } from '../stores/listings.ts';
import { sendEvent } from '../stores/queues.ts';
import { resumeBatch, startResumed } from '../stores/resuming.ts';
import { endingOf, executionArn, executionStatus, startOnce } from '../stores/state-machines.ts';
import { askForStatus, readStatus } from '../stores/status.ts';
import { isMarked, mark } from '../stores/upload-marks.ts';
import { env } from './environment.ts';

/**
 * Makes a batch failed that won't be directed: its execution ended, and the event that tells so was lost; or it ended well, and an attempt that
 * ran on registered the batch after that. It holds up nobody from then on. Everybody concerned is told as by that event, which is sent once.
 */
export async function mendUndirected({ execution, batchId }: Batch, now: Instant): Promise<void> {
  const status = await endingOf(execution);
  if (status === undefined) return;
  // An execution that has just ended well may have had it directed since it was read.
  const batch = await readBatch(env.CASES, batchId);
  if (batch?.execution !== execution || !mayFail(batch.state)) return;
  const ended = { key: `${execution} ${status}` };
  if (!(await isMarked(env.WORK, 'resent', ended))) {
    await sendEvent(env.RELEASE_QUEUE, { time: now, detail: { executionArn: execution, status } });
    await mark(env.WORK, 'resent', ended);
    measure('Mended', { what: 'batch' });
    log.warn('batch released', { batchId, status });
  }
  await abandonExecution(env.CASES, execution);
}

/** Lets a batch whose execution ended go on in another one: its plan counts, or its ending is still to be published. */
export async function mendEnded(batch: Batch): Promise<void> {
  const status = await executionStatus(batch.execution);
  if (status === 'RUNNING') return;
  const resumed = status === undefined ? await startResumed(env, batch) : await resumeBatch(env, batch);
  if (!resumed) return;
  measure('Mended', { what: 'batch' });
  log.warn('batch resumed', { batchId: batch.batchId, status });
}

/**
 * Begins a batch again that was collected and failed: nobody uploads a follow-up anew, and a reversal waits for no one's second file.
 * @throws NotThere if nothing says what a reversal is asked
 */
export async function beginAgain({ batchId, kind }: Pick<Batch, 'batchId' | 'kind'>, now: Instant): Promise<void> {
  const askedKey = kind === 'reversal' ? await askedOf(batchId) : undefined;
  const collect = { kind, batchId, ...(askedKey && { askedKey }) };
  const name = `${batchId}_again_${now.replaceAll(/\D/g, '')}`;
  if (!(await startOnce(env.BATCH_MACHINE, name, { collect }))) return;
  measure('Mended', { what: 'batch' });
  log.warn('batch begun again', { batchId, kind });
}

/** Begins the newest night again, if it died before there was a batch of it that could have failed: only the next one would go on with it. */
export async function mendNight(now: Instant): Promise<void> {
  const night = await readUnregisteredNight(env.CASES);
  if (night === undefined) return;
  if ((await executionStatus(executionArn(env.BATCH_MACHINE, night.batchId))) === 'RUNNING') return;
  await beginAgain({ batchId: night.batchId, kind: 'followup' }, now);
}

/**
 * Asks that a batch's status be told, if something was to have come since it was told last, or nothing was told. A batch whose first orders
 * are out since then is added to `ordered`.
 */
export async function mendStatus({ batchId }: Batch, now: Instant, ordered: BatchId[]): Promise<void> {
  const told = await readStatus(env.OUTBOX, batchId);
  if (told !== undefined && isFromBeforeOrders(told, now)) ordered.push(batchId);
  else if (told === undefined || isDue(told, now)) await askForStatus(env, batchId, now);
}

/** What a reversal was asked, as any attempt read it: they all read the same upload. */
async function askedOf(batchId: BatchId): Promise<string> {
  for await (const { key } of listObjects({ bucket: env.WORK, key: ASKED.prefixOf(batchId) }))
    if (key.endsWith('/asked.json')) return key;
  throw new NotThere(`nothing says what reversal ${batchId} is asked`);
}
