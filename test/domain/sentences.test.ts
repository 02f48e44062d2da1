/** Where each outcome leaves a number or a handset, in words: what no scenario is told of here. */
import { describe, expect, it } from 'vitest';
import type { Day, Instant } from '../../lambdas/domain/days.ts';
import type { AsideFacts, Facts, RowFacts } from '../../lambdas/domain/facts.ts';
import type { BatchId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { Ledger, RecordedFile } from '../../lambdas/domain/ledger.ts';
import { type Answer, OUTCOMES, type Outcome } from '../../lambdas/domain/outcome-rules.ts';
import { BYTES_PER_ROW, code, markReversed } from '../../lambdas/domain/outcomes.ts';
import { sentenceOf } from '../../lambdas/domain/sentences.ts';
import { storyOf } from '../../lambdas/domain/story.ts';
import { dayText, instantText } from '../../lambdas/domain/wording.ts';
import { answered, asking, at, batch, ledger, number, on, order, rowOf, SHA256, said } from './explained.ts';

describe('the sentence of a number', () => {
  it('tells every outcome there is', () => {
    for (const outcome of OUTCOMES) {
      const of = ledger('reverify');
      const outcomes = new Uint8Array(BYTES_PER_ROW);
      outcomes[0] = code[outcome];
      expect(said(number([rowOf({ ...of, outcomes })])), outcome).toMatch(/^(The operator jio|What was done)/);
    }
  });

  it.each<[Outcome | string, RowFacts, string]>([
    [
      'is being asked for the first time',
      rowOf(ledger('reverify')),
      'The operator jio is about to be asked to have the subscriber prove who they are. They keep the number if they do by 16 June 2026, 05:30 IST; else the operator is asked then to disconnect it, by 17 June 2026, 05:30 IST.',
    ],
    [
      'is barred',
      rowOf(
        ledger('reverify', {
          orders: [
            {
              rung: 2,
              order: 'bar_outgoing',
              attempt: 'a',
              rows: 1,
              sha256: SHA256,
              bytes: 1,
              deadline: at(11),
              at: at(6),
              version: 3,
            },
          ],
        }),
        { orders: [order('bar_outgoing', at(11))] },
      ),
      'The operator jio has been asked to bar its outgoing calls by 11 June 2026, 05:30 IST. A subscriber who proves to it who they are by 16 June 2026, 05:30 IST keeps the number, and has full service back within a day; else the operator is asked then to disconnect it, by 17 June 2026, 05:30 IST.',
    ],
    [
      'failed',
      rowOf(
        answered('failed', ledger('reverify'), {
          failedOrder: { rows: 1, sha256: SHA256, bytes: 1, deadline: at(4), delay: 0 },
        }),
        {
          orders: [order('disconnect', at(4), 3)],
        },
      ),
      'The operator jio says that the subscriber failed to prove who they are on 3 June 2026. It has been asked to disconnect it by 4 June 2026, 05:30 IST, which is over, and may have done so. A subscriber who proves to it who they are before it does keeps the number, and has full service back within a day.',
    ],
    [
      'failed, and may be disconnected at any time',
      rowOf(
        answered('failed', ledger('reverify'), {
          failedOrder: { rows: 1, sha256: SHA256, bytes: 1, deadline: at(8), delay: 0 },
        }),
        { orders: [order('disconnect', at(8), 3)] },
      ),
      'The operator jio says that the subscriber failed to prove who they are on 3 June 2026. It has been asked to disconnect it by 8 June 2026, 05:30 IST, and may have done so. A subscriber who proves to it who they are before it does keeps the number, and has full service back within a day.',
    ],
    [
      'failed after its ladder had ended',
      rowOf(answered('overdue', ledger('reverify', { closedAt: at(2) }))),
      'The operator jio has not said by 2 June 2026, 05:30 IST what became of it: it was to be disconnected by then, and may have been. It says since that the subscriber failed to prove who they are on 3 June 2026. The operator can still answer: the subscriber can prove who they are there, or ask for an appeal.',
    ],
    [
      'was extended in the last rung, and is asked once more, with no order to come after that',
      rowOf(ledger('reverify', { rungs: [{ order: 'reverify', deadline: at(17) }] }), {
        orders: [order('reverify', at(17))],
      }),
      'The operator jio has been asked to have the subscriber prove who they are by 17 June 2026, 05:30 IST. A subscriber who proves to it who they are by 17 June 2026, 05:30 IST keeps the number; no order to disconnect it follows.',
    ],
    [
      'failed in that',
      rowOf(
        answered('failed', ledger('reverify', { rungs: [{ order: 'reverify', deadline: at(17) }] }), {
          failedOrder: { rows: 1, sha256: SHA256, bytes: 1, deadline: at(4), delay: 0 },
        }),
        { orders: [order('disconnect', at(4), 3)] },
      ),
      'The operator jio says that the subscriber failed to prove who they are on 3 June 2026. It has been asked to disconnect it by 4 June 2026, 05:30 IST, which is over, and may have done so. A subscriber who proves to it who they are before it does keeps the number, and has full service back within a day.',
    ],
    [
      'was verified after a bar',
      rowOf(answered('verified', ledger('reverify')), {
        orders: [order('bar_outgoing', at(11)), order('restore', at(8))],
      }),
      'The operator jio says that the subscriber proved who they are on 3 June 2026: nothing more is asked of them. Full service is due back by 8 June 2026, 05:30 IST.',
    ],
    [
      'was surrendered',
      rowOf(answered('surrendered', ledger('reverify'))),
      'The operator jio says that its subscriber gave it up on 3 June 2026. Who holds that this was wrong can ask for an appeal until 1 September 2026.',
    ],
    [
      'was ported, and waits for the night',
      rowOf(answered('ported', ledger('reverify'), { moved: 1 }), {
        moved: { row: 0, why: 'ported', to: 'vi' as OperatorId },
      }),
      'The operator jio says that the number was ported to the operator vi on 3 June 2026, which is asked to have the subscriber prove who they are from the next night on.',
    ],
    [
      'is not found where it was ported',
      rowOf(answered('not_found', ledger('reverify'), { toReturn: 1 }), {
        moved: { row: 0, why: 'porting_disputed', to: 'vi' as OperatorId },
      }),
      'The operator jio says that it has no such number: nothing more is asked about it there. It goes on at the operator vi, which had said that it was ported there.',
    ],
    [
      'has more time',
      rowOf(answered('extended', ledger('reverify'), { moved: 1 }), {
        moved: { row: 0, why: 'extended', ground: 'hospital' },
      }),
      'The operator jio has given the subscriber more time (hospital). From the next night on they are asked again, with later deadlines.',
    ],
    [
      'was ported, and went on in its night',
      rowOf(answered('ported', ledger('reverify'), { moved: 1, followUp: 'followup-202606040000' as BatchId }), {
        moved: { row: 0, why: 'ported', to: 'vi' as OperatorId },
      }),
      'The operator jio says that the number was ported to the operator vi on 3 June 2026.',
    ],
    [
      'is given back',
      rowOf(ledger('restore')),
      'The operator jio is to give it full service again by 9 June 2026, 05:30 IST, whatever state it is in. Until it says that it did it is asked again, night after night; whoever lacks service then should ask there.',
    ],
    [
      'was given back',
      rowOf(answered('restored', ledger('restore'))),
      'The operator jio says that the number has full service again since 3 June 2026: nothing more is to be done.',
    ],
  ])('that %s', (_, row, sentence) => {
    expect(said(number([row]))).toBe(sentence);
  });

  it('tells of what has passed as it is by then', () => {
    const late = (row: RowFacts, now: Instant) => sentenceOf(number([row]), { ...asking, now });
    const gone = rowOf(answered('surrendered', ledger('reverify')));
    expect(late(gone, '2026-09-01T18:29:59Z' as Instant)).toMatch(/ can ask for an appeal until 1 September 2026\.$/);
    expect(late(gone, '2026-09-01T18:30:00Z' as Instant)).toMatch(/ could ask for an appeal until 1 September 2026\.$/);
    const back = rowOf(answered('verified', ledger('reverify')), { orders: [order('restore', at(8))] });
    expect(late(back, at(7, '23:59:59'))).toMatch(/ Full service is due back by 8 June 2026, 05:30 IST\.$/);
    expect(late(back, at(8))).toMatch(
      / Full service was due back by 8 June 2026, 05:30 IST: whoever lacks it should ask there\.$/,
    );
    expect(late(rowOf(ledger('restore')), at(9))).toBe(
      'The operator jio was to give it full service again by 9 June 2026, 05:30 IST, whatever state it is in: whoever lacks it should ask there.',
    );
    // The last rung has begun, and its order is not out yet: from the order on nobody is promised the rung's end.
    const barred = rowOf(ledger('reverify'), { orders: [order('bar_incoming', at(16), 3)] });
    expect(late(barred, at(15, '23:59:59'))).toMatch(/ by 16 June 2026, 05:30 IST keeps the number; else /);
    expect(late(barred, at(16))).toBe(
      'The operator jio has been asked to bar its incoming calls, too by 16 June 2026, 05:30 IST, which is over. It is about to be asked to disconnect it. A subscriber who proves to it who they are before it does keeps the number.',
    );
    const failed = rowOf(answered('failed', ledger('reverify')), { orders: [order('reverify', at(6))] });
    expect(late(failed, at(4))).toMatch(
      / by 6 June 2026, 05:30 IST\. It is about to be asked to disconnect it\. A subscriber who proves to it who they are before it does keeps the number\.$/,
    );
    // Its ladder has ended, and nobody has closed it yet.
    const open = rowOf(ledger('reverify'), { orders: [order('disconnect', at(17))] });
    expect(late(open, at(17))).toBe(
      'The operator jio has been asked to disconnect it by 17 June 2026, 05:30 IST, which is over, and may have done so. A subscriber who proves to it who they are before it does keeps the number.',
    );
  });

  it('says of somebody verified whom the operator says it cut off that they are to be restored', () => {
    const file: RecordedFile = { sha256: SHA256, attempt: 'b', at: at(4), version: 5, toRestore: 1 };
    const verified = answered('verified', ledger('reverify'));
    const row = rowOf({ ...verified, files: [...verified.files, file] }, { cutAfter: [{ file, name: 'later.csv' }] });
    expect(said(number([row]))).toBe(
      'The operator jio says that the subscriber proved who they are on 3 June 2026: nothing more is asked of them. But the operator jio said on 4 June 2026 that it disconnected the number all the same: that is to be restored, it is asked from the next night on to give full service again, and whoever lacks service should ask there.',
    );
    const followUp = 'followup-202606050000' as BatchId;
    const taken = rowOf(row.ledger, { cutAfter: [{ file: { ...file, followUp }, name: null }] });
    expect(said(number([taken]))).toMatch(/to be restored, it has been asked to give full service again/);
    expect(storyOf(number([row]))).toContainEqual({
      at: at(4),
      what: 'disconnected_after_verified',
      directionId: row.ledger.directionId,
      file: 'later.csv',
      sha256: SHA256,
    });
  });

  it('says of a number that is somebody else’s and was cut off since that it is to be restored', () => {
    const file: RecordedFile = { sha256: SHA256, attempt: 'b', at: at(5), version: 5, toRestore: 1 };
    const row = rowOf(answered('reissued', ledger('reverify')), { cutAfter: [{ file, name: null }] });
    expect(said(number([row]))).toMatch(
      /^The operator jio says that somebody else has had the number since 3 June 2026: .* But the operator jio said on 5 June 2026 that it disconnected the number all the same: that is to be restored/,
    );
    // The file by which it is somebody else's may not have been the one that said so first.
    const [own] = row.ledger.files;
    if (own === undefined) throw new Error('it was answered');
    expect(said(number([rowOf(row.ledger, { cutAfter: [{ file: own, name: null }] })]))).toMatch(
      / But the operator jio said by 3 June 2026 that it disconnected the number all the same: that is to be restored/,
    );
  });

  it('says it by the row in which they proved themselves, or have more time, whichever row the operator says it of', () => {
    const file: RecordedFile = { sha256: SHA256, attempt: 'b', at: at(20), version: 5, toRestore: 1 };
    const over = (plan: number, of: Ledger) => ({ ...of, plan, closedAt: at(17) });
    const cut = rowOf(over(1, answered('overdue', ledger('reverify'))), { cutAfter: [{ file, name: null }] });
    const later = { batchId: 'i4c-0123456789ab' as BatchId };
    const batches = [batch(), batch({ ...later, startedAt: at(2) })];
    const proved = (outcome: 'verified' | 'extended') => rowOf(answered(outcome, ledger('reverify', later, 2)), later);
    const all =
      /But the operator jio said on 20 June 2026 that it disconnected the number all the same: that is to be restored/;
    const [verified, extended] = [
      said(number([cut, proved('verified')], { batches })),
      said(number([cut, proved('extended')], { batches })),
    ];
    expect(verified).toMatch(/^The operator jio says that the subscriber proved who they are on 3 June 2026/);
    expect(extended).toMatch(/^The operator jio has given the subscriber more time/);
    for (const sentence of [verified, extended]) {
      expect(sentence).toMatch(all);
      expect(sentence.match(/all the same/g)).toHaveLength(1);
    }
  });

  it('says of somebody verified who was cut off and restored that they have service again, also where a later batch met them', () => {
    const file: RecordedFile = { sha256: SHA256, attempt: 'b', at: at(4), version: 5, toRestore: 1 };
    const verified = answered('verified', ledger('reverify'));
    const cut = rowOf({ ...verified, files: [...verified.files, file] }, { cutAfter: [{ file, name: null }] });
    const night = { batchId: 'followup-202606050000' as BatchId };
    const restored = (day: number) => {
      const of = answered('restored', ledger('restore', night, 2));
      return rowOf({ ...of, files: of.files.map((one) => ({ ...one, at: at(day) })) }, night);
    };
    const later = { batchId: 'i4c-0123456789ab' as BatchId, kind: 'reverify', operator: 'jio' as OperatorId } as const;
    const aside = [{ ...later, state: 'alreadyVerified', directionId: cut.ledger.directionId } as const];
    const batches = [batch(), batch({ batchId: later.batchId, startedAt: at(6) })];
    expect(said(number([cut, restored(5)], { aside, batches }))).toMatch(
      /said on 4 June 2026 that it disconnected the number all the same, and on 5 June 2026 that it has full service again: nothing more is to be done\.$/,
    );
    // What was said before the disconnection undoes nothing of it.
    expect(said(number([cut, restored(3)], { aside, batches }))).toMatch(/whoever lacks service should ask there/);
  });

  it('says of what was marked since somebody else has the number that it is so, and not that it was taken back', () => {
    const mark = (of: Ledger) => {
      const outcomes = new Uint8Array(of.outcomes);
      markReversed(outcomes, 0);
      return { ...of, outcomes };
    };
    const reissued = answered('reissued', ledger('reverify'));
    const elsewhere = mark(answered('not_found', ledger('reverify', { operator: 'vi' as OperatorId }, 2)));
    const facts = number([
      rowOf({ ...reissued, files: reissued.files.map((one) => ({ ...one, at: at(2) })) }),
      rowOf(elsewhere),
    ]);
    expect(said(facts)).toMatch(
      /^Somebody else has had the number since 3 June 2026, as an operator says: it is withdrawn/,
    );
    expect(said(facts)).not.toMatch(/taken back/);
    // Also by the reference of a row to whose story that answer doesn't belong.
    const byReference = number([rowOf(elsewhere)], { reissuedOn: on(3) });
    expect(said(byReference)).toMatch(/^Somebody else has had the number since 3 June 2026/);
  });

  it('says of what was taken back that no order and no list carries it, whatever was answered', () => {
    const of = answered('disconnected', ledger('reverify'));
    const outcomes = new Uint8Array(of.outcomes);
    markReversed(outcomes, 0);
    expect(said(number([rowOf({ ...of, outcomes })]))).toMatch(/^What was done about it was taken back/);
  });

  it('is about its newest row, and about others that are open still', () => {
    const newest = rowOf(answered('verified', ledger('reverify', {}, 2)));
    const open = rowOf(ledger('reverify'), { orders: [order('reverify', at(6), 1)] });
    const ended = rowOf(answered('not_found', ledger('reverify')));
    expect(said(number([open, newest]))).toMatch(
      /^The operator jio says that the subscriber proved .* has been asked to/,
    );
    expect(said(number([ended, newest]))).not.toMatch(/no such number/);
    // Nothing more is asked by that batch; by another one it is.
    expect(said(number([open, newest]))).toContain(
      `nothing more is asked of them by the batch ${newest.batchId}. The operator`,
    );
    expect(said(number([ended, newest]))).toMatch(/nothing more is asked of them\./);
  });

  it('says of a restore that a night found open that it is to be given back', () => {
    const LATER = 'followup-202606200000' as BatchId;
    const restore = rowOf(ledger('restore', {}, 2), { orders: [order('restore', at(6), 1)] });
    const aside = { batchId: LATER, operator: 'jio' as OperatorId, state: 'alreadyOpen', directionId: null } as const;
    const batches = [batch(), batch({ batchId: LATER, startedAt: at(20) })];
    const [given, asked] = (['restore', 'reverify'] as const).map((kind) =>
      said(number([restore], { batches, aside: [{ ...aside, kind }] })),
    );
    expect(given).toMatch(/^The newest batch that met it left it where it was to be given back already\. /);
    expect(asked).toMatch(/^The newest batch that met it left it where it was being re-verified already\. /);
  });

  describe('of whom a newer batch left out', () => {
    const LATER = 'mha-0123456789ac' as BatchId;
    const facts = (row: RowFacts, state: AsideFacts['state']): Facts =>
      number([row], {
        batches: [batch(), batch({ batchId: LATER, startedAt: at(20) })],
        aside: [{ batchId: LATER, kind: 'reverify', operator: 'jio' as OperatorId, state, directionId: null }],
      });
    const overdue = ledger('reverify', { closedAt: at(17) });
    overdue.outcomes[0] = code.overdue;
    const ported = rowOf(answered('ported', ledger('reverify'), { moved: 1 }), {
      moved: { row: 0, why: 'ported', to: 'vi' as OperatorId },
    });

    it.each(['struck', 'held', 'exempt'] as const)('(%s) says that an earlier one had it cut off', (state) => {
      for (const [row, words] of [
        [rowOf(answered('disconnected', ledger('reverify'))), /left it out|look cloned/],
        [rowOf(answered('surrendered', ledger('reverify'))), /gave it up/],
        [rowOf(overdue), /may have been\. The operator can still answer/],
        [
          rowOf({ ...overdue, rungs: [{ order: 'reverify', deadline: at(17) }] }),
          /of it: no order to disconnect it follows\. The/,
        ],
        [ported, /ported to the operator vi .* from the next night on/],
      ] as const)
        expect(said(facts(row, state))).toMatch(words);
      expect(said(facts(rowOf(answered('disconnected', ledger('reverify'))), state))).toMatch(
        /The operator jio disconnected it on 3 June 2026\. Who holds/,
      );
    });

    it.each([
      ['reversed', /been taken back and it had not been seen since in the handsets of that batch\. /],
      ['alreadyDisconnected', /been disconnected and not been seen since in the handsets of that batch\. /],
      ['alreadyVerified', /verified and it had not been seen on a later day in the handsets of that batch\. /],
      ['reissuedBefore', /has had the number since it was seen in the handsets of that batch\. /],
    ] as const)('(%s) claims no more than that batch knew: it may have been seen in others', (state, words) => {
      expect(said(facts(rowOf(answered('disconnected', ledger('reverify'))), state))).toMatch(words);
    });

    it('says nothing of an operator that did not know it', () => {
      expect(said(facts(rowOf(answered('not_found', ledger('reverify'))), 'struck'))).toMatch(
        /left it out, as an approver had asked: nothing is done about it there\.$/,
      );
    });

    it('says no more of what waits once a follow-up goes on with it', () => {
      const followUp = 'followup-202606050000' as BatchId;
      const gone = { ...ported, ledger: answered('ported', ledger('reverify'), { moved: 1, followUp }) };
      expect(said(facts(gone, 'struck'))).not.toMatch(/next night/);
    });
  });

  it('is about the newest event, whichever plan is newer, and about every row by which it is cut off', () => {
    const vi = (of: Ledger, day: number): RowFacts =>
      rowOf({ ...of, operator: 'vi' as OperatorId, files: of.files.map((file) => ({ ...file, at: at(day) })) });
    const plans = (day: number, answer: Answer, laterAnswer: Answer) =>
      said(
        number([
          vi(answered(answer, ledger('reverify')), day),
          rowOf(answered(laterAnswer, ledger('reverify', {}, 2))),
        ]),
      );
    expect(plans(10, 'disconnected', 'not_found')).toMatch(
      /^The operator vi disconnected it on .* appeal until [^.]*\.$/,
    );
    expect(plans(10, 'verified', 'not_found')).toMatch(/^The operator vi says that the subscriber proved/);
    expect(plans(2, 'verified', 'not_found')).toMatch(/^The operator jio says that it has no such number/);
    for (const answer of ['disconnected', 'surrendered'] as const)
      expect(plans(2, answer, 'verified')).toMatch(
        /^The operator jio says that the subscriber proved .* The operator vi /,
      );
    expect(plans(2, 'not_found', 'verified')).not.toMatch(/ vi /);
    const overdue = ledger('reverify', { closedAt: at(17) });
    overdue.outcomes[0] = code.overdue;
    const answer = rowOf(answered('not_found', ledger('reverify', {}, 2)));
    expect(said(number([rowOf(overdue), answer]))).toMatch(/^The operator jio has not said by 17 June/);
    const ported = rowOf(answered('ported', ledger('reverify'), { moved: 1, at: at(2) }));
    expect(said(number([ported, answer]))).toMatch(/^The operator jio says that it has no .* ported on .* next night/);
  });

  it('tells of an exemption as long as two approvers of now say so, until the earlier of their days', () => {
    const word = (until: Day) => ({ until, at: at(1), sha256: SHA256, line: 2 });
    const exemption = { 'approver-1': word(on(20)), 'approver-2': word(on(10)) } as Facts['exemption'];
    const facts = number([], { exemption });
    expect(said(facts)).toMatch(/^Nothing is known .* Until 10 June 2026 it is exempt/);
    expect(sentenceOf(facts, { ...asking, now: at(10, '18:29:59') })).toMatch(/exempt/);
    expect(sentenceOf(facts, { ...asking, now: at(10, '18:30:00') })).not.toMatch(/exempt/);
    expect(sentenceOf(facts, { ...asking, approvers: ['approver-1'] })).not.toMatch(/exempt/);
  });
});

it('days and instants are told as calendars and clocks show them in India', () => {
  expect(dayText(on(3))).toBe('3 June 2026');
  expect(instantText(at(16, '18:30:00'))).toBe('17 June 2026, 00:00 IST');
});
