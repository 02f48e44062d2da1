import * as z from 'zod';
import { readCsv, rejectsHeader } from '../domain/csv.ts';
import { sha256Of } from '../domain/hashes.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { usageColumns } from '../domain/sightings.ts';
import { IMPORTS } from '../domain/work.ts';
import { idList, wholeNumber } from '../runtime/environment.ts';
import { log } from '../runtime/log.ts';
import { type Uploaded, uploads } from '../runtime/uploads.ts';
import { tellStray } from '../stores/notices.ts';
import { readBytes } from '../stores/objects.ts';
import { marking } from '../stores/uploads.ts';
import { executionArn, startOnce } from '../stores/workflows.ts';
import { announceImport, importRows, rejectsOf, type UsageFile } from './usage.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  LINKS: z.string(),
  LINK_DAYS: wholeNumber,
  OPERATORS: idList,
  OPERATORS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  IMPORT_MACHINE: z.string(),
  BYTES_PER_PIECE: wholeNumber,
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/**
 * Import: an operator's usage file becomes links. One that is larger than a piece goes to an execution of its own, which
 * imports it piece by piece.
 */
export const handler = uploads(
  marking(env.WORK, async (uploaded: Uploaded) => {
    const { bucket, key, versionId, upload, size, at } = uploaded;
    const place = parseInboxKey(key);
    if (place.kind !== 'usage' || !env.OPERATORS.includes(place.operator)) {
      const why = place.kind === 'stray' ? place.why : place.kind === 'usage' ? 'unknown_operator' : 'unknown_place';
      log.info('stray object', { why });
      await tellStray(env, uploaded, why);
      return 'worked';
    }
    const { operator, name } = place;
    const file: UsageFile = { bucket, key, versionId, operator, name, uploadedAt: at };
    if (size > env.BYTES_PER_PIECE) {
      const hash = sha256Of(`${key}\n${upload}`).slice(0, 32);
      const execution = `${operator}-${hash}`;
      await startOnce(env.IMPORT_MACHINE, execution, { file, folder: IMPORTS.folder(execution), stretches: [] });
      return { handedTo: executionArn(env.IMPORT_MACHINE, execution) };
    }
    const rejects = rejectsOf(file, env.OUTBOX);
    // Read before anything is written: links go as fast as the table takes them, and a connection does not wait for that.
    const rows = readCsv([await readBytes(file)], usageColumns);
    const to = { links: env.LINKS, keptDays: env.LINK_DAYS, rejects, publishes: true as const };
    const { fault, ...counts } = await importRows(rows, file, to, rejectsHeader);
    await announceImport(env, file, counts, rejects, fault);
    return 'worked';
  }),
);
