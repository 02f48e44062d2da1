/** The separator of the cells of a CSV file: its header alone says it. */

/** The characters that may separate cells. If a header has several of them outside quotes, the first one here counts. */
const SEPARATORS = [',', ';', '\t'] as const;
/** One of these separators. */
export type Separator = (typeof SEPARATORS)[number];

const LF = 10;
const CR = 13;
const QUOTE = 34;
const CODES = SEPARATORS.map((separator) => separator.charCodeAt(0));
const [COMMA, , TAB] = CODES;

const isBlank = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);

/** The first line, before the header, that tells a spreadsheet the separator of cells. */
const DECLARATION = /^("?)sep=([,;\t])\1$/i;
/** A longer line is none. */
const LONGEST_DECLARATION = '"sep=,",'.length;

/** The separator that a file's first line tells a spreadsheet; undefined if it is no such line. */
function declaredBy(line: string): Separator | undefined {
  return SEPARATORS.find((separator) => separator === DECLARATION.exec(line)?.[2]);
}

/** Whether these are the cells of such a line, read by the separator that it tells. */
export function isDeclaration(cells: readonly string[], separator: Separator): boolean {
  return declaredBy(cells.join(separator)) === separator;
}

/**
 * Reads a file's first record, as far as it takes to know its separator: a comma if one stands outside quotes; else `;`; else a tab that
 * has something before it and after it, since blanks around names don't belong to them; else a comma, for a single column. A name may hold
 * the others: what follows a comma decides nothing, so that a file is read as it always was. A line `sep=;` before the header says it
 * itself.
 */
export class HeaderSeparator {
  readonly #most: number;
  #seen = 0;
  #quoted: 'no' | 'yes' | 'closed' = 'no';
  #atCellStart = true;
  /** Whether the line has anything: an empty one is no header. */
  #begun = false;
  #hasCr = false;
  #hasSemicolon = false;
  #tab: 'none' | 'after something' | 'between' = 'none';
  #hasText = false;
  /** The beginning of the line. */
  #beginning = '';

  /** @param most the number of bytes that are looked at */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes the file's next bytes; returns undefined if it needs more of them to know. */
  add(bytes: Uint8Array): Separator | undefined {
    for (const byte of bytes) {
      if (this.#seen++ === this.#most) return this.known();
      if (byte !== LF && byte !== CR && this.#beginning.length < LONGEST_DECLARATION)
        this.#beginning += String.fromCharCode(byte);
      if (this.#quoted === 'yes') {
        if (byte === QUOTE) this.#quoted = 'closed';
        continue;
      }
      if (byte === LF) {
        if (this.#begun) return declaredBy(this.#beginning) ?? this.known();
        this.#hasCr = false;
        continue;
      }
      if (byte === COMMA) return ',';
      this.#begun ||= byte !== CR || this.#hasCr;
      this.#hasCr = byte === CR;
      this.#take(byte);
    }
    return undefined;
  }

  /** The separator by the bytes so far. */
  known(): Separator {
    if (this.#hasSemicolon) return ';';
    return this.#tab === 'between' ? '\t' : ',';
  }

  #take(byte: number): void {
    // A quote after a closing one is the second of two, which are one within the cell.
    if (byte === QUOTE && (this.#atCellStart || this.#quoted === 'closed')) {
      this.#quoted = 'yes';
      this.#atCellStart = false;
      this.#something();
      return;
    }
    this.#quoted = 'no';
    if (CODES.includes(byte)) {
      this.#atCellStart = true;
      if (byte !== TAB) this.#hasSemicolon = true;
      else if (this.#hasText && this.#tab === 'none') this.#tab = 'after something';
    } else if (!isBlank(byte)) {
      this.#atCellStart = false;
      this.#something();
    }
  }

  #something(): void {
    this.#hasText = true;
    if (this.#tab === 'after something') this.#tab = 'between';
  }
}
