/**
 * The runtime of the function instances of one thread, a Node worker. It loads each instance's handler once, with the environment in its
 * function's template, and answers one invocation at a time.
 */
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { bytesOf } from '../heap.ts';

/** An instance of a function, as the worker loads it. */
export interface InstanceStart {
  folder: string;
  handler: string;
  environment: Record<string, string>;
  /** The milliseconds by which its clock is wrong, as long as it lives. */
  skewMs: number;
}

/** One invocation, as the worker gets it. */
export interface WorkerCall {
  instance: number;
  /** Set in the first invocation of its instance. */
  start?: InstanceStart;
  requestId: string;
  event: string;
  functionName: string;
  functionArn: string;
  memoryMb: number;
  /** Real milliseconds until the function times out. */
  timeoutMs: number;
}

/** An error as Lambda answers it. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/**
 * The worker's answer: the handler's result as JSON, or its error, the bytes that the worker holds then, and whether the handler left timers,
 * or sockets in use.
 */
export type WorkerAnswer = Ending & { bytes: number; leaves: boolean };
type Ending = { requestId: string } & ({ result: string } | { error: FunctionError });

type Handler = (event: unknown, context: Record<string, unknown>) => unknown;

const RealDate = Date;
let skew = 0;
// The variable is Node's own, and Node has read it by now.
delete process.env.NODE_COMPILE_CACHE;

/** An instance: its variables, by how much its clock is wrong, and its handler, which may still be loading. */
interface Loaded {
  environment: Record<string, string>;
  skewMs: number;
  handler: Promise<Handler>;
}
const instances = new Map<number, Loaded>();
/** How often each file was loaded: each instance has modules, and what they hold, of its own. */
const loads = new Map<string, number>();

/**
 * The invocations after which the compiled code is kept for threads to come: more than once, since a thread goes on loading functions. A
 * process that ends before the first keeps nothing.
 */
const KEPT_AFTER: readonly number[] = [5, 25, 100];
let invocations = 0;
parentPort?.on('message', (call: WorkerCall) => {
  // All output is read before the answer goes out: lines belong to the instant at which they were written, and time may pass after the
  // answer.
  answer(call).then(async (result) => {
    await Promise.all([process.stdout, process.stderr].map(written));
    parentPort?.postMessage({ ...result, bytes: bytesOf(getHeapStatistics()), leaves: leaves() });
    invocations += 1;
    if (KEPT_AFTER.includes(invocations)) flushCompileCache();
  });
});

/** Whether anything is under way in the thread but its ports: a connection that is kept for later requests isn't. */
const leaves = (): boolean => process.getActiveResourcesInfo().some((kind) => kind !== 'MessagePort');

async function load(folder: string, handler: string): Promise<Handler> {
  const dot = handler.lastIndexOf('.');
  const stem = join(folder, handler.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs'].map((extension) => stem + extension).find((path) => existsSync(path));
  if (file === undefined) throw named('Runtime.ImportModuleError', `no module for the handler ${handler}`);
  const nth = loads.get(file) ?? 0;
  loads.set(file, nth + 1);
  const { href } = pathToFileURL(file);
  const module = (await import(nth === 0 ? href : `${href}?${nth}`)) as Record<string, unknown>;
  const name = handler.slice(dot + 1);
  const exported = module[name] ?? (module.default as Record<string, unknown> | undefined)?.[name];
  if (typeof exported !== 'function') {
    throw named('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  }
  return exported as Handler;
}

/** The instance that a call is for; what its modules read of the environment and the clock, as they load and later, is its own. */
function instanceOf({ instance, start }: WorkerCall): Loaded {
  const its = start ?? instances.get(instance);
  if (its === undefined) throw new Error(`no instance ${instance} was started`);
  process.env = its.environment;
  skewClock(its.skewMs);
  if (!('folder' in its)) return its;
  const { folder, handler, ...state } = its;
  const loading = load(folder, handler);
  loading.catch(() => {});
  const loaded = { ...state, handler: loading };
  instances.set(instance, loaded);
  return loaded;
}

async function answer(call: WorkerCall): Promise<Ending> {
  const { requestId } = call;
  try {
    const handler = await instanceOf(call).handler;
    const end = performance.now() + call.timeoutMs;
    const result = await handler(JSON.parse(call.event), {
      awsRequestId: requestId,
      callbackWaitsForEmptyEventLoop: true,
      functionName: call.functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: call.functionArn,
      logGroupName: `/aws/lambda/${call.functionName}`,
      logStreamName: 'local',
      memoryLimitInMB: String(call.memoryMb),
      getRemainingTimeInMillis: () => Math.max(0, Math.floor(end - performance.now())),
    });
    return { requestId, result: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { requestId, error: asFunctionError(error) };
  }
}

function asFunctionError(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? '').split('\n'),
  };
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** Sets the worker's clock ahead by this many milliseconds, until it is set again. */
function skewClock(milliseconds: number): void {
  skew = milliseconds;
  if (skew === 0 || globalThis.Date !== RealDate) return;
  const now = (): number => RealDate.now() + skew;
  globalThis.Date = new Proxy(RealDate, {
    construct: (real, args) => Reflect.construct(real, args.length === 0 ? [now()] : args),
    get: (real, name) => (name === 'now' ? now : Reflect.get(real, name)),
  });
}

/** Resolves when the other side has taken all that was written to a stream. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((taken) => stream.write('', () => taken()));
}
