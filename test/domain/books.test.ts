import { describe, expect, test } from 'vitest';
import {
  addDecision,
  addLedger,
  balance,
  type Decisions,
  mergeDecisions,
  mergePorted,
  summaryText,
  unsettledSummary,
} from '../../lambdas/domain/books.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { LedgerNotSealed } from '../../lambdas/domain/sealing.ts';
import { example, settled } from './balanced.ts';
import { airtel, answered, at, closed, fresh, jio, thrown } from './example.ts';

describe('the summary', () => {
  test('has the agreed keys in the agreed order, and the numbers worked out by hand', () => {
    expect(summaryText(balance(example()))).toBe(`{
  "batchId": "mha-0123456789ab",
  "agency": "mha",
  "file": "reports/mha/june.csv",
  "status": "settled",
  "report": {
    "rows": 5,
    "rejected": 1,
    "repeats": 2,
    "handsets": 2
  },
  "connections": {
    "linked": 9,
    "struck": 0,
    "held": 0,
    "exempt": 0,
    "reversed": 0,
    "reissuedBefore": 0,
    "alreadyOpen": 1,
    "alreadyDisconnected": 1,
    "alreadyVerified": 0,
    "directed": 7,
    "verified": 1,
    "disconnected": 3,
    "surrendered": 0,
    "notFound": 1,
    "ported": 0,
    "extended": 0,
    "reissued": 0,
    "withdrawn": 0,
    "overdue": 2,
    "overdueFailed": 1
  },
  "blocks": {
    "rows": 4,
    "struck": 0,
    "held": 0,
    "exempt": 0,
    "reversed": 0,
    "alreadyOpen": 1,
    "alreadyBlocked": 1,
    "directed": 2,
    "blocked": 1,
    "notFound": 0,
    "withdrawn": 0,
    "overdue": 1
  },
  "operators": {
    "airtel": {
      "directions": 2,
      "overdueDirections": 1,
      "latestImport": null,
      "connections": {
        "linked": 6,
        "struck": 0,
        "held": 0,
        "exempt": 0,
        "reversed": 0,
        "reissuedBefore": 0,
        "alreadyOpen": 1,
        "alreadyDisconnected": 1,
        "alreadyVerified": 0,
        "directed": 4,
        "verified": 1,
        "disconnected": 1,
        "surrendered": 0,
        "notFound": 0,
        "ported": 0,
        "extended": 0,
        "reissued": 0,
        "withdrawn": 0,
        "overdue": 2,
        "overdueFailed": 1
      },
      "blocks": {
        "rows": 2,
        "struck": 0,
        "held": 0,
        "exempt": 0,
        "reversed": 0,
        "alreadyOpen": 0,
        "alreadyBlocked": 1,
        "directed": 1,
        "blocked": 1,
        "notFound": 0,
        "withdrawn": 0,
        "overdue": 0
      }
    },
    "jio": {
      "directions": 3,
      "overdueDirections": 1,
      "latestImport": "2026-05-31T18:00:00Z",
      "connections": {
        "linked": 3,
        "struck": 0,
        "held": 0,
        "exempt": 0,
        "reversed": 0,
        "reissuedBefore": 0,
        "alreadyOpen": 0,
        "alreadyDisconnected": 0,
        "alreadyVerified": 0,
        "directed": 3,
        "verified": 0,
        "disconnected": 2,
        "surrendered": 0,
        "notFound": 1,
        "ported": 0,
        "extended": 0,
        "reissued": 0,
        "withdrawn": 0,
        "overdue": 0,
        "overdueFailed": 0
      },
      "blocks": {
        "rows": 2,
        "struck": 0,
        "held": 0,
        "exempt": 0,
        "reversed": 0,
        "alreadyOpen": 1,
        "alreadyBlocked": 0,
        "directed": 1,
        "blocked": 0,
        "notFound": 0,
        "withdrawn": 0,
        "overdue": 1
      }
    }
  },
  "unexplained": 0,
  "startedAt": "2026-06-01T00:00:00Z",
  "settledAt": "2026-06-17T00:05:00Z"
}
`);
  });

  test('lists every configured operator, zeros included, in the order of the configuration', () => {
    const vi = 'vi' as OperatorId;
    const summary = balance({
      ...example(),
      report: { rows: 3, rejected: 3, repeats: 0, handsets: 0 },
      linked: {},
      operators: [vi, airtel],
      decisions: {},
      ported: {},
      ledgers: {},
      latestImports: {},
    });
    // And says that there was nothing to act on.
    expect(summary.status).toBe('empty');
    expect(Object.keys(summary.operators)).toEqual(['vi', 'airtel']);
    expect(summary.operators.vi).toEqual({
      directions: 0,
      overdueDirections: 0,
      latestImport: null,
      connections: {
        linked: 0,
        struck: 0,
        held: 0,
        exempt: 0,
        reversed: 0,
        reissuedBefore: 0,
        alreadyOpen: 0,
        alreadyDisconnected: 0,
        alreadyVerified: 0,
        directed: 0,
        verified: 0,
        disconnected: 0,
        surrendered: 0,
        notFound: 0,
        ported: 0,
        extended: 0,
        reissued: 0,
        withdrawn: 0,
        overdue: 0,
        overdueFailed: 0,
      },
      blocks: {
        rows: 0,
        struck: 0,
        held: 0,
        exempt: 0,
        reversed: 0,
        alreadyOpen: 0,
        alreadyBlocked: 0,
        directed: 0,
        blocked: 0,
        notFound: 0,
        withdrawn: 0,
        overdue: 0,
      },
    });
    expect(summary.unexplained).toBe(0);
  });

  test('has a number that was ported since its newest sighting under the operator that has it now', () => {
    const summary = balance({
      ...example(),
      report: { rows: 0, rejected: 0, repeats: 0, handsets: 0 },
      linked: { airtel: 3, jio: 1 },
      ported: mergePorted([{ airtel: { jio: 1 } }, {}, { airtel: { jio: 1 }, jio: { airtel: 1 } }]),
      decisions: addDecision(addDecision({}, 'reverify', airtel, 'alreadyOpen', 2), 'reverify', jio, 'alreadyOpen', 2),
      ledgers: {},
    });
    expect(summary.unexplained).toBe(0);
    expect(summary.connections).toMatchObject({ linked: 4, alreadyOpen: 4 });
    expect(summary.operators.airtel?.connections.linked).toBe(2);
    expect(summary.operators.jio?.connections.linked).toBe(2);
    const lost = balance({ ...example(), linked: { airtel: 6, jio: 3 }, ported: { airtel: { jio: 1 } } });
    expect(lost.unexplained).toBe(2);
  });

  test('has the decisions of the shards in any order', () => {
    const shards: Decisions[] = [
      addDecision({}, 'reverify', airtel, 'directed', 2),
      addDecision(addDecision({}, 'reverify', airtel, 'alreadyOpen'), 'block', airtel, 'alreadyBlocked'),
      addDecision(addDecision({}, 'reverify', airtel, 'directed', 3), 'block', jio, 'directed'),
      addDecision(addDecision({}, 'reverify', jio, 'alreadyDisconnected', 4), 'block', jio, 'alreadyOpen', 5),
    ];
    const whole = {
      airtel: {
        connections: {
          struck: 0,
          held: 0,
          exempt: 0,
          reversed: 0,
          reissuedBefore: 0,
          alreadyOpen: 1,
          alreadyDisconnected: 0,
          alreadyVerified: 0,
          directed: 5,
        },
        blocks: { struck: 0, held: 0, exempt: 0, reversed: 0, alreadyOpen: 0, alreadyBlocked: 1, directed: 0 },
        outcomes: { alreadyOpen: 0, directed: 0 },
      },
      jio: {
        connections: {
          struck: 0,
          held: 0,
          exempt: 0,
          reversed: 0,
          reissuedBefore: 0,
          alreadyOpen: 0,
          alreadyDisconnected: 4,
          alreadyVerified: 0,
          directed: 0,
        },
        blocks: { struck: 0, held: 0, exempt: 0, reversed: 0, alreadyOpen: 5, alreadyBlocked: 0, directed: 1 },
        outcomes: { alreadyOpen: 0, directed: 0 },
      },
    };
    expect(mergeDecisions(shards)).toEqual(whole);
    expect(mergeDecisions(shards.toReversed())).toEqual(whole);
    expect(mergeDecisions([])).toEqual({});
  });

  test('a decision that its kind cannot have is an error', () => {
    expect(thrown(() => addDecision({}, 'reverify', airtel, 'alreadyBlocked'))).toBe(
      "ImpossibleDecision: A reverify row can't be alreadyBlocked",
    );
    expect(thrown(() => addDecision({}, 'block', airtel, 'alreadyDisconnected'))).toBe(
      "ImpossibleDecision: A block row can't be alreadyDisconnected",
    );
  });

  test('is made from seals only', () => {
    expect(() => addLedger({}, closed(fresh(1)))).toThrow(LedgerNotSealed);
  });

  test('stays as it was when an answer comes after the seal', () => {
    const before = settled(fresh(2));
    const after = answered(before, [[0, 'verified']]).ledger;
    expect(addLedger({}, after)).toEqual(addLedger({}, before));
  });
});

describe('the summary of a batch that directed nobody', () => {
  test('has the keys of any other, the report, zeros elsewhere, and how and when it ended', () => {
    const { batchId, agency, file, report, startedAt } = example();
    const latestImports = { [airtel]: at('2026-05-31T00:00:00Z') };
    const operators = [airtel, jio];
    const endedAt = at('2026-06-03T00:00:00Z');
    const counted = { batchId, agency, file, report, startedAt, operators, latestImports };
    for (const status of ['refused', 'lapsed', 'over_limit', 'withdrawn'] as const) {
      const summary = unsettledSummary({ ...counted, status, endedAt });
      expect(summary).toMatchObject({ batchId, status, report, unexplained: 0, settledAt: '2026-06-03T00:00:00Z' });
      const full = balance(example());
      expect(Object.keys(summary)).toEqual(Object.keys(full));
      expect(Object.keys(summary.connections)).toEqual(Object.keys(full.connections));
      const all = [summary, ...Object.values(summary.operators)];
      for (const { connections, blocks } of all)
        expect(new Set([...Object.values(connections), ...Object.values(blocks)])).toEqual(new Set([0]));
      expect(summary.operators[airtel]?.latestImport).toBe('2026-05-31T00:00:00Z');
      expect(summary.operators[jio]?.latestImport).toBeNull();
    }
  });
});
