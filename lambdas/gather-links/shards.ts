import { evenRuns } from '../domain/directions.ts';
import { REPORT_DIRECTS } from '../domain/kinds.ts';
import type { ShardItem, Slice } from '../domain/plans.ts';
import { SCREENED } from '../domain/work.ts';
import { writeObject, writeStream } from '../stores/objects.ts';
import { env } from './environment.ts';
import { total } from './links.ts';

/** What Claim works on. */
interface Shards {
  /** The places of each shard's links. */
  readonly slicesOf: ReadonlyMap<number, Slice[]>;
  /** The number of shards into which numbers were hashed, with or without links. */
  readonly shardCount: number;
  /** The number of the batch's handsets. */
  readonly handsets: number;
}

/**
 * Writes the index of the shards of numbers, and the manifest of Claim's children: the shards, and the runs of handsets, a line of JSON for
 * each.
 * @param own the folder of the batch, under which each attempt writes its own
 * @returns the keys of both in the work bucket, and the number of children
 */
export async function writeShards(
  own: { readonly folder: string; readonly attempt: string },
  { slicesOf, shardCount, handsets }: Shards,
): Promise<{ indexKey: string; manifestKey: string; shards: number }> {
  const indexKey = SCREENED.shards.index(own.folder, own.attempt);
  const manifestKey = SCREENED.shards.manifest(own.folder, own.attempt);
  const numbers = await writeIndex(indexKey, slicesOf, shardCount);
  const blocks = evenRuns(handsets, env.ROWS_PER_DIRECTION).map((run, shard) => ({
    kind: REPORT_DIRECTS.handset,
    shard,
    run,
  }));
  const items: ShardItem[] = [...numbers, ...blocks];
  await writeObject({ bucket: env.WORK, key: manifestKey }, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  return { indexKey, manifestKey, shards: items.length };
}

/**
 * Writes the index, a line for each shard. A shard with more than twice the links that one should have is divided into parts by
 * a finer hash of the number, which get the numbers after those of the shards.
 */
async function writeIndex(key: string, slicesOf: Shards['slicesOf'], shardCount: number): Promise<ShardItem[]> {
  const whole: ShardItem[] = [];
  const parts: ShardItem[] = [];
  let start = 0;
  async function* lines() {
    for (const shard of [...slicesOf.keys()].sort((a, b) => a - b)) {
      const slices = slicesOf.get(shard) ?? [];
      const line = `${JSON.stringify(slices)}\n`;
      const links = total(slices.map(([, , , count]) => count));
      const item = { kind: REPORT_DIRECTS.number, links, slices: { start, bytes: line.length } };
      start += line.length;
      const of = links > 2 * env.LINKS_PER_SHARD ? Math.ceil(links / env.LINKS_PER_SHARD) : 1;
      whole.push({ ...item, shard, part: of > 1 ? { part: 0, of, shards: shardCount } : null });
      for (let part = 1; part < of; part++)
        parts.push({ ...item, shard: shardCount + parts.length, part: { part, of, shards: shardCount } });
      yield line;
    }
  }
  await writeStream({ bucket: env.WORK, key }, lines());
  return [...whole, ...parts];
}
