import { isLongSettled } from '../domain/batches.ts';
import type { Instant } from '../domain/days.ts';
import type { BatchId } from '../domain/identifiers.ts';
import type { Ledger } from '../domain/ledger.ts';
import { statusKeys } from '../domain/outbox.ts';
import { earlierStatus, type Status, statusOf, statusText } from '../domain/status.ts';
import { statusHtml } from '../domain/status-page.ts';
import { log } from '../runtime/log.ts';
import { readApproval } from '../stores/cases/approvals.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { readLedgers } from '../stores/cases/ledgers.ts';
import { ChangedMeanwhile } from '../stores/errors.ts';
import { readTagged, replaceObject } from '../stores/objects.ts';
import { readPlan } from '../stores/plans.ts';
import { env } from './environment.ts';

/** The tries before it fails: others write between a read and a write only while a batch takes steps. */
export const MOST_TRIES = 20;

/** What was told of a batch, and what it was told from. */
export interface Standing {
  readonly status: Status;
  readonly ledgers: readonly Ledger[];
  /** The folder of the batch's preview in the work bucket, if it has one. */
  readonly previewKey: string | undefined;
}

/** What is known of a batch. */
async function readStanding(batch: Batch) {
  const { decision: pointer, planKey, previewKey, state } = batch;
  const decision = state === 'waiting' && pointer ? await readApproval(env.WORK, pointer) : undefined;
  const plan = planKey === undefined ? undefined : await readPlan(env.WORK, planKey);
  const ids = plan?.directions.map(({ directionId }) => directionId) ?? [];
  return { batch, decision, plan, previewKey, ledgers: await readLedgers(env.CASES, ids, { consistent: true }) };
}

/**
 * Writes a batch's status over the one that was read before anything else. An attempt that was slower than another reads it all again, so
 * that no older word comes after a newer one.
 * @returns what was told, with the batch's ledgers; undefined if there is no such batch, or it settled long ago
 * @throws ChangedMeanwhile if others wrote the status at each of its tries
 */
export async function tellStatus(batchId: BatchId, now: Instant): Promise<Standing | undefined> {
  const { json, html } = statusKeys(batchId);
  const place = { bucket: env.OUTBOX, key: json };
  const page = { bucket: env.OUTBOX, key: html };
  for (let n = 0; n < MOST_TRIES; n++) {
    const [there, drawn] = await readTagged(env.OUTBOX, json, html);
    const batch = await readBatch(env.CASES, batchId);
    if (batch === undefined || isLongSettled(batch, now)) return undefined;
    const before = there && earlierStatus(there.text);
    const known = await readStanding(batch);
    const status = statusOf({ ...known, before, now });
    const text = statusText(status);
    if (text !== there?.text && !(await replaceObject(place, text, there))) continue;
    const told = statusHtml(status);
    if (told !== drawn?.text && !(await replaceObject(page, told, drawn))) continue;
    log.info('status told', { batchId, status: status.status });
    return { status, ledgers: known.ledgers, previewKey: known.previewKey };
  }
  throw new ChangedMeanwhile(`the status of batch ${batchId} changed ${MOST_TRIES} times while it was made`);
}
