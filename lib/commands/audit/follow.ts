import { localMac } from 'local-cloud';
import { type AuditEntry, type ChainKey, chainKeyMessage, verifyChain } from '../../../lambdas/domain/audit.ts';
import { addSeconds, instantOf } from '../../../lambdas/domain/days.ts';
import type { BatchId } from '../../../lambdas/domain/identifiers.ts';
import type { AuditSettings } from './arguments.ts';
import { batchesWithFiles, bind, checkFiles, decidedBatchOf, untold } from './files.ts';
import { type Chains, decidedInBucket, inBucket, inFolder } from './places.ts';

/**
 * A fault that was found; or, of the kind `awaited`, something that may still come and leaves the chain intact. `place`: the object of the
 * audit and the line in it, if it is there.
 */
export interface Finding {
  readonly kind: string;
  readonly says: string;
  readonly place?: string;
}

/** A batch's chain, followed to its end. */
export interface ChainReport {
  readonly batchId: string;
  readonly intact: boolean;
  readonly entries: number;
  /** Its last entry's hash, its instant and kind; null if there is none. Note it, and give it as `--head` the next time. */
  readonly head: { readonly hash: string; readonly at: string; readonly kind: string } | null;
  /** The number of entries of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** The number of files that were compared with the entries; null if none could be. */
  readonly files: number | null;
  readonly findings: readonly Finding[];
}

/** The report of `npm run audit`. */
export interface AuditReport {
  readonly intact: boolean;
  readonly chains: readonly ChainReport[];
  /** Findings that belong to none of them in particular. */
  readonly findings: readonly Finding[];
}

/** The files of a batch beside the audit, and how they are compared with its chain. */
interface Beside {
  batches(): Promise<Iterable<string>>;
  compare(batchId: string, entries: readonly AuditEntry[]): Promise<Compared>;
}

interface Compared {
  readonly checked: number;
  readonly faults: readonly Finding[];
  /** Nothing of the batch is old enough to have entries for sure. */
  readonly young?: boolean;
}

/**
 * Minutes within which an entry is written, or its note lies among the dead letters: a note is tried five times, each seven minutes after
 * the one before.
 */
const ENTRY_WITHIN_MINUTES = 40;

function besideFolder(folder: string, chains: Chains): Beside {
  const keysOf =
    (batchId: string) =>
    (madeBy: string): ChainKey => ({
      secret: localMac(madeBy, Buffer.from(chainKeyMessage(batchId as BatchId))),
      madeBy,
    });
  const isBound = async (key: string, sha256: string) => {
    for (const batchId of await chains.batches()) {
      const { entries } = verifyChain(batchId as BatchId, await chains.objects(batchId));
      if (bind(entries, keysOf(batchId), key, sha256)) return true;
    }
    return false;
  };
  return {
    batches: () => batchesWithFiles(folder),
    compare: (batchId, entries) => checkFiles(folder, batchId, entries, keysOf(batchId), isBound),
  };
}

const COMES = `which may take minutes; without one ${ENTRY_WITHIN_MINUTES} minutes after the file it counts as missing`;

async function besideBucket(outbox: string): Promise<Beside> {
  const decided = await decidedInBucket(outbox);
  // A local cloud has a clock of its own: its time is that of what was put last.
  const newest = decided
    .map(({ at }) => at)
    .sort()
    .at(-1);
  const now = (process.env.AWS_ENDPOINT_URL === undefined ? undefined : newest) ?? instantOf(Date.now());
  const since = addSeconds(now, -60 * ENTRY_WITHIN_MINUTES);
  return {
    batches: async () => new Set(decided.flatMap(({ key }) => decidedBatchOf(key) ?? [])),
    compare: async (batchId, entries) => {
      const own = decided.filter(({ key }) => decidedBatchOf(key) === batchId);
      const old = own.filter(({ at }) => at <= since).map(({ key }) => key);
      const young = own.filter(({ at }) => at > since).map(({ key }) => key);
      const awaited = untold(young, batchId, entries).map(
        ({ says }): Finding => ({ kind: 'awaited', says: `${says} yet, ${COMES}` }),
      );
      return { checked: own.length, faults: [...untold(old, batchId, entries), ...awaited], young: old.length === 0 };
    },
  };
}

/** Follows the chains that are asked for, or all, and compares what else is there with them. */
export async function followChains({ batches, heads, from }: AuditSettings): Promise<AuditReport> {
  const chains = 'folder' in from ? inFolder(from.folder) : inBucket(from.bucket);
  const beside =
    'folder' in from
      ? besideFolder(from.folder, chains)
      : from.outbox === undefined
        ? undefined
        : await besideBucket(from.outbox);
  const asked = new Set(batches.length > 0 ? batches : await chains.batches());
  if (batches.length === 0) for (const batchId of (await beside?.batches()) ?? []) asked.add(batchId);
  const reports: ChainReport[] = [];
  const hashes = new Set<string>();
  for (const batchId of [...asked].sort()) {
    const { report, entries } = await followChain(chains, beside, batchId);
    reports.push(report);
    for (const { hash } of entries) hashes.add(hash);
  }
  const findings: Finding[] = heads
    .filter((head) => !hashes.has(head))
    .map((head) => ({
      kind: 'cut',
      says: `no entry has the hash ${head}: a chain was cut off before the end that was noted, or is missing whole`,
    }));
  if (reports.length === 0)
    findings.push({ kind: 'missing', says: `there is no chain in ${'folder' in from ? from.folder : from.bucket}` });
  return { intact: findings.length === 0 && reports.every(({ intact }) => intact), chains: reports, findings };
}

function filesText(count: number): string {
  if (count === 0) return '';
  return `, and ${count} ${count === 1 ? 'file of the batch is' : 'files of the batch are'} there`;
}

async function followChain(
  chains: Chains,
  beside: Beside | undefined,
  batchId: string,
): Promise<{ report: ChainReport; entries: AuditEntry[] }> {
  const { entries, faults } = verifyChain(batchId as BatchId, await chains.objects(batchId));
  const findings: Finding[] = faults.map(({ kind, key, line, says }) => ({
    kind,
    says,
    place: `${key}, line ${line}`,
  }));
  const compared = await beside?.compare(batchId, entries);
  if (entries.length === 0)
    findings.push(
      compared?.young
        ? { kind: 'awaited', says: `there is no entry yet${filesText(compared.checked)}, ${COMES}` }
        : { kind: 'missing', says: `the chain is missing${filesText(compared?.checked ?? 0)}` },
    );
  else findings.push(...(compared?.faults ?? []));
  const kinds: Record<string, number> = {};
  for (const { kind } of entries) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const last = entries.at(-1);
  const head = last === undefined ? null : { hash: last.hash, at: last.at, kind: last.kind };
  const intact = findings.every(({ kind }) => kind === 'awaited');
  const files = compared?.checked ?? null;
  return { report: { batchId, intact, entries: entries.length, head, kinds, files, findings }, entries };
}
