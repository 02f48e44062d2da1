import { ListExecutionsCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { instantOf } from '../../lambdas/domain/days.ts';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
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

describe('a report that the version before took up, and whose event comes again after a deployment', () => {
  it('goes on in the execution that was started then, and its agency hears of it once', async () => {
    let isDown = true;
    await using lab = await Lab.open({
      faults: {
        beforeInvoke: ({ functionName }) => (isDown && nameOf(functionName) === 'Intake' ? 'error' : undefined),
      },
    });
    const { inbox } = bucketsOf(lab.cloud);
    const key = 'reports/mha/june.csv';
    const text = 'imei\nnone\n';
    await lab.upload(key, text);
    const versionId = await lab.cloud.version(inbox, key);
    const report = { bucket: inbox, key, versionId, agency: 'mha', name: 'june.csv', uploadedAt: instantOf(START) };
    const name = `mha-${sha256Of(`${key}\n${versionId}`).slice(0, 32)}`;
    const { endpoint, region } = lab.cloud;
    const sfn = new SFNClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    const stateMachineArn = lab.cloud.names.machines.Batch;
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify({ report }) }));
    await lab.cloud.rest();
    isDown = false;
    await lab.cloud.run(START + HOUR);
    const started = async () => {
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
      return executions.map((one) => one.name ?? '').sort();
    };
    expect(await started()).toEqual([name]);
    expect((await lab.notices('fraud-batches-mha')).map(({ kind }) => kind)).toEqual([
      'batch_registered',
      'batch_empty',
    ]);
    // Of an upload since then the execution is named after its batch, which people look for.
    await lab.upload('reports/mha/july.csv', text);
    await lab.cloud.run(START + 2 * HOUR);
    const [next = '', ...others] = (await started()).filter((one) => one !== name);
    expect(others).toEqual([]);
    expect(next).toMatch(new RegExp(`^mha-${sha256Of(text).slice(0, 12)}-[0-9a-f]{32}$`));
    sfn.destroy();
  });
});
