import { ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { FaultPlan } from 'local-cloud';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nameOf } from '../../simulation/function-names.ts';
import { batchItem, Tables } from './bad-files.ts';
import { DAY, HOUR, Lab } from './lab.ts';

/** Who plans when. Each scenario begins on a new day, with a handset and numbers of its own. */
let lab: Lab;
let tables: Tables;
let sfn: SFNClient;
/** What goes wrong in the scenario that is being told. */
let faults: FaultPlan = {};
let start = 0;

beforeAll(async () => {
  lab = await Lab.open({
    context: { operators: 'airtel', sweepHours: '24' },
    faults: {
      afterWrite: (call) => faults.afterWrite?.(call),
      beforeCall: (call) => faults.beforeCall?.(call),
      beforeInvoke: (invocation) => faults.beforeInvoke?.(invocation),
    },
  });
  tables = new Tables(lab);
  sfn = new SFNClient({
    endpoint: lab.cloud.endpoint,
    region: lab.cloud.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  return async () => {
    tables.client.destroy();
    sfn.destroy();
    await lab.close();
  };
}, 300_000);

beforeEach(async () => {
  start = Math.ceil(lab.cloud.clock.now() / DAY) * DAY;
  await lab.quietly(start);
});
afterEach(async () => {
  faults = {};
  await lab.toTheEnd();
});

const until = (hours: number) => lab.cloud.run(start + hours * HOUR);
const dayBefore = () => new Date(start - DAY).toISOString().slice(0, 10);
const handset = (n: number) => `3571${String(n).padStart(10, '0')}`;

/** A report of one handset with one number that nobody else reports. */
async function report(agency: string, n: number): Promise<void> {
  await lab.usage('airtel', [`${handset(n)},+9198${String(n).padStart(8, '0')},${dayBefore()},`], `usage-${n}.csv`);
  await lab.report(agency, [handset(n)], `report-${n}.csv`);
}

/** The plans under which an agency's numbers were directed in this scenario. */
let known = new Set<string>();
async function plansOf(agency: string): Promise<number[]> {
  const all = (await lab.directions('airtel')).filter((id) => id.startsWith(`${agency}-`) && id.includes('.reverify.'));
  return all.filter((id) => !known.has(id)).map((id) => Number(id.split('.').at(-1)?.split('-')[0]));
}
beforeEach(async () => {
  known = new Set(await lab.directions('airtel'));
});

const put = (Item: Record<string, unknown>) => tables.client.send(new PutCommand({ TableName: tables.cases, Item }));
async function turn(): Promise<Record<string, unknown> & { plan: number; version: number }> {
  const { Item } = await tables.client.send(
    new GetCommand({ TableName: tables.cases, Key: { pk: 'PLANNING' }, ConsistentRead: true }),
  );
  return { plan: 0, version: 0, ...Item };
}

/** A batch that holds the turn, as the table knows it, until its state is another one. */
async function holding(): Promise<{ plan: number; become(state: string): Promise<unknown> }> {
  const { plan: before, version } = await turn();
  const plan = before + 1;
  const other = 'i4c-0123456789ab';
  const become = (state: string) => put(batchItem(other, { execution: 'other', state, plan }));
  await become('planning');
  await put({ pk: 'PLANNING', plan, holder: other, execution: 'other', waiting: [], version: version + 1 });
  return { plan, become };
}

/** Has the agency's batch, which waits for its turn, do so for some days before the start. */
async function setBack(agency: string, days: number): Promise<void> {
  const [waits, ...others] = Object.values(await tables.everything()).filter(
    (record) => record.agency === agency && record.state === 'approved',
  );
  expect([typeof waits?.approvedAt, others]).toEqual(['string', []]);
  await put({ ...waits, approvedAt: `${new Date(start - days * DAY).toISOString().slice(0, 19)}Z` });
}

describe('the turn to plan', () => {
  it('is taken when a batch is gathered: until then others plan, and all deadlines count from the turn', async () => {
    const { plan } = await turn();
    let refused = 0;
    faults = {
      beforeInvoke: ({ functionName }) =>
        nameOf(functionName) === 'Gather' && refused++ === 0 ? ('error' as const) : undefined,
    };
    await report('mha', 20);
    await report('up-police', 21);
    expect(await plansOf('up-police')).toEqual([plan + 1]);
    expect(await plansOf('mha')).toEqual([]);
    // Two seconds later it is tried again.
    await until(1);
    expect(await plansOf('mha')).toEqual([plan + 2]);
    const [direction = ''] = (await lab.directions('airtel')).filter(
      (id) => !known.has(id) && /^mha-.*\.reverify\./.test(id),
    );
    const [, order = ''] = (await lab.read(`orders/airtel/${direction}/1-reverify.csv`)).split('\n');
    const deadline = Date.parse(order.split(',')[3] ?? '');
    expect(deadline - 5 * DAY).toBeGreaterThanOrEqual(start + 2000);
    expect(deadline - 5 * DAY).toBe(Date.parse(String((await turn()).startedAt)));
  });

  it.each([
    ['waits for its decision anew', 'waiting', 30, 1],
    ['is approved', 'approved', 31, 0],
    ['plans', 'planning', 32, 0],
  ])('is kept for the first in the line only where that is on its way: one that %s', async (_, state, n, plans) => {
    const { plan, version } = await turn();
    const first = 'i4c-0123456789ab';
    await put(batchItem(first, { state }));
    await put({ pk: 'PLANNING', plan, waiting: [first], version: version + 1 });
    await report('mha', n);
    expect(await plansOf('mha')).toHaveLength(plans);
    await put(batchItem(first, { state: 'failed' }));
    await until(1);
    expect(await plansOf('mha')).toEqual([plan + 1]);
  });

  it("is free by the plan's commit: nothing that fails after it keeps another batch from planning", async () => {
    let committed = false;
    faults = {
      afterWrite: ({ functionName, key }) => {
        if (nameOf(functionName) === 'Commit' && key?.startsWith('BATCH#')) committed = true;
        return undefined;
      },
      beforeCall: ({ key }) => (committed && key === 'PLANNING' ? 'error' : undefined),
    };
    await report('mha', 1);
    await until(2);
    expect(committed).toBe(true);
    const [plan = 0] = await plansOf('mha');
    faults = {};
    await report('up-police', 2);
    expect(await plansOf('up-police')).toEqual([plan + 1]);
  });

  it('goes to those that wait in the order in which they came; one that failed meanwhile is passed over', async () => {
    const { plan, become } = await holding();
    await report('mha', 3);
    await until(1);
    await report('delhi-police', 4);
    await until(3);
    // It asks three times as often as the first one by now.
    await report('up-police', 5);
    const { executions = [] } = await sfn.send(
      new ListExecutionsCommand({ stateMachineArn: lab.cloud.names.machines.Batch, statusFilter: 'RUNNING' }),
    );
    const waits = executions.find(({ name }) => name?.startsWith('delhi-police-'));
    await sfn.send(new StopExecutionCommand({ executionArn: waits?.executionArn }));
    await until(4);
    for (const agency of ['mha', 'delhi-police', 'up-police']) expect(await plansOf(agency)).toEqual([]);
    await become('directed');
    // Each asks again after a twentieth of its time: the first one after twelve minutes, the last one after three.
    await until(4.25);
    expect(await plansOf('mha')).toEqual([plan + 1]);
    await until(4.5);
    expect(await plansOf('up-police')).toEqual([plan + 2]);
    expect(await plansOf('delhi-police')).toEqual([]);
    expect(await turn()).toMatchObject({ plan: plan + 2, waiting: [] });
    expect(lab.cloud.failures()).toEqual([]);
  });

  it.each([
    // It asked after its first minute, and asks again 2.86 hours later.
    ['three hours', 'forty days', 40, 140, 1, 2.8, 4],
    // After its first minute, and then each half an hour.
    ['an hour', 'a week', 7, 107, 0.55, 0.98, 1.1],
  ] as const)(
    'is taken within %s of being freed by who has waited for %s: a 336th of the time',
    async (_, _waited, days, n, freed, before, after) => {
      const { plan, become } = await holding();
      await report('mha', n);
      await setBack('mha', days);
      await until(freed);
      await become('failed');
      await until(before);
      expect(await plansOf('mha')).toEqual([]);
      await until(after);
      expect(await plansOf('mha')).toEqual([plan + 1]);
    },
  );

  it.each([
    ['whose requests are refused, or carried out and never answered', undefined],
    ['that runs on beside its own retry', 'zombie'],
    ['that ends in the middle', 'fail'],
  ] as const)('is taken under one plan number by a step %s', async (_, ending) => {
    const { plan } = await turn();
    const met: string[] = [];
    // It takes the turn, and plans.
    const writes = ['PLANNING', 'BATCH'];
    faults = ending
      ? {
          afterWrite: ({ functionName, key = '' }) => {
            const place = key.split('#')[0] ?? '';
            if (nameOf(functionName) !== 'TakeTurn' || place !== writes[met.length]) return undefined;
            met.push(place);
            return ending;
          },
        }
      : {
          beforeCall: ({ action, key }) => {
            if (key !== 'PLANNING') return undefined;
            met.push(action);
            return (['throttle', 'error', undefined, 'lose', 'lose', 'error'] as const)[met.length - 1];
          },
        };
    await report('mha', ending ? (ending === 'fail' ? 8 : 9) : 7);
    await lab.toTheEnd();
    if (ending) expect(met).toEqual(writes);
    else expect(met.length).toBeGreaterThan(6);
    expect(await plansOf('mha')).toEqual([plan + 1]);
    expect((await turn()).plan).toBe(plan + 1);
  });

  it('is freed by the sweep where its holder died and nobody learned of it', async () => {
    const { plan } = await turn();
    faults = {
      afterWrite: ({ functionName }) => (nameOf(functionName) === 'Claim' ? 'fail' : undefined),
      beforeCall: ({ caller }) => (nameOf(caller) === 'Release' ? 'fail' : undefined),
    };
    await until(20);
    await report('mha', 10);
    await until(21);
    delete faults.afterWrite;
    await report('up-police', 11);
    await setBack('up-police', 7);
    await until(23);
    expect(await plansOf('up-police')).toEqual([]);
    // The sweep looks at hour 24 of each day here; who waits asks again within the hour.
    await until(25.1);
    expect(await plansOf('up-police')).toEqual([plan + 2]);
    expect(await plansOf('mha')).toEqual([]);
    await lab.toTheEnd();
    expect(lab.cloud.failures()).toEqual([
      'dead-letter queue ReleaseDeadLetters holds 2 message(s)',
      expect.stringMatching(/^an execution of Batch ended as FAILED/),
    ]);
  });
});

it('keeps a response that says whose a number is coming again while a batch plans that may not have known of it, and for no later one', async () => {
  await report('mha', 50);
  const [direction = ''] = (await lab.directions('airtel')).filter((id) => !known.has(id) && id.includes('.reverify.'));
  let deliveries = 0;
  faults = {
    beforeInvoke: ({ functionName }) => {
      if (nameOf(functionName) === 'Record') deliveries += 1;
      return undefined;
    },
  };
  const before = await holding();
  const since = new Date(start).toISOString().slice(0, 10);
  await lab.upload(
    `responses/airtel/${direction}/since.csv`,
    `msisdn,outcome,activated_on\n+919800000050,reissued,${since}\n`,
  );
  expect(deliveries).toBe(1);
  expect(await lab.outbox(`receipts/airtel/${direction}/`)).toHaveLength(1);
  await until(0.75);
  expect(deliveries).toBe(2);
  await before.become('failed');
  const later = await holding();
  // The second one plans for hours, and began after what the response says was recorded.
  await until(4);
  expect(deliveries).toBe(3);
  await later.become('failed');
});
