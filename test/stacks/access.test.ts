import { type Resource, Rights, type Role, readPolicy, resolveStacks } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { CHECKER, type Participant, unnamed } from '../../lib/config/participants.ts';
import { checkStage, type StageConfig, stageFromContext } from '../../lib/config/stage.ts';
import { synthesized } from './synthesized.ts';

const REGION = 'ap-south-1';
const ACCOUNT = '111122223333';
const ELSEWHERE = '999988887777';

const config = stageFromContext({ config: 'none' });
/** `up` is the beginning of `up-police`, and its batches' ids begin like those of that one. */
const agencies = [...config.agencies.map(({ id }) => id), 'up'];
const operators = config.operators.map(({ id }) => id);
const readers = config.readers.map(({ id }) => id);

function world(settings: StageConfig) {
  const templates = Object.entries(synthesized(settings)).map(([name, template]) => ({
    name: `dev-${name}`,
    template: template.toJSON(),
  }));
  const resources: Resource[] = resolveStacks(templates, { region: REGION, account: ACCOUNT, endpoint: 'https://sqs' });
  return { resources, rights: new Rights(resources, { region: REGION, account: ACCOUNT }) };
}
const { resources, rights } = world(checkStage({ ...config, agencies: [...config.agencies, unnamed('agency', 'up')] }));

const ofType = (type: string) => resources.filter((resource) => resource.type === type);
const arnOf = (type: string, id: RegExp) => ofType(type).find(({ logicalId }) => id.test(logicalId))?.arn ?? '';
const INBOX = arnOf('AWS::S3::Bucket', /^Inbox/);
const WORK = arnOf('AWS::S3::Bucket', /^Work/);
const OUTBOX = arnOf('AWS::S3::Bucket', /^Outbox/);
const AUDIT = arnOf('AWS::S3::Bucket', /^Audit/);

const roleArn = (kind: string, id: string) =>
  `arn:aws:iam::${ACCOUNT}:role/dev/${REGION}/${kind}/dev-${REGION}-${kind}-${id}`;
function roleOf(kind: string, id: string): Role {
  const role = rights.roles.get(roleArn(kind, id));
  if (role === undefined) throw new Error(`there is no role of the ${kind} ${id}`);
  return role;
}
const everything = readPolicy({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } });
/** A role that its own policy lets do everything, with the tag of a participant where it has one. */
const almighty = (arn: string, account = ACCOUNT, participant?: string): Role => ({
  arn,
  account,
  identity: everything,
  tags: participant === undefined ? {} : { participant },
});

/** A key in every place of every owner, and in places where nobody has anything. */
const KEYS: Readonly<Record<string, string[]>> = {
  [INBOX]: [
    ...agencies.map((id) => `reports/${id}/may.csv`),
    ...operators.flatMap((id) => [`usage/${id}/may.csv`, `responses/${id}/mha-0123456789ab.block.${id}.1-0-0/a.csv`]),
    'reports/self-check/may.csv',
    'usage/self-check/may.csv',
    'responses/self-check/self-check/a.csv',
    'reports/stray.csv',
    'strange.csv',
  ],
  [OUTBOX]: [
    ...operators.flatMap((id) => [
      `orders/${id}/mha-0123456789ab.block.${id}.1-0-0/1-block.csv`,
      `receipts/${id}/mha-0123456789ab.block.${id}.1-0-0/a.csv.01234567.json`,
    ]),
    'receipts/self-check/self-check/a.csv.01234567.json',
    'orders/self-check/self-check-0123456789ab.block.self-check.1-0-0/1-block.csv',
    'revocations/2026-06-17/self-check-0123456789ab.csv',
    ...[...agencies, ...operators, 'self-check'].map((id) => `rejects/${id}/may.csv`),
    ...[...agencies, 'self-check'].flatMap((id) => [
      `batches/${id}-0123456789ab/summary.json`,
      `batches/${id}-0123456789ab/elsewhere.csv`,
      ...['preview.json', 'preview.html', 'held.csv'].map((name) => `previews/${id}-0123456789ab/${name}`),
    ]),
    'revocations/2026-06-17/mha-0123456789ab.csv',
    'revocations/2026-06-17/mha-0123456789ab.json',
    'strange.csv',
  ],
  [WORK]: [
    'screened/mha-0123456789ab/x/handsets.jsonl',
    'screened/mha-0123456789ab/x/gathered/y-0.tsv',
    'plans/1/decisions/reverify-0/x/rows.tsv',
    'directions/x/1/a.csv',
    'batches/mha-0123456789ab/x/summary.json',
  ],
  [AUDIT]: ['mha-0123456789ab/1.json'],
};

/** What participants may do, worked out by hand from the list: bucket, verb, and beginnings of keys. */
type Right = [bucket: string, verb: 'put' | 'read' | 'list' | 'dig', keys: RegExp];
const MAY: Readonly<Record<string, (id: string) => Right[]>> = {
  agency: (id) => [
    [INBOX, 'put', new RegExp(`^reports/${id}/`)],
    [INBOX, 'list', new RegExp(`^reports/${id}/`)],
    [
      OUTBOX,
      'read',
      new RegExp(
        `^(rejects/${id}/|batches/${id}-[0-9a-f]{12}/summary\\.json$|previews/${id}-[0-9a-f]{12}/preview\\.json$)`,
      ),
    ],
    [OUTBOX, 'list', new RegExp(`^rejects/${id}/`)],
  ],
  operator: (id) => [
    [INBOX, 'put', new RegExp(`^(usage|responses)/${id}/`)],
    [INBOX, 'list', new RegExp(`^(usage|responses)/${id}/`)],
    [OUTBOX, 'read', new RegExp(`^(orders|receipts|rejects)/${id}/`)],
    [OUTBOX, 'list', new RegExp(`^(orders|receipts|rejects)/${id}/`)],
  ],
  reader: () => [
    [OUTBOX, 'read', /^revocations\//],
    [OUTBOX, 'list', /^revocations\//],
  ],
  auditor: () => [
    [AUDIT, 'read', /./],
    [AUDIT, 'list', /./],
    [OUTBOX, 'list', /^(batches|orders|revocations)\//],
  ],
  checker: (id) => [
    [INBOX, 'put', new RegExp(`^(reports|usage|responses)/${id}/`)],
    [
      OUTBOX,
      'read',
      new RegExp(
        `^((orders|rejects|receipts)/${id}/|batches/${id}-[0-9a-f]{12}/summary\\.json$|revocations/[0-9-]+/${id}-[0-9a-f]{12}\\.csv$)`,
      ),
    ],
    [OUTBOX, 'list', new RegExp(`^(orders|rejects|receipts)/${id}/`)],
  ],
  administrator: () => [
    [INBOX, 'read', /./],
    [INBOX, 'list', /./],
    [OUTBOX, 'read', /./],
    [OUTBOX, 'list', /./],
  ],
  operations: () => [
    [INBOX, 'read', /./],
    [INBOX, 'dig', /./],
    [INBOX, 'list', /./],
    [OUTBOX, 'read', /./],
    [OUTBOX, 'list', /./],
  ],
  'break-glass': () => [],
  eraser: () => [],
};
const ACTIONS = {
  put: ['s3:PutObject', 's3:AbortMultipartUpload'],
  read: ['s3:GetObject'],
  list: ['s3:ListBucket'],
  // Nobody who comes in from outside may do these, but for older versions.
  delete: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  dig: ['s3:GetObjectVersion'],
  'list versions': ['s3:ListBucketVersions'],
  'list uploads': ['s3:ListBucketMultipartUploads'],
  change: [
    's3:PutObjectAcl',
    's3:PutObjectTagging',
    's3:PutObjectRetention',
    's3:PutBucketPolicy',
    's3:PutLifecycleConfiguration',
  ],
} as const;

/** Whether a role may do this with a key; of a list, with the folder that the key is in. */
function mayDo(role: Role, action: string, bucket: string, key: string): boolean {
  // S3 knows no prefix of the uploads that are under way.
  const isList = /^s3:ListBucket(Versions)?$/.test(action);
  const resource = isList || /Bucket|Lifecycle/.test(action) ? bucket : `${bucket}/${key}`;
  return rights.ask(role, action, resource, isList ? { 's3:prefix': key.replace(/[^/]*$/, '') } : {}).allowed;
}

const members = [
  ...agencies.map((id) => ['agency', id] as const),
  ...operators.map((id) => ['operator', id] as const),
  ...readers.map((id) => ['reader', id] as const),
  ['auditor', 'auditor'] as const,
  ['administrator', 'administrator'] as const,
  ['operations', 'operations'] as const,
  ['break-glass', 'break-glass'] as const,
  ['eraser', 'erasure'] as const,
  ['checker', 'self-check'] as const,
];

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
        const isDead = /^(Reports|Usage|Responses|Release|Sweep)DeadLetters/.test(logicalId);
        const isNotice = logicalId.startsWith('NoticesDeadLetters');
        const isFed = /^(Reports|Usage|Responses|Release|Sweep)Queue/.test(logicalId);
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
    for (const { action = [], resource = [] } of role.identity)
      for (const one of action.filter((a) => /^(s3|dynamodb:GetItem|sns|sqs)/.test(a)))
        for (const arn of resource) expect(rights.ask(role, one, arn.replaceAll('*', 'x'))).toEqual({ allowed: true });
  });
});

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
            for (const prefix of condition.StringLike?.['s3:prefix'] ?? ['*'])
              expect(prefix).toMatch(/^[a-z]+\/([a-z]+\/|\*)?$/);
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
      'Import ImportByPiecesAlias',
      'Intake BatchAlias',
      'Release BatchAlias',
      'Sweep BatchAlias',
      'Sweep DirectionAlias',
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
      'Import ImportByPieces',
      'Intake Batch',
      'Release Batch',
      'Release ImportByPieces',
      'Sweep Batch',
      'Sweep Direction',
      'Sweep ImportByPieces',
    ]);
    expect(may('states:SendTaskSuccess').sort()).toEqual(['Order Direction', 'Record Direction']);
    const sends = may('sqs:SendMessage', 'AWS::SQS::Queue').sort();
    const tellTheAudit = [
      'Close',
      'Commit',
      'Erase',
      'Gather',
      'Order',
      'Record',
      'Release',
      'Resume',
      'Screen',
      'Settle',
      'Sweep',
    ];
    expect(sends.filter((one) => one.endsWith(' AuditQueue'))).toEqual(
      [...tellTheAudit, 'RedriveAudit'].sort().map((id) => `${id} AuditQueue`),
    );
    // What the sweep tells the audit later comes from nobody else either.
    const keep = functions.filter((role) => mayDo(role, 's3:PutObject', WORK, 'untold/audit/x.json'));
    expect(keep.map(short).sort()).toEqual(tellTheAudit);
    expect(sends.filter((one) => !one.endsWith(' AuditQueue'))).toEqual([
      'Sweep ReleaseQueue',
      'Sweep ReportsQueue',
      'Sweep ResponsesQueue',
      'Sweep UsageQueue',
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
    ['Batch', ['Claim', 'Commit', 'Expand', 'Gather', 'Resume', 'Screen', 'Settle', 'TakeTurn']],
    ['Direction', ['Close', 'Order']],
    ['ImportByPieces', ['Cut', 'ImportPiece', 'PublishImport']],
  ])('%s may invoke its own functions only: %s', (id, invoked) => {
    expect(mayOn(id, 'lambda:InvokeFunction', 'AWS::Lambda::Function')).toEqual(invoked);
  });

  it('is run by Step Functions only', () => {
    for (const id of ['Batch', 'Direction', 'ImportByPieces']) {
      expect(rights.assume({ service: 'states.amazonaws.com', context: {} }, machine(id).arn).allowed).toBe(true);
      expect(rights.assume({ service: 'lambda.amazonaws.com', context: {} }, machine(id).arn).allowed).toBe(false);
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
    // Five rules, a queue and its dead letters each.
    expect(sent).toBe(10);
  });

  it('uses the key for the queues of its rules and their dead letters only, of whichever account AWS says it acts for', () => {
    const key = arnOf('AWS::KMS::Key', /^MessagesKey/);
    const of = (arn: string) => ({ 'kms:encryptioncontext:aws:sqs:arn': arn });
    const unsaid = { service: 'events.amazonaws.com', context: {} };
    for (const { arn, logicalId } of ofType('AWS::SQS::Queue')) {
      const isFed = /^(Reports|Usage|Responses|Release|Sweep)(Queue|DeadLetters)/.test(logicalId);
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
    expect(topics).toHaveLength(3);
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

describe('a key', () => {
  const keys = ofType('AWS::KMS::Key').filter(({ properties }) => properties.KeySpec === undefined);

  it('of the audit makes keyed hashes for the function that writes it and the one that erases, is used for nothing else, and stays the same', () => {
    const [key, ...others] = ofType('AWS::KMS::Key').filter(({ properties }) => properties.KeySpec === 'HMAC_256');
    expect(others).toEqual([]);
    expect(key?.properties).toMatchObject({ KeyUsage: 'GENERATE_VERIFY_MAC' });
    expect(key?.properties).not.toHaveProperty('EnableKeyRotation');
    const may = (action: string) =>
      [...rights.roles.values()]
        .filter((role) => rights.useKey(role, action, key?.arn ?? '').allowed)
        .map(({ arn }) => arn);
    expect(may('kms:GenerateMac')).toEqual([arnOf('AWS::IAM::Role', /^AuditRole/), roleArn('function', 'Erase')]);
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
            expect(user).toMatch(/\/(agency|operator|reader|auditor|administrator|operations|checker)\/\*$/);
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
