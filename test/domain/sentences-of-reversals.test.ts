import { describe, expect, it } from 'vitest';
import type { ReversalFacts, RowFacts } from '../../lambdas/domain/facts.ts';
import type { BatchId, Imei, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { Ledger, RecordedFile } from '../../lambdas/domain/ledger.ts';
import { code, markReversed } from '../../lambdas/domain/outcomes.ts';
import { eventsOfReversal } from '../../lambdas/domain/story-of-reversals.ts';
import {
  answered,
  at,
  BATCH,
  batch,
  handset,
  IMEI,
  ledger,
  NUMBER,
  number,
  REVERSAL,
  rowOf,
  SHA256,
  said,
  taken,
} from './explained.ts';

describe('what a sentence says of a reversal', () => {
  const OTHER = 'up-police-0123456789ab' as BatchId;
  const SECOND = 'mha-ba9876543210' as BatchId;
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

  it('says of who was restored, and cut off by a later report, not that they have service again, where that came too late', () => {
    const [first, second] = [reversed(answered('disconnected', ledger('reverify'))), SECOND];
    const gaveBack = rowOf(answered('restored', ledger('restore', { batchId: REVERSAL }, 2)), { batchId: REVERSAL });
    const again = ledger('reverify', { batchId: OTHER, operator: 'vi' as OperatorId }, 3);
    const cutAgain = rowOf(reversed(answered('disconnected', again)), { batchId: OTHER });
    const batches = [
      batch(),
      batch({ batchId: REVERSAL, kind: 'reversal', startedAt: at(3) }),
      batch({ batchId: OTHER, startedAt: at(4) }),
      batch({ batchId: second, kind: 'reversal', startedAt: at(5) }),
    ];
    const late = taken({ batchId: second, state: 'tooLate' });
    const sentence = said(
      number([rowOf(first), gaveBack, cutAgain], { batches, reversals: [late, taken({ at: at(3) })] }),
    );
    expect(sentence).toMatch(/It is not given back/);
    expect(sentence).not.toMatch(/full service/);
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
    [
      'tooLate',
      /^It was withdrawn from every list on 5 June 2026\. It is not given back: .* Who has it by now, and lacks service, should ask the operator\.$/,
    ],
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

  it.each(['kept', 'struck'] as const)(
    'tells of what took it back, and not of a later one by which it is %s',
    (state) => {
      const relying = { operator: 'jio' as OperatorId, batchId: OTHER, state: 'alreadyOpen' };
      const later = (more: Partial<ReversalFacts> = {}) =>
        taken({
          batchId: SECOND,
          at: at(6),
          ground: 'withdrawal',
          state,
          kept: state === 'kept' ? [relying] : [],
          ...more,
        });
      const batches = [
        batch(),
        batch({ batchId: REVERSAL, startedAt: at(5) }),
        batch({ batchId: SECOND, startedAt: at(6) }),
      ];
      const told = (reversals: ReversalFacts[], rows: RowFacts[] = [], more = batches) =>
        said(number(rows, { batches: more, reversals }));
      expect(told([later(), taken()], [restore])).toMatch(
        /^What was done about it was taken back on 5 June 2026: .* The operator jio is to give it full service again/,
      );
      // What took back a part of it, or came before that, is no answer to it.
      const withoutTaking =
        state === 'kept' ? /^A report by which .* on 6 June 2026\. That stays/ : /left it out .* on 6 June/;
      expect(told([later(), taken({ kept: [relying], ground: 'withdrawal' })])).toMatch(withoutTaking);
      expect(told([later(), taken({ imei: IMEI })])).toMatch(withoutTaking);
      // A batch has directed it between the two.
      const again = rowOf(answered('disconnected', ledger('reverify', { batchId: OTHER }, 3)), { batchId: OTHER });
      const between = [...batches, batch({ batchId: OTHER, startedAt: at(5, '12:00:00') })];
      expect(told([later(), taken()], [again], between)).toMatch(withoutTaking);
    },
  );

  it('says of what other batches directed elsewhere that this stays, and not that nothing takes service any more', () => {
    const kept = [{ operator: 'jio' as OperatorId, batchId: OTHER, state: 'directed' }];
    expect(of([taken({ ground: 'withdrawal', kept })])).toBe(
      'What a withdrawn report did about it was taken back on 5 June 2026. What the batch up-police-0123456789ab did stays.',
    );
  });

  it('tells who had the number before that it is somebody else’s, and who has it now nothing of that', () => {
    const kept = [{ operator: 'jio' as OperatorId, batchId: OTHER, state: 'directed' }];
    const former = taken({ state: 'tooLate', kept });
    const then = rowOf(reversed(answered('disconnected', ledger('reverify'))));
    expect(of([former], [then])).toBe(
      "What was done about it before it became somebody else's was taken back on 5 June 2026. It is not given back to who had it then, and what was done since is not touched by that.",
    );
    const now = rowOf(answered('disconnected', ledger('reverify', { batchId: OTHER }, 2)), { batchId: OTHER });
    const facts = number([now, then], {
      batches: [batch(), later, batch({ batchId: OTHER, startedAt: at(4) })],
      reversals: [former],
    });
    expect(said(facts)).toMatch(/^The operator jio disconnected it on 3 June 2026/);
    // What is theirs is told all the same.
    expect(said({ ...facts, reversals: [former, taken({ batchId: REVERSAL, at: at(4, '10:00:00') })] })).toMatch(
      /^What was done about it was taken back on 4 June 2026/,
    );
    expect(eventsOfReversal(former)).toEqual([
      expect.objectContaining({ what: 'reversed', state: 'tooLate', kept: [] }),
    ]);
    expect(eventsOfReversal(taken({ ground: 'withdrawal', kept }))).toEqual([expect.objectContaining({ kept })]);
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

  describe('where a later report has a handset blocked anew from which a number is excepted', () => {
    const exception = (answer: 'unblocked' | 'not_found' | null, plan = 2): RowFacts => {
      const open = ledger('unblock', { batchId: REVERSAL }, plan);
      const of = answer === null ? open : answered(answer, open);
      return rowOf(of, { batchId: REVERSAL, subject: { imei: IMEI, msisdn: NUMBER } });
    };
    const block = (plan: number, of: Partial<Ledger> = {}, imei = IMEI): RowFacts =>
      rowOf({ ...ledger('block', { batchId: OTHER, startedAt: at(5 + plan) }, plan), ...of }, { subject: { imei } });
    const pair = (exceptions: RowFacts[], blocks: RowFacts[]) => said(number(exceptions, { blocks }));
    const STANDS =
      'The operator jio says that the number may be used in the handset 351000000000013 again since 3 June 2026, which stays blocked for others.';
    const ANEW =
      ' But since 8 June 2026, by a later report, that handset is to be blocked there again for every number, this one too: for the number to be used in it, a caseworker has to appeal for the number and the handset together once more.';

    it('says since when the number may not be used in it any more, and what may be done', () => {
      const before = block(1);
      expect(pair([exception('unblocked')], [before])).toBe(STANDS);
      const expected = `The operator jio said that the number may be used in the handset 351000000000013 again since 3 June 2026.${ANEW}`;
      const overdue = ledger('block', { closedAt: at(12) });
      overdue.outcomes[0] = code.overdue;
      const { outcomes: blocked, files } = answered('blocked', ledger('block'));
      for (const of of [{}, { outcomes: blocked, files }, { outcomes: overdue.outcomes, closedAt: overdue.closedAt }])
        expect(pair([exception('unblocked')], [block(3, of), before])).toBe(expected);
      // The first one of them, whichever is read first.
      expect(pair([exception('unblocked')], [block(4), block(3)])).toBe(expected);
      expect(pair([exception('not_found')], [block(3)])).toBe(
        `The operator jio said that it did not block the handset 351000000000013.${ANEW}`,
      );
    });

    it('says so of each operator by what was directed there, and of each handset by itself', () => {
      const vi = { operator: 'vi' as OperatorId };
      const there = exception('unblocked');
      const both = [exception('unblocked'), { ...there, ledger: { ...there.ledger, ...vi } }];
      expect(pair(both, [block(3, vi)])).toMatch(
        /^The operator jio says that the number may be used .* for others\. The operator vi said .* But since 8 June/,
      );
      expect(pair([exception('unblocked')], [block(3, {}, '35100000000002' as Imei)])).toBe(STANDS);
    });

    it.each([
      ['was taken back', reversed(ledger('block', {}, 3))],
      ['was not to be carried out where nobody knew it', answered('not_found', ledger('block', {}, 3))],
    ])('goes by no block that %s', (_, { outcomes, files }) => {
      expect(pair([exception('unblocked')], [block(3, { outcomes, files })])).toBe(STANDS);
    });

    it('says that it may be used again once it was excepted from that block, too, and by when where it is about to be', () => {
      expect(pair([exception('unblocked'), exception('unblocked', 4)], [block(3)])).toBe(STANDS);
      const asked =
        /^The operator jio is to let the number be used in the handset 351000000000013 again by 9 June 2026/;
      expect(pair([exception('unblocked'), exception(null, 4)], [block(3)])).toMatch(asked);
      // Without an answer it is asked for again in the nights, after that block.
      expect(pair([exception(null)], [block(3)])).toMatch(asked);
    });
  });
});
