import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMsisdn } from '../../lambdas/domain/msisdns.ts';

describe('a mobile number', () => {
  test('of which a spreadsheet has kept six of twelve digits is rejected; after + it ends in zeros by itself', () => {
    // 9.19877E+11, written out again.
    for (const cell of ['919877000000', '919877000000.0', "'919877000000"])
      expect(parseMsisdn(cell)).toEqual({ reason: 'rounded_by_spreadsheet' });
    expect(parseMsisdn('+919877000000')).toEqual({ value: '+919877000000' });
    expect(parseMsisdn('919877100000')).toEqual({ value: '+919877100000' });
  });
  test.each(['9876543210', '09876543210', '919876543210', '+919876543210'])('%s is stored in E.164', (cell) => {
    expect(parseMsisdn(cell)).toEqual({ value: '+919876543210' });
  });
  test.each(['6000000000', '7000000000', '8000000000', '9000000000'])('%s begins with 6 to 9', (cell) => {
    expect(parseMsisdn(cell)).toEqual({ value: `+91${cell}` });
  });
  test('a number that begins with 91 is one, with and without its country code', () => {
    expect(parseMsisdn('9198765432')).toEqual({ value: '+919198765432' });
    expect(parseMsisdn('919198765432')).toEqual({ value: '+919198765432' });
  });
  test.each([
    ['', 'missing_msisdn'],
    ['5876543210', 'bad_msisdn'],
    ['987654321', 'bad_msisdn'],
    ['98765432101', 'bad_msisdn'],
    ['+9876543210', 'bad_msisdn'],
    ['+09876543210', 'bad_msisdn'],
    ['0919876543210', 'bad_msisdn'],
    ['00919876543210', 'bad_msisdn'],
    ['+449876543210', 'bad_msisdn'],
    ['98765 43210', 'bad_msisdn'],
    ['98765-43210', 'bad_msisdn'],
    ['९८७६५४३२१०', 'bad_msisdn'],
    ['9876543210\n', 'bad_msisdn'],
    ['0', 'bad_msisdn'],
  ])('%j is rejected', (cell, reason) => {
    expect(parseMsisdn(cell)).toEqual({ reason });
  });
  test('normalising twice is once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', '0', '91', '+91'),
        fc.constantFrom(...'6789'),
        fc.stringMatching(/^[0-9]{9}$/),
        (before, first, rest) => {
          const once = parseMsisdn(before + first + rest);
          expect(once).toEqual({ value: `+91${first}${rest}` });
          expect('value' in once && parseMsisdn(once.value)).toEqual(once);
        },
      ),
    );
  });
});
