/** `npm run cost`: what a batch costs, counted on the local cloud. See `--help`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError } from '../../lib/command-line.ts';
import type { LocalCloud } from '../../lib/local/cloud.ts';
import { showProgress } from '../../lib/local/run/progress.ts';
import { type CostSettings, costSettings, HELP } from './cost-arguments.ts';
import { costOf, costText } from './cost-report.ts';
import { type BatchCount, CountFailed, countBatch, countFile, readCount, saveCount } from './count-batch.ts';
import { answersLike, countPerConnection } from './count-per-connection.ts';
import { pricesOf, UnknownRegion } from './prices.ts';

const SUCCEEDED = 0;
const FAILED = 1;
const WRONG_COMMAND = 2;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Enough that each way through that design's ladder is gone in its proportion. */
const CONNECTIONS_RUN = 400;

/** Of the run under way: each has its own, since each has its own end. */
let progress = showProgress(process.stderr);
const complain = (text: string) => process.stderr.write(`${text}\n`);
// npm runs its scripts in the project's folder; paths are relative to where the user stands.
const where = process.env.INIT_CWD ?? process.cwd();

let running: LocalCloud | undefined;
const started = (cloud: LocalCloud) => {
  running = cloud;
};
for (const [signal, code] of Object.entries(SIGNALS))
  process.once(signal, () => {
    progress.end();
    void Promise.resolve(running?.stop()).finally(() => process.exit(code));
  });

/** All counts asked for, smallest first: those in files, and those of the sizes that no file has. */
async function counts({ sizes, files, scale }: CostSettings): Promise<[BatchCount, ...BatchCount[]]> {
  const known = await Promise.all(files.map(readCount));
  const larger = known.find((counted) => counted.scale > scale);
  if (larger !== undefined)
    throw new CommandError(`--run: counts at ${larger.scale} are not scaled down to ${scale}; give that --scale`);
  for (const size of sizes) {
    if (known.some((counted) => counted.scale === size)) continue;
    progress.event(`A batch at scale ${size}`);
    const counted = await countBatch(size, progress, started);
    progress.end();
    progress = showProgress(process.stderr);
    await saveCount(countFile(size), counted);
    known.push(counted);
  }
  return known.sort((a, b) => a.scale - b.scale) as [BatchCount, ...BatchCount[]];
}

async function run(settings: CostSettings): Promise<number> {
  const { region, scale, json } = settings;
  const prices = pricesOf(region);
  // What can't be written should be known before a long run.
  if (json !== undefined) await mkdir(dirname(json), { recursive: true });
  const all = await counts(settings);
  const largest = all.at(-1) ?? all[0];
  const answers = answersLike(largest, CONNECTIONS_RUN);
  const perConnection = await countPerConnection(largest.ladder, answers, progress, started);
  progress.end();
  const cost = costOf({ region, prices, scale, counts: all, perConnection });
  process.stdout.write(costText(cost));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(cost, null, 2)}\n`);
  return cost.goal?.met === false ? FAILED : SUCCEEDED;
}

async function main(): Promise<number> {
  try {
    const settings = costSettings(process.argv.slice(2), where);
    if (settings === 'help') {
      process.stdout.write(HELP);
      return SUCCEEDED;
    }
    return await run(settings);
  } catch (error) {
    progress.end();
    if (error instanceof CommandError || error instanceof UnknownRegion) {
      complain(error instanceof UnknownRegion ? `--region ${error.message}` : error.message);
      return WRONG_COMMAND;
    }
    complain(
      error instanceof CountFailed
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error),
    );
    return FAILED;
  }
}

process.exitCode = await main();
