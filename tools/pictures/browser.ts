/** A real browser and its view of a page: pictures, axe's findings, and the page's requests. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import type { AxeResults } from 'axe-core';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { CommandError } from '../../lib/commands/command-line.ts';

/** The rules of WCAG 2.2, levels A and AA, by axe's names. */
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** The widths of windows, from a telephone to a wide screen, in CSS pixels. */
const WIDTHS = [320, 900, 1600] as const;
const SCHEMES = ['light', 'dark'] as const;
const HEIGHT = 900;
/** The most pixels of a page's height in a picture: of a higher one the browser draws the first 8,192 again and again. */
const HIGHEST = 8000;

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** The width and the colour scheme with which a page is viewed. */
export interface View {
  width: (typeof WIDTHS)[number];
  scheme: (typeof SCHEMES)[number];
}

/** All views, the narrowest first. */
export const VIEWS: readonly View[] = WIDTHS.flatMap((width) => SCHEMES.map((scheme) => ({ width, scheme })));

/** The findings about a page. */
export interface Seen {
  /** The breaches of WCAG 2.2 AA that axe found: rule and elements. */
  findings: string[];
  /** The page's requests, without the one for itself. */
  requests: string[];
  /** The page's errors and warnings. */
  complaints: string[];
  /** The CSS pixels by which the page is wider than its window. */
  tooWide: number;
  /** The milliseconds from the beginning of the navigation to the first paint with content. */
  drawnMs: number;
}

/**
 * The path of the browser: the one that CHROME names, or the one that npm installed, which is unpacked the first time.
 * @throws CommandError on a machine for which npm has none
 */
export async function browserPath(): Promise<string> {
  const { CHROME } = process.env;
  if (CHROME === undefined && !(process.platform === 'linux' && process.arch === 'x64'))
    throw new CommandError(
      'the browser that npm installs runs on Linux, x64; set CHROME to the path of one that runs here',
    );
  return CHROME ?? (await chromium.executablePath());
}

/**
 * Starts the browser.
 * @throws CommandError on a machine for which npm has none
 */
export async function startBrowser(): Promise<Browser> {
  const args = process.env.CHROME === undefined ? chromium.args : [];
  return launch({ executablePath: await browserPath(), headless: 'shell', args });
}

/**
 * Opens a page as from a disk or by an address, and returns the findings; a picture of it goes to `picture`.
 * @param upTo the CSS pixels of its height that the picture shows; by default all, or as much as the browser draws
 */
export async function lookAt(
  browser: Browser,
  url: string,
  { width, scheme }: View,
  picture?: string,
  upTo?: number,
): Promise<Seen> {
  const page = await browser.newPage();
  try {
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      if (request.url() !== url) requests.push(request.url());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) complaints.push(message.text());
    });
    await page.setViewport({ width, height: HEIGHT });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto(url, { waitUntil: 'load' });
    const drawnMs = await firstPaint(page);
    const tooWide = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    const findings = await findingsOf(page);
    const whole = Number(await page.evaluate('document.documentElement.scrollHeight'));
    const clip = { x: 0, y: 0, width, height: Math.min(upTo ?? whole, HIGHEST) };
    if (picture !== undefined) await page.screenshot({ path: picture, clip });
    return { findings, requests, complaints, tooWide: Math.max(0, Number(tooWide)), drawnMs };
  } finally {
    await page.close();
  }
}

async function firstPaint(page: Page): Promise<number> {
  const paint = await page.evaluate(
    `new Promise((painted) => new PerformanceObserver((all) => painted(all.getEntries()[0].startTime))
       .observe({ type: 'paint', buffered: true }))`,
  );
  return Math.round(Number(paint));
}

/** The breaches of WCAG 2.2 AA that axe finds on a page in its present state. */
export async function findingsOf(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axe, 'utf8'));
  const { violations } = (await page.evaluate(
    `axe.run(document, ${JSON.stringify({ runOnly: WCAG, resultTypes: ['violations'] })})`,
  )) as AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

/** The path of a view's picture in a folder. */
export const pictureIn = (folder: string, name: string, { width, scheme }: View): string =>
  join(folder, `${name}-${width}-${scheme}.png`);
