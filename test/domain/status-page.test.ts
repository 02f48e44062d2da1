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

  it('of a settled batch says when it was made, since answers may come after it; of one without effect it is all that is to be said', () => {
    const since = 'So it is since 2026-06-03 09:50 IST (2026-06-03 04:20 UTC)';
    const made = '; this page was made at 2026-06-08 06:00 IST';
    expect(shown(statusHtml({ ...directed, status: 'settled', next: null, open: [] }))).toContain(`${since}${made}`);
    expect(shown(statusHtml({ ...directed, status: 'refused', next: null, open: [] }))).toContain(`${since}.`);
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

describe('the page of a status that goes by no report', () => {
  const none = { rows: 0, rejected: 0, repeats: 0, handsets: 0 };
  const outcomes = {
    asked: 4,
    alreadyOpen: 0,
    directed: 4,
    restored: 1,
    unblocked: 1,
    notFound: 0,
    overdue: 0,
    open: 2,
  };
  const { connections, blocks: _, ...bare } = directed;
  const reversal = { ...bare, batchId: 'caseworker-1-0123456789ab', report: none, outcomes } as unknown as Status;
  const night = { ...bare, batchId: 'followup-202606040000', agency: 'followup', file: '', report: none } as Status;
  const stations = (page: string) => /<ol class="timeline">.*?<\/ol>/s.exec(page)?.[0] ?? page;

  it.each([
    [
      'appeals/caseworker-1/a.csv',
      'Appeal read',
      'What became of each of its lines: batches/caseworker-1-0123456789ab/appeals.csv .',
    ],
    ['withdrawals/mha/x/w.csv', 'Withdrawal read', 'rely on it: batches/caseworker-1-0123456789ab/kept.csv .'],
  ])('of a reversal, %s, has no figures of a report, and what is given back', (file, read, became) => {
    const text = shown(statusHtml({ ...reversal, file }));
    expect(text).toContain(`${read} Decision`);
    expect(text).toContain(`Where it comes from ${file} . `);
    expect(text).toContain(became);
    expect(text).toContain(
      'To be given back: 4 rows, of which 1 restored, 1 unblocked, 0 not found, 0 overdue, 2 open.',
    );
    const ended = shown(statusHtml({ ...reversal, file, status: 'settled', next: null }));
    expect(ended).toContain('what became of them: batches/caseworker-1-0123456789ab/summary.json .');
    expect(text).not.toMatch(/summary|\b0 rows|\b0 handsets|repeats|Report read|undefined/);
  });

  it.each([
    ['registered', 'registered: its file was read'],
    ['waiting', 'waiting for the approvers’ decision'],
    ['refused', 'refused by an approver: nothing is given back'],
    ['failed', 'failed before it gave anything back; it is begun again by itself'],
  ] as const)(
    'of a reversal that is %s says what that means, and names nothing that is not there yet',
    (status, meaning) => {
      const { outcomes: __, ...early } = reversal as Status & { outcomes: unknown };
      const file = 'appeals/caseworker-1/a.csv';
      const text = shown(
        statusHtml({ ...early, file, status, next: null, open: [], overdue: [], operators: {} } as Status),
      );
      expect(text).toContain(meaning);
      expect(text).not.toMatch(/appeals\.csv|report/i);
    },
  );

  it('of a night counts the numbers that moved, and has no report and no decision', () => {
    const back = { ...outcomes, asked: 5, alreadyOpen: 1 };
    const page = statusHtml({ ...night, connections, outcomes: back } as unknown as Status);
    const text = shown(page);
    expect(text).toContain('This batch of a night is directed: operators work on it.');
    expect(text).toContain('Numbers that moved 1,000');
    expect(text).toContain('2 open; 1 more already open elsewhere.');
    expect(shown(stations(page))).toContain('Turn to direct');
    expect(text).not.toMatch(/Numbers seen|Report read|Decision|Where it comes from|undefined/);
    const failed = {
      ...night,
      status: 'failed',
      next: null,
      open: [],
      overdue: [],
      operators: {},
    } as unknown as Status;
    expect(shown(statusHtml(failed))).not.toMatch(/report|uploaded/i);
  });
});
