/**
 * One batch as work for AWS: the amounts that its phases take from each quota until the last direction is issued, and the fate of its
 * functions' calls where a table gives less than they ask for.
 */

import { ITEMS_PER_BATCH_GET } from '../../lambdas/domain/limits.ts';
import { series } from '../../simulation/random.ts';
import { EVENT_CONNECTIONS, EVENT_HANDSETS, MOST_CLONED } from '../../simulation/sample.ts';
import { type Issued, ledgerUnits } from './quotas-counts.ts';
import { assumed, cpu, type Design, everywhere, of, type Quotas, retries } from './quotas-design.ts';
import { hotPartition, type Limit, Table, TokenBucket } from './quotas-rates.ts';
import { refusals, refusedStarts } from './quotas-refusals.ts';
import { type Ran, runMap, type Stage } from './quotas-simulation.ts';

/** The event: 28,200 handsets, 2,000,000 connections. */
export const EVENT = { handsets: EVENT_HANDSETS, connections: EVENT_CONNECTIONS };

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

export interface Phase {
  name: string;
  seconds: number;
  /** The limits that held it back for more than a twentieth of its time, longest first. */
  heldBack: { name: string; seconds: number }[];
  /** The longest time that one child took, for a Map Run. */
  longestChild?: number;
}

export interface Timeline {
  phases: Phase[];
  seconds: number;
}

const TELLING_SHARE = 0.05;

/** The time from the upload to the last direction issued, phase by phase. */
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

  // 2. Expand
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

  // 3. Gather reads the children's returned values, 4,000 outputs a result file, and the objects that they gathered, two reads an object, 8
  // at once.
  add(
    'Gather',
    of(assumed.coldStart) +
      2 * transition +
      (2 + work.expandChildren / 4000 + (2 * work.expandChildren) / 8 + 2) * s3Call +
      cpu(indexEntries(work) * 1e-6 + work.handsets * design.policy.linksPerHandset * 4e-7, memory('Gather')),
  );

  // 4. Claim: the turn is taken before it.
  {
    const memoryMb = memory('Claim');
    const identifiers = work.connections + work.handsets;
    const shardGets = gets();
    const claimStages = (candidates: number, slices: number, directions: number): Stage[] => [
      { seconds: of(assumed.coldStart) + 2 * transition + s3Call },
      { limit: shardGets, units: slices, perSecond: 8 / s3Call },
      { seconds: cpu(of(assumed.linkCpu) * candidates + slices * 5e-7, memoryMb) },
      {
        limit: cases.reads,
        units: (work.claimReads / identifiers) * candidates,
        perSecond:
          (work.claimReads / identifiers) *
          Math.min(
            (design.readsAtOnce * ITEMS_PER_BATCH_GET) / of(assumed.dynamoBatch),
            1 / cpu(of(assumed.keyCpu), memoryMb),
          ),
      },
      // The child writes each direction's rows, the list of what stands elsewhere and the decision, one after the other; then they are
      // read.
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
            // These are the child's task and its iteration, then the Direction's first state.
            one(transitions, perChild * 3),
            { seconds: 3 * transition },
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
    // A refused start does not wait for its token but asks again at a random moment, and that delays the last one.
    const asked = Array.from(
      { length: directions },
      (_, n) => Math.floor(n / perChild) / of(everywhere.mapChildStarts),
    );
    const { seconds } = refusedStarts(asked, given.startExecution, design.startRetry, series(1));
    const inTurn = Math.max(0, directions - given.startExecution.burst) / given.startExecution.perSecond;
    add('Refused starts', Math.max(0, seconds - Math.max(inTurn, asked.at(-1) ?? 0)));
  }
  return { phases, seconds: phases.reduce((sum, { seconds }) => sum + seconds, 0) };
}

/** The entries of Gather's index: a slice per child of Expand and shard, as long as each child has links for each shard, in one object. */
export function indexEntries(work: Work): number {
  return Math.min(work.expandChildren * work.shards, work.connections);
}

export function commitSeconds(work: Work): number {
  return of(assumed.coldStart) + (work.shards + work.blockShards + 5) * of(assumed.s3Call);
}

/** The result for a function's calls where a table gives less than they ask for. */
export interface Throttled {
  what: string;
  inFlight: number;
  perSecond: number;
  refused: number;
  /** The calls of one child that fail for good, on average; a child with one of them fails. */
  failedCalls: number;
}

/** Lets the functions meet the tables without knowing how much these give. */
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
