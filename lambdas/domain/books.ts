/**
 * The books of a batch: what was decided and what became of it, added up beside a count of what was gathered, and the
 * lists that are published when the batch settles.
 */
import { z } from 'zod';
import type { ClaimState } from './claims.ts';
import { csvLine, outside } from './csv.ts';
import type { Day, Instant } from './days.ts';
import {
  type AgencyId,
  type BatchId,
  type DirectionId,
  type DirectionKind,
  type Imei,
  imeiOut,
  type Msisdn,
  type OperatorId,
} from './identifiers.ts';
import { jsonText } from './json.ts';
import { type Ledger, sealedOutcomes } from './ledger.ts';
import { fields, formOf } from './stored.ts';

/** What was decided of the connections whose newest sighting is one operator's. Plain numbers, to travel as JSON. */
export interface ConnectionDecisions {
  readonly alreadyOpen: number;
  readonly alreadyDisconnected: number;
  readonly directed: number;
}

/** What was decided of the handsets at one operator. */
export interface BlockDecisions {
  readonly alreadyOpen: number;
  readonly alreadyBlocked: number;
  readonly directed: number;
}

/** The decisions of a shard, or of a whole batch, by operator. */
export type Decisions = Readonly<
  Record<string, { readonly connections: ConnectionDecisions; readonly blocks: BlockDecisions }>
>;

/** What one operator's ledgers hold; `rows` are the rows they were made for, the rest is read from the sealed bytes. */
export interface LedgerTotals {
  readonly directions: number;
  readonly overdueDirections: number;
  readonly connections: {
    readonly rows: number;
    readonly verified: number;
    readonly disconnected: number;
    readonly notFound: number;
    readonly overdue: number;
    /** Part of `overdue`. */
    readonly overdueFailed: number;
  };
  readonly blocks: {
    readonly rows: number;
    readonly blocked: number;
    readonly notFound: number;
    readonly overdue: number;
  };
}

/** The ledgers' totals, by operator. */
export type Ledgers = Readonly<Record<string, LedgerTotals>>;

const noConnections: ConnectionDecisions = { alreadyOpen: 0, alreadyDisconnected: 0, directed: 0 };
const noBlocks: BlockDecisions = { alreadyOpen: 0, alreadyBlocked: 0, directed: 0 };
const noLedgers: LedgerTotals = {
  directions: 0,
  overdueDirections: 0,
  connections: { rows: 0, verified: 0, disconnected: 0, notFound: 0, overdue: 0, overdueFailed: 0 },
  blocks: { rows: 0, blocked: 0, notFound: 0, overdue: 0 },
};

/** A decision's state doesn't exist for its kind: a number can't be alreadyBlocked, nor a handset alreadyDisconnected. */
export class ImpossibleDecision extends Error {
  override readonly name = 'ImpossibleDecision';
  constructor(kind: DirectionKind, state: ClaimState) {
    super(`A ${kind} row can't be ${state}`);
  }
}

/** The decisions with `count` more of this one (of a number: under the operator of its newest sighting). */
export function addDecision(
  decisions: Decisions,
  kind: DirectionKind,
  operator: OperatorId,
  state: ClaimState,
  count = 1,
): Decisions {
  const { connections, blocks } = decisions[operator] ?? { connections: noConnections, blocks: noBlocks };
  if (kind === 'reverify' && state !== 'alreadyBlocked') {
    return {
      ...decisions,
      [operator]: { connections: { ...connections, [state]: connections[state] + count }, blocks },
    };
  }
  if (kind === 'block' && state !== 'alreadyDisconnected') {
    return { ...decisions, [operator]: { connections, blocks: { ...blocks, [state]: blocks[state] + count } } };
  }
  throw new ImpossibleDecision(kind, state);
}

/** All these decisions in one; those of shards add up in any order. */
export function mergeDecisions(all: Iterable<Decisions>): Decisions {
  const merged: Record<string, { connections: ConnectionDecisions; blocks: BlockDecisions }> = {};
  for (const decisions of all) {
    for (const [operator, more] of Object.entries(decisions)) {
      const { connections, blocks } = merged[operator] ?? { connections: noConnections, blocks: noBlocks };
      merged[operator] = {
        connections: {
          alreadyOpen: connections.alreadyOpen + more.connections.alreadyOpen,
          alreadyDisconnected: connections.alreadyDisconnected + more.connections.alreadyDisconnected,
          directed: connections.directed + more.connections.directed,
        },
        blocks: {
          alreadyOpen: blocks.alreadyOpen + more.blocks.alreadyOpen,
          alreadyBlocked: blocks.alreadyBlocked + more.blocks.alreadyBlocked,
          directed: blocks.directed + more.blocks.directed,
        },
      };
    }
  }
  return merged;
}

/** The totals with a sealed ledger added. Throws LedgerNotSealed: the summary is made only from seals. */
export function addLedger(ledgers: Ledgers, ledger: Ledger): Ledgers {
  const outcomes = sealedOutcomes(ledger);
  const old = ledgers[ledger.operator] ?? noLedgers;
  const counted = {
    ...old,
    directions: old.directions + 1,
    overdueDirections: old.overdueDirections + (outcomes.overdue > 0 ? 1 : 0),
  };
  const next: LedgerTotals =
    ledger.kind === 'reverify'
      ? {
          ...counted,
          connections: {
            rows: old.connections.rows + ledger.rows,
            verified: old.connections.verified + outcomes.verified,
            disconnected: old.connections.disconnected + outcomes.disconnected,
            notFound: old.connections.notFound + outcomes.notFound,
            overdue: old.connections.overdue + outcomes.overdue,
            overdueFailed: old.connections.overdueFailed + outcomes.overdueFailed,
          },
        }
      : {
          ...counted,
          blocks: {
            rows: old.blocks.rows + ledger.rows,
            blocked: old.blocks.blocked + outcomes.blocked,
            notFound: old.blocks.notFound + outcomes.notFound,
            overdue: old.blocks.overdue + outcomes.overdue,
          },
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

export interface BooksInput {
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
  readonly ledgers: Ledgers;
  /** The instant of each operator's latest usage import; absent where there was none. */
  readonly latestImports: Readonly<Record<string, Instant | null | undefined>>;
  readonly startedAt: Instant;
  readonly settledAt: Instant;
}

export interface ConnectionSummary {
  readonly linked: number;
  readonly alreadyOpen: number;
  readonly alreadyDisconnected: number;
  readonly directed: number;
  readonly verified: number;
  readonly disconnected: number;
  readonly notFound: number;
  readonly overdue: number;
  /** Part of `overdue`: rows that failed and stayed connected. */
  readonly overdueFailed: number;
}

export interface BlockSummary {
  readonly rows: number;
  readonly alreadyOpen: number;
  readonly alreadyBlocked: number;
  readonly directed: number;
  readonly blocked: number;
  readonly notFound: number;
  readonly overdue: number;
}

export interface OperatorSummary {
  readonly directions: number;
  readonly overdueDirections: number;
  readonly latestImport: Instant | null;
  readonly connections: ConnectionSummary;
  readonly blocks: BlockSummary;
}

export interface Summary {
  readonly batchId: BatchId;
  readonly agency: AgencyId;
  readonly file: string;
  readonly status: 'settled';
  readonly report: ReportCounts;
  readonly connections: ConnectionSummary;
  readonly blocks: BlockSummary;
  readonly operators: Readonly<Record<string, OperatorSummary>>;
  readonly unexplained: number;
  readonly startedAt: Instant;
  readonly settledAt: Instant;
}

/**
 * The summary of a settled batch, keys in the agreed order. `connections.linked` and `blocks.rows` of the batch are what
 * was gathered (distinct numbers, and so for each operator; handsets × the plan's operators); the rest is what was decided and what the sealed
 * ledgers say. `unexplained` is the sum of every difference between them, so it is 0 only where all agree:
 * the report's rows and their parts; numbers gathered and decided, handsets gathered and decided, at each operator;
 * rows decided and rows in ledgers; ledgers' rows and their outcomes. An operator that has rows and is none of the plan's,
 * since it was configured no more when that was made, is listed after the others.
 */
export function balance(input: BooksInput): Summary {
  const names = new Set<string>(input.operators);
  const planned = new Set(names);
  for (const name of [input.linked, input.decisions, input.ledgers].flatMap(Object.keys).sort()) names.add(name);

  const { rows, rejected, repeats, handsets } = input.report;
  let unexplained = Math.abs(rows - rejected - repeats - handsets);
  const operators: Record<string, OperatorSummary> = {};
  const connections = { alreadyOpen: 0, alreadyDisconnected: 0, directed: 0, ...outcomesOf(noLedgers.connections) };
  const blocks = { alreadyOpen: 0, alreadyBlocked: 0, directed: 0, ...outcomesOf(noLedgers.blocks) };
  let linked = 0;

  for (const name of names) {
    const decided = input.decisions[name] ?? { connections: noConnections, blocks: noBlocks };
    const held = input.ledgers[name] ?? noLedgers;
    const own = input.linked[name] ?? 0;
    const blockRows = planned.has(name) ? handsets : 0;
    const heldConnections = outcomesOf(held.connections);
    const heldBlocks = outcomesOf(held.blocks);
    linked += own;
    unexplained +=
      Math.abs(own - sum(decided.connections)) +
      Math.abs(blockRows - sum(decided.blocks)) +
      Math.abs(decided.connections.directed - held.connections.rows) +
      // The failed ones are part of the overdue.
      Math.abs(held.connections.rows - sum({ ...heldConnections, overdueFailed: 0 })) +
      Math.abs(decided.blocks.directed - held.blocks.rows) +
      Math.abs(held.blocks.rows - sum(heldBlocks));
    operators[name] = {
      directions: held.directions,
      overdueDirections: held.overdueDirections,
      latestImport: input.latestImports[name] ?? null,
      connections: connectionSummary(own, { ...decided.connections, ...heldConnections }),
      blocks: blockSummary(blockRows, { ...decided.blocks, ...heldBlocks }),
    };
    addTo(connections, { ...decided.connections, ...heldConnections });
    addTo(blocks, { ...decided.blocks, ...heldBlocks });
  }

  return {
    batchId: input.batchId,
    agency: input.agency,
    file: input.file,
    status: 'settled',
    report: { rows, rejected, repeats, handsets },
    connections: connectionSummary(linked, connections),
    blocks: blockSummary(handsets * planned.size, blocks),
    operators,
    unexplained,
    startedAt: input.startedAt,
    settledAt: input.settledAt,
  };
}

/** The summary file's bytes: JSON with two spaces and a final newline. */
export function summaryText(summary: Summary): string {
  return jsonText(summary);
}

function outcomesOf<T extends { readonly rows: number }>(totals: T): Omit<T, 'rows'> {
  const { rows: _, ...outcomes } = totals;
  return outcomes;
}

function sum(parts: object): number {
  return Object.values(parts).reduce((total: number, part: number) => total + part, 0);
}

function addTo<K extends string>(totals: Record<K, number>, more: Readonly<Record<K, number>>): void {
  for (const key in totals) totals[key] += more[key];
}

function connectionSummary(linked: number, of: Omit<ConnectionSummary, 'linked'>): ConnectionSummary {
  const { alreadyOpen, alreadyDisconnected, directed, verified, disconnected, notFound, overdue, overdueFailed } = of;
  const outcomes = { verified, disconnected, notFound, overdue, overdueFailed };
  return { linked, alreadyOpen, alreadyDisconnected, directed, ...outcomes };
}

function blockSummary(rows: number, of: Omit<BlockSummary, 'rows'>): BlockSummary {
  const { alreadyOpen, alreadyBlocked, directed, blocked, notFound, overdue } = of;
  return { rows, alreadyOpen, alreadyBlocked, directed, blocked, notFound, overdue };
}

/** A number that an operator disconnected, as it is published for banks and platforms. */
export interface Revocation {
  readonly msisdn: Msisdn;
  readonly operator: OperatorId;
  /** The service area of the newest sighting, as the operator wrote it; '' where it didn't. */
  readonly lsa: string;
  readonly disconnectedOn: Day;
}

/** What a late answer disconnected, as it lies in the work bucket until its list is published. */
export const lateListForm = formOf<{ revocations: readonly Revocation[] }>(
  'list of late revocations',
  1,
  z.strictObject({
    revocations: z.array(
      z.strictObject({
        msisdn: fields.msisdn,
        operator: fields.operator,
        lsa: z.string(),
        disconnectedOn: fields.day,
      }),
    ),
  }),
);

/** How many lines the writers below hand over at once. */
const linesAtOnce = 1000;

/** The revocations sorted by number, then operator: the order of both files. */
export function revocationRows(revocations: Iterable<Revocation>): Revocation[] {
  return [...revocations].sort((a, b) => compare(a.msisdn, b.msisdn) || compare(a.operator, b.operator));
}

/**
 * A batch's revocations, of which there may be millions: each is kept as one word, its number above the place of what it
 * shares with others (operator, area and day).
 */
export class RevocationList {
  readonly #shared: Omit<Revocation, 'msisdn'>[] = [];
  readonly #placeOf = new Map<string, number>();
  #words = new BigUint64Array(1024);
  #length = 0;

  add({ msisdn, ...shared }: Revocation): void {
    const { operator, lsa, disconnectedOn } = shared;
    const name = `${operator} ${disconnectedOn} ${lsa}`;
    let place = this.#placeOf.get(name);
    if (place === undefined) {
      // A copy, since a piece of a larger text would keep all of that in memory.
      place = this.#shared.push({ ...shared, lsa: Buffer.from(lsa).toString() }) - 1;
      this.#placeOf.set(name, place);
    }
    if (this.#length === this.#words.length) {
      const larger = new BigUint64Array(2 * this.#length);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[this.#length++] = (BigInt(msisdn.slice(1)) << placeBits) | BigInt(place);
  }

  get size(): number {
    return this.#length;
  }

  /** The rows in the order of both files, made one by one as they are asked for. A number stands in a batch once. */
  *rows(): Generator<Revocation> {
    const words = this.#words.subarray(0, this.#length).sort();
    for (const word of words) {
      const shared = this.#shared[Number(word & ((1n << placeBits) - 1n))];
      if (shared !== undefined) yield { msisdn: `+${word >> placeBits}` as Msisdn, ...shared };
    }
  }
}

/** A number has 12 digits, 40 bits; 24 are left for the places. */
const placeBits = 24n;

/** The revocation list, header and all, in pieces to be written one after the other; `rows` as revocationRows sorts them. */
export function revocationCsv(rows: Iterable<Revocation>): Generator<string> {
  return pieces(
    csvLine(['msisdn', 'operator', 'lsa', 'disconnected_on', 'reason']),
    rows,
    ({ msisdn, operator, lsa, disconnectedOn }) =>
      csvLine([msisdn, operator, outside(lsa), disconnectedOn, 'linked_to_reported_handset']),
  );
}

/**
 * The same list in the form of TRAI's Mobile Number Revocation List, numbers of 10 digits, in pieces; `fileName` is the
 * CSV's base name.
 */
export function* revocationJson(fileName: string, rows: Iterable<Revocation>): Generator<string> {
  let separator = '';
  yield* pieces(`{"status":200,"file_name":${JSON.stringify(fileName)},"payload":[`, rows, ({ msisdn }) => {
    const entry = `${separator}{"n":"${msisdn.slice(-10)}"}`;
    separator = ',';
    return entry;
  });
  yield ']}\n';
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

/** `Settled`, as it lies in the work bucket. */
export const settledForm = formOf<Settled>(
  'note of a settled batch',
  1,
  z.strictObject({
    unexplained: fields.count,
    revoked: fields.count,
    ledgers: fields.sha256,
    files: z.record(z.string(), fields.sha256),
  }),
);

/** A number, or a handset at an operator, that this batch did not direct, and the direction that is why. */
export interface Elsewhere {
  readonly kind: DirectionKind;
  readonly identifier: Imei | Msisdn;
  readonly operator: OperatorId;
  readonly state: Exclude<ClaimState, 'directed'>;
  readonly directionId: DirectionId;
}

/** The first line of the list of what stands elsewhere, with its end. */
export const elsewhereHeader = csvLine(['kind', 'identifier', 'operator', 'state', 'directionId']);

/**
 * Lines of the list of what stands elsewhere, without their ends, sorted by their columns in their order; IMEIs in 15 digits. For
 * administrators. Identifiers of a kind have one length, and no character of an id comes before the comma: so lines that are
 * sorted as texts are sorted by their columns, and sorted lists can be merged line by line.
 */
export function elsewhereLines(entries: Iterable<Elsewhere>): string[] {
  const lines: string[] = [];
  for (const { kind, identifier, operator, state, directionId } of entries) {
    const shown = isImei(kind, identifier) ? imeiOut(identifier) : identifier;
    lines.push(csvLine([kind, shown, operator, state, directionId]).slice(0, -1));
  }
  return lines.sort();
}

function isImei(kind: DirectionKind, _identifier: Imei | Msisdn): _identifier is Imei {
  return kind === 'block';
}

/** By code unit, so that an order never depends on a locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function* pieces<T>(head: string, rows: Iterable<T>, text: (row: T) => string): Generator<string> {
  let piece = head;
  let lines = 0;
  for (const row of rows) {
    piece += text(row);
    lines += 1;
    if (lines % linesAtOnce === 0) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}
