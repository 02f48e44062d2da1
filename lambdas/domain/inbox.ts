/** The keys of the inbox, read, and the patterns of what lies there. */
import { folder } from './folders.ts';
import {
  ADMITTED,
  type AgencyId,
  type ApproverId,
  type CaseworkerId,
  EXEMPTED,
  isAgencyId,
  isApproverId,
  isCaseworkerId,
  isOperatorId,
  type OperatorId,
} from './identifiers.ts';
import { BATCH_KINDS } from './kinds.ts';
import type { KeyStray } from './reasons.ts';

/** A key of the inbox, read. `name` is the whole file name, `.csv` included. */
export type InboxKey =
  | { readonly kind: 'report'; readonly agency: AgencyId; readonly name: string }
  | { readonly kind: 'usage'; readonly operator: OperatorId; readonly name: string }
  | { readonly kind: 'response'; readonly operator: OperatorId; readonly directionId: string; readonly name: string }
  /** One response for all of an operator's directions. */
  | { readonly kind: 'combined'; readonly operator: OperatorId; readonly name: string }
  | { readonly kind: 'decision'; readonly approver: ApproverId; readonly batchId: string; readonly name: string }
  | { readonly kind: 'exemption'; readonly approver: ApproverId; readonly name: string }
  | { readonly kind: 'lookup'; readonly caseworker: CaseworkerId; readonly name: string }
  | { readonly kind: 'appeal'; readonly caseworker: CaseworkerId; readonly name: string }
  | { readonly kind: 'withdrawal'; readonly agency: AgencyId; readonly batchId: string; readonly name: string }
  | { readonly kind: 'admission'; readonly approver: ApproverId; readonly name: string }
  | { readonly kind: 'stray'; readonly why: KeyStray };

/** S3 keys have up to 1,024 bytes, and a receipt's key is longer than that of the response it acknowledges. */
const LONGEST_KEY = 900;

/** Names that a path doesn't take for a place of its own: what we write under them would lie elsewhere for whoever reads keys as paths. */
const NO_NAMES = ['', '.', '..'];

/** The folders of the inbox; each has a folder for each uploader. */
export const INBOX = {
  reports: folder(BATCH_KINDS.report.from),
  usage: folder('usage'),
  responses: folder('responses'),
  decisions: folder('decisions'),
  exemptions: folder('exemptions'),
  lookups: folder('lookups'),
  appeals: folder('appeals'),
  withdrawals: folder('withdrawals'),
  admissions: folder('admissions'),
};

/**
 * The numbers of parts that a key may have, by the folder where it lies; a response is about a direction, or about all of its operator's.
 */
const PARTS: ReadonlyMap<string, readonly number[]> = new Map([
  [INBOX.reports.prefix, [3]],
  [INBOX.usage.prefix, [3]],
  [INBOX.responses.prefix, [3, 4]],
  [INBOX.decisions.prefix, [4]],
  [INBOX.exemptions.prefix, [3]],
  [INBOX.lookups.prefix, [3]],
  [INBOX.appeals.prefix, [3]],
  [INBOX.withdrawals.prefix, [4]],
  [INBOX.admissions.prefix, [3]],
]);

/**
 * Reads a key of the inbox: `reports/<agency>/<name>.csv`, `usage/<operator>/<name>.csv`, `responses/<operator>/<directionId>/<name>.csv`,
 * `responses/<operator>/<name>.csv`, `decisions/<approver>/<batchId>/<name>.csv`, `exemptions/<approver>/<name>.csv`,
 * `admissions/<approver>/<name>.csv`, `lookups/<caseworker>/<name>.csv`, `appeals/<caseworker>/<name>.csv` or
 * `withdrawals/<agency>/<batchId>/<name>.csv`, where a name holds no `/`, and its ending may be `.CSV`. Anything else is a stray. It
 * doesn't look whether the uploader is configured, nor whether there is such a direction or batch.
 */
export function parseInboxKey(key: string): InboxKey {
  if (Buffer.byteLength(key) > LONGEST_KEY) return { kind: 'stray', why: 'key_too_long' };
  // No object can lie under such a key, since keys are UTF-8, and nothing could be written beside it.
  if (!key.isWellFormed()) return { kind: 'stray', why: 'unknown_place' };
  const parts = key.split('/');
  const [first = '', who = ''] = parts;
  const place = `${first}/`;
  const name = parts.at(-1) ?? '';
  if (!PARTS.get(place)?.includes(parts.length)) return { kind: 'stray', why: 'unknown_place' };
  if (!/.\.csv$/is.test(name)) return { kind: 'stray', why: 'not_a_csv_name' };
  if (place === INBOX.reports.prefix) {
    return isAgencyId(who) ? { kind: 'report', agency: who, name } : { kind: 'stray', why: 'bad_agency' };
  }
  // The third part of four names what the file is about.
  const about = parts[2] ?? '';
  const nowhere = { kind: 'stray', why: 'unknown_place' } as const;
  if (place === INBOX.withdrawals.prefix) {
    if (!isAgencyId(who)) return { kind: 'stray', why: 'bad_agency' };
    return NO_NAMES.includes(about) ? nowhere : { kind: 'withdrawal', agency: who, batchId: about, name };
  }
  if (place === INBOX.decisions.prefix || place === INBOX.exemptions.prefix || place === INBOX.admissions.prefix) {
    if (!isApproverId(who)) return { kind: 'stray', why: 'bad_approver' };
    if (place === INBOX.exemptions.prefix) return { kind: 'exemption', approver: who, name };
    if (place === INBOX.admissions.prefix) return { kind: 'admission', approver: who, name };
    // The receipts of such a file would lie among those of exemptions, or of admissions.
    if (NO_NAMES.includes(about) || about === EXEMPTED || about === ADMITTED) return nowhere;
    return { kind: 'decision', approver: who, batchId: about, name };
  }
  if (place === INBOX.lookups.prefix || place === INBOX.appeals.prefix) {
    if (!isCaseworkerId(who)) return { kind: 'stray', why: 'bad_caseworker' };
    return { kind: place === INBOX.lookups.prefix ? 'lookup' : 'appeal', caseworker: who, name };
  }
  if (!isOperatorId(who)) return { kind: 'stray', why: 'bad_operator' };
  if (place === INBOX.usage.prefix) return { kind: 'usage', operator: who, name };
  if (parts.length === 3) return { kind: 'combined', operator: who, name };
  return NO_NAMES.includes(about) ? nowhere : { kind: 'response', operator: who, directionId: about, name };
}

/** The kind of owner of each folder. */
const OWNERS: Readonly<Record<string, 'agency' | 'operator' | 'approver'>> = {
  [INBOX.reports.prefix]: 'agency',
  [INBOX.withdrawals.prefix]: 'agency',
  [INBOX.usage.prefix]: 'operator',
  [INBOX.responses.prefix]: 'operator',
  [INBOX.decisions.prefix]: 'approver',
  [INBOX.exemptions.prefix]: 'approver',
  [INBOX.admissions.prefix]: 'approver',
};

/** The participant in whose folder a key lies, whether it is configured or not; undefined if the folder is nobody's whom notices tell. */
export function ownerOf(
  key: string,
): { readonly kind: 'agency' | 'operator' | 'approver'; readonly id: string } | undefined {
  const [folder = '', id = '', ...rest] = key.split('/');
  const kind = Object.hasOwn(OWNERS, `${folder}/`) ? OWNERS[`${folder}/`] : undefined;
  return kind === undefined || rest.length === 0 ? undefined : { kind, id };
}
