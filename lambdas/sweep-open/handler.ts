import * as z from 'zod';
import { addressesGone, addressMarksIn, type NoticeAddress, TOPIC_NAMES } from '../domain/addresses.ts';
import { auditNoteForm } from '../domain/audit.ts';
import { isLongSettled, isWithoutEffect, mayFail } from '../domain/batches.ts';
import type { Instant } from '../domain/days.ts';
import { type BatchId, SELF_CHECK } from '../domain/identifiers.ts';
import { INBOX } from '../domain/inbox.ts';
import { BATCH_KINDS } from '../domain/kinds.ts';
import type { Ledger } from '../domain/ledger.ts';
import { type TopicName, toldForm } from '../domain/notices.ts';
import { orderKey } from '../domain/outbox.ts';
import { isSurveyDue, orderDue, stalledAt } from '../domain/stalled.ts';
import { isDue, isFromBeforeOrders } from '../domain/status.ts';
import { type OpenBatch, survey } from '../domain/survey.ts';
import { ASKED } from '../domain/work.ts';
import { each } from '../runtime/each.ts';
import { wholeNumber } from '../runtime/environment.ts';
import { instant } from '../runtime/input.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { events } from '../runtime/queue.ts';
import { abandonExecution, type Batch, readBatch } from '../stores/cases/batches.ts';
import { readLedgers } from '../stores/cases/ledgers.ts';
import { sendNotice } from '../stores/notices.ts';
import { listObjects } from '../stores/objects.ts';
import { readPlan } from '../stores/plans.ts';
import { sendEvent } from '../stores/queues.ts';
import { resumeBatch, startResumed } from '../stores/resuming.ts';
import { askForStatus, askForStatuses, readStatus } from '../stores/status.ts';
import { subscriptionsOf } from '../stores/subscriptions.ts';
import { unsettledBatches } from '../stores/unsettled-batches.ts';
import { listUntold, noteTold, readUntold } from '../stores/untold.ts';
import { isMarked, mark } from '../stores/uploads.ts';
import { executionStatus, failureOf, startOnce } from '../stores/workflows.ts';
import { mendUploads } from './uploads.ts';

const environment = z.object({
  INBOX: z.string(),
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  BATCH_MACHINE: z.string(),
  DIRECTION_MACHINE: z.string(),
  REPORTS_QUEUE: z.string(),
  USAGE_QUEUE: z.string(),
  RESPONSES_QUEUE: z.string(),
  APPROVALS_QUEUE: z.string(),
  WITHDRAWALS_QUEUE: z.string(),
  LOOKUPS_QUEUE: z.string(),
  APPEALS_QUEUE: z.string(),
  RELEASE_QUEUE: z.string(),
  STATUS_QUEUE: z.string(),
  AUDIT_QUEUE: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  AGENCIES_TOPIC: z.string(),
  APPROVERS_TOPIC: z.string(),
  OPERATORS_TOPIC: z.string(),
  /** The marks of all addresses that the stage subscribes. */
  SUBSCRIBED: z.string().transform(addressMarksIn),
  SWEEP_HOURS: wholeNumber,
  SURVEY_HOURS: wholeNumber,
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

/** A schedule's event, or, without a source, an administrator's own, who wants everything looked at. */
const due = z.object({ time: instant, source: z.string().optional() });

interface Open extends OpenBatch {
  batch: Batch;
}

/** A batch that has not settled, with the ledgers of its directions. */
async function withLedgers(batch: Batch): Promise<Open> {
  const { uploadedAt, startedAt, state, decision, approvedAt } = batch;
  const plan = batch.planKey ? await readPlan(env.WORK, batch.planKey) : undefined;
  const ids = plan?.directions.map(({ directionId }) => directionId) ?? [];
  const ledgers = await readLedgers(env.CASES, ids);
  const waits = state === 'waiting' && decision !== undefined && decision.decideBy === null;
  const plansFrom = waits ? null : (approvedAt ?? decision?.decideBy ?? uploadedAt);
  return { batch, startedAt, directed: state === 'directed', plansFrom, ledgers };
}

function measureOpen(open: Open[], now: Instant): void {
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
async function measureSubscriptions(): Promise<void> {
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

/**
 * Makes a batch failed that won't be directed: its execution ended, and the event that tells so was lost. It holds up nobody from then on.
 * Everybody concerned is told as by that event, which is sent once.
 */
async function mendUndirected({ execution, batchId }: Batch, now: Instant): Promise<void> {
  const status = await failureOf(execution);
  if (!status) return;
  const ended = { key: `${execution} ${status}` };
  if (!(await isMarked(env.WORK, 'resent', ended))) {
    await sendEvent(env.RELEASE_QUEUE, { time: now, detail: { executionArn: execution, status } });
    await mark(env.WORK, 'resent', ended);
    measure('Mended', { what: 'batch' });
    log.warn('batch released', { batchId, status });
  }
  await abandonExecution(env.CASES, execution);
}

/** Lets a batch whose execution ended go on in another one: its plan counts, or its ending is still to be published. */
async function mendEnded(batch: Batch): Promise<void> {
  const status = await executionStatus(batch.execution);
  if (status === 'RUNNING') return;
  const resumed = status === undefined ? await startResumed(env, batch) : await resumeBatch(env, batch);
  if (!resumed) return;
  measure('Mended', { what: 'batch' });
  log.warn('batch resumed', { batchId: batch.batchId, status });
}

/** Begins a batch again that was collected and failed: nobody uploads a follow-up anew, and a reversal waits for no one's second file. */
async function beginAgain({ batchId, kind }: Batch, now: Instant): Promise<void> {
  const askedKey = kind === 'reversal' ? await askedOf(batchId) : undefined;
  const collect = { kind, batchId, ...(askedKey && { askedKey }) };
  const name = `${batchId}_again_${now.replaceAll(/\D/g, '')}`;
  if (!(await startOnce(env.BATCH_MACHINE, name, { collect }))) return;
  measure('Mended', { what: 'batch' });
  log.warn('batch begun again', { batchId, kind });
}

/** What a reversal was asked, as any attempt read it: they all read the same upload. */
async function askedOf(batchId: BatchId): Promise<string> {
  for await (const { key } of listObjects({ bucket: env.WORK, key: ASKED.prefixOf(batchId) }))
    if (key.endsWith('/asked.json')) return key;
  throw new Error(`nothing says what reversal ${batchId} is asked`);
}

/** Starts a direction again that stands still, or whose order never reached the outbox; once for each of its rungs. */
async function mendDirections({ batch: { batchId, startedAt }, ledgers }: Open, now: Instant): Promise<void> {
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

/**
 * Asks that a batch's status be told, if something was to have come since it was told last, or nothing was told. A batch whose first orders
 * are out since then is added to `ordered`.
 */
async function mendStatus({ batchId }: Batch, now: Instant, ordered: BatchId[]): Promise<void> {
  const told = await readStatus(env.OUTBOX, batchId);
  if (told !== undefined && isFromBeforeOrders(told, now)) ordered.push(batchId);
  else if (told === undefined || isDue(told, now)) await askForStatus(env, batchId, now);
}

/** Tells what could not be told when it was committed. */
async function tellUntold(): Promise<void> {
  await each(listUntold(env.WORK), async ({ kind, key }) => {
    if (kind === 'notices') await sendNotice(env, await readUntold(env.WORK, key, toldForm));
    else await sendEvent(env.AUDIT_QUEUE, await readUntold(env.WORK, key, auditNoteForm));
    await noteTold(env.WORK, key);
    measure('Mended', { what: kind });
    log.warn('told later', { kind });
  });
}

/**
 * Sweep: on a schedule, finds what should have happened and did not, and causes it by the ordinary path. Each time it looks for batches
 * whose execution ended without a word, and for what could not be told. A few times a day, in a survey, it also measures what is open, and
 * looks for uploads that nobody worked on and directions that stand still, which is dear. An upload that fails all the same goes into
 * quarantine.
 */
export const handler = events(due, async ({ time, source }) => {
  const batches = await unsettledBatches(env.WORK);
  const isSurvey = source === undefined || isSurveyDue(time, env.SWEEP_HOURS, env.SURVEY_HOURS);
  const queues = new Map([
    [INBOX.reports.prefix, env.REPORTS_QUEUE],
    [INBOX.usage.prefix, env.USAGE_QUEUE],
    [INBOX.responses.prefix, env.RESPONSES_QUEUE],
    [INBOX.decisions.prefix, env.APPROVALS_QUEUE],
    [INBOX.exemptions.prefix, env.APPROVALS_QUEUE],
    [INBOX.withdrawals.prefix, env.WITHDRAWALS_QUEUE],
    [INBOX.admissions.prefix, env.APPROVALS_QUEUE],
    [INBOX.lookups.prefix, env.LOOKUPS_QUEUE],
    [INBOX.appeals.prefix, env.APPEALS_QUEUE],
  ]);
  const open: Open[] = [];
  const ordered: BatchId[] = [];
  const surveyOf = async (batch: Batch) => {
    const one = await withLedgers(batch);
    open.push(one);
    if (one.directed) await mendDirections(one, time);
  };
  // A batch that can't be read or mended keeps no other from it.
  const mends = [
    tellUntold,
    ...(isSurvey ? [() => mendUploads({ ...env, queues }, time), measureSubscriptions] : []),
    ...batches.map((batchId) => async () => {
      const batch = await readBatch(env.CASES, batchId);
      if (batch?.state === 'failed' && !BATCH_KINDS[batch.kind].expands) return await beginAgain(batch, time);
      if (!batch || (isWithoutEffect(batch.state) && !batch.untold) || isLongSettled(batch, time)) return;
      const steps = [() => (mayFail(batch.state) ? mendUndirected(batch, time) : mendEnded(batch))];
      steps.push(() => mendStatus(batch, time, ordered));
      if (isSurvey && batch.state !== 'settled' && !batch.untold) steps.push(() => surveyOf(batch));
      await each(steps, (step) => step());
    }),
  ];
  try {
    await each(mends, (mend) => mend());
    // Operators are told what is open at them, which takes all batches.
    if (ordered.length > 0) await askForStatuses(env, time);
  } finally {
    if (isSurvey) measureOpen(open, time);
    log.info('swept', { batches: batches.length });
  }
});
