import * as z from 'zod';
import { orderCsv, orderedRows } from '../domain/directions.ts';
import { sha256Of } from '../domain/hashes.ts';
import { issueOrder } from '../domain/issuing.ts';
import type { IssuedAnew, Ledger } from '../domain/ledger.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { fields } from '../domain/stored.ts';
import { ladderEnd, type Whereabouts } from '../domain/whereabouts.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { task } from '../runtime/task.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { wake } from '../stores/state-machines.ts';

import { env } from './environment.ts';
import { type Prepared, preparedKey, publish } from './publish.ts';

export type { Environment } from './environment.ts';

const input = z.object({
  directionId: fields.direction,
  rung: z.int().positive(),
  /** The instant until which the machine will wait. */
  deadline: instant,
  token: z.string(),
  now: instant,
});

/** What an attempt found or committed; its order, if there is one, is to be published. */
interface Issued extends Prepared {
  /** The place where the machine goes on at once; without it, it waits. */
  next?: Whereabouts;
  /** The rung had no order before. */
  first?: boolean;
}

/**
 * Order and await responses: issues the rung's order for the rows that are open, once, and leaves the token in the ledger for whoever
 * records the last answer. If the ladder is elsewhere than its machine, or no row is open, it issues nothing, ends its own task and tells
 * where to go on.
 */
export const handler = task(input, async ({ directionId, rung, deadline, token, now }, invocation) => {
  let lines: string[] | undefined;
  /** Prepares an order under its attempt's name, and returns the ledger to be committed that names it. */
  const prepare = async (read: Ledger, { order: what, deadline, rows, commit }: IssuedAnew): Promise<Prepared> => {
    lines ??= (await readText({ bucket: env.WORK, key: read.rowsKey })).split('\n');
    const head = { directionId, order: what, deadline, disconnectBy: ladderEnd(read, now) };
    const csv = Buffer.from(orderCsv(read.kind, head, orderedRows(read.kind, rows, lines)));
    const ledger = commit({ sha256: sha256Of(csv), bytes: csv.length });
    const order = ledger.orders.find((one) => one.rung === rung) ?? null;
    if (order) await writeObject({ bucket: env.WORK, key: preparedKey(ledger, order) }, csv);
    return { ledger, order };
  };

  const issued = await changeLedger<Issued>(env.CASES, directionId, async (read, attempt) => {
    const decision = issueOrder(read, { rung, deadline, now, token, attempt: `${invocation}-${attempt}` });
    if (decision.kind === 'elsewhere') return { result: { ledger: read, order: decision.order, next: decision.next } };
    if (decision.kind !== 'issue') {
      const order = decision.kind === 'adopt' ? decision.order : null;
      const result = { ledger: decision.ledger, order };
      return decision.ledger === read ? { result } : { ledger: decision.ledger, result };
    }
    const prepared = await prepare(read, decision);
    const { next } = decision;
    return { ledger: prepared.ledger, result: { ...prepared, first: read.rung < rung, ...(next && { next }) } };
  });

  const { ledger, order, next, first } = issued;
  if (order && first && ledger.operator !== SELF_CHECK)
    measure('OrdersIssued', { operator: ledger.operator, order: order.order });
  if (order) {
    const last = await publish(ledger, order, { now, attempt: invocation, prepare });
    log.info('order issued', { directionId, rung: last.rung, order: last.order, rows: last.rows });
  }
  if (next) await wake([token], next);
  return {};
});
