/** Lookups: what a caseworker asks about in a file, how much may be asked in a day, and which answered upload another one repeats. */
import * as z from 'zod';
import { appealGroundIn } from './appeals.ts';
import { isShaTaken, MOST_FILES } from './applying-responses.ts';
import { FileFault } from './csv.ts';
import type { CsvRow } from './csv-header.ts';
import type { Imei, Msisdn } from './identifiers.ts';
import { parseImei } from './imeis.ts';
import { parseMsisdn } from './msisdns.ts';
import type { FileReason, RejectedRow } from './reasons.ts';
import { parseReference, type Referred, referenceOf } from './references.ts';
import { type Covers, fields, formOf } from './stored.ts';
import { seenOf } from './unseen.ts';

/** The columns of which each row fills one. */
const ONE_OF = ['msisdn', 'imei', 'reference'] as const;

/**
 * The columns of a file of lookups: each row fills one of the first three. The last one is an appeal's, and tells that the file is one, as a
 * ground does elsewhere.
 */
export const LOOKUP_COLUMNS = {
  required: [],
  optional: [...ONE_OF, 'ground'],
  oneOf: ONE_OF,
  namesOneBy: ['imei', 'msisdn'],
  byHand: true,
  withOthers: true,
} as const;
type LookupColumn = (typeof LOOKUP_COLUMNS)['optional'][number];

/** A cell by which nothing is said. */
const SAYS_NOTHING = /^(?:-*|n\/?a)$/i;

/** The subject that a row asks about. */
export type AskedAbout =
  | { readonly by: 'msisdn'; readonly msisdn: Msisdn }
  | { readonly by: 'imei'; readonly imei: Imei }
  | { readonly by: 'reference'; readonly referred: Referred };

/** A row of lookups, read. */
export interface LookupRow {
  readonly line: number;
  readonly asked: AskedAbout;
}

/**
 * Reads one row. Reasons, the first that applies: wrong_cell_count, second_handset or second_number; several_subjects (it fills more than
 * one of the columns); the identifier's own (missing_msisdn if it fills none); bad_reference.
 * @throws FileFault `wrong_folder` if it has a ground, in a column of whatever name: answered as a lookup, an appeal would be none, and give
 * nobody service back
 */
export function parseLookupRow(row: CsvRow<LookupColumn>): LookupRow | RejectedRow {
  const { line } = row;
  if ('reason' in row) return { line, reason: row.reason };
  const { msisdn, imei, reference, ground } = row.cells;
  if (!SAYS_NOTHING.test(seenOf(ground)) || row.others?.some((cell) => appealGroundIn(cell) !== undefined))
    throw new FileFault(line, 'wrong_folder');
  if ([msisdn, imei, reference].filter((cell) => cell !== '').length > 1) return { line, reason: 'several_subjects' };
  if (reference !== '') {
    const read = parseReference(reference);
    return 'reason' in read ? { line, ...read } : { line, asked: { by: 'reference', referred: read.value } };
  }
  if (imei !== '') {
    const read = parseImei(imei);
    return 'reason' in read ? { line, ...read } : { line, asked: { by: 'imei', imei: read.value } };
  }
  const read = parseMsisdn(msisdn);
  return 'reason' in read ? { line, ...read } : { line, asked: { by: 'msisdn', msisdn: read.value } };
}

/** The text that stands for a subject before it is hashed for the audit: the number, the 14 digits, or the reference. */
export function nameOfAsked(asked: AskedAbout): string {
  if (asked.by === 'reference') return referenceOf(asked.referred);
  return asked.by === 'imei' ? asked.imei : asked.msisdn;
}

/** An upload of lookups that was answered. */
export interface AnsweredFile {
  readonly sha256: string;
  /** The upload's own version: the same bytes uploaded again are asked again, and counted once. */
  readonly upload: string;
  /** The attempt whose prepared answer counts. */
  readonly attempt: string;
  /** Its rows that were answered. */
  readonly rows: number;
}

/** What a caseworker asked on one day in Asia/Kolkata. */
export interface LookupDay {
  /** The number of rows that were answered; those of the same bytes count once. */
  readonly rows: number;
  readonly files: readonly AnsweredFile[];
}

/** The record before anything was asked on a day. */
export const NO_LOOKUPS: LookupDay = { rows: 0, files: [] };

/** The most that may be asked. Policy. */
interface LookupLimits {
  readonly rowsPerFile: number;
  readonly rowsPerDay: number;
}

/** The decision on a file: which of its rows are answered. */
type Admitted =
  | {
      readonly kind: 'admitted';
      readonly rows: readonly LookupRow[];
      /** All of the file's rejects, by line. */
      readonly rejects: readonly RejectedRow[];
      /** The record of the day with this file, if `attempt` answers it. */
      readonly day: (attempt: string) => LookupDay;
    }
  /** This upload was answered: what was prepared is published again. */
  | { readonly kind: 'known'; readonly file: AnsweredFile }
  | { readonly kind: 'refused'; readonly why: FileReason };

/**
 * Decides which rows of a file are answered: the first `rowsPerFile` of its good rows (the others are `too_many_in_file`), and of these as
 * many as are left of the day (`too_many_today`). The bytes of a file that was answered that day are answered once more, as things stand
 * now, as many rows as then, and count nothing.
 */
export function admitLookups(
  day: LookupDay,
  rows: readonly (LookupRow | RejectedRow)[],
  { sha256, upload }: Pick<AnsweredFile, 'sha256' | 'upload'>,
  { rowsPerFile, rowsPerDay }: LookupLimits,
): Admitted {
  const known = day.files.find((file) => file.upload === upload && file.sha256 === sha256);
  if (known !== undefined) return { kind: 'known', file: known };
  if (isShaTaken(day, sha256)) return { kind: 'refused', why: 'sha_taken' };
  if (day.files.length >= MOST_FILES) return { kind: 'refused', why: 'too_many_files' };
  const before = day.files.find((file) => file.sha256 === sha256);
  const left = before?.rows ?? Math.max(0, rowsPerDay - day.rows);
  const taken: LookupRow[] = [];
  const rejects: RejectedRow[] = [];
  let good = 0;
  for (const row of rows) {
    if ('reason' in row) {
      rejects.push(row);
      continue;
    }
    good += 1;
    if (good > rowsPerFile) rejects.push({ line: row.line, reason: 'too_many_in_file' });
    else if (taken.length >= left) rejects.push({ line: row.line, reason: 'too_many_today' });
    else taken.push(row);
  }
  return {
    kind: 'admitted',
    rows: taken,
    rejects,
    day: (attempt) => ({
      rows: day.rows + (before === undefined ? taken.length : 0),
      files: [...day.files, { sha256, upload, attempt, rows: taken.length }],
    }),
  };
}

const lookupDay = z.strictObject({
  rows: fields.count,
  files: z.array(
    z.strictObject({ sha256: fields.sha256, upload: z.string(), attempt: z.string(), rows: fields.count }),
  ),
  version: fields.count,
  expires: fields.count,
});
true satisfies Covers<typeof lookupDay, LookupDay & { version: number; expires: number }>;

/** What a caseworker asked on a day, as it lies in the table: `expires` in seconds since 1970. */
export const lookupDayForm = formOf('day of lookups', 1, lookupDay);
