import { type AppealRow, appealColumns, parseAppealRow, readAppeals } from '../domain/appeal-rows.ts';
import { askedForm } from '../domain/appeals.ts';
import { FileFault, readCsv } from '../domain/csv.ts';
import { sha256Of } from '../domain/hashes.ts';
import { APPEALED, type BatchId, type CaseworkerId, reversalIdOf } from '../domain/identifiers.ts';
import { APPEALS, receiptKey, takenReceiptKey } from '../domain/outbox.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { countedIn, type Refusal, reasonOf, receiptOf, receiptText, refusedReceipt } from '../domain/receipts.ts';
import { ASKED } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import type { Uploaded } from '../runtime/uploads.ts';
import { audit } from '../stores/audit.ts';
import { type RecordedAppeal, recordAppeal } from '../stores/cases/appeals.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { readBytes, readText, writeObject } from '../stores/objects.ts';
import { rowsReferredTo } from '../stores/references.ts';
import { recordedBefore, startReversal } from '../stores/reversals.ts';
import type { Done } from '../stores/uploads.ts';
import { env } from './environment.ts';

/** An appeal that a caseworker uploaded. */
export interface AppealFile extends Uploaded {
  readonly caseworker: CaseworkerId;
  readonly name: string;
}

/** A file's rows are all held at once, with its receipt, which may be 40 times as long. */
const LARGEST_FILE = 4 * 1024 * 1024;

/**
 * Records what a file asks for, once, publishes its receipt and starts the reversal; a file without a good row starts none. The same bytes
 * of the same caseworker count as the first file, under whatever name they come again while its receipt is kept.
 */
export async function fileAppeal(file: AppealFile, attempt: string): Promise<Done> {
  if (file.size > LARGEST_FILE) return await refuse(file, null, 'file_too_large');
  const content = await readBytes(file);
  const sha256 = sha256Of(content);
  const { caseworker, name, key, upload, at } = file;
  const { known, gone } = await recordedBefore(env, caseworker, sha256);
  if (known !== undefined) return await goOn(file, sha256, known);
  const rows: (AppealRow | RejectedRow)[] = [];
  try {
    for await (const some of readCsv([content], appealColumns)) for (const row of some) rows.push(parseAppealRow(row));
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return await refuse(file, sha256, error);
  }

  const references = rows.flatMap((row) => ('referred' in row && row.referred !== null ? [row.referred] : []));
  const referred = await rowsReferredTo(env, references, batchReader());
  const { appeals, ...counts } = readAppeals(rows, (reference) => referred.get(reference));
  const batchId = reversalIdOf(caseworker, key, upload);
  const asked = {
    batchId,
    uploader: caseworker,
    file: key,
    sha256,
    upload,
    uploadedAt: at,
    withdraws: null,
    appeals,
  };
  const work = (key: string, text: string) => writeObject({ bucket: env.WORK, key }, text);
  await work(ASKED.asked(batchId, attempt), askedForm.text(asked));
  await work(
    ASKED.receipt(batchId, attempt),
    receiptText(receiptOf(name, sha256, counts, counts.recorded === 0 ? undefined : batchId)),
  );
  const recorded = { sha256, batchId, attempt, subjects: counts.recorded };
  return await goOn(file, sha256, await recordAppeal(env.CASES, caseworker, recorded, gone));
}

/** Returns a reader of batches, which reads each once. */
function batchReader(): (batchId: BatchId) => Promise<Batch | undefined> {
  const known = new Map<BatchId, Promise<Batch | undefined>>();
  return (batchId) => {
    const reading = known.get(batchId) ?? readBatch(env.CASES, batchId);
    known.set(batchId, reading);
    return reading;
  };
}

/** Publishes what was recorded with a file, and starts its reversal; every attempt, redelivery and upload of the same bytes does it alike. */
async function goOn(file: AppealFile, sha256: string, recorded: RecordedAppeal): Promise<Done> {
  if (recorded.sha256 !== sha256) return await refuse(file, sha256, 'sha_taken');
  const { caseworker, name, upload, at, key } = file;
  const { batchId, attempt, subjects } = recorded;
  const receipt = await readText({ bucket: env.WORK, key: ASKED.receipt(batchId, attempt) });
  const published = receiptKey(caseworker, APPEALS, name, sha256);
  await writeObject({ bucket: env.OUTBOX, key: published }, receipt);
  await audit(env, {
    batchId: APPEALED,
    id: `appeal/${caseworker}/${upload}`,
    kind: 'appeal_recorded',
    at,
    facts: { uploader: caseworker, version: upload, batch: subjects === 0 ? null : batchId, ...countedIn(receipt) },
    files: { appeal: { key, sha256 }, receipt: { key: published, sha256: sha256Of(receipt) } },
  });
  log.info('appeal recorded', { caseworker, subjects, ...(subjects === 0 ? {} : { batchId }) });
  if (subjects === 0) return 'worked';
  const askedKey = ASKED.asked(batchId, attempt);
  return await startReversal(env.BATCH_MACHINE, caseworker, { batchId, askedKey }, file);
}

/** Publishes the receipt of a file that is refused whole: it says why. */
async function refuse(file: AppealFile, sha256: string | null, refusal: Refusal): Promise<Done> {
  const { caseworker, name, upload, at, key } = file;
  const why = reasonOf(refusal);
  const receipt = receiptText(refusedReceipt(name, sha256, refusal));
  const isTaken = sha256 !== null && why === 'sha_taken';
  const published = isTaken
    ? takenReceiptKey(caseworker, APPEALS, name, sha256)
    : receiptKey(caseworker, APPEALS, name, sha256);
  await writeObject({ bucket: env.OUTBOX, key: published }, receipt);
  await audit(env, {
    batchId: APPEALED,
    id: `appeal/${caseworker}/${upload}`,
    kind: 'appeal_refused',
    at,
    facts: { uploader: caseworker, version: upload, why },
    files: { appeal: { key, sha256 }, receipt: { key: published, sha256: sha256Of(receipt) } },
  });
  log.info("caseworker's file refused", { caseworker, why });
  return 'worked';
}
