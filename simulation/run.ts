/** A run of `npm start`: a local cloud, the participants outside it, and what is told and kept of both. */
import { join, relative } from 'node:path';
import { type LocalCloud, startCloud } from 'local-cloud';
import { instantOf } from '../lambdas/domain/days.ts';
import { complain, say } from '../lib/commands/command.ts';
import { synthesize } from '../lib/commands/local/synth.ts';
import { stageFromContext } from '../lib/config/context.ts';
import type { StageConfig } from '../lib/config/stage.ts';
import { clonesAdmitted, heaviestReverified, SimulatedApprovers, sampleVerdicts } from './approvers.ts';
import type { RunSettings, Surroundings } from './arguments.ts';
import { type Conducted, conduct } from './conduct.ts';
import { Failing } from './failing.ts';
import { OutFolder } from './folder.ts';
import { runPages } from './page.ts';
import { PAGE } from './page-files.ts';
import { idsOf, participantsOf } from './participants.ts';
import { Placeholders } from './placeholders.ts';
import type { Progress } from './progress.ts';
import { reportText, tookText } from './report.ts';
import { judge, type Results } from './results.ts';
import { signedByOwners } from './signed.ts';
import { failuresText, Traces } from './traces.ts';

/** The stage that is synthesized where none is named. */
const STAGE = 'dev';
/** Hours between sweeps and between surveys: nothing gets lost here, so that one a day has as little to mend as one an hour. */
const SWEEPS = { sweepHours: '24', surveyHours: '24' };

/**
 * What the command line's parser needs of the world.
 * @param folder the one that relative paths start from
 * @param now epoch milliseconds
 * @throws ConfigError for a configuration that can't stand
 */
export function surroundingsOf(folder: string, now: number): Surroundings {
  const { agencies, operators } = participantsOf(stageFromContext({ stage: STAGE, cloud: 'local' }));
  return { folder, now, agencies: idsOf(agencies), operators: idsOf(operators) };
}

/** What listens to functions' logs and to what topics publish. */
interface Listeners {
  readonly traces: Traces;
  readonly failing: Failing;
  readonly placeholders: Placeholders;
}

/** What is told and kept of a run that came to its end. */
interface Outcome {
  readonly settings: RunSettings;
  readonly cloud: LocalCloud;
  readonly conducted: Conducted;
  readonly results: Results;
  readonly failures: readonly string[];
  readonly failedExecutions: ReturnType<LocalCloud['failedExecutions']>;
}

/** One run, which is carried out and ended once. */
export class Run {
  readonly #progress: Progress;
  /** Each is set as soon as the run has it. */
  #starting: Promise<LocalCloud> | undefined;
  #cloud: LocalCloud | undefined;
  #folder: OutFolder | undefined;
  #traces: Traces | undefined;
  #failing: Failing | undefined;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /**
   * Runs batches to their ends, saves what they left and tells of it.
   * @returns whether the run succeeded
   * @throws CommandError or ConfigError for settings that can't be carried out as they stand; an Error that names the folder where the run
   * can't be saved in it
   */
  async carryOut(settings: RunSettings): Promise<boolean> {
    const config = stageFromContext({ stage: STAGE, cloud: 'local', ladder: settings.ladder });
    const folder = new OutFolder(settings.out);
    this.#folder = folder;
    const traces = new Traces();
    this.#traces = traces;
    const failing = new Failing(() => this.#cloud?.clock.now() ?? settings.start, process.cwd());
    this.#failing = failing;
    const placeholders = new Placeholders();
    const { cloud, seen } = await this.#start(settings, config, { traces, failing, placeholders });

    const conducted = await conduct(settings, seen, participantsOf(config), this.#progress, failing, placeholders);
    const results = await judge(conducted, cloud);
    const left = { failures: cloud.failures(), failedExecutions: cloud.failedExecutions() };
    const outcome = { settings, cloud, conducted, results, ...left };
    // The outcome is told even if it can't be saved.
    const unsaved = await this.#save(outcome, folder, traces).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    this.#progress.end();
    tell(outcome, folder, failing);
    say(tookText(performance.now(), await cloud.memory()));
    if (folder.place !== undefined) say(`The run's story: ${shown(join(folder.place, PAGE))}`);
    if (unsaved !== undefined) throw unsaved.error;
    return results.problems.length === 0;
  }

  /**
   * Starts the cloud.
   * @returns it, and how those outside see it
   */
  async #start(settings: RunSettings, config: StageConfig, { traces, failing, placeholders }: Listeners) {
    this.#progress.stage('Synthesizing the app');
    const assembly = await synthesize({ own: true, context: { stage: STAGE, ladder: settings.ladder, ...SWEEPS } });
    this.#progress.stage('Starting the local cloud');
    let seen: LocalCloud | undefined;
    const approvers = approversFor(settings, config);
    const tellOf = (what: string | undefined) => {
      if (what !== undefined) this.#progress.event(what);
    };
    const known = (functionName: string) =>
      Object.entries(this.#cloud?.names.functions ?? {}).find(([, name]) => name === functionName)?.[0] ?? functionName;
    this.#starting = startCloud({
      assembly,
      start: settings.start,
      seed: settings.seed,
      enforce: settings.enforce ?? false,
      log: (functionName, line) => {
        traces.log(functionName, line);
        tellOf(failing.log(known(functionName), line));
      },
      watch: {
        uploaded: () => {},
        published: (message) => {
          tellOf(failing.notice(message));
          placeholders.hear(message);
          if (seen !== undefined && settings.approvals === 'auto') approvers.hear(seen, message);
        },
      },
    });
    const cloud = await this.#starting;
    this.#cloud = cloud;
    seen = settings.enforce ? signedByOwners(cloud, config) : cloud;
    cloud.confirmSubscriptions();
    return { cloud, seen };
  }

  #save(outcome: Outcome, folder: OutFolder, traces: Traces): Promise<void> {
    const { settings, cloud, conducted, results, failedExecutions } = outcome;
    this.#progress.stage('Downloading the buckets');
    const { start, seed, ladder, operators, approvals } = settings;
    const used = {
      settings: { start: instantOf(start), seed, ladder, operators, approvals },
      ended: instantOf(cloud.clock.now()),
      ...cloud.consumption(),
    };
    return folder.save(cloud, used, (objects) => this.#progress.update(`${objects} objects`), {
      failed: results.problems.length > 0,
      pages: (files) =>
        runPages({
          ...results,
          orders: conducted.orders,
          days: conducted.days ?? [],
          start: instantOf(start),
          ended: instantOf(cloud.clock.now()),
          files,
        }),
      traces: (into) => traces.write(into, [...failedExecutions, ...cloud.failingExecutions()], cloud.names.functions),
    });
  }

  /**
   * Ends and removes what the run has under way, in the middle of it, too; of a run that isn't saved it keeps what helps to find out why.
   * @param signal the one that interrupted it, if any
   */
  async end(signal?: string): Promise<void> {
    const folder = this.#folder;
    folder?.discard();
    const place = folder ? shown(folder.path) : 'the output folder';
    if (signal !== undefined)
      complain(
        `interrupted by ${signal}; ${folder?.place ? `${shown(folder.place)} holds the run` : `${place} is as it was before`}`,
      );
    else if (folder !== undefined && folder.place === undefined) complain(`${place} is as it was before`);
    const cloud = await this.#starting?.catch(() => undefined);
    if (folder !== undefined && folder.place === undefined && cloud !== undefined) await this.#keepTraces(cloud);
    await cloud?.stop();
    // Discards what was being written meanwhile.
    folder?.discard();
    this.#traces?.discard();
  }

  /** Keeps, of a run that isn't saved, what helps to find out why it had to end. */
  async #keepTraces(cloud: LocalCloud): Promise<void> {
    if (this.#traces?.any !== true) return;
    for (const { text } of this.#failing?.repeated() ?? []) complain(`  ${text}`);
    const executions = [...cloud.failedExecutions(), ...cloud.failingExecutions()];
    const kept = await this.#traces.keep(executions, cloud.names.functions);
    complain(`${kept} has the run's logs, and the executions that failed or have a state that does`);
  }
}

/** Approvers who approve; of the sample's batches, they decide as each of them is meant to show. */
function approversFor(settings: RunSettings, config: StageConfig): SimulatedApprovers {
  const ids = config.approvers.map(({ id }) => id);
  const { material } = settings;
  if (material.kind !== 'sample') return new SimulatedApprovers(ids);
  return new SimulatedApprovers(ids, heaviestReverified, clonesAdmitted, sampleVerdicts({ ...settings, ...material }));
}

/** Tells how a run ended: its batches, then what to look at, what failed, and where to find more. */
function tell(outcome: Outcome, folder: OutFolder, failing: Failing): void {
  const { conducted, results, failures, failedExecutions } = outcome;
  const failed = results.problems.length > 0;
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
}

/** A path as a person would write it here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' ? '.' : short.startsWith('..') ? path : short;
}
