import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinkedCount } from '../../lambdas/domain/linked.ts';
import { type GatheredLink, gatheredLine } from '../../lambdas/domain/sightings.ts';
import { airtel, day, imei, jio, msisdn } from './example.ts';

const link = (number: string, lastSeen: string, operator: string, more: Partial<GatheredLink> = {}): GatheredLink => ({
  msisdn: msisdn(number),
  imei: imei('35200000000001'),
  lastSeen: day(lastSeen),
  operator: operator as GatheredLink['operator'],
  lsa: 'Delhi',
  ...more,
});
const text = (links: readonly GatheredLink[]) => Buffer.from(links.map((one) => `${gatheredLine(one)}\n`).join(''));
async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield new Uint8Array(bytes.subarray(at, at + size));
}
async function counted(...objects: GatheredLink[][]) {
  const count = new LinkedCount();
  for (const object of objects) expect(await count.add(cut(text(object), 64))).toBe(object.length);
  return count.byOperator();
}

const line = '+919800000001\t35200000000001\t2026-05-20\tairtel\tDelhi\n';

describe('the count that the books are held to', () => {
  test('has each number once, under the operator of its newest sighting', async () => {
    expect(
      await counted(
        [link('9800000001', '2026-05-20', 'airtel'), link('9800000002', '2026-05-20', 'airtel')],
        [link('9800000001', '2026-05-21', 'jio'), link('9800000002', '2026-05-19', 'vi')],
        [link('9800000001', '2026-05-20', 'airtel', { imei: imei('35200000000002') })],
      ),
    ).toEqual({ airtel: 1, jio: 1, vi: 0 });
  });

  test('of two operators on one day takes the one whose id comes first, whichever was met first', async () => {
    const [first, second] = [link('9800000001', '2026-05-20', 'bsnl'), link('9800000001', '2026-05-20', 'airtel')];
    expect(await counted([first, second])).toEqual({ airtel: 1, bsnl: 0 });
    expect(await counted([second], [first])).toEqual({ airtel: 1, bsnl: 0 });
  });

  test('knows days apart over months and years, and the first numbers from the last', async () => {
    const least = ['2025-12-31', '2026-01-01'].map((on, n) => link('6000000000', on, ['jio', 'airtel'][n] ?? ''));
    const most = ['2026-02-28', '2026-03-01'].map((on, n) => link('9999999999', on, ['airtel', 'jio'][n] ?? ''));
    expect(await counted([...least, ...most])).toEqual({ airtel: 1, jio: 1 });
  });

  test('counts the numbers of the self-check apart from all others, the first and the last of each', async () => {
    const reserved = ['+910000000000', '+910000000001', '+910099999999'].map((number) =>
      link('9800000001', '2026-05-20', 'self-check', { msisdn: number as GatheredLink['msisdn'] }),
    );
    const others = ['6000000000', '9999999999', '9800000001'].map((number) => link(number, '2026-05-20', 'jio'));
    expect(await counted([...reserved, ...others, ...reserved])).toEqual({ jio: 3, 'self-check': 3 });
  });

  test('is none where nothing was gathered', async () => {
    expect(await counted([])).toEqual({});
  });

  test('is what sets of texts come to, for any links, however the bytes are cut', async () => {
    const links = fc.array(
      fc.record({
        number: fc.nat(60).map((n) => `98${String(n).padStart(8, '0')}`),
        on: fc.nat(3).map((n) => `2026-05-0${n + 1}`),
        operator: fc.constantFrom('airtel', 'air-tel', 'jio'),
        lsa: fc.constantFrom('', 'Delhi', 'Jammu & Kashmir', 'दिल्ली', 'tab\there'),
      }),
      { maxLength: 3000 },
    );
    await fc.assert(
      fc.asyncProperty(links, fc.integer({ min: 1, max: 300 }), async (some, size) => {
        const newest = new Map<string, string>();
        // Of all that is said of a number the last in this order counts: by day, then by operator from z to a.
        const said = some.map(({ number, on, operator }) => ({ number, on, operator }));
        said.sort((a, b) => (a.on !== b.on ? (a.on < b.on ? -1 : 1) : a.operator < b.operator ? 1 : -1));
        for (const { number, operator } of said) newest.set(number, operator);
        const expected: Record<string, number> = {};
        for (const { operator } of said) expected[operator] = 0;
        for (const operator of newest.values()) expected[operator] = (expected[operator] ?? 0) + 1;

        const count = new LinkedCount();
        const all = some.map(({ number, on, operator, lsa }) => link(number, on, operator, { lsa }));
        expect(await count.add(cut(text(all), size))).toBe(some.length);
        expect(count.byOperator()).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('has room for many more numbers than it began with, each met twice', async () => {
    const links = (operator: string, on: string) =>
      Array.from({ length: 5000 }, (_, n) => link(String(9_000_000_000 + n * 7919), on, operator));
    expect(await counted(links('jio', '2026-05-20'), links('airtel', '2026-05-19'))).toEqual({ airtel: 0, jio: 5000 });
  });

  const cells = 'BadWorkLine: a gathered link has five cells';
  const values = 'BadWorkLine: a gathered link has a number and a day';
  test.each([
    [
      'has no end',
      '+919800000001\t35200000000001\t2026-05-20\tairtel\tDelhi',
      'BadWorkLine: the last gathered link has no end',
    ],
    ['has four cells', '+919800000001\t35200000000001\t2026-05-20\tairtel\n', cells],
    ['has four cells before one that has five', `+919800000001\t35200000000001\t2026-05-20\tairtel\n${line}`, cells],
    ['has a number of another form', '9800000001\t35200000000001\t2026-05-20\tairtel\tDelhi\n', cells],
    ['has no tab after its number', '+919800000001 35200000000001\t2026-05-20\tairtel\tDelhi\n', cells],
    ['has no tab after its handset', '+919800000001\t35200000000001 2026-05-20\tairtel\tDelhi\n', cells],
    ['has no tab after its day', '+919800000001\t35200000000001\t2026-05-20 airtel\tDelhi\n', cells],
    ['is empty', '\n', cells],
    ['has letters for its number', '+91xxxxxxxxxx\t35200000000001\t2026-05-20\tairtel\tDelhi\n', values],
    ['has a number below all others', '+915999999999\t35200000000001\t2026-05-20\tairtel\tDelhi\n', values],
    [
      'has a number after the last of the self-check',
      '+910100000000\t35200000000001\t2026-05-20\tairtel\tDelhi\n',
      values,
    ],
    ['has a number above all others', '+91:999999999\t35200000000001\t2026-05-20\tairtel\tDelhi\n', values],
    ['is of a day before 1900', '+919800000001\t35200000000001\t1899-11-30\tairtel\tDelhi\n', values],
    ['is of a day that its word has no room for', '+919800000001\t35200000000001\t2076-02-02\tairtel\tDelhi\n', values],
  ])('takes no line that %s', async (_, bad, error) => {
    expect(await new LinkedCount().add(cut(Buffer.from(bad), 1000)).catch(String)).toBe(error);
  });

  test('knows days from 1900 on, and up to 1 February 2076', async () => {
    // (2076 − 1900) × 12 + 2 months of 31 days, and one day more, are 65,535: all of 16 bits.
    const days = ['1900-01-01', '2076-01-31', '2076-02-01'].map((on, n) => link('9800000001', on, `operator-${n}`));
    expect(await counted(days)).toEqual({ 'operator-0': 0, 'operator-1': 0, 'operator-2': 1 });
  });

  test('knows 65,536 operators, and no more', async () => {
    const named = (n: number) => `+919800000001\t35200000000001\t2026-05-20\t${n.toString(36)}\t\n`;
    const most = Buffer.from(Array.from({ length: 65_536 }, (_, n) => named(n)).join(''));
    const count = new LinkedCount();
    expect(await count.add(cut(most, 100_000))).toBe(65_536);
    expect(await count.add(cut(Buffer.from(named(7)), 100))).toBe(1);
    expect(await count.add(cut(Buffer.from(named(65_536)), 100)).catch(String)).toBe(
      'BadWorkLine: gathered links name too many operators',
    );
  });

  test('is sorted by operator', async () => {
    const links = [link('9800000001', '2026-05-20', jio), link('9800000002', '2026-05-20', airtel)];
    expect(Object.keys(await counted(links))).toEqual([airtel, jio]);
  });
});
