/**
 * Runs a synthesized app on this machine: loads its templates, starts what they describe, and hands out what people outside
 * the cloud have: an endpoint, uploads, their queues, and time.
 */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { RealClock } from './clock/real-clock.ts';
import { VirtualClock } from './clock/virtual-clock.ts';
import { Dynamo } from './dynamodb/dynamo.ts';
import { Endpoint } from './endpoint/endpoint.ts';
import { Bus } from './events/bus.ts';
import { type FaultPlan, seededRandom } from './faults.ts';
import { startFauxqs } from './fauxqs/fauxqs.ts';
import { Kms } from './kms/kms.ts';
import { AsyncInvoker } from './lambda/async-invoke.ts';
import { DEFAULT_CONCURRENCY, Pollers } from './lambda/event-source-mapping.ts';
import { Functions } from './lambda/functions.ts';
import { OutsideS3 } from './outside/s3-client.ts';
import { Enforcement } from './rights/enforcement.ts';
import { Rights } from './rights/rights.ts';
import { S3 } from './s3/s3.ts';
import { deadLetters, drain, type ReceivedMessage } from './sqs/letters.ts';
import { MessageMoves } from './sqs/move-tasks.ts';
import type { FailedExecution } from './states/failures.ts';
import { integrations } from './states/integrations.ts';
import { worldOf } from './states/outside.ts';
import { StepFunctions } from './states/service.ts';
import { type LoadedApp, loadAssembly } from './templates/assembly.ts';
import { changeResources, createResources } from './templates/create.ts';
import { type CloudNames, logicalName, namesOf, type Placed } from './templates/names.ts';
import { type RunUsage, UsageCounter } from './usage.ts';

export type { FaultPlan } from './faults.ts';
export type { ReceivedMessage } from './sqs/letters.ts';
export type { FailedExecution } from './states/failures.ts';
export type { CloudNames } from './templates/names.ts';
export type { RunUsage } from './usage.ts';

/** The cloud's only region. */
export const REGION = 'ap-south-1';
/** The cloud's only account. */
export const ACCOUNT = '000000000000';

/** What a cloud is started with. */
export interface CloudSettings {
  /** A cloud assembly: the folder that a synthesis wrote. */
  assembly: string;
  /** Epoch milliseconds at which the cloud's clock begins; default: now, in whole seconds. */
  start?: number;
  /** Set for a clock that runs by itself, this many times faster than real time; else time is virtual. */
  speed?: number;
  /** Of all that is random in the cloud; default 1. */
  seed?: number;
  /** What goes wrong on purpose; default: nothing. */
  faults?: FaultPlan;
  /**
   * The app's own rights are in force: what the synthesized policies don't allow a function or a state machine is refused, and
   * what they don't allow a participant who signs with its role's name.
   */
  enforce?: boolean;
  /** Whether States.ALL catches a task's result over 256 KiB, as was recorded on AWS, or not, as is documented; default: it does. */
  largeResults?: 'caught' | 'fatal';
  /** The endpoint's port; default any free one. */
  port?: number;
  /** Functions' workers that are there at a time, working or warm; default 8. More take memory, and start less often. */
  workers?: number;
  /** Of those, workers of one function; default 3. On AWS as many run as there is work, up to a thousand. */
  workersOfFunction?: number;
  /** Batches of one queue that are worked on at once where its mapping has no MaximumConcurrency; default 5, as AWS begins with. */
  batchesOfQueue?: number;
  /** Told of each line that a function writes. */
  log?(functionName: string, line: string): void;
  /** Told of what happens that a person outside may want to see. */
  watch?: Watch;
  /** With a fault plan or rights in force: told of each write to a table, after it was carried out, with its request. */
  written?(action: string, request: Record<string, unknown>): void;
}

/** What a cloud tells of as it happens. */
export interface Watch {
  /** An object was put into a bucket that announces it. */
  uploaded(bucket: string, key: string, size: number): void;
  /** A message is being published to a topic. */
  published(message: string): void;
}

/** What another beginning may change. */
export type NextSettings = Pick<CloudSettings, 'start' | 'seed' | 'faults' | 'log' | 'written'>;

/** A cloud that runs one synthesized app. */
export interface LocalCloud {
  /** The URL that every service answers at. */
  endpoint: string;
  /** As clients are to be configured: REGION. */
  region: string;
  /** As ARNs have it: ACCOUNT. */
  account: string;
  /** Virtual, or real where the settings have a speed. */
  clock: VirtualClock | RealClock;
  /** What the app's resources are called here; after `deploy`, also what came with it. */
  names: CloudNames;
  /** Rejects when a process of the cloud's ended by itself; so do `rest` and `run` then. */
  lost: Promise<never>;
  /** Until nothing runs and nothing is due; virtual time stands still. */
  rest(): Promise<void>;
  /** Lets virtual time pass until no timer is left, or until an instant. */
  run(until?: number): Promise<void>;
  /**
   * Deploys another cloud assembly over the one that runs, at rest. Rejects with UnsupportedTemplate, RefusedTemplate or
   * UnsupportedDefinition, before anything is changed, where the change holds what isn't implemented.
   */
  deploy(assembly: string): Promise<void>;
  /** An outsider's act at an instant of the cloud. */
  outside(at: number, run: () => Promise<void>): void;
  /**
   * Uploads as an outsider, over HTTP, in parts where it is larger than 8 MiB. `as` is the name of a participant's role, whose
   * rights count where rights are in force; without it, the account's owner acts.
   */
  put(bucket: string, key: string, body: Uint8Array | Readable | string, as?: string): Promise<void>;
  /** Reads an object as an outsider; rejects where it is not there, or `as` may not. */
  get(bucket: string, key: string, as?: string): Promise<Uint8Array>;
  /** The keys in a bucket that begin with `prefix`, in S3's order, all pages of them. */
  list(bucket: string, prefix?: string, as?: string): Promise<string[]>;
  /** Lets all participants in other accounts confirm that they want notices in their queues, as they are asked to; until then they get none. */
  confirmSubscriptions(): void;
  /**
   * Takes all messages from a queue, by its physical name, or what a topic sent to an e-mail address or an https endpoint, by
   * that; what SNS wrapped is unwrapped. Rejects where there is none.
   */
  receive(queueName: string): Promise<ReceivedMessage[]>;
  /** What the app used until the cloud last rested. */
  usage(): RunUsage;
  /** The most memory that its processes had so far, in bytes: this one's and the database's, added up. */
  memory(): Promise<number>;
  /** What went wrong for good: dead letters, dropped events, failed executions; one line each, without identifiers. */
  failures(): string[];
  /** The executions that failed or ran out of time, children of Map Runs among them, with where and why; machines and functions by their logical names. */
  failedExecutions(): FailedExecution[];
  /** The last lines that functions wrote, for finding out what went wrong. */
  logs(): string[];
  /**
   * Ends this cloud, and begins an empty one of the same app in its place, much faster than `startCloud` does: the database's
   * process and warm functions stay. Of two, only the one that began last may be used. With a fault plan in one, each needs one.
   */
  again(next: NextSettings): Promise<LocalCloud>;
  /** Ends all processes and removes temporary folders. */
  stop(): Promise<void>;
}

/** Lines of functions that are kept. */
const LOG_LINES = 500;

/**
 * Starts a cloud. Rejects with UnsupportedTemplate, UnsupportedDefinition or UnsupportedPattern before anything runs where
 * the app asks for what isn't implemented, with RefusedTemplate where AWS would not deploy it.
 */
export async function startCloud(settings: CloudSettings): Promise<LocalCloud> {
  const stops: Stops = [];
  try {
    const endpoint = await Endpoint.listen(settings.port ?? 0);
    stops.push(() => endpoint.close());
    const app = loadAssembly(settings.assembly, { region: REGION, account: ACCOUNT, endpoint: endpoint.url });
    const dynamo = await Dynamo.start({ region: REGION, account: ACCOUNT });
    stops.push(() => dynamo.stop());
    return await begin(settings, { endpoint, app, dynamo, functions: undefined, stops });
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

type Stops = (() => Promise<void> | void)[];

async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

/** What is costly to start, and stays from one beginning to the next. */
interface Lasting {
  endpoint: Endpoint;
  app: LoadedApp;
  dynamo: Dynamo;
  /** Those of the beginning before this one. */
  functions: Functions | undefined;
  stops: Stops;
}

async function begin(settings: CloudSettings, lasting: Lasting): Promise<LocalCloud> {
  const { endpoint, dynamo } = lasting;
  let { app } = lasting;
  const faults = settings.faults ?? {};
  const start = settings.start ?? Math.floor(Date.now() / 1000) * 1000;
  const clock = settings.speed === undefined ? new VirtualClock(start) : new RealClock(start, settings.speed);
  const seed = settings.seed ?? 1;
  const random = seededRandom(seed);
  const faultRandom = seededRandom(faults.reorder ?? seed);
  const usage = new UsageCounter();
  const logs: string[] = [];
  const failed: string[] = [];
  const stops: Stops = [() => clock.stop()];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= stopAll(stops).then(() => stopAll(lasting.stops));
    return stopping;
  };

  try {
    const place = { region: REGION, account: ACCOUNT };
    const enforcement = settings.enforce
      ? new Enforcement(new Rights(app.resources, place), ACCOUNT, (text) => {
          failed.push(`a right was lacking: ${text}`);
        })
      : undefined;
    enforcement?.checkWiring(app.resources);
    const authorize =
      enforcement &&
      ((roleArn: string, action: string, resource: string) => enforcement.require(roleArn, [{ action, resource }]));
    const fauxqs = await startFauxqs(REGION);
    stops.push(() => fauxqs.close());
    const bus = new Bus({
      clock,
      region: REGION,
      account: ACCOUNT,
      faults,
      random: faultRandom,
      counted: () => {
        usage.events++;
      },
      announced: (detailType, { bucket, object }) => {
        if (detailType !== 'Object Created') return;
        const { name } = bucket as { name: string };
        const { key, size } = object as { key: string; size: number };
        settings.watch?.uploaded(name, key, size);
      },
    });
    fauxqs.published = (message) => settings.watch?.published(message);
    const kms = new Kms();
    const s3 = new S3(fauxqs, bus, ACCOUNT, clock);
    const log = (functionName: string, line: string): void => {
      logs.push(`${functionName}: ${line}`);
      if (logs.length > LOG_LINES) logs.shift();
      settings.log?.(functionName, line);
    };
    const seen = faults.afterWrite !== undefined || faults.beforeCall !== undefined || enforcement !== undefined;
    const functions =
      lasting.functions ??
      new Functions({
        clock,
        region: REGION,
        account: ACCOUNT,
        endpoint: endpoint.url,
        dynamoEndpoint: seen ? endpoint.url : dynamo.endpoint,
        compileCache: join(settings.assembly, '.compile-cache'),
        workers: settings.workers,
        workersOfFunction: settings.workersOfFunction,
        faults,
        log,
      });
    if (lasting.functions === undefined) lasting.stops.push(() => functions.stop());
    else functions.renew({ clock, faults, log });
    const asyncInvoker = new AsyncInvoker(clock, functions);
    const { queues } = fauxqs;
    const pollers = new Pollers({ clock, region: REGION, queues, functions, faults, random: faultRandom });
    stops.push(() => pollers.stop());
    const states = new StepFunctions(
      worldOf({
        clock,
        ...place,
        tasks: integrations({ functions, asyncInvoker, dynamo, fauxqs, pollers, usage, faults, authorize }),
        s3,
        usage,
        faults,
        random,
        authorize,
        largeResults: settings.largeResults,
        changed: (detail) => {
          if (detail.status === 'FAILED' || detail.status === 'TIMED_OUT') {
            const machine = logicalName(placed, detail.stateMachineArn);
            failed.push(
              `an execution of ${machine} ended as ${detail.status}: ${detail.error ?? 'no error'} (${detail.name})`,
            );
          }
          bus.put('aws.states', 'Step Functions Execution Status Change', [detail.executionArn], {
            ...detail,
            ...(isEncrypted(app, detail.stateMachineArn) ? WITHHELD : {}),
          });
        },
      }),
    );
    const creation = {
      endpoint: endpoint.url,
      dynamo,
      kms,
      fauxqs,
      s3,
      bus,
      functions,
      asyncInvoker,
      pollers,
      states,
      batchesOfQueue: settings.batchesOfQueue ?? DEFAULT_CONCURRENCY,
    };
    const placed: Placed[] = await createResources(app, creation);
    const moves = new MessageMoves(clock, fauxqs);
    const services = {
      clock,
      dynamo,
      kms,
      fauxqs,
      s3,
      states,
      functions,
      asyncInvoker,
      pollers,
      moves,
      start,
      usage,
      account: ACCOUNT,
      roles: new Set(app.resources.filter(({ type }) => type === 'AWS::IAM::Role').map(({ arn }) => arn)),
      enforcement,
      written: settings.written,
    };
    endpoint.open({ ...services, stacks: app.stacks });

    const outside = new OutsideS3(endpoint.url, REGION);
    stops.push(() => outside.close());
    const counted = async (drive: Promise<void>): Promise<void> => {
      await Promise.race([drive, dynamo.lost]);
      usage.dynamo = await dynamo.usage();
    };
    const names = namesOf(placed);
    /** A function's logical name, by what a task calls it: its name, or an ARN, with or without a version. */
    const functionName = (called: string) =>
      logicalName(placed, called.split(':function:').at(-1)?.split(':')[0] ?? '');
    const deploy = async (assembly: string): Promise<void> => {
      const versionOf = (machineArn: string, name: string) => states.versionOf(machineArn, name);
      const next = loadAssembly(assembly, { ...place, endpoint: endpoint.url, versionOf });
      const rights = enforcement && new Rights(next.resources, place);
      placed.push(...(await changeResources(app, next, creation)));
      app = next;
      Object.assign(names, namesOf(placed));
      if (rights) enforcement.renew(rights);
      enforcement?.checkWiring(app.resources);
      endpoint.open({ ...services, stacks: app.stacks });
    };
    return {
      endpoint: endpoint.url,
      region: REGION,
      account: ACCOUNT,
      clock,
      names,
      lost: dynamo.lost,
      rest: () => counted(clock.rest()),
      run: (until) => counted(clock.run(until)),
      deploy,
      outside: (at, run) => clock.outside(at, run),
      put: (bucket, key, body, as) => outside.put(bucket, key, body, as),
      get: (bucket, key, as) => outside.get(bucket, key, as),
      list: (bucket, prefix, as) => outside.list(bucket, prefix, as),
      confirmSubscriptions: () => fauxqs.confirmSubscriptions(),
      receive: async (queueName) => drain(fauxqs, queueName),
      usage: () => usage.report(functions.usage(), (name) => logicalName(placed, name)),
      memory: async () => process.resourceUsage().maxRSS * 1024 + (await dynamo.memory()),
      failures: () => [...deadLetters(fauxqs, placed), ...asyncInvoker.dropped, ...failed],
      failedExecutions: () =>
        states.failed().map((failed) => ({
          ...failed,
          machine: logicalName(placed, failed.machine),
          calledFunction: failed.calledFunction && functionName(failed.calledFunction),
        })),
      logs: () => [...logs],
      again: async (next) => {
        await stopAll(stops);
        await dynamo.clear();
        return begin({ ...settings, ...next }, { ...lasting, functions });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What an event doesn't tell of an execution whose machine is under a customer's key. */
const WITHHELD = {
  input: null,
  output: null,
  error: null,
  cause: null,
  inputDetails: { included: false },
  outputDetails: { included: false },
};

function isEncrypted({ resources }: LoadedApp, machineArn: string): boolean {
  const machine = resources.find(({ arn }) => arn === machineArn);
  const { KmsKeyId } = (machine?.properties.EncryptionConfiguration ?? {}) as { KmsKeyId?: string };
  return KmsKeyId !== undefined;
}
