import { describe, expect, it } from 'vitest';
import { asInstant, type Instant, instantOf, millisOf } from '../../lambdas/domain/days.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import { decideTurn, holdsTurn, MOST_LISTED, NO_TURN, secondsToWait, type Turn } from '../../lambdas/domain/turn.ts';

const now = asInstant('2026-06-01T00:00:00Z');
const batch = (n: number) => `mha-${n.toString(16).padStart(12, '0')}` as BatchId;
const asker = (n: number) => ({ batchId: batch(n), execution: `execution-${n}` });
const turn = (waiting: number[], more: Partial<Turn> = {}): Turn => ({
  plan: 7,
  holder: batch(99),
  execution: 'execution-99',
  startedAt: now,
  waiting: waiting.map(batch),
  version: 20,
  ...more,
});
const decide = (read: Turn, n: number, held: boolean, ...gone: number[]) =>
  decideTurn(read, asker(n), { held, gone: new Set(gone.map(batch)), now });

describe('the turn to plan', () => {
  it('is taken under the next plan number where nobody ever had it', () => {
    const taken = { plan: 1, holder: batch(1), execution: 'execution-1', startedAt: now, waiting: [], version: 1 };
    expect(decide(NO_TURN, 1, false)).toEqual({ kind: 'take', turn: taken });
    expect(holdsTurn(taken, asker(1))).toBe(true);
    expect(holdsTurn(taken, { ...asker(1), execution: 'another' })).toBe(false);
    expect(holdsTurn(NO_TURN, asker(1))).toBe(false);
  });

  it('is not taken while its holder plans: who asks waits in the order of arrival, once', () => {
    const first = decide(turn([]), 1, true);
    expect(first).toEqual({ kind: 'wait', place: 0, turn: turn([1], { version: 21 }) });
    expect(decide(turn([1]), 2, true)).toEqual({ kind: 'wait', place: 1, turn: turn([1, 2], { version: 21 }) });
    expect(decide(turn([1, 2]), 2, true)).toEqual({ kind: 'wait', place: 1 });
  });

  it('goes to the one that came first, whoever asks first', () => {
    expect(decide(turn([1, 2, 3]), 3, false)).toEqual({ kind: 'wait', place: 2 });
    expect(decide(turn([1, 2, 3]), 4, false)).toEqual({
      kind: 'wait',
      place: 3,
      turn: turn([1, 2, 3, 4], { version: 21 }),
    });
    expect(decide(turn([1, 2, 3]), 1, false)).toMatchObject({
      kind: 'take',
      turn: { plan: 8, holder: batch(1), execution: 'execution-1', waiting: [batch(2), batch(3)], version: 21 },
    });
  });

  it('passes over those that wait no more, and drops them', () => {
    expect(decide(turn([1, 2, 3]), 3, false, 1, 2)).toMatchObject({
      kind: 'take',
      turn: { holder: batch(3), waiting: [] },
    });
    expect(decide(turn([1, 2, 3]), 3, false, 1)).toEqual({
      kind: 'wait',
      place: 1,
      turn: turn([2, 3], { version: 21 }),
    });
  });

  it('lists so many that wait and no more, so that its record stays small; the others wait all the same', () => {
    const full = turn(Array.from({ length: MOST_LISTED }, (_, n) => n));
    expect(decide(full, 5000, true)).toEqual({ kind: 'wait', place: MOST_LISTED });
    expect(decide(full, 5000, false)).toEqual({ kind: 'wait', place: MOST_LISTED });
    expect(decide(full, 5000, false, 0)).toMatchObject({
      kind: 'wait',
      turn: { waiting: expect.arrayContaining([batch(5000)]) },
    });
    // The longest ids; DynamoDB takes 400 kB.
    const longest = {
      ...full,
      waiting: full.waiting.map((_, n) => `${'a'.repeat(16)}-${String(n).padStart(12, '0')}`),
    };
    expect(JSON.stringify(longest).length).toBeLessThan(40_000);
  });
});

describe('the wait for the turn', () => {
  const later = (seconds: number): Instant => instantOf(millisOf(now) + seconds * 1000);
  it.each([
    ['a minute at first', 0, 60],
    ['a minute after twenty', 1200, 60],
    ['a twentieth of an hour after an hour', 3600, 180],
    ['an hour after twenty', 72_000, 3600],
    ['an hour after a week', 7 * 86_400, 3600],
    ['an hour after two weeks', 14 * 86_400, 3600],
    ['two hours after four weeks', 28 * 86_400, 7200],
  ])('is %s behind a holder that took its turn when the batch came, and never ends', (_, waited, seconds) => {
    expect(secondsToWait(now, later(waited), { place: 0, heldSince: now })).toBe(seconds);
  });

  it.each([
    ['the next one: a minute, however long it has waited', 0, 60],
    ['one before it: a minute', 1, 60],
    ['five: five minutes', 5, 300],
    ['ninety: an hour at most', 90, 3600],
  ])('behind a holder that has just begun is, with %s', (_, place, seconds) => {
    expect(secondsToWait(now, later(3 * 86_400), { place, heldSince: later(3 * 86_400 - 100) })).toBe(seconds);
  });

  it('is a minute where nobody ever had the turn', () => {
    expect(secondsToWait(now, now, { place: 0, heldSince: undefined })).toBe(60);
  });

  /** Reports that come at once, and one a minute later; each plan takes so many seconds. When the last one gets its turn, and who came when. */
  function queue(count: number, takes: number) {
    const asking = Array.from({ length: count + 1 }, (_, n) => ({ n, at: n < count ? 0 : 60 }));
    let turn: Turn = NO_TURN;
    let busyUntil = 0;
    const order: number[] = [];
    for (let next = asking.shift(); next !== undefined; next = asking.shift()) {
      const { n, at } = next;
      const decision = decideTurn(turn, asker(n), { held: at < busyUntil, gone: new Set(), now: later(at) });
      turn = decision.turn ?? turn;
      if (decision.kind === 'take') {
        order.push(n);
        busyUntil = at + takes;
        continue;
      }
      const { place } = decision;
      const wait = secondsToWait(later(n < count ? 0 : 60), later(at), { place, heldSince: turn.startedAt });
      const asksAt = at + wait;
      const before = asking.findIndex((other) => other.at > asksAt || (other.at === asksAt && other.n > n));
      asking.splice(before < 0 ? asking.length : before, 0, { n, at: asksAt });
    }
    return { order, last: busyUntil - takes };
  }
  it.each([
    [20, 120],
    [100, 120],
    [400, 540],
  ])(
    'of %d reports that come at once, planned in %d seconds each, leaves the turn idle for less than half',
    (count, takes) => {
      const { order, last } = queue(count, takes);
      expect(order).toEqual(Array.from({ length: count + 1 }, (_, n) => n));
      expect(last).toBeLessThan(1.5 * count * takes);
    },
  );
});
