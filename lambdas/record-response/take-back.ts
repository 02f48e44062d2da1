import { type Pointer, readPointer } from '../domain/claims.ts';
import { type Day, dayOf } from '../domain/days.ts';
import { parseDirectionRowLine } from '../domain/directions.ts';
import type { DirectionId, Msisdn } from '../domain/identifiers.ts';
import { type Ledger, type RecordedFile, reissuedIn, takeBack } from '../domain/ledger.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { readClaimsHoweverOld } from '../stores/cases/claims.ts';
import { changeLedger, readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readText } from '../stores/objects.ts';

import { env } from './environment.ts';

/** A row of another direction, and since when its number is somebody else's. */
interface Elsewhere {
  row: number;
  since: Day;
}

/**
 * Marks as taken back what other directions, of earlier and of later batches, have of the numbers that a recorded file says to be
 * somebody else's: no bar, disconnection or list of theirs names them from then on. It follows the file's commit, so that nothing
 * is taken back by an answer that was not recorded, and comes before its withdrawal is published, which so comes after each list
 * that was made without the mark, or is published once more after it. Marked again, a row stays as it is.
 */
export async function takeBackElsewhere(ledger: Ledger, recorded: RecordedFile): Promise<void> {
  const lines = (await readText({ bucket: env.WORK, key: ledger.rowsKey })).split('\n');
  const sinceOf = new Map<Msisdn, Day>();
  for (const { row, since } of reissuedIn(ledger, recorded))
    sinceOf.set(parseDirectionRowLine('reverify', lines[row] ?? '').msisdn, since);
  // Also a claim that counts no more: a row that it names may be in a list all the same.
  const claims = await readClaimsHoweverOld(env.CASES, 'reverify', [...sinceOf.keys()]);
  const elsewhere = new Map<DirectionId, Elsewhere[]>();
  for (const [msisdn, since] of sinceOf)
    for (const { directionId, row } of Object.values(claims.get(msisdn)?.pointers ?? {})
      .flat()
      .map<Pointer>(readPointer))
      if (directionId !== ledger.directionId)
        elsewhere.set(directionId, [...(elsewhere.get(directionId) ?? []), { row, since }]);
  await concurrently(elsewhere, LEDGERS_AT_ONCE, async ([id, found]) => await takeBackIn(id, found));
}

async function takeBackIn(id: DirectionId, found: readonly Elsewhere[]): Promise<void> {
  const direction = await readLedger(env.CASES, id);
  // Of a plan that was given up.
  if (direction === undefined) return;
  // Its plan knew no sighting later than that: of what is old, nothing else need be there any more.
  const seenBy = dayOf(direction.startedAt);
  const isOlder = found.every(({ since }) => seenBy <= since);
  const lines = isOlder ? [] : (await readText({ bucket: env.WORK, key: direction.rowsKey })).split('\n');
  // Who was seen with the number on a later day is who has it now.
  const isBefore = ({ row, since }: Elsewhere) =>
    isOlder || parseDirectionRowLine('reverify', lines[row] ?? '').lastSeen <= since;
  const rows = found.filter(({ row }) => row < direction.rows).filter(isBefore);
  await changeLedger(env.CASES, id, async (read) => {
    const marked = takeBack(
      read,
      rows.map(({ row }) => row),
    );
    return { ...(marked && { ledger: marked }), result: undefined };
  });
}
