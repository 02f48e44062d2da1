import { GenerateMacCommand } from '@aws-sdk/client-kms';
import {
  type AuditHead,
  type AuditNote,
  auditKey,
  auditNoteForm,
  auditText,
  type ChainKey,
  chainKeyMessage,
  continueChain,
  parseAudit,
} from '../domain/audit.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { markAudited, moveAuditHead, readAudited, readAuditHead } from './cases/chain-heads.ts';
import { kms } from './clients.ts';
import { readText, writeNewObject } from './objects.ts';
import { sendEvent } from './queues.ts';
import { keepUntold } from './untold.ts';

/** KMS gave no MAC. */
class NoMac extends Error {
  override readonly name = 'NoMac';
}

/**
 * Tells the audit what was committed. Like a notice it may be told again; and like a notice, a note that can't be sent is kept, and fails
 * nothing.
 */
export async function audit(env: { WORK: string; AUDIT_QUEUE: string }, note: AuditNote): Promise<void> {
  try {
    await sendEvent(env.AUDIT_QUEUE, note);
  } catch (error) {
    await keepUntold(env.WORK, 'audit', auditNoteForm.write(note), error);
  }
}

/** The keys of the batches that this instance of the function worked on. */
const chainKeys = new Map<BatchId, ChainKey>();
const MOST_KEYS = 1000;

/** A batch's own key for keyed hashes, which KMS makes. */
export async function chainKeyOf(macKey: string, batchId: BatchId): Promise<ChainKey> {
  const known = chainKeys.get(batchId);
  if (known) return known;
  const { Mac, KeyId } = await kms.send(
    new GenerateMacCommand({
      KeyId: macKey,
      MacAlgorithm: 'HMAC_SHA_256',
      Message: Buffer.from(chainKeyMessage(batchId)),
    }),
  );
  if (Mac === undefined || KeyId === undefined) throw new NoMac('KMS gave no MAC');
  if (chainKeys.size === MOST_KEYS) chainKeys.clear();
  const key = { secret: Mac, madeBy: KeyId };
  chainKeys.set(batchId, key);
  return key;
}

/**
 * Appends to a batch's chain what isn't in it yet. The commit is the object that begins with the next entry, which can be written once. An
 * attempt that finds it there finishes what its writer began (marks its entries, moves the head on) and tries at the next place.
 */
export async function appendToChain(
  { bucket, table, macKey }: { bucket: string; table: string; macKey: string },
  batchId: BatchId,
  notes: readonly AuditNote[],
): Promise<void> {
  const chainKey = await chainKeyOf(macKey, batchId);
  for (;;) {
    const head = await readAuditHead(table, batchId);
    const audited = await readAudited(
      table,
      batchId,
      notes.map(({ id }) => id),
    );
    const entries = continueChain(
      head,
      notes.filter(({ id }) => !audited.has(id)),
      chainKey,
    );
    if (entries.length === 0) return;
    const place = { bucket, key: auditKey(batchId, head.n + 1) };
    const mine = await writeNewObject(place, auditText(entries));
    const written = mine ? entries : parseAudit(await readText(place));
    await markAudited(
      table,
      batchId,
      written.map(({ id }) => id),
    );
    const { n, hash } = written.at(-1) as AuditHead;
    await moveAuditHead(table, batchId, head, { n, hash });
    if (mine) return;
  }
}
