import { describe, expect, test } from 'vitest';
import type { AnsweredRow } from '../../lambdas/domain/answers.ts';
import { applyResponse } from '../../lambdas/domain/applying-responses.ts';
import { countPointer } from '../../lambdas/domain/counted-pointers.ts';
import { listedOf } from '../../lambdas/domain/follow-ups.ts';
import type { BatchId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { type Ledger, markReversedRows, outcomeOf, withdrawRows } from '../../lambdas/domain/ledger.ts';
import { asksToRestore, fileMoving, type MovedRow, movedForm, movedRow } from '../../lambdas/domain/moves.ts';
import type { Answer } from '../../lambdas/domain/outcome-rules.ts';
import { parseResponseRow } from '../../lambdas/domain/responses.ts';
import { sealedOutcomes } from '../../lambdas/domain/sealing.ts';
import {
  airtel,
  answered,
  at,
  closed,
  day,
  directionId,
  fileOn,
  fresh,
  issued,
  jio,
  outcomesOf,
  rowsOf,
  sealed,
  start,
  thrown,
} from './example.ts';
import { OPERATORS, vi } from './moving.ts';

describe('a row of a response that says where a connection goes on', () => {
  const told = (cells: Record<string, string>) =>
    parseResponseRow(
      { line: 2, cells: { msisdn: '9876543210', ...cells } },
      { kind: 'reverify', operator: airtel },
      day('2026-06-05'),
      () => ({ row: 3, lastSeen: day('2026-05-20'), directedFor: day('2026-05-20') }),
      OPERATORS,
    );
  const ported = (to: string, occurred_on = '') => told({ outcome: 'ported', to, occurred_on });

  test('names the operator that it was ported to, since a day', () => {
    expect(ported('jio')).toEqual({
      line: 2,
      row: 3,
      outcome: 'ported',
      day: '2026-06-05',
      onward: { to: 'jio' },
    });
    expect(ported('vi', '2026-05-20')).toMatchObject({ day: '2026-05-20', onward: { to: 'vi' } });
  });

  test.each([
    ['nobody', '', '', 'missing_to'],
    ['an operator that there is not', 'vodafone', '', 'unknown_operator'],
    ['an operator in capitals', 'JIO', '', 'unknown_operator'],
    ['the self-check, which has numbers of its own', 'self-check', '', 'unknown_operator'],
    ['the operator itself', 'airtel', '', 'same_operator'],
    ['an operator on a day before it was last seen', '', '2026-05-19', 'before_sighting'],
    ['an operator on a day to come', '', '2026-06-06', 'bad_date'],
  ])('is rejected where it was ported to %s', (_, to, on, reason) => {
    expect(ported(to, on)).toEqual({ line: 2, reason });
  });

  test('says on which ground its subscriber has more time, and no other', () => {
    for (const ground of ['abroad', 'disability', 'hospital', 'Hospital'])
      expect(told({ outcome: 'extended', ground })).toMatchObject({
        outcome: 'extended',
        onward: { ground: ground.toLowerCase() },
      });
    for (const ground of ['', 'hospitals', 'busy'])
      expect(told({ outcome: 'extended', ground })).toEqual({ line: 2, reason: 'bad_ground' });
    // A day before the last sighting is as good as another: nothing ended on it.
    expect(told({ outcome: 'extended', ground: 'abroad', occurred_on: '2026-05-01' })).toMatchObject({
      outcome: 'extended',
    });
  });
});

describe('a response that moves rows', () => {
  test('ends them where they are, and says which go on and whereto', () => {
    const applied = answered(fresh(4), [
      [2, 'ported'],
      [0, 'extended'],
      [1, 'verified'],
    ]);
    expect(outcomesOf(applied.ledger)).toEqual(['extended', 'verified', 'ported', 'open']);
    expect(applied.moved).toEqual([
      { row: 0, why: 'extended', ground: 'hospital' },
      { row: 2, why: 'ported', to: 'jio' },
    ]);
    expect(applied.ledger.files[0]).toMatchObject({ moved: 2 });
    expect(applied.ledger.files[0]).not.toHaveProperty('toRestore');
    expect(movedForm.parse(JSON.stringify(movedForm.write({ rows: applied.moved })))).toEqual({ rows: applied.moved });
    expect(sealedOutcomes(sealed(closed(applied.ledger)))).toMatchObject({ ported: 1, extended: 1, verified: 1 });
  });

  test('moves who has failed, and takes them out of the disconnect order of the same file', () => {
    const failed = answered(fresh(2), [
      [0, 'failed'],
      [1, 'failed'],
    ]).ledger;
    const { moved, madeFailed } = answered(failed, [
      [0, 'ported'],
      [1, 'extended'],
    ]);
    expect([moved.length, madeFailed]).toEqual([2, []]);
    const both = answered(fresh(1), [
      [0, 'failed'],
      [0, 'extended'],
    ]);
    expect([both.moved.length, both.madeFailed]).toEqual([1, []]);
  });

  test('gives service back to who has more time, and not to who went to another operator', () => {
    const barred = issued(issued(fresh(2), 1), 2);
    const { givenBack } = answered(barred, [
      [0, 'ported'],
      [1, 'extended'],
    ]);
    expect(givenBack).toEqual([1]);
  });

  test('records the port of what is overdue, and moves it not; what is overdue has no more time', () => {
    const overdue = closed(fresh(2));
    for (const ledger of [overdue, sealed(overdue)]) {
      const applied = answered(ledger, [
        [0, 'ported'],
        [1, 'extended'],
      ]);
      expect(outcomesOf(applied.ledger)).toEqual(['ported', 'overdue']);
      expect([applied.recorded, applied.conflicts]).toEqual([1, 1]);
      expect(applied.moved).toEqual([{ row: 0, why: 'ported', to: 'jio' }]);
      expect(applied.ledger.files[0]).not.toHaveProperty('moved');
      expect(fileMoving(applied.ledger, 0)).toBeUndefined();
    }
  });

  test('is already recorded where it says the same again, and conflicts where it names another operator', () => {
    const first = answered(fresh(2), [
      [0, 'ported'],
      [1, 'extended'],
    ]).ledger;
    const again = applyResponse(
      first,
      rowsOf([
        [0, 'ported'],
        [1, 'extended'],
      ]),
      { sha256: 'again', attempt: 'a', at: start, committedAt: start, portedTo: new Map([[0, jio]]) },
    );
    expect(again).toMatchObject({ alreadyRecorded: 2, moved: [] });
    // Nobody may take for the same what they don't know.
    expect(answered(first, [[0, 'ported']])).toMatchObject({ conflicts: 1, alreadyRecorded: 0 });
    const file = { sha256: 'another', attempt: 'a', at: at('2026-06-04T00:00:00Z') };
    const toVi: AnsweredRow = { line: 2, row: 0, outcome: 'ported', day: day('2026-06-03'), onward: { to: vi } };
    const portedTo = new Map([[0, jio]]);
    const other = applyResponse(first, [toVi], { ...file, committedAt: file.at, portedTo });
    expect(other).toMatchObject({ conflicts: 1, recorded: 0, moved: [] });
    // Also within one file.
    const both = applyResponse(fresh(1), [{ ...toVi, onward: { to: jio } }, toVi], { ...file, committedAt: file.at });
    expect(both).toMatchObject({ conflicts: 1, recorded: 1, moved: [{ row: 0, why: 'ported', to: 'jio' }] });
  });

  test("is the last word but for that the number is somebody else's: then nothing goes on", () => {
    const moved = answered(fresh(1), [[0, 'ported']]).ledger;
    for (const outcome of ['verified', 'failed', 'not_found', 'disconnected', 'surrendered', 'extended'] as const)
      expect(answered(moved, [[0, outcome]]).conflicts).toBe(1);
    expect(fileMoving(moved, 0)).toBe(moved.files[0]);
    const beside = answered(fresh(3), [
      [0, 'ported'],
      [1, 'verified'],
    ]).ledger;
    expect([1, 2].map((row) => fileMoving(beside, row))).toEqual([undefined, undefined]);
    const since = answered(moved, [[0, 'reissued']]).ledger;
    expect(fileMoving(since, 0)).toBeUndefined();
    expect(
      answered(fresh(1), [
        [0, 'ported'],
        [0, 'reissued'],
      ]).moved,
    ).toEqual([]);
  });
});

describe('an answer moves its row', () => {
  const answer = (outcome: AnsweredRow['outcome'], more: Partial<AnsweredRow> = {}): AnsweredRow => ({
    line: 2,
    row: 3,
    outcome,
    day: day('2026-06-05'),
    ...more,
  });

  test('where it says at whom, or why, it goes on, and where it is not found at whom it was ported to', () => {
    expect(movedRow(answer('ported', { onward: { to: jio } }))).toEqual({ row: 3, why: 'ported', to: 'jio' });
    const abroad = answer('extended', { onward: { ground: 'abroad' } });
    expect(movedRow(abroad)).toEqual({ row: 3, why: 'extended', ground: 'abroad' });
    const back = { row: 3, why: 'porting_disputed', to: 'vi' };
    expect(movedRow(answer('not_found', { returnsTo: vi }))).toEqual(back);
  });

  test('and not where it says neither, or ends it', () => {
    expect(movedRow(answer('not_found'))).toBeUndefined();
    expect(movedRow(answer('ported'))).toBeUndefined();
    expect(movedRow(answer('extended'))).toBeUndefined();
    for (const outcome of ['verified', 'failed', 'disconnected', 'surrendered', 'reissued'] as const)
      for (const more of [{}, { returnsTo: vi }, { onward: { to: jio } }, { onward: { ground: 'abroad' } }] as const)
        expect(movedRow(answer(outcome, more)), outcome).toBeUndefined();
  });

  test('which is kept as it is, and nothing else is', () => {
    const rows: MovedRow[] = [
      { row: 0, why: 'ported', to: jio },
      { row: 1, why: 'extended', ground: 'disability' },
      { row: 2, why: 'disconnected_after_verified' },
      { row: 3, why: 'porting_disputed', to: vi },
    ];
    const written = movedForm.write({ rows });
    expect(movedForm.parse(JSON.stringify(written))).toEqual({ rows });
    for (const row of [
      { row: 0, why: 'moved' },
      { ...rows[2], to: 'jio' },
      { row: 3, why: 'porting_disputed' },
    ])
      expect(thrown(() => movedForm.parse(JSON.stringify({ ...written, rows: [row] })))).toContain('moved rows');
  });
});

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

describe('who was given more time, and proves themselves before a follow-up goes on with them', () => {
  const night = 'followup-202606040000' as BatchId;
  const extended = () =>
    answered(issued(issued(fresh(2), 1), 2), [[0, 'extended']], { on: '2026-06-07', at: '2026-06-07T10:00:00Z' });

  test('is verified, and has service since they were given more time', () => {
    const { ledger, givenBack } = extended();
    expect(givenBack).toEqual([0]);
    const proved = answered(ledger, [[0, 'verified']], { on: '2026-06-07', at: '2026-06-07T12:00:00Z' });
    expect(proved).toMatchObject({ recorded: 1, conflicts: 0, moved: [], givenBack: [] });
    expect(outcomesOf(proved.ledger)).toEqual(['verified', 'open']);
    const [file] = proved.ledger.files;
    const lines = ['+919810000001\t35100000000001\t2026-05-20\tDelhi', ''];
    // The night finds nobody to go on with.
    expect((file && listedOf(proved.ledger, file, extended().moved, lines, 30).reverify) ?? []).toEqual([]);
  });

  test('is so in one file, too', () => {
    const both = answered(fresh(1), [
      [0, 'extended'],
      [0, 'verified'],
    ]);
    expect(both).toMatchObject({ recorded: 2, conflicts: 0, moved: [] });
    expect(both.ledger.files.at(-1)).not.toHaveProperty('moved');
    expect(outcomesOf(both.ledger)).toEqual(['verified']);
  });

  test('is asked by the follow-up once it has taken them', () => {
    const { ledger } = extended();
    const taken = { ...ledger, files: ledger.files.map((file) => ({ ...file, followUp: night })) };
    expect(answered(taken, [[0, 'verified']])).toMatchObject({ recorded: 0, conflicts: 1 });
    // Whoever was ported is the other operator's.
    const ported = answered(fresh(1), [[0, 'ported']]).ledger;
    expect(answered(ported, [[0, 'verified']])).toMatchObject({ recorded: 0, conflicts: 1 });
  });
});

test('a pointer to a moved row waits, and says where it goes on', () => {
  const { ledger, moved } = answered(fresh(3), [
    [0, 'ported'],
    [1, 'extended'],
  ]);
  const [ported, extended, open] = [0, 1, 2].map((row) =>
    countPointer({ directionId: directionId(), row }, ledger, moved),
  );
  expect(ported).toMatchObject({ open: false, waits: true, portedTo: 'jio', operator: 'airtel' });
  expect(extended).toMatchObject({ open: false, waits: true, portedTo: null });
  expect(open).toMatchObject({ open: true, waits: false, portedTo: null });
  const night = 'followup-202606040000' as BatchId;
  const taken = { ...ledger, files: ledger.files.map((file) => ({ ...file, followUp: night })) };
  const followUps = (of: Ledger, rows: number[]) =>
    rows.map((row) => countPointer({ directionId: directionId(), row }, of, moved).followUp);
  expect(followUps(ledger, [0, 1, 2])).toEqual([null, null, null]);
  expect(followUps(taken, [0, 1, 2])).toEqual([night, night, null]);
  const late = answered(sealed(closed(fresh(1))), [[0, 'ported']]);
  // No night goes on with what moved nothing, though it went on with other rows of that file.
  const marked = { ...late.ledger, files: late.ledger.files.map((file) => ({ ...file, followUp: night })) };
  expect(followUps(marked, [0])).toEqual([null]);
  expect(countPointer({ directionId: directionId(), row: 0 }, late.ledger, late.moved)).toMatchObject({
    waits: false,
    portedTo: 'jio',
  });
});

test('a pointer to a row that is not found where it was ported to returns, until a follow-up that counts has it', () => {
  const night = 'followup-202606040000' as BatchId;
  const back = [{ line: 2, row: 0, outcome: 'not_found' as const, day: day('2026-06-03'), returnsTo: vi }];
  const applied = applyResponse(fresh(2), [...back, ...rowsOf([[1, 'not_found']])], fileOn('2026-06-03', 'back'));
  if (applied.kind !== 'applied') throw new Error('it applies');
  const { ledger, moved } = applied;
  const returns = (of: Ledger, row: number, list = moved, counts = false) =>
    countPointer({ directionId: directionId(), row }, of, list, () => counts).returns;
  expect([returns(ledger, 0), returns(ledger, 1), returns(ledger, 0, [])]).toEqual([true, false, false]);
  const taken = { ...ledger, files: ledger.files.map((file) => ({ ...file, followUp: night })) };
  expect([returns(taken, 0), returns(taken, 0, moved, true)]).toEqual([true, false]);
  const followUp = (of: Ledger, row: number) => countPointer({ directionId: directionId(), row }, of, moved).followUp;
  expect([followUp(ledger, 0), followUp(taken, 0)]).toEqual([null, night]);
  // Somebody else's since, it returns no more.
  expect(returns(answered(ledger, [[0, 'reissued']]).ledger, 0)).toBe(false);
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
