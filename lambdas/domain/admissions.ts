/** Admissions: gated usage files that an approver lets in. */
import type { CsvRow } from './csv-header.ts';
import { parseInboxKey } from './inbox.ts';
import type { RejectedRow } from './reasons.ts';

/** The columns of a file of admissions. */
export const ADMISSION_COLUMNS = { required: ['key', 'version'], optional: [] } as const;
type AdmissionColumn = (typeof ADMISSION_COLUMNS)['required'][number];

/** The most rows of a file; a file with more is refused as `too_many_rows`. */
export const MOST_ADMISSIONS = 1000;

/** A row of admissions, read: the upload that it lets in. */
export interface AdmissionRow {
  readonly line: number;
  readonly key: string;
  readonly versionId: string;
}

/**
 * Reads one row. Reasons, the first that applies: wrong_cell_count; unknown_upload (the key is not a usage file's, or the version is
 * missing). It doesn't look whether there is such an upload, nor whether it is gated.
 */
export function parseAdmissionRow(row: CsvRow<AdmissionColumn>): AdmissionRow | RejectedRow {
  const { line } = row;
  if ('reason' in row) return { line, reason: row.reason };
  const { key, version } = row.cells;
  if (version === '' || parseInboxKey(key).kind !== 'usage') return { line, reason: 'unknown_upload' };
  return { line, key, versionId: version };
}
