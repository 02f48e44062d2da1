import * as z from 'zod';

const environment = z.object({
  CASES: z.string(),
  WORK: z.string(),
  OUTBOX: z.string(),
  OPERATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
