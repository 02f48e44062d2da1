import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { stageFromContext } from '../../lib/config/context.ts';
import { DataStack } from '../../lib/stacks/data.ts';
import { synthesized } from './synthesized.ts';

const { data } = synthesized();
/** Without CloudFormation's own rules, which take seconds, and which `stage.test.ts` holds such a stage to. */
const unvalidated = () => new App({ builtinCloudFormationValidation: false });

describe('the data stack', () => {
  it('keeps links by handset and sighting, and cases by one key, both with point-in-time recovery and retained', () => {
    const tables = Object.values(data.findResources('AWS::DynamoDB::Table'));
    expect(
      tables.map(({ Properties: { KeySchema } }) =>
        KeySchema.map((key: { AttributeName: string }) => key.AttributeName),
      ),
    ).toEqual(expect.arrayContaining([['pk', 'sk'], ['pk']]));
    expect(tables).toHaveLength(2);
    for (const table of tables) {
      expect(table.UpdateReplacePolicy).toBe('Retain');
      expect(table.Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
      expect(table.Properties.SSESpecification.SSEEnabled).toBe(true);
    }
  });

  it('warms both tables where the policy asks for more than a new table bears, and leaves them alone else', () => {
    const tablesWith = (context: Record<string, number>, app: App) => {
      const config = stageFromContext({ ...context, config: 'none' });
      return Template.fromStack(new DataStack(app, 'warm-data', { config }));
    };
    const asNew = tablesWith({ warmWrites: 4000, warmReads: 12_000 }, unvalidated());
    for (const { Properties } of Object.values(asNew.findResources('AWS::DynamoDB::Table')))
      expect(Properties.WarmThroughput).toBeUndefined();
    tablesWith({ warmWrites: 16_000, warmReads: 40_000 }, new App()).allResourcesProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      WarmThroughput: { WriteUnitsPerSecond: 16_000, ReadUnitsPerSecond: 40_000 },
    });
  });

  it('has four buckets that block public access, are encrypted, retained and TLS only', () => {
    const buckets = data.findResources('AWS::S3::Bucket');
    expect(Object.keys(buckets)).toHaveLength(4);
    for (const bucket of Object.values(buckets)) {
      expect(bucket.UpdateReplacePolicy).toBe('Retain');
      // By a key of the stack's own, of which each object's data key is derived.
      expect(bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: {
            KMSMasterKeyID: { 'Fn::GetAtt': [expect.stringMatching(/Key/), 'Arn'] },
            SSEAlgorithm: 'aws:kms',
          },
        },
      ]);
      expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
    }
    for (const policy of Object.values(data.findResources('AWS::S3::BucketPolicy')))
      expect(policy.Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    expect(Object.keys(data.findResources('AWS::S3::BucketPolicy'))).toHaveLength(4);
  });

  it('sends the events of the inbox, and only its events, to EventBridge', () => {
    const speaking = Object.entries(data.findResources('AWS::S3::Bucket')).filter(
      ([, { Properties }]) => Properties.NotificationConfiguration,
    );
    expect(speaking).toHaveLength(1);
    const [id, { Properties }] = speaking[0] ?? ['', { Properties: {} }];
    expect(id).toMatch(/^Inbox/);
    expect(Properties.NotificationConfiguration).toEqual({ EventBridgeConfiguration: { EventBridgeEnabled: true } });
    expect(Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
  });

  it('filters each operator, each agency and each approver by its own id; what is for all approvers comes to each', () => {
    for (const operator of ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'])
      data.hasResourceProperties('AWS::SNS::Subscription', { FilterPolicy: { operator: [operator] } });
    for (const agency of ['mha', 'up-police', 'delhi-police', 'i4c'])
      data.hasResourceProperties('AWS::SNS::Subscription', { FilterPolicy: { agency: [agency] } });
    for (const approver of ['approver-1', 'approver-2', 'approver-3'])
      data.hasResourceProperties('AWS::SNS::Subscription', { FilterPolicy: { approver: [approver, '*'] } });
    // Five operators, four agencies, three approvers, and the administrators, who hear everything of their own topic.
    data.resourceCountIs('AWS::SNS::Subscription', 13);
  });

  it('names a subscription by its address, so that who is left out or comes first has none of another deleted', () => {
    const config = stageFromContext({ stage: 'dev', config: 'none' });
    const [one, two] = ['a', 'b'].map((letter) => ({ protocol: 'email' as const, endpoint: `${letter}@b.example` }));
    if (one === undefined || two === undefined) throw new Error('two addresses');
    const idsOf = (...notify: (typeof one)[]) => {
      const operators = config.operators.map((operator) =>
        operator.id === 'jio' ? { ...operator, notify } : operator,
      );
      const template = Template.fromStack(
        new DataStack(unvalidated(), 'dev-data', { config: { ...config, operators } }),
      );
      return Object.fromEntries(
        Object.entries(template.findResources('AWS::SNS::Subscription'))
          .filter(([, { Properties }]) => Properties.Protocol === 'email')
          .map(([id, { Properties }]) => [Properties.Endpoint, id]),
      );
    };
    const both = idsOf(one, two);
    expect(Object.keys(both).sort()).toEqual([one.endpoint, two.endpoint]);
    expect(idsOf(two, one)).toEqual(both);
    expect(idsOf(two)).toEqual({ [two.endpoint]: both[two.endpoint] });
  });

  it('says of each filter that it is one of attributes: without that word SNS refuses to change it', () => {
    const filtered = Object.values(data.findResources('AWS::SNS::Subscription')).filter(
      ({ Properties }) => Object.keys(Properties.FilterPolicy ?? {}).length > 0,
    );
    expect(filtered).toHaveLength(12);
    for (const { Properties } of filtered) expect(Properties.FilterPolicyScope).toBe('MessageAttributes');
  });

  it('gives the administrators, who hear everything of their topic, no filter, not even an empty one', () => {
    const unfiltered = Object.values(data.findResources('AWS::SNS::Subscription')).filter(
      ({ Properties }) => Properties.FilterPolicy === undefined,
    );
    expect(unfiltered.map(({ Properties }) => Properties.TopicArn)).toEqual([
      { Ref: expect.stringMatching(/^AdministratorsTopic/) },
    ]);
    for (const { Properties } of unfiltered) expect(Properties).not.toHaveProperty('FilterPolicyScope');
  });

  it('tries a web server for longer than a minute, and for no longer than the hour that SNS takes', () => {
    const config = stageFromContext({ stage: 'dev', config: 'config/example.json' });
    const policies = Object.values(
      Template.fromStack(new DataStack(unvalidated(), 'dev-data', { config })).findResources('AWS::SNS::Subscription'),
    ).map(({ Properties }) => [Properties.Protocol, Properties.DeliveryPolicy?.healthyRetryPolicy]);
    const web = policies.filter(([protocol]) => protocol === 'https');
    expect(web.length).toBeGreaterThan(0);
    for (const [, policy] of web) {
      const { numRetries, numMinDelayRetries, minDelayTarget, numMaxDelayRetries, maxDelayTarget } = policy;
      const last = numMinDelayRetries * minDelayTarget + numMaxDelayRetries * maxDelayTarget;
      expect(last).toBeGreaterThanOrEqual(1800);
      // Those between are no further apart than the last.
      expect(last + (numRetries - numMinDelayRetries - numMaxDelayRetries) * maxDelayTarget).toBeLessThanOrEqual(3600);
    }
    for (const [protocol, policy] of policies) expect(policy !== undefined).toBe(protocol === 'https');
  });

  it('has a queue with a dead-letter queue for reports, usage, responses, what approvers say, withdrawals, what caseworkers ask and appeal for, and the audit, hidden six times as long as their functions run and as they are gathered', () => {
    const queues = Object.entries(data.findResources('AWS::SQS::Queue')).filter(([id]) => /Queue/.test(id));
    expect(queues).toHaveLength(8);
    const hidden = Object.fromEntries(
      queues.map(([id, { Properties }]) => [id.replace(/Queue.*/, ''), Properties.VisibilityTimeout]),
    );
    expect(hidden).toEqual({
      Reports: 6 * 60,
      Usage: 6 * 15 * 60,
      Responses: 6 * 5 * 60,
      Approvals: 6 * 5 * 60,
      Withdrawals: 6 * 5 * 60,
      Lookups: 6 * 15 * 60,
      Appeals: 6 * 5 * 60,
      Audit: 6 * 60 + 60,
    });
    for (const [, { Properties }] of queues)
      expect(Properties.RedrivePolicy).toEqual({
        maxReceiveCount: 5,
        deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/DeadLetters/), 'Arn'] },
      });
  });

  it('keeps an event that EventBridge can not put into a queue among the dead letters of that queue', () => {
    const targets = Object.values(data.findResources('AWS::Events::Rule')).flatMap(
      ({ Properties }) => Properties.Targets,
    );
    const ids = (target: { 'Fn::GetAtt': [string, string] }) => target['Fn::GetAtt'][0].replace(/[0-9A-F]{8}$/, '');
    expect(targets.map(({ Arn, DeadLetterConfig }) => [ids(Arn), ids(DeadLetterConfig.Arn)]).sort()).toEqual([
      ['AppealsQueue', 'AppealsDeadLetters'],
      ['ApprovalsQueue', 'ApprovalsDeadLetters'],
      ['LookupsQueue', 'LookupsDeadLetters'],
      ['ReportsQueue', 'ReportsDeadLetters'],
      ['ResponsesQueue', 'ResponsesDeadLetters'],
      ['UsageQueue', 'UsageDeadLetters'],
      ['WithdrawalsQueue', 'WithdrawalsDeadLetters'],
    ]);
  });

  it('routes every key of the inbox to exactly one queue', () => {
    const keys = Object.values(data.findResources('AWS::Events::Rule')).map(
      ({ Properties }) => Properties.EventPattern.detail.object.key,
    );
    expect(keys).toHaveLength(7);
    expect(keys).toEqual(
      expect.arrayContaining([
        [{ prefix: 'usage/' }],
        [{ prefix: 'responses/' }],
        [{ prefix: 'decisions/' }, { prefix: 'exemptions/' }, { prefix: 'admissions/' }],
        [{ prefix: 'withdrawals/' }],
        [{ prefix: 'lookups/' }],
        [{ prefix: 'appeals/' }],
        [
          {
            'anything-but': {
              prefix: [
                'usage/',
                'responses/',
                'decisions/',
                'exemptions/',
                'admissions/',
                'withdrawals/',
                'lookups/',
                'appeals/',
              ],
            },
          },
        ],
      ]),
    );
    data.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: Match.objectLike({ source: ['aws.s3'], 'detail-type': ['Object Created'] }),
    });
  });
});
