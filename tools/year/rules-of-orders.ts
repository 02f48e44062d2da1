/** The rules that the orders of the year must keep, as operators see them. */
import { LADDERS } from '../../test/reckoning/tables.ts';
import { isFollowUp, type Reckoning } from './books.ts';
import { LARGE_REVERSAL } from './caseworkers.ts';
import type { Chronicle, GivenAnswer, ToldOrder } from './chronicle.ts';
import { PEOPLE } from './deciders.ts';
import { DAY } from './draw.ts';

export type Must = (holds: boolean, rule: string) => void;

/** Checks the orders: who decided on them, whom they name, and when they come. */
export function checkOrders(chronicle: Chronicle, reckoning: Reckoning, must: Must): void {
  checkDecided(chronicle, reckoning, must);
  checkEachOrder(chronicle, must);
  checkLadders(chronicle.orders, must);
  checkTakenBack(chronicle, reckoning, must);
}

/** Checks invariant 11, as operators see it: no order that takes service has a row that was taken back before. */
function checkTakenBack({ orders }: Chronicle, { ledgers, reversals }: Reckoning, must: Must): void {
  for (const { notice, at, rows } of orders) {
    if (['restore', 'unblock'].includes(notice.order)) continue;
    const own = ledgers.directions.get(notice.directionId);
    const late = rows.filter((row) => {
      const by = own?.get(row)?.reversed?.batchId;
      return (by === undefined ? Number.POSITIVE_INFINITY : (reversals.get(by)?.at ?? 0)) < at;
    });
    must(
      late.length === 0,
      `${notice.directionId}: ${notice.order} carries ${late.length} that a reversal had taken back`,
    );
  }
}

/** Checks invariants 8 and 9: a batch that gives an order was approved by enough people before, on the preview that they saw. */
function checkDecided({ orders, decisions }: Chronicle, { reversals }: Reckoning, must: Must): void {
  const first = new Map<string, number>();
  for (const { notice, at } of orders) first.set(notice.batchId, Math.min(at, first.get(notice.batchId) ?? at));
  for (const [batchId, at] of first) {
    // A night's rows are those of batches that were decided upon.
    if (isFollowUp(batchId)) continue;
    const byPreview = new Map<string, Set<string>>();
    for (const one of decisions)
      if (one.batchId === batchId && one.at <= at && one.words.some(({ decision }) => decision === 'approve'))
        byPreview.set(one.preview, (byPreview.get(one.preview) ?? new Set()).add(one.approver));
    const reversal = reversals.get(batchId);
    const people = reversal !== undefined && reversal.became.length <= LARGE_REVERSAL ? 1 : PEOPLE;
    const enough = [...byPreview.values()].some(({ size }) => size >= people);
    must(enough, `${batchId}: no order without enough people who approved its preview before`);
    const refused = decisions.some(
      (one) => one.batchId === batchId && one.words.some(({ decision }) => decision === 'refuse'),
    );
    must(!refused, `${batchId}: what was refused directs nobody`);
  }
}

/** Checks invariants 3, 6 and 7, as operators see them. */
function checkEachOrder({ orders, answers }: Chronicle, must: Must): void {
  const ended = endedAt(answers);
  const deadlines = new Map<string, number>();
  for (const { notice, at, operator, rows, disconnectBy } of [...orders].sort((a, b) => a.at - b.at)) {
    const { directionId, key, order, rung } = notice;
    must(
      directionId.split('.')[2] === operator && key.startsWith(`orders/${operator}/`),
      `${directionId}: an operator's orders are its own`,
    );
    must(
      rows.length === notice.rows && rows.length > 0,
      `${directionId}: an order has as many rows as its notice says`,
    );
    const late = rows.filter((row) => (ended.get(`${directionId} ${row}`) ?? at) < at);
    must(
      order === 'restore' || late.length === 0,
      `${directionId}: ${order} carries ${late.length} that were answered for before`,
    );
    must(notice.deadline > at, `${directionId}: an order comes before its deadline`);
    for (const [what, deadline] of [
      [`${rung}`, notice.deadline],
      ['last', disconnectBy === undefined ? 0 : Date.parse(disconnectBy)],
    ] as const) {
      if (deadline === 0 || rung === 'failed' || rung === 'back') continue;
      const before = deadlines.get(`${directionId} ${what}`) ?? deadline;
      must(deadline >= before, `${directionId}: a deadline that was told never moves earlier`);
      deadlines.set(`${directionId} ${what}`, deadline);
    }
  }
}

/** The instants of rows' final answers, by `direction identifier`. */
function endedAt(answers: readonly GivenAnswer[]): Map<string, number> {
  const ended = new Map<string, number>();
  for (const { direction, at, rows } of answers)
    for (const { identifier, outcome } of rows)
      if (outcome !== 'failed' && outcome !== 'maybe' && !ended.has(`${direction} ${identifier}`))
        ended.set(`${direction} ${identifier}`, at);
  return ended;
}

/** Checks that each direction's rungs are as long as the policy says, counted from the first one's beginning. */
function checkLadders(orders: readonly ToldOrder[], must: Must): void {
  const byDirection = Map.groupBy(orders, ({ notice }) => notice.directionId);
  for (const [directionId, own] of byDirection) {
    const kind = directionId.split('.')[1];
    const begun = own.find(({ notice }) => notice.rung === 1);
    if (kind === 'restore' || kind === 'unblock')
      for (const { notice } of own)
        must(
          Number(notice.rung) <= 2 &&
            notice.deadline === (begun?.notice.deadline ?? 0) + (Number(notice.rung) - 1) * DAY,
          `${directionId}: what gives back is asked for twice, a day after the other`,
        );
    // A row that goes on with more time has its former ladder's deadlines, postponed.
    if ((kind !== 'block' && kind !== 'reverify') || isFollowUp(directionId)) continue;
    const [first] = LADDERS[kind];
    const begins = own.find(({ notice }) => notice.rung === 1);
    if (begins === undefined) {
      must(false, `${directionId}: a ladder begins with its first order`);
      continue;
    }
    const startedAt = begins.notice.deadline - (first?.[1] ?? 0) * DAY;
    let ends = startedAt;
    for (const [n, [order, days]] of LADDERS[kind].entries()) {
      ends += days * DAY;
      const issued = own.find(({ notice }) => notice.rung === n + 1);
      must(
        issued === undefined || (issued.notice.deadline === ends && issued.notice.order === order),
        `${directionId}: rung ${n + 1} ends when it must`,
      );
    }
    if (kind === 'reverify')
      for (const { disconnectBy, notice } of own)
        if (notice.order !== 'restore')
          must(Date.parse(disconnectBy ?? '') === ends, `${directionId}: subscribers are told the last deadline`);
  }
}
