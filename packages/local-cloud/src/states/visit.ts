import type { Flow, State } from './definition.ts';
import type { Execution } from './execution.ts';
import { type Bindings, within } from './functions.ts';
import type { Json, JsonObject, Payload } from './json.ts';
import type { Line } from './scope.ts';
import type { Variables } from './variables.ts';

/** The place of one line of control of an execution. */
export interface Frame {
  readonly execution: Execution;
  readonly line: Line;
  /** The line's last history event. */
  last: number;
  variables: Variables;
  /** The item of the inline Map's iteration that this line is in. */
  readonly item: { readonly Index: number; readonly Value: Json } | null;
  /** Whether it is the execution's own line, not that of a branch or an iteration. */
  readonly isRoot: boolean;
  /** Whether it is the line of a branch of a Parallel. */
  readonly isBranch: boolean;
}

/** One visit of a state, with the values that its expressions see. */
export interface Visit<S extends State = State> {
  readonly frame: Frame;
  readonly state: S;
  readonly input: Payload;
  readonly enteredAt: number;
  readonly enteredEvent: number;
  /** Retries so far, `$states.context.State.RetryCount`. */
  retries: number;
  /** Set where the failure at hand is a heartbeat that failed to come. */
  heartbeat: boolean;
}

/**
 * Adds a history event to the frame's line.
 * @throws Cancelled once the execution has ended
 */
export function record(
  frame: Frame,
  type: string,
  name: string | null = null,
  content: Record<string, unknown> = {},
): number {
  const { execution } = frame;
  execution.scope.check();
  frame.last = execution.history.add(execution.engine.world.clock.now(), frame.last, type, name, content);
  if (frame.isRoot) execution.lastEvent = frame.last;
  return frame.last;
}

/**
 * Runs a flow's states on the frame's line, to its output. States with flows of their own get this as an argument, so that only the runner
 * knows all kinds of states.
 * @throws StatesError, or Cancelled
 */
export type RunFlow = (frame: Frame, flow: Flow, input: Payload) => Promise<Payload>;

/** The context object, `$states.context`. */
export function contextOf(at: Visit, more: JsonObject = {}): JsonObject {
  const { execution, item } = at.frame;
  const { machine, mapRun } = execution;
  const state: JsonObject = { Name: at.state.name, EnteredTime: new Date(at.enteredAt).toISOString() };
  if ('retry' in at.state) state.RetryCount = at.retries;
  const map: JsonObject = item === null ? {} : { Map: { Item: { Index: item.Index, Value: item.Value } } };
  return {
    Execution: {
      Id: execution.arn,
      Input: execution.input?.value ?? null,
      StartTime: new Date(execution.startedAt).toISOString(),
      Name: execution.name,
      RoleArn: machine.roleArn,
      RedriveCount: 0,
    },
    StateMachine: {
      Id: mapRun === null ? machine.arn : `${machine.arn}/${mapRun.label}`,
      Name: mapRun === null ? machine.name : `${machine.name}/${mapRun.label}`,
    },
    State: state,
    ...map,
    ...more,
  };
}

/** The names that the expressions of a visit see; `known` holds `result` or `errorOutput` where there is one. */
export function bindingsOf(at: Visit, known: Record<string, Json> = {}, context: Json = contextOf(at)): Bindings {
  const { world } = at.frame.execution.engine;
  return within(world, { ...at.frame.variables, states: { input: at.input.value, context, ...known } });
}
