/** A discrete simulation of Map Runs whose children go through stages that are held back by rates and ramps. All times are in seconds. */
import { type Limit, STEP } from './quotas-rates.ts';

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
  /** The most children that are open at once. */
  atOnce: number;
  /** The units of limits that the start of a child takes. */
  start: readonly { limit: Limit; units: number }[];
  /** Set where a child keeps its place for days after its last stage. */
  staysOpen?: boolean;
  /** Limits that nobody waits for here but whose time must pass. */
  limits: readonly Limit[];
}

export interface Ran {
  /** The time until the last child's last stage; Infinity when some can't start before others end. */
  seconds: number;
  /** The longest time that one child took. */
  longestChild: number;
  /** The time for which each limit refused somebody, in seconds, longest first. */
  heldBack: { name: string; seconds: number }[];
}

/** The name of the limit for children that wait for a place. */
export const OWN_LIMIT = 'children at once';

/** The most stages that a child may go through within one step. */
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
      // Only whole tokens count: the part taken for an incomplete start is kept for the next step.
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
    // Nobody works any more, and those that wait get no place: they wait for days.
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
