import { Readable } from 'node:stream';
import type { FileFault } from '../domain/csv.ts';
import { toAdministrators, toAgency } from '../domain/notices.ts';
import type { FileReason } from '../domain/reasons.ts';
import { rejectLine, rejectsHeader } from '../domain/rejects.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { tell } from '../stores/notices.ts';
import type { Place } from '../stores/objects.ts';
import { writeRejects } from '../stores/rejects.ts';
import { mark } from '../stores/upload-marks.ts';
import { env } from './environment.ts';
import type { Report } from './input.ts';

/**
 * Refuses a report whole, without any effect: its rejects are the one line that says why, and its agency and the administrators are told.
 * @param rejects the place of its rejects
 */
export async function refuse(
  report: Report,
  rejects: Place,
  { line, reason, found }: FileFault,
): Promise<{ status: 'refused'; reason: FileReason }> {
  const { agency, uploadedAt } = report;
  const refusal = rejectsHeader + rejectLine({ line, value: found, reason });
  await writeRejects(report, rejects, Readable.from([refusal]));
  const notice = { kind: 'report_refused', agency, file: report.key, line, reason, rejects, uploadedAt } as const;
  await tell(env, toAgency(notice));
  await tell(env, toAdministrators(notice));
  if (agency !== SELF_CHECK) measure('ReportsRefused', { agency });
  await mark(env.WORK, 'worked', report);
  log.info('report refused', { agency, line, reason });
  return { status: 'refused', reason };
}
