/** Every reason for which a row, a file or an object is not taken. docs/formats.md says what each means and what to do. */

/** The reasons for which a row of a file that came in is not taken. */
export const ROW_REASONS = [
  'wrong_cell_count',
  'column_total',
  'second_handset',
  'second_number',
  'missing_imei',
  'rounded_by_spreadsheet',
  'two_in_one_cell',
  'not_digits',
  'wrong_length',
  'check_digit_mismatch',
  'not_a_device',
  'missing_msisdn',
  'bad_msisdn',
  'missing_last_seen',
  'bad_date',
  'self_check',
  'unknown_direction',
  'not_in_direction',
  'unknown_outcome',
  'before_sighting',
  'missing_to',
  'unknown_operator',
  'same_operator',
  'disputed',
  'ported_lately',
  'bad_ground',
  'already_extended',
  'bad_activated_on',
  'not_after_sighting',
  'conflicts_with_recorded',
  'bad_preview',
  'not_this_preview',
  'unknown_decision',
  'missing_ground',
  'missing_remarks',
  'about_the_batch',
  'beside_rejects',
  'not_held',
  'not_a_subject',
  'bad_until',
  'until_too_far',
  'superseded',
  'missing_reason',
  'unknown_upload',
  'not_gated',
  'already_admitted',
  'bad_reference',
  'unknown_reference',
  'several_subjects',
  'too_many_of_handset',
  'too_many_in_file',
  'too_many_today',
] as const;
export type RowReason = (typeof ROW_REASONS)[number];

/** A row of a file that is not taken, with the first reason that applies. */
export interface RejectedRow {
  readonly line: number;
  readonly reason: RowReason;
}

/** The reasons for which a file is refused, or read only as far as its fault; two of them have the name of a column behind a colon. */
export const FILE_REASONS = [
  'file_too_large',
  'empty_file',
  'spreadsheet_not_csv',
  'not_csv',
  'not_utf8',
  'nul_byte',
  'missing_column',
  'duplicate_column',
  'unclosed_quote',
  'misplaced_header',
  'cr_line_ends',
  'line_too_long',
  'wrong_folder',
  'batch_id_taken',
  'sha_taken',
  'unknown_direction',
  'too_many_files',
  'too_many_rows',
  'too_many_exemptions',
  'unknown_batch',
  'not_waiting',
  'not_directed',
] as const;
type OfAColumn = 'missing_column' | 'duplicate_column';
export type FileReason = Exclude<(typeof FILE_REASONS)[number], OfAColumn> | `${OfAColumn}:${string}`;

/** Whether a text is such a reason, as one that a state machine hands on should be. */
export function isFileReason(text: string): text is FileReason {
  const [name, column] = text.split(/:(.*)/s);
  const ofAColumn = name === 'missing_column' || name === 'duplicate_column';
  return FILE_REASONS.some((reason) => reason === name) && ofAColumn === (column !== undefined);
}

/** The reasons for which a key of the inbox is outside the agreed places. A reason never repeats the key, which may hold anything. */
const KEY_STRAYS = [
  'key_too_long',
  'unknown_place',
  'not_a_csv_name',
  'bad_agency',
  'bad_operator',
  'bad_approver',
  'bad_caseworker',
] as const;
export type KeyStray = (typeof KEY_STRAYS)[number];

/** The reasons for which an object is left where it lies: its key, or its owner. */
export const STRAYS = [
  ...KEY_STRAYS,
  'unknown_agency',
  'unknown_operator',
  'unknown_approver',
  'unknown_caseworker',
] as const;
export type Stray = (typeof STRAYS)[number];
