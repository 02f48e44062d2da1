import * as z from 'zod';
import { AskedRuns, type AskedSubject, kindOf } from '../domain/asked.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { DIRECTION_KIND_NAMES, type DirectionKind } from '../domain/kinds.ts';
import { type Listed, listShards } from '../domain/listed.ts';
import type { AskedShard, ListedShard } from '../domain/plans.ts';
import { figuresIn } from '../domain/preview-figures.ts';
import { fields } from '../domain/stored.ts';
import { SCREENED } from '../domain/work.ts';
import { readLines, readText, writeObject, writeStream } from '../stores/objects.ts';
import { env } from './environment.ts';

/**
 * Writes the list of what a reversal is asked, and the manifest of its shards for Claim, as it is read.
 * @returns where list and manifest lie, and the numbers of shards and subjects
 */
export async function writeAsked(batchId: BatchId, asked: AsyncIterable<AskedSubject>, attempt: string) {
  const folder = SCREENED.folder(batchId, attempt);
  const key = SCREENED.shards.list(folder, attempt);
  const list = new AskedRuns(env.LINKS_PER_SHARD);
  const listed: Partial<Record<DirectionKind, number>> = {};
  await writeStream(
    { bucket: env.WORK, key },
    (async function* () {
      for await (const subject of asked) {
        const kind = kindOf(subject);
        listed[kind] = (listed[kind] ?? 0) + 1;
        yield list.add(subject);
      }
    })(),
  );
  const items: AskedShard[] = list.runs.map(({ kind, shard, start, bytes, subjects }) => ({
    kind,
    shard,
    asked: { key, start, bytes, subjects },
  }));
  const manifestKey = SCREENED.shards.manifest(folder, attempt);
  await writeObject({ bucket: env.WORK, key: manifestKey }, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  return { manifestKey, shards: items.length, listed };
}

const askedShard = z.object({ kind: z.enum(DIRECTION_KIND_NAMES), asked: z.object({ subjects: fields.count }) });

/**
 * Returns what `writeAsked` told of a reversal's list in the attempt that prepared these previews, and the number of subjects in its
 * preview.
 */
export async function readAsked(previews: string) {
  const manifestKey = SCREENED.shards.manifestOf(previews);
  const listed: Partial<Record<DirectionKind, number>> = {};
  let shards = 0;
  let all = 0;
  for await (const line of readLines({ bucket: env.WORK, key: manifestKey })) {
    const { kind, asked } = askedShard.parse(JSON.parse(line));
    shards += 1;
    all += asked.subjects;
    listed[kind] = (listed[kind] ?? 0) + asked.subjects;
  }
  const figures = figuresIn(await readText({ bucket: env.WORK, key: SCREENED.previews.json(previews) }));
  if (!('subjects' in figures)) throw new Error('a reversal has the preview of a report');
  return { manifestKey, shards, listed, asked: figures.subjects, conditional: all - figures.subjects };
}

/**
 * Writes a batch's list, and the manifest of its shards for Claim.
 * @returns where they lie, and the number of subjects of each kind
 */
export async function writeShards(batchId: BatchId, listed: Listed, attempt: string) {
  const folder = SCREENED.folder(batchId, attempt);
  const key = SCREENED.shards.list(folder, attempt);
  const { lines, shards } = listShards(listed, env.LINKS_PER_SHARD);
  await writeStream({ bucket: env.WORK, key }, inPieces(lines));
  const items: ListedShard[] = shards.map(({ kind, shard, start, bytes, subjects }) => ({
    kind,
    shard,
    list: { key, start, bytes, subjects },
  }));
  const manifestKey = SCREENED.shards.manifest(folder, attempt);
  await writeObject({ bucket: env.WORK, key: manifestKey }, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  const counts = Object.fromEntries(DIRECTION_KIND_NAMES.map((kind) => [kind, listed[kind]?.length ?? 0]));
  return { manifestKey, shards: items.length, listed: counts };
}

async function* inPieces(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
