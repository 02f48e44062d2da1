import { describe, expect, test } from 'vitest';
import type { Instant } from '../../lambdas/domain/days.ts';
import {
  actOf,
  applyDecision,
  approvals as approvalsOf,
  type Decision,
  decideByOf,
  decidedBy,
  refusals,
  takesBack,
  whatNow,
  withdrawDecision,
  withRefused,
  withStrikesOf,
} from '../../lambdas/domain/decisions.ts';
import type { ApproverId } from '../../lambdas/domain/identifiers.ts';
import { receiptOf } from '../../lambdas/domain/receipts.ts';
import {
  A,
  applied,
  B,
  C,
  clone,
  decideBy,
  endOf,
  number,
  opened,
  openedAt,
  plain,
  result,
  said,
  type Word,
} from './decided.ts';
import { at } from './example.ts';

/** How many approve of all who are in these tests. */
const approvals = (decision: Decision) => approvalsOf(decision, [A, B, C]);

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

  test('who is no approver any more neither approves nor gives an act; what they struck stays struck', () => {
    const first = said(opened(), [A, ['block', clone], ['strike', number], ['approve']]);
    const second = applied(first, B, [['block', clone], ['approve']], { approvers: [B, C] }).decision;
    expect(endOf(second)).toBe('waits');
    const third = applied(second, C, [['approve']], { approvers: [B, C] }).decision;
    expect(third.ending).toMatchObject({ state: 'approved', by: [B, C] });
    expect(decidedBy(third, [clone])).toEqual({ held: new Map([[clone, 'spare']]), struck: new Set([number]) });
  });

  test('of what never lapses no more are needed than there are approvers, and one at least', () => {
    const waits = said(opened({ people: 3, decideBy: null }), [A, ['approve']], [B, ['approve']]);
    expect(endOf(waits)).toBe('waits');
    // Approver C has left: what A and B have said is enough, once one of them says it again.
    const [{ sha256 = '' } = {}] = waits.files;
    const again = { sha256, uploadedAt: at('2026-06-02T00:00:00Z') };
    const left = result(waits, A, [['approve']], { ...again, approvers: [A, B] });
    expect(left.kind === 'applied' || left.kind === 'known' ? left.decision : null).toMatchObject({
      ending: { state: 'approved', by: [A, B] },
      people: 2,
    });
    const fresh = opened({ people: 3, decideBy: null });
    expect(endOf(applied(fresh, A, [['approve']], { approvers: [A, B] }).decision)).toBe('waits');
    expect(endOf(applied(fresh, A, [['approve']], { approvers: [A] }).decision)).toBe('approved');
    expect(endOf(applied(fresh, A, [['strike', number]], { approvers: [] }).decision)).toBe('waits');
    // A report takes as many as it did, and lapses.
    expect(endOf(applied(opened({ people: 2 }), A, [['approve']], { approvers: [A] }).decision)).toBe('waits');
  });

  test('a file of rejects alone is kept and changes nothing', () => {
    const before = opened();
    const done = applyDecision(before, [{ line: 2, reason: 'not_this_preview' }], {
      approver: A,
      sha256: '1'.repeat(64),
      upload: 'u',
      uploadedAt: openedAt,
      attempt: 'x',
      committedAt: openedAt,
      approvers: [A, B, C],
    });
    expect(done).toMatchObject({ kind: 'applied', rows: 1, recorded: 0, alreadyRecorded: 0 });
    if (done.kind === 'applied') expect([endOf(done.decision), done.decision.version]).toEqual(['waits', 2]);
  });
});

test('what is over a limit has ended, whoever would decide, and nobody is reminded', () => {
  const overLimit = { of: 'report', what: 'numbers', found: 100_001, limit: 100_000 } as const;
  for (const people of [0, 2]) {
    const decision = opened({ people, overLimit });
    expect(decision).toMatchObject({ remindAt: null, votes: {}, files: [], version: 1 });
    expect(decision.ending).toEqual({ state: 'over_limit', at: openedAt, by: [], over: overLimit });
    expect(result(decision, A, [['approve']])).toEqual({ kind: 'not_waiting' });
    expect(whatNow(decision, decideBy)).toEqual({ kind: 'ended', ending: decision.ending });
  }
});

test('what its agency withdraws has ended, though somebody approved it, and nobody is reminded', () => {
  const approved = said(opened(), [A, ['approve'], ['block', clone]]);
  const at1 = at('2026-06-01T13:00:00Z');
  const withdrawn = withdrawDecision(approved, at1);
  const ending = { state: 'withdrawn', at: at1, by: [] };
  expect(withdrawn).toEqual({ ...approved, ending, remindAt: null, version: 3 });
  expect(result(withdrawn, B, [['approve']])).toEqual({ kind: 'not_waiting' });
});

test('what one said of the batch is kept with its ground or its remarks, and the remarks of all who refuse are told', () => {
  const first = applied(opened(), B, [['approve']]);
  expect([first.recorded, first.alreadyRecorded]).toEqual([1, 0]);
  const uploaded = { at: at('2026-06-01T11:00:00Z') };
  expect(first.decision.votes[B]?.batch).toEqual({ decision: 'approve', ground: 'public_interest', ...uploaded });
  expect(refusals(opened())).toEqual([]);
  expect(refusals(said(first.decision, [C, ['spare', clone]]))).toEqual([]);
  const refused = said(first.decision, [A, ['refuse']]);
  expect(refused.votes[A]?.batch).toEqual({ decision: 'refuse', remarks: 'the FIR was withdrawn', ...uploaded });
  expect(refusals(refused)).toEqual(['the FIR was withdrawn']);
  const unsaid = { ...refused, votes: { [C]: { batch: { decision: 'refuse', ...uploaded }, subjects: {} } } } as const;
  expect(refusals(unsaid)).toEqual([]);
});

describe('a batch that is begun again by nobody', () => {
  const before = said(
    opened(),
    [A, ['approve'], ['strike', number], ['block', clone]],
    [C, ['strike', plain], ['reverify', clone]],
    [B, ['spare', clone]],
  );

  test('keeps what was struck from it, and no other word', () => {
    const again = withStrikesOf(opened(), before);
    expect(Object.keys(again.votes)).toEqual([A, C]);
    expect(decidedBy(again, [clone])).toEqual({ held: new Map([[clone, 'spare']]), struck: new Set([number, plain]) });
    expect([approvals(again), again.version, endOf(again)]).toEqual([0, 1, 'waits']);
    // Who approved the attempt before is to say so anew.
    expect(endOf(said(again, [B, ['approve']]))).toBe('waits');
    expect(endOf(said(again, [B, ['approve']], [A, ['approve']]))).toBe('approved');
  });

  test('is as it opens where nothing was struck', () => {
    expect(withStrikesOf(opened(), said(opened(), [A, ['approve'], ['block', clone]]))).toEqual(opened());
  });
});

describe('a file of which a row was rejected', () => {
  const rejects = [{ line: 9, reason: 'bad_msisdn' as const }];

  test('approves nothing, since who was to be left out would be cut off; what else it says counts', () => {
    const first = said(opened(), [A, ['approve']]);
    const done = applied(first, B, [['approve'], ['spare', clone]], { rejects });
    expect(endOf(done.decision)).toBe('waits');
    expect([done.recorded, done.rejects]).toEqual([1, [{ line: 2, reason: 'beside_rejects' }, ...rejects]]);
    expect(done.decision.votes[B]).toMatchObject({
      batch: { decision: 'none' },
      subjects: { [clone]: { says: 'spare' } },
    });
    expect(endOf(said(done.decision, [B, ['approve']]))).toBe('approved');
  });

  test('takes back what its approver approved before, until they say so again', () => {
    const first = said(opened(), [A, ['approve']]);
    const second = applied(first, A, [], { rejects }).decision;
    expect(approvals(second)).toBe(0);
    expect(endOf(said(second, [B, ['approve']]))).toBe('waits');
    expect(endOf(said(second, [B, ['approve']], [A, ['approve']]))).toBe('approved');
  });

  test('refuses the batch all the same, unless its last word is to approve; and strikes', () => {
    expect(endOf(applied(opened(), A, [['refuse']], { rejects }).decision)).toBe('refused');
    expect(endOf(applied(opened(), A, [['approve'], ['refuse']], { rejects }).decision)).toBe('refused');
    const last = applied(said(opened(), [A, ['approve']]), A, [['refuse'], ['approve']], { rejects });
    expect([endOf(last.decision), approvals(last.decision), last.recorded]).toEqual(['waits', 0, 1]);
    const struck = applied(opened(), A, [['strike', number]], { rejects }).decision;
    expect(decidedBy(struck, []).struck).toEqual(new Set([number]));
  });
});

describe('a file that is refused whole', () => {
  const [first, second, third] = [9, 10, 11].map((hour) => at(`2026-06-01T${hour < 10 ? '0' : ''}${hour}:00:00Z`));
  const now = at('2026-06-01T12:00:00Z');
  const refused = (decision: Decision, uploadedAt = second as Instant, more: { now?: Instant } = {}) =>
    withRefused(decision, { approver: A, uploadedAt, now, ...more });
  const approved = applied(opened(), A, [['approve'], ['strike', number]], { uploadedAt: first as Instant }).decision;

  test('takes back what its approver approved before, and nothing else, until they say so again', () => {
    const after = refused(approved);
    expect(after).toEqual({
      ...approved,
      votes: { [A]: { ...approved.votes[A], batch: { decision: 'none', at: second } } },
      version: 3,
    });
    if (after === null) return;
    expect(endOf(said(after, [B, ['approve']]))).toBe('waits');
    expect(endOf(said(after, [B, ['approve']], [A, ['approve']]))).toBe('approved');
    // The bytes of the approval itself, uploaded again, are said anew.
    const [{ sha256 = '' } = {}] = approved.files;
    const again = result(after, A, [['approve'], ['strike', number]], { sha256, uploadedAt: third as Instant });
    expect(again.kind === 'known' && again.decision && approvals(again.decision)).toBe(1);
  });

  test('is committed once, however often it comes', () => {
    expect(refused(refused(approved) ?? approved)).toBeNull();
  });

  test('counts by its upload: what was approved later stands, and what was approved before and comes late does not', () => {
    expect(refused(approved, at('2026-06-01T08:59:59Z'))).toBeNull();
    const after = refused(opened());
    if (after === null) throw new Error('nothing changed');
    const late = applied(after, A, [['approve']], { uploadedAt: first as Instant });
    expect([approvals(late.decision), late.rejects]).toEqual([0, [{ line: 2, reason: 'superseded' }]]);
    expect(approvals(applied(after, A, [['approve']], { uploadedAt: third as Instant }).decision)).toBe(1);
  });

  test('takes back nothing that has ended, nor when the time is over, nor another one’s approval', () => {
    expect(refused(said(approved, [B, ['approve']]))).toBeNull();
    expect(refused(approved, second, { now: at('2026-06-03T00:00:01Z') })).toBeNull();
    expect(refused(said(opened(), [A, ['refuse']]))).toBeNull();
    expect(approvals(refused(said(approved, [C, ['strike', plain]], [B, ['spare', clone]])) ?? opened())).toBe(0);
    expect(approvals(refused(applied(opened(), B, [['approve']]).decision) ?? opened())).toBe(1);
  });

  test('is one about this batch: one about none, or about one that waits for nobody, says nothing', () => {
    expect(['unclosed_quote', 'file_too_large', 'missing_column:preview', 'sha_taken'].map(takesBack)).toEqual(
      Array.from({ length: 4 }, () => true),
    );
    expect(['unknown_batch', 'not_waiting'].map(takesBack)).toEqual([false, false]);
  });
});

describe('a file that is worked on after one that its approver uploaded later', () => {
  const early = { uploadedAt: at('2026-06-01T09:00:00Z') };
  const late = { uploadedAt: at('2026-06-01T10:00:00Z') };

  test('says nothing of what was spoken of in the later one, and the rest of it counts', () => {
    const corrected = applied(
      opened(),
      A,
      [
        ['spare', clone],
        ['strike', plain],
      ],
      late,
    ).decision;
    const done = applied(
      corrected,
      A,
      [
        ['block', clone],
        ['strike', number],
        ['block', plain],
      ],
      early,
    );
    expect(done.rejects).toEqual([
      { line: 2, reason: 'superseded' },
      { line: 4, reason: 'superseded' },
    ]);
    expect(done.recorded).toBe(1);
    const both = said(done.decision, [B, ['block', clone], ['block', plain]]);
    expect(actOf(both, clone)).toBe('spare');
    expect(decidedBy(both, [clone]).struck).toEqual(new Set([plain, number]));
  });

  test('has said already what its approver says in the later one', () => {
    const corrected = applied(opened(), A, [['spare', clone]], late).decision;
    const done = applied(corrected, A, [['spare', clone]], early);
    expect([done.recorded, done.alreadyRecorded, done.rejects]).toEqual([0, 1, []]);
    expect(done.decision.votes[A]?.subjects[clone]?.at).toBe(late.uploadedAt);
  });

  test('neither approves again what was taken back, nor takes back what was approved later', () => {
    const rejects = [{ line: 9, reason: 'bad_msisdn' as const }];
    const approved = applied(opened(), A, [['approve']], late).decision;
    expect(approvals(applied(approved, A, [], { ...early, rejects }).decision)).toBe(1);
    expect(approvals(applied(approved, A, [], { ...late, rejects }).decision)).toBe(0);
    const slipped = applied(opened(), A, [], { ...late, rejects }).decision;
    const done = applied(slipped, A, [['approve']], early);
    expect([approvals(done.decision), done.rejects]).toEqual([0, [{ line: 2, reason: 'superseded' }]]);
  });

  // The refusal of any one person is enough: what took an approval back says nothing against it.
  test('refuses, though its approver uploaded one later of which a row was rejected, or all was refused', () => {
    const rejects = [{ line: 9, reason: 'bad_msisdn' as const }];
    const slipped = applied(opened(), A, [], { ...late, rejects }).decision;
    const broken = withRefused(opened(), { approver: A, ...late, now: at('2026-06-01T10:01:00Z') });
    for (const before of [slipped, broken ?? opened()]) {
      expect(before.votes[A]?.batch?.decision).toBe('none');
      const refused = applied(before, A, [['refuse']], early);
      expect([refused.recorded, refused.rejects, endOf(refused.decision)]).toEqual([1, [], 'refused']);
    }
  });

  test('approves nothing again that was taken back, though it refuses first: its last word on the batch counts', () => {
    const rejects = [{ line: 9, reason: 'bad_msisdn' as const }];
    const slipped = applied(opened({ people: 1 }), A, [], { ...late, rejects }).decision;
    const broken = withRefused(opened({ people: 1 }), { approver: A, ...late, now: at('2026-06-01T10:01:00Z') });
    for (const before of [slipped, broken ?? opened()]) {
      const done = applied(before, A, [['refuse'], ['approve']], early);
      expect([endOf(done.decision), done.recorded, done.rejects]).toEqual([
        'waits',
        1,
        [{ line: 3, reason: 'superseded' }],
      ]);
      expect(done.decision.votes[A]?.batch).toEqual({ decision: 'none', at: late.uploadedAt });
      const refused = applied(before, A, [['refuse'], ['approve'], ['refuse']], early);
      expect([endOf(refused.decision), refused.rejects]).toEqual(['refused', [{ line: 3, reason: 'superseded' }]]);
    }
    // With nothing later against it, it approves.
    expect(endOf(applied(opened({ people: 1 }), A, [['refuse'], ['approve']], early).decision)).toBe('approved');
    const taken = applied(opened({ people: 1 }), A, [], { ...early, rejects }).decision;
    expect(endOf(applied(taken, A, [['refuse'], ['approve']], late).decision)).toBe('approved');
  });

  test('approves no batch that was begun again since, whose preview has the same bytes: strikes and refusals count', () => {
    const before = { ...late, uploadedAt: at('2026-05-31T23:59:59Z') };
    const approving = applied(opened(), A, [['approve'], ['strike', number]], before);
    expect(approving).toMatchObject({ recorded: 1, rejects: [{ line: 2, reason: 'superseded' }] });
    expect([approvals(approving.decision), decidedBy(approving.decision, []).struck]).toEqual([0, new Set([number])]);
    // The same bytes, uploaded anew, say so of this one; the same upload, told of again, doesn't.
    const bytes = { sha256: 'e'.repeat(64), committedAt: late.uploadedAt };
    const told = applied(opened(), A, [['approve']], { ...before, ...bytes, upload: 'one' }).decision;
    const anew = applied(told, A, [['approve']], { ...late, ...bytes, upload: 'two' });
    expect(approvals(anew.decision)).toBe(1);
    expect(result(told, A, [['approve']], { ...before, ...bytes, upload: 'one' })).toMatchObject({ kind: 'known' });
    // In the second in which the wait began somebody may have read the preview.
    expect(approvals(applied(opened(), A, [['approve']], { ...before, uploadedAt: openedAt }).decision)).toBe(1);
    expect(endOf(applied(opened(), A, [['refuse']], before).decision)).toBe('refused');
  });

  test('says nothing of a batch that was begun again since, where it refuses first and approves then', () => {
    const before = { ...late, uploadedAt: at('2026-05-31T23:59:59Z') };
    const done = applied(opened(), A, [['refuse'], ['approve']], before);
    expect([endOf(done.decision), done.rejects]).toEqual(['waits', [{ line: 3, reason: 'superseded' }]]);
    expect(done.decision.votes[A]?.batch).toEqual({ decision: 'none', at: before.uploadedAt });
    expect(endOf(applied(opened(), A, [['approve'], ['refuse']], before).decision)).toBe('refused');
  });

  test('refuses no batch that was begun again since, where the later one approved it before that', () => {
    const [older, before, newer] = [10, 11, 12].map((hour) => ({ uploadedAt: at(`2026-05-31T${hour}:00:00Z`) }));
    const approved = applied(opened(), A, [['approve']], before).decision;
    const done = applied(approved, A, [['refuse']], older);
    expect([endOf(done.decision), done.rejects]).toEqual(['waits', [{ line: 2, reason: 'superseded' }]]);
    expect(endOf(applied(approved, A, [['refuse']], newer).decision)).toBe('refused');
    // One of which a row was rejected says nothing against a refusal, then as now.
    const rejects = [{ line: 9, reason: 'bad_msisdn' as const }];
    const slipped = applied(opened(), A, [['approve']], { ...before, rejects }).decision;
    expect(endOf(applied(slipped, A, [['refuse']], older).decision)).toBe('refused');
    expect(endOf(said(done.decision, [A, ['approve']], [B, ['approve']]))).toBe('approved');
  });

  test('is the same upload still, and its bytes uploaded anew are a word of their own', () => {
    const sha256 = 'c'.repeat(64);
    const corrected = applied(opened(), A, [['spare', clone]], { ...late, upload: 'two', sha256: 'd'.repeat(64) });
    const then = applied(corrected.decision, A, [['block', clone]], { ...early, upload: 'one', sha256 }).decision;
    expect(result(then, A, [['block', clone]], { ...early, upload: 'one', sha256 }).kind).toBe('known');
    expect(result(then, A, [['spare', clone]], { ...late, sha256: 'd'.repeat(64) }).kind).toBe('known');
    const anew = applied(then, A, [['block', clone]], { uploadedAt: at('2026-06-01T11:00:00Z'), sha256 });
    expect(anew.recorded).toBe(1);
  });
});

describe('the same bytes', () => {
  test('by the same approver change nothing while they are its newest, and as the same upload at any time', () => {
    const sha256 = 'c'.repeat(64);
    const first = applied(opened(), A, [['approve']], { sha256, upload: 'one' }).decision;
    const [file] = first.files;
    expect(result(first, A, [['approve']], { sha256, upload: 'two' })).toEqual({ kind: 'known', file });
    const refused = said(first, [A, ['refuse']]);
    expect(result(refused, A, [['approve']], { sha256, upload: 'one' })).toEqual({ kind: 'known', file });
    expect(result(refused, A, [['approve']], { sha256, upload: 'two' })).toEqual({ kind: 'not_waiting' });
    expect(file).toMatchObject({ approver: A, sha256, upload: 'one', version: 2 });
  });

  test('uploaded again after another word of the same approver are the last word', () => {
    const sha256 = 'c'.repeat(64);
    const first = applied(opened(), A, [['spare', clone]], { sha256 }).decision;
    const second = said(first, [A, ['block', clone]], [B, ['block', clone]]);
    expect(actOf(second, clone)).toBe('block');
    expect(actOf(applied(second, A, [['spare', clone]], { sha256 }).decision, clone)).toBe('spare');
  });

  test('uploaded again stand against a word that was uploaded in between and comes late', () => {
    const sha256 = 'c'.repeat(64);
    const [v1, v2, v3] = [1, 2, 3].map((hour) => at(`2026-06-01T0${hour}:00:00Z`));
    const words = [['strike', clone], ['approve']] as const;
    const first = applied(opened(), A, words, { sha256, upload: 'one', uploadedAt: v1 as Instant }).decision;
    const again = result(first, A, words, { sha256, upload: 'three', uploadedAt: v3 as Instant });
    if (again.kind !== 'known' || again.decision === undefined) throw new Error(again.kind);
    expect(again.file).toBe(first.files[0]);
    // One file still, with the receipt that it had.
    expect(again.decision.files).toEqual([{ ...first.files[0], upload: 'three', uploadedAt: v3 }]);
    expect([again.decision.version, endOf(again.decision)]).toEqual([first.version + 1, 'waits']);
    const late = applied(again.decision, A, [['block', clone]], {
      uploadedAt: v2 as Instant,
      rejects: [{ line: 9, reason: 'bad_msisdn' }],
    });
    expect(late.rejects).toMatchObject([{ reason: 'superseded' }, { reason: 'bad_msisdn' }]);
    expect(decidedBy(late.decision, [clone]).struck).toEqual(new Set([clone]));
    expect(approvals(late.decision)).toBe(1);
    for (const upload of ['one', 'three'])
      expect(result(late.decision, A, words, { sha256, upload, uploadedAt: v1 as Instant })).toEqual({
        kind: 'known',
        file: again.decision.files[0],
      });
  });

  test('uploaded again when nothing waits any more, or too late, change nothing', () => {
    const sha256 = 'c'.repeat(64);
    const newer = { sha256, upload: 'two', uploadedAt: at('2026-06-01T11:30:00Z') };
    const first = applied(opened({ people: 1 }), A, [['approve']], { sha256, upload: 'one' }).decision;
    expect(result(first, A, [['approve']], newer)).toEqual({ kind: 'known', file: first.files[0] });
    const waits = applied(opened(), A, [['approve']], { sha256, upload: 'one' }).decision;
    const tooLate = { ...newer, at: at('2026-06-03T00:00:01Z') };
    expect(result(waits, A, [['approve']], tooLate)).toEqual({ kind: 'known', file: waits.files[0] });
  });

  test('uploaded again are no other file of the 500', () => {
    const sha256 = 'c'.repeat(64);
    let decision = opened();
    for (let n = 0; n < 499; n++) decision = applied(decision, A, []).decision;
    decision = applied(decision, A, [['spare', clone]], { sha256 }).decision;
    const again = result(decision, A, [['spare', clone]], { sha256, uploadedAt: at('2026-06-01T11:30:00Z') });
    expect(again.kind === 'known' && again.decision?.files.length).toBe(500);
  });

  test('of a record of the first form are known by their bytes, since it tells no uploads', () => {
    const sha256 = 'c'.repeat(64);
    const first = said(applied(opened(), A, [['spare', clone]], { sha256 }).decision, [A, ['block', clone]]);
    const old = { ...first, files: first.files.map(({ upload: _, ...file }) => file) };
    expect(result(old, A, [['spare', clone]], { sha256 }).kind).toBe('known');
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

  test('has one reminder, at half of it, whatever its length', () => {
    const end = at('2026-06-05T00:00:00Z');
    const decision = opened({ decideBy: end });
    expect(decision.remindAt).toBe('2026-06-03T00:00:00Z');
    const due = whatNow(decision, at('2026-06-03T00:00:00Z'));
    if (due.kind !== 'remind') throw new Error(due.kind);
    expect(due.decision.remindAt).toBeNull();
    expect(whatNow(due.decision, at('2026-06-04T12:00:00Z'))).toEqual({ kind: 'wait', until: end });
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

  test('who approves is counted for the reminder, and who refused or spoke of a handset only is not', () => {
    expect(approvals(opened())).toBe(0);
    expect(approvals(said(opened({ people: 3 }), [A, ['approve']], [B, ['approve']], [C, ['spare', clone]]))).toBe(2);
    expect(approvals(said(opened(), [A, ['approve']], [A, ['refuse']]))).toBe(0);
  });

  test('who is no approver any more is counted for no reminder', () => {
    const both = said(opened({ people: 3 }), [A, ['approve']], [B, ['approve']]);
    expect(approvalsOf(both, [A, B])).toBe(2);
    expect(approvalsOf(both, [B, C])).toBe(1);
    expect(approvalsOf(both, [])).toBe(0);
  });
});
