import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand, ListExecutionsCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import type { CloudSettings, LocalCloud } from '../src/face.ts';
import type { FaultPlan } from '../src/faults.ts';
import { clientsOf, DAY, START, startFixture } from './fixture/lab.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** The fixture: a text file `files/<name>.txt` in the inbox comes, in capitals, to the outbox; one that says `fail` fails. */
class Lab {
  readonly cloud: LocalCloud;
  readonly clients: ReturnType<typeof clientsOf>;
  private constructor(cloud: LocalCloud) {
    this.cloud = cloud;
    this.clients = clientsOf(cloud);
  }

  static async open(settings: Partial<CloudSettings> = {}): Promise<Lab> {
    const lab = new Lab(await startFixture(settings));
    stops.push(async () => {
      lab.clients.destroy();
      await lab.cloud.stop();
    });
    return lab;
  }

  upload(key: string, text: string): Promise<void> {
    return this.cloud.put(this.cloud.names.buckets.Inbox ?? '', key, text);
  }

  async item(pk: string): Promise<Record<string, { S?: string; N?: string }> | undefined> {
    const TableName = this.cloud.names.tables.Things;
    const { Item } = await this.clients.dynamo.send(new GetItemCommand({ TableName, Key: { pk: { S: pk } } }));
    return Item as Record<string, { S?: string; N?: string }> | undefined;
  }

  /** How often the function was given the file, and the time of the event that it was given last. */
  async came(key: string): Promise<[times: number, time: string]> {
    const item = await this.item(key);
    return [Number(item?.came?.N ?? 0), item?.lastTime?.S ?? ''];
  }

  async outbox(): Promise<Record<string, string>> {
    const { Outbox: outbox = '' } = this.cloud.names.buckets;
    const contents: Record<string, string> = {};
    for (const key of await this.cloud.list(outbox)) {
      contents[key] = Buffer.from(await this.cloud.get(outbox, key)).toString();
    }
    return contents;
  }

  /** Seconds of the cloud since its start. */
  seconds(): number {
    return (this.cloud.clock.now() - START) / 1000;
  }

  start(name: string, input: unknown, stateMachineArn = this.cloud.names.machines.Steps): Promise<unknown> {
    return this.clients.sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  }
}

describe('an app on the local cloud', () => {
  it('has the names of its template, found by the logical ones', async () => {
    const { cloud } = await Lab.open();
    const { buckets, tables, machines, functions, topics, queues } = cloud.names;
    expect(buckets.Inbox ?? '').toMatch(/^fixture-data-inbox/);
    expect(buckets.Outbox ?? '').toMatch(/^fixture-data-outbox/);
    expect(Object.keys(tables)).toEqual(['Things']);
    expect(machines.Steps).toMatch(/^arn:aws:states:ap-south-1:000000000000:stateMachine:/);
    expect(Object.keys(functions).sort()).toEqual(['Echo', 'File', 'Hog', 'Meeting', 'Watcher']);
    expect(topics.News).toMatch(/^arn:aws:sns:ap-south-1:000000000000:/);
    expect(Object.keys(queues).sort()).toEqual(['DeadLetters', 'Files', 'Meetings']);
  });

  it('carries an upload through event, rule, queue and function, and no time passes', async () => {
    const lab = await Lab.open();
    await lab.upload('files/a.txt', 'hello');
    await lab.upload('other/a.txt', 'nobody waits for it');
    await lab.cloud.rest();
    expect(await lab.outbox()).toEqual({ 'files/a.txt': 'HELLO' });
    expect(await lab.came('files/a.txt')).toEqual([1, '2026-06-01T00:00:00Z']);
    expect(lab.seconds()).toBe(0);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('gives a file that fails to the function maxReceiveCount times, then to the dead-letter queue, and says so', async () => {
    const lab = await Lab.open();
    await lab.upload('files/bad.txt', 'fail');
    await lab.cloud.run();
    // Three receives, each 180 seconds of visibility after the one before.
    expect((await lab.came('files/bad.txt'))[0]).toBe(3);
    expect(lab.seconds()).toBe(3 * 180);
    expect(await lab.outbox()).toEqual({});
    expect(lab.cloud.failures()).toEqual(['dead-letter queue DeadLetters holds 1 message(s)']);
  });

  it('tells of an execution that failed, and of nothing more', async () => {
    const lab = await Lab.open();
    await lab.start('doomed', { fail: 'OutOfCheese' });
    await lab.cloud.run();
    expect(lab.cloud.failures()).toEqual(['an execution of Steps ended as FAILED: OutOfCheese (doomed)']);
    expect(lab.cloud.logs().join('\n')).toContain('OutOfCheese');
    expect((await lab.item('ended/doomed'))?.status?.S).toBe('FAILED');
    const [failed, ...others] = lab.cloud.failedExecutions();
    expect(others).toEqual([]);
    expect(failed).toMatchObject({
      machine: 'Steps',
      name: 'doomed',
      status: 'FAILED',
      error: 'OutOfCheese',
      state: 'Ask',
      calledFunction: 'Echo',
    });
    expect(failed?.events.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'ExecutionFailed',
    ]);
  });

  it('counts what the app used, and not what was done from outside', async () => {
    const lab = await Lab.open();
    await lab.upload('files/a.txt', 'hello');
    await lab.start('one', {});
    await lab.cloud.run();
    await lab.outbox();
    await lab.item('one');
    const { operations, tables, stepFunctions, lambda, eventBridge } = lab.cloud.consumption();
    // File: a read, an update and a write; Steps: its item and its notice; Watcher: the note of the end.
    expect(operations).toEqual({
      dynamodb: {
        PutItem: { calls: 2, readUnits: 0, writeUnits: 2 },
        UpdateItem: { calls: 1, readUnits: 0, writeUnits: 1 },
      },
      s3: { GetObject: { calls: 1 }, PutObject: { calls: 1 } },
      sns: { Publish: { calls: 1 } },
      sqs: {},
      states: {},
    });
    expect(tables).toEqual({ Things: operations.dynamodb });
    // Ask, Wait, Keep, Tell.
    const used = { transitions: 4, mapChildStarts: 0, nestedStarts: 0, executionStarts: 1 };
    expect(stepFunctions).toEqual({ ...used, byMachine: { Steps: used } });
    const invocations = Object.entries(lambda).map(([name, { invocations, memoryMb }]) => [
      name,
      invocations,
      memoryMb,
    ]);
    expect(invocations.sort()).toEqual([
      ['Echo', 1, 256],
      ['File', 1, 256],
      ['Hog', 0, 256],
      ['Meeting', 0, 256],
      ['Watcher', 1, 256],
    ]);
    // The object in the inbox, and the execution's RUNNING and SUCCEEDED; the outbox announces nothing.
    expect(eventBridge).toEqual({ events: 3 });
  });

  // On AWS nothing holds a queue's batches to five, nor a function's instances to two.
  it('works on as many batches of a queue at once as it is told to', async () => {
    const at = { workers: 7, workersOfFunction: 7, batchesOfQueue: 7 };
    const { cloud, clients } = await Lab.open(at);
    const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: cloud.names.queues.Meetings }));
    for (let n = 0; n < 7; n++) await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '7' }));
    await cloud.run();
    expect(cloud.failures()).toEqual([]);
    expect(cloud.consumption().lambda.Meeting?.invocations).toBe(7);
  });

  it('runs by itself where it has a speed', async () => {
    // A day in a twentieth of a second.
    const lab = await Lab.open({ speed: 20 * 86_400 });
    await lab.start('one', {});
    const executionArn = `${lab.cloud.names.machines.Steps?.replace(':stateMachine:', ':execution:')}:one`;
    const status = async () => (await lab.clients.sfn.send(new DescribeExecutionCommand({ executionArn }))).status;
    await expect.poll(status, { timeout: 60_000 }).toBe('SUCCEEDED');
    const { startDate, stopDate } = await lab.clients.sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect(Number(stopDate) - Number(startDate)).toBeGreaterThanOrEqual(DAY);
  });

  it('leaves no folder and no open port when it is stopped, however often', async () => {
    const before = process.env.TMPDIR;
    const folder = mkdtempSync(join(tmpdir(), 'stopped-'));
    process.env.TMPDIR = folder;
    try {
      const cloud = await startFixture();
      expect(readdirSync(folder)).toHaveLength(1);
      await Promise.all([cloud.stop(), cloud.stop()]);
      expect(readdirSync(folder)).toEqual([]);
      await expect(fetch(cloud.endpoint)).rejects.toThrow('fetch failed');
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      rmSync(folder, { recursive: true });
    }
  });
});

describe('faults', () => {
  type Write = Parameters<NonNullable<FaultPlan['afterWrite']>>[0];

  it('deliverTwice: each event twice, and each of both messages twice', async () => {
    const lab = await Lab.open({ faults: { deliverTwice: true } });
    await lab.upload('files/a.txt', 'hello');
    await lab.cloud.run();
    expect((await lab.came('files/a.txt'))[0]).toBe(4);
    expect(await lab.outbox()).toEqual({ 'files/a.txt': 'HELLO' });
  });

  it('reorder: every file comes once, within 30 seconds, with the time of its event', async () => {
    const lab = await Lab.open({ faults: { reorder: 5 } });
    for (const name of ['a', 'b', 'c', 'd']) await lab.upload(`files/${name}.txt`, name);
    await lab.cloud.run();
    expect(await lab.outbox()).toEqual({
      'files/a.txt': 'A',
      'files/b.txt': 'B',
      'files/c.txt': 'C',
      'files/d.txt': 'D',
    });
    for (const name of ['a', 'b', 'c', 'd']) {
      expect(await lab.came(`files/${name}.txt`)).toEqual([1, '2026-06-01T00:00:00Z']);
    }
    expect(lab.seconds()).toBeGreaterThan(0);
    expect(lab.seconds()).toBeLessThanOrEqual(30);
  });

  it('throttle: the function is not run, and the batch comes again after its visibility timeout', async () => {
    const asked: number[] = [];
    const lab = await Lab.open({
      faults: {
        beforeInvoke: ({ functionName, n }) => {
          if (!functionName.includes('File')) return undefined;
          asked.push(n);
          return n === 1 ? 'throttle' : undefined;
        },
      },
    });
    await lab.upload('files/a.txt', 'hello');
    await lab.cloud.run();
    expect(asked).toEqual([1, 2]);
    expect((await lab.came('files/a.txt'))[0]).toBe(1);
    expect(lab.seconds()).toBe(180);
    expect(lab.cloud.consumption().lambda.File?.invocations).toBe(1);
  });

  it('throttle: a Task sees it as Lambda.TooManyRequestsException', async () => {
    const lab = await Lab.open({
      faults: { beforeInvoke: ({ functionName }) => (functionName.includes('Echo') ? 'throttle' : undefined) },
    });
    await lab.start('throttled', {});
    await lab.cloud.run();
    expect(lab.cloud.failures()).toEqual([
      'an execution of Steps ended as FAILED: Lambda.TooManyRequestsException (throttled)',
    ]);
  });

  it('fail: the write was made, the function never hears of it, and its retry makes it again', async () => {
    const writes: Write[] = [];
    const lab = await Lab.open({
      faults: {
        afterWrite: (write) => {
          writes.push(write);
          return writes.length === 1 ? 'fail' : undefined;
        },
      },
    });
    await lab.upload('files/a.txt', 'hello');
    await lab.cloud.run();
    expect(writes.map(({ service, action, key, n }) => [service, action, key, n])).toEqual([
      ['dynamodb', 'UpdateItem', 'files/a.txt', 1],
      ['dynamodb', 'UpdateItem', 'files/a.txt', 1],
      ['s3', 'PutObject', 'files/a.txt', 2],
    ]);
    expect(new Set(writes.map(({ requestId }) => requestId)).size).toBe(2);
    expect((await lab.came('files/a.txt'))[0]).toBe(2);
    expect(await lab.outbox()).toEqual({ 'files/a.txt': 'HELLO' });
    expect(lab.seconds()).toBe(180);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('zombie: reported as failed at once, the function goes on beside its own retry', async () => {
    const writes: Write[] = [];
    const lab = await Lab.open({
      faults: {
        afterWrite: (write) => {
          writes.push(write);
          return writes.length === 1 ? 'zombie' : undefined;
        },
      },
    });
    await lab.upload('files/a.txt', 'hello');
    await lab.cloud.run();
    const [zombie] = writes.map(({ requestId }) => requestId);
    const ofZombie = writes.filter(({ requestId }) => requestId === zombie);
    const ofRetry = writes.filter(({ requestId }) => requestId !== zombie);
    for (const made of [ofZombie, ofRetry]) {
      expect(made.map(({ action, n }) => [action, n])).toEqual([
        ['UpdateItem', 1],
        ['PutObject', 2],
      ]);
    }
    // It slept until its retry began: nothing came between the two invocations.
    expect(lab.seconds()).toBe(180);
    expect((await lab.came('files/a.txt'))[0]).toBe(2);
    expect(await lab.outbox()).toEqual({ 'files/a.txt': 'HELLO' });
    expect(lab.cloud.consumption().lambda.File?.invocations).toBe(2);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it.each([
    // The client tries again within the invocation: nobody else notices. What was carried out is then carried out twice.
    ['throttle', 1, 0],
    ['error', 1, 0],
    ['lose', 2, 0],
    // No client tries it again: the function fails, and the message comes again after its visibility timeout.
    ['deny', 1, 180],
    // The function is gone: the message comes again after its visibility timeout.
    ['fail', 1, 180],
    ['time out', 1, 180],
  ] as const)(
    '%s: of a request that was or was not carried out, the count is %i after %i s',
    async (fault, count, seconds) => {
      const calls: string[] = [];
      const lab = await Lab.open({
        faults: {
          beforeCall: ({ caller, service, action, key, requestId }) => {
            if (!caller.includes('File') || action !== 'UpdateItem') return undefined;
            calls.push(`${service} ${key} ${typeof requestId}`);
            return calls.length === 1 ? fault : undefined;
          },
        },
      });
      await lab.upload('files/a.txt', 'hello');
      await lab.cloud.run();
      expect(calls).toEqual(Array(2).fill('dynamodb files/a.txt string'));
      expect((await lab.came('files/a.txt'))[0]).toBe(count);
      expect(lab.seconds()).toBe(seconds);
      expect(await lab.outbox()).toEqual({ 'files/a.txt': 'HELLO' });
      expect(lab.cloud.failures()).toEqual([]);
    },
  );

  it('a promise: a request waits for it at one instant, while another function comes and goes, and is carried out then', async () => {
    const calls: string[] = [];
    const other = Promise.withResolvers<void>();
    const lab = await Lab.open({
      faults: {
        beforeCall: ({ caller, action, key }) => {
          if (!caller.includes('File') || action !== 'UpdateItem') return undefined;
          calls.push(`asks ${key}`);
          if (calls.length === 1) void lab.upload('files/b.txt', 'other');
          return key === 'files/a.txt' ? other.promise : undefined;
        },
        afterWrite: ({ action, key }) => {
          calls.push(`${action} ${key}`);
          if (key === 'files/b.txt' && action === 'PutObject') other.resolve();
          return undefined;
        },
      },
    });
    await lab.upload('files/a.txt', 'hello');
    await lab.cloud.run();
    expect(calls).toEqual([
      ...['asks files/a.txt', 'asks files/b.txt', 'UpdateItem files/b.txt', 'PutObject files/b.txt'],
      ...['UpdateItem files/a.txt', 'PutObject files/a.txt'],
    ]);
    expect((await lab.came('files/a.txt'))[0]).toBe(1);
    expect(lab.seconds()).toBe(0);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('a Map Run’s reading and writing, and a task’s start of an execution, meet faults as other requests do', async () => {
    const read = 's3 GetObject lines.jsonl';
    const write = 's3 PutObject results/SUCCEEDED_0.jsonl';
    const list = 's3 PutObject results/manifest.json';
    const start = 'states StartExecution one-steps';
    const plan: [call: string, fault?: 'throttle' | 'error' | 'lose'][] = [
      [read, 'throttle'],
      [read, 'error'],
      [read],
      [write, 'lose'],
      [read],
      [write],
      [list, 'throttle'],
      ...[read, write, list].map((call): [string] => [call]),
      [start, 'throttle'],
      [start, 'lose'],
      [start],
    ];
    const met: string[] = [];
    const lab = await Lab.open({
      faults: {
        beforeCall: ({ caller, requestId, service, action, key = '' }) => {
          if (!caller.includes('Parts') || requestId !== undefined) return undefined;
          met.push(`${service} ${action} ${key.replace(/^results[/].*[/]/, 'results/')}`);
          return plan[met.length - 1]?.[1];
        },
      },
    });
    const { buckets, machines } = lab.cloud.names;
    await lab.cloud.put(buckets.Outbox ?? '', 'lines.jsonl', '1\n2\n');
    await lab.start('one', {}, machines.Parts);
    await lab.cloud.run();
    expect(met).toEqual(plan.map(([call]) => call));
    // 10 + 20 s for what couldn't be read, 100 + 200 s for what couldn't be written, 1000 + 2000 s for what couldn't be started.
    const { executions = [] } = await lab.clients.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: machines.Parts }),
    );
    expect(executions.map(({ status, stopDate }) => [status, stopDate?.getTime()])).toEqual([
      ['SUCCEEDED', START + 3330_000],
    ]);
    // What was written, or started, before its answer was lost is there: of three Map Runs that wrote, one named its results.
    const results = (await lab.cloud.list(buckets.Outbox ?? '', 'results/')).map((key) => key.split('/')[2]);
    expect(results.sort()).toEqual(['SUCCEEDED_0.jsonl', 'SUCCEEDED_0.jsonl', 'SUCCEEDED_0.jsonl', 'manifest.json']);
    expect(lab.cloud.consumption().stepFunctions).toMatchObject({ nestedStarts: 1, executionStarts: 1 });
  });

  it.each([
    ['at once, before the state does anything', 'Ask', 0, 0, 0],
    ['an hour after it entered a state, if it is still in it', 'Wait', 3600, 3600, 1],
  ])('stops: an execution is stopped by hand %s', async (_, state, after, ended, asked) => {
    const visits: string[] = [];
    const lab = await Lab.open({
      faults: {
        stops: (visit) => {
          visits.push(`${visit.machine.includes('Steps')} ${visit.execution.split(':').at(-1)} ${visit.state}`);
          return visit.state === state || visit.state === 'Ask' ? after * 1000 : undefined;
        },
      },
    });
    await lab.start('one', {});
    await lab.cloud.run();
    const { executions = [] } = await lab.clients.sfn.send(
      new ListExecutionsCommand({ stateMachineArn: lab.cloud.names.machines.Steps }),
    );
    expect(executions.map(({ status, stopDate }) => [status, stopDate?.getTime()])).toEqual([
      ['ABORTED', START + ended * 1000],
    ]);
    expect(visits).toEqual(['Ask', 'Wait'].slice(0, asked + 1).map((name) => `true one ${name}`));
    expect(lab.cloud.consumption().lambda.Echo?.invocations ?? 0).toBe(asked);
  });

  it('lose: a function works to its end, and its caller is told that it failed', async () => {
    const lab = await Lab.open({
      faults: {
        beforeInvoke: ({ functionName, n }) => (functionName.includes('File') && n === 1 ? 'lose' : undefined),
      },
    });
    await lab.upload('files/a.txt', 'hello');
    await lab.cloud.run();
    expect((await lab.came('files/a.txt'))[0]).toBe(2);
    expect(lab.seconds()).toBe(180);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('deliveries: an event comes after each of its waits, with its own time, and not where there is none', async () => {
    const waits = [[0, 7200_000], []];
    const lab = await Lab.open({
      faults: { deliveries: ({ source }) => (source === 'aws.s3' ? (waits.shift() ?? [0]) : [0]) },
    });
    await lab.upload('files/twice.txt', 'hello');
    await lab.upload('files/lost.txt', 'hello');
    await lab.cloud.run();
    expect(await lab.came('files/twice.txt')).toEqual([2, '2026-06-01T00:00:00Z']);
    expect(await lab.outbox()).toEqual({ 'files/twice.txt': 'HELLO' });
    expect(lab.seconds()).toBe(7200);
  });

  it('an asynchronous invocation that fails after its write is tried again a minute later', async () => {
    const ends: string[] = [];
    const lab = await Lab.open({
      faults: {
        afterWrite: ({ functionName, key = '' }) => {
          if (!functionName.includes('Watcher')) return undefined;
          ends.push(key);
          return ends.length === 1 ? 'fail' : undefined;
        },
      },
    });
    await lab.start('one', {});
    await lab.cloud.run();
    expect(ends).toEqual(['ended/one', 'ended/one']);
    expect(lab.seconds()).toBe(DAY / 1000 + 60);
    expect(lab.cloud.failures()).toEqual([]);
  });
});
