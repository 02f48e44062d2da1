import { describe, expect, test } from 'vitest';
import { addSeconds, type Instant } from '../../lambdas/domain/days.ts';
import {
  bytesPerRow,
  closeLedger,
  countOpen,
  failedOrderAnew,
  failedOrderDeadline,
  firstOrderPublished,
  isOpen,
  issueOrder,
  type Ledger,
  LedgerDamaged,
  LedgerNotSealed,
  ladderEnd,
  type OrderRequest,
  openRows,
  outcomeOf,
  plannedEnd,
  replacing,
  sealedDisconnections,
  sealedOutcomes,
  sealLedger,
  whereabouts,
} from '../../lambdas/domain/ledger.ts';
import { withFailedOrder } from '../../lambdas/domain/responses.ts';
import { answered, at, closed, fresh, issued, ladderEnds, published, rungs, sealed, start } from './example.ts';

const outcomesOf = (ledger: ReturnType<typeof fresh>) =>
  Array.from({ length: ledger.rows }, (_, row) => outcomeOf(ledger, row).outcome);

describe('a new ledger', () => {
  test('has every row open, no rung, nothing recorded, and version 1', () => {
    const ledger = fresh(3);
    expect(outcomesOf(ledger)).toEqual(['open', 'open', 'open']);
    expect(outcomeOf(ledger, 0)).toEqual({ outcome: 'open', occurredOn: null, recordedAt: null });
    expect({
      rung: ledger.rung,
      version: ledger.version,
      closedAt: ledger.closedAt,
      sealedAt: ledger.sealedAt,
    }).toEqual({
      rung: 0,
      version: 1,
      closedAt: null,
      sealedAt: null,
    });
    expect([ledger.orders, ledger.tokens, ledger.files, ledger.late]).toEqual([[], [], [], null]);
  });

  test('of 2,000 rows takes 10 kB', () => {
    expect(bytesPerRow).toBe(5);
    expect(fresh(2000).outcomes).toHaveLength(10_000);
  });

  test('knows when its ladder ends', () => {
    expect(ladderEnd(fresh(1), start)).toBe('2026-06-17T00:00:00Z');
    expect(ladderEnd(fresh(1, 'block'), start)).toBe('2026-06-03T00:00:00Z');
    expect(() => ladderEnd({ ...fresh(1), rungs: [] }, start)).toThrow(LedgerDamaged);
  });
});

describe("a row's record", () => {
  test('keeps outcome, day and file beside those of other rows', () => {
    const first = answered(fresh(4), [[1, 'verified']], { on: '2026-06-02', at: '2026-06-02T08:00:00Z' }).ledger;
    const second = answered(first, [[3, 'disconnected']], { on: '2026-06-04', at: '2026-06-04T09:30:00Z' }).ledger;
    expect(outcomesOf(second)).toEqual(['open', 'verified', 'open', 'disconnected']);
    expect(outcomeOf(second, 1)).toEqual({
      outcome: 'verified',
      occurredOn: '2026-06-02',
      recordedAt: '2026-06-02T08:00:00Z',
    });
    expect(outcomeOf(second, 3)).toEqual({
      outcome: 'disconnected',
      occurredOn: '2026-06-04',
      recordedAt: '2026-06-04T09:30:00Z',
    });
  });

  test('is five bytes: file and outcome in two, days since 0000-01-01 in three', () => {
    // 2026-06-03 is 1970-01-01 (719,528 days after 0000-01-01) + 20,607 = 740,135 = 0x0B4B27; file 1 << 3 | verified 1.
    const { ledger } = answered(fresh(2), [[1, 'verified']]);
    expect([...ledger.outcomes]).toEqual([0, 0, 0, 0, 0, 0b1001, 0, 0x27, 0x4b, 0x0b]);
  });

  test.each(['0000-01-01', '0001-03-01', '1900-01-01', '1970-01-01', '1999-12-31', '2000-02-29', '9999-12-31'])(
    'keeps any day that can be written: %s',
    (on) => {
      const { ledger } = answered(fresh(1), [[0, 'not_found']], { on });
      expect(outcomeOf(ledger, 0)).toMatchObject({ outcome: 'not_found', occurredOn: on });
    },
  );

  test('names the file that said so, up to the 500th', () => {
    let ledger = fresh(1);
    for (let n = 0; n < 499; n += 1) ledger = answered(ledger, [], { at: '2026-06-01T01:00:00Z' }).ledger;
    ledger = answered(ledger, [[0, 'disconnected']], { at: '2026-06-05T05:05:05Z' }).ledger;
    expect(ledger.files).toHaveLength(500);
    expect(outcomeOf(ledger, 0)).toEqual({
      outcome: 'disconnected',
      occurredOn: '2026-06-03',
      recordedAt: '2026-06-05T05:05:05Z',
    });
  });

  test.each([-1, 2, 0.5])('of a row that the direction does not have is an error (%s of 2)', (row) => {
    expect(() => outcomeOf(fresh(2), row)).toThrow(LedgerDamaged);
  });

  test('that names a file the ledger does not have is an error', () => {
    const { ledger } = answered(fresh(1), [[0, 'verified']]);
    expect(() => outcomeOf({ ...ledger, files: [] }, 0)).toThrow(LedgerDamaged);
  });
});

describe('open rows', () => {
  test('are those without a terminal outcome while the ladder runs: open and failed', () => {
    const { ledger } = answered(fresh(5), [
      [0, 'verified'],
      [1, 'failed'],
      [2, 'disconnected'],
      [3, 'not_found'],
    ]);
    expect(openRows(ledger)).toEqual([1, 4]);
    expect(countOpen(ledger)).toBe(2);
    expect([0, 1, 2, 3, 4].map((row) => isOpen(ledger, row))).toEqual([false, true, false, false, true]);
  });

  test('are none once the ladder has ended', () => {
    const ledger = closed(answered(fresh(3), [[1, 'failed']]).ledger);
    expect(openRows(ledger)).toEqual([]);
    expect(countOpen(ledger)).toBe(0);
  });

  test('a blocked or not found handset is not open', () => {
    const { ledger } = answered(fresh(3, 'block'), [
      [0, 'blocked'],
      [2, 'not_found'],
    ]);
    expect(openRows(ledger)).toEqual([1]);
  });
});

describe('issuing an order', () => {
  /** What an attempt at a rung gets that waits until the deadline which the ledger has of it. */
  const ask = (ledger: Ledger, { rung = 1, ...more }: Partial<OrderRequest> = {}) => {
    const { deadline = start } = ledger.rungs[rung - 1] ?? {};
    return issueOrder(ledger, { rung, deadline, now: start, token: 'token-a', attempt: 'attempt-a', ...more });
  };

  test('the first attempt at a rung issues it to every open row, and commits order and token in one change', () => {
    const before = answered(fresh(3), [[1, 'verified']]).ledger;
    const decision = ask(before);
    if (decision.kind !== 'issue') throw new Error(decision.kind);
    expect(decision).toMatchObject({ order: 'reverify', deadline: '2026-06-06T00:00:00Z', rows: [0, 2] });
    const after = decision.commit({ sha256: 'abc', bytes: 77 });
    expect(after.rung).toBe(1);
    expect(after.tokens).toEqual(['token-a']);
    expect(after.orders).toEqual([
      {
        rung: 1,
        order: 'reverify',
        attempt: 'attempt-a',
        rows: 2,
        sha256: 'abc',
        bytes: 77,
        deadline: '2026-06-06T00:00:00Z',
        at: '2026-06-01T00:00:00Z',
        version: before.version + 1,
      },
    ]);
    expect(after.version).toBe(before.version + 1);
    expect([before.rung, before.tokens, before.orders]).toEqual([0, [], []]);
  });

  test('of the later orders only the disconnection carries a failed row, a bar never; a terminal one is in none', () => {
    let ledger = answered(issued(fresh(3), 1), [
      [0, 'failed'],
      [1, 'verified'],
    ]).ledger;
    for (const [rung, now, order, rows] of [
      [2, '2026-06-06T00:00:00Z', 'bar_outgoing', [2]],
      [3, '2026-06-11T00:00:00Z', 'bar_incoming', [2]],
      [4, '2026-06-16T00:00:00Z', 'disconnect', [0, 2]],
    ] as const) {
      const decision = ask(ledger, { rung, now: at(now) });
      expect(decision).toMatchObject({ kind: 'issue', order, rows });
      ledger = issued(ledger, rung);
    }
  });

  test('a row that failed before the first order is in no re-verification either', () => {
    const ledger = answered(fresh(2), [[0, 'failed']]).ledger;
    expect(ask(ledger)).toMatchObject({ kind: 'issue', order: 'reverify', rows: [1] });
  });

  test('where all open rows have failed a bar is not ordered, and its rung takes its time all the same', () => {
    const before = answered(issued(fresh(2), 1), [
      [0, 'failed'],
      [1, 'failed'],
    ]).ledger;
    const now = at('2026-06-06T00:00:00Z');
    const second = ask(before, { rung: 2, now });
    if (second.kind !== 'wait') throw new Error(second.kind);
    expect([second.ledger.rung, second.ledger.orders.length, second.ledger.tokens]).toEqual([2, 1, ['token-a']]);
    // Another attempt waits beside it.
    const again = ask(second.ledger, { rung: 2, now, token: 'token-b' });
    expect(again).toMatchObject({ kind: 'wait', ledger: { tokens: ['token-a', 'token-b'] } });
    // Who proves themselves in time ends the ladder; who does not is to be disconnected.
    const verified = answered(second.ledger, [[0, 'verified']]).ledger;
    expect(countOpen(verified)).toBe(1);
    expect(ask(verified, { rung: 4, now: at('2026-06-16T00:00:00Z') })).toMatchObject({
      kind: 'issue',
      order: 'disconnect',
      rows: [1],
    });
    const both = answered(verified, [[1, 'not_found']]).ledger;
    expect(ask(both, { rung: 3, now: at('2026-06-11T00:00:00Z') })).toMatchObject({
      kind: 'elsewhere',
      next: { rung: 5 },
    });
  });

  test('of the tokens the newest twenty stay, and one that waits already is not doubled', () => {
    let ledger = issued(fresh(1), 1, 'token 0');
    for (let n = 1; n <= 30; n += 1) {
      const decision = ask(ledger, { token: `token ${n}` });
      if (decision.kind !== 'adopt') throw new Error(decision.kind);
      ledger = decision.ledger;
    }
    expect(ledger.tokens).toEqual(Array.from({ length: 20 }, (_, n) => `token ${n + 11}`));
    expect(ask(ledger, { token: 'token 30' })).toMatchObject({ kind: 'adopt', ledger });
  });

  test('a later attempt at the same rung adopts the order and its token waits beside the first', () => {
    const before = issued(fresh(2), 1, 'token-a');
    const decision = ask(before, {
      token: 'token-b',
      attempt: 'attempt-b',
      now: at('2026-06-01T00:00:09Z'),
    });
    if (decision.kind !== 'adopt') throw new Error(decision.kind);
    expect(decision.order).toEqual(before.orders[0]);
    expect(decision.ledger.tokens).toEqual(['token-a', 'token-b']);
    expect(decision.ledger.orders).toEqual(before.orders);
    expect(decision.ledger.version).toBe(before.version + 1);
  });

  test('the very attempt that committed adopts its order and changes nothing', () => {
    const before = issued(fresh(2), 1, 'token-a');
    const decision = ask(before);
    if (decision.kind !== 'adopt') throw new Error(decision.kind);
    expect(decision.ledger).toBe(before);
  });

  test('an adopted order stays the one that was committed, though a row was answered since', () => {
    const before = answered(issued(fresh(3), 1), [[0, 'verified']]).ledger;
    const decision = ask(before, { token: 'token-b' });
    expect(decision).toMatchObject({ kind: 'adopt', order: { rows: 3, sha256: 'order-1' } });
  });

  test('the next rung keeps the earlier orders and only its own token', () => {
    const ledger = issued(issued(fresh(1), 1, 'token-a'), 2, 'token-b');
    expect(ledger.orders.map(({ rung, order }) => [rung, order])).toEqual([
      [1, 'reverify'],
      [2, 'bar_outgoing'],
    ]);
    expect(ledger.tokens).toEqual(['token-b']);
  });

  /** The ladder is at this rung of its planned ones, and not where the attempt is. */
  const elsewhere = (rung: number, order: Ledger['orders'][number] | null = null) => ({
    kind: 'elsewhere',
    next: { rung, rungs: rungs.reverify },
    order,
  });

  test('an attempt at a rung that the ladder has left behind is told where that is', () => {
    expect(ask(issued(issued(fresh(1), 1), 2), { now: at('2026-06-06T00:00:00Z') })).toEqual(elsewhere(2));
    // Also one that has been on its way since before that.
    expect(ask(issued(issued(fresh(1), 1), 2))).toEqual(elsewhere(2));
  });

  test('a rung is not issued before the one before it has ended, which was told until when it may take', () => {
    const ledger = issued(fresh(1), 1);
    expect(ask(ledger, { rung: 2, now: at('2026-06-05T23:59:59Z') })).toEqual(elsewhere(1));
    expect(ask(ledger, { rung: 2, now: at('2026-06-06T00:00:00Z') }).kind).toBe('issue');
  });

  test('a rung whose deadline has passed is not issued, at the very instant neither', () => {
    const ledger = issued(fresh(1), 1);
    expect(ask(ledger, { rung: 2, now: at('2026-06-11T00:00:00Z') })).toEqual(elsewhere(3));
    expect(ask(ledger, { rung: 2, now: at('2026-06-10T23:59:59Z') }).kind).toBe('issue');
    expect(ask(ledger, { rung: 4, now: at('2026-06-17T00:00:00Z') })).toEqual(elsewhere(5));
  });

  test('a block that has passed is skipped, also where the first never went out', () => {
    const now = at('2026-06-02T00:00:00Z');
    expect(ask(fresh(1, 'block'), { now })).toMatchObject({ kind: 'elsewhere', next: { rung: 2 } });
    expect(ask(fresh(1, 'block'), { rung: 2, now })).toMatchObject({
      kind: 'issue',
      order: 'block',
      deadline: '2026-06-03T00:00:00Z',
    });
  });

  test('a ladder that was stopped goes on at the rung whose time it is', () => {
    const decision = ask(issued(fresh(1), 1), { rung: 3, now: at('2026-06-12T00:00:00Z') });
    expect(decision).toMatchObject({ kind: 'issue', order: 'bar_incoming' });
  });

  test('where no row is open nothing is issued, and the ladder is at its end', () => {
    const ledger = answered(fresh(1), [[0, 'verified']]).ledger;
    expect(ask(ledger)).toEqual(elsewhere(5));
    expect(ask(closed(fresh(1)))).toEqual(elsewhere(5));
  });

  test('where no row is open any more no token waits, and what was committed is told so that it can be published again', () => {
    const ledger = answered(issued(fresh(1), 1), [[0, 'verified']]).ledger;
    expect(ask(ledger, { token: 'token-b' })).toEqual(elsewhere(5, ledger.orders[0]));
  });

  test('an order that was committed and not published is never published after its deadline', () => {
    const ledger = issued(issued(fresh(1), 1), 2);
    const answeredWhole = answered(ledger, [[0, 'verified']]).ledger;
    expect(ask(answeredWhole, { rung: 2, now: at('2026-06-11T00:00:00Z') })).toEqual(elsewhere(5));
    expect(ask(ledger, { rung: 2, now: at('2026-06-11T00:00:00Z') })).toEqual(elsewhere(3));
  });

  test.each([0, 5])('a rung that the ladder does not have is an error (%s of 4)', (rung) => {
    expect(() => ask(fresh(1), { rung })).toThrow(LedgerDamaged);
  });
});

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

describe('a bar or disconnect order that is to be published again', () => {
  /** An attempt at a rung, whose order was committed by another one. */
  const again = (ledger: Ledger, rung: number, now: string) => {
    const { deadline = start } = ledger.rungs[rung - 1] ?? {};
    return issueOrder(ledger, { rung, deadline, now: at(now), token: 'token-b', attempt: 'attempt-b' });
  };
  const issue = (decision: ReturnType<typeof again>) => {
    if (decision.kind !== 'issue') throw new Error(`expected issue, got ${decision.kind}`);
    return decision;
  };
  const barred = issued(issued(fresh(3), 1), 2);

  test('is issued anew without who was answered for since: for whom it is left, with the deadline that it had', () => {
    const before = answered(barred, [[1, 'verified']]).ledger;
    const decision = issue(again(before, 2, '2026-06-06T08:00:00Z'));
    expect(decision).toMatchObject({ order: 'bar_outgoing', deadline: '2026-06-11T00:00:00Z', rows: [0, 2] });
    expect(decision.next).toBeUndefined();
    const after = decision.commit({ sha256: 'anew', bytes: 60 });
    expect(after.orders).toEqual([
      before.orders[0],
      {
        rung: 2,
        order: 'bar_outgoing',
        attempt: 'attempt-b',
        rows: 2,
        sha256: 'anew',
        bytes: 60,
        deadline: '2026-06-11T00:00:00Z',
        at: '2026-06-06T08:00:00Z',
        version: before.version + 1,
        // Whom the first one carried can still be told: who was not answered for by a file that was recorded before this version.
        firstVersion: barred.version,
      },
    ]);
    expect([after.version, after.rung, after.tokens]).toEqual([before.version + 1, 2, ['token-2', 'token-b']]);
    // Whoever comes next adopts it.
    expect(again(after, 2, '2026-06-06T08:00:02Z')).toMatchObject({ kind: 'adopt', order: after.orders[1] });
    // A second time: it is the rung's first commit that is remembered.
    const second = answered(after, [[2, 'not_found']]).ledger;
    const { orders } = issue(again(second, 2, '2026-06-06T09:00:00Z')).commit({ sha256: 'third', bytes: 50 });
    expect(orders[1]).toMatchObject({ rows: 1, firstVersion: barred.version, version: second.version + 1 });
  });

  test('is adopted as it was committed where nobody was answered for, also hours later', () => {
    for (const now of ['2026-06-06T00:00:02Z', '2026-06-06T09:00:00Z'])
      expect(again(barred, 2, now)).toMatchObject({ kind: 'adopt', order: barred.orders[1] });
  });

  test('as a bar leaves out who failed since, as a disconnection carries them', () => {
    const failed = answered(barred, [[0, 'failed']]).ledger;
    expect(issue(again(failed, 2, '2026-06-06T08:00:00Z')).rows).toEqual([1, 2]);
    const cut = answered(issued(issued(barred, 3), 4), [[0, 'failed']]).ledger;
    expect(again(cut, 4, '2026-06-16T08:00:00Z')).toMatchObject({ kind: 'adopt', order: { rows: 3 } });
  });

  test('is for nobody where all have failed or were answered for, and its rung takes its time', () => {
    const before = answered(barred, [
      [0, 'failed'],
      [1, 'verified'],
      [2, 'disconnected'],
    ]).ledger;
    const decision = issue(again(before, 2, '2026-06-06T08:00:00Z'));
    expect([decision.rows, decision.next]).toEqual([[], undefined]);
    const after = decision.commit({ sha256: 'none', bytes: 30 });
    expect(after.orders[1]).toMatchObject({ rows: 0, sha256: 'none', bytes: 30 });
    expect(again(after, 2, '2026-06-06T09:00:00Z')).toMatchObject({ kind: 'adopt', order: { rows: 0 } });
  });

  test('is for nobody where the last row was answered, and the ladder is at its end', () => {
    const before = answered(barred, [
      [0, 'verified'],
      [1, 'verified'],
      [2, 'not_found'],
    ]).ledger;
    const decision = issue(again(before, 2, '2026-06-06T08:00:00Z'));
    expect([decision.rows, decision.next?.rung]).toEqual([[], 5]);
    const after = decision.commit({ sha256: 'none', bytes: 30 });
    expect([after.orders[1]?.rows, after.tokens]).toEqual([0, ['token-2']]);
    expect(again(after, 2, '2026-06-06T08:00:05Z')).toMatchObject({ kind: 'elsewhere', order: { rows: 0 } });
    // One whose time has passed asks for nothing any more.
    expect(again(before, 2, '2026-06-11T00:00:00Z')).toMatchObject({ kind: 'elsewhere', order: null });
  });

  test('is known to whoever has published the one before', () => {
    const before = answered(barred, [[1, 'verified']]).ledger;
    const after = issue(again(before, 2, '2026-06-06T08:00:00Z')).commit({ sha256: 'anew', bytes: 60 });
    const [first, older] = barred.orders;
    if (first === undefined || older === undefined) throw new Error('two were ordered');
    expect(replacing(after, older)).toEqual(after.orders[1]);
    expect(replacing(after, first)).toBeUndefined();
    expect(replacing(barred, older)).toBeUndefined();
  });

  test('is never a re-verification or a block: neither takes service from anybody', () => {
    const asked = answered(issued(fresh(2), 1), [[0, 'verified']]).ledger;
    expect(again(asked, 1, '2026-06-01T00:00:09Z')).toMatchObject({ kind: 'adopt', order: { rows: 2 } });
    const blocked = answered(issued(fresh(2, 'block'), 1), [[0, 'blocked']]).ledger;
    expect(again(blocked, 1, '2026-06-01T00:00:09Z')).toMatchObject({ kind: 'adopt', order: { rows: 2 } });
  });
});

describe('the disconnect order of failed rows that is to be published again', () => {
  const order = { rows: 2, sha256: 'o', bytes: 90, deadline: at('2026-06-04T10:00:00Z') };
  const failing = withFailedOrder(
    answered(
      issued(fresh(4), 1),
      [
        [0, 'failed'],
        [2, 'failed'],
      ],
      { sha256: 'f' },
    ),
    order,
  ).ledger;
  const again = (ledger: Ledger, now = '2026-06-03T18:00:00Z') =>
    failedOrderAnew(ledger, { sha256: 'f' }, { attempt: 'attempt-b', now: at(now) });

  test.each(['verified', 'not_found', 'disconnected'] as const)('is issued anew without who is %s since', (outcome) => {
    const before = answered(failing, [[0, outcome]]).ledger;
    const anew = again(before);
    expect(anew).toMatchObject({ rows: [2], deadline: '2026-06-04T10:00:00Z' });
    const after = anew?.commit({ sha256: 'anew', bytes: 60 });
    expect(after?.files).toEqual([
      {
        ...failing.files[0],
        failedOrder: {
          rows: 1,
          sha256: 'anew',
          bytes: 60,
          deadline: '2026-06-04T10:00:00Z',
          anew: { attempt: 'attempt-b', at: '2026-06-03T18:00:00Z', version: before.version + 1 },
        },
      },
      before.files[1],
    ]);
    expect(after?.version).toBe(before.version + 1);
    expect(after && again(after)).toBeUndefined();
  });

  test('stays as it was committed while its rows are failed, whatever is said of others', () => {
    expect(again(failing)).toBeUndefined();
    const others = answered(failing, [
      [1, 'failed'],
      [3, 'verified'],
    ]).ledger;
    expect(again(others)).toBeUndefined();
  });

  test('is for nobody where all were answered for', () => {
    const before = answered(failing, [
      [0, 'verified'],
      [2, 'disconnected'],
    ]).ledger;
    expect(again(before)?.rows).toEqual([]);
    expect(again(before)?.commit({ sha256: 'none', bytes: 30 }).files[0]?.failedOrder?.rows).toBe(0);
  });

  test('is not issued once its time has passed, and never for a file that had none', () => {
    const before = answered(failing, [[0, 'verified']], { sha256: 'v' }).ledger;
    expect(again(before, '2026-06-04T09:59:59Z')).toBeDefined();
    expect(again(before, '2026-06-04T10:00:00Z')).toBeUndefined();
    expect(failedOrderAnew(before, { sha256: 'v' }, { attempt: 'b', now: start })).toBeUndefined();
  });
});

describe("the disconnect order of a response's failed rows", () => {
  const ordered = issued(fresh(1), 1);

  test('is due 24 hours after its commit', () => {
    expect(failedOrderDeadline(ordered, at('2026-06-02T07:30:00Z'))).toBe('2026-06-03T07:30:00Z');
  });

  test("is due at the ladder's end at the latest", () => {
    expect(failedOrderDeadline(ordered, at('2026-06-16T00:00:01Z'))).toBe('2026-06-17T00:00:00Z');
    expect(failedOrderDeadline(ordered, at('2026-06-16T23:59:59Z'))).toBe('2026-06-17T00:00:00Z');
  });

  test('is not issued once the ladder has ended, be it closed or not', () => {
    expect(failedOrderDeadline(ordered, at('2026-06-17T00:00:00Z'))).toBeNull();
    expect(failedOrderDeadline(closed(fresh(1)), at('2026-06-20T00:00:00Z'))).toBeNull();
    const answeredWhole = closed(answered(fresh(1), [[0, 'verified']]).ledger);
    expect(failedOrderDeadline(answeredWhole, at('2026-06-05T00:00:00Z'))).toBeNull();
  });
});

test('the end that was planned stays, however late the first order goes out', () => {
  const shifted = { ...fresh(1), startedAt: at('2026-06-01T07:00:00Z') };
  const later = shifted.rungs.map(({ order, deadline }) => ({ order, deadline: addSeconds(deadline, 7 * 3600) }));
  expect(plannedEnd(fresh(1), start)).toBe('2026-06-17T00:00:00Z');
  expect(ladderEnd({ ...shifted, begunAt: start, rungs: later }, start)).toBe('2026-06-17T07:00:00Z');
  expect(plannedEnd({ ...shifted, begunAt: start, rungs: later }, start)).toBe('2026-06-17T00:00:00Z');
});

describe('closing', () => {
  const end = ladderEnds.reverify;

  test('turns open and failed rows to overdue and leaves the others', () => {
    const before = answered(fresh(6), [
      [0, 'verified'],
      [1, 'failed'],
      [2, 'disconnected'],
      [3, 'not_found'],
    ]).ledger;
    const after = closed(before);
    expect(outcomesOf(after)).toEqual(['verified', 'overdue', 'disconnected', 'not_found', 'overdue', 'overdue']);
    expect(after.closedAt).toBe(end);
    expect(after.version).toBe(before.version + 1);
    expect(outcomesOf(before)).toEqual(['verified', 'failed', 'disconnected', 'not_found', 'open', 'open']);
  });

  test('a failed row that goes overdue keeps the day and the instant of its failing, an open one has none', () => {
    const after = closed(answered(fresh(2), [[0, 'failed']], { on: '2026-06-02', at: '2026-06-02T07:00:00Z' }).ledger);
    expect(outcomeOf(after, 0)).toEqual({
      outcome: 'overdue',
      occurredOn: '2026-06-02',
      recordedAt: '2026-06-02T07:00:00Z',
    });
    expect(outcomeOf(after, 1)).toEqual({ outcome: 'overdue', occurredOn: null, recordedAt: null });
  });

  test('is refused while a row is open and the last deadline lies ahead', () => {
    expect(closeLedger(fresh(1), at('2026-06-16T23:59:59Z'))).toEqual({ kind: 'too_early' });
    expect(closeLedger(answered(fresh(1), [[0, 'failed']]).ledger, at('2026-06-16T23:59:59Z'))).toEqual({
      kind: 'too_early',
    });
    expect(closeLedger(issued(fresh(1), 1), end).kind).toBe('closed');
  });

  test('needs no deadline where every row has a terminal outcome', () => {
    const decision = closeLedger(answered(fresh(1), [[0, 'verified']]).ledger, at('2026-06-03T12:00:00Z'));
    if (decision.kind !== 'closed') throw new Error(decision.kind);
    expect(outcomesOf(decision.ledger)).toEqual(['verified']);
    expect(decision.ledger.closedAt).toBe('2026-06-03T12:00:00Z');
  });

  test('a second time changes nothing', () => {
    expect(closeLedger(closed(fresh(1)), at('2026-07-01T00:00:00Z'))).toEqual({ kind: 'already' });
  });

  test('does not touch the bytes it was given, though they are a Buffer as a database client may return', () => {
    const before = { ...fresh(1), outcomes: Buffer.alloc(5) };
    closed(before);
    expect([...before.outcomes]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('sealing', () => {
  test('needs a ladder that has ended', () => {
    expect(sealLedger(fresh(1), ladderEnds.reverify)).toEqual({ kind: 'not_closed' });
  });

  test('is one change, and a second time none', () => {
    const before = closed(fresh(1));
    const decision = sealLedger(before, at('2026-06-17T00:01:00Z'));
    expect(decision).toEqual({
      kind: 'sealed',
      ledger: { ...before, sealedAt: '2026-06-17T00:01:00Z', version: before.version + 1 },
    });
    expect(sealLedger(sealed(before), at('2026-06-18T00:00:00Z'))).toEqual({ kind: 'already' });
  });

  test('counts each row once: of 7, 1 verified, 2 disconnected, 1 not found, 3 overdue, one of which had failed', () => {
    const ledger = answered(fresh(7), [
      [0, 'verified'],
      [1, 'failed'],
      [2, 'disconnected'],
      [3, 'not_found'],
      [4, 'disconnected'],
    ]).ledger;
    expect(sealedOutcomes(sealed(closed(ledger)))).toEqual({
      open: 0,
      verified: 1,
      disconnected: 2,
      notFound: 1,
      blocked: 0,
      overdue: 3,
      overdueFailed: 1,
    });
  });

  test('counts handsets: of 3, 1 blocked, 1 not found, 1 overdue', () => {
    const ledger = answered(fresh(3, 'block'), [
      [0, 'blocked'],
      [1, 'not_found'],
    ]).ledger;
    expect(sealedOutcomes(sealed(closed(ledger)))).toEqual({
      open: 0,
      verified: 0,
      disconnected: 0,
      notFound: 1,
      blocked: 1,
      overdue: 1,
      overdueFailed: 0,
    });
  });

  test('an answer between the end of the ladder and the seal counts', () => {
    const ledger = answered(closed(fresh(2)), [[0, 'verified']]).ledger;
    expect(ledger.late).toBeNull();
    expect(sealedOutcomes(sealed(ledger))).toMatchObject({ verified: 1, overdue: 1 });
  });

  test('a row that is found failed between the end of the ladder and the seal is overdue in the books', () => {
    const ledger = answered(closed(fresh(1)), [[0, 'failed']]).ledger;
    expect(outcomeOf(ledger, 0).outcome).toBe('failed');
    expect(sealedOutcomes(sealed(ledger))).toMatchObject({ overdue: 1, overdueFailed: 1, open: 0 });
  });

  test('an answer after the seal is recorded, and the sealed outcomes stay as they were', () => {
    const before = sealed(closed(answered(fresh(3), [[0, 'disconnected']]).ledger));
    const after = answered(before, [
      [1, 'verified'],
      [2, 'disconnected'],
    ]).ledger;
    expect(outcomesOf(after)).toEqual(['disconnected', 'verified', 'disconnected']);
    expect(after.outcomes).toEqual(before.outcomes);
    expect(sealedOutcomes(after)).toEqual(sealedOutcomes(before));
    expect(sealedDisconnections(after)).toEqual([{ row: 0, on: '2026-06-03' }]);
  });

  test('answers after the seal build on each other', () => {
    const first = answered(sealed(closed(fresh(2))), [[0, 'verified']]).ledger;
    const second = answered(first, [[1, 'not_found']]).ledger;
    expect(outcomesOf(second)).toEqual(['verified', 'not_found']);
  });

  test('the disconnected rows come with their days, ascending', () => {
    const first = answered(fresh(3), [[2, 'disconnected']], { on: '2026-06-02' }).ledger;
    const second = answered(first, [[0, 'disconnected']], { on: '2026-06-01' }).ledger;
    expect(sealedDisconnections(sealed(closed(second)))).toEqual([
      { row: 0, on: '2026-06-01' },
      { row: 2, on: '2026-06-02' },
    ]);
  });

  test('the books ask for seals only', () => {
    expect(() => sealedOutcomes(closed(fresh(1)))).toThrow(LedgerNotSealed);
    expect(() => sealedDisconnections(closed(fresh(1)))).toThrow(LedgerNotSealed);
  });

  test('a row whose byte is still open, or names no outcome, counts as open', () => {
    const ledger = sealed(closed(fresh(3)));
    const outcomes = new Uint8Array(ledger.outcomes);
    outcomes[0] = 0;
    outcomes[5] = 7;
    expect(sealedOutcomes({ ...ledger, outcomes })).toMatchObject({ open: 2, overdue: 1 });
  });

  test('a disconnected row without a day is an error', () => {
    const ledger = sealed(closed(fresh(1)));
    expect(() => sealedDisconnections({ ...ledger, outcomes: Uint8Array.of(3, 0, 0, 0, 0) })).toThrow(LedgerDamaged);
  });
});
