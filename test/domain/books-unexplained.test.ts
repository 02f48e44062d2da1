import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDecision,
  addLedger,
  type BooksInput,
  balance,
  type Ledgers,
  mergeDecisions,
} from '../../lambdas/domain/books.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { ClaimState, DirectionKind } from '../../lambdas/domain/kinds.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import type { Answer } from '../../lambdas/domain/outcome-rules.ts';
import { example, settled } from './balanced.ts';
import { airtel, answered, fresh, jio } from './example.ts';

/** What the books can't explain is counted: it is nothing as long as no row, no decision and no ledger is lost or altered. */
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

const sumOf = (counts: Readonly<Record<string, number>>, columns: readonly string[]) =>
  columns.reduce((sum, column) => sum + (counts[column] ?? 0), 0);

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
