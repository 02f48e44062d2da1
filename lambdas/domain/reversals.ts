/** Reversals: what becomes of each number and handset for which somebody asks that what was done to it be taken back. */
import { activatedOn, isInForce } from './claims.ts';
import type { CountedPointer } from './counted-pointers.ts';
import { addDays, type Day, dayOf, type Instant } from './days.ts';
import { type BatchId, type DirectionId, isBatchId, type Msisdn, type OperatorId } from './identifiers.ts';
import { endsConnection, givesBack, givesServiceBack } from './kinds.ts';
import { CONTESTED_DAYS } from './limits.ts';
import { lineOf } from './moves.ts';
import { type Pointer, samePointer } from './pointers.ts';
import type { SubjectState } from './subject-states.ts';

/** A row that an earlier direction has of the subject, with what its line says. */
export interface SubjectRow extends CountedPointer {
  /** The day of the sighting for which it is directed; null for handsets. */
  readonly directedFor: Day | null;
  /** The number that an unblock excepts; null for the whole handset, and for all other kinds. */
  readonly excepts: Msisdn | null;
}

/**
 * The rows of a subject that are to be taken back: all of whoever has the number now, all of whoever had it in that row, or these alone.
 */
export type Scope = 'current' | { readonly ofHolderIn: Pointer } | RowScope;
interface RowScope {
  readonly rows: readonly Pointer[];
}

/** Whether a scope names its rows one by one. */
export function namesRows(scope: Scope): scope is RowScope {
  return scope !== 'current' && 'rows' in scope;
}

/** What is given back at an operator. The row from which it goes says what is known of the subject. */
export interface GivenBack {
  readonly operator: OperatorId;
  readonly from: Pointer;
}

/** What was decided of a subject. */
interface SubjectDecision {
  readonly state: Exclude<SubjectState, 'kept' | 'struck'>;
  readonly directed: readonly GivenBack[];
  /** The rows from which it is taken back, newest first: open ones end, all are marked. */
  readonly rows: readonly Pointer[];
  /** The directions in which it is open to be given back, if that is why it isn't directed. */
  readonly openIn: readonly DirectionId[];
}

/**
 * Decides what becomes of a number. Each operator that has a row of it restores it if it is open there, or waits to go on elsewhere, or was
 * disconnected, surrendered, overdue or named by an order that takes service since its operator last said that it was restored: that it was
 * ordered to be, since its subscriber was verified, is no such word, since nobody answers that order. It is too late for one that
 * was disconnected more than 90 days before, unless it had service there on a later day. A number that was activated for somebody else
 * belongs to others from that day on: the present holder doesn't touch rows of sightings before it, and nothing is restored to the holder of
 * that time. If none of its rows is the present holder's it is too late, unless it is being restored to them.
 * @param rows that count, of all operators, newest first
 * @param uploadedOn the day on which it was asked for
 */
export function decideNumber(rows: readonly SubjectRow[], scope: Scope, uploadedOn: Day): SubjectDecision {
  const { named, reverify, holderOf, holder, newest } = holdersOf(scope, rows);
  const own = namesRows(scope) ? named : reverify.filter((row) => holderOf(row) === holder);
  const taken = own.filter(({ reversed, open }) => open || !reversed).map(pointerOf);
  const isOthers = holder < newest || (own.length === 0 && reverify.length > 0);
  if (isOthers) {
    const openIn = scope === 'current' ? restoredToHolderIn(rows) : [];
    return { state: openIn.length === 0 ? 'tooLate' : 'alreadyOpen', directed: [], rows: taken, openIn };
  }

  const operators = [...new Set(own.map(({ operator }) => operator))];
  const perOperator = operators.map((operator) => {
    const mine = rows.filter((row) => row.operator === operator);
    const inQuestion = mine.filter((row) => own.includes(row));
    return { operator, ...numberAt(mine, inQuestion, uploadedOn) };
  });
  return ofAllOperators(perOperator, taken);
}

/**
 * The directions in which a number is to be restored to whoever has it now, of whom no row is: its operator said that it had cut them off
 * in a row of whoever had it before, and they are asked since.
 * @param rows that count, of all operators
 */
function restoredToHolderIn(rows: readonly SubjectRow[]): DirectionId[] {
  const since = activatedOn(rows);
  return rows.flatMap(({ kind, open, startedAt, directionId }) =>
    kind === 'restore' && open && since !== null && dayOf(startedAt) >= since ? [directionId] : [],
  );
}

/**
 * The holders of a number, in their order: `holderOf` returns for a row how many had it before the holder of that time. The rows in
 * question are `holder`'s, and the present holder is `newest`.
 */
function holdersOf(scope: Scope, rows: readonly SubjectRow[]) {
  const activations = rows.flatMap(({ outcome, occurredOn }) => (outcome === 'reissued' ? (occurredOn ?? []) : []));
  const holderOf = ({ directedFor }: SubjectRow) =>
    activations.filter((day) => directedFor !== null && directedFor > day).length;
  const reverify = rows.filter(({ kind }) => !givesBack(kind));
  const named = reverify.filter((row) => isIn(scope, row));
  const newest = activations.length;
  const holder = scope === 'current' ? newest : Math.max(0, ...named.map(holderOf));
  return { named, reverify, holderOf, holder, newest };
}

/**
 * The rows of later holders of a number than the one whose rows are asked for. They aren't the former holder's, so that the number itself
 * is not taken back for that holder's sake: neither are banks told that it is on no list, nor do later batches leave it alone.
 * @param rows that count, of all operators
 */
export function ofLaterHolders(scope: Scope, rows: readonly SubjectRow[]): SubjectRow[] {
  const { reverify, holderOf, holder } = holdersOf(scope, rows);
  return reverify.filter((row) => holderOf(row) > holder);
}

/**
 * The day on which a number was activated for the holder who is directed in the rows that are named. Null if no operator says that anybody
 * had it before, or if no rows are named.
 * @param rows that count, of all operators
 */
export function heldSince(scope: Scope, rows: readonly SubjectRow[]): Day | null {
  const seen = rows.filter((row) => isIn(scope, row)).flatMap(({ directedFor }) => directedFor ?? []);
  const newest = seen.sort().at(-1);
  if (newest === undefined) return null;
  return activatedOn(rows.filter(({ occurredOn }) => occurredOn !== null && occurredOn < newest));
}

/**
 * The scope with what continues its rows: a row that was moved goes on in a follow-up's.
 * @param rows that count, newest first
 */
export function withContinuations(scope: Scope, rows: readonly SubjectRow[]): Scope {
  if (!namesRows(scope)) return scope;
  const reverify = rows.filter(({ kind }) => !givesBack(kind));
  const continuing = reverify.filter((_, n) =>
    lineOf(reverify.slice(n)).some((said) => scope.rows.some(({ directionId }) => directionId === said.directionId)),
  );
  return { rows: [...scope.rows, ...continuing.map(pointerOf)] };
}

/**
 * The scope with rows that earlier withdrawals had left, if nothing else stands on these: what another batch did in between is on its own
 * account.
 * @param rows that count, newest first
 */
export function withLeft(scope: Scope, left: readonly Pointer[], rows: readonly SubjectRow[]): Scope {
  if (!namesRows(scope) || left.length === 0) return scope;
  const all = { rows: [...scope.rows, ...left.map(pointerOf)] };
  return standingOn(all, rows).length === 0 ? all : scope;
}

/**
 * The rows of a withdrawn report on which a later batch may rely. Rows that were taken back since, for instance by an appeal, are left out:
 * they stand nowhere any more, and nobody has anything of them.
 * @param rows that count, of all operators
 */
export function reliableIn(scope: Scope, rows: readonly SubjectRow[]): readonly Pointer[] {
  if (!namesRows(scope)) return [];
  return scope.rows.filter((named) => {
    const row = rows.find((one) => samePointer(one, named));
    return row === undefined || row.open || !row.reversed;
  });
}

/** The rows that another batch directed itself where a withdrawn row is, and after it: they stand, whatever becomes of the report. */
export function standingOn(scope: Scope, rows: readonly SubjectRow[]): SubjectRow[] {
  if (!namesRows(scope)) return [];
  return rows.filter((row, n) => {
    const older = rows.slice(n + 1).some((one) => one.operator === row.operator && isIn(scope, one));
    return older && !isIn(scope, row) && !givesBack(row.kind) && !row.reversed && isInForce(row);
  });
}

/**
 * The rows of other batches for a withdrawn subject that are in force, at whatever operator. What the report did is given back, and these
 * stay, so that the subject as a whole is not taken back.
 * @param rows that count, newest first at each operator
 */
export function othersInForce(scope: Scope, rows: readonly SubjectRow[]): SubjectRow[] {
  if (!namesRows(scope)) return [];
  const isGivenBack = ({ outcome, excepts }: SubjectRow) =>
    (outcome === 'restored' || outcome === 'unblocked') && excepts === null;
  return rows.filter((row, n) => {
    if (isIn(scope, row) || givesBack(row.kind) || row.reversed) return false;
    // What was given back before it was taken, by its operator's word, was not given back since. The days that it names go first: what it
    // tells late, of a day before, was given back all the same.
    const isTakenSince = (one: SubjectRow) =>
      (endedAfter(row, one) || blockedAfter(row, one)) && !isOnEarlierDay(row, one);
    const since = rows.slice(0, n).filter((one) => one.operator === row.operator && !isTakenSince(one));
    // Orders that were carried out count by what came of them: somebody who has proved themselves since is given service back. A row that
    // returns from where it was ported to has nothing to be given back there.
    return row.returns || (isInForce({ ...row, cut: false }) && !since.some(isGivenBack));
  });
}

/** Whether a row is one that a scope names. */
export function isIn(scope: Scope, row: Pointer): boolean {
  if (scope === 'current') return false;
  return (namesRows(scope) ? scope.rows : [scope.ofHolderIn]).some((one) => samePointer(one, row));
}

/**
 * What is to be given back of a number at an operator. `rows`: all that the operator has of it, newest first; `own`: those in question. What
 * was done at another operator says nothing of the service here.
 */
function numberAt(rows: readonly SubjectRow[], own: readonly SubjectRow[], uploadedOn: Day): AtOperator {
  let openIn: DirectionId | undefined;
  // An order to restore that is open, though service was taken since: it may have been carried out before that.
  let orderedBefore: DirectionId | undefined;
  let isUnanswered = false;
  for (const row of rows) {
    if (givesBack(row.kind)) {
      const isTakenSince = (one: SubjectRow) =>
        endedAfter(one, row) || cutAfter(one, row) || (one.open && takenAfterOrder(one, row));
      if (row.outcome === 'restored' && !own.some(isTakenSince)) return openOrNothing(openIn ?? orderedBefore);
      if (row.open && own.some((one) => takenAfterOrder(one, row))) orderedBefore ??= row.directionId;
      else if (row.open) openIn ??= row.directionId;
      else if (row.outcome === 'overdue') isUnanswered = true;
      continue;
    }
    if (!own.includes(row)) continue;
    if ((row.open || row.waits) && openIn === undefined) return { state: 'directed', from: row };
    // Somebody who was verified, and had been cut off, or was all the same, was to be restored: nobody said that they were.
    if (givesServiceBack(row.outcome)) {
      // An earlier batch's row may have been ended late: then its holder has lost again what they had got. Or it ended first, and nothing
      // was given back by this one.
      if (own.some((one) => endedAfter(one, row) || endedElsewhere(one, row))) continue;
      const isLacking = isUnanswered || row.carriedAt !== null;
      return isLacking && !openIn ? { state: 'directed', from: row } : openOrNothing(openIn ?? orderedBefore);
    }
    const isEnded = endsConnection(row.outcome);
    if (!(isEnded || row.open || row.waits || row.outcome === 'overdue' || row.cut)) continue;
    if (openIn !== undefined) return openOrNothing(openIn);
    const isLongAgo = row.occurredOn !== null && row.occurredOn < addDays(uploadedOn, -CONTESTED_DAYS);
    // A day before one on which it had service is not the day since which it has none: nobody knows that, nor that it is long ago.
    const hadService = (one: SubjectRow) =>
      one.outcome === 'restored' || (own.includes(one) && givesServiceBack(one.outcome));
    const isServedSince = rows.some((one) => hadService(one) && isOnEarlierDay(row, one));
    if (!isEnded || !isLongAgo || isServedSince) return { state: 'directed', from: row };
    return orderedBefore === undefined ? { state: 'tooLate' } : openOrNothing(orderedBefore);
  }
  return openOrNothing(openIn ?? orderedBefore);
}

/** The state if nothing is to be asked for, or if it is being asked for already. */
function openOrNothing(openIn: DirectionId | undefined): AtOperator {
  return openIn === undefined ? { state: 'nothingToRestore' } : { state: 'alreadyOpen', openIn };
}

/**
 * Whether a connection was ended, as its operator said later than that it had service: a row that was taken back, or whose ladder has ended,
 * may be cut off late.
 * @param back a row that was restored or verified
 */
function endedAfter(row: SubjectRow, back: SubjectRow): boolean {
  return endsConnection(row.outcome) && isSaidAfter(row, back);
}

/**
 * Whether a connection was ended in another row, and not seen since on the day for which this one is directed: who proves themselves here
 * has service back as far as this direction's own orders took it, and nobody took that other one back.
 */
function endedElsewhere({ outcome, occurredOn, reversed }: SubjectRow, { directedFor }: SubjectRow): boolean {
  if (!endsConnection(outcome) || reversed || occurredOn === null) return false;
  return directedFor === null || directedFor <= occurredOn;
}

/**
 * Whether an order took service after its operator had restored it: the row may be older than what was restored. An operator may say days
 * later that it has restored service, so what was ordered after the day that it names counts, too: to restore once more does no harm.
 */
function cutAfter(row: SubjectRow, { recordedAt, occurredOn }: SubjectRow): boolean {
  const at = takenAt(row);
  if (at === null || recordedAt === null) return false;
  return at >= recordedAt || (occurredOn !== null && dayOf(at) > occurredOn);
}

/** The instant at which the newest order took service from a row, whether an answer had it given back since or not; null if none did. */
const takenAt = ({ cutAt, carriedAt }: SubjectRow): Instant | null => cutAt ?? carriedAt;

/** Whether service was taken, by an order or as its operator says, after it had been ordered to give it back. */
function takenAfterOrder(row: SubjectRow, back: SubjectRow): boolean {
  const isAfter = (instant: Instant | null) => instant !== null && instant > back.startedAt;
  // What is said late of a day before was to be given back by that order.
  const isBefore = row.occurredOn !== null && row.occurredOn < dayOf(back.startedAt);
  const hasEnded = endsConnection(row.outcome) && isAfter(row.recordedAt) && !isBefore;
  return isAfter(takenAt(row)) || hasEnded;
}

/** The same for a handset: one that was unblocked may be blocked late. */
function blockedAfter(row: SubjectRow, unblocked: SubjectRow): boolean {
  return row.outcome === 'blocked' && row.operator === unblocked.operator && isSaidAfter(row, unblocked);
}

/** Whether something was said later than that it was given back, or to have happened on a later day. */
function isSaidAfter({ recordedAt, occurredOn }: SubjectRow, back: SubjectRow): boolean {
  if (recordedAt === null || back.recordedAt === null) return false;
  return (
    recordedAt > back.recordedAt || (occurredOn !== null && back.occurredOn !== null && occurredOn > back.occurredOn)
  );
}

/** Whether something happened on an earlier day than another thing, as their operators say. */
function isOnEarlierDay({ occurredOn }: SubjectRow, than: SubjectRow): boolean {
  return occurredOn !== null && than.occurredOn !== null && occurredOn < than.occurredOn;
}

/**
 * Decides what becomes of a handset: at each operator whose newest block of it is open, carried out or overdue, it is unblocked.
 * @param rows that count, of all operators, newest first
 * @param excepts the number whose use in it is to be excepted from the block, which stays; null for the whole handset
 */
export function decideHandset(rows: readonly SubjectRow[], scope: Scope, excepts: Msisdn | null): SubjectDecision {
  const blocks = rows.filter((row) => !givesBack(row.kind) && (scope === 'current' || isIn(scope, row)));
  const taken = excepts === null ? blocks.filter(({ reversed, open }) => open || !reversed).map(pointerOf) : [];
  const operators = [...new Set(blocks.map(({ operator }) => operator))];
  const perOperator = operators.map((operator) => {
    const mine = rows.filter((row) => row.operator === operator);
    // An operator's word that it carried out a block whose row a reversal had ended is recorded nowhere. So whoever appeals, though the
    // handset was unblocked since, is unblocked once more.
    const isUnheard = (row: SubjectRow) =>
      scope === 'current' && row.operator === operator && row.outcome === 'withdrawn';
    return { operator, ...handsetAt(mine, blocks, { excepts, mayBeBlockedSince: blocks.some(isUnheard) }) };
  });
  return ofAllOperators(perOperator, taken);
}

/**
 * What is to be given back of a handset at an operator. `rows`: all that the operator has of it, newest first; `own`: those in question.
 * @param excepts as `decideHandset` has it
 * @param mayBeBlockedSince whether an unblock that was answered ends nothing
 */
function handsetAt(
  rows: readonly SubjectRow[],
  own: readonly SubjectRow[],
  { excepts, mayBeBlockedSince }: { readonly excepts: Msisdn | null; readonly mayBeBlockedSince: boolean },
): AtOperator {
  let openIn: DirectionId | undefined;
  for (const row of rows) {
    if (givesBack(row.kind)) {
      // An unblock of the whole handset counts for each number, but an exception doesn't count for the whole handset.
      const isSame = row.excepts === null || row.excepts === excepts;
      const isBlockedSince = mayBeBlockedSince || own.some((one) => blockedAfter(one, row));
      if (isSame && row.outcome === 'unblocked' && !isBlockedSince) return openOrNothing(openIn);
      if (isSame && row.open) openIn ??= row.directionId;
      continue;
    }
    if (!own.includes(row)) continue;
    // A row is `withdrawn` whose operator had not answered when a reversal ended it: the order may have been carried out all the same.
    const mayBeBlocked =
      row.open || row.outcome === 'blocked' || row.outcome === 'overdue' || row.outcome === 'withdrawn';
    if (!mayBeBlocked) continue;
    return openIn === undefined ? { state: 'directed', from: row } : { state: 'alreadyOpen', openIn };
  }
  return { state: 'nothingToRestore' };
}

type AtOperator =
  | { readonly state: 'directed'; readonly from: SubjectRow }
  | { readonly state: 'alreadyOpen'; readonly openIn: DirectionId }
  | { readonly state: 'tooLate' | 'nothingToRestore' };

/** A subject's decision from those at each operator: the first state that any of them has. */
function ofAllOperators(
  perOperator: readonly ({ readonly operator: OperatorId } & AtOperator)[],
  rows: readonly Pointer[],
): SubjectDecision {
  const directed = perOperator.flatMap((at) =>
    at.state === 'directed' ? [{ operator: at.operator, from: pointerOf(at.from) }] : [],
  );
  const openIn = perOperator.flatMap((at) => (at.state === 'alreadyOpen' ? [at.openIn] : []));
  const states = ['directed', 'alreadyOpen', 'tooLate'] as const;
  const state = states.find((one) => perOperator.some((at) => at.state === one)) ?? 'nothingToRestore';
  return { state, directed, rows, openIn: state === 'alreadyOpen' ? openIn : [] };
}

const pointerOf = ({ directionId, row }: Pointer): Pointer => ({ directionId, row });

/** The mark of a reversal in the claim of what it took back: it counts if that plan does. */
export interface ReversalMark {
  readonly batchId: BatchId;
  readonly plan: number;
}

/** A mark as it is stored: `<batchId>:<plan>`. */
export function writeMark({ batchId, plan }: ReversalMark): string {
  return `${batchId}:${plan}`;
}

/** A stored mark can't be read. */
export class BadMark extends Error {
  override readonly name = 'BadMark';
  constructor() {
    super('A claim holds a mark that is not "<batchId>:<plan>"');
  }
}

/**
 * Reads a stored mark.
 * @throws BadMark
 */
export function readMark(stored: string): ReversalMark {
  const [batchId = '', plan = '', ...more] = stored.split(':');
  if (!isBatchId(batchId) || !/^\d{1,9}$/.test(plan) || more.length > 0) throw new BadMark();
  return { batchId, plan: Number(plan) };
}
