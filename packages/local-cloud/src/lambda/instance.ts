/** The functions of the cloud, and the workers that they run in. */
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock/clock.ts';
import type { FaultPlan } from '../faults.ts';
import type { FunctionError, WorkerStart } from './function-worker.ts';

/** A function as its template describes it. */
export interface FunctionSpec {
  logicalId: string;
  name: string;
  arn: string;
  folder: string;
  handler: string;
  roleArn: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** ReservedConcurrentExecutions: the number of invocations that run at once; more are throttled. */
  reserved: number | undefined;
  environment: Record<string, string>;
}

/** The end of an invocation: `payload` is JSON, that of the error where `functionError` is set. */
export interface Invocation {
  requestId: string;
  payload: string;
  functionError?: FunctionError;
}

/** A request that a function made, as the endpoint saw it. */
export interface FunctionCall {
  service: string;
  action: string;
  /** The key of the object or item, or the message that is sent to a queue. */
  key?: string;
}

export interface FunctionsSettings {
  clock: Clock;
  region: string;
  account: string;
  /** The cloud's one endpoint, and the one for DynamoDB (the same where faults need to see the requests). */
  endpoint: string;
  dynamoEndpoint: string;
  /** The most workers of all functions, working or warm; default 8. */
  workers?: number | undefined;
  /** The most workers of one function that work at a time; default 2. */
  workersOfFunction?: number | undefined;
  faults: FaultPlan;
  log(functionName: string, line: string): void;
}

/** The usage of one function. */
export interface FunctionUsage {
  invocations: number;
  milliseconds: number;
  memoryMb: number;
}

/** The space for short-lived objects of each worker: Node's default for a whole process would be too much for every idle worker. */
const YOUNG_GENERATION_MB = 12;

/** The state of an instance as it starts. */
const AWAKE = { zombie: false, gone: false, throttled: false, sleep: undefined };

/** An invocation under way. */
export interface Running {
  requestId: string;
  /** Set where the caller is told that it failed, however it ends. */
  lost: boolean;
  writes: number;
  settle(result: Invocation): void;
  over(): void;
  /** Lets go of the clock, which an invocation holds while it works; a sleeping zombie doesn't. */
  release(): void;
  timer: NodeJS.Timeout;
  scales: NodeJS.Timeout;
}

/** A worker of a function. */
export interface Instance {
  id: number;
  fn: Instances;
  /** The function as it was when the worker started. */
  spec: FunctionSpec;
  version: string;
  worker: Worker;
  running: Running | undefined;
  idleSince: number;
  /** Set while it runs on beside its own retry; it doesn't count towards the limits. */
  zombie: boolean;
  /**
   * Set where the fault plan killed it: none of its further requests is carried out. Its worker is used again once the handler has given
   * up.
   */
  gone: boolean;
  /** Set once a request of it was throttled: its clients are slower from then on, as AWS's clients are. */
  throttled: boolean;
  /** Set while a zombie sleeps: its requests wait for the next invocation of its function. */
  sleep: PromiseWithResolvers<void> | undefined;
}

/** A function and its workers. */
export interface Instances {
  spec: FunctionSpec;
  /** Equal for equal functions: their instances may stand for one another. */
  version: string;
  all: Set<Instance>;
  running: number;
  invocations: number;
  usage: FunctionUsage;
}

/** Starts a worker of a function; its requests bear `accessKeyId`. */
export function startInstance(fn: Instances, id: number, accessKeyId: string, settings: FunctionsSettings): Instance {
  const { spec, version } = fn;
  const skewMs = settings.faults.skew?.(spec.name, id) ?? 0;
  const start: WorkerStart = { folder: spec.folder, handler: spec.handler, skewMs };
  const worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
    name: spec.name,
    workerData: start,
    env: environment(spec, accessKeyId, settings),
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: spec.memoryMb, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  return { id, fn, spec, version, worker, running: undefined, idleSince: 0, ...AWAKE };
}

/** The variables of a function's process: its own, and those that Lambda sets. */
function environment(spec: FunctionSpec, accessKeyId: string, settings: FunctionsSettings): Record<string, string> {
  return {
    ...spec.environment,
    _HANDLER: spec.handler,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_CONFIG_FILE: join(spec.folder, 'no-aws-config'),
    AWS_DEFAULT_REGION: settings.region,
    AWS_ENDPOINT_URL: settings.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: settings.dynamoEndpoint,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_REGION: settings.region,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SHARED_CREDENTIALS_FILE: join(spec.folder, 'no-aws-credentials'),
    LAMBDA_TASK_ROOT: spec.folder,
    // The place where Node keeps compiled code between starts, for all that run the same code: beside the code, since the cache goes by its
    // path.
    NODE_COMPILE_CACHE: join(dirname(spec.folder), '.compile-cache'),
    TZ: 'UTC',
  };
}

/** The error of an invocation that ran out of time. */
export function timedOut(requestId: string, { timeoutSeconds }: FunctionSpec): FunctionError {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return { errorType: 'Sandbox.Timedout', errorMessage };
}
