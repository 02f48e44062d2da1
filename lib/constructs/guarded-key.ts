import { Aws, Lazy, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** The services through which this system's keys are used. No key is used directly. */
export type KeyService = 'dynamodb' | 's3' | 'sns' | 'sqs' | 'states';

const READ = ['kms:Decrypt'];
/** Writing decrypts too: the parts of a large upload, a message's data key, a table's. */
const WRITE = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** A data key that is kept for later: part of the `kms:GenerateDataKey*` that AWS's documents name. */
const WITHOUT_PLAINTEXT = 'kms:GenerateDataKeyWithoutPlaintext';

/** The actions of a service that keeps keys of its own under the key, and takes them over when the key is another. */
const KEEP = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** The rights that Step Functions documents for Distributed Maps on a bucket under a key, beside those of reading and writing there. */
export const MAP = ['kms:Encrypt'];

export const HASH = ['kms:GenerateMac'];

/** The actions of a role on a key through each service, by what it does with the data that the key encrypts. */
export const KEY_ACTIONS: Readonly<Record<KeyService, { read: string[]; write: string[] }>> = {
  // A table's own key is cached by caller; these are what DynamoDB documents as the least, without grants.
  dynamodb: {
    read: ['kms:Decrypt', 'kms:DescribeKey'],
    write: KEEP,
  },
  s3: { read: READ, write: WRITE },
  sns: { read: READ, write: WRITE },
  sqs: { read: READ, write: WRITE },
  states: { read: READ, write: WRITE },
};

/** The actions to administer a key, which is not using it: nobody decrypts by these. */
const ADMINISTER = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

/**
 * A customer-managed key, rotated each year, that only the roles in its policy use. The account's administrators may administer it, but by
 * that may not use it: a role that isn't named here decrypts nothing, whatever its own policy says.
 */
export class GuardedKey extends Key {
  readonly #users = new Map<string, Set<string>>();
  readonly #senders = new Map<string, Set<string>>();
  readonly #logging = new Set<string>();

  constructor(
    scope: Construct,
    id: string,
    { description, removalPolicy }: { description: string; removalPolicy: RemovalPolicy },
  ) {
    super(scope, id, {
      description,
      removalPolicy,
      enableKeyRotation: true,
      policy: new PolicyDocument({
        statements: [administered()],
      }),
    });
  }

  /** Lets a role (or all roles that a pattern names) use the key through a service. Its own policy must let it, too. */
  admit(roleArn: string, service: KeyService, how: 'read' | 'write'): void {
    const sid = `${how === 'read' ? 'Read' : 'Write'}By${service.toUpperCase()}`;
    this.#lend(sid, KEY_ACTIONS[service][how], service, roleArn);
  }

  /** Lets a state machine's role use the key for its Distributed Maps, beside what it may do in S3 anyway. Its own policy must let it, too. */
  admitMaps(roleArn: string): void {
    this.#lend('WriteByMaps', MAP, 's3', roleArn);
  }

  #lend(sid: string, actions: string[], service: KeyService, roleArn: string): void {
    const known = this.#users.get(sid);
    if (known) {
      known.add(roleArn);
      return;
    }
    const users = new Set([roleArn]);
    this.#users.set(sid, users);
    this.addToResourcePolicy(
      new PolicyStatement({
        sid,
        principals: [new AccountRootPrincipal()],
        actions,
        resources: ['*'],
        conditions: {
          ArnLike: { 'aws:PrincipalArn': Lazy.list({ produce: () => [...users].sort() }) },
          ...throughService(service),
        },
      }),
    );
  }

  /**
   * Lets a service that acts for itself put messages into a queue that is under the key. What SQS encrypts says which queue it is for, and
   * the key is lent by that. It is not lent by the account for which the service acts, since AWS doesn't support aws:SourceAccount for all
   * that EventBridge writes to. The queue's own policy says who may send to it.
   */
  admitSender(principal: string, queue: Queue): void {
    const known = this.#senders.get(principal);
    if (known) {
      known.add(arnPattern('sqs', queue));
      return;
    }
    const queues = new Set([arnPattern('sqs', queue)]);
    this.#senders.set(principal, queues);
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(principal)],
        actions: WRITE,
        resources: ['*'],
        conditions: {
          StringLike: { 'kms:EncryptionContext:aws:sqs:arn': Lazy.list({ produce: () => [...queues].sort() }) },
        },
      }),
    );
  }

  /** Lets a state machine's role use the key for what its executions keep, and for its logs. Its own policy must let it, too. */
  admitMachine(roleArn: string): void {
    this.admit(roleArn, 'states', 'write');
    this.#logging.add(roleArn);
  }

  /**
   * Lets CloudWatch Logs keep log groups under the key, and lets the logs of state machines that are under it be delivered there: a
   * machine's role encrypts them, and the delivery reads them.
   * @param groups the pattern of the groups' names; they wait for their key, so the key can't wait for them
   */
  admitLogs(groups: string): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'KeepLogs',
        principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
        actions: [...KEEP, WITHOUT_PLAINTEXT],
        resources: ['*'],
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': inRegion('logs', `log-group:${groups}`) } },
      }),
    );
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'SendLogs',
        principals: [new AccountRootPrincipal()],
        actions: ['kms:GenerateDataKey'],
        resources: ['*'],
        conditions: {
          ...LOG_DELIVERY,
          ArnLike: { 'aws:PrincipalArn': Lazy.list({ produce: () => [...this.#logging].sort() }) },
        },
      }),
    );
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'DeliverLogs',
        principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
        actions: READ,
        resources: ['*'],
        conditions: LOG_DELIVERY,
      }),
    );
  }

  /**
   * Lets a service that acts for itself publish to a topic that is under the key. As with queues, the key is lent by the topic that a
   * message is for: AWS has no example of a key's policy that asks CloudWatch for an account. The topic's own policy says who may publish.
   */
  admitPublisher(principal: string, topic: Topic): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(principal)],
        actions: WRITE,
        resources: ['*'],
        conditions: { StringLike: { 'kms:EncryptionContext:aws:sns:topicArn': arnPattern('sns', topic) } },
      }),
    );
  }

  /**
   * Lets these roles create, change and restore tables under the key, through DynamoDB only. DynamoDB has a table's own key made in their
   * name (CloudFormation's schema of a table lists Encrypt and Decrypt), and takes a grant from them for what it does in the background.
   * @param roleArns those of the deployers, or patterns of them
   */
  admitTables(roleArns: readonly string[]): void {
    const ArnLike = { 'aws:PrincipalArn': [...roleArns] };
    const StringEquals = { 'kms:ViaService': viaService('dynamodb') };
    const principals = [new AccountRootPrincipal()];
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'CreateTables',
        principals,
        actions: [...KEY_ACTIONS.dynamodb.write, WITHOUT_PLAINTEXT],
        resources: ['*'],
        conditions: { ArnLike, StringEquals },
      }),
    );
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'GrantToDynamoDB',
        principals,
        actions: ['kms:CreateGrant'],
        resources: ['*'],
        conditions: { ArnLike, StringEquals, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    );
  }
}

/**
 * A queue's or topic's ARN by the name that CloudFormation will give it, without a reference: it waits for its key, so the key can't wait
 * for it.
 */
function arnPattern(service: 'sns' | 'sqs', of: Queue | Topic): string {
  const stack = Stack.of(of);
  const id = stack.getLogicalId(of.node.defaultChild as CfnQueue | CfnTopic);
  return stack.formatArn({ service, resource: `${stack.stackName}-${id}-*` });
}

const administered = () =>
  new PolicyStatement({
    sid: 'Administer',
    principals: [new AccountRootPrincipal()],
    actions: ADMINISTER,
    resources: ['*'],
  });

/**
 * A key that makes keyed hashes and never leaves KMS; only the roles in its policy may have one made. It isn't rotated: an old hash could
 * then not be made again.
 */
export class HashKey extends Key {
  readonly #users = new Set<string>();

  constructor(
    scope: Construct,
    id: string,
    { description, removalPolicy }: { description: string; removalPolicy: RemovalPolicy },
  ) {
    super(scope, id, {
      description,
      removalPolicy,
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      policy: new PolicyDocument({
        statements: [
          administered(),
          new PolicyStatement({
            sid: 'Hash',
            principals: [new AccountRootPrincipal()],
            actions: HASH,
            resources: ['*'],
            conditions: { ArnLike: { 'aws:PrincipalArn': Lazy.list({ produce: () => [...this.#users].sort() }) } },
          }),
        ],
      }),
    });
  }

  /** Lets a role have hashes made. Its own policy must let it, too. */
  admit(roleArn: string): void {
    this.#users.add(roleArn);
  }
}

/** The value of kms:ViaService if a service of this region uses the key. */
function viaService(service: KeyService): string {
  return `${service}.${Aws.REGION}.amazonaws.com`;
}

const inRegion = (service: string, rest: string) =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${rest}`;

/** The encryption context of a state machine's logs while they are delivered; the `*` stands in it. */
export const LOG_DELIVERY = { StringEquals: { 'kms:EncryptionContext:SourceArn': inRegion('logs', '*') } };

/**
 * The condition that a key is used through a service. Step Functions uses it in the name of an execution's own role, and nothing says that
 * this counts as its way; but all that it encrypts says which state machine it is for, and the key is lent by that.
 */
const throughService = (service: KeyService) =>
  service === 'states'
    ? { StringLike: { 'kms:EncryptionContext:aws:states:stateMachineArn': inRegion('states', 'stateMachine:*') } }
    : { StringEquals: { 'kms:ViaService': viaService(service) } };
