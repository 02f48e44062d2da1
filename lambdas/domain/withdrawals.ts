/** Withdrawals: an agency takes a report of its own back. */
import * as z from 'zod';
import { type BatchState, planCounts } from './batches.ts';
import type { CsvRow } from './csv-header.ts';
import type { Instant } from './days.ts';
import type { AgencyId, BatchId, Imei, OperatorId } from './identifiers.ts';
import { parseImei } from './imeis.ts';
import type { FileReason, RejectedRow } from './reasons.ts';
import { type Covers, fields, formOf } from './stored.ts';

/**
 * The columns of a withdrawal. A file without rows is about the whole report. It names no numbers: those in it are the complainants', as the
 * report had them.
 */
export const WITHDRAWAL_COLUMNS = { required: ['imei'], optional: [], namesOneBy: ['imei'], byHand: true } as const;

/** The effect of a withdrawal on a batch of its agency's. */
type WithdrawalFate =
  /** The whole report ends `withdrawn`. */
  | 'withdraw'
  /** A reversal takes back what is directed. */
  | 'reverse'
  /** The file comes again: the batch is between its decision and its directions. */
  | 'wait'
  /** The reason why the file is refused. */
  | (FileReason & ('not_directed' | 'not_waiting'));

/**
 * What becomes of a withdrawal. Before the decision it takes the whole report back, whether there is a preview yet or not; a withdrawal
 * that names handsets is refused then, and the report goes on waiting. Between the decision and the directions it waits, and also if a
 * report without handsets is about to settle. Afterwards a reversal takes back what was directed. A batch that ended without effect, and a
 * report of no handsets, can't be withdrawn.
 * @param rows the number of the file's rows, good or not
 */
export function withdrawalFate(
  { state, handsets }: { readonly state: BatchState; readonly handsets: number },
  rows: number,
): WithdrawalFate {
  if (state === 'approved' || state === 'planning') return 'wait';
  if (planCounts(state) && handsets > 0) return 'reverse';
  if (state !== 'waiting') return 'not_waiting';
  if (rows > 0) return 'not_directed';
  return handsets === 0 ? 'wait' : 'withdraw';
}

/**
 * Whether a withdrawal was sent before the report for which its batch stands now. A batch that has begun anew is a later word of its
 * agency's, whenever the earlier one is worked on: late, again, or out of a queue of dead letters. Instants have seconds. Within one second
 * the withdrawal counts as the later: an agency that withdraws has reported, and if that is wrong it can report in other bytes, while
 * somebody whom a report directs that should have been taken back is cut off.
 */
export function precedesReport(uploadedAt: Instant, batch: { readonly uploadedAt: Instant }): boolean {
  return uploadedAt < batch.uploadedAt;
}

/** The handsets of a directed report that a withdrawal names. */
interface NamedHandsets {
  /** Each once, in the order of the file. */
  readonly imeis: readonly Imei[];
  readonly rows: number;
  readonly recorded: number;
  /** Rows that name a handset again. */
  readonly alreadyRecorded: number;
  readonly rejects: readonly RejectedRow[];
}

/**
 * Reads the rows of a withdrawal. Reasons, the first that applies: wrong_cell_count or second_handset; the identifier's own;
 * not_a_subject (the report doesn't name the handset).
 */
export function namedHandsets(rows: Iterable<CsvRow<'imei'>>, reported: ReadonlySet<Imei>): NamedHandsets {
  const imeis = new Set<Imei>();
  const rejects: RejectedRow[] = [];
  let count = 0;
  let alreadyRecorded = 0;
  for (const row of rows) {
    const { line } = row;
    count += 1;
    if ('reason' in row) {
      rejects.push({ line, reason: row.reason });
      continue;
    }
    const imei = parseImei(row.cells.imei);
    if ('reason' in imei) rejects.push({ line, reason: imei.reason });
    else if (!reported.has(imei.value)) rejects.push({ line, reason: 'not_a_subject' });
    else if (imeis.has(imei.value)) alreadyRecorded += 1;
    else imeis.add(imei.value);
  }
  return { imeis: [...imeis], rows: count, recorded: imeis.size, alreadyRecorded, rejects };
}

/** A report that its agency withdrew before it was decided upon. */
export interface WithdrawnReport {
  readonly batchId: BatchId;
  readonly agency: AgencyId;
  /** The file that withdrew it: its key in the inbox, its bytes' SHA-256 and the upload's own version. */
  readonly key: string;
  readonly sha256: string;
  readonly upload: string;
  /** The attempt whose prepared receipt counts. */
  readonly attempt: string;
  /** The instant at which it was committed. */
  readonly at: Instant;
  /**
   * The operators that its summary lists, each with the instant of its latest usage; if it has a preview, that one's operators are used
   * instead.
   */
  readonly operators: Readonly<Record<OperatorId, Instant | null>>;
}

const withdrawn = z.strictObject({
  batchId: fields.batch,
  agency: fields.agency,
  key: z.string(),
  sha256: fields.sha256,
  upload: z.string(),
  attempt: z.string(),
  at: fields.instant,
  operators: z.record(fields.operator, fields.instant.nullable()),
});
true satisfies Covers<typeof withdrawn, WithdrawnReport>;

/** `WithdrawnReport`, as it lies in the work bucket. */
export const withdrawnReportForm = formOf<WithdrawnReport>('record of a withdrawn report', 1, withdrawn);
