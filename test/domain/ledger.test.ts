import { describe, expect, test } from 'vitest';
import type { Instant } from '../../lambdas/domain/days.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import {
  countAt,
  countOpen,
  isOpen,
  LedgerDamaged,
  markReversedRows,
  openRows,
  orderedOn,
  outcomeOf,
  reissuedIn,
  rowsFor,
  rowsInNoList,
  unansweredRows,
  withdrawRows,
} from '../../lambdas/domain/ledger.ts';
import { BYTES_PER_ROW } from '../../lambdas/domain/outcomes.ts';
import { sealedOutcomes } from '../../lambdas/domain/sealing.ts';
import { ladderEnd } from '../../lambdas/domain/whereabouts.ts';
import { answered, at, closed, day, fresh, issued, marked, outcomesOf, sealed, start } from './example.ts';

test('a direction was ordered on the day of its first order in India, also where that was issued anew; until then on that of its plan', () => {
  const planned = { ...fresh(2, 'restore'), startedAt: at('2026-06-01T18:29:59Z') };
  expect(orderedOn(planned)).toBe('2026-06-01');
  // 00:00 in India.
  const ordered = (at: Instant, first = {}) => {
    const ledger = issued(fresh(2, 'restore'), 1);
    return orderedOn({ ...ledger, orders: ledger.orders.map((order) => ({ ...order, at, ...first })) });
  };
  expect(ordered(at('2026-06-01T18:30:00Z'))).toBe('2026-06-02');
  const firstAt = at('2026-06-01T18:29:59Z');
  expect(ordered(at('2026-06-01T18:30:00Z'), { firstVersion: 2, firstAt })).toBe('2026-06-01');
  // An old ledger doesn't know when: its plan began at 2026-06-01T00:00:00Z.
  expect(ordered(at('2026-06-03T00:00:00Z'), { firstVersion: 2 })).toBe('2026-06-01');
});

describe('a new ledger', () => {
  test('has every row open, no rung, nothing recorded, and version 1', () => {
    const ledger = fresh(3);
    expect(outcomesOf(ledger)).toEqual(['open', 'open', 'open']);
    expect(outcomeOf(ledger, 0)).toEqual({ outcome: 'open', occurredOn: null, recordedAt: null });
    expect({
      rung: ledger.rung,
      version: ledger.version,
      closedAt: ledger.closedAt,
      sealedAt: ledger.sealedAt,
    }).toEqual({
      rung: 0,
      version: 1,
      closedAt: null,
      sealedAt: null,
    });
    expect([ledger.orders, ledger.tokens, ledger.files, ledger.late]).toEqual([[], [], [], null]);
  });

  test('of 2,000 rows takes 10 kB', () => {
    expect(BYTES_PER_ROW).toBe(5);
    expect(fresh(2000).outcomes).toHaveLength(10_000);
  });

  test('knows when its ladder ends', () => {
    expect(ladderEnd(fresh(1), start)).toBe('2026-06-17T00:00:00Z');
    expect(ladderEnd(fresh(1, 'block'), start)).toBe('2026-06-03T00:00:00Z');
    expect(() => ladderEnd({ ...fresh(1), rungs: [] }, start)).toThrow(LedgerDamaged);
  });
});

describe('open rows', () => {
  test('are those without a terminal outcome while the ladder runs: open and failed', () => {
    const { ledger } = answered(fresh(5), [
      [0, 'verified'],
      [1, 'failed'],
      [2, 'disconnected'],
      [3, 'not_found'],
    ]);
    expect(openRows(ledger)).toEqual([1, 4]);
    expect(countOpen(ledger)).toBe(2);
    expect([0, 1, 2, 3, 4].map((row) => isOpen(ledger, row))).toEqual([false, true, false, false, true]);
  });

  test('are none once the ladder has ended', () => {
    const ledger = closed(answered(fresh(3), [[1, 'failed']]).ledger);
    expect(openRows(ledger)).toEqual([]);
    expect(countOpen(ledger)).toBe(0);
  });

  test('a blocked or not found handset is not open', () => {
    const { ledger } = answered(fresh(3, 'block'), [
      [0, 'blocked'],
      [2, 'not_found'],
    ]);
    expect(openRows(ledger)).toEqual([1]);
  });
});

describe('rows that are taken back', () => {
  test('are open, in no order of the ladder, and overdue with the others where nobody answers for them', () => {
    const ledger = marked(answered(fresh(4), [[1, 'failed']]).ledger, [0, 1]);
    expect(openRows(ledger)).toEqual([0, 1, 2, 3]);
    for (const order of ['reverify', 'bar_outgoing', 'bar_incoming', 'disconnect'] as const)
      expect(rowsFor(ledger, order)).toEqual([2, 3]);
    expect(sealedOutcomes(sealed(closed(ledger)))).toMatchObject({ open: 0, overdue: 4, overdueFailed: 1 });
  });

  test('are marked by one change, and marked again by none', () => {
    const before = fresh(3);
    const after = marked(before, [2]);
    expect([after.version, rowsInNoList(after), rowsInNoList(before)]).toEqual([before.version + 1, [2], []]);
    expect(markReversedRows(after, [2])).toBeUndefined();
    expect(markReversedRows(after, [])).toBeUndefined();
    expect(rowsInNoList(marked(after, [0, 2]))).toEqual([0, 2]);
  });

  test('after the seal are marked beside the late answers, and the books stay', () => {
    const before = answered(sealed(closed(fresh(2))), [[0, 'disconnected']]).ledger;
    const after = marked(before, [0]);
    expect([after.outcomes, rowsInNoList(after)]).toEqual([before.outcomes, [0]]);
    expect(outcomesOf(after)).toEqual(['disconnected', 'overdue']);
    expect(sealedOutcomes(after)).toEqual(sealedOutcomes(before));
    expect(rowsInNoList(marked(sealed(closed(fresh(2))), [1]))).toEqual([1]);
  });

  test.each([-1, 2])('are rows of the direction: %s of 2 is an error', (row) => {
    expect(() => markReversedRows(fresh(2), [row])).toThrow(LedgerDamaged);
  });

  test("are those, too, of which a file says that they are somebody else's, each since its day", () => {
    const first = answered(fresh(4), [[1, 'reissued']], { on: '2026-06-02', sha256: 'a' }).ledger;
    const second = answered(
      first,
      [
        [3, 'reissued'],
        [0, 'verified'],
      ],
      { on: '2026-06-03', sha256: 'b' },
    ).ledger;
    expect(rowsInNoList(marked(second, [2]))).toEqual([1, 2, 3]);
    const since = second.files.map((file) => reissuedIn(second, file));
    expect(since).toEqual([[{ row: 1, since: '2026-06-02' }], [{ row: 3, since: '2026-06-03' }]]);
  });
});

describe('rows as orders and books ask for them', () => {
  /** Six rows: open, failed, verified, disconnected, open and taken back, and verified and taken back. */
  const six = () =>
    marked(
      answered(fresh(6), [
        [1, 'failed'],
        [2, 'verified'],
        [3, 'disconnected'],
        [5, 'verified'],
      ]).ledger,
      [4, 5],
    );

  test('a bar and a re-verification carry those without an outcome, the disconnect order the failed ones, too', () => {
    expect(rowsFor(six(), 'reverify')).toEqual([0]);
    expect(rowsFor(six(), 'bar_outgoing')).toEqual([0]);
    expect(rowsFor(six(), 'disconnect')).toEqual([0, 1]);
  });

  test('unanswered are the open, the failed and the overdue ones that were not taken back, also once the ladder has ended', () => {
    expect(unansweredRows(six())).toEqual([0, 1]);
    expect(unansweredRows(closed(six()))).toEqual([0, 1]);
    expect(unansweredRows(answered(fresh(2), [[0, 'not_found']]).ledger)).toEqual([1]);
  });

  test('are counted at their outcome', () => {
    expect(
      (['open', 'failed', 'verified', 'disconnected', 'overdue'] as const).map((one) => countAt(six(), one)),
    ).toEqual([2, 1, 2, 1, 0]);
    expect(countAt(closed(six()), 'overdue')).toBe(3);
  });

  test.each([-1, 6, 1.5])('there is no row %s', (row) => {
    expect(() => outcomeOf(six(), row)).toThrow('is damaged: no such row');
  });

  test.each([-1, 6])('none is taken back that is row %s, be it named with others', (row) => {
    expect(() => markReversedRows(six(), [0, row])).toThrow('is damaged: no such row');
    const reversal = {
      reversal: 'caseworker-1-0123456789ab' as BatchId,
      on: day('2026-06-08'),
      at: at('2026-06-08T00:00:00Z'),
    };
    expect(() => withdrawRows(six(), [0, row], reversal)).toThrow('is damaged: no such row');
  });

  test('a row that names a file which the ledger does not have is damage', () => {
    const one = answered(fresh(1), [[0, 'verified']]).ledger;
    expect(() => outcomeOf({ ...one, files: [] }, 0)).toThrow('a row names a file that it does not have');
  });
});
