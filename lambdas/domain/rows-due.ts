/** The rows of ladders that wait for an answer, by when that is due, and those that are overdue. */
import type { Instant } from './days.ts';
import type { OperatorId } from './identifiers.ts';
import type { DirectionKind } from './kinds.ts';
import type { Order } from './ladders.ts';
import { currentOutcomes, fileSaying, type Ledger, rowsFor, unansweredRows } from './ledger.ts';
import { hasFailed, standingOutcomes } from './sealing.ts';
import type { NextStep } from './status.ts';
import { whereabouts } from './whereabouts.ts';

/**
 * Rows whose ladder runs, by its rung: the order that was to go out last, its deadline, and the step after it. If all of them have failed, so
 * that no order carries them for now: the last order that went out, and the instant at which an order comes that carries them.
 */
export interface OpenRows {
  readonly kind: DirectionKind;
  readonly order: Order;
  readonly deadline: Instant;
  readonly next: NextStep;
  readonly directions: number;
  readonly rows: number;
}

/**
 * Rows for which an operator has not answered in time: those of a ladder that ended, or failed ones that were to be disconnected by then.
 */
export interface OverdueRows {
  readonly operator: OperatorId;
  readonly kind: DirectionKind;
  readonly order: Order;
  /** The earliest of their deadlines. */
  readonly since: Instant;
  readonly directions: number;
  readonly rows: number;
}

/** The rung at `now` of a ladder that runs and has open rows; undefined for any other. */
function openRowsOf(ledger: Ledger, now: Instant): OpenRows | undefined {
  const { open: rows } = standingOutcomes(ledger);
  if (ledger.closedAt !== null || rows === 0) return undefined;
  const { rung, rungs } = whereabouts(ledger, now);
  const current = rungs[rung - 1];
  if (current === undefined) return undefined;
  const { kind, orders } = ledger;
  // An order that would carry nobody isn't issued.
  const isAsked = rowsFor(ledger, current.order).length > 0;
  const ahead = rungs.findIndex(({ order }, n) => n >= rung && rowsFor(ledger, order).length > 0);
  const next = rungs[ahead]?.order ?? 'overdue';
  const { order } = (isAsked ? undefined : orders.findLast((one) => one.rows > 0)) ?? current;
  const { deadline } = (isAsked ? undefined : rungs.at(ahead < 0 ? -1 : ahead - 1)) ?? current;
  return { kind, order, deadline, next, directions: 1, rows };
}

/** The open rows of a ladder whose order is to be answered by `until`; undefined where it asks about none of them. */
export function rowsDue(ledger: Ledger, now: Instant, until: Instant): OpenRows | undefined {
  const running = openRowsOf(ledger, now);
  if (running === undefined || running.deadline > until) return undefined;
  return rowsFor(ledger, running.order).length > 0 ? running : undefined;
}

/** The rungs of the ladders of a directed batch at `now`, and what is overdue of it. */
export function ladders(ledgers: readonly Ledger[], now: Instant): { open: OpenRows[]; overdue: OverdueRows[] } {
  const open: OpenRows[] = [];
  const overdue: OverdueRows[] = [];
  for (const ledger of ledgers) {
    const running = openRowsOf(ledger, now);
    if (running !== undefined) open.push(running);
    // A ladder may have ended, and nobody has closed it yet.
    overdue.push(...(running === undefined ? unanswered(ledger, now) : failedTooLong(ledger, now)));
  }
  return {
    open: grouped(open, ({ deadline, kind, order, next }) => [deadline, kind, order, next].join()),
    overdue: groupedOverdue(overdue),
  };
}

/** What is overdue of a ladder that has ended: since its end, and of rows that failed since the deadline of their own disconnect order. */
export function unanswered(ledger: Ledger, now: Instant): OverdueRows[] {
  const { operator, kind } = ledger;
  const last = whereabouts(ledger, now).rungs.at(-1);
  const own = [...ownDeadlines(ledger).values()].sort();
  const silent = unansweredRows(ledger).length - own.length;
  const overdue: OverdueRows[] = [];
  if (last !== undefined && silent > 0)
    overdue.push({ operator, kind, order: last.order, since: last.deadline, directions: 1, rows: silent });
  if (own[0] !== undefined)
    overdue.push({ operator, kind, order: OWN, since: own[0], directions: 1, rows: own.length });
  // It is one direction, whichever of its rows are overdue.
  return groupedOverdue(overdue).map((one) => ({ ...one, directions: 1 }));
}

/** Rows that failed, and were to be disconnected by now. */
function failedTooLong(ledger: Ledger, now: Instant): OverdueRows[] {
  const { operator, kind } = ledger;
  const failed = failedRowsDue(ledger, (deadline) => deadline <= now);
  return failed === undefined
    ? []
    : [{ operator, kind, order: OWN, since: failed.earliest, directions: 1, rows: failed.rows }];
}

/** Rows of a running ladder that failed, and are to be disconnected by deadlines that are asked for; undefined if there are none. */
export function failedRowsDue(
  ledger: Ledger,
  isAsked: (deadline: Instant) => boolean,
): { readonly rows: number; readonly earliest: Instant } | undefined {
  if (ledger.closedAt !== null) return undefined;
  const asked = [...ownDeadlines(ledger).values()].filter(isAsked).sort();
  const [earliest] = asked;
  return earliest === undefined ? undefined : { rows: asked.length, earliest };
}

/** The order that a response causes for rows that failed. */
const OWN: Order = 'disconnect';

/**
 * The deadlines of the disconnect orders that failed rows (from 0) caused, also of rows that are overdue by now. A row that was taken back has
 * none: the number is somebody else's, or what was done to it was a mistake.
 */
function ownDeadlines(ledger: Ledger): Map<number, Instant> {
  const deadlines = new Map<number, Instant>();
  if (!ledger.files.some(({ failedOrder }) => failedOrder !== undefined)) return deadlines;
  const bytes = currentOutcomes(ledger);
  for (const row of unansweredRows(ledger)) {
    const deadline = hasFailed(bytes, row) ? fileSaying(ledger, row)?.failedOrder?.deadline : undefined;
    if (deadline !== undefined) deadlines.set(row, deadline);
  }
  return deadlines;
}

/** One entry for each operator, kind and order, with the sum of its rows and the earliest of its instants. */
export function groupedOverdue(overdue: readonly OverdueRows[]): OverdueRows[] {
  const since = new Map<string, Instant>();
  const keyOf = ({ operator, kind, order }: OverdueRows) => [operator, kind, order].join();
  for (const one of overdue) {
    const earliest = since.get(keyOf(one));
    if (earliest === undefined || one.since < earliest) since.set(keyOf(one), one.since);
  }
  return grouped(overdue, keyOf).map((one) => ({ ...one, since: since.get(keyOf(one)) ?? one.since }));
}

/** Entries of one key made into one, with their directions and rows added up; sorted by the key. */
export function grouped<T extends { readonly directions: number; readonly rows: number }>(
  all: readonly T[],
  keyOf: (one: T) => string,
): T[] {
  const groups = new Map<string, T>();
  for (const one of all) {
    const { directions, rows } = groups.get(keyOf(one)) ?? { directions: 0, rows: 0 };
    groups.set(keyOf(one), { ...one, directions: directions + one.directions, rows: rows + one.rows });
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
