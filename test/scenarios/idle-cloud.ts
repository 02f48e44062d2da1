import { type CloudSettings, type FaultPlan, type LocalCloud, type NextSettings, startCloud } from 'local-cloud';

/** Enough workers that every function stays warm from one test to the next, also where their apps differ in some of them. */
const WORKERS = 100;

/**
 * The cloud that was used last and is no more: whoever needs one next, even in another file and with another assembly, goes on with its
 * warm functions. It ends with the process. No other one is kept, since each has its warm functions in memory.
 */
let idle: LocalCloud | undefined;

/** The settings, where none are given, with which a cloud starts by default. */
const PLAIN: Omit<NextSettings, 'assembly' | 'start'> = {
  speed: undefined,
  seed: undefined,
  enforce: undefined,
  largeResults: undefined,
  batchesOfQueue: undefined,
  log: undefined,
  watch: undefined,
  written: undefined,
};
/** Every cloud's plan sees the calls, since a cloud of which one did needs one that does again. */
const seeing = (plan: FaultPlan = {}): FaultPlan =>
  plan.afterWrite || plan.beforeCall ? plan : { afterWrite: () => undefined, ...plan };

type Settings = NextSettings & Required<Pick<CloudSettings, 'assembly' | 'start'>>;

/** Begins a cloud in the place of the idle one; starts one if there is none. */
export async function beginCloud(settings: Settings): Promise<LocalCloud> {
  const next = { ...PLAIN, ...settings, faults: seeing(settings.faults) };
  const found = idle;
  idle = undefined;
  if (found === undefined) return await startCloud({ workers: WORKERS, ...next });
  try {
    return await found.again(next);
  } catch (error) {
    // One that can't begin anew is of no use to anybody.
    await found.stop();
    throw error;
  }
}

/** Leaves a cloud to whoever needs one next. */
export async function leaveCloud(cloud: LocalCloud): Promise<void> {
  const former = idle;
  idle = cloud;
  await former?.stop();
}
