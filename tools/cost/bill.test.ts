import { describe, expect, it } from 'vitest';
import { REFERENCE, timeRounds } from '../bench/reference.ts';
import { addedBy, bill, totalOf } from './bill.ts';
import { costOf, costText } from './cost-report.ts';
import type { BatchCount, Phase } from './counts.ts';
import { expectedPieces, expectedSize, scaled } from './growth.ts';
import { pricesOf } from './prices.ts';
import { floorOf, type Line, ofBatch, ofImports, ofPerConnection, quantitiesOf } from './quantities.ts';

const none = { transitions: 0, mapChildStarts: 0, nestedStarts: 0, executionStarts: 0 };
const NOTHING: Phase = {
  operations: {},
  tables: {},
  stepFunctions: { ...none, byMachine: {} },
  lambda: {},
  eventBridge: { events: 0 },
  logs: { lines: 0, bytes: 0, keyRequests: 0 },
  machineStretches: 0,
};

/** A batch as it could have been counted at scale 0.01: 282 handsets, 20,000 connections at two operators, 2 shards. */
const SMALL: BatchCount = {
  scale: 0.01,
  ladder: [{ order: 'reverify', days: 5 }],
  policy: { rowsPerDirection: 2000, handsetsPerChild: 250, linksPerShard: 20_000, linksPerHandset: 71 },
  drivers: {
    sightings: 50_000,
    usageFiles: 2,
    reports: 1,
    handsets: 282,
    connections: 20_000,
    connectionsOf: { jio: 15_000, vi: 5000 },
    reverifyDirections: { jio: 8, vi: 4 },
    blockDirections: { jio: 1, vi: 1 },
    orders: { '1-block': 2, '2-block': 2, '1-reverify': 12, '2-bar_outgoing': 12, 'failed-disconnect': 24 },
    orderRows: {},
    outcomes: {},
    responseFiles: 26,
    decisionFiles: 2,
    children: { expand: 2, claim: 3, direct: 0 },
    audit: { notes: 60, entries: 50, objects: 30 },
  },
  import: {
    ...NOTHING,
    tables: {
      Links: { BatchWriteItem: { calls: 2000, readUnits: 0, writeUnits: 50_000 } },
      Cases: { PutItem: { calls: 2, readUnits: 0, writeUnits: 2 } },
    },
    lambda: { Import: { invocations: 2, milliseconds: 2048, memoryMb: 1024 } },
  },
  batch: {
    ...NOTHING,
    tables: {
      // 20,000 + 282 claims, and 100 writes of ledgers that took 500 units.
      Cases: {
        PutItem: { calls: 20_382, readUnits: 0, writeUnits: 20_782 },
        // A unit for each claim, and for each of 60 facts told to the audit.
        BatchGetItem: { calls: 203, readUnits: 20_342, writeUnits: 0 },
        GetItem: { calls: 100, readUnits: 200, writeUnits: 0 },
      },
      Links: { Query: { calls: 282, readUnits: 700, writeUnits: 0 } },
    },
    operations: {
      s3: {
        PutObject: { calls: 80 },
        CopyObject: { calls: 20 },
        ListObjectsV2: { calls: 40 },
        GetObject: { calls: 104 },
        DeleteObject: { calls: 7 },
      },
      sns: { Publish: { calls: 130 } },
      sqs: { SendMessage: { calls: 60 } },
      kms: { GenerateMac: { calls: 4 } },
    },
    stepFunctions: {
      ...none,
      transitions: 114,
      mapChildStarts: 5,
      nestedStarts: 14,
      executionStarts: 1,
      byMachine: {
        Batch: { ...none, transitions: 30, mapChildStarts: 5, executionStarts: 1 },
        Direction: { ...none, transitions: 84, nestedStarts: 14 },
      },
    },
    lambda: {
      Claim: { invocations: 3, milliseconds: 4096, memoryMb: 512 },
      Record: { invocations: 20, milliseconds: 1024, memoryMb: 1024 },
      Intake: { invocations: 1, milliseconds: 0, memoryMb: 256 },
      Settle: { invocations: 1, milliseconds: 0, memoryMb: 256 },
      Audit: { invocations: 4, milliseconds: 0, memoryMb: 512 },
      Sweep: { invocations: 3, milliseconds: 1024, memoryMb: 1024 },
    },
    logs: { lines: 100, bytes: 20_000, keyRequests: 72 },
    machineStretches: 10,
  },
};

describe('what is billed', () => {
  it('is told apart from the counts of a run', () => {
    expect(ofBatch(SMALL)).toEqual({
      ladderTransitions: 84,
      otherTransitions: 30,
      mapChildren: 5,
      claimWrites: 20_000,
      handsetWrites: 282,
      recordWrites: 500,
      linkWrites: 0,
      claimReads: 20_282,
      recordReads: 260,
      linkReads: 700,
      invocations: 32,
      // 4.096 s × 0.5 GB + 1.024 s × 1 GB, twice
      gbSeconds: expect.closeTo(4.096, 9),
      puts: 140,
      gets: 104,
      publishes: 130,
      // 29 uploads and 60 facts are sent; 28 batches of messages are received and deleted.
      queueRequests: 29 + 60 + 2 * 28,
      uploadEvents: 29,
      keyRequests: 72,
      // A data key, and one to read, in each of ten quarters of an hour.
      machineKeyRequests: 20,
      hashKeyRequests: 4,
      functionLogGb: expect.closeTo((20_000 + 100 * 26 + 32 * 350) / 1e9, 15),
      machineLogGb: expect.closeTo((114 * 1600) / 1e9, 15),
      traces: 20,
    });
  });

  it('is nothing for nothing', () => {
    const quantities = quantitiesOf(NOTHING, { connections: 0, handsets: 0, uploads: 0, notes: 0 });
    expect(Object.values(quantities).every((count) => count === 0)).toBe(true);
    expect(totalOf(bill(quantities, pricesOf('us-east-1')))).toBe(0);
  });

  it('is told of the imports for a million sightings', () => {
    const { linkWrites, recordWrites, gbSeconds, queueRequests } = ofImports(SMALL);
    // 20 times 50,000 links, 2 records, 2.048 GB-seconds, and 2 files sent, received and deleted.
    expect([linkWrites, recordWrites, queueRequests]).toEqual([1_000_000, 40, 20 * (2 + 2 * 2)]);
    expect(gbSeconds).toBeCloseTo(40.96, 9);
  });
});

describe('the audit', () => {
  it('is told apart in what is billed, and grows with the steps of the ledgers and the minutes in which they fall', () => {
    const audit = {
      recordWrites: 80,
      recordReads: 64,
      invocations: 4,
      gbSeconds: 0,
      puts: 30,
      queueRequests: 68,
      hashKeyRequests: 4,
    };
    expect(addedBy(SMALL, 0.01)).toEqual({ encryption: { keyRequests: 72, machineKeyRequests: 20 }, audit });
    // From 14 directions, 52 orders and 26 files to 1,141, 4,504 and 2,252, told in so many minutes more.
    const facts = (1141 + 4504 + 2252) / 92;
    const minutes = facts ** 0.74;
    const large = addedBy(SMALL, 1).audit;
    expect(large.puts).toBeCloseTo(30 * minutes, 1);
    expect(large.recordWrites).toBeCloseTo(50 * facts + 30 * minutes, 1);
    expect(large.queueRequests).toBeCloseTo(60 * facts + 8 * minutes, 1);
  });
});

describe('the cost', () => {
  it('is each count times its price', () => {
    const billed = bill(
      { ladderTransitions: 17_000_000, recordWrites: 100_000, gbSeconds: 30_000, keyRequests: 20_000 },
      pricesOf('ap-south-1'),
    );
    expect(billed.ladderTransitions.usd).toBeCloseTo(484.5, 9);
    expect(billed.recordWrites.usd).toBeCloseTo(0.071, 9);
    expect(billed.gbSeconds.usd).toBeCloseTo(0.400002, 9);
    expect(billed.keyRequests.usd).toBeCloseTo(0.06, 9);
    expect(totalOf(billed)).toBeCloseTo(484.5 + 0.071 + 0.400002 + 0.06, 9);
  });

  it('of one write per connection is 1.42 dollars for the event in Mumbai, 1.25 in Virginia', () => {
    expect(totalOf(bill(floorOf(2_000_000), pricesOf('ap-south-1')))).toBeCloseTo(1.42, 9);
    expect(totalOf(bill(floorOf(2_000_000), pricesOf('us-east-1')))).toBeCloseTo(1.25, 9);
  });

  it('of one execution each grows with the connections', () => {
    const counted = { connections: 100, transitions: 850, putUnits: 100, updateUnits: 110, messages: 260 };
    const quantities = ofPerConnection(counted, 2_000_000);
    expect(quantities).toEqual({
      ladderTransitions: 17_000_000,
      claimWrites: 2_000_000,
      recordWrites: 2_200_000,
      queueRequests: 5_200_000,
    });
    // 17 × 28.5 + 4.2 × 0.71 + 5.2 × 0.4
    expect(totalOf(bill(quantities, pricesOf('ap-south-1')))).toBeCloseTo(489.562, 9);
  });
});

describe('a batch at another scale', () => {
  it('is as it was counted at its own', () => {
    expect(scaled(SMALL, 0.01)).toEqual(ofBatch(SMALL));
  });

  it('has the shards, children and directions that the policy cuts', () => {
    const size = expectedSize(SMALL, 1);
    // 28,200 × 71 / 20,000 = 100.1; 28,200 / 250 = 112.8; 28,200 / 2,000 = 14.1 at each of two operators.
    expect(size).toMatchObject({ handsets: 28_200, connections: 2_000_000, shards: 101, expand: 113, block: 30 });
    // 14,851 of jio's in a shard are 8 directions and 4,950 of vi's are 3, give or take what chance does: none.
    expect(size.reverify).toBeCloseTo(101 * (8 + 3), 3);
    // Two orders in a ladder, and two for failed rows, of each of 1,111 directions; and two of each block direction.
    expect(size.ladderOrders).toBeCloseTo(2 * 1111 + 2 * 30, 2);
    expect(size.causedOrders).toBeCloseTo(2 * 1111, 2);
    expect(size.responseFiles).toBeCloseTo((26 * (4 * 1111 + 60)) / 52, 2);
  });

  it('is told of as often, each time with all of its ledgers', () => {
    const told = { puts: 12, gets: 50, publishes: 5, queueRequests: 30, items: 9, ledgers: 28, ofNights: 0 };
    const { s3 = {}, sns = {}, sqs = {} } = SMALL.batch.operations;
    const more = ({ calls = 0 } = {}, by: number) => ({ calls: calls + by });
    const cases = SMALL.batch.tables.Cases ?? {};
    const units = (action: string, by: number) => {
      const { calls = 0, readUnits = 0, writeUnits = 0 } = cases[action] ?? {};
      return { calls: calls + by, readUnits: readUnits + by, writeUnits };
    };
    const withTell: BatchCount = {
      ...SMALL,
      drivers: { ...SMALL.drivers, told },
      batch: {
        ...SMALL.batch,
        operations: {
          ...SMALL.batch.operations,
          s3: { ...s3, PutObject: more(s3.PutObject, 12), GetObject: more(s3.GetObject, 50) },
          sns: { Publish: more(sns.Publish, 5) },
          sqs: { ...sqs, GetQueueAttributes: { calls: 30 } },
        },
        tables: {
          ...SMALL.batch.tables,
          Cases: { ...cases, GetItem: units('GetItem', 9), BatchGetItem: units('BatchGetItem', 28) },
        },
      },
    };
    const [without, large] = [scaled(SMALL, 1), scaled(withTell, 1)];
    const added = (line: Line) => large[line] - without[line];
    expect(added('puts')).toBeCloseTo(12, 6);
    expect(added('gets')).toBeCloseTo(50, 6);
    expect(added('publishes')).toBeCloseTo(5, 6);
    expect(added('queueRequests')).toBeCloseTo(30, 6);
    expect(added('recordReads')).toBeCloseTo(9, 6);
    // Both of its reads of 14 ledgers are of 1,141.
    expect(added('claimReads')).toBeCloseTo(2 * (1111 + 30), 1);
  });

  it('grows by what drives each count', () => {
    const large = scaled(SMALL, 1);
    const directions = 1111 + 30;
    expect(large.claimWrites).toBe(2_000_000);
    expect(large.handsetWrites).toBe(28_200);
    expect(large.claimReads).toBeCloseTo(2_028_200, 3);
    expect(large.linkReads).toBeCloseTo(70_000, 6);
    // Once for each rung, and four times for each direction: 84 = 28 + 4 × 14.
    expect(large.ladderTransitions).toBeCloseTo(2 * 1111 + 60 + 4 * directions, 2);
    // Above 40 directions there is a child for each 40: 28.5 of them. With those of Expand and Claim:
    const children = 113 + 101 + 15 + 29;
    expect(large.mapChildren).toBe(children);
    // 30 − 5 children − 14 directions are 11 that happen once.
    expect(large.otherTransitions).toBeCloseTo(11 + children + directions, 3);
    // 2.048 GB-seconds of Claim and 1.024 of Record, both for 100 times the connections, and 1.024 of the same three sweeps.
    expect(large.gbSeconds).toBeCloseTo(308.224, 6);
    // Claim for each shard, Record for each file, Intake and Settle once, Audit for each minute with a step of a ledger, three sweeps.
    const minutes = ((directions + (4 * 1111 + 60) * 1.5) / 92) ** 0.74;
    const invocations = 101 + 15 + 20 * ((4 * 1111 + 60) / 52) + 2 + 4 * minutes + 3;
    expect(large.invocations).toBeCloseTo(invocations, 2);
    expect(large.functionLogGb).toBeCloseTo(((20_000 + 100 * 26 + 32 * 350) / 1e9) * (invocations / 32), 12);
    // 104 = 2 × 2 slices of shards, and 100 that grow with the steps: 14 + 52 + 26 + 5 = 97.
    const steps = directions + (4 * 1111 + 60) * 1.5 + children;
    expect(large.gets).toBeCloseTo(113 * 101 + (100 * steps) / 97, 1);
    // The 40 lists are the sweeps', and 30 of the others the audit's.
    expect(large.puts).toBeCloseTo(40 + 30 * minutes + (70 * steps) / 97, 1);
    // Two keys for each of three sweeps, and 66 requests that grow as the root of the steps.
    expect(large.keyRequests).toBeCloseTo(6 + 66 * (steps / 97) ** 0.5, 1);
    expect(large.machineKeyRequests).toBeCloseTo(20 * (steps / 97) ** 0.5, 1);
    expect(large.hashKeyRequests).toBe(4);
    // A unit for each of 100 writes, and 400 more for 1,667 rows of a direction, which are 1,800 now.
    const ledgerSteps = directions + (4 * 1111 + 60) * 1.5;
    expect(large.recordWrites).toBeCloseTo((ledgerSteps / 92) * (100 + 400 * (2_000_000 / 1111 / (20_000 / 12))), 0);
  });
});

/** The same, of which 600 connections were moved: one night went on with 400 that were ported and 200 extended, another with 50 that returned. */
const MOVED: BatchCount = {
  ...SMALL,
  drivers: {
    ...SMALL.drivers,
    children: { expand: 2, claim: 5, direct: 0 },
    followUps: {
      moved: 600,
      nights: [{ ported: 400, extended: 200 }, { ported: 50 }],
      directions: 6,
      orders: { '1-reverify': 6, 'failed-disconnect': 4 },
      responseFiles: 4,
      looks: 10,
      waiting: 12,
      surveyed: 100,
    },
  },
  batch: {
    ...SMALL.batch,
    tables: {
      ...SMALL.batch.tables,
      Cases: {
        // 650 claims more, and 20 writes of one unit.
        PutItem: { calls: 21_052, readUnits: 0, writeUnits: 21_452 },
        // As many reads of claims as connections and handsets, 60 of the audit, and 100 of the surveys.
        BatchGetItem: { calls: 204, readUnits: 20_442, writeUnits: 0 },
        // 120 of them the nights' ten looks at twelve ledgers.
        GetItem: { calls: 220, readUnits: 320, writeUnits: 0 },
      },
    },
    stepFunctions: { ...SMALL.batch.stepFunctions, executionStarts: 11 },
    logs: { ...SMALL.batch.logs, keyRequests: 72 + 10 * 16 },
  },
};

describe('what is moved', () => {
  // In one night 60,000 rows in three shards of 20,000, in another 5,000 in one; and each ladder's at each of two operators:
  // ported: 3 × 2 × ⌈6,667 / 2,000⌉ = 24, extended: 3 × 2 × ⌈3,333 / 2,000⌉ = 12, returned: 2 × ⌈2,500 / 2,000⌉ = 4.
  const night = 24 + 12 + 4;

  it('is claimed once more, and goes on in directions that the policy cuts, in as many nights as before', () => {
    expect(ofBatch(MOVED)).toMatchObject({ claimWrites: 20_650, recordWrites: 520, uploadEvents: 33, traces: 30 });
    const size = expectedSize(MOVED, 1);
    expect(size.followUps.rows).toBeCloseTo(65_000, 6);
    expect(size.followUps.directions).toBeCloseTo(night, 3);
    expect(size.reverify).toBeCloseTo(1111 + night, 2);
    expect(size.shards).toBe(101 + 3 + 1);
    // As many orders as the report's directions have, and files as many for each of them.
    expect(size.ladderOrders).toBeCloseTo(2 * (1111 + night) + 60, 2);
    expect(size.causedOrders).toBeCloseTo(2 * (1111 + night), 2);
    expect(size.followUps.steps).toBeCloseTo(night * (1 + 4 * 1.5), 2);
  });

  it('grows with the rows and the directions, and what comes by the clock does not', () => {
    const large = scaled(MOVED, 1);
    expect(large.claimWrites).toBeCloseTo(2_065_000, 6);
    // The reads of claims a hundredfold; the surveys look at so many directions more, whose ledgers take one unit.
    expect(large.claimReads).toBeCloseTo(2_028_200 + 100 * (night / 6), 1);
    // Each of ten nights reads as many more ledgers as there are directions more; a unit for each of the 100 other reads, and 100 more for
    // rows, of the report's 78 steps of 1,667 rows and of the follow-ups' 20 of 108.
    const steps = 1111 + night + 30 + (4 * (1111 + night) + 60) * 1.5;
    const own = night * 7;
    const rows = ((steps - own) * 2_000_000) / 1111 + (own * 65_000) / night;
    const rowsThen = (92 * 20_000) / 12 + (20 * 650) / 6;
    const looks = 120 * ((1111 + night) / 18);
    // 320 units and 60 of the audit, without 120: 100 are one for each call, 160 others.
    expect(large.recordReads).toBeCloseTo(looks + 100 * (steps / 112) + 160 * (rows / rowsThen), 0);
    expect(large.traces).toBeCloseTo(11 + large.mapChildren + 1111 + night + 30, 2);
    // Two keys for each of three sweeps, and eight for both functions of each night.
    const [then, now] = [112 + 7, steps + 113 + 105 + 15 + 29];
    expect(large.keyRequests).toBeCloseTo(6 + 160 + 66 * (now / then) ** 0.5, 1);
  });

  it('has a goal of its own, which is judged where so much is moved', () => {
    const perConnection = { connections: 1, transitions: 9, putUnits: 1, updateUnits: 1, messages: 2 };
    const cost = (counted: BatchCount) =>
      costOf({ region: 'ap-south-1', prices: pricesOf('ap-south-1'), scale: 1, counts: [counted], perConnection });
    expect(cost(SMALL)).toMatchObject({ moved: null, goal: { usd: 2.6 } });
    expect(cost(MOVED)).toMatchObject({ moved: { share: 0.03, nights: 2 }, goal: { usd: 2.75 } });
    expect(costText(cost(MOVED))).toContain(
      "Of its connections 3.00 % were moved, and went on in 2 nights' batches of 40 directions",
    );
    const { drivers } = MOVED;
    const fewer = { ...MOVED, drivers: { ...drivers, followUps: { ...drivers.followUps, moved: 599 } } } as BatchCount;
    expect(cost(fewer).goal).toBeNull();
  });
});

describe('an operator’s part of a shard', () => {
  /** The same, from Poisson's probabilities one by one. */
  function exactly(mean: number, most: number): number {
    let pieces = 0;
    let probability = Math.exp(-mean);
    for (let rows = 0; rows < 1000; rows++) {
      pieces += probability * Math.ceil(rows / most);
      probability *= mean / (rows + 1);
    }
    return pieces;
  }

  it.each([
    [0.1, 5],
    [3, 5],
    [12, 5],
    [40, 20],
    [200, 40],
    [300, 70],
  ])('of %d rows on average, %d to a direction, is cut as chance has it', (mean, most) => {
    expect(expectedPieces(mean, most)).toBeCloseTo(exactly(mean, most), 1);
  });

  it('is in one piece or two, as often as not, where it holds just a direction’s rows on average', () => {
    expect(expectedPieces(2000, 2000)).toBeCloseTo(1.5, 1);
    expect(expectedPieces(1000, 2000)).toBeCloseTo(1, 6);
    expect(expectedPieces(0, 2000)).toBe(0);
  });
});

describe('the time of the functions', () => {
  const perConnection = { connections: 1, transitions: 9, putUnits: 1, updateUnits: 1, messages: 2 };
  const costs = (counted: BatchCount) =>
    costOf({ region: 'ap-south-1', prices: pricesOf('ap-south-1'), scale: 1, counts: [counted], perConnection });
  /** SMALL, counted on a machine that takes some times as long for everything. */
  const slower = (times: number): BatchCount => {
    const longer = (phase: Phase): Phase => ({
      ...phase,
      lambda: Object.fromEntries(
        Object.entries(phase.lambda).map(([name, usage]) => [
          name,
          { ...usage, milliseconds: usage.milliseconds * times },
        ]),
      ),
    });
    const { import: imported, batch } = SMALL;
    return { ...SMALL, import: longer(imported), batch: longer(batch), round: REFERENCE.milliseconds * times };
  };

  it('is billed at the speed of the reference machine, so that no goal hangs on the machine that counts', () => {
    const reference = costs(slower(1));
    const other = costs(slower(8));
    expect(other.totals.ours).toBeCloseTo(reference.totals.ours, 9);
    expect(other.imports.usd).toBeCloseTo(reference.imports.usd, 9);
    expect(other.added.audit.usd).toBeCloseTo(reference.added.audit.usd, 9);
    // What was measured is told beside it.
    expect(other.measured.count).toBeCloseTo(8 * reference.measured.count, 6);
    expect(other.measured.round).toBe(8 * REFERENCE.milliseconds);
  });

  it('is told as it was measured and as it was reckoned, with the machine of the reference', () => {
    const page = costText(costs(slower(2)));
    expect(page).toContain(`the reference machine (${REFERENCE.machine})`);
    expect(page).toContain(
      `took ${(2 * REFERENCE.milliseconds).toFixed(1)} ms here, beside the batch, and ${REFERENCE.milliseconds} ms there`,
    );
    // Saved counts that don't tell the machine's speed are taken as they are, which is said.
    expect(costText(costs(SMALL))).toContain('the time is taken as it was measured');
    expect(costs(SMALL).measured.count).toBe(costs(slower(1)).measured.count);
  });

  it('is compared by rounds of a fixed piece of work', () => {
    const rounds = timeRounds(3);
    expect(rounds).toHaveLength(3);
    for (const round of rounds) expect(round).toBeGreaterThan(0);
  });
});
