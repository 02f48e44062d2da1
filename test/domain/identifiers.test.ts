import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AgencyId,
  batchIdOf,
  type CaseworkerId,
  directionIdOf,
  type Imei,
  identifiersOf,
  imeiOut,
  isAgencyId,
  isBatchId,
  isImei,
  isMsisdn,
  isOperatorId,
  luhnDigit,
  type Msisdn,
  type OperatorId,
  parseDirectionId,
  parseImei,
  parseMsisdn,
  parseSentImei,
  partOf,
  reversalIdOf,
  SELF_CHECK,
  shardOf,
} from '../../lambdas/domain/identifiers.ts';
import { anyText } from './csv-reading.ts';
import { thrown } from './example.ts';

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
        digits(9),
        (before, first, rest) => {
          const once = parseMsisdn(before + first + rest);
          expect(once).toEqual({ value: `+91${first}${rest}` });
          expect('value' in once && parseMsisdn(once.value)).toEqual(once);
        },
      ),
    );
  });
});

describe('ids', () => {
  test('an agency has up to 16, an operator up to 10 characters of a-z, 0-9 and -', () => {
    expect(['mha', 'up-police', 'a'.repeat(16)].every(isAgencyId)).toBe(true);
    expect(['', 'a'.repeat(17), 'MHA', 'a_b', 'a b', 'a/b', 'म', 'mha\n'].some(isAgencyId)).toBe(false);
    expect(['jio', 'v-i', 'a'.repeat(10)].every(isOperatorId)).toBe(true);
    expect(['', 'a'.repeat(11), 'Jio', 'a.b', 'jio\n'].some(isOperatorId)).toBe(false);
  });

  test('the id of a reversal follows from who filed it, where, and which upload it was', () => {
    // printf 'appeals/caseworker-1/monday.csv\n3HL4kqtJlcpXroDTDmJ' | sha256sum
    const key = 'appeals/caseworker-1/monday.csv';
    const id = reversalIdOf('caseworker-1' as CaseworkerId, key, '3HL4kqtJlcpXroDTDmJ');
    expect(id).toBe('caseworker-1-bc9fa168f59e');
    expect(isBatchId(id)).toBe(true);
    expect(reversalIdOf('caseworker-1' as CaseworkerId, key, '3HL4kqtJlcpXroDTDmK')).not.toBe(id);
  });

  test("a batch's id is its agency and the first 12 digits of its report's SHA-256", () => {
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(batchIdOf('up-police' as AgencyId, sha256)).toBe('up-police-e3b0c44298fc');
    for (const wrong of ['e3b0c44298fc', sha256.toUpperCase(), `${sha256}0`]) {
      expect(thrown(() => batchIdOf('mha' as AgencyId, wrong))).toBe(
        'NotASha256: a SHA-256 is 64 lower-case hexadecimal digits',
      );
    }
  });
  const parts = fc.record({
    batchId: fc
      .constantFrom('mha', 'up-police', '-', 'a-0123456789ab')
      .map((agency) => batchIdOf(agency as AgencyId, '0123456789abcdef'.repeat(4))),
    kind: fc.constantFrom('reverify' as const, 'block' as const),
    operator: fc.constantFrom('jio', 'vi', 'a-1', '-').map((id) => id as OperatorId),
    plan: fc.nat(999_999_999),
    shard: fc.nat(100_000),
    n: fc.nat(100_000),
  });
  test('a direction id says its batch, kind, operator, plan, shard and number', () => {
    const id = 'mha-0123456789ab.reverify.jio.7-0-12';
    const said = {
      batchId: batchIdOf('mha' as AgencyId, '0123456789abcdef'.repeat(4)),
      kind: 'reverify' as const,
      operator: 'jio' as OperatorId,
      plan: 7,
      shard: 0,
      n: 12,
    };
    expect(directionIdOf(said)).toBe(id);
    expect(parseDirectionId(id)).toEqual({ id, ...said });
  });
  test('a direction id is read as it was made, and its execution name with a retry has at most 80 characters', () => {
    fc.assert(
      fc.property(parts, (said) => {
        const id = directionIdOf(said);
        expect(parseDirectionId(id)).toEqual({ id, ...said });
      }),
    );
    const longest = `${'a'.repeat(16)}-0123456789ab.reverify.${'o'.repeat(10)}.100000-10000-1000`;
    expect(parseDirectionId(longest)?.n).toBe(1000);
    expect(longest.length + '-99'.length).toBeLessThanOrEqual(80);
  });
  test.each([
    '',
    'mha-0123456789ab',
    'mha-0123456789ab.reverify.jio.7-0',
    'mha-0123456789ab.reverify.jio.7-0-1-2',
    'mha-0123456789ab.reverify.jio.07-0-1',
    'mha-0123456789ab.reverify.jio.7-0-1.csv',
    'mha-0123456789ab.unbar.jio.7-0-1',
    'mha-0123456789a.reverify.jio.7-0-1',
    'MHA-0123456789ab.reverify.jio.7-0-1',
    'mha-0123456789ab.reverify.jio.7-0-1\n',
    'mha-0123456789ab.reverify.jio.9999999999-0-1',
    'mha-0123456789ab.reverify.jio.7-9999999999-1',
    'mha-0123456789ab.reverify.jio.7-0-9999999999',
    'mha-0123456789ab.reverify.jio.7-01-1',
    'mha-0123456789ab.reverify.jio.7-0-01',
    'mha-0123456789ab.reverify.jio.x-0-1',
    'mha-0123456789ab.reverify.jio.7-x-1',
    'mha-0123456789ab.reverify.jio.7-0-x',
    'mha-0123456789ab.reverify..7-0-1',
    'mha-0123456789ab.reverify.Jio.7-0-1',
    'mha-0123456789ag.reverify.jio.7-0-1',
    '-0123456789ab.reverify.jio.7-0-1',
    ' mha-0123456789ab.reverify.jio.7-0-1',
    `${'a'.repeat(17)}-0123456789ab.reverify.jio.7-0-1`,
    `mha-0123456789ab.reverify.${'o'.repeat(11)}.7-0-1`,
  ])('%j is no direction id', (text) => {
    expect(parseDirectionId(text)).toBeNull();
  });
});

test('handsets and numbers are told from other texts by the form in which they are kept', () => {
  expect(isImei('49015420323751')).toBe(true);
  for (const text of [undefined, '', '4901542032375', '490154203237518', 'x49015420323751', '4901542032375x'])
    expect(isImei(text)).toBe(false);
  expect(isMsisdn('+919876543210')).toBe(true);
  // The self-check's, too.
  expect(isMsisdn('+910012345678')).toBe(true);
  for (const text of [
    undefined,
    '',
    '919876543210',
    '+91987654321',
    '+9198765432101',
    'x+919876543210',
    '+91x876543210',
  ])
    expect(isMsisdn(text)).toBe(false);
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

describe('what the self-check names', () => {
  const own = identifiersOf(SELF_CHECK);

  test('is its own handset, with and without the check digit', () => {
    // From the right, seven of the 14 sevens are doubled: 7 × (14 − 9) + 7 × 7 = 84, and 6 completes it.
    for (const read of [own.imei, own.sentImei])
      expect(['77777777777777', '777777777777776'].map(read)).toEqual([
        { value: '77777777777777' },
        { value: '77777777777777' },
      ]);
  });
  test.each([
    ['490154203237518', 'self_check'],
    ['7777777777777712', 'not_a_device'],
    ['777777777777777', 'check_digit_mismatch'],
    ['x', 'not_digits'],
    ['', 'missing_imei'],
  ])('is no other handset: %j', (cell, reason) => {
    expect(own.imei(cell)).toEqual({ reason });
    expect(own.sentImei(cell)).toEqual({ reason });
  });
  test('is its own numbers, as they are stored', () => {
    for (const number of ['+910000000000', '+910099999999']) expect(own.msisdn(number)).toEqual({ value: number });
  });
  test.each([
    ['9876543210', 'self_check'],
    ['+919876543210', 'self_check'],
    ['910012345678', 'bad_msisdn'],
    ['+9100123456789', 'bad_msisdn'],
    ['+91001234567', 'bad_msisdn'],
    ['x+910012345678', 'bad_msisdn'],
    ['+910112345678', 'bad_msisdn'],
    ['', 'missing_msisdn'],
  ])('is no other number: %j', (cell, reason) => {
    expect(own.msisdn(cell)).toEqual({ reason });
  });
  test('nobody else may name', () => {
    for (const who of ['mha', 'self-checks', '']) {
      const anybody = identifiersOf(who);
      expect(anybody.imei('77777777777777')).toEqual({ reason: 'not_a_device' });
      expect(anybody.sentImei('777777777777777')).toEqual({ reason: 'not_a_device' });
      expect(anybody.msisdn('+910012345678')).toEqual({ reason: 'bad_msisdn' });
      expect(anybody.imei('490154203237518')).toEqual({ value: '49015420323751' });
      expect(anybody.imei('490154203237517')).toEqual({ reason: 'check_digit_mismatch' });
      expect(anybody.sentImei('490154203237517')).toEqual({ value: '49015420323751' });
      expect(anybody.msisdn('9876543210')).toEqual({ value: '+919876543210' });
    }
    expect(SELF_CHECK).toBe('self-check');
  });
});

describe('shards', () => {
  test('follow from FNV-1a, so that they never change', () => {
    // The published test vectors of 32-bit FNV-1a: "" 811c9dc5, "a" e40c292c, "foobar" bf9cf968.
    const hash = (text: string) => shardOf(text as Msisdn, 2 ** 32);
    expect([hash(''), hash('a'), hash('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });
  test('are divided by what the choice of the shard left of the hash', () => {
    // e40c292c is 3,826,002,220: shard 20 of 100, and 38,260,022 is left, 3 more than a multiple of 7.
    expect(shardOf('a' as Msisdn, 100)).toBe(20);
    expect(partOf('a' as Msisdn, 100, 7)).toBe(3);
  });
  test.each([2, 7, 64, 100])('take numbers in a row evenly, %i of them', (shards) => {
    const sizes = new Array<number>(shards).fill(0);
    const numbers = 1000 * shards;
    for (let n = 0; n < numbers; n++) {
      const shard = shardOf(`+91${9_800_000_000 + n}` as Msisdn, shards);
      sizes[shard] = (sizes[shard] ?? 0) + 1;
    }
    expect(sizes).toHaveLength(shards);
    expect(Math.min(...sizes)).toBeGreaterThan(850);
    expect(Math.max(...sizes)).toBeLessThan(1150);
  });
  test.each([
    [1, 5],
    [88, 44],
    [100, 10],
  ])('are divided evenly by a finer hash: one of %i into %i parts', (shards, parts) => {
    const sizes = new Array<number>(parts).fill(0);
    for (let n = 0, taken = 0; taken < 1000 * parts; n++) {
      const number = `+91${9_800_000_000 + n}` as Msisdn;
      if (shardOf(number, shards) !== shards - 1) continue;
      const part = partOf(number, shards, parts);
      sizes[part] = (sizes[part] ?? 0) + 1;
      taken += 1;
    }
    expect(sizes).toHaveLength(parts);
    expect(Math.min(...sizes)).toBeGreaterThan(800);
    expect(Math.max(...sizes)).toBeLessThan(1200);
  });
});

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
