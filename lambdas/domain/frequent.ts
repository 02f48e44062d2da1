/** So many texts are counted at once: each may seem to be in as much as 1 of 1,001 rows fewer than it is. */
const MOST_COUNTED = 1000;

/**
 * Texts that are frequent among any number of them, in a bounded memory, after Misra and Gries: where all places are taken, each
 * counted text gives up one, and the new one with them. So a count is too low by as many rounds as there were of that, at most, and of a
 * text that isn't counted there were no more.
 */
export class Frequent {
  readonly #counts = new Map<string, number>();
  #rounds = 0;

  add(text: string): void {
    const count = this.#counts.get(text);
    if (count !== undefined) this.#counts.set(text, count + 1);
    else if (this.#counts.size < MOST_COUNTED) this.#counts.set(text, 1);
    else this.#giveUpOne();
  }

  /**
   * The texts that may be as frequent as `isTooMany` says; where it is about 1 of 1,001 of all or less, there may be more of them.
   */
  mayHave(isTooMany: (count: number) => boolean): string[] {
    return [...this.#counts].filter(([, count]) => isTooMany(count + this.#rounds)).map(([text]) => text);
  }

  #giveUpOne(): void {
    this.#rounds += 1;
    for (const [text, count] of this.#counts)
      if (count === 1) this.#counts.delete(text);
      else this.#counts.set(text, count - 1);
  }
}
