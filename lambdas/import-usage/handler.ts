import * as z from 'zod';
import { readCsv } from '../domain/csv.ts';
import type { Uploaded } from '../domain/deliveries.ts';
import { columnsAs } from '../domain/file-forms.ts';
import { sha256Of } from '../domain/hashes.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { rejectsHeader } from '../domain/rejects.ts';
import { USAGE_COLUMNS } from '../domain/sightings.ts';
import { IMPORTS } from '../domain/work.ts';
import { formsOfFiles, limitsOfGates, operatorList, wholeNumber } from '../runtime/environment.ts';
import { uploads } from '../runtime/upload-events.ts';
import { isGated, readVerdict } from '../stores/cases/verdicts.ts';
import { holdUp, judge } from '../stores/gates.ts';
import { tellStray } from '../stores/notices.ts';
import { readBytes } from '../stores/objects.ts';
import { startUnlessDone } from '../stores/state-machines.ts';
import { isMarked, marking, markOf } from '../stores/upload-marks.ts';
import { announceImport, importRows, rejectsOf, type UsageFile } from '../stores/usage-files.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  LINKS: z.string(),
  LINK_DAYS: wholeNumber,
  OPERATORS: operatorList,
  OPERATORS_TOPIC: z.string(),
  APPROVERS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  GATES: limitsOfGates,
  FILE_FORMS: formsOfFiles,
  IMPORT_MACHINE: z.string(),
  BYTES_PER_PIECE: wholeNumber,
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/**
 * Import: an operator's usage file becomes links, once it has passed the gates. A file that is larger than a piece goes to an execution of
 * its own, which weighs it and imports it piece by piece.
 */
export const handler = uploads(
  marking(env.WORK, async (uploaded: Uploaded) => {
    const { bucket, key, versionId, upload, size, at } = uploaded;
    const place = parseInboxKey(key);
    if (place.kind !== 'usage' || !env.OPERATORS.includes(place.operator)) {
      const why = place.kind === 'stray' ? place.why : place.kind === 'usage' ? 'unknown_operator' : 'unknown_place';
      return await tellStray(env, uploaded, why);
    }
    // A file that comes again would write over what a newer one has said of the same sightings since.
    if (await isMarked(env.WORK, 'worked', uploaded)) return 'worked';
    const { operator, name } = place;
    const file: UsageFile = { bucket, key, versionId, operator, name, uploadedAt: at };
    const verdict = await readVerdict(env.CASES, markOf(file));
    if (size > env.BYTES_PER_PIECE) {
      const hash = sha256Of(`${key}\n${upload}`).slice(0, 32);
      // The execution of a file that was gated has ended, and its name is taken.
      const first = `${operator}-${hash}${verdict?.admitted === undefined ? '' : '-admitted'}`;
      const inputOf = (execution: string) => ({ file, folder: IMPORTS.folder(execution), stretches: [] });
      return { handedTo: await startUnlessDone(env.IMPORT_MACHINE, first, inputOf) };
    }
    // The file is read before anything is written: links go as fast as the table takes them, and a connection does not wait for that.
    const bytes = [await readBytes(file)];
    const rows = () => readCsv(bytes, columnsAs(USAGE_COLUMNS, 'usage', env.FILE_FORMS[operator]));
    const decided = verdict ?? (await judge(env, file, rows));
    if (decided !== undefined && isGated(decided)) {
      await holdUp(env, file, rows(), decided);
      return 'gated';
    }
    const rejects = rejectsOf(file, env.OUTBOX);
    const { dates } = env.FILE_FORMS[operator] ?? {};
    const to = { links: { table: env.LINKS, keptDays: env.LINK_DAYS }, rejects, publishes: true as const, dates };
    const { fault, ...counts } = await importRows(rows(), file, to, rejectsHeader);
    await announceImport(env, file, counts, rejects, fault);
    return 'worked';
  }),
);
