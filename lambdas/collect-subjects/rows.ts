import type { Instant } from '../domain/days.ts';
import { parseDirectionRowLine } from '../domain/directions.ts';
import type { Imei, Msisdn } from '../domain/identifiers.ts';
import { readTextLines } from '../stores/objects.ts';

/** Where what a withdrawal takes back is looked up. */
export interface Places {
  readonly WORK: string;
  readonly CASES: string;
  /** When this is looked at. */
  readonly now: Instant;
}

/** The rows that a report has in directions of one kind, by what identifies them. */
export interface RowKind<Identifier extends Imei | Msisdn> {
  readonly kind: 'reverify' | 'block';
  /** @throws BadWorkLine */
  readonly identifierIn: (line: string) => Identifier;
}

export const NUMBERS: RowKind<Msisdn> = {
  kind: 'reverify',
  identifierIn: (line) => parseDirectionRowLine('reverify', line).msisdn,
};

export const HANDSETS: RowKind<Imei> = {
  kind: 'block',
  identifierIn: (line) => parseDirectionRowLine('block', line).imei,
};

/** A direction's rows (from 0), by their lines. */
export function* rowsIn<Identifier extends Imei | Msisdn>(
  { identifierIn }: RowKind<Identifier>,
  lines: readonly string[],
): Generator<{ identifier: Identifier; row: number }> {
  for (const [row, line] of lines.entries()) if (line !== '') yield { identifier: identifierIn(line), row };
}

/** What the lines of some lists of a plan say, some at a time. */
export async function* readLists<Line>(
  { WORK }: Pick<Places, 'WORK'>,
  lists: readonly { readonly key: string; readonly bytes: number }[],
  parse: (line: string) => Line,
): AsyncGenerator<Line[]> {
  for (const { key, bytes } of lists)
    for await (const block of readTextLines({ bucket: WORK, key }, { start: 0, end: bytes })) yield block.map(parse);
}
