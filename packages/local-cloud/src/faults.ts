import { createHash } from 'node:crypto';
import { AwsError } from './errors.ts';

/** A request to a service: of a function, of a state machine's task, or of a Map Run for its items and results. */
export interface ServiceCall {
  /** The function's name, or the state machine's. */
  caller: string;
  /** The id of the invocation; undefined where a state machine asks. */
  requestId: string | undefined;
  service: string;
  action: string;
  /**
   * An object's key, an item's partition key (the first one's, of several), a topic's ARN, a queue's URL; or the name of the execution that
   * a task starts.
   */
  key?: string | undefined;
}

/**
 * The fate of a request. `throttle`: refused as too much; `error`: refused with a status of 500; `deny`: refused as if a right were
 * lacking, which no client retries; `lose`: carried out, and the answer lost; `part`: the first half of a DynamoDB batch is carried out,
 * and the rest comes back as not processed. `fail` and `time out` end the function before the request is carried out.
 */
export type CallFault = 'throttle' | 'error' | 'deny' | 'lose' | 'part' | 'fail' | 'time out';

/** An execution that enters a state. */
export interface StateVisit {
  /** The state machine's name. */
  machine: string;
  /** The execution's ARN. */
  execution: string;
  state: string;
}

/** The faults that are made on purpose, for tests: AWS promises at-least-once, unordered delivery and functions that may fail anywhere. */
export interface FaultPlan {
  /** Makes every delivery, of an event to a queue or function and of a message to a function, happen twice. */
  deliverTwice?: boolean;
  /** Called for each event that a service puts on the bus; an event for which it returns true gets lost. Schedules go on. */
  drop?(event: { source: string; detailType: string; detail: Record<string, unknown> }): boolean;
  /**
   * Called for each event, including a schedule's: returns the waits, in milliseconds of the cloud's time, after which it is delivered to
   * each of its targets. No wait: it is lost; two: it comes twice.
   */
  deliveries?(event: { source: string; detailType: string; detail: Record<string, unknown> }): readonly number[];
  /** A seed: each event waits a random 0 to 30 seconds of the cloud's time, and batches of messages are shuffled. */
  reorder?: number;
  /** A seed: the results of each Map Run are written in a random order. (AWS documents no order for a ResultWriter's files.) */
  shuffleResults?: number;
  /**
   * Called before each request of a function or a state machine to a service (not for invocations of functions). A promise, of a function's
   * request alone: it waits for that, while the cloud's clock stands, and is carried out then. A state machine takes notice only of
   * `throttle`, `error`, `deny` and `lose`.
   */
  beforeCall?(call: ServiceCall): CallFault | Promise<void> | undefined;
  /**
   * Called after each write request of a function was executed. `fail`: the invocation is reported failed to its caller, never sees the
   * answer, and nothing that it asks for afterwards is done. `time out`: the same, reported as timed out; the time itself doesn't pass.
   * `zombie`: it is reported failed at once, and the worker runs on beside its own retry.
   */
  afterWrite?(call: {
    functionName: string;
    requestId: string;
    service: string;
    action: string;
    key?: string;
    /** 1 for the invocation's first write. */
    n: number;
  }): 'fail' | 'time out' | 'zombie' | undefined;
  /**
   * Called for each invocation; `n` is 1 for the function's first one. `throttle`: it is refused with TooManyRequestsException. `error`: it
   * is refused with ServiceException. `lose`: the function works to its end, and its caller is told that it failed.
   */
  beforeInvoke?(call: { functionName: string; n: number }): 'throttle' | 'error' | 'lose' | undefined;
  /**
   * Called when an execution, including a Map Run's child, enters a state: returns the milliseconds of the cloud's time after which
   * somebody stops it by hand, if it is still in that state then. 0: at once, before the state does anything.
   */
  stops?(visit: StateVisit): number | undefined;
  /** The milliseconds by which the clock of a function's instance is wrong, as long as it lives. */
  skew?(functionName: string, instance: number): number;
}

/** The errors by which services say that it is too much; others say ThrottlingException. */
const THROTTLED: Readonly<Record<string, readonly [code: string, status: number]>> = {
  s3: ['SlowDown', 503],
  sns: ['Throttled', 429],
  sqs: ['RequestThrottled', 403],
};
const FAILED: Readonly<Record<string, string>> = {
  s3: 'InternalError',
  dynamodb: 'InternalServerError',
  sns: 'InternalError',
};

const DENIED: Readonly<Record<string, readonly [code: string, status: number]>> = {
  s3: ['AccessDenied', 403],
  sns: ['AuthorizationError', 403],
  sqs: ['AccessDenied', 403],
};

/** The error that a service answers for a fault of the plan; for a function that is gone, an error that no client retries. */
export function refusal(service: string, fault: 'throttle' | 'error' | 'deny' | 'gone'): AwsError {
  if (fault === 'gone') return new AwsError('InstanceIsGone', 'the instance was killed by the fault plan');
  if (fault === 'deny') {
    const [code, status] = DENIED[service] ?? ['AccessDeniedException', 400];
    return new AwsError(code, 'the fault plan allows nobody', status);
  }
  const [code, status] = THROTTLED[service] ?? ['ThrottlingException', 400];
  return fault === 'throttle'
    ? new AwsError(code, 'the fault plan finds it too much', status)
    : new AwsError(FAILED[service] ?? 'InternalFailure', 'the fault plan makes it fail', 500);
}

/**
 * The fault that the plan makes of a request of a state machine.
 * @throws Error where it is to wait
 */
export function faultOfMachine(
  faults: FaultPlan,
  call: Omit<ServiceCall, 'requestId'>,
): 'throttle' | 'error' | 'deny' | 'lose' | undefined {
  const fault = faults.beforeCall?.({ ...call, requestId: undefined });
  if (fault instanceof Promise)
    throw new Error(`the fault plan has ${call.caller} wait: only a function's request can`);
  return fault === 'throttle' || fault === 'error' || fault === 'deny' || fault === 'lose' ? fault : undefined;
}

/** The list in an order that the seed and the name determine. */
export function shuffledBy<T>(seed: number, name: string, list: readonly T[]): T[] {
  const drawnAt = (i: number) => createHash('sha256').update(`${seed} ${name} ${i}`).digest().readUInt32LE();
  const drawn = list.map((value, i) => ({ value, at: drawnAt(i) }));
  return drawn.sort((a, b) => a.at - b.at).map(({ value }) => value);
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
