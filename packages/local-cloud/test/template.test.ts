import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud } from '../src/cloud.ts';
import { loadAssembly } from '../src/templates/assembly.ts';
import { resolveStacks, UnsupportedTemplate } from '../src/templates/template.ts';

const SETTINGS = { region: 'ap-south-1', account: '111122223333', endpoint: 'http://127.0.0.1:4510' };
type Template = Parameters<typeof resolveStacks>[0][number]['template'];

const load = (template: Template, ...others: { name: string; template: Template }[]) =>
  resolveStacks([{ name: 'app', template }, ...others], SETTINGS);

/** The problems that a template is refused for. */
function problemsOf(template: Template): readonly string[] {
  try {
    load(template);
  } catch (error) {
    if (error instanceof UnsupportedTemplate) return error.problems;
    throw error;
  }
  return [];
}

const BUCKET = { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'inbox' } };
const QUEUE = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'work' } };
/** A value as a queue policy's property: anything may stand there. */
const policy = (value: unknown) => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: { Queues: ['x'], PolicyDocument: value },
});
const resolved = (
  value: unknown,
  more: Template['Resources'] = {},
  ...others: { name: string; template: Template }[]
) =>
  load({ Resources: { Policy: policy(value), Bucket: BUCKET, Queue: QUEUE, ...more } }, ...others)[0]?.properties
    .PolicyDocument;

describe('what a template may not hold is an error that names it', () => {
  it.each<[problem: string, template: Template]>([
    [
      'app.Alias: property DeploymentPreference of AWS::StepFunctions::StateMachineAlias',
      {
        Resources: {
          Alias: { Type: 'AWS::StepFunctions::StateMachineAlias', Properties: { DeploymentPreference: { Type: 'X' } } },
        },
      },
    ],
    [
      'app.Table: property GlobalSecondaryIndexes[].Projections of AWS::DynamoDB::Table',
      {
        Resources: {
          Table: { Type: 'AWS::DynamoDB::Table', Properties: { GlobalSecondaryIndexes: [{ Projections: 'ALL' }] } },
        },
      },
    ],
    [
      'app.Table: property KeySchema[].Type of AWS::DynamoDB::Table',
      { Resources: { Table: { Type: 'AWS::DynamoDB::Table', Properties: { KeySchema: [{ Type: 'HASH' }] } } } },
    ],
    ['app.Vpc: resource type AWS::EC2::VPC', { Resources: { Vpc: { Type: 'AWS::EC2::VPC' } } }],
    [
      'app.Bucket: property ReplicationConfiguration of AWS::S3::Bucket',
      { Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { ReplicationConfiguration: { Role: 'x' } } } } },
    ],
    [
      'app.Bucket: property NotificationConfiguration.QueueConfigurations of AWS::S3::Bucket',
      {
        Resources: {
          Bucket: { Type: 'AWS::S3::Bucket', Properties: { NotificationConfiguration: { QueueConfigurations: [] } } },
        },
      },
    ],
    [
      'app.Rule: property Targets[].InputTransformer of AWS::Events::Rule',
      {
        Resources: {
          Rule: {
            Type: 'AWS::Events::Rule',
            Properties: {
              Targets: [
                { Arn: 'a', Id: 'b' },
                { Arn: 'a', Id: 'c', InputTransformer: {} },
              ],
            },
          },
        },
      },
    ],
    [
      'app.Rule: property RoleArn of AWS::Events::Rule',
      { Resources: { Rule: { Type: 'AWS::Events::Rule', Properties: { RoleArn: 'arn:aws:iam::1:role/x' } } } },
    ],
    [
      'app.Queue: property FifoQueue of AWS::SQS::Queue',
      { Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } } },
    ],
    ['app.Bucket: CreationPolicy', { Resources: { Bucket: { ...BUCKET, CreationPolicy: {} } } }],
    ['app.Bucket: Condition', { Resources: { Bucket: { ...BUCKET, Condition: 'IsProduction' } } }],
    ['app: section Conditions', { Conditions: { IsProduction: { 'Fn::Equals': ['a', 'a'] } } }],
    ['app: section Mappings', { Mappings: { a: {} } }],
    ['app: section Transform', { Transform: 'AWS::Serverless-2016-10-31' }],
    ['app: Parameters (Size)', { Parameters: { BootstrapVersion: {}, Size: { Type: 'Number' } } }],
    ['app: Rules (Others)', { Rules: { Others: {} } }],
    ['app: Outputs: Condition of Name', { Outputs: { Name: { Value: 'x', Condition: 'IsProduction' } as never } }],
    ['app: Outputs: intrinsic Fn::Base64', { Outputs: { Name: { Value: { 'Fn::Base64': 'x' } } } }],
    ['app.Policy: intrinsic Fn::If', { Resources: { Policy: policy({ 'Fn::If': ['a', 'b', 'c'] }) } }],
    ['app.Policy: intrinsic Fn::Cidr', { Resources: { Policy: policy([{ a: [{ 'Fn::Cidr': [] }] }]) } }],
    ['app.Policy: intrinsic Condition', { Resources: { Policy: policy({ Condition: 'IsProduction' }) } }],
    ['app.Policy: Ref to Nobody', { Resources: { Policy: policy({ Ref: 'Nobody' }) } }],
    ['app.Policy: Ref to AWS::NotificationARNs', { Resources: { Policy: policy({ Ref: 'AWS::NotificationARNs' }) } }],
    ['app.Policy: Ref to Nobody', { Resources: { Policy: policy({ 'Fn::Sub': 'x-$'.concat('{Nobody}') }) } }],
    [
      'app.Policy: Fn::GetAtt Bucket.DomainName',
      { Resources: { Bucket: BUCKET, Policy: policy({ 'Fn::GetAtt': ['Bucket', 'DomainName'] }) } },
    ],
    [
      'app.Policy: Fn::ImportValue shared, which no stack exports',
      { Resources: { Policy: policy({ 'Fn::ImportValue': 'shared' }) } },
    ],
    [
      'app.Policy: Fn::GetStackOutput data.Name, which is not there',
      { Resources: { Policy: policy({ 'Fn::GetStackOutput': { StackName: 'data', OutputName: 'Name' } }) } },
    ],
  ])('%s', (problem, template) => {
    expect(problemsOf(template)).toEqual([problem]);
  });

  it('all of them are named at once', () => {
    const Resources = {
      Vpc: { Type: 'AWS::EC2::VPC' },
      Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
    };
    const message = () => load({ Resources, Mappings: {} });
    expect(message).toThrow(
      /app: section Mappings\n +app\.Vpc: resource type AWS::EC2::VPC\n +app\.Queue: property FifoQueue/,
    );
  });
});

describe('intrinsics', () => {
  it('Ref gives what CloudFormation documents for each type', () => {
    const of = (Type: string, Properties: Record<string, unknown> = {}) =>
      resolved({ Ref: 'Other' }, { Other: { Type, Properties } });
    expect(of('AWS::S3::Bucket', { BucketName: 'b' })).toBe('b');
    expect(of('AWS::DynamoDB::Table', { TableName: 't' })).toBe('t');
    expect(of('AWS::SNS::Topic', { TopicName: 'n' })).toBe('arn:aws:sns:ap-south-1:111122223333:n');
    expect(of('AWS::SQS::Queue', { QueueName: 'q' })).toBe('http://127.0.0.1:4510/111122223333/q');
    expect(of('AWS::Lambda::Function', { FunctionName: 'f' })).toBe('f');
    expect(of('AWS::StepFunctions::StateMachine', { StateMachineName: 's' })).toBe(
      'arn:aws:states:ap-south-1:111122223333:stateMachine:s',
    );
  });

  it('Fn::GetAtt takes a list or a dotted text', () => {
    expect(resolved({ 'Fn::GetAtt': ['Bucket', 'Arn'] })).toBe('arn:aws:s3:::inbox');
    expect(resolved({ 'Fn::GetAtt': 'Queue.QueueUrl' })).toBe('http://127.0.0.1:4510/111122223333/work');
    expect(resolved({ 'Fn::GetAtt': ['Queue', 'QueueName'] })).toBe('work');
  });

  it('Fn::Join, Fn::Select and Fn::Split take each other', () => {
    expect(resolved({ 'Fn::Join': ['-', ['a', { Ref: 'Bucket' }, 5]] })).toBe('a-inbox-5');
    expect(resolved({ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] })).toBe('b');
    expect(resolved({ 'Fn::Join': ['', { 'Fn::Split': ['/', { 'Fn::Join': ['', ['x/', 'y']] }] }] })).toBe('xy');
  });

  it('Fn::Sub reads references, attributes, pseudo parameters and its own names, and leaves escaped ones', () => {
    const text = ['$', '{Bucket} $', '{Bucket.Arn} $', '{AWS::Region} $', '{Own} $', '{!Bucket}'].join('');
    expect(resolved({ 'Fn::Sub': [text, { Own: { Ref: 'Queue' } }] })).toBe(
      `inbox arn:aws:s3:::inbox ap-south-1 http://127.0.0.1:4510/111122223333/work ${'$'}{Bucket}`,
    );
  });

  it('pseudo parameters', () => {
    const value = (name: string) => resolved({ Ref: `AWS::${name}` });
    expect(['AccountId', 'Partition', 'Region', 'StackName', 'URLSuffix'].map(value)).toEqual([
      '111122223333',
      'aws',
      'ap-south-1',
      'app',
      'amazonaws.com',
    ]);
    expect(value('StackId')).toMatch(/^arn:aws:cloudformation:ap-south-1:111122223333:stack\/app\/[0-9A-F]+$/);
  });

  it('AWS::NoValue leaves out the property, and the element of a list', () => {
    const none = { Ref: 'AWS::NoValue' };
    expect(resolved({ a: none, b: [1, none, 2] })).toEqual({ b: [1, 2] });
  });

  it('reads another stack’s exports and outputs, whose values are its own', () => {
    const data = {
      name: 'data',
      template: {
        Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'of-data' } } },
        Outputs: { Name: { Value: { Ref: 'Bucket' }, Export: { Name: 'data:Name' } } },
      },
    };
    expect(resolved({ 'Fn::ImportValue': 'data:Name' }, {}, data)).toBe('of-data');
    expect(resolved({ 'Fn::GetStackOutput': { StackName: 'data', OutputName: 'Name' } }, {}, data)).toBe('of-data');
  });

  it('a Condition of an IAM statement is an ordinary key', () => {
    const statement = { Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
    expect(resolved(statement)).toEqual(statement);
  });
});

describe('versions and aliases of state machines', () => {
  const machine = 'arn:aws:states:ap-south-1:111122223333:stateMachine:steps';
  const app: Template = {
    Resources: {
      Steps: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: { StateMachineName: 'steps', DefinitionString: '{}' },
      },
      Version: {
        Type: 'AWS::StepFunctions::StateMachineVersion',
        Properties: { StateMachineArn: { Ref: 'Steps' } },
      },
      Alias: {
        Type: 'AWS::StepFunctions::StateMachineAlias',
        Properties: {
          Name: 'live',
          RoutingConfiguration: [{ StateMachineVersionArn: { Ref: 'Version' }, Weight: 100 }],
        },
      },
    },
  };
  const loaded = (versionOf?: (machineArn: string, name: string) => number) => {
    const settings = { ...SETTINGS, ...(versionOf ? { versionOf } : {}) };
    const resources = resolveStacks([{ name: 'app', template: app }], settings);
    return Object.fromEntries(resources.map((resource) => [resource.logicalId, resource]));
  };

  it('are called by their machine’s ARN with number and name behind it; the first number is 1', () => {
    const { Version, Alias } = loaded();
    expect([Version?.ref, Alias?.ref]).toEqual([`${machine}:1`, `${machine}:live`]);
  });

  it('have the number that the cloud gives them', () => {
    const { Version, Alias } = loaded((arn, name) => (arn === machine && name === 'Version' ? 7 : 0));
    expect(Version?.ref).toBe(`${machine}:7`);
    expect(Alias?.properties.RoutingConfiguration).toEqual([{ StateMachineVersionArn: `${machine}:7`, Weight: 100 }]);
  });

  it('are told by the revision of their machine, which is another one where only that changed to which it refers', () => {
    const revision = (topic: string, description = '') => {
      const data: Template = {
        Resources: { News: { Type: 'AWS::SNS::Topic', Properties: { TopicName: topic } } },
        Outputs: { News: { Value: { Ref: 'News' }, Export: { Name: 'news' } } },
      };
      const definition = { 'Fn::Join': ['', ['{"to":"', { 'Fn::ImportValue': 'news' }, '"}']] };
      const revised: Template = structuredClone(app);
      Object.assign(revised.Resources?.Steps?.Properties ?? {}, {
        DefinitionString: definition,
        Tags: [{ Key: 'about', Value: description }],
      });
      Object.assign(revised.Resources?.Version?.Properties ?? {}, {
        StateMachineRevisionId: { 'Fn::GetAtt': ['Steps', 'StateMachineRevisionId'] },
      });
      const asked = new Set<string>();
      const versionOf = (_: string, name: string) => asked.add(name).size;
      resolveStacks(
        [
          { name: 'data', template: data },
          { name: 'app', template: revised },
        ],
        { ...SETTINGS, versionOf },
      );
      expect(asked.size).toBe(1);
      return [...asked][0];
    };
    expect(revision('one')).toBe(revision('one', 'tagged'));
    expect(revision('one')).not.toBe(revision('another'));
  });
});

describe('physical names', () => {
  const nameOf = (Type: string, logicalId: string, stack = 'app') =>
    resolveStacks([{ name: stack, template: { Resources: { [logicalId]: { Type } } } }], SETTINGS)[0]?.name ?? '';

  it('are the same for the same app, and differ by stack and resource', () => {
    expect(nameOf('AWS::SQS::Queue', 'Files')).toBe(nameOf('AWS::SQS::Queue', 'Files'));
    expect(nameOf('AWS::SQS::Queue', 'Files')).toMatch(/^app-Files-[0-9A-F]{12}$/);
    expect(
      new Set([nameOf('AWS::SQS::Queue', 'A'), nameOf('AWS::SQS::Queue', 'B'), nameOf('AWS::SQS::Queue', 'A', 'b')])
        .size,
    ).toBe(3);
  });

  it('keep to the service’s length, and a bucket’s is in lower case', () => {
    const long = 'L'.repeat(200);
    expect(nameOf('AWS::Lambda::Function', long, 'stack'.repeat(20)).length).toBeLessThanOrEqual(64);
    expect(nameOf('AWS::S3::Bucket', long).length).toBeLessThanOrEqual(63);
    expect(nameOf('AWS::S3::Bucket', 'Inbox')).toMatch(/^app-inbox-[0-9a-f]{12}$/);
  });
});

describe('an assembly', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'assembly-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Writes an assembly of one stack and returns its folder. */
  function assembly(template: unknown, files: Record<string, unknown> = {}): string {
    const at = mkdtempSync(join(folder, 'a-'));
    const artifacts = {
      app: { type: 'aws:cloudformation:stack', properties: { templateFile: 'app.template.json' } },
      'app.assets': { type: 'cdk:asset-manifest', properties: { file: 'app.assets.json' } },
    };
    writeFileSync(join(at, 'manifest.json'), JSON.stringify({ artifacts }));
    writeFileSync(join(at, 'app.template.json'), JSON.stringify(template));
    writeFileSync(join(at, 'app.assets.json'), JSON.stringify({ files }));
    return at;
  }

  it('knows where an asset stands, and names one that it doesn’t hold', () => {
    const files = { abc: { source: { path: 'asset.abc' }, destinations: { here: { objectKey: 'abc.zip' } } } };
    const at = assembly({ Resources: { Bucket: BUCKET } }, files);
    const app = loadAssembly(at, SETTINGS);
    expect(app.resources.map(({ logicalId, name }) => [logicalId, name])).toEqual([['Bucket', 'inbox']]);
    expect(app.asset('abc.zip')).toBe(join(at, 'asset.abc'));
    expect(() => app.asset('def.zip')).toThrow('an asset that the assembly does not hold: def.zip');
  });

  const machine = (state: Record<string, unknown>) => ({
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'Steps',
      RoleArn: 'arn:aws:iam::111122223333:role/steps',
      DefinitionString: JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Only', States: { Only: state } }),
    },
  });
  const sns = (FilterPolicy: unknown, Protocol = 'sqs') => ({
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
    Subscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        Protocol,
        TopicArn: { Ref: 'Topic' },
        Endpoint: 'arn:aws:sqs:ap-south-1:444455556666:theirs',
        FilterPolicy,
      },
    },
  });

  it.each<[what: string, resources: Record<string, unknown>, message: RegExp]>([
    ['a resource type', { Vpc: { Type: 'AWS::EC2::VPC' } }, /app\.Vpc: resource type AWS::EC2::VPC/],
    [
      'a field of a state',
      { Steps: machine({ Type: 'Pass', ResultPath: '$.x', End: true }) },
      /state machine Steps: state "Only": field ResultPath: is not implemented/,
    ],
    [
      'an integration',
      { Steps: machine({ Type: 'Task', Resource: 'arn:aws:states:::ecs:runTask', Arguments: {}, End: true }) },
      /state "Only": field Resource: arn:aws:states:::ecs:runTask is not implemented/,
    ],
    [
      'an integration’s argument',
      {
        Steps: machine({
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Arguments: { FunctionName: 'f', LogType: 'Tail' },
          End: true,
        }),
      },
      /state "Only": field Arguments\/LogType: is not implemented for arn:aws:states:::lambda:invoke/,
    ],
    [
      'a field of DynamoDB in an integration',
      {
        Steps: machine({
          Type: 'Task',
          Resource: 'arn:aws:states:::dynamodb:putItem',
          Arguments: { TableName: 't', Item: {}, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
          End: true,
        }),
      },
      /field Arguments\/ReturnValuesOnConditionCheckFailure: is not implemented for arn:aws:states:::dynamodb:putItem/,
    ],
    [
      'a machine’s type',
      {
        Steps: {
          ...machine({ Type: 'Succeed' }),
          Properties: { ...machine({ Type: 'Succeed' }).Properties, StateMachineType: 'EXPRESS' },
        },
      },
      /state machine Steps: type: EXPRESS is not implemented/,
    ],
    [
      'a bucket whose versioning is suspended',
      { Bucket: { Type: 'AWS::S3::Bucket', Properties: { VersioningConfiguration: { Status: 'Suspended' } } } },
      /app\.Bucket: VersioningConfiguration\.Status Suspended of AWS::S3::Bucket/,
    ],
    [
      'an encryption that there is none of',
      {
        Bucket: {
          Type: 'AWS::S3::Bucket',
          Properties: {
            BucketEncryption: {
              ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'rot13' } }],
            },
          },
        },
      },
      /app\.Bucket: SSEAlgorithm rot13 of AWS::S3::Bucket/,
    ],
    [
      'what AWS refuses',
      { Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 50_000 } } },
      /AWS refuses to deploy:\n {2}app\.Queue: VisibilityTimeout 50000/,
    ],
    [
      'an event pattern’s matcher',
      {
        Rule: {
          Type: 'AWS::Events::Rule',
          Properties: { EventPattern: { source: [{ cidr: '10.0.0.0/8' }] }, Targets: [] },
        },
      },
      /event pattern: cidr at source is not implemented/,
    ],
    [
      'a rule’s target',
      {
        Rule: {
          Type: 'AWS::Events::Rule',
          Properties: {
            EventPattern: { source: ['x'] },
            Targets: [{ Id: 'a', Arn: 'arn:aws:kinesis:ap-south-1:1:stream/s' }],
          },
        },
      },
      /app\.Rule: the target arn:aws:kinesis:ap-south-1:1:stream\/s of AWS::Events::Rule/,
    ],
    ['a subscription’s protocol', sns(undefined, 'sms'), /app\.Subscription: Protocol sms of AWS::SNS::Subscription/],
    [
      'a filter policy’s matcher',
      sns({ operator: [{ cidr: '10.0.0.0/8' }] }),
      /app\.Subscription: FilterPolicy \(event pattern: cidr at operator is not implemented\)/,
    ],
    [
      'a table’s billing mode',
      { Table: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'things', BillingMode: 'PROVISIONED' } } },
      /app\.Table: BillingMode other than PAY_PER_REQUEST of AWS::DynamoDB::Table/,
    ],
  ])('with %s that isn’t implemented never starts', async (_what, Resources, message) => {
    await expect(startCloud({ assembly: assembly({ Resources }) })).rejects.toThrow(message);
  });

  it('takes an empty filter policy, which lets everything through', async () => {
    const cloud = await startCloud({ assembly: assembly({ Resources: sns({}) }) });
    await cloud.stop();
    expect(cloud.names.topics).toEqual({ Topic: 'arn:aws:sns:ap-south-1:000000000000:news' });
  });
});
