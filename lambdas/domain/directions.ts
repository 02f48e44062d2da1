/** Directions: how rows are cut into them, how their rows are kept, and what an operator is sent. */
import { csvLine } from './csv-line.ts';
import { type Day, type Instant, isDay } from './days.ts';
import { type DirectionId, type Imei, isImei, isMsisdn, type Msisdn, parseDirectionId } from './identifiers.ts';
import { imeiOut } from './imeis.ts';
import { type DirectionKind, type OrderColumn, RESTORE, rulesOf } from './kinds.ts';
import type { Order } from './ladders.ts';
import { referenceOf } from './references.ts';
import { BadWorkLine, tabbedCells, tabbedLine } from './tabbed.ts';

/** An order was to be written for a text that is no direction's id. */
export class BadDirectionId extends Error {
  override readonly name = 'BadDirectionId';
  constructor() {
    super("an order is a direction's");
  }
}

/**
 * A connection to re-verify: the handset on which it was seen last among those that are acted upon, and the day and the licensed service
 * area (may be '') of its newest sighting on any handset.
 */
export interface ReverifyRow {
  readonly msisdn: Msisdn;
  readonly imei: Imei;
  readonly lastSeen: Day;
  readonly lsa: string;
  /** The day on which it was seen last on a handset that is acted upon, if that was before it was seen last. */
  readonly actedUpon?: Day | undefined;
}

/** The day of the sighting for which a connection is directed: its row is about whoever had the number then. */
export function directedFor({ lastSeen, actedUpon }: Pick<ReverifyRow, 'lastSeen' | 'actedUpon'>): Day {
  return actedUpon ?? lastSeen;
}

/** A handset to block. */
interface BlockRow {
  readonly imei: Imei;
}

/** A handset to unblock: whole, or for the one number whose use in it is excepted from the block. */
interface UnblockRow {
  readonly imei: Imei;
  readonly msisdn: Msisdn | null;
}

/** The row of each kind of direction. */
export interface DirectionRows {
  readonly reverify: ReverifyRow;
  readonly block: BlockRow;
  /** The connection as it was when it was re-verified. */
  readonly restore: ReverifyRow;
  readonly unblock: UnblockRow;
}

/** A row of a direction of any kind. */
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
 * The runs of `rows` rows cut into as few pieces as hold at most `most` each; their sizes differ by one at most.
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

/** The subject of a row, and the day of the newest sighting that its plan knew; null for handsets. */
export interface RowSubject {
  readonly identifier: Msisdn | Imei;
  readonly lastSeen: Day | null;
  /** The day of the sighting for which it is directed; null for handsets. */
  readonly directedFor: Day | null;
  /** The number for which alone a handset is to be unblocked; null if it is for all, undefined for any other row. */
  readonly aloneFor?: Msisdn | null;
}

interface RowForm<Row> {
  write(row: Row): string[];
  read(cells: readonly string[]): Row;
  about(row: Row): RowSubject;
}

/** A connection's row. */
const connectionForm: RowForm<ReverifyRow> = {
  write: ({ msisdn, imei, lastSeen, lsa, actedUpon }) => [
    msisdn,
    imei,
    lastSeen,
    lsa,
    ...(actedUpon === undefined ? [] : [actedUpon]),
  ],
  read: (cells) => {
    const [msisdn, imei, lastSeen, lsa, actedUpon, ...more] = cells;
    const isRow = isMsisdn(msisdn) && isImei(imei) && isDay(lastSeen) && lsa !== undefined && more.length === 0;
    if (!isRow || !(actedUpon === undefined || isDay(actedUpon)))
      throw new BadWorkLine("a connection's row is a number, a handset, a day, an area, and an earlier day or none");
    return { msisdn, imei, lastSeen, lsa, ...(actedUpon !== undefined && { actedUpon }) };
  },
  about: (row) => ({ identifier: row.msisdn, lastSeen: row.lastSeen, directedFor: directedFor(row) }),
};

const rowForms: { readonly [Kind in DirectionKind]: RowForm<DirectionRows[Kind]> } = {
  reverify: connectionForm,
  restore: connectionForm,
  block: {
    write: ({ imei }) => [imei],
    read: (cells) => {
      const [imei] = cells;
      if (cells.length !== 1 || !isImei(imei)) throw new BadWorkLine('a block row is a handset');
      return { imei };
    },
    about: ({ imei }) => ({ identifier: imei, lastSeen: null, directedFor: null }),
  },
  unblock: {
    write: ({ imei, msisdn }) => [imei, msisdn ?? ''],
    read: (cells) => {
      const [imei, msisdn] = cells;
      if (cells.length !== 2 || !isImei(imei) || !(msisdn === '' || isMsisdn(msisdn)))
        throw new BadWorkLine('an unblock row is a handset, and a number or none');
      return { imei, msisdn: msisdn === '' ? null : msisdn };
    },
    about: ({ imei, msisdn }) => ({ identifier: imei, lastSeen: null, directedFor: null, aloneFor: msisdn }),
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

/** What an order says beside its rows' own content. */
interface OrderHead {
  readonly directionId: DirectionId;
  readonly order: Order;
  /** The instant when the rung ends; for rows that failed, the instant when their disconnection is due. */
  readonly deadline: Instant;
  /** The ladder's last deadline, as it stands. */
  readonly disconnectBy: Instant;
}

/** A row that an order carries: row `place` (from 0) of its direction. */
interface OrderedRow<Row> {
  readonly place: number;
  readonly row: Row;
}

/**
 * The rows at these places (from 0) of a direction whose rows file has these lines, for an order.
 * @throws BadWorkLine for a place without a row
 */
export function orderedRows<Kind extends DirectionKind>(
  kind: Kind,
  places: readonly number[],
  lines: readonly string[],
): OrderedRow<DirectionRows[Kind]>[] {
  return places.map((place) => ({ place, row: parseDirectionRowLine(kind, lines[place] ?? '') }));
}

type OrderCell = (
  row: DirectionRow,
  about: OrderHead & { readonly reason: string; readonly reference: string },
) => string;

/** A cell of an order's row. IMEIs go out in 15 digits. */
const orderCells: Readonly<Record<OrderColumn, OrderCell>> = {
  msisdn: (row) => ('msisdn' in row ? (row.msisdn ?? '') : ''),
  imei: ({ imei }) => imeiOut(imei),
  reason: (_, { reason }) => reason,
  deadline: (_, { deadline }) => deadline,
  reference: (_, { reference }) => reference,
  disconnect_by: (_, { disconnectBy }) => disconnectBy,
  order: (_, { order }) => order,
  direction: (_, { directionId }) => directionId,
};

/**
 * An order file: the columns of its kind, rows sorted by identifier, IMEIs in 15 digits with the Luhn digit.
 * @throws BadDirectionId for an order of no direction
 */
export function orderCsv<Kind extends DirectionKind>(
  kind: Kind,
  head: OrderHead,
  rows: readonly OrderedRow<DirectionRows[Kind]>[],
): string {
  return orderText(rulesOf(kind), head, rows);
}

/**
 * The file of a restore order.
 * @throws BadDirectionId
 */
export function restoreCsv(
  head: Omit<OrderHead, 'disconnectBy' | 'order'>,
  rows: readonly OrderedRow<ReverifyRow>[],
): string {
  return orderText(RESTORE, { ...head, order: RESTORE.order, disconnectBy: head.deadline }, rows);
}

function orderText(
  { columns, reason }: { readonly columns: readonly OrderColumn[]; readonly reason: string },
  head: OrderHead,
  rows: readonly OrderedRow<DirectionRow>[],
): string {
  const direction = parseDirectionId(head.directionId);
  if (direction === null) throw new BadDirectionId();
  const lineOf = ({ place, row }: OrderedRow<DirectionRow>) => {
    const about = { ...head, reason, reference: referenceOf({ ...direction, row: place + 1 }) };
    return csvLine(columns.map((column) => orderCells[column](row, about)));
  };
  // Identifiers have one length and come first, so sorted lines are sorted by identifier.
  return csvLine(columns) + rows.map(lineOf).sort().join('');
}
