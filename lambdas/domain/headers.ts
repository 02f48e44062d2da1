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

/** The words of a column's name, with `_` between them and nothing else. */
export const wordsOf = (name: string): string => name.replaceAll(/[^\p{L}\p{M}]+/gu, '_').replaceAll(/^_|_$/g, '');

/** Words for a day, and for what came to pass on it, as clerks write them. */
const DAY = '(?:date(?:d|time)?|day|dt|time_?stamp)';
const OCCURRED = 'oc{1,2}ur{0,3}(?:e?d|[ea]n[cs]e)?';
const WITH_EFFECT_FROM = '(?:w_?e_?f|with_effect_from)';

/** What ends, where a name says it. */
const ENDING =
  '(?:sim(?:_card)?|services?|subscriber|customer|line|(?:mobile_)?(?:connection|number)|mobile(?:_no)?|msisdn|(?:og|ic|outgoing|incoming)(?:_(?:and_)?(?:og|ic|outgoing|incoming))?(?:_(?:calls?|services?))?)';
/** Words for the end of a connection, which may be for good or for a time. */
const ENDED = `(?:(?:perm(?:anent(?:ly)?)?|temp(?:orar(?:y|ily))?)_?)?(?:${[
  ...['dis{0,2}_?con{1,2}(?:ect)?(?:ed|i?on)?', 'disc', 'discontinu(?:ed|ation)', 'de_?act(?:iv(?:e|at(?:ed?|ion)))?'],
  ...[
    'term(?:inat(?:ed|ion))?',
    'cancel{1,2}(?:ed|ation)?',
    'surrend[ae]r(?:ed)?',
    'ces{1,2}ation',
    'ceas(?:ed?|ing)',
    'cut(?:_?off)?',
    'withdrawn',
    'withdrawal',
    'stop{1,2}age',
    'disabled',
    'removed',
    'removal',
    'inactive',
    'dormant',
    'not_in_service',
  ],
  ...['suspen(?:ded|sion)', 'bar{1,2}(?:ed|ing)?'],
  ...['(?:mnp_?)?port(?:ed|ing|ation)?(?:_?out)?', 'mnp(?:_?out)?', 'clos(?:ed?|ure|ing)', 'churn(?:ed)?'],
  ...['block(?:ed|ing)?', '(?:h(?:lr|ss)_)?delet(?:ed|ion)'],
  // Billing systems write PD and TD for a permanent and a temporary disconnection.
  ...['pdc?', 'tdc?'],
].join('|')})`;
/** One or a few of these words: `disconnection/surrender`, `permanent disconnection (PD)`. */
const ENDS = `${ENDED}(?:_(?:(?:or|and)_)?${ENDED}){0,2}`;
const EVENT = [
  ...[OCCURRED, 'ac{1,2}ured', 'event', 'action(?:ed|_taken)?', 'outcome', 'eff(?:ective)?', WITH_EFFECT_FROM],
  ...['compl(?:ied|iance|et(?:ed|ion))', 'execut(?:ed|ion)', 'implement(?:ed|ation)'],
  `(?:last_)?(?:${ENDING}_)?(?:${ENDS}|end(?:ed)?|stop(?:ped)?|status(?:_(?:changed?|updated?))?)(?:_of_(?:the_)?${ENDING})?`,
].join('|');

/** The words of `ENDING` and `EVENT` in Hindi, where a birth's day has the same name but for the word that says what happened. */
const ENDING_IN_HINDI = '(?:सेवा|कनेक्शन|सिम|नंबर|मोबाइल|मोबाइल_नंबर)';
const EVENT_IN_HINDI =
  'घटना|विच्छेदन?|कटौती|काटने|कटने|(?:ब(?:ं|न्)द|डिस्कनेक्ट)(?:_(?:करने|होने))?|डिस(?:\u094d)?कनेक्शन|कार(?:्र)?वाई|कार्यवाही|समाप्ति|समाप्त_होने';
/** What may stand between a thing and what is said of it, in Hindi. */
const LINK_IN_HINDI = '(?:(?:का|के|की)_)?';

/** How a day is written, as in `dd-mon-yyyy`, `ddmmyyyy`, `yyyy/mm/dd` or `DMY`. */
const DAY_FORM = ['d{1,2}_?M_?Y', 'M_?d{1,2}_?Y', 'Y_?M_?d{1,2}']
  .map((form) => form.replace('M', '(?:mon|m{1,3})').replace('Y', 'y{1,4}'))
  .join('|');
/** Parts of how a day or a time is written, as in `hh24:mi` or `yy(yy)`. */
const PARTS = '(?:_(?:mon|mi|am|pm|[dmyhs]{1,4}|[dy]{1,4}th{1,2}|hhmmss))';
/** What may stand behind a name: where its cells are from, or whether there has to be one. */
const ASIDE =
  '(?:_(?:if_any|if_applicable|mandatory|optional|(?:in|as_per|from)_(?:hlr|hss|crm|network|system|records?)|by_(?:tsp|operator)))?';
/** What may stand behind a name: how its cells are written, a day in one or with a time. */
const WRITTEN_AS = `${ASIDE}(?:(?:_(?:in|format|as))?_(?:${DAY_FORM}|(?:[dmy]{1,4}_?){3}|h{1,2}mm|(?:mon|mi|[dmyhs]{1,4})(?=_)${PARTS}{1,8})${PARTS}{0,6}(?:_ist)?|_ist)?$`;

/**
 * Names that nearly are `occurred_on`: of a day and nothing else, of a day of what came to pass, or of that with `on` or a day behind. How
 * it is written may stand behind, as in `occurred_on_(yyyy-mm-dd_hh:mm)`. Other days, as those of an activation or a birth, are called otherwise.
 */
const NEARLY_OCCURRED_ON = new RegExp(
  [
    `^(?:(?:actual_|effective_)?${DAY}(?:_(?:and_)?time)?(?:_?(?:of|on)?_?(?:the_)?(?:${EVENT}))?`,
    `(?:(?:${EVENT})_)?effective_from(?:_?${DAY})?`,
    `(?:if_|actual_)?(?:${EVENT})(?:_done|_effective)?_?(?:(?:on|at|since|${WITH_EFFECT_FROM})(?:_?${DAY})?|${DAY})`,
    // What somebody ported from is an operator.
    `(?!.*port)(?:${EVENT})_from`,
    `${DAY}_when_(?:${EVENT})`,
    'since',
    'when',
    'd_?o_?d',
    OCCURRED,
    WITH_EFFECT_FROM,
    'कब_से_बंद',
    `(?:दिना(?:ं|ँ)क|तारीख|तारीख़|तिथि|तिथी)_(?:${EVENT_IN_HINDI})`,
    `(?:(?:${ENDING_IN_HINDI}_${LINK_IN_HINDI})?(?:${EVENT_IN_HINDI})_${LINK_IN_HINDI})?(?:दिना(?:ं|ँ)क|तारीख|तारीख़|तिथि|तिथी|दि)(?:_(?:(?:और|एवं|व)_)?समय)?)(?:_?time)?${WRITTEN_AS}`,
  ].join('|'),
  'u',
);

/** Names of the time of what came to pass, which may have its day before it. */
const TIME_OF_IT = new RegExp(`^(?:time_of_(?:the_)?(?:${EVENT})|(?:${EVENT})_?time)${WRITTEN_AS}`, 'u');
/** How long something took. */
const DURATION =
  '(?:within\\s)?(?:[0-9]{1,6}(?:\\.[0-9]{1,3})?\\s?(?:d(?:ays?)?|h(?:ours?|rs?\\.?)?|m(?:in(?:ute)?s?\\.?)?|s(?:ec(?:ond)?s?\\.?)?|ms)[\\s,]{0,2}){1,4}';
/** A time of a day, or its hour alone. Dots part the numbers of days, too. */
const CLOCK =
  '(?:(?:[01]?[0-9]|2[0-4])[:.][0-5][0-9](?::[0-5][0-9](?:\\.[0-9]+)?)?|[0-9]{1,2}(?=\\s?(?:[ap]\\.?m|बजे)))';
/** Something with a digit that is neither a time of a day nor how long something took, and nothing else. */
const MORE_THAN_TIME = new RegExp(
  `^(?!(?:${CLOCK}(?:\\s?(?:[ap]\\.?m\\.?|hrs\\.?|hours|ist|बजे)){0,2}|${DURATION})$).*\\p{Nd}`,
  'isu',
);

/**
 * Names of what ends a connection, without a word for a day but for how one is written, as in `disconnected_(dd-mm-yyyy)`: whether it has
 * ended may stand in such a column as well as when.
 */
const END_ALONE = new RegExp(
  `^(?:${ENDING}_)?${ENDS}(?:_of_(?:the_)?${ENDING})?(?:_(?:y_n|yes_no))?(?<written>_ts|(?:_(?:in|format|as))?(?:${PARTS}){0,3}_(?:${DAY_FORM})(?:${PARTS}){0,6})?(?:_ist)?${ASIDE}$`,
);

const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])';
/** The beginning of a cell that is a day as clerks write one, behind a word or two for that it is so, whatever stands behind it. */
export const BEGINS_LIKE_DAY = new RegExp(
  `^(?:(?:yes|y|done|on|dt|dated?|since|from|w\\.?e\\.?f|हाँ|हां)[\\s(:,.-]{1,3}){0,2}(?:${[
    '\\p{Nd}{1,4}[-/. ]\\p{Nd}{1,2}[-/. ]\\p{Nd}{1,4}(?!\\p{Nd})',
    `\\p{Nd}{1,2}(?:st|nd|rd|th)?[-/. ]?${MONTH}`,
    `${MONTH}[-/. ]{1,2}\\p{Nd}`,
    '(?:(?:19|20)[0-9]{6}|[0-9]{4}(?:19|20)[0-9]{2})(?![0-9])',
  ].join('|')})`,
  'iu',
);

/**
 * What a cell of a column looks like, if it may be the day on which something happened: with any digit in a column that is called so, with more
 * than a time of a day in one that is called after the time, and as a day in one that is called after an end alone. Undefined where the name, as
 * `columnNamed` returns it, is of something else.
 */
export function dayIfCalled(name: string): RegExp | undefined {
  const words = wordsOf(name);
  if (NEARLY_OCCURRED_ON.test(words)) return /\p{Nd}/u;
  if (TIME_OF_IT.test(words)) return MORE_THAN_TIME;
  const end = END_ALONE.exec(words);
  if (end === null) return undefined;
  // One that says how its days are written has nothing else in it.
  return end.groups?.written === undefined ? BEGINS_LIKE_DAY : /\p{Nd}/u;
}
