/** Ladders: what a direction orders, one rung after the other, and until when each may take. A ladder is data. */
import { addSeconds, type Instant } from './days.ts';
import { DIRECTION_KINDS } from './kinds.ts';

/** All orders, in the order of the ladders. */
export const ORDERS = [...DIRECTION_KINDS.block.orders, ...DIRECTION_KINDS.reverify.orders] as const;
export type Order = (typeof ORDERS)[number];

/** Whether an order takes service from those whom it names: they are not to be named any more once they have been answered for. */
export const takesService = (order: Order): boolean => order !== 'block' && order !== 'reverify';

/** A rung as the policy has it: the order, and how many days it may take before the next one. */
export interface RungPolicy {
  readonly order: Order;
  readonly days: number;
}

/** A rung of a direction: the order, and the instant when the rung ends. */
export interface Rung {
  readonly order: Order;
  readonly deadline: Instant;
}

const SECONDS_PER_DAY = 86_400;

/**
 * A direction's rungs as they are planned. Their deadlines follow from the start and the ladder alone and are computed once, so
 * that a deadline, once told, never moves; those of a re-verification wait for its first order. A day is 24 hours.
 */
export function deadlinesOf(ladder: readonly RungPolicy[], start: Instant): Rung[] {
  let days = 0;
  return ladder.map((rung) => {
    days += rung.days;
    return { order: rung.order, deadline: addSeconds(start, days * SECONDS_PER_DAY) };
  });
}
