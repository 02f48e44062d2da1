import { describe, expect, test } from 'vitest';
import { type DirectionStart, manifestText, mustAddUp, toDirect } from '../../lambdas/domain/plans.ts';
import { at, batchId, directionId, jio, thrown } from './example.ts';

const start = (n: number): DirectionStart => ({
  directionId: directionId('block', `7-0-${n}`, jio),
  batchId,
  operator: jio,
  rungs: [{ order: 'block', deadline: at('2026-06-02T00:00:00Z') }],
  rung: 1,
});
const starts = (count: number) => Array.from({ length: count }, (_, n) => start(n));

describe('a step of a plan', () => {
  test('that was handed what the one before it counted goes on', () => {
    expect(() => mustAddUp('links', 0, 0)).not.toThrow();
    expect(() => mustAddUp('links', 2_000_000, 2_000_000)).not.toThrow();
  });
  test.each([
    ['lost something', 6, 'PlanIncomplete: links of shard 3: 6 instead of 7'],
    ['got something twice', 8, 'PlanIncomplete: links of shard 3: 8 instead of 7'],
    ['cannot tell', Number.NaN, 'PlanIncomplete: links of shard 3: NaN instead of 7'],
  ])('that %s fails, and says what of', (_, count, error) => {
    expect(thrown(() => mustAddUp('links of shard 3', count, 7))).toBe(error);
  });
});

describe('the starts of the directions', () => {
  test('are one line of JSON each, for the Map that reads them', () => {
    expect(manifestText([])).toBe('');
    expect(manifestText(starts(2))).toBe(
      '{"directionId":"mha-0123456789ab.block.jio.7-0-0","batchId":"mha-0123456789ab","operator":"jio",' +
        '"rungs":[{"order":"block","deadline":"2026-06-02T00:00:00Z"}],"rung":1}\n' +
        '{"directionId":"mha-0123456789ab.block.jio.7-0-1","batchId":"mha-0123456789ab","operator":"jio",' +
        '"rungs":[{"order":"block","deadline":"2026-06-02T00:00:00Z"}],"rung":1}\n',
    );
  });
  test('travel in the state up to forty, all of an inline Map at once', () => {
    expect(toDirect([], 'm')).toEqual({ directions: 0, manifestKey: 'm', inline: [] });
    expect(toDirect(starts(1), 'm')).toEqual({ directions: 1, manifestKey: 'm', inline: [start(0)] });
    expect(toDirect(starts(40), 'm')).toEqual({ directions: 40, manifestKey: 'm', inline: starts(40) });
  });
  test('are read from their file where there are more', () => {
    expect(toDirect(starts(41), 'm')).toEqual({ directions: 41, manifestKey: 'm', inline: [] });
  });
  test('of the longest ids and ladders, forty of them, have room in a state of 256 KiB', () => {
    const deadline = at('2026-06-02T00:00:00Z');
    const longest: DirectionStart = {
      ...start(0),
      directionId: `${'a'.repeat(16)}-0123456789ab.reverify.${'o'.repeat(10)}.100000-10000-1000` as never,
      rungs: Array.from({ length: 10 }, () => ({ order: 'bar_outgoing', deadline })),
    };
    const state = JSON.stringify(
      toDirect(
        Array.from({ length: 40 }, () => longest),
        'm',
      ),
    );
    expect(Buffer.byteLength(state)).toBeLessThan(256 * 1024);
  });
});
