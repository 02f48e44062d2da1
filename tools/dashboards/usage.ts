/** What AWS would publish of its own about a run: of each step of time what the local cloud counted in it. */
import type { LocalCloud, RunUsage } from 'local-cloud';
import type { MetricStore } from './metrics.ts';

/** The names of functions, tables and state machines, by logical name. */
type Names = LocalCloud['names'];

/**
 * Adds what was used between two counts, as of the instant `at`. Of what stayed the same nothing is published, and nothing of how
 * long functions took: that is this machine's, and the same run is to have the same picture.
 */
export function publishUsage(store: MetricStore, names: Names, before: RunUsage, after: RunUsage, at: number): void {
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
