import { describe, expect, it } from 'vitest';
import { BATCH_STATES } from '../../lambdas/domain/batches.ts';
import { withdrawalFate } from '../../lambdas/domain/withdrawals.ts';

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

  it('of a report without handsets waits, since that settles by itself in a moment', () => {
    expect(withdrawalFate({ state: 'waiting', handsets: 0 }, 0)).toBe('wait');
  });
});
