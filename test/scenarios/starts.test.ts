import { describe, expect, it } from 'vitest';
import { HOUR, Lab, START } from './lab.ts';

const HANDSET = '35000000000000';

/** Ten numbers at three operators, and their handset reported. */
async function report(lab: Lab): Promise<void> {
  for (const [n, operator] of ['airtel', 'jio', 'vi'].entries())
    await lab.usage(operator, [`${HANDSET},980000000${n},2026-05-30,`]);
  await lab.report('mha', [HANDSET]);
}

const firstOrders = async (lab: Lab) =>
  Object.keys(await lab.everything()).filter((key) => /^orders\/.*\/1-(reverify|block)\.csv$/.test(key));

describe('a direction whose execution is refused its start', () => {
  it('begins within minutes where StartExecution throttled it six times, and no direction has two ladders', async () => {
    const refused = new Map<string, number>();
    await using lab = await Lab.open({
      faults: {
        // The inbox's reader starts executions, too; a state machine's request has no invocation.
        beforeCall: ({ requestId, service, action, key = '' }) => {
          if (requestId !== undefined || service !== 'states' || action !== 'StartExecution') return undefined;
          const direction = key.replace(/_\d+_\d+$/, '');
          const times = (refused.get(direction) ?? 0) + 1;
          refused.set(direction, times);
          return times <= 6 ? 'throttle' : undefined;
        },
      },
    });
    await report(lab);
    // Six waits of at most 2, 4, 8, 16, 32 and 64 seconds.
    await lab.cloud.run(START + 5 * 60 * 1000);
    // Each of the five operators is to block the handset, and three have a number to re-verify.
    expect(refused.size).toBe(8);
    expect(await firstOrders(lab)).toHaveLength(8);
    expect([...refused.values()]).toEqual(Array(8).fill(7));
  });
});

describe("a Map Run's items and results", () => {
  it.each([
    ['read its items', 'GetObject'],
    ['write its results', 'PutObject'],
  ])('are worked on again where S3 failed to let it %s, and the batch goes on', async (_, action) => {
    let failed = 0;
    await using lab = await Lab.open({
      faults: {
        beforeCall: ({ caller, requestId, service, action: asked }) => {
          if (requestId !== undefined || service !== 's3' || asked !== action || !caller.includes('Batch'))
            return undefined;
          failed += 1;
          return failed <= 2 ? 'error' : undefined;
        },
      },
    });
    await report(lab);
    await lab.cloud.run(START + HOUR);
    expect(failed).toBeGreaterThan(2);
    expect(lab.cloud.failures()).toEqual([]);
    expect(await firstOrders(lab)).toHaveLength(8);
  });
});
