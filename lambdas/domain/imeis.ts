/** IMEIs, as people write them, as networks record them, and as they go out. */
import { WRITTEN_DAYS } from './days.ts';
import { type Parsed, type Spoilt, spoiltIn, textOf } from './identifier-cells.ts';
import type { Imei } from './identifiers.ts';
import type { RowReason } from './reasons.ts';

/** Why a cell is no IMEI. */
export type ImeiReason = RowReason &
  (Spoilt | 'missing_imei' | 'not_digits' | 'wrong_length' | 'check_digit_mismatch' | 'not_a_device');

/** The digits of a handset's key. */
const KEY_DIGITS = 14;

/** Digits as programs write a number that might have had a fraction: the 0 of the fraction is no digit of a handset. */
const NO_FRACTION = /^([0-9][0-9\p{Zs}]*)\.0+$/u;

/** A handset's digits and a fraction, as of a mean of handsets: more than one digit behind 14, since that one may be the Luhn digit. */
const FRACTION = /^(?:[0-9]{14}\.(?!0+$)[0-9]{2,}|[0-9]{15,}\.(?!0+$)[0-9]+)$/;

const DIGITS = /^[0-9]+$/;

/** The number of a list's item before a handset. */
const LIST_NUMBER = /^[0-9]{1,4}\.\p{Zs}+[0-9]/u;
/** One digit, and something apart from it. */
const BEHIND_ONE_DIGIT = /^[0-9][\p{Zs}\-/.]+([0-9].*)$/u;
/** One digit or two, and something apart from them. */
const BEHIND_TWO_DIGITS = /^([0-9]{1,2})[\p{Zs}\-/.]+([0-9].*)$/u;
/** The first digits of models that are made today (GSMA TS.06). */
export const MADE_TODAY = /^(?:01|35|86|91|99)/;
/** The first two digits of all models that ever were: an IMEI's groups may begin with them. */
export const EVER_MADE = /^(?:01|3[035]|4[459]|5[0-4]|86|91|9[89])$/;
/**
 * A handset's digits in one run with as many others as a number has behind them, or any before them. It is looked for in cells that are no
 * handset.
 */
const HANDSET_AND_MORE = /[0-9]{14}[^0-9]+[0-9]{10}|[0-9][^0-9]+[0-9]{14}/;

/** Characters that people write between an IMEI's digits; blanks of any width, since spreadsheets and pages have some that don't break. */
const BETWEEN_DIGITS = /[\p{Zs}\-/.]/gu;

/** What is left of a handset's cell without what doesn't count in it: digits alone, if it is a handset. */
export function handsetDigits(cell: string): string {
  return digitsOf(DIGITS.test(cell) ? cell : textOf(cell));
}

const digitsOf = (text: string): string =>
  DIGITS.test(text) ? text : text.replace(NO_FRACTION, '$1').replace(BETWEEN_DIGITS, '');

/**
 * The Luhn check digit of a string of digits (ISO/IEC 7812-1, as 3GPP TS 23.003 uses it for the IMEI): from the right,
 * every second digit is doubled, beginning with the last.
 */
export function luhnDigit(digits: string): string {
  let sum = 0;
  for (let i = digits.length - 1, doubled = true; i >= 0; i--, doubled = !doubled) {
    const digit = digits.charCodeAt(i) - 48;
    const weighed = doubled ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return String((10 - (sum % 10)) % 10);
}

/**
 * Reads an IMEI in any of the forms that people write: 14 digits, 15 with the Luhn digit or the spare digit 0, or 16
 * (IMEISV); spaces, `-`, `/` and `.` between the digits do not count, nor does a `'` before them. The value is the 14-digit key. Days and
 * times, and mobile numbers with more digits behind, are none, though they may have as many digits.
 */
export function parseImei(cell: string): Parsed<Imei, ImeiReason> {
  return readImei(cell, true);
}

/**
 * Reads an IMEI as a network recorded it: as `parseImei` does, but a 15th digit may be any. The check digit is never transmitted, and
 * spoofed handsets send false ones; their sightings are wanted.
 */
export function parseSentImei(cell: string): Parsed<Imei, Exclude<ImeiReason, 'check_digit_mismatch'>> {
  return readImei(cell, false);
}

function readImei(cell: string, checked: true): Parsed<Imei, ImeiReason>;
function readImei(cell: string, checked: false): Parsed<Imei, Exclude<ImeiReason, 'check_digit_mismatch'>>;
function readImei(cell: string, checked: boolean): Parsed<Imei, ImeiReason> {
  const text = DIGITS.test(cell) ? cell : textOf(cell);
  const digits = digitsOf(text);
  if (digits === '') return { reason: 'missing_imei' };
  if (!DIGITS.test(digits) || FRACTION.test(text)) return { reason: spoiltHandset(text) ?? 'not_digits' };
  // A day, or a number with more behind it, may have as many digits as a handset.
  if (text !== digits && (beginsWithDay(text) || isNumberAndMore(text)))
    return { reason: spoiltHandset(text) ?? 'not_digits' };
  if (digits.length < KEY_DIGITS || digits.length > KEY_DIGITS + 2)
    return { reason: spoiltHandset(text) ?? 'wrong_length' };
  if (text !== digits && isNumbered(text)) return { reason: 'two_in_one_cell' };
  const key = digits.slice(0, KEY_DIGITS);
  // A key that would go out as what a spreadsheet leaves is refused, too: answers about it could not be read.
  if (key.endsWith('00000000') && [digits, key + luhnDigit(key)].some((one) => ROUNDED_HANDSET.test(one)))
    return { reason: 'rounded_by_spreadsheet' };
  if (lacksZero(digits) || isFilledUp(digits) || (!checked && isKeyFilledUp(digits))) return { reason: 'wrong_length' };
  if (checked && digits.length === KEY_DIGITS + 1) {
    if (!endsWell(digits)) return { reason: 'check_digit_mismatch' };
  }
  if (/^([0-9])\1*$/.test(key)) return { reason: 'not_a_device' };
  return { value: key as Imei };
}

/** Whether the last of 15 digits is one that an IMEI may have there: the Luhn digit, or the spare digit 0. */
function endsWell(digits: string): boolean {
  const last = digits.slice(KEY_DIGITS);
  return last === '0' || last === luhnDigit(digits.slice(0, KEY_DIGITS));
}

/**
 * What is left of a handset once a spreadsheet has shown it as `3.52099E+14`, and its number was written out again: six digits, and zeros
 * in the place of all others. No handset's model and serial number end so.
 */
const ROUNDED_HANDSET = /^(?!0)[0-9]{6}0{9,}$/;

/**
 * Whether 14 digits are a whole IMEI whose first 0 a spreadsheet cut off: models of 01 were real, and none begin with a 1. As a key they
 * would be another handset, which nobody reported.
 */
function lacksZero(digits: string): boolean {
  if (digits.length !== KEY_DIGITS || !digits.startsWith('1')) return false;
  return endsWell(`0${digits}`);
}

/** Digits of today's models behind a 0 that a program has put there. No model begins so (GSMA TS.06: 03, 08 and 09 are for tests). */
const BEHIND_ZERO = /^0(?:35|86|91|99)/;

/**
 * Whether 16 digits are a whole IMEI that a program has filled up with a 0, or its 14 digits with two: as they stand they would be another
 * handset.
 */
function isFilledUp(digits: string): boolean {
  if (digits.length !== KEY_DIGITS + 2) return false;
  const rest = digits.slice(1);
  return digits.startsWith('0') && (BEHIND_ZERO.test(rest) || (BEHIND_ZERO.test(digits) && endsWell(rest)));
}

/** Whether 15 digits are 14 that a program has filled up with a 0. In a report their last one would be no check digit in any case. */
const isKeyFilledUp = (digits: string): boolean =>
  digits.length === KEY_DIGITS + 1 && BEHIND_ZERO.test(digits) && !endsWell(digits);

/**
 * Whether a list item's number stands before a handset: without what is between its digits, `1. 350000000000006` would be the IMEISV of
 * another handset, which nobody reported.
 */
function isNumbered(text: string): boolean {
  if (LIST_NUMBER.test(text)) return true;
  const [, number = '', more = ''] = BEHIND_TWO_DIGITS.exec(text) ?? [];
  const behind = more.replace(BETWEEN_DIGITS, '');
  const isWhole = behind.length === KEY_DIGITS || behind.length === KEY_DIGITS + 1;
  if (isWhole && MADE_TODAY.test(behind) && !EVER_MADE.test(number)) return true;
  const digits = BEHIND_ONE_DIGIT.exec(text)?.[1]?.replace(BETWEEN_DIGITS, '') ?? '';
  return digits.length === KEY_DIGITS + 1 && digits.endsWith(luhnDigit(digits.slice(0, KEY_DIGITS)));
}

/** A year, or a year, month and day in one, apart from what is behind. No model begins with 19 or 20 (GSMA TS.06). */
const BEGINS_WITH_YEAR = /^(?:19|20)[0-9]{2}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))?[\p{Zs}\-/.]/u;

/** A day with blanks between, or a month or a case's number of a year. */
const BEGINS_WITH_DAY_OF_YEAR = /^(?:[0-3]?[0-9] [01]?[0-9] |[0-9]{1,2}\/)(?:19|20)[0-9]{2}(?![0-9])/;

/** Whether a cell begins with a day, as instants and spans of days do, or has one with its whole year within. */
function beginsWithDay(text: string): boolean {
  if (BEGINS_WITH_YEAR.test(text) || BEGINS_WITH_DAY_OF_YEAR.test(text)) return true;
  return [...text.matchAll(WRITTEN_DAYS)].some(({ 0: day, index }) => index === 0 || /[0-9]{4}/.test(day));
}

/** Digits in groups, all of them apart by the same. */
const GROUPS_ALIKE = /^[0-9]+([\p{Zs}\-/.])[0-9]+(?:\1[0-9]+)*$/u;

/**
 * Whether the first groups of digits make a mobile number, or one with its area's code and the 0 before it, and others stand behind, as an
 * extension does or another number's last digits. A handset's groups may make ten digits, too: of those that are printed in groups of one
 * size the last one alone is shorter. In fives, as numbers are printed, only a whole IMEI is a handset.
 */
function isNumberAndMore(text: string): boolean {
  const groups = text.replace(NO_FRACTION, '$1').split(BETWEEN_DIGITS).filter(Boolean);
  const isNumber = (head: string) => /^(?:0[1-9]|(?:91)?[6-9])[0-9]{9}$/.test(head);
  // A number has twelve digits at most, and each group has one at least.
  if (!groups.slice(0, 13).some((_, at) => at > 0 && isNumber(groups.slice(0, at).join('')))) return false;
  const size = groups[0]?.length ?? 0;
  const isEven = groups.every(
    (group, at) => group.length === size || (at === groups.length - 1 && group.length < size),
  );
  const isLong = groups.join('').length > KEY_DIGITS;
  const isPrinted = isEven && GROUPS_ALIKE.test(text) && (size < 5 || (size < 7 && isLong));
  return !(isPrinted && EVER_MADE.test(text.slice(0, 2)));
}

/** The fault that a spreadsheet or a list has made in a handset's cell; null if there is none. */
function spoiltHandset(text: string): Spoilt | null {
  return spoiltIn(text, KEY_DIGITS) ?? (HANDSET_AND_MORE.test(text) ? 'two_in_one_cell' : null);
}

/** The IMEI as it goes out to operators: 15 digits, the Luhn digit appended to the key. */
export function imeiOut(imei: Imei): string {
  return imei + luhnDigit(imei);
}
