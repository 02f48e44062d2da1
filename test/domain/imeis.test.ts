import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Imei } from '../../lambdas/domain/identifiers.ts';
import { imeiOut, luhnDigit, parseImei, parseSentImei } from '../../lambdas/domain/imeis.ts';
import { anyText } from './csv-reading.ts';

const digits = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length }).map((all) => all.join(''));
/** Keys that are read as they are: 14 digits that begin with a 1 may have lost a 0 before it. */
const key = digits(14).filter((text) => new Set(text).size > 1 && !text.startsWith('1'));

describe('the Luhn digit', () => {
  test.each([
    ['49015420323751', '8'],
    ['35209900176148', '1'],
    ['00000000000000', '0'],
    ['7992739871', '3'],
  ])('of %s', (text, digit) => {
    // The sum with the digit appended is a multiple of ten: the definition, reckoned from the left.
    const whole = text + luhnDigit(text);
    const sum = [...whole].reduce((total, each, at) => {
      const weight = (whole.length - at) % 2 === 0 ? 2 : 1;
      const product = Number(each) * weight;
      return total + Math.floor(product / 10) + (product % 10);
    }, 0);
    expect(sum % 10).toBe(0);
    expect(luhnDigit(text)).toBe(digit);
  });
  test('exactly one digit completes any number', () => {
    fc.assert(
      fc.property(key, (text) => {
        const fitting = [...'0123456789'].filter((last) => !('reason' in parseImei(text + last)));
        expect(new Set(fitting)).toEqual(new Set(['0', luhnDigit(text)]));
      }),
    );
  });
  test('any single wrong digit, and any two neighbours swapped (but 0 and 9), is found', () => {
    fc.assert(
      fc.property(key, fc.nat(13), fc.integer({ min: 1, max: 9 }), (text, at, more) => {
        const wrong = text.slice(0, at) + ((Number(text[at]) + more) % 10) + text.slice(at + 1);
        expect(luhnDigit(wrong)).not.toBe(luhnDigit(text));
        const pair = text.slice(at, at + 2);
        if (pair.length === 2 && pair[0] !== pair[1] && pair !== '09' && pair !== '90') {
          const swapped = `${text.slice(0, at)}${pair[1]}${pair[0]}${text.slice(at + 2)}`;
          expect(luhnDigit(swapped)).not.toBe(luhnDigit(text));
        }
      }),
    );
  });
});

describe('an IMEI', () => {
  test.each([
    ['14 digits', '49015420323751'],
    ['15 digits, the last one the Luhn digit', '490154203237518'],
    ['15 digits, the last one the spare digit 0', '490154203237510'],
    ['16 digits: an IMEISV', '4901542032375142'],
    ['with spaces', '49 015420 323751 8'],
    ['with hyphens, as phones show it', '49-015420-323751-8'],
    ['with slashes and dots', '49.015420/323751.8'],
    ['14 digits, as a number that might have a fraction', '49015420323751.0'],
    ['15 digits, as such a number', '490154203237518.0'],
    ['14 digits in groups, as such a number', '49 015 420 323 751.0'],
    ['with separators at its ends', '-490154203237518-'],
    ['an apostrophe before it', "'490154203237518"],
    ['with blanks that do not break', '49\u00a0015420\u202f323751\u00a08'],
    ['what nobody sees around it', '\u200b\u202a490154203237518\u202c'],
  ])('%s', (_, cell) => {
    expect(parseImei(cell)).toEqual({ value: '49015420323751' });
  });
  test.each([
    ['an empty cell', '', 'missing_imei'],
    ['separators only', ' - / . ', 'missing_imei'],
    ['a word', 'unknown', 'not_digits'],
    ['a letter among the digits', '49015420323751O', 'not_digits'],
    ['a short word', 'n/a', 'not_digits'],
    ['scientific notation', '4.90154E+14', 'rounded_by_spreadsheet'],
    ['a plus sign', '+49015420323751', 'not_digits'],
    ['Devanagari digits', '४९०१५४२०३२३७५१', 'not_digits'],
    ['fullwidth digits', '４９０１５４２０３２３７５１', 'not_digits'],
    ['a tab between digits', '49015420\t323751', 'not_digits'],
    ['a comma between digits', '49015420,323751', 'not_digits'],
    // What spreadsheets make of a column, and people of a spreadsheet.
    ['an apostrophe behind it', "490154203237518'", 'not_digits'],
    ['a mark that turns what is read around', '\u202e490154203237518', 'not_digits'],
    ['a formula of its text', '="490154203237518"', 'not_digits'],
    ['two with a semicolon between', '490154203237518;490154203237526', 'two_in_one_cell'],
    ['two with a line end between', '490154203237518\n490154203237526', 'two_in_one_cell'],
    ['two with a slash between', '490154203237518/490154203237526', 'two_in_one_cell'],
    ['two with a space between', '490154203237518 490154203237526', 'two_in_one_cell'],
    ['13 digits', '4901542032375', 'wrong_length'],
    // A zero before them was lost, and the one behind them is none of theirs.
    ['13 digits, as a number that might have a fraction', '4901542032375.0', 'wrong_length'],
    ['13 digits in groups, as such a number', '4 901 542 032 375.0', 'wrong_length'],
    [
      '13 digits in groups that do not break, as such a number',
      '4\u00a0901\u00a0542\u00a0032\u00a0375.00',
      'wrong_length',
    ],
    ['13 digits, with more of a fraction', '4901542032375.000', 'wrong_length'],
    ['a wrong Luhn digit of such a number', '490154203237517.0', 'check_digit_mismatch'],
    ['17 digits', '49015420323751812', 'wrong_length'],
    ['one digit', '0', 'wrong_length'],
    ['a wrong Luhn digit', '490154203237517', 'check_digit_mismatch'],
    ['14 zeros', '00000000000000', 'not_a_device'],
    ['15 zeros', '000000000000000', 'not_a_device'],
    ['14 ones in 16 digits', '1111111111111123', 'not_a_device'],
    // Fourteen ones: 7 doubled (2 each) and 7 plain make 21, so 9 completes it, and 5 is wrong before anything else.
    ['14 ones and their Luhn digit', '111111111111119', 'not_a_device'],
    ['14 ones and a wrong digit', '111111111111115', 'check_digit_mismatch'],
  ])('%s is rejected', (_, cell, reason) => {
    expect(parseImei(cell)).toEqual({ reason });
  });
  test.each([
    ['a wrong last digit', '490154203237517', { value: '49015420323751' }],
    ['14 digits', '49015420323751', { value: '49015420323751' }],
    ['an IMEISV', '49-015420-323751-99', { value: '49015420323751' }],
    ['14 ones and a wrong digit', '111111111111115', { reason: 'not_a_device' }],
    ['13 digits', '4901542032375', { reason: 'wrong_length' }],
    ['17 digits', '49015420323751812', { reason: 'wrong_length' }],
    ['a letter', '49015420323751X', { reason: 'not_digits' }],
    ['nothing', '', { reason: 'missing_imei' }],
  ])('as a network recorded it, with %s', (_, cell, read) => {
    expect(parseSentImei(cell)).toEqual(read);
  });
  test.each([
    // 3.52099E+14, written out again: serial number, check digit and two digits of the model are gone.
    ['352099000000000', 'rounded_by_spreadsheet'],
    ['3520990000000000', 'rounded_by_spreadsheet'],
    // Its Luhn digit is 0: it would go out as 352097000000000.
    ['35209700000000', 'rounded_by_spreadsheet'],
    // 01 397700 032387 7, without its first 0: with it the last digit is the Luhn digit.
    ['13977000323877', 'wrong_length'],
    // The same with the spare digit in the last place.
    ['13977000323870', 'wrong_length'],
    // 35 209900 176148 1, filled up with a 0, and the same with the spare digit.
    ['0352099001761481', 'wrong_length'],
    ['0352099001761480', 'wrong_length'],
    // The mean of two handsets.
    ['421126602499499.5', 'not_digits'],
    ['421126602499499.25', 'not_digits'],
    ['42112660249949.25', 'not_digits'],
    // 35 209900 176148, filled up with two.
    ['0035209900176148', 'wrong_length'],
    ['0099209900176148', 'wrong_length'],
  ])('is not made of what a spreadsheet has left: %s', (cell, reason) => {
    expect(parseImei(cell)).toEqual({ reason });
    expect(parseSentImei(cell)).toEqual({ reason });
  });
  test('of a serial number of zeros has its check digit, and one that begins with a 1 fits no 0 before it', () => {
    expect(parseImei('350000000000006')).toEqual({ value: '35000000000000' });
    expect(parseImei('13977000323875')).toEqual({ value: '13977000323875' });
    expect(parseImei('013977000323877')).toEqual({ value: '01397700032387' });
    expect(parseImei('35209900176148.1')).toEqual({ value: '35209900176148' });
    expect(parseImei('0010680000000006')).toEqual({ value: '00106800000000' });
    expect(parseImei('0352099001761482')).toEqual({ value: '03520990017614' });
    expect(parseImei('0139770003238701')).toEqual({ value: '01397700032387' });
  });
  test('goes out in 15 digits, whatever it came in', () => {
    expect(imeiOut('49015420323751' as Imei)).toBe('490154203237518');
  });
  test('normalising twice is once, and what goes out comes in as the same handset', () => {
    fc.assert(
      fc.property(key, digits(2), (text, software) => {
        // 16 digits that are a whole IMEI with a 0 before it are rejected.
        fc.pre(!/^00?(?:35|86|91|99)/.test(text));
        const once = { value: text };
        expect(parseImei(text)).toEqual(once);
        expect(parseImei(text + software)).toEqual(once);
        expect(parseImei(imeiOut(text as Imei))).toEqual(once);
      }),
    );
  });
  test('any text is either a handset or a reject, never an error', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parseImei(text);
        if ('value' in parsed) expect(parsed.value).toMatch(/^[0-9]{14}$/);
        else
          expect(parsed.reason).toMatch(/^(missing_imei|not_digits|wrong_length|check_digit_mismatch|not_a_device)$/);
      }),
    );
  });
});

describe('a cell of an IMEI', () => {
  test.each([
    ['a span of days', '01/05/2026 - 31/05/2026'],
    ['a span of days, one with a short year', '01.05.2026-31.05.26'],
    ['a span that begins with a short year', '01.05.26-31.05.2026'],
    ['a span with blanks', '01 / 05 / 2026 - 31 / 05 / 2026'],
    ['a span, the month first', '05/01/2026-05/31/2026'],
    ['a span of few digits', '1-5-2026 / 31-5-2026'],
    ['a span, the year first', '2026-05-01/2026-05-31'],
    ['an instant', '05/06/2026 10.30.15'],
    ['an instant, the time first', '10.30.15 05/06/2026'],
    ['an instant, the year first', '2026-06-05 10.30.15'],
    ['a day and a number', '2026/0605/001234'],
    ['a year and a case', '2026/1805/001234'],
    ['a day in one, and a number', '20260605/001234'],
    ['a day', '05/06/2026'],
    ['a number and an extension', '9876543210/0522'],
    ['a number and other last digits', '98765-43210 / 11 / 12'],
    ['a number in fives and a group of four', '98765 43210 0522'],
    ['a number in threes and more', '987 654 3210 / 05221'],
    ['a number with 0 before it and more', '09876543210/0522'],
    ['a number with its country and more', '91 98765 43210 / 12'],
    ['a number with its area and an extension', '0522-2239100/945'],
    ['a number with its area and other last digits', '011-23438091/92/93'],
    // 70 is no model's, so that no check digit is looked at.
    ['a number in fives and five more digits', '70123 45678 91011'],
  ])('is none of %s: %s', (_, cell) => {
    expect(parseImei(cell)).toEqual({ reason: 'not_digits' });
    expect(parseSentImei(cell)).toEqual({ reason: 'not_digits' });
  });
  test.each([
    // 35 209900 176148: its Luhn digit is 1. 86 209900 176148: 8+3+2+0+9+9+0+0+1+5+6+2+4+7 = 56, so 4.
    ...['35-209900-176148-1', '35 209900 176148 1', '352099/00/176148/1', '35209900-176148-1', '352099001761481'],
    ...[
      '3520 9900 1761 481',
      '35209 90017 61481',
      '352 099 001 761 481',
      '352099 001761 481',
      '35.20.99.00.17.61.48.1',
    ],
    ...['3520-9900-1761-48', '35209 90017 6148', '3 5 2 0 9 9 0 0 1 7 6 1 4 8 1', '35209900 17614801'],
  ])('is a handset as phones and papers print it: %s', (cell) => {
    expect(parseImei(cell)).toEqual({ value: '35209900176148' });
  });
  test.each([
    ...['86-209900-176148-4', '86 209900 176148 4', '862099/00/176148/4', '86209900-176148-4', '862099001761484'],
    ...['8620 9900 1761 484', '86209 90017 61484', '862 099 001 761 484', '862099 001761 484', '86209-90017-61480'],
    ...['8620-9900-1761-48', '86209 90017 61480 1', '86.20.99.00.17.61.48.4', '86 209900 17614801'],
  ])('is a handset, too, where it begins as a mobile number does: %s', (cell) => {
    expect(parseImei(cell)).toEqual({ value: '86209900176148' });
  });
  test.each([
    '01-397700-032387-7',
    '013 977 000 323 877',
    '0139 7700 0323 877',
    '01397 70003 23877',
    '013977/00/032387/7',
  ])('is a handset whose model begins with a 0: %s', (cell) =>
    expect(parseImei(cell)).toEqual({ value: '01397700032387' }),
  );
  test('is a handset that begins as a mobile number with its country does, in groups of four', () => {
    expect(parseImei('9198 7654 3210 98')).toEqual({ value: '91987654321098' });
  });
  test('is two where a day or a number stands beside a handset', () => {
    for (const cell of ['2026-05-30 352099001761481', '9876543210 352099001761481'])
      expect(parseImei(cell)).toEqual({ reason: 'two_in_one_cell' });
  });
});
