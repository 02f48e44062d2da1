import { createHash } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import * as z from 'zod';
import { evenRuns } from '../domain/directions.ts';
import { SELF_CHECK } from '../domain/identifiers.ts';
import { REPORT_DIRECTS } from '../domain/kinds.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { LinkedCount } from '../domain/linked.ts';
import { type GatheredLinks, gathered, mustAddUp, type ShardItem, type Slice, shardPlaces } from '../domain/plans.ts';
import { PreviewCount } from '../domain/preview-count.ts';
import { fields } from '../domain/stored.ts';
import { SCREENED } from '../domain/work.ts';
import { operatorList, wholeNumber } from '../runtime/environment.ts';
import { instant } from '../runtime/input.ts';
import { task } from '../runtime/task.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readResults, writtenResults } from '../stores/map-results.ts';
import { readChunks, readSlice, writeObject, writeStream } from '../stores/objects.ts';
import { openReport, readWeights } from './preview.ts';

const environment = z.object({
  WORK: z.string(),
  OUTBOX: z.string(),
  CASES: z.string(),
  AUDIT_QUEUE: z.string(),
  APPROVERS_TOPIC: z.string(),
  ADMINISTRATORS_TOPIC: z.string(),
  OPERATORS: operatorList,
  BUSY_DAY: wholeNumber,
  MANY_CONNECTIONS: wholeNumber,
  /** The number of approvers who must approve a report, 0 if nobody has to, and the hours for which it waits for them. */
  PEOPLE: wholeNumber,
  DECIDE_WITHIN_HOURS: wholeNumber,
  /** The most that a report, or those of an agency in a day, may reach. */
  MOST_NUMBERS: wholeNumber,
  MOST_HANDSETS: wholeNumber,
  LINKS_PER_SHARD: wholeNumber,
  ROWS_PER_DIRECTION: wholeNumber,
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

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
  const { batchId, agency, execution, now, folder, handsets, shards: hashed, results, latestImports, gated } = given;
  const children = await Array.fromAsync(readResults(results, gathered));
  let read = 0;
  for (const child of children.sort((a, b) => a.first - b.first)) {
    mustAddUp('handsets before those of a child', child.first, read);
    read += child.handsets;
  }
  mustAddUp('handsets read', read, handsets);
  const objects = children.flatMap((child) => child.objects);
  const links = total(objects.map((object) => object.links));
  const weighed = await readWeights(
    env.WORK,
    children.map((child) => child.weights),
    HELD_FROM,
  );
  mustAddUp('handsets weighed', weighed.handsets, handsets);
  const linked = new LinkedCount();
  const previewed = new PreviewCount(
    batchId,
    weighed.held().map(({ imei }) => imei),
  );
  const slicesOf = new Map<number, Slice[]>();
  const hashedObjects: GatheredLinks['objects'][number][] = [];
  await concurrently(objects, OBJECTS_AT_ONCE, async ({ key, links: expected, bytes: end, placesBytes }) => {
    const place = { bucket: env.WORK, key };
    const hash = createHash('sha256');
    const hashed = async function* () {
      for await (const chunk of readChunks(place, { end })) {
        hash.update(chunk);
        yield chunk;
      }
    };
    const [one, other] = ReadableStream.from(hashed()).tee();
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
  const blocks = evenRuns(handsets, env.ROWS_PER_DIRECTION).map((run, shard) => ({
    kind: REPORT_DIRECTS.handset,
    shard,
    run,
  }));

  const indexKey = SCREENED.shards.index(folder, attempt);
  const manifestKey = SCREENED.shards.manifest(folder, attempt);
  const items = await writeIndex(indexKey, slicesOf, hashed);
  const shards: ShardItem[] = [...items, ...blocks];
  await writeObject({ bucket: env.WORK, key: manifestKey }, shards.map((item) => `${JSON.stringify(item)}\n`).join(''));
  const operators = agency === SELF_CHECK ? [CHECKER] : env.OPERATORS;
  const byOperator = linked.byOperator();
  const counts = previewed.counts();
  mustAddUp('numbers of the preview', counts.linked, total(Object.values(byOperator)));
  const decided = await openReport(
    env,
    { batchId, execution },
    now,
    { folder: SCREENED.previews.folder(folder, attempt), attempt },
    {
      operators,
      latestImports,
      gated,
      handsets: weighed,
      counts,
      heldFrom: HELD_FROM,
      gathered: { objects: hashedObjects.sort((a, b) => (a.key < b.key ? -1 : 1)) },
    },
  );
  return {
    indexKey,
    manifestKey,
    operators,
    shards: shards.length,
    handsets,
    links,
    linked: byOperator,
    decided,
  };
});

/**
 * Writes the index, a line for each shard. A shard with more than twice the links that one should have is divided into parts by
 * a finer hash of the number, which get the numbers after those of the shards.
 */
async function writeIndex(key: string, slicesOf: Map<number, Slice[]>, shards: number): Promise<ShardItem[]> {
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
      whole.push({ ...item, shard, part: of > 1 ? { part: 0, of, shards } : null });
      for (let part = 1; part < of; part++)
        parts.push({ ...item, shard: shards + parts.length, part: { part, of, shards } });
      yield line;
    }
  }
  await writeStream({ bucket: env.WORK, key }, lines());
  return [...whole, ...parts];
}

const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
