import { AwsError } from '../errors.ts';
import { qualified } from '../rights/qualified.ts';
import { executionAnswer, executionItem, machineAnswer, mapRunAnswer, mapRunItem } from './answers.ts';
import { type Engine, Execution, type Machine, type MapRun, type StartedBy } from './execution.ts';
import { type FailedExecution, failureOf } from './failures.ts';
import { uuidFrom } from './functions.ts';
import { eventAnswer } from './history.ts';
import { exceedsLimit, type Payload, parseJson } from './json.ts';
import { loadDefinition } from './load.ts';
import { page } from './page.ts';
import { runExecution } from './runner.ts';
import { Tokens } from './tokens.ts';
import { find, Versions } from './versions.ts';
import { type StatesWorld, UnsupportedDefinition } from './world.ts';

type Body = Record<string, unknown>;
type Action = (body: Body) => Body;

/** The description from which a state machine is created. */
export interface StateMachineSpec {
  name: string;
  arn: string;
  /** JSON text, or the parsed JSON. */
  definition: unknown;
  roleArn: string;
  type: string;
}

/** The API's actions that are implemented, with the fields that each takes; any other is an error. */
export const STATES_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  DescribeExecution: ['executionArn', 'includedData'],
  DescribeMapRun: ['mapRunArn'],
  DescribeStateMachine: ['includedData', 'stateMachineArn'],
  DescribeStateMachineAlias: ['stateMachineAliasArn'],
  DescribeStateMachineForExecution: ['executionArn', 'includedData'],
  GetExecutionHistory: ['executionArn', 'includeExecutionData', 'maxResults', 'nextToken', 'reverseOrder'],
  ListExecutions: ['mapRunArn', 'maxResults', 'nextToken', 'stateMachineArn', 'statusFilter'],
  ListMapRuns: ['executionArn', 'maxResults', 'nextToken'],
  ListStateMachineAliases: ['maxResults', 'nextToken', 'stateMachineArn'],
  ListStateMachineVersions: ['maxResults', 'nextToken', 'stateMachineArn'],
  ListStateMachines: ['maxResults', 'nextToken'],
  SendTaskFailure: ['cause', 'error', 'taskToken'],
  SendTaskHeartbeat: ['taskToken'],
  SendTaskSuccess: ['output', 'taskToken'],
  StartExecution: ['input', 'name', 'stateMachineArn', 'traceHeader'],
  StopExecution: ['cause', 'error', 'executionArn'],
};

/** The form of an execution's name: no space, brackets, wildcards, special or control characters. */
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;
/** The events of a state that failed. Time-outs are not among them: a state may be meant to go on by one. */
const FAILURES: ReadonlySet<string> = new Set(['TaskFailed', 'TaskSubmitFailed', 'EvaluationFailed']);
const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'];

/** Step Functions without HTTP: state machines, their executions, and the API's actions over them. */
export class StepFunctions {
  readonly #world: StatesWorld;
  readonly #engine: Engine;
  readonly #machines = new Map<string, Machine>();
  readonly #versions: Versions;
  readonly #executions = new Map<string, Execution>();
  readonly #byMachine = new Map<string, Execution[]>();
  readonly #mapRuns = new Map<string, MapRun>();
  readonly #actions: Readonly<Record<string, Action>>;

  constructor(world: StatesWorld) {
    this.#world = world;
    this.#versions = new Versions(world.clock);
    this.#engine = {
      world,
      tokens: new Tokens((arn) => this.#executions.has(arn)),
      startNested: (machineArn, name, input) => {
        const { execution, isNew } = this.#start(machineArn, name, input);
        if (isNew) world.counted('nestedStart', execution.machine.name);
        return execution;
      },
      addMapRun: (run) => this.#mapRuns.set(run.arn, run),
      addChild: (child) => this.#executions.set(child.arn, child),
    };
    this.#actions = this.#makeActions();
  }

  /**
   * Creates a state machine, or changes the one with that ARN: running executions go on as they started.
   * @throws UnsupportedDefinition, which names the state and field that isn't implemented
   */
  createStateMachine(spec: StateMachineSpec): void {
    const { arn } = spec;
    this.#machines.set(arn, this.load(spec));
    if (!this.#byMachine.has(arn)) this.#byMachine.set(arn, []);
  }

  /**
   * Loads the machine that `createStateMachine` would create.
   * @throws UnsupportedDefinition, as that does
   */
  load(spec: StateMachineSpec): Machine {
    const { name, arn, roleArn, type } = spec;
    if (type !== 'STANDARD')
      throw new UnsupportedDefinition(name, 'type', `${type} is not implemented (only STANDARD)`);
    const definition = loadDefinition(name, spec.definition, {
      knows: (resource) => this.#world.tasks.knows(resource),
      takes: (resource) => this.#world.tasks.takes?.(resource),
    });
    const text = typeof spec.definition === 'string' ? spec.definition : JSON.stringify(spec.definition);
    const { createdAt = this.#world.clock.now() } = this.#machines.get(arn) ?? {};
    return { name, arn, roleArn, type, definition, text, createdAt };
  }

  /** The executions that failed or ran out of time, in the order in which they began. */
  failed(): FailedExecution[] {
    const ended = this.#executions.values().filter(({ status }) => status === 'FAILED' || status === 'TIMED_OUT');
    return [...ended].map(failureOf);
  }

  /** The executions under way with a state that failed, whether or not it was tried again, in the order in which they began. */
  failing(): FailedExecution[] {
    const underWay = this.#executions.values().filter(({ status }) => status === 'RUNNING');
    return [...underWay.filter(({ history }) => history.events.some(({ type }) => FAILURES.has(type)))].map(failureOf);
  }

  /**
   * An execution, or the child of a Map Run.
   * @throws AwsError where there is none
   */
  execution(arn: string): Execution {
    return this.#execution(arn);
  }

  /** All machines, in the order in which they were created. */
  machines(): Machine[] {
    return [...this.#machines.values()];
  }

  /** A machine's executions, in the order in which they began. */
  executionsOf(machineArn: string): readonly Execution[] {
    return this.#byMachine.get(machineArn) ?? [];
  }

  /** The Map Runs of an execution, in the order in which they began. */
  mapRunsOf(executionArn: string): MapRun[] {
    return [...this.#mapRuns.values().filter(({ parent }) => parent.arn === executionArn)];
  }

  /**
   * A Map Run.
   * @throws AwsError where there is none
   */
  mapRun(arn: string): MapRun {
    return this.#mapRun(arn);
  }

  /** The number of the version with this name, or the number that it will have. */
  versionOf(machineArn: string, name: string): number {
    return this.#versions.numberOf(machineArn, name);
  }

  /** Publishes the machine as it is now, once under each name. */
  publishVersion(machineArn: string, name: string): void {
    this.#versions.publish(this.#machine(machineArn), name);
  }

  /** Makes an alias, or points it to another version. */
  nameVersion(aliasArn: string, versionArn: string): void {
    this.#versions.name(aliasArn, versionArn);
  }

  /**
   * Carries out one call of the API: the action's name (`StartExecution`) and its JSON body; resolves with the answer's JSON body, dates in
   * epoch seconds.
   * @throws AwsError
   */
  async call(action: string, body: Body): Promise<Body> {
    const run = Object.hasOwn(this.#actions, action) ? this.#actions[action] : undefined;
    if (run === undefined)
      throw new AwsError('UnknownOperationException', `Step Functions action ${action} is not implemented`);
    const unknown = Object.keys(body).find((field) => !STATES_ACTIONS[action]?.includes(field));
    if (unknown !== undefined)
      throw new AwsError(
        'ValidationException',
        `field ${unknown} of Step Functions action ${action} is not implemented`,
      );
    return run(body);
  }

  #makeActions(): Record<string, Action> {
    const { tokens } = this.#engine;
    return {
      StartExecution: (body) => this.#startExecution(body),
      StopExecution: (body) => {
        const execution = this.#execution(body.executionArn);
        execution.abort(textOr(body.error), textOr(body.cause));
        return { stopDate: (execution.stoppedAt ?? this.#world.clock.now()) / 1000 };
      },
      DescribeExecution: (body) =>
        executionAnswer(this.#execution(body.executionArn), body.includedData !== 'METADATA_ONLY'),
      ListExecutions: (body) => this.#listExecutions(body),
      GetExecutionHistory: (body) => {
        const { events } = this.#execution(body.executionArn).history;
        const ordered = body.reverseOrder === true ? events.toReversed() : events;
        const { items, nextToken } = page(ordered, body);
        return { events: items.map((event) => eventAnswer(event, body.includeExecutionData !== false)), ...nextToken };
      },
      ListStateMachines: (body) => {
        const { items, nextToken } = page([...this.#machines.values()], body);
        const stateMachines = items.map(({ arn: stateMachineArn, name, type, createdAt }) => {
          return { stateMachineArn, name, type, creationDate: createdAt / 1000 };
        });
        return { stateMachines, ...nextToken };
      },
      DescribeStateMachine: (body) => {
        const { machine, versionArn } = this.#startable(body.stateMachineArn);
        const answer = machineAnswer(machine, body.includedData !== 'METADATA_ONLY');
        return { ...answer, ...(versionArn === null ? {} : { stateMachineArn: versionArn }) };
      },
      DescribeStateMachineAlias: (body) => {
        const { arn, name, versionArn, createdAt, updatedAt } = this.#versions.alias(body.stateMachineAliasArn);
        return {
          stateMachineAliasArn: arn,
          name,
          routingConfiguration: [{ stateMachineVersionArn: versionArn, weight: 100 }],
          creationDate: createdAt / 1000,
          updateDate: updatedAt / 1000,
        };
      },
      ListStateMachineAliases: (body) => {
        const { arn } = this.#machine(body.stateMachineArn);
        const { items, nextToken } = page(this.#versions.aliasesOf(arn), body);
        const stateMachineAliases = items.map(({ arn: stateMachineAliasArn, createdAt }) => {
          return { stateMachineAliasArn, creationDate: createdAt / 1000 };
        });
        return { stateMachineAliases, ...nextToken };
      },
      ListStateMachineVersions: (body) => {
        const { items, nextToken } = page(
          this.#versions.of(this.#machine(body.stateMachineArn).arn).toReversed(),
          body,
        );
        const stateMachineVersions = items.map(({ arn: stateMachineVersionArn, createdAt }) => {
          return { stateMachineVersionArn, creationDate: createdAt / 1000 };
        });
        return { stateMachineVersions, ...nextToken };
      },
      DescribeStateMachineForExecution: (body) => {
        const execution = this.#execution(body.executionArn);
        const { machine } = execution;
        const withData = body.includedData !== 'METADATA_ONLY';
        const { status: _, creationDate, type: __, ...answer } = machineAnswer(machine, withData);
        const run = execution.mapRun;
        return {
          ...answer,
          updateDate: creationDate,
          ...(run === null ? {} : { mapRunArn: run.arn, label: run.label }),
        };
      },
      SendTaskSuccess: (body) => {
        tokens.success(body.taskToken, body.output);
        return {};
      },
      SendTaskFailure: (body) => {
        tokens.failure(body.taskToken, body.error, body.cause);
        return {};
      },
      SendTaskHeartbeat: (body) => {
        tokens.heartbeat(body.taskToken);
        return {};
      },
      DescribeMapRun: (body) => mapRunAnswer(this.#mapRun(body.mapRunArn)),
      ListMapRuns: (body) => {
        const { arn } = this.#execution(body.executionArn);
        const runs = this.#mapRuns.values().filter((run) => run.parent.arn === arn);
        const { items, nextToken } = page([...runs].reverse(), body);
        return { mapRuns: items.map(mapRunItem), ...nextToken };
      },
    };
  }

  #startExecution(body: Body): Body {
    const text = body.input === undefined ? '{}' : body.input;
    const parsed = typeof text === 'string' ? parseJson(text) : null;
    if (parsed === null || typeof text !== 'string') {
      throw new AwsError('InvalidExecutionInput', "Invalid State Machine Execution Input: 'Invalid execution input.'");
    }
    const name = body.name === undefined ? uuidFrom(() => this.#world.random()) : body.name;
    const { execution, isNew } = this.#start(body.stateMachineArn, name, { value: parsed.value, text });
    if (isNew) this.#world.counted('executionStart', execution.machine.name);
    return { executionArn: execution.arn, startDate: execution.startedAt / 1000 };
  }

  /** Starts an execution, or finds the running one with that name and input. */
  #start(machineArn: unknown, name: unknown, input: Payload): { execution: Execution; isNew: boolean } {
    const { machine, ...startedBy } = this.#startable(machineArn);
    if (typeof name !== 'string' || !NAME.test(name))
      throw new AwsError('InvalidName', `Invalid Name: '${String(name)}'`);
    if (exceedsLimit(input.text)) {
      throw new AwsError(
        'ValidationException',
        'The input of the execution exceeds the maximum length of 262144 bytes',
      );
    }
    const { region, account } = this.#world;
    const arn = `arn:aws:states:${region}:${account}:execution:${machine.name}:${name}`;
    const known = this.#executions.get(arn);
    if (known !== undefined) {
      if (known.status === 'RUNNING' && known.input?.text === input.text) return { execution: known, isNew: false };
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const execution = new Execution(this.#engine, { arn, name, machine, startedBy, input, mapRun: null });
    this.#executions.set(arn, execution);
    this.#byMachine.get(machine.arn)?.push(execution);
    execution.start(machine.definition, machine.definition.timeoutSeconds, runExecution);
    return { execution, isNew: true };
  }

  #listExecutions(body: Body): Body {
    const { statusFilter } = body;
    if (statusFilter !== undefined && !STATUSES.includes(String(statusFilter))) {
      throw new AwsError(
        'ValidationException',
        `Value '${String(statusFilter)}' at 'statusFilter' must be one of ${STATUSES.join(', ')}`,
      );
    }
    const all =
      body.mapRunArn === undefined ? this.#executionsOf(body.stateMachineArn) : this.#mapRun(body.mapRunArn).children;
    const found = statusFilter === undefined ? all : all.filter(({ status }) => status === statusFilter);
    const { items, nextToken } = page(found.toReversed(), body);
    return { executions: items.map(executionItem), ...nextToken };
  }

  /** The executions of a state machine, or those that a version or an alias of it started. */
  #executionsOf(arn: unknown): Execution[] {
    const { machine, versionArn, aliasArn } = this.#startable(arn);
    const all = this.#byMachine.get(machine.arn) ?? [];
    if (aliasArn !== null) return all.filter(({ startedBy }) => startedBy.aliasArn === aliasArn);
    return versionArn === null ? all : all.filter(({ startedBy }) => startedBy.versionArn === versionArn);
  }

  /** The machine that an ARN starts: a state machine as it is now, a version of it, or the version that an alias names. */
  #startable(arn: unknown): StartedBy & { machine: Machine } {
    if (qualified(String(arn)).qualifier !== undefined) return this.#versions.startable(arn);
    return { machine: this.#machine(arn), versionArn: null, aliasArn: null };
  }

  #execution(arn: unknown): Execution {
    return find(this.#executions, arn, 'ExecutionDoesNotExist', 'Execution Does Not Exist');
  }

  #machine(arn: unknown): Machine {
    return find(this.#machines, arn, 'StateMachineDoesNotExist', 'State Machine Does Not Exist');
  }

  #mapRun(arn: unknown): MapRun {
    return find(this.#mapRuns, arn, 'ResourceNotFound', 'Resource not found');
  }
}

function textOr(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
