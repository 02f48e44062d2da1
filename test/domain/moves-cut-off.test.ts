/** Rows of people who are to have service, and of whom their operator says that it cut them off. */
import { describe, expect, test } from 'vitest';
import type { AnsweredRow } from '../../lambdas/domain/answers.ts';
import { applyResponse } from '../../lambdas/domain/applying-responses.ts';
import { listedOf } from '../../lambdas/domain/follow-ups.ts';
import type { BatchId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { type Ledger, markReversedRows, outcomeOf, withdrawRows } from '../../lambdas/domain/ledger.ts';
import { asksToRestore } from '../../lambdas/domain/moves.ts';
import type { Answer } from '../../lambdas/domain/outcome-rules.ts';
import { answered, at, closed, day, fileOn, fresh, outcomesOf, sealed } from './example.ts';

test('a verified row that is said to be disconnected conflicts, and is to be restored, before and after the seal', () => {
  const verified = answered(fresh(2), [[0, 'verified']]).ledger;
  for (const ledger of [verified, sealed(closed(verified))]) {
    const applied = answered(ledger, [[0, 'disconnected']]);
    expect([applied.conflicts, applied.recorded]).toEqual([1, 0]);
    expect(applied.moved).toEqual([{ row: 0, why: 'disconnected_after_verified' }]);
    expect(applied.ledger.files.at(-1)).toMatchObject({ toRestore: 1 });
    expect(applied.ledger.files.at(-1)).not.toHaveProperty('moved');
    expect(outcomeOf(applied.ledger, 0).outcome).toBe('verified');
  }
  expect(answered(verified, [[0, 'surrendered']]).moved).toEqual([]);
});

describe('a row whose holder is to have service by another row there, and that is said to be disconnected', () => {
  const told = (on: string) => ({ on, at: `${on}T12:00:00Z`, keptSince: new Map([[0, day('2026-06-18')]]) });
  const over = () => sealed(closed(fresh(2)));

  test('conflicts, and is to be restored, where that is of the day of their proof or a later one', () => {
    for (const on of ['2026-06-18', '2026-06-19']) {
      const applied = answered(over(), [[0, 'disconnected']], told(on));
      expect([applied.conflicts, applied.recorded, applied.madeRevoked]).toEqual([1, 0, []]);
      expect(applied.moved).toEqual([{ row: 0, why: 'disconnected_after_verified' }]);
      expect(applied.ledger.files.at(-1)).toMatchObject({ toRestore: 1 });
      expect(applied.ledger.files.at(-1)).not.toHaveProperty('lateOn');
      expect(outcomesOf(applied.ledger)).toEqual(['overdue', 'overdue']);
    }
  });

  test('conflicts, and is neither restored nor listed, where that was before their proof', () => {
    const applied = answered(over(), [[0, 'disconnected']], told('2026-06-17'));
    expect(applied).toMatchObject({ conflicts: 1, recorded: 0, moved: [], madeRevoked: [] });
    expect(applied.ledger.files.at(-1)).not.toHaveProperty('toRestore');
  });

  test('is that row alone: all others, and all other answers, are recorded as ever', () => {
    const applied = answered(
      over(),
      [
        [0, 'surrendered'],
        [1, 'disconnected'],
      ],
      told('2026-06-19'),
    );
    expect(applied).toMatchObject({ conflicts: 0, recorded: 2, moved: [], madeRevoked: [0, 1] });
  });

  test('goes on where it was to in the same file: who has more time is asked again, with full service', () => {
    const both = answered(
      fresh(1),
      [
        [0, 'extended'],
        [0, 'disconnected'],
      ],
      told('2026-06-19'),
    );
    expect(both).toMatchObject({ recorded: 1, conflicts: 1, moved: [{ row: 0, why: 'extended' }] });
  });
});

describe('a row whose number is somebody else’s by another row there, who is said to be disconnected', () => {
  const newHolder = { isCutWrongly: true };
  const row = { line: 2, row: 0, outcome: 'disconnected' as const, day: day('2026-06-19'), newHolder };
  const said = (ledger: Ledger, rows: readonly AnsweredRow[] = [row]) => {
    const applied = applyResponse(markReversedRows(ledger, [0]) ?? ledger, rows, fileOn('2026-06-20', 'since'));
    if (applied.kind !== 'applied') throw new Error('it applies');
    const file = applied.ledger.files.at(-1);
    return { ...applied, listed: file && listedOf(applied.ledger, file, applied.moved, ['', ''], 30).restore?.length };
  };
  const told = { moved: [{ row: 0, why: 'disconnected_after_verified' }], madeRevoked: [], listed: 1 };

  test('takes its answer, whether it is open or overdue, and they are restored: no list names them', () => {
    for (const ledger of [fresh(2), answered(fresh(2), [[0, 'failed']]).ledger, sealed(closed(fresh(2)))]) {
      const applied = said(ledger);
      expect(applied).toMatchObject({ recorded: 1, conflicts: 0, ...told });
      expect([outcomesOf(applied.ledger)[0], applied.ledger.files.at(-1)?.toRestore]).toEqual(['disconnected', 1]);
    }
  });

  test('conflicts where it is done with, also as of a day before, and they are restored all the same', () => {
    for (const outcome of ['disconnected', 'surrendered', 'not_found'] as const) {
      const before = answered(fresh(2), [[0, outcome]]).ledger;
      expect(said(before)).toMatchObject({ recorded: 0, conflicts: 1, ...told });
    }
    // Said twice, it is known.
    expect(said(fresh(2), [row, { ...row, line: 3 }])).toMatchObject({ recorded: 1, alreadyRecorded: 1, ...told });
  });

  // What was taken back there was another row: of this one it is that the number is somebody else's.
  test('takes its answer, too, where a reversal has taken another row of the direction back', () => {
    const reversal = { reversal: 'caseworker-1-000000000001' as BatchId, on: day('2026-06-18') };
    const overdue = closed(fresh(2));
    const ledger = withdrawRows(overdue, [1], { ...reversal, at: at('2026-06-18T10:00:00Z') }) ?? overdue;
    expect(said(ledger)).toMatchObject({ recorded: 1, conflicts: 0, ...told });
    // Who has the number lost it by a row of their own.
    const rightly = { ...row, newHolder: { isCutWrongly: false } };
    expect(said(ledger, [rightly])).toMatchObject({ recorded: 1, conflicts: 0, moved: [], madeRevoked: [] });
    // A row that is its holder's own was given something back where it was taken back itself.
    const { newHolder: _, ...own } = row;
    expect(said(ledger, [own])).toMatchObject({ recorded: 1, conflicts: 0, moved: [] });
    const itself = withdrawRows(overdue, [0], { ...reversal, at: at('2026-06-18T10:00:00Z') }) ?? overdue;
    expect(said(itself, [own])).toMatchObject({ recorded: 0, conflicts: 1, ...told });
  });
});

describe('a number that is somebody else’s, and is said to be disconnected', () => {
  const since = () => answered(fresh(1), [[0, 'reissued']], { on: '2026-06-10', at: '2026-06-10T10:00:00Z' }).ledger;
  const cut = (on: string, told: { cutSinceBefore?: ReadonlySet<number> } = {}) =>
    answered(since(), [[0, 'disconnected']], { on, at: '2026-06-13T10:00:00Z', ...told });

  test('on the day of the activation or after it is to be restored to who has it now', () => {
    for (const on of ['2026-06-10', '2026-06-13']) {
      const applied = cut(on);
      expect([applied.conflicts, applied.recorded, applied.madeRevoked]).toEqual([1, 0, []]);
      expect(applied.moved).toEqual([{ row: 0, why: 'disconnected_after_verified' }]);
      const file = applied.ledger.files.at(-1);
      expect(file).toMatchObject({ toRestore: 1 });
      const listed = (ledger: Ledger) => file && listedOf(ledger, file, applied.moved, ['', ''], 30).restore?.length;
      expect(listed(applied.ledger)).toBe(1);
      // Another one got it after that.
      expect(listed(answered(applied.ledger, [[0, 'reissued']], { on: '2026-06-14' }).ledger)).toBe(0);
    }
  });

  test('before that is nothing but a conflict, as it is where service was taken from who has it now', () => {
    for (const applied of [cut('2026-06-09'), cut('2026-06-13', { cutSinceBefore: new Set([0]) })]) {
      expect(applied).toMatchObject({ conflicts: 1, recorded: 0, moved: [], madeRevoked: [] });
      expect(applied.ledger.files.at(-1)).not.toHaveProperty('toRestore');
    }
  });
});

describe('a number that had been disconnected, and turns out to have been somebody else’s by then', () => {
  const cut = (on = '2026-06-12') =>
    answered(fresh(2), [[0, 'disconnected']], { on, at: '2026-06-13T10:00:00Z' }).ledger;
  type Told = Omit<NonNullable<Parameters<typeof answered>[2]>, 'on' | 'at'>;
  const since = (ledger: Ledger, on: string, told: Told = {}) =>
    answered(ledger, [[0, 'reissued']], { on, at: '2026-06-14T10:00:00Z', ...told });
  const held = new Set([0]);

  test('is given back at once to who has it, and looked at in the night, where an appeal finds it', () => {
    for (const on of ['2026-06-12', '2026-06-09']) {
      const applied = since(cut(), on);
      expect(applied).toMatchObject({ givenBack: [0], moved: [{ row: 0, why: 'disconnected_after_verified' }] });
      const file = applied.ledger.files.at(-1);
      expect(file).toMatchObject({ toRestore: 1, backDue: '2026-06-15T10:00:00Z' });
      expect(file && listedOf(applied.ledger, file, applied.moved, ['', ''], 30).restore?.length).toBe(1);
    }
    // Alike in one file, and by the word of another row.
    const both = [
      { line: 2, row: 0, outcome: 'disconnected' as const, day: day('2026-06-12') },
      { line: 3, row: 0, outcome: 'reissued' as const, day: day('2026-06-09') },
    ];
    const given = { givenBack: [0], moved: [{ row: 0 }], madeRevoked: [] };
    expect(applyResponse(fresh(2), both, fileOn('2026-06-14', 'both'))).toMatchObject(given);
    expect(since(fresh(2), '2026-06-09', { disconnectedElsewhere: held })).toMatchObject(given);
  });

  test('is not where whoever had it before was, or where they lost it by what was directed for themselves', () => {
    const others = [
      since(cut(), '2026-06-13'),
      since(cut(), '2026-06-09', { cutSince: held }),
      since(fresh(2), '2026-06-09', { disconnectedElsewhere: held, cutSince: held }),
      since(fresh(2), '2026-06-09', { disconnectedElsewhere: new Set([1]) }),
      // Who gave it up did so themselves.
      since(answered(fresh(2), [[0, 'surrendered']], { on: '2026-06-12' }).ledger, '2026-06-09'),
    ];
    for (const applied of others) {
      expect(applied).toMatchObject({ recorded: 1, givenBack: [], moved: [] });
      expect(applied.ledger.files.at(-1)).not.toHaveProperty('toRestore');
    }
  });
});

describe('who has a number since 9 June, and was disconnected on the 12th by a word on who had it before', () => {
  const on12th = (ledger: Ledger, told: { on?: string } = { on: '2026-06-12' }) =>
    answered(ledger, [[0, 'disconnected']], { at: '2026-06-12T10:00:00Z', ...told }).ledger;
  const since = (ledger: Ledger, on = '2026-06-09') =>
    answered(ledger, [[0, 'reissued']], { on, at: '2026-06-12T11:00:00Z' });
  const ended = (as: Answer) => answered(fresh(2), [[0, as]], { on: '2026-06-02' }).ledger;
  const restored = { moved: [{ row: 0, why: 'disconnected_after_verified' }], givenBack: [0] };

  test.each(['disconnected', 'surrendered', 'not_found', 'ported'] as const)(
    'is restored in whichever order that was said, of a row that was %s, whose end stays as it was said',
    (as) => {
      const cut = on12th(ended(as));
      expect(outcomeOf(cut, 0)).toEqual(outcomeOf(ended(as), 0));
      expect(cut.outcomes).toEqual(ended(as).outcomes);
      for (const one of [cut, sealed(closed(cut)), on12th(sealed(closed(ended(as))))])
        expect(since(one)).toMatchObject(restored);
      const first = answered(since(ended(as)).ledger, [[0, 'disconnected']], { on: '2026-06-12' });
      expect(first.moved).toEqual(restored.moved);
    },
  );

  test('is not by a word without a day, nor by one of a day before', () => {
    // It may be a sheet's that is sent each day: what it says is of the 2nd.
    expect(on12th(ended('disconnected'), {})).not.toHaveProperty('laterEnds');
    expect(since(on12th(ended('not_found'), { on: '2026-06-08' })).moved).toEqual([]);
    // The latest day counts, whichever was said last.
    expect(since(on12th(on12th(ended('disconnected')), { on: '2026-06-08' }))).toMatchObject(restored);
  });

  test('is not once more by a word of which they were told: whoever has the number has service by that', () => {
    const said = answered(since(ended('disconnected')).ledger, [[0, 'disconnected']], { on: '2026-06-12' }).ledger;
    expect(said).not.toHaveProperty('laterEnds');
    expect(since(said, '2026-06-10').moved).toEqual([]);
    expect(since(since(on12th(ended('disconnected'))).ledger).moved).toEqual([]);
    const once = since(on12th(ended('not_found'))).ledger;
    expect(since(once, '2026-06-11')).toMatchObject({ recorded: 1, moved: [], givenBack: [] });
    // Nor does the word of another row's later end fall away with it.
    const both = answered(on12th(ended('not_found')), [[1, 'not_found']], { on: '2026-06-03' }).ledger;
    const others = answered(both, [[1, 'disconnected']], { on: '2026-06-12', at: '2026-06-12T10:30:00Z' }).ledger;
    const first = since(others).ledger;
    expect(answered(first, [[1, 'reissued']], { on: '2026-06-09', at: '2026-06-12T12:00:00Z' })).toMatchObject({
      moved: [{ row: 1, why: 'disconnected_after_verified' }],
      givenBack: [1],
    });
  });
});

describe('a row that had ended before it was taken back', () => {
  const reversal = 'caseworker-1-0123456789ab' as BatchId;
  const told = { on: '2026-06-03', at: '2026-06-03T10:00:00Z' };
  const ended = () =>
    sealed(
      closed(
        answered(
          fresh(3),
          [
            [0, 'disconnected'],
            [1, 'surrendered'],
          ],
          told,
        ).ledger,
      ),
    );
  const takenBack = () => {
    const taken = withdrawRows(ended(), [0, 1, 2], {
      reversal,
      on: day('2026-06-20'),
      at: at('2026-06-20T09:00:00Z'),
    });
    if (taken === undefined) throw new Error('nothing was taken back');
    return taken;
  };
  const cut = (ledger: Ledger, on: string) =>
    answered(
      ledger,
      [
        [0, 'disconnected'],
        [1, 'disconnected'],
        [2, 'disconnected'],
      ],
      { on, at: `${on}T12:00:00Z` },
    );

  test('and is said to be disconnected on a later day conflicts, and is to be restored', () => {
    const applied = cut(takenBack(), '2026-06-21');
    expect([applied.conflicts, applied.recorded, applied.alreadyRecorded]).toEqual([3, 0, 0]);
    expect(applied.moved).toEqual([0, 1, 2].map((row) => ({ row, why: 'disconnected_after_verified' })));
    const file = applied.ledger.files.at(-1);
    expect(file).toMatchObject({ toRestore: 3 });
    expect(outcomesOf(applied.ledger)).toEqual(['disconnected', 'surrendered', 'overdue']);
    const lines = ['', '', ''];
    const listed = file && listedOf(applied.ledger, file, applied.moved, lines, 30);
    expect(listed?.restore?.map(({ from }) => from?.row)).toEqual([0, 1, 2]);
  });

  test('is given back as of when it was itself taken back, whoever of its direction was so since, and whoever failed late', () => {
    const failed = answered(ended(), [[2, 'failed']], { on: '2026-06-18', at: '2026-06-18T10:00:00Z' }).ledger;
    const takes = (ledger: Ledger, rows: number[], on: string, id: string) => {
      const instant = at(`${on}T09:00:00Z`);
      const taken = withdrawRows(ledger, rows, { reversal: id as BatchId, on: day(on), at: instant });
      if (taken === undefined) throw new Error('nothing was taken back');
      return taken;
    };
    const first = takes(failed, [0, 2], '2026-06-20', reversal);
    // Another row's reversal, on the very day on which the first one's are cut off again.
    const second = takes(first, [1], '2026-06-25', 'caseworker-1-ba9876543210');
    const applied = cut(second, '2026-06-25');
    expect(applied.moved.map(({ row }) => row)).toEqual([0, 1, 2]);
    expect([applied.conflicts, applied.recorded]).toEqual([3, 0]);
    // Another row's reversal came when the first one's operator had told once more of what had been before it.
    const more = answered(first, [[2, 'disconnected']], { on: '2026-06-19', at: '2026-06-21T10:00:00Z' }).ledger;
    const neighbour = takes(more, [1], '2026-06-25', 'caseworker-1-ba9876543210');
    expect(answered(neighbour, [[2, 'disconnected']], { on: '2026-06-22', at: '2026-06-26T10:00:00Z' })).toMatchObject({
      conflicts: 1,
      recorded: 0,
      moved: [{ row: 2, why: 'disconnected_after_verified' }],
    });
    // Before its own reversal nobody was given back anything, whoever else was.
    const later = takes(takes(ended(), [1], '2026-06-18', reversal), [0], '2026-06-25', 'caseworker-1-ba9876543210');
    expect(answered(later, [[0, 'disconnected']], { on: '2026-06-20', at: '2026-06-26T10:00:00Z' })).toMatchObject({
      conflicts: 0,
      moved: [],
    });
    // It failed after it was taken back.
    const since = answered(takes(ended(), [2], '2026-06-20', reversal), [[2, 'failed']], {
      on: '2026-06-22',
      at: '2026-06-22T10:00:00Z',
    });
    expect(
      answered(since.ledger, [[2, 'disconnected']], { on: '2026-06-25', at: '2026-06-25T10:00:00Z' }),
    ).toMatchObject({
      conflicts: 1,
      moved: [{ row: 2, why: 'disconnected_after_verified' }],
    });
    // Of what the direction took back before a row had ended none is its.
    const early = takes(fresh(3), [1], '2026-06-02', reversal);
    const late = answered(early, [[0, 'disconnected']], { on: '2026-06-10', at: '2026-06-10T10:00:00Z' }).ledger;
    const then = takes(late, [0], '2026-06-20', 'caseworker-1-ba9876543210');
    const again = (on: string) => answered(then, [[0, 'disconnected']], { on, at: '2026-06-22T12:00:00Z' });
    expect([again('2026-06-19').moved, again('2026-06-20').moved.length]).toEqual([[], 1]);
  });

  test('is given back on the very day on which it was taken back, too, where that day was not what was known', () => {
    expect(cut(takenBack(), '2026-06-20')).toMatchObject({ conflicts: 3, moved: [{ row: 0 }, { row: 1 }, { row: 2 }] });
    // Two were cut off on that day, before: the same again says nothing new.
    const then = answered(
      fresh(3),
      [
        [0, 'disconnected'],
        [1, 'surrendered'],
      ],
      { on: '2026-06-20', at: '2026-06-20T05:00:00Z' },
    );
    const taken = withdrawRows(then.ledger, [0, 1], {
      reversal,
      on: day('2026-06-20'),
      at: at('2026-06-20T09:00:00Z'),
    });
    if (taken === undefined) throw new Error('nothing was taken back');
    expect(cut(taken, '2026-06-20')).toMatchObject({ alreadyRecorded: 1, moved: [] });
  });

  test('and is said so of a day before is what was known', () => {
    const applied = cut(takenBack(), '2026-06-19');
    expect([applied.recorded, applied.alreadyRecorded, applied.conflicts]).toEqual([1, 1, 1]);
    expect(applied.moved).toEqual([]);
    // Nobody gave anything back.
    const before = cut(ended(), '2026-06-21');
    expect([before.recorded, before.alreadyRecorded, before.moved]).toEqual([1, 1, []]);
  });
});

test('the list of a file asks to restore a row that it says was cut off, and no other; and any row once it is gone', () => {
  const list = [
    { row: 1, why: 'disconnected_after_verified' as const },
    { row: 2, why: 'ported' as const, to: 'jio' as OperatorId },
  ];
  expect([0, 1, 2].map((row) => asksToRestore(list, row))).toEqual([false, true, false]);
  expect(asksToRestore([], 0)).toBe(true);
});
