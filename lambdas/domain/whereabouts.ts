/** Where a direction's ladder is: its deadlines as they stand, and the rung that its machine is to wait on. */
import { addSeconds, HOUR_SECONDS, type Instant, secondsBetween } from './days.ts';
import { rulesOf } from './kinds.ts';
import type { Rung } from './ladders.ts';
import { countOpen, type Ledger, LedgerDamaged, rowsFor } from './ledger.ts';

/**
 * The deadline of a ledger's last rung, as it is planned or told.
 * @throws LedgerDamaged if it has no rungs
 */
export function lastDeadline(ledger: Ledger): Instant {
  const last = ledger.rungs.at(-1);
  if (last === undefined) throw new LedgerDamaged(ledger.directionId, 'its ladder has no rungs');
  return last.deadline;
}

/**
 * The instant at which its ladder would have ended as it was planned, for a plan that began at `plannedAt`. What is planned with it, such
 * as the time for which claims are kept, counts from there.
 */
export function plannedEnd(ledger: Ledger, plannedAt: Instant): Instant {
  return addSeconds(lastDeadline(ledger), secondsBetween(ledger.startedAt, plannedAt));
}

/** Whether the ladder's deadlines still move: it begins with one order, has open rows, and that order was not published. */
export function awaitsFirstOrder(ledger: Ledger): boolean {
  return rulesOf(ledger.kind).beginsWith !== null && ledger.begunAt === null && countOpen(ledger) > 0;
}

/**
 * The ledger as it stands at `now`. A re-verification never begins with a bar: so as long as its first order isn't published, all of its
 * deadlines move later, by whole hours. A first order that was committed keeps them for an hour, in which its publication may be tried
 * again; then it is to be issued anew, and no attempt lives long enough to publish the older one after the newer. Once no row is left that
 * a newer one would carry, it goes out as it is, while there is time.
 */
export function standing(ledger: Ledger, now: Instant): Ledger {
  if (!awaitsFirstOrder(ledger)) return ledger;
  const first = ledger.orders[0];
  const stays =
    first !== undefined &&
    first.deadline > now &&
    (now < addSeconds(first.at, HOUR_SECONDS) || rowsFor(ledger, first.order).length === 0);
  const hours = Math.floor(secondsBetween(ledger.startedAt, now) / HOUR_SECONDS);
  if (stays || hours <= 0) return ledger;
  const later = (instant: Instant) => addSeconds(instant, hours * HOUR_SECONDS);
  const rungs = ledger.rungs.map(({ order, deadline }) => ({ order, deadline: later(deadline) }));
  return { ...ledger, startedAt: later(ledger.startedAt), rungs };
}

/** The instant when the ladder ends, as far as it can be said at `now`: it moves while a first order isn't published. */
export function ladderEnd(ledger: Ledger, now: Instant): Instant {
  return lastDeadline(standing(ledger, now));
}

/** Where a ladder is: the rung (from 1) that its machine is to wait on, or one more than it has if it has ended; and its rungs. */
export interface Whereabouts {
  readonly rung: number;
  readonly rungs: readonly Rung[];
}

/**
 * Where a ladder is at `now`: at the first rung whose deadline lies ahead, though not before the last that was committed; at its end if
 * that was the last deadline, or if no row is open.
 */
export function whereabouts(ledger: Ledger, now: Instant): Whereabouts {
  const { rungs } = standing(ledger, now);
  const ahead = rungs.findIndex(({ deadline }) => deadline > now);
  const ended = ahead === -1 || countOpen(ledger) === 0;
  return { rung: ended ? rungs.length + 1 : Math.max(ahead + 1, ledger.rung), rungs };
}
