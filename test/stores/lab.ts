import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalCloud, resolveStacks } from 'local-cloud';
import { beginCloud, leaveCloud } from '../scenarios/idle-cloud.ts';

export const START = Date.parse('2026-06-01T00:00:00Z');
export const CASES = 'Cases';
export const LINKS = 'Links';
export const INBOX = 'inbox';
export const OUTBOX = 'outbox';
export const WORK = 'work';
export const AUDIT = 'audit';

const key = (name: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType });
const table = (TableName: string, ...names: string[]) => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: names.map((name, i) => key(name, i === 0 ? 'HASH' : 'RANGE')),
  },
});
const arn = (service: string, name: string) => `arn:aws:${service}:ap-south-1:000000000000:${name}`;

/** A state machine that tells its token to the queue `tokens` and waits for it, a minute at most. */
const WAITS = {
  QueryLanguage: 'JSONata',
  StartAt: 'Wait',
  States: {
    Wait: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      Arguments: {
        QueueUrl: 'TOKENS',
        MessageBody: '{% $states.context.Task.Token %}',
      },
      TimeoutSeconds: 60,
      End: true,
    },
  },
};

const TEMPLATE = {
  Resources: {
    Cases: table(CASES, 'pk'),
    Links: table(LINKS, 'pk', 'sk'),
    Inbox: {
      Type: 'AWS::S3::Bucket',
      Properties: { BucketName: INBOX, VersioningConfiguration: { Status: 'Enabled' } },
    },
    Outbox: { Type: 'AWS::S3::Bucket', Properties: { BucketName: OUTBOX } },
    Work: { Type: 'AWS::S3::Bucket', Properties: { BucketName: WORK } },
    Audit: {
      Type: 'AWS::S3::Bucket',
      Properties: { BucketName: AUDIT, VersioningConfiguration: { Status: 'Enabled' } },
    },
    HashKey: { Type: 'AWS::KMS::Key', Properties: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' } },
    Tokens: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'tokens' } },
    News: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
    OfAirtel: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: 'News' },
        Protocol: 'sqs',
        Endpoint: arn('sqs', 'of-airtel'),
        FilterPolicy: { operator: ['airtel'] },
      },
    },
    OfAll: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'News' }, Protocol: 'sqs', Endpoint: arn('sqs', 'of-all') },
    },
    Waits: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'Waits',
        RoleArn: 'arn:aws:iam::000000000000:role/waits',
        DefinitionString: { 'Fn::Join': ['', [...split(JSON.stringify(WAITS), 'TOKENS', { Ref: 'Tokens' })]] },
      },
    },
  },
};

function split(text: string, at: string, value: unknown): unknown[] {
  const [before = '', after = ''] = text.split(at);
  return [before, value, after];
}

export const TOPIC = arn('sns', 'news');
export const MACHINE = arn('states', 'stateMachine:Waits');

/** The ARN of the key that makes keyed hashes. */
export function hashKeyArn({ region, account, endpoint }: LocalCloud): string {
  const resources = resolveStacks([{ name: 'app', template: TEMPLATE }], { region, account, endpoint });
  return resources.find(({ logicalId }) => logicalId === 'HashKey')?.arn ?? '';
}

/**
 * An empty cloud with only what the stores talk to. It sets the environment that functions have, and so the stores must be imported after
 * this: their clients read it once, and stay good for the files that follow in this process, whose clouds have the same endpoint.
 */
export async function openStores(): Promise<LocalCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'stores-'));
  const artifacts = { app: { type: 'aws:cloudformation:stack', properties: { templateFile: 'app.template.json' } } };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts }));
  writeFileSync(join(folder, 'app.template.json'), JSON.stringify(TEMPLATE));
  const cloud = await beginCloud({ assembly: folder, start: START }).finally(() => rmSync(folder, { recursive: true }));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: cloud.endpoint,
    AWS_REGION: cloud.region,
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_MAX_ATTEMPTS: '1',
    STAGE: 'dev',
  });
  return cloud;
}

/** Leaves a cloud, if it has begun, to the next file. */
export async function closeStores(cloud: LocalCloud | undefined): Promise<void> {
  if (cloud) await leaveCloud(cloud);
}

/** The items of an async iterable of pages or values. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}

/** An async iterable over the given items. */
export async function* streamOf<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}
