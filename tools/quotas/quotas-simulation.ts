/**
 * A discrete simulation of work that is held back by rates and ramps: token buckets, tables that grow with their load, and
 * Map Runs whose children go through stages. Seconds everywhere. Whoever is refused waits and loses nothing else; what a
 * refusal does to a client that gives up in the end is `refusals`' own question, and how much later a refused start comes
 * that asks again at a moment of its own is `refusedStarts`'.
 */

/** Seconds of one step. */
const STEP = 0.1;

/** Something of which only so much is given in a second. */
export interface Limit {
  readonly name: string;
  /** Time passes: what may be taken grows. */
  pass(seconds: number): void;
  /** Takes up to `wanted`. */
  take(wanted: number): number;
}

/** A bucket of `burst` tokens, refilled at `perSecond`: n tokens take max(0, (n − burst) / perSecond) seconds. */
export class TokenBucket implements Limit {
  readonly name: string;
  private readonly burst: number;
  private readonly perSecond: number;
  private level: number;

  constructor(name: string, burst: number, perSecond: number) {
    this.name = name;
    this.burst = burst;
    this.perSecond = perSecond;
    this.level = burst;
  }

  pass(seconds: number): void {
    // A bucket smaller than what a step refills would lose what the step is too coarse to hand out.
    const room = Math.max(this.burst, this.perSecond * STEP);
    this.level = Math.min(room, this.level + this.perSecond * seconds);
  }

  take(wanted: number): number {
    const taken = Math.min(wanted, this.level);
    this.level -= taken;
    return taken;
  }
}

/** What an on-demand table bears. Reads and writes share it: a read unit takes `writes / reads` of a write unit. */
export interface Throughput {
  /** Write units a second at the start. */
  writes: number;
  /** Read units a second at the start. */
  reads: number;
  /** The table's quotas, up to which it grows. */
  mostWrites: number;
  mostReads: number;
  /** Seconds of load until it bears twice as much. */
  doublesWithin: number;
}

/**
 * An on-demand table. It grows to twice its peak while it is used to at least half of what it bears; so n writes take
 * n / w seconds while n ≤ w × doublesWithin, the next w × 2 × doublesWithin half as long each, and so on to its quota.
 */
export class Table {
  readonly writes: Limit;
  readonly reads: Limit;
  private readonly throughput: Throughput;
  /** Write units a second that it bears now. */
  private bears: number;
  private readonly mostBorne: number;
  private readonly readsPerWrite: number;
  private level = 0;
  private writesLeft = 0;
  private readsLeft = 0;
  private step = 0;
  private loaded = 0;

  constructor(name: string, throughput: Throughput) {
    this.throughput = throughput;
    this.bears = throughput.writes;
    this.readsPerWrite = throughput.reads / throughput.writes;
    this.mostBorne = Math.max(throughput.writes, throughput.mostWrites, throughput.mostReads / this.readsPerWrite);
    this.writes = {
      name: `${name}: writes`,
      pass: (seconds) => this.pass(seconds),
      take: (wanted) => {
        const taken = Math.min(wanted, this.level, this.writesLeft);
        this.level -= taken;
        this.writesLeft -= taken;
        return taken;
      },
    };
    this.reads = {
      name: `${name}: reads`,
      // The writes' limit is the one that tells the table of time.
      pass: () => {},
      take: (wanted) => {
        const taken = Math.min(wanted, this.level * this.readsPerWrite, this.readsLeft);
        this.level -= taken / this.readsPerWrite;
        this.readsLeft -= taken;
        return taken;
      },
    };
  }

  private pass(seconds: number): void {
    const used = this.bears * this.step - this.level;
    if (this.step > 0 && used >= (this.bears * this.step) / 2) this.loaded += this.step;
    if (this.loaded >= this.throughput.doublesWithin) {
      this.bears = Math.min(2 * this.bears, this.mostBorne);
      this.loaded = 0;
    }
    this.step = seconds;
    this.level = this.bears * seconds;
    this.writesLeft = Math.max(this.throughput.mostWrites, this.throughput.writes) * seconds;
    this.readsLeft = Math.max(this.throughput.mostReads, this.throughput.reads) * seconds;
  }
}

/**
 * Units a second for work of which the share `hottest` goes to one key: no more than one partition gives to that key.
 * @param evenly what the table bears when the work is spread evenly
 */
export function hotPartition(evenly: number, perPartition: number, hottest: number): number {
  return hottest === 0 ? evenly : Math.min(evenly, perPartition / hottest);
}

/** One step of a child's work: time that passes, or units to be taken from a limit. */
export type Stage =
  | { seconds: number }
  | { limit: Limit; units: number /** Units a second that one child can use. */; perSecond: number };

/** Children that all do the same. */
export interface Children {
  count: number;
  stages: readonly Stage[];
}

export interface MapRun {
  children: readonly Children[];
  /** Children that are open at once, at most. */
  atOnce: number;
  /** What the start of a child takes. */
  start: readonly { limit: Limit; units: number }[];
  /** A child keeps its place for days after its last stage. */
  staysOpen?: boolean;
  /** Limits that nobody waits for here but whose time must pass. */
  limits: readonly Limit[];
}

export interface Ran {
  /** Until the last child's last stage; Infinity when some can't start before others end. */
  seconds: number;
  /** The longest that one child took. */
  longestChild: number;
  /** By limit: for how long it refused somebody, in seconds, longest first. */
  heldBack: { name: string; seconds: number }[];
}

/** Children that wait for a place. */
export const OWN_LIMIT = 'children at once';

/** A child may go through so many stages within one step. */
const MOST_SWEEPS = 12;

interface Running {
  stages: readonly Stage[];
  at: number;
  /** Units or seconds left of the stage. */
  left: number;
  began: number;
  /** Seconds of this step that it has left. */
  time: number;
}

/** Runs a Map's children to their last stage. Those that want the same limit share it in proportion to what each can use. */
export function runMap(run: MapRun): Ran {
  const queue = run.children.flatMap(({ count, stages }) => Array.from({ length: count }, () => stages));
  const total = queue.length;
  let next = 0;
  let running: Running[] = [];
  let open = 0;
  let now = 0;
  let ended = 0;
  let finished = 0;
  let longestChild = 0;
  const held = new Map<string, number>();
  const hold = (name: string) => held.set(name, (held.get(name) ?? 0) + STEP);
  const limits = new Set([
    ...run.limits,
    ...run.start.map(({ limit }) => limit),
    ...run.children.flatMap(({ stages }) => stages.flatMap((stage) => ('limit' in stage ? [stage.limit] : []))),
  ]);
  const startable = run.start.map(({ limit, units }) => ({ limit, units, saved: 0 }));

  while (finished < total) {
    for (const limit of limits) limit.pass(STEP);
    const refused = new Set<string>();

    while (next < total) {
      if (open >= run.atOnce) {
        refused.add(OWN_LIMIT);
        break;
      }
      // Whole tokens only: what was taken of an incomplete start is kept for the next step.
      const missing = startable.find((one) => {
        one.saved += one.limit.take(one.units - one.saved);
        return one.saved < one.units - 1e-9;
      });
      if (missing) {
        refused.add(missing.limit.name);
        break;
      }
      for (const one of startable) one.saved = 0;
      const stages = queue[next++] as readonly Stage[];
      running.push({ stages, at: 0, left: amountOf(stages[0]), began: now, time: STEP });
      open++;
    }
    // Nobody works any more and those that wait get no place: they wait for days.
    if (running.length === 0 && next < total && open >= run.atOnce) {
      ended = Number.POSITIVE_INFINITY;
      break;
    }

    for (const child of running) child.time = STEP;
    for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
      const wanting = new Map<Limit, { child: Running; wanted: number; perSecond: number }[]>();
      let moved = false;
      for (const child of running) {
        skipEmpty(child);
        const stage = child.stages[child.at];
        if (stage === undefined || child.time <= 1e-9) continue;
        if ('seconds' in stage) {
          const spent = Math.min(child.left, child.time);
          child.left -= spent;
          child.time -= spent;
          moved = true;
          continue;
        }
        const wants = wanting.get(stage.limit) ?? [];
        wanting.set(stage.limit, wants);
        wants.push({ child, wanted: Math.min(child.left, stage.perSecond * child.time), perSecond: stage.perSecond });
      }
      for (const [limit, wants] of wanting) {
        const all = wants.reduce((sum, { wanted }) => sum + wanted, 0);
        const given = limit.take(all);
        const share = given / all;
        if (share < 1 - 1e-9) refused.add(limit.name);
        for (const { child, wanted, perSecond } of wants) {
          child.left -= wanted * share;
          child.time -= share < 1 - 1e-9 ? child.time : wanted / perSecond;
        }
        moved = true;
      }
      if (!moved) break;
    }
    running = running.filter((child) => {
      skipEmpty(child);
      if (child.at < child.stages.length) return true;
      ended = now + STEP - Math.max(0, child.time);
      longestChild = Math.max(longestChild, ended - child.began);
      finished++;
      if (!run.staysOpen) open--;
      return false;
    });
    for (const name of refused) hold(name);
    now += STEP;
  }
  return {
    seconds: ended,
    longestChild,
    heldBack: [...held].map(([name, seconds]) => ({ name, seconds })).sort((a, b) => b.seconds - a.seconds),
  };
}

function amountOf(stage: Stage | undefined): number {
  return stage === undefined ? 0 : 'seconds' in stage ? stage.seconds : stage.units;
}

function skipEmpty(child: Running): void {
  while (child.at < child.stages.length && child.left <= 1e-9) {
    child.at++;
    child.left = amountOf(child.stages[child.at]);
  }
}

/** How a client meets a limit that it does not know. */
export interface Client {
  /** Calls under way at once, over all functions. */
  inFlight: number;
  /** Seconds of a call that is not refused, and of one that is. */
  call: number;
  /** Calls a second at most, for want of CPU. */
  mostPerSecond: number;
  /** Attempts of a call, the first one included. */
  attempts: number;
  /** Seconds: the first retry waits up to this at random, each further one up to twice as long, until `longestDelay`. */
  delay: number;
  longestDelay: number;
}

/**
 * What becomes of calls when more are made than `perSecond` are let through: the share of attempts that is refused, and the
 * chance that a call is refused each time it is tried, and fails. In a steady state the attempts that get through are those
 * that the limit lets through; the more are refused, the longer each call waits between its attempts, and the fewer attempts are made.
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

/** How a state asks again: a Retry with full jitter, its fields named as those of Amazon States Language. */
export interface Retrier {
  IntervalSeconds: number;
  BackoffRate: number;
  MaxAttempts: number;
  MaxDelaySeconds: number;
}

/** What became of starts that met a bucket with too few tokens. */
export interface Started {
  /** Seconds until the last one began. */
  seconds: number;
  /** So many were refused at least once. */
  refused: number;
  /** So many were refused for good. */
  failed: number;
}

/**
 * Starts that are refused where their bucket has no token, and ask again after a random part of a delay that grows.
 * @param asked seconds at which each start first asks
 * @param random gives 0 ≤ x < 1
 */
export function refusedStarts(
  asked: readonly number[],
  { burst, perSecond }: { burst: number; perSecond: number },
  retrier: Retrier,
  random: () => number,
): Started {
  /** By step, the tries that each start which asks then has behind it. */
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
