/** The keys of the outbox, and the patterns of what lies there. */
import type { Day } from './days.ts';
import { folder } from './folders.ts';
import { sha8 } from './hashes.ts';
import type { AgencyId, ApproverId, BatchId, CaseworkerId, DirectionId, OperatorId } from './identifiers.ts';
import type { Order } from './ladders.ts';

/**
 * The folders of the outbox. Orders have one for each operator, explanations for each caseworker, receipts and rejects for each uploader.
 */
export const OUTBOX = {
  orders: folder('orders'),
  receipts: folder('receipts'),
  rejects: folder('rejects'),
  previews: folder('previews'),
  batches: folder('batches'),
  revocations: folder('revocations'),
  explanations: folder('explanations'),
  reports: folder('reports'),
};

/**
 * The pattern of the ids of an agency's or a caseworker's batches: its own id, `-` and 12 characters; `?` stands for one character. The ids
 * of `up-police` don't fit the pattern of `up`, nor those of `up` that of `up-police`: what follows `up-` in `up-police-0123456789ab` has
 * 19 characters.
 */
const anyBatchOf = (uploader: string) => `${uploader}-????????????`;
const ANY_DAY = '????-??-??';

const openList = (operator: string) => `${OUTBOX.orders.prefix}${operator}/open.csv`;

/** The list of what is open at an operator. */
export function openListKey(operator: OperatorId): string {
  return openList(operator);
}

/** The pattern of the lists of what is open at operators. */
export const OPEN_LISTS = { pattern: openList('*') };

/** The order of a direction's rung (counted from 1). */
export function orderKey(operator: OperatorId, directionId: DirectionId, rung: number, order: Order): string {
  return `${OUTBOX.orders.prefix}${operator}/${directionId}/${rung}-${order}.csv`;
}

/** The disconnect order that a response with `failed` rows causes. */
export function failedOrderKey(operator: OperatorId, directionId: DirectionId, responseSha256: string): string {
  return `${OUTBOX.orders.prefix}${operator}/${directionId}/failed-${sha8(responseSha256)}-disconnect.csv`;
}

/** The restore order that a response causes which gives service back. */
export function backOrderKey(operator: OperatorId, directionId: DirectionId, responseSha256: string): string {
  return `${OUTBOX.orders.prefix}${operator}/${directionId}/back-${sha8(responseSha256)}-restore.csv`;
}

/** The words in the receipts' keys of withdrawals, and of appeals, in the place of a batch. */
export const WITHDRAWALS = 'withdrawals';
export const APPEALS = 'appeals';

/**
 * The receipt of a file. `about` is the part of its key for that, whether there is such a direction or batch or not (`exemptions` for a
 * file of exemptions, `admissions` for one of admissions, `lookups` for one of lookups, `withdrawals` for a withdrawal, `appeals` for an
 * appeal). `sha256` is null if nobody read the file.
 */
export function receiptKey(
  uploader: OperatorId | ApproverId | CaseworkerId | AgencyId,
  about: string,
  name: string,
  sha256: string | null,
): string {
  return `${OUTBOX.receipts.prefix}${uploader}/${about}/${name}.${sha256 === null ? 'unread' : sha8(sha256)}.json`;
}

/**
 * The receipt of a file that was refused because the direction, or the approver in the batch, has another file whose SHA-256 begins alike:
 * that file's receipt may have the name that this one's would have.
 */
export function takenReceiptKey(
  uploader: OperatorId | ApproverId | CaseworkerId | AgencyId,
  about: string,
  name: string,
  sha256: string,
): string {
  return `${OUTBOX.receipts.prefix}${uploader}/${about}/${name}.${sha256}.json`;
}

/**
 * The receipt of a combined file, which is about all of its operator's directions: under its whole name, in no direction's folder.
 * @param isTaken whether a direction has another file whose SHA-256 begins alike
 * @param n counts those of this name and these bytes, from 1: what an earlier one says was recorded stays
 */
export function combinedReceiptKey(
  operator: OperatorId,
  name: string,
  sha256: string | null,
  isTaken = false,
  n = 1,
): string {
  const mark = sha256 === null ? 'unread' : isTaken ? sha256 : sha8(sha256);
  return `${OUTBOX.receipts.prefix}${operator}/${name}.${mark}${n === 1 ? '' : `-${n}`}.json`;
}

/** The explanations of what a file of lookups asks about, under its name without `.csv`; a name in capitals stays whole, so that `a.csv` and `a.CSV` are two. */
export function explanationKey(caseworker: CaseworkerId, name: string, sha256: string): string {
  return `${OUTBOX.explanations.prefix}${caseworker}/${name.replace(/\.csv$/, '')}.${sha8(sha256)}.json`;
}

/** The rejects of a report or usage file, under the file's whole name. */
export function rejectsKey(uploader: AgencyId | OperatorId, name: string): string {
  return `${OUTBOX.rejects.prefix}${uploader}/${name}`;
}

/** The files of a batch's preview: for programs, for people, and its held handsets. */
interface PreviewKeys {
  readonly json: string;
  readonly html: string;
  readonly held: string;
}

/** The files of the preview of a batch with this id, or, if it is a pattern, of all batches that fit it. */
function previewsOf(batch: string): PreviewKeys {
  const base = `${OUTBOX.previews.prefix}${batch}`;
  return { json: `${base}/preview.json`, html: `${base}/preview.html`, held: `${base}/held.csv` };
}

/** The files of a batch's preview. */
export function previewKeys(batchId: BatchId): PreviewKeys {
  return previewsOf(batchId);
}

/** The patterns of the previews of an agency's batches. */
export function previewPatterns(agency: string): PreviewKeys {
  return previewsOf(anyBatchOf(agency));
}

const summary = (batch: string) => `${OUTBOX.batches.prefix}${batch}/summary.json`;

/** A settled batch's summary. */
export function summaryKey(batchId: BatchId): string {
  return summary(batchId);
}

/** The pattern of the summaries of an agency's batches. */
export function summaryPattern(agency: string): string {
  return summary(anyBatchOf(agency));
}

const status = (batch: string, ending: string) => `${OUTBOX.batches.prefix}${batch}/status.${ending}`;

/** The files that say where a batch stands, before its summary: for programs, and as a page for people. */
export function statusKeys(batchId: BatchId): Record<'json' | 'html', string> {
  return { json: status(batchId, 'json'), html: status(batchId, 'html') };
}

/** The pattern of the files that say where an agency's batches stand. */
export function statusPattern(agency: string): string {
  return status(anyBatchOf(agency), '*');
}

/** The pattern of those files for all batches. */
export const STATUS_FILES = { pattern: status('*', '*') };

const DAILY = `${OUTBOX.reports.prefix}daily/`;
const daily = (day: string, ending: string) => `${DAILY}${day}.${ending}`;

/** The administrators' digest of a day: for programs, and as a page for people. */
export function digestKeys(day: Day): Record<'json' | 'html', string> {
  return { json: daily(day, 'json'), html: daily(day, 'html') };
}

/** The folder of the digests of all days. */
export const DIGESTS = { prefix: DAILY, pattern: daily('*', '*') };

/**
 * Whether the file under a key says where something stands, and is written over and over, or each day: it is nothing that was decided, and
 * no last word.
 */
export function isWord(key: string): boolean {
  return /^batches\/[^/]+\/status\.(json|html)$|^orders\/[^/]+\/open\.csv$|^reports\/daily\//.test(key);
}

/** The pattern of all files of the batches that a caseworker filed. */
export function booksPattern(caseworker: string): string {
  return `${OUTBOX.batches.prefix}${anyBatchOf(caseworker)}/*`;
}

/** The list of what became of the rows that a follow-up was to go on with. */
export function movedCsvKey(batchId: BatchId): string {
  return `${OUTBOX.batches.prefix}${batchId}/moved.csv`;
}

const handsets = (batch: string) => `${OUTBOX.batches.prefix}${batch}/handsets.csv`;

/** The list of what became of each handset of a settled report. */
export function handsetsKey(batchId: BatchId): string {
  return handsets(batchId);
}

/** The pattern of the lists of what became of the handsets that an agency reported. */
export function handsetsPattern(agency: string): string {
  return handsets(anyBatchOf(agency));
}

/** The list of the rows of a settled batch that were open, disconnected or blocked elsewhere. */
export function elsewhereKey(batchId: BatchId): string {
  return `${OUTBOX.batches.prefix}${batchId}/elsewhere.csv`;
}

/** The two forms of a revocation list. */
export interface RevocationKeys {
  readonly csv: string;
  readonly json: string;
}

function revocationsOf(day: string, batch: string): RevocationKeys {
  const base = `${OUTBOX.revocations.prefix}${day}/${batch}`;
  return { csv: `${base}.csv`, json: `${base}.json` };
}

/** The revocation list of a batch that settled on `day`. */
export function revocationKeys(day: Day, batchId: BatchId): RevocationKeys {
  return revocationsOf(day, batchId);
}

/** The patterns of the revocation lists of an agency's batches, without those of responses that were recorded later. */
export function revocationPatterns(agency: string): RevocationKeys {
  return revocationsOf(ANY_DAY, anyBatchOf(agency));
}

/** The revocation list of a response that was recorded on `day`, after its batch had settled. */
export function lateRevocationKeys(day: Day, batchId: BatchId, responseSha256: string): RevocationKeys {
  return revocationsOf(day, `${batchId}.late-${sha8(responseSha256)}`);
}

/** The list of the numbers that a reversal, directed on `day`, withdrew from every list. */
export function reversalKeys(day: Day, batchId: BatchId): RevocationKeys {
  return revocationsOf(day, `${batchId}.withdrawn`);
}

/** The list of what became of each line of an appeal. */
export function appealsCsvKey(batchId: BatchId): string {
  return `${OUTBOX.batches.prefix}${batchId}/appeals.csv`;
}

const kept = (batch: string) => `${OUTBOX.batches.prefix}${batch}/kept.csv`;

/** The list of what of a withdrawn report stays, since later batches rely on it. */
export function keptCsvKey(batchId: BatchId): string {
  return kept(batchId);
}

/** The pattern of the lists of what stays of the reports that an agency withdrew. */
export function keptPattern(agency: string): string {
  return kept(anyBatchOf(agency));
}

/** The list of the numbers that a response, recorded on `day`, caused to be withdrawn from every list. */
export function withdrawalKeys(day: Day, batchId: BatchId, responseSha256: string): RevocationKeys {
  return revocationsOf(day, `${batchId}.withdrawn-${sha8(responseSha256)}`);
}
