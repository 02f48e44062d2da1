/**
 * Claims: the rows of directions that a number, or a handset at an operator, belongs to, and what a new batch that meets it makes of that.
 */
import type { CountedPointer } from './counted-pointers.ts';
import { addSeconds, DAY_SECONDS, type Day, type Instant } from './days.ts';
import { type DirectionId, type OperatorId, parseDirectionId } from './identifiers.ts';
import { type AlreadyState, type DirectionKind, givesBack, rulesOf } from './kinds.ts';
import { newestPort, portsOf } from './moves.ts';
import { endsConnection, givesServiceBack } from './outcome-rules.ts';
import { isGivingBack, type Pointer, type Pointers, writePointer } from './pointers.ts';

/**
 * The most pointers that a claim keeps to what takes something, its own among them, and as many to what gives back; it keeps more only if
 * more are open.
 */
export const MOST_POINTERS = 10;

/**
 * The most pointers at one operator to what gives back, even if more are open: a handset that is excepted for thousands of numbers would
 * outgrow the item of its claim. If somebody asks again for one that fell away, it is given back once more.
 */
export const MOST_BACK_POINTERS = 800;

/** The days after a ladder's end in which late answers come, if they come. */
const LATE_ANSWERS_DAYS = 30;

/**
 * The instant until which a claim counts on answers from the start, if its newest ladder ends at `end` as it is planned: the many answers
 * that come a little late then cost no write each. A later answer has its claim kept for longer.
 */
export function lateAnswersUntil(end: Instant): Instant {
  return addSeconds(end, LATE_ANSWERS_DAYS * DAY_SECONDS);
}

/**
 * The instant until which a claim is kept, `days` after the last word on its subject: the last late answer that it counts on, or one that
 * came after that. The instant never moves earlier.
 */
export function keptUntil(lastWord: Instant, days: number): Instant {
  return addSeconds(lastWord, days * DAY_SECONDS);
}

/** The operator at which a row is open, or goes on: a row that was moved counts as open until its follow-up is directed. */
function openAt({ open, waits, operator, portedTo }: CountedPointer): OperatorId | null {
  if (waits) return portedTo ?? operator;
  return open ? operator : null;
}

/**
 * The operator at which a number would be directed: the one that it was ported to, if nobody disputes that and it was not seen on a later
 * day; otherwise the one of its newest sighting.
 */
export function operatorOf(sighted: OperatorId, newestDay: Day | null, earlier: readonly CountedPointer[]): OperatorId {
  const since = portsOf(earlier).filter(({ on, disputedOn }) => disputedOn === null && !isLater(newestDay, on));
  return newestPort(since)?.to ?? sighted;
}

/** The day on which a number was last activated for somebody else, as an operator said; null if none did. */
export function activatedOn(earlier: readonly Pick<CountedPointer, 'outcome' | 'occurredOn'>[]): Day | null {
  const days = earlier.flatMap(({ outcome, occurredOn }) => (outcome === 'reissued' ? (occurredOn ?? []) : []));
  return days.reduce<Day | null>((last, day) => (last !== null && last >= day ? last : day), null);
}

/**
 * The direction in which something was not given back in time, and the instant when that direction began, as far as its claim still names
 * it.
 */
export type AskedAgain = Pick<CountedPointer, 'directionId'> & Partial<Pick<CountedPointer, 'startedAt'>>;

/** What was decided of a number, or of a handset at an operator; and the direction that is the reason, if it isn't directed. */
export type ClaimDecision =
  | { readonly state: 'directed' }
  | { readonly state: 'reversed'; readonly directionId: null }
  | { readonly state: AlreadyState; readonly directionId: DirectionId };

/**
 * Decides what becomes of a number, or of a handset at an operator, that this batch meets. The first rule that applies counts: one that a
 * reversal took back and that was not seen since is reversed. A number that was activated for somebody else, and not seen on a later day
 * than that, is reissuedBefore: the person who was seen has it no more. One that is open in a direction of another batch at this operator,
 * or was moved to go on there, is alreadyOpen. A number that is open at another operator was ported since, or is used at both, and nobody
 * would re-verify it here: it is directed here, too. Otherwise the newest recorded outcome decides (by the instant it was recorded, then by
 * the newest pointer): a connection that was disconnected or surrendered and not seen later is alreadyDisconnected; one that was verified
 * and not seen later is alreadyVerified, even if a reversal took its row back, which takes no proof away; a handset that was blocked is
 * alreadyBlocked. All others are directed (again): a row that went overdue without an answer records nothing, and one that failed before it
 * went overdue was recorded as failed. What gives back counts only among what gives back: an open restore hinders no report, and is
 * alreadyOpen for another restore.
 * @param operator where it would be directed; a number's is as `operatorOf` has it
 * @param newestDay the newest sighting of the number that the batch gathered; null for handsets, where it has no part
 * @param earlier the pointers that count, newest first; void ones dropped
 * @param isReversed a reversal took it back, nobody has lifted that, and it was not seen on a later day
 * @param askedAgainFrom the direction in which it was to be given back, and was not in time. If something that stands was directed there
 * since, the operator has later orders, and it is alreadyOpen in that: nobody is given back what they lost by those
 */
export function decideClaim(
  kind: DirectionKind,
  operator: OperatorId,
  newestDay: Day | null,
  earlier: readonly CountedPointer[],
  isReversed = false,
  askedAgainFrom: AskedAgain | null = null,
): ClaimDecision {
  if (isReversed && !givesBack(kind)) return { state: 'reversed', directionId: null };
  const alike = earlier.filter((pointer) => givesBack(pointer.kind) === givesBack(kind));
  const reissued = alike.find(({ outcome, occurredOn }) => outcome === 'reissued' && !isLater(newestDay, occurredOn));
  if (reissued !== undefined) return { state: 'reissuedBefore', directionId: reissued.directionId };
  const open = alike.find((pointer) => openAt(pointer) === operator);
  if (open !== undefined) return { state: 'alreadyOpen', directionId: open.directionId };
  const since = askedAgainFrom === null ? undefined : takenSince(operator, earlier, askedAgainFrom);
  if (since !== undefined) return { state: 'alreadyOpen', directionId: since.directionId };
  const newest = newestRecorded(alike.filter(counts));
  if (newest === undefined) return { state: 'directed' };
  const already = rulesOf(kind).alreadyBy[newest.outcome];
  return already === undefined || (already.unlessSeenSince && isLater(newestDay, newest.occurredOn))
    ? { state: 'directed' }
    : { state: already.state, directionId: newest.directionId };
}

/**
 * Whether what was recorded of a row has a part in what becomes of its number. A row that was taken back has none, except that somebody
 * proved who they are. A row that says the number is somebody else's has none either: it is no word on who has the number now, however late
 * it was said.
 */
function counts({ reversed, outcome }: CountedPointer): boolean {
  return outcome === 'verified' || (!reversed && outcome !== 'reissued');
}

/**
 * The newest row, not taken back, by which something was taken at an operator, or is to be: by a later plan than a direction's, or by an
 * order that was issued after that direction had begun.
 */
function takenSince(
  at: OperatorId,
  earlier: readonly CountedPointer[],
  { directionId: from, startedAt: began }: AskedAgain,
): CountedPointer | undefined {
  const planOf = (directionId: DirectionId) => parseDirectionId(directionId)?.plan ?? 0;
  return earlier.find(
    ({ kind, operator, directionId, reversed, cutAt, ...row }) =>
      !givesBack(kind) &&
      operator === at &&
      !reversed &&
      isInForce(row) &&
      (planOf(directionId) > planOf(from) || (cutAt !== null && began !== undefined && cutAt > began)),
  );
}

/**
 * The row by whose word a number's holder is to have service at an operator, whatever another row there is said to have come to: the newest
 * word there, of whatever row, is that they proved themselves, or have more time. Undefined if it is another one, or if service was taken
 * there since.
 * @param earlier the rows of the number, newest first
 */
export function keepsServiceBy(at: OperatorId, earlier: readonly CountedPointer[]): CountedPointer | undefined {
  // That an older row failed is no word on it: what was ordered for that is.
  const words = earlier.filter((row) => isWordAt(at, row) && row.outcome !== 'failed' && row.outcome !== 'overdue');
  const newest = newestRecorded(words);
  if (newest === undefined || !givesServiceBack(newest.outcome)) return undefined;
  return takenSinceAnswered(at, earlier) === undefined ? newest : undefined;
}

/**
 * The row by which service was taken at an operator since a number's holder was answered for there last: by an order, by the operator's
 * word, or because the time was over that they had been given. Undefined if none was, or if nobody answered for them.
 * @param earlier the rows of the number, newest first
 * @param backAt the instant at which a reversal had them given service back, which counts as an answer; null if none did
 */
export function takenSinceAnswered(
  at: OperatorId,
  earlier: readonly CountedPointer[],
  backAt: Instant | null = null,
): CountedPointer | undefined {
  const answered = newestRecorded(earlier.filter((row) => isWordAt(at, row) && givesServiceBack(row.outcome)));
  const answeredAt = answered?.recordedAt ?? null;
  const isByAnswer = answeredAt !== null && (backAt === null || answeredAt > backAt);
  const since = isByAnswer ? answeredAt : backAt;
  const isSince = (instant: Instant | null) => since !== null && instant !== null && instant > since;
  return earlier.find(({ operator, kind, reversed, outcome, cutAt, cutSaidAt, recordedAt, startedAt }) => {
    if (operator !== at || givesBack(kind) || reversed) return false;
    const isOver = outcome === 'overdue' && isSince(startedAt);
    const taken = isByAnswer ? cutSaidAt : cutAt;
    return isOver || isSince(taken) || (endsConnection(outcome) && isSince(recordedAt));
  });
}

/** Whether a number is without service by what was directed in a row, as its operator says or was ordered, and nobody took that back. */
export function isWithoutService({
  kind,
  reversed,
  outcome,
  cut,
}: Pick<CountedPointer, 'kind' | 'reversed' | 'outcome' | 'cut'>): boolean {
  return !reversed && !givesBack(kind) && (cut || endsConnection(outcome));
}

/** Whether a row is an operator's re-verification of a number whose word has a part in what becomes of it. */
function isWordAt(at: OperatorId, row: CountedPointer): boolean {
  return row.operator === at && !givesBack(row.kind) && counts(row);
}

/** Whether a row's orders, or what is asked of its operator, have an effect now. */
export function isInForce({
  open,
  waits,
  outcome,
  cut,
}: Pick<CountedPointer, 'open' | 'waits' | 'outcome' | 'cut'>): boolean {
  return open || waits || cut || endsConnection(outcome) || outcome === 'overdue' || outcome === 'blocked';
}

/**
 * The pointers without those to these rows. What goes on from several rows in one night doesn't hinder any of them, or each would leave the
 * number to another one that has ended. A row stays if its subscriber proved themselves since it was listed, as whoever was given more time
 * may, if the number turned out to be somebody else's there, or if it was taken back.
 */
export function withoutRows(earlier: readonly CountedPointer[], goingOn: readonly Pointer[]): CountedPointer[] {
  const isOver = ({ outcome }: CountedPointer) => ['verified', 'reissued', 'withdrawn'].includes(outcome);
  const goesOn = ({ directionId, row }: CountedPointer) =>
    goingOn.some((one) => one.directionId === directionId && one.row === row);
  return earlier.filter((one) => !goesOn(one) || isOver(one));
}

/** Whether a connection was seen on a later day than `on`. */
function isLater(newestDay: Day | null, on: Day | null): boolean {
  return newestDay !== null && on !== null && newestDay > on;
}

function newestRecorded(earlier: readonly CountedPointer[]): CountedPointer | undefined {
  let newest: CountedPointer | undefined;
  for (const pointer of earlier) {
    if (pointer.recordedAt === null) continue;
    if (newest?.recordedAt == null || pointer.recordedAt > newest.recordedAt) newest = pointer;
  }
  return newest;
}

/**
 * The pointers of a new claim: this plan's own, at several operators if it goes on at several, then the earlier ones that counted, newest
 * first, `MOST_POINTERS` to what takes and as many to what gives back. So what was done to a handset is still found, however often it is
 * excepted for a number, or a restore is asked for again. A pointer whose row is open, or waits to go on, never falls away, since the
 * number would be directed at its operator a second time; but there are at most `MOST_BACK_POINTERS` to what gives back.
 */
export function nextPointers(own: readonly Pointer[], earlierCounted: readonly CountedPointer[]): Pointers {
  const isOpenYet = ({ open, waits }: CountedPointer) => open || waits;
  const isBack = ({ directionId }: Pointer) => isGivingBack(directionId);
  const roomFor = (back: boolean) =>
    MOST_POINTERS -
    own.filter((pointer) => isBack(pointer) === back).length -
    earlierCounted.filter((pointer) => isOpenYet(pointer) && isBack(pointer) === back).length;
  const room = { taking: roomFor(false), back: roomFor(true) };
  let backs = own.filter(isBack).length;
  const kept = earlierCounted.filter((pointer) => {
    const back = isBack(pointer);
    const stays = isOpenYet(pointer) || room[back ? 'back' : 'taking']-- > 0;
    return stays && (!back || ++backs <= MOST_BACK_POINTERS);
  });
  return [...new Set([...own, ...kept].map(writePointer))];
}
