import * as z from 'zod';
import { rejectLine, rejectsHeader } from '../domain/rejects.ts';
import { USAGE_WARNINGS } from '../domain/sightings.ts';
import { task } from '../runtime/task.ts';
import { readResults, writtenResults } from '../stores/map-results.ts';
import { readChunks } from '../stores/objects.ts';
import { writeRejects } from '../stores/rejects.ts';
import { mark } from '../stores/upload-marks.ts';
import {
  announceImport,
  faultOfFile,
  type ImportCounts,
  type ImportedPiece,
  importedPiece,
  rejectsOf,
  usageFile,
} from '../stores/usage-files.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  OPERATORS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({
  file: usageFile,
  /** The results of the Map Runs that imported the file, one for each of its stretches. */
  stretches: z.array(writtenResults),
  /** The last cut of the file. */
  cut: z.object({ fault: faultOfFile.optional() }),
});

/** Joins the rejects of a usage file's pieces to those of the file, publishes them and tells the operator. */
export const handler = task(input, async ({ file, stretches, cut: { fault } }) => {
  const pieces: ImportedPiece[] = [];
  for (const stretch of stretches) for await (const piece of readResults(stretch, importedPiece)) pieces.push(piece);
  pieces.sort((a, b) => a.start - b.start);

  async function* lines() {
    yield rejectsHeader;
    for (const { key, rejected } of pieces) {
      if (rejected === 0) continue;
      const text = new TextDecoder();
      for await (const chunk of readChunks({ bucket: env.WORK, key })) yield text.decode(chunk, { stream: true });
    }
    if (fault) yield rejectLine({ line: fault.line, value: fault.found ?? '', reason: fault.reason });
  }
  const rejects = rejectsOf(file, env.OUTBOX);
  await writeRejects(file, rejects, lines());

  const counts: ImportCounts = { rows: 0, imported: 0, rejected: 0, warnings: {} };
  for (const { rows, imported, rejected, warnings } of pieces) {
    counts.rows += rows;
    counts.imported += imported;
    counts.rejected += rejected;
    for (const why of USAGE_WARNINGS) {
      const times = warnings[why];
      if (times !== undefined) counts.warnings[why] = (counts.warnings[why] ?? 0) + times;
    }
  }
  await announceImport(env, file, counts, rejects, fault);
  await mark(env.WORK, 'worked', file);
  return counts;
});
