import type { Timer } from '../clock/clock.ts';
import { StatesError } from '../errors.ts';
import { runInlineMap, runParallel } from './branches.ts';
import type { ChoiceState, Flow, State, WaitState } from './definition.ts';
import type { Execution } from './execution.ts';
import { evaluate, QueryError, type Template, wrongType } from './expression.ts';
import { isObject, type Json, limited, type Payload, payloadOf } from './json.ts';
import { instantOf, LONGEST_TIMEOUT } from './load.ts';
import { runMapRun } from './map-run.ts';
import { delaySeconds, matches, type Retrier } from './retry.ts';
import { Cancelled, type Line } from './scope.ts';
import { LargeResult, runTask } from './task.ts';
import { assign } from './variables.ts';
import { bindingsOf, type Frame, record, type Visit } from './visit.ts';

/** Runs an execution's flow from its start to its output. */
export function runExecution(execution: Execution, flow: Flow, line: Line): Promise<Payload> {
  const frame: Frame = { execution, line, last: 0, variables: {}, item: null, isRoot: true, isBranch: false };
  return runFlow(frame, flow, execution.input ?? payloadOf({}));
}

/**
 * Runs a flow's states on the frame's line.
 * @throws StatesError, or Cancelled
 */
export async function runFlow(frame: Frame, flow: Flow, input: Payload): Promise<Payload> {
  let name: string | null = flow.startAt;
  let payload = input;
  while (name !== null) {
    const state = flow.states.get(name);
    if (state === undefined) throw new Error(`no state ${name}`);
    frame.line.scope.check();
    ({ next: name, payload } = await visit(frame, state, payload));
  }
  return payload;
}

/** The next state, and the templates of the output and the variables. `result` is `$states.result`, for states that have one. */
interface Outcome {
  readonly next: string | null;
  readonly output: Template | null;
  readonly assign: Template | null;
  readonly result: Json | null;
  readonly hasResult: boolean;
}

async function visit(frame: Frame, state: State, input: Payload): Promise<{ next: string | null; payload: Payload }> {
  const { world } = frame.execution.engine;
  const enteredEvent = record(frame, `${state.type}StateEntered`, 'stateEnteredEventDetails', {
    name: state.name,
    input: input.text,
    inputDetails: { truncated: false },
  });
  const at: Visit = { frame, state, input, enteredAt: world.clock.now(), enteredEvent, retries: 0, heartbeat: false };
  const stopping = stopByHand(at);
  try {
    return await work(at);
  } finally {
    stopping?.cancel();
  }
}

/**
 * Stops the execution in this state where the fault plan says so: at once, or by the timer that is returned.
 * @throws Cancelled where it is stopped at once
 */
function stopByHand({ frame: { execution }, state, enteredAt }: Visit): Timer | undefined {
  const { world } = execution.engine;
  const after = world.stops?.({ machine: execution.machine.name, execution: execution.arn, state: state.name });
  if (after === undefined) return undefined;
  if (after > 0) return world.clock.timer(enteredAt + after, () => execution.abort());
  execution.abort();
  execution.scope.check();
  return undefined;
}

/** Does the work of a state to its end, again where its Retry says so. */
async function work(at: Visit): Promise<{ next: string | null; payload: Payload }> {
  const { frame, state } = at;
  const { world } = frame.execution.engine;
  const attempts = new Map<Retrier, number>();
  for (;;) {
    world.counted('transition', frame.execution.machine.name);
    try {
      const outcome = await perform(at);
      const known: Record<string, Json> = outcome.hasResult ? { result: outcome.result } : {};
      return await leave(
        at,
        outcome.next,
        outcome.output,
        outcome.assign,
        known,
        outcome.hasResult ? outcome.result : undefined,
      );
    } catch (thrown) {
      const error = asStatesError(at, thrown);
      if (await retried(at, error, attempts)) continue;
      if (state.type === 'Map' || state.type === 'Parallel') record(frame, `${state.type}StateFailed`);
      return await caught(at, error);
    }
  }
}

/** Evaluates Output and Assign (both see the variables as they were at entry), and leaves the state. */
async function leave(
  at: Visit,
  next: string | null,
  output: Template | null,
  assignment: Template | null,
  known: Record<string, Json>,
  result: Json | undefined,
): Promise<{ next: string | null; payload: Payload }> {
  const { frame, state } = at;
  const needed = output !== null || assignment !== null;
  const bindings = needed ? bindingsOf(at, known) : {};
  const assigned = assignment === null ? null : await evaluate(assignment, bindings);
  let payload = at.input;
  if (output !== null) payload = payloadOf(await evaluate(output, bindings));
  else if (result !== undefined) payload = payloadOf(result);
  limited(payload, `output of the state '${state.name}'`);
  frame.line.scope.check();
  const exited: Record<string, unknown> = {
    name: state.name,
    output: payload.text,
    outputDetails: { truncated: false },
  };
  if (isObject(assigned)) {
    frame.variables = assign(frame.variables, assigned as Record<string, Json>);
    exited.assignedVariables = Object.fromEntries(
      Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)]),
    );
    exited.assignedVariablesDetails = { truncated: false };
  }
  record(frame, `${state.type}StateExited`, 'stateExitedEventDetails', exited);
  return { next, payload };
}

/**
 * The error as States Language knows it; whatever else is thrown becomes States.Runtime.
 * @throws Cancelled, which goes through
 */
function asStatesError(at: Visit, thrown: unknown): StatesError {
  if (thrown instanceof Cancelled) throw thrown;
  if (thrown instanceof QueryError) {
    const cause = `An error occurred while executing the state '${at.state.name}' (entered at the event id #${at.enteredEvent}). ${thrown.cause}`;
    record(at.frame, 'EvaluationFailed', 'evaluationFailedEventDetails', {
      error: thrown.name,
      cause,
      location: thrown.location,
      state: at.state.name,
    });
    return new StatesError(thrown.name, cause);
  }
  if (thrown instanceof StatesError) return thrown;
  const cause = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new StatesError('States.Runtime', `An error occurred while executing the state '${at.state.name}'. ${cause}`);
}

/** Waits for the retry that the state's Retry allows; returns whether there is one. */
async function retried(at: Visit, error: StatesError, attempts: Map<Retrier, number>): Promise<boolean> {
  if (!('retry' in at.state)) return false;
  const kind = { isTask: at.state.type === 'Task', heartbeat: at.heartbeat };
  const retrier = at.state.retry.find((entry) => matches(entry.errors, error, kind));
  if (retrier === undefined) return false;
  const retries = attempts.get(retrier) ?? 0;
  if (retries >= retrier.maxAttempts) return false;
  attempts.set(retrier, retries + 1);
  at.retries++;
  at.heartbeat = false;
  const { world } = at.frame.execution.engine;
  const delay = delaySeconds(retrier, retries, () => world.random());
  await at.frame.line.until(world.clock.now() + Math.round(delay * 1000));
  return true;
}

/** Records that a Task which failed in a branch of a Parallel is aborted with it; later events follow its failure, not this event. */
function abortedInBranch({ frame, state }: Visit): void {
  if (!frame.isBranch || state.type !== 'Task') return;
  const { last } = frame;
  record(frame, 'TaskStateAborted');
  frame.last = last;
}

async function caught(at: Visit, error: StatesError): Promise<{ next: string | null; payload: Payload }> {
  if (!('catchers' in at.state)) throw error;
  const { largeResults } = at.frame.execution.engine.world;
  const kind = {
    isTask: at.state.type === 'Task',
    heartbeat: at.heartbeat,
    largeResult: error instanceof LargeResult && largeResults !== 'fatal',
  };
  const catcher = at.state.catchers.find((entry) => matches(entry.errors, error, kind));
  if (catcher === undefined) {
    abortedInBranch(at);
    throw error;
  }
  const errorOutput: Json = { Error: error.name, ...(error.cause === '' ? {} : { Cause: error.cause }) };
  try {
    return await leave(at, catcher.next, catcher.output, catcher.assign, { errorOutput }, errorOutput);
  } catch (thrown) {
    throw asStatesError(at, thrown);
  }
}

/** The visit, typed by its state. */
function typed<S extends State>(at: Visit, state: S): Visit<S> {
  return Object.assign(at, { state });
}

async function perform(at: Visit): Promise<Outcome> {
  const { state } = at;
  const plainly = { next: state.next, output: state.output, assign: state.assign, result: null, hasResult: false };
  switch (state.type) {
    case 'Pass':
    case 'Succeed':
      return plainly;
    case 'Wait':
      await wait(at, state);
      return plainly;
    case 'Choice':
      return choose(at, state);
    case 'Fail':
      throw new StatesError(await textOf(at, state.error, 'Error'), await textOf(at, state.cause, 'Cause'));
    case 'Task':
      return { ...plainly, result: await runTask(typed(at, state)), hasResult: true };
    case 'Parallel':
      return { ...plainly, result: await runParallel(typed(at, state), runFlow), hasResult: true };
    case 'Map': {
      const map = typed(at, state);
      return {
        ...plainly,
        result: state.distributed ? await runMapRun(map, runExecution) : await runInlineMap(map, runFlow),
        hasResult: true,
      };
    }
  }
}

async function textOf(at: Visit, template: Template | null, field: string): Promise<string> {
  if (template === null) return '';
  const value = await evaluate(template, bindingsOf(at));
  if (typeof value !== 'string') throw wrongType(field, 'string', value);
  return value;
}

async function choose(at: Visit, state: ChoiceState): Promise<Outcome> {
  const bindings = bindingsOf(at);
  for (const [i, choice] of state.choices.entries()) {
    const chosen = await evaluate(choice.condition, bindings);
    if (typeof chosen !== 'boolean') throw wrongType(`Choices[${i}]/Condition`, 'boolean', chosen);
    if (chosen)
      return { next: choice.next, output: choice.output, assign: choice.assign, result: null, hasResult: false };
  }
  if (state.default === null) {
    // The developer guide: "no choice is matched" is reported with the error name States.Runtime.
    throw new StatesError('States.Runtime', `No choice of the state '${state.name}' matched, and it has no Default.`);
  }
  return { next: state.default, output: state.output, assign: state.assign, result: null, hasResult: false };
}

async function wait(at: Visit, state: WaitState): Promise<void> {
  const { line } = at.frame;
  const bindings = bindingsOf(at);
  if (state.seconds !== null) {
    const seconds = await evaluate(state.seconds, bindings);
    if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0 || seconds > LONGEST_TIMEOUT) {
      throw wrongType('Seconds', 'integer from 0 to 99999999', seconds);
    }
    return line.until(at.enteredAt + seconds * 1000);
  }
  if (state.timestamp !== null) {
    const timestamp = await evaluate(state.timestamp, bindings);
    const instant = instantOf(timestamp);
    if (instant === null) throw wrongType('Timestamp', 'ISO-8601 instant', timestamp);
    return line.until(instant);
  }
}
