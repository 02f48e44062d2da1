/** What should have happened to an upload or a direction and did not. */
import { addSeconds, DAY_SECONDS, HOUR_MS, HOUR_SECONDS, type Instant, millisOf } from './days.ts';
import type { IssuedOrder, Ledger } from './ledger.ts';
import { awaitsFirstOrder, lastDeadline } from './whereabouts.ts';

/** Seconds in which an upload is worked on, or waits for a reason that another alarm tells of. */
const WORKED_WITHIN = HOUR_SECONDS;
/** Seconds within which an event that was sent again has been received for the last time; that of a usage file takes 7½ hours. */
const RECEIVED_WITHIN = 12 * HOUR_SECONDS;

/**
 * The remedy at `now` for an upload, put at `at`, that nobody has worked on to its end. Its event is sent again once, in case it was lost.
 * An upload that nobody has worked on after that fails each time, and goes into quarantine. A gated one is left until somebody admits it:
 * then it begins anew, and only those of its other marks count that came since. The marks are of this upload alone.
 */
export function remedyFor(
  at: Instant,
  { admitted, ...marks }: Record<'worked' | 'resent' | 'quarantined' | 'gated' | 'admitted', Instant | undefined>,
  now: Instant,
): 'resend' | 'quarantine' | undefined {
  const since = admitted ?? at;
  const counts = (mark: Instant | undefined) => mark !== undefined && (admitted === undefined || mark >= admitted);
  // A file that is gated isn't marked as worked on, so one with that mark was imported.
  if (marks.worked !== undefined || counts(marks.quarantined)) return undefined;
  if (marks.gated !== undefined && admitted === undefined) return undefined;
  if (now <= addSeconds(since, WORKED_WITHIN)) return undefined;
  if (marks.resent === undefined || !counts(marks.resent)) return 'resend';
  return now > addSeconds(marks.resent, RECEIVED_WITHIN) ? 'quarantine' : undefined;
}

/** Seconds after which an order that is still due waits for more than an hour after trouble. */
const ORDERED_WITHIN = 2 * HOUR_SECONDS;
/** Seconds from the beginning of planning within which the first order of a batch of any size goes out. */
const STARTED_WITHIN = 6 * HOUR_SECONDS;

/**
 * The rung, counted from 1, at which an open direction stands still at `now` because its execution ended, or never began. The rung's order
 * was due some time ago and wasn't issued, or a re-verification's first was not published, or nobody has closed the direction after the
 * last rung. Undefined if it goes on.
 */
export function stalledAt(ledger: Ledger, startedAt: Instant, now: Instant): number | undefined {
  if (ledger.closedAt !== null) return undefined;
  const { rung, rungs } = ledger;
  if (rung === 0 || awaitsFirstOrder(ledger)) return now > addSeconds(startedAt, STARTED_WITHIN) ? 1 : undefined;
  return now > addSeconds(deadlineOf(ledger, rung), ORDERED_WITHIN) ? Math.min(rung + 1, rungs.length) : undefined;
}

/** An order is in the outbox seconds after it was issued; on its first day the sweep looks whether it is. */
const PUBLISHED_WITHIN = HOUR_SECONDS;
const LOOKED_AFTER = DAY_SECONDS;

/** The order of an open direction's rung that should be in the outbox by now, if it is time to look whether it is. */
export function orderDue(ledger: Ledger, now: Instant): IssuedOrder | undefined {
  const order = ledger.orders.at(-1);
  if (ledger.closedAt !== null || order === undefined || order.rung !== ledger.rung) return undefined;
  // An order that was issued anew for nobody is published only if an earlier one lies there.
  if (order.rows === 0) return undefined;
  const looked = now > addSeconds(order.at, PUBLISHED_WITHIN) && now <= addSeconds(order.at, LOOKED_AFTER);
  return looked && now < order.deadline ? order : undefined;
}

function deadlineOf(ledger: Ledger, rung: number): Instant {
  return ledger.rungs[rung - 1]?.deadline ?? lastDeadline(ledger);
}

/** Whether the sweep of `now` surveys: it does if it is the first of a stretch of `surveyHours`, which are counted from 1970. */
export function isSurveyDue(now: Instant, sweepHours: number, surveyHours: number): boolean {
  const hours = millisOf(now) / HOUR_MS;
  return Math.floor(hours / surveyHours) > Math.floor((hours - sweepHours) / surveyHours);
}
