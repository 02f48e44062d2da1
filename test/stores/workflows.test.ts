import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalCloud } from '../../lib/local/cloud.ts';
import { MACHINE, openStores, TOPIC } from './lab.ts';

let cloud: LocalCloud;
let workflows: typeof import('../../lambdas/stores/workflows.ts');
let notices: typeof import('../../lambdas/stores/notices.ts');
let clients: typeof import('../../lambdas/stores/clients.ts');
beforeAll(async () => {
  cloud = await openStores();
  workflows = await import('../../lambdas/stores/workflows.ts');
  notices = await import('../../lambdas/stores/notices.ts');
  clients = await import('../../lambdas/stores/clients.ts');
});
afterAll(async () => {
  clients?.sfn.destroy();
  clients?.sns.destroy();
  await cloud?.stop();
});

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

describe('starting an execution', () => {
  it('happens once per name, whatever the input and however it stands by then', async () => {
    const token = await waiting('once');
    await workflows.startOnce(MACHINE, 'once', {});
    await workflows.startOnce(MACHINE, 'once', { other: true });
    await workflows.wake([token], LADDER);
    await cloud.rest();
    await workflows.startOnce(MACHINE, 'once', {});
    await cloud.rest();
    expect(await executions()).toEqual({ once: 'SUCCEEDED' });
    expect(await cloud.receive('tokens')).toEqual([]);
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
    const notice = { kind: 'order_issued', directionId: 'd', rows: 3 };
    await notices.tell(TOPIC, notice, { operator: 'airtel', order: 'block' });
    await notices.tell(TOPIC, { kind: 'order_issued', directionId: 'e' }, { operator: 'jio' });
    await notices.tell(TOPIC, { kind: 'batch_settled' });
    const received = async (queue: string) =>
      (await cloud.receive(queue)).map(({ body, attributes }) => [JSON.parse(body), attributes]);
    expect(await received('of-airtel')).toEqual([
      [notice, { kind: 'order_issued', operator: 'airtel', order: 'block' }],
    ]);
    expect((await received('of-all')).map(([body]) => body.kind)).toEqual([
      'order_issued',
      'order_issued',
      'batch_settled',
    ]);
  });

  it('tell of an object that is in no agreed place', async () => {
    const object = { bucket: 'inbox', key: 'somewhere/x.csv', size: 5, at: '2026-06-01T00:00:00Z' };
    await notices.tellStray(TOPIC, object, 'no_such_place');
    const [message] = await cloud.receive('of-all');
    expect(JSON.parse(message?.body ?? '')).toEqual({
      kind: 'stray_object',
      why: 'no_such_place',
      bucket: 'inbox',
      key: 'somewhere/x.csv',
      size: 5,
      uploadedAt: '2026-06-01T00:00:00Z',
    });
    expect(message?.attributes).toEqual({ kind: 'stray_object' });
  });

  it('fail where the topic is not there', async () => {
    await expect(notices.tell(`${TOPIC}-nobody`, { kind: 'x' })).rejects.toThrow();
  });
});
