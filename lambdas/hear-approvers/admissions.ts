import { ADMISSION_COLUMNS, type AdmissionRow, MOST_ADMISSIONS, parseAdmissionRow } from '../domain/admissions.ts';
import { FileFault, readCsv } from '../domain/csv.ts';
import type { Instant } from '../domain/days.ts';
import { ADMITTED, type OperatorId } from '../domain/identifiers.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { receiptKey } from '../domain/outbox.ts';
import type { RejectedRow, RowReason } from '../domain/reasons.ts';
import { countedIn, type Refusal, reasonOf, receiptOf, receiptText } from '../domain/receipts.ts';
import { log } from '../runtime/log.ts';
import { audit } from '../stores/audit.ts';
import { readAdmissionsFile, recordAdmissions } from '../stores/cases/admissions.ts';
import { noteAdmitted } from '../stores/cases/imports.ts';
import { admit as admitUpload, isGated, readVerdict } from '../stores/cases/verdicts.ts';
import { findVersion } from '../stores/listings.ts';
import { sendEvent } from '../stores/queues.ts';
import { isMarked, mark, markOf } from '../stores/upload-marks.ts';
import { env } from './environment.ts';
import { type ApproverFile, publishReceipt, readWhole, refuse } from './file.ts';

/** Lets in the gated uploads that a file names, each once, and publishes its receipt; the same bytes again change nothing. */
export async function admit(file: ApproverFile, now: Instant): Promise<void> {
  const read = await readWhole(file);
  if (read === undefined) return await refuseAdmissions(file, null, 'file_too_large');
  const { content, sha256 } = read;
  const { approver, name } = file;
  const known = await readAdmissionsFile(env.CASES, approver, sha256);
  if (known !== undefined) return await publish(file, sha256, known);
  const rows: (AdmissionRow | RejectedRow)[] = [];
  try {
    for await (const some of readCsv([content], ADMISSION_COLUMNS)) {
      for (const row of some) rows.push(parseAdmissionRow(row));
      if (rows.length > MOST_ADMISSIONS) return await refuseAdmissions(file, sha256, 'too_many_rows');
    }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return await refuseAdmissions(file, sha256, error);
  }

  const rejects: RejectedRow[] = [];
  const admitted = new Set<string>();
  let alreadyRecorded = 0;
  for (const row of rows) {
    if ('reason' in row) {
      rejects.push(row);
      continue;
    }
    const upload = markOf(row);
    if (admitted.has(upload)) {
      alreadyRecorded += 1;
      continue;
    }
    const reason = await letIn(file, row, { approver, sha256, at: now });
    if (reason !== undefined) rejects.push({ line: row.line, reason });
    else admitted.add(upload);
  }
  const counts = { rows: rows.length, recorded: admitted.size, alreadyRecorded, rejects };
  const receipt = receiptText(receiptOf(name, sha256, counts));
  await publish(file, sha256, await recordAdmissions(env.CASES, approver, { sha256, receipt }));
}

/**
 * Lets one upload in: commits that it is admitted, and hands it on to be imported. A later attempt at the same file finds what it has
 * committed and does the rest. So does another file, of any approver, as long as nobody has imported the upload: the attempt that committed
 * may have come no further.
 * @returns the reason if it is not let in
 */
async function letIn(
  { bucket }: ApproverFile,
  row: AdmissionRow,
  by: Parameters<typeof admitUpload>[3],
): Promise<RowReason | undefined> {
  const place = parseInboxKey(row.key);
  const version = await findVersion({ bucket, key: row.key, versionId: row.versionId });
  // Nobody can import an upload that was removed since.
  if (version === undefined || place.kind !== 'usage') return 'unknown_upload';
  const upload = markOf(row);
  const verdict = await readVerdict(env.CASES, upload);
  if (verdict === undefined || verdict.broken.length === 0) return 'not_gated';
  const counts = isGated(verdict) ? await admitUpload(env.CASES, upload, verdict, by) : verdict.admitted;
  const isOwn = counts?.approver === by.approver && counts.sha256 === by.sha256;
  if (isOwn || !(await isMarked(env.WORK, 'worked', row)))
    await handOn(place.operator, { bucket, ...version }, verdict.uploadedAt);
  return isOwn ? undefined : 'already_admitted';
}

/** Hands an admitted upload on to be imported. If it is handed on again, the import writes the same links once more. */
async function handOn(
  operator: OperatorId,
  upload: { readonly bucket: string; readonly key: string; readonly versionId: string; readonly size: number },
  time: Instant,
): Promise<void> {
  const { bucket, key, versionId, size } = upload;
  await noteAdmitted(env.CASES, operator, markOf(upload));
  // The mark is set before it is handed on: if this attempt dies in between, the sweep hands it on.
  await mark(env.WORK, 'admitted', upload);
  const object = { key, size, 'version-id': versionId };
  await sendEvent(env.USAGE_QUEUE, { time, detail: { bucket: { name: bucket }, object } });
  log.info('usage admitted', { operator });
}

/** Publishes what was recorded with a file; every attempt, redelivery and upload of the same bytes does it alike. */
async function publish(
  file: ApproverFile,
  sha256: string,
  recorded: { readonly sha256: string; readonly receipt: string },
): Promise<void> {
  if (recorded.sha256 !== sha256) return await refuseAdmissions(file, sha256, 'sha_taken');
  const { approver, about, name, upload, at, key } = file;
  const receipt = await publishReceipt(file, receiptKey(approver, about, name, sha256), recorded.receipt, null);
  const { rows, recorded: admitted, alreadyRecorded } = countedIn(recorded.receipt);
  await audit(env, {
    batchId: ADMITTED,
    id: `admissions/${approver}/${upload}`,
    kind: 'admissions_recorded',
    at,
    facts: { uploader: approver, version: upload, rows, recorded: admitted, alreadyRecorded },
    files: { admissions: { key, sha256 }, receipt },
  });
  log.info('admissions recorded', { approver, rows, recorded: admitted });
}

async function refuseAdmissions(file: ApproverFile, sha256: string | null, refusal: Refusal): Promise<void> {
  const { approver, upload, at, key } = file;
  const why = reasonOf(refusal);
  const receipt = await refuse(file, sha256, refusal);
  await audit(env, {
    batchId: ADMITTED,
    id: `admissions/${approver}/${upload}`,
    kind: 'admissions_refused',
    at,
    facts: { uploader: approver, version: upload, why },
    files: { admissions: { key, sha256 }, receipt },
  });
}
