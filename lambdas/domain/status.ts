/** Where a batch stands: since when, what comes next and by when, what became of its rows so far, and what is overdue. */
import * as z from 'zod';
import { type BatchState, toldState } from './batches.ts';
import type { DecidedRows, ReportCounts } from './books.ts';
import { addSeconds, type Instant } from './days.ts';
import type { AgencyId, BatchId } from './identifiers.ts';
import { jsonText } from './json.ts';
import { BATCH_KINDS, type BatchKind, BOOKS, type Book, rulesOf } from './kinds.ts';
import type { Order } from './ladders.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './plans.ts';
import { groupedOverdue, ladders, type OpenRows, type OverdueRows, unanswered } from './rows-due.ts';
import { standingOutcomes } from './sealing.ts';
import { fields } from './stored.ts';
import { lastDeadline } from './whereabouts.ts';

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
/** A status of a batch, as people are told it. */
export type StatusName = (typeof STATUSES)[number];

/** The next step: its preview, its decision, its orders, an order of its ladder, that open rows are overdue, or that it settles. */
export type NextStep = 'preview' | 'decision' | 'orders' | Order | 'overdue' | 'settled';

/** A book while its rows are open: as in the summary, with the number of rows that are open, and of those that failed. */
type Counts = Readonly<Record<string, number>>;
type Books = { readonly [B in Book]?: Counts };

/** Where a batch stands, as `status.json` has it. */
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
/** The fields of an existing status by which a new one goes. */
export type Earlier = z.output<typeof earlier>;

/** The fields of an existing status file; undefined if the text is not of this form, and is to be written anew. */
export function earlierStatus(text: string): Earlier | undefined {
  try {
    return earlier.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** All that a batch's status is made from. */
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
