import type { CsvRow } from '../domain/csv-header.ts';
import type { FileForms } from '../domain/file-forms.ts';
import { brokenRules, type GateLimits, weigh } from '../domain/gates.ts';
import { EVERY_APPROVER, toAdministrators, toApprover, toOperator } from '../domain/notices.ts';
import { rejectsHeader } from '../domain/rejects.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import type { UsageColumn } from '../domain/sightings.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { noteGated, readImported } from './cases/imports.ts';
import { giveVerdict, type Verdict } from './cases/verdicts.ts';
import { type Telling, tell } from './notices.ts';
import { markOf } from './upload-marks.ts';
import { importRows, rejectsOf, type UsageFile } from './usage-files.ts';

/**
 * Weighs a usage file and commits the verdict. If it was weighed before, the earlier verdict is adopted.
 * @param read its rows, from the first one on each time
 * @returns undefined for a file of fewer rows than are weighed
 */
export async function judge(
  env: { CASES: string; GATES: GateLimits },
  file: UsageFile,
  read: () => AsyncIterable<CsvRow<UsageColumn>[]>,
): Promise<Verdict | undefined> {
  const weighed = await weigh(read, file, env.GATES);
  if (weighed === undefined) return undefined;
  const { operator, uploadedAt, key } = file;
  const imported = await readImported(env.CASES, operator);
  const broken = brokenRules(weighed, { at: uploadedAt, key }, imported, env.GATES);
  return await giveVerdict(env.CASES, markOf(file), { uploadedAt, good: weighed.good, broken });
}

/**
 * Holds a file up: notes it, publishes its rejects, and tells its operator, the approvers and the administrators why. Every attempt
 * does it alike.
 */
export async function holdUp(
  env: { CASES: string; OUTBOX: string; FILE_FORMS: FileForms } & Telling<
    'OPERATORS_TOPIC' | 'APPROVERS_TOPIC' | 'ADMINISTRATORS_TOPIC'
  >,
  file: UsageFile,
  read: AsyncIterable<CsvRow<UsageColumn>[]>,
  { broken }: Verdict,
): Promise<void> {
  const { operator, bucket, key, versionId, uploadedAt } = file;
  await noteGated(env.CASES, operator, markOf(file));
  const rejects = rejectsOf(file, env.OUTBOX);
  const {
    rows,
    imported: good,
    rejected,
    fault,
  } = await importRows(read, file, { rejects, publishes: true, dates: env.FILE_FORMS[operator]?.dates }, rejectsHeader);
  const stopped = fault && { line: fault.line, reason: fault.reason };
  const counts = { rows, good, rejected };
  const notice = {
    kind: 'usage_gated' as const,
    operator,
    bucket,
    key,
    versionId,
    ...counts,
    rules: [...broken],
    rejects,
    uploadedAt,
    ...stopped,
  };
  await tell(env, toOperator(notice));
  await tell(env, toApprover({ ...notice, approver: EVERY_APPROVER }));
  await tell(env, toAdministrators(notice));
  if (operator !== SELF_CHECK) {
    measure('UsageGated', { operator });
    measure('RowsRead', { file: 'usage' }, rows);
    measure('RowsRejected', { file: 'usage' }, rejected);
  }
  log.info('usage gated', { operator, ...counts, ...stopped, rules: broken.map(({ rule }) => rule) });
}
