import { type BatchId, isBatchId } from '../domain/identifiers.ts';
import { SCREENED, SETTLED, settledMark } from '../domain/work.ts';
import { listFolders, listObjects } from './objects.ts';

/** The batches that were screened, without those that published their books and told everybody. Among them are failed ones. */
export async function unsettledBatches(work: string): Promise<BatchId[]> {
  const settled = new Set<string>();
  for await (const { key } of listObjects({ bucket: work, key: SETTLED.prefix })) settled.add(key);
  const screened = (await listFolders({ bucket: work, key: SCREENED.prefix })).filter(isBatchId);
  return screened.filter((batchId) => !settled.has(settledMark(batchId)));
}
