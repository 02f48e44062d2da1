import { sha8, sha256Of } from '../domain/hashes.ts';
import type { Batch } from './cases/batches.ts';
import { handOver } from './cases/executions.ts';
import { executionArn, startOnce } from './state-machines.ts';

/**
 * The name of the execution to which a batch is handed over: 80 characters at most, of which a batch's id has 29. A batch that is begun
 * anew counts from one again, and the names of its earlier executions are taken.
 */
const nameOf = ({ batchId, execution, untold }: Batch, n: number) =>
  untold ? `${batchId}_ended_${sha8(sha256Of(execution))}` : `${batchId}_resumed_${n}`;

/**
 * Lets another execution go on with a batch whose execution ended, though it is directed, or its ending is still to be published. The batch
 * names that execution before it is started: if it isn't there, whoever sees that starts it, by `startResumed`.
 * @returns the other execution; undefined when somebody else has handed the batch over
 */
export async function resumeBatch(
  env: { CASES: string; BATCH_MACHINE: string },
  batch: Batch,
): Promise<string | undefined> {
  const n = (batch.resumed ?? 0) + 1;
  const execution = executionArn(env.BATCH_MACHINE, nameOf(batch, n));
  if (!(await handOver(env.CASES, batch, execution, n))) return undefined;
  await startResumed(env, { ...batch, execution });
  return execution;
}

/** Starts the execution that a batch was handed over to, once. */
export async function startResumed(
  { BATCH_MACHINE }: { BATCH_MACHINE: string },
  { batchId, execution }: Pick<Batch, 'batchId' | 'execution'>,
): Promise<boolean> {
  return await startOnce(BATCH_MACHINE, execution.split(':').at(-1) ?? '', { resume: { batchId } });
}
