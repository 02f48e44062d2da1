/**
 * The preview of a reversal as a page for the people who decide: how much it would give back, on what grounds, and how to decide. It
 * names no number and no handset.
 */
import type { AppealGround, Asked } from './appeals.ts';
import { csvLine } from './csv-line.ts';
import { DECISION_COLUMNS } from './decision-rows.ts';
import { sha256Of } from './hashes.ts';
import { type Content, type Html, html } from './html.ts';
import { previewKeys } from './outbox.ts';
import { isolated, pageOf, table } from './page-parts.ts';
import { type OverLimit, overWords } from './report-limits.ts';
import { askedByGround, type ReversalPreview, reversalPreviewText } from './reversal-preview.ts';
import { counted } from './wording.ts';

const GROUND_WORDS: Readonly<Record<AppealGround, string>> = {
  wrong_number: 'the number is none of those meant',
  wrong_handset: 'the handset is none of those meant',
  cloned: 'the IMEI is a clone’s',
  reissued: 'somebody else has the number since',
  court_order: 'a court ordered it',
};

/**
 * The page. Its bytes follow from what it is given; the decisions are bound to the preview's bytes, not to these.
 * @param conditional how many more numbers it gives back if the other handsets that link them are withdrawn before
 * @param over the limit that it has passed, so that it ended without effect before anybody was asked; null if it has passed none
 */
export function reversalHtml(
  preview: ReversalPreview,
  asked: Asked,
  conditional: number,
  over: OverLimit | null,
): string {
  const title = `Preview of ${preview.batchId}`;
  return pageOf(
    title,
    html`${opening(preview, asked, conditional, over)}${grounds(asked)}${isAsked(preview, over) ? howTo(preview) : ''}${source(preview, over)}`,
  );
}

/** Whether people are asked to decide upon it. */
const isAsked = ({ people }: ReversalPreview, over: OverLimit | null) => people > 0 && over === null;

function opening(
  { batchId, agency, subjects, people }: ReversalPreview,
  { withdraws }: Asked,
  conditional: number,
  over: OverLimit | null,
): Html {
  const decision =
    over !== null
      ? html`<p class="lead">Nobody is asked to decide on this batch: it asks for more than it may (${overWords(over)}), and ends without effect, whatever anybody says. What it asks for has to be asked for in several files.</p>`
      : people === 0
        ? html`<p class="lead">Nobody has to decide on this batch: it goes on at once.</p>`
        : html`<p class="lead">${counted(people, 'approver')} must approve this batch. It waits until they do, and they are reminded every day: people may be cut off while it waits. One who refuses is enough to end it, for good.</p>`;
  const asks =
    withdraws === null
      ? html`The caseworker ${agency} appeals for those who were cut off, or are about to be.`
      : html`The agency ${agency} takes back ${
          withdraws.imeis === null ? 'all' : counted(withdraws.imeis.length, 'handset')
        } of its report, batch <span class="id">${withdraws.batchId}</span>.`;
  return html`<header>
<h1>Preview of <span class="id">${batchId}</span></h1>
${decision}
</header>
<section aria-labelledby="reach">
<h2 id="reach">What it would give back</h2>
<p>${asks}</p>
<dl class="figures">
<div><dt>Numbers and handsets asked for</dt><dd>${subjects}</dd></div>
</dl>
${
  conditional === 0
    ? html``
    : html`<p>Other handsets of the report were seen with ${counted(conditional, 'number')} more. Such a number is given back, too, if all of these handsets are withdrawn before this batch goes on, and stays as it is otherwise.</p>
`
}<p>A number that an order cut, or may cut, is restored to full service, and a handset that was blocked is unblocked, at each operator that has it. Where there is nothing to restore, or it is too late, nothing is done.</p>
</section>
`;
}

function grounds({ appeals }: Asked): Html {
  if (appeals.length === 0) return html``;
  const rows = askedByGround(appeals).map(({ ground, numbers, handsets, pairs }): Content[] => [
    html`<code>${ground}</code>: ${GROUND_WORDS[ground]}`,
    numbers,
    handsets,
    pairs,
  ]);
  return html`<section aria-labelledby="grounds">
<h2 id="grounds">By ground</h2>
${table(
  'grounds-table',
  'What is asked for, by the ground that the caseworker gave',
  [
    { title: 'Ground' },
    { title: 'Numbers', count: true },
    { title: 'Handsets', count: true },
    { title: 'Handsets, for one number', count: true },
  ],
  rows,
)}</section>
`;
}

function howTo(preview: ReversalPreview): Html {
  const { batchId } = preview;
  const sha256 = sha256Of(reversalPreviewText(preview));
  const columns = [...DECISION_COLUMNS.required, ...DECISION_COLUMNS.optional];
  const cells: Readonly<Partial<Record<(typeof columns)[number], string>>> = {
    preview: sha256,
    decision: 'approve',
    ground: 'public_interest',
  };
  const example = [csvLine(columns), csvLine(columns.map((column) => cells[column] ?? ''))].join('');
  return html`<section aria-labelledby="how">
<h2 id="how">How to decide</h2>
<p>Upload a CSV file to <code>decisions/<var>your id</var>/${batchId}/<var>a name</var>.csv</code></p>
<div class="scroll" role="region" aria-label="An example of a decision" tabindex="0"><pre>${example}</pre></div>
<dl class="words">
<div><dt>approve</dt><dd>with <code>ground</code>: <code>public_interest</code> or <code>notice_given</code></dd></div>
<div><dt>refuse</dt><dd>with <code>remarks</code>: the batch ends, for good, and nothing is given back</dd></div>
<div><dt>strike</dt><dd>with <code>imei</code> or <code>msisdn</code>, and <code>remarks</code>: leaves out all that names this handset, or this number; one approver is enough</dd></div>
</dl>
<p>The last word on each subject counts, and all rows of a file count together: strike before you approve, or in the same file. Nobody approves with a file of which a row was rejected: read its receipt.</p>
</section>
`;
}

function source(preview: ReversalPreview, over: OverLimit | null): Html {
  const files: [string, Content][] = [
    ['File', isolated(preview.file)],
    ['Its SHA-256', preview.sha256],
    ['Preview', previewKeys(preview.batchId).json],
    [
      isAsked(preview, over) ? 'Its SHA-256, which decisions name' : 'Its SHA-256',
      sha256Of(reversalPreviewText(preview)),
    ],
  ];
  return html`<section aria-labelledby="source">
<h2 id="source">Where it comes from</h2>
<dl class="words">${files.map(([name, file]) => html`<div><dt>${name}</dt><dd><code>${file}</code></dd></div>`)}</dl>
</section>
`;
}
