import type { Clock } from '../../src/clock/clock.ts';
import { VirtualClock } from '../../src/clock/virtual-clock.ts';
import type { Counted } from '../../src/consumption.ts';
import type { AwsError } from '../../src/errors.ts';
import { StatesError } from '../../src/errors.ts';
import { StepFunctions } from '../../src/states/service.ts';
import type { ExecutionStatusChange, StatesWorld } from '../../src/states/world.ts';

export const START = Date.parse('2026-06-01T00:00:00Z');

const PREFIX = 'arn:aws:states:ap-south-1:111122223333';
export const machineArn = (name: string): string => `${PREFIX}:stateMachine:${name}`;

/** The work of an integration in a test. */
export type Integration = (args: unknown) => unknown;

export interface Event {
  id: number;
  type: string;
  timestamp: number;
  [details: string]: unknown;
}

export interface Described {
  executionArn: string;
  status: string;
  output?: string;
  error?: string;
  cause?: string;
  startDate: number;
  stopDate: number;
}

/** Step Functions alone: with a virtual clock, integrations by resource, and objects in memory. */
export class Lab {
  /** The virtual clock; where the lab was given a clock of another kind, that one runs it. */
  readonly clock = new VirtualClock(START);
  readonly objects = new Map<string, string>();
  readonly changes: ExecutionStatusChange[] = [];
  readonly counts: Record<Counted, number> = { transition: 0, mapChildStart: 0, nestedStart: 0, executionStart: 0 };
  readonly integrations: Record<string, Integration>;
  readonly service: StepFunctions;
  random = 0.5;
  largeResults: StatesWorld['largeResults'];
  /** Shuffles the results of Map Runs. */
  shuffle: StatesWorld['shuffle'];
  /** The faults of the executions that tasks start, in the order of their starts. */
  readonly faultsOfStarts: ReturnType<NonNullable<StatesWorld['faultOfStart']>>[] = [];

  constructor(integrations: Record<string, Integration> = {}, clock?: Clock) {
    this.integrations = Object.fromEntries(
      Object.entries(integrations).map(([resource, run]) => [`arn:aws:states:::${resource}`, run]),
    );
    const world: StatesWorld = {
      clock: clock ?? this.clock,
      region: 'ap-south-1',
      account: '111122223333',
      tasks: {
        knows: (resource) => resource in this.integrations,
        run: async (resource, args) => this.integrations[resource]?.(args),
      },
      objects: {
        get: async (bucket, key) => {
          const body = this.objects.get(`${bucket}/${key}`);
          if (body === undefined) throw new Error('NoSuchKey');
          return Buffer.from(body);
        },
        put: async (bucket, key, body) => {
          this.objects.set(`${bucket}/${key}`, Buffer.from(body).toString());
        },
      },
      changed: (detail) => this.changes.push(detail),
      counted: (what) => this.counts[what]++,
      faultOfStart: () => this.faultsOfStarts.shift(),
      shuffle: (runArn, results) => this.shuffle?.(runArn, results) ?? results,
      random: () => this.random,
    };
    Object.defineProperty(world, 'largeResults', { get: () => this.largeResults });
    this.service = new StepFunctions(world);
  }

  create(name: string, definition: Record<string, unknown>): void {
    this.service.createStateMachine({
      name,
      arn: machineArn(name),
      definition: { QueryLanguage: 'JSONata', ...definition },
      roleArn: 'arn:aws:iam::111122223333:role/states',
      type: 'STANDARD',
    });
  }

  async start(name: string, input: unknown = {}, executionName?: string): Promise<string> {
    const { executionArn } = await this.service.call('StartExecution', {
      stateMachineArn: machineArn(name),
      input: JSON.stringify(input),
      ...(executionName === undefined ? {} : { name: executionName }),
    });
    return executionArn as string;
  }

  async describe(executionArn: string): Promise<Described> {
    return (await this.service.call('DescribeExecution', { executionArn })) as unknown as Described;
  }

  async history(executionArn: string): Promise<Event[]> {
    const { events } = await this.service.call('GetExecutionHistory', { executionArn, maxResults: 1000 });
    return events as Event[];
  }

  async types(executionArn: string): Promise<string[]> {
    return (await this.history(executionArn)).map((event) => event.type);
  }

  /** Runs one machine of these states to the end of all timers and describes its execution. */
  async run(definition: Record<string, unknown>, input: unknown = {}): Promise<Described> {
    this.create('machine', definition);
    const arn = await this.start('machine', input);
    await this.clock.run();
    return this.describe(arn);
  }

  /** The output of a machine of one state, "Only". */
  async output(state: Record<string, unknown>, input: unknown = {}): Promise<unknown> {
    const described = await this.run({ StartAt: 'Only', States: { Only: state } }, input);
    if (described.output === undefined)
      throw new StatesError(described.error ?? described.status, described.cause ?? '');
    return JSON.parse(described.output);
  }
}

/** Chains states in the order given; the last one ends. */
export function chain(states: Record<string, Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(states);
  const linked = names.map((name, i) => {
    const state = states[name] ?? {};
    const last = i === names.length - 1;
    const ends = ['Succeed', 'Fail', 'Choice'].includes(String(state.Type));
    return [name, ends ? state : { ...state, ...(last ? { End: true } : { Next: names[i + 1] }) }];
  });
  return { StartAt: names[0], States: Object.fromEntries(linked) };
}

/** The code of the AwsError that a call rejects with. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no error',
    (error: AwsError) => error.code,
  );
}
