import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type AuditObject, CHAINS } from '../../../lambdas/domain/audit.ts';
import { OUTBOX } from '../../../lambdas/domain/outbox.ts';
import { type ListedObject, listFolders, listObjects } from '../../../lambdas/stores/listings.ts';
import { readText } from '../../../lambdas/stores/objects.ts';

/** The place of the chains: each batch's objects under its id. */
export interface Chains {
  /** The ids of all batches that have one, sorted. */
  batches(): Promise<string[]>;
  objects(batchId: string): Promise<AuditObject[]>;
}

/** The chains in the audit bucket of a stage. */
export function inBucket(bucket: string): Chains {
  return {
    batches: async () => (await listFolders({ bucket, key: CHAINS.prefix })).sort(),
    objects: async (batchId) => {
      const objects: AuditObject[] = [];
      for await (const { key } of listObjects({ bucket, key: `${CHAINS.prefix}${batchId}/` }))
        objects.push({ key, text: await readText({ bucket, key }) });
      return objects;
    },
  };
}

/** The chains in a folder that a run left. */
export function inFolder(folder: string): Chains {
  const audit = join(folder, 'audit', CHAINS.prefix);
  return {
    batches: async () =>
      existsSync(audit) ? (await readdir(audit, { withFileTypes: true })).map(({ name }) => name).sort() : [],
    objects: async (batchId) => {
      const keys = await filesUnder(join(audit, batchId));
      return await Promise.all(
        keys.map(async (key) => ({
          key: `${CHAINS.prefix}${batchId}/${key}`,
          text: await readFile(join(audit, batchId, ...key.split('/')), 'utf8'),
        })),
      );
    },
  };
}

/** The folders of the outbox in which everything belongs to some batch, and only what was decided lies. */
const DECIDED_FOLDERS = [OUTBOX.batches.prefix, OUTBOX.orders.prefix, OUTBOX.revocations.prefix];

/** What was decided in a stage's outbox, with the instants at which it was put. */
export async function decidedInBucket(bucket: string): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for (const folder of DECIDED_FOLDERS)
    for await (const object of listObjects({ bucket, key: folder })) objects.push(object);
  return objects;
}

/** The paths of all files under a folder, relative to it, with slashes, sorted; none if there is no such folder. */
export async function filesUnder(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
