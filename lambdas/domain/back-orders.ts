/**
 * The restore orders that responses cause: whoever proved themselves, or got the number since, and whom a bar or a disconnect order
 * had named, is given service back at once.
 */
import { addSeconds, type Instant } from './days.ts';
import { givesServiceBack } from './kinds.ts';
import { takesService } from './ladders.ts';
import { currentOutcomes, type IssuedOrder, type Ledger, type RecordedFile } from './ledger.ts';
import { bytesPerRow, fileOf, outcomeAt } from './outcomes.ts';

/** Seconds that such an order may take. It needs no answer. */
const BACK_TAKES = 24 * 3600;

/** By when the service of rows is to be given back that a response, committed at `at`, says are verified or somebody else's. */
export function backOrderDue(at: Instant): Instant {
  return addSeconds(at, BACK_TAKES);
}

/**
 * Whether a bar or a disconnect order carried a row (from 0), as the ledger stands. Of a row that has failed, one of the ladder
 * that was committed before, its own disconnect order, or the ladder's. Of a row that is done with it isn't known any more whether
 * it had failed: it counts as carried where an answer had anybody disconnected, since nobody who has service loses it by that.
 */
export function wasCut(ledger: Ledger, row: number): boolean {
  const bytes = currentOutcomes(ledger);
  const place = fileOf(bytes, row * bytesPerRow) - 1;
  const cuts = ledger.orders.filter(({ order }) => takesService(order));
  const said = ledger.files[place];
  if (said === undefined) return cuts.length > 0;
  const outcome = outcomeAt(bytes, row);
  if (outcome !== 'failed' && outcome !== 'overdue')
    return (
      cuts.some(isBefore(said)) || ledger.files.slice(0, place).some(({ failedOrder }) => failedOrder !== undefined)
    );
  return said.failedOrder !== undefined || cuts.some((cut) => cut.order === 'disconnect' || isBefore(said)(cut));
}

/**
 * Whether a row (from 0) is without service by an order of its direction, as far as the ledger tells: one that was carried, unless the
 * answer by which it stands had service given back at once.
 */
export function isCut(ledger: Ledger, row: number): boolean {
  return !givesServiceBack(outcomeAt(currentOutcomes(ledger), row)) && wasCut(ledger, row);
}

/**
 * The files (in the order of their records) that gave service back since an order was first committed that takes it: whoever has
 * published that order tells of their restore orders after it, since it may have named whom they give back.
 */
export function givenBackSince({ files }: Ledger, firstVersion: number): RecordedFile[] {
  return files.filter(({ backDue, version }) => backDue !== undefined && version > firstVersion);
}

/** Whether an order was first committed before a file was recorded. */
function isBefore({ version: recorded }: RecordedFile): (order: IssuedOrder) => boolean {
  return ({ version, firstVersion = version }) => firstVersion < recorded;
}
