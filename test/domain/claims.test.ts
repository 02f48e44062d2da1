import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  activatedOn,
  BadPointer,
  type CountedPointer,
  countPointer,
  decideClaim,
  keptUntil,
  lateAnswersUntil,
  maxBackPointers,
  maxPointers,
  nextPointers,
  operatorOf,
  type Pointers,
  readPointer,
  slotOf,
  withoutRows,
  writePointer,
} from '../../lambdas/domain/claims.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { LedgerDamaged } from '../../lambdas/domain/ledger.ts';
import { airtel, answered, at, closed, day, directionId, fresh, jio, marked, sealed, thrown } from './example.ts';

const first = directionId('reverify', '1-0-0');
const second = directionId('reverify', '2-0-0');
const third = directionId('reverify', '3-0-0');

/** A pointer that counts: overdue without an answer, unless told otherwise. */
function counted(told: Partial<CountedPointer>): CountedPointer {
  return {
    directionId: first,
    row: 0,
    kind: 'reverify',
    operator: airtel,
    open: false,
    outcome: 'overdue',
    reversed: false,
    cut: false,
    occurredOn: null,
    recordedAt: null,
    portedTo: null,
    waits: false,
    ...told,
  };
}

const disconnected = (on: string, recordedAt = `${on}T12:00:00Z`) =>
  counted({ outcome: 'disconnected', occurredOn: day(on), recordedAt: at(recordedAt) });

describe('what was taken back, and is not any more', () => {
  const verified = counted({
    outcome: 'verified',
    reversed: true,
    occurredOn: day('2026-06-03'),
    recordedAt: at('2026-06-03T12:00:00Z'),
  });

  test('is verified still: a reversal takes no proof away', () => {
    const state = { state: 'alreadyVerified', directionId: first };
    expect(decideClaim('reverify', airtel, day('2026-06-03'), [verified])).toEqual(state);
    expect(decideClaim('reverify', airtel, day('2026-06-04'), [verified])).toEqual({ state: 'directed' });
  });

  test('is not disconnected any more', () => {
    const taken = { ...disconnected('2026-06-03'), reversed: true };
    expect(decideClaim('reverify', airtel, day('2026-05-30'), [taken])).toEqual({ state: 'directed' });
  });
});

test('a number was activated for somebody else on the last day that an operator says', () => {
  const reissued = (on: string) => counted({ outcome: 'reissued', occurredOn: day(on) });
  expect(activatedOn([reissued('2026-06-03'), reissued('2026-06-09'), disconnected('2026-06-20')])).toBe('2026-06-09');
  expect(activatedOn([disconnected('2026-06-20')])).toBeNull();
});

describe('what was not given back in time', () => {
  const restore = directionId('restore', '2-0-0');
  const overdue = counted({ directionId: restore, kind: 'restore' });
  const decide = (...taken: CountedPointer[]) =>
    decideClaim('restore', airtel, null, [...taken, overdue], false, restore);

  test.each<[string, Partial<CountedPointer>]>([
    ['open', { open: true, outcome: 'open' }],
    ['moved', { waits: true, outcome: 'extended' }],
    ['disconnected', { outcome: 'disconnected' }],
    ['overdue', {}],
    ['barred and not found', { outcome: 'not_found', cut: true }],
  ])('is not asked for again where a later report has it %s', (_, row) => {
    const later = counted({ directionId: third, ...row });
    expect(decide(later)).toEqual({ state: 'alreadyOpen', directionId: third });
    // It was taken before, or that was taken back, or it is another operator's.
    expect(decide({ ...later, directionId: first })).toEqual({ state: 'directed' });
    expect(decide({ ...later, reversed: true })).toEqual({ state: 'directed' });
    expect(decide({ ...later, operator: jio })).toEqual({ state: 'directed' });
    // What is restored for another reason than that it is overdue is asked for.
    expect(decideClaim('restore', airtel, null, [later, overdue])).toEqual({ state: 'directed' });
  });

  test('is asked for again where a later report found that all is well', () => {
    expect(decide(counted({ directionId: third, outcome: 'verified' }))).toEqual({ state: 'directed' });
  });
});

describe('a pointer', () => {
  test('is stored as direction and row', () => {
    expect(writePointer({ directionId: first, row: 17 })).toBe('mha-0123456789ab.reverify.airtel.1-0-0:17');
    expect(readPointer('mha-0123456789ab.reverify.airtel.1-0-0:17')).toEqual({ directionId: first, row: 17 });
  });

  test.each([
    '',
    ':',
    '17',
    ':17',
    `${first}`,
    `${first}:`,
    `${first}:-1`,
    `${first}:1.5`,
    `${first}:x`,
    `${first}:1x`,
    `${first}:1234567890`,
    'nowhere:1',
  ])('in any other form is an error that does not repeat it: %j', (stored) => {
    expect(() => readPointer(stored)).toThrow(BadPointer);
    expect(thrown(() => readPointer(stored))).toBe(
      'BadPointer: A claim holds a pointer that is not "<directionId>:<row>"',
    );
  });

  test('may be to the last row that nine digits name', () => {
    expect(readPointer(`${first}:999999999`)).toEqual({ directionId: first, row: 999_999_999 });
  });

  test('counts with what its ledger says now: open, answered, overdue', () => {
    const ledger = answered(fresh(3), [
      [0, 'failed'],
      [1, 'disconnected'],
    ]).ledger;
    const stays = { reversed: false, cut: false, portedTo: null, waits: false };
    const said = { occurredOn: '2026-06-03', recordedAt: '2026-06-03T10:00:00Z', ...stays };
    const nothing = { occurredOn: null, recordedAt: null, ...stays };
    const of = { kind: 'reverify', operator: airtel };
    const now = [0, 1, 2].map((row) => countPointer({ directionId: first, row }, ledger));
    expect(now).toEqual([
      { directionId: first, row: 0, ...of, open: true, outcome: 'failed', ...said },
      { directionId: first, row: 1, ...of, open: false, outcome: 'disconnected', ...said },
      { directionId: first, row: 2, ...of, open: true, outcome: 'open', ...nothing },
    ]);
    expect(countPointer({ directionId: first, row: 2 }, closed(ledger))).toMatchObject({
      open: false,
      outcome: 'overdue',
    });
  });

  test('counts with an answer that came after its batch settled', () => {
    const ledger = answered(sealed(closed(fresh(1))), [[0, 'disconnected']]).ledger;
    expect(countPointer({ directionId: first, row: 0 }, ledger)).toMatchObject({ outcome: 'disconnected' });
  });

  test('is open no more where its row was taken back, so that who has the number now is directed where they are seen', () => {
    const ledger = marked(fresh(2), [0]);
    expect([0, 1].map((row) => countPointer({ directionId: first, row }, ledger).open)).toEqual([false, true]);
  });

  test('to a row that its ledger does not have is an error', () => {
    expect(() => countPointer({ directionId: first, row: 1 }, fresh(1))).toThrow(LedgerDamaged);
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

describe('a connection', () => {
  const seen = day('2026-05-20');

  test('that no batch claimed is directed', () => {
    expect(decideClaim('reverify', airtel, seen, [])).toEqual({ state: 'directed' });
  });

  test.each(['open', 'failed'] as const)('whose row is %s in a running direction is already open there', (outcome) => {
    expect(decideClaim('reverify', airtel, seen, [counted({ open: true, outcome })])).toEqual({
      state: 'alreadyOpen',
      directionId: first,
    });
  });

  test('that is being restored is directed all the same: what gives back hinders no report, and is already open for another reversal', () => {
    const restore = counted({ kind: 'restore', open: true, outcome: 'open' });
    expect(decideClaim('reverify', airtel, seen, [restore])).toEqual({ state: 'directed' });
    expect(decideClaim('restore', airtel, null, [restore])).toEqual({ state: 'alreadyOpen', directionId: first });
    expect(decideClaim('restore', jio, null, [restore])).toEqual({ state: 'directed' });
    expect(decideClaim('restore', airtel, null, [counted({ open: true, outcome: 'open' })])).toEqual({
      state: 'directed',
    });
  });

  test('that goes on from rows is not hindered by those, and by another one it is', () => {
    const both = [counted({ open: true, outcome: 'open' }), counted({ row: 1, open: true, outcome: 'open' })];
    expect(withoutRows(both, [{ directionId: first, row: 0 }])).toEqual([both[1]]);
    expect(withoutRows(both, [])).toEqual(both);
    // Nor by another one that goes on in the same night.
    expect(withoutRows(both, both)).toEqual([]);
    // It turned out to be somebody else's since it was listed.
    const since = [counted({ outcome: 'reissued' })];
    expect(withoutRows(since, [{ directionId: first, row: 0 }])).toEqual(since);
  });

  test('that is open at another operator than that of its newest sighting is directed there, too', () => {
    const ported = counted({ operator: jio, open: true, outcome: 'open' });
    expect(decideClaim('reverify', airtel, seen, [ported])).toEqual({ state: 'directed' });
    expect(decideClaim('reverify', jio, seen, [ported])).toEqual({ state: 'alreadyOpen', directionId: first });
  });

  test('that is open at two operators is already open in the direction of that of its newest sighting', () => {
    const both = [
      counted({ directionId: second, operator: jio, open: true, outcome: 'open' }),
      counted({ open: true, outcome: 'failed', recordedAt: at('2026-06-02T00:00:00Z') }),
    ];
    expect(decideClaim('reverify', airtel, seen, both)).toEqual({ state: 'alreadyOpen', directionId: first });
    expect(decideClaim('reverify', jio, seen, both)).toEqual({ state: 'alreadyOpen', directionId: second });
    expect(decideClaim('reverify', 'vi' as OperatorId, seen, both)).toEqual({ state: 'directed' });
  });

  test('that was disconnected and not seen since is so at every operator, though a row of it is open at another', () => {
    const earlier = [
      counted({ directionId: second, operator: jio, open: true, outcome: 'open' }),
      disconnected('2026-06-01'),
    ];
    expect(decideClaim('reverify', airtel, seen, earlier)).toEqual({
      state: 'alreadyDisconnected',
      directionId: first,
    });
    expect(decideClaim('reverify', airtel, day('2026-06-02'), earlier)).toEqual({ state: 'directed' });
  });

  test('that is open in an older direction than its newest is already open there', () => {
    const earlier = [
      counted({ directionId: second, outcome: 'verified', recordedAt: at('2026-06-02T00:00:00Z') }),
      counted({ open: true, outcome: 'open' }),
    ];
    expect(decideClaim('reverify', airtel, seen, earlier)).toEqual({ state: 'alreadyOpen', directionId: first });
  });

  test('that is open elsewhere is already open, though it was disconnected before', () => {
    const earlier = [counted({ directionId: second, open: true, outcome: 'open' }), disconnected('2026-06-01')];
    expect(decideClaim('reverify', airtel, seen, earlier)).toEqual({ state: 'alreadyOpen', directionId: second });
  });

  test('that was not found is directed again', () => {
    const said = {
      outcome: 'not_found',
      occurredOn: day('2026-06-01'),
      recordedAt: at('2026-06-01T12:00:00Z'),
    } as const;
    expect(decideClaim('reverify', airtel, seen, [counted(said)])).toEqual({ state: 'directed' });
  });

  test('that was verified is so until it is seen on a later day: nobody proves themselves twice for the same use', () => {
    const verified = counted({
      outcome: 'verified',
      occurredOn: day('2026-06-01'),
      recordedAt: at('2026-06-02T12:00:00Z'),
    });
    for (const newest of ['2026-05-31', '2026-06-01'])
      expect(decideClaim('reverify', jio, day(newest), [verified])).toEqual({
        state: 'alreadyVerified',
        directionId: first,
      });
    expect(decideClaim('reverify', airtel, day('2026-06-02'), [verified])).toEqual({ state: 'directed' });
  });

  test('that went overdue is directed again', () => {
    expect(decideClaim('reverify', airtel, seen, [counted({})])).toEqual({ state: 'directed' });
  });

  test('that was disconnected and not seen later is already disconnected; seen on that very day too', () => {
    expect(decideClaim('reverify', airtel, day('2026-05-31'), [disconnected('2026-06-01')])).toEqual({
      state: 'alreadyDisconnected',
      directionId: first,
    });
    expect(decideClaim('reverify', airtel, day('2026-06-01'), [disconnected('2026-06-01')]).state).toBe(
      'alreadyDisconnected',
    );
  });

  test('that was moved is open where it goes on, until its follow-up is directed', () => {
    const ported = counted({ outcome: 'ported', occurredOn: day('2026-06-01'), portedTo: jio, waits: true });
    const alreadyOpen = { state: 'alreadyOpen', directionId: first };
    expect(decideClaim('reverify', jio, day('2026-06-01'), [ported])).toEqual(alreadyOpen);
    expect(decideClaim('reverify', airtel, day('2026-06-02'), [ported])).toEqual({ state: 'directed' });
    expect(decideClaim('reverify', jio, null, [{ ...ported, waits: false }])).toEqual({ state: 'directed' });
    const extended = counted({ outcome: 'extended', occurredOn: day('2026-06-01'), waits: true });
    expect(decideClaim('reverify', airtel, day('2026-06-02'), [extended])).toEqual(alreadyOpen);
  });

  test('that was surrendered is as one that was disconnected', () => {
    const surrendered = { ...disconnected('2026-06-01'), outcome: 'surrendered' } as const;
    expect(decideClaim('reverify', airtel, day('2026-06-01'), [surrendered])).toEqual({
      state: 'alreadyDisconnected',
      directionId: first,
    });
    expect(decideClaim('reverify', airtel, day('2026-06-02'), [surrendered])).toEqual({ state: 'directed' });
  });

  test("that is somebody else's since is left alone until it is seen on a later day, whatever else is known of it", () => {
    const reissued = counted({
      outcome: 'reissued',
      occurredOn: day('2026-06-10'),
      recordedAt: at('2026-06-12T12:00:00Z'),
    });
    const open = counted({ directionId: second, open: true, outcome: 'open' });
    const verified = counted({
      directionId: second,
      outcome: 'verified',
      occurredOn: day('2026-06-20'),
      recordedAt: at('2026-06-20T12:00:00Z'),
    });
    for (const newest of ['2026-06-01', '2026-06-10'])
      for (const newer of [[], [open], [verified]])
        expect(decideClaim('reverify', airtel, day(newest), [...newer, reissued])).toEqual({
          state: 'reissuedBefore',
          directionId: first,
        });
    expect(decideClaim('reverify', airtel, day('2026-06-11'), [reissued])).toEqual({ state: 'directed' });
    expect(decideClaim('reverify', airtel, day('2026-06-11'), [open, reissued]).state).toBe('alreadyOpen');
  });

  test('that was disconnected and seen a day later is directed again', () => {
    expect(decideClaim('reverify', airtel, day('2026-06-02'), [disconnected('2026-06-01')])).toEqual({
      state: 'directed',
    });
  });

  test('is judged by the outcome recorded last, not by the direction made last', () => {
    const late = { ...disconnected('2026-06-01', '2026-07-20T00:00:00Z'), directionId: first };
    const newer = counted({
      directionId: second,
      outcome: 'verified',
      occurredOn: day('2026-07-01'),
      recordedAt: at('2026-07-01T00:00:00Z'),
    });
    expect(decideClaim('reverify', airtel, seen, [newer, late])).toEqual({
      state: 'alreadyDisconnected',
      directionId: first,
    });
    expect(
      decideClaim('reverify', airtel, seen, [
        { ...late, directionId: second },
        { ...newer, directionId: first },
      ]).state,
    ).toBe('alreadyDisconnected');
    const earlier = { ...late, recordedAt: at('2026-06-30T00:00:00Z') };
    expect(decideClaim('reverify', airtel, seen, [newer, earlier])).toEqual({
      state: 'alreadyVerified',
      directionId: second,
    });
  });

  test('of two outcomes recorded in the same second the newer direction decides', () => {
    const one = disconnected('2026-06-01', '2026-06-05T00:00:00Z');
    const other = counted({ directionId: second, outcome: 'not_found', recordedAt: at('2026-06-05T00:00:00Z') });
    expect(decideClaim('reverify', airtel, seen, [other, one])).toEqual({ state: 'directed' });
    expect(decideClaim('reverify', airtel, seen, [one, other]).state).toBe('alreadyDisconnected');
  });

  test('that was disconnected, then directed again and never answered, is still disconnected', () => {
    const earlier = [counted({ directionId: third }), counted({ directionId: second }), disconnected('2026-06-01')];
    expect(decideClaim('reverify', airtel, seen, earlier)).toEqual({
      state: 'alreadyDisconnected',
      directionId: first,
    });
  });

  test('that was disconnected, directed again, found failed and went overdue is directed again', () => {
    const failed = counted({
      directionId: second,
      outcome: 'overdue',
      occurredOn: day('2026-07-01'),
      recordedAt: at('2026-07-01T00:00:00Z'),
    });
    expect(decideClaim('reverify', airtel, seen, [failed, disconnected('2026-06-01')])).toEqual({ state: 'directed' });
  });
});

describe('a handset at an operator', () => {
  const blocked = counted({
    directionId: directionId('block'),
    outcome: 'blocked',
    occurredOn: day('2026-06-01'),
    recordedAt: at('2026-06-01T12:00:00Z'),
  });

  test('that no batch claimed is directed', () => {
    expect(decideClaim('block', airtel, null, [])).toEqual({ state: 'directed' });
  });

  test('that is open elsewhere is already open there', () => {
    expect(decideClaim('block', airtel, null, [counted({ open: true, outcome: 'open' }), blocked])).toEqual({
      state: 'alreadyOpen',
      directionId: first,
    });
  });

  test('whose newest recorded outcome is blocked is already blocked, whenever it was seen', () => {
    const already = { state: 'alreadyBlocked', directionId: directionId('block') };
    expect(decideClaim('block', airtel, null, [blocked])).toEqual(already);
    expect(decideClaim('block', airtel, day('2026-12-31'), [blocked])).toEqual(already);
    expect(decideClaim('block', airtel, null, [counted({ directionId: second }), blocked])).toEqual(already);
  });

  test.each(['not_found', 'overdue'] as const)('that was %s is directed again', (outcome) => {
    const recordedAt = outcome === 'overdue' ? null : at('2026-07-01T00:00:00Z');
    expect(decideClaim('block', airtel, null, [counted({ outcome, recordedAt })])).toEqual({ state: 'directed' });
  });

  test('that was blocked once and not found later is directed again', () => {
    const later = counted({ directionId: second, outcome: 'not_found', recordedAt: at('2026-07-01T00:00:00Z') });
    expect(decideClaim('block', airtel, null, [later, blocked])).toEqual({ state: 'directed' });
  });
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
    expect(next).toHaveLength(maxPointers);
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
    expect([next.length, next.filter((one) => one.includes('.3-0-0:')).length]).toEqual([maxBackPointers + 1, 500]);
    expect(rows(next).slice(500, 503)).toEqual([0, 1, 2]);
    expect(next.at(-1)).toBe(writePointer(blocked));
    // The longest names at five operators, and what else DynamoDB counts.
    const longest = `${'a'.repeat(16)}-${'0'.repeat(12)}.unblock.${'o'.repeat(10)}.999999-9999-9999:9999`;
    expect(5 * (maxBackPointers + 2 * maxPointers) * (longest.length + 1)).toBeLessThan(0.9 * 400 * 1024);
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

test("a number's pointers stand under one name, wherever it is directed, a handset's under that of its operator", () => {
  expect([slotOf('reverify', airtel), slotOf('reverify', jio)]).toEqual(['number', 'number']);
  expect([slotOf('block', airtel), slotOf('block', jio)]).toEqual([airtel, jio]);
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
