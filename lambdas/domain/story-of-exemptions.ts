/** What exemptions have to do with a number or a handset. */
import { type Day, dayOf, type Instant } from './days.ts';
import { EXEMPTION_PEOPLE, type Exemption, type ExemptionWord, isExemptionInForce } from './exemptions.ts';
import type { ApproverId } from './identifiers.ts';
import type { StoryEvent } from './story-events.ts';

/** The last word of each approver. */
export function eventsOfExemption(exemption: Exemption): StoryEvent[] {
  return Object.entries<ExemptionWord>(exemption).map(([by, { at, until }]) => ({
    at,
    what: 'exempted',
    by: by as ApproverId,
    until,
  }));
}

/** The last day of its exemption, if it is exempt at `now`: as many approvers' words as are needed reach that day; else null. */
export function exemptUntil(exemption: Exemption, now: Instant, approvers: readonly string[]): Day | null {
  if (!isExemptionInForce(exemption, dayOf(now), approvers)) return null;
  const days = Object.entries<ExemptionWord>(exemption).flatMap(([by, { until }]) =>
    approvers.includes(by) ? [until] : [],
  );
  return days.sort().at(-EXEMPTION_PEOPLE) ?? null;
}
