import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { parseReference, type Referred, referenceOf } from '../../lambdas/domain/references.ts';

const refer = (operator: string, plan: number, shard: number, n: number, row: number): Referred => ({
  operator: operator as OperatorId,
  plan,
  shard,
  n,
  row,
});

// By hand, from the right and the last digit doubled. 00000012 0003 0000 00001: 2 + 3 + 2 + 2 = 9.
// 00000001 0000 0000 02000: 2 + 1 = 3. 20261126 0008 0001 00057: 5 + 5, 1, 8, 6 + 4 + 1 + 2 + 6 + 4 + 0 + 4 = 46.
test.each([
  [refer('airtel', 12, 3, 0, 1), 'airtel-12-3-0-1-1'],
  [refer('jio', 1, 0, 0, 2000), 'jio-1-0-0-2000-7'],
  [refer('bsnl-north', 20261126, 8, 1, 57), 'bsnl-north-20261126-8-1-57-4'],
])('a reference says operator, plan, shard, number, row and a check digit over all four: %j', (referred, reference) => {
  expect(referenceOf(referred)).toBe(reference);
});

test('is read as people write it and programs change it, and not with anything else between', () => {
  const referred = refer('bsnl-north', 20261126, 8, 1, 57);
  for (const text of [
    'bsnl-north-20261126-8-1-57-4',
    ' BSNL-North-20261126-8-1-57-4\u00a0',
    'bsnl–north–20261126–8–1–57–4',
    'bsnl - north — 20261126 - 8 - 1 - 57 - 4',
    'bsnl\u2011north\u221220261126-8-1-57-4',
  ])
    expect(parseReference(text), text).toEqual({ value: referred });
  for (const text of ['bsnl-north-2026 1126-8-1-57-4', 'bsnl_north-20261126-8-1-57-4', 'bsnl-north--20261126-8-1-57-4'])
    expect(parseReference(text), text).toEqual({ reason: 'bad_reference' });
});

test('a mistyped digit of plan, shard, number or row has another check digit', () => {
  const places = ['plan', 'shard', 'n', 'row'] as const;
  const four = fc.tuple(fc.nat(99_999_999), fc.nat(9999), fc.nat(9999), fc.nat(99_999));
  fc.assert(
    fc.property(four, fc.constantFrom(...places), fc.nat(7), fc.integer({ min: 1, max: 9 }), (numbers, at, nth, by) => {
      const [plan, shard, n, row] = numbers;
      const referred = refer('airtel', plan, shard, n, row);
      const digits = [...String(referred[at])];
      const place = nth % digits.length;
      digits[place] = String((Number(digits[place]) + by) % 10);
      const mistyped = { ...referred, [at]: Number(digits.join('')) };
      const checkDigit = (one: Referred) => referenceOf(one).split('-').at(-1);
      expect(checkDigit(mistyped)).not.toBe(checkDigit(referred));
    }),
  );
});
