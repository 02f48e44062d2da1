/** The numbers whose connections ended in a batch, those that were withdrawn, and the lists of them that are published. */
import * as z from 'zod';
import { APPEAL_GROUNDS } from './appeals.ts';
import { csvLine, outside } from './csv-line.ts';
import type { Day } from './days.ts';
import { type Msisdn, msisdnOfNumber, type OperatorId } from './identifiers.ts';
import { REVOCATION_REASONS, type RevocationReason } from './outcome-rules.ts';
import { fields, formOf, unchanged } from './stored.ts';

/** A number that an operator disconnected, or that was surrendered, as it is published for banks and platforms. */
export interface Revocation {
  readonly msisdn: Msisdn;
  readonly operator: OperatorId;
  /** The service area of the newest sighting, as the operator wrote it; '' if it didn't. */
  readonly lsa: string;
  readonly disconnectedOn: Day;
  readonly reason: RevocationReason;
}

/** Before a connection could be surrendered, every revoked one was disconnected. */
function allDisconnected({ revocations, ...content }: Record<string, unknown>): Record<string, unknown> {
  const rows = revocations as readonly object[];
  return { ...content, revocations: rows.map((row) => ({ ...row, reason: 'linked_to_reported_handset' })) };
}

/** The numbers that a late answer disconnected, as they lie in the work bucket until their list is published. */
export const lateListForm = formOf<{ revocations: readonly Revocation[] }>(
  'list of late revocations',
  2,
  z.strictObject({
    revocations: z.array(
      z.strictObject({
        msisdn: fields.msisdn,
        operator: fields.operator,
        lsa: z.string(),
        disconnectedOn: fields.day,
        reason: z.enum(REVOCATION_REASONS),
      }),
    ),
  }),
  { 1: allDisconnected },
);

/** The grounds on which a number is withdrawn from every list. */
export const WITHDRAWAL_GROUNDS = [...APPEAL_GROUNDS, 'withdrawal'] as const;

/** One of these grounds. */
export type WithdrawalGround = (typeof WITHDRAWAL_GROUNDS)[number];

/** A number that no list stands for any more, whether it was in one or not. */
export interface Withdrawal {
  readonly msisdn: Msisdn;
  readonly withdrawnOn: Day;
  readonly ground: WithdrawalGround;
}

/** The numbers that an answer withdrew, as they lie in the work bucket until their list is published. */
export const withdrawnListForm = formOf<{ withdrawals: readonly Withdrawal[] }>(
  'list of withdrawals',
  2,
  z.strictObject({
    withdrawals: z.array(
      z.strictObject({ msisdn: fields.msisdn, withdrawnOn: fields.day, ground: z.enum(WITHDRAWAL_GROUNDS) }),
    ),
  }),
  // Before the second form, all of them were reissued.
  { 1: unchanged },
);

/** The withdrawals sorted by number: the order of both files. */
export function withdrawalRows(withdrawals: Iterable<Withdrawal>): Withdrawal[] {
  return [...withdrawals].sort((a, b) => compare(a.msisdn, b.msisdn));
}

/** The list of withdrawals, header and all, in pieces to be written one after the other; `rows` as withdrawalRows sorts them. */
export function withdrawalCsv(rows: Iterable<Withdrawal>): Generator<string> {
  return pieces(csvLine(['msisdn', 'withdrawn_on', 'ground']), rows, ({ msisdn, withdrawnOn, ground }) =>
    csvLine([msisdn, withdrawnOn, ground]),
  );
}

/**
 * The same list as JSON, in pieces; `fileName` is the CSV's base name. It has the frame of a revocation list and an empty `payload`:
 * whoever reads each list of the folder for its `payload` takes no present holder of a number for revoked.
 */
export function withdrawalJson(fileName: string, rows: Iterable<Withdrawal>): Generator<string> {
  return jsonList(
    `{"status":200,"file_name":${JSON.stringify(fileName)},"payload":[],"withdrawn":[`,
    rows,
    ({ msisdn, withdrawnOn, ground }) => ({ n: tenDigits(msisdn), withdrawn_on: withdrawnOn, ground }),
  );
}

/** The number of lines that the writers below hand over at once. */
const LINES_AT_ONCE = 1000;

/** The revocations sorted by number, then operator: the order of both files. */
export function revocationRows(revocations: Iterable<Revocation>): Revocation[] {
  return [...revocations].sort((a, b) => compare(a.msisdn, b.msisdn) || compare(a.operator, b.operator));
}

/** Words of 64 bits, possibly millions, in the order of their values. */
class Words {
  #words = new BigUint64Array(1024);
  #length = 0;

  add(word: bigint): void {
    if (this.#length === this.#words.length) {
      const larger = new BigUint64Array(2 * this.#length);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[this.#length++] = word;
  }

  get size(): number {
    return this.#length;
  }

  sorted(): BigUint64Array {
    return this.#words.subarray(0, this.#length).sort();
  }
}

/**
 * A batch's revocations, possibly millions: each is kept as one word, its number above the place of what it shares with others (operator,
 * area, day and reason).
 */
export class RevocationList {
  readonly #shared: Omit<Revocation, 'msisdn'>[] = [];
  readonly #placeOf = new Map<string, number>();
  readonly #words = new Words();

  add({ msisdn, ...shared }: Revocation): void {
    const { operator, lsa, disconnectedOn, reason } = shared;
    const name = `${operator} ${disconnectedOn} ${reason} ${lsa}`;
    let place = this.#placeOf.get(name);
    if (place === undefined) {
      // A copy, since a piece of a larger text would keep all of that in memory.
      place = this.#shared.push({ ...shared, lsa: Buffer.from(lsa).toString() }) - 1;
      this.#placeOf.set(name, place);
    }
    this.#words.add((BigInt(tenDigits(msisdn)) << PLACE_BITS) | BigInt(place));
  }

  get size(): number {
    return this.#words.size;
  }

  /**
   * The rows in the order of both files, made as they are asked for. A number stands in a report's batch once; a night may have had it
   * disconnected at several operators.
   */
  *rows(): Generator<Revocation> {
    const words = this.#words.sorted();
    for (let start = 0, end = 0; start < words.length; start = end) {
      const number = numberOf(words[start]);
      while (end < words.length && numberOf(words[end]) === number) end += 1;
      const own = Array.from(words.subarray(start, end), (word) => this.#rowOf(word));
      yield* own.length === 1 ? own : revocationRows(own);
    }
  }

  #rowOf(word: bigint): Revocation {
    const shared = this.#shared[Number(word & ((1n << PLACE_BITS) - 1n))] as Omit<Revocation, 'msisdn'>;
    return { msisdn: msisdnOfNumber(numberOf(word)), ...shared };
  }
}

const numberOf = (word = 0n): bigint => word >> PLACE_BITS;

/** Ten digits of a number have 34 bits; below them are 24 for the place. */
const PLACE_BITS = 24n;

/**
 * The numbers that a reversal withdraws on one day, possibly millions: each is kept as one word, its number above its turn and the place of
 * its ground.
 */
export class WithdrawalList {
  readonly #words = new Words();
  readonly #withdrawnOn: Day;

  constructor(withdrawnOn: Day) {
    this.#withdrawnOn = withdrawnOn;
  }

  /** Adds a number; if it is added again, its last ground counts. */
  add(msisdn: Msisdn, ground: WithdrawalGround): void {
    const turn = BigInt(this.#words.size) << GROUND_BITS;
    const place = BigInt(WITHDRAWAL_GROUNDS.indexOf(ground));
    this.#words.add((BigInt(tenDigits(msisdn)) << TURN_BITS) | turn | place);
  }

  /** The number of distinct numbers. */
  get size(): number {
    let size = 0;
    for (const _ of this.rows()) size += 1;
    return size;
  }

  /** The rows in the order of both files, each number once, made one by one as they are asked for. */
  *rows(): Generator<Withdrawal> {
    const words = this.#words.sorted();
    for (const [n, word] of words.entries()) {
      const number = word >> TURN_BITS;
      const ground = WITHDRAWAL_GROUNDS[Number(word & ((1n << GROUND_BITS) - 1n))];
      const next = words[n + 1];
      if (ground === undefined || (next !== undefined && next >> TURN_BITS === number)) continue;
      yield { msisdn: msisdnOfNumber(number), withdrawnOn: this.#withdrawnOn, ground };
    }
  }
}

/** Ten digits of a number have 34 bits; below them are 26 for the turn and 4 for the ground. */
const TURN_BITS = 30n;
const GROUND_BITS = 4n;

/** The revocation list, header and all, in pieces to be written one after the other; `rows` as revocationRows sorts them. */
export function revocationCsv(rows: Iterable<Revocation>): Generator<string> {
  return pieces(
    csvLine(['msisdn', 'operator', 'lsa', 'disconnected_on', 'reason']),
    rows,
    ({ msisdn, operator, lsa, disconnectedOn, reason }) =>
      csvLine([msisdn, operator, outside(lsa), disconnectedOn, reason]),
  );
}

/**
 * The same list in the form of TRAI's Mobile Number Revocation List, numbers of 10 digits, in pieces; `fileName` is the
 * CSV's base name.
 */
export function revocationJson(fileName: string, rows: Iterable<{ readonly msisdn: Msisdn }>): Generator<string> {
  return jsonList(`{"status":200,"file_name":${JSON.stringify(fileName)},"payload":[`, rows, ({ msisdn }) => ({
    n: tenDigits(msisdn),
  }));
}

/** A JSON object whose last value is a list; `head` is what comes before its entries. */
function* jsonList<T>(head: string, rows: Iterable<T>, entry: (row: T) => object): Generator<string> {
  let separator = '';
  yield* pieces(head, rows, (row) => {
    const text = separator + JSON.stringify(entry(row));
    separator = ',';
    return text;
  });
  yield ']}\n';
}

/** A number in the form of the lists for banks. */
function tenDigits(msisdn: Msisdn): string {
  return msisdn.slice(-10);
}

/** Compares by code unit, so that an order never depends on a locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function* pieces<T>(head: string, rows: Iterable<T>, text: (row: T) => string): Generator<string> {
  let piece = head;
  let lines = 0;
  for (const row of rows) {
    piece += text(row);
    lines += 1;
    if (lines % LINES_AT_ONCE === 0) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
}
