import * as z from 'zod';
import { idList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  CASES: z.string(),
  AUDIT_QUEUE: z.string(),
  OPERATORS: idList,
  /** How many subjects a shard has. */
  LINKS_PER_SHARD: wholeNumber,
  /** By how many days the deadlines of who is given more time come later. */
  EXTENSION_DAYS: wholeNumber,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
