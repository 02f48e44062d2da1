/** What spreadsheets and lists make of the identifiers in a cell, and how a cell is read that may hold one. */
import { seenOf } from './unseen.ts';

/** A cell, read: its value, or the reason why it is rejected. */
export type Parsed<Value, Reason extends string> = { readonly value: Value } | { readonly reason: Reason };

/** The faults that spreadsheets make in identifiers, and lists in one cell. */
export type Spoilt = 'rounded_by_spreadsheet' | 'two_in_one_cell';

/** A cell without the characters that nobody sees, and without the `'` by which spreadsheets are made to take digits for a text. */
export const textOf = (cell: string): string => seenOf(cell).replace(/^'/, '');

const ROUNDED = /^[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}$/;

/**
 * The fault of a cell that is no identifier by itself: a number as a spreadsheet shortens it, or two identifiers.
 * @param fewest the fewest digits of one identifier
 */
export function spoiltIn(cell: string, fewest: number): Spoilt | null {
  if (ROUNDED.test(cell)) return 'rounded_by_spreadsheet';
  // Digits alone may be one identifier that is too long: nobody knows where another would begin.
  if (cell.length <= 2 * fewest || !/[0-9][^0-9]+[0-9]/.test(cell)) return null;
  return cell.replace(/[^0-9]/g, '').length >= 2 * fewest ? 'two_in_one_cell' : null;
}
