import * as z from 'zod';
import { columnsAs } from '../domain/file-forms.ts';
import { readPiece } from '../domain/pieces.ts';
import { USAGE_COLUMNS } from '../domain/sightings.ts';
import { IMPORTS } from '../domain/work.ts';
import { formsOfFiles, wholeNumber } from '../runtime/environment.ts';
import { task } from '../runtime/task.ts';
import { readBytes } from '../stores/objects.ts';
import { type ImportedPiece, importRows, usageFile } from '../stores/usage-files.ts';

const environment = z.object({ WORK: z.string(), LINKS: z.string(), LINK_DAYS: wholeNumber, FILE_FORMS: formsOfFiles });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({
  file: usageFile,
  folder: z.string(),
  header: z.object({ at: z.number(), line: z.number() }),
  piece: z.object({ start: z.number(), end: z.number(), line: z.number() }),
});

/** Imports one piece of a usage file. */
export const handler = task(input, async ({ file, folder, header, piece }, attempt): Promise<ImportedPiece> => {
  // The piece is read before anything is written: links go as fast as the table takes them, and a connection does not wait for that.
  const bytes = [await readBytes(file, { end: header.at }), await readBytes(file, piece)];
  const key = IMPORTS.rejects.key(folder, piece.start, attempt);
  const form = env.FILE_FORMS[file.operator];
  const rows = readPiece(bytes, columnsAs(USAGE_COLUMNS, 'usage', form), header, piece.line);
  const to = {
    links: { table: env.LINKS, keptDays: env.LINK_DAYS },
    rejects: { bucket: env.WORK, key },
    dates: form?.dates,
  };
  const { fault, ...counts } = await importRows(rows, file, to);
  // Pieces end where a file can't be read further, so a fault here is not the file's.
  if (fault) throw fault;
  return { start: piece.start, key, ...counts };
});
