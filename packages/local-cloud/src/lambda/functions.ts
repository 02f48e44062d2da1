import { AwsError } from '../errors.ts';
import type { CallFault } from '../faults.ts';
import type {
  FunctionCall,
  FunctionConsumption,
  FunctionSpec,
  FunctionsSettings,
  Instances,
  Invocation,
} from './instance.ts';
import { LARGEST_PAYLOAD, Workers } from './workers.ts';

/** The functions of the cloud, by name: what they are, what was used of them, and what the fault plan makes of what they do. */
export class Functions {
  #settings: FunctionsSettings;
  #functions = new Map<string, Instances>();
  /** The functions of the beginning before this one, until they are created again. */
  #former = new Map<string, Instances>();
  readonly #workers: Workers;

  constructor(settings: FunctionsSettings) {
    this.#settings = settings;
    this.#workers = new Workers(settings);
  }

  /**
   * Begins anew under another clock and fault plan: invocations under way are called off, and all counts are zero. Warm instances stay:
   * also those whose function becomes another one, for a beginning in which it is what they were started as.
   */
  renew(settings: Pick<FunctionsSettings, 'clock' | 'faults' | 'log'>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#workers.renew(this.#settings);
    this.#former = new Map([...this.#former, ...this.#functions]);
    this.#functions = new Map();
    for (const fn of this.#former.values()) {
      fn.invocations = 0;
      fn.consumption = { invocations: 0, milliseconds: 0, memoryMb: fn.spec.memoryMb };
    }
  }

  /** Creates a function, or changes the one with that name: invocations under way end with the old one. */
  create(spec: FunctionSpec): void {
    const version = JSON.stringify(spec);
    const deployed = this.#functions.get(spec.name);
    const known = deployed ?? this.#former.get(spec.name);
    if (known === undefined) {
      const consumption = { invocations: 0, milliseconds: 0, memoryMb: spec.memoryMb };
      this.#functions.set(spec.name, { spec, version, all: new Set(), running: 0, invocations: 0, consumption });
      return;
    }
    this.#functions.set(spec.name, known);
    if (known.version === version) return;
    known.spec = spec;
    known.version = version;
    known.consumption.memoryMb = spec.memoryMb;
    if (deployed === undefined) return;
    this.#workers.retire(known);
  }

  list(): FunctionSpec[] {
    return [...this.#functions.values()].map((fn) => fn.spec);
  }

  /**
   * Finds a function by name, ARN or ARN with a qualifier.
   * @throws AwsError ResourceNotFoundException where there is none
   */
  find(nameOrArn: string): FunctionSpec {
    return this.#instancesOf(nameOrArn).spec;
  }

  /** The number of a function's invocations under way, including those that wait for a worker. */
  runningOf(name: string): number {
    return this.#functions.get(name)?.running ?? 0;
  }

  consumption(): Record<string, FunctionConsumption> {
    return Object.fromEntries([...this.#functions.values()].map((fn) => [fn.spec.name, { ...fn.consumption }]));
  }

  /**
   * Invokes a function and waits for it. A function's own failure is a result with `functionError`.
   * @throws AwsError for what Lambda itself refuses (ResourceNotFoundException, TooManyRequestsException, RequestTooLargeException)
   */
  async invoke(nameOrArn: string, payload: string): Promise<Invocation> {
    const fn = this.#instancesOf(nameOrArn);
    if (Buffer.byteLength(payload) > LARGEST_PAYLOAD) {
      throw new AwsError('RequestTooLargeException', `the payload is over ${LARGEST_PAYLOAD} bytes`, 413);
    }
    const n = ++fn.invocations;
    const fault = this.#settings.faults.beforeInvoke?.({ functionName: fn.spec.name, n });
    if (fault === 'error') throw new AwsError('ServiceException', 'the fault plan refuses the invocation', 500);
    if (fault === 'throttle' || (fn.spec.reserved !== undefined && fn.running >= fn.spec.reserved)) {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      });
    }
    fn.running++;
    const release = this.#settings.clock.hold(`function ${fn.spec.name}`);
    try {
      return await this.#workers.run(fn, payload, fault === 'lose');
    } finally {
      fn.running--;
      release();
    }
  }

  /**
   * The fault that the plan makes of a request with this access key id; the endpoint asks before it carries the request out. `gone`: its
   * function has just ended, and nobody waits for an answer. It comes when the request may go on, where the plan has it wait.
   */
  async calls(
    accessKeyId: string,
    call: FunctionCall,
  ): Promise<Exclude<CallFault, 'fail' | 'time out'> | 'gone' | undefined> {
    const instance = this.#workers.withKey(accessKeyId);
    const running = instance?.running;
    if (instance === undefined || running === undefined) return undefined;
    if (instance.gone) return 'gone';
    const { requestId } = running;
    const fault = this.#settings.faults.beforeCall?.({ caller: instance.fn.spec.name, requestId, ...call });
    if (fault instanceof Promise) {
      await fault;
      return instance.gone ? 'gone' : undefined;
    }
    if (fault === 'throttle') instance.throttled = true;
    if (fault !== 'fail' && fault !== 'time out') return fault;
    this.#workers.kill(instance, running, fault);
    return 'gone';
  }

  /**
   * Applies the fault plan after a write with this access key id was executed; the endpoint calls it. Returns true where the caller's
   * connection is to be dropped.
   */
  wrote(accessKeyId: string, write: FunctionCall): boolean {
    const instance = this.#workers.withKey(accessKeyId);
    const running = instance?.running;
    if (instance === undefined || running === undefined) return false;
    // The write was asked for before the instance was killed.
    if (instance.gone) return true;
    const functionName = instance.fn.spec.name;
    const n = ++running.writes;
    const { requestId } = running;
    const fault = this.#settings.faults.afterWrite?.({ functionName, requestId, ...write, n });
    if (fault === undefined) return false;
    if (fault === 'fail' || fault === 'time out') {
      this.#workers.kill(instance, running, fault);
      return true;
    }
    if (instance.zombie) return false;
    this.#workers.leaveBehind(instance, running);
    return false;
  }

  /** The role of the function that this access key id belongs to; undefined where it is not a function's. */
  roleOf(accessKeyId: string): string | undefined {
    return this.#workers.withKey(accessKeyId)?.fn.spec.roleArn;
  }

  /** The promise that a request with this access key id waits for: a zombie goes on when its function is invoked again. */
  sleeping(accessKeyId: string): Promise<void> | undefined {
    return this.#workers.withKey(accessKeyId)?.sleep?.promise;
  }

  async stop(): Promise<void> {
    await this.#workers.stop();
  }

  #instancesOf(nameOrArn: string): Instances {
    const name = /:function:([^:]+)/.exec(nameOrArn)?.[1] ?? nameOrArn.replace(/:\$LATEST$/, '');
    const fn = this.#functions.get(name);
    if (fn === undefined) {
      const arn = `arn:aws:lambda:${this.#settings.region}:${this.#settings.account}:function:${name}`;
      throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
    }
    return fn;
  }
}
