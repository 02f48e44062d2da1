import { Duration } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { WAITING } from '../../../lambdas/domain/work.ts';
import type { Environment as FollowEnvironment } from '../../../lambdas/start-follow-up/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allowList, allowStart } from '../../constructs/rights.ts';
import { eventQueue, type WorkQueue } from '../../constructs/work-queue.ts';
import { allowDescribe, type Machines, readFrom, type Setting } from './context.ts';

/** The function that starts a night's follow-up, and the queue of the nights: at 00:30 in Asia/Kolkata, 19:00 in UTC. */
export function addFollowUp(setting: Setting, { batch }: Machines): WorkQueue {
  const { stack, config, data } = setting;
  const { work } = data;
  const night = eventQueue(stack, 'Night', {
    worksFor: Duration.minutes(1),
    key: data.messagesKey,
    rule: {
      id: 'NightCame',
      description: 'Time to go on with what was moved',
      schedule: Schedule.cron({ minute: '0', hour: '19' }),
    },
  });
  const follow = new HandlerFunction<FollowEnvironment>(stack, 'Follow', {
    config,
    folder: 'start-follow-up',
    description: "Starts a night's follow-up",
    memory: 256,
    timeout: night.worksFor,
    environment: { WORK: work.bucketName, BATCH_MACHINE: batch.aliasArn },
  });
  allowList(follow, 'list', work, WAITING.prefix);
  allowStart(follow, batch);
  allowDescribe(setting, follow, batch);
  readFrom(night, follow, { batchSize: 1 });
  return night;
}
