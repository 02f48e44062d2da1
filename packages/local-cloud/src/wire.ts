/** The services of a cloud, from its clock to its state machines, each told of those that it works with. */
import { RealClock } from './clock/real-clock.ts';
import { VirtualClock } from './clock/virtual-clock.ts';
import { Recorder } from './console/recorder.ts';
import { ConsumptionCounter } from './consumption.ts';
import type { Dynamo } from './dynamodb/dynamo.ts';
import { Bus } from './events/bus.ts';
import { ACCOUNT, type CloudSettings, REGION } from './face.ts';
import { seededRandom } from './faults.ts';
import { startFauxqs } from './fauxqs/fauxqs.ts';
import { Kms } from './kms/kms.ts';
import { AsyncInvoker } from './lambda/async-invoke.ts';
import { DEFAULT_CONCURRENCY, Pollers } from './lambda/event-source-mapping.ts';
import { Functions } from './lambda/functions.ts';
import { Enforcement } from './rights/enforcement.ts';
import { Rights } from './rights/rights.ts';
import { S3 } from './s3/s3.ts';
import { integrations } from './states/integrations.ts';
import { worldOf } from './states/outside.ts';
import { StepFunctions } from './states/service.ts';
import type { Creation } from './templates/creators.ts';
import type { Deployment } from './templates/deployment.ts';

/** The number of functions' log lines that are kept. */
const LOG_LINES = 500;

/** The only region and account. */
export const PLACE = { region: REGION, account: ACCOUNT } as const;

/** What ends the parts of a cloud, in the order in which they were started. */
export type Stops = (() => Promise<void> | void)[];

/** The parts that are there before the services, and stay from one beginning to the next. */
interface Before {
  /** The URL of the endpoint. */
  readonly endpoint: string;
  readonly dynamo: Dynamo;
  /** The functions of the beginning before this one. */
  readonly functions: Functions | undefined;
  /** Whether a console shows the cloud. */
  readonly isShown: boolean;
  /** Gets what ends the functions, where they are new: they stay for the next beginning. */
  readonly lastingStops: Stops;
  /** Gets what ends the other parts. */
  readonly stops: Stops;
}

/** The services of a cloud, and what they keep for those who look at it. */
export interface Parts extends Creation {
  readonly clock: VirtualClock | RealClock;
  /** Epoch milliseconds at which the clock began. */
  readonly start: number;
  readonly consumption: ConsumptionCounter;
  /** The last lines that functions wrote. */
  readonly logs: readonly string[];
  /** Final failures, one line each. */
  readonly failed: readonly string[];
  /** What the console shows of the past. */
  readonly recorder: Recorder | undefined;
  /** The rights in force; if undefined, everybody may do everything. */
  readonly enforcement: Enforcement | undefined;
}

/**
 * Starts the services of a cloud, before anything of its app is created.
 * @throws NotAuthorized where the app's rights are to be in force and its wiring lacks one
 */
export async function wireServices(settings: CloudSettings, before: Before, deployment: Deployment): Promise<Parts> {
  const { endpoint, dynamo, stops } = before;
  const faults = settings.faults ?? {};
  const start = settings.start ?? Math.floor(Date.now() / 1000) * 1000;
  const clock = settings.speed === undefined ? new VirtualClock(start) : new RealClock(start, settings.speed);
  stops.push(() => clock.stop());
  const seed = settings.seed ?? 1;
  const random = seededRandom(seed);
  const faultRandom = seededRandom(faults.reorder ?? seed);
  const consumption = new ConsumptionCounter();
  const logs: string[] = [];
  const failed: string[] = [];
  const { app } = deployment;

  const enforcement = settings.enforce
    ? new Enforcement(new Rights(app.resources, PLACE), ACCOUNT, (text) => {
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
    ...PLACE,
    faults,
    random: faultRandom,
    counted: () => {
      consumption.events++;
    },
    announced: (detailType, { bucket, object }) => {
      if (detailType !== 'Object Created') return;
      const { name } = bucket as { name: string };
      const { key, size } = object as { key: string; size: number };
      settings.watch?.uploaded(name, key, size);
    },
  });
  const recorder = before.isShown ? new Recorder(() => clock.now()) : undefined;
  fauxqs.publishing = (topicArn, message, attributes) => recorder?.record(topicArn, message, attributes);
  fauxqs.sent = (queueArn, { body }) => recorder?.record(queueArn, body);
  fauxqs.published = (message) => settings.watch?.published(message);
  const s3 = new S3(fauxqs, bus, ACCOUNT, clock);

  const log = (functionName: string, line: string): void => {
    logs.push(`${functionName}: ${line}`);
    if (logs.length > LOG_LINES) logs.shift();
    recorder?.record(functionName, line);
    settings.log?.(functionName, line);
  };
  const seen = faults.afterWrite !== undefined || faults.beforeCall !== undefined || enforcement !== undefined;
  const functions =
    before.functions ??
    new Functions({
      clock,
      ...PLACE,
      endpoint,
      dynamoEndpoint: seen ? endpoint : dynamo.endpoint,
      workers: settings.workers,
      workersOfFunction: settings.workersOfFunction,
      faults,
      log,
    });
  if (before.functions === undefined) before.lastingStops.push(() => functions.stop());
  else functions.renew({ clock, faults, log });
  const asyncInvoker = new AsyncInvoker(clock, functions);
  const pollers = new Pollers({ clock, region: REGION, queues: fauxqs.queues, functions, faults, random: faultRandom });
  stops.push(() => pollers.stop());

  const states = new StepFunctions(
    worldOf({
      clock,
      ...PLACE,
      tasks: integrations({ functions, asyncInvoker, dynamo, fauxqs, pollers, consumption, faults, authorize }),
      s3,
      consumption,
      faults,
      random,
      authorize,
      largeResults: settings.largeResults,
      changed: (detail) => {
        if (detail.status === 'FAILED' || detail.status === 'TIMED_OUT') {
          const machine = deployment.logicalName(detail.stateMachineArn);
          failed.push(
            `an execution of ${machine} ended as ${detail.status}: ${detail.error ?? 'no error'} (${detail.name})`,
          );
        }
        bus.put('aws.states', 'Step Functions Execution Status Change', [detail.executionArn], {
          ...detail,
          ...(deployment.isEncrypted(detail.stateMachineArn) ? WITHHELD : {}),
        });
      },
    }),
  );
  return {
    clock,
    start,
    consumption,
    logs,
    failed,
    recorder,
    enforcement,
    endpoint,
    dynamo,
    kms: new Kms(),
    fauxqs,
    s3,
    bus,
    functions,
    asyncInvoker,
    pollers,
    states,
    batchesOfQueue: settings.batchesOfQueue ?? DEFAULT_CONCURRENCY,
  };
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
