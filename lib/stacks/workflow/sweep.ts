import { Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { addressMark, addressMarks, TOLD_BY, TOPIC_NAMES } from '../../../lambdas/domain/addresses.ts';
import { OUTBOX, STATUS_FILES } from '../../../lambdas/domain/outbox.ts';
import { ASKED, MARKED, MARKS, PLANS, SCREENED, SETTLED, UNTOLD } from '../../../lambdas/domain/work.ts';
import type { Environment as SweepEnvironment } from '../../../lambdas/sweep-open/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import {
  allow,
  allowItems,
  allowList,
  allowObjects,
  allowPublish,
  allowSend,
  allowStart,
} from '../../constructs/rights.ts';
import { eventQueue, type WorkQueue } from '../../constructs/work-queue.ts';
import { allowDescribe, CHANGE_ITEMS, type Machines, readFrom, type Setting } from './context.ts';

/**
 * Adds the function that looks at what is open, and mends what did not happen; and the queue of its times.
 * @param queues those of executions that failed, and of batches whose status is to be told
 */
export function addSweep(
  setting: Setting,
  { batch, direction, importByPieces }: Machines,
  { ended, status }: Readonly<Record<'ended' | 'status', WorkQueue>>,
): { due: WorkQueue; sweep: IFunction } {
  const { stack, config, data } = setting;
  const { inbox, work, outbox, cases } = data;
  const { ADMINISTRATORS_TOPIC, AGENCIES_TOPIC, APPROVERS_TOPIC, OPERATORS_TOPIC, AUDIT_QUEUE, places } = setting.told;

  const due = eventQueue(stack, 'Sweep', {
    worksFor: Duration.minutes(15),
    key: data.messagesKey,
    rule: {
      id: 'SweepDue',
      description: 'Time to look at what is open, and at what should have happened',
      schedule: Schedule.rate(Duration.hours(config.operations.sweepHours)),
    },
  });
  const sweep = new HandlerFunction<SweepEnvironment>(stack, 'Sweep', {
    config,
    folder: 'sweep-open',
    description: 'Looks at what is open, and mends what did not happen',
    memory: 1024,
    timeout: due.worksFor,
    environment: {
      ...places,
      INBOX: inbox.bucketName,
      BATCH_MACHINE: batch.aliasArn,
      DIRECTION_MACHINE: direction.aliasArn,
      REPORTS_QUEUE: data.reports.queue.queueUrl,
      USAGE_QUEUE: data.usage.queue.queueUrl,
      RESPONSES_QUEUE: data.responses.queue.queueUrl,
      APPROVALS_QUEUE: data.approvals.queue.queueUrl,
      WITHDRAWALS_QUEUE: data.withdrawals.queue.queueUrl,
      LOOKUPS_QUEUE: data.lookups.queue.queueUrl,
      APPEALS_QUEUE: data.appeals.queue.queueUrl,
      RELEASE_QUEUE: ended.queue.queueUrl,
      STATUS_QUEUE: status.queue.queueUrl,
      AUDIT_QUEUE,
      SUBSCRIBED: addressMarks(
        TOPIC_NAMES.flatMap((topic) =>
          config[TOLD_BY[topic]].flatMap(({ notify }) => notify.map((address) => addressMark(topic, address))),
        ),
      ),
      SWEEP_HOURS: String(config.operations.sweepHours),
      SURVEY_HOURS: String(config.operations.surveyHours),
      AGENCIES_TOPIC,
      APPROVERS_TOPIC,
      OPERATORS_TOPIC,
      ADMINISTRATORS_TOPIC,
    },
  });
  // All folders are listed at once, since each list is paid for: the empty prefix is that of all keys.
  allowList(sweep, 'list versions', inbox, '');
  allowList(sweep, 'list', work, SCREENED.prefix, SETTLED.prefix, MARKED.pattern, UNTOLD.pattern, ASKED.pattern);
  allowList(sweep, 'list', outbox, OUTBOX.orders.pattern, OUTBOX.batches.pattern);
  allowObjects(sweep, 'read', outbox, STATUS_FILES.pattern);
  allowObjects(
    sweep,
    'read',
    work,
    PLANS.directions.pattern,
    MARKS.failed.pattern,
    MARKS.handed.pattern,
    UNTOLD.pattern,
  );
  allowObjects(sweep, 'write', work, MARKS.resent.pattern, MARKS.quarantined.pattern, UNTOLD.pattern);
  allowPublish(sweep, data.agencies, data.approvers, data.operators, data.administrators);
  allow(
    sweep,
    ['sns:ListSubscriptionsByTopic'],
    ...[data.agencies, data.approvers, data.operators, data.administrators].map(({ topicArn }) => topicArn),
  );
  allowSend(
    sweep,
    data.reports,
    data.usage,
    data.responses,
    data.approvals,
    data.withdrawals,
    data.lookups,
    data.appeals,
    data.auditNotes,
    ended,
    status,
  );
  allowStart(sweep, direction);
  allowStart(sweep, batch);
  for (const machine of [batch, direction, importByPieces]) allowDescribe(setting, sweep, machine);
  allowItems(sweep, [...CHANGE_ITEMS, 'dynamodb:BatchGetItem'], cases);
  readFrom(due, sweep, { batchSize: 1 });
  return { due, sweep };
}
