import * as z from 'zod';
import { shardOf } from '../domain/identifiers.ts';
import { QUERIES_AT_ONCE } from '../domain/limits.ts';
import type { Gathered, GatheredObject, ShardPlaces } from '../domain/plans.ts';
import { gatheredLine } from '../domain/sightings.ts';
import { fields } from '../domain/stored.ts';
import { Weighing, weightLine } from '../domain/weighing.ts';
import { SCREENED } from '../domain/work.ts';
import { task } from '../runtime/task.ts';
import { concurrently, door } from '../stores/concurrently.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readLinks } from '../stores/links.ts';
import { writeObject } from '../stores/objects.ts';

const environment = z.object({ WORK: z.string(), LINKS: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const input = z.object({
  /** The folder of the batch and its attempt, in the work bucket. */
  folder: z.string(),
  shards: z.number(),
  window: z.object({ from: fields.day, to: fields.day }),
  handsetsKey: z.string(),
  run: z.object({ first: z.number(), count: z.number() }),
});

/** The most bytes of links that are held, however many a handset has; then they are written as an object. */
const MOST_HELD = 8 * 1024 * 1024;

/** A handset with more than this many bytes of numbers and areas (about 800,000) is read while no other such handset is. */
const HEAVY = 4 * 1024 * 1024;

/** Expand: reads the links of some handsets in the look-back window, writes them out by shard, and weighs each handset. It decides nothing. */
export const handler = task(input, async ({ folder, shards, window, handsetsKey, run }, attempt): Promise<Gathered> => {
  const none = (): string[][] => Array.from({ length: shards }, () => []);
  const objects: GatheredObject[] = [];
  const weights: string[] = [];
  let lines = none();
  let held = 0;
  let written = 0;
  const write = async () => {
    const key = SCREENED.gathered.links(folder, attempt, written++);
    const taken = lines;
    lines = none();
    held = 0;
    objects.push(await writeByShard(key, taken));
  };
  const handsets = await readHandsets({ bucket: env.WORK, key: handsetsKey }, run);
  const amongHeavy = door();
  await concurrently(handsets, QUERIES_AT_ONCE, async (imei) => {
    const weighing = new Weighing(imei, attempt);
    let leave: (() => void) | undefined;
    try {
      for await (const page of readLinks(env.LINKS, imei, window.from, window.to)) {
        for (const link of page) {
          weighing.add(link);
          const line = `${gatheredLine(link)}\n`;
          lines[shardOf(link.msisdn, shards)]?.push(line);
          held += Buffer.byteLength(line);
        }
        if (held >= MOST_HELD) await write();
        if (weighing.bytes >= HEAVY) leave ??= await amongHeavy();
      }
    } finally {
      leave?.();
    }
    weights.push(`${weightLine(weighing.weight())}\n`);
  });
  if (held > 0) await write();
  const weighed = Buffer.from(weights.join(''));
  const weightsKey = SCREENED.gathered.weights(folder, attempt);
  await writeObject({ bucket: env.WORK, key: weightsKey }, weighed);
  return {
    first: run.first,
    handsets: handsets.length,
    objects,
    weights: { key: weightsKey, bytes: weighed.length },
  };
});

async function writeByShard(key: string, lines: string[][]): Promise<GatheredObject> {
  const places: ShardPlaces = [];
  const pieces: Buffer[] = [];
  let bytes = 0;
  let links = 0;
  for (const [shard, own] of lines.entries()) {
    if (own.length === 0) continue;
    const piece = Buffer.from(own.join(''));
    places.push([shard, bytes, piece.length, own.length]);
    pieces.push(piece);
    bytes += piece.length;
    links += own.length;
  }
  // The places are not in what the child returns, which has room for a few hundred of them.
  const index = Buffer.from(JSON.stringify(places));
  await writeObject({ bucket: env.WORK, key }, Buffer.concat([...pieces, index]));
  return { key, links, bytes, placesBytes: index.length };
}
