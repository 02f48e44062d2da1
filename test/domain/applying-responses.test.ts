import { describe, expect, test } from 'vitest';
import {
  applyResponse,
  type Effect,
  effectOf,
  MOST_FILES,
  withFailedOrder,
} from '../../lambdas/domain/applying-responses.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import { type Ledger, LedgerDamaged, outcomeOf } from '../../lambdas/domain/ledger.ts';
import type { Answer, Outcome } from '../../lambdas/domain/outcome-rules.ts';
import { answered, at, closed, day, fileOn, fresh, ladderEnds, marked, rowsOf, sealed, thrown } from './example.ts';

/** Brings row 0 of a fresh ledger to an outcome. */
function standing(outcome: Outcome, kind: DirectionKind): Ledger {
  if (outcome === 'open') return fresh(1, kind);
  if (outcome === 'overdue') return closed(fresh(1, kind));
  if (outcome === 'withdrawn') throw new Error('no answer withdraws a row');
  // What is said again of the same day is no other word.
  return answered(fresh(1, kind), [[0, outcome]], { on: outcome === 'reissued' ? '2026-06-03' : '2026-06-01' }).ledger;
}

describe('what an answer does to a connection', () => {
  test.each<[Outcome, Answer, Effect]>([
    ['open', 'verified', 'record'],
    ['open', 'failed', 'record'],
    ['open', 'disconnected', 'record'],
    ['open', 'not_found', 'record'],
    ['open', 'surrendered', 'record'],
    ['failed', 'verified', 'record'],
    ['failed', 'failed', 'already'],
    ['failed', 'disconnected', 'record'],
    ['failed', 'not_found', 'record'],
    ['failed', 'surrendered', 'record'],
    ['overdue', 'verified', 'record'],
    ['overdue', 'failed', 'record'],
    ['overdue', 'disconnected', 'record'],
    ['overdue', 'not_found', 'record'],
    ['overdue', 'surrendered', 'record'],
    ['verified', 'verified', 'already'],
    ['verified', 'failed', 'conflict'],
    ['verified', 'disconnected', 'conflict'],
    ['verified', 'not_found', 'conflict'],
    ['verified', 'surrendered', 'conflict'],
    ['disconnected', 'verified', 'conflict'],
    ['disconnected', 'failed', 'already'],
    ['disconnected', 'disconnected', 'already'],
    ['disconnected', 'not_found', 'conflict'],
    ['disconnected', 'surrendered', 'conflict'],
    ['not_found', 'verified', 'conflict'],
    ['not_found', 'failed', 'conflict'],
    ['not_found', 'disconnected', 'conflict'],
    ['not_found', 'not_found', 'already'],
    ['not_found', 'surrendered', 'conflict'],
    ['surrendered', 'verified', 'conflict'],
    ['surrendered', 'failed', 'already'],
    ['surrendered', 'disconnected', 'conflict'],
    ['surrendered', 'not_found', 'conflict'],
    ['surrendered', 'surrendered', 'already'],
    ['open', 'reissued', 'record'],
    ['failed', 'reissued', 'record'],
    ['overdue', 'reissued', 'record'],
    ['verified', 'reissued', 'record'],
    ['disconnected', 'reissued', 'record'],
    ['not_found', 'reissued', 'record'],
    ['surrendered', 'reissued', 'record'],
    ['reissued', 'reissued', 'already'],
    ['reissued', 'verified', 'conflict'],
    ['reissued', 'failed', 'conflict'],
    ['reissued', 'disconnected', 'conflict'],
    ['reissued', 'not_found', 'conflict'],
    ['reissued', 'surrendered', 'conflict'],
  ])('%s, answered %s: %s', (outcome, answer, effect) => {
    expect(effectOf(outcome, answer)).toBe(effect);
    check(standing(outcome, 'reverify'), answer, effect);
  });
});

describe('what an answer does to a handset', () => {
  test.each<[Outcome, Answer, Effect]>([
    ['open', 'blocked', 'record'],
    ['open', 'not_found', 'record'],
    ['overdue', 'blocked', 'record'],
    ['overdue', 'not_found', 'record'],
    ['blocked', 'blocked', 'already'],
    ['blocked', 'not_found', 'conflict'],
    ['not_found', 'blocked', 'conflict'],
    ['not_found', 'not_found', 'already'],
  ])('%s, answered %s: %s', (outcome, answer, effect) => {
    expect(effectOf(outcome, answer)).toBe(effect);
    check(standing(outcome, 'block'), answer, effect);
  });
});

function check(before: Ledger, answer: Answer, effect: Effect): void {
  const applied = answered(before, [[0, answer]], { on: '2026-06-03', at: '2026-06-03T10:00:00Z' });
  expect([applied.recorded, applied.alreadyRecorded, applied.conflicts]).toEqual([
    effect === 'record' ? 1 : 0,
    effect === 'already' ? 1 : 0,
    effect === 'conflict' ? 1 : 0,
  ]);
  expect(applied.rejects).toEqual(effect === 'conflict' ? [{ line: 2, reason: 'conflicts_with_recorded' }] : []);
  // Its ladder has ended: that its subscriber failed changes nothing of it.
  const staysOverdue = outcomeOf(before, 0).outcome === 'overdue' && answer === 'failed';
  expect(outcomeOf(applied.ledger, 0)).toEqual(
    effect === 'record'
      ? { outcome: staysOverdue ? 'overdue' : answer, occurredOn: '2026-06-03', recordedAt: '2026-06-03T10:00:00Z' }
      : outcomeOf(before, 0),
  );
}

describe('applying a response', () => {
  test('a file is kept in the ledger with its attempt and instant, though it recorded nothing', () => {
    const before = fresh(2);
    const applied = answered(before, [], { sha256: 'empty', at: '2026-06-02T00:00:00Z' });
    expect(applied).toMatchObject({ rows: 0, recorded: 0, alreadyRecorded: 0, rejects: [], late: false });
    expect(applied.ledger.files).toEqual([
      { sha256: 'empty', attempt: 'work-empty', at: '2026-06-02T00:00:00Z', version: before.version + 1 },
    ]);
    expect(applied.ledger.version).toBe(before.version + 1);
    expect(before.files).toEqual([]);
  });

  test('rows apply in file order, and all rejects stand in it', () => {
    const rows = [
      ...rowsOf([[0, 'failed']]),
      { line: 3, reason: 'bad_msisdn' } as const,
      { line: 4, row: 0, outcome: 'disconnected', day: day('2026-06-03') } as const,
      { line: 5, row: 0, outcome: 'verified', day: day('2026-06-03') } as const,
      { line: 6, reason: 'not_in_direction' } as const,
      { line: 7, row: 0, outcome: 'disconnected', day: day('2026-06-02') } as const,
    ];
    const decision = applyResponse(fresh(1), rows, fileOn('2026-06-03', 'a'));
    expect(decision).toMatchObject({
      kind: 'applied',
      rows: 6,
      recorded: 2,
      alreadyRecorded: 1,
      conflicts: 1,
      rejects: [
        { line: 3, reason: 'bad_msisdn' },
        { line: 5, reason: 'conflicts_with_recorded' },
        { line: 6, reason: 'not_in_direction' },
      ],
    });
  });

  test('who fails and proves themselves later in the same file has not failed', () => {
    const applied = answered(fresh(2), [
      [0, 'failed'],
      [1, 'failed'],
      [0, 'verified'],
    ]);
    expect([applied.recorded, applied.conflicts, applied.madeFailed]).toEqual([3, 0, [1]]);
    expect(outcomeOf(applied.ledger, 0).outcome).toBe('verified');
  });

  test('the same outcome again keeps the day that was recorded first', () => {
    const first = answered(fresh(1), [[0, 'verified']], { on: '2026-06-01' }).ledger;
    expect(outcomeOf(answered(first, [[0, 'verified']], { on: '2026-06-02' }).ledger, 0).occurredOn).toBe('2026-06-01');
  });

  test('the rows that a file made failed, and are failed at its end, get a disconnect order: ascending', () => {
    const before = answered(fresh(5), [[4, 'failed']]).ledger;
    const applied = answered(before, [
      [3, 'failed'],
      [0, 'failed'],
      [1, 'failed'],
      [1, 'disconnected'],
      [2, 'verified'],
      [4, 'failed'],
    ]);
    expect(applied.madeFailed).toEqual([0, 3]);
  });

  test('the rows whose connection a file ended and that had not ended before are told, ascending', () => {
    const before = answered(fresh(4), [
      [0, 'disconnected'],
      [1, 'failed'],
    ]).ledger;
    const applied = answered(before, [
      [3, 'disconnected'],
      [1, 'disconnected'],
      [0, 'disconnected'],
      [2, 'failed'],
      [2, 'surrendered'],
    ]);
    expect(applied.madeRevoked).toEqual([1, 2, 3]);
    expect(applied.madeFailed).toEqual([]);
  });

  test("the rows whose number a file says is somebody else's are told, with the day on which they are withdrawn", () => {
    const before = answered(fresh(4), [
      [0, 'verified'],
      [1, 'reissued'],
    ]).ledger;
    const applied = answered(
      before,
      [
        [3, 'reissued'],
        [2, 'disconnected'],
        [0, 'reissued'],
        [1, 'reissued'],
        [2, 'reissued'],
      ],
      { at: '2026-06-20T16:48:00Z', committedAt: '2026-06-20T18:48:00Z' },
    );
    expect([applied.madeReissued, applied.madeRevoked]).toEqual([[0, 2, 3], []]);
    // In Kolkata it was past midnight when it committed.
    expect(applied.ledger.files.at(-1)).toMatchObject({ withdrawnOn: '2026-06-21' });
    const late = answered(sealed(closed(before)), [[3, 'reissued']]);
    expect([late.late, late.ledger.files.at(-1)?.withdrawnOn, late.ledger.files.at(-1)?.lateOn]).toEqual([
      true,
      '2026-06-03',
      undefined,
    ]);
  });

  test('a number is given to somebody else again where it is said since a later day, and not where since that day or an earlier one', () => {
    const since = (before: Ledger, on: string) =>
      answered(before, [[0, 'reissued']], { on, at: '2026-06-20T10:00:00Z' });
    const first = since(fresh(2), '2026-06-05');
    for (const on of ['2026-06-04', '2026-06-05'])
      expect(since(first.ledger, on)).toMatchObject({ recorded: 0, alreadyRecorded: 1, madeReissued: [] });
    const again = since(first.ledger, '2026-06-06');
    expect(again).toMatchObject({ recorded: 1, alreadyRecorded: 0, madeReissued: [0] });
    expect(outcomeOf(again.ledger, 0)).toMatchObject({ outcome: 'reissued', occurredOn: '2026-06-06' });
  });

  test('the same bytes again change nothing, and tell what was prepared for them', () => {
    const { ledger } = answered(fresh(2), [[0, 'verified']], { sha256: 'same' });
    const decision = applyResponse(ledger, rowsOf([[1, 'verified']]), fileOn('2026-06-09', 'same'));
    expect(decision).toEqual({ kind: 'known', file: ledger.files[0] });
  });

  test('a direction takes 500 files; the next is refused, one of the 500 again is known', () => {
    let ledger = fresh(1);
    for (let n = 1; n <= MOST_FILES; n += 1) ledger = answered(ledger, [], { sha256: `n${n}` }).ledger;
    expect(applyResponse(ledger, rowsOf([[0, 'verified']]), fileOn('2026-06-03', 'n501'))).toEqual({
      kind: 'too_many_files',
    });
    expect(applyResponse(ledger, [], fileOn('2026-06-03', 'n500')).kind).toBe('known');
  });

  test('another file whose SHA-256 begins with the same eight digits is refused, before one that is too many', () => {
    const [first, alike] = [`0f343b09${'1'.repeat(56)}`, `0f343b09${'2'.repeat(56)}`];
    const nearly = `0f343b0${'3'.repeat(57)}`;
    let { ledger } = answered(fresh(2), [[0, 'failed']], { sha256: first });
    expect(applyResponse(ledger, rowsOf([[1, 'failed']]), fileOn('2026-06-03', alike))).toEqual({ kind: 'sha_taken' });
    expect(applyResponse(ledger, [], fileOn('2026-06-03', nearly)).kind).toBe('applied');
    for (let n = 2; n <= MOST_FILES; n += 1) ledger = answered(ledger, [], { sha256: `n${n}` }).ledger;
    expect(applyResponse(ledger, [], fileOn('2026-06-03', alike))).toEqual({ kind: 'sha_taken' });
    expect(applyResponse(ledger, [], fileOn('2026-06-03', first)).kind).toBe('known');
  });

  test('it changes neither the ledger it was given nor its bytes, though they are a Buffer', () => {
    const before = { ...fresh(1), outcomes: Buffer.alloc(5) };
    answered(before, [[0, 'verified']]);
    expect([...before.outcomes]).toEqual([0, 0, 0, 0, 0]);
  });

  test('a row that the direction does not have is an error', () => {
    expect(() => answered(fresh(1), [[1, 'verified']])).toThrow(LedgerDamaged);
  });

  test('the disconnect order of failed rows is told in the file it came with, in the same version', () => {
    const applied = answered(fresh(2), [[0, 'failed']], { sha256: 'f' });
    const order = { rows: 1, sha256: 'o', bytes: 90, deadline: ladderEnds.reverify };
    // The file is of 10:00, and was delivered again until it was taken.
    const told = withFailedOrder(applied, order, at('2026-06-03T10:31:05Z'));
    expect(told.ledger.files).toEqual([
      {
        sha256: 'f',
        attempt: 'work-f',
        at: '2026-06-03T10:00:00Z',
        version: 2,
        failedOrder: { ...order, delay: 1865 },
      },
    ]);
    expect(told.ledger.version).toBe(applied.ledger.version);
    expect(applied.ledger.files[0]).not.toHaveProperty('failedOrder');
  });
});

test('a row that was taken back and is said to have failed has no disconnect order', () => {
  const applied = answered(marked(fresh(2), [0]), [
    [0, 'failed'],
    [1, 'failed'],
  ]);
  expect([applied.recorded, applied.madeFailed]).toEqual([2, [1]]);
});

test('says which words it replaces: those on record, with their file and day, and its own', () => {
  const first = answered(fresh(4), [
    [0, 'failed'],
    [1, 'failed'],
    [2, 'disconnected'],
  ]);
  expect(first.replaced).toEqual([]);
  const failed = { outcome: 'failed', file: 1, on: '2026-06-03' };
  const second = answered(
    first.ledger,
    [
      [0, 'verified'],
      [2, 'reissued'],
      [2, 'reissued'],
    ],
    { on: '2026-06-05' },
  );
  expect(second.replaced).toEqual([
    { row: 0, ...failed },
    { row: 2, outcome: 'disconnected', file: 1, on: '2026-06-03' },
  ]);
  for (const overdue of [closed(second.ledger), sealed(closed(second.ledger))])
    expect(
      answered(overdue, [
        [1, 'disconnected'],
        [3, 'verified'],
        [3, 'reissued'],
      ]).replaced,
    ).toEqual([
      { row: 1, ...failed, outcome: 'overdue' },
      { row: 3, outcome: 'overdue', file: 0, on: null },
      { row: 3, outcome: 'verified', file: 3, on: '2026-06-03' },
    ]);
});

describe('what is counted of a response', () => {
  test('is how many rows were recorded, by what they said; not those that were recorded already', () => {
    const { recorded, recordedAs, alreadyRecorded } = answered(fresh(4), [
      [0, 'verified'],
      [1, 'failed'],
      [2, 'verified'],
      [1, 'failed'],
    ]);
    expect({ recorded, recordedAs, alreadyRecorded }).toEqual({
      recorded: 3,
      recordedAs: { verified: 2, failed: 1 },
      alreadyRecorded: 1,
    });
  });

  test.each([-1, 1])('is nothing where it names row %i of one: the ledger is damaged', (row) => {
    const { directionId } = fresh(1);
    expect(thrown(() => answered(fresh(1), [[row, 'verified']]))).toBe(
      `LedgerDamaged: The ledger of direction ${directionId} is damaged: no such row`,
    );
  });
});
