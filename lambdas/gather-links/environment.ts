import * as z from 'zod';
import { operatorList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  AUDIT_QUEUE: z.string(),
  APPROVERS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  OPERATORS: operatorList,
  BUSY_DAY: wholeNumber,
  MANY_CONNECTIONS: wholeNumber,
  /** The number of approvers who must approve a report, 0 if nobody has to, and the hours for which it waits for them. */
  PEOPLE: wholeNumber,
  DECIDE_WITHIN_HOURS: wholeNumber,
  /** The most that a report, or those of an agency in a day, may reach. */
  MOST_NUMBERS: wholeNumber,
  MOST_HANDSETS: wholeNumber,
  LINKS_PER_SHARD: wholeNumber,
  ROWS_PER_DIRECTION: wholeNumber,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
