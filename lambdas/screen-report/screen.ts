import { createHash } from 'node:crypto';
import { readCsv } from '../domain/csv.ts';
import { evenRuns } from '../domain/directions.ts';
import { columnsAs } from '../domain/file-forms.ts';
import { LARGEST_REPORT } from '../domain/limits.ts';
import { rejectLine, rejectsHeader } from '../domain/rejects.ts';
import { handsetLine, REPORT_COLUMNS, type Screening } from '../domain/screening.ts';
import { SCREENED } from '../domain/work.ts';
import { type Place, readChunks, writeObject, writeStream } from '../stores/objects.ts';
import { writeRejects } from '../stores/rejects.ts';
import { env } from './environment.ts';
import type { Report } from './input.ts';

/**
 * Reads a report to its end, and publishes its rejects.
 * @param screening takes the report's rows
 * @returns the SHA-256 of the report's bytes, in hexadecimal
 * @throws FileFault, and TooLarge
 */
export async function screen(report: Report, rejects: Place, screening: Screening): Promise<string> {
  const hash = createHash('sha256');
  async function* hashedChunks() {
    for await (const chunk of readChunks(report, { most: LARGEST_REPORT })) {
      hash.update(chunk);
      yield chunk;
    }
  }
  async function* rejectLines() {
    yield rejectsHeader;
    const columns = columnsAs(REPORT_COLUMNS, 'report', env.REPORT_FORMS[report.agency]);
    for await (const rows of readCsv(hashedChunks(), columns))
      for (const row of rows) {
        const screened = screening.row(row);
        if ('reason' in screened) yield rejectLine(screened);
      }
  }
  await writeRejects(report, rejects, rejectLines());
  return hash.digest('hex');
}

/** Writes the screened handsets, a line for each, and their runs for the children of Expand, under the attempt's folder. */
export async function writeHandsets(
  folder: string,
  screening: Screening,
): Promise<{ handsetsKey: string; runsKey: string }> {
  const handsetsKey = SCREENED.handsets.key(folder);
  async function* handsetLines() {
    for (const imei of screening.handsets()) yield handsetLine(imei);
  }
  await writeStream({ bucket: env.WORK, key: handsetsKey }, handsetLines());
  const runsKey = SCREENED.runs.key(folder);
  const runs = evenRuns(screening.totals().handsets, env.HANDSETS_PER_CHILD);
  await writeObject({ bucket: env.WORK, key: runsKey }, runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
  return { handsetsKey, runsKey };
}
