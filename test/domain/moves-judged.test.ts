import { describe, expect, test } from 'vitest';
import type { AnsweredRow } from '../../lambdas/domain/answers.ts';
import type { BatchId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { continuedBy, judgeMove, lineOf, portsOf, returnsTo, type Said } from '../../lambdas/domain/moves.ts';
import { airtel, at, day, jio } from './example.ts';
import { followUp, portedTo, said, vi } from './moving.ts';

describe('a port', () => {
  const left = said(airtel, 'ported', '2026-06-04', portedTo(jio));

  test('is as the operator says it that the number left', () => {
    expect(portsOf([said(jio, 'open', null), left])).toEqual([
      { from: 'airtel', to: 'jio', on: '2026-06-04', disputedOn: null, acknowledged: false },
    ]);
  });

  test('is acknowledged where the operator that it names answers for it otherwise, and can be disputed no more', () => {
    const gone = said(jio, 'not_found', '2026-06-20', { batch: 'mha-ba9876543210' });
    for (const outcome of ['verified', 'failed', 'disconnected', 'surrendered', 'extended', 'reissued'] as const) {
      const known = said(jio, outcome, '2026-06-06', followUp);
      expect(portsOf([known, left]), outcome).toMatchObject([{ acknowledged: true, disputedOn: null }]);
      expect(portsOf([gone, known, left]), outcome).toMatchObject([{ disputedOn: null }]);
      // Who has the number at the first operator by now may be anybody.
      expect(returnsTo(jio, [known, left]), outcome).toBeUndefined();
    }
    // A row that is overdue after its subscriber failed says so, too; not one that nobody answered, or that was taken back.
    const overdue = said(jio, 'overdue', '2026-06-06', followUp);
    expect(returnsTo(jio, [overdue, left])).toBeUndefined();
    for (const silent of [said(jio, 'overdue', null, followUp), said(jio, 'withdrawn', '2026-06-06', followUp)])
      expect(returnsTo(jio, [silent, left])).toBe('airtel');
    // A late word on an older row, about a day before the port, is about a number that it had then.
    const late = said(jio, 'disconnected', '2026-05-20', { recordedAt: at('2026-06-05T10:00:00Z') });
    expect(returnsTo(jio, [left, late])).toBe('airtel');
    expect(portsOf([gone, left, late])).toMatchObject([{ acknowledged: false, disputedOn: '2026-06-20' }]);
    // What it said before the port, of a row that is asked to give back, or another operator, acknowledges nothing.
    expect(returnsTo(jio, [left, said(jio, 'verified', '2026-06-03')])).toBe('airtel');
    expect(returnsTo(jio, [said(jio, 'restored', '2026-06-06', { kind: 'restore' }), left])).toBe('airtel');
    expect(returnsTo(jio, [said(vi, 'verified', '2026-06-06'), left])).toBe('airtel');
    // Said to be none first, and known by a later report: the dispute stands.
    const disputed = said(jio, 'not_found', '2026-06-06', followUp);
    const later = said(jio, 'verified', '2026-06-20', { batch: 'mha-ba9876543210' });
    expect(portsOf([later, disputed, left])).toMatchObject([{ acknowledged: false, disputedOn: '2026-06-06' }]);
  });

  test('is disputed where the operator that it names answers after it that it has no such connection', () => {
    expect(portsOf([said(jio, 'not_found', '2026-06-06'), left])).toMatchObject([{ disputedOn: '2026-06-06' }]);
    // On the day on which that was recorded, those of Asia/Kolkata: the answer may say any day.
    const backdated = said(jio, 'not_found', '2026-01-01', { recordedAt: at('2026-06-06T20:00:00Z') });
    expect(portsOf([backdated, left])).toMatchObject([{ disputedOn: '2026-06-07' }]);
    // Not by another operator, nor by what was said before.
    expect(portsOf([said(vi, 'not_found', '2026-06-06'), left])).toMatchObject([{ disputedOn: null }]);
    expect(portsOf([said(jio, 'not_found', '2026-06-06', { kind: 'restore' }), left])).toMatchObject([
      { disputedOn: null },
    ]);
    expect(portsOf([left, said(jio, 'not_found', '2026-06-03')])).toMatchObject([{ disputedOn: null }]);
    // Nor by another answer of that operator, whatever it says.
    for (const outcome of ['verified', 'failed', 'disconnected', 'reissued', 'open'] as const)
      expect(portsOf([said(jio, outcome, '2026-06-06'), left]), outcome).toMatchObject([{ disputedOn: null }]);
  });

  test('is only what was said to be one, of whom it went to and when', () => {
    expect(portsOf([{ ...left, outcome: 'extended' }])).toEqual([]);
    for (const missing of [{ portedTo: null }, { occurredOn: null }, { recordedAt: null }])
      expect(portsOf([{ ...left, ...missing }]), Object.keys(missing)[0]).toEqual([]);
  });
});

describe('a number that is not found where it was ported to returns', () => {
  const fromAirtel = said(airtel, 'ported', '2026-06-04', portedTo(jio));

  test('to who said that it was ported there', () => {
    expect(returnsTo(jio, [fromAirtel])).toBe('airtel');
    expect(returnsTo(jio, [said(jio, 'open', null), fromAirtel, said(vi, 'verified', '2026-06-05')])).toBe('airtel');
  });

  test('to nobody where nobody said so, or where that was disputed before', () => {
    expect(returnsTo(jio, [])).toBeUndefined();
    expect(returnsTo(vi, [fromAirtel])).toBeUndefined();
    expect(returnsTo(jio, [said(airtel, 'verified', '2026-06-04')])).toBeUndefined();
    expect(returnsTo(jio, [said(jio, 'not_found', '2026-06-06'), fromAirtel])).toBeUndefined();
  });

  test('to who said so last, by the day of the port, of one day the newest', () => {
    const fromVi = said(vi, 'ported', '2026-06-10', portedTo(jio));
    expect(returnsTo(jio, [fromVi, fromAirtel])).toBe('vi');
    expect(returnsTo(jio, [fromAirtel, fromVi])).toBe('vi');
    expect(returnsTo(jio, [{ ...fromVi, occurredOn: day('2026-06-04') }, fromAirtel])).toBe('vi');
    // The last one's port was disputed: whose port before it nobody disputed has the number.
    const disputed = said(jio, 'not_found', '2026-06-08');
    expect(returnsTo(jio, [fromVi, disputed, fromAirtel])).toBe('vi');
  });
});

describe('an answer that a number was ported is judged by what is known of it', () => {
  const own = said(jio, 'open', null, followUp);
  const answer = (to: OperatorId, on: string): AnsweredRow => ({
    line: 7,
    row: 0,
    outcome: 'ported',
    day: day(on),
    onward: { to },
  });
  const judged = (to: OperatorId, on: string, others: Said[]) => judgeMove(answer(to, on), [own, ...others], 0, 90);

  test('taken where nothing is', () => {
    expect(judged(vi, '2026-06-07', [])).toEqual(answer(vi, '2026-06-07'));
    expect(judged(vi, '2026-06-07', [said(airtel, 'verified', '2026-06-01')])).toEqual(answer(vi, '2026-06-07'));
  });

  test('ported_lately for 90 days, wherever to; on the 90th day it may be', () => {
    const left = said(airtel, 'ported', '2026-06-04', portedTo(jio));
    for (const to of [airtel, vi])
      expect(judged(to, '2026-09-01', [left])).toEqual({ line: 7, reason: 'ported_lately' });
    expect(judged(vi, '2026-09-02', [left])).toEqual(answer(vi, '2026-09-02'));
    // Also to whom it went, as who has it since said nothing of it.
    const back = said(airtel, 'open', null, { batch: 'mha-ba9876543210' });
    expect(judgeMove(answer(jio, '2026-09-01'), [back, left], 0, 90)).toEqual({ line: 7, reason: 'ported_lately' });
    expect(judgeMove(answer(jio, '2026-09-02'), [back, left], 0, 90)).toEqual(answer(jio, '2026-09-02'));
  });

  test('taken of each row of its operator, where it is the same port of the same day', () => {
    const other = said(airtel, 'ported', '2026-06-04', portedTo(jio));
    const row = said(airtel, 'open', null, { batch: 'mha-ba9876543210' });
    const again = (to: OperatorId, on: string, before: Said[]) => judgeMove(answer(to, on), [row, ...before], 0, 90);
    expect(again(jio, '2026-06-04', [other])).toEqual(answer(jio, '2026-06-04'));
    const lately = { line: 7, reason: 'ported_lately' };
    expect(again(jio, '2026-06-05', [other])).toEqual(lately);
    expect(again(vi, '2026-06-04', [other])).toEqual(lately);
    expect(again(jio, '2026-06-04', [{ ...other, operator: vi }])).toEqual(lately);
    // Of a number that was ported since, an older port is no word.
    const since = said(jio, 'ported', '2026-06-20', portedTo(vi));
    expect(again(jio, '2026-06-04', [since, other])).toEqual(lately);
  });

  test('disputed, where it names the operator that said lately that it has no such connection', () => {
    const others = [
      said(jio, 'not_found', '2026-06-06', followUp),
      said(airtel, 'ported', '2026-06-04', portedTo(jio)),
    ];
    const back = said(airtel, 'open', null, { batch: 'followup-202606070000' });
    const again = (to: OperatorId, on: string) => judgeMove(answer(to, on), [back, ...others], 0, 90);
    expect(again(jio, '2026-06-08')).toEqual({ line: 7, reason: 'disputed' });
    expect(again(jio, '2026-09-03')).toEqual({ line: 7, reason: 'disputed' });
    expect(again(jio, '2026-09-04')).toEqual(answer(jio, '2026-09-04'));
    // A day long before, which the other operator may have said, doesn't switch that off.
    const backdated = others.map((one) =>
      one.outcome === 'not_found' ? { ...one, occurredOn: day('2026-01-01') } : one,
    );
    expect(judgeMove(answer(jio, '2026-06-08'), [back, ...backdated], 0, 90)).toEqual({ line: 7, reason: 'disputed' });
    // It may have named the wrong one before: a port that is disputed was none.
    expect(again(vi, '2026-06-08')).toEqual(answer(vi, '2026-06-08'));
  });

  test('and no other answer is judged by them', () => {
    const verified: AnsweredRow = { line: 7, row: 0, outcome: 'verified', day: day('2026-06-05') };
    const left = said(airtel, 'ported', '2026-06-04', portedTo(jio));
    expect(judgeMove(verified, [own, left], 0, 90)).toBe(verified);
  });

  test('not by what its own row says of a port: that is recorded already', () => {
    const ported = said(airtel, 'ported', '2026-06-04', portedTo(jio));
    expect(judgeMove(answer(jio, '2026-06-04'), [ported], 0, 90)).toEqual(answer(jio, '2026-06-04'));
  });
});

describe('more time is given once', () => {
  const answer: AnsweredRow = {
    line: 7,
    row: 0,
    outcome: 'extended',
    day: day('2026-07-01'),
    onward: { ground: 'abroad' },
  };
  const judged = (...list: Said[]) => judgeMove(answer, list, 0, 90);
  const night = (on: string) => ({ followUp: `followup-202606${on}0000` as BatchId });
  const extended = said(airtel, 'extended', '2026-06-04', night('05'));

  test('in a row and in what continues it, also at another operator', () => {
    expect(judged(said(airtel, 'open', null, followUp), extended)).toEqual({ line: 7, reason: 'already_extended' });
    const ported = said(airtel, 'ported', '2026-06-20', { ...followUp, ...portedTo(jio), ...night('21') });
    const atJio = said(jio, 'open', null, { batch: 'followup-202606210000' });
    expect(judged(atJio, ported, extended)).toEqual({ line: 7, reason: 'already_extended' });
    const disputed = said(jio, 'not_found', '2026-06-23', { batch: 'followup-202606210000', ...night('24') });
    const back = said(airtel, 'open', null, { batch: 'followup-202606240000' });
    expect(judged(back, disputed, ported, extended)).toEqual({ line: 7, reason: 'already_extended' });
    expect(continuedBy([back, disputed, ported, extended])).toEqual([disputed, ported, extended]);
  });

  test('whatever else was said of the number meanwhile', () => {
    const ported = said(airtel, 'ported', '2026-06-20', { ...followUp, ...portedTo(jio), ...night('21') });
    const aside = said(vi, 'verified', '2026-06-22', followUp);
    const atJio = said(jio, 'open', null, { batch: 'followup-202606210000' });
    expect(continuedBy([atJio, aside, ported, extended])).toEqual([ported, extended]);
    expect(continuedBy([atJio, aside])).toEqual([]);
    // Of two ports there and back a dispute brings back the one that came before it.
    const back = (n: number) => ({ batch: `followup-2026060${n}0000` });
    const first = said(airtel, 'ported', '2026-06-01', { ...portedTo(jio), ...night('02') });
    const notFirst = said(jio, 'not_found', '2026-06-02', { ...back(2), ...night('03') });
    const second = said(vi, 'ported', '2026-06-03', { ...portedTo(jio), ...night('04') });
    const notSecond = said(jio, 'not_found', '2026-06-04', { ...back(4), ...night('05') });
    const list = [notSecond, second, notFirst, first];
    expect(continuedBy([said(vi, 'open', null, back(5)), ...list])).toEqual([notSecond, second]);
    expect(continuedBy([said(airtel, 'open', null, back(3)), ...list])).toEqual([notFirst, first]);
    // A port of another one, in between, is not the one that was disputed.
    const other = said(vi, 'ported', '2026-06-03', { ...portedTo(airtel), ...night('04') });
    const between = [said(airtel, 'open', null, back(5)), notSecond, other, { ...first, ...night('04') }];
    expect(continuedBy(between)).toEqual([notSecond, { ...first, ...night('04') }]);
  });

  test('also where a row goes on from two, which one night found at one operator', () => {
    const ported = said(jio, 'ported', '2026-06-04', { ...portedTo(airtel), ...night('05') });
    const both = said(airtel, 'open', null, followUp);
    for (const list of [
      [ported, extended],
      [extended, ported],
    ]) {
      expect(judged(both, ...list)).toEqual({ line: 7, reason: 'already_extended' });
      expect(continuedBy([both, ...list])).toEqual(list);
      expect(lineOf([both, ...list])).toEqual(list.slice(0, 1));
    }
  });

  test('and what was said later of another row, or moved nothing, has no part in it', () => {
    const own = said(airtel, 'open', null, followUp);
    const late = said(jio, 'ported', '2026-06-19', { ...portedTo(airtel), ...night('20') });
    const overdue = said(jio, 'ported', '2026-06-19', portedTo(airtel));
    for (const other of [late, overdue])
      for (const line of [continuedBy, lineOf]) expect(line([own, other, extended])).toEqual([extended]);
  });

  test('and may be given in the row of a later report, or where another operator gave it', () => {
    expect(judged(said(airtel, 'open', null, { batch: 'mha-ba9876543210' }), extended)).toEqual(answer);
    expect(judged(said(jio, 'open', null), extended)).toEqual(answer);
    expect(judged()).toEqual(answer);
    // Of a newer row that had it, this one goes by its own.
    const newer = said(airtel, 'open', null, followUp);
    const own = said(airtel, 'open', null, { batch: 'mha-ba9876543210' });
    expect(judgeMove(answer, [newer, own, extended], 1, 90)).toEqual(answer);
    const atJio = said(jio, 'open', null, followUp);
    expect(judged(atJio, said(airtel, 'ported', '2026-06-20', portedTo(jio)))).toEqual(answer);
    const ported = said(vi, 'ported', '2026-06-04', { ...portedTo(jio), ...night('05') });
    expect(continuedBy([said(jio, 'open', null, followUp), extended, ported])).toEqual([ported]);
  });
});
