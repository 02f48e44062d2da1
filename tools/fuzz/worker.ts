/** Runs the targets beside the thread that watches them: an input that never ends would stop its own thread's timers. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FuzzSettings } from './fuzz-arguments.ts';
import { fuzz, TARGETS } from './run.ts';
import type { Target } from './target.ts';

export interface Work {
  readonly settings: FuzzSettings;
  /** Two numbers shared with the thread that watches: the target at work, and the number of inputs that it began. */
  readonly place: Int32Array;
}

const { settings, place } = workerData as Work;
let current: Target | undefined;
const next = (target: Target) => {
  if (target !== current) {
    current = target;
    Atomics.store(place, 1, 0);
    Atomics.store(place, 0, TARGETS.indexOf(target));
  }
  Atomics.add(place, 1, 1);
};
for await (const fuzzed of fuzz(settings, TARGETS, next)) parentPort?.postMessage(fuzzed);
