import { describe, expect, it } from 'vitest';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { decideNumber } from '../../lambdas/domain/reversals.ts';
import { ofLaterHolders } from '../../lambdas/domain/scopes.ts';
import { airtel, at, day, jio } from './example.ts';
import { disconnected, LONG_AGO, number, open, plan, pointer, restore, row, UPLOADED } from './subject-rows.ts';

/** What an operator says on a day, of that day. */
const said = (on: string) => ({ occurredOn: day(on), recordedAt: at(`${on}T10:00:00Z`) });

describe('a number that is appealed', () => {
  it.each([
    ['open', open()],
    ['open and barred', open({ cut: true })],
    ['moved, and waiting for its follow-up', row({ outcome: 'ported', portedTo: jio, waits: true })],
    ['disconnected', disconnected('2026-06-11')],
    ['disconnected ninety days before', disconnected(LONG_AGO)],
    ['surrendered', row({ outcome: 'surrendered' })],
    ['overdue', row({ outcome: 'overdue', occurredOn: null, recordedAt: null })],
    ['not found after a bar', row({ outcome: 'not_found', cut: true })],
    ['ported after a bar, with its follow-up directed', row({ outcome: 'ported', portedTo: jio, cut: true })],
    // Its operator is ordered to give service back then, and answers nothing to that.
    ['verified after a bar', row({ carriedAt: at('2026-06-06T00:00:00Z') })],
    ['given more time after a bar', row({ outcome: 'extended', carriedAt: at('2026-06-06T00:00:00Z') })],
  ])('is restored where it is %s, and its row taken back', (_, one) => {
    expect(number([one])).toEqual({
      state: 'directed',
      directed: [{ operator: airtel, from: pointer(one) }],
      rows: [pointer(one)],
      openIn: [],
    });
  });

  it.each([
    ['was verified before any order took service', row({})],
    ['was not found, and nothing was ordered against it', row({ outcome: 'not_found' })],
    ['went on elsewhere, and no order named it', row({ outcome: 'ported', portedTo: jio })],
  ])('has nothing to be restored where it %s, and its row is marked', (_, one) => {
    expect(number([one])).toEqual({ state: 'nothingToRestore', directed: [], rows: [pointer(one)], openIn: [] });
  });

  it('is restored again where it was cut off later than its operator had restored it', () => {
    const restored = restore({
      outcome: 'restored',
      occurredOn: day('2026-06-20'),
      recordedAt: at('2026-06-20T10:00:00Z'),
    });
    const after = disconnected('2026-06-21', { recordedAt: at('2026-06-21T10:00:00Z'), reversed: true });
    expect(number([restored, after])).toMatchObject({
      state: 'directed',
      directed: [{ operator: airtel, from: pointer(after) }],
    });
    const before = disconnected('2026-06-19', { recordedAt: at('2026-06-19T10:00:00Z'), reversed: true });
    expect(number([restored, before])).toMatchObject({ state: 'nothingToRestore', directed: [] });
    // Whatever else was ended before it, and whichever way it ended.
    expect(number([restored, { ...after, outcome: 'surrendered' }, before]).directed).toEqual([
      { operator: airtel, from: pointer(after) },
    ]);
    expect(number([restored, { ...after, outcome: 'verified' }]).state).toBe('nothingToRestore');
  });

  it.each([
    ['barred', open({ directionId: plan(5), cut: true })],
    ['overdue', row({ directionId: plan(5), outcome: 'overdue', occurredOn: null, recordedAt: null, cut: true })],
    // As an earlier reversal has it, by which nothing was restored.
    ['withdrawn', row({ directionId: plan(5), outcome: 'withdrawn', cut: true, reversed: true })],
  ])('is restored again where an older row than the restore was %s since', (_, one) => {
    const restored = restore({
      outcome: 'restored',
      startedAt: at('2026-06-12T09:59:59Z'),
      occurredOn: day('2026-06-12'),
      recordedAt: at('2026-06-12T10:00:00Z'),
    });
    const cut = (cutAt: string) => number([restored, { ...one, cutAt: at(cutAt) }]);
    expect(cut('2026-06-15T00:00:00Z').directed).toEqual([{ operator: airtel, from: pointer(one) }]);
    // Of one instant nobody knows which came first.
    expect(cut('2026-06-12T10:00:00Z').state).toBe('directed');
    expect(cut('2026-06-12T09:59:59Z').state).toBe('nothingToRestore');
    // What was said days later: service was restored before the order, and not by it.
    const said = { ...restored, occurredOn: day('2026-06-10') };
    expect(number([said, { ...one, cutAt: at('2026-06-11T09:00:00Z') }]).state).toBe('directed');
    expect(number([said, { ...one, cutAt: at('2026-06-10T09:00:00Z') }]).state).toBe('nothingToRestore');
  });

  // The order may have been carried out before that, and is answered for after it.
  it('is restored again where service was taken after the order to restore, answered or not', () => {
    const asked = restore({ open: true, outcome: 'open', startedAt: at('2026-06-09T19:00:00Z') });
    const barred = (cutAt: string) => open({ directionId: plan(5), cut: true, cutAt: at(cutAt) });
    const after = barred('2026-06-10T12:00:00Z');
    expect(number([asked, after])).toMatchObject({
      state: 'directed',
      directed: [{ operator: airtel, from: pointer(after) }],
      openIn: [],
    });
    expect(number([asked, barred('2026-06-09T19:00:00Z')])).toMatchObject({
      state: 'alreadyOpen',
      openIn: [asked.directionId],
    });
    const ended = (recordedAt: string) => number([asked, disconnected('2026-06-10', { recordedAt: at(recordedAt) })]);
    expect(ended('2026-06-10T12:00:00Z').state).toBe('directed');
    expect(ended('2026-06-09T18:59:59Z').state).toBe('alreadyOpen');
    // What is said late of a day before is what that order gives back.
    const late = disconnected('2026-06-09', { recordedAt: at('2026-06-10T12:00:00Z') });
    expect(number([asked, late]).state).toBe('alreadyOpen');
    // Barred after it, and verified after that.
    const verified = row({ directionId: plan(5), carriedAt: at('2026-06-14T00:00:00Z'), ...said('2026-06-15') });
    const done = { ...asked, open: false, outcome: 'restored' as const, ...said('2026-06-10') };
    for (const back of [asked, done])
      expect(number([back, verified]).directed).toEqual([{ operator: airtel, from: pointer(verified) }]);
    expect(number([{ ...done, ...said('2026-06-16') }, verified]).state).toBe('nothingToRestore');
    // Not by what was done at another operator.
    const there = { ...verified, operator: jio };
    expect(number([done, there, disconnected('2026-06-05')]).directed).toEqual([
      { operator: jio, from: pointer(there) },
    ]);
    // Where nothing else is found it is open in that order, whatever took service since.
    const elsewhere = row({ outcome: 'not_found', cut: true, cutAt: at('2026-06-12T00:00:00Z') });
    expect(number([asked, row({ directionId: plan(5) }), elsewhere])).toMatchObject({
      state: 'alreadyOpen',
      openIn: [asked.directionId],
    });
    // On the day of the bar, later than that: it goes on all the same, and is what is taken back.
    const restored = restore({
      ...{ outcome: 'restored', startedAt: asked.startedAt },
      ...{ occurredOn: day('2026-06-10'), recordedAt: at('2026-06-10T16:00:00Z') },
    });
    expect(number([restored, after]).directed).toEqual([{ operator: airtel, from: pointer(after) }]);
    expect(number([restored, barred('2026-06-09T12:00:00Z')]).state).toBe('nothingToRestore');
  });

  it.each(['verified', 'extended'] as const)(
    'that was %s under a later batch is restored where an earlier one has it ended after that',
    (outcome) => {
      const [occurredOn, recordedAt] = [day('2026-06-18'), at('2026-06-18T10:00:00Z')];
      const served = row({ directionId: plan(5), outcome, occurredOn, recordedAt });
      const ended = (on: string, more = {}) =>
        disconnected(on, { directionId: plan(2), cut: true, recordedAt: at(`${on}T10:00:00Z`), ...more });
      const after = ended('2026-06-20');
      expect(number([served, after]).directed).toEqual([{ operator: airtel, from: pointer(after) }]);
      expect(number([served, ended('2026-06-20', { outcome: 'surrendered' })]).state).toBe('directed');
      // Said later, of a day before: nobody knows which came first.
      expect(number([served, ended('2026-06-18', { recordedAt: at('2026-06-18T10:00:01Z') })]).state).toBe('directed');
      // Seen after that, they had service again before they proved themselves.
      expect(number([{ ...served, directedFor: day('2026-06-18') }, ended('2026-06-17')]).state).toBe(
        'nothingToRestore',
      );
      expect(number([served, ended('2026-06-20', { outcome: 'not_found' })]).state).toBe('nothingToRestore');
      expect(number([served, ended('2026-06-20', { operator: jio })]).directed).toEqual([
        { operator: jio, from: pointer(after) },
      ]);
      const asked = restore({
        directionId: plan(6),
        open: true,
        outcome: 'open',
        startedAt: at('2026-06-20T19:00:00Z'),
      });
      expect(number([asked, served, after])).toMatchObject({ state: 'alreadyOpen', openIn: [asked.directionId] });
    },
  );

  it('that no batch knows has nothing to be restored', () => {
    expect(number([])).toEqual({ state: 'nothingToRestore', directed: [], rows: [], openIn: [] });
  });

  it('is too late more than ninety days after its disconnection', () => {
    const one = disconnected('2026-03-31');
    expect(number([one])).toEqual({ state: 'tooLate', directed: [], rows: [pointer(one)], openIn: [] });
  });

  const SERVED: [string, ReturnType<typeof row>][] = [
    ['verified', row({ directionId: plan(5) })],
    ['extended', row({ directionId: plan(5), outcome: 'extended' })],
    ['restored', restore({ outcome: 'restored' })],
  ];

  it.each(SERVED)('that was %s is not too late by a disconnection of a day before that, told late', (_, one) => {
    const served = { ...one, occurredOn: day('2026-06-25'), recordedAt: at('2026-06-25T10:00:00Z') };
    const told = disconnected('2026-03-16', { directionId: plan(2), recordedAt: at('2026-06-28T10:00:00Z') });
    expect(number([served, told]).directed).toEqual([{ operator: airtel, from: pointer(told) }]);
    const unanswered = restore({ directionId: plan(6), outcome: 'overdue', occurredOn: null, recordedAt: null });
    expect(number([unanswered, served, told]).state).toBe('directed');
    // Told in time: what was given back since stays given back.
    expect(number([served, { ...told, recordedAt: at('2026-03-16T10:00:00Z') }]).state).toBe('nothingToRestore');
    // Service at another operator says nothing of this one.
    expect(number([{ ...served, operator: jio }, told]).state).toBe('tooLate');
  });

  it.each(SERVED)('that was %s by an older order is not too late by a disconnection of a day before that', (_, one) => {
    const served = { ...one, occurredOn: day('2026-06-20'), recordedAt: at('2026-06-20T10:00:00Z') };
    const ended = (on: string) => disconnected(on, { directionId: plan(7), recordedAt: at('2026-06-25T10:00:00Z') });
    expect([number([ended('2026-03-16'), served]).state, number([ended('2026-03-16')]).state]).toEqual([
      'directed',
      'tooLate',
    ]);
    const long = { ...served, occurredOn: day('2026-03-10') };
    expect(number([ended('2026-03-16'), long]).state).toBe('tooLate');
  });

  it.each(SERVED)('that was %s is too late more than ninety days after it was disconnected again', (_, one) => {
    const served = { ...one, occurredOn: day('2026-03-20'), recordedAt: at('2026-03-20T10:00:00Z') };
    const ended = (on: string) =>
      number([served, disconnected(on, { directionId: plan(2), recordedAt: at('2026-04-02T10:00:00Z') })]).state;
    expect([ended('2026-03-31'), ended('2026-03-20')]).toEqual(['tooLate', 'tooLate']);
    expect([ended('2026-04-01'), ended('2026-03-19')]).toEqual(['directed', 'directed']);
  });

  it('is restored at each operator that took something, and only there', () => {
    const here = open({ directionId: plan(3) });
    const older = disconnected('2026-06-01', { operator: jio, directionId: plan(2) });
    const elsewhere = row({ operator: 'bsnl' as OperatorId, directionId: plan(1) });
    expect(number([here, older, elsewhere])).toEqual({
      state: 'directed',
      directed: [
        { operator: airtel, from: pointer(here) },
        { operator: jio, from: pointer(older) },
      ],
      rows: [here, older, elsewhere].map(pointer),
      openIn: [],
    });
  });

  it('open here, and disconnected long ago there, is restored here alone', () => {
    const here = open({ directionId: plan(2) });
    const there = disconnected('2026-01-01', { operator: jio });
    expect(number([here, there]).directed).toEqual([{ operator: airtel, from: pointer(here) }]);
  });

  it('is already open where a restore of it is, and no new row was opened since', () => {
    const asked = restore({ open: true, outcome: 'open' });
    const before = disconnected('2026-06-01', { reversed: true });
    expect(number([asked, before])).toEqual({
      state: 'alreadyOpen',
      directed: [],
      rows: [],
      openIn: [asked.directionId],
    });
    const since = open({ directionId: plan(10) });
    expect(number([since, asked, before]).directed).toEqual([{ operator: airtel, from: pointer(since) }]);
  });

  it.each([
    ['it is open', open({ cut: true })],
    ['it was verified', row({})],
    ['it was not found, and nothing was ordered against it', row({ outcome: 'not_found' })],
  ])('is asked for once: in the restore that is open, where %s', (_, before) => {
    const asked = restore({ open: true, outcome: 'open' });
    expect(number([asked, before])).toMatchObject({
      state: 'alreadyOpen',
      directed: [],
      openIn: [asked.directionId],
    });
    // At another operator it is to be restored as well; of the whole that is told.
    const there = open({ operator: jio, directionId: plan(2) });
    expect(number([asked, there, before])).toMatchObject({
      state: 'directed',
      directed: [{ operator: jio, from: pointer(there) }],
      openIn: [],
    });
  });

  it('has nothing to be restored once it was, and is asked for again where that failed', () => {
    const before = disconnected('2026-06-01', { reversed: true });
    expect(number([restore({ outcome: 'restored' }), before]).state).toBe('nothingToRestore');
    expect(number([restore({ outcome: 'overdue' }), before]).directed).toEqual([
      { operator: airtel, from: pointer(before) },
    ]);
  });

  it('has nothing to be restored where it was verified after a bar, and its operator says since that it has service', () => {
    const verified = row({ carriedAt: at('2026-06-06T00:00:00Z') });
    expect(number([restore({ outcome: 'restored' }), verified]).state).toBe('nothingToRestore');
    const asked = restore({ open: true, outcome: 'open' });
    expect(number([asked, verified])).toMatchObject({ state: 'alreadyOpen', openIn: [asked.directionId] });
    expect(number([restore({ outcome: 'overdue' }), verified]).directed).toEqual([
      { operator: airtel, from: pointer(verified) },
    ]);
  });

  it('is restored where it was verified and cut off all the same, and nobody answered to the order of the night', () => {
    const verified = row({});
    expect(number([restore({ outcome: 'overdue' }), verified]).directed).toEqual([
      { operator: airtel, from: pointer(verified) },
    ]);
    // What was verified since is what it became.
    const since = row({ directionId: plan(10) });
    expect(number([since, restore({ outcome: 'overdue' }), verified]).state).toBe('nothingToRestore');
  });

  it('is already open where it is to be restored once more, though it had been restored before', () => {
    const asked = restore({ open: true, outcome: 'open' });
    const restored = restore({ outcome: 'restored', directionId: plan(5, 'restore') });
    expect(number([asked, restored, disconnected('2026-06-01', { reversed: true })])).toMatchObject({
      state: 'alreadyOpen',
      openIn: [asked.directionId],
    });
  });

  it('is what it became last: verified since an older disconnection', () => {
    expect(number([row({ directionId: plan(2) }), disconnected('2026-05-01')]).state).toBe('nothingToRestore');
  });

  it('is restored where it was disconnected by an older order, and verified then by one for which it was seen before that', () => {
    const proved = row({ directionId: plan(2), outcome: 'verified', directedFor: day('2026-05-21') });
    const ended = (on: string) => disconnected(on, { recordedAt: at('2026-06-09T10:00:00Z') });
    const states = (on: string) => number([proved, ended(on)]).state;
    expect(['2026-05-20', '2026-05-21', '2026-06-09'].map(states)).toEqual([
      'nothingToRestore',
      'directed',
      'directed',
    ]);
    expect(number([proved, ended('2026-06-09')]).directed).toEqual([
      { operator: airtel, from: pointer(ended('2026-06-09')) },
    ]);
    // Long ago as that is, they had service on a later day; and what was taken back was given back.
    expect(number([{ ...proved, directedFor: day('2026-03-01') }, ended('2026-03-16')]).state).toBe('directed');
    expect(number([proved, { ...ended('2026-06-09'), reversed: true }]).state).toBe('nothingToRestore');
    expect(number([restore({ outcome: 'restored' }), proved, ended('2026-06-09')]).state).toBe('nothingToRestore');
  });
});

describe('a number that was given to somebody else', () => {
  const given = row({ directionId: plan(1), outcome: 'reissued', occurredOn: day('2026-05-25') });
  const since = open({ directionId: plan(2), directedFor: day('2026-06-02') });

  it('is restored to who has it now, whose rows alone are taken back', () => {
    expect(number([since, given])).toEqual({
      state: 'directed',
      directed: [{ operator: airtel, from: pointer(since) }],
      rows: [pointer(since)],
      openIn: [],
    });
  });

  it('is too late for who had it then, by the reference of that row', () => {
    const then = decideNumber([since, given], { ofHolderIn: pointer(given) }, UPLOADED);
    expect(then).toEqual({ state: 'tooLate', directed: [], rows: [pointer(given)], openIn: [] });
    const now = decideNumber([since, given], { ofHolderIn: pointer(since) }, UPLOADED);
    expect(now.directed).toEqual([{ operator: airtel, from: pointer(since) }]);
  });

  it.each([
    ['has it open', since],
    ['was verified', row({ directionId: plan(2), directedFor: day('2026-06-02') })],
    ['was taken back', row({ directionId: plan(2), directedFor: day('2026-06-02'), reversed: true })],
  ])('is not taken back for who had it then, by a reference or a withdrawal, where who has it now %s', (_, now) => {
    const back = restore({ outcome: 'restored', directedFor: day('2026-06-02') });
    for (const scope of [{ ofHolderIn: pointer(given) }, { rows: [pointer(given)] }])
      expect(ofLaterHolders(scope, [back, now, given])).toEqual([now]);
    // For who has it now it is, and where nobody was directed in it since.
    for (const scope of ['current', { ofHolderIn: pointer(now) }, { rows: [pointer(now)] }] as const)
      expect(ofLaterHolders(scope, [back, now, given])).toEqual([]);
    const onTheDay = { ...now, directedFor: day('2026-05-25') };
    expect(ofLaterHolders({ ofHolderIn: pointer(given) }, [onTheDay, given])).toEqual([]);
  });

  it('is open already where it is being restored to who has it now, of whom no row is', () => {
    const asked = (on: string) => restore({ open: true, outcome: 'open', startedAt: at(`${on}T19:00:00Z`) });
    const back = asked('2026-05-25');
    expect(number([back, given])).toEqual({
      state: 'alreadyOpen',
      directed: [],
      rows: [],
      openIn: [plan(9, 'restore')],
    });
    // What was asked for before that was for who had it then, as they are told themselves.
    expect(number([asked('2026-05-23'), given]).state).toBe('tooLate');
    expect(number([{ ...back, open: false, outcome: 'overdue' }, given]).state).toBe('tooLate');
    expect(decideNumber([back, given], { ofHolderIn: pointer(given) }, UPLOADED).state).toBe('tooLate');
  });

  it('is too late where only who had it then is known', () => {
    expect(number([given])).toEqual({ state: 'tooLate', directed: [], rows: [], openIn: [] });
    // Seen on that day is not seen since: since is on a later day.
    const onTheDay = open({ directionId: plan(2), directedFor: day('2026-05-25') });
    expect(number([onTheDay, given]).state).toBe('tooLate');
    const dayAfter = open({ directionId: plan(2), directedFor: day('2026-05-26') });
    expect(number([dayAfter, given]).directed).toEqual([{ operator: airtel, from: pointer(dayAfter) }]);
  });
});
