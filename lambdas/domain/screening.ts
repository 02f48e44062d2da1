/** Screening: what becomes of each row of a report. */
import type { CsvRow, Reject } from './csv.ts';
import { type Imei, parseImei, SELF_CHECK } from './identifiers.ts';

/** The columns of a report. Only the IMEI is read; the others are the agency's own notes. */
export const reportColumns = {
  required: ['imei'],
  optional: ['reported_on', 'case_ref', 'category'],
} as const;

/** What became of a row: a handset of the batch, one that the report had already, or a reject. */
export type Screened = { readonly handset: Imei } | { readonly repeat: true } | Reject;

/** `rows` = `rejected` + `repeats` + `handsets`. */
export interface ScreeningTotals {
  readonly rows: number;
  readonly rejected: number;
  readonly repeats: number;
  readonly handsets: number;
}

/**
 * Screens one report, row by row in file order: each row ends as exactly one of rejected with a reason, repeat, or
 * handset. The same handset again, in whatever form its IMEI is written, is a repeat. Of a self-check's report none is a
 * handset: what would be one is rejected, `self_check`.
 */
export class Screening {
  /** The handsets seen, as the numbers that their 14 digits make: exact, and small enough for millions. */
  readonly #seen = new Set<number>();
  #rows = 0;
  #rejected = 0;
  readonly #counts: boolean;

  /** @param agency who reports */
  constructor(agency?: string) {
    this.#counts = agency !== SELF_CHECK;
  }

  /** Takes the report's next row. A reject's value is the cell at fault, or the whole row. */
  row(row: CsvRow<'imei'>): Screened {
    this.#rows++;
    if ('wrongCellCount' in row) return this.#reject(row.line, row.wrongCellCount, 'wrong_cell_count');
    const imei = parseImei(row.cells.imei);
    if ('reason' in imei) return this.#reject(row.line, row.cells.imei, imei.reason);
    if (!this.#counts) return this.#reject(row.line, row.cells.imei, 'self_check');
    const number = Number(imei.value);
    if (this.#seen.has(number)) return { repeat: true };
    this.#seen.add(number);
    return { handset: imei.value };
  }

  /** The handsets, in the order in which the report names them first. */
  *handsets(): Generator<Imei> {
    for (const number of this.#seen) yield String(number).padStart(14, '0') as Imei;
  }

  /** What the rows so far came to. */
  totals(): ScreeningTotals {
    const handsets = this.#seen.size;
    return { rows: this.#rows, rejected: this.#rejected, repeats: this.#rows - this.#rejected - handsets, handsets };
  }

  #reject(line: number, value: string, reason: string): Reject {
    this.#rejected++;
    return { line, value, reason };
  }
}
