/** Receipts: what became of a file that an operator, an approver, an agency or a caseworker sent. */
import * as z from 'zod';
import type { Instant } from './days.ts';
import type { DateForm } from './file-forms.ts';
import type { BatchId, DirectionId } from './identifiers.ts';
import { jsonText } from './json.ts';
import type { Order } from './ladders.ts';
import { countOpen, rowsFor } from './ledger.ts';
import type { FileReason, RowReason } from './reasons.ts';
import type { Applied, RejectedRow } from './responses.ts';
import { fields } from './stored.ts';
import { whatToDo } from './what-to-do.ts';
import { standing } from './whereabouts.ts';

/** What the operator gets for each response file, keys in the agreed order. */
export interface Receipt {
  readonly file: string;
  /** null where the file was refused without being read. */
  readonly sha256: string | null;
  readonly rows: number;
  readonly recorded: number;
  readonly alreadyRecorded: number;
  /** Rejects by reason, reasons in alphabetical order. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly rejects: readonly RejectedRow[];
  readonly refused: FileReason | null;
  /** What to do about each of the reasons that it names. */
  readonly whatToDo: Readonly<Record<string, string>>;
  /** The reversal that an appeal or a withdrawal began; absent of all else. */
  readonly reversal?: BatchId;
}

/** What the receipt of a response says beside its rows: how the direction stood once it was recorded. */
export interface ResponseReceipt extends Receipt {
  readonly directionId: DirectionId;
  readonly uploadedAt: Instant;
  readonly recordedAt: Instant;
  /** Whether the batch had settled: its summary stays. */
  readonly late: boolean;
  /** How many of the direction's rows still have no final outcome; 0 once its ladder was closed. */
  readonly open: number;
  /** The order that comes next if the rows stay as they are, and by when that is to be answered; null where none does. */
  readonly next: { readonly order: Order; readonly deadline: Instant } | null;
}

/** Of which file a receipt is, read back from its text. */
export const receiptName = z.object({ file: z.string() });

/** What a receipt counts, read back from its text. */
export const receiptCounts = z.object({
  rows: fields.count,
  recorded: fields.count,
  alreadyRecorded: fields.count,
  rejected: z.record(z.string(), fields.count),
});

/** What a receipt's notice says of it, from the receipt's text. */
export function countedIn(receipt: string): Record<'rows' | 'recorded' | 'alreadyRecorded' | 'rejected', number> {
  const { rejected, ...counts } = receiptCounts.parse(JSON.parse(receipt));
  return { ...counts, rejected: Object.values(rejected).reduce((sum, rows) => sum + rows, 0) };
}

/**
 * The receipt of a file that was recorded.
 * @param reversal what it begins, where it is an appeal or a withdrawal that begins one: who filed it finds by it what becomes of that
 * @param dates the other form of days that its operator has
 */
export function receiptOf(
  file: string,
  sha256: string,
  applied: Pick<Applied, 'rows' | 'recorded' | 'alreadyRecorded' | 'rejects'>,
  reversal?: BatchId,
  dates?: DateForm,
): Receipt {
  const counts = new Map<RowReason, number>();
  for (const { reason } of applied.rejects) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return {
    file,
    sha256,
    rows: applied.rows,
    recorded: applied.recorded,
    alreadyRecorded: applied.alreadyRecorded,
    rejected: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    rejects: applied.rejects.map(({ line, reason }) => ({ line, reason })),
    refused: null,
    whatToDo: Object.fromEntries([...counts.keys()].sort().map((reason) => [reason, whatToDo(reason, dates)])),
    ...(reversal === undefined ? {} : { reversal }),
  };
}

/** The receipt of a file that was refused whole, with no effect; `why` is the reason's word. */
export function refusedReceipt(file: string, sha256: string | null, why: FileReason): Receipt {
  return {
    file,
    sha256,
    rows: 0,
    recorded: 0,
    alreadyRecorded: 0,
    rejected: {},
    rejects: [],
    refused: why,
    whatToDo: { [why]: whatToDo(why) },
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
  // An order that would carry nobody isn't issued: of those that failed the next one is to disconnect, of those taken back there is none.
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
    next: next === undefined ? null : { order: next.order, deadline: next.deadline },
  };
}

/** The fields of a recorded response's receipt that another upload of its bytes changes, or that are of the first one alone. */
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
  next: z.unknown().optional(),
});

/**
 * The receipt of a response whose bytes were recorded before, from the text of the receipt that they got then: of an upload under the same
 * name it is that; under another it names the file that it repeats, whose receipt says when that was and how the direction stood, and counts
 * nothing as recorded, which it was once.
 */
export function receiptAgain(text: string, name: string): string {
  const first = repeated.parse(JSON.parse(text));
  const { file, sha256, rows, recorded, alreadyRecorded, uploadedAt, recordedAt, late, open, next, ...others } = first;
  if (file === name) return text;
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
export function receiptText(receipt: Receipt): string {
  return jsonText(receipt);
}
