/** Mobile numbers, as people write them. */
import { type Parsed, type Spoilt, spoiltIn, textOf } from './identifier-cells.ts';
import type { Msisdn } from './identifiers.ts';
import type { RowReason } from './reasons.ts';

/** Why a cell is no mobile number. */
export type MsisdnReason = RowReason & (Spoilt | 'missing_msisdn' | 'bad_msisdn');

/** The digits of a number without its country. */
const NATIONAL_DIGITS = 10;

/** Ten digits and what may stand before them, and behind them what a program writes of a number that might have had a fraction. */
const NUMBER = /^(?:\+?91|0)?([6-9][0-9]{9})(?:\.0+)?$/;

/** Twelve digits of which a spreadsheet has kept six: with the other six, the number was somebody else's. */
const ROUNDED_NUMBER = /^91[0-9]{4}0{6}(?:\.0+)?$/;

/**
 * Reads an Indian mobile number: ten digits, the first 6 to 9, optionally after `+91`, `91` or `0`, and those after a `'`. One that ends in
 * six zeros is not read after `91` alone: those are left of a number that a spreadsheet has shown as `9.19877E+11`.
 */
export function parseMsisdn(cell: string): Parsed<Msisdn, MsisdnReason> {
  const written = NUMBER.exec(cell);
  const text = written === null ? textOf(cell) : cell;
  const national = (written ?? NUMBER.exec(text))?.[1];
  if (national !== undefined)
    return ROUNDED_NUMBER.test(text) ? { reason: 'rounded_by_spreadsheet' } : { value: `+91${national}` as Msisdn };
  return { reason: text === '' ? 'missing_msisdn' : (spoiltIn(text, NATIONAL_DIGITS) ?? 'bad_msisdn') };
}
