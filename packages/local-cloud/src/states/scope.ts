import type { Clock } from '../clock/clock.ts';

/** Thrown into a line of control that has been ended from outside (a stopped execution, a failed sibling). */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
    this.name = 'Cancelled';
  }
}

/** A scope of lines that end together: an execution, and within it a branch or an iteration. */
export class Scope {
  #cancelled = false;
  readonly #listeners = new Set<() => void>();

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Calls `end` once when this scope is cancelled; returns the call that removes it again. */
  onCancel(end: () => void): () => void {
    this.#listeners.add(end);
    return () => {
      this.#listeners.delete(end);
    };
  }

  /** Makes a scope that is cancelled with this one; `close` it when its work is over. */
  inner(): { scope: Scope; close: () => void } {
    const scope = new Scope();
    if (this.#cancelled) scope.cancel();
    return { scope, close: this.onCancel(() => scope.cancel()) };
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const end of listeners) end();
  }

  check(): void {
    if (this.#cancelled) throw new Cancelled();
  }
}

/**
 * One line of control: it holds the clock while it works and lets go while it waits. Whoever wakes it does so before letting go itself, so
 * that the clock never sees a gap.
 */
export class Line {
  readonly clock: Clock;
  readonly scope: Scope;
  readonly #what: string;
  #release: (() => void) | null = null;

  constructor(clock: Clock, scope: Scope, what: string) {
    this.clock = clock;
    this.scope = scope;
    this.#what = what;
    this.wake();
  }

  wake(): void {
    this.#release ??= this.clock.hold(this.#what);
  }

  sleep(): void {
    this.#release?.();
    this.#release = null;
  }

  /**
   * Lets go of the clock until `begin`'s `done` or `fail` is called. `begin` returns a call that undoes its preparations; it is made when
   * the wait is over, in whatever way.
   * @throws Cancelled when the scope ends
   */
  wait<T>(begin: (done: (value: T) => void, fail: (error: unknown) => void) => () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let over = false;
      let undo: (() => void) | null = null;
      const finish = (settle: () => void): void => {
        if (over) return;
        over = true;
        off();
        undo?.();
        this.wake();
        if (this.scope.cancelled) reject(new Cancelled());
        else settle();
      };
      const cancelled = (): void => finish(() => {});
      const off = this.scope.onCancel(cancelled);
      if (this.scope.cancelled) {
        cancelled();
        return;
      }
      undo = begin(
        (value) => finish(() => resolve(value)),
        (error) => finish(() => reject(error)),
      );
      if (over) undo();
      else this.sleep();
    });
  }

  /** Waits until the cloud's clock shows `at` (epoch milliseconds). */
  async until(at: number): Promise<void> {
    this.scope.check();
    if (at <= this.clock.now()) return;
    await this.wait<void>((done) => {
      const timer = this.clock.timer(at, () => done());
      return () => timer.cancel();
    });
  }
}
