/** How days, instants and lists are told to people. */
import { type Day, dayOf, type Instant, millisOf } from './days.ts';

/** A day in words: 3 June 2026. */
export function dayText(day: Day): string {
  return `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${Number(day.slice(0, 4))}`;
}

/** An instant as tables have it, as clocks show it in India: 2026-06-03 05:30 IST. */
export function inIndia(instant: Instant): string {
  return `${dayOf(instant)} ${clockInIndia(instant)} IST`;
}

/** An instant in words, as clocks show it in India: 3 June 2026, 05:30 IST. */
export function instantText(instant: Instant): string {
  return `${dayText(dayOf(instant))}, ${clockInIndia(instant)} IST`;
}

const clockInIndia = (instant: Instant) => new Date(millisOf(instant) + KOLKATA).toISOString().slice(11, 16);

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const KOLKATA = 5.5 * 3600 * 1000;

/** Words with commas between them and an "and" before the last one. */
export function listText(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
