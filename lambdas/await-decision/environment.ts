import * as z from 'zod';
import { idList, operatorList } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  /** The operators that a reversal's summary lists. */
  OPERATORS: operatorList,
  /** The approvers whose approvals a reminder counts: no decision counts the word of anybody else. */
  APPROVERS: idList,
  AGENCIES_TOPIC: z.string(),
  APPROVERS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
