import { describe, expect, test } from 'vitest';
import { LineBreaker, type LineFault } from '../../lambdas/domain/lines.ts';
import { chunksOf } from './csv-reading.ts';

/** What a file's bytes come to: its whole lines in one, the fault after them, and what was counted. */
function broken(chunks: readonly Uint8Array[]) {
  const lines = new LineBreaker();
  const blocks: Buffer[] = [];
  const counted = () => ({ bytes: lines.bytes, bomBytes: lines.bomBytes });
  for (const next of [...chunks.map((chunk) => () => lines.add(chunk)), () => lines.end()]) {
    const { block, fault } = next();
    blocks.push(block);
    if (fault !== undefined) return { text: Buffer.concat(blocks), fault, ...counted() };
  }
  return { text: Buffer.concat(blocks), fault: undefined, ...counted() };
}
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const faultOf = (bytes: Buffer): LineFault | undefined => broken([bytes]).fault;
const BOM = '\ufeff';
const LONGEST = 65_536;

describe('a text file', () => {
  test('is its lines, each with its LF, the last one with one of its own', () => {
    for (const text of ['', 'imei\n', 'imei\r\n1\n\n2\n', `${'x'.repeat(200)}\n\ny\n`])
      for (const size of [1, 7, 64, 1000]) {
        const { text: read, fault, bytes, bomBytes } = broken(chunksOf(Buffer.from(text), size));
        expect({ read: read.toString(), fault, bytes, bomBytes }).toEqual({
          read: text,
          fault: undefined,
          bytes: text.length,
          bomBytes: 0,
        });
      }
    expect(broken([Buffer.from('imei\n1')]).text.toString()).toBe('imei\n1\n');
    expect(broken([Buffer.from(`${'x'.repeat(70)}\n1`)]).text.toString()).toBe(`${'x'.repeat(70)}\n1\n`);
  });

  test('has its byte order mark counted, and in no line', () => {
    for (const size of [1, 2, 1000]) {
      const { text, bytes, bomBytes } = broken(chunksOf(Buffer.from(`${BOM}imei\n1\n`), size));
      expect({ text: text.toString(), bytes, bomBytes }).toEqual({ text: 'imei\n1\n', bytes: 10, bomBytes: 3 });
    }
    // Only at the beginning, and only whole.
    expect(broken([Buffer.from(`imei${BOM}\n`)]).bomBytes).toBe(0);
    expect(faultOf(Buffer.from([0xef, 0xbb, 0x0a]))).toEqual({ line: 1, reason: 'not_utf8' });
  });

  test('is looked at once 64 bytes of it have come, and given line by line from then on', () => {
    const lines = new LineBreaker();
    const given = (text: string) => lines.add(Buffer.from(text)).block.toString();
    expect(given(`imei\n${'1'.repeat(58)}`)).toBe('');
    expect(given('2')).toBe('imei\n');
    expect(given('3\n4')).toBe(`${'1'.repeat(58)}23\n`);
    expect(given('')).toBe('');
    expect(given('\n\n5')).toBe('4\n\n');
    expect(lines.end().block.toString()).toBe('5\n');
    expect(lines.bytes).toBe(5 + 58 + 1 + 3 + 3);
  });

  test('may use the memory of a chunk again once it was taken', () => {
    const lines = new LineBreaker();
    const chunk = Buffer.from(`imei\n${'1'.repeat(90)}`);
    expect(lines.add(chunk).block.toString()).toBe('imei\n');
    chunk.fill('?');
    expect(lines.end().block.toString()).toBe(`${'1'.repeat(90)}\n`);
  });
});

describe('a file that is no text', () => {
  const forms: [what: string, head: string][] = [
    ['a zip, as xlsx and ods are', 'PK\x03\x04'],
    ['an empty zip', 'PK\x05\x06'],
    ['a zip of several', 'PK\x07\x08'],
    ['a PDF', '%PDF-'],
    ['gzip', '\x1f\x8b'],
    ['an old Excel file', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
    ['a PNG', '\x89PNG'],
    ['a JPEG', '\xff\xd8\xff'],
    ['a GIF of 1987', 'GIF87a'],
    ['a GIF of 1989', 'GIF89a'],
    ['a TIFF', 'II*\x00'],
    ['a TIFF of the other order', 'MM\x00*'],
    ['bzip2', 'BZh91AY&SY'],
    ['xz', '\xfd7zXZ\x00'],
    ['7z', '7z\xbc\xaf\x27\x1c'],
    ['a RAR', 'Rar!\x1a\x07'],
    ['zstd', '\x28\xb5\x2f\xfd'],
    ['a database of SQLite', 'SQLite format 3\x00'],
    ['Parquet', 'PAR1\x15'],
    ['a program', '\x7fELF'],
    ['rich text', '{\\rtf'],
    ['UTF-16 LE with a byte order mark', '\xff\xfe'],
    ['UTF-16 BE with a byte order mark', '\xfe\xff'],
  ];
  test.each(forms)('is known by its beginning: %s', (_, head) => {
    const isSpreadsheet = head === 'PK\x03\x04' || head.startsWith('\xd0\xcf');
    const notCsv = { line: 1, reason: isSpreadsheet ? 'spreadsheet_not_csv' : 'not_csv' };
    const rest = 'imei,msisdn\n'.repeat(10);
    expect(broken([latin1(head)]).fault).toEqual(notCsv);
    expect(broken(chunksOf(latin1(head + rest), 5))).toMatchObject({ text: Buffer.alloc(0), fault: notCsv });
    expect(faultOf(Buffer.concat([Buffer.from(BOM), latin1(head + rest)]))).toEqual(notCsv);
    // Neither later on, nor in part.
    expect(String(faultOf(latin1(`\n${head}\n${rest}`))?.reason)).not.toMatch(/not_csv$/);
    expect(String(faultOf(latin1(`${head.slice(0, -1)}\n${rest}`))?.reason)).not.toMatch(/not_csv$/);
  });

  /** 64 bytes of two letters by turns, some of the first or second ones 0. */
  const head = (...zeros: number[]) => {
    const bytes = Buffer.alloc(64, 'ab');
    for (const at of zeros) bytes[at] = 0;
    return bytes;
  };
  const places = (count: number, first: number) => Array.from({ length: count }, (_, n) => first + 2 * n);
  test.each([
    ['at 16 of the 32 odd places', places(16, 1), 'not_csv'],
    ['at 15 of the odd places', places(15, 1), 'nul_byte'],
    ['at 16 of the even places', places(16, 0), 'not_csv'],
    ['at 15 of the even places', places(15, 0), 'nul_byte'],
    ['at all odd places and an even one', [...places(32, 1), 30], 'nul_byte'],
    ['at all even places and an odd one', [...places(32, 0), 31], 'nul_byte'],
  ])('is UTF-16 without a mark where at least half of one kind of places are 0: %s', (_, zeros, reason) => {
    expect(faultOf(head(...zeros))).toEqual({ line: 1, reason });
  });

  test('is UTF-16 by its first 64 bytes, or by all where it has fewer', () => {
    expect(faultOf(Buffer.from('a', 'utf16le'))).toEqual({ line: 1, reason: 'not_csv' });
    expect(faultOf(Buffer.from('abc'))).toBeUndefined();
    expect(faultOf(Buffer.concat([Buffer.alloc(64, 'x\n'), Buffer.from('1,2'.repeat(50), 'utf16le')]))).toEqual({
      line: 33,
      reason: 'nul_byte',
    });
  });
});

describe('a line', () => {
  const ofLine = (line: Buffer | string, end = '\n') =>
    Buffer.concat([Buffer.from('imei\n1\n'), Buffer.from(line), Buffer.from(end)]);
  const x = (count: number) => Buffer.alloc(count, 'x');
  const long = (...parts: (Buffer | string)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
  /** In one chunk, in chunks that lines are cut by, and without a line end of its own. */
  const everyWay = (line: Buffer) => [
    [ofLine(line)],
    chunksOf(ofLine(line), 1021),
    chunksOf(ofLine(line), 65_537),
    [ofLine(line, '')],
    [ofLine(line, '\n2\n3\n')],
  ];

  test.each([
    ['of 65,536 bytes', x(LONGEST)],
    ['of 65,536 bytes and a CR', long(x(LONGEST), '\r')],
    ['of 65,535 bytes and two CRs, of which one is its own', long(x(LONGEST - 1), '\r\r')],
    ['of 65,536 bytes that end with a whole character', long(x(LONGEST - 3), 'क')],
  ])('%s is taken', (_, line) => {
    for (const chunks of everyWay(line)) expect(broken(chunks).fault).toBeUndefined();
  });

  const tooLong: [string, Buffer][] = [
    ['of 65,537 bytes', x(LONGEST + 1)],
    ['of 65,537 bytes and a CR', long(x(LONGEST + 1), '\r')],
    ['of 65,536 bytes and two CRs', long(x(LONGEST), '\r\r')],
    ['of 65,538 bytes, of which the last begins a character', long(x(LONGEST + 1), Buffer.from([0xe9]))],
    ['of 100,000 bytes', x(100_000)],
    ['of 100,000 bytes, of which a late one is 0', long(x(99_999), '\0')],
    ['of 100,000 bytes, of which a late one is no UTF-8', long(x(99_999), Buffer.from([0xe9]))],
    ...[0, 1, 2, 3].flatMap((shift): [string, Buffer][] =>
      ['é', 'क', 'က', '😀'].map((one) => [`of ${one} after ${shift} bytes`, long(x(shift), one.repeat(40_000))]),
    ),
  ];
  test.each(tooLong)('%s is too long', (_, line) => {
    for (const chunks of everyWay(line))
      expect(broken(chunks)).toMatchObject({
        text: Buffer.from('imei\n1\n'),
        fault: { line: 3, reason: 'line_too_long' },
      });
  });

  test.each([
    ['a 0', 'nul_byte', long('2,\0')],
    ['a late 0', 'nul_byte', long(x(LONGEST - 1), '\0')],
    ['a 0 as the last of 65,538', 'nul_byte', long(x(LONGEST + 1), '\0', x(99))],
    ['a byte that is no UTF-8', 'not_utf8', long('2,', Buffer.from([0xe9]), 'x')],
    ['a character cut short', 'not_utf8', long('2,', Buffer.from([0xe0, 0xa4]))],
    ['both, and not UTF-8 first', 'not_utf8', long('\0', Buffer.from([0xe9]), 'x')],
    ['three bytes that continue nothing where it is cut', 'not_utf8', long(x(LONGEST - 1), Buffer.alloc(9, 0x80))],
    [
      'four bytes that continue a character where it is cut',
      'not_utf8',
      long(x(LONGEST - 3), '\u{10000}', Buffer.alloc(9, 0x80)),
    ],
    ['a character cut short by two letters', 'not_utf8', long(x(LONGEST - 1), Buffer.from([0xe9]), x(99))],
  ])('with %s ends the reading: %s', (_, reason, line) => {
    for (const chunks of everyWay(line))
      expect(broken(chunks)).toMatchObject({ text: Buffer.from('imei\n1\n'), fault: { line: 3, reason } });
  });

  test('that is too long is given up at its 65,538th byte, with the lines before it', () => {
    const lines = new LineBreaker();
    expect(lines.add(long('imei\n', x(LONGEST)))).toEqual({ block: Buffer.from('imei\n') });
    expect(lines.add(x(1))).toEqual({ block: Buffer.alloc(0) });
    expect(lines.add(x(1))).toEqual({ block: Buffer.alloc(0), fault: { line: 2, reason: 'line_too_long' } });
    const once = new LineBreaker();
    expect(once.add(long('imei\n1\n', x(LONGEST + 2)))).toEqual({
      block: Buffer.from('imei\n1\n'),
      fault: { line: 3, reason: 'line_too_long' },
    });
  });

  test('is counted over all chunks', () => {
    const text = Buffer.from(`${'1\n'.repeat(1000)}\0\n`);
    for (const size of [1, 64, 99, 5000])
      expect(broken(chunksOf(text, size)).fault).toEqual({ line: 1001, reason: 'nul_byte' });
  });
});
