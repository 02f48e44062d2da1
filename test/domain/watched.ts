/** A direction as the watch over open directions sees it: hours count from its start, 2026-06-01T00:00:00Z. */
import { type Instant, instantOf } from '../../lambdas/domain/days.ts';
import type { BatchId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { Order } from '../../lambdas/domain/ladders.ts';
import { type Ledger, newLedger } from '../../lambdas/domain/ledger.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const HOUR = 3_600_000;
export const at = (hours: number, seconds = 0): Instant => instantOf(START + hours * HOUR + seconds * 1000);

/** A direction of five rows with rungs of 5 and 1 days, its first rung ordered. */
export function direction(operator: string, changes: Partial<Ledger> = {}): Ledger {
  const ledger = newLedger({
    directionId: `mha-0123456789ab.reverify.${operator}.1-0-0` as DirectionId,
    batchId: 'mha-0123456789ab' as BatchId,
    operator: operator as OperatorId,
    kind: 'reverify',
    plan: 1,
    rows: 5,
    rowsKey: 'rows.tsv',
    startedAt: at(0),
    rungs: [
      { order: 'reverify', deadline: at(5 * 24) },
      { order: 'disconnect', deadline: at(6 * 24) },
    ],
  });
  return { ...ledger, orders: [order(1, 'reverify')], rung: 1, begunAt: at(0), ...changes };
}
export const order = (rung: number, name: Order) => ({
  rung,
  order: name,
  attempt: 'a',
  rows: 5,
  sha256: '',
  bytes: 1,
  deadline: at(5 * 24),
  at: at(0),
  version: 2,
});
