import { describe, expect, it } from 'vitest';
import type { BatchId, DirectionId, Msisdn } from '../../lambdas/domain/identifiers.ts';
import { decideNumber } from '../../lambdas/domain/reversals.ts';
import {
  heldSince,
  othersInForce,
  reliableIn,
  standingOn,
  withContinuations,
  withLeft,
} from '../../lambdas/domain/scopes.ts';
import type { SubjectRow } from '../../lambdas/domain/subject-rows.ts';
import { airtel, at, day, jio } from './example.ts';
import { disconnected, open, plan, pointer, restore, row, UPLOADED } from './subject-rows.ts';

describe('who is directed in rows that are named', () => {
  const given = (on: string, n: number) => row({ directionId: plan(n), outcome: 'reissued', occurredOn: day(on) });
  const seen = (on: string) => open({ directionId: plan(9), directedFor: day(on) });
  const since = (own: SubjectRow, ...others: SubjectRow[]) => heldSince({ rows: [pointer(own)] }, [own, ...others]);

  it('has the number since it was activated last before they were seen', () => {
    const others = [given('2026-05-25', 1), given('2026-06-10', 2), given('2026-04-02', 3)];
    expect(since(seen('2026-05-30'), ...others)).toBe('2026-05-25');
    expect(since(seen('2026-06-11'), ...others)).toBe('2026-06-10');
    // On the day itself it may have been either.
    expect(since(seen('2026-05-25'), ...others)).toBe('2026-04-02');
  });

  it('is not known to have it from anybody where no operator said so, or of none that is named', () => {
    expect(since(seen('2026-05-30'), open({ occurredOn: day('2026-05-25') }))).toBeNull();
    expect(since(seen('2026-05-30'), given('2026-06-10', 1))).toBeNull();
    expect(heldSince('current', [seen('2026-05-30'), given('2026-05-25', 1)])).toBeNull();
    expect(heldSince({ rows: [] }, [given('2026-05-25', 1)])).toBeNull();
  });
});

describe('a withdrawn report', () => {
  const own = open({ directionId: plan(2) });
  const others = open({ directionId: plan(3), operator: jio });

  it('takes its own rows back, and no others of the number', () => {
    expect(decideNumber([others, own], { rows: [pointer(own)] }, UPLOADED)).toEqual({
      state: 'directed',
      directed: [{ operator: airtel, from: pointer(own) }],
      rows: [pointer(own)],
      openIn: [],
    });
  });

  it('takes back nothing where its rows took nothing, whatever others have open', () => {
    const verified = row({ directionId: plan(2) });
    const since = open({ directionId: plan(3) });
    expect(decideNumber([since, verified], { rows: [pointer(verified)] }, UPLOADED)).toEqual({
      state: 'nothingToRestore',
      directed: [],
      rows: [pointer(verified)],
      openIn: [],
    });
  });

  it('takes all of its rows back, at each operator', () => {
    expect(decideNumber([others, own], { rows: [own, others].map(pointer) }, UPLOADED)).toMatchObject({
      directed: [
        { operator: jio, from: pointer(others) },
        { operator: airtel, from: pointer(own) },
      ],
      rows: [others, own].map(pointer),
    });
  });

  it('takes back what goes on with them, too', () => {
    const night = { followUp: 'followup-202606130000' as BatchId };
    const moved = row({ directionId: plan(2), outcome: 'ported', portedTo: jio, ...night });
    const goesOn = open({ directionId: 'followup-202606130000.reverify.jio.3-0-0' as DirectionId, operator: jio });
    expect(withContinuations({ rows: [pointer(moved)] }, [goesOn, moved])).toEqual({
      rows: [pointer(moved), pointer(goesOn)],
    });
    expect(withContinuations({ rows: [pointer(others)] }, [goesOn, moved, others])).toEqual({
      rows: [pointer(others)],
    });
    expect(withContinuations('current', [goesOn, moved])).toBe('current');
    expect(withContinuations({ rows: [own, moved].map(pointer) }, [goesOn, moved, own])).toEqual({
      rows: [own, moved, goesOn].map(pointer),
    });
    const holder = { ofHolderIn: pointer(moved) };
    expect(withContinuations(holder, [goesOn, moved])).toBe(holder);
  });

  it('has no part in what a night gave back', () => {
    const extended = row({
      directionId: plan(2),
      outcome: 'extended',
      followUp: 'followup-202606130000' as BatchId,
    });
    const restored = restore({ directionId: 'followup-202606130000.restore.airtel.3-0-0' as DirectionId });
    expect(withContinuations({ rows: [pointer(extended)] }, [restored, extended])).toEqual({
      rows: [pointer(extended)],
    });
  });
});

describe("another report's row of a number that its operator has restored", () => {
  const withdrawn = row({ directionId: plan(5) });
  const restored = restore({
    outcome: 'restored',
    occurredOn: day('2026-06-10'),
    recordedAt: at('2026-06-10T10:00:00Z'),
  });
  const others = (on: string, told = `${on}T10:00:00Z`) => {
    const ended = disconnected(on, { directionId: plan(1), recordedAt: at(told) });
    return othersInForce({ rows: [pointer(withdrawn)] }, [restored, withdrawn, ended]).map(pointer);
  };

  it('is in force where it was ended after that, and not where it was before', () => {
    expect(others('2026-06-12')).toEqual([pointer(row({ directionId: plan(1) }))]);
    expect(others('2026-06-09')).toEqual([]);
  });

  it('is not in force where it is told after that, of a day before; of the same day what was told first counts', () => {
    const told = '2026-06-15T10:00:00Z';
    expect(others('2026-06-09', told)).toEqual([]);
    expect(others('2026-06-10', told)).toEqual([pointer(row({ directionId: plan(1) }))]);
    expect(others('2026-06-10', '2026-06-10T09:00:00Z')).toEqual([]);
    // The restore may be told late, too: the days count.
    expect(others('2026-06-11', '2026-06-10T09:00:00Z')).toEqual([pointer(row({ directionId: plan(1) }))]);
  });

  it('is not in force where it is a block that is told after an unblock of a later day', () => {
    const own = row({ kind: 'block', directionId: plan(5, 'block'), outcome: 'blocked' });
    const unblocked = { ...restored, kind: 'unblock' as const, outcome: 'unblocked' as const };
    const blocked = (on: string) => {
      const recordedAt = at('2026-06-15T10:00:00Z');
      const other = { ...own, directionId: plan(1, 'block'), occurredOn: day(on), recordedAt };
      return othersInForce({ rows: [pointer(own)] }, [unblocked, own, other]).length;
    };
    expect([blocked('2026-06-09'), blocked('2026-06-10'), blocked('2026-06-11')]).toEqual([0, 1, 1]);
  });
});

describe('what a later batch may rely on', () => {
  const own = open({ directionId: plan(2) });
  const scope = { rows: [pointer(own)] };

  it('is a row of a withdrawn report that stands, whatever became of it, and one of which no claim tells any more', () => {
    for (const one of [own, { ...own, open: false }, { ...own, reversed: true }])
      expect(reliableIn(scope, [open({ directionId: plan(3) }), one])).toEqual([pointer(own)]);
    expect(reliableIn(scope, [])).toEqual([pointer(own)]);
  });

  it('is none that was taken back before, by an appeal', () => {
    const taken = row({ directionId: plan(2), outcome: 'withdrawn', reversed: true });
    const other = open({ directionId: plan(3), operator: jio });
    expect(reliableIn(scope, [taken])).toEqual([]);
    expect(reliableIn({ rows: [own, other].map(pointer) }, [other, taken])).toEqual([pointer(other)]);
    expect(reliableIn('current', [own])).toEqual([]);
    expect(reliableIn({ ofHolderIn: pointer(own) }, [own])).toEqual([]);
  });
});

describe('what another batch did itself since', () => {
  const own = row({ outcome: 'overdue', occurredOn: null, recordedAt: null, directionId: plan(2) });
  const scope = { rows: [pointer(own)] };

  it.each([
    ['has it open', open({ directionId: plan(3) })],
    ['disconnected it', disconnected('2026-06-20', { directionId: plan(3) })],
  ])('stands where it %s at the same operator', (_, since) => {
    expect(standingOn(scope, [since, own])).toEqual([since]);
    expect(standingOn('current', [since, own])).toEqual([]);
  });

  it.each([
    ['is at another operator', open({ directionId: plan(3), operator: jio })],
    ['was verified', row({ directionId: plan(3) })],
    ['was taken back', disconnected('2026-06-20', { directionId: plan(3), reversed: true })],
  ])('is nothing to stand where it %s', (_, since) => {
    expect(standingOn(scope, [since, own])).toEqual([]);
  });

  it('takes along what an earlier withdrawal had left, where nothing else stands on that', () => {
    const left = disconnected('2026-05-01', { directionId: plan(1) });
    const other = open({ directionId: plan(7), operator: jio });
    expect(withLeft(scope, [left], [other, own, left])).toEqual({ rows: [own, left].map(pointer) });
    // Another batch's own row, of the operator, between them.
    const between = disconnected('2026-05-10', { directionId: plan(9) });
    expect(withLeft(scope, [left], [own, between, left])).toBe(scope);
    expect(withLeft(scope, [left], [own, { ...between, reversed: true }, left])).toEqual({
      rows: [own, left].map(pointer),
    });
    expect(withLeft(scope, [], [own])).toBe(scope);
    expect(withLeft('current', [left], [own, left])).toBe('current');
  });

  it('is not what was there before: the number was seen since', () => {
    expect(standingOn(scope, [own, disconnected('2026-05-01')])).toEqual([]);
  });

  it.each([
    ['is open elsewhere', open({ directionId: plan(3), operator: jio }), true],
    ['disconnected it elsewhere before', disconnected('2026-05-01', { operator: jio }), true],
    ['has it return where it was ported from', row({ outcome: 'not_found', returns: true, operator: jio }), true],
    ['has no such number', row({ outcome: 'not_found', operator: jio }), false],
    ['was verified', row({ directionId: plan(3), operator: jio }), false],
    ['was taken back', disconnected('2026-06-20', { operator: jio, reversed: true }), false],
  ])('of others is in force, or not, where it %s', (_, other, isInForce) => {
    const one = { ...other, directionId: plan(7) };
    expect(othersInForce(scope, [one, own])).toEqual(isInForce ? [one] : []);
    expect(othersInForce('current', [one, own])).toEqual([]);
    expect(othersInForce({ ofHolderIn: pointer(own) }, [one, own])).toEqual([]);
    expect(standingOn({ ofHolderIn: pointer(own) }, [{ ...one, operator: airtel }, own])).toEqual([]);
  });

  it('of others is in force until it was given back where it was taken, as a whole', () => {
    const other = disconnected('2026-06-08', { operator: jio, directionId: plan(7) });
    const back = (told: Partial<SubjectRow>) => restore({ operator: jio, outcome: 'restored', ...told });
    expect(othersInForce(scope, [back({}), other, own])).toEqual([]);
    expect(othersInForce(scope, [back({ operator: airtel }), other, own])).toEqual([other]);
    expect(othersInForce(scope, [back({ outcome: 'open', open: true }), other, own])).toEqual([other]);
    // Given back before it was taken.
    expect(othersInForce(scope, [other, back({}), own])).toEqual([other]);
    const block = row({ kind: 'block', outcome: 'blocked', operator: jio, directionId: plan(7, 'block') });
    const unblocked = back({ kind: 'unblock', outcome: 'unblocked' });
    expect(othersInForce(scope, [unblocked, block, own])).toEqual([]);
    expect(othersInForce(scope, [{ ...unblocked, excepts: '+919876543210' as Msisdn }, block, own])).toEqual([block]);
  });
});
