import { describe, expect, it } from 'vitest';
import { BATCH_STATES, mayFail, planCounts, wantsTurn } from '../../lambdas/domain/batches.ts';

describe('a batch', () => {
  it.each([
    // state, fails with its execution, stands in the line or holds the turn, its claims and directions count
    ['waiting', true, false, false],
    ['approved', true, true, false],
    ['planning', true, true, false],
    ['directed', false, false, true],
    ['settled', false, false, true],
    ['failed', false, false, false],
  ] as const)('that is %s: may fail %s, wants the turn %s, counts %s', (state, fails, wants, counts) => {
    expect([mayFail(state), wantsTurn(state), planCounts(state)]).toEqual([fails, wants, counts]);
  });

  it('has no other state', () => {
    expect(BATCH_STATES).toHaveLength(6);
  });
});
