import type { DrivenClock, Timer } from './clock.ts';
import { Holds, turn } from './holds.ts';

const LONGEST_TIMEOUT = 2 ** 31 - 1;

interface RealTimer {
  readonly at: number;
  readonly run: () => void;
  armed: NodeJS.Timeout | undefined;
}

/** Real milliseconds after which a timer that may be due sooner looks again while the cloud works. */
const LOOK_AGAIN = 20;

/**
 * Real time from `start` on, `speed` times as fast while nothing is under way. The time that the cloud itself takes to work passes at real
 * speed at most, so that a deadline doesn't pass while a function starts.
 */
export class RealClock implements DrivenClock {
  /** The factor by which it is faster than real time; `setSpeed` changes it. */
  get speed(): number {
    return this.#factor;
  }
  #factor: number;
  /** The cloud's time and the real time when the clock last changed its pace. */
  #since: { cloud: number; real: number };
  #working = 0;
  readonly #holds = new Holds();
  /** The timers that have not fired, in the order in which they were set. */
  readonly #waiting = new Set<RealTimer>();
  #stopped = false;
  #paused = false;

  constructor(start: number, speed: number) {
    this.#since = { cloud: start, real: performance.now() };
    this.#factor = speed;
  }

  now(): number {
    return Math.floor(this.#exactly());
  }

  #exactly(): number {
    return this.#since.cloud + (performance.now() - this.#since.real) * this.#pace();
  }

  #pace(): number {
    if (this.#paused) return 0;
    return this.#working > 0 ? Math.min(this.speed, 1) : this.speed;
  }

  #work(change: 1 | -1): void {
    this.#since = { cloud: this.#exactly(), real: performance.now() };
    this.#working += change;
  }

  timer(at: number, run: () => void): Timer {
    const timer: RealTimer = { at, run, armed: undefined };
    if (!this.#stopped) {
      this.#waiting.add(timer);
      this.#arm(timer);
    }
    return {
      cancel: () => {
        clearTimeout(timer.armed);
        this.#waiting.delete(timer);
      },
    };
  }

  /** Looks at a timer again when it may be due. */
  #arm(timer: RealTimer): void {
    clearTimeout(timer.armed);
    timer.armed = undefined;
    const left = Math.max(timer.at - this.now(), 0);
    if (this.#paused && left > 0) return;
    const soonest = Math.ceil(left / this.speed);
    const wait =
      left > 0 && this.#working > 0 ? Math.min(Math.ceil(left / this.#pace()), Math.max(soonest, LOOK_AGAIN)) : soonest;
    timer.armed = setTimeout(
      () => {
        if (this.now() < timer.at) this.#arm(timer);
        else this.#fire(timer);
      },
      Math.min(wait, LONGEST_TIMEOUT),
    );
  }

  #fire(timer: RealTimer): void {
    clearTimeout(timer.armed);
    if (this.#waiting.delete(timer)) timer.run();
  }

  /** Changes the speed from now on; it must be over 0. */
  setSpeed(speed: number): void {
    this.#since = { cloud: this.#exactly(), real: performance.now() };
    this.#factor = speed;
    for (const timer of this.#waiting) this.#arm(timer);
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** The instant at which the next timer is due; undefined where there is none. */
  nextAt(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.#waiting) if (next === undefined || at < next) next = at;
    return next;
  }

  /** Stops time until `resume`, but for `advance`; timers that are due already still fire. */
  pause(): void {
    this.#since = { cloud: this.#exactly(), real: performance.now() };
    this.#paused = true;
  }

  resume(): void {
    this.#since = { cloud: this.#exactly(), real: performance.now() };
    this.#paused = false;
    for (const timer of this.#waiting) this.#arm(timer);
  }

  /**
   * Lets this many milliseconds pass at once, from timer to timer: the work that each sets off is done before the next is due, so that
   * things happen in the order in which they would have.
   */
  async advance(milliseconds: number): Promise<void> {
    const target = this.now() + milliseconds;
    const reach = (at: number) => {
      this.#since = { cloud: Math.max(at, this.#exactly()), real: performance.now() };
    };
    for (;;) {
      await this.#idle();
      if (this.#stopped) return;
      const due = [...this.#waiting].filter(({ at }) => at <= target).sort((a, b) => a.at - b.at);
      const [first] = due;
      if (first === undefined) break;
      reach(first.at);
      for (const timer of due) if (timer.at <= first.at) this.#fire(timer);
    }
    reach(target);
    for (const timer of this.#waiting) this.#arm(timer);
  }

  /** Resolves when the cloud itself has nothing under way; an outsider's wait for a message doesn't count. */
  async #idle(): Promise<void> {
    for (let quiet = 0; quiet < 2 && !this.#stopped; quiet++) {
      await turn();
      await turn();
      if (this.#working === 0) continue;
      quiet = -1;
      await this.#holds.released();
    }
  }

  every(period: number, run: () => void, first = this.now() + period): void {
    const next = (at: number): void => {
      this.timer(at, () => {
        next(at + period);
        run();
      });
    };
    next(first);
  }

  hold(what: string, by?: 'outsider'): () => void {
    const release = this.#holds.take(what);
    if (by === 'outsider') return release;
    this.#work(1);
    let held = true;
    return () => {
      if (held) this.#work(-1);
      held = false;
      release();
    };
  }

  /** The names of all work under way. */
  held(): string[] {
    return this.#holds.names();
  }

  outside(at: number, run: () => Promise<void>): void {
    this.timer(at, () => {
      const release = this.hold("an outsider's act", 'outsider');
      run().finally(release);
    });
  }

  rest(): Promise<void> {
    return this.#holds.drained();
  }

  async run(until?: number): Promise<void> {
    if (until !== undefined) await new Promise<void>((resolve) => this.timer(until, resolve));
    await this.rest();
  }

  stop(): void {
    this.#stopped = true;
    for (const { armed } of this.#waiting) clearTimeout(armed);
    this.#waiting.clear();
    this.#holds.wake();
  }
}
