import { describe, expect, it } from 'vitest';
import type { Instant } from '../../lambdas/domain/days.ts';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import { isSurveyDue, orderDue, remedyFor, stalledAt } from '../../lambdas/domain/stalled.ts';
import { at, direction, order } from './watched.ts';

/** What is done about an upload of hour 10 that nobody worked on. */
const done = (now: Instant, resent?: Instant, quarantined?: Instant, worked?: Instant) =>
  remedyFor(at(10), { worked, resent, quarantined, gated: undefined, admitted: undefined }, now);

describe('an upload that was worked on', () => {
  it('needs nothing', () => {
    expect(done(at(30), undefined, undefined, at(10))).toBeUndefined();
  });
});

describe('an upload that nobody has worked on', () => {
  it('is left alone for an hour, and then its event is sent again, once', () => {
    expect(done(at(11))).toBeUndefined();
    expect(done(at(11, 1))).toBe('resend');
    expect(done(at(11, 2), at(11, 1))).toBeUndefined();
  });

  it('goes into quarantine when the event that was sent again has been received for the last time', () => {
    expect(done(at(24), at(12))).toBeUndefined();
    expect(done(at(24, 1), at(12))).toBe('quarantine');
  });

  it('stays in quarantine for ever', () => {
    expect(done(at(9999), at(12), at(25))).toBeUndefined();
  });
});

describe('an upload that is held up at a gate', () => {
  const held = { worked: undefined, resent: undefined, quarantined: undefined, gated: at(11), admitted: undefined };

  it('is left, for ever', () => {
    expect(remedyFor(at(10), held, at(9999))).toBeUndefined();
    expect(remedyFor(at(10), { ...held, resent: at(10) }, at(9999))).toBeUndefined();
  });

  it('begins anew when it is admitted: its event is sent again once after an hour, and then it goes into quarantine', () => {
    // What was done before it was gated counts no more.
    const admitted = { ...held, resent: at(11), quarantined: at(12), admitted: at(50) };
    expect(remedyFor(at(10), admitted, at(51))).toBeUndefined();
    expect(remedyFor(at(10), admitted, at(51, 1))).toBe('resend');
    expect(remedyFor(at(10), { ...admitted, resent: at(52) }, at(64))).toBeUndefined();
    expect(remedyFor(at(10), { ...admitted, resent: at(52) }, at(64, 1))).toBe('quarantine');
    expect(remedyFor(at(10), { ...admitted, resent: at(52), quarantined: at(65) }, at(9999))).toBeUndefined();
    expect(remedyFor(at(10), { ...admitted, worked: at(50) }, at(9999))).toBeUndefined();
  });
});

describe('the sweep that surveys', () => {
  // Stretches are counted from 1970: 1 June 2026 begins with hour 494,520 = 6 × 82,420 = 24 × 20,605, and 7 × 70,645 + 5.
  it.each([
    // Every hour, of which each sixth surveys.
    [0, 1, 6, true],
    [1, 1, 6, false],
    [5, 1, 6, false],
    [6, 1, 6, true],
    [7, 1, 6, false],
    [18, 1, 6, true],
    // Stretches of seven hours begin at hour 2, 9, 16 and 23 of this day, and at hour 6 of the next.
    [1, 1, 7, false],
    [2, 1, 7, true],
    [3, 1, 7, false],
    [23, 1, 7, true],
    [24, 1, 7, false],
    [30, 1, 7, true],
    // Every four hours: 4 and 16 lie in stretches in which 0 and 12 surveyed.
    [0, 4, 6, true],
    [4, 4, 6, false],
    [8, 4, 6, true],
    [12, 4, 6, true],
    [16, 4, 6, false],
    [20, 4, 6, true],
    // As often, or more seldom than surveys are wanted: every one.
    [6, 6, 6, true],
    [12, 6, 6, true],
    [24, 24, 6, true],
  ])('at hour %i, where it sweeps every %i and surveys every %i hours: %s', (hour, sweep, survey, due) => {
    expect(isSurveyDue(at(hour), sweep, survey)).toBe(due);
  });

  it('is the first one of its stretch, also where sweeps come after the full hour', () => {
    const after = (hour: number) => isSurveyDue(at(hour, 59 * 60), 1, 6);
    expect([5, 6, 7, 11, 12].map(after)).toEqual([false, true, false, false, true]);
    // One second before the stretch ends the last sweep was an hour ago, in the same stretch.
    expect(isSurveyDue(at(11, 3599), 1, 6)).toBe(false);
  });
});

// Rungs end after 120 and 144 hours.
describe('a direction stands still', () => {
  it('at its first rung where nothing was ordered six hours after its planning began', () => {
    const ledger = direction('jio', { orders: [], rung: 0 });
    expect(stalledAt(ledger, at(0), at(6))).toBeUndefined();
    expect(stalledAt(ledger, at(0), at(6.01))).toBe(1);
  });

  it('at its first rung where that was ordered, and not published six hours after its planning began', () => {
    const ledger = direction('jio', { begunAt: null });
    expect(stalledAt(ledger, at(0), at(6))).toBeUndefined();
    expect(stalledAt(ledger, at(0), at(6.01))).toBe(1);
    expect(stalledAt(ledger, at(0), at(1000))).toBe(1);
  });

  it('at the next rung where that was not ordered two hours after the deadline: after trouble it waits for one', () => {
    expect(stalledAt(direction('jio'), at(0), at(122))).toBeUndefined();
    expect(stalledAt(direction('jio'), at(0), at(122.01))).toBe(2);
  });

  it('at its last rung where nobody closed it two hours after the last deadline', () => {
    const ledger = direction('jio', { orders: [order(2, 'disconnect')], rung: 2 });
    expect(stalledAt(ledger, at(0), at(146))).toBeUndefined();
    expect(stalledAt(ledger, at(0), at(146.01))).toBe(2);
  });

  it('not where it is closed', () => {
    expect(stalledAt(direction('jio', { closedAt: at(1) }), at(0), at(1000))).toBeUndefined();
  });
});

describe('an order is due in the outbox', () => {
  it('from an hour to a day after it was issued, but only until its deadline', () => {
    const dueAt = (ledger: Ledger, hours: number[]) => hours.map((hour) => orderDue(ledger, at(hour))?.order);
    const hours = [1, 1.01, 24, 24.01];
    expect(dueAt(direction('jio'), hours)).toEqual([undefined, 'reverify', 'reverify', undefined]);
    const short = { ...order(1, 'reverify'), deadline: at(3) };
    expect(dueAt(direction('jio', { orders: [short] }), [2.9, 3])).toEqual(['reverify', undefined]);
  });

  it('only that of the last rung, and of an open direction', () => {
    expect(orderDue(direction('jio', { orders: [], rung: 0 }), at(2))).toBeUndefined();
    expect(orderDue(direction('jio', { closedAt: at(1) }), at(2))).toBeUndefined();
    // Of the second rung nothing was ordered, since nobody was left to be named.
    expect(orderDue(direction('jio', { rung: 2 }), at(2))).toBeUndefined();
    const later = { ...order(2, 'disconnect'), at: at(120), deadline: at(144) };
    const second = direction('jio', { orders: [order(1, 'reverify'), later], rung: 2 });
    expect(orderDue(second, at(122))?.order).toBe('disconnect');
  });

  it('not that which was issued anew for nobody: it is published only where an earlier one lies', () => {
    const nobody = { ...order(2, 'disconnect'), at: at(120), deadline: at(144), rows: 0 };
    const ledger = direction('jio', { orders: [order(1, 'reverify'), nobody], rung: 2 });
    expect(orderDue(ledger, at(122))).toBeUndefined();
  });
});
