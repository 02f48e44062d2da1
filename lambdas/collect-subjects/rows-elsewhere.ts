import { parseElsewhereLine } from '../domain/elsewhere.ts';
import { type BatchId, type DirectionId, type Imei, type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import { currentOutcomes } from '../domain/ledger.ts';
import { isReversed } from '../domain/outcomes.ts';
import type { Plan } from '../domain/plans.ts';
import type { Pointer } from '../domain/pointers.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { readRowLines } from '../stores/plans.ts';
import { readWithdrawn } from '../stores/withdrawn-reports.ts';
import { type Places, type RowKind, readLists, rowsIn } from './rows.ts';

/**
 * The directions of other batches in which a report found subjects that it did not direct, and those of them that are withdrawn with it.
 */
export type FoundElsewhere = Map<DirectionId, Set<Imei | Msisdn>>;

export function addFound(found: FoundElsewhere, directionId: DirectionId, identifier: Imei | Msisdn): void {
  found.set(directionId, (found.get(directionId) ?? new Set()).add(identifier));
}

/**
 * What a report's own plan found elsewhere.
 * @param named the subjects of the withdrawal; null for the whole report
 */
export async function foundElsewhere(
  env: Places,
  { elsewhere }: Plan,
  named: ReadonlyMap<Imei | Msisdn, unknown> | null,
): Promise<FoundElsewhere> {
  const found: FoundElsewhere = new Map();
  for await (const lines of readLists(env, elsewhere, parseElsewhereLine))
    for (const { directionId, identifier } of lines)
      if (directionId !== null && (named === null || named.has(identifier))) addFound(found, directionId, identifier);
  return found;
}

/** A row of another batch on which the report relies. */
interface RowElsewhere<Identifier> {
  readonly identifier: Identifier;
  readonly pointer: Pointer;
  /**
   * Whether that other report was withdrawn, so that the row goes with this one. If it wasn't, it may be by the time when this is planned.
   */
  readonly isWithdrawn: boolean;
}

/** The rows of other batches that stay because this report found its subjects there, without those that were taken back. */
export async function* rowsElsewhere<Identifier extends Imei | Msisdn>(
  env: Places,
  found: FoundElsewhere,
  rows: RowKind<Identifier>,
): AsyncGenerator<RowElsewhere<Identifier>> {
  const { kind } = rows;
  const ofBatch = new Map<BatchId, DirectionId[]>();
  for (const directionId of found.keys()) {
    const direction = parseDirectionId(directionId);
    if (direction?.kind !== kind) continue;
    ofBatch.set(direction.batchId, [...(ofBatch.get(direction.batchId) ?? []), directionId]);
  }
  for (const [batchId, directions] of ofBatch) {
    const identifiers = new Set(directions.flatMap((one) => [...(found.get(one) ?? [])]));
    // Who has the numbers by then is asked when this is planned.
    const withdrawn = await readWithdrawn(env, batchId, new Map([...identifiers].map((one) => [one, null])));
    for (const directionId of directions) {
      const ledger = await readLedger(env.CASES, directionId);
      if (ledger === undefined) continue;
      const bytes = currentOutcomes(ledger);
      // What a report found so long ago that no row of it is kept has nothing left to give back.
      const lines = (await readRowLines(env.WORK, ledger, env.now)) ?? [];
      for (const { identifier, row } of rowsIn(rows, lines))
        if (found.get(directionId)?.has(identifier) && !isReversed(bytes, row))
          yield { identifier, pointer: { directionId, row }, isWithdrawn: withdrawn.with({ kind, identifier }) };
    }
  }
}
