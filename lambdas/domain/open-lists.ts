/** What is open at an operator: the orders that it is to carry out now, from its open directions' ladders and for rows that failed. */
import { csvLine } from './csv-line.ts';
import type { Instant } from './days.ts';
import type { DirectionId, OperatorId } from './identifiers.ts';
import { type Order, takesService } from './ladders.ts';
import {
  countAt,
  countOpen,
  currentOutcomes,
  fileSaying,
  type Ledger,
  type RecordedFile,
  rowsToOrder,
} from './ledger.ts';
import { failedOrderKey, orderKey } from './outbox.ts';
import { outcomeAt } from './outcomes.ts';

/** An order that counts: the number of rows it carried, the number of them, or of its direction's, that are open, and its file. */
interface OpenOrder {
  readonly directionId: DirectionId;
  readonly operator: OperatorId;
  readonly order: Order;
  readonly rows: number;
  readonly open: number;
  readonly deadline: Instant;
  readonly key: string;
  readonly sha256: string;
}

/** The header of an operator's list. */
const header = csvLine(['direction', 'order', 'rows', 'open', 'deadline', 'key', 'sha256']);

/**
 * The orders that count in the open ones of these directions. From each ladder that is its newest order with rows: none before its first
 * one, nor once its last row was answered for, or its ladder has ended. The disconnect orders of rows that failed and are connected still
 * count, too. No order that takes service is listed for the sake of rows that were taken back: their numbers are somebody else's. Nor is an
 * order whose time is over if all open rows have failed: a bar carries none of them, so no later one has replaced it, and it may ask for
 * full service for those whom their own orders have disconnected.
 */
export function openOrders(ledgers: readonly Ledger[]): OpenOrder[] {
  return ledgers.flatMap((ledger) => {
    const { directionId, operator, orders } = ledger;
    const open = countOpen(ledger);
    if (open === 0) return [];
    const newest = orders.findLast(({ rows }) => rows > 0);
    const failed = failedOrders(ledger);
    if (newest === undefined || (takesService(newest.order) && rowsToOrder(ledger).length === 0)) return failed;
    if (newest.rung < ledger.rung && failed.length > 0 && countAt(ledger, 'failed') === open) return failed;
    const { rung, order, rows, deadline, sha256 } = newest;
    const key = orderKey(operator, directionId, rung, order);
    return [{ directionId, operator, order, rows, open, deadline, key, sha256 }, ...failed];
  });
}

/** The disconnect orders that responses of a direction caused, each with the number of its rows that are still to be disconnected. */
function failedOrders(ledger: Ledger): OpenOrder[] {
  if (!ledger.files.some(({ failedOrder }) => failedOrder !== undefined)) return [];
  const open = new Map<RecordedFile, number>();
  for (const row of rowsToOrder(ledger)) {
    const file = outcomeAt(currentOutcomes(ledger), row) === 'failed' ? fileSaying(ledger, row) : undefined;
    if (file !== undefined) open.set(file, (open.get(file) ?? 0) + 1);
  }
  const { directionId, operator } = ledger;
  return [...open].flatMap(([{ failedOrder, sha256: response }, count]) => {
    if (failedOrder === undefined) return [];
    const { rows, deadline, sha256 } = failedOrder;
    const key = failedOrderKey(operator, directionId, response);
    return [{ directionId, operator, order: 'disconnect' as const, rows, open: count, deadline, key, sha256 }];
  });
}

/** The list of an operator's open orders, the soonest deadline first, and then by direction. */
export function openList(all: readonly OpenOrder[]): string {
  const placeOf = ({ deadline, directionId, key }: OpenOrder) => `${deadline} ${directionId} ${key}`;
  const lines = all
    .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
    .map(({ directionId, order, rows, open, deadline, key, sha256 }) =>
      csvLine([directionId, order, String(rows), String(open), deadline, key, sha256]),
    );
  return [header, ...lines].join('');
}
