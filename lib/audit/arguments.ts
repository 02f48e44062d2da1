import { resolve } from 'node:path';
import { CommandError, readOptions } from '../command-line.ts';

/** The command line of `npm run audit`. */
export interface AuditSettings {
  /** The chains to follow; none: all that are there. */
  batches: string[];
  from: { folder: string } | { bucket: string };
}

export const AUDIT_HELP = `npm run audit -- [--batch ID]... [--in DIR | --bucket NAME]

Follows the audit's chains, and tells of each entry that was changed, removed or moved. In a run's folder it also checks that
every file which a batch received and published is the one that an entry tells of.

  --batch ID     the chain of this batch; may be repeated (default: all)
  --in DIR       a folder that npm start left (default out)
  --bucket NAME  the audit bucket of a stage, read with the credentials and region of the environment (AWS_PROFILE,
                 AWS_REGION; AWS_ENDPOINT_URL for a local cloud)
  --help         this text

Exit code 0: all chains are intact; 1: one is not, or there is none; 2: the command line is wrong.

Examples
  npm run audit
  npm run audit -- --batch mha-0123456789ab --in out
  npm run audit -- --bucket prod-data-audit-1a2b3c
`;

const BATCH_ID = /^[a-z0-9-]{1,16}-[0-9a-f]{12}$/;

/**
 * Reads the command line.
 * @param where paths are relative to this folder
 * @throws CommandError
 */
export function parseAuditArguments(args: readonly string[], where: string): AuditSettings | 'help' {
  const values = readOptions(args, {
    batch: { type: 'string', multiple: true },
    in: { type: 'string' },
    bucket: { type: 'string' },
  });
  if (values === 'help') return 'help';
  const { batch: batches = [], in: folder, bucket } = values;
  if (folder !== undefined && bucket !== undefined) throw new CommandError('--in and --bucket exclude each other');
  for (const batch of batches) if (!BATCH_ID.test(batch)) throw new CommandError(`--batch ${batch} is no batch's id`);
  return { batches, from: bucket === undefined ? { folder: resolve(where, folder ?? 'out') } : { bucket } };
}
