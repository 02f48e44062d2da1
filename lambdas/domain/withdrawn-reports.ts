/** What was withdrawn of a report, handset by handset, and which numbers are free by that. */
import type { Day } from './days.ts';
import { type Imei, isImei, type Msisdn } from './identifiers.ts';
import { type DirectionKind, rulesOf } from './kinds.ts';
import type { GatheredLink } from './sightings.ts';

/** What one reversal was asked to take back of a report, and what approvers left out of it. */
export interface TakenBack {
  /** The handsets; null for the whole report. */
  readonly imeis: ReadonlySet<Imei> | null;
  readonly struck: ReadonlySet<Imei | Msisdn>;
}

/** What was withdrawn of a report. */
export interface Withdrawn {
  /** Whether a handset was withdrawn. One that an approver left out stands. */
  has(imei: Imei): boolean;
  /**
   * Whether a row that the report found elsewhere, or directed, stands no more. A number's was withdrawn with the whole report, or with the
   * last handset that linked it; or the holder who is meant was seen in none of its handsets, but only somebody else, who had the number
   * before.
   */
  with(what: { readonly kind: DirectionKind; readonly identifier: Imei | Msisdn }): boolean;
}

/** Numbers and handsets, each with the day since which the holder who is meant has it; null if nobody is known to have had it before. */
export type Since = ReadonlyMap<Imei | Msisdn, Day | null>;

/** Whether a sighting of a number on a day is of the holder who is meant. */
export function isTheirs(since: Since, msisdn: Msisdn, lastSeen: Day): boolean {
  const day = since.get(msisdn) ?? null;
  return day === null || lastSeen > day;
}

/** Whether a whole report was taken back, and approvers left no handset of it out. */
function isWhole({ imeis, struck }: TakenBack): boolean {
  return imeis === null && ![...struck].some(isImei);
}

/** The index of the reversal that took a handset back first; -1 if none did. */
function takenBy(all: readonly TakenBack[], imei: Imei): number {
  return all.findIndex(({ imeis, struck }) => (imeis === null || imeis.has(imei)) && !struck.has(imei));
}

/**
 * What was withdrawn of a report.
 * @param all what was taken back of it, in the order in which it was
 * @param free the numbers that are free by that, as `FreeNumbers` has them
 */
export function withdrawnBy(all: readonly TakenBack[], free: ReadonlySet<Msisdn>): Withdrawn {
  return {
    has: (imei) => takenBy(all, imei) >= 0,
    with: ({ kind, identifier }) =>
      all.some((one) => isWhole(one) && !one.struck.has(identifier)) ||
      (rulesOf(kind).subject === 'handset' ? takenBy(all, identifier as Imei) >= 0 : free.has(identifier as Msisdn)),
  };
}

/**
 * The numbers, among some, that a report links only by handsets which were withdrawn. A number that approvers left out of the withdrawal
 * of the last of these stays. A handset in which it was seen only as somebody else's has no part in that; if there are no others, the
 * number is free, too.
 */
export class FreeNumbers {
  readonly #subjects: Since;
  readonly #all: readonly TakenBack[];
  readonly #linked = new Set<Msisdn>();
  /** The index of the reversal that took back the last of a number's handsets; infinite if one stands. */
  readonly #last = new Map<Msisdn, number>();

  /** @param all what was taken back, in the order in which it was */
  constructor(subjects: Since, all: readonly TakenBack[]) {
    this.#subjects = subjects;
    this.#all = all;
  }

  /**
   * Whether it matters which handset links which number. If the whole report was withdrawn, or nothing, it doesn't, unless the holder has a
   * part in it.
   */
  get needLinks(): boolean {
    const isPartly = this.#all.some((one) => !isWhole(one)) && this.#subjects.size > 0;
    return isPartly || [...this.#subjects.values()].some((since) => since !== null);
  }

  /** Takes one more link of a handset that is acted upon, in any order of the links. */
  add({ msisdn, imei, lastSeen }: Pick<GatheredLink, 'msisdn' | 'imei' | 'lastSeen'>): void {
    if (!this.#subjects.has(msisdn)) return;
    this.#linked.add(msisdn);
    if (!isTheirs(this.#subjects, msisdn, lastSeen)) return;
    const n = takenBy(this.#all, imei);
    this.#last.set(msisdn, n < 0 ? Number.POSITIVE_INFINITY : Math.max(n, this.#last.get(msisdn) ?? n));
  }

  /** Those that are free by the links so far. */
  numbers(): ReadonlySet<Msisdn> {
    return new Set([...this.#linked].filter((msisdn) => this.#isFree(msisdn)));
  }

  #isFree(msisdn: Msisdn): boolean {
    const last = this.#last.get(msisdn);
    return last === undefined || this.#all[last]?.struck.has(msisdn) === false;
  }
}
