/** The names of the columns beside those that are asked for: which may hold another handset or number than a row's, and which don't. */
import { wordsOf } from './headers.ts';

/**
 * A name of a handset's column: `imei` apart from other words or joined to them, as `SecondIMEINo` is, but within none that ends in `time` or
 * `crime`; spelt out, or in Hindi.
 */
const CALLED_HANDSET =
  /imei(?:sv)?(?:nos?|num(?:ber)?s?)?(?![a-z])|(?<![tr])imei|(?<![a-z])i[._]m[._]e[._]i(?![a-z])|आ[इई][._]?एम[._]?[इई][._]?आ[इई]/u;

/** A pattern of words that stand apart from other ones in a column's name. */
const asWord = (words: string): string => `(?<![a-z])(?:${words})(?![a-z])`;

/** A pattern of words that stand apart, or are joined to how somebody is reached, as databases name a column: `CustomerContactNo`. */
const asWhom = (words: string): string => `(?<![a-z])(?:${words})(?=contact|mobile|phone|no|(?![a-z]))`;

/**
 * Names of somebody whom a row may be about, though the column says where they have an account or a bed. A customer's account is named by
 * its own number.
 */
const KEPT_THERE = `${asWhom('(?:account|card|sim)?holders?|patients?')}|धारक|मरीज`;

/** Offices that a name may have beside whom they serve: those are called. */
const OFFICE = `${asWord('help_?line|(?:help)?desk|relations?|cent(?:re|er)|forum|court|commission|affairs|dep(?:artmen)?t')}|सेवा|हेल्पलाइन|के(?:ं|न्)द्र|न्यायालय|आयोग|विभाग`;

/** Whom a row may be about, as a column's name says it from its beginning; those who serve customers are called. */
const HOLDER = `(?!.*(?:${OFFICE})).*(?:${asWhom('(?:customer(?!_?(?:care|service|support))|subscriber|consumer|(?:end|sim)?user)s?')}|ग्राहक|उपभोक्ता|${KEPT_THERE})`;

/** A pattern of a name with some words in it, unless from its beginning it says that it is of somebody. */
const unlessOf = (whom: string, words: string): string => `^(?!${whom}).*(?:${words})`;

/** Those who act for an authority, as a column's name says it. */
const OFFICER = `officer|अधिकारी|nodal|approver|${asWord('io|i\\.o')}`;

/** What says in a column's name that it has another's number than the row's, whatever else it says: whom to call, or where that one's is kept. */
const OF_OTHERS = `${unlessOf(HOLDER, 'contact|संपर्क')}|${OFFICER}|(?:filed|reported|requested|decided)_?by|${unlessOf(`.*(?:${KEPT_THERE})`, `hospital|account|acct|a/c|bank|${asWord('acc|ac')}|खाता`)}`;

/** What says who asks, who may be whom the row is about. */
const WHO_ASKS = 'complain|applica|inform|caller|शिकायत';

/** What somebody does who writes a row or has it written. */
const DONE_BY =
  '(?:filed|reported|requested|decided|approved|reviewed|authori[sz]ed|sanctioned|signed|checked|verified|prepared|entered|submitted|uploaded|forwarded|issued|ordered|sent)(?:_?by(?![a-z])|(?=_and_))';

/** Whoever wrote a row, or had it written. */
const WRITER =
  'officers?|nodal|approvers?|signator(?:y|ies)|(?:competent|approving|issuing)_?authority|secretary|self|अधिकारी';
const INVESTIGATING_OFFICER = 'i_?o';

/** Words beside those: how somebody is reached, their name, rank and office, and that they signed, and when. */
const OF_OFFICES = [
  ...['names?', 'full', 'of', 'the', 'and', 'or', 'for', 'at', 'on', 'in', 'me', 'my', 's'],
  ...[
    'contacts?',
    'mobile',
    'mob',
    'phones?',
    'tele(?:phone)?',
    'tel',
    'ph',
    'whatsapp',
    'landline',
    'fax',
    'details?',
  ],
  ...['numbers?', 'nos?', 'e_?mail', 'mail', 'id', 'address', 'rank', 'design(?:ation)?', 'desig', 'post(?:ing)?'],
  ...['unit', 'branch', 'wing', 'cell', 'section', 'division', 'district', 'state', 'circle', 'range', 'zone', 'desk'],
  ...['office', 'official', 'agency', 'department', 'dept', 'ministry', 'police', 'station', 'ps', 'thana', 'cyber'],
  ...['crime', 'home', 'affairs', 'dated?', 'time', 'day', 'signature', 'sign', 'seal', 'stamp', 'digital(?:ly)?', 'e'],
  ...['electronic(?:ally)?', 'joint', 'deputy', 'dy', 'under', 'additional', 'addl', 'assistant', 'asst', 'chief'],
  ...[
    'senior',
    'sr',
    'junior',
    'jr',
    'principal',
    'special',
    'spl',
    'superintendent',
    'inspector',
    'commissioner',
    '[ads]?sp',
    '[ad]cp',
    'd?ig',
    'a?dgp',
  ],
  ...['director', 'investigating', 'investigation', 'reporting', 'reviewing', 'recommending', 'approving', 'issuing'],
  ...[
    'sanctioning',
    'authori[sz]ed',
    'deciding',
    'signing',
    'concerned',
    'responsible',
    'enquiry',
    'inquiry',
    'duty',
    'in_?charge',
  ],
  ...['decision_?maker', 'note_?sheet', 'order_(?:no|numbers?|id|dated?)', 'order(?=_issued)'],
  ...['का', 'के', 'की', 'नाम', 'नंबर', 'मोबाइल', 'फोन', 'संपर्क', 'जाँच', 'जांच', 'नोडल', 'पद', 'हस्ताक्षर', 'सक्षम', 'थाना'],
].join('|');

/**
 * Names of whoever wrote a row, or had it written: of no other words than these, up to a dozen, since with another one they may say what
 * somebody says, or whom they leave out, as in `Stayed by competent authority`.
 */
const OF_WRITER_ALONE = new RegExp(
  `^(?:(?:${DONE_BY}|${WRITER}|${INVESTIGATING_OFFICER}|${OF_OFFICES})(?:_|$|(?=[^_]))){1,12}$`,
  'u',
);
const OF_WRITER = new RegExp(`${WRITER}|(?<![a-z])(?:${INVESTIGATING_OFFICER})(?![a-z])|by(?![a-z])`, 'u');
/** Numbers of which somebody has said something, as in `MSISDN verified by operator`, or that are several people's. */
const OF_NUMBERS =
  /^(?:contacts?_|mobile_|phone_)?(?:numbers?|nos?|mobile|phones?)_.*_?by(?![a-z])|^(?:mobile_|phone_)?numbers(?!.*contact)/u;

/** The most characters of a name that is read as one of a writer's: what is longer says more than that. */
const LONGEST_NAME = 100;

/** Whether a column's name says that a number is that of whoever wrote a row, or had it written. */
function isOfWriter(name: string): boolean {
  const words = wordsOf(name);
  return (
    words.length <= LONGEST_NAME && OF_WRITER.test(words) && OF_WRITER_ALONE.test(words) && !OF_NUMBERS.test(words)
  );
}

/** What says that it holds people's numbers of twelve digits, of which the first two may be the country's. */
const AADHAAR = `a{1,2}dha{1,2}r|आधार|${asWord('uid(?:ai)?(?:no|number)?')}`;

/** What is told apart by ten digits, too, or counted by them. */
const OF_THINGS = `${AADHAAR}|case|ticket|docket|diary|request(?!ed)|grievance|acknowledg|token|customer_?id|employee|transaction|txn|utr|payment|amount|serial|latitude|longitude|^(?!reference$).*${asWord('(?:ref|reference|ack|sr|crn|letter|file|order)(?:no|number|id)?|id|loss|lat|long')}`;

/** What columns of numbers are called, and those of numbers alone. */
const NUMBERS = 'mobile|phone|whatsapp|मोबाइल|मोबाईल|फ\u093c?ोन|\u095eोन|दूरभाष';
const NUMBERS_ALONE = '^(?:numbers?|नंबर)(?:_?[0-9])?$';

/** A name of a number's column, unless it says whose else. */
const CALLED_NUMBER = `^(?!.*(?:${OF_OTHERS}|${WHO_ASKS})).*(?:${NUMBERS})|${NUMBERS_ALONE}`;

/**
 * The names of columns that may be of a second handset, as `imei_2` or `second_imei`, or of a second number; of the latter the surer ones, which
 * count also where the row has none of its own: who complains may be called a mobile. And the names of others, whatever digits they hold: of an
 * account, of whom to call, of a case or an amount. In a row that is about all of a file's handsets and numbers, whoever stands in it was meant
 * instead, whatever else the column's name says, but for who wrote the row: then all that is `called` so counts as named.
 */
export const MAY_BE = {
  imei: {
    named: CALLED_HANDSET,
    sure: CALLED_HANDSET,
    called: CALLED_HANDSET,
    // A complaint of the Andaman and Nicobar Islands is acknowledged by 14 digits that begin with 35.
    isOther: new RegExp(
      `account|acct|a/c|bank|wallet|aadhaar|transaction|imsi|iccid|virtual_?id|case|crime|cctns|complaint|acknowledg|${asWord('acc|ac|card|vid|txn|utr|ack|fir|ncrp')}|${asWord('sim')}(?!_?[0-9])|खाता|शिकायत`,
      'u',
    ),
    isWriters: () => false,
  },
  msisdn: {
    named: new RegExp(`^(?!.*(?:${OF_OTHERS})).*(?:msisdn|mobile|मोबाइल)|${CALLED_NUMBER}`, 'u'),
    sure: new RegExp(`^(?!.*(?:${OF_OTHERS})).*msisdn|${CALLED_NUMBER}`, 'u'),
    called: new RegExp(`msisdn|${NUMBERS}|${NUMBERS_ALONE}`, 'u'),
    isOther: new RegExp(`${OF_OTHERS}|${WHO_ASKS}|${OF_THINGS}`, 'u'),
    isWriters: isOfWriter,
  },
} as const;
