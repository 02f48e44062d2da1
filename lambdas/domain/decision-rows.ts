/** The rows of an approver's file: what each says, and which subjects it may speak of. */
import type { CsvRow } from './csv-header.ts';
import type { Imei, Msisdn } from './identifiers.ts';
import type { RejectedRow } from './reasons.ts';
import { identifiersOf } from './self-check.ts';
import type { Act } from './subjects.ts';
import { seenOf } from './unseen.ts';

/** The columns of a decision. */
export const DECISION_COLUMNS = {
  required: ['preview', 'decision'],
  optional: ['imei', 'msisdn', 'ground', 'remarks'],
  namesOneBy: ['imei', 'msisdn'],
  byHand: true,
  aboutAll: { column: 'decision', words: ['approve', 'block', 'reverify'], free: ['remarks'] },
} as const;
export type DecisionColumn = (typeof DECISION_COLUMNS)['required' | 'optional'][number];

/** The grounds on which a batch may be approved. */
export const GROUNDS = ['public_interest', 'notice_given'] as const;
/** One of these grounds. */
export type Ground = (typeof GROUNDS)[number];

/** All that an approver may say: of the batch, of a held handset, of a subject. */
export const DECISIONS = ['approve', 'refuse', 'block', 'reverify', 'spare', 'strike'] as const;

/** A row of a decision, read. A strike leaves out a handset, a number, or both where the row names both. */
export type DecisionRow =
  | { readonly line: number; readonly decision: 'approve'; readonly ground: Ground }
  | { readonly line: number; readonly decision: 'refuse'; readonly remarks: string }
  | { readonly line: number; readonly decision: Act; readonly imei: Imei }
  | { readonly line: number; readonly decision: 'strike'; readonly imei: Imei | null; readonly msisdn: Msisdn | null };

/**
 * Reads one row of a decision. Reasons, the first that applies: wrong_cell_count, second_handset or second_number (of an `approve`, `block` or `reverify` also in its remarks); bad_preview (no SHA-256
 * of 64 hexadecimal digits); not_this_preview; unknown_decision; missing_ground (`approve` without one of the grounds); missing_remarks
 * (`refuse` or `strike` without); about_the_batch (`approve` or `refuse` with a handset or a number: its writer meant that handset or
 * number, not the batch); the identifier's own, of which a strike must name at least one, and a word on a held handset must name the
 * handset; not_held (a word on a held handset that names a number: it would be about all numbers of the handset). The preview, decisions
 * and grounds may be in upper or lower case. `ofSubjects` finds whether the row names a subject of the batch.
 * @param of the SHA-256 of the batch's preview, in lower case, and the agency, whose identifiers it names
 */
export function parseDecisionRow(
  row: CsvRow<DecisionColumn>,
  of: { readonly preview: string; readonly agency: string },
): DecisionRow | RejectedRow {
  const { line } = row;
  if ('reason' in row) return { line, reason: row.reason };
  const { cells } = row;
  const preview = seenOf(cells.preview).toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(preview)) return { line, reason: 'bad_preview' };
  if (preview !== of.preview) return { line, reason: 'not_this_preview' };
  const decision = DECISIONS.find((known) => known === seenOf(cells.decision).toLowerCase());
  if (decision === undefined) return { line, reason: 'unknown_decision' };
  if (decision === 'approve') {
    const ground = GROUNDS.find((known) => known === seenOf(cells.ground).toLowerCase());
    if (ground === undefined) return { line, reason: 'missing_ground' };
    return namesAny(cells) ? { line, reason: 'about_the_batch' } : { line, decision, ground };
  }
  if ((decision === 'refuse' || decision === 'strike') && cells.remarks === '')
    return { line, reason: 'missing_remarks' };
  if (decision === 'refuse')
    return namesAny(cells)
      ? { line, reason: 'about_the_batch' }
      : { line, decision, remarks: shownRemarks(cells.remarks) };
  const identifiers = identifiersOf(of.agency);
  if (decision !== 'strike') {
    // A number beside a handset would be left out unsaid: the word is about all numbers of the handset.
    const isOfNumber = cells.msisdn !== '';
    if (isOfNumber && cells.imei === '') return { line, reason: 'not_held' };
    const imei = identifiers.imei(cells.imei);
    if (isOfNumber && 'value' in imei) return { line, reason: 'not_held' };
    return 'reason' in imei ? { line, reason: imei.reason } : { line, decision, imei: imei.value };
  }
  const imei = cells.imei === '' && cells.msisdn !== '' ? { value: null } : identifiers.imei(cells.imei);
  if ('reason' in imei) return { line, reason: imei.reason };
  const msisdn = cells.msisdn === '' ? { value: null } : identifiers.msisdn(cells.msisdn);
  if ('reason' in msisdn) return { line, reason: msisdn.reason };
  return { line, decision, imei: imei.value, msisdn: msisdn.value };
}

const namesAny = ({ imei, msisdn }: Record<'imei' | 'msisdn', string>) => imei !== '' || msisdn !== '';

/** The most characters of remarks that are told. */
const LONGEST_REMARKS = 500;

/** Remarks as others are shown them: on one line, without characters that would change how the text around them reads. */
function shownRemarks(remarks: string): string {
  return [...remarks.replace(/[\p{C}\p{Z}]+/gu, ' ').trim()].slice(0, LONGEST_REMARKS).join('');
}

/** The subjects of a batch that may be decided upon. */
export interface Subjects {
  /** Whether a handset of the batch is held. */
  isHeld(imei: Imei): boolean;
  isHandset(imei: Imei): boolean;
  /** Whether a handset of the batch links the number. */
  isLinked(msisdn: Msisdn): boolean;
}

/**
 * The row, or its reject: not_held (`block`, `reverify` or `spare` of a handset that isn't held), not_a_subject (a strike of something that
 * the batch isn't about).
 */
export function ofSubjects(row: DecisionRow, subjects: Subjects): DecisionRow | RejectedRow {
  const { line } = row;
  if (row.decision === 'approve' || row.decision === 'refuse') return row;
  if (row.decision !== 'strike') return subjects.isHeld(row.imei) ? row : { line, reason: 'not_held' };
  const all =
    (row.imei === null || subjects.isHandset(row.imei)) && (row.msisdn === null || subjects.isLinked(row.msisdn));
  return all ? row : { line, reason: 'not_a_subject' };
}
