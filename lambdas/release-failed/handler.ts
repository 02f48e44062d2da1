import * as z from 'zod';
import { isWithoutEffect, planCounts } from '../domain/batches.ts';
import { toAdministrators } from '../domain/notices.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { events } from '../runtime/queue.ts';
import { abandonExecution } from '../stores/cases/executions.ts';
import { tell } from '../stores/notices.ts';
import { resumeBatch } from '../stores/resuming.ts';
import { endingOf } from '../stores/state-machines.ts';
import { env } from './environment.ts';
import { quarantined } from './quarantine.ts';
import { tellFailed } from './tell-failed.ts';

export type { Environment } from './environment.ts';

/** An execution runs, or went well, though a message says that it failed. */
class ExecutionNotFailed extends Error {
  override readonly name = 'ExecutionNotFailed';
}

/** The message that an execution failed, timed out or was aborted. */
const endedEvent = z.object({
  time: instant,
  detail: z.object({ executionArn: z.string() }),
});

/**
 * A Batch or an ImportByPieces execution failed, timed out or was aborted. A Batch whose plan was not committed yet fails with it: its
 * claims are void, the turn to plan is free again, and the same file starts it anew. A file of which nothing was registered goes into
 * quarantine. A Batch whose plan counts, or whose ending is still to be published, goes on in another execution. Nothing comes of a message
 * alone: the execution itself is asked, and if it runs, or went well, the message fails; unless a batch was registered with it that has no
 * plan that counts, by an attempt that ran on after its end.
 */
export const handler = events(endedEvent, async ({ time, detail: { executionArn } }) => {
  const status = await endingOf(executionArn);
  if (status === undefined) throw new ExecutionNotFailed('the execution runs, whatever the message says');
  const registered = await abandonExecution(env.CASES, executionArn);
  if (status === 'SUCCEEDED' && !registered?.failed) {
    // It ended otherwise in between: the sweep has that published.
    if (registered && isWithoutEffect(registered.batch.state)) return;
    throw new ExecutionNotFailed('the execution has not failed, whatever the message says');
  }
  if (registered === undefined && (await quarantined(executionArn, status))) return;
  const { batch, failed } = registered ?? {};
  const own = batch?.execution === executionArn;
  // It is resumed once at once. An execution that ends again is resumed by the sweep: whatever ends it each time must not come round in
  // seconds.
  const counts = own && (planCounts(batch.state) || batch.untold === true);
  const resumedBy = counts && batch.resumed === undefined ? await resumeBatch(env, batch) : undefined;
  const ended = { execution: executionArn, status };
  if (batch && failed) await tellFailed(batch, failed, ended, time);
  else
    await tell(
      env,
      toAdministrators({
        kind: 'execution_ended',
        ...(own ? { batchId: batch.batchId, state: batch.state } : {}),
        ...ended,
        resumedBy,
      }),
    );
  log.warn('execution ended', { status, ...(batch ? { batchId: batch.batchId } : {}) });
});
