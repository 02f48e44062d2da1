/** A batch that has settled, as the input of its books. */
import { addDecision, addLedger, type BooksInput, type Decisions, type Ledgers } from '../../lambdas/domain/books.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { ClaimState, DirectionKind } from '../../lambdas/domain/kinds.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { agency, airtel, answered, at, batchId, closed, fresh, jio, sealed } from './example.ts';

export const settled = (ledger: Ledger) => sealed(closed(ledger));

/**
 * Two handsets, two operators. airtel has 6 of the 9 connections (1 open elsewhere, 1 disconnected, 4 directed: verified, disconnected,
 * failed, silent) and jio 3 (3 directed: not found, disconnected, disconnected). airtel has 2 of the 4 blocks (1 already blocked, 1
 * directed: blocked) and jio 2 (1 open elsewhere, 1 directed: silent).
 */
export function example(): BooksInput {
  const decided: [DirectionKind, OperatorId, ClaimState, number][] = [
    ['reverify', airtel, 'alreadyOpen', 1],
    ['reverify', airtel, 'alreadyDisconnected', 1],
    ['reverify', airtel, 'directed', 4],
    ['reverify', jio, 'directed', 3],
    ['block', airtel, 'alreadyBlocked', 1],
    ['block', airtel, 'directed', 1],
    ['block', jio, 'alreadyOpen', 1],
    ['block', jio, 'directed', 1],
  ];
  const directions = [
    answered(fresh(4), [
      [0, 'verified'],
      [1, 'disconnected'],
      [2, 'failed'],
    ]).ledger,
    answered(fresh(2, 'reverify', jio), [
      [0, 'not_found'],
      [1, 'disconnected'],
    ]).ledger,
    answered(fresh(1, 'reverify', jio), [[0, 'disconnected']]).ledger,
    answered(fresh(1, 'block'), [[0, 'blocked']]).ledger,
    fresh(1, 'block', jio),
  ];
  return {
    batchId,
    agency,
    file: 'reports/mha/june.csv',
    report: { rows: 5, rejected: 1, repeats: 2, handsets: 2 },
    linked: { airtel: 6, jio: 3 },
    operators: [airtel, jio],
    decisions: decided.reduce<Decisions>((sofar, decision) => addDecision(sofar, ...decision), {}),
    ported: {},
    ledgers: directions.map(settled).reduce<Ledgers>(addLedger, {}),
    latestImports: { jio: at('2026-05-31T18:00:00Z') },
    startedAt: at('2026-06-01T00:00:00Z'),
    settledAt: at('2026-06-17T00:05:00Z'),
  };
}
