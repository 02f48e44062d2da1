import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import * as z from 'zod';
import { FileFault } from '../domain/csv.ts';
import type { CsvRow } from '../domain/csv-header.ts';
import { asInstant, type DateForm, dayOf } from '../domain/days.ts';
import type { OperatorId } from '../domain/identifiers.ts';
import { toAdministrators, toOperator } from '../domain/notices.ts';
import { rejectsKey } from '../domain/outbox.ts';
import { type FileReason, isFileReason } from '../domain/reasons.ts';
import { rejectLine } from '../domain/rejects.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import {
  parseSighting,
  type Sighting,
  USAGE_WARNINGS,
  type UsageColumn,
  type UsageWarning,
} from '../domain/sightings.ts';
import { fields } from '../domain/stored.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { noteImport } from './cases/imports.ts';
import { readVerdict } from './cases/verdicts.ts';
import { writeLinks } from './links.ts';
import { type Telling, tell } from './notices.ts';
import { type Place, writeStream } from './objects.ts';
import { writeRejects } from './rejects.ts';
import { markOf } from './upload-marks.ts';

/** A usage file, as the functions that import it by pieces hand it on. */
export const usageFile = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string().optional(),
  operator: fields.operator,
  name: z.string(),
  uploadedAt: z.string().transform(asInstant),
});
/** A usage file that is imported by pieces. */
export type UsageFile = z.output<typeof usageFile>;

/** The fault that stopped the reading of a file. */
export const faultOfFile = z.object({
  line: z.number(),
  reason: z.custom<FileReason>((text) => typeof text === 'string' && isFileReason(text)),
  /** The header, if it lacks a column and names nobody. */
  found: z.string().optional(),
});
type FaultOfFile = z.output<typeof faultOfFile>;

/** The number of optional cells in taken rows that had to be dropped, by reason. */
type Warnings = { [why in UsageWarning]?: number };

/** `rows` = `imported` + `rejected`. */
const countsOf = z.object({
  rows: z.number(),
  imported: z.number(),
  rejected: z.number(),
  warnings: z.partialRecord(z.enum(USAGE_WARNINGS), z.number()),
});
/** The counts of an import, whole or of a piece. */
export type ImportCounts = z.output<typeof countsOf>;

/** The outcome of one piece of a usage file: its counts, and the key in the work bucket of its rejects, which have no header. */
export const importedPiece = z.object({ ...countsOf.shape, start: z.number(), key: z.string() });
/** The outcome of a piece. */
export type ImportedPiece = z.output<typeof importedPiece>;

/**
 * Turns rows of a usage file into links and writes its rejects, each with its line and reason. If the file can't be read further, the rows
 * before the fault stay, and the rejects end with the fault.
 * @param to without `links` nothing is imported, and `imported` is the number of rows that could be; `dates` is the other form of days that
 * the operator has
 * @param heading the beginning of the rejects
 */
export async function importRows(
  rows: AsyncIterable<CsvRow<UsageColumn>[]>,
  file: UsageFile,
  to: { links?: { table: string; keptDays: number }; rejects: Place; publishes?: true; dates: DateForm | undefined },
  heading = '',
): Promise<ImportCounts & { fault?: FileFault }> {
  const { operator, uploadedAt } = file;
  const uploadDay = dayOf(uploadedAt);
  const counts = { rows: 0, imported: 0, warnings: {} as Warnings };
  let fault: FileFault | undefined;

  // One reading makes two streams: the rejects are written while the links of the same rows are.
  const rejects = new PassThrough({ encoding: 'utf8' });
  const written = to.publishes ? writeRejects(file, to.rejects, rejects) : writeStream(to.rejects, rejects);
  written.catch((error) => rejects.destroy(error));
  const reject = async (lines: string) => {
    if (rejects.errored) throw rejects.errored;
    if (lines !== '' && !rejects.write(lines)) await once(rejects, 'drain');
  };
  async function* sightings(): AsyncGenerator<Sighting[]> {
    await reject(heading);
    try {
      for await (const some of rows) {
        const good: Sighting[] = [];
        let lines = '';
        for (const row of some) {
          const read = parseSighting(row, operator, uploadDay);
          if ('reason' in read) {
            lines += rejectLine(read, to.dates);
            continue;
          }
          good.push(read.sighting);
          for (const why of read.warnings) counts.warnings[why] = (counts.warnings[why] ?? 0) + 1;
        }
        counts.rows += some.length;
        counts.imported += good.length;
        await reject(lines);
        yield good;
      }
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      fault = error;
      await reject(rejectLine({ line: error.line, value: error.found, reason: error.reason }));
    }
  }
  try {
    if (to.links) await writeLinks(to.links.table, sightings(), { days: to.links.keptDays, from: uploadDay });
    else for await (const _ of sightings());
    rejects.end();
  } catch (error) {
    rejects.destroy(error instanceof Error ? error : undefined);
    await written.catch(() => undefined);
    throw error;
  }
  await written;
  return { ...counts, rejected: counts.rows - counts.imported, ...(fault ? { fault } : {}) };
}

/** The place where a usage file's rejects are published. */
export function rejectsOf({ operator, name }: UsageFile, outbox: string): Place {
  return { bucket: outbox, key: rejectsKey(operator, name) };
}

/** Whether nothing or less than half of a file's rows was taken. Nobody needs to be told that of a self-check's file. */
function isMostlyRejected(operator: OperatorId, rows: number, imported: number): boolean {
  return operator !== SELF_CHECK && (imported === 0 || imported < rows / 2);
}

/** Notes that a file was imported, and the number of its good rows if it was weighed, for later files that are compared with it. */
async function noteImported(table: string, file: UsageFile): Promise<void> {
  const { operator, uploadedAt: at, key } = file;
  const upload = markOf(file);
  const verdict = await readVerdict(table, upload);
  await noteImport(table, operator, at, verdict && { upload, at, key, good: verdict.good });
}

/**
 * Notes that an operator's usage was imported, if any of it was, and tells the operator. The administrators are told, too, of a file that stopped
 * (`usage_stopped`), and of one that was read to its end with nothing or less than half of its rows taken (`usage_mostly_rejected`): its
 * operator's connections are missing where a batch looks for them.
 */
export async function announceImport(
  env: { CASES: string } & Telling<'OPERATORS_TOPIC' | 'ADMINISTRATORS_TOPIC'>,
  file: UsageFile,
  { rows, imported, rejected, warnings }: ImportCounts,
  rejects: Place,
  stopped?: FaultOfFile,
): Promise<void> {
  const { operator, uploadedAt } = file;
  const warned = Object.keys(warnings).length > 0;
  const counts = { rows, imported, rejected, ...(warned ? { warnings } : {}) };
  // A file of which no row was taken brought no usage: nobody is to read that its operator looked, and saw nobody.
  if (imported > 0) await noteImported(env.CASES, file);
  const notice = { operator, file: file.key, ...counts, rejects, uploadedAt };
  if (stopped) {
    const { line, reason } = stopped;
    const stop = { kind: 'usage_stopped', ...notice, line, reason } as const;
    await tell(env, toOperator(stop));
    await tell(env, toAdministrators(stop));
  } else {
    await tell(env, toOperator({ kind: 'usage_imported', ...notice }));
    if (isMostlyRejected(operator, rows, imported))
      await tell(env, toAdministrators({ kind: 'usage_mostly_rejected', ...notice }));
  }
  if (operator !== SELF_CHECK) {
    if (stopped) measure('UsageStopped', { operator });
    measure('RowsRead', { file: 'usage' }, rows);
    measure('RowsRejected', { file: 'usage' }, rejected);
  }
  log.info('usage imported', {
    operator,
    ...counts,
    ...(stopped ? { line: stopped.line, reason: stopped.reason } : {}),
  });
}
