/**
 * A second reckoning of a run, as simple as can be and without a line of the system's code: it reads the uploads, in their order and at
 * their instants, and works out from formats.md what must come of them. It takes only one thing from what the system wrote: the rows of
 * each direction, from the direction's first order.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dayAt, daysBefore, imeiIn, instant, isDay, linesOf, msisdnIn, refusedAt, sha256, written } from './files.ts';
import {
  type Asking,
  becomes,
  type Reversal,
  readAppeal,
  reversalId,
  reversalSummary,
  type Subject,
} from './reversals.ts';
import {
  type Batch,
  type Direction,
  endOf,
  extended,
  freshRungs,
  identifiersOf,
  isEnded,
  isNight,
  isOfHandset,
  knownAs,
  type Moved,
  newBatch,
  order,
  type Plan,
  type Row,
  type Rungs,
  revoked,
  takes,
} from './rows.ts';
import { ANSWERS, type AnyKind, type Kind, noOperator } from './tables.ts';

const DAY = 86_400_000;
/** The instant of a night: 00:30 in India, by UTC. */
const NIGHT = 19 * 3_600_000;
/** The days during which no other port may follow one. */
const PORTING_DAYS = 90;
/** An upload: its key in the inbox, its instant (epoch milliseconds), and the version that the bucket gave it. */
export interface Upload {
  key: string;
  at: number;
  version: string;
}

/** The handsets that were used with 25 numbers or more on a day, or with 500 or more in all. */
function heldAmong(links: readonly { imei: string; msisdn: string; day: string }[]): Set<string> {
  const seen = new Map<string, Set<string>>();
  const see = (what: string, msisdn: string) => seen.set(what, (seen.get(what) ?? new Set()).add(msisdn));
  for (const { imei, msisdn, day } of links) {
    see(imei, msisdn);
    see(`${imei} ${day}`, msisdn);
  }
  const held = new Set<string>();
  for (const [what, numbers] of seen) {
    const [imei = '', day] = what.split(' ');
    if (numbers.size >= (day === undefined ? 500 : 25)) held.add(imei);
  }
  return held;
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
  readonly #folder: string;
  readonly #operators: string[];
  readonly #links = new Map<string, { imei: string; msisdn: string; day: string; operator: string }>();
  readonly #rows: Row[] = [];
  /** Rows by kind, identifier and, for a handset, operator. */
  readonly #known = new Map<string, Row[]>();
  readonly #directions = new Map<string, Direction>();
  #waiting: Moved[] = [];
  /** The requests for reversals, by batch, until somebody decides. */
  readonly #asked = new Map<string, Asking>();
  /** Functions that write the books of reversals once all rows are answered. */
  readonly #unsettled: (() => void)[] = [];
  readonly #reversing: Batch[] = [];
  /** The numbers and handsets that were taken back. */
  readonly #reversed = new Set<string>();
  /** The instant of the next night. */
  #night: number;
  /** The day since when a number is known to be somebody else's, and the instant from which on it is known. */
  readonly #reissued = new Map<string, { on: string; at: number }>();
  /** The day until which each approver exempts a number or a handset. */
  readonly #exemptions = new Map<string, Map<string, string>>();
  readonly #imports: Record<string, string> = {};
  /** The receipt of each file that was recorded: the receipt of the same bytes again repeats its counts. */
  readonly #recorded = new Map<string, Record<string, unknown> & { recorded: number; alreadyRecorded: number }>();

  /** @param folder the folder with a run's inbox and outbox */
  constructor(folder: string, operators: string[], uploads: Upload[]) {
    this.#folder = folder;
    this.#operators = operators;
    this.#night = Math.floor((uploads[0]?.at ?? 0) / DAY) * DAY + NIGHT;
    for (const { key, at, version } of uploads) {
      this.#passUntil(at);
      const bytes = readFileSync(join(folder, 'inbox', key));
      const [place, who = '', direction = ''] = key.split('/');
      if (place === 'exemptions') this.#exempt(who, bytes.toString());
      if (place === 'withdrawals') this.#withdraw(who, key, version, bytes.toString());
      if (place === 'appeals') this.#appeal(who, key, version, bytes.toString());
      if (place === 'decisions') this.#hear(direction, bytes.toString(), at);
      if (place === 'usage') this.#usage(who, key, bytes.toString(), at);
      if (place === 'reports') this.#report(who, key, bytes.toString(), at, uploads);
      if (place === 'responses' && key.split('/').length === 3) this.#combined(who, direction, bytes.toString(), at);
      else if (place === 'responses') this.#response(who, direction, key, bytes.toString(), at);
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
        const by = this.#exemptions.get(identifier) ?? new Map<string, string>();
        this.#exemptions.set(identifier, by.set(approver, cells?.until ?? ''));
      }
  }

  /** Whether two approvers' exemptions last until the day or longer. */
  #isExempt(identifier: string, at: number): boolean {
    return [...(this.#exemptions.get(identifier)?.values() ?? [])].filter((until) => until >= dayAt(at)).length >= 2;
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
      const rows = this.#rowsOf(subject);
      if (rows.some(({ direction }) => of !== undefined && !direction.startsWith(`${of}.`) && !isNight(direction)))
        throw new Error('nobody in the sample relies on a report that is taken back');
      if (rows.some(({ goesOnAt }) => goesOnAt !== ''))
        throw new Error('nobody in the sample is taken back who waits for a night');
      const { state, from } = becomes(rows, (row) => this.#standing(row, at));
      for (const row of from) {
        const shown = kind === 'unblock' ? written(identifier) : identifier;
        batch.plans.set(`${kind} ${row.operator} ${identifier}`, { lastSeen: '', imei: row.imei });
        batch.directed.push(`${kind},${row.operator},${shown},${row.imei}`);
      }
      for (const row of rows) {
        row.reversed = true;
        if (!this.#isOpen(row, at)) continue;
        ended[row.operator] = (ended[row.operator] ?? 0) + 1;
        Object.assign(row, { outcome: 'withdrawn', on: dayAt(at), at, terminalAt: at });
      }
      this.#reversed.add(identifier);
      return { subject, state, operators: from.map(({ operator }) => operator) };
    });
    this.withdrawals[`revocations/${dayAt(at)}/${id}.withdrawn`] = subjects
      .filter(({ kind }) => kind === 'restore')
      .map(({ identifier, ground }) => `${identifier},${dayAt(at)},${ground}`)
      .sort();
    batch.directed.sort();
    this.#reversing.push(batch);
    this.#readDirections(batch);
    const own = this.#rows.filter(({ direction }) => direction.startsWith(`${id}.`));
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
      reversal.summary = reversalSummary({ asking, at, states, rows: own, ended, operators: this.#operators });
    });
  }

  /** The rows that a report directed, which are all taken back with it. */
  #directedBy(batch: string): Subject[] {
    const own = this.#rows.filter(({ direction }) => direction.startsWith(`${batch}.`));
    const subjects = (from: Kind, kind: Subject['kind']) =>
      [...new Set(own.filter((row) => row.kind === from).map(({ identifier }) => identifier))].map(
        (identifier): Subject => ({ kind, identifier, ground: 'withdrawal', line: 0 }),
      );
    return [...subjects('reverify', 'restore'), ...subjects('block', 'unblock')];
  }

  /** All rows of a number or of a handset, newest first. */
  #rowsOf({ kind, identifier }: Subject): Row[] {
    const known = (operator: string) =>
      this.#known.get(knownAs(kind === 'unblock' ? 'block' : 'reverify', operator, identifier)) ?? [];
    return (kind === 'unblock' ? this.#operators.flatMap(known) : [...known('')]).reverse();
  }

  /** Whether a row is open, its time is over without an answer, or an order took service before its operator answered something else. */
  #standing(row: Row, at: number): 'open' | 'overdue' | 'cut' | 'else' {
    const { rungs } = this.#directionOf(row.direction);
    if (['open', 'failed'].includes(row.outcome)) return at < endOf(rungs) ? 'open' : 'overdue';
    const [first] = rungs;
    const isBarred = row.terminalAt > (first?.[1] ?? 0) || row.failedAt < row.terminalAt;
    return row.kind === 'reverify' && isBarred ? 'cut' : 'else';
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
      const { lines } = linesOf(readFileSync(join(this.#folder, 'inbox', key), 'utf8'));
      const says = (decision: string) => lines.some(({ cells }) => cells?.decision === decision);
      if (place === 'decisions' && says('refuse')) return { status: 'refused', at };
      if (place === 'decisions' && says('approve')) approving.add(who);
      if (approving.size >= 2) return undefined;
    }
    return undefined;
  }

  #report(agency: string, key: string, text: string, at: number, uploads: readonly Upload[]): void {
    const handsets = new Set<string>();
    const rejects: string[] = [];
    const { lines } = linesOf(text);
    for (const { line, cells } of lines) {
      const imei = cells ? imeiIn(cells.imei) : { reason: 'wrong_cell_count' };
      if ('reason' in imei) rejects.push(`${line},${imei.reason}`);
      else handsets.add(imei.imei);
    }
    this.rejects[`rejects/${agency}/${key.split('/').at(-1)}`] = rejects;
    const rejected = rejects.length;
    const repeats = lines.length - rejected - handsets.size;
    const report = { rows: lines.length, rejected, repeats, handsets: handsets.size };
    const id = `${agency}-${sha256(text).slice(0, 12)}`;
    const end = this.#endOf(id, uploads);
    if (end !== undefined) {
      const { status, at: ended } = end;
      const operators = Object.fromEntries(this.#operators.map((one) => [one, noOperator(this.#imports[one])]));
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

    const newest = new Map<string, { imei: string; msisdn: string; day: string; operator: string }>();
    const from = daysBefore(dayAt(at), 180);
    // The links are sorted oldest first, then by the operator's id descending, then with the highest IMEI last: the last one counts as the
    // newest.
    const inWindow = [...this.#links.values()]
      .filter(({ imei, day }) => handsets.has(imei) && day >= from && day <= dayAt(at))
      .sort((a, b) => order(a.day, b.day) || order(b.operator, a.operator) || order(b.imei, a.imei));
    for (const link of inWindow) newest.set(link.msisdn, link);
    // Nobody decides anything about handsets that look cloned: they are spared, and so are numbers that were seen on such handsets alone.
    const held = heldAmong(inWindow);
    const actedUpon = new Map<string, string>();
    for (const { msisdn, imei } of inWindow) if (!held.has(imei)) actedUpon.set(msisdn, imei);

    const batch = newBatch(id, at);
    const operators = Object.fromEntries(
      this.#operators.map((operator) => [operator, noOperator(this.#imports[operator])]),
    );
    for (const { msisdn, operator: sighted, day } of newest.values()) {
      const imei = actedUpon.get(msisdn);
      const operator = this.#operatorOf(msisdn, sighted, day);
      const plan = imei === undefined ? undefined : { lastSeen: day, imei: written(imei) };
      this.#decide(batch, 'reverify', operator, msisdn, plan, operators[operator]?.connections ?? {});
    }
    for (const imei of handsets)
      for (const operator of this.#operators) {
        const plan = held.has(imei) ? undefined : { lastSeen: '', imei: written(imei) };
        this.#decide(batch, 'block', operator, imei, plan, operators[operator]?.blocks ?? {});
      }
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
    this.#readDirections(batch);
  }

  /** The ports of a number, by its rows other than this one. */
  #portsOf(msisdn: string, but?: Row): { from: string; to: string; on: string; disputedOn: string | undefined }[] {
    const rows = (this.#known.get(msisdn) ?? []).filter((row) => row !== but);
    return rows.flatMap(({ outcome, operator: from, to, on, at }) => {
      if (outcome !== 'ported') return [];
      const dispute = rows.find((row) => row.operator === to && row.outcome === 'not_found' && row.at >= at);
      return [{ from, to, on, disputedOn: dispute?.on }];
    });
  }

  /** A number's operator: that of its newest sighting, or the one that it was ported to since, if nobody disputes the port. */
  #operatorOf(msisdn: string, sighted: string, day: string): string {
    const since = this.#portsOf(msisdn).filter(({ on, disputedOn }) => disputedOn === undefined && day <= on);
    return since.sort((a, b) => order(a.on, b.on)).at(-1)?.to ?? sighted;
  }

  /** @param goingOn rows that this batch goes on with, and which don't hinder it */
  #decide(
    batch: Batch,
    kind: Kind,
    operator: string,
    identifier: string,
    /** The direction's details for it; none where its handset is held. */
    plan: Plan | undefined,
    counts: Record<string, number>,
    goingOn: ReadonlySet<Row> = new Set(),
  ): string {
    if (this.#reversed.has(identifier)) throw new Error('nobody in the sample is reported again who was taken back');
    const shown = kind === 'block' ? written(identifier) : identifier;
    // The rows are sorted newest first.
    const earlier = [...(this.#known.get(knownAs(kind, operator, identifier)) ?? [])].reverse();
    const others = earlier.filter((row) => !goingOn.has(row) || row.outcome === 'reissued');
    const lastSeen = plan?.lastSeen ?? '';
    const reissued = others.find(({ outcome, on }) => outcome === 'reissued' && lastSeen <= on);
    const open = others.find((row) =>
      row.goesOnAt === '' ? row.operator === operator && this.#isOpen(row, batch.at) : row.goesOnAt === operator,
    );
    const [recorded] = others.filter(({ at }) => at > 0).sort((a, b) => b.at - a.at);
    const isSince = recorded !== undefined && lastSeen <= recorded.on;
    const all = kind === 'block' ? 'rows' : 'linked';
    let state = 'directed';
    let where: Row | undefined = recorded;
    if (plan === undefined) [state, where] = ['held', undefined];
    else if (this.#isExempt(identifier, batch.at)) [state, where] = ['exempt', undefined];
    else if (reissued) [state, where] = ['reissuedBefore', reissued];
    else if (open) [state, where] = ['alreadyOpen', open];
    else if (recorded?.outcome === 'blocked') state = 'alreadyBlocked';
    else if (isSince && isEnded(recorded.outcome)) state = 'alreadyDisconnected';
    else if (isSince && recorded.outcome === 'verified') state = 'alreadyVerified';
    counts[all] = (counts[all] ?? 0) + 1;
    counts[state] = (counts[state] ?? 0) + 1;
    if (plan !== undefined && state === 'directed') {
      batch.directed.push(`${kind},${operator},${shown},${plan.imei}`);
      batch.plans.set(`${kind} ${operator} ${identifier}`, plan);
    } else batch.elsewhere.push(`${kind},${shown},${operator},${state},${where?.direction ?? ''}`);
    return state;
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
      this.#operators.map((operator) => [operator, { ...noOperator(this.#imports[operator]), outcomes: outcomes() }]),
    );
    const lines = moved.map(({ row: { identifier, direction, lastSeen, imei }, why, to, rungs }) => {
      if (batch.plans.has(`reverify ${to} ${identifier}`))
        throw new Error(`${identifier} comes to ${to} from two rows`);
      const plan = { lastSeen, imei, ...(rungs && { rungs }) };
      const counts = operators[to]?.connections ?? {};
      const state = this.#decide(batch, 'reverify', to, identifier, plan, counts, goingOn);
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
    this.#readDirections(batch);
  }

  /** Reads which row stands in which direction: the one thing that only the system can say. */
  #readDirections(batch: Batch): void {
    for (const operator of this.#operators)
      for (const direction of readdirSync(join(this.#folder, 'outbox/orders', operator))) {
        if (!direction.startsWith(`${batch.id}.`)) continue;
        const kind = direction.split('.')[1] as AnyKind;
        const key = `orders/${operator}/${direction}/1-${kind}.csv`;
        const rows = new Map<string, Row>();
        const ladders = new Map<string, Rungs>();
        for (const { cells } of linesOf(readFileSync(join(this.#folder, 'outbox', key), 'utf8')).lines) {
          const identifier = isOfHandset(kind) ? (cells?.imei ?? '').slice(0, 14) : (cells?.msisdn ?? '');
          const plan = batch.plans.get(`${kind} ${operator} ${identifier}`);
          const { lastSeen = '', imei = '', rungs = freshRungs(kind, batch.at) } = plan ?? {};
          ladders.set(JSON.stringify(rungs), rungs);
          const answer = { outcome: 'open', on: '', at: 0, failedAt: Infinity, terminalAt: Infinity };
          const place = { direction, kind, operator, identifier, lastSeen, imei };
          const row: Row = { ...place, to: '', goesOnAt: '', reversed: false, ...answer };
          rows.set(identifier, row);
          this.#rows.push(row);
          // A row that is given back hinders nobody.
          if (kind === 'restore' || kind === 'unblock') continue;
          const known = this.#known.get(knownAs(kind, operator, identifier)) ?? [];
          this.#known.set(knownAs(kind, operator, identifier), [...known, row]);
        }
        const [rungs, ...more] = ladders.values();
        if (rungs === undefined || more.length > 0) throw new Error(`${direction} has no ladder, or several`);
        this.#directions.set(direction, { batch, rows, rungs });
      }
  }

  #directionOf(id: string): Direction {
    const direction = this.#directions.get(id);
    if (!direction) throw new Error(`there is no ${id}`);
    return direction;
  }

  #isOpen({ direction, outcome }: Row, at: number): boolean {
    return ['open', 'failed'].includes(outcome) && at < endOf(this.#directionOf(direction).rungs);
  }

  /** Whether a number is somebody else's by then, as another row says, and was not seen on a later day. */
  #isSomebodyElses({ kind, identifier, lastSeen }: Row, at: number): boolean {
    const reissued = kind === 'reverify' ? this.#reissued.get(identifier) : undefined;
    return reissued !== undefined && reissued.at <= at && lastSeen <= reissued.on;
  }

  #response(operator: string, direction: string, key: string, text: string, at: number): void {
    const name = key.split('/').at(-1) ?? '';
    const digest = sha256(text);
    const place = `receipts/${operator}/${direction}/${name}.${digest.slice(0, 8)}.json`;
    const receipt = { file: name, sha256: digest, rows: 0, recorded: 0, alreadyRecorded: 0, rejected: {}, rejects: [] };
    const known = this.#directions.get(direction);
    if (known === undefined) {
      this.receipts[place] = { ...receipt, refused: 'unknown_direction' };
      return;
    }
    const { rows, rungs, batch } = known;
    const kind = direction.split('.')[1] as AnyKind;
    const column = isOfHandset(kind) ? 'imei' : 'msisdn';
    const { columns, lines } = linesOf(text);
    const missing = [column, 'outcome'].find((required) => !columns.includes(required));
    if (missing !== undefined) {
      const refused = `missing_column:${missing}`;
      this.receipts[place] = { ...receipt, refused, ...refusedAt(text, refused) };
      return;
    }
    const before = this.#recorded.get(`${direction} ${digest}`);
    if (before !== undefined) {
      const { file, recorded, alreadyRecorded, uploadedAt, open, overdue, next, ...others } = before;
      const known = { recorded: 0, alreadyRecorded: recorded + alreadyRecorded, repeats: file };
      this.receipts[place] = file === name ? before : { ...others, file: name, ...known };
      return;
    }

    const ended = at >= endOf(rungs);
    // Each order but the first takes service, and is issued when the rung before it ends.
    const isBarred = rungs.slice(0, -1).some(([, end]) => at > end);
    const rejects: { line: number; reason: string }[] = [];
    const failed = new Set<Row>();
    const disconnected = new Set<Row>();
    const givenBack = new Set<Row>();
    const reissued = new Set<Row>();
    let recorded = 0;
    let alreadyRecorded = 0;
    for (const { line, cells } of lines) {
      const identifier = isOfHandset(kind) ? imeiIn(cells?.imei) : msisdnIn(cells?.msisdn);
      const row = 'reason' in identifier ? undefined : rows.get(Object.values(identifier)[0] ?? '');
      const outcome = cells?.outcome ?? '';
      const on = cells?.occurred_on || dayAt(at);
      const activated = cells?.activated_on ?? '';
      const reject = (reason: string) => rejects.push({ line, reason });
      if (!cells) reject('wrong_cell_count');
      else if ('reason' in identifier) reject(identifier.reason);
      else if (!row) reject('not_in_direction');
      else if (!ANSWERS[kind].includes(outcome)) reject('unknown_outcome');
      else if (!isDay(on) || on > dayAt(at)) reject('bad_date');
      else if ((isEnded(outcome) || ['failed', 'ported'].includes(outcome)) && on < row.lastSeen)
        reject('before_sighting');
      else if (outcome === 'reissued' && (!isDay(activated) || activated > dayAt(at))) reject('bad_activated_on');
      else if (outcome === 'reissued' && activated <= row.lastSeen) reject('not_after_sighting');
      else if (outcome === 'ported' && this.#badPort(row, cells.to ?? '', on) !== '')
        reject(this.#badPort(row, cells.to ?? '', on));
      else if (takes(row.outcome, outcome, ended)) {
        // A failed row was ordered to be disconnected at once, or was barred before.
        if (['verified', 'extended', 'reissued'].includes(outcome) && (row.outcome === 'failed' || isBarred))
          givenBack.add(row);
        const [from] = this.#portsOf(row.identifier, row)
          .filter(({ to, disputedOn }) => outcome === 'not_found' && to === operator && disputedOn === undefined)
          .sort((a, b) => order(b.on, a.on));
        Object.assign(row, { outcome, on: outcome === 'reissued' ? activated : on, at });
        if (outcome === 'failed') row.failedAt = at;
        else row.terminalAt = at;
        recorded++;
        failed.delete(row);
        if (outcome === 'failed' && !this.#isSomebodyElses(row, at)) failed.add(row);
        if (isEnded(outcome) && !row.reversed && !this.#isSomebodyElses(row, at)) disconnected.add(row);
        if (outcome === 'reissued') {
          reissued.add(row);
          this.#reissued.set(row.identifier, { on: activated, at });
        }
        if (outcome === 'ported') row.to = cells.to ?? '';
        if (outcome === 'ported' && !ended) this.#waiting.push({ row, why: outcome, to: row.to });
        if (outcome === 'extended') this.#waiting.push({ row, why: outcome, to: operator, rungs: extended(rungs, at) });
        if (outcome === 'extended' || (outcome === 'ported' && !ended)) row.goesOnAt = row.to || operator;
        if (from) this.#waiting.push({ row, why: 'porting_disputed', to: from.from });
      } else if (row.outcome === outcome || (isEnded(row.outcome) && outcome === 'failed')) alreadyRecorded++;
      else if (['verified', 'withdrawn'].includes(row.outcome) && outcome === 'disconnected')
        throw new Error('nobody in the sample says so');
      else reject('conflicts_with_recorded');
    }
    const rejected: Record<string, number> = {};
    for (const { reason } of rejects) rejected[reason] = (rejected[reason] ?? 0) + 1;
    const unanswered = [...rows.values()].filter((row) => ['open', 'failed'].includes(row.outcome));
    const open = ended ? [] : unanswered;
    // A failed row is in no order but the last one, and a row that was taken back is in none, nor is it owed when the ladder has ended.
    const isAsked = (row: Row) => !row.reversed && !this.#isSomebodyElses(row, at);
    const carried = open.filter(isAsked);
    const overdue = ended ? unanswered.filter(isAsked).length : 0;
    const isCarrying = (order: string) => carried.some((row) => order === 'disconnect' || row.outcome === 'open');
    const here = rungs.findIndex(([, end]) => end > at);
    const next = here < 0 ? undefined : rungs.slice(here + 1).find(([order]) => isCarrying(order));
    const done = {
      ...receipt,
      ...{ rows: lines.length, recorded, alreadyRecorded, rejected, rejects, refused: null },
      ...{ directionId: direction, uploadedAt: instant(at), open: open.length, overdue },
      next: next === undefined ? null : { order: next[0], deadline: instant(next[1]) },
    };
    this.#recorded.set(`${direction} ${digest}`, done);
    this.receipts[place] = done;
    if (failed.size > 0 && !ended)
      this.orders[`orders/${operator}/${direction}/failed-${digest.slice(0, 8)}-disconnect.csv`] = identifiersOf([
        ...failed,
      ]);
    if (givenBack.size > 0)
      this.orders[`orders/${operator}/${direction}/back-${digest.slice(0, 8)}-restore.csv`] = identifiersOf([
        ...givenBack,
      ]);
    if (batch.settled && disconnected.size > 0)
      this.revocations[`revocations/${dayAt(at)}/${batch.id}.late-${digest.slice(0, 8)}`] = revoked([...disconnected]);
    if (reissued.size > 0)
      this.withdrawals[`revocations/${dayAt(at)}/${batch.id}.withdrawn-${digest.slice(0, 8)}`] = [...reissued]
        .map(({ identifier }) => `${identifier},${dayAt(at)},reissued`)
        .sort();
  }

  /** Records a file for several directions, whose rows name theirs; in the sample only rows that were given back are answered so. */
  #combined(operator: string, file: string, text: string, at: number): void {
    const digest = sha256(text);
    const { lines } = linesOf(text);
    const counts = new Map<string, number>();
    for (const { cells } of lines) {
      const { imei = '', msisdn = '', outcome = '', direction = '' } = cells ?? {};
      const row = this.#directionOf(direction).rows.get(imei.slice(0, 14) || msisdn);
      if (row?.outcome !== 'open' || row.operator !== operator || !['restored', 'unblocked'].includes(outcome))
        throw new Error('nobody in the sample says so');
      Object.assign(row, { outcome, on: dayAt(at), at, terminalAt: at });
      counts.set(direction, (counts.get(direction) ?? 0) + 1);
    }
    const directions = [...counts].map(([directionId, count]) => {
      const { rows, rungs } = this.#directionOf(directionId);
      const [here, next] = rungs.filter(([, end]) => end > at);
      const open = [...rows.values()].filter((row) => row.outcome === 'open').length;
      return {
        ...{ directionId, rows: count, recorded: count, alreadyRecorded: 0, rejected: 0 },
        ...{ order: here?.[0], late: false, open, overdue: here === undefined ? open : 0 },
        next: open > 0 && next ? { order: next[0], deadline: instant(next[1]) } : null,
      };
    });
    this.receipts[`receipts/${operator}/${file}.${digest.slice(0, 8)}.json`] = {
      ...{ file, sha256: digest, rows: lines.length, recorded: lines.length, alreadyRecorded: 0 },
      ...{ rejected: {}, rejects: [], refused: null, uploadedAt: instant(at), directions },
    };
  }

  /** The reason why a number can't be ported there; '' where it can. */
  #badPort(row: Row, to: string, on: string): string {
    if (to === row.operator || !this.#operators.includes(to)) throw new Error('nobody in the sample says so');
    const isLately = (day: string | undefined) => day !== undefined && day > daysBefore(on, PORTING_DAYS);
    const ports = this.#portsOf(row.identifier, row);
    if (ports.some((port) => port.to === to && isLately(port.disputedOn))) return 'disputed';
    return ports.some((port) => port.disputedOn === undefined && isLately(port.on)) ? 'ported_lately' : '';
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
      const ends = [...this.#directions.values()].filter((one) => one.batch === batch).map(({ rungs }) => endOf(rungs));
      const end = Math.max(batch.at, ...ends);
      if (batch.settled || at < end) continue;
      batch.settled = true;
      const operators = batch.summary.operators as Record<string, ReturnType<typeof noOperator>>;
      const connections: Record<string, number> = {};
      const blocks: Record<string, number> = {};
      const overdue = new Set<string>();
      const own = this.#rows.filter(({ direction }) => direction.startsWith(`${batch.id}.`));
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
        own.filter((row) => isEnded(row.outcome) && !row.reversed && !this.#isSomebodyElses(row, end)),
      );
    }
  }

  /**
   * The orders after the first, rung by rung: the rows without an outcome when the rung before it ended whose number is nobody else's by
   * then; the order to disconnect has the failed rows, too.
   */
  #laterOrders({ id, at }: Batch): void {
    for (const [direction, { rows, rungs }] of this.#directions) {
      if (!direction.startsWith(`${id}.`)) continue;
      const [, , operator] = direction.split('.');
      let issued = at;
      for (const [n, [name, end]] of rungs.entries()) {
        const open = [...rows.values()].filter(
          (row) =>
            row.terminalAt > issued &&
            (row.failedAt > issued || name === 'disconnect') &&
            !this.#isSomebodyElses(row, issued),
        );
        if (open.length > 0) this.orders[`orders/${operator}/${direction}/${n + 1}-${name}.csv`] = identifiersOf(open);
        issued = end;
      }
    }
  }
}
