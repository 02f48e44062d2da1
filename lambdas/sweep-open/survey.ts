import { addressesGone, type NoticeAddress, TOPIC_NAMES } from '../domain/addresses.ts';
import type { Instant } from '../domain/days.ts';
import type { TopicName } from '../domain/notices.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { type OpenBatch, survey } from '../domain/survey.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { readLedgers } from '../stores/cases/ledgers.ts';
import { readPlan } from '../stores/plans.ts';
import { subscriptionsOf } from '../stores/subscriptions.ts';
import { env } from './environment.ts';

/** A batch that has not settled, with the ledgers of its directions, and its record. */
export interface Open extends OpenBatch {
  batch: Batch;
}

/** A batch that has not settled, with the ledgers of its directions; without a plan there are none. */
export async function withLedgers(batch: Batch): Promise<Open> {
  const { uploadedAt, startedAt, state, decision, approvedAt } = batch;
  const plan = batch.planKey ? await readPlan(env.WORK, batch.planKey) : undefined;
  const ids = plan?.directions.map(({ directionId }) => directionId) ?? [];
  const ledgers = await readLedgers(env.CASES, ids);
  const waits = state === 'waiting' && decision !== undefined && decision.decideBy === null;
  const plansFrom = waits ? null : (approvedAt ?? decision?.decideBy ?? uploadedAt);
  return { batch, startedAt, directed: state === 'directed', plansFrom, ledgers };
}

/**
 * Measures what is open, without the self-check's batches: the batches, and those of them that are late; directions by the order that went
 * out last, and those of operators that have not answered yet; and rows by operator.
 */
export function measureOpen(open: readonly Open[], now: Instant): void {
  const { batches, late, directions, rows, unanswered } = survey(
    open.filter(({ batch }) => batch.agency !== SELF_CHECK),
    now,
  );
  measure('BatchesOpen', {}, batches);
  measure('BatchesLate', {}, late);
  for (const [order, count] of directions) measure('DirectionsOpen', { order }, count);
  for (const [operator, count] of rows) measure('RowsOpen', { operator }, count);
  for (const [operator, count] of unanswered) measure('DirectionsUnanswered', { operator }, count);
  log.info('surveyed', { batches, late });
}

/**
 * Counts the addresses that are to be told of what happens, and aren't: nobody has confirmed there that it is wanted, or the subscription
 * is gone. Nothing else fails because of it.
 */
export async function measureSubscriptions(): Promise<void> {
  const subscribed: Partial<Record<TopicName, NoticeAddress[]>> = {};
  let pending = 0;
  for (const topic of TOPIC_NAMES) {
    const there = await subscriptionsOf(env[topic]);
    pending += there.pending.length;
    subscribed[topic] = [...there.confirmed, ...there.pending];
  }
  const [, , , , account = ''] = env.ADMINISTRATORS_TOPIC.split(':');
  const gone = addressesGone(env.SUBSCRIBED, subscribed, account).length;
  measure('SubscriptionsPending', {}, pending + gone);
  if (pending + gone > 0) log.warn('somebody is to be told of what happens, and is not', { pending, gone });
}
