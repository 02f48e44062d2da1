import { describe, expect, it } from 'vitest';
import type { AskedSubject } from '../../lambdas/domain/asked.ts';
import type { BatchId, DirectionId, Imei, Msisdn } from '../../lambdas/domain/identifiers.ts';
import type { Scope } from '../../lambdas/domain/scopes.ts';
import type { SubjectRow } from '../../lambdas/domain/subject-rows.ts';
import {
  directedBy,
  type FoundSubject,
  isStillAsked,
  type KnownSubject,
  leftBehind,
  othersNamedBy,
  RowsOfNumbers,
  reliableDirections,
  reportOf,
  rowsOfOthers,
  type ScopedSubject,
  sinceOf,
  withoutRepeats,
  withoutStanding,
} from '../../lambdas/domain/withdrawing.ts';
import { withdrawnBy } from '../../lambdas/domain/withdrawn-reports.ts';
import { batchId, day, imei, jio, msisdn } from './example.ts';
import { open, plan, pointer, restore, row } from './subject-rows.ts';

const [a, b] = ['35100000000001', '35100000000002'].map(imei) as [Imei, Imei];
const number = msisdn('9810000001');
const other = msisdn('9810000002');

/** Reports of other agencies, and a direction of each. */
const [up, tn] = ['up-0123456789ab', 'tn-0123456789ab'] as [BatchId, BatchId];
const of = (report: BatchId, n: number, kind = 'reverify') => `${report}.${kind}.airtel.${n}-0-0` as DirectionId;

const asked = (scope: Scope, told: Partial<AskedSubject> = {}): AskedSubject => ({
  imei: null,
  msisdn: number,
  scope,
  ground: 'withdrawal',
  lines: [],
  ...told,
});
const naming = (named: readonly SubjectRow[], rows: readonly SubjectRow[], told?: Partial<AskedSubject>) => ({
  asked: asked({ rows: named.map(pointer) }, told),
  rows,
});
const scoped = (
  named: readonly SubjectRow[],
  rows: readonly SubjectRow[],
  told?: Partial<AskedSubject>,
): ScopedSubject => {
  const one = naming(named, rows, told);
  return { ...one, scope: one.asked.scope };
};

/** What was withdrawn of a report: all of it, or nothing. */
const ALL = withdrawnBy([{ imeis: null, struck: new Set() }], new Set());
const NOTHING = withdrawnBy([], new Set());
const only = (imeis: Imei[], free: Msisdn[] = []) =>
  withdrawnBy([{ imeis: new Set(imeis), struck: new Set() }], new Set(free));

describe('the report of a row', () => {
  const goneOn = (on: string) => ({ outcome: 'extended', followUp: `followup-202606${on}0000` as BatchId }) as const;
  const extended = row({ directionId: of(up, 2), ...goneOn('13') });
  const night = open({ directionId: 'followup-202606130000.reverify.airtel.3-0-0' as DirectionId });

  it('is that of its direction, or of the row that it continues', () => {
    expect(reportOf(extended, [night, extended])).toBe(up);
    expect(reportOf(night, [night, extended])).toBe(up);
    const next = row({ ...night, ...goneOn('20'), open: false });
    const last = open({ directionId: 'followup-202606200000.reverify.airtel.4-0-0' as DirectionId });
    expect(reportOf(last, [last, next, extended])).toBe(up);
  });

  it('is its night where nothing is known of what it continues', () => {
    expect(reportOf(night, [night])).toBe('followup-202606130000');
    expect(reportOf(night, [])).toBe('followup-202606130000');
    // What gave back in between is nothing that goes on.
    const between = restore({ directionId: of(tn, 3, 'restore'), ...goneOn('13') });
    expect(reportOf(night, [night, between, extended])).toBe(up);
  });

  it('is told of a number by its direction', () => {
    const seen = open({ directionId: of(up, 2), directedFor: day('2026-05-30') });
    const rows = new RowsOfNumbers([
      naming([], [night, { ...extended, directedFor: day('2026-05-11') }]),
      naming([], [seen], { msisdn: other }),
    ]);
    expect(rows.reportOf(number, night.directionId)).toBe(up);
    expect(rows.directedFor(number, of(up, 2))).toBe('2026-05-11');
    expect(rows.directedFor(other, of(up, 2))).toBe('2026-05-30');
    // Of a number that has no row there, the direction's batch is all that is known.
    expect(rows.reportOf(other, of(tn, 5))).toBe(tn);
    expect([rows.directedFor(other, of(tn, 5)), rows.directedFor(msisdn('9810000003'), of(up, 2))]).toEqual([
      null,
      null,
    ]);
  });

  it('keeps a subject that it directed itself', () => {
    expect(directedBy(open({ directionId: of(tn, 5), operator: jio }))).toEqual({
      operator: jio,
      batchId: tn,
      state: 'directed',
    });
  });
});

describe('a number of a withdrawn report', () => {
  const own = open({ directionId: plan(2), directedFor: day('2026-05-30') });

  it('is asked for unless another handset of the report stands for it', () => {
    const still = (unless: Imei[] | undefined, withdrawn: Imei[]) =>
      isStillAsked(naming([own], [own], { unless }), new Map(), only(withdrawn));
    expect([still(undefined, []), still([], []), still([a], [a]), still([a, b], [a, b])]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([still([a], []), still([a, b], [a])]).toEqual([false, false]);
  });

  it('is asked for by the handsets in which its holder was seen, if it was somebody else’s before', () => {
    const got = new Map([[number, day('2026-05-25')]]);
    const still = (free: Msisdn[], unless: Imei[] = []) =>
      isStillAsked(naming([own], [own], { unless }), got, only([], free));
    // The other handset that links it has somebody else's sighting.
    expect([still([number], [a]), still([]), still([other])]).toEqual([true, false, false]);
  });

  it('belongs to whoever is directed in its rows since it was activated for them', () => {
    const reissued = row({ directionId: of(up, 1), outcome: 'reissued', occurredOn: day('2026-05-25') });
    const subjects: FoundSubject[] = [naming([own], [own, reissued]), naming([own], [own], { msisdn: other })];
    expect(sinceOf(subjects)).toEqual(
      new Map([
        [number, '2026-05-25'],
        [other, null],
      ]),
    );
  });
});

describe('a row of another report that a withdrawn one had found', () => {
  const own = open({ directionId: plan(2) });
  const [theirs, thirds] = [open({ directionId: of(up, 1) }), open({ directionId: of(tn, 3) })];
  const rows = [thirds, own, theirs];

  it('is named with its report, of each subject that names it', () => {
    const [one, two] = [naming([own, theirs], rows), naming([theirs, thirds], rows, { msisdn: other })];
    expect(othersNamedBy([one, two], batchId)).toEqual(
      new Map([
        [up, [one, two]],
        [tn, [two]],
      ]),
    );
    expect(othersNamedBy([naming([own], rows), { asked: asked('current'), rows }], batchId)).toEqual(new Map());
  });

  it('goes with it if that report was withdrawn, too, and stands otherwise', () => {
    const left = (one: FoundSubject, ofUp = NOTHING, ofTn = NOTHING) =>
      withoutStanding(
        one,
        new Map([
          [up, ofUp],
          [tn, ofTn],
        ]),
      )?.asked.scope;
    const all = naming([own, theirs, thirds], rows);
    expect(left(all, ALL, ALL)).toEqual({ rows: [own, theirs, thirds].map(pointer) });
    expect(left(all, ALL)).toEqual({ rows: [own, theirs].map(pointer) });
    expect(left(all, NOTHING, only([], [number]))).toEqual({ rows: [own, thirds].map(pointer) });
    expect(left(all)).toEqual({ rows: [pointer(own)] });
    expect(left({ asked: asked('current'), rows })).toBe('current');
  });

  it('leaves nothing of a number that has no other, and a handset without rows', () => {
    const standing = new Map([[up, only([a])]]);
    expect(withoutStanding(naming([theirs], rows), standing)).toBeUndefined();
    const block = open({ kind: 'block', directionId: of(up, 1, 'block') });
    const handset = (one: Imei) => withoutStanding(naming([block], [block], { imei: one, msisdn: null }), standing);
    expect(handset(b)?.asked).toEqual(asked({ rows: [] }, { imei: b, msisdn: null }));
    expect(handset(a)?.asked.scope).toEqual({ rows: [pointer(block)] });
  });
});

describe('a subject all of whose rows another one has', () => {
  const [own, night] = [open({ directionId: plan(2) }), open({ directionId: plan(3) })];

  it('is not asked for by itself', () => {
    const [both, one] = [scoped([own, night], []), scoped([night], [])];
    expect(withoutRepeats([both, one])).toEqual([both]);
    expect(withoutRepeats([one, both])).toEqual([both]);
  });

  it('is asked for if that one is about another number, has as few, or lacks one of its rows', () => {
    const others = scoped([own, night], [], { msisdn: other });
    const [one, same] = [scoped([night], []), scoped([night], [])];
    const more = scoped([own, open({ directionId: plan(4) })], []);
    for (const beside of [others, same, more]) expect(withoutRepeats([one, beside])).toEqual([one, beside]);
  });

  it('is asked for if it names none: an appeal, or a handset that was not directed', () => {
    const [handset, appeal] = [scoped([], []), { asked: asked('current'), rows: [], scope: 'current' as const }];
    expect(withoutRepeats([scoped([own], []), handset, appeal])).toHaveLength(3);
  });
});

describe('what earlier withdrawals left because this report had directed it again', () => {
  const own = open({ directionId: plan(5), directedFor: day('2026-05-30') });
  const theirs = row({ directionId: of(up, 1), directedFor: day('2026-05-20') });
  const others = (rows: readonly SubjectRow[], told?: Partial<AskedSubject>) =>
    rowsOfOthers([scoped([own], rows, told)], batchId).map(({ row: { directionId }, report }) => [directionId, report]);

  it('is in rows of other reports that were not taken back', () => {
    expect(others([own, theirs])).toEqual([[theirs.directionId, up]]);
    expect(others([own, { ...theirs, reversed: true }])).toEqual([]);
    expect(others([own, { ...theirs, reversed: true, open: true }])).toEqual([[theirs.directionId, up]]);
  });

  it('is in none of its own, none that gives back, and none of a subject without rows', () => {
    expect(others([own, open({ directionId: plan(4) }), restore({ directionId: of(up, 4, 'restore') })])).toEqual([]);
    expect(
      rowsOfOthers([scoped([], [own, theirs]), { asked: asked('current'), rows: [theirs], scope: 'current' }], batchId),
    ).toEqual([]);
  });

  it('is in none of somebody else who had the number before', () => {
    const reissued = row({
      directionId: of(tn, 3),
      outcome: 'reissued',
      occurredOn: day('2026-05-25'),
      reversed: true,
    });
    const seen = (on: string) => others([own, reissued, { ...theirs, directedFor: day(on) }]);
    expect([seen('2026-05-25'), seen('2026-05-26')]).toEqual([[], [[theirs.directionId, up]]]);
  });

  it('goes with it if those reports were withdrawn', () => {
    const thirds = row({ directionId: of(tn, 3) });
    const subject = scoped([own], [own, thirds, theirs]);
    const found = rowsOfOthers([subject], batchId);
    const left = (ofUp = NOTHING, ofTn = NOTHING) =>
      leftBehind(
        found,
        new Map([
          [up, ofUp],
          [tn, ofTn],
        ]),
      );
    expect(left()).toEqual(new Map());
    expect(left(only([], [number]))).toEqual(new Map([[subject.asked, [theirs]]]));
    expect(left(ALL, ALL)).toEqual(new Map([[subject.asked, [thirds, theirs]]]));
  });
});

describe('the directions on which later batches may rely', () => {
  it('are those of rows that stand, and of what earlier withdrawals had left', () => {
    const own = open({ directionId: plan(2) });
    const taken = row({ directionId: plan(3), reversed: true });
    const left = open({ directionId: of(up, 1) });
    const known: KnownSubject = { ...scoped([own, taken], [taken, own, left]), left: [pointer(left)] };
    expect(reliableDirections([known])).toEqual(new Set([plan(2), of(up, 1)]));
    expect(reliableDirections([{ asked: asked('current'), rows: [own], scope: 'current', left: [] }])).toEqual(
      new Set(),
    );
  });
});
