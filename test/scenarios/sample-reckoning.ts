/**
 * A second reckoning of a run, as simple as can be and without a line of the system's: it reads what was uploaded, in the
 * order and at the instants of the uploads, and works out from formats.md what must come of it. Of what the system wrote it
 * takes only one thing: which row stands in which direction, from the first order of each.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DAY = 86_400_000;
/** Days of the rungs, as design.md has the flagged ladder. */
export const LADDERS = {
  block: [
    ['block', 1],
    ['block', 1],
  ],
  reverify: [
    ['reverify', 5],
    ['bar_outgoing', 5],
    ['bar_incoming', 5],
    ['disconnect', 1],
  ],
} as const;
/** What may be answered to each kind of direction. */
export const ANSWERS = {
  block: ['blocked', 'not_found'],
  reverify: ['verified', 'failed', 'disconnected', 'not_found', 'surrendered'],
};

export type Kind = 'block' | 'reverify';

/** An upload: its key in the inbox, and when (epoch milliseconds). */
export interface Upload {
  key: string;
  at: number;
}

interface Row {
  direction: string;
  kind: Kind;
  operator: string;
  identifier: string;
  /** The day of a number's newest sighting; of a handset ''. */
  lastSeen: string;
  /** Open until somebody answers. */
  outcome: string;
  on: string;
  /** When the outcome was recorded. */
  at: number;
  /** When the row was said to have failed. */
  failedAt: number;
  /** When the row's terminal outcome was recorded. */
  terminalAt: number;
}

interface Batch {
  id: string;
  at: number;
  settled: boolean;
  summary: Record<string, unknown>;
  /** What was decided to be directed: `kind,operator,identifier,imei`, sorted. */
  directed: string[];
  /** The day of each directed number's newest sighting. */
  lastSeen: Map<string, string>;
  elsewhere: string[];
}

interface Line {
  line: number;
  /** Cells by column; without them a row has more or fewer cells than the header. */
  cells?: Record<string, string>;
}

export const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
export const instant = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');
/** The day in India. */
export const dayAt = (at: number) => new Date(at + 5.5 * 3_600_000).toISOString().slice(0, 10);
export const daysBefore = (day: string, days: number) =>
  new Date(Date.parse(day) - days * DAY).toISOString().slice(0, 10);
export const isDay = (text: string) =>
  /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00Z`).toString() !== 'Invalid Date'
    ? new Date(`${text}T00:00Z`).toISOString().startsWith(text)
    : false;

/** The cells of one line; nobody in the sample writes a line break into a cell. */
export const cellsOf = (line: string) =>
  [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = '']) =>
    (quoted?.replaceAll('""', '"') ?? plain).trim(),
  );

export function linesOf(text: string): { columns: string[]; lines: Line[] } {
  const [header = '', ...rest] = text.replace('\uFEFF', '').split(/\r?\n/);
  const columns = cellsOf(header).map((name) => name.toLowerCase());
  const lines = rest.flatMap((content, n): Line[] => {
    if (content === '') return [];
    const cells = cellsOf(content);
    if (cells.length !== columns.length) return [{ line: n + 2 }];
    return [{ line: n + 2, cells: Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? ''])) }];
  });
  return { columns, lines };
}

function luhn(digits: string): string {
  let sum = 0;
  for (const [i, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return String((10 - (sum % 10)) % 10);
}
export const written = (imei: string) => imei + luhn(imei);

/** An IMEI's 14 digits, or why it is none; what a handset sent in usage may end as it likes. */
export function imeiIn(cell = '', sent = false): { imei: string } | { reason: string } {
  const digits = cell.replace(/[ \-/.]/g, '');
  if (digits === '') return { reason: 'missing_imei' };
  if (!/^\d+$/.test(digits)) return { reason: 'not_digits' };
  if (digits.length < 14 || digits.length > 16) return { reason: 'wrong_length' };
  const imei = digits.slice(0, 14);
  if (digits.length === 15 && !sent && !['0', luhn(imei)].includes(digits.slice(14)))
    return { reason: 'check_digit_mismatch' };
  return /^(\d)\1*$/.test(imei) ? { reason: 'not_a_device' } : { imei };
}

/** A number in E.164, or why it is none. */
export function msisdnIn(cell = ''): { msisdn: string } | { reason: string } {
  if (cell === '') return { reason: 'missing_msisdn' };
  const number = /^(?:\+91|91|0)?([6-9]\d{9})$/.exec(cell)?.[1];
  return number === undefined ? { reason: 'bad_msisdn' } : { msisdn: `+91${number}` };
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
  /** Receipts by their keys in the outbox. */
  readonly receipts: Record<string, unknown> = {};
  /** `line,reason` of each reject, by the reject file's key. */
  readonly rejects: Record<string, string[]> = {};
  /** Identifiers in each order, by its key. */
  readonly orders: Record<string, string[]> = {};
  /** `msisdn,operator,disconnected_on` of each revocation, by its list's key. */
  readonly revocations: Record<string, string[]> = {};
  readonly #folder: string;
  readonly #operators: string[];
  readonly #links = new Map<string, { imei: string; msisdn: string; day: string; operator: string }>();
  readonly #rows: Row[] = [];
  /** Rows by kind, identifier and, for a handset, operator. */
  readonly #known = new Map<string, Row[]>();
  readonly #byDirection = new Map<string, Map<string, Row>>();
  readonly #imports: Record<string, string> = {};
  /** The receipt of each file that was recorded: the same bytes again get the same one. */
  readonly #recorded = new Map<string, unknown>();

  /** @param folder where a run left its inbox and outbox */
  constructor(folder: string, operators: string[], uploads: Upload[]) {
    this.#folder = folder;
    this.#operators = operators;
    for (const { key, at } of uploads) {
      this.#settleUntil(at);
      const bytes = readFileSync(join(folder, 'inbox', key));
      const [place, who = '', direction = ''] = key.split('/');
      if (place === 'usage') this.#usage(who, key, bytes.toString(), at);
      if (place === 'reports') this.#report(who, key, bytes.toString(), at);
      if (place === 'responses') this.#response(who, direction, key, bytes.toString(), at);
    }
    this.#settleUntil(Number.POSITIVE_INFINITY);
    for (const batch of this.batches) this.#laterOrders(batch);
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

  #report(agency: string, key: string, text: string, at: number): void {
    const handsets = new Set<string>();
    const rejects: string[] = [];
    const { lines } = linesOf(text);
    for (const { line, cells } of lines) {
      const imei = cells ? imeiIn(cells.imei) : { reason: 'wrong_cell_count' };
      if ('reason' in imei) rejects.push(`${line},${imei.reason}`);
      else handsets.add(imei.imei);
    }
    this.rejects[`rejects/${agency}/${key.split('/').at(-1)}`] = rejects;

    const newest = new Map<string, { imei: string; msisdn: string; day: string; operator: string }>();
    const from = daysBefore(dayAt(at), 180);
    // Oldest first, then the operator's id descending, then the highest IMEI: whoever comes last is the newest.
    const inWindow = [...this.#links.values()]
      .filter(({ imei, day }) => handsets.has(imei) && day >= from && day <= dayAt(at))
      .sort((a, b) => order(a.day, b.day) || order(b.operator, a.operator) || order(b.imei, a.imei));
    for (const link of inWindow) newest.set(link.msisdn, link);
    // Nobody says anything of handsets that look cloned: they are spared, and so are numbers that were seen on such alone.
    const held = heldAmong(inWindow);
    const actedUpon = new Map<string, string>();
    for (const { msisdn, imei } of inWindow) if (!held.has(imei)) actedUpon.set(msisdn, imei);

    const rejected = rejects.length;
    const batch: Batch = {
      id: `${agency}-${sha256(text).slice(0, 12)}`,
      at,
      settled: false,
      summary: {},
      directed: [],
      lastSeen: new Map(),
      elsewhere: [],
    };
    const operators = Object.fromEntries(
      this.#operators.map((operator) => [operator, noOperator(this.#imports[operator])]),
    );
    for (const { msisdn, operator, day } of newest.values()) {
      const imei = actedUpon.get(msisdn);
      this.#decide(batch, 'reverify', operator, msisdn, imei, day, operators[operator]?.connections ?? {});
    }
    for (const imei of handsets)
      for (const operator of this.#operators) {
        const acted = held.has(imei) ? undefined : imei;
        this.#decide(batch, 'block', operator, imei, acted, '', operators[operator]?.blocks ?? {});
      }
    batch.summary = {
      batchId: batch.id,
      agency,
      file: key,
      report: {
        rows: lines.length,
        rejected,
        repeats: lines.length - rejected - handsets.size,
        handsets: handsets.size,
      },
      operators,
      startedAt: instant(at),
    };
    batch.directed.sort();
    batch.elsewhere.sort();
    this.batches.push(batch);
    this.#readDirections(batch);
  }

  #decide(
    batch: Batch,
    kind: Kind,
    operator: string,
    identifier: string,
    /** The handset on account of which it is directed; none where it is held. */
    imei: string | undefined,
    lastSeen: string,
    counts: Record<string, number>,
  ): void {
    const shown = kind === 'block' ? written(identifier) : identifier;
    const earlier = this.#known.get(knownAs(kind, operator, identifier)) ?? [];
    const open = earlier.find((row) => row.operator === operator && this.#isOpen(row, batch.at));
    const [recorded] = earlier.filter(({ at }) => at > 0).sort((a, b) => b.at - a.at);
    const all = kind === 'block' ? 'rows' : 'linked';
    let state = 'directed';
    if (imei === undefined) state = 'held';
    else if (open) state = 'alreadyOpen';
    else if (recorded?.outcome === 'blocked') state = 'alreadyBlocked';
    else if (recorded?.outcome === 'disconnected' && lastSeen <= recorded.on) state = 'alreadyDisconnected';
    else if (recorded?.outcome === 'verified' && lastSeen <= recorded.on) state = 'alreadyVerified';
    counts[all] = (counts[all] ?? 0) + 1;
    counts[state] = (counts[state] ?? 0) + 1;
    if (imei === undefined) batch.elsewhere.push(`${kind},${shown},${operator},held,`);
    else if (state === 'directed') {
      batch.directed.push(`${kind},${operator},${shown},${written(imei)}`);
      if (kind === 'reverify') batch.lastSeen.set(identifier, lastSeen);
    } else batch.elsewhere.push(`${kind},${shown},${operator},${state},${(open ?? recorded)?.direction}`);
  }

  /** Which row stands in which direction: the one thing that only the system can say. */
  #readDirections(batch: Batch): void {
    for (const operator of this.#operators)
      for (const direction of readdirSync(join(this.#folder, 'outbox/orders', operator))) {
        if (!direction.startsWith(`${batch.id}.`)) continue;
        const kind = direction.split('.')[1] as Kind;
        const key = `orders/${operator}/${direction}/1-${kind}.csv`;
        const rows = new Map<string, Row>();
        for (const { cells } of linesOf(readFileSync(join(this.#folder, 'outbox', key), 'utf8')).lines) {
          const identifier = kind === 'block' ? (cells?.imei ?? '').slice(0, 14) : (cells?.msisdn ?? '');
          const lastSeen = (kind === 'reverify' && batch.lastSeen.get(identifier)) || '';
          const answer = { outcome: 'open', on: '', at: 0, failedAt: Infinity, terminalAt: Infinity };
          const row = { direction, kind, operator, identifier, lastSeen, ...answer };
          rows.set(identifier, row);
          this.#rows.push(row);
          const known = this.#known.get(knownAs(kind, operator, identifier)) ?? [];
          this.#known.set(knownAs(kind, operator, identifier), [...known, row]);
        }
        this.#byDirection.set(direction, rows);
      }
  }

  #batchOf(direction: string): Batch {
    const batch = this.batches.find(({ id }) => direction.startsWith(`${id}.`));
    if (!batch) throw new Error(`${direction} belongs to no batch`);
    return batch;
  }

  #isOpen({ direction, kind, outcome }: Row, at: number): boolean {
    return ['open', 'failed'].includes(outcome) && at < this.#batchOf(direction).at + lasts(kind);
  }

  #response(operator: string, direction: string, key: string, text: string, at: number): void {
    const name = key.split('/').at(-1) ?? '';
    const digest = sha256(text);
    const place = `receipts/${operator}/${direction}/${name}.${digest.slice(0, 8)}.json`;
    const receipt = { file: name, sha256: digest, rows: 0, recorded: 0, alreadyRecorded: 0, rejected: {}, rejects: [] };
    const rows = this.#byDirection.get(direction);
    if (rows === undefined) {
      this.receipts[place] = { ...receipt, refused: 'unknown_direction' };
      return;
    }
    const kind = direction.split('.')[1] as Kind;
    const column = kind === 'block' ? 'imei' : 'msisdn';
    const { columns, lines } = linesOf(text);
    const missing = [column, 'outcome'].find((required) => !columns.includes(required));
    if (missing !== undefined) {
      this.receipts[place] = { ...receipt, refused: `missing_column:${missing}` };
      return;
    }
    const before = this.#recorded.get(`${direction} ${digest}`);
    if (before !== undefined) {
      this.receipts[place] = before;
      return;
    }

    const ended = at >= this.#batchOf(direction).at + lasts(kind);
    const rejects: { line: number; reason: string }[] = [];
    const failed = new Set<Row>();
    const disconnected = new Set<Row>();
    const givenBack = new Set<Row>();
    const barredFrom = this.#batchOf(direction).at + LADDERS.reverify[0][1] * DAY;
    let recorded = 0;
    let alreadyRecorded = 0;
    for (const { line, cells } of lines) {
      const identifier = kind === 'block' ? imeiIn(cells?.imei) : msisdnIn(cells?.msisdn);
      const row = 'reason' in identifier ? undefined : rows.get(Object.values(identifier)[0] ?? '');
      const outcome = cells?.outcome ?? '';
      const on = cells?.occurred_on || dayAt(at);
      const reject = (reason: string) => rejects.push({ line, reason });
      if (!cells) reject('wrong_cell_count');
      else if ('reason' in identifier) reject(identifier.reason);
      else if (!row) reject('not_in_direction');
      else if (!ANSWERS[kind].includes(outcome)) reject('unknown_outcome');
      else if (!isDay(on) || on > dayAt(at)) reject('bad_date');
      else if (outcome === 'disconnected' && on < row.lastSeen) reject('before_sighting');
      else if (row.outcome === 'open' || (row.outcome === 'failed' && (ended || outcome !== 'failed'))) {
        // Who had failed was ordered to be disconnected at once, or barred before.
        if (outcome === 'verified' && (row.outcome === 'failed' || at > barredFrom)) givenBack.add(row);
        Object.assign(row, { outcome, on, at });
        if (outcome === 'failed') row.failedAt = at;
        else row.terminalAt = at;
        recorded++;
        failed.delete(row);
        if (outcome === 'failed') failed.add(row);
        if (outcome === 'disconnected') disconnected.add(row);
      } else if (row.outcome === outcome || (row.outcome === 'disconnected' && outcome === 'failed')) alreadyRecorded++;
      else reject('conflicts_with_recorded');
    }
    const rejected: Record<string, number> = {};
    for (const { reason } of rejects) rejected[reason] = (rejected[reason] ?? 0) + 1;
    const done = { ...receipt, rows: lines.length, recorded, alreadyRecorded, rejected, rejects, refused: null };
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
    const batch = this.#batchOf(direction);
    if (batch.settled && disconnected.size > 0)
      this.revocations[`revocations/${dayAt(at)}/${batch.id}.late-${digest.slice(0, 8)}`] = revoked([...disconnected]);
  }

  #settleUntil(at: number): void {
    for (const batch of this.batches) {
      const end = batch.at + lasts('reverify');
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
        own.filter(({ outcome }) => outcome === 'disconnected'),
      );
    }
  }

  /** Rung by rung: the rows without an outcome at the instant when the rung before it ended; and to be disconnected, the failed ones. */
  #laterOrders({ id, at }: Batch): void {
    for (const [direction, rows] of this.#byDirection) {
      if (!direction.startsWith(`${id}.`)) continue;
      const [, kind = '', operator] = direction.split('.');
      let issued = at;
      for (const [n, [name, days]] of LADDERS[kind as Kind].entries()) {
        const open = [...rows.values()].filter(
          ({ failedAt, terminalAt }) => terminalAt > issued && (failedAt > issued || name === 'disconnect'),
        );
        if (open.length > 0) this.orders[`orders/${operator}/${direction}/${n + 1}-${name}.csv`] = identifiersOf(open);
        issued += days * DAY;
      }
    }
  }
}

const lasts = (kind: Kind) => LADDERS[kind].reduce((sum, [, days]) => sum + days * DAY, 0);
const knownAs = (kind: Kind, operator: string, identifier: string) =>
  kind === 'block' ? `${identifier} ${operator}` : identifier;
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const identifiersOf = (rows: Row[]) =>
  rows.map(({ kind, identifier }) => (kind === 'block' ? written(identifier) : identifier)).sort();
const revoked = (rows: Row[]) => rows.map(({ identifier, operator, on }) => `${identifier},${operator},${on}`).sort();
/** An operator's part of a summary, before anything is counted. */
export const noOperator = (latestImport?: string) => ({
  directions: 0,
  overdueDirections: 0,
  latestImport: latestImport ?? null,
  connections: {
    linked: 0,
    struck: 0,
    held: 0,
    exempt: 0,
    reversed: 0,
    reissuedBefore: 0,
    alreadyOpen: 0,
    alreadyDisconnected: 0,
    alreadyVerified: 0,
    directed: 0,
    verified: 0,
    disconnected: 0,
    surrendered: 0,
    notFound: 0,
    ported: 0,
    extended: 0,
    reissued: 0,
    withdrawn: 0,
    overdue: 0,
    overdueFailed: 0,
  } as Record<string, number>,
  blocks: {
    rows: 0,
    struck: 0,
    held: 0,
    exempt: 0,
    reversed: 0,
    alreadyOpen: 0,
    alreadyBlocked: 0,
    directed: 0,
    blocked: 0,
    notFound: 0,
    withdrawn: 0,
    overdue: 0,
  } as Record<string, number>,
});
