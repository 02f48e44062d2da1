/** The wording of counts, days, instants and lists for people. */
import { type Day, dayOf, type Instant, KOLKATA_MS, millisOf } from './days.ts';

/** A day in words: 3 June 2026. */
export function dayText(day: Day): string {
  return `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${Number(day.slice(0, 4))}`;
}

/** An instant in tables, as clocks show it in India: 2026-06-03 05:30 IST. */
export function inIndia(instant: Instant): string {
  return `${dayOf(instant)} ${clockInIndia(instant)} IST`;
}

/** An instant in tables, in UTC: 2026-06-03 00:00 UTC. */
export function inUtc(instant: Instant): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`;
}

/** An instant in words, as clocks show it in India: 3 June 2026, 05:30 IST. */
export function instantText(instant: Instant): string {
  return `${dayText(dayOf(instant))}, ${clockInIndia(instant)} IST`;
}

const clockInIndia = (instant: Instant) => new Date(millisOf(instant) + KOLKATA_MS).toISOString().slice(11, 16);

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

/** Words with commas between them and an "and" before the last one. */
export function listText(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** A count as it is written in India: 20,00,000. */
export function countText(count: number): string {
  return count.toLocaleString('en-IN');
}

/** A count and its noun: 1 row, 2 rows. */
export const counted = (count: number, one: string, more = `${one}s`) =>
  `${countText(count)} ${count === 1 ? one : more}`;

/** A number of things, as commands print it: the digits in one run. */
export const countedPlainly = (count: number, one: string, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;
