import type { Uploaded } from '../domain/deliveries.ts';
import { sha256Of } from '../domain/hashes.ts';
import { type ApproverId, isBatchId } from '../domain/identifiers.ts';
import { LARGEST_FILE } from '../domain/limits.ts';
import { toApprover } from '../domain/notices.ts';
import { receiptKey, takenReceiptKey } from '../domain/outbox.ts';
import type { FileReason } from '../domain/reasons.ts';
import { countedIn, type Refusal, reasonOf, receiptText, refusedReceipt } from '../domain/receipts.ts';
import { log } from '../runtime/log.ts';
import { tell } from '../stores/notices.ts';
import { readBytes, writeObject } from '../stores/objects.ts';
import { env } from './environment.ts';

/** A file that an approver uploaded. */
export interface ApproverFile extends Uploaded {
  readonly approver: ApproverId;
  /** The part of its key that names a batch, whether it exists or not; `exemptions` or `admissions` for files of these. */
  readonly about: string;
  readonly name: string;
}

/** The file's bytes and their SHA-256; undefined for one that is too large to be read. */
export async function readWhole(file: ApproverFile): Promise<{ content: Buffer; sha256: string } | undefined> {
  if (file.size > LARGEST_FILE) return undefined;
  const content = await readBytes(file);
  return { content, sha256: sha256Of(content) };
}

/** The key of a published receipt, and the SHA-256 of its bytes. */
export interface PublishedReceipt {
  readonly key: string;
  readonly sha256: string;
}

/** Publishes the receipt of a file, and tells its approver. */
export async function publishReceipt(
  { approver, about, key: file }: ApproverFile,
  key: string,
  receipt: string,
  refused: FileReason | null,
): Promise<PublishedReceipt> {
  await writeObject({ bucket: env.OUTBOX, key }, receipt);
  const sha256 = sha256Of(receipt);
  const size = Buffer.byteLength(receipt);
  const batchId = isBatchId(about) ? about : undefined;
  const of = { approver, batchId, file, bucket: env.OUTBOX, key, size, sha256, ...countedIn(receipt) };
  await tell(env, toApprover({ kind: 'receipt', ...of, refused }));
  return { key, sha256 };
}

/**
 * Refuses a file whole, of which nothing is recorded: publishes a receipt that says why, and a notice.
 * @param sha256 null if nobody read the file
 * @param more what else its approver is to do
 */
export async function refuse(
  file: ApproverFile,
  sha256: string | null,
  refusal: Refusal,
  more?: string,
): Promise<PublishedReceipt> {
  const { approver, about, name } = file;
  const why = reasonOf(refusal);
  const receipt = receiptText(refusedReceipt(name, sha256, refusal, more));
  const isTaken = sha256 !== null && why === 'sha_taken';
  const key = isTaken ? takenReceiptKey(approver, about, name, sha256) : receiptKey(approver, about, name, sha256);
  const published = await publishReceipt(file, key, receipt, why);
  log.info("approver's file refused", { about: isBatchId(about) ? about : undefined, why });
  return published;
}
