/** The year's own ledgers: the standing of each row of each direction, by its operator's answers, without a line of the system's code. */
import { dayAt } from '../../test/reckoning/files.ts';
import {
  answerRow,
  ENDS_CONNECTION,
  isOpen,
  isOpenAt,
  type LedgerRow,
  noteLaterEnd,
  saysNothingItself,
  type Taken,
} from './answering.ts';
import type { AnswerRow, GivenAnswer, ToldOrder } from './chronicle.ts';
import type { Decided, Kind, Standing } from './claims.ts';

/** Answers by which whoever was directed has service: of a `reissued` number it is somebody else who has it. */
const KEEPS_SERVICE = ['verified', 'extended'];
/** The orders that take service. */
export const TAKES_SERVICE = ['bar_outgoing', 'bar_incoming', 'disconnect'];
const GIVES_BACK: readonly Kind[] = ['restore', 'unblock'];

export class Ledgers {
  /** Rows by direction, then by identifier. */
  readonly directions = new Map<string, Map<string, LedgerRow>>();
  readonly #bySubject = new Map<string, LedgerRow[]>();
  #made = 0;
  readonly #askedAgain = new Set<LedgerRow>();
  readonly #orders: ReadonlyMap<string, readonly ToldOrder[]>;

  /** @param orders those that operators had, by direction */
  constructor(orders: ReadonlyMap<string, readonly ToldOrder[]> = new Map()) {
    this.#orders = orders;
  }

  /** Adds a row that a batch directs. */
  add(
    decided: Decided,
    direction: string,
    ends: number,
    portedFrom?: string,
    continues: readonly LedgerRow[] = [],
  ): void {
    const nothing = {
      outcome: 'open',
      on: '',
      at: 0,
      endedAt: undefined,
      reissuedOn: undefined,
      laterEnd: '',
      ported: undefined,
      waitsAt: undefined,
      said: undefined,
      reversed: undefined,
      wasCutWrongly: false,
      cutAt: 0,
    };
    const madeAt = this.#made++;
    const row: LedgerRow = { decided, direction, ends, portedFrom, continues, madeAt, ...nothing };
    const rows = this.directions.get(direction) ?? new Map<string, LedgerRow>();
    this.directions.set(direction, rows.set(decided.identifier, row));
    const subject = `${decided.kind} ${decided.identifier}`;
    const all = this.#bySubject.get(subject);
    if (all === undefined) this.#bySubject.set(subject, [row]);
    else all.push(row);
  }

  /** The standings of a number, or of a handset at its operators, at an instant, by all that was recorded so far. */
  standings(kind: Kind, identifier: string, at: number): Standing[] {
    // A moved row is open where it goes on; one that was not found has ended there, and is not open at its former operator before a night.
    const goesOnAt = ({ outcome, waitsAt }: LedgerRow) => (outcome === 'not_found' ? undefined : waitsAt);
    return (this.#bySubject.get(`${kind} ${identifier}`) ?? []).map((row) => ({
      direction: row.direction,
      operator: goesOnAt(row) ?? row.decided.operator,
      isOpen: goesOnAt(row) !== undefined || isOpenAt(row, at),
      // A row that was taken back counts no more, whatever is answered. A reversal takes back the taking of service, but not a proof:
      // `verified` still counts. An answer that the number is somebody else's says nothing about its present holder.
      answer:
        row.at === 0 || row.outcome === 'reissued' || (row.reversed !== undefined && row.outcome !== 'verified')
          ? undefined
          : { outcome: row.outcome, on: row.on, at: row.at },
      reissuedOn: row.reissuedOn,
      reversedOn: row.reversed && dayAt(row.reversed.at),
      reissuedAt: row.outcome === 'reissued' ? row.at : undefined,
      begunAt: Math.min(...(this.#orders.get(row.direction) ?? [{ at: 0 }]).map((order) => order.at)),
      ported: row.ported,
    }));
  }

  /** The rows of a batch's directions. */
  ofBatch(batchId: string): LedgerRow[] {
    return [...this.directions].flatMap(([id, rows]) => (id.startsWith(`${batchId}.`) ? [...rows.values()] : []));
  }

  /** All rows of a number. */
  ofNumber(identifier: string): readonly LedgerRow[] {
    return this.#bySubject.get(`reverify ${identifier}`) ?? [];
  }

  /** All rows of a kind about somebody or a handset, in the order in which they were directed. */
  rowsOf(kind: Kind, identifier: string): readonly LedgerRow[] {
    return this.#bySubject.get(`${kind} ${identifier}`) ?? [];
  }

  /** All rows that wait for a night. */
  waiting(): LedgerRow[] {
    return [...this.#bySubject.values()].flat().filter(({ waitsAt }) => waitsAt !== undefined);
  }

  /** The rows that a night restores, since their operator cut people off who were to keep their service, or had it back; each once. */
  takeCutWrongly(): LedgerRow[] {
    const all = [...this.#bySubject.values()].flat().filter(({ wasCutWrongly }) => wasCutWrongly);
    for (const row of all) row.wasCutWrongly = false;
    // A former holder doesn't have the number any more; whoever has it may have been cut off since they got it.
    return all.filter(({ outcome, on, at, cutAt }) => outcome !== 'reissued' || cutAt >= at || dayAt(cutAt) >= on);
  }

  /** The rows that were to be given back, and weren't when their time was over; each once. */
  overdue(at: number): LedgerRow[] {
    const all = [...this.directions.values()].flatMap((rows) => [...rows.values()]);
    return all.filter(
      (row) =>
        GIVES_BACK.includes(row.decided.kind) && row.outcome === 'open' && at >= row.ends && !this.#askedAgain.has(row),
    );
  }

  /** Notes that a night asks for a row again. */
  askAgain(row: LedgerRow): void {
    this.#askedAgain.add(row);
  }

  /**
   * The row of a later report by which service was taken, or the handset blocked, at an operator that didn't give back in time what a row asks
   * for: later orders stand, and it is not asked for again. An exception for one number is.
   */
  takenAgain({ decided: { kind, identifier, operator }, direction }: LedgerRow): LedgerRow | undefined {
    const planOf = (id: string) => Number(id.split('.').at(-1)?.split('-')[0]);
    return this.rowsOf(kind === 'unblock' ? 'block' : 'reverify', identifier).find(
      (row) =>
        row.decided.operator === operator &&
        row.reversed === undefined &&
        planOf(row.direction) > planOf(direction) &&
        ['open', 'failed', 'blocked', 'disconnected', 'surrendered'].includes(row.outcome),
    );
  }

  /** Takes a row back for a reversal: if it is open, or waits to go on, it ends. Returns whether it ended. */
  takeBack(row: LedgerRow, batchId: string, at: number): boolean {
    const isMoved = row.waitsAt !== undefined && ['ported', 'extended'].includes(row.outcome);
    const ends = isMoved || isOpenAt(row, at);
    row.reversed ??= { batchId, at };
    if (!ends) return false;
    if (row.outcome === 'ported') row.ported = undefined;
    row.outcome = 'withdrawn';
    row.on = dayAt(at);
    row.at = at;
    row.endedAt ??= at;
    row.waitsAt = undefined;
    return true;
  }

  /** Records a response by formats.md; undefined where the whole file is refused. */
  record({ operator, direction, rows, at }: GivenAnswer): Taken | undefined {
    const own = this.directions.get(direction);
    const [first] = own?.values() ?? [];
    if (own === undefined || first?.decided.operator !== operator) return undefined;
    const taken = { recorded: 0, alreadyRecorded: 0, rejected: 0 };
    for (const answer of rows) {
      const row = own.get(answer.identifier);
      if (row !== undefined && this.#isCutWrongly(row, answer, at)) {
        taken.rejected++;
        noteLaterEnd(row, answer, at);
        continue;
      }
      const from = row?.decided.kind === 'reverify' ? this.#portedFrom(row) : undefined;
      const isAnothers = row !== undefined && this.#isAnothersBy(row, answer);
      const wasCut = row !== undefined && answer.outcome === 'reissued' && this.#wasCutFromHolder(row, answer.on);
      const done = row === undefined ? 'rejected' : answerRow(row, answer, at, from, isAnothers);
      taken[done]++;
      if (row !== undefined && done !== 'recorded') noteLaterEnd(row, answer, at);
      if (wasCut && done === 'recorded' && this.takenFromHolder(row, at) === undefined) {
        row.wasCutWrongly = true;
        row.cutAt = at;
      }
      // The operator that was said to have the number doesn't: it was not ported.
      if (from !== undefined && row?.outcome === 'not_found' && row.waitsAt === from)
        for (const one of this.ofNumber(answer.identifier)) if (one.ported?.to === operator) one.ported = undefined;
    }
    return taken;
  }

  /**
   * Whether an operator says of a row that is done with, or overdue, that it disconnected somebody who is to have service there by another
   * row. They are restored in the night, unless that was before they had been answered for.
   */
  #isCutWrongly(row: LedgerRow, { outcome, on }: AnswerRow, at: number): boolean {
    const { kind, lastSeen } = row.decided;
    if (kind !== 'reverify' || outcome !== 'disconnected' || on < lastSeen) return false;
    if (row.outcome === 'reissued' && on >= row.on) {
      row.wasCutWrongly = this.takenFromHolder(row, at) === undefined;
      row.cutAt = at;
      return true;
    }
    if (!saysNothingItself(row, on)) return false;
    if (this.#isAnothersBy(row, { outcome, on })) {
      if (this.takenFromHolder(row, at, this.#givenThereSince(row)) !== undefined) return false;
      // The row takes its answer all the same, if it takes any.
      row.wasCutWrongly = true;
      row.cutAt = at;
      return row.outcome === 'disconnected';
    }
    if (isOpen(row) && at < row.ends) return false;
    const { newest, takenBy } = this.serviceFor(row, at);
    if (newest === undefined || !KEEPS_SERVICE.includes(newest.outcome) || takenBy !== undefined) return false;
    if (on >= newest.on) row.wasCutWrongly = true;
    row.cutAt = at;
    return true;
  }

  /** Whether a number is somebody else's on the day of a disconnection than in a row, as another row at its operator says. */
  #isAnothersBy(row: LedgerRow, { outcome, on }: Pick<AnswerRow, 'outcome' | 'on'>): boolean {
    if (row.decided.kind !== 'reverify' || outcome !== 'disconnected' || !saysNothingItself(row, on)) return false;
    const since = this.#givenThereSince(row);
    return since !== '' && on >= since;
  }

  #givenThereSince(row: LedgerRow): string {
    return this.givenSince(row, ({ decided }) => decided.operator === row.decided.operator);
  }

  /** The day since which somebody else has a number than in a row, as another one of these rows says last; '' where none does. */
  givenSince(of: LedgerRow, isAsked: (row: LedgerRow) => boolean = () => true): string {
    const days = this.ofNumber(of.decided.identifier)
      .filter((row) => row !== of && isAsked(row))
      .flatMap(({ reissuedOn }) => reissuedOn ?? [])
      .filter((day) => day >= of.decided.directedFor);
    return days.sort().at(-1) ?? '';
  }

  /** Whether an operator has said of a row, or of an older holder's, that it disconnected the number on a day or after it. */
  #wasCutFromHolder(of: LedgerRow, since: string): boolean {
    return this.ofNumber(of.decided.identifier).some(
      ({ decided, outcome, on, laterEnd }) =>
        decided.operator === of.decided.operator &&
        decided.directedFor <= since &&
        ((outcome === 'disconnected' && on >= since) || laterEnd >= since),
    );
  }

  /** The row by which service was taken from whoever has a row's number since it was given to them: rows of the one before were taken back. */
  takenFromHolder(of: LedgerRow, at: number, since = of.reissuedOn ?? '') {
    const { identifier, operator } = of.decided;
    return this.ofNumber(identifier).find((row) => {
      if (row.decided.operator !== operator || row.reversed !== undefined || KEEPS_SERVICE.includes(row.outcome))
        return false;
      if (row.decided.directedFor <= since) return false;
      return ENDS_CONNECTION.includes(row.outcome) || this.#wasOrdered(row, at, 0);
    });
  }

  /** The row by which service was taken from whoever a row's operator said that it had cut off, since they were to have it. */
  takenSinceTold(row: LedgerRow, at: number): LedgerRow | undefined {
    const since = [this.#givenThereSince(row), row.reissuedOn ?? ''].sort().at(-1) ?? '';
    if (since !== '') return this.takenFromHolder(row, at, since);
    // All of its time counts where it is marked since another operator says that the number is somebody else's.
    const backAt = row.reversed?.at ?? (this.givenSince(row) === '' ? 0 : 1);
    return this.serviceFor(row, at, backAt).takenBy;
  }

  /** Whether an order took service from a row after an instant, as far as it stands. */
  #wasOrdered(row: LedgerRow, at: number, since: number): boolean {
    const last = isOpen(row) ? at : row.at;
    const { identifier } = row.decided;
    return (this.#orders.get(row.direction) ?? []).some(
      ({ notice: { order }, at: orderedAt, rows }) =>
        TAKES_SERVICE.includes(order) && rows.includes(identifier) && orderedAt > since && orderedAt < last,
    );
  }

  /**
   * The newest word on a number at a row's operator that ended a row there, and the row by which service was taken since they were last
   * answered for.
   * @param backAt the instant at which a reversal had given it back; 0 if none had
   */
  serviceFor({ decided: { identifier, operator } }: LedgerRow, at: number, backAt = 0) {
    const rows = this.ofNumber(identifier).filter(({ decided }) => decided.operator === operator);
    const words = rows
      .filter((row) => row.at > 0 && !isOpen(row) && row.outcome !== 'reissued')
      .filter((row) => row.outcome === 'verified' || row.reversed === undefined)
      .sort((a, b) => b.at - a.at || b.madeAt - a.madeAt);
    const answered = words.find(({ outcome }) => KEEPS_SERVICE.includes(outcome));
    const since = Math.max(answered?.at ?? 0, backAt);
    const takenBy = rows.find((row) => {
      if (since === 0 || row.reversed !== undefined || KEEPS_SERVICE.includes(row.outcome)) return false;
      if (ENDS_CONNECTION.includes(row.outcome) && row.at > since) return true;
      // Whoever was given more time had it until the end of the ladder with which the row went on.
      const isOver = isOpen(row) && at >= row.ends && row.madeAt > (answered?.madeAt ?? 0);
      if (isOver && answered?.outcome === 'extended') return true;
      return this.#wasOrdered(row, at, since);
    });
    return { newest: words[0], takenBy };
  }

  /**
   * The operator from which a number was last ported to the operator of a row, if the row can still dispute that; undefined otherwise. A
   * later report's row can say, too, that the number is not there; an operator that has answered for it since the port can't any more.
   */
  #portedFrom({ decided: { identifier, operator: to }, portedFrom }: LedgerRow): string | undefined {
    const all = this.ofNumber(identifier);
    const here = all.filter(({ ported }) => ported?.to === to);
    const hasAnswered = (port: LedgerRow) =>
      all.some(
        ({ decided, outcome, on, at }) =>
          decided.operator === to &&
          !['open', 'not_found', 'withdrawn'].includes(outcome) &&
          at >= port.at &&
          on >= (port.ported?.on ?? ''),
      );
    if (here.length === 0) return portedFrom;
    const disputable = here.filter((port) => !hasAnswered(port));
    return disputable.sort((a, b) => ((a.ported?.on ?? '') < (b.ported?.on ?? '') ? -1 : 1)).at(-1)?.decided.operator;
  }
}
