import * as z from 'zod';
import { formsOfFiles, operatorList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  OPERATORS: operatorList,
  OPERATORS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  /** The number of days for which a number or a handset stays claimed after the last word on it. */
  CASE_DAYS: wholeNumber,
  /** The number of days after a port in which a number can't be ported again. */
  PORTING_DAYS: wholeNumber,
  /** The percentage of extended rows of an operator and batch beyond which administrators are told. */
  MOST_EXTENDED_PERCENT: wholeNumber,
  /** The visibility timeout of the queue of responses. */
  HIDDEN_SECONDS: wholeNumber,
  FILE_FORMS: formsOfFiles,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
