import { describe, expect, test } from 'vitest';
import { asInstant } from '../../lambdas/domain/days.ts';
import { type DirectionRows, directionRowLine } from '../../lambdas/domain/directions.ts';
import type { Imei, Msisdn } from '../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import type { Rung } from '../../lambdas/domain/ladders.ts';
import { type ListedSubject, listedLine, listShards, parseListedLine } from '../../lambdas/domain/listed.ts';
import { airtel, day, directionId, jio, thrown } from './example.ts';

const imei = '49015420323751' as Imei;
const row = (n: number, lsa = 'Delhi') => ({
  msisdn: `+91987654321${n}` as Msisdn,
  imei,
  lastSeen: day('2026-05-20'),
  lsa,
});
/** A subject whose direction's row is `of`. */
const listedSubject = <Kind extends DirectionKind>(
  kind: Kind,
  of: DirectionRows[Kind],
  others: Omit<ListedSubject, 'line'>,
): ListedSubject => ({ ...others, line: directionRowLine(kind, of) });
const reverify = (n: number, told: Partial<ListedSubject> = {}, lsa?: string) =>
  listedSubject('reverify', row(n, lsa), { operator: airtel, why: 'ported', from: null, rungs: null, ...told });
const rungs: Rung[] = [{ order: 'reverify', deadline: asInstant('2026-07-01T00:00:00Z') }];
const from = { directionId: directionId('reverify', '1-0-0'), row: 7 };

describe('a listed subject', () => {
  test('is a line of its own: operator, why, whence, its own ladder, and then the row of its direction', () => {
    expect(listedLine(reverify(0, { from, rungs }))).toBe(
      'airtel\tported\tmha-0123456789ab.reverify.airtel.1-0-0:7\t' +
        '[{"order":"reverify","deadline":"2026-07-01T00:00:00Z"}]\t+919876543210\t49015420323751\t2026-05-20\tDelhi',
    );
  });

  test.each([
    reverify(0),
    reverify(0, { from, rungs }, 'a\tb\\t'),
    listedSubject('unblock', { imei, msisdn: null }, { operator: jio, why: 'reversed', from, rungs: null }),
    listedSubject('unblock', { imei, msisdn: row(3).msisdn }, { operator: jio, why: 'reversed', from, rungs: null }),
  ])('is read as it was written: %j', (subject) => {
    expect(parseListedLine(listedLine(subject))).toEqual(subject);
  });

  test.each(['', 'airtel', 'airtel\tported\t\t', 'AIRTEL\tported\t\t\t49015420323751'])('is not %j', (line) => {
    expect(thrown(() => parseListedLine(line))).toBe('BadWorkLine: a listed subject has an operator');
  });
});

describe('a list', () => {
  test('is cut by kind and by whom it is about, nobody in two shards, and says where each shard stands', () => {
    const restore = listedSubject('restore', row(9), { operator: jio, why: 'overdue', from, rungs: null });
    const listed = {
      restore: [restore],
      reverify: [reverify(2), reverify(0), reverify(1, { operator: jio }), reverify(1)],
    };
    const { lines, shards } = listShards(listed, 2);
    const bytes = Buffer.from(lines.join(''));
    const held = shards.map(({ kind, shard, start, bytes: length, subjects }) => {
      const text = bytes.subarray(start, start + length).toString();
      const of = text.split('\n').slice(0, -1).map(parseListedLine);
      expect(of).toHaveLength(subjects);
      return [kind, shard, of.map(({ operator, line }) => `${operator} ${line.slice(12, 13)}`)];
    });
    // Two to a shard: the second number has both of its lines in the first one.
    expect(held).toEqual([
      ['reverify', 0, ['airtel 0', 'airtel 1', 'jio 1']],
      ['reverify', 1, ['airtel 2']],
      ['restore', 0, ['jio 9']],
    ]);
  });

  test('of nobody has no shard', () => {
    expect(listShards({ reverify: [] }, 2)).toEqual({ lines: [], shards: [] });
  });
});
