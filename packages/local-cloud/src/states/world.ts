import type { Clock } from '../clock/clock.ts';
import type { Counted } from '../consumption.ts';
import type { StateVisit } from '../faults.ts';

/** The statuses that an execution can have (DescribeExecution, and the event of EventBridge). */
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** The `detail` of EventBridge's "Step Functions Execution Status Change": dates are epoch milliseconds there. */
export interface ExecutionStatusChange {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate: number | null;
  input: string | null;
  output: string | null;
  error: string | null;
  cause: string | null;
  inputDetails: { included: boolean };
  outputDetails: { included: boolean } | null;
  stateMachineVersionArn: string | null;
  stateMachineAliasArn: string | null;
  redriveCount: 0;
  redriveDate: null;
  redriveStatus: null;
  redriveStatusReason: null;
}

/** The origin of a task. */
export interface TaskMeta {
  executionArn: string;
  stateName: string;
  roleArn: string;
}

/** The service integrations except states:startExecution, which the interpreter runs itself. */
export interface Tasks {
  /** Whether `resource` (`arn:aws:states:::lambda:invoke`, `…:lambda:invoke.waitForTaskToken`) is implemented. */
  knows(resource: string): boolean;
  /** The names of the arguments that a known resource takes; undefined where any is passed on. */
  takes?(resource: string): readonly string[] | undefined;
  /**
   * Resolves with the integration's raw output.
   * @throws StatesError where it fails
   */
  run(resource: string, args: unknown, meta: TaskMeta): Promise<unknown>;
}

/** The machine that asks, and its role. */
export interface Caller {
  readonly name: string;
  readonly roleArn: string;
}

/**
 * S3 for the Map Runs, each call under the machine's role.
 * @throws an error for a missing object or a missing right
 */
export interface Objects {
  get(bucket: string, key: string, caller: Caller): Promise<Uint8Array>;
  put(bucket: string, key: string, body: Uint8Array, caller: Caller): Promise<void>;
}

/** Everything that the interpreter needs from outside. */
export interface StatesWorld {
  clock: Clock;
  region: string;
  account: string;
  tasks: Tasks;
  objects: Objects;
  /** Told of each change of a Standard execution's status (not of a Map Run's child's). */
  changed(detail: ExecutionStatusChange): void;
  counted(what: Counted, machine: string): void;
  /**
   * Called before a request; without it, every role may do everything.
   * @throws AwsError where a machine's role may not do this
   */
  authorize?(roleArn: string, action: string, resource: string): void;
  /**
   * Asked before a task starts an execution with that name: the fault of the plan. `throttle`, `error`, `deny`: it is refused; `lose`: it
   * is started, and the task is told that it was not.
   */
  faultOfStart?(machine: string, executionName: string): 'throttle' | 'error' | 'deny' | 'lose' | undefined;
  /** Asked at each state that an execution enters: the milliseconds after which somebody stops it, if it is still there. */
  stops?(visit: StateVisit): number | undefined;
  /** Orders the results of a Map Run for writing; by default they have the order of their items. */
  shuffle?<T>(mapRunArn: string, results: readonly T[]): readonly T[];
  /**
   * Whether a Catch of States.ALL takes a task's result over 256 KiB: `caught`, as recorded on AWS, or `fatal`, as documented; default:
   * `caught`.
   */
  largeResults?: 'caught' | 'fatal' | undefined;
  /** 0 ≤ x < 1, seeded: for JitterStrategy FULL, $random and $uuid. */
  random(): number;
}

/** The error for a definition that the local cloud does not run as AWS would: the message names the machine, state and field. */
export class UnsupportedDefinition extends Error {
  /** The state machine's name. */
  readonly machine: string;
  /** The state, or the part of the definition. */
  readonly where: string;

  constructor(machine: string, where: string, what: string) {
    super(`state machine ${machine}: ${where}: ${what}`);
    this.name = 'UnsupportedDefinition';
    this.machine = machine;
    this.where = where;
  }
}
