/**
 * What stands beside the handset or the number that a row names, and says that the row isn't what it seems: a total, or one with a second
 * handset or number.
 */
import { WRITTEN_DAYS } from './days.ts';
import { handsetDigits, type Imei, luhnDigit, type Msisdn, parseMsisdn, parseSentImei } from './identifiers.ts';
import { seenOf } from './unseen.ts';

/** A cell by which a row says that it adds up those above it; a count may stand behind, and an amount may not. */
const TOTAL =
  /^(?:(?:(?:grand|g\.|sub)[\s-]*|\p{L}+[\s-]+)?totals?(?:\s+(?:no\.?\s+of\s+)?(?:imei|handset|device|number|no)s?\.?)?|sum|average|avg\.?|महायोग|एकूण|कुल(?:\s*(?:योग|जोड़|संख्या))?)[\s:=(-]*(?:[0-9]{1,4}\)?)?$/iu;

/** Whether a cell may call its row a total. Nearly none does, so that no more is looked at. */
export const mayCallTotal = (cell: string): boolean => /total|sum|average|avg|महायोग|एकूण|कुल/iu.test(cell);

/** A column's name that may be that of a second handset: `imei_2`, `second_imei`; none, where two columns share the name above them. */
export const MAY_BE_HANDSET = { named: /imei(?:sv)?(?![a-z])|(?<![a-z])imei/, unnamed: /^$/ };

/**
 * A column's name that may be that of a second number, likewise. A contact's is whom to call, and so may be what is called a mobile: without the
 * row's own number only a surer name counts.
 */
export const MAY_BE_NUMBER = { named: /^(?!.*contact).*(?:msisdn|mobile|मोबाइल)/u, sure: /msisdn/ };

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

/** Digits that are no handset's, as of a placeholder. */
const ALL_ALIKE = /^([0-9])\1*$/;

/**
 * Whether a cell of a column that has `imei` in its name is another handset than the row's, also one that is spoilt. Digits that are all alike
 * are nobody's: of a phone for one card, the place of the second is filled so.
 * @param handset the row's, as its key; null if it has none
 */
export function isAnother(cell: string, handset: Imei | null): boolean {
  if (DAY.test(cell)) return false;
  const other = parseSentImei(cell);
  if ('value' in other) return other.value !== handset;
  if (other.reason === 'not_a_device') return false;
  // Spreadsheets cut off a 0 at the beginning, and programs put some before.
  const without = (digits: string) => digits.replace(/^0+/, '');
  if (other.reason === 'rounded_by_spreadsheet') {
    // The last digit that is left may be rounded up.
    const left = cell
      .replace(/[eE].*/, '')
      .replaceAll(/[^0-9]/g, '')
      .replace(/0+$/, '');
    return handset === null || !without(handset).startsWith(without(left).slice(0, -1));
  }
  const isOther = (run: string) =>
    !ALL_ALIKE.test(run) && (handset === null || !without(run).startsWith(without(handset)));
  return (cell.match(RUN) ?? []).some(isOther);
}

/** As `isAnother`, of a column without a name, which may hold anything: 15 digits with their Luhn digit. */
export function isAnotherUnnamed(cell: string, handset: Imei | null): boolean {
  const digits = handsetDigits(cell);
  return digits.length === 15 && digits.endsWith(luhnDigit(digits.slice(0, -1))) && isAnother(cell, handset);
}

/** An address of e-mail, or of payments, which may begin with a number. */
const ADDRESS = /[^\s,;/|]+@[^\s,;/|]+/g;

/** Ten digits as of a number and what may stand before them, with what people write between. */
const ANY_NUMBER = /(?<![0-9])(?:(?:91|0)[\s.\-()]{0,3})?([6-9](?:[\s.\-()]{0,3}[0-9]){9})(?![0-9])/g;

/**
 * Whether a cell of a column that has `msisdn` or `mobile` in its name is, or holds, another number than the row's, in whatever form.
 * @param msisdn the row's; null if it has none
 */
export function isAnotherNumber(cell: string, msisdn: Msisdn | null): boolean {
  // Groups of a handset's digits may look like a number's.
  if ('value' in parseSentImei(cell)) return false;
  const numbers = cell.replaceAll(ADDRESS, ' ').replaceAll(WRITTEN_DAYS, '|').matchAll(ANY_NUMBER);
  return [...numbers].some(([, written = '']) => {
    const national = written.replaceAll(/[^0-9]/g, '');
    return !ALL_ALIKE.test(national) && `+91${national}` !== msisdn;
  });
}

/** A case's number, of a year. */
const CASE_OF_YEAR = /[0-9]\s?\/\s?(?:19|20)[0-9]{2}$/;

/** As `isAnotherNumber`, of a column without a name, which may hold anything: nothing else than numbers, or lists of them. */
export function isAnotherNumberUnnamed(cell: string, msisdn: Msisdn): boolean {
  return /^[0-9+\s.\-(),;/|&']+$/.test(cell) && !CASE_OF_YEAR.test(cell) && isAnotherNumber(cell, msisdn);
}

/** A row's own cell, '' if it has none, and those of the columns that may hold another one by their name, or since they have none. */
interface Row {
  readonly own: string;
  readonly named: readonly string[];
  readonly unnamed: readonly string[];
}

/** Whether a row has another handset than its own. If its own can't be read it is a reject for that, and no more is looked at. */
export function hasSecondHandset({ own, named, unnamed }: Row): boolean {
  const read = parseSentImei(own);
  if ('reason' in read && own !== '') return false;
  const handset = 'value' in read ? read.value : null;
  return named.some((cell) => isAnother(cell, handset)) || unnamed.some((cell) => isAnotherUnnamed(cell, handset));
}

/** As `hasSecondHandset`, of numbers. Without its own a column without a name may hold whom to call. */
export function hasSecondNumber({ own, named, unnamed }: Row): boolean {
  if (own === '') return named.some((cell) => isAnotherNumber(cell, null));
  const read = parseMsisdn(own);
  if ('reason' in read) return false;
  const isOther = (cell: string) => isAnotherNumber(cell, read.value);
  return named.some(isOther) || unnamed.some((cell) => isAnotherNumberUnnamed(cell, read.value));
}
