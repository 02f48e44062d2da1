/** The shares of processor time while the whole sample runs. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Progress } from '../../simulation/progress.ts';
import { countBatch } from '../cost/count-batch.ts';
import type { Results } from './measure.ts';

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100;
/** The fields of /proc/self/stat after the command's name: user and system time of the children that have ended. */
const CHILDREN_USER = 13;
const CHILDREN_SYSTEM = 14;

/** Seconds of processor time of the processes that this one started and saw end. */
function endedChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_SYSTEM])) / TICKS;
}

const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;

/**
 * Runs one batch at 1 % of the event. Functions run in threads of this process, the database in a process of its own, and the
 * local cloud with S3, the queues and the simulated operators on this process's main thread.
 */
export async function measureSharing(progress: Progress): Promise<Results> {
  let before: { wall: number; process: number; main: number; children: number } | undefined;
  await countBatch({ scale: 0.01, moved: false }, progress, () => {
    before = {
      wall: performance.now() / 1000,
      process: seconds(process.cpuUsage()),
      main: seconds(process.threadCpuUsage()),
      children: endedChildren(),
    };
  });
  if (before === undefined) throw new Error('the local cloud did not start');
  const wall = performance.now() / 1000 - before.wall;
  const main = seconds(process.threadCpuUsage()) - before.main;
  const functions = seconds(process.cpuUsage()) - before.process - main;
  const database = endedChildren() - before.children;
  const all = main + functions + database;
  const share = (part: number) => `${part.toFixed(1)} s, ${Math.round((part / all) * 100)} %`;
  return {
    measured: [],
    told: [
      {
        name: 'the sample, one batch at 1 %',
        figures: {
          'wall time s': wall.toFixed(1),
          'of the processors': `${Math.round((all / (wall * availableParallelism())) * 100)} % busy`,
          functions: share(functions),
          database: share(database),
          'local cloud': share(main),
        },
      },
    ],
  };
}
