/** `npm run fuzz`: puts hostile input to everything that reads outsiders' texts. See `--help`. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { command } from '../../lib/commands/command.ts';
import { showProgress } from '../../simulation/progress.ts';
import { type FuzzSettings, fuzzSettings, help } from './fuzz-arguments.ts';
import { type Fuzzed, repeating, TARGETS, unfinished } from './run.ts';
import type { Work } from './worker.ts';

/** The time after which an input counts as endless: the slowest take a second. It only ends a run that hangs. */
const HANGS_AFTER_SECONDS = 300;
const LOOK_EVERY_SECONDS = 5;

const number = (value: number) => Math.round(value).toLocaleString('en-GB');

async function run(settings: FuzzSettings): Promise<boolean> {
  const progress = showProgress(process.stderr);
  const place = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const work: Work = { settings, place };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: work });
  const where = () => ({ name: TARGETS[Atomics.load(place, 0)]?.name ?? '', begun: Atomics.load(place, 1) });

  progress.stage('Fuzzing');
  progress.follow(() => `${where().name}, ${number(where().begun)} inputs`);
  let seen = '';
  let since = performance.now();
  const watch = setInterval(() => {
    const { name, begun } = where();
    if (seen !== `${name} ${begun}`) {
      seen = `${name} ${begun}`;
      since = performance.now();
    } else if (performance.now() - since > HANGS_AFTER_SECONDS * 1000) {
      progress.end();
      const command = repeating(name, settings.seed, settings.path ?? Math.max(0, begun - 1));
      process.stdout.write(`${name}: an input did not end in ${HANGS_AFTER_SECONDS} s\n  ${command}\n`);
      process.exit(1);
    }
  }, LOOK_EVERY_SECONDS * 1000);

  const all: Fuzzed[] = [];
  worker.on('message', (fuzzed: Fuzzed) => {
    all.push(fuzzed);
    if (fuzzed.failure) progress.event(`${fuzzed.name}: a rule is broken`);
  });
  let code: unknown;
  try {
    [code] = await once(worker, 'exit');
  } finally {
    clearInterval(watch);
    progress.end();
  }

  for (const { name, inputs, milliseconds, failure } of all) {
    const verdict = failure ? 'BROKEN' : 'kept';
    process.stdout.write(
      `${name.padEnd(20)} ${number(inputs).padStart(9)} ${number(milliseconds).padStart(9)} ms  ${verdict}\n`,
    );
  }
  const sum = (of: (one: Fuzzed) => number) => all.reduce((total, one) => total + of(one), 0);
  const broken = all.filter(({ failure }) => failure !== undefined);
  const ended = unfinished(all, settings);
  const kept = ended === undefined ? 'every rule was kept' : 'not all targets are done';
  process.stdout.write(
    `${number(sum(({ inputs }) => inputs))} inputs, seed ${settings.seed}, in ${number(sum(({ milliseconds }) => milliseconds) / 1000)} s; ` +
      `at most ${number(process.resourceUsage().maxRSS / 1024)} MB; ${broken.length === 0 ? kept : `${broken.length} targets broke a rule`}\n`,
  );
  for (const { name, failure } of broken)
    if (failure)
      process.stdout.write(
        `\n${name}: ${failure.error}\n  input    ${failure.input}\n  repeat   ${repeating(name, settings.seed, failure.path)}\n`,
      );
  if (ended === undefined) return broken.length === 0;
  const last = settings.path ?? Math.max(0, where().begun - 1);
  process.stdout.write(
    `\n${ended.name}: the run ended in the midst of an input, with ${code}\n  repeat   ${repeating(ended.name, settings.seed, last)}\n`,
  );
  return false;
}

await command({ help: help(TARGETS), settings: (args) => fuzzSettings(args, TARGETS), run });
