import { describe, expect, it } from 'vitest';
import type { Status } from '../../lambdas/domain/status.ts';
import { statusHtml } from '../../lambdas/domain/status-page.ts';
import { tagsOf, unclosed } from './pages.ts';
import { directed } from './standing.ts';

const shown = (page: string) =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('a batch’s status as a page', () => {
  const page = statusHtml(directed);
  it('says where it stands, what comes next and by when', () => {
    expect(shown(page)).toContain('This batch of mha is directed: operators work on it.');
    // 04:20 UTC is 09:50 in India.
    expect(shown(page)).toContain('Next: orders to bar incoming calls , by 2026-06-13 09:50 IST'.replace(' ,', ','));
    // From the 8th at 00:30 to the 13th at 04:20: five days and some hours.
    expect(shown(page)).toContain('5 days left');
    expect(page.match(/aria-current="step"/g)).toHaveLength(2);
  });

  it.each([
    ['reverify', 'bar_outgoing', 'Numbers: bar outgoing'],
    ['block', 'block', 'Handsets: block'],
    ['restore', 'restore', 'Numbers: restore'],
    ['unblock', 'unblock', 'Handsets: unblock'],
  ] as const)('says of an open ladder of kind %s what it is about', (kind, order, about) => {
    const [rung] = directed.open;
    const open = [{ ...rung, kind, order }] as Status['open'];
    expect(shown(statusHtml({ ...directed, open }))).toContain(`${about}, 350 rows open`);
  });

  it('has the funnel of the numbers, by operator as well, and what is open and overdue', () => {
    expect(shown(page)).toContain('Directed to be re-verified 850 left out: 100 held, 50 already open elsewhere');
    expect(shown(page)).toContain('300 verified, 200 disconnected, 350 open');
    // The columns are those that count something at any operator.
    expect(shown(page)).toContain('Operator directed verified disconnected surrendered open');
    expect(shown(page)).toMatch(/vi block 7 1 2026-06-05 09:50 IST/);
  });

  it('is whole, runs nothing, and escapes what outsiders wrote', () => {
    expect(unclosed(page.replace(/<rect [^>]*>|<line [^>]*>/g, ''))).toEqual([]);
    expect(tagsOf(page)).not.toContain('script');
    expect(page).toContain('&lt;june&gt;');
    expect(page).not.toContain('undefined');
  });

  it.each([
    ['registered', 'its report was read'],
    ['waiting', 'waiting for the approvers’ decision'],
    ['refused', 'refused by an approver: nobody is directed'],
    ['over_limit', 'it reaches more than it may'],
    ['failed', 'the same report may be uploaded again'],
  ] as const)('says of one that is %s what that means, where nothing is counted yet', (status, meaning) => {
    const { connections: _, blocks: __, ...bare } = directed;
    const text = shown(statusHtml({ ...bare, status, next: null, open: [], overdue: [], operators: {} } as Status));
    expect(text).toContain(meaning);
    expect(text).not.toMatch(/What became of its rows|What is open|What is overdue|NaN|undefined/);
  });

  it('of a report of which no handset could be taken says that there was nothing to do, and calls nothing settled', () => {
    const empty: Status = { ...directed, status: 'empty', next: null, open: [], overdue: [], operators: {} };
    const text = shown(statusHtml(empty));
    expect(text).toContain(
      'This batch of mha is done, and there was nothing to do: its report named no handset that could',
    );
    expect(text).not.toContain('settled');
  });
});
