/**
 * The AWS CLI's commands that the runbook uses, carried out by the SDK. Each takes only the flags that it knows. Commands of services that
 * the local cloud has are made there; for those of other services the synthesized policies are asked, and the answer is empty.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { search } from '@aws-lambda-powertools/jmespath';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  type ExecutionStatus,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Resource, Rights, Role } from 'local-cloud';

/** The caller: an access key, and the role whose policies are asked. */
export interface Asker {
  readonly accessKeyId: string;
  readonly role: Role;
  /**
   * Set for a caller that the local cloud takes for the owner of the account, though AWS would ask keys and walls: only the policies are
   * asked.
   */
  readonly unasked?: boolean;
}

/** The cloud that the commands go to. */
export interface World {
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  readonly resources: readonly Resource[];
  readonly rights: Rights;
  /** The folder that relative paths start from. */
  readonly folder: string;
}

/** The end of a command, as the CLI prints it. */
export interface Ended {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
  /** The service's answer, before --query. */
  readonly answer?: unknown;
}

const SERVICE_REFUSED = 254;
const WRONG_COMMAND = 252;

class WrongCommand extends Error {
  override name = 'WrongCommand';
}

/** Flags by name: with one value, with several, or with none. */
type Flags = Readonly<Record<string, 'one' | 'many' | 'none'>>;

interface Given {
  readonly words: readonly string[];
  one(flag: string): string | undefined;
  /** @throws WrongCommand where the flag isn't given */
  must(flag: string): string;
  many(flag: string): string[] | undefined;
  has(flag: string): boolean;
}

interface Command {
  readonly flags: Flags;
  /** The number of words that belong to no flag; default none. */
  readonly words?: number;
  /** Set for a command that asks the policies, and no service. */
  readonly asks?: true;
  /** Resolves with what is printed: text as it is, anything else by --query and --output. */
  run(given: Given, world: World, asker: Asker): Promise<unknown>;
}

/** A command of a service that the local cloud doesn't have: it asks the policies whether the call may be made. */
const asked = (flags: Flags, needs: (given: Given, world: World) => [action: string, resource: string][]): Command => ({
  flags,
  asks: true,
  run: async (given, world, { role }) => {
    for (const [action, resource] of needs(given, world)) {
      const answer = action.startsWith('kms:')
        ? world.rights.useKey(role, action, resource)
        : world.rights.ask(role, action, resource);
      if (!answer.allowed) throw Object.assign(new Error(answer.why), { name: 'AccessDeniedException' });
    }
    return {};
  },
});

const config = ({ endpoint, region }: World, { accessKeyId }: Asker) => ({
  endpoint,
  region,
  credentials: { accessKeyId, secretAccessKey: 'x' },
  maxAttempts: 1,
});
const states = (world: World, asker: Asker) => new SFNClient(config(world, asker));
const queues = (world: World, asker: Asker) => new SQSClient(config(world, asker));
const buckets = (world: World, asker: Asker) => new S3Client({ ...config(world, asker), forcePathStyle: true });
const count = (text: string | undefined) => (text === undefined ? undefined : Number(text));

/**
 * The ARN of a resource of a type, by its name.
 * @throws WrongCommand where there is none
 */
function named({ resources }: World, type: string, name: string): string {
  const found = resources.find((resource) => resource.type === type && resource.name === name);
  if (found === undefined) throw new WrongCommand(`there is no ${type} ${name}`);
  return found.arn;
}

/** The bucket and the key of `s3://bucket/key`. */
function place(url: string): { Bucket: string; Key: string } {
  const [, Bucket, Key = ''] = /^s3:\/\/([a-z0-9.-]+)\/(.*)$/.exec(url) ?? [];
  if (Bucket === undefined) throw new WrongCommand(`${url} is no place in S3`);
  return { Bucket, Key };
}

const COMMANDS: Readonly<Record<string, Command>> = {
  'cloudformation describe-stacks': {
    flags: { 'stack-name': 'one' },
    run: (given, world, asker) =>
      new CloudFormationClient(config(world, asker)).send(
        new DescribeStacksCommand({ StackName: given.one('stack-name') }),
      ),
  },
  'dynamodb get-item': {
    flags: { 'table-name': 'one', key: 'one', 'projection-expression': 'one', 'expression-attribute-names': 'one' },
    run: (given, world, asker) =>
      new DynamoDBClient(config(world, asker)).send(
        new GetItemCommand({
          TableName: given.must('table-name'),
          Key: JSON.parse(given.must('key')),
          ProjectionExpression: given.one('projection-expression'),
          ExpressionAttributeNames: JSON.parse(given.one('expression-attribute-names') ?? 'null') ?? undefined,
        }),
      ),
  },
  'stepfunctions list-executions': {
    flags: { 'state-machine-arn': 'one', 'map-run-arn': 'one', 'status-filter': 'one', 'max-results': 'one' },
    run: (given, world, asker) =>
      states(world, asker).send(
        new ListExecutionsCommand({
          stateMachineArn: given.one('state-machine-arn'),
          mapRunArn: given.one('map-run-arn'),
          statusFilter: given.one('status-filter') as ExecutionStatus,
          maxResults: count(given.one('max-results')),
        }),
      ),
  },
  'stepfunctions describe-execution': {
    flags: { 'execution-arn': 'one' },
    run: (given, world, asker) =>
      states(world, asker).send(new DescribeExecutionCommand({ executionArn: given.must('execution-arn') })),
  },
  'stepfunctions get-execution-history': {
    flags: { 'execution-arn': 'one', 'reverse-order': 'none', 'max-results': 'one' },
    run: (given, world, asker) =>
      states(world, asker).send(
        new GetExecutionHistoryCommand({
          executionArn: given.must('execution-arn'),
          reverseOrder: given.has('reverse-order'),
          maxResults: count(given.one('max-results')),
        }),
      ),
  },
  'stepfunctions list-map-runs': {
    flags: { 'execution-arn': 'one' },
    run: (given, world, asker) =>
      states(world, asker).send(new ListMapRunsCommand({ executionArn: given.must('execution-arn') })),
  },
  'stepfunctions describe-map-run': {
    flags: { 'map-run-arn': 'one' },
    run: (given, world, asker) =>
      states(world, asker).send(new DescribeMapRunCommand({ mapRunArn: given.must('map-run-arn') })),
  },
  'stepfunctions stop-execution': {
    flags: { 'execution-arn': 'one', cause: 'one' },
    run: (given, world, asker) =>
      states(world, asker).send(
        new StopExecutionCommand({ executionArn: given.must('execution-arn'), cause: given.one('cause') }),
      ),
  },
  'sqs receive-message': {
    flags: { 'queue-url': 'one', 'max-number-of-messages': 'one', 'visibility-timeout': 'one' },
    run: (given, world, asker) =>
      queues(world, asker).send(
        new ReceiveMessageCommand({
          QueueUrl: given.must('queue-url'),
          MaxNumberOfMessages: count(given.one('max-number-of-messages')),
          VisibilityTimeout: count(given.one('visibility-timeout')),
        }),
      ),
  },
  'sqs delete-message': {
    flags: { 'queue-url': 'one', 'receipt-handle': 'one' },
    run: (given, world, asker) =>
      queues(world, asker).send(
        new DeleteMessageCommand({ QueueUrl: given.must('queue-url'), ReceiptHandle: given.must('receipt-handle') }),
      ),
  },
  'sqs get-queue-attributes': {
    flags: { 'queue-url': 'one', 'attribute-names': 'many' },
    run: (given, world, asker) =>
      queues(world, asker).send(
        new GetQueueAttributesCommand({
          QueueUrl: given.must('queue-url'),
          AttributeNames: given.many('attribute-names') as QueueAttributeName[],
        }),
      ),
  },
  'sqs send-message': {
    flags: { 'queue-url': 'one', 'message-body': 'one' },
    run: (given, world, asker) =>
      queues(world, asker).send(
        new SendMessageCommand({ QueueUrl: given.must('queue-url'), MessageBody: given.must('message-body') }),
      ),
  },
  'sns list-subscriptions-by-topic': {
    flags: { 'topic-arn': 'one' },
    run: (given, world, asker) =>
      new SNSClient(config(world, asker)).send(
        new ListSubscriptionsByTopicCommand({ TopicArn: given.must('topic-arn') }),
      ),
  },
  's3api head-object': {
    flags: { bucket: 'one', key: 'one', 'version-id': 'one' },
    run: (given, world, asker) =>
      buckets(world, asker).send(
        new HeadObjectCommand({
          Bucket: given.must('bucket'),
          Key: given.must('key'),
          VersionId: given.one('version-id'),
        }),
      ),
  },
  's3 ls': {
    flags: { recursive: 'none' },
    words: 1,
    run: async ({ words: [url = ''], has }, world, asker) => {
      const { Bucket, Key } = place(url);
      const { Contents = [], CommonPrefixes = [] } = await buckets(world, asker).send(
        new ListObjectsV2Command({ Bucket, Prefix: Key, ...(has('recursive') ? {} : { Delimiter: '/' }) }),
      );
      // The CLI fails if it finds nothing.
      if (Contents.length + CommonPrefixes.length === 0) throw new Error(`nothing is under ${url}`);
      const folders = CommonPrefixes.map(
        ({ Prefix }) => `                           PRE ${Prefix?.slice(Key.length)}\n`,
      );
      const files = Contents.map(
        ({ Key: name, Size, LastModified }) =>
          `${LastModified?.toISOString().slice(0, 19).replace('T', ' ')} ${String(Size).padStart(10)} ${name}\n`,
      );
      return [...folders, ...files].join('');
    },
  },
  's3 cp': {
    flags: {},
    words: 2,
    run: async ({ words: [from = '', to = ''] }, world, asker) => {
      const s3 = buckets(world, asker);
      if (from.startsWith('s3://') && to === '-')
        return (await s3.send(new GetObjectCommand(place(from)))).Body?.transformToString();
      if (from.startsWith('s3://')) throw new WrongCommand('a download is printed here');
      await s3.send(new PutObjectCommand({ ...place(to), Body: readFileSync(join(world.folder, from)) }));
      return `upload: ./${from} to ${to}\n`;
    },
  },
  'logs describe-log-groups': {
    flags: { 'log-group-name-prefix': 'one' },
    run: async (given, world, asker) => {
      const [[action, resource]] = [['logs:DescribeLogGroups', '*']] as const;
      const answer = world.rights.ask(asker.role, action, resource);
      if (!answer.allowed) throw Object.assign(new Error(answer.why), { name: 'AccessDeniedException' });
      const logGroups = world.resources
        .filter(
          ({ type, name }) => type === 'AWS::Logs::LogGroup' && name.startsWith(given.must('log-group-name-prefix')),
        )
        .map(({ name: logGroupName }) => ({ logGroupName }));
      return { logGroups };
    },
  },
  'logs filter-log-events': asked(
    { 'log-group-name': 'one', 'start-time': 'one', 'filter-pattern': 'one' },
    (given, world) => [['logs:FilterLogEvents', named(world, 'AWS::Logs::LogGroup', given.must('log-group-name'))]],
  ),
  'cloudwatch describe-alarms': asked({ 'alarm-name-prefix': 'one', 'state-value': 'one' }, () => [
    ['cloudwatch:DescribeAlarms', '*'],
  ]),
  'cloudwatch get-metric-statistics': asked(
    {
      namespace: 'one',
      'metric-name': 'one',
      statistics: 'one',
      dimensions: 'many',
      period: 'one',
      'start-time': 'one',
      'end-time': 'one',
    },
    (given) => {
      for (const flag of ['namespace', 'metric-name', 'period', 'start-time', 'end-time']) given.must(flag);
      return [['cloudwatch:GetMetricStatistics', '*']];
    },
  ),
  'cloudtrail lookup-events': asked({ 'lookup-attributes': 'one', 'max-results': 'one' }, () => [
    ['cloudtrail:LookupEvents', '*'],
  ]),
  'lambda get-account-settings': asked({}, () => [['lambda:GetAccountSettings', '*']]),
  'service-quotas request-service-quota-increase': asked(
    { 'service-code': 'one', 'quota-code': 'one', 'desired-value': 'one' },
    (given) => {
      for (const flag of ['service-code', 'quota-code', 'desired-value']) given.must(flag);
      return [['servicequotas:RequestServiceQuotaIncrease', '*']];
    },
  ),
  'dynamodb describe-table': asked({ 'table-name': 'one' }, (given, world) => [
    ['dynamodb:DescribeTable', named(world, 'AWS::DynamoDB::Table', given.must('table-name'))],
  ]),
  'dynamodb describe-continuous-backups': asked({ 'table-name': 'one' }, (given, world) => [
    ['dynamodb:DescribeContinuousBackups', named(world, 'AWS::DynamoDB::Table', given.must('table-name'))],
  ]),
  'dynamodb describe-limits': asked({}, () => [['dynamodb:DescribeLimits', '*']]),
  ...Object.fromEntries(
    ['DescribeKey', 'CancelKeyDeletion', 'EnableKey'].map((action) => [
      `kms ${action.replace(/(?!^)[A-Z]/g, (capital) => `-${capital}`).toLowerCase()}`,
      asked({ 'key-id': 'one' }, (given, world) => [
        [`kms:${action}`, named(world, 'AWS::KMS::Key', given.must('key-id'))],
      ]),
    ]),
  ),
  'events list-rules': asked({ 'name-prefix': 'one' }, (given, { region, account }) => [
    ['events:ListRules', `arn:aws:events:${region}:${account}:rule/${given.must('name-prefix')}`],
  ]),
  'events enable-rule': asked({ name: 'one' }, (given, world) => [
    ['events:EnableRule', named(world, 'AWS::Events::Rule', given.must('name'))],
  ]),
};

/** Carries out `aws …` as the asker. */
export async function aws(args: readonly string[], world: World, asker: Asker): Promise<Ended> {
  try {
    const [service = '', operation = '', ...rest] = args;
    const command = COMMANDS[`${service} ${operation}`];
    if (command === undefined) throw new WrongCommand(`aws ${service} ${operation} is not known here`);
    if (asker.unasked && !command.asks) throw new WrongCommand('the local cloud would let its owner do this');
    const given = read(rest, command);
    const answer = await command.run(given, world, asker);
    return { code: 0, said: printed(answer, given.one('query'), given.one('output')), complained: '', answer };
  } catch (error) {
    const { name, message } = error as Error;
    return {
      code: error instanceof WrongCommand ? WRONG_COMMAND : SERVICE_REFUSED,
      said: '',
      complained: `${name}: ${message}`,
    };
  }
}

/** @throws WrongCommand for a flag that the command doesn't have, or one with too many or too few values */
function read(args: readonly string[], { flags: own, words: most = 0 }: Command): Given {
  const flags: Flags = { ...own, query: 'one', output: 'one' };
  const words: string[] = [];
  const given = new Map<string, string[]>();
  let last: string | undefined;
  for (const arg of args) {
    if (arg.startsWith('--')) {
      last = arg.slice(2);
      if (flags[last] === undefined) throw new WrongCommand(`unknown option ${arg}`);
      given.set(last, []);
      continue;
    }
    const values = last === undefined ? undefined : given.get(last);
    const kind = flags[last ?? ''];
    if (values === undefined || kind === 'none' || (kind === 'one' && values.length > 0)) words.push(arg);
    else values.push(arg);
  }
  for (const [flag, values] of given)
    if ((values.length === 0) !== (flags[flag] === 'none')) throw new WrongCommand(`--${flag} needs a value`);
  if (words.length !== most) throw new WrongCommand(`${words.length} words where ${most} belong`);
  return {
    words,
    one: (flag) => given.get(flag)?.[0],
    must: (flag) => {
      const value = given.get(flag)?.[0];
      if (value === undefined) throw new WrongCommand(`--${flag} is required`);
      return value;
    },
    many: (flag) => given.get(flag),
    has: (flag) => given.has(flag),
  };
}

function printed(answer: unknown, query: string | undefined, output = 'json'): string {
  if (typeof answer === 'string') return answer;
  const { $metadata: _, ...body } = answer as Record<string, unknown>;
  const found = query === undefined ? body : search(query, JSON.parse(JSON.stringify(body)));
  if (output === 'json') return `${JSON.stringify(found ?? null, null, 4)}\n`;
  if (output !== 'text') throw new WrongCommand(`--output ${output} is not known here`);
  const line = (value: unknown) =>
    [value]
      .flat()
      .map((one) => one ?? 'None')
      .join('\t');
  const isTable = Array.isArray(found) && found.some(Array.isArray);
  return `${isTable ? (found as unknown[]).map(line).join('\n') : line(found)}\n`;
}
