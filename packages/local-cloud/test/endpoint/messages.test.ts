import { PublishCommand } from '@aws-sdk/client-sns';
import {
  CancelMessageMoveTaskCommand,
  GetQueueUrlCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clients, close, cloud, errorOf, form, open } from './lab.ts';

beforeAll(open);
afterAll(close);

describe('queues and topics at the endpoint', () => {
  it('wake the function behind a queue', async () => {
    const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: cloud.names.queues.Files }));
    await cloud.put(cloud.names.buckets.Inbox ?? '', 'sent/by-hand.csv', 'abc');
    const detail = { bucket: { name: cloud.names.buckets.Inbox ?? '' }, object: { key: 'sent/by-hand.csv' } };
    await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ detail, time: 'now' }) }));
    await cloud.rest();
    expect(await cloud.list(cloud.names.buckets.Outbox ?? '', 'sent/')).toEqual(['sent/by-hand.csv']);
    expect((await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
  });

  it('deliver to the subscriptions whose filter matches, wrapped or raw', async () => {
    const publish = (Message: string, operator: string) =>
      clients.sns.send(
        new PublishCommand({
          TopicArn: cloud.names.topics.News,
          Message,
          MessageAttributes: { operator: { DataType: 'String', StringValue: operator } },
        }),
      );
    await publish('for alpha', 'alpha');
    await publish('for beta', 'beta');
    await publish('for nobody', 'gamma');
    // The queue is in none of the stacks: it is found in the list.
    const { QueueUrls = [] } = await clients.sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'news-alpha' }));
    const QueueUrl = QueueUrls[0];
    const { Messages = [] } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
    expect(Messages.map(({ Body = '' }) => JSON.parse(Body))).toEqual([
      expect.objectContaining({ Type: 'Notification', Message: 'for alpha', TopicArn: cloud.names.topics.News }),
    ]);
    const alpha = { body: 'for alpha', attributes: { operator: 'alpha' } };
    const beta = { body: 'for beta', attributes: { operator: 'beta' } };
    expect(await cloud.receive('news-alpha')).toEqual([alpha]);
    expect(await cloud.receive('news-beta')).toEqual([beta]);
    expect(await cloud.receive('news-beta')).toEqual([]);
  });

  it('give a message its attributes when they are asked for, and none otherwise', async () => {
    const { QueueUrls: [QueueUrl] = [] } = await clients.sqs.send(
      new ListQueuesCommand({ QueueNamePrefix: 'news-beta' }),
    );
    const operator = { DataType: 'String', StringValue: 'beta' };
    const kind = { DataType: 'String', StringValue: 'order' };
    const MessageAttributes = { operator, kind };
    await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'by hand', MessageAttributes }));
    const attributes = async (names?: string[]) => {
      const asked = names === undefined ? {} : { MessageAttributeNames: names };
      const { Messages = [] } = await clients.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, ...asked }),
      );
      return Messages.map((message) => message.MessageAttributes);
    };
    expect(await attributes()).toEqual([undefined]);
    expect(await attributes([])).toEqual([undefined]);
    expect(await attributes(['kind'])).toEqual([{ kind }]);
    expect(await attributes(['All'])).toEqual([MessageAttributes]);
    expect(await cloud.receive('news-beta')).toEqual([
      { body: 'by hand', attributes: { operator: 'beta', kind: 'order' } },
    ]);
  });
});

describe('messages at the endpoint', () => {
  const publish = (fields: Record<string, string>) =>
    form('sns', {
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: cloud.names.topics.News ?? '',
      Message: 'm',
      ...fields,
    });
  const attribute = (name: string, type: string | undefined, value: Record<string, string>) => ({
    'MessageAttributes.entry.1.Name': name,
    ...(type === undefined ? {} : { 'MessageAttributes.entry.1.Value.DataType': type }),
    ...Object.fromEntries(
      Object.entries(value).map(([field, text]) => [`MessageAttributes.entry.1.Value.${field}Value`, text]),
    ),
  });

  // Recorded on AWS: LocalStack's test_sns.snapshot.json, test_empty_or_wrong_message_attributes, test_message_attributes_prefixes,
  // test_message_structure_json_exc, test_empty_sns_message, test_publish_with_empty_subject.
  it.each([
    ['ParameterValueInvalid', attribute('a', 'String', { String: '' })],
    ['ParameterValueInvalid', attribute('a', 'String', {})],
    ['ParameterValueInvalid', attribute('a', 'Binary', { Binary: '' })],
    ['ParameterValueInvalid', attribute('a', 'String', { Binary: 'YQ==' })],
    ['ParameterValueInvalid', attribute('a', 'Binary', { String: 'a' })],
    ['ParameterValueInvalid', attribute('a', 'Foo', { String: 'a' })],
    ['ParameterValueInvalid', attribute('a', 'Stringy', { String: 'a' })],
    ['ParameterValueInvalid', attribute('a', 'Number', { String: 'a' })],
    ['ParameterValueInvalid', attribute('a'.repeat(257), 'String', { String: 'a' })],
    ['ParameterValueInvalid', attribute('a^', 'String', { String: 'a' })],
    ['ParameterValueInvalid', attribute('.a', 'String', { String: 'a' })],
    ['ParameterValueInvalid', attribute('a.', 'String', { String: 'a' })],
    ['ParameterValueInvalid', attribute('a..b', 'String', { String: 'a' })],
    ['ValidationError', attribute('a', undefined, { String: 'a' })],
    ['InvalidParameter', { Message: '' }],
    ['InvalidParameter', { Subject: '' }],
    ['InvalidParameter', { MessageStructure: 'json', Message: '{' }],
    ['InvalidParameter', { MessageStructure: 'json', Message: '{"sqs":"s"}' }],
    ['InvalidParameter', { MessageStructure: 'json', Message: '{"default":{},"sqs":"s"}' }],
    ['InvalidParameter', { MessageStructure: 'xml' }],
    ['InvalidParameter', { PhoneNumber: '+10000000' }],
  ])('%s: %j', async (code, fields) => {
    const { status, text } = await publish(fields);
    expect([status, /<Code>(.*)<\/Code>/.exec(text)?.[1]]).toEqual([400, code]);
  });

  it('take attributes of every type, with a label behind it, too', async () => {
    for (const [type, value] of [
      ['String.Label', 'a'],
      ['String.Array', '["a"]'],
      ['Number', '-1.5e3'],
    ] as const)
      expect((await publish(attribute('a_b-c.d', type, { String: value }))).status).toBe(200);
  });

  // test_message_structure_json_to_sqs
  it('deliver to queues what their structure has for them, one by one and in a batch', async () => {
    const json = (parts: unknown) => ({ MessageStructure: 'json', Message: JSON.stringify(parts) });
    const alpha = attribute('operator', 'String', { String: 'alpha' });
    await cloud.receive('news-alpha');
    await publish({ ...alpha, ...json({ default: 'for others', sqs: '{"field":"value"}' }) });
    await publish({ ...alpha, ...json({ default: 'for all', email: 'for mail' }) });
    const batch = { Id: '1', ...alpha, ...json({ default: 'd', sqs: 'of a batch' }) };
    const entry = Object.entries(batch).map(([name, value]) => [`PublishBatchRequestEntries.member.1.${name}`, value]);
    await form('sns', {
      Action: 'PublishBatch',
      TopicArn: cloud.names.topics.News ?? '',
      ...Object.fromEntries(entry),
    });
    const bodies = (await cloud.receive('news-alpha')).map(({ body }) => body);
    expect(bodies).toEqual(['{"field":"value"}', 'for all', 'of a batch']);
  });
});

describe('dead letters at the endpoint', () => {
  const arnOf = (name: string) => `arn:aws:sqs:ap-south-1:000000000000:${name}`;
  const start = (SourceArn: string, more = {}) =>
    clients.sqs.send(new StartMessageMoveTaskCommand({ SourceArn, ...more }));

  it('go back to their queue, and the task tells how many', async () => {
    const { Files = '', DeadLetters = '' } = cloud.names.queues;
    const SourceArn = arnOf(DeadLetters);
    const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: DeadLetters }));
    for (const key of ['dead/one.csv', 'dead/two.csv']) {
      await cloud.put(cloud.names.buckets.Inbox ?? '', key, 'abc');
      const detail = { bucket: { name: cloud.names.buckets.Inbox ?? '' }, object: { key } };
      await clients.sqs.send(
        new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ detail, time: 'now' }) }),
      );
    }
    await start(SourceArn);
    await cloud.rest();
    expect(await cloud.list(cloud.names.buckets.Outbox ?? '', 'dead/')).toEqual(['dead/one.csv', 'dead/two.csv']);
    expect((await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
    await start(SourceArn);
    const { Results = [] } = await clients.sqs.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 10 }));
    expect(
      Results.map(({ Status, ApproximateNumberOfMessagesMoved }) => [Status, ApproximateNumberOfMessagesMoved]),
    ).toEqual([
      ['COMPLETED', 0],
      ['COMPLETED', 2],
    ]);
    const newest = await clients.sqs.send(new ListMessageMoveTasksCommand({ SourceArn }));
    expect(newest.Results).toEqual(Results.slice(0, 1));
    expect((await errorOf(start(arnOf(Files))))[1]).toBe('Source queue must be configured as a Dead Letter Queue.');
  });

  it('stay where a task is asked for what is not implemented, or where there is no such queue', async () => {
    const SourceArn = arnOf(cloud.names.queues.DeadLetters ?? '');
    expect((await errorOf(start(SourceArn, { DestinationArn: arnOf('nothing') })))[0]).toBe(
      'ResourceNotFoundException',
    );
    expect((await errorOf(start(SourceArn, { MaxNumberOfMessagesPerSecond: 10 })))[1]).toBe(
      "the local cloud's StartMessageMoveTask has no MaxNumberOfMessagesPerSecond",
    );
    expect((await errorOf(start(arnOf('nothing'))))[0]).toBe('ResourceNotFoundException');
    const cancel = new CancelMessageMoveTaskCommand({ TaskHandle: 'x' });
    expect((await errorOf(clients.sqs.send(cancel)))[1]).toBe("the local cloud's SQS has no CancelMessageMoveTask");
  });
});
