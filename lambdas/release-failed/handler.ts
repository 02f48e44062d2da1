import * as z from 'zod';
import { isWithoutEffect, planCounts } from '../domain/batches.ts';
import type { Instant } from '../domain/days.ts';
import { FOLLOW_UP } from '../domain/identifiers.ts';
import { toAdministrators, toAgency } from '../domain/notices.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { events } from '../runtime/queue.ts';
import { audit } from '../stores/audit.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { abandonExecution } from '../stores/cases/executions.ts';
import { tell, tellQuarantined } from '../stores/notices.ts';
import { resumeBatch } from '../stores/resuming.ts';
import { askForStatus } from '../stores/status.ts';
import { mark } from '../stores/uploads.ts';
import { dataOf, endingOf } from '../stores/workflows.ts';

const environment = z.object({
  WORK: z.string(),
  CASES: z.string(),
  AGENCIES_TOPIC: z.string(),
  APPROVERS_TOPIC: z.string(),
  OPERATORS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  BATCH_MACHINE: z.string(),
  STATUS_QUEUE: z.string(),
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/** The message that an execution failed, timed out or was aborted. */
const endedEvent = z.object({
  time: instant,
  detail: z.object({ executionArn: z.string() }),
});

const file = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string().optional(),
});
const input = z.union([
  z.object({ report: file }).transform(({ report }) => report),
  z.object({ file }).transform((it) => it.file),
  z.object({ collect: z.object({ upload: file }) }).transform(({ collect }) => collect.upload),
]);

/** The form of the names that functions, services and Step Functions give to errors. */
const A_NAME = /^[A-Za-z][\w.]{0,99}$/;

/**
 * A Batch or an ImportByPieces execution failed, timed out or was aborted. A Batch whose plan was not committed yet fails with it: its
 * claims are void, the turn to plan is free again, and the same file starts it anew. A file of which nothing was registered goes into
 * quarantine. A Batch whose plan counts, or whose ending is still to be published, goes on in another execution. Nothing comes of a message
 * alone: the execution itself is asked, and if it runs, or went well, the message fails; unless a batch was registered with it that has no
 * plan that counts, by an attempt that ran on after its end.
 */
export const handler = events(endedEvent, async ({ time, detail: { executionArn } }) => {
  const status = await endingOf(executionArn);
  if (status === undefined) throw new Error('the execution runs, whatever the message says');
  const registered = await abandonExecution(env.CASES, executionArn);
  if (status === 'SUCCEEDED' && !registered?.failed) {
    // It ended otherwise in between: the sweep has that published.
    if (registered && isWithoutEffect(registered.batch.state)) return;
    throw new Error('the execution has not failed, whatever the message says');
  }
  // The event of an execution that is encrypted under a key holds neither.
  const { input: started, error } = registered ? {} : await dataOf(executionArn);
  const uploaded = started === undefined ? undefined : input.safeParse(JSON.parse(started)).data;
  if (uploaded) {
    // Whoever stops an execution may write anything for its error, which people are told in the regulator's name.
    const why = error !== undefined && A_NAME.test(error) ? error : status;
    await tellQuarantined(env, uploaded, why, executionArn);
    await mark(env.WORK, 'quarantined', uploaded);
    measure('Quarantined', {});
    log.warn('upload quarantined', { status, why });
    return;
  }
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

/**
 * Tells administrators, agency and audit that a batch failed with its execution, and asks that its status be told.
 * @param failed the plan that failed, which may not be the batch's any more
 */
async function tellFailed(
  { agency, batchId }: Batch,
  failed: Pick<Batch, 'plan' | 'startedAt'>,
  ended: { readonly execution: string; readonly status: string },
  at: Instant,
): Promise<void> {
  await tell(env, toAdministrators({ kind: 'batch_failed', batchId, state: 'failed', ...ended }));
  // A night has no agency: the sweep begins it again.
  if (agency !== FOLLOW_UP) await tell(env, toAgency({ kind: 'batch_failed', agency, batchId }));
  await audit(env, {
    batchId,
    id: `failed/${ended.execution}`,
    kind: 'batch_failed',
    at,
    facts: { plan: failed.plan, startedAt: failed.startedAt },
  });
  await askForStatus(env, batchId, at);
}
