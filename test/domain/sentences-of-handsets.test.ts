import { describe, expect, it } from 'vitest';
import type { AsideFacts } from '../../lambdas/domain/facts.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { answered, BATCH, handset, ledger, rowOf, said } from './explained.ts';

describe('the sentence of a handset', () => {
  it('says of each operator how it stands there', () => {
    const vi = (of: Ledger): Ledger => ({ ...of, operator: 'vi' as OperatorId });
    expect(said(handset([rowOf(answered('blocked', ledger('block'))), rowOf(vi(ledger('block')))]))).toBe(
      'This handset is blocked since 3 June 2026 at jio; to be blocked by 9 June 2026, 05:30 IST at vi. Who holds that it is not the handset that was reported can ask for an appeal.',
    );
    expect(
      said(
        handset([rowOf(answered('unblocked', ledger('unblock', {}, 2))), rowOf(answered('blocked', ledger('block')))]),
      ),
    ).toBe('This handset is unblocked since 3 June 2026 at jio.');
  });

  it('says why it was left out', () => {
    const state = (one: AsideFacts['state']): AsideFacts => ({
      batchId: BATCH,
      kind: 'block',
      operator: 'jio' as OperatorId,
      state: one,
      directionId: null,
    });
    expect(said(handset([], [state('struck')]))).toBe(
      'This handset is not blocked, since an approver left it out, at jio.',
    );
    expect(said(handset([], []))).toBe('Nothing is known of this handset: no report that was acted upon names it.');
  });
});
