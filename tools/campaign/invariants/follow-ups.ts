/** Follow-ups: the end of each row with which a night went on, and their books. */
import { linesOf } from '../../../test/reckoning/files.ts';
import { type Books, checkEnds, directionsOf, expectBooks, noBooks } from './books.ts';
import { decidedOf } from './decided.ts';
import { type DirectionKind, givesBack } from './kinds.ts';
import type { Direction, Known } from './known.ts';
import type { MovedRow } from './moved-rows.ts';
import { kindOf, saidElsewhere, serviceAt, takenFromHolder } from './moves.ts';
import { firstOrderOf } from './orders.ts';
import type { Item } from './seen.ts';
import { same, sum } from './values.ts';

const NOTHING = { rows: 0, rejected: 0, repeats: 0, handsets: 0 };

export function checkFollowUp(known: Known, item: Item): void {
  const id = String(item.batchId);
  const must = (holds: boolean, rule: string) => known.must(holds, `${id}: ${rule}`);
  must(item.state === 'settled', 'every follow-up settles');
  if (item.state !== 'settled') return;
  const rows = known.moved.filter(({ followUp }) => followUp === id);
  must(rows.length > 0, 'where nothing goes on there is no follow-up');
  const operators = noBooks();
  const own = directionsOf(known, id);
  const elsewhere: string[] = [];
  const directed: string[] = [];
  for (const row of rows) {
    const kind = kindOf(row) as DirectionKind;
    const { state, direction } = decidedFor(known, row, own, Number(item.plan));
    must(row.state === state, 'what becomes of a row that goes on is as it must have been decided');
    const books = operators[row.to] as Books;
    if (!givesBack(kind)) {
      sum(books.connections, 'linked');
      sum(books.connections, row.state);
    } else if (row.state === 'directed') sum(books.outcomes, 'directed');
    if (row.state === 'directed') directed.push(`${kind},${row.to},${row.msisdn}`);
    else elsewhere.push(`${kind},${row.msisdn},${row.to},${row.state},${direction}`);
  }
  const carried = own.flatMap((one) => rowsIn(known, one).map((number) => `${one.kind},${one.operator},${number}`));
  must(same(carried.sort(), directed.sort()), 'every row goes on once, or stands elsewhere');
  known.expected[`batches/${id}/moved.csv`] = rows.map(
    ({ msisdn, from, why, to, state }) => `${msisdn},${from},${why},${to},${state}`,
  );
  expectBooks(known, item, own, operators, { elsewhere, report: NOTHING });
  checkEnds(known, item, own);
}

/** The numbers in the first order of a direction. */
function rowsIn(known: Known, direction: Direction): string[] {
  const first = firstOrderOf(known, direction);
  if (first === undefined) return direction.rows;
  return linesOf(first).lines.map(({ cells }) => cells?.msisdn ?? '');
}

/** The direction that took service from whoever a row's operator said that it had cut off, since they were to have it. */
function takenSince(known: Known, { msisdn, to }: MovedRow, from: Direction, place: number): Direction | undefined {
  const given = saidElsewhere(known, msisdn, undefined, place)
    .filter(({ direction, outcome }) => direction.operator === to && outcome === 'reissued')
    .map(({ on }) => on);
  const since = given.sort().at(-1);
  if (since !== undefined && (from.directedFor.get(msisdn) ?? '') <= since)
    return takenFromHolder(known, msisdn, to, place);
  const said = from.at(place).rows[from.rows.indexOf(msisdn)];
  if (said === undefined) return undefined;
  // A reversal gives service back. Of a row that is marked since another operator says that the number is somebody else's, all of its time counts.
  const startedAt = Date.parse(String(known.seen.cases[`BATCH#${from.batch}`]?.startedAt));
  const backAt = said.reversed === true ? (said.backAt ?? startedAt) : 0;
  return serviceAt(known, msisdn, to, place, backAt).taken;
}

/**
 * The decision that a row that goes on must have. If two come to one operator in one night, one is directed, and counts as open for the
 * other.
 */
function decidedFor(
  known: Known,
  row: MovedRow,
  own: readonly Direction[],
  plan: number,
): { state: string; direction: string } {
  const kind = kindOf(row) as DirectionKind;
  const from = known.directions.get(row.from);
  if (kind === 'unblock') return { state: row.state, direction: '' };
  if (row.why === 'disconnected_after_verified') {
    const taken = from === undefined ? undefined : takenSince(known, row, from, known.seen.plans.get(plan) ?? 0);
    if (taken !== undefined) return { state: 'alreadyOpen', direction: taken.id };
  }
  const alike = known.moved.filter(({ followUp, msisdn }) => followUp === row.followUp && msisdn === row.msisdn);
  const decided = decidedOf(known, {
    kind,
    operator: row.to,
    identifier: row.msisdn,
    lastSeen: from?.lastSeen.get(row.msisdn) ?? '',
    directedFor: from?.directedFor.get(row.msisdn) ?? '',
    plan,
    goesOn: alike,
    isCutWrongly: row.why === 'disconnected_after_verified',
    overdueOf: row.why === 'overdue' ? from?.plan : undefined,
  });
  if (decided.state === 'directed' && row.why === 'extended' && from !== undefined) {
    // Who has proved themselves since they were listed is done with, whatever day they did it on.
    const { outcome } = from.at(known.seen.plans.get(plan) ?? 0).rows[from.rows.indexOf(row.msisdn)] ?? {};
    if (outcome === 'verified') return { state: 'alreadyVerified', direction: from.id };
  }
  const isTwin = (one: MovedRow) => one !== row && one.to === row.to && kindOf(one) === kind;
  if (decided.state !== 'directed' || !alike.some((one) => isTwin(one) && one.state === 'directed')) return decided;
  const there = own.find((one) => one.kind === kind && one.operator === row.to && one.rows.includes(row.msisdn));
  return { state: 'alreadyOpen', direction: there?.id ?? '' };
}
