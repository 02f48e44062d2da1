import type { DrivenClock } from '../clock/clock.ts';
import type { FaultPlan } from '../faults.ts';
import { compilePattern } from './pattern.ts';

/** An event as EventBridge delivers it. */
export interface BusEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  /** The cloud's time, whole seconds. */
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** The place to which a rule sends matching events. */
export interface RuleTarget {
  deliver(body: string): void;
  /** Constant JSON that is sent instead of the event. */
  input: string | undefined;
  /** The part of the event that is sent, as `$.detail.object`. */
  inputPath: string | undefined;
}

export interface BusSettings {
  clock: DrivenClock;
  region: string;
  account: string;
  faults: FaultPlan;
  /** Seeded; for event ids, and for delays where the fault plan reorders. */
  random(): number;
  /** Told of each event that a service put on the bus. */
  counted(): void;
  /** Told of the same event's type and detail. */
  announced?(detailType: string, detail: Record<string, unknown>): void;
}

/** The longest that a reordering fault plan holds an event back, in seconds. */
const LONGEST_DELAY = 30;

const PERIODS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The milliseconds of a `rate(6 hours)`; undefined for any other expression. */
export function rateOf(expression: string): number | undefined {
  // "If the value is equal to 1, then the unit must be singular", and plural for all others.
  const [, count = '', unit = ''] =
    /^rate\((1(?= \w+[^s]\))|(?!1 )[1-9]\d*(?= \w+s\))) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const period = PERIODS[unit];
  return period === undefined ? undefined : Number(count) * period;
}

const DAY = 86_400_000;

/** The millisecond of the day, in UTC, of a `cron(30 18 * * ? *)`, which comes each day; undefined for any other expression. */
export function dailyOf(expression: string): number | undefined {
  const [, minute = '', hour = ''] = /^cron\(([0-5]?\d) ([01]?\d|2[0-3]) \* \* \? \*\)$/.exec(expression) ?? [];
  return minute === '' ? undefined : (Number(hour) * 60 + Number(minute)) * 60_000;
}

/** The account's default event bus and its rules. */
export class Bus {
  readonly #settings: BusSettings;
  readonly #rules: { matches(event: unknown): boolean; targets: readonly RuleTarget[] }[] = [];

  /** Whether a rule with a schedule, given by its ARN, sends nothing when its time comes. */
  isPaused: (ruleArn: string) => boolean = () => false;

  constructor(settings: BusSettings) {
    this.#settings = settings;
  }

  /**
   * Adds a rule for events that match a pattern.
   * @throws UnsupportedPattern for a pattern that can't be matched here as EventBridge would
   */
  addRule(pattern: unknown, targets: readonly RuleTarget[]): void {
    for (const { inputPath } of targets) if (inputPath !== undefined) pathOf(inputPath);
    this.#rules.push({ matches: compilePattern(pattern), targets });
  }

  /** Adds a rule that sends an event of its own each day at a millisecond of the day, in UTC. */
  addDaily(ruleArn: string, at: number, targets: readonly RuleTarget[]): void {
    const now = this.#settings.clock.now();
    const first = Math.floor(now / DAY) * DAY + at;
    this.addSchedule(ruleArn, DAY, targets, first > now ? first : first + DAY);
  }

  /** Adds a rule that sends an event of its own each `period` milliseconds, first after one period, or at the instant `first`. */
  addSchedule(ruleArn: string, period: number, targets: readonly RuleTarget[], first?: number): void {
    for (const { inputPath } of targets) if (inputPath !== undefined) pathOf(inputPath);
    this.#settings.clock.every(
      period,
      () => {
        if (!this.isPaused(ruleArn))
          this.#deliver(this.#event('aws.events', 'Scheduled Event', [ruleArn], {}), targets);
      },
      first,
    );
  }

  /** Puts a service's event on the bus: it is matched now, and delivered at once, or later where the fault plan reorders. */
  put(source: string, detailType: string, resources: string[], detail: Record<string, unknown>): void {
    const { counted, faults, announced } = this.#settings;
    counted();
    announced?.(detailType, detail);
    if (faults.drop?.({ source, detailType, detail })) return;
    const event = this.#event(source, detailType, resources, detail);
    for (const rule of this.#rules) if (rule.matches(event)) this.#deliver(event, rule.targets);
  }

  #event(source: string, detailType: string, resources: string[], detail: Record<string, unknown>): BusEvent {
    const { clock, region, account, random } = this.#settings;
    return {
      version: '0',
      id: uuid(random),
      'detail-type': detailType,
      source,
      account,
      time: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
      region,
      resources,
      detail,
    };
  }

  #deliver(event: BusEvent, targets: readonly RuleTarget[]): void {
    const { clock, faults, random } = this.#settings;
    const { source, 'detail-type': detailType, detail } = event;
    const waits = faults.deliveries?.({ source, detailType, detail });
    for (const target of targets) {
      const body = target.input ?? JSON.stringify(target.inputPath === undefined ? event : at(event, target.inputPath));
      for (const wait of waits ?? []) {
        if (wait === 0) target.deliver(body);
        else clock.timer(clock.now() + wait, () => target.deliver(body));
      }
      if (waits !== undefined) continue;
      for (let copy = 0; copy < (faults.deliverTwice ? 2 : 1); copy++) {
        if (faults.reorder === undefined) {
          target.deliver(body);
        } else {
          const delay = Math.floor(random() * (LONGEST_DELAY + 1)) * 1000;
          clock.timer(clock.now() + delay, () => target.deliver(body));
        }
      }
    }
  }
}

/**
 * The fields that a simple JSONPath (`$.detail.object.key`) names.
 * @throws an Error for any other form
 */
function pathOf(inputPath: string): string[] {
  if (!/^\$(\.[A-Za-z0-9_-]+)*$/.test(inputPath)) throw new Error(`the local cloud has no InputPath like ${inputPath}`);
  return inputPath.split('.').slice(1);
}

function at(event: BusEvent, inputPath: string): unknown {
  let value: unknown = event;
  for (const field of pathOf(inputPath)) value = (value as Record<string, unknown> | undefined)?.[field];
  return value ?? null;
}

/** A version 4 UUID from a seeded generator. */
export function uuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) => {
    const digit = Math.floor(random() * 16);
    return (place === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}
