/** Whole files: read in any chunks, cut into pieces, endless, and read by the runner. */
import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { type Chunks, FileFault, markCsv, readCsv } from '../../../lambdas/domain/csv.ts';
import type { CsvRow } from '../../../lambdas/domain/csv-header.ts';
import { cutFile, readPiece, type Stopped } from '../../../lambdas/domain/pieces.ts';
import { responseColumns } from '../../../lambdas/domain/responses.ts';
import { REPORT_COLUMNS } from '../../../lambdas/domain/screening.ts';
import { USAGE_COLUMNS } from '../../../lambdas/domain/sightings.ts';
import { linesInPiece, pieceOf, readResponse } from '../../../simulation/response-file.ts';
import { chunksOf, cutAt, inUtf8, type Reading, reckon } from '../../../test/domain/csv-reading.ts';
import { type Columns, cuts, fileOf } from '../inputs.ts';
import { Broken, Budget, must, target } from '../target.ts';

/** The reasons why a file can't be read, as the formats list them; a column's reason goes on with its name. */
export const FILE_REASONS = [
  ...[
    'empty_file',
    'spreadsheet_not_csv',
    'not_csv',
    'not_utf8',
    'nul_byte',
    'missing_column',
    'duplicate_column',
    'unclosed_quote',
    'misplaced_header',
    'cr_line_ends',
  ],
  'line_too_long',
];
export const reasonOf = (told: string) => told.split(':')[0] ?? '';

const LONGEST_LINE = 64 * 1024;

/** The chunks, each overwritten once the next one is asked for. */
async function* reused(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    const copy = Buffer.from(chunk);
    yield copy;
    copy.fill('"');
  }
}

/** Reads a file; checks that every batch of rows holds one, and that there are no more rows than bytes. */
async function read(chunks: Chunks, columns: Columns, bytes: number): Promise<Reading> {
  const rows: CsvRow[] = [];
  const budget = new Budget(bytes + 1, 'rows than the file has bytes');
  try {
    for await (const batch of readCsv(chunks, columns)) {
      must(batch.length > 0, 'no batch is empty');
      budget.spend(batch.length);
      rows.push(...batch);
    }
    return { rows, fault: null };
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return { rows, fault: { line: error.line, reason: error.reason } };
  }
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

function mustBeSame(one: Reading, other: Reading, rule: string): void {
  if (same(one, other)) return;
  const tell = ({ rows, fault }: Reading) =>
    `${rows.length} rows, ${JSON.stringify(fault)}: ${JSON.stringify(rows).slice(0, 300)}`;
  throw new Broken(`${rule}\n  ${tell(one)}\n  ${tell(other)}`);
}

/** A file's physical lines, each without its LF or CRLF, and without the byte order mark. */
function linesOf(file: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = file.subarray(0, 3).equals(Buffer.from('\ufeff')) ? 3 : 0;
  while (from < file.length) {
    const end = file.indexOf(10, from);
    const line = file.subarray(from, end < 0 ? file.length : end);
    lines.push(line.at(-1) === 13 ? line.subarray(0, -1) : line);
    from = end < 0 ? file.length : end + 1;
  }
  return lines;
}

/** The beginnings, in hexadecimal, of files that are known not to be CSV: zip, gzip, PDF, Office, images and the like, and UTF-32. */
const BINARY =
  /^(?:efbbbf)?(?:504b|255044462d|1f8b|d0cf|89504e47|ffd8|474946383|49492a00|4d4d00|425a68|fd377a|377a|52617221|28b52ffd|53514c69|50415231|7f454c46|7b5c727466|fffe|feff)/;
const mayBeBinary = (file: Buffer) =>
  BINARY.test(file.subarray(0, 12).toString('hex')) || file.subarray(0, 64).includes(0);

/** Texts for which csv-parse differs from the reckoning, and which RFC 4180 doesn't cover: see test/domain/csv.test.ts. */
const ODD = /""[^\S\n]+"|"[^\S\n]*[^\S \t\r\n]/;
const LONGEST_RECKONED = 4000;

/** The expected reading of a file of short lines, by the simple reckoning, up to its first line whose bytes aren't text. */
function expected(file: Buffer, columns: Columns): Reading {
  const lines = linesOf(file);
  const bad = lines.findIndex((line) => !isUtf8(line) || line.includes(0));
  if (bad < 0) return reckon(file.toString(), columns);
  let end = 0;
  for (let line = 0; line < bad; line++) end = file.indexOf(10, end) + 1;
  const before = file.subarray(0, end).toString();
  const { rows, fault } = reckon(before, columns);
  // A quote that one more quote would close is open only because the file goes on.
  const open = fault?.reason === 'unclosed_quote' && reckon(`${before}"`, columns).fault?.reason !== 'unclosed_quote';
  if (fault !== null && fault.reason !== 'empty_file' && !open) return { rows, fault };
  return { rows, fault: { line: bad + 1, reason: isUtf8(lines[bad] ?? file) ? 'nul_byte' : 'not_utf8' } };
}

/** Checks what must hold of a reading, whatever the file. */
function mustFit({ rows, fault }: Reading, given: Buffer, { required, optional }: Columns): void {
  const file = inUtf8(given);
  const lines = linesOf(file);
  const tooLong = lines.some((line) => line.length > LONGEST_LINE);
  const bad = {
    not_utf8: !isUtf8(file),
    nul_byte: file.includes(0),
    line_too_long: tooLong,
    not_csv: mayBeBinary(file),
    cr_line_ends: /\r(?!\n)/.test(file.toString()),
    spreadsheet_not_csv:
      /^(?:efbbbf)?(?:504b0304|d0cf11e0)/.test(file.toString('hex')) || /^\s*<[!?a-z]/i.test(file.toString()),
  };
  if (fault === null)
    must(!bad.not_utf8 && !bad.nul_byte && !tooLong, 'only a file of proper lines is read to its end');
  else {
    const reason = reasonOf(fault.reason);
    must(FILE_REASONS.includes(reason), `a file's fault has a reason of the list, not ${fault.reason}`);
    if (Object.hasOwn(bad, reason)) must(bad[reason as keyof typeof bad], `a file is ${reason} only where it is`);
    must(fault.line >= 1 && fault.line <= Math.max(1, lines.length), 'a fault stands on a line of the file');
    must(reason !== 'empty_file' || rows.length === 0, 'an empty file has no rows');
  }
  let before = 1;
  for (const row of rows) {
    must(row.line > before && row.line <= lines.length, 'rows stand on lines of the file, in its order');
    must(fault === null || row.line < fault.line, 'rows stand before the fault');
    before = row.line;
    if ('reason' in row) continue;
    must(same(Object.keys(row.cells), [...required, ...optional]), 'a row has the columns asked for');
    must(Object.getPrototypeOf(row.cells) === Object.prototype, 'a row is a plain object');
    for (const cell of Object.values(row.cells)) must(cell === cell.trim(), 'cells are trimmed');
  }
  if (!fault?.reason.endsWith('not_csv') && file.length <= LONGEST_RECKONED && !ODD.test(file.toString()))
    mustBeSame({ rows, fault }, expected(file, { required, optional }), 'a file has the rows of a simple reckoning');
}

/** The responses are read here as files of one header, which the simple reckoning knows; those that are joined have targets of their own. */
const KINDS: Columns[] = [
  // What beside a handset rejects its row is not the reader's: a target of its own has reports' rows.
  { required: REPORT_COLUMNS.required, optional: REPORT_COLUMNS.optional },
  USAGE_COLUMNS,
  // Nor is a day under another name than its own.
  ...(['reverify', 'block'] as const).map((kind) => {
    const { required, optional } = responseColumns(kind);
    return { required, optional };
  }),
];
const anyFile = fc
  .constantFrom(...KINDS)
  .chain((columns) => fc.tuple(fc.constant(columns), fileOf(columns)))
  .map(([columns, file]) => ({ columns, file }));

/** The size below which a file is cut at every place. */
const CUT_EVERYWHERE = 24;

const reading = target(
  { name: 'csv', what: 'whole files in any chunks', share: 230 },
  fc.tuple(anyFile, cuts),
  async ([{ columns, file }, places]) => {
    const whole = await read([file], columns, file.length);
    mustFit(whole, file, columns);
    const chunkings = [
      cutAt(
        file,
        places.map((place) => (file.length > 1000 ? place * 331 : place)),
      ),
      chunksOf(file, file.length > 1000 ? 4093 : 1),
      ...(file.length < CUT_EVERYWHERE ? Array.from(file, (_, at) => cutAt(file, [at])) : []),
    ];
    for (const chunks of chunkings)
      mustBeSame(
        await read(reused(chunks), columns, file.length),
        whole,
        'a file is the same however it is cut into chunks',
      );
  },
);

/** Cuts a file into pieces, stretch by stretch, and reads each piece alone. */
async function inPieces(file: Buffer, columns: Columns, bytes: number, most: number): Promise<Reading> {
  const rows: CsvRow[] = [];
  const stretches = new Budget(file.length + 2, 'stretches');
  let after: Stopped | undefined;
  let covered: number | undefined;
  for (;;) {
    stretches.spend();
    const head = file.subarray(0, after?.header.at ?? 0);
    const { header, pieces, next, fault } = await cutFile([head, file.subarray(after?.next.at ?? 0)], columns, {
      bytes,
      most,
      after,
    });
    for (const piece of pieces) {
      if (header === undefined) throw new Broken('a file without a header has no pieces');
      must(piece.start === (covered ?? header.at) && piece.end > piece.start, 'pieces follow on one another');
      must(piece.end <= file.length, 'no piece goes beyond its file');
      covered = piece.end;
      const parts = [file.subarray(0, header.at), file.subarray(piece.start, piece.end)];
      for await (const batch of readPiece(parts, columns, header, piece.line)) rows.push(...batch);
    }
    if (header === undefined || next === undefined)
      return { rows, fault: fault ? { line: fault.line, reason: fault.reason } : null };
    after = { header, next };
  }
}

const pieces = target(
  { name: 'pieces', what: 'large usage files in pieces', share: 60 },
  fc.tuple(anyFile, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 4 })),
  async ([{ columns, file }, bytes, most]) => {
    const size = file.length > 1000 ? bytes * 200 : bytes;
    const whole = await read([file], columns, file.length);
    mustBeSame(await inPieces(file, columns, size, most), whole, 'a file in pieces has the rows of the file in one');
  },
);

/** More bytes than a file's first header, one line, or one record may have. */
const ENDLESS_BUDGET = 2 * 1024 * 1024;
/** The number of batches of rows, or marks, that shows that a file is read as it comes. */
const ENOUGH_TOLD = 5;
/** The texts with which an endless file goes on. */
const TAILS = [
  '9',
  ' ',
  ',',
  '"',
  'é',
  '\r',
  '\0',
  '=',
  'a"',
  '"x\n',
  '",\n"',
  '\n',
  '\r\n',
  ' \n',
  '1,2\n',
  '"1\n"\n',
  '\u2028',
  '\ufeff',
];

const endless = target(
  { name: 'endless', what: 'files that never end', share: 8 },
  fc.record({
    columns: fc.constantFrom(...KINDS),
    head: fc.constantFrom('header', 'row', 'quote', 'nothing'),
    tail: fc.constantFrom(...TAILS),
    chunk: fc.integer({ min: 2000, max: 200_000 }),
    cut: fc.boolean(),
  }),
  async ({ columns, head, tail, chunk, cut }) => {
    const header = `${columns.required.join(',')}\n`;
    const heads = {
      header,
      row: `${header}${','.repeat(columns.required.length - 1)}\n`,
      quote: `${header}"`,
      nothing: '',
    };
    const begun = head === 'header' || head === 'row';
    const emptyLines = begun && !cut && /^\r?\n$/.test(tail);
    // The lines after a header may go on as long as the file does: each becomes a row, or nothing.
    let asked = 0;
    let told = 0;
    async function* file() {
      yield Buffer.from(heads[head as keyof typeof heads]);
      const block = Buffer.from(tail.repeat(Math.ceil(chunk / tail.length)));
      for (;;) {
        asked += block.length;
        must(
          asked <= ENDLESS_BUDGET || emptyLines,
          'a file without an end of its line, record or header is refused early',
        );
        if (asked > ENDLESS_BUDGET || told > ENOUGH_TOLD) return;
        yield block;
      }
    }
    try {
      const reading = cut ? markCsv(file(), columns, 64 * 1024) : readCsv(file(), columns);
      for await (const got of reading) {
        if (Array.isArray(got)) must(got.length <= LONGEST_LINE, 'no more rows are held than a block has bytes');
        asked = 0;
        told++;
      }
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      must(
        FILE_REASONS.includes(reasonOf(error.reason)),
        `a file's fault has a reason of the list, not ${error.reason}`,
      );
    }
  },
);

const responses = target(
  { name: 'response-file', what: "the runner's splitting of a response file", share: 30 },
  fc.constantFrom(responseColumns('reverify'), responseColumns('block')).chain(fileOf),
  async (file) => {
    const response = await readResponse(file);
    if ('refused' in response) {
      must(FILE_REASONS.includes(reasonOf(response.refused)), 'a file that is refused has a reason of the list');
      return;
    }
    const { header, rows } = response;
    must(pieceOf(header, rows).equals(inUtf8(file)), 'all rows together are the file in UTF-8, byte by byte');
    const lines = linesInPiece(header, rows);
    for (const [n, row] of rows.entries()) {
      const [only] = linesInPiece(header, [row]);
      must(only === lines[0] && (lines[n] ?? 0) >= n + 2, 'a row alone stands on the first line after the header');
    }
  },
);

export const fileTargets = [reading, pieces, endless, responses];
