import { type Asked, askedForm } from '../domain/appeals.ts';
import { readCsv } from '../domain/csv.ts';
import type { CsvRow } from '../domain/csv-header.ts';
import { sha256Of } from '../domain/hashes.ts';
import { type Imei, reversalIdOf } from '../domain/identifiers.ts';
import { receiptOf, receiptText } from '../domain/receipts.ts';
import { namedHandsets } from '../domain/withdrawals.ts';
import { ASKED } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { audit } from '../stores/audit.ts';
import { type RecordedAppeal, recordAppeal } from '../stores/cases/appeals.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { readHandsets } from '../stores/handsets.ts';
import { listObjects } from '../stores/listings.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { recordedBefore, startReversal } from '../stores/reversals.ts';
import type { Done } from '../stores/upload-marks.ts';
import { env } from './environment.ts';
import { columnsOf, publishReceipt, refuse, type WithdrawalFile } from './file.ts';

/**
 * Lets a reversal take back what a directed report did, once for the same bytes: for the handsets that the file names, or for all if it has
 * no rows. A file without a good row starts none.
 */
export async function reverse(
  file: WithdrawalFile,
  batch: Batch,
  { content, sha256 }: { readonly content: Buffer; readonly sha256: string },
  attempt: string,
): Promise<Done> {
  const { agency, key, upload, at, name } = file;
  const asksFor = sha256Of(`${batch.batchId}\n${sha256}`);
  const { known, gone } = await recordedBefore(env, agency, asksFor);
  if (known !== undefined) return await goOn(file, batch, { sha256, asksFor }, known);
  const rows: CsvRow<'imei'>[] = [];
  for await (const some of readCsv([content], columnsOf(file))) rows.push(...some);
  const reported = await reportedIn(batch);
  if (reported === undefined) return await refuse(file, sha256, 'unknown_batch', batch);
  const named = namedHandsets(rows, reported);
  const batchId = reversalIdOf(agency, key, upload);
  const asked: Asked = {
    batchId,
    uploader: agency,
    file: key,
    sha256,
    upload,
    uploadedAt: at,
    withdraws: { batchId: batch.batchId, imeis: rows.length === 0 ? null : named.imeis },
    appeals: [],
  };
  const work = (place: string, text: string) => writeObject({ bucket: env.WORK, key: place }, text);
  await work(ASKED.asked(batchId, attempt), askedForm.text(asked));
  const subjects = rows.length === 0 ? batch.report.handsets : named.imeis.length;
  const receipt = receiptOf(name, sha256, named, subjects === 0 ? undefined : batchId);
  await work(ASKED.receipt(batchId, attempt), receiptText(receipt));
  const recorded = await recordAppeal(env.CASES, agency, { sha256: asksFor, batchId, attempt, subjects }, gone);
  return await goOn(file, batch, { sha256, asksFor }, recorded);
}

/** The handsets of a report; undefined if retention has taken them. */
async function reportedIn({ handsetsKey, report }: Batch): Promise<Set<Imei> | undefined> {
  if (handsetsKey === undefined) return new Set();
  const place = { bucket: env.WORK, key: handsetsKey };
  for await (const { key } of listObjects(place))
    if (key === handsetsKey) return new Set(await readHandsets(place, { first: 0, count: report.handsets }));
  return undefined;
}

/** Publishes what was recorded with a file, and starts its reversal; every attempt, redelivery and upload of the same bytes does it alike. */
async function goOn(
  file: WithdrawalFile,
  batch: Batch,
  { sha256, asksFor }: { readonly sha256: string; readonly asksFor: string },
  recorded: RecordedAppeal,
): Promise<Done> {
  if (recorded.sha256 !== asksFor) return await refuse(file, sha256, 'sha_taken', batch);
  const { agency, key, upload, at } = file;
  const { batchId, attempt, subjects } = recorded;
  const text = await readText({ bucket: env.WORK, key: ASKED.receipt(batchId, attempt) });
  const receipt = await publishReceipt(file, sha256, text, null);
  await audit(env, {
    batchId: batch.batchId,
    id: `withdrawal/${agency}/${upload}/recorded`,
    kind: 'withdrawal_recorded',
    at,
    facts: { uploader: agency, version: upload, reversal: subjects === 0 ? null : batchId },
    files: { withdrawal: { key, sha256 }, receipt },
  });
  log.info('withdrawal recorded', { batchId: batch.batchId, agency, handsets: subjects });
  if (subjects === 0) return 'worked';
  return await startReversal(env.BATCH_MACHINE, agency, { batchId, askedKey: ASKED.asked(batchId, attempt) }, file);
}
