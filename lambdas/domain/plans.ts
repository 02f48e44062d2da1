import * as z from 'zod';
import type { Decisions, Ported } from './books.ts';
import type { Run } from './directions.ts';
import type { BatchId, DirectionId, OperatorId } from './identifiers.ts';
import { BOOKS, DIRECTION_KIND_NAMES, type DirectionKind } from './kinds.ts';
import { ORDERS, type Rung } from './ladders.ts';
import { MOST_INLINE } from './limits.ts';
import { type Covers, fields, formOf, unchanged } from './stored.ts';
import { SUBJECT_STATES, type SubjectState } from './subject-states.ts';

/** The number that a step handed on is not the one that the step before it counted: something of the plan was lost, or came twice. */
export class PlanIncomplete extends Error {
  override readonly name = 'PlanIncomplete';
}

/**
 * Compares a step's count with that of the step before it.
 * @throws PlanIncomplete
 */
export function mustAddUp(what: string, count: number, expected: number): void {
  if (count !== expected) throw new PlanIncomplete(`${what}: ${count} instead of ${expected}`);
}

/** An object of links that a child of Expand gathered: `links` links, ordered by shard, followed by the places of each shard's links. */
export interface GatheredObject {
  key: string;
  links: number;
  /** Bytes of the links, and of the places that follow them as JSON: ShardPlaces. */
  bytes: number;
  placesBytes: number;
}

/** The gathered links of a batch, as its decision is bound to them: each object's links, and the SHA-256 of their bytes. */
export interface GatheredLinks {
  readonly objects: readonly { readonly key: string; readonly bytes: number; readonly sha256: string }[];
}

/** `GatheredLinks`, as they lie in the work bucket beside the preview. */
export const gatheredForm = formOf<GatheredLinks>(
  'list of gathered links',
  1,
  z.strictObject({
    objects: z.array(z.strictObject({ key: z.string(), bytes: fields.count, sha256: fields.sha256 })),
  }),
);

/** The places of the links of each shard in a gathered object. */
export type ShardPlaces = [shard: number, start: number, bytes: number, links: number][];

/** What a child of Expand gathered. */
export interface Gathered {
  /** The first of the handsets that were read, and their number. */
  first: number;
  handsets: number;
  objects: GatheredObject[];
  /** The weight of each of the handsets, a line for each. */
  weights: WrittenList;
}

/** A place where some links of a shard lie. */
export type Slice = [key: string, start: number, bytes: number, links: number];

/**
 * One child of Claim: a shard of numbers, or a run of the screened handsets. A shard of numbers with far more links than it should have
 * goes to several children, which each take a part of its numbers. For a batch that doesn't expand: some lines of a list of subjects.
 */
export type ShardItem =
  | {
      kind: 'reverify';
      shard: number;
      /** The links in all of its slices, whatever part of them the child takes. */
      links: number;
      /** The line of the index that lists its slices. */
      slices: { start: number; bytes: number };
      part: Part | null;
    }
  | { kind: 'block'; shard: number; run: Run }
  | ListedShard
  | AskedShard;

/** A child of Claim that takes lines of a list of subjects, `domain/listed.ts`, all of one kind of direction. */
export interface ListedShard {
  kind: DirectionKind;
  shard: number;
  list: { key: string; start: number; bytes: number; subjects: number };
}

/** A child of Claim that takes lines of the list of what a reversal is asked to take back, `domain/asked.ts`. */
export interface AskedShard {
  kind: DirectionKind;
  shard: number;
  asked: { key: string; start: number; bytes: number; subjects: number };
}

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
  /** The file in the work bucket with the rows' identities, row n in line n. */
  rowsKey: string;
  /** Its ladder, if that is not its shard's: rows that go on, do so where their earlier ladder had come to. */
  rungs?: readonly Rung[];
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
  /**
   * Decisions, each under the operator where its row is decided: the one that it was ported to since its newest sighting, or else that
   * sighting's.
   */
  decisions: Decisions;
  ported: Ported;
  directions: PlannedDirection[];
  /** The list of what it did not direct, in sorted lines; null if that is nothing. */
  elsewhere: WrittenList | null;
  /** The list of what became of each row that a follow-up goes on with, in sorted lines; null if that is nothing. */
  moved: WrittenList | null;
  /**
   * For a reversal: the list of what became of each subject, a line each; the numbers of subjects by what they became; and the number that
   * were dropped, since another handset of the withdrawn report stands for them. Null for other batches.
   */
  reversed: { list: WrittenList; subjects: SubjectCounts; dropped: number } | null;
}

/** The numbers of subjects of a reversal, by what they became. */
export type SubjectCounts = Readonly<Record<SubjectState, number>>;

/** All that a plan decided; the commit that makes it count names it. */
export interface Plan {
  /** The operators that were configured when it was made. */
  operators: OperatorId[];
  /** Distinct numbers among the gathered links by operator of the newest sighting, counted without the decisions. */
  linked: Record<OperatorId, number>;
  decisions: Decisions;
  ported: Ported;
  directions: PlannedDirection[];
  elsewhere: WrittenList[];
  moved: WrittenList[];
  /**
   * For a reversal: the number of subjects that it was asked, counted without what became of them, and their numbers by what they became;
   * null for other batches.
   */
  reversal: { asked: number; subjects: SubjectCounts; lists: WrittenList[] } | null;
  /** The directions' starts, one a line, for the Map over them. */
  manifestKey: string;
}

/** The input of a direction's execution, which starts at a rung of its ladder, counted from 1. */
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

const rung = z.strictObject({ order: z.enum(ORDERS), deadline: fields.instant });
/** A ladder as it is planned, as it is written beside its direction or its shard. */
export const rungsForm: z.ZodType<readonly Rung[]> = z.array(rung);
const plannedDirection = z.strictObject({
  directionId: fields.direction,
  operator: fields.operator,
  rows: fields.count,
  rowsKey: z.string(),
  rungs: z.array(rung).optional(),
});
const writtenList = z.strictObject({ key: z.string(), bytes: fields.count });
const leftOut = { struck: fields.count, held: fields.count, exempt: fields.count, reversed: fields.count };
const decisions = z.record(
  fields.operator,
  z.strictObject({
    connections: z.strictObject({
      ...leftOut,
      reissuedBefore: fields.count,
      alreadyOpen: fields.count,
      alreadyDisconnected: fields.count,
      alreadyVerified: fields.count,
      directed: fields.count,
    }),
    blocks: z.strictObject({
      ...leftOut,
      alreadyOpen: fields.count,
      alreadyBlocked: fields.count,
      directed: fields.count,
    }),
    outcomes: z.strictObject({ alreadyOpen: fields.count, directed: fields.count }),
  }),
);

const ported = z.record(fields.operator, z.record(fields.operator, fields.count));

/** Gives 0 to the columns that the books have had since a record was written: nobody could be decided to be what didn't exist then. */
function withColumnsSince({ decisions, ...content }: Record<string, unknown>): Record<string, unknown> {
  const books = decisions as Record<string, Record<string, object>>;
  const now = Object.entries(books).map(([operator, own]) => [
    operator,
    {
      connections: { ...BOOKS.connections.decided, ...own.connections },
      blocks: { ...BOOKS.blocks.decided, ...own.blocks },
      outcomes: { ...BOOKS.outcomes.decided, ...own.outcomes },
    },
  ]);
  return { ...content, decisions: Object.fromEntries(now) };
}

type Content = Record<string, unknown>;

/** Before the sixth form nobody was ported. */
const withPorted = (content: Content) => ({ ...content, ported: {} });
const withBoth = (content: Content) => withPorted(withColumnsSince(content));
const EARLIER = { 1: withBoth, 2: withBoth, 3: withBoth, 4: withBoth, 5: withPorted, 6: unchanged };
/** Before the seventh form there were no follow-ups, and before the eighth no reversals: their empty fields are given. */
const since = (moved: object, reversed: object): Record<number, (content: Content) => Content> =>
  Object.fromEntries([
    ...Object.entries(EARLIER).map(([form, upgrade]) => [
      form,
      (content: Content) => withColumnsSince({ ...upgrade(content), ...moved, ...reversed }),
    ]),
    ['7', (content: Content) => withColumnsSince({ ...content, ...reversed })],
  ]);

const subjectCounts = z.record(z.enum(SUBJECT_STATES), fields.count);

const shardDecision = z.strictObject({
  kind: z.enum(DIRECTION_KIND_NAMES),
  shard: fields.count,
  taken: fields.count,
  rungs: z.array(rung),
  decisions,
  ported,
  directions: z.array(plannedDirection),
  elsewhere: writtenList.nullable(),
  moved: writtenList.nullable(),
  reversed: z.strictObject({ list: writtenList, subjects: subjectCounts, dropped: fields.count }).nullable(),
});
true satisfies Covers<typeof shardDecision, ShardDecision>;

/** Before the ninth form nothing was dropped. */
function withDropped({ reversed, ...content }: Content): Content {
  return { ...content, reversed: reversed && { ...(reversed as object), dropped: 0 } };
}

/** `ShardDecision`, as it lies in the work bucket. */
export const shardDecisionForm = formOf<ShardDecision>('decision of a shard', 9, shardDecision, {
  ...since({ moved: null }, { reversed: null }),
  8: withDropped,
});

const plan = z.strictObject({
  operators: z.array(fields.operator),
  linked: z.record(fields.operator, fields.count),
  decisions,
  ported,
  directions: z.array(plannedDirection),
  elsewhere: z.array(writtenList),
  moved: z.array(writtenList),
  reversal: z.strictObject({ asked: fields.count, subjects: subjectCounts, lists: z.array(writtenList) }).nullable(),
  manifestKey: z.string(),
});
true satisfies Covers<typeof plan, Plan>;

/** `Plan`, as it lies in the work bucket. */
export const planForm = formOf<Plan>('plan', 8, plan, since({ moved: [] }, { reversal: null }));

/** What a child of Expand returns. */
export const gathered: z.ZodType<Gathered> = z.object({
  first: fields.count,
  handsets: fields.count,
  objects: z.array(z.object({ key: z.string(), links: fields.count, bytes: fields.count, placesBytes: fields.count })),
  weights: writtenList,
});

/** What a child of Claim returns: the key of the shard's decision that counts. */
export const claimed = z.object({ decisionKey: z.string() });

/** `ShardPlaces`, as they follow the links of a gathered object. */
export const shardPlaces: z.ZodType<ShardPlaces> = z.array(
  z.tuple([fields.count, fields.count, fields.count, fields.count]),
);

/** The slices of a shard, a line of Gather's index. */
export const slices: z.ZodType<Slice[]> = z.array(z.tuple([z.string(), fields.count, fields.count, fields.count]));

/** The Batch machine's input of what to direct. It reads more directions than an inline Map takes from their file. */
export function toDirect(starts: readonly DirectionStart[], manifestKey: string) {
  return { directions: starts.length, manifestKey, inline: starts.length <= MOST_INLINE ? starts : [] };
}
