import { describe, expect, it } from 'vitest';
import type { ReversalFacts, RowFacts } from '../../lambdas/domain/facts.ts';
import type { BatchId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { Ledger, RecordedFile } from '../../lambdas/domain/ledger.ts';
import { code, markReversed } from '../../lambdas/domain/outcomes.ts';
import { answered, at, BATCH, batch, handset, IMEI, ledger, NUMBER, number, rowOf, SHA256, said } from './explained.ts';

describe('what a sentence says of a reversal', () => {
  const REVERSAL = 'caseworker-1-0123456789ab' as BatchId;
  const OTHER = 'up-police-0123456789ab' as BatchId;
  const taken = (more: Partial<ReversalFacts> = {}): ReversalFacts => ({
    batchId: REVERSAL,
    at: at(5),
    imei: null,
    msisdn: NUMBER,
    ground: 'wrong_number',
    state: 'directed',
    rows: [],
    directionIds: [],
    kept: [],
    appeals: [],
    withdraws: null,
    ...more,
  });
  const later = batch({ batchId: REVERSAL, kind: 'reversal', startedAt: at(5) });
  const of = (reversals: ReversalFacts[], rows: RowFacts[] = []) =>
    said(number(rows, { batches: [batch(), later], reversals }));
  const reversed = (one: Ledger): Ledger => {
    const outcomes = new Uint8Array(one.outcomes);
    markReversed(outcomes, 0);
    return { ...one, outcomes };
  };
  const restore = rowOf(ledger('restore', { batchId: REVERSAL }, 2), { batchId: REVERSAL });

  it('is about what was taken back, and then about what gives it back', () => {
    const cut = rowOf(reversed(answered('disconnected', ledger('reverify'))));
    expect(of([taken()], [cut, restore])).toMatch(
      /^What was done about it was taken back on 5 June 2026: .* The operator jio is to give it full service again by 9 June 2026, 05:30 IST/,
    );
    expect(of([taken()], [cut, restore])).not.toMatch(/disconnected it on/);
  });

  it('says of who was restored and is said to be cut off since that they may lack service', () => {
    const back = answered('restored', ledger('restore', { batchId: REVERSAL }, 2));
    const gives = rowOf({ ...back, files: back.files.map((one) => ({ ...one, at: at(2) })) }, { batchId: REVERSAL });
    expect(of([taken()], [gives])).toMatch(/says that the number has full service again/);
    const cut = rowOf(reversed(answered('disconnected', ledger('reverify'))));
    const ended = of([taken()], [cut, gives]);
    expect(ended).toMatch(/said that the number had full service again.* But it said on .* disconnected the number/);
    expect(ended).not.toMatch(/has full service/);
    const file: RecordedFile = { sha256: SHA256, attempt: 'b', at: at(4), version: 5, toRestore: 1 };
    const listed = rowOf(reversed(answered('verified', ledger('reverify'))), {
      cutAfter: [{ file, name: 'later.csv' }],
    });
    expect(of([taken()], [listed, gives])).toMatch(/had full service again.* asked from the next night on to give/);
  });

  it.each<[ReversalFacts['state'], RegExp]>([
    ['alreadyOpen', /^What was done about it was taken back .* It was being given back already\.$/],
    ['tooLate', /^It was withdrawn from every list on 5 June 2026\. It is not given back: /],
    ['nothingToRestore', /^It was withdrawn from every list on 5 June 2026\. There was nothing to give back: /],
    ['struck', /^An approver left it out of what was taken back on 5 June 2026: all stays as it was\.$/],
  ])('says what it is to be %s', (state, sentence) => {
    expect(of([taken({ state })])).toMatch(sentence);
  });

  it('says of what stays which batch relies on it, and where it stands', () => {
    const kept = [{ operator: 'jio' as OperatorId, batchId: OTHER, state: 'alreadyDisconnected' }];
    const cut = rowOf(answered('disconnected', ledger('reverify')));
    expect(of([taken({ state: 'kept', ground: 'withdrawal', kept })], [cut])).toMatch(
      /^A report by which something was done about it was withdrawn on 5 June 2026\. That stays all the same, since the batch up-police-0123456789ab met it, too, and relies on it\. The operator jio disconnected it on/,
    );
  });

  it('says of what other batches directed elsewhere that this stays, and not that nothing takes service any more', () => {
    const kept = [{ operator: 'jio' as OperatorId, batchId: OTHER, state: 'directed' }];
    expect(of([taken({ ground: 'withdrawal', kept })])).toBe(
      'What a withdrawn report did about it was taken back on 5 June 2026. What the batch up-police-0123456789ab did stays.',
    );
  });

  it('is silent once a newer batch has directed it', () => {
    const again = rowOf(ledger('reverify', { batchId: OTHER }, 3), { batchId: OTHER });
    const facts = number([restore, again], {
      batches: [batch(), later, batch({ batchId: OTHER, startedAt: at(6) })],
      reversals: [taken()],
    });
    expect(said(facts)).toMatch(/^The operator jio is about to be asked/);
  });

  it('says of an overdue restoration that it is asked again, until it was', () => {
    const overdue = ledger('restore', { batchId: REVERSAL, closedAt: at(9) }, 2);
    overdue.outcomes[0] = code.overdue;
    expect(of([taken()], [rowOf(overdue, { batchId: REVERSAL })])).toMatch(/has not said that it did.* asked again in/);
    const night = rowOf(ledger('restore', {}, 3));
    const text = of([taken()], [rowOf({ ...overdue, followUp: BATCH }, { batchId: REVERSAL }), night]);
    expect(text).toMatch(/The operator jio is to give/);
    expect(text).not.toMatch(/was to give/);
  });

  it('says of a handset that its block was taken back, also where no operator had any', () => {
    const whole = (state: ReversalFacts['state']) => taken({ imei: IMEI, msisdn: null, state });
    expect(said(handset([], [], [whole('nothingToRestore')]))).toMatch(
      /^That its block be taken back was granted on 5 June 2026, when nothing/,
    );
    const unblocked = rowOf(answered('unblocked', ledger('unblock', {}, 2)));
    const facts = handset([unblocked, rowOf(answered('blocked', ledger('block')))], [], [whole('directed')]);
    expect(said({ ...facts, batches: [batch(), later] })).toBe(
      'Its block was taken back on 5 June 2026. This handset is unblocked since 3 June 2026 at jio.',
    );
  });

  it('of a number that is excepted from a block says by which handset, also where nobody blocks that', () => {
    const pair = (state: ReversalFacts['state']) => taken({ imei: IMEI, state });
    expect(of([pair('nothingToRestore')])).toBe(
      'That the number may be used in the handset 351000000000013 was granted on 5 June 2026, when no operator blocked that.',
    );
    expect(of([pair('struck')])).toMatch(/^An approver left the use of the handset 351000000000013 out of/);
  });
});
