/** What docs/caseworkers.md has of sentences, held to the sentences that the product says. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AsideFacts, ReversalFacts, RowFacts } from '../../lambdas/domain/facts.ts';
import type { BatchId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { BOOKS, type DirectionKind } from '../../lambdas/domain/kinds.ts';
import type { Ledger, RecordedFile } from '../../lambdas/domain/ledger.ts';
import { type Answer, OUTCOMES, type Outcome } from '../../lambdas/domain/outcome-rules.ts';
import { BYTES_PER_ROW, code } from '../../lambdas/domain/outcomes.ts';
import { NO_SUCH_ROW } from '../../lambdas/domain/sentences.ts';
import { SUBJECT_STATES } from '../../lambdas/domain/subject-states.ts';
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
  order,
  rowOf,
  SHA256,
  said,
  taken,
} from '../domain/explained.ts';

const page = readFileSync(new URL('../../docs/caseworkers.md', import.meta.url), 'utf8');
const [, table = ''] = page.split(/^\| the sentence says .*\n\|[-|]+\n/m);
const told = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| (.*?) \|/gm)].map(([, cell = '']) => cell);
/** The wordings of a cell, one after each semicolon. */
const wordings = (cell: string) => cell.split('; ');
/** Whether a sentence has a wording; anything may stand in it in place of an ellipsis. */
const isIn = (wording: string, sentence: string) => {
  let from = 0;
  return wording.split(/ ?… ?/).every((words) => {
    const at = sentence.indexOf(words, from);
    from = at + words.length;
    return at >= 0;
  });
};

const [JIO, VI] = ['jio' as OperatorId, 'vi' as OperatorId];
const LATER = 'i4c-0123456789ab' as BatchId;

const ordered = (one: Parameters<typeof order>[0]) =>
  said(number([rowOf(ledger('reverify'), { orders: [order(one, at(8))] })]));
const says = (answer: Answer, more: Partial<RowFacts> = {}) =>
  said(number([rowOf(answered(answer, ledger('reverify')), more)]));
/** The sentence of a row of which no more is known than its outcome. */
const saysOnly = (outcome: Outcome) => {
  const outcomes = new Uint8Array(BYTES_PER_ROW);
  outcomes[0] = code[outcome];
  return said(number([rowOf({ ...ledger('reverify'), outcomes })]));
};
const leftOut = (state: AsideFacts['state'], kind: DirectionKind = 'reverify') =>
  said(
    number([], {
      aside: [{ batchId: LATER, kind, operator: JIO, state, directionId: null }],
      batches: [batch({ batchId: LATER })],
    }),
  );
const takenBack = (more: Partial<ReversalFacts> = {}) => said(number([], { reversals: [taken(more)] }));
const relying = { ground: 'withdrawal', kept: [{ operator: JIO, batchId: LATER, state: 'alreadyOpen' }] } as const;
const cutAfter = [
  { file: { sha256: SHA256, attempt: 'b', at: at(4), version: 5, toRestore: 1 } satisfies RecordedFile, name: null },
];
const exceptedFrom = (unblock: Ledger) => rowOf(unblock, { subject: { imei: IMEI, msisdn: NUMBER } });
const exception = exceptedFrom(answered('unblocked', ledger('unblock', {}, 2)));
const anew = rowOf(ledger('block', { batchId: LATER, startedAt: at(6) }, 3), { subject: { imei: IMEI } });

/** What the product says of each thing that a row of the page tells apart, by the row's first words. */
const SENTENCES: readonly (readonly [string, ...string[]])[] = [
  ['has been asked to have', ordered('reverify'), ordered('bar_outgoing'), ordered('bar_incoming')],
  ['is about to be asked to have', said(number([rowOf(ledger('reverify'))]))],
  ['has been asked to disconnect', ordered('disconnect'), says('failed', { orders: [order('reverify', at(6))] })],
  ['says that the subscriber failed', says('failed')],
  ['says that the subscriber proved', says('verified')],
  [
    'This handset is blocked',
    said(handset([rowOf(answered('blocked', ledger('block')))])),
    said(handset([rowOf(ledger('block'))])),
  ],
  ['that it disconnected the number all the same', says('verified', { cutAfter })],
  ['disconnected it; ', says('disconnected'), says('surrendered')],
  ['the number was ported', says('ported', { moved: { row: 0, why: 'ported', to: VI } })],
  ['has given the subscriber more time', says('extended', { moved: { row: 0, why: 'extended', ground: 'hospital' } })],
  ['What was done about it was taken back', takenBack(), saysOnly('withdrawn')],
  [
    'is to give it full service again',
    said(number([rowOf(ledger('restore'))])),
    said(number([rowOf(ledger('restore', { rungs: [{ order: 'restore', deadline: at(6) }] }))])),
  ],
  ['has full service again', said(number([rowOf(answered('restored', ledger('restore')))]))],
  ['It was withdrawn from every list', takenBack({ state: 'tooLate' })],
  ['What a withdrawn report did', takenBack(relying)],
  ['What was done about it before', takenBack({ kept: relying.kept })],
  ['There was nothing to give back', takenBack({ state: 'nothingToRestore' })],
  ['That stays all the same', takenBack({ ...relying, state: 'kept' })],
  ['An approver left it out', takenBack({ state: 'struck' })],
  [
    'Its block was taken back',
    said(handset([], [], [taken({ imei: IMEI, msisdn: null })])),
    said(handset([], [], [taken({ imei: IMEI, msisdn: null, state: 'nothingToRestore' })])),
  ],
  [
    'not blocked, since',
    said(handset([], [{ batchId: BATCH, kind: 'block', operator: JIO, state: 'held', directionId: null }])),
  ],
  [
    'is to let the number be used',
    said(number([exceptedFrom(ledger('unblock', {}, 2))])),
    said(number([exceptedFrom(ledger('unblock', { rungs: [{ order: 'unblock', deadline: at(6) }] }, 2))])),
  ],
  ['was granted', takenBack({ imei: IMEI, state: 'nothingToRestore' })],
  ['may be used in the handset', said(number([exception]))],
  ['But since', said(number([exception], { blocks: [anew] }))],
  ['has not said by', saysOnly('overdue')],
  ['has no such number', says('not_found')],
  ['somebody else has had the number since', says('reissued'), leftOut('reissuedBefore')],
  ['left it out, as an approver', leftOut('struck')],
  ['only in handsets that look cloned', leftOut('held')],
  ['it was exempt', leftOut('exempt')],
  ['left it alone, since', leftOut('reversed'), leftOut('alreadyDisconnected'), leftOut('alreadyVerified')],
  ['left it where it was', leftOut('alreadyOpen'), leftOut('alreadyOpen', 'restore')],
  ['No order has a row with this reference', NO_SUCH_ROW],
  ['Nothing is known', said(number([])), said(handset([]))],
];

describe('docs/caseworkers.md', () => {
  it('has the rows that are held to the product here, and no other', () => {
    expect(told.map((cell) => SENTENCES.filter(([words]) => cell.startsWith(words)).length)).toEqual(told.map(() => 1));
    expect(told).toHaveLength(SENTENCES.length);
  });

  it.each(SENTENCES)('says what the product says: %s', (words, ...sentences) => {
    const said = wordings(told.find((cell) => cell.startsWith(words)) ?? '');
    for (const sentence of sentences)
      expect(
        said.some((wording) => isIn(wording, sentence)),
        sentence,
      ).toBe(true);
    for (const wording of said)
      expect(
        sentences.filter((sentence) => isIn(wording, sentence)),
        wording,
      ).not.toEqual([]);
  });

  it('has a row for every outcome of a number, and for every state in which a batch leaves or takes it back', () => {
    const all = told.flatMap(wordings);
    const sentences = [
      ...OUTCOMES.filter((outcome) => outcome !== 'blocked' && outcome !== 'unblocked').map(saysOnly),
      ...Object.keys(BOOKS.connections.decided)
        .filter((state) => state !== 'directed')
        .map((state) => leftOut(state as AsideFacts['state'])),
      ...SUBJECT_STATES.map((state) => takenBack({ state, kept: state === 'kept' ? relying.kept : [] })),
    ];
    expect(sentences.filter((sentence) => !all.some((wording) => isIn(wording, sentence)))).toEqual([]);
  });
});
