/**
 * The one CSV reader. It streams: it holds at most one line, one record and one batch of rows, and gives the same rows and the same
 * fault however the bytes are cut into chunks.
 */
import { CsvError, type Parser, parse } from 'csv-parse';
import { type Columns, CsvHeader, type CsvRow } from './csv-header.ts';
import { Utf8Bytes } from './encodings.ts';
import { LineBreaker, type Lines } from './lines.ts';
import type { FileReason } from './reasons.ts';
import { HeaderSeparator, isDeclaration, type Separator } from './separators.ts';

/** The reason why a file can't be read, or not further, and the line where reading stopped. */
export class FileFault extends Error {
  override name = 'FileFault';
  readonly line: number;
  readonly reason: FileReason;
  /** The header that was found, if it lacks a column; '' if it could be a row, which names somebody. It is for the uploader alone. */
  readonly found: string;
  constructor(line: number, reason: FileReason, found = '') {
    super(`the file can't be read beyond line ${line}: ${reason}`);
    this.line = line;
    this.reason = reason;
    this.found = found;
  }
}

/** A file's bytes, as they arrive or as they lie in memory. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Bytes that are fed to the parser at once, so that a batch of rows stays small whatever the size of the chunks. */
const AT_ONCE = 64 * 1024;

/**
 * The most bytes of a record of many lines. Since a line has at most 64 kB, a longer record is one whose quote was never closed, and the
 * rest of the file is not to be gathered in memory for it. A header, too, is looked for only within this many bytes of empty lines.
 */
const LONGEST_RECORD = 1024 * 1024;

/** csv-parse holds back fewer bytes than these, so an empty line that it reports began no further back. */
const LOOK_BACK = 16;

const LF = 10;

const CR = 13;

const NOTHING = Buffer.alloc(0);

const SPACE = 32;

const QUOTE = 34;

/** An empty quoted cell and a second quote after it: csv-parse reads on as if the cell began there. */
const QUOTED_TWICE = { other: /""[\t\f\r ]+"/g, tab: /""[\f\r ]+"/g };

/**
 * Reads a CSV file (UTF-8, optional BOM, or UTF-16 with it; header required, LF or CRLF, RFC 4180 quoting; separated as its header is: by
 * commas, `;` or tabs, which a line `sep=;` before it may tell; columns by any of their names, in any order and case; cells trimmed; `="…"`
 * is its text; a quote within an unquoted cell is one of its characters; empty lines are no rows). Yields the rows in batches; all rows
 * before a fault are yielded before it is thrown.
 * @throws FileFault `empty_file`, `spreadsheet_not_csv`, `not_csv`, `not_utf8`, `nul_byte`, `missing_column:<name>`,
 * `duplicate_column:<name>`, `unclosed_quote` (any fault of quoting; the line is that where the record starts), `misplaced_header`,
 * `cr_line_ends`, `line_too_long`
 */
export async function* readCsv<Required extends string, Optional extends string>(
  chunks: Chunks,
  columns: Columns<Required, Optional>,
): AsyncGenerator<CsvRow<Required | Optional>[]> {
  const records = new RecordReader<Required | Optional>(columns);
  const through = { text: new Utf8Bytes(), lines: new LineBreaker(), records };
  for await (const rows of readRecords(chunks, through, AT_ONCE)) if (rows.length > 0) yield rows;
}

/** The stages through which a file's bytes go, one after the other. */
interface Through<Column extends string> {
  readonly text: Utf8Bytes;
  readonly lines: LineBreaker;
  readonly records: RecordReader<Column>;
}

/** The rows of each `atOnce` bytes, even if there are none. */
async function* readRecords<Column extends string>(
  chunks: Chunks,
  { text, lines, records }: Through<Column>,
  atOnce: number,
): AsyncGenerator<CsvRow<Column>[]> {
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += atOnce) {
        yield* records.read(lines.add(text.add(chunk.subarray(at, at + atOnce))));
      }
    }
    yield* records.read(lines.add(text.end()));
    yield* records.read(lines.end());
    yield* records.end();
  } finally {
    records.close();
  }
}

/** A place between two records of a file: the number of bytes before it, and the physical line (from 1) that begins there. */
export interface Mark {
  readonly at: number;
  readonly line: number;
}

/**
 * Reads a CSV file as `readCsv` does and gives, instead of its rows, the places where it may be cut: the first one after
 * the header, then one about every `bytes` bytes, and one after the last record. All records before a fault lie before
 * the last mark.
 * @throws FileFault as `readCsv` does
 */
export async function* markCsv(chunks: Chunks, columns: Columns, bytes: number): AsyncGenerator<Mark> {
  const text = new Utf8Bytes({ remembers: true });
  const lines = new LineBreaker();
  const records = new RecordReader(columns);
  const inFile = ({ at, line }: Mark): Mark => ({
    at: text.placeInFile(Math.min(at + lines.bomBytes, lines.bytes)),
    line,
  });
  let last: Mark | undefined;
  let fault: FileFault | undefined;
  try {
    for await (const _ of readRecords(chunks, { text, lines, records }, Math.min(AT_ONCE, bytes))) {
      if (last === undefined && records.headerEnd) {
        last = records.headerEnd;
        yield inFile(last);
      }
      if (last !== undefined && records.reached.at - last.at >= bytes) {
        last = records.reached;
        yield inFile(last);
      }
      text.forget(records.reached.at);
    }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    fault = error;
  }
  if (last === undefined && records.headerEnd) yield inFile(records.headerEnd);
  if (records.headerEnd && records.reached.at > (last ?? records.headerEnd).at) yield inFile(records.reached);
  if (fault) throw fault;
}

/**
 * Makes rows of blocks of whole lines. It counts lines and leaves out empty ones itself: csv-parse counts the CRLF of
 * a quoted cell twice, and with `trim` takes a line of spaces for an empty one.
 */
class RecordReader<Column extends string> {
  readonly #columns: Columns<Column, Column>;
  #parser: Parser | undefined;
  /** The detector of the separator, and the bytes that are held until it is known. */
  readonly #headerSeparator = new HeaderSeparator(LONGEST_RECORD);
  #head: Buffer[] = [];
  #separator: Separator = ',';
  /** Whether a line before the header has told the separator. */
  #isDeclared = false;
  #header: CsvHeader<Column> | undefined;
  #headerEnd: Mark | undefined;
  #rows: CsvRow<Column>[] = [];
  #fault: FileFault | undefined;
  /** The line where the next record starts, and the number of bytes before it. */
  #line = 1;
  #offset = 0;
  /** The block at hand, the number of bytes before it, and the last of these. */
  #block: Buffer = Buffer.alloc(0);
  #before = 0;
  #tail: Buffer = Buffer.alloc(0);
  #quotes = false;
  /** Whether the next block begins within a quoted cell: it does after an odd number of quotes. */
  #inQuotes = false;

  constructor(columns: Columns<Column, Column>) {
    this.#columns = columns;
  }

  /** The parser that reads the records, made once the separator of their cells is known. */
  #begin(separator: Separator): Parser {
    this.#separator = separator;
    const parser = parse({
      delimiter: separator,
      record_delimiter: ['\r\n', '\n'],
      // A quote within an unquoted cell; with `trim`, anything after a closing quote is a fault all the same.
      relax_quotes: true,
      relax_column_count: true,
      trim: true,
      max_record_size: LONGEST_RECORD,
      on_record: (cells: string[], context) => {
        // csv-parse makes an error, with its stack, of each record whose number of cells differs from the first one's. If it has counted
        // none, every record is the first.
        (parser.info as { records: number }).records = 0;
        if (this.#fault === undefined) this.#record(cells, context.bytes);
        return null;
      },
    });
    // Errors are taken where they arise: at the callbacks of write and end.
    parser.on('error', () => {});
    this.#parser = parser;
    return parser;
  }

  /** The rows of the next lines; then the fault of a record, or else of the lines. */
  async *read({ block: lines, fault }: Lines): AsyncGenerator<CsvRow<Column>[]> {
    yield* this.#read(this.#parser ? lines : this.#separated(lines, fault !== undefined), fault);
  }

  /** The first lines, once the separator of cells is known; nothing before that. */
  #separated(lines: Buffer, isLast: boolean): Buffer {
    this.#head.push(lines);
    const separator = this.#headerSeparator.add(lines) ?? (isLast ? this.#headerSeparator.known() : undefined);
    if (separator === undefined) return NOTHING;
    this.#begin(separator);
    const head = Buffer.concat(this.#head);
    this.#head = [];
    return head;
  }

  async *#read(lines: Buffer, fault: Lines['fault']): AsyncGenerator<CsvRow<Column>[]> {
    const quotedTwice = this.#quotedTwice(lines);
    const block = lines.subarray(0, quotedTwice);
    if (block.length > 0) {
      this.#enter(block);
      this.#settle(await new Promise((done) => this.#parser?.write(block, done)));
    }
    // csv-parse looks some bytes ahead: what it holds back is either whole records, or the beginning of a quoted cell whose end nobody has
    // seen.
    if (fault !== undefined || quotedTwice !== undefined) this.#settle(await this.#finish(), { quoteMayBeOpen: true });
    if (quotedTwice !== undefined) this.#fault ??= new FileFault(this.#line, 'unclosed_quote');
    yield* this.#give();
    if (fault !== undefined) throw new FileFault(fault.line, fault.reason);
  }

  /** The place where the next record starts; its bytes are those of the lines, without the byte order mark. */
  get reached(): Mark {
    return { at: this.#offset, line: this.#line };
  }

  /** The place where the record after the header starts, once the header has been read. */
  get headerEnd(): Mark | undefined {
    return this.#headerEnd;
  }

  /** The last rows of the file. */
  async *end(): AsyncGenerator<CsvRow<Column>[]> {
    if (this.#parser === undefined) yield* this.#read(this.#separated(NOTHING, true), undefined);
    this.#settle(await this.#finish());
    if (this.#header === undefined) this.#fault ??= new FileFault(1, 'empty_file');
    yield* this.#give();
  }

  close(): void {
    this.#parser?.destroy();
  }

  #finish(): Promise<Error | null | undefined> {
    return new Promise((done) => this.#parser?.end(done));
  }

  #enter(block: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, this.#block.subarray(-LOOK_BACK)]).subarray(-LOOK_BACK);
    this.#before += this.#block.length;
    this.#block = block;
    this.#quotes ||= block.includes('"');
  }

  /** The place where the line begins that quotes a cell a second time, after an empty one; undefined if there is none. */
  #quotedTwice(block: Buffer): number | undefined {
    let seen = 0;
    let closed = -1;
    // A quote right after a closing one goes on with the cell.
    const opens = (at: number) => (at > 0 && at - 1 === closed) || this.#isCellStart(block, at);
    const quotedBefore = (end: number): boolean => {
      for (let at = block.indexOf(QUOTE, seen); at >= 0 && at < end; at = block.indexOf(QUOTE, at + 1))
        if (this.#inQuotes) {
          this.#inQuotes = false;
          closed = at;
        } else this.#inQuotes = opens(at);
      seen = end;
      return this.#inQuotes;
    };
    if (block.includes('""')) {
      const pattern = QUOTED_TWICE[this.#separator === '\t' ? 'tab' : 'other'];
      // Within a quoted cell, two quotes are one that belongs to it.
      for (const { index } of block.toString('latin1').matchAll(pattern))
        if (!quotedBefore(index) && opens(index)) return block.lastIndexOf('\n', index) + 1;
    }
    quotedBefore(block.length);
    return undefined;
  }

  /** Whether a cell begins at this place of the block, which begins with a line: elsewhere a quote is one of a cell's characters. */
  #isCellStart(block: Buffer, place: number): boolean {
    const separator = this.#separator.charCodeAt(0);
    const ends = (byte: number | undefined) => byte === undefined || byte === LF || byte === separator;
    const mayBeBlank = (byte: number) => byte <= SPACE || byte >= 0x80;
    let at = place - 1;
    while (!ends(block[at]) && mayBeBlank(block[at] as number)) at--;
    return ends(block[at]) && block.toString('utf8', at + 1, place).trim() === '';
  }

  #settle(error: Error | null | undefined, { quoteMayBeOpen = false } = {}): void {
    if (error === null || error === undefined || this.#fault !== undefined) return;
    if (!(error instanceof CsvError)) throw error;
    if (quoteMayBeOpen && error.code === 'CSV_QUOTE_NOT_CLOSED') return;
    // csv-parse's messages hold cells, so they go no further.
    this.#fault = new FileFault(this.#line, 'unclosed_quote');
  }

  *#give(): Generator<CsvRow<Column>[]> {
    const rows = this.#rows;
    this.#rows = [];
    yield rows;
    if (this.#fault !== undefined) throw this.#fault;
  }

  #record(cells: string[], end: number): void {
    const line = this.#line;
    const start = this.#offset;
    const empty = cells.length === 1 && cells[0] === '' && this.#isEmptyLine(end);
    this.#line = line + 1 + (this.#quotes ? lineBreaksIn(cells) : 0);
    this.#offset = end;
    if (empty) {
      if (this.#header === undefined && end > LONGEST_RECORD) this.#fault = new FileFault(1, 'empty_file');
      return;
    }
    if (this.#header === undefined && !this.#isDeclared && isDeclaration(cells, this.#separator)) {
      this.#isDeclared = true;
      return;
    }
    const read = this.#header?.read(line, cells, this.#line === line + 1) ?? 'header';
    if (read === 'header') this.#take(line, cells);
    else if (read === 'misplaced_header') {
      // Nothing is taken of this line: pieces of a file end before it.
      this.#line = line;
      this.#offset = start;
      this.#fault = new FileFault(line, 'misplaced_header');
    } else this.#rows.push(read);
  }

  /** Takes the header by which the records beneath it are read. */
  #take(line: number, cells: readonly string[]): void {
    this.#header = new CsvHeader(this.#columns, this.#separator, cells);
    const { fault } = this.#header;
    if (fault !== undefined) this.#fault = new FileFault(line, fault.reason, fault.found);
    this.#headerEnd ??= this.reached;
  }

  /** Whether the record that ends at byte `end` is LF or CRLF and nothing else. */
  #isEmptyLine(end: number): boolean {
    if (end - this.#offset !== 2) return end - this.#offset === 1;
    const at = this.#offset - this.#before;
    return (at < 0 ? this.#tail.at(at) : this.#block[at]) === CR;
  }
}

function lineBreaksIn(cells: readonly string[]): number {
  let breaks = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) breaks++;
  }
  return breaks;
}
