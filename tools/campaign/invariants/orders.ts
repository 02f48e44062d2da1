/** The contents of orders, their times, and the ways in which they may be issued anew. */
import { linesOf, sha256, written } from '../../../test/reckoning/files.ts';
import { DAY, HOUR } from '../story.ts';
import { LADDERS } from './kinds.ts';
import type { Direction, Known, Row } from './known.ts';
import type { Item } from './seen.ts';
import { instant, same } from './values.ts';

/** The key of the order of a rung. */
export const orderKeyOf = ({ operator, id }: Pick<Direction, 'operator' | 'id'>, { rung, order }: Item) =>
  `orders/${operator}/${id}/${rung}-${order}.csv`;
/** The key of the disconnect order of a recorded file. */
export const failedKeyOf = ({ operator, id }: Direction, { sha256: digest }: Item) =>
  `orders/${operator}/${id}/failed-${String(digest).slice(0, 8)}-disconnect.csv`;

/** The key of the order by which a recorded file gives service back. */
export const backKeyOf = ({ operator, id }: Direction, { sha256: digest }: Item) =>
  `orders/${operator}/${id}/back-${String(digest).slice(0, 8)}-restore.csv`;

/** The orders that take service from their rows. */
const TAKES_SERVICE = ['bar_outgoing', 'bar_incoming', 'disconnect'];

/** Whether the order of this key takes service. */
export const takesService = (key: string) => TAKES_SERVICE.some((order) => key.endsWith(`-${order}.csv`));

/** Whether the order of this key takes service, or blocks. */
export const takesAway = (key: string) => takesService(key) || key.endsWith('-block.csv');

/** Whether an order of a rung is a committed one, issued anew for fewer rows: its deadline stays. */
export const isAnewOf = (order: Item, was: Item) =>
  takesAway(`-${order.order}.csv`) &&
  [order.rung, order.order, order.deadline].join() === [was.rung, was.order, was.deadline].join() &&
  Number(order.rows) < Number(was.rows) &&
  order.firstVersion === (was.firstVersion ?? was.version);

/** Whether only a recorded file's disconnect order has changed, to one for fewer rows with the same deadline. */
export function isFailedAnewOf(file: Item, was: Item | undefined): boolean {
  const [now, before] = [file.failedOrder, was?.failedOrder] as (Item | undefined)[];
  if (now === undefined || before === undefined || same(now, before)) return false;
  return (
    same({ ...file, failedOrder: before }, was) &&
    now.deadline === before.deadline &&
    Number(now.rows) < Number(before.rows)
  );
}

/**
 * A direction's first order: a re-verification begins with its first rung; a block that could not be ordered for a day begins with the
 * second. Undefined also for one that was issued anew and no longer has all rows (`isFirstAnew`).
 */
export function firstOrderOf(known: Known, direction: Direction): string | undefined {
  const { id, kind, operator } = direction;
  if (isFirstAnew(known, direction)) return undefined;
  return known.seen.outbox[`orders/${operator}/${id}/${firstPlaced(known, direction)}-${kind}.csv`];
}

/** The rung of a direction's first order in the outbox. */
function firstPlaced({ seen: { outbox } }: Known, { id, kind, operator }: Direction): number | undefined {
  const rungs = kind === 'reverify' ? [1] : LADDERS[kind].map((_, n) => n + 1);
  return rungs.find((rung) => outbox[`orders/${operator}/${id}/${rung}-${kind}.csv`] !== undefined);
}

/**
 * Whether a direction's first order was issued anew for fewer rows: a block from which handsets were taken back, of which there may be none
 * left to be published for; or a re-verification whose operator was told of it and answered, while for an hour or more it could not be noted
 * that it had been.
 */
export function isFirstAnew(known: Known, direction: Direction): boolean {
  const { orders = [], rows } = (known.seen.cases[`DIR#${direction.id}`] ?? {}) as { orders?: Item[]; rows?: number };
  const anew = orders.filter(({ firstVersion }) => firstVersion !== undefined);
  const placed = firstPlaced(known, direction);
  if (direction.kind === 'block') return anew.some(({ rung }) => placed === undefined || rung === placed);
  return direction.kind === 'reverify' && anew.some((order) => order.rung === placed && order.rows !== rows);
}

/**
 * Whether an order may never be published: one that could not be put into the outbox before its time had passed is dropped, except that a
 * re-verification waits for its first order.
 */
export function mayBeMissed(known: Known, order: unknown): boolean {
  return order !== 'reverify' && known.seen.patience > DAY;
}

/**
 * Checks an order that a ledger committed: its deadline, and its rows by their `states` at that time. Only the `newest` of the orders
 * issued under its key lies in the outbox, and is compared with what was published.
 */
export function checkOrder(
  known: Known,
  direction: Direction,
  order: Item,
  files: Item[],
  states: Row[],
  rungs: Item[],
  newest: boolean,
): void {
  const { id, rows } = direction;
  const { rung, rows: count, sha256: digest, bytes } = order;
  const key = orderKeyOf(direction, order);
  const { deadline } = rungs[Number(rung) - 1] ?? {};
  known.must(order.deadline === deadline, `${id}: an order has its rung's deadline`);
  known.must(String(order.at) < String(order.deadline), `${id}: no order is committed when its deadline has passed`);
  const text = known.seen.outbox[key] ?? '';
  const forNobody = count === 0 && order.firstVersion !== undefined && text === '';
  const missed = text === '' && mayBeMissed(known, order.order);
  if (missed) known.notPublished.add(key);
  known.must(
    !newest || forNobody || missed || (sha256(text) === digest && Buffer.byteLength(text) === bytes),
    `${id}: an order is published as committed`,
  );
  // A row that has failed since a bar was committed stays in the bar when it is issued anew, and leaves a re-verification.
  const failedSince = ({ file }: Row) =>
    Number(files.find(({ sha256: digest }) => digest === file)?.version) > Number(order.firstVersion);
  const open = rows.filter((_, row) => {
    const state = states[row] as Row;
    if (state.reversed) return false;
    if (state.outcome === 'failed')
      return order.order === 'disconnect' || (order.order !== 'reverify' && failedSince(state));
    return state.outcome === 'open';
  });
  known.must(
    open.length === count && (open.length > 0 || order.firstVersion !== undefined),
    `${id}: an order counts its rows, and has some`,
  );
  known.carried.set(`${key} ${digest}`, open);
  expectOrder(known, key, direction, open, String(deadline), String(rungs.at(-1)?.deadline));
}

/**
 * The ladder's last deadline, as the order in the outbox tells it: while a re-verification has not begun (`mayMove`), it may be whole hours
 * later than in the ledger, by as much as its first order was late when this one was committed.
 */
export function lastDeadlineTold(known: Known, key: string, ends: string, mayMove: boolean): string {
  const told = linesOf(known.seen.outbox[key] ?? '').lines[0]?.cells?.disconnect_by ?? '';
  const later = Date.parse(told) - Date.parse(ends);
  return mayMove && later > 0 && later % HOUR === 0 && later <= 5 * DAY ? told : ends;
}

/** Expects, by invariant 3, the rows that were open when the order was committed, and no other; failed ones only in a disconnect order. */
export function expectOrder(
  known: Known,
  key: string,
  { id, kind, operator, rows }: Direction,
  open: string[],
  deadline: string,
  ends: string,
): void {
  if (open.length === 0) known.notPublished.add(key);
  known.expected[key] = open
    .map((identifier) => {
      if (kind === 'block') return `${written(identifier)},,${deadline}`;
      if (kind === 'restore') return `${identifier},,${deadline}`;
      if (kind === 'unblock') return `${written(identifier.slice(0, 14))},${identifier.slice(15)},${deadline}`;
      const numbers = [...id.slice(id.lastIndexOf('.') + 1).split('-'), String(rows.indexOf(identifier) + 1)];
      const digits = numbers.map((number, n) => number.padStart([8, 4, 4, 5][n] ?? 0, '0')).join('');
      // The digits are written with a check digit, as IMEIs are.
      return `${identifier},,${deadline},${operator}-${numbers.join('-')}-${written(digits).at(-1)},${ends}`;
    })
    .sort();
}

/** Notes an order's digest from before it was issued anew. */
export function noteReplaced(known: Known, key: string, digest: unknown): void {
  known.replaced.set(key, (known.replaced.get(key) ?? new Set()).add(digest));
}

/** The instant at which the disconnect order was committed that a file caused; none if it caused none. */
export function failedOrderAt({ at, failedOrder }: Item): string[] {
  const { delay } = (failedOrder ?? {}) as { delay?: number };
  return delay === undefined ? [] : [instant(Date.parse(String(at)) + delay * 1000)];
}

/** The instant of the newest order that took service from a row, as far as its direction tells; '' if none did. */
export const cutAt = (row: Row, orders: Item[], files: Item[]): string => takenAt(row, orders, files, failedOrderAt);

/** The instant of `cutAt`, where the order that a file caused counts from its upload. */
export const cutSaidAt = (row: Row, orders: Item[], files: Item[]): string =>
  takenAt(row, orders, files, ({ at, failedOrder }) => (failedOrder === undefined ? [] : [String(at)]));

function takenAt(row: Row, orders: Item[], files: Item[], orderedAt: (file: Item) => string[]): string {
  const said = files.findIndex(({ sha256: digest }) => digest === row.file);
  // The answer that had a row disconnected isn't known, if the row failed and was answered for since.
  const failing =
    row.outcome === 'failed' ? files.slice(said, said + 1) : files.slice(0, said === -1 ? files.length : said);
  const failed = row.hadFailed ? failing.flatMap(orderedAt) : [];
  const ordered = carrying(row, orders, files).map(({ at }) => String(at));
  return [...ordered, ...failed].sort().at(-1) ?? '';
}

/** The ladder's orders that took service from a row: those before its last word, and of one that failed its disconnect order. */
function carrying({ outcome, file }: Row, orders: Item[], files: Item[]): Item[] {
  const saying = files.find(({ sha256: digest }) => digest === file);
  return orders.filter(({ order, version, firstVersion = version }) => {
    if (!TAKES_SERVICE.includes(String(order))) return false;
    if (saying === undefined || Number(firstVersion) < Number(saying.version)) return true;
    return outcome === 'failed' && order === 'disconnect';
  });
}

/** The instant of the newest order that took service from a row before an answer had it given back; '' if none did, or had. */
export function carriedAt(row: Row, orders: Item[], files: Item[]): string {
  const until = files.findIndex(({ sha256: digest }) => digest === row.file) + 1;
  const isOrderedBack = files.slice(0, until).some(({ backDue }) => backDue !== undefined);
  return isOrderedBack ? cutAt(row, orders, files) : '';
}

/** Whether a committed order, or the disconnect order of a file by which the row failed, took service from the row as it stands. */
export function wasCut(row: Row, orders: Item[], files: Item[]): boolean {
  return row.hadFailed === true || carrying(row, orders, files).length > 0;
}
