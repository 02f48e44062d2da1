/** `npm start`: runs batches end to end on the local cloud, in virtual time. See `--help`. */
import { relative } from 'node:path';
import { command, complain, say } from '../lib/command.ts';
import { AGENCIES, OPERATORS } from '../lib/config/participants.ts';
import { type LocalCloud, startCloud } from '../lib/local/cloud.ts';
import { HELP, parseArguments, type RunSettings } from '../lib/local/run/arguments.ts';
import { conduct } from '../lib/local/run/conduct.ts';
import { OutFolder } from '../lib/local/run/folder.ts';
import { showProgress } from '../lib/local/run/progress.ts';
import { reportText, tookText } from '../lib/local/run/report.ts';
import { judge } from '../lib/local/run/results.ts';
import { signedByOwners } from '../lib/local/run/signed.ts';
import { synthesize } from '../lib/local/synth.ts';

/** The one that is synthesized where none is named. */
const STAGE = 'dev';
const participants = { agencies: AGENCIES.map(({ id }) => id), operators: OPERATORS.map(({ id }) => id) };
const progress = showProgress(process.stdout);

let starting: Promise<LocalCloud> | undefined;
let folder: OutFolder | undefined;

/** A path as a person would write it here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' ? '.' : short.startsWith('..') ? path : short;
}

async function run(settings: RunSettings): Promise<boolean> {
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

  say(`\n${reportText(results.summaries, conducted, shown(settings.out))}`);
  for (const warning of results.warnings) complain(`warning: ${warning}`);
  for (const failure of failures) complain(`warning: ${failure}`);
  for (const problem of results.problems) complain(`failed: ${problem}`);
  say(tookText(performance.now(), await cloud.memory()));
  return results.problems.length === 0;
}

async function end(signal?: string): Promise<void> {
  if (signal !== undefined) {
    folder?.discard();
    const place = folder ? shown(folder.path) : 'the output folder';
    complain(`interrupted by ${signal}; ${place} ${folder?.saved ? 'holds the run' : 'is as it was before'}`);
  }
  const cloud = await starting?.catch(() => undefined);
  await cloud?.stop();
  // What was being written meanwhile.
  if (signal !== undefined) folder?.discard();
}

await command({
  help: HELP,
  settings: (args, where) => parseArguments(args, { folder: where, now: Date.now(), ...participants }),
  run,
  progress: () => progress,
  end,
});
