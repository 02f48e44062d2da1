import { sha256Of } from '../domain/hashes.ts';
import { parseDirectionId } from '../domain/identifiers.ts';
import { toOperator } from '../domain/notices.ts';
import { countedIn } from '../domain/receipts.ts';
import { tell } from '../stores/notices.ts';

import { env } from './environment.ts';
import type { ResponseFile } from './response.ts';

/** Tells an operator of the receipt of its file; without a direction the receipt is about all of the operator's directions. */
export async function tellReceipt(
  { operator, directionId, file }: Pick<ResponseFile, 'operator' | 'file'> & Partial<Pick<ResponseFile, 'directionId'>>,
  key: string,
  receipt: string,
  refused: string | null,
) {
  const direction = directionId === undefined ? null : parseDirectionId(directionId);
  await tell(
    env,
    toOperator({
      kind: 'receipt',
      ...(direction ? { directionId: direction.id, batchId: direction.batchId } : {}),
      operator,
      file: file.key,
      bucket: env.OUTBOX,
      key,
      size: Buffer.byteLength(receipt),
      sha256: sha256Of(receipt),
      ...countedIn(receipt),
      refused,
    }),
  );
}
