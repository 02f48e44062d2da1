import * as z from 'zod';
import { formsOfFiles, operatorList, wholeNumber } from '../runtime/environment.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  AGENCIES_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
  LOOK_BACK_DAYS: wholeNumber,
  HANDSETS_PER_CHILD: wholeNumber,
  LINKS_PER_HANDSET: wholeNumber,
  LINKS_PER_SHARD: wholeNumber,
  OPERATORS: operatorList,
  REPORT_FORMS: formsOfFiles,
});
export type Environment = z.input<typeof environment>;
export const env = environment.parse(process.env);
