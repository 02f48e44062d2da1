/** The rows of an appeal: what each asks for, and what all of them come to. */
import { type Appeal, appealGroundIn, nameOfSubject } from './appeals.ts';
import type { CsvRow } from './csv-header.ts';
import type { Imei, Msisdn } from './identifiers.ts';
import { parseImei } from './imeis.ts';
import { parseMsisdn } from './msisdns.ts';
import type { Pointer } from './pointers.ts';
import type { RejectedRow, RowReason } from './reasons.ts';
import { parseReference, type Referred } from './references.ts';

/** The columns of an appeal. A row fills `reference`, or `msisdn`, `imei` or both. */
export const APPEAL_COLUMNS = {
  required: ['ground'],
  optional: ['msisdn', 'imei', 'reference', 'case_ref'],
  namesOneBy: ['imei', 'msisdn'],
  byHand: true,
} as const;
type AppealColumn = (typeof APPEAL_COLUMNS)['required' | 'optional'][number];

/** A row of an appeal, before it is known for which row its reference stands. */
export interface AppealRow extends Omit<Appeal, 'row'> {
  /** The row's reference; the number of a row with one is not known yet. */
  readonly referred: Referred | null;
}

/**
 * Reads one row. Reasons, the first that applies: wrong_cell_count, second_handset or second_number; several_subjects (a reference beside a
 * number or a handset); the identifier's own (missing_msisdn if the row fills none of the columns); bad_reference; missing_ground;
 * bad_ground. Grounds are read by `appealGroundIn`. It doesn't look for which row a reference stands.
 */
export function parseAppealRow(row: CsvRow<AppealColumn>): AppealRow | RejectedRow {
  const { line } = row;
  if ('reason' in row) return { line, reason: row.reason };
  const { ground: on, case_ref: caseRef } = row.cells;
  const subject = subjectOf(row.cells);
  if ('reason' in subject) return { line, ...subject };
  if (on === '') return { line, reason: 'missing_ground' };
  const ground = appealGroundIn(on);
  return ground === undefined ? { line, reason: 'bad_ground' } : { line, ...subject, ground, caseRef };
}

type Subject = Pick<AppealRow, 'msisdn' | 'imei' | 'referred'>;

function subjectOf(
  cells: Readonly<Record<'msisdn' | 'imei' | 'reference', string>>,
): Subject | { readonly reason: RowReason } {
  if (cells.reference !== '') {
    if (cells.msisdn !== '' || cells.imei !== '') return { reason: 'several_subjects' };
    const referred = parseReference(cells.reference);
    return 'reason' in referred ? referred : { msisdn: null, imei: null, referred: referred.value };
  }
  const imei = cells.imei === '' ? { value: null } : parseImei(cells.imei);
  if ('reason' in imei) return imei;
  const msisdn = cells.msisdn === '' && imei.value !== null ? { value: null } : parseMsisdn(cells.msisdn);
  if ('reason' in msisdn) return msisdn;
  return { msisdn: msisdn.value, imei: imei.value, referred: null };
}

/** What a file asks for, and what becomes of its rows. */
interface AppealsRead {
  /** All good rows: each is answered, even if several ask for the same. */
  readonly appeals: readonly Appeal[];
  readonly rows: number;
  /** Rows that ask for something new: the number of subjects that are asked for. */
  readonly recorded: number;
  /** Rows that ask for what an earlier row asks for, on whatever ground: the earlier row's ground counts. */
  readonly alreadyRecorded: number;
  /** The rows that were not taken, by line. */
  readonly rejects: readonly RejectedRow[];
}

/** The most numbers for which a file excepts one handset: each of them stands in the handset's one claim, at every operator. */
const mostOfHandset = 500;

/**
 * What the rows of a file come to. A reference asks for the number of its row, as it was then; one that stands for no row is an
 * `unknown_reference`; a number of one handset beyond `mostOfHandset` is `too_many_of_handset`.
 * @param rowOf returns the row for which a reference stands
 */
export function readAppeals(
  rows: readonly (AppealRow | RejectedRow)[],
  rowOf: (referred: Referred) => { readonly msisdn: Msisdn; readonly pointer: Pointer } | undefined,
): AppealsRead {
  const appeals: Appeal[] = [];
  const subjects = new Set<string>();
  const numbersOf = new Map<Imei, number>();
  const rejects: RejectedRow[] = [];
  for (const one of rows) {
    const appeal = 'reason' in one ? one : resolved(one, rowOf);
    if ('reason' in appeal) {
      rejects.push(appeal);
      continue;
    }
    const { line, imei, msisdn } = appeal;
    const name = nameOfSubject(appeal);
    if (imei !== null && msisdn !== null && !subjects.has(name)) {
      const before = numbersOf.get(imei) ?? 0;
      if (before >= mostOfHandset) {
        rejects.push({ line, reason: 'too_many_of_handset' });
        continue;
      }
      numbersOf.set(imei, before + 1);
    }
    subjects.add(name);
    appeals.push(appeal);
  }
  const recorded = subjects.size;
  return { appeals, rows: rows.length, recorded, alreadyRecorded: appeals.length - recorded, rejects };
}

function resolved({ referred, ...appeal }: AppealRow, rowOf: Parameters<typeof readAppeals>[1]): Appeal | RejectedRow {
  if (referred === null) return { ...appeal, row: null };
  const row = rowOf(referred);
  return row === undefined
    ? { line: appeal.line, reason: 'unknown_reference' }
    : { ...appeal, msisdn: row.msisdn, row: row.pointer };
}
