import { Duration, Lazy } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DIGESTS, OPEN_LISTS, OUTBOX, STATUS_FILES } from '../../../lambdas/domain/outbox.ts';
import { DECIDED, MARKS, PLANS, SCREENED, SETTLED } from '../../../lambdas/domain/work.ts';
import type { Environment as TellEnvironment } from '../../../lambdas/tell-status/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allow, allowItems, allowList, allowObjects } from '../../constructs/rights.ts';
import { eventQueue, isDeadLetters, type WorkQueue } from '../../constructs/work-queue.ts';
import { allowTell, READ_ITEMS, readFrom, type Setting } from './context.ts';

/** The queue of statuses to be told. */
export interface StatusQueue extends WorkQueue {
  /** Lets the function count the dead letters of all queues that there are by now. */
  readonly countDeadLetters: () => void;
}

/**
 * The function that tells where batches stand, and its queue: one batch whenever something puts its id there, and all of them each day, at
 * 06:00 in Asia/Kolkata, 00:30 in UTC, with a digest for the administrators.
 */
export function addStatus(setting: Setting): StatusQueue {
  const { stack, config, data, told } = setting;
  const { work, outbox, cases } = data;
  const status = eventQueue(stack, 'Status', {
    worksFor: Duration.minutes(15),
    key: data.messagesKey,
    rule: {
      id: 'DayCame',
      description: 'Time to tell where all batches stand',
      schedule: Schedule.cron({ minute: '30', hour: '0' }),
    },
  });
  const deadLetters = () =>
    [data, stack]
      .flatMap(({ node }) => node.findAll())
      .filter((one): one is Queue => one instanceof Queue && isDeadLetters(one));
  const tell = new HandlerFunction<TellEnvironment>(stack, 'Tell', {
    config,
    folder: 'tell-status',
    description: 'Tells where batches stand',
    memory: 1024,
    timeout: status.worksFor,
    environment: {
      ...told.places,
      OPERATORS: told.OPERATORS,
      ADMINISTRATORS_TOPIC: told.ADMINISTRATORS_TOPIC,
      DEAD_LETTERS: Lazy.string({
        produce: () => stack.toJsonString(Object.fromEntries(deadLetters().map((one) => [one.node.id, one.queueUrl]))),
      }),
    },
  });
  allowList(
    tell,
    'list',
    work,
    SCREENED.prefix,
    SETTLED.prefix,
    MARKS.quarantined.prefix,
    MARKS.strayed.prefix,
    MARKS.worked.pattern,
  );
  allowList(tell, 'list', outbox, OUTBOX.batches.pattern, OUTBOX.orders.pattern, OUTBOX.reports.pattern);
  allowObjects(tell, 'read', work, PLANS.directions.pattern, DECIDED.pattern, SCREENED.previews.pattern);
  allowObjects(tell, 'read', outbox, STATUS_FILES.pattern, OPEN_LISTS.pattern, DIGESTS.pattern);
  allowObjects(tell, 'write', outbox, STATUS_FILES.pattern, OPEN_LISTS.pattern, DIGESTS.pattern);
  allowTell(setting, tell, data.administrators);
  allowItems(tell, [...READ_ITEMS, 'dynamodb:BatchGetItem'], cases);
  readFrom(status, tell, { batchSize: 1 });
  const countDeadLetters = () =>
    void allow(tell, ['sqs:GetQueueAttributes'], ...deadLetters().map(({ queueArn }) => queueArn));
  return { ...status, countDeadLetters };
}
