import { takingOrders, wasCut } from '../domain/back-orders.ts';
import { isWithoutService } from '../domain/claims.ts';
import { countPointer } from '../domain/counted-pointers.ts';
import { type Day, dayOf, type Instant, laterOf } from '../domain/days.ts';
import { directedFor, parseDirectionRowLine } from '../domain/directions.ts';
import { type DirectionId, parseDirectionId } from '../domain/identifiers.ts';
import {
  currentOutcomes,
  fileSaying,
  type Ledger,
  markReversedRows,
  type RecordedFile,
  reissuedIn,
  touched,
} from '../domain/ledger.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { asksToRestore } from '../domain/moves.ts';
import { isDisconnectedSince, isReversed } from '../domain/outcomes.ts';
import { isGivingBack, readPointer } from '../domain/pointers.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { readClaimsHoweverOld } from '../stores/cases/claims.ts';
import { changeLedger, readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readMovedIfThere } from '../stores/moves.ts';
import { readText } from '../stores/objects.ts';

import { env } from './environment.ts';

/** A direction that has one of the numbers is being planned, and has no ledger yet. */
export class StillPlanned extends Error {
  override name = 'StillPlanned';
}

/** What another direction has of numbers that are somebody else's: its ledger, and each of its rows with the number's row here. */
interface Elsewhere {
  ledger: Ledger;
  /** The rows of the holder before, and since when somebody else has the number. */
  rows: { row: number; here: number; since: Day }[];
  /** The rows of the present holder. */
  since: { row: number; here: number }[];
}

/** A row of a former holder's from which, as its ledger tells, an order took service. */
export interface Taken {
  readonly ledger: Ledger;
  /** It was taken back before this look: no order carried it since. */
  readonly wasMarked: boolean;
}

/** Rows of a direction by what other directions of its operator have done to their numbers, which are somebody else's. */
export interface CutElsewhere {
  /** Rows for which an order to the former holder took service, with the rows of other directions in which it did. */
  readonly before: ReadonlyMap<number, readonly Taken[]>;
  /** Rows whose present holder was disconnected by the operator's word on the former one. */
  readonly byWord: ReadonlySet<number>;
  /** Rows whose present holder is without service by what was directed for that holder. */
  readonly since: ReadonlySet<number>;
}

/**
 * The instant from which it counts that service is given back, which the orders that took it in these rows come before: an attempt counts from
 * its delivery, and may find some that were issued since.
 */
export function givenBackAt(now: Instant, before: CutElsewhere['before']): Instant {
  const orders = [...before.values()].flatMap((taken) => taken.flatMap(({ ledger }) => takingOrders(ledger)));
  return orders.reduce((last, { at }) => laterOf(last, at), now);
}

/** A row of this direction whose number is somebody else's since a day. */
interface Reissued {
  row: number;
  since: Day;
}

/**
 * The other directions that have the numbers of these rows, in earlier and in later batches, of whatever operator. Rows in which a number
 * was seen on a later day stand apart: the person who was seen then is the present holder.
 */
async function elsewhereOf(
  { directionId: own }: Ledger,
  reissued: readonly Reissued[],
  lines: readonly string[],
): Promise<Elsewhere[]> {
  const numberOf = (row: number) => parseDirectionRowLine('reverify', lines[row] ?? '').msisdn;
  // Claims that count no more are read, too: a row that one names may be in a list all the same.
  const claims = await readClaimsHoweverOld(
    env.CASES,
    'reverify',
    reissued.map(({ row }) => numberOf(row)),
  );
  const named = new Map<DirectionId, (Reissued & { here: number })[]>();
  for (const { row: here, since } of reissued)
    for (const pointer of Object.values(claims.get(numberOf(here))?.pointers ?? {}).flat()) {
      const { directionId, row } = readPointer(pointer);
      // A row that gives back stays: the present holder waits for it.
      if (directionId !== own && !isGivingBack(directionId))
        named.set(directionId, [...(named.get(directionId) ?? []), { row, here, since }]);
    }
  const found: Elsewhere[] = [];
  await concurrently(named, LEDGERS_AT_ONCE, async ([id, pointers]) => {
    const ledger = await readLedger(env.CASES, id);
    if (ledger === undefined) {
      // Its plan was given up, or is being made: then its ledger comes in a moment, and this is tried again.
      const parts = parseDirectionId(id);
      const batch = parts && (await readBatch(env.CASES, parts.batchId));
      if (batch?.state === 'planning' && batch.plan === parts?.plan) throw new StillPlanned(id);
      return;
    }
    // Its plan knew no sighting later than that: then all of its rows are the former holder's, and the file of its rows, which may be gone,
    // isn't needed.
    const seenBy = dayOf(ledger.startedAt);
    const isOlder = pointers.every(({ since }) => seenBy <= since);
    const others = isOlder ? [] : (await readText({ bucket: env.WORK, key: ledger.rowsKey })).split('\n');
    const isBefore = ({ row, since }: { row: number; since: Day }) =>
      isOlder || directedFor(parseDirectionRowLine('reverify', others[row] ?? '')) <= since;
    const known = pointers.filter(({ row }) => row < ledger.rows);
    found.push({ ledger, rows: known.filter(isBefore), since: known.filter((one) => !isBefore(one)) });
  });
  return found;
}

/**
 * Marks as taken back what other directions have of the numbers that a file says to be somebody else's: no bar, disconnection or list of
 * theirs names them from then on. It comes before the file's commit, with the ledger that this would make, so that what it finds is told
 * with that commit: an order of another direction either was committed before the mark, and is found here, or leaves them out. A row that
 * is marked again stays as it is.
 * @param recorded the file, as the ledger has it
 * @param lines the direction's rows
 * @param look before the file's commit, or after it: then the first one has what others judged before and commit from now on know what it says
 * @returns the rows that a bar or a disconnect order of another direction of the same operator carried, and those that it says there to
 * be disconnected on a day since which the present holder has the number: they are to have service, whichever of them took it, unless they
 * lost it by what was directed for themselves
 */
export async function takeBackElsewhere(
  ledger: Ledger,
  recorded: RecordedFile,
  lines: readonly string[],
  look: 'ahead' | 'first' | 'again' = 'ahead',
): Promise<CutElsewhere> {
  const cut = { before: new Map<number, Taken[]>(), byWord: new Set<number>(), since: new Set<number>() };
  const elsewhere = await elsewhereOf(ledger, reissuedIn(ledger, recorded), lines);
  await concurrently(elsewhere, LEDGERS_AT_ONCE, async ({ ledger: other, rows, since }) => {
    if (other.operator === ledger.operator)
      for (const { row, here } of since)
        if (isWithoutService(countPointer({ directionId: other.directionId, row }, other))) cut.since.add(here);
    if (rows.length === 0) return;
    const found = await changeLedger(env.CASES, other.directionId, async (read) => {
      const [taken, byWord]: [(Taken & { here: number })[], number[]] = [[], []];
      const marked = markReversedRows(
        read,
        rows.map(({ row }) => row),
      );
      if (read.operator === ledger.operator)
        for (const { row, here, since: held } of rows) {
          if (wasCut(read, row)) taken.push({ ledger: read, here, wasMarked: isReversed(currentOutcomes(read), row) });
          const isCut = isDisconnectedSince(currentOutcomes(read), read.laterEnds, row, held);
          if (isCut && (look === 'ahead' || !(await isToRestoreBy(read, row)))) byWord.push(here);
        }
      // What an operator's own files say goes by what the others of its files have said.
      const next = marked ?? (look === 'first' && read.operator === ledger.operator ? touched(read) : undefined);
      return { ...(next && { ledger: next }), result: { taken, byWord } };
    });
    for (const { here, ...one } of found.taken) cut.before.set(here, [...(cut.before.get(here) ?? []), one]);
    for (const here of found.byWord) cut.byWord.add(here);
  });
  return cut;
}

/** Whether the file by whose word a row is disconnected has who has the number since restored in the night. */
async function isToRestoreBy(ledger: Ledger, row: number): Promise<boolean> {
  const file = fileSaying(ledger, row);
  if (file?.toRestore === undefined) return false;
  return asksToRestore(await readMovedIfThere(env.WORK, ledger, file), row);
}
