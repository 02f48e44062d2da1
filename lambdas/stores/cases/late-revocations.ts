import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { Day } from '../../domain/days.ts';
import type { BatchId } from '../../domain/identifiers.ts';
import { formOf } from '../../domain/stored.ts';
import { dynamo } from '../clients.ts';
import { contentOf, key } from './table.ts';

/** The prepared lists of one late revocation key, as they lie in the table. */
export const lateForm = formOf('late revocation list', 1, z.strictObject({ prepared: z.set(z.string()) }));

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
  return [...contentOf(Attributes ?? {}, lateForm).prepared].sort();
}
