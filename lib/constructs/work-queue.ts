import { CfnOutput, Duration } from 'aws-cdk-lib';
import { Rule, type RuleProps } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { GuardedKey } from './guarded-key.ts';

/** A queue before a function that may work on each message for `worksFor`. What fails five times goes to the dead letters. */
export interface WorkQueue {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly worksFor: Duration;
  readonly key: GuardedKey;
}

export interface WorkQueueProps {
  readonly worksFor: Duration;
  readonly key: GuardedKey;
}

export interface EventQueueProps extends WorkQueueProps {
  /** Of the rule that fills the queue. */
  readonly rule: { readonly id: string } & Pick<RuleProps, 'description' | 'eventPattern' | 'schedule'>;
}

/** Makes such a queue and its dead-letter queue. */
export function workQueue(scope: Construct, id: string, { worksFor, key }: WorkQueueProps): WorkQueue {
  const encrypted = { encryption: QueueEncryption.KMS, encryptionMasterKey: key, enforceSSL: true };
  const retentionPeriod = Duration.days(14);
  const deadLetters = new Queue(scope, `${id}DeadLetters`, { ...encrypted, retentionPeriod });
  const queue = new Queue(scope, `${id}Queue`, {
    ...encrypted,
    retentionPeriod,
    // Six times the function's own time, so that no message comes back while it is worked on.
    visibilityTimeout: Duration.seconds(6 * worksFor.toSeconds()),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
  });
  // By these `npm run redrive` finds what could not be worked on.
  new CfnOutput(scope, `${id}DeadLettersUrl`, { value: deadLetters.queueUrl });
  return { queue, deadLetters, worksFor, key };
}

/**
 * Makes a queue of events, and the rule that fills it. EventBridge does not invoke functions itself: Lambda would try an event
 * three times and drop it.
 */
export function eventQueue(scope: Construct, id: string, { rule, ...props }: EventQueueProps): WorkQueue {
  const work = workQueue(scope, id, props);
  const { queue } = work;
  const { id: ruleId, ...matches } = rule;
  const fills = new Rule(scope, ruleId, {
    ...matches,
    // The ready-made target would let all of EventBridge send, and use the key for more than sending.
    targets: [{ bind: () => ({ arn: queue.queueArn, targetResource: queue }) }],
  });
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { ArnEquals: { 'aws:SourceArn': fills.ruleArn } },
    }),
  );
  return work;
}
