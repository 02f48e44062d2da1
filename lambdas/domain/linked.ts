/**
 * The count with which a batch's books are compared: distinct numbers among the gathered links, by operator of the newest sighting. It
 * knows neither decisions nor ledgers, and reads the lines of `gatheredLine` byte by byte, so that it shares no fault with the code that
 * makes them.
 */
import type { OperatorId } from './identifiers.ts';
import { BadWorkLine } from './tabbed.ts';

/** The places where the cells of a gathered line begin: `+91` and ten digits, 14 digits, `yyyy-mm-dd`, the operator, the rest. */
const NUMBER_AT = '+91'.length;
const IMEI_AT = '+919876543210\t'.length;
const DAY_AT = IMEI_AT + '35000000000000\t'.length;
const OPERATOR_AT = DAY_AT + '2026-06-01\t'.length;
const TAB = 9;
const LF = 10;

const FIRST_ROOM = 1024;
/** Indian mobile numbers begin with 6 to 9, so that the rest of one fits into 32 bits. */
const LEAST_NUMBER = 6_000_000_000;
/** The self-check's numbers begin with 00, and find their place above all others. */
const MOST_RESERVED = 99_999_999;
const FIRST_RESERVED = 4_000_000_000;
/** A day's code counts years of 12 months of 31 days from this one on. */
const FIRST_YEAR = 1900;
const MOST_OPERATORS = 1 << 16;

/**
 * Takes gathered links and counts them: eight bytes a number, 10,000,000 of them in some 200 MB. A number's word holds, from
 * the highest bits down, the number, the day of a sighting and the operator's place.
 */
export class LinkedCount {
  #words = new BigUint64Array(FIRST_ROOM);
  #halves = new Uint32Array(this.#words.buffer);
  /** The number of places in the words that are taken. */
  #taken = 0;
  readonly #operators: string[] = [];
  readonly #placeOf = new Map<string, number>();

  /**
   * Takes the links of one object, in chunks of its bytes.
   * @returns how many they were
   * @throws BadWorkLine for a line that is not a gathered link's
   */
  async add(chunks: AsyncIterable<Uint8Array>): Promise<number> {
    let rest: Uint8Array = Buffer.alloc(0);
    let links = 0;
    for await (const chunk of chunks) {
      const bytes =
        rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
      let from = 0;
      for (let to = bytes.indexOf(LF); to >= 0; to = bytes.indexOf(LF, from)) {
        this.#take(bytes, from, to);
        links += 1;
        from = to + 1;
      }
      rest = Buffer.from(bytes.subarray(from));
    }
    if (rest.length > 0) throw new BadWorkLine('the last gathered link has no end');
    return links;
  }

  /** The number of distinct numbers whose newest sighting is at each operator: the latest day, then the operator's id ascending. */
  byOperator(): Record<OperatorId, number> {
    this.#compact();
    const counts = new Array<number>(this.#operators.length).fill(0);
    for (let n = 0; n < this.#taken; n++) {
      const place = this.#low(n) & 0xffff;
      counts[place] = (counts[place] ?? 0) + 1;
    }
    return Object.fromEntries(this.#operators.map((operator, place) => [operator, counts[place] ?? 0]).sort());
  }

  #take(bytes: Buffer, from: number, to: number): void {
    const operatorEnd = bytes.indexOf(TAB, from + OPERATOR_AT);
    const whole =
      bytes[from + IMEI_AT - 1] === TAB && bytes[from + DAY_AT - 1] === TAB && bytes[from + OPERATOR_AT - 1] === TAB;
    if (!whole || operatorEnd < 0 || operatorEnd >= to) throw new BadWorkLine('a gathered link has five cells');
    const value = digits(bytes, from + NUMBER_AT, 10);
    const number = value <= MOST_RESERVED ? FIRST_RESERVED + value : value - LEAST_NUMBER;
    const [year, month, date] = [DAY_AT, DAY_AT + '2026-'.length, DAY_AT + '2026-06-'.length];
    const months = (digits(bytes, from + year, 4) - FIRST_YEAR) * 12 + digits(bytes, from + month, 2);
    const day = months * 31 + digits(bytes, from + date, 2);
    if (!(number >= 0 && number <= 0xffff_ffff && day >= 0 && day <= 0xffff))
      throw new BadWorkLine('a gathered link has a number and a day');
    if (this.#taken === this.#words.length) this.#makeRoom();
    // The lower half of a word comes first: every machine that runs this is little-endian.
    this.#halves[2 * this.#taken] =
      day * 0x1_0000 + this.#placeAt(bytes.toString('latin1', from + OPERATOR_AT, operatorEnd));
    this.#halves[2 * this.#taken + 1] = number;
    this.#taken += 1;
  }

  #placeAt(operator: string): number {
    const known = this.#placeOf.get(operator);
    if (known !== undefined) return known;
    const place = this.#operators.push(operator) - 1;
    if (place >= MOST_OPERATORS) throw new BadWorkLine('gathered links name too many operators');
    this.#placeOf.set(operator, place);
    return place;
  }

  #low(n: number): number {
    return this.#halves[2 * n] ?? 0;
  }

  /** Leaves each number once, in its newest sighting. */
  #compact(): void {
    this.#words.subarray(0, this.#taken).sort();
    const taken = this.#taken;
    this.#taken = 0;
    for (let n = 0; n < taken; n++) {
      const last = this.#taken - 1;
      const same = last >= 0 && this.#halves[2 * last + 1] === this.#halves[2 * n + 1];
      if (same && !this.#newer(this.#low(n), this.#low(last))) continue;
      const place = same ? last : this.#taken++;
      this.#words[place] = this.#words[n] ?? 0n;
    }
  }

  #newer(a: number, b: number): boolean {
    const [day, other] = [a >>> 16, b >>> 16];
    if (day !== other) return day > other;
    return (this.#operators[a & 0xffff] ?? '') < (this.#operators[b & 0xffff] ?? '');
  }

  /** Repeated sightings of a number are taken out first. */
  #makeRoom(): void {
    this.#compact();
    if (this.#taken <= this.#words.length / 2) return;
    const larger = new BigUint64Array(this.#words.length * 2);
    larger.set(this.#words.subarray(0, this.#taken));
    this.#words = larger;
    this.#halves = new Uint32Array(larger.buffer);
  }
}

/** The value of `count` digits. */
function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let n = at; n < at + count; n++) value = value * 10 + (bytes[n] ?? 0) - 48;
  return value;
}
