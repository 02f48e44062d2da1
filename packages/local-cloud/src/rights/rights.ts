import { type Caller, evaluate } from './evaluate.ts';
import type { Context } from './patterns.ts';
import { qualified } from './qualified.ts';
import { readPolicy, type Statement, UnknownElement } from './statement.ts';

/** A resource of the synthesized app, with its references resolved. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly name: string;
  /** The value that a reference to it gives. */
  readonly ref: string;
  readonly arn: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A role of the app, or one from elsewhere. */
export interface Role {
  readonly arn: string;
  readonly account: string;
  readonly identity: readonly Statement[];
  readonly tags: Readonly<Record<string, string>>;
}

/** A service that acts for itself, and the condition keys that say for whom (`aws:SourceArn`, `aws:SourceAccount`). */
export interface Service {
  readonly service: string;
  readonly context: Context;
}

/** Whether something is allowed; if not, which of the rights needed is refused, and why. */
export type Answer =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly why: string; readonly code?: 'KmsAccessDeniedException' };

/** The actions that a service needs on the key that encrypts a resource, on behalf of the caller who acts on the resource. */
const KEY_NEEDS: readonly [action: RegExp, service: string, needs: readonly string[]][] = [
  [/^s3:GetObject(Version)?$/, 's3', ['kms:Decrypt']],
  // The parts of a large upload are decrypted when it is completed.
  [/^s3:PutObject$/, 's3', ['kms:GenerateDataKey', 'kms:Decrypt']],
  [
    /^dynamodb:(Batch)?(Get|Put|Update|Delete|Write|ConditionCheck)Item$|^dynamodb:(Query|Scan)$/,
    'dynamodb',
    ['kms:Decrypt'],
  ],
  [/^sns:Publish$/, 'sns', ['kms:GenerateDataKey', 'kms:Decrypt']],
  [/^sqs:SendMessage$/, 'sqs', ['kms:GenerateDataKey', 'kms:Decrypt']],
  [/^sqs:ReceiveMessage$/, 'sqs', ['kms:Decrypt']],
  [
    /^states:(DescribeExecution|DescribeStateMachine|DescribeStateMachineForExecution|GetExecutionHistory)$/,
    'states',
    ['kms:Decrypt'],
  ],
];

/** The actions for which Step Functions encrypts in the name of the machine's own role, whoever asks. */
const BY_THE_MACHINE = /^states:(SendTaskFailure|SendTaskSuccess|StartExecution)$/;

interface Guarded {
  readonly statements: Statement[];
  readonly key: string | undefined;
  /** The role of its executions, for a state machine. */
  readonly roleArn?: string;
}

/** The rights that an app's templates give: the policies of all its roles, resources and keys together. */
export class Rights {
  /** The app's roles, by ARN. */
  readonly roles: ReadonlyMap<string, Role>;
  readonly #account: string;
  readonly #region: string;
  readonly #guarded = new Map<string, Guarded>();
  readonly #keys = new Map<string, Statement[]>();
  readonly #trust = new Map<string, Statement[]>();

  /**
   * @param resources of all stacks
   * @throws UnknownElement where a policy holds what isn't evaluated here
   */
  constructor(resources: readonly Resource[], { region, account }: { region: string; account: string }) {
    this.#account = account;
    this.#region = region;
    const ofType = (type: string) => resources.filter((resource) => resource.type === type);
    for (const { arn, ref, properties } of ofType('AWS::KMS::Key')) {
      const statements = readPolicy(properties.KeyPolicy);
      this.#keys.set(arn, statements).set(ref, statements);
    }
    for (const type of [
      'AWS::S3::Bucket',
      'AWS::DynamoDB::Table',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
      'AWS::Lambda::Function',
      'AWS::StepFunctions::StateMachine',
    ])
      for (const resource of ofType(type)) this.#guard(resource);
    for (const { properties } of ofType('AWS::Lambda::Permission')) {
      const { Action, FunctionName, Principal, SourceArn } = properties;
      const invoked = ofType('AWS::Lambda::Function').find(({ arn, ref }) => [arn, ref].includes(String(FunctionName)));
      const permission = {
        Effect: 'Allow',
        Action,
        Principal: { Service: Principal },
        Resource: invoked?.arn,
        ...(SourceArn === undefined ? {} : { Condition: { ArnLike: { 'aws:SourceArn': SourceArn } } }),
      };
      this.#guarded.get(invoked?.arn ?? '')?.statements.push(...readPolicy({ Statement: permission }));
    }
    const policies: [type: string, property: string][] = [
      ['AWS::S3::BucketPolicy', 'Bucket'],
      ['AWS::SNS::TopicPolicy', 'Topics'],
      ['AWS::SQS::QueuePolicy', 'Queues'],
    ];
    for (const [type, property] of policies)
      for (const { properties } of ofType(type))
        for (const ref of [properties[property]].flat())
          this.#guarded
            .get(resources.find((one) => one.ref === ref)?.arn ?? '')
            ?.statements.push(...readPolicy(properties.PolicyDocument));

    const attached = [...ofType('AWS::IAM::Policy'), ...ofType('AWS::IAM::ManagedPolicy')];
    const roles = ofType('AWS::IAM::Role').map(({ arn, ref, properties }): Role => {
      this.#trust.set(arn, readPolicy(properties.AssumeRolePolicyDocument));
      if ([properties.ManagedPolicyArns ?? []].flat().length > 0 || properties.PermissionsBoundary !== undefined)
        throw new UnknownElement(`managed policies and boundaries, as ${arn} has`);
      const inline = ((properties.Policies ?? []) as { PolicyDocument: unknown }[]).map((one) => one.PolicyDocument);
      const others = attached
        .filter((policy) => [policy.properties.Roles ?? []].flat().includes(ref))
        .map((policy) => policy.properties.PolicyDocument);
      const tags = (properties.Tags ?? []) as { Key: string; Value: string }[];
      return {
        arn,
        account,
        identity: [...inline, ...others].flatMap(readPolicy),
        tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
      };
    });
    this.roles = new Map(roles.map((role) => [role.arn, role]));
  }

  /**
   * Whether `who` may do this, and may use the resource's key for it.
   * @param resource its ARN
   * @param context the request's condition keys, in lower case, without those about the caller
   * @param plain whether it asks for nothing that is encrypted
   */
  ask(who: Role | Service, action: string, resource: string, context: Context = {}, plain = false): Answer {
    // A request for a version or an alias needs the right on the state machine's own ARN, with the qualifier in a condition key.
    const { machineArn, qualifier } = qualified(resource);
    if (qualifier !== undefined)
      return this.ask(who, action, machineArn, { ...context, 'states:statemachinequalifier': [qualifier] }, plain);
    const owner = guardedArn(resource);
    const { statements, key, roleArn } = this.#guarded.get(owner) ?? { statements: [], key: undefined };
    const first = this.#decide(who, action, resource, context, { account: this.#account, statements });
    if (!first.allowed || key === undefined || plain) return first;
    if (roleArn !== undefined) return this.#askForExecution(who, action, { machineArn: owner, key, roleArn });
    for (const [actions, service, needs] of KEY_NEEDS)
      if (actions.test(action))
        for (const need of needs) {
          const via = {
            'kms:viaservice': `${service}.${this.#region}.amazonaws.com`,
            // The encryption context of SQS names the queue, and that of SNS the topic.
            ...(service === 'sqs' ? { 'kms:encryptioncontext:aws:sqs:arn': resource } : {}),
            ...(service === 'sns' ? { 'kms:encryptioncontext:aws:sns:topicarn': resource } : {}),
          };
          const answer = this.useKey(who, need, key, via);
          if (!answer.allowed) return answer;
        }
    return first;
  }

  /** Whether an execution's data may be read, or written, under its machine's key. */
  #askForExecution(
    who: Role | Service,
    action: string,
    { machineArn, key, roleArn }: { machineArn: string; key: string; roleArn: string },
  ): Answer {
    const needs = BY_THE_MACHINE.test(action)
      ? ['kms:GenerateDataKey', 'kms:Decrypt']
      : (KEY_NEEDS.find(([actions]) => actions.test(action))?.[2] ?? []);
    const user = BY_THE_MACHINE.test(action) ? this.roles.get(roleArn) : who;
    if (user === undefined) throw new UnknownElement(`the role ${roleArn}, which no stack has`);
    for (const need of needs) {
      const answer = this.useKey(user, need, key, { 'kms:encryptioncontext:aws:states:statemachinearn': machineArn });
      if (!answer.allowed) return { ...answer, code: 'KmsAccessDeniedException' };
    }
    return { allowed: true };
  }

  /**
   * Whether `who` may do this with a key, given by its ARN.
   * @throws UnknownElement for a key of no stack
   */
  useKey(who: Role | Service, action: string, key: string, context: Context = {}): Answer {
    const statements = this.#keys.get(key);
    if (statements === undefined) throw new UnknownElement(`the key ${key}, which no stack has`);
    return this.#decide(who, action, key, context, { account: this.#account, statements, decides: true });
  }

  /** Whether `who` may take on this role with this external id. */
  assume(who: Role | Service, role: string, externalId?: string): Answer {
    const context: Context = externalId === undefined ? {} : { 'sts:externalid': externalId };
    const statements = this.#trust.get(role) ?? [];
    return this.#decide(who, 'sts:AssumeRole', role, context, { account: this.#account, statements, decides: true });
  }

  #guard({ arn, properties }: Resource): void {
    const { BucketEncryption, SSESpecification, KmsMasterKeyId, EncryptionConfiguration, RoleArn } = properties as {
      EncryptionConfiguration?: { KmsKeyId?: string };
      RoleArn?: string;
      BucketEncryption?: {
        ServerSideEncryptionConfiguration: { ServerSideEncryptionByDefault?: { KMSMasterKeyID?: string } }[];
      };
      SSESpecification?: { KMSMasterKeyId?: string };
      KmsMasterKeyId?: string;
    };
    const [rule] = BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
    const key =
      rule?.ServerSideEncryptionByDefault?.KMSMasterKeyID ??
      SSESpecification?.KMSMasterKeyId ??
      KmsMasterKeyId ??
      EncryptionConfiguration?.KmsKeyId;
    this.#guarded.set(arn, { statements: [], key, ...(RoleArn === undefined ? {} : { roleArn: RoleArn }) });
  }

  #decide(
    who: Role | Service,
    action: string,
    resource: string,
    context: Context,
    policy: Parameters<typeof evaluate>[2],
  ): Answer {
    const caller: Caller = 'service' in who ? who : { role: who.arn, account: who.account, identity: who.identity };
    const own: Context =
      'service' in who
        ? who.context
        : {
            'aws:principalarn': who.arn,
            'aws:principalaccount': who.account,
            ...Object.fromEntries(
              Object.entries(who.tags).map(([tag, value]) => [`aws:principaltag/${tag.toLowerCase()}`, value]),
            ),
          };
    const asked = { action, resource, context: { 'aws:securetransport': 'true', ...own, ...context } };
    const { allowed, why, sid } = evaluate(caller, asked, policy);
    return allowed ? { allowed } : { allowed, why: `${action} on ${resource}: ${why}${sid === '' ? '' : ` (${sid})`}` };
  }
}

/** The resource whose policy and key count: an object's is its bucket, an execution's its state machine. */
function guardedArn(resource: string): string {
  if (resource.startsWith('arn:aws:s3:::')) return resource.split('/')[0] ?? '';
  const [, start, machine] = /^(arn:[^:]*:states:[^:]*:[^:]*:)execution:([^:/]+)/.exec(resource) ?? [];
  return start === undefined ? resource : `${start}stateMachine:${machine}`;
}
