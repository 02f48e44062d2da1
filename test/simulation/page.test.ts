import { describe, expect, it } from 'vitest';
import { asInstant } from '../../lambdas/domain/days.ts';
import { runHtml } from '../../simulation/page.ts';
import { fileLinks } from '../../simulation/page-files.ts';

const links = (paths: string[]) => fileLinks(paths).text;
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

  it('are linked as far as a page can have them, and then by their folder', () => {
    const paths = Array.from({ length: 103 }, (_, n) => `outbox/receipts/jio/${n}.json`);
    const text = links(paths);
    expect(text.match(/<li>/g)).toHaveLength(101);
    expect(shown(text)).toContain('and 3 others in outbox/receipts/');
  });
});

it('says by which books numbers are counted: those of nights and reversals are none of them', () => {
  const start = asInstant('2026-06-01T00:00:00Z');
  const none = { summaries: [], reversals: [], problems: [], warnings: [], orders: [], days: [], files: [] };
  const page = shown(runHtml({ ...none, start, ended: start }));
  expect(page).toContain('Numbers directed by the reports 0');
  expect(page).toContain('Numbers are counted by the books of the reports alone, as each settled.');
});
