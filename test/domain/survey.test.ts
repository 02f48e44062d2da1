import { describe, expect, it } from 'vitest';
import { type Instant, instantOf } from '../../lambdas/domain/days.ts';
import type { BatchId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { Order } from '../../lambdas/domain/ladders.ts';
import { type Ledger, newLedger } from '../../lambdas/domain/ledger.ts';
import { orderDue, stalledAt } from '../../lambdas/domain/stalled.ts';
import { type OpenBatch, survey } from '../../lambdas/domain/survey.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const HOUR = 3_600_000;
const at = (hours: number): Instant => instantOf(START + hours * HOUR);

/** A direction of five rows with rungs of 5 and 1 days, its first rung ordered. */
function direction(operator: string, changes: Partial<Ledger> = {}): Ledger {
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
const order = (rung: number, name: Order) => ({
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
const answer = { sha256: '', attempt: 'a', at: at(1), version: 3 };
const batch = (ledgers: Ledger[], changes: Partial<OpenBatch> = {}): OpenBatch => ({
  uploadedAt: at(0),
  startedAt: at(0),
  directed: true,
  ledgers,
  ...changes,
});

describe('a survey of what is open', () => {
  it('counts open directions by what was ordered last, and open rows by operator; closed ones not', () => {
    const { batches, directions, rows } = survey(
      [
        batch([
          direction('airtel'),
          direction('jio', { orders: [order(1, 'reverify'), order(2, 'disconnect')], rung: 2 }),
          direction('jio', { orders: [], rung: 0 }),
          direction('vi', { closedAt: at(1) }),
        ]),
        batch([direction('airtel')]),
      ],
      at(2),
    );
    expect(batches).toBe(2);
    expect(Object.fromEntries(directions)).toEqual({ reverify: 2, disconnect: 1, none: 1 });
    expect(Object.fromEntries(rows)).toEqual({ airtel: 10, jio: 10 });
  });

  // The first rung ends after 120 hours.
  it('calls a direction unanswered from half of its first rung on', () => {
    const open = [batch([direction('jio'), direction('jio')])];
    expect(Object.fromEntries(survey(open, at(59)).unanswered)).toEqual({});
    expect(Object.fromEntries(survey(open, at(60)).unanswered)).toEqual({ jio: 2 });
  });

  it('counts from the first order, where that was late', () => {
    const rungs = [{ order: 'reverify' as const, deadline: at(5 * 24 + 10) }];
    const open = [batch([direction('jio', { startedAt: at(10), rungs })])];
    expect(Object.fromEntries(survey(open, at(69)).unanswered)).toEqual({});
    expect(Object.fromEntries(survey(open, at(70)).unanswered)).toEqual({ jio: 1 });
  });

  it('does not where the operator has answered another direction of the batch, but where it did of another batch', () => {
    const answered = direction('jio', { files: [answer] });
    expect(Object.fromEntries(survey([batch([direction('jio'), answered])], at(60)).unanswered)).toEqual({});
    const two = [batch([direction('jio')]), batch([answered])];
    expect(Object.fromEntries(survey(two, at(60)).unanswered)).toEqual({ jio: 1 });
  });

  it('does not where the direction is closed', () => {
    const open = [batch([direction('jio', { closedAt: at(1) }), direction('vi')])];
    expect(Object.fromEntries(survey(open, at(60)).unanswered)).toEqual({ vi: 1 });
  });

  // The last rung ends after 144 hours.
  it('calls a batch late that has not settled an hour after its last deadline', () => {
    const open = [batch([direction('jio'), direction('vi', { closedAt: at(1) })])];
    expect(survey(open, at(145)).late).toBe(0);
    expect(survey(open, at(145.01)).late).toBe(1);
  });

  it('calls a batch late that is not directed a day after its report came, however long it waited for its turn', () => {
    const open = [batch([], { directed: false, startedAt: at(20) })];
    expect(survey(open, at(24)).late).toBe(0);
    expect(survey(open, at(24.01)).late).toBe(1);
  });

  it('calls a directed batch without directions late an hour after its planning began', () => {
    expect(survey([batch([])], at(1)).late).toBe(0);
    expect(survey([batch([])], at(1.01)).late).toBe(1);
  });
});

// Rungs end after 120 and 144 hours.
describe('a direction stands still', () => {
  it('at its first rung where nothing was ordered six hours after its planning began', () => {
    const ledger = direction('jio', { orders: [], rung: 0 });
    expect(stalledAt(ledger, at(0), at(6))).toBeUndefined();
    expect(stalledAt(ledger, at(0), at(6.01))).toBe(1);
  });

  it('at its first rung where that was ordered, and not published six hours after its planning began', () => {
    const ledger = direction('jio', { begunAt: null });
    expect(stalledAt(ledger, at(0), at(6))).toBeUndefined();
    expect(stalledAt(ledger, at(0), at(6.01))).toBe(1);
    expect(stalledAt(ledger, at(0), at(1000))).toBe(1);
  });

  it('at the next rung where that was not ordered two hours after the deadline: after trouble it waits for one', () => {
    expect(stalledAt(direction('jio'), at(0), at(122))).toBeUndefined();
    expect(stalledAt(direction('jio'), at(0), at(122.01))).toBe(2);
  });

  it('at its last rung where nobody closed it two hours after the last deadline', () => {
    const ledger = direction('jio', { orders: [order(2, 'disconnect')], rung: 2 });
    expect(stalledAt(ledger, at(0), at(146))).toBeUndefined();
    expect(stalledAt(ledger, at(0), at(146.01))).toBe(2);
  });

  it('not where it is closed', () => {
    expect(stalledAt(direction('jio', { closedAt: at(1) }), at(0), at(1000))).toBeUndefined();
  });
});

describe('an order is due in the outbox', () => {
  it('from an hour to a day after it was issued, but only until its deadline', () => {
    const dueAt = (ledger: Ledger, hours: number[]) => hours.map((hour) => orderDue(ledger, at(hour))?.order);
    const hours = [1, 1.01, 24, 24.01];
    expect(dueAt(direction('jio'), hours)).toEqual([undefined, 'reverify', 'reverify', undefined]);
    const short = { ...order(1, 'reverify'), deadline: at(3) };
    expect(dueAt(direction('jio', { orders: [short] }), [2.9, 3])).toEqual(['reverify', undefined]);
  });

  it('only that of the last rung, and of an open direction', () => {
    expect(orderDue(direction('jio', { orders: [], rung: 0 }), at(2))).toBeUndefined();
    expect(orderDue(direction('jio', { closedAt: at(1) }), at(2))).toBeUndefined();
    const later = { ...order(2, 'disconnect'), at: at(120), deadline: at(144) };
    const second = direction('jio', { orders: [order(1, 'reverify'), later], rung: 2 });
    expect(orderDue(second, at(122))?.order).toBe('disconnect');
  });

  it('not that which was issued anew for nobody: it is published only where an earlier one lies', () => {
    const nobody = { ...order(2, 'disconnect'), at: at(120), deadline: at(144), rows: 0 };
    const ledger = direction('jio', { orders: [order(1, 'reverify'), nobody], rung: 2 });
    expect(orderDue(ledger, at(122))).toBeUndefined();
  });
});
