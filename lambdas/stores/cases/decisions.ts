import * as z from 'zod';
import type { DirectionKind } from '../../domain/kinds.ts';
import { formOf } from '../../domain/stored.ts';
import { NotThere } from '../errors.ts';
import { Conflict, key, put, read } from './table.ts';

/** The decision that counts, as it lies in the table: its key in the work bucket. */
export const decisionForm = formOf('decision', 1, z.strictObject({ decisionKey: z.string() }));

/**
 * Registers a shard's decision, once for all of its attempts.
 * @returns the key of the decision that counts: this one, or that of the first attempt
 */
export async function registerDecision(
  table: string,
  plan: number,
  kind: DirectionKind,
  shard: number,
  decisionKey: string,
): Promise<string> {
  try {
    await put(
      table,
      { pk: key.decision(plan, kind, shard), ...decisionForm.write({ decisionKey }) },
      'attribute_not_exists(pk)',
    );
    return decisionKey;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const registered = await readDecision(table, plan, kind, shard);
    if (registered === undefined) throw new NotThere('a decision was refused and is not there');
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
  return (await read(table, key.decision(plan, kind, shard), decisionForm))?.decisionKey;
}
