/** The metrics that AWS would publish by itself about a run: for each step of time, the counts of the local cloud. */
import type { LocalCloud, RunConsumption } from 'local-cloud';
import type { MetricStore } from './metrics.ts';

/** The names of functions, tables and state machines, by logical name. */
type Names = LocalCloud['names'];

/**
 * Adds the usage between two counts, as of the instant `at`. Nothing is published of counts that stayed the same, nor of the functions'
 * durations: these depend on this machine, and the same run is to have the same picture.
 */
export function publishConsumption(
  store: MetricStore,
  names: Names,
  before: RunConsumption,
  after: RunConsumption,
  at: number,
): void {
  const publish = (namespace: string, name: string, dimensions: Record<string, string>, value: number): void => {
    if (value > 0) store.add({ namespace, name, dimensions }, at, value);
  };
  for (const [logical, { invocations }] of Object.entries(after.lambda)) {
    const FunctionName = names.functions[logical] ?? '';
    publish('AWS/Lambda', 'Invocations', { FunctionName }, invocations - (before.lambda[logical]?.invocations ?? 0));
  }
  for (const [logical, operations] of Object.entries(after.tables)) {
    const TableName = names.tables[logical] ?? '';
    const used = (what: 'readUnits' | 'writeUnits') =>
      Object.entries(operations).reduce(
        (sum, [operation, usage]) => sum + usage[what] - (before.tables[logical]?.[operation]?.[what] ?? 0),
        0,
      );
    publish('AWS/DynamoDB', 'ConsumedReadCapacityUnits', { TableName }, used('readUnits'));
    publish('AWS/DynamoDB', 'ConsumedWriteCapacityUnits', { TableName }, used('writeUnits'));
  }
  for (const [logical, { executionStarts, nestedStarts }] of Object.entries(after.stepFunctions.byMachine)) {
    const was = before.stepFunctions.byMachine[logical] ?? { executionStarts: 0, nestedStarts: 0 };
    const StateMachineArn = names.machines[logical] ?? '';
    const starts = executionStarts - was.executionStarts + nestedStarts - was.nestedStarts;
    publish('AWS/States', 'ExecutionsStarted', { StateMachineArn }, starts);
  }
}
