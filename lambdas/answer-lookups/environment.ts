import * as z from 'zod';
import { formsOfFiles, idList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  CASEWORKERS: idList,
  /** The approvers whose words exempt. */
  APPROVERS: idList,
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  REPORT_FORMS: formsOfFiles,
  MAC_KEY: z.string(),
  /** The visibility timeout of the queue of lookups. */
  HIDDEN_SECONDS: wholeNumber,
  /** The most rows of a file, and of all files of a caseworker on a day, that are answered. */
  LOOKUPS_PER_FILE: wholeNumber,
  LOOKUPS_PER_DAY: wholeNumber,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
