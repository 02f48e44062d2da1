import * as z from 'zod';
import { fields } from '../domain/stored.ts';
import { instant } from '../runtime/input.ts';
import { events } from '../runtime/queue.ts';
import { tellAll } from './open-lists.ts';
import { tellStatus } from './status.ts';

export type { Environment } from './environment.ts';

/**
 * A batch took a step; or, without a batch, a day came, or first orders went out: then all batches that have not settled are told of. A day
 * comes from a schedule, and has its digest.
 */
const event = z.object({
  time: instant,
  source: z.string().optional(),
  detail: z.object({ batchId: fields.batch.optional() }).optional(),
});

/**
 * Tell: writes a batch's status at each of its steps. Each day, and after a plan's first orders, it writes the statuses of all batches that
 * have not settled, and what is open at each operator; each day also a digest for the administrators. Nothing waits for it: what could not
 * be told is told with the next step, or the next day.
 */
export const handler = events(event, async ({ time, source, detail }) => {
  if (detail?.batchId === undefined) await tellAll(time, source !== undefined);
  else await tellStatus(detail.batchId, time);
});
