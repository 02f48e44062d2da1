/** Single cells, rows of the three kinds of file, and their results. */
import fc from 'fast-check';
import { applyResponse } from '../../../lambdas/domain/applying-responses.ts';
import type { CsvRow } from '../../../lambdas/domain/csv-header.ts';
import {
  addDays,
  asInstant,
  type Day,
  dayOf,
  instantOf,
  millisOf,
  NotAnInstant,
  parseDay,
} from '../../../lambdas/domain/days.ts';
import {
  imeiOut,
  type OperatorId,
  parseDirectionId,
  parseImei,
  parseMsisdn,
  parseSentImei,
} from '../../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../../lambdas/domain/kinds.ts';
import { newLedger } from '../../../lambdas/domain/ledger.ts';
import { outcomeAt } from '../../../lambdas/domain/outcomes.ts';
import { receiptOf, receiptText } from '../../../lambdas/domain/receipts.ts';
import { parseResponseRow, responseColumns } from '../../../lambdas/domain/responses.ts';
import { reportColumns, Screening } from '../../../lambdas/domain/screening.ts';
import {
  linkKey,
  parseLinkKey,
  parseSighting,
  type UsageColumn,
  usageColumns,
} from '../../../lambdas/domain/sightings.ts';
import { must, target } from '../target.ts';
import { cellOf, day, imei, msisdn, nastyText, orSpoilt } from '../texts.ts';

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
export const REPORT_REASONS = ['wrong_cell_count', 'column_total', 'second_handset', ...IMEI_REASONS];
/** In usage the IMEI's last digit is not checked. */
export const USAGE_REASONS = [
  ...['wrong_cell_count', ...IMEI_REASONS].filter((reason) => reason !== 'check_digit_mismatch'),
  ...MSISDN_REASONS,
  ...['missing_last_seen', 'bad_date'],
];
export const USAGE_WARNINGS = ['unknown_subscriber_type', 'text_too_long'];
export const RESPONSE_REASONS = [
  ...['wrong_cell_count', ...IMEI_REASONS, ...MSISDN_REASONS, 'not_in_direction', 'unknown_outcome', 'bad_date'],
  ...['before_sighting', 'missing_to', 'unknown_operator', 'same_operator', 'disputed', 'ported_lately'],
  ...['bad_ground', 'already_extended', 'bad_activated_on', 'not_after_sighting'],
  'conflicts_with_recorded',
];

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

const isRealDay = (text: string) => {
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

/** A row with any cells, as the reader hands it over. */
function rowOf({
  required,
  optional,
}: {
  required: readonly string[];
  optional: readonly string[];
}): fc.Arbitrary<CsvRow> {
  const columns = [...required, ...optional];
  const line = fc.integer({ min: 2, max: 10 ** 9 });
  const cells = fc
    .tuple(...columns.map(cellOf))
    .map((all) => Object.fromEntries(columns.map((column, n) => [column, all[n]?.trim() ?? ''])));
  return fc.oneof(
    { weight: 12, arbitrary: fc.record({ line, cells }) },
    { weight: 1, arbitrary: fc.record({ line, reason: fc.constant('wrong_cell_count' as const), text: nastyText }) },
  );
}

const OPERATOR = 'airtel' as OperatorId;
const UPLOAD_DAY = '2026-06-01' as Day;
const LAST_SEEN = '2026-05-25' as Day;

const usageRows = target({ name: 'usage-row', what: 'rows of usage files', share: 120 }, rowOf(usageColumns), (row) => {
  const read = parseSighting(row as CsvRow<UsageColumn>, OPERATOR, UPLOAD_DAY);
  if ('reason' in read) {
    must(
      USAGE_REASONS.includes(read.reason),
      `a row of usage is rejected with a reason of the list, not ${read.reason}`,
    );
    must(read.line === row.line, 'a reject has its line');
    must('reason' in row || Object.values(row.cells).includes(read.value), "a reject's value is a cell of its row");
    return;
  }
  const { sighting, warnings } = read;
  must(sighting.lastSeen <= UPLOAD_DAY && isRealDay(sighting.lastSeen), 'a sighting is no later than its upload');
  const kept = { imsi: sighting.imsi, lsa: sighting.lsa, point_of_sale: sighting.pointOfSale };
  const cells = 'cells' in row ? row.cells : {};
  let dropped = 0;
  for (const [column, text] of Object.entries(kept)) {
    const long = (cells[column] ?? '').length > 500;
    must(text === (long ? '' : cells[column]), 'a text is kept as it came, or dropped where it is too long');
    if (long) dropped++;
  }
  const known = ['individual', 'business', 'bulk', ''].includes(cells.subscriber_type ?? '');
  must(sighting.subscriberType === (known ? cells.subscriber_type : ''), 'a subscriber type is one of the agreed ones');
  must(warnings.length === dropped + (known ? 0 : 1), 'each cell that is dropped is told of');
  must(
    warnings.every((why) => USAGE_WARNINGS.includes(why)),
    'for a reason of the list',
  );
  const { lastSeen, msisdn: number, operator } = parseLinkKey(linkKey(sighting));
  must(
    lastSeen === sighting.lastSeen && number === sighting.msisdn && operator === OPERATOR,
    "a link's key is read as it was made",
  );
});

const reports = target(
  { name: 'report', what: 'rows of reports, screened', share: 50 },
  fc.array(rowOf(reportColumns), { maxLength: 20 }),
  (rows) => {
    const screening = new Screening();
    const named: string[] = [];
    let rejected = 0;
    for (const row of rows) {
      const screened = screening.row(row as CsvRow<'imei'>);
      if ('reason' in screened) {
        must(REPORT_REASONS.includes(screened.reason), 'a row of a report is rejected with a reason of the list');
        rejected++;
      } else named.push(screened.handset);
    }
    const distinct = [...new Set(named)].sort();
    const count = { rejected, repeats: named.length - distinct.length, handsets: distinct.length };
    must(
      JSON.stringify(screening.totals()) === JSON.stringify({ rows: rows.length, ...count }),
      'every row of a report is counted once',
    );
    const handsets = [...screening.handsets()];
    must(
      handsets.join() === distinct.join() && handsets.every((one) => /^[0-9]{14}$/.test(one)),
      'the handsets are those that rows named, each once',
    );
  },
);

const DIRECTION = parseDirectionId('mha-0123456789ab.reverify.airtel.1-0-0');
if (DIRECTION === null) throw new Error('a direction id');
const NUMBERS = ['+919800000001', '+919800000002', '+919800000003'];
const HANDSETS = ['35100000000001', '35100000000002', '35100000000003'];

/** A valid row of a response, for one of the direction's rows. */
function knownRow(kind: DirectionKind): fc.Arbitrary<CsvRow> {
  const [column, known, outcomes] =
    kind === 'reverify'
      ? ['msisdn', NUMBERS, ['verified', 'failed', 'disconnected', 'not_found', 'ported', 'extended']]
      : ['imei', HANDSETS, ['blocked', 'not_found']];
  const occurred_on = fc.constantFrom('', '2026-05-20', '2026-06-01', '2026-06-02');
  return fc
    .tuple(
      fc.integer({ min: 2, max: 99 }),
      fc.constantFrom(...known),
      fc.constantFrom(...outcomes),
      occurred_on,
      fc.constantFrom('', 'jio', 'airtel', 'nobody'),
      fc.constantFrom('', 'abroad', 'elsewhere'),
      fc.subarray([
        '2026-05-20',
        '01/05/2026 10:30',
        '2026-06-01',
        '2026-06-01 10:30',
        '01/06/2026',
        '2027-03-31',
        'n/a 1',
      ]),
    )
    .map(([line, one, outcome, on, to, ground, otherDays]) => ({
      line,
      cells: { [String(column)]: one, outcome, occurred_on: on, to, ground, remarks: '' },
      otherDays,
    }));
}

const responses = target(
  { name: 'response', what: 'rows of responses, applied to a ledger', share: 80 },
  fc.constantFrom('reverify' as const, 'block' as const).chain((kind) => {
    const row = fc.oneof(knownRow(kind), rowOf(responseColumns(kind)));
    return fc.tuple(fc.constant(kind), fc.array(row, { maxLength: 12 }));
  }),
  ([kind, rows]) => {
    const known: string[] = kind === 'reverify' ? NUMBERS : HANDSETS;
    const answered = rows.map((row) =>
      parseResponseRow(
        row,
        { kind, operator: OPERATOR },
        UPLOAD_DAY,
        (identifier) => {
          const at = known.indexOf(identifier);
          const seen = kind === 'reverify' ? LAST_SEEN : null;
          return at < 0 ? undefined : { row: at, lastSeen: seen, directedFor: seen };
        },
        ['airtel', 'jio'],
      ),
    );
    for (const [n, answer] of answered.entries()) {
      const row = rows[n];
      if (!('row' in answer) || row === undefined || 'reason' in row) continue;
      if (['disconnected', 'surrendered', 'ported'].includes(answer.outcome) && row.cells.occurred_on === '')
        must(
          (row.otherDays ?? []).every((day) => /^2026-06-01( |$)/.test(day)),
          'nobody is without a connection since the upload where the row says another day under another name',
        );
      if (answer.outcome === 'failed' && row.cells.occurred_on === '')
        must(
          !(row.otherDays ?? []).some((day) => /^(?:2026-05-20|01\/05\/2026 10:30)$/.test(day)),
          'nobody fails as of the upload where the row says under another name that it was before the sighting',
        );
      must(
        isRealDay(answer.day) &&
          answer.day <= UPLOAD_DAY &&
          (!['failed', 'disconnected', 'ported'].includes(answer.outcome) || answer.day >= LAST_SEEN),
        'an answer is no later than its upload, nor a failing, a disconnection or a port earlier than the sighting',
      );
    }
    const rungs = [{ order: 'reverify' as const, deadline: asInstant('2026-06-06T00:00:00Z') }];
    const { id: directionId, batchId, operator } = DIRECTION;
    const startedAt = asInstant('2026-06-01T00:00:00Z');
    const plan = { plan: 1, rows: 3, rowsKey: 'rows', startedAt, rungs };
    const ledger = newLedger({ directionId, batchId, operator, kind, ...plan });
    const before = Buffer.from(ledger.outcomes).toString('hex');
    const at = asInstant('2026-06-01T10:00:00Z');
    const file = { sha256: 'ab'.repeat(32), attempt: 'one', at, committedAt: at };
    const applied = applyResponse(ledger, answered, file);
    must(applied.kind === 'applied', 'a first file is applied');
    must(Buffer.from(ledger.outcomes).toString('hex') === before, 'a ledger that was read stays as it is');
    must(applied.rows === rows.length, 'every row of a response is counted');
    must(applied.rows === applied.recorded + applied.alreadyRecorded + applied.rejects.length, 'and counted once');
    for (const move of applied.moved) {
      const isElsewhere = move.why !== 'ported' || move.to === 'jio';
      // Who proved themselves, or has the number since, is to have service.
      const outcomes = move.why === 'disconnected_after_verified' ? ['verified', 'reissued'] : [move.why];
      const outcome: string = outcomeAt(applied.ledger.outcomes, move.row);
      must(isElsewhere && outcomes.includes(outcome), 'what moves says so, and whereto');
    }
    const goOn = applied.moved.filter(({ why }) => why !== 'disconnected_after_verified').length;
    must((applied.ledger.files[0]?.moved ?? 0) === goOn, 'a file counts what it moves');
    for (const { reason } of applied.rejects)
      must(RESPONSE_REASONS.includes(reason), 'a row of a response is rejected with a reason of the list');
    for (let row = 0; row < known.length; row++) {
      const said = answered.some((answer) => 'row' in answer && answer.row === row);
      must(
        said === (outcomeAt(applied.ledger.outcomes, row) !== 'open'),
        'a row has an outcome where somebody said one',
      );
    }
    const receipt = JSON.parse(receiptText(receiptOf('a.csv', file.sha256, applied)));
    const counted = Object.values<number>(receipt.rejected).reduce((sum, count) => sum + count, 0);
    must(counted === receipt.rejects.length && receipt.rows === rows.length, 'a receipt accounts for every row');
    must(applyResponse(applied.ledger, answered, file).kind === 'known', 'the same bytes again change nothing');
  },
);

export const cellTargets = [identifiers, usageRows, reports, responses];
