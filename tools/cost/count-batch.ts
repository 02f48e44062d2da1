/**
 * Counts the usage of one batch: the sample's first report (at scale 1 the event's) on the local cloud, answered by mixed operators to the
 * end of every ladder, including the ladders of moved rows, if there are any. Importing the usage files is counted apart, since links serve
 * many batches.
 */

import { type LocalCloud, startCloud } from 'local-cloud';
import { parseAudit } from '../../lambdas/domain/audit.ts';
import type { Summary } from '../../lambdas/domain/books.ts';
import { type DirectionId, isFollowUp } from '../../lambdas/domain/identifiers.ts';
import { WAITING } from '../../lambdas/domain/work.ts';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { stageFromContext } from '../../lib/config/context.ts';
import { DEFAULT_OPERATIONS } from '../../lib/config/operations.ts';
import { DEFAULT_POLICY } from '../../lib/config/policy.ts';
import { DATA_KEY_SECONDS } from '../../lib/constructs/versioned-machine.ts';
import { allBlocked, clonesAdmitted, SimulatedApprovers } from '../../simulation/approvers.ts';
import type { RunSettings } from '../../simulation/arguments.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { conduct } from '../../simulation/conduct.ts';
import type { OrderNotice } from '../../simulation/desk.ts';
import { participantsOf } from '../../simulation/participants.ts';
import type { Progress } from '../../simulation/progress.ts';
import { judge } from '../../simulation/results.ts';
import { ROUNDS, timeRounds } from '../bench/reference.ts';
import { type BatchCount, CountFailed, type Drivers, difference, type Phase, policy } from './counts.ts';
import { keysOf } from './quantities.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
/** The factor by which operators move rows more often than usual, so that 3 % of a batch's connections are moved. */
const MOVING = 2.3;
/** The functions that run by the clock; Tell also runs at a batch's steps. */
const BY_THE_CLOCK = ['Tell', 'Sweep', 'Follow'] as const;
/** The milliseconds for which a service keeps a data key. */
const DATA_KEY_LASTS = 300_000;
/** The milliseconds for which Step Functions keeps one, as the machines are told. */
const MACHINE_KEY_LASTS = DATA_KEY_SECONDS * 1000;

/**
 * Runs one batch and counts its usage.
 * @param scale 1 is the event's size: 28,200 handsets, 2,000,000 connections
 * @param moved whether operators move some 3 % of its connections; the nights' follow-ups then count as a part of it
 * @param started is given the cloud as soon as it runs, for whoever must stop it early; it is stopped at the end in any case
 * @throws CountFailed when the batch did not settle with everything explained
 */
export async function countBatch(
  { scale, moved }: { scale: number; moved: boolean },
  progress: Progress,
  started: (cloud: LocalCloud) => void = () => {},
): Promise<BatchCount> {
  const settings: RunSettings = {
    material: { kind: 'sample', scale, reports: 1 },
    operators: 'mixed',
    // The usage of a night's batches doesn't belong to one batch without moved rows.
    moves: moved && MOVING,
    ladder: 'flagged',
    approvals: 'auto',
    start: START,
    seed: 1,
    out: '',
  };
  const config = stageFromContext({ cloud: 'local', config: 'none' });
  const participants = participantsOf(config);
  // In the event nobody was spared: handsets that are held for looking cloned are acted upon, too.
  const approvers = new SimulatedApprovers(
    config.approvers.map(({ id }) => id),
    allBlocked,
    clonesAdmitted,
  );
  progress.stage('Synthesizing the app');
  const assembly = await synthesize({ context: { ladder: settings.ladder } });
  progress.stage('Starting the local cloud');
  const logs = { lines: 0, bytes: 0, keyRequests: 0 };
  const stretches = new Set<string>();
  const machineStretches = new Set<string>();
  /** The calls of these functions to services. */
  const called = new Map<string, number>();
  const cloud: LocalCloud = await startCloud({
    assembly,
    start: settings.start,
    seed: settings.seed,
    log: (functionName, line) => {
      logs.lines++;
      logs.bytes += Buffer.byteLength(line) + 1;
      const [name = ''] = Object.entries(cloud.names.functions).find(([, physical]) => physical === functionName) ?? [];
      const stretch = `${name} ${Math.floor(cloud.clock.now() / DATA_KEY_LASTS)}`;
      if (!stretches.has(stretch)) logs.keyRequests += keysOf(name);
      stretches.add(stretch);
    },
    watch: { uploaded: () => {}, published: (message) => approvers.hear(cloud, message) },
    faults: {
      beforeCall: ({ caller, service, action, key = '' }) => {
        const name = BY_THE_CLOCK.find((one) => cloud.names.functions[one] === caller);
        const call = `${name} ${service} ${action}${isFollowUp(key.replace(/^[A-Z]+#/, '') as DirectionId) ? ' of a follow-up' : ''}`;
        if (name !== undefined) called.set(call, (called.get(call) ?? 0) + 1);
        return undefined;
      },
      stops: ({ machine }) => {
        machineStretches.add(`${machine} ${Math.floor(cloud.clock.now() / MACHINE_KEY_LASTS)}`);
        return undefined;
      },
    },
  });
  started(cloud);
  try {
    const usage = (): Phase =>
      structuredClone({ ...cloud.consumption(), logs, machineStretches: machineStretches.size });
    let imported: Phase | undefined;
    // The first rounds only warm up.
    timeRounds(ROUNDS);
    const rounds = timeRounds(ROUNDS);
    // Time passes for the first time when all usage is imported and no report is uploaded yet.
    const watched = {
      ...cloud,
      run: (until?: number) => {
        if (imported === undefined) rounds.push(...timeRounds(ROUNDS));
        imported ??= usage();
        return cloud.run(until);
      },
    };
    const conducted = await conduct(settings, watched, participants, progress);
    rounds.push(...timeRounds(ROUNDS));
    const { problems, summaries } = await judge(conducted, cloud);
    const summary = summaries[0];
    if (problems.length > 0 || summary === undefined || imported === undefined)
      throw new CountFailed([...problems, ...cloud.failures()].join('; ') || 'no batch settled');
    const batch = difference(usage(), imported);
    const { linked, directed, verified, disconnected, notFound, overdue } = summary.connections;
    if (directed !== linked)
      throw new CountFailed(`${linked} connections are linked, and ${directed} of them directed`);
    const uploads = async (folder: string) => (await cloud.list(bucketsOf(cloud).inbox, folder)).length;
    const orders = conducted.orders.filter(({ batchId }) => batchId === summary.batchId);
    const followUps = moved ? await followUpsOf(conducted.orders, summaries, cloud) : undefined;
    const children = { expand: batch.lambda.Expand?.invocations ?? 0, claim: batch.lambda.Claim?.invocations ?? 0 };
    return {
      scale,
      ladder: DEFAULT_POLICY.ladders.reverify,
      policy: policy.parse(DEFAULT_POLICY),
      drivers: {
        sightings: Object.values(imported.tables.Links ?? {}).reduce((sum, { writeUnits }) => sum + writeUnits, 0),
        usageFiles: await uploads('usage/'),
        reports: conducted.reports.length,
        handsets: summary.report.handsets,
        connections: linked,
        connectionsOf: Object.fromEntries(
          Object.entries(summary.operators).map(([operator, { connections }]) => [operator, connections.directed]),
        ),
        reverifyDirections: directionsOf(orders, 'reverify'),
        blockDirections: directionsOf(orders, 'block'),
        orders: ordersOf(orders, () => 1),
        orderRows: ordersOf(orders, ({ rows }) => rows),
        outcomes: { verified, disconnected, notFound, overdue },
        responseFiles: (await uploads('responses/')) - (followUps?.responseFiles ?? 0),
        decisionFiles: await uploads('decisions/'),
        children: { ...children, direct: batch.stepFunctions.mapChildStarts - children.expand - children.claim },
        told: toldOf(
          called,
          batch.lambda.Tell?.invocations ?? 0,
          new Set(orders.map(({ directionId }) => directionId)).size,
          (followUps?.directions ?? 0) / Math.max(1, summaries.length - 1),
        ),
        ...(followUps && { followUps: { ...followUps, looks: batch.lambda.Collect?.invocations ?? 0 } }),
        audit: { notes: batch.operations.sqs?.SendMessage?.calls ?? 0, ...(await audited(cloud)) },
      },
      import: imported,
      batch,
      round: rounds.reduce((sum, round) => sum + round, 0) / rounds.length,
    };
  } finally {
    await cloud.stop();
  }
}

/**
 * The counts of the follow-ups with which the nights went on.
 * @param all summaries of the report's batch, and then of the follow-ups
 */
export async function followUpsOf(
  orders: readonly OrderNotice[],
  all: readonly Summary[],
  cloud: Pick<LocalCloud, 'list' | 'names'>,
) {
  const [report, ...nights] = all;
  const own = orders.filter(({ batchId }) => batchId !== report?.batchId);
  const firsts = own.filter(({ rung }) => rung === 1);
  const { inbox, work } = bucketsOf(cloud);
  const answers = await cloud.list(inbox, 'responses/');
  const surveysOf = ({ startedAt, settledAt }: Summary) =>
    (Date.parse(settledAt) - Date.parse(startedAt)) / (DEFAULT_OPERATIONS.surveyHours * 3_600_000);
  return {
    moved: (report?.connections.ported ?? 0) + (report?.connections.extended ?? 0),
    nights: nights.map(({ batchId }) =>
      sums(
        firsts
          .filter((order) => order.batchId === batchId)
          .map(({ kind, deadline, rows }) => [`${kind} until ${new Date(deadline).toISOString()}`, rows]),
      ),
    ),
    directions: firsts.length,
    orders: ordersOf(own, () => 1),
    responseFiles: answers.filter((key) => isFollowUp(key.split('/')[2] as DirectionId)).length,
    waiting: (await cloud.list(work, WAITING.prefix)).length,
    surveyed: nights.reduce(
      (sum, night) => sum + surveysOf(night) * firsts.filter(({ batchId }) => batchId === night.batchId).length,
      0,
    ),
  };
}

/**
 * The counts of the functions that run by the clock, from their calls, in a batch with this many directions, which Tell reads a hundred at
 * a time; a night's follow-up has `nightly` directions on average. The imports before the batch take no time.
 */
function toldOf(
  called: ReadonlyMap<string, number>,
  invocations: number,
  directions: number,
  nightly: number,
): Drivers['told'] {
  const calls = (call: RegExp) => [...called].reduce((sum, [one, times]) => sum + (call.test(one) ? times : 0), 0);
  return {
    puts: calls(/ s3 PutObject$/),
    gets: calls(/ s3 GetObject$/),
    publishes: calls(/^Tell sns Publish$/),
    // Tell's own messages are received and deleted, too.
    queueRequests: calls(/^Tell sqs /) + 2 * invocations,
    items: calls(/^Tell dynamodb GetItem/),
    ledgers: (calls(/^Tell dynamodb BatchGetItem$/) / Math.ceil(directions / 100)) * directions,
    // One call reads the directions of a night.
    ofNights: calls(/^Tell dynamodb BatchGetItem of a follow-up$/) * nightly,
  };
}

/** The numbers of the audit's entries and objects. */
async function audited(cloud: LocalCloud): Promise<{ entries: number; objects: number }> {
  const { audit } = bucketsOf(cloud);
  const keys = await cloud.list(audit);
  let entries = 0;
  for (const key of keys) entries += parseAudit(Buffer.from(await cloud.get(audit, key)).toString('utf8')).length;
  return { entries, objects: keys.length };
}

function directionsOf(orders: readonly OrderNotice[], kind: OrderNotice['kind']): Record<string, number> {
  const ids = new Set(orders.filter((order) => order.kind === kind).map(({ directionId }) => directionId));
  return sums([...ids].map((id) => [id.split('.')[2] ?? '', 1]));
}

function ordersOf(orders: readonly OrderNotice[], amount: (order: OrderNotice) => number): Record<string, number> {
  return sums(orders.map((order) => [`${order.rung}-${order.order}`, amount(order)]));
}

function sums(amounts: readonly (readonly [name: string, amount: number])[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const [name, amount] of [...amounts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    all[name] = (all[name] ?? 0) + amount;
  return all;
}
