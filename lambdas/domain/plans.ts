import type { Decisions } from './books.ts';
import type { Run } from './directions.ts';
import type { BatchId, DirectionId, DirectionKind, OperatorId } from './identifiers.ts';
import type { Rung } from './ladders.ts';

/** What a step handed on does not add up to what the step before it counted: something of the plan was lost, or came twice. */
export class PlanIncomplete extends Error {
  override readonly name = 'PlanIncomplete';
}

/**
 * Holds a step to what the one before it counted.
 * @throws PlanIncomplete
 */
export function mustAddUp(what: string, count: number, expected: number): void {
  if (count !== expected) throw new PlanIncomplete(`${what}: ${count} instead of ${expected}`);
}

/** Some of what a child of Expand gathered: an object of so many links, ordered by shard, after which stands where each shard's are. */
export interface GatheredObject {
  key: string;
  links: number;
  /** Bytes of the links, and of the places that follow them as JSON: ShardPlaces. */
  bytes: number;
  placesBytes: number;
}

/** Where the links of each shard stand in a gathered object. */
export type ShardPlaces = [shard: number, start: number, bytes: number, links: number][];

/** What a child of Expand gathered. */
export interface Gathered {
  /** The first of the handsets that were read, and how many they were. */
  first: number;
  handsets: number;
  objects: GatheredObject[];
}

/** Where some links of a shard lie. */
export type Slice = [key: string, start: number, bytes: number, links: number];

/**
 * One child of Claim: a shard of numbers, or a run of the screened handsets. Of the numbers of a shard with far more links than it
 * should have, several children each take a part.
 */
export type ShardItem =
  | {
      kind: 'reverify';
      shard: number;
      /** Of all of its slices, whatever part of them the child takes. */
      links: number;
      /** Where its line of the index stands, which lists its slices. */
      slices: { start: number; bytes: number };
      part: Part | null;
    }
  | { kind: 'block'; shard: number; run: Run };

/** Part `part` (from 0) of `of`, of the numbers of one of `shards` shards. */
export interface Part {
  part: number;
  of: number;
  shards: number;
}

/** One direction that a shard was cut into. */
export interface PlannedDirection {
  directionId: DirectionId;
  operator: OperatorId;
  rows: number;
  /** Where the rows' identities stand in the work bucket, row n in line n. */
  rowsKey: string;
}

/** A list in the work bucket, and how long it is. */
export interface WrittenList {
  key: string;
  bytes: number;
}

/** A shard's decision; registered once, it binds all attempts. */
export interface ShardDecision {
  kind: DirectionKind;
  shard: number;
  /** The links, or handsets, that it was made from. */
  taken: number;
  rungs: Rung[];
  decisions: Decisions;
  directions: PlannedDirection[];
  /** What it did not direct, in sorted lines; null where that is nothing. */
  elsewhere: WrittenList | null;
}

/** All that a plan decided; the commit that makes it count names it. */
export interface Plan {
  /** The operators that were configured when it was made. */
  operators: OperatorId[];
  /** Distinct numbers among the gathered links by operator of the newest sighting, counted without the decisions. */
  linked: Record<OperatorId, number>;
  decisions: Decisions;
  directions: PlannedDirection[];
  elsewhere: WrittenList[];
  /** The directions' starts, one a line, for the Map over them. */
  manifestKey: string;
}

/** How a direction's execution is started: at a rung of its ladder, counted from 1. */
export interface DirectionStart {
  directionId: DirectionId;
  batchId: BatchId;
  operator: OperatorId;
  rungs: readonly Rung[];
  rung: number;
}

/** The file of directions for the Map over them. */
export function manifestText(starts: readonly DirectionStart[]): string {
  return starts.map((start) => `${JSON.stringify(start)}\n`).join('');
}

/** What an inline Map takes at once; its items travel in the state, where they have room for so many. */
const MOST_INLINE = 40;

/** What the Batch machine is told to direct. It reads more directions than an inline Map takes from their file. */
export function toDirect(starts: readonly DirectionStart[], manifestKey: string) {
  return { directions: starts.length, manifestKey, inline: starts.length <= MOST_INLINE ? starts : [] };
}
