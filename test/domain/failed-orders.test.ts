import { describe, expect, test } from 'vitest';
import { withFailedOrder } from '../../lambdas/domain/applying-responses.ts';
import { failedOrderAnew, failedOrderDeadline } from '../../lambdas/domain/failed-orders.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { answered, at, closed, fresh, issued, marked, sealed, start } from './example.ts';

describe('the disconnect order of failed rows that is to be published again', () => {
  const order = { rows: 2, sha256: 'o', bytes: 90, deadline: at('2026-06-04T10:00:00Z') };
  const failing = withFailedOrder(
    answered(
      issued(fresh(4), 1),
      [
        [0, 'failed'],
        [2, 'failed'],
      ],
      { sha256: 'f' },
    ),
    order,
    at('2026-06-03T10:00:00Z'),
  ).ledger;
  const again = (ledger: Ledger, now = '2026-06-03T18:00:00Z') =>
    failedOrderAnew(ledger, { sha256: 'f' }, { attempt: 'attempt-b', now: at(now) });

  test.each(['verified', 'not_found', 'disconnected'] as const)('is issued anew without who is %s since', (outcome) => {
    const before = answered(failing, [[0, outcome]]).ledger;
    const anew = again(before);
    expect(anew).toMatchObject({ rows: [2], deadline: '2026-06-04T10:00:00Z' });
    const after = anew?.commit({ sha256: 'anew', bytes: 60 });
    expect(after?.files).toEqual([
      {
        ...failing.files[0],
        failedOrder: {
          rows: 1,
          sha256: 'anew',
          bytes: 60,
          deadline: '2026-06-04T10:00:00Z',
          delay: 0,
          anew: { attempt: 'attempt-b', at: '2026-06-03T18:00:00Z', version: before.version + 1 },
        },
      },
      before.files[1],
    ]);
    expect(after?.version).toBe(before.version + 1);
    expect(after && again(after)).toBeUndefined();
  });

  test('is issued anew without who was taken back since', () => {
    expect(again(marked(failing, [2]))).toMatchObject({ rows: [0], deadline: '2026-06-04T10:00:00Z' });
  });

  test('stays as it was committed while its rows are failed, whatever is said of others', () => {
    expect(again(failing)).toBeUndefined();
    const others = answered(failing, [
      [1, 'failed'],
      [3, 'verified'],
    ]).ledger;
    expect(again(others)).toBeUndefined();
  });

  test('is for nobody where all were answered for', () => {
    const before = answered(failing, [
      [0, 'verified'],
      [2, 'disconnected'],
    ]).ledger;
    expect(again(before)?.rows).toEqual([]);
    expect(again(before)?.commit({ sha256: 'none', bytes: 30 }).files[0]?.failedOrder?.rows).toBe(0);
  });

  test('carries who is overdue by then, as long as nobody answers for them', () => {
    const ended = closed(failing);
    expect(again(ended)).toBeUndefined();
    expect(again(answered(sealed(ended), [[0, 'verified']]).ledger)?.rows).toEqual([2]);
  });

  test('is not issued once its time has passed, and never for a file that had none', () => {
    const before = answered(failing, [[0, 'verified']], { sha256: 'v' }).ledger;
    expect(again(before, '2026-06-04T09:59:59Z')).toMatchObject({ rows: [2], deadline: '2026-06-04T10:00:00Z' });
    expect(again(before, '2026-06-04T10:00:00Z')).toBeUndefined();
    expect(failedOrderAnew(before, { sha256: 'v' }, { attempt: 'b', now: start })).toBeUndefined();
  });
});

describe("the disconnect order of a response's failed rows", () => {
  const ordered = issued(fresh(1), 1);

  test('is due 24 hours after its commit', () => {
    expect(failedOrderDeadline(ordered, at('2026-06-02T07:30:00Z'))).toBe('2026-06-03T07:30:00Z');
  });

  test("is due at the ladder's end at the latest", () => {
    expect(failedOrderDeadline(ordered, at('2026-06-16T00:00:01Z'))).toBe('2026-06-17T00:00:00Z');
    expect(failedOrderDeadline(ordered, at('2026-06-16T23:59:59Z'))).toBe('2026-06-17T00:00:00Z');
  });

  test('is not issued once the ladder has ended, be it closed or not', () => {
    expect(failedOrderDeadline(ordered, at('2026-06-17T00:00:00Z'))).toBeNull();
    expect(failedOrderDeadline(closed(fresh(1)), at('2026-06-20T00:00:00Z'))).toBeNull();
    const answeredWhole = closed(answered(fresh(1), [[0, 'verified']]).ledger);
    expect(failedOrderDeadline(answeredWhole, at('2026-06-05T00:00:00Z'))).toBeNull();
  });
});
