import * as z from 'zod';
import type { ReversalLimits } from '../domain/reversal-preview.ts';
import { operatorList, wholeNumber } from '../runtime/environment.ts';

const count = z.number().int().nonnegative();
const reversalLimits: z.ZodType<ReversalLimits> = z.object({
  people: count,
  peopleForLarge: count,
  large: count,
  mostSubjects: count,
});

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  APPROVERS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  OPERATORS: operatorList,
  /** The number of subjects in a shard. */
  LINKS_PER_SHARD: wholeNumber,
  /** The number of days by which deadlines come later for whoever is given more time. */
  EXTENSION_DAYS: wholeNumber,
  /** The number of approvers that a reversal needs, and the most that an appeal may ask for, as JSON. */
  REVERSAL_LIMITS: z.string().transform((text) => reversalLimits.parse(JSON.parse(text))),
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
