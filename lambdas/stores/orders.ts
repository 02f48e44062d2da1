import type { AuditNote } from '../domain/audit.ts';
import { givenBackSince, givingBackIn, givingBackTo, orderedBackAt, reversedSince } from '../domain/back-orders.ts';
import type { Instant } from '../domain/days.ts';
import { sha8, sha256Of } from '../domain/hashes.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { RESTORE } from '../domain/kinds.ts';
import type { IssuedOrder, Ledger, Recorded, RecordedFile } from '../domain/ledger.ts';
import { RESTORES_AT_ONCE } from '../domain/limits.ts';
import { type Told, toOperator } from '../domain/notices.ts';
import { backOrderKey, orderKey } from '../domain/outbox.ts';
import { PREPARED } from '../domain/work.ts';
import { logFailure } from '../runtime/failures.ts';
import { audit } from './audit.ts';
import { readBatch } from './cases/batches.ts';
import { readLedger } from './cases/ledgers.ts';
import { concurrently } from './concurrently.ts';
import { listObjects } from './listings.ts';
import { sendNotice, tell } from './notices.ts';
import { copyObject, type Place, readText, readTextIfThere, writeObject } from './objects.ts';
import { readPlan } from './plans.ts';

/** The places where orders are prepared, published and told of, and the table of the ledgers by which they go. */
interface Orders {
  CASES: string;
  WORK: string;
  OUTBOX: string;
  OPERATORS_TOPIC: string;
  AUDIT_QUEUE: string;
}

/** An order that takes service from those whom it names, or blocks them, as it was committed. */
interface Committed {
  rows: number;
  prepared: Place;
  published: Place;
  note: AuditNote;
  /** The notice to its operator. */
  told: Told & { topic: 'OPERATORS_TOPIC' };
}

/** The state of the ledger once an order that takes service, or blocks, was published. */
export interface Looked<Order> {
  ledger: Ledger;
  /** The ledger's version by the order's first commit: since then its operator may have it. */
  firstVersion: number;
  /** The commit that has taken its place, by another attempt or by this look, if there is one. */
  newer?: Order | undefined;
}

/**
 * Publishes an order that takes service, or blocks. Whoever publishes one looks at the ledger again, each time: a row may have been
 * answered for, or taken back, while the order was on its way. Then it is issued anew without that row and published again. The orders that
 * give back to subscribers whom it may have named are told once more after it, so that theirs is the last order told of somebody who has
 * proved themselves, or of what a reversal gives back. If an answer is committed after the look, Record tells of its order, which publishes
 * after its commit, and so after this order. If a reversal takes rows back after the look, its own directions tell of them, which start
 * once all is taken back. It ends: each round but the last goes on from a commit that carries fewer rows than the one before, and an order
 * has no more rounds than rows. To tell of a restore order commits nothing, so that no other attempt has anything to do because of it. An
 * attempt that fails on the way has committed or not; the next one finds which, publishes what stands, and looks again.
 */
export async function publishToTheLast<Order>(
  env: Orders,
  first: Order,
  publish: (order: Order) => Promise<boolean>,
  look: (published: Order, round: number) => Promise<Looked<Order>>,
): Promise<Order> {
  let order = first;
  let wasPublished = false;
  for (let round = 1; ; round++) {
    if (await publish(order)) wasPublished = true;
    const { ledger, firstVersion, newer } = await look(order, round);
    if (newer === undefined) {
      // Nobody can have been told of an order that was never published.
      const again = wasPublished ? givenBackSince(ledger, firstVersion) : [];
      await concurrently(again, RESTORES_AT_ONCE, (file) => publishBackOrder(env, ledger, file));
      for (const reversal of wasPublished ? reversedSince(ledger, firstVersion) : [])
        await tellGivingBack(env, ledger, reversal);
      return order;
    }
    order = newer;
  }
}

/**
 * Puts an order into the outbox, and tells the audit and its operator. An order that was issued anew for nobody takes the place of an
 * earlier one that lies there, so that nobody reads that one any more, and nobody is told. It fails if the operator can't be told.
 * @returns whether anything lies there
 */
export async function putOrder(env: Orders, { rows, prepared, published, note, told }: Committed): Promise<boolean> {
  if (rows === 0 && !(await objectIsThere(published))) return false;
  await copyObject(prepared, published);
  await audit(env, note);
  if (rows > 0) await sendNotice(env, told);
  return true;
}

/**
 * Tells once more of the orders, as they were published, by which a reversal gives back what it took from a direction. An order that isn't
 * there yet is told of by whoever publishes it, after this. Answers to it meanwhile change nothing: they were said before.
 */
async function tellGivingBack(env: Orders, from: Ledger, reversal: BatchId): Promise<void> {
  const batch = await readBatch(env.CASES, reversal);
  if (batch?.planKey === undefined) return;
  const directions = givingBackTo(from, await readPlan(env.WORK, batch.planKey));
  await concurrently(directions, RESTORES_AT_ONCE, async (directionId) => {
    const ledger = await readLedger(env.CASES, directionId);
    if (ledger === undefined) return;
    const order = givingBackIn(ledger);
    if (order === undefined) return;
    const key = orderKey(ledger.operator, directionId, order.rung, order.order);
    if (await objectIsThere({ bucket: env.OUTBOX, key })) await tell(env, orderTold(env, ledger, order));
  });
}

/** The operator's notice of a rung's order. */
export function orderTold({ OUTBOX: bucket }: Pick<Orders, 'OUTBOX'>, ledger: Ledger, issued: IssuedOrder) {
  const { directionId, batchId, operator, kind: directionKind } = ledger;
  const { order, rung, rows, deadline, bytes: size, sha256 } = issued;
  const key = orderKey(operator, directionId, rung, order);
  const which = { kind: 'order', directionId, batchId, operator, directionKind, order } as const;
  return toOperator({ ...which, rung: String(rung), rows, deadline, bucket, key, size, sha256 });
}

async function objectIsThere(place: Place): Promise<boolean> {
  for await (const { key } of listObjects(place)) if (key === place.key) return true;
  return false;
}

/**
 * Publishes a file's order to restore service, unless its time is over and its operator was told of it. A file that comes again weeks later
 * must not ask a second time: another report may have had the number barred meanwhile.
 */
export async function publishBackOrderOnce(env: Orders, recorded: Recorded, now: Instant): Promise<void> {
  const { backDue } = recorded.recorded;
  if (backDue === undefined || backDue <= now) await publishBackOrderIfNew(env, recorded);
  else await publishBackOrder(env, recorded.ledger, recorded.recorded);
}

/**
 * Publishes a file's order to restore service, if it gives any back, unless its operator was told of it, as a mark of its own says, or the
 * one of the file's end. That the order lies in the outbox doesn't say so: whoever put it there may have died before it told.
 */
export async function publishBackOrderIfNew(env: Orders, { ledger, recorded }: Recorded): Promise<void> {
  if (recorded.backDue === undefined) return;
  for (const markOf of [PREPARED.restoreTold, PREPARED.done]) {
    const key = markOf(ledger.directionId, recorded.sha256);
    if ((await readTextIfThere({ bucket: env.WORK, key })) !== undefined) return;
  }
  await publishBackOrder(env, ledger, recorded);
}

/**
 * Publishes the order that gives service back to subscribers who have proved themselves, or got the number since, as a recorded file says;
 * nothing if it gives none back. The order says the same however often it is published.
 */
async function publishBackOrder(env: Orders, ledger: Ledger, recorded: RecordedFile): Promise<void> {
  const { directionId, batchId, kind, operator } = ledger;
  const { backDue: deadline, sha256: file, attempt } = recorded;
  if (deadline === undefined) return;
  const key = backOrderKey(operator, directionId, file);
  const order = await readText({
    bucket: env.WORK,
    key: PREPARED.response(directionId, file, attempt, 'restore.csv'),
  });
  const sha256 = sha256Of(order);
  const rows = order.split('\n').length - 2;
  await writeObject({ bucket: env.OUTBOX, key }, order);
  await audit(env, {
    batchId,
    id: `order/${directionId}/back-${sha8(file)}`,
    kind: 'restore_ordered',
    at: orderedBackAt(deadline),
    facts: { direction: directionId, rows, deadline, ledger: recorded.version },
    files: { order: { key, sha256 } },
  });
  const told = {
    kind: 'order',
    directionId,
    batchId,
    operator,
    directionKind: kind,
    rows,
    deadline,
    key,
    sha256,
  } as const;
  const size = Buffer.byteLength(order);
  await tell(env, toOperator({ ...told, order: RESTORE.order, rung: 'back', bucket: env.OUTBOX, size }));
  try {
    await writeObject({ bucket: env.WORK, key: PREPARED.restoreTold(directionId, file) }, '');
  } catch (error) {
    // Without it somebody may be told once more. That is no reason to leave undone what comes after an order to restore.
    logFailure(error);
  }
}
