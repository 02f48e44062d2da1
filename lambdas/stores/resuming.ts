import { type Batch, handOver } from './cases/batches.ts';
import { executionArn, startOnce } from './workflows.ts';

/** The longest name of an execution has 80 characters, a batch's id 29. */
const nameOf = ({ batchId }: Batch, n: number) => `${batchId}_resumed_${n}`;

/**
 * Has another execution go on with a directed batch whose execution ended. The batch names that one before it is started: where
 * it isn't there, whoever sees so starts it, by `startResumed`.
 * @returns the other execution; undefined when somebody else has handed the batch over
 */
export async function resumeBatch(
  env: { CASES: string; BATCH_MACHINE: string },
  batch: Batch,
): Promise<string | undefined> {
  const n = (batch.resumed ?? 0) + 1;
  const execution = executionArn(env.BATCH_MACHINE, nameOf(batch, n));
  if (!(await handOver(env.CASES, batch, execution, n))) return undefined;
  await startResumed(env, { ...batch, resumed: n });
  return execution;
}

/** Starts the execution that a batch was handed over to, once. */
export async function startResumed({ BATCH_MACHINE }: { BATCH_MACHINE: string }, batch: Batch): Promise<boolean> {
  return await startOnce(BATCH_MACHINE, nameOf(batch, batch.resumed ?? 0), { resume: { batchId: batch.batchId } });
}
