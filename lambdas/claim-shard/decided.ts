import { type Decision, decidedBy } from '../domain/decisions.ts';
import type { BatchId, Imei, Msisdn } from '../domain/identifiers.ts';
import type { Decided } from '../domain/subjects.ts';
import { heldImeis } from '../domain/weighing.ts';
import { SCREENED } from '../domain/work.ts';
import { readApproval } from '../stores/cases/approvals.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { PlanIsVoid } from '../stores/earlier-directions.ts';
import { readText } from '../stores/objects.ts';

/**
 * What people decided of a batch's subjects.
 * @throws PlanIsVoid if the batch is approved no more: nothing that this attempt would write counts
 */
export async function decidedOf(env: { WORK: string; CASES: string }, batchId: BatchId): Promise<Decided> {
  const { decision, previewKey } = await approvedOf(env, batchId);
  const held = heldImeis(await readText({ bucket: env.WORK, key: SCREENED.previews.held(previewKey) }));
  return decidedBy(decision, held);
}

/**
 * The numbers and handsets that approvers left out of a reversal: its subjects that name one of them are left out.
 * @throws PlanIsVoid if the batch is approved no more
 */
export async function struckOf(
  env: { WORK: string; CASES: string },
  batchId: BatchId,
): Promise<ReadonlySet<Imei | Msisdn>> {
  const { decision } = await approvedOf(env, batchId);
  return decidedBy(decision, []).struck;
}

/** @throws PlanIsVoid */
async function approvedOf(
  env: { WORK: string; CASES: string },
  batchId: BatchId,
): Promise<{ decision: Decision; previewKey: string }> {
  const batch = await readBatch(env.CASES, batchId);
  const { decision: pointer, previewKey } = batch ?? {};
  const decision = pointer && (await readApproval(env.WORK, pointer));
  if (decision?.ending?.state !== 'approved' || previewKey === undefined)
    throw new PlanIsVoid(`batch ${batchId} is not approved`);
  return { decision, previewKey };
}
