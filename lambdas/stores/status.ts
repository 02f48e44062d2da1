/** Word of where a batch stands, in the outbox: who asks for it, and who looks at it. */
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

/** Has it told where a batch stands. Nothing fails where that can't be asked for: each day all are told of. */
export async function askForStatus(env: Queue, batchId: BatchId, time: Instant): Promise<void> {
  await ask(env, { time, detail: { batchId } });
}

/** Has it told where all batches stand that have not settled, and what is open at each operator. */
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

/** What was told last of where a batch stands; undefined where nothing was, which is rare: each sweep asks, and a list is dear. */
export async function readStatus(outbox: string, batchId: BatchId): Promise<Earlier | undefined> {
  const text = await readTextIfThere({ bucket: outbox, key: statusKeys(batchId).json });
  return text === undefined ? undefined : earlierStatus(text);
}
