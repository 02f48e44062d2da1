/** The daily digest as a page for administrators. It stands alone, and names no number and no handset. */
import { bars } from './charts.ts';
import type { Instant } from './days.ts';
import { type Digest, digestFigures } from './digest.ts';
import { type Content, type Html, html } from './html.ts';
import { type Column, OVERDUE, orderWords, overdueRows, pageOf, table, time } from './page-parts.ts';
import type { StatusName } from './status.ts';
import { left, STEPS } from './status-words.ts';
import { counted, dayText } from './wording.ts';

/** The most rows that a table shows; the JSON beside the page has all. */
const MOST_ROWS = 100;

/** A status in words. */
const NAMES: Partial<Record<StatusName, string>> = {
  waiting: 'waiting for a decision',
  empty: 'nothing to do: no handset could be taken',
};
const nameOf = (status: StatusName) => NAMES[status] ?? status.replace('_', ' ');

/** The page. Its bytes follow from the digest. */
export function digestHtml(digest: Digest): string {
  return pageOf(
    `Digest of ${digest.day}`,
    html`${opening(digest)}${decisions(digest)}${due(digest)}${overdue(digest)}${failed(digest)}${heldUp(digest)}${underway(digest)}${ended(digest)}`,
  );
}

function opening(digest: Digest): Html {
  const { batches, ...figures } = digestFigures(digest);
  const named: readonly (readonly [name: string, count: number])[] = [
    ['Batches under way', batches],
    ['Decisions that wait', figures.decisions],
    ['Handsets held in these', figures.heldHandsets],
    ['Rows due today', figures.due],
    ['Rows overdue', figures.overdue],
    ['Failed, and still connected', figures.failed],
    ['Usage files held up', figures.heldFiles],
    ['Uploads in quarantine', figures.quarantined],
    ['Uploads in wrong places', figures.strays],
    ['Dead letters', figures.deadLetters],
  ];
  const calm = named.slice(1).every(([, count]) => count === 0) && digest.untold.length === 0;
  return html`<header>
<h1>${dayText(digest.day)}</h1>
<p class="lead">${calm ? 'Nothing waits for anybody, and nothing is overdue.' : 'What waits, what is due, and what is overdue.'}</p>
<p>As of ${time(digest.asOf)}. Overdue and failed rows are those of batches under way, and of those that settled in the last two days.</p>
</header>
${untold(digest)}<section aria-labelledby="figures">
<h2 id="figures">In figures</h2>
<dl class="figures">
${named.map(([name, count]) => html`<div><dt>${name}</dt><dd>${count}</dd></div>`)}
</dl>
</section>
`;
}

function untold({ untold: all }: Digest): Html {
  if (all.length === 0) return html``;
  return html`<div class="warning"><p><strong>Of ${counted(all.length, 'batch', 'batches')} nothing could be told: nothing here counts them.</strong></p>
<ul>${all.slice(0, MOST_ROWS).map((batchId) => html`<li><span class="id">${batchId}</span></li>`)}</ul></div>
`;
}

/** A section with a table; nothing if that has no rows. */
function section(
  id: string,
  title: string,
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
  before: Html = html``,
): Html {
  if (rows.length === 0) return html``;
  const rest = rows.length - MOST_ROWS;
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${before}${table(`${id}-table`, caption, columns, rows.slice(0, MOST_ROWS))}${rest > 0 ? html`<p>And ${counted(rest, 'more row')}: the JSON beside this page has them.</p>` : html``}</section>
`;
}

const id = (batchId: string) => html`<span class="id">${batchId}</span>`;
const byWhen = (until: Instant | null, asOf: Instant): Content[] =>
  until === null ? ['it never lapses', ''] : [time(until), left(until, asOf)];

function decisions({ decisions: all, asOf }: Digest): Html {
  return section(
    'decisions',
    'Decisions that wait',
    'Batches that approvers decide upon, the soonest end first',
    [
      { title: 'Batch' },
      { title: 'Agency' },
      { title: 'Handsets held', count: true },
      { title: 'Since' },
      { title: 'Until' },
      { title: 'Time left' },
    ],
    all.map(({ batchId, agency, held, since, until }) => [
      id(batchId),
      agency,
      held ?? '',
      time(since),
      ...byWhen(until, asOf),
    ]),
  );
}

function due({ due: all, asOf }: Digest): Html {
  return section(
    'due',
    'Due today',
    'Open rows whose order is to be answered within 24 hours',
    [
      { title: 'Operator' },
      { title: 'Order' },
      { title: 'Rows', count: true },
      { title: 'Directions', count: true },
      { title: 'First by' },
      { title: 'Time left' },
    ],
    all.map(({ operator, order, failed, rows, directions, deadline }) => [
      operator,
      failed ? 'disconnect, of failed rows' : orderWords(order),
      rows,
      directions,
      ...byWhen(deadline, asOf),
    ]),
  );
}

function overdue({ overdue: all }: Digest): Html {
  const operators = new Map<string, number>();
  for (const { operator, rows } of all) operators.set(operator, (operators.get(operator) ?? 0) + rows);
  return section(
    'overdue',
    'Overdue',
    OVERDUE.caption,
    OVERDUE.columns,
    overdueRows(all),
    bars(
      'overdue-figure',
      'Overdue rows by operator',
      [...operators].map(([name, count]) => ({ name, count, parts: [count] })),
      [{ name: 'overdue', colour: 'late' }],
    ),
  );
}

function failed({ failed: all }: Digest): Html {
  return section(
    'failed',
    'Failed, and still connected',
    'Rows that failed re-verification and are not disconnected',
    [{ title: 'Operator' }, { title: 'Rows', count: true }],
    all.map(({ operator, rows }) => [operator, rows]),
  );
}

function heldUp({ gated, quarantined, strays, deadLetters }: Digest): Html {
  const rows = [
    ...gated.map(({ operator, files }): Content[] => [
      `Usage files of ${operator}, at their gate: to be admitted, unless others have replaced them`,
      files,
    ]),
    ...(quarantined === 0 ? [] : [['Uploads in quarantine, of the last 30 days', quarantined]]),
    ...(strays === 0 ? [] : [['Uploads in wrong places, of the last day', strays]]),
    ...deadLetters.map(({ queue, messages }): Content[] => [`Messages in ${queue}`, messages]),
  ];
  return section(
    'held-up',
    'Held up',
    'Upon these nothing works until somebody acts; the runbook says how',
    [{ title: 'What' }, { title: 'How many', count: true }],
    rows,
  );
}

function underway({ underway: all, asOf }: Digest): Html {
  return section(
    'underway',
    'Batches under way',
    'Where each stands, and what comes next',
    [
      { title: 'Batch' },
      { title: 'Agency' },
      { title: 'Status' },
      { title: 'Since' },
      { title: 'Next' },
      { title: 'By' },
      { title: 'Time left' },
      { title: 'Rows open', count: true },
      { title: 'Rows overdue', count: true },
    ],
    all.map(({ batchId, agency, status, since, next, openRows, overdueRows }) => [
      id(batchId),
      agency,
      nameOf(status),
      time(since),
      next === null ? '' : STEPS[next.what],
      ...(next?.by ? [time(next.by), left(next.by, asOf)] : ['', '']),
      openRows,
      overdueRows,
    ]),
  );
}

function ended({ ended: all }: Digest): Html {
  return section(
    'ended',
    'Ended',
    'Batches that ended in the last 24 hours, and failed ones until they are begun again',
    [{ title: 'Batch' }, { title: 'Agency' }, { title: 'Status' }, { title: 'Since' }],
    all.map(({ batchId, agency, status, since }) => [id(batchId), agency, nameOf(status), time(since)]),
  );
}
