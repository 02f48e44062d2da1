/** The cells beside the handset or the number that a row names, and whether they hold another one: a row is about one. */
import { WRITTEN_DAYS } from './days.ts';
import type { Imei, Msisdn } from './identifiers.ts';
import { EVER_MADE, handsetDigits, luhnDigit, MADE_TODAY, parseSentImei } from './imeis.ts';
import { parseMsisdn } from './msisdns.ts';
import { seenOf } from './unseen.ts';

/** A day or an instant, which has as many digits as a handset. */
const DAY =
  /^(?:(?:19|20)[0-9]{2}[\s\-/.]?(?:0[1-9]|1[0-2])[\s\-/.]?(?:0[1-9]|[12][0-9]|3[01])|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)[0-9]{2}(?![0-9])|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2}\s?(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){2}(?![0-9]))/;

/** A run of digits that may be a handset. */
const RUN = /(?<![0-9])[0-9]{14,16}(?![0-9])/g;

/** Digits that are no handset's, as of a placeholder. */
const ALL_ALIKE = /^([0-9])\1*$/;

/** The first digits that a spreadsheet has left of others, of which the last may be rounded up. */
const leftOf = (cell: string): string =>
  cell
    .replace(/[eE].*/, '')
    .replaceAll(/[^0-9]/g, '')
    .replaceAll(/^0+|0+$/g, '');

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
  // The two handsets of a phone for two cards mostly begin alike, so that what is left may be of the other one, too.
  if (other.reason === 'rounded_by_spreadsheet') return leftOf(cell) !== '';
  // Spreadsheets cut off a 0 at the beginning, and programs put some before.
  const without = (digits: string) => digits.replace(/^0+/, '');
  const isOther = (run: string) =>
    !ALL_ALIKE.test(run) && (handset === null || !without(run).startsWith(without(handset)));
  return (cell.match(RUN) ?? []).some(isOther) || handsetsIn(cell).some((one) => one !== handset);
}

/** Whether digits begin as some model ever did. Those of IMSIs never do, nor do those of most accounts. */
const beginsAsModel = (digits: string): boolean => EVER_MADE.test(digits.slice(0, 2));

/**
 * Whether a cell of a column without a name, which may hold anything, is another handset: 15 digits with their Luhn digit that begin as
 * some model.
 */
export function isAnotherUnnamed(cell: string, handset: Imei | null): boolean {
  const digits = handsetDigits(cell);
  const isSure = isWhole(digits) && beginsAsModel(digits);
  return isSure && isAnother(cell, handset);
}

/** Digits with what people write between those of a handset, and one group of them. */
const DIGITS_APART = /[0-9](?:[\p{Zs}\-/.]{0,3}[0-9])*/gu;
const GROUP = /[0-9]+/g;

/** Mobile numbers in fives, as they are printed: the first three groups would pass for a handset. */
const NUMBERS_IN_FIVES = /^[6-9][0-9]{4}([\p{Zs}\-.])[0-9]{5}(?:\1[6-9][0-9]{4}\1[0-9]{5})+$/u;

/**
 * The handsets in a text that are surely some, in a row or in groups, whatever stands beside them: 15 digits with their Luhn digit, or 14 to 16
 * that begin as models do today.
 */
function handsetsIn(text: string): Imei[] {
  const found: Imei[] = [];
  for (const [apart] of text.replaceAll(WRITTEN_DAYS, '|').matchAll(DIGITS_APART)) {
    const groups = [...apart.matchAll(GROUP)].map(({ 0: group, index }) => ({ from: index, to: index + group.length }));
    // Groups in threes may be handsets or numbers in fives: they are handsets if the first three have the Luhn digit.
    const mayBeHandsets = groups.length % 3 === 0 && isWhole(handsetDigits(apart.slice(0, groups[2]?.to)));
    if (!mayBeHandsets && NUMBERS_IN_FIVES.test(apart)) continue;
    for (let at = 0; at < groups.length; at++) {
      const longest = longestFrom(apart, groups.slice(at, at + MOST_DIGITS));
      if (longest === null) continue;
      found.push(longest.handset);
      at += longest.groups - 1;
    }
  }
  return found;
}

/** The fewest and the most digits of a handset, in groups of one digit at least. */
const [FEWEST_DIGITS, MOST_DIGITS] = [14, 16];

/** The handset that the first of some groups surely make, and of how many it is: of one and its version the longest counts. */
function longestFrom(
  apart: string,
  groups: readonly { readonly from: number; readonly to: number }[],
): { readonly handset: Imei; readonly groups: number } | null {
  let digits = 0;
  let longest: { handset: Imei; groups: number } | null = null;
  for (const [n, { from, to }] of groups.entries()) {
    digits += to - from;
    if (digits > MOST_DIGITS) break;
    const handset = digits < FEWEST_DIGITS ? null : surely(apart.slice(groups[0]?.from, to));
    if (handset !== null) longest = { handset, groups: n + 1 };
  }
  return longest;
}

/** Whether digits are as many as a handset has with its Luhn digit, and end in that. */
const isWhole = (digits: string): boolean => digits.length === 15 && digits.endsWith(luhnDigit(digits.slice(0, -1)));

/** The handset that a text surely is; null if it isn't. */
function surely(text: string): Imei | null {
  const digits = handsetDigits(text);
  const isSure = isWhole(digits) || MADE_TODAY.test(digits);
  const read = isSure ? parseSentImei(text) : { value: null };
  return 'value' in read ? read.value : null;
}

/**
 * Whether a cell of any column in a file written by hand surely holds another handset, with at most three words beside it, such as its
 * model. More words make it a note.
 */
export function isAnotherAnywhere(cell: string, handset: Imei | null): boolean {
  if (DAY.test(cell) || (cell.match(/\p{L}+/gu) ?? []).length > 3) return false;
  return handsetsIn(cell).some((other) => other !== handset && beginsAsModel(other));
}

/** What a spreadsheet leaves of a handset, whatever stands beside it. */
const ROUNDED_HANDSET = /(?<![0-9a-z.,])[1-9](?:[.,][0-9]{1,15})?\s?e\+?1[345](?![0-9a-z])/i;
/** What a spreadsheet leaves of a number, without its country and with it, whatever stands beside it. */
const ROUNDED_NUMBER =
  /(?<![0-9a-z.,])(?:[6-9](?:[.,][0-9]{1,15}\s?e\s?\+?|\s?e\s?\+|e)0?9|9[.,](?:1[0-9]{0,14}|2)\s?e\s?\+?11)(?![0-9a-z])/i;
/** A comma between digits of a number whose thousands, or lakhs, a spreadsheet parts. */
const PARTS = /(?<=[0-9]),(?=[0-9]{2,3}(?:,[0-9]{2,3}){0,6}(?![0-9,]))/g;
/**
 * An id of a batch, or another one in hexadecimal digits, of which ten in a row may be decimal ones. Handsets and numbers may have an F behind, as
 * exchanges fill up their bytes.
 */
const HEXADECIMAL = /(?<![0-9a-z])(?=[0-9]{0,63}[a-f])(?![0-9]{12,16}f(?![0-9a-z]))[0-9a-f]{12,64}(?![0-9a-z])/gi;

/** A comma or a stroke between the two parts of a number. */
const PARTS_IN_TWO =
  /(?<=(?<![0-9,])[6-9][0-9]{4})\s{0,3}[,/]\s{0,3}(?=[0-9]{5}(?![0-9,]))|(?<=(?<![0-9,])[6-9][0-9]{3}),\s?(?=[0-9]{6}(?![0-9,]))/g;

/**
 * A cell of a row about all, as another handset or number is looked for within it: as it is, and without what parts digits. There a number counts
 * in an address, too, and however far its digits are apart.
 */
function withinText(cell: string): string[] {
  const text = cell.replaceAll('@', ' ').replaceAll(/\s+/g, ' ');
  return [...new Set([text, text.replaceAll(PARTS, '').replaceAll(PARTS_IN_TWO, '')])].map((one) =>
    one.replaceAll(HEXADECIMAL, '|'),
  );
}

/**
 * Whether a cell in a row about all, whatever its name and what it says besides, holds another handset: 14 to 16 digits in a row that begin
 * as some model, what is surely a handset, or what a spreadsheet has left of one.
 */
export function isAnotherWithin(cell: string, handset: Imei | null): boolean {
  const mayBeOne = (run: string) =>
    beginsAsModel(run) && !ALL_ALIKE.test(run) && !DAY.test(run) && run.slice(0, handset?.length) !== handset;
  return (
    ROUNDED_HANDSET.test(cell) ||
    (cell.match(RUN) ?? []).some(mayBeOne) ||
    handsetsIn(cell).some((one) => one !== handset && beginsAsModel(one))
  );
}

/** An address of e-mail, or of payments, which may begin with a number. It begins where its word does: else a long word without `@` takes hours. */
const ADDRESS = /(?<![^\s,;:/|<>()[\]])[^\s,;:/|<>()[\]]+@[^\s,;:/|<>()[\]]+/g;

/**
 * The codes of areas with three digits of which the first could begin a mobile number, by the national numbering plan. No mobile number begins
 * with one of them and a 2 to 6 behind it; others' numbers, as those of Raipur (771) and Visakhapatnam (891), may be mobile ones as well.
 */
const AREAS = [
  ...['612', '621', '631', '641', '651', '657', '661', '663', '671', '674', '680'],
  ...['712', '721', '724', '731', '733', '734', '744', '747', '751', '755', '788'],
  ...['816', '820', '821', '824', '831', '832', '836', '861', '863', '866', '870', '877', '878', '883'],
].join('|');

/** What stands between the code of an area and its number. */
const APART = '\\)?[\\s-]{1,3}';
/** How numbers in Ahmedabad and Bengaluru begin, unless mobile ones begin with both, too. */
const [OF_AHMEDABAD, OF_BENGALURU] = ['(?:[2456][0-9]|3[02-9])', '(?:[2-4][0-9]|6[0-589])'];
const IN_GROUPS = '[0-9]{2}[\\s-]?[0-9]{4}';

/**
 * A landline: its area's code, and apart from that its number, in one or in two groups, where both together are no mobile number: behind a 0
 * that is written with its ten digits in any groups. No area's code begins with 9, and of those with four digits that begin with 6 to 8 most
 * begin mobile numbers, too. Ahmedabad's and Bengaluru's stand behind a 0, in brackets or behind the country. Others do behind a 0 alone: mobile
 * numbers are printed in fives, and some in three, three and four.
 */
const LANDLINE = new RegExp(
  `(?<![0-9])(?:${[
    `\\(?0[1-5](?:[0-9]${APART}[2-7][0-9]{7}|[0-9]{2}${APART}[2-7][0-9]{6}|[0-9]{3}${APART}[2-7][0-9]{5})`,
    ...[`79${APART}${OF_AHMEDABAD}`, `80${APART}${OF_BENGALURU}`].map(
      (begins) => `(?:\\(?0|91[\\s-]{1,3}|(?:91[\\s-]{0,3})?\\()${begins}${IN_GROUPS}`,
    ),
    `\\(?0(?:${AREAS})${APART}[2-6][0-9]{2}[\\s-]?[0-9]{4}`,
  ].join('|')})(?![0-9])`,
  'g',
);

/** What stands before the country in a number as it is dialled from abroad. */
const FROM_ABROAD = /(?<![0-9])00[\s.-]{0,3}(?=91)/g;

/** A SHA-256, as that of a preview, whose digits may be ten in a row. */
const SHA256 = /(?<![0-9a-z])[0-9a-f]{64}(?![0-9a-z])/gi;

/** Ten digits as of a number and what may stand before them, with what people write between. */
const ANY_NUMBER = /(?<![0-9])(?:(?:0?91|0)[\s.\-()]{0,3})?([6-9](?:[\s.\-()]{0,3}[0-9]){9})(?![0-9])/g;

/** What a spreadsheet leaves of a number without its country, and of one behind `91`, also once it is written out again. */
const ROUNDED_NATIONAL = /^'?[6-9].*e\+?0?9$/i;
const ROUNDED_ABROAD = /^'?9(?:.*e\+?11|1[0-9.]*)$/i;

/** The most digits that a float is written with: what has more was never rounded to them. */
const FLOAT_DIGITS = 17;

/** Whether a cell that a spreadsheet has rounded is another number than the row's. */
function isAnotherRounded(cell: string, msisdn: Msisdn | null): boolean {
  const text = seenOf(cell);
  const isNational = ROUNDED_NATIONAL.test(text);
  if (!isNational && !ROUNDED_ABROAD.test(text)) return false;
  const own = Number(msisdn?.slice(isNational ? '+91'.length : '+'.length));
  const left = leftOf(text);
  return msisdn === null || leftOf(own.toPrecision(Math.min(left.length, FLOAT_DIGITS))) !== left;
}

/**
 * Whether a cell of a column that is called after numbers is, or holds, another number than the row's, in whatever form, also one that is spoilt.
 * @param msisdn the row's; null if it has none
 */
export function isAnotherNumber(cell: string, msisdn: Msisdn | null): boolean {
  const text = cell.replaceAll(FROM_ABROAD, '+');
  // Groups of a handset's digits may look like a number's.
  if ('value' in parseSentImei(text)) return false;
  const read = parseMsisdn(text);
  if ('reason' in read && read.reason === 'rounded_by_spreadsheet') return isAnotherRounded(text, msisdn);
  const masked = text.replaceAll(ADDRESS, ' ').replaceAll(SHA256, '|');
  const rest = masked.replaceAll(WRITTEN_DAYS, '|').replaceAll(LANDLINE, '|');
  return [...rest.matchAll(ANY_NUMBER)].some(([, written = '']) => {
    const national = written.replaceAll(/[^0-9]/g, '');
    return !ALL_ALIKE.test(national) && `+91${national}` !== msisdn;
  });
}

/** A case's number, of a year. */
const CASE_OF_YEAR = /[0-9]\s?\/\s?(?:19|20)[0-9]{2}$/;

/** Whether a cell of a column of any other name, or none, holds nothing but numbers, and among them another one than the row's. */
export function isAnotherNumberAnywhere(cell: string, msisdn: Msisdn | null): boolean {
  return /^[0-9+\s.\-(),;/|&']+$/.test(cell) && !CASE_OF_YEAR.test(cell) && isAnotherNumber(cell, msisdn);
}

/**
 * A cell as people read it: digits of any script are 0 to 9, each dash is a hyphen, and nothing stands there that nobody sees. In a row's own
 * column other digits and dashes are a reject; beside it they name somebody all the same.
 */
function plainOf(cell: string): string {
  if (!/[^ -~]/.test(cell)) return cell;
  return cell
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\p{Pd}\u2212]/gu, '-')
    .replaceAll(/(?![0-9])\p{Nd}/gu, digitOf);
}

/** Digits of other scripts that were met, as those of 0 to 9. */
const metDigits = new Map<string, string>();

/** A digit of any script as one of 0 to 9. The ten of a script stand in a row, mostly apart from those of others, else directly behind them. */
function digitOf(digit: string): string {
  const met = metDigits.get(digit);
  if (met !== undefined) return met;
  const code = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before += 1;
  const plain = String(before % 10);
  metDigits.set(digit, plain);
  return plain;
}

/**
 * A row's own cell, '' if it has none, and those of the columns that may hold another one by their name, since they have none, or whatever it
 * is; and, of a row about all, those in which one counts within any text.
 */
interface Row {
  readonly own: string;
  readonly named: readonly string[];
  readonly unnamed: readonly string[];
  readonly others: readonly string[];
  readonly within: readonly string[];
}

/** Whether a row has another handset than its own. If its own can't be read it is a reject for that, and no more is looked at. */
export function hasSecondHandset({ own, named, unnamed, others, within }: Row): boolean {
  const read = parseSentImei(own);
  if ('reason' in read && own !== '') return false;
  const handset = 'value' in read ? read.value : null;
  return (
    named.some((cell) => isAnother(plainOf(cell), handset)) ||
    unnamed.some((cell) => isAnotherUnnamed(plainOf(cell), handset)) ||
    others.some((cell) => isAnotherAnywhere(plainOf(cell), handset)) ||
    within.flatMap((cell) => withinText(plainOf(cell))).some((text) => isAnotherWithin(text, handset))
  );
}

/**
 * Whether a row's cells hold another number than its own. All files that name one are written by hand, so that a column without a name is
 * one of the others.
 */
export function hasSecondNumber({ own, named, others, within }: Row): boolean {
  const read = own === '' ? { value: null } : parseMsisdn(own);
  if ('reason' in read) return false;
  return (
    named.some((cell) => isAnotherNumber(plainOf(cell), read.value)) ||
    within
      .flatMap((cell) => withinText(plainOf(cell)))
      .some((text) => ROUNDED_NUMBER.test(text) || isAnotherNumber(text, read.value)) ||
    others.some((cell) => isAnotherNumberAnywhere(plainOf(cell), read.value))
  );
}
