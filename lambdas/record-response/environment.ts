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
  /** For how many days after the last word on it a number or a handset stays claimed. */
  CASE_DAYS: wholeNumber,
  /** For how many days after a port a number can't be ported again. */
  PORTING_DAYS: wholeNumber,
  /** Of how many rows in a hundred of an operator and batch administrators are told when they were extended. */
  MOST_EXTENDED_PERCENT: wholeNumber,
  /** The visibility timeout of the queue of responses. */
  HIDDEN_SECONDS: wholeNumber,
  FILE_FORMS: formsOfFiles,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
