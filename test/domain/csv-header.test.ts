/** What a header says of the rows beneath it, and which records are none: formats.md, "What all files have in common". */
import { describe, expect, test } from 'vitest';
import { APPEAL_COLUMNS } from '../../lambdas/domain/appeal-rows.ts';
import { type FileFault, readCsv } from '../../lambdas/domain/csv.ts';
import type { Columns } from '../../lambdas/domain/csv-header.ts';
import { DECISION_COLUMNS } from '../../lambdas/domain/decision-rows.ts';
import { EXEMPTION_COLUMNS } from '../../lambdas/domain/exemption-rows.ts';
import { LOOKUP_COLUMNS } from '../../lambdas/domain/lookups.ts';
import { responseColumns } from '../../lambdas/domain/responses.ts';
import { REPORT_COLUMNS } from '../../lambdas/domain/screening.ts';
import { USAGE_COLUMNS } from '../../lambdas/domain/sightings.ts';
import { WITHDRAWAL_COLUMNS } from '../../lambdas/domain/withdrawals.ts';
import { columns, read, readAll, row } from './csv-reading.ts';

describe('the columns of a header', () => {
  test('columns are found by name in any order and case, and unknown ones are ignored', async () => {
    expect((await read('Note,seen by,IMEI\nx,me,1\n')).rows).toEqual([row(2, '1', 'x')]);
  });
  test('a column has other names, and only those of the list', async () => {
    const asked = { required: ['imei'], optional: ['msisdn', 'case_ref'] };
    const names = async (header: string) => (await readAll([Buffer.from(`${header}\n1,2,3\n`)], asked)).rows[0];
    const cells = { imei: '1', msisdn: '2', case_ref: '3' };
    for (const header of [
      'IMEI No.,MSISDN No.,Case Ref',
      'imei number,MSISDN NUMBER,case  ref',
      'Imei_No,msisdn number,CASE_REF',
      'IMEI NO,MSISDN No,="Case Ref"',
      '"imei\u00a0no.",msisdn_no,case_ref',
    ])
      expect(await names(header)).toEqual({ line: 2, cells });
    expect(await names('imei,mobile,phone no.')).toEqual({ line: 2, cells: { imei: '1', msisdn: '', case_ref: '' } });
  });
  test('an optional column may be missing: its cells are empty', async () => {
    expect((await read('imei\n1\n')).rows).toEqual([row(2, '1')]);
  });
  test('names of any script, and an empty name, are unknown columns', async () => {
    expect((await read('दूरभाष,imei,,\nक,1,,\n')).rows).toEqual([row(2, '1')]);
  });
  test('a column called __proto__ or constructor is an unknown one', async () => {
    expect((await read('__proto__,constructor,imei\na,b,1\n')).rows).toEqual([row(2, '1')]);
  });
  test('digits that were written as the text of a formula are those digits, quoted or not', async () => {
    expect((await read('="imei",note\n="0123",x\n"=""45""",="y"\n="6,7"\n=8,="9\n')).rows).toEqual([
      row(2, '0123', 'x'),
      row(3, '45', 'y'),
      row(4, '="6', '7"'),
      row(5, '=8', '="9'),
    ]);
  });
  test('a row with more or fewer cells than the header stands apart, with its text', async () => {
    expect((await read('imei,note\n1\n2,x,y\n3,z\n')).rows).toEqual([
      { line: 2, reason: 'wrong_cell_count', text: '1' },
      { line: 3, reason: 'wrong_cell_count', text: '2,x,y' },
      row(4, '3', 'z'),
    ]);
  });
  test('of files that were joined each header is that of the rows after it, where such files may be', async () => {
    const asked = { required: ['outcome'], optional: ['msisdn', 'imei', 'to'], oneOf: ['msisdn', 'imei'] };
    const text = [
      ...['msisdn,outcome,to', '1,ported,jio', '\ufeffIMEI No.,reason,deadline,Outcome', '2,,,blocked'],
      ...['outcome,to,msisdn', 'ported,vi,3', 'outcome,9876543210,msisdn', ''],
    ].join('\n');
    const given = (line: number, cells: object) => ({ line, cells: { msisdn: '', imei: '', to: '', ...cells } });
    expect(await readAll([Buffer.from(text)], { ...asked, joined: true })).toEqual({
      rows: [
        given(2, { msisdn: '1', outcome: 'ported', to: 'jio' }),
        given(4, { imei: '2', outcome: 'blocked' }),
        given(6, { msisdn: '3', outcome: 'ported', to: 'vi' }),
        // Where somebody is named it is a row.
        given(7, { msisdn: 'msisdn', outcome: 'outcome', to: '9876543210' }),
      ],
      fault: null,
    });
    // Of a file that has one header, the second one, whose columns stand elsewhere, is the end.
    const one = await readAll([Buffer.from(text)], asked);
    expect([one.rows.map(({ line }) => line), one.fault]).toEqual([[2, 3, 4], { line: 5, reason: 'misplaced_header' }]);
    const twice = Buffer.from('msisdn,outcome\n1,verified\nmsisdn,imei,imei,outcome\n');
    expect((await readAll([twice], { ...asked, joined: true })).fault).toEqual({
      line: 3,
      reason: 'duplicate_column:imei',
    });
  });
  test('a header that lacks a column is told back, but for one that may be a row', async () => {
    const found = async (header: string) => {
      const reading = readCsv([Buffer.from(header)], columns);
      return await reading.next().then(
        () => undefined,
        (error: FileFault) => error.found,
      );
    };
    expect(await found('Serial No.;Handset;"a, b"\n')).toBe('Serial No.,Handset,a, b');
    expect(await found(`${'x'.repeat(300)}\n`)).toBe('x'.repeat(200));
    // A terminal would do as it says.
    expect(await found('Serial\x1b[2J\vNo.\n')).toBe('Serial [2J No.');
    for (const row of [
      '353918051234560,x',
      'a,98765 43210',
      '+91-98765-43210|y',
      '3.53918E+14,12345',
      '९८७६५४३२१०,x',
      '35-3918 051',
      '"9,876,543,210"',
      '353,918,051,234,560',
      '⁹⁸⁷⁶⁵⁴³²¹⁰',
    ])
      expect(await found(`${row}\n`)).toBe('');
    expect(await found('imei,353918051234560\n')).toBe('');
  });
});

describe('a header that holds a row', () => {
  const faultOf = async (text: string, columns: Columns) => (await readAll([Buffer.from(text)], columns)).fault?.reason;
  const preview = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
  test.each<[string, string, Columns, string]>([
    ['rows', 'imei,"remarks\n352099001234562,vivo\n352099002345672,oppo"\n', WITHDRAWAL_COLUMNS, 'imei'],
    ['one row', 'imei,case_ref,"reason\n352099001234562,FIR 12/26,given back"\n', WITHDRAWAL_COLUMNS, 'imei'],
    ['rows between ;', 'imei;"Remarks\n352099001234562;given back\n352099002345672;"\n', WITHDRAWAL_COLUMNS, 'imei'],
    ['quoted rows', '"imei","remarks\n""352099001234562"",""vivo"""\n', WITHDRAWAL_COLUMNS, 'imei'],
    ['answers', 'msisdn,outcome,"remarks\n9876543210,failed,came\n"\n', responseColumns('reverify'), 'msisdn'],
    ['appeals', 'msisdn,ground,"remarks\n9876543210,cloned,came"\n', APPEAL_COLUMNS, 'ground'],
    ['a lookup', 'msisdn,"name\n9876543210,Ram"\n', LOOKUP_COLUMNS, 'msisdn'],
    ['references', 'reference,"name\nairtel-12-3-0-1-1,Ram"\n', LOOKUP_COLUMNS, 'msisdn'],
    ['a refusal', `preview,decision,"remarks\n${preview},refuse,why"\n`, DECISION_COLUMNS, 'preview'],
  ])('by a quote that closes in a later row can not be read: %s', async (_, text, columns, lacking) => {
    expect(await faultOf(text, columns)).toBe(`missing_column:${lacking}`);
  });
  test.each([
    ...['352099001234562 (recovered)', 'FIR 12/26: 352099001234562', '1. 352099001234562', 'IMEI 352099001234562'],
    ...['IMEI: 35-209900-123456-2', 'IMEI 35 209900 123456 2.', '352099/00/123456 of mine'],
    ...['IMEI 3.52099E+14, vivo', '35.209900.123456 seen 01.05.2026'],
  ])('can not be read: imei and %s', async (name) => {
    expect(await faultOf(`imei,"${name}"\n`, WITHDRAWAL_COLUMNS)).toBe('missing_column:imei');
    expect(await faultOf(`imei;"${name}"\n352099001234562;x\n`, REPORT_COLUMNS)).toBe('missing_column:imei');
  });
  test.each([
    ...[
      'IMEI 2',
      'seen 01.05.2026 - 31.05.2026',
      'Period 01/05/2026-31/05/2026',
      'of 2026-05-01/2026-05-31',
      'FY 2025-26',
    ],
    ...['call 98765 43210 for more', 'Ph. 011-23092626 / 23092627', 'contact (e.g. 9876543210)', 'usage_202605301015'],
    ...[
      'F.No. 842-725/2005-VAS',
      'Helpline 1800-11-4000 / 1930',
      'FY 2023-24 / 2024-25 / 2025-26',
      'DL-2026-05-30-1-2',
    ],
    ...['call 1800-11-4000', 'case no. 12/2026/345', 'SIM 1/2/3/4/5', 'as of 30/05/2026 10.30.15', 'on 5/30/26', '1E+'],
  ])('is none by what stands in honest names: imei and %s', async (name) => {
    expect(await faultOf(`imei,${name}\n`, WITHDRAWAL_COLUMNS)).toBeUndefined();
  });
});

/** The number of a file's rows, and the fault that ends it. */
async function endOf(text: string, columns: Columns): Promise<[number, string | null]> {
  const { rows, fault } = await readAll([Buffer.from(text)], columns);
  return [rows.length, fault && `${fault.line} ${fault.reason}`];
}

describe('a header in the middle of a response', () => {
  const response = { ...responseColumns('reverify'), joined: true };
  const reading = (text: string) => endOf(text, response);
  const first = 'msisdn,outcome,occurred_on\n9876543210,verified,2026-06-03';
  test.each([
    ['after a row without its line end', `${first}msisdn,outcome,activated_on\n9876543211,reissued,2026-05-01\n`, 0, 2],
    ['of handsets, after a row without its line end', `${first}imei,outcome\n350000000000006,blocked\n`, 0, 2],
    ['without a column of its own', `${first}\nmsisdn,result,occurred_on\n9876543211,verified,2026-06-03\n`, 1, 3],
    ['of other columns, one of them unknown', `${first}\nnumber,outcome\n9876543211,verified\n`, 1, 3],
    ['of handsets in a file about numbers', `${first}\nimei,outcome,remarks\n350000000000006,blocked,\n`, 1, 3],
  ])('%s ends the file, since its rows would be read by the header before', async (_, text, rows, line) => {
    expect(await reading(text)).toEqual([rows, `${line} misplaced_header`]);
  });
  test('is that of the rows after it, where it has the columns', async () => {
    const joined = `${first}\noutcome,msisdn\nverified,9876543211\n`;
    expect((await readAll([Buffer.from(joined)], response)).rows.at(-1)).toMatchObject({
      cells: { msisdn: '9876543211', outcome: 'verified', occurred_on: '' },
    });
  });
  test('is none where a word of a row is like a name', async () => {
    expect(await reading(`msisdn,outcome,remarks\n9876543210,verified,outcome\n9876543211,verified,imei\n`)).toEqual([
      2,
      null,
    ]);
    expect(await reading(`${first}\n9876543211,verified,,outcome\n`)).toEqual([2, null]);
  });
});

describe('a header in the middle of a file that has one', () => {
  test('ends the file where the columns have changed their places: IMSIs would be read as handsets', async () => {
    const usage = 'imei,imsi,msisdn,last_seen\n350000000000006,404100000000001,9876543210,2026-05-20\n';
    const other = 'imsi,imei,msisdn,last_seen\n404100000000002,350000000000014,9876543211,2026-05-20\n';
    expect(await endOf(usage + other, USAGE_COLUMNS)).toEqual([1, '3 misplaced_header']);
    const report = 'imei,case_ref\n350000000000006,A\ncase_ref,imei\nB,350000000000014\n';
    expect(await endOf(report, REPORT_COLUMNS)).toEqual([1, '3 misplaced_header']);
  });
  test('is a row that names nobody where it is the same again, as on each page of a print', async () => {
    const report = 'imei,case_ref\n350000000000006,A\nIMEI,Case Ref\n350000000000014,B\n';
    expect(await endOf(report, REPORT_COLUMNS)).toEqual([3, null]);
  });
});

describe('rows between two quotes, which open and close in their notes', () => {
  const reading = async (text: string, columns: Columns) => {
    const { rows } = await readAll([Buffer.from(text)], columns);
    return rows.map((one) => ('reason' in one ? `${one.line} rejected` : `${one.line} row`));
  };
  test('are a reject and no rows that vanish', async () => {
    const response =
      'msisdn,outcome,remarks\n9876543210,failed,"no answer\n9876543211,verified,in person\n9876543212,verified,5"\n';
    expect(await reading(`${response}9876543213,verified,\n`, responseColumns('reverify'))).toEqual([
      '2 rejected',
      '5 row',
    ]);
    const report = 'imei,case_ref\n350000000000006,"A-17\n350000000000014,B-18\n350000000000022,C"\n';
    expect(await reading(report, REPORT_COLUMNS)).toEqual(['2 rejected']);
    const preview = 'ab12'.repeat(16);
    const decision = `preview,decision,msisdn,remarks\n${preview},approve,,"ok\n${preview},strike,9876543210,a desk 5"\n`;
    expect(await reading(decision, DECISION_COLUMNS)).toEqual(['2 rejected']);
  });
  test('are a reject, too, where their own notes have separators, or lack a cell', async () => {
    const response =
      'msisdn,outcome,remarks\n9876543210,failed,"said he moved\n9876543211,verified,moved, proved by papers\n9876543212,verified,came himself"\n';
    expect(await reading(`${response}9876543213,verified,ok\n`, responseColumns('reverify'))).toEqual([
      '2 rejected',
      '5 row',
    ]);
    const short = 'msisdn,outcome,remarks\n9876543210,failed,"moved\n9876543211,verified\n9876543212,verified,5"\n';
    expect(await reading(short, responseColumns('reverify'))).toEqual(['2 rejected']);
    const preview = 'ab12'.repeat(16);
    const decision = `preview,decision,msisdn,remarks\n${preview},strike,9876543210,"a hospital\n${preview},strike,9876543211,a witness, protected\n${preview},strike,9876543212,her ward"\n`;
    expect(await reading(decision, DECISION_COLUMNS)).toEqual(['2 rejected']);
  });
  test('are none where a note stands before the identifier, and has lines and commas of its own', async () => {
    const report = 'case_ref,imei\n"5, on\ntwo lines",350000000000006\n"6\nand, 7",350000000000014\n';
    expect(await reading(report, REPORT_COLUMNS)).toEqual(['2 row', '4 row']);
  });
  test('are none where a note has lines and commas of its own', async () => {
    const note = 'msisdn,outcome,remarks\n9876543210,failed,"no answer\ncame back, was told, left"\n';
    expect(await reading(note, responseColumns('reverify'))).toEqual(['2 row']);
  });
  test('are none where a note of several lines stands before a day, a time or a number of a case', async () => {
    const note = '"came to the shop\nwith her papers"';
    const address = '"House 12, Sector 5\n110001, near the school\nDelhi"';
    for (const [text, columns] of [
      [`msisdn,outcome,remarks,occurred_on\n9876543210,verified,${note},2026-06-05\n`, responseColumns('reverify')],
      [
        `msisdn,outcome,remarks,occurred_on\n9876543210,verified,${note},05-06-2026 10:30\n`,
        responseColumns('reverify'),
      ],
      [`msisdn,outcome,remarks\n9876543210,verified,${address}\n`, responseColumns('reverify')],
      [`imei,remarks,case_ref\n350000000000006,${note},FIR/12345/2026\n`, REPORT_COLUMNS],
      [`msisdn,ground,remarks,imei\n9876543210,not_mine,${note},\n`, APPEAL_COLUMNS],
      [`msisdn,remarks,until,reason\n9876543210,${note},2026-12-31,hospital\n`, EXEMPTION_COLUMNS],
      [`imei,remarks,complaint no\n350000000000006,${note},2026-00417\n`, WITHDRAWAL_COLUMNS],
    ] as const)
      expect(await reading(text, columns), text).toEqual(['2 row']);
  });
  test('are a reject before a day, too, where they name others', async () => {
    const response =
      'msisdn,outcome,remarks,occurred_on\n9876543210,failed,"no answer,2026-06-05\n9876543211,verified,came,2026-06-05\n9876543212,verified,5",2026-06-05\n';
    expect(await reading(response, responseColumns('reverify'))).toEqual(['2 rejected']);
    const two =
      'msisdn,outcome,remarks,occurred_on\n9876543210,failed,"left,2026-06-05\n9876543212,verified,5",2026-06-05\n';
    expect(await reading(two, responseColumns('reverify'))).toEqual(['2 rejected']);
  });
  test('are a reject around a line that has no more than a row’s reference, though it is narrower than the header', async () => {
    const columns = { required: ['reference', 'outcome'], optional: ['remarks', 'occurred_on', 'ground'] };
    const row = (note: string) =>
      `reference,outcome,remarks,occurred_on,ground\nairtel-12-3-0-1-1,failed,"left,2026-06-05,\n${note}\n5",2026-06-05,\n`;
    expect(await reading(row('airtel-12-3-0-2-3,verified'), columns)).toEqual(['2 rejected']);
    expect(await reading(row('came twice,case 12-3-0'), columns)).toEqual(['2 row']);
  });
  test('are a reject where each quote stands alone in a cell: what stands between them is no text', async () => {
    for (const [text, shown] of [
      ['imei,seen by,note\n1,me,"\n2,you,"\n3,us,x\n', '1,me,2,you,'],
      ['imei,seen by,note\r\n1,",x\r\n2,",y\r\n3,us,x\r\n', '1,,x\r\n2,,y'],
      ['note,imei,seen by\n",1,me\n ",2,you\nx,3,us\n', ',1,me,2,you'],
    ] as const)
      expect((await read(text)).rows, text).toEqual([
        { line: 2, reason: 'wrong_cell_count', text: shown },
        row(4, '3', 'x'),
      ]);
    for (const separator of [';', '\t']) {
      const text = 'imei,seen by,note\n1,me,"\n2,you,"\n'.replaceAll(',', separator);
      expect((await read(text)).rows).toMatchObject([{ line: 2, reason: 'wrong_cell_count', text: expect.anything() }]);
    }
    // Also with whole rows, or empty lines, between them.
    for (const between of ['2,you,x\\n', '2,you,\\n4,them,y\\n', '\\n', '2,you,x\\n\\n'])
      expect(
        (await read(`imei,seen by,note\n1,me,"\n${between.replaceAll('\\n', '\n')}3,us,"\n`)).rows,
        between,
      ).toMatchObject([{ line: 2, reason: 'wrong_cell_count', text: expect.anything() }]);
    // What somebody has written is a text, however many lines and commas it has.
    for (const note of ['"\nseen, once"', '"seen,\nonce,"', '"2,you,"'])
      expect((await read(`imei,seen by,note\n1,me,${note}\n`)).rows, note).toEqual([
        row(2, '1', JSON.parse(note.replaceAll('\n', '\\n')).trim()),
      ]);
    expect((await read('imei\n"\n"\n')).rows).toEqual([row(2, '')]);
  });
});
