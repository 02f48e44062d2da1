import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type AuditHead, NO_ENTRY } from '../../domain/audit.ts';
import type { BatchId } from '../../domain/identifiers.ts';
import { ITEMS_PER_BATCH_GET } from '../../domain/limits.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { dynamo } from '../clients.ts';
import { concurrently } from '../concurrently.ts';
import { Conflict, key, put, read, readMany } from './table.ts';

/** The end of a chain, as it lies in the table. */
export const auditHeadForm = formOf<AuditHead>(
  'end of a chain',
  1,
  z.strictObject({ n: fields.count, hash: fields.sha256 }),
);
/** The mark that a fact is in its chain: the item is there. */
export const auditedForm = formOf('mark of the audit', 1, z.strictObject({}));

/** The end of a batch's chain. */
export async function readAuditHead(table: string, id: BatchId): Promise<AuditHead> {
  return (await read(table, key.auditHead(id), auditHeadForm)) ?? NO_ENTRY;
}

/** Moves the end of a chain on if it still is what was read; otherwise somebody else did. */
export async function moveAuditHead(table: string, id: BatchId, from: AuditHead, to: AuditHead): Promise<void> {
  const item = { pk: key.auditHead(id), ...auditHeadForm.write(to) };
  try {
    if (from.n === 0) await put(table, item, 'attribute_not_exists(pk)');
    else await put(table, item, 'n = :from', { ':from': from.n });
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

/** Returns those of these facts that are in the batch's chain already, strongly consistent. */
export async function readAudited(table: string, id: BatchId, facts: readonly string[]): Promise<Set<string>> {
  const ids = new Map(facts.map((fact) => [key.audited(id, fact), fact]));
  const audited = new Set<string>();
  for await (const { pk } of readMany(table, [...ids.keys()], auditedForm, {
    consistent: true,
    atOnce: ITEMS_PER_BATCH_GET,
  }))
    audited.add(ids.get(String(pk)) ?? '');
  return audited;
}

const MARKS_AT_ONCE = 16;

/** Notes that these facts are in the batch's chain. */
export async function markAudited(table: string, id: BatchId, facts: readonly string[]): Promise<void> {
  await concurrently(facts, MARKS_AT_ONCE, async (fact) => {
    await dynamo.send(
      new PutCommand({
        TableName: table,
        Item: { pk: key.audited(id, fact), ...auditedForm.write({}) },
      }),
    );
  });
}
