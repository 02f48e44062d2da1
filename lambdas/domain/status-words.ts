/** The next step of a batch, and the time until it, in the words of pages. */
import { DAY_MS, HOUR_MS, type Instant, millisOf } from './days.ts';
import type { NextStep } from './status.ts';
import { counted } from './wording.ts';

/** What comes next, in words. */
export const STEPS: Readonly<Record<NextStep, string>> = {
  preview: 'its preview',
  decision: 'the approvers’ decision',
  orders: 'its first orders',
  block: 'orders to block',
  unblock: 'orders to unblock',
  reverify: 'orders to re-verify',
  bar_outgoing: 'orders to bar outgoing calls',
  bar_incoming: 'orders to bar incoming calls',
  disconnect: 'orders to disconnect',
  restore: 'orders to give service back',
  overdue: 'what is open then is overdue',
  settled: 'its books',
};

/** The time until an instant, in whole days, or in hours on the last one. */
export function left(deadline: Instant, asOf: Instant): string {
  const ms = millisOf(deadline) - millisOf(asOf);
  if (ms <= 0) return 'over';
  return ms >= DAY_MS
    ? `${counted(Math.floor(ms / DAY_MS), 'day')} left`
    : `${counted(Math.ceil(ms / HOUR_MS), 'hour')} left`;
}
