/**
 * Finds what CloudFormation and the services refuse when an app is deployed, and nothing would show while it runs here: values out of their
 * ranges, and parts that don't fit one another. The ranges are those of the services' API references.
 */
import type { LoadedResource } from './template.ts';

/** The error for a template whose deployment AWS refuses; each problem names stack, logical id and property. */
export class RefusedTemplate extends Error {
  /** All problems, a line each. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`AWS refuses to deploy:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'RefusedTemplate';
    this.problems = problems;
  }
}

type Range = readonly [least: number, most: number];

const FUNCTION = 'AWS::Lambda::Function';
const QUEUE = 'AWS::SQS::Queue';
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const MACHINE = 'AWS::StepFunctions::StateMachine';

/** The ranges of whole numbers, by resource type and property. */
const RANGES: Readonly<Record<string, Readonly<Record<string, Range>>>> = {
  [FUNCTION]: { Timeout: [1, 900], MemorySize: [128, 10_240], ReservedConcurrentExecutions: [0, 1_000] },
  [MAPPING]: {
    BatchSize: [1, 10_000],
    MaximumBatchingWindowInSeconds: [0, 300],
    'ScalingConfig.MaximumConcurrency': [2, 1_000],
  },
  'AWS::Lambda::EventInvokeConfig': { MaximumRetryAttempts: [0, 2], MaximumEventAgeInSeconds: [60, 21_600] },
  [QUEUE]: {
    VisibilityTimeout: [0, 43_200],
    MessageRetentionPeriod: [60, 1_209_600],
    ReceiveMessageWaitTimeSeconds: [0, 20],
    KmsDataKeyReusePeriodSeconds: [60, 86_400],
    'RedrivePolicy.maxReceiveCount': [1, 1_000],
  },
  [MACHINE]: { 'EncryptionConfiguration.KmsDataKeyReusePeriodSeconds': [60, 900] },
  'AWS::KMS::Key': { PendingWindowInDays: [7, 30], RotationPeriodInDays: [90, 2_560] },
};

/** The only values permitted, by resource type and property; for a list, those of each element. */
const VALUES: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  [MAPPING]: { FunctionResponseTypes: ['ReportBatchItemFailures'] },
  [MACHINE]: { 'EncryptionConfiguration.Type': ['AWS_OWNED_KEY', 'CUSTOMER_MANAGED_KMS_KEY'] },
  'AWS::Events::Rule': { State: ['ENABLED', 'DISABLED'] },
  'AWS::S3::Bucket': { 'VersioningConfiguration.Status': ['Enabled', 'Suspended'] },
  'AWS::SNS::Subscription': { FilterPolicyScope: ['MessageAttributes', 'MessageBody'] },
  'AWS::Logs::LogGroup': {
    RetentionInDays: [
      1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    ],
  },
};

/** The "Reserved environment variables" of the Lambda developer guide: a function's own variables may not have these names. */
const RESERVED: readonly string[] = [
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
];

/** The most bytes of a function's variables, as JSON ("the environment variables you have provided exceeded the 4KB limit"). */
const LARGEST_ENVIRONMENT = 4096;
/** The largest batch of a queue without a window. */
const LARGEST_AT_ONCE = 10;
/** The values, in seconds, where a template has none. */
const DEFAULTS = { functionTimeout: 3, visibility: 30 };
/** The most targets of one rule. */
const MOST_TARGETS = 5;
/**
 * The actions of a bucket's lifecycle rule, which has at least one of them: "You must specify at least one of the following properties",
 * among which NoncurrentVersionExpiration stands by its former name.
 */
const LIFECYCLE_ACTIONS: readonly string[] = [
  'AbortIncompleteMultipartUpload',
  'ExpirationDate',
  'ExpirationInDays',
  'NoncurrentVersionExpiration',
  'NoncurrentVersionExpirationInDays',
  'NoncurrentVersionTransition',
  'NoncurrentVersionTransitions',
  'Transition',
  'Transitions',
];
/** What ExpiredObjectDeleteMarker "cannot be specified with". */
const NOT_BESIDE_MARKERS: readonly string[] = ['ExpirationDate', 'ExpirationInDays', 'TagFilters'];

/**
 * Checks that AWS would deploy the resources.
 * @throws RefusedTemplate with everything that would be refused
 */
export function checkDeployment(resources: readonly LoadedResource[]): void {
  const problems = resources.flatMap((resource) => {
    const { stack, logicalId, type } = resource;
    const found = [...outOfRange(resource), ...unknownValues(resource), ...(CHECKS[type]?.(resource, resources) ?? [])];
    return found.map((what) => `${stack}.${logicalId}: ${what}`);
  });
  if (problems.length > 0) throw new RefusedTemplate(problems);
}

/** The property at a path such as `RedrivePolicy.maxReceiveCount`. */
function at({ properties }: LoadedResource, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], properties);
}

function outOfRange(resource: LoadedResource): string[] {
  return Object.entries(RANGES[resource.type] ?? {}).flatMap(([path, [least, most]]) => {
    const value = at(resource, path);
    if (value === undefined) return [];
    const number = Number(value);
    if (Number.isInteger(number) && number >= least && number <= most) return [];
    return [`${path} ${value} is no whole number from ${least} to ${most}`];
  });
}

function unknownValues(resource: LoadedResource): string[] {
  return Object.entries(VALUES[resource.type] ?? {}).flatMap(([path, known]) => {
    const value = at(resource, path);
    if (value === undefined) return [];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.filter((one) => !known.includes(one)).map((one) => `${path} ${one} is none of ${known.join(', ')}`);
  });
}

type Check = (resource: LoadedResource, all: readonly LoadedResource[]) => string[];

const CHECKS: Readonly<Record<string, Check>> = {
  [FUNCTION]: checkEnvironment,
  [MAPPING]: checkMapping,
  [QUEUE]: (resource, all) => deadLetters(resource, 'RedrivePolicy.deadLetterTargetArn', all),
  'AWS::SNS::Subscription': (resource, all) => deadLetters(resource, 'RedrivePolicy.deadLetterTargetArn', all),
  'AWS::Events::Rule': checkRule,
  'AWS::S3::Bucket': checkLifecycle,
};

function checkEnvironment(resource: LoadedResource): string[] {
  const variables = (at(resource, 'Environment.Variables') ?? {}) as Record<string, unknown>;
  const names = Object.keys(variables);
  const problems = names
    .filter((name) => RESERVED.includes(name))
    .map((name) => `Environment.Variables.${name} is a reserved name`);
  for (const name of names)
    if (!RESERVED.includes(name) && !/^[A-Za-z][A-Za-z0-9_]+$/.test(name))
      problems.push(`Environment.Variables.${name} is no name of a variable`);
  const bytes = Buffer.byteLength(JSON.stringify(variables));
  if (bytes > LARGEST_ENVIRONMENT)
    problems.push(`Environment.Variables of ${bytes} bytes are over ${LARGEST_ENVIRONMENT}`);
  return problems;
}

function checkMapping(resource: LoadedResource, all: readonly LoadedResource[]): string[] {
  const { BatchSize: batchSize = LARGEST_AT_ONCE, MaximumBatchingWindowInSeconds: window = 0 } = resource.properties;
  const problems: string[] = [];
  if (Number(batchSize) > LARGEST_AT_ONCE && Number(window) < 1)
    problems.push(`BatchSize ${batchSize} is over ${LARGEST_AT_ONCE} without a MaximumBatchingWindowInSeconds`);
  const queue = all.find(({ type, arn }) => type === QUEUE && arn === resource.properties.EventSourceArn);
  const worker = all.find(
    ({ type, name, arn }) => type === FUNCTION && [name, arn].includes(String(resource.properties.FunctionName)),
  );
  const visibility = Number(queue?.properties.VisibilityTimeout ?? DEFAULTS.visibility);
  const timeout = Number(worker?.properties.Timeout ?? DEFAULTS.functionTimeout);
  if (queue !== undefined && worker !== undefined && visibility < timeout)
    problems.push(
      `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds (${queue.logicalId}, ${worker.logicalId})`,
    );
  return problems;
}

function deadLetters(resource: LoadedResource, path: string, all: readonly LoadedResource[]): string[] {
  const target = at(resource, path);
  if (target === undefined || all.some(({ type, arn }) => type === QUEUE && arn === target)) return [];
  return [`${path} ${target}: the dead letter target does not exist`];
}

function checkRule({ properties }: LoadedResource): string[] {
  const targets = (properties.Targets ?? []) as { Id?: unknown; Input?: unknown; InputPath?: unknown }[];
  const problems: string[] = [];
  if (targets.length > MOST_TARGETS) problems.push(`Targets are over ${MOST_TARGETS}`);
  if (new Set(targets.map(({ Id }) => Id)).size < targets.length) problems.push('Targets have one Id twice');
  if (targets.some(({ Input, InputPath }) => Input !== undefined && InputPath !== undefined))
    problems.push('Targets have both Input and InputPath');
  if (properties.EventPattern === undefined && properties.ScheduleExpression === undefined)
    problems.push('neither EventPattern nor ScheduleExpression');
  return problems;
}

function checkLifecycle(resource: LoadedResource): string[] {
  const rules = (at(resource, 'LifecycleConfiguration.Rules') ?? []) as Record<string, unknown>[];
  return rules.flatMap((rule, n) => {
    const where = `LifecycleConfiguration.Rules[${n}]`;
    const has = (name: string) => rule[name] !== undefined;
    const beside = has('ExpiredObjectDeleteMarker') ? NOT_BESIDE_MARKERS.filter(has) : [];
    return [
      ...(LIFECYCLE_ACTIONS.some(has) ? [] : [`${where} has none of ${LIFECYCLE_ACTIONS.join(', ')}`]),
      ...beside.map((name) => `${where} has both ExpiredObjectDeleteMarker and ${name}`),
    ];
  });
}
