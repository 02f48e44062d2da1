import * as z from 'zod';
import { sha256Of } from '../domain/hashes.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { idList } from '../runtime/environment.ts';
import { log } from '../runtime/log.ts';
import { type Uploaded, uploads } from '../runtime/uploads.ts';
import { tellStray } from '../stores/notices.ts';
import { marking } from '../stores/uploads.ts';
import { executionArn, startOnce } from '../stores/workflows.ts';

const environment = z.object({
  WORK: z.string(),
  AGENCIES: idList,
  BATCH_MACHINE: z.string(),
  AGENCIES_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/** Starts one Batch execution per uploaded report; of anything else that lies in the inbox it tells the administrators, and the agency in whose place it lies. */
export const handler = uploads(
  marking(env.WORK, async (file: Uploaded) => {
    const { bucket, key, versionId, upload, at } = file;
    const place = parseInboxKey(key);
    if (place.kind !== 'report' || !env.AGENCIES.includes(place.agency)) {
      const why = place.kind === 'stray' ? place.why : place.kind === 'report' ? 'unknown_agency' : 'unknown_place';
      log.info('stray object', { why });
      await tellStray(env, file, why);
      return 'worked';
    }
    const name = `${place.agency}-${sha256Of(`${key}\n${upload}`).slice(0, 32)}`;
    await startOnce(env.BATCH_MACHINE, name, {
      report: { bucket, key, versionId, agency: place.agency, name: place.name, uploadedAt: at },
    });
    return { handedTo: executionArn(env.BATCH_MACHINE, name) };
  }),
);
