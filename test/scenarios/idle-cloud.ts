import { type CloudSettings, type FaultPlan, type LocalCloud, type NextSettings, startCloud } from 'local-cloud';

/** The most clouds that are kept: a file has one of its own, and one more for the test that needs another beside it. */
const KEPT = 2;

/**
 * The clouds that are no more, the one that began first before others: whoever needs one next, even in another file and with another
 * assembly, goes on with its warm functions, of which the first has the most. They end with the process.
 */
const idle: LocalCloud[] = [];
/** Which cloud began before which, by their number. */
const began = new WeakMap<LocalCloud, number>();
let clouds = 0;

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

/** Begins a cloud in the place of an idle one; starts one if there is none. */
export async function beginCloud(settings: Settings): Promise<LocalCloud> {
  const next = { ...PLAIN, ...settings, faults: seeing(settings.faults) };
  const found = idle.shift();
  const number = (found && began.get(found)) ?? ++clouds;
  const begin = async () => {
    if (found === undefined) return await startCloud(next);
    try {
      return await found.again(next);
    } catch (error) {
      // One that can't begin anew is of no use to anybody.
      await found.stop();
      throw error;
    }
  };
  const cloud = await begin();
  began.set(cloud, number);
  return cloud;
}

/** Leaves a cloud to whoever needs one next. */
export async function leaveCloud(cloud: LocalCloud): Promise<void> {
  idle.push(cloud);
  idle.sort((a, b) => (began.get(a) ?? 0) - (began.get(b) ?? 0));
  await Promise.all(idle.splice(KEPT).map((one) => one.stop()));
}
