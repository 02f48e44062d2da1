import { StatesError } from '../errors.ts';
import type { Definition, Flow } from './definition.ts';
import { History } from './history.ts';
import type { Payload } from './json.ts';
import { Cancelled, Line, Scope } from './scope.ts';
import type { Tokens } from './tokens.ts';
import type { ExecutionStatus, ExecutionStatusChange, StatesWorld } from './world.ts';

/** A state machine that was created. */
export interface Machine {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly type: 'STANDARD';
  readonly definition: Definition;
  /** The text of the definition, as it was given. */
  readonly text: string;
  readonly createdAt: number;
}

/** The version and the alias by which an execution was started; null where it was by neither. */
export interface StartedBy {
  readonly versionArn: string | null;
  readonly aliasArn: string | null;
}

/** The service that runs executions, as far as they need it. */
export interface Engine {
  readonly world: StatesWorld;
  readonly tokens: Tokens;
  /**
   * Starts an execution of the machine for a task of another.
   * @throws AwsError where it can't be started
   */
  startNested(machineArn: string, name: string, input: Payload): Execution;
  /** Makes a Map Run, and its children as they start, known to the API. */
  addMapRun(run: MapRun): void;
  addChild(execution: Execution): void;
}

export interface ExecutionSpec {
  readonly arn: string;
  readonly name: string;
  /** The machine as it was when the execution started: later changes don't reach the execution. */
  readonly machine: Machine;
  readonly startedBy: StartedBy;
  readonly input: Payload;
  /** The Map Run whose child this is. */
  readonly mapRun: MapRun | null;
}

/** Runs the states of a flow to its output. */
export type RunExecution = (execution: Execution, flow: Flow, line: Line) => Promise<Payload>;

/** One execution: a machine's, or a Map Run's child. */
export class Execution {
  readonly arn: string;
  readonly name: string;
  readonly machine: Machine;
  readonly startedBy: StartedBy;
  readonly mapRun: MapRun | null;
  readonly engine: Engine;
  readonly scope = new Scope();
  readonly history = new History();
  readonly startedAt: number;
  /** The last event outside branches and iterations; the event that ends the execution follows it. */
  lastEvent = 0;
  #input: Payload | null;
  #status: ExecutionStatus = 'RUNNING';
  #stoppedAt: number | null = null;
  #output: Payload | null = null;
  #error: string | null = null;
  #cause: string | null = null;
  #listeners: (() => void)[] = [];

  constructor(engine: Engine, spec: ExecutionSpec) {
    this.engine = engine;
    this.arn = spec.arn;
    this.name = spec.name;
    this.machine = spec.machine;
    this.startedBy = spec.startedBy;
    this.mapRun = spec.mapRun;
    this.#input = spec.input;
    this.startedAt = engine.world.clock.now();
  }

  get status(): ExecutionStatus {
    return this.#status;
  }
  get stoppedAt(): number | null {
    return this.#stoppedAt;
  }
  get output(): Payload | null {
    return this.#output;
  }
  get error(): string | null {
    return this.#error;
  }
  get cause(): string | null {
    return this.#cause;
  }
  /** Null once the execution has let go of it. */
  get input(): Payload | null {
    return this.#input;
  }

  /** Begins, holding the clock; the states run from the next microtask on. */
  start(flow: Flow, timeoutSeconds: number | null, run: RunExecution): void {
    const { world } = this.engine;
    const input = this.#input?.text ?? '';
    this.history.add(this.startedAt, 0, 'ExecutionStarted', 'executionStartedEventDetails', {
      input,
      inputDetails: { truncated: false },
      roleArn: this.machine.roleArn,
    });
    this.#announce();
    const line = new Line(world.clock, this.scope, `execution of ${this.machine.name}`);
    if (timeoutSeconds !== null) {
      const timer = world.clock.timer(this.startedAt + timeoutSeconds * 1000, () =>
        this.#end('TIMED_OUT', 'States.Timeout', ''),
      );
      this.scope.onCancel(() => timer.cancel());
    }
    void Promise.resolve()
      .then(() => run(this, flow, line))
      .then(
        (output) => {
          if (this.#status !== 'RUNNING') return;
          this.#output = output;
          this.#end('SUCCEEDED', null, null);
        },
        (error: unknown) => this.#failWith(error),
      )
      .finally(() => line.sleep());
  }

  /** Ends the execution from outside (StopExecution, a stopped parent). */
  abort(error: string | null = null, cause: string | null = null): void {
    this.#end('ABORTED', error, cause);
  }

  /** Calls `listener` when the execution ends, while the clock is held; returns the call that removes it. */
  onEnd(listener: () => void): () => void {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  /** Lets go of the input, the output and most of the history of an execution that has ended. */
  forget(): void {
    this.#input = null;
    this.#output = null;
    this.history.drop();
  }

  #failWith(error: unknown): void {
    if (error instanceof Cancelled) return;
    if (error instanceof StatesError) this.#end('FAILED', error.name, error.cause);
    else
      this.#end('FAILED', 'States.Runtime', error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }

  #end(status: Exclude<ExecutionStatus, 'RUNNING'>, error: string | null, cause: string | null): void {
    if (this.#status !== 'RUNNING') return;
    const { clock } = this.engine.world;
    const release = clock.hold('the end of an execution');
    this.#status = status;
    this.#stoppedAt = clock.now();
    this.#error = error;
    this.#cause = cause;
    this.scope.cancel();
    this.#recordEnd(status);
    this.#announce();
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
    release();
  }

  #recordEnd(status: Exclude<ExecutionStatus, 'RUNNING'>): void {
    const kind = { SUCCEEDED: 'Succeeded', FAILED: 'Failed', ABORTED: 'Aborted', TIMED_OUT: 'TimedOut' }[status];
    const content: Record<string, unknown> =
      status === 'SUCCEEDED'
        ? { output: this.#output?.text, outputDetails: { truncated: false } }
        : { ...(this.#error ? { error: this.#error } : {}), ...(this.#cause ? { cause: this.#cause } : {}) };
    const now = this.engine.world.clock.now();
    this.history.add(now, this.lastEvent, `Execution${kind}`, `execution${kind}EventDetails`, content);
  }

  #announce(): void {
    if (this.mapRun !== null) return;
    const change: ExecutionStatusChange = {
      executionArn: this.arn,
      stateMachineArn: this.machine.arn,
      name: this.name,
      status: this.#status,
      startDate: this.startedAt,
      stopDate: this.#stoppedAt,
      input: this.#input?.text ?? null,
      output: this.#output?.text ?? null,
      error: this.#error || null,
      cause: this.#cause || null,
      inputDetails: { included: true },
      outputDetails: this.#output === null ? null : { included: true },
      stateMachineVersionArn: this.startedBy.versionArn,
      stateMachineAliasArn: this.startedBy.aliasArn,
      redriveCount: 0,
      redriveDate: null,
      redriveStatus: null,
      redriveStatusReason: null,
    };
    this.engine.world.changed(change);
  }
}

/** The counts of a Map Run's children or of their items, as DescribeMapRun gives them. */
export interface Counts {
  total: number;
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  resultsWritten: number;
}

function noCounts(): Counts {
  return { total: 0, pending: 0, running: 0, succeeded: 0, failed: 0, timedOut: 0, aborted: 0, resultsWritten: 0 };
}

/** The number of a Map Run's items that may fail. */
export interface Tolerance {
  /** Null where the definition has no such field. */
  readonly count: number | null;
  readonly percentage: number | null;
}

/** The end of one child, in the texts that the Map Run's result is made of. */
export interface ChildResult {
  readonly status: ExecutionStatus;
  /** The child's output as JSON text; null if it failed. */
  readonly output: string | null;
  /** The child's record by Transformation NONE, as JSON text; null for a child that succeeded if the Map doesn't need it. */
  readonly record: string | null;
}

/** One run of a distributed Map. Its children are executions that know it, and so it is described beside them. */
export class MapRun {
  readonly arn: string;
  readonly id: string;
  readonly label: string;
  readonly parent: Execution;
  readonly startedAt: number;
  readonly maxConcurrency: number;
  readonly tolerance: Tolerance;
  readonly children: Execution[] = [];
  readonly results: ChildResult[] = [];
  readonly executionCounts = noCounts();
  readonly itemCounts = noCounts();
  status: ExecutionStatus = 'RUNNING';
  stoppedAt: number | null = null;

  constructor(parent: Execution, label: string, id: string, maxConcurrency: number, tolerance: Tolerance) {
    const { clock, region, account } = parent.engine.world;
    this.id = id;
    this.arn = `arn:aws:states:${region}:${account}:mapRun:${parent.machine.name}/${label}:${id}`;
    this.label = label;
    this.parent = parent;
    this.startedAt = clock.now();
    this.maxConcurrency = maxConcurrency;
    this.tolerance = tolerance;
  }

  end(status: ExecutionStatus): void {
    if (this.status !== 'RUNNING') return;
    this.status = status;
    this.stoppedAt = this.parent.engine.world.clock.now();
  }

  /** Whether more items failed, timed out or were aborted than the Map tolerates. */
  exceeded(): boolean {
    const { failed, timedOut, aborted, total } = this.itemCounts;
    const bad = failed + timedOut + aborted;
    const { count, percentage } = this.tolerance;
    if (count === null && percentage === null) return bad > 0;
    return (count !== null && bad > count) || (percentage !== null && bad * 100 > percentage * total);
  }
}
