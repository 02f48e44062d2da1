/** `npm run cost`: prints the cost of a batch, counted on the local cloud. See `--help`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LocalCloud } from 'local-cloud';
import { command } from '../../lib/commands/command.ts';
import { CommandError } from '../../lib/commands/command-line.ts';
import { showProgress } from '../../simulation/progress.ts';
import { type CostSettings, costSettings, HELP } from './cost-arguments.ts';
import { costOf, costText } from './cost-report.ts';
import { countBatch } from './count-batch.ts';
import { answersLike, countPerConnection } from './count-per-connection.ts';
import { type BatchCount, countFile, readCount, saveCount } from './counts.ts';
import { pricesOf } from './prices.ts';

/** Enough connections that each way through that design's ladder is taken in its proportion. */
const CONNECTIONS_RUN = 400;

/** The progress and the cloud of the run under way; each run has its own, since each has its own end. */
let progress = showProgress(process.stderr);

let running: LocalCloud | undefined;
const started = (cloud: LocalCloud) => {
  running = cloud;
};

/** All counts asked for, smallest first: those in files, and those of the sizes that no file has. */
async function counts({ sizes, files, scale, moved }: CostSettings): Promise<[BatchCount, ...BatchCount[]]> {
  const known = await Promise.all(files.map(readCount));
  const larger = known.find((counted) => counted.scale > scale);
  if (larger !== undefined)
    throw new CommandError(`--run: counts at ${larger.scale} are not scaled down to ${scale}; give that --scale`);
  if (known.some(({ drivers }) => (drivers.followUps !== undefined) !== moved))
    throw new CommandError(
      `--run: counts of a batch of which ${moved ? 'nothing' : 'something'} is moved; ${moved ? 'leave --moved out' : 'give --moved'}`,
    );
  for (const size of sizes) {
    if (known.some((counted) => counted.scale === size)) continue;
    progress.event(`A batch at scale ${size}`);
    const counted = await countBatch({ scale: size, moved }, progress, started);
    progress.end();
    progress = showProgress(process.stderr);
    await saveCount(countFile(size, moved), counted);
    known.push(counted);
  }
  return known.sort((a, b) => a.scale - b.scale) as [BatchCount, ...BatchCount[]];
}

async function run(settings: CostSettings): Promise<boolean> {
  const { region, scale, json } = settings;
  const prices = pricesOf(region);
  // A folder that can't be written should be known before a long run.
  if (json !== undefined) await mkdir(dirname(json), { recursive: true });
  const all = await counts(settings);
  const largest = all.at(-1) ?? all[0];
  const answers = answersLike(largest, CONNECTIONS_RUN);
  const perConnection = await countPerConnection(largest.ladder, answers, progress, started);
  progress.end();
  const cost = costOf({ region, prices, scale, counts: all, perConnection });
  process.stdout.write(costText(cost));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(cost, null, 2)}\n`);
  return cost.goal?.met !== false;
}

await command({
  help: HELP,
  settings: costSettings,
  run,
  progress: () => progress,
  end: async () => running?.stop(),
});
