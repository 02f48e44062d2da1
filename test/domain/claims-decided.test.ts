import { describe, expect, test } from 'vitest';
import { decideClaim, withoutRows } from '../../lambdas/domain/claims.ts';
import type { CountedPointer } from '../../lambdas/domain/counted-pointers.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { counted, disconnected, first, second, third } from './counted.ts';
import { airtel, at, day, directionId, jio } from './example.ts';

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

describe('what was not given back in time', () => {
  const restore = directionId('restore', '2-0-0');
  const overdue = counted({ directionId: restore, kind: 'restore' });
  const decide = (...taken: CountedPointer[]) =>
    decideClaim('restore', airtel, null, [...taken, overdue], false, {
      directionId: restore,
      startedAt: at('2026-06-10T19:00:00Z'),
    });

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

  test('is not asked for again where an earlier report has taken service since that was ordered', () => {
    const barred = (cutAt: string) =>
      counted({ directionId: first, outcome: 'open', open: true, cut: true, cutAt: at(cutAt) });
    expect(decide(barred('2026-06-10T19:00:01Z'))).toEqual({ state: 'alreadyOpen', directionId: first });
    expect(decide(barred('2026-06-10T19:00:00Z'))).toEqual({ state: 'directed' });
    expect(decide({ ...barred('2026-06-11T00:00:00Z'), operator: jio })).toEqual({ state: 'directed' });
    expect(decide({ ...barred('2026-06-11T00:00:00Z'), reversed: true })).toEqual({ state: 'directed' });
  });

  test('is asked for again where a later report found that all is well', () => {
    expect(decide(counted({ directionId: third, outcome: 'verified' }))).toEqual({ state: 'directed' });
  });
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

  test("is what its holder was last said to be, also where it is said later that it was somebody else's before", () => {
    // Said on 30 June, of the row of whoever had it until the 10th.
    const reissued = counted({
      directionId: first,
      outcome: 'reissued',
      occurredOn: day('2026-06-10'),
      recordedAt: at('2026-06-30T12:00:00Z'),
    });
    const since = (outcome: 'verified' | 'disconnected' | 'surrendered') =>
      counted({
        directionId: second,
        outcome,
        occurredOn: day('2026-06-20'),
        recordedAt: at('2026-06-20T12:00:00Z'),
      });
    const state = (outcome: 'verified' | 'disconnected' | 'surrendered', newest: string) =>
      decideClaim('reverify', airtel, day(newest), [since(outcome), reissued]);
    expect(state('verified', '2026-06-18')).toEqual({ state: 'alreadyVerified', directionId: second });
    for (const ended of ['disconnected', 'surrendered'] as const)
      expect(state(ended, '2026-06-18')).toEqual({ state: 'alreadyDisconnected', directionId: second });
    expect(state('verified', '2026-06-21')).toEqual({ state: 'directed' });
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
