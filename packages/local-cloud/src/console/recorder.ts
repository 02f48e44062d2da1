/** The records that the cloud itself doesn't keep and the console shows: the last lines of functions, the last messages. */

/** The number of records kept for each function, queue or topic. */
const KEPT = 300;
/** Longer texts are cut: a console is no archive. */
const LONGEST = 64 * 1024;

/** A line that a function wrote, or a message that was sent. */
export interface Recorded {
  /** Counted from 1 on, for each place by itself. */
  n: number;
  /** Epoch milliseconds of the cloud. */
  at: number;
  text: string;
  attributes?: Record<string, string>;
}

/** Keeps the last records of each place. */
export class Recorder {
  readonly #now: () => number;
  readonly #rings = new Map<string, Recorded[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param place a function's name, or the ARN of a queue or a topic */
  record(place: string, text: string, attributes?: Record<string, string>): void {
    const ring = this.#rings.get(place) ?? [];
    this.#rings.set(place, ring);
    const n = (ring.at(-1)?.n ?? 0) + 1;
    const kept = text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
    ring.push({ n, at: this.#now(), text: kept, ...(attributes === undefined ? {} : { attributes }) });
    if (ring.length > KEPT) ring.shift();
  }

  /** The newest records first, from before the one with the number `before` on. */
  newest(place: string, most: number, before = Number.POSITIVE_INFINITY): Recorded[] {
    const ring = this.#rings.get(place) ?? [];
    return ring
      .filter(({ n }) => n < before)
      .slice(-most)
      .reverse();
  }

  /** The number of all records of a place, including those that are no longer kept. */
  count(place: string): number {
    return this.#rings.get(place)?.at(-1)?.n ?? 0;
  }
}
