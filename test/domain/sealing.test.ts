import { describe, expect, test } from 'vitest';
import { LedgerDamaged, outcomeOf } from '../../lambdas/domain/ledger.ts';
import { markReversed } from '../../lambdas/domain/outcomes.ts';
import {
  closeLedger,
  LedgerNotSealed,
  sealedOutcomes,
  sealedRevocations,
  sealedRows,
  sealLedger,
  takenBackSinceSeal,
} from '../../lambdas/domain/sealing.ts';
import { answered, at, closed, fresh, issued, ladderEnds, outcomesOf, sealed } from './example.ts';

describe('closing', () => {
  const end = ladderEnds.reverify;

  test('turns open and failed rows to overdue and leaves the others', () => {
    const before = answered(fresh(6), [
      [0, 'verified'],
      [1, 'failed'],
      [2, 'disconnected'],
      [3, 'not_found'],
    ]).ledger;
    const after = closed(before);
    expect(outcomesOf(after)).toEqual(['verified', 'overdue', 'disconnected', 'not_found', 'overdue', 'overdue']);
    expect(after.closedAt).toBe(end);
    expect(after.version).toBe(before.version + 1);
    expect(outcomesOf(before)).toEqual(['verified', 'failed', 'disconnected', 'not_found', 'open', 'open']);
  });

  test('a failed row that goes overdue keeps the day and the instant of its failing, an open one has none', () => {
    const after = closed(answered(fresh(2), [[0, 'failed']], { on: '2026-06-02', at: '2026-06-02T07:00:00Z' }).ledger);
    expect(outcomeOf(after, 0)).toEqual({
      outcome: 'overdue',
      occurredOn: '2026-06-02',
      recordedAt: '2026-06-02T07:00:00Z',
    });
    expect(outcomeOf(after, 1)).toEqual({ outcome: 'overdue', occurredOn: null, recordedAt: null });
  });

  test('is refused while a row is open and the last deadline lies ahead', () => {
    expect(closeLedger(fresh(1), at('2026-06-16T23:59:59Z'))).toEqual({ kind: 'too_early' });
    expect(closeLedger(answered(fresh(1), [[0, 'failed']]).ledger, at('2026-06-16T23:59:59Z'))).toEqual({
      kind: 'too_early',
    });
    expect(closeLedger(issued(fresh(1), 1), end).kind).toBe('closed');
  });

  test('needs no deadline where every row has a terminal outcome', () => {
    const decision = closeLedger(answered(fresh(1), [[0, 'verified']]).ledger, at('2026-06-03T12:00:00Z'));
    if (decision.kind !== 'closed') throw new Error(decision.kind);
    expect(outcomesOf(decision.ledger)).toEqual(['verified']);
    expect(decision.ledger.closedAt).toBe('2026-06-03T12:00:00Z');
  });

  test('a second time changes nothing', () => {
    expect(closeLedger(closed(fresh(1)), at('2026-07-01T00:00:00Z'))).toEqual({ kind: 'already' });
  });

  test('does not touch the bytes it was given, though they are a Buffer as a database client may return', () => {
    const before = { ...fresh(1), outcomes: Buffer.alloc(5) };
    closed(before);
    expect([...before.outcomes]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('sealing', () => {
  test('needs a ladder that has ended', () => {
    expect(sealLedger(fresh(1), ladderEnds.reverify)).toEqual({ kind: 'not_closed' });
  });

  test('is one change, and a second time none', () => {
    const before = closed(fresh(1));
    const decision = sealLedger(before, at('2026-06-17T00:01:00Z'));
    expect(decision).toEqual({
      kind: 'sealed',
      ledger: { ...before, sealedAt: '2026-06-17T00:01:00Z', version: before.version + 1 },
    });
    expect(sealLedger(sealed(before), at('2026-06-18T00:00:00Z'))).toEqual({ kind: 'already' });
  });

  test('counts each row once: of 12, 1 verified, 2 disconnected, 1 surrendered, 1 not found, 1 ported, 2 extended, 1 reissued, 3 overdue, one of which had failed', () => {
    const ledger = answered(fresh(12), [
      [0, 'verified'],
      [1, 'failed'],
      [2, 'disconnected'],
      [3, 'not_found'],
      [4, 'disconnected'],
      [7, 'surrendered'],
      [8, 'reissued'],
      [9, 'ported'],
      [10, 'extended'],
      [11, 'extended'],
    ]).ledger;
    expect(sealedOutcomes(sealed(closed(ledger)))).toEqual({
      open: 0,
      verified: 1,
      disconnected: 2,
      surrendered: 1,
      notFound: 1,
      ported: 1,
      extended: 2,
      reissued: 1,
      withdrawn: 0,
      blocked: 0,
      restored: 0,
      unblocked: 0,
      overdue: 3,
      overdueFailed: 1,
    });
  });

  test('counts handsets: of 3, 1 blocked, 1 not found, 1 overdue', () => {
    const ledger = answered(fresh(3, 'block'), [
      [0, 'blocked'],
      [1, 'not_found'],
    ]).ledger;
    expect(sealedOutcomes(sealed(closed(ledger)))).toEqual({
      open: 0,
      verified: 0,
      disconnected: 0,
      surrendered: 0,
      notFound: 1,
      ported: 0,
      extended: 0,
      reissued: 0,
      withdrawn: 0,
      blocked: 1,
      restored: 0,
      unblocked: 0,
      overdue: 1,
      overdueFailed: 0,
    });
  });

  test('counts what was given back: of 3, 1 restored, 1 not found, 1 overdue; of 2 handsets, 1 unblocked', () => {
    const restore = answered(fresh(3, 'restore'), [
      [0, 'restored'],
      [1, 'not_found'],
    ]).ledger;
    expect(sealedOutcomes(sealed(closed(restore)))).toMatchObject({ restored: 1, notFound: 1, overdue: 1 });
    const unblock = answered(fresh(2, 'unblock'), [[1, 'unblocked']]).ledger;
    expect(sealedOutcomes(sealed(closed(unblock)))).toMatchObject({ unblocked: 1, overdue: 1 });
  });

  test('an answer between the end of the ladder and the seal counts', () => {
    const ledger = answered(closed(fresh(2)), [[0, 'verified']]).ledger;
    expect(ledger.late).toBeNull();
    expect(sealedOutcomes(sealed(ledger))).toMatchObject({ verified: 1, overdue: 1 });
  });

  test('a row that is found failed between the end of the ladder and the seal is overdue in the books', () => {
    const ledger = answered(closed(fresh(1)), [[0, 'failed']]).ledger;
    expect(outcomeOf(ledger, 0)).toMatchObject({ outcome: 'overdue', occurredOn: '2026-06-03' });
    expect(sealedOutcomes(sealed(ledger))).toMatchObject({ overdue: 1, overdueFailed: 1, open: 0 });
  });

  test('an answer after the seal is recorded, and the sealed outcomes stay as they were', () => {
    const before = sealed(closed(answered(fresh(3), [[0, 'disconnected']]).ledger));
    const after = answered(before, [
      [1, 'verified'],
      [2, 'disconnected'],
    ]).ledger;
    expect(outcomesOf(after)).toEqual(['disconnected', 'verified', 'disconnected']);
    expect(after.outcomes).toEqual(before.outcomes);
    expect(sealedOutcomes(after)).toEqual(sealedOutcomes(before));
    expect(sealedRevocations(after)).toEqual([{ row: 0, on: '2026-06-03', reason: 'linked_to_reported_handset' }]);
  });

  test('answers after the seal build on each other', () => {
    const first = answered(sealed(closed(fresh(2))), [[0, 'verified']]).ledger;
    const second = answered(first, [[1, 'not_found']]).ledger;
    expect(outcomesOf(second)).toEqual(['verified', 'not_found']);
  });

  test('the rows that were disconnected or surrendered come with their days and why, ascending', () => {
    const first = answered(fresh(3), [[2, 'disconnected']], { on: '2026-06-02' }).ledger;
    const second = answered(first, [[0, 'surrendered']], { on: '2026-06-01' }).ledger;
    expect(sealedRevocations(sealed(closed(second)))).toEqual([
      { row: 0, on: '2026-06-01', reason: 'surrendered' },
      { row: 2, on: '2026-06-02', reason: 'linked_to_reported_handset' },
    ]);
  });

  test('what was taken back before the seal comes no more, though it was disconnected', () => {
    const ledger = answered(fresh(2), [
      [0, 'disconnected'],
      [1, 'disconnected'],
    ]).ledger;
    markReversed(ledger.outcomes, 0);
    expect(sealedRevocations(sealed(closed(ledger)))).toEqual([
      { row: 1, on: '2026-06-03', reason: 'linked_to_reported_handset' },
    ]);
  });

  test("what turned out to be somebody else's, or was taken back, since the seal comes no more, and is known; the books stay", () => {
    const before = sealed(
      closed(
        answered(fresh(4), [
          [0, 'disconnected'],
          [1, 'surrendered'],
          [2, 'disconnected'],
          [3, 'verified'],
        ]).ledger,
      ),
    );
    expect(takenBackSinceSeal(before)).toEqual([]);
    const after = answered(before, [
      [1, 'reissued'],
      [3, 'reissued'],
    ]).ledger;
    if (after.late) markReversed(after.late, 2);
    expect(sealedRevocations(after).map(({ row }) => row)).toEqual([0]);
    expect(takenBackSinceSeal(after)).toEqual([1, 2]);
    expect(sealedOutcomes(after)).toMatchObject({ disconnected: 2, surrendered: 1, verified: 1, reissued: 0 });
  });

  test('each row comes with how it stood, the day that was said, and whether it was taken back by then; later words change none', () => {
    const ledger = answered(fresh(4), [
      [0, 'disconnected'],
      [1, 'verified'],
      [2, 'failed'],
    ]).ledger;
    markReversed(ledger.outcomes, 1);
    const books = sealed(closed(ledger));
    const rows = [
      { row: 0, outcome: 'disconnected', on: '2026-06-03', isReversed: false },
      { row: 1, outcome: 'verified', on: '2026-06-03', isReversed: true },
      { row: 2, outcome: 'overdue', on: '2026-06-03', isReversed: false },
      { row: 3, outcome: 'overdue', on: null, isReversed: false },
    ];
    expect([...sealedRows(books)]).toEqual(rows);
    const later = answered(books, [[3, 'verified']]).ledger;
    if (later.late) markReversed(later.late, 0);
    expect([...sealedRows(later)]).toEqual(rows);
  });

  test('the books ask for seals only', () => {
    expect(() => [...sealedRows(closed(fresh(1)))]).toThrow(LedgerNotSealed);
    expect(() => sealedOutcomes(closed(fresh(1)))).toThrow(LedgerNotSealed);
    expect(() => sealedRevocations(closed(fresh(1)))).toThrow(LedgerNotSealed);
  });

  test('a row whose byte is still open, or names no outcome, counts as open', () => {
    const ledger = sealed(closed(fresh(3)));
    const outcomes = new Uint8Array(ledger.outcomes);
    outcomes[0] = 0;
    outcomes[5] = 31;
    expect(sealedOutcomes({ ...ledger, outcomes })).toMatchObject({ open: 2, overdue: 1 });
  });

  test('a disconnected row without a day is an error', () => {
    const ledger = sealed(closed(fresh(1)));
    expect(() => sealedRevocations({ ...ledger, outcomes: Uint8Array.of(3, 0, 0, 0, 0) })).toThrow(LedgerDamaged);
  });
});
