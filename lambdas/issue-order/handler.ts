import { z } from 'zod';
import type { AuditNote } from '../domain/audit.ts';
import type { Instant } from '../domain/days.ts';
import { orderCsv, orderedRows } from '../domain/directions.ts';
import { sha256Of } from '../domain/hashes.ts';
import { SELF_CHECK } from '../domain/identifiers.ts';
import { firstOrderPublished, issueOrder, type PublishedDecision, replacing } from '../domain/issuing.ts';
import { takesService } from '../domain/ladders.ts';
import type { IssuedOrder, Ledger } from '../domain/ledger.ts';
import { toOperator } from '../domain/notices.ts';
import { orderKey } from '../domain/outbox.ts';
import { fields } from '../domain/stored.ts';
import { awaitsFirstOrder, ladderEnd, type Whereabouts } from '../domain/whereabouts.ts';
import { PREPARED } from '../domain/work.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { task } from '../runtime/task.ts';
import { audit } from '../stores/audit.ts';
import { changeLedger, readLedger } from '../stores/cases/ledgers.ts';
import { sendNotice, tell } from '../stores/notices.ts';
import { copyObject, readText, writeObject } from '../stores/objects.ts';
import { putOrder } from '../stores/orders.ts';
import { wake } from '../stores/workflows.ts';

const environment = z.object({
  CASES: z.string(),
  WORK: z.string(),
  OUTBOX: z.string(),
  OPERATORS_TOPIC: z.string(),
  AUDIT_QUEUE: z.string(),
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({
  directionId: fields.direction,
  rung: z.int().positive(),
  /** Until when the machine will wait. */
  deadline: instant,
  token: z.string(),
  now: instant,
});

/** What an attempt found or committed. */
interface Issued {
  ledger: Ledger;
  /** To be published. */
  order: IssuedOrder | null;
  /** Where the machine goes on at once; without it, it waits. */
  next?: Whereabouts;
  /** The rung had no order before. */
  first?: boolean;
}

const preparedKey = (ledger: Ledger, order: IssuedOrder) =>
  PREPARED.order(ledger.directionId, order.rung, order.attempt);

const publishedKey = ({ operator, directionId }: Ledger, order: IssuedOrder) =>
  orderKey(operator, directionId, order.rung, order.order);

const noteOf = (ledger: Ledger, order: IssuedOrder): AuditNote => ({
  batchId: ledger.batchId,
  // Of an order that was issued anew each commit is a fact of its own.
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
 * Publishes an order as it was committed. A bar or a disconnection of which its operator can't be told fails here and is told by
 * the next attempt, which knows who was answered for meanwhile; so does the first order of a re-verification, which begins when
 * its operator is told of it, and not before: until then its deadlines move.
 */
async function publish(ledger: Ledger, order: IssuedOrder): Promise<void> {
  const { directionId, batchId, operator } = ledger;
  const key = publishedKey(ledger, order);
  const prepared = { bucket: env.WORK, key: preparedKey(ledger, order) };
  const published = { bucket: env.OUTBOX, key };
  const told = toOperator({
    kind: 'order',
    directionId,
    batchId,
    operator,
    directionKind: ledger.kind,
    order: order.order,
    rung: String(order.rung),
    rows: order.rows,
    deadline: order.deadline,
    bucket: env.OUTBOX,
    key,
    size: order.bytes,
    sha256: order.sha256,
  });
  if (takesService(order.order)) {
    const note = noteOf(ledger, order);
    if (await putOrder(env, { rows: order.rows, prepared, published, note })) await sendNotice(env, told);
    return;
  }
  await copyObject(prepared, published);
  if (awaitsFirstOrder(ledger)) await sendNotice(env, told);
  else await tell(env, told);
}

/**
 * After an order was published: the one that has taken its place meanwhile, if any, by an attempt that may have published it
 * before. Notes that a re-verification has begun, where this was its first order.
 */
async function newerThan(ledger: Ledger, order: IssuedOrder, now: Instant): Promise<IssuedOrder | undefined> {
  if (takesService(order.order)) {
    const read = await readLedger(env.CASES, ledger.directionId);
    return read && replacing(read, order);
  }
  if (!awaitsFirstOrder(ledger)) return undefined;
  const noted = await changeLedger<PublishedDecision>(env.CASES, ledger.directionId, async (read) => {
    const decision = firstOrderPublished(read, order, now);
    return decision.kind === 'begun' ? { ledger: decision.ledger, result: decision } : { result: decision };
  });
  return noted.kind === 'replaced' ? noted.order : undefined;
}

/**
 * Order and await responses: issues the rung's order for the rows that are open, once, and leaves the token in the ledger
 * for whoever records the last answer. Where the ladder is elsewhere than its machine, or no row is open, it issues nothing,
 * ends its own task and tells where to go on.
 */
export const handler = task(input, async ({ directionId, rung, deadline, token, now }, invocation) => {
  let lines: string[] | undefined;
  const issued = await changeLedger<Issued>(env.CASES, directionId, async (read, attempt) => {
    const decision = issueOrder(read, { rung, deadline, now, token, attempt: `${invocation}-${attempt}` });
    if (decision.kind === 'elsewhere') return { result: { ledger: read, order: decision.order, next: decision.next } };
    if (decision.kind !== 'issue') {
      const order = decision.kind === 'adopt' ? decision.order : null;
      const result = { ledger: decision.ledger, order };
      return decision.ledger === read ? { result } : { ledger: decision.ledger, result };
    }
    lines ??= (await readText({ bucket: env.WORK, key: read.rowsKey })).split('\n');
    const head = { directionId, deadline: decision.deadline, disconnectBy: ladderEnd(read, now) };
    const csv = Buffer.from(orderCsv(read.kind, head, orderedRows(read.kind, decision.rows, lines)));
    const ledger = decision.commit({ sha256: sha256Of(csv), bytes: csv.length });
    const order = ledger.orders.find((one) => one.rung === rung) ?? null;
    if (order) await writeObject({ bucket: env.WORK, key: preparedKey(ledger, order) }, csv);
    const { next } = decision;
    return { ledger, result: { ledger, order, first: read.rung < rung, ...(next && { next }) } };
  });

  const { ledger, next, first } = issued;
  let { order } = issued;
  if (order && first && ledger.operator !== SELF_CHECK)
    measure('OrdersIssued', { operator: ledger.operator, order: order.order });
  while (order) {
    await publish(ledger, order);
    const newer = await newerThan(ledger, order, now);
    if (newer) {
      order = newer;
      continue;
    }
    if (!takesService(order.order)) await audit(env, noteOf(ledger, order));
    log.info('order issued', { directionId, rung: order.rung, order: order.order, rows: order.rows });
    break;
  }
  if (next) await wake([token], next);
  return {};
});
