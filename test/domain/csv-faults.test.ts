import { describe, expect, test, vi } from 'vitest';
import { FileFault, readCsv } from '../../lambdas/domain/csv.ts';
import { chunksOf, columns, read, readAll, row } from './csv-reading.ts';

describe("files that can't be read", () => {
  const good = 'imei,note\n1,x\n2,y\n';
  const utf16 = Buffer.from(good, 'utf16le');
  const faults: [what: string, file: string | Buffer, line: number, reason: string, rows: number][] = [
    ['no bytes', '', 1, 'empty_file', 0],
    ['only a byte order mark', '\ufeff', 1, 'empty_file', 0],
    ['only empty lines', '\n\r\n\n', 1, 'empty_file', 0],
    ['a byte order mark and empty lines', '\ufeff\r\n\r\n', 1, 'empty_file', 0],
    ['a header without the column', 'number,note\n1,x\n', 1, 'missing_column:imei', 0],
    ['a header of spaces', '  \n1\n', 1, 'missing_column:imei', 0],
    ['rows without a header', '353918051234560,x\n', 1, 'missing_column:imei', 0],
    ['a handset in the header', 'imei,353918051234560\n', 1, 'missing_column:imei', 0],
    ['a number in the header', 'imei,+91 98000-00001\n1,x\n', 1, 'missing_column:imei', 0],
    ['a wrong delimiter', 'imei|note\n1|x\n', 1, 'missing_column:imei', 0],
    ['a header on line 3 without the column', '\n\nnote\n1\n', 3, 'missing_column:imei', 0],
    ['a column twice', 'imei,note,IMEI\n1,x,2\n', 1, 'duplicate_column:imei', 0],
    ['an optional column twice', 'imei,note," Note "\n1,x,2\n', 1, 'duplicate_column:note', 0],
    ['a column under two of its names', 'imei,note,IMEI No.\n1,x,2\n', 1, 'duplicate_column:imei', 0],
    ['a name that is none of the list', 'imei nr,note\n1,x\n', 1, 'missing_column:imei', 0],
    ['a missing column and one twice', 'note,note\n1,2\n', 1, 'missing_column:imei', 0],
    ['a quote never closed', `${good}3,"z\n4,u\n5,v\n`, 4, 'unclosed_quote', 2],
    ['a quote never closed in the last line', `${good}3,"z`, 4, 'unclosed_quote', 2],
    ['only a quote', '"', 1, 'unclosed_quote', 0],
    ['a quote never closed in the header', 'imei,"note\n1,2\n', 1, 'unclosed_quote', 0],
    ['text after a closing quote', `${good}3,"z" u\n4,u\n`, 4, 'unclosed_quote', 2],
    ['a second quote after an empty quoted cell', `${good}3,"" ""\n4,u\n`, 4, 'unclosed_quote', 2],
    ['a line end in a second quote after an empty quoted cell', `${good}3,""\t "\n"\n5,u\n`, 4, 'unclosed_quote', 2],
    ['an empty quoted cell quoted again after one of two lines', `${good}"3\n","" ""\n6,u\n`, 4, 'unclosed_quote', 2],
    ['a cell quoted again at the very end', `${good}3,"" "`, 4, 'unclosed_quote', 2],
    ['a bad quote on a later line of its record', `${good}3,"z\n\nz"u\n4,u\n`, 4, 'unclosed_quote', 2],
    ['a quote fault after empty lines', `${good}\n\n3,"z`, 6, 'unclosed_quote', 2],
    ['a NUL byte', `${good}3,\0z\n4,u\n`, 4, 'nul_byte', 2],
    ['a NUL byte in the header', 'im\0ei,note\n1,x\n', 1, 'nul_byte', 0],
    ['a NUL byte at the very beginning', `\0${good}`, 1, 'nul_byte', 0],
    ['a NUL byte after the last line', `${good}\0`, 4, 'nul_byte', 2],
    ['a NUL byte in a quoted cell', `${good}3,"a\nb\0"\n`, 5, 'nul_byte', 2],
    ['a quote fault before a NUL byte', `${good}3,"x"y\n4,\0\n`, 4, 'unclosed_quote', 2],
    ['Latin-1', Buffer.from(`${good}3,caf\xe9\n4,u\n`, 'latin1'), 4, 'not_utf8', 2],
    ['Windows-1252 in the header', Buffer.from('imei,note\x94\n1,x\n', 'latin1'), 1, 'not_utf8', 0],
    [
      'a character cut short by the end',
      Buffer.concat([Buffer.from(`${good}3,`), Buffer.from([0xe0, 0xa4])]),
      4,
      'not_utf8',
      2,
    ],
    [
      'surrogates in UTF-8',
      Buffer.concat([Buffer.from(`${good}3,`), Buffer.from([0xed, 0xa0, 0x80])]),
      4,
      'not_utf8',
      2,
    ],
    ['a line that is neither UTF-8 nor without NUL', Buffer.from(`${good}3,\0\xe9\n`, 'latin1'), 4, 'not_utf8', 2],
    ['a line of 1 MB', `${good}3,${'z'.repeat(1_000_000)}\n4,u\n`, 4, 'line_too_long', 2],
    ['a last line of 1 MB', `${good}${'3'.repeat(1_000_000)}`, 4, 'line_too_long', 2],
    ['a header of 1 MB', `imei,${'z'.repeat(1_000_000)}\n1,x\n`, 1, 'line_too_long', 0],
    ['a line of 1 MB in a quoted cell', `${good}3,"z\n${'z'.repeat(1_000_000)}\n"\n`, 5, 'line_too_long', 2],
    ['a long line with a NUL byte near its beginning', `${good}3,\0${'z'.repeat(1_000_000)}\n`, 4, 'nul_byte', 2],
    ['a long line with a NUL byte near its end', `${good}3,${'z'.repeat(1_000_000)}\0\n`, 4, 'line_too_long', 2],
    ['a zip', Buffer.from('PK\x03\x04\x14\x00\x06\x00\x08\x00', 'latin1'), 1, 'spreadsheet_not_csv', 0],
    ['a PDF', '%PDF-1.7\n1 0 obj\n<< >>\nendobj\n', 1, 'not_csv', 0],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), 1, 'not_csv', 0],
    ['an old Excel file', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), 1, 'spreadsheet_not_csv', 0],
    ['a PNG', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 1, 'not_csv', 0],
    ['a JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 1, 'not_csv', 0],
    ['UTF-32 with a byte order mark', Buffer.from([0xff, 0xfe, 0, 0, 0x69, 0, 0, 0]), 1, 'not_csv', 0],
    ['half a pair in UTF-16', Buffer.from(`\ufeff${good}3,\ud83d\n4,u\n`, 'utf16le'), 4, 'not_utf8', 2],
    ['half a pair at the end of UTF-16', Buffer.from(`\ufeff${good}3,\ud83d`, 'utf16le'), 4, 'not_utf8', 2],
    ['an odd byte at the end of UTF-16', Buffer.from(`\ufeff${good}3,zz`, 'utf16le').subarray(0, -1), 4, 'not_utf8', 2],
    ['a NUL in UTF-16', Buffer.from(`\ufeff${good}3,\0\n`, 'utf16le'), 4, 'nul_byte', 2],
    ['only the byte order mark of UTF-16', Buffer.from('\ufeff', 'utf16le'), 1, 'empty_file', 0],
    [
      'a handset as a spreadsheet writes a text in the header',
      'imei,="353918051234560"\n1,x\n',
      1,
      'missing_column:imei',
      0,
    ],
    ['a rounded number in the header', 'imei,3.53918E+14\n1,x\n', 1, 'missing_column:imei', 0],
    ['a handset with signs between in the header', 'imei,35.391805/123456.0\n', 1, 'missing_column:imei', 0],
    ['a handset by thousands in the header', 'imei;"353,918,051,234,560"\n', 1, 'missing_column:imei', 0],
    ['a handset over two lines in the header', 'imei,"353918051\n234560"\n', 1, 'missing_column:imei', 0],
    ['two numbers in the header', 'imei,9800000001 / 9800000002\n', 1, 'missing_column:imei', 0],
    ['a number in Devanagari in the header', 'imei,९८७६५४३२१०\n', 1, 'missing_column:imei', 0],
    ['line ends of CR alone', 'imei,note\r353918051234560,x\r', 1, 'cr_line_ends', 0],
    ['line ends of U+2028', 'imei,note\u2028353918051234560,x\u2028', 1, 'missing_column:imei', 0],
    ['another separator than the one of its header', 'note;x\n1;2\n', 1, 'missing_column:imei', 0],
    ['a comma in the header of a file with semicolons', 'imei;a,note\n1;x\n', 1, 'missing_column:imei', 0],
    ['UTF-16 LE without one', utf16, 1, 'not_csv', 0],
    ['UTF-16 BE without one', Buffer.from(utf16).swap16(), 1, 'not_csv', 0],
    [
      'a long file of UTF-16 with Devanagari',
      Buffer.from(`imei,note\n${'1,क\n'.repeat(200)}`, 'utf16le'),
      1,
      'not_csv',
      0,
    ],
  ];
  test.each(faults)('%s', async (_, file, line, reason, rows) => {
    const reading = await read(file);
    expect(reading.fault).toEqual({ line, reason });
    expect(reading.rows).toEqual([row(2, '1', 'x'), row(3, '2', 'y')].slice(0, rows));
  });
  test.each(faults)('%s: the same, in chunks of 7 bytes', async (_, file, line, reason, rows) => {
    const bytes = Buffer.from(file);
    const reading = await readAll(chunksOf(bytes, bytes.length > 10_000 ? 4093 : 7), columns);
    expect(reading.fault).toEqual({ line, reason });
    expect(reading.rows).toHaveLength(rows);
  });

  test('a line has up to 64 kB, its line end not counted', async () => {
    for (const end of ['\n', '\r\n', '']) {
      const longest = `imei\n${'9'.repeat(65_536)}${end}`;
      for (const size of [1_000_000, 65_536, 1021]) {
        expect(await readAll(chunksOf(Buffer.from(longest), size), columns)).toEqual({
          rows: [row(2, '9'.repeat(65_536))],
          fault: null,
        });
      }
      const tooLong = Buffer.from(`imei\n${'9'.repeat(65_537)}${end}`);
      for (const size of [1_000_000, 65_536, 1021]) {
        expect((await readAll(chunksOf(tooLong, size), columns)).fault).toEqual({ line: 2, reason: 'line_too_long' });
      }
    }
  });
  test('a character across the 64 kB of a line that is too long does not make it bad UTF-8', async () => {
    const tooLong = `imei\n${'क'.repeat(30_000)}\n`;
    expect((await read(tooLong)).fault).toEqual({ line: 2, reason: 'line_too_long' });
  });
  test('a quote never closed is given up after a record of 1 MiB, without reading the rest', async () => {
    let asked = 0;
    async function* endless() {
      yield Buffer.from('imei,note\n1,x\n2,"y\n');
      for (;;) {
        asked++;
        yield Buffer.from('3,z\n'.repeat(1000));
      }
    }
    const rows: unknown[] = [];
    const reading = (async () => {
      for await (const batch of readCsv(endless(), columns)) rows.push(...batch);
    })();
    await expect(reading).rejects.toMatchObject({ line: 3, reason: 'unclosed_quote' });
    expect(rows).toEqual([row(2, '1', 'x')]);
    expect(asked).toBeLessThan(400);
  });
  test('a header is looked for in no more than 1 MiB of empty lines, without reading the rest', async () => {
    let asked = 0;
    async function* endless() {
      for (;;) {
        asked += 64_000;
        yield Buffer.from('\r\n'.repeat(32_000));
      }
    }
    await expect(readCsv(endless(), columns).next()).rejects.toMatchObject({ line: 1, reason: 'empty_file' });
    expect(asked).toBeLessThan(2_000_000);
    expect((await read(`${'\r\n'.repeat(500_000)}imei\n1\n`)).rows).toEqual([row(500_002, '1')]);
  });
  test('a row costs the same whatever its number of cells: no error is made of it', async () => {
    const files = [`imei,note\n${'1\n1,2,3\n'.repeat(500)}`, `\nimei,note\n${'1,x\n'.repeat(1000)}`];
    for (const file of files) {
      const traced = vi.spyOn(Error, 'captureStackTrace');
      const { rows } = await read(file);
      expect(rows).toHaveLength(1000);
      expect(traced).not.toHaveBeenCalled();
      traced.mockRestore();
    }
  });
  test('the message says line and reason, and nothing of what the file holds', async () => {
    const fault = await (async () => {
      async function* file() {
        yield Buffer.from('imei,note\n353918051234560,"98"76543210\n');
      }
      for await (const batch of readCsv(file(), columns)) expect(batch).toEqual([]);
    })().catch((error) => error);
    expect(fault).toBeInstanceOf(FileFault);
    expect(fault.message).toBe("the file can't be read beyond line 2: unclosed_quote");
    expect(fault.cause).toBeUndefined();
  });

  test('an error of the source is passed on as it is', async () => {
    async function* broken() {
      yield Buffer.from('imei\n1\n');
      throw new RangeError('connection lost');
    }
    const reading = (async () => {
      for await (const batch of readCsv(broken(), columns)) expect(batch.length).toBeGreaterThan(0);
    })();
    await expect(reading).rejects.toThrow('connection lost');
  });
  test('who stops reading early ends the source', async () => {
    let ended = false;
    async function* source() {
      try {
        for (;;) yield Buffer.from(`imei\n${'1\n'.repeat(100)}`);
      } finally {
        ended = true;
      }
    }
    for await (const batch of readCsv(source(), columns)) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(ended).toBe(true);
  });
  test('batches stay small even when the whole file comes as one chunk', async () => {
    async function* whole() {
      yield Buffer.from(`imei\n${'1\n'.repeat(200_000)}`);
    }
    let rows = 0;
    for await (const batch of readCsv(whole(), columns)) {
      expect(batch.length).toBeLessThanOrEqual(65_536);
      rows += batch.length;
    }
    expect(rows).toBe(200_000);
  });
});
