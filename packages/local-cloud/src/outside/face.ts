import type { Console } from '../console/console.ts';
import { ACCOUNT, type LocalCloud, REGION } from '../face.ts';
import { deadLetters, drain } from '../sqs/letters.ts';
import type { FailedExecution } from '../states/failures.ts';
import type { Deployment } from '../templates/deployment.ts';
import type { Parts } from '../wire.ts';
import type { OutsideS3 } from './s3-client.ts';

/** The face of a cloud: what people outside have of its parts; all but what begins it anew, changes its app or ends it. */
export function faceOf(
  parts: Parts,
  deployment: Deployment,
  outside: OutsideS3,
  console: Console | undefined,
): Omit<LocalCloud, 'deploy' | 'again' | 'stop'> {
  const { clock, dynamo, fauxqs, bus, functions, pollers, asyncInvoker, states, consumption, logs, failed } = parts;
  const counted = async (drive: Promise<void>): Promise<void> => {
    await Promise.race([drive, dynamo.lost]);
    consumption.dynamo = await dynamo.consumption();
  };
  const named = (failed: FailedExecution): FailedExecution => ({
    ...failed,
    machine: deployment.logicalName(failed.machine),
    calledFunction: failed.calledFunction && deployment.functionName(failed.calledFunction),
  });
  return {
    endpoint: parts.endpoint,
    ...(console === undefined ? {} : { console: console.url }),
    region: REGION,
    account: ACCOUNT,
    clock,
    names: deployment.names,
    lost: dynamo.lost,
    rest: () => counted(clock.rest()),
    run: (until) => counted(clock.run(until)),
    pauseSchedules: (paused) => {
      bus.isPaused = typeof paused === 'boolean' ? () => paused : paused;
    },
    pauseQueues: (paused) => pollers.pause(typeof paused === 'boolean' ? () => paused : paused),
    outside: (at, run) => clock.outside(at, run),
    put: (bucket, key, body, as) => outside.put(bucket, key, body, as),
    get: (bucket, key, as) => outside.get(bucket, key, as),
    version: (bucket, key, as) => outside.version(bucket, key, as),
    list: (bucket, prefix, as) => outside.list(bucket, prefix, as),
    confirmSubscriptions: () => fauxqs.confirmSubscriptions(),
    receive: async (queueName) => drain(fauxqs, queueName),
    consumption: () => consumption.report(functions.consumption(), (name) => deployment.logicalName(name)),
    memory: async () => process.resourceUsage().maxRSS * 1024 + (await dynamo.memory()),
    failures: () => [...deadLetters(fauxqs, deployment.placed), ...asyncInvoker.dropped, ...failed],
    failedExecutions: () => states.failed().map(named),
    failingExecutions: () => states.failing().map(named),
    logs: () => [...logs],
  };
}
