/** The growth of a batch's billed quantities with its size. */
import { MOST_INLINE } from '../../lambdas/domain/limits.ts';
import { planSample } from '../../simulation/sample.ts';
import type { BatchCount } from './counts.ts';
import { gbSeconds, goingOnOf, keysOf, type Line, ofBatch, TRANSITION_LOG } from './quantities.ts';

/** The drivers of a batch's counts, known or expected. */
interface Size {
  handsets: number;
  connections: number;
  /** Children of Claim for numbers, and for handsets. */
  shards: number;
  blockShards: number;
  expand: number;
  reverify: number;
  block: number;
  /** Children of Direct. */
  direct: number;
  /** Orders of the ladders, and those that answers with failed rows cause. */
  ladderOrders: number;
  causedOrders: number;
  responseFiles: number;
  /** The follow-ups' part of all this, and their rows, which are not connections of the report. */
  followUps: { rows: number; directions: number; steps: number };
}

const total = (counts: Record<string, number>, only: (name: string) => boolean = () => true) =>
  Object.entries(counts).reduce((sum, [name, count]) => sum + (only(name) ? count : 0), 0);
const isBlock = (order: string) => order.endsWith('-block');
/** Whether a response causes an order: for failed rows, or to give service back. */
const isCaused = (order: string) => /^(failed|back)-/.test(order);

export function countedSize({ drivers, policy }: BatchCount): Size {
  const { handsets, connections, children, followUps } = drivers;
  const blockShards = Math.ceil(handsets / policy.rowsPerDirection);
  const { directions = 0, orders = {}, responseFiles = 0 } = followUps ?? {};
  const ofOrders = (only: (order: string) => boolean) => total(drivers.orders, only) + total(orders, only);
  return {
    handsets,
    connections,
    shards: children.claim - blockShards,
    blockShards,
    expand: children.expand,
    reverify: total(drivers.reverifyDirections) + directions,
    block: total(drivers.blockDirections),
    direct: children.direct,
    ladderOrders: ofOrders((order) => !isCaused(order)),
    causedOrders: ofOrders(isCaused),
    responseFiles: drivers.responseFiles + responseFiles,
    followUps: { rows: goingOnOf(drivers), directions, steps: directions + total(orders) + responseFiles },
  };
}

/**
 * The size that a batch at another scale is expected to have: shards, children and directions from the policy, as the system cuts them;
 * orders of each kind per direction, and files per order, as counted. A follow-up's directions, which have few rows each in a small batch,
 * have as many of these as the report's.
 */
export function expectedSize(counted: BatchCount, scale: number): Size {
  const { drivers, policy } = counted;
  const { handsets, connections } = planSample({ seed: 1, scale, start: 0 });
  const ofReport = Math.max(1, Math.ceil((handsets * policy.linksPerHandset) / policy.linksPerShard));
  const blockShards = Math.ceil(handsets / policy.rowsPerDirection);
  const planned = Object.values(drivers.connectionsOf).reduce(
    (sum, own) =>
      sum + ofReport * expectedPieces((own / drivers.connections) * (connections / ofReport), policy.rowsPerDirection),
    0,
  );
  const nights = expectedNights(counted, connections);
  const reverify = planned + nights.directions;
  const block = Object.keys(drivers.blockDirections).length * blockShards;
  const moreReverify = reverify / total(drivers.reverifyDirections);
  const moreBlock = block / total(drivers.blockDirections);
  const causedOrders = moreReverify * total(drivers.orders, isCaused);
  const ofLadders = moreReverify * total(drivers.orders, (order) => !isBlock(order) && !isCaused(order));
  const ladderOrders = moreBlock * total(drivers.orders, isBlock) + ofLadders;
  const filesPerOrder = drivers.responseFiles / total(drivers.orders);
  const stepsPerDirection = 1 + ((ofLadders + causedOrders) / reverify) * (1 + filesPerOrder);
  return {
    handsets,
    connections,
    shards: ofReport + nights.shards,
    blockShards,
    expand: Math.ceil(handsets / policy.handsetsPerChild),
    reverify,
    block,
    direct: planned + block > MOST_INLINE ? Math.ceil((planned + block) / MOST_INLINE) : 0,
    ladderOrders,
    causedOrders,
    responseFiles: filesPerOrder * (ladderOrders + causedOrders),
    followUps: { rows: nights.rows, directions: nights.directions, steps: nights.directions * stepsPerDirection },
  };
}

/** The follow-ups of a batch with this many connections: as many nights, and each of their ladders at each of the operators. */
function expectedNights({ drivers, policy }: BatchCount, connections: number) {
  const operators = Object.keys(drivers.connectionsOf).length;
  const all = { rows: 0, shards: 0, directions: 0 };
  for (const night of drivers.followUps?.nights ?? []) {
    const more = connections / drivers.connections;
    const shards = Math.ceil((total(night) * more) / policy.linksPerShard);
    all.rows += total(night) * more;
    all.shards += shards;
    for (const rows of Object.values(night))
      all.directions +=
        shards * operators * expectedPieces((rows * more) / shards / operators, policy.rowsPerDirection);
  }
  return all;
}

/**
 * The number of directions into which an operator's part of a shard is cut, on average: a hash spreads the numbers, so that the part has a
 * Poisson distribution, and is now and then just over what its directions hold.
 * @param mean rows of the operator in a shard
 * @param most rows of a direction
 */
export function expectedPieces(mean: number, most: number): number {
  let pieces = 0;
  for (let k = 0; k * most < mean + 8 * Math.sqrt(mean); k++) {
    pieces += k === 0 ? 1 - Math.exp(-mean) : 1 - normal((k * most + 0.5 - mean) / Math.sqrt(mean));
  }
  return pieces;
}

/** The standard normal distribution function, by Zelen and Severo's polynomial; accurate to seven digits. */
function normal(x: number): number {
  if (x < 0) return 1 - normal(-x);
  const t = 1 / (1 + 0.2316419 * x);
  const powers = ((((1.330274429 * t - 1.821255978) * t + 1.781477937) * t - 0.356563782) * t + 0.31938153) * t;
  return 1 - (powers * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

const directionsOf = ({ reverify, block }: Size) => reverify + block;
const ordersOf = ({ ladderOrders, causedOrders }: Size) => ladderOrders + causedOrders;
const childrenOf = ({ expand, shards, blockShards, direct }: Size) => expand + shards + blockShards + direct;
/** The steps that change a ledger: its creation, its orders, its answers, its end. */
export const ledgerStepsOf = (size: Size) => directionsOf(size) + ordersOf(size) + size.responseFiles;
/** The steps, each multiplied by its direction's rows. */
const ledgerRowsOf = (size: Size) => {
  const { connections, reverify, followUps } = size;
  const ofReport = ((ledgerStepsOf(size) - followUps.steps) * connections) / (reverify - followUps.directions);
  return ofReport + (followUps.directions === 0 ? 0 : (followUps.steps * followUps.rows) / followUps.directions);
};
/**
 * The units of a strongly consistent read of a ledger, whose outcomes are kept deflated: those of 2,000 rows that a dozen files answered
 * take some 2.6 kB, with 1 kB beside them. The count at a tenth of the event's size was 1.04 a read.
 */
const ledgerReadOf = (rows: number) => Math.ceil((rows * 1.3 + 1000) / 4096);

export type Grows = (size: Size) => number;
const fixed: Grows = () => 1;
const perConnection: Grows = ({ connections }) => connections;
/**
 * Time that grows with the connections in each step. A follow-up's step takes as long as one of the report's, since in a small batch hardly
 * any of a step's time depends on its rows.
 */
const perStep: Grows = (size) =>
  (size.connections * ledgerStepsOf(size)) / (ledgerStepsOf(size) - size.followUps.steps);
/**
 * The quantities that come once for all steps of a minute. The more there is to do, the more of it falls together: the count was 26 times
 * for 84 times the steps.
 */
export const perMinute: Grows = (size) => ledgerStepsOf(size) ** 0.74;

/** The zero counts of files that were saved before Tell existed. */
const NOTHING_TOLD = { puts: 0, gets: 0, publishes: 0, queueRequests: 0, items: 0, ledgers: 0, ofNights: 0 };

/** The drivers of each function's invocations and of its time. A function that isn't named here grows with the directions. */
const FUNCTIONS: Readonly<Record<string, readonly [invocations: Grows, time: Grows]>> = {
  Intake: [fixed, fixed],
  Screen: [fixed, ({ handsets }) => handsets],
  Expand: [({ expand }) => expand, perConnection],
  Gather: [fixed, perConnection],
  Claim: [({ shards, blockShards }) => shards + blockShards, perStep],
  Commit: [fixed, directionsOf],
  Order: [({ ladderOrders }) => ladderOrders, perStep],
  Record: [({ responseFiles }) => responseFiles, perStep],
  Close: [directionsOf, directionsOf],
  Settle: [fixed, perConnection],
  Audit: [perMinute, ledgerStepsOf],
  // The sweep runs by the clock, however much there is to do.
  Sweep: [fixed, fixed],
  // Tell runs by the batch's own steps and the clock, each time over all of its ledgers.
  Tell: [fixed, directionsOf],
  Follow: [fixed, fixed],
  Collect: [fixed, directionsOf],
};

/**
 * The quantities that a batch at another scale is expected to be billed for. Each count is scaled by its driver, since a small batch is not
 * a fraction of a large one: it has a whole direction for each operator in each shard, however few its rows.
 */
export function scaled(counted: BatchCount, scale: number): Record<Line, number> {
  const now = ofBatch(counted);
  if (scale === counted.scale) return now;
  const small = countedSize(counted);
  const large = expectedSize(counted, scale);
  const by = (grows: Grows) => grows(large) / grows(small);
  const { tables, lambda, operations, stepFunctions } = counted.batch;
  const { audit, followUps, told = NOTHING_TOLD } = counted.drivers;

  // The first unit of each call on a ledger is for the call, the others are for the rows of the direction.
  const calls = (only: (action: string) => boolean) =>
    Object.entries(tables.Cases ?? {}).reduce((sum, [action, usage]) => sum + (only(action) ? usage.calls : 0), 0);
  const writes = calls((action) => /^(Put|Update|Delete)Item$/.test(action)) - now.claimWrites - now.handsetWrites;
  const reads = calls((action) => action === 'GetItem');
  const ledgers = (units: number, ofCalls: number) =>
    by(ledgerStepsOf) * ofCalls + by(ledgerRowsOf) * (units - ofCalls);
  // The nights and the surveys read ledgers by the clock, as often in a large batch as in a small one.
  const read = ledgerReadOf(large.connections / large.reverify);
  const { looks = 0, waiting = 0, surveyed = 0 } = followUps ?? {};
  const looked = looks * waiting;
  const lookedAt = looked * by(({ reverify }) => reverify) * read;
  const surveys = surveyed * by((size) => Math.max(1, size.followUps.directions)) * read;

  const grown = Object.entries(lambda).map(([name, usage]) => {
    const [byInvocations, byTime] = FUNCTIONS[name] ?? [directionsOf, directionsOf];
    return { invocations: usage.invocations * by(byInvocations), gbSeconds: gbSeconds(usage) * by(byTime) };
  });
  const sum = (of: 'invocations' | 'gbSeconds') => grown.reduce((all, one) => all + one[of], 0);
  // The Batch machine makes one step in each child, and one for each direction; its other steps come once.
  const once = now.otherTransitions - childrenOf(small) - directionsOf(small);
  const otherTransitions = once + childrenOf(large) + directionsOf(large);
  // Each rung's order takes one transition; each direction has, besides, those of the end of its ladder, and of orders issued for nobody.
  const ends = now.ladderTransitions - small.ladderOrders;
  const ladderTransitions = large.ladderOrders + ends * by(directionsOf);
  const mapChildren = childrenOf(large);
  // A child of Claim reads its part of each child of Expand's objects.
  const slices = ({ expand, shards }: Size) => expand * shards;
  const steps: Grows = (size) => ledgerStepsOf(size) + childrenOf(size);
  const { reports, decisionFiles } = counted.drivers;
  const uploads: Grows = ({ responseFiles }) => reports + decisionFiles + responseFiles;
  // The sweeps list by the clock, and so does Tell; nobody else lists anything.
  const lists = Object.entries(operations.s3 ?? {}).reduce(
    (all, [action, { calls }]) => all + (/^List/.test(action) ? calls : 0),
    0,
  );
  const invoked = (name: string) => lambda[name]?.invocations ?? 0;
  const keysByClock =
    invoked('Sweep') * keysOf('Sweep') +
    invoked('Tell') * keysOf('Tell') +
    looks * (keysOf('Follow') + keysOf('Collect'));
  // Each invocation stands for a receive and a delete.
  const queuesByClock = told.queueRequests + 2 * (invoked('Sweep') + invoked('Follow'));
  const auditBatches = 2 * invoked('Audit');
  const invocations = sum('invocations');
  return {
    ladderTransitions,
    otherTransitions,
    mapChildren,
    claimWrites: large.connections + large.followUps.rows,
    handsetWrites: large.handsets,
    recordWrites: ledgers(now.recordWrites, writes),
    linkWrites: now.linkWrites,
    // Tell's reads of a ledger are not reads of claims; a ledger is kept small, and so is one unit.
    claimReads:
      (now.claimReads - surveyed - told.ledgers - told.ofNights) *
        by(({ connections, handsets }) => connections + handsets) +
      surveys +
      told.ledgers * by(directionsOf) +
      told.ofNights * by((size) => Math.max(1, size.followUps.directions)),
    recordReads: ledgers(now.recordReads - looked - told.items, reads - looked - told.items) + lookedAt + told.items,
    linkReads: now.linkReads * by(perConnection),
    invocations,
    gbSeconds: sum('gbSeconds'),
    puts:
      lists + told.puts + audit.objects * by(perMinute) + (now.puts - lists - told.puts - audit.objects) * by(steps),
    gets: told.gets + (now.gets - told.gets - slices(small)) * by(steps) + slices(large),
    publishes: told.publishes + (now.publishes - told.publishes) * by((size) => ordersOf(size) + size.responseFiles),
    queueRequests:
      queuesByClock +
      auditBatches * by(perMinute) +
      (now.queueRequests - queuesByClock - auditBatches) * by((size) => ledgerStepsOf(size) + uploads(size)),
    uploadEvents: now.uploadEvents * by(uploads),
    // The more there is to do, the more of it falls into the same five minutes: the count was 9 times as many for 84 times the steps.
    keyRequests: keysByClock + (now.keyRequests - keysByClock) * by(steps) ** 0.5,
    machineKeyRequests: now.machineKeyRequests * by(steps) ** 0.5,
    // Each instance of Audit asks for its key once.
    hashKeyRequests: now.hashKeyRequests,
    // An invocation writes about as much in a large batch as in a small one.
    functionLogGb: (now.functionLogGb * invocations) / now.invocations,
    machineLogGb: ((ladderTransitions + otherTransitions) * TRANSITION_LOG) / 1e9,
    traces: stepFunctions.executionStarts + mapChildren + directionsOf(large),
  };
}
