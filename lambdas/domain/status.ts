/** Where a batch stands: since when, what comes next and by when, what became of its rows so far, and what is overdue. */
import * as z from 'zod';
import { type BatchState, toldState } from './batches.ts';
import type { DecidedRows, ReportCounts } from './books.ts';
import { addSeconds, type Instant } from './days.ts';
import type { AgencyId, BatchId, OperatorId } from './identifiers.ts';
import { jsonText } from './json.ts';
import { BATCH_KINDS, type BatchKind, BOOKS, type Book, type DirectionKind, rulesOf } from './kinds.ts';
import type { Order } from './ladders.ts';
import { currentOutcomes, fileSaying, type Ledger, rowsFor, unansweredRows } from './ledger.ts';
import type { Plan } from './plans.ts';
import { hasFailed, standingOutcomes } from './sealing.ts';
import { fields } from './stored.ts';
import { lastDeadline, whereabouts } from './whereabouts.ts';

/** The fields of a stored batch on which its status depends. */
export interface StandingBatch {
  readonly batchId: BatchId;
  readonly kind: BatchKind;
  readonly agency: AgencyId;
  readonly file: string;
  readonly state: BatchState;
  readonly startedAt: Instant;
  readonly approvedAt?: Instant;
  readonly endedAt?: Instant;
  readonly directedAt?: Instant;
  readonly settledAt?: Instant;
  readonly report: ReportCounts;
}

/**
 * The statuses of a batch: screened, and not decided upon yet; decided upon; approved, and not directed yet; directed; or how it ended,
 * which for a report without handsets is `empty`.
 */
export const STATUSES = [
  'registered',
  'waiting',
  'approved',
  'directed',
  'settled',
  'empty',
  'failed',
  'refused',
  'lapsed',
  'over_limit',
  'withdrawn',
] as const;
export type StatusName = (typeof STATUSES)[number];

/** The next step: its preview, its decision, its orders, an order of its ladder, that open rows are overdue, or that it settles. */
export type NextStep = 'preview' | 'decision' | 'orders' | Order | 'overdue' | 'settled';

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

/** A book while its rows are open: as in the summary, with the number of rows that are open, and of those that failed. */
type Counts = Readonly<Record<string, number>>;
type Books = { readonly [B in Book]?: Counts };

export interface Status extends Books {
  readonly batchId: BatchId;
  readonly agency: AgencyId;
  readonly file: string;
  readonly status: StatusName;
  readonly since: Instant;
  /**
   * The instant at which this was so. An ending without effect is final: then it is the instant of the ending. Answers still come to a
   * settled batch: its books stay, and the list of overdue rows goes by the answers until this instant, at which the status was written.
   */
  readonly asOf: Instant;
  readonly next: { readonly what: NextStep; readonly by: Instant | null } | null;
  readonly report: ReportCounts;
  readonly open: readonly OpenRows[];
  readonly overdue: readonly OverdueRows[];
  readonly operators: Readonly<
    Record<string, { readonly directions: number; readonly openDirections: number } & Books>
  >;
}

/** The fields of an existing status by which others go. */
const earlier = z.object({
  status: z.enum(STATUSES),
  since: fields.instant,
  asOf: fields.instant,
  next: z.object({ by: fields.instant.nullable() }).nullable(),
});
export type Earlier = z.output<typeof earlier>;

/** The fields of an existing status file; undefined if the text is not of this form, and is to be written anew. */
export function earlierStatus(text: string): Earlier | undefined {
  try {
    return earlier.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export interface StatusInput {
  readonly batch: StandingBatch;
  /** Since when and until when a batch is decided upon, if it has a decision; `decideBy` is null if it never lapses. */
  readonly decision?: { readonly openedAt: Instant; readonly decideBy: Instant | null } | undefined;
  /** The plan of a batch that is directed. */
  readonly plan?: Pick<Plan, 'operators' | 'decisions'> | undefined;
  readonly ledgers: readonly Ledger[];
  /** The existing status. */
  readonly before?: Earlier | undefined;
  readonly now: Instant;
}

/**
 * The status of a batch at `now`, or at the instant of the existing status if that is later: an attempt that comes late tells what is known
 * since then. All attempts tell the same ending without effect alike.
 */
export function statusOf({ batch, decision, plan, ledgers, before, now }: StatusInput): Status {
  const { batchId, kind, agency, file, report } = batch;
  const status = nameOf(batch, decision !== undefined);
  const latest = before !== undefined && before.asOf > now ? before.asOf : now;
  const failedBefore = before?.status === 'failed' ? before.since : latest;
  const since: Record<StatusName, Instant | undefined> = {
    registered: batch.startedAt,
    waiting: decision?.openedAt,
    approved: batch.approvedAt,
    directed: batch.directedAt,
    settled: batch.settledAt,
    empty: batch.settledAt,
    failed: failedBefore,
    refused: batch.endedAt,
    lapsed: batch.endedAt,
    over_limit: batch.endedAt,
    withdrawn: batch.endedAt,
  };
  const own = since[status] ?? batch.startedAt;
  const isOver = hasEnded(status) && status !== 'settled';
  const asOf = isOver || latest < own ? own : latest;
  const { open, overdue } =
    status === 'directed'
      ? ladders(ledgers, asOf)
      : { open: [], overdue: groupedOverdue(ledgers.flatMap((ledger) => unanswered(ledger, asOf))) };
  const { operators, ...all } = countedBy(kind, plan, ledgers);
  return {
    batchId,
    agency,
    // A night's findings lie in the work bucket, where nobody else reads.
    file: kind === 'followup' ? '' : file,
    status,
    since: own,
    asOf,
    next: nextOf(status, { open, ledgers, decideBy: decision?.decideBy ?? null }),
    report: { rows: report.rows, rejected: report.rejected, repeats: report.repeats, handsets: report.handsets },
    ...all,
    open,
    overdue,
    operators,
  };
}

/** The status file's bytes. */
export function statusText(status: Status): string {
  return jsonText(status);
}

/** Whether a batch of this status ended: what is said of it then stays. */
export function hasEnded(status: string): boolean {
  return !['registered', 'waiting', 'approved', 'directed'].includes(status);
}

/** Seconds from the commit of a plan within which its first orders are out. */
const ORDERED_WITHIN = 15 * 60;

/** Whether the first orders of a batch are out by `now`, and the status that says it is directed is from before that. */
export function isFromBeforeOrders({ status, since, asOf }: Earlier, now: Instant): boolean {
  const ordered = addSeconds(since, ORDERED_WITHIN);
  return status === 'directed' && asOf < ordered && ordered <= now;
}

/** Whether the next step of a status was to have come by `now`, so that another one is due. */
export function isDue({ next }: Pick<Earlier, 'next'>, now: Instant): boolean {
  return next !== null && next.by !== null && next.by <= now;
}

function nameOf(batch: StandingBatch, isDecidedUpon: boolean): StatusName {
  const state = toldState(batch);
  if (state === 'waiting') return isDecidedUpon ? 'waiting' : 'registered';
  return state === 'planning' ? 'approved' : state;
}

function nextOf(
  status: StatusName,
  { open, ledgers, decideBy }: { open: readonly OpenRows[]; ledgers: readonly Ledger[]; decideBy: Instant | null },
): Status['next'] {
  if (status === 'registered') return { what: 'preview', by: null };
  if (status === 'waiting') return { what: 'decision', by: decideBy };
  if (status === 'approved') return { what: 'orders', by: null };
  if (status !== 'directed') return null;
  const [first] = open;
  if (first !== undefined) return { what: first.next, by: first.deadline };
  const last = ledgers.map(lastDeadline).sort().at(-1);
  return { what: 'settled', by: last ?? null };
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
function ladders(ledgers: readonly Ledger[], now: Instant): { open: OpenRows[]; overdue: OverdueRows[] } {
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
function unanswered(ledger: Ledger, now: Instant): OverdueRows[] {
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

/** The books of a batch of this kind so far, for all operators and for each: nothing before there is a plan. */
function countedBy(
  kind: BatchKind,
  plan: StatusInput['plan'],
  ledgers: readonly Ledger[],
): Books & Pick<Status, 'operators'> {
  if (plan === undefined) return { operators: {} };
  const books = [...new Set(BATCH_KINDS[kind].directs.map((one) => rulesOf(one).book))];
  const operators: Record<string, Status['operators'][string]> = {};
  const names = new Set([...plan.operators, ...Object.keys(plan.decisions).sort()]);
  for (const name of names) {
    const own = ledgers.filter(({ operator }) => operator === name);
    operators[name] = {
      directions: own.length,
      openDirections: own.filter(({ closedAt }) => closedAt === null).length,
      ...Object.fromEntries(books.map((book) => [book, countsOf(book, plan.decisions[name]?.[book], own)])),
    };
  }
  const total = (book: Book) =>
    Object.values(operators).reduce<Counts>(
      (sum, { [book]: own = {} }) => plus(sum, own),
      countsOf(book, undefined, []),
    );
  return { ...Object.fromEntries(books.map((book) => [book, total(book)])), operators };
}

/** A book of an operator: the rows, what was decided of them, how many of the directed ones are open, and how the others ended. */
function countsOf<B extends Book>(book: B, decided: DecidedRows<B> | undefined, ledgers: readonly Ledger[]): Counts {
  const columns = BOOKS[book];
  const was: Counts = { ...columns.decided, ...decided };
  const rows = Object.values(was).reduce((sum, count) => sum + count, 0);
  let held: Counts = { open: 0, failed: 0, ...columns.ended, ...columns.within };
  for (const ledger of ledgers)
    if (rulesOf(ledger.kind).book === book) held = plus(held, { ...standingOutcomes(ledger) });
  return { [columns.rows]: rows, ...was, ...held };
}

/** Counts with more of each of their columns. */
function plus(counts: Counts, more: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).map(([column, count]) => [column, count + (more[column] ?? 0)]));
}
