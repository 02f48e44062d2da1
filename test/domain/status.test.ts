import { describe, expect, it } from 'vitest';
import type { BatchState } from '../../lambdas/domain/batches.ts';
import { addDecision, type Decisions } from '../../lambdas/domain/books.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import { type Ledger, markReversedRows } from '../../lambdas/domain/ledger.ts';
import {
  earlierStatus,
  hasEnded,
  isDue,
  isFromBeforeOrders,
  type StandingBatch,
  type StatusInput,
  statusOf,
  statusText,
} from '../../lambdas/domain/status.ts';
import { agency, airtel, answered, at, batchId, closed, fresh, issued, jio, sealed, start } from './example.ts';

const decideBy = at('2026-06-03T00:00:00Z');
const batch = (state: BatchState, more: Partial<StandingBatch> = {}): StandingBatch => ({
  batchId,
  kind: 'report',
  agency,
  file: 'reports/mha/june.csv',
  state,
  startedAt: start,
  report: { rows: 5, rejected: 1, repeats: 2, handsets: 2 },
  ...more,
});
const now = at('2026-06-04T00:30:00Z');
const told = (input: Partial<StatusInput> & Pick<StatusInput, 'batch'>) => statusOf({ ledgers: [], now, ...input });

/** Of 4 connections and a handset that airtel, and one handset that jio was directed; one of airtel's was open elsewhere. */
const decided: [DirectionKind, typeof airtel, 'directed' | 'alreadyOpen', number][] = [
  ['reverify', airtel, 'directed', 4],
  ['reverify', airtel, 'alreadyOpen', 1],
  ['block', airtel, 'directed', 1],
  ['block', jio, 'directed', 1],
];
const plan = {
  operators: [airtel, jio],
  decisions: decided.reduce<Decisions>(
    (sofar, [kind, operator, state, count]) => addDecision(sofar, kind, operator, state, count),
    {},
  ),
};
/** One verified, one failed on 2026-06-03 at 10:00 and to be disconnected a day later, two silent. */
const answers = answered(issued(fresh(4), 1), [
  [0, 'verified'],
  [1, 'failed'],
]).ledger;
const failedOrder = { rows: 1, sha256: 'order', bytes: 100, deadline: at('2026-06-04T10:00:00Z'), delay: 0 };
const connections: Ledger = { ...answers, files: answers.files.map((file) => ({ ...file, failedOrder })) };
const directed = (ledgers: Ledger[], at: Instant = now, more: Partial<StatusInput> = {}) =>
  told({ batch: batch('directed', { directedAt: start }), plan, ledgers, now: at, ...more });

describe('before a batch is directed', () => {
  it.each<[BatchState, Partial<StatusInput>, Partial<StandingBatch>, object]>([
    ['waiting', {}, {}, { status: 'registered', since: start, next: { what: 'preview', by: null } }],
    [
      'waiting',
      { decision: { openedAt: at('2026-06-01T00:05:00Z'), decideBy } },
      {},
      { status: 'waiting', since: '2026-06-01T00:05:00Z', next: { what: 'decision', by: decideBy } },
    ],
    [
      'planning',
      {},
      { approvedAt: at('2026-06-02T00:00:00Z') },
      { status: 'approved', since: '2026-06-02T00:00:00Z', next: { what: 'orders', by: null } },
    ],
    ['lapsed', {}, { endedAt: decideBy }, { status: 'lapsed', since: decideBy, asOf: decideBy, next: null }],
  ])('one that is %s says so, since when, and what comes next by when', (state, input, more, expected) => {
    expect(told({ batch: batch(state, more), ...input })).toMatchObject({
      asOf: now,
      ...expected,
      open: [],
      overdue: [],
      operators: {},
    });
  });

  it('one that failed has done so since that was told first', () => {
    const first = told({ batch: batch('failed') });
    expect(first).toMatchObject({ status: 'failed', since: now, asOf: now });
    const again = told({
      batch: batch('failed'),
      before: earlierStatus(statusText(first)),
      now: at('2026-06-09T00:30:00Z'),
    });
    expect(again).toEqual(first);
  });
});

describe('a directed batch', () => {
  it('says where its ladders are, by when they are answered, and what comes then, the soonest first', () => {
    const { open, next } = directed(
      [connections, issued(fresh(1, 'block'), 1), issued(fresh(1, 'block', jio), 1)],
      start,
    );
    expect(open).toEqual([
      { kind: 'block', order: 'block', deadline: '2026-06-02T00:00:00Z', next: 'block', directions: 2, rows: 2 },
      {
        kind: 'reverify',
        order: 'reverify',
        deadline: '2026-06-06T00:00:00Z',
        next: 'bar_outgoing',
        directions: 1,
        rows: 3,
      },
    ]);
    expect(next).toEqual({ what: 'block', by: '2026-06-02T00:00:00Z' });
  });

  it('says of the last rung that what is open then is overdue, and where nothing is open when it settles', () => {
    expect(directed([connections], at('2026-06-16T00:00:00Z')).next).toEqual({
      what: 'overdue',
      by: '2026-06-17T00:00:00Z',
    });
    const done = closed(answered(issued(fresh(1), 1), [[0, 'verified']]).ledger);
    expect(directed([done])).toMatchObject({ open: [], next: { what: 'settled', by: '2026-06-17T00:00:00Z' } });
  });

  it('names no order that would carry nobody: of a ladder whose open rows have failed the next one is to disconnect', () => {
    const failed = answered(issued(fresh(2), 1), [
      [0, 'failed'],
      [1, 'failed'],
    ]).ledger;
    const rung = { kind: 'reverify', order: 'reverify', next: 'disconnect', deadline: '2026-06-16T00:00:00Z' };
    for (const now of ['2026-06-05T00:00:00Z', '2026-06-12T00:00:00Z'])
      expect(directed([failed], at(now))).toMatchObject({
        open: [{ ...rung, directions: 1, rows: 2 }],
        next: { what: 'disconnect', by: '2026-06-16T00:00:00Z' },
      });
    // In its last rung it is to be carried out, and then they are overdue.
    expect(directed([failed], at('2026-06-16T00:00:00Z')).open).toMatchObject([
      { order: 'disconnect', next: 'overdue', deadline: '2026-06-17T00:00:00Z' },
    ]);
    // A bar that went out before they failed is the last one that did.
    const barred = answered(issued(issued(fresh(2), 1), 2), [[0, 'verified']], { at: '2026-06-07T00:00:00Z' }).ledger;
    const later = answered(barred, [[1, 'failed']], { at: '2026-06-08T00:00:00Z' }).ledger;
    expect(directed([later], at('2026-06-12T00:00:00Z')).open).toMatchObject([{ ...rung, order: 'bar_outgoing' }]);
    // Of rows that were taken back nobody is asked any more, and the ladder ends.
    expect(directed([markReversedRows(failed, [0, 1]) ?? failed], at('2026-06-05T00:00:00Z')).open).toMatchObject([
      { order: 'reverify', next: 'overdue', deadline: '2026-06-17T00:00:00Z' },
    ]);
    // What comes first is what goes out first, whichever ladder it is of.
    expect(directed([failed, issued(fresh(1), 1)], at('2026-06-05T00:00:00Z')).next).toEqual({
      what: 'bar_outgoing',
      by: '2026-06-06T00:00:00Z',
    });
  });

  it('counts rows by outcome at each operator, and what is open and failed so that they add up', () => {
    const silent = closed(issued(fresh(1, 'block', jio), 1));
    const status = directed([connections, answered(issued(fresh(1, 'block'), 1), [[0, 'blocked']]).ledger, silent]);
    const own = {
      linked: 5,
      alreadyOpen: 1,
      directed: 4,
      open: 3,
      failed: 1,
      verified: 1,
      overdue: 0,
      overdueFailed: 0,
    };
    expect(status.connections).toMatchObject(own);
    expect(status.operators.airtel).toMatchObject({
      directions: 2,
      openDirections: 2,
      connections: own,
      blocks: { rows: 1, blocked: 1, open: 0 },
    });
    expect(status.operators.jio).toMatchObject({
      directions: 1,
      openDirections: 0,
      blocks: { directed: 1, overdue: 1, open: 0 },
    });
    expect(status.blocks).toMatchObject({ rows: 2, directed: 2, blocked: 1, overdue: 1 });
    expect(status).not.toHaveProperty('outcomes');
  });

  it('says who has not answered: for ladders that ended, closed or not, and for failed rows past their own deadline', () => {
    const silent = closed(issued(fresh(1, 'block', jio), 1));
    const failed = { operator: airtel, kind: 'reverify', order: 'disconnect', directions: 1 };
    const blocks = {
      operator: jio,
      kind: 'block',
      order: 'block',
      since: '2026-06-03T00:00:00Z',
      directions: 1,
      rows: 1,
    };
    expect(directed([connections, silent], at('2026-06-04T09:59:59Z')).overdue).toEqual([blocks]);
    expect(directed([connections, silent], at('2026-06-04T10:00:00Z')).overdue).toEqual([
      { ...failed, since: '2026-06-04T10:00:00Z', rows: 1 },
      blocks,
    ]);
    // Taken back since, it is to be disconnected no more.
    const takenBack = markReversedRows(connections, [1]) ?? connections;
    expect(directed([takenBack, silent], at('2026-06-04T10:00:00Z')).overdue).toEqual([blocks]);
    // Nobody has closed it yet.
    expect(directed([connections], at('2026-06-17T00:00:00Z'))).toMatchObject({
      open: [],
      overdue: [{ ...failed, since: '2026-06-04T10:00:00Z', rows: 3 }],
      next: { what: 'settled', by: '2026-06-17T00:00:00Z' },
    });
  });

  it('says of rows that failed the same day before and after their ladder has ended: that of their own order', () => {
    const end = at('2026-06-17T00:00:00Z');
    const sinceOf = (ledger: Ledger) => directed([ledger], end).overdue.map(({ since, rows }) => [since, rows]);
    const own = '2026-06-04T10:00:00Z';
    // Verified since: only the two that nobody answered for are left, whose time was that of the ladder.
    expect(sinceOf(answered(closed(connections), [[1, 'verified']]).ledger)).toEqual([[end, 2]]);
    expect(sinceOf(markReversedRows(closed(connections), [1]) ?? connections)).toEqual([[end, 2]]);
    expect(sinceOf(markReversedRows(closed(connections), [2, 3]) ?? connections)).toEqual([[own, 1]]);
    expect(sinceOf(closed(connections))).toEqual([[own, 3]]);
    expect(directed([closed(connections)], end).overdue).toMatchObject([{ directions: 1 }]);
    // One that failed when the ladder had ended has no order of its own.
    expect(sinceOf(answered(closed(fresh(1)), [[0, 'failed']]).ledger)).toEqual([[end, 1]]);
    // A ladder of one more re-verification, which an extension leaves: its failed rows are overdue by another order.
    const asked = { ...connections, rungs: [{ order: 'reverify' as const, deadline: end }] };
    expect(directed([closed(asked)], end).overdue).toMatchObject([
      { order: 'disconnect', since: own, directions: 1, rows: 1 },
      { order: 'reverify', since: end, directions: 1, rows: 2 },
    ]);
  });

  it('says so no more of what was answered late, or taken back', () => {
    const silent = closed(issued(fresh(3, 'block', jio), 1));
    const rowsOf = (ledger: Ledger) => directed([ledger], at('2026-06-09T00:00:00Z')).overdue.map(({ rows }) => rows);
    expect(rowsOf(silent)).toEqual([3]);
    expect(rowsOf(answered(sealed(silent), [[0, 'blocked']]).ledger)).toEqual([2]);
    expect(rowsOf(markReversedRows(silent, [0, 1, 2]) ?? silent)).toEqual([]);
  });

  it('is told as of the word that lies there, where that is later', () => {
    const before = earlierStatus(statusText(directed([connections])));
    expect(directed([connections], start, { before })).toEqual(directed([connections]));
  });
});

describe('a batch that has ended', () => {
  const settledAt = at('2026-06-17T00:05:00Z');
  const ledger = sealed(closed(connections));
  const tell = (now: Instant, own = ledger, more: Partial<StatusInput> = {}) =>
    told({ batch: batch('settled', { settledAt }), plan, ledgers: [own], now, ...more });

  it('and settled is told as its books have it, and as of when it is told: what is overdue goes by what was answered until then', () => {
    const books = { connections: { open: 0, failed: 0, verified: 1, overdue: 3, overdueFailed: 1 } };
    const ended = { status: 'settled', since: settledAt, next: null, ...books };
    expect(tell(settledAt)).toMatchObject({ ...ended, asOf: settledAt, overdue: [{ operator: airtel, rows: 3 }] });
    const later = at('2026-06-18T00:30:00Z');
    const since = answered(ledger, [[2, 'verified']]).ledger;
    expect(tell(later, since)).toMatchObject({ ...ended, asOf: later, overdue: [{ operator: airtel, rows: 2 }] });
  });

  it('and settled is told alike by whoever tells of the same instant, and by no older word', () => {
    const later = at('2026-06-18T00:30:00Z');
    expect(tell(later)).toEqual(tell(later));
    // An event of before it settled that is worked on since.
    expect(tell(now).asOf).toBe(settledAt);
    expect(tell(settledAt, ledger, { before: earlierStatus(statusText(tell(later))) })).toEqual(tell(later));
  });

  it('without effect is so since then, for good', () => {
    const endedAt = at('2026-06-03T00:00:00Z');
    const refused = (now: Instant) => told({ batch: batch('refused', { endedAt }), now });
    expect(refused(now)).toMatchObject({ since: endedAt, asOf: endedAt });
    expect(refused(now)).toEqual(refused(at('2026-07-01T00:30:00Z')));
  });
});

describe('what was told last', () => {
  it('is due again once what was to come next has its time', () => {
    const next = (by: Instant | null) => ({ next: by === null ? null : { by } });
    expect(isDue(next(now), now)).toBe(true);
    expect(isDue(next(at('2026-06-04T00:30:01Z')), now)).toBe(false);
    expect(isDue(next(null), now)).toBe(false);
    expect([hasEnded('failed'), hasEnded('directed')]).toEqual([true, false]);
  });

  it('is from before the first orders where it was told in the quarter of an hour after the plan', () => {
    const word = (asOf: string, status: 'directed' | 'waiting' = 'directed') => ({
      status,
      since: start,
      asOf: at(asOf),
      next: null,
    });
    const from = '2026-06-01T00:14:59Z';
    expect(isFromBeforeOrders(word(from), at('2026-06-01T00:15:00Z'))).toBe(true);
    expect(isFromBeforeOrders(word(from), at(from))).toBe(false);
    expect(isFromBeforeOrders(word('2026-06-01T00:15:00Z'), now)).toBe(false);
    expect(isFromBeforeOrders(word(from, 'waiting'), now)).toBe(false);
  });

  it('is nothing where what lies there is no such word', () => {
    expect(earlierStatus('{')).toBeUndefined();
    expect(earlierStatus('{"status":"settled"}')).toBeUndefined();
  });
});

it('of a report of which no handset could be taken says that there was nothing to do', () => {
  const report = { rows: 3, rejected: 3, repeats: 0, handsets: 0 };
  const status = told({ batch: batch('settled', { settledAt: start, report }) });
  expect(status).toMatchObject({ status: 'empty', since: start, asOf: start, next: null });
  expect(hasEnded('empty')).toBe(true);
  expect(earlierStatus(statusText(status))).toMatchObject({ status: 'empty' });
});
