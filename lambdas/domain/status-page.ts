/**
 * A batch's status as a page for its agency, approvers and administrators: where it stands, what comes next and by when, what became of
 * its rows, what is open and what is overdue. It stands alone, and names no number and no handset.
 */
import { type Station, timeline } from './charts.ts';
import { type Content, type Html, html } from './html.ts';
import { isFollowUp } from './identifiers.ts';
import { INBOX } from './inbox.ts';
import { columnOf } from './kinds.ts';
import { appealsCsvKey, keptCsvKey, summaryKey } from './outbox.ts';
import { outcomeBars, outcomeTable } from './outcome-bars.ts';
import { isolated, OVERDUE, orderWords, overdueRows, pageOf, table, time } from './page-parts.ts';
import { hasEnded, type Status, type StatusName } from './status.ts';
import { left, STEPS } from './status-words.ts';
import { counted } from './wording.ts';

const NAMES: Readonly<Record<StatusName, string>> = {
  registered: 'registered: its report was read',
  waiting: 'waiting for the approvers’ decision',
  approved: 'approved, and waits for its turn to direct',
  directed: 'directed: operators work on it',
  settled: 'settled: everything has ended or is overdue, and its books are published',
  empty: 'done, and there was nothing to do: its report named no handset that could be taken, and nobody is directed',
  failed: 'failed before it directed anybody; the same report may be uploaded again',
  refused: 'refused by an approver: nobody is directed',
  lapsed: 'lapsed: not enough approvers approved it in time, and nobody is directed',
  over_limit: 'over a limit: it reaches more than it may, and nobody is directed',
  withdrawn: 'withdrawn by its agency: nobody is directed',
};

/** The origin of a batch. */
type Source = 'report' | 'night' | 'appeal' | 'withdrawal';

/** The first station of batches that people decide upon. */
const READ: Readonly<Record<Exclude<Source, 'night'>, string>> = {
  report: 'Report read',
  appeal: 'Appeal read',
  withdrawal: 'Withdrawal read',
};

/** The words that differ for a batch that takes back. */
const NAMES_OF_REVERSALS: Readonly<Partial<Record<StatusName, string>>> = {
  registered: 'registered: its file was read',
  failed: 'failed before it gave anything back; it is begun again by itself',
  refused: 'refused by an approver: nothing is given back',
};

/** The words that differ for a night, for which nobody uploads anything. */
const NAMES_OF_NIGHTS: typeof NAMES_OF_REVERSALS = {
  failed: 'failed before it directed anybody; it is begun again by itself',
};

function sourceOf({ batchId, file }: Status): Source {
  if (isFollowUp(batchId)) return 'night';
  if (file.startsWith(INBOX.appeals.prefix)) return 'appeal';
  return file.startsWith(INBOX.withdrawals.prefix) ? 'withdrawal' : 'report';
}

function nameOf(status: Status): string {
  const of = sourceOf(status);
  const others = of === 'report' ? {} : of === 'night' ? NAMES_OF_NIGHTS : NAMES_OF_REVERSALS;
  return others[status.status] ?? NAMES[status.status];
}

/** The page. Its bytes follow from the status. */
export function statusHtml(status: Status): string {
  return pageOf(
    `Status of ${status.batchId}`,
    html`${opening(status)}${way(status)}${rows(status)}${open(status)}${overdue(status)}${source(status)}`,
  );
}

function opening(told: Status): Html {
  const { batchId, agency, status, since, asOf, next } = told;
  const comes =
    next === null
      ? html``
      : html`<p>Next: ${STEPS[next.what]}${next.by === null ? '' : html`, by ${time(next.by)}`}.</p>`;
  return html`<header>
<h1>Batch <span class="id">${batchId}</span></h1>
<p class="lead">This batch of ${isFollowUp(batchId) ? 'a night' : agency} is ${nameOf(told)}.</p>
<p>So it is since ${time(since)}${hasEnded(status) && status !== 'settled' ? '' : html`; this page was made at ${time(asOf)}`}.</p>
${comes}
</header>
`;
}

/** The stations of a batch: those behind it, the one at which it is, and those to come. */
function way(told: Status): Html {
  const { status, since, next, open: rungs, asOf } = told;
  const of = sourceOf(told);
  // People have decided before upon what a night goes on with.
  const before: [StatusName, string][] =
    of === 'night'
      ? []
      : [
          ['registered', READ[of]],
          ['waiting', 'Decision'],
        ];
  const steps: readonly [StatusName, string][] = [
    ...before,
    ['approved', 'Turn to direct'],
    ['directed', 'Orders and answers'],
    ['settled', 'Books published'],
  ];
  const names = steps.map(([, name]) => name);
  const here = steps.findIndex(([name]) => name === status);
  if (here < 0)
    return timeline([
      ...(of === 'night' ? [] : [{ name: READ[of], when: '', state: 'done' as const }]),
      { name: status === 'empty' ? 'nothing to do' : status.replace('_', ' '), when: time(since), state: 'done' },
    ]);
  const ladder = rungs.map(
    ({ deadline, kind, order: rung, next: then, rows: count }): Station => ({
      name: html`${columnOf(kind) === 'imei' ? 'Handsets' : 'Numbers'}: ${orderWords(rung)}, ${counted(count, 'row')} open`,
      when: html`until ${time(deadline)} (${left(deadline, asOf)}), then ${STEPS[then]}`,
      state: 'now',
    }),
  );
  const stations = names.map((name, n): Station => {
    if (n < here || status === 'settled') return { name, when: n === here ? time(since) : '', state: 'done' };
    if (n > here) return { name, when: '', state: 'to come' };
    return { name, when: next?.by ? html`by ${time(next.by)}` : html`since ${time(since)}`, state: 'now' };
  });
  return html`<section aria-labelledby="way">
<h2 id="way">Where it stands</h2>
${timeline([...stations.slice(0, here + 1), ...ladder, ...stations.slice(here + 1)])}</section>
`;
}

function rows(told: Status): Html {
  const { connections, blocks, outcomes, operators } = told;
  if (connections === undefined && blocks === undefined && outcomes === undefined) return html``;
  const all = Object.entries(operators);
  const numbers =
    connections === undefined
      ? html``
      : html`${outcomeBars('rows-figure', connections, sourceOf(told) === 'night' ? 'Numbers that moved' : undefined)}${outcomeTable(
          'rows-table',
          'Numbers by operator',
          all.map(([name, own]) => [name, own.connections ?? {}]),
        )}`;
  const back =
    outcomes === undefined
      ? html``
      : html`<p>To be given back: ${counted(outcomes.directed ?? 0, 'row')}, of which ${outcomes.restored ?? 0} restored, ${outcomes.unblocked ?? 0} unblocked, ${outcomes.notFound ?? 0} not found, ${outcomes.overdue ?? 0} overdue, ${outcomes.open ?? 0} open${(outcomes.alreadyOpen ?? 0) > 0 ? `; ${outcomes.alreadyOpen} more already open elsewhere` : ''}.</p>
`;
  const handsets =
    blocks === undefined
      ? html``
      : html`<p>Handsets, once for each operator: ${counted(blocks.directed ?? 0, 'row')} directed, of which ${blocks.blocked ?? 0} blocked, ${blocks.notFound ?? 0} not found, ${blocks.withdrawn ?? 0} withdrawn, ${blocks.overdue ?? 0} overdue, ${blocks.open ?? 0} open.</p>
`;
  return html`<section aria-labelledby="rows">
<h2 id="rows">What became of its rows</h2>
${numbers}${handsets}${back}${table(
  'directions-table',
  'Directions by operator',
  [{ title: 'Operator' }, { title: 'given', count: true }, { title: 'open', count: true }],
  all.map(([name, { directions, openDirections }]): Content[] => [name, directions, openDirections]),
)}</section>
`;
}

function open({ open: all, asOf }: Status): Html {
  if (all.length === 0) return html``;
  return html`<section aria-labelledby="open">
<h2 id="open">What is open</h2>
${table(
  'open-table',
  'Rows that operators have not answered yet, by the order that went out last',
  [
    { title: 'Order' },
    { title: 'Rows', count: true },
    { title: 'Directions', count: true },
    { title: 'Until' },
    { title: 'Time left' },
    { title: 'Then' },
  ],
  all.map(({ order, rows: count, directions, deadline, next }): Content[] => [
    orderWords(order),
    count,
    directions,
    time(deadline),
    left(deadline, asOf),
    STEPS[next],
  ]),
)}</section>
`;
}

function overdue({ overdue: all }: Status): Html {
  if (all.length === 0) return html``;
  return html`<section aria-labelledby="overdue">
<h2 id="overdue">What is overdue</h2>
${table('overdue-table', OVERDUE.caption, OVERDUE.columns, overdueRows(all))}</section>
`;
}

function source(told: Status): Html {
  const { file, report } = told;
  if (file === '') return html``;
  const of = sourceOf(told);
  const about =
    of === 'report'
      ? html`: ${counted(report.rows, 'row')}, ${counted(report.handsets, 'handset')}, ${counted(report.repeats, 'repeat')}, ${report.rejected} rejected`
      : html``;
  return html`<section aria-labelledby="source">
<h2 id="source">Where it comes from</h2>
<p><code>${isolated(file)}</code>${about}.</p>
${became(told, of)}</section>
`;
}

/** The sentence that says where to find what became of a reversal's subjects: a status counts rows alone. */
function became({ batchId, status }: Status, of: Source): Html {
  if (of === 'report' || of === 'night' || (status !== 'directed' && status !== 'settled')) return html``;
  const each =
    of === 'appeal'
      ? html`What became of each of its lines: <code>${appealsCsvKey(batchId)}</code>.`
      : html`What of the report stays, since later batches rely on it: <code>${keptCsvKey(batchId)}</code>.`;
  const counts =
    status === 'settled'
      ? html` For how many it asked, and what became of them: <code>${summaryKey(batchId)}</code>.`
      : html``;
  return html`<p>${each}${counts}</p>
`;
}
