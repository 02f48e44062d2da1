import { createHash } from 'node:crypto';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { FaultPlan } from 'local-cloud';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { alike } from './bad-files.ts';
import { nameOf } from './faults-story.ts';
import { DAY, Lab, type Summary } from './lab.ts';

/**
 * What meets at one moment. Two operators, airtel and jio; each scenario has handsets and numbers of its own, begins on a new
 * day and is told to its end. A function is held back by throttling it, and stopped between two of its writes by losing its
 * answer there: it then goes on when its own retry begins, two seconds later.
 */
let lab: Lab;
/** What goes wrong in the scenario that is being told. */
let faults: FaultPlan = {};
/** How many executions have failed in scenarios that tell so. */
let failed = 0;
/** The instant of the scenario's beginning, to which `at` counts its days. */
let start = 0;

beforeAll(async () => {
  lab = await Lab.open({
    context: { operators: 'airtel,jio', handsetsPerChild: '1' },
    faults: {
      afterWrite: (call) => faults.afterWrite?.(call),
      beforeInvoke: (call) => faults.beforeInvoke?.(call),
      beforeCall: (call) => faults.beforeCall?.(call),
    },
  });
  return () => lab.close();
}, 300_000);

afterEach(async () => {
  faults = {};
  await lab.cloud.run();
  expect(lab.cloud.failures()).toHaveLength(failed);
});

async function begin(): Promise<void> {
  start = Math.ceil(lab.cloud.clock.now() / DAY) * DAY;
  await lab.cloud.run(start);
}

const at = (days: number) => lab.cloud.run(start + days * DAY);
const instant = (days: number) => `${new Date(start + days * DAY).toISOString().slice(0, 19)}Z`;
const dayBefore = (days: number) => new Date(start - days * DAY).toISOString().slice(0, 10);
const file = (header: string, rows: string[]) => [header, ...rows].map((row) => `${row}\n`).join('');
/** Uploads and doesn't wait for what comes of it. */
const put = (key: string, content: string) => lab.cloud.put(bucketsOf(lab.cloud).inbox, key, content);

const usageFile = (rows: string[]) => file('imei,msisdn,last_seen,lsa', rows);
const reportFile = (imeis: string[]) => file('imei', imeis);
const answers = (rows: string[]) => file('msisdn,outcome', rows);
const responseKey = (directionId: string, name: string) =>
  `responses/${directionId.split('.')[2]}/${directionId}/${name}.csv`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const batchOf = (agency: string, imeis: string[]) => `${agency}-${sha256(reportFile(imeis)).slice(0, 12)}`;
const summaryOf = (batch: string) => lab.json<Summary>(`batches/${batch}/summary.json`);

/** When a direction's ladder ended: every execution of it, which is one where nothing failed. */
async function endsOf(directionId: string): Promise<(string | undefined)[]> {
  const client = new SFNClient({
    endpoint: lab.cloud.endpoint,
    region: lab.cloud.region,
    credentials: { accessKeyId: 'outsider', secretAccessKey: 'outsider' },
  });
  const { executions = [] } = await client.send(
    new ListExecutionsCommand({ stateMachineArn: lab.cloud.names.machines.Direction }),
  );
  client.destroy();
  return executions
    .filter(({ name }) => name?.startsWith(`${directionId.replaceAll('.', '_')}_`))
    .map(({ stopDate }) => stopDate?.toISOString().replace('.000Z', 'Z'));
}

/** The name of the order by which a response of these rows gives service back. */
const backOf = (rows: string[]) => `back-${sha256(answers(rows)).slice(0, 8)}-restore.csv`;

/** A direction's orders by name, each with its rows' identifiers; IMEIs without their check digit. */
async function ordersOf(directionId: string): Promise<Record<string, string[]>> {
  const [, kind, operator] = directionId.split('.');
  const orders: Record<string, string[]> = {};
  for (const key of await lab.outbox(`orders/${operator}/${directionId}/`)) {
    const rows = (await lab.read(key)).trimEnd().split('\n').slice(1);
    const name = key.split('/').at(-1) ?? '';
    orders[name] = rows.map((row) => row.slice(0, kind === 'block' ? 14 : 13));
  }
  return orders;
}

/** The numbers of a revocation list, or undefined where there is no such file. */
async function revoked(key: string): Promise<string[] | undefined> {
  if ((await lab.outbox(key)).length === 0) return undefined;
  return (await lab.read(key))
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((row) => row.slice(0, 13));
}

/** The day in Asia/Kolkata: 5 hours and 30 minutes ahead. */
const localDay = (days: number) => new Date(start + days * DAY + 5.5 * 3_600_000).toISOString().slice(0, 10);

describe('a response before its ladder waits', () => {
  it('counts: what it answers is in no order, and a direction answered whole has none', async () => {
    await begin();
    const [handset, first, second] = ['35100000000001', '+919810000001', '+919810000002'];
    await lab.usage('airtel', [`${handset},${first},${dayBefore(9)},`, `${handset},${second},${dayBefore(8)},`]);
    // The batch is the first that plans, so its plan is number 1 and an operator could guess its directions' ids.
    const batch = batchOf('mha', [handset]);
    faults = { beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Order' ? 'throttle' : undefined) };
    await lab.report('mha', [handset]);
    expect(await lab.directions()).toEqual([]);
    await lab.respond(`${batch}.reverify.airtel.1-0-0`, [`${first},verified`]);
    await lab.respond(`${batch}.block.jio.1-0-0`, [`${handset},blocked`]);
    faults = {};
    await lab.cloud.run();

    expect(await ordersOf(`${batch}.block.jio.1-0-0`)).toEqual({});
    expect(await ordersOf(`${batch}.reverify.airtel.1-0-0`)).toEqual({
      '1-reverify.csv': [second],
      '2-bar_outgoing.csv': [second],
      '3-bar_incoming.csv': [second],
      '4-disconnect.csv': [second],
    });
    expect(await summaryOf(batch)).toMatchObject({
      connections: { linked: 2, directed: 2, verified: 1, overdue: 1 },
      blocks: { rows: 2, directed: 2, blocked: 1, overdue: 1 },
      unexplained: 0,
      settledAt: instant(16),
    });
  });
});

describe('usage that is imported while a batch expands', () => {
  it('is in the batch as far as it was there when its handset was read, and the books balance', async () => {
    await begin();
    const handsets = ['35200000000001', '35200000000002'];
    const [a, b, newA, newB] = ['+919820000001', '+919820000002', '+919820000003', '+919820000004'];
    await lab.usage('airtel', [`${handsets[0]},${a},${dayBefore(9)},`, `${handsets[1]},${b},${dayBefore(9)},`]);
    // Each handset has a child of its own; one of them reads its links before the import, the other after it.
    let expanding = 0;
    faults = {
      beforeInvoke: ({ functionName }) =>
        nameOf(functionName) === 'Expand' && ++expanding > 1 ? 'throttle' : undefined,
    };
    await lab.report('mha', handsets);
    await lab.usage('jio', [`${handsets[0]},${newA},${dayBefore(1)},`, `${handsets[1]},${newB},${dayBefore(1)},`]);
    faults = {};
    await lab.cloud.run();

    const batch = batchOf('mha', handsets);
    const summary = await summaryOf(batch);
    expect(summary).toMatchObject({ connections: { linked: 3, directed: 3, overdue: 3 }, unexplained: 0 });
    expect(summary.operators.airtel?.connections).toMatchObject({ linked: 2 });
    expect(summary.operators.jio?.connections).toMatchObject({ linked: 1 });
    const [came] = (await ordersOf(await lab.direction(batch, 'reverify', 'jio')))['1-reverify.csv'] ?? [];
    expect([newA, newB]).toContain(came);

    // The other one is in the next batch.
    const later = reportFile([...handsets, '35200000000003']);
    await lab.upload('reports/mha/later.csv', later);
    const next = await lab.direction(`mha-${sha256(later).slice(0, 12)}`, 'reverify', 'jio');
    expect((await ordersOf(next))['1-reverify.csv']).toEqual([newA, newB]);
  });

  it('uploaded in the same moment as the report, counts each of its numbers once or not at all', async () => {
    await begin();
    const handsets = Array.from({ length: 6 }, (_, n) => `3530000000000${n}`);
    const numbers = (from: number) => handsets.map((_, n) => `+91983000${from + n}`);
    const rows = (from: number, days: number) =>
      numbers(from).map((number, n) => `${handsets[n]},${number},${dayBefore(days)},`);
    await lab.usage('airtel', rows(1000, 9));
    await Promise.all([
      put('usage/jio/while.csv', usageFile(rows(2000, 1))),
      put('usage/airtel/while.csv', usageFile(rows(1000, 2))),
      put('reports/i4c/while.csv', reportFile(handsets)),
    ]);
    await lab.cloud.run();

    const batch = batchOf('i4c', handsets);
    const summary = await summaryOf(batch);
    const late = summary.operators.jio?.connections.linked ?? -1;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThanOrEqual(6);
    expect(summary).toMatchObject({
      connections: { linked: 6 + late, directed: 6 + late, overdue: 6 + late },
      unexplained: 0,
    });
    expect((await ordersOf(await lab.direction(batch, 'reverify', 'airtel')))['1-reverify.csv']).toEqual(numbers(1000));
  });
});

describe('a response at the very moment of a timeout', () => {
  it('before it, spares its row the next rung; after it, stops the one after that', async () => {
    await begin();
    const [handset, early, late] = ['35400000000001', '+919840000001', '+917040000001'];
    await lab.usage('airtel', [`${handset},${early},${dayBefore(9)},`], 'moment.csv');
    await lab.usage('jio', [`${handset},${late},${dayBefore(9)},`], 'moment.csv');
    await lab.report('mha', [handset], 'moment.csv');
    const batch = batchOf('mha', [handset]);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    const jio = await lab.direction(batch, 'reverify', 'jio');
    // The first rung takes five days. What people do comes before the timers of the same instant.
    lab.cloud.outside(start + 5 * DAY, () => put(responseKey(airtel, 'before'), answers([`${early},verified`])));
    await at(5);
    await lab.respond(jio, [`${late},verified`], 'after.csv');
    expect(lab.cloud.clock.now()).toBe(start + 5 * DAY);
    await lab.cloud.run();

    expect(await ordersOf(airtel)).toEqual({ '1-reverify.csv': [early] });
    // Who was barred has service again at once.
    expect(await ordersOf(jio)).toEqual({
      '1-reverify.csv': [late],
      '2-bar_outgoing.csv': [late],
      [backOf([`${late},verified`])]: [late],
    });
    expect(await summaryOf(batch)).toMatchObject({
      connections: { linked: 2, verified: 2, overdue: 0 },
      unexplained: 0,
      settledAt: instant(16),
    });
    for (const id of [airtel, jio]) expect(await endsOf(id)).toEqual([instant(5)]);
  });

  it("before an order's commit, or between that and its publication by two attempts, is in it no more", async () => {
    await begin();
    const [handset, first, second] = ['35500000000001', '+919850000001', '+919850000002'];
    await lab.usage(
      'airtel',
      [`${handset},${first},${dayBefore(9)},`, `${handset},${second},${dayBefore(8)},`],
      'between.csv',
    );
    await lab.report('mha', [handset], 'between.csv');
    const batch = batchOf('mha', [handset]);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    const stopped: string[] = [];
    faults = {
      afterWrite: ({ functionName, key = '' }) => {
        if (nameOf(functionName) !== 'Order') return undefined;
        // Rung 2: after its commit `first` is answered. Rung 3: before its commit `second` is.
        const moment =
          key === `DIR#${airtel}` ? 'committed' : key.startsWith(`directions/${airtel}/3/`) ? 'prepared' : '';
        if (moment === '' || stopped.includes(moment)) return undefined;
        stopped.push(moment);
        const row = moment === 'committed' ? first : second;
        const upload = () => put(responseKey(airtel, moment), answers([`${row},verified`]));
        lab.cloud.outside(lab.cloud.clock.now() + 1000, upload);
        return 'zombie';
      },
    };
    await lab.cloud.run();

    expect(stopped).toEqual(['committed', 'prepared']);
    expect(await ordersOf(airtel)).toEqual({
      '1-reverify.csv': [first, second],
      '2-bar_outgoing.csv': [second],
      // Whoever stood in the bar as it was committed, though not as it was published last.
      [backOf([`${first},verified`])]: [first],
      [backOf([`${second},verified`])]: [second],
    });
    const told = (await lab.notices('fraud-directions-airtel')).filter(({ directionId }) => directionId === airtel);
    const orders = told
      .filter(({ kind, rung }) => kind === 'order' && rung !== 'back')
      .map(({ rung, sha256: hash }) => `${rung} ${hash}`);
    const files = ['1-reverify', '2-bar_outgoing'].map(async (name) =>
      sha256(await lab.read(`orders/airtel/${airtel}/${name}.csv`)),
    );
    // Whoever has committed the older bar may have told of it; the last word is about the one that is there.
    const [asked, barred] = (await Promise.all(files)).map((hash, n) => `${n + 1} ${hash}`);
    expect(orders).toContain(asked);
    expect(orders.at(-1)).toBe(barred);
    expect(new Set(orders).size).toBeLessThanOrEqual(3);
    expect(await summaryOf(batch)).toMatchObject({ connections: { linked: 2, verified: 2 }, unexplained: 0 });
  });

  it('wakes the attempt that waits, also when it is delivered again after its recorder died', async () => {
    await begin();
    const [handset, number] = ['36400000000001', '+919800000501'];
    await lab.usage('airtel', [`${handset},${number},${dayBefore(9)},`], 'wake.csv');
    const met: string[] = [];
    faults = {
      // Order loses its answer when it has left its token in the ledger, so its retry leaves another one; Record dies when
      // it has recorded, before it wakes anybody.
      afterWrite: ({ functionName, key = '' }) => {
        const name = nameOf(functionName);
        if (!/^DIR#.*\.reverify\./.test(key) || (name !== 'Order' && name !== 'Record') || met.includes(name))
          return undefined;
        met.push(name);
        return name === 'Order' ? 'zombie' : 'fail';
      },
    };
    await lab.report('mha', [handset], 'wake.csv');
    const batch = batchOf('mha', [handset]);
    await at(3);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    await lab.respond(airtel, [`${number},verified`]);
    await lab.cloud.run();

    expect(met).toEqual(['Order', 'Record']);
    expect(await summaryOf(batch)).toMatchObject({ connections: { linked: 1, verified: 1 }, unexplained: 0 });
    // The message comes back after half an hour, six times what Record may take. Without the wake it would be day 5.
    expect(await endsOf(airtel)).toEqual([instant(3 + 1 / 48)]);
  });
});

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
    faults = { beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Settle' ? 'throttle' : undefined) };
    await at(16);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    await lab.respond(airtel, [`${first},disconnected`]);
    faults = {};
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
    await begin();
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
    faults = { beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Record' ? 'throttle' : undefined) };
    const rows = [`${gone},disconnected`, `${failing},failed`];
    await lab.respond(airtel, rows, 'midnight.csv');
    faults = {};
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
    faults = {
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
    };
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

describe('batches that plan', () => {
  it('at once, direct a number that both have once', async () => {
    await begin();
    const handsets = { mha: '36000000000001', i4c: '36000000000002' };
    const [own, common, other] = ['+919800000101', '+919800000102', '+919800000103'];
    await lab.usage(
      'airtel',
      [
        `${handsets.mha},${own},${dayBefore(9)},`,
        `${handsets.mha},${common},${dayBefore(9)},`,
        `${handsets.i4c},${common},${dayBefore(8)},`,
        `${handsets.i4c},${other},${dayBefore(9)},`,
      ],
      'common.csv',
    );
    await Promise.all(
      Object.entries(handsets).map(([agency, imei]) => put(`reports/${agency}/common.csv`, reportFile([imei]))),
    );
    await lab.cloud.run();

    const ids = Object.entries(handsets).map(([agency, imei]) => batchOf(agency, [imei]));
    const both = await Promise.all(ids.map(summaryOf));
    for (const { connections, blocks, unexplained } of both)
      expect({ linked: connections.linked, blocks, unexplained }).toMatchObject({
        linked: 2,
        blocks: { rows: 2, directed: 2 },
        unexplained: 0,
      });
    // Whoever plans first directs both of its numbers, the other one its own only.
    const [first, second] = [...both].sort((x, y) => x.startedAt.localeCompare(y.startedAt)) as [Summary, Summary];
    expect(first.connections).toMatchObject({ directed: 2, alreadyOpen: 0, overdue: 2 });
    expect(second.connections).toMatchObject({ directed: 1, alreadyOpen: 1, overdue: 1 });
    const elsewhere = (await lab.read(`batches/${second.batchId}/elsewhere.csv`)).trimEnd().split('\n').slice(1);
    expect(elsewhere).toEqual([
      `reverify,${common},airtel,alreadyOpen,${await lab.direction(first.batchId, 'reverify', 'airtel')}`,
    ]);
  });

  it('one that fails in Claim leaves void claims: others take them over, and it is started again by the same file', async () => {
    await begin();
    const handsets = { mha: '36100000000001', i4c: '36100000000002' };
    const [own, common, other] = ['+919800000201', '+919800000202', '+919800000203'];
    await lab.usage(
      'airtel',
      [
        `${handsets.mha},${own},${dayBefore(9)},`,
        `${handsets.mha},${common},${dayBefore(9)},`,
        `${handsets.i4c},${common},${dayBefore(8)},`,
        `${handsets.i4c},${other},${dayBefore(9)},`,
      ],
      'void.csv',
    );
    // Claim loses its answer while it claims, and cannot be tried again: it goes on only when another batch claims.
    let stopped = false;
    faults = {
      afterWrite: ({ functionName, key }) => {
        if (nameOf(functionName) !== 'Claim' || !key?.startsWith('CONN#') || stopped) return undefined;
        stopped = true;
        return 'zombie';
      },
      beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Claim' && stopped ? 'throttle' : undefined),
    };
    await lab.report('mha', [handsets.mha], 'void.csv');
    await at(0.2);
    failed += 1;
    expect(lab.cloud.failures()).toHaveLength(failed);
    const mha = batchOf('mha', [handsets.mha]);
    const i4c = batchOf('i4c', [handsets.i4c]);
    const told = (await lab.notices('fraud-batches-mha')).filter(({ batchId }) => batchId === mha);
    expect(told.map(({ kind }) => kind)).toEqual(['batch_registered', 'batch_failed']);
    expect((await lab.directions()).filter((id) => id.startsWith(mha))).toEqual([]);

    faults = {};
    await lab.report('i4c', [handsets.i4c], 'void.csv');
    await lab.report('mha', [handsets.mha], 'void.csv');
    const plans = await Promise.all([i4c, mha].map((batch) => lab.direction(batch, 'reverify', 'airtel')));
    const [planned, again] = plans as [string, string];
    const voidDirection = again.replace(/\d+-0-0$/, `${Number(planned.match(/(\d+)-0-0$/)?.[1]) - 1}-0-0`);
    await lab.respond(voidDirection, [`${own},verified`]);
    await lab.cloud.run();

    expect((await ordersOf(planned))['1-reverify.csv']).toEqual([common, other]);
    expect((await ordersOf(again))['1-reverify.csv']).toEqual([own]);
    const [receipt] = await lab.outbox(`receipts/airtel/${voidDirection}/`);
    expect(await lab.json(receipt ?? '')).toMatchObject({ rows: 0, recorded: 0, refused: 'unknown_direction' });
    expect(await summaryOf(i4c)).toMatchObject({
      connections: { linked: 2, directed: 2, alreadyOpen: 0, overdue: 2 },
      blocks: { rows: 2, directed: 2 },
      unexplained: 0,
    });
    expect(await summaryOf(mha)).toMatchObject({
      report: { rows: 1, handsets: 1 },
      connections: { linked: 2, directed: 1, alreadyOpen: 1, overdue: 1, verified: 0 },
      blocks: { rows: 2, directed: 2, overdue: 2 },
      unexplained: 0,
    });
    expect(await lab.read(`batches/${mha}/elsewhere.csv`)).toContain(
      `reverify,${common},airtel,alreadyOpen,${planned}\n`,
    );
  });

  it('one that fails in Screen is started again by the same file, whatever an attempt that runs on still registers', async () => {
    await begin();
    const [handset, number] = ['36300000000001', '+919800000401'];
    await lab.usage('airtel', [`${handset},${number},${dayBefore(9)},`], 'screen.csv');
    // Screen loses its answer before it registers the batch, and goes on only when the file is uploaded again.
    let stopped = false;
    faults = {
      afterWrite: ({ functionName, key }) => {
        if (nameOf(functionName) !== 'Screen' || !key?.startsWith('EXECUTION#') || stopped) return undefined;
        stopped = true;
        return 'zombie';
      },
      beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Screen' && stopped ? 'throttle' : undefined),
    };
    await lab.report('mha', [handset], 'screen.csv');
    await at(0.2);
    failed += 1;
    expect(lab.cloud.failures()).toHaveLength(failed);
    faults = {};
    await lab.report('mha', [handset], 'screen.csv');
    await lab.cloud.run();

    expect(await summaryOf(batchOf('mha', [handset]))).toMatchObject({
      connections: { linked: 1, directed: 1, overdue: 1 },
      blocks: { rows: 2, directed: 2, overdue: 2 },
      unexplained: 0,
    });
  });
});

describe('a direction answered in ten parts by two uploads at once', () => {
  it('records every row once, whoever comes first, and ends its ladder', async () => {
    await begin();
    const handset = '36200000000001';
    const numbers = Array.from({ length: 11 }, (_, n) => `+9198000003${String(n).padStart(2, '0')}`);
    const disputed = numbers[10] ?? '';
    await lab.usage(
      'airtel',
      numbers.map((number) => `${handset},${number},${dayBefore(9)},`),
      'parts.csv',
    );
    await lab.report('mha', [handset], 'parts.csv');
    const batch = batchOf('mha', [handset]);
    const airtel = await lab.direction(batch, 'reverify', 'airtel');
    await at(1.5);
    await lab.notices('fraud-administrators');
    // Each file has a row of its own, and one about which the two uploaders don't agree.
    const uploads = ['verified', 'not_found'].map(async (says, who) => {
      for (const number of numbers.slice(who * 5, who * 5 + 5))
        await put(responseKey(airtel, number), answers([`${number},verified`, `${disputed},${says}`]));
    });
    await Promise.all(uploads);
    await lab.cloud.rest();

    const receipts = await Promise.all(
      (await lab.outbox(`receipts/airtel/${airtel}/`)).map((key) =>
        lab.json<{ rows: number; recorded: number; alreadyRecorded: number; rejected: Record<string, number> }>(key),
      ),
    );
    const sum = (of: (receipt: (typeof receipts)[number]) => number | undefined) =>
      receipts.reduce((all, receipt) => all + (of(receipt) ?? 0), 0);
    expect(receipts).toHaveLength(10);
    expect(sum(({ rows }) => rows)).toBe(20);
    // 10 rows and the disputed one once; four agree with what was said of it first, five do not.
    expect(sum(({ recorded }) => recorded)).toBe(11);
    expect(sum(({ alreadyRecorded }) => alreadyRecorded)).toBe(4);
    expect(sum(({ rejected }) => rejected.conflicts_with_recorded)).toBe(5);
    const told = (await lab.notices('fraud-administrators')).filter(({ kind }) => kind === 'conflicts');
    expect(told.map(({ conflicts }) => conflicts)).toEqual([1, 1, 1, 1, 1]);

    await lab.cloud.run();
    expect(await ordersOf(airtel)).toEqual({ '1-reverify.csv': numbers });
    const { connections, unexplained } = await summaryOf(batch);
    expect(connections.verified).toBe(10 + (connections.notFound === 0 ? 1 : 0));
    expect(connections).toMatchObject({ linked: 11, directed: 11, overdue: 0 });
    expect(unexplained).toBe(0);
    expect(await endsOf(airtel)).toEqual([instant(1.5)]);
  });
});
