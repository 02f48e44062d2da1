/** The decision that a row of a report or of a follow-up must have, from the rows of earlier directions about its number or handset. */
import { dayAt } from '../../../test/reckoning/files.ts';
import { givesBack, isOfHandsets } from './kinds.ts';
import { isOpen, type Known } from './known.ts';
import { portsIn, type Said } from './moves.ts';
import { type Asked, isInForce, rowsBefore, takenBackBefore, waits } from './standing.ts';

function earlierRows(known: Known, { kind, operator, identifier, plan }: Asked): Said[] {
  return rowsBefore(known, [identifier], isOfHandsets(kind) ? 'handset' : 'number', plan)
    .filter(({ direction }) => givesBack(direction.kind) === givesBack(kind))
    .filter(({ direction }) => !isOfHandsets(kind) || direction.operator === operator);
}

/** The operator at which a number is open, or goes on: a moved row counts as open until its follow-up is directed. */
function openAt(known: Known, row: Said, plan: number): string | undefined {
  const { operator } = row.direction;
  if (waits(known, row, plan)) return row.to ?? operator;
  return isOpen(row) && !row.closed && !row.reversed ? operator : undefined;
}

/** The operator at which a report directs a number: that of its newest sighting, unless it was ported since. */
export function operatorFor(known: Known, asked: Asked): string {
  const ports = portsIn(earlierRows(known, asked)).filter(({ on, disputed }) => !disputed && on >= asked.lastSeen);
  return ports.sort((a, b) => (a.on > b.on ? -1 : a.on < b.on ? 1 : 0))[0]?.to ?? asked.operator;
}

/** The day on which a number was last activated for somebody else, as earlier directions say; '' where none does. */
export function activatedBefore(known: Known, asked: Asked): string {
  const days = earlierRows(known, asked).flatMap(({ outcome, on }) => (outcome === 'reissued' ? on : []));
  return days.sort().at(-1) ?? '';
}

/** A row's state, and the direction in which it stands if it isn't directed. */
export function decidedOf(known: Known, asked: Asked): { state: string; direction: string } {
  const { kind, operator, identifier, lastSeen, directedFor = lastSeen, plan, goesOn = [], overdueOf } = asked;
  if (!givesBack(kind) && takenBackBefore(known, asked)) return { state: 'reversed', direction: '' };
  const isOver = (row: Said) => ['verified', 'reissued', 'withdrawn'].includes(row.outcome);
  const isGoingOn = (row: Said) =>
    goesOn.some(({ from, msisdn }) => from === row.direction.id && msisdn === identifier);
  const rows = earlierRows(known, asked).filter((row) => !isGoingOn(row) || isOver(row));
  const reissued = rows.find(({ outcome, on }) => outcome === 'reissued' && directedFor <= on);
  if (reissued) return { state: 'reissuedBefore', direction: reissued.direction.id };
  // An order to restore from before its operator's word may have been carried out before that, too.
  const hinders = (row: Said) => !asked.isCutWrongly || row.direction.kind !== 'restore';
  const open = rows.find((row) => hinders(row) && openAt(known, row, plan) === operator);
  if (open) return { state: 'alreadyOpen', direction: open.direction.id };
  if (kind === 'reverify' && asked.goesOn === undefined && isTakenBackThere(known, asked))
    return { state: 'reversed', direction: '' };
  const later = rowsBefore(known, [identifier], 'number', plan).find(
    (row) =>
      overdueOf !== undefined &&
      row.direction.kind === 'reverify' &&
      row.direction.operator === operator &&
      row.direction.plan > overdueOf &&
      row.reversed !== true &&
      isInForce(known, row, plan),
  );
  if (later) return { state: 'alreadyOpen', direction: later.direction.id };
  // That the number is somebody else's since says nothing about its present holder.
  const stands = ({ outcome, reversed }: Said) => outcome === 'verified' || (!reversed && outcome !== 'reissued');
  const recorded = rows.filter((row) => row.at > 0 && stands(row)).sort((a, b) => b.at - a.at)[0];
  const direction = recorded?.direction.id ?? '';
  if (recorded && kind === 'block' && recorded.outcome === 'blocked') return { state: 'alreadyBlocked', direction };
  if (recorded && kind === 'reverify' && lastSeen <= recorded.on) {
    const { outcome } = recorded;
    if (outcome === 'disconnected' || outcome === 'surrendered') return { state: 'alreadyDisconnected', direction };
    if (outcome === 'verified') return { state: 'alreadyVerified', direction };
  }
  return { state: 'directed', direction: '' };
}

/**
 * Whether a row of a reported number at its operator, or one that was ported there, was taken back on the day of its sighting or later,
 * though another report's stands elsewhere. A row may be about whoever had the number before, unless the commit that somebody else has it is
 * of an earlier day than its own.
 */
function isTakenBackThere(known: Known, asked: Asked): boolean {
  const rows = earlierRows(known, asked);
  const filesOf = ({ direction }: Said) => direction.at(known.seen.plans.get(asked.plan) ?? 0).files;
  const begunOn = ({ direction }: Said) =>
    dayAt(Date.parse(String(known.batches.find(({ plan }) => Number(plan) === direction.plan)?.startedAt)));
  const ports = portsIn(rows).filter(({ to, disputed }) => to === asked.operator && disputed === undefined);
  const anothersOn = rows
    .filter(({ outcome }) => outcome === 'reissued')
    .map((row) => String(filesOf(row).find(({ sha256 }) => sha256 === row.file)?.withdrawnOn));
  return rows.some((row) => {
    const { operator } = row.direction;
    const isSentThere = row.outcome === 'ported' && row.to === asked.operator;
    const isThere = operator === asked.operator || (isSentThere && ports.some(({ from }) => from === operator));
    if (row.reversed !== true || !isThere || anothersOn.some((on) => on >= begunOn(row))) return false;
    return row.backAt !== undefined && (asked.directedFor ?? asked.lastSeen) <= dayAt(row.backAt);
  });
}
