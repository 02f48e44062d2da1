import { resolve } from 'node:path';
import { CommandError, readOptions } from '../command-line.ts';

/** The command line of `npm run audit`. */
export interface AuditSettings {
  /** The chains to follow. Without any, all that are there are followed, and those of all batches that have files. */
  batches: string[];
  /** Hashes of ends that were noted earlier. */
  heads: string[];
  /** A run's folder; or the audit bucket of a stage, and its outbox if that is looked at as well. */
  from: { folder: string } | { bucket: string; outbox?: string };
  json: boolean;
}

export const AUDIT_HELP = `npm run audit -- [--batch ID]... [--head HASH]... [--in DIR | --bucket NAME [--outbox NAME]] [--json]

Follows the audit's chains, one for each batch, and tells of each entry that was changed, removed or moved, and of each
batch whose files are there and whose chain is not. In a run's folder it also checks that every file which a batch
received and published is the one that an entry tells of.

A chain from which the last entries were cut looks whole. So note the head that is printed with each chain, the hash of
its last entry, and give it the next time: a head that is no entry's any more tells of it.

  --batch ID     the chain of this batch; may be repeated (default: all)
  --head HASH    the head of a chain as it was noted earlier: that entry must still be there; may be repeated
  --in DIR       a folder that npm start left (default out)
  --bucket NAME  the audit bucket of a stage, read with the credentials and region of the environment (AWS_PROFILE,
                 AWS_REGION; AWS_ENDPOINT_URL for a local cloud)
  --outbox NAME  the stage's outbox: each of its orders, books and revocation lists must have its entry. It comes some
                 minutes later: of files of less than 40 minutes it is told that there is none yet, and that counts
                 as intact
  --json         the report as JSON, for handing on
  --help         this text

Exit code 0: all chains are intact; 1: one is not, or there is none; 2: the command line is wrong.

Examples
  npm run audit
  npm run audit -- --batch mha-0123456789ab --in out
  npm run audit -- --bucket prod-data-audit-1a2b3c --outbox prod-data-outbox-4d5e6f --json
`;

const BATCH_ID = /^[a-z0-9-]{1,16}-[0-9a-f]{12}$/;
const HASH = /^[0-9a-f]{64}$/;

/**
 * Reads the command line.
 * @param where paths are relative to this folder
 * @throws CommandError
 */
export function parseAuditArguments(args: readonly string[], where: string): AuditSettings | 'help' {
  const values = readOptions(args, {
    batch: { type: 'string', multiple: true },
    head: { type: 'string', multiple: true },
    in: { type: 'string' },
    bucket: { type: 'string' },
    outbox: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (values === 'help') return 'help';
  const { batch: batches = [], head: heads = [], in: folder, bucket, outbox, json = false } = values;
  if (folder !== undefined && bucket !== undefined) throw new CommandError('--in and --bucket exclude each other');
  if (outbox !== undefined && bucket === undefined)
    throw new CommandError('--outbox goes with --bucket: a folder has its outbox in it');
  for (const batch of batches) if (!BATCH_ID.test(batch)) throw new CommandError(`--batch ${batch} is no batch's id`);
  for (const head of heads)
    if (!HASH.test(head)) throw new CommandError(`--head ${head} is no head: it has 64 of the characters 0-9 and a-f`);
  const from =
    bucket === undefined
      ? { folder: resolve(where, folder ?? 'out') }
      : { bucket, ...(outbox === undefined ? {} : { outbox }) };
  return { batches, heads, from, json };
}
