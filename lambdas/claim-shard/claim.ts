import { type CountedPointer, nextPointers, type Pointer, writePointer } from '../domain/claims.ts';
import { type Instant, laterOf } from '../domain/days.ts';
import type { Imei, Msisdn } from '../domain/identifiers.ts';
import type { DirectionKind } from '../domain/kinds.ts';
import { type Claim, putClaim, readClaims } from '../stores/cases/claims.ts';
import { Conflict } from '../stores/cases/table.ts';
import type { EarlierDirections } from '../stores/earlier-directions.ts';

import { env } from './environment.ts';

/** Claims one number, or one handset at all of its operators, for the rows of this plan. */
export async function claim(
  kind: DirectionKind,
  identifier: Msisdn | Imei,
  own: Map<string, Pointer[]>,
  seen: Claim | undefined,
  earlier: EarlierDirections,
  { startedAt, until }: { startedAt: Instant; until: Instant },
): Promise<void> {
  let current = seen;
  for (;;) {
    const stored = current?.pointers ?? {};
    const isThere = ([slot, mine]: [string, Pointer[]]) =>
      mine.every((pointer, n) => stored[slot]?.[n] === writePointer(pointer));
    if ([...own].every(isThere)) return;
    const pointers: Claim['pointers'] = { ...stored };
    for (const [slot, mine] of own) {
      const counted: CountedPointer[] = await earlier.counted(stored[slot] ?? []);
      pointers[slot] = nextPointers(mine, counted);
    }
    try {
      const kept = laterOf(until, current?.keptUntil ?? until);
      await putClaim(env.CASES, kind, identifier, { pointers, keptUntil: kept }, current?.version ?? 0);
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      current = (await readClaims(env.CASES, kind, [identifier], startedAt)).get(identifier);
    }
  }
}
