import { createHash } from 'node:crypto';
import { Stack, Validations } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';
import type { GuardedBucket } from './guarded-bucket.ts';
import { GuardedKey, HASH, type HashKey, KEY_ACTIONS, type KeyService, MAP } from './guarded-key.ts';
import { NamedRole } from './named-role.ts';
import type { VersionedMachine } from './versioned-machine.ts';
import type { WorkQueue } from './work-queue.ts';

const ID_LENGTH = 8;

/** A construct that works with a role of its own: a function, or a state machine. */
export type Worker = IConstruct & { readonly role?: IRole };

/**
 * Gives a worker's role these actions on these resources, and nothing else, in a policy of its own. Its id says what it allows: a right
 * more or less touches no other policy, which a deployment would write anew under functions that run.
 */
export function allow(to: Worker, actions: readonly string[], ...resources: string[]): Policy {
  const right = JSON.stringify(Stack.of(to).resolve([actions, resources]));
  const id = createHash('sha256').update(right).digest('hex').slice(0, ID_LENGTH);
  return new Policy(to, `Allow${id}`, {
    roles: [roleOf(to)],
    statements: [new PolicyStatement({ actions: [...actions], resources })],
  });
}

const OBJECT_ACTIONS = {
  read: ['s3:GetObject'],
  'read versions': ['s3:GetObject', 's3:GetObjectVersion'],
  write: ['s3:PutObject'],
  /** An object that is uploaded in parts as it is made. */
  'write streams': ['s3:PutObject', 's3:AbortMultipartUpload'],
};

/** Gives a worker's role the right to read or to write the objects of a bucket whose keys fit these patterns. */
export function allowObjects(
  to: Worker,
  how: keyof typeof OBJECT_ACTIONS,
  bucket: GuardedBucket,
  ...patterns: string[]
): void {
  const right = how.startsWith('write') ? 'write' : 'read';
  const policy = allow(to, OBJECT_ACTIONS[how], ...patterns.map((pattern) => bucket.arnForObjects(pattern)));
  policy.addStatements(keyStatement(bucket.key, 's3', right));
  bucket.admit(roleOf(to).fixedArn, right);
  acknowledgeObjects(policy, bucket, patterns);
}

const LIST_ACTIONS = { list: ['s3:ListBucket'], 'list versions': ['s3:ListBucketVersions'] };

/** Lets a worker list the keys of a bucket by these prefixes, or by all that fit them as patterns. */
export function allowList(
  to: Worker,
  how: keyof typeof LIST_ACTIONS,
  bucket: GuardedBucket,
  ...prefixes: string[]
): void {
  new Policy(to, `AllowList${bucket.node.id}`, {
    roles: [roleOf(to)],
    statements: [
      new PolicyStatement({
        actions: LIST_ACTIONS[how],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': prefixes } },
      }),
    ],
  });
  bucket.admit(roleOf(to).fixedArn, 'list');
}

/** Gives a worker's role these actions on a table's items. */
export function allowItems(to: Worker, actions: readonly string[], table: Table): void {
  const policy = allow(to, actions, table.tableArn);
  const key = guarded(table.encryptionKey);
  policy.addStatements(keyStatement(key, 'dynamodb', 'write'));
  key.admit(roleOf(to).fixedArn, 'dynamodb', 'write');
}

/** Lets a worker publish to these topics, which are under one key. */
export function allowPublish(to: Worker, ...topics: [Topic, ...Topic[]]): void {
  const policy = allow(to, ['sns:Publish'], ...topics.map((topic) => topic.topicArn));
  const key = guarded(topics[0].masterKey);
  policy.addStatements(keyStatement(key, 'sns', 'write'));
  key.admit(roleOf(to).fixedArn, 'sns', 'write');
}

/** Lets a worker start a state machine, by its alias only. */
export function allowStart(to: Worker, machine: VersionedMachine): void {
  new Policy(to, `AllowStart${machine.node.id}`, { roles: [roleOf(to)], statements: [machine.startStatement()] });
  to.node.addDependency(machine.alias);
}

/**
 * Lets a worker read what the executions of a state machine were given, did and gave, as far as it may describe them. Their status alone
 * takes no key.
 */
export function allowHistories(to: Worker, machine: VersionedMachine, key: GuardedKey): void {
  new Policy(to, `AllowHistories${machine.node.id}`, {
    roles: [roleOf(to)],
    statements: [machine.keyStatement(key, 'read')],
  });
  key.admit(roleOf(to).fixedArn, 'states', 'read');
}

/** Lets a worker put events into queues, which are under one key. */
export function allowSend(to: Worker, ...queues: [WorkQueue, ...WorkQueue[]]): void {
  const policy = allow(to, ['sqs:SendMessage'], ...queues.map(({ queue }) => queue.queueArn));
  const [{ key }] = queues;
  policy.addStatements(keyStatement(key, 'sqs', 'write'));
  key.admit(roleOf(to).fixedArn, 'sqs', 'write');
}

/**
 * Lets a state machine use what its Distributed Maps were granted on a bucket: through its walls, and with its key.
 * @param patterns the keys that they were granted
 */
export function admitObjects(machine: StateMachine, bucket: GuardedBucket, ...patterns: string[]): void {
  allow(machine, [...KEY_ACTIONS.s3.write, ...MAP], bucket.key.keyArn);
  bucket.key.admitMaps(roleOf(machine).fixedArn);
  bucket.admit(roleOf(machine).fixedArn, 'read', 'write');
  acknowledgeObjects(machine.role, bucket, patterns);
}

/** The rights that moving a queue's dead letters back takes: the task receives, deletes and sends in the name of whoever starts it. */
export const REDRIVE_ACTIONS = {
  deadLetters: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:StartMessageMoveTask'],
  queue: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
};

/** Lets a worker move a queue's dead letters back into the queue. */
export function allowRedrive(to: Worker, { queue, deadLetters, key }: WorkQueue): void {
  const policy = allow(to, REDRIVE_ACTIONS.deadLetters, deadLetters.queueArn);
  policy.addStatements(
    new PolicyStatement({ actions: REDRIVE_ACTIONS.queue, resources: [queue.queueArn] }),
    keyStatement(key, 'sqs', 'write'),
  );
  key.admit(roleOf(to).fixedArn, 'sqs', 'write');
}

/** Lets a worker use a key for what a task or an event source was granted elsewhere. */
export function allowKey(to: Worker, key: GuardedKey, service: KeyService, how: 'read' | 'write'): void {
  allow(to, KEY_ACTIONS[service][how], key.keyArn);
  key.admit(roleOf(to).fixedArn, service, how);
}

/** Lets a worker have keyed hashes made. */
export function allowHash(to: Worker, key: HashKey): void {
  allow(to, HASH, key.keyArn);
  key.admit(roleOf(to).fixedArn);
}

function keyStatement(key: GuardedKey, service: KeyService, how: 'read' | 'write'): PolicyStatement {
  return new PolicyStatement({ actions: KEY_ACTIONS[service][how], resources: [key.keyArn] });
}

function guarded(key: IKey | undefined): GuardedKey {
  if (!(key instanceof GuardedKey)) throw new Error('what it encrypts is under no key that names its users');
  return key;
}

function roleOf({ role, node }: Worker): NamedRole {
  if (!(role instanceof NamedRole)) throw new Error(`${node.id} has no role of its own`);
  return role;
}

/** Acknowledges the wildcards that its tasks bring into the role of a state machine, with the reason. */
export function acknowledgeMachine(
  machine: StateMachine,
  functions: readonly IFunction[],
  others: Record<string, string>,
) {
  const stack = Stack.of(machine);
  const invocations = functions.map((invoked) => [
    `Resource::<${stack.getLogicalId(invoked.node.defaultChild as CfnFunction)}.Arn>:*`,
    'Any version or alias of this one function, as the task asks for it.',
  ]);
  // The rights of the tasks stand in the role's own policy, those of the Distributed Maps in one of the machine's.
  for (const scope of [machine, machine.role])
    for (const [finding = '', reason = ''] of [...invocations, ...Object.entries(others)])
      acknowledge(scope, finding, reason);
}

/** Acknowledges that policies of `scope` name the objects of another stack's bucket by patterns, with the reason. */
export function acknowledgeObjects(scope: IConstruct, bucket: GuardedBucket, patterns: readonly string[]): void {
  const owner = Stack.of(bucket);
  const exported = owner.resolve(owner.exportValue(bucket.bucketArn));
  for (const pattern of patterns)
    acknowledge(
      scope,
      `Resource::${exported['Fn::ImportValue']}/${pattern}`,
      'The keys of objects are made while it runs, and by those who upload.',
    );
}

/** Acknowledges a wildcard in the policies of `scope`, with the reason. `finding` is what cdk-nag puts in its brackets. */
export function acknowledge(scope: IConstruct, finding: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason });
}
