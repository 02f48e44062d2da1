/** By what the cells of a CSV file are separated: its header alone says it. */

/** What may separate cells. Of those that a header has outside quotes it is the first one. */
const SEPARATORS = [',', ';', '\t'] as const;
export type Separator = (typeof SEPARATORS)[number];

const LF = 10;
const CR = 13;
const QUOTE = 34;
const CODES = SEPARATORS.map((separator) => separator.charCodeAt(0));
const [COMMA, , TAB] = CODES;

const isBlank = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);

/** How a spreadsheet is told in a first line, before the header, by what cells are separated. */
const DECLARATION = /^("?)sep=([,;\t])\1$/i;
/** A line of more is none. */
const LONGEST_DECLARATION = '"sep=,",'.length;

/** The separator that a file's first line tells a spreadsheet; undefined where it is no such line. */
function declaredBy(line: string): Separator | undefined {
  return SEPARATORS.find((separator) => separator === DECLARATION.exec(line)?.[2]);
}

/** Whether these are the cells of such a line, read by the separator that it tells. */
export function isDeclaration(cells: readonly string[], separator: Separator): boolean {
  return declaredBy(cells.join(separator)) === separator;
}

/**
 * Reads a file's first record, as far as it takes to know its separator: a comma where one stands outside quotes; else `;`; else a tab
 * that has something before it and after it, since blanks around names are none of theirs; else a comma, of a single column. A name may hold the others: what follows a
 * comma decides nothing, so that a file is read as it always was. A line `sep=;` before the header says it itself.
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
  /** How the line begins. */
  #beginning = '';

  /** @param most so many bytes are looked at */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes the file's next bytes; undefined where more of them are to say it. */
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

  /** What the bytes so far say. */
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
