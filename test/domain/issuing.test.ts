import { describe, expect, test } from 'vitest';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import {
  firstOrderPublished,
  issueOrder,
  type OrderRequest,
  publishedAnew,
  replacing,
} from '../../lambdas/domain/issuing.ts';
import { countOpen, type Ledger, withdrawRows } from '../../lambdas/domain/ledger.ts';
import { answered, at, closed, day, fresh, issued, marked, rungs, sealed, start } from './example.ts';

/** The ledger from which a reversal has taken rows back. */
function reversed(ledger: Ledger, rows: number[], reversal = 'caseworker-1-0123456789ab'): Ledger {
  const how = { reversal: reversal as BatchId, on: day('2026-06-01'), at: at('2026-06-01T00:00:05Z') };
  return withdrawRows(ledger, rows, how) ?? ledger;
}

test('a word of a later version of the system is damage, and leaves nobody open to be cut off', () => {
  const ledger = fresh(1);
  const unknown = { ...ledger, outcomes: Uint8Array.from([31, 0, 0, 0, 0]) };
  expect(() => countOpen(unknown)).toThrow('there is no outcome 31');
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

  test.each([
    ['bar_outgoing', 2, '2026-06-06T00:00:00Z', '2026-06-06T03:00:00Z'],
    ['disconnect', 4, '2026-06-16T00:00:00Z', '2026-06-16T03:00:00Z'],
  ] as const)(
    'a row that was taken back since a %s was committed is not in it when it goes out',
    (order, rung, now, later) => {
      let ledger = fresh(3);
      for (let before = 1; before < rung; before += 1) ledger = issued(ledger, before);
      const committed = issued(ledger, rung);
      expect(committed.orders.at(-1)).toMatchObject({ order, rows: 3, at: now });
      const decision = ask(marked(committed, [1]), { rung, now: at(later), token: 'token-b', attempt: 'attempt-b' });
      expect(decision).toMatchObject({ kind: 'issue', order, rows: [0, 2] });
      expect(ask(marked(ledger, [0, 1, 2]), { rung, now: at(now) }).kind).toBe('wait');
    },
  );

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

  test('after the last rung it tells that the ladder has ended, or where it is, whose deadlines moved meanwhile', () => {
    const ledger = [1, 2, 3, 4].reduce((before, rung) => issued(before, rung), fresh(1));
    const last = { rung: 5, deadline: rungs.reverify[3].deadline };
    expect(ask(ledger, { ...last, now: at('2026-06-17T00:00:00Z') })).toEqual(elsewhere(5));
    expect(ask(ledger, { ...last, now: at('2026-06-16T23:59:59Z') })).toEqual(elsewhere(4));
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
        // Where its text lies, and when it was committed.
        firstAttempt: barred.orders[1]?.attempt,
        firstAt: barred.orders[1]?.at,
      },
    ]);
    expect([after.version, after.rung, after.tokens]).toEqual([before.version + 1, 2, ['token-2', 'token-b']]);
    // Whoever comes next adopts it.
    expect(again(after, 2, '2026-06-06T08:00:02Z')).toMatchObject({ kind: 'adopt', order: after.orders[1] });
    // A second time: it is the rung's first commit that is remembered.
    const second = answered(after, [[2, 'not_found']]).ledger;
    const { orders } = issue(again(second, 2, '2026-06-06T09:00:00Z')).commit({ sha256: 'third', bytes: 50 });
    const { attempt: firstAttempt, at: firstAt } = barred.orders[1] ?? {};
    const first = { firstVersion: barred.version, firstAttempt, firstAt };
    expect(orders[1]).toMatchObject({ ...first, rows: 1, attempt: 'attempt-b', version: second.version + 1 });
  });

  test('is adopted as it was committed where nobody was answered for, also hours later', () => {
    for (const now of ['2026-06-06T00:00:02Z', '2026-06-06T09:00:00Z'])
      expect(again(barred, 2, now)).toMatchObject({ kind: 'adopt', order: barred.orders[1] });
  });

  test('frees nobody who has failed since: a bar keeps them, as a disconnection does', () => {
    const failed = answered(barred, [[0, 'failed']]).ledger;
    expect(again(failed, 2, '2026-06-06T08:00:00Z')).toMatchObject({ kind: 'adopt', order: { rows: 3 } });
    // Who has failed stays, too, where it is issued anew without another one, and again after that.
    const one = answered(failed, [[1, 'verified']]).ledger;
    const decision = issue(again(one, 2, '2026-06-06T09:00:00Z'));
    expect(decision.rows).toEqual([0, 2]);
    const next = answered(decision.commit({ sha256: 'anew', bytes: 60 }), [[2, 'not_found']]).ledger;
    expect(issue(again(next, 2, '2026-06-06T10:00:00Z')).rows).toEqual([0]);
    // Who had failed before the bar was first committed was never in it.
    const before = issued(answered(issued(fresh(2), 1), [[0, 'failed']]).ledger, 2);
    expect(again(before, 2, '2026-06-06T08:00:00Z')).toMatchObject({ kind: 'adopt', order: { rows: 1 } });
    const after = answered(before, [[1, 'verified']]).ledger;
    expect(issue(again(after, 2, '2026-06-06T09:00:00Z')).rows).toEqual([]);
    const cut = answered(issued(issued(barred, 3), 4), [[0, 'failed']]).ledger;
    expect(again(cut, 4, '2026-06-16T08:00:00Z')).toMatchObject({ kind: 'adopt', order: { rows: 3 } });
  });

  test('is for nobody where all others were answered for, and its rung takes its time for who had failed before it', () => {
    const before = answered(issued(answered(issued(fresh(3), 1), [[0, 'failed']]).ledger, 2), [
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

  test('is a block where a reversal has taken handsets back since: without these, and without what was answered for', () => {
    const ordered = issued(fresh(4, 'block'), 1);
    const before = reversed(answered(ordered, [[1, 'blocked']]).ledger, [0]);
    const decision = again(before, 1, '2026-06-01T00:00:09Z');
    expect(decision).toMatchObject({ kind: 'issue', order: 'block', rows: [2, 3], deadline: '2026-06-02T00:00:00Z' });
    const after = issue(decision).commit({ sha256: 'anew', bytes: 60 });
    expect(after.orders).toMatchObject([{ rung: 1, rows: 2, firstVersion: ordered.version }]);
    // What is answered for later stays in it, as in the first one.
    const later = answered(after, [[2, 'blocked']]).ledger;
    expect(again(later, 1, '2026-06-01T00:00:19Z')).toMatchObject({ kind: 'adopt', order: { rows: 2 } });
    expect(again(reversed(later, [2, 3], 'mha-0123456789ab'), 1, '2026-06-01T00:00:29Z')).toMatchObject({ rows: [] });
  });

  test('is no block from which a reversal has taken nothing', () => {
    const taken = reversed(answered(fresh(3, 'block'), [[0, 'blocked']]).ledger, [0]);
    const ordered = issued(taken, 1);
    expect(again(ordered, 1, '2026-06-01T00:00:09Z')).toMatchObject({ kind: 'adopt', order: { rows: 2 } });
  });
});

describe('a bar or disconnect order that was just published', () => {
  /** What its attempt finds in the ledger, which may have gone on since. */
  const look = (ledger: Ledger, rung: number, now = ledger.rungs[rung - 2]?.deadline ?? start) => {
    const order = ledger.orders[rung - 1];
    if (order === undefined) throw new Error('it was not ordered');
    return publishedAnew(ledger, order, { attempt: 'attempt-c', now });
  };
  const barred = issued(issued(fresh(3), 1), 2);
  const cut = issued(issued(barred, 3), 4);

  test.each(['verified', 'reissued', 'not_found', 'surrendered', 'disconnected'] as const)(
    'is issued anew without who was %s while it was on its way, and its tokens wait on',
    (outcome) => {
      const before = answered(barred, [[1, outcome]]).ledger;
      const anew = look(before, 2);
      expect(anew).toMatchObject({ rows: [0, 2], deadline: '2026-06-11T00:00:00Z' });
      const after = anew?.commit({ sha256: 'anew', bytes: 60 });
      expect(after?.orders[1]).toEqual({
        ...barred.orders[1],
        attempt: 'attempt-c',
        rows: 2,
        sha256: 'anew',
        bytes: 60,
        at: '2026-06-06T00:00:00Z',
        version: before.version + 1,
        firstVersion: barred.version,
        firstAttempt: barred.orders[1]?.attempt,
        firstAt: barred.orders[1]?.at,
      });
      expect([after?.version, after?.tokens]).toEqual([before.version + 1, ['token-2']]);
      // Once it is published, there is nothing left to do.
      expect(after && look(after, 2)).toBeUndefined();
    },
  );

  test('stands where nobody was answered for, where somebody has failed, and once it asks for nothing any more', () => {
    expect(look(barred, 2)).toBeUndefined();
    expect(look(answered(barred, [[0, 'failed']]).ledger, 2)).toBeUndefined();
    const before = answered(barred, [[0, 'verified']]).ledger;
    expect(look(before, 2, at('2026-06-10T23:59:59Z'))).toMatchObject({ rows: [1, 2] });
    expect(look(before, 2, at('2026-06-11T00:00:00Z'))).toBeUndefined();
  });

  test('stands where neither was asked for that takes service', () => {
    expect(look(answered(issued(fresh(2), 1), [[0, 'verified']]).ledger, 1)).toBeUndefined();
    expect(look(answered(issued(fresh(2, 'block'), 1), [[0, 'blocked']]).ledger, 1)).toBeUndefined();
  });

  test('as is a block: both are issued anew without what was taken back', () => {
    expect(look(reversed(barred, [0]), 2)).toMatchObject({ rows: [1, 2] });
    expect(look(reversed(issued(fresh(2, 'block'), 1), [0]), 1, at('2026-06-01T00:00:09Z'))).toMatchObject({
      rows: [1],
    });
  });

  test('is left to whoever has issued it anew meanwhile', () => {
    const before = answered(barred, [[1, 'verified']]).ledger;
    const after = look(before, 2)?.commit({ sha256: 'anew', bytes: 60 });
    const next = after && answered(after, [[2, 'verified']]).ledger;
    const [, published] = barred.orders;
    if (next === undefined || published === undefined) throw new Error('it was issued anew');
    expect(publishedAnew(next, published, { attempt: 'attempt-d', now: start })).toBeUndefined();
    expect(look(next, 2)?.rows).toEqual([0]);
  });

  test('carries who is overdue as long as nobody answers for them, also once the ladder has ended and the books are made', () => {
    const failed = answered(cut, [
      [0, 'verified'],
      [1, 'failed'],
    ]).ledger;
    for (const ended of [closed(failed), sealed(closed(failed))]) expect(look(ended, 4)?.rows).toEqual([1, 2]);
    expect(look(answered(sealed(closed(failed)), [[2, 'verified']]).ledger, 4)?.rows).toEqual([1]);
    const whole = answered(cut, [
      [0, 'verified'],
      [1, 'verified'],
      [2, 'not_found'],
    ]).ledger;
    expect(look(closed(whole), 4)?.rows).toEqual([]);
    expect(look(closed(cut), 4)).toBeUndefined();
  });
});

describe('a first order that was published', () => {
  const now = at('2026-06-01T02:00:00Z');
  const committed = { ...issued(fresh(2), 1), begunAt: null };
  const [order] = committed.orders;
  if (order === undefined) throw new Error('it was issued');

  test('begins its ladder then, once', () => {
    const decision = firstOrderPublished(committed, order, now);
    if (decision.kind !== 'begun') throw new Error(decision.kind);
    expect(decision.ledger).toMatchObject({ begunAt: '2026-06-01T02:00:00Z', orders: [order] });
    expect(decision.ledger.version).toBe(committed.version + 1);
    expect(firstOrderPublished(decision.ledger, order, at('2026-06-01T03:00:00Z'))).toEqual({ kind: 'already' });
  });

  test('begins none where it was issued anew meanwhile: the newer one is to be published, too', () => {
    const newer = { ...order, attempt: 'attempt-b' };
    const decision = firstOrderPublished({ ...committed, orders: [newer] }, order, now);
    expect(decision).toEqual({ kind: 'replaced', order: newer });
  });
});
