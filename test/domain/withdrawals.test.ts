import { describe, expect, it } from 'vitest';
import { BATCH_STATES } from '../../lambdas/domain/batches.ts';
import { asInstant } from '../../lambdas/domain/days.ts';
import { precedesReport, withdrawalFate } from '../../lambdas/domain/withdrawals.ts';

describe('a withdrawal', () => {
  it.each([
    // state, of the whole report, of some handsets
    ['waiting', 'withdraw', 'not_directed'],
    ['approved', 'wait', 'wait'],
    ['planning', 'wait', 'wait'],
    ['directed', 'not_waiting', 'not_waiting'],
    ['settled', 'not_waiting', 'not_waiting'],
    ['failed', 'not_waiting', 'not_waiting'],
    ['refused', 'not_waiting', 'not_waiting'],
    ['lapsed', 'not_waiting', 'not_waiting'],
    ['over_limit', 'not_waiting', 'not_waiting'],
    ['withdrawn', 'not_waiting', 'not_waiting'],
  ] as const)('of a batch that is %s: the whole report %s, some of its handsets %s', (state, whole, some) => {
    expect(withdrawalFate({ state, handsets: 3 }, 0)).toBe(whole);
    expect(withdrawalFate({ state, handsets: 3 }, 1)).toBe(some);
  });

  it('is tried of every state', () => {
    expect(BATCH_STATES).toHaveLength(10);
  });

  it.each([
    ['2026-06-03T00:59:59Z', true],
    // Of one second, it is the later.
    ['2026-06-03T01:00:00Z', false],
    ['2026-06-03T01:00:01Z', false],
  ])('of %s: was before a report of one in the morning: %s', (sent, before) => {
    expect(precedesReport(asInstant(sent), { uploadedAt: asInstant('2026-06-03T01:00:00Z') })).toBe(before);
  });

  it('of a report without handsets waits, since that settles by itself in a moment', () => {
    expect(withdrawalFate({ state: 'waiting', handsets: 0 }, 0)).toBe('wait');
  });
});
