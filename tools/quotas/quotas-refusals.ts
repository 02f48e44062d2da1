/** The effect of refusals on a client that gives up in the end, and the delay of a refused start that asks again at a random moment. */
import { STEP } from './quotas-rates.ts';

/** A client that meets a limit that it does not know. */
export interface Client {
  /** Calls under way at once, over all functions. */
  inFlight: number;
  /** Seconds of a call that is not refused, and of one that is. */
  call: number;
  /** The most calls a second that its CPU allows. */
  mostPerSecond: number;
  /** The attempts of a call, including the first one. */
  attempts: number;
  /** Seconds: the first retry waits up to this at random, each further one up to twice as long, until `longestDelay`. */
  delay: number;
  longestDelay: number;
}

/**
 * The result of making more calls than `perSecond` lets through: the share of attempts that is refused, and the chance that a call is
 * refused on every attempt, and so fails. In a steady state the attempts that get through are those that the limit lets through; the more
 * are refused, the longer each call waits between its attempts, and the fewer attempts are made.
 */
export function refusals(client: Client, perSecond: number): { refused: number; fails: number } {
  const throughAt = (refused: number): number => {
    let attempts = 0;
    let seconds = 0;
    for (let n = 0; n < client.attempts; n++) {
      const reached = refused ** n;
      attempts += reached;
      seconds +=
        reached * (client.call + (n === 0 ? 0 : Math.min(client.delay * 2 ** (n - 1), client.longestDelay) / 2));
    }
    const attemptsPerSecond = Math.min((client.inFlight * attempts) / seconds, client.mostPerSecond);
    return attemptsPerSecond * (1 - refused);
  };
  if (throughAt(0) <= perSecond) return { refused: 0, fails: 0 };
  let low = 0;
  let high = 1;
  for (let n = 0; n < 60; n++) {
    const middle = (low + high) / 2;
    if (throughAt(middle) > perSecond) low = middle;
    else high = middle;
  }
  return { refused: high, fails: high ** client.attempts };
}

/** The Retry of a state, with full jitter; its fields are named as those of Amazon States Language. */
export interface Retrier {
  IntervalSeconds: number;
  BackoffRate: number;
  MaxAttempts: number;
  MaxDelaySeconds: number;
}

/** The result for starts that met a bucket with too few tokens. */
export interface Started {
  /** Seconds until the last one began. */
  seconds: number;
  /** The number of those that were refused at least once. */
  refused: number;
  /** The number of those that were refused for good. */
  failed: number;
}

/**
 * Simulates starts that are refused when their bucket has no token, and ask again after a random part of a growing delay.
 * @param asked seconds at which each start first asks
 * @param random gives 0 ≤ x < 1
 */
export function refusedStarts(
  asked: readonly number[],
  { burst, perSecond }: { burst: number; perSecond: number },
  retrier: Retrier,
  random: () => number,
): Started {
  /** The numbers of earlier tries of the starts that ask in a step, by step. */
  const asking: number[][] = [];
  const ask = (at: number, tries: number) => {
    const step = Math.ceil(at / STEP);
    asking[step] ??= [];
    asking[step].push(tries);
  };
  for (const at of asked) ask(at, 0);
  let [level, seconds, refused, failed] = [burst, 0, 0, 0];
  for (let step = 0; step < asking.length; step++) {
    if (step > 0) level = Math.min(burst, level + perSecond * STEP);
    for (const tries of asking[step] ?? []) {
      if (level >= 1 - 1e-9) {
        level -= 1;
        seconds = step * STEP;
      } else if (tries === retrier.MaxAttempts) failed++;
      else {
        if (tries === 0) refused++;
        const delay = Math.min(retrier.IntervalSeconds * retrier.BackoffRate ** tries, retrier.MaxDelaySeconds);
        ask(Math.max(step + 1, step + (random() * delay) / STEP) * STEP, tries + 1);
      }
    }
  }
  return { seconds, refused, failed };
}
