import { APPEAL_COLUMNS, type AppealRow, parseAppealRow, readAppeals } from '../domain/appeal-rows.ts';
import { askedForm } from '../domain/appeals.ts';
import { FileFault, readCsv } from '../domain/csv.ts';
import { sha256Of } from '../domain/hashes.ts';
import { APPEALED, type BatchId, reversalIdOf } from '../domain/identifiers.ts';
import { LARGEST_FILE } from '../domain/limits.ts';
import { APPEALS, receiptKey } from '../domain/outbox.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { countedIn, type Refusal, receiptOf, receiptText } from '../domain/receipts.ts';
import { ASKED } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { audit } from '../stores/audit.ts';
import { type RecordedAppeal, recordAppeal } from '../stores/cases/appeals.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { type CaseworkersFile, refuseFile } from '../stores/caseworkers-files.ts';
import { readBytes, readText, writeObject } from '../stores/objects.ts';
import { rowsReferredTo } from '../stores/references.ts';
import { recordedBefore, startReversal } from '../stores/reversals.ts';
import type { Done } from '../stores/upload-marks.ts';
import { env } from './environment.ts';

/**
 * Records what a file asks for, once, publishes its receipt and starts the reversal; a file without a good row starts none. The same bytes
 * of the same caseworker count as the first file, under whatever name they come again while its receipt is kept.
 */
export async function fileAppeal(file: CaseworkersFile, attempt: string): Promise<Done> {
  if (file.size > LARGEST_FILE) return await refuse(file, null, 'file_too_large');
  const content = await readBytes(file);
  const sha256 = sha256Of(content);
  const { caseworker, name, key, upload, at } = file;
  const { known, gone } = await recordedBefore(env, caseworker, sha256);
  if (known !== undefined) return await goOn(file, sha256, known);
  const rows: (AppealRow | RejectedRow)[] = [];
  try {
    for await (const some of readCsv([content], APPEAL_COLUMNS)) for (const row of some) rows.push(parseAppealRow(row));
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
async function goOn(file: CaseworkersFile, sha256: string, recorded: RecordedAppeal): Promise<Done> {
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
async function refuse(file: CaseworkersFile, sha256: string | null, refusal: Refusal): Promise<Done> {
  await refuseFile(env, { called: 'appeal', about: APPEALS, chain: APPEALED }, file, sha256, refusal);
  return 'worked';
}
