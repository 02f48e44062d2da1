/** Pictures of dashboards, as SVG. */
import type { Graph, Line } from './graphs.ts';

/** Pixels of a unit of the grid. */
const UNIT = 42;
const GAP = 5;
const HEADER = 34;
const TITLE = 22;
const LEFT = 46;
const RIGHT = 18;
/** Pixels that the label of a day takes. */
const DAY_LABEL = 44;
const LEGEND_LINE = 13;
const AXIS = 16;
const DAY = 86_400_000;

const COLOURS = ['#1f77b4', '#d62728', '#2ca02c', '#ff7f0e', '#9467bd', '#8c564b', '#e377c2', '#17becf', '#7f7f7f'];

/** The frame of a picture: its heading, and the time that it shows, epoch milliseconds. */
export interface Frame {
  readonly heading: string;
  readonly from: number;
  readonly to: number;
}

/** Draws a dashboard's graphs at their places. Days are counted from `from`. */
export function drawDashboard(graphs: readonly Graph[], frame: Frame): string {
  const top = Math.min(...graphs.map(({ y }) => y));
  const right = Math.max(...graphs.map(({ x, width }) => x + width)) * UNIT;
  const bottom = HEADER + (Math.max(...graphs.map(({ y, height }) => y + height)) - top) * UNIT;
  const drawn = graphs.map((graph) => {
    const at = `translate(${graph.x * UNIT + GAP} ${HEADER + (graph.y - top) * UNIT})`;
    return `<g transform="${at}">${drawGraph(graph, frame)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${right} ${bottom}" font-family="sans-serif" font-size="10">
<title>${escaped(frame.heading)}</title>
<rect width="${right}" height="${bottom}" fill="#f4f5f7"/>
<text x="${GAP * 2}" y="22" font-size="15" font-weight="bold" fill="#222">${escaped(frame.heading)}</text>
${drawn.join('\n')}
</svg>
`;
}

function drawGraph({ title, width, height, lines }: Graph, { from, to }: Frame): string {
  const outer = { width: width * UNIT - 2 * GAP, height: height * UNIT - 2 * GAP };
  const shown = lines.filter(({ points }) => points.length > 0);
  const legend = drawLegend(shown, outer.width);
  const plot = {
    left: LEFT,
    top: TITLE + 6,
    width: outer.width - LEFT - RIGHT,
    height: outer.height - TITLE - 6 - AXIS - legend.rows * LEGEND_LINE - 4,
  };
  const highest = niceCeiling(Math.max(1, ...shown.flatMap(({ points }) => points.map(({ value }) => value))));
  const x = (at: number) => round(plot.left + (plot.width * (at - from)) / (to - from));
  const y = (value: number) => round(plot.top + plot.height * (1 - value / highest));
  const parts = [
    `<rect width="${outer.width}" height="${outer.height}" rx="3" fill="#fff" stroke="#d5d8dd"/>`,
    `<text x="8" y="15" font-size="12" fill="#222">${escaped(title)}</text>`,
  ];
  for (const value of [0, highest / 2, highest])
    parts.push(
      `<path d="M${plot.left - 5} ${y(value)}h${plot.width + 10}" stroke="#e6e8eb"/>`,
      `<text x="${plot.left - 8}" y="${y(value) + 3}" text-anchor="end" fill="#666">${short(value)}</text>`,
    );
  const days = Math.round((to - from) / DAY);
  const step = Math.ceil((days * DAY_LABEL) / plot.width);
  for (let day = 0; day <= days; day += step)
    parts.push(
      `<text x="${x(from + day * DAY)}" y="${plot.top + plot.height + 12}" text-anchor="middle" fill="#666">day ${day}</text>`,
    );
  if (shown.length === 0)
    parts.push(
      `<text x="${plot.left + plot.width / 2}" y="${plot.top + plot.height / 2}" text-anchor="middle" fill="#999">nothing in this run</text>`,
    );
  for (const [n, { statistic, points }] of shown.entries()) {
    const colour = colourOf(n);
    if (statistic === 'Sum') {
      // Stems stand beside each other, so that those of one instant don't hide one another.
      const beside = (n - (shown.length - 1) / 2) * Math.min(2, 12 / shown.length);
      const stems = points.map(({ at, value }) => `M${round(x(at) + beside)} ${y(0)}V${y(value)}`).join('');
      parts.push(`<path d="${stems}" stroke="${colour}" stroke-width="1.6" fill="none"/>`);
    } else {
      const path = points.map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${x(at)} ${y(value)}`).join('');
      parts.push(`<path d="${path}" stroke="${colour}" stroke-width="1.4" fill="none"/>`);
    }
  }
  parts.push(`<g transform="translate(8 ${outer.height - legend.rows * LEGEND_LINE})">${legend.text}</g>`);
  return parts.join('');
}

/** Draws labels side by side, in as many rows as they take. */
function drawLegend(shown: readonly Line[], width: number): { rows: number; text: string } {
  let left = 0;
  let row = 0;
  const parts: string[] = [];
  for (const [n, { label }] of shown.entries()) {
    const takes = 20 + label.length * 5.6;
    if (left > 0 && left + takes > width - 16) {
      left = 0;
      row += 1;
    }
    const y = row * LEGEND_LINE;
    parts.push(
      `<rect x="${round(left)}" y="${y}" width="8" height="8" fill="${colourOf(n)}"/>`,
      `<text x="${round(left + 11)}" y="${y + 8}" fill="#444">${escaped(label)}</text>`,
    );
    left += takes;
  }
  return { rows: shown.length === 0 ? 0 : row + 1, text: parts.join('') };
}

const colourOf = (n: number): string => COLOURS[n % COLOURS.length] ?? '';

/** The least number of the form 1, 2 or 5 times a power of ten that is no less. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((step) => value <= step * power) ?? 10);
}

/** A number in short form: 1500 as 1.5k. */
function short(value: number): string {
  if (value >= 1_000_000) return `${round(value / 1_000_000)}M`;
  return value >= 1000 ? `${round(value / 1000)}k` : String(round(value));
}

const round = (value: number): number => Math.round(value * 10) / 10;

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
