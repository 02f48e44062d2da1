import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { stageFromContext } from '../../lib/config/context.ts';
import { checkStage } from '../../lib/config/stage.ts';
import { synthesized } from './synthesized.ts';

const config = stageFromContext({ config: 'none' });
const { data, workflow } = synthesized(
  checkStage({
    ...config,
    retention: {
      linkMarginDays: 20,
      inboxDays: 30,
      workDays: 500,
      caseDays: 460,
      explanationDays: 25,
      oldVersionDays: 40,
      logDays: 90,
      auditDays: 50,
    },
  }),
);

const buckets = Object.entries(data.findResources('AWS::S3::Bucket'));
const bucket = (id: string) => buckets.find(([logicalId]) => logicalId.startsWith(id))?.[1].Properties;

describe('what is kept, and for how long', () => {
  it.each([
    ['Inbox', 30, 40],
    ['Work', 500, 40],
    ['Outbox', undefined, 40],
    ['Audit', undefined, undefined],
  ])('versions %s, keeps its objects for %s days and older versions for %s', (id, days, oldVersionDays) => {
    const { VersioningConfiguration, LifecycleConfiguration } = bucket(id);
    expect(VersioningConfiguration).toEqual({ Status: 'Enabled' });
    const [rule, ...others] = LifecycleConfiguration.Rules as Record<string, unknown>[];
    expect(rule).toEqual({
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      ...(oldVersionDays === undefined ? {} : { NoncurrentVersionExpiration: { NoncurrentDays: oldVersionDays } }),
      ExpiredObjectDeleteMarker: true,
      Status: 'Enabled',
    });
    const ofAll = others.filter(({ Prefix }) => Prefix === undefined);
    expect(ofAll).toEqual(days === undefined ? [] : [{ ExpirationInDays: days, Status: 'Enabled' }]);
  });

  it('lets what was published go, which tells of people, and books only after the work that they settle', () => {
    const rules = ({ LifecycleConfiguration }: { LifecycleConfiguration: { Rules: Record<string, unknown>[] } }) =>
      LifecycleConfiguration.Rules.slice(1).map(({ Prefix, ExpirationInDays, Status }) => [
        Prefix,
        ExpirationInDays,
        Status,
      ]);
    expect(rules(bucket('Outbox'))).toEqual([
      ['orders/', 460, 'Enabled'],
      ['previews/', 460, 'Enabled'],
      ['receipts/', 460, 'Enabled'],
      ['rejects/', 460, 'Enabled'],
      ['reports/', 460, 'Enabled'],
      ['revocations/', 460, 'Enabled'],
      ['explanations/', 25, 'Enabled'],
      ['batches/', 507, 'Enabled'],
    ]);
    expect(rules(bucket('Audit'))).toEqual([]);
    expect(rules(bucket('Inbox'))).toEqual([[undefined, 30, 'Enabled']]);
    expect(rules(bucket('Work'))).toEqual([
      [undefined, 500, 'Enabled'],
      ['lookups/', 25, 'Enabled'],
    ]);
  });

  it('lets the marker of a deletion go, which has the name of the file, by a rule that CloudFormation and S3 take', () => {
    for (const id of ['Inbox', 'Work', 'Outbox', 'Audit']) {
      const rules: Record<string, unknown>[] = bucket(id).LifecycleConfiguration.Rules;
      const ending = rules.filter(({ ExpiredObjectDeleteMarker }) => ExpiredObjectDeleteMarker !== undefined);
      expect(ending).toEqual([rules[0]]);
      expect(ending[0]).toMatchObject({ ExpiredObjectDeleteMarker: true, Status: 'Enabled' });
      // CloudFormation asks for more in a rule than this; S3 for no days, date or tags beside it.
      expect(ending[0]).toHaveProperty('AbortIncompleteMultipartUpload');
      for (const beside of ['ExpirationInDays', 'ExpirationDate', 'TagFilters', 'Prefix'])
        expect(ending[0]).not.toHaveProperty(beside);
    }
  });

  it('lets links go by their own time, look-back and margin after their sighting, and claims by theirs', () => {
    const tables = Object.entries(data.findResources('AWS::DynamoDB::Table'));
    const expiring = tables.filter(([, { Properties }]) => Properties.TimeToLiveSpecification);
    expect(
      expiring.map(([id, { Properties }]) => [id.replace(/.{8}$/, ''), Properties.TimeToLiveSpecification]),
    ).toEqual([
      ['Links', { AttributeName: 'expires', Enabled: true }],
      ['Cases', { AttributeName: 'expires', Enabled: true }],
    ]);
    const days = (name: string) =>
      Object.values(workflow.findResources('AWS::Lambda::Function')).flatMap(
        ({ Properties }) => Properties.Environment.Variables[name] ?? [],
      );
    expect(days('LINK_DAYS')).toEqual(['200', '200']);
    expect(days('CASE_DAYS')).toEqual(['460', '460']);
    // A lift counts as long as its record is there, and as the reversal's mark is.
    expect(days('EXEMPTION_END_DAYS')).toEqual(['460']);
  });

  it('keeps every log for the days of logs', () => {
    const groups = Object.values(workflow.findResources('AWS::Logs::LogGroup'));
    expect(groups.length).toBeGreaterThan(15);
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(90);
  });

  it('locks the audit, in prod so that nobody can unlock it', () => {
    const lock = (Mode: string, Days: number) => ({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode, Days } } },
    });
    expect(bucket('Audit')).toMatchObject(lock('GOVERNANCE', 50));
    const prod = synthesized(stageFromContext({ config: 'none', stage: 'prod', cloud: 'local' }));
    prod.data.hasResourceProperties('AWS::S3::Bucket', Match.objectLike(lock('COMPLIANCE', 3653)));
    for (const { Properties } of Object.values(prod.data.findResources('AWS::DynamoDB::Table')))
      expect(Properties.DeletionProtectionEnabled).toBe(true);
    for (const { Properties } of Object.values(data.findResources('AWS::DynamoDB::Table')))
      expect(Properties.DeletionProtectionEnabled).toBe(false);
  });
});
