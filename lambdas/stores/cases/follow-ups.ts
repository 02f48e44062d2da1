import * as z from 'zod';
import type { BatchId } from '../../domain/identifiers.ts';
import { type Covers, fields, formOf } from '../../domain/stored.ts';
import { readBatch } from './batches.ts';
import { Conflict, key, put, read } from './table.ts';

/** The newest night that found something to go on with: its batch, and what it found, by its file in the work bucket. */
export interface NewestNight {
  batchId: BatchId;
  foundKey: string;
  sha256: string;
  /** Each commit adds one to the version that it was read at. */
  version: number;
}

const night = z.strictObject({
  batchId: fields.batch,
  foundKey: z.string(),
  sha256: fields.sha256,
  version: fields.count,
});
true satisfies Covers<typeof night, NewestNight>;

/** `NewestNight`, as it lies in the table. */
export const nightForm = formOf<NewestNight>('record of the newest follow-up', 1, night);

/** The night that was committed last; undefined before the first one. @throws BadRecord */
export async function readNewestNight(table: string): Promise<NewestNight | undefined> {
  return await read(table, key.followUps, nightForm);
}

/**
 * The newest night, as long as there is no batch of it: it has committed what it found, and is on its way to its batch or died there. Nothing
 * says then that it is to be directed, and the ledgers of what it has taken say no more that they wait.
 * @throws BadRecord
 */
export async function readUnregisteredNight(table: string): Promise<NewestNight | undefined> {
  const night = await readNewestNight(table);
  return night && (await readBatch(table, night.batchId)) === undefined ? night : undefined;
}

/**
 * The commit that makes a record of findings a night's: nights come one after the other, and a row is in one of them.
 * @returns whether no other one was committed since `readAt`, the version that was read (0: none)
 */
export async function commitNight(
  table: string,
  night: Omit<NewestNight, 'version'>,
  readAt: number,
): Promise<boolean> {
  const item = { pk: key.followUps, ...nightForm.write({ ...night, version: readAt + 1 }) };
  try {
    if (readAt === 0) await put(table, item, 'attribute_not_exists(pk)');
    else await put(table, item, 'version = :read', { ':read': readAt });
    return true;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return false;
  }
}
