import * as z from 'zod';
import { directedNote } from '../domain/audit.ts';
import { planCounts } from '../domain/batches.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { type DirectionStart, manifestText, planForm, toDirect } from '../domain/plans.ts';
import { fields } from '../domain/stored.ts';
import { whereabouts } from '../domain/whereabouts.ts';
import { PLANS } from '../domain/work.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { audit } from '../stores/audit.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { NotThere } from '../stores/errors.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { takeBack } from '../stores/taking-back.ts';

const environment = z.object({ WORK: z.string(), OUTBOX: z.string(), CASES: z.string(), AUDIT_QUEUE: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({ batchId: fields.batch, now: instant });

/** The most attempts at directing within one execution of a batch: more than the hours of the longest ladder. */
const ATTEMPTS_OF_AN_EXECUTION = 10_000;

/**
 * Resumes a batch whose execution ended. If its ending is still to be published, it says so. If it is directed, it lists its directions
 * that are open, each where its ladder is, so that all of them go on, whether or not their executions ended, too. It tells the audit of the
 * plan again, since the commit of the plan may have been the last thing that was done.
 */
export const handler = task(input, async ({ batchId, now }, attempt) => {
  const batch = await readBatch(env.CASES, batchId);
  const directed = batch !== undefined && planCounts(batch.state);
  const starts: DirectionStart[] = [];
  if (directed && batch.planKey) {
    const key = batch.planKey;
    const text = await readText({ bucket: env.WORK, key });
    const plan = planForm.parse(text);
    await audit(env, directedNote(batch, { key, text }, now));
    await takeBack(env, batchId, attempt);
    await concurrently(plan.directions, LEDGERS_AT_ONCE, async ({ directionId, operator }) => {
      const ledger = await readLedger(env.CASES, directionId);
      if (!ledger) throw new NotThere(`there is no ledger of direction ${directionId}`);
      if (ledger.closedAt === null) starts.push({ directionId, batchId, operator, ...whereabouts(ledger, now) });
    });
    starts.sort((a, b) => (a.directionId < b.directionId ? -1 : 1));
  }
  const manifestKey = PLANS.directions.resumed(batch?.plan ?? 0, attempt);
  if (directed) await writeObject({ bucket: env.WORK, key: manifestKey }, manifestText(starts));
  // The ending is told again, whether or not it was told before the execution ended.
  const ended = batch?.untold === true;
  log.info('batch resumed', { batchId, state: batch?.state, directions: starts.length });
  return {
    resumed: directed,
    ended,
    plan: batch?.plan ?? 0,
    // The names of directions' executions hold the attempt, and those of the execution that ended are taken.
    attempt: (batch?.resumed ?? 0) * ATTEMPTS_OF_AN_EXECUTION,
    ...toDirect(starts, manifestKey),
  };
});
