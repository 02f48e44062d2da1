/** Compares a batch, or a year of them, with the limits; finds what must be raised or divided; and checks the goals. */
import { REVERIFY_LADDERS } from '../../lib/config/policy.ts';
import { type Issued, ledgerUnits } from './quotas-counts.ts';
import { assumed, cpu, type Design, everywhere, of, type Quotas, quotasOf, type Region } from './quotas-design.ts';
import {
  commitSeconds,
  EVENT,
  indexEntries,
  type Throttled,
  type Timeline,
  timeline,
  type Work,
  workAt,
} from './quotas-timeline.ts';

/** A batch's need of something that no administrator can raise. */
export interface HardLimit {
  what: string;
  needs: number;
  limit: number;
  unit: string;
  /** The thing that would have to be divided. */
  divide: string;
}

/** @param timed the batch's timeline, for the children's and functions' time */
export function hardLimits(work: Work, design: Design, timed: Timeline): HardLimit[] {
  const directions = work.reverifyDirections + work.blockDirections;
  const timeout = (name: string) => design.functions[name]?.timeout ?? 0;
  const longest = (name: string) => timed.phases.find((phase) => phase.name === name)?.longestChild ?? 0;
  const seconds = (name: string) => timed.phases.find((phase) => phase.name === name)?.seconds ?? 0;
  return [
    {
      what: 'children of the Map over the directions, open for days',
      needs: Math.ceil(directions / design.directionsPerChild),
      limit: of(everywhere.mapChildren),
      unit: 'children',
      divide: 'directions, several to a child (ItemBatcher and an inline Map)',
    },
    {
      what: "Gather's memory: the places of each shard's links, and the numbers that it counts",
      needs: Math.ceil(
        (indexEntries(work) * of(assumed.placeBytes) + work.connections * of(assumed.countedBytes)) / 1e6,
      ),
      limit: design.functions.Gather?.memoryMb ?? 0,
      unit: 'MB',
      divide: 'the report, or into larger shards (linksPerShard)',
    },
    {
      what: "a child of Expand's time",
      needs: Math.ceil(longest('Expand')),
      limit: timeout('Expand'),
      unit: 's',
      divide: 'the handsets into more children (handsetsPerChild)',
    },
    {
      what: "a child of Claim's time",
      needs: Math.ceil(longest('Claim')),
      limit: timeout('Claim'),
      unit: 's',
      divide: 'the numbers into more shards (linksPerShard), or fewer children at once',
    },
    {
      what: "Screen's time",
      needs: Math.ceil(seconds('Screen')),
      limit: timeout('Screen'),
      unit: 's',
      divide: 'the report',
    },
    {
      what: "Commit's time",
      needs: Math.ceil(commitSeconds(work)),
      limit: timeout('Commit'),
      unit: 's',
      divide: 'the reading of decisions, several at once',
    },
    {
      what: "Settle's memory, were every connection disconnected: rows of the revocation list, and links and ends that are joined",
      // Most numbers are seen in one handset.
      needs: Math.ceil((work.connections * (of(assumed.revocationBytes) + 2 * of(assumed.joinedBytes))) / 1e6),
      limit: design.functions.Settle?.memoryMb ?? 0,
      unit: 'MB',
      divide: 'the revocation list, written operator by operator or merged from sorted directions',
    },
    {
      what: "Settle's time: every ledger read three times and written once, 16 at a time, and every row and link read",
      needs: Math.ceil(
        (4 * directions * of(assumed.dynamoCall) + directions * of(assumed.s3Call)) / 16 +
          cpu(work.connections * of(assumed.settleCpu), design.functions.Settle?.memoryMb ?? 1769),
      ),
      limit: timeout('Settle'),
      unit: 's',
      divide: 'the ledgers, sealed by the children of a Map',
    },
    {
      what: 'open executions: the batch, its children and its directions',
      needs: 1 + directions + Math.ceil(directions / design.directionsPerChild),
      limit: of(everywhere.openExecutions),
      unit: 'executions',
      divide: 'the report, weeks apart',
    },
  ];
}

export const STEADY = { batchesPerDay: 100, handsets: 300, agencies: 36, days: 365 };

/** Steady use for a year: the open work of an ordinary day, and what the year leaves behind. */
export interface Steady {
  connectionsPerBatch: number;
  directionsPerBatch: number;
  ladderDays: number;
  openBatches: number;
  openDirections: number;
  openExecutions: number;
  /** The Map Runs open at once, and the number that there would be if every Map over directions were a Distributed one. */
  openMapRuns: number;
  openMapRunsWithoutInline: number;
  /** The day on which the open Map Runs would have met their limit without the inline Map. */
  dayOfMapRuns: number;
  claims: number;
  tableGigabytes: number;
  /** The objects under one operator's orders after the year, for the largest operator, and the pages of 1,000 to list them. */
  ordersOfOperator: number;
  listingPages: number;
  /** The seconds for which one batch holds the turn to plan, and the share of a day for which a day's batches hold it. */
  planningSeconds: number;
  planningShare: number;
}

/** The phases in which a batch holds the turn to plan. */
const TURN = ['Claim', 'Commit'];

export function steadyUse(issued: Issued, design: Design, region: Region): Steady {
  const { policy } = design;
  const factor = STEADY.handsets / EVENT.handsets;
  const work = workAt(factor, issued, design);
  const directions = work.reverifyDirections + work.blockDirections;
  const sumDays = (rungs: readonly { days: number }[]) => rungs.reduce((sum, { days }) => sum + days, 0);
  const ladderDays = sumDays(REVERIFY_LADDERS.normal);
  const blockDays = sumDays(policy.ladders.block);
  const perDay = STEADY.batchesPerDay;
  const openBatches = perDay * ladderDays;
  const openDirections = perDay * (work.reverifyDirections * ladderDays + work.blockDirections * blockDays);
  const isInline = directions <= design.mostInline;
  const children = isInline ? 0 : Math.ceil(directions / design.directionsPerChild) * openBatches;
  const batches = perDay * STEADY.days;
  const claims = batches * (work.connections + work.handsets);
  const ledgers = batches * directions;
  const largest = Math.max(...Object.values(issued.connectionsOf)) / issued.connections;
  const largestDirections =
    work.shards * Math.ceil((largest * work.connections) / work.shards / policy.rowsPerDirection);
  // There is one order file per rung of each ladder if all operators are silent.
  const ordersOfOperator =
    batches * (largestDirections * REVERIFY_LADDERS.normal.length + work.blockShards * policy.ladders.block.length);
  const { phases } = timeline(work, design, quotasOf(region));
  const planning = phases.filter(({ name }) => TURN.includes(name));
  const planningSeconds = planning.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    connectionsPerBatch: work.connections,
    directionsPerBatch: directions,
    ladderDays,
    openBatches,
    openDirections,
    openExecutions: openBatches + openDirections + children,
    openMapRuns: isInline ? 0 : openBatches,
    openMapRunsWithoutInline: openBatches,
    dayOfMapRuns: Math.ceil(of(everywhere.openMapRuns) / perDay),
    claims,
    tableGigabytes:
      (claims * of(assumed.claimBytes) + ledgers * 1024 * ledgerUnits(work.connections / directions)) / 1e9,
    ordersOfOperator,
    listingPages: Math.ceil(ordersOfOperator / 1000),
    planningSeconds,
    planningShare: (planningSeconds * perDay) / 86_400,
  };
}

/** A raise of a quota: from AWS's value to the one needed. */
export interface Raise {
  quota: string;
  from: number;
  to: number;
}

/** The quotas that an administrator can have raised, by the limit that depends on them. */
const RAISABLE: Record<string, (given: Quotas, by: number) => Quotas> = {
  'Cases: writes': raiseTable('Cases'),
  'Cases: reads': raiseTable('Cases'),
  'Links: reads': raiseTable('Links'),
  'state transitions': raiseRate('stateTransitions'),
  StartExecution: raiseRate('startExecution'),
  'SNS Publish': raiseRate('snsPublish'),
  'Lambda concurrency': (given, by) => ({ ...given, lambdaConcurrency: given.lambdaConcurrency * by }),
};

function raiseTable(name: keyof Quotas['tables']) {
  return (given: Quotas, by: number): Quotas => {
    const table = given.tables[name];
    const writes = table.writes * by;
    const reads = table.reads * by;
    const most = { mostWrites: Math.max(writes, table.mostWrites), mostReads: Math.max(reads, table.mostReads) };
    return { ...given, tables: { ...given.tables, [name]: { ...table, writes, reads, ...most } } };
  };
}

function raiseRate(name: 'stateTransitions' | 'startExecution' | 'snsPublish') {
  return (given: Quotas, by: number): Quotas => {
    const { burst, perSecond } = given[name];
    return { ...given, [name]: { burst: burst * by, perSecond: perSecond * by } };
  };
}

const RAISE_BY = 1.1;
const MOST_RAISES = 80;

/**
 * Raises the quota that holds the batch back most, a tenth at a time, until its last direction is issued within `goal` seconds.
 * @returns the raises, and whether they are enough; if not, what is left is a hard limit, or the app's own
 */
export function raisesFor(
  goal: number,
  work: Work,
  design: Design,
  given: Quotas,
): { raises: Raise[]; enough: boolean; seconds: number } {
  let raised = given;
  for (let n = 0; ; n++) {
    const timed = timeline(work, design, raised);
    const held = timed.phases.flatMap(({ heldBack }) => heldBack).sort((a, b) => b.seconds - a.seconds);
    const worst = held.find(({ name }) => name in RAISABLE);
    const enough = timed.seconds <= goal;
    if (enough || worst === undefined || n === MOST_RAISES)
      return { raises: difference(given, raised), enough, seconds: timed.seconds };
    raised = RAISABLE[worst.name]?.(raised, RAISE_BY) ?? raised;
  }
}

function difference(given: Quotas, raised: Quotas): Raise[] {
  const figures = (from: Quotas): Record<string, number> => ({
    'state transitions a second': from.stateTransitions.perSecond,
    'StartExecution calls a second': from.startExecution.perSecond,
    'SNS messages a second': from.snsPublish.perSecond,
    'Lambda invocations at once': from.lambdaConcurrency,
    'warm writes a second of table Cases': from.tables.Cases.writes,
    'warm reads a second of table Cases': from.tables.Cases.reads,
    'write quota of table Cases': from.tables.Cases.mostWrites,
    'read quota of table Cases': from.tables.Cases.mostReads,
    'warm writes a second of table Links': from.tables.Links.writes,
    'warm reads a second of table Links': from.tables.Links.reads,
    'read quota of table Links': from.tables.Links.mostReads,
  });
  const before = figures(given);
  return Object.entries(figures(raised))
    .map(([quota, to]) => ({ quota, from: before[quota] ?? 0, to: Math.ceil(to) }))
    .filter(({ from, to }) => to > Math.ceil(from));
}

/** The number of reports into which a batch must be divided so that each keeps within the hard limits. */
export function partsOf(limits: readonly HardLimit[]): number {
  return Math.max(1, ...limits.map(({ needs, limit }) => Math.ceil(needs / limit)));
}

export const MINUTE = 60;
/** The most calls of one child that may fail for good, on average: a child with one fails, and four retries do not help against a rate. */
const MOST_FAILED_CALLS = 0.01;

export interface Goal {
  goal: string;
  figure: string;
  pass: boolean;
}

/** A goal with its figure. */
export function within(goal: string, seconds: number, most: number): Goal {
  return { goal, figure: `${(seconds / MINUTE).toFixed(1)} min`, pass: seconds <= most };
}

export function clientsHold(goal: string, throttled: readonly Throttled[]): Goal {
  const worst = Math.max(...throttled.map(({ failedCalls }) => failedCalls));
  return {
    goal,
    figure: `${worst < 0.01 ? worst.toExponential(0) : worst.toFixed(2)} calls of a child fail`,
    pass: worst <= MOST_FAILED_CALLS,
  };
}

export function noHardLimit(goal: string, limits: readonly HardLimit[]): Goal {
  const met = limits.filter(({ needs, limit }) => needs > limit);
  return {
    goal,
    figure: met.length === 0 ? 'none met' : `${met.length} met: ${met.map(({ what }) => what).join('; ')}`,
    pass: met.length === 0,
  };
}

export function divided(goal: string, limits: readonly HardLimit[]): Goal {
  const met = limits.filter(({ needs, limit }) => needs > limit);
  const parts = partsOf(limits);
  const how = parts === 1 ? 'nothing' : `${met.length} things as said above, or the report by ${parts}`;
  return { goal, figure: how, pass: met.every(({ divide }) => divide !== '') };
}

export function steadyHolds(goal: string, steady: Steady): Goal {
  const shares = {
    'open Map Runs': steady.openMapRuns / of(everywhere.openMapRuns),
    'open executions': steady.openExecutions / of(everywhere.openExecutions),
    'the turn to plan': steady.planningShare,
  };
  const [first, share] = Object.entries(shares).sort((a, b) => b[1] - a[1])[0] as [string, number];
  return { goal, figure: `nearest: ${first}, ${(share * 100).toFixed(1)} %`, pass: share < 1 };
}
