/** From counts to money: what is billed of a batch, how it grows with the batch, and what it costs. Pure. */
import { MOST_INLINE } from '../../lambdas/domain/limits.ts';
import { planSample } from '../../simulation/sample.ts';
import type { PerConnectionCount } from './count-per-connection.ts';
import type { BatchCount, Phase } from './counts.ts';
import type { Price, PriceName } from './prices.ts';

/** What a line of a bill is for. */
export interface LineKind {
  service: string;
  what: string;
  price: PriceName;
  /** Set where the count isn't what AWS would count: an upper bound, or an estimate from other counts. */
  mark?: 'at most' | 'about';
}

/** All that is billed, line by line. */
export const LINES = {
  ladderTransitions: { service: 'Step Functions', what: 'transitions of the ladders', price: 'stateTransition' },
  otherTransitions: { service: 'Step Functions', what: 'all other transitions', price: 'stateTransition' },
  mapChildren: { service: 'Step Functions', what: 'children started by Distributed Maps', price: 'stateTransition' },
  claimWrites: { service: 'DynamoDB', what: 'write units: one claim per connection', price: 'dynamodbWrite' },
  handsetWrites: { service: 'DynamoDB', what: 'write units: one claim per handset', price: 'dynamodbWrite' },
  recordWrites: { service: 'DynamoDB', what: 'write units: ledgers and other records', price: 'dynamodbWrite' },
  linkWrites: { service: 'DynamoDB', what: 'write units: links', price: 'dynamodbWrite' },
  claimReads: { service: 'DynamoDB', what: 'read units: claims', price: 'dynamodbRead' },
  recordReads: { service: 'DynamoDB', what: 'read units: ledgers and other records', price: 'dynamodbRead' },
  linkReads: { service: 'DynamoDB', what: 'read units: links', price: 'dynamodbRead' },
  invocations: { service: 'Lambda', what: 'requests', price: 'lambdaRequest' },
  gbSeconds: { service: 'Lambda', what: 'GB-seconds', price: 'lambdaGbSecond', mark: 'about' },
  puts: { service: 'S3', what: 'PUT, COPY, POST and LIST requests', price: 's3Put' },
  gets: { service: 'S3', what: 'GET requests', price: 's3Get' },
  publishes: { service: 'SNS', what: 'notices published', price: 'snsPublish' },
  queueRequests: { service: 'SQS', what: 'requests', price: 'sqsRequest' },
  uploadEvents: { service: 'EventBridge', what: "the inbox's events", price: 'optInEvent' },
  keyRequests: { service: 'KMS', what: 'requests for data keys', price: 'kmsRequest', mark: 'at most' },
  machineKeyRequests: {
    service: 'KMS',
    what: "requests for state machines' data keys",
    price: 'kmsRequest',
    mark: 'about',
  },
  hashKeyRequests: { service: 'KMS', what: 'keys for the keyed hashes of the audit', price: 'kmsRequest' },
  functionLogGb: { service: 'CloudWatch', what: 'GB of logs of functions', price: 'logGb', mark: 'about' },
  machineLogGb: { service: 'CloudWatch', what: 'GB of logs of state machines', price: 'logGb', mark: 'about' },
  traces: { service: 'X-Ray', what: 'traces, one per execution', price: 'xrayTrace', mark: 'at most' },
} as const satisfies Record<string, LineKind>;
export type Line = keyof typeof LINES;
export const LINE_NAMES = Object.keys(LINES) as Line[];

/** How much of each line; what isn't named is none. */
export type Quantities = Partial<Record<Line, number>>;

const S3_READS = ['GetObject', 'HeadObject'];
/** S3 bills nothing for these. */
const S3_FREE = ['DeleteObject', 'DeleteObjects', 'AbortMultipartUpload'];
/** Functions behind a queue: each invocation is one receive and one delete of a batch of messages. */
const QUEUE_READERS = ['Intake', 'Import', 'Record', 'Audit'];
/** Bytes that CloudWatch Logs adds to each line. */
const LINE_OVERHEAD = 26;
/** START, END and REPORT, which Lambda writes for each invocation: bytes of the three lines, their overhead with them. */
const INVOCATION_LOG = 350;
/** What a machine that logs everything without data writes for one transition: some four events of some 400 bytes. */
const TRANSITION_LOG = 4 * 400;
/**
 * The keys that a function may ask KMS for in a stretch of five minutes, for which services keep a data key: those of the table,
 * of the buckets, and of the topic, to encrypt and to deliver. Buckets, by their bucket keys, have theirs for about as long, and
 * queues for half a day, which is a few requests for each function in all.
 */
const KEYS_OF: Readonly<Record<string, number>> = { Audit: 2, Close: 1, Order: 5, Record: 6, Sweep: 2 };
/** Of every other function, which works a few times in a batch. */
const MOST_KEYS = 8;

/** How many requests for keys a function may make in a stretch. */
export const keysOf = (functionName: string): number => KEYS_OF[functionName] ?? MOST_KEYS;

/**
 * What Step Functions asks KMS for in a quarter of an hour in which a machine works: a data key, and to read one, that under
 * which the executions that go on were written before. A rung's begin and end together.
 */
const MACHINE_KEYS = 2;

/** What a phase's usage doesn't tell apart from other writes, reads and events. */
interface Beside {
  connections: number;
  handsets: number;
  uploads: number;
  /** Facts told to the audit, each looked up among those that it has. */
  notes: number;
}

/** What is billed of one phase of a run. */
export function quantitiesOf(
  { tables, operations, stepFunctions, lambda, logs, machineStretches }: Phase,
  beside: Beside,
): Record<Line, number> {
  const units = (table: string, of: 'readUnits' | 'writeUnits', only: (action: string) => boolean = () => true) =>
    Object.entries(tables[table] ?? {}).reduce((sum, [action, usage]) => sum + (only(action) ? usage[of] : 0), 0);
  const calls = (service: string, only: (action: string) => boolean) =>
    Object.entries(operations[service] ?? {}).reduce(
      (sum, [action, usage]) => sum + (only(action) ? usage.calls : 0),
      0,
    );
  const invocations = Object.values(lambda).reduce((sum, usage) => sum + usage.invocations, 0);
  const ladderTransitions = stepFunctions.byMachine.Direction?.transitions ?? 0;
  const batches = QUEUE_READERS.reduce((sum, name) => sum + (lambda[name]?.invocations ?? 0), 0);
  const executions = stepFunctions.executionStarts + stepFunctions.nestedStarts + stepFunctions.mapChildStarts;
  const isClaimRead = (action: string) => action === 'BatchGetItem';
  return {
    ladderTransitions,
    otherTransitions: stepFunctions.transitions - ladderTransitions,
    mapChildren: stepFunctions.mapChildStarts,
    claimWrites: beside.connections,
    handsetWrites: beside.handsets,
    recordWrites: units('Cases', 'writeUnits') - beside.connections - beside.handsets,
    linkWrites: units('Links', 'writeUnits'),
    claimReads: units('Cases', 'readUnits', isClaimRead) - beside.notes,
    recordReads: units('Cases', 'readUnits', (action) => !isClaimRead(action)) + beside.notes,
    linkReads: units('Links', 'readUnits'),
    invocations,
    gbSeconds: Object.values(lambda).reduce((sum, usage) => sum + gbSeconds(usage), 0),
    puts: calls('s3', (action) => !S3_READS.includes(action) && !S3_FREE.includes(action)),
    gets: calls('s3', (action) => S3_READS.includes(action)),
    publishes: calls('sns', (action) => action === 'Publish'),
    // Each upload's event is sent to a queue; receives and deletes come in batches.
    queueRequests: beside.uploads + 2 * batches + calls('sqs', () => true),
    uploadEvents: beside.uploads,
    keyRequests: logs.keyRequests,
    machineKeyRequests: machineStretches * MACHINE_KEYS,
    hashKeyRequests: calls('kms', () => true),
    functionLogGb: (logs.bytes + logs.lines * LINE_OVERHEAD + invocations * INVOCATION_LOG) / 1e9,
    machineLogGb: (stepFunctions.transitions * TRANSITION_LOG) / 1e9,
    traces: executions,
  };
}

function gbSeconds({ milliseconds, memoryMb }: { milliseconds: number; memoryMb: number }): number {
  return (milliseconds / 1000) * (memoryMb / 1024);
}

/** What is billed of a counted batch, its imports left out. */
export function ofBatch({ batch, drivers }: BatchCount): Record<Line, number> {
  const { connections, handsets, reports, responseFiles, audit } = drivers;
  return quantitiesOf(batch, { connections, handsets, uploads: reports + responseFiles, notes: audit.notes });
}

/**
 * The audit's part in what is billed of a counted batch. Here its messages come at once; on AWS more of them come together.
 * @param facts how many times as many facts it is told of
 * @param minutes in how many times as many minutes they fall
 */
export function ofAudit({ batch, drivers: { audit } }: BatchCount, facts = 1, minutes = 1): Quantities {
  const usage = batch.lambda.Audit ?? { invocations: 0, milliseconds: 0, memoryMb: 0 };
  return {
    // A mark for each entry, and the end of the chain for each object.
    recordWrites: audit.entries * facts + audit.objects * minutes,
    recordReads: audit.notes * facts + usage.invocations * minutes,
    invocations: usage.invocations * minutes,
    gbSeconds: gbSeconds(usage) * facts,
    puts: audit.objects * minutes,
    queueRequests: audit.notes * facts + 2 * usage.invocations * minutes,
    hashKeyRequests: batch.operations.kms?.GenerateMac?.calls ?? 0,
  };
}

/** What is billed of the imports before a counted batch, for each million sightings. */
export function ofImports({ import: imported, drivers }: BatchCount): Record<Line, number> {
  const all = quantitiesOf(imported, { connections: 0, handsets: 0, uploads: drivers.usageFiles, notes: 0 });
  return multiplied(all, 1e6 / drivers.sightings);
}

/** One write per connection and nothing else: no design does with less. */
export const floorOf = (connections: number): Quantities => ({ claimWrites: connections });

/** What is billed of the design of one execution per connection, for so many connections. */
export function ofPerConnection(counted: PerConnectionCount, connections: number): Quantities {
  const { transitions, putUnits, updateUnits, messages } = counted;
  const all = {
    ladderTransitions: transitions,
    claimWrites: putUnits,
    recordWrites: updateUnits,
    queueRequests: messages,
  };
  return multiplied(all, connections / counted.connections);
}

function multiplied<Q extends Quantities>(quantities: Q, factor: number): Q {
  return Object.fromEntries(Object.entries(quantities).map(([line, count]) => [line, count * factor])) as Q;
}

/** What a batch's counts grow with, known or expected. */
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
  failedOrders: number;
  responseFiles: number;
}

const total = (counts: Record<string, number>, only: (name: string) => boolean = () => true) =>
  Object.entries(counts).reduce((sum, [name, count]) => sum + (only(name) ? count : 0), 0);
const isBlock = (order: string) => order.endsWith('-block');
const isFailed = (order: string) => order.startsWith('failed-');

function countedSize({ drivers, policy }: BatchCount): Size {
  const { handsets, connections, children, orders, responseFiles } = drivers;
  const blockShards = Math.ceil(handsets / policy.rowsPerDirection);
  return {
    handsets,
    connections,
    shards: children.claim - blockShards,
    blockShards,
    expand: children.expand,
    reverify: total(drivers.reverifyDirections),
    block: total(drivers.blockDirections),
    direct: children.direct,
    ladderOrders: total(orders, (order) => !isFailed(order)),
    failedOrders: total(orders, isFailed),
    responseFiles,
  };
}

/**
 * The size that a batch at another scale is expected to have: shards, children and directions from the policy, as the
 * system cuts them; orders of each kind as many per direction, and files as many per order, as were counted.
 */
export function expectedSize(counted: BatchCount, scale: number): Size {
  const { drivers, policy } = counted;
  const { handsets, connections } = planSample({ seed: 1, scale, start: 0 });
  const shards = Math.max(1, Math.ceil((handsets * policy.linksPerHandset) / policy.linksPerShard));
  const blockShards = Math.ceil(handsets / policy.rowsPerDirection);
  const reverify = Object.values(drivers.connectionsOf).reduce(
    (sum, own) =>
      sum + shards * expectedPieces((own / drivers.connections) * (connections / shards), policy.rowsPerDirection),
    0,
  );
  const block = Object.keys(drivers.blockDirections).length * blockShards;
  const moreReverify = reverify / total(drivers.reverifyDirections);
  const moreBlock = block / total(drivers.blockDirections);
  const failedOrders = moreReverify * total(drivers.orders, isFailed);
  const ladderOrders =
    moreBlock * total(drivers.orders, isBlock) +
    moreReverify * total(drivers.orders, (order) => !isBlock(order) && !isFailed(order));
  return {
    handsets,
    connections,
    shards,
    blockShards,
    expand: Math.ceil(handsets / policy.handsetsPerChild),
    reverify,
    block,
    direct: reverify + block > MOST_INLINE ? Math.ceil((reverify + block) / MOST_INLINE) : 0,
    ladderOrders,
    failedOrders,
    responseFiles: (drivers.responseFiles * (ladderOrders + failedOrders)) / total(drivers.orders),
  };
}

/**
 * Into how many directions an operator's part of a shard is cut, on average: a hash spreads the numbers, so that the part
 * is distributed as Poisson's numbers are, and now and then one is just over what its directions hold.
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

/** The standard normal distribution function, by Zelen and Severo's polynomial; right to seven digits. */
function normal(x: number): number {
  if (x < 0) return 1 - normal(-x);
  const t = 1 / (1 + 0.2316419 * x);
  const powers = ((((1.330274429 * t - 1.821255978) * t + 1.781477937) * t - 0.356563782) * t + 0.31938153) * t;
  return 1 - (powers * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

const directionsOf = ({ reverify, block }: Size) => reverify + block;
const ordersOf = ({ ladderOrders, failedOrders }: Size) => ladderOrders + failedOrders;
const childrenOf = ({ expand, shards, blockShards, direct }: Size) => expand + shards + blockShards + direct;
/** Steps that change a ledger: its creation, its orders, its answers, its end. */
const ledgerStepsOf = (size: Size) => directionsOf(size) + ordersOf(size) + size.responseFiles;
const rowsPerDirectionOf = ({ connections, reverify }: Size) => connections / reverify;

type Grows = (size: Size) => number;
const fixed: Grows = () => 1;
const perConnection: Grows = ({ connections }) => connections;
/** What is there once for all steps of a minute. The more there is to do, the more of it falls together: counted were 26 times for 84 times the steps. */
const perMinute: Grows = (size) => ledgerStepsOf(size) ** 0.74;

/** What each function's invocations and its time grow with. Whatever isn't named here grows with the directions. */
const FUNCTIONS: Readonly<Record<string, readonly [invocations: Grows, time: Grows]>> = {
  Intake: [fixed, fixed],
  Screen: [fixed, ({ handsets }) => handsets],
  Expand: [({ expand }) => expand, perConnection],
  Gather: [fixed, perConnection],
  Claim: [({ shards, blockShards }) => shards + blockShards, perConnection],
  Commit: [fixed, directionsOf],
  Order: [({ ladderOrders }) => ladderOrders, perConnection],
  Record: [({ responseFiles }) => responseFiles, perConnection],
  Close: [directionsOf, directionsOf],
  Settle: [fixed, perConnection],
  Audit: [perMinute, ledgerStepsOf],
  // By the clock, whatever there is to do.
  Sweep: [fixed, fixed],
};

/**
 * What a batch at another scale is expected to be billed for. Each count is scaled by what drives it, since a batch in small
 * is no batch divided: it has a whole direction for each operator in each shard, however few its rows.
 */
export function scaled(counted: BatchCount, scale: number): Record<Line, number> {
  const now = ofBatch(counted);
  if (scale === counted.scale) return now;
  const small = countedSize(counted);
  const large = expectedSize(counted, scale);
  const by = (grows: Grows) => grows(large) / grows(small);
  const { tables, lambda, operations } = counted.batch;
  const { audit } = counted.drivers;

  // Of a ledger's units, each call's first is for the call, the others for the rows of the direction.
  const calls = (only: (action: string) => boolean) =>
    Object.entries(tables.Cases ?? {}).reduce((sum, [action, usage]) => sum + (only(action) ? usage.calls : 0), 0);
  const writes = calls((action) => /^(Put|Update|Delete)Item$/.test(action)) - small.connections - small.handsets;
  const reads = calls((action) => action === 'GetItem');
  const ledgers = (units: number, ofCalls: number) =>
    by(ledgerStepsOf) * (ofCalls + (units - ofCalls) * by(rowsPerDirectionOf));

  const grown = Object.entries(lambda).map(([name, usage]) => {
    const [byInvocations, byTime] = FUNCTIONS[name] ?? [directionsOf, directionsOf];
    return { invocations: usage.invocations * by(byInvocations), gbSeconds: gbSeconds(usage) * by(byTime) };
  });
  const sum = (of: 'invocations' | 'gbSeconds') => grown.reduce((all, one) => all + one[of], 0);
  // A step of the Batch machine in each child, and one for each direction; the others are there once.
  const once = now.otherTransitions - childrenOf(small) - directionsOf(small);
  const otherTransitions = once + childrenOf(large) + directionsOf(large);
  // "Is a rung left?" and the order for each rung, and again the question and Close.
  const ladderTransitions = now.ladderTransitions * by((size) => size.ladderOrders + directionsOf(size));
  const mapChildren = childrenOf(large);
  // A child of Claim reads its part of what each child of Expand wrote.
  const slices = ({ expand, shards }: Size) => expand * shards;
  const steps: Grows = (size) => ledgerStepsOf(size) + childrenOf(size);
  const uploads: Grows = ({ responseFiles }) => counted.drivers.reports + responseFiles;
  // The sweeps list what is there, and nobody else lists anything.
  const lists = Object.entries(operations.s3 ?? {}).reduce(
    (all, [action, { calls }]) => all + (/^List/.test(action) ? calls : 0),
    0,
  );
  const sweepKeys = (lambda.Sweep?.invocations ?? 0) * keysOf('Sweep');
  const auditBatches = 2 * (lambda.Audit?.invocations ?? 0);
  const invocations = sum('invocations');
  return {
    ladderTransitions,
    otherTransitions,
    mapChildren,
    claimWrites: large.connections,
    handsetWrites: large.handsets,
    recordWrites: ledgers(now.recordWrites, writes),
    linkWrites: now.linkWrites,
    claimReads: now.claimReads * by(({ connections, handsets }) => connections + handsets),
    recordReads: ledgers(now.recordReads, reads),
    linkReads: now.linkReads * by(perConnection),
    invocations,
    gbSeconds: sum('gbSeconds'),
    puts: lists + audit.objects * by(perMinute) + (now.puts - lists - audit.objects) * by(steps),
    gets: (now.gets - slices(small)) * by(steps) + slices(large),
    publishes: now.publishes * by((size) => ordersOf(size) + size.responseFiles),
    queueRequests:
      auditBatches * by(perMinute) +
      (now.queueRequests - auditBatches) * by((size) => ledgerStepsOf(size) + uploads(size)),
    uploadEvents: now.uploadEvents * by(uploads),
    // The more there is to do, the more of it falls into the same five minutes: counted were 9 times as many for 84 times the steps.
    keyRequests: sweepKeys + (now.keyRequests - sweepKeys) * by(steps) ** 0.5,
    machineKeyRequests: now.machineKeyRequests * by(steps) ** 0.5,
    // Each instance of Audit asks for its key once.
    hashKeyRequests: now.hashKeyRequests,
    // An invocation writes about as much in a large batch as in a small one.
    functionLogGb: (now.functionLogGb * invocations) / now.invocations,
    machineLogGb: ((ladderTransitions + otherTransitions) * TRANSITION_LOG) / 1e9,
    traces: 1 + mapChildren + directionsOf(large),
  };
}

/** A line of a bill. */
export interface Billed {
  count: number;
  usd: number;
}

/** The cost of each line, in dollars. */
export function bill(quantities: Quantities, prices: Record<PriceName, Price>): Record<Line, Billed> {
  return Object.fromEntries(
    LINE_NAMES.map((line) => {
      const count = quantities[line] ?? 0;
      return [line, { count, usd: count * prices[LINES[line].price].usd }];
    }),
  ) as Record<Line, Billed>;
}

/** What encryption and the audit add to a batch's bill, at another scale as much more as they are likely to be. */
export function addedBy(counted: BatchCount, scale: number): { encryption: Quantities; audit: Quantities } {
  const { keyRequests, machineKeyRequests } = scaled(counted, scale);
  const encryption = { keyRequests, machineKeyRequests };
  if (scale === counted.scale) return { encryption, audit: ofAudit(counted) };
  const by = (grows: Grows) => grows(expectedSize(counted, scale)) / grows(countedSize(counted));
  return { encryption, audit: ofAudit(counted, by(ledgerStepsOf), by(perMinute)) };
}

export function totalOf(billed: Record<Line, Billed>): number {
  return Object.values(billed).reduce((sum, { usd }) => sum + usd, 0);
}
