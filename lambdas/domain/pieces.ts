/**
 * A large CSV file in pieces of whole records, so that each can be read alone: with the same rows and line numbers, and up to the same
 * fault, as the file in one piece.
 */
import { type Chunks, FileFault, type Mark, markCsv, readCsv } from './csv.ts';
import type { Columns, CsvRow } from './csv-header.ts';

/** The bytes of a file from `start` to `end`, that one not included, and the physical line (from 1) that begins there. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/** The pieces into which a file is cut, or the next stretch of it. */
export interface CutPieces {
  /** The end of the header; undefined if the file has none. */
  readonly header?: Mark;
  readonly pieces: Piece[];
  /** The beginning of the next stretch, if there is more of the file. */
  readonly next?: Mark;
  /** The fault that stops the reading after the last piece. */
  readonly fault?: Pick<FileFault, 'line' | 'reason'> & { readonly found?: string };
}

/** The place where an earlier cut of a file stopped. */
export interface Stopped {
  readonly header: Mark;
  readonly next: Mark;
}

/**
 * Cuts a file into pieces of `bytes` bytes or somewhat more, up to `most` of them; every record is in exactly one.
 * @param chunks the file's bytes; after an earlier cut those of its header, followed by those from where it stopped
 */
export async function cutFile(
  chunks: Chunks,
  columns: Columns,
  { bytes, most, after }: { bytes: number; most: number; after?: Stopped | undefined },
): Promise<CutPieces> {
  const pieces: Piece[] = [];
  const shift = after
    ? { at: after.next.at - after.header.at, line: after.next.line - after.header.line }
    : { at: 0, line: 0 };
  let header = after?.header;
  let last: Mark | undefined;
  try {
    for await (const mark of markCsv(chunks, columns, bytes)) {
      const here = { at: mark.at + shift.at, line: mark.line + shift.line };
      header ??= here;
      // The first mark is the end of the header, or the place where the earlier cut stopped.
      if (last) {
        if (pieces.length === most) return { header, pieces, next: last };
        pieces.push({ start: last.at, end: here.at, line: last.line });
      }
      last = here;
    }
    return { ...(header ? { header } : {}), pieces };
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    const found = error.found === '' ? {} : { found: error.found };
    const fault = { line: error.line + shift.line, reason: error.reason, ...found };
    return { ...(header ? { header } : {}), pieces, fault };
  }
}

/**
 * Reads the rows of one piece, each with its line in the file.
 * @param chunks the bytes of the file's header, followed by those of the piece
 * @param header where the file's header ends
 * @param line the line that begins with the piece
 */
export async function* readPiece<Required extends string, Optional extends string>(
  chunks: Chunks,
  columns: Columns<Required, Optional>,
  header: Mark,
  line: number,
): AsyncGenerator<CsvRow<Required | Optional>[]> {
  const shift = line - header.line;
  for await (const rows of readCsv(chunks, columns)) yield rows.map((row) => ({ ...row, line: row.line + shift }));
}
