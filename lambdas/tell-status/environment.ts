import * as z from 'zod';
import { operatorList } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  OPERATORS: operatorList,
  ADMINISTRATORS_TOPIC: z.string(),
  /** The queues of dead letters, by name. */
  DEAD_LETTERS: z
    .string()
    .transform((json) => JSON.parse(json))
    .pipe(z.record(z.string(), z.string())),
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
