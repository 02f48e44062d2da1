/** Directions: how rows are cut into them, how their rows are kept, and what an operator is sent. */
import { csvLine } from './csv.ts';
import { type Day, type Instant, isDay } from './days.ts';
import { type Imei, imeiOut, isImei, isMsisdn, type Msisdn } from './identifiers.ts';
import { type DirectionKind, type OrderColumn, rulesOf } from './kinds.ts';
import { BadWorkLine, tabbedCells, tabbedLine } from './tabbed.ts';

/** A connection to re-verify; handset, day and licensed service area (may be '') are those of its newest sighting. */
export interface ReverifyRow {
  readonly msisdn: Msisdn;
  readonly imei: Imei;
  readonly lastSeen: Day;
  readonly lsa: string;
}

/** A handset to block. */
export interface BlockRow {
  readonly imei: Imei;
}

/** The row of each kind of direction. */
export interface DirectionRows {
  readonly reverify: ReverifyRow;
  readonly block: BlockRow;
}

export type DirectionRow = DirectionRows[DirectionKind];

/**
 * Cuts rows into as few pieces as hold at most `most` rows each. Their sizes differ by one at most, the order is kept,
 * and no rows give no pieces.
 * @param most at least 1
 * @throws RangeError
 */
export function cutEvenly<Row>(rows: readonly Row[], most: number): Row[][] {
  return evenRuns(rows.length, most).map(({ first, count }) => rows.slice(first, first + count));
}

/** Rows `first` (from 0) and after it, `count` of them. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/**
 * Where `rows` rows are cut into as few pieces as hold at most `most` each, which differ by one at most.
 * @param most at least 1
 * @throws RangeError
 */
export function evenRuns(rows: number, most: number): Run[] {
  if (!(Number.isInteger(most) && most >= 1)) throw new RangeError('a piece holds at least one row');
  const pieces = Math.ceil(rows / most);
  const start = (n: number) => Math.floor((n * rows) / pieces);
  return Array.from({ length: pieces }, (_, n) => ({ first: start(n), count: start(n + 1) - start(n) }));
}

/** A direction's row as one line of its rows file, without its LF. Line n (from 0) is row n of the ledger. */
export function directionRowLine<Kind extends DirectionKind>(kind: Kind, row: DirectionRows[Kind]): string {
  return tabbedLine(rowForms[kind].write(row));
}

/** Whom a row is about, and the day of the newest sighting that its plan knew; null for handsets. */
export interface RowSubject {
  readonly identifier: Msisdn | Imei;
  readonly lastSeen: Day | null;
}

interface RowForm<Row> {
  write(row: Row): string[];
  read(cells: readonly string[]): Row;
  about(row: Row): RowSubject;
}

const rowForms: { readonly [Kind in DirectionKind]: RowForm<DirectionRows[Kind]> } = {
  reverify: {
    write: ({ msisdn, imei, lastSeen, lsa }) => [msisdn, imei, lastSeen, lsa],
    read: (cells) => {
      const [msisdn, imei, lastSeen, lsa] = cells;
      const isRow = cells.length === 4 && isMsisdn(msisdn) && isImei(imei) && isDay(lastSeen) && lsa !== undefined;
      if (!isRow) throw new BadWorkLine('a re-verification row is a number, a handset, a day and an area');
      return { msisdn, imei, lastSeen, lsa };
    },
    about: ({ msisdn, lastSeen }) => ({ identifier: msisdn, lastSeen }),
  },
  block: {
    write: ({ imei }) => [imei],
    read: (cells) => {
      const [imei] = cells;
      if (cells.length !== 1 || !isImei(imei)) throw new BadWorkLine('a block row is a handset');
      return { imei };
    },
    about: ({ imei }) => ({ identifier: imei, lastSeen: null }),
  },
};

/**
 * Reads a line that `directionRowLine` made.
 * @throws BadWorkLine for a line with more or fewer cells
 */
export function parseDirectionRowLine<Kind extends DirectionKind>(kind: Kind, line: string): DirectionRows[Kind] {
  return rowForms[kind].read(tabbedCells(line));
}

/**
 * Whom a line that `directionRowLine` made is about.
 * @throws BadWorkLine for a line with more or fewer cells
 */
export function subjectOfLine<Kind extends DirectionKind>(kind: Kind, line: string): RowSubject {
  const form: RowForm<DirectionRows[Kind]> = rowForms[kind];
  return form.about(form.read(tabbedCells(line)));
}

/** A cell of an order's row. IMEIs go out in 15 digits. */
const orderCells: Readonly<Record<OrderColumn, (row: DirectionRow, reason: string, deadline: Instant) => string>> = {
  msisdn: (row) => ('msisdn' in row ? row.msisdn : ''),
  imei: ({ imei }) => imeiOut(imei),
  reason: (_, reason) => reason,
  deadline: (_, __, deadline) => deadline,
};

/**
 * An order file: the columns of its kind, rows sorted by identifier, IMEIs in 15 digits with the Luhn digit. The deadline is the
 * instant when the rung ends.
 */
export function orderCsv<Kind extends DirectionKind>(
  kind: Kind,
  rows: readonly DirectionRows[Kind][],
  deadline: Instant,
): string {
  const { columns, reason } = rulesOf(kind);
  // Identifiers have one length and come first, so sorted lines are sorted by identifier.
  const lines = rows.map((row) => csvLine(columns.map((column) => orderCells[column](row, reason, deadline)))).sort();
  return csvLine(columns) + lines.join('');
}
