import * as z from 'zod';
import type { Instant } from '../../domain/days.ts';
import type { OperatorId } from '../../domain/identifiers.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { Conflict, key, put, read } from './table.ts';

/** When an operator's usage came last, as it lies in the table. */
export const importForm = formOf('latest import', 1, z.strictObject({ latest: fields.instant }));

/** Notes that an operator's usage came at `at`; an earlier instant than the one noted changes nothing. */
export async function noteImport(table: string, operator: OperatorId, at: Instant): Promise<void> {
  try {
    const item = { pk: key.latestImport(operator), ...importForm.write({ latest: at }) };
    await put(table, item, 'attribute_not_exists(pk) OR latest < :at', { ':at': at });
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}

export async function readLatestImport(table: string, operator: OperatorId): Promise<Instant | null> {
  return (await read(table, key.latestImport(operator), importForm))?.latest ?? null;
}
