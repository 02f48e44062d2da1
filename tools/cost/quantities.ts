/** Turns counts into billed quantities: those of a batch, of its audit, of imports, and of the floor beside it. */
import type { PerConnectionCount } from './count-per-connection.ts';
import type { BatchCount, Drivers, Phase } from './counts.ts';
import type { PriceName } from './prices.ts';

/** The subject of a line of a bill. */
export interface LineKind {
  service: string;
  what: string;
  price: PriceName;
  /** Set where the count isn't what AWS would count: an upper bound, or an estimate from other counts. */
  mark?: 'at most' | 'about';
}

/** Everything that is billed, line by line. */
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

/** The quantity of each line; a missing one is 0. */
export type Quantities = Partial<Record<Line, number>>;

const S3_READS = ['GetObject', 'HeadObject'];
/** The requests that S3 doesn't bill. */
const S3_FREE = ['DeleteObject', 'DeleteObjects', 'AbortMultipartUpload'];
/** The functions behind a queue: each invocation is one receive and one delete of a batch of messages. */
const QUEUE_READERS = [
  ...['Intake', 'Import', 'Record', 'Hear', 'Answer', 'File', 'Withdraw', 'Release'],
  ...['Audit', 'Tell', 'Follow', 'Sweep'],
];
/** The bytes that CloudWatch Logs adds to each line. */
const LINE_OVERHEAD = 26;
/** The bytes of the lines START, END and REPORT, which Lambda writes for each invocation, including their overhead. */
const INVOCATION_LOG = 350;
/** The bytes that a machine that logs everything without data writes for one transition: some four events of some 400 bytes. */
export const TRANSITION_LOG = 4 * 400;
/**
 * The keys that a function may ask KMS for in a stretch of five minutes, for which services keep a data key: those of the table, of the
 * buckets, and of the topic, to encrypt and to deliver. Buckets, by their bucket keys, keep theirs for about as long, and queues for half a
 * day, which is a few requests for each function in all.
 */
const KEYS_OF: Readonly<Record<string, number>> = { Audit: 2, Close: 1, Order: 5, Record: 6, Sweep: 2 };
/** The keys of every other function, which works a few times in a batch. */
const MOST_KEYS = 8;

/** The most requests for keys that a function may make in a stretch. */
export const keysOf = (functionName: string): number => KEYS_OF[functionName] ?? MOST_KEYS;

/**
 * The requests of Step Functions to KMS in a quarter of an hour in which a machine works: for a data key, and for reading the earlier one
 * under which the executions that go on were written. A rung's beginnings and ends come together.
 */
const MACHINE_KEYS = 2;

/** The parts that a phase's usage doesn't tell apart from other writes, reads and events. */
interface Beside {
  connections: number;
  handsets: number;
  uploads: number;
  /** Facts told to the audit, each looked up among those that it has. */
  notes: number;
}

/** The billed quantities of one phase of a run. */
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

/** The number of rows that follow-ups directed. */
export const goingOnOf = ({ followUps }: Drivers): number =>
  (followUps?.nights ?? []).flatMap((night) => Object.values(night)).reduce((sum, rows) => sum + rows, 0);

export function gbSeconds({ milliseconds, memoryMb }: { milliseconds: number; memoryMb: number }): number {
  return (milliseconds / 1000) * (memoryMb / 1024);
}

/** The billed quantities of a counted batch, without its imports. */
export function ofBatch({ batch, drivers }: BatchCount): Record<Line, number> {
  const { connections, handsets, reports, responseFiles, decisionFiles, audit, followUps } = drivers;
  const uploads = reports + responseFiles + decisionFiles + (followUps?.responseFiles ?? 0);
  // A row that goes on elsewhere is claimed once more.
  return quantitiesOf(batch, { connections: connections + goingOnOf(drivers), handsets, uploads, notes: audit.notes });
}

/**
 * The audit's part in the billed quantities of a counted batch. Here its messages come at once; on AWS more of them come together.
 * @param facts the factor by which it is told more facts
 * @param minutes the factor by which these fall into more minutes
 */
export function ofAudit({ batch, drivers: { audit } }: BatchCount, facts = 1, minutes = 1): Quantities {
  const usage = batch.lambda.Audit ?? { invocations: 0, milliseconds: 0, memoryMb: 0 };
  return {
    // The audit writes a mark for each entry, and the end of the chain for each object.
    recordWrites: audit.entries * facts + audit.objects * minutes,
    recordReads: audit.notes * facts + usage.invocations * minutes,
    invocations: usage.invocations * minutes,
    gbSeconds: gbSeconds(usage) * facts,
    puts: audit.objects * minutes,
    queueRequests: audit.notes * facts + 2 * usage.invocations * minutes,
    hashKeyRequests: batch.operations.kms?.GenerateMac?.calls ?? 0,
  };
}

/** The billed quantities of the imports before a counted batch, for each million sightings. */
export function ofImports({ import: imported, drivers }: BatchCount): Record<Line, number> {
  const all = quantitiesOf(imported, { connections: 0, handsets: 0, uploads: drivers.usageFiles, notes: 0 });
  return multiplied(all, 1e6 / drivers.sightings);
}

/** The floor: one write per connection and nothing else; no design does with less. */
export const floorOf = (connections: number): Quantities => ({ claimWrites: connections });

/** The billed quantities of the design of one execution per connection, for this many connections. */
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
