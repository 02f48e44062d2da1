import { type Resource, Rights, type Role, readPolicy, resolveStacks } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { stageFromContext } from '../../lib/config/context.ts';
import { CHECKER, type Participant, unnamed } from '../../lib/config/participants.ts';
import { checkStage, type StageConfig } from '../../lib/config/stage.ts';
import { synthesized } from './synthesized.ts';

const ACCOUNT = '111122223333';
/** As long as the longest that AWS has, and one more. */
const LONGEST_REGION = 'us-isof-south-10';

function standing(region: string, config: StageConfig = stageFromContext({ config: 'none' })) {
  const stacks = Object.entries(synthesized(config)).map(([name, template]) => ({
    name: `${config.stage}-${name}`,
    template: template.toJSON(),
  }));
  const place = { region, account: ACCOUNT };
  const resources: Resource[] = resolveStacks(stacks, { ...place, endpoint: `https://sqs.${region}.amazonaws.com` });
  return { region, resources, rights: new Rights(resources, place) };
}
type Standing = ReturnType<typeof standing>;

const mumbai = standing('ap-south-1');
const hyderabad = standing('ap-south-2');
const pairs: [string, Standing, Standing][] = [
  ['ap-south-1', mumbai, hyderabad],
  ['ap-south-2', hyderabad, mumbai],
];

/** What is named for a whole account, or for all of AWS, whichever region asks, by the property that would name it. */
const GLOBAL: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::IAM::Group': 'GroupName',
  'AWS::IAM::InstanceProfile': 'InstanceProfileName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::User': 'UserName',
  'AWS::S3::Bucket': 'BucketName',
};
const globalNames = ({ resources }: Standing) =>
  resources.flatMap(({ type, properties }) => {
    const name = properties[GLOBAL[type] ?? ''];
    // What has none is given one that nothing has, by CloudFormation.
    return name === undefined ? [] : [`${type} ${String(name)}`];
  });

/** All texts in a value, however deep; what is JSON in a text, too. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(texts);
}
/** The roles that a stage's policies name, by ARNs and by patterns of them; not who deploys it. */
const rolesNamed = ({ resources }: Standing) => [
  ...new Set(
    resources
      .filter(({ type }) => /Policy$|^AWS::(IAM::Role|KMS::Key|SQS::|SNS::|Lambda::)/.test(type))
      .flatMap(({ properties }) => texts(properties))
      .filter((text) => text.includes(':role/') && !text.includes('/cdk-')),
  ),
];
const fits = (pattern: string, arn: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(arn);

const everything = readPolicy({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } });
const ofType = ({ resources }: Standing, type: string) => resources.filter((one) => one.type === type);

describe('a stage that stands in two regions of one account', () => {
  it("shares no name with itself that is an account's or all of AWS's", () => {
    const [here, there] = [globalNames(mumbai), globalNames(hyderabad)];
    // Every role and both dashboards have one.
    expect(here.length).toBeGreaterThan(40);
    expect(here.filter((name) => name.startsWith('AWS::CloudWatch::Dashboard'))).toHaveLength(2);
    expect(new Set(here).size).toBe(here.length);
    expect(here.filter((name) => there.includes(name))).toEqual([]);
  });

  it.each(pairs)('names in the policies of %s its own roles, and none of the other region', (_, here, there) => {
    const named = rolesNamed(here);
    // The walls name participants by kind, and workers one by one.
    expect(named.filter((pattern) => pattern.endsWith('/*')).length).toBeGreaterThan(5);
    for (const pattern of named) {
      expect(
        [...here.rights.roles.keys()].filter((arn) => fits(pattern, arn)),
        pattern,
      ).not.toEqual([]);
      expect(
        [...there.rights.roles.keys()].filter((arn) => fits(pattern, arn)),
        pattern,
      ).toEqual([]);
    }
  });

  it.each(pairs)(
    'keeps the buckets, keys and roles of %s from the roles of the other region, whatever their own policies let',
    (_, here, there) => {
      for (const { arn, tags } of there.rights.roles.values()) {
        const stranger: Role = { arn, account: ACCOUNT, identity: everything, tags };
        for (const bucket of ofType(here, 'AWS::S3::Bucket'))
          for (const action of ['s3:GetObject', 's3:PutObject', 's3:ListBucket'])
            expect(
              here.rights.ask(stranger, action, action === 's3:ListBucket' ? bucket.arn : `${bucket.arn}/reports/mha/x`)
                .allowed,
              `${arn} ${action}`,
            ).toBe(false);
        for (const key of ofType(here, 'AWS::KMS::Key'))
          for (const service of ['s3', 'dynamodb', 'sns', 'sqs'])
            expect(
              here.rights.useKey(stranger, 'kms:Decrypt', key.arn, {
                'kms:viaservice': `${service}.${here.region}.amazonaws.com`,
              }).allowed,
            ).toBe(false);
      }
      for (const asker of there.rights.roles.values())
        for (const arn of here.rights.roles.keys())
          expect(here.rights.assume(asker, arn, CHECKER.externalId).allowed, `${asker.arn} as ${arn}`).toBe(false);
    },
  );
});

describe('the name of a role', () => {
  it('has no more than the 64 characters that IAM takes, where all that it is made of is as long as may be', () => {
    const longest = (kind: string, letter: string, length = 16): Participant => unnamed(kind, letter.repeat(length));
    const config = stageFromContext({ config: 'none' });
    const { resources } = standing(
      LONGEST_REGION,
      checkStage({
        ...config,
        stage: 's'.repeat(16),
        agencies: [longest('agency', 'a')],
        operators: [longest('operator', 'b', 10)],
        approvers: [longest('approver', 'i')],
        caseworkers: [longest('caseworker', 'j')],
        readers: [longest('reader', 'c')],
        auditors: [longest('auditor', 'd')],
        administrators: [longest('administrator', 'e')],
        onCall: [longest('operations', 'f')],
        breakGlass: [longest('break-glass', 'g')],
        erasers: [longest('eraser', 'h')],
        policy: { ...config.policy, people: 1, largeReversalPeople: 1 },
      }),
    );
    const lengths = ofType({ ...mumbai, resources }, 'AWS::IAM::Role').map(({ name }) => name.length);
    expect(lengths.length).toBeGreaterThan(30);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(64);
  });
});
