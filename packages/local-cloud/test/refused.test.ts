import { describe, expect, it } from 'vitest';
import { rateOf } from '../src/events/bus.ts';
import { checkDeployment, RefusedTemplate } from '../src/templates/refused.ts';
import type { LoadedResource } from '../src/templates/template.ts';

/**
 * What AWS refuses at deployment, by the services' API references: Lambda's CreateFunction and CreateEventSourceMapping, SQS's
 * CreateQueue and SetQueueAttributes, EventBridge's PutTargets, the template reference of AWS::Logs::LogGroup and of a rule of
 * AWS::S3::Bucket.
 */
const resource = (type: string, logicalId: string, properties: Record<string, unknown>): LoadedResource => ({
  stack: 'app',
  logicalId,
  type,
  ref: logicalId,
  name: logicalId,
  arn: `arn:${logicalId}`,
  properties,
});
const fn = (properties: Record<string, unknown> = {}) => resource('AWS::Lambda::Function', 'Work', properties);
const queue = (properties: Record<string, unknown> = {}) => resource('AWS::SQS::Queue', 'Files', properties);
const mapping = (properties: Record<string, unknown> = {}) =>
  resource('AWS::Lambda::EventSourceMapping', 'Map', {
    EventSourceArn: 'arn:Files',
    FunctionName: 'Work',
    ...properties,
  });
const variables = (own: Record<string, string>) => fn({ Environment: { Variables: own } });
const rule = (properties: Record<string, unknown>) =>
  resource('AWS::Events::Rule', 'Rule', { EventPattern: { source: ['x'] }, ...properties });

const bucket = (...Rules: Record<string, unknown>[]) =>
  resource('AWS::S3::Bucket', 'Inbox', { LifecycleConfiguration: { Rules } });

function problemsOf(...resources: LoadedResource[]): readonly string[] {
  try {
    checkDeployment(resources);
  } catch (error) {
    if (error instanceof RefusedTemplate) return error.problems;
    throw error;
  }
  return [];
}

describe('what AWS refuses to deploy is an error that names it', () => {
  it.each<[problem: string, resources: LoadedResource[]]>([
    ['Work: Timeout 1000 is no whole number from 1 to 900', [fn({ Timeout: 1000 })]],
    ['Work: Timeout 0 is no whole number from 1 to 900', [fn({ Timeout: 0 })]],
    ['Work: MemorySize 20000 is no whole number from 128 to 10240', [fn({ MemorySize: 20_000 })]],
    ['Work: MemorySize 64 is no whole number from 128 to 10240', [fn({ MemorySize: '64' })]],
    ['Work: Environment.Variables.AWS_REGION is a reserved name', [variables({ AWS_REGION: 'x' })]],
    ['Work: Environment.Variables._HANDLER is a reserved name', [variables({ _HANDLER: 'x' })]],
    ['Work: Environment.Variables.1ST is no name of a variable', [variables({ '1ST': 'x' })]],
    ['Work: Environment.Variables of 4097 bytes are over 4096', [variables({ AB: 'x'.repeat(4088) })]],
    [
      'Map: BatchSize 10001 is no whole number from 1 to 10000',
      [mapping({ BatchSize: 10_001, MaximumBatchingWindowInSeconds: 1 })],
    ],
    ['Map: BatchSize 1000 is over 10 without a MaximumBatchingWindowInSeconds', [mapping({ BatchSize: 1000 })]],
    [
      'Map: MaximumBatchingWindowInSeconds 301 is no whole number from 0 to 300',
      [mapping({ MaximumBatchingWindowInSeconds: 301 })],
    ],
    [
      'Map: ScalingConfig.MaximumConcurrency 1 is no whole number from 2 to 1000',
      [mapping({ ScalingConfig: { MaximumConcurrency: 1 } })],
    ],
    [
      'Map: FunctionResponseTypes ReportBatchItemFailure is none of ReportBatchItemFailures',
      [mapping({ FunctionResponseTypes: ['ReportBatchItemFailure'] })],
    ],
    [
      'Map: Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds (Files, Work)',
      [mapping(), queue(), fn({ Timeout: 31 })],
    ],
    [
      'Map: Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds (Files, Work)',
      [mapping({ FunctionName: 'arn:Work' }), queue({ VisibilityTimeout: 2 }), fn()],
    ],
    ['Files: VisibilityTimeout 50000 is no whole number from 0 to 43200', [queue({ VisibilityTimeout: 50_000 })]],
    ['Files: MessageRetentionPeriod 59 is no whole number from 60 to 1209600', [queue({ MessageRetentionPeriod: 59 })]],
    [
      'Files: ReceiveMessageWaitTimeSeconds 21 is no whole number from 0 to 20',
      [queue({ ReceiveMessageWaitTimeSeconds: 21 })],
    ],
    [
      'Files: RedrivePolicy.maxReceiveCount 0 is no whole number from 1 to 1000',
      [queue({ RedrivePolicy: { maxReceiveCount: 0 } })],
    ],
    [
      'Files: RedrivePolicy.deadLetterTargetArn arn:Gone: the dead letter target does not exist',
      [queue({ RedrivePolicy: { maxReceiveCount: 3, deadLetterTargetArn: 'arn:Gone' } }), fn()],
    ],
    ['Rule: State DISABELD is none of ENABLED, DISABLED', [rule({ State: 'DISABELD' })]],
    ['Rule: Targets are over 5', [rule({ Targets: [1, 2, 3, 4, 5, 6].map((Id) => ({ Id })) })]],
    ['Rule: Targets have one Id twice', [rule({ Targets: [{ Id: 'a' }, { Id: 'a' }] })]],
    ['Rule: Targets have both Input and InputPath', [rule({ Targets: [{ Id: 'a', Input: '{}', InputPath: '$.a' }] })]],
    ['Rule: neither EventPattern nor ScheduleExpression', [rule({ EventPattern: undefined })]],
    [
      'Flow: EncryptionConfiguration.KmsDataKeyReusePeriodSeconds 901 is no whole number from 60 to 900',
      [
        resource('AWS::StepFunctions::StateMachine', 'Flow', {
          EncryptionConfiguration: { Type: 'CUSTOMER_MANAGED_KMS_KEY', KmsDataKeyReusePeriodSeconds: 901 },
        }),
      ],
    ],
    [
      'Flow: EncryptionConfiguration.Type CUSTOMER_MANAGED is none of AWS_OWNED_KEY, CUSTOMER_MANAGED_KMS_KEY',
      [resource('AWS::StepFunctions::StateMachine', 'Flow', { EncryptionConfiguration: { Type: 'CUSTOMER_MANAGED' } })],
    ],
    [
      'Inbox: VersioningConfiguration.Status enabled is none of Enabled, Suspended',
      [resource('AWS::S3::Bucket', 'Inbox', { VersioningConfiguration: { Status: 'enabled' } })],
    ],
    [
      'Inbox: LifecycleConfiguration.Rules[0] has both ExpiredObjectDeleteMarker and ExpirationInDays',
      [bucket({ ExpiredObjectDeleteMarker: true, ExpirationInDays: 30, Status: 'Enabled' })],
    ],
    [
      'Inbox: LifecycleConfiguration.Rules[1] has both ExpiredObjectDeleteMarker and TagFilters',
      [
        bucket(
          { ExpirationInDays: 30, Status: 'Enabled' },
          {
            ExpiredObjectDeleteMarker: true,
            NoncurrentVersionExpiration: { NoncurrentDays: 30 },
            TagFilters: [{ Key: 'a', Value: 'b' }],
            Status: 'Enabled',
          },
        ),
      ],
    ],
    [
      'Sub: FilterPolicyScope Body is none of MessageAttributes, MessageBody',
      [resource('AWS::SNS::Subscription', 'Sub', { FilterPolicyScope: 'Body' })],
    ],
  ])('%s', (problem, resources) => {
    expect(problemsOf(...resources)).toEqual([`app.${problem}`]);
  });

  it('a retention of days that there is none of', () => {
    const [problem] = problemsOf(resource('AWS::Logs::LogGroup', 'Log', { RetentionInDays: 100 }));
    expect(problem).toMatch(/^app\.Log: RetentionInDays 100 is none of 1, 3, 5, /);
  });

  it('a rule of a lifecycle that does nothing, or nothing but end markers', () => {
    const problems = problemsOf(
      bucket(
        { ExpirationInDays: 30, Status: 'Enabled' },
        { ExpiredObjectDeleteMarker: true, Status: 'Enabled' },
        { Prefix: 'a/', Status: 'Disabled' },
      ),
    );
    expect(problems).toEqual([
      expect.stringMatching(
        /^app\.Inbox: LifecycleConfiguration\.Rules\[1\] has none of AbortIncomplete.*, Transitions$/,
      ),
      expect.stringMatching(
        /^app\.Inbox: LifecycleConfiguration\.Rules\[2\] has none of AbortIncomplete.*, Transitions$/,
      ),
    ]);
  });
});

// The template reference of a rule of AWS::S3::Bucket: "You must specify at least one of the following properties".
it.each([
  ['AbortIncompleteMultipartUpload', { DaysAfterInitiation: 7 }],
  ['ExpirationDate', '2030-01-01T00:00:00Z'],
  ['ExpirationInDays', 1],
  ['NoncurrentVersionExpiration', { NoncurrentDays: 1 }],
  ['NoncurrentVersionExpirationInDays', 1],
  ['NoncurrentVersionTransition', { StorageClass: 'GLACIER', TransitionInDays: 1 }],
  ['NoncurrentVersionTransitions', [{ StorageClass: 'GLACIER', TransitionInDays: 1 }]],
  ['Transition', { StorageClass: 'GLACIER', TransitionInDays: 1 }],
  ['Transitions', [{ StorageClass: 'GLACIER', TransitionInDays: 1 }]],
])('%s alone makes a rule of a lifecycle', (name, value) => {
  expect(problemsOf(bucket({ [name]: value, Status: 'Enabled' }))).toEqual([]);
});

it('what is at the edges of its range, and of what belongs together, is taken', () => {
  const all = [
    fn({ Timeout: 900, MemorySize: 10_240, Environment: { Variables: { AB: 'x'.repeat(4087) } } }),
    queue({ VisibilityTimeout: '900', RedrivePolicy: { maxReceiveCount: 1, deadLetterTargetArn: 'arn:Files' } }),
    mapping({
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 1,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
    rule({ State: 'ENABLED', Targets: [{ Id: 'a' }, { Id: 'b' }] }),
    bucket(
      {
        ExpiredObjectDeleteMarker: true,
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        Status: 'Enabled',
      },
      { ExpirationInDays: 30, Status: 'Enabled' },
    ),
  ];
  expect(problemsOf(...all)).toEqual([]);
});

// EventBridge user guide, "Rate expressions": "If the value is equal to 1, then the unit must be singular".
it.each([
  ['rate(1 hour)', 3_600_000],
  ['rate(1 hours)', undefined],
  ['rate(6 hours)', 21_600_000],
  ['rate(6 hour)', undefined],
  ['rate(10 minutes)', 600_000],
  ['rate(0 days)', undefined],
])('%s is %s ms', (expression, period) => {
  expect(rateOf(expression)).toBe(period);
});
