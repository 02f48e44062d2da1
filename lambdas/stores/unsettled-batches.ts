import type { Instant } from '../domain/days.ts';
import { type BatchId, isBatchId } from '../domain/identifiers.ts';
import { SCREENED, SETTLED, settledMark } from '../domain/work.ts';
import { listFolders, listObjects } from './listings.ts';

/**
 * The batches that were screened, without those that published their books and told everybody, or did so before `settledSince`. Among
 * them are failed ones.
 */
export async function unsettledBatches(work: string, settledSince?: Instant): Promise<BatchId[]> {
  const settled = new Set<string>();
  for await (const { key, at } of listObjects({ bucket: work, key: SETTLED.prefix }))
    if (settledSince === undefined || at < settledSince) settled.add(key);
  const screened = (await listFolders({ bucket: work, key: SCREENED.prefix })).filter(isBatchId);
  return screened.filter((batchId) => !settled.has(settledMark(batchId)));
}
