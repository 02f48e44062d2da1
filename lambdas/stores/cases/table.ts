/**
 * Table Cases: its keys, and how an item is read and written under a condition. The other files of this folder have what is kept there, one
 * record per truth each.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Day } from '../../domain/days.ts';
import type { AgencyId, ApproverId, BatchId, CaseworkerId, DirectionId, OperatorId } from '../../domain/identifiers.ts';
import type { DirectionKind, Subject } from '../../domain/kinds.ts';
import type { Form } from '../../domain/stored.ts';
import { waitForTable } from '../batch-waits.ts';
import { dynamo } from '../clients.ts';

/** The beginnings of the keys of claims. */
const CLAIMED: Readonly<Record<Subject, string>> = { number: 'CONN', handset: 'HANDSET' };

/** The keys, all of them. */
export const key = {
  ledger: (id: DirectionId) => `DIR#${id}`,
  claim: (subject: Subject, identifier: string) => `${CLAIMED[subject]}#${identifier}`,
  batch: (id: BatchId) => `BATCH#${id}`,
  execution: (arn: string) => `EXECUTION#${arn}`,
  decision: (plan: number, kind: DirectionKind, shard: number) => `DECISION#${plan}-${kind}-${shard}`,
  exemptions: 'EXEMPTIONS',
  lookups: (caseworker: CaseworkerId, day: Day) => `LOOKUPS#${caseworker}#${day}`,
  weighed: (agency: AgencyId) => `WEIGHED#${agency}`,
  latestImport: (operator: OperatorId) => `IMPORT#${operator}`,
  admissions: (approver: ApproverId, sha8: string) => `ADMISSIONS#${approver}#${sha8}`,
  /** A file that asks for a reversal, a caseworker's or an agency's. */
  appeal: (uploader: CaseworkerId | AgencyId, sha8: string) => `APPEAL#${uploader}#${sha8}`,
  verdict: (upload: string) => `USAGE#${upload}`,
  lateList: (day: Day, batch: BatchId, sha8: string) => `LATE#${day}#${batch}#${sha8}`,
  withdrawnList: (day: Day, batch: BatchId, sha8: string) => `WITHDRAWN#${day}#${batch}#${sha8}`,
  auditHead: (batch: BatchId) => `AUDIT#${batch}`,
  audited: (batch: BatchId, id: string) => `AUDIT#${batch}#${id}`,
  planning: 'PLANNING',
  followUps: 'FOLLOWUPS',
};

/** Somebody else's write came between reading and writing. Read again and decide anew. */
export class Conflict extends Error {
  override name = 'Conflict';
}

/** Whether DynamoDB refused a write since its condition doesn't hold: somebody else was first, or this very call was, and its answer got lost. */
export const refusedByCondition = (error: unknown) => error instanceof ConditionalCheckFailedException;

/**
 * An item's content, strongly consistent; undefined if there is none.
 * @throws BadRecord
 */
export async function read<T>(table: string, pk: string, form: Form<T>): Promise<T | undefined> {
  const { Item } = await dynamo.send(new GetCommand({ TableName: table, Key: { pk }, ConsistentRead: true }));
  return Item && contentOf(Item, form);
}

/** @throws BadRecord */
export function contentOf<T>({ pk: _, ...record }: Record<string, unknown>, form: Form<T>): T {
  return form.read(record);
}

/**
 * Writes an item.
 * @throws Conflict when the condition does not hold
 */
export async function put(
  table: string,
  item: Record<string, unknown>,
  condition: string,
  values?: Record<string, unknown>,
) {
  try {
    await dynamo.send(
      new PutCommand({
        TableName: table,
        Item: item,
        ConditionExpression: condition,
        ...(values ? { ExpressionAttributeValues: values } : {}),
      }),
    );
  } catch (error) {
    throw refusedByCondition(error) ? new Conflict('the record changed or exists') : error;
  }
}

/**
 * Reads many items, as many at a time as one request may ask for; an item that doesn't exist is left out.
 * @param consistent strongly; else each is as it was a moment ago, at half the price
 * @throws BadRecord
 */
export async function* readMany<T>(
  table: string,
  pks: readonly string[],
  form: Form<T>,
  { consistent, atOnce }: { consistent: boolean; atOnce: number },
): AsyncGenerator<{ pk: string; content: T }> {
  for (let start = 0; start < pks.length; start += atOnce) {
    let wanted: Record<string, unknown>[] = pks.slice(start, start + atOnce).map((pk) => ({ pk }));
    for (let tries = 0; wanted.length > 0; tries++) {
      await waitForTable(tries);
      const { Responses, UnprocessedKeys } = await dynamo.send(
        new BatchGetCommand({
          RequestItems: { [table]: { Keys: wanted, ConsistentRead: consistent } },
        }),
      );
      for (const item of Responses?.[table] ?? []) yield { pk: String(item.pk), content: contentOf(item, form) };
      wanted = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
}
