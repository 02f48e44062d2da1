/**
 * The keys of the inbox, read, and the keys of the outbox, made. Every place where something lies is named here once.
 */
import type { Day } from './days.ts';
import {
  type AgencyId,
  type ApproverId,
  type BatchId,
  type DirectionId,
  isAgencyId,
  isApproverId,
  isOperatorId,
  type OperatorId,
} from './identifiers.ts';
import { BATCH_KINDS } from './kinds.ts';
import type { Order } from './ladders.ts';
import type { KeyStray } from './reasons.ts';

/** A key of the inbox, read. `name` is the whole file name, `.csv` included. */
export type InboxKey =
  | { readonly kind: 'report'; readonly agency: AgencyId; readonly name: string }
  | { readonly kind: 'usage'; readonly operator: OperatorId; readonly name: string }
  | { readonly kind: 'response'; readonly operator: OperatorId; readonly directionId: string; readonly name: string }
  | { readonly kind: 'decision'; readonly approver: ApproverId; readonly batchId: string; readonly name: string }
  | { readonly kind: 'exemption'; readonly approver: ApproverId; readonly name: string }
  | { readonly kind: 'stray'; readonly why: KeyStray };

/** S3 keys have up to 1,024 bytes, and a receipt's key is longer than that of the response it acknowledges. */
const LONGEST_KEY = 900;

/** Parts that a path takes for no place of its own: what we write under them would lie elsewhere for whoever reads keys as paths. */
const NO_NAMES = ['', '.', '..'];

/** The places of the inbox, and of how many parts a key of each is made. */
const PLACES: ReadonlyMap<string, number> = new Map([
  [BATCH_KINDS.report.from, 3],
  ['usage', 3],
  ['responses', 4],
  ['decisions', 4],
  ['exemptions', 3],
]);

/**
 * Reads a key of the inbox: `reports/<agency>/<name>.csv`, `usage/<operator>/<name>.csv`,
 * `responses/<operator>/<directionId>/<name>.csv`, `decisions/<approver>/<batchId>/<name>.csv` or
 * `exemptions/<approver>/<name>.csv`, where a name holds no `/`. Anything else is a stray. Whether the uploader is configured,
 * and whether there is such a direction or batch, is not looked at.
 */
export function parseInboxKey(key: string): InboxKey {
  if (Buffer.byteLength(key) > LONGEST_KEY) return { kind: 'stray', why: 'key_too_long' };
  // No object lies under such a key, since keys are UTF-8, and nothing could be written beside it.
  if (!key.isWellFormed()) return { kind: 'stray', why: 'unknown_place' };
  const parts = key.split('/');
  const [place = '', who = ''] = parts;
  const name = parts.at(-1) ?? '';
  if (parts.length !== PLACES.get(place)) return { kind: 'stray', why: 'unknown_place' };
  if (!name.endsWith('.csv') || name === '.csv') return { kind: 'stray', why: 'not_a_csv_name' };
  if (place === BATCH_KINDS.report.from) {
    return isAgencyId(who) ? { kind: 'report', agency: who, name } : { kind: 'stray', why: 'bad_agency' };
  }
  // The third part of four names what the file is about.
  const about = parts[2] ?? '';
  const nowhere = { kind: 'stray', why: 'unknown_place' } as const;
  if (place === 'decisions' || place === 'exemptions') {
    if (!isApproverId(who)) return { kind: 'stray', why: 'bad_approver' };
    if (place === 'exemptions') return { kind: 'exemption', approver: who, name };
    return NO_NAMES.includes(about) ? nowhere : { kind: 'decision', approver: who, batchId: about, name };
  }
  if (!isOperatorId(who)) return { kind: 'stray', why: 'bad_operator' };
  if (place === 'usage') return { kind: 'usage', operator: who, name };
  return NO_NAMES.includes(about) ? nowhere : { kind: 'response', operator: who, directionId: about, name };
}

/** The order of a direction's rung (counted from 1). */
export function orderKey(operator: OperatorId, directionId: DirectionId, rung: number, order: Order): string {
  return `orders/${operator}/${directionId}/${rung}-${order}.csv`;
}

/** The disconnect order that a response with `failed` rows causes. */
export function failedOrderKey(operator: OperatorId, directionId: DirectionId, responseSha256: string): string {
  return `orders/${operator}/${directionId}/failed-${sha8(responseSha256)}-disconnect.csv`;
}

/**
 * The receipt of a file; `about` is what stood in its key, be there such a direction or batch or not (`exemptions` for a file of
 * exemptions), and `sha256` is null where nobody read the file.
 */
export function receiptKey(
  uploader: OperatorId | ApproverId,
  about: string,
  name: string,
  sha256: string | null,
): string {
  return `receipts/${uploader}/${about}/${name}.${sha256 === null ? 'unread' : sha8(sha256)}.json`;
}

/**
 * The receipt of a file that was refused, where the direction, or the approver in the batch, has another file whose SHA-256 begins
 * alike: that one's receipt may have the name that this one's would have.
 */
export function takenReceiptKey(
  uploader: OperatorId | ApproverId,
  about: string,
  name: string,
  sha256: string,
): string {
  return `receipts/${uploader}/${about}/${name}.${sha256}.json`;
}

/** The rejects of a report or usage file, under the file's whole name. */
export function rejectsKey(uploader: AgencyId | OperatorId, name: string): string {
  return `rejects/${uploader}/${name}`;
}

/** What a batch would do, for programs and for people, and its held handsets. */
export interface PreviewKeys {
  readonly json: string;
  readonly html: string;
  readonly held: string;
}

/** Where a batch's preview lies. */
export function previewKeys(batchId: BatchId): PreviewKeys {
  const base = `previews/${batchId}`;
  return { json: `${base}/preview.json`, html: `${base}/preview.html`, held: `${base}/held.csv` };
}

/** A settled batch's summary. */
export function summaryKey(batchId: BatchId): string {
  return `batches/${batchId}/summary.json`;
}

/** The folder of the work bucket where a mark of each batch lies that has settled, and of which everybody was told. */
export const settledFolder = 'settled/';

/** The mark that a batch has settled and everybody was told: nothing is left to do for it. */
export function settledMark(batchId: BatchId): string {
  return `${settledFolder}${batchId}`;
}

/** The rows of a settled batch that were open, disconnected or blocked elsewhere. */
export function elsewhereKey(batchId: BatchId): string {
  return `batches/${batchId}/elsewhere.csv`;
}

/** The two forms of a revocation list. */
export interface RevocationKeys {
  readonly csv: string;
  readonly json: string;
}

/** The revocation list of a batch that settled on `day`. */
export function revocationKeys(day: Day, batchId: BatchId): RevocationKeys {
  const base = `revocations/${day}/${batchId}`;
  return { csv: `${base}.csv`, json: `${base}.json` };
}

/** The revocation list of a response that was recorded on `day`, after its batch had settled. */
export function lateRevocationKeys(day: Day, batchId: BatchId, responseSha256: string): RevocationKeys {
  const base = `revocations/${day}/${batchId}.late-${sha8(responseSha256)}`;
  return { csv: `${base}.csv`, json: `${base}.json` };
}

/**
 * The first 8 hexadecimal digits of a SHA-256, by which the files of one direction are told apart in names: it takes no two that
 * share them.
 */
export function sha8(sha256: string): string {
  return sha256.slice(0, 8);
}
