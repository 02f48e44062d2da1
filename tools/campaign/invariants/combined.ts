/** Combined files, which answer all directions of an operator: the directions of their rows, and the one receipt of each file. */
import { linesOf, sha256 } from '../../../test/reckoning/files.ts';
import type { Upload } from '../story.ts';
import type { Direction, Known } from './known.ts';
import { same, sum } from './values.ts';

/** Whether a file lies in an operator's own folder, and not in a direction's. */
const COMBINED = /^responses\/([^/]+)\/[^/]+$/;

export const isCombined = ({ key }: Pick<Upload, 'key'>) => COMBINED.test(key);

type Lines = ReturnType<typeof linesOf>['lines'];

/** The rows of a response about a direction; undefined where the file is about others. Everybody here names the direction of each row. */
export function linesFor({ key, text }: Upload, { id, operator }: Direction): Lines | undefined {
  const { lines } = linesOf(text);
  if (key.startsWith(`responses/${operator}/${id}/`)) return lines;
  if (COMBINED.exec(key)?.[1] !== operator) return undefined;
  const own = lines.filter(({ cells }) => cells?.direction === id);
  return own.length > 0 ? own : undefined;
}

/**
 * Expects the receipt of a combined file that was not refused whole.
 * @param receipt the key at which it lies
 */
export function expectCombined(known: Known, upload: Upload, receipt: string): void {
  const operator = COMBINED.exec(upload.key)?.[1];
  const digest = sha256(upload.text);
  const { lines } = linesOf(upload.text);
  const unrouted = lines.flatMap(({ line, cells }) => {
    if (cells === undefined) return [{ line, reason: 'wrong_cell_count' }];
    return known.directions.get(cells.direction ?? '')?.operator === operator
      ? []
      : [{ line, reason: 'unknown_direction' }];
  });
  const named = [...known.directions.values()].filter((direction) => linesFor(upload, direction) !== undefined);
  const parts = named.flatMap((direction) => {
    const recorded = direction.recorded.get(digest) as Part | undefined;
    known.must(recorded !== undefined, `${direction.id}: every response is recorded`);
    return recorded === undefined ? [] : [recorded];
  });
  const rejects = [...unrouted, ...parts.flatMap((part) => part.rejects)].sort((a, b) => a.line - b.line);
  const rejected: Record<string, number> = {};
  for (const { reason } of rejects) sum(rejected, reason);
  known.expected[receipt] = { sha256: digest, rows: lines.length, rejected, rejects, refused: null, parts };
}

interface Part {
  directionId: string;
  rows: number;
  recorded: number;
  alreadyRecorded: number;
  rejects: { line: number; reason: string }[];
  late: boolean;
  open: number;
  overdue: number;
}
interface Told extends Omit<Part, 'rejects'> {
  rejected: number;
  order?: string | null;
  next?: unknown;
}
interface Expected extends Record<string, unknown> {
  parts: Part[];
}

/** Checks that a combined receipt says for each direction what was recorded in it, and as a whole the sum of these. */
export function checkCombined(known: Known, where: string, receipt: Record<string, unknown>, expected: Expected): void {
  const { directions, ...whole } = receipt as Record<string, unknown> & { directions: Told[] };
  const { parts, ...of } = expected;
  const total = (word: 'recorded' | 'alreadyRecorded') => parts.reduce((all, part) => all + part[word], 0);
  const must = (holds: boolean, rule: string) => known.must(holds, `${where}: ${rule}`);
  const all = { ...of, recorded: total('recorded'), alreadyRecorded: total('alreadyRecorded') };
  must(same(whole, all), 'a combined receipt has each of its rows once, and names those that were not taken');
  const toldOf = new Map(directions.map((one) => [one.directionId, one]));
  must(
    toldOf.size === directions.length && toldOf.size === parts.length,
    'a combined receipt names each direction once',
  );
  for (const { directionId, rows, recorded, alreadyRecorded, rejects, late, open, overdue } of parts) {
    const { order: _, next, ...told } = toldOf.get(directionId) ?? ({} as Partial<Told>);
    const first = { directionId, rows, recorded, alreadyRecorded, rejected: rejects.length, late, open, overdue };
    must(same(told, first), 'a combined receipt says of each direction what was recorded in it');
    must(!next || told.open !== 0, 'a receipt says what comes next for who is open');
  }
}
