import { wasCut } from '../domain/back-orders.ts';
import { readPointer } from '../domain/claims.ts';
import { type Day, dayOf } from '../domain/days.ts';
import { directedFor, parseDirectionRowLine } from '../domain/directions.ts';
import { type DirectionId, parseDirectionId } from '../domain/identifiers.ts';
import { type Ledger, type RecordedFile, reissuedIn, takeBack } from '../domain/ledger.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { readClaimsHoweverOld } from '../stores/cases/claims.ts';
import { changeLedger, readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readText } from '../stores/objects.ts';

import { env } from './environment.ts';

/** A direction that has one of the numbers is being planned, and has no ledger yet. */
class StillPlanned extends Error {
  override name = 'StillPlanned';
}

/** What another direction has of numbers that are somebody else's: its ledger, and each of its rows with the number's row here. */
interface Elsewhere {
  ledger: Ledger;
  rows: { row: number; here: number }[];
}

/** A row of this direction whose number is somebody else's since a day. */
interface Reissued {
  row: number;
  since: Day;
}

/**
 * Where else the numbers of these rows of a direction are, in earlier and in later batches, whoever's the directions are. Not where
 * one was seen on a later day: who was seen then is who has it now.
 */
async function elsewhereOf(
  { directionId: own }: Ledger,
  reissued: readonly Reissued[],
  lines: readonly string[],
): Promise<Elsewhere[]> {
  const numberOf = (row: number) => parseDirectionRowLine('reverify', lines[row] ?? '').msisdn;
  // Also a claim that counts no more: a row that it names may be in a list all the same.
  const claims = await readClaimsHoweverOld(
    env.CASES,
    'reverify',
    reissued.map(({ row }) => numberOf(row)),
  );
  const named = new Map<DirectionId, (Reissued & { here: number })[]>();
  for (const { row: here, since } of reissued)
    for (const pointer of Object.values(claims.get(numberOf(here))?.pointers ?? {}).flat()) {
      const { directionId, row } = readPointer(pointer);
      if (directionId !== own) named.set(directionId, [...(named.get(directionId) ?? []), { row, here, since }]);
    }
  const found: Elsewhere[] = [];
  await concurrently(named, LEDGERS_AT_ONCE, async ([id, pointers]) => {
    const ledger = await readLedger(env.CASES, id);
    if (ledger === undefined) {
      // Its plan was given up, or is being made: then it comes in a moment, and this is tried again.
      const parts = parseDirectionId(id);
      const batch = parts && (await readBatch(env.CASES, parts.batchId));
      if (batch?.state === 'planning' && batch.plan === parts?.plan) throw new StillPlanned(id);
      return;
    }
    // Its plan knew no sighting later than that: of what is old, nothing else need be there any more.
    const seenBy = dayOf(ledger.startedAt);
    const isOlder = pointers.every(({ since }) => seenBy <= since);
    const others = isOlder ? [] : (await readText({ bucket: env.WORK, key: ledger.rowsKey })).split('\n');
    const rows = pointers
      .filter(({ row }) => row < ledger.rows)
      .filter(
        ({ row, since }) => isOlder || directedFor(parseDirectionRowLine('reverify', others[row] ?? '')) <= since,
      );
    found.push({ ledger, rows });
  });
  return found;
}

/**
 * Marks as taken back what other directions have of the numbers that a file says to be somebody else's: no bar, disconnection or
 * list of theirs names them from then on. It comes before the file's commit, with the ledger that this would make, so that what it
 * finds is told with that commit: an order of another direction either was committed before the mark, and is found here, or leaves
 * them out. Marked again, a row stays as it is.
 * @param recorded the file, as the ledger has it
 * @param lines the direction's rows
 * @returns the rows that a bar or a disconnect order of another direction of the same operator carried: who has the number now is to
 *   have service, whichever of them took it
 */
export async function takeBackElsewhere(
  ledger: Ledger,
  recorded: RecordedFile,
  lines: readonly string[],
): Promise<ReadonlySet<number>> {
  const cut = new Set<number>();
  const elsewhere = await elsewhereOf(ledger, reissuedIn(ledger, recorded), lines);
  await concurrently(elsewhere, LEDGERS_AT_ONCE, ({ ledger: { directionId }, rows }) =>
    changeLedger(env.CASES, directionId, async (read) => {
      const marked = takeBack(
        read,
        rows.map(({ row }) => row),
      );
      if (read.operator === ledger.operator) for (const { row, here } of rows) if (wasCut(read, row)) cut.add(here);
      return { ...(marked && { ledger: marked }), result: undefined };
    }),
  );
  return cut;
}
