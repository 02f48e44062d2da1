import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  actOf,
  applyDecision,
  approvals,
  type Decision,
  decideByOf,
  decidedBy,
  whatNow,
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
  number,
  opened,
  openedAt,
  plain,
  result,
  said,
  type Word,
} from './decided.ts';
import { at } from './example.ts';

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

  test('who is no approver any more neither approves nor gives an act; what they struck stays struck', () => {
    const first = said(opened(), [A, ['block', clone], ['strike', number], ['approve']]);
    const second = applied(first, B, [['block', clone], ['approve']], { approvers: [B, C] }).decision;
    expect(endOf(second)).toBe('waits');
    const third = applied(second, C, [['approve']], { approvers: [B, C] }).decision;
    expect(third.ending).toMatchObject({ state: 'approved', by: [B, C] });
    expect(decidedBy(third, [clone])).toEqual({ held: new Map([[clone, 'spare']]), struck: new Set([number]) });
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

  test('refuses the batch all the same, and strikes', () => {
    expect(endOf(applied(opened(), A, [['refuse']], { rejects }).decision)).toBe('refused');
    const struck = applied(opened(), A, [['strike', number]], { rejects }).decision;
    expect(decidedBy(struck, []).struck).toEqual(new Set([number]));
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

  test('neither approves again what was taken back, nor takes back what was approved later', () => {
    const rejects = [{ line: 9, reason: 'bad_msisdn' as const }];
    const approved = applied(opened(), A, [['approve']], late).decision;
    expect(approvals(applied(approved, A, [], { ...early, rejects }).decision)).toBe(1);
    expect(approvals(applied(approved, A, [], { ...late, rejects }).decision)).toBe(0);
    const slipped = applied(opened(), A, [], { ...late, rejects }).decision;
    const done = applied(slipped, A, [['approve']], early);
    expect([approvals(done.decision), done.rejects]).toEqual([0, [{ line: 2, reason: 'superseded' }]]);
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
    expect(result(first, A, [['refuse']], { sha256, upload: 'two' })).toEqual({ kind: 'known', file });
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
          ['spare', 'reverify', 'block'].includes(subjects[clone]?.says ?? ''),
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
