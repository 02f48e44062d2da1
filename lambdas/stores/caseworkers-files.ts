import type { Uploaded } from '../domain/deliveries.ts';
import { sha256Of } from '../domain/hashes.ts';
import type { BatchId, CaseworkerId } from '../domain/identifiers.ts';
import { receiptKey, takenReceiptKey } from '../domain/outbox.ts';
import { type Refusal, reasonOf, receiptText, refusedReceipt } from '../domain/receipts.ts';
import { log } from '../runtime/log.ts';
import { audit } from './audit.ts';
import { writeObject } from './objects.ts';

/** A file that a caseworker uploaded. */
export interface CaseworkersFile extends Uploaded {
  readonly caseworker: CaseworkerId;
  readonly name: string;
}

/** What caseworkers upload files for. */
interface Purpose {
  /** What the audit calls such a file. */
  readonly called: 'appeal' | 'lookups';
  /** What the receipts of such files lie under. */
  readonly about: string;
  /** The chain of the audit that tells of them. */
  readonly chain: BatchId;
}

/**
 * A file of a caseworker that is refused whole: a receipt that says why.
 * @param sha256 null where nobody read it
 */
export async function refuseFile(
  env: { readonly OUTBOX: string; readonly WORK: string; readonly AUDIT_QUEUE: string },
  { called, about, chain }: Purpose,
  { caseworker, name, upload, at, key }: CaseworkersFile,
  sha256: string | null,
  refusal: Refusal,
): Promise<void> {
  const why = reasonOf(refusal);
  const receipt = receiptText(refusedReceipt(name, sha256, refusal));
  const isTaken = sha256 !== null && why === 'sha_taken';
  const published = isTaken
    ? takenReceiptKey(caseworker, about, name, sha256)
    : receiptKey(caseworker, about, name, sha256);
  await writeObject({ bucket: env.OUTBOX, key: published }, receipt);
  await audit(env, {
    batchId: chain,
    id: `${called}/${caseworker}/${upload}`,
    kind: `${called}_refused`,
    at,
    facts: { uploader: caseworker, version: upload, why },
    files: { [called]: { key, sha256 }, receipt: { key: published, sha256: sha256Of(receipt) } },
  });
  log.info("caseworker's file refused", { caseworker, why });
}
