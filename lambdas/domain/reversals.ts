/** Reversals: what becomes of each number and handset for which somebody asks that what was done to it be taken back. */
import { activatedOn } from './claims.ts';
import { addDays, type Day, dayOf } from './days.ts';
import type { DirectionId, Msisdn, OperatorId } from './identifiers.ts';
import { givesBack } from './kinds.ts';
import { CONTESTED_DAYS } from './limits.ts';
import { endsConnection, givesServiceBack } from './outcome-rules.ts';
import type { Pointer } from './pointers.ts';
import { holdersOf, isIn, namesRows, type Scope } from './scopes.ts';
import {
  blockedAfter,
  cutAfter,
  endedAfter,
  endedElsewhere,
  isOnEarlierDay,
  pointerOf,
  type SubjectRow,
  takenAfterOrder,
} from './subject-rows.ts';
import type { SubjectState } from './subject-states.ts';

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
