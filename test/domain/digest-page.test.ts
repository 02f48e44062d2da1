import { describe, expect, it } from 'vitest';
import { digestOf } from '../../lambdas/domain/digest.ts';
import { digestHtml } from '../../lambdas/domain/digest-page.ts';
import { digested, mostDigested } from './digested.ts';
import { at } from './example.ts';
import { tagsOf, unclosed } from './pages.ts';

const shown = (page: string) =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the digest of a day as a page', () => {
  const page = digestHtml(digested);
  it('says what waits, what is due and what is overdue, in figures', () => {
    expect(shown(page)).toContain('8 June 2026');
    // 7 and 30 rows of vi; of what failed nothing is due twice.
    expect(shown(page)).toContain('Rows due today 1,236 Rows overdue 37 Failed, and still connected 12');
    expect(shown(page)).toContain('Decisions that wait 2 Handsets held in these 4');
  });

  it('has each by batch, or by operator', () => {
    // 04:20 UTC is 09:50 in India; from 00:30 that is three hours and 50 minutes.
    expect(shown(page)).toMatch(/jio bar outgoing 1,234 5 2026-06-08 09:50 IST \(2026-06-08 04:20 UTC\) 4 hours left/);
    expect(shown(page)).toContain('airtel disconnect, of failed rows 2 1');
    expect(shown(page)).toMatch(/Overdue rows by operator overdue vi 37 .* vi block 7 1 /);
    expect(shown(page)).toMatch(/caseworker-1-0123456789ab caseworker-1 2026-06-03 .* it never lapses/);
    expect(shown(page)).toContain(
      'Usage files of bsnl, at their gate: to be admitted, unless others have replaced them 1',
    );
    expect(shown(page)).toContain('Messages in ReportsDeadLetters 2');
    expect(shown(page)).toContain('Of 1 batch nothing could be told: nothing here counts them. mha-bbbbbbbbbbbb');
  });

  it('says so where nothing waits, and has no table of nothing', () => {
    const none = { batches: [], untold: [], gated: new Map(), quarantined: 0, strays: 0, deadLetters: new Map() };
    const calm = digestHtml(digestOf({ ...none, now: at('2026-06-05T00:30:00Z') }));
    expect(shown(calm)).toContain('Nothing waits for anybody, and nothing is overdue.');
    expect(tagsOf(calm)).not.toContain('table');
    expect(shown(calm)).not.toMatch(/undefined|NaN|null/);
  });

  it('shows of many the first hundred, and says how many more there are', () => {
    const most = digestHtml(mostDigested);
    expect(shown(most)).toContain('And 50 more rows: the JSON beside this page has them.');
    expect(most).toContain('mha-000000000099');
    expect(most).not.toContain('mha-000000000100');
  });

  it('is whole, and runs nothing', () => {
    expect(unclosed(page.replace(/<rect [^>]*>|<line [^>]*>/g, ''))).toEqual([]);
    expect(tagsOf(page)).not.toContain('script');
    expect(page).not.toMatch(/undefined|NaN/);
  });
});
