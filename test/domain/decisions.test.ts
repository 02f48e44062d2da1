import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Instant } from '../../lambdas/domain/days.ts';
import {
  actOf,
  applyDecision,
  type Decision,
  type DecisionApplied,
  type DecisionColumn,
  DecisionDamaged,
  type DecisionRow,
  decideByOf,
  decidedBy,
  decisionText,
  isFinal,
  type OverLimit,
  ofSubjects,
  openDecision,
  overLimit,
  parseDecision,
  parseDecisionRow,
  type WeighedReport,
  whatNow,
} from '../../lambdas/domain/decisions.ts';
import type { ApproverId, Imei } from '../../lambdas/domain/identifiers.ts';
import { receiptOf } from '../../lambdas/domain/responses.ts';
import { at, batchId, imei, msisdn } from './example.ts';

const preview = 'ab'.repeat(32);
const [A, B, C] = ['approver-1', 'approver-2', 'approver-3'] as ApproverId[] as [ApproverId, ApproverId, ApproverId];
const clone = imei('35200000000001');
const plain = imei('35200000000002');
const number = msisdn('9800000001');
const openedAt = at('2026-06-01T00:00:00Z');
const decideBy = at('2026-06-03T00:00:00Z');

describe('reading a row of a decision', () => {
  const cells = (told: Partial<Record<DecisionColumn, string>>) => ({
    preview,
    decision: 'approve',
    imei: '',
    msisdn: '',
    ground: '',
    remarks: '',
    ...told,
  });
  const parse = (told: Partial<Record<DecisionColumn, string>>, agency = 'mha') =>
    parseDecisionRow({ line: 4, cells: cells(told) }, { preview, agency });

  test.each(['public_interest', 'notice_given'])('it approves for the ground %s', (ground) => {
    expect(parse({ ground })).toEqual({ line: 4, decision: 'approve', ground });
  });

  test('it refuses with remarks', () => {
    expect(parse({ decision: 'refuse', remarks: 'a hospital' })).toEqual({ line: 4, decision: 'refuse' });
  });

  test.each(['block', 'reverify', 'spare'])('it says %s of a handset', (decision) => {
    expect(parse({ decision, imei: '35-200000-000001' })).toEqual({ line: 4, decision, imei: clone });
  });

  test('it strikes a handset, a number, or both', () => {
    const struck = { decision: 'strike', remarks: 'x' };
    expect(parse({ ...struck, imei: '35200000000001' })).toMatchObject({ imei: clone, msisdn: null });
    expect(parse({ ...struck, msisdn: '09800000001' })).toMatchObject({ imei: null, msisdn: number });
    expect(parse({ ...struck, msisdn: '9800000001', imei: '35200000000001' })).toMatchObject({
      imei: clone,
      msisdn: number,
    });
  });

  test('it names the preview in upper or lower case', () => {
    expect(parse({ preview: preview.toUpperCase(), ground: 'notice_given' })).toMatchObject({ decision: 'approve' });
  });

  test('it needs no cells but its own', () => {
    expect(parse({ ground: 'notice_given', imei: 'x', msisdn: 'y' })).toMatchObject({ decision: 'approve' });
    expect(parse({ decision: 'spare', imei: '35200000000001', msisdn: 'y' })).toMatchObject({ decision: 'spare' });
  });

  test.each<[string, Partial<Record<DecisionColumn, string>>, string]>([
    ['no preview', { preview: '', decision: 'x' }, 'bad_preview'],
    ['half a SHA-256', { preview: 'ab'.repeat(16) }, 'bad_preview'],
    ['a SHA-256 of other letters', { preview: 'xy'.repeat(32) }, 'bad_preview'],
    ['another preview', { preview: 'cd'.repeat(32), decision: 'x' }, 'not_this_preview'],
    ['no decision', { decision: '' }, 'unknown_decision'],
    ['a decision in capitals', { decision: 'Approve' }, 'unknown_decision'],
    ['an approval without a ground', {}, 'missing_ground'],
    ['an approval for another ground', { ground: 'because' }, 'missing_ground'],
    ['a refusal without remarks', { decision: 'refuse' }, 'missing_remarks'],
    ['a strike without remarks', { decision: 'strike', imei: 'x' }, 'missing_remarks'],
    ['a strike of nothing', { decision: 'strike', remarks: 'x' }, 'missing_imei'],
    ['a strike of no number', { decision: 'strike', remarks: 'x', msisdn: '12' }, 'bad_msisdn'],
    [
      'a strike of a number and no handset',
      { decision: 'strike', remarks: 'x', msisdn: '9800000001', imei: 'x' },
      'not_digits',
    ],
    ['an act without a handset', { decision: 'block', msisdn: '9800000001' }, 'missing_imei'],
    ['a wrong check digit', { decision: 'block', imei: '352000000000011' }, 'check_digit_mismatch'],
    [
      'what is reserved for the self-check',
      { decision: 'strike', remarks: 'x', msisdn: '+910012345678' },
      'bad_msisdn',
    ],
  ])('it is rejected for %s', (_, told, reason) => {
    expect(parse(told)).toEqual({ line: 4, reason });
  });

  test("of a self-check's batch names what is reserved for it, and nothing else", () => {
    const struck = { decision: 'strike', remarks: 'x' };
    expect(parse({ ...struck, msisdn: '+910012345678' }, 'self-check')).toMatchObject({ msisdn: '+910012345678' });
    expect(parse({ ...struck, msisdn: '9800000001' }, 'self-check')).toEqual({ line: 4, reason: 'self_check' });
  });

  test('with more or fewer cells than the header it is rejected before all other reasons', () => {
    const row = { line: 5, wrongCellCount: 'approve' };
    expect(parseDecisionRow(row, { preview, agency: 'mha' })).toEqual({ line: 5, reason: 'wrong_cell_count' });
  });

  test('it is held to the subjects of the batch', () => {
    const subjects = {
      isHeld: (one: Imei) => one === clone,
      isHandset: (one: Imei) => one === clone || one === plain,
      isLinked: (one: string) => one === number,
    };
    const stranger = msisdn('9800000009');
    const other = imei('35200000000009');
    const check = (row: DecisionRow) => ofSubjects(row, subjects);
    const approve: DecisionRow = { line: 2, decision: 'approve', ground: 'notice_given' };
    expect(check(approve)).toBe(approve);
    expect(check({ line: 2, decision: 'block', imei: clone })).toMatchObject({ decision: 'block' });
    expect(check({ line: 2, decision: 'block', imei: plain })).toEqual({ line: 2, reason: 'not_held' });
    expect(check({ line: 2, decision: 'spare', imei: other })).toEqual({ line: 2, reason: 'not_held' });
    const strike = (named: { imei?: Imei; msisdn?: typeof number }) =>
      check({ line: 2, decision: 'strike', imei: null, msisdn: null, ...named });
    for (const named of [{ imei: plain }, { imei: clone, msisdn: number }, { msisdn: number }])
      expect(strike(named)).toMatchObject({ decision: 'strike' });
    for (const named of [{ imei: other }, { msisdn: stranger }, { imei: clone, msisdn: stranger }])
      expect(strike(named)).toEqual({ line: 2, reason: 'not_a_subject' });
  });
});

const opened = (more: Partial<Parameters<typeof openDecision>[0]> = {}): Decision =>
  openDecision({ batchId, preview, people: 2, openedAt, decideBy, overLimit: false, ...more });

type Word = readonly ['approve' | 'refuse'] | readonly ['block' | 'reverify' | 'spare' | 'strike', string];
const rowsOf = (words: readonly Word[]): DecisionRow[] =>
  words.map(([decision, subject], n) => {
    const line = n + 2;
    if (decision === 'approve') return { line, decision, ground: 'public_interest' };
    if (decision === 'refuse') return { line, decision };
    if (decision !== 'strike') return { line, decision, imei: subject as Imei };
    const isNumber = subject?.startsWith('+') ?? false;
    return {
      line,
      decision,
      imei: isNumber ? null : (subject as Imei),
      msisdn: isNumber ? (subject as typeof number) : null,
    };
  });

let files = 0;
function result(
  decision: Decision,
  approver: ApproverId,
  words: readonly Word[],
  more: { at?: Instant; sha256?: string } = {},
) {
  files += 1;
  const sha256 = more.sha256 ?? files.toString(16).padStart(8, '0').padEnd(64, '0');
  return applyDecision(decision, rowsOf(words), {
    approver,
    sha256,
    attempt: `attempt-${files}`,
    committedAt: more.at ?? at('2026-06-01T12:00:00Z'),
  });
}
function applied(
  decision: Decision,
  approver: ApproverId,
  words: readonly Word[],
  more?: { at?: Instant; sha256?: string },
): DecisionApplied {
  const done = result(decision, approver, words, more);
  if (done.kind !== 'applied') throw new Error(`expected applied, got ${done.kind}`);
  return done;
}
const said = (decision: Decision, ...all: [ApproverId, ...Word[]][]): Decision =>
  all.reduce((before, [approver, ...words]) => applied(before, approver, words).decision, decision);
const endOf = (decision: Decision) => decision.ending?.state ?? 'waits';

describe('people', () => {
  test('two different approvers approve a report, at the commit of the second', () => {
    const first = said(opened(), [A, ['approve']]);
    expect(endOf(first)).toBe('waits');
    const second = applied(first, B, [['approve']], { at: at('2026-06-02T10:00:00Z') }).decision;
    expect(second.ending).toEqual({ state: 'approved', at: '2026-06-02T10:00:00Z', by: [A, B] });
    expect(second.remindAt).toBeNull();
  });

  test('one who approves twice, in one file or two, is one', () => {
    expect(endOf(said(opened(), [A, ['approve'], ['approve']], [A, ['approve']]))).toBe('waits');
  });

  test('one who refuses is enough, though another approves', () => {
    const refused = said(opened(), [A, ['approve']], [B, ['refuse']]);
    expect(refused.ending).toMatchObject({ state: 'refused', by: [B] });
  });

  test('who approved and refuses later refuses', () => {
    expect(endOf(said(opened(), [A, ['approve']], [A, ['refuse']]))).toBe('refused');
    expect(endOf(said(opened({ people: 1 }), [A, ['approve'], ['refuse']]))).toBe('refused');
  });

  test('of one file the last word on the batch counts, and the refusal before it is none', () => {
    expect(endOf(said(opened({ people: 1 }), [A, ['refuse'], ['approve']]))).toBe('approved');
  });

  test('nobody takes back what ended the wait', () => {
    const refused = said(opened(), [A, ['refuse']]);
    expect(result(refused, A, [['approve']])).toEqual({ kind: 'not_waiting' });
    const approved = said(opened(), [A, ['approve']], [B, ['approve']]);
    expect(result(approved, C, [['refuse']])).toEqual({ kind: 'not_waiting' });
  });

  test('where none are needed it goes on at once, and who is held is spared', () => {
    const none = opened({ people: 0 });
    expect(none).toMatchObject({ ending: { state: 'approved', at: openedAt, by: [] }, remindAt: null });
    expect(decidedBy(none, [clone]).held).toEqual(new Map([[clone, 'spare']]));
    expect(result(none, A, [['refuse']])).toEqual({ kind: 'not_waiting' });
  });

  test('a file of rejects alone is kept and changes nothing', () => {
    const before = opened();
    const done = applyDecision(before, [{ line: 2, reason: 'not_this_preview' }], {
      approver: A,
      sha256: '1'.repeat(64),
      attempt: 'x',
      committedAt: openedAt,
    });
    expect(done).toMatchObject({ kind: 'applied', rows: 1, recorded: 0, alreadyRecorded: 0 });
    if (done.kind === 'applied') expect([endOf(done.decision), done.decision.version]).toEqual(['waits', 2]);
  });
});

describe('the same bytes', () => {
  test('by the same approver change nothing, even after another word, and after the end', () => {
    const sha256 = 'c'.repeat(64);
    const first = applied(opened(), A, [['approve']], { sha256 }).decision;
    const [file] = first.files;
    expect(result(first, A, [['refuse']], { sha256 })).toEqual({ kind: 'known', file });
    const refused = said(first, [A, ['refuse']]);
    expect(result(refused, A, [['approve']], { sha256 })).toEqual({ kind: 'known', file });
    expect(file).toMatchObject({ approver: A, sha256, version: 2 });
  });

  test('by the same approver are told apart by their first eight digits, so no other file shares them', () => {
    const sha256 = `12345678${'c'.repeat(56)}`;
    const first = applied(opened(), A, [['approve']], { sha256 }).decision;
    const alike = { sha256: `12345678${'d'.repeat(56)}` };
    expect(result(first, A, [['refuse']], alike)).toEqual({ kind: 'sha_taken' });
    expect(result(first, B, [['refuse']], alike).kind).toBe('applied');
  });

  test('by another approver are that one’s own word', () => {
    const sha256 = 'c'.repeat(64);
    const first = applied(opened(), A, [['approve']], { sha256 }).decision;
    expect(endOf(applied(first, B, [['approve']], { sha256 }).decision)).toBe('approved');
  });

  test('a receipt counts what is new, what was said before, and what is rejected', () => {
    const first = said(opened(), [A, ['spare', clone], ['approve']]);
    const done = applied(first, A, [
      ['approve'],
      ['spare', clone],
      ['block', clone],
      ['spare', clone],
      ['strike', number],
    ]);
    expect([done.rows, done.recorded, done.alreadyRecorded]).toEqual([5, 3, 2]);
    expect(receiptOf('x.csv', 'f', done)).toMatchObject({ rows: 5, recorded: 3, alreadyRecorded: 2, refused: null });
  });

  test('an approver has 500 files in a batch, and takes none from the others', () => {
    let decision = opened();
    for (let n = 0; n < 500; n++) decision = applied(decision, A, []).decision;
    expect(result(decision, A, [['refuse']])).toEqual({ kind: 'too_many_files' });
    expect(endOf(said(decision, [B, ['refuse']]))).toBe('refused');
  });
});

describe('held handsets', () => {
  const actAfter = (...all: [ApproverId, ...Word[]][]) => actOf(said(opened(), ...all), clone);

  test('are spared where nobody, or one approver alone, speaks of them', () => {
    expect(actAfter()).toBe('spare');
    expect(actAfter([A, ['block', clone]])).toBe('spare');
    expect(actAfter([A, ['block', clone]], [A, ['block', clone]])).toBe('spare');
    expect(actAfter([A, ['block', clone]], [B, ['block', plain]])).toBe('spare');
  });

  test('the mildest of what as many approvers as are needed say counts', () => {
    expect(actAfter([A, ['block', clone]], [B, ['block', clone]])).toBe('block');
    expect(actAfter([A, ['block', clone]], [B, ['reverify', clone]])).toBe('reverify');
    expect(actAfter([A, ['block', clone]], [B, ['block', clone]], [C, ['spare', clone]])).toBe('spare');
    expect(actAfter([A, ['reverify', clone]], [B, ['spare', clone]])).toBe('spare');
  });

  test('the last word of each counts', () => {
    expect(actAfter([A, ['spare', clone]], [B, ['block', clone]], [A, ['block', clone]])).toBe('block');
    expect(actAfter([A, ['block', clone]], [B, ['block', clone]], [A, ['strike', clone]])).toBe('spare');
  });

  test('who doesn’t approve the batch has a word on its handsets as well', () => {
    const approved = said(opened(), [C, ['block', clone]], [A, ['block', clone], ['approve']], [B, ['approve']]);
    expect(endOf(approved)).toBe('approved');
    expect(actOf(approved, clone)).toBe('block');
  });

  test('one approver’s file is enough where one is needed', () => {
    expect(actOf(said(opened({ people: 1 }), [A, ['block', clone], ['approve']]), clone)).toBe('block');
  });
});

describe('strikes', () => {
  test('of any one approver leave a subject out', () => {
    const approved = said(opened(), [C, ['strike', number], ['strike', plain]], [A, ['approve']], [B, ['approve']]);
    expect(decidedBy(approved, []).struck).toEqual(new Set([number, plain]));
  });

  test('stay where their approver says nothing more of it, and go with another word on the same handset', () => {
    const struck = said(opened(), [A, ['strike', clone]]);
    expect(decidedBy(said(struck, [A, ['approve']]), [clone]).struck).toEqual(new Set([clone]));
    expect(decidedBy(said(struck, [B, ['block', clone]]), [clone]).struck).toEqual(new Set([clone]));
    expect(decidedBy(said(struck, [A, ['spare', clone]]), [clone]).struck).toEqual(new Set());
  });
});

describe('the time to decide', () => {
  test('is 48 hours, with a reminder at half', () => {
    expect(decideByOf(openedAt, 48)).toBe('2026-06-03T00:00:00Z');
    const decision = opened();
    expect(decision.remindAt).toBe('2026-06-02T00:00:00Z');
    expect(whatNow(decision, at('2026-06-01T23:59:59Z'))).toEqual({ kind: 'wait', until: '2026-06-02T00:00:00Z' });
    const due = whatNow(decision, at('2026-06-02T00:00:00Z'));
    if (due.kind !== 'remind') throw new Error(due.kind);
    expect(due.decision.version).toBe(2);
    expect(whatNow(due.decision, at('2026-06-02T00:00:01Z'))).toEqual({ kind: 'wait', until: decideBy });
  });

  test('ends in lapsed, whatever one approver said', () => {
    const decision = said(opened(), [A, ['approve'], ['block', clone]]);
    expect(whatNow(decision, at('2026-06-02T23:59:59Z')).kind).toBe('remind');
    const due = whatNow(decision, decideBy);
    if (due.kind !== 'lapse') throw new Error(due.kind);
    expect(due.decision).toMatchObject({
      ending: { state: 'lapsed', at: decideBy, by: [] },
      remindAt: null,
      version: 3,
    });
    expect(result(due.decision, B, [['approve']], { at: decideBy })).toEqual({ kind: 'not_waiting' });
    expect(whatNow(due.decision, decideBy)).toMatchObject({ kind: 'ended', ending: { state: 'lapsed' } });
  });

  test('the commit counts: in its last second whoever commits first, after it nobody', () => {
    const decision = said(opened(), [A, ['approve']]);
    const approved = applied(decision, B, [['approve']], { at: decideBy }).decision;
    expect(endOf(approved)).toBe('approved');
    expect(whatNow(approved, decideBy).kind).toBe('ended');
    expect(result(decision, B, [['approve']], { at: at('2026-06-03T00:00:01Z') })).toEqual({ kind: 'not_waiting' });
  });

  test('of what never lapses is reminded of daily', () => {
    const decision = opened({ decideBy: null, people: 1 });
    expect(decision.remindAt).toBe('2026-06-02T00:00:00Z');
    const due = whatNow(decision, at('2026-06-02T00:00:03Z'));
    if (due.kind !== 'remind') throw new Error(due.kind);
    expect(due.decision.remindAt).toBe('2026-06-03T00:00:03Z');
    expect(whatNow(due.decision, at('2027-06-01T00:00:00Z')).kind).toBe('remind');
    expect(endOf(applied(due.decision, A, [['approve']], { at: at('2027-06-01T00:00:00Z') }).decision)).toBe(
      'approved',
    );
  });

  test('after a refusal the same file is read no more, after a lapse it is', () => {
    const final = (state: 'approved' | 'refused' | 'lapsed' | 'over_limit') => isFinal({ state, at: openedAt, by: [] });
    expect([final('refused'), final('lapsed'), final('over_limit')]).toEqual([true, false, false]);
  });
});

describe('limits', () => {
  const limits = { numbers: 3_000_000, handsets: 50_000 };
  const report = (
    numbers: number,
    handsets: number,
    weighedAt = '2026-06-02T00:00:00Z',
    ending: string | null = null,
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
    const half = (weighedAt: string, ending?: string) => report(1, 25_000, weighedAt, ending ?? null);
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
    for (const ending of ['refused', 'lapsed', 'withdrawn', 'over_limit', 'failed'])
      expect(over(report(1, 25_001), half('2026-06-01T12:00:00Z', ending))).toBeNull();
  });

  test('what is over one ends at once, whatever people say', () => {
    const ended = opened({ overLimit: true });
    expect(ended).toMatchObject({ ending: { state: 'over_limit', at: openedAt, by: [] }, remindAt: null });
    expect(result(ended, A, [['approve']])).toEqual({ kind: 'not_waiting' });
    expect(opened({ overLimit: true, people: 0 }).ending?.state).toBe('over_limit');
  });
});

describe('the record', () => {
  test('is read back as it was written', () => {
    const decision = said(opened(), [A, ['approve'], ['block', clone], ['strike', number]], [B, ['refuse']]);
    expect(parseDecision(decisionText(decision))).toEqual(decision);
    expect(parseDecision(decisionText(opened({ people: 0, decideBy: null })))).toEqual(
      opened({ people: 0, decideBy: null }),
    );
  });

  test('of format 1 is read as it was recorded', () => {
    const text = `{"format":1,"batchId":"mha-0123456789ab","preview":"${preview}","people":2,"openedAt":"2026-06-01T00:00:00Z",
      "decideBy":"2026-06-03T00:00:00Z","remindAt":null,"votes":{"approver-1":{"batch":{"decision":"approve","ground":"notice_given"},
      "subjects":{"35200000000001":"block","+919800000001":"strike"}},"approver-2":{"batch":null,"subjects":{"35200000000001":"reverify"}}},
      "files":[{"approver":"approver-1","sha256":"${preview}","attempt":"a","at":"2026-06-01T12:00:00Z","version":2}],
      "ending":{"state":"lapsed","at":"2026-06-03T00:00:00Z","by":[]},"version":4}`;
    const decision = parseDecision(text);
    expect(actOf(decision, clone)).toBe('reverify');
    expect(decidedBy(decision, []).struck).toEqual(new Set([number]));
  });

  test.each([
    ['no JSON', '{'],
    ['another format', decisionText({ ...opened(), format: 2 as 1 })],
    [
      'an act that is none',
      decisionText(opened()).replace(
        '"votes": {}',
        '"votes":{"approver-1":{"batch":null,"subjects":{"35200000000001":"burn"}}}',
      ),
    ],
    ['a field too many', decisionText(opened()).replace('{', '{"more":1,')],
  ])('is damaged with %s, and the error tells nothing of it', (_, text) => {
    expect(() => parseDecision(text)).toThrow(new DecisionDamaged());
  });
});

describe('laws', () => {
  const approver = fc.constantFrom(A, B, C);
  const word: fc.Arbitrary<Word> = fc.oneof(
    fc.constantFrom<Word>(['approve'], ['approve'], ['refuse']),
    fc.tuple(
      fc.constantFrom('block', 'reverify', 'spare', 'strike'),
      fc.constantFrom<string>(clone, plain),
    ) as fc.Arbitrary<Word>,
    fc.constant<Word>(['strike', number]),
  );
  const file = fc.record({ who: approver, words: fc.array(word, { maxLength: 5 }) });
  const history = fc.array(file, { maxLength: 12 });
  type File = { who: ApproverId; words: Word[] };
  /** The record after all files that it took; once it ended it takes no more. */
  const run = (all: readonly File[], people = 2) =>
    all.reduce((decision, { who, words }) => {
      const done = result(decision, who, words);
      return done.kind === 'applied' ? done.decision : decision;
    }, opened({ people }));

  test('no one person can have a batch approved, or a held handset acted upon, where two are needed', () => {
    fc.assert(
      fc.property(approver, fc.array(fc.array(word, { maxLength: 6 }), { maxLength: 12 }), (who, files) => {
        const decision = run(files.map((words) => ({ who, words })));
        expect(endOf(decision)).not.toBe('approved');
        for (const held of [clone, plain]) expect(actOf(decision, held)).toBe('spare');
      }),
    );
  });

  test('nobody of two can make others’ words on a held handset harsher, or take their strike away', () => {
    const harshness = { spare: 0, reverify: 1, block: 2 };
    fc.assert(
      fc.property(history, fc.array(word, { maxLength: 5 }), (files, words) => {
        const others = files.filter(({ who }) => who !== C);
        const before = run(others);
        if (before.ending !== null) return;
        const then = applied(before, C, words).decision;
        const [a, b] = [decidedBy(before, [clone]), decidedBy(then, [clone])];
        for (const struck of a.struck) expect(b.struck.has(struck)).toBe(true);
        const given = Object.values(before.votes).filter(({ subjects }) =>
          ['spare', 'reverify', 'block'].includes(subjects[clone] ?? ''),
        );
        if (given.length >= 2)
          expect(harshness[actOf(then, clone)]).toBeLessThanOrEqual(harshness[actOf(before, clone)]);
      }),
    );
  });

  test('approved takes as many different people as are needed, whose last word it is, and none who refuses', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 3 }), (files, people) => {
        const decision = run(files, people);
        // A plain reading: file after file, until one refuses or enough approve.
        const last = new Map<ApproverId, string>();
        let expected = 'waits';
        for (const { who, words } of files) {
          for (const [one] of words) if (one === 'approve' || one === 'refuse') last.set(who, one);
          const all = [...last.values()];
          if (all.includes('refuse')) expected = 'refused';
          else if (all.filter((one) => one === 'approve').length >= people) expected = 'approved';
          if (expected !== 'waits') break;
        }
        expect(endOf(decision)).toBe(expected);
      }),
    );
  });

  test('the order of different people’s files doesn’t matter, while nothing ended', () => {
    const harmless = fc.array(
      fc.record({
        who: approver,
        words: fc.array(
          word.filter(([said]) => said !== 'approve' && said !== 'refuse'),
          { maxLength: 4 },
        ),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(harmless, (files) => {
        const byPerson = [A, B, C].flatMap((who) => files.filter((one) => one.who === who));
        expect(run(byPerson).votes).toEqual(run(files).votes);
        expect(run([...byPerson].reverse().sort((x, y) => (x.who < y.who ? 1 : -1))).version).toBe(run(files).version);
        expect(decidedBy(run(byPerson), [clone, plain])).toEqual(decidedBy(run(files), [clone, plain]));
      }),
    );
  });

  test('rows of one file are counted together: how they are cut into rows before the last word makes no difference', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const lastOf = new Map<string, Word>();
        for (const one of words) {
          const key = one[0] === 'approve' || one[0] === 'refuse' ? 'batch' : String(one[1]);
          lastOf.delete(key);
          lastOf.set(key, one);
        }
        const whole = applied(opened({ people: 1 }), A, words).decision;
        const only = applied(opened({ people: 1 }), A, [...lastOf.values()]).decision;
        expect(whole.votes).toEqual(only.votes);
        expect(endOf(whole)).toBe(endOf(only));
      }),
    );
  });

  test('every row is recorded, was said before, or is rejected; and each commit takes the next version', () => {
    fc.assert(
      fc.property(history, (files) => {
        let decision = opened();
        for (const { who, words } of files) {
          const done = result(decision, who, words);
          if (done.kind !== 'applied') continue;
          expect(done.recorded + done.alreadyRecorded + done.rejects.length).toBe(words.length);
          expect(done.decision.version).toBe(decision.version + 1);
          decision = done.decision;
        }
      }),
    );
  });
});
