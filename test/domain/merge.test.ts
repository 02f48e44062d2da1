import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergedLines } from '../../lambdas/domain/merge.ts';

async function* inBlocks(lines: readonly string[], size: number): AsyncGenerator<readonly string[]> {
  for (let at = 0; at < lines.length; at += size) {
    yield lines.slice(at, at + size);
    // A block may hold no whole line.
    yield [];
  }
}
const merged = async (lists: readonly (readonly string[])[], size = 2) =>
  (await Array.fromAsync(mergedLines(lists.map((list) => inBlocks(list, size))))).join('');

describe('sorted lists', () => {
  test('are merged into one, each line with its end', async () => {
    expect(await merged([['a', 'd', 'e', 'g'], ['b'], [], ['c', 'f', 'h']])).toBe('a\nb\nc\nd\ne\nf\ng\nh\n');
  });

  test('of which there is none, or none with a line, are nothing', async () => {
    expect(await merged([])).toBe('');
    expect(await merged([[], []])).toBe('');
  });

  test('are the sorted whole, whatever they hold and however they are cut', async () => {
    const list = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ',', '-', '0'), minLength: 1, maxLength: 4 }), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(list, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (lists, size) => {
        const sorted = lists.map((one) => one.toSorted());
        const whole = lists.flat().sort();
        expect(await merged(sorted, size)).toBe(whole.map((line) => `${line}\n`).join(''));
      }),
    );
  });

  test('are held a block each, and no more', async () => {
    let held = 0;
    let most = 0;
    async function* counted(name: number): AsyncGenerator<readonly string[]> {
      for (let block = 0; block < 50; block++) {
        held += 1;
        most = Math.max(most, held);
        yield Array.from({ length: 10 }, (_, n) => `${String(block * 10 + n).padStart(4, '0')} ${name}`);
        held -= 1;
      }
    }
    let pieces = 0;
    for await (const piece of mergedLines(Array.from({ length: 20 }, (_, name) => counted(name)))) {
      expect(piece.split('\n').length).toBeLessThanOrEqual(1001);
      pieces += 1;
    }
    expect(pieces).toBe(10);
    expect(most).toBeLessThanOrEqual(20);
  });
});
