import { resolve } from 'node:path';
import { CommandError, readOptions, wholeNumber } from '../../lib/commands/command-line.ts';

const DEFAULT_RUNS = 500;
const DEFAULT_SEED = 1;
const MOST_RUNS = 1_000_000;
const LARGEST_SEED = 2 ** 31 - 1;
/** Twice as many as two cores: half of its time a run waits for clients that try again. */
const DEFAULT_JOBS = 4;
const MOST_JOBS = 16;

export const help = `npm run campaign: small batches on the local cloud, with faults, and every invariant checked after each.

  npm run campaign -- --runs 500 --seed 1        an hour or more on two free cores
  npm run campaign -- --resume done              notes in the file done which runs were made; the same command goes on with the others
  npm run campaign -- --seed 1 --only 17         one run again, as a failure tells it
  npm run campaign -- --systematic               each single fault, some hours on two free cores
  npm run campaign -- --systematic --only 17     one of them again

Each run is a story of its own: the usage of two operators and the reports of one to three agencies, upon which approvers decide,
told in virtual time from the first upload to the last late answer, some weeks on. Most reports two approve; of some they leave
out a handset or a number, some one refuses, and some lapse, since nobody, or one alone, says anything in time. In a part of them numbers
move to the other operator or get more time, and go on in the nights' follow-ups; in another, a caseworker appeals, or an agency
withdraws what it reported. Some operators answer all of their directions in one file. Meanwhile functions fail before, after and in the middle of their
writes, time out, or run on beside their own retry; events are lost, doubled, reordered and late by hours; every service
throttles and fails; batches are done in part; answers, tokens among them, come twice or get lost; clocks differ; uploads are
cut short; a step fails for hours, or for good until its file is uploaded again. After each run the outbox, the
notices, the tables and the logs are held to the invariants, and the outcome to that of the same story without faults: as it is worked
out from the story alone, or, where numbers move or are taken back, as it was told before.

With --systematic it is one story, as small as can be, with two reports of which the second waits for its turn, and, where their
batches wait for those who decide, the same one in which they lapse first; and of one in which a number moves, and another is appealed
for, what it has beside the first. It is told once
without faults, while each call that a function or a state machine makes is noted. Then it is told again for each: with that
call failing before it took effect, after it, for ten minutes, and for longer than its tries last; and with each execution
stopped by hand in each state, at once or after an hour, a batch's own also twice, or so that nobody is told of it. People do
what they are told to: a file is uploaded again whose batch failed or which is in quarantine, and dead letters are redriven.
After each, every invariant is checked as above.

Options
  --runs N        how many runs (default ${DEFAULT_RUNS})
  --seed N        the same seed, the same stories and faults (default ${DEFAULT_SEED}); of the systematic one, numbers and handsets
  --only N        only this run of the seed, counted from 0; repeatable
  --jobs N        so many at a time, each in a process of its own (default ${DEFAULT_JOBS})
  --systematic    each single fault of one story
  --every N       with --systematic: each N-th fault only
  --resume FILE   notes there what was done, and leaves out what it has
  --help          this text

Exit code: 0 when every run kept every rule, 1 when one did not, or when the stories of --systematic have no fault of some function,
machine or mode; 2 when the command line is wrong.
`;

export interface RandomSettings {
  readonly seed: number;
  /** The numbers of the runs, counted from 0. */
  readonly runs: readonly number[];
  readonly jobs: number;
  /** The file in which finished runs are noted. */
  readonly resume: string | undefined;
}

export interface SystematicSettings {
  readonly seed: number;
  /** The numbers of the faults; undefined: all. */
  readonly only: readonly number[] | undefined;
  readonly every: number;
  readonly jobs: number;
  readonly resume: string | undefined;
}

export type CampaignSettings = RandomSettings | SystematicSettings;

/**
 * Reads the command line of `npm run campaign`.
 * @param where the folder that relative paths start from
 * @throws CommandError that names the option
 */
export function campaignSettings(argv: readonly string[], where = '.'): CampaignSettings | 'help' {
  const values = readOptions(argv, {
    runs: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string', multiple: true },
    jobs: { type: 'string' },
    systematic: { type: 'boolean' },
    every: { type: 'string' },
    resume: { type: 'string' },
  });
  if (values === 'help') return 'help';
  const seed = wholeNumber('seed', values.seed, DEFAULT_SEED, 0, LARGEST_SEED);
  const jobs = wholeNumber('jobs', values.jobs, DEFAULT_JOBS, 1, MOST_JOBS);
  const resume = values.resume === undefined ? undefined : resolve(where, values.resume);
  const only = values.only?.map((text) => wholeNumber('only', text, 0, 0, MOST_RUNS));
  if (values.systematic) {
    if (values.runs !== undefined)
      throw new CommandError('--runs has no place beside --systematic: its story says how many there are');
    if (only !== undefined && values.every !== undefined)
      throw new CommandError('--only names the faults: --every has no place beside it');
    const every = wholeNumber('every', values.every, 1, 1, MOST_RUNS);
    return { seed, only, every, jobs: Math.min(jobs, only?.length ?? jobs), resume };
  }
  if (values.every !== undefined) throw new CommandError('--every goes with --systematic');
  if (only !== undefined && values.runs !== undefined)
    throw new CommandError('--only names the runs: --runs has no place beside it');
  const runs = only ?? [...Array(wholeNumber('runs', values.runs, DEFAULT_RUNS, 1, MOST_RUNS)).keys()];
  return { seed, runs, jobs: Math.min(jobs, runs.length), resume };
}
