import { describe, expect, it } from 'vitest';
import { asInstant } from '../../lambdas/domain/days.ts';
import { runPages } from '../../simulation/page.ts';
import { fileLinks } from '../../simulation/page-files.ts';

const links = (paths: string[]) => fileLinks(paths).links.text;
const shown = (text: string) =>
  text
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

describe('the files of a run', () => {
  it('have a word on what they are, and lead where they lie, whatever their names', () => {
    const text = links(['outbox/orders/jio/d/1-block.csv', "inbox/reports/mha/+ %20 'क.csv", 'run.json']);
    expect(text).toContain('href="outbox/orders/jio/d/1-block.csv"');
    // RFC 3986: a space, a per cent sign and what isn't ASCII are encoded.
    expect(text).toContain('href="inbox/reports/mha/%2B%20%2520%20&#39;%E0%A4%95.csv"');
    expect(shown(text)).toMatch(/^Reports of handsets misused for fraud, as agencies uploaded them: 1 file /);
    expect(shown(text)).toContain('Orders to block handsets, or to unblock them: 1 file');
    expect(shown(text)).toContain('What the run used of each service: 1 file run.json');
  });

  it('that nobody knows are listed all the same', () => {
    expect(shown(links(['elsewhere/x.bin']))).toBe('Other files: 1 file elsewhere/x.bin');
  });

  it('are a hundred of a kind on the first page, and all of them on pages of their own where there are more', () => {
    const paths = Array.from({ length: 103 }, (_, n) => `outbox/receipts/jio/${n}.json`);
    const { links, pages } = fileLinks(paths);
    expect(links.text.match(/<a href="outbox/g)).toHaveLength(100);
    expect(shown(links.text)).toContain('all 103 files: page 1');
    expect(links.text).toContain('href="files/receipts-1.html"');
    const page = pages.get('files/receipts-1.html') ?? '';
    for (const path of paths) expect(page).toContain(`<a href="../${path}">${path}</a>`);
    expect(page).toContain('href="../index.html"');
    expect(fileLinks(paths.slice(3)).pages.size).toBe(0);
  });

  it('are on several pages where they would be too many for one, each file on one of them, and each page under 300 kB', () => {
    const paths = Array.from({ length: 5000 }, (_, n) => `outbox/orders/jio/${'d'.repeat(60)}/${n}-block.csv`);
    const { links, pages } = fileLinks(paths);
    expect(pages.size).toBeGreaterThan(1);
    const all = [...pages.values()];
    for (const page of all) expect(Buffer.byteLength(page)).toBeLessThan(300_000);
    const linked = all.flatMap((page) => [...page.matchAll(/href="\.\.\/(outbox[^"]+)"/g)].map(([, path]) => path));
    expect(linked).toEqual(paths.toSorted());
    for (const path of pages.keys()) expect(links.text).toContain(`href="${path}"`);
    expect(all[1]).toContain('href="../files/orders-to-block-handsets-1.html"');
    expect(all[1]).toContain('href="../files/orders-to-block-handsets-3.html"');
  });

  it('have each kind’s pages under a name of its own', () => {
    const folders = [
      ...['usage', 'reports', 'decisions', 'exemptions', 'admissions', 'appeals', 'withdrawals', 'lookups'],
      ...['responses', 'others'],
    ].map((place) => `inbox/${place}`);
    const many = (stem: string, end: string) => Array.from({ length: 101 }, (_, n) => `${stem}/${n}${end}`);
    const paths = [
      ...folders.flatMap((folder) => many(folder, '.csv')),
      ...['summary.json', 'status.html', 'handsets.csv', 'moved.csv', 'elsewhere.csv', 'kept.csv', 'x'].flatMap(
        (name) => many('outbox/batches', `/${name}`),
      ),
      ...['preview.html', 'preview.json', 'held.csv'].flatMap((name) => many('outbox/previews', `/${name}`)),
      ...['/open.csv', '-block.csv', '-restore.csv', '-disconnect.csv', '.csv'].flatMap((end) =>
        many('outbox/orders', end),
      ),
      ...['outbox/receipts', 'outbox/rejects', 'outbox/revocations', 'outbox/explanations', 'outbox/reports'].flatMap(
        (folder) => many(folder, '.csv'),
      ),
      ...many('outbox/revocations', '.withdrawn.csv'),
      ...['outbox/else', 'audit', 'logs', 'executions', 'elsewhere'].flatMap((folder) => many(folder, '')),
    ];
    expect(fileLinks(paths).pages.size).toBe(paths.length / 101);
  });
});

it('says by which books numbers are counted: those of nights and reversals are none of them', () => {
  const start = asInstant('2026-06-01T00:00:00Z');
  const none = { summaries: [], reversals: [], problems: [], warnings: [], orders: [], days: [], files: [] };
  const page = shown(runPages({ ...none, start, ended: start }).get('index.html') ?? '');
  expect(page).toContain('Numbers directed by the reports 0');
  expect(page).toContain('Numbers are counted by the books of the reports alone, as each settled.');
});
