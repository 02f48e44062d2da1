import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDecision,
  addLedger,
  type BooksInput,
  balance,
  type Decisions,
  type Ledgers,
  mergeDecisions,
  mergePorted,
  summaryText,
  unsettledSummary,
} from '../../lambdas/domain/books.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { Answer, ClaimState, DirectionKind } from '../../lambdas/domain/kinds.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { LedgerNotSealed } from '../../lambdas/domain/sealing.ts';
import { agency, airtel, answered, at, batchId, closed, fresh, jio, sealed, thrown } from './example.ts';

const settled = (ledger: Ledger) => sealed(closed(ledger));

/**
 * Two handsets, two operators. Of 9 connections airtel has 6 (1 open elsewhere, 1 disconnected, 4 directed: verified,
 * disconnected, failed, silent) and jio 3 (3 directed: not found, disconnected, disconnected). Of 4 blocks airtel has 2
 * (1 already blocked, 1 directed: blocked) and jio 2 (1 open elsewhere, 1 directed: silent).
 */
function example(): BooksInput {
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

const sumOf = (counts: Readonly<Record<string, number>>, columns: readonly string[]) =>
  columns.reduce((sum, column) => sum + (counts[column] ?? 0), 0);

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

describe('unexplained', () => {
  const unexplained = (change: (input: BooksInput) => Partial<BooksInput>) => {
    const input = example();
    return balance({ ...input, ...change(input) }).unexplained;
  };
  /** The example with one of airtel's ledgers replaced: a reverify direction of 4 rows and a block direction of 1. */
  const withLedgers = (...replaced: Ledger[]) => {
    const { ledgers } = example();
    const { airtel: _, ...others } = ledgers;
    return { ledgers: replaced.reduce<Ledgers>(addLedger, others) };
  };
  const whole = () => settled(answered(fresh(4), [[0, 'verified']]).ledger);
  const block = () => settled(fresh(1, 'block'));
  const damaged = (ledger: Ledger, damage: (bytes: Uint8Array) => Uint8Array) => ({
    ...ledger,
    outcomes: damage(new Uint8Array(ledger.outcomes)),
  });

  test('is 0 where nothing was tampered with', () => {
    expect(unexplained(() => ({}))).toBe(0);
    expect(unexplained(() => withLedgers(whole(), block()))).toBe(0);
  });

  test.each([-2, 3])('counts rows of the report that are no part of it (%s)', (more) => {
    expect(unexplained(({ report }) => ({ report: { ...report, rows: report.rows + more } }))).toBe(Math.abs(more));
    expect(unexplained(({ report }) => ({ report: { ...report, rejected: report.rejected + more } }))).toBe(
      Math.abs(more),
    );
  });

  test.each([-1, 5])('counts numbers that were gathered and not decided, or decided and not gathered (%s)', (more) => {
    expect(unexplained(({ linked }) => ({ linked: { ...linked, airtel: 6 + more } }))).toBe(Math.abs(more));
  });

  test('counts the numbers of a decision that vanished with its directions and its own words', () => {
    const { decisions, ledgers } = example();
    const { jio: _, ...others } = ledgers;
    const { jio: theirs } = decisions;
    if (theirs === undefined) throw new Error('the example has both');
    const none = {
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      reissuedBefore: 0,
      alreadyOpen: 0,
      alreadyDisconnected: 0,
      alreadyVerified: 0,
      directed: 0,
    };
    const lost = { decisions: { ...decisions, jio: { ...theirs, connections: none } }, ledgers: others };
    // Jio's three numbers, and its block row, whose ledger is gone as well.
    expect(unexplained(() => lost)).toBe(3 + 1);
  });

  test('counts a number decided at another operator than it was gathered for twice', () => {
    expect(unexplained(() => ({ linked: { airtel: 5, jio: 4 } }))).toBe(2);
    expect(unexplained(() => ({ linked: { airtel: 6, vi: 3 } }))).toBe(6);
  });

  test('counts a handset that was not decided at an operator, and one decided twice', () => {
    expect(unexplained(({ decisions }) => ({ decisions: addDecision(decisions, 'block', jio, 'alreadyOpen') }))).toBe(
      1,
    );
    // One handset more in the report (its row counted) at two operators.
    expect(
      unexplained(({ report }) => ({ report: { ...report, rows: report.rows + 1, handsets: report.handsets + 1 } })),
    ).toBe(2);
  });

  test('counts a handset decided at the wrong operator twice: once missing, once too many', () => {
    expect(
      unexplained(({ decisions }) => {
        const { airtel: mine, jio: theirs } = decisions;
        if (mine === undefined || theirs === undefined) throw new Error('the example has both');
        return {
          decisions: {
            airtel: { ...mine, blocks: { ...mine.blocks, alreadyBlocked: 0 } },
            jio: { ...theirs, blocks: { ...theirs.blocks, alreadyBlocked: 1 } },
          },
        };
      }),
    ).toBe(2);
  });

  test('counts the rows of a direction whose ledger is missing', () => {
    expect(unexplained(() => withLedgers(block()))).toBe(4);
    expect(unexplained(() => withLedgers(whole()))).toBe(1);
  });

  test('counts the rows of a ledger that was added twice', () => {
    expect(unexplained(() => withLedgers(whole(), whole(), block()))).toBe(4);
  });

  test('counts a row that stands in a ledger of another operator twice', () => {
    expect(unexplained(() => withLedgers({ ...whole(), operator: jio }, block()))).toBe(8);
  });

  test('counts a ledger made for more or fewer rows than were directed', () => {
    expect(unexplained(() => withLedgers(settled(fresh(3)), block()))).toBe(1);
    expect(unexplained(() => withLedgers(settled(fresh(6)), block()))).toBe(2);
  });

  test('counts a row that is still open in the sealed bytes', () => {
    const reopened = damaged(whole(), (bytes) => bytes.fill(0, 5, 10));
    expect(unexplained(() => withLedgers(reopened, block()))).toBe(1);
    expect(
      unexplained(() =>
        withLedgers(
          whole(),
          damaged(block(), (bytes) => bytes.fill(0)),
        ),
      ),
    ).toBe(1);
  });

  test('counts rows that the sealed bytes have lost, or have too many', () => {
    expect(
      unexplained(() =>
        withLedgers(
          damaged(whole(), (bytes) => bytes.slice(0, 10)),
          block(),
        ),
      ),
    ).toBe(2);
    const longer = damaged(whole(), (bytes) => Uint8Array.from([...bytes, 1, 0, 0, 0, 0]));
    expect(unexplained(() => withLedgers(longer, block()))).toBe(1);
  });

  test("counts an outcome that its direction's kind cannot have", () => {
    const blocked = damaged(whole(), (bytes) => bytes.fill(5, 0, 1));
    expect(unexplained(() => withLedgers(blocked, block()))).toBe(1);
  });

  test('counts what an operator decided or directed without being configured, and lists it', () => {
    const summary = balance({ ...example(), operators: [airtel] });
    expect(Object.keys(summary.operators)).toEqual(['airtel', 'jio']);
    expect(summary.blocks.rows).toBe(2);
    expect(summary.unexplained).toBe(2);
  });

  test('lists operators that were not configured after the others, by name', () => {
    const summary = balance({ ...example(), operators: [jio], linked: { vi: 1, bsnl: 1 } });
    expect(Object.keys(summary.operators)).toEqual(['jio', 'airtel', 'bsnl', 'vi']);
  });

  test('differences never cancel out', () => {
    expect(
      unexplained(({ linked, report }) => ({
        linked: { ...linked, airtel: 7 },
        report: { ...report, rejected: report.rejected + 1 },
      })),
    ).toBe(2);
  });
});

describe('the books always add up', () => {
  const operators = ['airtel', 'bsnl', 'jio'] as OperatorId[];
  const states = fc.constantFrom<ClaimState>(
    'directed',
    'reversed',
    'reissuedBefore',
    'alreadyOpen',
    'alreadyDisconnected',
    'alreadyVerified',
  );
  const blockStates = fc.constantFrom<ClaimState>('directed', 'reversed', 'alreadyOpen', 'alreadyBlocked');
  const batches = fc.record({
    numbers: fc.array(fc.tuple(fc.constantFrom(...operators), states), { maxLength: 60 }),
    handsets: fc.array(fc.tuple(...operators.map(() => blockStates)), { maxLength: 10 }),
    answers: fc.infiniteStream(
      fc.constantFrom<Answer | 'silent'>(
        'verified',
        'failed',
        'disconnected',
        'not_found',
        'surrendered',
        'ported',
        'extended',
        'reissued',
        'silent',
      ),
    ),
    cut: fc.integer({ min: 1, max: 7 }),
    rejected: fc.nat(5),
    repeats: fc.nat(5),
  });

  test('for any decisions and answers, totals are the sums of their parts and nothing is unexplained', () => {
    fc.assert(
      fc.property(batches, ({ numbers, handsets, answers, cut, rejected, repeats }) => {
        const decided: [DirectionKind, OperatorId, ClaimState][] = [
          ...numbers.map(([operator, state]): [DirectionKind, OperatorId, ClaimState] => ['reverify', operator, state]),
          ...handsets.flatMap((row) =>
            operators.map((operator, n): [DirectionKind, OperatorId, ClaimState] => [
              'block',
              operator,
              row[n] as ClaimState,
            ]),
          ),
        ];
        const directions: Ledger[] = [];
        for (const kind of ['reverify', 'block'] as const)
          for (const operator of operators) {
            const directed = decided.filter(
              ([k, o, state]) => k === kind && o === operator && state === 'directed',
            ).length;
            for (let from = 0; from < directed; from += cut) {
              const ledger = fresh(Math.min(cut, directed - from), kind, operator);
              const said = Array.from(
                { length: ledger.rows },
                (_, row) => [row, answers.next().value] as const,
              ).flatMap(([row, answer]): [number, Answer][] => {
                if (answer === 'silent') return [];
                if (kind === 'block') return [[row, answer === 'not_found' ? 'not_found' : 'blocked']];
                return [[row, answer]];
              });
              directions.push(settled(answered(ledger, said).ledger));
            }
          }
        const summary = balance({
          ...example(),
          report: { rows: rejected + repeats + handsets.length, rejected, repeats, handsets: handsets.length },
          linked: Object.fromEntries(
            operators.map((operator) => [operator, numbers.filter(([whose]) => whose === operator).length]),
          ),
          operators,
          decisions: mergeDecisions(decided.map((decision) => addDecision({}, ...decision))),
          ledgers: directions.reduce<Ledgers>(addLedger, {}),
        });

        expect(summary.unexplained).toBe(0);
        const { connections, blocks } = summary;
        expect(connections.linked).toBe(
          sumOf(connections, [
            'struck',
            'held',
            'exempt',
            'reversed',
            'reissuedBefore',
            'alreadyOpen',
            'alreadyDisconnected',
            'alreadyVerified',
            'directed',
          ]),
        );
        expect(connections.directed).toBe(
          sumOf(connections, [
            ...(['verified', 'disconnected', 'surrendered', 'notFound', 'ported', 'extended'] as const),
            ...(['reissued', 'withdrawn', 'overdue'] as const),
          ]),
        );
        expect(blocks.rows).toBe(handsets.length * operators.length);
        expect(blocks.rows).toBe(
          sumOf(blocks, ['struck', 'held', 'exempt', 'reversed', 'alreadyOpen', 'alreadyBlocked', 'directed']),
        );
        expect(blocks.directed).toBe(blocks.blocked + blocks.notFound + blocks.overdue);
        const parts = Object.values(summary.operators);
        for (const key of Object.keys(connections) as (keyof typeof connections)[])
          expect(connections[key]).toBe(parts.reduce((total, part) => total + part.connections[key], 0));
        for (const key of Object.keys(blocks) as (keyof typeof blocks)[])
          expect(blocks[key]).toBe(parts.reduce((total, part) => total + part.blocks[key], 0));
        expect(parts.reduce((total, part) => total + part.directions, 0)).toBe(directions.length);
      }),
    );
  });
});
