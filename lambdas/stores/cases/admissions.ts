import * as z from 'zod';
import { sha8 } from '../../domain/hashes.ts';
import type { ApproverId } from '../../domain/identifiers.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { Conflict, key, put, read } from './table.ts';

/** A file of admissions that was recorded, and its receipt: the same bytes get it whenever they come again. */
export interface RecordedAdmissions {
  readonly sha256: string;
  readonly receipt: string;
}

/** A file of admissions, as it lies in the table. */
export const admissionsFileForm = formOf<RecordedAdmissions>(
  'file of admissions',
  1,
  z.strictObject({ sha256: fields.sha256, receipt: z.string() }),
);

/**
 * An approver's file of admissions whose SHA-256 begins as this one does: files are told apart by these digits in the names of their
 * receipts.
 */
export async function readAdmissionsFile(
  table: string,
  approver: ApproverId,
  sha256: string,
): Promise<RecordedAdmissions | undefined> {
  return await read(table, key.admissions(approver, sha8(sha256)), admissionsFileForm);
}

/**
 * Makes a file's receipt count if none does yet.
 * @returns the one that counts
 */
export async function recordAdmissions(
  table: string,
  approver: ApproverId,
  file: RecordedAdmissions,
): Promise<RecordedAdmissions> {
  const pk = key.admissions(approver, sha8(file.sha256));
  try {
    await put(table, { pk, ...admissionsFileForm.write(file) }, 'attribute_not_exists(pk)');
    return file;
  } catch (error) {
    const known = error instanceof Conflict ? await read(table, pk, admissionsFileForm) : undefined;
    if (known === undefined) throw error;
    return known;
  }
}
