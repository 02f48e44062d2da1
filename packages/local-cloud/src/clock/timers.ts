/** A timer that was set. */
export interface Entry {
  at: number;
  order: number;
  run: () => void;
  live: boolean;
}

/** A binary heap of timers: earliest first, then in the order registered. */
export class Timers {
  readonly #heap: Entry[] = [];
  #order = 0;

  add(at: number, run: () => void): Entry {
    const entry: Entry = { at, order: this.#order++, run, live: true };
    const heap = this.#heap;
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
      const top = this.#heap[0];
      if (top === undefined || top.live) return top;
      this.#removeFirst();
    }
  }

  /** Takes all live timers that are due at or before `now`, in order. */
  take(now: number): Entry[] {
    const due: Entry[] = [];
    for (let top = this.first(); top !== undefined && top.at <= now; top = this.first()) {
      due.push(top);
      this.#removeFirst();
    }
    return due;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #removeFirst(): void {
    const heap = this.#heap;
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
