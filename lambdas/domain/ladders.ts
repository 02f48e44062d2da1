/** Ladders: what a direction orders, one rung after the other, and until when each may take. A ladder is data. */
import { addSeconds, DAY_SECONDS, type Instant, secondsBetween } from './days.ts';
import { DIRECTION_KIND_NAMES, DIRECTION_KINDS, type DirectionKind } from './kinds.ts';

/** An order of any kind of direction's ladder. */
export type Order = (typeof DIRECTION_KINDS)[DirectionKind]['orders'][number];
/** All orders, in the order of the ladders. */
export const ORDERS: readonly Order[] = DIRECTION_KIND_NAMES.flatMap(
  (kind): readonly Order[] => DIRECTION_KINDS[kind].orders,
);

/** The orders that take service from those whom they name: nobody who has been answered for is to be named any more. */
const TAKES_SERVICE: readonly Order[] = ['bar_outgoing', 'bar_incoming', 'disconnect'];

/** Whether an order is one of these. */
export const takesService = (order: Order): boolean => TAKES_SERVICE.includes(order);

/** Whether an order takes service, or blocks a handset: it is not to name any more what a reversal has taken back. */
export const takesAway = (order: Order): boolean => takesService(order) || order === 'block';

/** A rung as the policy has it: the order, and the number of days that it may take before the next one. */
interface RungPolicy {
  readonly order: Order;
  readonly days: number;
}

/** A rung of a direction: the order, and the instant when the rung ends. */
export interface Rung {
  readonly order: Order;
  readonly deadline: Instant;
}

/**
 * A direction's rungs as they are planned. Their deadlines follow from the start and the ladder alone and are computed once, so that one
 * that was told never moves earlier; those of a re-verification move later until its first order is out. A day is 24 hours.
 */
export function deadlinesOf(ladder: readonly RungPolicy[], start: Instant): Rung[] {
  let days = 0;
  return ladder.map((rung) => {
    days += rung.days;
    return { order: rung.order, deadline: addSeconds(start, days * DAY_SECONDS) };
  });
}

/**
 * A ladder whose deadlines stand, for a plan that begins at `start`. If its first rung would have ended by then, as after weeks without a
 * plan, all of it comes later, so that everybody has been asked for at least a day before they are barred.
 */
export function notBefore(rungs: readonly Rung[], start: Instant): readonly Rung[] {
  const [first] = rungs;
  if (first === undefined || first.deadline > start) return rungs;
  const late = secondsBetween(first.deadline, start) + DAY_SECONDS;
  return rungs.map(({ order, deadline }) => ({ order, deadline: addSeconds(deadline, late) }));
}

/**
 * A ladder that begins anew after an earlier one had told deadlines: all of it comes later by as much as no order needs to be due before
 * the deadline that was told for it. A deadline, once told, never moves earlier.
 */
export function notBeforeTold(fresh: readonly Rung[], told: readonly Rung[]): readonly Rung[] {
  const later = fresh.map(({ order, deadline }) => {
    const before = told.find((one) => one.order === order)?.deadline ?? deadline;
    return secondsBetween(deadline, before);
  });
  const latest = Math.max(0, ...later);
  return latest === 0 ? fresh : fresh.map((rung) => ({ ...rung, deadline: addSeconds(rung.deadline, latest) }));
}
