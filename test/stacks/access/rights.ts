/**
 * The rights of the synthesized app in a stage whose participants have accounts, and each participant's permissions, worked out by hand.
 */
import { type Resource, Rights, type Role, readPolicy, resolveStacks } from 'local-cloud';
import { stageFromContext } from '../../../lib/config/context.ts';
import { unnamed } from '../../../lib/config/participants.ts';
import { checkStage, type StageConfig } from '../../../lib/config/stage.ts';
import { synthesized } from '../synthesized.ts';

export const REGION = 'ap-south-1';
export const ACCOUNT = '111122223333';
export const ELSEWHERE = '999988887777';

export const config = stageFromContext({ config: 'none' });
/** `up` is the beginning of `up-police`, and its batches' ids begin as those of `up-police` do. */
const agencies = [...config.agencies.map(({ id }) => id), 'up'];
const operators = config.operators.map(({ id }) => id);
const approvers = config.approvers.map(({ id }) => id);
const caseworkers = config.caseworkers.map(({ id }) => id);
const readers = config.readers.map(({ id }) => id);

export function world(settings: StageConfig) {
  const templates = Object.entries(synthesized(settings)).map(([name, template]) => ({
    name: `dev-${name}`,
    template: template.toJSON(),
  }));
  const resources: Resource[] = resolveStacks(templates, { region: REGION, account: ACCOUNT, endpoint: 'https://sqs' });
  return { resources, rights: new Rights(resources, { region: REGION, account: ACCOUNT }) };
}
export const { resources, rights } = world(
  checkStage({ ...config, agencies: [...config.agencies, unnamed('agency', 'up')] }),
);

export const ofType = (type: string) => resources.filter((resource) => resource.type === type);
export const arnOf = (type: string, id: RegExp) => ofType(type).find(({ logicalId }) => id.test(logicalId))?.arn ?? '';
export const INBOX = arnOf('AWS::S3::Bucket', /^Inbox/);
export const WORK = arnOf('AWS::S3::Bucket', /^Work/);
export const OUTBOX = arnOf('AWS::S3::Bucket', /^Outbox/);
export const AUDIT = arnOf('AWS::S3::Bucket', /^Audit/);

export const roleArn = (kind: string, id: string) =>
  `arn:aws:iam::${ACCOUNT}:role/dev/${REGION}/${kind}/dev-${REGION}-${kind}-${id}`;
export function roleOf(kind: string, id: string): Role {
  const role = rights.roles.get(roleArn(kind, id));
  if (role === undefined) throw new Error(`there is no role of the ${kind} ${id}`);
  return role;
}
const everything = readPolicy({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
});
/** A role that its own policy lets do everything, with the tag of a participant where it has one. */
export const almighty = (arn: string, account = ACCOUNT, participant?: string): Role => ({
  arn,
  account,
  identity: everything,
  tags: participant === undefined ? {} : { participant },
});

/** A key in every place of every owner, and in places that belong to nobody. */
export const KEYS: Readonly<Record<string, string[]>> = {
  [INBOX]: [
    ...agencies.flatMap((id) => [`reports/${id}/may.csv`, `withdrawals/${id}/mha-0123456789ab/may.csv`]),
    ...operators.flatMap((id) => [`usage/${id}/may.csv`, `responses/${id}/mha-0123456789ab.block.${id}.1-0-0/a.csv`]),
    ...approvers.flatMap((id) => [`decisions/${id}/mha-0123456789ab/may.csv`, `exemptions/${id}/may.csv`]),
    ...caseworkers.flatMap((id) => [`lookups/${id}/may.csv`, `appeals/${id}/may.csv`]),
    ...approvers.map((id) => `admissions/${id}/may.csv`),
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
    ...approvers.flatMap((id) =>
      ['mha-0123456789ab', 'exemptions', 'admissions'].map((about) => `receipts/${id}/${about}/a.csv.01234567.json`),
    ),
    ...caseworkers.flatMap((id) => [
      `receipts/${id}/appeals/a.csv.01234567.json`,
      `explanations/${id}/a.csv.01234567.json`,
      `rejects/${id}/a.csv`,
      `batches/${id}-0123456789ab/summary.json`,
      `batches/${id}-0123456789ab/appeals.csv`,
    ]),
    ...agencies.map((id) => `receipts/${id}/withdrawals/a.csv.01234567.json`),
    'receipts/self-check/self-check/a.csv.01234567.json',
    'orders/self-check/self-check-0123456789ab.block.self-check.1-0-0/1-block.csv',
    'revocations/2026-06-17/self-check-0123456789ab.csv',
    ...[...agencies, ...operators, 'self-check'].map((id) => `rejects/${id}/may.csv`),
    ...[...agencies, 'self-check'].flatMap((id) => [
      `batches/${id}-0123456789ab/summary.json`,
      `batches/${id}-0123456789ab/status.json`,
      `batches/${id}-0123456789ab/elsewhere.csv`,
      `batches/${id}-0123456789ab/kept.csv`,
      `batches/${id}-0123456789ab/handsets.csv`,
      ...['preview.json', 'preview.html', 'held.csv'].map((name) => `previews/${id}-0123456789ab/${name}`),
    ]),
    'revocations/2026-06-17/mha-0123456789ab.csv',
    'revocations/2026-06-17/mha-0123456789ab.json',
    'reports/daily/2026-06-17.html',
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

/** The participants' rights, worked out by hand from the issue's list: bucket, verb, and beginnings of keys. */
type Right = [bucket: string, verb: 'put' | 'read' | 'list' | 'dig', keys: RegExp];
export const MAY: Readonly<Record<string, (id: string) => Right[]>> = {
  agency: (id) => [
    [INBOX, 'put', new RegExp(`^(reports|withdrawals)/${id}/`)],
    [INBOX, 'list', new RegExp(`^(reports|withdrawals)/${id}/`)],
    [
      OUTBOX,
      'read',
      new RegExp(
        `^((rejects|receipts)/${id}/|batches/${id}-[0-9a-f]{12}/((summary|status)\\.json|(kept|handsets)\\.csv)$|previews/${id}-[0-9a-f]{12}/preview\\.json$)`,
      ),
    ],
    [OUTBOX, 'list', new RegExp(`^(rejects|receipts)/${id}/`)],
  ],
  operator: (id) => [
    [INBOX, 'put', new RegExp(`^(usage|responses)/${id}/`)],
    [INBOX, 'list', new RegExp(`^(usage|responses)/${id}/`)],
    [OUTBOX, 'read', new RegExp(`^(orders|receipts|rejects)/${id}/`)],
    [OUTBOX, 'list', new RegExp(`^(orders|receipts|rejects)/${id}/`)],
  ],
  approver: (id) => [
    [INBOX, 'put', new RegExp(`^(decisions|exemptions|admissions)/${id}/`)],
    [INBOX, 'list', new RegExp(`^(decisions|exemptions|admissions)/${id}/`)],
    [OUTBOX, 'read', new RegExp(`^(previews/|receipts/${id}/|batches/[^/]+/status\\.json$)`)],
    [OUTBOX, 'list', new RegExp(`^(previews/|receipts/${id}/)`)],
  ],
  caseworker: (id) => [
    [INBOX, 'put', new RegExp(`^(lookups|appeals)/${id}/`)],
    [INBOX, 'list', new RegExp(`^(lookups|appeals)/${id}/`)],
    [OUTBOX, 'read', new RegExp(`^((receipts|explanations)/${id}/|batches/${id}-[0-9a-f]{12}/)`)],
    [OUTBOX, 'list', new RegExp(`^(receipts|explanations)/${id}/`)],
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
export const ACTIONS = {
  put: ['s3:PutObject', 's3:AbortMultipartUpload'],
  read: ['s3:GetObject'],
  list: ['s3:ListBucket'],
  // Nobody from outside may do these, except for reading older versions.
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

/** Whether a role may do this with a key; for a list, with the folder of the key. */
export function mayDo(role: Role, action: string, bucket: string, key: string): boolean {
  // S3 knows no prefix of the uploads that are under way.
  const isList = /^s3:ListBucket(Versions)?$/.test(action);
  const resource = isList || /Bucket|Lifecycle/.test(action) ? bucket : `${bucket}/${key}`;
  return rights.ask(role, action, resource, isList ? { 's3:prefix': key.replace(/[^/]*$/, '') } : {}).allowed;
}

export const members = [
  ...agencies.map((id) => ['agency', id] as const),
  ...operators.map((id) => ['operator', id] as const),
  ...approvers.map((id) => ['approver', id] as const),
  ...caseworkers.map((id) => ['caseworker', id] as const),
  ...readers.map((id) => ['reader', id] as const),
  ['auditor', 'auditor'] as const,
  ['administrator', 'administrator'] as const,
  ['operations', 'operations'] as const,
  ['break-glass', 'break-glass'] as const,
  ['eraser', 'erasure'] as const,
  ['checker', 'self-check'] as const,
];
