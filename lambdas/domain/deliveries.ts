/** Deliveries: a message comes from a queue until it has been worked on. */
import { addSeconds, type Instant } from './days.ts';

/** A delivery as its message tells of it: when the message came first, and how often so far, this time included. */
export interface Delivery {
  readonly firstAt: Instant;
  readonly times: number;
}

/**
 * The instant of a delivery, as far as its message tells it: at the earliest. No rule reads the clock, and a message says
 * nothing of this time; but whenever it was not worked on, it came back only after `hiddenSeconds`, its queue's visibility
 * timeout.
 */
export function deliveredAt({ firstAt, times }: Delivery, hiddenSeconds: number): Instant {
  return addSeconds(firstAt, (times - 1) * hiddenSeconds);
}
