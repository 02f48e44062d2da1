import { describe, expect, it } from 'vitest';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import { decideHandset } from '../../lambdas/domain/reversals.ts';
import type { SubjectRow } from '../../lambdas/domain/subject-rows.ts';
import { airtel, at, jio } from './example.ts';
import { plan, pointer, row } from './subject-rows.ts';

describe('a handset', () => {
  const block = (told: Partial<SubjectRow>) =>
    row({ kind: 'block', directionId: plan(1, 'block'), directedFor: null, outcome: 'blocked', ...told });
  const unblock = (told: Partial<SubjectRow>) =>
    row({ kind: 'unblock', directionId: plan(9, 'unblock'), directedFor: null, ...told });
  const one = '+919876543210' as Msisdn;
  const other = '+919876543211' as Msisdn;
  const handset = (rows: readonly SubjectRow[], excepts: Msisdn | null = null) =>
    decideHandset(rows, 'current', excepts);

  it.each([
    ['blocked', block({})],
    ['open', block({ open: true, outcome: 'open' })],
    ['overdue', block({ outcome: 'overdue' })],
    ['no more asked for, since it was to be unblocked,', block({ outcome: 'withdrawn' })],
  ])('that is %s is unblocked, and its row taken back', (_, of) => {
    expect(handset([of])).toEqual({
      state: 'directed',
      directed: [{ operator: airtel, from: pointer(of) }],
      rows: [pointer(of)],
      openIn: [],
    });
  });

  it('that was never found has nothing to be unblocked', () => {
    expect(handset([block({ outcome: 'not_found' })]).state).toBe('nothingToRestore');
  });

  it('is unblocked at each operator that blocks it', () => {
    const there = block({ operator: jio, directionId: plan(2, 'block') });
    expect(handset([block({}), there]).directed.map(({ operator }) => operator)).toEqual([airtel, jio]);
    // Where one has unblocked it, at the other one alone; and asked for again where that one didn't.
    const done = unblock({ outcome: 'unblocked' });
    expect(handset([done, block({ reversed: true }), there])).toMatchObject({
      directed: [{ operator: jio, from: pointer(there) }],
      rows: [pointer(there)],
    });
    const failed = unblock({ outcome: 'overdue' });
    expect(handset([failed, block({ reversed: true })])).toEqual({
      state: 'directed',
      directed: [{ operator: airtel, from: pointer(block({})) }],
      rows: [],
      openIn: [],
    });
    expect(handset([block({ reversed: true, open: true, outcome: 'open' })]).rows).toEqual([pointer(block({}))]);
  });

  it('that was blocked after it was unblocked, as its operator says late, is unblocked again', () => {
    const done = unblock({ outcome: 'unblocked', recordedAt: at('2026-06-20T10:00:00Z') });
    const late = block({ reversed: true, recordedAt: at('2026-06-21T10:00:00Z') });
    expect(handset([done, late]).directed).toEqual([{ operator: airtel, from: pointer(late) }]);
    const before = block({ reversed: true, recordedAt: at('2026-06-20T10:00:00Z') });
    expect(handset([done, before]).state).toBe('nothingToRestore');
    // Not by what another operator says, nor where nobody has said more since than that it was never answered.
    expect(handset([done, before, { ...late, operator: jio }]).directed.map(({ operator }) => operator)).toEqual([jio]);
    expect(handset([done, { ...late, outcome: 'overdue' }]).state).toBe('nothingToRestore');
  });

  it('whose block a reversal had ended unanswered may have been blocked since, unheard: by an appeal it is unblocked once more', () => {
    const done = unblock({ outcome: 'unblocked', recordedAt: at('2026-06-20T10:00:00Z') });
    const ended = block({ outcome: 'withdrawn', reversed: true, recordedAt: at('2026-06-20T00:00:00Z') });
    expect(handset([done, ended]).directed).toEqual([{ operator: airtel, from: pointer(ended) }]);
    // At that operator alone; and a report that is withdrawn says nothing of how the handset is now.
    expect(handset([done, block({ reversed: true }), { ...ended, operator: jio }]).directed).toEqual([
      { operator: jio, from: pointer(ended) },
    ]);
    expect(decideHandset([done, ended], { rows: [pointer(ended)] }, null).state).toBe('nothingToRestore');
  });

  it('of a report that is withdrawn is unblocked where that report had it blocked, and nowhere else', () => {
    const there = block({ operator: jio, directionId: plan(2, 'block') });
    const again = block({ directionId: plan(3, 'block') });
    const own = block({});
    expect(decideHandset([again, there, own], { rows: [pointer(own)] }, null)).toEqual({
      state: 'directed',
      directed: [{ operator: airtel, from: pointer(own) }],
      rows: [pointer(own)],
      openIn: [],
    });
    const notFound = block({ outcome: 'not_found' });
    expect(decideHandset([again, there, notFound], { rows: [pointer(notFound)] }, null)).toMatchObject({
      state: 'nothingToRestore',
      directed: [],
    });
  });

  it('stays blocked where one number is excepted: its rows are not taken back', () => {
    expect(handset([block({})], one)).toMatchObject({ state: 'directed', rows: [] });
  });

  it('is excepted for one number at a time, and for none once it is unblocked', () => {
    const excepted = unblock({ outcome: 'unblocked', excepts: one });
    expect(handset([excepted, block({})], one).state).toBe('nothingToRestore');
    expect(handset([excepted, block({})], other).state).toBe('directed');
    expect(handset([excepted, block({})]).state).toBe('directed');
    expect(handset([unblock({ outcome: 'unblocked' }), block({ reversed: true })], one).state).toBe('nothingToRestore');
    const before = unblock({ outcome: 'unblocked', directionId: plan(5, 'unblock') });
    expect(handset([unblock({ open: true, outcome: 'open' }), before, block({ reversed: true })]).state).toBe(
      'alreadyOpen',
    );
    const asked = unblock({ open: true, outcome: 'open', excepts: one });
    expect([one, other, null].map((excepts) => handset([asked, block({})], excepts).state)).toEqual([
      'alreadyOpen',
      'directed',
      'directed',
    ]);
    expect(handset([unblock({ open: true, outcome: 'open' }), block({})])).toMatchObject({
      state: 'alreadyOpen',
      openIn: [plan(9, 'unblock')],
    });
  });
});

describe('a number that was excepted from the block of a handset which a later report has blocked anew', () => {
  const one = '+919876543210' as Msisdn;
  /** By plans, the newest first, as a claim has its pointers. */
  const rowsAt = (operator: typeof airtel, anew: Partial<SubjectRow>) => {
    const told = { operator, directedFor: null };
    return [
      row({ ...told, kind: 'block', directionId: plan(12, 'block'), outcome: 'open', open: true, ...anew }),
      row({ ...told, kind: 'unblock', directionId: plan(9, 'unblock'), outcome: 'unblocked', excepts: one }),
      row({ ...told, kind: 'block', directionId: plan(1, 'block'), outcome: 'overdue' }),
    ] as const;
  };
  const appealed = (anew: Partial<SubjectRow>) =>
    decideHandset([...rowsAt(airtel, anew), ...rowsAt(jio, anew)], 'current', one);

  it.each([
    ['is still to be carried out', {}],
    ['was answered', { open: false, outcome: 'blocked' }],
    ['was never answered', { open: false, outcome: 'overdue' }],
  ] as const)('is excepted again at each operator upon another appeal, where that block %s', (_, anew) => {
    const [atAirtel] = rowsAt(airtel, anew);
    const [atJio] = rowsAt(jio, anew);
    expect(appealed(anew)).toEqual({
      state: 'directed',
      directed: [
        { operator: airtel, from: pointer(atAirtel) },
        { operator: jio, from: pointer(atJio) },
      ],
      rows: [],
      openIn: [],
    });
  });

  it('has nothing to be given back where no operator knew the handset then: the exception stands', () => {
    expect(appealed({ open: false, outcome: 'not_found' }).state).toBe('nothingToRestore');
  });
});
