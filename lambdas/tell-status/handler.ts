import * as z from 'zod';
import { isLongSettled } from '../domain/batches.ts';
import { addSeconds, DAY_SECONDS, type Day, dayOf, type Instant } from '../domain/days.ts';
import { digestedAt, digestFigures, digestOf, digestText, type ToldBatch } from '../domain/digest.ts';
import { digestHtml } from '../domain/digest-page.ts';
import type { BatchId, OperatorId } from '../domain/identifiers.ts';
import type { Ledger } from '../domain/ledger.ts';
import { toAdministrators } from '../domain/notices.ts';
import { openList, openOrders } from '../domain/open-lists.ts';
import { digestKeys, openListKey, statusKeys } from '../domain/outbox.ts';
import { figuresIn } from '../domain/preview-figures.ts';
import { earlierStatus, type Status, statusOf, statusText } from '../domain/status.ts';
import { statusHtml } from '../domain/status-page.ts';
import { fields } from '../domain/stored.ts';
import { SCREENED } from '../domain/work.ts';
import { each } from '../runtime/each.ts';
import { operatorList } from '../runtime/environment.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { events } from '../runtime/queue.ts';
import { readApproval } from '../stores/cases/approvals.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { countGated } from '../stores/cases/imports.ts';
import { readLedgers } from '../stores/cases/ledgers.ts';
import { tell } from '../stores/notices.ts';
import { type Place, readTagged, readText, replaceObject } from '../stores/objects.ts';
import { readPlan } from '../stores/plans.ts';
import { countMessages } from '../stores/queues.ts';
import { unsettledBatches } from '../stores/unsettled-batches.ts';
import { countQuarantined, countStrays } from '../stores/uploads.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  OPERATORS: operatorList,
  ADMINISTRATORS_TOPIC: z.string(),
  /** The queues of dead letters, by name. */
  DEAD_LETTERS: z
    .string()
    .transform((json) => JSON.parse(json))
    .pipe(z.record(z.string(), z.string())),
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/**
 * A batch took a step; or, without a batch, a day came, or first orders went out: then all batches that have not settled are told of. A day
 * comes from a schedule, and has its digest.
 */
const event = z.object({
  time: instant,
  source: z.string().optional(),
  detail: z.object({ batchId: fields.batch.optional() }).optional(),
});

/** Seconds: two days. */
const LATELY = 2 * DAY_SECONDS;
/** Seconds for which an upload in quarantine is told of. */
const QUARANTINED_FOR = 30 * DAY_SECONDS;

/** The tries before it fails: others write between a read and a write only while a batch takes steps. */
const MOST_TRIES = 20;

/** What is known of a batch. */
async function stand(batch: Batch) {
  const { decision: pointer, planKey, previewKey, state } = batch;
  const decision = state === 'waiting' && pointer ? await readApproval(env.WORK, pointer) : undefined;
  const plan = planKey === undefined ? undefined : await readPlan(env.WORK, planKey);
  const ids = plan?.directions.map(({ directionId }) => directionId) ?? [];
  return { batch, decision, plan, previewKey, ledgers: await readLedgers(env.CASES, ids, { consistent: true }) };
}

/** The number of handsets that a batch to decide upon holds, from its preview. A reversal gives back, and holds none. */
async function heldOf(previewKey: string | undefined): Promise<number | null> {
  if (previewKey === undefined) return null;
  const figures = figuresIn(await readText({ bucket: env.WORK, key: SCREENED.previews.json(previewKey) }));
  return 'held' in figures ? figures.held : null;
}

interface Standing {
  readonly status: Status;
  readonly ledgers: readonly Ledger[];
  readonly previewKey: string | undefined;
}

/**
 * Writes a batch's status over the one that was read before anything else. An attempt that was slower than another reads it all again, so
 * that no older word comes after a newer one.
 * @returns what was told, with the batch's ledgers; undefined if there is no such batch
 */
async function tellStatus(batchId: BatchId, now: Instant): Promise<Standing | undefined> {
  const { json, html } = statusKeys(batchId);
  const place = { bucket: env.OUTBOX, key: json };
  const page = { bucket: env.OUTBOX, key: html };
  for (let n = 0; n < MOST_TRIES; n++) {
    const [there, drawn] = await readTagged(env.OUTBOX, json, html);
    const batch = await readBatch(env.CASES, batchId);
    if (batch === undefined || isLongSettled(batch, now)) return undefined;
    const before = there && earlierStatus(there.text);
    const known = await stand(batch);
    const status = statusOf({ ...known, before, now });
    const text = statusText(status);
    if (text !== there?.text && !(await replaceObject(place, text, there))) continue;
    const told = statusHtml(status);
    if (told !== drawn?.text && !(await replaceObject(page, told, drawn))) continue;
    log.info('status told', { batchId, status: status.status });
    return { status, ledgers: known.ledgers, previewKey: known.previewKey };
  }
  throw new Error(`the status of batch ${batchId} changed ${MOST_TRIES} times while it was made`);
}

/**
 * Writes the statuses of all batches that have not settled, and what is open at each operator, over the lists that were read before
 * anything else. An attempt that was slower than another reads it all again: it may have read before a plan's first orders were there.
 */
async function tellAll(now: Instant, dayCame: boolean): Promise<void> {
  for (let n = 0; n < MOST_TRIES; n++) if (await listAll(now, dayCame)) return;
  throw new Error(`lists of what is open changed ${MOST_TRIES} times while they were made`);
}

/** Whether nobody else listed meanwhile. If a day came, its digest is written then. */
async function listAll(now: Instant, dayCame: boolean): Promise<boolean> {
  const placeOf = (operator: OperatorId) => ({ bucket: env.OUTBOX, key: openListKey(operator) });
  const lists = await Promise.all(
    env.OPERATORS.map(async (operator) => {
      const [there] = await readTagged(env.OUTBOX, openListKey(operator));
      return { operator, there };
    }),
  );
  const digested = dayCame ? await readDigest(dayOf(now)) : undefined;
  // The last word on batches that settled lately may not have been asked for.
  const batches = await unsettledBatches(env.WORK, addSeconds(now, -LATELY));
  const all: Standing[] = [];
  const untold: BatchId[] = [];
  // A batch that can't be told of keeps no other from it, except the lists, in which it would be missing; the digest names it.
  const telling = each(batches, async (batchId) => {
    try {
      const standing = await tellStatus(batchId, now);
      if (standing !== undefined) all.push(standing);
    } catch (error) {
      untold.push(batchId);
      throw error;
    }
  });
  const failure = await telling.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (failure !== undefined) {
    if (digested !== undefined) await tellDigest(digested, all, untold, now);
    throw failure.error;
  }
  const open = all.flatMap(({ ledgers }) => openOrders(ledgers));
  let isAlone = true;
  for (const { operator, there } of lists) {
    const text = openList(open.filter((one) => one.operator === operator));
    if (text !== there?.text && !(await replaceObject(placeOf(operator), text, there))) isAlone = false;
  }
  if (!isAlone) return false;
  if (digested !== undefined) await tellDigest(digested, all, untold, now);
  log.info('day told', { batches: batches.length });
  return true;
}

/** The digest of a day that lies there, if there is one. */
async function readDigest(day: Day) {
  const { json, html } = digestKeys(day);
  const [place, page] = [json, html].map((key) => ({ bucket: env.OUTBOX, key })) as [Place, Place];
  const [there, drawn] = await readTagged(env.OUTBOX, json, html);
  return { place, page, there, drawn };
}

/** Writes a day's digest over the one that was read before anything else, unless that is a later word, and tells the administrators. */
async function tellDigest(
  { place, page, there, drawn }: Awaited<ReturnType<typeof readDigest>>,
  all: readonly Standing[],
  untold: readonly BatchId[],
  now: Instant,
): Promise<void> {
  const later = there && digestedAt(there.text);
  if (later !== undefined && later > now) return;
  const batches: ToldBatch[] = [];
  for (const { status, ledgers, previewKey } of all)
    batches.push({ status, ledgers, held: status.status === 'waiting' ? await heldOf(previewKey) : null });
  const gated = new Map<OperatorId, number>();
  for (const operator of env.OPERATORS) gated.set(operator, await countGated(env.CASES, operator));
  const deadLetters = new Map<string, number>();
  for (const [queue, url] of Object.entries(env.DEAD_LETTERS)) deadLetters.set(queue, await countMessages(url));
  const quarantined = await countQuarantined(env.WORK, addSeconds(now, -QUARANTINED_FOR));
  const strays = await countStrays(env.WORK, addSeconds(now, -DAY_SECONDS));
  const digest = digestOf({ batches, untold, gated, quarantined, strays, deadLetters, now });
  const text = digestText(digest);
  if (text !== there?.text && !(await replaceObject(place, text, there))) return;
  const told = digestHtml(digest);
  // The event comes again, and finds both as they are then.
  if (told !== drawn?.text && !(await replaceObject(page, told, drawn)))
    throw new Error(`the page of the digest of ${digest.day} changed while it was made`);
  const { day, asOf } = digest;
  await tell(
    env,
    toAdministrators({
      kind: 'daily_digest',
      day,
      asOf,
      ...place,
      page,
      ...digestFigures(digest),
      untold: untold.length,
    }),
  );
  log.info('digest told', { day });
}

/**
 * Tell: writes a batch's status at each of its steps. Each day, and after a plan's first orders, it writes the statuses of all batches that
 * have not settled, and what is open at each operator; each day also a digest for the administrators. Nothing waits for it: what could not
 * be told is told with the next step, or the next day.
 */
export const handler = events(event, async ({ time, source, detail }) => {
  if (detail?.batchId === undefined) await tellAll(time, source !== undefined);
  else await tellStatus(detail.batchId, time);
});
