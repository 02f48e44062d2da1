import { describe, expect, test } from 'vitest';
import { addDecision, addLedger, type Decisions, type Ledgers } from '../../lambdas/domain/books.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import {
  reversalSummaryText,
  settledReversalSummary,
  unsettledReversalSummary,
} from '../../lambdas/domain/reversal-books.ts';
import { agency, airtel, answered, at, batchId, closed, fresh, jio, sealed } from './example.ts';

const [vi, bsnl] = ['vi', 'bsnl'] as [OperatorId, OperatorId];

test('of a reversal that ended without effect the books are zeros, for each operator too, and say how it ended', () => {
  const summary = unsettledReversalSummary({
    batchId,
    agency,
    file: 'appeals/caseworker-1/a.csv',
    startedAt: at('2026-06-01T00:00:00Z'),
    status: 'refused',
    endedAt: at('2026-06-02T00:00:00Z'),
    operators: [airtel],
  });
  const outcomes = { directed: 0, restored: 0, unblocked: 0, notFound: 0, overdue: 0 };
  expect(JSON.parse(reversalSummaryText(summary))).toEqual({
    batchId,
    kind: 'reversal',
    agency,
    file: 'appeals/caseworker-1/a.csv',
    status: 'refused',
    subjects: { asked: 0, directed: 0, alreadyOpen: 0, tooLate: 0, nothingToRestore: 0, kept: 0, struck: 0 },
    outcomes,
    withdrawn: 0,
    operators: { airtel: { directions: 0, overdueDirections: 0, outcomes, withdrawn: 0 } },
    unexplained: 0,
    startedAt: '2026-06-01T00:00:00Z',
    settledAt: '2026-06-02T00:00:00Z',
  });
});

describe('of a reversal that settled', () => {
  /**
   * Of 12 subjects 4 are directed: 3 numbers at airtel (2 restored, 1 not found), and a handset at jio, which is silent. Bsnl, which is
   * configured no more, had a row that ended; vi has nothing to do with it.
   */
  function example() {
    const ledgers = [
      answered(fresh(3, 'restore'), [
        [0, 'restored'],
        [1, 'restored'],
        [2, 'not_found'],
      ]).ledger,
      fresh(1, 'unblock', jio),
    ].map((ledger) => sealed(closed(ledger)));
    const decided = addDecision(addDecision({}, 'restore', airtel, 'directed', 3), 'unblock', jio, 'directed');
    return {
      batchId,
      agency,
      file: 'appeals/caseworker-1/a.csv',
      startedAt: at('2026-06-01T00:00:00Z'),
      settledAt: at('2026-06-03T00:05:00Z'),
      reversal: {
        asked: 12,
        subjects: { directed: 4, alreadyOpen: 3, tooLate: 2, nothingToRestore: 1, kept: 1, struck: 1 },
        lists: [],
      },
      operators: [airtel, jio, vi],
      decisions: decided as Decisions,
      ledgers: ledgers.reduce<Ledgers>(addLedger, {}),
      withdrawn: { [airtel]: 2, [bsnl]: 1 },
    };
  }
  const none = { directed: 0, restored: 0, unblocked: 0, notFound: 0, overdue: 0 };

  test('the books say what became of whom, in all and at each operator, and what was open and ended', () => {
    const summary = settledReversalSummary(example());
    expect(summary).toEqual({
      batchId,
      kind: 'reversal',
      agency,
      file: 'appeals/caseworker-1/a.csv',
      status: 'settled',
      subjects: { asked: 12, directed: 4, alreadyOpen: 3, tooLate: 2, nothingToRestore: 1, kept: 1, struck: 1 },
      outcomes: { directed: 4, restored: 2, unblocked: 0, notFound: 1, overdue: 1 },
      withdrawn: 3,
      operators: {
        airtel: {
          directions: 1,
          overdueDirections: 0,
          outcomes: { ...none, directed: 3, restored: 2, notFound: 1 },
          withdrawn: 2,
        },
        jio: { directions: 1, overdueDirections: 1, outcomes: { ...none, directed: 1, overdue: 1 }, withdrawn: 0 },
        vi: { directions: 0, overdueDirections: 0, outcomes: none, withdrawn: 0 },
        bsnl: { directions: 0, overdueDirections: 0, outcomes: none, withdrawn: 1 },
      },
      unexplained: 0,
      startedAt: '2026-06-01T00:00:00Z',
      settledAt: '2026-06-03T00:05:00Z',
    });
    expect(Object.keys(summary.operators)).toEqual(['airtel', 'jio', 'vi', 'bsnl']);
  });

  const unexplained = (change: (of: ReturnType<typeof example>) => object) => {
    const books = example();
    return settledReversalSummary({ ...books, ...change(books) }).unexplained;
  };

  test('whom it was asked for and became nothing, or something twice, is unexplained', () => {
    expect(unexplained(({ reversal }) => ({ reversal: { ...reversal, asked: 15 } }))).toBe(3);
    expect(unexplained(({ reversal }) => ({ reversal: { ...reversal, asked: 11 } }))).toBe(1);
  });

  test('so is what was directed and stands in no ledger, or stands there and nobody directed, at each operator', () => {
    expect(unexplained(({ decisions }) => ({ decisions: addDecision(decisions, 'restore', vi, 'directed', 2) }))).toBe(
      2,
    );
    expect(unexplained(({ decisions: { airtel: own = {} } }) => ({ decisions: { airtel: own } }))).toBe(1);
    // One too many here doesn't make up for one too few there.
    const moved = (decisions: Decisions) =>
      addDecision({ airtel: decisions.airtel as Decisions[string] }, 'unblock', vi, 'directed');
    expect(unexplained(({ decisions }) => ({ decisions: moved(decisions) }))).toBe(2);
  });
});
