/** `npm run bench`: compares the system's parts with their floors. See `--help`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { command } from '../../lib/commands/command.ts';
import { CommandError, readOptions, wholeNumber } from '../../lib/commands/command-line.ts';
import { showProgress } from '../../simulation/progress.ts';
import { measureClaiming } from './claiming.ts';
import { measureCutting } from './cutting.ts';
import { stopEmbedded } from './embedded.ts';
import { measureInterpreting } from './interpreting.ts';
import { type Measured, type Results, table } from './measure.ts';
import { measureMemory } from './memory.ts';
import { measureReading } from './reading.ts';
import { measureSharing } from './sharing.ts';

const progress = showProgress(process.stderr);
const BENCHMARKS: Record<string, (runs: number) => Promise<Results>> = {
  reading: measureReading,
  claiming: measureClaiming,
  cutting: measureCutting,
  interpreting: measureInterpreting,
  memory: () => measureMemory(),
  sharing: () => measureSharing(showProgress(process.stderr)),
};
const LEAST_RUNS = 5;

const HELP = `npm run bench: the system's parts against their floors, in the same process and run, as ratios.

  npm run bench                            all of them (some minutes)
  npm run bench -- reading claiming        some of them: ${Object.keys(BENCHMARKS).join(', ')}

Options
  --runs N       runs of each, at least ${LEAST_RUNS} (default ${LEAST_RUNS})
  --json FILE    where the figures go as JSON too (default out/bench.json)
  --help

Exit code: 0 when every goal is met, 1 when one is not, 2 when the command line is wrong.
`;

function line({ name, unit, floor, goal, ours, bare, ratio }: Measured): string[] {
  const rate = (value: number) => Math.round(value).toLocaleString('en-GB');
  return [
    name,
    unit,
    rate(ours.median),
    rate(bare.median),
    ratio.min.toFixed(2),
    ratio.median.toFixed(2),
    ratio.max.toFixed(2),
    goal === undefined ? '' : `≥ ${goal}`,
    goal === undefined ? '' : ratio.median >= goal ? 'PASS' : 'FAIL',
    `  ${floor}`,
  ];
}

interface Asked {
  runs: number;
  /** Absolute path. */
  json: string;
  chosen: string[];
}

function ask(args: readonly string[], where: string): Asked | 'help' {
  const given = readOptions(args, { runs: { type: 'string' }, json: { type: 'string' } }, true);
  if (given === 'help') return 'help';
  const unknown = given.positionals.find((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown !== undefined) throw new CommandError(`${unknown} is none of ${Object.keys(BENCHMARKS).join(', ')}`);
  return {
    runs: wholeNumber('runs', given.runs, LEAST_RUNS, LEAST_RUNS),
    json: resolve(where, given.json ?? 'out/bench.json'),
    chosen: given.positionals.length > 0 ? given.positionals : Object.keys(BENCHMARKS),
  };
}

async function run({ runs, json, chosen }: Asked): Promise<boolean> {
  const results: Results = { measured: [], told: [] };
  for (const name of chosen) {
    progress.stage(`Measuring ${name}`);
    const { measured, told } = await (BENCHMARKS[name] as (runs: number) => Promise<Results>)(runs);
    results.measured.push(...measured);
    results.told.push(...told);
  }
  progress.end();

  const { measured, told } = results;
  if (measured.length > 0) {
    const head = ['', '', 'ours', 'floor', 'min', 'median', 'max', 'goal', '', '  floor is'];
    process.stdout.write(`Median rates, and the ratios of ${runs} runs\n${table([head, ...measured.map(line)])}\n\n`);
  }
  for (const { name, figures, goal } of told) {
    const parts = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
    const verdict = goal === undefined ? '' : `\n  ${goal.met ? 'PASS' : 'FAIL'}  ${goal.text}`;
    process.stdout.write(`${name}\n  ${parts.join('; ')}${verdict}\n`);
  }
  await mkdir(dirname(json), { recursive: true });
  await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
  const missed =
    measured.some(({ goal, ratio }) => goal !== undefined && ratio.median < goal) ||
    told.some(({ goal }) => goal?.met === false);
  return !missed;
}

await command({
  help: HELP,
  settings: ask,
  run,
  progress: () => progress,
  end: stopEmbedded,
});
