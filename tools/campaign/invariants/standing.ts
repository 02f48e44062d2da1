/** The standing of earlier plans' rows when a plan decides, and what was taken back before it. */
import { type DirectionKind, isOfHandsets } from './kinds.ts';
import { isOpen, type Known } from './known.ts';
import type { MovedRow } from './moved-rows.ts';
import type { Said } from './moves.ts';
import { carriedAt, cutAt, wasCut } from './orders.ts';
import { linksOf } from './sightings.ts';
import { instant } from './values.ts';

/** A row that is to be decided upon, and the plan that decides. */
export interface Asked {
  kind: DirectionKind;
  operator: string;
  identifier: string;
  /** The day of a number's newest sighting; '' for a handset. */
  lastSeen: string;
  /** The day of a number's newest sighting in a handset that nobody left out. */
  directedFor?: string;
  plan: number;
  /** For a row that goes on: the rows that do so in the same night. */
  goesOn?: readonly MovedRow[];
  /** Whether its operator said that it cut somebody off who was to have service. */
  isCutWrongly?: boolean;
  /** For a row that was not given back in time: the plan by which it was to be. */
  overdueOf?: number | undefined;
}

/** The rows of earlier plans that have one of these numbers or handsets, newest plan first, as they stand when a plan decides. */
export function rowsBefore(
  known: Known,
  identifiers: readonly string[],
  subject: 'number' | 'handset',
  plan: number,
): Said[] {
  const place = known.seen.plans.get(plan) ?? 0;
  const counting = new Set(known.batches.map((batch) => `${batch.batchId} ${batch.plan}`));
  return [...known.directions.values()]
    .filter((one) => one.plan < plan && counting.has(`${one.batch} ${one.plan}`))
    .filter((one) => isOfHandsets(one.kind) === (subject === 'handset'))
    .sort((a, b) => b.plan - a.plan)
    .flatMap((direction) => {
      const { rows, closed } = direction.at(place);
      return direction.rows.flatMap((identifier, n) => {
        const row = rows[n];
        // An unblock may be for the use of one number alone.
        const isIt = identifiers.includes(identifier.split(' ')[0] ?? '');
        return row === undefined || !isIt ? [] : [{ ...row, direction, closed, identifier }];
      });
    });
}

/** Whether a row was moved, and its follow-up isn't directed yet. */
export function waits(known: Known, { direction, ...row }: Said, plan: number): boolean {
  if (row.outcome !== 'ported' && row.outcome !== 'extended') return false;
  const { files } = direction.at(known.seen.plans.get(plan) ?? 0);
  const { moved, followUp } = files.find(({ sha256 }) => sha256 === row.file) ?? {};
  const next = known.batches.find(({ batchId }) => batchId === followUp);
  const goesOn = next !== undefined && Number(next.plan) > 0 && Number(next.plan) < plan;
  return moved !== undefined && !goesOn;
}

/** The standing of a row for a plan that asks for it: whether its orders have an effect. */
export function standing(known: Known, row: Said, plan: number) {
  const { direction, closed, outcome, reversed = false } = row;
  const { orders, files } = direction.at(known.seen.plans.get(plan) ?? 0);
  const isWaiting = waits(known, row, plan);
  const givesBack = ['verified', 'extended', 'reissued'].includes(outcome);
  return {
    open: isOpen(row) && !closed && !reversed,
    waits: isWaiting,
    ended: ['disconnected', 'surrendered'].includes(outcome),
    overdue: isOpen(row) && closed,
    givesBack,
    cut: !givesBack && wasCut(row, orders, files),
    /** The order to give back what was taken by then is answered by nobody. */
    carriedAt: givesBack ? carriedAt(row, orders, files) : '',
  };
}

/** Whether an order took service from a row at an instant or later, and no operator has said since that it gave it back. */
export function isCutSince(known: Known, row: Said, plan: number, since: number): boolean {
  const { orders, files } = row.direction.at(known.seen.plans.get(plan) ?? 0);
  const { cut, carriedAt: before } = standing(known, row, plan);
  return (cut ? cutAt(row, orders, files) : before) >= instant(since);
}

/** Whether a row's orders, or what is asked of its operator, have an effect when a plan decides. */
export function isInForce(known: Known, row: Said, plan: number): boolean {
  return standing(known, row, plan).cut || isInForceByOutcome(known, row, plan);
}

/** Whether they have an effect as far as the outcome tells: an order that was carried out is left aside. */
export function isInForceByOutcome(known: Known, row: Said, plan: number): boolean {
  const { open, waits: isWaiting, ended, overdue } = standing(known, row, plan);
  return open || isWaiting || ended || overdue || row.outcome === 'blocked';
}

/** Whether a reversal of an earlier plan took a number or handset back that was not seen on a later day. */
export function takenBackBefore(known: Known, { identifier, lastSeen, directedFor, plan, kind }: Asked): boolean {
  const mine = known.takenBack.filter((one) => one.plan < plan && one.identifier === identifier);
  if (mine.length === 0) return false;
  const day =
    mine
      .map((one) => one.day)
      .sort()
      .at(-1) ?? '';
  const { startedAt } = known.batches.find((batch) => batch.plan === plan) ?? {};
  const seen =
    kind === 'block'
      ? linksOf(known.imported, Date.parse(String(startedAt)), new Set([identifier]))
          .map((link) => link.day)
          .sort()
          .at(-1)
      : (directedFor ?? lastSeen);
  return (seen ?? '') <= day;
}
