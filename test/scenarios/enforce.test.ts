import { rm } from 'node:fs/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateMultipartUploadCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type LocalCloud, NotAuthorized, startCloud } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { changedAssembly, resourceOf, type Template } from './assembly.ts';
import { AT_ONCE, HOUR, Lab, START } from './lab.ts';
import { FIRST, H1, SECOND, tellStory } from './story.ts';

let lab: Lab;
let cloud: LocalCloud;
beforeAll(async () => {
  lab = await Lab.open({ telling: true, enforce: true });
  cloud = lab.cloud;
  await tellStory(lab);
});
afterAll(() => lab?.close());

describe('with the rights of the synthesized policies in force', () => {
  it('two batches that meet settle with their own outcomes, and no right is lacking', async () => {
    expect(await lab.summary('mha')).toMatchObject({ status: 'settled', ...FIRST });
    expect(await lab.summary('up-police')).toMatchObject({ status: 'settled', ...SECOND });
    expect(cloud.failures()).toEqual([]);
  });

  it('a participant uploads and reads in its own places, under its role', async () => {
    const { inbox, outbox } = bucketsOf(cloud);
    await cloud.put(inbox, 'usage/jio/more.csv', 'imei,msisdn,last_seen\n', 'dev-ap-south-1-operator-jio');
    await cloud.rest();
    expect(await cloud.list(outbox, 'rejects/jio/', 'dev-ap-south-1-operator-jio')).toContain('rejects/jio/more.csv');
    expect(Buffer.from(await cloud.get(outbox, 'rejects/jio/more.csv', 'dev-ap-south-1-operator-jio')).toString()).toBe(
      withWhatToDo('line,value,reason\n'),
    );
    const revocations = await cloud.list(outbox, 'revocations/', 'dev-ap-south-1-reader-banks');
    expect(revocations.length).toBeGreaterThan(2);
    await cloud.get(outbox, revocations[0] ?? '', 'dev-ap-south-1-reader-banks');
  });

  it.each([
    ['puts usage for another operator', 'dev-ap-south-1-operator-jio', 'put', 'inbox', 'usage/airtel/x.csv'],
    ['puts a report as an operator', 'dev-ap-south-1-operator-jio', 'put', 'inbox', 'reports/mha/x.csv'],
    ["reads another's rejects", 'dev-ap-south-1-operator-jio', 'get', 'outbox', 'rejects/airtel/usage.csv'],
    ["reads another agency's rejects", 'dev-ap-south-1-agency-up-police', 'get', 'outbox', 'rejects/mha/report.csv'],
    ["lists another's orders", 'dev-ap-south-1-operator-jio', 'list', 'outbox', 'orders/airtel/'],
    ['lists all', 'dev-ap-south-1-agency-mha', 'list', 'outbox', ''],
    ['reads orders as a bank', 'dev-ap-south-1-reader-banks', 'list', 'outbox', 'orders/'],
    ['reads its own upload back', 'dev-ap-south-1-operator-jio', 'get', 'inbox', 'usage/jio/usage.csv'],
    ['reads what was prepared', 'dev-ap-south-1-administrator-administrator', 'list', 'work', 'plans/'],
  ] as const)('nobody %s', async (_, role, verb, name, key) => {
    const bucket = bucketsOf(cloud)[name] ?? '';
    const act = {
      put: () => cloud.put(bucket, key, 'imei\n', role),
      get: () => cloud.get(bucket, key, role),
      list: () => cloud.list(bucket, key, role),
    };
    // In the words by which a run knows a denied upload.
    await expect(act[verb]()).rejects.toThrow(/^S3 answered AccessDenied to /);
  });

  it('who may list a key and reads what is not there is refused, and lacks no right', async () => {
    const { outbox = '' } = bucketsOf(cloud);
    const before = cloud.failures();
    const read = (key: string) => cloud.get(outbox, key, 'dev-ap-south-1-operator-jio');
    await expect(read('receipts/jio/none.json')).rejects.toThrow(/^S3 answered AccessDenied to /);
    expect(cloud.failures()).toEqual(before);
    await expect(read('receipts/airtel/none.json')).rejects.toThrow(/^S3 answered AccessDenied to /);
    expect(cloud.failures()).toHaveLength(before.length + 1);
  });

  it('nobody uploads as a participant that there is none of', async () => {
    const { inbox } = bucketsOf(cloud);
    await expect(cloud.put(inbox, 'reports/cbi/x.csv', 'imei\n', 'dev-ap-south-1-agency-cbi')).rejects.toThrow(
      /^S3 answered InvalidAccessKeyId to /,
    );
  });

  it.each([
    ['under a foreign key', { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'arn:aws:kms:ap-south-1:1:key/x' }],
    ['under a key of its own', { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'x', SSECustomerKeyMD5: 'x' }],
    ['in parts, in a cold storage class', { StorageClass: 'GLACIER' }],
  ] as const)('nobody uploads %s, which none of the functions could read', async (how, more) => {
    const credentials = { accessKeyId: 'dev-ap-south-1-operator-jio', secretAccessKey: 'x' };
    const s3 = new S3Client({ endpoint: cloud.endpoint, region: cloud.region, forcePathStyle: true, credentials });
    const upload = { Bucket: bucketsOf(cloud).inbox, Key: 'usage/jio/foreign.csv' };
    const put = (said: object) =>
      how.startsWith('in parts')
        ? s3.send(new CreateMultipartUploadCommand({ ...upload, ...said }))
        : s3.send(new PutObjectCommand({ ...upload, ...said, Body: 'imei,msisdn,last_seen\n' }));
    await expect(put(more)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(put({})).resolves.toBeDefined();
  });

  it("nobody sends an event past the inbox, and is refused in SQS's own words", async () => {
    const credentials = { accessKeyId: 'dev-ap-south-1-operator-jio', secretAccessKey: 'x' };
    const sqs = new SQSClient({ endpoint: cloud.endpoint, region: cloud.region, credentials });
    const QueueUrl = `${cloud.endpoint}/${cloud.account}/${cloud.names.queues.UsageQueue}`;
    await expect(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }))).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(
        'dev-ap-south-1-operator-jio is not authorized to perform sqs:SendMessage on arn:aws:sqs:',
      ),
    });
  });
});

describe('a key that begins as a role of the stage does', () => {
  const as = (accessKeyId: string) => ({
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: { accessKeyId, secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  const asks: Readonly<Record<string, [error: string, ask: (accessKeyId: string) => Promise<unknown>]>> = {
    S3: [
      'InvalidAccessKeyId',
      (key) =>
        new S3Client({ ...as(key), forcePathStyle: true }).send(
          new ListObjectsV2Command({ Bucket: bucketsOf(cloud).inbox }),
        ),
    ],
    DynamoDB: [
      'UnrecognizedClientException',
      (key) =>
        new DynamoDBClient(as(key)).send(
          new GetItemCommand({ TableName: cloud.names.tables.Cases, Key: { pk: { S: 'PLANNING' } } }),
        ),
    ],
    'Step Functions': [
      'UnrecognizedClientException',
      (key) => new SFNClient(as(key)).send(new ListStateMachinesCommand()),
    ],
    SQS: ['InvalidClientTokenId', (key) => new SQSClient(as(key)).send(new ListQueuesCommand())],
    SNS: ['InvalidClientTokenId', (key) => new SNSClient(as(key)).send(new ListTopicsCommand())],
    CloudFormation: [
      'InvalidClientTokenId',
      (key) => new CloudFormationClient(as(key)).send(new DescribeStacksCommand()),
    ],
    STS: ['InvalidClientTokenId', (key) => new STSClient(as(key)).send(new GetCallerIdentityCommand())],
  };

  it.each(Object.keys(asks))(
    'and is none is refused by %s, where any other is the owner of the account',
    async (of) => {
      const [error, ask] = asks[of] as (typeof asks)[string];
      for (const slip of ['dev-ap-south-1-agency-mah', 'dev-ap-south-1-operator-jio2', 'dev-'])
        await expect(ask(slip)).rejects.toMatchObject({ name: error });
      await expect(ask('devoted')).resolves.toBeDefined();
    },
  );
});

describe('a usage file in pieces and a batch of more than 40 directions', () => {
  it('take no right that is lacking', async () => {
    await using large = await Lab.open({
      telling: true,
      enforce: true,
      context: { bytesPerPiece: '600', rowsPerDirection: '1' },
    });
    const rows = Array.from({ length: 41 }, (_, n) => `${H1},+9198000000${n + 10},2026-05-20,`);
    await large.usage('airtel', rows);
    await large.report('mha', [H1]);
    await large.at(1);
    expect(large.cloud.failures()).toEqual([]);
    // 41 numbers and a handset at five operators, each a direction of its own: beyond what an inline Map runs.
    expect(await large.directions()).toHaveLength(46);
    const { ImportByPieces, Batch } = large.cloud.consumption().stepFunctions.byMachine;
    expect(ImportByPieces?.mapChildStarts).toBeGreaterThan(1);
    // One of Expand, one of Claim for numbers and one for handsets, and two of Direct: 40 directions each.
    expect(Batch?.mapChildStarts).toBe(5);
  });
});

/** The synthesized app with one of its templates changed. */
const changed = async (stack: string, change: (template: Template) => void) =>
  changedAssembly(await synthesize({ bare: true, context: { ...AT_ONCE, sweepHours: '24' } }), {
    [`${stack}.template.json`]: change,
  });

/** Takes out of a template the policies that fit, and says how many. */
function without(template: Template, type: string, fits: (text: string) => boolean): void {
  const found = Object.entries(template.Resources).filter(([, one]) => one.Type === type && fits(JSON.stringify(one)));
  expect(found).toHaveLength(1);
  for (const [id] of found) delete template.Resources[id];
}

describe('a right that is lacking', () => {
  it.each([
    [
      "of a function's policy",
      'dev-workflow',
      (template: Template) =>
        without(template, 'AWS::IAM::Policy', (text) => text.includes('/rejects/*') && text.includes('ScreenRole')),
      /^a right was lacking: dev-ap-south-1-function-Screen may not s3:PutObject on arn:aws:s3:::dev-data-outbox/,
    ],
    [
      "of a state machine's policy",
      'dev-workflow',
      (template: Template) =>
        without(template, 'AWS::IAM::Policy', (text) => text.includes('WorkKey') && text.includes('"BatchRole')),
      /^a right was lacking: dev-ap-south-1-machine-Batch may not s3:GetObject on arn:aws:s3:::dev-data-work/,
    ],
    [
      "of a state machine's policy, to encrypt what its executions keep",
      'dev-workflow',
      (template: Template) => without(template, 'AWS::IAM::Policy', (text) => text.includes('BatchUseKey')),
      /^a right was lacking: dev-ap-south-1-function-Intake may not states:StartExecution on arn:aws:states:/,
    ],
    [
      "of a key's policy",
      'dev-data',
      (template: Template) => {
        const keys = Object.entries(template.Resources).filter(([id]) => /^InboxKey/.test(id));
        const policies = keys.map(([, { Properties }]) => Properties.KeyPolicy as { Statement: { Sid: string }[] });
        const Statement = policies.flatMap((policy) => policy.Statement);
        const kept = Statement.filter(({ Sid }) => Sid !== 'ReadByS3');
        expect(kept).toHaveLength(Statement.length - 1);
        for (const policy of policies) policy.Statement = kept;
      },
      /^a right was lacking: dev-ap-south-1-function-Intake may not s3:GetObjectVersion on arn:aws:s3:::dev-data-inbox/,
    ],
  ])('%s is refused, and told', async (_, stack, change, told) => {
    const assembly = await changed(stack, change);
    await using poorer = await Lab.open({ telling: true, assembly, enforce: true });
    await rm(assembly, { recursive: true });
    await poorer.report('mha', [H1]);
    await poorer.cloud.run(START + HOUR);
    expect(poorer.cloud.failures()).toEqual(expect.arrayContaining([expect.stringMatching(told)]));
  });

  it('from the next deployment on is refused then', async () => {
    await using lab = await Lab.open({ telling: true, enforce: true });
    const assembly = await changed('dev-workflow', (template) =>
      without(template, 'AWS::IAM::Policy', (text) => text.includes('AllowStartBatch') && text.includes('IntakeRole')),
    );
    await lab.report('mha', [H1]);
    expect(lab.cloud.failures()).toEqual([]);
    await lab.cloud.deploy(assembly);
    await lab.report('mha', [H1], 'another.csv');
    expect(lab.cloud.failures()[0]).toMatch(
      /^a right was lacking: dev-ap-south-1-function-Intake may not states:StartExecution on arn:aws:states:/,
    );
    await rm(assembly, { recursive: true });
  });

  it('between the parts of the app is told before anything runs', async () => {
    const assembly = await changed('dev-data', (template) =>
      without(template, 'AWS::SQS::QueuePolicy', (text) => text.includes('"UsageQueue')),
    );
    await expect(startCloud({ assembly, start: START, enforce: true })).rejects.toThrow(NotAuthorized);
    await expect(startCloud({ assembly, start: START, enforce: true })).rejects.toThrow(
      /UsageUploaded.*sqs:SendMessage on arn:aws:sqs:.*UsageQueue.*: resource does not allow/,
    );
    await rm(assembly, { recursive: true });
  });

  it('of a state machine, whose role trusts Step Functions for another account, is told before anything runs', async () => {
    const assembly = await changed('dev-workflow', (template) => {
      const { properties } = resourceOf(template, 'AWS::IAM::Role', 'DirectionRole');
      const { Statement } = properties.AssumeRolePolicyDocument as { Statement: { Condition: unknown }[] };
      for (const trust of Statement) trust.Condition = { StringEquals: { 'aws:SourceAccount': '999988887777' } };
    });
    await expect(startCloud({ assembly, start: START, enforce: true })).rejects.toThrow(
      /Direction.*: sts:AssumeRole on arn:aws:iam::.*-machine-Direction: resource does not allow/,
    );
    await rm(assembly, { recursive: true });
  });
});
