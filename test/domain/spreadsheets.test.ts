/** Files as spreadsheet programs and people make them: each row is taken, or refused with a cause and what to do. */
import { describe, expect, test } from 'vitest';
import { FileFault, readCsv } from '../../lambdas/domain/csv.ts';
import type { Columns, CsvRow } from '../../lambdas/domain/csv-header.ts';
import type { Day } from '../../lambdas/domain/days.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { type Reject, rejectLine } from '../../lambdas/domain/rejects.ts';
import { parseResponseRow, responseColumns } from '../../lambdas/domain/responses.ts';
import { REPORT_COLUMNS, Screening } from '../../lambdas/domain/screening.ts';
import { parseSighting, USAGE_COLUMNS } from '../../lambdas/domain/sightings.ts';
import { type CheckedKind, checkFile } from '../../lib/commands/check.ts';

const today = '2026-06-07' as Day;
const airtel = 'airtel' as OperatorId;

/** What is said of a row: what it came to, or its reason and the value that is told back. */
type Told = string | Pick<Reject, 'reason' | 'value'>;

/** How each kind of file is read, as the functions do. */
const KINDS: Record<'report' | 'usage' | 'response', { columns: Columns; tell: () => (row: CsvRow) => Told }> = {
  report: {
    columns: REPORT_COLUMNS,
    tell: () => {
      const screening = new Screening('mha');
      return (row) => {
        const screened = screening.row(row as CsvRow<'imei'>);
        return 'handset' in screened ? screened.handset : screened;
      };
    },
  },
  usage: {
    columns: USAGE_COLUMNS,
    tell: () => (row) => {
      const read = parseSighting(row as Parameters<typeof parseSighting>[0], airtel, today);
      if ('reason' in read) return read;
      const { imei, msisdn, lastSeen } = read.sighting;
      return `${imei} ${msisdn} ${lastSeen}`;
    },
  },
  response: {
    columns: responseColumns('reverify'),
    tell: () => (row) => {
      let named = '';
      const rowOf = (identifier: string) => {
        named = identifier;
        return { row: 0, lastSeen: null, directedFor: null };
      };
      const read = parseResponseRow(row, { kind: 'reverify', operator: airtel }, today, rowOf, ['airtel', 'jio']);
      return 'reason' in read ? { ...read, value: '' } : `${named} ${read.outcome} ${read.day}`;
    },
  },
};

/** What a clerk is told, in words of this test's own: a sentence that is changed is read here once more. */
const TO_DO: Readonly<Record<string, string>> = {
  wrong_cell_count:
    'give it as many cells as the header: one IMEI a row, and quotes around other cells that hold a comma; send the row again',
  missing_imei:
    'look whether the row has it in another column, and fill it in; take an empty row out; in a row about a number alone leave the cell empty, without NA or -',
  rounded_by_spreadsheet:
    'the digits are lost here, whatever format the column is given now: take them from the source with the column as text; a number that ends in zeros by itself has +91 before it',
  two_in_one_cell:
    'one a row, and nothing beside it: give the second a row of its own, and a list its numbers in another column',
  not_digits:
    'write the digits 0 to 9 alone; where there are none, leave the cell empty, without NA or -, and take a total out; in a spreadsheet, format the column as text',
  wrong_length:
    'look it up again: 15 digits, without what stands behind a /; programs cut off leading zeros or put some before: 01… has 15 digits with its 0',
  check_digit_mismatch: 'a digit was mistyped: look it up again',
  bad_msisdn:
    'ten digits that begin with 6 to 9, with nothing between; before them +91, 91, 0 or nothing; where there is none, leave the cell empty, without NA or -',
  bad_date:
    'write 2026-05-30, and no day later than that of the upload, in a response under the name occurred_on; in a spreadsheet, give the column the format yyyy-mm-dd, and export again',
  unknown_outcome:
    'write verified, failed, disconnected, surrendered, not_found, reissued, ported or extended of a number; blocked or not_found of a handset; restored, unblocked or not_found where the order says so; an order back-… is carried out, and not answered',
  missing_column:
    'give a column that name; is the first line the header, each quote in it closed, and the separator a comma, a ; or a tab?',
  duplicate_column:
    'put one below the other, in rows of its own; of days, copy one into the empty cells of the other; take one out only where it is empty then, or both say the same',
  second_handset:
    'give the second, or the only one where it stands under another name, a row of its own, under imei, if you mean it, too, or take it out if not; of an appeal for a number in that handset, call its column imei; and send the row again',
  column_total: 'nothing, where it is a total; a handset is neither the sum of those above it nor called one',
  spreadsheet_not_csv: 'open it in the spreadsheet, save it as CSV UTF-8, and upload that',
  not_csv: 'export it as CSV, UTF-8',
  not_utf8: 'export it as UTF-8',
  unclosed_quote: 'double a quote within a quoted cell',
  cr_line_ends: 'save it as CSV UTF-8, not as CSV (Macintosh)',
};

/** Reads a file as the functions do: each row with its line, and what stops the reading. Rejects say what to do. */
async function read(file: Buffer, kind: keyof typeof KINDS): Promise<string[]> {
  const { columns, tell } = KINDS[kind];
  const toldOf = tell();
  const said: string[] = [];
  const reject = (line: number, value: string, reason: Reject['reason']) => {
    const [name = ''] = reason.split(':');
    const toDo = TO_DO[name] ?? `nothing is known of ${name}`;
    const quoted = toDo.includes(',') ? `"${toDo}"` : toDo;
    expect(rejectLine({ line, value, reason }).endsWith(`,${reason},${quoted}\n`)).toBe(true);
    said.push(`${line}: ${reason}`);
  };
  try {
    for await (const rows of readCsv([file], columns))
      for (const row of rows) {
        const told = toldOf(row);
        if (typeof told === 'string') said.push(`${row.line}: ${told}`);
        else reject(row.line, told.value, told.reason);
      }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    reject(error.line, error.found, error.reason);
    if (error.found !== '') said.push(error.found);
  }
  return said;
}

/** Excel's "Unicode text", and what else is UTF-16 with its mark. */
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const lines = (...all: string[]) => `${all.join('\r\n')}\r\n`;

const A = '350000000000006';
const TEN = ['004', '012', '020', '038', '046', '053', '061', '079', '087', '095'].map((end) => `350000000001${end}`);
const B = '350000000000014';
const C = '350000000000022';
const [a, b, c] = ['35000000000000', '35000000000001', '35000000000002'];
const N = '9876543210';
const n = '+919876543210';

type Case = [name: string, kind: keyof typeof KINDS, file: string | Buffer, said: string[]];
const cases: Case[] = [
  // Ways of saving a table.
  ['Excel, CSV UTF-8, of a country with ;', 'report', `\ufeff${lines('IMEI;Case', `${A};1`)}`, [`2: ${a}`]],
  ['Excel, Unicode text', 'report', utf16(lines('IMEI No.\tCase ref', `${A}\t"a, b"`)), [`2: ${a}`]],
  ['Excel, with the separator told', 'report', lines('sep=;', 'imei;case_ref', `${A};1`), [`3: ${a}`]],
  ['a tab told', 'report', lines('SEP=\t', 'imei\tcase_ref', `${A}\t1`), [`3: ${a}`]],
  ['a comma told, quoted', 'report', `\ufeff${lines('"sep=,"', 'imei', A)}`, [`3: ${a}`]],
  [
    'another separator told than it has',
    'report',
    lines('sep=;', 'imei,case_ref', `${A},1`),
    ['2: missing_column:imei', 'imei,case_ref'],
  ],
  ['LibreOffice, every cell quoted', 'report', '"imei","note"\n"350000000000006","5"" ""x"", y"\n', [`2: ${a}`]],
  ['Google Sheets, TSV', 'usage', `imei\tmsisdn\tlast_seen\r\n${A}\t${N}\t2026-06-06`, [`2: ${a} ${n} 2026-06-06`]],
  ['WPS, CSV in a code page', 'report', latin1(`imei,note\n${A},ok\n${B},caf\xe9\n`), [`2: ${a}`, '3: not_utf8']],
  ['Excel, CSV (Macintosh)', 'report', `imei,note\r${A},x\r${B},y\r`, ['1: cr_line_ends']],
  ['Excel, a long CSV (Macintosh)', 'report', `imei\r${`${A}\r`.repeat(5000)}`, ['1: cr_line_ends']],
  ['lines that end in CR CR LF', 'report', `imei,note\r\r\n${A},x\r\r\n`, [`2: ${a}`]],
  ['Excel, formatted text', 'report', lines('IMEI     Case', `${A}  1`), ['1: missing_column:imei', 'IMEI     Case']],
  ['bars between cells', 'report', lines('imei|case', `${A}|1`), ['1: missing_column:imei', 'imei|case']],
  ['an .xlsx by another name', 'report', latin1('PK\x03\x04\x14\0\x06\0\x08\0'), ['1: spreadsheet_not_csv']],
  ['an old .xls', 'report', latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0'), ['1: spreadsheet_not_csv']],
  [
    'an .ods, and a .numbers',
    'usage',
    latin1('PK\x03\x04\x14\0\0\x08\0\0mimetypeapplication'),
    ['1: spreadsheet_not_csv'],
  ],
  [
    'a page saved as .xls',
    'report',
    `\ufeff\r\n <html xmlns:x="urn:x">\r\n<table><tr><td>imei</td></tr>`,
    ['1: spreadsheet_not_csv'],
  ],
  ['a table of a page', 'report', `<table>\n<tr><td>${A}</td></tr>\n</table>\n`, ['1: spreadsheet_not_csv']],
  [
    'an XML spreadsheet',
    'report',
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n',
    ['1: spreadsheet_not_csv'],
  ],
  ['UTF-16 without its mark', 'report', Buffer.from(lines('imei', A), 'utf16le'), ['1: not_csv']],

  // Headers.
  [
    'a title above the header',
    'report',
    lines('Handsets of June,', 'imei,note'),
    ['1: missing_column:imei', 'Handsets of June,'],
  ],
  ["Numbers, with the table's name", 'report', lines('Table 1', 'imei', A), ['1: missing_column:imei', 'Table 1']],
  ['an empty line above the header', 'report', lines('', 'imei', A), [`3: ${a}`]],
  ['an empty row above the header', 'report', lines(',', 'imei,note', `${A},`), ['1: missing_column:imei', ',']],
  ['no header', 'report', lines(A, B), ['1: missing_column:imei']],
  ['a line break in a quoted header', 'report', `"IMEI\nNo.","Case\nref"\r\n${A},1\r\n`, [`4: ${a}`]],
  ['a blank that does not break in the header', 'report', lines('IMEI\u00a0No.', A), [`2: ${a}`]],
  ['unseen characters in the header', 'report', lines('\u200eIMEI\u200b,note', `${A},`), [`2: ${a}`]],
  ...['IMEI 2', 'IMEI_2', 'IMEI No. 2', 'Second IMEI', 'SecondaryIMEI', 'AltImei', 'imei.1', 'IMEI (SIM 2)'].map(
    (name): Case => [
      `two columns of handsets, the second "${name}"`,
      'report',
      lines(
        `IMEI,${name},note`,
        ...[
          `${A},${B},`,
          `${B},,`,
          `${C},35-000000-000002-2,`,
          `x,${A},`,
          `${A},n/a,`,
          `${A},8.6E+14,`,
          `${A},3.5E+14,`,
          `${A},${B} (SIM 2),`,
          `${A},13977000323877,`,
        ],
        `${A},${B}/${C},`,
        // What a spreadsheet has left of another handset, and of this one or one that begins alike, written out again; and what only looks rounded.
        ...[`${A},862099000000000,`, `${A},350000000000000,`, `${A},8 extra,`],
      ),
      [
        ...[
          '2: second_handset',
          `3: ${b}`,
          `4: ${c}`,
          '5: not_digits',
          `6: ${a}`,
          '7: second_handset',
          '8: second_handset',
        ],
        ...[
          '9: second_handset',
          '10: second_handset',
          '11: second_handset',
          '12: second_handset',
          '13: second_handset',
          `14: ${a}`,
        ],
      ],
    ],
  ),
  [
    'a second handset beneath a header that two columns share',
    'report',
    // The second has the spare digit, the third 14 digits; the last column shares nothing: 20806240012345 is what a complaint is acknowledged by.
    lines(
      'imei,,note,',
      `${A},${B},,`,
      `${B},350000000000040,,`,
      `${A},35000000000003,,`,
      `${B},,,`,
      `${C},,,20806240012345`,
    ),
    ['2: second_handset', '3: second_handset', '4: second_handset', `5: ${b}`, `6: ${c}`],
  ],
  [
    'columns that are not of a second handset, but where one is spoilt or another',
    'report',
    lines(
      'imei,IMEISV,ref,datetimeist,imei_seen_on,numbers seen with imei',
      `${A},3500000000000007,${B},20260530103000,2026-05-30 10.30.00,9876543210/9876543211/9876543212`,
      `${C},3.5E+15,,,01/05/2026 - 30/05/2026,`,
      `${B},3500000000000022,,,,`,
    ),
    [`2: ${a}`, '3: second_handset', '4: second_handset'],
  ],
  [
    'two handsets a row, and none named imei',
    'report',
    lines('IMEI 1,IMEI 2', `${A},${B}`),
    ['1: missing_column:imei', 'IMEI 1,IMEI 2'],
  ],
  ['the same column twice', 'report', lines('IMEI,IMEI No.', `${A},${B}`), ['1: duplicate_column:imei']],
  ['the header once more', 'report', lines('imei', A, 'imei', B), [`2: ${a}`, '3: not_digits', `4: ${b}`]],
  ['trailing empty columns', 'report', lines('imei,note,,,', `${A},x,,,`, `${B},,,,`), [`2: ${a}`, `3: ${b}`]],

  // Rows.
  [
    'trailing empty rows',
    'report',
    lines('imei,note', `${A},x`, ',', ',', ''),
    [`2: ${a}`, '3: missing_imei', '4: missing_imei'],
  ],
  ['empty lines', 'report', lines('imei', A, '', B, '', ''), [`2: ${a}`, `4: ${b}`]],
  [
    'cells that a spreadsheet left out at the end',
    'usage',
    lines('imei,msisdn,last_seen,lsa', `${A},${N},2026-06-06`, `${A},${N},2026-06-06,`),
    ['2: wrong_cell_count', `3: ${a} ${n} 2026-06-06`],
  ],
  [
    'a total at the end',
    'report',
    lines('imei,note', `${A},x`, 'Total,1', ',1', '1,', `${B},3 in total`, `${B},Total loss`),
    [`2: ${a}`, '3: not_digits', '4: missing_imei', '5: wrong_length', `6: ${b}`, `7: ${b}`],
  ],
  [
    'rows that are called totals',
    'report',
    lines(
      'no,imei,note',
      ...[
        ...['Total', 'GRAND TOTAL:', 'Sub-total', 'Page total', 'Grandtotal', 'Totals', 'Total IMEIs', 'Total (10)'],
        ...['Delhi Total', 'Sum', 'Average', '="Total"', '\u200bTotal', 'Grand\u00a0Total', 'कुल', 'कुल योग:', 'महायोग'],
        ...['Total No. of IMEIs', 'Total = 10', 'Avg.', 'एकूण'],
      ].map((name) => `${name},${A},`),
      `12,${A},Total`,
      // Who writes more beside it means something else by the word; so does who gives an amount, and a name is none.
      `x,${B},Total`,
      ...['Total 45000/-', 'Total: ₹45000', '3 in total', 'Total loss', 'योग', 'Count 3', 'lump sum'].map(
        (note) => `,${B},${note}`,
      ),
    ),
    [
      ...Array.from({ length: 22 }, (_, n) => `${n + 2}: column_total`),
      ...Array.from({ length: 8 }, (_, n) => `${n + 24}: ${b}`),
    ],
  ],
  [
    // The sum of these ten has 16 digits, and would be the IMEISV of the handset 35000000000104, in their midst.
    'a total that has the digits of a handset',
    'report',
    lines('no,imei', ...TEN.map((imei, n) => `${n + 1},${imei}`), 'x,3500000000010495'),
    [...TEN.map((imei, n) => `${n + 2}: ${imei.slice(0, 14)}`), '12: column_total'],
  ],
  [
    // The first is a text, since a number would lose its 0, and adds nothing.
    'a total of rows of which one is a text',
    'report',
    lines('imei', '013977000323877', ...TEN, '3500000000010495'),
    ['2: 01397700032387', ...TEN.map((imei, n) => `${n + 3}: ${imei.slice(0, 14)}`), '13: column_total'],
  ],
  [
    'a total of rows of which some are rejected',
    'report',
    lines(
      'imei,imei_2',
      ...TEN.map((imei, n) => `${imei},${n === 3 ? A : ''}${n === 5 ? ',Delhi' : ''}`),
      '3500000000010495,350000000000007',
    ),
    [
      ...TEN.map(
        (imei, n) => `${n + 2}: ${n === 3 ? 'second_handset' : n === 5 ? 'wrong_cell_count' : imei.slice(0, 14)}`,
      ),
      '12: column_total',
    ],
  ],
  ['a quote in a cell', 'report', lines('imei,note', `${A},5" screen`, `${B},"x" y`), [`2: ${a}`, '3: unclosed_quote']],
  [
    'a mark in the middle, of files one after the other',
    'report',
    `\ufeffimei\n${A}\n\ufeffimei\n\ufeff${B}\n`,
    [`2: ${a}`, '3: not_digits', `4: ${b}`],
  ],

  // Identifiers.
  [
    'handsets as numbers',
    'report',
    lines('imei;note', '3.5E+14;', '3,5E+14;', '3.50000000000006E+14;', '"3,50E+14";'),
    [2, 3, 4, 5].map((line) => `${line}: rounded_by_spreadsheet`),
  ],
  [
    'one with a comma in a file of commas',
    'report',
    lines('imei', '3,5E+14', '"3,5E+14"'),
    ['2: wrong_cell_count', '3: rounded_by_spreadsheet'],
  ],
  ['numbers as numbers', 'response', lines('msisdn;outcome', '9,87654E+09;verified'), ['2: rounded_by_spreadsheet']],
  [
    'a fraction of nothing',
    'usage',
    lines('imei,msisdn,last_seen', `${A}.0,${N}.0,2026-06-06`, `3500000000000.0,${N}.00,2026-06-06`),
    [`2: ${a} ${n} 2026-06-06`, '3: wrong_length'],
  ],
  ['formulas of a text', 'report', lines('imei;note', `="${A}";x`, `"=""${B}""";="y"`), [`2: ${a}`, `3: ${b}`]],
  [
    'apostrophes',
    'response',
    lines('msisdn,outcome', `'${N},verified`, `'+91${N},failed`),
    [`2: ${n} verified 2026-06-07`, `3: ${n} failed 2026-06-07`],
  ],
  ['an apostrophe before a handset', 'report', lines('imei', `'${A}`, `''${A}`), [`2: ${a}`, '3: not_digits']],
  [
    'thousands',
    'report',
    lines('imei;note', '350,000,000,000,006;', '3,50,00,00,00,00,006;', "350'000'000'000'006;"),
    ['2: not_digits', '3: not_digits', '4: not_digits'],
  ],
  ['thousands in a file of commas', 'report', lines('imei', '350,000,000,000,006'), ['2: wrong_cell_count']],
  [
    'blanks that do not break',
    'usage',
    lines('imei,msisdn,last_seen', `35\u00a0000000\u202f000000\u00a06\u00a0,\u00a0${N}\u00a0,\u00a02026-06-06`),
    [`2: ${a} ${n} 2026-06-06`],
  ],
  [
    'unseen characters',
    'usage',
    lines('imei,msisdn,last_seen', `\u200b${A}\u200b,\u202a+91${N}\u202c,\u200e2026-06-06`),
    [`2: ${a} ${n} 2026-06-06`],
  ],
  [
    'writing from right to left',
    'report',
    lines('imei', `\u202e${A}\u202c`, `\u200f${A}`),
    ['2: not_digits', '3: not_digits'],
  ],
  ['full-width digits', 'report', lines('imei', '３５００００００００００００６'), ['2: not_digits']],
  [
    'Devanagari digits',
    'response',
    lines('msisdn,outcome', '९८७६५४३२१०,verified', `${N},Verified\u200b`, `${N},सत्यापित`),
    ['2: bad_msisdn', `3: ${n} verified 2026-06-07`, '4: unknown_outcome'],
  ],
  ['smart quotes', 'report', lines('imei,note', `“${A}”,x`, `‘${B},y`), ['2: not_digits', '3: not_digits']],
  [
    'two handsets in a cell',
    'report',
    lines('imei', `"${A}, ${B}"`, `${A}/${B}`, `"${A}\n${B}"`, `${A},${B}`, C),
    ['2: two_in_one_cell', '3: two_in_one_cell', '4: two_in_one_cell', '6: wrong_cell_count', `7: ${c}`],
  ],
  [
    'errors of a formula',
    'report',
    lines('imei', '#N/A', '#REF!', '########'),
    ['2: not_digits', '3: not_digits', '4: not_digits'],
  ],
  [
    'a zero lost',
    'report',
    lines('imei', '1234567890123', '350000000000007'),
    ['2: wrong_length', '3: check_digit_mismatch'],
  ],
  [
    'numbers with something between',
    'response',
    lines('msisdn,outcome', '98765 43210,verified', '+91-98765-43210,verified', '"9,876,543,210",verified'),
    ['2: bad_msisdn', '3: bad_msisdn', '4: bad_msisdn'],
  ],

  // Days.
  [
    'days as spreadsheets and programs write them',
    'usage',
    lines(
      'imei,msisdn,last_seen',
      ...[
        '2026-06-06',
        '2026-06-06 00:00:00',
        '2026-06-06T00:00',
        '2026-06-06 00:00:00.000',
        '06/06/2026',
        '6-Jun-26',
        '46179',
        '06-06-2026',
        '2026/06/06',
        '20260606',
        '########',
        '2026-06-06 14:30:00',
        '2026-06-06T00:00:00Z',
        '2026-02-30 00:00:00',
        '2026-06-08 00:00:00',
      ].map((day) => `${A},${N},${day}`),
    ),
    [
      ...[2, 3, 4, 5].map((line) => `${line}: ${a} ${n} 2026-06-06`),
      ...[6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map((line) => `${line}: bad_date`),
    ],
  ],
  [
    'days of answers',
    'response',
    lines('msisdn;outcome;occurred_on', `${N};verified;2026-06-05 00:00:00`, `${N};verified;05.06.2026`),
    [`2: ${n} verified 2026-06-05`, '3: bad_date'],
  ],
];

describe('a file as spreadsheets make them', () => {
  test.each(cases)('%s (%s)', async (_, kind, file, said) => {
    const bytes = Buffer.from(file);
    expect(await read(bytes, kind)).toEqual(said);
    // What is said before an upload is the same.
    const checked = await checkFile(() => [bytes], { kind: kind satisfies CheckedKind, today, direction: undefined });
    const told = [...checked.rejected].flatMap(([reason, { lines: at }]) => at.map((line) => `${line}: ${reason}`));
    if (checked.fault) told.push(`${checked.fault.line}: ${checked.fault.reason}`);
    const byLine = (x: string, y: string) => Number.parseInt(x, 10) - Number.parseInt(y, 10);
    const rejected = said.filter((line) => /^[0-9]+: [a-z]/.test(line));
    expect(told.sort(byLine)).toEqual(
      rejected.slice(0, 10).concat(rejected.slice(10).filter((line) => told.includes(line))),
    );
  });

  test('there are at least thirty of them', () => {
    expect(cases.length).toBeGreaterThanOrEqual(30);
  });
});
