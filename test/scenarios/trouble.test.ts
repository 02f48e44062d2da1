import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FaultPlan } from '../../lib/local/cloud.ts';
import { nameOf } from './faults-story.ts';
import { DAY, HOUR, Lab } from './lab.ts';

/** What a batch meets after its plan counts, or when it has none. Each scenario begins on a new day. */
let lab: Lab;
/** What goes wrong in the scenario that is being told. */
let faults: FaultPlan = {};
let start = 0;

beforeAll(async () => {
  lab = await Lab.open({
    context: { operators: 'airtel' },
    faults: {
      afterWrite: (call) => faults.afterWrite?.(call),
      beforeCall: (call) => faults.beforeCall?.(call),
      beforeInvoke: (call) => faults.beforeInvoke?.(call),
    },
  });
  return () => lab.close();
}, 300_000);

afterEach(async () => {
  faults = {};
  await lab.cloud.run();
  expect(lab.cloud.failures()).toEqual([]);
});

async function begin(): Promise<void> {
  start = Math.ceil(lab.cloud.clock.now() / DAY) * DAY;
  await lab.cloud.run(start);
}

const until = (hours: number) => lab.cloud.run(start + hours * HOUR);
const instant = (hours: number) => `${new Date(start + hours * HOUR).toISOString().slice(0, 19)}Z`;

describe('a batch without handsets', () => {
  it('waits an hour and goes on where its books can not be settled', async () => {
    await begin();
    faults = { beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Settle' ? 'error' : undefined) };
    await lab.report('mha', ['no-imei']);
    await until(0.5);
    expect(await lab.batches()).toEqual([]);
    faults = {};
    await until(2);
    const { settledAt, ...summary } = await lab.summary('mha');
    expect(summary).toMatchObject({ report: { rows: 1, rejected: 1, handsets: 0 }, unexplained: 0 });
    expect(settledAt > instant(1) && settledAt < instant(1.1)).toBe(true);
    const told = (await lab.notices('fraud-administrators')).map(({ kind }) => kind);
    expect(told).toEqual(['settling_failing', 'settled']);
  });
});
