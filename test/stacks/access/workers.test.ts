import type { Role } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { unnamed } from '../../../lib/config/participants.ts';
import { checkStage } from '../../../lib/config/stage.ts';
import {
  ACCOUNT,
  almighty,
  arnOf,
  config,
  ELSEWHERE,
  KEYS,
  mayDo,
  ofType,
  REGION,
  rights,
  roleArn,
  roleOf,
  WORK,
  world,
} from './rights.ts';

describe('a function', () => {
  const workers = [...rights.roles.values()].filter(({ arn }) => /\/(function|machine)\//.test(arn));
  const functions = workers.filter(({ arn }) => arn.includes('/function/'));
  const short = ({ arn }: Role) => arn.replace(/^.*-/, '');

  it('has a role of its own, which only Lambda takes on', () => {
    const roles = ofType('AWS::Lambda::Function').map(({ properties }) => String(properties.Role));
    expect(new Set(roles).size).toBe(roles.length);
    expect(roles.sort()).toEqual(functions.map(({ arn }) => arn).sort());
    for (const { arn } of functions) {
      expect(rights.assume({ service: 'lambda.amazonaws.com', context: {} }, arn).allowed).toBe(true);
      expect(rights.assume({ service: 'states.amazonaws.com', context: {} }, arn).allowed).toBe(false);
    }
  });

  it.each(functions.map((role) => [short(role), role] as const))(
    '%s has no right on everything but to send traces, and no wildcard but in the names of objects, log streams and executions',
    (_, role) => {
      for (const { effect, action, resource, notAction, notResource, condition } of role.identity) {
        expect([effect, notAction, notResource]).toEqual(['Allow', undefined, undefined]);
        for (const one of action ?? []) expect(one).not.toContain('*');
        // X-Ray knows no resources.
        if (action?.every((one) => /^xray:Put(TraceSegments|TelemetryRecords)$/.test(one))) continue;
        for (const arn of resource ?? []) {
          if (action?.some((one) => /^s3:ListBucket(Versions)?$/.test(one))) {
            expect(action).toHaveLength(1);
            // The sweep looks at all that was uploaded, in one list.
            for (const prefix of condition.StringLike?.['s3:prefix'] ?? ['*'])
              if (prefix === '') expect([short(role), action]).toEqual(['Sweep', ['s3:ListBucketVersions']]);
              else expect(prefix).toMatch(/^[a-z]+\/([a-z]+\/)?\*?$/);
          } else if (arn.startsWith('arn:aws:s3:::')) expect(arn).toMatch(/^arn:aws:s3:::[a-z0-9-]+\/[a-z]+\//);
          else expect(arn.replace(/:(log-group|execution):[^*]+:\*$/, '')).not.toContain('*');
        }
      }
    },
  );

  it.each(workers.map((role) => [short(role), role] as const))(
    '%s has no right that a wall or a key refuses',
    (_, role) => {
      let asked = 0;
      for (const { action = [], resource = [], condition } of role.identity)
        for (const one of action.filter((a) => /^(s3|dynamodb|sns|sqs):/.test(a)))
          for (const arn of resource) {
            const prefixes = condition.StringLike?.['s3:prefix'] ?? [];
            const context = Object.fromEntries(prefixes.slice(0, 1).map((prefix) => ['s3:prefix', prefix]));
            expect(rights.ask(role, one, arn.replaceAll('*', 'x'), context)).toEqual({ allowed: true });
            asked++;
          }
      expect(asked).toBeGreaterThan(0);
    },
  );

  it.each(functions.map((role) => [short(role), role] as const))('%s can administer nothing', (_, role) => {
    const administer: [type: string, actions: string[]][] = [
      [
        'AWS::S3::Bucket',
        [
          's3:PutBucketPolicy',
          's3:DeleteBucket',
          's3:PutLifecycleConfiguration',
          's3:PutBucketVersioning',
          's3:PutEncryptionConfiguration',
          's3:ListBucket',
        ],
      ],
      ['AWS::DynamoDB::Table', ['dynamodb:DeleteTable', 'dynamodb:UpdateTable', 'dynamodb:PutResourcePolicy']],
      ['AWS::KMS::Key', ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:CreateGrant']],
      ['AWS::SNS::Topic', ['sns:Subscribe', 'sns:SetTopicAttributes', 'sns:DeleteTopic', 'sns:AddPermission']],
      ['AWS::SQS::Queue', ['sqs:SetQueueAttributes', 'sqs:AddPermission', 'sqs:PurgeQueue']],
      [
        'AWS::Lambda::Function',
        [
          'lambda:UpdateFunctionCode',
          'lambda:UpdateFunctionConfiguration',
          'lambda:AddPermission',
          'lambda:InvokeFunction',
        ],
      ],
      [
        'AWS::StepFunctions::StateMachine',
        ['states:UpdateStateMachine', 'states:DeleteStateMachine', 'states:StopExecution'],
      ],
      [
        'AWS::IAM::Role',
        ['iam:PutRolePolicy', 'iam:PassRole', 'iam:UpdateAssumeRolePolicy', 'iam:TagRole', 'sts:AssumeRole'],
      ],
    ];
    for (const [type, actions] of administer)
      for (const { arn } of ofType(type))
        for (const action of actions)
          expect(
            type === 'AWS::KMS::Key' ? rights.useKey(role, action, arn).allowed : rights.ask(role, action, arn).allowed,
            `${action} ${arn}`,
          ).toBe(false);
  });

  it('deletes nothing, and none but those below start, wake or send anything', () => {
    for (const role of functions)
      for (const [bucket, keys] of Object.entries(KEYS))
        for (const key of keys) expect(mayDo(role, 's3:DeleteObject', bucket, key)).toBe(false);
    const may = (action: string, type = 'AWS::StepFunctions::StateMachine') =>
      functions.flatMap((role) =>
        ofType(type)
          .filter(({ arn }) => rights.ask(role, action, arn).allowed)
          .map(({ logicalId }) => `${short(role)} ${logicalId.replace(/[0-9A-F]{8}$/, '')}`),
      );
    // What is started is the version that the alias names, never a machine as it happens to be.
    expect(may('states:StartExecution')).toEqual([]);
    expect(may('states:StartExecution', 'AWS::StepFunctions::StateMachineAlias').sort()).toEqual([
      'File BatchAlias',
      'Follow BatchAlias',
      'Import ImportByPiecesAlias',
      'Intake BatchAlias',
      'Release BatchAlias',
      'Sweep BatchAlias',
      'Sweep DirectionAlias',
      'Withdraw BatchAlias',
    ]);
    // By what StartExecution depends on, whoever starts one may describe it; Release, too, asks what a failed one was given.
    const described = functions.flatMap((role) =>
      ofType('AWS::StepFunctions::StateMachine')
        .filter(
          ({ arn }) =>
            rights.ask(role, 'states:DescribeExecution', `${arn.replace(':stateMachine:', ':execution:')}:x`, {}, true)
              .allowed,
        )
        .map(({ logicalId }) => `${short(role)} ${logicalId.replace(/[0-9A-F]{8}$/, '')}`),
    );
    expect(described.sort()).toEqual([
      'File Batch',
      'Follow Batch',
      'Import ImportByPieces',
      'Intake Batch',
      'Release Batch',
      'Release ImportByPieces',
      'Sweep Batch',
      'Sweep Direction',
      'Sweep ImportByPieces',
      'Withdraw Batch',
    ]);
    expect(may('states:SendTaskSuccess').sort()).toEqual([
      'Await Batch',
      'Commit Direction',
      'Hear Batch',
      'Order Direction',
      'Record Direction',
      'Resume Direction',
      'Withdraw Batch',
    ]);
    const sends = may('sqs:SendMessage', 'AWS::SQS::Queue').sort();
    const tellTheAudit = [
      'Answer',
      'Await',
      'Close',
      'Collect',
      'Commit',
      'Erase',
      'File',
      'Gather',
      'Hear',
      'Order',
      'Record',
      'Release',
      'Resume',
      'Screen',
      'Settle',
      'Sweep',
      'Withdraw',
    ];
    expect(sends.filter((one) => one.endsWith(' AuditQueue'))).toEqual(
      [...tellTheAudit, 'RedriveAudit'].sort().map((id) => `${id} AuditQueue`),
    );
    // What the sweep tells the audit later comes from nobody else either.
    const keep = functions.filter((role) => mayDo(role, 's3:PutObject', WORK, 'untold/audit/x.json'));
    expect(keep.map(short).sort()).toEqual(tellTheAudit);
    expect(sends.filter((one) => !one.endsWith(' AuditQueue'))).toEqual([
      // What approvers let in goes the way of what is uploaded.
      'Hear UsageQueue',
      'Release StatusQueue',
      'Sweep AppealsQueue',
      'Sweep ApprovalsQueue',
      'Sweep LookupsQueue',
      'Sweep ReleaseQueue',
      'Sweep ReportsQueue',
      'Sweep ResponsesQueue',
      'Sweep StatusQueue',
      'Sweep UsageQueue',
      'Sweep WithdrawalsQueue',
    ]);
  });
});

describe('a state machine', () => {
  const machine = (id: string) => roleOf('machine', id);
  const mayOn = (id: string, action: string, type: string) =>
    ofType(type)
      .filter(({ arn }) => rights.ask(machine(id), action, arn).allowed)
      .map(({ logicalId }) => logicalId.replace(/[0-9A-F]{8}$/, ''))
      .sort();

  it.each([
    // A Distributed Map starts its children as executions of its own machine.
    ['Batch', ['Batch'], ['BatchAlias', 'DirectionAlias']],
    ['Direction', [], []],
    ['ImportByPieces', ['ImportByPieces'], ['ImportByPiecesAlias']],
  ])('%s may start its own only: %s, and %s', (id, machines, aliases) => {
    expect(mayOn(id, 'states:StartExecution', 'AWS::StepFunctions::StateMachine')).toEqual(machines);
    expect(mayOn(id, 'states:StartExecution', 'AWS::StepFunctions::StateMachineAlias')).toEqual(aliases);
  });

  it.each([
    ['Batch', ['Await', 'Claim', 'Collect', 'Commit', 'Expand', 'Gather', 'Resume', 'Screen', 'Settle', 'TakeTurn']],
    ['Direction', ['Close', 'Order']],
    ['ImportByPieces', ['Cut', 'ImportPiece', 'PublishImport', 'Weigh']],
  ])('%s may invoke its own functions only: %s', (id, invoked) => {
    expect(mayOn(id, 'lambda:InvokeFunction', 'AWS::Lambda::Function')).toEqual(invoked);
  });

  it('is run by Step Functions only, and by that on behalf of this account only', () => {
    const asked = (name: string, id: string, context: Record<string, string>) =>
      rights.assume({ service: `${name}.amazonaws.com`, context }, machine(id).arn).allowed;
    for (const id of ['Batch', 'Direction', 'ImportByPieces']) {
      expect(asked('states', id, { 'aws:sourceaccount': ACCOUNT })).toBe(true);
      expect(asked('states', id, { 'aws:sourceaccount': ELSEWHERE })).toBe(false);
      expect(asked('states', id, {})).toBe(false);
      expect(asked('lambda', id, { 'aws:sourceaccount': ACCOUNT })).toBe(false);
    }
  });

  it('reads and writes the work bucket only, within batches, plans and imports, and nothing there that names anybody', () => {
    for (const id of ['Batch', 'ImportByPieces'])
      for (const [bucket, keys] of Object.entries(KEYS))
        for (const key of keys)
          for (const action of ['s3:GetObject', 's3:PutObject'])
            expect(mayDo(machine(id), action, bucket, key), `${id} ${action} ${key}`).toBe(false);
    expect(mayDo(machine('Batch'), 's3:PutObject', WORK, 'screened/mha-0123456789ab/x/expanded/y/manifest.json')).toBe(
      true,
    );
    expect(mayDo(machine('Batch'), 's3:GetObject', WORK, 'screened/mha-0123456789ab/x/runs.jsonl')).toBe(true);
    expect(mayDo(machine('ImportByPieces'), 's3:PutObject', WORK, 'imports/x/imported/y/manifest.json')).toBe(true);
  });
});

describe("a machine's Distributed Maps", () => {
  it('may encrypt under the key of the work bucket, through S3, and nobody else may under any of a bucket', () => {
    const throughS3 = { 'kms:viaservice': `s3.${REGION}.amazonaws.com` };
    const may = (key: RegExp, action: string, context = throughS3) =>
      [...rights.roles.values()]
        .filter((role) => rights.useKey(role, action, arnOf('AWS::KMS::Key', key), context).allowed)
        .map(({ arn }) => arn)
        .sort();
    const maps = [roleArn('machine', 'Batch'), roleArn('machine', 'ImportByPieces')];
    expect(may(/^WorkKey/, 'kms:Encrypt')).toEqual(maps);
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey'])
      expect(may(/^WorkKey/, action)).toEqual(expect.arrayContaining(maps));
    expect(may(/^WorkKey/, 'kms:Encrypt', { 'kms:viaservice': `sqs.${REGION}.amazonaws.com` })).toEqual([]);
    for (const key of [/^InboxKey/, /^OutboxKey/, /^AuditKey/]) expect(may(key, 'kms:Encrypt')).toEqual([]);
  });
});

describe('EventBridge', () => {
  const bus = (rule: string) => ({ service: 'events.amazonaws.com', context: { 'aws:sourcearn': rule } });

  it('sends to each queue, and to its dead letters, what its own rule finds', () => {
    let sent = 0;
    for (const { arn: rule, properties } of ofType('AWS::Events::Rule'))
      for (const { arn } of ofType('AWS::SQS::Queue')) {
        const expected = JSON.stringify(properties.Targets).includes(`"${arn}"`);
        expect(rights.ask(bus(rule), 'sqs:SendMessage', arn).allowed, `${rule} to ${arn}`).toBe(expected);
        if (expected) sent++;
      }
    // Eleven rules, a queue and its dead letters each.
    expect(sent).toBe(22);
  });

  it('uses the key for the queues of its rules and their dead letters only, of whichever account AWS says it acts for', () => {
    const key = arnOf('AWS::KMS::Key', /^MessagesKey/);
    const of = (arn: string) => ({ 'kms:encryptioncontext:aws:sqs:arn': arn });
    const unsaid = { service: 'events.amazonaws.com', context: {} };
    for (const { arn, logicalId } of ofType('AWS::SQS::Queue')) {
      const isFed =
        /^(Reports|Usage|Responses|Approvals|Withdrawals|Lookups|Appeals|Release|Night|Status|Sweep)(Queue|DeadLetters)/.test(
          logicalId,
        );
      for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) {
        expect(rights.useKey(unsaid, action, key, of(arn)).allowed, logicalId).toBe(isFed);
        expect(rights.useKey(unsaid, action, key, of(`${arn.replace(ACCOUNT, ELSEWHERE)}`)).allowed).toBe(false);
      }
    }
    expect(rights.useKey(unsaid, 'kms:GenerateDataKey', key).allowed).toBe(false);
    const queue = arnOf('AWS::SQS::Queue', /^UsageQueue/);
    expect(rights.useKey(unsaid, 'kms:Decrypt', arnOf('AWS::KMS::Key', /^TablesKey/), of(queue)).allowed).toBe(false);
  });
});

describe('SNS', () => {
  const of = (topic: string) => ({ service: 'sns.amazonaws.com', context: { 'aws:sourcearn': topic } });
  const topics = ofType('AWS::SNS::Topic').map(({ arn }) => arn);

  it('puts what it could not deliver of any topic among the dead letters of notices, and nothing anywhere else', () => {
    expect(topics).toHaveLength(4);
    for (const topic of topics)
      for (const { arn, logicalId } of ofType('AWS::SQS::Queue'))
        expect(rights.ask(of(topic), 'sqs:SendMessage', arn).allowed, `${topic} to ${logicalId}`).toBe(
          logicalId.startsWith('NoticesDeadLetters'),
        );
    const notices = arnOf('AWS::SQS::Queue', /^NoticesDeadLetters/);
    expect(rights.ask(of(`arn:aws:sns:${REGION}:${ELSEWHERE}:x`), 'sqs:SendMessage', notices).allowed).toBe(false);
  });

  it("lets a participant's own account subscribe its own queues to the topic of its kind, and nobody anything else", () => {
    const named = world(
      checkStage({
        ...config,
        operators: [
          { ...unnamed('operator', 'jio'), principal: ELSEWHERE, externalId: 'agreed-with-jio', notify: [] },
          { ...unnamed('operator', 'vi'), notify: [] },
        ],
      }),
    );
    const topic = (id: string) => named.resources.find(({ logicalId }) => logicalId.startsWith(id))?.arn ?? '';
    const may = (account: string, id: string, Endpoint: string, protocol = 'sqs', action = 'sns:Subscribe') =>
      named.rights.ask(almighty(`arn:aws:iam::${account}:role/desk`, account), action, topic(id), {
        'sns:protocol': protocol,
        'sns:endpoint': Endpoint,
      }).allowed;
    const queue = (account: string) => `arn:aws:sqs:${REGION}:${account}:directions`;
    expect(may(ELSEWHERE, 'OperatorsTopic', queue(ELSEWHERE))).toBe(true);
    expect(may(ELSEWHERE, 'OperatorsTopic', queue('123456789012'))).toBe(false);
    expect(may(ELSEWHERE, 'OperatorsTopic', `https://${ELSEWHERE}.example.org`, 'https')).toBe(false);
    expect(may(ELSEWHERE, 'OperatorsTopic', queue(ELSEWHERE), 'lambda')).toBe(false);
    expect(may(ELSEWHERE, 'AgenciesTopic', queue(ELSEWHERE))).toBe(false);
    expect(may(ELSEWHERE, 'AdministratorsTopic', queue(ELSEWHERE))).toBe(false);
    expect(may('123456789012', 'OperatorsTopic', queue('123456789012'))).toBe(false);
    for (const action of ['sns:Publish', 'sns:SetTopicAttributes', 'sns:ListSubscriptionsByTopic'])
      expect(may(ELSEWHERE, 'OperatorsTopic', queue(ELSEWHERE), 'sqs', action), action).toBe(false);
  });

  it('has dead letters for every subscription', () => {
    const notices = arnOf('AWS::SQS::Queue', /^NoticesDeadLetters/);
    for (const { properties } of ofType('AWS::SNS::Subscription'))
      expect(properties.RedrivePolicy).toEqual({ deadLetterTargetArn: notices });
  });
});
