import { BatchWriteCommand, DeleteCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { addDays, type Day } from '../domain/days.ts';
import type { Imei, Msisdn } from '../domain/identifiers.ts';
import { type GatheredLink, linkKey, parseLinkKey, type Sighting } from '../domain/sightings.ts';
import { waitForTable } from './batch-waits.ts';
import { dynamo } from './clients.ts';
import { concurrently } from './concurrently.ts';

/** The table refused, again and again, to take all links of a batch write. */
class LinksNotTaken extends Error {
  override readonly name = 'LinksNotTaken';
}

const ITEMS_PER_BATCH_WRITE = 25;
const WRITES_AT_ONCE = 16;

const MILLIS_PER_SECOND = 1000;

/** How long links stay: `days` after their sightings, and at least until the day after `from`, the day of their upload. */
interface Kept {
  readonly days: number;
  readonly from: Day;
}

type Expiry = (seen: Day) => number;

/**
 * When the table lets a link go: seconds since 1970, as DynamoDB's time to live reads them. It takes an instant of over five years ago for a
 * mistake, and would keep for ever what was seen before that.
 */
function expiryOf({ days, from }: Kept): Expiry {
  const earliest = Date.parse(addDays(from, 1));
  return (seen) => Math.max(Date.parse(addDays(seen, days)), earliest) / MILLIS_PER_SECOND;
}

/** The item of a sighting. */
const item = (sighting: Sighting, expiry?: Expiry) => ({
  pk: sighting.imei,
  sk: linkKey(sighting),
  ...(expiry && { expires: expiry(sighting.lastSeen) }),
  ...(sighting.lsa && { lsa: sighting.lsa }),
  ...(sighting.imsi && { imsi: sighting.imsi }),
  ...(sighting.subscriberType && { subscriberType: sighting.subscriberType }),
  ...(sighting.pointOfSale && { pointOfSale: sighting.pointOfSale }),
});

/**
 * The errors with which a table that takes no more for the moment refuses a whole batch; it returns some of a batch unprocessed otherwise.
 */
const THROTTLED = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];
/** Tries of one batch: with the waits between them they take more than a function's time. */
const MOST_TRIES = 400;

async function writeBatch(table: string, sightings: Iterable<Sighting>, expiry?: Expiry): Promise<void> {
  let wanted = Array.from(sightings, (sighting) => ({ PutRequest: { Item: item(sighting, expiry) } }));
  for (let tries = 0; wanted.length > 0; tries++) {
    if (tries === MOST_TRIES) throw new LinksNotTaken('the table refused to take all links of a batch write');
    await waitForTable(tries);
    try {
      const { UnprocessedItems } = await dynamo.send(new BatchWriteCommand({ RequestItems: { [table]: wanted } }));
      wanted = (UnprocessedItems?.[table] ?? []) as typeof wanted;
    } catch (error) {
      if (!(error instanceof Error && THROTTLED.includes(error.name))) throw error;
    }
  }
}

/**
 * Writes sightings as links, 25 at a time. The same sighting again replaces itself. Sightings of one key are written in their order, so
 * that the last of a file stays: a batch never holds a key twice, nor one that is still under way.
 * @param kept how long they stay; without it, for ever
 */
export async function writeLinks(table: string, sightings: AsyncIterable<Sighting[]>, kept?: Kept): Promise<void> {
  const expiry = kept && expiryOf(kept);
  const underWay = new Map<string, Promise<void>>();
  const batches = async function* () {
    let batch = new Map<string, Sighting>();
    // A batch that is handed out counts as under way before anybody has taken it up.
    const hand = () => {
      const { promise, resolve: ended } = Promise.withResolvers<void>();
      for (const id of batch.keys()) underWay.set(id, promise);
      const handed = { batch, ended };
      batch = new Map();
      return handed;
    };
    for await (const group of sightings)
      for (const sighting of group) {
        const id = `${sighting.imei}#${linkKey(sighting)}`;
        if (underWay.has(id)) await underWay.get(id);
        batch.delete(id);
        batch.set(id, sighting);
        if (batch.size === ITEMS_PER_BATCH_WRITE) yield hand();
      }
    if (batch.size > 0) yield hand();
  };
  await concurrently(batches(), WRITES_AT_ONCE, async ({ batch, ended }) => {
    try {
      await writeBatch(table, batch.values(), expiry);
    } finally {
      for (const id of batch.keys()) underWay.delete(id);
      ended();
    }
  });
}

/** The fields that are read of a link: its form is that of its sort key, which `parseLinkKey` checks. */
const linkItem = z.object({ sk: z.string(), lsa: z.string().optional() });

/** A handset's links in the window, both days included, page by page; strongly consistent. */
export async function* readLinks(table: string, imei: Imei, from: Day, to: Day): AsyncGenerator<GatheredLink[]> {
  let start: Record<string, unknown> | undefined;
  do {
    const page = await dynamo.send(
      new QueryCommand({
        TableName: table,
        // `#` begins every sort key's second part and `$` is the character after it.
        KeyConditionExpression: 'pk = :imei AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: { ':imei': imei, ':from': `${from}#`, ':to': `${to}$` },
        ProjectionExpression: 'sk, lsa',
        ConsistentRead: true,
        ExclusiveStartKey: start,
      }),
    );
    yield (page.Items ?? []).map((item) => {
      const { sk, lsa = '' } = linkItem.parse(item);
      return { imei, lsa, ...parseLinkKey(sk) };
    });
    start = page.LastEvaluatedKey;
  } while (start);
}

/** The day on which a handset was seen last, by anybody; undefined if no sighting of it is kept. Strongly consistent. */
export async function newestSighting(table: string, imei: Imei): Promise<Day | undefined> {
  const { Items = [] } = await dynamo.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :imei',
      ExpressionAttributeValues: { ':imei': imei },
      ProjectionExpression: 'sk',
      ScanIndexForward: false,
      Limit: 1,
      ConsistentRead: true,
    }),
  );
  return Items.map((item) => parseLinkKey(linkItem.parse(item).sk).lastSeen)[0];
}

/** The key of a link. */
interface Link {
  pk: Imei;
  sk: string;
}

/**
 * The links of a number in one part of the table. They are filed by handsets, so the whole part is read, as it was a moment ago.
 * @param part from 0
 */
export async function* linksOf(table: string, msisdn: Msisdn, part: number, parts: number): AsyncGenerator<Link> {
  let start: Record<string, unknown> | undefined;
  do {
    const page = await dynamo.send(
      new ScanCommand({
        TableName: table,
        Segment: part,
        TotalSegments: parts,
        FilterExpression: 'contains(sk, :number)',
        // The number as `linkKey` writes it between the day and the operator.
        ExpressionAttributeValues: { ':number': `#${msisdn}#` },
        ProjectionExpression: 'pk, sk',
        ExclusiveStartKey: start,
      }),
    );
    for (const { pk, sk } of page.Items ?? []) yield { pk, sk };
    start = page.LastEvaluatedKey;
  } while (start);
}

/** Deletes links; one that is gone already changes nothing. */
export async function deleteLinks(table: string, links: Iterable<Link>): Promise<void> {
  await concurrently(links, WRITES_AT_ONCE, async ({ pk, sk }) => {
    await dynamo.send(new DeleteCommand({ TableName: table, Key: { pk, sk } }));
  });
}
