import { addSeconds, DAY_SECONDS, dayOf, type Instant } from '../domain/days.ts';
import type { BatchId, OperatorId } from '../domain/identifiers.ts';
import { openList, openOrders } from '../domain/open-lists.ts';
import { openListKey } from '../domain/outbox.ts';
import { each } from '../runtime/each.ts';
import { log } from '../runtime/log.ts';
import { ChangedMeanwhile } from '../stores/errors.ts';
import { readTagged, replaceObject } from '../stores/objects.ts';
import { unsettledBatches } from '../stores/unsettled-batches.ts';
import { readDigest, tellDigest } from './digest.ts';
import { env } from './environment.ts';
import { MOST_TRIES, type Standing, tellStatus } from './status.ts';

/** Seconds: two days. */
const LATELY = 2 * DAY_SECONDS;

/**
 * Writes the statuses of all batches that have not settled, and what is open at each operator, over the lists that were read before
 * anything else. An attempt that was slower than another reads it all again: it may have read before a plan's first orders were there.
 * @param dayCame whether the day's digest is to be told, too
 * @throws the first failure of a batch that could not be told of, after all others were; ChangedMeanwhile if others wrote the lists at each of its tries
 */
export async function tellAll(now: Instant, dayCame: boolean): Promise<void> {
  for (let n = 0; n < MOST_TRIES; n++) if (await listAll(now, dayCame)) return;
  throw new ChangedMeanwhile(`lists of what is open changed ${MOST_TRIES} times while they were made`);
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
