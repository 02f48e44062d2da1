/** The status of a batch in the outbox: the requests to write it, and its last text. */
import type { Instant } from '../domain/days.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { statusKeys } from '../domain/outbox.ts';
import { type Earlier, earlierStatus } from '../domain/status.ts';
import { logFailure } from '../runtime/failures.ts';
import { readTextIfThere } from './objects.ts';
import { sendEvent } from './queues.ts';

interface Queue {
  readonly STATUS_QUEUE: string;
}

/** Asks that a batch's status be told. Nothing fails if that can't be asked for: each day all are told. */
export async function askForStatus(env: Queue, batchId: BatchId, time: Instant): Promise<void> {
  await ask(env, { time, detail: { batchId } });
}

/** Asks that the statuses of all batches that have not settled be told, and what is open at each operator. */
export async function askForStatuses(env: Queue, time: Instant): Promise<void> {
  await ask(env, { time });
}

async function ask(env: Queue, event: object): Promise<void> {
  try {
    await sendEvent(env.STATUS_QUEUE, event);
  } catch (error) {
    logFailure(error);
  }
}

/**
 * The status of a batch that was told last; undefined if there is none, which is rare. It asks for no list first: each sweep asks, and a
 * list is dear.
 */
export async function readStatus(outbox: string, batchId: BatchId): Promise<Earlier | undefined> {
  const text = await readTextIfThere({ bucket: outbox, key: statusKeys(batchId).json });
  return text === undefined ? undefined : earlierStatus(text);
}
