import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Dynamo, TableSpec } from '../dynamodb/dynamo.ts';
import { type Bus, dailyOf, type RuleTarget, rateOf } from '../events/bus.ts';
import { compilePattern, UnsupportedPattern } from '../events/pattern.ts';
import type { Fauxqs } from '../fauxqs/fauxqs.ts';
import type { Kms } from '../kms/kms.ts';
import type { AsyncInvoker } from '../lambda/async-invoke.ts';
import { DEFAULT_BATCH_SIZE, type Pollers } from '../lambda/event-source-mapping.ts';
import type { Functions } from '../lambda/functions.ts';
import type { FunctionSpec } from '../lambda/instance.ts';
import type { S3 } from '../s3/s3.ts';
import type { StateMachineSpec, StepFunctions } from '../states/service.ts';
import type { LoadedApp } from './assembly.ts';
import type { Placed } from './names.ts';
import { versionName } from './resolver.ts';
import { type LoadedResource, UnsupportedTemplate } from './template.ts';

/** The cloud in which resources are created. */
export interface Creation {
  endpoint: string;
  dynamo: Dynamo;
  kms: Kms;
  fauxqs: Fauxqs;
  s3: S3;
  bus: Bus;
  functions: Functions;
  asyncInvoker: AsyncInvoker;
  pollers: Pollers;
  states: StepFunctions;
  /** The concurrency of a mapping without MaximumConcurrency. */
  batchesOfQueue: number;
}

/** The weight of an alias's only version, in percent. */
const ALL = 100;

type Create = (resource: LoadedResource, creation: Creation, app: LoadedApp) => Promise<void> | void;

/** The creators in the order of creation; types that aren't named have no effect. */
export const CREATORS: readonly [type: string, create: Create, kind?: Placed['kind']][] = [
  ['AWS::KMS::Key', createKey],
  ['AWS::S3::Bucket', createBucket, 'bucket'],
  ['AWS::DynamoDB::Table', createTable, 'table'],
  ['AWS::SQS::Queue', createQueue, 'queue'],
  ['AWS::SNS::Topic', createTopic, 'topic'],
  ['AWS::SNS::Subscription', subscribe],
  ['AWS::Lambda::Function', createFunction, 'function'],
  ['AWS::Lambda::EventInvokeConfig', configureInvoke],
  ['AWS::StepFunctions::StateMachine', createMachine, 'machine'],
  ['AWS::StepFunctions::StateMachineVersion', publishVersion],
  ['AWS::StepFunctions::StateMachineAlias', nameVersion],
  ['AWS::Lambda::EventSourceMapping', createMapping],
  ['AWS::Events::Rule', createRule],
];

/** Creates a key for MACs. A key without a spec encrypts, which has no effect here. */
function createKey(resource: LoadedResource, { kms }: Creation): void {
  const { arn, ref, properties } = resource;
  const { KeySpec: spec, KeyUsage: usage } = properties;
  if (spec === undefined && usage === undefined) return;
  if (spec !== 'HMAC_256' || usage !== 'GENERATE_VERIFY_MAC') unsupported(resource, `KeySpec ${spec} for ${usage}`);
  kms.add(arn, ref);
}

interface Encryption {
  ServerSideEncryptionConfiguration?: { ServerSideEncryptionByDefault?: { SSEAlgorithm?: string } }[];
}

/** Whether a bucket's objects are under a key of KMS. */
function isSealed(resource: LoadedResource): boolean {
  const { ServerSideEncryptionConfiguration: rules = [] } = (resource.properties.BucketEncryption ?? {}) as Encryption;
  const [rule, second] = rules;
  const { SSEAlgorithm: algorithm = 'AES256' } = rule?.ServerSideEncryptionByDefault ?? {};
  if (second !== undefined) unsupported(resource, 'BucketEncryption of several rules');
  if (!['AES256', 'aws:kms', 'aws:kms:dsse'].includes(algorithm)) unsupported(resource, `SSEAlgorithm ${algorithm}`);
  return algorithm !== 'AES256';
}

function createBucket(resource: LoadedResource, { s3 }: Creation): void {
  const { name, properties } = resource;
  const versioning = properties.VersioningConfiguration as { Status?: string } | undefined;
  const notification = properties.NotificationConfiguration as
    | { EventBridgeConfiguration?: { EventBridgeEnabled?: boolean } }
    | undefined;
  if (versioning?.Status === 'Suspended') unsupported(resource, 'VersioningConfiguration.Status Suspended');
  s3.createBucket(name, {
    versioned: versioning?.Status === 'Enabled',
    sealed: isSealed(resource),
    events: notification?.EventBridgeConfiguration?.EventBridgeEnabled === true,
  });
}

async function createTable(resource: LoadedResource, { dynamo }: Creation): Promise<void> {
  const { name, properties } = resource;
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = properties;
  if (BillingMode !== 'PAY_PER_REQUEST') unsupported(resource, 'BillingMode other than PAY_PER_REQUEST');
  const table = { TableName: name, AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode };
  await dynamo.createTable(JSON.parse(JSON.stringify(table)) as TableSpec);
}

function createQueue({ ref, name, arn, properties }: LoadedResource, { fauxqs }: Creation): void {
  const attributes: Record<string, string> = {};
  for (const attribute of ['VisibilityTimeout', 'ReceiveMessageWaitTimeSeconds']) {
    if (properties[attribute] !== undefined) attributes[attribute] = String(properties[attribute]);
  }
  if (properties.RedrivePolicy !== undefined) attributes.RedrivePolicy = JSON.stringify(properties.RedrivePolicy);
  fauxqs.queues.createQueue(name, ref, arn, attributes);
}

function createTopic({ name, arn }: LoadedResource, { fauxqs }: Creation): void {
  fauxqs.topics.createTopic(name, undefined, undefined, arn.split(':')[3] ?? '');
}

/** Creates a subscription. A queue that the app doesn't hold is somebody else's: it is made here, so that its messages can be read. */
function subscribe(resource: LoadedResource, { fauxqs, endpoint: base }: Creation): void {
  const { properties } = resource;
  const endpoint = String(properties.Endpoint);
  const address = addressOf(resource);
  if (fauxqs.queues.getQueueByArn(address) === undefined) {
    const [account = '', name = ''] = address.split(':').slice(4);
    fauxqs.queues.createQueue(name, `${base}/${account}/${name}`, address);
  }
  if (address !== endpoint) fauxqs.mailboxes.set(address, { protocol: String(properties.Protocol), address: endpoint });
  checkDeadLetters(
    resource,
    (properties.RedrivePolicy as { deadLetterTargetArn?: unknown })?.deadLetterTargetArn,
    fauxqs,
  );
  const attributes: Record<string, string> = {};
  if (properties.FilterPolicy !== undefined) {
    checkFilterPolicy(resource, properties.FilterPolicy);
    attributes.FilterPolicy = JSON.stringify(properties.FilterPolicy);
  }
  if (properties.FilterPolicyScope !== undefined) attributes.FilterPolicyScope = String(properties.FilterPolicyScope);
  if (properties.RawMessageDelivery !== undefined)
    attributes.RawMessageDelivery = String(properties.RawMessageDelivery);
  fauxqs.topics.subscribe(String(properties.TopicArn), 'sqs', address, attributes);
}

/** The queue that a subscription delivers to: its own, or the one that stands in for an e-mail address or a web server. */
function addressOf(resource: LoadedResource): string {
  const { Protocol, Endpoint, TopicArn } = resource.properties;
  const endpoint = String(Endpoint);
  if (Protocol === 'sqs') return endpoint;
  if (Protocol !== 'email' && Protocol !== 'https') return unsupported(resource, `Protocol ${Protocol}`);
  const [partition, region, account] = String(TopicArn)
    .split(':')
    .slice(1)
    .filter((part) => part !== 'sns');
  const mark = createHash('sha256').update(endpoint).digest('hex').slice(0, 16);
  return `arn:${partition}:sqs:${region}:${account}:${Protocol}-${mark}`;
}

/** Checks that the queue for dead letters is there. No delivery fails here, so that nothing goes to it. */
function checkDeadLetters(resource: LoadedResource, arn: unknown, fauxqs: Fauxqs): void {
  if (arn === undefined || fauxqs.queues.getQueueByArn(String(arn)) !== undefined) return;
  unsupported(resource, `a dead-letter queue that is not there: ${arn}`);
}

/**
 * Checks a filter policy, which is written as an event pattern is, and may be empty. An unknown matcher would match nothing, without a
 * word.
 */
function checkFilterPolicy(resource: LoadedResource, policy: unknown): void {
  if (JSON.stringify(policy) === '{}') return;
  try {
    compilePattern(policy);
  } catch (error) {
    if (!(error instanceof UnsupportedPattern)) throw error;
    unsupported(resource, `FilterPolicy (${error.message})`);
  }
}

function createFunction(resource: LoadedResource, { functions }: Creation, app: LoadedApp): void {
  functions.create(functionSpec(resource, app));
}

/** A function as its template describes it. */
export function functionSpec(resource: LoadedResource, app: LoadedApp): FunctionSpec {
  const { logicalId, name, arn, properties } = resource;
  const runtime = String(properties.Runtime);
  if (!/^nodejs\d+\.x$/.test(runtime)) unsupported(resource, `Runtime ${runtime}`);
  const environment = (properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {};
  const reserved = properties.ReservedConcurrentExecutions;
  return {
    logicalId,
    name,
    arn,
    folder: app.asset(String((properties.Code as { S3Key?: unknown }).S3Key)),
    handler: String(properties.Handler),
    roleArn: String(properties.Role),
    timeoutSeconds: Number(properties.Timeout ?? 3),
    memoryMb: Number(properties.MemorySize ?? 128),
    reserved: reserved === undefined ? undefined : Number(reserved),
    environment: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
  };
}

function configureInvoke({ properties }: LoadedResource, { asyncInvoker, functions }: Creation): void {
  const { name } = functions.find(String(properties.FunctionName));
  if (properties.MaximumRetryAttempts !== undefined) {
    asyncInvoker.configure(name, Number(properties.MaximumRetryAttempts));
  }
}

function createMachine(resource: LoadedResource, { states }: Creation, app: LoadedApp): void {
  states.createStateMachine(machineSpec(resource, app));
}

/** A state machine as its template describes it, with its substitutions made. */
export function machineSpec(resource: LoadedResource, app: LoadedApp): StateMachineSpec {
  const { name, arn, properties } = resource;
  const location = properties.DefinitionS3Location as { Key?: unknown } | undefined;
  const text =
    location === undefined
      ? String(properties.DefinitionString)
      : readFileSync(app.asset(String(location.Key)), 'utf8');
  const substitutions = (properties.DefinitionSubstitutions ?? {}) as Record<string, unknown>;
  const definition = text.replace(/\$\{([A-Za-z0-9_]+)\}/g, (whole, key: string) =>
    Object.hasOwn(substitutions, key) ? String(substitutions[key]) : whole,
  );
  const type = String(properties.StateMachineType ?? 'STANDARD');
  return { name, arn, definition, roleArn: String(properties.RoleArn), type };
}

function publishVersion({ logicalId, properties }: LoadedResource, { states }: Creation): void {
  states.publishVersion(String(properties.StateMachineArn), versionName(logicalId, properties));
}

function nameVersion(resource: LoadedResource, { states }: Creation): void {
  const [route, ...others] = resource.properties.RoutingConfiguration as {
    StateMachineVersionArn: string;
    Weight: unknown;
  }[];
  if (route === undefined || others.length > 0 || Number(route.Weight) !== ALL)
    unsupported(resource, 'RoutingConfiguration over several versions');
  states.nameVersion(resource.arn, route.StateMachineVersionArn);
}

function createMapping(resource: LoadedResource, { pollers, fauxqs, functions, batchesOfQueue }: Creation): void {
  const { properties } = resource;
  if (properties.Enabled === false) return;
  const queueArn = String(properties.EventSourceArn);
  if (fauxqs.queues.getQueueByArn(queueArn) === undefined) unsupported(resource, `EventSourceArn ${queueArn}`);
  const types = (properties.FunctionResponseTypes ?? []) as string[];
  const scaling = properties.ScalingConfig as { MaximumConcurrency?: number } | undefined;
  pollers.add({
    queueArn,
    functionName: functions.find(String(properties.FunctionName)).name,
    batchSize: Number(properties.BatchSize ?? DEFAULT_BATCH_SIZE),
    partialFailures: types.includes('ReportBatchItemFailures'),
    concurrency: Number(scaling?.MaximumConcurrency ?? batchesOfQueue),
    windowSeconds: Number(properties.MaximumBatchingWindowInSeconds ?? 0),
  });
}

interface RawTarget {
  Arn: string;
  Input?: string;
  InputPath?: string;
  DeadLetterConfig?: { Arn: string };
}

function createRule(resource: LoadedResource, creation: Creation): void {
  const { properties } = resource;
  if (properties.State === 'DISABLED') return;
  const targets = ((properties.Targets ?? []) as RawTarget[]).map((target) => ruleTarget(resource, target, creation));
  if (properties.ScheduleExpression === undefined) {
    creation.bus.addRule(properties.EventPattern, targets);
    return;
  }
  const expression = String(properties.ScheduleExpression);
  const period = rateOf(expression);
  const daily = dailyOf(expression);
  if (period === undefined && daily === undefined)
    unsupported(resource, `ScheduleExpression ${properties.ScheduleExpression}`);
  if (properties.EventPattern !== undefined) unsupported(resource, 'EventPattern beside ScheduleExpression');
  if (period !== undefined) creation.bus.addSchedule(resource.arn, period, targets);
  else if (daily !== undefined) creation.bus.addDaily(resource.arn, daily, targets);
}

function ruleTarget(resource: LoadedResource, target: RawTarget, creation: Creation): RuleTarget {
  const { fauxqs, pollers, functions, asyncInvoker } = creation;
  const { Arn: arn, Input: input, InputPath: inputPath } = target;
  checkDeadLetters(resource, target.DeadLetterConfig?.Arn, fauxqs);
  if (arn.includes(':sqs:')) {
    const queue = fauxqs.queues.getQueueByArn(arn);
    if (queue === undefined) unsupported(resource, `a target that is not there: ${arn}`);
    const deliver = (body: string): void => {
      queue.enqueue(fauxqs.message(body));
      pollers.poke();
    };
    return { deliver, input, inputPath };
  }
  if (arn.includes(':lambda:')) {
    const { name } = functions.find(arn);
    return { deliver: (body) => asyncInvoker.invoke(name, body), input, inputPath };
  }
  return unsupported(resource, `the target ${arn}`);
}

function unsupported({ stack, logicalId, type }: LoadedResource, what: string): never {
  throw new UnsupportedTemplate([`${stack}.${logicalId}: ${what} of ${type}`]);
}
