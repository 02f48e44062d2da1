import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  activatedOn,
  keepsServiceBy,
  keptUntil,
  lateAnswersUntil,
  MOST_BACK_POINTERS,
  MOST_POINTERS,
  nextPointers,
  operatorOf,
  takenSinceAnswered,
} from '../../lambdas/domain/claims.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { type Pointers, readPointer, writePointer } from '../../lambdas/domain/pointers.ts';
import { counted, cutFrom, disconnected, second, third } from './counted.ts';
import { airtel, at, day, directionId, jio } from './example.ts';

test('a number was activated for somebody else on the last day that an operator says', () => {
  const reissued = (on: string) => counted({ outcome: 'reissued', occurredOn: day(on) });
  expect(activatedOn([reissued('2026-06-03'), reissued('2026-06-09'), disconnected('2026-06-20')])).toBe('2026-06-09');
  expect(activatedOn([disconnected('2026-06-20')])).toBeNull();
});

describe('the holder of a number at an operator', () => {
  const said = (outcome: 'verified' | 'extended' | 'not_found' | 'ported' | 'disconnected', on: string) =>
    counted({ directionId: second, outcome, occurredOn: day(on), recordedAt: at(`${on}T12:00:00Z`) });
  const barred = at('2026-06-16T00:00:00Z');
  const overdue = counted(cutFrom(barred));

  test('is to have service since the day of the newest word, if that is that they proved themselves or have more time', () => {
    for (const outcome of ['verified', 'extended'] as const)
      expect(keepsServiceBy(airtel, [said(outcome, '2026-06-18'), overdue])?.occurredOn, outcome).toBe('2026-06-18');
    for (const outcome of ['not_found', 'ported', 'disconnected'] as const)
      expect(keepsServiceBy(airtel, [said(outcome, '2026-06-19'), said('verified', '2026-06-18')]), outcome).toBe(
        undefined,
      );
    expect(keepsServiceBy(airtel, [overdue])).toBeUndefined();
    expect(keepsServiceBy(jio, [said('verified', '2026-06-18')])).toBeUndefined();
  });

  test('is so whatever an older row says of a failing, and whoever had the number before', () => {
    const failed = counted({ ...cutFrom(barred), recordedAt: at('2026-06-19T12:00:00Z') });
    const reissued = counted({ outcome: 'reissued', recordedAt: at('2026-06-19T12:00:00Z') });
    for (const other of [failed, reissued])
      expect(keepsServiceBy(airtel, [said('verified', '2026-06-18'), other])?.directionId).toBe(second);
    // Who was given more time in a row that was taken back has none by it; a proof stands.
    const taken = (outcome: 'verified' | 'extended') => ({ ...said(outcome, '2026-06-18'), reversed: true });
    expect(keepsServiceBy(airtel, [taken('extended'), overdue])).toBeUndefined();
    expect(keepsServiceBy(airtel, [taken('verified'), overdue])?.directionId).toBe(second);
  });

  test('is not to have it once an order took it after that, in a row that stands', () => {
    const later = (told: Parameters<typeof counted>[0]) =>
      counted({ directionId: third, open: true, outcome: 'open', startedAt: at('2026-07-01T00:00:00Z'), ...told });
    const kept = (told: Parameters<typeof counted>[0]) =>
      keepsServiceBy(airtel, [later(told), said('extended', '2026-06-18'), overdue])?.directionId;
    expect(kept({})).toBe(second);
    const cut = cutFrom(at('2026-07-06T00:00:00Z'));
    expect(kept(cut)).toBeUndefined();
    expect(takenSinceAnswered(airtel, [later(cut), said('extended', '2026-06-18'), overdue])?.directionId).toBe(third);
    expect(kept({ ...cut, reversed: true })).toBe(second);
    expect(kept({ ...cut, operator: jio })).toBe(second);
    // Whoever was given more time in the last rung is ordered to be disconnected by nobody; the time is over.
    expect(kept({ open: false, outcome: 'overdue' })).toBeUndefined();
    expect(takenSinceAnswered(airtel, [later(cut), overdue])).toBeUndefined();
  });

  test('is to have it where they proved themselves after they had failed, though that was recorded, and ordered, last', () => {
    const ordered = at('2026-06-18T15:00:00Z');
    const failed = (said: string) =>
      counted({ ...cutFrom(ordered), directionId: third, open: true, outcome: 'failed', cutSaidAt: at(said) });
    const proved = said('verified', '2026-06-18');
    expect(keepsServiceBy(airtel, [failed('2026-06-18T10:00:00Z'), proved])?.directionId).toBe(second);
    expect(keepsServiceBy(airtel, [failed('2026-06-18T14:00:00Z'), proved])).toBeUndefined();
    // What a reversal gave back is compared to the order.
    const backAt = at('2026-06-18T13:00:00Z');
    expect(takenSinceAnswered(airtel, [failed('2026-06-18T10:00:00Z'), proved], backAt)?.directionId).toBe(third);
  });
});

test('a claim counts on late answers for thirty days after the end of its ladder', () => {
  expect(lateAnswersUntil(at('2026-06-17T00:05:00Z'))).toBe('2026-07-17T00:05:00Z');
});

test('a claim is kept so many days of 24 hours after the last word on what it is of', () => {
  expect(keptUntil(at('2026-06-17T00:05:00Z'), 0)).toBe('2026-06-17T00:05:00Z');
  expect(keptUntil(at('2026-06-17T00:05:00Z'), 14)).toBe('2026-07-01T00:05:00Z');
  // Three years of 365 days, of which one is a leap year.
  expect(keptUntil(at('2026-06-17T00:05:00Z'), 3 * 365)).toBe('2029-06-16T00:05:00Z');
});

describe("a new claim's pointers", () => {
  const pointer = (n: number) => counted({ directionId: directionId('reverify', `${n}-0-0`), row: n });
  const rows = (pointers: Pointers) => pointers.map((stored) => readPointer(stored).row);

  test('are its own, then the newest earlier ones that counted, without what their ledgers said', () => {
    expect(nextPointers([pointer(3)], [pointer(2), pointer(1)])).toEqual([
      'mha-0123456789ab.reverify.airtel.3-0-0:3',
      'mha-0123456789ab.reverify.airtel.2-0-0:2',
      'mha-0123456789ab.reverify.airtel.1-0-0:1',
    ]);
  });

  test('are ten at most: the oldest fall away', () => {
    const earlier = Array.from({ length: 12 }, (_, n) => pointer(12 - n));
    const next = nextPointers([pointer(13)], earlier);
    expect(next).toHaveLength(MOST_POINTERS);
    expect(rows(next)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
  });

  test('keep those that are open, however old: else the number would be directed there a second time', () => {
    const earlier = Array.from({ length: 12 }, (_, n) => ({ ...pointer(12 - n), open: n === 3 || n === 11 }));
    expect(rows(nextPointers([pointer(13)], earlier))).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 1]);
    const open = Array.from({ length: 12 }, (_, n) => ({ ...pointer(12 - n), open: true }));
    expect(rows(nextPointers([pointer(13)], open))).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('keep what was done to a handset, however many exceptions from it were made since', () => {
    const blocked = counted({ directionId: directionId('block', '1-0-0'), kind: 'block', row: 1, outcome: 'blocked' });
    const exception = (n: number) =>
      counted({ directionId: directionId('unblock', `${n}-0-0`), kind: 'unblock', row: n, outcome: 'unblocked' });
    const many = Array.from({ length: 12 }, (_, n) => exception(20 - n));
    expect(rows(nextPointers([exception(21)], [...many, blocked]))).toEqual([
      21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 1,
    ]);
    expect(rows(nextPointers(many, [blocked])).at(-1)).toBe(1);
  });

  test('of what gives back are never more than the item of a claim has room for, however many are open', () => {
    const blocked = counted({ directionId: directionId('block', '1-0-0'), kind: 'block', row: 1, outcome: 'blocked' });
    const exception = (_: unknown, n: number) =>
      counted({ directionId: directionId('unblock', '2-0-0'), kind: 'unblock', row: n, outcome: 'open', open: true });
    const earlier = Array.from({ length: 4000 }, exception);
    const own = Array.from({ length: 500 }, (_, row) => ({ directionId: directionId('unblock', '3-0-0'), row }));
    const next = nextPointers(own, [...earlier, blocked]);
    expect([next.length, next.filter((one) => one.includes('.3-0-0:')).length]).toEqual([MOST_BACK_POINTERS + 1, 500]);
    expect(rows(next).slice(500, 503)).toEqual([0, 1, 2]);
    expect(next.at(-1)).toBe(writePointer(blocked));
    // The longest names at five operators, and what else DynamoDB counts.
    const longest = `${'a'.repeat(16)}-${'0'.repeat(12)}.unblock.${'o'.repeat(10)}.999999-9999-9999:9999`;
    expect(5 * (MOST_BACK_POINTERS + 2 * MOST_POINTERS) * (longest.length + 1)).toBeLessThan(0.9 * 400 * 1024);
  });

  test('hold its own once, though an attempt before wrote it', () => {
    expect(nextPointers([pointer(2)], [pointer(2), pointer(1)])).toEqual([pointer(2), pointer(1)].map(writePointer));
  });

  test('read back as they were written', () => {
    fc.assert(
      fc.property(fc.nat(99_999), fc.nat(999), fc.nat(99_999), fc.nat(1_999), (plan, shard, n, row) => {
        const own = { directionId: directionId('reverify', `${plan}-${shard}-${n}`), row };
        expect(nextPointers([own], []).map(readPointer)).toEqual([own]);
      }),
    );
  });
});

describe('the operator at which a number would be directed', () => {
  const ported = (to: OperatorId, on: string) =>
    counted({ outcome: 'ported', occurredOn: day(on), recordedAt: at(`${on}T12:00:00Z`), portedTo: to });
  const vi = 'vi' as OperatorId;

  test('is that of its newest sighting, unless it was ported since: not seen on a later day than the port', () => {
    expect(operatorOf(airtel, day('2026-06-01'), [])).toBe('airtel');
    expect(operatorOf(airtel, day('2026-05-31'), [ported(jio, '2026-06-01')])).toBe('jio');
    expect(operatorOf(airtel, day('2026-06-01'), [ported(jio, '2026-06-01')])).toBe('jio');
    expect(operatorOf(airtel, day('2026-06-02'), [ported(jio, '2026-06-01')])).toBe('airtel');
  });

  test('is that of the newest port, in whichever order they are known', () => {
    const both = [ported(jio, '2026-06-01'), ported(vi, '2026-09-30')];
    expect(operatorOf(airtel, day('2026-05-31'), both)).toBe('vi');
    expect(operatorOf(airtel, day('2026-05-31'), both.toReversed())).toBe('vi');
  });

  test('is not one that has no such connection', () => {
    const denied = { ...counted({ outcome: 'not_found', occurredOn: day('2026-06-05') }), operator: jio };
    const disputed = [{ ...denied, recordedAt: at('2026-06-05T12:00:00Z') }, ported(jio, '2026-06-01')];
    expect(operatorOf(airtel, day('2026-05-31'), disputed)).toBe('airtel');
  });
});
