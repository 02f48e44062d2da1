import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import { WordSet, wordOfNumber, wordOfText } from '../../lambdas/domain/words.ts';

const word = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 32 - 1 }));

describe('a set of words', () => {
  test('has as many as a set of numbers, whatever its salt', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 400 }), word, (words, salt) => {
        const set = new WordSet(salt);
        for (const one of words) set.add(one);
        expect(set.size).toBe(new Set(words).size);
      }),
    );
  });

  test('takes four bytes a place, and at most three places of four are taken', () => {
    const set = new WordSet(1);
    for (let n = 1; n <= 12; n++) set.add(n);
    expect([set.size, set.bytes]).toEqual([12, 16 * 4]);
    set.add(13);
    expect([set.size, set.bytes]).toEqual([13, 32 * 4]);
  });
});

test('each number is a word of its own, in their order: those of the self-check before all others', () => {
  const numbers = ['+910000000000', '+910099999999', '+916000000000', '+919999999999'] as Msisdn[];
  expect(numbers.map(wordOfNumber)).toEqual([1, 100_000_000, 100_000_001, 4_100_000_000]);
});

test("a text's word is that of its hash", () => {
  // The first four bytes of the SHA-256 that FIPS 180-2 gives for "abc".
  expect(wordOfText('abc')).toBe(0xba7816bf);
});
