/** Executions of the Batch machine in table Cases: the batch that each registered, that it ended, and the plan that failed with it. */

import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { BEGINS_ANEW, isWithoutEffect, MAY_FAIL, mayFail, planCounts } from '../../domain/batches.ts';
import type { Instant } from '../../domain/days.ts';
import type { BatchId } from '../../domain/identifiers.ts';
import { fields, formOf } from '../../domain/stored.ts';
import type { Asker } from '../../domain/turn.ts';
import { dynamo } from '../clients.ts';
import { NotThere } from '../errors.ts';
import { type Batch, batchForm, changeBatch, readBatch } from './batches.ts';
import { Conflict, contentOf, key, put, read, refusedByCondition } from './table.ts';

/** What is known of an execution, as it lies in the table: the batch that it registered, that it has ended, and the plan that failed with it. */
export const executionForm = formOf(
  'record of an execution',
  1,
  z.strictObject({
    batchId: fields.batch.optional(),
    ended: z.boolean().optional(),
    failed: z.strictObject({ plan: fields.count, startedAt: fields.instant }).optional(),
  }),
);

/**
 * Registers a batch for an execution: a new batch; one that failed with its last execution, or ended without effect there, as was told, and
 * begins anew; or one that was registered by an execution which had ended (an attempt of it ran on for that long). A batch that failed with
 * an execution is never that one's again, and one of other bytes, whose SHA-256 begins alike, is never another report's.
 * @throws Conflict when the execution itself has ended
 * @returns the batch as it stands afterwards; it is another report's when `sha256` is not the one given, and another execution's when
 * `execution` is not
 */
export async function registerBatch(table: string, batch: Batch): Promise<Batch> {
  await put(
    table,
    { pk: key.execution(batch.execution), ...executionForm.write({ batchId: batch.batchId }) },
    'attribute_not_exists(ended)',
  );
  for (;;) {
    try {
      await dynamo.send(
        new PutCommand({
          TableName: table,
          Item: { pk: key.batch(batch.batchId), ...batchForm.write(batch) },
          ConditionExpression: `attribute_not_exists(pk) OR (#state IN (${Object.keys(ANEW).join(', ')}) AND execution <> :mine AND sha256 = :same AND (attribute_not_exists(untold) OR untold = :no))`,
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ...ANEW, ':mine': batch.execution, ':same': batch.sha256, ':no': false },
        }),
      );
      return batch;
    } catch (error) {
      if (!refusedByCondition(error)) throw error;
    }
    const registered = await readBatch(table, batch.batchId);
    if (!registered) throw new NotThere(`batch ${batch.batchId} was refused and is not there`);
    if (registered.execution === batch.execution || !mayFail(registered.state)) return registered;
    if (registered.sha256 !== batch.sha256) return registered;
    if ((await livingBatch(table, batch.batchId)) !== undefined) return registered;
  }
}

/** Leaves a batch that nobody has registered as failed, so that it is begun again; one that is there stays as it is. */
export async function leaveFailed(table: string, batch: Batch & { state: 'failed' }): Promise<void> {
  try {
    await put(table, { pk: key.batch(batch.batchId), ...batchForm.write(batch) }, 'attribute_not_exists(pk)');
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

const ANEW = Object.fromEntries(BEGINS_ANEW.map((state) => [`:${state}`, state]));

/**
 * Hands a batch over to its n-th other execution: a directed one, or one whose ending is to be published. Returns false when it is another
 * execution's by now than the one with which it was read.
 * @throws Conflict when the other execution has ended by now
 */
export async function handOver(table: string, { batchId, execution }: Asker, to: string, n: number): Promise<boolean> {
  await put(table, { pk: key.execution(to), ...executionForm.write({ batchId }) }, 'attribute_not_exists(ended)');
  const condition = '(#state = :directed OR #state = :settled OR #untold = :yes) AND #execution = :mine';
  const values = { ':directed': 'directed', ':settled': 'settled', ':yes': true, ':mine': execution };
  return await changeBatch(table, batchId, { execution: to, resumed: n }, condition, values);
}

/** The plan that failed with an execution, as the audit is told of it. */
interface FailedPlan {
  plan: number;
  startedAt: Instant;
}

/**
 * Makes a batch failed whose plan doesn't count yet, and whose execution has ended. The failure is noted with the execution first: another
 * execution may have begun the batch anew before anybody is told. If the batch ended otherwise in between, the note is removed: once
 * another execution publishes its ending, nothing else would tell that it did not fail.
 */
async function failBatch(table: string, { batchId, execution }: Asker): Promise<void> {
  for (let noted: FailedPlan | undefined; ; ) {
    const batch = await readBatch(table, batchId);
    if (noted !== undefined && batch && isWithoutEffect(batch.state) && batch.state !== 'failed')
      return await noteNoFailure(table, execution, noted);
    if (!batch || !mayFail(batch.state) || batch.execution !== execution) return;
    const { plan, startedAt } = batch;
    noted = { plan, startedAt };
    await dynamo.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: key.execution(execution) },
        UpdateExpression: 'SET failed = :failed',
        ExpressionAttributeValues: { ':failed': noted },
      }),
    );
    // The condition names the plan that was noted: a plan that is registered in between is noted before it fails.
    const states = Object.fromEntries(MAY_FAIL.map((state) => [`:${state}`, state]));
    const condition = `#state IN (${Object.keys(states).join(', ')}) AND #execution = :mine AND #plan = :noted`;
    const values = { ...states, ':mine': execution, ':noted': plan };
    if (await changeBatch(table, batchId, { state: 'failed' }, condition, values)) return;
  }
}

/** Removes the note that this plan failed with an execution. */
async function noteNoFailure(table: string, execution: string, { plan }: FailedPlan): Promise<void> {
  try {
    await dynamo.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: key.execution(execution) },
        UpdateExpression: 'REMOVE failed',
        ConditionExpression: 'failed.#plan = :plan',
        ExpressionAttributeNames: { '#plan': 'plan' },
        ExpressionAttributeValues: { ':plan': plan },
      }),
    );
  } catch (error) {
    // Somebody else has done so.
    if (!refusedByCondition(error)) throw error;
  }
}

/**
 * Notes that an execution ended, and makes its batch failed if its plan was not committed before.
 * @returns the batch as it stands, which may be another execution's by now, and what failed with this one; undefined when the execution had
 * registered none
 */
export async function abandonExecution(
  table: string,
  execution: string,
): Promise<{ batch: Batch; failed: FailedPlan | undefined } | undefined> {
  // This is noted before anything else, and even if there is no batch: an attempt that runs on may register one later.
  const { Attributes } = await dynamo.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk: key.execution(execution) },
      UpdateExpression: 'SET ended = :yes',
      ExpressionAttributeValues: { ':yes': true },
      ReturnValues: 'ALL_NEW',
    }),
  );
  const { batchId } = contentOf(Attributes ?? {}, executionForm);
  if (batchId === undefined) return undefined;
  await failBatch(table, { batchId, execution });
  const { failed } = (await read(table, key.execution(execution), executionForm)) ?? {};
  const batch = await readBatch(table, batchId);
  if (!batch) return undefined;
  // Its commit may have come between the note and the failure. Without a plan's number only its execution tells whose it is.
  const committed = planCounts(batch.state);
  const same = batch.plan === failed?.plan && (batch.plan > 0 || batch.execution === execution);
  // Its ending may have come in between, too: a withdrawal or a refusal. The agency is told of that, and not that it failed.
  const otherwise = batch.execution === execution && isWithoutEffect(batch.state) && batch.state !== 'failed';
  return { batch, failed: (committed && same) || otherwise ? undefined : failed };
}

/** A batch on its way to a plan that counts. A batch whose execution has ended is made failed by this call. */
export async function livingBatch(table: string, id: BatchId): Promise<Batch | undefined> {
  const batch = await readBatch(table, id);
  if (!batch || !mayFail(batch.state)) return undefined;
  if (!(await read(table, key.execution(batch.execution), executionForm))?.ended) return batch;
  await failBatch(table, batch);
  return undefined;
}
