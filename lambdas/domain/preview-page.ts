/**
 * The preview as a page for the people who decide: whom the batch would reach, by operator and area, its held handsets and its heaviest
 * ones, and how to decide. It stands alone (it asks for nothing, runs nothing and is one file), and names no number.
 */
import { csvLine } from './csv-line.ts';
import { DECISION_COLUMNS } from './decision-rows.ts';
import { sha256Of } from './hashes.ts';
import { type Content, type Html, html } from './html.ts';
import { imeiOut } from './imeis.ts';
import { previewKeys } from './outbox.ts';
import { type Column, isolated, pageOf, table, time } from './page-parts.ts';
import { type Preview, previewText } from './preview.ts';
import type { AreaCount } from './preview-count.ts';
import { type OverLimit, overWords } from './report-limits.ts';
import type { HandsetWeight, HeldFrom, HeldHandset } from './weighing.ts';
import { counted, countText } from './wording.ts';

/** What the page shows beside the preview itself. */
export interface PreviewDetails {
  /** All held handsets, in any order; the page shows the first of them by weight, and names the file that has all. */
  readonly held: readonly HeldHandset[];
  /** The heaviest handsets of the batch, the heaviest first. */
  readonly heaviest: readonly HandsetWeight[];
  /** Numbers by area, the largest first. */
  readonly areas: readonly AreaCount[];
  /** The number of numbers from which on a handset is held. */
  readonly heldFrom: HeldFrom;
  /** The limit that the batch has passed, so that it ended without effect before anybody was asked; null where it has passed none. */
  readonly over: OverLimit | null;
}

/** The most rows that the page shows, since people read it: the others stand in held.csv, or in one last row. */
const MOST_HELD_SHOWN = 500;
const MOST_AREAS_SHOWN = 40;

/**
 * The page. Its bytes follow from what it is given; the decisions are bound to the preview's bytes, not to these.
 */
export function previewHtml(preview: Preview, details: PreviewDetails): string {
  const { batchId } = preview;
  return pageOf(
    `Preview of ${batchId}`,
    html`${opening(preview, details)}${operators(preview)}${areas(preview, details.areas)}${held(preview, details)}${heaviest(details.heaviest)}${howTo(preview, details)}${source(preview, details)}`,
  );
}

/** Whether people are asked to decide upon it. */
const isAsked = ({ decideBy }: Preview, { over }: PreviewDetails) => decideBy !== null && over === null;

function opening(preview: Preview, details: PreviewDetails): Html {
  const { batchId, agency, report, held, linked, linkedOnlyByHeld, people, decideBy } = preview;
  const { over } = details;
  const who = counted(people, 'approver');
  const decision =
    over !== null
      ? html`<p class="lead">Nobody is asked to decide on this batch: it reaches more than it may (${overWords(over)}), and ends without effect, whatever anybody says.</p>`
      : decideBy === null
        ? html`<p class="lead">Nobody has to decide on this batch: it goes on at once, and every held handset is spared.</p>`
        : html`<p class="lead">${who} must approve this batch by ${time(decideBy)}. If they don’t, it lapses and nothing is done. One who refuses is enough to stop it.</p>`;
  const given =
    over !== null
      ? 'Within the limit, at'
      : decideBy === null
        ? 'At'
        : 'If it is approved and nothing is said of the held handsets, at';
  return html`<header>
<h1>Preview of <span class="id">${batchId}</span></h1>
${decision}
</header>
<section aria-labelledby="reach">
<h2 id="reach">What it would do</h2>
<dl class="figures">
<div><dt>Handsets reported by ${agency}</dt><dd>${report.handsets}</dd></div>
<div><dt>of them held, since they look cloned</dt><dd>${held}</dd></div>
<div><dt>Numbers seen in these handsets</dt><dd>${linked}</dd></div>
<div><dt>of them in held handsets only</dt><dd>${linkedOnlyByHeld}</dd></div>
</dl>
<p>${given} most <strong>${counted(report.handsets - held, 'handset')}</strong> ${over === null && decideBy === null ? 'will' : 'would'} be blocked, and at most <strong>${counted(linked - linkedOnlyByHeld, 'number')}</strong> re-verified. A number that isn’t re-verified in time is barred, then disconnected. What is exempt, or is dealt with in an earlier batch, comes off these counts.</p>
</section>
`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

function operators(preview: Preview): Html {
  const all = Object.entries(preview.operators);
  const namesOf = (some: typeof all) => some.map(([name]) => name).join(', ');
  const never = namesOf(all.filter(([, { latestImport }]) => latestImport === null));
  const waiting = all.filter(([, { gated }]) => gated > 0);
  const rows = all.map(([operator, { linked, latestImport, gated }]): Content[] => [
    operator,
    linked,
    share(linked, preview.linked),
    latestImport === null ? html`<strong>never</strong>` : time(latestImport),
    ...(waiting.length === 0 ? [] : [gated === 0 ? gated : html`<strong>${gated}</strong>`]),
  ]);
  const missing = [
    ...(never === '' ? [] : [html` Of ${never} no usage file was ever imported.`]),
    // Nobody can say of a good file whether it is sent in the place of one that is held up.
    ...waiting.map(
      ([name, { latestImport, gated }]) =>
        html` Of ${name} ${counted(gated, 'file')} ${gated === 1 ? 'waits' : 'wait'} to be admitted, unless another file has replaced ${gated === 1 ? 'it' : 'them'}${latestImport === null ? '' : html`; the latest that was imported is of ${time(latestImport)}`}.`,
    ),
  ];
  const warning =
    missing.length === 0
      ? html``
      : html`<p class="warning"><strong>Numbers may be missing here.</strong>${missing}</p>
`;
  return html`<section aria-labelledby="operators">
<h2 id="operators">By operator</h2>
${warning}${table(
  'operators-table',
  'Numbers by the operator where each was seen last',
  [
    { title: 'Operator' },
    { title: 'Numbers', count: true },
    { title: 'Share', count: true },
    { title: 'Usage imported last' },
    // If no operator of a batch has a file that is held up, there is no such column.
    ...(waiting.length === 0 ? [] : [{ title: 'Files not admitted', count: true }]),
  ],
  rows,
)}</section>
`;
}

function areas(preview: Preview, all: readonly AreaCount[]): Html {
  const names = Object.keys(preview.operators);
  const cells = (some: readonly AreaCount[]) => [
    some.reduce((sum, { numbers }) => sum + numbers, 0),
    ...names.map((name) =>
      some.reduce(
        (sum, { byOperator }) => sum + ([...byOperator].find(([operator]) => operator === name)?.[1] ?? 0),
        0,
      ),
    ),
  ];
  const shown = all.slice(0, MOST_AREAS_SHOWN);
  const others = all.slice(MOST_AREAS_SHOWN);
  const rows = shown.map((one): Content[] => [nameOf(one), ...cells([one])]);
  if (others.length > 0) rows.push([`${counted(others.length, 'other area')}`, ...cells(others)]);
  return html`<section aria-labelledby="areas">
<h2 id="areas">By area</h2>
${
  rows.length === 0
    ? html`<p>No number was seen in these handsets.</p>
`
    : table(
        'areas-table',
        'Numbers by the service area where each was seen last, as its operator wrote it',
        [{ title: 'Area' }, ...['All', ...names].map((title) => ({ title, count: true }))],
        rows,
      )
}</section>
`;
}

function nameOf({ area }: AreaCount): Content {
  if (area === null) return 'all that are not told apart';
  return area === '' ? 'not told' : isolated(area);
}

const WEIGHT_COLUMNS: readonly Column[] = [
  { title: 'IMEI' },
  { title: 'Numbers', count: true },
  { title: 'Areas', count: true },
  { title: 'Busiest day' },
  { title: 'Numbers that day', count: true },
  { title: 'Areas that day', count: true },
];

function weightCells(one: HandsetWeight): Content[] {
  return [one.connections, one.areas, one.busiestDay ?? '–', one.connectionsThatDay, one.areasThatDay];
}

function heavier(a: HandsetWeight, b: HandsetWeight): number {
  return b.connections - a.connections || (a.imei < b.imei ? -1 : 1);
}

function held(preview: Preview, details: PreviewDetails): Html {
  const { batchId, people } = preview;
  const { busyDay, manyConnections } = details.heldFrom;
  const shown = [...details.held].sort(heavier).slice(0, MOST_HELD_SHOWN);
  const [imei = { title: 'IMEI' }, ...counts] = WEIGHT_COLUMNS;
  const whys = {
    busy_day: `${countText(busyDay)} numbers or more on a day`,
    many_connections: `${countText(manyConnections)} numbers or more in all`,
  };
  const all = previewKeys(batchId).held;
  const rest = details.held.length - shown.length;
  return html`<section aria-labelledby="held">
<h2 id="held">Held handsets</h2>
<p>A handset that was used with ${busyDay} or more numbers on one day, or with ${manyConnections} or more in all, looks cloned and is <em>held</em>: neither it nor the numbers seen in it alone are touched${
    isAsked(preview, details) ? `, unless ${counted(people, 'approver')} say so` : ''
  }. An IMEI that many innocent phones share (a clone) is seen in many areas; one device that takes many cards (a SIM box) is seen in one or two.</p>
${
  shown.length === 0
    ? html`<p>None is held.</p>
`
    : table(
        'held-table',
        rest === 0
          ? `${shown.length === 1 ? '' : 'All '}${counted(shown.length, 'held handset')}`
          : `The heaviest ${countText(shown.length)} of ${countText(details.held.length)}`,
        [imei, { title: 'Held for' }, ...counts],
        shown.map((one) => [imeiOut(one.imei), whys[one.why], ...weightCells(one)]),
      )
}${
  rest === 0
    ? html``
    : html`<p>The other ${rest} stand in <code>${all}</code>.</p>
`
}</section>
`;
}

function heaviest(all: readonly HandsetWeight[]): Html {
  const handsets = all.filter(({ connections }) => connections > 0);
  if (handsets.length === 0) return html``;
  return html`<section aria-labelledby="heaviest">
<h2 id="heaviest">Heaviest handsets</h2>
${table(
  'heaviest-table',
  `The ${counted(handsets.length, 'handset')} with the most numbers, held or not`,
  WEIGHT_COLUMNS,
  handsets.map((one) => [imeiOut(one.imei), ...weightCells(one)]),
)}</section>
`;
}

function howTo(preview: Preview, details: PreviewDetails): Html {
  const { batchId, people } = preview;
  if (!isAsked(preview, details)) return html``;
  const sha256 = sha256Of(previewText(preview));
  const columns = [...DECISION_COLUMNS.required, ...DECISION_COLUMNS.optional];
  const line = (cells: Readonly<Partial<Record<(typeof columns)[number], string>>>) =>
    csvLine(columns.map((column) => (column === 'preview' ? sha256 : (cells[column] ?? ''))));
  const [first] = [...details.held].sort(heavier);
  const example = [
    csvLine(columns),
    ...(first === undefined ? [] : [line({ decision: 'spare', imei: imeiOut(first.imei) })]),
    line({ decision: 'approve', ground: 'public_interest' }),
  ].join('');
  return html`<section aria-labelledby="how">
<h2 id="how">How to decide</h2>
<p>Upload a CSV file to <code>decisions/<var>your id</var>/${batchId}/<var>a name</var>.csv</code></p>
<div class="scroll" role="region" aria-label="An example of a decision" tabindex="0"><pre>${example}</pre></div>
<dl class="words">
<div><dt>approve</dt><dd>with <code>ground</code>: <code>public_interest</code> or <code>notice_given</code></dd></div>
<div><dt>refuse</dt><dd>with <code>remarks</code>: the batch ends, for good</dd></div>
<div><dt>block, reverify, spare</dt><dd>with the <code>imei</code> of a held handset: block it and re-verify its numbers, re-verify its numbers only, or neither. It needs ${counted(people, 'approver')}; the mildest of what they say counts</dd></div>
<div><dt>strike</dt><dd>with <code>imei</code> or <code>msisdn</code>, and <code>remarks</code>: leaves out a handset or a number; one approver is enough</dd></div>
</dl>
<p>The last word on each subject counts, and all rows of a file count together: say what you have to say of handsets and numbers before you approve, or in the same file. Nobody approves with a file of which a row was rejected: read its receipt.</p>
</section>
`;
}

function source(preview: Preview, details: PreviewDetails): Html {
  const { rows, rejected, repeats, handsets } = preview.report;
  const files: [string, Content][] = [
    ['Report', isolated(preview.file)],
    ['Its SHA-256', preview.sha256],
    ['Preview', previewKeys(preview.batchId).json],
    [isAsked(preview, details) ? 'Its SHA-256, which decisions name' : 'Its SHA-256', sha256Of(previewText(preview))],
  ];
  return html`<section aria-labelledby="source">
<h2 id="source">Where it comes from</h2>
<p>${counted(rows, 'row')} of the report: ${counted(handsets, 'handset')}, ${counted(repeats, 'repeat')}, ${rejected} rejected.</p>
<dl class="words">${files.map(([name, file]) => html`<div><dt>${name}</dt><dd><code>${file}</code></dd></div>`)}</dl>
</section>
`;
}
