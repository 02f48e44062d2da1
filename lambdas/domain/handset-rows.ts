/**
 * What became of each handset of a report: the numbers that were seen in it, how their directions ended, and where it was blocked. Links
 * and outcomes come in any order, some millions of each, and are kept in eight bytes: they are joined when both are sorted.
 */
import { csvLine, outside } from './csv-line.ts';
import { type Day, dayOf, type Instant } from './days.ts';
import { type Imei, imeiOfNumber, type Msisdn, type OperatorId } from './identifiers.ts';
import { imeiOut } from './imeis.ts';
import type { AlreadyState, ClaimState, LeftOut } from './kinds.ts';
import type { Outcome } from './outcome-rules.ts';
import { code, OUTCOME_MASK } from './outcomes.ts';
import { BadWorkLine } from './tabbed.ts';
import type { HeldWhy } from './weighing.ts';

const FIRST_ROOM = 1024;
/** A number's ten digits take 34 bits, which leaves 30 for what is known of it. */
const MOST_VALUES = 2 ** 30;
const VALUE_MASK = MOST_VALUES - 1;

/** Numbers, each with a small value beside it, sorted by both and each pair once. */
class Pairs {
  #words = new BigUint64Array(FIRST_ROOM);
  #halves = new Uint32Array(this.#words.buffer);
  #taken = 0;

  add(msisdn: Msisdn, value: number): void {
    if (this.#taken === this.#words.length) this.#makeRoom();
    const number = Number(msisdn.slice('+91'.length));
    // The lower half of a word comes first: every machine that runs this is little-endian.
    this.#halves[2 * this.#taken] = ((number & 3) << 30) | value;
    this.#halves[2 * this.#taken + 1] = Math.floor(number / 4);
    this.#taken += 1;
  }

  /** Sorts them. @returns how many they are */
  sort(): number {
    this.#words.subarray(0, this.#taken).sort();
    const taken = this.#taken;
    this.#taken = 0;
    for (let n = 0; n < taken; n++) {
      const word = this.#words[n] ?? 0n;
      if (this.#taken === 0 || this.#words[this.#taken - 1] !== word) this.#words[this.#taken++] = word;
    }
    return this.#taken;
  }

  numberAt(n: number): number {
    return (this.#halves[2 * n + 1] ?? 0) * 4 + ((this.#halves[2 * n] ?? 0) >>> 30);
  }

  valueAt(n: number): number {
    return (this.#halves[2 * n] ?? 0) & VALUE_MASK;
  }

  /** Repeats are taken out first. */
  #makeRoom(): void {
    if (this.sort() <= this.#words.length / 2) return;
    const larger = new BigUint64Array(this.#words.length * 2);
    larger.set(this.#words.subarray(0, this.#taken));
    this.#words = larger;
    this.#halves = new Uint32Array(larger.buffer);
  }
}

/** The outcomes that numbers may end with; the last place counts numbers without a row in the batch. */
const COUNTED = [
  'verified',
  'disconnected',
  'not_found',
  'overdue',
  'surrendered',
  'ported',
  'extended',
  'reissued',
  'withdrawn',
  'notDirected',
] as const;
type Counted = (typeof COUNTED)[number];

/** The outcomes that have a column; the remark tells the others. */
const COLUMNS = ['verified', 'disconnected', 'not_found', 'overdue'] as const satisfies readonly Counted[];

/** A failed row counts as overdue, since the books are made when its ladder is over. */
const placeOfCode = new Map<number, number>([
  ...COUNTED.flatMap((name, place): [number, number][] => (name === 'notDirected' ? [] : [[code[name], place]])),
  [code.failed, COUNTED.indexOf('overdue')],
  [code.open, COUNTED.indexOf('overdue')],
]);
const NOT_DIRECTED = COUNTED.indexOf('notDirected');

/** Beside its code, what is kept of a number's outcome: that it was taken back before the books were made. */
const TAKEN_BACK = OUTCOME_MASK + 1;
/** The outcomes of numbers without service, or to be: whoever was answered for otherwise has nothing to get back. */
const WITHOUT_SERVICE: ReadonlySet<Outcome> = new Set<Outcome>([
  'disconnected',
  'surrendered',
  'overdue',
  'open',
  'failed',
]);

/** What became of a handset at an operator: how its block ended and since when, or why it wasn't directed there. */
interface AtOperator {
  readonly state: Outcome | Exclude<ClaimState, 'directed'>;
  readonly on: Day | null;
  /** Whether the block was taken back before the books were made. */
  readonly isReversed: boolean;
}

/** A block that stood from an earlier direction when this batch began, which knows no day of it. */
const EARLIER = 'earlier';

/** The remark's words for a block that has no place in `blocked_at`. People leave a handset out at all operators. */
const AT_OPERATORS = {
  not_found: 'handset not found at',
  overdue: 'block overdue at',
  open: 'block overdue at',
  withdrawn: 'block withdrawn at',
  // That batch goes on, and may have ended it long before this one settles.
  alreadyOpen: 'when this batch began its block was open in another one at',
} as const satisfies Partial<Record<Outcome | AlreadyState, string>>;
const AT_ALL = {
  struck: 'left out by an approver',
  held: 'not blocked since it is held',
  exempt: 'exempt',
  reversed: 'taken back before',
} as const satisfies Record<LeftOut | 'reversed', string>;

/** The remark's words for what became of numbers that have no column. */
const NUMBERS = {
  surrendered: 'surrendered',
  ported: 'ported',
  extended: 'extended',
  reissued: 'reissued',
  withdrawn: 'withdrawn',
  notDirected: 'not directed',
} as const satisfies Record<Exclude<Counted, (typeof COLUMNS)[number]>, string>;

/** Joins what is known of a report's handsets. */
export class HandsetRows {
  readonly #imeis: Float64Array;
  readonly #links = new Pairs();
  readonly #outcomes = new Pairs();
  readonly #blocks: Map<OperatorId, AtOperator>[];

  /** @param imeis the report's, ascending, each once */
  constructor(imeis: readonly Imei[]) {
    if (imeis.length > MOST_VALUES) throw new RangeError(`a report has ${MOST_VALUES} handsets at most`);
    this.#imeis = Float64Array.from(imeis, Number);
    this.#blocks = imeis.map(() => new Map());
  }

  /** Whether the report names this handset. */
  has(imei: Imei): boolean {
    return this.#imeis[this.#find(imei)] === Number(imei);
  }

  /**
   * Notes that a number was seen in a handset of the report; the same again changes nothing.
   * @throws BadWorkLine for a handset that the report doesn't name
   */
  link(imei: Imei, msisdn: Msisdn): void {
    this.#links.add(msisdn, this.#placeOf(imei));
  }

  /** Notes how the batch's row of a number ended, and whether it was taken back. */
  connection(
    msisdn: Msisdn,
    outcome: Outcome,
    { isReversed = false }: Partial<Pick<AtOperator, 'isReversed'>> = {},
  ): void {
    const isBack = isReversed && WITHOUT_SERVICE.has(outcome);
    this.#outcomes.add(msisdn, code[outcome] | (isBack ? TAKEN_BACK : 0));
  }

  /**
   * Notes how a handset's block ended at an operator, on which day, and whether it was taken back, or why the batch didn't direct it there.
   * @throws BadWorkLine for a handset that the report doesn't name
   */
  block(
    imei: Imei,
    operator: OperatorId,
    state: AtOperator['state'],
    { on = null, isReversed = false }: Partial<Omit<AtOperator, 'state'>> = {},
  ): void {
    this.#blocks[this.#placeOf(imei)]?.set(operator, { state, on, isReversed });
  }

  /** `handsets.csv`, a line for each handset, by IMEI. */
  *csv(about: About): Generator<string> {
    yield csvLine(['imei', 'case_ref', 'connections', ...COLUMNS, 'blocked_at', 'held', 'remark']);
    const counts = about.usage === null ? null : this.#counts();
    for (const [place, number] of this.#imeis.entries()) {
      const imei = imeiOfNumber(number);
      const own = counts?.subarray(place * WIDTH, (place + 1) * WIDTH);
      const countOf = (name: Counted) => own?.[1 + COUNTED.indexOf(name)] ?? 0;
      const blocks = [...(this.#blocks[place] ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      yield csvLine([
        imeiOut(imei),
        outside(about.caseRefs.get(imei) ?? ''),
        own === undefined ? '' : String(own[0]),
        ...COLUMNS.map((name) => (own === undefined ? '' : String(countOf(name)))),
        blockedAt(blocks),
        about.held.get(imei) ?? '',
        [
          ...usageRemark(own?.[0], about.usage),
          ...numberRemarks(countOf),
          ...(own?.[BACK] ? [`${own[BACK]} taken back since`] : []),
          ...blockRemarks(blocks),
        ].join('; '),
      ]);
    }
  }

  /** The counts of each handset: the numbers seen in it, those with each outcome, and those that were taken back. */
  #counts(): Uint32Array {
    const counts = new Uint32Array(this.#imeis.length * WIDTH);
    const [links, outcomes] = [this.#links.sort(), this.#outcomes.sort()];
    let at = 0;
    for (let n = 0; n < links; n++) {
      const number = this.#links.numberAt(n);
      while (at < outcomes && this.#outcomes.numberAt(at) < number) at++;
      const isDirected = at < outcomes && this.#outcomes.numberAt(at) === number;
      const outcome = isDirected ? this.#outcomes.valueAt(at) : undefined;
      const counted = outcome === undefined ? undefined : placeOfCode.get(outcome & OUTCOME_MASK);
      const start = this.#links.valueAt(n) * WIDTH;
      const places = [start, start + 1 + (counted ?? NOT_DIRECTED)];
      if (outcome !== undefined && outcome >= TAKEN_BACK) places.push(start + BACK);
      for (const place of places) counts[place] = (counts[place] ?? 0) + 1;
    }
    return counts;
  }

  #placeOf(imei: Imei): number {
    const place = this.#find(imei);
    if (this.#imeis[place] !== Number(imei)) throw new BadWorkLine("a link's handset is one of the report's");
    return place;
  }

  /** The place where a handset stands among the report's, or would stand. */
  #find(imei: Imei): number {
    const number = Number(imei);
    let [from, to] = [0, this.#imeis.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#imeis[middle] ?? 0) < number) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** The place, among a handset's counts, of those that were taken back. */
const BACK = 1 + COUNTED.length;
const WIDTH = BACK + 1;

/** What is known of a report beside links and directions. */
export interface About {
  /** The agency's name for each handset's case; a handset without one has no entry. */
  readonly caseRefs: ReadonlyMap<Imei, string>;
  readonly held: ReadonlyMap<Imei, HeldWhy>;
  /** Null for a batch whose links were not kept: nothing is counted. */
  readonly usage: Usage | null;
}

/** The operators whose usage a batch's links are from. */
export interface Usage {
  /** The first day of the look-back. */
  readonly since: Day;
  /** The operators of the batch; those that sent no usage since that day; and those of them whose files are held up at the gate. */
  readonly operators: readonly OperatorId[];
  readonly silent: readonly OperatorId[];
  readonly gated: readonly OperatorId[];
}

/**
 * The operators whose usage came since the look-back began.
 * @param usage when each operator's usage was imported last, and how many of its files are held up, as of before the batch's links were
 * read
 */
export function usageOf(
  since: Day,
  operators: readonly OperatorId[],
  usage: Readonly<Record<string, { readonly latestImport: Instant | null; readonly gated: number }>>,
): Usage {
  const silent = operators.filter((operator) => {
    const latest = usage[operator]?.latestImport ?? null;
    return latest === null || dayOf(latest) < since;
  });
  const gated = silent.filter((operator) => (usage[operator]?.gated ?? 0) > 0);
  return { since, operators: [...operators].sort(), silent: silent.sort(), gated };
}

function usageRemark(connections: number | undefined, usage: Usage | null): string[] {
  if (usage === null || connections === undefined) return ['not counted: no list of its links is kept'];
  if (connections > 0) return [];
  const { since, silent, gated, operators } = usage;
  if (silent.length === 0) return [`no number was seen in it since ${since}`];
  const held = gated.length === 0 ? [] : [`usage of ${gated.join(' and ')} is held up`];
  if (silent.length === operators.length) return [`no usage from any operator since ${since}`, ...held];
  return [`no usage from ${silent.join(' and ')} since ${since}`, ...held, 'no number was seen in it by the others'];
}

function numberRemarks(countOf: (name: Counted) => number): string[] {
  return Object.entries(NUMBERS).flatMap(([name, words]) => {
    const count = countOf(name as Counted);
    return count === 0 ? [] : `${count} ${words}`;
  });
}

type Blocks = readonly (readonly [OperatorId, AtOperator])[];

function blockedAt(blocks: Blocks): string {
  return blocks
    .flatMap(([operator, { state, on }]) => {
      if (state === 'blocked') return `${operator}:${on ?? EARLIER}`;
      return state === 'alreadyBlocked' ? `${operator}:${EARLIER}` : [];
    })
    .join(' ');
}

function blockRemarks(blocks: Blocks): string[] {
  // A block that was taken back is owed no more, however it had ended; an operator that doesn't find the handset has nothing to end.
  const isBack = ({ state, isReversed }: AtOperator) => isReversed && ['blocked', 'overdue', 'open'].includes(state);
  const at = (state: string) =>
    blocks.flatMap(([operator, own]) => (own.state === state && !isBack(own) ? operator : []));
  const whole = Object.entries(AT_ALL).flatMap(([state, words]) => (at(state).length > 0 ? words : []));
  const some = Object.entries(AT_OPERATORS).flatMap(([state, words]) => {
    const operators = at(state);
    return operators.length > 0 ? `${words} ${operators.join(' and ')}` : [];
  });
  const back = blocks.flatMap(([operator, own]) => (isBack(own) ? operator : []));
  return [...whole, ...some, ...(back.length > 0 ? [`block taken back since at ${back.join(' and ')}`] : [])];
}
