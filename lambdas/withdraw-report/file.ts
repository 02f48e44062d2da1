import type { Uploaded } from '../domain/deliveries.ts';
import { columnsAs } from '../domain/file-forms.ts';
import { sha256Of } from '../domain/hashes.ts';
import { type AgencyId, isBatchId } from '../domain/identifiers.ts';
import { toAgency } from '../domain/notices.ts';
import { receiptKey, WITHDRAWALS } from '../domain/outbox.ts';
import type { FileReason } from '../domain/reasons.ts';
import { countedIn, type Refusal, reasonOf, receiptText, refusedReceipt } from '../domain/receipts.ts';
import { WITHDRAWAL_COLUMNS } from '../domain/withdrawals.ts';
import { log } from '../runtime/log.ts';
import { audit } from '../stores/audit.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { tell } from '../stores/notices.ts';
import { writeObject } from '../stores/objects.ts';
import type { Done } from '../stores/upload-marks.ts';
import { env } from './environment.ts';

/** A file by which an agency would take a report back. */
export interface WithdrawalFile extends Uploaded {
  readonly agency: AgencyId;
  /** The part of its key that names a batch, whether it exists or not. */
  readonly about: string;
  readonly name: string;
}

/** The columns of a withdrawal as its agency writes them. They are those of its reports: part of a report may serve as the withdrawal. */
export const columnsOf = ({ agency }: Pick<WithdrawalFile, 'agency'>) =>
  columnsAs(WITHDRAWAL_COLUMNS, 'report', env.REPORT_FORMS[agency]);

/** The batch that a file's key names, if its agency has one with that id. */
export async function batchAbout({ about, agency }: WithdrawalFile): Promise<Batch | undefined> {
  const batch = isBatchId(about) ? await readBatch(env.CASES, about) : undefined;
  return batch?.agency === agency ? batch : undefined;
}

/** The key of a published receipt, and the SHA-256 of its bytes. */
interface PublishedReceipt {
  readonly key: string;
  readonly sha256: string;
}

/**
 * Publishes the receipt of a file, and tells its agency.
 * @param fileSha256 the file's SHA-256; null if nobody read it
 */
export async function publishReceipt(
  { agency, about, name, key: file }: WithdrawalFile,
  fileSha256: string | null,
  receipt: string,
  refused: FileReason | null,
): Promise<PublishedReceipt> {
  const key = receiptKey(agency, WITHDRAWALS, name, fileSha256);
  await writeObject({ bucket: env.OUTBOX, key }, receipt);
  const sha256 = sha256Of(receipt);
  const batchId = isBatchId(about) ? about : undefined;
  const of = { agency, batchId, file, bucket: env.OUTBOX, key, size: Buffer.byteLength(receipt), sha256 };
  await tell(env, toAgency({ kind: 'receipt', ...of, ...countedIn(receipt), refused }));
  return { key, sha256 };
}

/**
 * Refuses a file whole, without any effect: publishes a receipt that says why, and a notice.
 * @param sha256 null if nobody read the file
 * @param batch the one whose chain tells of it; undefined if its agency has no such batch
 */
export async function refuse(
  file: WithdrawalFile,
  sha256: string | null,
  refusal: Refusal,
  batch: Batch | undefined,
): Promise<Done> {
  const { agency, name, upload, at, key } = file;
  const why = reasonOf(refusal);
  const receipt = await publishReceipt(file, sha256, receiptText(refusedReceipt(name, sha256, refusal)), why);
  log.info('withdrawal refused', { batchId: batch?.batchId, agency, why });
  if (batch === undefined) return 'worked';
  await audit(env, {
    batchId: batch.batchId,
    // The same upload may be refused for another reason when it comes again, or be recorded then.
    id: `withdrawal/${agency}/${upload}/${why}`,
    kind: 'withdrawal_refused',
    at,
    facts: { uploader: agency, version: upload, why },
    files: { withdrawal: { key, sha256 }, receipt },
  });
  return 'worked';
}
