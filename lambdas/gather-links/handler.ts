import * as z from 'zod';
import { gathered, mustAddUp } from '../domain/plans.ts';
import { PreviewCount } from '../domain/preview-count.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { fields } from '../domain/stored.ts';
import { SCREENED } from '../domain/work.ts';
import { instant } from '../runtime/input.ts';
import { task } from '../runtime/task.ts';
import { readResults, writtenResults } from '../stores/map-results.ts';
import { checkChildren } from './children.ts';
import { env } from './environment.ts';
import { readObjects, total } from './links.ts';
import { openReport, readWeights } from './preview.ts';
import { writeShards } from './shards.ts';

export type { Environment } from './environment.ts';

const HELD_FROM = { busyDay: env.BUSY_DAY, manyConnections: env.MANY_CONNECTIONS };

/** The self-check, as the only operator of its batches. */
const CHECKER = fields.operator.parse(SELF_CHECK);

const input = z.object({
  batchId: fields.batch,
  agency: z.string(),
  execution: z.string(),
  now: instant,
  /** The folder of the batch and its attempt, in the work bucket. */
  folder: z.string(),
  handsets: z.number(),
  shards: z.number(),
  results: writtenResults,
  /** The instant of each operator's latest usage, as it was before any link was read. */
  latestImports: z.record(fields.operator, fields.instant.nullable()),
  // A batch that was screened before there were gates has no gated files.
  gated: z.record(fields.operator, fields.count).default({}),
});

/**
 * After Expand: lists the shards for Claim, and the links that belong to each. It reads all gathered links, makes the count with which the
 * books are compared, and stops the batch if handsets or links are missing. The operators that are configured now are the batch's to its
 * end, whatever a later deployment makes of them; the self-check's batches have itself alone. It also publishes the preview, of which the
 * books know nothing: two counts go over the same bytes. With the preview the batch's decision is opened.
 * @returns what Claim reads, and, in `decided`, whether the batch waits for people, and until when
 */
export const handler = task(input, async (given, attempt) => {
  const { batchId, agency, execution, now, folder, handsets, shards: shardCount, results, latestImports } = given;
  const children = checkChildren(await Array.fromAsync(readResults(results, gathered)), handsets);
  const weighed = await readWeights(
    env.WORK,
    children.map((child) => child.weights),
    HELD_FROM,
  );
  mustAddUp('handsets weighed', weighed.handsets, handsets);
  const held = weighed.held().map(({ imei }) => imei);
  const read = await readObjects(
    children.flatMap((child) => child.objects),
    new PreviewCount(batchId, held),
  );
  const { links, slicesOf, linked, counts } = read;
  const { indexKey, manifestKey, shards } = await writeShards({ folder, attempt }, { slicesOf, shardCount, handsets });
  const operators = agency === SELF_CHECK ? [CHECKER] : env.OPERATORS;
  mustAddUp('numbers of the preview', counts.linked, total(Object.values(linked)));
  const own = { folder: SCREENED.previews.folder(folder, attempt), attempt };
  const decided = await openReport(env, { batchId, execution }, now, own, {
    operators,
    latestImports,
    gated: given.gated,
    handsets: weighed,
    counts,
    heldFrom: HELD_FROM,
    gathered: read.gathered,
  });
  return { indexKey, manifestKey, operators, shards, handsets, links, linked, decided };
});
