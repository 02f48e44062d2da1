import { describe, expect, test } from 'vitest';
import { type Applied, applyResponse, withFailedOrder } from '../../lambdas/domain/applying-responses.ts';
import {
  carriedAt,
  cutAt,
  cutSaidAt,
  givenBackSince,
  givingBackIn,
  givingBackTo,
  orderedBackAt,
  reversedSince,
  takingOrders,
  wasCut,
  withRestored,
} from '../../lambdas/domain/back-orders.ts';
import { waitingIn } from '../../lambdas/domain/follow-ups.ts';
import { type BatchId, directionIdOf, type OperatorId } from '../../lambdas/domain/identifiers.ts';
import { type IssuedOrder, type RecordedFile, withdrawRows } from '../../lambdas/domain/ledger.ts';
import type { Answer } from '../../lambdas/domain/outcome-rules.ts';
import { answered, at, closed, day, fileOn, fresh, issued, sealed } from './example.ts';

/** The order that a file of 3 June, 10:00, caused, which was taken an hour later. */
const failedOrder = { rows: 1, sha256: 'order', bytes: 90, deadline: at('2026-06-04T11:00:00Z') };
const ordered = (applied: Applied) => withFailedOrder(applied, failedOrder, at('2026-06-03T11:00:00Z'));
/** A ledger of two rows whose ladder has come to this rung. */
const upTo = (rung: number) => {
  let ledger = issued(fresh(2), 1);
  for (let n = 2; n <= rung; n += 1) ledger = issued(ledger, n);
  return ledger;
};

describe('a row was cut off', () => {
  test('where a bar carried it, and not by a re-verification', () => {
    expect(wasCut(upTo(1), 0)).toBe(false);
    expect(wasCut(upTo(2), 0)).toBe(true);
    expect(wasCut(sealed(closed(upTo(4))), 0)).toBe(true);
  });

  test('by the newest order that took service, as of the instant at which that was issued', () => {
    expect(cutAt(upTo(1), 0)).toBeNull();
    // Rungs are issued at the deadline of the one before.
    const [, bar, incoming] = upTo(4).rungs;
    expect([cutAt(upTo(2), 0), cutAt(upTo(3), 0), cutAt(upTo(4), 0)]).toEqual([
      upTo(4).rungs[0]?.deadline,
      bar?.deadline,
      incoming?.deadline,
    ]);
    expect(cutAt(answered(upTo(3), [[0, 'verified']]).ledger, 0)).toBeNull();
    // A failed row's own disconnect order is caused by its answer.
    const said = answered(upTo(1), [[0, 'failed']]);
    const { ledger: late } = ordered(said);
    expect([cutAt(late, 0), cutSaidAt(late, 0), cutSaidAt(late, 1)]).toEqual([
      '2026-06-03T11:00:00Z',
      '2026-06-03T10:00:00Z',
      null,
    ]);
  });

  test('and given service back by its answer: what took it before that is known still', () => {
    const [reverify] = upTo(4).rungs;
    const verified = answered(upTo(2), [[0, 'verified']]).ledger;
    expect([carriedAt(verified, 0), carriedAt(verified, 1)]).toEqual([reverify?.deadline, null]);
    expect(carriedAt(issued(verified, 3), 0)).toBe(reverify?.deadline);
    expect(carriedAt(answered(upTo(1), [[0, 'verified']]).ledger, 0)).toBeNull();
    expect(carriedAt(answered(upTo(3), [[0, 'disconnected']]).ledger, 0)).toBeNull();
    // Another one's failing took nothing from it.
    const failed = ordered(answered(upTo(1), [[1, 'failed']])).ledger;
    expect(carriedAt(answered(failed, [[0, 'verified']]).ledger, 0)).toBeNull();
    expect(carriedAt(answered(failed, [[1, 'verified']]).ledger, 1)).toBe('2026-06-03T11:00:00Z');
  });

  test('where it failed: by its own disconnect order, or by a bar from before', () => {
    const { ledger } = answered(upTo(1), [[0, 'failed']]);
    expect([wasCut(ledger, 0), wasCut(ledger, 1)]).toEqual([false, false]);
    // The bar that comes now carries the other one alone.
    const barred = issued(ledger, 2);
    expect([wasCut(barred, 0), wasCut(barred, 1)]).toEqual([false, true]);
    const failed = ordered(answered(upTo(1), [[0, 'failed']])).ledger;
    expect([wasCut(failed, 0), wasCut(failed, 1)]).toEqual([true, false]);
    expect(wasCut(answered(upTo(2), [[0, 'failed']]).ledger, 0)).toBe(true);
  });

  test("where it failed and the ladder's disconnect order carried it, also once it is overdue", () => {
    const ledger = upTo(3);
    const { ledger: failed } = answered({ ...ledger, orders: ledger.orders.slice(0, 1) }, [[0, 'failed']]);
    expect(wasCut(failed, 0)).toBe(false);
    const last = issued(failed, 4);
    expect([wasCut(last, 0), wasCut(closed(last), 0)]).toEqual([true, true]);
  });

  test('before it was answered for, and not by what came after', () => {
    const before = answered(upTo(1), [[0, 'verified']]).ledger;
    expect(wasCut(issued(before, 2), 0)).toBe(false);
    expect(wasCut(answered(upTo(2), [[0, 'verified']]).ledger, 0)).toBe(true);
  });

  test('where it had failed before it was answered for, and not where another row had', () => {
    const failed = ordered(answered(upTo(1), [[0, 'failed']])).ledger;
    const done = answered(failed, [
      [0, 'disconnected'],
      [1, 'not_found'],
    ]).ledger;
    expect([wasCut(done, 0), wasCut(done, 1)]).toEqual([true, false]);
    expect([cutAt(done, 0), cutAt(done, 1)]).toEqual(['2026-06-03T11:00:00Z', null]);
    // Who failed is cut by the order of their own file; of who was answered for since it isn't known which it was.
    const other = withFailedOrder(
      answered(failed, [[1, 'failed']], { sha256: 'other' }),
      failedOrder,
      at('2026-06-03T14:00:00Z'),
    ).ledger;
    expect([cutAt(other, 0), cutAt(other, 1)]).toEqual(['2026-06-03T11:00:00Z', '2026-06-03T14:00:00Z']);
    expect(cutAt(answered(other, [[0, 'not_found']]).ledger, 0)).toBe('2026-06-03T14:00:00Z');
    // Nor where it failed, and no order told of that, though it did of another one.
    const taken = ordered({
      ...answered(upTo(1), [
        [0, 'failed'],
        [1, 'failed'],
      ]),
      madeFailed: [1],
    });
    expect([wasCut(taken.ledger, 0), wasCut(taken.ledger, 1)]).toEqual([false, true]);
    const untold = answered(failed, [[1, 'failed']]).ledger;
    expect(wasCut(answered(untold, [[1, 'not_found']]).ledger, 1)).toBe(false);
  });
});

describe('who is found, after a file’s commit, to have been cut off', () => {
  const { ledger } = answered(fresh(3), [[0, 'reissued']], { sha256: 'said' });
  const [said] = ledger.files as [RecordedFile];
  const later = { attempt: 'later', at: at('2026-06-05T10:00:00Z') };

  test('is restored by an entry of its own, which goes on in the night where it is by the operator’s word', () => {
    const found = withRestored(ledger, said, [0, 2], { cut: 1, ...later });
    expect(found.recorded).toMatchObject({ ...later, after: 'said', backDue: '2026-06-06T10:00:00Z', toRestore: 1 });
    expect(found.ledger).toEqual({ ...ledger, files: [said, found.recorded], version: ledger.version + 1 });
    expect(found.recorded.version).toBe(found.ledger.version);
    expect(waitingIn(found.ledger).files).toEqual([found.recorded]);
    const byOrder = withRestored(ledger, said, [0], { cut: 0, ...later });
    // What is found later is another entry, also of the same rows.
    const again = withRestored(byOrder.ledger, said, [0], { cut: 0, ...later });
    expect(again.recorded.sha256).not.toBe(byOrder.recorded.sha256);
    expect(waitingIn(byOrder.ledger).files).toEqual([]);
    expect(byOrder.recorded.sha256).not.toBe(found.recorded.sha256);
  });
});

describe('the orders by which a direction took service', () => {
  test('are its bars and disconnections, and those of failed rows, each with when it was issued last', () => {
    expect(takingOrders(upTo(1))).toEqual([]);
    const ledger = upTo(4);
    expect(takingOrders(ledger).map(({ rung, attempt, at: when }) => [rung, attempt, when])).toEqual(
      ledger.orders.slice(1).map(({ rung, attempt, at: when }) => [rung, attempt, when]),
    );
  });

  test('are two of a rung that was issued anew: who left it was named before', () => {
    const ledger = upTo(2);
    const [first, bar] = ledger.orders as [IssuedOrder, IssuedOrder];
    const anew = { ...bar, attempt: 'b', at: at('2026-06-08T00:20:00Z'), version: 9, firstVersion: bar.version };
    const known = { ...anew, firstAttempt: 'a', firstAt: at('2026-06-08T00:00:00Z') };
    expect(takingOrders({ ...ledger, orders: [first, known] })).toEqual([
      { rung: 2, attempt: 'a', at: '2026-06-08T00:00:00Z' },
      { rung: 2, attempt: 'b', at: '2026-06-08T00:20:00Z' },
    ]);
    // A ledger of before the ninth form doesn't know the first one.
    expect(takingOrders({ ...ledger, orders: [first, anew] })).toEqual([
      { rung: 2, attempt: 'b', at: '2026-06-08T00:20:00Z' },
    ]);
  });

  test('are of failed rows as of their commit, which may come after the upload, and as of when they were issued anew', () => {
    const { ledger } = answered(upTo(1), [[0, 'failed']], { at: '2026-06-03T09:00:00Z' });
    const [file] = ledger.files as [RecordedFile];
    const { sha256, attempt } = file;
    const of = (order: object) =>
      takingOrders({ ...ledger, files: [{ ...file, failedOrder: { ...failedOrder, delay: 2 * 3600, ...order } }] });
    const first = { sha256, attempt, at: '2026-06-03T11:00:00Z' };
    expect(of({})).toEqual([first]);
    // It may be due sooner than in a day, at the end of its ladder.
    expect(of({ deadline: at('2026-06-03T20:00:00Z') })).toEqual([first]);
    // Who left it was named before.
    const anew = { attempt: 'b', at: at('2026-06-03T12:00:00Z'), version: 9 };
    expect(of({ anew })).toEqual([first, { sha256, attempt: 'b', at: '2026-06-03T12:00:00Z' }]);
  });

  test('come after an order to give back, or before it: that was issued a day before it is due', () => {
    const { ledger } = answered(upTo(2), [[0, 'verified']], { at: '2026-06-08T09:00:00Z' });
    const [file] = ledger.files as [RecordedFile];
    expect(file.backDue && orderedBackAt(file.backDue)).toBe('2026-06-08T09:00:00Z');
  });
});

describe('a response', () => {
  test('gives back, in a day, to whom it says is verified or somebody else and who was cut off, and to nobody else', () => {
    const said = { at: '2026-06-12T10:00:00Z', committedAt: '2026-06-12T10:00:05Z', on: '2026-06-12' };
    const ledger = issued(issued(answered(issued(fresh(5), 1), [[4, 'verified']]).ledger, 2), 3);
    const applied = answered(
      ledger,
      [
        [3, 'reissued'],
        [0, 'verified'],
        [1, 'not_found'],
        [2, 'failed'],
        [2, 'disconnected'],
        [4, 'reissued'],
      ],
      said,
    );
    expect(applied.givenBack).toEqual([0, 3]);
    expect(applied.ledger.files.at(-1)).toMatchObject({ backDue: '2026-06-13T10:00:05Z' });
  });

  test('gives back also when it comes late, and nothing where nobody was cut off', () => {
    const late = answered(sealed(closed(upTo(4))), [[1, 'verified']]);
    expect([late.late, late.givenBack]).toEqual([true, [1]]);
    const early = answered(upTo(1), [[0, 'verified']]);
    expect([early.givenBack, early.ledger.files.at(-1)?.backDue]).toEqual([[], undefined]);
  });

  test('gives back also what an order of another direction took, and of that what it says itself only', () => {
    const cutElsewhere = new Set([0, 1]);
    const applied = answered(
      issued(fresh(3), 1),
      [
        [0, 'reissued'],
        [1, 'failed'],
        [2, 'reissued'],
      ],
      { cutElsewhere },
    );
    expect(applied.givenBack).toEqual([0]);
    expect(answered(applied.ledger, [[0, 'reissued']], { cutElsewhere }).givenBack).toEqual([]);
  });

  test('that is recorded already gives back nothing more', () => {
    const once = answered(upTo(2), [[0, 'verified']]).ledger;
    expect(answered(once, [[0, 'verified']]).givenBack).toEqual([]);
  });

  test("that is somebody else's, who lost service by what was directed of themselves, gives nothing back", () => {
    const told = (cutElsewhere: number[], cutSince: number[]) =>
      answered(
        upTo(2),
        [
          [0, 'reissued'],
          [1, 'reissued'],
        ],
        {
          on: '2026-06-02',
          cutElsewhere: new Set(cutElsewhere),
          cutSince: new Set(cutSince),
        },
      ).givenBack;
    expect([told([], []), told([], [0]), told([1], [1])]).toEqual([[0, 1], [1], [0]]);
  });

  test("that is somebody else's once more gives back what another direction has taken since, and not again what its own had", () => {
    const first = answered(upTo(2), [[0, 'reissued']], { on: '2026-06-02' });
    expect(first.givenBack).toEqual([0]);
    const again = (cutElsewhere: number[]) =>
      answered(first.ledger, [[0, 'reissued']], { on: '2026-06-03', cutElsewhere: new Set(cutElsewhere) }).givenBack;
    expect([again([]), again([0])]).toEqual([[], [0]]);
  });

  test("that is somebody else's once more gives it back to them, though who had the number before is without service", () => {
    const first = answered(upTo(2), [[0, 'reissued']], { on: '2026-06-02' }).ledger;
    const holders = { cutElsewhere: new Set([0]), cutSinceBefore: new Set([0]) };
    const said = (outcomes: readonly Answer[], more: { cutSince?: ReadonlySet<number> } = {}) =>
      answered(
        first,
        outcomes.map((outcome) => [0, outcome] as const),
        { on: '2026-06-03', ...holders, ...more },
      );
    expect(said(['disconnected', 'reissued'])).toMatchObject({ givenBack: [0], conflicts: 1, moved: [] });
    // Who is said to be disconnected after that is who has it now.
    expect(said(['reissued', 'disconnected']).moved).toHaveLength(1);
    expect(said(['reissued', 'disconnected'], { cutSince: new Set([0]) })).toMatchObject({ givenBack: [], moved: [] });
  });
});

test("a row that one file says twice to be somebody else's, and since when it corrects, gets service back like any other", () => {
  const since = (on: string, line: number) => ({ line, row: 0, outcome: 'reissued' as const, day: day(on) });
  const said = [since('2026-06-05', 2), since('2026-06-06', 3)];
  expect(applyResponse(upTo(2), said, fileOn('2026-06-12', 'twice'))).toMatchObject({
    recorded: 2,
    givenBack: [0],
    madeReissued: [0],
  });
});

describe('the restore orders that are told again after an order that takes service', () => {
  test('are those of the files that gave back since that order was first committed', () => {
    const barred = upTo(2);
    const told = (ledger: typeof barred) => givenBackSince(ledger, barred.version).map(({ version }) => version);
    const said = (ledger: typeof barred, row: number, outcome: 'verified' | 'reissued' | 'failed' | 'not_found') =>
      answered(ledger, [[row, outcome]]).ledger;
    expect(told(barred)).toEqual([]);
    const verified = said(barred, 0, 'verified');
    expect(told(verified)).toEqual([barred.version + 1]);
    // Nobody has service again by these.
    expect(told(said(said(verified, 1, 'failed'), 1, 'not_found'))).toEqual([barred.version + 1]);
    expect(told(said(said(verified, 1, 'failed'), 1, 'reissued'))).toEqual([barred.version + 1, barred.version + 3]);
    // Who was given back before the next bar is not in it.
    const next = issued(verified, 3);
    expect(givenBackSince(next, next.version)).toEqual([]);
  });
});

describe('the orders of reversals that are told again after an order that takes service', () => {
  const [first, second] = ['caseworker-1-0123456789ab', 'mha-0123456789ab'] as [BatchId, BatchId];
  const [airtel, jio] = ['airtel', 'jio'] as [OperatorId, OperatorId];
  const taken = (ledger: ReturnType<typeof upTo>, reversal: BatchId, row: number) => {
    const after = withdrawRows(ledger, [row], { reversal, on: day('2026-06-10'), at: at('2026-06-10T09:00:00Z') });
    if (after === undefined) throw new Error('nothing was taken back');
    return after;
  };

  test('are those of the reversals that took rows back since that order was first committed', () => {
    const barred = upTo(2);
    expect(reversedSince(barred, barred.version)).toEqual([]);
    const reversed = taken(answered(barred, [[1, 'verified']]).ledger, first, 0);
    expect(reversedSince(reversed, barred.version)).toEqual([first]);
    expect(reversedSince(taken(reversed, second, 1), barred.version)).toEqual([first, second]);
    // Who was taken back before the next bar is not in it.
    const next = issued(taken(barred, first, 0), 3);
    expect(reversedSince(next, next.version)).toEqual([]);
    expect(reversedSince(taken(next, second, 1), next.version)).toEqual([second]);
  });

  test('are of the directions that give back to the same subjects, at its operator', () => {
    const direction = (kind: 'restore' | 'unblock' | 'reverify', operator: OperatorId, n: number) => ({
      directionId: directionIdOf({ batchId: first, kind, operator, plan: 2, shard: 0, n }),
      operator,
      rows: 1,
      rowsKey: '',
    });
    const directions = [
      direction('restore', airtel, 0),
      direction('restore', airtel, 1),
      direction('restore', jio, 0),
      direction('unblock', airtel, 0),
      direction('reverify', airtel, 0),
    ];
    const to = (kind: 'reverify' | 'block', operator: OperatorId) =>
      givingBackTo({ kind, operator }, { directions }).map((id) => id.split('.').slice(1).join('.'));
    expect(to('reverify', airtel)).toEqual(['restore.airtel.2-0-0', 'restore.airtel.2-0-1']);
    expect(to('reverify', jio)).toEqual(['restore.jio.2-0-0']);
    expect(to('block', airtel)).toEqual(['unblock.airtel.2-0-0']);
    expect(to('block', jio)).toEqual([]);
  });

  test('are the first ones, which carry all rows, whatever was answered and asked since', () => {
    expect(givingBackIn(fresh(2))).toBeUndefined();
    expect(givingBackIn(upTo(1))).toMatchObject({ rung: 1 });
    expect(givingBackIn(answered(upTo(2), [[0, 'verified']]).ledger)).toMatchObject({ rung: 1, rows: 2 });
  });
});
