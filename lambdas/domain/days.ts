/**
 * Days and instants. Days are those of Asia/Kolkata, instants are UTC in whole seconds. Nothing here reads the clock: time comes in with
 * the state input or the event.
 */
import type { Branded } from './branded.ts';
import { seenOf } from './unseen.ts';

/** A day of the calendar, `YYYY-MM-DD`. As texts, days sort by date. */
export type Day = Branded<'Day'>;
/** An instant in UTC, whole seconds: `YYYY-MM-DDTHH:MM:SSZ`. As texts, instants sort by time. */
export type Instant = Branded<'Instant'>;

const SECOND = 1000;
export const HOUR_SECONDS = 3600;
export const DAY_SECONDS = 24 * HOUR_SECONDS;
export const HOUR_MS = HOUR_SECONDS * SECOND;
export const DAY_MS = DAY_SECONDS * SECOND;
/** India Standard Time is UTC+05:30 all the year. */
export const KOLKATA_MS = 5.5 * HOUR_MS;

/** A text or a number that is no instant between the years 0000 and 9999. */
export class NotAnInstant extends Error {
  override name = 'NotAnInstant';
}

/**
 * The instant of a number of milliseconds since 1970; fractions of a second are cut off.
 * @throws NotAnInstant outside the years 0000 to 9999
 */
export function instantOf(millis: number): Instant {
  const whole = Math.floor(millis / SECOND) * SECOND;
  if (!(Math.abs(whole) <= 8.64e15)) throw new NotAnInstant('not a number of milliseconds since 1970');
  const text = new Date(whole).toISOString();
  if (text.length !== 24) throw new NotAnInstant('an instant lies between the years 0000 and 9999');
  return `${text.slice(0, 19)}Z` as Instant;
}

/** Milliseconds since 1970. */
export function millisOf(instant: Instant): number {
  return Date.parse(instant);
}

/**
 * Reads an ISO 8601 instant in UTC (`2026-06-01T00:00:00Z`, with or without a fraction, which is cut off).
 * @throws NotAnInstant for any other text, and for a date that no calendar has
 */
export function asInstant(text: string): Instant {
  const whole = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?Z$/.exec(text)?.[1];
  if (whole === undefined) throw new NotAnInstant('an instant is written YYYY-MM-DDTHH:MM:SSZ');
  const millis = Date.parse(`${whole}Z`);
  if (Number.isNaN(millis) || instantOf(millis) !== `${whole}Z`) throw new NotAnInstant('no such date or time');
  return `${whole}Z` as Instant;
}

/** Whether a text has the form of a day, as `parseDay` hands it on. */
export function isDay(text: string | undefined): text is Day {
  return text !== undefined && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text);
}

/** Whether a text is an instant as `asInstant` writes it. */
export function isInstant(text: string): text is Instant {
  const millis = Date.parse(text);
  return (
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(text) &&
    !Number.isNaN(millis) &&
    instantOf(millis) === text
  );
}

/** The day in Asia/Kolkata on which an instant falls. */
export function dayOf(instant: Instant): Day {
  return new Date(millisOf(instant) + KOLKATA_MS).toISOString().slice(0, 10) as Day;
}

/** Reads a day: `YYYY-MM-DD`, a real day of the calendar; else null. */
export function parseDay(cell: string): Day | null {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(cell)) return null;
  const month = Number(cell.slice(5, 7));
  const day = Number(cell.slice(8));
  return day >= 1 && day <= daysOf(Number(cell.slice(0, 4)), month) ? (cell as Day) : null;
}

/**
 * A day with its midnight, as spreadsheets and programs write one that they keep as an instant. A day with another time may be another day
 * elsewhere, so it isn't read.
 */
const AT_MIDNIGHT = /^([0-9][0-9./-]{7,9})[ T]00:00(?::00(?:\.0+)?)?$/;

/** The cell that was read last: the rows of a file mostly name the same day. */
let newest: { readonly cell: string; readonly day: Day | null } = { cell: '', day: null };

/**
 * Reads a cell that names a day: `YYYY-MM-DD`, which may have its midnight behind it and characters that nobody sees around it; else null.
 */
export function readDay(cell: string): Day | null {
  if (cell !== newest.cell) newest = { cell, day: parseDay(cell) ?? parseDay(dayIn(cell)) };
  return newest.day;
}

/** The day's text in a cell: without the characters that nobody sees, and without its midnight. */
export function dayIn(cell: string): string {
  const text = seenOf(cell);
  return AT_MIDNIGHT.exec(text)?.[1] ?? text;
}

/**
 * The number of days of a month (from 1); 0 for a month that doesn't exist. Every row of a file has a date, so this is reckoned without a
 * Date.
 */
function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  if (month === 4 || month === 6 || month === 9 || month === 11) return 30;
  return month >= 1 && month <= 12 ? 31 : 0;
}

/** The day `days` later, or earlier when negative. */
export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10) as Day;
}

/** The instant at which a day ends in Asia/Kolkata. */
export function endOf(day: Day): Instant {
  return instantOf(Date.parse(day) + DAY_MS - KOLKATA_MS);
}

/** The later of two instants, or days. */
export function laterOf<When extends Instant | Day>(one: When, other: When): When {
  return one > other ? one : other;
}

/** The seconds from one instant to a later one; negative if that is earlier. */
export function secondsBetween(from: Instant, to: Instant): number {
  return (millisOf(to) - millisOf(from)) / SECOND;
}

/** The instant `seconds` later, or earlier when negative. */
export function addSeconds(instant: Instant, seconds: number): Instant {
  return instantOf(millisOf(instant) + seconds * SECOND);
}

/**
 * Days as clerks write them, within a text: `31/5/2026`, `31.05.26`, `2026-05-31`, the month first or the day. Their digits, and those of two of
 * them, may be as many as a handset's.
 */
export const WRITTEN_DAYS =
  /(?<![0-9])(?:(?:0?[1-9]|[12][0-9]|3[01]) ?([-/.]) ?(?:0?[1-9]|[12][0-9]|3[01]) ?\1 ?(?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}([-/.])(?:0?[1-9]|1[0-2])\2(?:0?[1-9]|[12][0-9]|3[01]))(?![0-9])/g;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const BEGINS_WITH_DAY =
  /^([0-9]{4}|[0-9]{1,2})(?:(?:st|nd|rd|th)?[-/. ]?([a-z]{3})[a-z]*[-/., ]{1,2}|([-/. ])([0-9]{1,2})\3)([0-9]{4}|[0-9]{1,2})(?![0-9])/i;

/** The days that a text may begin with, in whatever order clerks write one: two of `05/06/2026`, and none where it begins with something else. */
export function daysBegunBy(text: string): Day[] {
  const [, first = '', name, , second = '', last = ''] = BEGINS_WITH_DAY.exec(text) ?? [];
  const month = String(MONTHS.indexOf(name?.toLowerCase() ?? '') + 1);
  const named = [[last, month, first]];
  const numbered = [
    [first, second, last],
    [last, second, first],
    [last, first, second],
  ];
  return (name === undefined ? numbered : named).flatMap(([year = '', ...rest]) => {
    const [of, on] = rest.map((part) => part.padStart(2, '0'));
    const whole = year.length === 2 ? `20${year}` : year;
    return parseDay(`${whole}-${of}-${on}`) ?? [];
  });
}

/** The other forms of dates; a participant may have one of them. None can be taken for `YYYY-MM-DD`. */
export const DATE_FORMS = ['YYYYMMDD', 'YYYY/MM/DD', 'DD-MM-YYYY', 'DD/MM/YYYY', 'DD.MM.YYYY', 'MM/DD/YYYY'] as const;
/** One of these forms. */
export type DateForm = (typeof DATE_FORMS)[number];

/** Reads a day in such a form; null for any other cell. */
export function parseDayAs(form: DateForm, cell: string): Day | null {
  if (cell.length !== form.length) return null;
  const part = (of: string) => cell.slice(form.indexOf(of), form.indexOf(of) + of.length);
  const [year, month, day] = [part('YYYY'), part('MM'), part('DD')];
  if (form.replace('YYYY', year).replace('MM', month).replace('DD', day) !== cell) return null;
  return parseDay(`${year}-${month}-${day}`);
}
