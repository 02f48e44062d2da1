import { rmSync } from 'node:fs';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCloud } from '../src/cloud.ts';
import type { LocalCloud } from '../src/face.ts';
import { assemblyOf } from './fixture/assembly.ts';

const ADDRESS = 'somebody@example.org';

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
  expect(QueueUrls).toEqual([expect.stringMatching(/\/000000000000\/email-[0-9a-f]{16}$/)]);
  expect(await cloud.receive(ADDRESS)).toEqual([{ body: 'hello', attributes: {} }]);
  expect(await cloud.receive(ADDRESS)).toEqual([]);
});

it('an address that nobody subscribed has no mailbox', async () => {
  await expect(cloud.receive('nobody@example.org')).rejects.toThrow('there is no queue nobody@example.org');
});
