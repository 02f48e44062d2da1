import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import { LinkedCount } from '../../lambdas/domain/linked.ts';
import { previewText } from '../../lambdas/domain/preview.ts';
import { PreviewCount } from '../../lambdas/domain/preview-count.ts';
import { keepLink, type NumberLinks, numberSubject } from '../../lambdas/domain/subjects.ts';
import { BadWorkLine } from '../../lambdas/domain/tabbed.ts';
import { batchId, imei, jio } from './example.ts';
import { clone, counted, cut, link, plain, plainly, preview, reportSha256, text } from './previewed.ts';

describe('the count of a preview', () => {
  test('has each number once, under operator and area of its newest sighting', async () => {
    expect(
      plainly(
        await counted([
          link('9800000001', '2026-05-20', 'airtel', { lsa: 'Delhi' }),
          link('9800000001', '2026-05-21', 'jio', { lsa: 'Kerala' }),
          link('9800000002', '2026-05-20', 'airtel', { lsa: 'Kerala' }),
          link('9800000003', '2026-05-20', 'airtel', { lsa: '' }),
        ]),
      ),
    ).toEqual({
      linked: 3,
      linkedOnlyByHeld: 0,
      byOperator: { airtel: 2, jio: 1 },
      areas: [
        { area: 'Kerala', numbers: 2, byOperator: { airtel: 1, jio: 1 } },
        { area: '', numbers: 1, byOperator: { airtel: 1 } },
      ],
    });
  });

  test('tells the numbers apart that were seen on held handsets only', async () => {
    const onlyHeld = link('9800000001', '2026-05-20', 'airtel', { imei: clone });
    const both = [link('9800000002', '2026-05-20', 'jio', { imei: clone }), link('9800000002', '2026-05-01', 'jio')];
    const links = [onlyHeld, ...both, link('9800000003', '2026-05-20', 'jio')];
    for (const all of [links, [...links].reverse()])
      expect(await counted(all, [clone])).toMatchObject({ linked: 3, linkedOnlyByHeld: 1 });
  });

  test('is none where nothing was gathered', async () => {
    expect(plainly(await counted([]))).toEqual({ linked: 0, linkedOnlyByHeld: 0, byOperator: {}, areas: [] });
  });

  test('counts the numbers of the self-check apart from all others, the first and the last of each', async () => {
    const numbers = ['+910000000000', '+910099999999', '6000000000', '9999999999'];
    expect((await counted(numbers.map((one) => link(one, '2026-05-20', 'jio')))).linked).toBe(4);
  });

  test('has a number that was seen in two handsets on its newest day under the area of the lower IMEI, as its order has it', async () => {
    const [low, high] = [
      link('9800000001', '2026-05-20', 'airtel', { imei: clone, lsa: 'Mumbai' }),
      link('9800000001', '2026-05-20', 'airtel', { imei: plain, lsa: 'Delhi' }),
    ];
    // Neither another handset of the lower's area nor one of the higher's changes that.
    const third = { ...high, imei: imei('35200000000003') };
    for (const links of [
      [low, high, third],
      [third, high, low],
      [{ ...third, lsa: 'Mumbai' }, high, low],
    ])
      expect(plainly(await counted(links)).areas).toEqual([{ area: 'Mumbai', numbers: 1, byOperator: { airtel: 1 } }]);
    expect(plainly(await counted([high, { ...low, lsa: 'Delhi' }, { ...third, lsa: 'Mumbai' }])).areas).toMatchObject([
      { area: 'Delhi' },
    ]);
  });

  test('has room for many more numbers than it began with, each met twice', async () => {
    const links = (operator: string, on: string) =>
      Array.from({ length: 20_000 }, (_, n) => link(String(9_000_000_000 + n * 4096), on, operator));
    const all = await counted([...links('jio', '2026-05-20'), ...links('airtel', '2026-05-19')], [], 65_536);
    expect([all.linked, Object.fromEntries(all.byOperator)]).toEqual([20_000, { jio: 20_000 }]);
  });

  test('counts the areas of an operator that writes another one in each row in one, and the next operator’s still', async () => {
    const many = Array.from({ length: 5000 }, (_, n) =>
      link(String(9_000_000_000 + n), '2026-05-20', 'vi', { lsa: `area ${n}` }),
    );
    const all = await counted([...many, link('9800000001', '2026-05-20', 'jio')], [], 65_536);
    expect([all.linked, all.byOperator.get(jio)]).toEqual([5001, 1]);
    expect(all.areas[0]).toMatchObject({ area: null, numbers: 5001 - 4096 });
    expect(all.areas.reduce((sum, { numbers }) => sum + numbers, 0)).toBe(5001);
  });

  test.each([
    ['is cut off', '+919800000001\t35200000000001\t2026-05-20\tairtel\tDelhi'],
    ['has four cells', '+919800000001\t35200000000001\t2026-05-20\tairtel\n'],
    ['has six cells', '+919800000001\t35200000000001\t2026-05-20\tairtel\tDelhi\tx\n'],
    ['has another form', '9800000001\t35200000000001\t2026-05-20\tairtel\tDelhi\n'],
    ['has no number', '+91xxxxxxxxxx\t35200000000001\t2026-05-20\tairtel\tDelhi\n'],
    ['has no handset', '+919800000001\t3520000000000x\t2026-05-20\tairtel\tDelhi\n'],
    ['has no day', '+919800000001\t35200000000001\t2026-02-30\tairtel\tDelhi\n'],
    ['is empty', '\n'],
  ])('takes no line that %s', async (_, line) => {
    await expect(new PreviewCount(batchId, []).add(cut(Buffer.from(line), 1000))).rejects.toThrow(BadWorkLine);
  });

  test('agrees with the count of the books, with the rules of Claim where nobody spoke, and with sets, for any links', async () => {
    const links = fc.array(
      fc.record({
        number: fc.nat(40).map((n) => `98${String(n).padStart(8, '0')}`),
        on: fc.nat(3).map((n) => `2026-05-0${n + 1}`),
        operator: fc.constantFrom('airtel', 'air-tel', 'jio'),
        handset: fc.constantFrom(clone, plain),
        lsa: fc.constantFrom('', 'Delhi', 'दिल्ली', 'tab\there', 'line\nhere'),
      }),
      { maxLength: 400 },
    );
    await fc.assert(
      fc.asyncProperty(links, fc.integer({ min: 1, max: 300 }), async (some, size) => {
        const all = some.map(({ number, on, operator, handset, lsa }) =>
          link(number, on, operator, { imei: handset, lsa }),
        );
        const found = await counted(all, [clone], size);
        const books = new LinkedCount();
        await books.add(cut(text(all), size));
        const some0 = Object.entries(books.byOperator()).filter(([, numbers]) => numbers > 0);
        expect(Object.fromEntries(found.byOperator)).toEqual(Object.fromEntries(some0));

        const spared = { held: new Map([[clone, 'spare' as const]]), struck: new Set<never>() };
        const kept = new Map<Msisdn, NumberLinks>();
        for (const one of all) keepLink(kept, one, spared);
        const held = [...kept.values()].filter((one) => numberSubject(one, spared, false).state === 'held');
        expect([found.linked, found.linkedOnlyByHeld]).toEqual([kept.size, held.length]);
        const onPlain = new Set(all.filter((one) => one.imei === plain).map((one) => one.msisdn));
        expect(found.linkedOnlyByHeld).toBe(new Set(all.map((one) => one.msisdn)).size - onPlain.size);

        expect(found.areas.reduce((sum, { numbers }) => sum + numbers, 0)).toBe(found.linked);
        expect(plainly(await counted([...all].reverse(), [clone], size))).toEqual(plainly(found));
      }),
      { numRuns: 50 },
    );
  });
});

test('preview.json has the agreed fields in their order, its operators by id, two spaces and a final newline', () => {
  expect(previewText(preview)).toBe(`{
  "batchId": "mha-0123456789ab",
  "kind": "report",
  "agency": "mha",
  "file": "reports/mha/<june> & July.csv",
  "sha256": "${reportSha256}",
  "report": {
    "rows": 300,
    "rejected": 11,
    "repeats": 7,
    "handsets": 282
  },
  "held": 1,
  "linked": 1950000,
  "linkedOnlyByHeld": 13480,
  "operators": {
    "airtel": {
      "linked": 0,
      "latestImport": null,
      "gated": 0
    },
    "jio": {
      "linked": 1900000,
      "latestImport": "2026-05-31T20:30:00Z",
      "gated": 1
    },
    "vi": {
      "linked": 50000,
      "latestImport": null,
      "gated": 0
    }
  },
  "people": 2,
  "decideBy": "2026-06-03T04:20:00Z"
}
`);
});
