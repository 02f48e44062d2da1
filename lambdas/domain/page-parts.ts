/** The parts of which all pages are made. */
import type { Instant } from './days.ts';
import { type Content, Html, html } from './html.ts';
import { STYLE } from './page-style.ts';
import { inIndia, inUtc } from './wording.ts';

/** A text from outside; marks of writing direction in it end with it. */
export const outside = (text: string) => html`<bdi>${text}</bdi>`;

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
