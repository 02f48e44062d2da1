import { StatesError } from '../errors.ts';
import type { TaskState } from './definition.ts';
import { evaluate, type Template, wrongType } from './expression.ts';
import { type Json, limited, type Payload, payloadOf, plain } from './json.ts';
import { LONGEST_TIMEOUT } from './load.ts';
import { describeNested, startNested } from './nested.ts';
import { Cancelled } from './scope.ts';
import { bindingsOf, contextOf, record, type Visit } from './visit.ts';

interface Limits {
  readonly timeout: number | null;
  readonly heartbeat: number | null;
}

/**
 * Runs a Task's integration, one attempt of it, to its result.
 * @throws StatesError, or Cancelled
 */
export async function runTask(at: Visit<TaskState>): Promise<Json> {
  const { state, frame } = at;
  const { tokens, world } = frame.execution.engine;
  const token = state.pattern === 'token' ? tokens.issue(frame.execution.arn) : null;
  const context = contextOf(at, token === null ? {} : { Task: { Token: token } });
  const bindings = bindingsOf(at, {}, context);
  const args = limited(payloadOf(await evaluate(state.arguments, bindings)), `input of the task '${state.resource}'`);
  const limits = {
    timeout: await seconds(state.timeout, 'TimeoutSeconds', bindings),
    heartbeat: await seconds(state.heartbeat, 'HeartbeatSeconds', bindings),
  };
  frame.line.scope.check();
  const what = { resourceType: state.resourceType, resource: state.resourceAction };
  record(frame, 'TaskScheduled', 'taskScheduledEventDetails', {
    ...what,
    region: world.region,
    parameters: args.text,
    ...(limits.timeout === null ? {} : { timeoutInSeconds: limits.timeout }),
    ...(limits.heartbeat === null ? {} : { heartbeatInSeconds: limits.heartbeat }),
  });
  record(frame, 'TaskStarted', 'taskStartedEventDetails', what);
  try {
    const result = limitedResult(await attempt(at, args.value, token, limits), state.resource);
    record(frame, 'TaskSucceeded', 'taskSucceededEventDetails', {
      ...what,
      output: result.text,
      outputDetails: { truncated: false },
    });
    return result.value;
  } catch (thrown) {
    if (thrown instanceof Cancelled) throw thrown;
    const error =
      thrown instanceof StatesError
        ? thrown
        : new StatesError(
            'States.Runtime',
            thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown),
          );
    const kind = error instanceof TimedOut ? 'TimedOut' : 'Failed';
    if (error instanceof TimedOut) at.heartbeat = error.heartbeat;
    record(frame, `Task${kind}`, `task${kind}EventDetails`, {
      ...what,
      error: error.name,
      ...(error.cause === '' ? {} : { cause: error.cause }),
    });
    throw error;
  }
}

/**
 * The error States.DataLimitExceeded for a task's result. The developer guide says that States.ALL can't catch it; as recorded on AWS, it
 * does (LocalStack's test_states_errors.snapshot.json, …catch_state_all_data_limit_exceeded_on_large_utf8_response, 2024-03-21).
 */
export class LargeResult extends StatesError {}

function limitedResult(result: Payload, resource: string): Payload {
  try {
    return limited(result, `result of the task '${resource}'`);
  } catch (error) {
    throw error instanceof StatesError ? new LargeResult(error.name, error.cause) : error;
  }
}

/** The error States.Timeout of a task; history knows no other name for a heartbeat that failed to come. */
class TimedOut extends StatesError {
  readonly heartbeat: boolean;

  constructor(heartbeat: boolean) {
    super('States.Timeout');
    this.heartbeat = heartbeat;
  }
}

async function seconds(
  template: Template | null,
  field: string,
  bindings: ReturnType<typeof bindingsOf>,
): Promise<number | null> {
  if (template === null) return null;
  const value = await evaluate(template, bindings);
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LONGEST_TIMEOUT) return value;
  throw wrongType(field, `integer from 1 to ${LONGEST_TIMEOUT}`, value);
}

/**
 * Makes one attempt, which ends with the integration's answer, the end of what it started, or the token; or with a time-out. The first of
 * these counts, and the others are called off.
 */
function attempt(at: Visit<TaskState>, args: Json, token: string | null, limits: Limits): Promise<Payload> {
  const { line, execution } = at.frame;
  const { world, tokens } = execution.engine;
  return new Promise<Payload>((resolve, reject) => {
    const undo: (() => void)[] = [];
    let over = false;
    const finish = (settle: () => void): void => {
      if (over) return;
      over = true;
      for (const call of undo) call();
      line.wake();
      settle();
    };
    const fail = (error: unknown): void => finish(() => reject(error));
    undo.push(line.scope.onCancel(() => fail(new Cancelled())));
    const started = world.clock.now();
    if (limits.timeout !== null) {
      const timer = world.clock.timer(started + limits.timeout * 1000, () => fail(new TimedOut(false)));
      undo.push(() => timer.cancel());
    }
    const heart = heartbeats(at, limits.heartbeat, () => fail(new TimedOut(true)));
    undo.push(heart.stop);
    const succeed = (payload: Payload): void => finish(() => resolve(payload));
    if (token !== null) {
      undo.push(
        tokens.await(token, {
          succeed,
          fail: (error, cause) => fail(new StatesError(error, cause)),
          heartbeat: heart.beat,
        }),
      );
    }
    const submitted = (answer: Json): void => {
      record(at.frame, 'TaskSubmitted', 'taskSubmittedEventDetails', {
        resourceType: at.state.resourceType,
        resource: at.state.resourceAction,
        output: JSON.stringify(answer),
        outputDetails: { truncated: false },
      });
    };
    try {
      integrate(at, args, { isOver: () => over, submitted, succeed, fail, undo });
    } catch (error) {
      fail(error);
    }
  });
}

interface Attempt {
  isOver(): boolean;
  submitted(answer: Json): void;
  succeed(payload: Payload): void;
  fail(error: unknown): void;
  readonly undo: (() => void)[];
}

function integrate(at: Visit<TaskState>, args: Json, on: Attempt): void {
  const { state, frame } = at;
  const { execution, line } = frame;
  if (state.resourceType === 'states') {
    integrateNested(at, args, on);
    return;
  }
  const meta = { executionArn: execution.arn, stateName: state.name, roleArn: execution.machine.roleArn };
  execution.engine.world.tasks
    .run(state.resource, args, meta)
    .then((raw) => {
      if (on.isOver()) return;
      const answer = raw === undefined ? { value: {} } : plain(raw);
      if (answer === null) throw new Error('the integration answered with what is no JSON');
      if (state.pattern !== 'token') {
        on.succeed(payloadOf(answer.value));
        return;
      }
      on.submitted(answer.value);
      line.sleep();
    })
    .catch((error: unknown) => on.fail(error));
}

/** Runs states:startExecution, which ends when the execution was started, when it has ended (.sync), or by its token. */
function integrateNested(at: Visit<TaskState>, args: Json, on: Attempt): void {
  const { pattern } = at.state;
  const nested = startNested(at, args);
  const answer = { ExecutionArn: nested.arn, StartDate: nested.startedAt };
  if (pattern === 'request') {
    on.succeed(payloadOf(answer));
    return;
  }
  on.submitted(answer);
  if (pattern !== 'token') {
    on.undo.push(
      nested.onEnd(() => {
        if (nested.status === 'SUCCEEDED') on.succeed(payloadOf(describeNested(nested, pattern === 'sync:2')));
        else on.fail(new StatesError('States.TaskFailed', JSON.stringify(describeNested(nested, false))));
      }),
      () => nested.abort(),
    );
  }
  at.frame.line.sleep();
}

/** Watches HeartbeatSeconds: calls `missed` when no heartbeat came for that long. */
function heartbeats(at: Visit, interval: number | null, missed: () => void): { beat(): void; stop(): void } {
  if (interval === null) return { beat: () => {}, stop: () => {} };
  const { clock } = at.frame.execution.engine.world;
  const set = () => clock.timer(clock.now() + interval * 1000, missed);
  let timer = set();
  return {
    beat: () => {
      timer.cancel();
      timer = set();
    },
    stop: () => timer.cancel(),
  };
}
