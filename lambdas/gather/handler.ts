import { z } from 'zod';
import { evenRuns } from '../domain/directions.ts';
import { LinkedCount } from '../domain/linked.ts';
import { type Gathered, type GatheredIndex, mustAddUp, type ShardItem } from '../domain/plans.ts';
import { idList, task, wholeNumber } from '../shell.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readResults, writtenResults } from '../stores/map-results.ts';
import { readChunks, writeObject } from '../stores/objects.ts';

const environment = z.object({ WORK: z.string(), OPERATORS: idList, ROWS_PER_DIRECTION: wholeNumber });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const OBJECTS_AT_ONCE = 8;

const input = z.object({ plan: z.number(), handsets: z.number(), results: writtenResults });

/**
 * After Expand: says which links belong to which shard, and lists the shards for Claim. It reads all gathered links and counts
 * what the books are held to, and stops the plan where handsets or links are missing. The operators that are configured now are
 * the plan's to its end, whatever a later deployment makes of them.
 */
export const handler = task(input, async ({ plan, handsets, results }, attempt) => {
  const index: GatheredIndex = { keys: [], slices: {} };
  const children = await Array.fromAsync(readResults<Gathered>(results));
  let read = 0;
  for (const child of children.sort((a, b) => a.first - b.first)) {
    mustAddUp('handsets before those of a child', child.first, read);
    read += child.handsets;
  }
  mustAddUp('handsets read', read, handsets);
  const links = total(children.map((child) => child.links));
  const linked = new LinkedCount();
  await concurrently(children, OBJECTS_AT_ONCE, async ({ key, links: expected }) => {
    mustAddUp('links of a gathered object', await linked.add(readChunks({ bucket: env.WORK, key })), expected);
  });
  for (const { key, parts } of children) {
    if (parts.length === 0) continue;
    const at = index.keys.push(key) - 1;
    for (const [shard, start, bytes, links] of parts) {
      index.slices[shard] ??= [];
      index.slices[shard].push([at, start, bytes, links]);
    }
  }
  const items = Object.entries(index.slices)
    .map(([shard, slices]) => ({
      kind: 'reverify' as const,
      shard: Number(shard),
      links: total(slices.map(([, , , count]) => count)),
    }))
    .sort((a, b) => a.shard - b.shard);
  mustAddUp('links in the shards', total(items.map((item) => item.links)), links);
  const blocks = evenRuns(handsets, env.ROWS_PER_DIRECTION).map((run, shard) => ({
    kind: 'block' as const,
    shard,
    run,
  }));

  const folder = `plans/${plan}/shards/${attempt}`;
  const indexKey = `${folder}/index.json`;
  const manifestKey = `${folder}/shards.jsonl`;
  await writeObject({ bucket: env.WORK, key: indexKey }, JSON.stringify(index));
  const shards: ShardItem[] = [...items, ...blocks];
  await writeObject({ bucket: env.WORK, key: manifestKey }, shards.map((item) => `${JSON.stringify(item)}\n`).join(''));
  return {
    indexKey,
    manifestKey,
    operators: env.OPERATORS,
    shards: shards.length,
    handsets,
    links,
    linked: linked.byOperator(),
  };
});

const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
