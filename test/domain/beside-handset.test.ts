/** What stands beside a handset or a number and makes its row another one: formats.md, `second_handset` and `second_number`. */
import { describe, expect, test } from 'vitest';
import {
  hasSecondHandset,
  hasSecondNumber,
  isAnother,
  isAnotherAnywhere,
  isAnotherNumber,
  isAnotherNumberAnywhere,
  isAnotherUnnamed,
  isAnotherWithin,
} from '../../lambdas/domain/beside-handset.ts';
import type { Imei, Msisdn } from '../../lambdas/domain/identifiers.ts';
import { parseSentImei } from '../../lambdas/domain/imeis.ts';

/** A handset as its key: 14 digits. */
function keyOf(imei: string): Imei {
  const read = parseSentImei(imei);
  if (!('value' in read)) throw new Error(`${imei} is no handset`);
  return read.value;
}

describe('another handset beside one', () => {
  const own = keyOf('352099001761481');

  test.each([
    ['490154203237518', 'its 15 digits'],
    ['49015420323751', 'its 14 digits'],
    ['4901542032375101', 'its 16 digits'],
    ['49-015420-323751-8', 'as it is printed'],
    ['490154203237518 (SIM 2)', 'with a word'],
    ['SIM 2: 49015420323751', 'behind a word'],
    ['490154203237518/352099001761481', 'beside this one'],
    ['352099001761481, 490154203237518', 'behind this one'],
    ['490154203237519', 'with a mistyped digit'],
    ['013977000323877', 'with its first 0'],
    ['13977000323877', 'without its first 0'],
    ['4.90154E+14', 'as a spreadsheet has left it'],
    ['8.6E+14', 'as a spreadsheet has left two digits of it'],
    ['49-015420-323751-8 (SIM2)', 'as it is printed, with a word'],
    ['IMEI2: 49-015420-323751-8', 'as it is printed, behind a word'],
    ['SIM 2 49-015420-323751-8', 'as it is printed, behind a word and a digit'],
    ['86 209900 176148 (second)', '14 digits in groups, with a word'],
    ['35-209900-176148-1\n49-015420-323751-8', 'beneath this one, both as they are printed'],
    ['35-209900-176148-1 / 49-015420-323751-8', 'behind this one, both as they are printed'],
    ['862099000000000', 'as a spreadsheet has left it, written out again'],
    // Of a phone for two cards both begin alike.
    ['3.52099E+14', 'as a spreadsheet has left it, or this one'],
    ['3.5E+14', 'as a spreadsheet has left it, or this one, in two digits'],
    ['3.6E+14', 'as a spreadsheet has left it, which may be rounded up of this one'],
    ['352099000000000', 'as a spreadsheet has left it, or this one, written out again'],
    ['99876 43210 91234', '15 digits in fives that begin as models do today'],
    ['86209 90017 61484 86209 90017 61492', 'two in fives, of which the first has its Luhn digit'],
    ['99876 43210 86209 90017 61481', 'behind a number, all in fives'],
  ])('%s: %s', (cell) => expect(isAnother(cell, own)).toBe(true));

  test.each([
    ['352099001761481', 'its own'],
    ['35209900176148', 'its own without the last digit'],
    ['3520990017614899', 'its own with a version'],
    ['35-209900-176148-1', 'its own as it is printed'],
    ['352099001761482', 'its own with a mistyped last digit'],
    ['352099001761481 (SIM 1)', 'its own with a word'],
    ['35-209900-176148-1 (SIM 1)', 'its own as it is printed, with a word'],
    ['IMEI1: 35-209900-176148-1', 'its own as it is printed, behind a word'],
    ['35-209900-176148-1\n35 209900 176148 1', 'its own as it is printed, twice'],
    ['seen on 30-05-2026 10.30 and 31-05-2026 11.45', 'two instants in a note'],
    ['98765 43210 98765 43211 (wife)', 'numbers in groups, with a word'],
    ['0.00E+00', 'what a spreadsheet has left of a placeholder'],
    ['99876 43210 91234 56789', 'two numbers in fives, the first three of which are 15 digits'],
    ['99876-43210-91234-56789', 'such two, with hyphens'],
    ['99876.43210.91234.56789', 'such two, with full stops'],
    ['99876 43210 91234 56789 98765 43210', 'three numbers in fives'],
    ['Sharma 99876 43210 91234 56789, Rao', 'two numbers in fives, with words'],
    ['2026-05-30 10:30:00 123456', 'an instant'],
    ['20260530103000', 'an instant of 14 digits'],
    ['2026053010300012', 'an instant of 16 digits'],
    ['1999.12.31 12345678901234', 'a day of the last century'],
    ['2026/01/05-20260130103000', 'a day with strokes'],
    ['30-05-2026 10300012345678', 'a day that begins with the day'],
    ['1/5/2026 20260530103000', 'a day of few digits'],
    ['31121999235959', 'an instant that begins with the day'],
    ['9876543210/9876543211/9876543212', 'numbers'],
    ['12345678901234567', 'more digits than a handset has'],
    ['1234567890123', 'fewer digits than a handset has'],
    ['', 'nothing'],
    ['n/a', 'a word'],
    ['8 extra', 'a word and a digit'],
    ['000000000000000', 'a placeholder'],
    ['00-000000-000000-0', 'a placeholder as it is printed'],
    ['00000000000000', 'a placeholder of 14 digits'],
    ['111111111111111', 'a placeholder of ones'],
    ['NA 000000000000000', 'a placeholder and a word'],
  ])('not %s: %s', (cell) => expect(isAnother(cell, own)).toBe(false));

  test.each([
    ['490154203237518', '01132026123045', 'no month behind the day'],
    ['490154203237518', '01062026243045', 'no hour'],
    ['490154203237518', '01062026126045', 'no minute'],
    ['490154203237518', '01062026123060', 'no second'],
    ['490154203237518', '010620261230450', 'more digits than an instant has'],
    ['490154203237518', '01062126123045', 'a day of another century'],
    ['490154203237518', '20261330103000', 'no month'],
    ['490154203237518', '20260532103000', 'no day'],
    ['490154203237518', '21260530103000', 'another century'],
  ])('beside %s: %s, which is %s', (handset, cell) => expect(isAnother(cell, keyOf(handset))).toBe(true));

  test.each([['013977000323877', '13977000323877', 'its own, whose first 0 a spreadsheet cut off']])(
    'not beside %s: %s, %s',
    (handset, cell) => expect(isAnother(cell, keyOf(handset))).toBe(false),
  );
});

describe('another handset in a column without a name', () => {
  const own = keyOf('352099001761481');
  test.each(['490154203237518', '49-015420-323751-8'])('%s, which has its Luhn digit', (cell) =>
    expect(isAnotherUnnamed(cell, own)).toBe(true),
  );
  test.each([
    ['352099001761481', 'its own'],
    ['490154203237519', 'no Luhn digit'],
    ['49015420323751', '14 digits'],
    ['4901542032375181', '16 digits'],
    ['490154203237518 (SIM 2)', 'with a word'],
    ['404101234567897', 'a card, with what would be its Luhn digit'],
    ['', 'nothing'],
  ])('not %s: %s', (cell) => expect(isAnotherUnnamed(cell, own)).toBe(false));
});

describe('another handset in a column of any name, of a file that people write by hand', () => {
  const own = keyOf('352099001761481');
  test.each([
    ['490154203237518', 'its 15 digits with their Luhn digit'],
    ['862099001761483', '15 digits that begin as models do today'],
    ['86209900176148', '14 such digits'],
    ['8620990017614801', '16 such digits'],
    ['49-015420-323751-8', 'as it is printed'],
    ['Samsung A52 490154203237518', 'behind its model'],
    ['35-209900-176148-1 / 49-015420-323751-8', 'behind its own'],
    ['352099001761481 490154203237518', 'behind its own, with a blank'],
    ['490154203237518, since 30/05/2026', 'before a day'],
  ])('%s: %s', (cell) => {
    expect(isAnotherAnywhere(cell, own)).toBe(true);
    expect(isAnotherAnywhere(cell, null)).toBe(true);
  });
  test.each([
    ['352099001761481', 'its own'],
    ['35-209900-176148-1 (SIM 1)', 'its own as it is printed, with a word'],
    ['35209900176148, 3520990017614802', 'its own in two forms'],
    ['35-209900-176148-1 2', 'its own and a count'],
  ])('not %s: %s', (cell) => expect(isAnotherAnywhere(cell, own)).toBe(false));
  test.each([
    ['20806240012345', 'what a complaint is acknowledged by'],
    ['404101234567897', 'a card, with what would be its Luhn digit'],
    ['405840123456782', 'another one'],
    ['100012345678902', 'an account, with what would be its Luhn digit'],
    ['01062026 123045', 'an instant that begins with the day, which begins as a model of today'],
    ['01062026123045', 'such an instant in one'],
    ['490154203237519', 'no Luhn digit, of no model of today'],
    ['20260530103000', 'an instant of 14 digits'],
    ['2026-05-30 10:30:00 123456', 'an instant'],
    ['01/05/2026 - 31/05/2026', 'a span of days'],
    ['9876543210/9876543211/9876543212', 'numbers'],
    ['98765 43210 98765', 'a number and more'],
    ['99876 43210 91234 56789', 'two numbers in fives'],
    ['99876-43210-91234-56789', 'two numbers in fives, with hyphens'],
    ['89910000000000000011', 'what a card is called'],
    ['4512345678901234', 'what a card of a bank is called'],
    ['000000000000000', 'a placeholder'],
    ['the owner has sold 490154203237518 since', 'a note'],
    ['₹ 45,000.00', 'an amount'],
    ['17', 'a serial number'],
    ['', 'nothing'],
  ])('not %s: %s', (cell) => {
    expect(isAnotherAnywhere(cell, own)).toBe(false);
    expect(isAnotherAnywhere(cell, null)).toBe(false);
  });
});

describe('another handset in any cell of a row about all', () => {
  const own = keyOf('352099001761481');
  test.each([
    ['490154203237518', 'its 15 digits with their Luhn digit'],
    ['49015420323751', 'its 14 digits'],
    ['490154203237519', 'with a mistyped digit'],
    ['4901542032375101', 'its 16 digits'],
    ['leave out 490154203237518, which the district hospital has in its intensive care', 'in a long note'],
    ['all but 49-015420-323751-8 of the ward in the north', 'as it is printed, in a note'],
    ['not 86 209900 176148', 'its 14 digits in groups'],
    ['IMEI490154203237518', 'behind a word, without a blank'],
    ['3.52099E+14', 'as a spreadsheet has left it'],
  ])('%s: %s', (cell) => {
    expect(isAnotherWithin(cell, own)).toBe(true);
    expect(isAnotherWithin(cell, null)).toBe(true);
  });
  test.each([
    ['20806240012345', 'what a complaint is acknowledged by'],
    ['404101234567897', 'a card'],
    ['100012345678902', 'an account'],
    ['20260530103000', 'an instant'],
    ['seen on 01/05/2026 - 31/05/2026', 'a span of days'],
    ['99876 43210 91234 56789', 'two numbers in fives'],
    ['F.No. 842-725/2005-VAS', "a file's number"],
    ['333333333333333', 'a placeholder'],
    ['as the preview 49c8a394a25bb826a35dfb206cd468c59af423e1e17b4ae17e7b77bb9d0906c3 has it', 'a SHA-256'],
    ['notice given, 3 areas, 4500 numbers', 'a note'],
    ['9.81E+09', 'what a spreadsheet has left of a number'],
    ['', 'nothing'],
  ])('not %s: %s', (cell) => expect(isAnotherWithin(cell, null)).toBe(false));
  test('not its own', () => expect(isAnotherWithin('but 352099001761481 and 35-209900-176148-1', own)).toBe(false));
});

describe('another handset where the row has none of its own', () => {
  test.each(['490154203237518', '3.5E+14', 'SIM 2: 49015420323751'])('%s', (cell) =>
    expect(isAnother(cell, null)).toBe(true),
  );
  test.each(['000000000000000', '2026-05-30 10:30:00 123456', 'n/a', ''])('not %s', (cell) =>
    expect(isAnother(cell, null)).toBe(false),
  );
});

describe('another number beside one', () => {
  const own = '+919876543210' as Msisdn;

  test.each([
    ['9876543211', 'its ten digits'],
    ['+919876543211', 'as it is kept'],
    ['09876543211', 'with a 0 before it'],
    ['919876543211', 'with its country before it'],
    ['+91 98765-43211', 'as it is printed'],
    ['(98765) 43211', 'in brackets'],
    ['987 654 3211', 'in groups'],
    ['9876543211 (wife)', 'with a word'],
    ['SIM 2: 9876543211', 'behind a word'],
    ['9876543210/9876543211', 'behind this one'],
    ['98765 43210 98765 43211', 'behind this one, in groups'],
    ['9876543211.0', 'as a spreadsheet has left it'],
    ['9876543211 on 30/05/2026', 'with a day'],
    ["'9876543211", 'as a text'],
    ['9,19812e+11', 'as another one has left it'],
    ["'9.19812E11\u200b", 'as a text of that'],
    ['9.19813E+11', 'as a spreadsheet has left it'],
    ['9.19876E+11', 'as a spreadsheet has left it, which would have rounded the sixth digit of this one up'],
    ['9.81E+09', 'as a spreadsheet has left its ten digits'],
    ['8.9E9', 'as a spreadsheet has left two of them'],
    ['919812000000', 'as a spreadsheet has left it, written out again'],
    ['919812000000.0', 'as a program has left that'],
    ['0 98123 45678', 'in fives behind a 0'],
    ['08765 432109', 'in four and six behind a 0'],
    ['0876-5432109', 'in three and seven behind a 0, the first of which is no area'],
    ['(0876) 5432109', 'such a one in brackets'],
    ['08022 761234', 'in four and six behind a 0, which may be a landline'],
    ['08672-223456', 'in four and six behind a 0, which is one of Machilipatnam as well'],
    ['0771-2345678', 'in three and seven behind a 0, which is one of Raipur as well'],
    ['0761 234 5678', 'in three, three and four behind a 0, which is one of Jabalpur as well'],
    ['0891-255-1234', 'in three, three and four behind a 0, which is one of Visakhapatnam as well'],
    ['0755-7551234', 'in three and seven behind a 0, which begins no landline of Bhopal'],
    ['080 72251234', 'in two and eight behind a 0, which begins as mobile numbers do'],
    ['+91 80 5012 3456', 'behind its country, which begins as mobile numbers do'],
    ['(080) 6612 3456', 'in brackets, which begins as mobile numbers do'],
    ['079-31312345', 'in two and eight behind a 0, of which the first five begin mobile numbers'],
    ['08765 432109, 080-22251234', 'before a landline'],
    ['098123-45678', 'in fives, the first behind a 0'],
    [`9.${'1234567890'.repeat(11)}E+11`, 'as no float has left it, in more digits than one can be asked for'],
    [`8.${'1234567890'.repeat(11)}E+09`, 'as no float has left its ten digits'],
    ['9.198765432100000001E+11', 'in more digits than a float has, of which the first are this one'],
    ['98123 45678', 'in fives'],
    ['0 72222-34567', 'in fives behind a 0, the second of which begins as a landline'],
    ['072222-34567', 'such a one, the first five behind a 0'],
    ['070-22345678', 'behind a 0, in groups of which the first is no area of two digits'],
    ['0981-2345678', 'behind a 0, in groups of which the first is no area'],
    ['08012345678', 'in one with a 0 before it, as of an area'],
    ['080-22251234 / 98123 45678', 'behind a landline'],
    ['98123 45678, (0612) 2234567', 'before a landline'],
    ['+91 80222 51234', 'in fives behind its country, of which the first begins as an area'],
    ['0 80222 51234', 'in fives behind a 0, of which the first begins as an area'],
    ['080222 51234', 'such a one, the first five behind a 0'],
    ['(80222) 51234', 'such a one in brackets'],
    ['80 2225 1234', 'in groups, the first of which is no area without a 0 or its country'],
    ['+91 80 98765432', 'in groups, of which the second begins no landline'],
    ['080 9876 5432', 'behind a 0, in groups of which the second begins no landline'],
    ['+91 755 255 1234', 'in three, three and four, as mobile numbers are printed, too'],
    ['+91-755-2551234', 'in groups that may be either'],
    ['(755) 255-1234', 'in groups and brackets that may be either'],
    ['0755 25 51234', 'in groups of no landline behind an area'],
    ['0812 345 6789', 'behind a 0, in three, three and four, the first of which is no area'],
    ['0987 654 3211', 'behind a 0, in three, three and four'],
    ['080 2225 12345, 98123 45678', 'behind more digits than a landline has'],
    ['+91-80-22251234 / 98123 45678', 'behind a landline with its country'],
    ['0091-9123456780', 'as it is dialled from abroad'],
    ['0091 91234 56780', 'as it is dialled from abroad, in groups'],
    ['00919123456780', 'as it is dialled from abroad, in one'],
    ['00-91-9123456780', 'as it is dialled from abroad, with more between'],
    ['0919123456780', 'with a 0 and its country before it'],
    ['+91 (0) 91234 56780', 'with its country and a 0 before it'],
    ['0755 255 1234, 98123-45678', 'behind a landline in groups'],
  ])('%s: %s', (cell) => {
    expect(isAnotherNumber(cell, own)).toBe(true);
    expect(isAnotherNumber(cell, null)).toBe(true);
  });

  test.each([
    '9876543210',
    '+919876543210',
    '09876543210',
    '98765 43210',
    '+91-98765-43210',
    '9876543210.0',
    'x9876543210',
    // Of 919876543210 the seventh digit is a 5, so that the sixth is rounded up.
    '9.19877E+11',
    '9,1988e+11',
    '9.2E+11',
    '9E+11',
    '9.87654E+09',
    "'9.9E9",
    '9.1987654321E+11',
    '9.1987654321000000E+11',
    `9.1987654321${'0'.repeat(200)}E+11`,
    '919877000000',
  ])('not its own in another form: %s', (cell) => {
    expect(isAnotherNumber(cell, own)).toBe(false);
    expect(isAnotherNumber(cell, null)).toBe(true);
  });

  test.each([
    ['', 'nothing'],
    ['n/a', 'a word'],
    ['45,000.00', 'an amount'],
    ['₹ 9,876,543,211', 'a large amount'],
    ['2026-05-30', 'a day'],
    ['07-05-2026 1030', 'an instant'],
    ['9/12/2026 10:30', 'an instant of few digits'],
    ['01.05.2026 - 31.05.2026', 'a span'],
    ['9876543211@ybl', 'an address of payments'],
    ['ram9876543211@example.com, 9876543211x@example.com', 'addresses of e-mail'],
    ['20806240012345', 'what a complaint is acknowledged by'],
    ['MHA/2026/17', 'a case'],
    ['352099001761481', 'a handset'],
    ['86-209900-176148-1', 'a handset as it is printed'],
    ['86209 90017 61480', 'a handset in groups of five'],
    ['9876 5432 1098', 'twelve digits of something else'],
    ['011-23456789', 'no mobile number'],
    ['080-22251234', 'a landline of Bengaluru'],
    ['079 26301234', 'a landline of Ahmedabad'],
    ['(0612) 2234567', 'a landline of Patna'],
    ['(080) - 42251234', 'one with more between'],
    ['0612-2234567/079-26301234', 'two landlines'],
    ['05872 761234', 'a landline of six digits'],
    ['0120-6551234-945', 'one with an extension'],
    ['022 61234567-12', 'one of Mumbai with an extension'],
    ['05872-661234-9450', 'one of six digits with an extension'],
    ['080 68251234, 079-30251234', 'one of Bengaluru, and one of Ahmedabad, whose second digit counts'],
    ['0755-6551234', 'one of Bhopal, behind which a 6 begins no mobile number'],
    ['Office 080 42251234 (Ext. 12)', 'a landline with words'],
    ['+91-80-22251234', 'one of Bengaluru with its country'],
    ['91 79 26301234', 'one of Ahmedabad with its country'],
    ['+91 80 2225 1234', 'one with its country, in groups'],
    ['080-2225 1234', 'one in groups'],
    ['079 2630-1234', 'one of Ahmedabad in groups'],
    ['(80) 22251234', 'one whose area is in brackets'],
    ['(080) 2225 1234', 'one whose area is in brackets with its 0, in groups'],
    ['+91 (80) 2225-1234', 'one whose area is in brackets behind its country'],
    ['+91-080-22251234', 'one with a 0 behind its country'],
    ['0755 255 1234', 'one of Bhopal in groups'],
    ['(0612) 223 4567', 'one of Patna in groups'],
    ['0866-255-1234, 0712 255-1234', 'two in groups'],
    ['+91-80-22251234/35, 080-2225 1234', 'two of one office'],
    ['0000000000', 'a placeholder'],
    ['4.5E+09', 'an amount that a spreadsheet has rounded'],
    ['8.12E+11', 'a larger one'],
    ['9.19812E+10', 'one of eleven digits'],
    ['9.19812E+12', 'one of thirteen digits'],
    ['9.81E+19', 'one of twenty digits'],
    ['3.52099E+14', 'what a spreadsheet has left of a handset'],
    ['0091-80-22251234', 'one of Bengaluru, as it is dialled from abroad'],
    ['of 49c8a394a25bb826a35df8206123468c59af423e1e17b4ae17e7b77bb9d0906c', 'a word that is longer than a number'],
    [`a7${'9876543210a'.repeat(5)}b89abcd`, 'a SHA-256 that has ten digits in a row'],
  ])('not %s: %s', (cell) => {
    expect(isAnotherNumber(cell, own)).toBe(false);
    expect(isAnotherNumber(cell, null)).toBe(false);
  });

  test.each(['9876543211', '+91 98765 43211', '9876543210, 9876543211', '9876543211/12', '080-22251234, 098123-45678'])(
    'in a column without a name, where nothing else stands there: %s',
    (cell) => expect(isAnotherNumberAnywhere(cell, own)).toBe(true),
  );
  test.each([
    '9876543211 (wife)',
    'x 9876543211',
    '9876543210',
    '080-22251234, 079 26301234',
    '+91-80-22251234 / (0612) 223 4567',
    'A/c 9876543211',
    '7,000,000,000',
    '7000000017/2026',
    '',
  ])('not in a column without a name: %s', (cell) => expect(isAnotherNumberAnywhere(cell, own)).toBe(false));
});

describe('a cell of as many characters as a record may have', () => {
  const own = '+919876543210' as Msisdn;
  test.each([
    ['9', false],
    ['(', false],
    ['91-80-', true],
    ['080 ', false],
    ['98123 45678/', true],
    ['९', false],
    ['91–', false],
    ['00 91', true],
    ['a', false],
    ['86209 ', true],
  ])('is read soon: %s, again and again', (part, isOne) => {
    const cell = part.repeat(500_000 / part.length);
    const began = performance.now();
    expect(isAnotherNumber(cell, own)).toBe(isOne);
    expect(hasSecondNumber({ own, named: [], unnamed: [], others: [], within: [cell] })).toBeTypeOf('boolean');
    expect(hasSecondHandset({ own: '', named: [cell], unnamed: [], others: [], within: [cell] })).toBeTypeOf('boolean');
    // Where the time grew with the square of the characters it was minutes.
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe('a row that names a handset', () => {
  // Two IMEIs with their Luhn digits, as a model's box has them.
  const [A, B] = ['490154203237518', '356938035643809'];
  const row = (own: string, cells: Partial<Record<'named' | 'unnamed' | 'others' | 'within', string[]>>) =>
    hasSecondHandset({ own, named: [], unnamed: [], others: [], within: [], ...cells });

  test.each(['named', 'unnamed', 'others', 'within'] as const)(
    'has a second one by one cell of %s columns, of several',
    (where) => {
      expect(row(A, { [where]: ['', B] })).toBe(true);
      expect(row(A, { [where]: ['', A] })).toBe(false);
    },
  );
  test.each(['named', 'unnamed', 'others', 'within'] as const)(
    'has a second one by digits of any script, dashes of any width and what nobody sees between: %s columns',
    (where) => {
      for (const cell of [
        '३५६९३८०३५६४३८०९',
        '３５６９３８０３５６４３８０９',
        '35\u201369380\u20113564380\u22129',
        '𝟹𝟻𝟼𝟿𝟹𝟾𝟶𝟹𝟻𝟼𝟺𝟹𝟾𝟶𝟿',
      ])
        expect(row(A, { [where]: [cell] }), cell).toBe(true);
      expect(row(A, { [where]: ['3569380\u200b35643809'] })).toBe(true);
      expect(row(A, { [where]: ['४९०१५४२०३२३७५१८'] })).toBe(false);
    },
  );
  test('has none beside it where nothing else stands', () => {
    expect(row(A, {})).toBe(false);
    expect(row(A, { named: [A], unnamed: [A], others: [A] })).toBe(false);
  });
  test('has one where its own cell is empty, and no more is looked at where that can’t be read', () => {
    expect(row('', { named: [A] })).toBe(true);
    expect(row('no-imei', { named: [B], unnamed: [B], others: [B] })).toBe(false);
  });
});

describe('a row that names a number', () => {
  const [A, B] = ['9876543210', '+91 98123 45678'];
  const row = (own: string, cells: Partial<Record<'named' | 'others' | 'within', string[]>>) =>
    hasSecondNumber({ own, named: [], unnamed: [], others: [], within: [], ...cells });

  test.each(['named', 'others', 'within'] as const)(
    'has a second one by one cell of %s columns, of several',
    (where) => {
      expect(row(A, { [where]: ['', B] })).toBe(true);
      expect(row(A, { [where]: ['', `0${A}`] })).toBe(false);
      for (const cell of ['९१२३४५६७८०', '91234–56780', '91234\u201156780', '9123\u00ad456780', '+९१ ९१२३४ ५६७८०'])
        expect(row(A, { [where]: [cell] }), cell).toBe(true);
      for (const cell of ['९८७६५४३२१०', '98765–43210']) expect(row(A, { [where]: [cell] }), cell).toBe(false);
    },
  );
  test('has one within any text where that counts alone', () => {
    expect(row(A, { within: [`except ${B} (hospital)`] })).toBe(true);
    expect(row(A, { others: [`except ${B} (hospital)`] })).toBe(false);
  });
  test('has none beside it where nothing else stands, nor in a column without a name of its own', () => {
    expect(row(A, {})).toBe(false);
    expect(hasSecondNumber({ own: A, named: [], unnamed: [B], others: [], within: [] })).toBe(false);
  });
  test('has one where its own cell is empty, and no more is looked at where that can’t be read', () => {
    expect(row('', { named: [A] })).toBe(true);
    expect(row('12', { named: [B], others: [B] })).toBe(false);
  });
});
