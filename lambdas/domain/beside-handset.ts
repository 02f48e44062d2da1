/** What stands beside the handset in a row that names one, and says that the row isn't what it seems: a total, or one with a second handset. */
import { handsetDigits, type Imei, luhnDigit, parseSentImei } from './identifiers.ts';
import { seenOf } from './unseen.ts';

/** A cell by which a row says that it adds up those above it; a count may stand behind, and an amount may not. */
const TOTAL =
  /^(?:(?:(?:grand|g\.|sub)[\s-]*|\p{L}+[\s-]+)?totals?(?:\s+(?:no\.?\s+of\s+)?(?:imei|handset|device|number|no)s?\.?)?|sum|average|avg\.?|महायोग|एकूण|कुल(?:\s*(?:योग|जोड़|संख्या))?)[\s:=(-]*(?:[0-9]{1,4}\)?)?$/iu;

/** Whether a cell may call its row a total. Nearly none does, so that no more is looked at. */
export const mayCallTotal = (cell: string): boolean => /total|sum|average|avg|महायोग|एकूण|कुल/iu.test(cell);

/** A column's name that may be that of a second handset: `imei_2`, `second_imei`; none, where two columns share the name above them. */
export const MAY_BE_HANDSET = { named: /imei(?:sv)?(?![a-z])|(?<![a-z])imei/, unnamed: /^$/ };

/** Whether a row is called a total: by one of the cells beside its handset, where all of the others are numbers or empty. */
export function isCalledTotal(beside: readonly string[]): boolean {
  const cells = beside.map(seenOf);
  return cells.some((cell) => TOTAL.test(cell)) && cells.every((cell) => TOTAL.test(cell) || !/\p{L}/u.test(cell));
}

/** A day or an instant, which has as many digits as a handset. */
const DAY =
  /^(?:(?:19|20)[0-9]{2}[\s\-/.]?(?:0[1-9]|1[0-2])[\s\-/.]?(?:0[1-9]|[12][0-9]|3[01])|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)[0-9]{2}(?![0-9]))/;

/** A run of digits that may be a handset. */
const RUN = /(?<![0-9])[0-9]{14,16}(?![0-9])/g;

/**
 * Whether a cell of a column that has `imei` in its name is another handset than the row's, also one that is spoilt.
 * @param handset the row's, as its key
 */
export function isAnother(cell: string, handset: Imei): boolean {
  if (DAY.test(cell)) return false;
  const other = parseSentImei(cell);
  if ('value' in other) return other.value !== handset;
  // Spreadsheets cut off a 0 at the beginning, and programs put some before.
  const without = (digits: string) => digits.replace(/^0+/, '');
  if (other.reason === 'rounded_by_spreadsheet') {
    // The last digit that is left may be rounded up.
    const left = cell
      .replace(/[eE].*/, '')
      .replaceAll(/[^0-9]/g, '')
      .replace(/0+$/, '');
    return !without(handset).startsWith(without(left).slice(0, -1));
  }
  const isOther = (run: string) => !without(run).startsWith(without(handset));
  return (cell.match(RUN) ?? []).some(isOther);
}

/** As `isAnother`, of a column without a name, which may hold anything: 15 digits with their Luhn digit. */
export function isAnotherUnnamed(cell: string, handset: Imei): boolean {
  const digits = handsetDigits(cell);
  return digits.length === 15 && digits.endsWith(luhnDigit(digits.slice(0, -1))) && isAnother(cell, handset);
}
