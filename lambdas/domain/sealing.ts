/** How a ladder ends and how its batch's books take it: what is open or failed is overdue, and what comes later is late. */
import type { Day, Instant } from './days.ts';
import type { DirectionId } from './identifiers.ts';
import { change, currentOutcomes, type Ledger, LedgerDamaged, openRows, stateAt } from './ledger.ts';
import { OUTCOMES, type Outcome, type RevocationReason, revokedFor } from './outcome-rules.ts';
import { BYTES_PER_ROW, code, dayAt, fileOf, isReversed, OUTCOME_MASK, outcomeAt, standsInNoList } from './outcomes.ts';
import { ladderEnd } from './whereabouts.ts';

/** The outcomes by their names in the books. */
type Counted = Exclude<Outcome, 'failed' | 'not_found'> | 'notFound';

/**
 * The numbers of rows that stand at each outcome when the books take them. `open` is 0 then: the books can't balance while there is one.
 * `failed` rows count as overdue, since the ladder has ended; `overdueFailed` is their number: known to be wrong, and still connected.
 */
type OutcomeCounts = Readonly<Record<Counted | 'overdueFailed', number>>;

/** The books were asked for outcomes of a ledger that isn't sealed. */
export class LedgerNotSealed extends Error {
  override readonly name = 'LedgerNotSealed';
  constructor(directionId: DirectionId) {
    super(`The ledger of direction ${directionId} is not sealed`);
  }
}

type CloseDecision =
  | { readonly kind: 'closed'; readonly ledger: Ledger }
  | { readonly kind: 'already' }
  /** A row is open, and the last deadline lies ahead or its first order was not published. */
  | { readonly kind: 'too_early' };

/**
 * Ends the ladder: what is open or failed becomes overdue; a failed row keeps the day and the file of its failing. It is refused while a
 * row is open and the last deadline is after `now`; that deadline moves later while a first order isn't published.
 */
export function closeLedger(ledger: Ledger, now: Instant): CloseDecision {
  if (ledger.closedAt !== null) return { kind: 'already' };
  const open = openRows(ledger);
  if (open.length > 0 && ladderEnd(ledger, now) > now) return { kind: 'too_early' };
  const bytes = new Uint8Array(ledger.outcomes);
  for (const row of open) {
    const at = row * BYTES_PER_ROW;
    bytes[at] = ((bytes[at] ?? 0) & ~OUTCOME_MASK) | code.overdue;
  }
  return { kind: 'closed', ledger: change(ledger, { outcomes: bytes, closedAt: now }) };
}

type SealDecision =
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

/**
 * The numbers of rows at each outcome when the ledger was sealed, whatever came later.
 * @throws LedgerNotSealed
 */
export function sealedOutcomes(ledger: Ledger): OutcomeCounts {
  return countedIn(sealedBytes(ledger));
}

/**
 * The numbers of rows at each outcome now, without what came after the seal: while the ladder runs `failed` rows are open, and counted so.
 */
export function standingOutcomes(ledger: Ledger): OutcomeCounts & { readonly failed: number } {
  const counts = countedIn(ledger.outcomes);
  if (ledger.closedAt !== null) return { ...counts, failed: 0 };
  const { open, overdue, overdueFailed: failed } = counts;
  return { ...counts, open: open + failed, failed, overdue: overdue - failed, overdueFailed: 0 };
}

/**
 * The numbers of rows that are still to be seen to, whatever the books say: `overdue` ones whose ladder has ended, and those that `failed`,
 * open or overdue. Rows that were answered since are done with, and nothing is asked any more of rows that were taken back.
 */
export function outstanding(ledger: Ledger): { readonly overdue: number; readonly failed: number } {
  const bytes = currentOutcomes(ledger);
  let [overdue, failed] = [0, 0];
  for (let row = 0; row < ledger.rows; row += 1) {
    if (standsInNoList(bytes, row)) continue;
    const outcome = outcomeAt(bytes, row);
    if (outcome === 'overdue') overdue += 1;
    if (hasFailed(bytes, row)) failed += 1;
  }
  return { overdue, failed };
}

/** Whether a row (from 0) failed, even if it is overdue by now: a row that went overdue unanswered names no file. */
export function hasFailed(bytes: Uint8Array, row: number): boolean {
  const at = row * BYTES_PER_ROW;
  const byte = (bytes[at] ?? 0) & OUTCOME_MASK;
  return byte === code.failed || (byte === code.overdue && fileOf(bytes, at) > 0);
}

/**
 * How many rows have which outcome. A byte that is no outcome counts as open, so that the books don't balance; rules that act on a row
 * throw (`outcomeAt`).
 */
function countedIn(bytes: Uint8Array): OutcomeCounts {
  const counts = new Array<number>(OUTCOMES.length).fill(0);
  let overdueFailed = 0;
  for (let row = 0; (row + 1) * BYTES_PER_ROW <= bytes.length; row += 1) {
    const byte = (bytes[row * BYTES_PER_ROW] ?? 0) & OUTCOME_MASK;
    if (hasFailed(bytes, row)) overdueFailed += 1;
    const known = byte < counts.length ? byte : code.open;
    counts[known] = (counts[known] ?? 0) + 1;
  }
  const count = (outcome: Outcome) => counts[code[outcome]] ?? 0;
  return {
    open: count('open'),
    verified: count('verified'),
    disconnected: count('disconnected'),
    surrendered: count('surrendered'),
    notFound: count('not_found'),
    ported: count('ported'),
    extended: count('extended'),
    reissued: count('reissued'),
    withdrawn: count('withdrawn'),
    blocked: count('blocked'),
    restored: count('restored'),
    unblocked: count('unblocked'),
    overdue: count('overdue') + count('failed'),
    overdueFailed,
  };
}

/** How a row (from 0) stood when the books took it. */
interface SealedRow {
  readonly row: number;
  readonly outcome: Outcome;
  /** The day that was said of it; null if nobody said anything. */
  readonly on: Day | null;
  /** Whether what was done to it had been taken back. */
  readonly isReversed: boolean;
}

/**
 * How each row stood when the ledger was sealed, ascending.
 * @throws LedgerNotSealed
 */
export function* sealedRows(ledger: Ledger): Generator<SealedRow> {
  const bytes = sealedBytes(ledger);
  for (let row = 0; row < ledger.rows; row += 1) {
    const isSaid = fileOf(bytes, row * BYTES_PER_ROW) > 0;
    const on = isSaid ? dayAt(bytes, row) : null;
    yield { row, outcome: outcomeAt(bytes, row), on, isReversed: isReversed(bytes, row) };
  }
}

/** A row (from 0) whose connection has ended: since which day, and how. */
interface SealedRevocation {
  readonly row: number;
  readonly on: Day;
  readonly reason: RevocationReason;
}

/**
 * The rows (ascending) whose connection had ended when the ledger was sealed, without those that were taken back, before the seal
 * or since: it may be long until their list is made.
 * @throws LedgerNotSealed
 */
export function sealedRevocations(ledger: Ledger): SealedRevocation[] {
  const now = currentOutcomes(ledger);
  return revokedAtSeal(ledger).filter(({ row }) => !standsInNoList(now, row));
}

/**
 * The rows (ascending) whose connection had ended when the ledger was sealed, and that were taken back since: a list that was
 * made meanwhile may name them.
 * @throws LedgerNotSealed
 */
export function takenBackSinceSeal(ledger: Ledger): number[] {
  const now = currentOutcomes(ledger);
  return revokedAtSeal(ledger).flatMap(({ row }) => (standsInNoList(now, row) ? [row] : []));
}

function revokedAtSeal(ledger: Ledger): SealedRevocation[] {
  const bytes = sealedBytes(ledger);
  const found: SealedRevocation[] = [];
  for (let row = 0; row < ledger.rows; row += 1) {
    const reason = revokedFor(outcomeAt(bytes, row));
    if (reason === null || isReversed(bytes, row)) continue;
    const { occurredOn } = stateAt(ledger, bytes, row);
    if (occurredOn === null) throw new LedgerDamaged(ledger.directionId, 'a disconnected row has no day');
    found.push({ row, on: occurredOn, reason });
  }
  return found;
}

function sealedBytes(ledger: Ledger): Uint8Array {
  if (ledger.sealedAt === null) throw new LedgerNotSealed(ledger.directionId);
  return ledger.outcomes;
}
