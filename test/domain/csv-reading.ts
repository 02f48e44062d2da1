import fc from 'fast-check';
import { FileFault, readCsv } from '../../lambdas/domain/csv.ts';
import type { Columns, CsvRow } from '../../lambdas/domain/csv-header.ts';

/** The columns of the files that are read here, the reading of a text with them, and a row of it. */
export const columns: Columns = { required: ['imei'], optional: ['note'] };
export const read = (text: string | Buffer) => readAll([Buffer.from(text)], columns);
export const row = (line: number, imei: string, note = '') => ({ line, cells: { imei, note } });

/** Any text of whole characters. `fc.string` would look each of them up in all of Unicode, which takes seconds. */
export const anyText = fc
  .array(
    fc.integer({ min: 0, max: 0x10_ffff }).filter((code) => code < 0xd800 || code > 0xdfff),
    { maxLength: 12 },
  )
  .map((codes) => String.fromCodePoint(...codes));

/** The result of reading a file: its rows, and the fault that ended the reading. */
export interface Reading {
  rows: CsvRow[];
  fault: { line: number; reason: string } | null;
}

/** Cuts bytes before each of the given places. */
export function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.filter((place) => place > 0 && place < bytes.length))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, n) => bytes.subarray(n === 0 ? 0 : ends[n - 1], end));
}

/** Cuts bytes into chunks of one size. */
export function chunksOf(bytes: Buffer, size: number): Buffer[] {
  return cutAt(
    bytes,
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => n * size),
  );
}

/** Reads a whole file that arrives in these chunks; each chunk's memory is overwritten once the next one is asked for. */
export async function readAll(chunks: readonly Buffer[], columns: Columns): Promise<Reading> {
  async function* arriving() {
    for (const chunk of chunks) {
      const copy = Buffer.from(chunk);
      yield copy;
      copy.fill('?');
    }
  }
  const rows: CsvRow[] = [];
  try {
    for await (const batch of readCsv(arriving(), columns)) rows.push(...batch);
    return { rows, fault: null };
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return { rows, fault: { line: error.line, reason: error.reason } };
  }
}

/** The separator of a text's cells, from its first record without the quoted parts. */
function separatorIn(text: string): string {
  const [header = ''] = text
    .replace(/^(?:\r?\n)+/, '')
    .replace(/(^|[,;\t\n])([ \t\r\f\v]*)"(?:[^"]|"")*(?:"|$)/g, '$1$2x')
    .split('\n');
  const names = header.replace(/^[ \t\r\f\v]+|[ \t\r\f\v]+$/g, '');
  return [',', ';', '\t'].find((one) => names.includes(one)) ?? ',';
}

/** A file's bytes in UTF-8, converted if it is in UTF-16; an invalid character becomes a byte that is invalid in UTF-8. */
export function inUtf8(file: Buffer): Buffer {
  const head = file.subarray(0, 4).toString('hex');
  if (!/^(?:fffe(?!0000)|feff)/.test(head)) return file;
  const unit = (at: number) => (head.startsWith('fffe') ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const parts: Buffer[] = [];
  for (let at = 0; at < file.length; at += 2) {
    const text = at + 1 < file.length ? String.fromCharCode(unit(at)) : '\udfff';
    const pair = at + 3 < file.length ? text + String.fromCharCode(unit(at + 2)) : text;
    const isPair = /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair);
    if (isPair) at += 2;
    const character = isPair ? pair : text;
    parts.push(character.isWellFormed() ? Buffer.from(character) : Buffer.from([0xff]));
  }
  return Buffer.concat(parts);
}

/** A text with a stroke for each day in it. */
function withoutDays(text: string): string {
  return text.replace(/(?<![0-9])([0-9]+)([-/.])([0-9]+)\2([0-9]+)(?![0-9])/g, (whole, one, _, two, three) => {
    const [year, ...rest] = one.length === 4 ? [one, two, three] : [three, two, one];
    const isYear = /^(?:19|20)[0-9]{2}$/.test(year) || (year === three && year.length === 2);
    const most = year === one ? [12, 31] : [31, 31];
    return isYear && rest.every((part, n) => part.length < 3 && part >= 1 && part <= (most[n] ?? 0)) ? '|' : whole;
  });
}

/** Whether digits end in what the others give by Luhn's rule. */
function isLuhn(digits: string): boolean {
  const doubled = [...digits].reverse().map((digit, n) => (n % 2 === 0 ? Number(digit) : 2 * Number(digit)));
  return doubled.reduce((sum, value) => sum + (value > 9 ? value - 9 : value), 0) % 10 === 0;
}

/** Whether a name in a header holds whom a row is about, whatever stands beside it: a handset, or in several lines anybody. */
function holdsOne(name: string): boolean {
  if (/\p{Nd}{14}|\p{Nd}e\+\p{Nd}/iu.test(name)) return true;
  const groups = withoutDays(name).split(/[^\p{Nd}\p{Zs}/.-]+/u);
  const digits = groups.map((group) => group.replaceAll(/[^\p{Nd}]/gu, ''));
  if (!/[\n\r\v\f\u0085\u2028\u2029]/.test(name))
    return digits.some((some) => /^(?:35|86|99)[0-9]{12}$/.test(some) || (/^[0-9]{15}$/.test(some) && isLuhn(some)));
  const ONE = /\p{Nd}{10}|[0-9a-f]{64}|[a-z0-9]-[0-9]+-[0-9]+-[0-9]+-[0-9]+-[0-9](?![0-9])/iu;
  return ONE.test(name) || digits.some((some) => [...some].length > 13 || /^(?:0|91)?[6-9]\p{Nd}{9}$/u.test(some));
}

/** An independent, slow and simple reading of a text of short lines as CSV: character by character over the whole text in memory. */
export function reckon(text: string, columns: Columns): Reading {
  const records: { line: number; cells: string[]; quoted: string[] }[] = [];
  let unclosed: number | null = null;
  // A CR at the very end is a line end cut short.
  let rest = text.replace(/^\ufeff/, '').replace(/\r$/, '\r\n');
  let line = 1;
  const [told, lead = '', , declared] = /^((?:\r?\n)*)("?)sep=([,;\t])\2\r?\n/i.exec(rest) ?? [];
  if (told !== undefined) {
    rest = rest.slice(told.length);
    line += lead.split('\n').length;
  }
  const separator = declared ?? separatorIn(rest);
  const blank = separator === '\t' ? /^(?:(?!\n|\r\n|\t)\s)+/ : /^(?:(?!\n|\r\n)\s)+/;
  const plainCell = { ',': /^(?:(?!\r\n)[^,\n])*/, ';': /^(?:(?!\r\n)[^;\n])*/, '\t': /^(?:(?!\r\n)[^\t\n])*/ }[
    separator
  ];
  const inner = (cell: string) => (/^="[^"]*"$/.test(cell.trim()) ? cell.trim().slice(2, -1).trim() : cell.trim());
  const take = (pattern: RegExp) => {
    const found = pattern.exec(rest)?.[0] ?? '';
    rest = rest.slice(found.length);
    return found;
  };
  while (rest !== '' && unclosed === null) {
    if (take(/^\r?\n/) !== '') {
      line++;
      continue;
    }
    const record = { line, cells: [] as string[], quoted: [] as string[] };
    for (;;) {
      take(blank);
      if (rest.startsWith('"')) {
        const quoted = take(/^"(?:[^"]|"")*"(?!")/);
        take(blank);
        if (quoted === '' || !(rest.startsWith(separator) || /^(?:\r?\n|$)/.test(rest))) {
          unclosed = record.line;
          break;
        }
        line += quoted.split('\n').length - 1;
        const content = quoted.slice(1, -1).replaceAll('""', '"');
        record.quoted[record.cells.length] = content;
        record.cells.push(inner(content));
      } else {
        record.cells.push(inner(take(plainCell as RegExp)));
      }
      if (!rest.startsWith(separator)) break;
      rest = rest.slice(1);
    }
    if (unclosed !== null) break;
    take(/^\r?\n/);
    line++;
    records.push(record);
  }

  const [header, ...body] = records;
  if (header === undefined) {
    return {
      rows: [],
      fault: unclosed === null ? { line: 1, reason: 'empty_file' } : { line: unclosed, reason: 'unclosed_quote' },
    };
  }
  const others: Record<string, RegExp> = { imei: /^imei (no\.?|number)$/, msisdn: /^(msisdn|mobile) (no\.?|number)$/ };
  if (header.cells.some((cell) => /\r(?!\n)/.test(cell)))
    return { rows: [], fault: { line: header.line, reason: 'cr_line_ends' } };
  const nameOf = (cell: string) => {
    const unseen = '\u200b\u200c\u200d\u200e\u202a\u202c\u2060\u2066\u2068\u2069\ufeff';
    const seen = [...cell].filter((one) => !unseen.includes(one)).join('');
    const words = seen
      .trim()
      .toLowerCase()
      .split(/[\s_]+/);
    const other = Object.keys(others).find((column) => others[column]?.test(words.join(' ')));
    return other ?? words.join('_');
  };
  const names = header.cells.map(nameOf);
  const all = [...columns.required, ...columns.optional];
  const isIdentifier = (cell: string) =>
    [cell, ...cell.split(/[\n\r\v\f\u0085\u2028\u2029]/)].some((part) => {
      const bare = [...part].filter((one) => !/[\s\p{P}\p{S}\p{C}]/u.test(one)).join('');
      return /^\p{Nd}{10,}$|^\p{Nd}+e\p{Nd}+$/iu.test(bare);
    });
  for (const name of columns.required) {
    if (
      !names.includes(name) ||
      // Also of a row that stands behind a quote and a line end, of which nothing is left before it.
      (header.cells.some((cell, n) => isIdentifier(cell) || holdsOne(header.quoted[n] ?? cell)) &&
        columns.required.every((one) => names.includes(one)))
    )
      return { rows: [], fault: { line: header.line, reason: `missing_column:${name}` } };
  }
  for (const name of all) {
    if (names.filter((other) => other === name).length > 1) {
      return { rows: [], fault: { line: header.line, reason: `duplicate_column:${name}` } };
    }
  }
  // Matches a cell whose quote opens in one row and closes in a later one: the rest of the one row, those between, and the beginning of the
  // other.
  const [blanks, other] = [`(?:(?![\\n${separator}])\\s)*`, `[^\\n${separator}]*`];
  const areTwo = (content: string, at: number, cells: string[]) => {
    const rest = `${separator}${other}`.repeat(names.length - 1 - at);
    const between = `(?:\\s*?|${other}(?:${separator}${other}){${names.length - 1}})`;
    const beginning = `${other}${separator}`.repeat(at);
    if (names.length < 2) return false;
    if (new RegExp(`^${blanks}${rest}\\n(?:${between}\\n)*${beginning}${blanks}$`).test(content)) return true;
    // A note may go on in further lines; a row differs from them by naming somebody.
    const [first = '', ...within] = content.split('\n');
    const last = within.pop();
    if (last === undefined) return false;
    const isNamed = (whole: string[]) =>
      whole.length > 1 &&
      names.some((name, place) => {
        const cell = (whole[place] ?? '').trim();
        const isKey = /^(?:imei|msisdn|reference|preview|key)$/.test(name) && all.includes(name) && place !== at;
        if (!isKey) return false;
        // A line of fewer cells than the header may be that of a note, whose days and numbers of cases stand anywhere.
        if (whole.length < names.length)
          return isIdentifier(withoutDays(cell)) || /^[0-9a-f]{64}$|[a-z0-9](?:-[0-9]+){5}$/i.test(cell);
        return isIdentifier(cell) || ((cell.match(/[0-9]/g)?.length ?? 0) > 4 && !/\s/.test(cell));
      });
    const isFirst = isNamed([...cells.slice(0, at), '', ...first.split(separator).slice(1)]);
    const isLast = isNamed([...last.split(separator).slice(0, -1), '', ...cells.slice(at + 1)]);
    return (isFirst && isLast) || within.some((line) => isNamed(line.split(separator)));
  };
  // A header in the middle whose columns stand elsewhere ends the file.
  const misplaced = body.find(({ cells }) => {
    const others = cells.map(nameOf);
    const isHeader = cells.length === names.length && columns.required.every((name) => others.includes(name));
    return (
      isHeader && !cells.some(isIdentifier) && columns.required.some((name) => others[names.indexOf(name)] !== name)
    );
  });
  const until = misplaced === undefined ? body : body.slice(0, body.indexOf(misplaced));
  const rows = until.map(({ line: at, cells, quoted }) =>
    cells.length === names.length && !quoted.some((content, place) => areTwo(content, place, cells))
      ? { line: at, cells: Object.fromEntries(all.map((name) => [name, cells[names.indexOf(name)] ?? ''])) }
      : { line: at, reason: 'wrong_cell_count' as const, text: cells.join(',') },
  );
  if (misplaced !== undefined) return { rows, fault: { line: misplaced.line, reason: 'misplaced_header' } };
  return { rows, fault: unclosed === null ? null : { line: unclosed, reason: 'unclosed_quote' } };
}
