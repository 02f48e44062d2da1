/** `npm start`: runs batches end to end on the local cloud, in virtual time. See `--help`. */
import { relative } from 'node:path';
import { CommandError } from '../lib/command-line.ts';
import { AGENCIES, OPERATORS } from '../lib/config/participants.ts';
import { type LocalCloud, startCloud } from '../lib/local/cloud.ts';
import { HELP, parseArguments, type RunSettings } from '../lib/local/run/arguments.ts';
import { conduct } from '../lib/local/run/conduct.ts';
import { OutFolder } from '../lib/local/run/folder.ts';
import { showProgress } from '../lib/local/run/progress.ts';
import { reportText } from '../lib/local/run/report.ts';
import { judge } from '../lib/local/run/results.ts';
import { signedByOwners } from '../lib/local/run/signed.ts';
import { synthesize } from '../lib/local/synth.ts';

/** The one that is synthesized where none is named. */
const STAGE = 'dev';
const SUCCEEDED = 0;
const FAILED = 1;
const WRONG_COMMAND = 2;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

const participants = { agencies: AGENCIES.map(({ id }) => id), operators: OPERATORS.map(({ id }) => id) };
const progress = showProgress(process.stdout);
const complain = (text: string) => process.stderr.write(`${text}\n`);

let starting: Promise<LocalCloud> | undefined;
let folder: OutFolder | undefined;

async function stop(): Promise<void> {
  progress.end();
  const cloud = await starting?.catch(() => undefined);
  await cloud?.stop();
}

for (const [signal, code] of Object.entries(SIGNALS))
  process.once(signal, () => {
    folder?.discard();
    progress.end();
    complain(`interrupted by ${signal}; ${folder ? shown(folder.path) : 'the output folder'} is as it was before`);
    void stop().finally(() => process.exit(code));
  });

/** A path as a person would write it here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' ? '.' : short.startsWith('..') ? path : short;
}

async function run(settings: RunSettings): Promise<number> {
  folder = new OutFolder(settings.out);
  progress.stage('Synthesizing the app');
  const assembly = await synthesize({ context: { ladder: settings.ladder } });
  progress.stage('Starting the local cloud');
  starting = startCloud({
    assembly,
    start: settings.start,
    seed: settings.seed,
    enforce: settings.enforce ?? false,
  });
  const cloud = await starting;

  const conducted = await conduct(
    settings,
    settings.enforce ? signedByOwners(cloud, STAGE) : cloud,
    participants,
    progress,
  );
  const results = await judge(conducted, cloud);
  const failures = cloud.failures();

  progress.stage('Downloading the buckets');
  const { start, seed, ladder, operators } = settings;
  await folder.save(
    cloud,
    {
      settings: { start: new Date(start).toISOString(), seed, ladder, operators },
      ended: new Date(cloud.clock.now()).toISOString(),
      ...cloud.usage(),
    },
    (objects) => progress.update(`${objects} objects`),
  );
  progress.end();

  process.stdout.write(`\n${reportText(results.summaries, conducted, shown(settings.out))}`);
  for (const warning of results.warnings) complain(`warning: ${warning}`);
  for (const failure of failures) complain(`warning: ${failure}`);
  for (const problem of results.problems) complain(`failed: ${problem}`);
  return results.problems.length === 0 ? SUCCEEDED : FAILED;
}

async function main(): Promise<number> {
  try {
    // npm runs its scripts in the project's folder; paths are relative to where the user stands.
    const where = process.env.INIT_CWD ?? process.cwd();
    const settings = parseArguments(process.argv.slice(2), { folder: where, now: Date.now(), ...participants });
    if (settings === 'help') {
      process.stdout.write(HELP);
      return SUCCEEDED;
    }
    return await run(settings);
  } catch (error) {
    progress.end();
    if (error instanceof CommandError) {
      complain(error.message);
      return WRONG_COMMAND;
    }
    complain(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    return FAILED;
  } finally {
    await stop();
  }
}

process.exitCode = await main();
