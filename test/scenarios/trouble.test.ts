import { createHash } from 'node:crypto';
import { ListExecutionsCommand, ListMapRunsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { FaultPlan } from 'local-cloud';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../lambdas/domain/audit.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { DAY, HOUR, Lab, type Summary } from './lab.ts';

/**
 * What a batch meets after its plan counts, or when it has none. Each scenario begins on a new day, with a handset and numbers of
 * its own, and is told to its end. Rights are in force, and the sweep looks each hour, as it does where nobody says otherwise.
 */
let lab: Lab;
let sfn: SFNClient;
/** What goes wrong in the scenario that is being told. */
let faults: FaultPlan = {};
let start = 0;
/** How many executions have failed in scenarios that tell so. */
let failed = 0;

beforeAll(async () => {
  lab = await Lab.open({
    telling: true,
    context: { operators: 'airtel', rowsPerDirection: '1', sweepHours: '1' },
    enforce: true,
    faults: {
      afterWrite: (call) => faults.afterWrite?.(call),
      beforeCall: (call) => faults.beforeCall?.(call),
      beforeInvoke: (call) => faults.beforeInvoke?.(call),
      drop: (event) => faults.drop?.(event) === true,
    },
  });
  sfn = new SFNClient({
    endpoint: lab.cloud.endpoint,
    region: lab.cloud.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  return async () => {
    sfn.destroy();
    await lab.close();
  };
}, 300_000);

afterEach(async () => {
  faults = {};
  await lab.toTheEnd();
  expect(lab.cloud.failures()).toHaveLength(failed);
});

async function begin(): Promise<void> {
  start = Math.ceil(lab.cloud.clock.now() / DAY) * DAY;
  await lab.quietly(start);
  for (const queue of QUEUES) await lab.notices(queue);
}

const QUEUES = ['fraud-administrators', 'fraud-batches-mha', 'fraud-directions-airtel'];
const until = (hours: number) => lab.cloud.run(start + hours * HOUR);
const instant = (hours: number) => `${new Date(start + hours * HOUR).toISOString().slice(0, 19)}Z`;
const dayBefore = () => new Date(start - DAY).toISOString().slice(0, 10);
const handset = (n: number) => `3572${String(n).padStart(10, '0')}`;
const number = (n: number, m: number) => `+9197${String(n).padStart(4, '0')}${String(m).padStart(4, '0')}`;

/** A report of one handset with some numbers that nobody else reports; the id of its batch. */
async function report(n: number, numbers = 1): Promise<string> {
  const rows = Array.from({ length: numbers }, (_, m) => `${handset(n)},${number(n, m)},${dayBefore()},Delhi`);
  await lab.usage('airtel', rows, `usage-${n}.csv`);
  await lab.report('mha', [handset(n)], `report-${n}.csv`);
  const [registered] = (await lab.notices('fraud-batches-mha')).filter(({ kind }) => kind === 'batch_registered');
  return String(registered?.batchId ?? '');
}

const reverify = async (batch: string) =>
  (await lab.directions('airtel')).filter((id) => id.startsWith(`${batch}.reverify.`));
const ordersOf = async (direction: string) =>
  (await lab.outbox(`orders/airtel/${direction}/`)).map((key) => key.split('/').at(-1)?.replace('.csv', ''));
const summaryOf = (batch: string) => lab.json<Summary>(`batches/${batch}/summary.json`);
const told = async (queue: string, kind: string) => (await lab.notices(queue)).filter((notice) => notice.kind === kind);

async function runningOf(machine: string): Promise<{ executionArn?: string; name?: string }[]> {
  const stateMachineArn = lab.cloud.names.machines[machine];
  return (await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }))).executions ?? [];
}

/** Stops the one Batch execution that runs, as somebody does in the console. */
async function stop(): Promise<void> {
  const [batch, ...more] = await runningOf('Batch');
  expect([batch?.name, more]).toEqual([expect.any(String), []]);
  await sfn.send(new StopExecutionCommand({ executionArn: batch?.executionArn }));
}

/** The facts in a batch's chain, which must be intact. */
async function auditOf(batch: string): Promise<string[]> {
  const { audit } = bucketsOf(lab.cloud);
  const objects = await Promise.all(
    (await lab.cloud.list(audit, `batches/${batch}/`)).map(async (key) => ({
      key,
      text: Buffer.from(await lab.cloud.get(audit, key)).toString('utf8'),
    })),
  );
  const { entries, faults: broken } = verifyChain(batch as BatchId, objects);
  expect(broken).toEqual([]);
  return entries.map(({ id }) => id);
}

describe('a batch without handsets', () => {
  it('waits an hour and goes on where its books can not be settled', async () => {
    await begin();
    faults = { beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Settle' ? 'error' : undefined) };
    await lab.report('mha', ['no-imei']);
    const [registered] = await told('fraud-batches-mha', 'batch_registered');
    await until(0.5);
    expect(await lab.batches()).toEqual([]);
    faults = {};
    await until(2);
    const { settledAt, ...summary } = await summaryOf(String(registered?.batchId));
    expect(summary).toMatchObject({ report: { rows: 1, rejected: 1, handsets: 0 }, unexplained: 0 });
    expect(settledAt > instant(1) && settledAt < instant(1.1)).toBe(true);
    const kinds = (await lab.notices('fraud-administrators')).map(({ kind }) => kind);
    expect(kinds).toEqual(['settling_failing', 'batch_empty']);
  });
});

describe('two reports whose SHA-256s begin alike', () => {
  it('are told apart by the rest: the second is refused, whatever became of the first', async () => {
    await begin();
    const [first, second] = ['imei\n36000014295534\n', 'imei\n36000009375435\n'];
    const batch = 'mha-090735f689cb';
    const hashes = [first, second].map((text) => createHash('sha256').update(text).digest('hex'));
    for (const hash of hashes) expect(hash.slice(0, 12)).toBe(batch.slice(4));
    expect(hashes[0]).not.toBe(hashes[1]);
    await lab.upload('reports/mha/first.csv', first);
    await lab.upload('reports/mha/second.csv', second);
    await lab.upload('reports/mha/first-again.csv', first);
    const refusal = { kind: 'report_refused', line: 1, reason: 'batch_id_taken' };
    expect(await lab.notices('fraud-batches-mha')).toMatchObject([
      { kind: 'batch_registered', batchId: batch },
      refusal,
      { kind: 'same_report', batchId: batch },
    ]);
    expect(await told('fraud-administrators', 'report_refused')).toMatchObject([refusal]);
    expect(await lab.read('rejects/mha/second.csv')).toBe(withWhatToDo('line,value,reason\n1,,batch_id_taken\n'));
    await lab.toTheEnd();
    expect(await summaryOf(batch)).toMatchObject({ report: { rows: 1, handsets: 1 }, unexplained: 0 });
  });
});

describe('what was committed and can not be told', () => {
  it('fails no step, and is told by the next sweep: notes to the audit', async () => {
    await begin();
    let refused = 0;
    faults = {
      beforeCall: ({ service, key }) => {
        if (service !== 'sqs' || !key?.includes('AuditQueue')) return undefined;
        refused += 1;
        return 'error';
      },
    };
    const batch = await report(1);
    const [direction = ''] = await reverify(batch);
    expect(await ordersOf(direction)).toEqual(['1-reverify']);
    await lab.respond(direction, [`${number(1, 0)},verified`]);
    expect(refused).toBeGreaterThan(4);
    expect(await auditOf(batch)).toEqual([]);
    faults = {};
    await until(1.1);
    const facts = await auditOf(batch);
    const plan = direction.split('.')[3]?.split('-')[0];
    const expected = [
      expect.stringMatching(/^registered\//),
      expect.stringMatching(/^previewed\//),
      `directed/${plan}`,
      `order/${direction}/1`,
      `order/${direction.replace('reverify', 'block')}/1`,
      expect.stringMatching(`^response/${direction}/`),
      `closed/${direction}`,
    ];
    expect(facts).toHaveLength(expected.length);
    expect(facts).toEqual(expect.arrayContaining(expected));
    await lab.toTheEnd();
    expect(await summaryOf(batch)).toMatchObject({ connections: { verified: 1 }, unexplained: 0 });
  });

  it('fails no step, and is told by the next sweep: notices of registering, orders, receipts and books', async () => {
    await begin();
    const known = await lab.directions('airtel');
    faults = { beforeCall: ({ key }) => (key?.includes('AgenciesTopic') ? 'deny' : undefined) };
    await report(2);
    const [direction = ''] = (await lab.directions('airtel')).filter(
      (id) => id.includes('.reverify.') && !known.includes(id),
    );
    const block = direction.replace('reverify', 'block');
    faults = {};
    await until(1.1);
    expect((await lab.notices('fraud-batches-mha')).map(({ kind }) => kind)).toEqual(['batch_registered']);

    await lab.quietly(start + 23.5 * HOUR);
    await lab.notices('fraud-directions-airtel');
    faults = { beforeCall: ({ service }) => (service === 'sns' ? 'deny' : undefined) };
    await lab.respond(direction, [`${number(2, 0)},disconnected`]);
    await until(24.5);
    expect(await ordersOf(block)).toEqual(['1-block', '2-block']);
    const [receipt = ''] = await lab.outbox(`receipts/airtel/${direction}/`);
    expect(await lab.notices('fraud-directions-airtel')).toEqual([]);
    faults = {};
    await until(25.1);
    const notices = await lab.notices('fraud-directions-airtel');
    expect(notices.map(({ key }) => key).sort()).toEqual([`orders/airtel/${block}/2-block.csv`, receipt].sort());
    // Told once: the next sweeps tell nothing more.
    await until(27.1);
    for (const queue of QUEUES) expect(await lab.notices(queue)).toEqual([]);

    await lab.quietly(start + (16 * 24 - 0.5) * HOUR);
    faults = { beforeCall: ({ service }) => (service === 'sns' ? 'error' : undefined) };
    await until(16 * 24 + 0.5);
    const batch = direction.split('.')[0] ?? '';
    expect(await summaryOf(batch)).toMatchObject({ connections: { disconnected: 1 }, unexplained: 0 });
    faults = {};
    await until(16 * 24 + 1.1);
    for (const queue of QUEUES) expect(await told(queue, 'settled')).toHaveLength(1);
  });

  it('holds a re-verification up until its operator is told of its first order', async () => {
    await begin();
    const known = await lab.directions('airtel');
    faults = { beforeCall: ({ key }) => (key?.includes('OperatorsTopic') ? 'deny' : undefined) };
    await report(6);
    const [direction = ''] = (await lab.directions('airtel')).filter(
      (id) => id.includes('.reverify.') && !known.includes(id),
    );
    await until(2.5);
    faults = {};
    await until(3.5);
    // It was tried again each hour: what its operator is told has the deadline that counts from then.
    const orders = (await told('fraud-directions-airtel', 'order')).filter(
      ({ directionId }) => directionId === direction,
    );
    expect([...new Set(orders.map(({ deadline }) => deadline))]).toEqual([instant(5 * 24 + 3)]);
  });
});

describe('a batch whose plan counts and whose execution is stopped', () => {
  it('goes on at once, with its directions: orders at their time, answers that end ladders, books and lists', async () => {
    await begin();
    const batch = await report(3, 2);
    const [first = '', second = ''] = await reverify(batch);
    await lab.quietly(start + 30 * HOUR);
    await stop();
    await lab.cloud.rest();
    // Both directions of connections and the block's went with it, and all of them are there again.
    expect((await runningOf('Batch')).map(({ name }) => name)).toEqual([`${batch}_resumed_1`]);
    const names = (await runningOf('Direction')).map(({ name = '' }) => name);
    expect(names.every((name) => name.endsWith('_10000_0'))).toBe(true);
    expect(names).toHaveLength(3);
    const [ended] = await told('fraud-administrators', 'execution_ended');
    expect(ended).toMatchObject({ batchId: batch, state: 'directed', status: 'ABORTED' });
    expect(ended?.resumedBy).toMatch(new RegExp(`:${batch}_resumed_1$`));

    await lab.quietly(start + 48.1 * HOUR);
    await lab.respond(first, [`${number(3, 0)},disconnected`]);
    expect((await runningOf('Direction')).map(({ name }) => name)).toEqual([`${second.replaceAll('.', '_')}_10000_0`]);
    await lab.quietly(start + (5 * 24 + 0.1) * HOUR);
    expect(await ordersOf(first)).toEqual(['1-reverify']);
    expect(await ordersOf(second)).toEqual(['1-reverify', '2-bar_outgoing']);
    await lab.toTheEnd();
    expect(await ordersOf(second)).toEqual(['1-reverify', '2-bar_outgoing', '3-bar_incoming', '4-disconnect']);
    const summary = await summaryOf(batch);
    expect(summary).toMatchObject({ connections: { directed: 2, disconnected: 1, overdue: 1 }, unexplained: 0 });
    expect(summary.settledAt < instant(16 * 24 + 1)).toBe(true);
    const [list = ''] = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`${batch}.csv`));
    expect(await lab.read(list)).toContain(`${number(3, 0)},airtel,`);
  });

  it('is resumed within the hour by the sweep, where nobody learned of its end, and where it was stopped before', async () => {
    await begin();
    const batch = await report(4);
    const [direction = ''] = await reverify(batch);
    faults = { drop: ({ detail }) => detail.status === 'ABORTED' };
    for (const [hours, resumed] of [
      [24.5, 1],
      [36.2, 2],
      [120.4, 3],
    ] as const) {
      await lab.quietly(start + hours * HOUR);
      await stop();
      if (resumed === 2) delete faults.drop;
      await lab.cloud.rest();
      expect(await runningOf('Direction')).toEqual([]);
      await until(hours + 1);
      expect((await runningOf('Batch')).map(({ name }) => name)).toEqual([`${batch}_resumed_${resumed}`]);
      expect(await runningOf('Direction')).not.toEqual([]);
    }
    await lab.toTheEnd();
    expect(await ordersOf(direction)).toEqual(['1-reverify', '2-bar_outgoing', '3-bar_incoming', '4-disconnect']);
    expect(await summaryOf(batch)).toMatchObject({ connections: { directed: 1, overdue: 1 }, unexplained: 0 });
  });

  it('goes on with each of its open directions once, where they are more than an inline Map takes', async () => {
    await begin();
    const batch = await report(7, 43);
    const directions = await reverify(batch);
    expect(directions).toHaveLength(43);
    const [answered = '', ...open] = directions;
    const [block = ''] = (await lab.directions('airtel')).filter((id) => id.startsWith(`${batch}.block.`));
    await lab.quietly(start + 12 * HOUR);
    const [number = ''] = (await lab.read(`orders/airtel/${answered}/1-reverify.csv`)).split('\n')[1]?.split(',') ?? [];
    await lab.respond(answered, [`${number},verified`]);
    await lab.quietly(start + 30.5 * HOUR);
    faults = { drop: ({ detail }) => detail.status === 'ABORTED' };
    await stop();
    await lab.cloud.rest();
    expect(await runningOf('Direction')).toEqual([]);
    await until(31.1);
    const [batchNow, ...others] = await runningOf('Batch');
    expect([batchNow?.name, others]).toEqual([`${batch}_resumed_1`, []]);
    const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn: batchNow?.executionArn }));
    expect(mapRuns.map(({ mapRunArn }) => mapRunArn?.includes('/Direct:'))).toEqual([true]);
    const namesOf = (ids: string[]) => ids.map((id) => `${id.replaceAll('.', '_')}_10000_0`).sort();
    expect((await runningOf('Direction')).map(({ name }) => name).sort()).toEqual(namesOf([...open, block]));
    faults = {};

    for (const queue of QUEUES) await lab.notices(queue);
    await lab.quietly(start + (5 * 24 + 0.1) * HOUR);
    const bars = (await told('fraud-directions-airtel', 'order')).filter(({ order }) => order === 'bar_outgoing');
    expect(bars.map(({ directionId }) => directionId).sort()).toEqual([...open].sort());
    await lab.toTheEnd();
    expect(await ordersOf(answered)).toEqual(['1-reverify']);
    for (const direction of open)
      expect(await ordersOf(direction)).toEqual(['1-reverify', '2-bar_outgoing', '3-bar_incoming', '4-disconnect']);
    const summary = await summaryOf(batch);
    expect(summary).toMatchObject({ connections: { directed: 43, verified: 1, overdue: 42 }, unexplained: 0 });
    expect(summary.settledAt < instant(16 * 24 + 1)).toBe(true);
    // No later look started any of them again.
    const stateMachineArn = lab.cloud.names.machines.Direction;
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1000 }));
    const own = executions.filter(({ name }) => name?.startsWith(`${batch}_`));
    expect(own).toHaveLength(44 + 43);
  });

  it('goes on where its commit was the last thing that was done, and the audit is told of its plan', async () => {
    await begin();
    let committed = false;
    faults = {
      afterWrite: ({ functionName, key }) => {
        if (nameOf(functionName) !== 'Commit' || !key?.startsWith('BATCH#')) return undefined;
        committed = true;
        return 'fail';
      },
      beforeInvoke: ({ functionName }) => (committed && nameOf(functionName) === 'Commit' ? 'error' : undefined),
    };
    const batch = await report(5);
    await until(1);
    const [direction = ''] = await reverify(batch);
    expect(await ordersOf(direction)).toEqual(['1-reverify']);
    expect(await auditOf(batch)).toContain(`directed/${direction.split('.')[3]?.split('-')[0]}`);
    failed += 1;
    expect(lab.cloud.failures()).toEqual([expect.stringMatching(/^an execution of Batch ended as FAILED/)]);
    await lab.toTheEnd();
    expect(await summaryOf(batch)).toMatchObject({ connections: { directed: 1, overdue: 1 }, unexplained: 0 });
    const kinds = (await lab.notices('fraud-batches-mha')).map(({ kind }) => kind);
    expect(kinds).toEqual(['settled']);
  });
});
