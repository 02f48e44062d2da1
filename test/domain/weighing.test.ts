import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Imei } from '../../lambdas/domain/identifiers.ts';
import { BadWorkLine } from '../../lambdas/domain/tabbed.ts';
import {
  type HandsetWeight,
  heldCsv,
  heldImeis,
  heldWhy,
  heldWhys,
  LinksOutOfOrder,
  parseWeightLine,
  WeighedHandsets,
  type WeighedLink,
  Weighing,
  weightLine,
} from '../../lambdas/domain/weighing.ts';
import { day, imei, msisdn } from './example.ts';

const handset = imei('35200000000001');
const link = (number: number, on: string, lsa = 'Delhi'): WeighedLink => ({
  msisdn: msisdn(String(9_800_000_000 + number)),
  lastSeen: day(on),
  lsa,
});
/** Links of so many numbers on a day, each in an area of its own. */
const spread = (numbers: number, on: string, from = 0) =>
  Array.from({ length: numbers }, (_, n) => link(from + n, on, `Area ${n}`));
/** The weight of a handset with these links, in the order of their sort keys. */
const weighHandset = (of: Imei, links: Iterable<WeighedLink>): HandsetWeight => {
  const weighing = new Weighing(of, '');
  for (const one of links) weighing.add(one);
  return weighing.weight();
};
const heldFrom = { busyDay: 25, manyConnections: 500 };
const among = (weights: HandsetWeight[], most = 10) => {
  const all = new WeighedHandsets(heldFrom, most);
  for (const weight of weights) all.add(weight);
  return all;
};

describe("a handset's weight", () => {
  test('has each number once, whatever the days and operators it was seen on and at', () => {
    const weight = weighHandset(handset, [
      link(1, '2026-05-01', 'Delhi'),
      link(1, '2026-05-01', 'Mumbai'),
      link(2, '2026-05-01', 'Delhi'),
      link(1, '2026-05-02', 'Kerala'),
      link(3, '2026-05-02', ''),
    ]);
    expect(weight).toEqual({
      imei: '35200000000001',
      connections: 3,
      areas: 3,
      busiestDay: '2026-05-01',
      connectionsThatDay: 2,
      areasThatDay: 2,
    });
  });

  test('has of two days with as many numbers the earlier one, and a later one only with more', () => {
    const tie = [...spread(2, '2026-05-01'), ...spread(2, '2026-05-02', 10)];
    expect(weighHandset(handset, tie)).toMatchObject({ busiestDay: '2026-05-01', connectionsThatDay: 2 });
    expect(weighHandset(handset, [...tie, ...spread(3, '2026-05-03')])).toMatchObject({
      busiestDay: '2026-05-03',
      connectionsThatDay: 3,
      areasThatDay: 3,
    });
  });

  test('counts no area where nobody told one', () => {
    expect(weighHandset(handset, [link(1, '2026-05-01', '')])).toMatchObject({ areas: 0, areasThatDay: 0 });
  });

  test('is none where it was not seen', () => {
    expect(weighHandset(handset, [])).toEqual({
      imei: '35200000000001',
      connections: 0,
      areas: 0,
      busiestDay: null,
      connectionsThatDay: 0,
      areasThatDay: 0,
    });
  });

  test('may be asked for at any time, and goes on', () => {
    const weighing = new Weighing(handset, 'secret');
    weighing.add(link(1, '2026-05-01', 'Delhi'));
    expect(weighing.weight()).toMatchObject({ connections: 1, areasThatDay: 1 });
    weighing.add(link(1, '2026-05-01', 'Kerala'));
    weighing.add(link(2, '2026-05-02'));
    expect(weighing.weight()).toMatchObject({ connections: 2, busiestDay: '2026-05-01', areasThatDay: 2 });
  });

  test('is not made of days, or of numbers of a day, that come out of order', () => {
    expect(() => weighHandset(handset, [link(1, '2026-05-02'), link(1, '2026-05-01')])).toThrow(LinksOutOfOrder);
    expect(() => weighHandset(handset, [link(2, '2026-05-01'), link(1, '2026-05-01')])).toThrow(LinksOutOfOrder);
    // A failure is logged by its name alone.
    expect(new LinksOutOfOrder().name).toBe('LinksOutOfOrder');
  });

  test('of a cloned handset takes a few bytes for each number, though each of its links has a long area of its own', () => {
    const weighing = new Weighing(handset, 'secret');
    const long = 'द'.repeat(490);
    for (let n = 0; n < 60_000; n++) weighing.add(link(n, '2026-05-20', long + n));
    // 80,000 places are needed, 2^17 are there: of four bytes, for its numbers, its areas, and those of the day.
    expect(weighing.bytes).toBe(3 * 4 * 2 ** 17);
    const { areas, areasThatDay, ...others } = weighing.weight();
    expect(others).toEqual({
      imei: handset,
      connections: 60_000,
      busiestDay: '2026-05-20',
      connectionsThatDay: 60_000,
    });
    // Of 60,000 hashes of 32 bits hardly one is another's.
    for (const one of [areas, areasThatDay]) {
      expect(one).toBeGreaterThan(59_990);
      expect(one).toBeLessThanOrEqual(60_000);
    }
  });

  test('is what sets come to, for any links', () => {
    const links = fc.array(
      fc.record({
        number: fc.nat(12),
        on: fc.nat(4).map((n) => `2026-05-0${n + 1}`),
        lsa: fc.constantFrom('', 'Delhi', 'Kerala', 'UP West'),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(links, (all) => {
        const numbersOn = (on: string) => new Set(all.filter((one) => one.on === on).map(({ number }) => number)).size;
        const areasOn = (on: string) =>
          new Set(all.filter((one) => one.on === on && one.lsa !== '').map(({ lsa }) => lsa)).size;
        const [busiest = null] = [...new Set(all.map(({ on }) => on))].sort(
          (a, b) => numbersOn(b) - numbersOn(a) || a.localeCompare(b),
        );
        const inOrder = [...all].sort((a, b) => a.on.localeCompare(b.on) || a.number - b.number);
        expect(
          weighHandset(
            handset,
            inOrder.map(({ number, on, lsa }) => link(number, on, lsa)),
          ),
        ).toEqual({
          imei: handset,
          connections: new Set(all.map(({ number }) => number)).size,
          areas: new Set(all.map(({ lsa }) => lsa).filter((lsa) => lsa !== '')).size,
          busiestDay: busiest,
          connectionsThatDay: busiest === null ? 0 : numbersOn(busiest),
          areasThatDay: busiest === null ? 0 : areasOn(busiest),
        });
      }),
    );
  });
});

describe('a handset is held', () => {
  const why = (links: WeighedLink[]) => heldWhy(weighHandset(handset, links), heldFrom);
  /** So many numbers in all, at most 20 a day. */
  const slowly = (numbers: number) =>
    Array.from({ length: numbers }, (_, n) => link(n, `2026-05-${String(1 + Math.floor(n / 20)).padStart(2, '0')}`));

  test('for 25 distinct numbers on one day, and not for 24', () => {
    expect(why(spread(24, '2026-05-01'))).toBeNull();
    expect(why(spread(25, '2026-05-01'))).toBe('busy_day');
    expect(why([link(0, '2026-05-01'), ...spread(24, '2026-05-01'), link(99, '2026-05-02')])).toBeNull();
  });

  test('for 500 distinct numbers in all, and not for 499', () => {
    expect(why(slowly(499))).toBeNull();
    expect(why(slowly(500))).toBe('many_connections');
  });

  test('for the first of both that applies', () => {
    expect(why(spread(500, '2026-05-01'))).toBe('busy_day');
  });
});

describe('what is made of weights', () => {
  const weighed = (key: string, numbers: number, on = '2026-05-01') => weighHandset(imei(key), spread(numbers, on));

  test('held.csv has the held ones with 15 digits, sorted', () => {
    const handsets = among([
      weighed('49015420323751', 30),
      weighed('35000000000000', 24),
      weighed('35000000000001', 26),
    ]);
    expect(handsets.handsets).toBe(3);
    const held = handsets.held();
    expect(held.map((one) => one.imei)).toEqual(['35000000000001', '49015420323751']);
    // The check digits are those of the reports' examples in docs/formats.md and of 3GPP TS 23.003.
    const text = `imei,why,connections,areas,busiest_day,connections_that_day,areas_that_day
350000000000014,busy_day,26,26,2026-05-01,26,26
490154203237518,busy_day,30,30,2026-05-01,30,30
`;
    expect(heldCsv(held)).toBe(text);
    expect(heldCsv([...held].reverse())).toBe(text);
    expect(heldCsv([])).toBe('imei,why,connections,areas,busiest_day,connections_that_day,areas_that_day\n');
    expect(heldImeis(text)).toEqual(['35000000000001', '49015420323751']);
    expect(heldImeis(heldCsv([]))).toEqual([]);
    const many = text.replace('518,busy_day', '518,many_connections');
    expect(heldWhys(many)).toEqual(
      new Map([
        ['35000000000001', 'busy_day'],
        ['49015420323751', 'many_connections'],
      ]),
    );
    // Of what was cut or changed nothing is read: who is held would be directed.
    for (const spoilt of [
      '',
      text.slice(0, -5),
      text.replace('why', 'way'),
      text.replace('350000000000014', '350000000000015'),
      text.replace('350000000000014', '35000000000001x'),
      text.replace('518,busy_day', '518,busy_days'),
      text.replace('518,busy_day', '5180,busy_day'),
      text.replace('518,busy_day', '518'),
    ])
      for (const read of [heldImeis, heldWhys]) expect(() => read(spoilt)).toThrow(BadWorkLine);
  });

  test('the heaviest come first, of two that weigh the same the lower IMEI, and no more than asked for', () => {
    const weights = Array.from({ length: 400 }, (_, n) => weighed(String(35_000_000_000_000 + n), (n * 7) % 50));
    const expected = weights
      .map(({ imei: one, connections }) => ({ one, connections }))
      .sort((a, b) => b.connections - a.connections || a.one.localeCompare(b.one))
      .slice(0, 10)
      .map(({ one }) => one);
    expect(
      among(weights)
        .heaviest()
        .map((one) => one.imei),
    ).toEqual(expected);
    expect(
      among([...weights].reverse())
        .heaviest()
        .map((one) => one.imei),
    ).toEqual(expected);
    expect(among([]).heaviest()).toEqual([]);
  });

  test('a weight travels as a line', () => {
    const seen = weighed('01234567890123', 3);
    expect(weightLine(seen)).toBe('01234567890123\t2026-05-01\t3\t3\t3\t3');
    for (const weight of [seen, weighHandset(handset, [])]) expect(parseWeightLine(weightLine(weight))).toEqual(weight);
    expect(parseWeightLine('01234567890123\t\t0\t10\t999999999999999\t3')).toEqual({
      imei: '01234567890123',
      connections: 0,
      areas: 10,
      busiestDay: null,
      connectionsThatDay: 999_999_999_999_999,
      areasThatDay: 3,
    });
    const cells = ['01234567890123', '2026-05-01', '3', '3', '3', '3'];
    const spoilt = [
      ...['', 'x01234567890123', '01234567890123x', '0123456789012'].map((one) => cells.with(0, one)),
      ...['x2026-05-01', '2026-05-01x', '2026-5-1', ' '].map((one) => cells.with(1, one)),
      ...[2, 3, 4, 5].flatMap((n) =>
        ['', '-1', '03', '3x', 'x3', '1e3', '1000000000000000'].map((one) => cells.with(n, one)),
      ),
      cells.slice(1),
      [...cells, '3'],
      [],
    ];
    for (const line of spoilt.map((one) => one.join('\t'))) expect(() => parseWeightLine(line)).toThrow(BadWorkLine);
  });
});
