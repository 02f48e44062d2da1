import type { Execution } from './execution.ts';
import { eventAnswer } from './history.ts';

/** An execution that failed or ran out of time, for somebody who looks for the reason. */
export interface FailedExecution {
  /** The names of the state machine and of the execution; the cloud names the children of a Map Run. */
  readonly machine: string;
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly error: string | null;
  readonly cause: string | null;
  /** The state in which it failed: with states inside states, the innermost that its last event tells of. */
  readonly state: string | null;
  /** The function that this state called last, as its task named it; null where it called none. */
  readonly calledFunction: string | null;
  /** Its events, as GetExecutionHistory answers them. */
  readonly events: readonly Record<string, unknown>[];
}

/** Describes an execution that failed. */
export function failureOf(execution: Execution): FailedExecution {
  const { arn, name, machine, status, error, cause, history } = execution;
  const { events } = history;
  let state: string | null = null;
  let calledFunction: string | null = null;
  for (let event = events.at(-1); event !== undefined && state === null; event = events[event.previousEventId - 1]) {
    const { content } = event.details ?? {};
    if (event.type === 'TaskScheduled') calledFunction ??= functionOf(content?.parameters);
    if (event.type.endsWith('StateEntered') && typeof content?.name === 'string') state = content.name;
  }
  const told = events.map((event) => eventAnswer(event, true));
  return { machine: machine.name, name, arn, status, error, cause, state, calledFunction, events: told };
}

/** The function that a task's parameters, a JSON text, name. */
function functionOf(parameters: unknown): string | null {
  const read: unknown = typeof parameters === 'string' ? JSON.parse(parameters) : null;
  const named = typeof read === 'object' && read !== null && 'FunctionName' in read ? read.FunctionName : null;
  return typeof named === 'string' ? named : null;
}
