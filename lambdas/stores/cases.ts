import { setTimeout } from 'node:timers/promises';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type AuditHead, NO_ENTRY } from '../domain/audit.ts';
import { type Day, type Instant, instantOf, millisOf } from '../domain/days.ts';
import type { AgencyId, BatchId, DirectionId, DirectionKind, Imei, Msisdn, OperatorId } from '../domain/identifiers.ts';
import type { Ledger } from '../domain/ledger.ts';
import { type Asker, NO_TURN, type Turn } from '../domain/turn.ts';
import { dynamo } from './clients.ts';
import { concurrently } from './concurrently.ts';

/** The keys of table Cases, all of them: one record per truth. */
const key = {
  ledger: (id: DirectionId) => `DIR#${id}`,
  connection: (msisdn: string) => `CONN#${msisdn}`,
  handset: (imei: string) => `HANDSET#${imei}`,
  batch: (id: BatchId) => `BATCH#${id}`,
  execution: (arn: string) => `EXECUTION#${arn}`,
  decision: (plan: number, kind: DirectionKind, shard: number) => `DECISION#${plan}-${kind}-${shard}`,
  latestImport: (operator: OperatorId) => `IMPORT#${operator}`,
  lateRevocations: (day: Day, batch: BatchId, sha8: string) => `LATE#${day}#${batch}#${sha8}`,
  auditHead: (batch: BatchId) => `AUDIT#${batch}`,
  audited: (batch: BatchId, id: string) => `AUDIT#${batch}#${id}`,
  planning: 'PLANNING',
};

/** Somebody else's write came between reading and writing. Read again and decide anew. */
export class Conflict extends Error {
  override name = 'Conflict';
}

const refusedByCondition = (error: unknown) => error instanceof ConditionalCheckFailedException;

async function read(table: string, pk: string): Promise<Record<string, unknown> | undefined> {
  const { Item } = await dynamo.send(
    new GetCommand({ TableName: table, Key: { pk }, ConsistentRead: true, ReturnConsumedCapacity: 'TOTAL' }),
  );
  return Item;
}

/** @throws Conflict when the condition does not hold */
async function put(table: string, item: Record<string, unknown>, condition: string, values?: Record<string, unknown>) {
  try {
    await dynamo.send(
      new PutCommand({
        TableName: table,
        Item: item,
        ConditionExpression: condition,
        ...(values ? { ExpressionAttributeValues: values } : {}),
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
  } catch (error) {
    throw refusedByCondition(error) ? new Conflict('the record changed or exists') : error;
  }
}

// ---------------------------------------------------------------------------------------------------------- ledgers

export async function readLedger(table: string, id: DirectionId): Promise<Ledger | undefined> {
  const item = await read(table, key.ledger(id));
  if (!item) return undefined;
  const { pk: _, ...ledger } = item;
  return ledger as unknown as Ledger;
}

const LEDGERS_PER_BATCH_GET = 50;

/** Many ledgers, for those who watch: each as it was a moment ago, at half the price. What is not there is not in the result. */
export async function readLedgers(table: string, ids: readonly DirectionId[]): Promise<Ledger[]> {
  const ledgers: Ledger[] = [];
  for (let start = 0; start < ids.length; start += LEDGERS_PER_BATCH_GET) {
    const some = ids.slice(start, start + LEDGERS_PER_BATCH_GET);
    let wanted: Record<string, unknown>[] = some.map((id) => ({ pk: key.ledger(id) }));
    while (wanted.length > 0) {
      const { Responses, UnprocessedKeys } = await dynamo.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: wanted } }, ReturnConsumedCapacity: 'TOTAL' }),
      );
      for (const { pk: _, ...ledger } of Responses?.[table] ?? []) ledgers.push(ledger as unknown as Ledger);
      wanted = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
  return ledgers;
}

/** Writes a direction's first ledger; one that exists already stays as it is. */
export async function createLedger(table: string, ledger: Ledger): Promise<void> {
  try {
    await put(table, { pk: key.ledger(ledger.directionId), ...ledger }, 'attribute_not_exists(pk)');
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

/**
 * Writes a ledger whose version is one above that which was read.
 * @throws Conflict when somebody committed in between
 */
export async function commitLedger(table: string, ledger: Ledger): Promise<void> {
  await put(table, { pk: key.ledger(ledger.directionId), ...ledger }, 'version = :read', {
    ':read': ledger.version - 1,
  });
}

const MOST_TRIES = 100;
/** Milliseconds: the longest pause after the first lost try, and after any. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 500;

/**
 * Reads the ledger, lets `decide` make the next one, and commits it; begins again when somebody else committed in between,
 * after a pause whose length is drawn, from twice as many lengths each time: who lost together would else meet again.
 * `decide` returns no ledger where nothing is to be written.
 * @throws Conflict after a hundred lost tries
 */
export async function changeLedger<R>(
  table: string,
  id: DirectionId,
  decide: (ledger: Ledger, attempt: number) => Promise<{ ledger?: Ledger; result: R }>,
): Promise<R> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const read = await readLedger(table, id);
    if (!read) throw new Error(`there is no ledger of direction ${id}`);
    const { ledger, result } = await decide(read, attempt);
    if (!ledger) return result;
    try {
      await commitLedger(table, ledger);
      return result;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
    await setTimeout(Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt));
  }
  throw new Conflict(`the ledger of direction ${id} changed ${MOST_TRIES} times while it was read`);
}

// ----------------------------------------------------------------------------------------------------------- claims

/**
 * The claim of a number, whose pointers stand under `number`, or of a handset, whose pointers stand under each
 * operator's id. Pointers are as `writePointer` writes them, newest first.
 */
export interface Claim {
  pointers: Record<string, readonly string[]>;
  /** Until when it counts; the table lets it go some days later. One that was written before claims had a time has none. */
  keptUntil?: Instant;
  version: number;
}

/** An instant as DynamoDB's time to live reads it: seconds since 1970. */
const expiry = (instant: Instant): number => millisOf(instant) / 1000;

const claimKey = (kind: DirectionKind, identifier: string) =>
  kind === 'reverify' ? key.connection(identifier) : key.handset(identifier);

const KEYS_PER_BATCH_GET = 100;

/**
 * Reads the claims of many numbers or handsets, strongly consistent. What has none is not in the result. One whose time is up at
 * `now` points nowhere, as if the table had let it go; it has its version still, until that happens.
 */
export async function readClaims(
  table: string,
  kind: DirectionKind,
  identifiers: readonly (Msisdn | Imei)[],
  now: Instant,
): Promise<Map<string, Claim>> {
  const claims = new Map<string, Claim>();
  const chunks = Array.from({ length: Math.ceil(identifiers.length / KEYS_PER_BATCH_GET) }, (_, n) =>
    identifiers.slice(n * KEYS_PER_BATCH_GET, (n + 1) * KEYS_PER_BATCH_GET),
  );
  await concurrently(chunks, 8, async (chunk) => {
    let wanted: Record<string, unknown>[] = chunk.map((identifier) => ({ pk: claimKey(kind, identifier) }));
    while (wanted.length > 0) {
      const { Responses, UnprocessedKeys } = await dynamo.send(
        new BatchGetCommand({
          RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } },
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
      for (const { pk, pointers, version, expires } of Responses?.[table] ?? []) {
        const identifier = String(pk).slice(String(pk).indexOf('#') + 1);
        if (expires === undefined) claims.set(identifier, { pointers, version });
        else {
          const keptUntil = instantOf(expires * 1000);
          claims.set(identifier, { pointers: keptUntil > now ? pointers : {}, keptUntil, version });
        }
      }
      wanted = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  });
  return claims;
}

/**
 * Claims a number, or a handset at its operators, with one conditional write.
 * @param seen the version that was read, 0 where there was no claim
 * @throws Conflict when somebody wrote in between
 */
export async function putClaim(
  table: string,
  kind: DirectionKind,
  identifier: string,
  { pointers, keptUntil }: Required<Omit<Claim, 'version'>>,
  seen: number,
): Promise<void> {
  const item = { pk: claimKey(kind, identifier), pointers, version: seen + 1, expires: expiry(keptUntil) };
  if (seen === 0) await put(table, item, 'attribute_not_exists(pk)');
  else await put(table, item, 'version = :seen', { ':seen': seen });
}

/**
 * Has a claim kept until `until` at least. One that is kept longer stays so; none comes where there is none, and one whose time is
 * up at `now` doesn't come back. Its version stays: what it points to is not changed.
 */
export async function keepClaim(
  table: string,
  kind: DirectionKind,
  identifier: string,
  until: Instant,
  now: Instant,
): Promise<void> {
  try {
    await dynamo.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: claimKey(kind, identifier) },
        UpdateExpression: 'SET expires = :until',
        ConditionExpression: 'expires < :until AND expires > :now',
        ExpressionAttributeValues: { ':until': expiry(until), ':now': expiry(now) },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
  } catch (error) {
    if (!refusedByCondition(error)) throw error;
  }
}

/**
 * Deletes a claim as it was read.
 * @throws Conflict when somebody wrote in between
 */
export async function deleteClaim(table: string, kind: DirectionKind, identifier: string, seen: number): Promise<void> {
  try {
    await dynamo.send(
      new DeleteCommand({
        TableName: table,
        Key: { pk: claimKey(kind, identifier) },
        ConditionExpression: 'attribute_not_exists(pk) OR version = :seen',
        ExpressionAttributeValues: { ':seen': seen },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
  } catch (error) {
    throw refusedByCondition(error) ? new Conflict('the claim changed') : error;
  }
}

// ---------------------------------------------------------------------------------------------------------- batches

export type BatchState = 'planning' | 'directed' | 'failed' | 'settled';

export interface Batch {
  batchId: BatchId;
  agency: AgencyId;
  /** The report's key in the inbox. */
  file: string;
  sha256: string;
  /** The Batch execution that works on it. */
  execution: string;
  /** How often, once directed, it was handed over to another execution because the one before had ended. */
  resumed?: number;
  state: BatchState;
  /** The plan's number; 0 while it waits for its turn to plan. */
  plan: number;
  /** When planning began: all deadlines count from it. Before that, when the batch was registered. */
  startedAt: Instant;
  uploadedAt: Instant;
  report: { rows: number; rejected: number; repeats: number; handsets: number };
  /** The screened handsets, in the work bucket. */
  handsetsKey: string;
  /** What was planned, in the work bucket; set by the commit that makes the plan count. */
  planKey?: string;
  settledAt?: Instant;
  /** Where Settle prepared what it published; set by the commit that settles. */
  settledUnder?: string;
}

export async function readBatch(table: string, id: BatchId): Promise<Batch | undefined> {
  const item = await read(table, key.batch(id));
  if (!item) return undefined;
  const { pk: _, ...batch } = item;
  return batch as unknown as Batch;
}

/** What is known of an execution: the batch that it registered, that it has ended, and the plan that failed with it. */
interface ExecutionRecord {
  batchId?: BatchId;
  ended?: boolean;
  failed?: FailedPlan;
}

async function readExecution(table: string, execution: string): Promise<ExecutionRecord> {
  return (await read(table, key.execution(execution))) ?? {};
}

/**
 * Registers a batch for an execution: a new one, one whose last execution failed, or one that an execution has registered
 * which had ended (an attempt of it ran on for so long). A batch that failed with an execution is never that one's again, and
 * one of other bytes, whose SHA-256 begins alike, is never another report's.
 * @throws Conflict when the execution itself has ended
 * @returns the batch as it stands afterwards; it is another report's when `sha256` is not the one given, and another
 *   execution's when `execution` is not
 */
export async function registerBatch(table: string, batch: Batch): Promise<Batch> {
  await put(table, { pk: key.execution(batch.execution), batchId: batch.batchId }, 'attribute_not_exists(ended)');
  for (;;) {
    try {
      await dynamo.send(
        new PutCommand({
          TableName: table,
          Item: { pk: key.batch(batch.batchId), ...batch },
          ConditionExpression:
            'attribute_not_exists(pk) OR (#state = :failed AND execution <> :mine AND sha256 = :same)',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':failed': 'failed', ':mine': batch.execution, ':same': batch.sha256 },
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
      return batch;
    } catch (error) {
      if (!refusedByCondition(error)) throw error;
    }
    const registered = await readBatch(table, batch.batchId);
    if (!registered) throw new Error(`batch ${batch.batchId} was refused and is not there`);
    if (registered.execution === batch.execution || registered.state !== 'planning') return registered;
    if (registered.sha256 !== batch.sha256) return registered;
    if ((await planningBatch(table, batch.batchId)) !== undefined) return registered;
  }
}

/** Changes a batch under a condition. False when the condition did not hold. */
async function changeBatch(
  table: string,
  id: BatchId,
  change: Partial<Batch>,
  condition: string,
  values: Record<string, unknown>,
): Promise<boolean> {
  const names = Object.keys(change);
  try {
    await dynamo.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: key.batch(id) },
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(
          [...new Set([...names, ...(condition.match(/#(\w+)/g) ?? []).map((name) => name.slice(1))])].map((name) => [
            `#${name}`,
            name,
          ]),
        ),
        ExpressionAttributeValues: {
          ...Object.fromEntries(Object.entries(change).map(([name, value]) => [`:${name}`, value])),
          ...values,
        },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    return true;
  } catch (error) {
    if (!refusedByCondition(error)) throw error;
    return false;
  }
}

/** The commit that makes plan k count. False when k is void, or was committed before. */
export function commitPlan(table: string, id: BatchId, plan: number, planKey: string): Promise<boolean> {
  return changeBatch(table, id, { state: 'directed', planKey }, '#state = :was AND #plan = :k', {
    ':was': 'planning',
    ':k': plan,
  });
}

/**
 * Hands a directed batch over to its n-th other execution. False when it is another execution's by now than the one with which it
 * was read.
 * @throws Conflict when the other execution has ended by now
 */
export async function handOver(table: string, { batchId, execution }: Asker, to: string, n: number): Promise<boolean> {
  await put(table, { pk: key.execution(to), batchId }, 'attribute_not_exists(ended)');
  const condition = '(#state = :directed OR #state = :settled) AND #execution = :mine';
  const values = { ':directed': 'directed', ':settled': 'settled', ':mine': execution };
  return await changeBatch(table, batchId, { execution: to, resumed: n }, condition, values);
}

/** The commit that settles a batch. False when it was settled before. */
export function commitSettled(table: string, id: BatchId, settledAt: Instant, settledUnder: string): Promise<boolean> {
  return changeBatch(
    table,
    id,
    { state: 'settled', settledAt, settledUnder },
    '#state = :directed OR (#state = :planning AND #plan = :none)',
    {
      ':directed': 'directed',
      ':planning': 'planning',
      ':none': 0,
    },
  );
}

/** The plan that failed with an execution, as the audit is told of it. */
export interface FailedPlan {
  plan: number;
  startedAt: Instant;
}

/**
 * Makes a batch failed that plans, or waits for its turn to, under an execution which has ended. What fails is noted with the
 * execution first: another execution may have begun the batch anew before anybody is told.
 */
async function failBatch(table: string, { batchId, execution }: Asker): Promise<void> {
  for (;;) {
    const batch = await readBatch(table, batchId);
    if (batch?.state !== 'planning' || batch.execution !== execution) return;
    const { plan, startedAt } = batch;
    await dynamo.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: key.execution(execution) },
        UpdateExpression: 'SET failed = :failed',
        ExpressionAttributeValues: { ':failed': { plan, startedAt } satisfies FailedPlan },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    // Of the plan that was noted: one that is registered in between is noted before it fails.
    const condition = '#state = :was AND #execution = :mine AND #plan = :noted';
    const values = { ':was': 'planning', ':mine': execution, ':noted': plan };
    if (await changeBatch(table, batchId, { state: 'failed' }, condition, values)) return;
  }
}

/**
 * Notes that an execution ended, and makes its batch failed whose plan was not committed before.
 * @returns the batch as it stands, which may be another execution's by now, and what failed with this one; undefined when the
 * execution had registered none
 */
export async function abandonExecution(
  table: string,
  execution: string,
): Promise<{ batch: Batch; failed: FailedPlan | undefined } | undefined> {
  // Noted before anything else, and also where there is no batch: an attempt that runs on may register one later.
  const { Attributes } = await dynamo.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk: key.execution(execution) },
      UpdateExpression: 'SET ended = :yes',
      ExpressionAttributeValues: { ':yes': true },
      ReturnValues: 'ALL_NEW',
      ReturnConsumedCapacity: 'TOTAL',
    }),
  );
  const batchId = (Attributes as ExecutionRecord | undefined)?.batchId;
  if (batchId === undefined) return undefined;
  await failBatch(table, { batchId, execution });
  const { failed } = await readExecution(table, execution);
  const batch = await readBatch(table, batchId);
  if (!batch) return undefined;
  // Its commit may have come between the note and the failure. Without a plan's number only its execution tells whose it is.
  const committed = batch.state === 'directed' || batch.state === 'settled';
  const same = batch.plan === failed?.plan && (batch.plan > 0 || batch.execution === execution);
  return { batch, failed: committed && same ? undefined : failed };
}

// --------------------------------------------------------------------------------------------------- the turn to plan

/** A batch that plans, or waits for its turn to. One whose execution has ended fails by this. */
export async function planningBatch(table: string, id: BatchId): Promise<Batch | undefined> {
  const batch = await readBatch(table, id);
  if (batch?.state !== 'planning') return undefined;
  if (!(await readExecution(table, batch.execution)).ended) return batch;
  await failBatch(table, batch);
  return undefined;
}

export async function readTurn(table: string): Promise<Turn> {
  const item = await read(table, key.planning);
  if (!item) return NO_TURN;
  const { pk: _, ...turn } = item;
  return { ...NO_TURN, ...turn };
}

/**
 * Writes the turn whose version is one above that which was read.
 * @throws Conflict when somebody wrote in between
 */
export async function writeTurn(table: string, turn: Turn): Promise<void> {
  const item = { pk: key.planning, ...turn };
  if (turn.version === 1) await put(table, item, 'attribute_not_exists(version)');
  else await put(table, item, 'version = :read', { ':read': turn.version - 1 });
}

/** Registers the number of a plan with its batch. False when the batch plans under this execution no more. */
export function registerPlan(
  table: string,
  { batchId, execution }: Asker,
  plan: number,
  startedAt: Instant,
): Promise<boolean> {
  return changeBatch(table, batchId, { plan, startedAt }, '#state = :was AND #execution = :mine', {
    ':was': 'planning',
    ':mine': execution,
  });
}

// -------------------------------------------------------------------------------------------------------- decisions

/**
 * Registers a shard's decision, once for all of its attempts.
 * @returns the key of the decision that counts: this one, or that of the attempt which was first
 */
export async function registerDecision(
  table: string,
  plan: number,
  kind: DirectionKind,
  shard: number,
  decisionKey: string,
): Promise<string> {
  try {
    await put(table, { pk: key.decision(plan, kind, shard), decisionKey }, 'attribute_not_exists(pk)');
    return decisionKey;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const registered = await readDecision(table, plan, kind, shard);
    if (registered === undefined) throw new Error('a decision was refused and is not there');
    return registered;
  }
}

/** The key of a shard's registered decision, if there is one. */
export async function readDecision(
  table: string,
  plan: number,
  kind: DirectionKind,
  shard: number,
): Promise<string | undefined> {
  return (await read(table, key.decision(plan, kind, shard)))?.decisionKey as string | undefined;
}

// ----------------------------------------------------------------------------------- imports and late revocations

/** Notes that an operator's usage came at `at`; an earlier instant than the one noted changes nothing. */
export async function noteImport(table: string, operator: OperatorId, at: Instant): Promise<void> {
  try {
    await put(table, { pk: key.latestImport(operator), latest: at }, 'attribute_not_exists(pk) OR latest < :at', {
      ':at': at,
    });
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

export async function readLatestImport(table: string, operator: OperatorId): Promise<Instant | null> {
  return ((await read(table, key.latestImport(operator)))?.latest as Instant | undefined) ?? null;
}

/**
 * Adds a prepared list to those that are published together under one late revocation key: two directions of a batch may
 * be answered by files of the same bytes on the same day.
 */
export async function addLateRevocations(
  table: string,
  day: Day,
  batch: BatchId,
  sha8: string,
  preparedKey: string,
): Promise<string[]> {
  const { Attributes } = await dynamo.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk: key.lateRevocations(day, batch, sha8) },
      UpdateExpression: 'ADD prepared :key',
      ExpressionAttributeValues: { ':key': new Set([preparedKey]) },
      ReturnValues: 'ALL_NEW',
      ReturnConsumedCapacity: 'TOTAL',
    }),
  );
  return [...((Attributes?.prepared ?? new Set()) as Set<string>)].sort();
}

// ------------------------------------------------------------------------------------------------------------ audit

/** The end of a batch's chain. */
export async function readAuditHead(table: string, id: BatchId): Promise<AuditHead> {
  const item = await read(table, key.auditHead(id));
  return item ? { n: Number(item.n), hash: String(item.hash) } : NO_ENTRY;
}

/** Moves the end of a chain on, where it still is what was read; else somebody else did. */
export async function moveAuditHead(table: string, id: BatchId, from: AuditHead, to: AuditHead): Promise<void> {
  const item = { pk: key.auditHead(id), ...to };
  try {
    if (from.n === 0) await put(table, item, 'attribute_not_exists(pk)');
    else await put(table, item, 'n = :from', { ':from': from.n });
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

/** Which of these facts are in the batch's chain already, strongly consistent. */
export async function readAudited(table: string, id: BatchId, facts: readonly string[]): Promise<Set<string>> {
  const ids = new Map(facts.map((fact) => [key.audited(id, fact), fact]));
  const audited = new Set<string>();
  const keys = [...ids.keys()];
  for (let start = 0; start < keys.length; start += KEYS_PER_BATCH_GET) {
    let wanted: Record<string, unknown>[] = keys.slice(start, start + KEYS_PER_BATCH_GET).map((pk) => ({ pk }));
    while (wanted.length > 0) {
      const { Responses, UnprocessedKeys } = await dynamo.send(
        new BatchGetCommand({
          RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } },
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
      for (const { pk } of Responses?.[table] ?? []) audited.add(ids.get(String(pk)) ?? '');
      wanted = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
  return audited;
}

const MARKS_AT_ONCE = 16;

/** Notes that these facts are in the batch's chain. */
export async function markAudited(table: string, id: BatchId, facts: readonly string[]): Promise<void> {
  await concurrently(facts, MARKS_AT_ONCE, async (fact) => {
    await dynamo.send(
      new PutCommand({ TableName: table, Item: { pk: key.audited(id, fact) }, ReturnConsumedCapacity: 'TOTAL' }),
    );
  });
}
