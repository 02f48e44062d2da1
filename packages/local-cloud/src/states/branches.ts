import type { Flow, MapState, ParallelState } from './definition.ts';
import { evaluate, QueryError, type Template, wrongType } from './expression.ts';
import { type Json, limited, type Payload, payloadOf } from './json.ts';
import { Cancelled, type Line } from './scope.ts';
import { together } from './together.ts';
import { bindingsOf, contextOf, type Frame, type RunFlow, record, type Visit } from './visit.ts';

/** The most iterations of an inline Map that run at once (quota). */
const INLINE_CONCURRENCY = 40;

function innerFrame(at: Visit, line: Line, item: Frame['item']): Frame {
  const { execution, last, variables } = at.frame;
  return { execution, line, last, variables, item, isRoot: false, isBranch: false };
}

/** Runs a Parallel's branches at once on the same input; the result has their outputs in the branches' order. */
export async function runParallel(at: Visit<ParallelState>, runFlow: RunFlow): Promise<Json> {
  const { state, frame } = at;
  let input = at.input;
  if (state.arguments !== null) {
    input = limited(
      payloadOf(await evaluate(state.arguments, bindingsOf(at))),
      `input of the branches of '${state.name}'`,
    );
  }
  record(frame, 'ParallelStateStarted');
  const started = frame.last;
  const outputs = await together(frame.line, state.branches.length, state.branches.length, async (i, line) => {
    const inner: Frame = { ...innerFrame(at, line, frame.item), last: started, isBranch: true };
    try {
      return await runFlow(inner, state.branches[i] as Flow, input);
    } finally {
      frame.last = Math.max(frame.last, inner.last);
    }
  });
  record(frame, 'ParallelStateSucceeded');
  return outputs.map((output) => output.value);
}

/** The items of a Map without ItemReader: Items, or the state's input. */
export async function itemsOf(at: Visit<MapState>): Promise<Json[]> {
  const { items } = at.state;
  if (items === null) {
    if (Array.isArray(at.input.value)) return at.input.value;
    throw new QueryError('Items', 'The input of a Map state without Items must be an array.');
  }
  const value = await evaluate(items, bindingsOf(at));
  if (!Array.isArray(value)) throw wrongType('Items', 'array', value);
  return value;
}

/** The item of the iteration or child `index`: the item itself, or the value of ItemSelector for it. */
export async function selected(at: Visit<MapState>, item: Json, index: number): Promise<Json> {
  const { selector } = at.state;
  if (selector === null) return item;
  const context = contextOf(at, { Map: { Item: { Index: index, Value: item } } });
  return evaluate(selector, bindingsOf(at, {}, context));
}

/** The whole number that a field of a Map gives, `otherwise` where there is no such field. */
export async function wholeNumber(
  at: Visit,
  template: Template | null,
  field: string,
  otherwise: number,
): Promise<number> {
  if (template === null) return otherwise;
  const value = await evaluate(template, bindingsOf(at));
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw wrongType(field, 'integer of at least 0', value);
  return value;
}

/** Runs an inline Map; the result has the iterations' outputs in the items' order. */
export async function runInlineMap(at: Visit<MapState>, runFlow: RunFlow): Promise<Json> {
  const { state, frame } = at;
  const items = await itemsOf(at);
  const wanted = await wholeNumber(at, state.maxConcurrency, 'MaxConcurrency', 0);
  const limit = wanted === 0 ? INLINE_CONCURRENCY : Math.min(wanted, INLINE_CONCURRENCY);
  record(frame, 'MapStateStarted', 'mapStateStartedEventDetails', { length: items.length });
  const started = frame.last;
  const outputs = await together(frame.line, items.length, limit, (i, line) =>
    iterate(at, runFlow, items, i, line, started),
  );
  record(frame, 'MapStateSucceeded');
  return outputs.map((output) => output.value);
}

async function iterate(
  at: Visit<MapState>,
  runFlow: RunFlow,
  items: Json[],
  index: number,
  line: Line,
  started: number,
): Promise<Payload> {
  const { state, frame } = at;
  const item = items[index] as Json;
  const inner: Frame = { ...innerFrame(at, line, { Index: index, Value: item }), last: started };
  const which = { name: state.name, index };
  record(inner, 'MapIterationStarted', 'mapIterationStartedEventDetails', which);
  try {
    const input = limited(payloadOf(await selected(at, item, index)), `input of iteration ${index} of '${state.name}'`);
    const output = await runFlow(inner, state.processor, input);
    record(inner, 'MapIterationSucceeded', 'mapIterationSucceededEventDetails', which);
    return output;
  } catch (error) {
    const kind = error instanceof Cancelled ? 'Aborted' : 'Failed';
    if (!frame.execution.scope.cancelled)
      record(inner, `MapIteration${kind}`, `mapIteration${kind}EventDetails`, which);
    throw error;
  } finally {
    frame.last = Math.max(frame.last, inner.last);
  }
}
