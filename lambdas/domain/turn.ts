/**
 * The turn to plan. One batch plans at a time, in the order in which they came for it when they were ready to be planned. Nothing gives the
 * turn up: it is held as long as its holder's batch is approved or plans under the execution that took it, so the commit of its plan frees
 * it, and so does its failure. A reversal's turn is held, too, until it has taken back what its plan says.
 */
import { HOUR_SECONDS, type Instant, secondsBetween } from './days.ts';
import type { BatchId } from './identifiers.ts';

/** The record of the turn, PLANNING. */
export interface Turn {
  /** The number of the plan that was begun last; 0 before the first. */
  readonly plan: number;
  /** The batch that began it, its execution, and the instant. They stay when the turn is free again. */
  readonly holder?: BatchId;
  readonly execution?: string;
  readonly startedAt?: Instant;
  /** The batches that wait, in the order in which they came. */
  readonly waiting: readonly BatchId[];
  readonly version: number;
}

/** The record before anybody planned. */
export const NO_TURN: Turn = { plan: 0, waiting: [], version: 0 };

/** A batch that would plan, and the execution that works on it. */
export interface Asker {
  readonly batchId: BatchId;
  readonly execution: string;
}

/**
 * The most batches that the record lists, some 30 bytes each. Those that come when it is full wait as well, and are listed in the order in
 * which they ask when there is room.
 */
export const MOST_LISTED = 1000;

/** Whether an asker holds the turn already: an attempt before this one took it. */
export function holdsTurn({ holder, execution }: Turn, asker: Asker): boolean {
  return holder === asker.batchId && execution === asker.execution;
}

type TurnDecision =
  /** Write `turn` on the version that was read: the asker's plan has its number. */
  | { readonly kind: 'take'; readonly turn: Turn }
  /** The asker waits behind `place` others. Write `turn`, if there is one, on the version that was read. */
  | { readonly kind: 'wait'; readonly place: number; readonly turn?: Turn };

/**
 * Decides whether a batch that doesn't hold the turn takes it, or waits.
 * @param held whether the holder's batch is still on its way
 * @param gone batches that wait no more because they failed: they are passed over and dropped from the list
 */
export function decideTurn(
  turn: Turn,
  asker: Asker,
  { held, gone, now }: { held: boolean; gone: ReadonlySet<BatchId>; now: Instant },
): TurnDecision {
  const waiting = turn.waiting.filter((batchId) => !gone.has(batchId));
  const [first = asker.batchId] = waiting;
  const version = turn.version + 1;
  if (!held && first === asker.batchId) {
    const { batchId: holder, execution } = asker;
    const others = waiting.filter((batchId) => batchId !== holder);
    return { kind: 'take', turn: { plan: turn.plan + 1, holder, execution, startedAt: now, waiting: others, version } };
  }
  const listed = waiting.includes(asker.batchId);
  if (!listed && waiting.length < MOST_LISTED) waiting.push(asker.batchId);
  const same = waiting.length === turn.waiting.length && waiting.every((batchId, n) => batchId === turn.waiting[n]);
  const index = waiting.indexOf(asker.batchId);
  const place = index < 0 ? waiting.length : index;
  return same ? { kind: 'wait', place } : { kind: 'wait', place, turn: { ...turn, waiting, version } };
}

const MINUTE = 60;
/** Hours of waiting in which a batch asks at least once an hour: two weeks. */
const ASKED_HOURLY = 14 * 24;

/**
 * Seconds until a batch that has waited since `since` asks for its turn again: a minute for each batch before it, so that the next one
 * takes a turn that was freed within a minute or two; if the holder plans for longer than it should, a twentieth of the time that it has.
 * It is at least a minute, and at most a twentieth of the time waited and an hour. Each time leaves nine events in its execution's history,
 * which may have 25,000: a week behind a holder that never ends leaves some 2,300. After two weeks it waits for longer, two hours after
 * four of them, so that a year leaves some 14,000.
 * @param place the number of batches before it
 * @param heldSince the instant when the turn was taken last, if ever
 */
export function secondsToWait(
  since: Instant,
  now: Instant,
  { place, heldSince }: { place: number; heldSince: Instant | undefined },
): number {
  const secondsSince = (instant: Instant) => secondsBetween(instant, now);
  const waited = secondsSince(since);
  const longest = Math.min(
    Math.max(HOUR_SECONDS, Math.ceil(waited / ASKED_HOURLY)),
    Math.max(MINUTE, Math.ceil(waited / 20)),
  );
  // If nothing says since when it is held, it may be for all that time.
  const held = secondsSince(heldSince ?? since);
  return Math.min(longest, Math.max(MINUTE, place * MINUTE, Math.ceil(held / 20)));
}
