/** `npm run campaign`: whole small batches under faults. See `--help`. */
import { command } from '../../lib/commands/command.ts';
import { CommandError } from '../../lib/commands/command-line.ts';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { showProgress } from '../../simulation/progress.ts';
import {
  type CampaignSettings,
  campaignSettings,
  help,
  type RandomSettings,
  type SystematicSettings,
} from './campaign-arguments.ts';
import { Done, numberOf, type Task } from './done.ts';
import { KEPT } from './kept.ts';
import { everyOf, MODES } from './one-fault.ts';
import { runAll } from './processes.ts';
import { type Result, repeating, Stage } from './run.ts';
import { CONTEXT } from './story.ts';
import { CONTEXTS, type Noted, type NumberedCase, note, repeatingCase } from './systematic.ts';

const WORKER = new URL('./worker.ts', import.meta.url);

const number = (value: number) => Math.round(value).toLocaleString('en-GB');
const print = (text: string) => process.stdout.write(`${text}\n`);
const seconds = (since: number) => number((performance.now() - since) / 1000);

const progress = showProgress(process.stderr);

/**
 * Makes the runs that are not done, and shows the progress; runs that broke a rule are told of at once. Resolves with the results of all
 * tasks, in the order of their numbers.
 */
async function showAll(
  { seed, jobs }: CampaignSettings,
  tasks: readonly Task[],
  done: Done,
  repeat: (n: number) => string,
): Promise<Result[]> {
  const left = tasks.filter((task) => done.of(task) === undefined);
  if (left.length < tasks.length) print(`${number(tasks.length - left.length)} of them were done before`);
  const byNumber = new Map(left.map((task) => [numberOf(task), task]));
  let count = 0;
  progress.stage('Running');
  progress.follow(() => `${count} of ${left.length} runs`);
  await runAll({ script: WORKER, seed, jobs }, left, (result) => {
    const task = byNumber.get(result.n);
    if (task === undefined) throw new Error(`run ${result.n} was made, and none asked for it`);
    done.add(task, result);
    progress.reached(++count / left.length);
    if (result.broken.length > 0) progress.event(`run ${result.n} broke a rule: ${repeat(result.n)}`);
  });
  progress.end();
  return tasks.flatMap((task) => done.of(task) ?? []).sort((a, b) => a.n - b.n);
}

function tell(results: readonly Result[], name: (n: number) => string, repeat: (n: number) => string): boolean {
  const broken = results.filter((result) => result.broken.length > 0);
  for (const { n, broken: rules } of broken)
    print(`\nrun ${n}${name(n)}\n${rules.map((rule) => `  ${rule}\n`).join('')}  repeat   ${repeat(n)}`);
  return broken.length === 0;
}

const keptOf = (results: readonly Result[]) => {
  const count = results.filter(({ broken }) => broken.length > 0).length;
  return count === 0 ? 'every rule was kept' : `${count} runs broke a rule`;
};

async function random(settings: RandomSettings): Promise<boolean> {
  const { seed, runs, resume } = settings;
  const repeat = (n: number) => repeating(seed, n);
  const began = performance.now();
  const results = await showAll(settings, runs, new Done(resume, { random: seed }), repeat);
  const faults = new Map<string, number>();
  for (const result of results)
    for (const [kind, count] of Object.entries(result.faults)) faults.set(kind, (faults.get(kind) ?? 0) + count);
  for (const [kind, count] of [...faults].sort()) print(`${kind.padEnd(36)} ${number(count).padStart(8)}`);
  const all = [...faults.values()].reduce((sum, count) => sum + count, 0);
  print(
    `${number(results.length)} runs, seed ${seed}, ${number(all)} faults, in ${seconds(began)} s; ${keptOf(results)}`,
  );
  const seen = (n: number) => `${KEPT}/${seed}-${n}.json`;
  return tell(
    results,
    () => '',
    (n) => `${repeat(n)}\n  seen     ${seen(n)}, unless it was run elsewhere`,
  );
}

/** The counts of the stories' places and faults, in words. */
function reckoning({ calls, states, cases }: Noted): string {
  const counts = MODES.map((mode) => `${number(cases.filter((one) => one.mode === mode).length)} ${mode}`);
  return `The stories have ${number(calls)} calls, and enter ${number(states)} states: ${number(cases.length)} faults (${counts.join(', ')})`;
}

/** Notes the places in a cloud of its own, and ends it. */
async function noteAlone(seed: number): Promise<Noted> {
  await using stage = new Stage();
  return await note(stage, seed);
}

async function systematic(settings: SystematicSettings): Promise<boolean> {
  const { seed, only, every } = settings;
  const done = new Done(settings.resume, { systematic: seed });
  progress.stage('Noting');
  const noted = await noteAlone(seed);
  const { cases } = noted;
  print(reckoning(noted));
  const missing = only?.find((n) => n >= cases.length);
  if (missing !== undefined)
    throw new CommandError(`--only ${missing}: the faults are numbered from 0 to ${cases.length - 1}`);
  const asked: NumberedCase[] = only?.flatMap((n) => cases[n] ?? []) ?? everyOf(cases, every);
  const name = (n: number) => `: ${cases[n]?.mode}, ${cases[n]?.place} (${cases[n]?.story} story)`;
  const repeat = (n: number) => repeatingCase(seed, n);
  const began = performance.now();
  const results = await showAll(settings, asked, done, repeat);
  const each = results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / Math.max(1, results.length);
  print(
    `${number(results.length)} runs, seed ${seed}, ${(each / 1000).toFixed(1)} s each, in ${seconds(began)} s; ${keptOf(results)}`,
  );
  return tell(results, name, repeat);
}

async function run(settings: CampaignSettings): Promise<boolean> {
  progress.stage('Synthesizing');
  for (const context of 'runs' in settings ? [CONTEXT] : CONTEXTS) await synthesize({ bare: true, context });
  return 'runs' in settings ? random(settings) : systematic(settings);
}

await command({ help, settings: campaignSettings, run, progress: () => progress });
