import { describe, expect, test } from 'vitest';
import { addSeconds, type Instant } from '../../lambdas/domain/days.ts';
import { failedOrderDeadline } from '../../lambdas/domain/failed-orders.ts';
import { firstOrderPublished, issueOrder } from '../../lambdas/domain/issuing.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { closeLedger } from '../../lambdas/domain/sealing.ts';
import { ladderEnd, plannedEnd, whereabouts } from '../../lambdas/domain/whereabouts.ts';
import { answered, at, fresh, issued, ladderEnds, published, rungs, start } from './example.ts';

/** The planned deadlines, so many hours later. */
const movedBy = (hours: number) =>
  rungs.reverify.map(({ order, deadline }) => ({ order, deadline: addSeconds(deadline, hours * 3600) }));
const hoursAfterStart = (hours: number, seconds = 0) => addSeconds(start, hours * 3600 + seconds);

describe('the first order of a re-verification', () => {
  /** An attempt at a rung, of a machine with these rungs. */
  const attempt = (ledger: Ledger, now: Instant, ladder: Ledger['rungs'], rung = 1, name = 'a') => {
    const { deadline = start } = ladder[rung - 1] ?? {};
    return issueOrder(ledger, { rung, deadline, now, token: `token-${name}`, attempt: `attempt-${name}` });
  };
  const committed = (ledger: Ledger, now: Instant, ladder: Ledger['rungs'], name = 'a') => {
    const decision = attempt(ledger, now, ladder, 1, name);
    if (decision.kind !== 'issue') throw new Error(decision.kind);
    return decision.commit({ sha256: `order-${name}`, bytes: 9 });
  };

  test('is a re-verification however late it goes out, and all deadlines move later by as many whole hours', () => {
    // 5 days and 3 hours and a half after planning began: the planned deadline of the second rung lies ahead.
    const now = hoursAfterStart(123, 1800);
    const ledger = fresh(2);
    for (const rung of [1, 2, 3, 4])
      expect(attempt(ledger, now, rungs.reverify, rung)).toEqual({
        kind: 'elsewhere',
        next: { rung: 1, rungs: movedBy(123) },
        order: null,
      });
    const after = committed(ledger, now, movedBy(123));
    expect(after).toMatchObject({ rung: 1, startedAt: hoursAfterStart(123), rungs: movedBy(123), begunAt: null });
    expect(after.orders).toMatchObject([{ rung: 1, order: 'reverify', rows: 2, deadline: '2026-06-11T03:00:00Z' }]);
    expect(published(after, now)).toMatchObject({ begunAt: now, rungs: movedBy(123) });
  });

  test.each([
    [0, 3599, 0],
    [1, 0, 1],
    [24 * 30, 0, 24 * 30],
  ])('that is %i hours and %i seconds late moves them by %i hours', (hours, seconds, by) => {
    expect(whereabouts(fresh(1), hoursAfterStart(hours, seconds))).toEqual({ rung: 1, rungs: movedBy(by) });
    expect(ladderEnd(fresh(1), hoursAfterStart(hours, seconds))).toBe(addSeconds(ladderEnds.reverify, by * 3600));
  });

  test('keeps its deadlines once it was published', () => {
    const ledger = issued(fresh(1), 1);
    const late = hoursAfterStart(24 * 40);
    expect(whereabouts(ledger, late)).toEqual({ rung: 5, rungs: rungs.reverify });
    expect(ladderEnd(ledger, late)).toBe(ladderEnds.reverify);
  });

  test('is adopted for an hour where it was committed and not published, also over the turn of an hour', () => {
    const first = committed(fresh(1), hoursAfterStart(0, 3599), rungs.reverify);
    const decision = attempt(first, hoursAfterStart(1, 1), rungs.reverify, 1, 'b');
    expect(decision).toMatchObject({ kind: 'adopt', order: { deadline: '2026-06-06T00:00:00Z' } });
    // No bar goes out meanwhile.
    expect(attempt(first, hoursAfterStart(1, 1), rungs.reverify, 2, 'b')).toMatchObject({ next: { rung: 1 } });
  });

  test('is issued anew after that hour, with the rows that are open then and later deadlines', () => {
    const first = answered(committed(fresh(3), start, rungs.reverify), [[0, 'verified']]).ledger;
    const now = hoursAfterStart(120);
    expect(attempt(first, now, rungs.reverify, 2)).toMatchObject({ next: { rung: 1, rungs: movedBy(120) } });
    const second = committed(first, now, movedBy(120), 'b');
    expect(second.orders).toMatchObject([{ rung: 1, rows: 2, attempt: 'attempt-b', deadline: '2026-06-11T00:00:00Z' }]);
    expect([second.rungs, second.tokens]).toEqual([movedBy(120), ['token-b']]);
    // Its operator may have been told of the first form, and answered that: the ledger says since when.
    expect(second.orders[0]?.firstVersion).toBe(first.orders[0]?.version);
    // A third time they move by what came in between.
    const third = committed(second, hoursAfterStart(121, 60), movedBy(121), 'c');
    expect([third.startedAt, third.rungs]).toEqual([hoursAfterStart(121), movedBy(121)]);
  });

  test('that was issued anew takes the place of the one before, whose attempt publishes it, too', () => {
    const first = committed(fresh(1), start, rungs.reverify);
    const second = committed(first, hoursAfterStart(2), movedBy(2), 'b');
    const older = first.orders[0];
    if (older === undefined) throw new Error('nothing was ordered');
    expect(firstOrderPublished(second, older, start)).toEqual({ kind: 'replaced', order: second.orders[0] });
    const begun = published(second, hoursAfterStart(2));
    expect(firstOrderPublished(begun, older, start)).toMatchObject({ kind: 'replaced' });
    expect(begun.orders.map((order) => firstOrderPublished(begun, order, start))).toEqual([{ kind: 'already' }]);
  });

  test('that carries rows which failed meanwhile, all of them, goes out as it is while there is time', () => {
    const first = answered(committed(fresh(1), start, rungs.reverify), [[0, 'failed']]).ledger;
    expect(attempt(first, hoursAfterStart(7), rungs.reverify)).toMatchObject({ kind: 'adopt' });
    // After its deadline nothing of it is published, and the row is disconnected in time.
    const late = attempt(first, hoursAfterStart(120), movedBy(120));
    expect(late).toMatchObject({ kind: 'wait', ledger: { begunAt: hoursAfterStart(120), orders: [] } });
  });

  test('is none where all rows failed before it: the ladder begins without it', () => {
    const ledger = answered(fresh(1), [[0, 'failed']]).ledger;
    const decision = attempt(ledger, hoursAfterStart(3), movedBy(3));
    if (decision.kind !== 'wait') throw new Error(decision.kind);
    expect(decision.ledger).toMatchObject({ rung: 1, orders: [], begunAt: hoursAfterStart(3), rungs: movedBy(3) });
    const end = movedBy(3)[2]?.deadline ?? start;
    expect(attempt(decision.ledger, end, movedBy(3), 4)).toMatchObject({
      kind: 'issue',
      order: 'disconnect',
      rows: [0],
    });
  });

  test('as long as it is not published keeps the ladder from its end, unless no row is open', () => {
    const late = hoursAfterStart(24 * 40);
    expect(closeLedger(fresh(1), late)).toEqual({ kind: 'too_early' });
    expect(closeLedger(committed(fresh(1), start, rungs.reverify), late)).toEqual({ kind: 'too_early' });
    const whole = answered(fresh(1), [[0, 'verified']]).ledger;
    expect(ladderEnd(whole, late)).toBe(ladderEnds.reverify);
    expect(closeLedger(whole, late).kind).toBe('closed');
    expect(closeLedger(fresh(1, 'block'), late).kind).toBe('closed');
  });

  test("as long as it is not published does not keep a failed row's own disconnect order from its day", () => {
    expect(failedOrderDeadline(fresh(1), hoursAfterStart(24 * 40))).toBe(hoursAfterStart(24 * 41));
  });
});

test('the end that was planned stays, however late the first order goes out', () => {
  const shifted = { ...fresh(1), startedAt: at('2026-06-01T07:00:00Z') };
  const later = shifted.rungs.map(({ order, deadline }) => ({ order, deadline: addSeconds(deadline, 7 * 3600) }));
  expect(plannedEnd(fresh(1), start)).toBe('2026-06-17T00:00:00Z');
  expect(ladderEnd({ ...shifted, begunAt: start, rungs: later }, start)).toBe('2026-06-17T07:00:00Z');
  expect(plannedEnd({ ...shifted, begunAt: start, rungs: later }, start)).toBe('2026-06-17T00:00:00Z');
});
