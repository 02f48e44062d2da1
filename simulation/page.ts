/** The page of a run: its events, batch by batch, and the kind of each file that it left. */
import type { Summary } from '../lambdas/domain/books.ts';
import { type DayCounts, overDays, timeline } from '../lambdas/domain/charts.ts';
import { type Instant, instantOf } from '../lambdas/domain/days.ts';
import { type Content, type Html, html } from '../lambdas/domain/html.ts';
import { FOLLOW_UP } from '../lambdas/domain/identifiers.ts';
import { columnWords, OUTCOME_SERIES, outcomeBars, outcomeTable } from '../lambdas/domain/outcome-bars.ts';
import { isolated, pageOf, table, time } from '../lambdas/domain/page-parts.ts';
import { SUBJECT_STATES } from '../lambdas/domain/subject-states.ts';
import { counted } from '../lambdas/domain/wording.ts';
import type { OrderNotice } from './desk.ts';
import { fileLinks, PAGE } from './page-files.ts';
import type { Results } from './results.ts';

/** The data for the page. */
export interface RunTold extends Results {
  readonly orders: readonly OrderNotice[];
  readonly days: readonly DayCounts[];
  readonly start: Instant;
  readonly ended: Instant;
  /** Paths below the page's folder. */
  readonly files: readonly string[];
}

/** The pages, by their paths: the first one, and those of its files; the paths of these aside they name no number and no handset. */
export function runPages(told: RunTold): ReadonlyMap<string, string> {
  const batches = told.summaries.filter(({ agency }) => agency !== FOLLOW_UP);
  const { links, pages } = fileLinks(told.files);
  const first = pageOf(
    'The run',
    html`${opening(told, batches)}${byDay(told)}${contents(batches)}${batches.map((summary) => batch(summary, told.orders))}${nights(told)}${reversals(told)}${files(links)}`,
  );
  return new Map([[PAGE, first], ...pages]);
}

function opening({ start, ended, problems, warnings, summaries }: RunTold, batches: readonly Summary[]): Html {
  const sum = (of: (summary: Summary) => number) => batches.reduce((all, summary) => all + of(summary), 0);
  const unexplained = summaries.reduce((all, summary) => all + summary.unexplained, 0);
  const verdict =
    problems.length === 0
      ? html`<p class="lead">Every batch ended, and every row is accounted for.</p>`
      : html`<p class="lead"><strong>The run failed.</strong></p>
<ul>${problems.map((problem) => html`<li>${isolated(problem)}</li>`)}</ul>`;
  const warned =
    warnings.length === 0
      ? html``
      : html`<div class="warning"><p><strong>Worth knowing</strong></p><ul>${warnings.map((warning) => html`<li>${isolated(warning)}</li>`)}</ul></div>
`;
  return html`<header>
<h1>What happened in this run</h1>
${verdict}
<p>From ${time(start)} to ${time(ended)}, in virtual time.</p>
</header>
${warned}<section aria-labelledby="figures">
<h2 id="figures">In figures</h2>
<dl class="figures">
<div><dt>Reports</dt><dd>${batches.length}</dd></div>
<div><dt>Handsets reported</dt><dd>${sum(({ report }) => report.handsets)}</dd></div>
<div><dt>Numbers directed by the reports</dt><dd>${sum(({ connections }) => connections.directed)}</dd></div>
<div><dt>of them verified</dt><dd>${sum(({ connections }) => connections.verified)}</dd></div>
<div><dt>of them disconnected</dt><dd>${sum(({ connections }) => connections.disconnected)}</dd></div>
<div><dt>Rows unexplained</dt><dd>${unexplained}</dd></div>
</dl>
<p>Numbers are counted by the books of the reports alone, as each settled. What nights went on with and reversals gave back since stands below, and changes none of these figures; nor does what was answered late.</p>
</section>
`;
}

function byDay({ days }: RunTold): Html {
  return html`<section aria-labelledby="by-day">
<h2 id="by-day">Day by day</h2>
${overDays('by-day-figure', 'How the directed numbers of all reports stood each day, as was told at 06:00 or at a later step', OUTCOME_SERIES, days)}</section>
`;
}

function contents(batches: readonly Summary[]): Html {
  return html`<section aria-labelledby="batches">
<h2 id="batches">Batches</h2>
${table(
  'batches-table',
  'Each report is a batch',
  [
    { title: 'Batch' },
    { title: 'Agency' },
    { title: 'Ended' },
    { title: 'Handsets', count: true },
    { title: 'Numbers', count: true },
    { title: 'Verified', count: true },
    { title: 'Disconnected', count: true },
  ],
  batches.map(({ batchId, agency, status, report, connections }): Content[] => [
    html`<a href="#${batchId}">${batchId}</a>`,
    agency,
    status.replace('_', ' '),
    report.handsets,
    connections.linked,
    connections.verified,
    connections.disconnected,
  ]),
)}</section>
`;
}

function batch(summary: Summary, orders: readonly OrderNotice[]): Html {
  const { batchId, agency, file, status, report, connections, blocks, startedAt, settledAt } = summary;
  const heading = html`<section aria-labelledby="${batchId}">
<h2 id="${batchId}">Batch <span class="id">${batchId}</span></h2>
<p>${agency} reported ${counted(report.handsets, 'handset')} in <code>${isolated(file)}</code>: ${counted(report.rows, 'row')}, ${report.rejected} rejected, ${counted(report.repeats, 'repeat')}.</p>
`;
  if (status === 'empty')
    return html`${heading}<p>It named no handset that could be taken: there was nothing to act on, at ${time(settledAt)}.</p>
</section>
`;
  if (status !== 'settled')
    return html`${heading}<p>It ended without effect (${status.replace('_', ' ')}) at ${time(settledAt)}.</p>
</section>
`;
  const rungs = rungsOf(batchId, orders);
  return html`${heading}<p>It took from ${time(startedAt)} to ${time(settledAt)}; ${summary.unexplained} rows are unexplained.</p>
${outcomeBars(`${batchId}-rows`, connections)}${outcomeTable(
  `${batchId}-operators`,
  'Numbers by operator, and how they ended',
  Object.entries(summary.operators).map(([name, own]) => [name, own.connections]),
)}
<p>Of ${counted(blocks.rows, 'block')} of handsets, one for each operator, ${blocks.directed} were directed: ${blocks.blocked} blocked, ${blocks.notFound} not found, ${blocks.withdrawn} withdrawn, ${blocks.overdue} overdue.</p>
${
  rungs.length === 0
    ? html``
    : html`<h3>Its deadlines</h3>
${timeline(rungs.map(({ order, deadline }) => ({ name: columnWords(order.replace('_', ' ')), when: html`to be answered by ${time(deadline)}`, state: 'done' as const })))}`
}</section>
`;
}

/** The rungs of re-verification that were reached, each with its deadline. */
function rungsOf(batchId: string, orders: readonly OrderNotice[]): { order: string; deadline: Instant }[] {
  const rungs = new Map<number, { order: string; deadline: Instant }>();
  for (const { batchId: of, kind, rung, order, deadline } of orders)
    if (of === batchId && kind === 'reverify' && typeof rung === 'number')
      rungs.set(rung, { order, deadline: instantOf(deadline) });
  return [...rungs].sort(([a], [b]) => a - b).map(([, rung]) => rung);
}

/** The usual ends of numbers that moved. */
const NIGHTLY = ['verified', 'disconnected', 'notFound', 'ported', 'extended'] as const;

function nights({ summaries }: RunTold): Html {
  const all = summaries.filter(({ agency }) => agency === FOLLOW_UP);
  if (all.length === 0) return html``;
  return html`<section aria-labelledby="nights">
<h2 id="nights">Follow-ups</h2>
<p>Numbers that moved, to another operator or to later deadlines, go on in the next night.</p>
${table(
  'nights-table',
  'Each night that went on with something',
  [
    { title: 'Follow-up' },
    { title: 'Numbers moved', count: true },
    ...NIGHTLY.map((column) => ({ title: columnWords(column), count: true })),
    { title: 'To give back', count: true },
  ],
  all.map(({ batchId, connections, outcomes }): Content[] => [
    batchId,
    connections.linked,
    ...NIGHTLY.map((column) => connections[column]),
    outcomes?.directed ?? 0,
  ]),
)}</section>
`;
}

function reversals({ reversals: all }: RunTold): Html {
  if (all.length === 0) return html``;
  return html`<section aria-labelledby="reversals">
<h2 id="reversals">Reversals</h2>
<p>What was asked to be taken back: by caseworkers for subscribers, and by agencies of their own reports.</p>
${table(
  'reversals-table',
  'Each reversal, who asked, who decided, and what became of those for whom it was asked',
  [
    { title: 'Reversal' },
    { title: 'Asked by' },
    { title: 'Decided by' },
    { title: 'Ended' },
    { title: 'Asked for', count: true },
    ...SUBJECT_STATES.map((state) => ({ title: columnWords(state), count: true })),
    { title: 'Given back', count: true },
  ],
  all.map(({ summary, by }): Content[] => {
    const { batchId, agency, status, subjects, outcomes, settledAt } = summary;
    return [
      batchId,
      agency,
      by.length === 0 ? '–' : by.join(', '),
      html`${status.replace('_', ' ')}, ${time(settledAt)}`,
      subjects.asked,
      ...SUBJECT_STATES.map((state) => subjects[state]),
      outcomes.restored + outcomes.unblocked,
    ];
  }),
)}</section>
`;
}

function files(links: Html): Html {
  return html`<section aria-labelledby="files">
<h2 id="files">Its files</h2>
${links}</section>
`;
}
