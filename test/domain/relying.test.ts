import { describe, expect, it } from 'vitest';
import type { Day } from '../../lambdas/domain/days.ts';
import type { ElsewhereLine } from '../../lambdas/domain/elsewhere.ts';
import type { BatchId, DirectionId } from '../../lambdas/domain/identifiers.ts';
import { AccountsOfNight, reliesOn } from '../../lambdas/domain/relying.ts';
import type { SubjectRow } from '../../lambdas/domain/subject-rows.ts';
import { RowsOfNumbers } from '../../lambdas/domain/withdrawing.ts';
import { withdrawnBy } from '../../lambdas/domain/withdrawn-reports.ts';
import { airtel, batchId, day, msisdn } from './example.ts';
import { open, plan } from './subject-rows.ts';

const [number, other] = [msisdn('9810000001'), msisdn('9810000002')];
const up = 'up-0123456789ab' as BatchId;
const ofUp = `${up}.reverify.airtel.1-0-0` as DirectionId;

describe('a batch that found a number in a direction', () => {
  const line: ElsewhereLine = {
    kind: 'reverify',
    identifier: number,
    operator: airtel,
    state: 'alreadyOpen',
    directionId: ofUp,
  };
  const relies = (told: Partial<ElsewhereLine>) =>
    reliesOn({ ...line, ...told }, { directions: new Set([ofUp]), subjects: new Map([[number, null]]) });

  it('relies on it, whatever it found there', () => {
    for (const state of ['alreadyOpen', 'alreadyVerified', 'alreadyDisconnected'] as const)
      expect(relies({ state })).toBe(true);
  });

  it('relies on no other direction, and not for a number that is not in question', () => {
    expect([relies({ directionId: plan(2) }), relies({ directionId: null }), relies({ identifier: other })]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('relies on nothing if the number was somebody else’s by then, or if it gives back', () => {
    expect([relies({ state: 'reissuedBefore' }), relies({ kind: 'restore' })]).toEqual([false, false]);
  });
});

describe('what a night found', () => {
  const theirs = open({ directionId: ofUp, directedFor: day('2026-05-20') });
  const own = open({ directionId: plan(2), directedFor: day('2026-05-30') });
  const accounts = (
    about: readonly (readonly [typeof number, Day | null])[],
    rows: readonly SubjectRow[] = [theirs, own],
  ) =>
    new AccountsOfNight(
      new Map(about),
      new RowsOfNumbers([
        { asked: { imei: null, msisdn: number, scope: 'current', ground: 'withdrawal', lines: [] }, rows },
      ]),
    );
  const goneOn = { msisdn: number, from: ofUp, toGiveBack: false };
  const what = { kind: 'reverify', identifier: number } as const;
  const withdrawn = (...reports: BatchId[]) =>
    new Map(
      [up, batchId].map((one) => [
        one,
        withdrawnBy(reports.includes(one) ? [{ imeis: null, struck: new Set<never>() }] : [], new Set()),
      ]),
    );

  it('stands while a report stands with whose row it went on', () => {
    const night = accounts([[number, null]]);
    night.add(goneOn);
    night.add({ ...goneOn, from: own.directionId });
    expect([...night.reports()]).toEqual([up, batchId]);
    expect(
      [withdrawn(), withdrawn(up), withdrawn(batchId), withdrawn(up, batchId)].map((one) => night.stand(what, one)),
    ).toEqual([true, true, true, false]);
  });

  it('has nothing to do with rows of others, or with those that are given back', () => {
    const night = accounts([[number, null]]);
    for (const told of [{ msisdn: other }, { msisdn: null }, { toGiveBack: true }]) night.add({ ...goneOn, ...told });
    expect([...night.reports()]).toEqual([]);
  });

  it('does not stand on a row of somebody else who had the number before', () => {
    const since = (on: string) => {
      const night = accounts([[number, day(on)]]);
      night.add(goneOn);
      return [night.stand(what, withdrawn()), [...night.reports()]];
    };
    expect(since('2026-05-20')).toEqual([false, []]);
    expect(since('2026-05-19')).toEqual([true, [up]]);
    // Of a row whose sighting nobody knows, it may have been anybody's.
    const unknown = accounts([[number, day('2026-05-19')]], [own]);
    unknown.add(goneOn);
    expect(unknown.stand(what, withdrawn())).toBe(false);
  });

  it('stands where no list says any more with what it went on, unless somebody else had the number before', () => {
    expect(accounts([[number, null]]).stand(what, withdrawn())).toBe(true);
    expect(accounts([[number, day('2026-05-01')]]).stand(what, withdrawn())).toBe(false);
  });
});
