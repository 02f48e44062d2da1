import { expect, test } from 'vitest';
import { reversalSummaryText, unsettledReversalSummary } from '../../lambdas/domain/reversal-books.ts';
import { agency, airtel, at, batchId } from './example.ts';

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
