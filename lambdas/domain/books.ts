/**
 * The books of a batch: what was decided and what became of it, added up beside a count of what was gathered.
 */
import * as z from 'zod';
import { isEmpty } from './batches.ts';
import type { Instant } from './days.ts';
import type { AgencyId, BatchId, OperatorId } from './identifiers.ts';
import { jsonText } from './json.ts';
import { type BatchKind, BOOKS, type Book, type ClaimState, type DirectionKind, rulesOf } from './kinds.ts';
import type { Ledger } from './ledger.ts';
import { sealedOutcomes } from './sealing.ts';
import { type Covers, fields, formOf } from './stored.ts';

type Columns = typeof BOOKS;

/** What was decided of the rows of a book at one operator. A connection is counted at the operator of its newest sighting. */
export type DecidedRows<B extends Book> = Readonly<Record<keyof Columns[B]['decided'], number>>;

/** The decisions of a shard, or of a whole batch, by operator. Plain numbers, to travel as JSON. */
export type Decisions = Readonly<Record<string, { readonly [B in Book]: DecidedRows<B> }>>;

/**
 * The numbers of connections whose newest sighting is an operator's and that were decided at another one, to which they were ported since:
 * by both operators.
 */
export type Ported = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What ledgers hold in a book: `rows` is the number of rows that they were made for, the rest is read from the sealed bytes. */
export type Held<B extends Book> = Readonly<
  Record<'rows' | keyof Columns[B]['ended'] | keyof Columns[B]['within'], number>
>;

/** What one operator's ledgers hold. */
type LedgerTotals = { readonly directions: number; readonly overdueDirections: number } & {
  readonly [B in Book]: Held<B>;
};

/** The ledgers' totals, by operator. */
export type Ledgers = Readonly<Record<string, LedgerTotals>>;

const { connections, blocks, outcomes } = BOOKS;
const NO_DECISIONS: Decisions[string] = {
  connections: connections.decided,
  blocks: blocks.decided,
  outcomes: outcomes.decided,
};
const NO_LEDGERS: LedgerTotals = {
  directions: 0,
  overdueDirections: 0,
  connections: { rows: 0, ...connections.ended, ...connections.within },
  blocks: { rows: 0, ...blocks.ended, ...blocks.within },
  outcomes: { rows: 0, ...outcomes.ended, ...outcomes.within },
};
/** The books of a report, as its summary has them. */
type ReportBook = 'connections' | 'blocks';
/** A summary's columns in the agreed order. */
const NO_ROWS: { readonly [B in ReportBook]: BookSummary<B> } = {
  connections: { [connections.rows]: 0, ...connections.decided, ...connections.ended, ...connections.within },
  blocks: { [blocks.rows]: 0, ...blocks.decided, ...blocks.ended, ...blocks.within },
};

/** A decision has a state that doesn't exist for its kind: a number can't be alreadyBlocked, nor a handset alreadyDisconnected. */
export class ImpossibleDecision extends Error {
  override readonly name = 'ImpossibleDecision';
  constructor(kind: DirectionKind, state: ClaimState) {
    super(`A ${kind} row can't be ${state}`);
  }
}

/** The decisions with `count` more of this one, which for a number stands under the operator of its newest sighting. */
export function addDecision(
  decisions: Decisions,
  kind: DirectionKind,
  operator: OperatorId,
  state: ClaimState,
  count = 1,
): Decisions {
  const own = decisions[operator] ?? NO_DECISIONS;
  const { book } = rulesOf(kind);
  const columns: Readonly<Partial<Record<ClaimState, number>>> = own[book];
  const before = columns[state];
  if (before === undefined) throw new ImpossibleDecision(kind, state);
  return { ...decisions, [operator]: { ...own, [book]: { ...columns, [state]: before + count } } };
}

/** All these decisions in one; the decisions of shards add up in any order. */
export function mergeDecisions(all: Iterable<Decisions>): Decisions {
  const merged: Record<string, Decisions[string]> = {};
  for (const decisions of all) {
    for (const [operator, more] of Object.entries(decisions)) {
      const own = merged[operator] ?? NO_DECISIONS;
      merged[operator] = {
        connections: plus(own.connections, more.connections),
        blocks: plus(own.blocks, more.blocks),
        outcomes: plus(own.outcomes, more.outcomes),
      };
    }
  }
  return merged;
}

/** All these counts in one. */
export function mergePorted(all: Iterable<Ported>): Ported {
  const merged: Record<string, Record<string, number>> = {};
  for (const ported of all)
    for (const [from, more] of Object.entries(ported)) {
      const own = merged[from] ?? {};
      merged[from] = own;
      for (const [to, count] of Object.entries(more)) own[to] = (own[to] ?? 0) + count;
    }
  return merged;
}

/** The difference between an operator's numbers and those whose newest sighting is its own, by ports; negative if more left than came. */
function cameBy(ported: Ported, operator: string): number {
  const came = Object.values(ported).reduce((total, to) => total + (to[operator] ?? 0), 0);
  return came - sum(ported[operator] ?? {});
}

/**
 * The totals with a sealed ledger added. The summary is made only from seals.
 * @throws LedgerNotSealed
 */
export function addLedger(ledgers: Ledgers, ledger: Ledger): Ledgers {
  const outcomes = sealedOutcomes(ledger);
  const old = ledgers[ledger.operator] ?? NO_LEDGERS;
  const { book } = rulesOf(ledger.kind);
  const columns: Readonly<Record<string, number>> = old[book];
  const next: LedgerTotals = {
    ...old,
    directions: old.directions + 1,
    overdueDirections: old.overdueDirections + (outcomes.overdue > 0 ? 1 : 0),
    [book]: plus(columns, { rows: ledger.rows, ...outcomes }),
  };
  return { ...ledgers, [ledger.operator]: next };
}

/** What Screen counted in the report. */
export interface ReportCounts {
  readonly rows: number;
  readonly rejected: number;
  readonly repeats: number;
  readonly handsets: number;
}

/** All that a batch's summary is made from: what was gathered, decided, and held by the sealed ledgers. */
export interface BooksInput {
  /** The batch's kind: a follow-up has the book of what it gives back, too. */
  readonly kind?: BatchKind;
  readonly batchId: BatchId;
  readonly agency: AgencyId;
  /** The report's inbox key. */
  readonly file: string;
  readonly report: ReportCounts;
  /** Distinct numbers among the gathered links, by operator of the newest sighting; counted without the decisions and the ledgers. */
  readonly linked: Readonly<Record<string, number>>;
  /** The plan's operators: all that were configured when it was made. */
  readonly operators: readonly OperatorId[];
  readonly decisions: Decisions;
  readonly ported: Ported;
  readonly ledgers: Ledgers;
  /** The instant of each operator's latest upload of usage of which rows were imported; absent if there was none. */
  readonly latestImports: Readonly<Record<string, Instant | null | undefined>>;
  readonly startedAt: Instant;
  readonly settledAt: Instant;
}

/** A book as it is published: its rows, what was decided of them, and how the directed ones ended. */
export type BookSummary<B extends Book> = Readonly<
  Record<
    Columns[B]['rows'] | keyof Columns[B]['decided'] | keyof Columns[B]['ended'] | keyof Columns[B]['within'],
    number
  >
>;

interface OperatorSummary {
  readonly directions: number;
  readonly overdueDirections: number;
  readonly latestImport: Instant | null;
  readonly connections: BookSummary<'connections'>;
  readonly blocks: BookSummary<'blocks'>;
  readonly outcomes?: OutcomesSummary;
}

/** The number of rows that were directed to be given back, and how they ended. */
export type OutcomesSummary = Readonly<Record<'directed' | keyof Columns['outcomes']['ended'], number>>;
const NO_OUTCOMES: OutcomesSummary = { directed: 0, ...outcomes.ended };

/** How a batch that directs nobody ended. */
export type UnsettledStatus = 'refused' | 'lapsed' | 'over_limit' | 'withdrawn';

/** A batch's books, as `summary.json` has them. */
export interface Summary {
  readonly batchId: BatchId;
  readonly agency: AgencyId;
  readonly file: string;
  /** `empty`: no handset of its report could be taken. */
  readonly status: 'settled' | 'empty' | UnsettledStatus;
  readonly report: ReportCounts;
  readonly connections: BookSummary<'connections'>;
  readonly blocks: BookSummary<'blocks'>;
  readonly outcomes?: OutcomesSummary;
  readonly operators: Readonly<Record<string, OperatorSummary>>;
  readonly unexplained: number;
  readonly startedAt: Instant;
  readonly settledAt: Instant;
}

/**
 * The summary of a settled batch, keys in the agreed order. `connections.linked` and `blocks.rows` of the batch are what was gathered:
 * distinct numbers (at each operator, too, with ports since then taken into account), and handsets × the plan's operators. The rest is what
 * was decided and what the sealed ledgers say. `unexplained` is the sum of every difference between them, so it is 0 only if all agree: the
 * report's rows and their parts; numbers gathered and decided, handsets gathered and decided, at each operator; rows decided and rows in
 * ledgers; ledgers' rows and their outcomes. An operator that has rows and is not in the plan, because it wasn't configured any more when
 * the plan was made, is listed after the others.
 */
export function balance(input: BooksInput): Summary {
  const names = new Set<string>(input.operators);
  const planned = new Set(names);
  for (const name of [input.linked, input.decisions, input.ledgers].flatMap(Object.keys).sort()) names.add(name);

  const { rows, rejected, repeats, handsets } = input.report;
  let unexplained = Math.abs(rows - rejected - repeats - handsets);
  const operators: Record<string, OperatorSummary> = {};
  let all = NO_ROWS;
  let back = NO_OUTCOMES;
  const isFollowUp = input.kind === 'followup';

  for (const name of names) {
    const decided = input.decisions[name] ?? NO_DECISIONS;
    const held = input.ledgers[name] ?? NO_LEDGERS;
    const linked = (input.linked[name] ?? 0) + cameBy(input.ported, name);
    const asked = planned.has(name) ? handsets : 0;
    unexplained +=
      unexplainedIn('connections', linked, decided.connections, held.connections) +
      unexplainedIn('blocks', asked, decided.blocks, held.blocks) +
      // The count of what a list asked for was compared with the list when the plan was committed.
      unexplainedIn('outcomes', sum(decided.outcomes), decided.outcomes, held.outcomes);
    const { directed } = decided.outcomes;
    const own = {
      connections: plus(NO_ROWS.connections, { ...decided.connections, ...held.connections, linked }),
      blocks: plus(NO_ROWS.blocks, { ...decided.blocks, ...held.blocks, rows: asked }),
    };
    operators[name] = {
      directions: held.directions,
      overdueDirections: held.overdueDirections,
      latestImport: input.latestImports[name] ?? null,
      ...own,
      ...(isFollowUp && { outcomes: plus(NO_OUTCOMES, { ...held.outcomes, directed }) }),
    };
    all = { connections: plus(all.connections, own.connections), blocks: plus(all.blocks, own.blocks) };
    back = plus(back, { ...held.outcomes, directed });
  }

  return {
    batchId: input.batchId,
    agency: input.agency,
    file: input.file,
    status: isEmpty({ kind: input.kind ?? 'report', report: input.report }) ? 'empty' : 'settled',
    report: { rows, rejected, repeats, handsets },
    ...all,
    ...(isFollowUp && { outcomes: back }),
    operators,
    unexplained,
    startedAt: input.startedAt,
    settledAt: input.settledAt,
  };
}

/** The summary of a batch that ended before it directed anybody: the report's counts, and zeros elsewhere. */
export function unsettledSummary(
  input: Pick<BooksInput, 'batchId' | 'agency' | 'file' | 'report' | 'startedAt' | 'latestImports'> & {
    readonly operators: readonly string[];
    readonly status: UnsettledStatus;
    readonly endedAt: Instant;
  },
): Summary {
  const { batchId, agency, file, status, startedAt, endedAt } = input;
  const { rows, rejected, repeats, handsets } = input.report;
  const operators: Record<string, OperatorSummary> = {};
  for (const name of input.operators)
    operators[name] = {
      directions: 0,
      overdueDirections: 0,
      latestImport: input.latestImports[name] ?? null,
      ...NO_ROWS,
    };
  return {
    batchId,
    agency,
    file,
    status,
    report: { rows, rejected, repeats, handsets },
    ...NO_ROWS,
    operators,
    unexplained: Math.abs(rows - rejected - repeats - handsets),
    startedAt,
    settledAt: endedAt,
  };
}

/** The summary file's bytes: JSON with two spaces and a final newline. */
export function summaryText(summary: Summary): string {
  return jsonText(summary);
}

/** The number of rows directed to be given back at an operator, and how they ended. */
export function outcomesOf(decisions: Decisions, ledgers: Ledgers, operator: string): OutcomesSummary {
  const { directed } = (decisions[operator] ?? NO_DECISIONS).outcomes;
  return plus(NO_OUTCOMES, { ...(ledgers[operator] ?? NO_LEDGERS).outcomes, directed });
}

/** The differences within that book: rows directed and held, rows held and how they ended. */
export function unexplainedOutcomes(decisions: Decisions, ledgers: Ledgers, operator: string): number {
  const { outcomes: decided } = decisions[operator] ?? NO_DECISIONS;
  return unexplainedIn('outcomes', sum(decided), decided, (ledgers[operator] ?? NO_LEDGERS).outcomes);
}

/** The differences within a book: rows and what was decided of them, rows decided and held, rows held and how they ended. */
function unexplainedIn(
  book: Book,
  rows: number,
  decided: { readonly directed: number },
  held: { readonly rows: number },
): number {
  const ended: Readonly<Record<string, number>> = BOOKS[book].ended;
  return (
    Math.abs(rows - sum(decided)) +
    Math.abs(decided.directed - held.rows) +
    Math.abs(held.rows - sum(plus(ended, { ...held })))
  );
}

function sum(parts: object): number {
  return Object.values(parts).reduce((total: number, part: number) => total + part, 0);
}

/** Counts with more of each of their columns; anything else that `more` counts is ignored. */
function plus<K extends string>(
  counts: Readonly<Record<K, number>>,
  more: Readonly<Partial<Record<NoInfer<K>, number>>>,
): Record<K, number> {
  const added: Record<K, number> = { ...counts };
  for (const column in added) added[column] += more[column] ?? 0;
  return added;
}

/** What the commit that settles a batch binds, for the audit. */
export interface Settled {
  unexplained: number;
  revoked: number;
  /** The SHA-256 of a line for each ledger, its direction and version, sorted. */
  ledgers: string;
  /** The SHA-256 of each file that is published, by its name. */
  files: Record<string, string>;
}

const settled = z.strictObject({
  unexplained: fields.count,
  revoked: fields.count,
  ledgers: fields.sha256,
  files: z.record(z.string(), fields.sha256),
});
true satisfies Covers<typeof settled, Settled>;

/** `Settled`, as it lies in the work bucket. */
export const settledForm = formOf<Settled>('note of a settled batch', 1, settled);
