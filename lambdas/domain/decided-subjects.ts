/** What becomes of all that a reversal is asked to take back: which subjects stay, on whose account, and what is given back to the others. */
import { isStruck } from './appeals.ts';
import { type AskedSubject, claimedAs, type Reliance, type ReversedSubject } from './asked.ts';
import type { Day } from './days.ts';
import type { DirectionId, Imei, Msisdn } from './identifiers.ts';
import { endsConnection } from './outcome-rules.ts';
import type { Pointer } from './pointers.ts';
import { decideHandset, decideNumber, type GivenBack } from './reversals.ts';
import { isIn, ofLaterHolders, othersInForce, reliableIn, standingOn, withLeft } from './scopes.ts';
import type { SubjectRow } from './subject-rows.ts';
import { SUBJECT_STATES, type SubjectState } from './subject-states.ts';
import { directedBy, type KnownSubject } from './withdrawing.ts';

/** What keeps subjects as they are. */
export interface KeptBy {
  /** The numbers and handsets that approvers left out. */
  readonly struck: ReadonlySet<Imei | Msisdn>;
  /** The numbers that stay with a handset that approvers left out. */
  readonly staying: ReadonlySet<Msisdn>;
  /** The later batches that rely on some rows of a number or handset. */
  readonly relied: (identifier: Msisdn | Imei, on: readonly Pointer[]) => readonly Reliance[];
}

/** What was decided of a subject. */
export interface DecidedSubject extends Pick<ReversedSubject, 'state' | 'rows' | 'kept'> {
  readonly asked: AskedSubject;
  /** What is given back, at each operator. */
  readonly directed: readonly GivenBack[];
  /** The directions in which it is open to be given back already. */
  readonly openIn: readonly DirectionId[];
}

/**
 * Decides what becomes of subjects, in their order. One that approvers left out is struck, and so is a number that stays with a handset
 * which they left out. One stays as it is if a later batch relies on its rows, or directed it itself where they are: a row that another
 * line of the same withdrawal takes back stands no more. All others are decided upon as `decideNumber` and `decideHandset` have it.
 * @param known all that is asked of a number or handset in one shard
 * @param uploadedOn the day on which it was asked for
 */
export function decideSubjects(known: readonly KnownSubject[], by: KeptBy, uploadedOn: Day): DecidedSubject[] {
  const { struck, staying, relied } = by;
  const reliances = ({ asked, scope, rows }: KnownSubject) => relied(claimedAs(asked), reliableIn(scope, rows));
  const goes = (one: KnownSubject) => !isStruck(one.asked, struck) && reliances(one).length === 0;
  const together = Map.groupBy(known.filter(goes), ({ asked }) => claimedAs(asked));
  return known.map((one): DecidedSubject => {
    const { asked, rows, scope: named, left } = one;
    const nothing = { asked, directed: [], rows: [], openIn: [], kept: [] };
    if (isStruck(asked, struck) || (asked.msisdn !== null && staying.has(asked.msisdn)))
      return { ...nothing, state: 'struck' };
    const goingToo = (together.get(claimedAs(asked)) ?? []).map(({ scope }) => scope);
    const standing = standingOn(named, rows).filter((row) => !goingToo.some((scope) => isIn(scope, row)));
    const kept = [...reliances(one), ...standing.map(directedBy)];
    if (kept.length > 0) return { ...nothing, state: 'kept', kept };
    const alone = left.filter((row) => relied(claimedAs(asked), [row]).length === 0);
    const scope = withLeft(named, alone, rows);
    const decision =
      asked.imei === null ? decideNumber(rows, scope, uploadedOn) : decideHandset(rows, scope, asked.msisdn);
    const later = ofLaterHolders(scope, rows);
    const others = new Set([...othersInForce(scope, rows), ...later]);
    const staysFor = (row: SubjectRow): Reliance =>
      later.includes(row) || endsConnection(row.outcome) ? directedBy(row) : { ...directedBy(row), unlisted: true };
    return { asked, ...decision, kept: [...others].map(staysFor) };
  });
}

/** What became of a subject, once it is known which directions give back to it. */
export function reversedSubject(
  { asked, state, rows, openIn, kept }: DecidedSubject,
  directed: readonly DirectionId[],
): ReversedSubject {
  const { imei, msisdn, ground, lines } = asked;
  return { imei, msisdn, ground, lines, state, rows, directionIds: [...directed, ...openIn], kept };
}

/** The numbers of subjects by what became of them. */
export function countedByState(subjects: readonly Pick<DecidedSubject, 'state'>[]): Record<SubjectState, number> {
  const counts = Object.fromEntries(SUBJECT_STATES.map((state) => [state, 0])) as Record<SubjectState, number>;
  for (const { state } of subjects) counts[state] += 1;
  return counts;
}
