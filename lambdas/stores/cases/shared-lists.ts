import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Day } from '../../domain/days.ts';
import type { BatchId } from '../../domain/identifiers.ts';
import { formOf } from '../../domain/stored.ts';
import { dynamo } from '../clients.ts';
import { contentOf, key } from './table.ts';

/** The prepared parts of one list that several directions may share, as they lie in the table. */
export const sharedListForm = formOf('list that directions share', 1, z.strictObject({ prepared: z.set(z.string()) }));

/** The name of a list: late revocations or withdrawals, by a response whose SHA-256 begins with `sha8`. */
interface SharedListName {
  readonly kind: 'late' | 'withdrawn';
  readonly day: Day;
  readonly batchId: BatchId;
  readonly sha8: string;
}

/**
 * Adds a prepared part to those that are published together as one list: two directions of a batch may be answered by files of the
 * same bytes on the same day.
 * @returns all of its parts, sorted
 */
export async function addToList(
  table: string,
  { kind, day, batchId, sha8 }: SharedListName,
  preparedKey: string,
): Promise<string[]> {
  const pk = kind === 'late' ? key.lateList(day, batchId, sha8) : key.withdrawnList(day, batchId, sha8);
  const { Attributes } = await dynamo.send(
    new UpdateCommand({
      TableName: table,
      Key: { pk },
      UpdateExpression: 'ADD prepared :key',
      ExpressionAttributeValues: { ':key': new Set([preparedKey]) },
      ReturnValues: 'ALL_NEW',
    }),
  );
  return [...contentOf(Attributes ?? {}, sharedListForm).prepared].sort();
}
