/** The rows of a number or handset that a reversal is asked to take back, and those on whose account others stay. */
import { activatedOn, isInForce } from './claims.ts';
import type { Day } from './days.ts';
import { givesBack } from './kinds.ts';
import { lineOf } from './moves.ts';
import { type Pointer, samePointer } from './pointers.ts';
import { blockedAfter, endedAfter, isOnEarlierDay, pointerOf, type SubjectRow } from './subject-rows.ts';

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

/**
 * The holders of a number, in their order: `holderOf` returns for a row how many had it before the holder of that time. The rows in
 * question are `holder`'s, and the present holder is `newest`.
 */
export function holdersOf(scope: Scope, rows: readonly SubjectRow[]) {
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
