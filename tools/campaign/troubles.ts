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

/** A function's name in the app, from its name in the cloud. */
export function nameOf(functionName: string): string {
  return /-([A-Za-z]+)[0-9A-F]{8}-[^-]*$/.exec(functionName)?.[1] ?? functionName;
}

/** A key without its random parts, the ids of attempts. */
export const steady = (key = ''): string => key.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*');
