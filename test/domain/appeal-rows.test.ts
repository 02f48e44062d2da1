import { describe, expect, it } from 'vitest';
import { APPEAL_COLUMNS, parseAppealRow, readAppeals } from '../../lambdas/domain/appeal-rows.ts';
import { readCsv } from '../../lambdas/domain/csv.ts';
import { referenceOf } from '../../lambdas/domain/references.ts';
import { airtel, msisdn } from './example.ts';

const HEADER = 'msisdn,imei,reference,ground,case_ref\n';
const referred = { operator: airtel, plan: 12, shard: 3, n: 0, row: 1 };
const R = referenceOf(referred);

async function rowsOf(...rows: string[]) {
  const text = HEADER + rows.map((row) => `${row}\n`).join('');
  return (await Array.fromAsync(readCsv([Buffer.from(text)], APPEAL_COLUMNS))).flat().map(parseAppealRow);
}
const pointer = { directionId: 'mha-0123456789ab.reverify.airtel.12-3-0', row: 0 } as never;
const known = (msisdnOf: string) => () => ({ msisdn: msisdn(msisdnOf), pointer });

describe('a row of an appeal', () => {
  it('is about a number, a handset, both as one, or what a reference stands for', async () => {
    expect(
      await rowsOf(
        '09876543210,,,wrong_number,A-1',
        ',350000000000006,,COURT_ORDER,',
        '9876543210,350000000000006,,cloned,A-2',
        `,,${R.toUpperCase()},Reissued,A-3`,
      ),
    ).toEqual([
      { line: 2, msisdn: '+919876543210', imei: null, referred: null, ground: 'wrong_number', caseRef: 'A-1' },
      { line: 3, msisdn: null, imei: '35000000000000', referred: null, ground: 'court_order', caseRef: '' },
      { line: 4, msisdn: '+919876543210', imei: '35000000000000', referred: null, ground: 'cloned', caseRef: 'A-2' },
      { line: 5, msisdn: null, imei: null, referred, ground: 'reissued', caseRef: 'A-3' },
    ]);
  });

  // Written so elsewhere in a file of lookups they tell that it is an appeal, and to put them into `ground`.
  it.each([
    ['Wrong number', 'wrong_number'],
    ['Wrong number.', 'wrong_number'],
    ['wrong-handset', 'wrong_handset'],
    ['CLONED', 'cloned'],
    ['Re-issued', 'reissued'],
    ['re issued\u200b', 'reissued'],
    ['court-order', 'court_order'],
    ['Court  Order', 'court_order'],
    ['court\u2013order', 'court_order'],
  ])('is on a ground as people write it: %s', async (on, ground) => {
    expect(await rowsOf(`9876543210,,,${on},`)).toMatchObject([{ line: 2, ground }]);
  });

  it.each([
    ...['cloned?', 'court order - WP 123/2026', 'wrong number 2', 'wrong', 'number', 'issued', '-', '.', 'was cloned'],
    ...['Wrong numbers', 'cloned/reissued', '"wrong number, cloned"'],
  ])('is on none where anything else stands there: %s', async (on) => {
    expect(await rowsOf(`9876543210,,,${on},`)).toEqual([{ line: 2, reason: 'bad_ground' }]);
  });

  it.each([
    ['9876543210,,wrong_number,A-1', 'wrong_cell_count'],
    [`9876543210,,${R},cloned,`, 'several_subjects'],
    [`,350000000000006,${R},cloned,`, 'several_subjects'],
    [',,,cloned,', 'missing_msisdn'],
    ['98765,,,cloned,', 'bad_msisdn'],
    ['98765,350000000000006,,cloned,', 'bad_msisdn'],
    [',3500,,cloned,', 'wrong_length'],
    ['9876543210,350000000000001,,cloned,', 'check_digit_mismatch'],
    [',,airtel-12-3-0-1-9,cloned,', 'bad_reference'],
    ['9876543210,,,,A-1', 'missing_ground'],
    ['9876543210,,,abroad,A-1', 'bad_ground'],
  ])('%s is rejected: %s', async (row, reason) => {
    expect(await rowsOf(row)).toEqual([{ line: 2, reason }]);
  });
});

describe('a file of appeals', () => {
  it('counts each number, handset and pair once, and answers each row; a reference asks for its number as it was', async () => {
    const read = readAppeals(
      await rowsOf(
        '9876543210,,,wrong_number,A-1',
        '+919876543210,,,cloned,A-2',
        '9876543210,350000000000006,,cloned,',
        ',350000000000006,,cloned,',
        `,,${R},reissued,`,
        '9876543210,,,,',
      ),
      known('9876543210'),
    );
    expect(read.appeals.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
    // The number, the pair, the handset, and whom the row had ordered.
    expect(read).toMatchObject({ rows: 6, recorded: 4, alreadyRecorded: 1 });
    expect(read.rejects).toEqual([{ line: 7, reason: 'missing_ground' }]);
  });

  it('asks by a reference for the number of its row, which is kept with it', async () => {
    const { appeals } = readAppeals(await rowsOf(`,,${R},reissued,A-3`), known('9876543211'));
    expect(appeals).toEqual([
      { line: 2, msisdn: '+919876543211', imei: null, row: pointer, ground: 'reissued', caseRef: 'A-3' },
    ]);
  });

  it('excepts a handset for 500 numbers at most; what is asked for again is none more', async () => {
    const pair = (n: number, imei = '350000000000006') => `${6_000_000_000 + n},${imei},,cloned,`;
    const pairs = Array.from({ length: 500 }, (_, n) => pair(n));
    const others = [pair(0), pair(500), ',350000000000006,,cloned,', pair(500, '350000000000014'), pair(501)];
    const read = readAppeals(await rowsOf(...pairs, ...others), () => undefined);
    expect(read).toMatchObject({ rows: 505, recorded: 502, alreadyRecorded: 1 });
    expect(read.rejects).toEqual([503, 506].map((line) => ({ line, reason: 'too_many_of_handset' })));
  });

  it('rejects a reference that stands for no row', async () => {
    const read = readAppeals(await rowsOf(`,,${R},reissued,`), () => undefined);
    expect(read).toMatchObject({
      appeals: [],
      rows: 1,
      recorded: 0,
      rejects: [{ line: 2, reason: 'unknown_reference' }],
    });
  });
});
