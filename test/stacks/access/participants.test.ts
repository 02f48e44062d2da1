import type { Role } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { CHECKER, unnamed } from '../../../lib/config/participants.ts';
import { checkStage } from '../../../lib/config/stage.ts';
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

describe('a participant', () => {
  it.each(members)('%s %s does what it may, with every action in every place, and nothing else', (kind, id) => {
    const role = roleOf(kind, id);
    const may = MAY[kind]?.(id) ?? [];
    const wrong: string[] = [];
    let rightsSeen = 0;
    for (const [bucket, keys] of Object.entries(KEYS))
      for (const key of keys)
        for (const [verb, actions] of Object.entries(ACTIONS))
          for (const action of actions) {
            const expected = may.some(([b, v, pattern]) => b === bucket && v === verb && pattern.test(key));
            if (expected) rightsSeen++;
            if (mayDo(role, action, bucket, key) !== expected) wrong.push(`${action} ${key}: ${!expected}`);
          }
    expect(wrong).toEqual([]);
    expect(rightsSeen > 0).toBe(kind !== 'break-glass' && kind !== 'eraser');
  });

  it.each(members)('%s %s lists nothing without a prefix, nor by one that reaches over its own place', (kind, id) => {
    const role = roleOf(kind, id);
    const lists = (bucket: string, prefix?: string) =>
      rights.ask(role, 's3:ListBucket', bucket, prefix === undefined ? {} : { 's3:prefix': prefix }).allowed;
    const all = ['administrator', 'operations'].includes(kind) ? [INBOX, OUTBOX] : kind === 'auditor' ? [AUDIT] : [];
    // An auditor lists what was decided, whoever's it is.
    const folders = kind === 'auditor' ? ['orders/', 'batches/'] : [];
    for (const bucket of [INBOX, WORK, OUTBOX, AUDIT]) {
      expect(lists(bucket)).toBe(all.includes(bucket));
      expect(lists(bucket, '')).toBe(all.includes(bucket));
      for (const prefix of [
        'r',
        'reports/',
        'rejects/',
        'orders/',
        'batches/',
        `rejects/${id}`,
        `reports/${id.slice(0, -1)}`,
      ])
        expect(lists(bucket, prefix), `${bucket} ${prefix}`).toBe(
          all.includes(bucket) || (bucket === OUTBOX && folders.includes(prefix)),
        );
    }
  });

  it.each(members)(
    '%s %s reads no number and no handset in a table, and touches no topic, function or state machine',
    (kind, id) => {
      const role = roleOf(kind, id);
      const isAdministrator = kind === 'administrator';
      const isOperations = kind === 'operations';
      const asks: [type: string, actions: string[]][] = [
        [
          'AWS::DynamoDB::Table',
          [
            'GetItem',
            'BatchGetItem',
            'Query',
            'Scan',
            'PutItem',
            'UpdateItem',
            'DeleteItem',
            'BatchWriteItem',
            'ExportTableToPointInTime',
            'DeleteTable',
          ].map((action) => `dynamodb:${action}`),
        ],
        ['AWS::SNS::Topic', ['sns:Publish', 'sns:Subscribe', 'sns:SetTopicAttributes']],
        ['AWS::Lambda::Function', ['lambda:InvokeFunction', 'lambda:UpdateFunctionCode', 'lambda:GetFunction']],
        [
          'AWS::StepFunctions::StateMachine',
          ['states:StartExecution', 'states:UpdateStateMachine', 'states:SendTaskSuccess'],
        ],
        ['AWS::StepFunctions::StateMachineAlias', ['states:StartExecution', 'states:UpdateStateMachineAlias']],
        ['AWS::IAM::Role', ['iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy', 'iam:PassRole', 'iam:TagRole']],
        ['AWS::SQS::Queue', ['sqs:SetQueueAttributes', 'sqs:PurgeQueue', 'sqs:DeleteQueue']],
      ];
      for (const [type, actions] of asks)
        for (const { arn } of ofType(type))
          for (const action of actions) {
            const ofNumber = { 'dynamodb:leadingkeys': ['CONN#+919800000001'] };
            const itsOwn = { 'break-glass': /RedriveAudit/, eraser: /Erase/ }[kind as string];
            const its = action === 'lambda:InvokeFunction' && itsOwn?.test(arn) === true;
            expect(rights.ask(role, action, arn, ofNumber).allowed, `${action} ${arn}`).toBe(its);
          }
      for (const { arn } of ofType('AWS::DynamoDB::Table'))
        for (const [pk, told] of Object.entries({
          'BATCH#mha-0123456789ab': true,
          'DIR#mha-0123456789ab.block.jio.1-0-0': true,
          PLANNING: true,
          'HANDSET#35000000000001': false,
          'DECISION#1-reverify-0': false,
          PLANNINGS: false,
        }))
          expect(rights.ask(role, 'dynamodb:GetItem', arn, { 'dynamodb:leadingkeys': [pk] }).allowed).toBe(
            isOperations && told && /Cases/.test(arn),
          );
      for (const { arn, logicalId } of ofType('AWS::SQS::Queue')) {
        const isDead =
          /^(Reports|Usage|Responses|Approvals|Withdrawals|Lookups|Appeals|Release|Night|Status|Sweep)DeadLetters/.test(
            logicalId,
          );
        const isNotice = logicalId.startsWith('NoticesDeadLetters');
        const isFed =
          /^(Reports|Usage|Responses|Approvals|Withdrawals|Lookups|Appeals|Release|Night|Status|Sweep)Queue/.test(
            logicalId,
          );
        expect(rights.ask(role, 'sqs:ReceiveMessage', arn).allowed).toBe(
          (isAdministrator || isOperations) && (isDead || isNotice),
        );
        expect(rights.ask(role, 'sqs:DeleteMessage', arn).allowed).toBe(isAdministrator && (isDead || isNotice));
        expect(rights.ask(role, 'sqs:StartMessageMoveTask', arn).allowed).toBe(isAdministrator && isDead);
        expect(rights.ask(role, 'sqs:SendMessage', arn).allowed).toBe(isAdministrator && isFed);
      }
      for (const { arn } of ofType('AWS::KMS::Key'))
        for (const action of [
          'kms:Decrypt',
          'kms:GenerateDataKey',
          'kms:PutKeyPolicy',
          'kms:ScheduleKeyDeletion',
          'kms:CreateGrant',
        ])
          expect(rights.useKey(role, action, arn).allowed, `${action} ${arn} without a service`).toBe(false);
    },
  );
});

describe("a participant's role", () => {
  const one = world(
    checkStage({
      ...config,
      operators: [
        { ...unnamed('operator', 'jio'), principal: ELSEWHERE, externalId: 'agreed-with-jio' },
        {
          ...unnamed('operator', 'vi'),
          principal: `arn:aws:iam::${ELSEWHERE}:role/desk`,
          externalId: 'agreed-with-vi',
        },
      ],
    }),
  ).rights;
  const take = (arn: string, account: string, id: string, externalId?: string) =>
    one.assume(almighty(arn, account), roleArn('operator', id), externalId).allowed;

  it('is taken on by whom its account lets, with the external id', () => {
    const desk = `arn:aws:iam::${ELSEWHERE}:role/any`;
    expect(take(desk, ELSEWHERE, 'jio', 'agreed-with-jio')).toBe(true);
    expect(take(desk, ELSEWHERE, 'jio')).toBe(false);
    expect(take(desk, ELSEWHERE, 'jio', 'agreed-with-vi')).toBe(false);
  });

  it("is taken on by the stage's own account where nobody has named another, and its queue is there, too", () => {
    const own = `arn:aws:iam::${ACCOUNT}:role/tester`;
    const mha = roleArn('agency', 'mha');
    expect(rights.assume(almighty(own), mha, 'handset-fraud-agency-mha').allowed).toBe(true);
    expect(rights.assume(almighty(own), mha).allowed).toBe(false);
    const zeros = '000000000000';
    expect(
      rights.assume(almighty(`arn:aws:iam::${zeros}:role/x`, zeros), mha, 'handset-fraud-agency-mha').allowed,
    ).toBe(false);
    const told = ofType('AWS::SNS::Subscription').map(({ properties }) => String(properties.Endpoint));
    expect(told).toContain(`arn:aws:sqs:${REGION}:${ACCOUNT}:fraud-batches-mha`);
    for (const endpoint of told) expect(endpoint).toContain(`:${ACCOUNT}:`);
  });

  it('is taken on by the one role that is named, where one is', () => {
    expect(take(`arn:aws:iam::${ELSEWHERE}:role/desk`, ELSEWHERE, 'vi', 'agreed-with-vi')).toBe(true);
    expect(take(`arn:aws:iam::${ELSEWHERE}:role/other`, ELSEWHERE, 'vi', 'agreed-with-vi')).toBe(false);
  });

  it('is not taken on from another account, nor by a function or an administrator of this one', () => {
    expect(take('arn:aws:iam::123456789012:role/desk', '123456789012', 'jio', 'agreed-with-jio')).toBe(false);
    expect(take(`arn:aws:iam::${ACCOUNT}:role/admin`, ACCOUNT, 'jio', 'agreed-with-jio')).toBe(false);
    for (const role of one.roles.values())
      for (const { arn } of one.roles.values())
        expect(one.assume(role, arn, 'agreed-with-jio').allowed, `${role.arn} as ${arn}`).toBe(false);
  });

  it('of the self-check is taken on by the administrators, with its external id, and by no other role of the app', () => {
    const checker = roleArn('checker', 'self-check');
    const may = [...one.roles.values()].filter((role) => one.assume(role, checker, CHECKER.externalId).allowed);
    expect(may.map(({ arn }) => arn)).toEqual([roleArn('administrator', 'administrator')]);
    const administrator = may[0] as Role;
    expect(one.assume(administrator, checker).allowed).toBe(false);
    expect(
      one.assume(almighty(`arn:aws:iam::${ELSEWHERE}:role/admin`, ELSEWHERE), checker, CHECKER.externalId).allowed,
    ).toBe(false);
  });

  it('takes no tags with it, by which the walls go', () => {
    for (const { properties } of ofType('AWS::IAM::Role'))
      expect(JSON.stringify(properties.AssumeRolePolicyDocument)).not.toMatch(/TagSession|\*/);
  });
});

describe('the eraser', () => {
  it('may do two things: ask how the parts are called, and invoke the one function that erases', () => {
    const { identity } = roleOf('eraser', 'erasure');
    expect(identity.flatMap(({ action }) => action).sort()).toEqual([
      'cloudformation:DescribeStacks',
      'lambda:InvokeFunction',
    ]);
    const erase = arnOf('AWS::Lambda::Function', /^Erase/);
    expect(identity.flatMap(({ resource }) => resource).filter((arn) => arn?.includes(':lambda:'))).toEqual([erase]);
    const invokers = [...rights.roles.values()].filter(
      (role) => rights.ask(role, 'lambda:InvokeFunction', erase).allowed,
    );
    expect(invokers.map(({ arn }) => arn)).toEqual([roleArn('eraser', 'erasure')]);
  });

  it('is by that the only one who has an item deleted, or a table read through', () => {
    const tables = ofType('AWS::DynamoDB::Table').map(({ arn }) => arn);
    for (const action of ['dynamodb:DeleteItem', 'dynamodb:Scan']) {
      const may = [...rights.roles.values()].filter((role) =>
        tables.some((arn) => rights.ask(role, action, arn).allowed),
      );
      expect(may.map(({ arn }) => arn)).toEqual([roleArn('function', 'Erase')]);
    }
  });
});

describe('the break-glass role', () => {
  it('may do two things: ask how the parts are called, and invoke the one function that redrives the audit', () => {
    const { identity } = roleOf('break-glass', 'break-glass');
    expect(identity.flatMap(({ action }) => action).sort()).toEqual([
      'cloudformation:DescribeStacks',
      'lambda:InvokeFunction',
    ]);
    expect(identity.flatMap(({ resource }) => resource).filter((arn) => arn?.includes(':lambda:'))).toEqual([
      arnOf('AWS::Lambda::Function', /^RedriveAudit/),
    ]);
  });

  it('is the only one that does, and an alarm counts each invocation', () => {
    const [redrive = '', ...others] = [...rights.roles.values()]
      .filter(
        (role) => rights.ask(role, 'lambda:InvokeFunction', arnOf('AWS::Lambda::Function', /^RedriveAudit/)).allowed,
      )
      .map(({ arn }) => arn);
    expect([redrive, others]).toEqual([roleArn('break-glass', 'break-glass'), []]);
    const alarm = ofType('AWS::CloudWatch::Alarm').find(({ logicalId }) => logicalId.startsWith('AuditRedriven'));
    expect(alarm?.properties).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      Dimensions: [
        {
          Name: 'FunctionName',
          Value: ofType('AWS::Lambda::Function').find(({ logicalId }) => /^RedriveAudit/.test(logicalId))?.name,
        },
      ],
      Statistic: 'Sum',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it('and its function alone move the dead letters of the audit, or send to its queue what nobody committed', () => {
    const dead = arnOf('AWS::SQS::Queue', /^AuditDeadLetters/);
    const movers = [...rights.roles.values()].filter(
      (role) => rights.ask(role, 'sqs:StartMessageMoveTask', dead).allowed,
    );
    expect(movers.map(({ arn }) => arn)).toEqual([roleArn('function', 'RedriveAudit')]);
    for (const role of rights.roles.values())
      if (!role.arn.includes('/function/'))
        expect(rights.ask(role, 'sqs:SendMessage', arnOf('AWS::SQS::Queue', /^AuditQueue/)).allowed).toBe(false);
  });
});

describe('the operations role', () => {
  const role = roleOf('operations', 'operations');
  it('stops what hangs, and starts nothing: an input would say what is ordered by when', () => {
    const stops = ofType('AWS::StepFunctions::StateMachine').filter(
      ({ arn }) =>
        rights.ask(role, 'states:StopExecution', `${arn.replace(':stateMachine:', ':execution:')}:x`).allowed,
    );
    expect(stops.map(({ logicalId }) => logicalId.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual(['Batch', 'Direction']);
    for (const type of ['StateMachine', 'StateMachineAlias'])
      for (const { arn } of ofType(`AWS::StepFunctions::${type}`))
        expect(rights.ask(role, 'states:StartExecution', arn).allowed).toBe(false);
  });

  it('has no right that a wall or a key refuses', () => {
    let asked = 0;
    for (const { action = [], resource = [] } of role.identity)
      for (const one of action.filter((a) => /^(s3|dynamodb:GetItem|sns|sqs)/.test(a)))
        for (const arn of resource) {
          expect(rights.ask(role, one, arn.replaceAll('*', 'x'))).toEqual({ allowed: true });
          asked++;
        }
    expect(asked).toBeGreaterThan(0);
  });
});
