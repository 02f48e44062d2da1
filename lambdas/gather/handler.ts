import { z } from 'zod';
import type { Gathered, GatheredIndex, ShardItem } from '../domain/plans.ts';
import { idList, task, wholeNumber } from '../shell.ts';
import { readResults, writtenResults } from '../stores/map-results.ts';
import { writeObject } from '../stores/objects.ts';

const environment = z.object({ WORK: z.string(), OPERATORS: idList, ROWS_PER_DIRECTION: wholeNumber });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({ plan: z.number(), handsets: z.number(), results: writtenResults });

/**
 * After Expand: says which links belong to which shard, and lists the shards for Claim. The operators that are configured now
 * are the plan's to its end, whatever a later deployment makes of them.
 */
export const handler = task(input, async ({ plan, handsets, results }, attempt) => {
  const index: GatheredIndex = { keys: [], slices: {} };
  const children = await Array.fromAsync(readResults<Gathered>(results));
  for (const { key, parts } of children) {
    if (parts.length === 0) continue;
    const at = index.keys.push(key) - 1;
    for (const [shard, start, bytes, links] of parts) {
      index.slices[shard] ??= [];
      index.slices[shard].push([at, start, bytes, links]);
    }
  }
  const items: ShardItem[] = Object.entries(index.slices)
    .map(([shard, slices]) => ({
      kind: 'reverify' as const,
      shard: Number(shard),
      links: slices.reduce((sum, [, , , links]) => sum + links, 0),
    }))
    .sort((a, b) => a.shard - b.shard);
  const blockShards = Math.ceil(handsets / env.ROWS_PER_DIRECTION);
  for (let shard = 0; shard < blockShards; shard++) {
    const first = Math.floor((handsets * shard) / blockShards);
    const next = Math.floor((handsets * (shard + 1)) / blockShards);
    items.push({ kind: 'block', shard, first, handsets: next - first });
  }

  const folder = `plans/${plan}/shards/${attempt}`;
  const indexKey = `${folder}/index.json`;
  const manifestKey = `${folder}/shards.jsonl`;
  await writeObject({ bucket: env.WORK, key: indexKey }, JSON.stringify(index));
  await writeObject({ bucket: env.WORK, key: manifestKey }, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  return { indexKey, manifestKey, operators: env.OPERATORS };
});
