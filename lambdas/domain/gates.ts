/**
 * The gates of usage files: what is weighed of a file before any of its rows becomes a link. A file that says the same of everybody, or
 * whose size differs from that of its operator's files, is more likely a slip than what was seen.
 */
import * as z from 'zod';
import { FileFault } from './csv.ts';
import type { CsvRow } from './csv-header.ts';
import { dayOf, type Instant } from './days.ts';
import { Frequent } from './frequent.ts';
import type { OperatorId } from './identifiers.ts';
import { parseSighting, type UsageColumn } from './sightings.ts';
import { fields } from './stored.ts';

/** The rules that hold a usage file up. docs/formats.md says what each means and what to do. */
export const GATE_RULES = ['rejected_share', 'one_handset', 'one_number', 'too_few_rows', 'too_many_rows'] as const;

/** The limits beyond which the gates close. Policy; percentages are whole numbers. */
export const gateLimits = z.object({
  /** Files of fewer rows are not weighed. */
  rows: fields.count,
  /** The largest share of a file's rows that may be rejected, in percent. */
  rejectedPercent: fields.count,
  /** The largest share of its good rows that may name the same handset, or the same number, in percent. */
  samePercent: fields.count,
  /** The smallest and the largest number of good rows, in percent of the median of its operator's earlier files. */
  fewestPercent: fields.count,
  mostPercent: fields.count,
  /** The number of earlier files that are looked at, and the number without which a file's size is not judged. */
  files: fields.count,
  fewestFiles: fields.count,
});
/** The limits of the gates, as functions are told them. */
export type GateLimits = z.output<typeof gateLimits>;

/** What is weighed of a usage file, in rows; rows after a fault don't count. */
export interface Weighed {
  readonly rows: number;
  /** The rows that could be taken. */
  readonly good: number;
  /** Good rows of the one handset, and of the one number, that too many of them name; 0 if none does. */
  readonly oneHandset: number;
  readonly oneNumber: number;
}

/** A rule that a file breaks, in rows: the number at the limit, the number that it has, and out of how many. It names nobody. */
export const brokenRule = z.strictObject({
  rule: z.enum(GATE_RULES),
  /** The most rows that pass; for `too_few_rows` the fewest. */
  limit: fields.count,
  found: fields.count,
  /** All rows for `rejected_share`; the good ones for `one_handset` and `one_number`; for the others the median, which may be a half. */
  of: z.number().nonnegative(),
});
/** A rule that a file breaks, as the verdict keeps it. */
export type BrokenRule = z.output<typeof brokenRule>;

/** Whether `some` are more than `percent` percent of `all`. All are whole numbers, so that nothing is rounded. */
const isMore = (some: number, percent: number, all: number) => 100 * some > percent * all;

/**
 * Weighs a usage file: counts its rows, its good ones, and those of the handset and the number that too many name. A file's rows are read
 * once, and once more if a handset or a number may be too frequent; the memory that they take is bounded, whatever their number.
 * @param read the rows, from the first one on each time; they may end with a FileFault
 * @returns undefined for a file of fewer rows than are weighed
 */
export async function weigh(
  read: () => AsyncIterable<CsvRow<UsageColumn>[]>,
  { operator, uploadedAt }: { readonly operator: OperatorId; readonly uploadedAt: Instant },
  { rows: fewest, samePercent }: Pick<GateLimits, 'rows' | 'samePercent'>,
): Promise<Weighed | undefined> {
  const uploadDay = dayOf(uploadedAt);
  const handsets = new Frequent();
  const numbers = new Frequent();
  const counts = { rows: 0, good: 0 };
  const each = async (take: (imei: string, msisdn: string) => void) => {
    counts.rows = 0;
    counts.good = 0;
    try {
      for await (const rows of read())
        for (const row of rows) {
          counts.rows += 1;
          const parsed = parseSighting(row, operator, uploadDay);
          if ('reason' in parsed) continue;
          counts.good += 1;
          take(parsed.sighting.imei, parsed.sighting.msisdn);
        }
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
    }
  };
  await each((imei, msisdn) => {
    handsets.add(imei);
    numbers.add(msisdn);
  });
  if (counts.rows < fewest) return undefined;
  const isTooMany = (some: number) => isMore(some, samePercent, counts.good);
  const ofHandset = new Map(handsets.mayHave(isTooMany).map((imei) => [imei, 0]));
  const ofNumber = new Map(numbers.mayHave(isTooMany).map((msisdn) => [msisdn, 0]));
  if (ofHandset.size + ofNumber.size > 0)
    await each((imei, msisdn) => {
      const [imeis, msisdns] = [ofHandset.get(imei), ofNumber.get(msisdn)];
      if (imeis !== undefined) ofHandset.set(imei, imeis + 1);
      if (msisdns !== undefined) ofNumber.set(msisdn, msisdns + 1);
    });
  const tooMany = (of: Map<string, number>) => Math.max(0, ...[...of.values()].filter(isTooMany));
  return { ...counts, oneHandset: tooMany(ofHandset), oneNumber: tooMany(ofNumber) };
}

/** A file that was imported, as far as later ones are compared with it. */
export interface ImportedFile {
  /** The upload's own name, by which it is noted once. */
  readonly upload: string;
  readonly at: Instant;
  readonly key: string;
  readonly good: number;
}

/** Orders files by their uploads, those of one second by their keys. */
function inUploadOrder(a: Pick<ImportedFile, 'at' | 'key'>, b: Pick<ImportedFile, 'at' | 'key'>): number {
  return compare(a.at, b.at) || compare(a.key, b.key);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The rules that a file breaks, in their order; a file that breaks none is imported.
 * @param imported the operator's files that were imported, in any order; those count that were uploaded before this one
 */
export function brokenRules(
  { rows, good, oneHandset, oneNumber }: Weighed,
  file: Pick<ImportedFile, 'at' | 'key'>,
  imported: readonly ImportedFile[],
  limits: GateLimits,
): BrokenRule[] {
  const broken: BrokenRule[] = [];
  const most = (percent: number, of: number) => Math.floor((percent * of) / 100);
  const rejected = rows - good;
  if (isMore(rejected, limits.rejectedPercent, rows))
    broken.push({ rule: 'rejected_share', limit: most(limits.rejectedPercent, rows), found: rejected, of: rows });
  for (const [rule, found] of [
    ['one_handset', oneHandset],
    ['one_number', oneNumber],
  ] as const)
    if (found > 0) broken.push({ rule, limit: most(limits.samePercent, good), found, of: good });
  const earlier = imported.filter((one) => inUploadOrder(one, file) < 0).sort(inUploadOrder);
  const counted = earlier.slice(-limits.files).map((one) => one.good);
  if (counted.length < limits.fewestFiles || counted.length === 0) return broken;
  const median = medianOf(counted);
  if (100 * good < limits.fewestPercent * median)
    broken.push({
      rule: 'too_few_rows',
      limit: Math.ceil((limits.fewestPercent * median) / 100),
      found: good,
      of: median,
    });
  if (isMore(good, limits.mostPercent, median))
    broken.push({ rule: 'too_many_rows', limit: most(limits.mostPercent, median), found: good, of: median });
  return broken;
}

/** The median of some counts: the middle one, or the mean of the middle two. */
function medianOf(counts: readonly number[]): number {
  const sorted = counts.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[half]];
  return (low + high) / 2;
}

/**
 * The most imported files that an operator's record keeps, the last uploaded ones: a file that is worked on late finds those before it,
 * too.
 */
const MOST_KEPT = 100;

/** The imported files with one more, noted once. Those of the oldest uploads are dropped if there are too many. */
export function withImported(imported: readonly ImportedFile[], file: ImportedFile): ImportedFile[] {
  const others = imported.filter(({ upload }) => upload !== file.upload);
  return [...others, file].sort(inUploadOrder).slice(-MOST_KEPT);
}
