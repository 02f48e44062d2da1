import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { z } from 'zod';
import { FileFault, readCsv, rejectLine, rejectsHeader } from '../domain/csv.ts';
import { dayOf } from '../domain/days.ts';
import { parseInboxKey, rejectsKey } from '../domain/keys.ts';
import { parseSighting, type Sighting, usageColumns } from '../domain/sightings.ts';
import { idList, log, uploads } from '../shell.ts';
import { noteImport } from '../stores/cases.ts';
import { writeLinks } from '../stores/links.ts';
import { tell, tellStray } from '../stores/notices.ts';
import { readChunks, writeStream } from '../stores/objects.ts';

const environment = z.object({
  OUTBOX: z.string(),
  CASES: z.string(),
  LINKS: z.string(),
  OPERATORS: idList,
  OPERATORS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/**
 * Import: an operator's usage file becomes links, each reject with its line and reason. Where a file can't be read
 * further, the rows before the fault stay, and the rejects end with the fault.
 */
export const handler = uploads(async (file) => {
  const { bucket, key, versionId, at } = file;
  const place = parseInboxKey(key);
  if (place.kind !== 'usage' || !env.OPERATORS.includes(place.operator)) {
    const why = place.kind === 'stray' ? place.why : place.kind === 'usage' ? 'unknown_operator' : 'unknown_place';
    log.info('stray object', { why });
    await tellStray(env.ADMINISTRATORS_TOPIC, file, why);
    return;
  }
  const { operator, name } = place;
  const uploadDay = dayOf(at);
  const counts = { rows: 0, imported: 0, rejected: 0 };
  let fault: FileFault | undefined;

  // Two streams out of one reading: the rejects are written while the links of the same rows are.
  const rejectsPlace = { bucket: env.OUTBOX, key: rejectsKey(operator, name) };
  const rejects = new PassThrough({ encoding: 'utf8' });
  const written = writeStream(rejectsPlace, rejects);
  written.catch((error) => rejects.destroy(error));
  const reject = async (lines: string) => {
    if (rejects.errored) throw rejects.errored;
    if (lines !== '' && !rejects.write(lines)) await once(rejects, 'drain');
  };
  async function* sightings(): AsyncGenerator<Sighting[]> {
    await reject(rejectsHeader);
    try {
      for await (const rows of readCsv(readChunks({ bucket, key, versionId }), usageColumns)) {
        const good: Sighting[] = [];
        let lines = '';
        for (const row of rows) {
          const sighting = parseSighting(row, operator, uploadDay);
          if ('reason' in sighting) lines += rejectLine(sighting);
          else good.push(sighting);
        }
        counts.rows += rows.length;
        counts.imported += good.length;
        await reject(lines);
        yield good;
      }
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      fault = error;
      await reject(rejectLine({ line: error.line, value: '', reason: error.reason }));
    }
  }
  try {
    await writeLinks(env.LINKS, sightings());
    rejects.end();
  } catch (error) {
    rejects.destroy(error instanceof Error ? error : undefined);
    await written.catch(() => undefined);
    throw error;
  }
  await written;
  counts.rejected = counts.rows - counts.imported;

  // A file that stopped before its first good row brought no usage.
  if (!fault || counts.imported > 0) await noteImport(env.CASES, operator, at);
  const notice = {
    kind: fault ? 'usage_stopped' : 'usage_imported',
    operator,
    ...counts,
    ...(fault ? { line: fault.line, reason: fault.reason } : {}),
    rejects: rejectsPlace,
    uploadedAt: at,
  };
  await tell(env.OPERATORS_TOPIC, notice, { operator });
  if (fault) await tell(env.ADMINISTRATORS_TOPIC, notice);
  log.info('usage imported', { operator, ...counts, ...(fault ? { line: fault.line, reason: fault.reason } : {}) });
});
