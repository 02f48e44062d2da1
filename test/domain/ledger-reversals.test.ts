import { describe, expect, test } from 'vitest';
import { applyResponse, MOST_FILES } from '../../lambdas/domain/applying-responses.ts';
import { isCut } from '../../lambdas/domain/back-orders.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import {
  countOpen,
  fileSaying,
  LedgerDamaged,
  maxReversals,
  rowsInNoList,
  rowsToOrder,
  takenBackAt,
  withdrawRows,
} from '../../lambdas/domain/ledger.ts';
import { BYTES_PER_ROW, fileOf, writeOutcome } from '../../lambdas/domain/outcomes.ts';
import { wordsReplaced } from '../../lambdas/domain/replaced.ts';
import { sealedOutcomes, sealedRevocations, takenBackSinceSeal } from '../../lambdas/domain/sealing.ts';
import { answered, at, closed, day, fresh, marked, outcomesOf, rowsOf, sealed } from './example.ts';

const REVERSAL = {
  reversal: 'caseworker-1-0123456789ab' as BatchId,
  on: day('2026-06-10'),
  at: at('2026-06-10T09:00:00Z'),
};
const file = (sha256: string) => ({
  sha256,
  attempt: 'a',
  at: at('2026-06-11T10:00:00Z'),
  committedAt: at('2026-06-11T10:00:00Z'),
});

test.each([
  [2, 499],
  [2000, 409],
  [10_000, 50],
])('a direction of %i rows names %i reversals; one more takes its rows back, and is not named', (rows, most) => {
  let ledger = fresh(rows);
  const before = { sha256: 'ab'.repeat(32), attempt: '', at: REVERSAL.at, version: 1, ended: 0 };
  const reversals = Array.from({ length: most - 1 }, (_, n) => ({
    ...before,
    reversal: `caseworker-1-${String(n).padStart(12, '0')}` as BatchId,
  }));
  ledger = { ...ledger, files: reversals };
  const last = withdrawRows(ledger, [0], { ...REVERSAL, reversal: 'caseworker-2-0123456789ab' as BatchId });
  expect([last?.files.length, maxReversals(rows)]).toEqual([most, most]);
  if (last === undefined) return;
  const more = withdrawRows(last, [0, 1], REVERSAL);
  expect(more && [more.files, more.version, rowsInNoList(more), rowsToOrder(more).includes(1)]).toEqual([
    last.files,
    last.version + 1,
    [0, 1],
    false,
  ]);
  expect(more && [outcomesOf(more)[1], fileSaying(more, 1), fileSaying(more, 0)?.reversal]).toEqual([
    'withdrawn',
    undefined,
    'caseworker-2-0123456789ab',
  ]);
  expect(more && wordsReplaced(last, more, [1])).toEqual([]);
  // It counts with the newest one that is.
  expect([0, 1].map((row) => more && takenBackAt(more, row))).toEqual([REVERSAL.at, REVERSAL.at]);
  // One that was marked since its number is somebody else's is noted, too, though nothing else changes.
  const others = withdrawRows(marked(answered(last, [[1, 'disconnected']]).ledger, [1]), [1], REVERSAL);
  expect(others && takenBackAt(others, 1)).toBe(REVERSAL.at);
  // Whoever tries again finds it done.
  expect(others && withdrawRows(others, [1], REVERSAL)).toBeUndefined();
  expect(more && withdrawRows(more, [0, 1], REVERSAL)).toBeUndefined();
});

test('no row ever names another file than its own', () => {
  expect(maxReversals(1) + MOST_FILES).toBeLessThan(2 ** 11);
  const bytes = new Uint8Array(2 * BYTES_PER_ROW);
  writeOutcome(bytes, 0, 'verified', REVERSAL.on, 2 ** 11 - 2);
  expect(fileOf(bytes, 0)).toBe(2 ** 11 - 1);
  expect(() => writeOutcome(bytes, 0, 'verified', REVERSAL.on, 2 ** 11 - 1)).toThrow(RangeError);
});

describe('a reversal', () => {
  test('ends what is open, failed or moved as withdrawn, leaves what has ended, and marks all of it', () => {
    const { ledger } = answered(fresh(6), [
      [1, 'failed'],
      [2, 'extended'],
      [3, 'disconnected'],
      [4, 'verified'],
    ]);
    const after = withdrawRows(ledger, [0, 1, 2, 3, 4], REVERSAL);
    expect(after && outcomesOf(after)).toEqual([
      'withdrawn',
      'withdrawn',
      'withdrawn',
      'disconnected',
      'verified',
      'open',
    ]);
    expect(after && rowsInNoList(after)).toEqual([0, 1, 2, 3, 4]);
    expect(after?.files.at(-1)).toEqual({
      // `printf %s caseworker-1-0123456789ab | sha256sum`
      sha256: 'a2fdde2e16dd8c1c2e34c4176f1d18c2d6d80a4b831e9713ddfeac40f689880f',
      attempt: '',
      at: '2026-06-10T09:00:00Z',
      version: ledger.version + 1,
      reversal: 'caseworker-1-0123456789ab',
      ended: 3,
    });
    expect(after && [countOpen(after), rowsToOrder(after)]).toEqual([1, [5]]);
    // Its entry is the second one.
    expect([...(after?.takenBackBy ?? [])]).toEqual([2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 0, 0]);
  });

  test('leaves what had been said before of the rows that it ends, and of no other', () => {
    const { ledger } = answered(fresh(4), [
      [1, 'failed'],
      [2, 'extended'],
      [3, 'disconnected'],
    ]);
    const after = withdrawRows(ledger, [0, 1, 2, 3], REVERSAL);
    const words = after && wordsReplaced(ledger, after, [0, 1, 2, 3]);
    expect(words?.map(({ row, outcome, file: said }) => [row, outcome, said])).toEqual([
      [1, 'failed', 1],
      [2, 'extended', 1],
    ]);
  });

  test('takes its rows of a direction once', () => {
    const after = withdrawRows(fresh(2), [0], REVERSAL);
    expect(after && withdrawRows(after, [0, 1], REVERSAL)).toBeUndefined();
    expect(withdrawRows(fresh(2), [], REVERSAL)).toBeUndefined();
    const another = { ...REVERSAL, reversal: 'caseworker-2-0123456789ab' as BatchId };
    expect(after && withdrawRows(after, [0, 1], another)?.files.map(({ ended }) => ended)).toEqual([1, 1]);
  });

  test('of a row that the direction does not have is an error', () => {
    expect(() => withdrawRows(fresh(2), [2], REVERSAL)).toThrow(LedgerDamaged);
  });

  test('leaves a moved row to the follow-up that has taken it', () => {
    const { ledger } = answered(fresh(1), [[0, 'extended']]);
    const files = ledger.files.map((one) => ({ ...one, followUp: 'followup-202606040000' as BatchId }));
    const after = withdrawRows({ ...ledger, files }, [0], REVERSAL);
    expect(after && [outcomesOf(after), rowsInNoList(after)]).toEqual([['extended'], [0]]);
  });

  test('after the seal leaves the books as they are, and no list carries what it took', () => {
    const settled = sealed(closed(answered(fresh(2), [[0, 'disconnected']]).ledger));
    const after = withdrawRows(settled, [0, 1], REVERSAL);
    expect(after && sealedOutcomes(after)).toMatchObject({ disconnected: 1, overdue: 1, withdrawn: 0 });
    expect(after && [sealedRevocations(after), takenBackSinceSeal(after)]).toEqual([[], [0]]);
  });

  test('is counted as withdrawn in books that come after it', () => {
    const after = withdrawRows(fresh(3), [0, 2], REVERSAL);
    const books = after && sealedOutcomes(sealed(closed(after)));
    expect(books).toMatchObject({ withdrawn: 2, overdue: 1, overdueFailed: 0 });
  });

  test('is no word that an operator may contradict, and no response has its name', () => {
    const after = withdrawRows(fresh(2), [0], REVERSAL);
    const name = after?.files[0]?.sha256 ?? '';
    const said = after && applyResponse(after, rowsOf([[0, 'disconnected']]), file('b'.repeat(64)));
    expect(said).toMatchObject({ recorded: 0, conflicts: 1 });
    expect(after && applyResponse(after, rowsOf([[1, 'verified']]), file(name))).toMatchObject({ recorded: 1 });
    const alike = `${name.slice(0, 8)}${'0'.repeat(56)}`;
    expect(after && applyResponse(after, rowsOf([[1, 'verified']]), file(alike))).toMatchObject({ kind: 'applied' });
  });

  test('is none of the files of which a direction takes so many', () => {
    let ledger = fresh(1);
    for (let n = 0; n < MOST_FILES - 1; n++) {
      const next = applyResponse(ledger, [], file(String(n).padStart(64, '0').split('').reverse().join('')));
      if (next.kind === 'applied') ledger = next.ledger;
    }
    const after = withdrawRows(ledger, [0], REVERSAL);
    expect(after?.files).toHaveLength(MOST_FILES);
    expect(after && applyResponse(after, [], file('c'.repeat(64))).kind).toBe('applied');
  });
});

test('who was given service back by their answer is not cut, and who was taken back after a bar is', () => {
  const barred = {
    ...fresh(3),
    version: 5,
    orders: [
      {
        rung: 2,
        order: 'bar_outgoing' as const,
        attempt: 'o',
        rows: 3,
        sha256: 'd'.repeat(64),
        bytes: 1,
        deadline: at('2026-06-12T00:00:00Z'),
        at: at('2026-06-05T00:00:00Z'),
        version: 5,
      },
    ],
  };
  const { ledger } = answered(barred, [
    [0, 'verified'],
    [1, 'not_found'],
  ]);
  const after = withdrawRows(ledger, [2], REVERSAL) ?? ledger;
  expect([0, 1, 2].map((row) => isCut(after, row))).toEqual([false, true, true]);
  expect(isCut(withdrawRows(fresh(1), [0], REVERSAL) ?? fresh(1), 0)).toBe(false);
});
