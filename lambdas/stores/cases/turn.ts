import * as z from 'zod';
import { type Covers, fields, formOf } from '../../domain/stored.ts';
import { NO_TURN, type Turn } from '../../domain/turn.ts';
import { key, put, read } from './table.ts';

const turn = z.strictObject({
  plan: fields.count,
  holder: fields.batch.optional(),
  execution: z.string().optional(),
  startedAt: fields.instant.optional(),
  waiting: z.array(fields.batch).default([]),
  version: fields.count.default(0),
});
true satisfies Covers<typeof turn, Turn>;

/** The record of the turn, as it lies in the table. */
export const turnForm = formOf<Turn>('record of the turn', 1, turn);

/** @throws BadRecord */
export async function readTurn(table: string): Promise<Turn> {
  return (await read(table, key.planning, turnForm)) ?? NO_TURN;
}

/**
 * Writes the turn whose version is one above the one that was read.
 * @throws Conflict when somebody wrote in between
 */
export async function writeTurn(table: string, turn: Turn): Promise<void> {
  const item = { pk: key.planning, ...turnForm.write(turn) };
  if (turn.version === 1) await put(table, item, 'attribute_not_exists(version)');
  else await put(table, item, 'version = :read', { ':read': turn.version - 1 });
}
