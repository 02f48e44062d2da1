import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { actOf, decidedBy } from '../../lambdas/domain/decisions.ts';
import type { ApproverId } from '../../lambdas/domain/identifiers.ts';
import { A, applied, B, C, clone, endOf, number, opened, plain, result, type Word } from './decided.ts';

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
