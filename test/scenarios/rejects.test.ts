import { beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { holdsAnIdentifier, openWithLog, sha8, Tables, told } from './bad-files.ts';
import { HOUR, type Lab, START } from './lab.ts';

/**
 * Rejects of every kind in all three files, each with the line on which its record starts, counted by hand.
 *
 * Usage: airtel saw A1 to A7 in H1, jio J1. Report of mha: H1, H2 (and again H2). So airtel has a direction of seven numbers and
 * one of two handsets, jio one number. Then airtel answers both. All of that happens on 1 June, the clock's beginning.
 * Luhn digits, by hand: of 35100000000001, 3+1+1+2 = 7, so 3; of 35100000000002, 3+1+1+4 = 9, so 1; of fourteen 1s,
 * 7 × 2 + 7 × 1 = 21, so 9.
 */
const H1 = '35100000000001';
const H2 = '35100000000002';
const SPREADSHEET = '"=HYPERLINK(""http://x"",1)"';

/** Physical lines of a file; beside each record that is rejected, what is written of it. */
type Lines = [text: string, rejected?: string][];

const textOf = (lines: Lines, lineEnd: '\n' | '\r\n') => lines.map(([text]) => `${text}${lineEnd}`).join('');
const rejectsOf = (lines: Lines) =>
  withWhatToDo(
    `line,value,reason\n${lines.map(([, rejected]) => (rejected === undefined ? '' : `${rejected}\n`)).join('')}`,
  );

/** 25 rows: 21 rejects, the handsets H1 and H2, and H2 twice more. */
const report: Lines = [
  ['\uFEFF"Case_Ref",IMEI ,Remarks'],
  [`1,${H1},`],
  ['2,,', '3,,missing_imei'],
  ['3,- / .,', "4,'- / .,missing_imei"],
  [`4,${SPREADSHEET},`, `5,"'=HYPERLINK(""http://x"",1)",not_digits`],
  ['"5, on'],
  ['two lines",351000000000O2,', '6,351000000000O2,not_digits'],
  [''],
  ['6,+35100000000002,', "9,'+35100000000002,not_digits"],
  ['7,@35100000000002,', "10,'@35100000000002,not_digits"],
  ['8,-x,', "11,'-x,not_digits"],
  ['9,३५१००००००००००२,', '12,३५१००००००००००२,not_digits'],
  ['10,3510000000000,', '13,3510000000000,wrong_length'],
  ['11,35100000000000000,', '14,35100000000000000,wrong_length'],
  ['12,351000000000019,', '15,351000000000019,check_digit_mismatch'],
  ['13,111111111111111,', '16,111111111111111,check_digit_mismatch'],
  ['14,111111111111119,', '17,111111111111119,not_a_device'],
  ['15,00000000000000,', '18,00000000000000,not_a_device'],
  ['16,7777777777777701,', '19,7777777777777701,not_a_device'],
  ['17,none', '20,"17,none",wrong_cell_count'],
  [`18,${H2},"a,b",c`, `21,"18,${H2},a,b,c",wrong_cell_count`],
  ['=1+1,none', `22,"'=1+1,none",wrong_cell_count`],
  [',,', '23,,missing_imei'],
  ['   ', '24,,wrong_cell_count'],
  ['19,"3510000', '25,"3510000\r\n0000002",not_digits'],
  ['0000002",'],
  ['20,35-100000/000002.1,'],
  ['21,351000000000020,'],
  ['22,3510 0000 0000 0207,'],
];

/**
 * 25 rows: 16 rejects; six numbers of H1, in all forms that a number may have; A7 in H1 with a false check digit, which is what
 * spoofed handsets send; and twice A1 in H2, a day earlier, with a subscriber type that nobody agreed on.
 */
const usage: Lines = [
  ['imei,msisdn,last_seen,imsi,lsa,subscriber_type,point_of_sale'],
  [`${H1},9800000001,2026-05-20,,,individual,`],
  [`${H1},09800000002,2026-05-20,,,business,`],
  [`${H1},919800000003,2026-05-20,404101234567890,"Bihar`],
  ['and Jharkhand",bulk,POS-1'],
  [`${H1},+919800000004,2026-05-20,,"=Delhi, ""NCR""",,`],
  [',9800000011,2026-05-20,,,,', '7,,missing_imei'],
  ['=1,9800000011,2026-05-20,,,,', "8,'=1,not_digits"],
  ['123,,,,,,', '9,123,wrong_length'],
  ['351000000000012,9800000007,2026-05-20,,,,'],
  ['99999999999999,9800000011,2026-05-20,,,,', '11,99999999999999,not_a_device'],
  [`${H2},,never,,,prepaid,`, '12,,missing_msisdn'],
  [`${H2},98000 00011,never,,,prepaid,`, '13,98000 00011,bad_msisdn'],
  [`${H2},5800000011,2026-05-20,,,,`, '14,5800000011,bad_msisdn'],
  [`${H2},+91-9800000011,2026-05-20,,,,`, "15,'+91-9800000011,bad_msisdn"],
  [`${H2},९८००००००११,2026-05-20,,,,`, '16,९८००००००११,bad_msisdn'],
  [`${H2},9800000011, ,,,prepaid,`, '17,,missing_last_seen'],
  [`${H2},9800000011,-,,,prepaid,`, "18,'-,bad_date"],
  [`${H2},9800000011,2026-02-29,,,,`, '19,2026-02-29,bad_date'],
  [`${H2},9800000011,20-05-2026,,,,`, '20,20-05-2026,bad_date'],
  [`${H2},9800000011,2026-06-02,,,,`, '21,2026-06-02,bad_date'],
  [`${H2},9800000001,2026-05-19,,,prepaid,`],
  [`${H2},9800000001,2026-05-19,,,Bulk,`],
  [`${H2},9800000011,2026-05-20`, `24,"${H2},9800000011,2026-05-20",wrong_cell_count`],
  [`=${H2},9800000011,2026-05-20,,,,,`, `25,"'=${H2},9800000011,2026-05-20,,,,,",wrong_cell_count`],
  [`${H1},9800000005,2026-06-01,,,,`],
  [`${H1},9800000006,2026-05-20,,,,`],
];

/** 29 rows: 6 recorded (A1, A3 and A6 once, A4 twice, A5 once), 2 recorded already, 21 rejects; A2 and A7 stay open. */
const numbers: Lines = [
  ['\uFEFF"Remarks",OUTCOME,Msisdn,occurred_on'],
  ['"said on'],
  ['two lines",verified,9800000001,2026-05-31'],
  [',nothing,,never', '4,missing_msisdn'],
  [',nothing,98000,never', '5,bad_msisdn'],
  [',verified,+91 9800000002,', '6,bad_msisdn'],
  [',nothing,9800000099,never', '7,not_in_direction'],
  [',verified,7000000001,', '8,not_in_direction'],
  [',nothing,9800000002,never', '9,unknown_outcome'],
  [',Verified!,9800000002,', '10,unknown_outcome'],
  [',,9800000002,', '11,unknown_outcome'],
  [',blocked,9800000002,', '12,unknown_outcome'],
  [',overdue,9800000002,', '13,unknown_outcome'],
  [',failed,9800000001,2026-02-29', '14,bad_date'],
  [',verified,9800000002,2026-06-02', '15,bad_date'],
  [',verified,9800000002,yesterday', '16,bad_date'],
  [',failed,9800000001,', '17,conflicts_with_recorded'],
  [',not_found,9800000001,2026-05-31', '18,conflicts_with_recorded'],
  ['verified,9800000002', '19,wrong_cell_count'],
  [',verified,9800000002,,', '20,wrong_cell_count'],
  [' ', '21,wrong_cell_count'],
  [''],
  [',verified,09800000003,'],
  ['"=1+1",verified,919800000003,'],
  [',failed,+919800000004,'],
  [',disconnected,9800000004,2026-05-30'],
  [',failed,9800000004,'],
  [',verified,9800000004,', '28,conflicts_with_recorded'],
  [',not_found,9800000005,'],
  [',disconnected,9800000005,', '30,conflicts_with_recorded'],
  [',failed,9800000006,2026-06-01'],
  [',disconnected,9800000002,2026-05-19', '32,before_sighting'],
];

/** 13 rows: H1 blocked, and again; H2 not found; 10 rejects. */
const handsets: Lines = [
  ['imei,outcome,occurred_on'],
  [`${H1},blocked,`],
  ['351000000000013,blocked,2026-06-01'],
  [',nothing,never', '4,missing_imei'],
  ['x,nothing,never', '5,not_digits'],
  ['123,nothing,never', '6,wrong_length'],
  ['351000000000014,blocked,', '7,check_digit_mismatch'],
  ['88888888888888,blocked,', '8,not_a_device'],
  ['35100000000003,nothing,never', '9,not_in_direction'],
  [`${H2},verified,never`, '10,unknown_outcome'],
  [`${H2},blocked,2026-06-02`, '11,bad_date'],
  [`${H2},blocked`, '12,wrong_cell_count'],
  ['3510000000000207,not_found,'],
  [`${H2},blocked,`, '14,conflicts_with_recorded'],
];

let lab: Lab;
let tables: Tables;
let logged: string[];
let notices: Awaited<ReturnType<typeof told>>;
let batchId: string;
let reverify: string;
let block: string;

const places = (name: string) => ({ bucket: bucketsOf(lab.cloud).outbox, key: `rejects/${name}` });
const noticed = (queue: string, kind: string) => notices[queue]?.filter((notice) => notice.kind === kind);
const receiptOf = (direction: string, content: string) =>
  lab.json(`receipts/airtel/${direction}/answer.csv.${sha8(content)}.json`);
const listed = (lines: Lines) =>
  lines.flatMap(([, rejected]) => {
    const [line, reason] = rejected?.split(',') ?? [];
    return reason === undefined ? [] : [{ line: Number(line), reason }];
  });

beforeAll(async () => {
  ({ lab, lines: logged } = await openWithLog());
  tables = new Tables(lab);
  await lab.upload('usage/airtel/june.csv', textOf(usage, '\n'));
  await lab.usage('jio', [`${H1},7000000001,2026-05-20,`]);
  await lab.upload('reports/mha/june.csv', textOf(report, '\r\n'));
  batchId = (await lab.directions())[0]?.split('.')[0] ?? '';
  reverify = await lab.direction(batchId, 'reverify', 'airtel');
  block = await lab.direction(batchId, 'block', 'airtel');
  await lab.upload(`responses/airtel/${reverify}/answer.csv`, textOf(numbers, '\r\n'));
  await lab.upload(`responses/airtel/${block}/answer.csv`, textOf(handsets, '\n'));
  notices = await told(lab);
  return () => lab.close();
});

describe('of a report', () => {
  it('each row that is no handset is rejected with its line, value and first reason', async () => {
    expect(await lab.read('rejects/mha/june.csv')).toBe(rejectsOf(report));
  });

  it('the agency is told how many rows were rejected, and where it finds them', () => {
    expect(noticed('fraud-batches-mha', 'batch_registered')).toMatchObject([
      { batchId, report: { rows: 25, rejected: 21, repeats: 2, handsets: 2 }, rejects: places('mha/june.csv') },
    ]);
  });
});

describe('of a usage file', () => {
  it('each row that is no sighting is rejected with its line, value and first reason', async () => {
    expect(await lab.read('rejects/airtel/june.csv')).toBe(rejectsOf(usage));
  });

  it('the others become links, however their numbers are written, whatever their last digit and subscriber type', async () => {
    expect(await tables.links(H1)).toEqual([
      '2026-05-20#+917000000001#jio',
      '2026-05-20#+919800000001#airtel',
      '2026-05-20#+919800000002#airtel',
      '2026-05-20#+919800000003#airtel',
      '2026-05-20#+919800000004#airtel',
      '2026-05-20#+919800000006#airtel',
      '2026-05-20#+919800000007#airtel',
      '2026-06-01#+919800000005#airtel',
    ]);
    expect(await tables.links(H2)).toEqual(['2026-05-19#+919800000001#airtel']);
  });

  it('the operator is told how many rows were rejected, and where it finds them, and how often a cell was dropped', () => {
    const warnings = { unknown_subscriber_type: 2 };
    const counts = { rows: 25, imported: 9, rejected: 16, warnings };
    expect(noticed('fraud-directions-airtel', 'usage_imported')).toMatchObject([
      { ...counts, rejects: places('airtel/june.csv') },
    ]);
    const imports = logged.filter((line) => line.includes('"usage imported"'));
    expect(imports.map((line) => JSON.parse(line.slice(line.indexOf('{'))))).toMatchObject([
      { operator: 'airtel', ...counts },
      { operator: 'jio', rows: 1, imported: 1, rejected: 0 },
    ]);
  });

  it('the administrators are told where less than half of the rows was taken, and not of a file whose rows are good', () => {
    expect(noticed('fraud-administrators', 'usage_mostly_rejected')).toEqual([
      {
        kind: 'usage_mostly_rejected',
        operator: 'airtel',
        file: 'usage/airtel/june.csv',
        rows: 25,
        imported: 9,
        rejected: 16,
        warnings: { unknown_subscriber_type: 2 },
        rejects: places('airtel/june.csv'),
        uploadedAt: '2026-06-01T00:00:00Z',
      },
    ]);
  });
});

describe('of a response', () => {
  it('about numbers, each row that is not recorded is receipted with its line and first reason', async () => {
    expect(await receiptOf(reverify, textOf(numbers, '\r\n'))).toMatchObject({
      rows: 29,
      recorded: 6,
      alreadyRecorded: 2,
      rejected: {
        bad_date: 3,
        bad_msisdn: 2,
        before_sighting: 1,
        conflicts_with_recorded: 4,
        missing_msisdn: 1,
        not_in_direction: 2,
        unknown_outcome: 5,
        wrong_cell_count: 3,
      },
      rejects: listed(numbers),
      refused: null,
    });
  });

  it('about handsets, each row that is not recorded is receipted with its line and first reason', async () => {
    expect(await receiptOf(block, textOf(handsets, '\n'))).toMatchObject({
      rows: 13,
      recorded: 2,
      alreadyRecorded: 1,
      rejected: {
        bad_date: 1,
        check_digit_mismatch: 1,
        conflicts_with_recorded: 1,
        missing_imei: 1,
        not_a_device: 1,
        not_digits: 1,
        not_in_direction: 1,
        unknown_outcome: 1,
        wrong_cell_count: 1,
        wrong_length: 1,
      },
      rejects: listed(handsets),
      refused: null,
    });
  });

  it('each row that names another direction, as a copy of its order does, is rejected', async () => {
    const direction = await lab.direction(batchId, 'reverify', 'jio');
    const copy = `msisdn,outcome,order,direction\n7000000001,not_found,restore,${direction.replace('reverify', 'restore')}\n`;
    await lab.upload(`responses/jio/${direction}/copy.csv`, copy);
    expect(await lab.json(`receipts/jio/${direction}/copy.csv.${sha8(copy)}.json`)).toMatchObject({
      recorded: 0,
      rejects: [{ line: 2, reason: 'not_in_direction' }],
    });
  });

  it('the administrators are told of conflicts with what is recorded', () => {
    expect(noticed('fraud-administrators', 'conflicts')).toMatchObject([
      { directionId: reverify, operator: 'airtel', conflicts: 4 },
      { directionId: block, operator: 'airtel', conflicts: 1 },
    ]);
  });
});

describe('a day', () => {
  const second = 1000;
  const rows = (msisdn: number) => [`${H2},${msisdn},2026-06-02,`, `${H2},${msisdn},2026-06-03,`];

  it('begins at 18:30 UTC, midnight in Kolkata: a sighting of tomorrow is rejected', async () => {
    await lab.cloud.run(START + 18.5 * HOUR - second);
    await lab.usage('vi', rows(9900000001), 'before.csv');
    expect(await lab.read('rejects/vi/before.csv')).toBe(
      withWhatToDo('line,value,reason\n2,2026-06-02,bad_date\n3,2026-06-03,bad_date\n'),
    );
    await lab.cloud.run(START + 18.5 * HOUR);
    await lab.usage('vi', rows(9900000002), 'after.csv');
    expect(await lab.read('rejects/vi/after.csv')).toBe(withWhatToDo('line,value,reason\n3,2026-06-03,bad_date\n'));
    expect(await tables.links(H2)).toEqual(['2026-05-19#+919800000001#airtel', '2026-06-02#+919900000002#vi']);
  });

  it('and so does the day of an answer', async () => {
    const answer = 'msisdn,outcome,occurred_on\n7000000001,verified,2026-06-03\n7000000001,disconnected,2026-06-02\n';
    const direction = await lab.direction(batchId, 'reverify', 'jio');
    await lab.upload(`responses/jio/${direction}/answer.csv`, answer);
    expect(await lab.json(`receipts/jio/${direction}/answer.csv.${sha8(answer)}.json`)).toMatchObject({
      recorded: 1,
      rejects: [{ line: 2, reason: 'bad_date' }],
    });
  });
});

describe('in the end', () => {
  it('what was rejected is in no book but that of the rejects', async () => {
    await lab.cloud.run();
    const summary = await lab.summary('mha');
    expect(summary).toMatchObject({ status: 'settled', unexplained: 0 });
    expect(summary.report).toEqual({ rows: 25, rejected: 21, repeats: 2, handsets: 2 });
    // A1 and A3 verified, A4 and J1 disconnected, A5 not found; A2 and A7 never answered and A6 only failed.
    expect(summary.connections).toMatchObject({ linked: 8, directed: 8 });
    expect(summary.connections).toMatchObject({
      verified: 2,
      disconnected: 2,
      surrendered: 0,
      notFound: 1,
      ported: 0,
      extended: 0,
      reissued: 0,
      withdrawn: 0,
      overdue: 3,
      overdueFailed: 1,
    });
    // At airtel H1 is blocked and H2 not found; four operators never answered.
    expect(summary.blocks).toMatchObject({ rows: 10, directed: 10, blocked: 1, notFound: 1, overdue: 8 });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('a text from outside goes into the revocation list as text, not as a formula', async () => {
    expect(await lab.read(`revocations/2026-06-17/${batchId}.csv`)).toBe(
      'msisdn,operator,lsa,disconnected_on,reason\n' +
        '+917000000001,jio,,2026-06-02,linked_to_reported_handset\n' +
        `+919800000004,airtel,"'=Delhi, ""NCR""",2026-05-30,linked_to_reported_handset\n`,
    );
  });

  it('no notice and no line of a log holds a phone number, an IMEI or an IMSI', async () => {
    const texts = [...logged, ...Object.values(notices).flat(), ...Object.values(await told(lab)).flat()];
    expect(texts.length).toBeGreaterThan(60);
    expect(texts.map((text) => JSON.stringify(text)).filter(holdsAnIdentifier)).toEqual([]);
  });
});
