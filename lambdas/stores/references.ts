/** The rows of re-verifications for which references stand, as they were ordered. */
import { planCounts } from '../domain/batches.ts';
import { parseDirectionRowLine } from '../domain/directions.ts';
import { type BatchId, type DirectionId, type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { shardDecisionForm } from '../domain/plans.ts';
import type { Pointer } from '../domain/pointers.ts';
import type { Referred } from '../domain/references.ts';
import type { Batch } from './cases/batches.ts';
import { readDecision } from './cases/decisions.ts';
import { concurrently } from './concurrently.ts';
import { readTextIfThere } from './objects.ts';

/** A row for which a reference stands. */
export interface ReferredRow {
  readonly msisdn: Msisdn;
  readonly pointer: Pointer;
}

/** Whether a direction's plan counts: if it doesn't, nobody was ever told anything of it. */
export async function directionCounts(
  directionId: DirectionId,
  readBatch: (batchId: BatchId) => Promise<Batch | undefined>,
): Promise<boolean> {
  const direction = parseDirectionId(directionId);
  const batch = direction && (await readBatch(direction.batchId));
  return batch?.plan === direction?.plan && batch !== undefined && batch !== null && planCounts(batch.state);
}

/**
 * The rows for which references stand, each direction's read once. A reference to a row that doesn't exist, or to a plan that doesn't
 * count, has no entry.
 * @param readBatch reads a batch, and remembers it
 */
export async function rowsReferredTo(
  env: { readonly WORK: string; readonly CASES: string },
  references: readonly Referred[],
  readBatch: (batchId: BatchId) => Promise<Batch | undefined>,
): Promise<Map<Referred, ReferredRow>> {
  const found = new Map<Referred, ReferredRow>();
  const directions = Map.groupBy(references, ({ operator, plan, shard, n }) => `${operator} ${plan} ${shard} ${n}`);
  await concurrently(directions.values(), LEDGERS_AT_ONCE, async (own) => {
    const [one] = own;
    const direction = one && (await directionOf(env, one));
    if (!direction || !(await directionCounts(direction.directionId, readBatch))) return;
    const { directionId, rows, rowsKey } = direction;
    const lines = (await readTextIfThere({ bucket: env.WORK, key: rowsKey }))?.split('\n');
    for (const reference of own) {
      const row = reference.row - 1;
      const line = lines?.[row];
      if (!line || row >= rows) continue;
      found.set(reference, { msisdn: parseDirectionRowLine('reverify', line).msisdn, pointer: { directionId, row } });
    }
  });
  return found;
}

async function directionOf(
  env: { readonly WORK: string; readonly CASES: string },
  { operator, plan, shard, n }: Referred,
) {
  const key = await readDecision(env.CASES, plan, 'reverify', shard);
  const text = key && (await readTextIfThere({ bucket: env.WORK, key }));
  if (!text) return undefined;
  return shardDecisionForm.parse(text).directions.find(({ directionId }) => {
    const parts = parseDirectionId(directionId);
    return parts?.operator === operator && parts.n === n;
  });
}
