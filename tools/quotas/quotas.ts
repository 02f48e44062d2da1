/**
 * `npm run quotas`: the time that a batch takes to its last direction at a region's quotas, at 1, 10 and 100 times the event; which quota
 * binds, what an administrator must raise, what must be divided; and what steady use adds up to. See `--help`.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LocalCloud } from 'local-cloud';
import { command } from '../../lib/commands/command.ts';
import { CommandError, readOptions } from '../../lib/commands/command-line.ts';
import { showProgress } from '../../simulation/progress.ts';
import { countIssued, type Issued, readIssued } from './quotas-counts.ts';
import { type Design, designOf, quotasOf, REGIONS, type Region, type Warm, warmedForEvent } from './quotas-design.ts';
import {
  clientsHold,
  divided,
  type Goal,
  hardLimits,
  MINUTE,
  noHardLimit,
  partsOf,
  raisesFor,
  STEADY,
  steadyHolds,
  steadyUse,
  within,
} from './quotas-limits.ts';
import { OWN_LIMIT } from './quotas-simulation.ts';
import { type Phase, throttledClients, timeline, workAt } from './quotas-timeline.ts';

const HELP = `npm run quotas: how long a batch takes to its last direction, at a region's quotas and 1, 10 and 100 times the event.

  npm run quotas                            counts a small run of the sample first, and scales its counts
  npm run quotas -- --run out/run.json      counts of a run of npm start, with the summaries beside it

Options
  --region ID     ${REGIONS.join(' or ')} (default ${REGIONS[0]})
  --scale N       size of the run that is counted, 0.001 to 1 (default 0.01; 1 = 28,200 handsets, 2,000,000 connections)
  --run FILE      take the counts from this run.json and run nothing
  --json FILE     write all figures there as well
  --help

Exit code: 0 when every goal is met, 1 when one is not or the counting failed, 2 when the command line is wrong.
The quotas, and what was assumed where none is published, stand in tools/quotas/quotas.json with their sources.
`;

const SIZES = [1, 10, 100];
/** The goals: the event in ten minutes; ten times the event in an hour, and a hundred times in a day. */
const WANTED: Record<number, number> = { 1: 10 * MINUTE, 10: 60 * MINUTE, 100: 1440 * MINUTE };
const WANTED_WARMED = 4 * MINUTE;

interface Asked {
  region: Region;
  scale: number;
  run: string | undefined;
  json: string | undefined;
}

function ask(args: readonly string[], where: string): Asked | 'help' {
  const string = { type: 'string' } as const;
  const values = readOptions(args, { region: string, scale: string, run: string, json: string });
  if (values === 'help') return 'help';
  const region = (values.region ?? REGIONS[0]) as Region;
  if (!REGIONS.includes(region))
    throw new CommandError(`--region: the quotas of ${region} are not known; ${REGIONS.join(' or ')}`);
  if (values.run !== undefined && values.scale !== undefined)
    throw new CommandError('--scale and --run contradict one another: with --run nothing is run');
  const scale = Number(values.scale ?? 0.01);
  if (!(scale >= 0.001 && scale <= 1)) throw new CommandError('--scale must be a number from 0.001 to 1');
  const path = (given: string | undefined) => (given === undefined ? undefined : resolve(where, given));
  return { region, scale, run: path(values.run), json: path(values.json) };
}

const progress = showProgress(process.stderr);
let cloud: LocalCloud | undefined;
// ------------------------------------------------------------------------------------------------------------ words

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const number = (value: number) => whole.format(value);

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'never';
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  if (seconds < 120 * MINUTE) return `${(seconds / MINUTE).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** The limit that binds a phase: first AWS's quotas, then the app's own setting, else the time of each step. */
function binds({ heldBack, seconds }: Phase): string {
  if (!Number.isFinite(seconds)) return 'a Map Run holds 10,000 open children, and these stay open for days';
  const shown = heldBack.filter(({ name }) => name !== OWN_LIMIT);
  if (shown.length > 0)
    return shown
      .map(({ name, seconds: held }) => `${name} (${number((100 * held) / seconds)} % of the time)`)
      .join(', ');
  return heldBack.length > 0 ? 'no quota: its own maxConcurrency' : 'no quota: what the steps take';
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

const goalRows = (goals: readonly Goal[]) =>
  table(goals.map(({ goal, figure, pass }) => [pass ? 'PASS' : 'FAIL', goal, figure]));

// ------------------------------------------------------------------------------------------------------- the figures

/** The kind of tables, in words. */
const tablesOf = (warm: Warm | undefined) =>
  warm === undefined
    ? 'new on-demand tables'
    : `tables warmed for ${number(warm.writes)} writes and ${number(warm.reads)} reads a second`;

function figuresOf(issued: Issued, design: Design, region: Region) {
  const warmed = warmedForEvent;
  const deployed = design.warm;
  const sizes = SIZES.map((factor) => {
    const work = workAt(factor, issued, design);
    const tables = { deployed: quotasOf(region, deployed), warmed: quotasOf(region, warmed) };
    const timed = { deployed: timeline(work, design, tables.deployed), warmed: timeline(work, design, tables.warmed) };
    const limits = hardLimits(work, design, timed.deployed);
    const parts = partsOf(limits);
    const part = parts === 1 ? work : workAt(factor / parts, issued, design);
    return {
      factor,
      work,
      timed,
      /** The time with new on-demand tables without any warming. */
      bare: timeline(work, design, quotasOf(region)).seconds,
      limits,
      parts,
      /** The reports come one after the other, since one batch plans at a time. Each is reckoned as if the tables were newly deployed. */
      divided: parts === 1 ? timed.deployed.seconds : parts * timeline(part, design, tables.deployed).seconds,
      wanted: WANTED[factor] ?? 0,
      raise: raisesFor((WANTED[factor] ?? 0) / parts, part, design, tables.deployed),
      throttled: {
        deployed: throttledClients(work, design, tables.deployed),
        warmed: throttledClients(work, design, tables.warmed),
      },
    };
  });
  const steady = steadyUse(issued, design, region);
  const at = (factor: number) => sizes.find((size) => size.factor === factor) as (typeof sizes)[number];
  const goals: Goal[] = [
    within(
      `the event in 10 min or less, default quotas, ${tablesOf(deployed)}`,
      at(1).timed.deployed.seconds,
      WANTED[1] ?? 0,
    ),
    within(`the event in 4 min or less, ${tablesOf(warmed)}`, at(1).timed.warmed.seconds, WANTED_WARMED),
    clientsHold(`the event: no child fails for being throttled, ${tablesOf(deployed)}`, at(1).throttled.deployed),
    clientsHold(`the event: no child fails for being throttled, ${tablesOf(warmed)}`, at(1).throttled.warmed),
    noHardLimit('ten times the event meets no hard limit', at(10).limits),
    divided('a hundred times the event: what must be divided, and how', at(100).limits),
    steadyHolds(
      `${STEADY.batchesPerDay} batches a day of ${STEADY.handsets} handsets for a year meet no limit`,
      steady,
    ),
  ];
  return { region, counted: issued, design, deployed, warmed, sizes, steady, goals };
}

type Figures = ReturnType<typeof figuresOf>;

function sizeText({
  factor,
  work,
  timed,
  bare,
  limits,
  parts,
  divided,
  wanted,
  raise,
}: Figures['sizes'][number]): string {
  const phases = timed.deployed.phases.map((phase, n) => {
    const warm = timed.warmed.phases[n] as Phase;
    return [phase.name, duration(phase.seconds), binds(phase), duration(warm.seconds), binds(warm)];
  });
  const rows = [
    ['phase', 'as deployed', 'bound by', 'warmed', 'bound by'],
    ...phases,
    ['total', duration(timed.deployed.seconds), '', duration(timed.warmed.seconds), ''],
  ];
  const met = limits.filter(({ needs, limit }) => needs > limit);
  const nearest = [...limits].sort((a, b) => b.needs / b.limit - a.needs / a.limit).slice(0, 4);
  const raises = raise.raises.map(({ quota, from, to }) => `${quota} from ${number(from)} to ${number(to)}`);
  return [
    `\n${factor === 1 ? 'The event' : `${factor} times the event`}: ${number(work.handsets)} handsets, ${number(work.connections)} connections, ` +
      `${number(work.reverifyDirections + work.blockDirections)} directions, ${number(work.expandChildren)} + ${number(work.shards + work.blockShards)} children\n\n`,
    table(rows),
    `\n  With tables that nothing warms: ${duration(bare)} in all\n  Hard limits, the nearest:\n`,
    table(
      nearest.map(({ what, needs, limit, unit }) => [
        needs > limit ? 'MET' : 'ok',
        `${number((100 * needs) / limit)} %`,
        `${number(needs)} of ${number(limit)} ${unit}`,
        what,
      ]),
    ),
    ...met.map(({ what, divide }) => `  To divide: ${divide} (${what})\n`),
    parts > 1
      ? `  Or as it stands: ${parts} reports of ${(factor / parts).toFixed(1)} times the event, one after the other: ${duration(divided)}\n`
      : '',
    `  To raise, for ${parts > 1 ? `all ${parts} reports` : 'the last direction'} within ${duration(wanted)}: ` +
      `${raises.length === 0 ? 'nothing' : raises.join('; ')}${raise.enough ? '' : `; not enough: ${duration(raise.seconds)} are left${parts > 1 ? ' each' : ''}`}\n`,
  ].join('');
}

function throttledText({ sizes, design }: Figures): string {
  const [event] = sizes;
  const rows = (['deployed', 'warmed'] as const).flatMap((tables) =>
    (event?.throttled[tables] ?? []).map((one) => [
      one.what,
      tables,
      number(one.inFlight),
      number(one.perSecond),
      `${(100 * one.refused).toFixed(1)} %`,
      one.failedCalls < 0.01 ? one.failedCalls.toExponential(0) : one.failedCalls.toFixed(2),
    ]),
  );
  return (
    `\nHow the functions meet a table that gives less than they ask for (SDK: ${design.client.mode} retries, ${design.client.attempts} attempts), at the event's size\n\n` +
    table([['calls', 'tables', 'under way', 'given a second', 'refused', 'fail for good, per child'], ...rows])
  );
}

function steadyText({ steady }: Figures): string {
  const { batchesPerDay, handsets, agencies, days } = STEADY;
  return (
    `\nSteady use: ${batchesPerDay} batches a day of ${handsets} handsets from ${agencies} agencies, ${days} days, the normal ladder (${steady.ladderDays} days), all operators silent\n\n` +
    table([
      [
        'open Map Runs',
        number(steady.openMapRuns),
        'of 1,000, hard',
        `up to 40 directions are an inline Map (here ${steady.directionsPerBatch}); as Distributed Maps ${number(steady.openMapRunsWithoutInline)}: the first limit met, on day ${steady.dayOfMapRuns}`,
      ],
      [
        'open executions',
        number(steady.openExecutions),
        'of 1,000,000',
        `${number(steady.openBatches)} batches and ${number(steady.openDirections)} directions; level from day ${steady.ladderDays} on`,
      ],
      [
        'the turn to plan',
        `${(100 * steady.planningShare).toFixed(1)} %`,
        'of the day',
        `${duration(steady.planningSeconds)} a batch; batches plan one after the other`,
      ],
      [
        'table Cases',
        `${number(steady.tableGigabytes)} GB`,
        'no limit',
        `${number(steady.claims)} claims, were no number ever reported twice; nothing expires`,
      ],
      [
        "an operator's orders",
        number(steady.ordersOfOperator),
        'no limit',
        `${number(steady.listingPages)} pages to list; nobody has to: each notice names its key`,
      ],
    ])
  );
}

function textOf(figures: Figures): string {
  return [
    `Quotas of ${figures.region}; counts from ${figures.counted.from}\n`,
    ...figures.sizes.map(sizeText),
    throttledText(figures),
    steadyText(figures),
    '\nGoals\n\n',
    goalRows(figures.goals),
  ].join('');
}

async function run(asked: Asked): Promise<boolean> {
  const issued =
    asked.run === undefined
      ? await countIssued(asked.scale, progress, (started) => {
          cloud = started;
        })
      : await readIssued(asked.run);
  progress.stage('Reading the synthesized app');
  const design = await designOf();
  progress.stage('Simulating');
  const figures = figuresOf(issued, design, asked.region);
  progress.end();
  process.stdout.write(textOf(figures));
  if (asked.json !== undefined) await writeFile(asked.json, `${JSON.stringify(figures, null, 2)}\n`);
  return figures.goals.every(({ pass }) => pass);
}

await command({
  help: HELP,
  settings: ask,
  run,
  progress: () => progress,
  end: async () => cloud?.stop(),
});
