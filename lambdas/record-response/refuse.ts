import { isShaTaken } from '../domain/applying-responses.ts';
import { sha256Of } from '../domain/hashes.ts';
import { toAdministrators } from '../domain/notices.ts';
import { combinedReceiptKey, receiptKey, takenReceiptKey } from '../domain/outbox.ts';
import { type Refusal, reasonOf, receiptText, refusedReceipt } from '../domain/receipts.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { audit } from '../stores/audit.ts';
import { tell } from '../stores/notices.ts';
import { writeObject } from '../stores/objects.ts';

import { env } from './environment.ts';
import { tellReceipt } from './receipt.ts';
import type { ResponseFile, ResponseSubject } from './response.ts';

/**
 * Refuses a file whole, without any effect: publishes a receipt that says why, and a notice.
 * @param sha256 null if nobody read the file
 */
export async function refuse(
  response: ResponseFile,
  { batchId, ledger }: ResponseSubject,
  sha256: string | null,
  why: Refusal,
): Promise<void> {
  const { operator, directionId, name, file } = response;
  const receipt = receiptText(refusedReceipt(name, sha256, why));
  const key =
    sha256 !== null && ledger !== undefined && isShaTaken(ledger, sha256)
      ? takenReceiptKey(operator, directionId, name, sha256)
      : receiptKey(operator, directionId, name, sha256);
  await publishRefused(response, key, receipt, why);
  if (batchId)
    await audit(env, {
      batchId,
      id: `response/${directionId}/${file.upload}`,
      kind: 'response_refused',
      at: file.at,
      facts: { direction: directionId, uploader: operator, version: file.upload, why: reasonOf(why) },
      files: { response: { key: file.key, sha256 }, receipt: { key, sha256: sha256Of(receipt) } },
    });
}

/** Refuses a file that answers several of its operator's directions. It is about no batch, so the audit isn't told. */
export async function refuseCombined(
  response: Pick<ResponseFile, 'operator' | 'file' | 'name'>,
  sha256: string | null,
  why: Refusal,
): Promise<void> {
  const { operator, name } = response;
  const receipt = receiptText(refusedReceipt(name, sha256, why));
  await publishRefused(response, combinedReceiptKey(operator, name, sha256), receipt, why);
}

/** Publishes the receipt of a file that was refused, and tells of it. */
async function publishRefused(
  response: Parameters<typeof tellReceipt>[0],
  key: string,
  receipt: string,
  refusal: Refusal,
): Promise<void> {
  const { operator, file } = response;
  const why = reasonOf(refusal);
  await writeObject({ bucket: env.OUTBOX, key }, receipt);
  await tellReceipt(response, key, receipt, why);
  await tell(
    env,
    toAdministrators({
      kind: 'response_refused',
      operator,
      file: file.key,
      why,
      receipt: { bucket: env.OUTBOX, key },
      uploadedAt: file.at,
    }),
  );
  if (operator !== SELF_CHECK) measure('ResponsesRefused', { operator });
  log.info('response refused', { operator, why });
}
