import type { Instant } from '../domain/days.ts';
import type { Ledger } from '../domain/ledger.ts';
import { orderKey } from '../domain/outbox.ts';
import { orderDue, stalledAt } from '../domain/stalled.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { listObjects } from '../stores/listings.ts';
import { startOnce } from '../stores/state-machines.ts';
import { env } from './environment.ts';
import type { Open } from './survey.ts';

/** Starts a direction again that stands still, or whose order never reached the outbox; once for each of its rungs. */
export async function mendDirections({ batch: { batchId, startedAt }, ledgers }: Open, now: Instant): Promise<void> {
  const published = new Set<string>();
  const dueNow = ledgers.filter((ledger) => orderDue(ledger, now) !== undefined);
  for (const operator of new Set(dueNow.map((ledger) => ledger.operator)))
    for await (const { key } of listObjects({ bucket: env.OUTBOX, key: `orders/${operator}/${batchId}.` }))
      published.add(key);
  const unpublished = (ledger: Ledger) => {
    const order = orderDue(ledger, now);
    if (order === undefined) return undefined;
    const key = orderKey(ledger.operator, ledger.directionId, order.rung, order.order);
    return published.has(key) ? undefined : order.rung;
  };
  for (const ledger of ledgers) {
    const rung = stalledAt(ledger, startedAt, now) ?? unpublished(ledger);
    if (rung === undefined) continue;
    const { directionId, operator, rungs } = ledger;
    const name = `${directionId.replaceAll('.', '_')}_swept_${rung}`;
    if (!(await startOnce(env.DIRECTION_MACHINE, name, { directionId, batchId, operator, rungs, rung }))) continue;
    measure('Mended', { what: 'direction' });
    log.warn('direction started again', { directionId, rung });
  }
}
