import * as z from 'zod';
import { DIRECTION_KIND_NAMES } from '../domain/kinds.ts';
import { fields } from '../domain/stored.ts';
import { instant, operatorIds } from '../runtime/input.ts';

const links = z.object({
  kind: z.literal('reverify'),
  shard: z.number(),
  links: z.number(),
  slices: z.object({ start: z.number(), bytes: z.number() }),
  part: z.object({ part: z.number(), of: z.number(), shards: z.number() }).nullable(),
});
const handsets = z.object({
  kind: z.literal('block'),
  shard: z.number(),
  run: z.object({ first: z.number(), count: z.number() }),
});
const listed = z.object({
  kind: z.enum(DIRECTION_KIND_NAMES),
  shard: z.number(),
  list: z.object({ key: z.string(), start: z.number(), bytes: z.number(), subjects: z.number() }),
});

const asked = z.object({
  kind: z.enum(['restore', 'unblock']),
  shard: z.number(),
  asked: z.object({ key: z.string(), start: z.number(), bytes: z.number(), subjects: z.number() }),
});

/** The input of a child of Claim: its shard, and the shard's plan. */
export const input = z.object({
  batchId: fields.batch,
  plan: z.number(),
  startedAt: instant,
  handsetsKey: z.string().nullable(),
  /** What Gather returned. */
  gathered: z.object({ indexKey: z.string().nullable(), operators: operatorIds }),
  item: z.union([links, handsets, listed, asked]),
});
export type Input = z.output<typeof input>;
export type Shard = z.output<typeof links>;
export type Listed = z.output<typeof listed>;
export type AskedItem = z.output<typeof asked>;
