import * as z from 'zod';
import { isLongSettled, isWithoutEffect, mayFail } from '../domain/batches.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { BATCH_KINDS } from '../domain/kinds.ts';
import { isSurveyDue } from '../domain/stalled.ts';
import { each } from '../runtime/each.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { events } from '../runtime/queue.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { askForStatuses } from '../stores/status.ts';
import { unsettledBatches } from '../stores/unsettled-batches.ts';
import { env } from './environment.ts';
import { beginAgain, mendEnded, mendNight, mendStatus, mendUndirected } from './mend-batch.ts';
import { mendDirections } from './mend-directions.ts';
import { mendUploads } from './mend-uploads.ts';
import { measureOpen, measureSubscriptions, type Open, withLedgers } from './survey.ts';
import { tellUntold } from './untold.ts';

export type { Environment } from './environment.ts';

/** A schedule's event, or, without a source, an administrator's own, who wants everything looked at. */
const due = z.object({ time: instant, source: z.string().optional() });

/**
 * Sweep: on a schedule, finds what should have happened and did not, and causes it by the ordinary path. Each time it looks for batches
 * whose execution ended without a word, and for what could not be told. A few times a day, in a survey, it also measures what is open, and
 * looks for uploads that nobody worked on and directions that stand still, which is dear. An upload that fails all the same goes into
 * quarantine.
 */
export const handler = events(due, async ({ time, source }) => {
  const batches = await unsettledBatches(env.WORK);
  const isSurvey = source === undefined || isSurveyDue(time, env.SWEEP_HOURS, env.SURVEY_HOURS);
  const open: Open[] = [];
  const ordered: BatchId[] = [];
  const surveyOf = async (batch: Batch) => {
    const one = await withLedgers(batch);
    open.push(one);
    if (one.directed) await mendDirections(one, time);
  };
  // A batch that can't be read or mended keeps no other from it.
  const mends = [
    tellUntold,
    () => mendNight(time),
    ...(isSurvey ? [() => mendUploads(time), measureSubscriptions] : []),
    ...batches.map((batchId) => async () => {
      const batch = await readBatch(env.CASES, batchId);
      if (batch?.state === 'failed' && !BATCH_KINDS[batch.kind].expands) return await beginAgain(batch, time);
      if (!batch || (isWithoutEffect(batch.state) && !batch.untold) || isLongSettled(batch, time)) return;
      const steps = [() => (mayFail(batch.state) ? mendUndirected(batch, time) : mendEnded(batch))];
      steps.push(() => mendStatus(batch, time, ordered));
      if (isSurvey && batch.state !== 'settled' && !batch.untold) steps.push(() => surveyOf(batch));
      await each(steps, (step) => step());
    }),
  ];
  try {
    await each(mends, (mend) => mend());
    // Operators are told what is open at them, which takes all batches.
    if (ordered.length > 0) await askForStatuses(env, time);
  } finally {
    if (isSurvey) measureOpen(open, time);
    log.info('swept', { batches: batches.length });
  }
});
