import { cutEvenly } from '../domain/directions.ts';
import { directionIdOf, type OperatorId } from '../domain/identifiers.ts';
import { notBefore, type Rung } from '../domain/ladders.ts';
import type { PlannedDirection } from '../domain/plans.ts';
import { PLANS } from '../domain/work.ts';
import { writeObject } from '../stores/objects.ts';
import { env } from './environment.ts';
import type { Input } from './input.ts';

/** A row that is to be directed. */
interface Row {
  readonly identifier: string;
  readonly line: string;
  /** Its ladder, if that is not the kind's. */
  readonly rungs?: readonly Rung[] | null | undefined;
}

/** A direction that a shard was cut into, and its rows. */
export interface Cut<R> {
  readonly direction: PlannedDirection;
  readonly rows: readonly R[];
}

/**
 * Cuts a shard's rows into even directions, each of one operator and of one ladder, and writes the rows of each. Several rows of one
 * identifier at an operator (exceptions for several numbers of a handset) go into a direction each, since an answer names the identifier
 * alone.
 */
export async function cutDirections<R extends Row>(
  {
    batchId,
    plan,
    startedAt,
    item: { kind, shard },
  }: Pick<Input, 'batchId' | 'plan' | 'startedAt'> & {
    readonly item: Pick<Input['item'], 'kind' | 'shard'>;
  },
  directed: ReadonlyMap<OperatorId, readonly R[]>,
  folder: string,
): Promise<Cut<R>[]> {
  const cuts: Cut<R>[] = [];
  for (const operator of [...directed.keys()].sort()) {
    const rows = [...(directed.get(operator) ?? [])].sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
    const alike = Map.groupBy(
      layered(rows),
      ({ row: { rungs }, layer }) => `${layer} ${JSON.stringify(rungs ?? null)}`,
    );
    const pieces = [...alike]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, own]) => cutEvenly(own, env.ROWS_PER_DIRECTION));
    for (const [n, piece] of pieces.entries()) {
      const own = piece.map(({ row }) => row);
      const rowsKey = PLANS.decisions.rows(folder, operator, n);
      await writeObject({ bucket: env.WORK, key: rowsKey }, own.map(({ line }) => `${line}\n`).join(''));
      const rungs = own[0]?.rungs;
      const direction = {
        directionId: directionIdOf({ batchId, kind, operator, plan, shard, n }),
        operator,
        rows: own.length,
        rowsKey,
        ...(rungs && { rungs: notBefore(rungs, startedAt) }),
      };
      cuts.push({ direction, rows: own });
    }
  }
  return cuts;
}

/** The rows (sorted by identifier), each with the number of rows of its identifier that come before it. */
function layered<R extends Row>(rows: readonly R[]): { readonly row: R; readonly layer: number }[] {
  let layer = 0;
  return rows.map((row, n) => {
    layer = rows[n - 1]?.identifier === row.identifier ? layer + 1 : 0;
    return { row, layer };
  });
}
