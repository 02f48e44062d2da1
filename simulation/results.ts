import type { Summary } from '../lambdas/domain/books.ts';
import type { BatchId } from '../lambdas/domain/identifiers.ts';
import { summaryKey } from '../lambdas/domain/outbox.ts';
import { bucketsOf } from './buckets.ts';
import type { Conducted, UploadedReport } from './conduct.ts';
import type { OutsideCloud } from './desk.ts';

/** How a run ended. */
export interface Results {
  /** The batches that settled, in the order in which their reports were uploaded. */
  summaries: Summary[];
  /** Why the run did not succeed, one line each; none when it did. */
  problems: string[];
  /** What somebody should know although the run succeeded. */
  warnings: string[];
}

/**
 * Judges a run by what the agencies and administrators were told and by the summaries in the outbox: it succeeded when every
 * report's batch settled with nothing unexplained.
 */
export async function judge(conducted: Conducted, cloud: OutsideCloud): Promise<Results> {
  const { outbox } = bucketsOf(cloud);
  const settled = new Set(await cloud.list(outbox, 'batches/'));
  const summaries = new Map<string, Summary>();
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const report of conducted.reports) {
    const key = summaryKey(report.batchId as BatchId);
    if (!settled.has(key)) {
      problems.push(whyNotSettled(report, conducted));
      continue;
    }
    if (summaries.has(report.batchId)) {
      warnings.push(`${report.key} is the report of batch ${report.batchId} again; it changed nothing`);
      continue;
    }
    const summary: Summary = JSON.parse(Buffer.from(await cloud.get(outbox, key)).toString('utf8'));
    summaries.set(report.batchId, summary);
    if (summary.unexplained !== 0) problems.push(`batch ${report.batchId} has ${summary.unexplained} rows unexplained`);
  }
  if (conducted.stuckAt !== undefined) {
    const at = `${new Date(conducted.stuckAt).toISOString().slice(0, 16)}Z`;
    problems.push(`the run was ended at ${at}: for days nothing had happened but what fails again and again`);
  }
  const reported = new Set(conducted.reports.map(({ key }) => key));
  warnings.push(...conducted.administrators.flatMap((notice) => warningOf(notice, reported)));
  return { summaries: [...summaries.values()], problems, warnings: [...new Set(warnings)] };
}

function whyNotSettled({ agency, key, batchId }: UploadedReport, { agencies, administrators }: Conducted): string {
  const rejects = `rejects/${agency}/${key.split('/').at(-1)}`;
  const refused = agencies.find(({ kind, rejects: place }) => kind === 'report_refused' && keyOf(place) === rejects);
  if (refused !== undefined) return `${key} was refused: ${refused.reason} in line ${refused.line}`;
  const stray = administrators.find((notice) => notice.kind === 'stray_object' && notice.key === key);
  if (stray !== undefined) return `${key} made no batch: ${stray.why}`;
  const told = agencies.filter((notice) => notice.batchId === batchId).map(({ kind }) => kind);
  if (told.includes('batch_failed')) return `${key}: batch ${batchId} failed before its directions were given`;
  if (told.includes('batch_registered')) return `${key}: batch ${batchId} did not settle`;
  return `${key} made no batch`;
}

/** What the administrators were told about uploads, as far as the reports' own fate doesn't say it. */
function warningOf(notice: Record<string, unknown>, reported: ReadonlySet<string>): string[] {
  if (notice.kind === 'usage_stopped')
    return [
      `${notice.operator}'s usage file: reading stopped in line ${notice.line}: ${notice.reason} (see ${keyOf(notice.rejects)})`,
    ];
  if (notice.kind === 'usage_mostly_rejected')
    return [
      `of ${notice.operator}'s usage file ${notice.imported} of ${notice.rows} rows were taken (see ${keyOf(notice.rejects)})`,
    ];
  if (notice.kind === 'stray_object' && !reported.has(String(notice.key)))
    return [`${notice.key} was not read: ${notice.why}`];
  if (notice.kind === 'direction_never_closed')
    return [`direction ${notice.directionId} had to be closed by its batch`];
  return [];
}

function keyOf(place: unknown): unknown {
  return typeof place === 'object' && place !== null && 'key' in place ? place.key : undefined;
}
