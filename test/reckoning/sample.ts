/**
 * A second reckoning of a run, as simple as can be and without a line of the system's code: it reads the uploads, in their order and at
 * their instants, and works out from formats.md what must come of them. It takes only one thing from what the system wrote: the rows of
 * each direction, from the direction's first order.
 */
import { Books } from './books.ts';
import { decide, decideReport, type Link, readReport } from './deciding.ts';
import { dayAt, imeiIn, instant, isDay, linesOf, msisdnIn, sha256, written } from './files.ts';
import { Responses } from './responses.ts';
import {
  type Asking,
  becomes,
  type Reversal,
  readAppeal,
  reversalId,
  reversalSummary,
  type Subject,
} from './reversals.ts';
import { type Batch, endOf, identifiersOf, isEnded, isNight, type Moved, newBatch, revoked } from './rows.ts';
import { type Kind, noOperator } from './tables.ts';

const DAY = 86_400_000;
/** The instant of a night: 00:30 in India, by UTC. */
const NIGHT = 19 * 3_600_000;

/** An upload: its key in the inbox, its instant (epoch milliseconds), and the version that the bucket gave it. */
export interface Upload {
  key: string;
  at: number;
  version: string;
}

export class Reckoning {
  readonly batches: Batch[] = [];
  /** The batches that were refused or withdrawn, and directed nobody. */
  readonly withoutEffect: Pick<Batch, 'id' | 'summary'>[] = [];
  /** The reversals, in the order of the decisions. */
  readonly reversals: Reversal[] = [];
  /** Receipts by their keys in the outbox. */
  readonly receipts: Record<string, unknown> = {};
  /** `line,reason` of each reject, by the reject file's key. */
  readonly rejects: Record<string, string[]> = {};
  /** The identifiers in each order, by its key. */
  readonly orders: Record<string, string[]> = {};
  /** `msisdn,operator,disconnected_on,reason` of each revocation, by its list's key. */
  readonly revocations: Record<string, string[]> = {};
  /** `msisdn,withdrawn_on,ground` of each number that is in no list any more, by its list's key. */
  readonly withdrawals: Record<string, string[]> = {};
  readonly #books: Books;
  readonly #responses: Responses;
  readonly #links = new Map<string, Link>();
  #waiting: Moved[] = [];
  /** The requests for reversals, by batch, until somebody decides. */
  readonly #asked = new Map<string, Asking>();
  /** Functions that write the books of reversals once all rows are answered. */
  readonly #unsettled: (() => void)[] = [];
  readonly #reversing: Batch[] = [];
  /** The instant of the next night. */
  #night: number;
  readonly #imports: Record<string, string> = {};

  /** @param folder the folder with a run's inbox and outbox */
  constructor(folder: string, operators: string[], uploads: Upload[]) {
    this.#books = new Books(folder, operators);
    this.#responses = new Responses(this.#books);
    this.#night = Math.floor((uploads[0]?.at ?? 0) / DAY) * DAY + NIGHT;
    for (const { key, at, version } of uploads) {
      this.#passUntil(at);
      const text = this.#books.upload(key).toString();
      const [place, who = '', direction = ''] = key.split('/');
      if (place === 'exemptions') this.#exempt(who, text);
      if (place === 'withdrawals') this.#withdraw(who, key, version, text);
      if (place === 'appeals') this.#appeal(who, key, version, text);
      if (place === 'decisions') this.#hear(direction, text, at);
      if (place === 'usage') this.#usage(who, key, text, at);
      if (place === 'reports') this.#report(who, key, text, at, uploads);
      if (place === 'responses' && key.split('/').length === 3) this.#combined(who, direction, text, at);
      else if (place === 'responses') this.#response(who, direction, key.split('/').at(-1) ?? '', text, at);
    }
    this.#passUntil(Number.POSITIVE_INFINITY);
    for (const batch of [...this.batches, ...this.#reversing]) this.#laterOrders(batch);
    for (const settle of this.#unsettled) settle();
  }

  #usage(operator: string, key: string, text: string, at: number): void {
    const rejects: string[] = [];
    this.#imports[operator] = instant(at);
    for (const { line, cells } of linesOf(text).lines) {
      const imei = imeiIn(cells?.imei, true);
      const number = msisdnIn(cells?.msisdn);
      const day = cells?.last_seen ?? '';
      const why = () => {
        if (!cells) return 'wrong_cell_count';
        if ('reason' in imei) return imei.reason;
        if ('reason' in number) return number.reason;
        if (day === '') return 'missing_last_seen';
        return !isDay(day) || day > dayAt(at) ? 'bad_date' : '';
      };
      const reason = why();
      if (reason !== '') rejects.push(`${line},${reason}`);
      else if ('imei' in imei && 'msisdn' in number)
        this.#links.set(`${imei.imei} ${number.msisdn} ${day} ${operator}`, { ...imei, ...number, day, operator });
    }
    this.rejects[`rejects/${operator}/${key.split('/').at(-1)}`] = rejects;
  }

  #exempt(approver: string, text: string): void {
    for (const { cells } of linesOf(text).lines)
      for (const subject of [imeiIn(cells?.imei), msisdnIn(cells?.msisdn)]) {
        if ('reason' in subject) continue;
        const [identifier = ''] = Object.values(subject);
        this.#books.exempt(identifier, approver, cells?.until ?? '');
      }
  }

  #withdraw(agency: string, key: string, version: string, text: string): void {
    if (linesOf(text).lines.length > 0) throw new Error('nobody in the sample withdraws single handsets');
    const name = key.split('/').at(-1) ?? '';
    const digest = sha256(text);
    const [, , of = ''] = key.split('/');
    const id = reversalId(agency, key, version);
    const isDirected = this.batches.some((batch) => batch.id === of);
    this.receipts[`receipts/${agency}/withdrawals/${name}.${digest.slice(0, 8)}.json`] = {
      ...{ file: name, sha256: digest, rows: 0, recorded: 0, alreadyRecorded: 0 },
      ...{ rejected: {}, rejects: [], refused: null, ...(isDirected && { reversal: id }) },
    };
    if (!isDirected) return;
    this.#asked.set(id, { id, uploader: agency, key, subjects: [], of });
  }

  #appeal(caseworker: string, key: string, version: string, text: string): void {
    const file = key.split('/').at(-1) ?? '';
    const digest = sha256(text);
    const { subjects, receipt } = readAppeal(text);
    const id = reversalId(caseworker, key, version);
    this.receipts[`receipts/${caseworker}/appeals/${file}.${digest.slice(0, 8)}.json`] = {
      ...{ file, sha256: digest },
      ...receipt,
      reversal: id,
    };
    this.#asked.set(id, { id, uploader: caseworker, key, subjects });
  }

  /** Takes a decision. A reversal needs one approver only; the end of a report is reckoned from the report itself. */
  #hear(batch: string, text: string, at: number): void {
    const asking = this.#asked.get(batch);
    if (asking === undefined || !linesOf(text).lines.some(({ cells }) => cells?.decision === 'approve')) return;
    this.#asked.delete(batch);
    this.#takeBack(asking, at);
  }

  #takeBack(asking: Asking, at: number): void {
    const { id, of, subjects: named } = asking;
    const subjects = of === undefined ? named : this.#directedBy(of);
    const batch: Batch = { id, at, settled: true, summary: {}, directed: [], plans: new Map(), elsewhere: [] };
    const ended: Record<string, number> = {};
    const decided = subjects.map((subject) => {
      const { kind, identifier } = subject;
      const rows = this.#books.rowsOf(subject);
      if (rows.some(({ direction }) => of !== undefined && !direction.startsWith(`${of}.`) && !isNight(direction)))
        throw new Error('nobody in the sample relies on a report that is taken back');
      if (rows.some(({ goesOnAt }) => goesOnAt !== ''))
        throw new Error('nobody in the sample is taken back who waits for a night');
      const { state, from } = becomes(rows, (row) => this.#books.standing(row, at));
      for (const row of from) {
        const shown = kind === 'unblock' ? written(identifier) : identifier;
        batch.plans.set(`${kind} ${row.operator} ${identifier}`, { lastSeen: '', imei: row.imei });
        batch.directed.push(`${kind},${row.operator},${shown},${row.imei}`);
      }
      for (const row of rows) {
        row.reversed = true;
        if (!this.#books.isOpen(row, at)) continue;
        ended[row.operator] = (ended[row.operator] ?? 0) + 1;
        Object.assign(row, { outcome: 'withdrawn', on: dayAt(at), at, terminalAt: at });
      }
      this.#books.reversed.add(identifier);
      return { subject, state, operators: from.map(({ operator }) => operator) };
    });
    this.withdrawals[`revocations/${dayAt(at)}/${id}.withdrawn`] = subjects
      .filter(({ kind }) => kind === 'restore')
      .map(({ identifier, ground }) => `${identifier},${dayAt(at)},${ground}`)
      .sort();
    batch.directed.sort();
    this.#reversing.push(batch);
    this.#books.readDirections(batch);
    const own = this.#books.rowsIn(id);
    const answers = decided.map(({ subject: { line, identifier }, state, operators }) => {
      const directions = operators.map(
        (operator) => own.find((row) => row.operator === operator && row.identifier === identifier)?.direction,
      );
      return `${line},${state},${directions.join(' ')}`;
    });
    const reversal: Reversal = {
      id,
      directed: batch.directed,
      answers: of === undefined ? answers : [],
      file: of === undefined ? 'appeals.csv' : 'kept.csv',
      summary: {},
    };
    this.reversals.push(reversal);
    const states = decided.map(({ state }) => state);
    this.#unsettled.push(() => {
      reversal.summary = reversalSummary({ asking, at, states, rows: own, ended, operators: this.#books.operators });
    });
  }

  /** The rows that a report directed, which are all taken back with it. */
  #directedBy(batch: string): Subject[] {
    const own = this.#books.rowsIn(batch);
    const subjects = (from: Kind, kind: Subject['kind']) =>
      [...new Set(own.filter((row) => row.kind === from).map(({ identifier }) => identifier))].map(
        (identifier): Subject => ({ kind, identifier, ground: 'withdrawal', line: 0 }),
      );
    return [...subjects('reverify', 'restore'), ...subjects('block', 'unblock')];
  }

  /**
   * The end of a report without effect: somebody refuses it, or its agency takes it back, before two have approved it. Undefined if it goes
   * on.
   */
  #endOf(batch: string, uploads: readonly Upload[]): { status: string; at: number } | undefined {
    const approving = new Set<string>();
    for (const { key, at } of uploads) {
      const [place, who = '', about] = key.split('/');
      if (about !== batch) continue;
      if (place === 'withdrawals') return { status: 'withdrawn', at };
      const { lines } = linesOf(this.#books.upload(key).toString());
      const says = (decision: string) => lines.some(({ cells }) => cells?.decision === decision);
      if (place === 'decisions' && says('refuse')) return { status: 'refused', at };
      if (place === 'decisions' && says('approve')) approving.add(who);
      if (approving.size >= 2) return undefined;
    }
    return undefined;
  }

  #report(agency: string, key: string, text: string, at: number, uploads: readonly Upload[]): void {
    const { handsets, rejects, report } = readReport(text);
    this.rejects[`rejects/${agency}/${key.split('/').at(-1)}`] = rejects;
    const id = `${agency}-${sha256(text).slice(0, 12)}`;
    const end = this.#endOf(id, uploads);
    if (end !== undefined) {
      const { status, at: ended } = end;
      const operators = this.#noOperators();
      const { connections, blocks } = noOperator();
      this.withoutEffect.push({
        id,
        summary: {
          ...{ batchId: id, agency, file: key, status, report, connections, blocks, operators, unexplained: 0 },
          ...{ startedAt: instant(at), settledAt: instant(ended) },
        },
      });
      return;
    }

    const batch = newBatch(id, at);
    const operators = this.#noOperators();
    decideReport(this.#books, batch, handsets, this.#links.values(), operators);
    batch.summary = {
      batchId: batch.id,
      agency,
      file: key,
      report,
      operators,
      startedAt: instant(at),
    };
    batch.directed.sort();
    batch.elsewhere.sort();
    this.batches.push(batch);
    this.#books.readDirections(batch);
  }

  /** Each operator's part of a summary, before anything is counted. */
  #noOperators() {
    return Object.fromEntries(this.#books.operators.map((one) => [one, noOperator(this.#imports[one])]));
  }

  /** Goes on, at 00:30, with all that waits, each row at its operator: with a fresh ladder, or with a later one if it was extended. */
  #goOn(at: number): void {
    const moved = this.#waiting;
    this.#waiting = [];
    if (moved.length === 0) return;
    const batch = newBatch(`followup-${dayAt(at).replaceAll('-', '')}0000`, at);
    const goingOn = new Set(moved.map(({ row }) => row));
    const outcomes = () => ({ directed: 0, restored: 0, unblocked: 0, notFound: 0, overdue: 0 });
    const operators = Object.fromEntries(
      Object.entries(this.#noOperators()).map(([operator, counts]) => [operator, { ...counts, outcomes: outcomes() }]),
    );
    const lines = moved.map(({ row: { identifier, direction, lastSeen, imei }, why, to, rungs }) => {
      if (batch.plans.has(`reverify ${to} ${identifier}`))
        throw new Error(`${identifier} comes to ${to} from two rows`);
      const plan = { lastSeen, imei, ...(rungs && { rungs }) };
      const counts = operators[to]?.connections ?? {};
      const state = decide(this.#books, batch, 'reverify', to, identifier, plan, counts, goingOn);
      return `${identifier},${direction},${why},${to},${state}`;
    });
    for (const { row } of moved) row.goesOnAt = '';
    batch.summary = {
      batchId: batch.id,
      agency: 'followup',
      file: '',
      report: { rows: 0, rejected: 0, repeats: 0, handsets: 0 },
      outcomes: outcomes(),
      operators,
      startedAt: instant(at),
    };
    batch.moved = lines.sort();
    batch.directed.sort();
    batch.elsewhere.sort();
    this.batches.push(batch);
    this.#books.readDirections(batch);
  }

  /** Records the file of one direction, and puts down what comes of it. */
  #response(operator: string, direction: string, name: string, text: string, at: number): void {
    const digest = sha256(text).slice(0, 8);
    const answered = this.#responses.record(direction, { operator, name, text, at });
    const { receipt, failed, givenBack, disconnected, reissued, moved } = answered;
    this.receipts[`receipts/${operator}/${direction}/${name}.${digest}.json`] = receipt;
    this.#waiting.push(...moved);
    if (failed.size > 0)
      this.orders[`orders/${operator}/${direction}/failed-${digest}-disconnect.csv`] = identifiersOf([...failed]);
    if (givenBack.size > 0)
      this.orders[`orders/${operator}/${direction}/back-${digest}-restore.csv`] = identifiersOf([...givenBack]);
    const batch = this.#books.directions.get(direction)?.batch;
    if (batch?.settled && disconnected.size > 0)
      this.revocations[`revocations/${dayAt(at)}/${batch.id}.late-${digest}`] = revoked([...disconnected]);
    if (batch && reissued.size > 0)
      this.withdrawals[`revocations/${dayAt(at)}/${batch.id}.withdrawn-${digest}`] = [...reissued]
        .map(({ identifier }) => `${identifier},${dayAt(at)},reissued`)
        .sort();
  }

  /** Records a file for several directions. */
  #combined(operator: string, name: string, text: string, at: number): void {
    const place = `receipts/${operator}/${name}.${sha256(text).slice(0, 8)}.json`;
    this.receipts[place] = this.#responses.recordCombined({ operator, name, text, at });
  }

  /** Lets time pass until an instant; acts at the instant of a night come before the night. */
  #passUntil(at: number): void {
    while (this.#night < at && (at < Infinity || this.#waiting.length > 0)) {
      this.#settleUntil(this.#night);
      this.#goOn(this.#night);
      this.#night += DAY;
    }
    this.#settleUntil(at);
  }

  #settleUntil(at: number): void {
    for (const batch of this.batches) {
      const ends = [...this.#books.directions.values()]
        .filter((one) => one.batch === batch)
        .map(({ rungs }) => endOf(rungs));
      const end = Math.max(batch.at, ...ends);
      if (batch.settled || at < end) continue;
      batch.settled = true;
      const operators = batch.summary.operators as Record<string, ReturnType<typeof noOperator>>;
      const connections: Record<string, number> = {};
      const blocks: Record<string, number> = {};
      const overdue = new Set<string>();
      const own = this.#books.rowsIn(batch.id);
      for (const { kind, operator, outcome, direction } of own) {
        const { connections: numbers, blocks: handsets } = operators[operator] ?? noOperator();
        const counts: Record<string, number> = kind === 'block' ? handsets : numbers;
        const word = { open: 'overdue', failed: 'overdue', not_found: 'notFound' }[outcome] ?? outcome;
        counts[word] = (counts[word] ?? 0) + 1;
        if (outcome === 'failed') counts.overdueFailed = (counts.overdueFailed ?? 0) + 1;
        if (word === 'overdue') overdue.add(direction);
      }
      for (const [operator, summary] of Object.entries(operators)) {
        const of = (directions: Iterable<string>) =>
          [...directions].filter((id) => id.split('.')[2] === operator).length;
        summary.directions = of(new Set(own.map(({ direction }) => direction)));
        summary.overdueDirections = of(overdue);
        for (const [word, count] of Object.entries(summary.connections))
          connections[word] = (connections[word] ?? 0) + count;
        for (const [word, count] of Object.entries(summary.blocks)) blocks[word] = (blocks[word] ?? 0) + count;
      }
      const { startedAt, ...rest } = batch.summary;
      batch.summary = {
        ...rest,
        status: 'settled',
        connections,
        blocks,
        unexplained: 0,
        startedAt,
        settledAt: instant(end),
      };
      this.revocations[`revocations/${dayAt(end)}/${batch.id}`] = revoked(
        own.filter((row) => isEnded(row.outcome) && !row.reversed && !this.#books.isSomebodyElses(row, end)),
      );
    }
  }

  /**
   * The orders after the first, rung by rung: the rows without an outcome when the rung before it ended whose number is nobody else's by
   * then; the order to disconnect has the failed rows, too.
   */
  #laterOrders({ id, at }: Batch): void {
    for (const [direction, { rows, rungs }] of this.#books.directions) {
      if (!direction.startsWith(`${id}.`)) continue;
      const [, , operator] = direction.split('.');
      let issued = at;
      for (const [n, [name, end]] of rungs.entries()) {
        const open = [...rows.values()].filter(
          (row) =>
            row.terminalAt > issued &&
            (row.failedAt > issued || name === 'disconnect') &&
            !this.#books.isSomebodyElses(row, issued),
        );
        if (open.length > 0) this.orders[`orders/${operator}/${direction}/${n + 1}-${name}.csv`] = identifiersOf(open);
        issued = end;
      }
    }
  }
}
