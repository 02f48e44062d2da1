import * as z from 'zod';
import { formsOfFiles, operatorList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  INBOX: z.string(),
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  OPERATORS: operatorList,
  LOOK_BACK_DAYS: wholeNumber,
  OPERATORS_TOPIC: z.string(),
  AGENCIES_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  REPORT_FORMS: formsOfFiles,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
