import { describe, expect, test } from 'vitest';
import { BadPointer, readPointer, slotOf, writePointer } from '../../lambdas/domain/pointers.ts';
import { first } from './counted.ts';
import { airtel, jio, thrown } from './example.ts';

describe('a pointer', () => {
  test('is stored as direction and row', () => {
    expect(writePointer({ directionId: first, row: 17 })).toBe('mha-0123456789ab.reverify.airtel.1-0-0:17');
    expect(readPointer('mha-0123456789ab.reverify.airtel.1-0-0:17')).toEqual({ directionId: first, row: 17 });
  });

  test.each([
    '',
    ':',
    '17',
    ':17',
    `${first}`,
    `${first}:`,
    `${first}:-1`,
    `${first}:1.5`,
    `${first}:x`,
    `${first}:1x`,
    `${first}:1234567890`,
    'nowhere:1',
  ])('in any other form is an error that does not repeat it: %j', (stored) => {
    expect(() => readPointer(stored)).toThrow(BadPointer);
    expect(thrown(() => readPointer(stored))).toBe(
      'BadPointer: A claim holds a pointer that is not "<directionId>:<row>"',
    );
  });

  test('may be to the last row that nine digits name', () => {
    expect(readPointer(`${first}:999999999`)).toEqual({ directionId: first, row: 999_999_999 });
  });
});

test("a number's pointers stand under one name, wherever it is directed, a handset's under that of its operator", () => {
  expect([slotOf('reverify', airtel), slotOf('reverify', jio)]).toEqual(['number', 'number']);
  expect([slotOf('block', airtel), slotOf('block', jio)]).toEqual([airtel, jio]);
});
