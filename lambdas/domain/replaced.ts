/**
 * Words that a later one has replaced. A ledger keeps only the last word on each row; each file has those that it replaced beside its
 * receipt in the work bucket, for whoever asks what happened.
 */
import * as z from 'zod';
import type { Day } from './days.ts';
import { currentOutcomes, type Ledger, type RecordedFile } from './ledger.ts';
import { OUTCOMES, type Outcome } from './outcome-rules.ts';
import { BYTES_PER_ROW, dayAt, fileOf, outcomeAt } from './outcomes.ts';
import { type Covers, fields, formOf } from './stored.ts';

/** The word on a row (from 0) before a file said something else of it. */
export interface ReplacedWord {
  readonly row: number;
  readonly outcome: Outcome;
  /** The number (from 1) of the file that had said so, among the direction's; 0 if a row was overdue without a word. */
  readonly file: number;
  /** The day that this file said; null without one. */
  readonly on: Day | null;
}

/** The words that a recorded file replaced; each row's are in the order of time. */
interface Replaced {
  readonly rows: readonly ReplacedWord[];
}

const replaced = z.strictObject({
  rows: z.array(
    z.strictObject({ row: fields.count, outcome: z.enum(OUTCOMES), file: fields.count, on: fields.day.nullable() }),
  ),
});
true satisfies Covers<typeof replaced, Replaced>;

/** `Replaced`, as it lies in the work bucket. */
export const replacedForm = formOf<Replaced>('list of replaced words', 1, replaced);

/** The word that the next one on a row replaces; undefined if nothing was said of it and its ladder has not ended. */
export function wordAt(bytes: Uint8Array, row: number): ReplacedWord | undefined {
  const outcome = outcomeAt(bytes, row);
  const file = fileOf(bytes, row * BYTES_PER_ROW);
  return outcome === 'open' ? undefined : { row, outcome, file, on: file === 0 ? null : dayAt(bytes, row) };
}

/**
 * The words that a reversal replaces: those of the rows that it ended.
 * @param before the ledger from which the reversal took the rows
 * @param after the ledger without them
 */
export function wordsReplaced(before: Ledger, after: Ledger, rows: readonly number[]): ReplacedWord[] {
  const [was, is] = [currentOutcomes(before), currentOutcomes(after)];
  return rows.flatMap((row) => (outcomeAt(was, row) === outcomeAt(is, row) ? [] : (wordAt(was, row) ?? [])));
}

/** The file that said a replaced word; undefined if none did. */
export function fileOfWord({ files }: Ledger, { file }: ReplacedWord): RecordedFile | undefined {
  return files[file - 1];
}
