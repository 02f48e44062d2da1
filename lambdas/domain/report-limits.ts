/** How many people a report may reach at most, whatever approvers say. */
import { addSeconds, type Instant } from './days.ts';

/** Seconds. */
const DAY = 24 * 3600;

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
  readonly ending: string | null;
}

/** Which limit was passed. */
export interface OverLimit {
  readonly of: 'report' | 'agency';
  readonly what: keyof Limits;
  readonly found: number;
  readonly limit: number;
}

/**
 * The first limit that a report passes, or null. With its agency's, those count that were weighed less than 24 hours before it and
 * did not end without effect.
 * @param others the other reports of the agency
 */
export function overLimit(
  report: Omit<WeighedReport, 'ending'>,
  others: Iterable<WeighedReport>,
  limits: Limits,
): OverLimit | null {
  const since = addSeconds(report.weighedAt, -DAY);
  const agency = { numbers: report.numbers, handsets: report.handsets };
  for (const { weighedAt, numbers, handsets, ending } of others) {
    if (weighedAt <= since || weighedAt > report.weighedAt || WITHOUT_EFFECT.has(ending)) continue;
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

const WITHOUT_EFFECT: ReadonlySet<string | null> = new Set(['refused', 'lapsed', 'withdrawn', 'over_limit', 'failed']);
