/** Metrics as CloudWatch keeps them: published values, by namespace, name and dimensions, summed up over periods. */

/** The identity of a metric; dimensions in any order. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export const STATISTICS = ['Sum', 'Average', 'Maximum'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** A period's value; `at` is its beginning, epoch milliseconds. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

interface EmbeddedLine {
  _aws: {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  [property: string]: unknown;
}

export class MetricStore {
  readonly #published = new Map<string, Point[]>();

  add(metric: MetricName, at: number, value: number): void {
    const id = idOf(metric);
    const points = this.#published.get(id) ?? [];
    this.#published.set(id, points);
    points.push({ at, value });
  }

  /** Takes a line of a log; a line that isn't in the embedded metric format is ignored. */
  addLine(line: string, at: number): void {
    if (!line.startsWith('{"_aws":')) return;
    const { _aws, ...properties } = JSON.parse(line) as EmbeddedLine;
    for (const { Namespace: namespace, Dimensions, Metrics } of _aws.CloudWatchMetrics)
      for (const { Name: name } of Metrics)
        for (const names of Dimensions) {
          const dimensions = Object.fromEntries(names.map((dimension) => [dimension, String(properties[dimension])]));
          this.add({ namespace, name, dimensions }, at, Number(properties[name]));
        }
  }

  /**
   * The metric's periods that hold anything, in order.
   * @param period in milliseconds
   */
  series(metric: MetricName, statistic: Statistic, period: number): Point[] {
    const periods = Map.groupBy(this.#published.get(idOf(metric)) ?? [], ({ at }) => Math.floor(at / period) * period);
    return [...periods]
      .map(([at, points]) => ({
        at,
        value: summedUp(
          points.map(({ value }) => value),
          statistic,
        ),
      }))
      .sort((a, b) => a.at - b.at);
  }
}

function summedUp(values: readonly number[], statistic: Statistic): number {
  if (statistic === 'Maximum') return Math.max(...values);
  const sum = values.reduce((a, b) => a + b, 0);
  return statistic === 'Sum' ? sum : sum / values.length;
}

function idOf({ namespace, name, dimensions }: MetricName): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
