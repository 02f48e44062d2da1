import * as z from 'zod';
import { addressMarksIn } from '../domain/addresses.ts';
import { wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  INBOX: z.string(),
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  BATCH_MACHINE: z.string(),
  DIRECTION_MACHINE: z.string(),
  REPORTS_QUEUE: z.string(),
  USAGE_QUEUE: z.string(),
  RESPONSES_QUEUE: z.string(),
  APPROVALS_QUEUE: z.string(),
  WITHDRAWALS_QUEUE: z.string(),
  LOOKUPS_QUEUE: z.string(),
  APPEALS_QUEUE: z.string(),
  RELEASE_QUEUE: z.string(),
  STATUS_QUEUE: z.string(),
  AUDIT_QUEUE: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AGENCIES_TOPIC: z.string(),
  APPROVERS_TOPIC: z.string(),
  OPERATORS_TOPIC: z.string(),
  /** The marks of all addresses that the stage subscribes. */
  SUBSCRIBED: z.string().transform(addressMarksIn),
  SWEEP_HOURS: wholeNumber,
  SURVEY_HOURS: wholeNumber,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
