import * as z from 'zod';
import type { DirectionKind } from '../domain/kinds.ts';
import type { RungPolicy } from '../domain/ladders.ts';
import { idList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  CASES: z.string(),
  /** Where a handset that was taken back is looked up: whether it was seen since. */
  LINKS: z.string(),
  LADDERS: z.string().transform((json) => JSON.parse(json) as Record<DirectionKind, RungPolicy[]>),
  ROWS_PER_DIRECTION: wholeNumber,
  /** For how many days after the last word on it a number or a handset stays claimed. */
  CASE_DAYS: wholeNumber,
  APPROVERS: idList,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
