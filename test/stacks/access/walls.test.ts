import { type Rights, readPolicy, resolveStacks } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { type Participant, unnamed } from '../../../lib/config/participants.ts';
import { checkStage } from '../../../lib/config/stage.ts';
import { synthesized } from '../synthesized.ts';
import {
  ACCOUNT,
  ACTIONS,
  AUDIT,
  almighty,
  arnOf,
  config,
  ELSEWHERE,
  INBOX,
  KEYS,
  MAY,
  mayDo,
  members,
  OUTBOX,
  ofType,
  REGION,
  rights,
  roleArn,
  roleOf,
  WORK,
  world,
} from './rights.ts';

describe('the inbox', () => {
  const mha = roleOf('agency', 'mha');
  const own = arnOf('AWS::KMS::Key', /^InboxKey/);
  const may = (said: Record<string, string>) =>
    rights.ask(
      mha,
      's3:PutObject',
      `${INBOX}/reports/mha/r.csv`,
      Object.fromEntries(Object.entries(said).map(([name, value]) => [`s3:x-amz-${name}`, value])),
    ).allowed;
  const SSE = 'server-side-encryption';

  it.each<[string, Record<string, string>]>([
    ['nothing of its encryption and storage', {}],
    ['its own key', { [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: own }],
    ['the storage class STANDARD', { 'storage-class': 'STANDARD' }],
  ])('takes an upload that names %s', (_, said) => {
    expect(may(said)).toBe(true);
  });

  const foreign = `arn:aws:kms:${REGION}:${ELSEWHERE}:key/theirs`;
  it.each<[string, Record<string, string>]>([
    ["another account's key", { [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: foreign }],
    ["the outbox's key", { [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: arnOf('AWS::KMS::Key', /^OutboxKey/) }],
    ['a key alone', { [`${SSE}-aws-kms-key-id`]: foreign }],
    ['no key for KMS, which means one of AWS', { [SSE]: 'aws:kms' }],
    ["S3's own key", { [SSE]: 'AES256' }],
    ['a key that comes with the request', { [`${SSE}-customer-algorithm`]: 'AES256' }],
    ['the class GLACIER', { 'storage-class': 'GLACIER' }],
    [
      'the class DEEP_ARCHIVE under its own key',
      { 'storage-class': 'DEEP_ARCHIVE', [SSE]: 'aws:kms', [`${SSE}-aws-kms-key-id`]: own },
    ],
  ])('refuses one that names %s', (_, said) => {
    expect(may(said)).toBe(false);
  });
});

describe('a wall', () => {
  const strangers = [
    almighty(`arn:aws:iam::${ACCOUNT}:role/stranger`),
    almighty(`arn:aws:iam::${ACCOUNT}:role/dev/${REGION}/agent/dev-${REGION}-operator-jio`),
    almighty(`arn:aws:iam::${ACCOUNT}:role/dev-${REGION}-operator-jio`, ACCOUNT, 'jio'),
    almighty(`arn:aws:iam::${ACCOUNT}:role/prod/${REGION}/operator/prod-${REGION}-operator-jio`, ACCOUNT, 'jio'),
    almighty(roleArn('operator', 'jio').replaceAll(REGION, 'us-east-1'), ACCOUNT, 'jio'),
    almighty(roleArn('operator', 'jio').replace(ACCOUNT, ELSEWHERE), ELSEWHERE, 'jio'),
  ];

  it.each(strangers)('stands before $arn, whatever its own policy lets', (stranger) => {
    for (const [bucket, keys] of Object.entries(KEYS))
      for (const key of keys)
        for (const action of ['put', 'read', 'list', 'delete', 'dig', 'list versions', 'list uploads'].flatMap(
          (verb) => ACTIONS[verb as keyof typeof ACTIONS],
        ))
          expect(mayDo(stranger, action, bucket, key), `${action} ${key}`).toBe(false);
    for (const { arn } of ofType('AWS::KMS::Key'))
      for (const service of ['', 's3', 'dynamodb', 'sns', 'sqs', 'lambda'])
        for (const action of ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom'])
          expect(
            rights.useKey(
              stranger,
              action,
              arn,
              service === '' ? {} : { 'kms:viaservice': `${service}.${REGION}.amazonaws.com` },
            ).allowed,
          ).toBe(false);
    for (const { arn } of ofType('AWS::DynamoDB::Table'))
      for (const action of ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan', 'dynamodb:PutItem'])
        expect(rights.ask(stranger, action, arn).allowed).toBe(false);
    for (const { arn } of ofType('AWS::SNS::Topic'))
      expect(rights.ask(stranger, 'sns:Publish', arn).allowed).toBe(false);
    for (const { arn } of ofType('AWS::SQS::Queue'))
      expect(rights.ask(stranger, 'sqs:ReceiveMessage', arn).allowed).toBe(false);
  });

  it.each(members.filter(([kind]) => kind !== 'administrator'))(
    'keeps %s %s in its own place, also where its role was given everything by mistake',
    (kind, id) => {
      const role = almighty(roleArn(kind, id), ACCOUNT, id);
      const may = MAY[kind]?.(id) ?? [];
      for (const [bucket, keys] of Object.entries(KEYS))
        for (const key of keys)
          for (const verb of ['put', 'read', 'list', 'delete'] as const)
            for (const action of ACTIONS[verb]) {
              const expected = may.some(([b, v, pattern]) => b === bucket && v === verb && pattern.test(key));
              expect(mayDo(role, action, bucket, key), `${action} ${key}`).toBe(expected);
            }
      // Of a bucket that it lists all of, it would also see what is being uploaded.
      const lists = may.flatMap(([b, v, pattern]) => (v === 'list' && pattern.source === '.' ? [b] : []));
      for (const bucket of [INBOX, WORK, OUTBOX, AUDIT])
        expect(rights.ask(role, 's3:ListBucketMultipartUploads', bucket).allowed).toBe(lists.includes(bucket));
    },
  );

  it('asks for a prefix only of lists that S3 knows one of, else S3 could refuse the whole policy', () => {
    const asked = [
      ...ofType('AWS::S3::BucketPolicy').flatMap(({ properties }) => readPolicy(properties.PolicyDocument)),
      ...[...rights.roles.values()].flatMap(({ identity }) => identity),
    ].flatMap(({ action = [], condition }) =>
      Object.values(condition).some((keys) => 's3:prefix' in keys) ? action : [],
    );
    expect(new Set(asked)).toEqual(new Set(['s3:ListBucket', 's3:ListBucketVersions']));
  });

  it('lets who deploys list every bucket, as CloudFormation reads one, and do nothing with what is in it', () => {
    const deployer = `cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`;
    const verbs = ['put', 'read', 'dig', 'delete'] as const;
    const named = world(checkStage({ ...config, deployers: ['team/deployer'] })).rights;
    for (const [bucket, keys] of Object.entries(KEYS)) {
      const mayList = (asked: Rights, name: string, account = ACCOUNT) =>
        asked.ask(almighty(`arn:aws:iam::${account}:role/${name}`, account), 's3:ListBucket', bucket).allowed;
      expect(mayList(rights, deployer)).toBe(true);
      expect(mayList(rights, deployer, ELSEWHERE)).toBe(false);
      expect(mayList(named, deployer)).toBe(false);
      expect(mayList(named, 'team/deployer')).toBe(true);
      for (const key of keys)
        for (const action of verbs.flatMap((verb) => ACTIONS[verb]))
          expect(mayDo(almighty(`arn:aws:iam::${ACCOUNT}:role/${deployer}`), action, bucket, key), action).toBe(false);
    }
  });

  it('stands before all who come without TLS', () => {
    const jio = roleOf('operator', 'jio');
    const key = `${OUTBOX}/orders/jio/x/1-block.csv`;
    expect(rights.ask(jio, 's3:GetObject', key).allowed).toBe(true);
    expect(rights.ask(jio, 's3:GetObject', key, { 'aws:securetransport': 'false' }).allowed).toBe(false);
  });

  it('is small enough for a bucket and a key with as many participants as there may be', () => {
    const many = (kind: string, count: number): Participant[] =>
      Array.from({ length: count }, (_, n) => unnamed(kind, `${kind.slice(0, 1)}${n}`));
    const crowd = synthesized(
      checkStage({
        ...config,
        stage: 's'.repeat(16),
        agencies: many('agency', 60),
        operators: many('operator', 20),
        readers: many('reader', 360),
      }),
    );
    const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
    const stacks = [{ name: 'dev-data', template: crowd.data.toJSON() }];
    const longest = { region: 'ap-southeast-1', account: ACCOUNT, endpoint: '' };
    for (const { type, properties } of resolveStacks(stacks, longest)) {
      if (type === 'AWS::S3::BucketPolicy') expect(size(properties.PolicyDocument)).toBeLessThan(20 * 1024);
      if (type === 'AWS::KMS::Key') expect(size(properties.KeyPolicy)).toBeLessThan(32 * 1024);
    }
    expect(Object.keys(crowd.access.findResources('AWS::IAM::Role')).length).toBeGreaterThan(440);
    expect(size(crowd.access.toJSON())).toBeLessThan(1_000_000);
  });
});
