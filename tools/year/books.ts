/** The year gone through again in order of time: the decisions that each batch must have made, and the books that it must have. */
import { dayAt } from '../../test/reckoning/files.ts';
import { isOpenAt, type LedgerRow, type Taken } from './answering.ts';
import { type Books, booksOf } from './batch-counts.ts';
import type { AnswerRow, AskedBack, Chronicle, GivenAnswer, SentReport, ToldOrder } from './chronicle.ts';
import {
  actedUpon,
  connectionState,
  type Decided,
  decide,
  exemptOn,
  SightingsByHandset,
  type Weighed,
  weigh,
} from './claims.ts';
import { DAY } from './draw.ts';
import { Ledgers } from './ledgers.ts';
import type { Passage } from './reckoning.ts';
import {
  type Became,
  type Known,
  SUBJECT_STATES,
  subjectsOfAppeal,
  subjectsOfWithdrawal,
  takenBack,
} from './reversals.ts';
import { Withdrawals } from './withdrawals.ts';

/** The days that the ladders of a batch take. */
export const LADDER_DAYS = { reverify: 16, block: 2, restore: 2, unblock: 2 } as const;

/** The days by which an extension postpones deadlines. */
const EXTENSION_DAYS = 30;

/** Whether a batch is a night's, by its id. */
export const isFollowUp = (batchId: string): boolean => batchId.startsWith('followup-');

/** The instants of a batch, as it says itself: when it took its turn, and when it settled. */
export interface Instants {
  readonly startedAt: number;
  readonly settledAt: number;
}

/** The reckoned results of a batch that settled. */
export interface Reckoned {
  /** Undefined for a night's follow-up; so is `weighed`. */
  readonly report: SentReport | undefined;
  readonly weighed: Weighed | undefined;
  readonly decided: readonly Decided[];
  readonly books: Books;
  /** Its revocation list: numbers in E.164. */
  readonly revoked: readonly string[];
  /** Directed rows that no order carried. */
  readonly withoutOrder: number;
}

/** The reckoned results of a reversal that settled. */
export interface Reversal {
  readonly asked: AskedBack;
  /** The instant when it took its turn. */
  readonly at: number;
  readonly became: readonly Became[];
  readonly subjects: Readonly<Record<string, number>>;
  /** The rows that it ended, by operator. */
  readonly ended: Readonly<Record<string, number>>;
  readonly outcomes: Books['outcomes'];
  /** Lines of `appeals.csv`, or of `kept.csv`. */
  readonly answers: readonly string[];
  /** Lines of its list: the numbers that are withdrawn from every list, with the day and the ground. */
  readonly withdrawn: readonly string[];
  /** Rows that are to be given back and were in no order. */
  readonly withoutOrder: number;
}

/** A list that an answer publishes at once. */
export interface AtOnce {
  readonly batchId: string;
  readonly kind: 'late' | 'withdrawn';
  readonly sha256: string;
  readonly numbers: readonly string[];
}

export interface Reckoning {
  readonly batches: ReadonlyMap<string, Reckoned>;
  readonly ledgers: Ledgers;
  /** The counts for each response; undefined for one that is refused. */
  readonly taken: ReadonlyMap<GivenAnswer, Taken | undefined>;
  readonly atOnce: readonly AtOnce[];
  readonly reversals: ReadonlyMap<string, Reversal>;
  /** The reversal that a row giving back comes from, even if a night asks again, by `direction identifier`. */
  readonly giverOf: ReadonlyMap<string, string>;
  /** Passages by number in E.164, in order of time. */
  readonly passages: ReadonlyMap<string, readonly Passage[]>;
}

/**
 * Goes through the year.
 * @param instants of each batch that settled, by its id
 * @param people the number of approvers who must approve
 */
export function reckon(chronicle: Chronicle, instants: ReadonlyMap<string, Instants>, people: number): Reckoning {
  const seen = new SightingsByHandset(chronicle.usage);
  const ordersOf = Map.groupBy(chronicle.orders, ({ notice }) => notice.directionId as string);
  const ledgers = new Ledgers(ordersOf);
  const directionOf = directionsOf(chronicle.orders);
  const batches = new Map<string, Reckoned>();
  const plans = new Map<string, Omit<Reckoned, 'books' | 'revoked'>>();
  const taken = new Map<GivenAnswer, Taken | undefined>();
  const atOnce: AtOnce[] = [];
  const passages = new Map<string, Passage[]>();

  const reversals = new Map<string, Reversal>();
  const takingBack = new Map<string, Omit<Reversal, 'outcomes'>>();
  const giverOf = new Map<string, string>();
  /** The instants at which numbers and handsets were last taken back. */
  const reversedAt = new Map<string, number>();
  const reversedOn = (identifier: string) => {
    const at = reversedAt.get(identifier);
    return at === undefined ? undefined : dayAt(at);
  };

  /** The report as it was when its batch took its turn: if it was begun anew, the one that began last. */
  const plannedReport = (batchId: string, planned: number) => {
    const report = chronicle.reports.find((one) => one.batchId === batchId);
    const begun = report?.begun.findLast((at) => at <= planned);
    return report === undefined || begun === undefined ? undefined : { report, begun, planned, people };
  };

  const withdrawals = new Withdrawals((batchId) => {
    const planned = plannedReport(batchId, instants.get(batchId)?.startedAt ?? 0);
    return planned === undefined ? new Map() : actedUpon(planned, chronicle.decisions, seen);
  });

  const note = (batchId: string, decided: readonly Decided[]) => {
    for (const one of decided.filter(({ kind }) => kind === 'reverify')) {
      const row = ledgers.ofNumber(one.identifier).findLast(({ decided: of }) => of === one);
      const passage = { batchId, decided: one, row };
      passages.set(one.identifier, [...(passages.get(one.identifier) ?? []), passage]);
    }
  };
  const plan = (batchId: string, { startedAt }: Instants) => {
    const planned = plannedReport(batchId, startedAt);
    if (planned === undefined) return;
    const { report, begun } = planned;
    const standings = (kind: Decided['kind'], identifier: string) => ledgers.standings(kind, identifier, startedAt);
    const decided = decide(planned, chronicle, seen, standings, reversedOn);
    let withoutOrder = 0;
    for (const one of decided) {
      const direction = directionOf.get(`${batchId} ${one.kind} ${one.operator} ${one.identifier}`);
      if (one.state !== 'directed') continue;
      if (direction === undefined) withoutOrder++;
      else ledgers.add(one, direction, startedAt + LADDER_DAYS[one.kind] * DAY);
    }
    note(batchId, decided);
    plans.set(batchId, { report, weighed: weigh(report, begun, seen), decided, withoutOrder });
  };
  /**
   * A night takes up all waiting rows: a ported one with a fresh ladder, and an extended one with 30 days more. If two rows of a number
   * come to one operator, it is directed once, with the later end.
   */
  const goOn = (batchId: string, { startedAt }: Instants) => {
    const exempt = exemptOn(chronicle.exemptions, startedAt);
    const endOf = ({ outcome, ends }: LedgerRow) =>
      outcome === 'extended' ? ends + EXTENSION_DAYS * DAY : startedAt + LADDER_DAYS.reverify * DAY;
    const waiting = ledgers.waiting().map((row) => ({ row, operator: row.waitsAt as string, ends: endOf(row) }));
    // The waiting rows have ended where they are, and so don't hinder each other.
    for (const { row } of waiting) row.waitsAt = undefined;
    const goingOn = new Set(waiting.map(({ row }) => `${row.direction} ${row.decided.identifier}`));
    const standings = new Map(
      waiting.map(({ row: { decided } }) => [
        decided.identifier,
        ledgers
          .standings('reverify', decided.identifier, startedAt)
          .filter(({ direction }) => !goingOn.has(`${direction} ${decided.identifier}`)),
      ]),
    );
    const once = new Map<string, string>();
    const decided: Decided[] = [];
    let withoutOrder = 0;
    for (const { row, operator, ends } of waiting.sort((a, b) => b.ends - a.ends)) {
      const { identifier, lastSeen, imei, directedFor } = row.decided;
      const subject = `reverify ${operator} ${identifier}`;
      const already = once.get(subject);
      const stands = exempt.has(identifier)
        ? { state: 'exempt', direction: '' }
        : connectionState(standings.get(identifier) ?? [], operator, lastSeen, reversedOn(identifier), directedFor);
      const isTwice = stands.state === 'directed' && already !== undefined;
      const { state, direction } = isTwice ? { state: 'alreadyOpen', direction: already } : stands;
      const one = { kind: 'reverify' as const, identifier, operator, imei, lastSeen, directedFor, state, direction };
      decided.push(one);
      if (state !== 'directed') continue;
      const ordered = directionOf.get(`${batchId} ${subject}`);
      once.set(subject, ordered ?? '');
      if (ordered === undefined) withoutOrder++;
      else {
        const continued = waiting.filter(
          (other) => other.operator === operator && other.row.decided.identifier === identifier,
        );
        const from = row.outcome === 'ported' ? row.decided.operator : undefined;
        ledgers.add(
          one,
          ordered,
          ends,
          from,
          continued.map((other) => other.row),
        );
      }
    }
    const overdue = ledgers.overdue(startedAt);
    for (const row of overdue) ledgers.askAgain(row);
    const toGiveBack = [
      ...overdue.map((row) => ({ row, kind: row.decided.kind, isCutWrongly: false })),
      ...ledgers.takeCutWrongly().map((row) => ({ row, kind: 'restore' as const, isCutWrongly: true })),
    ];
    for (const { row, kind, isCutWrongly } of toGiveBack) {
      const { identifier, operator, imei } = row.decided;
      const open = ledgers
        .rowsOf(kind, identifier)
        .filter((other) => other.decided.operator === operator && isOpenAt(other, startedAt))
        // An order to restore from before its operator's word may have been carried out before that, too.
        .find((other) => !isCutWrongly || other.direction.startsWith(`${batchId}.`));
      // Nobody is given back what was taken since they were to have service.
      const taken = row.decided.kind === 'reverify' ? ledgers.takenSinceTold(row, startedAt) : ledgers.takenAgain(row);
      const stands = open ?? taken;
      const state = stands === undefined ? 'directed' : 'alreadyOpen';
      const given = { kind, identifier, operator, imei, lastSeen: '', directedFor: '' };
      const one = { ...given, state, direction: stands?.direction ?? '' };
      decided.push(one);
      if (stands !== undefined) continue;
      const ordered = directionOf.get(`${batchId} ${kind} ${operator} ${identifier}`);
      if (ordered === undefined) withoutOrder++;
      else {
        ledgers.add(one, ordered, startedAt + LADDER_DAYS[kind] * DAY);
        const giver = giverOf.get(`${row.direction} ${identifier}`) ?? row.reversed?.batchId ?? '';
        giverOf.set(`${ordered} ${identifier}`, giver);
      }
    }
    note(batchId, decided);
    plans.set(batchId, { report: undefined, weighed: undefined, decided, withoutOrder });
  };
  const reverse = (batchId: string, { startedAt: at }: Instants) => {
    const asked = chronicle.askedBack.find((one) => one.batchId === batchId);
    const report = chronicle.reports.find((one) => one.batchId === asked?.withdraws?.batchId);
    if (asked === undefined) return;
    const before = (one: string) => chronicle.decisions.filter((said) => said.batchId === one && said.at <= at);
    const { withdraws } = asked;
    const subjects =
      withdraws === undefined || report === undefined
        ? subjectsOfAppeal(asked, ledgers, chronicle.orders)
        : subjectsOfWithdrawal(withdraws, report, plans.get(report.batchId)?.decided ?? [], ledgers, withdrawals);
    const struck = new Set(
      before(batchId).flatMap(({ words }) =>
        words.flatMap(({ decision, msisdn, imei }) => (decision === 'strike' ? (msisdn ?? imei ?? []) : [])),
      ),
    );
    const own = withdraws && { imeis: withdraws.imeis, struck };
    const isWithdrawn: Known['isWithdrawn'] = (by, what) =>
      withdrawals.isWithdrawn(by, what, by === withdraws?.batchId ? own : undefined);
    const became = takenBack(asked, subjects, struck, { ledgers, plans, orders: ordersOf, at, isWithdrawn });
    if (withdraws !== undefined && own !== undefined) withdrawals.note(withdraws.batchId, own);
    const ended: Record<string, number> = {};
    for (const row of new Set(became.flatMap(({ rows }) => rows)))
      if (ledgers.takeBack(row, batchId, at)) ended[row.decided.operator] = (ended[row.decided.operator] ?? 0) + 1;
    let withoutOrder = 0;
    const answers: string[] = [];
    const withdrawn = new Map<string, string>();
    const given = new Set<string>();
    for (const { subject, state, backAt, openIn, kept, stays, staysListed } of became) {
      const { kind, identifier, ground, line } = subject;
      const directions = [...openIn];
      for (const { decided: of } of backAt) {
        const direction = directionOf.get(`${batchId} ${kind} ${of.operator} ${identifier}`);
        if (direction === undefined) {
          withoutOrder++;
          continue;
        }
        directions.push(direction);
        if (given.has(`${direction} ${identifier}`)) continue;
        given.add(`${direction} ${identifier}`);
        ledgers.add({ ...of, kind, state: 'directed', direction: '' }, direction, at + LADDER_DAYS[kind] * DAY);
        giverOf.set(`${direction} ${identifier}`, batchId);
      }
      if (asked.withdraws === undefined) answers.push(`${line},${state},${directions.sort().join(' ')}`);
      answers.push(...kept);
      if (!stays) reversedAt.set(identifier, at);
      if (kind === 'restore' && !staysListed) withdrawn.set(identifier, `${identifier},${dayAt(at)},${ground}`);
    }
    const counts = Object.fromEntries(
      SUBJECT_STATES.map((state) => [state, became.filter((one) => one.state === state).length]),
    );
    takingBack.set(batchId, {
      ...{ asked, at, became, ended, answers, withoutOrder },
      subjects: { asked: became.length, ...counts },
      withdrawn: [...withdrawn.values()].sort(),
    });
  };
  const settle = (batchId: string) => {
    const reversal = takingBack.get(batchId);
    if (reversal !== undefined)
      reversals.set(batchId, {
        ...reversal,
        outcomes: booksOf(
          ledgers.ofBatch(batchId).map(({ decided }) => decided),
          ledgers.ofBatch(batchId),
        ).outcomes,
      });
    const planned = plans.get(batchId);
    if (planned === undefined) return;
    const rows = ledgers.ofBatch(batchId);
    const revoked = rows.filter((row) => isRevoked(row, ledgers)).map(({ decided }) => decided.identifier);
    batches.set(batchId, { ...planned, books: booksOf(planned.decided, rows), revoked: revoked.sort() });
  };
  const answer = (given: GivenAnswer) => {
    const before = new Map(ledgers.directions.get(given.direction) ?? []);
    const outcomes = new Map([...before].map(([identifier, { outcome }]) => [identifier, outcome]));
    taken.set(given, ledgers.record(given));
    const batchId = given.direction.split('.')[0] ?? '';
    const changed = given.rows.filter(
      ({ identifier }: AnswerRow) => before.get(identifier)?.outcome !== outcomes.get(identifier),
    );
    const of = (kind: AtOnce['kind'], takes: (row: LedgerRow) => boolean) => {
      const numbers = changed.map(({ identifier }) => identifier).filter((one) => takes(before.get(one) as LedgerRow));
      if (numbers.length > 0) atOnce.push({ batchId, kind, sha256: given.sha256, numbers: numbers.sort() });
    };
    of('withdrawn', ({ outcome }) => outcome === 'reissued');
    if (given.at > (instants.get(batchId)?.settledAt ?? Number.POSITIVE_INFINITY))
      of('late', (row) => isRevoked(row, ledgers));
  };

  const events: { at: number; run: () => void }[] = chronicle.answers.map((given) => ({
    at: given.at,
    run: () => answer(given),
  }));
  for (const [batchId, { startedAt, settledAt }] of instants) {
    const isReversal = chronicle.askedBack.some((one) => one.batchId === batchId);
    const begin = isReversal ? reverse : isFollowUp(batchId) ? goOn : plan;
    events.push({ at: startedAt, run: () => begin(batchId, { startedAt, settledAt }) });
    events.push({ at: settledAt, run: () => settle(batchId) });
  }
  for (const { run } of events.sort((a, b) => a.at - b.at)) run();
  return { batches, ledgers, taken, atOnce, reversals, giverOf, passages };
}

/** Whether a row has its number in a list: its connection ended, nothing took that back, and it is nobody else's since. */
function isRevoked({ decided, outcome, reversed }: LedgerRow, ledgers: Ledgers): boolean {
  if (reversed !== undefined) return false;
  if (outcome !== 'disconnected' && outcome !== 'surrendered') return false;
  return !ledgers
    .ofNumber(decided.identifier)
    .some(({ reissuedOn }) => reissuedOn !== undefined && decided.directedFor <= reissuedOn);
}

/** The direction of each row's first order, by `batch kind operator identifier`. */
function directionsOf(orders: readonly ToldOrder[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const { notice, operator, rows } of orders) {
    const { batchId, kind, directionId } = notice;
    for (const identifier of rows) {
      const key = `${batchId} ${kind} ${operator} ${identifier}`;
      if (!all.has(key)) all.set(key, directionId);
    }
  }
  return all;
}
