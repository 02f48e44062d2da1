/** The stores of table Cases on a database of their own, and items that no other test has. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { LocalCloud } from 'local-cloud';
import { asInstant } from '../../../lambdas/domain/days.ts';
import type { AgencyId, BatchId, DirectionId, OperatorId } from '../../../lambdas/domain/identifiers.ts';
import type { Ledger } from '../../../lambdas/domain/ledger.ts';
import type { Batch } from '../../../lambdas/stores/cases/batches.ts';
import { agency, airtel, fresh } from '../../domain/example.ts';
import { CASES, closeStores, openStores } from '../lab.ts';

let cloud: LocalCloud | undefined;
/** The modules of lambdas/stores/cases. */
const load = async () => ({
  ...(await import('../../../lambdas/stores/cases/table.ts')),
  ...(await import('../../../lambdas/stores/cases/ledgers.ts')),
  ...(await import('../../../lambdas/stores/cases/claims.ts')),
  ...(await import('../../../lambdas/stores/cases/batches.ts')),
  ...(await import('../../../lambdas/stores/cases/executions.ts')),
  ...(await import('../../../lambdas/stores/cases/turn.ts')),
  ...(await import('../../../lambdas/stores/cases/decisions.ts')),
  ...(await import('../../../lambdas/stores/cases/weighed.ts')),
  ...(await import('../../../lambdas/stores/cases/follow-ups.ts')),
  ...(await import('../../../lambdas/stores/cases/imports.ts')),
  ...(await import('../../../lambdas/stores/cases/verdicts.ts')),
  ...(await import('../../../lambdas/stores/cases/shared-lists.ts')),
});
export let cases: Awaited<ReturnType<typeof load>>;
export let dynamo: typeof import('../../../lambdas/stores/clients.ts')['dynamo'];
export let EarlierDirections: typeof import('../../../lambdas/stores/earlier-directions.ts')['EarlierDirections'];
export let MOST_KEPT: number;
export let PlanIsVoid: typeof import('../../../lambdas/stores/earlier-directions.ts')['PlanIsVoid'];
export async function open(): Promise<void> {
  cloud = await openStores();
  cases = await load();
  ({ dynamo } = await import('../../../lambdas/stores/clients.ts'));
  ({ EarlierDirections, MOST_KEPT, PlanIsVoid } = await import('../../../lambdas/stores/earlier-directions.ts'));
}
export const close = (): Promise<void> => closeStores(cloud);

let next = 0;
/** A ledger of three rows under an id that no other test has. */
export function ledgerOf(parts: { batchId?: BatchId; plan?: number; operator?: OperatorId } = {}): Ledger {
  const { batchId = batchOf(), plan = 1, operator = airtel } = parts;
  const directionId = `${batchId}.reverify.${operator}.${plan}-0-${next++}` as DirectionId;
  return { ...fresh(3), directionId, batchId, plan, operator };
}
export const batchOf = (): BatchId => `mha-${(next++).toString(16).padStart(12, '0')}` as BatchId;
export const bumped = (ledger: Ledger, change: Partial<Ledger> = {}): Ledger => ({
  ...ledger,
  ...change,
  version: ledger.version + 1,
});
export const put = (item: Record<string, unknown>) => dynamo.send(new PutCommand({ TableName: CASES, Item: item }));

/** A batch that waits for its turn to plan. */
export function batch(change: Partial<Batch> = {}): Batch {
  const batchId = change.batchId ?? batchOf();
  return {
    batchId,
    kind: 'report',
    agency: agency as AgencyId,
    file: 'reports/mha/r.csv',
    sha256: 'ab'.repeat(32),
    execution: `arn:aws:states:::execution:Batch:${batchId}`,
    state: 'planning',
    plan: 0,
    startedAt: asInstant('2026-06-01T00:00:00Z'),
    uploadedAt: asInstant('2026-06-01T00:00:00Z'),
    report: { rows: 3, rejected: 0, repeats: 0, handsets: 3 },
    handsetsKey: 'handsets.jsonl',
    ...change,
  };
}
