import { createHash } from 'node:crypto';
import { FileFault, readCsv } from '../domain/csv.ts';
import { dayOf, type Instant } from '../domain/days.ts';
import { evenRuns } from '../domain/directions.ts';
import { columnsAs } from '../domain/file-forms.ts';
import { batchIdOf, type OperatorId } from '../domain/identifiers.ts';
import { LARGEST_REPORT } from '../domain/limits.ts';
import { rejectsKey } from '../domain/outbox.ts';
import { rejectLine, rejectsHeader } from '../domain/rejects.ts';
import { handsetLine, reportColumns, Screening } from '../domain/screening.ts';
import { windowOf } from '../domain/sightings.ts';
import { SCREENED } from '../domain/work.ts';
import { task } from '../runtime/task.ts';
import { countGated, readLatestImport } from '../stores/cases/imports.ts';
import { type Place, readChunks, TooLarge, writeObject, writeStream } from '../stores/objects.ts';
import { writeRejects } from '../stores/rejects.ts';
import { env } from './environment.ts';
import { input, type Report } from './input.ts';
import { refuse } from './refuse.ts';
import { register } from './register.ts';

export type { Environment } from './environment.ts';

/**
 * Screen: streams the report, writes its rejects and its handsets, lists the runs of these for the children of Expand, and registers the
 * batch. The batch's id comes from the agency and the file's bytes, so the same file twice is one batch.
 */
export const handler = task(input, async ({ report, execution, now }, attempt) => {
  const { agency } = report;
  const rejects = { bucket: env.OUTBOX, key: rejectsKey(agency, report.name) };
  const screening = new Screening(agency);
  let sha256: string;
  try {
    sha256 = await screen(report, rejects, screening);
  } catch (error) {
    const fault = error instanceof TooLarge ? new FileFault(1, 'file_too_large') : error;
    if (!(fault instanceof FileFault)) throw error;
    return await refuse(report, rejects, fault);
  }
  const batchId = batchIdOf(agency, sha256);
  const folder = SCREENED.folder(batchId, attempt);
  const { handsetsKey, runsKey } = await writeHandsets(folder, screening);
  const totals = screening.totals();
  const registered = await register(report, rejects, { batchId, sha256, totals, handsetsKey }, { execution, now });
  if (registered.status !== 'registered') return registered;
  const { batch } = registered;
  return {
    status: registered.status,
    batchId,
    agency,
    handsets: batch.report.handsets,
    handsetsKey: batch.handsetsKey,
    folder,
    runsKey,
    shards: Math.max(1, Math.ceil((batch.report.handsets * env.LINKS_PER_HANDSET) / env.LINKS_PER_SHARD)),
    window: windowOf(dayOf(batch.uploadedAt), env.LOOK_BACK_DAYS),
    ...(await usageSoFar()),
  };
});

/**
 * Reads a report to its end, and publishes its rejects.
 * @param screening takes the report's rows
 * @returns the SHA-256 of the report's bytes, in hexadecimal
 * @throws FileFault, and TooLarge
 */
async function screen(report: Report, rejects: Place, screening: Screening): Promise<string> {
  const hash = createHash('sha256');
  async function* hashedChunks() {
    for await (const chunk of readChunks(report, { most: LARGEST_REPORT })) {
      hash.update(chunk);
      yield chunk;
    }
  }
  async function* rejectLines() {
    yield rejectsHeader;
    const columns = columnsAs(reportColumns, 'report', env.REPORT_FORMS[report.agency]);
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
async function writeHandsets(folder: string, screening: Screening): Promise<{ handsetsKey: string; runsKey: string }> {
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

/**
 * The instant of each operator's latest usage, and the number of its gated files, before any link of the batch is read: what comes, or is
 * let in, later may have no part in it.
 */
async function usageSoFar(): Promise<{
  latestImports: Record<OperatorId, Instant | null>;
  gated: Record<OperatorId, number>;
}> {
  const latestImports: Record<OperatorId, Instant | null> = {};
  const gated: Record<OperatorId, number> = {};
  for (const operator of env.OPERATORS) {
    latestImports[operator] = await readLatestImport(env.CASES, operator);
    gated[operator] = await countGated(env.CASES, operator);
  }
  return { latestImports, gated };
}
