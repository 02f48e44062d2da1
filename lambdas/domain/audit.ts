/**
 * The audit: what was decided, as chains of entries, one chain per batch. Each entry holds the hash of the one before it, so that none can
 * be changed, removed or moved unseen. An entry stands for a file, an order or a step, never for a row. It binds a ledger by its version,
 * and files by keyed hashes of their keys and SHA-256s, since a plain hash of a file of one row tells its number to whoever tries them all.
 */

import { createHmac } from 'node:crypto';
import * as z from 'zod';
import type { Instant } from './days.ts';
import { folder } from './folders.ts';
import { sha256Of } from './hashes.ts';
import type { BatchId } from './identifiers.ts';
import type { Ledger } from './ledger.ts';
import { planForm } from './plans.ts';
import { fields, formOf } from './stored.ts';

/** What can be decided or happen. */
const AUDIT_KINDS = [
  'batch_registered',
  'batch_failed',
  'previewed',
  'decision_recorded',
  'decision_not_taken',
  'decided',
  'plan_directed',
  'order_issued',
  'response_recorded',
  'response_refused',
  'disconnect_ordered',
  'restore_ordered',
  'direction_closed',
  'batch_settled',
  'revoked',
  'withdrawn',
  'erased',
  'exemptions_recorded',
  'exemptions_refused',
  'withdrawal_recorded',
  'withdrawal_refused',
  'admissions_recorded',
  'admissions_refused',
  'lookups_answered',
  'lookups_refused',
  'appeal_recorded',
  'appeal_refused',
] as const;
type AuditKind = (typeof AUDIT_KINDS)[number];

/** A file, by its key in its bucket and the SHA-256 of its bytes; the SHA-256 is null if nobody read them. */
export interface AuditedFile {
  readonly key: string;
  readonly sha256: string | null;
}

/** A note to the audit. The same fact has the same id, whoever tells it and how often. */
export interface AuditNote {
  readonly batchId: BatchId;
  /** The fact's id among those of its batch. */
  readonly id: string;
  readonly kind: AuditKind;
  readonly at: Instant;
  /** Counts, ids of directions, instants: nothing that names a person or a handset. */
  readonly facts: Readonly<Record<string, string | number | null>>;
  /** The files, by their part in this fact. */
  readonly files?: Readonly<Record<string, AuditedFile>>;
}

/** A note, as it is sent to the audit, or kept until it can be. */
export const auditNote: z.ZodType<AuditNote> = z.strictObject({
  batchId: fields.chain,
  id: z.string(),
  kind: z.enum(AUDIT_KINDS),
  at: fields.instant,
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  files: z.record(z.string(), z.strictObject({ key: z.string(), sha256: fields.sha256.nullable() })).optional(),
});
/** A note that could not be sent yet, as it lies in the work bucket. */
export const auditNoteForm = formOf('note to the audit', 1, auditNote);

/** An entry, keys in the agreed order. `hash` is the SHA-256 of its JSON without `hash`. */
export interface AuditEntry {
  readonly batchId: BatchId;
  /** Its place in the chain, from 1. */
  readonly n: number;
  readonly id: string;
  readonly kind: AuditKind;
  readonly at: Instant;
  readonly facts: AuditNote['facts'];
  /** Keyed hashes of what the note names. */
  readonly files: Readonly<Record<string, { readonly key: string; readonly sha256: string | null }>>;
  /** The ARN of the KMS key that their hashes come from. */
  readonly hashedBy: string;
  /** The hash of the entry before; 64 zeros in the first entry. */
  readonly previous: string;
  readonly hash: string;
}

/** An entry, as a line of the audit holds it. */
const auditEntry: z.ZodType<AuditEntry> = z.strictObject({
  batchId: fields.chain,
  n: fields.count,
  id: z.string(),
  kind: z.enum(AUDIT_KINDS),
  at: fields.instant,
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  files: z.record(z.string(), z.strictObject({ key: z.string(), sha256: z.string().nullable() })),
  hashedBy: z.string(),
  previous: z.string(),
  hash: z.string(),
});

/** The end of a chain: how many entries it has, and the last one's hash. */
export interface AuditHead {
  readonly n: number;
  readonly hash: string;
}

/** The head of a chain without entries. */
export const NO_ENTRY: AuditHead = { n: 0, hash: '0'.repeat(64) };

/** What the audit is told of a ledger that was closed. */
export function closedNote({ batchId, directionId, closedAt, rows }: Ledger): AuditNote {
  if (closedAt === null) throw new Error(`direction ${directionId} is not closed`);
  return {
    batchId,
    id: `closed/${directionId}`,
    kind: 'direction_closed',
    at: closedAt,
    facts: { direction: directionId, rows },
  };
}

/**
 * The audit's note of a plan that counts: how much it directs, and, bound by its file, what.
 * @param file the plan as it lies in the work bucket
 */
export function directedNote(
  { batchId, plan: number }: { batchId: BatchId; plan: number },
  { key, text }: { readonly key: string; readonly text: string },
  at: Instant,
): AuditNote {
  const plan = planForm.parse(text);
  const linked = Object.values(plan.linked).reduce((sum, count) => sum + count, 0);
  return {
    batchId,
    id: `directed/${number}`,
    kind: 'plan_directed',
    at,
    facts: { plan: number, linked, directions: plan.directions.length },
    files: { plan: { key, sha256: sha256Of(text) } },
  };
}

/** Where the chains lie in the audit bucket, each in a folder of its batch's id. */
export const CHAINS = folder('batches');

/** The object of the audit bucket whose first entry is the chain's n-th. */
export function auditKey(batchId: BatchId, n: number): string {
  return `${CHAINS.prefix}${batchId}/${String(n).padStart(8, '0')}.jsonl`;
}

/** A batch's own key for keyed hashes, and the ARN of the KMS key that made it. */
export interface ChainKey {
  readonly secret: Uint8Array;
  readonly madeBy: string;
}

/** The keyed hash of a text, in hexadecimal. */
export function keyedHash({ secret }: ChainKey, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** The message from which KMS makes a batch's own key: the KMS key never leaves KMS, and one request serves a whole chain. */
export function chainKeyMessage(batchId: BatchId): string {
  return `the audit of ${batchId}`;
}

const hashOf = (entry: Omit<AuditEntry, 'hash'>) => sha256Of(JSON.stringify(entry));

/**
 * The entries that continue a chain: one for each note, in the order of their instants, those of one instant as they came. A fact
 * told twice is one entry.
 */
export function continueChain(head: AuditHead, notes: readonly AuditNote[], chainKey: ChainKey): AuditEntry[] {
  const hashed = ({ key, sha256 }: AuditedFile) => ({
    key: keyedHash(chainKey, key),
    sha256: sha256 === null ? null : keyedHash(chainKey, sha256),
  });
  const inOrder = [...new Map(notes.map((note) => [note.id, note])).values()].sort((a, b) =>
    a.at === b.at ? 0 : a.at < b.at ? -1 : 1,
  );
  let { n, hash } = head;
  return inOrder.map(({ batchId, id, kind, at, facts, files = {} }) => {
    n += 1;
    const bound = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, hashed(file)]));
    const entry = { batchId, n, id, kind, at, facts, files: bound, hashedBy: chainKey.madeBy, previous: hash };
    hash = hashOf(entry);
    return { ...entry, hash };
  });
}

/** Entries as an object of the audit holds them: a line of JSON for each. */
export function auditText(entries: readonly AuditEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

/** The entries of an object that the audit itself wrote. */
export function parseAudit(text: string): AuditEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => auditEntry.parse(JSON.parse(line)));
}

/** An object of a chain, as it lies in the bucket. */
export interface AuditObject {
  readonly key: string;
  readonly text: string;
}

/** What is wrong with a chain, and where. */
interface AuditFault {
  readonly kind: 'changed' | 'removed' | 'reordered' | 'doubled' | 'foreign' | 'unreadable';
  readonly key: string;
  /** The line of the object, from 1. */
  readonly line: number;
  readonly says: string;
}

/**
 * Follows a chain from its first entry. An entry was changed if its hash isn't that of its content, or if the next entry knows another hash
 * of it; a gap in the numbers was removed; a number that comes too late was moved.
 * @param objects in any order
 */
export function verifyChain(
  batchId: BatchId,
  objects: readonly AuditObject[],
): { entries: AuditEntry[]; faults: AuditFault[] } {
  const entries: AuditEntry[] = [];
  const faults: AuditFault[] = [];
  const ids = new Set<string>();
  let expected: AuditHead = NO_ENTRY;
  for (const { key, text } of [...objects].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const lines = text.split('\n');
    if (lines.pop() !== '')
      faults.push({ kind: 'changed', key, line: lines.length + 1, says: 'its last line was cut' });
    for (const [index, line] of lines.entries()) {
      const at = { key, line: index + 1 };
      const fault = (kind: AuditFault['kind'], says: string) => faults.push({ kind, ...at, says });
      const entry = readEntry(line);
      if (entry === undefined) {
        fault('unreadable', 'this is no entry');
        continue;
      }
      const { n, id, previous, hash } = entry;
      if (entry.batchId !== batchId) fault('foreign', `entry ${n} belongs to the chain of ${entry.batchId}`);
      if (hash !== hashOf(withoutHash(entry)) || line !== JSON.stringify(entry))
        fault('changed', `entry ${n} was changed`);
      if (index === 0 && key !== auditKey(batchId, n))
        fault('reordered', `entry ${n} was moved here from another object`);
      if (n <= expected.n) fault('reordered', `entry ${n} was moved behind entry ${expected.n}`);
      else if (n > expected.n + 1) fault('removed', `${entriesText(expected.n + 1, n - 1)} removed`);
      else if (previous !== expected.hash)
        fault('changed', n === 1 ? 'entry 1 was changed' : `entry ${n - 1} was replaced after entry ${n} was written`);
      if (ids.has(id)) fault('doubled', `entry ${n} tells again what an earlier entry told`);
      ids.add(id);
      entries.push(entry);
      expected = { n: Math.max(n, expected.n), hash };
    }
  }
  return { entries, faults };
}

const entriesText = (from: number, to: number) => (from === to ? `entry ${from} was` : `entries ${from} to ${to} were`);

function withoutHash({ hash: _, ...entry }: AuditEntry): Omit<AuditEntry, 'hash'> {
  return entry;
}

function readEntry(line: string): AuditEntry | undefined {
  try {
    return auditEntry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
