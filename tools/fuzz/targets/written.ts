/** Files that the system writes with outsiders' texts in them. */
import fc from 'fast-check';
import { csvLine } from '../../../lambdas/domain/csv-line.ts';
import type { Day, Instant } from '../../../lambdas/domain/days.ts';
import { orderCsv } from '../../../lambdas/domain/directions.ts';
import { type Elsewhere, elsewhereHeader, elsewhereLines } from '../../../lambdas/domain/elsewhere.ts';
import type { DirectionId, Imei, Msisdn, OperatorId } from '../../../lambdas/domain/identifiers.ts';
import { receiptText, refusedReceipt } from '../../../lambdas/domain/receipts.ts';
import { rejectLine, rejectsHeader } from '../../../lambdas/domain/rejects.ts';
import { type Revocation, revocationCsv, revocationJson, revocationRows } from '../../../lambdas/domain/revocations.ts';
import { reckon } from '../../../test/domain/csv-reading.ts';
import { fileName } from '../inputs.ts';
import { must, target } from '../target.ts';
import { nastyText } from '../texts.ts';

/** The beginnings that a spreadsheet takes for a formula; the system's own numbers in E.164 begin like that, too. */
const FORMULA = /^[=+\-@\t\r]/;
const E164 = /^\+91[6-9][0-9]{9}$/;

/** Reads a CSV that the system wrote, by the simple reckoning, and checks that it has nothing that a spreadsheet must not find. */
export function mustBeSafe(csv: string, columns: readonly string[]): Record<string, string>[] {
  must(csv.endsWith('\n') && csv.isWellFormed(), 'what we write is whole lines of UTF-8');
  const outsideQuotes = csv.replaceAll(/"(?:[^"]|"")*"/g, '');
  // A spreadsheet may begin a row, and a formula in it, after a lone CR.
  must(!outsideQuotes.includes('\r'), 'what we write has no CR outside quotes');
  const { rows, fault } = reckon(csv, { required: columns, optional: [] });
  must(fault === null, 'what we write can be read');
  return rows.map((row) => {
    if ('reason' in row) throw new Error('a row that we wrote has the cells of its header');
    for (const cell of Object.values(row.cells))
      must(!FORMULA.test(cell) || E164.test(cell), 'no cell that we write is a formula');
    return row.cells;
  });
}

const MSISDN = '+919800000001' as Msisdn;
const IMEI = '35100000000001' as Imei;
const OPERATOR = 'airtel' as OperatorId;
const DAY = '2026-06-01' as Day;
const DIRECTION = 'mha-0123456789ab.reverify.airtel.1-0-0' as DirectionId;

/** Cells reach the writer trimmed, without NUL and as UTF-8. */
const cell = nastyText.map((text) => text.toWellFormed().replaceAll('\0', '').trim());

const written = target(
  { name: 'written', what: "files that we write with outsiders' texts", share: 60 },
  fc.tuple(fc.array(cell, { maxLength: 6 }), fileName),
  ([texts, name]) => {
    const rejects =
      rejectsHeader + texts.map((value, n) => rejectLine({ line: n + 2, value, reason: 'not_digits' })).join('');
    const read = mustBeSafe(rejects, ['line', 'value', 'reason', 'what_to_do']);
    must(read.length === texts.length, 'each reject is one row');
    // A `'` stands before what could begin a formula, also behind a `;` or a tab.
    const unguarded = (text = '') => text.replace(/(^|[;\t]\s*)'+(?=[=+\-@\t\r])/g, '$1');
    for (const [n, { value = '' }] of read.entries())
      must(unguarded(value) === unguarded(texts[n]), "a reject's value is what stood there");

    const revocations = revocationRows(
      texts.map(
        (lsa): Revocation => ({ msisdn: MSISDN, operator: OPERATOR, lsa, disconnectedOn: DAY, reason: 'surrendered' }),
      ),
    );
    must(
      mustBeSafe([...revocationCsv(revocations)].join(''), ['msisdn', 'lsa', 'reason']).length === texts.length,
      'each revocation is one row',
    );
    const json = JSON.parse([...revocationJson(name, revocations)].join(''));
    must(json.file_name === name && json.payload.length === texts.length, 'the list for banks is JSON');

    const elsewhere = texts.map(
      (): Elsewhere => ({
        kind: 'block',
        identifier: IMEI,
        operator: OPERATOR,
        state: 'alreadyOpen',
        directionId: DIRECTION,
      }),
    );
    must(
      mustBeSafe([elsewhereHeader, ...elsewhereLines(elsewhere).map((line) => `${line}\n`)].join(''), [
        'kind',
        'identifier',
      ]).length === texts.length,
      'what stands elsewhere is told',
    );

    const rows = texts.map((lsa, place) => ({ place, row: { msisdn: MSISDN, imei: IMEI, lastSeen: DAY, lsa } }));
    const deadline = '2026-06-06T00:00:00Z' as Instant;
    const order = orderCsv(
      'reverify',
      { directionId: DIRECTION, order: 'reverify', deadline, disconnectBy: deadline },
      rows,
    );
    must(
      mustBeSafe(order, [
        ...['msisdn', 'imei', 'reason', 'deadline', 'reference', 'disconnect_by', 'order', 'direction'],
      ]).length === texts.length,
      'each row of an order is one',
    );
    must(
      texts.every((text) => text.length < 4 || /^[\w+-]*$/.test(text) || !order.includes(text)),
      "an order holds nothing of outsiders' texts",
    );

    const receipt = JSON.parse(receiptText(refusedReceipt(name, 'ab'.repeat(32), 'not_csv')));
    must(receipt.file === name.toWellFormed() || receipt.file === name, 'a receipt names its file');
    must(csvLine(texts).split('\n').length >= 2, 'a line is a line');
  },
);

export const writtenTargets = [written];
