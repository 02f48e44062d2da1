/** The receipt of a combined file, which answers several directions: made of what each of these recorded of its rows. */
import * as z from 'zod';
import type { DateForm, Instant } from './days.ts';
import type { DirectionId } from './identifiers.ts';
import { ORDERS, type Order } from './ladders.ts';
import { type FileReason, ROW_REASONS, type RowReason } from './reasons.ts';
import { type Receipt, type ResponseReceipt, rejectedAs, responseReceipt } from './receipts.ts';
import type { Routing } from './routing.ts';
import { fields } from './stored.ts';

/** The receipt that is prepared when a direction's rows of a combined file are recorded. */
interface PartReceipt extends ResponseReceipt {
  /** The direction's order that was to be answered; null before its first. */
  readonly order: Order | null;
  /** The upload by which the file was routed, and to which this part belongs. */
  readonly upload: string;
}

/** The part of a combined file that its routing has for one direction, as it was recorded there. */
export function partReceipt(
  response: Parameters<typeof responseReceipt>[0],
  sha256: string,
  applied: Parameters<typeof responseReceipt>[2],
  upload: string,
): PartReceipt {
  return {
    ...responseReceipt(response, sha256, applied),
    order: applied.ledger.orders.at(-1)?.order ?? null,
    upload,
  };
}

const instant = fields.instant;
/** The text that was prepared when a direction recorded a file's bytes, as a part of a combined file or by themselves. */
const recordedPart = z.looseObject({
  rows: fields.count,
  recorded: fields.count,
  rejects: z.array(z.object({ line: fields.count, reason: z.enum(ROW_REASONS) })),
  upload: z.string().optional(),
  recordedAt: instant.optional(),
  late: z.boolean().optional(),
  open: fields.count.optional(),
  overdue: fields.count.optional(),
  order: z.enum(ORDERS).nullable().optional(),
  next: z
    .object({ order: z.enum(ORDERS), deadline: instant })
    .nullable()
    .optional(),
});

/** A direction's word on its rows of a combined file: the text that was prepared with them, or why it takes no file. */
type PartTold = { readonly receipt: string } | { readonly refused: FileReason };

/** A row of a combined file that was not taken; if its direction takes no file, the reason is that direction's. */
interface CombinedReject {
  readonly line: number;
  readonly reason: RowReason | FileReason;
}

/** What became of a direction's rows of a combined file. */
export interface CombinedPart {
  readonly directionId: DirectionId;
  readonly rows: number;
  readonly recorded: number;
  readonly alreadyRecorded: number;
  readonly rejects: readonly CombinedReject[];
  /** How the direction stood once they were recorded; undefined if its bytes had been recorded before. */
  readonly standing?: Pick<PartReceipt, 'order' | 'late' | 'open' | 'next' | 'recordedAt'> & {
    /** Absent if an earlier version recorded them. */
    readonly overdue?: number;
  };
}

/**
 * What became of a direction's rows of a combined file.
 * @param name of the upload that gets the receipt: if it isn't the first one's name, all was recorded before
 */
export function combinedPart(
  name: string,
  routing: Pick<Routing, 'file' | 'upload'>,
  { directionId, lines }: Routing['directions'][number],
  told: PartTold,
): CombinedPart {
  const rows = lines.length;
  if ('refused' in told) {
    const rejects = lines.map((line) => ({ line, reason: told.refused }));
    return { directionId, rows, recorded: 0, alreadyRecorded: 0, rejects };
  }
  const part = recordedPart.parse(JSON.parse(told.receipt));
  // Bytes that were recorded in the direction by themselves, or routed there before, may have had other rows.
  const own = new Set(lines);
  const rejects = part.rejects.filter(({ line }) => own.has(line));
  const { upload, recordedAt, late, open, overdue, order = null, next = null } = part;
  const isFirst = name === routing.file && upload === routing.upload && part.rows === rows;
  const recorded = isFirst ? part.recorded : 0;
  const counts = { directionId, rows, recorded, alreadyRecorded: rows - rejects.length - recorded, rejects };
  if (!isFirst || recordedAt === undefined || late === undefined || open === undefined) return counts;
  return { ...counts, standing: { order, late, open, ...(overdue !== undefined && { overdue }), next, recordedAt } };
}

/** The receipt that an operator gets for a file that answers several of its directions, keys in the agreed order. */
export interface CombinedReceipt extends Omit<Receipt, 'rejects' | 'reversal'> {
  readonly rejects: readonly CombinedReject[];
  readonly uploadedAt?: Instant;
  /** The instant at which the last of its rows was recorded. */
  readonly recordedAt?: Instant;
  readonly directions: readonly (Pick<CombinedPart, 'directionId' | 'rows' | 'recorded' | 'alreadyRecorded'> & {
    readonly rejected: number;
  } & Partial<Omit<NonNullable<CombinedPart['standing']>, 'recordedAt'>>)[];
  /** The first recorded file with the same bytes. */
  readonly repeats?: string;
}

/** The directions of a combined file's rows, and the names under which its bytes were routed before, the first one first. */
export interface Routed {
  readonly routing: Routing;
  readonly earlier: readonly string[];
}

/** The number (from 1) of a combined file's receipt among those of its name and bytes: what an earlier receipt says was recorded stays. */
export const receiptNumber = (name: string, { earlier }: Pick<Routed, 'earlier'>): number =>
  earlier.includes(name) ? earlier.length + 1 : 1;

/**
 * The one receipt of a combined file.
 * @param routed the routing of its rows, and the names under which the same bytes were routed before
 * @param parts those of all of the routing's directions
 * @param dates the other form of days that its operator has
 */
export function combinedReceipt(
  name: string,
  sha256: string,
  { routing: { file, uploadedAt, routedAt, rejects: unrouted }, earlier }: Routed,
  parts: readonly CombinedPart[],
  dates?: DateForm,
): CombinedReceipt {
  const rejects = [...unrouted, ...parts.flatMap((part) => part.rejects)]
    .map(({ line, reason }) => ({ line, reason }))
    .sort((a, b) => a.line - b.line);
  const sum = (of: 'rows' | 'recorded' | 'alreadyRecorded') => parts.reduce((all, part) => all + part[of], 0);
  const recordedAt = parts.reduce(
    (last, { standing }) => (standing && standing.recordedAt > last ? standing.recordedAt : last),
    routedAt,
  );
  return {
    file: name,
    sha256,
    rows: unrouted.length + sum('rows'),
    recorded: sum('recorded'),
    alreadyRecorded: sum('alreadyRecorded'),
    ...rejectedAs(rejects, dates),
    ...(file === name ? { uploadedAt, recordedAt } : {}),
    directions: parts.map(({ standing, rejects, directionId, rows, recorded, alreadyRecorded }) => {
      const counts = { directionId, rows, recorded, alreadyRecorded, rejected: rejects.length };
      if (standing === undefined) return counts;
      const { recordedAt: _, ...stands } = standing;
      return { ...counts, ...stands };
    }),
    ...(file === name && earlier.length === 0 ? {} : { repeats: earlier[0] ?? file }),
  };
}
