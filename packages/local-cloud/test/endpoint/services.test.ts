import { createServer } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { ListTablesCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { GetBucketVersioningCommand, GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { GetActivityTaskCommand, ListExecutionsCommand, ListStateMachinesCommand } from '@aws-sdk/client-sfn';
import { DeleteTopicCommand, ListTopicsCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { ListQueuesCommand, TagQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Endpoint } from '../../src/endpoint/endpoint.ts';
import { START } from '../fixture/lab.ts';
import { clients, close, cloud, errorOf, form, json, open, raw } from './lab.ts';

beforeAll(open);
afterAll(close);

describe('one endpoint for all services', () => {
  it('serves each by the service that signed the request', async () => {
    const { dynamo, s3, sfn, sns, sqs } = clients;
    expect((await dynamo.send(new ListTablesCommand())).TableNames).toEqual([cloud.names.tables.Things]);
    const versioning = await s3.send(new GetBucketVersioningCommand({ Bucket: cloud.names.buckets.Inbox ?? '' }));
    expect(versioning.Status).toBe('Enabled');
    expect(
      (await sfn.send(new ListStateMachinesCommand())).stateMachines
        ?.map(({ stateMachineArn }) => stateMachineArn)
        .sort(),
    ).toEqual(Object.values(cloud.names.machines).sort());
    expect((await sns.send(new ListTopicsCommand())).Topics).toEqual([{ TopicArn: cloud.names.topics.News }]);
    expect((await sqs.send(new ListQueuesCommand())).QueueUrls).toHaveLength(5);
    expect((await form('sts', { Action: 'GetCallerIdentity', Version: '2011-06-15' })).text).toContain(
      '<Account>000000000000</Account>',
    );
    const listed = await raw('/2015-03-31/functions/', { service: 'lambda' });
    const names = (JSON.parse(listed.text) as { Functions: { FunctionName: string }[] }).Functions.map(
      (f) => f.FunctionName,
    );
    expect(names.sort()).toEqual(Object.values(cloud.names.functions).sort());
  });

  it('takes a request without a signature by what it says of itself, else as one of S3', async () => {
    const target = { 'x-amz-target': 'DynamoDB_20120810.ListTables', 'content-type': 'application/x-amz-json-1.0' };
    const tables = await raw('/', { method: 'POST', headers: target, body: '{}' });
    expect(JSON.parse(tables.text)).toEqual({ TableNames: [cloud.names.tables.Things] });
    expect((await raw('/')).text).toContain(`<Name>${cloud.names.buckets.Inbox ?? ''}</Name>`);
  });

  it("dates its answers by the cloud's clock, and no refusal, which AWS's clients would try again for its date", async () => {
    const date = new Date(cloud.clock.now()).toUTCString();
    expect((await raw('/', { service: 's3' })).headers.date).toBe(date);
    expect((await raw(`/${cloud.names.buckets.Inbox}?list-type=2`, { service: 's3' })).headers.date).toBe(date);
    expect((await json('DynamoDB_20120810.ListTables', {}, 'dynamodb')).headers.date).toBe(date);
    for (const service of ['dynamodb', 's3', 'sqs', 'sns', 'states', 'lambda', 'kms', 'nothing']) {
      const { status, headers } = await raw('/none/none', { service });
      expect([service, status >= 400, headers.date]).toEqual([service, true, undefined]);
    }
  });

  it('has no other service, and says so', async () => {
    const { status, text } = await json('AmazonEC2.DescribeInstances', {}, 'ec2');
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { __type: 'UnknownOperationException', message: 'the local cloud has no service ec2' },
    ]);
    expect(JSON.parse((await json('x.y', {}, 'constructor')).text).message).toBe(
      'the local cloud has no service constructor',
    );
  });

  it('is addressed as itself: a bucket’s name in the host is refused, not taken for another bucket', async () => {
    const host = `inbox.localhost:${new URL(cloud.endpoint).port}`;
    const { status, text } = await raw('/reports/mha/r.csv', {
      method: 'PUT',
      service: 's3',
      headers: { host },
      body: 'x',
    });
    expect(status).toBe(501);
    expect(text).toContain(
      `<Code>NotImplemented</Code><Message>the local cloud answers at ${cloud.endpoint} only, not as inbox.localhost</Message>`,
    );
    expect((await raw('/', { headers: { host: `localhost:${new URL(cloud.endpoint).port}` } })).status).toBe(200);
  });

  it('listens on the loopback interface only', async () => {
    const port = Number(new URL(cloud.endpoint).port);
    expect(new URL(cloud.endpoint).hostname).toBe('127.0.0.1');
    const others = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'),
    );
    for (const { address } of others) {
      const reached = await new Promise<boolean>((resolve) => {
        const socket = connect({ host: address, port }, () => resolve(true));
        socket.on('error', () => resolve(false));
      });
      expect([address, reached]).toEqual([address, false]);
    }
  });

  it('is refused where the port is taken, and answers that it is starting before it is open', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    await expect(Endpoint.listen(port)).rejects.toThrow(/EADDRINUSE/);
    taken.close();
    const endpoint = await Endpoint.listen(0);
    const response = await fetch(endpoint.url);
    expect([response.status, await response.text()]).toEqual([
      503,
      expect.stringContaining('<Code>ServiceUnavailable</Code>'),
    ]);
    await endpoint.close();
  });
});

describe('what a service does not implement is an error that names it', () => {
  it('an action of DynamoDB, and a field', async () => {
    const { dynamo } = clients;
    const transaction = new TransactWriteItemsCommand({ TransactItems: [] });
    expect(await errorOf(dynamo.send(transaction))).toEqual([
      'UnknownOperationException',
      "the local cloud's DynamoDB has no TransactWriteItems",
    ]);
    const put = new PutItemCommand({
      TableName: cloud.names.tables.Things,
      Item: { pk: { S: 'x' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(await errorOf(dynamo.send(put))).toEqual([
      'NotImplemented',
      "PutItem: the local cloud's DynamoDB has no field ReturnValuesOnConditionCheckFailure",
    ]);
  });

  it('an action of Step Functions, and a field', async () => {
    const { sfn } = clients;
    const activity = new GetActivityTaskCommand({ activityArn: 'arn:aws:states:ap-south-1:000000000000:activity:a' });
    expect(await errorOf(sfn.send(activity))).toEqual([
      'UnknownOperationException',
      'Step Functions action GetActivityTask is not implemented',
    ]);
    const redriven = new ListExecutionsCommand({
      stateMachineArn: cloud.names.machines.Steps,
      redriveFilter: 'REDRIVEN',
    });
    expect(await errorOf(sfn.send(redriven))).toEqual([
      'ValidationException',
      'field redriveFilter of Step Functions action ListExecutions is not implemented',
    ]);
  });

  it('an action of S3', async () => {
    const tagging = new GetObjectTaggingCommand({ Bucket: cloud.names.buckets.Inbox ?? '', Key: 'x' });
    expect(await errorOf(clients.s3.send(tagging))).toEqual([
      'NotImplemented',
      "the local cloud's S3 has no GetObject ?tagging",
    ]);
  });

  it('an action of SQS', async () => {
    const { QueueUrls = [] } = await clients.sqs.send(new ListQueuesCommand());
    const [name, message] = await errorOf(
      clients.sqs.send(new TagQueueCommand({ QueueUrl: QueueUrls[0], Tags: { a: 'b' } })),
    );
    expect(name).toMatch(/UnknownOperation/);
    expect(message).toBe("the local cloud's SQS has no TagQueue");
  });

  it('an action of SNS, and a protocol', async () => {
    const { sns } = clients;
    const TopicArn = cloud.names.topics.News;
    expect(await errorOf(sns.send(new DeleteTopicCommand({ TopicArn })))).toEqual([
      'InvalidAction',
      "the local cloud's SNS has no DeleteTopic",
    ]);
    const [, message] = await errorOf(
      sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'a@example.org' })),
    );
    expect(message).toBe("the local cloud's SNS has no Protocol email (only sqs)");
    expect((await sns.send(new ListTopicsCommand())).Topics).toHaveLength(1);
  });

  it('an action of Lambda, and an option', async () => {
    const path = `/2015-03-31/functions/${cloud.names.functions.Echo}`;
    const get = await raw(path, { service: 'lambda' });
    expect([get.status, JSON.parse(get.text).message]).toEqual([501, `the local cloud's Lambda has no GET ${path}`]);
    const tail = await raw(`${path}/invocations`, {
      method: 'POST',
      service: 'lambda',
      headers: { 'x-amz-log-type': 'Tail' },
    });
    expect([tail.status, JSON.parse(tail.text).message]).toEqual([
      501,
      "the local cloud's Lambda has no Invoke with LogType Tail",
    ]);
    const version = await raw(`${path}/invocations?Qualifier=5`, { method: 'POST', service: 'lambda' });
    expect([version.status, JSON.parse(version.text).message]).toEqual([
      501,
      "the local cloud's Lambda has no Invoke with ?Qualifier",
    ]);
  });

  it('a body that is not JSON', async () => {
    for (const [target, service] of [
      ['DynamoDB_20120810.GetItem', 'dynamodb'],
      ['AWSStepFunctions.ListStateMachines', 'states'],
    ] as const) {
      const { status, text } = await json(target, '{', service);
      expect([status, JSON.parse(text).__type]).toEqual([400, expect.stringMatching(/SerializationException$/)]);
    }
  });
});

describe('stacks at the endpoint', () => {
  const cloudFormation = () =>
    new CloudFormationClient({
      endpoint: cloud.endpoint,
      region: cloud.region,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });

  it('are told with their outputs, one or all', async () => {
    const client = cloudFormation();
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({}));
    expect(Stacks.map(({ StackName }) => StackName).sort()).toEqual(['fixture-data', 'fixture-work']);
    const one = await client.send(new DescribeStacksCommand({ StackName: 'fixture-data' }));
    expect(one.Stacks).toMatchObject([{ StackStatus: 'CREATE_COMPLETE', CreationTime: new Date(START) }]);
    const values = one.Stacks?.[0]?.Outputs?.map(({ OutputValue }) => OutputValue);
    expect(values).toContain(cloud.names.buckets.Inbox ?? '');
    client.destroy();
  });

  it('that are not there, and other actions, are errors that name them', async () => {
    const client = cloudFormation();
    const [name, message] = await errorOf(client.send(new DescribeStacksCommand({ StackName: 'other-data' })));
    expect([name, message]).toEqual(['ValidationError', 'Stack with id other-data does not exist']);
    const events = new DescribeStackEventsCommand({ StackName: 'fixture-data' });
    expect((await errorOf(client.send(events)))[1]).toBe("the local cloud's CloudFormation has no DescribeStackEvents");
    client.destroy();
  });
});
