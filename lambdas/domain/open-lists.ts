/** What is open at an operator: its open directions, each with the order that counts now. */
import { csvLine } from './csv.ts';
import type { DirectionId, OperatorId } from './identifiers.ts';
import { countOpen, type IssuedOrder, type Ledger } from './ledger.ts';
import { orderKey } from './outbox.ts';

/** A direction that is open: the order that counts, and how many of its rows are open. */
export interface OpenDirection {
  readonly directionId: DirectionId;
  readonly operator: OperatorId;
  readonly order: Pick<IssuedOrder, 'rung' | 'order' | 'rows' | 'deadline' | 'sha256'>;
  readonly open: number;
}

/** The header of an operator's list. */
const header = csvLine(['direction', 'order', 'rows', 'open', 'deadline', 'key', 'sha256']);

/**
 * The directions of these that are open, each with its newest order that carries rows: before its first one it isn't, nor once its
 * last row was answered for, or its ladder has ended.
 */
export function openDirections(ledgers: readonly Ledger[]): OpenDirection[] {
  return ledgers.flatMap((ledger) => {
    const { directionId, operator, orders } = ledger;
    const order = orders.findLast(({ rows }) => rows > 0);
    const open = countOpen(ledger);
    return order === undefined || open === 0 ? [] : [{ directionId, operator, order, open }];
  });
}

/** The list of an operator's open directions, the soonest deadline first, and then by direction. */
export function openList(directions: readonly OpenDirection[]): string {
  const placeOf = ({ order, directionId }: OpenDirection) => `${order.deadline} ${directionId}`;
  const lines = directions
    .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
    .map(({ directionId, operator, open, order: { rung, order, rows, deadline, sha256 } }) => {
      const key = orderKey(operator, directionId, rung, order);
      return csvLine([directionId, order, String(rows), String(open), deadline, key, sha256]);
    });
  return [header, ...lines].join('');
}
