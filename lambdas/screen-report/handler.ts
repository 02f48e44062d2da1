import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import * as z from 'zod';
import { toldState } from '../domain/batches.ts';
import { FileFault, readCsv } from '../domain/csv.ts';
import { dayOf, type Instant } from '../domain/days.ts';
import { evenRuns } from '../domain/directions.ts';
import { columnsAs } from '../domain/file-forms.ts';
import { batchIdOf, type OperatorId, SELF_CHECK } from '../domain/identifiers.ts';
import { LARGEST_REPORT } from '../domain/limits.ts';
import { toAdministrators, toAgency } from '../domain/notices.ts';
import { rejectsKey } from '../domain/outbox.ts';
import { rejectLine, rejectsHeader } from '../domain/rejects.ts';
import { handsetLine, reportColumns, Screening } from '../domain/screening.ts';
import { windowOf } from '../domain/sightings.ts';
import { fields } from '../domain/stored.ts';
import { SCREENED } from '../domain/work.ts';
import { formsOfFiles, operatorList, wholeNumber } from '../runtime/environment.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { task } from '../runtime/task.ts';
import { audit } from '../stores/audit.ts';
import { registerBatch } from '../stores/cases/batches.ts';
import { countGated, readLatestImport } from '../stores/cases/imports.ts';
import { tell } from '../stores/notices.ts';
import { readChunks, TooLarge, writeObject, writeStream } from '../stores/objects.ts';
import { writeRejects } from '../stores/rejects.ts';
import { mark } from '../stores/uploads.ts';

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
const env = environment.parse(process.env);

const input = z.object({
  report: z.object({
    bucket: z.string(),
    key: z.string(),
    versionId: z.string().optional(),
    agency: fields.agency,
    name: z.string(),
    uploadedAt: instant,
  }),
  execution: z.string(),
  now: instant,
});

/**
 * Screen: streams the report, writes its rejects and its handsets, lists the runs of these for the children of Expand, and registers the
 * batch. The batch's id comes from the agency and the file's bytes, so the same file twice is one batch.
 */
export const handler = task(input, async ({ report, execution, now }, attempt) => {
  const { agency, uploadedAt } = report;
  const rejects = { bucket: env.OUTBOX, key: rejectsKey(agency, report.name) };
  const hash = createHash('sha256');
  const screening = new Screening(agency);

  async function* hashed() {
    for await (const chunk of readChunks(report, { most: LARGEST_REPORT })) {
      hash.update(chunk);
      yield chunk;
    }
  }
  async function* rejectLines() {
    yield rejectsHeader;
    for await (const rows of readCsv(hashed(), columnsAs(reportColumns, 'report', env.REPORT_FORMS[agency])))
      for (const row of rows) {
        const screened = screening.row(row);
        if ('reason' in screened) yield rejectLine(screened);
      }
  }

  const refuse = async ({ line, reason, found }: FileFault) => {
    const refusal = rejectsHeader + rejectLine({ line, value: found, reason });
    await writeRejects(report, rejects, Readable.from([refusal]));
    const notice = { kind: 'report_refused', agency, file: report.key, line, reason, rejects, uploadedAt } as const;
    await tell(env, toAgency(notice));
    await tell(env, toAdministrators(notice));
    if (agency !== SELF_CHECK) measure('ReportsRefused', { agency });
    await mark(env.WORK, 'worked', report);
    log.info('report refused', { agency, line, reason });
    return { status: 'refused' as const, reason };
  };

  try {
    await writeRejects(report, rejects, rejectLines());
  } catch (error) {
    const fault = error instanceof TooLarge ? new FileFault(1, 'file_too_large') : error;
    if (!(fault instanceof FileFault)) throw error;
    return await refuse(fault);
  }

  const sha256 = hash.digest('hex');
  const batchId = batchIdOf(agency, sha256);
  const folder = SCREENED.folder(batchId, attempt);
  const handsetsKey = SCREENED.handsets.key(folder);
  async function* handsetLines() {
    for (const imei of screening.handsets()) yield handsetLine(imei);
  }
  await writeStream({ bucket: env.WORK, key: handsetsKey }, handsetLines());
  const runsKey = SCREENED.runs.key(folder);
  const runs = evenRuns(screening.totals().handsets, env.HANDSETS_PER_CHILD);
  await writeObject({ bucket: env.WORK, key: runsKey }, runs.map((run) => `${JSON.stringify(run)}\n`).join(''));
  const batch = await registerBatch(env.CASES, {
    batchId,
    kind: 'report',
    agency,
    file: report.key,
    sha256,
    execution,
    state: 'waiting',
    plan: 0,
    startedAt: now,
    uploadedAt,
    report: screening.totals(),
    handsetsKey,
  });
  // The id holds 48 bits of the hash, and somebody who wants to can make two reports that have them in common.
  if (batch.sha256 !== sha256) return await refuse(new FileFault(1, 'batch_id_taken'));
  if (batch.execution !== execution) {
    const state = toldState(batch);
    await tell(env, toAgency({ kind: 'same_report', agency, batchId, state, file: report.key, rejects, uploadedAt }));
    await mark(env.WORK, 'worked', report);
    log.info('same report again', { batchId });
    return { status: 'same' as const, batchId };
  }
  const { report: counts } = batch;
  await tell(
    env,
    toAgency({ kind: 'batch_registered', agency, batchId, file: report.key, report: counts, rejects, uploadedAt }),
  );
  await audit(env, {
    batchId,
    id: `registered/${execution}`,
    kind: 'batch_registered',
    at: batch.startedAt,
    facts: { uploader: agency, uploadedAt, version: report.versionId ?? null, ...batch.report },
    files: { report: { key: report.key, sha256 } },
  });
  await mark(env.WORK, 'worked', report);
  if (agency !== SELF_CHECK) {
    measure('BatchesRegistered', { agency });
    measure('RowsRead', { file: 'report' }, batch.report.rows);
    measure('RowsRejected', { file: 'report' }, batch.report.rejected);
  }
  log.info('batch registered', { batchId, ...batch.report });
  return {
    status: 'registered' as const,
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
