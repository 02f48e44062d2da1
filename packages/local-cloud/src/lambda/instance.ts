/** The functions of the cloud, and their instances. */
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../clock/clock.ts';
import type { FaultPlan } from '../faults.ts';
import type { FunctionError } from './function-worker.ts';

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
  /** The most threads of all functions, working or warm; default 16. */
  workers?: number | undefined;
  /** The most instances of one function that work at a time; default 2. */
  workersOfFunction?: number | undefined;
  faults: FaultPlan;
  log(functionName: string, line: string): void;
}

/** The consumption of one function. */
export interface FunctionConsumption {
  invocations: number;
  milliseconds: number;
  memoryMb: number;
}

/**
 * A thread. What its instances have in common by the path of its file, such as packages that lie beside them and are not bundled with
 * them, is loaded once, and fast for all of them once one has used it for a while.
 */
export interface Thread {
  /** Equal for threads of which each may run the same functions; undefined for one that is its only instance's alone. */
  kind: string | undefined;
  readonly worker: Worker;
  readonly instances: Set<Instance>;
  /** The instance that works in it, or worked in it last: what the thread writes is that one's. */
  instance: Instance | undefined;
  /** When it came to rest; 0 while an instance works in it. */
  idleSince: number;
}

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

/** An instance of a function: its code, loaded with its variables, in a thread that others share. */
export interface Instance {
  id: number;
  fn: Instances;
  /** The function as it was when the instance started. */
  spec: FunctionSpec;
  version: string;
  /** The variables of its process. */
  environment: Record<string, string>;
  /** The milliseconds by which its clock is wrong. */
  skewMs: number;
  thread: Thread;
  /** Whether its thread has loaded it, or is about to. */
  loaded: boolean;
  running: Running | undefined;
  /** Set while it runs on beside its own retry; it doesn't count towards the limits. */
  zombie: boolean;
  /**
   * Set where the fault plan killed it: none of its further requests is carried out. Its thread is used again once the handler has given
   * up.
   */
  gone: boolean;
  /** Set once a request of it was throttled: its clients are slower from then on, as AWS's clients are. */
  throttled: boolean;
  /** Set while a zombie sleeps: its requests wait for the next invocation of its function. */
  sleep: PromiseWithResolvers<void> | undefined;
}

/** A function and its instances. */
export interface Instances {
  spec: FunctionSpec;
  /** Equal for equal functions: their instances may stand for one another. */
  version: string;
  all: Set<Instance>;
  running: number;
  invocations: number;
  consumption: FunctionConsumption;
}

/** A new instance of a function in a thread; its requests bear `accessKeyId`. */
export function instanceIn(
  thread: Thread,
  fn: Instances,
  { id, accessKeyId }: { id: number; accessKeyId: string },
  settings: FunctionsSettings,
): Instance {
  const { spec, version } = fn;
  const environment = environmentOf(spec, accessKeyId, settings);
  const skewMs = settings.faults.skew?.(spec.name, id) ?? 0;
  return { id, fn, spec, version, environment, skewMs, thread, loaded: false, running: undefined, ...AWAKE };
}

/** The variables of a function's process: its own, and those that Lambda sets. */
function environmentOf(spec: FunctionSpec, accessKeyId: string, settings: FunctionsSettings): Record<string, string> {
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
    TZ: 'UTC',
  };
}

/** The error of an invocation that ran out of time. */
export function timedOut(requestId: string, { timeoutSeconds }: FunctionSpec): FunctionError {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return { errorType: 'Sandbox.Timedout', errorMessage };
}
