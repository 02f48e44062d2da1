import { z } from 'zod';
import { fields } from '../domain/stored.ts';
import { instant, operatorIds } from '../runtime/input.ts';

/** What a child of Claim is given: its shard, and the plan that it is of. */
const shardItem = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('reverify'),
    shard: z.number(),
    links: z.number(),
    slices: z.object({ start: z.number(), bytes: z.number() }),
    part: z.object({ part: z.number(), of: z.number(), shards: z.number() }).nullable(),
  }),
  z.object({ kind: z.literal('block'), shard: z.number(), run: z.object({ first: z.number(), count: z.number() }) }),
]);
export const input = z.object({
  batchId: fields.batch,
  plan: z.number(),
  startedAt: instant,
  handsetsKey: z.string(),
  /** What Gather returned. */
  gathered: z.object({ indexKey: z.string(), operators: operatorIds }),
  item: shardItem,
});
export type Input = z.output<typeof input>;
export type Shard = Extract<Input['item'], { kind: 'reverify' }>;
