import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../lambdas/domain/candidates.ts';
import { DecidedCandidates } from '../../lambdas/domain/decided-candidates.ts';
import { directionRowLine } from '../../lambdas/domain/directions.ts';
import type { Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { first, second, third } from './counted.ts';
import { airtel, day, directionId, imei, jio, msisdn, thrown } from './example.ts';

const handset = imei('35100000000001');
const nth = (n: number) => msisdn(`981000000${n}`);
const [number, other] = [nth(1), nth(2)];
const directed = { state: 'directed' } as const;

const connection = (identifier: Msisdn, told: Partial<Candidate> = {}): Candidate => ({
  identifier,
  operator: airtel,
  newestDay: day('2026-05-20'),
  directedFor: day('2026-05-20'),
  line: directionRowLine('reverify', { msisdn: identifier, imei: handset, lastSeen: day('2026-05-20'), lsa: '' }),
  ...told,
});

const goesOn = (row: number, told: Partial<Candidate> = {}) =>
  connection(number, { why: 'ported', from: { directionId: first, row }, ...told });

/** The candidates that are directed at an operator, as one direction of it. */
const cut = (decided: DecidedCandidates, operator: OperatorId, id = second) => ({
  direction: { operator, directionId: id },
  rows: decided.directed.get(operator) ?? [],
});

describe('a shard’s candidates', () => {
  it('are listed and counted by what they became, each where it is decided', () => {
    const decided = new DecidedCandidates('reverify');
    decided.leaveOut(connection(number), 'held');
    decided.add(connection(other), { operator: airtel, decision: { state: 'alreadyOpen', directionId: third } });
    decided.add(connection(nth(3)), { operator: airtel, decision: directed });
    const reversed = { state: 'reversed', directionId: null } as const;
    decided.add(connection(nth(4), { operator: jio }), { operator: jio, decision: reversed });
    decided.add(connection(nth(5)), { operator: airtel, decision: directed });
    expect(decided.elsewhere).toEqual([
      { kind: 'reverify', identifier: number, operator: airtel, state: 'held', directionId: null },
      { kind: 'reverify', identifier: other, operator: airtel, state: 'alreadyOpen', directionId: third },
      { kind: 'reverify', identifier: nth(4), operator: jio, state: 'reversed', directionId: null },
    ]);
    expect(decided.decisions).toMatchObject({
      airtel: { connections: { held: 1, alreadyOpen: 1, directed: 2, reversed: 0, struck: 0 } },
      jio: { connections: { reversed: 1, directed: 0 } },
    });
    expect([...decided.directed.keys()]).toEqual([airtel]);
    expect(decided.directed.get(airtel)).toEqual([connection(nth(3)), connection(nth(5))]);
    // Nothing of what was reported goes on from an earlier row.
    expect(decided.moved).toEqual([]);
  });

  it('are counted by both operators where they were ported since, whatever became of them', () => {
    const decided = new DecidedCandidates('reverify');
    decided.add(connection(number), { operator: jio, decision: directed });
    decided.add(connection(other), { operator: jio, decision: { state: 'alreadyVerified', directionId: third } });
    decided.add(connection(nth(3)), { operator: airtel, decision: directed });
    expect(decided.ported).toEqual({ airtel: { jio: 2 } });
    expect(decided.decisions).toMatchObject({
      jio: { connections: { directed: 1, alreadyVerified: 1 } },
      airtel: { connections: { directed: 1 } },
    });
  });

  it('are told where they go on, also if they are exempt by then', () => {
    const decided = new DecidedCandidates('reverify');
    decided.leaveOut(goesOn(0), 'exempt');
    const listed = goesOn(1, { identifier: other, operator: jio });
    decided.add(listed, { operator: jio, decision: directed });
    const { line } = listed;
    expect(decided.moved).toEqual([
      { line, kind: 'reverify', from: first, why: 'ported', to: airtel, state: 'exempt' },
      { line, kind: 'reverify', from: first, why: 'ported', to: jio, state: 'directed' },
    ]);
  });
});

describe('a number that goes on from two rows at one operator', () => {
  const decided = new DecidedCandidates('reverify');
  decided.add(goesOn(0), { operator: airtel, decision: directed });
  decided.add(goesOn(1, { why: 'extended' }), { operator: airtel, decision: directed });
  decided.add(goesOn(2, { operator: jio }), { operator: jio, decision: directed });
  const cuts = [cut(decided, jio, third), cut(decided, airtel)];

  it('is directed there once, for the first of them', () => {
    expect(decided.directed.get(airtel)).toEqual([goesOn(0)]);
    expect(decided.directed.get(jio)).toEqual([goesOn(2, { operator: jio })]);
  });

  it('is open for the other one in the direction that the first got', () => {
    decided.cutInto(cuts);
    expect(decided.elsewhere).toEqual([
      { kind: 'reverify', identifier: number, operator: airtel, state: 'alreadyOpen', directionId: second },
    ]);
    expect(decided.decisions).toMatchObject({
      airtel: { connections: { directed: 1, alreadyOpen: 1 } },
      jio: { connections: { directed: 1, alreadyOpen: 0 } },
    });
    expect(decided.moved.map(({ why, to, state }) => [why, to, state])).toEqual([
      ['ported', airtel, 'directed'],
      ['ported', jio, 'directed'],
      ['extended', airtel, 'alreadyOpen'],
    ]);
  });

  it('is lost by no cut', () => {
    const lost = new DecidedCandidates('reverify');
    for (const row of [0, 1]) lost.add(goesOn(row), { operator: airtel, decision: directed });
    expect(thrown(() => lost.cutInto([cut(lost, jio, third)]))).toBe('Error: what is listed twice is directed once');
  });
});

describe('a handset that is unblocked for two numbers', () => {
  it('is directed for each of them, and once for each', () => {
    const decided = new DecidedCandidates('unblock');
    const from = { directionId: directionId('unblock', '1-0-0'), row: 0 };
    const excepting = (msisdn: Msisdn): Candidate => ({
      ...{ identifier: handset, operator: airtel, newestDay: null, directedFor: null, why: 'overdue', from },
      line: directionRowLine('unblock', { imei: handset, msisdn }),
    });
    for (const one of [number, other, number]) decided.add(excepting(one), { operator: airtel, decision: directed });
    expect(decided.directed.get(airtel)).toEqual([excepting(number), excepting(other)]);
    decided.cutInto([cut(decided, airtel)]);
    expect(decided.elsewhere.map(({ state }) => state)).toEqual(['alreadyOpen']);
    expect(decided.decisions).toMatchObject({ airtel: { outcomes: { directed: 2, alreadyOpen: 1 } } });
  });
});
