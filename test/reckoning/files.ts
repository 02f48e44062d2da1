/** Reads files as simply as can be, and without a line of the system's code: lines and cells, handsets and numbers, days and instants. */
import { createHash } from 'node:crypto';

const DAY = 86_400_000;

interface Line {
  line: number;
  /** Cells by column; undefined for a row with more or fewer cells than the header. */
  cells?: Record<string, string>;
}

export const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
export const instant = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');
/** The day in India. */
export const dayAt = (at: number) => new Date(at + 5.5 * 3_600_000).toISOString().slice(0, 10);
/** The instant at which a day is over in India, in milliseconds. */
export const endOf = (day: string) => Date.parse(`${day}T00:00:00+05:30`) + 24 * 3_600_000;
export const daysBefore = (day: string, days: number) =>
  new Date(Date.parse(day) - days * DAY).toISOString().slice(0, 10);
export const isDay = (text: string) =>
  /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00Z`).toString() !== 'Invalid Date'
    ? new Date(`${text}T00:00Z`).toISOString().startsWith(text)
    : false;

/** The place that a refused file's receipt names, by the reason; nothing where the whole file was read. */
export function refusedAt(text: string, why: string): { line?: number; header?: string } {
  const lines = text.split('\n');
  if (why.startsWith('missing_column:')) return { line: 1, header: (lines[0] ?? '').split(/[;,]/).join(',') };
  if (why !== 'unclosed_quote') return {};
  return { line: 1 + lines.findIndex((line) => line.split('"').length % 2 === 0) };
}

/** The cells of one line; nobody in the sample writes a line break into a cell. */
export const cellsOf = (line: string) =>
  [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = '']) =>
    (quoted?.replaceAll('""', '"') ?? plain).trim(),
  );

export function linesOf(text: string): { columns: string[]; lines: Line[] } {
  const [header = '', ...rest] = text.replace('\uFEFF', '').split(/\r?\n/);
  const columns = cellsOf(header).map((name) => name.toLowerCase());
  const lines = rest.flatMap((content, n): Line[] => {
    if (content === '') return [];
    const cells = cellsOf(content);
    if (cells.length !== columns.length) return [{ line: n + 2 }];
    return [{ line: n + 2, cells: Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? ''])) }];
  });
  return { columns, lines };
}

function luhn(digits: string): string {
  let sum = 0;
  for (const [i, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return String((10 - (sum % 10)) % 10);
}
export const written = (imei: string) => imei + luhn(imei);

/** An IMEI's 14 digits, or the reason why it isn't one; the last digits of one that a handset sent in usage may be anything. */
export function imeiIn(cell = '', sent = false): { imei: string } | { reason: string } {
  const digits = cell.replace(/^([0-9]+)\.0+$/, '$1').replace(/[ \-/.]/g, '');
  if (digits === '') return { reason: 'missing_imei' };
  if (!/^\d+$/.test(digits)) return { reason: 'not_digits' };
  if (digits.length < 14 || digits.length > 16) return { reason: 'wrong_length' };
  const imei = digits.slice(0, 14);
  if (digits.length === 15 && !sent && !['0', luhn(imei)].includes(digits.slice(14)))
    return { reason: 'check_digit_mismatch' };
  return /^(\d)\1*$/.test(imei) ? { reason: 'not_a_device' } : { imei };
}

/** A number in E.164, or the reason why it isn't one. */
export function msisdnIn(cell = ''): { msisdn: string } | { reason: string } {
  if (cell === '') return { reason: 'missing_msisdn' };
  const number = /^(?:\+91|91|0)?([6-9]\d{9})$/.exec(cell)?.[1];
  return number === undefined ? { reason: 'bad_msisdn' } : { msisdn: `+91${number}` };
}
