/** The year's own reckoning of the usage files that are held up, and of the reasons, by docs/formats.md. */
import type { SentUsage } from './chronicle.ts';

/** The number of rows below which files are not weighed. */
const WEIGHED_FROM = 100;
const MOST_REJECTED = 0.05;
const MOST_OF_ONE = 0.2;
/** The number of earlier files whose median shows too few and too many rows, and the fewest that it needs. */
const LAST = 10;
const LEAST = 3;

/**
 * The rules that a file breaks.
 * @param before the operator's files that were uploaded before it, in that order
 */
export function gatesOf(file: SentUsage, before: readonly SentUsage[]): string[] {
  const { rows, sightings } = file;
  if (rows < WEIGHED_FROM) return [];
  const good = sightings.length;
  const broken: string[] = [];
  if (rows - good > MOST_REJECTED * rows) broken.push('rejected_share');
  if (mostOf(sightings.map(({ imei }) => imei)) > MOST_OF_ONE * good) broken.push('one_handset');
  if (mostOf(sightings.map(({ digits }) => digits)) > MOST_OF_ONE * good) broken.push('one_number');
  const last = before
    .filter((one) => one.rows >= WEIGHED_FROM && one.countsFrom !== undefined && one.countsFrom <= file.at)
    .slice(-LAST)
    .map((one) => one.sightings.length)
    .sort((a, b) => a - b);
  if (last.length < LEAST) return broken;
  const middle = last.length / 2;
  const median = ((last[Math.ceil(middle) - 1] ?? 0) + (last[Math.floor(middle)] ?? 0)) / 2;
  if (good < median / 2) broken.push('too_few_rows');
  if (good > 3 * median) broken.push('too_many_rows');
  return broken;
}

function mostOf(values: readonly string[]): number {
  const counts = new Map<string, number>();
  let most = 0;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    most = Math.max(most, count);
  }
  return most;
}
