import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { LinkedCount } from '../../lambdas/domain/linked.ts';
import { PreviewCount, type PreviewCounts, previewOf, previewText } from '../../lambdas/domain/preview.ts';
import { COLOURS, type PreviewDetails, previewHtml } from '../../lambdas/domain/preview-page.ts';
import { type GatheredLink, gatheredLine } from '../../lambdas/domain/sightings.ts';
import { keepLink, type NumberLinks, numberSubject } from '../../lambdas/domain/subjects.ts';
import { BadWorkLine } from '../../lambdas/domain/tabbed.ts';
import { type HandsetWeight, heldAmong } from '../../lambdas/domain/weighing.ts';
import { agency, at, batchId, day, imei, jio, msisdn } from './example.ts';

const clone = imei('35200000000001');
const plain = imei('35200000000002');
const link = (number: string, lastSeen: string, operator: string, more: Partial<GatheredLink> = {}): GatheredLink => ({
  msisdn: number.startsWith('+') ? (number as Msisdn) : msisdn(number),
  imei: plain,
  lastSeen: day(lastSeen),
  operator: operator as OperatorId,
  lsa: 'Delhi',
  ...more,
});
const text = (links: readonly GatheredLink[]) => Buffer.from(links.map((one) => `${gatheredLine(one)}\n`).join(''));
async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield new Uint8Array(bytes.subarray(from, from + size));
}
async function counted(links: readonly GatheredLink[], held: readonly Imei[] = [], size = 64): Promise<PreviewCounts> {
  const count = new PreviewCount(batchId, held);
  expect(await count.add(cut(text(links), size))).toBe(links.length);
  return count.counts();
}
const plainly = ({ linked, linkedOnlyByHeld, byOperator, areas }: PreviewCounts) => ({
  linked,
  linkedOnlyByHeld,
  byOperator: Object.fromEntries(byOperator),
  areas: areas.map((one) => ({ ...one, byOperator: Object.fromEntries(one.byOperator) })),
});

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

const reportSha256 = 'ab'.repeat(32);
const counts: PreviewCounts = {
  linked: 1_950_000,
  linkedOnlyByHeld: 13_480,
  byOperator: new Map([
    [jio, 1_900_000],
    ['vi' as OperatorId, 50_000],
  ]),
  areas: [
    { area: 'Delhi', numbers: 1_900_000, byOperator: new Map([[jio, 1_900_000]]) },
    { area: '<b>UP</b> & "West"', numbers: 50_000, byOperator: new Map([['vi' as OperatorId, 50_000]]) },
  ],
};
const preview = previewOf({
  batchId,
  agency,
  file: 'reports/mha/<june> & July.csv',
  sha256: reportSha256,
  report: { rows: 300, rejected: 11, repeats: 7, handsets: 282 },
  held: 1,
  people: 2,
  decideBy: at('2026-06-03T04:20:00Z'),
  counts,
  operators: new Map([
    [jio, { latestImport: at('2026-05-31T20:30:00Z'), gated: 1 }],
    ['airtel' as OperatorId, { latestImport: null, gated: 0 }],
  ]),
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

describe('the page', () => {
  const weight = (one: Imei, connections: number): HandsetWeight => ({
    imei: one,
    connections,
    areas: 19,
    busiestDay: day('2026-05-20'),
    connectionsThatDay: 1234,
    areasThatDay: 17,
  });
  const heldFrom = { busyDay: 25, manyConnections: 500 };
  const details: PreviewDetails = {
    held: heldAmong([weight(clone, 13_500)], heldFrom),
    heaviest: [weight(clone, 13_500), weight(plain, 20)],
    areas: counts.areas,
    heldFrom,
  };
  const page = previewHtml(preview, details);
  /** What a reader sees: the text without its tags. */
  const shown = (html: string) =>
    html
      .replace(/<style>.*?<\/style>/s, '')
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ');

  test('tells whom the batch would reach, in how India writes counts', () => {
    expect(shown(page)).toContain('at most 281 handsets would be blocked');
    // 1,950,000 − 13,480
    expect(shown(page)).toContain('at most 19,36,520 numbers re-verified');
    expect(shown(page)).toContain('2 approvers must approve this batch by 2026-06-03 09:50 IST');
    expect(shown(page)).toContain('(2026-06-03 04:20 UTC)');
    expect(shown(page)).toMatch(/jio 19,00,000 97\.4 % 2026-06-01 02:00 IST/);
    expect(shown(page)).toMatch(/Delhi 19,00,000 0 19,00,000 0/);
  });

  test('tells which operators’ numbers may be missing', () => {
    expect(shown(page)).toContain('Of airtel, jio, vi no usage file was ever imported, or files wait to be admitted.');
    const { vi: _, airtel: __, ...known } = preview.operators as Record<string, (typeof preview.operators)[OperatorId]>;
    const operators = { ...known, jio: { linked: 1, latestImport: at('2026-05-31T00:00:00Z'), gated: 0 } };
    expect(previewHtml({ ...preview, operators }, details)).not.toContain('Numbers may be missing');
  });

  test('names the held and the heaviest handsets with 15 digits, and no number of anybody', () => {
    expect(shown(page)).toContain('352000000000012 25 numbers or more on a day 13,500 19 2026-05-20 1,234 17');
    expect(page).not.toMatch(/\+91|[6-9][0-9]{9}(?![0-9])/);
  });

  test('says how to decide, with the preview’s SHA-256', () => {
    const sha256 = createHash('sha256').update(previewText(preview)).digest('hex');
    expect(page).toContain(`preview,decision,imei,msisdn,ground,remarks
${sha256},reverify,352000000000012,,,
${sha256},approve,,,public_interest,
`);
    expect(shown(page)).toContain(`decisions/ your id /${batchId}/ a name .csv`);
  });

  test('escapes every text from outside', () => {
    expect(page).toContain('<bdi>&lt;b&gt;UP&lt;/b&gt; &amp; &quot;West&quot;</bdi>');
    expect(page).toContain('<bdi>reports/mha/&lt;june&gt; &amp; July.csv</bdi>');
    const hostile = `</title></style><script>alert("x")</script><img src=//evil.example/x onerror='y'>\u0001`;
    const spoilt = previewHtml(
      { ...preview, file: hostile, agency: hostile as typeof agency },
      { ...details, areas: [{ area: hostile, numbers: 1, byOperator: new Map() }] },
    );
    expect(tagsOf(spoilt)).toEqual(tagsOf(page.replace(/<tr><th scope="row"><bdi>&lt;b&gt;UP.*?<\/tr>\n/s, '')));
    expect(spoilt).not.toContain('\u0001');
  });

  test('asks for nothing and runs nothing', () => {
    expect(page).not.toMatch(/<(?:script|img|iframe|object|embed|form|video|audio|base|a)\b/);
    expect(page).not.toMatch(/url\(|@import|src=|srcset|https?:|\son[a-z]+=/i);
    expect([...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual(['data:,']);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
  });

  test('has a language, a title, headings in order, and tables that say what their cells are', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toContain(`<title>Preview of ${batchId}</title>`);
    const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    expect(new Set(levels.slice(1))).toEqual(new Set([2]));
    const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of page.matchAll(/aria-labelledby="([^"]*)"/g)) expect(ids).toContain(id);
    for (const [, table = ''] of page.matchAll(/<table>(.*?)<\/table>/gs)) {
      expect(table).toMatch(/<caption/);
      const columns = [...(/<thead>.*<\/thead>/s.exec(table)?.[0] ?? '').matchAll(/<th scope="col"/g)].length;
      const rows = [...(/<tbody>.*<\/tbody>/s.exec(table)?.[0] ?? '').matchAll(/<tr>(.*?)<\/tr>/gs)];
      expect(rows.length).toBeGreaterThan(0);
      for (const [, row = ''] of rows) {
        expect(row).toMatch(/^<th scope="row">/);
        expect([...row.matchAll(/<t[hd][ >]/g)].length).toBe(columns);
      }
    }
  });

  test('has every tag closed, in order', () => {
    expect(unclosed(page)).toEqual([]);
  });

  test('shows the first 500 of many held handsets and the first 40 of many areas, and tells of the others', () => {
    const many = Array.from({ length: 600 }, (_, n) => weight(String(35_000_000_000_000 + n) as Imei, 1000 + n));
    const areas = Array.from({ length: 43 }, (_, n) => ({
      area: `area ${n}`,
      numbers: 10,
      byOperator: new Map([[jio, 10]]),
    }));
    const long = previewHtml({ ...preview, held: 600 }, { ...details, held: heldAmong(many, heldFrom), areas });
    const table = (id: string) => new RegExp(`id="${id}".*?</table>`, 's').exec(long)?.[0] ?? '';
    expect([...table('held-table').matchAll(/<tr><th scope="row">/g)]).toHaveLength(500);
    expect(shown(table('held-table'))).toContain('1,599 19');
    expect(long).toContain(`The other 100 stand in <code>previews/${batchId}/held.csv</code>.`);
    expect([...table('areas-table').matchAll(/<tr><th scope="row">/g)]).toHaveLength(41);
    expect(shown(table('areas-table'))).toContain('3 other areas 30 0 30 0');
  });

  test('of a batch that reaches nobody, or on which nobody decides, says so', () => {
    const none = { ...preview, held: 0, linked: 0, linkedOnlyByHeld: 0, people: 0 };
    const empty = previewHtml(none, { held: [], heaviest: [], areas: [], heldFrom });
    expect(shown(empty)).toContain('None is held.');
    expect(shown(empty)).toContain('No number was seen in these handsets.');
    expect(shown(empty)).toContain('Nobody has to decide on this batch');
    expect(shown(empty)).not.toContain('How to decide');
    expect(unclosed(empty)).toEqual([]);
  });

  test.each(Object.entries(COLOURS))('has texts of a contrast of 4.5 and more, and lines of 3, in %s', (_, colours) => {
    for (const text of [colours.text, colours.quiet])
      for (const ground of [colours.ground, colours.raised]) expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours.text, colours.warning)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours.line, colours.ground)).toBeGreaterThanOrEqual(3);
  });
});

const VOID = ['meta', 'link'];

/** The names of all tags, in their order. */
function tagsOf(html: string): string[] {
  return [...html.matchAll(/<(\/?[a-z][a-z0-9]*)/g)].map(([, name = '']) => name);
}

/** The tags that are open at the end, or where one is closed that isn't the last opened. */
function unclosed(html: string): string[] {
  const open: string[] = [];
  for (const tag of tagsOf(html.replace(/<style>.*?<\/style>/s, ''))) {
    if (VOID.includes(tag)) continue;
    if (!tag.startsWith('/')) open.push(tag);
    else if (open.pop() !== tag.slice(1)) return [...open, tag];
  }
  return open;
}

/** The contrast of two colours, as WCAG 2.2 defines it. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((from) => {
      const part = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
