import { describe, expect, it } from 'vitest';
import type { AskedSubject, Reliance } from '../../lambdas/domain/asked.ts';
import { countedByState, decideSubjects, type KeptBy, reversedSubject } from '../../lambdas/domain/decided-subjects.ts';
import type { BatchId, DirectionId } from '../../lambdas/domain/identifiers.ts';
import type { Pointer } from '../../lambdas/domain/pointers.ts';
import type { SubjectRow } from '../../lambdas/domain/subject-rows.ts';
import type { KnownSubject } from '../../lambdas/domain/withdrawing.ts';
import { airtel, batchId, day, imei, jio, msisdn } from './example.ts';
import { disconnected, open, plan, pointer, row, UPLOADED } from './subject-rows.ts';

const handset = imei('35100000000001');
const [number, other] = [msisdn('9810000001'), msisdn('9810000002')];
const up = 'up-0123456789ab' as BatchId;
const ofUp = (n: number, kind = 'reverify') => `${up}.${kind}.airtel.${n}-0-0` as DirectionId;

/** A subject of a withdrawal that names rows of it. */
const withdrawing = (
  named: readonly SubjectRow[],
  rows: readonly SubjectRow[],
  told: Partial<AskedSubject> = {},
  left: readonly SubjectRow[] = [],
): KnownSubject => {
  const scope = { rows: named.map(pointer) };
  const asked: AskedSubject = { imei: null, msisdn: number, scope, ground: 'withdrawal', lines: [], ...told };
  return { asked, rows, scope: asked.scope, left: left.map(pointer) };
};

const decide = (known: readonly KnownSubject[], by: Partial<KeptBy> = {}) =>
  decideSubjects(known, { struck: new Set(), staying: new Set(), relied: () => [], ...by }, UPLOADED);

const reliance: Reliance = { operator: jio, batchId: up, state: 'alreadyVerified' };
/** A batch that relies on these directions, for whatever they are asked. */
const on =
  (...directions: DirectionId[]) =>
  (_: unknown, rows: readonly Pointer[]) =>
    rows.some(({ directionId }) => directions.includes(directionId)) ? [reliance] : [];

const own = open({ directionId: plan(2) });
const nothing = { directed: [], rows: [], openIn: [] };

describe('a subject that approvers left out', () => {
  it('is struck, whatever relies on it', () => {
    const pair = withdrawing([], [], { imei: handset, scope: 'current', ground: 'cloned' });
    for (const [subject, struck] of [
      [withdrawing([own], [own]), number],
      [pair, number],
      [pair, handset],
    ] as const)
      expect(decide([subject], { struck: new Set([struck]), relied: on(plan(2)) })).toEqual([
        { asked: subject.asked, state: 'struck', kept: [], ...nothing },
      ]);
  });

  it('has its numbers stay with it', () => {
    const subject = withdrawing([own], [own]);
    const decided = decide([subject, withdrawing([own], [own], { msisdn: other })], { staying: new Set([number]) });
    expect(decided.map(({ state }) => state)).toEqual(['struck', 'directed']);
  });
});

describe('a subject that stays as it is', () => {
  it('has a later batch that relies on its rows, which is named', () => {
    const subject = withdrawing([own], [own]);
    expect(decide([subject], { relied: on(plan(2)) })).toEqual([
      { asked: subject.asked, state: 'kept', kept: [reliance], ...nothing },
    ]);
    // Nobody has anything of a row that was taken back before.
    const taken = row({ directionId: plan(2), outcome: 'withdrawn', reversed: true });
    expect(decide([withdrawing([taken], [taken])], { relied: on(plan(2)) })[0]?.state).toBe('nothingToRestore');
  });

  it('was directed at the same operator since by another batch, which is named', () => {
    const since = disconnected('2026-06-20', { directionId: ofUp(3) });
    const subject = withdrawing([own], [since, own]);
    expect(decide([subject])).toEqual([
      {
        asked: subject.asked,
        state: 'kept',
        kept: [{ operator: airtel, batchId: up, state: 'directed' }],
        ...nothing,
      },
    ]);
  });

  it('is taken back if another line of the withdrawal takes back the row that stands', () => {
    const since = open({ directionId: ofUp(3) });
    const rows = [since, own];
    const both = [withdrawing([own], rows), withdrawing([since], rows)];
    expect(decide(both).map(({ state }) => state)).toEqual(['directed', 'directed']);
    expect(decide([withdrawing([own], rows)]).map(({ state }) => state)).toEqual(['kept']);
    // That one stays itself, or is another number's.
    expect(decide(both, { relied: on(ofUp(3)) }).map(({ state }) => state)).toEqual(['kept', 'kept']);
    const another = withdrawing([since], rows, { msisdn: other });
    expect(decide([withdrawing([own], rows), another]).map(({ state }) => state)).toEqual(['kept', 'directed']);
  });
});

describe('a number that is taken back', () => {
  it('is given back where its rows are, and names those of others that are in force elsewhere', () => {
    const elsewhere = open({ directionId: ofUp(3), operator: jio });
    const subject = withdrawing([own], [elsewhere, own]);
    expect(decide([subject])).toEqual([
      {
        asked: subject.asked,
        state: 'directed',
        directed: [{ operator: airtel, from: pointer(own) }],
        rows: [pointer(own)],
        openIn: [],
        // By an open row it stands in no list.
        kept: [{ operator: jio, batchId: up, state: 'directed', unlisted: true }],
      },
    ]);
  });

  it('stays in the lists for the sake of whoever had it disconnected, and of nobody else', () => {
    const listed = (elsewhere: SubjectRow) =>
      decide([withdrawing([own], [own, elsewhere])])[0]?.kept[0]?.unlisted !== true;
    const theirs = { directionId: ofUp(1), operator: jio };
    expect(listed(disconnected('2026-06-05', theirs))).toBe(true);
    expect(listed(row({ ...theirs, outcome: 'surrendered' }))).toBe(true);
    expect(listed(row({ ...theirs, outcome: 'overdue', cut: true, occurredOn: null, recordedAt: null }))).toBe(false);
  });

  it('takes along what earlier withdrawals had left, unless a later batch relies on that', () => {
    const left = disconnected('2026-05-01', { directionId: ofUp(1) });
    const subject = withdrawing([own], [own, left], {}, [left]);
    expect(decide([subject])[0]?.rows).toEqual([own, left].map(pointer));
    expect(decide([subject], { relied: on(ofUp(1)) })[0]?.rows).toEqual([pointer(own)]);
  });

  it('was directed when it was a later holder’s: that one’s rows are named, and stay', () => {
    const reissued = row({ directionId: plan(2), outcome: 'reissued', occurredOn: day('2026-06-10') });
    const later = open({ directionId: ofUp(3), directedFor: day('2026-06-15') });
    const subject = withdrawing([], [later, reissued], {
      scope: { ofHolderIn: pointer(reissued) },
      ground: 'reissued',
    });
    expect(decide([subject])[0]).toMatchObject({
      state: 'tooLate',
      rows: [pointer(reissued)],
      kept: [{ operator: airtel, batchId: up, state: 'directed' }],
    });
  });

  it('is asked by the day of the upload whether it was disconnected too long ago', () => {
    const long = disconnected('2026-04-01', { directionId: plan(2) });
    const states = ['2026-06-30', '2026-07-01'].map(
      (uploadedOn) =>
        decideSubjects(
          [withdrawing([long], [long])],
          { struck: new Set(), staying: new Set(), relied: () => [] },
          day(uploadedOn),
        )[0]?.state,
    );
    expect(states).toEqual(['directed', 'tooLate']);
  });
});

describe('a handset that is taken back', () => {
  const blocked = row({ directionId: plan(2, 'block'), kind: 'block', outcome: 'blocked', directedFor: null });

  it('is unblocked as a whole, or for one number alone: then none of its rows ends', () => {
    const appeal = (one: typeof number | null) =>
      withdrawing([], [blocked], { imei: handset, msisdn: one, scope: 'current', ground: 'cloned' });
    const directed = [{ operator: airtel, from: pointer(blocked) }];
    expect(decide([appeal(null), appeal(number)])).toMatchObject([
      { state: 'directed', directed, rows: [pointer(blocked)] },
      { state: 'directed', directed, rows: [] },
    ]);
  });
});

describe('what became of subjects', () => {
  it('is told with the directions that give back, and with those in which it is open', () => {
    const restore = `${batchId}.restore.airtel.9-0-0` as DirectionId;
    const { asked } = withdrawing([own], [own], { lines: [2, 3], ground: 'court_order' });
    const decided = {
      asked,
      state: 'directed',
      directed: [],
      rows: [pointer(own)],
      openIn: [ofUp(4, 'restore')],
      kept: [reliance],
    } as const;
    expect(reversedSubject(decided, [restore])).toEqual({
      imei: null,
      msisdn: number,
      ground: 'court_order',
      lines: [2, 3],
      state: 'directed',
      rows: [pointer(own)],
      directionIds: [restore, ofUp(4, 'restore')],
      kept: [reliance],
    });
  });

  it('is counted, also what became of none', () => {
    expect(countedByState([{ state: 'kept' }, { state: 'directed' }, { state: 'kept' }])).toEqual({
      directed: 1,
      alreadyOpen: 0,
      tooLate: 0,
      nothingToRestore: 0,
      kept: 2,
      struck: 0,
    });
  });
});
