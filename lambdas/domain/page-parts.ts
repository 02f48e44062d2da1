/** The parts of which all pages are made. */
import type { Instant } from './days.ts';
import { type Content, Html, html } from './html.ts';
import type { Order } from './ladders.ts';
import { STYLE } from './page-style.ts';
import type { OverdueRows } from './rows-due.ts';
import { inIndia, inUtc } from './wording.ts';

/** A text from outside; marks of writing direction in it end with it. */
export const isolated = (text: string) => html`<bdi>${text}</bdi>`;

/** An instant, in India's time and in UTC. */
export function time(instant: Instant): Html {
  return html`<time datetime="${instant}">${inIndia(instant)}</time> (${inUtc(instant)})`;
}

export interface Column {
  readonly title: string;
  readonly count?: boolean;
}

/** A table that scrolls by itself if the page is too narrow, by keys as well; the first cell of each row names it. */
export function table(
  id: string,
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
): Html {
  const kind = (n: number) => (columns[n]?.count ? html` class="count"` : html``);
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table>
<caption><span id="${id}">${caption}</span></caption>
<thead><tr>${columns.map(({ title }, n) => html`<th scope="col"${kind(n)}>${title}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([name = '', ...cells]) =>
    html`<tr><th scope="row">${name}</th>${cells.map((cell, n) => html`<td${kind(n + 1)}>${cell}</td>`)}</tr>
`,
)}</tbody>
</table>
</div>
`;
}

/** An order in words. */
export const orderWords = (order: Order): string => order.replace('_', ' ');

/** What a table of overdue rows is called, and what it has of each. */
export const OVERDUE = {
  caption: 'Rows that operators should have answered',
  columns: [
    { title: 'Operator' },
    { title: 'Order' },
    { title: 'Rows', count: true },
    { title: 'Directions', count: true },
    { title: 'The first since' },
  ],
} as const satisfies { caption: string; columns: readonly Column[] };

/** The cells of such a table. */
export function overdueRows(overdue: readonly OverdueRows[]): Content[][] {
  return overdue.map(({ operator, order, rows, directions, since }) => [
    operator,
    orderWords(order),
    rows,
    directions,
    time(since),
  ]);
}

/** A page that stands alone: it asks for nothing, runs nothing and is one file. */
export function pageOf(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
${content}</main>
</body>
</html>
`.text;
}
