import { beforeAll, describe, expect, it } from 'vitest';
import { Lab, type Summary } from './lab.ts';
import { numbersIn, ordersOf, report, summaryOf } from './shapes-lab.ts';

/**
 * One handset that was cloned far more often than a handset is expected to: shards are cut for 71 links a handset, 36 to a shard,
 * which makes 2 of them, and it has 250. Of its 200 numbers every fourth was seen a second time, at jio, the first half of these
 * before they were seen at airtel: so 175 are airtel's and 25 are jio's.
 */
const HANDSET = '35870000000001';
const SHARDS = 2;
const numbers = Array.from({ length: 200 }, (_, n) => `+91988000${String(n).padStart(4, '0')}`);
const ported = numbers.filter((_, n) => n % 4 === 0);
const jio = ported.slice(25);
const airtel = numbers.filter((number) => !jio.includes(number));

/** Tells the story until all first orders are out. */
async function tell(): Promise<{ lab: Lab; batchId: string; outbox: Record<string, string> }> {
  const lab = await Lab.open({ context: { operators: 'airtel,jio', linksPerShard: '36' } });
  const sighting = (number: string, day: string) => `${HANDSET},${number},${day},Delhi`;
  await lab.usage(
    'airtel',
    numbers.map((number) => sighting(number, '2026-05-20')),
  );
  await lab.usage(
    'jio',
    ported.map((number) => sighting(number, jio.includes(number) ? '2026-05-21' : '2026-05-19')),
  );
  const batchId = await report(lab, 'mha', [HANDSET]);
  await lab.at(1);
  return { lab, batchId, outbox: await lab.everything() };
}

let lab: Lab;
let batchId: string;
let summary: Summary;
let outbox: Record<string, string>;
/** What a first telling of the same story had in its outbox. */
let before: Record<string, string>;

beforeAll(async () => {
  // One after the other, so that both have the same warm functions.
  const first = await tell();
  before = first.outbox;
  await first.lab.close();
  ({ lab, batchId, outbox } = await tell());
  await lab.cloud.run();
  summary = await summaryOf(lab, batchId);
  return () => lab.close();
});

describe('a shard with far more links than it should have', () => {
  it('is divided among children of Claim, and each number is directed once, where it was seen last', async () => {
    const directions = (await lab.directions()).filter((id) => id.startsWith(`${batchId}.reverify.`));
    const rows = async (operator: string) => {
      const own = directions.filter((id) => id.includes(`.${operator}.`));
      const lists = await Promise.all(own.map(async (id) => numbersIn((await ordersOf(lab, id))['1-reverify'])));
      for (const list of lists) expect(list).toEqual(list.toSorted());
      return lists.flat().sort();
    };
    expect(await rows('airtel')).toEqual(airtel);
    expect(await rows('jio')).toEqual(jio);
    const shards = new Set(directions.map((id) => Number(id.split('-').at(-2))));
    // 250 links are some 125 in each of the 2: 3 or 4 children for each, of which the first has the shard's number.
    expect(Math.min(...shards)).toBe(0);
    expect(shards.size).toBeGreaterThan(2 * SHARDS);
    expect(shards.size).toBeLessThan(5 * SHARDS);
    expect(Math.max(...shards)).toBe(shards.size - 1);
  });

  it('is accounted for as any other', () => {
    expect(summary).toMatchObject({
      connections: { linked: 200, directed: 200, overdue: 200 },
      blocks: { rows: 2, directed: 2 },
      unexplained: 0,
    });
    expect(summary.operators.jio?.connections).toMatchObject({ linked: 25, directed: 25 });
  });

  it('is divided alike each time: the same files, byte for byte', () => {
    expect(outbox).toEqual(before);
  });
});
