import type { Resource, Rights, Role } from 'local-cloud';

/** The kinds of participants, in the table's order. */
const KINDS = [
  'agency',
  'operator',
  'approver',
  'caseworker',
  'reader',
  'auditor',
  'administrator',
  'operations',
  'break-glass',
  'eraser',
  'checker',
] as const;
type Kind = (typeof KINDS)[number];

/** The verbs for objects, with the actions of S3 that they take. */
const OBJECT_VERBS = {
  put: 's3:PutObject',
  read: 's3:GetObject',
  list: 's3:ListBucket',
  delete: 's3:DeleteObject',
};
type ObjectVerb = keyof typeof OBJECT_VERBS;

interface Place {
  readonly bucket: string;
  /** The place's name for people. */
  readonly name: string;
  /** The kind whose ids stand in its keys; undefined if none does. */
  readonly owner?: Kind;
  /** A key in the place, of an owner's. */
  readonly key: (owner: string) => string;
}

const direction = (operator: string) => `mha-0123456789ab.block.${operator}.1-0-0`;

/** Every place in the buckets. */
export const PLACES: readonly Place[] = [
  { bucket: 'Inbox', name: 'reports/<agency>/', owner: 'agency', key: (id) => `reports/${id}/r.csv` },
  { bucket: 'Inbox', name: 'usage/<operator>/', owner: 'operator', key: (id) => `usage/${id}/u.csv` },
  {
    bucket: 'Inbox',
    name: 'responses/<operator>/',
    owner: 'operator',
    key: (id) => `responses/${id}/${direction(id)}/a.csv`,
  },
  {
    bucket: 'Inbox',
    name: 'decisions/<approver>/',
    owner: 'approver',
    key: (id) => `decisions/${id}/mha-0123456789ab/d.csv`,
  },
  { bucket: 'Inbox', name: 'exemptions/<approver>/', owner: 'approver', key: (id) => `exemptions/${id}/e.csv` },
  { bucket: 'Inbox', name: 'lookups/<caseworker>/', owner: 'caseworker', key: (id) => `lookups/${id}/l.csv` },
  { bucket: 'Inbox', name: 'appeals/<caseworker>/', owner: 'caseworker', key: (id) => `appeals/${id}/a.csv` },
  {
    bucket: 'Inbox',
    name: 'withdrawals/<agency>/',
    owner: 'agency',
    key: (id) => `withdrawals/${id}/mha-0123456789ab/w.csv`,
  },
  { bucket: 'Inbox', name: 'admissions/<approver>/', owner: 'approver', key: (id) => `admissions/${id}/a.csv` },
  { bucket: 'Inbox', name: 'reports/<checker>/', owner: 'checker', key: (id) => `reports/${id}/r.csv` },
  { bucket: 'Inbox', name: 'usage/<checker>/', owner: 'checker', key: (id) => `usage/${id}/u.csv` },
  { bucket: 'Inbox', name: 'responses/<checker>/', owner: 'checker', key: (id) => `responses/${id}/${id}/a.csv` },
  { bucket: 'Inbox', name: 'anywhere else', key: () => 'elsewhere/x.csv' },
  {
    bucket: 'Outbox',
    name: 'orders/<operator>/',
    owner: 'operator',
    key: (id) => `orders/${id}/${direction(id)}/1-block.csv`,
  },
  {
    bucket: 'Outbox',
    name: 'receipts/<operator>/',
    owner: 'operator',
    key: (id) => `receipts/${id}/${direction(id)}/a.csv.01234567.json`,
  },
  {
    bucket: 'Outbox',
    name: 'receipts/<approver>/',
    owner: 'approver',
    key: (id) => `receipts/${id}/mha-0123456789ab/d.csv.01234567.json`,
  },
  {
    bucket: 'Outbox',
    name: 'receipts/<caseworker>/',
    owner: 'caseworker',
    key: (id) => `receipts/${id}/appeals/a.csv.01234567.json`,
  },
  {
    bucket: 'Outbox',
    name: 'explanations/<caseworker>/',
    owner: 'caseworker',
    key: (id) => `explanations/${id}/l.csv.01234567.json`,
  },
  {
    bucket: 'Outbox',
    name: 'receipts/<agency>/',
    owner: 'agency',
    key: (id) => `receipts/${id}/withdrawals/w.csv.01234567.json`,
  },
  { bucket: 'Outbox', name: 'rejects/<operator>/', owner: 'operator', key: (id) => `rejects/${id}/u.csv` },
  { bucket: 'Outbox', name: 'rejects/<agency>/', owner: 'agency', key: (id) => `rejects/${id}/r.csv` },
  {
    bucket: 'Outbox',
    name: 'batches/<agency>-…/summary.json',
    owner: 'agency',
    key: (id) => `batches/${id}-0123456789ab/summary.json`,
  },
  {
    bucket: 'Outbox',
    name: 'batches/<agency>-…/status.json, status.html',
    owner: 'agency',
    key: (id) => `batches/${id}-0123456789ab/status.json`,
  },
  {
    bucket: 'Outbox',
    name: 'batches/<agency>-…/handsets.csv',
    owner: 'agency',
    key: (id) => `batches/${id}-0123456789ab/handsets.csv`,
  },
  {
    bucket: 'Outbox',
    name: 'batches/<agency>-…/kept.csv',
    owner: 'agency',
    key: (id) => `batches/${id}-0123456789ab/kept.csv`,
  },
  {
    bucket: 'Outbox',
    name: 'batches/<agency>-…/elsewhere.csv',
    owner: 'agency',
    key: (id) => `batches/${id}-0123456789ab/elsewhere.csv`,
  },
  {
    bucket: 'Outbox',
    name: 'batches/<caseworker>-…/',
    owner: 'caseworker',
    key: (id) => `batches/${id}-0123456789ab/appeals.csv`,
  },
  {
    bucket: 'Outbox',
    name: 'batches/<caseworker>-…/status.json, status.html',
    owner: 'caseworker',
    key: (id) => `batches/${id}-0123456789ab/status.json`,
  },
  {
    bucket: 'Outbox',
    name: 'previews/<agency>-…/preview.json',
    owner: 'agency',
    key: (id) => `previews/${id}-0123456789ab/preview.json`,
  },
  {
    bucket: 'Outbox',
    name: 'previews/<agency>-…/preview.html, held.csv',
    owner: 'agency',
    key: (id) => `previews/${id}-0123456789ab/held.csv`,
  },
  { bucket: 'Outbox', name: 'rejects/<checker>/', owner: 'checker', key: (id) => `rejects/${id}/r.csv` },
  {
    bucket: 'Outbox',
    name: 'orders/<checker>/',
    owner: 'checker',
    key: (id) => `orders/${id}/${direction(id)}/1-block.csv`,
  },
  {
    bucket: 'Outbox',
    name: 'receipts/<checker>/',
    owner: 'checker',
    key: (id) => `receipts/${id}/${id}/a.csv.01234567.json`,
  },
  {
    bucket: 'Outbox',
    name: 'batches/<checker>-…/summary.json',
    owner: 'checker',
    key: (id) => `batches/${id}-0123456789ab/summary.json`,
  },
  {
    bucket: 'Outbox',
    name: 'revocations/…/<checker>-….csv',
    owner: 'checker',
    key: (id) => `revocations/2026-06-17/${id}-0123456789ab.csv`,
  },
  { bucket: 'Outbox', name: 'revocations/', key: () => 'revocations/2026-06-17/mha-0123456789ab.csv' },
  { bucket: 'Outbox', name: 'reports/', key: () => 'reports/daily/2026-06-17.html' },
  { bucket: 'Work', name: '', key: () => 'directions/x/1/a.csv' },
  { bucket: 'Audit', name: '', key: () => 'x' },
];

/** The verbs for resources other than buckets, by type. */
const OTHER_VERBS: readonly { type: string; what: string; verbs: Readonly<Record<string, string>> }[] = [
  {
    type: 'AWS::DynamoDB::Table',
    what: 'table',
    verbs: { read: 'dynamodb:GetItem', query: 'dynamodb:Query', write: 'dynamodb:PutItem' },
  },
  { type: 'AWS::SNS::Topic', what: 'topic', verbs: { publish: 'sns:Publish', subscribe: 'sns:Subscribe' } },
  { type: 'AWS::SQS::Queue', what: 'queue', verbs: { receive: 'sqs:ReceiveMessage', send: 'sqs:SendMessage' } },
  {
    type: 'AWS::StepFunctions::StateMachine',
    what: 'state machine',
    verbs: { list: 'states:ListExecutions', start: 'states:StartExecution' },
  },
  {
    type: 'AWS::StepFunctions::StateMachineAlias',
    what: 'alias of a state machine',
    verbs: { list: 'states:ListExecutions', start: 'states:StartExecution' },
  },
  { type: 'AWS::Lambda::Function', what: 'function', verbs: { invoke: 'lambda:InvokeFunction' } },
];

/** A participant: its role, and the id that the role stands for. */
export interface Member {
  readonly kind: Kind;
  readonly id: string;
  readonly role: Role;
}

/** The kind that a role is for, from its path: `role/<stage>/<region>/<kind>/<name>`. */
const kindOf = ({ arn }: Role) => arn.split('/')[3];

/** The participants, by the paths of their roles. */
export function members(rights: Rights): Member[] {
  return [...rights.roles.values()].flatMap((role) => {
    const kind = KINDS.find((one) => kindOf(role) === one);
    return kind === undefined ? [] : [{ kind, id: role.tags.participant ?? '', role }];
  });
}

/**
 * Both access tables as Markdown: what each kind of participant may do in which place, and what functions and state machines may do. Every
 * cell is what the synthesized policies say, asked for each participant and each owner of a place.
 */
export function accessTables(rights: Rights, resources: readonly Resource[]): string {
  return `${participantsTable(rights, resources)}\n${workersTable(rights, resources)}`;
}

function participantsTable(rights: Rights, resources: readonly Resource[]): string {
  const all = members(rights);
  /** One row: for each kind, which of the verbs its members may use. */
  const row = (
    verbs: readonly string[],
    owner: Kind | undefined,
    may: (role: Role, verb: string, id: string) => boolean,
  ) => {
    const owners = owner === undefined ? [''] : all.filter(({ kind }) => kind === owner).map(({ id }) => id);
    return KINDS.map((kind) => {
      const ofKind = all.filter((member) => member.kind === kind);
      return verbs.flatMap((verb) => summed(verb, ofKind, owners, (role, id) => may(role, verb, id))).join(', ');
    });
  };
  const places = PLACES.map(({ bucket, name, owner, key }) => {
    const { arn } = named(resources, 'AWS::S3::Bucket', bucket);
    const may = (role: Role, verb: string, id: string) => mayObject(rights, role, verb as ObjectVerb, arn, key(id));
    const place = `${bucket.toLowerCase()}${name === '' ? '' : ` \`${name}\``}`;
    return [place, ...row(Object.keys(OBJECT_VERBS), owner, may)];
  });
  const others = OTHER_VERBS.flatMap(({ type, what, verbs }) => {
    const ofType = resources.filter((resource) => resource.type === type);
    const rows = ofType.map(({ arn, logicalId }) => ({
      name: withoutHash(logicalId),
      cells: row(Object.keys(verbs), undefined, (role, verb) => rights.ask(role, verbs[verb] ?? '', arn).allowed),
    }));
    // Resources with the same cells stand in one row.
    return [...Map.groupBy(rows, ({ cells }) => cells.join('|')).values()].map((same) => [
      nameOfAll(what, same, ofType.length),
      ...(same[0]?.cells ?? []),
    ]);
  });
  return markdown(['place', ...KINDS], [...places, ...others]);
}

/** The common name of resources of a type that have the same cells; the resources that nobody may touch are `every other`. */
function nameOfAll(what: string, same: readonly { name: string; cells: readonly string[] }[], all: number): string {
  if (same.length === all) return `every ${what}`;
  if (same[0]?.cells.every((cell) => cell === '')) return `every other ${what}`;
  return `${what} ${same.map(({ name }) => name).join(', ')}`;
}

/** May a role do this to an object, or list by the folder that the object is in? */
function mayObject(rights: Rights, role: Role, verb: ObjectVerb, bucket: string, key: string): boolean {
  const action = OBJECT_VERBS[verb];
  return verb === 'list'
    ? rights.ask(role, action, bucket, { 's3:prefix': key.replace(/[^/]*$/, '') }).allowed
    : rights.ask(role, action, `${bucket}/${key}`).allowed;
}

/** A verb as it holds for a kind: for nobody, for everybody, for each in its own place, or else by name. */
function summed(
  verb: string,
  ofKind: readonly Member[],
  owners: readonly string[],
  may: (role: Role, owner: string) => boolean,
): string[] {
  const pairs = ofKind.flatMap(({ id, role }) => owners.map((owner) => ({ id, owner, may: may(role, owner) })));
  const allowed = pairs.filter((pair) => pair.may);
  if (allowed.length === 0) return [];
  if (pairs.every((pair) => pair.may === (pair.id === pair.owner))) return [`${verb} own`];
  if (allowed.length === pairs.length) return [verb];
  return allowed.map(({ id, owner }) => `${verb}: ${id}${owner === '' ? '' : ` of ${owner}`}`);
}

const LISTS = /^s3:ListBucket(Versions)?$/;

/** The services' actions by which functions and state machines work, by column; keys and logs are no places. */
const WORK: readonly [column: string, actions: RegExp][] = [
  ['reads', /^s3:GetObject$/],
  ['lists', LISTS],
  ['puts', /^s3:PutObject$/],
  ['items', /^dynamodb:/],
  ['publishes', /^sns:Publish$/],
  ['receives', /^sqs:ReceiveMessage$/],
  ['starts, wakes, invokes', /^(states:(StartExecution|SendTaskSuccess)|lambda:InvokeFunction)$/],
];

function workersTable(rights: Rights, resources: readonly Resource[]): string {
  const rows = ['function', 'machine'].flatMap((kind) =>
    [...rights.roles.values()]
      .filter((role) => kindOf(role) === kind)
      .map((role) => [
        `${kind} ${role.arn.replace(/^.*\/[^/]*?-(function|machine)-/, '')}`,
        ...WORK.map(([column, actions]) => {
          const places = role.identity
            .filter(({ effect }) => effect === 'Allow')
            .flatMap(({ action = [], resource = [], condition }) =>
              action
                .filter((one) => actions.test(one))
                .flatMap((one) =>
                  resource.flatMap((arn) => {
                    const aliases = condition['ForAnyValue:StringEquals']?.['states:StateMachineQualifier'] ?? [];
                    if (aliases.length > 0)
                      return aliases.map((alias) => ({ action: one, arn: `${arn}:${alias}`, context: {} }));
                    // A list covers the keys that begin with a prefix that the statement names.
                    const prefixes = condition.StringLike?.['s3:prefix'] ?? [];
                    return LISTS.test(one) && prefixes.length > 0
                      ? prefixes.map((prefix) => ({ action: one, arn, context: { 's3:prefix': prefix } }))
                      : [{ action: one, arn, context: {} }];
                  }),
                ),
            )
            // Any version or alias of a function is the function.
            .filter(({ arn }) => !/:function:[^:]*:\*$/.test(arn))
            .filter(({ action, arn, context }) => rights.ask(role, action, arn.replaceAll('*', 'x'), context).allowed)
            .map(({ action, arn, context }) => ({
              verb: action.replace(/^.*:/, ''),
              place: placeName(resources, [arn, ...Object.values(context)].join('/')),
            }));
          if (column !== 'items') return [...new Set(places.map(({ place }) => place))].sort().join('<br>');
          return [...Map.groupBy(places, ({ place }) => place)]
            .map(([place, verbs]) => `${place}: ${[...new Set(verbs.map(({ verb }) => verb))].sort().join(', ')}`)
            .sort()
            .join('<br>');
        }),
      ]),
  );
  return markdown(['who', ...WORK.map(([column]) => column)], rows);
}

/** The name for people of a resource, or of a pattern of a bucket's objects. */
function placeName(resources: readonly Resource[], arn: string): string {
  const [base = '', ...key] = arn.startsWith('arn:aws:s3:::') ? arn.split('/') : [arn];
  const resource = resources.find((one) => one.arn === base);
  const name = resource === undefined ? base : withoutHash(resource.logicalId);
  if (key.length === 0) return name;
  // The empty prefix is that of all keys.
  return key.join('') === '' ? name.toLowerCase() : `${name.toLowerCase()} \`${key.join('/')}\``;
}

/** The one resource of a type whose logical id is this, but for the hash that the CDK appends. */
export function named(resources: readonly Resource[], type: string, name: string): Resource {
  const found = resources.filter((one) => one.type === type && withoutHash(one.logicalId) === name);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} resources are the ${type} ${name}`);
  return only;
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}
