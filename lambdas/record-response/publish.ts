import type { Instant } from '../domain/days.ts';
import { sha256Of } from '../domain/hashes.ts';
import { countOpen, type Ledger, type Recorded } from '../domain/ledger.ts';
import { toAdministrators } from '../domain/notices.ts';
import { receiptKey } from '../domain/outbox.ts';
import { countsIn, receiptAgain } from '../domain/receipts.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { whereabouts } from '../domain/whereabouts.ts';
import { audit } from '../stores/audit.ts';
import { tell } from '../stores/notices.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { publishBackOrderOnce } from '../stores/orders.ts';
import { publishLate, publishWithdrawn } from '../stores/revocation-lists.ts';
import { wake } from '../stores/state-machines.ts';

import { env } from './environment.ts';
import { tellManyExtended, tellMoved } from './moves.ts';
import { tellReceipt } from './receipt.ts';
import { preparedKey } from './recorded.ts';
import type { ResponseFile } from './response.ts';

/**
 * Publishes what was committed with a file, but for its failed rows' order; every attempt, redelivery and upload of the same bytes does it
 * alike.
 * @returns the receipt's key
 */
export async function publish(response: ResponseFile, { ledger, recorded }: Recorded): Promise<string> {
  const { operator, directionId, name, now } = response;
  // This comes first, since somebody is without service.
  await publishBackOrderOnce(env, { ledger, recorded }, now);
  await publishLists([{ ledger, recorded }]);
  const first = await readText({ bucket: env.WORK, key: preparedKey(ledger, recorded, 'receipt.json') });
  const receipt = receiptAgain(first, name);
  const key = receiptKey(operator, directionId, name, recorded.sha256);
  await writeObject({ bucket: env.OUTBOX, key }, receipt);
  await tellReceipt(response, key, receipt, null);
  const { rejected, ...counts } = countsIn(receipt);
  const conflicts = rejected.conflicts_with_recorded ?? 0;
  const told = { key, sha256: sha256Of(receipt) };
  const isExtending = await tellRecorded(response, { ledger, recorded }, { ...counts, conflicts }, told);
  if (isExtending) await tellManyExtended(ledger);
  await wakeDone(ledger, now);
  return key;
}

/** Publishes the lists that a file has caused in directions; the directions of a batch share theirs. */
export async function publishLists(all: readonly Recorded[]): Promise<void> {
  const listed = all.filter(({ ledger }) => ledger.operator !== SELF_CHECK);
  for (const [of, publishOne] of [
    ['lateOn', publishLate],
    ['withdrawnOn', publishWithdrawn],
  ] as const) {
    const shared = Map.groupBy(
      listed.filter(({ recorded }) => recorded[of] !== undefined),
      ({ ledger, recorded }) => `${ledger.batchId} ${recorded[of]}`,
    );
    for (const [first, ...others] of shared.values()) {
      const on = first?.recorded[of];
      if (first !== undefined && on !== undefined) await publishOne(env, first, on, others);
    }
  }
}

/**
 * Tells the audit what a file has recorded in a direction, and everybody concerned of rows that contradict and of rows that move.
 * @returns whether it extended rows
 */
export async function tellRecorded(
  { operator, file }: Pick<ResponseFile, 'operator' | 'file'>,
  { ledger, recorded }: Recorded,
  counts: { rows: number; recorded: number; alreadyRecorded: number; conflicts: number },
  receipt: { key: string; sha256: string },
): Promise<boolean> {
  const { directionId, batchId } = ledger;
  const { rows, recorded: changed, alreadyRecorded, conflicts } = counts;
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
    files: { response: { key: file.key, sha256: recorded.sha256 }, receipt },
  });
  if (conflicts)
    await tell(
      env,
      toAdministrators({
        kind: 'conflicts',
        directionId,
        batchId,
        operator,
        conflicts,
        receipt: { bucket: env.OUTBOX, key: receipt.key },
      }),
    );
  return operator !== SELF_CHECK && (await tellMoved(ledger, recorded, receipt.key));
}

/** Wakes a direction's machine if no row is open any more. */
export async function wakeDone(ledger: Ledger, now: Instant): Promise<void> {
  if (ledger.closedAt === null && countOpen(ledger) === 0) await wake(ledger.tokens, whereabouts(ledger, now));
}
