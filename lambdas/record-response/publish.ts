import { sha256Of } from '../domain/hashes.ts';
import { SELF_CHECK } from '../domain/identifiers.ts';
import { countOpen, type Ledger, type RecordedFile } from '../domain/ledger.ts';
import { toAdministrators } from '../domain/notices.ts';
import { receiptKey } from '../domain/outbox.ts';
import { receiptAgain, receiptCounts } from '../domain/receipts.ts';
import { whereabouts } from '../domain/whereabouts.ts';
import { audit } from '../stores/audit.ts';
import { tell } from '../stores/notices.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { publishBackOrder } from '../stores/orders.ts';
import { publishLate, publishWithdrawn } from '../stores/revocation-lists.ts';
import { wake } from '../stores/workflows.ts';

import { env } from './environment.ts';
import { publishFailedOrder } from './failed-order.ts';
import { tellMoved } from './moves.ts';
import { tellReceipt } from './receipt.ts';
import { preparedKey } from './recorded.ts';
import type { Response } from './response.ts';

/**
 * Publishes what was committed with a file; every attempt, redelivery and upload of the same bytes does it alike. `lines` are the
 * direction's rows.
 */
export async function publish(
  response: Response,
  { ledger, recorded, lines, attempt }: { ledger: Ledger; recorded: RecordedFile; lines: string[]; attempt: string },
): Promise<void> {
  const { operator, name, now } = response;
  const { directionId, batchId } = ledger;

  // First, since somebody is without service.
  await publishBackOrder(env, ledger, recorded);
  const { lateOn, withdrawnOn } = recorded;
  if (operator !== SELF_CHECK) {
    if (lateOn) await publishLate(env, ledger, recorded, lateOn);
    if (withdrawnOn) await publishWithdrawn(env, ledger, recorded, withdrawnOn);
  }

  const first = await readText({ bucket: env.WORK, key: preparedKey(ledger, recorded, 'receipt.json') });
  const receipt = receiptAgain(first, name);
  const key = receiptKey(operator, directionId, name, recorded.sha256);
  await writeObject({ bucket: env.OUTBOX, key }, receipt);
  await tellReceipt(response, key, receipt, null);
  const { rows, recorded: changed, alreadyRecorded, rejected } = receiptCounts.parse(JSON.parse(receipt));
  const { file } = response;
  await audit(env, {
    batchId,
    id: `response/${directionId}/${file.upload}`,
    kind: 'response_recorded',
    at: file.at,
    facts: {
      direction: directionId,
      uploader: operator,
      version: file.upload,
      rows,
      recorded: changed,
      alreadyRecorded,
      ledger: recorded.version,
    },
    files: { response: { key: file.key, sha256: recorded.sha256 }, receipt: { key, sha256: sha256Of(receipt) } },
  });
  const conflicts = rejected.conflicts_with_recorded;
  if (conflicts)
    await tell(
      env,
      toAdministrators({
        kind: 'conflicts',
        directionId,
        batchId,
        operator,
        conflicts,
        receipt: { bucket: env.OUTBOX, key },
      }),
    );
  if (operator !== SELF_CHECK) await tellMoved(ledger, recorded, key);
  if (ledger.closedAt === null && countOpen(ledger) === 0) await wake(ledger.tokens, whereabouts(ledger, now));
  // Last, so that nothing else waits for an order that can't be published.
  await publishFailedOrder(recorded, { ledger, lines, attempt, now });
}
