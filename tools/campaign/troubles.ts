/** The faults of a telling, whichever campaign plans them. */
import type { FaultPlan } from 'local-cloud';

export interface Troubles extends FaultPlan {
  /** Set when the telling is over: no more faults then. */
  over: boolean;
  /** The number of faults of each kind. */
  readonly injected: Map<string, number>;
  /** The events about uploads, in order. */
  readonly objects: Record<string, unknown>[];
  /** Whether a failure for good (as `LocalCloud.failures` tells it) was made on purpose: its people are told. */
  excuses(failure: string): boolean;
}

/** The functions whose step goes on by itself after an hour, however long it fails. */
export const TROUBLED = ['Await', 'Order', 'Close', 'Settle'];

/** A key without its random parts, the ids of attempts. */
export const steady = (key = ''): string => key.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*');
