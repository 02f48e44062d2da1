/**
 * One batch as work for AWS: what its phases take from which quota until the last direction is issued, what it needs of the
 * hard limits, and what steady use adds up to. What the app is set to comes from its synthesized templates and its code.
 */
import { readFileSync } from 'node:fs';
import { dynamo } from '../../lambdas/stores/clients.ts';
import { OPERATORS } from '../../lib/config/participants.ts';
import { DEFAULT_POLICY, type Policy, REVERIFY_LADDERS } from '../../lib/config/policy.ts';
import { definitionOf, synthesized } from '../stacks/synthesized.ts';
import quotas from './quotas.json' with { type: 'json' };
import type { Issued } from './quotas-counts.ts';
import { ledgerUnits } from './quotas-counts.ts';
import {
  hotPartition,
  type Limit,
  OWN_LIMIT,
  type Ran,
  refusals,
  runMap,
  type Stage,
  Table,
  type Throughput,
  TokenBucket,
} from './quotas-simulation.ts';

export const REGIONS = Object.keys(quotas.regions) as Region[];
export type Region = keyof typeof quotas.regions;

const { everywhere, assumed, retries } = quotas;
const of = (entry: { value: number }): number => entry.value;

/** The event: 28,200 handsets, 2,000,000 connections. */
export const EVENT = { handsets: 28_200, connections: 2_000_000 };
/** Links of the handset that was cloned most. */
const MOST_CLONED = 13_500;

// ------------------------------------------------------------------------------------------------ what the app is set to

interface FunctionSettings {
  memoryMb: number;
  timeout: number;
}

/** The settings that decide how fast a batch is planned and directed. */
export interface Design {
  policy: Policy;
  operators: number;
  /** Children at once of Expand and of Claim. */
  expandAtOnce: number;
  claimAtOnce: number;
  /** Directions that one child of the Map over them runs; 1 without an ItemBatcher. */
  directionsPerChild: number;
  /** Directions up to which the Map over them is an inline one, so that no Map Run stays open. */
  mostInline: number;
  /** Calls at once within one child. */
  queriesAtOnce: number;
  claimsAtOnce: number;
  readsAtOnce: number;
  functions: Record<string, FunctionSettings>;
  /** The SDK's client of the functions. */
  client: { attempts: number; mode: string };
  /** What the template has table Cases warmed for; undefined where it doesn't. */
  warm: Warm | undefined;
}

/** Units a second for which a table is warmed. */
export interface Warm {
  writes: number;
  reads: number;
}

const KEYS_PER_READ = 100;

function constantOf(path: string, name: string): number {
  const source = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const found = new RegExp(`const ${name} = (\\d+);`).exec(source)?.[1];
  if (found === undefined) throw new Error(`${path} has no ${name} any more`);
  return Number(found);
}

interface MapState {
  MaxConcurrency?: number;
  ItemBatcher?: { MaxItemsPerBatch?: number };
}

/** Reads the app's settings from its synthesized templates and its code. */
export async function designOf(): Promise<Design> {
  const { data, workflow } = synthesized();
  const { States } = definitionOf(workflow, 'Batch');
  const map = (name: string): MapState => {
    const state = States[name];
    if (state?.Type !== 'Map') throw new Error(`the Batch machine has no Map ${name} any more`);
    return state;
  };
  const named = (id: string) => id.replace(/[0-9A-F]{8}$/, '');
  const functions: Design['functions'] = {};
  for (const [id, { Properties }] of Object.entries(workflow.findResources('AWS::Lambda::Function')))
    functions[named(id)] = { memoryMb: Properties.MemorySize, timeout: Properties.Timeout };
  let warm: Warm | undefined;
  for (const [id, { Properties }] of Object.entries(data.findResources('AWS::DynamoDB::Table')))
    if (named(id) === 'Cases' && Properties.WarmThroughput) {
      const { WriteUnitsPerSecond: writes, ReadUnitsPerSecond: reads } = Properties.WarmThroughput;
      warm = { writes, reads };
    }
  const { retryMode } = dynamo.config;
  const mode = typeof retryMode === 'function' ? await retryMode() : retryMode;
  const most = of(everywhere.mapChildren);
  return {
    policy: DEFAULT_POLICY,
    operators: OPERATORS.length,
    expandAtOnce: map('Expand handsets into links').MaxConcurrency ?? most,
    claimAtOnce: map('Claim numbers and handsets').MaxConcurrency ?? most,
    directionsPerChild: map('Direct the operators at scale').ItemBatcher?.MaxItemsPerBatch ?? 1,
    mostInline: constantOf('lambdas/commit/handler.ts', 'MOST_INLINE'),
    queriesAtOnce: constantOf('lambdas/expand/handler.ts', 'QUERIES_AT_ONCE'),
    claimsAtOnce: constantOf('lambdas/claim/handler.ts', 'CLAIMS_AT_ONCE'),
    readsAtOnce: 8,
    functions,
    client: { attempts: await dynamo.config.maxAttempts(), mode },
    warm,
  };
}

// --------------------------------------------------------------------------------------------------- what AWS gives

/** The quotas that a batch meets, as the simulation takes them. */
export interface Quotas {
  stateTransitions: { burst: number; perSecond: number };
  startExecution: { burst: number; perSecond: number };
  snsPublish: { burst: number; perSecond: number };
  lambdaConcurrency: number;
  tables: { Cases: Throughput; Links: Throughput };
}

/** @param warmed what both tables are warmed for; undefined for new ones */
export function quotasOf(region: Region, warmed?: Warm): Quotas {
  const { stateTransitions, startExecution, snsPublish } = quotas.regions[region];
  const table = (): Throughput => {
    const writes = warmed?.writes ?? of(everywhere.newTableWrites);
    const reads = warmed?.reads ?? of(everywhere.newTableReads);
    // Reads and writes share the partitions, so the table bears both at once as far as its partitions do.
    const partitions = Math.max(writes / of(everywhere.partitionWrites), reads / of(everywhere.partitionReads));
    return {
      writes: partitions * of(everywhere.partitionWrites),
      reads: partitions * of(everywhere.partitionReads),
      mostWrites: of(everywhere.tableWrites),
      mostReads: of(everywhere.tableReads),
      doublesWithin: of(everywhere.tableDoublesWithin),
    };
  };
  return {
    stateTransitions,
    startExecution,
    snsPublish,
    lambdaConcurrency: of(everywhere.lambdaConcurrency),
    tables: { Cases: table(), Links: table() },
  };
}

// -------------------------------------------------------------------------------------------------------- the work

/** One batch's work at a size. */
export interface Work {
  factor: number;
  handsets: number;
  connections: number;
  expandChildren: number;
  /** Shards of numbers, and of handsets. */
  shards: number;
  blockShards: number;
  reverifyDirections: number;
  blockDirections: number;
  linkReads: number;
  claimReads: number;
  claimWrites: number;
}

/** Scales counts to a size of the event, each by what it grows with. */
export function workAt(factor: number, issued: Issued, { policy, operators }: Design): Work {
  const handsets = EVENT.handsets * factor;
  const connections = EVENT.connections * factor;
  const shards = Math.max(1, Math.ceil((handsets * policy.linksPerHandset) / policy.linksPerShard));
  const blockShards = Math.ceil(handsets / policy.rowsPerDirection);
  const identifiers = (connections + handsets) / (issued.connections + issued.handsets);
  const perShard = Object.values(issued.connectionsOf).map((count) =>
    Math.ceil(((count / issued.connections) * (connections / shards)) / policy.rowsPerDirection),
  );
  return {
    factor,
    handsets,
    connections,
    expandChildren: Math.ceil(handsets / policy.handsetsPerChild),
    shards,
    blockShards,
    reverifyDirections: shards * perShard.reduce((sum, count) => sum + count, 0),
    blockDirections: blockShards * operators,
    linkReads: issued.linkReads * (handsets / issued.handsets),
    claimReads: issued.claimReads * identifiers,
    claimWrites: issued.claimWrites * identifiers,
  };
}

// ------------------------------------------------------------------------------------------------------ the phases

export interface Phase {
  name: string;
  seconds: number;
  /** What held it back for more than a twentieth of its time, longest first. */
  heldBack: { name: string; seconds: number }[];
  /** The longest that one child took, where it is a Map Run. */
  longestChild?: number;
}

export interface Timeline {
  phases: Phase[];
  seconds: number;
}

/** CPU seconds of a function with so much memory, given those of one vCPU. */
const cpu = (seconds: number, memoryMb: number) => seconds * Math.max(1, of(everywhere.mbPerVcpu) / memoryMb);

const TELLING_SHARE = 0.05;

/** Time from the upload to the last direction issued, phase by phase. */
export function timeline(work: Work, design: Design, given: Quotas): Timeline {
  const transitions = new TokenBucket(
    'state transitions',
    given.stateTransitions.burst,
    given.stateTransitions.perSecond,
  );
  const starts = new TokenBucket('StartExecution', given.startExecution.burst, given.startExecution.perSecond);
  const publishes = new TokenBucket('SNS Publish', given.snsPublish.burst, given.snsPublish.perSecond);
  const cases = new Table('Cases', given.tables.Cases);
  const links = new Table('Links', given.tables.Links);
  const everyLimit = [transitions, starts, publishes, cases.writes, links.writes];
  const phases: Phase[] = [];
  const add = (name: string, seconds: number) => phases.push({ name, seconds, heldBack: [] });
  const addMap = (name: string, ran: Ran) =>
    phases.push({
      name,
      seconds: ran.seconds + of(assumed.mapRunOverhead),
      heldBack: ran.heldBack.filter(({ seconds }) => seconds > TELLING_SHARE * ran.seconds),
      longestChild: ran.longestChild,
    });
  /** A Map Run has a rate of its own for its children's starts. */
  const childStarts = () => {
    const perSecond = of(everywhere.mapChildStarts);
    return new TokenBucket('child starts of a Map Run', perSecond, perSecond);
  };
  const memory = (name: string) => design.functions[name]?.memoryMb ?? of(everywhere.mbPerVcpu);
  const gets = () => new TokenBucket('S3 GETs of a prefix', of(everywhere.s3Gets), of(everywhere.s3Gets));
  const transition = of(assumed.transition);
  const s3Call = of(assumed.s3Call);
  const atOnce = (own: number) => Math.min(own, given.lambdaConcurrency);

  // 1. Screen
  add(
    'Screen',
    of(assumed.uploadToExecution) +
      of(assumed.coldStart) +
      2 * transition +
      cpu(of(assumed.rowCpu) * work.handsets, memory('Screen')) +
      4 * s3Call,
  );

  // 2. Expand: the turn is taken and the plan registered before it.
  {
    const perChild = work.handsets / work.expandChildren;
    const memoryMb = memory('Expand');
    const queries = Math.min(design.queriesAtOnce / of(assumed.dynamoBatch), 1 / cpu(of(assumed.queryCpu), memoryMb));
    const perQuery = work.linkReads / work.handsets;
    const hottest = MOST_CLONED / (work.connections / work.expandChildren);
    const ran = runMap({
      children: [
        {
          count: work.expandChildren,
          stages: [
            { seconds: of(assumed.coldStart) + 2 * transition },
            {
              limit: links.reads,
              units: perChild * perQuery,
              perSecond: hotPartition(queries * perQuery, of(everywhere.partitionReads), Math.min(1, hottest)),
            },
            { seconds: s3Call + cpu(of(assumed.linkCpu) * perChild * design.policy.linksPerHandset, memoryMb) },
          ],
        },
      ],
      atOnce: atOnce(design.expandAtOnce),
      start: [
        { limit: childStarts(), units: 1 },
        { limit: transitions, units: 2 },
      ],
      limits: everyLimit,
    });
    addMap('Expand', ran);
  }

  // 3. Gather reads what the children returned; 4,000 outputs a result file.
  add(
    'Gather',
    of(assumed.coldStart) +
      2 * transition +
      (2 + work.expandChildren / 4000 + 2) * s3Call +
      cpu(indexEntries(work) * 1e-6, memory('Gather')),
  );

  // 4. Claim
  {
    const memoryMb = memory('Claim');
    const identifiers = work.connections + work.handsets;
    const shardGets = gets();
    const claimStages = (candidates: number, slices: number, directions: number): Stage[] => [
      { seconds: of(assumed.coldStart) + 2 * transition + s3Call },
      { limit: shardGets, units: slices, perSecond: 8 / s3Call },
      { seconds: cpu(of(assumed.linkCpu) * candidates + (slices > 0 ? indexEntries(work) * 5e-7 : 0), memoryMb) },
      {
        limit: cases.reads,
        units: (work.claimReads / identifiers) * candidates,
        perSecond:
          (work.claimReads / identifiers) *
          Math.min(
            (design.readsAtOnce * KEYS_PER_READ) / of(assumed.dynamoBatch),
            1 / cpu(of(assumed.keyCpu), memoryMb),
          ),
      },
      // Each direction's rows, what stands elsewhere and the decision, one after the other; then they are read.
      { seconds: (2 * directions + 3) * s3Call },
      {
        limit: cases.writes,
        units: (work.claimWrites / identifiers) * candidates,
        perSecond:
          (work.claimWrites / identifiers) *
          Math.min(design.claimsAtOnce / of(assumed.dynamoCall), 1 / cpu(of(assumed.putCpu), memoryMb)),
      },
      { seconds: directions * of(assumed.dynamoCall) },
    ];
    const ran = runMap({
      children: [
        {
          count: work.shards,
          stages: claimStages(
            work.connections / work.shards,
            work.expandChildren,
            work.reverifyDirections / work.shards,
          ),
        },
        { count: work.blockShards, stages: claimStages(work.handsets / work.blockShards, 0, design.operators) },
      ],
      atOnce: atOnce(design.claimAtOnce),
      start: [
        { limit: childStarts(), units: 1 },
        { limit: transitions, units: 2 },
      ],
      limits: everyLimit,
    });
    addMap('Claim', ran);
  }

  // 5. Commit reads each shard's decision, one after the other.
  add('Commit', commitSeconds(work) + 3 * transition);

  // 6. Direct: a child of the Map Run starts Direction executions, each of which issues its first order.
  {
    const directions = work.reverifyDirections + work.blockDirections;
    const rows = (work.connections + work.handsets * design.operators) / directions;
    const orderSeconds = 4 * s3Call + 2 * of(assumed.dynamoCall) + of(assumed.snsCall);
    const lambda = new TokenBucket(
      'Lambda concurrency',
      given.lambdaConcurrency,
      given.lambdaConcurrency / orderSeconds,
    );
    const perChild = Math.min(design.directionsPerChild, directions);
    const one = (limit: Limit, units: number): Stage => ({ limit, units, perSecond: 1000 * units });
    const ran = runMap({
      children: [
        {
          count: Math.ceil(directions / perChild),
          stages: [
            { seconds: of(assumed.coldStart) + (perChild > 1 ? transition : 0) },
            one(starts, perChild),
            // The child's task and its iteration, then the Direction's first two states.
            one(transitions, perChild * 4),
            { seconds: 4 * transition },
            one(lambda, perChild),
            { seconds: orderSeconds },
            one(cases.writes, perChild * ledgerUnits(rows)),
            one(publishes, perChild),
          ],
        },
      ],
      atOnce: of(everywhere.mapChildren),
      start: [
        { limit: childStarts(), units: 1 },
        { limit: transitions, units: 1 },
      ],
      staysOpen: true,
      limits: everyLimit,
    });
    addMap('Direct', ran);
  }
  return { phases, seconds: phases.reduce((sum, { seconds }) => sum + seconds, 0) };
}

/** Entries of Gather's index: a slice per child of Expand and shard, as long as each child has links for each shard. */
function indexEntries(work: Work): number {
  return Math.min(work.expandChildren * work.shards, work.connections);
}

function commitSeconds(work: Work): number {
  return of(assumed.coldStart) + (work.shards + work.blockShards + 5) * of(assumed.s3Call);
}

// ---------------------------------------------------------------------------------------------------- throttled clients

/** What becomes of a function's calls where a table gives less than they ask for. */
export interface Throttled {
  what: string;
  inFlight: number;
  perSecond: number;
  refused: number;
  /** Calls of one child that fail for good, on average; a child with one of them fails. */
  failedCalls: number;
}

/** Meets the tables as the functions do that do not know how much these give. */
export function throttledClients(work: Work, design: Design, given: Quotas): Throttled[] {
  const meet = (
    what: string,
    children: number,
    inFlight: number,
    cpuEach: number,
    call: number,
    perSecond: number,
    calls: number,
  ) => {
    const { refused, fails } = refusals(
      {
        inFlight: children * inFlight,
        call,
        mostPerSecond: children / cpuEach,
        attempts: design.client.attempts,
        delay: of(retries.throttledDelay),
        longestDelay: of(retries.longestDelay),
      },
      perSecond,
    );
    // A client that paces itself is refused only while it looks for the rate.
    const paced = design.client.mode === 'adaptive' && refused > 0;
    const share = paced ? Math.min(refused, of(assumed.pacedRefusals)) : refused;
    return {
      what,
      inFlight: children * inFlight,
      perSecond,
      refused: share,
      failedCalls: calls * (paced ? share ** design.client.attempts : fails),
    };
  };
  const claims = Math.min(design.claimAtOnce, work.shards);
  const expands = Math.min(design.expandAtOnce, work.expandChildren);
  const queries = given.tables.Links.reads / (work.linkReads / work.handsets);
  const memory = (name: string) => design.functions[name]?.memoryMb ?? of(everywhere.mbPerVcpu);
  return [
    meet(
      "Expand's queries",
      expands,
      design.queriesAtOnce,
      cpu(of(assumed.queryCpu), memory('Expand')),
      of(assumed.dynamoBatch),
      queries,
      work.handsets / work.expandChildren,
    ),
    meet(
      "Claim's writes",
      claims,
      design.claimsAtOnce,
      cpu(of(assumed.putCpu), memory('Claim')),
      of(assumed.dynamoCall),
      given.tables.Cases.writes,
      work.connections / work.shards,
    ),
  ];
}

// ------------------------------------------------------------------------------------------------------- hard limits

/** What a batch needs of something that no administrator can raise. */
export interface HardLimit {
  what: string;
  needs: number;
  limit: number;
  unit: string;
  /** What would have to be divided. */
  divide: string;
}

/** @param timed the batch's timeline, for the children's and functions' time */
export function hardLimits(work: Work, design: Design, timed: Timeline): HardLimit[] {
  const directions = work.reverifyDirections + work.blockDirections;
  const timeout = (name: string) => design.functions[name]?.timeout ?? 0;
  const longest = (name: string) => timed.phases.find((phase) => phase.name === name)?.longestChild ?? 0;
  const seconds = (name: string) => timed.phases.find((phase) => phase.name === name)?.seconds ?? 0;
  const linksPerChild = design.policy.handsetsPerChild * design.policy.linksPerHandset;
  return [
    {
      what: 'children of the Map over the directions, open for days',
      needs: Math.ceil(directions / design.directionsPerChild),
      limit: of(everywhere.mapChildren),
      unit: 'children',
      divide: 'directions, several to a child (ItemBatcher and an inline Map)',
    },
    {
      what: "output of a child of Expand: a place per shard, '[shard,start,bytes,links],'",
      needs: Math.min(work.shards, linksPerChild) * '[10012,1065000,1200,20],'.length,
      limit: of(everywhere.payloadBytes),
      unit: 'bytes',
      divide: 'the report, or into larger shards (linksPerShard)',
    },
    {
      what: "Gather's index as one text",
      needs: indexEntries(work) * '[10012,1065000,1200,20],'.length,
      limit: of(everywhere.stringLength),
      unit: 'characters',
      divide: 'the report, or the index by shard',
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
      what: "Settle's memory, were every connection disconnected: rows of the revocation list",
      needs: Math.ceil((work.connections * of(assumed.revocationBytes)) / 1e6),
      limit: design.functions.Settle?.memoryMb ?? 0,
      unit: 'MB',
      divide: 'the revocation list, written operator by operator or merged from sorted directions',
    },
    {
      what: "Settle's time: every ledger read twice and written once, 16 at a time",
      needs: Math.ceil(
        (3 * directions * of(assumed.dynamoCall) + directions * of(assumed.s3Call)) / 16 +
          cpu(work.connections * 2e-6, design.functions.Settle?.memoryMb ?? 1769),
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

// --------------------------------------------------------------------------------------------------------- steady use

export const STEADY = { batchesPerDay: 100, handsets: 300, agencies: 36, days: 365 };

/** Steady use for a year: what is open on an ordinary day, and what the year leaves behind. */
export interface Steady {
  connectionsPerBatch: number;
  directionsPerBatch: number;
  ladderDays: number;
  openBatches: number;
  openDirections: number;
  openExecutions: number;
  /** Map Runs open at once, and what they would be if every Map over directions were a Distributed one. */
  openMapRuns: number;
  openMapRunsWithoutInline: number;
  /** The day on which the open Map Runs would have met their limit without the inline Map. */
  dayOfMapRuns: number;
  claims: number;
  tableGigabytes: number;
  /** Objects under one operator's orders after the year, largest operator, and pages of 1,000 to list them. */
  ordersOfOperator: number;
  listingPages: number;
  /** Seconds that one batch holds the turn to plan, and the share of a day that a day's batches hold it. */
  planningSeconds: number;
  planningShare: number;
}

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
  // One order file per rung of each ladder, were all operators silent.
  const ordersOfOperator =
    batches * (largestDirections * REVERIFY_LADDERS.normal.length + work.blockShards * policy.ladders.block.length);
  const { phases } = timeline(work, design, quotasOf(region));
  const planning = phases.filter(({ name }) => name !== 'Screen' && name !== 'Direct');
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

// -------------------------------------------------------------------------------------------------------------- goals

/** A raise of a quota: from what AWS gives to what is needed. */
export interface Raise {
  quota: string;
  from: number;
  to: number;
}

/** The quotas that an administrator can have raised, by the limit that they stand behind. */
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
 * Raises what holds the batch back most, a tenth at a time, until its last direction is issued in `goal` seconds.
 * @returns what was raised, and whether that is enough; what is left then is hard, or the app's own
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

/** Into how many reports a batch must be divided so that each keeps within the hard limits. */
export function partsOf(limits: readonly HardLimit[]): number {
  return Math.max(1, ...limits.map(({ needs, limit }) => Math.ceil(needs / limit)));
}

export const MINUTE = 60;
/** Calls of one child that may fail for good, on average: a child with one fails, and four retries do not help against a rate. */
const MOST_FAILED_CALLS = 0.01;

export interface Goal {
  goal: string;
  figure: string;
  pass: boolean;
}

/** A goal's figure beside it. */
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

/** What tables are warmed for before the event. */
export const warmedFor = (design: Design): Warm =>
  design.warm ?? { writes: quotas.warmed.writes, reads: quotas.warmed.reads };

export { OWN_LIMIT };
