import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Mark } from '../../lambdas/domain/csv.ts';
import type { CsvRow } from '../../lambdas/domain/csv-header.ts';
import { cutFile, type Piece, readPiece, type Stopped } from '../../lambdas/domain/pieces.ts';
import { chunksOf, cutAt, type Reading, readAll, reckon } from './csv-reading.ts';

const columns = { required: ['imei', 'msisdn'], optional: ['lsa'] } as const;

/** A file with everything that makes cutting awkward, but no fault: its text, and its rows with their lines by hand. */
const text = [
  '\ufeffIMEI,msisdn,"lsa\r\n of two lines",LSA\r\n', // 1, 2
  '\r\n', // 3
  '\n', // 4
  '1,a,x,Delhi\r\n', // 5
  '2,b,"x","one, ""two""\nthree\r\n\nfive"\n', // 6 to 9
  '3,ज़िला,😀,é\n', // 10
  'too,few\r\n', // 11
  ',,,\n', // 12
  '   \n', // 13
  '4,"",  "quoted"  ,"\n"\r\n', // 14, 15
  '\r\n', // 16
  'one,cell,too,many,"\n"\n', // 17, 18
  '5,e,,"""" \n', // 19
  '\n\n', // 20, 21
  '6,f,,last\r', // 22
].join('');
const bytes = Buffer.from(text);
const row = (line: number, imei: string, msisdn: string, lsa: string) => ({ line, cells: { imei, msisdn, lsa } });
const wrong = (line: number, text: string) => ({ line, reason: 'wrong_cell_count', text });
const rows = [
  row(5, '1', 'a', 'Delhi'),
  row(6, '2', 'b', 'one, "two"\nthree\r\n\nfive'),
  row(10, '3', 'ज़िला', 'é'),
  wrong(11, 'too,few'),
  row(12, '', '', ''),
  wrong(13, ''),
  row(14, '4', '', ''),
  wrong(17, 'one,cell,too,many,'),
  row(19, '5', 'e', '"'),
  row(22, '6', 'f', 'last'),
];

const headerBytes = Buffer.byteLength('\ufeffIMEI,msisdn,"lsa\r\n of two lines",LSA\r\n');
const everySize = Array.from({ length: bytes.length + 2 }, (_, n) => n + 1);

async function* arriving(parts: Iterable<Buffer>) {
  yield* parts;
}

/** What a piece of so many bytes came to before: the same bytes after the same header are read once. */
const known = new Map<string, CsvRow[]>();

async function rowsOf(header: Buffer, headerEnd: Mark, piece: Buffer, line: number): Promise<CsvRow[]> {
  const name = [headerEnd.at, headerEnd.line, line, header.toString('latin1'), piece.toString('latin1')].join(' ');
  const before = known.get(name);
  if (before) return before;
  const rows: CsvRow[] = [];
  for await (const some of readPiece(arriving([header, piece]), columns, headerEnd, line)) rows.push(...some);
  known.set(name, rows);
  return rows;
}

/** Cuts a file into pieces of `size` bytes, `most` at a time, and reads each piece alone. */
async function inPieces(
  file: Buffer,
  size: number,
  { most = 10_000, chunks = (rest: Buffer): Iterable<Buffer> => chunksOf(rest, 7) } = {},
): Promise<Reading & { pieces: Piece[]; cuts: number }> {
  const pieces: Piece[] = [];
  const rows: CsvRow[] = [];
  let after: Stopped | undefined;
  for (let cuts = 1; ; cuts++) {
    const head = file.subarray(0, after?.header.at ?? 0);
    const from = [head, ...chunks(file.subarray(after?.next.at ?? 0))];
    const { header, pieces: cut, next, fault } = await cutFile(arriving(from), columns, { bytes: size, most, after });
    if (cut.length > most) throw new Error(`${cut.length} pieces at once`);
    for (const piece of cut) {
      if (header === undefined) throw new Error('a piece without a header');
      rows.push(
        ...(await rowsOf(file.subarray(0, header.at), header, file.subarray(piece.start, piece.end), piece.line)),
      );
    }
    pieces.push(...cut);
    if (header === undefined || next === undefined)
      return { rows, fault: fault ? { line: fault.line, reason: fault.reason } : null, pieces, cuts };
    after = { header, next };
  }
}

/** The file's bytes that the pieces hold, in their order. */
const held = (file: Buffer, pieces: Piece[]) =>
  Buffer.concat(pieces.map(({ start, end }) => file.subarray(start, end)));

describe('a file in pieces', () => {
  it('tells the header that it found where that lacks a column, and none where it could be a row', async () => {
    const faultOf = async (text: string) =>
      (await cutFile(arriving([Buffer.from(text)]), columns, { bytes: 1000, most: 10 })).fault;
    expect(await faultOf('imei,lsa\n350000000000006,Delhi\n')).toEqual({
      line: 1,
      reason: 'missing_column:msisdn',
      found: 'imei,lsa',
    });
    expect(await faultOf('350000000000006,9876543210\n')).toEqual({ line: 1, reason: 'missing_column:imei' });
  });

  it('has the rows and lines of the file, whatever the size of the pieces', async () => {
    const numbers = new Set<number>();
    for (const size of everySize) {
      const { rows: read, fault, pieces } = await inPieces(bytes, size);
      expect({ size, read, fault }).toEqual({ size, read: rows, fault: null });
      expect(held(bytes, pieces)).toEqual(bytes.subarray(headerBytes));
      for (const { start, end } of pieces.slice(0, -1)) expect(end - start).toBeGreaterThanOrEqual(size);
      numbers.add(pieces.length);
    }
    // From one piece for all to one piece for each of the 10 rows and most of the 7 empty lines.
    expect(Math.min(...numbers)).toBe(1);
    expect(Math.max(...numbers)).toBeGreaterThanOrEqual(10);
  });

  it('in UTF-16 has the rows of the same text in UTF-8, and is cut between characters', async () => {
    for (const swaps of [false, true]) {
      const little = Buffer.from(text, 'utf16le');
      const file = swaps ? little.swap16() : little;
      for (const size of [1, 2, 7, 30, 80, 1000])
        for (const most of [1, 3, 1000]) {
          const { rows: read, fault, pieces } = await inPieces(file, size, { most });
          expect({ size, most, read, fault }).toEqual({ size, most, read: rows, fault: null });
          expect(held(file, pieces)).toEqual(file.subarray(pieces[0]?.start));
          for (const { start, end } of pieces) expect([start % 2, end % 2]).toEqual([0, 0]);
          if (size === 1) expect(pieces.length).toBeGreaterThanOrEqual(10);
        }
    }
  });

  it('with semicolons or tabs has the rows of the file in one', async () => {
    for (const separator of [';', '\t']) {
      const file = Buffer.from(
        `imei${separator}"ms\nisdn"${separator}msisdn\n1${separator}"x\n"${separator}2,3\n4${separator}${separator}5"\n`,
      );
      for (const size of [1, 5, 100])
        expect(await inPieces(file, size)).toMatchObject({
          rows: [row(3, '1', '2,3', ''), row(5, '4', '5"', '')],
          fault: null,
        });
    }
  });

  it('is cut at the same places, wherever its bytes are cut into chunks', async () => {
    for (const size of [1, 24, 60]) {
      const { pieces } = await inPieces(bytes, size, { chunks: (rest) => [rest] });
      for (const at of everySize) {
        const cut = await inPieces(bytes, size, { chunks: (rest) => cutAt(rest, [at]) });
        expect({ size, at, rows: cut.rows, fault: cut.fault }).toEqual({ size, at, rows, fault: null });
        expect(held(bytes, cut.pieces)).toEqual(held(bytes, pieces));
      }
    }
  });

  it('is the same when it is cut stretch by stretch', async () => {
    for (const size of [1, 10, 30, 80])
      for (const most of [1, 2, 3, 1000]) {
        const whole = await inPieces(bytes, size);
        const { cuts, ...stretches } = await inPieces(bytes, size, { most });
        expect({ size, most, rows: stretches.rows, fault: stretches.fault }).toEqual({ size, most, rows, fault: null });
        expect(held(bytes, stretches.pieces)).toEqual(bytes.subarray(headerBytes));
        expect(cuts).toBe(Math.max(1, Math.ceil(stretches.pieces.length / most)));
        if (most === 1000) expect(stretches.pieces).toEqual(whole.pieces);
      }
  });

  it('is cut stretch by stretch also where there are only empty lines', async () => {
    let asked = 0;
    async function* endless() {
      yield Buffer.from('imei,msisdn\n');
      for (;;) {
        asked += 1000;
        yield Buffer.alloc(1000, '\n');
      }
    }
    const { pieces, next } = await cutFile(endless(), columns, { bytes: 5000, most: 3 });
    // 12 bytes of header, and a line for each byte after it.
    expect(pieces.map(({ start, line }) => line - start)).toEqual([2 - 12, 2 - 12, 2 - 12]);
    expect(next).toEqual({ at: pieces.at(-1)?.end, line: (pieces.at(-1)?.end ?? 0) - 10 });
    expect(asked).toBeLessThan(50_000);
  });

  it('that ends after any of its bytes has the rows and the fault of reading it in one piece', async () => {
    for (let end = 0; end < bytes.length; end++) {
      const file = bytes.subarray(0, end);
      const { rows: inOne, fault: faultInOne } = await readAll([file], columns);
      for (const size of [1, 16, 40]) {
        const { rows: read, fault } = await inPieces(file, size);
        expect({ end, size, read, fault }).toEqual({ end, size, read: inOne, fault: faultInOne });
      }
    }
  });

  /** Two rows on lines 2 and 3, of 11 and 4 bytes, the fault on line 4, and more after it. */
  const good = Buffer.from('imei,msisdn,lsa\n1,a,"x, y"\n2,b\n');
  const shortSizes = Array.from({ length: good.length + 11 }, (_, n) => n + 1);
  const faults: [what: string, reason: string, line: number, bad: Buffer, sizes?: number[]][] = [
    ['bytes that are not UTF-8', 'not_utf8', 4, Buffer.from([0x33, 0x2c, 0xe9, 0x2c, 0x0a])],
    ['a NUL', 'nul_byte', 4, Buffer.from('3,\0,\n')],
    ['a NUL within a quoted cell', 'nul_byte', 6, Buffer.from('3,"a\nb\n\0\n",\n')],
    ['a quote that is never closed', 'unclosed_quote', 4, Buffer.from('3,"c,\n')],
    ['text after a quoted cell', 'unclosed_quote', 4, Buffer.from('3,"c"d,\n')],
    ['a line that is too long', 'line_too_long', 4, Buffer.from(`3,${'c'.repeat(70_000)},\n`), [4, 11, 12, 15, 16, 40]],
  ];
  it.each(faults)('stops at %s: %s on line %i', async (_, reason, line, bad, sizes = shortSizes) => {
    const file = Buffer.concat([good, bad, Buffer.from('4,d,z\n5,e,z\n')]);
    for (const size of sizes)
      for (const most of [1, 1000]) {
        const {
          rows: read,
          fault,
          pieces,
        } = await inPieces(file, size, { most, chunks: (rest) => chunksOf(rest, 999) });
        expect({ size, read, fault }).toEqual({
          size,
          read: [row(2, '1', 'a', 'x, y'), wrong(3, '2,b')],
          fault: { line, reason },
        });
        expect(held(file, pieces)).toEqual(good.subarray('imei,msisdn,lsa\n'.length));
      }
  });

  it.each([
    ['without bytes', '', 1, 'empty_file'],
    ['of empty lines', '\n\r\n\n', 1, 'empty_file'],
    ['without a column', '\n\nimei\n1\n2\n', 3, 'missing_column:msisdn'],
    ['that is none', 'PK\x03\x04imei,msisdn\n1,a\n', 1, 'spreadsheet_not_csv'],
  ])('%s has no piece, and its fault', async (_, content, line, reason) => {
    for (const size of [1, 100])
      expect(await inPieces(Buffer.from(content), size)).toMatchObject({
        rows: [],
        pieces: [],
        fault: { line, reason },
      });
  });

  it('of a header only has no piece', async () => {
    for (const content of ['imei,msisdn\n', '\ufeff\nimei,msisdn'])
      expect(await inPieces(Buffer.from(content), 5)).toMatchObject({ rows: [], pieces: [], fault: null });
  });

  it('larger than what is read at once has pieces of the size asked for, and not of twice as much', async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `${n},b,"c, d"\n`);
    const file = Buffer.from(`imei,msisdn,lsa\n${lines.join('')}`);
    const expected = lines.map((_, n) => row(n + 2, String(n), 'b', 'c, d'));
    for (const size of [65_535, 65_536, 65_537, 100_000]) {
      const { rows: read, pieces } = await inPieces(file, size, { chunks: (rest) => chunksOf(rest, 50_000) });
      expect(read).toEqual(expected);
      for (const { start, end } of pieces.slice(0, -1)) {
        expect(end - start).toBeGreaterThanOrEqual(size);
        expect(end - start).toBeLessThan(size + 65_536);
      }
    }
  });

  const parts = ['imei', 'msisdn', ',', ',', '\n', '\n', '\r\n', '"', '""', ' ', 'é', '😀', 'x', '\r'];
  const sizes = [fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 4 })] as const;

  it('has the rows and the fault of the simple reckoning, whatever its text', async () => {
    const texts = fc.array(fc.constantFrom(...parts), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(texts, ...sizes, async (some, size, most) => {
        const file = `imei,msisdn\n${some.join('')}`;
        const { rows: read, fault } = await inPieces(Buffer.from(file), size, { most });
        expect({ rows: read, fault }).toEqual(reckon(file, columns));
      }),
      { numRuns: 400 },
    );
  });

  it('has the rows and the fault of reading it in one piece, whatever its bytes', async () => {
    const latin1 = parts.filter((part) => Buffer.from(part, 'latin1').toString('latin1') === part);
    const texts = fc.array(fc.constantFrom(...latin1, ...latin1, '\xc3\xa9', '\xef\xbb\xbf', '\xe9', '\0'), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(texts, ...sizes, async (some, size, most) => {
        const file = Buffer.from(`imei,msisdn\n1,2\n${some.join('')}`, 'latin1');
        const { rows: read, fault } = await inPieces(file, size, { most });
        expect({ rows: read, fault }).toEqual(await readAll([file], columns));
      }),
      { numRuns: 400 },
    );
  });
});
