/**
 * Runs a synthesized app on this machine: loads its templates, starts what they describe, and hands out what people outside the cloud have:
 * an endpoint, uploads, their queues, and time.
 */
import { RealClock } from './clock/real-clock.ts';
import { VirtualClock } from './clock/virtual-clock.ts';
import { Console } from './console/console.ts';
import { Recorder } from './console/recorder.ts';
import { Dynamo } from './dynamodb/dynamo.ts';
import { Endpoint } from './endpoint/endpoint.ts';
import { Bus } from './events/bus.ts';
import { ACCOUNT, type CloudSettings, type LocalCloud, REGION } from './face.ts';
import { seededRandom } from './faults.ts';
import { startFauxqs } from './fauxqs/fauxqs.ts';
import { Kms } from './kms/kms.ts';
import { AsyncInvoker } from './lambda/async-invoke.ts';
import { DEFAULT_CONCURRENCY, Pollers } from './lambda/event-source-mapping.ts';
import { Functions } from './lambda/functions.ts';
import { OutsideS3 } from './outside/s3-client.ts';
import { Enforcement } from './rights/enforcement.ts';
import { Rights } from './rights/rights.ts';
import { S3 } from './s3/s3.ts';
import { deadLetters, drain } from './sqs/letters.ts';
import { MessageMoves } from './sqs/move-tasks.ts';
import type { FailedExecution } from './states/failures.ts';
import { integrations } from './states/integrations.ts';
import { worldOf } from './states/outside.ts';
import { StepFunctions } from './states/service.ts';
import { type LoadedApp, loadAssembly } from './templates/assembly.ts';
import { changeResources, createResources } from './templates/create.ts';
import { logicalName, namesOf, type Placed } from './templates/names.ts';
import { UsageCounter } from './usage.ts';

/** The number of functions' log lines that are kept. */
const LOG_LINES = 500;

/**
 * Starts a cloud.
 * @throws UnsupportedTemplate, UnsupportedDefinition or UnsupportedPattern, before anything runs, where the app asks for what isn't
 * implemented; RefusedTemplate where AWS would not deploy it
 */
export async function startCloud(settings: CloudSettings): Promise<LocalCloud> {
  const stops: Stops = [];
  try {
    const endpoint = await Endpoint.listen(settings.port ?? 0);
    stops.push(() => endpoint.close());
    const console = settings.console === undefined ? undefined : await Console.listen(settings.console);
    if (console !== undefined) stops.push(() => console.close());
    const app = loadAssembly(settings.assembly, { region: REGION, account: ACCOUNT, endpoint: endpoint.url });
    const dynamo = await Dynamo.start({ region: REGION, account: ACCOUNT });
    stops.push(() => dynamo.stop());
    return await begin(settings, { endpoint, console, app, dynamo, functions: undefined, stops });
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

type Stops = (() => Promise<void> | void)[];

async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

/** The parts that are costly to start, and stay from one beginning to the next. */
interface Lasting {
  endpoint: Endpoint;
  console: Console | undefined;
  app: LoadedApp;
  dynamo: Dynamo;
  /** The functions of the beginning before this one. */
  functions: Functions | undefined;
  stops: Stops;
}

async function begin(settings: CloudSettings, lasting: Lasting): Promise<LocalCloud> {
  const { endpoint, console, dynamo } = lasting;
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
    const recorder = console && new Recorder(() => clock.now());
    fauxqs.publishing = (topicArn, message, attributes) => recorder?.record(topicArn, message, attributes);
    fauxqs.sent = (queueArn, { body }) => recorder?.record(queueArn, body);
    fauxqs.published = (message) => settings.watch?.published(message);
    const kms = new Kms();
    const s3 = new S3(fauxqs, bus, ACCOUNT, clock);
    const log = (functionName: string, line: string): void => {
      logs.push(`${functionName}: ${line}`);
      if (logs.length > LOG_LINES) logs.shift();
      recorder?.record(functionName, line);
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
    if (recorder !== undefined) {
      const viewed = { dynamo, fauxqs, states, functions, recorder, placed };
      console?.open({ ...viewed, clock, outside, place: { endpoint: endpoint.url, ...place } });
    }
    const counted = async (drive: Promise<void>): Promise<void> => {
      await Promise.race([drive, dynamo.lost]);
      usage.dynamo = await dynamo.usage();
    };
    const names = namesOf(placed);
    /** The logical name of a function from how a task names it: by its name, or by an ARN, with or without a version. */
    const functionName = (called: string) =>
      logicalName(placed, called.split(':function:').at(-1)?.split(':')[0] ?? '');
    const named = (failed: FailedExecution): FailedExecution => ({
      ...failed,
      machine: logicalName(placed, failed.machine),
      calledFunction: failed.calledFunction && functionName(failed.calledFunction),
    });
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
      ...(console === undefined ? {} : { console: console.url }),
      region: REGION,
      account: ACCOUNT,
      clock,
      names,
      lost: dynamo.lost,
      rest: () => counted(clock.rest()),
      run: (until) => counted(clock.run(until)),
      deploy,
      pauseSchedules: (paused) => {
        bus.isPaused = typeof paused === 'boolean' ? () => paused : paused;
      },
      outside: (at, run) => clock.outside(at, run),
      put: (bucket, key, body, as) => outside.put(bucket, key, body, as),
      get: (bucket, key, as) => outside.get(bucket, key, as),
      version: (bucket, key, as) => outside.version(bucket, key, as),
      list: (bucket, prefix, as) => outside.list(bucket, prefix, as),
      confirmSubscriptions: () => fauxqs.confirmSubscriptions(),
      receive: async (queueName) => drain(fauxqs, queueName),
      usage: () => usage.report(functions.usage(), (name) => logicalName(placed, name)),
      memory: async () => process.resourceUsage().maxRSS * 1024 + (await dynamo.memory()),
      failures: () => [...deadLetters(fauxqs, placed), ...asyncInvoker.dropped, ...failed],
      failedExecutions: () => states.failed().map(named),
      failingExecutions: () => states.failing().map(named),
      logs: () => [...logs],
      again: async (next) => {
        const { assembly = settings.assembly } = next;
        const isSame = assembly === settings.assembly;
        const first = isSame ? lasting.app : loadAssembly(assembly, { ...place, endpoint: endpoint.url });
        await stopAll(stops);
        await dynamo.clear();
        return begin({ ...settings, ...next, assembly }, { ...lasting, app: first, functions });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The fields that an event leaves out for an execution whose machine is under a customer's key. */
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
