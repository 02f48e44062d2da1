/** Finds the totals that spreadsheets write beneath a column of handsets. */
import { handsetDigits } from './identifiers.ts';

/** Digits that may be a number of a spreadsheet's; a total has as many at most. */
const NUMBER = /^[0-9]{1,19}$/;

/** The digits that a spreadsheet keeps of a number. */
const EXACT_DIGITS = 15;

/** The smallest number that a handset is: no model's code begins with two zeros. */
const LEAST_HANDSET = 1e12;

/** The fewest and the most cells that are kept for a total to add up: the sum of 1,000 of the shortest handsets is longer than a handset. */
const KEPT = { fewest: 1000, most: 2000 };

/** A cell above, as a number; `isPlain` if it has digits alone, and so is a number for a spreadsheet if the column is one of numbers. */
interface Above {
  readonly number: number;
  readonly isPlain: boolean;
}

/**
 * The cells of a column, in file order. The sum of handsets may have a handset's digits, and pass for one that nobody reported: nine of them
 * with 14 digits make 15, and up to 28 with 15 make 16, as an IMEISV has.
 */
export class ColumnTotals {
  /** The numbers above, without totals: the last ones, oldest first. */
  readonly #above: Above[] = [];

  /**
   * Takes the next cell, as written; true if it is the sum of two or more handsets right above it, and of what else is a number there
   * (subtotals don't count), exact to the 15 digits that a spreadsheet keeps. Blanks and words add nothing, as in a spreadsheet; digits
   * that are written with something between may be a number that is shown so, or a text that adds nothing: both are tried.
   */
  isTotal(cell: string): boolean {
    const digits = handsetDigits(cell);
    if (!NUMBER.test(digits)) return false;
    const number = Number(digits);
    if (number >= LEAST_HANDSET && this.#addsUp(number, roundedBy(digits))) return true;
    this.#above.push({ number, isPlain: digits.length === cell.length });
    if (this.#above.length > KEPT.most) this.#above.splice(0, KEPT.most - KEPT.fewest);
    return false;
  }

  #addsUp(number: number, tolerance: number): boolean {
    const isSum = (sum: number, handsets: number) => handsets > 1 && Math.abs(sum - number) <= tolerance;
    let [all, handsets] = [0, 0];
    let [plain, plainHandsets] = [0, 0];
    for (let at = this.#above.length - 1; at >= 0 && (all <= number || plainHandsets > 0); at--) {
      const above = this.#above[at] as Above;
      const isHandset = above.number >= LEAST_HANDSET ? 1 : 0;
      all += above.number;
      handsets += isHandset;
      if (above.isPlain) {
        plain += above.number;
        plainHandsets += isHandset;
      }
      if (isSum(all, handsets) || isSum(plain, plainHandsets)) return true;
      if (plain > number) return false;
    }
    return false;
  }
}

/** The most by which a spreadsheet may have cut a number of so many digits. */
const roundedBy = (digits: string): number =>
  digits.length > EXACT_DIGITS ? 10 ** (digits.length - EXACT_DIGITS) - 1 : 0;
