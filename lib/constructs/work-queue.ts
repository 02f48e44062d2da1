import { CfnOutput, Duration } from 'aws-cdk-lib';
import { Rule, type RuleProps } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { GuardedKey } from './guarded-key.ts';

/** A queue before a function that may work on each message for `worksFor`. A message that fails five times goes to the dead letters. */
export interface WorkQueue {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly worksFor: Duration;
  /** The time for which messages are gathered for one run of the function; undefined: not at all. */
  readonly gathersFor: Duration | undefined;
  /** The time for which a message that was received stays hidden; if it was not worked on, it comes back then. */
  readonly hiddenFor: Duration;
  readonly key: GuardedKey;
}

interface WorkQueueProps {
  readonly worksFor: Duration;
  readonly gathersFor?: Duration;
  readonly key: GuardedKey;
}

const BUS = 'events.amazonaws.com';

interface EventQueueProps extends WorkQueueProps {
  /** The rule that fills the queue. */
  readonly rule: { readonly id: string } & Pick<RuleProps, 'description' | 'eventPattern' | 'schedule'>;
}

/** The time for which SQS keeps a message. */
const KEPT = Duration.days(14);

/**
 * The time for which a queue works with one data key of a sender's: what is under it stays so in any case. A shorter time costs a request
 * each.
 */
const KEPT_KEY = Duration.hours(12);

const encryptedUnder = (key: GuardedKey) => ({
  dataKeyReuse: KEPT_KEY,
  encryption: QueueEncryption.KMS,
  encryptionMasterKey: key,
  enforceSSL: true,
});

/** A queue of messages that could not be worked on, or not be delivered. */
export function deadLetterQueue(scope: Construct, id: string, key: GuardedKey): Queue {
  const deadLetters = new Queue(scope, `${id}DeadLetters`, { ...encryptedUnder(key), retentionPeriod: KEPT });
  new CfnOutput(scope, `${id}DeadLettersUrl`, { value: deadLetters.queueUrl });
  return deadLetters;
}

/** Whether a queue is one of dead letters. */
export const isDeadLetters = (queue: Queue): boolean => queue.node.id.endsWith('DeadLetters');

/** Makes such a queue and its dead-letter queue. */
export function workQueue(scope: Construct, id: string, { worksFor, gathersFor, key }: WorkQueueProps): WorkQueue {
  const deadLetters = deadLetterQueue(scope, id, key);
  // Six times the function's own time, plus that of gathering, so that no message comes back while it is worked on.
  const hiddenFor = Duration.seconds(6 * worksFor.toSeconds() + (gathersFor?.toSeconds() ?? 0));
  const queue = new Queue(scope, `${id}Queue`, {
    ...encryptedUnder(key),
    retentionPeriod: KEPT,
    visibilityTimeout: hiddenFor,
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
  });
  // With this output and that of the dead letters, `npm run redrive`, and a person with the runbook, finds where these belong.
  new CfnOutput(scope, `${id}QueueUrl`, { value: queue.queueUrl });
  return { queue, deadLetters, worksFor, gathersFor, hiddenFor, key };
}

/**
 * Makes a queue of events, and the rule that fills it; an event that can't be put into the queue goes to its dead letters. EventBridge does
 * not invoke functions itself: Lambda would try an event three times and drop it.
 */
export function eventQueue(scope: Construct, id: string, { rule, ...props }: EventQueueProps): WorkQueue {
  const work = workQueue(scope, id, props);
  const { queue, deadLetters } = work;
  const { id: ruleId, ...matches } = rule;
  const fills = new Rule(scope, ruleId, {
    ...matches,
    // The ready-made target would let all of EventBridge send, and use the key for more than sending.
    targets: [
      {
        bind: () => ({
          arn: queue.queueArn,
          targetResource: queue,
          deadLetterConfig: { arn: deadLetters.queueArn },
        }),
      },
    ],
  });
  for (const one of [queue, deadLetters]) {
    one.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(BUS)],
        actions: ['sqs:SendMessage'],
        resources: [one.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': fills.ruleArn } },
      }),
    );
    props.key.admitSender(BUS, one);
  }
  return work;
}
