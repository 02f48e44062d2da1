/** Screening: what becomes of each row of a report. */
import type { CsvRow } from './csv-header.ts';
import { type Imei, imeiOfNumber } from './identifiers.ts';
import { columnOf, REPORT_DIRECTS } from './kinds.ts';
import type { RowReason } from './reasons.ts';
import type { Reject } from './rejects.ts';
import { type Identifiers, identifiersOf } from './self-check.ts';

/** The columns of a report. Only the IMEI decides anything; the others are the agency's own notes, which explanations repeat. */
export const REPORT_COLUMNS = {
  required: [columnOf(REPORT_DIRECTS.handset)],
  optional: ['reported_on', 'case_ref', 'category'],
  namesOneBy: ['imei'],
  mayHaveTotal: true,
} as const;

/** What became of a row: a handset of the batch, which the report may name more than once, or a reject. */
type Screened = { readonly handset: Imei } | Reject;

/** `rows` = `rejected` + `repeats` + `handsets`. */
export interface ScreeningTotals {
  readonly rows: number;
  readonly rejected: number;
  readonly repeats: number;
  readonly handsets: number;
}

/**
 * A handset's line in the file of the screened ones. All have the same length, since an IMEI's key has 14 digits, so that a child that
 * works on some of the handsets is told which lines, and not their IMEIs.
 */
export const handsetLine = (imei: Imei): string => `${JSON.stringify({ imei })}\n`;
/** The length of every such line, its LF included. */
export const HANDSET_LINE_BYTES = handsetLine('35000000000000' as Imei).length;

const FIRST_ROOM = 1024;

/**
 * Screens one report, row by row in file order: each row ends as exactly one of rejected with a reason, repeat, or handset. The same
 * handset again, in whatever form its IMEI is written, is a repeat. In a self-check's report only its own handset is taken: any other is
 * rejected as `self_check`.
 */
export class Screening {
  /** The handsets named, as the numbers that their 14 digits make: exact, and eight bytes each, where a Set takes some 60. */
  #numbers = new Float64Array(FIRST_ROOM);
  /** The number of the numbers' places that are taken. */
  #taken = 0;
  #rows = 0;
  #rejected = 0;
  readonly #identifiers: Identifiers;

  /** @param agency the agency that reports */
  constructor(agency = '') {
    this.#identifiers = identifiersOf(agency);
  }

  /** Takes the report's next row. A reject's value is the cell at fault, or the whole row. */
  row(row: CsvRow<'imei'>): Screened {
    this.#rows++;
    if ('reason' in row) return this.#reject(row.line, row.text, row.reason);
    const imei = this.#identifiers.imei(row.cells.imei);
    if ('reason' in imei) return this.#reject(row.line, row.cells.imei, imei.reason);
    if (this.#taken === this.#numbers.length) this.#makeRoom();
    this.#numbers[this.#taken++] = Number(imei.value);
    return { handset: imei.value };
  }

  /** The handsets, each once, in ascending order. */
  *handsets(): Generator<Imei> {
    for (const number of this.#distinct()) yield imeiOfNumber(number);
  }

  /** The counts of the rows so far. */
  totals(): ScreeningTotals {
    const handsets = this.#distinct().length;
    return { rows: this.#rows, rejected: this.#rejected, repeats: this.#rows - this.#rejected - handsets, handsets };
  }

  /** Sorts the numbers and takes repeats out. */
  #distinct(): Float64Array {
    const all = this.#numbers.subarray(0, this.#taken).sort();
    this.#taken = 0;
    for (const number of all) if (number !== all[this.#taken - 1]) all[this.#taken++] = number;
    return all.subarray(0, this.#taken);
  }

  /** Repeats are taken out first: a report that says the same again and again takes no more room for it. */
  #makeRoom(): void {
    const distinct = this.#distinct();
    if (distinct.length <= this.#numbers.length / 2) return;
    const larger = new Float64Array(this.#numbers.length * 2);
    larger.set(distinct);
    this.#numbers = larger;
  }

  #reject(line: number, value: string, reason: RowReason): Reject {
    this.#rejected++;
    return { line, value, reason };
  }
}
