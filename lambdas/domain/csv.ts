/**
 * The one CSV reader. It streams: it holds at most one line, one record and one batch of rows, and gives the same rows and the same
 * fault however the bytes are cut into chunks.
 */
import { CsvError, type Parser, parse } from 'csv-parse';
import { Utf8Bytes } from './encodings.ts';
import { columnNamed } from './headers.ts';
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

/** The columns that a kind of file has, in lower case. */
export interface Columns<Required extends string = string, Optional extends string = string> {
  readonly required: readonly Required[];
  readonly optional: readonly Optional[];
  /** Optional columns of which a header must have at least one. */
  readonly oneOf?: readonly Optional[];
  /** Whether files of this kind are joined from several, each with its header: a header in the middle counts for the rows after it. */
  readonly joined?: boolean;
  /** Other names of the columns, as the file's writer uses them and `columnNamed` returns them: the name, and the column. */
  readonly ownNames?: ReadonlyMap<string, string>;
  /** Rewrites a column's cell in the agreed form; a cell that it can't read stays as it is. */
  readonly rewrite?: (column: string, cell: string) => string;
}

/**
 * A row: the physical line (from 1) where its record starts, and the trimmed cell of each column asked for ('' where
 * the column is absent); or, with more or fewer cells than the header, its cells joined by commas.
 */
export type CsvRow<Column extends string = string> =
  | { readonly line: number; readonly cells: Readonly<Record<Column, string>> }
  | { readonly line: number; readonly wrongCellCount: string };

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

/** Digits of any script that may be a number, a handset, or several of them, also as spreadsheets spoil them. */
const IDENTIFIER = /^(?:\p{Nd}{10,}|\p{Nd}+e\p{Nd}+)$/u;

/** Characters that may stand in and around an identifier. */
const SIGNS = /[\s\p{P}\p{S}\p{C}]/gu;

/** Every line end that some program writes: in a file with another program's line ends the first row stands behind the last name. */
const ANY_LINE_END = /[\n\r\v\f\u0085\u2028\u2029]/;

/** A lone CR within a name: the lines end in CR alone, and the first rows were read as names. */
const LONE_CR = /\r(?!\n)/;

/** A number or a handset as nearly every row has it. */
const PLAIN_IDENTIFIER = /^\+?[0-9]{10,}$/;

/** Whether a number or a handset stands in a cell, also behind another line end: no header has one, unless its first row was written behind the names. */
function namesSomebody(cell: string): boolean {
  if (PLAIN_IDENTIFIER.test(cell)) return true;
  return [cell, ...cell.split(ANY_LINE_END)].some((text) => IDENTIFIER.test(text.toLowerCase().replaceAll(SIGNS, '')));
}

/** The columns by which rows say whom or what they are about. */
const KEY_COLUMNS: ReadonlySet<string> = new Set(['imei', 'msisdn', 'reference', 'preview', 'key']);

/** Whether a cell could be a number, a handset, a reference, a preview's SHA-256 or a key: it has digits, and no blank. */
function namesOne(cell: string): boolean {
  return namesSomebody(cell) || /^(?:[^\s\d]*\d){5,}[^\s\d]*$/.test(cell.trim());
}

/** Whether a cell may be a column's name: names begin with a letter, behind characters that nobody sees, and identifiers don't. */
const mayBeName = (cell: string): boolean => !/^[\s"'=+]*\d/.test(cell);

/** An empty quoted cell and a second quote after it: csv-parse reads on as if the cell began there. */
const QUOTED_TWICE = { other: /""[\t\f\r ]+"/g, tab: /""[\f\r ]+"/g };

/** The formula by which spreadsheets are made to take digits for a text. */
const FORMULA_OF_TEXT = /^="([^"]*)"$/;

/** A cell's text: without blanks around it, and without the `="` and `"` of a spreadsheet's text. */
function textOf(cell: string): string {
  const trimmed = cell.trim();
  return trimmed.startsWith('="') ? trimmed.replace(FORMULA_OF_TEXT, '$1').trim() : trimmed;
}

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

/** The place of each column asked for among a row's cells; -1 if the header lacks it. */
type Places<Column extends string> = readonly { readonly column: Column; readonly at: number }[];

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
  #places: Places<Column> | undefined;
  #headerEnd: Mark | undefined;
  #width = 0;
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
    if (this.#places === undefined) this.#fault ??= new FileFault(1, 'empty_file');
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
      if (this.#places === undefined && end > LONGEST_RECORD) this.#fault = new FileFault(1, 'empty_file');
      return;
    }
    const { joined = false } = this.#columns;
    const hasIdentifier = this.#places !== undefined && cells.some(namesSomebody);
    if (this.#places === undefined) {
      if (!this.#isDeclared && isDeclaration(cells, this.#separator)) this.#isDeclared = true;
      else this.#header(line, cells);
    } else if (joined && !hasIdentifier && this.#isHeaderAgain(cells)) {
      this.#header(line, cells);
    } else if (this.#isSpoiltHeader(cells, hasIdentifier)) {
      // Nothing is taken of this line: pieces of a file end before it.
      this.#line = line;
      this.#offset = start;
      this.#fault = new FileFault(line, 'misplaced_header');
    } else if (cells.length !== this.#width || (this.#line > line + 1 && this.#hasRowWithin(cells))) {
      this.#rows.push({ line, wrongCellCount: cells.map(textOf).join(',') });
    } else {
      const row = {} as Record<Column, string>;
      const { rewrite } = this.#columns;
      for (const { column, at } of this.#places) {
        const cell = at < 0 ? '' : textOf(cells[at] as string);
        row[column] = rewrite ? rewrite(column, cell) : cell;
      }
      this.#rows.push({ line, cells: row });
    }
  }

  /** Whether the record that ends at byte `end` is LF or CRLF and nothing else. */
  #isEmptyLine(end: number): boolean {
    if (end - this.#offset !== 2) return end - this.#offset === 1;
    const at = this.#offset - this.#before;
    return (at < 0 ? this.#tail.at(at) : this.#block[at]) === CR;
  }

  /** Whether a record that names nobody is the header of another file that was joined to this one: no row has names of columns for its cells. */
  #isHeaderAgain(cells: string[]): boolean {
    const { required, oneOf = required } = this.#columns;
    const names = this.#namesIn(cells);
    return required.every((column) => names.includes(column)) && oneOf.some((column) => names.includes(column));
  }

  /**
   * Whether a record is, or ends in, a header in the middle of a file that can't be read as one: the file before it had no line end, a
   * column has another name, or the file is of a kind that has one header, and the columns have changed their places. The rows beneath it
   * would be read by the columns of the header before.
   */
  #isSpoiltHeader(cells: string[], hasIdentifier: boolean): boolean {
    // Nearly all rows are such, so no more is looked at.
    if (hasIdentifier && cells.length === this.#width) return false;
    const { joined = false, required, optional, oneOf = [] } = this.#columns;
    const keys: readonly string[] = [...required, ...oneOf];
    const places = this.#places ?? [];
    if (cells.length === this.#width) {
      if (!joined) return this.#isHeaderAgain(cells) && this.#haveMoved(keys, cells);
      return places.some(({ column, at }) => {
        const cell = keys.includes(column) ? cells[at] : undefined;
        return cell !== undefined && mayBeName(cell) && keys.includes(this.#namesIn([cell])[0] ?? '');
      });
    }
    // In a file that has one header, rows of another width are rejects.
    if (!joined) return false;
    const names = this.#namesIn(cells);
    if (!names.some((name) => keys.includes(name))) return false;
    if (!hasIdentifier) return true;
    // The first name of such a header stands behind the last cell of the row before it.
    const known: readonly string[] = [...required, ...optional, ...KEY_COLUMNS];
    const isGlued = (name: string) => !known.includes(name) && known.some((column) => name.endsWith(column));
    return names.filter((name) => known.includes(name)).length > 1 || names.some(isGlued);
  }

  /** Whether another header has some of these columns elsewhere. The same one again, as on each page of a print, names nobody and is a row. */
  #haveMoved(columns: readonly string[], cells: string[]): boolean {
    const names = this.#namesIn(cells);
    return (this.#places ?? []).some(({ column, at }) => columns.includes(column) && names[at] !== column);
  }

  /**
   * Whether a record is several rows: a quote that stands alone in a cell, or begins a note, opens a cell in one row, and another quote closes
   * it in a later row. The cell then holds the end of the first row, the rows between, and the beginning of the last one.
   */
  #hasRowWithin(cells: readonly string[]): boolean {
    const keys = (this.#places ?? []).flatMap(({ column, at }) => (KEY_COLUMNS.has(column) && at >= 0 ? [at] : []));
    return cells.some((cell, at) => {
      const [first, ...between] = cell.split('\n').map((part) => part.split(this.#separator));
      const last = between.pop();
      if (first === undefined || last === undefined || cells.length < 2) return false;
      const isWhole = (row: readonly string[]) => row.length === cells.length || row.join('').trim() === '';
      const areWhole = first.length === cells.length - at && last.length === at + 1 && between.every(isWhole);
      // Two quotes for "the same as above" say nothing else. Elsewhere a row within names somebody, which no second line of a note does.
      if (areWhole && first[0]?.trim() === '' && last.at(-1)?.trim() === '') return true;
      const namesOneIn = (row: readonly string[]) =>
        row.length > 1 && keys.some((key) => key !== at && namesOne(row[key] ?? ''));
      // A row within may have more cells than the header, if its own note has a separator, or fewer. The first and the last row share the
      // cells of the record: it is two only if each of them names somebody.
      const ends = [
        [...cells.slice(0, at), '', ...first.slice(1)],
        [...last.slice(0, -1), '', ...cells.slice(at + 1)],
      ];
      return between.some(namesOneIn) || ends.every(namesOneIn);
    });
  }

  /** The columns that a header's cells stand for. */
  #namesIn(cells: string[]): string[] {
    return cells.map((cell) => {
      const name = columnNamed(textOf(cell));
      return this.#columns.ownNames?.get(name) ?? name;
    });
  }

  #header(line: number, cells: string[]): void {
    const { required, optional, oneOf = [] } = this.#columns;
    const names = this.#namesIn(cells);
    const hasNone = !oneOf.some((column) => names.includes(column));
    const lacking = required.find((column) => !names.includes(column)) ?? (hasNone ? oneOf[0] : undefined);
    // A row that is read as a header without rows would let a withdrawal of one handset take back its whole report.
    const missing = cells.some(namesSomebody) ? (lacking ?? required[0] ?? oneOf[0]) : lacking;
    const twice = [...required, ...optional].find((column) => names.indexOf(column) !== names.lastIndexOf(column));
    if (cells.some((cell) => LONE_CR.test(textOf(cell)))) this.#fault = new FileFault(line, 'cr_line_ends');
    else if (missing !== undefined) this.#fault = new FileFault(line, `missing_column:${missing}`, headerFound(cells));
    else if (twice !== undefined) this.#fault = new FileFault(line, `duplicate_column:${twice}`);
    this.#headerEnd ??= this.reached;
    this.#width = cells.length;
    this.#places = [...required, ...optional].map((column) => ({ column, at: names.indexOf(column) }));
  }
}

/** The most characters of a header that are told back. */
const LONGEST_FOUND = 200;

/** A header as it may be told back: '' if it holds enough digits to be a row without a header. */
function headerFound(cells: readonly string[]): string {
  const header = cells.map(textOf).join(',');
  // Commas may part thousands.
  const isNamesOnly =
    !/[0-9]{5}/.test(header.replaceAll(/[^\p{L}0-9]/gu, '')) && !/\p{N}/u.test(header.replaceAll(/[0-9]/g, ''));
  return isNamesOnly
    ? header
        .replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, ' ')
        // A formula that stands behind a blank is a formula all the same.
        .trim()
        .slice(0, LONGEST_FOUND)
        .toWellFormed()
    : '';
}

function lineBreaksIn(cells: readonly string[]): number {
  let breaks = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) breaks++;
  }
  return breaks;
}
