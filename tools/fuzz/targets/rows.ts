/** Rows of the three kinds of file, and their results. */
import fc from 'fast-check';
import { applyResponse } from '../../../lambdas/domain/applying-responses.ts';
import type { CsvRow } from '../../../lambdas/domain/csv-header.ts';
import { asInstant, type Day } from '../../../lambdas/domain/days.ts';
import { type OperatorId, parseDirectionId } from '../../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../../lambdas/domain/kinds.ts';
import { newLedger } from '../../../lambdas/domain/ledger.ts';
import { outcomeAt } from '../../../lambdas/domain/outcomes.ts';
import { receiptOf, receiptText } from '../../../lambdas/domain/receipts.ts';
import { parseResponseRow, responseColumns } from '../../../lambdas/domain/responses.ts';
import { REPORT_COLUMNS, Screening } from '../../../lambdas/domain/screening.ts';
import {
  linkKey,
  parseLinkKey,
  parseSighting,
  USAGE_COLUMNS,
  type UsageColumn,
} from '../../../lambdas/domain/sightings.ts';
import { must, target } from '../target.ts';
import { cellOf, nastyText } from '../texts.ts';
import { IMEI_REASONS, isRealDay, MSISDN_REASONS } from './cells.ts';

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

const usageRows = target(
  { name: 'usage-row', what: 'rows of usage files', share: 120 },
  rowOf(USAGE_COLUMNS),
  (row) => {
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
    must(
      sighting.subscriberType === (known ? cells.subscriber_type : ''),
      'a subscriber type is one of the agreed ones',
    );
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
  },
);

const reports = target(
  { name: 'report', what: 'rows of reports, screened', share: 50 },
  fc.array(rowOf(REPORT_COLUMNS), { maxLength: 20 }),
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

export const rowTargets = [usageRows, reports, responses];
