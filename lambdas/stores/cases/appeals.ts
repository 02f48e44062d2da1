import * as z from 'zod';
import { sha8 } from '../../domain/hashes.ts';
import type { AgencyId, BatchId, CaseworkerId } from '../../domain/identifiers.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { Conflict, key, put, read } from './table.ts';

/**
 * A recorded file that asks for a reversal, a caseworker's appeal or an agency's withdrawal: it stands for the same bytes whenever they
 * come again. A withdrawal goes by its report's batch and its bytes, since one without rows says the same of every report.
 */
export interface RecordedAppeal {
  readonly sha256: string;
  /** The reversal that it asks for. */
  readonly batchId: BatchId;
  /** The attempt whose reading of the file counts. */
  readonly attempt: string;
  /** The number of numbers, handsets and pairs that it asks for; if it is 0, no batch comes of it. */
  readonly subjects: number;
}

/** An appeal, as it lies in the table. */
export const recordedAppealForm = formOf<RecordedAppeal>(
  'appeal',
  1,
  z.strictObject({ sha256: fields.sha256, batchId: fields.batch, attempt: z.string(), subjects: fields.count }),
);

/**
 * An uploader's recorded appeal or withdrawal whose SHA-256 begins as this one does: files are told apart by these digits in the names of
 * their receipts.
 */
export async function readAppeal(
  table: string,
  uploader: CaseworkerId | AgencyId,
  sha256: string,
): Promise<RecordedAppeal | undefined> {
  return await read(table, key.appeal(uploader, sha8(sha256)), recordedAppealForm);
}

/**
 * Makes an appeal count if none does yet, or in the place of one that is `gone`.
 * @returns the one that counts
 */
export async function recordAppeal(
  table: string,
  uploader: CaseworkerId | AgencyId,
  appeal: RecordedAppeal,
  gone?: RecordedAppeal,
): Promise<RecordedAppeal> {
  const pk = key.appeal(uploader, sha8(appeal.sha256));
  try {
    const item = { pk, ...recordedAppealForm.write(appeal) };
    if (gone === undefined) await put(table, item, 'attribute_not_exists(pk)');
    else await put(table, item, 'batchId = :gone', { ':gone': gone.batchId });
    return appeal;
  } catch (error) {
    const known = error instanceof Conflict ? await read(table, pk, recordedAppealForm) : undefined;
    if (known === undefined) throw error;
    return known;
  }
}
