import { decidedBy } from '../domain/decisions.ts';
import type { BatchId } from '../domain/identifiers.ts';
import type { Decided } from '../domain/subjects.ts';
import { heldImeis } from '../domain/weighing.ts';
import { SCREENED } from '../domain/work.ts';
import { readApproval } from '../stores/cases/approvals.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { PlanIsVoid } from '../stores/earlier-directions.ts';
import { readText } from '../stores/objects.ts';

/**
 * What people decided of a batch's subjects.
 * @throws PlanIsVoid where it is approved no more: nothing that this attempt would write counts
 */
export async function decidedOf(env: { WORK: string; CASES: string }, batchId: BatchId): Promise<Decided> {
  const batch = await readBatch(env.CASES, batchId);
  const { decision: pointer, previewKey } = batch ?? {};
  const decision = pointer && (await readApproval(env.WORK, pointer));
  if (decision?.ending?.state !== 'approved' || previewKey === undefined)
    throw new PlanIsVoid(`batch ${batchId} is not approved`);
  const held = heldImeis(await readText({ bucket: env.WORK, key: SCREENED.previews.held(previewKey) }));
  return decidedBy(decision, held);
}
