import { QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { LocalCloud } from 'local-cloud';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { GatheredLink, Sighting } from '../../lambdas/domain/sightings.ts';
import { airtel, day, jio } from '../domain/example.ts';
import { closeStores, collected, LINKS, openStores, streamOf } from './lab.ts';

let cloud: LocalCloud;
let links: typeof import('../../lambdas/stores/links.ts');
let dynamo: typeof import('../../lambdas/stores/clients.ts')['dynamo'];
beforeAll(async () => {
  cloud = await openStores();
  links = await import('../../lambdas/stores/links.ts');
  ({ dynamo } = await import('../../lambdas/stores/clients.ts'));
});
afterAll(() => closeStores(cloud));
afterEach(() => {
  dynamo.middlewareStack.remove('between');
});

let handsets = 0;
const handset = (): Imei => `3569380356${String(handsets++).padStart(4, '0')}` as Imei;
const number = (n: number): Msisdn => `+919${String(n).padStart(9, '0')}` as Msisdn;

function sighting(imei: Imei, n: number, change: Partial<Sighting> = {}): Sighting {
  return {
    imei,
    msisdn: number(n),
    operator: airtel,
    lastSeen: day('2026-05-20'),
    imsi: '',
    lsa: '',
    subscriberType: '',
    pointOfSale: '',
    ...change,
  } as Sighting;
}
const read = async (imei: Imei, from = '2026-01-01', to = '2026-12-31'): Promise<GatheredLink[]> =>
  (await collected(links.readLinks(LINKS, imei, day(from), day(to)))).flat();
const numbersOf = (found: GatheredLink[]) => found.map(({ msisdn }) => msisdn);
const itemsOf = async (imei: Imei) => {
  const query = new QueryCommand({
    TableName: LINKS,
    KeyConditionExpression: 'pk = :imei',
    ExpressionAttributeValues: { ':imei': imei },
  });
  return (await dynamo.send(query)).Items ?? [];
};

type Write = { PutRequest: { Item: Record<string, string> } };
/** Stands between the store and the real table at each batch write: `answer` gets its items and a way to write some. */
function between(answer: (items: Write[], write: (items: Write[]) => Promise<void>) => Promise<Write[]>): void {
  dynamo.middlewareStack.add(
    (following, context) => async (args) => {
      if (!/^BatchWrite/.test(context.commandName ?? '')) return following(args);
      const input = args.input as unknown as { RequestItems: Record<string, Write[]> };
      let answered: Awaited<ReturnType<typeof following>> | undefined;
      const write = async (items: Write[]) => {
        answered = await following({ ...args, input: { ...input, RequestItems: { [LINKS]: items } } as never });
      };
      const left = await answer(input.RequestItems[LINKS] ?? [], write);
      const output = { ...(answered?.output ?? {}), UnprocessedItems: left.length === 0 ? {} : { [LINKS]: left } };
      return { response: {}, ...answered, output } as never;
    },
    { step: 'initialize', name: 'between', priority: 'low' },
  );
}

const KEPT = { days: 210, from: day('2026-06-01') };

describe('writing links', () => {
  it('keeps what a sighting says, and nothing where it says nothing', async () => {
    const imei = handset();
    const whole = { lsa: 'UP East', imsi: '404100000000001', subscriberType: 'bulk', pointOfSale: 'POS-7' } as const;
    await links.writeLinks(LINKS, streamOf([sighting(imei, 1, whole as Partial<Sighting>), sighting(imei, 2)]));
    expect(await itemsOf(imei)).toEqual([
      { pk: imei, sk: `2026-05-20#${number(1)}#airtel`, ...whole },
      { pk: imei, sk: `2026-05-20#${number(2)}#airtel` },
    ]);
  });

  it('lets a link go some days after its sighting, in seconds since 1970', async () => {
    const imei = handset();
    await links.writeLinks(LINKS, streamOf([sighting(imei, 1, { lastSeen: day('2026-05-20') })]), KEPT);
    // 210 days after 20 May are 16 December: 11 left of May, 30, 31, 31, 30, 31, 30 to the end of November, and 16.
    expect(await itemsOf(imei)).toMatchObject([{ expires: Date.UTC(2026, 11, 16) / 1000 }]);
  });

  // DynamoDB deletes no item whose time is past by more than five years.
  it.each(['2025-11-03', '2019-05-20', '1970-01-01'])(
    'lets one of %s go on the day after its upload',
    async (lastSeen) => {
      const imei = handset();
      await links.writeLinks(LINKS, streamOf([sighting(imei, 1, { lastSeen: day(lastSeen) })]), KEPT);
      // 210 days after 3 November are 1 June.
      expect(await itemsOf(imei)).toMatchObject([{ expires: Date.UTC(2026, 5, 2) / 1000 }]);
    },
  );

  it('writes any number of them, by 25', async () => {
    const imei = handset();
    const sizes: number[] = [];
    between(async (items, write) => {
      sizes.push(items.length);
      await write(items);
      return [];
    });
    const all = Array.from({ length: 1030 }, (_, n) => sighting(imei, n));
    // However they come in groups.
    await links.writeLinks(LINKS, streamOf(all.slice(0, 7), [], all.slice(7, 900), all.slice(900)));
    expect(sizes.sort((a, b) => b - a)).toEqual([...new Array(41).fill(25), 5]);
    expect(numbersOf(await read(imei))).toEqual(all.map(({ msisdn }) => msisdn));
  });

  it('writes nothing of nothing', async () => {
    const before = (await dynamo.send(new ScanCommand({ TableName: LINKS, Select: 'COUNT' }))).Count;
    await links.writeLinks(LINKS, streamOf<Sighting[]>([], []));
    expect((await dynamo.send(new ScanCommand({ TableName: LINKS, Select: 'COUNT' }))).Count).toBe(before);
  });

  it('replaces the same sighting by itself, and keeps one of another day or operator beside it', async () => {
    const imei = handset();
    const one = sighting(imei, 1, { lsa: 'old' });
    await links.writeLinks(LINKS, streamOf([one]));
    await links.writeLinks(LINKS, streamOf([{ ...one, lsa: 'new' }]));
    await links.writeLinks(
      LINKS,
      streamOf([
        { ...one, operator: jio },
        { ...one, lastSeen: day('2026-05-19') },
      ]),
    );
    expect((await read(imei)).map(({ lastSeen, operator, lsa }) => [lastSeen, operator, lsa])).toEqual([
      ['2026-05-19', 'airtel', 'old'],
      ['2026-05-20', 'airtel', 'new'],
      ['2026-05-20', 'jio', 'old'],
    ]);
  });

  it('keeps the last of a file’s equal sightings, in one batch', async () => {
    const imei = handset();
    const versions = Array.from({ length: 10 }, (_, i) => sighting(imei, 1, { lsa: `version ${i}` }));
    await links.writeLinks(LINKS, streamOf(versions));
    expect((await read(imei)).map(({ lsa }) => lsa)).toEqual(['version 9']);
  });

  it('keeps the last of a file’s equal sightings, though an earlier batch with it is held up', async () => {
    const imei = handset();
    const others = (from: number) => Array.from({ length: 24 }, (_, n) => sighting(imei, from + n));
    const gate = Promise.withResolvers<void>();
    const begun: string[] = [];
    between(async (items, write) => {
      const lsa = items.map(({ PutRequest }) => PutRequest.Item.lsa).find((value) => value !== undefined) ?? 'none';
      begun.push(lsa);
      if (lsa === 'first') await gate.promise;
      await write(items);
      return [];
    });
    const writing = links.writeLinks(
      LINKS,
      streamOf([
        sighting(imei, 1, { lsa: 'first' }),
        ...others(100),
        ...others(200),
        sighting(imei, 1, { lsa: 'last' }),
        ...others(300),
      ]),
    );
    // The second sighting of the key waits: no batch with it is begun while the first is under way.
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(begun).not.toContain('last');
    gate.resolve();
    await writing;
    expect((await read(imei)).filter(({ msisdn }) => msisdn === number(1)).map(({ lsa }) => lsa)).toEqual(['last']);
    expect(await read(imei)).toHaveLength(1 + 3 * 24);
  });

  it('writes again what the table left unprocessed, until nothing is left', async () => {
    const imei = handset();
    const sizes: number[] = [];
    between(async (items, write) => {
      sizes.push(items.length);
      await write(items.slice(0, 10));
      return items.slice(10);
    });
    const all = Array.from({ length: 25 }, (_, n) => sighting(imei, n));
    await links.writeLinks(LINKS, streamOf(all));
    expect(sizes).toEqual([25, 15, 5]);
    expect(await read(imei)).toHaveLength(25);
  });

  it('writes again a whole batch that the table refused for the moment', async () => {
    const imei = handset();
    let refusals = 2;
    between(async (items, write) => {
      if (refusals-- > 0)
        throw Object.assign(new Error('slow down'), { name: 'ProvisionedThroughputExceededException' });
      await write(items);
      return [];
    });
    await links.writeLinks(LINKS, streamOf([sighting(imei, 1)]));
    expect(await read(imei)).toHaveLength(1);
  });

  it('fails with any other error, once all that was under way has ended', async () => {
    const imei = handset();
    let underWay = 0;
    between(async (items, write) => {
      underWay++;
      try {
        if (items.some(({ PutRequest }) => PutRequest.Item.sk === `2026-05-20#${number(30)}#airtel`)) {
          throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
        }
        await write(items);
        return [];
      } finally {
        underWay--;
      }
    });
    const all = Array.from({ length: 500 }, (_, n) => sighting(imei, n));
    await expect(links.writeLinks(LINKS, streamOf(all))).rejects.toThrow(
      expect.objectContaining({ name: 'AccessDeniedException' }),
    );
    expect(underWay).toBe(0);
  });

  it('fails with the error of its source', async () => {
    async function* broken(): AsyncGenerator<Sighting[]> {
      yield [sighting(handset(), 1)];
      throw new RangeError('the file ends here');
    }
    await expect(links.writeLinks(LINKS, broken())).rejects.toThrow(RangeError);
  });
});

describe('reading links', () => {
  it('gives those of the window, both days included, and of no other handset', async () => {
    const imei = handset();
    const days = ['2025-12-02', '2025-12-03', '2026-03-01', '2026-06-01', '2026-06-02'];
    const seen = days.map((lastSeen, n) => sighting(imei, n, { lastSeen: day(lastSeen), lsa: `area ${n}` }));
    await links.writeLinks(LINKS, streamOf([...seen, sighting(handset(), 9, { lastSeen: day('2026-03-01') })]));
    expect(await read(imei, '2025-12-03', '2026-06-01')).toEqual(
      [1, 2, 3].map((n) => ({
        imei,
        msisdn: number(n),
        operator: 'airtel' as OperatorId,
        lastSeen: days[n],
        lsa: `area ${n}`,
      })),
    );
    expect(await read(imei, '2026-03-01', '2026-03-01')).toHaveLength(1);
    expect(await read(imei, '2026-04-01', '2026-05-31')).toEqual([]);
  });

  it('gives a handset of many links page by page, all of them, each once', async () => {
    const imei = handset();
    // A page ends at 1 MB of items: these have some 1,000 bytes each, 2,500 of them.
    const wide = { pointOfSale: 'x'.repeat(900) } as Partial<Sighting>;
    const all = Array.from({ length: 2500 }, (_, n) => sighting(imei, n, wide));
    await links.writeLinks(LINKS, streamOf(all));
    const pages = await collected(links.readLinks(LINKS, imei, day('2026-05-20'), day('2026-05-20')));
    expect(pages.length).toBeGreaterThan(1);
    expect(numbersOf(pages.flat())).toEqual(all.map(({ msisdn }) => msisdn));
  });

  it('gives one empty page for a handset without links', async () => {
    expect(await collected(links.readLinks(LINKS, handset(), day('2026-01-01'), day('2026-06-01')))).toEqual([[]]);
  });
});
