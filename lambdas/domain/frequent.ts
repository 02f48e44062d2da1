/** The most texts that are counted at once. Each count may be too low by 1 of 1,001 rows. */
const MOST_COUNTED = 1000;

/**
 * Counts texts that are frequent among any number of them, in a bounded memory, after Misra and Gries: when all places are taken, each
 * counted text gives up one, and the new one with them. So a count is too low by at most the number of such rounds, and a text that isn't
 * counted occurred no more often than that.
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

  /** The texts that may be as frequent as `isTooMany` says; if that is about 1 of 1,001 of all or less, it may miss some. */
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
