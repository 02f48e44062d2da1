import * as z from 'zod';

const environment = z.object({
  WORK: z.string(),
  CASES: z.string(),
  AGENCIES_TOPIC: z.string(),
  APPROVERS_TOPIC: z.string(),
  OPERATORS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  BATCH_MACHINE: z.string(),
  STATUS_QUEUE: z.string(),
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
