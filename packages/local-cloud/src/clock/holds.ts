/** Work under way, counted; both clocks use it. */
export class Holds {
  readonly #held = new Map<number, string>();
  #next = 0;
  #waiting: (() => void)[] = [];
  #watching: (() => void)[] = [];

  take(what: string): () => void {
    const id = this.#next++;
    this.#held.set(id, what);
    return () => {
      if (!this.#held.delete(id)) return;
      this.wake();
      if (this.#held.size === 0) {
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const wake of waiting) wake();
      }
    };
  }

  names(): string[] {
    return [...this.#held.values()];
  }

  /** Resolves when the next hold is given back. */
  released(): Promise<void> {
    return new Promise((wake) => this.#watching.push(wake));
  }

  /** Wakes those who wait for a hold to be given back. */
  wake(): void {
    const watching = this.#watching;
    this.#watching = [];
    for (const wake of watching) wake();
  }

  /** Resolves when nothing is held and that stayed so while the micro- and macrotask queues drained. */
  async drained(): Promise<void> {
    for (;;) {
      if (this.#held.size > 0) await new Promise<void>((wake) => this.#waiting.push(wake));
      const seen = this.#next;
      await turn();
      await turn();
      if (this.#held.size === 0 && this.#next === seen) return;
    }
  }
}

/** Resolves in the next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
