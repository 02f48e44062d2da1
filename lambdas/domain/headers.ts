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
/** What ends a connection, which may be for good or for a time. */
const ENDED = `(?:(?:perm(?:anent(?:ly)?)?|temp(?:orar(?:y|ily))?)_?)?(?:${[
  ...['dis{0,2}_?con{1,2}(?:ect)?(?:ed|i?on)?', 'disc', 'de_?act(?:ivat(?:ed?|ion))?'],
  ...['terminat(?:ed|ion)', 'cancel{1,2}(?:ed|ation)?', 'surrend[ae]r(?:ed)?', 'port(?:ed|ing|ation)?(?:_?out)?'],
  ...['mnp(?:_?out)?', 'clos(?:ed|ure|ing)', 'churn(?:ed)?'],
].join('|')})`;
const EVENT = [
  ...[OCCURRED, 'ac{1,2}ured', 'event', 'action(?:_taken)?', 'outcome', 'effective', 'status', 'end(?:ed)?'],
  // As billing systems write a permanent and a temporary disconnection.
  ...[ENDED, 'pd', 'td'],
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
    '(?:(?:घटना|विच्छेदन)_(?:की_)?)?(?:दिनांक|तारीख|तारीख़|तिथि))(?:_?time)?(?:_(?:[dmy]{1,4}_?){3}|_ist)?$',
  ].join('|'),
  'u',
);

/** Names of what ends a connection, without a word for a day: whether it has ended may stand in such a column as well as when. */
const END_ALONE = new RegExp(`^${ENDED}$`);

const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])';
/** The beginning of a cell that is a day as clerks write one, whatever stands behind it. */
const BEGINS_LIKE_DAY = new RegExp(
  `^(?:${[
    '[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}(?![0-9])',
    `[0-9]{1,2}(?:st|nd|rd|th)?[-/. ]?${MONTH}`,
    `${MONTH}[-/. ]{1,2}[0-9]`,
    '(?:(?:19|20)[0-9]{6}|[0-9]{4}(?:19|20)[0-9]{2})(?![0-9])',
  ].join('|')})`,
  'i',
);

/**
 * What a cell of a column looks like, if it may be the day on which something happened: with any digit in a column that is called so, and as a
 * day in one that is called after an end alone. Undefined where the name, as `columnNamed` returns it, is of something else.
 */
export function dayIfCalled(name: string): RegExp | undefined {
  const words = name.replaceAll(/[^\p{L}\p{M}]+/gu, '_').replaceAll(/^_|_$/g, '');
  if (NEARLY_OCCURRED_ON.test(words)) return /\p{Nd}/u;
  return END_ALONE.test(words) ? BEGINS_LIKE_DAY : undefined;
}
