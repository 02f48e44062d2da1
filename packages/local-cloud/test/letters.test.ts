import { rmSync } from 'node:fs';
import { PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCloud } from '../src/cloud.ts';
import type { LocalCloud } from '../src/face.ts';
import { assemblyOf } from './fixture/assembly.ts';

const ADDRESS = 'somebody@example.org';
const SERVER = 'https://desk.example.org/news';

let assembly: string;
let cloud: LocalCloud;
const client = () => ({
  endpoint: cloud.endpoint,
  region: cloud.region,
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
});

beforeAll(async () => {
  assembly = assemblyOf({
    News: { Type: 'AWS::SNS::Topic' },
    Mail: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'News' }, Protocol: 'email', Endpoint: ADDRESS },
    },
    Web: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'News' }, Protocol: 'https', Endpoint: SERVER, RawMessageDelivery: true },
    },
    Desk: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'desk' } },
    Queue: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'News' }, Protocol: 'sqs', Endpoint: { 'Fn::GetAtt': ['Desk', 'Arn'] } },
    },
  });
  cloud = await startCloud({ assembly });
}, 60_000);

afterAll(async () => {
  await cloud?.stop();
  rmSync(assembly, { recursive: true, force: true });
});

it('mail of a topic is taken by its address, once, and lies in a queue that a client finds', async () => {
  await new SNSClient(client()).send(new PublishCommand({ TopicArn: cloud.names.topics.News, Message: 'hello' }));
  const { QueueUrls } = await new SQSClient(client()).send(new ListQueuesCommand());
  const mailbox = (protocol: string) => expect.stringMatching(new RegExp(`/000000000000/${protocol}-[0-9a-f]{16}$`));
  expect(QueueUrls).toEqual(expect.arrayContaining([mailbox('email'), mailbox('https')]));
  const QueueUrl = QueueUrls?.find((url) => url.includes('/email-'));
  const asked = { QueueUrl, VisibilityTimeout: 0 };
  const { Messages } = await new SQSClient(client()).send(new ReceiveMessageCommand(asked));
  expect(Messages?.map(({ Body }) => Body)).toEqual([expect.stringContaining('hello')]);
  expect(await cloud.receive(ADDRESS)).toEqual([{ body: 'hello', attributes: {} }]);
  expect(await cloud.receive(ADDRESS)).toEqual([]);
});

describe('a message that is published by protocol', () => {
  const bodies = async (of: string) => (await cloud.receive(of)).map(({ body }) => body);
  const json = (parts: object) => ({ MessageStructure: 'json', Message: JSON.stringify(parts) });
  beforeEach(async () => {
    for (const of of [ADDRESS, SERVER, 'desk']) await cloud.receive(of);
  });

  it('says to each what was written for its protocol, else the default; mail has its subject', async () => {
    const sns = new SNSClient(client());
    const TopicArn = cloud.names.topics.News;
    const parts = { default: '{"kind":"order"}', email: 'An order\nwas published.' };
    await sns.send(new PublishCommand({ TopicArn, Subject: 'Order', ...json(parts) }));
    await sns.send(new PublishCommand({ TopicArn, ...json({ default: 'd', https: 'h', sqs: 'q' }) }));
    expect(await cloud.receive(ADDRESS)).toEqual([
      { body: 'An order\nwas published.', attributes: {}, subject: 'Order' },
      { body: 'd', attributes: {} },
    ]);
    expect(await bodies(SERVER)).toEqual(['{"kind":"order"}', 'h']);
    expect(await bodies('desk')).toEqual(['{"kind":"order"}', 'q']);
  });

  it('leaves what is published beside it alone, wrapped or raw', async () => {
    const sns = new SNSClient(client());
    const TopicArn = cloud.names.topics.News;
    const plain = ['hello', '{"Message":"plain"}', '{}'].map((Message, n) => ({ Id: `plain-${n}`, Message }));
    const PublishBatchRequestEntries = [{ Id: 'parts', ...json({ default: 'd', https: 'h' }) }, ...plain];
    await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
    expect(await bodies(SERVER)).toEqual(['h', ...plain.map(({ Message }) => Message)]);
    expect(await bodies(ADDRESS)).toEqual(['d', ...plain.map(({ Message }) => Message)]);
  });

  it('says so, too, where many come at once, and in a batch', async () => {
    const sns = new SNSClient(client());
    const TopicArn = cloud.names.topics.News;
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const parts = (n: number) => json({ default: `d${n}`, email: `e${n}` });
    await Promise.all(numbers.map((n) => sns.send(new PublishCommand({ TopicArn, ...parts(n) }))));
    const PublishBatchRequestEntries = [20, 21].map((n) => ({ Id: String(n), ...parts(n) }));
    await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
    const expected = (letter: string) => [...numbers, 20, 21].map((n) => `${letter}${n}`).sort();
    expect((await bodies(ADDRESS)).sort()).toEqual(expected('e'));
    expect((await bodies('desk')).sort()).toEqual(expected('d'));
  });
});

it('an address that nobody subscribed has no mailbox', async () => {
  await expect(cloud.receive('nobody@example.org')).rejects.toThrow('there is no queue nobody@example.org');
});
