import { NO_TURN, type Turn } from '../../domain/turn.ts';
import { key, put, read } from './table.ts';

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
