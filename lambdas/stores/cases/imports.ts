import type { Instant } from '../../domain/days.ts';
import type { OperatorId } from '../../domain/identifiers.ts';
import { Conflict, key, put, read } from './table.ts';

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
