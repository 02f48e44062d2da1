/**
 * The faults of a run, from its seed. Whether a call meets a fault depends on the seed, on the call itself (function, service, action, and
 * key without random parts) and on the number of calls like it before, never on its time. A seed repeats as exactly as functions that
 * really run side by side allow: if calls that are alike race each other, another one may come second, and the outcome may change with
 * that.
 *
 * Faults are bounded, since retries have their limits: a function fails at most twice within six hours (a step has five tries, a message
 * five deliveries), every sweep comes, and events are late by four hours at most. A longer fault is made on purpose, once in a run, where
 * the app mends it or says so.
 */
import type { FaultPlan, ServiceCall } from 'local-cloud';
import { nameOf } from '../../simulation/function-names.ts';
import { fraction, hash } from '../../simulation/random.ts';
import { DAY, HOUR } from './story.ts';
import { steady, TROUBLED, type Troubles } from './troubles.ts';

/** The invocations of one function that may fail within a window, and the window's length. */
const FAILURES = 2;
const WINDOW = 6 * HOUR;
const MINUTE = HOUR / 60;

/** The time after midnight in UTC at which a day is told of: 06:00 in Asia/Kolkata. */
const DAY_COMES = HOUR / 2;

/** A client's tries of one call; the client of the tables makes more, and waits longer between them each time. */
const TRIES = 3;

/** The shares of calls that meet each fault, at an intensity of one. */
const SHARES = {
  call: { lose: 0.006, error: 0.008, throttle: 0.003, fail: 0.003, 'time out': 0.001 },
  write: { fail: 0.012, zombie: 0.014, 'time out': 0.003 },
  invoke: { throttle: 0.02, error: 0.01, lose: 0.015 },
  object: { lost: 0.07, doubled: 0.12, late: 0.05, shuffled: 0.4 },
  status: { lost: 0.3, doubled: 0.2, late: 0.2, shuffled: 0.2 },
  schedule: { lost: 0, doubled: 0.06, late: 0.08, shuffled: 0.1 },
  batch: { part: 0.25 },
} as const;

/** The functions of steps that fail for good before a plan, or an import, counts: their people upload the file again. */
const GIVING_UP = ['Collect', 'Screen', 'Expand', 'Gather', 'Claim', 'Commit', 'Cut', 'ImportPiece', 'PublishImport'];
/** The time within which a function gives up: all tries of a step come within two minutes. */
const GIVES_UP_WITHIN = HOUR / 2;

const NOBODY = { from: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY };

export class Faults implements Troubles {
  /** The number of faults of each kind. */
  readonly injected = new Map<string, number>();
  readonly reorder?: number;
  readonly shuffleResults?: number;
  readonly deliverTwice: boolean;
  /** The function that fails for good, once. */
  readonly #givesUp: string | undefined;
  /** The events about uploads, in order. */
  readonly objects: Record<string, unknown>[] = [];
  /** Set when the run is over: no more faults then. */
  over: boolean;
  readonly #seed: number;
  readonly #now: () => number;
  readonly #intensity: number;
  readonly #focus: string;
  readonly #tablesThrottle: boolean;
  readonly #seen = new Map<string, number>();
  readonly #failed = new Map<string, number>();
  /** The last fault among calls that are alike, and the number of faults in a row. */
  readonly #streaks = new Map<string, [n: number, long: number]>();
  readonly #zombies = new Set<string>();
  readonly #troubled: string | undefined;
  #trouble = NOBODY;
  #givingUp = NOBODY;

  /**
   * @param now the cloud's time
   * @param any whether there are faults at all
   */
  constructor(seed: number, now: () => number, any: boolean) {
    this.over = !any;
    this.#seed = seed;
    this.#now = now;
    this.#intensity = 0.25 + 1.5 * fraction(seed, 'intensity') ** 2;
    const functions = [
      ...TROUBLED,
      ...GIVING_UP,
      'Record',
      'Hear',
      'Import',
      'Intake',
      'Release',
      'Sweep',
      'Follow',
      'File',
      'Withdraw',
    ];
    this.#focus = functions[hash(seed, 'focus') % functions.length] ?? '';
    if (any && fraction(seed, 'shuffle') < 0.5) this.reorder = seed;
    if (any && fraction(seed, 'shuffle results') < 0.5) this.shuffleResults = seed;
    this.#tablesThrottle = fraction(seed, 'tables throttle') < 0.1;
    this.deliverTwice = any && fraction(seed, 'twice') < 0.1;
    if (fraction(seed, 'trouble') < 0.2) this.#troubled = TROUBLED[hash(seed, 'troubled') % TROUBLED.length];
    if (fraction(seed, 'gives up') < 0.15) this.#givesUp = GIVING_UP[hash(seed, 'giving up') % GIVING_UP.length];
  }

  /** Whether a failure for good was made on purpose; its people were told, and uploaded the file again. */
  excuses(failure: string): boolean {
    const [, error] = /^an execution of (?:Batch|ImportByPieces) ended as FAILED: (\S+) /.exec(failure) ?? [];
    const givenUp = error === 'Lambda.ServiceException' || error === 'States.ExceedToleratedFailureThreshold';
    return givenUp && this.#givesUp !== undefined;
  }

  /**
   * A skew of up to two minutes, different for every instance. (The cloud's own time is months away from all of them. From five minutes on,
   * clients of AWS blame the clock for a refused condition, and retry for seconds.) It doesn't depend on the seed, since an instance
   * outlives a run.
   */
  skew(functionName: string, instance: number): number {
    return Math.round((fraction('skew', nameOf(functionName), instance) - 0.5) * 4 * MINUTE);
  }

  deliveries({ source, detailType, detail }: Parameters<NonNullable<FaultPlan['deliveries']>>[0]): number[] {
    if (detailType === 'Object Created') this.objects.push(detail);
    if (source === 'aws.events' && this.#isUntoldDay()) return [];
    if (this.over) return [0];
    const kind = source === 'aws.events' ? 'schedule' : detailType === 'Object Created' ? 'object' : 'status';
    const object = detail.object as { key?: string } | undefined;
    // Events of work and outbox concern nobody, and neither do executions that succeed.
    const what = kind === 'object' ? object?.key : kind === 'status' ? `${detail.name} ${detail.status}` : '';
    const call = this.#call(kind, what);
    const fault = this.#one(SHARES[kind], call);
    if (fault === undefined) return [0];
    this.#count(`event ${fault}`);
    const seconds = (which: string) => Math.floor(31 * fraction(this.#seed, which, call.what, call.n)) * 1000;
    if (fault === 'lost') return [];
    if (fault === 'doubled') return [0, seconds('again')];
    if (fault === 'shuffled') return [seconds('wait')];
    return [Math.round((0.5 + 3.5 * fraction(this.#seed, 'late', call.what, call.n)) * HOUR)];
  }

  /**
   * Whether a day is due that is left untold, as two of three are: a digest makes as many calls as a batch's end, nothing waits for one,
   * and a third of all days is enough for each of its faults.
   */
  #isUntoldDay(): boolean {
    const now = this.#now();
    return now % DAY === DAY_COMES && Math.floor(now / DAY) % 3 !== 0;
  }

  beforeInvoke({ functionName }: { functionName: string }): 'throttle' | 'error' | 'lose' | undefined {
    const name = nameOf(functionName);
    if (this.over) return undefined;
    const lasting = this.#lasting(name);
    if (lasting !== undefined) return lasting;
    const fault = this.#one(SHARES.invoke, this.#call('invoke', name), name);
    if (fault === undefined || !this.#mayFail(name)) return undefined;
    this.#count(`invocation: ${fault}`);
    return fault;
  }

  /** The fault that lasts for some time, made once in a run. */
  #lasting(name: string): 'error' | undefined {
    const now = this.#now();
    if (name === this.#troubled) {
      // The trouble begins with the second try, so that the first one finds the function well.
      const seen = this.#call('trouble', name).n;
      if (seen === 1 + (hash(this.#seed, 'from') % 9)) this.#trouble = { from: now, until: now + 3 * HOUR };
      if (now >= this.#trouble.from && now < this.#trouble.until)
        return this.#counted('invocation: in trouble for hours');
    }
    if (name === this.#givesUp) {
      if (this.#givingUp === NOBODY) this.#givingUp = { from: now, until: now + GIVES_UP_WITHIN };
      if (now < this.#givingUp.until) return this.#counted('invocation: fails for good');
    }
    return undefined;
  }

  #counted(kind: string): 'error' {
    this.#count(kind);
    return 'error';
  }

  beforeCall({
    caller,
    requestId,
    service,
    action,
    key,
  }: ServiceCall): ReturnType<NonNullable<FaultPlan['beforeCall']>> {
    if (this.over) return undefined;
    const name = nameOf(caller);
    const call = this.#call(name, service, action, steady(key));
    if (requestId !== undefined && /^Batch(Get|Write)Item$/.test(action)) {
      if (this.#one(SHARES.batch, call, name) === 'part') return this.#count(`${service}: part`, 'part');
    }
    const fault = this.#one(SHARES.call, call, name);
    if (fault === undefined) return undefined;
    // A throttled client of a table is slow for minutes of real time, and so only some runs throttle it.
    if (fault === 'throttle' && service === 'dynamodb' && requestId !== undefined && !this.#tablesThrottle)
      return undefined;
    if (!this.#mayRepeat(call, service, name)) return undefined;
    if (requestId === undefined) {
      // A state machine's own call has errors only, and its step counts as a function does.
      if (fault === 'fail' || fault === 'time out' || !this.#mayFail(caller)) return undefined;
      return this.#count(`machine's ${service}: ${fault}`, fault);
    }
    // A client's own retries take care of one error; a function that is killed has its step, or its message, tried again.
    if ((fault === 'fail' || fault === 'time out') && !this.#mayFail(name)) return undefined;
    return this.#count(`${service}: ${fault}`, fault);
  }

  afterWrite({
    functionName,
    requestId,
    service,
    action,
    key,
  }: Parameters<NonNullable<FaultPlan['afterWrite']>>[0]): ReturnType<NonNullable<FaultPlan['afterWrite']>> {
    const name = nameOf(functionName);
    const fault = this.over
      ? undefined
      : this.#one(SHARES.write, this.#call(name, 'wrote', service, action, steady(key)), name);
    if (fault === undefined || this.#zombies.has(requestId) || !this.#mayFail(name)) return undefined;
    if (fault === 'zombie') this.#zombies.add(requestId);
    return this.#count(`after a write: ${fault}`, fault);
  }

  /**
   * Whether a call may meet one more fault in a row: a client tries it again, and a fault that its tries don't mend is a failed invocation.
   */
  #mayRepeat({ what, n }: { what: string; n: number }, service: string, name: string): boolean {
    const [last = 0, streak = 0] = this.#streaks.get(what) ?? [];
    const long = last === n - 1 ? streak + 1 : 1;
    if (long > (service === 'dynamodb' ? 2 : TRIES)) return false;
    if (long === TRIES && !this.#mayFail(name)) return false;
    this.#streaks.set(what, [n, long]);
    return true;
  }

  /** Counts a call among those that are like it. */
  #call(...parts: (string | undefined)[]): { what: string; n: number } {
    const what = parts.join(' ');
    const n = (this.#seen.get(what) ?? 0) + 1;
    this.#seen.set(what, n);
    return { what, n };
  }

  /** One of these faults at most, each with its share. */
  #one<F extends string>(
    shares: Readonly<Record<F, number>>,
    call: { what: string; n: number },
    name = '',
  ): F | undefined {
    let dice = fraction(this.#seed, 'fault', call.what, call.n) / this.#intensity;
    if (name === this.#focus) dice /= 2.5;
    for (const [fault, share] of Object.entries(shares) as [F, number][]) {
      if (dice < share) return fault;
      dice -= share;
    }
    return undefined;
  }

  /** Whether one more invocation of this function may fail now. */
  #mayFail(name: string): boolean {
    const window = `${name} ${Math.floor(this.#now() / WINDOW)}`;
    const failed = this.#failed.get(window) ?? 0;
    if (failed >= FAILURES) return false;
    this.#failed.set(window, failed + 1);
    return true;
  }

  #count<F>(kind: string, fault?: F): F {
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
    return fault as F;
  }
}
