/** The most people whom a report may reach, and the most subjects for which an appeal may ask, whatever approvers say. */
import { type BatchState, isWithoutEffect } from './batches.ts';
import { addSeconds, DAY_SECONDS, type Instant } from './days.ts';
import type { BatchId } from './identifiers.ts';
import { countText } from './wording.ts';

/** The most numbers and handsets that a report, or the reports of one agency in 24 hours, may reach, whatever people say. Policy. */
export interface Limits {
  readonly numbers: number;
  readonly handsets: number;
}

/** A report that was weighed: what it would reach, and how it ended, if it did. */
export interface WeighedReport {
  readonly weighedAt: Instant;
  readonly numbers: number;
  readonly handsets: number;
  readonly ending: BatchState | null;
}

/** What a limit applies to, and which figure exceeds it. */
export const LIMITED = ['report', 'agency', 'appeal'] as const;
export const LIMITED_BY = ['numbers', 'handsets', 'subjects'] as const;

/** The limit that was passed. */
export interface OverLimit {
  readonly of: (typeof LIMITED)[number];
  readonly what: (typeof LIMITED_BY)[number];
  readonly found: number;
  readonly limit: number;
}

const OF_WHAT: Readonly<Record<OverLimit['of'], string>> = {
  report: 'of this report',
  agency: 'of its agency’s reports of a day',
  appeal: 'of this appeal',
};

/** Which limit was passed, in words. */
export const overWords = ({ of, what, found, limit }: OverLimit): string =>
  `${what} ${OF_WHAT[of]}: ${countText(found)}, at most ${countText(limit)}`;

/**
 * The first limit that a report passes, or null. Its agency's reports count with it if they were weighed less than 24 hours before it and
 * did not end without effect.
 * @param others the agency's reports that were noted before it, even if they say that they were weighed after it: of two reports, the one
 * that is noted last sees the other
 */
export function overLimit(
  report: Omit<WeighedReport, 'ending'>,
  others: Iterable<WeighedReport>,
  limits: Limits,
): OverLimit | null {
  const since = addSeconds(report.weighedAt, -DAY_SECONDS);
  const agency = { numbers: report.numbers, handsets: report.handsets };
  for (const { weighedAt, numbers, handsets, ending } of others) {
    if (weighedAt <= since || !hasEffect(ending)) continue;
    agency.numbers += numbers;
    agency.handsets += handsets;
  }
  for (const [of, counts] of [
    ['report', report],
    ['agency', agency],
  ] as const)
    for (const what of ['numbers', 'handsets'] as const)
      if (counts[what] > limits[what]) return { of, what, found: counts[what], limit: limits[what] };
  return null;
}

/**
 * Whether a report counts: nobody hears anything more of one that is withdrawn before it is decided upon, nor of one that ended in vain.
 */
function hasEffect(ending: WeighedReport['ending']): boolean {
  return ending === null || !isWithoutEffect(ending);
}

/** A report of an agency's record: what it would reach, and the batch and execution that will say how it ended. */
export interface NotedReport extends Omit<WeighedReport, 'ending'> {
  /** The report's batch; null for several reports that were put together: they count as if each had its effect. */
  readonly batch: { readonly batchId: BatchId; readonly execution: string } | null;
}

/** The most reports that an agency's record lists, some 200 bytes each; older ones stand in it as one. */
const MOST_NOTED = 1000;

/**
 * The days for which a report stands in its agency's record. It counts for one day, and reports are noted in another order than they were
 * weighed: one whose Gather is slow, or is tried again, still finds those of its own day.
 */
const NOTED_DAYS = 2;

/** The record with one more report, which comes last. */
export function noteReport(noted: readonly NotedReport[], report: NotedReport): NotedReport[] {
  const since = addSeconds(report.weighedAt, -NOTED_DAYS * DAY_SECONDS);
  const kept = noted.filter(({ weighedAt }) => weighedAt > since);
  if (kept.length < MOST_NOTED) return [...kept, report];
  // The one in which they are put together takes a place, too.
  const oldest = kept.splice(0, kept.length + 2 - MOST_NOTED);
  // It stands under the newest instant of them, so that none is forgotten before its time.
  const { weighedAt } = oldest.at(-1) ?? report;
  const total = (what: keyof Limits) => oldest.reduce((sum, one) => sum + one[what], 0);
  return [{ batch: null, weighedAt, numbers: total('numbers'), handsets: total('handsets') }, ...kept, report];
}
