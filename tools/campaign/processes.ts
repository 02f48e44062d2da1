/** The processes in which a campaign makes its runs. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { numberOf, type Task } from './done.ts';
import type { Result } from './run.ts';

/**
 * Makes the runs, `jobs` at a time: each process takes the next one that is left. A run whose process ends in its midst is broken, and
 * another process goes on with what is left.
 * @param script what a process runs: it is told the seed, says when it is `ready`, is sent runs and sends back their results
 * @throws an Error where a process ends before it is ready, or badly once its runs are done: when those that have begun are
 */
export async function runAll(
  { script, seed, jobs }: { script: URL; seed: number; jobs: number },
  tasks: readonly Task[],
  done: (result: Result) => void,
): Promise<void> {
  const left = [...tasks];
  const work = async () => {
    const child = fork(fileURLToPath(script), [String(seed)]);
    let held: Task | undefined;
    let isReady = false;
    child.on('message', (message: Result | 'ready') => {
      if (message !== 'ready') done(message);
      isReady = true;
      held = left.shift();
      child.send(held ?? 'end');
    });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    const ended = `its process ended with ${signal ?? code}`;
    if (held !== undefined) done({ n: numberOf(held), broken: [ended], faults: {}, milliseconds: 0 });
    else if (!isReady || code !== 0) {
      // The next one would end likewise.
      left.length = 0;
      throw new Error(`a process of the campaign ${isReady ? 'ended badly' : 'did not begin'}: ${ended}`);
    }
  };
  const lane = async () => {
    while (left.length > 0) await work();
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(jobs, tasks.length) }, lane));
  for (const one of lanes) if (one.status === 'rejected') throw one.reason;
}
