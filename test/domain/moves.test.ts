import { describe, expect, test } from 'vitest';
import type { AnsweredRow } from '../../lambdas/domain/answers.ts';
import { applyResponse } from '../../lambdas/domain/applying-responses.ts';
import { countPointer } from '../../lambdas/domain/counted-pointers.ts';
import { decidedBy, listedOf } from '../../lambdas/domain/follow-ups.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { fileMoving, type MovedRow, movedForm, movedRow } from '../../lambdas/domain/moves.ts';
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

  test('is verified while the follow-up that has taken them has not decided on them, and asked by it from then on', () => {
    const { ledger } = extended();
    const files = ledger.files.map((file) => ({ ...file, followUp: night }));
    const taken = { ...ledger, files, undecided: [night] };
    const proved = answered(taken, [[0, 'verified']]);
    expect(proved).toMatchObject({ recorded: 1, conflicts: 0, moved: [], givenBack: [] });
    expect(outcomesOf(proved.ledger)).toEqual(['verified', 'open']);
    const decided = decidedBy(taken, night);
    if (decided === undefined) throw new Error('it decides on nobody');
    expect(answered(decided, [[0, 'verified']])).toMatchObject({ recorded: 0, conflicts: 1 });
    // That another night has not decided has nothing to do with it.
    const other = { ...decided, undecided: ['followup-202606030000' as BatchId] };
    expect(answered(other, [[0, 'verified']])).toMatchObject({ recorded: 0, conflicts: 1 });
    // Nothing else is taken of who was given more time.
    expect(answered(taken, [[0, 'failed']])).toMatchObject({ recorded: 0, conflicts: 1 });
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
