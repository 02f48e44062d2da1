/**
 * Candidates: the numbers, and the handsets at an operator, upon which a shard of a plan decides, and what becomes of each by what earlier
 * directions and reversals say of it.
 */
import {
  type AskedAgain,
  activatedOn,
  type ClaimDecision,
  decideClaim,
  isWithoutService,
  operatorOf,
  takenSinceAnswered,
  withoutRows,
} from './claims.ts';
import type { CountedPointer } from './counted-pointers.ts';
import { type Day, dayOf, type Instant } from './days.ts';
import { parseDirectionRowLine } from './directions.ts';
import type { Imei, Msisdn, OperatorId } from './identifiers.ts';
import { type DirectionKind, givesBack, type LeftOut } from './kinds.ts';
import { notBeforeTold, type Rung } from './ladders.ts';
import { portsOf } from './moves.ts';
import { type Pointer, samePointer } from './pointers.ts';
import { leftOutSince } from './subjects.ts';

/** The states before which it counts that a number's rows at its operator were taken back: only what is open there comes first. */
const YIELDS: readonly ClaimDecision['state'][] = ['directed', 'alreadyDisconnected', 'alreadyVerified'];

/** A number, or a handset at an operator, for which something is to be decided. */
export interface Candidate {
  readonly identifier: Msisdn | Imei;
  readonly operator: OperatorId;
  readonly newestDay: Day | null;
  /** The day of the sighting for which a number would be directed. */
  readonly directedFor: Day | null;
  /** The day on which a reported number was seen last on a handset that isn't struck. */
  readonly remaining?: Day;
  /** The row of the direction, as the work bucket keeps it. */
  readonly line: string;
  /** Why a listed candidate was listed, the row that it goes on from, and its ladder, if that is not the kind's. */
  readonly why?: string;
  readonly from?: Pointer | null;
  readonly rungs?: readonly Rung[] | null;
}

/** A candidate that people left out, whatever is known of it. */
export interface Aside extends Pick<Candidate, 'identifier' | 'operator' | 'line' | 'why' | 'from'> {
  readonly state: LeftOut;
}

/** What is known of a candidate when it is decided upon. */
export interface KnownOfCandidate {
  /** The rows that earlier directions have of it, newest first. */
  readonly counted: readonly CountedPointer[];
  /** The line of each unblock among these; undefined for one so old that nothing is kept of it. */
  readonly unblocks: ReadonlyMap<Pointer, string | undefined>;
  /** All rows from which its number or handset goes on in this batch. */
  readonly goingOn: readonly Pointer[];
  /** The day on which a reversal took it back last, unless approvers have lifted that since; null if none did. */
  readonly reversedOn: Day | null;
  /** The day on which it was seen last, if it was taken back; null if it wasn't seen, or wasn't taken back. */
  readonly seenOn: Day | null;
  /** Whether approvers have lifted, since an instant, what had been taken back then. */
  readonly isLiftedSince: (at: Instant) => boolean;
}

/** What becomes of a candidate, and at which operator: its own, unless its number was ported since. */
export interface DecidedCandidate {
  readonly operator: OperatorId;
  readonly decision: ClaimDecision;
}

/**
 * What becomes of a number that is somebody else's since, and was not seen after that on a handset that is acted upon; undefined for all
 * other candidates.
 * @param counted the rows that earlier directions have of it, newest first
 */
export function leftOut(
  { newestDay, directedFor, remaining }: Candidate,
  counted: readonly CountedPointer[],
): LeftOut | undefined {
  const activated = activatedOn(counted);
  if (remaining === undefined || directedFor === null || newestDay === null || activated === null) return undefined;
  return leftOutSince(activated, newestDay, { actedUpon: directedFor, remaining });
}

/**
 * Decides what becomes of a candidate that nobody left out, as `decideClaim` has it, by the rows that concern it: exceptions of a handset
 * for other numbers don't, and neither do the rows from which it goes on itself.
 */
export function decideCandidate(kind: DirectionKind, candidate: Candidate, known: KnownOfCandidate): DecidedCandidate {
  const { counted, unblocks, goingOn } = known;
  // A listed candidate says itself where it goes on.
  const operator =
    candidate.from === undefined ? operatorOf(candidate.operator, candidate.newestDay, counted) : candidate.operator;
  const cut = cutSinceTold(candidate, counted);
  if (cut !== undefined) return { operator, decision: { state: 'alreadyOpen', directionId: cut.directionId } };
  const alikeRows = kind === 'unblock' ? alike(candidate, counted, unblocks) : counted;
  const decision = decideClaim(
    kind,
    operator,
    lastSeenAsOwn(candidate, counted),
    withoutRows(alikeRows.filter(hinders(candidate)), goingOn),
    isTakenBack(known) || isOfTakenBack(candidate, known),
    askedAgainFrom(candidate, kind, counted),
  );
  const isReversed = YIELDS.includes(decision.state) && isTakenBackAt(operator, candidate, known);
  if (isReversed) return { operator, decision: { state: 'reversed', directionId: null } };
  const proved = decision.state === 'directed' ? provedSince(candidate, counted) : undefined;
  if (proved === undefined) return { operator, decision };
  return { operator, decision: { state: 'alreadyVerified', directionId: proved.directionId } };
}

/**
 * The row of somebody who was given more time and has proved themselves since they were listed: it is that row which would go on, on whatever
 * day they did, and whatever is said of their number elsewhere.
 */
function provedSince({ why, from }: Candidate, counted: readonly CountedPointer[]): CountedPointer | undefined {
  if (why !== 'extended' || !from) return undefined;
  return counted.find((one) => samePointer(one, from) && one.outcome === 'verified');
}

/**
 * The row by which service was taken from a candidate who is to be restored since they were cut off wrongly: since somebody answered for
 * them there last, or a reversal took the row back, or since they have had the number. Nobody is given back what later orders took.
 */
function cutSinceTold(
  { operator, directedFor, why, from }: Candidate,
  counted: readonly CountedPointer[],
): CountedPointer | undefined {
  if (why !== 'disconnected_after_verified' || !from) return undefined;
  const own = counted.find((one) => samePointer(one, from));
  if (own === undefined) return undefined;
  const there = counted.filter((row) => row.operator === operator);
  const since = activatedOn(there);
  // It is who has the number now that was cut off. The rows of whoever had it before were taken back.
  if (since !== null && (directedFor === null || directedFor <= since)) return there.find(isWithoutService);
  // Of a row that is marked since another operator says that the number is somebody else's, all of its time counts.
  return takenSinceAnswered(operator, counted, own.reversedAt ?? (own.reversed ? own.startedAt : null));
}

/**
 * Whether a row may hinder a candidate. An open order to restore hinders none of whom their operator said since that it cut them off: it may
 * have been carried out before, and be answered as of then, and nobody would ask again.
 */
function hinders({ why }: Candidate): (row: CountedPointer) => boolean {
  return (row) => why !== 'disconnected_after_verified' || !givesBack(row.kind) || !row.open;
}

/** Whether a candidate was taken back, and not seen on a later day. */
function isTakenBack({ reversedOn, seenOn }: KnownOfCandidate): boolean {
  return reversedOn !== null && (seenOn === null || seenOn <= reversedOn);
}

/**
 * Whether a candidate that goes on was taken back, since it was listed, in the row that it goes on from. That is so, too, if the number as
 * a whole was not taken back because another report stands for it. A number that is somebody else's since is told as that instead.
 */
function isOfTakenBack({ directedFor, from }: Candidate, { counted, isLiftedSince }: KnownOfCandidate): boolean {
  const own = from && counted.find((one) => samePointer(one, from));
  if (!own?.reversed) return false;
  const activated = activatedOn(counted);
  if (activated !== null && (directedFor === null || directedFor <= activated)) return false;
  return own.reversedAt === null || !isLiftedSince(own.reversedAt);
}

/**
 * Whether what was done to a reported number at its operator, or by what sent it there, was taken back, and it wasn't seen on a later day:
 * that it is in force at another operator, on another report's account, gives nobody a reason to ask for it here again. A row may be about
 * whoever had the number before, and has no part, unless it was known on an earlier day than its own that somebody else has it: the commit
 * counts, since a file may be uploaded before a row is directed, and worked on after it.
 */
function isTakenBackAt(
  operator: OperatorId,
  { directedFor, from }: Candidate,
  { counted, isLiftedSince }: KnownOfCandidate,
): boolean {
  if (from !== undefined || directedFor === null) return false;
  const ports = portsOf(counted).filter(({ to, disputedOn }) => to === operator && disputedOn === null);
  const anothers = counted.filter(({ outcome }) => outcome === 'reissued');
  return counted.some(({ kind, operator: at, portedTo, reversedAt, startedAt }) => {
    const isThere = at === operator || (portedTo === operator && ports.some((port) => port.from === at));
    if (givesBack(kind) || !isThere || reversedAt === null) return false;
    const isKnownBefore = ({ saidAnothersOn: on }: CountedPointer) => on !== null && on < dayOf(startedAt);
    return directedFor <= dayOf(reversedAt) && !isLiftedSince(reversedAt) && anothers.every(isKnownBefore);
  });
}

/**
 * The day on which a number was seen last while it belonged to the holder for whom it goes on. If it is somebody else's since the sighting
 * for which it was directed, a later sighting is of whoever got it.
 */
function lastSeenAsOwn({ newestDay, directedFor }: Candidate, counted: readonly CountedPointer[]): Day | null {
  const activated = activatedOn(counted);
  return activated !== null && directedFor !== null && directedFor <= activated ? directedFor : newestDay;
}

/**
 * The rows without the exceptions for other numbers than the candidate's. An unblock of a handset as a whole counts for each number; an
 * exception doesn't count for another number, nor for the whole handset.
 */
function alike(
  { line }: Candidate,
  counted: readonly CountedPointer[],
  unblocks: KnownOfCandidate['unblocks'],
): CountedPointer[] {
  const { msisdn: own } = parseDirectionRowLine('unblock', line);
  return counted.filter((row) => {
    if (row.kind !== 'unblock') return true;
    const text = unblocks.get(row);
    // An exception so old that nothing is kept of it may have been for any number.
    if (text === undefined) return false;
    const { msisdn: excepts } = parseDirectionRowLine('unblock', text);
    return excepts === null || excepts === own;
  });
}

/**
 * The direction in which something was to be given back and was not, for a candidate that asks for it again. An exception for a number has
 * none: it goes with a block, however new that is.
 */
function askedAgainFrom(
  { line, why, from }: Candidate,
  kind: DirectionKind,
  counted: readonly CountedPointer[],
): AskedAgain | null {
  if (why !== 'overdue' || !from) return null;
  const excepts = kind === 'unblock' ? parseDirectionRowLine('unblock', line).msisdn : null;
  return excepts === null ? (counted.find((one) => samePointer(one, from)) ?? from) : null;
}

/** The rows from which each number or handset goes on, in the order of the candidates. */
export function rowsGoingOn(
  candidates: readonly Pick<Candidate, 'identifier' | 'from'>[],
): ReadonlyMap<Msisdn | Imei, readonly Pointer[]> {
  const rows = new Map<Msisdn | Imei, Pointer[]>();
  for (const { identifier, from } of candidates) {
    if (!from) continue;
    const own = rows.get(identifier);
    if (own === undefined) rows.set(identifier, [from]);
    else own.push(from);
  }
  return rows;
}

/**
 * The candidates in the order in which they are decided upon: if two rows go on at one operator, the one with the later deadline is
 * directed, and so comes first; but one whose ladder has no disconnection left, as after more time in its last rung, comes after one that
 * has: its subscriber is to be disconnected by the other if they don't prove themselves. None of its orders is due before the same one of
 * the others is: somebody who was given more time in one row has it, whichever ends later.
 * @param ladder that of the kind, for candidates without one of their own
 */
export function laterDeadlinesFirst(candidates: readonly Candidate[], ladder: readonly Rung[]): Candidate[] {
  const disconnects = ({ rungs }: Candidate) => ((rungs ?? ladder).some(({ order }) => order === 'disconnect') ? 1 : 0);
  const endOf = ({ rungs }: Candidate) => (rungs ?? ladder).at(-1)?.deadline ?? '';
  const sorted = candidates.toSorted(
    (a, b) => disconnects(b) - disconnects(a) || (endOf(a) === endOf(b) ? 0 : endOf(a) > endOf(b) ? -1 : 1),
  );
  const placeOf = new Map<string, number>();
  for (const [n, { operator, identifier, rungs }] of sorted.entries()) {
    const about = `${operator} ${identifier}`;
    const place = placeOf.get(about) ?? n;
    placeOf.set(about, place);
    const directed = sorted[place] as Candidate;
    if (place < n) sorted[place] = asTold(directed, directed.rungs ?? ladder, [rungs ?? ladder]);
  }
  return sorted;
}

/** Whether a candidate returns from where it was ported to, since the operator there says that it has no such connection. */
export function isReturning({ why }: Candidate): boolean {
  return why === 'porting_disputed';
}

/** The rows of a candidate from which it was ported away, at the operator to which it returns. */
export function rowsPortedAway({ operator }: Candidate, counted: readonly CountedPointer[]): CountedPointer[] {
  return counted.filter((row) => row.operator === operator && row.outcome === 'ported');
}

/**
 * Gives a candidate a ladder, with no deadline before those that its subscriber was told, or is to have in another row that goes on there:
 * nobody is left with less time than that, and who was given more time has it at the other operator, too.
 * @param told those deadlines: the ladders of the rows from which it was ported, or of the others that go on there
 */
export function asTold(candidate: Candidate, ladder: readonly Rung[], told: readonly (readonly Rung[])[]): Candidate {
  const rungs = told.reduce<readonly Rung[]>(notBeforeTold, ladder);
  return rungs === ladder ? candidate : { ...candidate, rungs };
}

/**
 * What a listed candidate is about, at its operator: a number, or a handset with the number that is excepted in it. Undefined for a
 * reported one, of which nothing comes twice.
 */
export function listedAbout({ operator, identifier, newestDay, line, from }: Candidate): string | undefined {
  if (from === undefined) return undefined;
  return `${operator} ${newestDay === null ? line : identifier}`;
}
