/** The decisions and answers of a story, whatever goes wrong: those of approvers, and those of operators. */
import { fraction } from '../../simulation/random.ts';
import {
  DAY,
  type Decided,
  dayBefore,
  type Fate,
  FOLLOW_UP,
  type Habit,
  LAPSES_AFTER,
  LATE_AFTER,
  pick,
  type Reversed,
  type Story,
} from './story.ts';

/** The share of operators that answer all of their directions in one file. */
const COMBINING = 0.35;
/** The numbers of 24 reports with each decision. */
const DECIDED: Readonly<Record<Decided, number>> = {
  approved: 14,
  'handset struck': 3,
  'number struck': 3,
  refused: 1,
  nobody: 1,
  'one alone': 1,
  'at the last instant': 1,
};

/**
 * The day on which the operator acted, as its answers to a report say: fixed, so that a file has the same bytes whenever it is uploaded.
 */
export const answeredOn = (story: Story, agency: string, late: boolean): string => {
  // No follow-up is answered earlier, and no number was seen later.
  if (agency === FOLLOW_UP) return dayBefore(-6);
  const at = story.reports.find((report) => report.agency === agency)?.at ?? 0;
  return dayBefore(-Math.floor((late ? begunAt(story, agency) + LATE_AFTER : at) / DAY));
};

/**
 * The instant at which an agency's batch begins that people approve, or refuse, in milliseconds after the start; one that lapsed before
 * doesn't count.
 */
export function begunAt(story: Story, agency: string): number {
  const at = story.reports.find((report) => report.agency === agency)?.at ?? 0;
  return at + (mayLapse(story, agency) ? LAPSES_AFTER : 0);
}

/** The decision on an agency's report, whatever goes wrong. */
export function decidedOf({ seed, decided }: Pick<Story, 'seed' | 'decided'>, agency: string): Decided {
  if (decided !== undefined) return decided;
  const all = (Object.entries(DECIDED) as [Decided, number][]).flatMap(([one, times]) => Array(times).fill(one));
  return pick<Decided>(all, seed, 'decided', agency);
}

export function reversedOf({ seed, reversed }: Pick<Story, 'seed' | 'reversed'>): Reversed {
  return reversed ?? pick(['approved', 'approved', 'approved', 'struck', 'refused', 'late'], seed, 'reversed');
}

/** Whether an agency's batch lapses at first, or may; if so, it begins anew. */
export const mayLapse = (story: Pick<Story, 'seed' | 'decided'>, agency: string): boolean =>
  ['nobody', 'one alone', 'at the last instant'].includes(decidedOf(story, agency));

export function habitOf({ seed, habits }: Story, agency: string, kind: string, operator: string): Habit {
  if (habits !== undefined) return habits[`${agency} ${kind} ${operator}`] ?? 'whole';
  // An operator that never gives anything back would be asked for it night after night.
  if (kind === 'restore' || kind === 'unblock') return 'whole';
  return pick(['whole', 'parts', 'mistakes', 'whole', 'parts', 'never'], seed, 'habit', agency, kind, operator);
}

/** Whether an operator answers in files for all of its directions. One that makes mistakes makes them in a direction's own file. */
export const isCombining = ({ seed, habits, combining = [] }: Story, operator: string, habit: Habit): boolean =>
  habit !== 'mistakes' &&
  (habits === undefined ? fraction(seed, 'combining', operator) < COMBINING : combining.includes(operator));

/** In most cases a row that goes on once more was ported lately, or may not be extended twice. */
const FATES_OF_FOLLOW_UPS: readonly Fate[] = [
  ...([
    'verified',
    'verified',
    'not_found',
    'not_found',
    'not_found',
    'disconnected',
    'surrendered',
    'failed',
  ] as const),
  ...(['failed, disconnected', 'reissued', 'extended', 'ported', 'unanswered'] as const),
];

export function fateOf(story: Story, agency: string, kind: string, operator: string, identifier: string): Fate {
  if (habitOf(story, agency, kind, operator) === 'never') return 'unanswered';
  if (kind === 'restore') return 'restored';
  if (kind === 'unblock') return 'unblocked';
  const named = agency === FOLLOW_UP ? `${FOLLOW_UP} ` : '';
  if (story.fates !== undefined) return story.fates[`${named}${kind} ${operator} ${identifier}`] ?? 'unanswered';
  if (agency === FOLLOW_UP) return pick(FATES_OF_FOLLOW_UPS, story.seed, 'fate', agency, operator, identifier);
  const fates: readonly Fate[] =
    kind === 'block'
      ? ['blocked', 'blocked', 'blocked', 'not_found', 'tardy', 'late', 'unanswered']
      : [
          'verified',
          'verified',
          'verified',
          'not_found',
          'disconnected',
          'failed, disconnected',
          'failed, disconnected',
          'failed',
          'late',
          'unanswered',
          ...(story.moves ? (['ported', 'ported', 'extended', 'reissued', 'surrendered'] as const) : []),
        ];
  return pick(fates, story.seed, 'fate', agency, kind, operator, identifier);
}

/** The outcome in a late answer. */
export function lateOutcome(
  { seed, fates }: Story,
  kind: string,
  identifier: string,
): 'blocked' | 'disconnected' | 'verified' {
  if (kind === 'block') return 'blocked';
  if (fates !== undefined) return 'disconnected';
  return fraction(seed, 'late', identifier) < 0.7 ? 'disconnected' : 'verified';
}
