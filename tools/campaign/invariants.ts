/**
 * What must hold after a run, whatever went wrong: the invariants of design.md and the formats, checked from the outside, from
 * what was uploaded, what lies in the outbox, what was told, and the items of the tables. It shares nothing with the system.
 *
 * A direction's story is read from the writes of its ledger, in their order: which order, which file, the end and the seal came
 * after which. From that and the uploads' text it is worked out what each of them must have said. What is the same as without
 * faults, whenever it happens, is checked by `ideal.ts`.
 */
import {
  ANSWERS,
  cellsOf,
  dayAt,
  daysBefore,
  imeiIn,
  isDay,
  type Kind,
  LADDERS,
  linesOf,
  msisdnIn,
  noOperator,
  sha256,
  written,
} from '../../test/scenarios/sample-reckoning.ts';
import type { Notice, Upload } from './people.ts';
import { LOOKS_EVERY, partsOf } from './people.ts';
import { CONTEXT, DAY, HOUR, OPERATORS } from './story.ts';

/** An item of a table, as plain values. */
export type Item = Record<string, unknown>;

/** A ledger as one write left it, and its place among all writes to the tables. */
export interface LedgerWrite {
  place: number;
  item: Item;
}

/** All that was there to be seen. */
export interface Seen {
  uploads: Upload[];
  outbox: Record<string, string>;
  /** By queue. */
  notices: Record<string, Notice[]>;
  /** Each direction's writes, by version. */
  ledgers: Map<string, LedgerWrite[]>;
  /** The place of the first decision of each plan among all writes. */
  plans: Map<number, number>;
  /** Table Cases at the end, by partition key. */
  cases: Record<string, Item>;
  /** Executions that run at the end: `machine name`. */
  running: string[];
  failures: string[];
  /** Failures that were made to be. */
  excused: string[];
  /** How much longer than hours what went wrong may have kept things from happening, in milliseconds. */
  patience: number;
}

/** `file`: the SHA-256 of the one that said so. */
type Row = { outcome: string; on: string; at: number; file?: string };

/** As a ledger's bytes name them. */
const OUTCOMES = ['open', 'verified', 'failed', 'disconnected', 'not_found', 'blocked', 'overdue'];
const BYTES_PER_ROW = 5;
const LOOK_BACK = 180;
const SWEEPS_EVERY = Number(CONTEXT.sweepHours) * HOUR;
/** From a response's upload to its commit: what goes wrong with it, a lost event and a lost sweep among that. */
const TAKEN_WITHIN = 2 * DAY;
/** A batch settles at its last deadline; what goes wrong keeps it from that for hours, and a lost sweep for a day. */
const SETTLES_WITHIN = 1.5 * DAY;
/** A batch plans at once when nobody else does; an event that was lost is sent again by the sweep of the next day. */
const PLANS_WITHIN = 1.5 * DAY;

const instant = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');
const same = (a: unknown, b: unknown) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sum = (counts: Record<string, number>, word: string, by = 1) => {
  counts[word] = (counts[word] ?? 0) + by;
};
const summaryWord = (outcome: string) =>
  ({ open: 'overdue', failed: 'overdue', not_found: 'notFound' })[outcome] ?? outcome;

/** A direction, worked out from the writes of its ledger. */
class Direction {
  readonly id: string;
  readonly kind: Kind;
  readonly operator: string;
  readonly batch: string;
  readonly plan: number;
  /** Identifiers: numbers, or IMEIs of 14 digits. */
  rows: string[] = [];
  /** Its last deadline, epoch milliseconds. */
  ends = 0;
  /** The day of each number's newest sighting when its batch was planned. */
  lastSeen = new Map<string, string>();
  readonly orders: Record<string, string> = {};
  readonly receipts: Record<string, unknown> = {};
  /** Receipts by the file's SHA-256; `file` is left open, since any of the names under which it came may stand there. */
  readonly recorded = new Map<string, Record<string, unknown>>();
  /** Late disconnections: the list's key without its end, `msisdn,operator,on`. */
  readonly late: [key: string, row: string][] = [];
  /** Row by row, as the books took them. */
  sealed: Row[] | undefined;
  /** After each write. */
  readonly states: { place: number; rows: Row[]; closed: boolean }[] = [];

  constructor(id: string) {
    const { kind, operator, batch } = partsOf(id);
    this.id = id;
    this.kind = kind as Kind;
    this.operator = operator;
    this.batch = batch;
    this.plan = Number(/\.(\d+)-\d+-\d+$/.exec(id)?.[1]);
  }

  /** How it stood when the write of this place was made. */
  at(place: number): { rows: Row[]; closed: boolean } {
    return this.states.findLast((state) => state.place < place) ?? { rows: [], closed: false };
  }
}

interface BatchBooks {
  id: string;
  agency: string;
  plan: number;
  /** What stands elsewhere: `kind,identifier,operator,state,directionId`. */
  elsewhere: string[];
  /** `kind,operator,identifier,imei`. */
  directed: string[];
}

/** What breaks a rule, one line each; nothing where all hold. Lines name rules, directions and batches, never identifiers. */
export function brokenRules(seen: Seen): string[] {
  const broken: string[] = [];
  const must = (holds: boolean, rule: string) => {
    if (!holds && !broken.includes(rule)) broken.push(rule);
  };
  new Check(seen, must).run();
  return broken;
}

class Check {
  readonly #seen: Seen;
  readonly #must: (holds: boolean, rule: string) => void;
  readonly #directions = new Map<string, Direction>();
  /** What must lie in the outbox, by key; rejects by line and reason, revocations as rows. */
  readonly #expected: Record<string, unknown> = {};
  /** Orders that need not lie there: issued anew for nobody, in the place of none, or never published in their time. */
  readonly #notPublished = new Set<string>();
  /** The SHA-256s of orders that were issued anew, as they were before, by key: they may have been told of before. */
  readonly #replaced = new Map<string, Set<unknown>>();

  constructor(seen: Seen, must: (holds: boolean, rule: string) => void) {
    this.#seen = seen;
    this.#must = must;
  }

  run(): void {
    const { cases, ledgers } = this.#seen;
    const batches = Object.entries(cases)
      .filter(([pk]) => pk.startsWith('BATCH#'))
      .map(([, item]) => item)
      .sort((a, b) => Number(a.plan) - Number(b.plan));
    const counting = new Set(batches.map((batch) => `${batch.batchId} ${batch.plan}`));
    for (const [id, writes] of ledgers) {
      const direction = new Direction(id);
      if (counting.has(`${direction.batch} ${direction.plan}`)) this.#direction(direction, writes);
      else this.#must(writes.length === 1, `${id}: the direction of a plan that was given up is never worked on`);
    }
    const reports = this.#seen.uploads.filter(({ key }) => key.startsWith('reports/'));
    for (const { key, text } of reports) {
      const id = `${key.split('/')[1]}-${sha256(text).slice(0, 12)}`;
      const readable = linesOf(text).columns.includes('imei');
      const found = batches.filter(({ batchId }) => batchId === id).length;
      this.#must(found === (readable ? 1 : 0), `${id}: a report is one batch, and one that can't be read is none`);
    }
    for (const batch of batches) this.#batch(batch, batches);
    this.#rejects();
    this.#refusals();
    this.#outbox();
    this.#notices(batches);
    this.#ordersTold();
    this.#atRest();
  }

  // ------------------------------------------------------------------------------------------------------ directions

  #direction(direction: Direction, writes: LedgerWrite[]): void {
    const { id, kind } = direction;
    const must = (holds: boolean, rule: string) => this.#must(holds, `${id}: ${rule}`);
    this.#directions.set(id, direction);
    const first = this.#firstOrder(direction);
    must(first !== undefined || this.#mayBeMissed(kind), 'its first order went out');
    direction.rows =
      first === undefined
        ? this.#claimedFor(direction)
        : linesOf(first).lines.map(({ cells }) =>
            kind === 'block' ? (cells?.imei ?? '').slice(0, 14) : (cells?.msisdn ?? ''),
          );
    const begun = writes[0]?.item ?? {};
    must(begun.rows === direction.rows.length, 'its first order has all of its rows');
    if (kind === 'reverify') direction.lastSeen = this.#lastSeen(direction);
    const rows: Row[] = direction.rows.map(() => ({ outcome: 'open', on: '', at: 0 }));
    const startedAt = String(this.#seen.cases[`BATCH#${direction.batch}`]?.startedAt);
    /** The ladder's deadlines, where it begins at an instant. */
    const ladderFrom = (begins: string) => {
      let deadline = Date.parse(begins);
      return LADDERS[kind].map(([order, days]) => {
        deadline += days * DAY;
        return { order, deadline: instant(deadline) };
      });
    };
    const last = (writes.at(-1)?.item.orders ?? []) as Item[];

    let before: Item = { version: 0, rung: 0, orders: [], files: [], closedAt: null, sealedAt: null, startedAt };
    for (const { place, item } of writes) {
      const rungs = ladderFrom(String(item.startedAt));
      const end = String(rungs.at(-1)?.deadline);
      direction.ends = Date.parse(end);
      const later = Date.parse(String(item.startedAt)) - Date.parse(String(before.startedAt));
      // A re-verification whose first order can't be published waits for that, whole hours.
      const mayMove = kind === 'reverify' && (before.begunAt ?? null) === null;
      must(later === 0 || (mayMove && later > 0 && later % HOUR === 0), 'no deadline that was told ever moves');
      const isAnew = mayMove && (before.orders as Item[]).length === 1 && later > 0;
      if (isAnew) before = { ...before, orders: [], rung: 0 };
      const { version, orders, files, closedAt, sealedAt, rung } = item as {
        version: number;
        orders: Item[];
        files: Item[];
        closedAt: string | null;
        sealedAt: string | null;
        rung: number;
      };
      must(version === Number(before.version) + 1, 'each write of its ledger follows the one before');
      must(same(item.rungs, rungs), 'its deadlines are those of its ladder, all from one beginning');
      const ordersBefore = before.orders as Item[];
      const filesBefore = before.files as Item[];
      const newOrders = orders.slice(ordersBefore.length);
      const newFiles = files.slice(filesBefore.length);
      // What takes service and is published again is issued anew, without the rows that were answered since.
      const anew = orders.filter((order, n) => n < ordersBefore.length && isAnewOf(order, ordersBefore[n] as Item));
      const failedAnew = files.filter((file, n) => isFailedAnewOf(file, filesBefore[n]));
      const unchanged = <I extends Item>(now: I[], was: I[], but: I[]) =>
        was.every((one, n) => same(now[n], one) || but.includes(now[n] as I));
      must(unchanged(orders, ordersBefore, anew), 'no order is taken back');
      must(unchanged(files, filesBefore, failedAnew), 'no recorded file is taken back');
      must(
        newOrders.length + newFiles.length + anew.length + failedAnew.length <= 1,
        'one write has one order or one file',
      );
      for (const order of anew) {
        this.#replace(orderKeyOf(direction, order), ordersBefore[orders.indexOf(order)]?.sha256);
        const isNewest = last.some((one) => same(one, order));
        this.#order(direction, order, files, rows, rungs, isNewest);
      }
      for (const file of failedAnew) {
        const { rows: count, deadline } = file.failedOrder as Item;
        const key = failedKeyOf(direction, file);
        this.#replace(key, (filesBefore[files.indexOf(file)]?.failedOrder as Item | undefined)?.sha256);
        const failed = direction.rows.filter(
          (_, row) => rows[row]?.outcome === 'failed' && rows[row]?.file === file.sha256 && closedAt === null,
        );
        must(failed.length === count, 'an order issued anew carries who is still failed');
        this.#expectOrder(key, kind, failed, String(deadline));
      }
      for (const order of newOrders) {
        must(order.rung === rung && rung > Number(before.rung), 'orders come in the order of their rungs');
        must(before.closedAt === null, 'no order comes after the end of the ladder');
        must(kind === 'block' || rung === 1 || before.begunAt !== null, 'no bar is ordered before a re-verification');
        // What was issued anew is published as the newest attempt committed it.
        this.#order(
          direction,
          order,
          files,
          rows,
          rungs,
          last.some((one) => same(one, order)),
        );
      }
      for (const file of newFiles) this.#file(direction, file, rows, { closed: closedAt !== null, sealedAt, end });
      if (closedAt !== null && before.closedAt === null)
        must(!rows.some(isOpen) || closedAt >= end, 'it does not end before its last deadline while a row is open');
      must(before.closedAt === null || closedAt === before.closedAt, 'it ends once');
      if (sealedAt !== null && before.sealedAt === null) {
        must(closedAt !== null, 'it is sealed when it has ended');
        direction.sealed = rows.map((row) => ({ ...row }));
      }
      must(before.sealedAt === null || sealedAt === before.sealedAt, 'it is sealed once');
      const bytes = (item.late ?? item.outcomes) as Buffer;
      const told = direction.rows.map((_, row) => OUTCOMES[(bytes[row * BYTES_PER_ROW] ?? 0) & 7]);
      const reckoned = rows.map((row) => (closedAt !== null && isOpen(row) ? 'overdue' : row.outcome));
      must(same(told, reckoned), 'its ledger holds what its files say, in the order of their commits');
      if (sealedAt !== null && before.sealedAt !== null) must(same(item.outcomes, before.outcomes), 'a seal stays');
      direction.states.push({ place, rows: rows.map((row) => ({ ...row })), closed: closedAt !== null });
      before = item;
    }
    must(before.sealedAt !== null, 'it ends, and is sealed');
  }

  /** A re-verification begins with its first rung; a block that could not be ordered for a day begins with the second. */
  #firstOrder({ id, kind, operator }: Direction): string | undefined {
    const { outbox } = this.#seen;
    const rungs = kind === 'block' ? LADDERS.block.map((_, n) => n + 1) : [1];
    return rungs
      .map((rung) => outbox[`orders/${operator}/${id}/${rung}-${kind}.csv`])
      .find((text) => text !== undefined);
  }

  /**
   * What could not be put into the outbox until its time had passed is not ordered any more; only a re-verification waits for its first
   * order.
   */
  #mayBeMissed(order: unknown): boolean {
    return order !== 'reverify' && this.#seen.patience > DAY;
  }

  /** The handsets of a direction that was never ordered, by their claims. */
  #claimedFor({ id, operator }: Direction): string[] {
    const rows: string[] = [];
    for (const [key, { pointers }] of Object.entries(this.#seen.cases)) {
      if (!key.startsWith('HANDSET#')) continue;
      for (const pointer of (pointers as Record<string, string[]>)[operator] ?? [])
        if (pointer.startsWith(`${id}:`)) rows[Number(pointer.slice(id.length + 1))] = key.slice('HANDSET#'.length);
    }
    return rows;
  }

  #lastSeen({ batch, rows }: Direction): Map<string, string> {
    const { file, uploadedAt } = this.#seen.cases[`BATCH#${batch}`] ?? {};
    const report = this.#seen.uploads.find(({ key, at }) => key === file && instant(at) === uploadedAt);
    const handsets = handsetsIn(report?.text ?? '');
    const sightings = newestSightings(this.#seen.uploads, report?.at ?? 0, handsets);
    return new Map(sightings.filter(({ msisdn }) => rows.includes(msisdn)).map(({ msisdn, day }) => [msisdn, day]));
  }

  #order(
    { id, kind, operator, rows }: Direction,
    order: Item,
    files: Item[],
    states: Row[],
    rungs: Item[],
    newest: boolean,
  ): void {
    const { rung, rows: count, sha256: digest, bytes } = order;
    const key = orderKeyOf({ operator, id }, order);
    const { deadline } = rungs[Number(rung) - 1] ?? {};
    this.#must(order.deadline === deadline, `${id}: an order has its rung's deadline`);
    this.#must(String(order.at) < String(order.deadline), `${id}: no order is committed when its deadline has passed`);
    const text = this.#seen.outbox[key] ?? '';
    const forNobody = count === 0 && order.firstVersion !== undefined && text === '';
    const missed = text === '' && this.#mayBeMissed(order.order);
    if (missed) this.#notPublished.add(key);
    this.#must(
      !newest || forNobody || missed || (sha256(text) === digest && Buffer.byteLength(text) === bytes),
      `${id}: an order is published as committed`,
    );
    // Who has failed since a bar was committed stays in it where it is issued anew.
    const failedSince = ({ file }: Row) =>
      Number(files.find(({ sha256: digest }) => digest === file)?.version) > Number(order.firstVersion);
    const open = rows.filter((_, row) => {
      const state = states[row] as Row;
      if (state.outcome === 'failed') return order.order === 'disconnect' || failedSince(state);
      return state.outcome === 'open';
    });
    this.#must(
      open.length === count && (open.length > 0 || order.firstVersion !== undefined),
      `${id}: an order counts its rows, and has some`,
    );
    this.#expectOrder(key, kind, open, String(deadline));
  }

  /** Invariant 3: the rows that were open when the order was committed, and no other one; failed ones only to be disconnected. */
  #expectOrder(key: string, kind: Kind, open: string[], deadline: string): void {
    if (open.length === 0) this.#notPublished.add(key);
    this.#expected[key] = open
      .map((identifier) => (kind === 'block' ? `${written(identifier)},,${deadline}` : `${identifier},,${deadline}`))
      .sort();
  }

  /** Notes what an order was before it was issued anew. */
  #replace(key: string, digest: unknown): void {
    this.#replaced.set(key, (this.#replaced.get(key) ?? new Set()).add(digest));
  }

  #file(
    direction: Direction,
    file: Item,
    states: Row[],
    { closed, sealedAt, end }: { closed: boolean; sealedAt: string | null; end: string },
  ): void {
    const { id, kind, operator, batch } = direction;
    const must = (holds: boolean, rule: string) => this.#must(holds, `${id}: ${rule}`);
    const digest = String(file.sha256);
    const sources = this.#seen.uploads.filter(
      ({ key, text }) => key.startsWith(`responses/${operator}/${id}/`) && sha256(text) === digest,
    );
    const source = sources.find(({ at }) => instant(at) === file.at);
    must(source !== undefined, 'a recorded file was uploaded to it, at the instant of its record');
    must(!direction.recorded.has(digest), 'the same file is recorded once');
    if (source === undefined) return;
    const { lines } = linesOf(source.text);
    const rejects: { line: number; reason: string }[] = [];
    const failed = new Set<string>();
    const disconnected: string[] = [];
    let recorded = 0;
    let alreadyRecorded = 0;
    for (const { line, cells } of lines) {
      const reject = (reason: string) => rejects.push({ line, reason });
      const parsed = kind === 'block' ? imeiIn(cells?.imei) : msisdnIn(cells?.msisdn);
      const identifier = 'reason' in parsed ? '' : (Object.values(parsed)[0] ?? '');
      const row = states[direction.rows.indexOf(identifier)];
      const outcome = cells?.outcome ?? '';
      const on = cells?.occurred_on || dayAt(source.at);
      if (!cells) reject('wrong_cell_count');
      else if ('reason' in parsed) reject(parsed.reason);
      else if (row === undefined) reject('not_in_direction');
      else if (!ANSWERS[kind].includes(outcome)) reject('unknown_outcome');
      else if (!isDay(on) || on > dayAt(source.at)) reject('bad_date');
      else if (outcome === 'disconnected' && on < (direction.lastSeen.get(identifier) ?? '')) reject('before_sighting');
      else if (row.outcome === 'open' || (row.outcome === 'failed' && (closed || outcome !== 'failed'))) {
        Object.assign(row, { outcome, on, at: source.at, file: digest });
        recorded++;
        failed.delete(identifier);
        if (outcome === 'failed') failed.add(identifier);
        if (outcome === 'disconnected') disconnected.push(identifier);
      } else if (row.outcome === outcome || (row.outcome === 'disconnected' && outcome === 'failed')) alreadyRecorded++;
      else reject('conflicts_with_recorded');
    }
    const rejected: Record<string, number> = {};
    for (const { reason } of rejects) sum(rejected, reason);
    direction.recorded.set(digest, {
      sha256: digest,
      rows: lines.length,
      recorded,
      alreadyRecorded,
      rejected: Object.fromEntries(Object.entries(rejected).sort()),
      rejects,
      refused: null,
    });
    const { failedOrder, lateOn } = file as { failedOrder?: Item; lateOn?: string };
    must(failedOrder === undefined || (failed.size > 0 && !closed), 'none but rows that fail are disconnected at once');
    if (failed.size > 0 && !closed && instant(source.at + TAKEN_WITHIN) < end)
      must(failedOrder !== undefined, 'rows that fail are ordered to be disconnected at once');
    if (failedOrder !== undefined) {
      const deadline = String(failedOrder.deadline);
      const inADay = deadline >= instant(source.at + DAY) && deadline <= instant(source.at + TAKEN_WITHIN + DAY);
      must(deadline <= end && (inADay || deadline === end), 'their disconnection is due a day after its commit');
      this.#expectOrder(failedKeyOf(direction, file), kind, [...failed], deadline);
    }
    const late = sealedAt !== null && disconnected.length > 0;
    must((lateOn !== undefined) === late, 'who is disconnected late is in a list of its own');
    if (lateOn !== undefined)
      must(
        lateOn >= dayAt(source.at) && lateOn <= dayAt(source.at + TAKEN_WITHIN),
        'a late list is of the day of its commit',
      );
    if (late)
      for (const number of disconnected)
        direction.late.push([
          `revocations/${lateOn}/${batch}.late-${digest.slice(0, 8)}`,
          `${number},${operator},${states[direction.rows.indexOf(number)]?.on}`,
        ]);
  }

  // --------------------------------------------------------------------------------------------------------- batches

  #batch(item: Item, batches: Item[]): void {
    const id = String(item.batchId);
    const must = (holds: boolean, rule: string) => this.#must(holds, `${id}: ${rule}`);
    must(item.state === 'settled', 'every batch settles');
    const agency = String(item.agency);
    const uploads = this.#seen.uploads.filter(
      ({ key, text }) => `${key.split('/')[1]}-${sha256(text).slice(0, 12)}` === id,
    );
    const upload = uploads.find(({ at }) => instant(at) === item.uploadedAt);
    must(upload !== undefined && upload.key === item.file, 'it is that of a report, at the instant of an upload');
    if (upload === undefined || item.state !== 'settled') return;
    const books: BatchBooks = { id, agency, plan: Number(item.plan), elsewhere: [], directed: [] };
    const earlier = new Set(
      batches.filter(({ plan }) => Number(plan) < books.plan).map(({ batchId }) => String(batchId)),
    );

    const operators: Record<string, ReturnType<typeof noOperator>> = {};
    for (const operator of OPERATORS) operators[operator] = noOperator();
    const handsets = this.#decideAll(books, upload, operators, earlier);
    const own = [...this.#directions.values()].filter(({ batch }) => batch === id);
    this.#everyRowOnce(books, own);

    // The ledgers' outcomes, as they were sealed.
    const disconnected: string[] = [];
    for (const { kind, operator, rows, sealed = [] } of own) {
      const summary = operators[operator] as ReturnType<typeof noOperator>;
      const counts: Record<string, number> = kind === 'block' ? summary.blocks : summary.connections;
      summary.directions++;
      for (const { outcome } of sealed) {
        sum(counts, summaryWord(outcome));
        if (outcome === 'failed') sum(counts, 'overdueFailed');
      }
      if (sealed.some(({ outcome }) => summaryWord(outcome) === 'overdue')) summary.overdueDirections++;
      for (const [row, { outcome, on }] of sealed.entries())
        if (outcome === 'disconnected') disconnected.push(`${rows[row]},${operator},${on}`);
    }
    const settledAt = Date.parse(String(item.settledAt));
    const connections: Record<string, number> = {};
    const blocks: Record<string, number> = {};
    for (const [operator, summary] of Object.entries(operators)) {
      for (const [word, count] of Object.entries(summary.connections)) sum(connections, word, count);
      for (const [word, count] of Object.entries(summary.blocks)) sum(blocks, word, count);
      const imports = this.#seen.uploads.filter(
        ({ key, at }) => key.startsWith(`usage/${operator}/`) && at < settledAt,
      );
      summary.latestImport = instant(Math.max(...imports.map(({ at }) => at)));
    }
    this.#expected[`batches/${id}/summary.json`] = {
      batchId: id,
      agency,
      file: upload.key,
      status: 'settled',
      report: handsets,
      connections,
      blocks,
      operators,
      unexplained: 0,
      startedAt: item.startedAt,
      settledAt: item.settledAt,
    };
    this.#expected[`batches/${id}/elsewhere.csv`] = books.elsewhere.sort();
    // One without handsets settles at once.
    if (Number(handsets.handsets) > 0) {
      this.#expected[`previews/${id}/preview.json`] = {
        ...{ batchId: id, agency, file: upload.key, sha256: sha256(upload.text), report: handsets },
        ...{
          linked: connections.linked,
          held: linesOf(this.#seen.outbox[`previews/${id}/held.csv`] ?? '').lines.length,
        },
        operators: Object.fromEntries(
          Object.entries(operators).map(([operator, summary]) => [operator, summary.connections.linked]),
        ),
      };
      for (const name of ['preview.html', 'held.csv']) this.#expected[`previews/${id}/${name}`] = 'whatever it says';
    }
    this.#expected[`revocations/${dayAt(settledAt)}/${id}`] = disconnected.sort();
    for (const [key, row] of own.flatMap(({ late }) => late)) {
      const list = (this.#expected[key] ?? []) as string[];
      this.#expected[key] = [...list, row].sort();
    }
    const ends = Math.max(Date.parse(String(item.startedAt)), ...own.map((direction) => direction.ends));
    must(settledAt >= ends, 'it does not settle before its last deadline');
    must(
      settledAt <= ends + SETTLES_WITHIN + this.#seen.patience,
      'it settles at its last deadline, or hours after it',
    );
    const startedAt = Date.parse(String(item.startedAt));
    must(startedAt >= upload.at, 'it is planned after its upload');
    must(startedAt <= upload.at + PLANS_WITHIN + this.#seen.patience, 'its turn to plan comes, hours after its upload');
    this.#linked(id, upload);
  }

  /** Invariant 5, past all that was decided: what the usage files hold of the report's handsets. */
  #linked(id: string, { text, at }: Upload): void {
    const handsets = new Set(
      linesOf(text).lines.flatMap(({ cells }) => {
        const imei = imeiIn(cells?.imei);
        return 'imei' in imei ? [imei.imei] : [];
      }),
    );
    const { connections } = JSON.parse(this.#seen.outbox[`batches/${id}/summary.json`] ?? '{}') as {
      connections?: { linked: number };
    };
    this.#must(
      connections?.linked === newestSightings(this.#seen.uploads, at, handsets).length,
      `${id}: linked is the number of connections in the usage files`,
    );
  }

  /** Invariants 1 and 2, from the upload and the links: what must have been decided of each row. */
  #decideAll(
    books: BatchBooks,
    { text, at }: Upload,
    operators: Record<string, ReturnType<typeof noOperator>>,
    earlier: Set<string>,
  ): Record<string, number> {
    const { lines } = linesOf(text);
    const handsets = handsetsIn(text);
    const rejected = lines.filter(({ cells }) => !cells || 'reason' in imeiIn(cells.imei)).length;
    const place = this.#seen.plans.get(books.plan) ?? 0;
    const decide = (kind: Kind, operator: string, identifier: string, imei: string, lastSeen: string) => {
      const states = [...this.#directions.values()]
        .filter(
          (one) => one.kind === kind && earlier.has(one.batch) && (kind === 'reverify' || one.operator === operator),
        )
        .sort((a, b) => b.plan - a.plan)
        .flatMap((one) => {
          const { rows, closed } = one.at(place);
          const row = rows[one.rows.indexOf(identifier)];
          return row ? [{ id: one.id, operator: one.operator, ...row, open: !closed && isOpen(row) }] : [];
        });
      const open = states.find((row) => row.open && row.operator === operator);
      const recorded = states.filter((row) => row.at > 0).sort((a, b) => b.at - a.at)[0];
      let state = 'directed';
      if (open) state = 'alreadyOpen';
      else if (kind === 'block' && recorded?.outcome === 'blocked') state = 'alreadyBlocked';
      else if (recorded?.outcome === 'disconnected' && lastSeen <= recorded.on) state = 'alreadyDisconnected';
      const summary = operators[operator] as ReturnType<typeof noOperator>;
      const counts: Record<string, number> = kind === 'block' ? summary.blocks : summary.connections;
      sum(counts, kind === 'block' ? 'rows' : 'linked');
      sum(counts, state);
      const shown = kind === 'block' ? written(identifier) : identifier;
      if (state === 'directed') books.directed.push(`${kind},${operator},${shown},${written(imei)}`);
      else books.elsewhere.push(`${kind},${shown},${operator},${state},${(open ?? recorded)?.id}`);
    };
    for (const { msisdn, operator, imei, day } of newestSightings(this.#seen.uploads, at, handsets))
      decide('reverify', operator, msisdn, imei, day);
    for (const imei of handsets) for (const operator of OPERATORS) decide('block', operator, imei, imei, '');
    return { rows: lines.length, rejected, repeats: lines.length - rejected - handsets.size, handsets: handsets.size };
  }

  #everyRowOnce({ id, directed }: BatchBooks, own: Direction[]): void {
    const rows = own.flatMap((direction) => {
      const { kind, operator } = direction;
      const first = this.#firstOrder(direction);
      if (first === undefined) return direction.rows.map(written).map((imei) => `${kind},${operator},${imei},${imei}`);
      return linesOf(first).lines.map(
        ({ cells }) => `${kind},${operator},${cells?.msisdn ?? cells?.imei},${cells?.imei}`,
      );
    });
    this.#must(same(rows.sort(), directed.sort()), `${id}: every row is directed once, or stands elsewhere`);
  }

  // ----------------------------------------------------------------------------------------- what else was written

  #rejects(): void {
    for (const { key, text, at } of this.#seen.uploads) {
      const [place, who, name] = key.split('/');
      if (place !== 'usage' && place !== 'reports') continue;
      const { columns, lines } = linesOf(text);
      const required = place === 'usage' ? ['imei', 'msisdn', 'last_seen'] : ['imei'];
      const missing = required.find((column) => !columns.includes(column));
      const rejects = lines.flatMap(({ line, cells }) => {
        const reason = cells
          ? place === 'usage'
            ? usageReason(cells, at)
            : reasonIn(imeiIn(cells.imei))
          : 'wrong_cell_count';
        return reason === '' ? [] : [`${line},${reason}`];
      });
      // Of the uploads under one key the last one counts.
      this.#expected[`rejects/${who}/${name}`] = missing === undefined ? rejects : [`1,missing_column:${missing}`];
    }
  }

  /** The receipts of all responses: of those that were recorded, and of those refused whole. */
  #refusals(): void {
    for (const { key, text } of this.#seen.uploads) {
      const [place, operator, id = '', name = ''] = key.split('/');
      if (place !== 'responses') continue;
      const digest = sha256(text);
      const receipt = `receipts/${operator}/${id}/${name}.${digest.slice(0, 8)}.json`;
      const direction = this.#directions.get(id);
      const refused = (why: string) => ({
        sha256: digest,
        rows: 0,
        recorded: 0,
        alreadyRecorded: 0,
        rejected: {},
        rejects: [],
        refused: why,
      });
      const { columns } = linesOf(text);
      const missing = [direction?.kind === 'block' ? 'imei' : 'msisdn', 'outcome'].find(
        (column) => !columns.includes(column),
      );
      if (direction === undefined || direction.operator !== operator)
        this.#expected[receipt] = refused('unknown_direction');
      else if (missing !== undefined) this.#expected[receipt] = refused(`missing_column:${missing}`);
      else {
        const recorded = direction.recorded.get(digest);
        this.#must(recorded !== undefined, `${id}: every response is recorded`);
        if (recorded !== undefined) this.#expected[receipt] = recorded;
      }
    }
  }

  /** The outbox holds what must be there, and nothing else. */
  #outbox(): void {
    const { outbox } = this.#seen;
    const names = new Set(
      [...Object.keys(outbox), ...Object.keys(this.#expected)].map((key) =>
        key.replace(/^(revocations\/.*)\.(csv|json)$/, '$1'),
      ),
    );
    for (const name of names) {
      const [place = ''] = name.split('/');
      const expected = this.#expected[name];
      const text = outbox[place === 'revocations' ? `${name}.csv` : name];
      const where = name.replace(/^(\w+\/[^/]*\/[^/]*).*/, '$1');
      if (text === undefined && this.#notPublished.has(name)) continue;
      if (text === undefined || expected === undefined) {
        this.#must(false, `${text === undefined ? 'missing' : 'nobody asked for'} ${name}`);
        continue;
      }
      const lines = text.trimEnd().split('\n').slice(1);
      if (place === 'orders') {
        const rows = lines.map((line) => {
          const cells = line.split(',');
          return `${cells[0]},,${cells.at(-1)}`;
        });
        this.#must(
          same(rows, expected),
          `${where}: an order has the rows that were open when it was committed (${name.split('/').at(-1)})`,
        );
      } else if (place === 'rejects') {
        const rows = lines.map(cellsOf).map((cells) => `${cells[0]},${cells.at(-1)}`);
        this.#must(same(rows, expected), `${where}: every reject has its line and reason`);
      } else if (place === 'receipts') {
        const { file: _, ...receipt } = JSON.parse(text) as Record<string, unknown>;
        this.#must(same(receipt, expected), `${where}: a receipt says what was recorded (${name.split('/').at(-1)})`);
      } else if (place === 'revocations') {
        const rows = linesOf(text).lines.map(
          ({ cells }) => `${cells?.msisdn},${cells?.operator},${cells?.disconnected_on}`,
        );
        this.#must(same(rows, expected), `${where}: every disconnected number is revoked once`);
        const { payload } = JSON.parse(outbox[`${name}.json`] ?? '{}') as { payload?: { n: string }[] };
        this.#must(
          same(
            payload?.map(({ n }) => n),
            rows.map((row) => row.slice(3, 13)),
          ),
          `${where}: both forms of a list are there, and agree`,
        );
      } else if (place === 'previews') {
        if (!name.endsWith('.json')) continue;
        const { batchId, agency, file, sha256: digest, report, linked, held, operators } = JSON.parse(text);
        const byOperator = Object.fromEntries(
          Object.entries<{ linked: number }>(operators).map(([operator, { linked: own }]) => [operator, own]),
        );
        const said = { batchId, agency, file, sha256: digest, report, linked, held, operators: byOperator };
        this.#must(same(said, expected), `${where}: the preview says whom the batch reaches`);
      } else if (name.endsWith('elsewhere.csv')) {
        this.#must(same(lines, expected), `${where}: what stands elsewhere is named with its direction`);
      } else {
        this.#must(same(JSON.parse(text), expected), `${where}: the books say what the ledgers and the links say`);
      }
    }
  }

  // ---------------------------------------------------------------------------------------------------------- notices

  #notices(batches: Item[]): void {
    const { outbox, notices, patience } = this.#seen;
    // What takes service is told of by whoever puts it there, or not at all once its time has passed.
    const lasts = patience > DAY;
    const told = new Set<string>();
    for (const [queue, all] of Object.entries(notices))
      for (const notice of all) {
        const { kind, key, sha256: digest, size, operator, agency } = notice;
        const whose = kind === 'quarantined' ? String(key).split('/')[1] : (operator ?? agency);
        const own = queue === 'fraud-administrators' || queue.endsWith(`-${whose}`);
        this.#must(own, `${queue}: operators and agencies hear only of their own: ${kind}`);
        if (kind !== 'order' && kind !== 'receipt') {
          told.add(`${queue} ${kind} ${notice.batchId}`);
          continue;
        }
        told.add(`${key} ${digest}`);
        const text = outbox[String(key)] ?? '';
        const deadline = linesOf(text).lines[0]?.cells?.deadline;
        // One that was issued anew was told of with an earlier deadline, where noting that was what failed.
        const older = sha256(text) !== digest && String(notice.deadline) < String(deadline);
        if (notice.order === 'reverify' && older) continue;
        // A bar or a disconnection that was told of, and was issued anew when it was published again.
        if (sha256(text) !== digest && this.#replaced.get(String(key))?.has(digest)) continue;
        this.#must(
          sha256(text) === digest && Buffer.byteLength(text) === size,
          `${key}: what is told of is there, with those bytes`,
        );
        this.#must(String(key).split('/')[1] === operator, `${key}: it is told to its operator`);
        if (kind === 'order')
          this.#must(notice.deadline === deadline, `${key}: a deadline that is told is that of the order`);
      }
    for (const key of Object.keys(outbox))
      if (/^(orders|receipts)\//.test(key) && !this.#notPublished.has(key) && !(lasts && takesService(key)))
        this.#must(told.has(`${key} ${sha256(outbox[key] ?? '')}`), `${key}: it is told to its operator`);
    for (const { batchId, agency } of batches) {
      for (const kind of ['batch_registered', 'settled'])
        this.#must(told.has(`fraud-batches-${agency} ${kind} ${batchId}`), `${batchId}: its agency is told: ${kind}`);
      this.#must(
        told.has(`fraud-administrators settled ${batchId}`),
        `${batchId}: the administrators are told that it settled`,
      );
      const concerned = new Set(
        [...this.#directions.values()].filter(({ batch }) => batch === batchId).map(({ operator }) => operator),
      );
      for (const operator of concerned)
        this.#must(
          told.has(`fraud-directions-${operator} settled ${batchId}`),
          `${batchId}: its operators are told that it settled`,
        );
    }
  }

  /**
   * Nobody is barred who was not asked, and nobody is told what to do by a time that is past; in the order in which it was told.
   * What could not be told in time is told by the next sweep, and heard when its reader looks.
   */
  #ordersTold(): void {
    const told = new Set<string>();
    const asked = new Set<string>();
    for (const { kind, key, directionId, directionKind, order, deadline, heardAt } of Object.values(
      this.#seen.notices,
    ).flat()) {
      if (kind !== 'order' || told.has(String(key))) continue;
      told.add(String(key));
      const since = Date.parse(String(heardAt)) - LOOKS_EVERY - SWEEPS_EVERY;
      this.#must(since < Date.parse(String(deadline)), `${key}: no order is told of when its deadline has passed`);
      if (directionKind !== 'reverify') continue;
      for (const { cells } of linesOf(this.#seen.outbox[String(key)] ?? '').lines) {
        const row = `${directionId} ${cells?.msisdn}`;
        if (order === 'reverify') asked.add(row);
        this.#must(asked.has(row), `${directionId}: the first order of a row asks to re-verify it, and is no ${order}`);
      }
    }
  }

  /** Nothing waits, the turn to plan is free, and nothing was given up. */
  #atRest(): void {
    const { cases, running, failures } = this.#seen;
    const turn = cases.PLANNING;
    const holder = cases[`BATCH#${turn?.holder}`];
    const held = ['approved', 'planning'].includes(String(holder?.state)) && holder?.execution === turn?.execution;
    this.#must(!held, 'the turn to plan is free at the end');
    for (const name of running) this.#must(false, `an execution runs for ever: ${name}`);
    for (const failure of failures) this.#must(false, failure);
    // What fails in spite of all tries, people decide about.
    const told = JSON.stringify(this.#seen.notices['fraud-administrators']);
    for (const failure of this.#seen.excused) {
      const name = /\(([^()]*)\)$/.exec(failure)?.[1] ?? '';
      this.#must(told.includes(`:${name}"`), `nobody was told that ${failure}`);
    }
  }
}

const orderKeyOf = ({ operator, id }: Pick<Direction, 'operator' | 'id'>, { rung, order }: Item) =>
  `orders/${operator}/${id}/${rung}-${order}.csv`;
const failedKeyOf = ({ operator, id }: Direction, { sha256: digest }: Item) =>
  `orders/${operator}/${id}/failed-${String(digest).slice(0, 8)}-disconnect.csv`;

/** Orders that take service from whom they name. */
const TAKES_SERVICE = ['bar_outgoing', 'bar_incoming', 'disconnect'];

const takesService = (key: string) => TAKES_SERVICE.some((order) => key.endsWith(`-${order}.csv`));

/** Whether an order of a rung is one that was committed before, issued anew for fewer: its deadline stays. */
const isAnewOf = (order: Item, was: Item) =>
  TAKES_SERVICE.includes(String(order.order)) &&
  [order.rung, order.order, order.deadline].join() === [was.rung, was.order, was.deadline].join() &&
  Number(order.rows) < Number(was.rows) &&
  order.firstVersion === (was.firstVersion ?? was.version);

/** Whether a recorded file's disconnect order alone has changed, to one for fewer with the same deadline. */
function isFailedAnewOf(file: Item, was: Item | undefined): boolean {
  const [now, before] = [file.failedOrder, was?.failedOrder] as (Item | undefined)[];
  if (now === undefined || before === undefined || same(now, before)) return false;
  return (
    same({ ...file, failedOrder: before }, was) &&
    now.deadline === before.deadline &&
    Number(now.rows) < Number(before.rows)
  );
}

const isOpen = ({ outcome }: Row) => outcome === 'open' || outcome === 'failed';

/** With the fields of all objects in one order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const reasonIn = (parsed: object): string => ('reason' in parsed ? String(parsed.reason) : '');

/** Why a row of usage can't be taken; '' where it can. */
function usageReason(cells: Record<string, string>, at: number): string {
  const day = cells.last_seen ?? '';
  const identifiers = reasonIn(imeiIn(cells.imei)) || reasonIn(msisdnIn(cells.msisdn));
  if (identifiers !== '') return identifiers;
  if (day === '') return 'missing_last_seen';
  return isDay(day) && day <= dayAt(at) ? '' : 'bad_date';
}

interface Sighting {
  msisdn: string;
  imei: string;
  operator: string;
  day: string;
}

/** The handsets that a report names. */
function handsetsIn(text: string): Set<string> {
  const handsets = new Set<string>();
  for (const { cells } of linesOf(text).lines) {
    const imei = cells ? imeiIn(cells.imei) : { reason: '' };
    if ('imei' in imei) handsets.add(imei.imei);
  }
  return handsets;
}

/** Each number's newest sighting with one of these handsets in the look-back window of a report that was uploaded at `at`. */
export function newestSightings(uploads: readonly Upload[], at: number, handsets: Set<string>): Sighting[] {
  const newest = new Map<string, Sighting>();
  const [from, to] = [daysBefore(dayAt(at), LOOK_BACK), dayAt(at)];
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const links = uploads
    .filter((upload) => upload.key.startsWith('usage/') && upload.at < at)
    .flatMap(({ key, text, at: uploaded }) =>
      linesOf(text).lines.flatMap(({ cells }): Sighting[] => {
        if (!cells || usageReason(cells, uploaded) !== '') return [];
        const { imei = '' } = imeiIn(cells.imei) as { imei?: string };
        const { msisdn = '' } = msisdnIn(cells.msisdn) as { msisdn?: string };
        return [{ imei, msisdn, operator: key.split('/')[1] ?? '', day: cells.last_seen ?? '' }];
      }),
    )
    .filter(({ imei, day }) => handsets.has(imei) && day >= from && day <= to)
    .sort((a, b) => order(a.day, b.day) || order(b.operator, a.operator) || order(b.imei, a.imei));
  for (const link of links) newest.set(link.msisdn, link);
  return [...newest.values()];
}
