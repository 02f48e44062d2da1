/** The method of the benchmarks: the system's work and its floor, by turns in the same process. */

/** Work that is timed; returns the number of units it did. */
export type Work = () => Promise<number>;

/** One comparison of the system's work with its floor: the least that has to be done for it in any case. */
export interface Comparison {
  name: string;
  unit: string;
  floor: string;
  /** The least ratio (ours : floor, both in units a second) that is good enough; undefined where the ratio is only told. */
  goal?: number;
  ours: Work;
  bare: Work;
}

/** The least, middle and greatest of some figures. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

export interface Measured {
  name: string;
  unit: string;
  floor: string;
  goal?: number;
  /** Units a second. */
  ours: Spread;
  bare: Spread;
  /** The ratios of each run's two rates. */
  ratio: Spread;
  runs: number;
}

/** @throws RangeError without figures */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError('no figures, no spread');
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return { min, median: sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2, max };
}

async function rateOf(work: Work): Promise<number> {
  globalThis.gc?.();
  const began = performance.now();
  const units = await work();
  return units / ((performance.now() - began) / 1000);
}

/** Runs both sides once to warm up, then `runs` times by turns; they take turns at being the first. */
export async function compare({ ours, bare, ...about }: Comparison, runs: number): Promise<Measured> {
  await ours();
  await bare();
  const rates: { ours: number; bare: number }[] = [];
  for (let run = 0; run < runs; run++) {
    if (run % 2 === 0) rates.push({ ours: await rateOf(ours), bare: await rateOf(bare) });
    else {
      const first = await rateOf(bare);
      rates.push({ ours: await rateOf(ours), bare: first });
    }
  }
  return {
    ...about,
    ours: spreadOf(rates.map((rate) => rate.ours)),
    bare: spreadOf(rates.map((rate) => rate.bare)),
    ratio: spreadOf(rates.map((rate) => rate.ours / rate.bare)),
    runs,
  };
}

/** A figure without a floor, with its goal in words. */
export interface Told {
  name: string;
  figures: Record<string, string | number>;
  goal?: { text: string; met: boolean };
}

/** The results of one file of the benchmarks. */
export interface Results {
  measured: Measured[];
  told: Told[];
}

/** The text of a table whose first column is aligned left and all others right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * Checks a result: fast but wrong work is not measured.
 * @throws an Error where it isn't the expected one
 */
export function check(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}`);
}
