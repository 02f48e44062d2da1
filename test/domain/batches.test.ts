import { describe, expect, it } from 'vitest';
import {
  BATCH_STATES,
  BEGINS_ANEW,
  isEmpty,
  isWithoutEffect,
  mayFail,
  planCounts,
  toldState,
  wantsTurn,
} from '../../lambdas/domain/batches.ts';

describe('a batch', () => {
  it.each([
    // state, fails with its execution, stands in the line or holds the turn, its claims and directions count, ended without effect, the same file begins it anew
    ['waiting', true, false, false, false, false],
    ['approved', true, true, false, false, false],
    ['planning', true, true, false, false, false],
    ['directed', false, false, true, false, false],
    ['settled', false, false, true, false, false],
    ['failed', false, false, false, true, true],
    ['refused', false, false, false, true, false],
    ['lapsed', false, false, false, true, true],
    ['over_limit', false, false, false, true, true],
    ['withdrawn', false, false, false, true, false],
  ] as const)(
    'that is %s: may fail %s, wants the turn %s, counts %s, ended without effect %s, begins anew %s',
    (state, fails, wants, counts, ended, anew) => {
      expect([mayFail(state), wantsTurn(state), planCounts(state)]).toEqual([fails, wants, counts]);
      expect([isWithoutEffect(state), BEGINS_ANEW.some((one) => one === state)]).toEqual([ended, anew]);
    },
  );

  it('has no other state', () => {
    expect(BATCH_STATES).toHaveLength(10);
  });
});

describe('a report of which no handset could be taken', () => {
  const report = { handsets: 0 };
  it('is told to be empty, and not settled, once it is over', () => {
    expect(toldState({ kind: 'report', state: 'settled', report })).toBe('empty');
    expect(toldState({ kind: 'report', state: 'waiting', report })).toBe('waiting');
    expect(toldState({ kind: 'report', state: 'settled', report: { handsets: 1 } })).toBe('settled');
  });

  it('is no night and no reversal, which have no report', () => {
    for (const kind of ['followup', 'reversal'] as const) {
      expect(isEmpty({ kind, report })).toBe(false);
      expect(toldState({ kind, state: 'settled', report })).toBe('settled');
    }
  });
});
