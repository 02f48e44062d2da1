/** The workers of the cloud: instances of functions, in a few threads, reused while warm. */
import { randomUUID } from 'node:crypto';
import { bytesOf } from '../heap.ts';
import type { FunctionError, WorkerAnswer, WorkerCall } from './function-worker.ts';
import {
  type FunctionsSettings,
  type Instance,
  type Instances,
  type Invocation,
  instanceIn,
  type Running,
  type Thread,
  timedOut,
} from './instance.ts';
import { kindOf, startThread } from './thread.ts';

/** The most instances of one function that work at a time, where nothing else is set; further invocations wait. */
const WORKERS_PER_FUNCTION = 2;
/** The most threads of all functions, where nothing else is set; idle ones are kept warm. */
const WORKERS = 16;
/** The milliseconds between two looks at how much memory a function holds. */
const WEIGHED_EVERY = 50;
const MEGABYTE = 1024 * 1024;
/** The error for a caller when its function's answer was lost. */
const LOST: FunctionError = {
  errorType: 'Lambda.ServiceException',
  errorMessage: 'the answer was lost by the fault plan',
};
/** Lambda's limit of a synchronous payload, either way. */
export const LARGEST_PAYLOAD = 6 * 1024 * 1024;

interface Waiting {
  fn: Instances;
  start(instance: Instance): void;
  fail(error: unknown): void;
}

/** Whether an instance counts towards the limits. */
const counts = (instance: Instance): boolean => !instance.zombie && !instance.gone;
const isIdle = ({ idleSince }: Thread): boolean => idleSince > 0;
/** Whether its thread works for it. */
const works = (instance: Instance): boolean => instance.thread.instance === instance && !isIdle(instance.thread);

/**
 * Runs invocations: of a function in a warm instance if there is one, else in a new one within the limits; else they wait, the one that
 * came first before the others.
 */
export class Workers {
  #settings: FunctionsSettings;
  readonly #instances = new Map<string, Instance>();
  readonly #threads = new Set<Thread>();
  readonly #waiting: Waiting[] = [];
  #nextId = 1;
  #stopped = false;

  constructor(settings: FunctionsSettings) {
    this.#settings = settings;
  }

  get #mostThreads(): number {
    return this.#settings.workers ?? WORKERS;
  }

  get #mostOfFunction(): number {
    return this.#settings.workersOfFunction ?? WORKERS_PER_FUNCTION;
  }

  /** Calls off the invocations under way and those that wait, and goes on with other settings. Warm instances stay. */
  renew(settings: FunctionsSettings): void {
    for (const waiting of this.#waiting.splice(0)) waiting.fail(new Error('the local cloud begins anew'));
    for (const instance of [...this.#instances.values()]) {
      if (works(instance)) this.#end(instance.thread, unknown('the local cloud begins anew'));
      else if (instance.throttled) this.#forget(instance);
    }
    this.#settings = settings;
  }

  /** Gives no invocation to the instances of a function that has become another one; those under way end with the old one. */
  retire(fn: Instances): void {
    for (const instance of [...fn.all]) if (!works(instance)) this.#forget(instance);
  }

  /** The instance whose requests bear this access key id. */
  withKey(accessKeyId: string): Instance | undefined {
    return this.#instances.get(accessKeyId);
  }

  /** Runs a function in an instance of its own, once one may work for it. */
  async run(fn: Instances, payload: string, lost: boolean): Promise<Invocation> {
    const instance = await new Promise<Instance>((start, fail) => {
      this.#waiting.push({ fn, start, fail });
      this.#dispatch();
    });
    return await this.#call(instance, payload, lost);
  }

  /**
   * Ends an invocation for its caller, and for the services that it asks; the thread stays, since starting another one would cost too much.
   */
  kill(instance: Instance, { requestId, settle, over, release }: Running, fault: 'fail' | 'time out'): void {
    const error: FunctionError =
      fault === 'fail'
        ? { errorType: 'Lambda.Unknown', errorMessage: 'the instance was killed by the fault plan' }
        : timedOut(requestId, instance.fn.spec);
    instance.gone = true;
    // The handler may take a moment more to notice that it is over.
    over();
    release();
    settle({ requestId, payload: JSON.stringify(error), functionError: error });
    this.#dispatch();
  }

  /**
   * Ends an invocation for its caller, who hears that the answer was lost, while it runs on beside its own retry. Time must pass until the
   * retry begins: the invocation no longer holds the clock, and its next request waits for the retry.
   */
  leaveBehind(instance: Instance, { requestId, release, settle }: Running): void {
    instance.zombie = true;
    instance.sleep = Promise.withResolvers<void>();
    release();
    settle({ requestId, payload: JSON.stringify(LOST), functionError: LOST });
    this.#dispatch();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const waiting of this.#waiting.splice(0)) waiting.fail(new Error('the local cloud is stopping'));
    const all = [...this.#threads];
    for (const thread of all) this.#end(thread, unknown('the local cloud is stopping'));
    await Promise.all(all.map((thread) => thread.worker.terminate()));
  }

  /** Gives instances to waiting invocations, first come first served among those that may run. */
  #dispatch(): void {
    for (let i = 0; i < this.#waiting.length; ) {
      const waiting = this.#waiting[i] as Waiting;
      const instance = this.#claim(waiting.fn);
      if (instance === undefined) {
        i++;
      } else {
        this.#waiting.splice(i, 1);
        waiting.start(instance);
      }
    }
  }

  /** An instance of a function, and its thread, for one invocation; undefined if it has to wait. */
  #claim(fn: Instances): Instance | undefined {
    const own = [...fn.all].filter((instance) => instance.version === fn.version);
    if (own.filter((instance) => counts(instance) && works(instance)).length >= this.#mostOfFunction) return undefined;
    const instance = own.find(({ thread }) => isIdle(thread)) ?? this.#start(fn);
    if (instance === undefined) return undefined;
    instance.thread.instance = instance;
    instance.thread.idleSince = 0;
    return instance;
  }

  /** A new instance, in a thread that is idle or, if there may be one more, in a new one; undefined if there is neither. */
  #start(fn: Instances): Instance | undefined {
    const kind = kindOf(fn.spec);
    const free = [...this.#threads].find(
      (thread) => isIdle(thread) && thread.kind !== undefined && thread.kind === kind,
    );
    const thread = free ?? this.#newThread(fn);
    if (thread === undefined) return undefined;
    const id = this.#nextId++;
    const accessKeyId = `${fn.spec.logicalId}.${id}`;
    const instance = instanceIn(thread, fn, { id, accessKeyId }, this.#settings);
    thread.instances.add(instance);
    fn.all.add(instance);
    this.#instances.set(accessKeyId, instance);
    return instance;
  }

  #newThread(fn: Instances): Thread | undefined {
    const alive = [...this.#threads].filter(({ instance }) => instance === undefined || counts(instance));
    if (alive.length >= this.#mostThreads) {
      const oldest = oldestOf(alive.filter(isIdle));
      if (oldest === undefined) return undefined;
      this.#discard(oldest);
    }
    const thread = startThread(fn.spec);
    const { worker } = thread;
    const log = (line: string) => this.#settings.log(thread.instance?.spec.name ?? fn.spec.name, line);
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.split('\n')) if (line.trim() !== '') log(line);
      });
    }
    worker.on('message', (answer: WorkerAnswer) => this.#answered(thread, answer));
    worker.on('error', (error: Error & { code?: string }) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY' && thread.instance !== undefined) {
        this.#outOfMemory(thread.instance);
        return;
      }
      log(error.message);
      this.#end(thread, unknown(error.message));
    });
    worker.on('exit', () => this.#end(thread, unknown('the process exited before the function ended')));
    worker.unref();
    this.#threads.add(thread);
    return thread;
  }

  #call(instance: Instance, event: string, lost: boolean): Promise<Invocation> {
    const { spec, consumption } = instance.fn;
    const requestId = randomUUID();
    const started = performance.now();
    const hold = () => this.#settings.clock.hold(`instance of ${spec.name}`);
    for (const zombie of instance.fn.all) {
      if (zombie.sleep === undefined || zombie.running === undefined) continue;
      zombie.running.release = hold();
      zombie.sleep.resolve();
      zombie.sleep = undefined;
    }
    return new Promise((settle) => {
      const timeoutMs = spec.timeoutSeconds * 1000;
      const timer = setTimeout(() => {
        const error = timedOut(requestId, spec);
        this.#settings.log(spec.name, error.errorMessage);
        this.#end(instance.thread, error);
      }, timeoutMs);
      const scales = setInterval(() => this.#weigh(instance, requestId), WEIGHED_EVERY);
      scales.unref();
      let counted = false;
      const over = (): void => {
        if (counted) return;
        counted = true;
        consumption.invocations++;
        consumption.milliseconds += Math.ceil(performance.now() - started);
      };
      instance.running = { requestId, lost, writes: 0, settle, over, release: hold(), timer, scales };
      const { folder, handler } = instance.spec;
      const { environment, skewMs } = instance;
      const call: WorkerCall = {
        instance: instance.id,
        ...(instance.loaded ? {} : { start: { folder, handler, environment, skewMs } }),
        requestId,
        event,
        functionName: spec.name,
        functionArn: spec.arn,
        memoryMb: spec.memoryMb,
        timeoutMs,
      };
      instance.loaded = true;
      instance.thread.worker.ref();
      instance.thread.worker.postMessage(call);
    });
  }

  /** Ends a function whose heap and buffers together exceed its memory. */
  #weigh(instance: Instance, requestId: string): void {
    instance.thread.worker.getHeapStatistics().then(
      (heap) => {
        if (instance.running?.requestId !== requestId) return;
        if (bytesOf(heap) > instance.spec.memoryMb * MEGABYTE) this.#outOfMemory(instance);
      },
      // The thread has not begun, or has ended.
      () => {},
    );
  }

  /** Ends an instance as Lambda does one that exceeds its memory (the REPORT's "Error Type: Runtime.OutOfMemory"). */
  #outOfMemory(instance: Instance): void {
    const { name, memoryMb } = instance.spec;
    this.#settings.log(name, `the function used over ${memoryMb} MB of memory`);
    const requestId = instance.running?.requestId;
    const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`;
    this.#end(instance.thread, { errorType: 'Runtime.OutOfMemory', errorMessage });
  }

  #answered({ instance }: Thread, answer: WorkerAnswer): void {
    if (instance?.running?.requestId !== answer.requestId) return;
    if (answer.bytes > instance.spec.memoryMb * MEGABYTE) {
      this.#outOfMemory(instance);
      return;
    }
    if ('error' in answer) {
      this.#settings.log(instance.fn.spec.name, JSON.stringify(answer.error));
      this.#finish(instance, answer.error);
    } else if (Buffer.byteLength(answer.result) > LARGEST_PAYLOAD) {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${LARGEST_PAYLOAD} bytes).`;
      this.#finish(instance, { errorType: 'Function.ResponseSizeTooLarge', errorMessage });
    } else {
      this.#finish(instance, undefined, answer.result);
    }
    this.#rest(instance, answer);
  }

  /** Tells the caller how its invocation ended; a zombie's caller knows already. */
  #finish(instance: Instance, error: FunctionError | undefined, result = ''): void {
    const running = instance.running;
    if (running === undefined) return;
    instance.running = undefined;
    clearTimeout(running.timer);
    clearInterval(running.scales);
    const { requestId } = running;
    const told = error ?? (running.lost ? LOST : undefined);
    running.settle(
      told === undefined
        ? { requestId, payload: result }
        : { requestId, payload: JSON.stringify(told), functionError: told },
    );
    running.over();
    running.release();
  }

  /** Ends a thread: the caller of the instance that works in it hears of it, and a waiting invocation may have its place. */
  #end(thread: Thread, error: FunctionError): void {
    if (!this.#discard(thread)) return;
    if (thread.instance !== undefined) this.#finish(thread.instance, error);
    if (!this.#stopped) this.#dispatch();
  }

  /** Ends a thread and its instances. Returns false where it has ended before. */
  #discard(thread: Thread): boolean {
    for (const instance of thread.instances) this.#forget(instance);
    thread.worker.terminate();
    return this.#threads.delete(thread);
  }

  /** An instance that has answered stays warm, and its thread is free, or ends where enough are idle. */
  #rest(instance: Instance, { bytes, leaves }: Pick<WorkerAnswer, 'bytes' | 'leaves'>): void {
    const { thread, spec } = instance;
    instance.zombie = false;
    instance.gone = false;
    instance.sleep = undefined;
    if (instance.version !== instance.fn.version) this.#forget(instance);
    // What goes on in it is this instance's, and would be taken for that of the one that works then.
    if (leaves) thread.kind = undefined;
    // What others have left in it would be counted as an invocation's own.
    if (thread.instances.size > 1 && (leaves || bytes > (spec.memoryMb * MEGABYTE) / 2)) {
      this.#discard(thread);
      this.#dispatch();
      return;
    }
    thread.worker.unref();
    thread.idleSince = performance.now();
    this.#dispatch();
    if (!isIdle(thread)) return;
    // One that ran on beside its retry stays, too, for the next that does.
    const idle = [...this.#threads].filter(isIdle);
    if (idle.length > this.#mostThreads) this.#discard(oldestOf(idle) as Thread);
  }

  /** No invocation is given to this instance any more; what its thread holds of it goes with the thread. */
  #forget(instance: Instance): void {
    this.#instances.delete(`${instance.spec.logicalId}.${instance.id}`);
    instance.fn.all.delete(instance);
  }
}

const unknown = (errorMessage: string): FunctionError => ({ errorType: 'Lambda.Unknown', errorMessage });

/** The thread that has been idle for longest. */
const oldestOf = (idle: readonly Thread[]): Thread | undefined =>
  [...idle].sort((a, b) => a.idleSince - b.idleSince)[0];
