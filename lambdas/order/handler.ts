import { z } from 'zod';
import type { Instant } from '../domain/days.ts';
import { orderCsv, parseDirectionRowLine } from '../domain/directions.ts';
import { sha256Of } from '../domain/hashes.ts';
import { type DirectionId, SELF_CHECK } from '../domain/identifiers.ts';
import { orderKey } from '../domain/keys.ts';
import {
  awaitsFirstOrder,
  firstOrderPublished,
  type IssuedOrder,
  issueOrder,
  type Ledger,
  type PublishedDecision,
  type Whereabouts,
} from '../domain/ledger.ts';
import { toOperator } from '../domain/notices.ts';
import { instant, log, measure, task } from '../shell.ts';
import { audit } from '../stores/audit.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { sendNotice, tell } from '../stores/notices.ts';
import { copyObject, readText, writeObject } from '../stores/objects.ts';
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
  directionId: z.string().transform((id) => id as DirectionId),
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
  `directions/${ledger.directionId}/${order.rung}/${order.attempt}.csv`;

const publishedKey = ({ operator, directionId }: Ledger, order: IssuedOrder) =>
  orderKey(operator, directionId, order.rung, order.order);

async function publish(ledger: Ledger, order: IssuedOrder): Promise<void> {
  const { directionId, batchId, operator } = ledger;
  const key = publishedKey(ledger, order);
  await copyObject({ bucket: env.WORK, key: preparedKey(ledger, order) }, { bucket: env.OUTBOX, key });
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
  // A re-verification begins when its operator is told of its first order, and not before: until then its deadlines move.
  if (awaitsFirstOrder(ledger)) await sendNotice(env, told);
  else await tell(env, told);
}

/** Notes that a re-verification has begun, where this was its first order; returns the order that has taken its place, if any. */
async function notePublished(ledger: Ledger, order: IssuedOrder, now: Instant): Promise<IssuedOrder | undefined> {
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
    const rows = decision.rows.map((row) => parseDirectionRowLine(read.kind, lines?.[row] ?? ''));
    const csv = Buffer.from(orderCsv(read.kind, rows, decision.deadline));
    const ledger = decision.commit({ sha256: sha256Of(csv), bytes: csv.length });
    const order = ledger.orders.at(-1) ?? null;
    if (order) await writeObject({ bucket: env.WORK, key: preparedKey(ledger, order) }, csv);
    return { ledger, result: { ledger, order, first: read.rung < rung } };
  });

  const { ledger, next, first } = issued;
  let { order } = issued;
  while (order) {
    await publish(ledger, order);
    const replaced = await notePublished(ledger, order, now);
    if (replaced) {
      order = replaced;
      continue;
    }
    await audit(env, {
      batchId: ledger.batchId,
      id: `order/${directionId}/${order.rung}`,
      kind: 'order_issued',
      at: order.at,
      facts: {
        direction: directionId,
        rung: order.rung,
        order: order.order,
        rows: order.rows,
        deadline: order.deadline,
        ledger: order.version,
      },
      files: { order: { key: publishedKey(ledger, order), sha256: order.sha256 } },
    });
    if (first && ledger.operator !== SELF_CHECK)
      measure('OrdersIssued', { operator: ledger.operator, order: order.order });
    log.info('order issued', { directionId, rung: order.rung, order: order.order, rows: order.rows });
    break;
  }
  if (next) await wake([token], next);
  return {};
});
