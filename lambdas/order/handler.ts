import { z } from 'zod';
import { orderCsv, parseDirectionRowLine } from '../domain/directions.ts';
import { sha256Of } from '../domain/hashes.ts';
import type { DirectionId } from '../domain/identifiers.ts';
import { orderKey } from '../domain/keys.ts';
import { countOpen, type IssuedOrder, issueOrder, type Ledger } from '../domain/ledger.ts';
import { instant, log, measure, task } from '../shell.ts';
import { audit } from '../stores/audit.ts';
import { changeLedger } from '../stores/cases.ts';
import { tell } from '../stores/notices.ts';
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
  token: z.string(),
  now: instant,
});

const preparedKey = (ledger: Ledger, order: { rung: number; attempt: string }) =>
  `directions/${ledger.directionId}/${order.rung}/${order.attempt}.csv`;

/**
 * Order and await responses: issues the rung's order for the rows that are open, once, and leaves the token in the ledger
 * for whoever records the last answer. Where no row is open it issues nothing and ends its own task.
 */
export const handler = task(input, async ({ directionId, rung, token, now }, invocation) => {
  let lines: string[] | undefined;
  const issued = await changeLedger<{ ledger: Ledger; order: IssuedOrder | null; waits: boolean; first?: true }>(
    env.CASES,
    directionId,
    async (ledger, attempt) => {
      const decision = issueOrder(ledger, { rung, now, token, attempt: `${invocation}-${attempt}` });
      if (decision.kind === 'nothing_open') return { result: { ledger, order: decision.order, waits: false } };
      if (decision.kind === 'passed') return { result: { ledger, order: null, waits: false } };
      if (decision.kind === 'adopt' || decision.kind === 'wait') {
        const changed = decision.ledger !== ledger;
        const order = decision.kind === 'adopt' ? decision.order : null;
        return {
          ...(changed ? { ledger: decision.ledger } : {}),
          result: { ledger: decision.ledger, order, waits: true },
        };
      }
      lines ??= (await readText({ bucket: env.WORK, key: ledger.rowsKey })).split('\n');
      const rows = decision.rows.map((row) => parseDirectionRowLine(ledger.kind, lines?.[row] ?? ''));
      const csv = Buffer.from(orderCsv(ledger.kind, rows, decision.deadline));
      const next = decision.commit({ sha256: sha256Of(csv), bytes: csv.length });
      const order = next.orders.at(-1) ?? null;
      if (order) await writeObject({ bucket: env.WORK, key: preparedKey(ledger, order) }, csv);
      return { ledger: next, result: { ledger: next, order, waits: true, first: true } };
    },
  );

  const { ledger, order, waits, first } = issued;
  if (order) {
    const key = orderKey(ledger.operator, directionId, order.rung, order.order);
    await copyObject({ bucket: env.WORK, key: preparedKey(ledger, order) }, { bucket: env.OUTBOX, key });
    await tell(
      env.OPERATORS_TOPIC,
      {
        kind: 'order',
        directionId,
        batchId: ledger.batchId,
        operator: ledger.operator,
        directionKind: ledger.kind,
        order: order.order,
        rung: String(order.rung),
        rows: order.rows,
        deadline: order.deadline,
        bucket: env.OUTBOX,
        key,
        size: order.bytes,
        sha256: order.sha256,
      },
      { operator: ledger.operator, order: order.order },
    );
    await audit(env.AUDIT_QUEUE, {
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
      files: { order: { key, sha256: order.sha256 } },
    });
    if (first) measure('OrdersIssued', { operator: ledger.operator, order: order.order });
    log.info('order issued', { directionId, rung: order.rung, order: order.order, rows: order.rows });
  }
  if (!waits) await wake([token], { open: countOpen(ledger) });
  return {};
});
