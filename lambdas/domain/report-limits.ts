/** How many people a report may reach at most, and for how many an appeal may ask, whatever approvers say. */
import { type BatchState, isWithoutEffect } from './batches.ts';
import { addSeconds, DAY_SECONDS, type Instant } from './days.ts';
import type { BatchId } from './identifiers.ts';

/** How many numbers and handsets a report, or the reports of one agency in 24 hours, may reach, whatever people say. Policy. */
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

/** Of what there is a limit: of a report, of an agency's reports of a day, of an appeal; and what it is of which there is too much. */
export const LIMITED = ['report', 'agency', 'appeal'] as const;
export const LIMITED_BY = ['numbers', 'handsets', 'subjects'] as const;

/** Which limit was passed. */
export interface OverLimit {
  readonly of: (typeof LIMITED)[number];
  readonly what: (typeof LIMITED_BY)[number];
  readonly found: number;
  readonly limit: number;
}

/**
 * The first limit that a report passes, or null. With its agency's, those count that were weighed less than 24 hours before it and
 * did not end without effect.
 * @param others the agency's reports that were noted before it, also where they say that they were weighed after it: whichever of two
 *   is noted first, the other sees it
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

/** Of a report that is withdrawn before it is decided upon, as of one that ended in vain, nobody hears anything more. */
function hasEffect(ending: WeighedReport['ending']): boolean {
  return ending === null || !isWithoutEffect(ending);
}

/** A report of an agency's record: what it would reach, and which batch and execution will say how it ended. */
export interface NotedReport extends Omit<WeighedReport, 'ending'> {
  /** Null for several that were put together: they count as if each had its effect. */
  readonly batch: { readonly batchId: BatchId; readonly execution: string } | null;
}

/** An agency's record lists so many reports of a day, some 200 bytes each; what is older than these stands in it as one. */
const MOST_NOTED = 1000;

/** The record with one more report, which comes last. Of what counts with none any more, being a day older, nothing is kept. */
export function noteReport(noted: readonly NotedReport[], report: NotedReport): NotedReport[] {
  const since = addSeconds(report.weighedAt, -DAY_SECONDS);
  const kept = noted.filter(({ weighedAt }) => weighedAt > since);
  if (kept.length < MOST_NOTED) return [...kept, report];
  // The one in which they are put together takes a place, too.
  const oldest = kept.splice(0, kept.length + 2 - MOST_NOTED);
  // Under the newest instant of them, so that none is forgotten before its time.
  const { weighedAt } = oldest.at(-1) ?? report;
  const total = (what: keyof Limits) => oldest.reduce((sum, one) => sum + one[what], 0);
  return [{ batch: null, weighedAt, numbers: total('numbers'), handsets: total('handsets') }, ...kept, report];
}
