import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditEntry, type ChainKey, keyedHash } from '../../lambdas/domain/audit.ts';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { parseDirectionId } from '../../lambdas/domain/identifiers.ts';
import { filesUnder } from './places.ts';

/** A file that is not what the audit tells of. */
export interface FileFault {
  kind: 'altered' | 'unknown' | 'missing';
  says: string;
}

/** What entries bind that lies in neither bucket. */
const ELSEWHERE = ['plan'];

/** A name that was too long for a folder ends with such a mark, and its key can't be told. */
const SHORTENED = /~[0-9a-f]{8}(\/|$)/;

/**
 * Compares what a batch received and published with what its chain's entries bind.
 * @param folder that of a run, with `inbox` and `outbox`
 * @param keyOf the batch's key for keyed hashes, by the ARN of the KMS key that made it
 */
export async function checkFiles(
  folder: string,
  batchId: string,
  entries: readonly AuditEntry[],
  keyOf: (madeBy: string) => ChainKey,
): Promise<{ checked: number; faults: FileFault[] }> {
  const bound = new Map<string, { what: string; hashes: Set<string | null>; seen: boolean }>();
  for (const { n, files } of entries)
    for (const [name, { key, sha256 }] of Object.entries(files)) {
      if (ELSEWHERE.includes(name)) continue;
      const known = bound.get(key) ?? { what: `the ${name} of entry ${n}`, hashes: new Set(), seen: false };
      known.hashes.add(sha256);
      bound.set(key, known);
    }
  const keys = [...new Set(entries.map(({ hashedBy }) => hashedBy))].map(keyOf);
  const faults: FileFault[] = [];
  let checked = 0;
  let shortened = false;
  for (const bucket of ['inbox', 'outbox'])
    for (const key of await filesUnder(join(folder, bucket))) {
      const isReport = key.startsWith('reports/');
      if (!isReport && !belongsTo(key, batchId)) continue;
      if (SHORTENED.test(key)) {
        shortened = true;
        continue;
      }
      const chainKey = keys.find((one) => bound.has(keyedHash(one, key)));
      const known = chainKey && bound.get(keyedHash(chainKey, key));
      // Of the reports, only the batch's own is its.
      if (isReport && known === undefined) continue;
      checked++;
      if (chainKey === undefined || known === undefined) {
        faults.push({ kind: 'unknown', says: `no entry tells of ${bucket}/${key}` });
        continue;
      }
      known.seen = true;
      const hash = keyedHash(chainKey, sha256Of(await readFile(join(folder, bucket, ...key.split('/')))));
      if (!known.hashes.has(hash) && !known.hashes.has(null))
        faults.push({ kind: 'altered', says: `${bucket}/${key} is not ${known.what}` });
    }
  // Which file a keyed hash stands for can't be told, and it may be one of those that have other names here.
  if (!shortened)
    for (const { what, seen } of bound.values())
      if (!seen) faults.push({ kind: 'missing', says: `${what} is not there` });
  return { checked, faults };
}

/** A batch's revocation lists, also the late ones. */
const LIST = /^revocations\/[^/]+\/([^./]+)\./;

/** Whether a key of either bucket names the batch, or one of its directions. */
function belongsTo(key: string, batchId: string): boolean {
  if (LIST.exec(key)?.[1] === batchId) return true;
  return key.split('/').some((part) => part === batchId || parseDirectionId(part)?.batchId === batchId);
}
