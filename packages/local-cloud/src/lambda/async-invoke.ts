import type { Clock } from '../clock/clock.ts';
import type { Functions } from './functions.ts';

/** The waits of Lambda before the first and second retry of an asynchronous invocation, in milliseconds. */
const RETRY_AFTER = [60_000, 120_000];

/** Lambda's asynchronous invocations: a failed one is tried again, up to twice, and then dropped. */
export class AsyncInvoker {
  /** One line for each invocation that was dropped. */
  readonly dropped: string[] = [];
  readonly #clock: Clock;
  readonly #functions: Functions;
  readonly #retries = new Map<string, number>();

  constructor(clock: Clock, functions: Functions) {
    this.#clock = clock;
    this.#functions = functions;
  }

  /** Sets MaximumRetryAttempts (0 to 2) of a function. */
  configure(functionName: string, retries: number): void {
    this.#retries.set(functionName, retries);
  }

  invoke(functionName: string, payload: string, attempt = 0): void {
    const release = this.#clock.hold(`asynchronous invocation of ${functionName}`);
    this.#functions
      .invoke(functionName, payload)
      .then(({ functionError }) => functionError === undefined)
      .catch(() => false)
      .then((succeeded) => {
        if (!succeeded) this.#failed(functionName, payload, attempt);
        release();
      });
  }

  #failed(functionName: string, payload: string, attempt: number): void {
    const wait = RETRY_AFTER[attempt];
    if (wait !== undefined && attempt < (this.#retries.get(functionName) ?? RETRY_AFTER.length)) {
      this.#clock.timer(this.#clock.now() + wait, () => this.invoke(functionName, payload, attempt + 1));
    } else {
      this.dropped.push(`function ${functionName}: an event was dropped after ${attempt + 1} attempts`);
    }
  }
}
