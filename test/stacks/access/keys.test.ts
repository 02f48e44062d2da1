import { readPolicy } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { checkStage, type StageConfig } from '../../../lib/config/stage.ts';
import {
  ACCOUNT,
  almighty,
  arnOf,
  config,
  ELSEWHERE,
  ofType,
  REGION,
  resources,
  rights,
  roleArn,
  roleOf,
  world,
} from './rights.ts';

describe('a key', () => {
  const keys = ofType('AWS::KMS::Key').filter(({ properties }) => properties.KeySpec === undefined);

  it('of the audit makes keyed hashes for the function that writes it, the one that answers and the one that erases, is used for nothing else, and stays the same', () => {
    const [key, ...others] = ofType('AWS::KMS::Key').filter(({ properties }) => properties.KeySpec === 'HMAC_256');
    expect(others).toEqual([]);
    expect(key?.properties).toMatchObject({ KeyUsage: 'GENERATE_VERIFY_MAC' });
    expect(key?.properties).not.toHaveProperty('EnableKeyRotation');
    const may = (action: string) =>
      [...rights.roles.values()]
        .filter((role) => rights.useKey(role, action, key?.arn ?? '').allowed)
        .map(({ arn }) => arn);
    expect(may('kms:GenerateMac')).toEqual([
      roleArn('function', 'Answer'),
      arnOf('AWS::IAM::Role', /^AuditRole/),
      roleArn('function', 'Erase'),
    ]);
    expect(may('kms:VerifyMac')).toEqual([]);
  });

  it('is the customer-managed one of every table, bucket, topic, queue, state machine and log of one, and is rotated', () => {
    const arns = keys.map(({ arn }) => arn);
    expect(arns).toHaveLength(7);
    for (const { properties } of keys) expect(properties.EnableKeyRotation).toBe(true);
    for (const type of [
      'AWS::S3::Bucket',
      'AWS::DynamoDB::Table',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
      'AWS::StepFunctions::StateMachine',
      'AWS::Logs::LogGroup',
    ])
      for (const { properties, logicalId } of ofType(type)) {
        if (type === 'AWS::Logs::LogGroup' && !String(properties.LogGroupName).startsWith('/aws/vendedlogs/')) continue;
        if (type === 'AWS::SQS::Queue') expect(properties.KmsDataKeyReusePeriodSeconds).toBe(12 * 3600);
        const named = /arn:aws:kms:[^"]+/.exec(JSON.stringify(properties))?.[0];
        expect(arns, logicalId).toContain(named);
      }
  });

  it('names its users one by one, participants by kind, and each of them is there', () => {
    const known = [...rights.roles.keys()];
    for (const { properties } of keys)
      for (const { sid, action, condition } of readPolicy(properties.KeyPolicy)) {
        if (sid === 'Administer') continue;
        for (const one of action ?? []) expect(one).not.toContain('*');
        for (const user of condition.ArnLike?.['aws:PrincipalArn'] ?? []) {
          const isDeployer = /:role\/cdk-\*-cfn-exec-role-\*$/.test(user);
          if (/^(CreateTables|GrantToDynamoDB)$/.test(sid)) expect(isDeployer).toBe(true);
          // A machine's definition is under its key, too.
          else if (isDeployer) expect(sid).toBe('WriteBySTATES');
          else if (user.endsWith('/*'))
            expect(user).toMatch(
              /\/(agency|operator|approver|caseworker|reader|auditor|administrator|operations|checker)\/\*$/,
            );
          else expect(known).toContain(user);
        }
      }
  });

  it('is administered by the account, which does not use it by that', () => {
    const administrator = almighty(`arn:aws:iam::${ACCOUNT}:role/admin`);
    for (const { arn } of keys) {
      expect(rights.useKey(administrator, 'kms:PutKeyPolicy', arn).allowed).toBe(true);
      expect(rights.useKey(administrator, 'kms:Decrypt', arn).allowed).toBe(false);
      expect(
        rights.useKey(almighty(`arn:aws:iam::${ELSEWHERE}:role/admin`, ELSEWHERE), 'kms:PutKeyPolicy', arn).allowed,
      ).toBe(false);
    }
  });

  const machines = ['Batch', 'Direction', 'ImportByPieces'];
  const machineArn = (id: string) => arnOf('AWS::StepFunctions::StateMachine', new RegExp(`^${id}[0-9A-F]{8}$`));
  const of = (arn: string) => ({ 'kms:encryptioncontext:aws:states:statemachinearn': arn });
  const machinesKey = arnOf('AWS::KMS::Key', /^MachinesKey/);

  it("of the state machines is used by each machine's role for its own, and by a batch's to learn what became of a direction", () => {
    for (const { properties } of ofType('AWS::StepFunctions::StateMachine'))
      expect(properties.EncryptionConfiguration).toEqual({
        Type: 'CUSTOMER_MANAGED_KMS_KEY',
        KmsKeyId: machinesKey,
        KmsDataKeyReusePeriodSeconds: 900,
      });
    for (const who of machines)
      for (const whose of machines)
        for (const [action, expected] of [
          ['kms:GenerateDataKey', who === whose],
          ['kms:Decrypt', who === whose || (who === 'Batch' && whose === 'Direction')],
        ] as const) {
          const may = (arn: string) => rights.useKey(roleOf('machine', who), action, machinesKey, of(arn)).allowed;
          expect(may(machineArn(whose)), `${who} ${action} of ${whose}`).toBe(expected);
          expect(may(`${machineArn(whose)}/Expand`)).toBe(expected);
          expect(may(machineArn(whose).replace(ACCOUNT, ELSEWHERE))).toBe(false);
        }
  });

  it('of the state machines is used by those who read what executions keep, for reading, and by nobody else', () => {
    const arn = machineArn('Batch');
    const may = (action: string) =>
      [...rights.roles.values()]
        .filter((role) => rights.useKey(role, action, machinesKey, of(arn)).allowed)
        .map((role) => role.arn.replace(/^.*\//, ''))
        .sort();
    expect(may('kms:GenerateDataKey')).toEqual(['dev-ap-south-1-machine-Batch']);
    expect(may('kms:Decrypt')).toEqual([
      'dev-ap-south-1-administrator-administrator',
      'dev-ap-south-1-function-Release',
      'dev-ap-south-1-machine-Batch',
      'dev-ap-south-1-operations-operations',
    ]);
    const deploys = almighty(`arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`);
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey']) {
      expect(rights.useKey(deploys, action, machinesKey, of(arn)).allowed).toBe(true);
      expect(rights.useKey(deploys, action, machinesKey).allowed).toBe(false);
    }
  });

  it('of the state machines is asked for what is encrypted, and not for what is not', () => {
    const execution = `${machineArn('Batch').replace(':stateMachine:', ':execution:')}:mha-1`;
    const sweep = roleOf('function', 'Sweep');
    expect(rights.ask(sweep, 'states:DescribeExecution', execution, {}, true).allowed).toBe(true);
    expect(rights.ask(sweep, 'states:DescribeExecution', execution)).toMatchObject({
      allowed: false,
      code: 'KmsAccessDeniedException',
    });
    for (const [kind, id] of [
      ['administrator', 'administrator'],
      ['operations', 'operations'],
    ] as const)
      for (const action of ['states:DescribeExecution', 'states:GetExecutionHistory'])
        expect(rights.ask(roleOf(kind, id), action, execution).allowed, `${id} ${action}`).toBe(true);
  });

  it('of the state machines keeps their logs, and is lent to those who deliver and keep these for no other log', () => {
    const logs = { service: `logs.${REGION}.amazonaws.com`, context: {} };
    const delivery = { service: 'delivery.logs.amazonaws.com', context: {} };
    const group = (name: string) => ({
      'kms:encryptioncontext:aws:logs:arn': `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}`,
    });
    const groups = ofType('AWS::Logs::LogGroup').flatMap(({ properties }) =>
      properties.KmsKeyId === machinesKey ? [String(properties.LogGroupName)] : [],
    );
    expect(groups).toHaveLength(machines.length);
    // AWS's own example has Encrypt*, Decrypt*, ReEncrypt*, GenerateDataKey* and Describe*.
    for (const name of groups)
      for (const action of [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:DescribeKey',
      ])
        expect(rights.useKey(logs, action, machinesKey, group(name)).allowed, `${action} ${name}`).toBe(true);
    expect(rights.useKey(logs, 'kms:Decrypt', machinesKey, group('/aws/lambda/x')).allowed).toBe(false);
    const delivered = { 'kms:encryptioncontext:sourcearn': `arn:aws:logs:${REGION}:${ACCOUNT}:*` };
    expect(rights.useKey(delivery, 'kms:Decrypt', machinesKey, delivered).allowed).toBe(true);
    expect(rights.useKey(delivery, 'kms:Decrypt', machinesKey, of(machineArn('Batch'))).allowed).toBe(false);
    for (const id of machines)
      expect(rights.useKey(roleOf('machine', id), 'kms:GenerateDataKey', machinesKey, delivered).allowed).toBe(true);
    expect(rights.useKey(roleOf('function', 'Release'), 'kms:GenerateDataKey', machinesKey, delivered).allowed).toBe(
      false,
    );
  });

  const tablesKey = (settings: StageConfig = config) => {
    const { resources: all, rights: rightsOf } = settings === config ? { resources, rights } : world(settings);
    const key = all.find(({ logicalId }) => /^TablesKey/.test(logicalId))?.arn ?? '';
    return (role: string, action: string, context = {}, account = ACCOUNT) =>
      rightsOf.useKey(almighty(`arn:aws:iam::${account}:role/${role}`, account), action, key, context).allowed;
  };
  const via = (service: string) => ({
    'kms:viaservice': `${service}.${REGION}.amazonaws.com`,
    'kms:grantisforawsresource': 'true',
  });
  const deployer = `cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`;
  /** What CloudFormation's schema of a table lists for its creation, and DynamoDB's guide for working with one. */
  const creating = [
    'CreateGrant',
    'Decrypt',
    'DescribeKey',
    'Encrypt',
    'GenerateDataKey',
    'ReEncryptFrom',
    'ReEncryptTo',
  ];

  it('of the tables lets the role that deploys create and restore tables, through DynamoDB and for its grants only', () => {
    const may = tablesKey();
    for (const action of creating) {
      expect(may(deployer, `kms:${action}`, via('dynamodb')), action).toBe(true);
      // Administering the key needs its description, by nobody's way.
      for (const context of action === 'DescribeKey' ? [] : [{}, via('s3')])
        expect(may(deployer, `kms:${action}`, context), action).toBe(false);
    }
    expect(may(deployer, 'kms:CreateGrant', { ...via('dynamodb'), 'kms:grantisforawsresource': 'false' })).toBe(false);
  });

  it('of the tables lets no other role do so, nor one of that name elsewhere', () => {
    const may = tablesKey();
    for (const action of creating.filter((one) => one !== 'DescribeKey')) {
      for (const role of ['admin', 'dev/cdk-hnb659fds-cfn-exec-role-1', 'cdk-hnb659fds-deploy-role-1'])
        expect(may(role, `kms:${action}`, via('dynamodb')), `${role} ${action}`).toBe(false);
      expect(may(deployer, `kms:${action}`, via('dynamodb'), ELSEWHERE)).toBe(false);
    }
  });

  it('of the tables lets the roles that the configuration names create them, and no longer the usual one', () => {
    const may = tablesKey(checkStage({ ...config, deployers: ['team/deployer', 'dba-*'] }));
    for (const [role, expected] of [
      ['team/deployer', true],
      ['dba-asha', true],
      [deployer, false],
    ] as const)
      for (const action of ['kms:CreateGrant', 'kms:Decrypt', 'kms:Encrypt'])
        expect(may(role, action, via('dynamodb')), `${role} ${action}`).toBe(expected);
  });
});
