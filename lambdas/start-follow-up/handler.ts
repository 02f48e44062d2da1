import * as z from 'zod';
import { addSeconds, DAY_SECONDS } from '../domain/days.ts';
import { followUpOf } from '../domain/follow-ups.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { events } from '../runtime/queue.ts';
import { mayAnyWait } from '../stores/moves.ts';
import { startOnce } from '../stores/state-machines.ts';

/** A message begins a night that has not come. */
class NightNotCome extends Error {
  override readonly name = 'NightNotCome';
}

const environment = z.object({ WORK: z.string(), BATCH_MACHINE: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/** The seconds by which the clock that sends nights may be ahead of the queue's. */
const AHEAD_AT_MOST = DAY_SECONDS;

/**
 * Follow: starts the night's follow-up, once by its name, if any direction may have rows that wait. The execution looks which these are: if
 * there are none, it registers no batch.
 */
export const handler = events(z.object({ time: instant }), async ({ time }, _, { firstAt }) => {
  // Whoever may send a message here could name any night. A night that has not come would stay the newest, and every night after it would
  // find nothing.
  if (time > addSeconds(firstAt, AHEAD_AT_MOST)) throw new NightNotCome('the night of this message has not come');
  if (!(await mayAnyWait(env.WORK))) return;
  const batchId = followUpOf(time);
  const started = await startOnce(env.BATCH_MACHINE, batchId, { collect: { kind: 'followup', batchId } });
  log.info('night', { batchId, started });
});
