/** A total beneath a column of handsets is no handset: formats.md, `column_total`. */
import { describe, expect, test } from 'vitest';
import { ColumnTotals, isCalledTotal, mayCallTotal } from '../../lambdas/domain/column-totals.ts';

/** The cells, from the top (0), that are totals. */
function totalsIn(cells: readonly string[]): number[] {
  const totals = new ColumnTotals();
  return cells.flatMap((cell, at) => (totals.isTotal(cell) ? [at] : []));
}

describe('a total beneath a column', () => {
  test.each([
    // Two handsets of 14 digits that begin with 35 and 86: their sum has 15, and is a handset of 12109800176148.
    ['of two handsets of 14 digits', ['35209900176148', '85888102938274', '121098003114422'], [2]],
    // 7 × 352099001761481 is 2464693012330367; 28 of them are 9858772049321468.
    ['of seven handsets of 15 digits', [...Array(7).fill('352099001761481'), '2464693012330367'], [7]],
    ['of the most handsets whose sum has 16 digits', [...Array(28).fill('352099001761481'), '9858772049321468'], [28]],
    [
      'rounded to the 15 digits that a spreadsheet keeps',
      [...Array(7).fill('352099001761481'), '2464693012330370'],
      [7],
    ],
    ['cut to the 15 digits', [...Array(7).fill('352099001761481'), '2464693012330360'], [7]],
    ['that has a fraction', ['352099001761481', '490154203237518', '842253204998999.0'], [2]],
    ['of handsets with fractions', ['352099001761481.0', '490154203237518.00', '842253204998999'], [2]],
    ['shown as handsets are', ['35-209900-176148-1', '49-015420-323751-8', '84-225320-499899-9'], [2]],
    ['shown with blanks', ['352 099 001 761 481', '490 154 203 237 518', '842 253 204 998 999'], [2]],
    // 40 × 352099001761481 is 14083960070459240.
    ['that is longer than a handset', [...Array(40).fill('352099001761481'), '14083960070459200'], [40]],
    [
      'beneath a word and digits that are no number',
      ['352099001761481', 'lot', '12x', 'x12', '490154203237518', '842253204998999'],
      [5],
    ],
    [
      'beneath words between handsets as they are printed',
      ['35-209900-176148-1', 'lot', '12x', 'x12', '49-015420-323751-8', '84-225320-499899-9'],
      [5],
    ],
    // 9 × 1234567890128 is 11111111011152, which has 14 digits: spreadsheets cut off the 0 with which these handsets begin.
    ['of handsets without their first 0', [...Array(9).fill('1234567890128'), '11111111011152'], [9]],
    ['of two of the smallest handsets', ['1000000000000', '1000000000000', '2000000000000'], [2]],
    ['beneath an empty row', ['352099001761481', '490154203237518', '', '842253204998999'], [3]],
    [
      'of rows of which one is a text and adds nothing',
      ['352099001761481', '35-209900-176148-2', '490154203237518', '842253204998999'],
      [3],
    ],
    ['of rows of which one is a shorter number', ['352099001761481', '17', '490154203237518', '842253204999016'], [3]],
    [
      'of the rows beneath another total',
      [
        '352099001761481',
        '490154203237518',
        '842253204998999',
        '111111111111',
        '352099001761481',
        '350000000000006',
        '702099001761487',
      ],
      [2, 6],
    ],
    [
      'of all rows, beneath the last one’s',
      [
        '352099001761481',
        '490154203237518',
        '842253204998999',
        '352099001761481',
        '350000000000006',
        '702099001761487',
        '1544352206760486',
      ],
      [2, 5, 6],
    ],
  ])('%s is one', (_, cells, expected) => expect(totalsIn(cells)).toEqual(expected));

  test.each([
    ['the same handset again', ['352099001761481', '352099001761481']],
    ['the same handset beneath a zero', ['352099001761481', '0', '352099001761481']],
    ['a handset that is the one above and a little', ['352099001761481', '18', '352099001761499']],
    ['what is one off, in 15 digits', ['352099001761481', '490154203237518', '842253204999000']],
    ['what is more than rounded, in 16', [...Array(7).fill('352099001761481'), '2464693012330377']],
    [
      'the sum of rows that do not end right above',
      ['352099001761481', '490154203237518', '350000000000006', '842253204998999'],
    ],
    ['a word', ['352099001761481', '490154203237518', 'Total']],
    ['a sum of numbers that are no handsets', ['1', '2', '3', '6']],
    ['a first cell', ['842253204998999']],
    [
      'digits with more before or behind them',
      ['352099001761481', '490154203237518', 'x842253204998999', '842253204998999x'],
    ],
    ['the sum of one handset and of a number that is none', ['999999999999', '352099001761481', '353099001761480']],
  ])('%s is none', (_, cells) => expect(totalsIn(cells)).toEqual([]));

  test('a total of many short handsets is found, and a column of any length is read', () => {
    const cells = Array(3000).fill('01234567890128');
    // 900 × 1234567890128 is 1111111101115200.
    expect(totalsIn([...cells.slice(0, 900), '1111111101115200'])).toEqual([900]);
    // However long the column is: the last 1,000 cells are kept.
    for (const length of [2000, 2001, 3000])
      expect(totalsIn([...cells.slice(0, length), '1111111101115200'])).toEqual([length]);
  });
});

describe('a row is called a total', () => {
  test.each([
    ...[
      'Total',
      'TOTAL',
      'totals',
      'Grand Total',
      'grand-total',
      'G. Total',
      'Subtotal',
      'Sub total',
      'Delhi Total',
      'Delhi-Total',
    ],
    ...[
      'Total IMEI',
      'total handsets',
      'Total Devices',
      'Total numbers',
      'Total No.',
      'Total no of imeis',
      'Total No. of Handsets',
    ],
    ...['Sum', 'Average', 'avg', 'AVG.', 'महायोग', 'एकूण', 'कुल', 'कुल योग', 'कुल जोड़', 'कुल संख्या'],
    ...['Total:', 'Total = 10', 'Total (10)', 'Total - 9999', 'Sum 7', 'Total 10'],
  ])('by %s', (cell) => {
    expect(mayCallTotal(cell)).toBe(true);
    expect(isCalledTotal([cell])).toBe(true);
    // Numbers and empty cells beside it say nothing else.
    expect(isCalledTotal(['', cell, '12', '45,000.50'])).toBe(true);
    expect(isCalledTotal([` ${cell}\u200b`])).toBe(true);
  });

  test.each([
    ...[
      '3 in total',
      'Total loss',
      'Total 45000',
      'Total: ₹45',
      'Total 12345',
      'lump sum',
      'summary',
      'averaged',
      'Count',
      'योग',
      '',
    ],
    ...['South Delhi Total', 'Total 1 2', 'Total of', '10'],
  ])('not by %s', (cell) => expect(isCalledTotal([cell])).toBe(false));

  test('only where no other cell has a letter', () => {
    expect(isCalledTotal(['Total', 'x'])).toBe(false);
    expect(isCalledTotal(['Total', 'lost at Delhi'])).toBe(false);
    expect(isCalledTotal(['Total', 'Sum'])).toBe(true);
    expect(isCalledTotal([])).toBe(false);
  });

  test.each(['', '12', 'lost at Delhi', 'note'])('is not looked for in %s', (cell) =>
    expect(mayCallTotal(cell)).toBe(false),
  );
});
