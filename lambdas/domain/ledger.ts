/**
 * The ledger: the one record of a direction. It holds an outcome per row, the orders issued, the response files
 * recorded and the task tokens that wait. Whoever changes it reads it, decides here, and writes the result back on
 * the condition that `version` is unchanged, so a verification and a disconnect order never race.
 *
 * Every function is pure: a change is a new object whose version is one higher.
 */
import { addDays, addSeconds, type Day, type Instant, millisOf } from './days.ts';
import type { BatchId, DirectionId, OperatorId } from './identifiers.ts';
import { ANSWER_RULES, ANSWERS, type DirectionKind, OUTCOMES, type Outcome, rulesOf } from './kinds.ts';
import { type Order, type Rung, takesService } from './ladders.ts';

const code = Object.fromEntries(OUTCOMES.map((outcome, index) => [outcome, index])) as Record<Outcome, number>;

/** The outcomes with which a row is open while its ladder runs. */
const openOutcomes: ReadonlySet<Outcome> = new Set<Outcome>([
  'open',
  ...ANSWERS.filter((answer) => !ANSWER_RULES[answer].ends),
]);

/**
 * Bytes a row takes. The first two (LE) hold its outcome in the low 3 bits and, above them, the number (from 1) of the
 * file that said so, 0 = none; the other three (LE) the days from 0000-01-01 to `occurred_on`, so that every day that can
 * be written can be kept. 2,000 rows are 10 kB: every kB is a write unit.
 */
export const bytesPerRow = 5;

const outcomeBits = 3;
const outcomeMask = 0b111;
const dayZero = '0000-01-01' as Day;
const dayZeroMillis = Date.parse(dayZero);
const millisPerDay = 86_400_000;

/** One order issued: the commit of a rung. `attempt` names the work folder where the order's file was prepared. */
export interface IssuedOrder {
  readonly rung: number;
  readonly order: Order;
  readonly attempt: string;
  readonly rows: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly deadline: Instant;
  readonly at: Instant;
  /** The ledger's, by this commit. */
  readonly version: number;
  /** The ledger's, by the rung's first commit, where this one has replaced it: until now its operator may have had that one. */
  readonly firstVersion?: number;
}

/**
 * The disconnect order that a response with failed rows caused: due 24 hours after its commit, at most at the ladder's end. By the
 * file's own commit, as long as `anew` doesn't name another one.
 */
export interface FailedOrder {
  readonly rows: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly deadline: Instant;
  /** The commit that issued it anew, with the ledger's version by it. */
  readonly anew?: { readonly attempt: string; readonly at: Instant; readonly version: number };
}

/** One response file recorded. `attempt` names the work folder where its receipt (and failed order) was prepared. */
export interface RecordedFile {
  readonly sha256: string;
  readonly attempt: string;
  readonly at: Instant;
  /** The ledger's, by this commit. */
  readonly version: number;
  readonly failedOrder?: FailedOrder;
  /** Where it disconnected rows of a batch that had settled: the day of its commit, whose late revocation list they are in. */
  readonly lateOn?: Day;
}

export interface Ledger {
  readonly directionId: DirectionId;
  readonly batchId: BatchId;
  readonly operator: OperatorId;
  readonly kind: DirectionKind;
  readonly plan: number;
  readonly rows: number;
  /** Where the rows' identities stand in work, one a line; row numbers here count from 0. */
  readonly rowsKey: string;
  /** The instant from which the deadlines count: when planning began, and as many whole hours later as its first order was. */
  readonly startedAt: Instant;
  readonly rungs: readonly Rung[];
  /** When a re-verification's first order was published, or had no rows to carry: from then on its deadlines stand. */
  readonly begunAt: Instant | null;
  /** The last rung whose order was committed, counted from 1; 0 before the first. */
  readonly rung: number;
  readonly orders: readonly IssuedOrder[];
  /** The task tokens of the attempts that wait on the current rung, the newest last and at most `mostTokens` of them. */
  readonly tokens: readonly string[];
  readonly files: readonly RecordedFile[];
  /** `bytesPerRow` bytes a row. Frozen once the ledger is sealed. */
  readonly outcomes: Uint8Array;
  /** When the ladder ended: what was open or failed then became overdue. */
  readonly closedAt: Instant | null;
  /** When the batch's books took this ledger's outcomes. */
  readonly sealedAt: Instant | null;
  /** The outcomes with the answers that came after the seal; null while there are none. */
  readonly late: Uint8Array | null;
  readonly version: number;
}

/** A row's current state. A row that failed before its ladder ended is overdue, but keeps the day and file of its failing. */
export interface RowState {
  readonly outcome: Outcome;
  readonly occurredOn: Day | null;
  readonly recordedAt: Instant | null;
}

/** How many rows stand at each outcome when the books take them. `failed` counts as overdue, since the ladder has ended. */
export interface OutcomeCounts {
  /** Rows without any outcome; the books can't balance while there is one. */
  readonly open: number;
  readonly verified: number;
  readonly disconnected: number;
  readonly notFound: number;
  readonly blocked: number;
  readonly overdue: number;
  /** Of the overdue ones, those that had failed: known to be wrong, and still connected. */
  readonly overdueFailed: number;
}

/** The books were asked for outcomes of a ledger that isn't sealed. */
export class LedgerNotSealed extends Error {
  override readonly name = 'LedgerNotSealed';
  constructor(directionId: DirectionId) {
    super(`The ledger of direction ${directionId} is not sealed`);
  }
}

/** A ledger's bytes, or a row asked for, don't fit its number of rows. */
export class LedgerDamaged extends Error {
  override readonly name = 'LedgerDamaged';
  constructor(directionId: DirectionId, what: string) {
    super(`The ledger of direction ${directionId} is damaged: ${what}`);
  }
}

/** A direction's first ledger: all rows open, no rung issued, version 1. */
export function newLedger(
  plan: Pick<
    Ledger,
    'directionId' | 'batchId' | 'operator' | 'kind' | 'plan' | 'rows' | 'rowsKey' | 'startedAt' | 'rungs'
  >,
): Ledger {
  return {
    directionId: plan.directionId,
    batchId: plan.batchId,
    operator: plan.operator,
    kind: plan.kind,
    plan: plan.plan,
    rows: plan.rows,
    rowsKey: plan.rowsKey,
    startedAt: plan.startedAt,
    rungs: plan.rungs,
    begunAt: null,
    rung: 0,
    orders: [],
    tokens: [],
    files: [],
    outcomes: new Uint8Array(plan.rows * bytesPerRow),
    closedAt: null,
    sealedAt: null,
    late: null,
    version: 1,
  };
}

/** A row's outcome as its byte says; a byte that names none is damage, and counts as open. */
export function outcomeAt(bytes: Uint8Array, row: number): Outcome {
  return OUTCOMES[(bytes[row * bytesPerRow] ?? 0) & outcomeMask] ?? 'open';
}

/** Writes a row's outcome in place; `file` is the index in `files` of the one that said so. */
export function writeOutcome(bytes: Uint8Array, row: number, outcome: Outcome, on: Day, file: number): void {
  const at = row * bytesPerRow;
  const head = ((file + 1) << outcomeBits) | code[outcome];
  const day = (Date.parse(on) - dayZeroMillis) / millisPerDay;
  bytes[at] = head & 0xff;
  bytes[at + 1] = head >> 8;
  bytes[at + 2] = day & 0xff;
  bytes[at + 3] = (day >> 8) & 0xff;
  bytes[at + 4] = day >> 16;
}

/** The number (from 1) of the file that said a row's outcome, 0 = none; `at` is the row's first byte. */
function fileOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) >> outcomeBits;
}

/** The outcomes as they stand now: with late answers once there are any. */
export function currentOutcomes(ledger: Ledger): Uint8Array {
  return ledger.late ?? ledger.outcomes;
}

/** What is known now of row `row` (from 0), late answers included. Throws LedgerDamaged for a row it doesn't have. */
export function outcomeOf(ledger: Ledger, row: number): RowState {
  if (!Number.isInteger(row) || row < 0 || row >= ledger.rows)
    throw new LedgerDamaged(ledger.directionId, 'no such row');
  return stateAt(ledger, currentOutcomes(ledger), row);
}

function stateAt(ledger: Ledger, bytes: Uint8Array, row: number): RowState {
  const at = row * bytesPerRow;
  const byte = (n: number) => bytes[at + n] ?? 0;
  const outcome = outcomeAt(bytes, row);
  const file = fileOf(bytes, at);
  if (file === 0) return { outcome, occurredOn: null, recordedAt: null };
  const recorded = ledger.files[file - 1];
  if (recorded === undefined) throw new LedgerDamaged(ledger.directionId, 'a row names a file that it does not have');
  const day = byte(2) | (byte(3) << 8) | (byte(4) << 16);
  return { outcome, occurredOn: addDays(dayZero, day), recordedAt: recorded.at };
}

/** The rows (from 0, ascending) still open: open or failed while the ladder runs; none once it has ended. */
export function openRows(ledger: Ledger): number[] {
  const rows: number[] = [];
  for (let row = 0; row < ledger.rows; row += 1) if (isOpen(ledger, row)) rows.push(row);
  return rows;
}

/** How many rows are open, as `openRows` defines it. */
export function countOpen(ledger: Ledger): number {
  let open = 0;
  for (let row = 0; row < ledger.rows; row += 1) if (isOpen(ledger, row)) open += 1;
  return open;
}

/** Whether this row is open: its ladder runs and it has no terminal outcome. */
export function isOpen(ledger: Ledger, row: number): boolean {
  if (ledger.closedAt !== null) return false;
  return openOutcomes.has(outcomeAt(ledger.outcomes, row));
}

/** Its last rung's deadline, as it is planned or told. */
export function lastDeadline(ledger: Ledger): Instant {
  const last = ledger.rungs.at(-1);
  if (last === undefined) throw new LedgerDamaged(ledger.directionId, 'its ladder has no rungs');
  return last.deadline;
}

/**
 * When its ladder would have ended as it was planned, of a plan that began at `plannedAt`: what is planned with it, such as the
 * time for which claims are kept, counts from there.
 */
export function plannedEnd(ledger: Ledger, plannedAt: Instant): Instant {
  return addSeconds(lastDeadline(ledger), (millisOf(plannedAt) - millisOf(ledger.startedAt)) / 1000);
}

/** Whether this is a ladder that begins with one order, with open rows, and that was not published: until then its deadlines move. */
export function awaitsFirstOrder(ledger: Ledger): boolean {
  return rulesOf(ledger.kind).beginsWith !== null && ledger.begunAt === null && countOpen(ledger) > 0;
}

const secondsPerHour = 3600;

/**
 * The ledger as it stands at `now`. A re-verification never begins with a bar, so that as long as its first order isn't
 * published all of its deadlines move later, by whole hours. A first order that was committed keeps them for an hour, in which
 * its publication may be tried again; then it is to be issued anew, and no attempt lives long enough to publish the older one
 * after the newer. Once no row is left that a newer one would carry, it goes out as it is, while there is time.
 */
function standing(ledger: Ledger, now: Instant): Ledger {
  if (!awaitsFirstOrder(ledger)) return ledger;
  const first = ledger.orders[0];
  const stays =
    first !== undefined &&
    first.deadline > now &&
    (now < addSeconds(first.at, secondsPerHour) || rowsFor(ledger, first.order).length === 0);
  const hours = Math.floor((millisOf(now) - millisOf(ledger.startedAt)) / 1000 / secondsPerHour);
  if (stays || hours <= 0) return ledger;
  const later = (instant: Instant) => addSeconds(instant, hours * secondsPerHour);
  const rungs = ledger.rungs.map(({ order, deadline }) => ({ order, deadline: later(deadline) }));
  return { ...ledger, startedAt: later(ledger.startedAt), rungs };
}

/** The instant when the ladder ends, as far as it can be said at `now`: it moves while a first order isn't published. */
export function ladderEnd(ledger: Ledger, now: Instant): Instant {
  return lastDeadline(standing(ledger, now));
}

/** Where a ladder is: the rung (from 1) that its machine is to wait on, one more than there are where it has ended; and its rungs. */
export interface Whereabouts {
  readonly rung: number;
  readonly rungs: readonly Rung[];
}

/**
 * Where a ladder is at `now`: at the first rung whose deadline lies ahead, though not before the last that was committed; at
 * its end where that was the last deadline, or no row is open.
 */
export function whereabouts(ledger: Ledger, now: Instant): Whereabouts {
  const { rungs } = standing(ledger, now);
  const ahead = rungs.findIndex(({ deadline }) => deadline > now);
  const ended = ahead === -1 || countOpen(ledger) === 0;
  return { rung: ended ? rungs.length + 1 : Math.max(ahead + 1, ledger.rung), rungs };
}

/** Seconds that a disconnect order which a response with failed rows caused may take. */
const failedOrderTakes = 24 * 3600;

/**
 * The deadline of the disconnect order of rows that a response, committed at `at`, made failed: 24 hours later, at most the
 * ladder's end. Null once the ladder has ended: then none is issued, since nobody would follow it up.
 */
export function failedOrderDeadline(ledger: Ledger, at: Instant): Instant | null {
  const end = ladderEnd(ledger, at);
  if (ledger.closedAt !== null || end <= at) return null;
  const due = addSeconds(at, failedOrderTakes);
  if (end < due) return end;
  return due;
}

/** Rows of a disconnect order to be issued anew. Prepare the order with these rows, then write `commit(file)` on the ledger's version. */
export interface FailedOrderAnew {
  readonly deadline: Instant;
  readonly rows: readonly number[];
  readonly commit: (file: { readonly sha256: string; readonly bytes: number }) => Ledger;
}

/**
 * What is to become of a recorded file's disconnect order when it is to be published again by `attempt` at `now`: rows that have
 * been answered for since are taken out of it, all of them where no other is left. Undefined where it stands as it was
 * committed, or asks for nothing any more.
 */
export function failedOrderAnew(
  ledger: Ledger,
  { sha256: file }: Pick<RecordedFile, 'sha256'>,
  { attempt, now }: { readonly attempt: string; readonly now: Instant },
): FailedOrderAnew | undefined {
  const place = ledger.files.findIndex(({ sha256 }) => sha256 === file);
  const order = ledger.files[place]?.failedOrder;
  if (order === undefined || order.deadline <= now) return undefined;
  const isCarried = (row: number) =>
    outcomeAt(ledger.outcomes, row) === 'failed' && fileOf(ledger.outcomes, row * bytesPerRow) === place + 1;
  // A row that has failed stays so by this file's word until it is answered for: as many rows are the same ones.
  const rows = openRows(ledger).filter(isCarried);
  if (rows.length === order.rows) return undefined;
  const anew = { attempt, at: now, version: ledger.version + 1 };
  return {
    deadline: order.deadline,
    rows,
    commit: ({ sha256, bytes }) => {
      const failedOrder = { ...order, rows: rows.length, sha256, bytes, anew };
      return change(ledger, { files: ledger.files.map((one, n) => (n === place ? { ...one, failedOrder } : one)) });
    },
  };
}

/**
 * The rows (from 0, ascending) that an order of the ladder carries: those without any outcome, and only a disconnect order the
 * failed ones, too. A row that failed has had a disconnect order of its own: neither a bar nor another re-verification is asked.
 */
function rowsFor(ledger: Ledger, order: Order): number[] {
  return openRows(ledger).filter((row) => order === 'disconnect' || outcomeAt(ledger.outcomes, row) === 'open');
}

/**
 * The most tokens that a ledger keeps. A failed attempt's token is dead, an attempt that waits is the newest of its execution,
 * and five days of failing attempts leave hundreds, of a kilobyte each, in an item of 400 kB at most.
 */
export const mostTokens = 20;

function withToken(tokens: readonly string[], token: string): readonly string[] {
  return tokens.includes(token) ? tokens : [...tokens, token].slice(-mostTokens);
}

/** One attempt of the Direction machine that wants rung `rung` (from 1) issued and will wait with `token` until `deadline`. */
export interface OrderRequest {
  readonly rung: number;
  readonly deadline: Instant;
  readonly now: Instant;
  readonly token: string;
  readonly attempt: string;
}

export type OrderDecision =
  /**
   * The ladder is elsewhere than its machine, which goes on from there; nothing is issued. `order`: what this rung issued before
   * the last row was answered, to publish again.
   */
  | { readonly kind: 'elsewhere'; readonly next: Whereabouts; readonly order: IssuedOrder | null }
  /**
   * Prepare an order with these rows, then write `commit(file)` on the ledger's version. `next`: the ladder is elsewhere than its
   * machine, and this takes back what the rung issued before the last row was answered.
   */
  | {
      readonly kind: 'issue';
      readonly order: Order;
      readonly deadline: Instant;
      readonly rows: readonly number[];
      readonly next?: Whereabouts;
      readonly commit: (file: { readonly sha256: string; readonly bytes: number }) => Ledger;
    }
  /** The rung has no order, though some rows are open: write the ledger (if it differs) so that this token waits. */
  | { readonly kind: 'wait'; readonly ledger: Ledger }
  /** The rung was committed by another attempt: write the ledger (if it differs) so that this token waits too, publish that order. */
  | { readonly kind: 'adopt'; readonly order: IssuedOrder; readonly ledger: Ledger };

/**
 * Decides what an attempt at a rung's order does. Rung k is committed once, on a ledger below k, in one write with the
 * token; later attempts adopt it. No rung is issued before the one before it has ended, nor after its own deadline; and of a
 * re-verification none before its first order was published, which is issued anew, with later deadlines, where that took an
 * hour. No order carries a row that had a terminal outcome when the order was committed. A bar or disconnect order that is to
 * be published again is issued anew where rows of it were answered since, without them, and with none where no other is left.
 * Where all open rows have failed and the rung's order carries none of them, nothing is issued, and the rung takes its time:
 * they may still be answered for.
 * Throws LedgerDamaged for a rung that the ladder doesn't have.
 */
export function issueOrder(ledger: Ledger, request: OrderRequest): OrderDecision {
  const at = standing(ledger, request.now);
  const rung = at.rungs[request.rung - 1];
  if (rung === undefined) throw new LedgerDamaged(ledger.directionId, `its ladder has no rung ${request.rung}`);
  const issued = ledger.orders.find((order) => order.rung === request.rung) ?? null;
  // One that was not published in its time asks for nothing any more.
  const order = issued !== null && issued.deadline > request.now ? issued : null;
  const next = whereabouts(ledger, request.now);
  const isElsewhere = next.rung !== request.rung || rung.deadline !== request.deadline;
  const publishes = !isElsewhere || countOpen(ledger) === 0;
  if (order !== null && publishes && isOutdated(ledger, order))
    return anew(ledger, order, request, isElsewhere ? next : undefined);
  if (isElsewhere) return { kind: 'elsewhere', next, order: publishes ? order : null };
  if (ledger.rung === request.rung && at === ledger) {
    const tokens = withToken(ledger.tokens, request.token);
    const waiting = tokens === ledger.tokens ? ledger : change(ledger, { tokens });
    return order === null ? { kind: 'wait', ledger: waiting } : { kind: 'adopt', order, ledger: waiting };
  }
  const rows = rowsFor(ledger, rung.order);
  const orders = ledger.orders.filter((one) => one !== issued);
  const { startedAt, rungs } = at;
  const committed = { rung: request.rung, startedAt, rungs, orders, tokens: [request.token] };
  if (rows.length === 0)
    return { kind: 'wait', ledger: change(ledger, { ...committed, begunAt: ledger.begunAt ?? request.now }) };
  return {
    kind: 'issue',
    order: rung.order,
    deadline: rung.deadline,
    rows,
    commit: ({ sha256, bytes }) =>
      change(ledger, {
        ...committed,
        orders: [
          ...orders,
          {
            rung: request.rung,
            order: rung.order,
            attempt: request.attempt,
            rows: rows.length,
            sha256,
            bytes,
            deadline: rung.deadline,
            at: request.now,
            version: ledger.version + 1,
          },
        ],
      }),
  };
}

/**
 * Whether an order takes service from a row that it would not carry if it were issued now. Rows only leave it: as many are the
 * same ones.
 */
function isOutdated(ledger: Ledger, order: IssuedOrder): boolean {
  return takesService(order.order) && rowsFor(ledger, order.order).length !== order.rows;
}

/** The decision to issue an outdated order anew; its deadline, which may have been told, stays. */
function anew(
  ledger: Ledger,
  outdated: IssuedOrder,
  { attempt, now, token }: OrderRequest,
  next: Whereabouts | undefined,
): OrderDecision {
  const { order, deadline, version: replaced, firstVersion = replaced } = outdated;
  const rows = rowsFor(ledger, order);
  return {
    kind: 'issue',
    order,
    deadline,
    rows,
    ...(next === undefined ? {} : { next }),
    commit: ({ sha256, bytes }) => {
      const file = { attempt, rows: rows.length, sha256, bytes, at: now, version: ledger.version + 1, firstVersion };
      const orders = ledger.orders.map((one) => (one === outdated ? { ...one, ...file } : one));
      return change(ledger, { orders, ...(next === undefined ? { tokens: withToken(ledger.tokens, token) } : {}) });
    },
  };
}

/** The commit that has replaced one of a rung's order meanwhile, which is to be published after it, too; undefined where none has. */
export function replacing(ledger: Ledger, { rung, attempt }: IssuedOrder): IssuedOrder | undefined {
  return ledger.orders.find((order) => order.rung === rung && order.attempt !== attempt);
}

export type PublishedDecision =
  /** The ladder has begun: write the ledger. */
  | { readonly kind: 'begun'; readonly ledger: Ledger }
  | { readonly kind: 'already' }
  /** Another attempt has issued the order anew meanwhile: that is to be published, after this one, too. */
  | { readonly kind: 'replaced'; readonly order: IssuedOrder };

/** Notes that the first order of a re-verification was published, from when on its deadlines stand. */
export function firstOrderPublished(ledger: Ledger, order: IssuedOrder, now: Instant): PublishedDecision {
  const newer = replacing(ledger, order);
  if (newer !== undefined) return { kind: 'replaced', order: newer };
  if (ledger.begunAt !== null) return { kind: 'already' };
  return { kind: 'begun', ledger: change(ledger, { begunAt: now }) };
}

export type CloseDecision =
  | { readonly kind: 'closed'; readonly ledger: Ledger }
  | { readonly kind: 'already' }
  /** A row is open, and the last deadline lies ahead or its first order was not published. */
  | { readonly kind: 'too_early' };

/**
 * Ends the ladder: what is open or failed becomes overdue; a failed row keeps the day and the file of its failing.
 * Refused while a row is open and the last deadline is after `now`, to which it moves while a first order isn't published.
 */
export function closeLedger(ledger: Ledger, now: Instant): CloseDecision {
  if (ledger.closedAt !== null) return { kind: 'already' };
  const open = openRows(ledger);
  if (open.length > 0 && ladderEnd(ledger, now) > now) return { kind: 'too_early' };
  const bytes = new Uint8Array(ledger.outcomes);
  for (const row of open) {
    const at = row * bytesPerRow;
    bytes[at] = ((bytes[at] ?? 0) & ~outcomeMask) | code.overdue;
  }
  return { kind: 'closed', ledger: change(ledger, { outcomes: bytes, closedAt: now }) };
}

export type SealDecision =
  | { readonly kind: 'sealed'; readonly ledger: Ledger }
  | { readonly kind: 'already' }
  /** Only a ledger whose ladder has ended can be sealed. */
  | { readonly kind: 'not_closed' };

/** Freezes the outcomes for the batch's books: what commits from now on is late and goes to a copy. */
export function sealLedger(ledger: Ledger, now: Instant): SealDecision {
  if (ledger.sealedAt !== null) return { kind: 'already' };
  if (ledger.closedAt === null) return { kind: 'not_closed' };
  return { kind: 'sealed', ledger: change(ledger, { sealedAt: now }) };
}

/** How many rows stood at each outcome when the ledger was sealed, whatever came later. Throws LedgerNotSealed. */
export function sealedOutcomes(ledger: Ledger): OutcomeCounts {
  const bytes = sealedBytes(ledger);
  const counts = new Array<number>(OUTCOMES.length).fill(0);
  let overdueFailed = 0;
  for (let at = 0; at + bytesPerRow <= bytes.length; at += bytesPerRow) {
    const byte = (bytes[at] ?? 0) & outcomeMask;
    // A row that went overdue unanswered names no file.
    if (byte === code.failed || (byte === code.overdue && fileOf(bytes, at) > 0)) overdueFailed += 1;
    const known = byte < counts.length ? byte : code.open;
    counts[known] = (counts[known] ?? 0) + 1;
  }
  const count = (outcome: Outcome) => counts[code[outcome]] ?? 0;
  return {
    open: count('open'),
    verified: count('verified'),
    disconnected: count('disconnected'),
    notFound: count('not_found'),
    blocked: count('blocked'),
    overdue: count('overdue') + count('failed'),
    overdueFailed,
  };
}

/** The rows (from 0, ascending) that were disconnected when the ledger was sealed, each with its day. Throws LedgerNotSealed. */
export function sealedDisconnections(ledger: Ledger): { row: number; on: Day }[] {
  const bytes = sealedBytes(ledger);
  const found: { row: number; on: Day }[] = [];
  for (let row = 0; row < ledger.rows; row += 1) {
    if (outcomeAt(bytes, row) !== 'disconnected') continue;
    const { occurredOn } = stateAt(ledger, bytes, row);
    if (occurredOn === null) throw new LedgerDamaged(ledger.directionId, 'a disconnected row has no day');
    found.push({ row, on: occurredOn });
  }
  return found;
}

function sealedBytes(ledger: Ledger): Uint8Array {
  if (ledger.sealedAt === null) throw new LedgerNotSealed(ledger.directionId);
  return ledger.outcomes;
}

/** The ledger with these fields changed, one version on. For the rules of this folder only. */
export function change(ledger: Ledger, fields: Partial<Ledger>): Ledger {
  return { ...ledger, ...fields, version: ledger.version + 1 };
}
