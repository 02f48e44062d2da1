import { readFileSync } from 'node:fs';
import { App, type CfnResource } from 'aws-cdk-lib';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import type { CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';
import { describe, expect, it } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { stageFromContext } from '../../lib/config/context.ts';
import { addStage } from '../../lib/stacks/stage.ts';

interface Resource {
  Type: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  Properties: Record<string, unknown>;
}

/** A stage as `npx cdk synth -c stage=<name>` has it, cdk-nag and CloudFormation's own rules included, without bundles. */
function appOf(stage: string) {
  const app = new App({ context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] } });
  const named = stage === 'prod' ? { config: 'config/example.json' } : { config: 'none' };
  const stacks = addStage(app, stageFromContext({ stage, ...named }));
  return { app, stacks };
}

const stacksOf = (stage: string) => appOf(stage).app.synth().stacks;
const resourcesOf = (stacks: readonly CloudFormationStackArtifact[]) =>
  stacks.flatMap(({ template }) => Object.values(template.Resources as Record<string, Resource>));
const ofTypes = (stacks: readonly CloudFormationStackArtifact[], ...types: string[]) =>
  resourcesOf(stacks).filter(({ Type }) => types.includes(Type));

const KEPT = ['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::S3::Bucket'];
const stages = { dev: stacksOf('dev'), prod: stacksOf('prod'), blue: stacksOf('blue') };
const each = Object.entries(stages);

describe('a stage', () => {
  it.each(each)('%s has four stacks of its name, tagged with it as is all that they hold', (stage, stacks) => {
    expect(stacks.map(({ stackName }) => stackName).sort()).toEqual(
      ['access', 'data', 'operations', 'workflow'].map((name) => `${stage}-${name}`),
    );
    for (const { tags } of stacks) expect(tags).toEqual({ application: 'handset-fraud', stage });
    const tagged = resourcesOf(stacks).filter(({ Properties }) => Properties.Tags);
    expect(tagged.length).toBeGreaterThan(100);
    for (const { Properties } of tagged)
      expect(Properties.Tags).toEqual(
        expect.arrayContaining([
          { Key: 'application', Value: 'handset-fraud' },
          { Key: 'stage', Value: stage },
        ]),
      );
    // Keys have those of their stack, from CloudFormation.
    for (const { Type, Properties } of ofTypes(stacks, ...KEPT, 'AWS::Logs::LogGroup'))
      if (Type !== 'AWS::KMS::Key') expect(Properties.Tags).toBeDefined();
  });

  it.each(each)(
    '%s keeps tables, buckets and keys where a stack goes or gives one up, and not where its creation fails',
    (_, stacks) => {
      const kept = ofTypes(stacks, ...KEPT);
      // Two tables, four buckets with a key each, a key of the tables, one of the messages, one of the audit's hashes and one of what executions keep.
      expect(kept).toHaveLength(2 + 4 + 5 + 3);
      for (const { DeletionPolicy, UpdateReplacePolicy } of kept)
        expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
    },
  );

  it.each(each)('%s has no name of its own for what stays: a later stack finds none of them taken', (_, stacks) => {
    const NAMES: Record<string, string> = {
      'AWS::DynamoDB::Table': 'TableName',
      'AWS::S3::Bucket': 'BucketName',
      'AWS::Logs::LogGroup': 'LogGroupName',
    };
    for (const { Type, Properties, DeletionPolicy } of resourcesOf(stacks)) {
      if (DeletionPolicy === undefined || DeletionPolicy === 'Delete') continue;
      const name = Properties[NAMES[Type] ?? ''];
      // One with a name has the stack's id in it.
      if (name !== undefined)
        expect([Type, JSON.stringify(name)]).toEqual([Type, expect.stringContaining('"AWS::StackId"')]);
    }
    const logs = ofTypes(stacks, 'AWS::Logs::LogGroup').filter(({ Properties }) => Properties.LogGroupName);
    expect(logs).toHaveLength(3);
    for (const { Properties } of logs)
      expect(JSON.stringify(Properties.LogGroupName)).toContain('/aws/vendedlogs/states/');
  });

  it('is protected where it is prod: its stacks and tables are not deleted, and its logs stay', () => {
    const guards = (stacks: readonly CloudFormationStackArtifact[]) => ({
      stacks: [...new Set(stacks.map(({ terminationProtection }) => terminationProtection))],
      tables: ofTypes(stacks, 'AWS::DynamoDB::Table').map(({ Properties }) => Properties.DeletionProtectionEnabled),
      logs: [...new Set(ofTypes(stacks, 'AWS::Logs::LogGroup').map(({ DeletionPolicy }) => DeletionPolicy))],
    });
    expect(guards(stages.prod)).toEqual({ stacks: [true], tables: [true, true], logs: ['RetainExceptOnCreate'] });
    for (const stacks of [stages.dev, stages.blue])
      expect(guards(stacks)).toEqual({ stacks: [false], tables: [false, false], logs: ['Delete'] });
  });

  it.each(each)('%s tells an administrator the names of its places, and where to look', (stage, stacks) => {
    const outputs = (name: string): Record<string, { Value: unknown }> =>
      stacks.find(({ stackName }) => stackName === `${stage}-${name}`)?.template.Outputs;
    const told = (name: string) => Object.keys(outputs(name)).filter((output) => !output.startsWith('ExportsOutput'));
    expect(told('data')).toEqual(
      expect.arrayContaining([
        ...['Inbox', 'Work', 'Outbox', 'Audit'].map((bucket) => `${bucket}BucketName`),
        ...['Links', 'Cases'].map((table) => `${table}TableName`),
        ...['Operators', 'Agencies', 'Approvers', 'Administrators'].map((topic) => `${topic}TopicArn`),
        ...['Reports', 'Usage', 'Responses', 'Approvals', 'Withdrawals', 'Lookups', 'Appeals'].map(
          (queue) => `${queue}DeadLettersUrl`,
        ),
      ]),
    );
    expect(told('workflow')).toEqual(
      expect.arrayContaining([
        ...['Batch', 'Direction', 'ImportByPieces'].flatMap((machine) => [
          `${machine}MachineArn`,
          `${machine}AliasArn`,
        ]),
        ...['Release', 'Night', 'Status', 'Sweep'].map((queue) => `${queue}DeadLettersUrl`),
      ]),
    );
    for (const kind of ['agency', 'operator', 'approver', 'caseworker', 'reader', 'auditor', 'administrator'])
      expect(outputs('access')[`${kind[0]?.toUpperCase()}${kind.slice(1)}Roles`]?.Value).toEqual({
        'Fn::Join': [
          '',
          [
            'arn:',
            { Ref: 'AWS::Partition' },
            ':iam::',
            { Ref: 'AWS::AccountId' },
            `:role/${stage}/`,
            { Ref: 'AWS::Region' },
            `/${kind}/${stage}-`,
            { Ref: 'AWS::Region' },
            `-${kind}-{id}`,
          ],
        ],
      });
    expect(told('operations').sort()).toEqual(['MachineDashboardUrl', 'WorkDashboardUrl']);
  });

  it('has a stack policy that lets nothing replace or delete a table, a bucket or a key', () => {
    const { Statement } = JSON.parse(readFileSync(new URL('../../docs/stack-policy.json', import.meta.url), 'utf8'));
    expect(Statement).toContainEqual({
      Effect: 'Deny',
      Principal: '*',
      Action: ['Update:Replace', 'Update:Delete'],
      Resource: '*',
      Condition: { StringEquals: { ResourceType: KEPT } },
    });
    const data = stages.prod.find(({ stackName }) => stackName === 'prod-data');
    expect(ofTypes(data ? [data] : [], ...KEPT)).toHaveLength(ofTypes(stages.prod, ...KEPT).length);
  });
});

describe('synthesis', () => {
  it('refuses what cdk-nag finds', () => {
    const { app, stacks } = appOf('blue');
    new CfnQueue(stacks.data, 'Open');
    expect(() => app.synth()).toThrow('AwsSolutions-SQS');
  });

  it('refuses what the schemas of CloudFormation do not know', () => {
    const { app, stacks } = appOf('blue');
    (stacks.data.links.node.defaultChild as CfnResource).addPropertyOverride('BillingMod', 'PAY_PER_REQUEST');
    expect(() => app.synth()).toThrow('BillingMod');
  });
});
