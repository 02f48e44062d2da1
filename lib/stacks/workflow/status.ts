import { Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { OPEN_LISTS, OUTBOX, STATUSES } from '../../../lambdas/domain/outbox.ts';
import { DECIDED, PLANS, SCREENED, SETTLED } from '../../../lambdas/domain/work.ts';
import type { Environment as TellEnvironment } from '../../../lambdas/tell-status/handler.ts';
import { allowItems, allowList, allowObjects } from '../../constructs/access.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { eventQueue, type WorkQueue } from '../../constructs/work-queue.ts';
import { READ_ITEMS, readFrom, type Setting } from './context.ts';

/**
 * The function that tells where batches stand, and its queue: of a batch whenever something puts its id there, and of all each day, at
 * 06:00 in Asia/Kolkata, 00:30 in UTC.
 */
export function addStatus(setting: Setting): WorkQueue {
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
  const tell = new HandlerFunction<TellEnvironment>(stack, 'Tell', {
    config,
    folder: 'tell-status',
    description: 'Tells where batches stand',
    memory: 1024,
    timeout: status.worksFor,
    environment: { ...told.places, OPERATORS: told.OPERATORS },
  });
  allowList(tell, 'list', work, SCREENED.prefix, SETTLED.prefix);
  allowList(tell, 'list', outbox, OUTBOX.batches.pattern, OUTBOX.orders.pattern);
  allowObjects(tell, 'read', work, PLANS.directions.pattern, DECIDED.pattern);
  allowObjects(tell, 'read', outbox, STATUSES.pattern, OPEN_LISTS.pattern);
  allowObjects(tell, 'write', outbox, STATUSES.pattern, OPEN_LISTS.pattern);
  allowItems(tell, [...READ_ITEMS, 'dynamodb:BatchGetItem'], cases);
  readFrom(status, tell, { batchSize: 1 });
  return status;
}
