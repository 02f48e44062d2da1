/**
 * Puts the app's own rights in force: what the synthesized policies don't allow a function, a state machine or a participant is refused
 * here as AWS refuses it. A caller who signs with none of their names is the owner of the account, who may do everything.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../errors.ts';
import type { S3Request } from '../s3/request.ts';
import { refused } from '../sts/sts.ts';
import type { Answer, Resource, Rights, Role, Service } from './rights.ts';
import { readPolicy } from './statement.ts';

/** One right that a request needs. */
export interface Need {
  action: string;
  /** The resource's ARN. */
  resource: string;
  context?: Record<string, string | string[]>;
  /** Set where the request asks for nothing that is encrypted. */
  plain?: boolean;
}

/** The error for an app whose wiring could not work: each problem names who lacks which right. */
export class NotAuthorized extends Error {
  override name = 'NotAuthorized';

  constructor(problems: readonly string[]) {
    super(`the synthesized policies do not allow:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

const FORBIDDEN = 403;

/** The services' errors for an access key that they don't know; the JSON services say UnrecognizedClientException. */
const UNKNOWN_KEY: Readonly<Record<string, string>> = {
  s3: 'InvalidAccessKeyId',
  ...Object.fromEntries(['cloudformation', 'sns', 'sqs', 'sts'].map((service) => [service, 'InvalidClientTokenId'])),
};

/** The stage that a role's path begins with: `role/<stage>/<region>/<kind>/<stage>-<region>-<kind>-<who>`. */
const stageOf = (arn: string): string | undefined => /:role\/([^/]+)\/[^/]+\//.exec(arn)?.[1];

/** The rights of a stage's roles in force: refuses what a caller's role may not do, as AWS does. */
export class Enforcement {
  #rights: Rights;
  readonly #account: string;
  readonly #denied: (text: string) => void;

  /** @param denied told of each right that was lacking, without the names of objects */
  constructor(rights: Rights, account: string, denied: (text: string) => void) {
    this.#rights = rights;
    this.#account = account;
    this.#denied = denied;
  }

  /** Puts these rights in force from now on. */
  renew(rights: Rights): void {
    this.#rights = rights;
  }

  /**
   * The ARN of the role whose name is the access key id, as people outside sign here; undefined where it is no role's name.
   * @throws AwsError where the id begins as the names of the stage's roles do and no role has it: a mistyped role must not count as the
   * owner
   */
  named(accessKeyId: string, service: string): string | undefined {
    const arns = [...this.#rights.roles.keys()];
    const found = arns.find((arn) => arn.endsWith(`/${accessKeyId}`));
    if (found === undefined && arns.some((arn) => accessKeyId.startsWith(`${stageOf(arn)}-`))) {
      this.#denied(`${accessKeyId} is no role`);
      throw new AwsError(
        UNKNOWN_KEY[service] ?? 'UnrecognizedClientException',
        `there is no role ${accessKeyId}`,
        FORBIDDEN,
      );
    }
    return found;
  }

  /**
   * Requires rights of a role.
   * @param roleArn undefined: the owner of the account
   * @throws AwsError `code` where the role lacks any of these rights
   */
  require(roleArn: string | undefined, needs: readonly Need[], code = 'AccessDeniedException', status = 400): void {
    if (roleArn === undefined) return;
    const role = this.#role(roleArn);
    for (const { action, resource, context, plain } of needs) {
      const answer = this.#rights.ask(role, action, resource, context, plain);
      if (!answer.allowed) this.#refuse(roleArn, action, resource, answer.why, answer.code ?? code, status);
    }
  }

  #refuse(roleArn: string, action: string, resource: string, why: string, code: string, status: number): never {
    this.#denied(`${roleArn.replace(/^.*\//, '')} may not ${action} on ${resource.split('/')[0]}`);
    throw new AwsError(code, `${roleArn} is not authorized to perform ${why}`, status);
  }

  /**
   * Requires that a role may use a key, given by its ARN, directly.
   * @throws AwsError where it may not
   */
  requireKey(roleArn: string, action: string, key: string): void {
    const answer = this.#rights.useKey(this.#role(roleArn), action, key);
    if (!answer.allowed) this.#refuse(roleArn, action, key, answer.why, 'AccessDeniedException', 400);
  }

  /**
   * Requires that a role may take on another one with this external id.
   * @param roleArn undefined: the owner of the account, whom only the other role's own policy can refuse
   * @throws AwsError where it may not
   */
  requireAssume(roleArn: string | undefined, other: string, externalId: string | undefined): void {
    const who = roleArn === undefined ? ownerOf(this.#account) : this.#role(roleArn);
    if (this.#rights.assume(who, other, externalId).allowed) return;
    this.#denied(`${who.arn.replace(/^.*\//, '')} may not take on ${other.replace(/^.*\//, '')}`);
    throw refused(other);
  }

  /**
   * Requires that a role may make a request of S3. A role that may list the missing key counts as lacking no right: S3 asks for the right
   * to list the whole bucket all the same, and a caller who lists before reading knows of the key from the list.
   * @param absent whether there is no object under the key that is read: only a caller who may list the bucket is told so
   * @throws AwsError where the role may not
   */
  requireObject(
    roleArn: string | undefined,
    request: S3Request,
    headers: IncomingHttpHeaders,
    query: URLSearchParams,
    absent: boolean,
  ): void {
    if (roleArn === undefined) return;
    this.require(roleArn, objectNeeds(request, headers, query), 'AccessDenied', FORBIDDEN);
    if (!absent) return;
    const list = { action: 's3:ListBucket', resource: `arn:aws:s3:::${request.bucket}` };
    const role = this.#role(roleArn);
    const byKey = this.#rights.ask(role, list.action, list.resource, { 's3:prefix': request.key });
    const whole = this.#rights.ask(role, list.action, list.resource);
    if (byKey.allowed && !whole.allowed)
      throw new AwsError('AccessDenied', `${roleArn} is not authorized to perform ${whole.why}`, FORBIDDEN);
    this.require(roleArn, [list], 'AccessDenied', FORBIDDEN);
  }

  /**
   * Checks that the app's parts may reach one another: Lambda and Step Functions their roles, event sources their queues, rules their
   * targets, and rules and subscriptions their dead letters.
   * @throws NotAuthorized that names all that is lacking
   */
  checkWiring(resources: readonly Resource[]): void {
    const problems: string[] = [];
    const check = (who: string, answer: Answer): void => {
      if (!answer.allowed) problems.push(`${who}: ${answer.why}`);
    };
    const functionArn = (nameOrArn: unknown) =>
      resources.find(
        ({ type, name, arn }) => type === 'AWS::Lambda::Function' && [name, arn].includes(String(nameOrArn)),
      );
    for (const { type, logicalId, arn, properties } of resources) {
      if (type === 'AWS::Lambda::Function')
        check(logicalId, this.#rights.assume(service('lambda'), String(properties.Role)));
      if (type === 'AWS::StepFunctions::StateMachine') {
        const states = service('states', { 'aws:sourcearn': arn, 'aws:sourceaccount': this.#account });
        check(logicalId, this.#rights.assume(states, String(properties.RoleArn)));
      }
      if (type === 'AWS::Lambda::EventSourceMapping') {
        const reader = this.#role(String(functionArn(properties.FunctionName)?.properties.Role));
        for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'])
          check(logicalId, this.#rights.ask(reader, action, String(properties.EventSourceArn)));
      }
      if (type === 'AWS::SNS::Subscription') {
        const { RedrivePolicy, TopicArn } = properties as {
          RedrivePolicy?: { deadLetterTargetArn: string };
          TopicArn: string;
        };
        const topic = service('sns', { 'aws:sourcearn': TopicArn, 'aws:sourceaccount': this.#account });
        if (RedrivePolicy !== undefined)
          check(logicalId, this.#rights.ask(topic, 'sqs:SendMessage', RedrivePolicy.deadLetterTargetArn));
      }
      if (type === 'AWS::Events::Rule') {
        const bus = service('events', { 'aws:sourcearn': arn, 'aws:sourceaccount': this.#account });
        for (const { Arn, DeadLetterConfig } of (properties.Targets ?? []) as {
          Arn: string;
          DeadLetterConfig?: { Arn: string };
        }[])
          for (const target of [Arn, DeadLetterConfig?.Arn].filter((one) => one !== undefined))
            check(
              logicalId,
              this.#rights.ask(bus, target.includes(':lambda:') ? 'lambda:InvokeFunction' : 'sqs:SendMessage', target),
            );
      }
    }
    if (problems.length > 0) throw new NotAuthorized(problems);
  }

  #role(arn: string): Role {
    const role = this.#rights.roles.get(arn);
    if (role === undefined) throw new AwsError('AccessDeniedException', `there is no role ${arn}`, FORBIDDEN);
    return role;
  }
}

/** The owner of the account, who may do everything in it. */
const ownerOf = (account: string): Role => ({
  arn: `arn:aws:iam::${account}:role/owner`,
  account,
  identity: readPolicy({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }),
  tags: {},
});

const service = (name: string, context: Record<string, string> = {}): Service => ({
  service: `${name}.amazonaws.com`,
  context,
});

/** The rights that a request of S3 needs. Copying reads one object and writes another; each part of an upload is a put. */
function objectNeeds(
  { action, bucket, key, versionId }: S3Request,
  headers: IncomingHttpHeaders,
  query: URLSearchParams,
): Need[] {
  const object = `arn:aws:s3:::${bucket}/${key}`;
  const reading = (resource: string, version: unknown): Need => ({
    action: version === undefined ? 's3:GetObject' : 's3:GetObjectVersion',
    resource,
  });
  switch (action) {
    case 'GetObject':
    case 'HeadObject':
    case 'GetObjectAttributes':
      return [reading(object, versionId)];
    case 'PutObject':
      return [
        // A caller who learns whether an object has a tag learns something of the object.
        ...(headers['if-match'] === undefined ? [] : [reading(object, undefined)]),
        { action: 's3:PutObject', resource: object, context: putContext(headers) },
      ];
    case 'CreateMultipartUpload':
    case 'UploadPart':
    case 'CompleteMultipartUpload':
      return [{ action: 's3:PutObject', resource: object, context: putContext(headers) }];
    case 'CopyObject':
    case 'UploadPartCopy': {
      const [source = '', version] = decodeURIComponent(String(headers['x-amz-copy-source'])).split('?versionId=');
      return [
        reading(`arn:aws:s3:::${source.replace(/^\//, '')}`, version),
        { action: 's3:PutObject', resource: object, context: putContext(headers) },
      ];
    }
    case 'ListObjects':
    case 'ListObjectsV2':
    case 'ListObjectVersions': {
      const prefix = query.get('prefix');
      const context = prefix === null ? {} : { context: { 's3:prefix': prefix } };
      const listing = action === 'ListObjectVersions' ? 's3:ListBucketVersions' : 's3:ListBucket';
      return [{ action: listing, resource: `arn:aws:s3:::${bucket}`, ...context }];
    }
    case 'HeadBucket':
      return [{ action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` }];
    case 'AbortMultipartUpload':
    case 'DeleteObject':
      return [{ action: `s3:${action}`, resource: object }];
    case 'DeleteObjects':
      return [{ action: 's3:DeleteObject', resource: `arn:aws:s3:::${bucket}/*` }];
    case 'ListBuckets':
      return [{ action: 's3:ListAllMyBuckets', resource: 'arn:aws:s3:::*' }];
    default:
      return [{ action: `s3:${action}`, resource: `arn:aws:s3:::${bucket}` }];
  }
}

/** The partition keys of the items that a request names, as a condition key of DynamoDB. Every table here calls its key pk. */
function leadingKeys({ Key, Item }: { Key?: Item; Item?: Item }): Pick<Need, 'context'> {
  const leading = (Key ?? Item)?.pk?.S;
  return leading === undefined ? {} : { context: { 'dynamodb:leadingkeys': [leading] } };
}

type Item = Readonly<Record<string, { S?: string }>>;

/** The condition keys for the encryption and the storage class that a request to put an object asks for. */
function putContext(headers: IncomingHttpHeaders): Record<string, string> {
  const names = ['', '-aws-kms-key-id', '-customer-algorithm'].map((end) => `x-amz-server-side-encryption${end}`);
  return Object.fromEntries(
    [...names, 'x-amz-storage-class'].flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[`s3:${name}`, String(value)]];
    }),
  );
}

/** The rights that a request of DynamoDB needs: its action, on each table that it names. */
export function tableNeeds(
  action: string,
  body: Readonly<Record<string, unknown>>,
  arn: (table: string) => string,
): Need[] {
  const { TableName, RequestItems } = body as { TableName?: string; RequestItems?: Record<string, unknown> };
  const tables = TableName === undefined ? Object.keys(RequestItems ?? {}) : [TableName];
  return tables.map((table) => ({ action: `dynamodb:${action}`, resource: arn(table), ...leadingKeys(body) }));
}

/** The rights that a request of Step Functions needs. A token tells whose it is; a token that says nothing is left to the service. */
export function statesNeeds(action: string, body: Readonly<Record<string, unknown>>): Need[] {
  const resource =
    body.stateMachineArn ??
    body.stateMachineAliasArn ??
    body.executionArn ??
    body.mapRunArn ??
    machineOf(body.taskToken);
  const plain = body.includedData === 'METADATA_ONLY';
  return typeof resource === 'string' ? [{ action: `states:${action}`, resource, plain }] : [];
}

function machineOf(token: unknown): string | undefined {
  const content = Buffer.from(String(token ?? ''), 'base64').toString('utf8');
  const [, start, machine] = /"e":"(arn:aws:states:[^:]*:[^:]*:)execution:([^:/"]+)/.exec(content) ?? [];
  return start === undefined ? undefined : `${start}stateMachine:${machine}`;
}
