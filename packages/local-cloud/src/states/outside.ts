import { type ConsumptionCounter, MACHINE } from '../consumption.ts';
import { type FaultPlan, faultOfMachine, refusal, shuffledBy } from '../faults.ts';
import type { S3 } from '../s3/s3.ts';
import type { Caller, StatesWorld } from './world.ts';

/** The parts of a cloud that make the interpreter's world. */
interface Surrounding
  extends Pick<StatesWorld, 'clock' | 'region' | 'account' | 'tasks' | 'changed' | 'random' | 'largeResults'> {
  s3: S3;
  consumption: ConsumptionCounter;
  faults: FaultPlan;
  /** Undefined where every role may do everything. */
  authorize: StatesWorld['authorize'] | undefined;
}

/** The interpreter's world in a cloud: its requests are counted, come under the rights in force, and meet the fault plan. */
export function worldOf({ s3, consumption, faults, authorize, ...given }: Surrounding): StatesWorld {
  /** A Map Run's request of S3. */
  const objectCall = async <T>(
    action: 'GetObject' | 'PutObject',
    bucket: string,
    key: string,
    { name, roleArn }: Caller,
    run: () => T,
  ): Promise<T> => {
    authorize?.(roleArn, `s3:${action}`, `arn:aws:s3:::${bucket}/${key}`);
    consumption.called(MACHINE, 's3', action);
    const fault = faultOfMachine(faults, { caller: name, service: 's3', action, key });
    if (fault !== undefined && fault !== 'lose') throw refusal('s3', fault);
    const answer = run();
    if (fault === 'lose') throw refusal('s3', 'error');
    return answer;
  };
  return {
    ...given,
    ...(authorize ? { authorize } : {}),
    objects: {
      get: (bucket, key, caller) => objectCall('GetObject', bucket, key, caller, () => s3.get(bucket, key)),
      put: (bucket, key, body, caller) => objectCall('PutObject', bucket, key, caller, () => s3.put(bucket, key, body)),
    },
    faultOfStart: (machine, executionName) =>
      faultOfMachine(faults, { caller: machine, service: 'states', action: 'StartExecution', key: executionName }),
    stops: (visit) => faults.stops?.(visit),
    counted: (what, machine) => consumption.counted(what, machine),
    shuffle: (runArn, results) =>
      faults.shuffleResults === undefined ? results : shuffledBy(faults.shuffleResults, runArn, results),
  };
}
