import { describe, expect, it } from 'vitest';
import {
  asTold,
  type Candidate,
  decideCandidate,
  isReturning,
  type KnownOfCandidate,
  laterDeadlinesFirst,
  leftOut,
  listedAbout,
  rowsGoingOn,
  rowsPortedAway,
} from '../../lambdas/domain/candidates.ts';
import type { CountedPointer } from '../../lambdas/domain/counted-pointers.ts';
import { directionRowLine } from '../../lambdas/domain/directions.ts';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import type { Rung } from '../../lambdas/domain/ladders.ts';
import type { Pointer } from '../../lambdas/domain/pointers.ts';
import { counted, cutFrom, first, second, third } from './counted.ts';
import { airtel, at, day, directionId, imei, jio, msisdn, rungs } from './example.ts';

const handset = imei('35100000000001');
const [number, other] = [msisdn('9810000001'), msisdn('9810000002')];

/** A number that goes on from row 0 of the first direction, and was seen last on 20 May. */
const goesOn = (told: Partial<Candidate> = {}): Candidate => ({
  identifier: number,
  operator: airtel,
  newestDay: day('2026-05-20'),
  directedFor: day('2026-05-20'),
  line: '',
  why: 'ported',
  from: { directionId: first, row: 0 },
  rungs: null,
  ...told,
});

/** A number that was reported, and seen last on 20 May on a handset that is acted upon. */
const reported = (told: Partial<Candidate> = {}): Candidate => ({
  identifier: number,
  operator: airtel,
  newestDay: day('2026-05-20'),
  directedFor: day('2026-05-20'),
  remaining: day('2026-05-20'),
  line: '',
  ...told,
});

const known = (told: Partial<KnownOfCandidate> = {}): KnownOfCandidate => ({
  counted: [],
  unblocks: new Map(),
  goingOn: [],
  reversedOn: null,
  seenOn: null,
  isLiftedSince: () => false,
  ...told,
});

const reissued = (on: string, told: Partial<CountedPointer> = {}) =>
  counted({ outcome: 'reissued', occurredOn: day(on), recordedAt: at(`${on}T12:00:00Z`), ...told });

const stateOf = (kind: DirectionKind, candidate: Candidate, told: Partial<KnownOfCandidate>) =>
  decideCandidate(kind, candidate, known(told)).decision.state;

describe('a number that is somebody else’s since', () => {
  const seen = (actedUpon: string, remaining: string, newest: string, since = '2026-05-05') =>
    leftOut(
      reported({ directedFor: day(actedUpon), remaining: day(remaining), newestDay: day(newest) }),
      since === '' ? [counted({})] : [reissued(since)],
    );

  it('is left out as people left out the handsets in which it was seen after that', () => {
    expect(seen('2026-05-01', '2026-05-09', '2026-05-09')).toBe('held');
    expect(seen('2026-05-01', '2026-05-05', '2026-05-09')).toBe('struck');
  });

  it('is not left out where it was seen after that on a handset that is acted upon, or on none', () => {
    expect(seen('2026-05-06', '2026-05-09', '2026-05-09')).toBeUndefined();
    expect(seen('2026-05-01', '2026-05-05', '2026-05-05')).toBeUndefined();
    expect(seen('2026-05-01', '2026-05-09', '2026-05-09', '')).toBeUndefined();
  });

  it('is not left out where it goes on: people decided upon it before', () => {
    const seen = { directedFor: day('2026-05-01'), newestDay: day('2026-05-09') };
    expect(leftOut(goesOn(seen), [reissued('2026-05-05')])).toBeUndefined();
  });
});

describe('a candidate', () => {
  const ported = counted({
    outcome: 'ported',
    occurredOn: day('2026-06-01'),
    recordedAt: at('2026-06-01T12:00:00Z'),
    portedTo: jio,
  });

  it('that was reported is decided at the operator to which it was ported since it was seen', () => {
    expect(decideCandidate('reverify', reported(), known({ counted: [ported] }))).toEqual({
      operator: jio,
      decision: { state: 'directed' },
    });
    const since = reported({ newestDay: day('2026-06-02') });
    expect(decideCandidate('reverify', since, known({ counted: [ported] })).operator).toBe(airtel);
  });

  it('that is listed is decided where its list has it', () => {
    for (const from of [null, { directionId: third, row: 0 }])
      expect(decideCandidate('reverify', goesOn({ from }), known({ counted: [ported] })).operator).toBe(airtel);
  });

  it('that was taken back is reversed until it is seen on a later day', () => {
    const reversedOn = day('2026-06-10');
    const states = [null, '2026-06-09', '2026-06-10', '2026-06-11'].map((seen) =>
      stateOf('reverify', reported(), { reversedOn, seenOn: seen === null ? null : day(seen) }),
    );
    expect(states).toEqual(['reversed', 'reversed', 'reversed', 'directed']);
    expect(stateOf('reverify', reported(), {})).toBe('directed');
  });

  describe('that was reported, and whose row at its operator was taken back though another report’s stands elsewhere,', () => {
    const backAt = at('2026-06-10T12:00:00Z');
    const back = { outcome: 'withdrawn', reversed: true, reversedAt: backAt } as const;
    const taken = counted(back);
    const seenOn = (on: string, told: Partial<Candidate> = {}) => reported({ directedFor: day(on), ...told });

    it('is reversed there until it is seen on a later day', () => {
      const states = ['2026-06-09', '2026-06-10', '2026-06-11'].map((on) =>
        stateOf('reverify', seenOn(on), { counted: [taken] }),
      );
      expect(states).toEqual(['reversed', 'reversed', 'directed']);
      // The day is India's: an hour before midnight in Greenwich it is the next one there.
      const late = { ...taken, reversedAt: at('2026-06-10T23:00:00Z') };
      expect(stateOf('reverify', seenOn('2026-06-11'), { counted: [late] })).toBe('reversed');
    });

    it('is directed where approvers have lifted that since', () => {
      const lifted = { counted: [taken], isLiftedSince: (since: string) => since < '2026-06-10T12:00:01Z' };
      expect(stateOf('reverify', seenOn('2026-06-01'), lifted)).toBe('directed');
    });

    it('is already open where it is open there, and by what other rows have come to it is reversed', () => {
      const other = (told: Partial<CountedPointer>) => counted({ directionId: second, ...told });
      const state = (one: CountedPointer) => stateOf('reverify', seenOn('2026-06-01'), { counted: [one, taken] });
      expect(state(other({ open: true, outcome: 'open' }))).toBe('alreadyOpen');
      const said = { occurredOn: day('2026-06-05'), recordedAt: at('2026-06-05T12:00:00Z') };
      expect(state(other({ operator: jio, outcome: 'disconnected', ...said }))).toBe('reversed');
      expect(state(other({ operator: jio, outcome: 'verified', ...said }))).toBe('reversed');
      expect(state(other({ outcome: 'overdue' }))).toBe('reversed');
      expect(state(other({ kind: 'restore', outcome: 'restored' }))).toBe('reversed');
    });

    it('is directed at an operator at which nothing was taken back, unless it was ported there', () => {
      const there = seenOn('2026-06-01', { operator: jio });
      expect(stateOf('reverify', there, { counted: [taken] })).toBe('directed');
      const said = { occurredOn: day('2026-06-05'), recordedAt: at('2026-06-09T12:00:00Z') };
      const late = counted({ ...back, ...said, outcome: 'ported', portedTo: jio });
      expect(stateOf('reverify', seenOn('2026-06-01'), { counted: [late] })).toBe('reversed');
      // The operator there has no such connection, and its row is over: nothing was taken back there.
      const has = { directionId: second, operator: jio, outcome: 'not_found', occurredOn: day('2026-06-09') } as const;
      const disputed = counted({ ...has, recordedAt: at('2026-06-09T13:00:00Z') });
      expect(stateOf('reverify', there, { counted: [disputed, late] })).toBe('directed');
    });

    it('is directed where it was said since its row began that somebody else has the number: it may have been theirs', () => {
      // The file was uploaded long before: its commit counts, by which the rows of whoever had the number are marked.
      const said = (on: string | null) =>
        reissued('2026-05-01', { directionId: second, operator: jio, saidAnothersOn: on === null ? null : day(on) });
      const state = (on: string | null) => stateOf('reverify', seenOn('2026-05-20'), { counted: [said(on), taken] });
      expect(taken.startedAt).toBe('2026-06-01T00:00:00Z');
      expect([null, '2026-06-02', '2026-06-01'].map(state)).toEqual(['directed', 'directed', 'directed']);
      // Known before, the row is of who has the number now.
      expect(state('2026-05-31')).toBe('reversed');
    });
  });

  it('that was taken back is given back all the same', () => {
    expect(stateOf('restore', goesOn(), { reversedOn: day('2026-06-10') })).toBe('directed');
  });
});

describe('a number that goes on', () => {
  const moved = counted({ outcome: 'extended', waits: true });

  it('is not hindered by the rows from which it goes on', () => {
    expect(stateOf('reverify', goesOn(), { counted: [moved] })).toBe('alreadyOpen');
    expect(stateOf('reverify', goesOn(), { counted: [moved], goingOn: [{ directionId: first, row: 0 }] })).toBe(
      'directed',
    );
  });

  it('is reversed if its row was taken back since it was listed, unless approvers have lifted that', () => {
    const taken = counted({ outcome: 'withdrawn', reversed: true, reversedAt: at('2026-06-10T12:00:00Z') });
    const liftedAt = (lifted: string) => (since: string) => lifted > since;
    expect(stateOf('reverify', goesOn(), { counted: [taken] })).toBe('reversed');
    expect(stateOf('reverify', goesOn(), { counted: [taken], isLiftedSince: liftedAt('2026-06-10T11:59:59Z') })).toBe(
      'reversed',
    );
    expect(stateOf('reverify', goesOn(), { counted: [taken], isLiftedSince: liftedAt('2026-06-10T12:00:01Z') })).toBe(
      'directed',
    );
    // It was another row of the direction that was taken back.
    expect(stateOf('reverify', goesOn(), { counted: [{ ...taken, row: 1 }] })).toBe('directed');
  });

  it('is told as somebody else’s rather than as reversed, however lately whoever has it now was seen', () => {
    const taken = counted({ outcome: 'withdrawn', reversed: true, reversedAt: at('2026-06-14T12:00:00Z') });
    const rows = [taken, reissued('2026-06-12', { directionId: second })];
    const seen = { newestDay: day('2026-06-20') };
    expect(decideCandidate('reverify', goesOn(seen), known({ counted: rows })).decision).toEqual({
      state: 'reissuedBefore',
      directionId: second,
    });
    // On the day itself it may have been either; after it, it is whoever has the number now who goes on.
    expect(stateOf('reverify', goesOn({ ...seen, directedFor: day('2026-06-12') }), { counted: rows })).toBe(
      'reissuedBefore',
    );
    expect(stateOf('reverify', goesOn({ ...seen, directedFor: day('2026-06-13') }), { counted: rows })).toBe(
      'reversed',
    );
  });
});

describe('the sightings of a number that goes on', () => {
  const verified = counted({
    directionId: second,
    outcome: 'verified',
    occurredOn: day('2026-06-10'),
    recordedAt: at('2026-06-10T12:00:00Z'),
  });
  const seen = (newest: string, directedFor: string | null = '2026-05-20') =>
    goesOn({ newestDay: day(newest), directedFor: directedFor === null ? null : day(directedFor) });

  it('are its own: after its holder has proved themselves they are asked again if it was seen since', () => {
    expect(stateOf('reverify', seen('2026-06-20'), { counted: [verified] })).toBe('directed');
    expect(stateOf('reverify', seen('2026-06-05'), { counted: [verified] })).toBe('alreadyVerified');
  });

  it('are those of whoever has it now, from the day on which it was given to them', () => {
    const given = reissued('2026-06-12');
    // Directed for a sighting before that, and on that day, though it was seen later.
    expect(stateOf('reverify', seen('2026-06-20'), { counted: [given] })).toBe('reissuedBefore');
    expect(stateOf('reverify', seen('2026-06-20', '2026-06-12'), { counted: [given] })).toBe('reissuedBefore');
    // Directed for a sighting of theirs; or for none that is known any more.
    expect(stateOf('reverify', seen('2026-06-20', '2026-06-15'), { counted: [given] })).toBe('directed');
    expect(stateOf('reverify', seen('2026-06-20', null), { counted: [given] })).toBe('directed');
  });
});

describe('what a candidate is about', () => {
  it('is a number at its operator, or a handset with the number that is excepted in it', () => {
    expect(listedAbout(goesOn())).toBe(`airtel ${number}`);
    expect(listedAbout(goesOn({ operator: jio, from: null }))).toBe(`jio ${number}`);
    const excepted = goesOn({ identifier: handset, newestDay: null, line: `${handset}\t${number}` });
    expect(listedAbout(excepted)).toBe(`airtel ${handset}\t${number}`);
  });

  it('is not asked of one that was reported, of which nothing comes twice', () => {
    expect(listedAbout(reported())).toBeUndefined();
  });
});

describe('a handset that is unblocked, as a whole or for one number', () => {
  const unblock = (excepts: Msisdn | null, told: Partial<Candidate> = {}): Candidate => ({
    identifier: handset,
    operator: airtel,
    newestDay: null,
    directedFor: null,
    line: directionRowLine('unblock', { imei: handset, msisdn: excepts }),
    why: 'appeal',
    from: null,
    rungs: null,
    ...told,
  });
  const open = counted({ directionId: directionId('unblock', '2-0-0'), kind: 'unblock', open: true, outcome: 'open' });
  const beside = (excepts: Msisdn | null | undefined, candidate: Candidate) => {
    const line = excepts === undefined ? undefined : directionRowLine('unblock', { imei: handset, msisdn: excepts });
    return stateOf('unblock', candidate, {
      counted: [open],
      unblocks: new Map<Pointer, string | undefined>([[open, line]]),
    });
  };

  it('is open already where it is unblocked as a whole, or for the same number', () => {
    expect([unblock(null), unblock(number)].map((one) => beside(null, one))).toEqual(['alreadyOpen', 'alreadyOpen']);
    expect(beside(number, unblock(number))).toBe('alreadyOpen');
  });

  it('is not open by an exception for another number, or for one that nobody knows any more', () => {
    expect([unblock(null), unblock(other)].map((one) => beside(number, one))).toEqual(['directed', 'directed']);
    expect([unblock(null), unblock(number)].map((one) => beside(undefined, one))).toEqual(['directed', 'directed']);
  });

  const overdue = counted({ directionId: directionId('unblock', '2-0-0'), kind: 'unblock' });
  const again = { why: 'overdue', from: { directionId: overdue.directionId, row: 0 } };
  const blocked = counted({ directionId: directionId('block', '3-0-0'), kind: 'block', outcome: 'blocked' });
  const asked = (candidate: Candidate) =>
    decideCandidate(
      'unblock',
      candidate,
      known({ counted: [blocked, overdue], unblocks: new Map([[overdue, candidate.line]]) }),
    ).decision;

  it('is not asked for again where it was blocked once more since', () => {
    expect(asked(unblock(null, again))).toEqual({ state: 'alreadyOpen', directionId: blocked.directionId });
    expect(asked(unblock(null, { ...again, why: 'appeal' }))).toEqual({ state: 'directed' });
  });

  it('is asked for again for a number, however new the block is: the exception goes with it', () => {
    expect(asked(unblock(number, again))).toEqual({ state: 'directed' });
  });
});

describe('a restore that is asked for again', () => {
  it('goes by its direction’s number alone where no claim names its row any more', () => {
    const from = { directionId: directionId('restore', '2-0-0'), row: 4 };
    const again = goesOn({ why: 'overdue', from });
    const cut = (number: string) =>
      counted({
        directionId: directionId('reverify', number),
        outcome: 'disconnected',
        cutAt: at('2026-07-01T00:00:00Z'),
      });
    expect(stateOf('restore', again, { counted: [cut('3-0-0')] })).toBe('alreadyOpen');
    expect(stateOf('restore', again, { counted: [cut('1-0-0')] })).toBe('directed');
    // Where its row is known, what was cut after it had begun counts, too.
    const own = counted({ ...from, kind: 'restore', startedAt: at('2026-06-30T00:00:00Z') });
    expect(stateOf('restore', again, { counted: [own, cut('1-0-0')] })).toBe('alreadyOpen');
  });
});

describe('candidates that go on', () => {
  const row = (n: number): Pointer => ({ directionId: first, row: n });

  it('have all rows from which their number goes on, at whatever operator', () => {
    const rows = rowsGoingOn([
      goesOn({ from: row(0) }),
      goesOn({ identifier: other, from: row(1) }),
      goesOn({ operator: jio, from: row(2) }),
      goesOn({ identifier: handset, from: null }),
      reported({ identifier: msisdn('9810000003') }),
    ]);
    expect(rows).toEqual(
      new Map([
        [number, [row(0), row(2)]],
        [other, [row(1)]],
      ]),
    );
  });

  it('are decided upon with the latest deadline first, and otherwise as they come', () => {
    const until = (deadline: string, n: number) =>
      goesOn({ from: row(n), rungs: [{ order: 'disconnect', deadline: at(deadline) }] });
    // The kind's ladder ends on 17 June.
    const given = [
      until('2026-06-16T00:00:00Z', 0),
      goesOn({ from: row(1) }),
      until('2026-06-17T00:00:00Z', 2),
      until('2026-06-18T00:00:00Z', 3),
      reported(),
    ];
    const order = laterDeadlinesFirst(given, rungs.reverify).map(({ from }) => from?.row);
    expect(order).toEqual([3, 1, 2, undefined, 0]);
  });

  // Extended in the second rung, whose deadline was 16 July, and ported there on 2 July: the ladder of 30, 15, 15 and 1 days ends later.
  it('have no order before it is due in another row that goes on there, too', () => {
    const ladder = (...days: [string, string, string, string]): [Rung, Rung, Rung, Rung] => {
      const until = (order: Rung['order'], on = '') => ({ order, deadline: at(`${on}T00:00:00Z`) });
      const [asked, out, into, end] = days;
      return [
        until('reverify', asked),
        until('bar_outgoing', out),
        until('bar_incoming', into),
        until('disconnect', end),
      ];
    };
    const fresh = ladder('2026-08-01', '2026-08-16', '2026-08-31', '2026-09-01');
    const [asked, , ...bars] = ladder('2026-08-15', '2026-08-15', '2026-08-30', '2026-08-31');
    const extended = [asked, ...bars];
    const given = [
      goesOn({ from: row(0), rungs: extended }),
      goesOn({ from: row(1) }),
      goesOn({ from: row(2), operator: jio }),
    ];
    const [directed, another, other] = laterDeadlinesFirst(given, fresh);
    expect([directed, another, other].map((one) => [one?.from?.row, one?.operator])).toEqual([
      [1, airtel],
      [2, jio],
      [0, airtel],
    ]);
    expect(directed?.rungs).toEqual(ladder('2026-08-15', '2026-08-30', '2026-09-14', '2026-09-15'));
    expect([another?.rungs, other?.rungs]).toEqual([null, extended]);
  });

  // Extended in the last rung, whose deadline was 16 June: they are asked until 16 July, and no order to disconnect is left.
  it('come after one by which the subscriber is disconnected, if more time in the last rung left none of theirs', () => {
    const extended: Rung[] = [{ order: 'reverify', deadline: at('2026-07-16T00:00:00Z') }];
    const given = [goesOn({ from: row(0), rungs: extended }), goesOn({ from: row(1) })];
    const fresh: Rung[] = [
      { order: 'reverify', deadline: at('2026-06-22T00:00:00Z') },
      { order: 'disconnect', deadline: at('2026-07-03T00:00:00Z') },
    ];
    const [directed, another] = laterDeadlinesFirst(given, fresh);
    expect([directed?.from?.row, another?.from?.row]).toEqual([1, 0]);
    // Nobody is asked for less time than they were given.
    expect(directed?.rungs).toEqual([
      { order: 'reverify', deadline: '2026-07-16T00:00:00Z' },
      { order: 'disconnect', deadline: '2026-07-27T00:00:00Z' },
    ]);
  });
});

describe('somebody who was given more time, and proved themselves since their night listed them', () => {
  const proved = counted({
    outcome: 'verified',
    occurredOn: day('2026-06-10'),
    recordedAt: at('2026-06-10T12:00:00Z'),
  });
  const goingOn = [{ directionId: first, row: 0 }];

  it('is not asked again', () => {
    // Neither in that row, nor in another one that goes on there with it.
    for (const why of ['extended', 'ported'])
      expect(stateOf('reverify', goesOn({ why }), { counted: [proved], goingOn })).toBe('alreadyVerified');
  });

  it('is not asked again where they were seen after the day of their proof, or another word is newer', () => {
    const before = { ...proved, occurredOn: day('2026-05-19') };
    const newer = counted({
      directionId: second,
      operator: jio,
      outcome: 'not_found',
      recordedAt: at('2026-06-11T12:00:00Z'),
      occurredOn: day('2026-06-11'),
    });
    for (const rows of [[before], [newer, proved], [newer, before]]) {
      const told = { counted: rows, goingOn };
      expect(decideCandidate('reverify', goesOn({ why: 'extended' }), known(told))).toEqual({
        operator: airtel,
        decision: { state: 'alreadyVerified', directionId: first },
      });
    }
    // It is the row itself that has to say so, and only of somebody who was given more time.
    const another = counted({ ...before, directionId: second });
    expect(stateOf('reverify', goesOn({ why: 'extended' }), { counted: [another], goingOn })).toBe('directed');
    expect(stateOf('reverify', goesOn({ why: 'ported' }), { counted: [before], goingOn })).toBe('directed');
  });

  it('is restored all the same where that was said of who is cut off in spite of it', () => {
    const cut = goesOn({ why: 'disconnected_after_verified', newestDay: null, directedFor: null });
    expect(stateOf('restore', cut, { counted: [proved], goingOn })).toBe('directed');
  });
});

describe('somebody who is to be restored since another row there has them keep their service', () => {
  const told = goesOn({ why: 'disconnected_after_verified', newestDay: null, directedFor: null });
  const extended = counted({
    directionId: second,
    outcome: 'extended',
    occurredOn: day('2026-06-18'),
    recordedAt: at('2026-06-18T12:00:00Z'),
  });
  const open = counted({ directionId: third, open: true, outcome: 'open', startedAt: at('2026-06-19T00:00:00Z') });

  it('is so while nothing took it since', () => {
    expect(stateOf('restore', told, { counted: [open, extended, counted({})] })).toBe('directed');
  });

  // It may have been carried out before that, and be answered for as of then.
  it('is so while an order to restore is open from before', () => {
    const asked = counted({
      directionId: directionId('restore', '3-0-0'),
      kind: 'restore',
      open: true,
      outcome: 'open',
    });
    expect(stateOf('restore', told, { counted: [asked, extended, counted({})] })).toBe('directed');
    expect(stateOf('restore', { ...told, why: 'overdue' }, { counted: [asked, extended, counted({})] })).toBe(
      'alreadyOpen',
    );
  });

  it('is left to the row whose orders took it since', () => {
    const barred = { ...open, ...cutFrom(at('2026-06-20T00:00:00Z')) };
    expect(decideCandidate('restore', told, known({ counted: [barred, extended, counted({})] }))).toEqual({
      operator: airtel,
      decision: { state: 'alreadyOpen', directionId: third },
    });
    // Their own row had ended before it was taken back, which may have been after those orders.
    const ended = (on: string) =>
      counted({ outcome: 'disconnected', reversed: true, reversedAt: at(`${on}T12:00:00Z`) });
    expect(stateOf('restore', told, { counted: [barred, extended, ended('2026-06-19')] })).toBe('alreadyOpen');
    expect(stateOf('restore', told, { counted: [barred, extended, ended('2026-06-21')] })).toBe('directed');
    expect(stateOf('restore', told, { counted: [barred, ended('2026-06-19')] })).toBe('alreadyOpen');
    expect(stateOf('restore', told, { counted: [open, ended('2026-06-19')] })).toBe('directed');
  });

  it('is so, too, whose own row has them keep it: nobody is given back what a later report took', () => {
    const verified = counted({ outcome: 'verified', recordedAt: at('2026-06-18T12:00:00Z') });
    const withdrawn = counted({ outcome: 'withdrawn', reversed: true, reversedAt: at('2026-06-18T12:00:00Z') });
    const taking = [
      { ...open, ...cutFrom(at('2026-06-20T00:00:00Z')) },
      { ...open, open: false, outcome: 'overdue' as const },
      { ...open, open: false, outcome: 'disconnected' as const, recordedAt: at('2026-06-22T00:00:00Z') },
    ];
    for (const own of [verified, withdrawn]) {
      for (const one of taking) expect(stateOf('restore', told, { counted: [one, own] })).toBe('alreadyOpen');
      const earlier = { ...open, ...cutFrom(at('2026-06-17T00:00:00Z')) };
      expect(stateOf('restore', told, { counted: [earlier, own] })).toBe('directed');
    }
    // Who proved themselves there since has it, though a report had taken it since the reversal.
    const [barred = open] = taking;
    const proved = counted({ directionId: second, outcome: 'verified', recordedAt: at('2026-06-21T00:00:00Z') });
    expect(stateOf('restore', told, { counted: [barred, proved, withdrawn] })).toBe('directed');
    // It was a later reversal than the bar that took it back.
    const later = { ...withdrawn, reversedAt: at('2026-06-21T00:00:00Z') };
    expect(stateOf('restore', told, { counted: [barred, later] })).toBe('directed');
  });
});

describe('who is to be restored since they have the number, and were cut off by a word on who had it before', () => {
  const told = goesOn({ why: 'disconnected_after_verified', newestDay: null, directedFor: null });
  const anothers = reissued('2026-06-10');

  it('is so while nothing was taken by what was directed for themselves', () => {
    const open = counted({ directionId: second, open: true, outcome: 'open' });
    // What was directed for who had it before was taken back.
    const before = counted({ directionId: third, outcome: 'disconnected', reversed: true });
    expect(stateOf('restore', told, { counted: [before, open, anothers] })).toBe('directed');
  });

  // Another row says that the number is theirs. Whatever the former holder's row came to, and whenever a row of its direction was taken back.
  it.each(['disconnected', 'overdue', 'verified', 'withdrawn'] as const)(
    'is so alike by a row that was %s',
    (outcome) => {
      const former = counted({ outcome, reversed: true, reversedAt: at('2026-06-30T12:00:00Z') });
      const since = reissued('2026-06-10', { directionId: second });
      const own = counted({ directionId: third, outcome: 'disconnected', recordedAt: at('2026-06-20T12:00:00Z') });
      expect(stateOf('restore', told, { counted: [since, former] })).toBe('directed');
      expect(stateOf('restore', told, { counted: [own, since, former] })).toBe('alreadyOpen');
      // Who was seen after that day has the number.
      const theirs = { ...told, directedFor: day('2026-06-11') };
      expect(stateOf('restore', theirs, { counted: [{ ...own, recordedAt: null }, since, former] })).toBe('directed');
      // Another operator's word is none on who has it there.
      const elsewhere = reissued('2026-06-10', { directionId: second, operator: jio });
      expect(stateOf('restore', told, { counted: [{ ...own, recordedAt: null }, elsewhere, former] })).toBe('directed');
    },
  );

  it.each(['disconnected', 'overdue'] as const)('is left to the row that is %s, whose orders took it', (outcome) => {
    const own = counted({ directionId: second, outcome, cut: outcome === 'overdue' });
    expect(decideCandidate('restore', told, known({ counted: [own, anothers] })).decision).toEqual({
      state: 'alreadyOpen',
      directionId: second,
    });
  });
});

describe('a number that was ported, or returns from where it was ported to', () => {
  const fresh = [
    { order: 'reverify', deadline: at('2026-06-05T00:00:00Z') },
    { order: 'disconnect', deadline: at('2026-06-16T12:00:00Z') },
  ] as const;
  const returning = goesOn({ why: 'porting_disputed' });

  it('is one of which the operator there says that it has no such connection', () => {
    expect([returning, goesOn(), reported()].map(isReturning)).toEqual([true, false, false]);
  });

  it('was told its deadlines in the rows from which it was ported away, at the operator to which it returns', () => {
    const away = counted({ outcome: 'ported' });
    const others = [counted({ outcome: 'ported', operator: jio }), counted({ outcome: 'not_found' })];
    expect(rowsPortedAway(returning, [...others, away])).toEqual([away]);
  });

  it('has no deadline before those that were told, of whichever row', () => {
    // The first deadline was told a day later than the fresh one, the last by half a day: all comes a day later.
    expect(asTold(returning, fresh, [rungs.reverify]).rungs).toEqual([
      { order: 'reverify', deadline: '2026-06-06T00:00:00Z' },
      { order: 'disconnect', deadline: '2026-06-17T12:00:00Z' },
    ]);
    const later = [{ order: 'disconnect', deadline: at('2026-06-18T12:00:00Z') }] as const;
    for (const told of [
      [rungs.reverify, later],
      [later, rungs.reverify],
    ])
      expect(asTold(returning, fresh, told).rungs?.at(-1)?.deadline).toBe('2026-06-18T12:00:00Z');
  });

  it('has its kind’s ladder where nothing later was told', () => {
    expect(asTold(returning, fresh, [])).toBe(returning);
    expect(asTold(returning, rungs.reverify, [rungs.reverify])).toBe(returning);
  });
});
