import { createHash } from 'node:crypto';
import type { FaultPlan } from 'local-cloud';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../lambdas/domain/audit.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { DAY, HOUR, Lab, type Summary } from './lab.ts';

/**
 * A first order that can't go out for days: the ladder waits for it, and nobody is barred who was not asked. Two operators;
 * each scenario has a handset and a number of its own, begins on a new day and is told to its end.
 */
let lab: Lab;
let faults: FaultPlan = {};
let start = 0;

beforeAll(async () => {
  lab = await Lab.open({
    telling: true,
    context: { operators: 'airtel,jio' },
    faults: {
      beforeInvoke: (call) => faults.beforeInvoke?.(call),
      beforeCall: (call) => faults.beforeCall?.(call),
      afterWrite: (call) => faults.afterWrite?.(call),
    },
  });
  return () => lab.close();
}, 300_000);

afterEach(async () => {
  faults = {};
  await lab.cloud.run();
  expect(lab.cloud.failures()).toEqual([]);
});

const at = (days: number) => lab.cloud.run(start + days * DAY);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const isOrder = ({ functionName }: { functionName: string }) => nameOf(functionName) === 'Order';

/** Begins a day, on which a report names a handset that airtel saw this number in. */
async function begin(handset: string, number: string): Promise<{ batch: string; direction: string }> {
  start = Math.ceil(lab.cloud.clock.now() / DAY) * DAY;
  await lab.cloud.run(start);
  const seen = new Date(start - 9 * DAY).toISOString().slice(0, 10);
  await lab.usage('airtel', [`${handset},${number},${seen},`], `${handset}.csv`);
  await lab.notices('fraud-directions-airtel');
  await lab.report('mha', [handset], `${handset}.csv`);
  const batch = `mha-${sha256(`imei\n${handset}\n`).slice(0, 12)}`;
  const plan = await lab.cloud.get(bucketsOf(lab.cloud).work, (await plans(batch)).at(-1) ?? '');
  const { directions } = JSON.parse(Buffer.from(plan).toString()) as { directions: { directionId: string }[] };
  const direction = directions.find(({ directionId }) => directionId.includes('.reverify.'))?.directionId ?? '';
  return { batch, direction };
}
const plans = async (batch: string) => {
  const keys = (await lab.cloud.list(bucketsOf(lab.cloud).work, 'plans/')).filter((key) => key.endsWith('plan.json'));
  const found: string[] = [];
  for (const key of keys)
    if (Buffer.from(await lab.cloud.get(bucketsOf(lab.cloud).work, key)).includes(batch)) found.push(key);
  return found;
};

/** The orders of a direction as they were told of: name, and hours from the start to the deadline, that of its file and the told. */
async function orders(direction: string): Promise<[name: string, deadline: number, told: number][]> {
  const own = (await lab.notices('fraud-directions-airtel')).filter(
    ({ kind, directionId }) => kind === 'order' && directionId === direction,
  );
  // The sweep has started the direction, which stood still, a second time: each of its executions tells of an order.
  const told = [...new Map(own.map((notice) => [`${notice.key} ${notice.sha256}`, notice])).values()];
  const hours = (instant: unknown) => (Date.parse(String(instant)) - start) / HOUR;
  return await Promise.all(
    told.map(async ({ key, deadline }) => {
      const [header = '', row = ''] = (await lab.read(String(key))).split('\n');
      const name = String(key).split('/').at(-1)?.replace('.csv', '') ?? '';
      return [name, hours(row.split(',')[header.split(',').indexOf('deadline')]), hours(deadline)];
    }),
  );
}

/** Of a batch's chain: its facts about orders, and what is wrong with it. */
async function audited(batch: string) {
  const { audit } = bucketsOf(lab.cloud);
  const keys = await lab.cloud.list(audit, `batches/${batch}/`);
  const objects = await Promise.all(
    keys.map(async (key) => ({ key, text: Buffer.from(await lab.cloud.get(audit, key)).toString('utf8') })),
  );
  const { entries, faults: wrong } = verifyChain(batch as BatchId, objects);
  return { orders: entries.flatMap(({ kind, facts }) => (kind === 'order_issued' ? [facts.order] : [])), wrong };
}

const summaryOf = (batch: string) => lab.json<Summary>(`batches/${batch}/summary.json`);
/** Each rung ends so many hours after the first order's beginning: five, five, five days and one. */
const ladderFrom = (hours: number) =>
  [
    ['1-reverify', 120],
    ['2-bar_outgoing', 240],
    ['3-bar_incoming', 360],
    ['4-disconnect', 384],
  ].map(([name, ends]) => [name, hours + Number(ends), hours + Number(ends)]);

describe('a re-verification that can not be ordered for more than its first rung', () => {
  it('begins with the re-verification, days late, and everything after it is as much later', async () => {
    faults = { beforeInvoke: (call) => (isOrder(call) ? 'throttle' : undefined) };
    const { batch, direction } = await begin('35100000000001', '+919800000001');
    await at(5.2);
    expect(await lab.outbox(`orders/airtel/${batch}`)).toEqual([]);
    faults = {};
    await at(5.3);
    const [[name, deadline] = []] = await orders(direction);
    expect(name).toBe('1-reverify');
    // It went out between hour 124.8 and 127.2.
    const late = Number(deadline) - 120;
    expect([124, 125, 126]).toContain(late);
    expect(late % 1).toBe(0);
    await at(16 + late / 24 - 0.01);
    expect(await lab.outbox(`batches/${batch}/`)).toEqual([]);
    await lab.cloud.run();
    expect(await orders(direction)).toEqual(ladderFrom(late).slice(1));
    const { settledAt, connections, blocks, unexplained } = await summaryOf(batch);
    expect(Date.parse(settledAt)).toBe(start + 16 * DAY + late * HOUR);
    expect({ connections, blocks, unexplained }).toMatchObject({
      connections: { directed: 1, overdue: 1, overdueFailed: 0 },
      blocks: { directed: 2, overdue: 2 },
      unexplained: 0,
    });
    // A block whose time has passed is skipped.
    expect((await lab.outbox('orders/')).filter((key) => key.includes(`${batch}.block.`))).toEqual([]);
    expect((await audited(batch)).wrong).toEqual([]);
  });

  it('tells of it once its notice goes out, and never of a time that is past, though it was committed at once', async () => {
    const now = () => (lab.cloud.clock.now() - start) / DAY;
    faults = {
      beforeCall: ({ caller, service }) =>
        nameOf(caller) === 'Order' && service === 'sns' && now() < 5.2 ? 'deny' : undefined,
      // From its commit until the rung is about to end, its attempts come to nothing sooner.
      beforeInvoke: (call) => (isOrder(call) && now() > 0.1 && now() < 4.9 ? 'throttle' : undefined),
    };
    const { batch, direction } = await begin('35100000000002', '+919800000002');
    await at(5.2);
    expect(await orders(direction)).toEqual([]);
    await at(5.3);
    const [[name, deadline, told] = []] = await orders(direction);
    expect(name).toBe('1-reverify');
    expect(told).toBe(deadline);
    const late = Number(deadline) - 120;
    expect([124, 125, 126]).toContain(late);
    await lab.cloud.run();
    expect(await orders(direction)).toEqual(ladderFrom(late).slice(1));
    const { settledAt, unexplained } = await summaryOf(batch);
    expect([Date.parse(settledAt), unexplained]).toEqual([start + 16 * DAY + late * HOUR, 0]);
    const { orders: facts, wrong } = await audited(batch);
    expect(wrong).toEqual([]);
    expect(facts.filter((order) => order !== 'block')).toEqual([
      'reverify',
      'bar_outgoing',
      'bar_incoming',
      'disconnect',
    ]);
  });

  it('ends when its row is answered, however late it began', async () => {
    faults = { beforeInvoke: (call) => (isOrder(call) ? 'throttle' : undefined) };
    const { batch, direction } = await begin('35100000000003', '+919800000003');
    await at(3);
    faults = {};
    await at(3.2);
    expect((await orders(direction)).map(([name]) => name)).toEqual(['1-reverify']);
    await lab.respond(direction, ['+919800000003,verified']);
    await lab.cloud.run();
    expect(await orders(direction)).toEqual([]);
    const { settledAt, connections } = await summaryOf(batch);
    expect(connections).toMatchObject({ directed: 1, verified: 1 });
    // Its last deadline, three days later than planned, and not before it.
    expect(Date.parse(settledAt)).toBeGreaterThanOrEqual(start + 19 * DAY);
    expect(Date.parse(settledAt)).toBeLessThan(start + 19.2 * DAY);
  });
});

describe('a re-verification whose first order is held back for less than an hour', () => {
  it('keeps its deadlines', async () => {
    const until = () => lab.cloud.clock.now() < start + HOUR / 60;
    faults = { beforeInvoke: (call) => (isOrder(call) && until() ? 'throttle' : undefined) };
    const { direction } = await begin('35100000000004', '+919800000004');
    await lab.cloud.run();
    expect(await orders(direction)).toEqual(ladderFrom(0));
  });
});
