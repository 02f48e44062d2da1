import fc from 'fast-check';
import { type Columns, type CsvRow, FileFault, readCsv } from '../../lambdas/domain/csv.ts';

/** Any text of whole characters. `fc.string` of these looks each up in all of Unicode, which takes seconds. */
export const anyText = fc
  .array(
    fc.integer({ min: 0, max: 0x10_ffff }).filter((code) => code < 0xd800 || code > 0xdfff),
    { maxLength: 12 },
  )
  .map((codes) => String.fromCodePoint(...codes));

/** What a file came to: its rows, and the fault that ended the reading. */
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

/**
 * An independent, slow and simple reckoning of what a text of short lines says as CSV: character by character over the
 * whole text in memory.
 */
export function reckon(text: string, columns: Columns): Reading {
  const records: { line: number; cells: string[] }[] = [];
  let unclosed: number | null = null;
  // A CR at the very end is a line end cut short.
  let rest = text.replace(/^\ufeff/, '').replace(/\r$/, '\r\n');
  let line = 1;
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
    const record = { line, cells: [] as string[] };
    for (;;) {
      take(/^(?:(?!\n|\r\n)\s)+/);
      if (rest.startsWith('"')) {
        const quoted = take(/^"(?:[^"]|"")*"(?!")/);
        take(/^(?:(?!\n|\r\n)\s)+/);
        if (quoted === '' || !/^(?:,|\r?\n|$)/.test(rest)) {
          unclosed = record.line;
          break;
        }
        line += quoted.split('\n').length - 1;
        record.cells.push(quoted.slice(1, -1).replaceAll('""', '"').trim());
      } else {
        const plain = take(/^(?:(?!\r\n)[^,\n])*/);
        if (plain.includes('"')) {
          unclosed = record.line;
          break;
        }
        record.cells.push(plain.trim());
      }
      if (take(/^,/) === '') break;
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
  const names = header.cells.map((name) => name.toLowerCase());
  const all = [...columns.required, ...columns.optional];
  for (const name of columns.required) {
    if (!names.includes(name)) return { rows: [], fault: { line: header.line, reason: `missing_column:${name}` } };
  }
  for (const name of all) {
    if (names.filter((other) => other === name).length > 1) {
      return { rows: [], fault: { line: header.line, reason: `duplicate_column:${name}` } };
    }
  }
  const rows = body.map(({ line: at, cells }) =>
    cells.length === names.length
      ? { line: at, cells: Object.fromEntries(all.map((name) => [name, cells[names.indexOf(name)] ?? ''])) }
      : { line: at, wrongCellCount: cells.join(',') },
  );
  return { rows, fault: unclosed === null ? null : { line: unclosed, reason: 'unclosed_quote' } };
}
