import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import type { LocalCloud } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toAdministrators, toAgency, toldForm, toOperator } from '../../lambdas/domain/notices.ts';
import { closeStores, collected, MACHINE, openStores, TOPIC, WORK } from './lab.ts';

let cloud: LocalCloud;
let workflows: typeof import('../../lambdas/stores/state-machines.ts');
let notices: typeof import('../../lambdas/stores/notices.ts');
let untold: typeof import('../../lambdas/stores/untold.ts');
let clients: typeof import('../../lambdas/stores/clients.ts');
const env = { WORK, ADMINISTRATORS_TOPIC: TOPIC, AGENCIES_TOPIC: TOPIC, OPERATORS_TOPIC: TOPIC };
beforeAll(async () => {
  cloud = await openStores();
  workflows = await import('../../lambdas/stores/state-machines.ts');
  notices = await import('../../lambdas/stores/notices.ts');
  untold = await import('../../lambdas/stores/untold.ts');
  clients = await import('../../lambdas/stores/clients.ts');
});
afterAll(() => closeStores(cloud));

/** The machine's executions by name: how they stand, and their input or output. */
async function executions(): Promise<Record<string, string>> {
  const { executions: all = [] } = await clients.sfn.send(new ListExecutionsCommand({ stateMachineArn: MACHINE }));
  return Object.fromEntries(all.map(({ name = '', status = '' }) => [name, status]));
}
/** Starts an execution that waits for its token, and takes the token. */
async function waiting(name: string): Promise<string> {
  await workflows.startOnce(MACHINE, name, {});
  await cloud.rest();
  const [message] = await cloud.receive('tokens');
  return message?.body ?? '';
}

/** Where the ladder is: of no consequence here. */
const LADDER = { rung: 2, rungs: [] };

describe('an execution', () => {
  it('is known by its machine, alias or not, and its name; one that nobody started has no status', async () => {
    const execution = `${MACHINE.replace(':stateMachine:', ':execution:')}:known`;
    expect(workflows.executionArn(MACHINE, 'known')).toBe(execution);
    expect(workflows.executionArn(`${MACHINE}:live`, 'known')).toBe(execution);
    expect(await workflows.executionStatus(execution)).toBeUndefined();
    const token = await waiting('known');
    expect(await workflows.executionStatus(execution)).toBe('RUNNING');
    await workflows.wake([token], LADDER);
    await cloud.rest();
    expect(await workflows.executionStatus(execution)).toBe('SUCCEEDED');
  });
});

describe('starting an execution', () => {
  it('happens once per name, whatever the input and however it stands by then', async () => {
    const token = await waiting('once');
    await workflows.startOnce(MACHINE, 'once', {});
    await workflows.startOnce(MACHINE, 'once', { other: true });
    await workflows.wake([token], LADDER);
    await cloud.rest();
    await workflows.startOnce(MACHINE, 'once', {});
    await cloud.rest();
    expect((await executions()).once).toBe('SUCCEEDED');
    expect(await cloud.receive('tokens')).toEqual([]);
  });

  it('happens again under the next number where each one before has failed, and only there', async () => {
    const execution = (name: string) => `${MACHINE.replace(':stateMachine:', ':execution:')}:${name}`;
    const start = () => workflows.startUnlessDone(MACHINE, 'again', (name) => ({ name }));
    expect(await start()).toBe(execution('again'));
    expect(await start()).toBe(execution('again'));
    // The machine waits a minute.
    await cloud.run(cloud.clock.now() + 61_000);
    await cloud.receive('tokens');
    expect(await start()).toBe(execution('again-2'));
    await cloud.run(cloud.clock.now() + 61_000);
    await cloud.receive('tokens');
    expect(await start()).toBe(execution('again-3'));
    await cloud.rest();
    const [token] = await cloud.receive('tokens');
    await workflows.wake([token?.body ?? ''], LADDER);
    await cloud.rest();
    expect(await start()).toBe(execution('again-3'));
    expect(await executions()).toMatchObject({ again: 'FAILED', 'again-2': 'FAILED', 'again-3': 'SUCCEEDED' });
    const { input } = await workflows.dataOf(execution('again-3'));
    expect(JSON.parse(input ?? '')).toEqual({ name: 'again-3' });
  });

  it('happens under no new name where there is one of the name that an earlier version gave it, however it stands', async () => {
    const execution = (name: string) => `${MACHINE.replace(':stateMachine:', ':execution:')}:${name}`;
    const token = await waiting('named-before');
    const start = (earlier: string) => workflows.startOnceUnless(`${MACHINE}:live`, 'named-now', earlier, {});
    expect(await start('named-before')).toBe(execution('named-before'));
    await workflows.wake([token], LADDER);
    await cloud.rest();
    expect(await start('named-before')).toBe(execution('named-before'));
    expect(await executions()).not.toHaveProperty('named-now');
  });

  it('fails for a machine that is not there', async () => {
    await expect(workflows.startOnce(`${MACHINE}-nobody`, 'x', {})).rejects.toThrow(
      expect.objectContaining({ name: 'StateMachineDoesNotExist' }),
    );
  });
});

describe('waking ladders', () => {
  it('ends the wait of each', async () => {
    const tokens = [await waiting('wake-1'), await waiting('wake-2')];
    await workflows.wake(tokens, LADDER);
    await cloud.rest();
    expect(await executions()).toMatchObject({ 'wake-1': 'SUCCEEDED', 'wake-2': 'SUCCEEDED' });
  });

  it('is no error for tokens that are gone: timed out, used before, or never given', async () => {
    const timedOut = await waiting('late');
    // The machine waits a minute.
    await cloud.run(cloud.clock.now() + 61_000);
    expect((await executions()).late).toBe('FAILED');
    const used = await waiting('used');
    await workflows.wake([used], LADDER);
    await cloud.rest();
    await workflows.wake([timedOut, used, 'no token at all'], LADDER);
  });

  it('of no tokens is nothing', async () => {
    await workflows.wake([], LADDER);
  });

  it('tries all before it fails with what is another error', async () => {
    const token = await waiting('beside');
    clients.sfn.middlewareStack.add(
      (following) => (args) => {
        const { taskToken } = args.input as { taskToken?: string };
        if (taskToken === 'throttled') throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
        return following(args);
      },
      { step: 'initialize', name: 'throttled' },
    );
    try {
      await expect(workflows.wake(['throttled', token], LADDER)).rejects.toThrow(
        expect.objectContaining({ name: 'ThrottlingException' }),
      );
    } finally {
      clients.sfn.middlewareStack.remove('throttled');
    }
    await cloud.rest();
    expect((await executions()).beside).toBe('SUCCEEDED');
  });
});

describe('notices', () => {
  it('reach those whose filter they pass, with what they say and the attributes to filter by', async () => {
    const order = {
      kind: 'order',
      directionId: 'mha-0123456789ab.block.airtel.1-0-0',
      batchId: 'mha-0123456789ab',
      operator: 'airtel',
      directionKind: 'block',
      order: 'block',
      rung: '1',
      rows: 3,
      deadline: '2026-06-02T00:00:00Z',
      bucket: 'outbox',
      key: 'orders/airtel/mha-0123456789ab.block.airtel.1-0-0/1-block.csv',
      size: 60,
      sha256: 'ab'.repeat(32),
    } as const;
    const settled = { kind: 'settled', batchId: order.batchId, settledAt: '2026-06-17T00:00:00Z' } as const;
    const where = { bucket: 'outbox', key: 'batches/mha-0123456789ab/summary.json' };
    await notices.tell(env, toOperator(order));
    await notices.tell(env, toOperator({ ...settled, operator: 'jio' }));
    await notices.tell(env, toAgency({ ...settled, agency: 'mha', ...where }));
    await notices.tell(env, toAdministrators({ ...settled, agency: 'mha', ...where }));
    const received = async (queue: string) =>
      (await cloud.receive(queue)).map(({ body, attributes }) => [JSON.parse(body), attributes]);
    expect(await received('of-airtel')).toEqual([[order, { kind: 'order', operator: 'airtel', order: 'block' }]]);
    expect((await received('of-all')).map(([, attributes]) => attributes)).toEqual([
      { kind: 'order', operator: 'airtel', order: 'block' },
      { kind: 'settled', operator: 'jio' },
      { kind: 'settled', agency: 'mha' },
      { kind: 'settled' },
    ]);
  });

  it('tell of an object that is in no agreed place', async () => {
    const object = { bucket: 'inbox', key: 'somewhere/x.csv', size: 5, at: '2026-06-01T00:00:00Z' };
    await notices.tellStray(env, object, 'unknown_place');
    const [message] = await cloud.receive('of-all');
    expect(JSON.parse(message?.body ?? '')).toEqual({
      kind: 'stray_object',
      why: 'unknown_place',
      bucket: 'inbox',
      key: 'somewhere/x.csv',
      size: 5,
      uploadedAt: '2026-06-01T00:00:00Z',
    });
    expect(message?.attributes).toEqual({ kind: 'stray_object' });
  });

  it('that can not be sent are kept, once each, and fail nothing; told, they are kept no more', async () => {
    const nowhere = { ...env, AGENCIES_TOPIC: `${TOPIC}-nobody` };
    const notice = { kind: 'same_report', agency: 'mha', batchId: 'mha-0123456789ab', state: 'directed' } as const;
    const same = toAgency({
      ...notice,
      rejects: { bucket: 'outbox', key: 'x.csv' },
      uploadedAt: '2026-06-01T00:00:00Z',
    });
    const failed = toAgency({ kind: 'batch_failed', agency: 'mha', batchId: notice.batchId });
    for (const _ of [1, 2]) await notices.tell(nowhere, same);
    await notices.tell(nowhere, failed);
    const kept = await collected(untold.listUntold(WORK));
    expect(kept.map(({ kind }) => kind)).toEqual(['notices', 'notices']);
    const read = await Promise.all(kept.map(({ key }) => untold.readUntold(WORK, key, toldForm)));
    expect(read).toEqual(expect.arrayContaining([same, failed]));
    await untold.noteTold(WORK, kept[0]?.key ?? '');
    expect(await collected(untold.listUntold(WORK))).toEqual(kept.slice(1));
  });

  it('that can neither be sent nor kept fail as the sending failed', async () => {
    const nowhere = { ...env, AGENCIES_TOPIC: `${TOPIC}-nobody`, WORK: 'nowhere' };
    const failed = toAgency({ kind: 'batch_failed', agency: 'mha', batchId: 'mha-0123456789ab' });
    await expect(notices.tell(nowhere, failed)).rejects.toMatchObject({
      name: expect.stringMatching(/NotFound/),
    });
  });
});
