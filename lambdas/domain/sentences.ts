/** The sentence of an explanation, in plain English: where a number or a handset stands, and what may be done by when. */
import { isOfFormerHolder, isTakenBackBy } from './asked.ts';
import { wasCut } from './back-orders.ts';
import { activatedOn } from './claims.ts';
import { withCutsWhereKept } from './cuts-where-kept.ts';
import { addDays, type Day, dayOf, type Instant, laterOf } from './days.ts';
import { type AsideFacts, type Facts, type ReversalFacts, type RowFacts, reissuedOn, rowOf, turnOf } from './facts.ts';
import { givesBack, RESTORE } from './kinds.ts';
import { currentOutcomes, fileSaying, isOpen, type Ledger, outcomeOf, reissuedBy } from './ledger.ts';
import { CONTESTED_DAYS } from './limits.ts';
import { fileMoving } from './moves.ts';
import { endsConnection, type Outcome } from './outcome-rules.ts';
import { isReversed } from './outcomes.ts';
import { isGivingBack } from './pointers.ts';
import { handsetSentences } from './sentences-of-handsets.ts';
import { pairSentences, reversalSentence, standingReversal } from './sentences-of-reversals.ts';
import { exemptUntil } from './story-of-exemptions.ts';
import { listedIn } from './story-of-rows.ts';
import { lastDeadline } from './whereabouts.ts';
import { dayText, instantText } from './wording.ts';

/** What a sentence is told beside the facts. */
export interface Asking {
  readonly now: Instant;
  /** The approvers of now: exemptions count by their words. */
  readonly approvers: readonly string[];
}

/** The sentences for a subject of which nothing is stored. */
const NOTHING: Readonly<Record<Facts['subject']['kind'], string>> = {
  number: 'Nothing is known of this number: no report that was acted upon has reached it.',
  handset: 'Nothing is known of this handset: no report that was acted upon names it.',
};

/** The sentence for a reference that no operator was ever given. */
export const NO_SUCH_ROW = 'No order has a row with this reference: it may be mistyped, or no longer kept.';

/** Where the subject stands at `now`, and what may be done by when. */
export function sentenceOf(stored: Facts, asking: Asking): string {
  const facts = withCutsWhereKept(stored);
  const { subject, rows, aside, reversals, exemption } = facts;
  const said =
    rows.length + aside.length + reversals.length === 0
      ? [NOTHING[subject.kind]]
      : subject.kind === 'number'
        ? numberSentences(facts, asking)
        : handsetSentences(facts, asking);
  const until = exemptUntil(exemption, asking.now, asking.approvers);
  if (until !== null)
    said.push(`Until ${dayText(until)} it is exempt: no report has it directed before that day is over.`);
  return said.join(' ');
}

/**
 * The instant of the newest event that is known of a row: its answer; or, for one that is open or has ended without an answer, its latest
 * order, failing or end.
 */
function newsOf({ ledger, row, orders, cutAfter }: RowFacts): Instant {
  const { outcome, recordedAt } = outcomeOf(ledger, row);
  const contradicted = cutAfter.map(({ file }) => file.at);
  const isAnswered = recordedAt !== null && outcome !== 'failed' && outcome !== 'overdue';
  const known = isAnswered
    ? [recordedAt, ...contradicted]
    : [ledger.startedAt, recordedAt, ledger.closedAt, ...orders.map(({ at }) => at)];
  return known.reduce<Instant>((last, at) => (at === null ? last : laterOf(last, at)), recordedAt ?? ledger.startedAt);
}

/** The sentences of a number, the newest event first; of its other rows those by which it is, or may be, cut off, or is to be. */
function numberSentences(facts: Facts, asking: Asking): string[] {
  const all = facts.rows
    .filter((row) => row.ledger.kind !== 'unblock' && !isAskedAgain(facts, row))
    .sort((a, b) => {
      const [one, other] = [newsOf(a), newsOf(b)];
      return one === other ? b.ledger.plan - a.ledger.plan : one < other ? 1 : -1;
    });
  const reversal = standingReversal(facts);
  const isTakenBack = reversal !== undefined && (isTakenBackBy(reversal) || isOfFormerHolder(reversal));
  // The reversal's sentence tells what was taken back, so its rows don't; that is so, too, if the number stays with another report.
  const isSaid = isTakenBack || (reversal !== undefined && reversal.state !== 'kept' && reversal.kept.length > 0);
  const rows = isSaid ? all.filter((row) => givesBack(row.ledger.kind) || !isTaken(row)) : all;
  // A restore before a later report took service again, which was taken back in turn, says nothing of how the number is now.
  const takenBy = Math.max(...facts.rows.map(({ ledger }) => (givesBack(ledger.kind) ? 0 : ledger.plan)));
  const newestRow = isTakenBack
    ? rows.find(({ ledger: { kind, plan } }) => givesBack(kind) && plan > takenBy)
    : rows[0];
  const [newestAside] = [...facts.aside].sort((a, b) => (turnOf(facts, a.batchId) < turnOf(facts, b.batchId) ? 1 : -1));
  const asideCounts =
    newestAside !== undefined &&
    rows.every(({ batchId }) => turnOf(facts, newestAside.batchId) > turnOf(facts, batchId)) &&
    (reversal === undefined || turnOf(facts, newestAside.batchId) > turnOf(facts, reversal.batchId));
  const said: string[] = [];
  let main = newestRow;
  if (asideCounts) {
    said.push(asideSentence(newestAside));
    if (newestAside.directionId !== null) main = rowOf(rows, newestAside.directionId) ?? newestRow;
    // A batch that left it out undoes nothing of what an earlier batch did; but an operator that doesn't have it did nothing.
    else if (main !== undefined && !isOpenRow(main) && outcomeOf(main.ledger, main.row).outcome === 'not_found')
      main = undefined;
  }
  if (reversal !== undefined) said.push(reversalSentence(reversal));
  const anothers = reversal && isTakenBack ? anothersSince(facts, reversal) : null;
  if (anothers !== null) said.push(anothersSentence(anothers));
  if (main !== undefined) said.push(rowSentence(facts, main, asking));
  for (const row of rows)
    if (row !== main && (isOpenRow(row) || isCutOff(row))) said.push(rowSentence(facts, row, asking));
  return [...said, ...pairSentences(facts, asking.now)];
}

/** Whether a newer row asks for what a row gives back, since nobody had answered, or it was taken again since. */
function isAskedAgain({ rows }: Facts, { ledger: { kind, operator, plan } }: RowFacts): boolean {
  if (!givesBack(kind)) return false;
  const later = rows.filter(({ ledger }) => ledger.operator === operator && ledger.plan > plan);
  return later.some(
    (row) => row.ledger.kind === kind || (!givesBack(row.ledger.kind) && (isOpenRow(row) || isCutOff(row))),
  );
}

function isTaken({ ledger, row }: RowFacts): boolean {
  return isReversed(currentOutcomes(ledger), row);
}

/** Whether anything is still asked about a row, or is to be where it goes on. */
function isOpenRow(of: RowFacts): boolean {
  const { ledger, row } = of;
  return (isOpen(ledger, row) || isWaiting(of)) && !isReversed(currentOutcomes(ledger), row);
}

/** Whether the connection of a row is, or may be, cut off by what was asked, and that was not taken back. */
function isCutOff({ ledger, row }: RowFacts): boolean {
  const { outcome } = outcomeOf(ledger, row);
  return (endsConnection(outcome) || outcome === 'overdue') && !isReversed(currentOutcomes(ledger), row);
}

/**
 * What it means for a number that a batch met it and did not direct it. A batch knows only of the sightings that it gathered: the number
 * may have been seen since in other handsets.
 */
const ASIDE: Readonly<Record<AsideFacts['state'], string>> = {
  struck: 'The newest batch that met it left it out, as an approver had asked: nothing is done about it there.',
  held: 'The newest batch that met it saw it only in handsets that look cloned, and approvers had nothing done about these: nothing is done about it there.',
  exempt: 'The newest batch that met it left it out, since it was exempt: nothing is done about it there.',
  reversed:
    'The newest batch that met it left it alone, since what was done to it had been taken back and it had not been seen since in the handsets of that batch.',
  reissuedBefore:
    'The newest batch that met it left it alone, since somebody else has had the number since it was seen in the handsets of that batch.',
  alreadyOpen: 'The newest batch that met it left it where it was being re-verified already.',
  alreadyDisconnected:
    'The newest batch that met it left it alone, since it had been disconnected and not been seen since in the handsets of that batch.',
  alreadyVerified:
    'The newest batch that met it left it alone, since its subscriber had been verified and it had not been seen on a later day in the handsets of that batch.',
  alreadyBlocked: 'The newest batch that met it found it blocked already.',
};

function asideSentence({ kind, state, directionId }: AsideFacts): string {
  // It may be left to a later order by which service was taken.
  const isBack = directionId === null ? givesBack(kind) : isGivingBack(directionId);
  return isBack && state === 'alreadyOpen'
    ? 'The newest batch that met it left it where it was to be given back already.'
    : ASIDE[state];
}

/** What it means that a number is somebody else's by now. */
const SINCE_ANOTHERS =
  'it is withdrawn from every revocation list, and no order about whoever had it before takes service from it.';

function anothersSentence(since: Day): string {
  return `Somebody else has had the number since ${dayText(since)}, as an operator says: ${SINCE_ANOTHERS}`;
}

/** The day since which a number is somebody else's, as was said after what was done to it had been taken back; null if nobody says so. */
function anothersSince({ rows }: Facts, { at }: ReversalFacts): Day | null {
  return activatedOn(
    rows
      .map(({ ledger, row }) => outcomeOf(ledger, row))
      .filter(({ recordedAt }) => recordedAt !== null && recordedAt > at),
  );
}

/** Where a number's row stands. */
function rowSentence(facts: Facts, of: RowFacts, asking: Asking): string {
  const { ledger, row, batchId } = of;
  const { outcome, occurredOn } = outcomeOf(ledger, row);
  const takenBack = outcome !== 'reissued' && isReversed(currentOutcomes(ledger), row);
  const settledAt = facts.batches.find((batch) => batch.batchId === batchId)?.settledAt ?? null;
  const since = takenBack && facts.reversals.length === 0 ? reissuedOn(facts) : null;
  if (since !== null) return `${anothersSentence(since)}${cutText(facts, of)}`;
  return OUTCOME_SENTENCES[takenBack ? 'withdrawn' : outcome]({
    of,
    who: `The operator ${ledger.operator}`,
    on: occurredOn === null ? '' : ` on ${dayText(occurredOn)}`,
    occurredOn,
    since: cutSince(facts, of),
    cut: cutText(facts, of),
    settledAt,
    asking,
    isAskedElsewhere: facts.rows.some((one) => one !== of && !givesBack(one.ledger.kind) && isOpenRow(one)),
  });
}

interface Standing {
  readonly of: RowFacts;
  readonly who: string;
  /** The day of its outcome, in words with a blank before; '' if it has none. */
  readonly on: string;
  readonly occurredOn: Day | null;
  /** The words that a restored row was cut off again, later than the restore was said; '' if it wasn't. */
  readonly since: string;
  /** The words that it was cut off after its outcome, although it was not to be; '' if it wasn't. */
  readonly cut: string;
  /** The instant at which its batch settled. */
  readonly settledAt: Instant | null;
  readonly asking: Asking;
  /** Whether another row of the number is open, in which they are asked to prove who they are. */
  readonly isAskedElsewhere: boolean;
}

/** What each outcome of a number's row means for its subscriber. */
const OUTCOME_SENTENCES: Readonly<Record<Outcome, (standing: Standing) => string>> = {
  open: (standing) => openSentence(standing, ''),
  failed: (standing) =>
    openSentence(standing, `${standing.who} says that the subscriber failed to prove who they are${standing.on}. `),
  overdue: overdueSentence,
  verified: ({ who, on, of, cut, asking, isAskedElsewhere }) =>
    `${who} says that the subscriber proved who they are${on}: nothing more is asked of them${isAskedElsewhere ? ` by the batch ${of.batchId}` : ''}.${restored(of, asking)}${cut}`,
  disconnected: (standing) => endedSentence(standing, 'disconnected it'),
  surrendered: (standing) => endedSentence(standing, 'says that its subscriber gave it up'),
  not_found: ({ who, of: { moved } }) => {
    const back =
      moved?.why === 'porting_disputed'
        ? ` It goes on at the operator ${moved.to}, which had said that it was ported there.`
        : '';
    return `${who} says that it has no such number: nothing more is asked about it there.${back}`;
  },
  reissued: ({ who, occurredOn, of, cut, asking }) =>
    `${who} says that somebody else has had the number since ${occurredOn === null ? 'then' : dayText(occurredOn)}: ${SINCE_ANOTHERS}${restored(of, asking)}${cut}`,
  withdrawn: ({ cut }) =>
    `What was done about it was taken back: no order takes service from it any more, and no list made later names it.${cut}`,
  ported: ({ who, on, of }) => {
    const to = of.moved?.why === 'ported' ? ` to the operator ${of.moved.to}` : '';
    const then = isMoving(of)
      ? ', which is asked to have the subscriber prove who they are from the next night on'
      : '';
    return `${who} says that the number was ported${to}${on}${then}.`;
  },
  extended: ({ who, of, cut, asking }) => {
    const why = of.moved?.why === 'extended' ? ` (${of.moved.ground})` : '';
    const then = isMoving(of) ? ' From the next night on they are asked again, with later deadlines.' : '';
    return `${who} has given the subscriber more time${why}.${then}${restored(of, asking)}${cut}`;
  },
  blocked: ({ who, on }) => `${who} blocked it${on}.`,
  restored: ({ who, on, since }) =>
    since === ''
      ? `${who} says that the number has full service again${on === '' ? '' : ` since${on.slice(3)}`}: nothing more is to be done.`
      : `${who} said that the number had full service again${on === '' ? '' : ` since${on.slice(3)}`}.${since}`,
  unblocked: ({ who, on }) => `${who} says that it blocks it no more${on === '' ? '' : `, since${on.slice(3)}`}.`,
};

/**
 * The words that an operator that had restored a number says since that it disconnected it, in a row that was taken back; '' if it doesn't.
 */
function cutSince(facts: Facts, restored: RowFacts): string {
  const { rows } = facts;
  const { operator } = restored.ledger;
  const { recordedAt: back } = outcomeOf(restored.ledger, restored.row);
  if (back === null) return '';
  const own = rows.filter(({ ledger }) => ledger.operator === operator && !givesBack(ledger.kind));
  const contradicted = own.findLast(({ cutAfter }) => (cutAfter.at(-1)?.file.at ?? '') > back);
  if (contradicted !== undefined) return cutText(facts, contradicted);
  const ended = own
    .map((row) => ({ row, ...outcomeOf(row.ledger, row.row) }))
    .findLast(({ row, outcome, recordedAt }) => endsConnection(outcome) && isTaken(row) && (recordedAt ?? '') > back);
  return ended?.recordedAt == null
    ? ''
    : ` But it said on ${dayText(dayOf(ended.recordedAt))} that it disconnected the number all the same: whoever lacks service should ask there, or ask for an appeal.`;
}

/**
 * The words that its operator disconnected the number of somebody who was verified, or has more time, or whose row was taken back; and, if
 * it says so since, that it restored it.
 */
function cutText({ rows }: Facts, { ledger, row, cutAfter }: RowFacts): string {
  const last = cutAfter.at(-1)?.file;
  if (last === undefined) return '';
  // The same file says that the number is somebody else's: it may have been said before that it was disconnected.
  const said = `${reissuedBy(ledger, row)?.version === last.version ? 'by' : 'on'} ${dayText(dayOf(last.at))}`;
  const back = rows
    .filter((row) => givesBack(row.ledger.kind) && row.ledger.operator === ledger.operator)
    .map((row) => outcomeOf(row.ledger, row.row))
    .findLast(({ outcome, recordedAt }) => outcome === 'restored' && recordedAt !== null && recordedAt > last.at);
  if (back?.recordedAt != null)
    return ` The operator ${ledger.operator} said ${said} that it disconnected the number all the same, and on ${dayText(dayOf(back.recordedAt))} that it has full service again: nothing more is to be done.`;
  const then =
    last.followUp === undefined
      ? 'it is asked from the next night on to give full service again'
      : 'it has been asked to give full service again';
  return ` But the operator ${ledger.operator} said ${said} that it disconnected the number all the same: that is to be restored, ${then}, and whoever lacks service should ask there.`;
}

/** Whether a row was moved, or is to be restored, and no follow-up goes on with it yet: once one does, its row is the newer word. */
function isWaiting(of: RowFacts): boolean {
  return isMoving(of) || of.cutAfter.some(({ file }) => file.followUp === undefined);
}

/** Whether a row was moved, and no follow-up goes on with it yet. */
function isMoving({ ledger, row }: RowFacts): boolean {
  const moving = fileMoving(ledger, row);
  return moving !== undefined && moving.followUp === undefined;
}

function endedSentence({ of, who, on, occurredOn, settledAt, asking }: Standing, ended: string): string {
  const listed = listedIn(of, settledAt) === null ? '' : ' Banks and platforms were told by a revocation list.';
  const last = occurredOn === null ? null : addDays(occurredOn, CONTESTED_DAYS);
  const until = last === null ? '' : ` until ${dayText(last)}`;
  const can = last !== null && last < dayOf(asking.now) ? 'could' : 'can';
  return `${who} ${ended}${on}.${listed} Who holds that this was wrong ${can} ask for an appeal${until}.`;
}

function restored({ orders }: RowFacts, { now }: Asking): string {
  const back = orders.findLast(({ order }) => order === RESTORE.order);
  if (back === undefined) return '';
  return back.deadline > now
    ? ` Full service is due back by ${instantText(back.deadline)}.`
    : ` Full service was due back by ${instantText(back.deadline)}: whoever lacks it should ask there.`;
}

function overdueSentence({ of: { ledger, row }, who, on }: Standing): string {
  const end = instantText(ledger.closedAt ?? lastDeadline(ledger));
  if (givesBack(ledger.kind))
    return `${who} was to give it full service again by ${end}, and has not said that it did: whoever lacks it should ask there.${ledger.followUp === undefined ? ' It is asked again in the next night.' : ''}`;
  const said = fileSaying(ledger, row);
  const isSince = said !== undefined && said.at > (ledger.closedAt ?? said.at);
  const failed = said === undefined || isSince ? '' : ', after the subscriber had failed to prove who they are';
  const since = isSince ? ` It says since that the subscriber failed to prove who they are${on}.` : '';
  const was =
    failed !== '' || endsInCut(ledger)
      ? 'it was to be disconnected by then, and may have been'
      : 'no order to disconnect it follows';
  return `${who} has not said by ${end} what became of it${failed}: ${was}.${since} The operator can still answer: the subscriber can prove who they are there, or ask for an appeal.`;
}

/**
 * Whether a ladder ends with a disconnection. The ladder of a row that was extended in the last rung doesn't: no rung is left after that
 * one, and whoever fails in it causes an order of their own.
 */
const endsInCut = ({ rungs }: Ledger): boolean => rungs.at(-1)?.order === 'disconnect';

const ORDERED: Readonly<Record<string, string>> = {
  reverify: 'have the subscriber prove who they are',
  bar_outgoing: 'bar its outgoing calls',
  bar_incoming: 'bar its incoming calls, too',
  disconnect: 'disconnect it',
};

/** @param failed the words that the subscriber failed; '' if they did not */
function openSentence({ of: { ledger, row, orders }, who, asking }: Standing, failed: string): string {
  const end = instantText(lastDeadline(ledger));
  const isToBeCut = failed !== '' || endsInCut(ledger);
  const isOver = lastDeadline(ledger) <= asking.now;
  const due = orders.at(-1)?.deadline;
  if (givesBack(ledger.kind))
    return isOver
      ? `${who} was to give it full service again by ${end}, whatever state it is in: whoever lacks it should ask there.`
      : `${who} is to give it full service again by ${due !== undefined && due > asking.now ? instantText(due) : end}, whatever state it is in. Until it says that it did it is asked again, night after night; whoever lacks service then should ask there.`;
  const standing = orders.findLast(({ order }) => order !== RESTORE.order);
  // The order to disconnect comes with the last rung, and at once of who failed. An operator may carry it out as soon as it comes, and
  // somebody whom it has disconnected is not recorded as verified any more.
  const cutFrom = ledger.rungs.at(-2)?.deadline ?? lastDeadline(ledger);
  const until = isToBeCut ? instantText(cutFrom) : end;
  const otherwise = isToBeCut
    ? `else the operator is asked then to disconnect it, by ${end}`
    : 'no order to disconnect it follows';
  if (standing === undefined)
    return `${failed}${who} is about to be asked to have the subscriber prove who they are. They keep the number if they do by ${until}; ${otherwise}.`;
  const isPassed = standing.deadline <= asking.now;
  const isBeingCut = standing.order === 'disconnect';
  const isNextCut = isToBeCut && (failed !== '' || cutFrom <= asking.now);
  const passed = isPassed ? ', which is over' : '';
  const done = isBeingCut ? ', and may have done so' : '';
  const asked = `${failed}${failed === '' ? who : 'It'} has been asked to ${ORDERED[standing.order] ?? standing.order} by ${instantText(standing.deadline)}${passed}${done}.`;
  const back = wasCut(ledger, row) ? ', and has full service back within a day' : '';
  const before = `A subscriber who proves to it who they are before it does keeps the number${back}.`;
  if (isBeingCut) return `${asked} ${before}`;
  if (isOver)
    return `${asked} ${isToBeCut ? `It was to be disconnected by ${end}, and may have been. ` : ''}The operator can still answer: a subscriber who proves to it who they are keeps the number${back}.`;
  if (isNextCut) return `${asked} It is about to be asked to disconnect it. ${before}`;
  return `${asked} A subscriber who proves to it who they are by ${until} keeps the number${back}; ${otherwise}.`;
}
