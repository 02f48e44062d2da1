import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Imei } from '../../lambdas/domain/identifiers.ts';
import { imeiOut } from '../../lambdas/domain/imeis.ts';
import { HANDSET_LINE_BYTES, handsetLine, REPORT_COLUMNS, Screening } from '../../lambdas/domain/screening.ts';
import { readAll } from './csv-reading.ts';

const cell = (line: number, imei: string) => ({ line, cells: { imei } });

test('the line of a screened handset is JSON, and all lines have one length', () => {
  expect(handsetLine('49015420323751' as Imei)).toBe('{"imei":"49015420323751"}\n');
  expect(handsetLine('00000000000001' as Imei)).toHaveLength(HANDSET_LINE_BYTES);
  expect(HANDSET_LINE_BYTES).toBe(26);
});

describe('screening a report', () => {
  test('a whole file: each row is a handset, a repeat or a reject with its reason', async () => {
    const file = [
      'case_ref,IMEI,category', // 1
      'A1,490154203237518,loan app', // 2: a handset
      'A2,35-209900-176148-1,sextortion', // 3: another
      'A3,49015420323751,', // 4: the first again, without its check digit
      'A4,4901542032375199,', // 5: and as IMEISV
      'A5,,', // 6
      'A6,unknown,', // 7
      'A7,4901542,', // 8
      'A8,490154203237517,', // 9
      'A9,000000000000000,', // 10
      'A10,352099001761481', // 11: two cells of three
      'A11,352099001761480,x', // 12: the second again, with the spare digit
      '',
    ].join('\n');
    const { rows, fault } = await readAll([Buffer.from(file)], REPORT_COLUMNS);
    const screening = new Screening();
    const screened = rows.map((row) =>
      'cells' in row ? screening.row({ line: row.line, cells: { imei: row.cells.imei ?? '' } }) : screening.row(row),
    );
    expect(fault).toBeNull();
    expect(screened).toEqual([
      { handset: '49015420323751' },
      { handset: '35209900176148' },
      { handset: '49015420323751' },
      { handset: '49015420323751' },
      { line: 6, value: '', reason: 'missing_imei' },
      { line: 7, value: 'unknown', reason: 'not_digits' },
      { line: 8, value: '4901542', reason: 'wrong_length' },
      { line: 9, value: '490154203237517', reason: 'check_digit_mismatch' },
      { line: 10, value: '000000000000000', reason: 'not_a_device' },
      { line: 11, value: 'A10,352099001761481', reason: 'wrong_cell_count' },
      { handset: '35209900176148' },
    ]);
    expect(screening.totals()).toEqual({ rows: 11, rejected: 6, repeats: 3, handsets: 2 });
    expect([...screening.handsets()]).toEqual(['35209900176148', '49015420323751']);
  });
  test('a report of no rows has no handsets', () => {
    const screening = new Screening();
    expect(screening.totals()).toEqual({ rows: 0, rejected: 0, repeats: 0, handsets: 0 });
    expect([...screening.handsets()]).toEqual([]);
  });
  test('a handset whose key begins with zeros keeps them', () => {
    const screening = new Screening();
    expect(screening.row(cell(2, '01234567890123'))).toEqual({ handset: '01234567890123' });
    expect(screening.row(cell(3, '00000000000001'))).toEqual({ handset: '00000000000001' });
    expect([...screening.handsets()]).toEqual(['00000000000001', '01234567890123']);
  });
  test('a bad row again is a reject again, never a repeat', () => {
    const screening = new Screening();
    screening.row(cell(2, 'x'));
    expect(screening.row(cell(3, 'x'))).toEqual({ line: 3, value: 'x', reason: 'not_digits' });
    expect(screening.totals()).toEqual({ rows: 2, rejected: 2, repeats: 0, handsets: 0 });
  });
  test('of a self-check its own handset is one, and no other, which nobody else may name', () => {
    const screening = new Screening('self-check');
    expect(screening.row(cell(2, '490154203237518'))).toEqual({
      line: 2,
      value: '490154203237518',
      reason: 'self_check',
    });
    expect(screening.row(cell(3, 'x'))).toEqual({ line: 3, value: 'x', reason: 'not_digits' });
    expect(screening.row(cell(4, '77777777777777'))).toEqual({ handset: '77777777777777' });
    expect(screening.row(cell(5, '777777777777778'))).toEqual({
      line: 5,
      value: '777777777777778',
      reason: 'check_digit_mismatch',
    });
    expect(screening.row(cell(6, '77777777777777'))).toEqual({ handset: '77777777777777' });
    expect(screening.totals()).toEqual({ rows: 5, rejected: 3, repeats: 1, handsets: 1 });
    for (const agency of ['mha', 'self-check2'])
      expect(new Screening(agency).row(cell(2, '77777777777777'))).toEqual({
        line: 2,
        value: '77777777777777',
        reason: 'not_a_device',
      });
    expect(new Screening('self-check2').row(cell(2, '490154203237518'))).toEqual({ handset: '49015420323751' });
  });
  test('many handsets, each named over and over, are each of them once', () => {
    const screening = new Screening();
    const imeis = Array.from({ length: 5000 }, (_, n) => String(2 * 10 ** 13 + 7 * n));
    // Each again before the next new one, so that repeats come while room is made.
    for (const [n, imei] of imeis.entries())
      for (const one of [imei, imeis[0] ?? '', imeis[n >> 1] ?? '']) screening.row(cell(2, one));
    expect(screening.totals()).toEqual({ rows: 15_000, rejected: 0, repeats: 10_000, handsets: 5000 });
    expect([...screening.handsets()]).toEqual(imeis);
    screening.row(cell(3, imeis[4999] ?? ''));
    expect(screening.totals()).toEqual({ rows: 15_001, rejected: 0, repeats: 10_001, handsets: 5000 });
  });
  test('the rows always add up, and the handsets are those of the report, each once', () => {
    const key = fc.integer({ min: 1, max: 40 }).map((n) => String(n).padStart(14, '0') as Imei);
    const written = fc.oneof(
      key.map((imei) => ({ imei, text: imei as string })),
      key.map((imei) => ({ imei, text: imeiOut(imei) })),
      key.map((imei) => ({ imei, text: `${imei}07` })),
      fc.constantFrom('', '-', 'x', '123').map((text) => ({ imei: null, text })),
    );
    fc.assert(
      fc.property(fc.array(written, { maxLength: 100 }), (cells) => {
        const screening = new Screening();
        for (const [at, { text }] of cells.entries()) screening.row(cell(at + 2, text));
        const valid = cells.flatMap(({ imei }) => imei ?? []);
        const distinct = [...new Set(valid)].sort();
        expect([...screening.handsets()]).toEqual(distinct);
        expect(screening.totals()).toEqual({
          rows: cells.length,
          rejected: cells.length - valid.length,
          repeats: valid.length - distinct.length,
          handsets: distinct.length,
        });
      }),
    );
  });
});
