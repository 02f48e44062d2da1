/** The rows of the files by which approvers exempt numbers and handsets. */
import type { CsvRow } from './csv-header.ts';
import { addDays, type Day, readDay } from './days.ts';
import type { Imei, Msisdn } from './identifiers.ts';
import { parseImei } from './imeis.ts';
import { parseMsisdn } from './msisdns.ts';
import type { RejectedRow } from './reasons.ts';

/** The columns of a file of exemptions. */
export const EXEMPTION_COLUMNS = {
  required: ['until', 'reason'],
  optional: ['msisdn', 'imei'],
  namesOneBy: ['imei', 'msisdn'],
  byHand: true,
} as const;
export type ExemptionColumn = (typeof EXEMPTION_COLUMNS)['required' | 'optional'][number];

/** A row of exemptions, read: its subjects, and the last day of the exemption. A row that names a number and a handset is about both. */
export interface ExemptionRow {
  readonly line: number;
  readonly subjects: readonly (Msisdn | Imei)[];
  readonly until: Day;
}

/**
 * Reads one row. Reasons, the first that applies: wrong_cell_count, second_handset or second_number; the identifier's own (missing_msisdn
 * if it names nobody); bad_until (no day); until_too_far (more than `mostDays` after `uploadDay`, the Asia/Kolkata day of the upload);
 * missing_reason. A day that is past is taken: it ends what this approver said before. What is reserved for the self-check can't be named.
 */
export function parseExemptionRow(
  row: CsvRow<ExemptionColumn>,
  { uploadDay, mostDays }: { readonly uploadDay: Day; readonly mostDays: number },
): ExemptionRow | RejectedRow {
  const { line } = row;
  if ('reason' in row) return { line, reason: row.reason };
  const { cells } = row;
  const subjects: (Msisdn | Imei)[] = [];
  if (cells.msisdn !== '' || cells.imei === '') {
    const msisdn = parseMsisdn(cells.msisdn);
    if ('reason' in msisdn) return { line, reason: msisdn.reason };
    subjects.push(msisdn.value);
  }
  if (cells.imei !== '') {
    const imei = parseImei(cells.imei);
    if ('reason' in imei) return { line, reason: imei.reason };
    subjects.push(imei.value);
  }
  const until = readDay(cells.until);
  if (until === null) return { line, reason: 'bad_until' };
  if (until > addDays(uploadDay, mostDays)) return { line, reason: 'until_too_far' };
  return cells.reason === '' ? { line, reason: 'missing_reason' } : { line, subjects, until };
}
