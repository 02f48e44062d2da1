/**
 * The identifiers of the domain, as branded strings that only their parsers make. A value of such a type has been
 * checked and normalised, so that code that takes one never checks again.
 */
import type { Branded } from './branded.ts';
import { WRITTEN_DAYS } from './days.ts';
import { sha256Of } from './hashes.ts';
import { DIRECTION_KIND_NAMES, type DirectionKind } from './kinds.ts';
import type { RowReason } from './reasons.ts';
import { seenOf } from './unseen.ts';

/** A handset's key: the first 14 digits of its IMEI (TAC and serial number). */
export type Imei = Branded<'Imei'>;
/** An Indian mobile number in E.164: `+91` and ten digits that begin with 6 to 9. */
export type Msisdn = Branded<'Msisdn'>;
/** An agency that reports: up to 16 characters of `[a-z0-9-]`. */
export type AgencyId = Branded<'AgencyId'>;
/** A telecom service provider: up to 10 characters of `[a-z0-9-]`. */
export type OperatorId = Branded<'OperatorId'>;
/** An approver, who decides for the regulator: up to 16 characters of `[a-z0-9-]`. */
export type ApproverId = Branded<'ApproverId'>;
/** A caseworker, who answers subscribers: up to 16 characters of `[a-z0-9-]`. */
export type CaseworkerId = Branded<'CaseworkerId'>;
/** A batch: `<agency>-<first 12 hex digits of the report's SHA-256>`; a reversal's and a follow-up's have other digits. */
export type BatchId = Branded<'BatchId'>;
/** A direction: `<batchId>.<kind>.<operator>.<plan>-<shard>-<n>`. */
export type DirectionId = Branded<'DirectionId'>;

/** A cell, read: its value, or the reason why it is rejected. */
export type Parsed<Value, Reason extends string> = { readonly value: Value } | { readonly reason: Reason };

/** The faults that spreadsheets make in identifiers, and lists in one cell. */
type Spoilt = 'rounded_by_spreadsheet' | 'two_in_one_cell';

type ImeiReason = RowReason &
  (Spoilt | 'missing_imei' | 'not_digits' | 'wrong_length' | 'check_digit_mismatch' | 'not_a_device');
type MsisdnReason = RowReason & (Spoilt | 'missing_msisdn' | 'bad_msisdn');

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
/** The first digits of models that are made today (GSMA TS.06), and the first two of all that ever were: an IMEI's groups may begin with them. */
export const MADE_TODAY = /^(?:01|35|86|91|99)/;
export const EVER_MADE = /^(?:01|3[035]|4[459]|5[0-4]|86|91|9[89])$/;
/**
 * A handset's digits in one run with as many others as a number has behind them, or any before them. It is looked for in cells that are no
 * handset.
 */
const HANDSET_AND_MORE = /[0-9]{14}[^0-9]+[0-9]{10}|[0-9][^0-9]+[0-9]{14}/;

/** Characters that people write between an IMEI's digits; blanks of any width, since spreadsheets and pages have some that don't break. */
const BETWEEN_DIGITS = /[\p{Zs}\-/.]/gu;

/** A cell without the characters that nobody sees, and without the `'` by which spreadsheets are made to take digits for a text. */
const textOf = (cell: string): string => seenOf(cell).replace(/^'/, '');

/** What is left of a handset's cell without what doesn't count in it: digits alone, if it is a handset. */
export function handsetDigits(cell: string): string {
  return digitsOf(DIGITS.test(cell) ? cell : textOf(cell));
}

const digitsOf = (text: string): string =>
  DIGITS.test(text) ? text : text.replace(NO_FRACTION, '$1').replace(BETWEEN_DIGITS, '');

/** The digits of a number without its country. */
const NATIONAL_DIGITS = 10;

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
  // Of days and numbers the digits may be as many as a handset's.
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

/** As `spoiltIn`, for a handset's cell. */
function spoiltHandset(text: string): Spoilt | null {
  return spoiltIn(text, KEY_DIGITS) ?? (HANDSET_AND_MORE.test(text) ? 'two_in_one_cell' : null);
}

/** The IMEI as it goes out to operators: 15 digits, the Luhn digit appended to the key. */
export function imeiOut(imei: Imei): string {
  return imei + luhnDigit(imei);
}

/** Ten digits and what may stand before them, and behind them what a program writes of a number that might have had a fraction. */
const NUMBER = /^(?:\+?91|0)?([6-9][0-9]{9})(?:\.0+)?$/;

/** Twelve digits of which a spreadsheet has kept six: with the other six, the number was somebody else's. */
const ROUNDED_NUMBER = /^91[0-9]{4}0{6}(?:\.0+)?$/;

/**
 * Reads an Indian mobile number: ten digits, the first 6 to 9, optionally after `+91`, `91` or `0`, and those after a `'`. One that ends in
 * six zeros is not read after `91` alone: those are left of a number that a spreadsheet has shown as `9.19877E+11`.
 */
export function parseMsisdn(cell: string): Parsed<Msisdn, MsisdnReason> {
  const written = NUMBER.exec(cell);
  const text = written === null ? textOf(cell) : cell;
  const national = (written ?? NUMBER.exec(text))?.[1];
  if (national !== undefined)
    return ROUNDED_NUMBER.test(text) ? { reason: 'rounded_by_spreadsheet' } : { value: `+91${national}` as Msisdn };
  return { reason: text === '' ? 'missing_msisdn' : (spoiltIn(text, NATIONAL_DIGITS) ?? 'bad_msisdn') };
}

const ROUNDED = /^[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}$/;

/**
 * The fault of a cell that is no identifier by itself: a number as a spreadsheet shortens it, or two identifiers.
 * @param fewest the fewest digits of one identifier
 */
function spoiltIn(cell: string, fewest: number): Spoilt | null {
  if (ROUNDED.test(cell)) return 'rounded_by_spreadsheet';
  // Digits alone may be one identifier that is too long: nobody knows where another would begin.
  if (cell.length <= 2 * fewest || !/[0-9][^0-9]+[0-9]/.test(cell)) return null;
  return cell.replace(/[^0-9]/g, '').length >= 2 * fewest ? 'two_in_one_cell' : null;
}

/** Whether a text is the key of a handset, as this system keeps it: 14 digits. */
export function isImei(text: string | undefined): text is Imei {
  return text !== undefined && /^[0-9]{14}$/.test(text);
}

/** Whether a text is a number as this system keeps it: E.164, of India. */
export function isMsisdn(text: string | undefined): text is Msisdn {
  return text !== undefined && /^\+91[0-9]{10}$/.test(text);
}

/** Whether a text has the form of an agency's id; whether there is such an agency, the configuration says. */
export function isAgencyId(text: string): text is AgencyId {
  return /^[a-z0-9-]{1,16}$/.test(text);
}

/** Whether a text has the form of an approver's id; whether there is such an approver, the configuration says. */
export function isApproverId(text: string): text is ApproverId {
  return /^[a-z0-9-]{1,16}$/.test(text);
}

/** Whether a text has the form of a caseworker's id; whether there is such a caseworker, the configuration says. */
export function isCaseworkerId(text: string): text is CaseworkerId {
  return /^[a-z0-9-]{1,16}$/.test(text);
}

/** The owner of the system's own batches: no participant may have this id. */
export const FOLLOW_UP = 'followup' as AgencyId;

/** Whether a batch, or a direction of one, is a follow-up's. */
export function isFollowUp(id: BatchId | DirectionId): boolean {
  return id.startsWith(`${FOLLOW_UP}-`);
}

/**
 * The sender of the marked files of a self-check, which shows that a stage works: its id stands where an agency's or an operator's does. It
 * has a handset and numbers of its own, which nobody else's files can name, and may name no others; so its batches direct itself alone, and
 * nobody else's batch meets them. They count in no metric, and are on no revocation list.
 */
export const SELF_CHECK = 'self-check';

/**
 * The self-check's handset. Its type allocation code, 77777777, is not assigned: no body that assigns codes has 77 (GSMA TS.06), and 14
 * equal digits are no device's, whoever names them.
 */
export const SELF_CHECK_HANDSET = '77777777777777' as Imei;

/** The self-check's numbers, in E.164: a mobile number's first digit is 6 to 9, and by the numbering plan never 0. */
const SELF_CHECK_NUMBER = /^\+9100[0-9]{8}$/;

/** The reason why the self-check may not name a handset or a number: it could be somebody's. */
type NotReserved = 'self_check';

/** The readers of the identifiers in a participant's files. */
export interface Identifiers {
  imei(cell: string): Parsed<Imei, ImeiReason | NotReserved>;
  /** As `imei`, for a file whose IMEIs networks recorded. */
  sentImei(cell: string): Parsed<Imei, ImeiReason | NotReserved>;
  msisdn(cell: string): Parsed<Msisdn, MsisdnReason | NotReserved>;
}

/**
 * The readers for this agency's or operator's files: the self-check's hold only the identifiers reserved for it, and all others hold none
 * of those.
 */
export const identifiersOf = (who: string): Identifiers => (who === SELF_CHECK ? RESERVED : ANYBODYS);

const ANYBODYS: Identifiers = { imei: parseImei, sentImei: parseSentImei, msisdn: parseMsisdn };

const reservedImei: Identifiers['imei'] = (cell) =>
  cell === SELF_CHECK_HANDSET || cell === imeiOut(SELF_CHECK_HANDSET)
    ? { value: SELF_CHECK_HANDSET }
    : notReserved(parseImei(cell));

const RESERVED: Identifiers = {
  imei: reservedImei,
  sentImei: reservedImei,
  msisdn: (cell) => (SELF_CHECK_NUMBER.test(cell) ? { value: cell as Msisdn } : notReserved(parseMsisdn(cell))),
};

function notReserved<R extends string>(read: Parsed<unknown, R>): { readonly reason: R | NotReserved } {
  return 'reason' in read ? read : { reason: 'self_check' };
}

/** Whether a text has the form of an operator's id; whether there is such an operator, the configuration says. */
export function isOperatorId(text: string): text is OperatorId {
  return /^[a-z0-9-]{1,10}$/.test(text);
}

/** A SHA-256 in hexadecimal was expected. */
export class NotASha256 extends Error {
  override name = 'NotASha256';
}

/**
 * The batch that a report starts. It follows from the agency and the report's bytes, so that the same file twice is
 * one batch.
 * @param sha256 the report's SHA-256, 64 lower-case hexadecimal digits
 * @throws NotASha256
 */
export function batchIdOf(agency: AgencyId, sha256: string): BatchId {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new NotASha256('a SHA-256 is 64 lower-case hexadecimal digits');
  return `${agency}-${sha256.slice(0, 12)}` as BatchId;
}

/**
 * The reversal that a file asks for. It follows from who filed it, where, and which upload it was: other bytes, or the same bytes from
 * another person, ask for another one.
 * @param key in the inbox
 * @param version the upload's own
 */
export function reversalIdOf(uploader: CaseworkerId | AgencyId, key: string, version: string): BatchId {
  return `${uploader}-${sha256Of(`${key}\n${version}`).slice(0, 12)}` as BatchId;
}

/** Whether a text has the form of a batch's id; whether there is such a batch, table Cases says. */
export function isBatchId(text: string): text is BatchId {
  return /^[a-z0-9-]{1,16}-[0-9a-f]{12}$/.test(text);
}

/** The chain of the audit that tells of erasures; no batch can have this id. */
export const ERASURES = 'erasures' as BatchId;

/** The chain of the audit that tells of exemptions. */
export const EXEMPTED = 'exemptions' as BatchId;

/** The chain of the audit that tells of usage files that were let in. */
export const ADMITTED = 'admissions' as BatchId;

/** The chain of the audit that tells of lookups. */
export const LOOKED_UP = 'lookups' as BatchId;

/** The chain of the audit that tells of appeals. */
export const APPEALED = 'appeals' as BatchId;

/** The parts of a direction's id. The plan, shard and number within the shard make its number. */
export interface DirectionIdParts {
  readonly batchId: BatchId;
  readonly kind: DirectionKind;
  readonly operator: OperatorId;
  readonly plan: number;
  readonly shard: number;
  readonly n: number;
}

/** The id of a direction. */
export function directionIdOf(parts: DirectionIdParts): DirectionId {
  const { batchId, kind, operator, plan, shard, n } = parts;
  return `${batchId}.${kind}.${operator}.${plan}-${shard}-${n}` as DirectionId;
}

const DIRECTION_ID = new RegExp(
  `^([a-z0-9-]{1,16}-[0-9a-f]{12})\\.(${DIRECTION_KIND_NAMES.join('|')})\\.([a-z0-9-]{1,10})\\.(0|[1-9][0-9]{0,8})-(0|[1-9][0-9]{0,8})-(0|[1-9][0-9]{0,8})$`,
);

/** Reads a direction's id; null for a text that `directionIdOf` never makes. */
export function parseDirectionId(text: string): ({ readonly id: DirectionId } & DirectionIdParts) | null {
  const parts = DIRECTION_ID.exec(text);
  if (parts === null) return null;
  return {
    id: text as DirectionId,
    batchId: parts[1] as BatchId,
    kind: parts[2] as DirectionKind,
    operator: parts[3] as OperatorId,
    plan: Number(parts[4]),
    shard: Number(parts[5]),
    n: Number(parts[6]),
  };
}

/**
 * The shard, 0 to `shards` − 1, of a connection or a handset: FNV-1a (32 bits) of its text. It must never change while
 * a batch is open, since it stands in the names of what was gathered.
 */
export function shardOf(identifier: Msisdn | Imei, shards: number): number {
  return hashOf(identifier) % shards;
}

/**
 * The part, 0 to `parts` − 1, of a number among those of one of `shards` shards, from the rest of its hash that the choice of the shard
 * left.
 */
export function partOf(identifier: Msisdn, shards: number, parts: number): number {
  return Math.floor(hashOf(identifier) / shards) % parts;
}

function hashOf(identifier: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < identifier.length; i++) {
    hash = Math.imul(hash ^ identifier.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** The handset with these 14 digits, which are counted as a number: what streams millions of them keeps numbers. */
export function imeiOfNumber(number: number): Imei {
  return String(number).padStart(14, '0') as Imei;
}

/** The connection with these ten digits, which are counted as a number, likewise. */
export function msisdnOfNumber(number: bigint): Msisdn {
  return `+91${String(number).padStart(10, '0')}` as Msisdn;
}
