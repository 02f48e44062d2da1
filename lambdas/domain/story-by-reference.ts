/** The story for whoever names a reference: it is about the number as it was then. The present holder has no part in it. */
import { isTakenBackBy, isWhole } from './asked.ts';
import { type Day, dayOf } from './days.ts';
import { directedFor } from './directions.ts';
import {
  type AsideFacts,
  type BatchFacts,
  type Facts,
  type ReversalFacts,
  type RowFacts,
  reissuedOn,
} from './facts.ts';
import { isFollowUp } from './identifiers.ts';
import { givesBack } from './kinds.ts';
import { currentOutcomes, outcomeOf } from './ledger.ts';
import { continuedBy, followUpTaking, type Said } from './moves.ts';
import { endsConnection, type Outcome } from './outcome-rules.ts';
import { isReversed } from './outcomes.ts';
import type { Pointer } from './pointers.ts';

/** Whether the number may be anybody's after this outcome. */
const mayBeAnybodys = (outcome: Outcome): boolean =>
  endsConnection(outcome) || outcome === 'not_found' || outcome === 'reissued';

/**
 * The facts about the number as it was at a row: that row; the rows that it continues, back to a report's, since only those say why its
 * subscriber is asked; the rows by which it goes on (ported, extended, returned by a dispute, or restored); what took these back; and the
 * batches that left it there. Batches that saw it later than its connection ended are left out, and so is what caseworkers and approvers
 * said of it since: that may be about somebody else.
 */
export function factsSince(facts: Facts, at: RowFacts): Facts {
  const { outcome } = outcomeOf(at.ledger, at.row);
  const isGone = outcome === 'reissued';
  const before = continued(facts, at);
  const [first = at] = before;
  const chain = isGone ? [...before, at] : continuations(facts, first);
  const ended = endOf(facts, chain.at(-1) ?? at);
  const reversals = facts.reversals.filter((reversal) => isOfHolder(reversal, chain, ended));
  const rows = isGone ? chain : [first, ...restoring(facts, chain, reversals), ...exceptions(facts, reversals)];
  const turn = (id: string) => facts.batches.find(({ batchId }) => batchId === id)?.startedAt ?? '';
  const directions = new Set(rows.map(({ ledger }) => ledger.directionId));
  const isSame = ({ sightings }: BatchFacts) =>
    ended === undefined || (ended !== null && sightings.every(({ lastSeen }) => lastSeen <= ended));
  const met = facts.batches.filter(isSame).map(({ batchId }) => batchId);
  /** After a reversal nothing of it stands in any direction. */
  const isReversedBefore = ({ state, batchId }: AsideFacts) =>
    state === 'reversed' && reversals.some((one) => takesBack(one, chain) && turn(one.batchId) < turn(batchId));
  const aside = facts.aside.filter(
    (one) =>
      !isGone &&
      met.includes(one.batchId) &&
      turn(one.batchId) > turn(first.batchId) &&
      (one.directionId === null ? isReversedBefore(one) : directions.has(one.directionId)),
  );
  const told = new Set([...rows, ...aside, ...reversals].map(({ batchId }) => batchId));
  const words = Object.entries(facts.exemption).filter(
    ([, word]) => ended === undefined || (ended !== null && dayOf(word.at) <= ended),
  );
  return {
    ...facts,
    batches: facts.batches.filter(({ batchId }) => told.has(batchId)),
    rows,
    aside,
    reversals,
    exemption: Object.fromEntries(words),
    reissuedOn: reissuedOn(facts),
  };
}

const isException = ({ ledger }: RowFacts) => ledger.kind === 'unblock';

/**
 * The rows by which these reversals except the number from a handset's block, and those by which nights go on with them if their operator
 * did not say that it had done so: only those say what it was asked last, and by when. The newest comes last.
 */
function exceptions({ rows }: Facts, reversals: readonly ReversalFacts[]): RowFacts[] {
  const asked = new Set(reversals.flatMap(({ imei, batchId }) => (imei === null ? [] : [batchId])));
  const nameOf = ({ ledger: { operator }, subject: { imei } }: RowFacts) => `${imei} ${operator}`;
  return withNights(rows.filter(isException), nameOf, ({ batchId }) => asked.has(batchId));
}

/** The rows that give back and that `isAsked` accepts, and those by which nights go on with them, in the order of their plans. */
function withNights(
  rows: readonly RowFacts[],
  nameOf: (row: RowFacts) => string,
  isAsked: (row: RowFacts) => boolean,
): RowFacts[] {
  const newest = new Map<string, boolean>();
  return rows
    .toSorted((a, b) => a.ledger.plan - b.ledger.plan)
    .filter((row) => {
      // A night asks for what was asked for last.
      const isTheirs = isAsked(row) || (isFollowUp(row.batchId) && newest.get(nameOf(row)) === true);
      newest.set(nameOf(row), isTheirs);
      return isTheirs;
    });
}

const isAmong = (chain: readonly RowFacts[], { directionId, row }: Pointer): boolean =>
  chain.some((one) => one.ledger.directionId === directionId && one.row === row);

/** Whether a reversal took the number back as a whole, or in one of these rows: others may still direct it elsewhere. */
function takesBack(reversal: ReversalFacts, chain: readonly RowFacts[]): boolean {
  return isTakenBackBy(reversal) || reversal.rows.some((row) => isAmong(chain, row));
}

/**
 * Whether a reversal was about the holder of the number in these rows, or may have been: it was asked for by the reference of one of them,
 * or for the report that directed one, or it took one back. A reversal that took none back, or came too late for it, is that holder's as
 * long as nobody else may have the number.
 * @param ended as `endOf` returns it
 */
function isOfHolder(
  { imei, msisdn, appeals, withdraws, rows, state, kept }: ReversalFacts,
  chain: readonly RowFacts[],
  ended: Day | null | undefined,
): boolean {
  const isIn = (row: Pointer | null) => row !== null && isAmong(chain, row);
  if (appeals.some(({ row }) => isIn(row))) return true;
  // A row that stays because a later batch relies on it or directed it itself belongs to the present holder: the former one's is over.
  const isGone = chain.some(({ ledger, row }) => outcomeOf(ledger, row).outcome === 'reissued');
  if (withdraws !== null && isGone && kept.length > 0 && !rows.some(isIn)) return false;
  if (withdraws !== null) return chain.some(({ batchId }) => batchId === withdraws);
  // It was asked for by another holder's reference.
  if (appeals.some(({ row }) => row !== null)) return false;
  if (isWhole({ imei, msisdn }) && state !== 'tooLate' && rows.some(isIn)) return true;
  return rows.every((row) => isIn(row)) && ended === undefined;
}

/**
 * The day since which a row's number may be somebody else's; null if it is, since nobody knows when; undefined if it isn't. A number that a
 * reversal took back still has the same holder, unless an operator said otherwise in another row.
 */
function endOf({ rows, reversals }: Facts, { ledger, row, subject }: RowFacts): Day | null | undefined {
  const { outcome, occurredOn } = outcomeOf(ledger, row);
  if (mayBeAnybodys(outcome)) return occurredOn;
  if (!isReversed(currentOutcomes(ledger), row)) return undefined;
  const { directionId } = ledger;
  const isByReversal = reversals.some((one) =>
    one.rows.some((taken) => taken.directionId === directionId && taken.row === row),
  );
  const seen = 'lastSeen' in subject ? directedFor(subject) : null;
  const isAnothers = rows.some((other) => {
    const word = outcomeOf(other.ledger, other.row);
    return word.outcome === 'reissued' && (seen === null || word.occurredOn === null || word.occurredOn > seen);
  });
  return isByReversal && !isAnothers ? undefined : null;
}

/** The rows of a number that take service, the newest first. */
function taking({ rows }: Pick<Facts, 'rows'>): RowFacts[] {
  return rows.filter(({ ledger }) => !givesBack(ledger.kind)).sort((a, b) => b.ledger.plan - a.ledger.plan);
}

/**
 * The rows that one continues, the newest last, as far as they are of the same sighting. There are none if somebody else has the number
 * since a day between that sighting and the row's direction: then whoever is told the reference isn't the person who was seen.
 */
function continued(facts: Facts, at: RowFacts): RowFacts[] {
  const newestFirst = taking(facts);
  const own = newestFirst.indexOf(at);
  if (own < 0) return [];
  const seen = sightingOf(at);
  const isAnothers = facts.rows.some(({ ledger, row }) => {
    const { outcome, occurredOn: since } = outcomeOf(ledger, row);
    return outcome === 'reissued' && (since === null || (since > seen.day && since <= dayOf(at.ledger.startedAt)));
  });
  if (isAnothers) return [];
  const before = continuedBy(newestFirst.slice(own).map(saidOf)).flatMap(
    ({ directionId }) => newestFirst.find(({ ledger }) => ledger.directionId === directionId) ?? [],
  );
  // It may continue a row of another sighting, too, which is told by the reference of that.
  return before.filter((one) => sightingOf(one).name === seen.name).reverse();
}

/** The handset and the day of the sighting for which a row's number is directed: the rows by which it goes on have the same. */
function sightingOf({ subject }: RowFacts): { readonly day: string; readonly name: string } {
  const day = 'lastSeen' in subject ? directedFor(subject) : '';
  return { day, name: `${subject.imei} ${day}` };
}

/** A row, and those by which it goes on, the newest last. */
function continuations(facts: Facts, at: RowFacts): RowFacts[] {
  const newestFirst = taking(facts);
  const said = newestFirst.map(saidOf);
  const goesOn = newestFirst.filter((_, n) =>
    continuedBy(said.slice(n)).some(({ directionId }) => directionId === at.ledger.directionId),
  );
  return [at, ...goesOn.reverse()];
}

/**
 * A row and its continuations; among them the rows that give back what each of their operators took, as long as that operator asked nothing
 * of another holder; what these reversals directed; and the rows by which nights go on with that, since nobody had answered.
 */
function restoring({ rows }: Facts, chain: readonly RowFacts[], reversals: readonly ReversalFacts[]): RowFacts[] {
  const directed = new Set(reversals.flatMap(({ directionIds }) => directionIds));
  const given = withNights(
    rows.filter((row) => givesBack(row.ledger.kind) && !isException(row)),
    ({ ledger }) => ledger.operator,
    ({ ledger: { directionId, operator, plan } }) => {
      const [before] = taking({ rows }).filter(({ ledger }) => ledger.operator === operator && ledger.plan < plan);
      return directed.has(directionId) || (before !== undefined && chain.includes(before));
    },
  );
  return [...chain.slice(1), ...given].sort((a, b) => a.ledger.plan - b.ledger.plan);
}

function saidOf({ ledger, row, moved }: RowFacts): Said {
  const { directionId, kind, operator } = ledger;
  return {
    directionId,
    kind,
    operator,
    ...outcomeOf(ledger, row),
    portedTo: moved?.why === 'ported' ? moved.to : null,
    followUp: followUpTaking(ledger, row),
  };
}
