import { describe, expect, test } from 'vitest';
import {
  type NotedReport,
  noteReport,
  type OverLimit,
  overLimit,
  type WeighedReport,
} from '../../lambdas/domain/report-limits.ts';
import { A, opened, openedAt, result } from './decided.ts';
import { at, batchId } from './example.ts';

describe('limits', () => {
  const limits = { numbers: 3_000_000, handsets: 50_000 };
  const report = (
    numbers: number,
    handsets: number,
    weighedAt = '2026-06-02T00:00:00Z',
    ending: WeighedReport['ending'] = null,
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
    const half = (weighedAt: string, ending?: WeighedReport['ending']) => report(1, 25_000, weighedAt, ending ?? null);
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
    for (const ending of ['refused', 'lapsed', 'withdrawn', 'over_limit', 'failed'] as const)
      expect(over(report(1, 25_001), half('2026-06-01T12:00:00Z', ending))).toBeNull();
  });

  test('of an agency: a report that was noted before counts, though it says that it was weighed a second later', () => {
    const [one, other] = [report(1, 30_000, '2026-06-02T00:00:10Z'), report(1, 30_000, '2026-06-02T00:00:11Z')];
    expect(over(one, other)).toMatchObject({ of: 'agency', found: 60_000 });
    expect(over(other, one)).toMatchObject({ of: 'agency', found: 60_000 });
  });

  test('what is over one ends at once, whatever people say', () => {
    const limit = { of: 'report', what: 'numbers', found: 3_000_001, limit: 3_000_000 } as const;
    const ended = opened({ overLimit: limit });
    expect(ended).toMatchObject({ ending: { state: 'over_limit', at: openedAt, by: [], over: limit }, remindAt: null });
    expect(result(ended, A, [['approve']])).toEqual({ kind: 'not_waiting' });
    expect(opened({ overLimit: limit, people: 0 }).ending?.state).toBe('over_limit');
  });
});

describe("an agency's record", () => {
  const noted = (weighedAt: string, n = 0): NotedReport => ({
    batch: { batchId, execution: `e${n}` },
    weighedAt: at(weighedAt),
    numbers: 10,
    handsets: 1,
  });

  test('keeps what was weighed less than two days before the newest, which comes last', () => {
    const [old, young, newest] = [
      noted('2026-05-31T00:00:00Z'),
      noted('2026-05-31T00:00:01Z'),
      noted('2026-06-02T00:00:00Z'),
    ];
    expect(noteReport([old, young], newest)).toEqual([young, newest]);
  });

  test('has every report of a day for one that is noted late, whichever were noted since it was weighed', () => {
    const first = noted('2026-06-01T00:05:00Z', 1);
    const late = noted('2026-06-02T00:00:00Z', 2);
    const before = noteReport(noteReport([], first), noted('2026-06-02T00:10:00Z', 3));
    // Ten each of the first, of the one in between, and its own.
    const others = before.map(({ batch: _, ...one }) => ({ ...one, ending: 'directed' as const }));
    expect(overLimit(late, others, { numbers: 29, handsets: 100 })).toEqual({
      of: 'agency',
      what: 'numbers',
      found: 30,
      limit: 29,
    });
  });

  test('grows no further than a thousand reports, and forgets none: the oldest stand in it as one, which always counts', () => {
    let record: NotedReport[] = [];
    for (let n = 0; n < 1003; n++)
      record = noteReport(record, noted(`2026-06-01T00:${String(n % 60).padStart(2, '0')}:00Z`, n));
    expect(record).toHaveLength(1000);
    expect(record[0]).toEqual({ batch: null, weighedAt: '2026-06-01T00:03:00Z', numbers: 40, handsets: 4 });
    expect(record[1]).toMatchObject({ batch: { execution: 'e4' } });
    expect(record.at(-1)).toMatchObject({ batch: { execution: 'e1002' } });
    expect(record.reduce((sum, { numbers }) => sum + numbers, 0)).toBe(10_030);
  });
});
