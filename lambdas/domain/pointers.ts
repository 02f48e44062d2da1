/** Pointers: a row of a direction, and how claims, lists and plans hold it. */
import * as z from 'zod';
import { type DirectionId, type OperatorId, parseDirectionId } from './identifiers.ts';
import { type DirectionKind, givesBack, rulesOf, SUBJECTS } from './kinds.ts';

/** Row `row` (from 0) of a direction. */
export interface Pointer {
  readonly directionId: DirectionId;
  readonly row: number;
}

/**
 * The name in a claim of the pointers to directions of this kind at this operator: a number's stand under one name, a handset's under its
 * operator's.
 */
export function slotOf(kind: DirectionKind, operator: OperatorId): string {
  return SUBJECTS[rulesOf(kind).subject].atEachOperator ? operator : 'number';
}

/** A claim's pointers as they are stored, newest first: `<directionId>:<row>` each. */
export type Pointers = readonly string[];

/** A stored pointer, as a field of records. */
export const pointerField = z.string().transform((stored, context): Pointer => {
  try {
    return readPointer(stored);
  } catch {
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  }
});

/** Whether two pointers are to one row. */
export function samePointer(a: Pointer, b: Pointer): boolean {
  return a.directionId === b.directionId && a.row === b.row;
}

/** Whether a direction gives back. */
export function isGivingBack(directionId: DirectionId): boolean {
  const kind = parseDirectionId(directionId)?.kind;
  return kind !== undefined && givesBack(kind);
}

/** A stored pointer can't be read. */
export class BadPointer extends Error {
  override readonly name = 'BadPointer';
  constructor() {
    super('A claim holds a pointer that is not "<directionId>:<row>"');
  }
}

/** The pointer as it is stored: `<directionId>:<row>`. */
export function writePointer(pointer: Pointer): string {
  return `${pointer.directionId}:${pointer.row}`;
}

/**
 * Reads a stored pointer.
 * @throws BadPointer
 */
export function readPointer(stored: string): Pointer {
  const at = stored.lastIndexOf(':');
  const direction = parseDirectionId(stored.slice(0, Math.max(at, 0)));
  const row = stored.slice(at + 1);
  if (direction === null || !/^\d{1,9}$/.test(row)) throw new BadPointer();
  return { directionId: direction.id, row: Number(row) };
}
