import * as z from 'zod';
import type { Instant } from '../../domain/days.ts';
import { type ImportedFile, withImported } from '../../domain/gates.ts';
import type { OperatorId } from '../../domain/identifiers.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { uploadName } from '../upload-marks.ts';
import { Conflict, key, put, read } from './table.ts';
import { isGated, readVerdicts } from './verdicts.ts';

/** What is known of an operator's usage files. */
interface Imports {
  /** The instant of the latest upload of which rows were imported; null if there is none. */
  readonly latest: Instant | null;
  /** The files that later ones are compared with. */
  readonly files: readonly ImportedFile[];
  /** The names of uploads that were gated; their verdicts say whether they were admitted since. */
  readonly gated: readonly string[];
  readonly version: number;
}

/** What is known of an operator's usage files, as it lies in the table. */
export const importForm = formOf<Imports>(
  'latest import',
  2,
  z.strictObject({
    latest: fields.instant.nullable(),
    files: z.array(z.strictObject({ upload: uploadName, at: fields.instant, key: z.string(), good: fields.count })),
    gated: z.array(uploadName),
    version: fields.count,
  }),
  // The second form has the files that later ones are compared with, and what was gated.
  { 1: (content) => ({ ...content, files: [], gated: [], version: 0 }) },
);

const NOTHING: Imports = { latest: null, files: [], gated: [], version: 0 };

/** The most gated uploads of an operator that are known at once, 70 bytes each. */
const MOST_GATED = 500;

async function change(table: string, operator: OperatorId, next: (imports: Imports) => Imports): Promise<void> {
  for (;;) {
    const imports = (await read(table, key.latestImport(operator), importForm)) ?? NOTHING;
    const changed = next(imports);
    if (changed === imports) return;
    const { version } = imports;
    const item = { pk: key.latestImport(operator), ...importForm.write({ ...changed, version: version + 1 }) };
    try {
      // An item of the first form has no version.
      if (version === 0) return await put(table, item, 'attribute_not_exists(version)');
      return await put(table, item, 'version = :seen', { ':seen': version });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

/**
 * Notes that an operator's usage came at `at`; an earlier instant than the one noted changes nothing.
 * @param file its counts, if later files are compared with it
 */
export async function noteImport(
  table: string,
  operator: OperatorId,
  at: Instant,
  file?: ImportedFile | undefined,
): Promise<void> {
  await change(table, operator, (imports) => {
    const latest = imports.latest === null || imports.latest < at ? at : imports.latest;
    const isKnown = file === undefined || imports.files.some(({ upload }) => upload === file.upload);
    if (isKnown && latest === imports.latest) return imports;
    return { ...imports, latest, files: isKnown ? imports.files : withImported(imports.files, file) };
  });
}

/** Notes that an upload was gated, once. */
export async function noteGated(table: string, operator: OperatorId, upload: string): Promise<void> {
  await change(table, operator, (imports) => {
    if (imports.gated.includes(upload)) return imports;
    return { ...imports, gated: [...imports.gated, upload].slice(-MOST_GATED) };
  });
}

/** Notes that a gated upload was admitted: it needs no place any more. */
export async function noteAdmitted(table: string, operator: OperatorId, upload: string): Promise<void> {
  await change(table, operator, (imports) => {
    if (!imports.gated.includes(upload)) return imports;
    return { ...imports, gated: imports.gated.filter((one) => one !== upload) };
  });
}

/** The operator's files that others are compared with. */
export async function readImported(table: string, operator: OperatorId): Promise<readonly ImportedFile[]> {
  return (await read(table, key.latestImport(operator), importForm))?.files ?? [];
}

/** The instant of an operator's latest usage; null if there was none. */
export async function readLatestImport(table: string, operator: OperatorId): Promise<Instant | null> {
  return (await read(table, key.latestImport(operator), importForm))?.latest ?? null;
}

/** The number of an operator's usage files that are gated, and were not admitted since. */
export async function countGated(table: string, operator: OperatorId): Promise<number> {
  const { gated } = (await read(table, key.latestImport(operator), importForm)) ?? NOTHING;
  let count = 0;
  // An attempt that is late may have noted a file after its admission, so the verdicts are asked.
  for await (const verdict of readVerdicts(table, gated)) if (isGated(verdict)) count += 1;
  return count;
}
