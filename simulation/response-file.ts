import { FileFault, readCsv } from '../lambdas/domain/csv.ts';
import type { CsvRow } from '../lambdas/domain/csv-header.ts';
import { Utf8Bytes } from '../lambdas/domain/encodings.ts';
import { parseImei } from '../lambdas/domain/imeis.ts';
import { columnOf, type DirectionKind } from '../lambdas/domain/kinds.ts';
import { parseMsisdn } from '../lambdas/domain/msisdns.ts';
import { kindsAnswered } from '../lambdas/domain/routing.ts';

/** A row of a response file. */
export interface ResponseRow {
  /** The kind of its direction; in a file with both columns, as the system itself reads it. */
  kind: DirectionKind;
  /** The number or handset, as this system keys it; undefined where it can't be read. */
  identifier: string | undefined;
  outcome: string;
  /** Its bytes, line end included. */
  bytes: Buffer;
}

/** A response file that can be split by rows. */
export interface ReadableResponse {
  kind: DirectionKind;
  /** The bytes before the first row. */
  header: Buffer;
  rows: ResponseRow[];
}

/** A file that the system will refuse whole; its kind is known where its columns tell it. */
export interface RefusedResponse {
  kind: DirectionKind | undefined;
  refused: string;
}

/** The parsers of the columns of identifiers. */
export const PARSERS = { msisdn: parseMsisdn, imei: parseImei } as const;

/**
 * Reads a response file and converts it to UTF-8. A file with a column `msisdn` is about connections, but for rows about a handset alone;
 * any other is about handsets.
 */
export async function readResponse(file: Buffer): Promise<ReadableResponse | RefusedResponse> {
  const text = new Utf8Bytes();
  const bytes = Buffer.concat([text.add(file), text.end()]);
  for (const kind of ['reverify', 'block'] as const) {
    const column = columnOf(kind);
    const found: CsvRow<string>[] = [];
    try {
      for await (const rows of readCsv(once(bytes), {
        required: [column, 'outcome'],
        optional: kind === 'reverify' ? ['imei', 'order'] : [],
      }))
        found.push(...rows);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      if (fault.reason === `missing_column:${column}`) continue;
      const columnsKnown = fault.line > 1 || fault.reason === 'missing_column:outcome';
      return { kind: columnsKnown ? kind : undefined, refused: fault.reason };
    }
    const starts = lineStarts(bytes);
    const startOf = (row: CsvRow<string> | undefined) => (row && starts[row.line - 1]) ?? bytes.length;
    const rows = found.map((row, n): ResponseRow => {
      const slice = bytes.subarray(startOf(row), startOf(found[n + 1]));
      if ('reason' in row) return { kind, identifier: undefined, outcome: '', bytes: slice };
      const about = kind === 'block' ? column : kindsAnswered(row.cells).column;
      const parsed = PARSERS[about](row.cells[about] ?? '');
      return {
        kind: about === column ? kind : 'block',
        identifier: 'value' in parsed ? parsed.value : undefined,
        outcome: (row.cells.outcome ?? '').toLowerCase(),
        bytes: slice,
      };
    });
    return { kind, header: bytes.subarray(0, startOf(found[0])), rows };
  }
  return { kind: undefined, refused: 'missing_column' };
}

/** A file with only some of the rows, unchanged. */
export function pieceOf(header: Buffer, rows: readonly ResponseRow[]): Buffer {
  return Buffer.concat([header, ...rows.map(({ bytes }) => bytes)]);
}

/** The physical line, from 1, on which each of the rows starts in such a file. */
export function linesInPiece(header: Buffer, rows: readonly ResponseRow[]): number[] {
  let line = 1 + lineEnds(header);
  return rows.map(({ bytes }) => {
    const start = line;
    line += lineEnds(bytes);
    return start;
  });
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const LF = 10;

function lineStarts(bytes: Buffer): number[] {
  const starts = [0];
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) starts.push(at + 1);
  return starts;
}

function lineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}
