/** What a sentence says of reversals: what was taken back, what stays and why, and the numbers that are excepted from a block. */
import { isOfFormerHolder, isTakenBackBy, isWhole } from './asked.ts';
import { dayOf, type Instant } from './days.ts';
import { type Facts, type ReversalFacts, type RowFacts, turnOf } from './facts.ts';
import type { Imei } from './identifiers.ts';
import { imeiOut } from './imeis.ts';
import { givesBack } from './kinds.ts';
import { currentOutcomes, outcomeOf } from './ledger.ts';
import { CONTESTED_DAYS } from './limits.ts';
import { isReversed } from './outcomes.ts';
import { SUBJECT_STATES, type SubjectState } from './subject-states.ts';
import { lastDeadline } from './whereabouts.ts';
import { dayText, instantText, listText } from './wording.ts';

/**
 * The newest reversal of the subject itself; if one was asked for it twice, the decision that gave most. Undefined if there was none. A
 * subject that one took back as a whole stays so, whatever later one left it as it was: the later one doesn't matter then.
 */
export function newestReversal({ reversals }: Pick<Facts, 'reversals'>): ReversalFacts | undefined {
  const rank = ({ state }: ReversalFacts) => SUBJECT_STATES.indexOf(state);
  const newestFirst = reversals
    .filter(isWhole)
    .sort((a, b) => (a.at === b.at ? rank(a) - rank(b) : a.at < b.at ? 1 : -1));
  const changing = newestFirst.find(({ state }) => state !== 'kept' && state !== 'struck');
  return changing !== undefined && isTakenBackBy(changing) ? changing : newestFirst[0];
}

const onDay = ({ at }: ReversalFacts) => `on ${dayText(dayOf(at))}`;

const keptSentence = (reversal: ReversalFacts) => {
  const batches = [...new Set(reversal.kept.map(({ batchId }) => batchId))].sort();
  return `A report by which something was done about it was withdrawn ${onDay(reversal)}. That stays all the same, since the ${batches.length === 1 ? 'batch' : 'batches'} ${listText(batches)} met it, too, and ${batches.length === 1 ? 'relies' : 'rely'} on it.`;
};
const othersSentence = (reversal: ReversalFacts) => {
  const batches = [...new Set(reversal.kept.map(({ batchId }) => batchId))].sort();
  return `What a withdrawn report did about it was taken back ${onDay(reversal)}. What ${batches.length === 1 ? 'the batch' : 'the batches'} ${listText(batches)} did stays.`;
};
/** The sentence names no batch: what was done when the number was somebody else's is no matter of an earlier holder. */
const formerSentence = (reversal: ReversalFacts) =>
  `What was done about it before it became somebody else's was taken back ${onDay(reversal)}. It is not given back to who had it then, and what was done since is not touched by that.`;
const struckSentence = (reversal: ReversalFacts) =>
  `An approver left it out of what was taken back ${onDay(reversal)}: all stays as it was.`;

/** What each state of a number in a reversal means for its subscriber. */
const OF_NUMBER: Readonly<Record<SubjectState, (reversal: ReversalFacts) => string>> = {
  directed: (reversal) =>
    `What was done about it was taken back ${onDay(reversal)}: no order takes service from it any more, and no list made later names it.`,
  alreadyOpen: (reversal) =>
    `What was done about it was taken back ${onDay(reversal)}: no order takes service from it any more, and no list made later names it. It was being given back already.`,
  tooLate: (reversal) =>
    `It was withdrawn from every list ${onDay(reversal)}. It is not given back: it was disconnected more than ${CONTESTED_DAYS} days before that was asked for, or is somebody else's since. Who has it by now, and lacks service, should ask the operator.`,
  nothingToRestore: (reversal) =>
    `It was withdrawn from every list ${onDay(reversal)}. There was nothing to give back: its service had not been taken, or had been given back.`,
  kept: keptSentence,
  struck: struckSentence,
};

/** What each state of a handset in a reversal means. */
const OF_HANDSET: Readonly<Record<SubjectState, (reversal: ReversalFacts) => string>> = {
  directed: (reversal) => `Its block was taken back ${onDay(reversal)}.`,
  alreadyOpen: (reversal) => `Its block was taken back ${onDay(reversal)}. It was being unblocked already.`,
  tooLate: (reversal) => `Its block was taken back ${onDay(reversal)}.`,
  nothingToRestore: (reversal) =>
    `That its block be taken back was granted ${onDay(reversal)}, when nothing of it was blocked any more, or nothing had been.`,
  kept: keptSentence,
  struck: struckSentence,
};

/** What a reversal means for the number or the handset that it is about. */
export function reversalSentence(reversal: ReversalFacts): string {
  if (isOfFormerHolder(reversal)) return formerSentence(reversal);
  if (reversal.state !== 'kept' && reversal.kept.length > 0) return othersSentence(reversal);
  return (reversal.imei === null ? OF_NUMBER : OF_HANDSET)[reversal.state](reversal);
}

/** How a number that is excepted from the blocks of handsets stands, one sentence for each operator. */
export function pairSentences({ rows, reversals, blocks }: Facts, now: Instant): string[] {
  const newest = new Map<string, RowFacts>();
  for (const row of [...rows].sort((a, b) => a.ledger.plan - b.ledger.plan))
    if (row.ledger.kind === 'unblock') newest.set(`${row.subject.imei} ${row.ledger.operator}`, row);
  const without = reversals.filter(
    ({ imei, msisdn, directionIds }) => imei !== null && msisdn !== null && directionIds.length === 0,
  );
  return [...[...newest.values()].map((row) => pairSentence(row, blocks, now)), ...without.map(withoutRow)];
}

function pairSentence(exception: RowFacts, blocks: Facts['blocks'], now: Instant): string {
  const { ledger, row, subject } = exception;
  const { outcome, occurredOn } = outcomeOf(ledger, row);
  const handset = `the handset ${imeiOut(subject.imei)}`;
  const who = `The operator ${ledger.operator}`;
  const since = occurredOn === null ? '' : ` since ${dayText(occurredOn)}`;
  const anew = blockedAnew(exception, blocks);
  if (outcome === 'unblocked')
    return anew === undefined
      ? `${who} says that the number may be used in ${handset} again${since}, which stays blocked for others.`
      : `${who} said that the number may be used in ${handset} again${since}.${anewText(anew)}`;
  if (outcome === 'not_found')
    return anew === undefined
      ? `${who} says that it does not block ${handset}.`
      : `${who} said that it did not block ${handset}.${anewText(anew)}`;
  const end = instantText(lastDeadline(ledger));
  return outcome === 'overdue' || lastDeadline(ledger) <= now
    ? `${who} was to let the number be used in ${handset} again by ${end}, and has not said that it did: whoever can't use it should ask there.`
    : `${who} is to let the number be used in ${handset} again by ${end}, which stays blocked for others.`;
}

/**
 * The first block of the handset that was directed to an operator later than an exception, and stands: its order is the newer word on the
 * state of the handset there, and names no number that is excepted. An exception without an answer is asked for again after it, night after
 * night.
 */
function blockedAnew({ ledger: { operator, plan }, subject }: RowFacts, blocks: Facts['blocks']): RowFacts | undefined {
  return [...blocks]
    .sort((a, b) => a.ledger.plan - b.ledger.plan)
    .find(({ ledger, row, subject: { imei } }) => {
      const isLater = imei === subject.imei && ledger.operator === operator && ledger.plan > plan;
      const isKnown = outcomeOf(ledger, row).outcome !== 'not_found';
      return isLater && isKnown && !isReversed(currentOutcomes(ledger), row);
    });
}

function anewText({ ledger }: RowFacts): string {
  return ` But since ${dayText(dayOf(ledger.startedAt))}, by a later report, that handset is to be blocked there again for every number, this one too: for the number to be used in it, a caseworker has to appeal for the number and the handset together once more.`;
}

function withoutRow(reversal: ReversalFacts): string {
  const handset = `the handset ${imeiOut(reversal.imei as Imei)}`;
  return reversal.state === 'struck'
    ? `An approver left the use of ${handset} out of what was taken back ${onDay(reversal)}: all stays as it was.`
    : `That the number may be used in ${handset} was granted ${onDay(reversal)}, when no operator blocked that.`;
}

/**
 * The newest reversal of the subject among those since which no batch has directed it. What a former holder asked is told to them alone, by
 * their reference: the rows of the present holder are no part of that.
 */
export function standingReversal(facts: Facts): ReversalFacts | undefined {
  const taking = facts.rows.filter(({ ledger }) => !givesBack(ledger.kind));
  const isAnothers = (reversal: ReversalFacts) =>
    isOfFormerHolder(reversal) && taking.some((row) => reversal.kept.some(({ batchId }) => batchId === row.batchId));
  const stands = (reversal: ReversalFacts) =>
    !isAnothers(reversal) && taking.every(({ batchId }) => turnOf(facts, batchId) < turnOf(facts, reversal.batchId));
  return newestReversal({ reversals: facts.reversals.filter(stands) });
}
