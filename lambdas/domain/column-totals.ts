/** Finds the totals that people and spreadsheets write beneath a column of handsets: by their sums, or by what the row is called. */
import { handsetDigits } from './imeis.ts';
import { seenOf } from './unseen.ts';

/** Digits that may be a number of a spreadsheet's; a total has as many at most. */
const NUMBER = /^[0-9]{1,19}$/;

/** The digits that a spreadsheet keeps of a number. */
const EXACT_DIGITS = 15;

/** A number as a spreadsheet has it: what begins with a 0 or has more digits than it keeps is a text there, which adds nothing. */
const KEPT_NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;

/** The smallest number that a handset is: no model's code begins with two zeros. */
const LEAST_HANDSET = 1e12;

/** The fewest and the most cells that are kept for a total to add up: the sum of 1,000 of the shortest handsets is longer than a handset. */
const KEPT = { fewest: 1000, most: 2000 };

/**
 * The cells of a column, in file order. The sum of handsets may have a handset's digits, and pass for one that nobody reported: nine of them
 * with 14 digits make 15, and up to 28 with 15 make 16, as an IMEISV has.
 */
export class ColumnTotals {
  /** The numbers above, without totals: the last ones, oldest first. Below zero are those of cells that may be texts. */
  readonly #above: number[] = [];

  /**
   * Takes the next cell, as written; true if it is the sum of two or more handsets right above it, and of what else is a number there
   * (subtotals don't count), exact to the 15 digits that a spreadsheet keeps. Blanks and words add nothing, as in a spreadsheet. Digits
   * that have something between them, begin with a 0 or are more than 15 may be a number that is shown so, or a text that adds nothing:
   * both are tried.
   */
  isTotal(cell: string): boolean {
    const isPlain = KEPT_NUMBER.test(cell);
    const digits = isPlain ? cell : handsetDigits(cell);
    if (!isPlain && !NUMBER.test(digits)) return false;
    const number = Number(digits);
    if (number >= LEAST_HANDSET && this.#addsUp(number, roundedBy(digits))) return true;
    this.#above.push(isPlain ? number : -number);
    if (this.#above.length > KEPT.most) this.#above.splice(0, KEPT.most - KEPT.fewest);
    return false;
  }

  #addsUp(number: number, tolerance: number): boolean {
    const isSum = (sum: number, handsets: number) => handsets > 1 && Math.abs(sum - number) <= tolerance;
    // What is added up: all, and what is a number for sure.
    let [all, handsets] = [0, 0];
    let [plain, plainHandsets] = [0, 0];
    for (let at = this.#above.length - 1; at >= 0 && (all <= number || plainHandsets > 0); at--) {
      const above = this.#above[at] as number;
      const size = Math.abs(above);
      const isHandset = size >= LEAST_HANDSET ? 1 : 0;
      all += size;
      handsets += isHandset;
      if (above >= 0) {
        plain += size;
        plainHandsets += isHandset;
      }
      if (isSum(all, handsets) || isSum(plain, plainHandsets)) return true;
      if (plain > number) return false;
    }
    return false;
  }
}

/** The most by which a spreadsheet may have cut a number with these digits. */
const roundedBy = (digits: string): number =>
  digits.length > EXACT_DIGITS ? 10 ** (digits.length - EXACT_DIGITS) - 1 : 0;

/** A cell by which a row says that it adds up those above it; a count may stand behind, and an amount may not. */
const TOTAL =
  /^(?:(?:(?:grand|g\.|sub)[\s-]*|\p{L}+[\s-]+)?totals?(?:\s+(?:no\.?\s+of\s+)?(?:imei|handset|device|number|no)s?\.?)?|sum|average|avg\.?|महायोग|एकूण|कुल(?:\s*(?:योग|जोड़|संख्या))?)[\s:=(-]*(?:[0-9]{1,4}\)?)?$/iu;

/** Whether a cell may call its row a total. Nearly none does, so that no more is looked at. */
export const mayCallTotal = (cell: string): boolean => /total|sum|average|avg|महायोग|एकूण|कुल/iu.test(cell);

/** Whether a row is called a total: by one of the cells beside its handset, where all of the others are numbers or empty. */
export function isCalledTotal(beside: readonly string[]): boolean {
  const cells = beside.map(seenOf);
  return cells.some((cell) => TOTAL.test(cell)) && cells.every((cell) => TOTAL.test(cell) || !/\p{L}/u.test(cell));
}
