import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asInstant, type Day } from '../../lambdas/domain/days.ts';
import {
  cutEvenly,
  directionRowLine,
  orderCsv,
  orderedRows,
  parseDirectionRowLine,
  restoreCsv,
  subjectOfLine,
} from '../../lambdas/domain/directions.ts';
import type { DirectionId, Imei, Msisdn } from '../../lambdas/domain/identifiers.ts';
import { anyText, readAll } from './csv-reading.ts';
import { thrown } from './example.ts';

const reverify = (msisdn: string, imei: string, lsa = '') => ({
  msisdn: msisdn as Msisdn,
  imei: imei as Imei,
  lastSeen: '2026-05-20' as Day,
  lsa,
});
const block = (imei: string) => ({ imei: imei as Imei });

describe('cutting into directions', () => {
  test('gives as few pieces as can be, as even as can be', () => {
    const sizes = (rows: number, most: number) =>
      cutEvenly(Array.from({ length: rows }), most).map(({ length }) => length);
    expect(sizes(0, 2000)).toEqual([]);
    expect(sizes(1, 2000)).toEqual([1]);
    expect(sizes(2000, 2000)).toEqual([2000]);
    expect(sizes(2001, 2000)).toEqual([1000, 1001]);
    expect(sizes(7, 3)).toEqual([2, 2, 3]);
    expect(sizes(3, 1)).toEqual([1, 1, 1]);
  });
  test('loses and doubles no row, keeps their order, and no piece is larger than allowed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 300 }), fc.integer({ min: 1, max: 60 }), (rows, most) => {
        const pieces = cutEvenly(rows, most);
        const sizes = pieces.map(({ length }) => length);
        expect(pieces.flat()).toEqual(rows);
        expect(pieces.length).toBe(Math.ceil(rows.length / most));
        if (pieces.length > 0) {
          expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          expect(Math.min(...sizes)).toBeGreaterThan(0);
        }
      }),
    );
  });
  test.each([0, -1, 1.5, Number.NaN])('into pieces of at most %d rows makes no sense', (most) => {
    expect(thrown(() => cutEvenly([1], most))).toBe('RangeError: a piece holds at least one row');
  });
});

describe("the line of a direction's row", () => {
  test('has what its order, its answers and the revocation list need', () => {
    expect(directionRowLine('reverify', reverify('+919876543210', '49015420323751', 'Delhi'))).toBe(
      '+919876543210\t49015420323751\t2026-05-20\tDelhi',
    );
    expect(directionRowLine('block', block('49015420323751'))).toBe('49015420323751');
    expect(parseDirectionRowLine('block', '49015420323751')).toEqual({ imei: '49015420323751' });
  });
  test('tells the day of the sighting that it is directed for where that was before it was seen last', () => {
    const row = { ...reverify('+919876543210', '49015420323751', 'Delhi'), actedUpon: '2026-05-10' as Day };
    const line = '+919876543210\t49015420323751\t2026-05-20\tDelhi\t2026-05-10';
    expect(directionRowLine('reverify', row)).toBe(line);
    expect(parseDirectionRowLine('reverify', line)).toEqual(row);
    expect(subjectOfLine('restore', line)).toMatchObject({ lastSeen: '2026-05-20', directedFor: '2026-05-10' });
  });
  test('keeps any text from outside, on one line', () => {
    fc.assert(
      fc.property(anyText, (lsa) => {
        const row = reverify('+919876543210', '49015420323751', lsa);
        const line = directionRowLine('reverify', row);
        expect(line).not.toMatch(/[\n\r]/);
        expect(parseDirectionRowLine('reverify', line)).toEqual(row);
      }),
    );
  });
  const good = '+919876543210\t49015420323751\t2026-05-20\tDelhi';
  test.each([
    '',
    '49015420323751',
    `${good}\tmore`,
    `${good}\t`,
    `${good}\t2026-05-10\t`,
    good.slice(0, -'\tDelhi'.length),
    good.replace('+91', ''),
    good.replace('49015420323751', '490154203237518'),
    good.replace('2026-05-20', '20-05-2026'),
    good.replace('2026-05-20', ''),
  ])('of a re-verification is not %j', (line) => {
    const read = () => parseDirectionRowLine('reverify', line);
    expect(thrown(read)).toBe(
      "BadWorkLine: a connection's row is a number, a handset, a day, an area, and an earlier day or none",
    );
  });
  test.each(['', 'a', '490154203237518', '49015420323751\t49015420323751', good])('of a block is not %j', (line) => {
    expect(thrown(() => parseDirectionRowLine('block', line))).toBe('BadWorkLine: a block row is a handset');
  });
});

describe('an order file', () => {
  const deadline = asInstant('2026-06-06T00:00:00Z');
  const disconnectBy = asInstant('2026-06-17T00:00:00Z');
  const head = (order: 'block' | 'reverify') => ({
    directionId: `mha-0123456789ab.${order}.airtel.12-3-0` as DirectionId,
    order,
    deadline,
    disconnectBy,
  });
  test('of a re-verification has connection, handset, reason, deadline, reference and last deadline, what it is, and in which direction, sorted by connection', () => {
    const rows = [
      { place: 1, row: reverify('+919876543211', '49015420323751', '=1+1') },
      { place: 0, row: reverify('+919876543210', '35209900176148') },
    ];
    // By hand, over 00000012 0003 0000 and the row: 2 + 7 = 9, and 4 + 7 = 11.
    expect(orderCsv('reverify', head('reverify'), rows)).toBe(
      'msisdn,imei,reason,deadline,reference,disconnect_by,order,direction\n' +
        '+919876543210,352099001761481,linked_to_reported_handset,2026-06-06T00:00:00Z,airtel-12-3-0-1-1,2026-06-17T00:00:00Z,reverify,mha-0123456789ab.reverify.airtel.12-3-0\n' +
        '+919876543211,490154203237518,linked_to_reported_handset,2026-06-06T00:00:00Z,airtel-12-3-0-2-9,2026-06-17T00:00:00Z,reverify,mha-0123456789ab.reverify.airtel.12-3-0\n',
    );
  });
  test('of a block has handset, reason, deadline, what it is and in which direction, sorted by handset', () => {
    const rows = ['49015420323751', '35209900176148'].map((imei, place) => ({ place, row: block(imei) }));
    expect(orderCsv('block', head('block'), rows)).toBe(
      'imei,reason,deadline,order,direction\n' +
        '352099001761481,reported_for_fraud,2026-06-06T00:00:00Z,block,mha-0123456789ab.block.airtel.12-3-0\n' +
        '490154203237518,reported_for_fraud,2026-06-06T00:00:00Z,block,mha-0123456789ab.block.airtel.12-3-0\n',
    );
  });
  test('does not depend on the order of the rows, and loses none', async () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 6_000_000_000, max: 9_999_999_999 }), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(numbers, async (all) => {
        const rows = all.map((number, place) => ({ place, row: reverify(`+91${number}`, '49015420323751') }));
        const file = orderCsv('reverify', head('reverify'), rows);
        expect(orderCsv('reverify', head('reverify'), rows.toReversed())).toBe(file);
        const reading = await readAll([Buffer.from(file)], { required: ['msisdn'], optional: [] });
        expect(reading.rows.map((row) => 'cells' in row && row.cells.msisdn)).toEqual(
          all.toSorted((a, b) => a - b).map((number) => `+91${number}`),
        );
      }),
    );
  });
  test("takes its rows from the lines of the direction's, and none that is not there", () => {
    const lines = ['35209900176148', '49015420323751', ''];
    expect(orderedRows('block', [1], lines)).toEqual([{ place: 1, row: { imei: '49015420323751' } }]);
    expect(thrown(() => orderedRows('block', [2], lines))).toBe('BadWorkLine: a block row is a handset');
  });
  test('of a re-verification that gives service back says so, in the direction that had taken it', () => {
    const rows = [{ place: 6, row: reverify('+919876543211', '49015420323751', '=1+1') }];
    expect(restoreCsv(head('reverify'), rows)).toBe(
      'msisdn,imei,reason,deadline,order,direction\n' +
        '+919876543211,490154203237518,reversed,2026-06-06T00:00:00Z,restore,mha-0123456789ab.reverify.airtel.12-3-0\n',
    );
  });
  test("is a direction's", () => {
    const written = () => orderCsv('block', { ...head('block'), directionId: 'mha' as DirectionId }, []);
    expect(thrown(written)).toBe("BadDirectionId: an order is a direction's");
  });
});

test('a line is about the number that is to be re-verified, seen last on a day, or about the handset to be blocked', () => {
  const [number, imei] = ['+919876543210', '35693803564380'];
  const line = directionRowLine('reverify', reverify(number, imei, 'Delhi'));
  expect(subjectOfLine('reverify', line)).toEqual({
    identifier: number,
    lastSeen: '2026-05-20',
    directedFor: '2026-05-20',
  });
  expect(subjectOfLine('block', directionRowLine('block', block(imei)))).toEqual({
    identifier: imei,
    lastSeen: null,
    directedFor: null,
  });
});
