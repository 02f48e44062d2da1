/** The names of columns in headers. docs/formats.md has the same list. */
import { seenOf } from './unseen.ts';

/**
 * The other names of a column that clerks and spreadsheets write, in lower case. A name that could be another column's is not among them:
 * no `mobile`, which may be a handset, and no `mobile no`, which may be whom to call.
 */
export const OTHER_NAMES = {
  imei: ['imei no', 'imei no.', 'imei number'],
  msisdn: ['msisdn no', 'msisdn no.', 'msisdn number'],
} as const;

const MEANT = new Map(
  Object.entries(OTHER_NAMES).flatMap(([column, names]) => names.map((name): [string, string] => [name, column])),
);

/** The column that a name in a header stands for: upper and lower case are one, as are `_` and blanks between words. */
export function columnNamed(name: string): string {
  const words = seenOf(name)
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, ' ');
  return MEANT.get(words) ?? words.replaceAll(' ', '_');
}
