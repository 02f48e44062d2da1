/** A batch's preview, whatever its kind: committed once with the decision that it opens, published, and told to the people who decide. */
import type { AuditedFile } from '../domain/audit.ts';
import type { Instant } from '../domain/days.ts';
import { sha256Of } from '../domain/hashes.ts';
import { BATCH_KINDS } from '../domain/kinds.ts';
import { EVERY_APPROVER, toAdministrators, toApprover } from '../domain/notices.ts';
import { previewKeys } from '../domain/outbox.ts';
import { figuresIn } from '../domain/preview-figures.ts';
import type { Asker } from '../domain/turn.ts';
import { SCREENED } from '../domain/work.ts';
import { audit } from './audit.ts';
import { readApproval } from './cases/approvals.ts';
import { type Batch, readBatch } from './cases/batches.ts';
import { PlanIsVoid } from './earlier-directions.ts';
import { tell } from './notices.ts';
import { readBytes, writeObject } from './objects.ts';

/** A preview is not the one that was committed. */
class PreviewChanged extends Error {
  override readonly name = 'PreviewChanged';
}

/** What the publishing of a preview takes of a function's environment. */
export interface PreviewPlaces {
  readonly WORK: string;
  readonly OUTBOX: string;
  readonly CASES: string;
  readonly AUDIT_QUEUE: string;
  readonly APPROVERS_TOPIC: string;
  readonly ADMINISTRATORS_TOPIC: string;
}

/**
 * A decision, for the machine: that it is to be awaited, and until when the machine asks what became of it. One that has ended is awaited,
 * too: somebody may have decided before the machine heard of it, and Await publishes every ending. Only a report upon which nobody has to
 * decide, as in no stage that people rely on, goes on at once (`approved`).
 */
export interface Opened {
  readonly state: 'approved' | 'waiting';
  readonly remindAt: Instant | null;
  readonly decideBy: Instant | null;
}

/**
 * Commits a preview if the batch has none yet, with the decision that it opens, and publishes the batch's own: an attempt that comes later
 * publishes the same bytes again.
 * @param open prepares a preview under the attempt's own folder, and commits it
 * @throws PlanIsVoid if the batch isn't this execution's any more
 */
export async function publishPreview(
  env: PreviewPlaces,
  asker: Asker,
  now: Instant,
  open: (batch: Batch) => Promise<void>,
): Promise<Opened> {
  const { batchId, execution } = asker;
  let batch = await ownBatch(env.CASES, asker);
  if (batch.previewKey === undefined && batch.state !== 'withdrawn') {
    await open(batch);
    batch = await ownBatch(env.CASES, asker);
  }
  // Nobody is asked about it; the task that waits for its end finds that it has come.
  if (batch.previewKey === undefined && batch.state === 'withdrawn')
    return { state: 'waiting', remindAt: null, decideBy: null };
  const { previewKey, previewSha256, decision: pointer, agency, file, kind } = batch;
  if (previewKey === undefined || previewSha256 === undefined || pointer === undefined)
    throw new PlanIsVoid(`batch ${batchId} has no preview, or no decision`);
  const prepared = (key: string) => readBytes({ bucket: env.WORK, key });
  const json = await prepared(SCREENED.previews.json(previewKey));
  if (sha256Of(json) !== previewSha256)
    throw new PreviewChanged(`the preview of batch ${batchId} is not the one that was committed`);
  const publish = async (key: string, bytes: Uint8Array) => {
    await writeObject({ bucket: env.OUTBOX, key }, bytes);
    return { key, sha256: sha256Of(bytes) };
  };
  const keys = previewKeys(batchId);
  // Only a batch that expands has handsets that may be held.
  const held: Record<string, AuditedFile> = BATCH_KINDS[kind].expands
    ? { held: await publish(keys.held, await prepared(SCREENED.previews.held(previewKey))) }
    : {};
  const page = await publish(keys.html, await prepared(SCREENED.previews.page(previewKey)));
  // This is the last one: whoever sees it finds the others.
  const preview = await publish(keys.json, json);
  await audit(env, {
    batchId,
    id: `previewed/${execution}`,
    kind: 'previewed',
    at: now,
    facts: {},
    files: { preview, page, ...held },
  });
  const { ending, people, remindAt, decideBy } = await readApproval(env.WORK, pointer);
  if (ending === null) {
    const needed = {
      kind: 'decision_needed' as const,
      batchId,
      agency,
      file,
      ...figuresIn(json.toString()),
      people,
      decideBy,
      bucket: env.OUTBOX,
      key: preview.key,
      sha256: preview.sha256,
      page: { bucket: env.OUTBOX, key: page.key },
    };
    await tell(env, toApprover({ ...needed, approver: EVERY_APPROVER }));
    await tell(env, toAdministrators(needed));
  }
  const isAtOnce = people === 0 && ending?.state === 'approved' && BATCH_KINDS[kind].expands;
  return { state: isAtOnce ? 'approved' : 'waiting', remindAt, decideBy };
}

/** @throws PlanIsVoid */
async function ownBatch(table: string, { batchId, execution }: Asker): Promise<Batch> {
  const batch = await readBatch(table, batchId);
  if (batch?.execution !== execution) throw new PlanIsVoid(`batch ${batchId} was given up`);
  return batch;
}
