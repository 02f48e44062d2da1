/**
 * The repeated failures of a run: each function's error with its place and count, and whether anything else still happens. No line quotes
 * an error's message, which may quote what was read.
 */
import { messageOf } from './desk.ts';
import { workText } from './happenings.ts';
import { placeOf } from './traces.ts';

const DAY = 24 * 3_600_000;
/**
 * The time without news after which a run counts as stuck. Ladders that fail are tried again each hour, and batches each six hours, so that
 * whatever can succeed does so sooner.
 */
const PATIENCE = 3 * DAY;

/** The work that is tried again each hour, with a notice to the administrators, by the kind of that notice. */
const TRIED_AGAIN: Readonly<Record<string, string>> = {
  direction_failing: "a direction's ladder",
  deciding_failing: "a batch's decision",
  directing_failing: "a batch's directing",
  resuming_failing: "a batch's resuming",
  settling_failing: "a batch's settling",
};

/** A failure, without its message; `who` is the function where one failed. */
interface Failure {
  readonly who: string;
  readonly error: string;
  readonly place: string;
}
type Count = Failure & { times: number; readonly first: number; last: number };

/** The failures of a run, each kind of failure once. */
export class Failing {
  readonly #now: () => number;
  readonly #code: string;
  readonly #failures = new Map<string, Count>();
  readonly #seen = new Set<string>();
  readonly #executions = new Set<string>();
  #news = Number.NEGATIVE_INFINITY;
  #planned = Number.NEGATIVE_INFINITY;

  /**
   * @param now epoch milliseconds of the cloud
   * @param code the folder that places in the code are relative to
   */
  constructor(now: () => number, code: string) {
    this.#now = now;
    this.#code = code;
  }

  /**
   * Takes a line that a function wrote.
   * @returns the text to be told at once: a failure that came for the second time
   */
  log(functionName: string, line: string): string | undefined {
    const error = errorOf(line);
    if (error !== undefined) return this.#count({ who: functionName, ...error });
    this.#happened(workText(line));
    return undefined;
  }

  /** Takes a notice; as `log`. Failures of functions were told by their own lines. */
  notice(text: string): string | undefined {
    const { kind, error } = messageOf(text);
    const who = Object.hasOwn(TRIED_AGAIN, String(kind)) ? TRIED_AGAIN[String(kind)] : undefined;
    if (who === undefined) return undefined;
    const known = this.#failures.values().some((failure) => failure.error === error && failure.place !== '');
    return known ? undefined : this.#count({ who, error: String(error), place: '' });
  }

  /** Takes the executions that failed so far; as `log`. */
  executions(
    failed: readonly { arn: string; machine: string; error: string | null; cause: string | null }[],
  ): string | undefined {
    const told = failed.flatMap(({ arn, machine, error, cause }) => {
      if (this.#executions.has(arn)) return [];
      this.#executions.add(arn);
      return (
        this.#count({ who: `an execution of ${machine}`, error: error ?? 'no error', place: placeOf(cause) }) ?? []
      );
    });
    return told.length === 0 ? undefined : told.join('\n  ');
  }

  /** The failures that came more than once, in the order in which they began: who failed, how often, and a line with all that is known. */
  repeated(): { who: string; times: number; text: string }[] {
    return [...this.#failures.values()]
      .filter(({ times }) => times > 1)
      .map((failure) => {
        const { who, times, first, last } = failure;
        const text = `${this.#told(failure)} (${times} times, ${instant(first)} to ${instant(last)})`;
        return { who, times, text };
      });
  }

  /**
   * Whether nothing has happened for days but repeated failures, and the ladders that began last have been over for as long.
   * @param length of the longest ladder, milliseconds
   * @param uploaded when the last report is uploaded, epoch milliseconds
   */
  stuck(length: number, uploaded: number): boolean {
    const since = this.#now() - PATIENCE;
    const fails = this.repeated().length > 0 && this.#failures.values().some(({ last }) => last > since);
    return fails && since > this.#news && since > Math.max(this.#planned, uploaded) + length;
  }

  #count(failure: Failure): string | undefined {
    const now = this.#now();
    const told = this.#told(failure);
    const count = this.#failures.get(told) ?? { ...failure, times: 0, first: now, last: now };
    if (count.times === 0) this.#news = now;
    this.#failures.set(told, count);
    count.times++;
    count.last = now;
    return count.times === 2 ? `${told}, again and again` : undefined;
  }

  #told({ who, error, place }: Failure): string {
    return `${who} failed: ${error}${place.replace(`${this.#code}/`, '')}`;
  }

  /** Notes an event as news, unless it has happened before: then it is only tried again. */
  #happened(what: string | undefined): void {
    if (what === undefined || this.#seen.has(what)) return;
    this.#seen.add(what);
    this.#news = this.#now();
    // These are orders of a ladder's first rung; from there on the ladder takes its planned time.
    if (/^(plan directed|order issued: order (block|reverify),)/.test(what)) this.#planned = this.#now();
  }
}

const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')}Z`;

/** The error that a line tells of, once for each failure: the error that a handler logs before it throws is a line of its own. */
function errorOf(line: string): { error: string; place: string } | undefined {
  if (/ Task timed out after /.test(line)) return { error: 'it timed out', place: '' };
  if (/^the function used over \d+ MB of memory/.test(line)) return { error: 'it ran out of memory', place: '' };
  const start = line.indexOf('{');
  const { level, error, frames, errorType, errorMessage, trace } = start < 0 ? {} : messageOf(line.slice(start));
  if (level === 'ERROR' && typeof error === 'string') return { error, place: firstOf(frames) };
  if (typeof errorType !== 'string' || String(errorMessage).startsWith('at ')) return undefined;
  return { error: errorType, place: firstOf(trace) };
}

/** The first frame of the project's own code, or else the first frame. */
function firstOf(frames: unknown): string {
  const all = Array.isArray(frames) ? frames.map(String).filter((frame) => /^\s*at /.test(frame)) : [];
  const own = all.find((frame) => !/node_modules|node:/.test(frame)) ?? all[0];
  return own === undefined ? '' : ` ${own.trim()}`;
}
