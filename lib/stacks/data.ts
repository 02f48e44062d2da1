import { Aws, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption, type TableProps } from 'aws-cdk-lib/aws-dynamodb';
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type CfnBucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import {
  type CfnSubscription,
  type DeliveryPolicy,
  Subscription,
  SubscriptionFilter,
  SubscriptionProtocol,
  Topic,
} from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { INBOX } from '../../lambdas/domain/inbox.ts';
import { EVERY_APPROVER } from '../../lambdas/domain/notices.ts';
import { OUTBOX } from '../../lambdas/domain/outbox.ts';
import { LOOKUPS } from '../../lambdas/domain/work.ts';
import { type Address, accountOf, isNamed, type Participant } from '../config/participants.ts';
import { NEW_TABLE } from '../config/policy.ts';
import { REMOVAL_DAYS } from '../config/retention.ts';
import type { StageConfig } from '../config/stage.ts';
import { GuardedBucket } from '../constructs/guarded-bucket.ts';
import { GuardedKey, HashKey } from '../constructs/guarded-key.ts';
import { roleNamed } from '../constructs/named-role.ts';
import { ownAddress } from '../constructs/own-account.ts';
import { machineLogs } from '../constructs/versioned-machine.ts';
import { deadLetterQueue, eventQueue, type WorkQueue, workQueue } from '../constructs/work-queue.ts';

interface DataStackProps extends StackProps {
  readonly config: StageConfig;
}

const PROTOCOLS: Record<Address['protocol'], SubscriptionProtocol> = {
  sqs: SubscriptionProtocol.SQS,
  email: SubscriptionProtocol.EMAIL,
  https: SubscriptionProtocol.HTTPS,
};

/**
 * A web server that doesn't answer is tried for three quarters of an hour, while AWS's own default is a minute: the last six tries are five
 * minutes apart. All delays together may come to an hour at most (SNS's guide, message delivery retries).
 */
const WEB_SERVERS: DeliveryPolicy = {
  healthyRetryPolicy: {
    numRetries: 12,
    numMinDelayRetries: 2,
    minDelayTarget: Duration.seconds(20),
    numMaxDelayRetries: 6,
    maxDelayTarget: Duration.minutes(5),
  },
};

/** The stack of what lasts: tables, buckets, topics with their subscriptions, and the inbox's events in queues. */
export class DataStack extends Stack {
  readonly links: Table;
  readonly cases: Table;
  readonly inbox: GuardedBucket;
  readonly work: GuardedBucket;
  readonly outbox: GuardedBucket;
  /** Entries of the audit: written once, deleted by nobody before their time. */
  readonly audit: GuardedBucket;
  /** The key of both tables. */
  readonly tablesKey: GuardedKey;
  /** The key of all topics and queues. */
  readonly messagesKey: GuardedKey;
  /** The key of the state machines, of what their executions keep, and of their logs. */
  readonly machinesKey: GuardedKey;
  /** The key of the keyed hashes in the audit. */
  readonly auditKey: HashKey;
  readonly operators: Topic;
  readonly agencies: Topic;
  readonly approvers: Topic;
  readonly administrators: Topic;
  readonly reports: WorkQueue;
  readonly usage: WorkQueue;
  readonly responses: WorkQueue;
  /** The queue of approvers' uploads. */
  readonly approvals: WorkQueue;
  /** The queue of agencies' uploads that take reports back. */
  readonly withdrawals: WorkQueue;
  /** The queue of caseworkers' lookups. */
  readonly lookups: WorkQueue;
  /** The queue of caseworkers' appeals. */
  readonly appeals: WorkQueue;
  /** The queue of notes to the audit. */
  readonly auditNotes: WorkQueue;
  /** Notices that SNS could not deliver to a subscriber. */
  readonly noticesDeadLetters: Queue;

  constructor(scope: Construct, id: string, { config, ...props }: DataStackProps) {
    super(scope, id, props);

    const { retention, protect, policy } = config;
    // A resource of a creation that failed is removed again: nobody has put anything into it, and nobody would find it.
    const removalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    this.tablesKey = new GuardedKey(this, 'TablesKey', { description: 'Encrypts the tables', removalPolicy });
    this.tablesKey.admitTables(config.deployers.map(roleNamed));
    this.messagesKey = new GuardedKey(this, 'MessagesKey', {
      description: 'Encrypts topics and queues',
      removalPolicy,
    });
    this.machinesKey = new GuardedKey(this, 'MachinesKey', {
      description: 'Encrypts state machines, what their executions keep, and their logs',
      removalPolicy,
    });
    // A definition is under the key, too.
    for (const deployer of config.deployers) this.machinesKey.admit(roleNamed(deployer), 'states', 'write');
    this.machinesKey.admitLogs(`${machineLogs(`${config.stage}-workflow`)}*`);

    const asNew = policy.warmWrites === NEW_TABLE.warmWrites && policy.warmReads === NEW_TABLE.warmReads;
    const bears = {
      deletionProtection: protect,
      ...(asNew
        ? {}
        : { warmThroughput: { writeUnitsPerSecond: policy.warmWrites, readUnitsPerSecond: policy.warmReads } }),
    };
    this.links = this.#table('Links', { ...bears, sortKey: { name: 'sk', type: AttributeType.STRING } });
    this.cases = this.#table('Cases', bears);

    const { oldVersionDays, workDays, caseDays, explanationDays } = retention;
    this.inbox = new GuardedBucket(this, 'Inbox', { removalPolicy, oldVersionDays, days: retention.inboxDays });
    this.inbox.refuseUnreadable();
    this.work = new GuardedBucket(this, 'Work', {
      removalPolicy,
      oldVersionDays,
      days: workDays,
      // If two rules apply, S3 goes by the shorter one.
      soonerDays: { [LOOKUPS.prefix]: Math.min(explanationDays, workDays) },
    });
    this.outbox = new GuardedBucket(this, 'Outbox', {
      removalPolicy,
      oldVersionDays,
      days: {
        ...Object.fromEntries(
          [OUTBOX.orders, OUTBOX.previews, OUTBOX.receipts, OUTBOX.rejects, OUTBOX.reports, OUTBOX.revocations].map(
            ({ prefix }) => [prefix, caseDays],
          ),
        ),
        [OUTBOX.explanations.prefix]: explanationDays,
        // The sweep knows by a batch's books that a batch which it finds in the work bucket is done with.
        [OUTBOX.batches.prefix]: Math.max(caseDays, workDays + REMOVAL_DAYS),
      },
    });
    const auditFor = Duration.days(retention.auditDays);
    this.audit = new GuardedBucket(this, 'Audit', {
      removalPolicy,
      // In a stage that isn't protected, people who may bypass the lock can still tear it down.
      lock: protect ? ObjectLockRetention.compliance(auditFor) : ObjectLockRetention.governance(auditFor),
    });
    // CloudFormation's own reading of a bucket asks for this right; names are all that it opens.
    for (const bucket of [this.inbox, this.work, this.outbox, this.audit])
      for (const deployer of config.deployers) bucket.admit(roleNamed(deployer), 'list');
    this.auditKey = new HashKey(this, 'AuditHashKey', {
      description: 'Makes the keyed hashes of the audit',
      removalPolicy,
    });
    // The L2 property would bring a function of its own to set this.
    (this.inbox.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };

    this.noticesDeadLetters = deadLetterQueue(this, 'Notices', this.messagesKey);
    this.messagesKey.admitSender('sns.amazonaws.com', this.noticesDeadLetters);
    Validations.of(this.noticesDeadLetters).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue of subscriptions, which this rule does not look at.',
    });
    this.operators = this.#topic('OperatorsTopic');
    this.agencies = this.#topic('AgenciesTopic');
    this.approvers = this.#topic('ApproversTopic');
    this.administrators = this.#topic('AdministratorsTopic');
    for (const { id: operator, notify } of config.operators)
      this.#subscribe(`Operator-${operator}`, this.operators, notify, { operator: [operator] });
    for (const { id: agency, notify } of config.agencies)
      this.#subscribe(`Agency-${agency}`, this.agencies, notify, { agency: [agency] });
    for (const { id: approver, notify } of config.approvers)
      this.#subscribe(`Approver-${approver}`, this.approvers, notify, { approver: [approver, EVERY_APPROVER] });
    for (const { id: administrator, notify } of config.administrators)
      this.#subscribe(`Administrator-${administrator}`, this.administrators, notify, {});

    this.#letSubscribe(this.operators, config.operators);
    this.#letSubscribe(this.agencies, config.agencies);
    this.#letSubscribe(this.approvers, config.approvers);
    this.#letSubscribe(this.administrators, config.administrators);

    // Anything that is none of these goes the way of the reports, where administrators are told of strays.
    const usage = { prefix: INBOX.usage.prefix };
    const responses = { prefix: INBOX.responses.prefix };
    const decisions = { prefix: INBOX.decisions.prefix };
    const exemptions = { prefix: INBOX.exemptions.prefix };
    const admissions = { prefix: INBOX.admissions.prefix };
    const withdrawals = { prefix: INBOX.withdrawals.prefix };
    const lookups = { prefix: INBOX.lookups.prefix };
    const appeals = { prefix: INBOX.appeals.prefix };
    const others = [usage, responses, decisions, exemptions, admissions, withdrawals, lookups, appeals];
    this.reports = this.#inboxQueue('Reports', Duration.minutes(1), [
      { 'anything-but': { prefix: others.map(({ prefix }) => prefix) } },
    ]);
    this.usage = this.#inboxQueue('Usage', Duration.minutes(15), [usage]);
    this.responses = this.#inboxQueue('Responses', Duration.minutes(5), [responses]);
    this.approvals = this.#inboxQueue('Approvals', Duration.minutes(5), [decisions, exemptions, admissions]);
    this.withdrawals = this.#inboxQueue('Withdrawals', Duration.minutes(5), [withdrawals]);
    // Batches of millions of links are looked through.
    this.lookups = this.#inboxQueue('Lookups', Duration.minutes(15), [lookups]);
    this.appeals = this.#inboxQueue('Appeals', Duration.minutes(5), [appeals]);
    this.auditNotes = workQueue(this, 'Audit', {
      worksFor: Duration.minutes(1),
      gathersFor: Duration.minutes(1),
      key: this.messagesKey,
    });

    for (const [name, bucket] of Object.entries({
      Inbox: this.inbox,
      Work: this.work,
      Outbox: this.outbox,
      Audit: this.audit,
    }))
      new CfnOutput(this, `${name}BucketName`, { value: bucket.bucketName });
    for (const [name, table] of Object.entries({ Links: this.links, Cases: this.cases }))
      new CfnOutput(this, `${name}TableName`, { value: table.tableName });
    for (const topic of [this.operators, this.agencies, this.approvers, this.administrators])
      new CfnOutput(this, `${topic.node.id}Arn`, { value: topic.topicArn });
  }

  #table(id: string, more: Omit<TableProps, 'partitionKey' | 'billingMode'>): Table {
    return new Table(this, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      ...more,
      timeToLiveAttribute: 'expires',
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.tablesKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  }

  #topic(id: string): Topic {
    return new Topic(this, id, { enforceSSL: true, masterKey: this.messagesKey });
  }

  #subscribe(id: string, topic: Topic, addresses: readonly Address[], filter: Record<string, string[]>): void {
    const filterPolicy = Object.fromEntries(
      Object.entries(filter).map(([name, allowlist]) => [name, SubscriptionFilter.stringFilter({ allowlist })]),
    );
    const isFiltered = Object.keys(filter).length > 0;
    for (const { protocol, endpoint } of addresses) {
      // The id comes from the address and not from its place in the list: SNS gives whoever subscribes twice the same subscription, so that
      // a subscription that is replaced by another would be deleted with it.
      const subscription = new Subscription(this, `${id}-${sha8(sha256Of(`${protocol} ${endpoint}`))}`, {
        topic,
        protocol: PROTOCOLS[protocol],
        endpoint: ownAddress(this, endpoint),
        deadLetterQueue: this.noticesDeadLetters,
        ...(protocol === 'sqs' ? { rawMessageDelivery: true } : {}),
        ...(protocol === 'https' ? { deliveryPolicy: WEB_SERVERS } : {}),
        ...(isFiltered ? { filterPolicy } : {}),
      });
      // A changed filter policy is refused if nothing says what it applies to (aws-cdk issue 24804).
      if (isFiltered) (subscription.node.defaultChild as CfnSubscription).filterPolicyScope = 'MessageAttributes';
    }
  }

  /**
   * Lets each participant's own account subscribe queues of its own: such a subscription waits for no confirmation, since the queue's owner
   * makes it. No policy of a topic can say how it is filtered.
   */
  #letSubscribe(topic: Topic, participants: readonly Participant[]): void {
    const accounts = new Set(participants.filter(isNamed).map(({ principal }) => accountOf(principal)));
    if (accounts.size === 0) return;
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'SubscribeOwnQueues',
        principals: [...accounts].sort().map((account) => new AccountPrincipal(account)),
        actions: ['sns:Subscribe'],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { 'sns:Protocol': 'sqs' },
          // SNS has it as a string, and not as an ARN (docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html).
          StringLike: { 'sns:Endpoint': `arn:${Aws.PARTITION}:sqs:*:\${aws:PrincipalAccount}:*` },
        },
      }),
    );
  }

  #inboxQueue(id: string, worksFor: Duration, keys: unknown[]): WorkQueue {
    return eventQueue(this, id, {
      worksFor,
      key: this.messagesKey,
      rule: {
        id: `${id}Uploaded`,
        description: `Objects put into the inbox, for ${id.toLowerCase()}`,
        eventPattern: {
          source: ['aws.s3'],
          detailType: ['Object Created'],
          detail: { bucket: { name: [this.inbox.bucketName] }, object: { key: keys } },
        },
      },
    });
  }
}
