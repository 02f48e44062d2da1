import { CommandError, readOptions, wholeNumber } from '../../lib/command-line.ts';

const DEFAULT_RUNS = 500;
const DEFAULT_SEED = 1;
const MOST_RUNS = 1_000_000;
const LARGEST_SEED = 2 ** 31 - 1;
const DEFAULT_JOBS = 2;
const MOST_JOBS = 16;

export const help = `npm run campaign: small batches on the local cloud, with faults, and every invariant checked after each.

  npm run campaign -- --runs 500 --seed 1        half an hour on two free cores
  npm run campaign -- --seed 1 --only 17         one run again, as a failure tells it

Each run is a story of its own: the usage of two operators and the reports of one or two agencies, told in virtual time from the
first upload to the last late answer, some weeks on. Meanwhile functions fail before, after and in the middle of their
writes, time out, or run on beside their own retry; events are lost, doubled, reordered and late by hours; every service
throttles and fails; batches are done in part; answers, tokens among them, come twice or get lost; clocks differ; uploads are
cut short; a step fails for hours, or for good until its file is uploaded again. After each run the outbox, the
notices, the tables and the logs are held to the invariants, and the outcome to that of the same story without faults.

Options
  --runs N    how many runs (default ${DEFAULT_RUNS})
  --seed N    the same seed, the same stories and faults (default ${DEFAULT_SEED})
  --only N    only this run of the seed, counted from 0; repeatable
  --jobs N    so many at a time, each in a process of its own (default ${DEFAULT_JOBS})
  --help      this page

Exit status: 0 when every run kept every rule, 1 when one did not, 2 when the command line is wrong.
`;

export interface CampaignSettings {
  readonly seed: number;
  /** Numbers of the runs, counted from 0. */
  readonly runs: readonly number[];
  readonly jobs: number;
}

/**
 * Reads the command line of `npm run campaign`.
 * @throws CommandError that names the option
 */
export function campaignSettings(argv: readonly string[]): CampaignSettings | 'help' {
  const values = readOptions(argv, {
    runs: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', multiple: true },
    jobs: { type: 'string' },
  });
  if (values === 'help') return 'help';
  if (values.only !== undefined && values.runs !== undefined)
    throw new CommandError('--only names the runs: --runs has no place beside it');
  const count = wholeNumber('runs', values.runs, DEFAULT_RUNS, 1, MOST_RUNS);
  const runs = values.only?.map((text) => wholeNumber('only', text, 0, 0, MOST_RUNS)) ?? [...Array(count).keys()];
  return {
    seed: wholeNumber('seed', values.seed, DEFAULT_SEED, 0, LARGEST_SEED),
    runs,
    jobs: Math.min(wholeNumber('jobs', values.jobs, DEFAULT_JOBS, 1, MOST_JOBS), runs.length),
  };
}
