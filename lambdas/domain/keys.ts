/**
 * The keys of the inbox, read, and the keys of the outbox, made. Every place where something lies is named here once.
 */
import type { Day } from './days.ts';
import {
  type AgencyId,
  type BatchId,
  type DirectionId,
  isAgencyId,
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
  | { readonly kind: 'stray'; readonly why: KeyStray };

/** S3 keys have up to 1,024 bytes, and a receipt's key is longer than that of the response it acknowledges. */
const LONGEST_KEY = 900;

/** Parts that a path takes for no place of its own: what we write under them would lie elsewhere for whoever reads keys as paths. */
const NO_NAMES = ['', '.', '..'];

/**
 * Reads a key of the inbox: `reports/<agency>/<name>.csv`, `usage/<operator>/<name>.csv` or
 * `responses/<operator>/<directionId>/<name>.csv`, where a name holds no `/`. Anything else is a stray. Whether the
 * agency or operator is configured, and whether there is such a direction, is not looked at.
 */
export function parseInboxKey(key: string): InboxKey {
  if (Buffer.byteLength(key) > LONGEST_KEY) return { kind: 'stray', why: 'key_too_long' };
  // No object lies under such a key, since keys are UTF-8, and nothing could be written beside it.
  if (!key.isWellFormed()) return { kind: 'stray', why: 'unknown_place' };
  const parts = key.split('/');
  const [place, who = ''] = parts;
  const name = parts.at(-1) ?? '';
  const isReport = place === BATCH_KINDS.report.from;
  const depth = isReport || place === 'usage' ? 3 : place === 'responses' ? 4 : 0;
  if (parts.length !== depth) return { kind: 'stray', why: 'unknown_place' };
  if (!name.endsWith('.csv') || name === '.csv') return { kind: 'stray', why: 'not_a_csv_name' };
  if (isReport) {
    return isAgencyId(who) ? { kind: 'report', agency: who, name } : { kind: 'stray', why: 'bad_agency' };
  }
  if (!isOperatorId(who)) return { kind: 'stray', why: 'bad_operator' };
  if (place === 'usage') return { kind: 'usage', operator: who, name };
  const directionId = parts[2] ?? '';
  if (NO_NAMES.includes(directionId)) return { kind: 'stray', why: 'unknown_place' };
  return { kind: 'response', operator: who, directionId, name };
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
 * The receipt of a response file; `directionId` is what stood in the response's key, direction or not, and `sha256` is null
 * where nobody read the file.
 */
export function receiptKey(operator: OperatorId, directionId: string, name: string, sha256: string | null): string {
  return `receipts/${operator}/${directionId}/${name}.${sha256 === null ? 'unread' : sha8(sha256)}.json`;
}

/**
 * The receipt of a response file that was refused, where the direction has another file whose SHA-256 begins alike: that one's
 * receipt may have the name that this one's would have.
 */
export function takenReceiptKey(operator: OperatorId, directionId: string, name: string, sha256: string): string {
  return `receipts/${operator}/${directionId}/${name}.${sha256}.json`;
}

/** The rejects of a report or usage file, under the file's whole name. */
export function rejectsKey(uploader: AgencyId | OperatorId, name: string): string {
  return `rejects/${uploader}/${name}`;
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
