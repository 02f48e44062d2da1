/** The year's own reckoning of what agencies have withdrawn of their reports, from docs/formats.md, without a line of the system's code. */

import type { LinkedBy } from './claims.ts';

/** The part of a report that one reversal took back, and the subjects that approvers left out of it. */
interface TakenBack {
  /** Undefined for the whole report. */
  readonly imeis: readonly string[] | undefined;
  readonly struck: ReadonlySet<string>;
}

/** A report's numbers, each with its handsets that link it and are acted upon, by what people said of the report. */
export type Links = ReadonlyMap<string, readonly LinkedBy[]>;

/** A number, or a handset, in a report. */
export interface What {
  readonly kind: 'reverify' | 'block';
  readonly identifier: string;
  /**
   * The day since which a number belongs to the holder who is meant: somebody who was seen until then is another. '' where nobody had it
   * before.
   */
  readonly since: string;
}

/** The withdrawals of each report so far. */
export class Withdrawals {
  readonly #linksOf: (batchId: string) => Links;
  readonly #links = new Map<string, Links>();
  readonly #taken = new Map<string, TakenBack[]>();

  /** @param linksOf of a report's batch, once it is planned */
  constructor(linksOf: (batchId: string) => Links) {
    this.#linksOf = linksOf;
  }

  /** The handsets of a report that link each of its numbers. */
  linksOf(batchId: string): Links {
    const links = this.#links.get(batchId) ?? this.#linksOf(batchId);
    this.#links.set(batchId, links);
    return links;
  }

  /** Notes that a reversal of a report takes its turn. */
  note(batchId: string, taken: TakenBack): void {
    this.#taken.set(batchId, [...(this.#taken.get(batchId) ?? []), taken]);
  }

  /** Whether a handset of a report is withdrawn. */
  isHandsetWithdrawn(batchId: string, imei: string): boolean {
    return this.#takenBy(batchId, imei) >= 0;
  }

  /**
   * Whether a report's claim about a number or a handset is withdrawn: with the whole report, or with the last handset that links the
   * number.
   * @param own the part that the reversal that takes its turn now takes back
   */
  isWithdrawn(batchId: string, { kind, identifier, since }: What, own?: TakenBack): boolean {
    const all = this.#all(batchId, own);
    const isWhole = ({ imeis, struck }: TakenBack) =>
      imeis === undefined && ![...struck].some((one) => !one.startsWith('+'));
    if (all.some((one) => isWhole(one) && !one.struck.has(identifier))) return true;
    if (kind === 'block') return this.#takenBy(batchId, identifier, own) >= 0;
    const links = this.linksOf(batchId).get(identifier) ?? [];
    const theirs = links.filter(({ day }) => day > since);
    // Only the number's former holder was seen.
    if (links.length > 0 && theirs.length === 0) return true;
    const by = theirs.map(({ imei }) => this.#takenBy(batchId, imei, own));
    return by.length > 0 && !by.includes(-1) && all[Math.max(...by)]?.struck.has(identifier) === false;
  }

  #all(batchId: string, own?: TakenBack): readonly TakenBack[] {
    return [...(this.#taken.get(batchId) ?? []), ...(own === undefined ? [] : [own])];
  }

  #takenBy(batchId: string, imei: string, own?: TakenBack): number {
    return this.#all(batchId, own).findIndex(
      ({ imeis, struck }) => (imeis === undefined || imeis.includes(imei)) && !struck.has(imei),
    );
  }
}
