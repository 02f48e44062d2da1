import { Duration } from 'aws-cdk-lib';
import { MARKS } from '../../../lambdas/domain/work.ts';
import type { Environment as ReleaseEnvironment } from '../../../lambdas/release-failed/handler.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allowHistories, allowItems, allowObjects, allowSend, allowStart } from '../../constructs/rights.ts';
import { eventQueue, type WorkQueue } from '../../constructs/work-queue.ts';
import {
  allowAudit,
  allowDescribe,
  allowTell,
  CHANGE_ITEMS,
  type Machines,
  readFrom,
  type Setting,
} from './context.ts';

/**
 * The function that learns of executions which failed, and its queue.
 * @param status the queue of batches whose status is to be told
 */
export function addRelease(setting: Setting, { batch, importByPieces }: Machines, status: WorkQueue): WorkQueue {
  const { stack, config, data } = setting;
  const { work, cases } = data;
  const { ADMINISTRATORS_TOPIC, AGENCIES_TOPIC, APPROVERS_TOPIC, OPERATORS_TOPIC, AUDIT_QUEUE } = setting.told;

  const ended = eventQueue(stack, 'Release', {
    worksFor: Duration.minutes(1),
    key: data.messagesKey,
    rule: {
      id: 'BatchEnded',
      description: 'A Batch or ImportByPieces execution failed, timed out or was aborted',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [batch.stateMachineArn, importByPieces.stateMachineArn],
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
    },
  });
  const release = new HandlerFunction<ReleaseEnvironment>(stack, 'Release', {
    config,
    folder: 'release-failed',
    description: 'Tells of an execution that failed, and gives up or resumes its batch',
    memory: 256,
    timeout: ended.worksFor,
    environment: {
      WORK: work.bucketName,
      CASES: cases.tableName,
      AGENCIES_TOPIC,
      APPROVERS_TOPIC,
      OPERATORS_TOPIC,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
      BATCH_MACHINE: batch.aliasArn,
      STATUS_QUEUE: status.queue.queueUrl,
    },
  });
  allowAudit(setting, release);
  allowSend(release, status);
  allowObjects(release, 'write', work, MARKS.quarantined.pattern);
  allowItems(release, CHANGE_ITEMS, cases);
  allowStart(release, batch);
  // An event of an execution that is encrypted under a key tells neither its input nor its error.
  for (const machine of [batch, importByPieces]) {
    allowDescribe(setting, release, machine);
    allowHistories(release, machine, data.machinesKey);
  }
  allowTell(setting, release, data.agencies, data.approvers, data.operators, data.administrators);
  readFrom(ended, release, { batchSize: 10 });
  return ended;
}
