import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nameOf } from '../../simulation/function-names.ts';
import { alike, sha256 } from './bad-files.ts';
import { DAY, type Lab } from './lab.ts';
import { answers, batchOf, responseKey, scenariosInOneLab } from './races-lab.ts';

/** Responses that come when their ladder has ended, and meet the settling of their batch, or each other. */
let lab: Lab;
const { open, end, goesWrong, begin, at, instant, dayBefore, localDay, put, summaryOf } = scenariosInOneLab();

beforeAll(async () => {
  lab = await open();
  return () => lab.close();
}, 300_000);

afterEach(() => end());

/** The numbers of a revocation list, or undefined where there is no such file. */
async function revoked(key: string): Promise<string[] | undefined> {
  if ((await lab.outbox(key)).length === 0) return undefined;
  return (await lab.read(key))
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((row) => row.slice(0, 13));
}

describe('a response after its ladder has ended', () => {
  it('and before the batch has settled, counts', async () => {
    await begin();
    const [handset, first, second] = ['35600000000001', '+919860000001', '+919860000002'];
    await lab.usage(
      'airtel',
      [`${handset},${first},${dayBefore(9)},Delhi`, `${handset},${second},${dayBefore(8)},`],
      'ended.csv',
    );
    await lab.report('mha', [handset], 'ended.csv');
    const batch = batchOf('mha', [handset]);
    // The blocks' ladders end on day 2.
    await at(3);
    await lab.respond(await lab.direction(batch, 'block', 'jio'), [`${handset},blocked`]);
    // Those of the connections on day 16, and then Settle would come.
    goesWrong({ beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Settle' ? 'throttle' : undefined) });
    await at(16);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    await lab.respond(airtel, [`${first},disconnected`]);
    goesWrong({});
    await lab.cloud.run();

    expect(await summaryOf(batch)).toMatchObject({
      connections: { linked: 2, disconnected: 1, overdue: 1 },
      blocks: { rows: 2, blocked: 1, overdue: 1 },
      unexplained: 0,
    });
    const list = `revocations/${localDay(16)}/${batch}`;
    expect(await revoked(`${list}.csv`)).toEqual([first]);
    expect(await lab.outbox(`${list}.late-`)).toEqual([]);
  });

  it("at the ladder's last moment, counts before its timeout; after it and the settling, is late", async () => {
    const start = await begin();
    const [handset, inTime, tooLate, next] = ['35700000000001', '+919870000001', '+917070000001', '+917070000002'];
    await lab.usage('airtel', [`${handset},${inTime},${dayBefore(9)},Delhi`], 'late.csv');
    await lab.usage(
      'jio',
      [`${handset},${tooLate},${dayBefore(9)},Mumbai`, `${handset},${next},${dayBefore(9)},`],
      'late.csv',
    );
    await lab.report('mha', [handset], 'late.csv');
    const batch = batchOf('mha', [handset]);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    const jio = await lab.direction(batch, 'reverify', 'jio');
    lab.cloud.outside(start + 16 * DAY, () => put(responseKey(airtel, 'before'), answers([`${inTime},disconnected`])));
    await at(16);
    const key = `batches/${batch}/summary.json`;
    const summary = await lab.read(key);
    expect(JSON.parse(summary)).toMatchObject({
      connections: { linked: 3, disconnected: 1, overdue: 2 },
      unexplained: 0,
      settledAt: instant(16),
    });
    await lab.respond(jio, [`${tooLate},disconnected`], 'after.csv');
    expect(lab.cloud.clock.now()).toBe(start + 16 * DAY);

    const list = `revocations/${localDay(16)}/${batch}`;
    const sha8 = sha256(answers([`${tooLate},disconnected`])).slice(0, 8);
    expect(await lab.read(key)).toBe(summary);
    expect(await revoked(`${list}.csv`)).toEqual([inTime]);
    expect(await lab.read(`${list}.late-${sha8}.csv`)).toBe(
      `msisdn,operator,lsa,disconnected_on,reason\n${tooLate},jio,Mumbai,${localDay(16)},linked_to_reported_handset\n`,
    );
    expect(await lab.json(`${list}.late-${sha8}.json`)).toEqual({
      status: 200,
      file_name: `${batch}.late-${sha8}.csv`,
      payload: [{ n: tooLate.slice(3) }],
    });
    // What was verified late is receipted, and published nowhere.
    await lab.respond(jio, [`${next},verified`], 'verified.csv');
    expect(await lab.outbox(`${list}.late-`)).toHaveLength(2);
    expect(await lab.outbox(`receipts/jio/${jio}/verified.csv.`)).toHaveLength(1);
  });

  it('by the same bytes for two directions at once, publishes the numbers of both in one list', async () => {
    await begin();
    const [handset, a, j] = ['35800000000001', '+919880000001', '+917080000001'];
    await lab.usage('airtel', [`${handset},${a},${dayBefore(9)},`], 'bytes.csv');
    await lab.usage('jio', [`${handset},${j},${dayBefore(9)},`], 'bytes.csv');
    await lab.report('mha', [handset], 'bytes.csv');
    const batch = batchOf('mha', [handset]);
    const directions = [
      await lab.direction(batch, 'reverify', 'airtel'),
      await lab.direction(batch, 'reverify', 'jio'),
    ];
    await at(17);
    const bytes = answers([`${a},disconnected`, `${j},disconnected`]);
    await Promise.all(directions.map((id) => put(responseKey(id, 'both'), bytes)));
    await lab.cloud.rest();

    const sha8 = sha256(bytes).slice(0, 8);
    expect(await revoked(`revocations/${localDay(17)}/${batch}.late-${sha8}.csv`)).toEqual([j, a]);
    for (const id of directions)
      expect(await lab.json(`receipts/${id.split('.')[2]}/${id}/both.csv.${sha8}.json`)).toMatchObject({
        rows: 2,
        recorded: 1,
        rejected: { not_in_direction: 1 },
      });
    expect(await summaryOf(batch)).toMatchObject({
      connections: { linked: 2, disconnected: 0, overdue: 2 },
      unexplained: 0,
    });
  });

  it('by two files whose SHA-256s begin with the same eight digits, publishes the numbers of both in one list', async () => {
    await begin();
    const [handset, a, j] = ['35800000000002', '+919880000002', '+917080000002'];
    await lab.usage('airtel', [`${handset},${a},${dayBefore(9)},`], 'alike.csv');
    await lab.usage('jio', [`${handset},${j},${dayBefore(9)},`], 'alike.csv');
    await lab.report('mha', [handset], 'alike.csv');
    const batch = batchOf('mha', [handset]);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    const jio = await lab.direction(batch, 'reverify', 'jio');
    await at(17);
    const disconnected = (number: string) => (n: number) => `msisdn,outcome,remarks\n${number},disconnected,${n}\n`;
    const [ofAirtel, ofJio] = alike(disconnected(a), disconnected(j));
    await Promise.all([put(responseKey(airtel, 'alike'), ofAirtel), put(responseKey(jio, 'alike'), ofJio)]);
    await lab.cloud.rest();

    const sha8 = sha256(ofAirtel).slice(0, 8);
    expect(sha256(ofJio).slice(0, 8)).toBe(sha8);
    expect(await revoked(`revocations/${localDay(17)}/${batch}.late-${sha8}.csv`)).toEqual([j, a]);
    for (const [id, content] of [
      [airtel, ofAirtel],
      [jio, ofJio],
    ] as const)
      expect(await lab.json(`receipts/${id.split('.')[2]}/${id}/alike.csv.${sha8}.json`)).toMatchObject({
        sha256: sha256(content),
        recorded: 1,
      });
  });

  it('and recorded only after midnight, is in the list of the day on which it was recorded; and no order follows it', async () => {
    await begin();
    const [handset, gone, failing] = ['36500000000001', '+919800000601', '+919800000602'];
    await lab.usage(
      'airtel',
      [gone, failing].map((number) => `${handset},${number},${dayBefore(9)},`),
      'midnight.csv',
    );
    await lab.report('mha', [handset], 'midnight.csv');
    const batch = batchOf('mha', [handset]);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    const orders = await lab.outbox(`orders/airtel/${airtel}/`);
    // 23:50 in Kolkata. The response can't be recorded then, and comes back half an hour later.
    const [uploaded, recorded] = [17 + (18 * 60 + 20) / 1440, 17 + (18 * 60 + 50) / 1440];
    await at(uploaded);
    goesWrong({ beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Record' ? 'throttle' : undefined) });
    const rows = [`${gone},disconnected`, `${failing},failed`];
    await lab.respond(airtel, rows, 'midnight.csv');
    goesWrong({});
    await at(recorded);

    const list = (days: number) =>
      `revocations/${localDay(days)}/${batch}.late-${sha256(answers(rows)).slice(0, 8)}.csv`;
    expect(localDay(uploaded)).not.toBe(localDay(recorded));
    expect(await revoked(list(recorded))).toEqual([gone]);
    expect(await revoked(list(uploaded))).toBeUndefined();
    // It was disconnected on the day of the upload, since the row does not say.
    expect(await lab.read(list(recorded))).toContain(`${gone},airtel,,${localDay(uploaded)},`);
    const receipt = `receipts/airtel/${airtel}/midnight.csv.${sha256(answers(rows)).slice(0, 8)}.json`;
    expect(await lab.json(receipt)).toMatchObject({ rows: 2, recorded: 2, refused: null });
    // The ladder has ended: nobody would follow a disconnect order up. Its four rungs' orders had gone out since.
    const later = (await lab.outbox(`orders/airtel/${airtel}/`)).filter((key) => !orders.includes(key));
    expect(later.map((key) => key.split('/').at(-1))).toEqual([
      '2-bar_outgoing.csv',
      '3-bar_incoming.csv',
      '4-disconnect.csv',
    ]);
  });

  it('while its batch is being sealed, is in the summary or late, never both or neither', async () => {
    await begin();
    const [handset, a, j] = ['35900000000001', '+919890000001', '+917090000001'];
    await lab.usage('airtel', [`${handset},${a},${dayBefore(9)},`], 'sealed.csv');
    await lab.usage('jio', [`${handset},${j},${dayBefore(9)},`], 'sealed.csv');
    await lab.report('mha', [handset], 'sealed.csv');
    const batch = batchOf('mha', [handset]);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    const jio = await lab.direction(batch, 'reverify', 'jio');
    let stopped = false;
    goesWrong({
      // Settle stops when it has sealed airtel's ledger, and jio's or not; both answer before it goes on.
      afterWrite: ({ functionName, key }) => {
        if (nameOf(functionName) !== 'Settle' || key !== `DIR#${airtel}` || stopped) return undefined;
        stopped = true;
        lab.cloud.outside(lab.cloud.clock.now() + 1000, async () => {
          await put(responseKey(airtel, 'sealing'), answers([`${a},disconnected`]));
          await put(responseKey(jio, 'sealing'), answers([`${j},disconnected`]));
        });
        return 'zombie';
      },
    });
    await lab.cloud.run();

    expect(stopped).toBe(true);
    const list = `revocations/${localDay(16)}/${batch}`;
    const late = async (number: string) =>
      await revoked(`${list}.late-${sha256(answers([`${number},disconnected`])).slice(0, 8)}.csv`);
    const inTime = (await revoked(`${list}.csv`)) ?? [];
    expect(inTime).not.toContain(a);
    expect(await late(a)).toEqual([a]);
    expect(await late(j)).toEqual(inTime.includes(j) ? undefined : [j]);
    expect(await summaryOf(batch)).toMatchObject({
      connections: { linked: 2, disconnected: inTime.length, overdue: 2 - inTime.length },
      unexplained: 0,
    });
  });
});
