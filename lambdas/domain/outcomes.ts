/** The outcomes of a direction's rows, packed: what a row's bytes say, and how they are written. */
import type { Day } from './days.ts';
import { OUTCOMES, type Outcome } from './kinds.ts';

/** The number of each outcome, as it stands in the low bits of a row. */
export const code = Object.fromEntries(OUTCOMES.map((outcome, index) => [outcome, index])) as Record<Outcome, number>;

/**
 * Bytes a row takes. The first two (LE) hold its outcome in the low 3 bits and, above them, the number (from 1) of the
 * file that said so, 0 = none; the other three (LE) the days from 0000-01-01 to `occurred_on`, so that every day that can
 * be written can be kept. 2,000 rows are 10 kB: every kB is a write unit.
 */
export const bytesPerRow = 5;

const outcomeBits = 3;
/** The bits of a row's first byte that hold its outcome. */
export const outcomeMask = 0b111;
/** The day that is written as 0. */
export const dayZero = '0000-01-01' as Day;
const dayZeroMillis = Date.parse(dayZero);
const millisPerDay = 86_400_000;

/** A row's outcome as its byte says; a byte that names none is damage, and counts as open. */
export function outcomeAt(bytes: Uint8Array, row: number): Outcome {
  return OUTCOMES[(bytes[row * bytesPerRow] ?? 0) & outcomeMask] ?? 'open';
}

/** Writes a row's outcome in place; `file` is the index in `files` of the one that said so. */
export function writeOutcome(bytes: Uint8Array, row: number, outcome: Outcome, on: Day, file: number): void {
  const at = row * bytesPerRow;
  const head = ((file + 1) << outcomeBits) | code[outcome];
  const day = (Date.parse(on) - dayZeroMillis) / millisPerDay;
  bytes[at] = head & 0xff;
  bytes[at + 1] = head >> 8;
  bytes[at + 2] = day & 0xff;
  bytes[at + 3] = (day >> 8) & 0xff;
  bytes[at + 4] = day >> 16;
}

/** The number (from 1) of the file that said a row's outcome, 0 = none; `at` is the row's first byte. */
export function fileOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) >> outcomeBits;
}
