/** Sorted lists of lines made into one, however long they are: only the last block read of each is held. */

/** The number of lines that are handed over at once. */
const LINES_AT_ONCE = 1000;

/** A sorted list, of which one block is held. */
class Source {
  readonly #blocks: AsyncIterator<readonly string[]>;
  #block: readonly string[] = [];
  #at = 0;
  /** Its first line that wasn't taken yet; there is one while it is in the heap. */
  first = '';

  constructor(blocks: AsyncIterable<readonly string[]>) {
    this.#blocks = blocks[Symbol.asyncIterator]();
  }

  /** Goes on to the next line; false if there is none. */
  async next(): Promise<boolean> {
    while (this.#at === this.#block.length) {
      const { done, value } = await this.#blocks.next();
      if (done) return false;
      this.#block = value;
      this.#at = 0;
    }
    this.first = this.#block[this.#at++] ?? '';
    return true;
  }
}

/**
 * The lines of all lists in one, by code unit, each with an LF, in pieces.
 * @param lists each sorted by code unit, in blocks of lines without their ends
 */
export async function* mergedLines(lists: readonly AsyncIterable<readonly string[]>[]): AsyncGenerator<string> {
  const heap: Source[] = [];
  for (const list of lists) {
    const source = new Source(list);
    if (await source.next()) heap.push(source);
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap, at);
  let piece = '';
  let lines = 0;
  for (let least = heap[0]; least !== undefined; least = heap[0]) {
    piece += `${least.first}\n`;
    lines += 1;
    if (lines === LINES_AT_ONCE) {
      yield piece;
      piece = '';
      lines = 0;
    }
    if (!(await least.next())) {
      const last = heap.pop();
      if (heap.length > 0 && last !== undefined) heap[0] = last;
    }
    sink(heap, 0);
  }
  if (piece !== '') yield piece;
}

/** Lets the source at `at` down until neither of the two under it is less. */
function sink(heap: Source[], from: number): void {
  let at = from;
  for (;;) {
    let least = at;
    for (const under of [2 * at + 1, 2 * at + 2]) {
      const [a, b] = [heap[under], heap[least]];
      if (a !== undefined && b !== undefined && a.first < b.first) least = under;
    }
    const [up, down] = [heap[least], heap[at]];
    if (least === at || up === undefined || down === undefined) return;
    heap[at] = up;
    heap[least] = down;
    at = least;
  }
}
