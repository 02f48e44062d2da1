import { describe, expect, test } from 'vitest';
import { countOpen, isOpen, LedgerDamaged, openRows, outcomeOf } from '../../lambdas/domain/ledger.ts';
import { bytesPerRow } from '../../lambdas/domain/outcomes.ts';
import { ladderEnd } from '../../lambdas/domain/whereabouts.ts';
import { answered, closed, fresh, outcomesOf, start } from './example.ts';

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
    expect(bytesPerRow).toBe(5);
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
