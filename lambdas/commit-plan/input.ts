import * as z from 'zod';
import { DIRECTION_KIND_NAMES } from '../domain/kinds.ts';
import { fields } from '../domain/stored.ts';
import { instant, operatorIds } from '../runtime/input.ts';
import { writtenResults } from '../stores/map-results.ts';

/** The input of Commit: the plan, what was gathered for it, and where the results of Claim's children lie. */
export const input = z.object({
  batchId: fields.batch,
  plan: z.number(),
  now: instant,
  /** What Gather returned. */
  gathered: z.object({
    operators: operatorIds,
    shards: z.number(),
    handsets: z.number(),
    links: z.number(),
    linked: z.record(z.string(), z.number()),
    /** The number of listed subjects for each kind of direction, for a batch that doesn't expand. */
    listed: z.partialRecord(z.enum(DIRECTION_KIND_NAMES), z.number()).optional(),
    /** The number of subjects that a reversal is asked to take back, counted without the list. */
    asked: z.number().optional(),
    /** The number of subjects beside them that are asked for only if no other handset stands for them any more. */
    conditional: z.number().default(0),
  }),
  results: writtenResults,
});
export type Gathered = z.output<typeof input>['gathered'];
