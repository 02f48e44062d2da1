import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadWorkLine, tabbedCells, tabbedLine } from '../../lambdas/domain/tabbed.ts';
import { anyText } from './csv-reading.ts';

describe('a line of the work bucket', () => {
  test('has its cells between tabs, as they are', () => {
    expect(tabbedLine(['+919876543210', '', 'Jammu & Kashmir', 'दिल्ली'])).toBe(
      '+919876543210\t\tJammu & Kashmir\tदिल्ली',
    );
    expect(tabbedCells('+919876543210\t\tJammu & Kashmir\tदिल्ली')).toEqual([
      '+919876543210',
      '',
      'Jammu & Kashmir',
      'दिल्ली',
    ]);
    expect(tabbedLine([])).toBe('');
    expect(tabbedCells('')).toEqual(['']);
  });
  test.each([
    ['a backslash', '\\', '\\\\'],
    ['a tab', '\t', '\\t'],
    ['a line feed', '\n', '\\n'],
    ['a carriage return', '\r', '\\r'],
    ['a line separator', '\u2028', '\\u'],
    ['a paragraph separator', '\u2029', '\\v'],
  ])('has %s in two characters, wherever it stands', (_, meant, written) => {
    expect(tabbedLine([`a${meant}b${meant}`, meant])).toBe(`a${written}b${written}\t${written}`);
    expect(tabbedCells(`a${written}b${written}\t${written}`)).toEqual([`a${meant}b${meant}`, meant]);
  });
  test('with a backslash before anything else keeps both: nobody wrote it so', () => {
    expect(tabbedCells('a\\xb\t\\')).toEqual(['a\\xb', '\\']);
  });
  test('has the cells that it was made of, whatever they hold, and breaks no line', () => {
    const awkward = fc
      .array(fc.constantFrom('\\', '\t', '\n', '\r', '\u2028', '\u2029', 'n', 't', 'u', 'v'))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(fc.array(fc.oneof(anyText, awkward), { minLength: 1, maxLength: 6 }), (cells) => {
        const line = tabbedLine(cells);
        expect(line).not.toMatch(/[\n\r\u2028\u2029]/);
        expect(tabbedCells(line)).toEqual(cells);
      }),
    );
  });
  test('that has not the cells of its kind is an error of its own', () => {
    expect(String(new BadWorkLine('a row has four cells'))).toBe('BadWorkLine: a row has four cells');
  });
});
