/** The bytes of a text file, before anybody reads them as CSV: checked for bytes that no text has, and cut into whole lines. */
import { isUtf8 } from 'node:buffer';
import type { FileReason } from './reasons.ts';

/** A fault of the bytes, and the physical line (from 1) where it stands. */
export interface LineFault {
  readonly line: number;
  readonly reason: FileReason &
    ('spreadsheet_not_csv' | 'not_csv' | 'not_utf8' | 'nul_byte' | 'cr_line_ends' | 'line_too_long');
}

/** Whole lines that passed, and the fault that stops the reading after them. */
export interface Lines {
  readonly block: Buffer;
  readonly fault?: LineFault;
}

/** The most bytes of a line, its line end not counted. */
const LONGEST_LINE = 64 * 1024;
/** The bytes of a line that decide what is wrong with it: one byte more than the longest line and its CR. */
const LINE_HEAD = LONGEST_LINE + 2;
/** The bytes at the beginning of a file that decide whether it is a known binary form. */
const FILE_HEAD = 64;

const LF = 10;
const CR = 13;
const NOTHING = Buffer.alloc(0);
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** The beginnings of files that people take for CSV, or send by mistake (latin1). */
const BINARY_FORMS = [
  'PK\x05\x06',
  'PK\x07\x08',
  '%PDF-',
  '\x1f\x8b', // gzip
  '\x89PNG',
  '\xff\xd8\xff', // JPEG
  'GIF87a',
  'GIF89a',
  'II*\x00', // TIFF
  'MM\x00*',
  'BZh91AY&SY', // bzip2
  '\xfd7zXZ\x00',
  '7z\xbc\xaf\x27\x1c',
  'Rar!\x1a\x07',
  '\x28\xb5\x2f\xfd', // zstd
  'SQLite format 3\x00',
  'PAR1\x15', // Parquet
  '\x7fELF',
  '{\\rtf',
  '\xff\xfe', // UTF-32 with a byte order mark
  '\xfe\xff',
].map((form) => Buffer.from(form, 'latin1'));

/** The beginnings of spreadsheets' own files (latin1), which are also those of anything else that is kept in a zip. */
const SPREADSHEETS = [
  'PK\x03\x04', // xlsx, ods
  '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', // xls
].map((form) => Buffer.from(form, 'latin1'));

/** The beginning of a spreadsheet that was saved as a page or as XML, under whatever name: no first column of a CSV begins like this. */
const MARKUP = /^\s*<(?:!doctype|html|head|meta|style|body|table|\?xml)\b/i;

/**
 * Whether the bytes look like UTF-16 without a byte order mark, by its zeros: at least half of the bytes at odd places, or of those at even
 * ones, are 0, and none of the others is.
 */
function looksLikeUtf16(head: Buffer): boolean {
  const zeros: number[] = [];
  head.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  return (even === 0 || odd === 0) && even + odd > 0 && (even + odd) * 2 >= Math.floor(head.length / 2);
}

/** The same bytes without a character that their end cuts through. They are long enough to hold one. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - back);
    if (byte < 0x80) break;
  }
  return bytes;
}

/** The fault of a line, its LF not included; only its head is looked at. */
function faultOfLine(line: Buffer): LineFault['reason'] | undefined {
  const head = line.subarray(0, LINE_HEAD);
  if (!isUtf8(line.length < LINE_HEAD ? head : wholeCharacters(head))) return 'not_utf8';
  if (head.includes(0)) return 'nul_byte';
  const length = head[head.length - 1] === CR ? head.length - 1 : head.length;
  if (length <= LONGEST_LINE) return undefined;
  return head.subarray(0, length - 1).includes(CR) ? 'cr_line_ends' : 'line_too_long';
}

/**
 * Cuts chunks of bytes into blocks of whole lines, each with its LF, without the byte order mark, and stops at the
 * first line whose bytes can't be text. The lines and the fault do not depend on how the bytes were cut into chunks.
 * After a fault nothing more may be added.
 */
export class LineBreaker {
  #head: Buffer | undefined = NOTHING;
  #partial: Buffer[] = [];
  #partialLength = 0;
  #lines = 0;
  #bytes = 0;
  #bomBytes = 0;

  /** The number of bytes that were taken so far, all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes of the byte order mark, which is in no block: 3, or 0 if there is none. */
  get bomBytes(): number {
    return this.#bomBytes;
  }

  /** Takes the next bytes; at most 64 kB of them and one line are held. */
  add(bytes: Uint8Array): Lines {
    // A copy, since whoever hands in chunks may use their memory again.
    const piece = Buffer.from(bytes);
    this.#bytes += piece.length;
    if (this.#head === undefined) return this.#cut(piece);
    this.#head = Buffer.concat([this.#head, piece]);
    return this.#head.length < FILE_HEAD ? { block: NOTHING } : this.#begin(this.#head);
  }

  /** Takes the end of the file: the last line needs no LF. */
  end(): Lines {
    const begun = this.#head === undefined ? { block: NOTHING } : this.#begin(this.#head);
    if (this.#partialLength === 0) return begun;
    const last = this.#cut(Buffer.from([LF]));
    return { ...last, block: Buffer.concat([begun.block, last.block]) };
  }

  #begin(file: Buffer): Lines {
    this.#head = undefined;
    this.#bomBytes = BOM.equals(file.subarray(0, BOM.length)) ? BOM.length : 0;
    const text = file.subarray(this.#bomBytes);
    const begins = (form: Buffer) =>
      form.equals(file.subarray(0, form.length)) || form.equals(text.subarray(0, form.length));
    if (SPREADSHEETS.some(begins) || MARKUP.test(text.toString('latin1', 0, FILE_HEAD)))
      return { block: NOTHING, fault: { line: 1, reason: 'spreadsheet_not_csv' } };
    if (BINARY_FORMS.some(begins) || looksLikeUtf16(file.subarray(0, FILE_HEAD))) {
      return { block: NOTHING, fault: { line: 1, reason: 'not_csv' } };
    }
    return this.#cut(text);
  }

  #cut(piece: Buffer): Lines {
    const end = piece.lastIndexOf(LF) + 1;
    const rest = piece.subarray(end);
    let block: Buffer = NOTHING;
    if (end > 0) {
      block = this.#partialLength === 0 ? piece.subarray(0, end) : this.#joined(piece.subarray(0, end));
      this.#partial = [];
      this.#partialLength = 0;
      const cutOff = this.#check(block);
      if (cutOff !== undefined) return cutOff;
    }
    if (rest.length > 0) {
      this.#partial.push(rest);
      this.#partialLength += rest.length;
      if (this.#partialLength >= LINE_HEAD) {
        const reason = faultOfLine(this.#joined(NOTHING)) ?? 'line_too_long';
        return { block, fault: { line: this.#lines + 1, reason } };
      }
    }
    return { block };
  }

  #joined(last: Buffer): Buffer {
    return Buffer.concat([...this.#partial, last]);
  }

  /** Counts the lines of a block; if one of them has a fault, the block is cut off before it. */
  #check(block: Buffer): Lines | undefined {
    const suspect = !isUtf8(block) || block.includes(0);
    for (let from = 0; from < block.length; ) {
      const to = block.indexOf(LF, from);
      if (suspect || to - from > LONGEST_LINE) {
        const reason = faultOfLine(block.subarray(from, to));
        if (reason !== undefined) return { block: block.subarray(0, from), fault: { line: this.#lines + 1, reason } };
      }
      this.#lines++;
      from = to + 1;
    }
    return undefined;
  }
}
