import { z } from 'zod';
import type { Day } from '../domain/days.ts';
import { shardOf } from '../domain/identifiers.ts';
import type { Gathered } from '../domain/plans.ts';
import { gatheredLine } from '../domain/sightings.ts';
import { task } from '../shell.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readLinks } from '../stores/links.ts';
import { writeObject } from '../stores/objects.ts';

const environment = z.object({ WORK: z.string(), LINKS: z.string() });
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const day = z.string().transform((text) => text as Day);
const input = z.object({
  plan: z.number(),
  shards: z.number(),
  window: z.object({ from: day, to: day }),
  handsetsKey: z.string(),
  run: z.object({ first: z.number(), count: z.number() }),
});

const QUERIES_AT_ONCE = 16;

/** Expand: reads the links of some handsets in the look-back window and writes them out by shard. It decides nothing. */
export const handler = task(input, async ({ plan, shards, window, handsetsKey, run }, attempt): Promise<Gathered> => {
  const lines: string[][] = Array.from({ length: shards }, () => []);
  const handsets = await readHandsets({ bucket: env.WORK, key: handsetsKey }, run);
  await concurrently(handsets, QUERIES_AT_ONCE, async (imei) => {
    for await (const page of readLinks(env.LINKS, imei, window.from, window.to))
      for (const link of page) lines[shardOf(link.msisdn, shards)]?.push(gatheredLine(link));
  });

  const key = `plans/${plan}/gathered/${attempt}.tsv`;
  const parts: Gathered['parts'] = [];
  const pieces: Buffer[] = [];
  let start = 0;
  for (const [shard, links] of lines.entries()) {
    if (links.length === 0) continue;
    const piece = Buffer.from(links.map((line) => `${line}\n`).join(''));
    parts.push([shard, start, piece.length, links.length]);
    pieces.push(piece);
    start += piece.length;
  }
  await writeObject({ bucket: env.WORK, key }, Buffer.concat(pieces));
  const links = parts.reduce((sum, [, , , count]) => sum + count, 0);
  return { key, first: run.first, handsets: handsets.length, links, parts };
});
