/**
 * The orders that give back what an order took or blocked. Responses cause restore orders: a bar or disconnect order had named somebody who
 * proved themselves since, or whose number is somebody else's since, and service is given back at once. The orders of a reversal's own
 * directions are its plan's.
 */
import { addSeconds, DAY_SECONDS, type Instant, laterOf } from './days.ts';
import { failedOrderAt } from './failed-orders.ts';
import { sha256Of } from './hashes.ts';
import { type BatchId, type DirectionId, parseDirectionId } from './identifiers.ts';
import { givesBack, rulesOf } from './kinds.ts';
import { takesService } from './ladders.ts';
import { change, currentOutcomes, type IssuedOrder, type Ledger, type Recorded, type RecordedFile } from './ledger.ts';
import { givesServiceBack, type Outcome } from './outcome-rules.ts';
import { BYTES_PER_ROW, fileOf, outcomeAt, wasCarriedAsFailed } from './outcomes.ts';
import type { Plan } from './plans.ts';

/** Seconds that such an order may take. It needs no answer. */
const BACK_TAKES = DAY_SECONDS;

/** The instant by which service is to be given back to rows that a response, committed at `at`, says are verified or somebody else's. */
export function backOrderDue(at: Instant): Instant {
  return addSeconds(at, BACK_TAKES);
}

/**
 * Whether a bar or a disconnect order carried a row (from 0), as the ledger stands: one that was caused by its failing; a bar that was
 * committed before its last word; or, of a row that has failed or has no word, the ladder's disconnect order, whenever that came.
 */
export function wasCut(ledger: Ledger, row: number): boolean {
  const bytes = currentOutcomes(ledger);
  return wasCarriedAsFailed(bytes, row) || cutsOf(ledger, bytes, row).length > 0;
}

/** The orders of the ladder that took service from a row. */
function cutsOf(ledger: Ledger, bytes: Uint8Array, row: number): IssuedOrder[] {
  const said = ledger.files[fileOf(bytes, row * BYTES_PER_ROW) - 1];
  const isDone = isDoneWith(outcomeAt(bytes, row));
  return ledger.orders.filter((one) => {
    if (!takesService(one.order)) return false;
    return said === undefined || isBefore(said)(one) || (!isDone && one.order === 'disconnect');
  });
}

/** Whether an outcome is an answer that is not followed by the ladder's disconnect order. */
const isDoneWith = (outcome: Outcome): boolean => outcome !== 'failed' && outcome !== 'overdue';

/**
 * Whether a row (from 0) is without service by an order of its direction, as far as the ledger tells: an order carried it, and the answer
 * by which it stands had no service given back at once.
 */
export function isCut(ledger: Ledger, row: number): boolean {
  return !givesServiceBack(outcomeAt(currentOutcomes(ledger), row)) && wasCut(ledger, row);
}

/** The instant at which the newest order or answer took service from a row that is cut; null for any other row. */
export function cutAt(ledger: Ledger, row: number): Instant | null {
  return isCut(ledger, row) ? takenAt(ledger, row) : null;
}

/**
 * The instant of `cutAt`, where a failed row's disconnect order counts from the upload that said so: an answer is compared to what was said
 * before or after it, however late either was recorded.
 */
export function cutSaidAt(ledger: Ledger, row: number): Instant | null {
  return isCut(ledger, row) ? takenAt(ledger, row, ({ failedOrder, at }) => failedOrder && at) : null;
}

/**
 * The instant at which the newest order took service from a row before the answer that gives it back; null for any other row. Nobody answers
 * the order to restore that such an answer causes. An answer of this file or an earlier one has caused one: where none has, nothing is known to
 * have been taken.
 */
export function carriedAt(ledger: Ledger, row: number): Instant | null {
  const bytes = currentOutcomes(ledger);
  const files = ledger.files.slice(0, fileOf(bytes, row * BYTES_PER_ROW));
  const isOrderedBack = files.some(({ backDue }) => backDue !== undefined);
  return givesServiceBack(outcomeAt(bytes, row)) && isOrderedBack ? takenAt(ledger, row) : null;
}

/**
 * The instant of the newest order that took service from a row, before what is said of it; null if there is none. An order counts from its
 * commit: the file that caused it may have been uploaded before somebody was restored, and recorded after that.
 */
function takenAt(ledger: Ledger, row: number, orderedAt = failedOrderAt): Instant | null {
  const bytes = currentOutcomes(ledger);
  const failing = wasCarriedAsFailed(bytes, row) ? failingOf(ledger, bytes, row) : [];
  const failed = failing.flatMap((file) => orderedAt(file) ?? []);
  const ordered = cutsOf(ledger, bytes, row).map(({ at }) => at);
  return [...ordered, ...failed].reduce<Instant | null>(
    (newest, at) => (newest === null ? at : laterOf(newest, at)),
    null,
  );
}

/**
 * The files of which one made a row failed that a disconnect order carried. Of a row that is done with it isn't known any more which of those
 * before its last word it was; one that a reversal ended without an entry names no file.
 */
function failingOf({ files }: Ledger, bytes: Uint8Array, row: number): readonly RecordedFile[] {
  const file = fileOf(bytes, row * BYTES_PER_ROW);
  if (isDoneWith(outcomeAt(bytes, row))) return file > 0 ? files.slice(0, file - 1) : files;
  return files.slice(file - 1, file);
}

/**
 * An order that took service, of a direction or of failed rows of one of its files, in one of its forms: the instant at which that was issued,
 * and the attempt by which it was prepared.
 */
export type TakingOrder = { readonly at: Instant; readonly attempt: string } & (
  | { readonly rung: number; readonly sha256?: never }
  | { readonly sha256: string; readonly rung?: never }
);

/**
 * All orders by which service was taken in a direction, each in its first form and in its newest: rows only leave an order when it is issued
 * anew. Which rows each carried says its own text.
 */
export function takingOrders({ orders, files }: Ledger): TakingOrder[] {
  const issued = orders.flatMap(({ order, rung, attempt, at, firstAttempt = attempt, firstAt = at }) => {
    if (!takesService(order)) return [];
    const first = firstAttempt === attempt ? [] : [{ rung, attempt: firstAttempt, at: firstAt }];
    return [...first, { rung, attempt, at }];
  });
  const failed = files.flatMap((file) => {
    const at = failedOrderAt(file);
    if (at === undefined) return [];
    const { sha256, attempt, failedOrder: { anew } = {} } = file;
    const first = { sha256, attempt, at };
    return anew === undefined ? [first] : [first, { sha256, attempt: anew.attempt, at: laterOf(at, anew.at) }];
  });
  return [...issued, ...failed];
}

/** The instant at which service was ordered to be given back that is due back by then. */
export const orderedBackAt = (backDue: Instant): Instant => addSeconds(backDue, -BACK_TAKES);

/**
 * The ledger with an entry that restores rows (from 0, ascending) whose number is somebody else's, as a recorded file says, and of which it
 * was found after that file's commit that service had been taken from who has it now.
 * @param cut the number of those of them whom the operator said to be disconnected
 * @param attempt by which the entry's order and list are prepared
 */
export function withRestored(
  ledger: Ledger,
  { sha256: after }: RecordedFile,
  rows: readonly number[],
  { cut, attempt, at }: { readonly cut: number; readonly attempt: string; readonly at: Instant },
): Recorded {
  const version = ledger.version + 1;
  const recorded = {
    // What is found later is another entry, also of the same rows.
    sha256: sha256Of(`${after} ${version} ${rows.join(' ')}`),
    attempt,
    at,
    version,
    backDue: backOrderDue(at),
    ...(cut > 0 ? { toRestore: cut } : {}),
    after,
  };
  return { ledger: change(ledger, { files: [...ledger.files, recorded] }), recorded };
}

/**
 * The files (in the order of their records) that gave service back since an order that takes it was first committed. The order may have
 * named the subscribers to whom they give back, so whoever has published it tells of their restore orders after it.
 */
export function givenBackSince({ files }: Ledger, firstVersion: number): RecordedFile[] {
  return files.filter(({ backDue, version }) => backDue !== undefined && version > firstVersion);
}

/**
 * The reversals (in the order of their entries) that took rows back since an order that takes service was first committed. The order may
 * have named the subscribers to whom they give back, so whoever has published it tells of their orders after it.
 */
export function reversedSince({ files }: Ledger, firstVersion: number): BatchId[] {
  return files.flatMap(({ reversal, version }) => (reversal !== undefined && version > firstVersion ? reversal : []));
}

/** The directions of a reversal's plan in which rows of a direction are given back: those of its operator, of the same subjects. */
export function givingBackTo(
  { kind, operator }: Pick<Ledger, 'kind' | 'operator'>,
  { directions }: Pick<Plan, 'directions'>,
): DirectionId[] {
  const gives = (directionId: DirectionId) => {
    const given = parseDirectionId(directionId)?.kind;
    return given !== undefined && givesBack(given) && rulesOf(given).subject === rulesOf(kind).subject;
  };
  return directions.flatMap(({ directionId, operator: whose }) =>
    whose === operator && gives(directionId) ? directionId : [],
  );
}

/** The order of a direction that gives back which carries all of its rows; undefined if it has none yet. */
export function givingBackIn({ orders }: Ledger): IssuedOrder | undefined {
  return orders.find(({ rung }) => rung === 1);
}

/** Whether an order was first committed before a file was recorded. */
function isBefore({ version: recorded }: RecordedFile): (order: IssuedOrder) => boolean {
  return ({ version, firstVersion = version }) => firstVersion < recorded;
}
