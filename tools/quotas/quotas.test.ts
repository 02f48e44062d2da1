import { describe, expect, it } from 'vitest';
import quotas from './quotas.json' with { type: 'json' };
import { type Issued, ledgerUnits } from './quotas-counts.ts';
import { type Design, quotasOf } from './quotas-design.ts';
import {
  clientsHold,
  hardLimits,
  noHardLimit,
  partsOf,
  raisesFor,
  steadyHolds,
  steadyUse,
  within,
} from './quotas-limits.ts';
import { hotPartition, Table, type Throughput, TokenBucket } from './quotas-rates.ts';
import { refusals, refusedStarts } from './quotas-refusals.ts';
import { OWN_LIMIT, runMap } from './quotas-simulation.ts';
import { timeline, workAt } from './quotas-timeline.ts';

/** As exact as steps of a tenth of a second are. */
const STEP = 0.11;

function close(figure: number, expected: number, by = STEP) {
  expect(Math.abs(figure - expected)).toBeLessThanOrEqual(by);
}

/** One child without a limit of its own that takes `units`. */
const onlyChild = (limit: TokenBucket, units: number) =>
  runMap({ children: [{ count: 1, stages: [{ limit, units, perSecond: 1e9 }] }], atOnce: 1, start: [], limits: [] });

describe('a token bucket', () => {
  it('gives n tokens in max(0, (n − b) / r) seconds', () => {
    // StartExecution in ap-south-1: a bucket of 800, refilled at 150/s. 1,287 take (1287 − 800) / 150 = 3.25 s.
    close(onlyChild(new TokenBucket('b', 800, 150), 1287).seconds, 3.25);
    close(onlyChild(new TokenBucket('b', 800, 150), 12_800).seconds, 80);
    close(onlyChild(new TokenBucket('b', 800, 150), 800).seconds, 0);
    close(onlyChild(new TokenBucket('b', 0, 100), 250).seconds, 2.5);
  });

  it('fills no higher than its burst while nobody takes', () => {
    const bucket = new TokenBucket('b', 800, 150);
    bucket.pass(3600);
    expect(bucket.take(1e9)).toBe(800);
    bucket.pass(2);
    expect(bucket.take(1e9)).toBe(300);
  });
});

const tableOf = (changes: Partial<Throughput> = {}) =>
  new Table('T', {
    writes: 4000,
    reads: 12_000,
    mostWrites: 40_000,
    mostReads: 40_000,
    doublesWithin: 1800,
    ...changes,
  });

const takeFrom = (table: Table, writes: number, reads = 0) =>
  runMap({
    children: [
      { count: 1, stages: [{ limit: table.writes, units: writes, perSecond: 1e9 }] },
      { count: 1, stages: [{ limit: table.reads, units: reads, perSecond: 1e9 }] },
    ],
    atOnce: 2,
    start: [],
    limits: [table.writes],
  }).seconds;

describe('an on-demand table', () => {
  it('takes the claims of the event at 4,000 writes a second when it is new: 500 s', () => {
    close(takeFrom(tableOf(), 2_000_000), 500);
  });

  it('shares its partitions between reads and writes: each write unit takes the place of three reads', () => {
    // 500 s of writes and 2,000,000 / 12,000 = 166.7 s of reads, whether one after the other or together.
    close(takeFrom(tableOf(), 2_000_000, 2_000_000), 666.7, 0.3);
  });

  it('doubles what it bears for each half hour of load, up to its quota', () => {
    // 1,800 s × 4,000 = 7.2M, then 8,000 a second: 14.4M more by 3,600 s, then 16,000 a second.
    close(takeFrom(tableOf(), 7_200_000), 1800, 0.3);
    close(takeFrom(tableOf(), 7_200_000 + 8000 * 100), 1900, 0.3);
    close(takeFrom(tableOf(), 7_200_000 + 14_400_000 + 16_000 * 60), 3660, 0.5);
    // With a quota of 6,000 it never gets further than that.
    close(takeFrom(tableOf({ mostWrites: 6000, mostReads: 18_000 }), 7_200_000 + 6000 * 100), 1900, 0.3);
  });

  it('does not grow while it is used to less than half', () => {
    const table = tableOf({ doublesWithin: 10 });
    const slow = runMap({
      children: [{ count: 1, stages: [{ limit: table.writes, units: 100_000, perSecond: 1000 }] }],
      atOnce: 1,
      start: [],
      limits: [table.writes],
    });
    close(slow.seconds, 100);
    table.writes.pass(1);
    expect(table.writes.take(1e9)).toBe(4000);
  });

  it('bears from its first second what it is warmed for', () => {
    close(takeFrom(tableOf({ writes: 16_000, reads: 48_000 }), 2_000_000), 125);
  });

  it('gives one hot key no more than one partition does, whatever the table bears', () => {
    expect(hotPartition(16_000, 1000, 0)).toBe(16_000);
    // Half of all writes go to one key, which gets 1,000 a second.
    expect(hotPartition(16_000, 1000, 0.5)).toBe(2000);
    expect(hotPartition(16_000, 1000, 1)).toBe(1000);
    expect(hotPartition(1500, 1000, 0.5)).toBe(1500);
  });
});

describe('a Map Run', () => {
  it('is as fast as its one bottleneck, and names it', () => {
    const wide = new TokenBucket('wide', 0, 10_000);
    const narrow = new TokenBucket('narrow', 0, 50);
    const stages = [
      { limit: wide, units: 10, perSecond: 1e6 },
      { limit: narrow, units: 10, perSecond: 1e6 },
      { seconds: 0.5 },
    ];
    const { seconds, heldBack } = runMap({ children: [{ count: 100, stages }], atOnce: 100, start: [], limits: [] });
    // 100 children × 10 units at 50 a second, and half a second for the last.
    close(seconds, 20.5, 0.3);
    expect(heldBack[0]?.name).toBe('narrow');
    close(heldBack[0]?.seconds ?? 0, 20, 0.3);
  });

  it('starts a hundred children a second and runs so many at once as it may', () => {
    const child = { count: 400, stages: [{ seconds: 2 }] };
    const starts = () => new TokenBucket('starts', 0, 100);
    // The last of 400 starts after 4 s.
    const run = { children: [child], limits: [] };
    close(runMap({ ...run, atOnce: 1000, start: [{ limit: starts(), units: 1 }] }).seconds, 6, 0.3);
    // 40 at once: ten rounds of 2 s.
    const narrow = runMap({ ...run, atOnce: 40, start: [{ limit: starts(), units: 1 }] });
    close(narrow.seconds, 20, 4.2);
    expect(narrow.heldBack[0]?.name).toBe(OWN_LIMIT);
  });

  it('shares a limit between those that want it, as much to each', () => {
    const limit = new TokenBucket('shared', 0, 100);
    const { seconds, longestChild } = runMap({
      children: [
        { count: 1, stages: [{ limit, units: 100, perSecond: 1e6 }] },
        { count: 1, stages: [{ limit, units: 300, perSecond: 1e6 }] },
      ],
      atOnce: 2,
      start: [],
      limits: [],
    });
    // Half each until the first has its 100 at 2 s; the other has all from then on: 100 + 200 at 4 s.
    close(seconds, 4, 0.3);
    close(longestChild, 4, 0.3);
  });

  it('never ends when more children stay open than it may hold', () => {
    const run = { children: [{ count: 101, stages: [{ seconds: 1 }] }], start: [], staysOpen: true, limits: [] };
    expect(runMap({ ...run, atOnce: 100 }).seconds).toBe(Number.POSITIVE_INFINITY);
    close(runMap({ ...run, atOnce: 101 }).seconds, 1, 0.3);
  });
});

describe('a client that does not know the limit', () => {
  const client = { inFlight: 10, call: 0.1, mostPerSecond: 1e9, attempts: 3, delay: 1, longestDelay: 20 };

  it('is refused nothing while it asks for less: 10 calls of 0.1 s are 100 a second', () => {
    expect(refusals(client, 100)).toEqual({ refused: 0, fails: 0 });
    expect(refusals({ ...client, inFlight: 1000, mostPerSecond: 90 }, 100)).toEqual({ refused: 0, fails: 0 });
  });

  it('fails a call when every attempt is refused', () => {
    const { refused, fails } = refusals(client, 50);
    expect(refused).toBeGreaterThan(0);
    expect(fails).toBeCloseTo(refused ** 3, 12);
    // A call of up to three attempts takes 0.1 + q (0.5 + 0.1) + q² (1 + 0.1) seconds on average, waits included, and makes
    // 1 + q + q² attempts, of which the share 1 − q gets through: 50 a second of 10 calls at once.
    const q = refused;
    expect((10 * (1 + q + q * q) * (1 - q)) / (0.1 + 0.6 * q + 1.1 * q * q)).toBeCloseTo(50, 6);
  });

  it('is refused more the less it is given', () => {
    const shares = [80, 40, 20, 10].map((perSecond) => refusals(client, perSecond).refused);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });
});

describe('starts that are refused and ask again', () => {
  const retrier = { IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 20, MaxDelaySeconds: 3600 };
  const bucket = { burst: 10, perSecond: 1 };
  const atOnce = (count: number) => Array(count).fill(0);

  it('begin at once while the bucket has tokens', () => {
    expect(refusedStarts(atOnce(10), bucket, retrier, () => 0.5)).toEqual({ seconds: 0, refused: 0, failed: 0 });
  });

  it('begin when their wait is over and a token is there: of two, the second one waits twice', () => {
    // Both wait a second (half of two); one token is there by then. The other waits two more.
    const { seconds, refused, failed } = refusedStarts(atOnce(12), bucket, retrier, () => 0.5);
    expect(seconds).toBeCloseTo(3, 5);
    expect({ refused, failed }).toEqual({ refused: 2, failed: 0 });
  });

  it('are lost where there are no more attempts', () => {
    const once = { ...retrier, MaxAttempts: 1 };
    expect(refusedStarts(atOnce(12), bucket, once, () => 0.5)).toMatchObject({ refused: 2, failed: 1 });
  });
});

/** Round numbers, so that everything can be reckoned by hand. */
const design: Design = {
  policy: {
    ladders: {
      block: [{ order: 'block', days: 2 }],
      reverify: [{ order: 'reverify', days: 5 }],
      restore: [{ order: 'restore', days: 2 }],
      unblock: [{ order: 'unblock', days: 2 }],
    },
    lookBackDays: 180,
    rowsPerDirection: 2000,
    handsetsPerChild: 250,
    linksPerShard: 20_000,
    linksPerHandset: 71,
    busyDay: 25,
    manyConnections: 500,
    people: 2,
    reversalPeople: 1,
    largeReversalPeople: 2,
    largeReversal: 100,
    mostSubjects: 10_000,
    decideWithinHours: 48,
    mostNumbers: 3_000_000,
    mostHandsets: 50_000,
    exemptionDays: 90,
    portingDays: 90,
    extensionDays: 30,
    mostExtendedPercent: 5,
    gateRows: 100,
    gateRejectedPercent: 5,
    gateSamePercent: 20,
    gateFewestPercent: 50,
    gateMostPercent: 300,
    gateFiles: 10,
    gateFewestFiles: 3,
    lookupsPerFile: 1000,
    lookupsPerDay: 5000,
    bytesPerPiece: 8_388_608,
    warmWrites: 4000,
    warmReads: 12_000,
  },
  operators: 5,
  expandAtOnce: 40,
  claimAtOnce: 40,
  directionsPerChild: 1,
  startRetry: { IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 20, MaxDelaySeconds: 3600 },
  mostInline: 40,
  queriesAtOnce: 16,
  claimsAtOnce: 32,
  readsAtOnce: 8,
  functions: Object.fromEntries(
    ['Screen', 'Expand', 'Gather', 'Claim', 'Commit', 'Settle'].map((name) => [name, { memoryMb: 1769, timeout: 900 }]),
  ),
  client: { attempts: 4, mode: 'standard' },
  warm: undefined,
};

/** Two operators share a hundredth of the event, three to one. */
const issued: Issued = {
  from: 'hand',
  handsets: 282,
  connections: 20_000,
  connectionsOf: { jio: 15_000, vi: 5000 },
  directions: 16,
  linkReads: 846,
  claimReads: 20_282,
  claimWrites: 20_282,
};

describe('a batch at a size', () => {
  it('has children, shards and directions as the policy cuts them', () => {
    const work = workAt(1, issued, design);
    expect(work.expandChildren).toBe(113); // 28,200 / 250
    expect(work.shards).toBe(101); // 28,200 × 71 / 20,000 = 100.1
    expect(work.blockShards).toBe(15); // 28,200 / 2,000
    // 19,802 connections a shard: 14,851 are 8 directions, 4,950 are 3.
    expect(work.reverifyDirections).toBe(101 * 11);
    expect(work.blockDirections).toBe(15 * 5);
    expect(work.linkReads).toBe(84_600);
    expect(work.claimWrites).toBe(2_028_200);
  });

  it('needs at least the writes and the reads of its claims at what a new table bears', () => {
    const timed = timeline(workAt(1, issued, design), design, quotasOf('ap-south-1'));
    const claim = timed.phases.find(({ name }) => name === 'Claim');
    // 2,028,200 / 4,000 + 2,028,200 / 12,000 = 507.1 + 169.0 s, and what the children do beside it.
    expect(claim?.seconds).toBeGreaterThan(676);
    expect(claim?.seconds).toBeLessThan(676 * 1.1);
    expect(claim?.heldBack.filter(({ name }) => name !== OWN_LIMIT).map(({ name }) => name)).toEqual([
      'Cases: writes',
      'Cases: reads',
    ]);
    expect(timed.seconds).toBeCloseTo(
      timed.phases.reduce((sum, { seconds }) => sum + seconds, 0),
      6,
    );
  });

  it('never directs all operators when one Map Run can not hold its directions', () => {
    const work = workAt(10, issued, design);
    expect(work.reverifyDirections).toBe(1002 * 11);
    const given = quotasOf('ap-south-1');
    expect(timeline(work, design, given).seconds).toBe(Number.POSITIVE_INFINITY);
    expect(Number.isFinite(timeline(work, { ...design, directionsPerChild: 40 }, given).seconds)).toBe(true);
  });

  it('makes three state transitions for each direction until it is ordered, where it has a child to itself one more', () => {
    const work = workAt(1, issued, design);
    const given = { ...quotasOf('us-east-1'), stateTransitions: { burst: 1, perSecond: 10 } };
    const direct = timeline(work, design, given).phases.find(({ name }) => name === 'Direct');
    // A direction's ladder begins with its order, as the test of its history holds.
    close(direct?.seconds ?? 0, ((work.reverifyDirections + work.blockDirections) * (3 + 1)) / 10, 10);
  });

  it('is faster with warmed tables, and in a region that gives more', () => {
    const work = workAt(1, issued, design);
    const cold = timeline(work, design, quotasOf('ap-south-1')).seconds;
    const warm = timeline(work, design, quotasOf('ap-south-1', { writes: 16_000, reads: 40_000 })).seconds;
    expect(warm).toBeLessThan(cold / 3);
    expect(timeline(work, design, quotasOf('us-east-1')).seconds).toBeLessThanOrEqual(cold);
  });

  it('names what an administrator must raise, and no more than it takes', () => {
    const work = workAt(1, issued, design);
    const given = quotasOf('ap-south-1');
    const cold = timeline(work, design, given).seconds;
    expect(raisesFor(cold + 1, work, design, given)).toMatchObject({ raises: [], enough: true });
    const { raises, enough, seconds } = raisesFor(600, work, design, given);
    expect(enough).toBe(true);
    expect(seconds).toBeLessThanOrEqual(600);
    expect(raises.map(({ quota }) => quota)).toEqual([
      'warm writes a second of table Cases',
      'warm reads a second of table Cases',
    ]);
    // A tenth less would not have done.
    const [writes, reads] = raises.map(({ to }) => to / 1.1) as [number, number];
    expect(timeline(work, design, quotasOf('ap-south-1', { writes, reads })).seconds).toBeGreaterThan(600);
  });
});

describe('the goals', () => {
  it('compare seconds with the minutes wanted', () => {
    expect(within('g', 599, 600)).toEqual({ goal: 'g', figure: '10.0 min', pass: true });
    expect(within('g', 601, 600).pass).toBe(false);
    expect(within('g', Number.POSITIVE_INFINITY, 600).pass).toBe(false);
  });

  it('miss when a child has calls that fail for good', () => {
    const one = { what: 'w', inFlight: 1, perSecond: 1, refused: 0.1 };
    expect(clientsHold('g', [{ ...one, failedCalls: 0 }]).pass).toBe(true);
    expect(
      clientsHold('g', [
        { ...one, failedCalls: 0 },
        { ...one, failedCalls: 2 },
      ]).pass,
    ).toBe(false);
  });

  it('meet a hard limit when the need is above it, and divide by the worst', () => {
    const limit = { what: 'w', unit: 'u', divide: 'd', limit: 10_000 };
    expect(noHardLimit('g', [{ ...limit, needs: 10_000 }]).pass).toBe(true);
    const met = [
      { ...limit, needs: 12_870 },
      { ...limit, needs: 128_700 },
    ];
    expect(noHardLimit('g', met).pass).toBe(false);
    expect(partsOf(met)).toBe(13);
    expect(partsOf([])).toBe(1);
  });

  it('count the children that stay open against the 10,000 of a Map Run', () => {
    const work = workAt(10, issued, design);
    const given = quotasOf('ap-south-1');
    const needs = (directionsPerChild: number) => {
      const cut = { ...design, directionsPerChild };
      return hardLimits(work, cut, timeline(work, cut, given)).find(({ what }) =>
        what.startsWith('children of the Map'),
      );
    };
    // 11,022 + 141 × 5 directions; 40 to a child are 294 children.
    expect(needs(1)).toMatchObject({ needs: 11_727, limit: 10_000 });
    expect(needs(40)).toMatchObject({ needs: 294, limit: 10_000 });
  });

  it('add up steady use by hand: 100 batches of 300 handsets a day with a ladder of 61 days', () => {
    const steady = steadyUse(issued, design, 'ap-south-1');
    // 300 × 71 links are two shards of 10,638 connections: 7,979 and 2,660 are 4 + 2 directions each; 5 directions block.
    expect(steady.directionsPerBatch).toBe(2 * 6 + 5);
    expect(steady.openBatches).toBe(6100);
    expect(steady.openDirections).toBe(100 * (12 * 61 + 5 * 2));
    expect(steady.openExecutions).toBe(6100 + 74_200);
    expect(steady.openMapRuns).toBe(0);
    expect(steady.openMapRunsWithoutInline).toBe(6100);
    expect(steady.dayOfMapRuns).toBe(10);
    expect(steadyHolds('g', steady)).toMatchObject({ pass: true, figure: 'nearest: open executions, 8.0 %' });
    // Were every batch a Distributed Map, its children would be open as well.
    const distributed = steadyUse(issued, { ...design, mostInline: 0 }, 'ap-south-1');
    expect(distributed.openMapRuns).toBe(6100);
    expect(steadyHolds('g', distributed).pass).toBe(false);
  });

  it('bill a ledger of 2,000 rows as 11 write units at most: 10,000 bytes of outcomes and what identifies it', () => {
    expect(ledgerUnits(2000)).toBe(11);
  });
});

describe('the data', () => {
  it('gives every figure with unit, date and a source', () => {
    const figures = [
      ...Object.values(quotas.regions).flatMap((region) => Object.values(region)),
      ...Object.values(quotas.everywhere),
      ...Object.values(quotas.retries),
      ...Object.values(quotas.assumed),
    ];
    expect(figures.length).toBeGreaterThan(40);
    const sources = new Set([...Object.keys(quotas.sources), 'assumed']);
    for (const { unit, source, date } of figures) {
      expect(unit).not.toBe('');
      expect(sources).toContain(source);
      expect(date).toMatch(/^20\d\d-\d\d-\d\d$/);
    }
  });
});
