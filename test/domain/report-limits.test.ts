import { describe, expect, test } from 'vitest';
import { type OverLimit, overLimit, type WeighedReport } from '../../lambdas/domain/report-limits.ts';
import { A, opened, openedAt, result } from './decided.ts';
import { at } from './example.ts';

describe('limits', () => {
  const limits = { numbers: 3_000_000, handsets: 50_000 };
  const report = (
    numbers: number,
    handsets: number,
    weighedAt = '2026-06-02T00:00:00Z',
    ending: string | null = null,
  ): WeighedReport => ({
    weighedAt: at(weighedAt),
    numbers,
    handsets,
    ending,
  });
  const over = (one: WeighedReport, ...others: WeighedReport[]): OverLimit | null => overLimit(one, others, limits);

  test('of a report: what reaches the limit is within it, one more is not', () => {
    expect(over(report(3_000_000, 50_000))).toBeNull();
    expect(over(report(3_000_001, 1))).toEqual({ of: 'report', what: 'numbers', found: 3_000_001, limit: 3_000_000 });
    expect(over(report(1, 50_001))).toEqual({ of: 'report', what: 'handsets', found: 50_001, limit: 50_000 });
  });

  test('of an agency in 24 hours: those count that were weighed less than a day before', () => {
    const half = (weighedAt: string, ending?: string) => report(1, 25_000, weighedAt, ending ?? null);
    expect(over(report(1, 25_000), half('2026-06-01T00:00:01Z'))).toBeNull();
    expect(over(report(1, 25_001), half('2026-06-01T00:00:01Z'))).toEqual({
      of: 'agency',
      what: 'handsets',
      found: 50_001,
      limit: 50_000,
    });
    expect(over(report(1, 25_001), half('2026-06-01T00:00:00Z'))).toBeNull();
    expect(over(report(1, 25_001), half('2026-06-01T12:00:00Z', 'approved'))).toMatchObject({ of: 'agency' });
    expect(over(report(1, 25_001), half('2026-06-01T12:00:00Z', 'settled'))).toMatchObject({ of: 'agency' });
    for (const ending of ['refused', 'lapsed', 'withdrawn', 'over_limit', 'failed'])
      expect(over(report(1, 25_001), half('2026-06-01T12:00:00Z', ending))).toBeNull();
  });

  test('what is over one ends at once, whatever people say', () => {
    const ended = opened({ overLimit: true });
    expect(ended).toMatchObject({ ending: { state: 'over_limit', at: openedAt, by: [] }, remindAt: null });
    expect(result(ended, A, [['approve']])).toEqual({ kind: 'not_waiting' });
    expect(opened({ overLimit: true, people: 0 }).ending?.state).toBe('over_limit');
  });
});
