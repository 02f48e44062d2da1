import { createHash } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import type { OperatorId } from '../domain/identifiers.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { LinkedCount } from '../domain/linked.ts';
import { type GatheredLinks, type GatheredObject, mustAddUp, type Slice, shardPlaces } from '../domain/plans.ts';
import type { PreviewCount, PreviewCounts } from '../domain/preview-count.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readChunks, readSlice } from '../stores/objects.ts';
import { env } from './environment.ts';

/** What all gathered links of a batch come to. */
interface ReadLinks {
  /** The number of links. */
  readonly links: number;
  /** The places of each shard's links. */
  readonly slicesOf: ReadonlyMap<number, Slice[]>;
  /** Distinct numbers by operator of the newest sighting: the count with which the books are compared. */
  readonly linked: Record<OperatorId, number>;
  /** The preview's own count, made from the same bytes. */
  readonly counts: PreviewCounts;
  readonly gathered: GatheredLinks;
}

/**
 * Reads all gathered links once, some objects side by side, and makes both counts of them.
 * @param previewed the preview's count, which takes the links
 * @throws PlanIncomplete if links are missing, in an object or in the shards; BadWorkLine for a line that is not a gathered link's
 */
export async function readObjects(objects: readonly GatheredObject[], previewed: PreviewCount): Promise<ReadLinks> {
  const links = total(objects.map((object) => object.links));
  const linked = new LinkedCount();
  const slicesOf = new Map<number, Slice[]>();
  const hashedObjects: GatheredLinks['objects'][number][] = [];
  await concurrently(objects, OBJECTS_AT_ONCE, async ({ key, links: expected, bytes: end, placesBytes }) => {
    const place = { bucket: env.WORK, key };
    const hash = createHash('sha256');
    const hashedChunks = async function* () {
      for await (const chunk of readChunks(place, { end })) {
        hash.update(chunk);
        yield chunk;
      }
    };
    const [one, other] = ReadableStream.from(hashedChunks()).tee();
    const [counted] = await Promise.all([linked.add(one), previewed.add(other)]);
    mustAddUp('links of a gathered object', counted, expected);
    hashedObjects.push({ key, bytes: end, sha256: hash.digest('hex') });
    for (const [shard, start, bytes, count] of shardPlaces.parse(
      JSON.parse(await readSlice(place, end, placesBytes)),
    )) {
      const slices = slicesOf.get(shard) ?? [];
      slicesOf.set(shard, slices);
      slices.push([key, start, bytes, count]);
    }
  });
  mustAddUp('links in the shards', total([...slicesOf.values()].flat().map(([, , , count]) => count)), links);
  return {
    links,
    slicesOf,
    linked: linked.byOperator(),
    counts: previewed.counts(),
    gathered: { objects: hashedObjects.sort((a, b) => (a.key < b.key ? -1 : 1)) },
  };
}

/** The sum of counts. */
export const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
