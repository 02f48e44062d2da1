/** Single cells: identifiers of every kind, days and instants. */
import fc from 'fast-check';
import {
  addDays,
  asInstant,
  dayOf,
  instantOf,
  millisOf,
  NotAnInstant,
  parseDay,
} from '../../../lambdas/domain/days.ts';
import { imeiOut, parseImei, parseSentImei } from '../../../lambdas/domain/imeis.ts';
import { parseMsisdn } from '../../../lambdas/domain/msisdns.ts';
import { must, target } from '../target.ts';
import { day, imei, msisdn, nastyText, orSpoilt } from '../texts.ts';

/** The reasons of rejects that the formats list. */
export const IMEI_REASONS = [
  'missing_imei',
  'not_digits',
  'rounded_by_spreadsheet',
  'two_in_one_cell',
  'wrong_length',
  'check_digit_mismatch',
  'not_a_device',
];
export const MSISDN_REASONS = ['missing_msisdn', 'rounded_by_spreadsheet', 'two_in_one_cell', 'bad_msisdn'];

/**
 * Whether the check digit holds by ISO/IEC 7812-1: all digits of the whole number, every second one doubled, add up to a multiple of 10.
 */
function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((all, digit, n) => {
    const weighed = Number(digit) * (n % 2 === 0 ? 1 : 2);
    return all + Math.floor(weighed / 10) + (weighed % 10);
  }, 0);
  return sum % 10 === 0;
}

/** The first digits of models that ever were. */
const EVER_MADE = ['01', '30', '33', '35', '44', '45', '49', '50', '51', '52', '53', '54', '86', '91', '98', '99'];

/** Whether one digit or two, with which no model begins, stand apart from 14 or 15 that begin as models do today. */
function isListed(text: string): boolean {
  const [, number = '', more = ''] = /^([0-9]{1,2})[\p{Zs}\-/.]+([0-9].*)$/u.exec(text) ?? [];
  const behind = more.replace(/[\p{Zs}\-/.]/gu, '');
  return !EVER_MADE.includes(number) && /^(01|35|86|91|99)[0-9]{12,13}$/.test(behind);
}

/** Whether groups of digits begin with a day by blanks, or with a month's or a case's number of a year. */
function beginsWithOneOfYear(text: string): boolean {
  const [one = '', after, two = '', then, three = ''] = text.split(/([^0-9]+)/);
  const isYear = (part: string) => /^(?:19|20)[0-9]{2}$/.test(part);
  const isShort = (part: string) => /^[0-9]{1,2}$/.test(part);
  if (after === '/' && isShort(one) && isYear(two)) return true;
  return (
    after === ' ' &&
    then === ' ' &&
    isShort(one) &&
    Number(one) < 40 &&
    isShort(two) &&
    Number(two) < 20 &&
    isYear(three)
  );
}

/** Whether groups of digits hold a day: at their beginning, or one with all digits of its year. */
function holdsDay(text: string): boolean {
  if (beginsWithOneOfYear(text)) return true;
  if (/^(19|20)[0-9]{2}((0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]))?[\p{Zs}\-/.]/u.test(text)) return true;
  for (let at = 0; at < text.length; at++) {
    if (/[0-9]/.test(text[at - 1] ?? '')) continue;
    const [, one = '', two = '', three = ''] = /^([0-9]+) ?([-/.]) ?[0-9]+ ?\2 ?([0-9]+)/.exec(text.slice(at)) ?? [];
    const middle = /^[0-9]+ ?[-/.] ?([0-9]+)/.exec(text.slice(at))?.[1] ?? '';
    const isPart = (part: string, most: number) =>
      /^[0-9]{1,2}$/.test(part) && Number(part) > 0 && Number(part) <= most;
    const isYear = (part: string) => /^(19|20)[0-9]{2}$/.test(part);
    const blanks = /^[0-9]+[-/.][0-9]+[-/.][0-9]+/.test(text.slice(at));
    if (isYear(one) && blanks && isPart(middle, 12) && isPart(three, 31)) return true;
    const ends = isYear(three) || (at === 0 && /^[0-9]{2}$/.test(three));
    if (two !== '' && isPart(one, 31) && isPart(middle, 31) && ends) return true;
  }
  return false;
}

/** Whether groups of digits begin with a mobile number and go on, and are none as handsets are printed in. */
function isNumberAndMore(text: string): boolean {
  const groups = text
    .replace(/^([0-9][0-9\p{Zs}]*)\.0+$/u, '$1')
    .split(/[\p{Zs}\-/.]/u)
    .filter((group) => group !== '');
  let head = '';
  const begins = groups.slice(0, -1).some((group) => {
    head += group;
    return /^(91|0|)[6-9][0-9]{9}$|^0[1-5][0-9]{9}$/.test(head);
  });
  if (!begins) return false;
  const sizes = groups.map((group) => group.length);
  const [size = 0] = sizes;
  const last = sizes.at(-1) ?? 0;
  const separators = text.match(/[^0-9]/gu) ?? [];
  const isOfOneSize = sizes.slice(0, -1).every((one) => one === size) && last <= size;
  const isApartByOne = new Set(separators).size === 1 && separators.length === groups.length - 1;
  const digits = groups.join('').length;
  const isPrinted = size <= 4 || (size <= 6 && digits >= 15);
  return !(isOfOneSize && isApartByOne && isPrinted && EVER_MADE.includes(text.slice(0, 2)));
}

export const isRealDay = (text: string) => {
  const [year, month, date] = text.split('-').map(Number) as [number, number, number];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && month >= 1 && month <= 12 && date >= 1 && date <= (days[month - 1] ?? 0);
};

/** As many digits as handsets have, in groups that may be a day's, a number's or a handset's. */
const inGroups = fc
  .tuple(
    fc.constantFrom(
      '352099001761481',
      '862099001761484',
      '919876543210123',
      '987654321005221',
      '010520263105202',
      '20260531001234',
    ),
    fc.array(fc.tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 10), fc.constantFrom('', ' ', '-', '/', '.', ' - ')), {
      maxLength: 7,
    }),
  )
  .map(([digits, groups]) => {
    let at = 0;
    let text = '';
    for (const [size, sign] of groups) {
      text += digits.slice(at, at + size) + sign;
      at += size;
    }
    return text + digits.slice(at);
  });

const identifiers = target(
  { name: 'identifiers', what: 'IMEIs, numbers, days and instants', share: 200 },
  fc.oneof(
    orSpoilt(imei),
    orSpoilt(msisdn),
    orSpoilt(day),
    orSpoilt(fc.constant('2026-06-01T00:00:00Z')),
    inGroups,
    nastyText,
  ),
  (text) => {
    const handset = parseImei(text);
    const seen = text.replace(/[\u200b-\u200e\u202a\u202c\u2060\u2066\u2068\u2069\ufeff]+/g, '');
    const plain = (seen === text ? text : seen.trim()).replace(/^'/, '');
    const digits = plain.replace(/^([0-9]+)\.0+$/, '$1').replace(/[\p{Zs}\-/.]/gu, '');
    // What a spreadsheet leaves: six digits of a handset and zeros, or 14 digits that a 0 before them makes a whole IMEI.
    const isRounded =
      /^[1-9].{5}0{8}/.test(digits) && (/^.{14}0+$/.test(digits) || passesLuhn(`${digits.slice(0, 14)}0`));
    const lacksZero = /^1.{13}$/.test(digits) && (digits.endsWith('0') || passesLuhn(`0${digits}`));
    const isFilledUp =
      (/^0(35|86|91|99).{13}$/.test(digits) && (digits.endsWith('0') || passesLuhn(digits))) ||
      /^00(35|86|91|99).{12}$/.test(digits);
    // A mean of handsets, and a list's number before one.
    const [, apart = ''] =
      /^[0-9][\p{Zs}\-/.]+([0-9].*)$/u.exec(plain.replace(/^([0-9][0-9\p{Zs}]*)\.0+$/u, '$1')) ?? [];
    const behind = apart.replace(/[\p{Zs}\-/.]/gu, '');
    const isOther =
      (/^(?:[0-9]{14}\.[0-9]{2,}|[0-9]{15,}\.[0-9]+)$/.test(plain) && !/\.0+$/.test(plain)) ||
      isListed(plain) ||
      (!/^[0-9]+$/.test(plain) && (holdsDay(plain) || isNumberAndMore(plain))) ||
      /^[0-9]{1,4}\.\p{Zs}+[0-9]/u.test(plain) ||
      (behind.length === 15 && passesLuhn(behind));
    const isWhole = /^[0-9]{14,16}$/.test(digits) && !isRounded && !lacksZero && !isFilledUp && !isOther;
    const wellFormed = isWhole && new Set(digits.slice(0, 14)).size > 1;
    const checked = digits.length !== 15 || digits.endsWith('0') || passesLuhn(digits);
    if ('reason' in handset) {
      must(IMEI_REASONS.includes(handset.reason), 'an IMEI is rejected with a reason of the list');
      must(!(wellFormed && checked), 'an IMEI as it should be is taken');
    } else {
      must(
        wellFormed && checked,
        'an IMEI that is taken has 14 to 16 digits of 0 to 9, not all alike, and a right check digit',
      );
      must(handset.value === digits.slice(0, 14), "a handset's key is the first 14 digits");
      must(passesLuhn(imeiOut(handset.value)), 'an IMEI goes out with its check digit');
      const again = parseImei(imeiOut(handset.value));
      must('value' in again && again.value === handset.value, 'an IMEI that went out is read as the same handset');
    }

    const sent = parseSentImei(text);
    const isKeyFilledUp = /^0(35|86|91|99).{12}$/.test(digits) && !digits.endsWith('0') && !passesLuhn(digits);
    must(
      'value' in sent === (wellFormed && !isKeyFilledUp),
      'what a handset sent is taken whatever its last digit says',
    );
    if ('value' in sent) must(sent.value === digits.slice(0, 14), 'and under the same key');

    const number = parseMsisdn(text);
    const national = /^(?:\+91|91|0|)([6-9][0-9]{9})(?:\.0+)?$/.exec(plain)?.[1];
    if ('reason' in number) {
      must(MSISDN_REASONS.includes(number.reason), 'a number is rejected with a reason of the list');
      const isRounded = /^91.{4}0{6}(?:\.0+)?$/.test(plain);
      must(national === undefined || isRounded, 'a number as it should be is taken');
    } else must(number.value === `+91${national}`, 'a number is kept in E.164');

    const parsed = parseDay(text);
    must(
      (parsed === text) === isRealDay(text) && (parsed === null || parsed === text),
      'a day is taken where a calendar has it',
    );
    if (parsed !== null && parsed > '0001' && parsed < '9999')
      must(addDays(addDays(parsed, 180), -180) === parsed, 'days add up');

    try {
      const instant = asInstant(text);
      must(isRealDay(instant.slice(0, 10)) && instantOf(millisOf(instant)) === instant, 'an instant is one');
      must(instant.slice(0, 19) === text.slice(0, 19) && isRealDay(dayOf(instant)), 'an instant falls on a day');
    } catch (error) {
      if (!(error instanceof NotAnInstant)) throw error;
    }
  },
);

export const cellTargets = [identifiers];
