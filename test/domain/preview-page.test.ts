import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Imei, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { COLOURS } from '../../lambdas/domain/page-style.ts';
import { previewText } from '../../lambdas/domain/preview.ts';
import { type PreviewDetails, previewHtml } from '../../lambdas/domain/preview-page.ts';
import { type HandsetWeight, WeighedHandsets } from '../../lambdas/domain/weighing.ts';
import { type agency, at, batchId, day, jio } from './example.ts';
import { contrast, tagsOf, unclosed } from './pages.ts';
import { clone, counts, plain, preview } from './previewed.ts';

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
  const heldAmong = (weights: HandsetWeight[]) => {
    const all = new WeighedHandsets(heldFrom, 0);
    for (const one of weights) all.add(one);
    return all.held();
  };
  const details: PreviewDetails = {
    held: heldAmong([weight(clone, 13_500)]),
    heaviest: [weight(clone, 13_500), weight(plain, 20)],
    areas: counts.areas,
    heldFrom,
    over: null,
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
    expect(shown(page)).toContain(
      'Numbers may be missing here. Of airtel, vi no usage file was ever imported. Of jio 1 file waits to be admitted, unless another file has replaced it; the latest that was imported is of 2026-06-01 02:00 IST (2026-05-31 20:30 UTC).',
    );
    expect(shown(page)).toContain('Files not admitted');
    const { vi: _, airtel: __, ...known } = preview.operators as Record<string, (typeof preview.operators)[OperatorId]>;
    const operators = { ...known, jio: { linked: 1, latestImport: at('2026-05-31T00:00:00Z'), gated: 0 } };
    const several = { ...operators, bsnl: { linked: 0, latestImport: null, gated: 3 } };
    expect(shown(previewHtml({ ...preview, operators: several }, details))).toContain(
      'Of bsnl no usage file was ever imported. Of bsnl 3 files wait to be admitted, unless another file has replaced them.',
    );
    expect(previewHtml({ ...preview, operators }, details)).not.toContain('Numbers may be missing');
    expect(previewHtml({ ...preview, operators }, details)).not.toContain('admitted');
  });

  test('names the held and the heaviest handsets with 15 digits, and no number of anybody', () => {
    expect(shown(page)).toContain('352000000000012 25 numbers or more on a day 13,500 19 2026-05-20 1,234 17');
    expect(page).not.toMatch(/\+91|[6-9][0-9]{9}(?![0-9])/);
  });

  test('says how to decide, with the preview’s SHA-256', () => {
    const sha256 = createHash('sha256').update(previewText(preview)).digest('hex');
    expect(page).toContain(`preview,decision,imei,msisdn,ground,remarks
${sha256},spare,352000000000012,,,
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
    const long = previewHtml({ ...preview, held: 600 }, { ...details, held: heldAmong(many), areas });
    const table = (id: string) => new RegExp(`id="${id}".*?</table>`, 's').exec(long)?.[0] ?? '';
    expect([...table('held-table').matchAll(/<tr><th scope="row">/g)]).toHaveLength(500);
    expect(shown(table('held-table'))).toContain('1,599 19');
    expect(long).toContain(`The other 100 stand in <code>previews/${batchId}/held.csv</code>.`);
    expect([...table('areas-table').matchAll(/<tr><th scope="row">/g)]).toHaveLength(41);
    expect(shown(table('areas-table'))).toContain('3 other areas 30 0 30 0');
  });

  test('of a batch that reaches nobody, or on which nobody decides, says so', () => {
    const none = { ...preview, held: 0, linked: 0, linkedOnlyByHeld: 0, people: 0, decideBy: null };
    const empty = previewHtml(none, { held: [], heaviest: [], areas: [], heldFrom, over: null });
    expect(shown(empty)).toContain('None is held.');
    expect(shown(empty)).toContain('No number was seen in these handsets.');
    expect(shown(empty)).toContain('Nobody has to decide on this batch');
    expect(shown(empty)).not.toContain('How to decide');
    expect(unclosed(empty)).toEqual([]);
  });

  test('of a batch on which nobody decides says that who is held is spared, and not how to decide', () => {
    const told = shown(previewHtml({ ...preview, people: 0, decideBy: null }, details));
    expect(told).toContain('it goes on at once, and every held handset is spared.');
    expect(told).toContain('At most 281 handsets will be blocked, and at most 19,36,520 numbers re-verified.');
    expect(told).not.toMatch(/approve|say so/);
    expect(shown(page)).toContain('at most 281 handsets would be blocked, and at most 19,36,520 numbers re-verified.');
  });

  test('of a batch over a limit says that nobody is asked, and by which one, and not how to decide', () => {
    const over = { of: 'agency', what: 'numbers', found: 3_100_000, limit: 3_000_000 } as const;
    const told = shown(previewHtml(preview, { ...details, over }));
    expect(told).toContain(
      'Nobody is asked to decide on this batch: it reaches more than it may (numbers of its agency’s reports of a day: 31,00,000, at most 30,00,000), and ends without effect, whatever anybody says.',
    );
    expect(told).toContain('Within the limit, at most 281 handsets would be blocked');
    expect(told).not.toMatch(/approve|How to decide|decisions/);
  });

  test('lists no handset without a number among the heaviest, and counts one as one', () => {
    const one = previewHtml(preview, { ...details, heaviest: [weight(clone, 1), weight(plain, 0)] });
    expect(shown(one)).toContain('The 1 handset with the most numbers');
    expect(previewHtml(preview, { ...details, heaviest: [weight(plain, 0)] })).not.toContain('Heaviest handsets');
    expect(shown(page)).toContain(' 1 held handset ');
    expect(page).not.toContain('All 1 ');
  });

  test.each(Object.entries(COLOURS))('has texts of a contrast of 4.5 and more, and lines of 3, in %s', (_, colours) => {
    for (const text of [colours.text, colours.quiet])
      for (const ground of [colours.ground, colours.raised]) expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours.text, colours.warning)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours.line, colours.ground)).toBeGreaterThanOrEqual(3);
  });
});
