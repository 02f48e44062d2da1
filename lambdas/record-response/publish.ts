import type { Instant } from '../domain/days.ts';
import { sha8, sha256Of } from '../domain/hashes.ts';
import { SELF_CHECK } from '../domain/identifiers.ts';
import { RESTORE } from '../domain/kinds.ts';
import { countOpen, type Ledger, type RecordedFile } from '../domain/ledger.ts';
import { toAdministrators, toOperator } from '../domain/notices.ts';
import { backOrderKey, failedOrderKey, receiptKey } from '../domain/outbox.ts';
import { receiptCounts } from '../domain/responses.ts';
import { whereabouts } from '../domain/whereabouts.ts';
import { PREPARED } from '../domain/work.ts';
import { audit } from '../stores/audit.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { sendNotice, tell } from '../stores/notices.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { putOrder } from '../stores/orders.ts';
import { publishLate, publishWithdrawn } from '../stores/revocation-lists.ts';
import { wake } from '../stores/workflows.ts';

import { env } from './environment.ts';
import { tellReceipt } from './receipt.ts';
import type { Response } from './response.ts';
import { takeBackElsewhere } from './take-back.ts';

/** Where an attempt prepares what its commit will publish. */
export const preparedKey = (
  ledger: Ledger,
  { sha256, attempt }: Pick<RecordedFile, 'sha256' | 'attempt'>,
  name: string,
) => PREPARED.response(ledger.directionId, sha256, attempt, name);

/** A recorded file, as the ledger has it. */
export function fileOf({ files, directionId }: Ledger, sha256: string): RecordedFile {
  const recorded = files.find((one) => one.sha256 === sha256);
  if (!recorded) throw new Error(`the ledger of direction ${directionId} has lost a file`);
  return recorded;
}

/** Publishes what was committed with a file; every attempt, redelivery and upload of the same bytes does it alike. */
export async function publish(response: Response, ledger: Ledger, recorded: RecordedFile): Promise<void> {
  const { operator, name, now } = response;
  const { directionId, batchId } = ledger;

  // First, since somebody is without service.
  if (recorded.backDue) await publishBackOrder(response, ledger, recorded, recorded.backDue);
  const { lateOn, withdrawnOn } = recorded;
  if (operator !== SELF_CHECK) {
    if (withdrawnOn) await takeBackElsewhere(ledger, recorded);
    if (lateOn) await publishLate(env, ledger, recorded, lateOn);
    if (withdrawnOn) await publishWithdrawn(env, ledger, recorded, withdrawnOn);
  }

  const receipt = await readText({ bucket: env.WORK, key: preparedKey(ledger, recorded, 'receipt.json') });
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
  if (ledger.closedAt === null && countOpen(ledger) === 0) await wake(ledger.tokens, whereabouts(ledger, now));
  // Last, so that nothing else waits for an order that can't be published.
  await publishFailedOrder(response, ledger, recorded);
}

/** Publishes the order by which those get their service back whom the file says to have proved themselves, or to be new. */
async function publishBackOrder({ operator }: Response, ledger: Ledger, recorded: RecordedFile, deadline: Instant) {
  const { directionId, batchId, kind } = ledger;
  const key = backOrderKey(operator, directionId, recorded.sha256);
  const order = await readText({ bucket: env.WORK, key: preparedKey(ledger, recorded, 'restore.csv') });
  const sha256 = sha256Of(order);
  const rows = order.split('\n').length - 2;
  await writeObject({ bucket: env.OUTBOX, key }, order);
  await audit(env, {
    batchId,
    id: `order/${directionId}/back-${sha8(recorded.sha256)}`,
    kind: 'restore_ordered',
    at: recorded.at,
    facts: { direction: directionId, rows, deadline, ledger: recorded.version },
    files: { order: { key, sha256 } },
  });
  const told = {
    kind: 'order',
    directionId,
    batchId,
    operator,
    directionKind: kind,
    rows,
    deadline,
    key,
    sha256,
  } as const;
  const size = Buffer.byteLength(order);
  await tell(env, toOperator({ ...told, order: RESTORE.order, rung: 'back', bucket: env.OUTBOX, size }));
}

/**
 * Publishes the disconnect order of the rows that failed, as it was committed last. One of which its operator can't be told fails
 * here and is told by a later delivery, which knows who was answered for meanwhile.
 */
async function publishFailedOrder(response: Response, ledger: Ledger, recorded: RecordedFile) {
  const { operator, now } = response;
  const { directionId, batchId, kind } = ledger;
  const key = failedOrderKey(operator, directionId, recorded.sha256);
  let order = recorded.failedOrder;
  // One that was not published in its time asks for nothing any more.
  while (order !== undefined && order.deadline > now) {
    const { rows, deadline, bytes, sha256, anew } = order;
    const from = { sha256: recorded.sha256, attempt: anew?.attempt ?? recorded.attempt };
    const isToTell = await putOrder(env, {
      rows,
      prepared: { bucket: env.WORK, key: preparedKey(ledger, from, 'disconnect.csv') },
      published: { bucket: env.OUTBOX, key },
      note: {
        batchId,
        // As the order is named: no other file of the direction is, and the whole SHA-256 of few rows would tell whose they are.
        // Of one that was issued anew each commit is a fact of its own.
        id: `order/${directionId}/failed-${sha8(recorded.sha256)}${anew ? `/${anew.version}` : ''}`,
        kind: 'disconnect_ordered',
        at: anew?.at ?? recorded.at,
        facts: { direction: directionId, rows, deadline, ledger: anew?.version ?? recorded.version },
        files: { order: { key, sha256 } },
      },
    });
    const told = toOperator({
      kind: 'order',
      directionId,
      batchId,
      operator,
      directionKind: kind,
      order: 'disconnect',
      rung: 'failed',
      rows,
      deadline,
      bucket: env.OUTBOX,
      key,
      size: bytes,
      sha256,
    });
    if (isToTell) await sendNotice(env, told);
    // Another attempt that has issued it anew meanwhile may have published that before this.
    const read = await readLedger(env.CASES, ledger.directionId);
    const newest = read && fileOf(read, recorded.sha256).failedOrder;
    if (newest?.anew?.attempt === anew?.attempt) return;
    order = newest;
  }
}
