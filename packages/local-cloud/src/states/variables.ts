import { StatesError } from '../errors.ts';
import type { Definition, Flow, State } from './definition.ts';
import type { Template } from './expression.ts';
import { bytesOf, exceedsLimit, type Json } from './json.ts';
import { UnsupportedDefinition } from './world.ts';

/** Variables by name. The object is never changed: an Assign makes a new one. */
export type Variables = Readonly<Record<string, Json>>;

/** The quota on all variables of an execution together, in bytes (10 MiB). */
const ALL_LIMIT = 10_485_760;

/**
 * The variables after an Assign.
 * @throws States.DataLimitExceeded where one state assigns more than 256 KiB, or all variables together exceed 10 MiB
 */
export function assign(variables: Variables, assigned: Record<string, Json>): Variables {
  if (exceedsLimit(JSON.stringify(assigned))) {
    throw new StatesError('States.DataLimitExceeded', 'The variables that the state assigns exceed the size limit.');
  }
  const all = { ...variables, ...assigned };
  if (Object.keys(all).length > 40 && bytesOf(JSON.stringify(all)) > ALL_LIMIT) {
    throw new StatesError('States.DataLimitExceeded', 'The variables of the execution exceed the size limit.');
  }
  return all;
}

/** The names that an Assign sets. */
function namesOf(assign: Template | null): string[] {
  if (assign?.kind === 'object') return assign.members.map(([name]) => name);
  if (assign?.kind === 'constant' && typeof assign.value === 'object' && assign.value !== null)
    return Object.keys(assign.value);
  return [];
}

function assigned(state: State): string[] {
  const all = [state.assign];
  if (state.type === 'Choice') for (const choice of state.choices) all.push(choice.assign);
  return all.flatMap(namesOf);
}

function assignedByCatch(state: State): string[] {
  return 'catchers' in state ? state.catchers.flatMap(({ assign }) => namesOf(assign)) : [];
}

function innerFlows(state: State): { flow: Flow; apart: boolean }[] {
  if (state.type === 'Parallel') return state.branches.map((flow) => ({ flow, apart: false }));
  if (state.type === 'Map') return [{ flow: state.processor, apart: state.distributed }];
  return [];
}

/**
 * Checks that no inner scope (a branch, an inline iteration) assigns a variable of an outer one: inner scopes can read the outer scopes'
 * variables, but not assign them. A distributed Map's children see none of them.
 * @throws UnsupportedDefinition where one does
 */
export function checkScopes(machine: string, definition: Definition): void {
  const walk = (flow: Flow, outer: ReadonlySet<string>): void => {
    const own = new Set(outer);
    for (const state of flow.states.values()) {
      for (const name of [...assigned(state), ...assignedByCatch(state)]) {
        if (outer.has(name)) {
          throw new UnsupportedDefinition(
            machine,
            `state "${state.name}"`,
            `field Assign/${name}: an outer scope has this variable`,
          );
        }
      }
      // A variable that only a Catch assigns may have the name of an inner variable: recorded on AWS (LocalStack's
      // parallel_catch_error_variable_sampling.json5).
      for (const name of assigned(state)) own.add(name);
    }
    for (const state of flow.states.values()) {
      for (const inner of innerFlows(state)) walk(inner.flow, inner.apart ? new Set() : own);
    }
  };
  walk(definition, new Set());
}
