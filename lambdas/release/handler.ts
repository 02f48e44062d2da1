import { z } from 'zod';
import { events, log } from '../shell.ts';
import { abandonExecution } from '../stores/cases.ts';
import { tell } from '../stores/notices.ts';

const environment = z.object({ CASES: z.string(), AGENCIES_TOPIC: z.string(), ADMINISTRATORS_TOPIC: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const ended = z.object({ detail: z.object({ executionArn: z.string(), status: z.string() }) });

/**
 * A Batch or an ImportByPieces execution failed, timed out or was aborted. A Batch whose plan was not committed yet fails
 * with it: its claims are void, PLANNING is free again, and the same file starts it anew. After that, and for a usage file,
 * only a person can decide.
 */
export const handler = events(ended, async ({ detail: { executionArn, status } }) => {
  const abandoned = await abandonExecution(env.CASES, executionArn);
  const notice = {
    kind: abandoned?.failed ? 'batch_failed' : 'execution_ended',
    ...(abandoned ? { batchId: abandoned.batch.batchId, state: abandoned.batch.state } : {}),
    execution: executionArn,
    status,
  };
  await tell(env.ADMINISTRATORS_TOPIC, notice);
  if (abandoned?.failed) {
    const { agency, batchId } = abandoned.batch;
    await tell(env.AGENCIES_TOPIC, { kind: 'batch_failed', agency, batchId }, { agency });
  }
  log.warn('execution ended', { status, ...(abandoned ? { batchId: abandoned.batch.batchId } : {}) });
});
