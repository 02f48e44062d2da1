/** The pages of previews in a real browser, with the most that a page shows and with what outsiders write. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Asked } from '../../lambdas/domain/appeals.ts';
import { digestHtml } from '../../lambdas/domain/digest-page.ts';
import { type PreviewDetails, previewHtml } from '../../lambdas/domain/preview-page.ts';
import { reversalHtml } from '../../lambdas/domain/reversal-page.ts';
import { reversalPreviewOf } from '../../lambdas/domain/reversal-preview.ts';
import { statusHtml } from '../../lambdas/domain/status-page.ts';
import { WeighedHandsets } from '../../lambdas/domain/weighing.ts';
import { lookAt, startBrowser, VIEWS } from '../../tools/pictures/browser.ts';
import { digested, mostDigested } from '../domain/digested.ts';
import { batchId, day, imei } from '../domain/example.ts';
import { counts, preview } from '../domain/previewed.ts';
import { directed } from '../domain/standing.ts';

/** The most that a page may weigh, in bytes (300 kB). */
const HEAVIEST = 300_000;

/** More held handsets, and more areas, than a page shows. */
const HELD = 700;
const AREAS = 60;
const weights = Array.from({ length: HELD }, (_, n) => ({
  imei: imei(String(35_200_000_000_000 + n)),
  connections: 13_500 - n,
  areas: 19,
  busiestDay: day('2026-05-20'),
  connectionsThatDay: 1234,
  areasThatDay: 17,
}));
const heldFrom = { busyDay: 25, manyConnections: 500 };
const weighed = new WeighedHandsets(heldFrom, 0);
for (const weight of weights) weighed.add(weight);
const most: PreviewDetails = {
  held: weighed.held(),
  heaviest: weights.slice(0, 20),
  areas: Array.from({ length: AREAS }, (_, n) => ({ ...(counts.areas[n % 2] as (typeof counts.areas)[0]) })),
  heldFrom,
  over: null,
};
const asked = {
  batchId,
  uploader: 'caseworker-1',
  file: `appeals/caseworker-1/<${'long-'.repeat(30)}monday>.csv`,
  sha256: 'ab'.repeat(32),
  withdraws: null,
  appeals: (['wrong_number', 'cloned', 'court_order'] as const).map((ground, line) => ({
    ...{ line, msisdn: null, imei: imei('35000000000001'), row: null, ground, caseRef: 'A-1' },
  })),
} as unknown as Asked;

const PAGES = {
  'a preview with more held handsets and areas than it shows': previewHtml(preview, most),
  'a preview of a reversal': reversalHtml(reversalPreviewOf(asked, 3, 1), asked, 0, null),
  'the status of a batch': statusHtml(directed),
  'the digest of a day': digestHtml(digested),
  'the digest of a day with more batches than it shows': digestHtml(mostDigested),
};

let browser: Browser;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pages-'));
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(Object.entries(PAGES))('%s', (_, page) => {
  it('weighs less than 300 kB', () => {
    expect(Buffer.byteLength(page)).toBeLessThan(HEAVIEST);
  });

  it.each(VIEWS)('at $width pixels, $scheme, has no finding of axe, fits, and asks for nothing', async (view) => {
    const path = join(folder, 'page.html');
    await writeFile(path, page);
    const { drawnMs: _, ...seen } = await lookAt(browser, pathToFileURL(path).href, view);
    expect(seen).toEqual({ findings: [], requests: [], complaints: [], tooWide: 0 });
  });
});

it('finds what is wrong with a page', async () => {
  const path = join(folder, 'wrong.html');
  await writeFile(
    path,
    `<title>Wrong</title><p style="color:#aaa;background:#fff;width:500px">pale</p><img src="none.png"><script>console.error('so')</script>`,
  );
  const seen = await lookAt(browser, pathToFileURL(path).href, { width: 320, scheme: 'light' });
  expect(seen.findings).toEqual(expect.arrayContaining(['color-contrast: p', 'html-has-lang: html', 'image-alt: img']));
  expect(seen.tooWide).toBeGreaterThan(150);
  expect(seen.requests).toEqual([pathToFileURL(join(folder, 'none.png')).href]);
  expect(seen.complaints).toContain('so');
});
