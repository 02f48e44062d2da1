import * as z from 'zod';
import { wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  CASES: z.string(),
  LINKS: z.string(),
  WORK: z.string(),
  AUDIT_QUEUE: z.string(),
  MAC_KEY: z.string(),
  LOOK_BACK_DAYS: wholeNumber,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
