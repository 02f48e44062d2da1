/**
 * Charts of pages: scales, ticks and stacks are d3's, and what is drawn with them is a piece of a page. Each chart has its figures beside
 * it in words or a table, so that nobody needs its colours.
 */
import { scaleLinear, scaleUtc } from 'd3-scale';
import { stack } from 'd3-shape';
import { DAY_MS, type Day } from './days.ts';
import { type Content, Html, html } from './html.ts';
import { table } from './page-parts.ts';
import type { SERIES } from './page-style.ts';
import { countText } from './wording.ts';

/** One thing that is counted: its name, and the colour of its kind (`--<colour>` of the style). */
export interface Series {
  readonly name: string;
  readonly colour: (typeof SERIES)[number];
}

/** A bar: its count, and its parts in the order of the series. */
export interface Bar {
  readonly name: string;
  readonly count: number;
  /** The part of each series; absent for a bar without parts. */
  readonly parts?: readonly number[];
  readonly note?: Content;
}

const WHOLE = 100;

/** Names and colours of the series that count something. */
function legend(series: readonly Series[], counts: (n: number) => number): Html {
  const shown = series.filter((_, n) => counts(n) > 0);
  if (shown.length === 0) return html``;
  return html`<ul class="legend">${shown.map(({ name, colour }) => html`<li><svg viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" class="${colour}"/></svg>${name}</li>`)}</ul>
`;
}

/**
 * Bars one below the other, each as long as its count, the longest as wide as the page: a funnel where each is what is left of the
 * one before.
 * @param id names the figure in the page
 */
export function bars(id: string, caption: string, all: readonly Bar[], series: readonly Series[] = []): Html {
  const width = scaleLinear([0, Math.max(1, ...all.map(({ count }) => count))], [0, WHOLE]);
  const drawn = ({ count, parts }: Bar): Html[] => {
    if (parts === undefined) return [rectangle(0, width(count), 'step')];
    let from = 0;
    return parts.flatMap((part, n) => {
      const at = from;
      from += part;
      return part === 0 ? [] : [rectangle(width(at), width(part), series[n]?.colour ?? 'step')];
    });
  };
  const items = all.map(
    (
      bar,
    ) => html`<li><span class="name">${bar.name}</span> <strong>${bar.count}</strong>${bar.note === undefined ? html`` : html` <span class="note">${bar.note}</span>`}
<svg viewBox="0 0 ${String(WHOLE)} 1" preserveAspectRatio="none" aria-hidden="true">${drawn(bar)}</svg></li>
`,
  );
  const sum = (n: number) => all.reduce((of, { parts = [] }) => of + (parts[n] ?? 0), 0);
  return html`<figure aria-labelledby="${id}"><figcaption id="${id}">${caption}</figcaption>
${legend(series, sum)}<ol class="bars">
${items}</ol></figure>
`;
}

function rectangle(x: number, width: number, colour: string): Html {
  return html`<rect x="${x.toFixed(3)}" width="${width.toFixed(3)}" height="1" class="${colour}"/>`;
}

/** A day and what was counted on it, in the order of the series. */
export interface DayCounts {
  readonly day: Day;
  readonly counts: readonly number[];
}

/** Pixels. The picture is as wide as its days need, and scrolls by itself if the page is too narrow. */
const HEIGHT = 260;
const LEFT = 72;
const BOTTOM = 28;
const TOP = 8;
const NARROWEST = 560;
const DAY_WIDTH = 14;
const TICKS = 5;
/** Pixels that a day's text takes below the axis, from its tick on: a text that doesn't fit is left out. */
const A_DAY_TEXT = 36;

const millis = (day: Day) => Date.parse(`${day}T00:00:00Z`);

/**
 * What was counted day by day, stacked; a day between the first and the last without a count stays empty.
 * @param days in their order
 */
export function overDays(id: string, caption: string, series: readonly Series[], days: readonly DayCounts[]): Html {
  const [first, last] = [days.at(0), days.at(-1)];
  if (first === undefined || last === undefined)
    return html`<p>Nothing happened yet.</p>
`;
  const span = (millis(last.day) - millis(first.day)) / DAY_MS + 1;
  const width = Math.max(NARROWEST, LEFT + span * DAY_WIDTH);
  const x = scaleUtc([millis(first.day), millis(last.day) + DAY_MS], [LEFT, width - 4]);
  const most = Math.max(1, ...days.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0)));
  const y = scaleLinear([0, most], [HEIGHT - BOTTOM, TOP]).nice(TICKS);
  const layers = stack<DayCounts, number>()
    .keys(series.keys())
    .value(({ counts }, n) => counts[n] ?? 0)([...days]);
  const wide = Math.max(1, x(millis(first.day) + DAY_MS) - x(millis(first.day)) - 1);
  const drawn = layers.flatMap((layer, n) =>
    layer.flatMap(([from, to], at) =>
      to === from
        ? []
        : [
            html`<rect class="${series[n]?.colour ?? 'step'}" x="${x(millis(days[at]?.day ?? first.day)).toFixed(1)}" width="${wide.toFixed(1)}" y="${y(to).toFixed(1)}" height="${(y(from) - y(to)).toFixed(1)}"/>`,
          ],
    ),
  );
  const lines = y
    .ticks(TICKS)
    .map(
      (tick) =>
        html`<line x1="${String(LEFT)}" x2="${String(width)}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/><text x="${String(LEFT - 8)}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${countText(tick)}</text>`,
    );
  const months = x
    .ticks(Math.max(2, Math.floor(width / 110)))
    .filter((tick) => x(tick) <= width - A_DAY_TEXT)
    .map(
      (tick) =>
        html`<text x="${x(tick).toFixed(1)}" y="${String(HEIGHT - 8)}">${tick.toISOString().slice(5, 10)}</text>`,
    );
  const sum = (n: number) => days.reduce((of, { counts }) => of + (counts[n] ?? 0), 0);
  const used = series.flatMap((one, n) => (sum(n) === 0 ? [] : [{ ...one, n }]));
  return html`<figure aria-labelledby="${id}"><figcaption id="${id}">${caption}</figcaption>
${legend(series, sum)}<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><svg class="days" width="${String(width)}" height="${String(HEIGHT)}" viewBox="0 0 ${String(width)} ${String(HEIGHT)}" aria-hidden="true">
<g class="axis">${lines}${months}</g>
${drawn}</svg></div>
<details><summary>The same as a table</summary>
${table(
  `${id}-table`,
  caption,
  [{ title: 'Day' }, ...used.map(({ name }) => ({ title: name, count: true }))],
  days
    .filter(({ counts }) => counts.some((count) => count > 0))
    .map(({ day, counts }) => [day, ...used.map(({ n }) => counts[n] ?? 0)]),
)}</details></figure>
`;
}

/** A station on the way of a batch. */
export interface Station {
  readonly name: Content;
  readonly when: Content;
  readonly state: 'done' | 'now' | 'to come';
}

/** Stations in their order: those that are over, the one that is under way, and those to come. */
export function timeline(all: readonly Station[]): Html {
  return html`<ol class="timeline">${all.map(({ name, when, state }) => html`<li class="${new Html(state.replace(' ', '-'))}"${state === 'now' ? html` aria-current="step"` : html``}><strong>${name}</strong> <span>${when}</span></li>`)}</ol>
`;
}
