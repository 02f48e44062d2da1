import type { Catcher, Choice, Definition, Flow, Pattern, State, TaskState } from './definition.ts';
import { isObject, type Json, parseJson } from './json.ts';
import { readMap } from './load-map.ts';
import { NESTED_ARGUMENTS } from './nested.ts';
import { Fields, type Reading } from './reading.ts';
import type { Retrier } from './retry.ts';
import { checkScopes } from './variables.ts';
import { UnsupportedDefinition } from './world.ts';

/** The longest TimeoutSeconds and HeartbeatSeconds (quota), in seconds. */
export const LONGEST_TIMEOUT = 99_999_999;

/**
 * Reads and compiles a definition in Amazon States Language with JSONata.
 * @throws UnsupportedDefinition, which names the state and the field, for whatever would not run as it does on AWS
 */
export function loadDefinition(
  machine: string,
  definition: unknown,
  options: Pick<Reading, 'knows' | 'takes'>,
): Definition {
  const parsed = typeof definition === 'string' ? parseJson(definition) : { value: definition as Json };
  if (parsed === null) throw new UnsupportedDefinition(machine, 'definition', 'is no JSON');
  const reading: Reading = { machine, ...options, names: new Set() };
  const fields = new Fields(reading, 'Definition', 'definition', parsed.value);
  fields.text('Comment');
  fields.oneOf('Version');
  if (fields.text('QueryLanguage') !== 'JSONata') {
    throw fields.fault('QueryLanguage', 'must be JSONata (JSONPath is not implemented)');
  }
  const timeoutSeconds = fields.integer('TimeoutSeconds', 1, LONGEST_TIMEOUT);
  const flow = readFlow(fields);
  const loaded = { ...flow, timeoutSeconds };
  checkScopes(machine, loaded);
  return loaded;
}

/** Reads StartAt and States of a machine, a branch or an item processor, and checks all transitions. */
export function readFlow(fields: Fields): Flow {
  const startAt = fields.needText('StartAt');
  const content = new Fields(fields.reading, null, `${fields.where} field States`, fields.raw('States'));
  const states = new Map<string, State>();
  for (const name of Object.keys(fields.raw('States') ?? {})) {
    if (name.length > 80) throw content.fault(name, 'a state name has at most 80 characters');
    if (fields.reading.names.has(name)) throw content.fault(name, 'this name is taken: states have unique names');
    fields.reading.names.add(name);
    states.set(name, readState(name, new Fields(fields.reading, null, `state "${name}"`, content.raw(name))));
  }
  if (states.size === 0) throw fields.fault('States', 'is empty');
  if (!states.has(startAt)) throw fields.fault('StartAt', `there is no state "${startAt}" here`);
  for (const state of states.values()) {
    for (const [field, target] of targets(state)) {
      if (states.has(target)) continue;
      throw new UnsupportedDefinition(
        fields.reading.machine,
        `state "${state.name}"`,
        `field ${field}: no state "${target}"`,
      );
    }
  }
  checkReachable(fields, { startAt, states });
  return { startAt, states };
}

function targets(state: State): [string, string][] {
  const found: [string, string][] = state.next === null ? [] : [['Next', state.next]];
  if (state.type === 'Choice') {
    for (const choice of state.choices) found.push(['Choices', choice.next]);
    if (state.default !== null) found.push(['Default', state.default]);
  }
  if ('catchers' in state) for (const catcher of state.catchers) found.push(['Catch', catcher.next]);
  return found;
}

function checkReachable(fields: Fields, flow: Flow): void {
  const reached = new Set([flow.startAt]);
  for (const name of reached) {
    const state = flow.states.get(name);
    if (state !== undefined) for (const [, target] of targets(state)) reached.add(target);
  }
  for (const name of flow.states.keys()) {
    if (!reached.has(name)) {
      throw new UnsupportedDefinition(fields.reading.machine, `state "${name}"`, 'no transition leads here');
    }
  }
}

function readState(name: string, fields: Fields): State {
  const type = fields.oneOf('Type');
  if (type === null) throw fields.fault('Type', 'is missing');
  fields.allow(type);
  fields.text('Comment');
  fields.oneOf('QueryLanguage');
  const state = readTyped(name, type, fields);
  return state;
}

function readTyped(name: string, type: State['type'], fields: Fields): State {
  switch (type) {
    case 'Pass':
      return { type, ...common(name, fields) };
    case 'Succeed':
      return { type, name, next: null, output: fields.template('Output'), assign: null };
    case 'Fail':
      return {
        type,
        name,
        next: null,
        output: null,
        assign: null,
        error: text(fields, 'Error'),
        cause: text(fields, 'Cause'),
      };
    case 'Wait':
      return readWait(name, fields);
    case 'Choice':
      return readChoice(name, fields);
    case 'Task':
      return { ...common(name, fields), ...failing(fields), ...readTask(fields) };
    case 'Parallel': {
      const branches = fields.list('Branches');
      if (branches === null || branches.length === 0) throw fields.fault('Branches', 'is missing');
      const flows = branches.map((branch, i) => {
        const inner = new Fields(fields.reading, 'Branch', `state "${name}" branch ${i}`, branch);
        inner.text('Comment');
        const flow = readFlow(inner);
        return flow;
      });
      return {
        type,
        ...common(name, fields),
        ...failing(fields),
        branches: flows,
        arguments: fields.template('Arguments'),
      };
    }
    case 'Map':
      return { ...common(name, fields), ...failing(fields), ...readMap(name, fields, readFlow) };
  }
}

function common(name: string, fields: Fields) {
  const next = fields.text('Next');
  const end = fields.flag('End');
  if ((next === null) !== end) throw fields.fault('Next', 'a state has either Next or "End": true');
  return { name, next, output: fields.template('Output'), assign: fields.assign() };
}

function text(fields: Fields, field: string) {
  const value = fields.template(field);
  if (value?.kind === 'constant' && typeof value.value !== 'string') throw fields.fault(field, 'must be a string');
  if (value?.kind === 'array' || value?.kind === 'object') throw fields.fault(field, 'must be a string');
  return value;
}

function readWait(name: string, fields: Fields): State {
  const seconds = fields.number(
    'Seconds',
    (s) => Number.isInteger(s) && s >= 0 && s <= LONGEST_TIMEOUT,
    'an integer from 0 to 99999999',
  );
  const timestamp = text(fields, 'Timestamp');
  if ((seconds === null) === (timestamp === null))
    throw fields.fault('Seconds', 'a Wait has either Seconds or Timestamp');
  if (timestamp?.kind === 'constant' && instantOf(timestamp.value) === null) {
    throw fields.fault('Timestamp', 'must be an RFC 3339 instant like 2026-06-01T00:00:00Z');
  }
  return { type: 'Wait', ...common(name, fields), seconds, timestamp };
}

/** The epoch milliseconds of an RFC 3339 instant (profile of ISO 8601: upper-case T and Z); null for anything else. */
export function instantOf(value: Json): number | null {
  if (typeof value !== 'string') return null;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value)) return null;
  const millis = Date.parse(value);
  return Number.isNaN(millis) ? null : millis;
}

function readChoice(name: string, fields: Fields): State {
  const rules = fields.list('Choices');
  if (rules === null || rules.length === 0) throw fields.fault('Choices', 'is missing');
  const choices = rules.map((rule, i): Choice => {
    const inner = new Fields(fields.reading, 'Choice rule', `state "${name}" choice ${i}`, rule);
    inner.text('Comment');
    const condition = inner.template('Condition');
    if (condition === null) throw inner.fault('Condition', 'is missing');
    if (condition.kind !== 'expression' && !(condition.kind === 'constant' && typeof condition.value === 'boolean')) {
      throw inner.fault('Condition', 'must be a JSONata expression, true or false');
    }
    const choice = {
      condition,
      next: inner.needText('Next'),
      output: inner.template('Output'),
      assign: inner.assign(),
    };
    return choice;
  });
  return {
    type: 'Choice',
    name,
    next: null,
    choices,
    default: fields.text('Default'),
    output: fields.template('Output'),
    assign: fields.assign(),
  };
}

const RESOURCE =
  /^arn:aws[a-z-]*:states:::([a-z0-9-]+):([A-Za-z0-9]+(?::[A-Za-z0-9]+)?)(\.sync|\.sync:2|\.waitForTaskToken)?$/;
/** The endings of a Task's resource that say how the task's end is told. */
export const PATTERNS: Readonly<Record<string, Pattern>> = {
  '.sync': 'sync',
  '.sync:2': 'sync:2',
  '.waitForTaskToken': 'token',
};

function readTask(fields: Fields): Omit<TaskState, 'name' | 'next' | 'output' | 'assign' | 'retry' | 'catchers'> {
  const resource = fields.needText('Resource');
  const [, resourceType, action, suffix] = RESOURCE.exec(resource) ?? [];
  if (resourceType === undefined || action === undefined)
    throw fields.fault('Resource', `${resource} is not implemented`);
  const pattern = suffix === undefined ? 'request' : (PATTERNS[suffix] ?? 'request');
  const nested = resourceType === 'states' && action === 'startExecution';
  if (!nested && (pattern === 'sync' || pattern === 'sync:2' || !fields.reading.knows(resource))) {
    throw fields.fault('Resource', `${resource} is not implemented`);
  }
  const seconds = (s: number) => Number.isInteger(s) && s >= 1 && s <= LONGEST_TIMEOUT;
  const expected = `an integer from 1 to ${LONGEST_TIMEOUT}`;
  const timeout = fields.number('TimeoutSeconds', seconds, expected);
  const heartbeat = fields.number('HeartbeatSeconds', seconds, expected);
  if (
    timeout?.kind === 'constant' &&
    heartbeat?.kind === 'constant' &&
    Number(heartbeat.value) >= Number(timeout.value)
  ) {
    throw fields.fault('HeartbeatSeconds', 'must be smaller than TimeoutSeconds');
  }
  const args = fields.template('Arguments');
  if (args === null) throw fields.fault('Arguments', 'is missing');
  const takes = nested ? NESTED_ARGUMENTS : fields.reading.takes(resource);
  const raw = fields.raw('Arguments');
  const unknown = isObject(raw) ? Object.keys(raw).find((name) => takes?.includes(name) === false) : undefined;
  if (unknown !== undefined) throw fields.fault(`Arguments/${unknown}`, `is not implemented for ${resource}`);
  return {
    type: 'Task',
    resource,
    resourceType,
    resourceAction: `${action}${suffix ?? ''}`,
    pattern,
    arguments: args,
    timeout,
    heartbeat,
  };
}

function failing(fields: Fields): { retry: Retrier[]; catchers: Catcher[] } {
  return { retry: readRetry(fields), catchers: readCatch(fields) };
}

function readErrors(fields: Fields, last: boolean): string[] {
  const errors = fields.texts('ErrorEquals');
  if (errors === null || errors.length === 0) throw fields.fault('ErrorEquals', 'is missing');
  if (errors.includes('States.ALL') && (errors.length > 1 || !last)) {
    throw fields.fault('ErrorEquals', 'States.ALL stands alone, and last');
  }
  return errors;
}

function readRetry(fields: Fields): Retrier[] {
  const entries = fields.list('Retry') ?? [];
  return entries.map((entry, i) => {
    const inner = new Fields(fields.reading, 'Retry', `${fields.where} Retry ${i}`, entry);
    inner.text('Comment');
    const rate = inner.raw('BackoffRate') ?? 2;
    if (typeof rate !== 'number' || rate < 1) throw inner.fault('BackoffRate', 'must be a number of at least 1');
    const retrier: Retrier = {
      errors: readErrors(inner, i === entries.length - 1),
      intervalSeconds: inner.integer('IntervalSeconds', 1, LONGEST_TIMEOUT) ?? 1,
      maxAttempts: inner.integer('MaxAttempts', 0, LONGEST_TIMEOUT) ?? 3,
      backoffRate: rate,
      maxDelaySeconds: inner.integer('MaxDelaySeconds', 1, 31_622_400),
      jitter: inner.oneOf('JitterStrategy') === 'FULL',
    };
    if (retrier.maxDelaySeconds !== null && retrier.maxDelaySeconds <= retrier.intervalSeconds) {
      throw inner.fault('MaxDelaySeconds', 'must be greater than IntervalSeconds');
    }
    return retrier;
  });
}

function readCatch(fields: Fields): Catcher[] {
  const entries = fields.list('Catch') ?? [];
  return entries.map((entry, i) => {
    const inner = new Fields(fields.reading, 'Catch', `${fields.where} Catch ${i}`, entry);
    inner.text('Comment');
    const catcher = {
      errors: readErrors(inner, i === entries.length - 1),
      next: inner.needText('Next'),
      output: inner.template('Output'),
      assign: inner.assign(),
    };
    return catcher;
  });
}
