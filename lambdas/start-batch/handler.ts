import * as z from 'zod';
import type { Uploaded } from '../domain/deliveries.ts';
import { batchlessExecution, uploadExecution } from '../domain/execution-names.ts';
import { type AgencyId, type BatchId, batchIdOf } from '../domain/identifiers.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { LARGEST_REPORT } from '../domain/limits.ts';
import { idList } from '../runtime/environment.ts';
import { uploads } from '../runtime/upload-events.ts';
import { tellStray } from '../stores/notices.ts';
import { readSha256, TooLarge } from '../stores/objects.ts';
import { startOnceUnless } from '../stores/state-machines.ts';
import { marking } from '../stores/upload-marks.ts';

const environment = z.object({
  WORK: z.string(),
  AGENCIES: idList,
  BATCH_MACHINE: z.string(),
  AGENCIES_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/**
 * Starts one Batch execution per uploaded report. It tells the administrators of anything else that lies in the inbox, and the agency in
 * whose place it lies.
 */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded) => {
    const { bucket, key, versionId, upload, at } = file;
    const place = parseInboxKey(key);
    if (place.kind !== 'report' || !env.AGENCIES.includes(place.agency)) {
      const why = place.kind === 'stray' ? place.why : place.kind === 'report' ? 'unknown_agency' : 'unknown_place';
      return await tellStray(env, file, why);
    }
    const { agency, name } = place;
    const earlier = batchlessExecution(agency, { key, upload });
    const batchId = await batchOf(agency, file);
    const execution = batchId === undefined ? earlier : uploadExecution(batchId, { key, upload });
    const report = { bucket, key, versionId, agency, name, uploadedAt: at };
    return { handedTo: await startOnceUnless(env.BATCH_MACHINE, execution, earlier, { report }) };
  }),
);

/**
 * The batch of a report, which follows from its bytes: its execution is named after it, so that people find it by the batch. Undefined for
 * a file that is too large to be one, which Screen refuses.
 */
async function batchOf(agency: AgencyId, file: Uploaded): Promise<BatchId | undefined> {
  try {
    return batchIdOf(agency, await readSha256(file, LARGEST_REPORT));
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}
