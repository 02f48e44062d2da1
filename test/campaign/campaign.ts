/** `npm run campaign`: whole small batches under seeded faults. See `--help`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { command } from '../../lib/command.ts';
import { showProgress } from '../../lib/local/run/progress.ts';
import { synthesize } from '../../lib/local/synth.ts';
import { type CampaignSettings, campaignSettings, help } from './campaign-arguments.ts';
import { type Result, repeating } from './run.ts';
import { CONTEXT } from './story.ts';

const number = (value: number) => Math.round(value).toLocaleString('en-GB');

/** Has the runs done, some at a time, each process taking the next one that is left. */
async function runAll({ seed, runs, jobs }: CampaignSettings, done: (result: Result) => void): Promise<void> {
  const left = [...runs];
  const script = fileURLToPath(new URL('./worker.ts', import.meta.url));
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      const child = fork(script, [String(seed)]);
      const next = () => child.send(left.shift() ?? 'end');
      child.on('message', (message: Result | 'ready') => {
        if (message !== 'ready') done(message);
        next();
      });
      const [code] = await once(child, 'exit');
      if (code !== 0) throw new Error(`a process of the campaign ended with ${code}`);
    }),
  );
}

async function run(settings: CampaignSettings): Promise<boolean> {
  const { seed, runs } = settings;
  const progress = showProgress(process.stderr);
  progress.stage('Synthesizing');
  await synthesize({ context: CONTEXT });
  const began = performance.now();
  const faults = new Map<string, number>();
  const broken: Result[] = [];
  let finished = 0;
  progress.stage('Running');
  progress.follow(() => `${finished} of ${runs.length} runs`);
  try {
    await runAll(settings, (result) => {
      finished++;
      progress.reached(finished / runs.length);
      for (const [kind, count] of Object.entries(result.faults)) faults.set(kind, (faults.get(kind) ?? 0) + count);
      if (result.broken.length === 0) return;
      broken.push(result);
      progress.event(`run ${result.n} broke a rule: ${repeating(seed, result.n)}`);
    });
  } finally {
    progress.end();
  }
  for (const [kind, count] of [...faults].sort())
    process.stdout.write(`${kind.padEnd(36)} ${number(count).padStart(8)}\n`);
  const all = [...faults.values()].reduce((sum, count) => sum + count, 0);
  process.stdout.write(
    `${number(finished)} runs, seed ${seed}, ${number(all)} faults, in ${number((performance.now() - began) / 1000)} s; ` +
      `${broken.length === 0 ? 'every rule was kept' : `${broken.length} runs broke a rule`}\n`,
  );
  for (const { n, broken: rules } of broken.sort((a, b) => a.n - b.n))
    process.stdout.write(
      `\nrun ${n}\n${rules.map((rule) => `  ${rule}\n`).join('')}  repeat   ${repeating(seed, n)}\n`,
    );
  return broken.length === 0;
}

await command({ help, settings: campaignSettings, run });
