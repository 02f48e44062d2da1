/**
 * The count of the numbers that a batch would reach, for its preview. It knows neither decisions nor ledgers, and shares nothing with the
 * count of linked.ts, so that the books can be compared with it.
 */
import { DAY_MS, parseDay } from './days.ts';
import { sha256Of } from './hashes.ts';
import type { BatchId, Imei, OperatorId } from './identifiers.ts';
import { BadWorkLine, tabbedCells } from './tabbed.ts';

/** Counts of gathered links, in distinct numbers. */
export interface PreviewCounts {
  readonly linked: number;
  readonly linkedOnlyByHeld: number;
  /** Numbers by the operator of the newest sighting, ids ascending; operators without any are not in it. */
  readonly byOperator: ReadonlyMap<OperatorId, number>;
  /** Numbers by the service area of the newest sighting as well, the largest first. */
  readonly areas: readonly AreaCount[];
}

/** Numbers whose newest sighting is in an area. */
export interface AreaCount {
  /** The area as operators wrote it; '' if they didn't; null for all areas that are not told apart any more. */
  readonly area: string | null;
  readonly numbers: number;
  readonly byOperator: ReadonlyMap<OperatorId, number>;
}

/** The places where the cells of a gathered line begin: `+91` and ten digits, 14 digits, `yyyy-mm-dd`, the operator, the area. */
const NUMBER_AT = 3;
const IMEI_AT = 14;
const DAY_AT = 29;
const PLACE_AT = 40;

/**
 * The most operators and areas that are told apart. There are 22 service areas; an operator that writes something else in each row has
 * those counted in one.
 */
const MOST_PLACES = 4096;

/** The first of the numbers of ten digits that begin with 6, and the self-check's, which begin with 00 and come last here. */
const FIRST_NUMBER = 6_000_000_000;
const RESERVED_NUMBERS = 100_000_000;
const FIRST_RESERVED = 4_000_000_000;
const FIRST_DAY = Date.UTC(1900, 0, 1);

const FIRST_ROOM = 1 << 12;
/** A table of places is never fuller than this, so that a number is found, or found to be new, after a few steps. */
const FULL = 0.75;

const EMPTY = 0;
const ONLY_HELD = 1;
const NOT_ONLY_HELD = 2;

/** The place where a number was seen: the operator, and the area as it wrote it. */
interface Place {
  readonly operator: OperatorId;
  readonly area: string | null;
}

/**
 * Counts distinct numbers among gathered links. Each is one place of a hash table, 17 bytes of it: the number, the day of its newest
 * sighting, where and in which handset that was, and whether any of its handsets isn't held. 2,000,000 numbers take 71 MB, and 107 while
 * room is made for them.
 */
export class PreviewCount {
  readonly #held: ReadonlySet<number>;
  #numbers = new Uint32Array(FIRST_ROOM);
  /** The day of the newest sighting, and in the bits below it the place where that was. */
  #newest = new Uint32Array(FIRST_ROOM);
  /** The handset of the newest sighting. */
  #imeis = new Float64Array(FIRST_ROOM);
  #seen = new Uint8Array(FIRST_ROOM);
  #taken = 0;
  readonly #places: Place[] = [];
  readonly #placeOf = new Map<string, number>();
  /** For each operator, the place of all its areas that found no room. */
  readonly #elsewhere = new Map<string, number>();
  readonly #days = new Map<string, number>();

  /**
   * The place of a number in the table depends on the batch's id as well, which nobody knew when they uploaded numbers: so numbers can't be
   * chosen to crowd it.
   */
  readonly #salt: number;

  /** @param held the batch's held handsets */
  constructor(batchId: BatchId, held: Iterable<Imei>) {
    this.#salt = Number.parseInt(sha256Of(batchId).slice(0, 8), 16);
    this.#held = new Set([...held].map(Number));
  }

  /**
   * Takes the links of one object, in chunks of its bytes.
   * @returns how many they were
   * @throws BadWorkLine for a line that is not a gathered link's
   */
  async add(chunks: AsyncIterable<Uint8Array>): Promise<number> {
    let rest = '';
    let links = 0;
    for await (const chunk of chunks) {
      // Each byte is one character, so that a chunk may end within a character of UTF-8.
      const text = rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
      let from = 0;
      for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
        this.#take(text, from, to);
        links += 1;
        from = to + 1;
      }
      rest = text.slice(from);
    }
    if (rest !== '') throw new BadWorkLine('the last gathered link has no end');
    return links;
  }

  /** The counts of the links so far. */
  counts(): PreviewCounts {
    const inPlace = new Array<number>(this.#places.length).fill(0);
    let linkedOnlyByHeld = 0;
    for (let at = 0; at < this.#seen.length; at++) {
      if (this.#seen[at] === EMPTY) continue;
      if (this.#seen[at] === ONLY_HELD) linkedOnlyByHeld += 1;
      const place = (this.#newest[at] ?? 0) & 0xffff;
      inPlace[place] = (inPlace[place] ?? 0) + 1;
    }
    const byOperator = new Map<OperatorId, number>();
    const areas = new Map<string | null, Map<OperatorId, number>>();
    const inOrder = this.#places.map((place, n) => ({ ...place, numbers: inPlace[n] ?? 0 }));
    for (const { operator, area, numbers } of inOrder.sort((a, b) => compare(a.operator, b.operator))) {
      if (numbers === 0) continue;
      byOperator.set(operator, (byOperator.get(operator) ?? 0) + numbers);
      const ofArea = areas.get(area) ?? new Map<OperatorId, number>();
      areas.set(area, ofArea.set(operator, (ofArea.get(operator) ?? 0) + numbers));
    }
    return {
      linked: this.#taken,
      linkedOnlyByHeld,
      byOperator,
      areas: [...areas]
        .map(([area, ofArea]) => ({
          area,
          numbers: [...ofArea.values()].reduce((a, b) => a + b, 0),
          byOperator: ofArea,
        }))
        .sort((a, b) => b.numbers - a.numbers || compare(a.area ?? '\uffff', b.area ?? '\uffff')),
    };
  }

  /** Takes the line of a text (one character a byte) from `from` to `to`, where its LF is. */
  #take(text: string, from: number, to: number): void {
    const value = digitsOf(text, from + NUMBER_AT, 10);
    const number = value < RESERVED_NUMBERS ? FIRST_RESERVED + value : value - FIRST_NUMBER;
    const imei = digitsOf(text, from + IMEI_AT, 14);
    const whole = text.startsWith('+91', from) && isTab(text, from + IMEI_AT - 1) && isTab(text, from + DAY_AT - 1);
    const isNumber = number >= 0 && number < 2 ** 32;
    if (!(whole && isTab(text, from + PLACE_AT - 1) && from + PLACE_AT < to && isNumber && imei >= 0))
      throw new BadWorkLine('a gathered link has a number, a handset, a day and a place');
    const day = this.#dayOf(text.slice(from + DAY_AT, from + PLACE_AT - 1));
    const newest = day * 0x1_0000 + this.#placeAt(text.slice(from + PLACE_AT, to));
    const seen = this.#held.has(imei) ? ONLY_HELD : NOT_ONLY_HELD;
    if (this.#taken >= this.#numbers.length * FULL) this.#makeRoom();
    const at = this.#slotOf(number);
    if (this.#seen[at] === EMPTY) {
      this.#taken += 1;
      this.#numbers[at] = number;
      this.#newest[at] = newest;
      this.#imeis[at] = imei;
      this.#seen[at] = seen;
      return;
    }
    if (seen === NOT_ONLY_HELD) this.#seen[at] = seen;
    if (!this.#isNewer(newest, imei, at)) return;
    this.#newest[at] = newest;
    this.#imeis[at] = imei;
  }

  /** Days since 1900. */
  #dayOf(text: string): number {
    const known = this.#days.get(text);
    if (known !== undefined) return known;
    const day = parseDay(text);
    const days = day === null ? -1 : (Date.parse(day) - FIRST_DAY) / DAY_MS;
    if (!(days >= 0 && days <= 0xffff)) throw new BadWorkLine('a gathered link has a day');
    this.#days.set(ownCopy(text), days);
    return days;
  }

  /** The place that the last two cells of a line name. */
  #placeAt(cells: string): number {
    const known = this.#placeOf.get(cells);
    if (known !== undefined) return known;
    const [operator, lsa, ...more] = tabbedCells(Buffer.from(cells, 'latin1').toString());
    if (operator === undefined || operator === '' || lsa === undefined || more.length > 0)
      throw new BadWorkLine('a gathered link has five cells');
    const isRoom = this.#places.length < MOST_PLACES;
    const place = isRoom ? this.#addPlace(operator, lsa) : this.#elsewhereAt(operator);
    if (isRoom) this.#placeOf.set(ownCopy(cells), place);
    return place;
  }

  #elsewhereAt(operator: string): number {
    const known = this.#elsewhere.get(operator) ?? this.#addPlace(operator, null);
    this.#elsewhere.set(operator, known);
    return known;
  }

  #addPlace(operator: string, area: string | null): number {
    if (this.#places.length > 0xffff) throw new BadWorkLine('gathered links name too many operators');
    return this.#places.push({ operator: operator as OperatorId, area }) - 1;
  }

  /**
   * Whether a sighting goes before the one that stands at a place: the latest day, then the operator's id ascending, then the lowest IMEI;
   * then the area, so that the result depends on no order.
   */
  #isNewer(newest: number, imei: number, at: number): boolean {
    const known = this.#newest[at] ?? 0;
    const [day, other] = [newest >>> 16, known >>> 16];
    if (day !== other) return day > other;
    const [one, two] = [this.#places[newest & 0xffff], this.#places[known & 0xffff]];
    if (one === undefined || two === undefined) return false;
    if (one.operator !== two.operator) return one.operator < two.operator;
    const handset = this.#imeis[at] ?? 0;
    return imei !== handset ? imei < handset : compare(one.area ?? '\uffff', two.area ?? '\uffff') < 0;
  }

  /**
   * The place of a number in the table, which has 2^n places, or the free one for it: its bits are mixed as MurmurHash3 does in the end.
   */
  #slotOf(number: number): number {
    const last = this.#numbers.length - 1;
    let mixed = number ^ this.#salt;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    let at = (mixed ^ (mixed >>> 16)) & last;
    while (this.#seen[at] !== EMPTY && this.#numbers[at] !== number) at = (at + 1) & last;
    return at;
  }

  #makeRoom(): void {
    const [numbers, newest, imeis, seen] = [this.#numbers, this.#newest, this.#imeis, this.#seen];
    this.#numbers = new Uint32Array(2 * numbers.length);
    this.#newest = new Uint32Array(2 * numbers.length);
    this.#imeis = new Float64Array(2 * numbers.length);
    this.#seen = new Uint8Array(2 * numbers.length);
    for (const [from, number] of numbers.entries()) {
      if (seen[from] === EMPTY) continue;
      const at = this.#slotOf(number);
      this.#numbers[at] = number;
      this.#newest[at] = newest[from] ?? 0;
      this.#imeis[at] = imeis[from] ?? 0;
      this.#seen[at] = seen[from] ?? EMPTY;
    }
  }
}

function isTab(text: string, at: number): boolean {
  return text.charCodeAt(at) === 9;
}

/** The number that `count` digits make; NaN if there is anything else. */
function digitsOf(text: string, at: number, count: number): number {
  let value = 0;
  for (let n = at; n < at + count; n++) {
    const digit = text.charCodeAt(n) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Copies a piece of a larger text, which would keep all of that text in memory. */
const ownCopy = (text: string): string => Buffer.from(text).toString();

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
