import * as z from 'zod';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { redriveDeadLetters } from '../stores/queues.ts';

const environment = z.object({ DEAD_LETTERS: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/**
 * RedriveAudit: moves notes that the audit could not be told back into its queue. Nobody else may do that, and whoever may invoke this
 * sends nothing: an entry of the audit comes from the function that committed what it tells, or not at all.
 */
export const handler = task(z.object({}), async () => {
  const redriven = await redriveDeadLetters(env.DEAD_LETTERS);
  log.warn('dead letters of the audit are moved back', redriven);
  return redriven;
});
