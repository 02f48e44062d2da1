import { describe, expect, test } from 'vitest';
import {
  bytesPerRow,
  closeLedger,
  countOpen,
  failedOrderDeadline,
  isOpen,
  issueOrder,
  LedgerDamaged,
  LedgerNotSealed,
  ladderEnd,
  openRows,
  outcomeOf,
  sealedDisconnections,
  sealedOutcomes,
  sealLedger,
} from '../../lambdas/domain/ledger.ts';
import { answered, at, closed, fresh, issued, ladderEnds, sealed, start } from './example.ts';

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
    expect(ladderEnd(fresh(1))).toBe('2026-06-17T00:00:00Z');
    expect(ladderEnd(fresh(1, 'block'))).toBe('2026-06-03T00:00:00Z');
    expect(() => ladderEnd({ ...fresh(1), rungs: [] })).toThrow(LedgerDamaged);
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
  const request = { rung: 1, now: start, token: 'token-a', attempt: 'attempt-a' };

  test('the first attempt at a rung issues it to every open row, and commits order and token in one change', () => {
    const before = answered(fresh(3), [[1, 'verified']]).ledger;
    const decision = issueOrder(before, request);
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
      const decision = issueOrder(ledger, { ...request, rung, now: at(now) });
      expect(decision).toMatchObject({ kind: 'issue', order, rows });
      ledger = issued(ledger, rung);
    }
  });

  test('a row that failed before the first order is in no re-verification either', () => {
    const ledger = answered(fresh(2), [[0, 'failed']]).ledger;
    expect(issueOrder(ledger, request)).toMatchObject({ kind: 'issue', order: 'reverify', rows: [1] });
  });

  test('where all open rows have failed a bar is not ordered, and its rung takes its time all the same', () => {
    const before = answered(issued(fresh(2), 1), [
      [0, 'failed'],
      [1, 'failed'],
    ]).ledger;
    const now = at('2026-06-06T00:00:00Z');
    const second = issueOrder(before, { ...request, rung: 2, now });
    if (second.kind !== 'wait') throw new Error(second.kind);
    expect([second.ledger.rung, second.ledger.orders.length, second.ledger.tokens]).toEqual([2, 1, ['token-a']]);
    // Another attempt waits beside it.
    const again = issueOrder(second.ledger, { ...request, rung: 2, now, token: 'token-b' });
    expect(again).toMatchObject({ kind: 'wait', ledger: { tokens: ['token-a', 'token-b'] } });
    // Who proves themselves in time ends the ladder; who does not is to be disconnected.
    const verified = answered(second.ledger, [[0, 'verified']]).ledger;
    expect(countOpen(verified)).toBe(1);
    expect(issueOrder(verified, { ...request, rung: 4, now: at('2026-06-16T00:00:00Z') })).toMatchObject({
      kind: 'issue',
      order: 'disconnect',
      rows: [1],
    });
    const both = answered(verified, [[1, 'not_found']]).ledger;
    expect(issueOrder(both, { ...request, rung: 3, now: at('2026-06-11T00:00:00Z') })).toMatchObject({
      kind: 'nothing_open',
    });
  });

  test('of the tokens the newest twenty stay, and one that waits already is not doubled', () => {
    let ledger = issued(fresh(1), 1, 'token 0');
    for (let n = 1; n <= 30; n += 1) {
      const decision = issueOrder(ledger, { ...request, token: `token ${n}` });
      if (decision.kind !== 'adopt') throw new Error(decision.kind);
      ledger = decision.ledger;
    }
    expect(ledger.tokens).toEqual(Array.from({ length: 20 }, (_, n) => `token ${n + 11}`));
    expect(issueOrder(ledger, { ...request, token: 'token 30' })).toMatchObject({ kind: 'adopt', ledger });
  });

  test('a later attempt at the same rung adopts the order and its token waits beside the first', () => {
    const before = issued(fresh(2), 1, 'token-a');
    const decision = issueOrder(before, {
      ...request,
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
    const decision = issueOrder(before, request);
    if (decision.kind !== 'adopt') throw new Error(decision.kind);
    expect(decision.ledger).toBe(before);
  });

  test('an adopted order stays the one that was committed, though a row was answered since', () => {
    const before = answered(issued(fresh(3), 1), [[0, 'verified']]).ledger;
    const decision = issueOrder(before, { ...request, token: 'token-b' });
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

  test('a rung that the ladder has left behind is passed', () => {
    expect(issueOrder(issued(issued(fresh(1), 1), 2), request)).toEqual({ kind: 'passed' });
  });

  test('a rung whose deadline has passed is not issued, at the very instant neither', () => {
    expect(issueOrder(fresh(1), { ...request, now: at('2026-06-06T00:00:00Z') })).toEqual({ kind: 'passed' });
    expect(issueOrder(fresh(1), { ...request, now: at('2026-06-05T23:59:59Z') }).kind).toBe('issue');
  });

  test('a ladder that was stopped goes on at the rung whose time it is', () => {
    const decision = issueOrder(issued(fresh(1), 1), { ...request, rung: 3, now: at('2026-06-12T00:00:00Z') });
    expect(decision).toMatchObject({ kind: 'issue', order: 'bar_incoming' });
  });

  test('where no row is open nothing is issued', () => {
    const ledger = answered(fresh(1), [[0, 'verified']]).ledger;
    expect(issueOrder(ledger, request)).toEqual({ kind: 'nothing_open', order: null });
    expect(issueOrder(closed(fresh(1)), request)).toEqual({ kind: 'nothing_open', order: null });
  });

  test('where no row is open any more no token waits, and what was committed is told so that it can be published again', () => {
    const ledger = answered(issued(fresh(1), 1), [[0, 'verified']]).ledger;
    expect(issueOrder(ledger, { ...request, token: 'token-b' })).toEqual({
      kind: 'nothing_open',
      order: ledger.orders[0],
    });
  });

  test.each([0, 5])('a rung that the ladder does not have is an error (%s of 4)', (rung) => {
    expect(() => issueOrder(fresh(1), { ...request, rung })).toThrow(LedgerDamaged);
  });
});

describe("the disconnect order of a response's failed rows", () => {
  test('is due 24 hours after its commit', () => {
    expect(failedOrderDeadline(fresh(1), at('2026-06-02T07:30:00Z'))).toBe('2026-06-03T07:30:00Z');
  });

  test("is due at the ladder's end at the latest", () => {
    expect(failedOrderDeadline(fresh(1), at('2026-06-16T00:00:01Z'))).toBe('2026-06-17T00:00:00Z');
    expect(failedOrderDeadline(fresh(1), at('2026-06-16T23:59:59Z'))).toBe('2026-06-17T00:00:00Z');
  });

  test('is not issued once the ladder has ended, be it closed or not', () => {
    expect(failedOrderDeadline(fresh(1), at('2026-06-17T00:00:00Z'))).toBeNull();
    expect(failedOrderDeadline(closed(fresh(1)), at('2026-06-20T00:00:00Z'))).toBeNull();
    const answeredWhole = closed(answered(fresh(1), [[0, 'verified']]).ledger);
    expect(failedOrderDeadline(answeredWhole, at('2026-06-05T00:00:00Z'))).toBeNull();
  });
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
    expect(closeLedger(fresh(1), end).kind).toBe('closed');
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
