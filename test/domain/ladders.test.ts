import { expect, test } from 'vitest';
import { asInstant } from '../../lambdas/domain/days.ts';
import {
  deadlinesOf,
  notBefore,
  notBeforeTold,
  ORDERS,
  takesAway,
  takesService,
} from '../../lambdas/domain/ladders.ts';

test('deadlines follow each other from the start, in days of 24 hours', () => {
  const flagged = [
    { order: 'reverify' as const, days: 5 },
    { order: 'bar_outgoing' as const, days: 5 },
    { order: 'bar_incoming' as const, days: 5 },
    { order: 'disconnect' as const, days: 1 },
  ];
  expect(deadlinesOf(flagged, asInstant('2026-06-01T09:30:15Z'))).toEqual([
    { order: 'reverify', deadline: '2026-06-06T09:30:15Z' },
    { order: 'bar_outgoing', deadline: '2026-06-11T09:30:15Z' },
    { order: 'bar_incoming', deadline: '2026-06-16T09:30:15Z' },
    { order: 'disconnect', deadline: '2026-06-17T09:30:15Z' },
  ]);
});

test('a ladder whose deadlines stand comes later where its first rung would be over before it begins', () => {
  const rungs = [
    { order: 'reverify' as const, deadline: asInstant('2026-07-16T00:00:00Z') },
    { order: 'disconnect' as const, deadline: asInstant('2026-07-17T00:00:00Z') },
  ];
  expect(notBefore(rungs, asInstant('2026-07-15T23:59:59Z'))).toBe(rungs);
  expect(notBefore(rungs, asInstant('2026-07-20T06:00:00Z'))).toEqual([
    { order: 'reverify', deadline: '2026-07-21T06:00:00Z' },
    { order: 'disconnect', deadline: '2026-07-22T06:00:00Z' },
  ]);
});

test('a ladder that begins anew comes as late as what was told before, for each of its orders, and no earlier for any', () => {
  const on = (order: 'reverify' | 'bar_outgoing' | 'disconnect', day: string) => ({
    order,
    deadline: asInstant(`${day}T19:00:00Z`),
  });
  const fresh = [on('reverify', '2026-06-10'), on('bar_outgoing', '2026-06-15'), on('disconnect', '2026-06-21')];
  // 26 days later it bars, as was told; the others follow.
  expect(notBeforeTold(fresh, [on('reverify', '2026-07-01'), on('bar_outgoing', '2026-07-11')])).toEqual([
    on('reverify', '2026-07-06'),
    on('bar_outgoing', '2026-07-11'),
    on('disconnect', '2026-07-17'),
  ]);
  expect(notBeforeTold(fresh, [on('reverify', '2026-06-06'), on('disconnect', '2026-06-20')])).toBe(fresh);
  expect(notBeforeTold(fresh, [])).toBe(fresh);
});

test('an order may stand on two rungs', () => {
  const block = [
    { order: 'block' as const, days: 1 },
    { order: 'block' as const, days: 1 },
  ];
  expect(deadlinesOf(block, asInstant('2026-12-31T00:00:00Z'))).toEqual([
    { order: 'block', deadline: '2027-01-01T00:00:00Z' },
    { order: 'block', deadline: '2027-01-02T00:00:00Z' },
  ]);
});

test('bars and disconnections take service, and a block the use of a handset; to re-verify a connection and what gives back do not', () => {
  expect(ORDERS).toEqual(['block', 'reverify', 'bar_outgoing', 'bar_incoming', 'disconnect', 'restore', 'unblock']);
  expect(ORDERS.filter(takesService)).toEqual(['bar_outgoing', 'bar_incoming', 'disconnect']);
  expect(ORDERS.filter(takesAway)).toEqual(['block', 'bar_outgoing', 'bar_incoming', 'disconnect']);
});
