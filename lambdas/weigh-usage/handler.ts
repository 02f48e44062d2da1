import * as z from 'zod';
import { readCsv } from '../domain/csv.ts';
import { columnsAs } from '../domain/file-forms.ts';
import { USAGE_COLUMNS } from '../domain/sightings.ts';
import { formsOfFiles, limitsOfGates } from '../runtime/environment.ts';
import { task } from '../runtime/task.ts';
import { isGated, readVerdict } from '../stores/cases/verdicts.ts';
import { holdUp, judge } from '../stores/gates.ts';
import { readChunks } from '../stores/objects.ts';
import { mark, markOf } from '../stores/upload-marks.ts';
import { usageFile } from '../stores/usage-files.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  OPERATORS_TOPIC: z.string(),
  APPROVERS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  GATES: limitsOfGates,
  FILE_FORMS: formsOfFiles,
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({ file: usageFile });

/**
 * Weighs a large usage file before it is cut into pieces, and holds it up if it breaks a rule. Its rows are read as they come, some 100
 * times as fast as they are imported: a file of 100 million rows is weighed in time, even if it is read twice.
 */
export const handler = task(input, async ({ file }): Promise<{ gated: boolean }> => {
  const read = () => readCsv(readChunks(file), columnsAs(USAGE_COLUMNS, 'usage', env.FILE_FORMS[file.operator]));
  const verdict = (await readVerdict(env.CASES, markOf(file))) ?? (await judge(env, file, read));
  if (verdict === undefined || !isGated(verdict)) return { gated: false };
  await holdUp(env, file, read(), verdict);
  await mark(env.WORK, 'gated', file);
  return { gated: true };
});
