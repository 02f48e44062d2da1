/**
 * References: what an operator tells a subscriber, who may name it when they ask why. A reference names no one, and stands for a row of a
 * re-verification as it was ordered.
 */

import type { Parsed } from './identifier-cells.ts';
import { isOperatorId, type OperatorId } from './identifiers.ts';
import { luhnDigit } from './imeis.ts';
import { seenOf } from './unseen.ts';

/** The row that a reference stands for: `row`, from 1, of the direction of this plan, shard and number at this operator. */
export interface Referred {
  readonly operator: OperatorId;
  readonly plan: number;
  readonly shard: number;
  readonly n: number;
  readonly row: number;
}

/** The digits to which plan, shard, n and row are padded for the check digit: a mistyped or swapped digit is found in any of them. */
const PADDED = { plan: 8, shard: 4, n: 4, row: 5 };

/** `<operator>-<plan>-<shard>-<n>-<row from 1>-<Luhn digit over plan, shard, n and row, padded to 8, 4, 4 and 5 digits>`. */
export function referenceOf({ operator, plan, shard, n, row }: Referred): string {
  const pad = (number: number, digits: number) => String(number).padStart(digits, '0');
  const checked = pad(plan, PADDED.plan) + pad(shard, PADDED.shard) + pad(n, PADDED.n) + pad(row, PADDED.row);
  return `${operator}-${plan}-${shard}-${n}-${row}-${luhnDigit(checked)}`;
}

/** The characters that people write for a hyphen, and those that their programs make of one, with blanks around. */
const DASHES = /\s*[-\u2010-\u2015\u2212]\s*/g;

const REFERENCE = /^([a-z0-9-]{1,10})-(\d{1,9})-(\d{1,9})-(\d{1,9})-(\d{1,9})-\d$/;

/**
 * Reads a reference as a subscriber names it, in upper or lower case, with blanks around it and its hyphens, or dashes in their place. It
 * is a `bad_reference` if its form differs or its check digit doesn't fit. It doesn't look whether there is such a row.
 */
export function parseReference(cell: string): Parsed<Referred, 'bad_reference'> {
  const text = writtenAs(cell);
  const [, operator = '', ...numbers] = REFERENCE.exec(text) ?? [];
  const [plan = 0, shard = 0, n = 0, row = 0] = numbers.map(Number);
  if (!isOperatorId(operator)) return { reason: 'bad_reference' };
  const value = { operator, plan, shard, n, row };
  // A text with leading zeros is no reference of ours, even if its check digit fits.
  return row >= 1 && referenceOf(value) === text ? { value } : { reason: 'bad_reference' };
}

/** Whether a word has a reference's form, whatever its check digit: then it is neither a number nor an IMEI. */
export function isLikeReference(word: string): boolean {
  return REFERENCE.test(writtenAs(word));
}

const writtenAs = (text: string) => seenOf(text).trim().replace(DASHES, '-').toLowerCase();
