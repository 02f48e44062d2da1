/** The disconnect orders that responses with failed rows cause: by when they are due, and when they are issued anew. */
import { addSeconds, DAY_SECONDS, type Instant } from './days.ts';
import { change, currentOutcomes, type IssuedAnew, type Ledger, type RecordedFile, unansweredRows } from './ledger.ts';
import { BYTES_PER_ROW, fileOf } from './outcomes.ts';
import { ladderEnd } from './whereabouts.ts';

/** Seconds that a disconnect order which a response with failed rows caused may take. */
const failedOrderTakes = DAY_SECONDS;

/**
 * The deadline of the disconnect order for rows that a response, committed at `at`, made failed: 24 hours later, at most the ladder's end.
 * Null once the ladder has ended: then no order is issued, since nobody would follow it up.
 */
export function failedOrderDeadline(ledger: Ledger, at: Instant): Instant | null {
  const end = ladderEnd(ledger, at);
  if (ledger.closedAt !== null || end <= at) return null;
  const due = addSeconds(at, failedOrderTakes);
  if (end < due) return end;
  return due;
}

/** The instant at which a file's disconnect order was committed; undefined if it caused none. */
export function failedOrderAt({ at, failedOrder }: RecordedFile): Instant | undefined {
  return failedOrder && addSeconds(at, failedOrder.delay);
}

/**
 * The form in which a recorded file's disconnect order is issued anew when `attempt` publishes it again at `now`, or just has: without the
 * rows that have been answered for since, which may be all of them. Undefined if it stands as it was committed, or asks for nothing any
 * more.
 */
export function failedOrderAnew(
  ledger: Ledger,
  { sha256: file }: Pick<RecordedFile, 'sha256'>,
  { attempt, now }: { readonly attempt: string; readonly now: Instant },
): IssuedAnew | undefined {
  const place = ledger.files.findIndex(({ sha256 }) => sha256 === file);
  const order = ledger.files[place]?.failedOrder;
  if (order === undefined || order.deadline <= now) return undefined;
  const outcomes = currentOutcomes(ledger);
  // A row that has failed stays so by this file's word until it is answered for: if the number of rows is the same, so are the rows.
  const rows = unansweredRows(ledger).filter((row) => fileOf(outcomes, row * BYTES_PER_ROW) === place + 1);
  if (rows.length === order.rows) return undefined;
  const anew = { attempt, at: now, version: ledger.version + 1 };
  return {
    order: 'disconnect',
    deadline: order.deadline,
    rows,
    commit: ({ sha256, bytes }) => {
      const failedOrder = { ...order, rows: rows.length, sha256, bytes, anew };
      return change(ledger, { files: ledger.files.map((one, n) => (n === place ? { ...one, failedOrder } : one)) });
    },
  };
}
