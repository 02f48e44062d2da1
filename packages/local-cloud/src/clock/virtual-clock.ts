import type { DrivenClock, Timer } from './clock.ts';
import { Holds } from './holds.ts';
import { Timers } from './timers.ts';

/**
 * Time that moves only by jumps, and only while somebody awaits `run` or `rest`. At one instant the outsiders' acts come first, one at a
 * time in the order registered, each worked through to rest before the next; then all timers that are due at that instant fire together.
 */
export class VirtualClock implements DrivenClock {
  #time: number;
  readonly #timers = new Timers();
  readonly #recurring: { at: number; period: number; run: () => void }[] = [];
  readonly #outsiders: { at: number; run: () => Promise<void> }[] = [];
  readonly #holds = new Holds();
  #driver: Promise<void> = Promise.resolve();
  #acting = false;

  constructor(start: number) {
    this.#time = start;
  }

  now(): number {
    return this.#time;
  }

  timer(at: number, run: () => void): Timer {
    const entry = this.#timers.add(Math.max(at, this.#time), run);
    return {
      cancel: () => {
        entry.live = false;
      },
    };
  }

  every(period: number, run: () => void, first = this.#time + period): void {
    this.#recurring.push({ at: first, period, run });
  }

  hold(what: string): () => void {
    return this.#holds.take(what);
  }

  /** The instant at which something is due next; undefined where nothing is. */
  nextAt(): number | undefined {
    const all = [this.#outsiders[0]?.at, this.#timers.first()?.at, ...this.#recurring.map(({ at }) => at)];
    const known = all.filter((at) => at !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** The names of all work under way, for messages about a clock that doesn't move. */
  held(): string[] {
    return this.#holds.names();
  }

  outside(at: number, run: () => Promise<void>): void {
    const due = Math.max(at, this.#time);
    const i = this.#outsiders.findIndex((other) => other.at > due);
    this.#outsiders.splice(i < 0 ? this.#outsiders.length : i, 0, { at: due, run });
  }

  rest(): Promise<void> {
    return this.#drive(() => this.#time);
  }

  run(until = Number.POSITIVE_INFINITY): Promise<void> {
    return this.#drive(() => until);
  }

  stop(): void {
    this.#timers.clear();
    this.#recurring.length = 0;
    this.#outsiders.length = 0;
  }

  #drive(limit: () => number): Promise<void> {
    if (this.#acting) return Promise.reject(new Error('an outsider must not drive the clock that waits for it'));
    const driven = this.#driver.then(() => this.#loop(limit()));
    this.#driver = driven.catch(() => {});
    return driven;
  }

  async #loop(until: number): Promise<void> {
    for (;;) {
      await this.#holds.drained();
      const outsider = this.#outsiders[0];
      const timer = this.#timers.first();
      const left = Math.min(outsider?.at ?? Number.POSITIVE_INFINITY, timer?.at ?? Number.POSITIVE_INFINITY);
      const next = Math.min(left, ...this.#recurring.map(({ at }) => at));
      if (Math.min(left, until) === Number.POSITIVE_INFINITY || next > until) {
        if (until !== Number.POSITIVE_INFINITY && until > this.#time) this.#time = until;
        return;
      }
      this.#time = Math.max(this.#time, next);
      if (outsider !== undefined && outsider.at <= this.#time) {
        this.#outsiders.shift();
        await this.#act(outsider.run);
      } else {
        for (const due of this.#timers.take(this.#time)) if (due.live) due.run();
        for (const due of this.#recurring) {
          if (due.at > this.#time) continue;
          due.at += due.period;
          due.run();
        }
      }
    }
  }

  async #act(run: () => Promise<void>): Promise<void> {
    const release = this.hold("an outsider's act");
    this.#acting = true;
    try {
      await run();
    } finally {
      this.#acting = false;
      release();
    }
  }
}
