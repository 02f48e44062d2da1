import type { StatesError } from '../errors.ts';

/** An entry of a state's Retry. */
export interface Retrier {
  readonly errors: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number | null;
  readonly jitter: boolean;
}

/** Errors that no Retry and no Catch sees ("States.Runtime errors aren't retriable, and will always cause the execution to fail"). */
const FATAL: ReadonlySet<string> = new Set(['States.Runtime']);
/** Errors that the wildcards don't match; they are matched by their own name only. */
const TERMINAL: ReadonlySet<string> = new Set(['States.DataLimitExceeded']);

/** The kind of a failure, as far as matching depends on it. */
export interface Failure {
  readonly isTask: boolean;
  /** Set for a heartbeat that failed to come. */
  readonly heartbeat: boolean;
  /** Set for a task's result that is too large, where a Catch of States.ALL takes it. */
  readonly largeResult?: boolean;
}

/**
 * Whether an ErrorEquals with `names` matches the error. States.ALL matches any but States.DataLimitExceeded and States.Runtime;
 * States.TaskFailed in a Task matches any but those and States.Timeout. A heartbeat that failed to come is reported as States.Timeout, and
 * also matches States.HeartbeatTimeout.
 */
export function matches(names: readonly string[], error: StatesError, state: Failure): boolean {
  if (FATAL.has(error.name)) return false;
  return names.some((name) => {
    if (name === error.name) return true;
    if (name === 'States.ALL') return !TERMINAL.has(error.name) || state.largeResult === true;
    if (name === 'States.TaskFailed') {
      return state.isTask && error.name !== 'States.Timeout' && !TERMINAL.has(error.name);
    }
    return name === 'States.HeartbeatTimeout' && state.heartbeat && error.name === 'States.Timeout';
  });
}

/**
 * Seconds until the retry that follows `retries` earlier ones: IntervalSeconds × BackoffRate^retries, at most
 * MaxDelaySeconds; with JitterStrategy FULL a random part of it.
 */
export function delaySeconds(retrier: Retrier, retries: number, random: () => number): number {
  const grown = retrier.intervalSeconds * retrier.backoffRate ** retries;
  const delay = Math.min(grown, retrier.maxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.jitter ? random() * delay : delay;
}
