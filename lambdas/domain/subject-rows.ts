/** The rows that earlier directions have of a number or handset, and which of two words on one came later. */
import type { CountedPointer } from './counted-pointers.ts';
import { type Day, dayOf, type Instant } from './days.ts';
import type { Msisdn } from './identifiers.ts';
import { endsConnection } from './outcome-rules.ts';
import type { Pointer } from './pointers.ts';

/** A row that an earlier direction has of the subject, with what its line says. */
export interface SubjectRow extends CountedPointer {
  /** The day of the sighting for which it is directed; null for handsets. */
  readonly directedFor: Day | null;
  /** The number that an unblock excepts; null for the whole handset, and for all other kinds. */
  readonly excepts: Msisdn | null;
}

/**
 * Whether a connection was ended, as its operator said later than that it had service: a row that was taken back, or whose ladder has ended,
 * may be cut off late.
 * @param back a row that was restored or verified
 */
export function endedAfter(row: SubjectRow, back: SubjectRow): boolean {
  return endsConnection(row.outcome) && isSaidAfter(row, back);
}

/**
 * Whether a connection was ended in another row, and not seen since on the day for which this one is directed: who proves themselves here
 * has service back as far as this direction's own orders took it, and nobody took that other one back.
 */
export function endedElsewhere({ outcome, occurredOn, reversed }: SubjectRow, { directedFor }: SubjectRow): boolean {
  if (!endsConnection(outcome) || reversed || occurredOn === null) return false;
  return directedFor === null || directedFor <= occurredOn;
}

/**
 * Whether an order took service after its operator had restored it: the row may be older than what was restored. An operator may say days
 * later that it has restored service, so what was ordered after the day that it names counts, too: to restore once more does no harm.
 */
export function cutAfter(row: SubjectRow, { recordedAt, occurredOn }: SubjectRow): boolean {
  const at = takenAt(row);
  if (at === null || recordedAt === null) return false;
  return at >= recordedAt || (occurredOn !== null && dayOf(at) > occurredOn);
}

/** The instant at which the newest order took service from a row, whether an answer had it given back since or not; null if none did. */
const takenAt = ({ cutAt, carriedAt }: SubjectRow): Instant | null => cutAt ?? carriedAt;

/** Whether service was taken, by an order or as its operator says, after it had been ordered to give it back. */
export function takenAfterOrder(row: SubjectRow, back: SubjectRow): boolean {
  const isAfter = (instant: Instant | null) => instant !== null && instant > back.startedAt;
  // What is said late of a day before was to be given back by that order.
  const isBefore = row.occurredOn !== null && row.occurredOn < dayOf(back.startedAt);
  const hasEnded = endsConnection(row.outcome) && isAfter(row.recordedAt) && !isBefore;
  return isAfter(takenAt(row)) || hasEnded;
}

/** Whether a handset was blocked after its operator unblocked it: one that was unblocked may be blocked late. */
export function blockedAfter(row: SubjectRow, unblocked: SubjectRow): boolean {
  return row.outcome === 'blocked' && row.operator === unblocked.operator && isSaidAfter(row, unblocked);
}

/** Whether something was said later than that it was given back, or to have happened on a later day. */
function isSaidAfter({ recordedAt, occurredOn }: SubjectRow, back: SubjectRow): boolean {
  if (recordedAt === null || back.recordedAt === null) return false;
  return (
    recordedAt > back.recordedAt || (occurredOn !== null && back.occurredOn !== null && occurredOn > back.occurredOn)
  );
}

/** Whether something happened on an earlier day than another thing, as their operators say. */
export function isOnEarlierDay({ occurredOn }: SubjectRow, than: SubjectRow): boolean {
  return occurredOn !== null && than.occurredOn !== null && occurredOn < than.occurredOn;
}

/** The pointer to a row, without what else is known of it. */
export const pointerOf = ({ directionId, row }: Pointer): Pointer => ({ directionId, row });
