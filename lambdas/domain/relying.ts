/** The batches that rely on rows of a withdrawn report: they found numbers or handsets there, and did not direct them. */
import type { ElsewhereLine } from './elsewhere.ts';
import type { parseMovedLine } from './follow-ups.ts';
import type { BatchId, DirectionId, Imei, Msisdn } from './identifiers.ts';
import { givesBack } from './kinds.ts';
import type { RowsOfNumbers } from './withdrawing.ts';
import { isTheirs, type Since, type Withdrawn } from './withdrawn-reports.ts';

/** A row that a night went on with, as its list has it. */
type GoneOn = ReturnType<typeof parseMovedLine>;

/**
 * Whether what a batch found elsewhere is one of the subjects in one of the directions. The batch had nothing to rely on in a number that
 * was somebody else's by then: the holder whom the row is about didn't have it any more. What gives back relies on nothing.
 */
export function reliesOn(
  { kind, identifier, state, directionId }: ElsewhereLine,
  { directions, subjects }: { readonly directions: ReadonlySet<DirectionId>; readonly subjects: Since },
): boolean {
  const isAbout = directionId !== null && directions.has(directionId) && subjects.has(identifier);
  return isAbout && state !== 'reissuedBefore' && !givesBack(kind);
}

/**
 * The accounts on which a night found what it did: whether a row that it went on with is of a report that stands, and of the holder who is
 * meant. A night has no account of its own.
 */
export class AccountsOfNight {
  readonly #about: Since;
  readonly #rows: Pick<RowsOfNumbers, 'directedFor' | 'reportOf'>;
  readonly #reports = new Map<Msisdn | Imei, BatchId[]>();

  /** @param about what the night found in the rows that are asked about */
  constructor(about: Since, rows: Pick<RowsOfNumbers, 'directedFor' | 'reportOf'>) {
    this.#about = about;
    this.#rows = rows;
  }

  /** Takes one more row that the night went on with. */
  add({ msisdn, from, toGiveBack }: GoneOn): void {
    // A row that is to be given back finds no row in which something is taken.
    if (msisdn === null || toGiveBack || !this.#about.has(msisdn)) return;
    const reports = this.#reports.get(msisdn) ?? [];
    this.#reports.set(msisdn, reports);
    const seen = this.#rows.directedFor(msisdn, from);
    // A row of somebody else, who had the number before, has no part in it.
    if (!this.#hadEarlierHolder(msisdn) || (seen !== null && isTheirs(this.#about, msisdn, seen)))
      reports.push(this.#rows.reportOf(msisdn, from));
  }

  /** The reports whose rows the night went on with, of those whom it found. */
  reports(): ReadonlySet<BatchId> {
    return new Set([...this.#reports.values()].flat());
  }

  /**
   * Whether what the night found stands on the account of a report. If no row is known with which the night went on, it does unless
   * somebody else is known to have had the number before.
   * @param withdrawn what was withdrawn of `reports`
   */
  stand(
    { kind, identifier }: Pick<ElsewhereLine, 'kind' | 'identifier'>,
    withdrawn: ReadonlyMap<BatchId, Withdrawn>,
  ): boolean {
    const reports = this.#reports.get(identifier);
    if (reports === undefined) return !this.#hadEarlierHolder(identifier);
    return reports.some((report) => !withdrawn.get(report)?.with({ kind, identifier }));
  }

  #hadEarlierHolder(identifier: Msisdn | Imei): boolean {
    return (this.#about.get(identifier) ?? null) !== null;
  }
}
