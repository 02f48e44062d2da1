/** What goes wrong, for tests: AWS promises at-least-once, unordered delivery and functions that may fail anywhere. */
export interface FaultPlan {
  /** Every delivery, of an event to a queue or function and of a message to a function, happens twice. */
  deliverTwice?: boolean;
  /** Called for each event that a service puts on the bus: true where it gets lost. Schedules go on. */
  drop?(event: { source: string; detailType: string; detail: Record<string, unknown> }): boolean;
  /** A seed: each event waits a random 0 to 30 seconds of the cloud's time, and batches of messages are shuffled. */
  reorder?: number;
  /**
   * Called after each write request of a function was executed. `fail`: the invocation is reported failed to its caller and
   * its worker is killed before it sees the answer. `zombie`: it is reported failed at once, and the worker runs on beside
   * its own retry.
   */
  afterWrite?(call: {
    functionName: string;
    requestId: string;
    service: string;
    action: string;
    key?: string;
    /** 1 for the invocation's first write. */
    n: number;
  }): 'fail' | 'zombie' | undefined;
  /** `throttle`: the invocation is refused with TooManyRequestsException; `n` is 1 for the function's first one. */
  beforeInvoke?(call: { functionName: string; n: number }): 'throttle' | undefined;
}

/** A small seeded generator (mulberry32): 0 ≤ x < 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
