import * as z from 'zod';
import { idList } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  CASEWORKERS: idList,
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  BATCH_MACHINE: z.string(),
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
