import { StatesError } from '../errors.ts';
import { wholeNumber } from './branches.ts';
import type { MapState } from './definition.ts';
import { Execution, MapRun, type RunExecution, type Tolerance } from './execution.ts';
import { evaluate, wrongType } from './expression.ts';
import { uuidFor } from './functions.ts';
import { type ChildInput, childInputs, readItems } from './items.ts';
import type { Json } from './json.ts';
import { collected, type Destination, destinationOf, exported, resultOf } from './results.ts';
import { Cancelled } from './scope.ts';
import { bindingsOf, record, type Visit } from './visit.ts';
import type { ExecutionStatus } from './world.ts';

/** The most children of one Map Run that may run at once (quota). */
const MOST_CHILDREN = 10_000;
/** The most children of a Map Run whose histories, inputs and outputs are kept after their end. */
const KEPT_CHILDREN = 100;

/** Runs a distributed Map as a Map Run of child executions; returns its result. */
export async function runMapRun(at: Visit<MapState>, runExecution: RunExecution): Promise<Json> {
  const { state, frame } = at;
  const { execution, line } = frame;
  const wanted = await wholeNumber(at, state.maxConcurrency, 'MaxConcurrency', 0);
  const tolerance = await toleranceOf(at);
  const destination = await destinationOf(at);
  const listed = state.reader === null ? await readItems(at) : null;
  record(frame, 'MapStateStarted', 'mapStateStartedEventDetails', { length: listed?.length ?? 0 });
  const run = new MapRun(execution, state.label, uuidFor(execution.arn, frame.last), wanted, tolerance);
  startChildrenAllowed(at);
  execution.engine.addMapRun(run);
  record(frame, 'MapRunStarted', 'mapRunStartedEventDetails', { mapRunArn: run.arn });
  const off = line.scope.onCancel(() => stop(run, 'ABORTED'));
  try {
    const items = listed ?? (await readItems(at));
    run.itemCounts.total = items.length;
    run.itemCounts.pending = items.length;
    const result = await runChildren(at, run, runExecution, childInputs(at, items), destination);
    run.end('SUCCEEDED');
    record(frame, 'MapRunSucceeded');
    record(frame, 'MapStateSucceeded');
    return result;
  } catch (thrown) {
    stop(run, thrown instanceof Cancelled ? 'ABORTED' : 'FAILED');
    if (thrown instanceof StatesError) {
      record(frame, 'MapRunFailed', 'mapRunFailedEventDetails', { error: thrown.name, cause: thrown.cause });
    } else if (thrown instanceof Cancelled) {
      record(frame, 'MapRunAborted');
    }
    throw thrown;
  } finally {
    off();
    run.results.length = 0;
  }
}

function stop(run: MapRun, status: ExecutionStatus): void {
  run.end(status);
  for (const child of run.children) child.abort();
}

async function toleranceOf(at: Visit<MapState>): Promise<Tolerance> {
  const { toleratedCount, toleratedPercentage } = at.state;
  const count = toleratedCount === null ? null : await wholeNumber(at, toleratedCount, 'ToleratedFailureCount', 0);
  if (toleratedPercentage === null) return { count, percentage: null };
  const percentage = await evaluate(toleratedPercentage, bindingsOf(at));
  if (typeof percentage === 'number' && percentage >= 0 && percentage <= 100) return { count, percentage };
  throw wrongType('ToleratedFailurePercentage', 'number from 0 to 100', percentage);
}

/** Starts children while there is room, until all have ended or too many have failed. */
async function runChildren(
  at: Visit<MapState>,
  run: MapRun,
  runExecution: RunExecution,
  inputs: AsyncGenerator<ChildInput>,
  destination: Destination | null,
): Promise<Json> {
  const { line } = at.frame;
  const limit = run.maxConcurrency === 0 ? MOST_CHILDREN : Math.min(run.maxConcurrency, MOST_CHILDREN);
  let wake: (() => void) | null = null;
  const someoneEnded = () =>
    line.wait<void>((done) => {
      wake = done;
      return () => {
        wake = null;
      };
    });
  for await (const next of inputs) {
    line.scope.check();
    while (run.executionCounts.running >= limit && !run.exceeded()) await someoneEnded();
    if (run.exceeded()) return failed(at, run, destination, next, inputs);
    startChild(at, run, runExecution, next, () => wake?.());
  }
  while (run.executionCounts.running > 0 && !run.exceeded()) await someoneEnded();
  if (run.exceeded()) return failed(at, run, destination, null, inputs);
  const result =
    destination === null
      ? collected(run.results, at.state.writer)
      : await exported(at, run, run.results, [], destination);
  for (const counts of [run.executionCounts, run.itemCounts]) counts.resultsWritten = counts.total;
  return result;
}

/** Ends a Map Run in which too many items failed: running children are stopped, waiting ones are listed as pending. */
async function failed(
  at: Visit<MapState>,
  run: MapRun,
  destination: Destination | null,
  next: ChildInput | null,
  inputs: AsyncGenerator<ChildInput>,
): Promise<never> {
  stop(run, 'FAILED');
  if (destination !== null) {
    const pending: string[] = [];
    const describe = ({ input }: ChildInput) =>
      pending.push(JSON.stringify({ Input: input.text, InputDetails: { Included: true } }));
    if (next !== null) describe(next);
    for await (const waiting of inputs) describe(waiting);
    await exported(at, run, run.results, pending, destination);
  }
  throw new StatesError(
    'States.ExceedToleratedFailureThreshold',
    'The specified tolerated failure threshold was exceeded',
  );
}

/**
 * Checks the right to start children, which are executions of the machine itself.
 * @throws StatesError where the machine's role lacks it
 */
function startChildrenAllowed({ frame }: Visit<MapState>): void {
  const { engine, machine } = frame.execution;
  try {
    engine.world.authorize?.(machine.roleArn, 'states:StartExecution', machine.arn);
  } catch (error) {
    throw new StatesError('States.Permissions', error instanceof Error ? error.message : String(error));
  }
}

function startChild(
  at: Visit<MapState>,
  run: MapRun,
  runExecution: RunExecution,
  next: ChildInput,
  ended: () => void,
): void {
  const { execution } = at.frame;
  const { engine, machine } = execution;
  const { world } = engine;
  const index = run.children.length;
  const name = uuidFor(run.arn, index);
  const arn = `arn:aws:states:${world.region}:${world.account}:execution:${machine.name}/${run.label}:${name}`;
  const child = new Execution(engine, {
    arn,
    name,
    machine,
    startedBy: execution.startedBy,
    input: next.input,
    mapRun: run,
  });
  run.children.push(child);
  run.executionCounts.total++;
  run.executionCounts.running++;
  run.itemCounts.pending -= next.items;
  run.itemCounts.running += next.items;
  engine.addChild(child);
  world.counted('mapChildStart', machine.name);
  child.onEnd(() => {
    const outcome = outcomeOf(child.status);
    run.executionCounts.running--;
    run.executionCounts[outcome]++;
    run.itemCounts.running -= next.items;
    run.itemCounts[outcome] += next.items;
    run.results[index] = resultOf(child, at.state.writer);
    if (index >= KEPT_CHILDREN) child.forget();
    ended();
  });
  child.start(at.state.processor, null, runExecution);
}

function outcomeOf(status: ExecutionStatus): 'succeeded' | 'failed' | 'timedOut' | 'aborted' {
  if (status === 'SUCCEEDED') return 'succeeded';
  if (status === 'TIMED_OUT') return 'timedOut';
  return status === 'ABORTED' ? 'aborted' : 'failed';
}
