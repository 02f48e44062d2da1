/** What goes wrong in a telling, whichever campaign plans it. */
import type { FaultPlan } from 'local-cloud';

export interface Troubles extends FaultPlan {
  /** Set when the telling is over: nothing goes wrong any more. */
  over: boolean;
  /** How many faults there were of each kind. */
  readonly injected: Map<string, number>;
  /** What was told of each upload, in their order. */
  readonly objects: Record<string, unknown>[];
  /** Whether what is given up for good (as `LocalCloud.failures` tells it) was made to be: its people are told. */
  excuses(failure: string): boolean;
}

/** A function's name in the app, from the name that it has in the cloud. */
export function nameOf(functionName: string): string {
  return /-([A-Za-z]+)[0-9A-F]{8}-[^-]*$/.exec(functionName)?.[1] ?? functionName;
}

/** A key without what is drawn at random: ids of attempts. */
export const steady = (key = ''): string => key.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*');
