import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinkedCount } from '../../lambdas/domain/linked.ts';
import { type GatheredLink, gatheredLine } from '../../lambdas/domain/sightings.ts';
import { BadWorkLine } from '../../lambdas/domain/tabbed.ts';
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
    const reserved = ['+910000000000', '+910099999999'].map((number) =>
      link('9800000001', '2026-05-20', 'self-check', { msisdn: number as GatheredLink['msisdn'] }),
    );
    const others = ['6000000000', '9999999999', '9800000001'].map((number) => link(number, '2026-05-20', 'jio'));
    expect(await counted([...reserved, ...others, ...reserved])).toEqual({ jio: 3, 'self-check': 2 });
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

  test.each([
    ['is cut off', '+919800000001\t35200000000001\t2026-05-20\tairtel\tDelhi'],
    ['has four cells', '+919800000001\t35200000000001\t2026-05-20\tairtel\n'],
    ['has another form', '9800000001\t35200000000001\t2026-05-20\tairtel\tDelhi\n'],
    ['has no number', '+91xxxxxxxxxx\t35200000000001\t2026-05-20\tairtel\tDelhi\n'],
    ['is empty', '\n'],
  ])('takes no line that %s', async (_, line) => {
    await expect(new LinkedCount().add(cut(Buffer.from(line), 1000))).rejects.toThrow(BadWorkLine);
  });

  test('is sorted by operator', async () => {
    const links = [link('9800000001', '2026-05-20', jio), link('9800000002', '2026-05-20', airtel)];
    expect(Object.keys(await counted(links))).toEqual([airtel, jio]);
  });
});
