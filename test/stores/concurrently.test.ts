import { describe, expect, it } from 'vitest';
import { concurrently, door } from '../../lambdas/stores/concurrently.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('working through items concurrently', () => {
  it('works on each once, at most so many at a time, and takes the next only when a place is free', async () => {
    let underWay = 0;
    let most = 0;
    let taken = 0;
    async function* source(): AsyncGenerator<number> {
      for (let i = 0; i < 20; i++) {
        taken++;
        // What was taken is under way, or is about to be.
        expect(taken - done.length).toBeLessThanOrEqual(3);
        yield i;
      }
    }
    const done: number[] = [];
    await concurrently(source(), 3, async (item) => {
      most = Math.max(most, ++underWay);
      await turn();
      underWay--;
      done.push(item);
    });
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(most).toBe(3);
  });

  it('takes a plain iterable, and nothing at all', async () => {
    const done: string[] = [];
    await concurrently(['a', 'b'], 5, async (item) => void done.push(item));
    await concurrently([], 5, async () => void done.push('never'));
    expect(done.sort()).toEqual(['a', 'b']);
  });

  it('throws the first failure only when all that were under way have ended, and begins nothing more', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const working = concurrently([0, 1, 2, 3, 4, 5], 3, async (item) => {
      begun.push(item);
      await turn();
      if (item === 0) throw new RangeError('first');
      for (let i = 0; i < 5; i++) await turn();
      ended.push(item);
      if (item === 1) throw new TypeError('second');
    });
    await expect(working).rejects.toThrow(new RangeError('first'));
    expect(begun).toEqual([0, 1, 2]);
    expect(ended).toEqual([1, 2]);
  });

  it('throws what its source throws, after what was under way', async () => {
    const ended: number[] = [];
    async function* source(): AsyncGenerator<number> {
      yield 1;
      throw new RangeError('the source ends here');
    }
    const working = concurrently(source(), 2, async (item) => {
      await turn();
      await turn();
      ended.push(item);
    });
    await expect(working).rejects.toThrow('the source ends here');
    expect(ended).toEqual([1]);
  });
});

it('a door lets one through at a time, in the order of asking', async () => {
  const enter = door();
  const inside: string[] = [];
  const through = ['a', 'b', 'c'].map(async (who) => {
    const leave = await enter();
    inside.push(`${who} in`);
    // Others who need no door go on meanwhile.
    for (let turns = 0; turns < 5; turns++) await turn();
    inside.push(`${who} out`);
    leave();
  });
  await Promise.all(through);
  expect(inside).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
});
