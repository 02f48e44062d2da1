import * as z from 'zod';
import { DIRECTION_KIND_NAMES } from '../domain/kinds.ts';
import { ORDERS } from '../domain/ladders.ts';
import { fields } from '../domain/stored.ts';
import { idList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  CASES: z.string(),
  /** The table in which a handset that was taken back is looked up, to learn whether it was seen since. */
  LINKS: z.string(),
  LADDERS: z
    .string()
    .transform((json) => JSON.parse(json))
    .pipe(z.record(z.enum(DIRECTION_KIND_NAMES), z.array(z.object({ order: z.enum(ORDERS), days: fields.count })))),
  ROWS_PER_DIRECTION: wholeNumber,
  /** The number of days for which a number or a handset stays claimed after the last word on it. */
  CASE_DAYS: wholeNumber,
  APPROVERS: idList,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
