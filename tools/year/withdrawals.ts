/** The year's own reckoning of what agencies have withdrawn of their reports, from docs/formats.md, without a line of the system's. */

import type { LinkedBy } from './claims.ts';

/** What one reversal took back of a report, and whom approvers left out of it. */
interface TakenBack {
  /** Undefined for the whole report. */
  readonly imeis: readonly string[] | undefined;
  readonly struck: ReadonlySet<string>;
}

/** A report's numbers, each with its handsets that link it and are acted upon, by what people said of the report. */
export type Links = ReadonlyMap<string, readonly LinkedBy[]>;

/** A number, or a handset, of which a report says something. */
export interface What {
  readonly kind: 'reverify' | 'block';
  readonly identifier: string;
  /** The day since which a number is theirs who are meant: who was seen until then is somebody else. '' where nobody had it before. */
  readonly since: string;
}

/** What was withdrawn of each report so far. */
export class Withdrawals {
  readonly #linksOf: (batchId: string) => Links;
  readonly #links = new Map<string, Links>();
  readonly #taken = new Map<string, TakenBack[]>();

  /** @param linksOf of a report's batch, once it is planned */
  constructor(linksOf: (batchId: string) => Links) {
    this.#linksOf = linksOf;
  }

  /** Which handsets of a report link each of its numbers. */
  linksOf(batchId: string): Links {
    const links = this.#links.get(batchId) ?? this.#linksOf(batchId);
    this.#links.set(batchId, links);
    return links;
  }

  /** A reversal of a report takes its turn. */
  note(batchId: string, taken: TakenBack): void {
    this.#taken.set(batchId, [...(this.#taken.get(batchId) ?? []), taken]);
  }

  /** Whether a handset of a report is withdrawn. */
  isHandsetWithdrawn(batchId: string, imei: string): boolean {
    return this.#takenBy(batchId, imei) >= 0;
  }

  /**
   * Whether what a report says of a number or a handset is withdrawn: with the whole of it, or with the last handset that links the number.
   * @param own what a reversal takes back that takes its turn now
   */
  isWithdrawn(batchId: string, { kind, identifier, since }: What, own?: TakenBack): boolean {
    const all = this.#all(batchId, own);
    const isWhole = ({ imeis, struck }: TakenBack) =>
      imeis === undefined && ![...struck].some((one) => !one.startsWith('+'));
    if (all.some((one) => isWhole(one) && !one.struck.has(identifier))) return true;
    if (kind === 'block') return this.#takenBy(batchId, identifier, own) >= 0;
    const links = this.linksOf(batchId).get(identifier) ?? [];
    const theirs = links.filter(({ day }) => day > since);
    // Who was seen was nobody but somebody else, who had the number before.
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
