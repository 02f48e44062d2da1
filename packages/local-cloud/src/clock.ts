/**
 * The local cloud's clocks. All instants are epoch milliseconds of the cloud.
 *
 * The virtual clock stands still while anything is under way (a request, a function, a delivery, a running state) and
 * jumps to the next timer once everything rests. The real clock runs with a speed factor, for people who try the
 * cloud by hand: at that speed it passes the waits, and at real speed what the cloud takes to work.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds of the cloud. */
  now(): number;
  /** Calls `run` at the instant `at` (at once, but never synchronously, when that is past). */
  timer(at: number, run: () => void): Timer;
  /**
   * Announces work under way: until the returned function is called, the virtual clock never jumps, and the real one runs at
   * real speed; the latter not for the call of somebody outside, who may wait for a message as long as they like.
   */
  hold(what: string, by?: 'outsider'): () => void;
}

/** What both clocks offer to those who drive a cloud. */
export interface DrivenClock extends Clock {
  /**
   * Calls `run` again and again, first `period` milliseconds from now. By itself it keeps no run going: one without an end is
   * over when nothing else is left.
   */
  every(period: number, run: () => void): void;
  /** Registers the act of somebody outside the cloud, at a cloud instant; its promise is held. */
  outside(at: number, run: () => Promise<void>): void;
  /** Resolves when nothing is under way and nothing is due at or before now. */
  rest(): Promise<void>;
  /** Goes on from timer to timer until none is left but recurring ones, or until the instant `until`. */
  run(until?: number): Promise<void>;
  /** Drops all timers and outsiders' acts: nothing fires any more. */
  stop(): void;
}

/** Work under way, counted; shared by both clocks. */
class Holds {
  private readonly held = new Map<number, string>();
  private next = 0;
  private waiting: (() => void)[] = [];
  private watching: (() => void)[] = [];

  take(what: string): () => void {
    const id = this.next++;
    this.held.set(id, what);
    return () => {
      if (!this.held.delete(id)) return;
      this.wake();
      if (this.held.size === 0) {
        const waiting = this.waiting;
        this.waiting = [];
        for (const wake of waiting) wake();
      }
    };
  }

  names(): string[] {
    return [...this.held.values()];
  }

  /** Resolves when the next one is given back. */
  released(): Promise<void> {
    return new Promise((wake) => this.watching.push(wake));
  }

  /** Wakes those who wait for one to be given back. */
  wake(): void {
    const watching = this.watching;
    this.watching = [];
    for (const wake of watching) wake();
  }

  /** Resolves when nothing is held and that stayed so while the micro- and macrotask queues drained. */
  async drained(): Promise<void> {
    for (;;) {
      if (this.held.size > 0) await new Promise<void>((wake) => this.waiting.push(wake));
      const seen = this.next;
      await turn();
      await turn();
      if (this.held.size === 0 && this.next === seen) return;
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Entry {
  at: number;
  order: number;
  run: () => void;
  live: boolean;
}

/** A binary heap of timers: earliest first, then in the order registered. */
class Timers {
  private readonly heap: Entry[] = [];
  private order = 0;

  add(at: number, run: () => void): Entry {
    const entry: Entry = { at, order: this.order++, run, live: true };
    const heap = this.heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up] as Entry;
      if (!before(entry, parent)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = entry;
    return entry;
  }

  first(): Entry | undefined {
    for (;;) {
      const top = this.heap[0];
      if (top === undefined || top.live) return top;
      this.removeFirst();
    }
  }

  /** Takes all live timers that are due at or before `now`, in order. */
  take(now: number): Entry[] {
    const due: Entry[] = [];
    for (let top = this.first(); top !== undefined && top.at <= now; top = this.first()) {
      due.push(top);
      this.removeFirst();
    }
    return due;
  }

  clear(): void {
    this.heap.length = 0;
  }

  private removeFirst(): void {
    const heap = this.heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      const below = heap[child] as Entry;
      if (!before(below, last)) break;
      heap[i] = below;
      i = child;
    }
    heap[i] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * Time that moves only by jumps, and only while somebody awaits `run` or `rest`. At one instant the outsiders' acts come
 * first, one at a time in the order registered, each worked through to rest before the next; then all timers that are
 * due at that instant fire together.
 */
export class VirtualClock implements DrivenClock {
  private time: number;
  private readonly timers = new Timers();
  private readonly recurring: { at: number; period: number; run: () => void }[] = [];
  private readonly outsiders: { at: number; run: () => Promise<void> }[] = [];
  private readonly holds = new Holds();
  private driver: Promise<void> = Promise.resolve();
  private acting = false;

  constructor(start: number) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  timer(at: number, run: () => void): Timer {
    const entry = this.timers.add(Math.max(at, this.time), run);
    return {
      cancel: () => {
        entry.live = false;
      },
    };
  }

  every(period: number, run: () => void): void {
    this.recurring.push({ at: this.time + period, period, run });
  }

  hold(what: string): () => void {
    return this.holds.take(what);
  }

  /** The names of all work under way, for messages about a clock that doesn't move. */
  held(): string[] {
    return this.holds.names();
  }

  outside(at: number, run: () => Promise<void>): void {
    const due = Math.max(at, this.time);
    const i = this.outsiders.findIndex((other) => other.at > due);
    this.outsiders.splice(i < 0 ? this.outsiders.length : i, 0, { at: due, run });
  }

  rest(): Promise<void> {
    return this.drive(() => this.time);
  }

  run(until = Number.POSITIVE_INFINITY): Promise<void> {
    return this.drive(() => until);
  }

  stop(): void {
    this.timers.clear();
    this.recurring.length = 0;
    this.outsiders.length = 0;
  }

  private drive(limit: () => number): Promise<void> {
    if (this.acting) return Promise.reject(new Error('an outsider must not drive the clock that waits for it'));
    const driven = this.driver.then(() => this.loop(limit()));
    this.driver = driven.catch(() => {});
    return driven;
  }

  private async loop(until: number): Promise<void> {
    for (;;) {
      await this.holds.drained();
      const outsider = this.outsiders[0];
      const timer = this.timers.first();
      const left = Math.min(outsider?.at ?? Number.POSITIVE_INFINITY, timer?.at ?? Number.POSITIVE_INFINITY);
      const next = Math.min(left, ...this.recurring.map(({ at }) => at));
      if (Math.min(left, until) === Number.POSITIVE_INFINITY || next > until) {
        if (until !== Number.POSITIVE_INFINITY && until > this.time) this.time = until;
        return;
      }
      this.time = Math.max(this.time, next);
      if (outsider !== undefined && outsider.at <= this.time) {
        this.outsiders.shift();
        await this.act(outsider.run);
      } else {
        for (const due of this.timers.take(this.time)) if (due.live) due.run();
        for (const due of this.recurring) {
          if (due.at > this.time) continue;
          due.at += due.period;
          due.run();
        }
      }
    }
  }

  private async act(run: () => Promise<void>): Promise<void> {
    const release = this.hold("an outsider's act");
    this.acting = true;
    try {
      await run();
    } finally {
      this.acting = false;
      release();
    }
  }
}

const LONGEST_TIMEOUT = 2 ** 31 - 1;

interface RealTimer {
  readonly at: number;
  readonly run: () => void;
  armed: NodeJS.Timeout | undefined;
}

/** While the cloud works, how often a timer looks again that may be due sooner, in real milliseconds. */
const LOOK_AGAIN = 20;

/**
 * Real time from `start` on, `speed` times as fast while nothing is under way. What the cloud itself takes to work passes at
 * real speed at most, so that a ladder's rung doesn't pass while a function starts.
 */
export class RealClock implements DrivenClock {
  readonly speed: number;
  /** The cloud's time when it last changed its pace, and the real one. */
  private since: { cloud: number; real: number };
  private working = 0;
  private readonly holds = new Holds();
  /** The timers that have not fired, in the order in which they were set. */
  private readonly waiting = new Set<RealTimer>();
  private stopped = false;
  private paused = false;

  constructor(start: number, speed: number) {
    this.since = { cloud: start, real: performance.now() };
    this.speed = speed;
  }

  now(): number {
    return Math.floor(this.exactly());
  }

  private exactly(): number {
    return this.since.cloud + (performance.now() - this.since.real) * this.pace();
  }

  private pace(): number {
    if (this.paused) return 0;
    return this.working > 0 ? Math.min(this.speed, 1) : this.speed;
  }

  private work(change: 1 | -1): void {
    this.since = { cloud: this.exactly(), real: performance.now() };
    this.working += change;
  }

  timer(at: number, run: () => void): Timer {
    const timer: RealTimer = { at, run, armed: undefined };
    if (!this.stopped) {
      this.waiting.add(timer);
      this.arm(timer);
    }
    return {
      cancel: () => {
        clearTimeout(timer.armed);
        this.waiting.delete(timer);
      },
    };
  }

  /** Looks at a timer again when it may be due. */
  private arm(timer: RealTimer): void {
    clearTimeout(timer.armed);
    timer.armed = undefined;
    const left = Math.max(timer.at - this.now(), 0);
    if (this.paused && left > 0) return;
    const soonest = Math.ceil(left / this.speed);
    const wait =
      left > 0 && this.working > 0 ? Math.min(Math.ceil(left / this.pace()), Math.max(soonest, LOOK_AGAIN)) : soonest;
    timer.armed = setTimeout(
      () => {
        if (this.now() < timer.at) this.arm(timer);
        else this.fire(timer);
      },
      Math.min(wait, LONGEST_TIMEOUT),
    );
  }

  private fire(timer: RealTimer): void {
    clearTimeout(timer.armed);
    if (this.waiting.delete(timer)) timer.run();
  }

  /** Time stands still until `resume`, but for `advance`; what is due already is done. */
  pause(): void {
    this.since = { cloud: this.exactly(), real: performance.now() };
    this.paused = true;
  }

  resume(): void {
    this.since = { cloud: this.exactly(), real: performance.now() };
    this.paused = false;
    for (const timer of this.waiting) this.arm(timer);
  }

  /**
   * Lets so many milliseconds pass at once, from timer to timer: what each sets off is worked through before the next is due, so
   * that nothing happens in another order than it would have.
   */
  async advance(milliseconds: number): Promise<void> {
    const target = this.now() + milliseconds;
    const reach = (at: number) => {
      this.since = { cloud: Math.max(at, this.exactly()), real: performance.now() };
    };
    for (;;) {
      await this.idle();
      if (this.stopped) return;
      const due = [...this.waiting].filter(({ at }) => at <= target).sort((a, b) => a.at - b.at);
      const [first] = due;
      if (first === undefined) break;
      reach(first.at);
      for (const timer of due) if (timer.at <= first.at) this.fire(timer);
    }
    reach(target);
    for (const timer of this.waiting) this.arm(timer);
  }

  /** Resolves when the cloud itself has nothing under way; somebody outside may wait for a message as long as they like. */
  private async idle(): Promise<void> {
    for (let quiet = 0; quiet < 2 && !this.stopped; quiet++) {
      await turn();
      await turn();
      if (this.working === 0) continue;
      quiet = -1;
      await this.holds.released();
    }
  }

  every(period: number, run: () => void): void {
    const next = (at: number): void => {
      this.timer(at, () => {
        next(at + period);
        run();
      });
    };
    next(this.now() + period);
  }

  hold(what: string, by?: 'outsider'): () => void {
    const release = this.holds.take(what);
    if (by === 'outsider') return release;
    this.work(1);
    let held = true;
    return () => {
      if (held) this.work(-1);
      held = false;
      release();
    };
  }

  /** The names of all work under way. */
  held(): string[] {
    return this.holds.names();
  }

  outside(at: number, run: () => Promise<void>): void {
    this.timer(at, () => {
      const release = this.hold("an outsider's act", 'outsider');
      run().finally(release);
    });
  }

  rest(): Promise<void> {
    return this.holds.drained();
  }

  async run(until?: number): Promise<void> {
    if (until !== undefined) await new Promise<void>((resolve) => this.timer(until, resolve));
    await this.rest();
  }

  stop(): void {
    this.stopped = true;
    for (const { armed } of this.waiting) clearTimeout(armed);
    this.waiting.clear();
    this.holds.wake();
  }
}
