/** Files of an operator that writes them in another form: as those of DIRBS-Core, a register of handsets, made here in its form. */
import { describe, expect, test } from 'vitest';
import { FileFault, readCsv } from '../../lambdas/domain/csv.ts';
import type { Day } from '../../lambdas/domain/days.ts';
import { DATE_FORMS, parseDayAs } from '../../lambdas/domain/days.ts';
import { columnsAs, type FileForm, NAMED_COLUMNS, wrongNames } from '../../lambdas/domain/file-forms.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { cutFile, readPiece } from '../../lambdas/domain/pieces.ts';
import { receiptOf } from '../../lambdas/domain/receipts.ts';
import { rejectLine } from '../../lambdas/domain/rejects.ts';
import { parseResponseRow, responseColumns } from '../../lambdas/domain/responses.ts';
import { REPORT_COLUMNS, Screening } from '../../lambdas/domain/screening.ts';
import { parseSighting, USAGE_COLUMNS } from '../../lambdas/domain/sightings.ts';
import { whatToDo } from '../../lambdas/domain/what-to-do.ts';
import { checkedText, checkFile } from '../../lib/commands/check.ts';

const today = '2026-06-07' as Day;
const airtel = 'airtel' as OperatorId;
const DIRBS: FileForm = { columns: { usage: { last_seen: 'Date' } }, dates: 'YYYYMMDD' };

/** Both forms of days that it may be mended in. */
const BAD_DATE =
  'write 2026-05-30 or 20260530, and no day later than that of the upload, in a response under the name occurred_on; in a spreadsheet, give the column the format yyyy-mm-dd or yyyymmdd, and export again';

async function readUsage(text: string, form: FileForm | undefined): Promise<string[]> {
  const said: string[] = [];
  try {
    for await (const rows of readCsv([Buffer.from(text)], columnsAs(USAGE_COLUMNS, 'usage', form)))
      for (const row of rows) {
        const read = parseSighting(row, airtel, today);
        if ('reason' in read) said.push(`${row.line}: ${read.reason}: ${whatToDo(read.reason, form?.dates)}`);
        else said.push(`${row.line}: ${read.sighting.imei} ${read.sighting.msisdn} ${read.sighting.lastSeen}`);
      }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    said.push(`${error.line}: ${error.reason}`);
  }
  return said;
}

const OPERATOR_DATA = [
  'IMEI,IMSI,MSISDN,RAT,Date',
  '350000000000006,404100000000001,919876543210,001|002,20260606',
  '3500000000000123,404100000000002,919876543211,006,20260601',
  '35000000000002,404100000000003,,001,20260606',
  ',404100000000004,919876543213,001,20260606',
  '3500000000000A6,404100000000005,919876543214,001,20260606',
  '0000000000000000,404100000000006,919876543215,001,20260606',
  '35000000,404100000000007,919876543216,001,20260606',
  '350000000000006,404100000000008,4479876543210,001,20260606',
  '350000000000006,404100000000009,919876543217,001,20260631',
  '350000000000006,404100000000010,919876543218,001,20260608',
  '350000000000006,404100000000011,919876543219,001,',
  '350000000000006,404100000000012,919876543220,001,2026-06-05',
  '',
].join('\n');

describe("an operator's file in DIRBS-Core's form", () => {
  test('loads as it is by the mapping, and each row that is not taken is explained', async () => {
    expect(await readUsage(OPERATOR_DATA, DIRBS)).toEqual([
      '2: 35000000000000 +919876543210 2026-06-06',
      '3: 35000000000001 +919876543211 2026-06-01',
      '4: missing_msisdn: look whether the row has it in another column, and fill it in; take an empty row out; in a row about a handset alone leave the cell empty, without NA or -',
      '5: missing_imei: look whether the row has it in another column, and fill it in; take an empty row out; in a row about a number alone leave the cell empty, without NA or -',
      '6: not_digits: write the digits 0 to 9 alone; where there are none, leave the cell empty, without NA or -, and take a total out; in a spreadsheet, format the column as text',
      '7: not_a_device: look it up again: a placeholder stands where nothing was known',
      '8: wrong_length: look it up again: 15 digits, without what stands behind a /; programs cut off leading zeros or put some before: 01… has 15 digits with its 0',
      '9: bad_msisdn: ten digits that begin with 6 to 9, with nothing between; before them +91, 91, 0 or nothing; where there is none, leave the cell empty, without NA or -',
      ...[10, 11].map((line) => `${line}: bad_date: ${BAD_DATE}`),
      '12: missing_last_seen: fill it in',
      '13: 35000000000000 +919876543220 2026-06-05',
    ]);
  });

  test('is refused without the mapping, and has no good row without its form of dates', async () => {
    expect(await readUsage(OPERATOR_DATA, undefined)).toEqual(['1: missing_column:last_seen']);
    const noDates = await readUsage(OPERATOR_DATA, { columns: { usage: { last_seen: 'Date' } } });
    expect(noDates.filter((row) => !/^[0-9]+: [a-z]/.test(row))).toEqual([
      '13: 35000000000000 +919876543220 2026-06-05',
    ]);
  });

  test('may have the agreed names all the same, and never both', async () => {
    const row = (name: string) => `imei,msisdn,${name}\n350000000000006,9876543210,20260606\n`;
    for (const name of ['date', ' DATE ', 'last_seen'])
      expect(await readUsage(row(name), DIRBS)).toEqual(['2: 35000000000000 +919876543210 2026-06-06']);
    expect(await readUsage('imei,msisdn,last_seen,date\n', DIRBS)).toEqual(['1: duplicate_column:last_seen']);
  });

  test('is read in pieces as in one', async () => {
    const columns = columnsAs(USAGE_COLUMNS, 'usage', DIRBS);
    const bytes = Buffer.from(OPERATOR_DATA);
    const { header, pieces } = await cutFile([bytes], columns, { bytes: 100, most: 100 });
    if (header === undefined) throw new Error('no header');
    const rows = [];
    for (const { start, end, line } of pieces) {
      const parts = [bytes.subarray(0, header.at), bytes.subarray(start, end)];
      rows.push(...(await Array.fromAsync(readPiece(parts, columns, header, line))).flat());
    }
    expect(pieces.length).toBeGreaterThan(1);
    expect(rows).toEqual((await Array.fromAsync(readCsv([bytes], columns))).flat());
  });

  test('is checked before its upload in the same way', async () => {
    const checked = await checkFile(() => [Buffer.from(OPERATOR_DATA)], {
      kind: 'usage',
      today,
      direction: undefined,
      form: DIRBS,
    });
    const text = checkedText(checked, { kind: 'usage', form: DIRBS });
    expect(text[0]).toBe('12 rows: 3 would be taken, 9 rejected');
    expect(text).toContain(`  bad_date: 2 (line 10, 11): ${BAD_DATE}`);
  });
});

/** A list of stolen handsets in DIRBS-Core's form, made here. */
const STOLEN_LIST = [
  'IMEI,reporting_date,status',
  '350000000000006,20260601,blacklist',
  '350000000000014,,',
  '35000000000002,20260603,pending',
  '35000000000002*,20260603,',
  '350000000000033,20260603,',
  '35000000000004,2026-06-02,blacklist',
  ',20260603,blacklist',
  '3.5E+14,20260603,blacklist',
  '00000000000000,20260603,blacklist',
  '35000000000005,20260631,blacklist',
  '35000000000000,20260604,blacklist',
  '35000000000006,20260604',
  '',
].join('\n');

describe("a list of stolen handsets in DIRBS-Core's form", () => {
  const read = async (form?: FileForm) => {
    const screening = new Screening('mha');
    const columns = columnsAs(REPORT_COLUMNS, 'report', form);
    const rows = (await Array.fromAsync(readCsv([Buffer.from(STOLEN_LIST)], columns))).flat();
    return rows.map((row) => {
      const said = screening.row(row);
      const day = 'cells' in row ? row.cells.reported_on : '';
      return 'handset' in said ? `${said.handset} ${day}` : rejectLine(said, form?.dates).trimEnd();
    });
  };
  const rejects = [
    '5,35000000000002*,not_digits,"write the digits 0 to 9 alone; where there are none, leave the cell empty, without NA or -, and take a total out; in a spreadsheet, format the column as text"',
    '6,350000000000033,check_digit_mismatch,a digit was mistyped: look it up again',
    '8,,missing_imei,"look whether the row has it in another column, and fill it in; take an empty row out; in a row about a number alone leave the cell empty, without NA or -"',
    '9,3.5E+14,rounded_by_spreadsheet,"the digits are lost here, whatever format the column is given now: take them from the source with the column as text; a number that ends in zeros by itself has +91 before it"',
    '10,00000000000000,not_a_device,look it up again: a placeholder stands where nothing was known',
    '13,"35000000000006,20260604",wrong_cell_count,"give it as many cells as the header: one IMEI a row, and quotes around other cells that hold a comma; send the row again"',
  ];

  test("loads as a report with its days by its agency's form, whatever its status says, and each reject is explained", async () => {
    const said = await read({ columns: { report: { reported_on: 'Reporting Date' } }, dates: 'YYYYMMDD' });
    expect(said.filter((row) => !/^\d{1,2},/.test(row))).toEqual([
      '35000000000000 2026-06-01',
      '35000000000001 ',
      '35000000000002 2026-06-03',
      '35000000000004 2026-06-02',
      // A note of the agency's own: what is no day stays as it stands there.
      '35000000000005 20260631',
      '35000000000000 2026-06-04',
    ]);
    expect(said.filter((row) => /^\d{1,2},/.test(row))).toEqual(rejects);
  });

  test('loads without a form, too, and has no days then', async () => {
    const said = await read();
    expect(said.filter((row) => !/^\d{1,2},/.test(row))).toHaveLength(6);
    expect(said[0]).toBe('35000000000000 ');
    expect(said.filter((row) => /^\d{1,2},/.test(row))).toEqual(rejects);
  });

  test('is checked before its upload by the same form', async () => {
    const text = STOLEN_LIST.replace('IMEI,', 'Stolen handset,');
    const as = { kind: 'report', today, direction: undefined } as const;
    const form: FileForm = { columns: { report: { imei: 'stolen_handset', reported_on: 'reporting_date' } } };
    const checked = await checkFile(() => [Buffer.from(text)], { ...as, form });
    expect(checkedText(checked, { ...as, form })[0]).toBe('12 rows: 6 would be taken, 6 rejected');
    expect((await checkFile(() => [Buffer.from(text)], as)).fault?.reason).toBe('missing_column:imei');
  });
});

test("a response has its operator's names and dates, too", async () => {
  const form: FileForm = {
    columns: { response: { msisdn: 'Subscriber', outcome: 'Result', activated_on: 'New holder since' } },
    dates: 'DD/MM/YYYY',
  };
  const text =
    'Subscriber;Result;occurred_on;NEW_HOLDER_SINCE\n9876543210;verified;05/06/2026;\n9876543211;reissued;;04/06/2026\n9876543212;verified;06/13/2026;\n';
  const columns = columnsAs(responseColumns('reverify'), 'response', form);
  const rows = (await Array.fromAsync(readCsv([Buffer.from(text)], columns))).flat();
  const of = { kind: 'reverify', operator: airtel } as const;
  const read = rows.map((row) =>
    parseResponseRow(row, of, today, () => ({ row: 0, lastSeen: null, directedFor: null }), []),
  );
  expect(read.map((said) => ('reason' in said ? said.reason : `${said.outcome} ${said.day}`))).toEqual([
    'verified 2026-06-05',
    'reissued 2026-06-04',
    'bad_date',
  ]);
});

describe('another form of dates', () => {
  test.each(DATE_FORMS)('%s is named in what to do about a bad date, by a day that it reads', (form) => {
    const day = /2026-05-30 or (\S+),/.exec(whatToDo('bad_date', form))?.[1] ?? '';
    expect(parseDayAs(form, day)).toBe('2026-05-30');
    expect(whatToDo('bad_date')).not.toContain(' or ');
    expect(whatToDo('missing_last_seen', form)).toBe(whatToDo('missing_last_seen'));
  });

  test('is named in rejects and receipts', () => {
    expect(rejectLine({ line: 2, value: '31.02.2026', reason: 'bad_date' }, 'DD.MM.YYYY')).toContain('or 30.05.2026,');
    const applied = { rows: 1, recorded: 0, alreadyRecorded: 0, rejects: [{ line: 2, reason: 'bad_date' as const }] };
    const { whatToDo: told } = receiptOf('a.csv', 'ab', applied, undefined, 'DD.MM.YYYY');
    expect(told?.bad_date).toContain('or 30.05.2026,');
  });

  test.each([
    ['YYYYMMDD', '20240229'],
    ['YYYY/MM/DD', '2024/02/29'],
    ['DD-MM-YYYY', '29-02-2024'],
    ['DD/MM/YYYY', '29/02/2024'],
    ['DD.MM.YYYY', '29.02.2024'],
    ['MM/DD/YYYY', '02/29/2024'],
  ] as const)('%s reads %s, and no other form of it', (form, text) => {
    expect(parseDayAs(form, text)).toBe('2024-02-29');
    for (const other of [
      '2023-02-29',
      '2024-02-29',
      text.replace('2024', '2023'),
      text.replace('29', '2a'),
      `${text}0`,
      '',
    ])
      expect(parseDayAs(form, other)).toBeNull();
    for (const other of DATE_FORMS) if (other !== form) expect(parseDayAs(other, text)).toBeNull();
  });
});

test.each([
  ['DD/MM/YYYY', '\u200e30/05/2026'],
  ['DD/MM/YYYY', '30/05/2026 00:00'],
  ['YYYYMMDD', '20260530 00:00:00'],
  ['DD.MM.YYYY', '30.05.2026T00:00:00.000'],
] as const)('a day in an own form is forgiven what one in the agreed form is: %s, %j', (dates, cell) => {
  const { rewrite = () => '' } = columnsAs(USAGE_COLUMNS, 'usage', { dates });
  expect(rewrite('last_seen', cell)).toBe('2026-05-30');
});

describe('names of columns', () => {
  test('are known for each column that such a file may have', () => {
    expect(NAMED_COLUMNS.usage).toContain('lsa');
    expect([...NAMED_COLUMNS.response].sort()).toEqual(
      ['activated_on', 'direction', 'ground', 'imei', 'msisdn', 'occurred_on', 'outcome', 'remarks', 'to'].sort(),
    );
  });

  test.each([
    [{ last_seen: 'Date', imei: 'IMEI' }, []],
    [
      { seen: 'Date' },
      [
        'seen: is no column of such files; there are imei, msisdn, last_seen, imsi, lsa, subscriber_type, point_of_sale',
      ],
    ],
    [{ lsa: '' }, ['lsa: must be a name of 1 to 60 characters, as the header has it']],
    [{ lsa: 'a\nb' }, ['lsa: must be a name of 1 to 60 characters, as the header has it']],
    [{ lsa: 'x'.repeat(61) }, ['lsa: must be a name of 1 to 60 characters, as the header has it']],
    [{ imei: 'MSISDN No.' }, ['imei: is the name of msisdn already']],
    [{ imei: 'Device', lsa: 'DEVICE' }, ['imei: is said of lsa, too', 'lsa: is said of imei, too']],
  ] as [Record<string, string>, string[]][])('%j: %j', (own, wrong) => {
    expect(wrongNames('usage', own).map(({ column, why }) => `${column}: ${why}`)).toEqual(wrong);
  });
});
