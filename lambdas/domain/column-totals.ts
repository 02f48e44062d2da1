/** Finds the totals that spreadsheets write beneath a column of handsets. */

/** A cell that a spreadsheet takes for a number. */
const SUMMAND = /^([0-9]{1,16})(?:\.0+)?$/;

/** Digits that a spreadsheet keeps of a number; those of a sum that go beyond it are rounded. */
const EXACT = 1e15;
const ROUNDED_BY = 9;

/** The smallest number that a handset is: no model's code begins with two zeros. */
const LEAST_HANDSET = 1e12;

/** The most cells that a total adds up: with more handsets than 1,000 of the shortest, their sum is longer than a handset. */
const MOST_SUMMANDS = 1000;

/**
 * The cells of a column, in file order. The sum of handsets may have a handset's digits, and pass for one that nobody reported: nine of them
 * with 14 digits make 15, and up to 28 with 15 make 16, as an IMEISV has.
 */
export class ColumnTotals {
  /** The numbers above, without totals: the last ones, oldest first. */
  readonly #above: number[] = [];

  /**
   * Takes the next cell, as written; true if it is the sum of two or more handsets right above it, and of what else is a number there
   * (subtotals don't count), exact to the 15 digits that a spreadsheet keeps. Blanks and texts add nothing, as in a spreadsheet.
   */
  isTotal(cell: string): boolean {
    const digits = SUMMAND.exec(cell)?.[1];
    if (digits === undefined) return false;
    const number = Number(digits);
    const isTotal = number >= LEAST_HANDSET && this.#addsUp(number);
    if (!isTotal) {
      this.#above.push(number);
      if (this.#above.length > 2 * MOST_SUMMANDS) this.#above.splice(0, MOST_SUMMANDS);
    }
    return isTotal;
  }

  #addsUp(number: number): boolean {
    const tolerance = number < EXACT ? 0 : ROUNDED_BY;
    let sum = 0;
    let handsets = 0;
    for (let at = this.#above.length - 1; at >= 0 && sum <= number; at--) {
      const summand = this.#above[at] as number;
      sum += summand;
      if (summand >= LEAST_HANDSET) handsets++;
      if (handsets > 1 && Math.abs(sum - number) <= tolerance) return true;
    }
    return false;
  }
}
