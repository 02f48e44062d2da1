/** The books of a reversal: what became of its subjects, and of the rows that it directed. */
import {
  type Decisions,
  type Ledgers,
  type OutcomesSummary,
  outcomesOf,
  type UnsettledStatus,
  unexplainedOutcomes,
} from './books.ts';
import type { Instant } from './days.ts';
import type { AgencyId, BatchId, OperatorId } from './identifiers.ts';
import { jsonText } from './json.ts';
import { BOOKS } from './kinds.ts';
import type { Plan } from './plans.ts';
import { SUBJECT_STATES, type SubjectState } from './subject-states.ts';

/** The subjects of a reversal: `asked` is the sum of the others. */
type ReversalSubjects = Readonly<Record<'asked' | SubjectState, number>>;

/** An operator's part in a reversal. */
interface ReversalOperatorSummary {
  readonly directions: number;
  readonly overdueDirections: number;
  readonly outcomes: OutcomesSummary;
  /** Rows that were open there, and ended. */
  readonly withdrawn: number;
}

/** A reversal's `summary.json`, keys in the agreed order. */
export interface ReversalSummary {
  readonly batchId: BatchId;
  readonly kind: 'reversal';
  /** The caseworker or the agency that filed it. */
  readonly agency: AgencyId;
  /** The inbox key of the appeal, or of the withdrawal. */
  readonly file: string;
  readonly status: 'settled' | UnsettledStatus;
  readonly subjects: ReversalSubjects;
  /** Rows that were directed, and how they ended. */
  readonly outcomes: OutcomesSummary;
  /** Rows that were open, and ended. */
  readonly withdrawn: number;
  readonly operators: Readonly<Record<string, ReversalOperatorSummary>>;
  readonly unexplained: number;
  readonly startedAt: Instant;
  readonly settledAt: Instant;
}

const NO_SUBJECTS: ReversalSubjects = {
  asked: 0,
  directed: 0,
  alreadyOpen: 0,
  tooLate: 0,
  nothingToRestore: 0,
  kept: 0,
  struck: 0,
};

const NO_REVERSAL_OUTCOMES: OutcomesSummary = { directed: 0, ...BOOKS.outcomes.ended };

/** The part of an operator to which nothing was directed. */
const NO_REVERSAL: ReversalOperatorSummary = {
  directions: 0,
  overdueDirections: 0,
  outcomes: NO_REVERSAL_OUTCOMES,
  withdrawn: 0,
};

/** The summary of a reversal that ended before it gave anything back: zeros. Its preview says how many subjects it had. */
export function unsettledReversalSummary(
  input: Pick<ReversalSummary, 'batchId' | 'agency' | 'file' | 'startedAt'> & {
    readonly status: UnsettledStatus;
    readonly endedAt: Instant;
    readonly operators: readonly OperatorId[];
  },
): ReversalSummary {
  const { batchId, agency, file, status, startedAt, endedAt, operators } = input;
  return {
    batchId,
    kind: 'reversal',
    agency,
    file,
    status,
    subjects: NO_SUBJECTS,
    outcomes: NO_REVERSAL_OUTCOMES,
    withdrawn: 0,
    operators: Object.fromEntries(operators.map((operator) => [operator, NO_REVERSAL])),
    unexplained: 0,
    startedAt,
    settledAt: endedAt,
  };
}

/**
 * The summary of a settled reversal. `unexplained` is the sum of every difference between the subjects that were asked for and what they
 * became, the rows that were decided to be directed, those that the sealed ledgers hold, and how these ended.
 * @param withdrawn the number of rows that it ended, by operator
 */
export function settledReversalSummary(
  input: Pick<ReversalSummary, 'batchId' | 'agency' | 'file' | 'startedAt' | 'settledAt'> & {
    readonly reversal: NonNullable<Plan['reversal']>;
    readonly operators: readonly OperatorId[];
    readonly decisions: Decisions;
    readonly ledgers: Ledgers;
    readonly withdrawn: Readonly<Record<string, number>>;
  },
): ReversalSummary {
  const { batchId, agency, file, startedAt, settledAt, reversal, decisions, ledgers, withdrawn } = input;
  const names = new Set<string>(input.operators);
  for (const name of [decisions, ledgers, withdrawn].flatMap(Object.keys).sort()) names.add(name);
  const became = SUBJECT_STATES.reduce((sum, state) => sum + reversal.subjects[state], 0);
  let unexplained = Math.abs(reversal.asked - became);
  const operators: Record<string, ReversalOperatorSummary> = {};
  const outcomes: Record<keyof OutcomesSummary, number> = { ...NO_REVERSAL_OUTCOMES };
  for (const name of names) {
    const own = outcomesOf(decisions, ledgers, name);
    unexplained += unexplainedOutcomes(decisions, ledgers, name);
    for (const column of Object.keys(outcomes) as (keyof OutcomesSummary)[]) outcomes[column] += own[column];
    operators[name] = {
      directions: ledgers[name]?.directions ?? 0,
      overdueDirections: ledgers[name]?.overdueDirections ?? 0,
      outcomes: own,
      withdrawn: withdrawn[name] ?? 0,
    };
  }
  return {
    batchId,
    kind: 'reversal',
    agency,
    file,
    status: 'settled',
    subjects: { asked: reversal.asked, ...reversal.subjects },
    outcomes,
    withdrawn: Object.values(withdrawn).reduce((sum, rows) => sum + rows, 0),
    operators,
    unexplained,
    startedAt,
    settledAt,
  };
}

/** The summary file's bytes. */
export function reversalSummaryText(summary: ReversalSummary): string {
  return jsonText(summary);
}
