/** Dashboards' definitions, with the values that their graphs show. */
import { type MetricStore, type Point, STATISTICS, type Statistic } from './metrics.ts';

/** The error for a dashboard with something that isn't drawn here; the message names it. */
export class UnsupportedDashboard extends Error {
  constructor(what: string) {
    super(`the pictures of dashboards have no ${what}`);
    this.name = 'UnsupportedDashboard';
  }
}

export interface Line {
  readonly label: string;
  /** The statistic: sums of periods are drawn as stems, and others as a line, since a line between sums would say nothing. */
  readonly statistic: Statistic;
  readonly points: readonly Point[];
}

/** A graph and its place, in the units of CloudWatch's grid, which is 24 wide. */
export interface Graph {
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly Line[];
}

interface Options {
  id?: string;
  label?: string;
  expression?: string;
  period?: number;
  stat?: string;
  visible?: boolean;
}

interface Widget {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { title?: string; view?: string; metrics?: unknown[][] };
}

const DEFAULT_PERIOD = 300;

/**
 * The graphs of a dashboard (the JSON of its body) with the values of a store.
 * @throws UnsupportedDashboard for a widget, a statistic or an expression that isn't drawn
 */
export function graphsOf(body: string, store: MetricStore): Graph[] {
  const { widgets } = JSON.parse(body) as { widgets: Widget[] };
  return widgets
    .filter(({ type }) => type !== 'text')
    .map(({ type, x, y, width, height, properties: { title = '', view, metrics = [] } }) => {
      if (type !== 'metric' || view !== 'timeSeries') throw new UnsupportedDashboard(`widget ${type} ${view}`);
      return { title, x, y, width, height, lines: linesOf(metrics, store) };
    });
}

function linesOf(metrics: readonly unknown[][], store: MetricStore): Line[] {
  const all = metrics.map((metric) => {
    const options = (metric.find((part) => typeof part === 'object') ?? {}) as Options;
    const [namespace = '', name = '', ...pairs] = metric.filter((part) => typeof part === 'string');
    const period = (options.period ?? DEFAULT_PERIOD) * 1000;
    const statistic = STATISTICS.find((known) => known === (options.stat ?? 'Average'));
    if (statistic === undefined) throw new UnsupportedDashboard(`statistic ${options.stat}`);
    const dimensions = Object.fromEntries(
      pairs.flatMap((part, n) => (n % 2 === 0 ? [[part, pairs[n + 1] ?? '']] : [])),
    );
    return { options, name, statistic, points: store.series({ namespace, name, dimensions }, statistic, period) };
  });
  const pointsOf = (id: string) => {
    const found = all.find(({ options }) => options.id === id);
    if (found === undefined) throw new UnsupportedDashboard(`metric ${id}`);
    return found.points;
  };
  return all
    .filter(({ options }) => options.visible !== false)
    .map(({ options: { expression, label }, name, statistic, points }) =>
      expression === undefined
        ? { label: label ?? name, statistic, points }
        : { label: label ?? expression, statistic: 'Sum' as const, points: sumOf(expression, pointsOf) },
    );
}

/** Evaluates `SUM([a, b])`, period by period, over those that hold anything. */
function sumOf(expression: string, pointsOf: (id: string) => readonly Point[]): Point[] {
  const [, ids] = /^SUM\(\[([\w, ]+)\]\)$/.exec(expression) ?? [];
  if (ids === undefined) throw new UnsupportedDashboard(`expression ${expression}`);
  const periods = Map.groupBy(ids.split(', ').flatMap(pointsOf), ({ at }) => at);
  return [...periods]
    .map(([at, points]) => ({ at, value: points.reduce((sum, { value }) => sum + value, 0) }))
    .sort((a, b) => a.at - b.at);
}
