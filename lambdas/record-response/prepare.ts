import { type AnsweringFile, type Applied, withFailedOrder } from '../domain/applying-responses.ts';
import { orderedRows, parseDirectionRowLine, restoreCsv } from '../domain/directions.ts';
import { failedOrderDeadline } from '../domain/failed-orders.ts';
import { type Ledger, LedgerDamaged, outcomeOf, type RecordedFile } from '../domain/ledger.ts';
import { revokedFor } from '../domain/outcome-rules.ts';
import { type Receipt, receiptText } from '../domain/receipts.ts';
import { replacedForm } from '../domain/replaced.ts';
import { lateListForm, type Revocation, type Withdrawal, withdrawnListForm } from '../domain/revocations.ts';
import { writeObject } from '../stores/objects.ts';

import { env } from './environment.ts';
import { prepareFailedOrder } from './failed-order.ts';
import { prepareMoved } from './moves.ts';
import { preparedKey, recordedFileOf } from './recorded.ts';

/** A file's attempt, by which what it prepares is named, and the instant of its commit. */
type Preparing = Pick<AnsweringFile, 'sha256' | 'attempt' | 'committedAt'>;

/**
 * Prepares in the work bucket all that is published once an applied file is committed, each under the name of this attempt.
 * @param read the ledger to which the file was applied
 * @param lines the direction's rows
 * @returns the applied file to be committed: its entry tells of the disconnect order of its failed rows, too
 * @throws LedgerDamaged if a connection that the file ended has not ended by its ledger, or on no day
 */
export async function prepareAll(
  read: Ledger,
  file: Preparing,
  applied: Applied,
  lines: string[],
  receipt: Receipt,
): Promise<Applied> {
  const prepare = async (name: string, content: string | undefined) => {
    if (content !== undefined) await writeObject({ bucket: env.WORK, key: preparedKey(read, file, name) }, content);
  };
  const entry = recordedFileOf(applied.ledger, file.sha256);
  await prepare('receipt.json', receiptText(receipt));
  await prepare('replaced.json', replacedText(applied));
  await prepareMoved(read, file, applied);
  const final = await withFailedRows(read, file, applied, lines);
  await prepare('late.json', lateText(entry, applied, lines));
  await prepare('restore.csv', restoreText(entry, applied, lines));
  await prepare('withdrawn.json', withdrawnText(entry, applied, lines));
  return final;
}

/** The words that the file replaced; undefined if it replaced none. */
function replacedText({ replaced }: Applied): string | undefined {
  return replaced.length === 0 ? undefined : JSON.stringify(replacedForm.write({ rows: replaced }));
}

/** The applied file with the disconnect order of its failed rows, which it prepares; as it is if none failed, or their ladder has ended. */
async function withFailedRows(
  read: Ledger,
  { sha256, attempt, committedAt }: Preparing,
  applied: Applied,
  lines: string[],
): Promise<Applied> {
  const deadline = failedOrderDeadline(read, committedAt);
  if (applied.madeFailed.length === 0 || deadline === null) return applied;
  const source = { ledger: read, lines, attempt, now: committedAt };
  const order = await prepareFailedOrder({ sha256 }, source, applied.madeFailed, deadline);
  return withFailedOrder(applied, order, committedAt);
}

/** The connections that the file ended after their batch had settled; undefined if it ended none then. */
function lateText(
  { lateOn }: RecordedFile,
  { ledger, madeRevoked }: Applied,
  lines: readonly string[],
): string | undefined {
  if (lateOn === undefined) return undefined;
  const revocations = madeRevoked.map((row) => revocationOf(ledger, row, lines));
  return JSON.stringify(lateListForm.write({ revocations }));
}

/** @throws LedgerDamaged */
function revocationOf(ledger: Ledger, row: number, lines: readonly string[]): Revocation {
  const { msisdn, lsa } = parseDirectionRowLine('reverify', lines[row] ?? '');
  const { occurredOn, outcome } = outcomeOf(ledger, row);
  const reason = revokedFor(outcome);
  if (occurredOn === null || reason === null) {
    const what = reason === null ? 'a row to be listed has not ended' : 'a row that ended has no day';
    throw new LedgerDamaged(ledger.directionId, what);
  }
  return { msisdn, operator: ledger.operator, lsa, disconnectedOn: occurredOn, reason };
}

/** The order to restore those to whom the file gives service back; undefined if it gives none back. */
function restoreText(
  { backDue }: RecordedFile,
  { ledger, givenBack }: Applied,
  lines: readonly string[],
): string | undefined {
  if (backDue === undefined) return undefined;
  const head = { directionId: ledger.directionId, deadline: backDue };
  return restoreCsv(head, orderedRows('reverify', givenBack, lines));
}

/** The numbers that are somebody else's, as the file says; undefined if it says so of none. */
function withdrawnText(
  { withdrawnOn }: RecordedFile,
  { madeReissued }: Applied,
  lines: readonly string[],
): string | undefined {
  if (withdrawnOn === undefined) return undefined;
  const withdrawals = madeReissued.map((row): Withdrawal => {
    const { msisdn } = parseDirectionRowLine('reverify', lines[row] ?? '');
    return { msisdn, withdrawnOn, ground: 'reissued' };
  });
  return JSON.stringify(withdrawnListForm.write({ withdrawals }));
}
