/** A text file's bytes as UTF-8, whichever of the accepted encodings it has: UTF-8, or UTF-16 with its byte order mark. */

const LITTLE = Buffer.from([0xff, 0xfe]);
const BIG = Buffer.from([0xfe, 0xff]);
/** The mark of UTF-32 begins as that of UTF-16 does, and then has zeros: UTF-32 is not accepted. */
const UTF_32 = Buffer.from([0xff, 0xfe, 0, 0]);
/** The number of bytes that tell the encoding. */
const FILE_HEAD = UTF_32.length;

const NOTHING = Buffer.alloc(0);
/** A byte that no UTF-8 has, so that whoever reads on finds the fault on its own line. */
const NO_CHARACTER = Buffer.from([0xff]);

/**
 * Turns a file's bytes into UTF-8 as they arrive, with the byte order mark as UTF-8 has it. Bytes that are no character in UTF-16 (half a
 * pair, or an odd byte at the end) become a byte that is none in UTF-8. Bytes of any other encoding stay as they are.
 */
export class Utf8Bytes {
  #encoding: 'unknown' | 'as it is' | 'little' | 'big' = 'unknown';
  #held: Buffer = NOTHING;
  /** Pieces that were turned lately, each with the places where it begins: among the bytes of the UTF-8, and of the file. */
  #lately: { readonly at: number; readonly inFile: number; readonly bytes: Buffer }[] = [];
  #given = 0;
  #taken = 0;
  readonly #remembers: boolean;

  /** @param remembers whether `placeInFile` will be asked */
  constructor({ remembers = false } = {}) {
    this.#remembers = remembers;
  }

  /** The next bytes in UTF-8. Less than one character is held back. */
  add(bytes: Uint8Array): Uint8Array {
    if (this.#encoding === 'as it is') return bytes;
    const all = Buffer.concat([this.#held, bytes]);
    this.#held = NOTHING;
    if (this.#encoding === 'unknown') {
      if (all.length < FILE_HEAD) {
        this.#held = all;
        return NOTHING;
      }
      this.#begin(all);
    }
    return this.#turn(all);
  }

  /** The bytes that were held back. */
  end(): Uint8Array {
    const rest = this.#held;
    this.#held = NOTHING;
    if (this.#encoding === 'unknown') {
      this.#begin(rest);
      return Buffer.concat([this.#turn(rest), this.end()]);
    }
    return rest.length === 0 ? NOTHING : NO_CHARACTER;
  }

  /**
   * The number of bytes of the file before a place in the UTF-8. The place lies between two characters, and no further back than what was
   * forgotten.
   */
  placeInFile(at: number): number {
    if (this.#encoding === 'as it is') return at;
    const piece = this.#lately.findLast((one) => one.at <= at);
    if (piece === undefined) return at === 0 ? 0 : this.#taken;
    return piece.inFile + 2 * piece.bytes.subarray(0, at - piece.at).toString().length;
  }

  /** Forgets what lies before a place in the UTF-8: it won't be asked for any more. */
  forget(at: number): void {
    const kept = this.#lately.findIndex((one) => one.at + one.bytes.length > at);
    this.#lately.splice(0, kept < 0 ? Math.max(0, this.#lately.length - 1) : kept);
  }

  #begin(head: Buffer): void {
    const is = (mark: Buffer) => mark.equals(head.subarray(0, mark.length));
    this.#encoding = is(UTF_32) ? 'as it is' : is(LITTLE) ? 'little' : is(BIG) ? 'big' : 'as it is';
  }

  #turn(bytes: Buffer): Buffer {
    if (this.#encoding === 'as it is') return bytes;
    let whole = bytes.subarray(0, bytes.length - (bytes.length % 2));
    const units = this.#encoding === 'big' ? Buffer.from(whole).swap16() : whole;
    let text = units.toString('utf16le');
    // Half a pair waits for its other half.
    if (/[\ud800-\udbff]$/.test(text)) {
      text = text.slice(0, -1);
      whole = whole.subarray(0, -2);
    }
    this.#held = Buffer.from(bytes.subarray(whole.length));
    const utf8 = utf8Of(text);
    if (this.#remembers && utf8.length > 0) this.#lately.push({ at: this.#given, inFile: this.#taken, bytes: utf8 });
    this.#given += utf8.length;
    this.#taken += whole.length;
    return utf8;
  }
}

function utf8Of(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(/\p{Surrogate}/u).flatMap((part) => [NO_CHARACTER, Buffer.from(part)]);
  return Buffer.concat(parts.slice(1));
}
