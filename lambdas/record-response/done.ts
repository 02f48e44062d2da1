/**
 * The end of what a file's commit began. Its orders and lists are published, and it has looked again, within its deliveries; where these
 * fail, it is in quarantine, and people are told to upload it again, the same bytes or others. Others are a file of their own, of which each
 * row is already recorded: so whoever says a row again goes on with the file by which it is recorded.
 */
import type { AnsweredRow } from '../domain/answers.ts';
import { currentOutcomes, fileSaying, type Recorded, type RecordedFile } from '../domain/ledger.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { outcomeAt } from '../domain/outcomes.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readTextIfThere, writeObject } from '../stores/objects.ts';
import { publishBackOrderOnce } from '../stores/orders.ts';

import type { Attempts } from './attempts.ts';
import { env } from './environment.ts';
import { publishFailedOrder } from './failed-order.ts';
import { lookAgain, type Restoring } from './look-again.ts';
import { publishLists } from './publish.ts';
import { doneKey } from './recorded.ts';

/** What a file was found to say of a direction, once it was committed. */
export interface Said extends Recorded {
  readonly said: readonly (AnsweredRow | RejectedRow)[];
  /** The direction's rows. */
  readonly lines: readonly string[];
}

/** Whether there is more to be done of a file than its receipt tells. */
const isMoreThanTold = ({ backDue, failedOrder, lateOn, withdrawnOn }: RecordedFile): boolean =>
  [backDue, failedOrder, lateOn, withdrawnOn].some((one) => one !== undefined);

/** Marks that all is done of which these commits were the beginning, and told of. */
export async function markDone(all: readonly Recorded[]): Promise<void> {
  const more = all.filter(({ recorded }) => isMoreThanTold(recorded));
  await concurrently(more, OBJECTS_AT_ONCE, ({ ledger, recorded }) =>
    writeObject({ bucket: env.WORK, key: doneKey(ledger, recorded) }, ''),
  );
}

/**
 * Goes on with the other files whose words a file says again, if not all is done that these began.
 * @param attempts which each of these is one of
 */
export async function finishRepeated(
  attempts: Attempts,
  { said, lines, ...committed }: Said,
  restoring: Restoring,
): Promise<void> {
  const { ledger } = committed;
  const { attempt, now, receiptKey } = restoring;
  await concurrently(repeatedIn(committed, said), OBJECTS_AT_ONCE, (recorded) =>
    attempts.do(async () => {
      if ((await readTextIfThere({ bucket: env.WORK, key: doneKey(ledger, recorded) })) !== undefined) return;
      await publishBackOrderOnce(env, { ledger, recorded }, now);
      await publishLists([{ ledger, recorded }]);
      await publishFailedOrder(recorded, { ledger, lines, attempt, now });
      await lookAgain({ ledger, recorded }, lines, restoring);
      // What was found is told of with a receipt.
      if (receiptKey !== undefined) await markDone([{ ledger, recorded }]);
    }),
  );
}

/** The other files by which rows are as a file says again, of which there is more to be done than their receipts tell. */
function repeatedIn({ ledger, recorded }: Recorded, said: Said['said']): RecordedFile[] {
  const outcomes = currentOutcomes(ledger);
  const rows = said.flatMap((row) =>
    'reason' in row || outcomeAt(outcomes, row.row) !== row.outcome ? [] : [row.row],
  );
  const saying = rows.flatMap((row) => fileSaying(ledger, row) ?? []);
  return [...new Map(saying.map((file) => [file.sha256, file])).values()].filter(
    (file) => file.sha256 !== recorded.sha256 && isMoreThanTold(file),
  );
}
