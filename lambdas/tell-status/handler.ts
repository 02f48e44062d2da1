import * as z from 'zod';
import { addSeconds, type Instant } from '../domain/days.ts';
import type { BatchId, OperatorId } from '../domain/identifiers.ts';
import type { Ledger } from '../domain/ledger.ts';
import { type OpenDirection, openDirections, openList } from '../domain/open-lists.ts';
import { openListKey, statusKeys } from '../domain/outbox.ts';
import { earlierStatus, statusOf, statusText } from '../domain/status.ts';
import { statusHtml } from '../domain/status-page.ts';
import { fields } from '../domain/stored.ts';
import { each } from '../runtime/each.ts';
import { idList } from '../runtime/environment.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { events } from '../runtime/queue.ts';
import { readApproval } from '../stores/cases/approvals.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { readLedgers } from '../stores/cases/ledgers.ts';
import { readTaggedIfThere, replaceObject, type Tagged } from '../stores/objects.ts';
import { readPlan } from '../stores/plans.ts';
import { unsettledBatches } from '../stores/unsettled-batches.ts';

const environment = z.object({ WORK: z.string(), OUTBOX: z.string(), CASES: z.string(), OPERATORS: idList });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/** A batch took a step; or, without one, a day came, or first orders went out: all batches that have not settled are told of. */
const event = z.object({ time: instant, detail: z.object({ batchId: fields.batch.optional() }).optional() });

/** Seconds: two days. */
const LATELY = 2 * 24 * 3600;

/** Others write between a read and a write only while a batch takes steps. */
const MOST_TRIES = 20;

/** What is known of a batch. */
async function stand(batch: Batch) {
  const { decision: pointer, planKey, state } = batch;
  const decision = state === 'waiting' && pointer ? await readApproval(env.WORK, pointer) : undefined;
  const plan = planKey === undefined ? undefined : await readPlan(env.WORK, planKey);
  const ids = plan?.directions.map(({ directionId }) => directionId) ?? [];
  return { batch, decision, plan, ledgers: await readLedgers(env.CASES, ids, { consistent: true }) };
}

/**
 * Writes where a batch stands, over the word that was read before anything else: whoever was slower than somebody else reads it all
 * again, so that no older word comes after a newer one.
 * @returns the batch's ledgers
 */
async function tellStatus(batchId: BatchId, now: Instant): Promise<readonly Ledger[]> {
  const { json, html } = statusKeys(batchId);
  const place = { bucket: env.OUTBOX, key: json };
  const page = { bucket: env.OUTBOX, key: html };
  for (let n = 0; n < MOST_TRIES; n++) {
    const there = await readTaggedIfThere(place);
    const drawn = await readTaggedIfThere(page);
    const batch = await readBatch(env.CASES, batchId);
    if (batch === undefined) return [];
    const before = there && earlierStatus(there.text);
    const known = await stand(batch);
    const status = statusOf({ ...known, before, now });
    const text = statusText(status);
    if (text !== there?.text && !(await replaceObject(place, text, there))) continue;
    const told = statusHtml(status);
    if (told !== drawn?.text && !(await replaceObject(page, told, drawn))) continue;
    log.info('status told', { batchId, status: status.status });
    return known.ledgers;
  }
  throw new Error(`the status of batch ${batchId} changed ${MOST_TRIES} times while it was made`);
}

/**
 * Writes where all batches stand that have not settled, and what of theirs is open at each operator, over the lists that were read before
 * anything else: whoever was slower than somebody else reads it all again, who may have read before a plan's first orders were there.
 */
async function tellAll(now: Instant): Promise<void> {
  for (let n = 0; n < MOST_TRIES; n++) if (await listAll(now)) return;
  throw new Error(`lists of what is open changed ${MOST_TRIES} times while they were made`);
}

/** Whether nobody else listed meanwhile. */
async function listAll(now: Instant): Promise<boolean> {
  const lists = new Map<OperatorId, Tagged | undefined>();
  const placeOf = (operator: OperatorId) => ({ bucket: env.OUTBOX, key: openListKey(operator) });
  for (const operator of env.OPERATORS as OperatorId[]) lists.set(operator, await readTaggedIfThere(placeOf(operator)));
  // Of those that settled lately the last word may not have been asked for.
  const batches = await unsettledBatches(env.WORK, addSeconds(now, -LATELY));
  const open: OpenDirection[] = [];
  // What can't be told of one keeps nothing else from it, but for the lists, in which it would lack.
  await each(batches, async (batchId) => {
    open.push(...openDirections(await tellStatus(batchId, now)));
  });
  let isAlone = true;
  for (const [operator, there] of lists) {
    const text = openList(open.filter((one) => one.operator === operator));
    if (text !== there?.text && !(await replaceObject(placeOf(operator), text, there))) isAlone = false;
  }
  if (isAlone) log.info('day told', { batches: batches.length });
  return isAlone;
}

/**
 * Tell: writes where a batch stands at each of its steps, and each day, and after a plan's first orders, where all stand that have not
 * settled, and what is open at each operator. Nothing waits for it: what could not be told is told with the next step, or the next day.
 */
export const handler = events(event, async ({ time, detail }) => {
  if (detail?.batchId === undefined) await tellAll(time);
  else await tellStatus(detail.batchId, time);
});
