/** Deliveries: a message comes from a queue until it has been worked on. */
import { addSeconds, type Instant } from './days.ts';

/** A delivery as its message tells of it: the instant when the message came first, and how often it has come, this time included. */
export interface Delivery {
  readonly firstAt: Instant;
  readonly times: number;
}

/** A file that somebody put into the inbox. */
export interface Uploaded {
  bucket: string;
  key: string;
  versionId: string;
  /** The upload's version, which tells it from every other one, also of the same key. */
  upload: string;
  size: number;
  at: Instant;
  /** The delivery of its event. */
  delivery: Delivery;
}

/**
 * The earliest instant at which a delivery can have come, from what its message tells. No rule reads the clock, and a message says nothing
 * of this delivery's time; but each time it was not worked on, it came back only after `hiddenSeconds`, its queue's visibility timeout.
 */
export function deliveredAt({ firstAt, times }: Delivery, hiddenSeconds: number): Instant {
  return addSeconds(firstAt, (times - 1) * hiddenSeconds);
}
