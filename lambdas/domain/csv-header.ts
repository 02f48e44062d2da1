/**
 * The header of a CSV file, and what it makes of the records beneath it: a row, the header of another file that was joined to this one, or one
 * that can't be read as such.
 */
import { BesideColumns, type NamingOne } from './beside-columns.ts';
import { ColumnTotals, isCalledTotal, mayCallTotal } from './column-totals.ts';
import { WRITTEN_DAYS } from './days.ts';
import { BEGINS_LIKE_DAY, columnNamed, dayIfCalled } from './headers.ts';
import { luhnDigit } from './imeis.ts';
import type { FileReason, RowReason } from './reasons.ts';
import type { Separator } from './separators.ts';
import { seenOf } from './unseen.ts';

/** The columns that a kind of file has, in lower case. */
export interface Columns<Required extends string = string, Optional extends string = string>
  extends NamingOne<Required, Optional> {
  readonly optional: readonly Optional[];
  /** Optional columns of which a header must have at least one. */
  readonly oneOf?: readonly Optional[];
  /** Whether files of this kind are joined from several, each with its header: a header in the middle counts for the rows after it. */
  readonly joined?: boolean;
  /**
   * The column of a day in whose place, where it is empty, that of the upload counts: what stands in a column of nearly its name must not be
   * left out unsaid.
   */
  readonly dayIn?: Optional;
  /** Whether rows have the cells of other columns, too, by which a file may show that it is of another kind. */
  readonly withOthers?: boolean;
  /** Whether the last rows may be totals of that column, which would pass for handsets. */
  readonly mayHaveTotal?: boolean;
  /** Other names of the columns, as the file's writer uses them and `columnNamed` returns them: the name, and the column. */
  readonly ownNames?: ReadonlyMap<string, string>;
  /** Rewrites a column's cell in the agreed form; a cell that it can't read stays as it is. */
  readonly rewrite?: (column: string, cell: string) => string;
}

/** The reasons for which no cell of a row is read: the whole row says that it isn't what it seems. */
type UnreadReason = RowReason & ('wrong_cell_count' | 'column_total' | 'second_handset' | 'second_number');

/**
 * A row: the physical line (from 1) where its record starts, and the trimmed cell of each column asked for ('' where
 * the column is absent); or the reason why it isn't read, and its cells joined by commas.
 */
export type CsvRow<Column extends string = string> =
  | {
      readonly line: number;
      readonly cells: Readonly<Record<Column, string>>;
      /** The filled cells of columns that are called nearly as that of the row's day, where the header has such columns. */
      readonly otherDays?: readonly string[];
      /** The trimmed cells of the columns that aren't asked for, where the file is read with them. */
      readonly others?: readonly string[];
    }
  | { readonly line: number; readonly reason: UnreadReason; readonly text: string };

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

/** A run of as many digits as a handset has, of any script, or what a spreadsheet leaves of one. */
const HANDSET_IN_HEADER = /\p{Nd}{14}|\p{Nd}e\+\p{Nd}/iu;

/** A handset in groups, as a whole IMEI has it, or of today's models. */
const isGrouped = (digits: string): boolean =>
  (digits.length === 15 && digits.endsWith(luhnDigit(digits.slice(0, -1)))) || /^(?:35|86|99)[0-9]{12}$/.test(digits);

/** What names somebody within rows: ten digits in a run, a preview's SHA-256, or a row's reference. */
const RUN_IN_ROWS = /\p{Nd}{10}|[0-9a-f]{64}|[a-z0-9](?:-[0-9]+){4}-[0-9](?![0-9])/iu;

/** Digits with what may stand between those of a handset. */
const DIGITS_APART = /\p{Nd}[\p{Nd}\p{Zs}\-/.]*/gu;

/** Digits within rows, without what parts them, that are a number, or at least as many as a handset has. */
const DIGITS_IN_ROWS = /^(?:(?:91|0)?[6-9]\p{Nd}{9}|\p{Nd}{14,})$/u;

/**
 * Whether somebody stands in a cell of a header, beside whatever else. In one line that is a handset. In several it may be rows, of which a
 * quote that opens in a name and closes later, or never, makes one name: so also a number, a reference or a preview's SHA-256. Days are part
 * of honest names, and so are the numbers of files and offices.
 */
function mayHoldRow(cell: string): boolean {
  if (namesSomebody(cell) || HANDSET_IN_HEADER.test(cell)) return true;
  const apart = cell.replaceAll(WRITTEN_DAYS, '|').match(DIGITS_APART) ?? [];
  const digits = apart.map((text) => text.replaceAll(SIGNS, ''));
  if (!ANY_LINE_END.test(cell)) return digits.some(isGrouped);
  return RUN_IN_ROWS.test(cell) || digits.some((one) => DIGITS_IN_ROWS.test(one));
}

/** The columns by which rows say whom or what they are about. */
const KEY_COLUMNS: ReadonlySet<string> = new Set(['imei', 'msisdn', 'reference', 'preview', 'key']);

/** Whether a cell could be a number, a handset, a reference, a preview's SHA-256 or a key: it has digits, and no blank. */
function namesOne(cell: string): boolean {
  return namesSomebody(cell) || /^(?:[^\s\d]*\d){5,}[^\s\d]*$/.test(cell.trim());
}

/** A preview's SHA-256, or a row's reference. */
const HASH_OR_REFERENCE = /^(?:[0-9a-f]{64}|.*[a-z0-9](?:-[0-9]+){4}-[0-9])$/i;

/**
 * Whether a cell that need not stand in the place of a number or a handset is one all the same: a day, a time or a case's number behind a note of
 * several lines stands as far from its beginning as an identifier from that of a row.
 */
function namesPlainly(cell: string): boolean {
  return namesSomebody(cell.replaceAll(WRITTEN_DAYS, '|')) || HASH_OR_REFERENCE.test(cell.trim());
}

/** Whether a cell may be a column's name: names begin with a letter, behind characters that nobody sees, and identifiers don't. */
const mayBeName = (cell: string): boolean => !/^[\s"'=+]*\d/.test(cell);

/** The formula by which spreadsheets are made to take digits for a text. */
const FORMULA_OF_TEXT = /^="([^"]*)"$/;

/** A cell's text: without blanks around it, and without the `="` and `"` of a spreadsheet's text. */
function textOf(cell: string): string {
  const trimmed = cell.trim();
  return trimmed.startsWith('="') ? trimmed.replace(FORMULA_OF_TEXT, '$1').trim() : trimmed;
}

/** The place of each column asked for among a row's cells; -1 if the header lacks it. */
type Places<Column extends string> = readonly { readonly column: Column; readonly at: number }[];

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

/** A header, and which of its columns stand where. */
export class CsvHeader<Column extends string> {
  /** The reason why the file can't be read by this header, with the header as it may be told back; undefined where it can be. */
  readonly fault: { readonly reason: FileReason; readonly found?: string } | undefined;
  readonly #columns: Columns<Column, Column>;
  readonly #separator: Separator;
  readonly #width: number;
  readonly #places: Places<Column>;
  /** A row's cells before any is read: those of the columns that the header lacks stay so. */
  readonly #unread: Readonly<Record<Column, string>>;
  /** The place of the handsets' column, and its totals where the file may have some. */
  readonly #handset: number;
  readonly #totals: ColumnTotals | undefined;
  /** The places of columns that may have the rows' day under another name, and what cells there look like one. */
  readonly #otherDays: readonly { readonly at: number; readonly isDay: RegExp }[];
  /** The places of the columns that aren't asked for, where the file is read with them. */
  readonly #others: readonly number[];
  /** The places where another handset or number may stand than the row's own. */
  readonly #beside: BesideColumns;

  constructor(columns: Columns<Column, Column>, separator: Separator, cells: readonly string[]) {
    this.#columns = columns;
    this.#separator = separator;
    this.#width = cells.length;
    const { required, optional } = columns;
    const names = this.#namesIn(cells);
    this.#places = [...required, ...optional].map((column) => ({ column, at: names.indexOf(column) }));
    const unread = this.#places.map(({ column }) => [column, columns.rewrite?.(column, '') ?? '']);
    this.#unread = Object.fromEntries(unread) as Record<Column, string>;
    this.#handset = names.indexOf('imei');
    if (columns.mayHaveTotal === true) this.#totals = new ColumnTotals();
    this.#otherDays = names.flatMap((name, at) => {
      if (columns.dayIn === undefined || this.#isAsked(name)) return [];
      // Where the name of the day's column was written over two, the second has none.
      const isSharing = name === '' && names[at - 1] === columns.dayIn;
      const isDay = isSharing ? BEGINS_LIKE_DAY : dayIfCalled(name);
      return isDay === undefined ? [] : [{ at, isDay }];
    });
    const unknown = names.flatMap((name, at) => (this.#isAsked(name) ? [] : [at]));
    this.#others = columns.withOthers === true ? unknown : [];
    this.fault = this.#faultOf(cells, names);
    // A name may be a whole sheet, of which a quote opens in a name.
    this.#beside = new BesideColumns(columns, names, this.fault === undefined ? unknown : [], cells);
  }

  /**
   * Reads a record beneath the header: a row, another header that counts for the rows beneath it, or a misplaced one, by which those could not be
   * read.
   * @param isOneLine whether no cell has a line break
   */
  read(line: number, cells: readonly string[], isOneLine: boolean): CsvRow<Column> | 'header' | 'misplaced_header' {
    const { joined = false, rewrite } = this.#columns;
    const hasIdentifier = cells.some(namesSomebody);
    if (joined && !hasIdentifier && this.#isHeaderAgain(cells)) return 'header';
    if (this.#isMisplacedHeader(cells, hasIdentifier)) return 'misplaced_header';
    const reason = this.#reasonOf(cells, isOneLine);
    if (reason !== undefined) return { line, reason, text: cells.map(textOf).join(',') };
    const row: Record<Column, string> = { ...this.#unread };
    for (const { column, at } of this.#places) {
      if (at < 0) continue;
      const cell = textOf(cells[at] as string);
      row[column] = rewrite ? rewrite(column, cell) : cell;
    }
    if (this.#others.length > 0)
      return { line, cells: row, others: this.#others.map((at) => textOf(cells[at] as string)) };
    return this.#otherDays.length === 0 ? { line, cells: row } : { line, cells: row, otherDays: this.#daysIn(cells) };
  }

  /** The cells of a row that may be its day under another name, in the agreed form if they are in the writer's own. */
  #daysIn(cells: readonly string[]): string[] {
    const { dayIn = '', rewrite } = this.#columns;
    return this.#otherDays
      .map(({ at, isDay }) => ({ cell: textOf(cells[at] as string), isDay }))
      .filter(({ cell, isDay }) => isDay.test(seenOf(cell)))
      .map(({ cell }) => rewrite?.(dayIn, cell) ?? cell);
  }

  /** Whether a column is one of those that are asked for. */
  #isAsked(name: string): boolean {
    const { required, optional } = this.#columns;
    return [...required, ...optional].some((column) => column === name);
  }

  /** The reason why no cell of a record is read. */
  #reasonOf(cells: readonly string[], isOneLine: boolean): UnreadReason | undefined {
    // Whatever becomes of a row, a total below it counts its handset.
    const isTotal = this.#totals?.isTotal(textOf(cells[this.#handset] ?? ''));
    if (cells.length !== this.#width || (!isOneLine && this.#hasRowWithin(cells))) return 'wrong_cell_count';
    const mayBeTotal = this.#totals !== undefined && cells.some(mayCallTotal);
    const besideHandset = () => cells.filter((_, at) => at !== this.#handset).map(textOf);
    if (isTotal || (mayBeTotal && isCalledTotal(besideHandset()))) return 'column_total';
    return this.#beside.reasonOf((place) => textOf(cells[place] as string));
  }

  #faultOf(cells: readonly string[], names: readonly string[]): CsvHeader<Column>['fault'] {
    const { required, optional, oneOf = [] } = this.#columns;
    const hasNone = !oneOf.some((column) => names.includes(column));
    const lacking = required.find((column) => !names.includes(column)) ?? (hasNone ? oneOf[0] : undefined);
    // A row that is read as a header without rows would let a withdrawal of one handset take back its whole report.
    const missing = cells.some(mayHoldRow) ? (lacking ?? required[0] ?? oneOf[0]) : lacking;
    const twice = [...required, ...optional].find((column) => names.indexOf(column) !== names.lastIndexOf(column));
    if (cells.some((cell) => LONE_CR.test(textOf(cell)))) return { reason: 'cr_line_ends' };
    if (missing !== undefined) return { reason: `missing_column:${missing}`, found: headerFound(cells) };
    return twice === undefined ? undefined : { reason: `duplicate_column:${twice}` };
  }

  /** Whether a record that names nobody is the header of another file that was joined to this one: no row has names of columns for its cells. */
  #isHeaderAgain(cells: readonly string[]): boolean {
    const { required, oneOf = required } = this.#columns;
    const names = this.#namesIn(cells);
    return required.every((column) => names.includes(column)) && oneOf.some((column) => names.includes(column));
  }

  /**
   * Whether a record is, or ends in, a header in the middle of a file that can't be read as one: the file before it had no line end, a
   * column has another name, or the file is of a kind that has one header, and the columns have changed their places. The rows beneath it
   * would be read by the columns of the header before.
   */
  #isMisplacedHeader(cells: readonly string[], hasIdentifier: boolean): boolean {
    // Nearly all rows are such, so no more is looked at.
    if (hasIdentifier && cells.length === this.#width) return false;
    const { joined = false, required, optional, oneOf = [] } = this.#columns;
    const keys: readonly string[] = [...required, ...oneOf];
    if (cells.length === this.#width) {
      if (!joined) return this.#isHeaderAgain(cells) && this.#haveMoved(keys, cells);
      return this.#places.some(({ column, at }) => {
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
  #haveMoved(columns: readonly string[], cells: readonly string[]): boolean {
    const names = this.#namesIn(cells);
    return this.#places.some(({ column, at }) => columns.includes(column) && names[at] !== column);
  }

  /**
   * Whether a record is several rows: a quote that stands alone in a cell, or begins a note, opens a cell in one row, and another quote closes
   * it in a later row. The cell then holds the end of the first row, the rows between, and the beginning of the last one.
   */
  #hasRowWithin(cells: readonly string[]): boolean {
    const keys = this.#places.flatMap(({ column, at }) => (KEY_COLUMNS.has(column) && at >= 0 ? [at] : []));
    return cells.some((cell, at) => {
      const [first, ...between] = cell.split('\n').map((part) => part.split(this.#separator));
      const last = between.pop();
      if (first === undefined || last === undefined || cells.length < 2) return false;
      const isWhole = (row: readonly string[]) => row.length === cells.length || row.join('').trim() === '';
      const areWhole = first.length === cells.length - at && last.length === at + 1 && between.every(isWhole);
      // Two quotes for "the same as above" say nothing else. Elsewhere a row within names somebody, which no second line of a note does.
      if (areWhole && first[0]?.trim() === '' && last.at(-1)?.trim() === '') return true;
      const namesOneIn = (row: readonly string[]) => {
        const names = row.length < cells.length ? namesPlainly : namesOne;
        return row.length > 1 && keys.some((key) => key !== at && names(row[key] ?? ''));
      };
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
  #namesIn(cells: readonly string[]): string[] {
    return cells.map((cell) => {
      const name = columnNamed(textOf(cell));
      return this.#columns.ownNames?.get(name) ?? name;
    });
  }
}
