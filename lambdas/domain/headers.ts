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

/** Words for a day, and for what came to pass on it, as clerks write them. */
const DAY = '(?:date(?:d|time)?|day|dt)';
const OCCURRED = 'oc{1,2}ur{0,3}(?:e?d|[ea]n[cs]e)?';
const EVENT = [
  ...[OCCURRED, 'ac{1,2}ured', 'event', 'action', 'outcome', 'effective', 'status'],
  ...[
    'dis{0,2}con{1,2}(?:ect)?(?:ed|i?on)?',
    'disc',
    'deactivat(?:ed|ion)',
    'terminat(?:ed|ion)',
    'cancel{1,2}(?:ed|ation)?',
  ],
  ...['surrend[ae]r(?:ed)?', 'port(?:ed|ing|ation)?(?:_?out)?', 'clos(?:ed|ure|ing)', 'end(?:ed)?'],
].join('|');

/**
 * Names that nearly are `occurred_on`: of a day and nothing else, of a day of what came to pass, or of that with `on` or a day behind. How
 * it is written may stand behind, as in `occurred_on_(yyyy-mm-dd)`. Other days, as those of an activation or a birth, are called otherwise.
 */
const NEARLY_OCCURRED_ON = new RegExp(
  [
    `^(?:${DAY}(?:_(?:and_)?time)?(?:_?(?:of|on)?_?(?:the_)?(?:${EVENT}))?`,
    `(?:${EVENT})_?(?:(?:on|at)(?:_?${DAY})?|${DAY})`,
    OCCURRED,
    '(?:घटना_की_)?(?:दिनांक|तारीख|तारीख़|तिथि))(?:_?time)?(?:_(?:[dmy]{1,4}_?){3}|_ist)?$',
  ].join('|'),
  'u',
);

/** Whether a column's name, as `columnNamed` returns it, may be meant for the day on which something happened. */
export function mayBeDay(name: string): boolean {
  return NEARLY_OCCURRED_ON.test(name.replaceAll(/[^\p{L}\p{M}]+/gu, '_').replaceAll(/^_|_$/g, ''));
}
