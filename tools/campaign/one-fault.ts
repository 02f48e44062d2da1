/**
 * One fault at one place of a story: at a call of a function or a state machine, at an invocation, or where an execution enters a state.
 * The story is told once without faults, while every place is noted; then it is told again with each.
 */
import type { ServiceCall, StateVisit } from 'local-cloud';
import { nameOf } from '../../simulation/function-names.ts';
import { DAY, HOUR, START } from './story.ts';
import { steady, TROUBLED, type Troubles } from './troubles.ts';

const MINUTE = HOUR / 60;

/**
 * The fault at a place. Of a call: `before` it takes effect it is refused, in a way that no client retries; `after` it took effect the
 * function dies, or a state machine's answer is lost; `ten minutes`: from then on each call of that kind (function or state machine,
 * service and operation) is refused for ten minutes; `lasting`: the same for longer than all tries last, and for a state machine as if a
 * right were lacking. Of an execution: `stopped` by hand as it enters a state, or `stopped later`, when it has been in it for an hour. Of a
 * batch's own execution: `stopped twice`, as it enters a state, and then the one that goes on with the batch, as it begins; or `stopped
 * unheard`, and nobody is told of its end.
 */
export const MODES = [
  'before',
  'after',
  'ten minutes',
  'lasting',
  'stopped',
  'stopped later',
  'stopped twice',
  'stopped unheard',
] as const;
export type Mode = (typeof MODES)[number];

export interface Case {
  /** The place, in words, with the number of places like it before: `Order dynamodb PutItem DIR#… 1`. */
  place: string;
  mode: Mode;
}

/** A place of the story, when it was met. */
interface Met {
  place: string;
  /** Calls of one kind fail together in a lasting fault. */
  kind: string;
  /** Whether a fault after it differs from one before it. */
  takesEffect: boolean;
  /** The invocation that makes it; undefined where a state machine does. */
  requestId: string | undefined;
  /** Milliseconds of the cloud's time. */
  at: number;
}

interface Visited {
  place: string;
  at: number;
  /** The instant at which its execution entered another state. */
  left: number | undefined;
}

/** The functions that a queue invokes: their tries are the deliveries of the message, for up to some eight hours. */
const OF_QUEUES = [
  'Record',
  'Hear',
  'Answer',
  'Import',
  'Intake',
  'Release',
  'Audit',
  'Sweep',
  'Tell',
  'Follow',
  'File',
  'Withdraw',
];

/** Whether a step's tries last longer than ten minutes, or name errors. */
const hasLongTries = (kind: string) =>
  [...OF_QUEUES, ...TROUBLED, 'Batch', 'ImportByPieces'].includes(kind.split(' ')[0] ?? '') ||
  kind.endsWith('is invoked');

/** The length of a lasting fault, in milliseconds: longer than all tries of a step. For an order it lasts until after the first rung. */
function lastsAt(kind: string): number {
  const [who = ''] = kind.split(' ');
  if (who === 'Order') return 6 * DAY;
  // A nested start's retries take 31 hours.
  if (kind.includes('states StartExecution')) return 36 * HOUR;
  return [...OF_QUEUES, ...TROUBLED].includes(who) ? 12 * HOUR : HOUR;
}

/** The time, in milliseconds beyond some hours, by which things may be late. */
export function patienceFor({ place, mode }: Case): number {
  return mode === 'lasting' ? lastsAt(place) + DAY : mode === 'before' || mode === 'after' ? 0 : DAY;
}

/**
 * Whether the orders and answers have the same result. They don't where a rung passes before its order can be issued, as a block's first
 * rung of one day does, where only the day's sweep goes on with a batch, or where its ladder can't be started for that long.
 */
export const endsAlike = ({ place, mode }: Case): boolean => {
  if (mode === 'stopped twice' || mode === 'stopped unheard') return false;
  return mode !== 'lasting' || lastsAt(place) < (place.includes('_block_') ? DAY : 2 * DAY);
};

/** A key without its random parts and what follows from them; a message by its contents. */
function about(key = ''): string {
  const note = /^\{.*"id":"([^"]*)"/.exec(key)?.[1];
  const named = note ?? (key.startsWith('{') ? 'an event' : key);
  return steady(named)
    .replace(/arn:\S*:/, '')
    .replace(/v?[0-9a-f]{31,}/g, '*')
    .replace(/-[0-9a-f]{12}(?![0-9a-f])/g, '')
    .replace(/\b[0-9a-f]{8}\b/g, '*')
    .replace(/^https?:.*\//, '');
}

/**
 * The place of a call. The calls of Audit, and the numbers in each BatchGetItem of Claim, come in no fixed order, and so their places have
 * no key.
 */
const placeOf = (kind: string, key: string | undefined) =>
  /^(Audit|Claim dynamodb BatchGetItem)/.test(kind) ? kind : `${kind} ${about(key)}`.trim();

/** The name of an execution without its random parts; for a Map Run's child, its label. */
function executionName(arn: string): string {
  const [machine = '', name = ''] = arn.split(':').slice(6);
  const label = machine.split('/')[1];
  return `${nameOf(machine.split('/')[0] ?? '')} ${label === undefined ? about(name) : `${label}'s child`}`;
}

/** Whether an execution goes on with a batch whose own execution was stopped. */
const isResumed = (execution: string) => /_resumed_\d+$/.test(execution);

export class OneFault implements Troubles {
  over = false;
  readonly injected = new Map<string, number>();
  readonly objects: Record<string, unknown>[] = [];
  readonly met = new Map<string, Met>();
  readonly visited = new Map<string, Visited>();
  readonly #case: Case | undefined;
  readonly #now: () => number;
  readonly #seen = new Map<string, number>();
  readonly #lastOf = new Map<string, Visited>();
  /** The invocation that dies after its call, and the kind of that call. */
  #dies: { requestId: string; kind: string } | undefined;
  /** The execution whose end nobody is told of. */
  #unheard: string | undefined;
  /** The kind of call that goes wrong, and from when until when. */
  #trouble: { kind: string; from: number; until: number } | undefined;

  /** @param one without it, places are noted and nothing goes wrong */
  constructor(now: () => number, one?: Case) {
    this.#now = now;
    this.#case = one;
  }

  /** Whether its place was met. */
  get wasMet(): boolean {
    return [...this.injected.keys()].some((kind) => kind !== STORY);
  }

  excuses(failure: string): boolean {
    const lasts = this.#case !== undefined && this.#case.mode !== 'before' && this.#case.mode !== 'after';
    return lasts && /^an execution of (Batch|ImportByPieces) ended as FAILED: /.test(failure);
  }

  /**
   * The deliveries of an event. Nothing gets lost here but the end of an execution that was stopped unheard. Sweeps would come day after
   * day and find nothing before the trouble; only some of them come: three whose own calls are tried, those of some days after the trouble,
   * and all of the end.
   */
  deliveries({ source, detailType, detail }: { source: string; detailType: string; detail: Record<string, unknown> }) {
    if (detailType === 'Object Created') this.objects.push(detail);
    if (this.#unheard !== undefined && detail.executionArn === this.#unheard && detail.status === 'ABORTED') return [];
    if (source !== 'aws.events') return [0];
    const day = Math.floor((this.#now() - START) / DAY);
    const { from = Number.POSITIVE_INFINITY, until = from } = this.#trouble ?? {};
    const mends = this.#now() >= from && this.#now() < until + SWEEPS_AFTER * DAY;
    return mends || SWEEPS.includes(day) || day >= (SWEEPS.at(-1) ?? 0) ? [0] : [];
  }

  beforeInvoke({ functionName, n }: { functionName: string; n: number }): 'throttle' | 'error' | 'lose' | undefined {
    const name = nameOf(functionName);
    const kind = `${name} is invoked`;
    const mode = this.#meet(kind, kind, true, undefined);
    if (mode === 'before' || mode === 'lasting') return this.#count(mode, 'error');
    if (mode === 'after') return this.#count(mode, 'lose');
    if (mode === 'ten minutes') return this.#count(mode, 'throttle');
    // This error makes a report come while another batch plans.
    if (name === 'Commit' && n === 1) return this.#count(STORY, 'error');
    return undefined;
  }

  beforeCall({ caller, requestId, service, action, key }: ServiceCall): 'error' | 'deny' | 'lose' | undefined {
    const kind = `${nameOf(caller)} ${service} ${action}`;
    const isMachine = requestId === undefined;
    const mode = this.#meet(placeOf(kind, key), kind, isMachine, requestId);
    if (mode === undefined) return undefined;
    if (mode === 'after') {
      if (isMachine) return this.#count(mode, 'lose');
      this.#dies = { requestId, kind };
      return undefined;
    }
    return this.#count(mode, isMachine && mode !== 'lasting' ? 'error' : 'deny');
  }

  afterWrite({ functionName, requestId, service, action, key }: AfterWrite): 'fail' | undefined {
    const kind = `${nameOf(functionName)} ${service} ${action}`;
    const place = placeOf(kind, key);
    const met = this.met.get(`${place} ${this.#seen.get(place)}`);
    if (met !== undefined) met.takesEffect = true;
    if (this.#dies?.requestId !== requestId || this.#dies.kind !== kind) return undefined;
    this.#dies = undefined;
    return this.#count('after', 'fail');
  }

  stops({ execution, state }: StateVisit): number | undefined {
    if (this.over) return undefined;
    const place = this.#numbered(`${executionName(execution)}: ${state}`);
    const before = this.#lastOf.get(execution);
    if (before !== undefined) before.left = this.#now();
    const visit: Visited = { place, at: this.#now(), left: undefined };
    this.visited.set(place, visit);
    this.#lastOf.set(execution, visit);
    const mode = this.#case?.mode;
    if (mode === 'stopped twice' && isResumed(execution) && this.injected.get(mode) === 1) return this.#count(mode, 0);
    if (place !== this.#case?.place) return undefined;
    this.#trouble ??= { kind: '', from: this.#now(), until: this.#now() };
    if (mode === 'stopped unheard') this.#unheard = execution;
    if (mode === 'stopped' || mode === 'stopped twice' || mode === 'stopped unheard') return this.#count(mode, 0);
    return mode === 'stopped later' ? this.#count(mode, HOUR) : undefined;
  }

  /** Notes a place, and returns the fault there. */
  #meet(place: string, kind: string, takesEffect: boolean, requestId: string | undefined): Mode | undefined {
    if (this.over) return undefined;
    const numbered = this.#numbered(place);
    const now = this.#now();
    this.met.set(numbered, { place: numbered, kind, takesEffect, requestId, at: now });
    if (this.#case === undefined) return undefined;
    const { mode } = this.#case;
    if (numbered === this.#case.place) {
      const lasts = mode === 'ten minutes' ? 10 * MINUTE : mode === 'lasting' ? lastsAt(kind) : 0;
      this.#trouble = { kind, from: now, until: now + lasts };
      return mode;
    }
    return kind === this.#trouble?.kind && now < this.#trouble.until ? mode : undefined;
  }

  #numbered(place: string): string {
    const n = (this.#seen.get(place) ?? 0) + 1;
    this.#seen.set(place, n);
    return `${place} ${n}`;
  }

  #count<F>(what: string, fault: F): F {
    this.injected.set(what, (this.injected.get(what) ?? 0) + 1);
    return fault;
  }
}

type AfterWrite = { functionName: string; requestId: string; service: string; action: string; key?: string };

/** The kind of the story's own trouble. */
const STORY = "the story's own";

/** The days of the story whose sweeps and nights come whatever happens, and whose calls are tried: amid the ladders, and at the end. */
const SWEEPS = [7, 14, 21];
/** The days after the trouble on which sweeps come: one sends an upload's event again, and the next day's puts it into quarantine. */
const SWEEPS_AFTER = 4;
/** The number of an invocation's first calls of a kind that are tried, beside the last one; those between are like them. */
const FIRST = 3;

/** The first visit of a batch's own execution to a state, not of a Map Run's child. */
const OF_A_BATCH = /^Batch (?!.*'s child: ).* 1$/;

/** All cases of a story that was told with its places noted, in a fixed order. */
export function casesOf({ met, visited }: OneFault): Case[] {
  const cases: Case[] = [];
  const byInvocation = Map.groupBy(met.values(), ({ kind, requestId, place }) => `${kind} ${requestId ?? place}`);
  for (const calls of byInvocation.values())
    for (const [n, { place, kind, takesEffect, at }] of calls.entries()) {
      if (n >= FIRST && n < calls.length - 1) continue;
      if (/^(Sweep|Follow) /.test(place) && !SWEEPS.includes(Math.floor((at - START) / DAY))) continue;
      cases.push({ place, mode: 'before' });
      if (takesEffect) cases.push({ place, mode: 'after' });
      // A lasting fault from the second call of a kind on differs only by the first call's effect, as a fault of the second call alone
      // does.
      if (n > 0) continue;
      cases.push({ place, mode: 'ten minutes' });
      if (hasLongTries(kind)) cases.push({ place, mode: 'lasting' });
    }
  for (const { place, at, left } of visited.values()) {
    cases.push({ place, mode: 'stopped' });
    if (left !== undefined && left - at > HOUR) cases.push({ place, mode: 'stopped later' });
    // Only batches have another execution go on; the first visits are tried, so that each state comes once.
    if (OF_A_BATCH.test(place)) cases.push({ place, mode: 'stopped twice' }, { place, mode: 'stopped unheard' });
  }
  const byPlace = (a: Case, b: Case) => (a.place === b.place ? 0 : a.place < b.place ? -1 : 1);
  return cases.sort((a, b) => (a.mode === b.mode ? byPlace(a, b) : MODES.indexOf(a.mode) - MODES.indexOf(b.mode)));
}

/** A part of the cases, spread evenly over modes and places: every `every`-th of a mode, from the first. */
export const everyOf = <C extends Case>(cases: readonly C[], every: number): C[] =>
  MODES.flatMap((mode) => cases.filter((one) => one.mode === mode).filter((_, n) => n % every === 0));
