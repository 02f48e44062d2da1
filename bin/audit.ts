/** `npm run audit`: follows the audit's chains and tells what was changed, removed or moved. See `--help`. */
import { type AuditEntry, type ChainKey, chainKeyMessage, verifyChain } from '../lambdas/domain/audit.ts';
import type { BatchId } from '../lambdas/domain/identifiers.ts';
import { AUDIT_HELP, type AuditSettings, parseAuditArguments } from '../lib/audit/arguments.ts';
import { checkFiles } from '../lib/audit/files.ts';
import { inBucket, inFolder } from '../lib/audit/places.ts';
import { command, complain, say } from '../lib/command.ts';
import { localMac } from '../lib/local/kms.ts';

/** What a chain holds: each kind of entry, and how often. */
function contentOf(entries: readonly AuditEntry[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of entries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}

async function verify({ batches, from }: AuditSettings): Promise<boolean> {
  const chains = 'folder' in from ? inFolder(from.folder) : inBucket(from.bucket);
  const asked = batches.length > 0 ? batches : await chains.batches();
  if (asked.length === 0) {
    complain(`there is no chain in ${'folder' in from ? from.folder : from.bucket}`);
    return false;
  }
  let faulty = false;
  for (const batchId of asked) {
    const { entries, faults } = verifyChain(batchId as BatchId, await chains.objects(batchId));
    const told = faults.map(({ kind, key, line, says }) => `${kind}: ${key}, line ${line}: ${says}`);
    let files = '';
    if (entries.length === 0) told.push('missing: it has no entry');
    else if ('folder' in from) {
      const keyOf = (madeBy: string): ChainKey => ({
        secret: localMac(madeBy, Buffer.from(chainKeyMessage(batchId as BatchId))),
        madeBy,
      });
      const { checked, faults: others } = await checkFiles(from.folder, batchId, entries, keyOf);
      told.push(...others.map(({ kind, says }) => `${kind}: ${says}`));
      files = `; ${checked} files compared`;
    }
    const last = entries.at(-1);
    say(`${batchId}: ${told.length === 0 ? 'intact' : 'NOT INTACT'}, ${entries.length} entries${files}`);
    if (last) say(`  ${contentOf(entries)}\n  the last one: ${last.at} ${last.kind} ${last.hash}`);
    for (const line of told) complain(`  ${line}`);
    faulty ||= told.length > 0;
  }
  return !faulty;
}

await command({ help: AUDIT_HELP, settings: parseAuditArguments, run: verify });
