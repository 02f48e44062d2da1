import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvLine, outside } from '../../lambdas/domain/csv-line.ts';
import { rejectLine, rejectsHeader } from '../../lambdas/domain/rejects.ts';
import { anyText, readAll } from './csv-reading.ts';

describe('writing CSV', () => {
  test('cells with commas, quotes and line ends are quoted; lines end with LF', () => {
    expect(csvLine(['+919876543210', 'a,b', 'say "no"', 'x\ny', ''])).toBe(
      '+919876543210,"a,b","say ""no""","x\ny",\n',
    );
  });
  test('a line of one empty cell is no empty line', () => {
    expect(csvLine([''])).toBe('""\n');
  });
  test('what we write we read again, cell by cell', async () => {
    const cell = anyText.map((text) => text.replaceAll('\0', ''));
    const names = ['imei', 'note', 'other'];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell, cell), { maxLength: 8 }), async (rows) => {
        const file = csvLine(names) + rows.map(csvLine).join('');
        const reading = await readAll([Buffer.from(file)], { required: names, optional: [] });
        expect(reading.fault).toBeNull();
        expect(reading.rows.map((read) => ('cells' in read ? Object.values(read.cells) : null))).toEqual(
          rows.map((cells) => cells.map((text) => text.trim())),
        );
      }),
    );
  });
  test('text from outside that a spreadsheet could take for a formula gets an apostrophe', () => {
    expect(['=1+1', '+91', '-1', '@x', '\tx', '\rx', '', 'x=1', "'x", ' =1'].map(outside)).toEqual([
      "'=1+1",
      "'+91",
      "'-1",
      "'@x",
      "'\tx",
      "'\rx",
      '',
      'x=1',
      "'x",
      ' =1',
    ]);
    // Some spreadsheets begin a new cell behind a semicolon or a tab.
    expect(['Delhi;=1', 'Delhi; +1', 'a\t@x', 'a;b-c', 'a=b'].map(outside)).toEqual([
      "Delhi;'=1",
      "Delhi; '+1",
      "a\t'@x",
      'a;b-c',
      'a=b',
    ]);
  });
  test('a reject has its line, its value made safe, and its reason', () => {
    expect(rejectsHeader).toBe('line,value,reason,what_to_do\n');
    expect(rejectLine({ line: 7, value: '=HYPERLINK("x",1)', reason: 'not_digits' })).toBe(
      '7,"\'=HYPERLINK(""x"",1)",not_digits,"write the digits 0 to 9 alone; where there are none, leave the cell empty, without NA or -, and take a total out; in a spreadsheet, format the column as text"\n',
    );
  });
});
