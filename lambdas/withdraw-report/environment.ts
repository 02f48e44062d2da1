import * as z from 'zod';
import { formsOfFiles, idList, operatorList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  AGENCIES: idList,
  OPERATORS: operatorList,
  AGENCIES_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  BATCH_MACHINE: z.string(),
  REPORT_FORMS: formsOfFiles,
  /** The visibility timeout of the queue of withdrawals. */
  HIDDEN_SECONDS: wholeNumber,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
