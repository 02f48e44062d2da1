import type { AuditNote } from '../domain/audit.ts';
import type { Instant } from '../domain/days.ts';
import { firstOrderPublished, type PublishedDecision, publishedAnew, replacing } from '../domain/issuing.ts';
import { takesAway } from '../domain/ladders.ts';
import type { IssuedAnew, IssuedOrder, Ledger } from '../domain/ledger.ts';
import { orderKey } from '../domain/outbox.ts';
import { awaitsFirstOrder } from '../domain/whereabouts.ts';
import { PREPARED } from '../domain/work.ts';
import { audit } from '../stores/audit.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { sendNotice, tell } from '../stores/notices.ts';
import { copyObject } from '../stores/objects.ts';
import { type Looked, orderTold, publishToTheLast, putOrder } from '../stores/orders.ts';

import { env } from './environment.ts';

/** An order that an attempt has prepared, and the ledger that holds its commit. */
export interface Prepared {
  ledger: Ledger;
  order: IssuedOrder | null;
}

/** What an attempt needs to publish. */
interface Publishing {
  now: Instant;
  /** The attempt's own id, unlike any other's. */
  attempt: string;
  /** Prepares an order anew, and returns the ledger to be committed with it. */
  prepare: (ledger: Ledger, anew: IssuedAnew) => Promise<Prepared>;
}

export const preparedKey = (ledger: Ledger, order: IssuedOrder) =>
  PREPARED.order(ledger.directionId, order.rung, order.attempt);

const publishedKey = ({ operator, directionId }: Ledger, order: IssuedOrder) =>
  orderKey(operator, directionId, order.rung, order.order);

const noteOf = (ledger: Ledger, order: IssuedOrder): AuditNote => ({
  batchId: ledger.batchId,
  // Each commit of an order that was issued anew is a fact of its own.
  id: `order/${ledger.directionId}/${order.rung}${order.firstVersion === undefined ? '' : `/${order.version}`}`,
  kind: 'order_issued',
  at: order.at,
  facts: {
    direction: ledger.directionId,
    rung: order.rung,
    order: order.order,
    rows: order.rows,
    deadline: order.deadline,
    ledger: order.version,
  },
  files: { order: { key: publishedKey(ledger, order), sha256: order.sha256 } },
});

/**
 * Publishes an order as it was committed, and those that take its place meanwhile, by this attempt or by another one that may have
 * published them before.
 * @returns the last one
 */
export async function publish(ledger: Ledger, order: IssuedOrder, publishing: Publishing): Promise<IssuedOrder> {
  if (takesAway(order.order))
    return await publishToTheLast(
      env,
      order,
      (one) => putAndTell(ledger, one),
      (one, round) => lookAgain(ledger, one, round, publishing),
    );
  let last = order;
  for (;;) {
    await putAndTell(ledger, last);
    const newer = awaitsFirstOrder(ledger) ? await noteBegun(ledger, last, publishing.now) : undefined;
    if (!newer) break;
    last = newer;
  }
  await audit(env, noteOf(ledger, last));
  return last;
}

/**
 * Publishes an order and tells its operator. It fails if the operator can't be told of a bar, a disconnection or a block: the next attempt
 * tells of it, and knows who was answered for meanwhile. It fails likewise for the first order of a re-verification, which begins when its
 * operator is told of it, and not before: until then its deadlines move.
 */
async function putAndTell(ledger: Ledger, order: IssuedOrder): Promise<boolean> {
  const prepared = { bucket: env.WORK, key: preparedKey(ledger, order) };
  const published = { bucket: env.OUTBOX, key: publishedKey(ledger, order) };
  const told = orderTold(env, ledger, order);
  if (takesAway(order.order)) {
    const note = noteOf(ledger, order);
    return await putOrder(env, { rows: order.rows, prepared, published, note, told });
  }
  await copyObject(prepared, published);
  if (awaitsFirstOrder(ledger)) await sendNotice(env, told);
  else await tell(env, told);
  return true;
}

/** The order that has taken the place of one that takes service or blocks, once that was published. */
function lookAgain(
  { directionId }: Ledger,
  published: IssuedOrder,
  round: number,
  { now, attempt, prepare }: Publishing,
): Promise<Looked<IssuedOrder>> {
  const { version, firstVersion = version } = published;
  return changeLedger<Looked<IssuedOrder>>(env.CASES, directionId, async (read, n) => {
    const looked = { ledger: read, firstVersion };
    const newer = replacing(read, published);
    if (newer) return { result: { ...looked, newer } };
    const anew = publishedAnew(read, published, { attempt: `${attempt}-${round}-${n}`, now });
    if (!anew) return { result: looked };
    const { ledger, order } = await prepare(read, anew);
    return { ledger, result: { ...looked, ledger, newer: order ?? undefined } };
  });
}

/**
 * Notes that a re-verification has begun, since its first order was published.
 * @returns the order that has taken its place meanwhile, if there is one
 */
async function noteBegun({ directionId }: Ledger, order: IssuedOrder, now: Instant): Promise<IssuedOrder | undefined> {
  const noted = await changeLedger<PublishedDecision>(env.CASES, directionId, async (read) => {
    const decision = firstOrderPublished(read, order, now);
    return decision.kind === 'begun' ? { ledger: decision.ledger, result: decision } : { result: decision };
  });
  return noted.kind === 'replaced' ? noted.order : undefined;
}
