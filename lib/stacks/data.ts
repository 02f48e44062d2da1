import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Subscription, SubscriptionFilter, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Address } from '../config/participants.ts';
import { NEW_TABLE, type Policy } from '../config/policy.ts';
import type { StageConfig } from '../config/stage.ts';

export interface DataStackProps extends StackProps {
  readonly config: StageConfig;
}

/** A queue of inbox events before a function that may work on each for `worksFor`. */
export interface InboxQueue {
  readonly queue: Queue;
  readonly worksFor: Duration;
}

const PROTOCOLS: Record<Address['protocol'], SubscriptionProtocol> = {
  sqs: SubscriptionProtocol.SQS,
  email: SubscriptionProtocol.EMAIL,
  https: SubscriptionProtocol.HTTPS,
};

/** What lasts: tables, buckets, topics with their subscriptions, and the inbox's events in queues. */
export class DataStack extends Stack {
  readonly links: Table;
  readonly cases: Table;
  readonly inbox: Bucket;
  readonly work: Bucket;
  readonly outbox: Bucket;
  readonly operators: Topic;
  readonly agencies: Topic;
  readonly administrators: Topic;
  readonly reports: InboxQueue;
  readonly usage: InboxQueue;
  readonly responses: InboxQueue;

  constructor(scope: Construct, id: string, { config, ...props }: DataStackProps) {
    super(scope, id, props);

    this.links = this.#table('Links', config.policy, { sortKey: { name: 'sk', type: AttributeType.STRING } });
    this.cases = this.#table('Cases', config.policy, {});

    this.inbox = this.#bucket('Inbox', { versioned: true });
    this.work = this.#bucket('Work', {});
    this.outbox = this.#bucket('Outbox', {});
    // The L2 property would bring a function of its own to set this.
    (this.inbox.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };

    this.operators = this.#topic('OperatorsTopic');
    this.agencies = this.#topic('AgenciesTopic');
    this.administrators = this.#topic('AdministratorsTopic');
    for (const { id: operator, notify } of config.operators)
      this.#subscribe(`Operator-${operator}`, this.operators, notify, { operator });
    for (const { id: agency, notify } of config.agencies)
      this.#subscribe(`Agency-${agency}`, this.agencies, notify, { agency });
    for (const { id: administrator, notify } of config.administrators)
      this.#subscribe(`Administrator-${administrator}`, this.administrators, notify, {});

    // Whatever is neither usage nor a response goes the way of the reports, where strays are told to the administrators.
    const notReports = [{ prefix: 'usage/' }, { prefix: 'responses/' }];
    this.reports = this.#inboxQueue('Reports', Duration.minutes(1), [
      { 'anything-but': { prefix: notReports.map(({ prefix }) => prefix) } },
    ]);
    this.usage = this.#inboxQueue('Usage', Duration.minutes(15), [{ prefix: 'usage/' }]);
    this.responses = this.#inboxQueue('Responses', Duration.minutes(5), [{ prefix: 'responses/' }]);

    for (const [name, bucket] of Object.entries({ Inbox: this.inbox, Work: this.work, Outbox: this.outbox }))
      new CfnOutput(this, `${name}BucketName`, { value: bucket.bucketName });
    for (const [name, table] of Object.entries({ Links: this.links, Cases: this.cases }))
      new CfnOutput(this, `${name}TableName`, { value: table.tableName });
  }

  #table(
    id: string,
    { warmWrites, warmReads }: Policy,
    key: { sortKey?: { name: string; type: AttributeType } },
  ): Table {
    const isWarmed = warmWrites > NEW_TABLE.warmWrites || warmReads > NEW_TABLE.warmReads;
    return new Table(this, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      ...key,
      billingMode: BillingMode.PAY_PER_REQUEST,
      ...(isWarmed ? { warmThroughput: { writeUnitsPerSecond: warmWrites, readUnitsPerSecond: warmReads } } : {}),
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  #bucket(id: string, { versioned = false }: { versioned?: boolean }): Bucket {
    const bucket = new Bucket(this, id, {
      versioned,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Who read and wrote what is recorded by CloudTrail data events of the account, not by access logs in another bucket.',
    });
    return bucket;
  }

  #topic(id: string): Topic {
    return new Topic(this, id, { enforceSSL: true, masterKey: Alias.fromAliasName(this, `${id}Key`, 'alias/aws/sns') });
  }

  #subscribe(id: string, topic: Topic, addresses: readonly Address[], filter: Record<string, string>): void {
    for (const [n, { protocol, endpoint }] of addresses.entries())
      new Subscription(this, `${id}-${n}`, {
        topic,
        protocol: PROTOCOLS[protocol],
        endpoint,
        ...(protocol === 'sqs' ? { rawMessageDelivery: true } : {}),
        filterPolicy: Object.fromEntries(
          Object.entries(filter).map(([name, value]) => [
            name,
            SubscriptionFilter.stringFilter({ allowlist: [value] }),
          ]),
        ),
      });
  }

  #inboxQueue(id: string, worksFor: Duration, key: unknown[]): InboxQueue {
    const deadLetters = new Queue(this, `${id}DeadLetters`, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const queue = new Queue(this, `${id}Queue`, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Six times the function's own time, so that no message comes back while it is worked on.
      visibilityTimeout: Duration.seconds(6 * worksFor.toSeconds()),
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
    new Rule(this, `${id}Uploaded`, {
      description: `Objects put into the inbox, for ${id.toLowerCase()}`,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [this.inbox.bucketName] }, object: { key } },
      },
      targets: [new SqsQueue(queue)],
    });
    return { queue, worksFor };
  }
}
