/** Words of 32 bits, counted: a set of millions of numbers or of texts without an object for each. */
import { sha8, sha256Of } from './hashes.ts';
import type { Msisdn } from './identifiers.ts';

const EMPTY = 0;
const FIRST_ROOM = 1 << 4;
/** The table is never fuller than this, so that a word is found, or found to be new, after a few steps. */
const FULL = 0.75;

/** Distinct words, from 1 to 2^32 - 1, in a hash table: 10,000,000 take 64 MB, and 96 while room is made for them. */
export class WordSet {
  #words = new Uint32Array(FIRST_ROOM);
  #size = 0;
  readonly #salt: number;

  /** @param salt changes the places of words; whoever chooses words must not know it, lest they crowd one place */
  constructor(salt: number) {
    this.#salt = salt;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  add(word: number): void {
    if (this.#size >= this.#words.length * FULL) this.#makeRoom();
    const at = this.#placeOf(word);
    if (this.#words[at] !== EMPTY) return;
    this.#words[at] = word;
    this.#size += 1;
  }

  /** The place of a word in the table, which has 2^n places, or the free one for it: its bits are mixed as MurmurHash3 does in the end. */
  #placeOf(word: number): number {
    const last = this.#words.length - 1;
    let mixed = word ^ this.#salt;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    let at = (mixed ^ (mixed >>> 16)) & last;
    while (this.#words[at] !== EMPTY && this.#words[at] !== word) at = (at + 1) & last;
    return at;
  }

  #makeRoom(): void {
    const words = this.#words;
    this.#words = new Uint32Array(2 * words.length);
    for (const word of words) if (word !== EMPTY) this.#words[this.#placeOf(word)] = word;
  }
}

/** The digits of a number after +91 begin with 6 to 9; those of the self-check's begin with 00. */
const FIRST_NUMBER = 6_000_000_000;
const RESERVED_NUMBERS = 100_000_000;

/** A number as a word: each number has its own, in the numbers' order. */
export function wordOfNumber(msisdn: Msisdn): number {
  const digits = Number(msisdn.slice(3));
  return 1 + (digits < RESERVED_NUMBERS ? digits : digits - FIRST_NUMBER + RESERVED_NUMBERS);
}

/** A text's word, from its SHA-256: of 450,000 texts some 24 share one with another. */
export function wordOfText(text: string): number {
  return Number.parseInt(sha8(sha256Of(text)), 16) || 1;
}
