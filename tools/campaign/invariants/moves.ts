/**
 * Rows that go on elsewhere: their ends by `moved.csv` of each follow-up, and a number's known ports. The answers tell which rows those
 * are.
 */
import { dayAt } from '../../../test/reckoning/files.ts';
import { DAY, EXTENSION_DAYS } from '../story.ts';
import { givesBack, LADDERS } from './kinds.ts';
import { type Direction, isOpen, type Known, type Row } from './known.ts';
import { isFollowUp, type Move, type MovedRow } from './moved-rows.ts';
import { cutAt, cutSaidAt, wasCut } from './orders.ts';
import { rowsBefore } from './standing.ts';
import { instant } from './values.ts';

/** A follow-up comes every night; faults keep it for hours, or until a sweep of the next day. */
const GOES_ON_WITHIN = 3.5 * DAY;

/** Answers by which a number's holder has service, or has it back at once if an order took it. */
export const GIVES_SERVICE = ['verified', 'extended', 'reissued'];

/** Whether a row's holder is to have service, and is restored if they are said to be disconnected. */
export const isToKeep = ({ outcome, reversed = false }: Row): boolean =>
  outcome === 'verified' || outcome === 'withdrawn' || (outcome === 'extended' && reversed);

/** Whether a row was taken back after it, or its ladder, had ended. */
export const isGivenBack = ({ outcome, reversed = false }: Row): boolean =>
  reversed && ['open', 'failed', 'disconnected', 'surrendered'].includes(outcome);

/** The rows that a direction of a follow-up continues, by number. */
export function originsOf(known: Known, { batch, kind, operator, rows }: Direction): Map<string, MovedRow> {
  const own = known.moved.filter(
    ({ followUp, to, state, why, from, msisdn }) =>
      followUp === batch &&
      to === operator &&
      state === 'directed' &&
      kindOf({ why, from }) === kind &&
      rows.includes(msisdn),
  );
  return new Map(own.map((row) => [row.msisdn, row]));
}

/** The kind of the direction in which a row goes on. */
export function kindOf({ why, from }: Pick<MovedRow, 'why' | 'from'>): string {
  if (why === 'overdue') return from.split('.')[1] ?? '';
  return why === 'disconnected_after_verified' ? 'restore' : 'reverify';
}

/** The row of a direction that a follow-up's row continues. */
function originIn(known: Known, { from, msisdn }: MovedRow): { direction: Direction; row: number } | undefined {
  const direction = known.directions.get(from);
  const row = direction?.rows.indexOf(msisdn) ?? -1;
  return direction === undefined || row < 0 ? undefined : { direction, row };
}

/** The days on which each number of a follow-up's direction was seen: those of the row that it continues. */
export function seenBefore(known: Known, direction: Direction): Pick<Direction, 'lastSeen' | 'directedFor'> {
  const origins = [...originsOf(known, direction)];
  const of = (days: 'lastSeen' | 'directedFor') =>
    new Map(origins.map(([number, { from }]) => [number, known.directions.get(from)?.[days].get(number) ?? '']));
  return { lastSeen: of('lastSeen'), directedFor: of('directedFor') };
}

/**
 * The ladder with which an extended row goes on: `reverify` until the extension's days after the deadline of the rung in which it was
 * extended, then the later rungs, each as many days later. Undefined for a row that begins anew where it goes on.
 */
function extendedLadder(known: Known, origin: MovedRow): { order: string; deadline: number }[] | undefined {
  if (origin.why !== 'extended') return undefined;
  const from = originIn(known, origin);
  if (from === undefined) return undefined;
  const { rungs, states } = from.direction;
  const extended = states.flatMap(({ rows }) => rows[from.row] ?? []).findLast(({ outcome }) => outcome === 'extended');
  const within = rungs.findIndex(({ deadline }) => deadline > instant(extended?.at ?? 0));
  return rungs.slice(within < 0 ? -1 : within).map(({ order, deadline }, n) => ({
    order: n === 0 ? 'reverify' : order,
    deadline: Date.parse(deadline) + EXTENSION_DAYS * DAY,
  }));
}

/**
 * The time by which the ladder of a row that was ported, or returns from there, comes later than a fresh one that begins at an instant, in
 * milliseconds: no order is due before what was told of it where the number was, or where it returns to.
 */
function laterFor(known: Known, { why, from, to, msisdn }: MovedRow, plan: number, begins: string): number {
  const before =
    why === 'porting_disputed'
      ? rowsBefore(known, [msisdn], 'number', plan)
          .filter(({ direction, outcome }) => direction.operator === to && outcome === 'ported')
          .map(({ direction }) => direction)
      : [known.directions.get(why === 'ported' ? from : '')];
  const told = before.flatMap((direction) => direction?.rungs ?? []);
  let days = 0;
  const later = LADDERS.reverify.flatMap(([order, more]) => {
    days += more;
    const fresh = Date.parse(begins) + days * DAY;
    return told.filter((one) => one.order === order).map(({ deadline }) => Date.parse(deadline) - fresh);
  });
  return Math.max(0, ...later);
}

/** The ladder with which a row goes on by itself, for a plan that begins at an instant. */
function ownLadder(known: Known, moved: MovedRow, plan: number, begins: string): { order: string; deadline: number }[] {
  let deadline = Date.parse(begins) + laterFor(known, moved, plan, begins);
  const fresh = LADDERS.reverify.map(([order, days]) => {
    deadline += days * DAY;
    return { order, deadline };
  });
  return extendedLadder(known, moved) ?? fresh;
}

/**
 * The ladder with which a re-verification's row goes on, for a plan that begins at an instant: all of it comes later by as much as no order
 * needs to be due before the same one of another row of the number that goes on there in the same night.
 */
export function movedLadder(known: Known, directed: MovedRow, plan: number, begins: string) {
  const own = ownLadder(known, directed, plan, begins);
  const others = known.moved.filter(
    ({ followUp, msisdn, to, state }) =>
      state === 'alreadyOpen' && followUp === directed.followUp && msisdn === directed.msisdn && to === directed.to,
  );
  return others.reduce((ladder, other) => {
    const told = new Map(ownLadder(known, other, plan, begins).map(({ order, deadline }) => [order, deadline]));
    const later = ladder.map(({ order, deadline }) => (told.get(order) ?? deadline) - deadline);
    return ladder.map(({ order, deadline }) => ({ order, deadline: deadline + Math.max(0, ...later) }));
  }, own);
}

/** Whether a row that this one continues, or one before that, was extended. */
export function wasExtended(known: Known, direction: Direction, number: string): boolean {
  for (let at: Direction | undefined = direction; at !== undefined && isFollowUp(at.batch); ) {
    const origin: MovedRow | undefined = originsOf(known, at).get(number);
    if (origin?.why === 'extended') return true;
    at = origin && known.directions.get(origin.from);
  }
  return false;
}

/** An operator's answer about a number in a row of one of its directions. */
export interface Said extends Row {
  direction: Direction;
  closed: boolean;
  /** The identifier as the direction has it. */
  identifier?: string;
}

/** The rows of a number in the re-verifications of other directions, newest plan first, at the write of a place. */
export function saidElsewhere(known: Known, number: string, own: Direction | undefined, place: number): Said[] {
  return [...known.directions.values()]
    .filter((one) => one !== own && one.kind === 'reverify')
    .flatMap((direction) => {
      const row = direction.rows.indexOf(number);
      const { rows, closed } = direction.at(place);
      const state = rows[row];
      return state === undefined ? [] : [{ ...state, direction, closed }];
    })
    .sort((a, b) => b.direction.plan - a.direction.plan);
}

/**
 * What the rows of a number at an operator say of its service at a place: the day since which its holder is to have it, '' if they are not
 * to; and the direction that took it since they were last answered for.
 * @param backAt the time at which a reversal had given it back; 0 if none had
 */
export function serviceAt(known: Known, number: string, operator: string, place: number, backAt = 0) {
  const rows = saidElsewhere(known, number, undefined, place).filter(
    ({ direction }) => direction.operator === operator,
  );
  const words = rows
    .filter((row) => row.at > 0 && row.outcome !== 'reissued' && (row.outcome === 'verified' || !row.reversed))
    .sort((a, b) => b.at - a.at);
  const isAnsweredFor = ({ outcome }: Row) => outcome === 'verified' || outcome === 'extended';
  const answered = words.find(isAnsweredFor);
  const since = Math.max(answered?.at ?? 0, backAt);
  const taken = rows.find((row) => {
    const { direction, closed, outcome, at } = row;
    if (since === 0 || row.reversed) return false;
    const { orders, files } = direction.at(place);
    const isCut = !GIVES_SERVICE.includes(outcome) && wasCut(row, orders, files);
    // An answer is compared to what was said; what a reversal gave back to what was ordered.
    const taken = since === answered?.at ? cutSaidAt(row, orders, files) : cutAt(row, orders, files);
    if (isCut && taken > instant(since)) return true;
    if (['disconnected', 'surrendered'].includes(outcome)) return at > since;
    // Whoever was given more time had it until the end of the ladder with which the row went on.
    return answered?.outcome === 'extended' && isOpen(row) && closed && direction.plan > answered.direction.plan;
  });
  const newest = words.find((row) => !isOpen(row));
  const isKept = newest !== undefined && isAnsweredFor(newest) && taken === undefined;
  return { since: isKept ? newest.on : '', taken: taken?.direction };
}

/**
 * The direction that took service at an operator from whoever has a number that was given to somebody else: rows of the one before were
 * taken back.
 */
export function takenFromHolder(known: Known, number: string, operator: string, place: number) {
  return saidElsewhere(known, number, undefined, place).find(({ direction, ...row }) => {
    if (direction.operator !== operator || row.reversed) return false;
    const { orders, files } = direction.at(place);
    const isCut = !GIVES_SERVICE.includes(row.outcome) && wasCut(row, orders, files);
    return isCut || ['disconnected', 'surrendered'].includes(row.outcome);
  })?.direction;
}

/**
 * A number's port: its day; if the other operator has no such connection, the day on which that was recorded; and whether that operator has
 * answered for it as for one of its own.
 */
interface Port {
  from: string;
  to: string;
  on: string;
  disputed: Said | undefined;
  acknowledged: boolean;
}

export function portsIn(said: readonly Said[]): Port[] {
  return said
    .filter(({ outcome }) => outcome === 'ported')
    .map(({ direction, to = '', on, at }) => {
      const answers = said.filter((other) => other.direction.operator === to && other.at > 0 && other.at >= at);
      // A late word on a day before the port is about a number that it had then.
      const knows = answers.filter(
        ({ outcome, on: day }) => !['not_found', 'withdrawn'].includes(outcome) && day >= on,
      );
      // What it doesn't have any more it has had.
      const disputed = answers.find((one) => one.outcome === 'not_found' && !knows.some((known) => known.at < one.at));
      return { from: direction.operator, to, on, disputed, acknowledged: disputed === undefined && knows.length > 0 };
    });
}

/** Checks invariant 10: every row that goes on elsewhere has one continuation, and nothing else has one. */
export function checkMoves(known: Known): void {
  const { must, moved } = known;
  const rowOf = ({ number, from, why, to }: Omit<Move, 'at'>) => `${number} ${from} ${why} ${to}`;
  const nights = Map.groupBy(moved, ({ msisdn, ...row }) => rowOf({ number: msisdn, ...row }));
  const asked = new Set<string>();
  for (const move of known.moves) {
    const id = move.from;
    const direction = known.directions.get(id);
    const rows = direction?.states.at(-1)?.rows ?? [];
    const now = rows[direction?.rows.indexOf(move.number) ?? -1];
    const said = { ported: 'ported', extended: 'extended', porting_disputed: 'not_found' }[move.why];
    // A row that turned out to be somebody else's, or was taken back, may have ended before a night came; a row whose holder is to be
    // restored may not.
    const isOver = now?.reversed === true || now?.outcome !== said;
    // Who is to have service by another row is restored unless more was said of this one; and so is who had the number by then.
    const isAnothers = now?.outcome === 'reissued' && now.on <= dayAt(move.at);
    const isToRestore =
      now !== undefined && (isAnothers || isToKeep(now) || isGivenBack(now) || isOpen(now) || now.at <= move.at);
    const hasEnded = said === undefined ? !isToRestore : isOver;
    const all = nights.get(rowOf(move)) ?? [];
    asked.add(rowOf(move));
    must(all.length === 1 || (hasEnded && all.length === 0), `${id}: a row that is ${move.why} goes on once`);
    for (const { followUp } of all) {
      const begun = Date.parse(String(known.seen.cases[`BATCH#${followUp}`]?.uploadedAt));
      const within = begun >= move.at && begun <= move.at + GOES_ON_WITHIN + known.seen.patience;
      must(within, `${id}: a row that is ${move.why} goes on in the next night`);
    }
  }
  for (const [row, all] of nights)
    must(asked.has(row) || all[0]?.why === 'overdue', `${all[0]?.followUp}: nothing goes on of which nobody said so`);
  for (const { followUp, from, why, to, msisdn } of moved.filter((one) => one.why === 'overdue')) {
    const direction = known.directions.get(from);
    const row = direction?.rows.findIndex((one) => one === msisdn || one.endsWith(` ${msisdn}`)) ?? -1;
    const isOverdue = direction?.states.some(({ rows, closed }) => closed && rows[row]?.outcome === 'open');
    must(isOverdue === true && direction?.operator === to, `${followUp}: what is ${why} is asked for again`);
  }
  checkAskedAgain(known);
}

/** Checks that what nobody has given back by the end of its ladder, nor since, goes on in a night. */
function checkAskedAgain({ must, moved, seen, directions }: Known): void {
  for (const { id, kind, rows, states } of directions.values()) {
    const last = states.at(-1);
    if (!givesBack(kind) || last?.closed !== true) continue;
    const closed = seen.ledgers.get(id)?.find(({ item }) => item.closedAt !== null)?.item.closedAt;
    if (Date.parse(String(closed)) + GOES_ON_WITHIN + seen.patience > seen.until) continue;
    const asked = moved.filter(({ from, why }) => from === id && why === 'overdue').map(({ msisdn }) => msisdn);
    for (const [n, row] of rows.entries())
      if (last.rows[n]?.outcome === 'open')
        must(
          asked.filter((one) => one === row || row.endsWith(` ${one}`)).length === 1,
          `${id}: what is overdue is asked for again once`,
        );
  }
}
