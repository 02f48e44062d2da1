import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditEntry, type ChainKey, keyedHash } from '../../../lambdas/domain/audit.ts';
import { sha256Of } from '../../../lambdas/domain/hashes.ts';
import {
  ADMITTED,
  type AgencyId,
  APPEALED,
  batchIdOf,
  EXEMPTED,
  isBatchId,
  LOOKED_UP,
  parseDirectionId,
} from '../../../lambdas/domain/identifiers.ts';
import { INBOX, parseInboxKey } from '../../../lambdas/domain/inbox.ts';
import { isWord, OUTBOX, rejectsKey, WITHDRAWALS } from '../../../lambdas/domain/outbox.ts';
import { isFileReason } from '../../../lambdas/domain/reasons.ts';
import { filesUnder } from './places.ts';

/** A file that is not what the audit tells of. */
export interface FileDifference {
  kind: 'altered' | 'unknown' | 'missing';
  says: string;
}

/** The names under which entries bind files that lie in neither bucket. */
const ELSEWHERE = ['plan', 'gathered', 'found', 'asked', 'record'];

/** The mark at the end of a name that was too long for a folder: its key can't be told. */
const SHORTENED = /~[0-9a-f]{8}(\/|$)/;

/**
 * Compares what a batch received and published with what its chain's entries bind.
 * @param folder that of a run, with `inbox` and `outbox`
 * @param keyOf the batch's key for keyed hashes, by the ARN of the KMS key that made it
 * @param isBoundElsewhere whether the chain of any batch binds such a key to such a SHA-256
 */
export async function checkFiles(
  folder: string,
  batchId: string,
  entries: readonly AuditEntry[],
  keyOf: (madeBy: string) => ChainKey,
  isBoundElsewhere: (key: string, sha256: string) => Promise<boolean>,
): Promise<{ checked: number; faults: FileDifference[] }> {
  const bound = new Map<string, { what: string; hashes: Set<string | null>; seen: boolean }>();
  for (const { n, files } of entries)
    for (const [name, { key, sha256 }] of Object.entries(files)) {
      if (ELSEWHERE.includes(name)) continue;
      const known = bound.get(key) ?? { what: `the ${name} that entry ${n} tells of`, hashes: new Set(), seen: false };
      known.hashes.add(sha256);
      bound.set(key, known);
    }
  const keys = [...new Set(entries.map(({ hashedBy }) => hashedBy))].map(keyOf);
  const faults: FileDifference[] = [];
  let checked = 0;
  let shortened = false;
  for (const bucket of ['inbox', 'outbox'])
    for (const key of await filesUnder(join(folder, bucket))) {
      // A status, or a list of what is open, is written over and over, and was decided by nobody.
      if (bucket === 'outbox' && isWord(key)) continue;
      const isItsOwn = belongsTo(key, batchId);
      const isAnyBatchs = !isItsOwn && namesNoBatch(key);
      if (!isAnyBatchs && !isItsOwn) continue;
      if (SHORTENED.test(key)) {
        shortened = true;
        continue;
      }
      const chainKey = keys.find((one) => bound.has(keyedHash(one, key)));
      const known = chainKey && bound.get(keyedHash(chainKey, key));
      // Only the files of these that the batch's entries tell of are the batch's own.
      if (isAnyBatchs && known === undefined) continue;
      checked++;
      if (chainKey === undefined || known === undefined) {
        faults.push({ kind: 'unknown', says: `no entry tells of ${bucket}/${key}` });
        continue;
      }
      known.seen = true;
      const sha256 = sha256Of(await readFile(join(folder, bucket, ...key.split('/'))));
      if (known.hashes.has(keyedHash(chainKey, sha256)) || known.hashes.has(null)) continue;
      // Withdrawals of several batches may have one receipt's key, under which the last one lies.
      if (!isAnyBatchs || !(await isBoundElsewhere(key, sha256)))
        faults.push({ kind: 'altered', says: `${bucket}/${key} was changed: it is not ${known.what}` });
    }
  // It can't be told which file a keyed hash stands for, and it may be one of those that have other names here.
  if (!shortened)
    for (const { what, seen } of bound.values())
      if (!seen) faults.push({ kind: 'missing', says: `${what} is missing` });
  return { checked, faults };
}

/**
 * Whether a key says, by its form, nothing of a batch that its file may be about: a report's, an appeal's, a combined response's, and that
 * of a receipt of a combined response or of a withdrawal. A withdrawal's own key names the report, and not the reversal that comes of it.
 */
function namesNoBatch(key: string): boolean {
  const { length, 0: place, 2: about } = key.split('/');
  const begins = [INBOX.reports, INBOX.appeals, INBOX.withdrawals].some(({ prefix }) => key.startsWith(prefix));
  const isCombined = length === 3 && (place === 'responses' || place === 'receipts');
  return begins || isCombined || (place === 'receipts' && about === WITHDRAWALS);
}

/** Whether entries bind a key to a SHA-256. @param keyOf as for `checkFiles` */
export function bind(
  entries: readonly AuditEntry[],
  keyOf: (madeBy: string) => ChainKey,
  key: string,
  sha256: string,
): boolean {
  return entries.some(({ hashedBy, files }) => {
    const [chainKey, bound] = [keyOf(hashedBy), Object.values(files)];
    const [keyHash, fileHash] = [keyedHash(chainKey, key), keyedHash(chainKey, sha256)];
    return bound.some((file) => file.key === keyHash && file.sha256 === fileHash);
  });
}

/** A key of a batch's revocation lists, also of the late ones and those of withdrawals. */
const LIST = /^revocations\/[^/]+\/([^./]+)\./;

/** The batch or the direction that a key of either bucket names. */
function namedIn(key: string): { batchId?: string; directionId?: string } {
  const list = LIST.exec(key)?.[1];
  if (list !== undefined) return { batchId: list };
  const parts = key.split('/');
  if (parts[0] === 'batches' || parts[0] === 'previews') return { batchId: parts[1] ?? '' };
  // Approvers' files of exemptions and admissions have chains of their own, and so have their receipts.
  const own = [EXEMPTED, ADMITTED].find(
    (chain) => parts[0] === chain || (parts[0] === 'receipts' && parts[2] === chain),
  );
  if (own !== undefined) return { batchId: own };
  const about = parts[2] ?? '';
  // Appeals have one, too: their names don't say which batch comes of them.
  if (parts[0] === APPEALED || (parts[0] === 'receipts' && about === APPEALED)) return { batchId: APPEALED };
  // Lookups, and the answers to them, have one, too.
  if (parts[0] === LOOKED_UP || parts[0] === 'explanations' || (parts[0] === 'receipts' && about === LOOKED_UP))
    return { batchId: LOOKED_UP };
  // A file that an agency sends about another's batch is refused, and no chain tells of it.
  if (parts[0] === WITHDRAWALS && isBatchId(about) && about.replace(/-[^-]*$/, '') === parts[1])
    return { batchId: about };
  if ((parts[0] === 'decisions' || parts[0] === 'receipts') && isBatchId(about)) return { batchId: about };
  const direction = parts.map(parseDirectionId).find((one) => one !== null);
  return direction ? { batchId: direction.batchId, directionId: direction.id } : {};
}

/** Whether a key of either bucket names the batch, or one of its directions. */
const belongsTo = (key: string, batchId: string) => namedIn(key).batchId === batchId;

/**
 * The batch whose order, books or list a key of the outbox is. A status was decided by nobody, and some receipts are of directions that
 * never existed.
 */
export const decidedBatchOf = (key: string) =>
  /^(batches|orders|revocations)\//.test(key) && !isWord(key) ? namedIn(key).batchId : undefined;

/** Whether a line of rejects says that its report was refused whole, so that no batch comes of it. */
const isRefusal = (line: string) => isFileReason(/^\d+,(?:"(?:[^"]|"")*"|[^",]*),([^,]*)/.exec(line)?.[1] ?? '');

/** The batches of which a run's folder has files: reports that were taken, and what was decided. */
export async function batchesWithFiles(folder: string): Promise<Set<string>> {
  const outbox = await filesUnder(join(folder, 'outbox'));
  const batches = new Set(outbox.flatMap((key) => decidedBatchOf(key) ?? []));
  const screened = new Set(outbox);
  for (const key of await filesUnder(join(folder, 'inbox'))) {
    const place = parseInboxKey(key);
    if (place.kind !== 'report') continue;
    const rejects = rejectsKey(place.agency, place.name);
    // A report that nobody has worked on, or of an agency that doesn't exist, has no rejects.
    if (!screened.has(rejects)) continue;
    const [, first = '', ...others] = (await readText(folder, 'outbox', rejects)).split('\n');
    if (others.length === 1 && isRefusal(first)) continue;
    batches.add(await batchOfReport(folder, key, place.agency));
  }
  return batches;
}

async function batchOfReport(folder: string, key: string, agency: AgencyId): Promise<string> {
  return batchIdOf(agency, sha256Of(await readFile(join(folder, 'inbox', ...key.split('/')))));
}

const readText = (folder: string, bucket: string, key: string) =>
  readFile(join(folder, bucket, ...key.split('/')), 'utf8');

/**
 * The batch's orders, books and lists of which no entry tells, by their names alone: without the key of the keyed hashes, their contents
 * can't be compared.
 * @param keys of the outbox
 */
export function untold(keys: readonly string[], batchId: string, entries: readonly AuditEntry[]): FileDifference[] {
  const ids = entries.map(({ id }) => id);
  const isWithoutEffect = entries.some(({ kind, facts }) => kind === 'decided' && facts.state !== 'approved');
  const isTold = (key: string): boolean => {
    const { directionId } = namedIn(key);
    const name = key.split('/').at(-1) ?? '';
    if (directionId !== undefined) {
      // An order that was issued anew may be the first one that was published.
      const order = `order/${directionId}/${/^((?:failed|back)-[0-9a-f]{8}|\d+)-/.exec(name)?.[1]}`;
      return ids.some((id) => id === order || id.startsWith(`${order}/`));
    }
    // A reversal's answers to whoever asked, and the list of its withdrawals, are told as soon as it is directed.
    if (/\/(appeals|kept)\.csv$|\.withdrawn\.(csv|json)$/.test(key)) return ids.includes('reversed');
    if (key.startsWith(OUTBOX.batches.prefix)) return ids.includes('settled') || isWithoutEffect;
    const fact = name.includes('.late-') ? 'revoked' : name.includes('.withdrawn-') ? 'withdrawn' : undefined;
    if (fact === undefined) return ids.includes('revoked');
    return ids.some((id) => id.startsWith(`${fact}/${key.replace(/\.json$/, '.csv')}/`));
  };
  return keys
    .filter((key) => decidedBatchOf(key) === batchId && !isTold(key))
    .map((key) => ({ kind: 'unknown', says: `no entry tells of outbox/${key}` }));
}
