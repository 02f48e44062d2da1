import * as z from 'zod';
import { idList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  APPROVERS: idList,
  APPROVERS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  /** The queue to which admitted uploads go on. */
  USAGE_QUEUE: z.string(),
  /** The visibility timeout of the queue of what approvers upload. */
  HIDDEN_SECONDS: wholeNumber,
  /** The most days for which a number or a handset is exempt. */
  EXEMPTION_DAYS: wholeNumber,
  /** For how many days it counts that an approver ended an exemption, or would lift a reversal. */
  EXEMPTION_END_DAYS: wholeNumber,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
