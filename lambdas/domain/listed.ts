/**
 * Subjects of a batch that doesn't expand: what the system knows of them is listed, a line each, and Claim decides upon them in its
 * turn. A shard of a list has subjects of one kind of direction.
 */

import { subjectOfLine } from './directions.ts';
import type { OperatorId } from './identifiers.ts';
import { isOperatorId } from './identifiers.ts';
import { DIRECTION_KIND_NAMES, type DirectionKind } from './kinds.ts';
import type { Rung } from './ladders.ts';
import { rungsForm } from './plans.ts';
import { type Pointer, readPointer, writePointer } from './pointers.ts';
import { BadWorkLine, tabbedCells, tabbedLine } from './tabbed.ts';

/** A subject at an operator, before it is claimed. */
export interface ListedSubject {
  readonly operator: OperatorId;
  /** The row of its direction, as `directionRowLine` writes it. */
  readonly line: string;
  /** Why it is listed: a word of the batch's kind. */
  readonly why: string;
  /** The row that it goes on from, or which is taken back; null if there is none. */
  readonly from: Pointer | null;
  /** Its ladder from here on; null if that is its kind's, from the turn on. */
  readonly rungs: readonly Rung[] | null;
}

/** The subjects of a batch, by the kind of direction that is to be made of them. */
export type Listed = Readonly<Partial<Record<DirectionKind, readonly ListedSubject[]>>>;

/** The part of a list that a child of Claim takes: `bytes` bytes of its lines, from `start` on. */
interface ListShard {
  readonly kind: DirectionKind;
  readonly shard: number;
  readonly start: number;
  readonly bytes: number;
  readonly subjects: number;
}

/** A subject as one line of its list, without its LF. */
export function listedLine({ operator, why, from, rungs, line }: ListedSubject): string {
  const head = [operator, why, from ? writePointer(from) : '', rungs ? JSON.stringify(rungs) : ''];
  return `${tabbedLine(head)}\t${line}`;
}

const HEAD_CELLS = 4;

/**
 * Reads a line that `listedLine` made.
 * @throws BadWorkLine for any other line
 */
export function parseListedLine(text: string): ListedSubject {
  const cells = text.split('\t');
  const [operator = '', why = '', from = '', rungs = ''] = tabbedCells(cells.slice(0, HEAD_CELLS).join('\t'));
  if (cells.length <= HEAD_CELLS || !isOperatorId(operator)) throw new BadWorkLine('a listed subject has an operator');
  return {
    operator,
    why,
    from: from === '' ? null : readPointer(from),
    rungs: rungs === '' ? null : rungsForm.parse(JSON.parse(rungs)),
    line: cells.slice(HEAD_CELLS).join('\t'),
  };
}

/**
 * The list of a batch's subjects, and the shards into which it is cut: by kind, then sorted by number or handset, so that all that is
 * listed of one of them under a kind is in one shard.
 * @param most the most subjects of a shard; a shard has more only if one number or handset is listed more often
 */
export function listShards(listed: Listed, most: number): { readonly lines: string[]; readonly shards: ListShard[] } {
  const lines: string[] = [];
  const shards: ListShard[] = [];
  let start = 0;
  for (const kind of DIRECTION_KIND_NAMES) {
    const about = (listed[kind] ?? [])
      .map((subject) => ({ about: subjectOfLine(kind, subject.line).identifier, text: `${listedLine(subject)}\n` }))
      .sort((a, b) => (a.about < b.about || (a.about === b.about && a.text < b.text) ? -1 : 1));
    let shard: { -readonly [Field in keyof ListShard]: ListShard[Field] } | undefined;
    for (const [n, { about: identifier, text }] of about.entries()) {
      const isFull = shard !== undefined && shard.subjects >= most && about[n - 1]?.about !== identifier;
      if (shard === undefined || isFull) {
        shard = { kind, shard: (shard?.shard ?? -1) + 1, start, bytes: 0, subjects: 0 };
        shards.push(shard);
      }
      const bytes = Buffer.byteLength(text);
      shard.bytes += bytes;
      shard.subjects += 1;
      start += bytes;
      lines.push(text);
    }
  }
  return { lines, shards };
}
