/** `npm start`: runs batches end to end on the local cloud, in virtual time. See `--help`. */
import { join, relative } from 'node:path';

import { type LocalCloud, startCloud } from 'local-cloud';
import { instantOf } from '../lambdas/domain/days.ts';
import { command, complain, say } from '../lib/commands/command.ts';
import { synthesize } from '../lib/commands/local/synth.ts';
import { stageFromContext } from '../lib/config/context.ts';
import { clonesAdmitted, heaviestReverified, SimulatedApprovers, sampleVerdicts } from '../simulation/approvers.ts';
import { HELP, parseArguments, type RunSettings } from '../simulation/arguments.ts';
import { conduct } from '../simulation/conduct.ts';
import { Failing } from '../simulation/failing.ts';
import { OutFolder } from '../simulation/folder.ts';
import { runPages } from '../simulation/page.ts';
import { PAGE } from '../simulation/page-files.ts';
import { idsOf, participantsOf } from '../simulation/participants.ts';
import { Placeholders } from '../simulation/placeholders.ts';
import { showProgress } from '../simulation/progress.ts';
import { reportText, tookText } from '../simulation/report.ts';
import { judge } from '../simulation/results.ts';
import { signedByOwners } from '../simulation/signed.ts';
import { failuresText, Traces } from '../simulation/traces.ts';

/** The stage that is synthesized where none is named. */
const STAGE = 'dev';
/** Hours between sweeps and between surveys: nothing gets lost here, so that one a day has as little to mend as one an hour. */
const SWEEPS = { sweepHours: '24', surveyHours: '24' };
/** The number of functions loaded at a time: with fewer they displace each other all the time, with more they take more memory. */
const WORKERS = 18;
const progress = showProgress(process.stdout);

let starting: Promise<LocalCloud> | undefined;
/** Set as soon as the run has it. */
let folder: OutFolder | undefined;
let traces: Traces | undefined;
let failing: Failing | undefined;

/** A path as a person would write it here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' ? '.' : short.startsWith('..') ? path : short;
}

async function run(settings: RunSettings): Promise<boolean> {
  const config = stageFromContext({ stage: STAGE, cloud: 'local', ladder: settings.ladder });
  folder = new OutFolder(settings.out);
  const kept = new Traces();
  traces = kept;
  progress.stage('Synthesizing the app');
  const assembly = await synthesize({ own: true, context: { stage: STAGE, ladder: settings.ladder, ...SWEEPS } });
  progress.stage('Starting the local cloud');
  let started: LocalCloud | undefined;
  let seen: LocalCloud | undefined;
  const approvers = new SimulatedApprovers(
    config.approvers.map(({ id }) => id),
    settings.material.kind === 'sample' ? heaviestReverified : undefined,
    settings.material.kind === 'sample' ? clonesAdmitted : undefined,
    settings.material.kind === 'sample' ? sampleVerdicts({ ...settings, ...settings.material }) : undefined,
  );
  const placeholders = new Placeholders();
  const fails = new Failing(() => started?.clock.now() ?? settings.start, process.cwd());
  failing = fails;
  const tell = (what: string | undefined) => {
    if (what !== undefined) progress.event(what);
  };
  const known = (functionName: string) =>
    Object.entries(started?.names.functions ?? {}).find(([, name]) => name === functionName)?.[0] ?? functionName;
  starting = startCloud({
    assembly,
    start: settings.start,
    seed: settings.seed,
    workers: WORKERS,
    enforce: settings.enforce ?? false,
    log: (functionName, line) => {
      kept.log(functionName, line);
      tell(fails.log(known(functionName), line));
    },
    watch: {
      uploaded: () => {},
      published: (message) => {
        tell(fails.notice(message));
        placeholders.hear(message);
        if (seen !== undefined && settings.approvals === 'auto') approvers.hear(seen, message);
      },
    },
  });
  const cloud = await starting;
  started = cloud;
  // The cloud as those outside it see it.
  seen = settings.enforce ? signedByOwners(cloud, config) : cloud;
  cloud.confirmSubscriptions();

  const conducted = await conduct(settings, seen, participantsOf(config), progress, fails, placeholders);
  const results = await judge(conducted, cloud);
  const failures = cloud.failures();
  const failed = results.problems.length > 0;
  const failedExecutions = cloud.failedExecutions();

  progress.stage('Downloading the buckets');
  const { start, seed, ladder, operators, approvals } = settings;
  const used = {
    settings: { start: new Date(start).toISOString(), seed, ladder, operators, approvals },
    ended: new Date(cloud.clock.now()).toISOString(),
    ...cloud.usage(),
  };
  const saved = folder.save(cloud, used, (objects) => progress.update(`${objects} objects`), {
    failed,
    pages: (files) =>
      runPages({
        ...results,
        orders: conducted.orders,
        days: conducted.days ?? [],
        start: instantOf(start),
        ended: instantOf(cloud.clock.now()),
        files,
      }),
    traces: (into) => kept.write(into, [...failedExecutions, ...cloud.failingExecutions()], cloud.names.functions),
  });
  // The outcome is told even if it can't be saved.
  const unsaved = await saved.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  progress.end();

  const place = folder.place === undefined ? undefined : shown(folder.place);
  say(`\n${reportText(results.summaries, { ...conducted, reversals: results.reversals }, place)}`);
  for (const warning of results.warnings) complain(`warning: ${warning}`);
  for (const failure of failures) complain(`warning: ${failure}`);
  for (const problem of results.problems) complain(`failed: ${problem}`);
  for (const { text } of failing.repeated()) complain(`${failed ? '  ' : 'warning: '}${text}`);
  if (conducted.stuckAt !== undefined && place !== undefined)
    complain(`  see ${place}/logs, and ${place}/executions for the executions that failed or have a state that does`);
  for (const failure of failuresText(failedExecutions, place, process.cwd())) complain(`  ${failure}`);
  if (place !== undefined && folder.place !== folder.path)
    complain(`${shown(folder.path)} is as it was before, with an earlier run; what this one left lies in ${place}`);
  say(tookText(performance.now(), await cloud.memory()));
  if (folder.place !== undefined) say(`The run's story: ${shown(join(folder.place, PAGE))}`);
  if (unsaved !== undefined) throw unsaved.error;
  return !failed;
}

/** Keeps, of a run that isn't saved, what helps to find out why it had to end. */
async function keepTraces(cloud: LocalCloud): Promise<void> {
  if (traces?.any !== true) return;
  for (const { text } of failing?.repeated() ?? []) complain(`  ${text}`);
  const executions = [...cloud.failedExecutions(), ...cloud.failingExecutions()];
  const kept = await traces.keep(executions, cloud.names.functions);
  complain(`${kept} has the run's logs, and the executions that failed or have a state that does`);
}

async function end(signal?: string): Promise<void> {
  folder?.discard();
  const place = folder ? shown(folder.path) : 'the output folder';
  if (signal !== undefined)
    complain(
      `interrupted by ${signal}; ${folder?.place ? `${shown(folder.place)} holds the run` : `${place} is as it was before`}`,
    );
  else if (folder !== undefined && folder.place === undefined) complain(`${place} is as it was before`);
  const cloud = await starting?.catch(() => undefined);
  if (folder !== undefined && folder.place === undefined && cloud !== undefined) await keepTraces(cloud);
  await cloud?.stop();
  // Discards what was being written meanwhile.
  folder?.discard();
  traces?.discard();
}

await command({
  help: HELP,
  settings: (args, where) => {
    const { agencies, operators } = participantsOf(stageFromContext({ stage: STAGE, cloud: 'local' }));
    return parseArguments(args, {
      folder: where,
      now: Date.now(),
      agencies: idsOf(agencies),
      operators: idsOf(operators),
    });
  },
  run,
  progress: () => progress,
  end,
});
