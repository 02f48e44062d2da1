import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { FaultPlan } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { type AgencyId, batchIdOf } from '../../lambdas/domain/identifiers.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { run } from '../commands/command.ts';
import { APPROVE, HOUR, Lab, START } from './lab.ts';
import { A1, A2, H1 } from './story.ts';

interface Status {
  status: string;
  since: string;
  asOf: string;
  next: { what: string; by: string | null } | null;
  connections?: Record<string, number>;
  overdue: { operator: string; rows: number }[];
}
const id = batchIdOf('mha' as AgencyId, sha256Of(`imei\n${H1}\n`));
const key = `batches/${id}/status.json`;
const status = (lab: Lab) => lab.json<Status>(key);

// Nobody else's app is made for these.
const context = { operators: 'airtel', people: '1', sweepHours: '1' };

describe('where a batch stands', () => {
  it('is told at each of its steps, after each rung within the hour, and each day at 06:00 in Asia/Kolkata', async () => {
    // Somebody who read before the orders were there lists what is open while it is listed with them.
    const older = { due: false, listed: false };
    const list = 'orders/airtel/open.csv';
    const faults: FaultPlan = {
      beforeCall: ({ service, action, key: at }) => {
        if (older.listed || !older.due || service !== 's3' || action !== 'PutObject' || at !== list) return undefined;
        void lab.cloud.put(bucketsOf(lab.cloud).outbox, list, 'older\n').then(() => (older.listed = true));
        return 'throttle';
      },
    };
    await using lab = await Lab.open({ telling: true, context, faults, days: true, enforce: true });
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`, `${H1},${A2},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    expect(await status(lab)).toMatchObject({
      status: 'waiting',
      next: { what: 'decision', by: '2026-06-03T00:00:00Z' },
      overdue: [],
    });
    await lab.upload('reports/mha/june/none.csv', 'imei\n');
    await lab.at(1.5 / 24);
    await lab.quietlyAt(0.5);
    // At 00:30 in UTC.
    expect(await status(lab)).toMatchObject({ status: 'waiting', asOf: '2026-06-01T00:30:00Z' });
    const [digest] = (await lab.notices('fraud-administrators')).filter(({ kind }) => kind === 'daily_digest');
    const bucket = bucketsOf(lab.cloud).outbox;
    const page = { bucket, key: 'reports/daily/2026-06-01.html' };
    expect(digest).toMatchObject({ bucket, key: 'reports/daily/2026-06-01.json', page, decisions: 1, heldHandsets: 0 });
    expect(await lab.json('reports/daily/2026-06-01.json')).toMatchObject({
      asOf: '2026-06-01T00:30:00Z',
      decisions: [{ batchId: id, until: '2026-06-03T00:00:00Z', held: 0 }],
      ...{ gated: [], quarantined: 0, strays: 1, deadLetters: [], untold: [] },
    });
    expect(await lab.read(page.key)).toContain(id);
    const operations = 'dev-ap-south-1-operations-operations';
    const printed = await run('status', [], lab.cloud.endpoint, operations);
    expect(printed).toMatchObject({ code: 0, complained: '' });
    expect(printed.said).toContain(`Decisions that wait\n  ${id}  mha  until 2026-06-03T00:00:00Z\n`);
    expect(await run('status', ['--day', '2026-05-31'], lab.cloud.endpoint, operations)).toEqual({
      code: 1,
      said: '',
      complained: 'stage dev has no digest of the day 2026-05-31\n',
    });
    await lab.decide('approver-1', id, [APPROVE]);
    const { since, ...directed } = await status(lab);
    expect(directed).toMatchObject({
      status: 'directed',
      connections: { linked: 2, directed: 2, open: 2, verified: 0 },
      next: { what: 'block', by: '2026-06-02T12:00:00Z' },
    });
    expect(since).toBe('2026-06-01T12:00:00Z');
    const direction = await lab.direction(id, 'reverify', 'airtel');
    older.due = true;
    // What is open is listed within the hour after a plan's first orders.
    await lab.at(0.5 + 1.1 / 24);
    const [header, ...open] = (await lab.read('orders/airtel/open.csv')).trimEnd().split('\n');
    expect(older.listed).toBe(true);
    expect(header).toBe('direction,order,rows,open,deadline,key,sha256');
    expect(open).toHaveLength(2);
    const order = `orders/airtel/${direction}/1-reverify.csv`;
    const sha256 = sha256Of(await lab.read(order));
    expect(open[1]).toBe(`${direction},reverify,2,2,2026-06-06T12:00:00Z,${order},${sha256}`);
    await lab.respond(direction, [`${A1},verified`]);
    await lab.quietlyAt(5.49);
    await lab.at(5.5 + 1 / 24);
    expect(await status(lab)).toMatchObject({
      asOf: expect.stringMatching(/^2026-06-06T1[23]:/),
      connections: { open: 1, verified: 1 },
      next: { what: 'bar_incoming', by: '2026-06-11T12:00:00Z' },
      overdue: [{ operator: 'airtel', rows: 1 }],
    });
    await lab.toTheEnd();
    const settled = await status(lab);
    expect(settled).toMatchObject({ status: 'settled', next: null, connections: { verified: 1, overdue: 1, open: 0 } });
    // The page is of the same status.
    const drawn = await lab.read(key.replace('json', 'html'));
    expect(drawn).toContain('settled: everything has ended or is overdue, and its books are published');
    expect(drawn).toContain(`<time datetime="${settled.since}">`);
    expect(settled.since).toBe((await lab.json<{ settledAt: string }>(`batches/${id}/summary.json`)).settledAt);
    expect(settled.asOf >= settled.since).toBe(true);
  });

  it('holds up no batch that it cannot be told of, and is never told by an older word', async () => {
    const wrong = { asking: true };
    const faults: FaultPlan = {
      beforeCall: ({ service, action, caller }) =>
        wrong.asking && service === 'sqs' && action === 'SendMessage' && caller.includes('Batch') ? 'error' : undefined,
    };
    await using lab = await Lab.open({ telling: true, context, faults });
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await lab.decide('approver-1', id, [APPROVE]);
    expect((await lab.directions('airtel')).length).toBe(2);
    await expect(lab.read(key)).rejects.toThrow();
    const { endpoint, region, names } = lab.cloud;
    const sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    const send = async (hours: number) => {
      const event = { time: new Date(START + hours * HOUR).toISOString(), detail: { batchId: id } };
      await sqs.send(
        new SendMessageCommand({ QueueUrl: names.queues.StatusQueue, MessageBody: JSON.stringify(event) }),
      );
      await lab.cloud.rest();
    };
    await send(5);
    const first = await lab.read(key);
    expect(JSON.parse(first)).toMatchObject({ status: 'directed', asOf: '2026-06-01T05:00:00Z' });
    // Late, and twice.
    await send(2);
    await send(5);
    expect(await lab.read(key)).toBe(first);
    sqs.destroy();
  });
});
