/** Directions: how rows are cut into them, how their rows are kept, and what an operator is sent. */
import { csvLine } from './csv.ts';
import { type Day, type Instant, isDay } from './days.ts';
import { type DirectionKind, type Imei, imeiOut, isImei, isMsisdn, type Msisdn } from './identifiers.ts';
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

interface RowForm<Row> {
  write(row: Row): string[];
  read(cells: readonly string[]): Row;
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
  },
  block: {
    write: ({ imei }) => [imei],
    read: (cells) => {
      const [imei] = cells;
      if (cells.length !== 1 || !isImei(imei)) throw new BadWorkLine('a block row is a handset');
      return { imei };
    },
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
 * An order file: `msisdn,imei,reason,deadline` or `imei,reason,deadline`, rows sorted by identifier, IMEIs in 15
 * digits with the Luhn digit. The deadline is the instant when the rung ends.
 */
export function orderCsv<Kind extends DirectionKind>(
  kind: Kind,
  rows: readonly DirectionRows[Kind][],
  deadline: Instant,
): string {
  const lines = rows.map((row) => orderLine(row, deadline)).sort();
  const header = kind === 'reverify' ? ['msisdn', 'imei', 'reason', 'deadline'] : ['imei', 'reason', 'deadline'];
  return csvLine(header) + lines.join('');
}

// Identifiers have one length and come first, so sorted lines are sorted by identifier.
function orderLine(row: DirectionRow, deadline: Instant): string {
  return 'msisdn' in row
    ? csvLine([row.msisdn, imeiOut(row.imei), 'linked_to_reported_handset', deadline])
    : csvLine([imeiOut(row.imei), 'reported_for_fraud', deadline]);
}
