import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nameOf } from '../../simulation/function-names.ts';
import { sha256 } from './bad-files.ts';
import { DAY, type Lab } from './lab.ts';
import { answers, batchOf, responseKey, scenariosInOneLab } from './races-lab.ts';

/** Responses that meet an order of their own ladder, or each other. */
let lab: Lab;
const { open, end, goesWrong, begin, at, instant, dayBefore, put, summaryOf, ordersOf } = scenariosInOneLab();

beforeAll(async () => {
  lab = await open();
  return () => lab.close();
}, 300_000);

afterEach(() => end());

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

describe('a response before its ladder waits', () => {
  it('counts: what it answers is in no order, and a direction answered whole has none', async () => {
    await begin();
    const [handset, first, second] = ['35100000000001', '+919810000001', '+919810000002'];
    await lab.usage('airtel', [`${handset},${first},${dayBefore(9)},`, `${handset},${second},${dayBefore(8)},`]);
    // The batch is the first that plans, so its plan is number 1 and an operator could guess its directions' ids.
    const batch = batchOf('mha', [handset]);
    goesWrong({ beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Order' ? 'throttle' : undefined) });
    await lab.report('mha', [handset]);
    expect(await lab.directions()).toEqual([]);
    await lab.respond(`${batch}.reverify.airtel.1-0-0`, [`${first},verified`]);
    await lab.respond(`${batch}.block.jio.1-0-0`, [`${handset},blocked`]);
    goesWrong({});
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

describe('a response at the very moment of a timeout', () => {
  it('before it, spares its row the next rung; after it, stops the one after that', async () => {
    const start = await begin();
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
    goesWrong({
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
    });
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
    goesWrong({
      // Order loses its answer when it has left its token in the ledger, so its retry leaves another one; Record dies when
      // it has recorded, before it wakes anybody.
      afterWrite: ({ functionName, key = '' }) => {
        const name = nameOf(functionName);
        if (!/^DIR#.*\.reverify\./.test(key) || (name !== 'Order' && name !== 'Record') || met.includes(name))
          return undefined;
        met.push(name);
        return name === 'Order' ? 'zombie' : 'fail';
      },
    });
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
