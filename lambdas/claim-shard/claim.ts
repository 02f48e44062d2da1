import { nextPointers } from '../domain/claims.ts';
import type { CountedPointer } from '../domain/counted-pointers.ts';
import { type Instant, laterOf } from '../domain/days.ts';
import { type Imei, type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import type { DirectionKind } from '../domain/kinds.ts';
import { type Pointer, readPointer, writePointer } from '../domain/pointers.ts';
import { type Claim, putClaim, readClaims } from '../stores/cases/claims.ts';
import { Conflict } from '../stores/cases/table.ts';
import type { EarlierDirections } from '../stores/earlier-directions.ts';

import { env } from './environment.ts';

/** The most reversals that a claim names for one number or handset: only the newest one that counts has a part. */
const MOST_MARKS = 5;

/**
 * Claims one number, or one handset at all of its operators, for the rows of this plan.
 * @param mark the reversal that takes it back; undefined for other plans, and if the subject stays as it is
 */
export async function claim(
  kind: DirectionKind,
  identifier: Msisdn | Imei,
  own: Map<string, Pointer[]>,
  seen: Claim | undefined,
  earlier: EarlierDirections,
  { startedAt, until, mark }: { startedAt: Instant; until: Instant; mark: string | undefined },
): Promise<void> {
  let current = seen;
  for (;;) {
    const stored = current?.pointers ?? {};
    const isThere = ([slot, mine]: [string, Pointer[]]) =>
      mine.every((pointer) => stored[slot]?.includes(writePointer(pointer)));
    const before = current?.reversals ?? [];
    const isMarked = mark === undefined || before[0] === mark;
    if ([...own].every(isThere) && isMarked) return;
    // Marks of plans that were given up would push out marks that count.
    const reversals = isMarked ? before : [mark, ...(await earlier.countedMarks(before))].slice(0, MOST_MARKS);
    const pointers: Claim['pointers'] = { ...stored };
    for (const [slot, mine] of own) {
      const counted: CountedPointer[] = await earlier.counted(stored[slot] ?? []);
      pointers[slot] = nextPointers([...mine, ...besides(mine, stored[slot] ?? [])], counted);
    }
    try {
      const kept = laterOf(until, current?.keptUntil ?? until);
      await putClaim(env.CASES, kind, identifier, { pointers, reversals, keptUntil: kept }, current?.version ?? 0);
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      current = (await readClaims(env.CASES, kind, [identifier], startedAt)).get(identifier);
    }
  }
}

/**
 * What another shard of the same plan claimed of it, for another kind of direction: a night may restore a number at one operator and
 * re-verify it at another.
 */
function besides(mine: readonly Pointer[], stored: readonly string[]): Pointer[] {
  const [own] = mine.map(({ directionId }) => parseDirectionId(directionId));
  return stored.map(readPointer).filter(({ directionId }) => {
    const direction = parseDirectionId(directionId);
    return direction !== null && direction.plan === own?.plan && direction.kind !== own.kind;
  });
}
