/** What of a withdrawal still counts when it is planned: which subjects are asked for, and on whose account something stays. */
import { type AskedSubject, claimedAs, type Reliance } from './asked.ts';
import type { Day } from './days.ts';
import { type BatchId, type DirectionId, type Msisdn, parseDirectionId } from './identifiers.ts';
import { givesBack } from './kinds.ts';
import { lineOf } from './moves.ts';
import { type Pointer, samePointer } from './pointers.ts';
import { heldSince, namesRows, reliableIn, type Scope } from './scopes.ts';
import type { SubjectRow } from './subject-rows.ts';
import { isTheirs, type Since, type Withdrawn } from './withdrawn-reports.ts';

/** A subject with what earlier directions have of it, newest first at each operator. */
export interface FoundSubject {
  readonly asked: AskedSubject;
  readonly rows: readonly SubjectRow[];
}

/** A subject with the part of its rows that is in question. */
export interface ScopedSubject extends FoundSubject {
  readonly scope: Scope;
}

/** A subject with all that is known of it. */
export interface KnownSubject extends ScopedSubject {
  /** Rows that earlier withdrawals left because this report had directed the subject again: they go with it now. */
  readonly left: readonly Pointer[];
}

/** What was withdrawn of each report. */
type WithdrawnOf = ReadonlyMap<BatchId, Withdrawn>;

/** The day since which each subject belongs to the holder who is directed in the rows that are named. */
export function sinceOf(subjects: readonly FoundSubject[]): Since {
  return new Map(subjects.map(({ asked, rows }) => [claimedAs(asked), heldSince(asked.scope, rows)]));
}

/**
 * Whether a subject is still asked for: a conditional one is if no other handset of the report stands for it. If a number was somebody
 * else's before the subscriber whom the report directs, only the handsets in which that subscriber was seen count: the number is asked for
 * with the last of them that is withdrawn, or not at all if approvers left it out of that withdrawal.
 * @param since the numbers that were somebody else's before
 * @param withdrawn what was withdrawn of the report, this withdrawal included
 */
export function isStillAsked({ asked }: FoundSubject, since: Since, withdrawn: Withdrawn): boolean {
  const identifier = claimedAs(asked);
  if (since.has(identifier)) return withdrawn.with({ kind: 'reverify', identifier });
  return (asked.unless ?? []).every((imei) => withdrawn.has(imei));
}

/** The other reports than a withdrawn one whose rows these subjects name, each with its subjects. */
export function othersNamedBy(
  found: readonly FoundSubject[],
  report: BatchId,
): ReadonlyMap<BatchId, readonly FoundSubject[]> {
  const others = new Map<BatchId, FoundSubject[]>();
  for (const one of found)
    for (const row of namedRows(one.asked.scope)) {
      const other = reportOf(row, one.rows);
      if (other !== report) others.set(other, [...(others.get(other) ?? []), one]);
    }
  return others;
}

/**
 * A subject without the rows of other reports that the withdrawn one had found there, if those reports stand; undefined for a number of
 * which nothing is left then. A row of a follow-up belongs to the report that it continues.
 * @param withdrawn what was withdrawn of the other reports
 */
export function withoutStanding({ asked, rows }: FoundSubject, withdrawn: WithdrawnOf): FoundSubject | undefined {
  const named = namedRows(asked.scope);
  const left = named.filter((row) => withdrawn.get(reportOf(row, rows))?.with(rowsAbout(asked)) ?? true);
  if (left.length === named.length) return { asked, rows };
  return asked.imei === null && left.length === 0 ? undefined : { asked: { ...asked, scope: { rows: left } }, rows };
}

/**
 * The subjects without those all of whose rows another one has: a night's row that continues one of the report's is named for itself, too,
 * if the night found it there for another row.
 */
export function withoutRepeats<T extends Pick<ScopedSubject, 'asked' | 'scope'>>(going: readonly T[]): T[] {
  const bySubject = Map.groupBy(going, ({ asked }) => claimedAs(asked));
  return going.filter((one) => {
    const rows = namedRows(one.scope);
    const others = (bySubject.get(claimedAs(one.asked)) ?? []).filter((other) => other !== one);
    const hasAll = (other: T) => rows.every((row) => namedRows(other.scope).some((own) => samePointer(own, row)));
    return rows.length === 0 || !others.some((other) => hasAll(other) && namedRows(other.scope).length > rows.length);
  });
}

/** A row of a subject that belongs to another report than the withdrawn one. */
interface RowOfAnother {
  readonly asked: AskedSubject;
  readonly row: Pointer;
  readonly report: BatchId;
}

/**
 * The rows of subjects that belong to other reports and stand. Rows of somebody else who had the number before don't count.
 * @param report the one that is withdrawn
 */
export function rowsOfOthers(subjects: readonly ScopedSubject[], report: BatchId): RowOfAnother[] {
  const since = sinceOf(subjects);
  return subjects.flatMap(({ asked, rows, scope }) => {
    const named = namedRows(scope);
    if (named.length === 0) return [];
    return rows.flatMap((row) => {
      if (givesBack(row.kind) || (row.reversed && !row.open) || named.some((one) => samePointer(one, row))) return [];
      const isAnothers =
        asked.msisdn !== null && row.directedFor !== null && !isTheirs(since, asked.msisdn, row.directedFor);
      const other = reportOf(row, rows);
      return isAnothers || other === report ? [] : [{ asked, row, report: other }];
    });
  });
}

/**
 * The rows, among those of other reports, that were withdrawn with their reports before, and stand all the same because the report that is
 * withdrawn now had directed the subject again.
 * @param withdrawn what was withdrawn of the other reports
 */
export function leftBehind(
  others: readonly RowOfAnother[],
  withdrawn: WithdrawnOf,
): ReadonlyMap<AskedSubject, readonly Pointer[]> {
  const left = new Map<AskedSubject, readonly Pointer[]>();
  for (const { asked, row, report } of others)
    if (withdrawn.get(report)?.with(rowsAbout(asked))) left.set(asked, [...(left.get(asked) ?? []), row]);
  return left;
}

/** The rows in which something is taken from a subject, as it is asked whether they were withdrawn. */
function rowsAbout(asked: AskedSubject) {
  return { kind: asked.imei === null ? 'reverify' : 'block', identifier: claimedAs(asked) } as const;
}

function namedRows(scope: Scope): readonly Pointer[] {
  return namesRows(scope) ? scope.rows : [];
}

/**
 * The batch of a row, or of the report's row that this one continues.
 * @param rows the rows of its subject, newest first
 */
export function reportOf(row: Pointer, rows: readonly SubjectRow[]): BatchId {
  const reverify = rows.filter(({ kind }) => !givesBack(kind));
  const at = reverify.findIndex((one) => samePointer(one, row));
  const first = at < 0 ? undefined : lineOf(reverify.slice(at)).at(-1);
  return batchOf(first === undefined ? row.directionId : first.directionId);
}

/** The reliance that keeps a subject which has a row of its own. */
export function directedBy({ operator, directionId }: Pick<SubjectRow, 'operator' | 'directionId'>): Reliance {
  return { operator, batchId: batchOf(directionId), state: 'directed' };
}

function batchOf(directionId: DirectionId): BatchId {
  const direction = parseDirectionId(directionId);
  if (direction === null) throw new Error('a row is of a direction');
  return direction.batchId;
}

/** The directions of the rows on which later batches may rely. */
export function reliableDirections(known: readonly KnownSubject[]): ReadonlySet<DirectionId> {
  const reliable = known.flatMap(({ scope, rows, left }) => [...reliableIn(scope, rows), ...left]);
  return new Set(reliable.map(({ directionId }) => directionId));
}

/** What the rows of numbers say, by number and direction. */
export class RowsOfNumbers {
  readonly #rows: ReadonlyMap<string, readonly SubjectRow[]>;

  constructor(subjects: readonly FoundSubject[]) {
    this.#rows = new Map(subjects.map(({ asked, rows }) => [claimedAs(asked), rows]));
  }

  /** The day of the sighting for which a number is directed in its row of a direction; null if it has none there. */
  directedFor(msisdn: Msisdn, directionId: DirectionId): Day | null {
    return this.#rowIn(msisdn, directionId)?.directedFor ?? null;
  }

  /** The report of a number's row in a direction, or of the row that it continues there. */
  reportOf(msisdn: Msisdn, directionId: DirectionId): BatchId {
    const row = this.#rowIn(msisdn, directionId);
    return row === undefined ? batchOf(directionId) : reportOf(row, this.#rows.get(msisdn) ?? []);
  }

  #rowIn(msisdn: Msisdn, directionId: DirectionId): SubjectRow | undefined {
    return this.#rows.get(msisdn)?.find((row) => row.directionId === directionId);
  }
}
