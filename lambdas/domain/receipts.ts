/** Receipts: what became of a file that an operator, an approver, an agency or a caseworker sent. */
import * as z from 'zod';
import type { Applied } from './applying-responses.ts';
import type { CombinedReceipt } from './combined-receipts.ts';
import type { FileFault } from './csv.ts';
import type { DateForm, Instant } from './days.ts';
import type { BatchId, DirectionId } from './identifiers.ts';
import { jsonText } from './json.ts';
import type { Order } from './ladders.ts';
import { countOpen, rowsFor } from './ledger.ts';
import type { FileReason, RejectedRow, RowReason } from './reasons.ts';
import { outstanding } from './sealing.ts';
import { fields } from './stored.ts';
import { whatToDo } from './what-to-do.ts';
import { standing } from './whereabouts.ts';

/** The receipt of a file, keys in the agreed order. */
export interface Receipt {
  readonly file: string;
  /** The file's SHA-256; null if it was refused without being read. */
  readonly sha256: string | null;
  readonly rows: number;
  readonly recorded: number;
  readonly alreadyRecorded: number;
  /** Rejects by reason, reasons in alphabetical order. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly rejects: readonly RejectedRow[];
  readonly refused: FileReason | null;
  /** The remedy for each of the reasons that it names. */
  readonly whatToDo: Readonly<Record<string, string>>;
  /** The recorded rows of exemptions whose day was past: they exempt nobody. Absent where there are none. */
  readonly past?: number;
  /** The reversal that an appeal or a withdrawal began; absent for any other file. */
  readonly reversal?: BatchId;
  /** The line where a file that was refused couldn't be read further. */
  readonly line?: number;
  /** The header that was found, if it lacks a column. */
  readonly header?: string;
}

/** The reason why a file was refused whole: a reason's word, or the fault beyond which it couldn't be read. */
export type Refusal = FileReason | Pick<FileFault, 'line' | 'reason' | 'found'>;

/** The word of a refusal. */
export const reasonOf = (why: Refusal): FileReason => (typeof why === 'string' ? why : why.reason);

/** The receipt of a response: beside its rows it says how the direction stood once it was recorded. */
export interface ResponseReceipt extends Receipt {
  readonly directionId: DirectionId;
  readonly uploadedAt: Instant;
  readonly recordedAt: Instant;
  /** Whether the batch had settled: its summary stays. */
  readonly late: boolean;
  /** The number of the direction's rows that still have no final outcome while its ladder runs; 0 once that was closed. */
  readonly open: number;
  /** The number of rows that have none though the ladder was closed, failed ones among them: their operator may still answer for them. */
  readonly overdue: number;
  /** The order that comes next if the rows stay as they are, and its deadline; null if none does. */
  readonly next: { readonly order: Order; readonly deadline: Instant } | null;
}

/** The name of a receipt's file, read back from its text. */
export const receiptName = z.object({ file: z.string() });

const receiptCounts = z.object({
  rows: fields.count,
  recorded: fields.count,
  alreadyRecorded: fields.count,
  rejected: z.record(z.string(), fields.count),
  past: fields.count.optional(),
});

/** What a receipt counts, rejects by their reasons, from the receipt's text. */
export function countsIn(receipt: string): z.output<typeof receiptCounts> {
  return receiptCounts.parse(JSON.parse(receipt));
}

/** The counts that a receipt's notice tells, from the receipt's text. */
export function countedIn(
  receipt: string,
): Pick<Receipt, 'rows' | 'recorded' | 'alreadyRecorded' | 'past'> & { readonly rejected: number } {
  const { rejected, ...counts } = countsIn(receipt);
  return { ...counts, rejected: Object.values(rejected).reduce((sum, rows) => sum + rows, 0) };
}

/**
 * The receipt of a file that was recorded.
 * @param reversal the reversal that an appeal or a withdrawal begins: by it whoever filed it finds what becomes of that
 * @param dates the other form of days that its operator has
 */
export function receiptOf(
  file: string,
  sha256: string,
  applied: Pick<Applied, 'rows' | 'recorded' | 'alreadyRecorded' | 'rejects'>,
  reversal?: BatchId,
  dates?: DateForm,
): Receipt {
  return {
    file,
    sha256,
    rows: applied.rows,
    recorded: applied.recorded,
    alreadyRecorded: applied.alreadyRecorded,
    ...rejectedAs(applied.rejects, dates),
    ...(reversal === undefined ? {} : { reversal }),
  };
}

/** The receipt of a file of exemptions. A mistyped year ends an exemption instead of making one, so that it says how many rows do. */
export function exemptionsReceipt(
  file: string,
  sha256: string,
  applied: Parameters<typeof receiptOf>[2] & { readonly past: number },
): Receipt {
  return { ...receiptOf(file, sha256, applied), ...(applied.past === 0 ? {} : { past: applied.past }) };
}

/**
 * The receipt of a file that was refused whole: nothing of it has an effect.
 * @param more what else is to be done about it
 */
export function refusedReceipt(file: string, sha256: string | null, why: Refusal, more?: string): Receipt {
  const reason = reasonOf(why);
  const advice = whatToDo(reason);
  return {
    file,
    sha256,
    rows: 0,
    recorded: 0,
    alreadyRecorded: 0,
    rejected: {},
    rejects: [],
    refused: reason,
    whatToDo: { [reason]: more === undefined ? advice : `${advice}; ${more}` },
    ...(typeof why === 'string' ? {} : { line: why.line, ...(why.found === '' ? {} : { header: why.found }) }),
  };
}

/** The receipt of a response that was recorded, with how that leaves its direction. `dates`: the other form of days that its operator has. */
export function responseReceipt(
  response: {
    readonly name: string;
    readonly uploadedAt: Instant;
    readonly now: Instant;
    readonly dates?: DateForm | undefined;
  },
  sha256: string,
  applied: Pick<Applied, 'rows' | 'recorded' | 'alreadyRecorded' | 'rejects' | 'late' | 'ledger'>,
): ResponseReceipt {
  const { ledger, late } = applied;
  const { rungs } = standing(ledger, response.now);
  // An order that would carry nobody isn't issued: for rows that failed the next order is to disconnect, for rows that were taken back
  // there is none.
  const next = rungs.find(
    ({ order, deadline }, n) => n >= ledger.rung && deadline > response.now && rowsFor(ledger, order).length > 0,
  );
  return {
    ...receiptOf(response.name, sha256, applied, undefined, response.dates),
    directionId: ledger.directionId,
    uploadedAt: response.uploadedAt,
    recordedAt: response.now,
    late,
    open: countOpen(ledger),
    overdue: outstanding(ledger).overdue,
    next: next === undefined ? null : { order: next.order, deadline: next.deadline },
  };
}

/** The part of a receipt about rows that were not taken. */
export function rejectedAs<Reason extends RowReason | FileReason>(
  rejects: readonly { readonly line: number; readonly reason: Reason }[],
  dates: DateForm | undefined,
) {
  const counts = new Map<Reason, number>();
  for (const { reason } of rejects) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return {
    rejected: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    rejects: rejects.map(({ line, reason }) => ({ line, reason })),
    refused: null,
    whatToDo: Object.fromEntries([...counts.keys()].sort().map((reason) => [reason, whatToDo(reason, dates)])),
  };
}

/** The fields of a recorded response's receipt that another upload of its bytes changes, or that only the first one's has. */
const repeated = z.looseObject({
  file: z.string(),
  sha256: z.string(),
  rows: fields.count,
  recorded: fields.count,
  alreadyRecorded: fields.count,
  uploadedAt: z.unknown().optional(),
  recordedAt: z.unknown().optional(),
  late: z.unknown().optional(),
  open: z.unknown().optional(),
  overdue: z.unknown().optional(),
  next: z.unknown().optional(),
  order: z.unknown().optional(),
  upload: z.string().optional(),
});

/**
 * The receipt of a response whose bytes were recorded before, from the text of the receipt that they got then. An upload under the same
 * name gets that text. An upload under another name gets a receipt that names the file that it repeats, whose receipt says when that was
 * recorded and how the direction stood; it counts nothing as recorded, since that was recorded once.
 */
export function receiptAgain(text: string, name: string): string {
  const first = repeated.parse(JSON.parse(text));
  const { file, sha256, rows, recorded, alreadyRecorded, uploadedAt, recordedAt, late, ...more } = first;
  const { open, overdue, next, order, upload, ...others } = more;
  // The bytes that a combined file had recorded are another upload's, whatever its name.
  if (file === name && upload === undefined) return text;
  return jsonText({
    file: name,
    sha256,
    rows,
    recorded: 0,
    alreadyRecorded: recorded + alreadyRecorded,
    ...others,
    repeats: file,
  });
}

/** The receipt's bytes: JSON with two spaces and a final newline. */
export function receiptText(receipt: Receipt | CombinedReceipt): string {
  return jsonText(receipt);
}
