import { describe, expect, test } from 'vitest';
import { parseImei, parseSentImei } from '../../lambdas/domain/imeis.ts';
import { parseMsisdn } from '../../lambdas/domain/msisdns.ts';

describe('what spreadsheets and lists make of identifiers', () => {
  const reasonOf = (read: object) => ('reason' in read ? read.reason : null);
  test.each([
    '3.5E+14',
    '3,53918E+14',
    '9E14',
    '9.87654e+9',
    '3.53918051234560E+14',
    '35E+13',
    '350.0E+12',
    '3.5E+014',
  ])('%s is rounded', (cell) => {
    for (const parse of [parseImei, parseSentImei, parseMsisdn])
      expect(reasonOf(parse(cell))).toBe('rounded_by_spreadsheet');
  });
  test.each([
    '35000000000000/35000000000001',
    '350000000000006;350000000000014',
    '350000000000006\n350000000000014',
    '35-000000-000000-6 and 35-000000-000001-4',
  ])('two handsets in a cell: %j', (cell) => {
    for (const parse of [parseImei, parseSentImei]) expect(reasonOf(parse(cell))).toBe('two_in_one_cell');
  });
  test.each(['9876543210/9876543211', '+919876543210, 09876543211', '9876543210 9876543211'])(
    'two numbers in a cell: %j',
    (cell) => {
      expect(reasonOf(parseMsisdn(cell))).toBe('two_in_one_cell');
    },
  );
  test.each([
    '1. 350000000000006',
    '12. 35000000000000',
    '2/350000000000006',
    '(3) 350000000000006',
    '7 - 350000000000006',
    '1 350000000000006',
    '1. 35-000000-000000-6',
    '1 35-000000-000000-6',
    '12. 35 000000 000000',
    '1. 35000000000000',
    // 12 35 787789 328792: 16 digits in all, and no IMEISV.
    '12 35787789328792',
    '26/35945807302157',
    '1-358145384019160',
    '7 86000000000000',
    '10 35-209900-176148',
    '1.35-209900-176140',
    '1 35-209900-176148',
    '12/352099/001761/48',
    '350000000000006 9876543210',
    '350000000000006/919876543210',
    '350000000000006, +919876543210',
  ])('a handset with something beside it: %j', (cell) => {
    for (const parse of [parseImei, parseSentImei]) expect(reasonOf(parse(cell))).toBe('two_in_one_cell');
  });
  test.each([
    '35000000000000 6',
    '35000000000000-07',
    '350000000000006.0',
    "'35000000000000 / 6",
    // The reporting body's digits, as they may be set apart.
    '35 00000000000006',
    '35-000000-000000-86',
    '35-0000000000006',
    '3.50000000000006',
  ])('a handset some of whose digits stand apart: %j', (cell) => {
    for (const parse of [parseImei, parseSentImei]) expect(parse(cell)).toEqual({ value: '35000000000000' });
  });
  test('one identifier is none of these, whatever is between its digits', () => {
    expect(reasonOf(parseImei('35000000000000635000000000001'))).toBe('wrong_length');
    expect(reasonOf(parseImei('350000000000006 x'))).toBe('not_digits');
    expect(reasonOf(parseMsisdn('+91 98765 43210'))).toBe('bad_msisdn');
    expect(reasonOf(parseMsisdn('98765432109876543211'))).toBe('bad_msisdn');
  });
});
