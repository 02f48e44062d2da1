import * as z from 'zod';
import { columnsAs } from '../domain/file-forms.ts';
import { cutFile, type Stopped } from '../domain/pieces.ts';
import { USAGE_COLUMNS } from '../domain/sightings.ts';
import { IMPORTS } from '../domain/work.ts';
import { formsOfFiles, wholeNumber } from '../runtime/environment.ts';
import { log } from '../runtime/log.ts';
import { task } from '../runtime/task.ts';
import { readChunks, writeObject } from '../stores/objects.ts';
import { usageFile } from '../stores/usage-files.ts';

const environment = z.object({
  WORK: z.string(),
  BYTES_PER_PIECE: wholeNumber,
  PIECES_PER_STRETCH: wholeNumber,
  FILE_FORMS: formsOfFiles,
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const mark = z.object({ at: z.number(), line: z.number() });
const input = z.object({
  file: usageFile,
  /** The folder in the work bucket of all of this import's objects. */
  folder: z.string(),
  /** The cut before this one. */
  cut: z.object({ header: mark, next: mark }).optional(),
});

/**
 * Cuts a usage file, or the next stretch of it, into pieces of whole records and lists them for the Map that imports them. It only reads,
 * about thirty times as fast as rows can be imported.
 */
export const handler = task(input, async ({ file, folder, cut: after }, attempt) => {
  const { pieces, ...cut } = await cutFile(
    bytesOf(after),
    columnsAs(USAGE_COLUMNS, 'usage', env.FILE_FORMS[file.operator]),
    {
      bytes: env.BYTES_PER_PIECE,
      most: env.PIECES_PER_STRETCH,
      after,
    },
  );

  async function* bytesOf(stopped: Stopped | undefined) {
    if (stopped) yield* readChunks(file, { start: 0, end: stopped.header.at });
    yield* readChunks(file, { start: stopped?.next.at ?? 0 });
  }

  const manifestKey = IMPORTS.pieces.manifest(folder, attempt);
  const lines = pieces.map((piece) => `${JSON.stringify(piece)}\n`);
  await writeObject({ bucket: env.WORK, key: manifestKey }, lines.join(''));
  log.info('usage file cut', { operator: file.operator, pieces: pieces.length, more: cut.next !== undefined });
  return { ...cut, pieces: pieces.length, manifestKey };
});
