import { describe, expect, it } from 'vitest';
import {
  type Digest,
  digestedAt,
  digestFigures,
  digestOf,
  digestText,
  type ToldBatch,
} from '../../lambdas/domain/digest.ts';
import type { BatchId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { type Ledger, markReversedRows } from '../../lambdas/domain/ledger.ts';
import { type StandingBatch, type StatusInput, statusOf } from '../../lambdas/domain/status.ts';
import { agency, airtel, answered, at, closed, fresh, issued, jio, sealed, start } from './example.ts';

const now = at('2026-06-05T00:30:00Z');
const id = (text: string) => `mha-${text.padEnd(12, '0')}` as BatchId;
const report = { rows: 5, rejected: 0, repeats: 0, handsets: 5 };

/** A batch as it is told of at `now`. */
function told(
  batchId: BatchId,
  state: StandingBatch['state'],
  more: Partial<Omit<StatusInput, 'batch'>> & { held?: number; batch?: Partial<StandingBatch> } = {},
): ToldBatch {
  const { held = null, batch: own = {}, ledgers = [], ...input } = more;
  const batch = { batchId, kind: 'report', agency, file: 'reports/mha/x.csv', state, startedAt: start, report, ...own };
  const status = statusOf({ now, ledgers, ...input, batch: batch as StandingBatch });
  return { status, ledgers, held };
}

const plan = { operators: [airtel, jio], decisions: {} };
const directed = (batchId: BatchId, ledgers: Ledger[]) =>
  told(batchId, 'directed', { plan, ledgers, batch: { directedAt: start } });

/** Of four rows of airtel one is verified, and one failed on the 4th at 10:00, to be disconnected a day later. The order is due on the 6th at midnight. */
const running = (() => {
  const { ledger } = answered(issued(fresh(4), 1), [
    [0, 'verified'],
    [1, 'failed'],
  ]);
  const failedOrder = { rows: 1, sha256: 'order', bytes: 100, deadline: at('2026-06-05T10:00:00Z'), delay: 0 };
  return { ...ledger, files: ledger.files.map((file) => ({ ...file, failedOrder })) };
})();
/** Jio never blocked its two handsets: they are overdue since the 3rd. */
const late = closed(issued(fresh(2, 'block', jio), 1));

const NOTHING = {
  batches: [],
  untold: [],
  gated: new Map<OperatorId, number>(),
  quarantined: 0,
  strays: 0,
  deadLetters: new Map<string, number>(),
  now,
};
const digest = (batches: ToldBatch[], more: Partial<typeof NOTHING> = {}): Digest =>
  digestOf({ ...NOTHING, ...more, batches });
const ended = (name: string, state: 'refused' | 'failed', endedAt: string) =>
  told(id(name), state, {
    batch: { endedAt: at(endedAt) },
    before: { status: state, since: at(endedAt), asOf: at(endedAt), next: null },
  });

describe('the digest of a day', () => {
  it('counts batches by status, and says of each under way what comes next, by when, and what is open and overdue', () => {
    const { day, asOf, statuses, underway } = digest([directed(id('b'), [running, late]), told(id('a'), 'planning')]);
    expect({ day, asOf }).toEqual({ day: '2026-06-05', asOf: now });
    expect(statuses).toEqual({ approved: 1, directed: 1 });
    expect(underway).toEqual([
      {
        ...{ batchId: id('a'), agency, status: 'approved', since: start, next: { what: 'orders', by: null } },
        ...{ openRows: 0, overdueRows: 0 },
      },
      {
        ...{ batchId: id('b'), agency, status: 'directed', since: start },
        next: { what: 'bar_outgoing', by: '2026-06-06T00:00:00Z' },
        // Three of airtel's four, of which one failed; both of jio's.
        ...{ openRows: 3, overdueRows: 2 },
      },
    ]);
  });

  it('is of the day in India', () => {
    expect(digest([], { now: at('2026-06-05T18:29:59Z') }).day).toBe('2026-06-05');
    expect(digest([], { now: at('2026-06-05T18:30:00Z') }).day).toBe('2026-06-06');
  });

  it('has what is due within 24 hours, by operator and order, and what failed for itself', () => {
    expect(digest([directed(id('a'), [running, late])]).due).toEqual([
      { operator: airtel, order: 'disconnect', failed: true, deadline: '2026-06-05T10:00:00Z', directions: 1, rows: 1 },
      { operator: airtel, order: 'reverify', failed: false, deadline: '2026-06-06T00:00:00Z', directions: 1, rows: 3 },
    ]);
    // A day and a second before the deadline, a day before it, and a second before it.
    const dueAt = (instant: string) => digest([directed(id('a'), [issued(fresh(4), 1)])], { now: at(instant) }).due;
    expect(dueAt('2026-06-04T23:59:59Z')).toEqual([]);
    expect(dueAt('2026-06-05T00:00:00Z')).toHaveLength(1);
    expect(dueAt('2026-06-05T23:59:59Z')).toMatchObject([{ deadline: '2026-06-06T00:00:00Z' }]);
  });

  it('has nothing due of an order that carries none of the rows that are open: all of them failed, and are due by their own', () => {
    const failed = answered(issued(fresh(2), 1), [
      [0, 'failed'],
      [1, 'failed'],
    ]).ledger;
    const failedOrder = { rows: 2, sha256: 'order', bytes: 100, deadline: at('2026-06-05T10:00:00Z'), delay: 0 };
    const ordered = { ...failed, files: failed.files.map((file) => ({ ...file, failedOrder })) };
    const digested = digest([directed(id('a'), [ordered])]);
    const own = { operator: airtel, order: 'disconnect', failed: true, directions: 1, rows: 2 };
    expect(digested.due).toEqual([{ ...own, deadline: '2026-06-05T10:00:00Z' }]);
    expect(digestFigures(digested)).toMatchObject({ due: 2 });
    // Nor before the last rung, though its order is the next one.
    const dueAt = (now: string) => {
      const all = [told(id('a'), 'directed', { plan, ledgers: [ordered], now: at(now), batch: { directedAt: start } })];
      return digest(all, { now: at(now) });
    };
    expect(dueAt('2026-06-15T12:00:00Z')).toMatchObject({ due: [], dueRows: 0 });
    expect(dueAt('2026-06-16T12:00:00Z')).toMatchObject({
      due: [{ ...own, failed: false, deadline: '2026-06-17T00:00:00Z' }],
      dueRows: 2,
    });
    // Rows of two ladders count once each, whichever order is due of them.
    expect(digest([directed(id('a'), [ordered, running])]).dueRows).toBe(5);
  });

  it('adds up what several batches are due and overdue, from the soonest and the earliest on', () => {
    const { due, overdue } = digest([directed(id('a'), [running, late]), directed(id('b'), [running, late])]);
    expect(due.map(({ rows, directions }) => [rows, directions])).toEqual([
      [2, 2],
      [6, 2],
    ]);
    expect(overdue).toEqual([
      { operator: jio, kind: 'block', order: 'block', since: '2026-06-03T00:00:00Z', directions: 2, rows: 4 },
    ]);
  });

  it('has who failed and is connected still, while the ladder runs and when it has ended', () => {
    expect(digest([directed(id('a'), [running])]).failed).toEqual([{ operator: airtel, rows: 1 }]);
    expect(digest([directed(id('a'), [running]), directed(id('b'), [closed(running)])]).failed).toEqual([
      { operator: airtel, rows: 2 },
    ]);
    expect(digest([directed(id('a'), [late])]).failed).toEqual([]);
    // Disconnected after its batch has settled, or taken back: nobody is to see to it any more.
    const ended = sealed(closed(running));
    const since = answered(ended, [[1, 'disconnected']]).ledger;
    for (const done of [since, markReversedRows(running, [1]), markReversedRows(ended, [1])])
      expect(digest([directed(id('a'), done ? [done] : [])]).failed).toEqual([]);
  });

  it('has the decisions that wait, the soonest first, with their held handsets; what never lapses last', () => {
    const waiting = (name: string, decideBy: string | null, held?: number) =>
      told(id(name), 'waiting', {
        decision: { openedAt: start, decideBy: decideBy === null ? null : at(decideBy) },
        ...(held === undefined ? {} : { held }),
      });
    const { decisions, ...rest } = digest([
      waiting('a', null),
      waiting('b', '2026-06-07T00:00:00Z', 3),
      waiting('c', '2026-06-06T00:00:00Z', 4),
    ]);
    expect(decisions).toEqual([
      { batchId: id('c'), agency, since: start, until: '2026-06-06T00:00:00Z', held: 4 },
      { batchId: id('b'), agency, since: start, until: '2026-06-07T00:00:00Z', held: 3 },
      { batchId: id('a'), agency, since: start, until: null, held: null },
    ]);
    expect(digestFigures({ decisions, ...rest })).toMatchObject({ decisions: 3, heldHandsets: 7 });
  });

  it('tells of what ended for a day, and of what failed for as long as it has', () => {
    const told = digest([
      ended('a', 'refused', '2026-06-04T00:30:00Z'),
      ended('b', 'refused', '2026-06-04T00:29:59Z'),
      ended('c', 'failed', '2026-06-01T00:00:00Z'),
    ]);
    expect(told.ended.map(({ batchId, status }) => [batchId, status])).toEqual([
      [id('a'), 'refused'],
      [id('c'), 'failed'],
    ]);
    expect(told.statuses).toEqual({ failed: 1, refused: 1 });
  });

  it('leaves the self-check out', () => {
    const check = told(id('a'), 'planning', { batch: { agency: 'self-check' as typeof agency } });
    expect(digest([check])).toMatchObject({ underway: [], statuses: {} });
  });

  it('has what is held up, without those where nothing is, and of which batches nothing could be told', () => {
    const deadLetters = new Map([
      ['UsageDeadLetters', 2],
      ['ReportsDeadLetters', 1],
      ['DueDeadLetters', 0],
    ]);
    const gated = new Map([
      [airtel, 0],
      [jio, 2],
    ]);
    const held = digest([], { gated, deadLetters, quarantined: 5, strays: 4, untold: [id('b'), id('a')] as never[] });
    expect(held).toMatchObject({
      gated: [{ operator: jio, files: 2 }],
      deadLetters: [
        { queue: 'ReportsDeadLetters', messages: 1 },
        { queue: 'UsageDeadLetters', messages: 2 },
      ],
      untold: [id('a'), id('b')],
    });
    expect(digestFigures(held)).toMatchObject({ heldFiles: 2, quarantined: 5, strays: 4, deadLetters: 3 });
  });

  it('has figures in which failed rows are due once', () => {
    expect(digestFigures(digest([directed(id('a'), [running, late])]))).toEqual({
      ...{ batches: 1, decisions: 0, due: 3, overdue: 2, failed: 1 },
      ...{ heldHandsets: 0, heldFiles: 0, quarantined: 0, strays: 0, deadLetters: 0 },
    });
  });

  it('says when it was so, and nothing of what is no digest', () => {
    expect(digestedAt(digestText(digest([])))).toBe(now);
    expect(digestedAt('{"asOf":"yesterday"}')).toBeUndefined();
    expect(digestedAt('{')).toBeUndefined();
  });
});
