import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../src/clock/virtual-clock.ts';
import { AwsError } from '../src/errors.ts';
import { type FaultPlan, seededRandom } from '../src/faults.ts';
import { type Fauxqs, startFauxqs } from '../src/fauxqs/fauxqs.ts';
import type { Queue } from '../src/fauxqs/stores.ts';
import { failedOf, Pollers, type QueueMapping } from '../src/lambda/event-source-mapping.ts';
import type { Functions } from '../src/lambda/functions.ts';
import type { Invocation } from '../src/lambda/instance.ts';

const START = Date.parse('2026-06-01T00:00:00Z');

interface Record {
  messageId: string;
  body: string;
  attributes: { ApproximateReceiveCount: string; ApproximateFirstReceiveTimestamp: string; SentTimestamp: string };
}
interface Call {
  /** Seconds of the cloud since the start. */
  at: number;
  functionName: string;
  bodies: string[];
  records: Record[];
}
/** What a function answers; by default it is done with everything. */
type Answer = (call: Call) => unknown;

let fauxqs: Fauxqs;
let clock: VirtualClock;
beforeEach(async () => {
  fauxqs = await startFauxqs('ap-south-1');
  clock = new VirtualClock(START);
});
afterEach(() => fauxqs.close());

const arn = (name: string) => `arn:aws:sqs:ap-south-1:111122223333:${name}`;

function queue(name: string, attributes: { [name: string]: string } = {}): Queue {
  return fauxqs.queues.createQueue(name, `http://127.0.0.1/111122223333/${name}`, arn(name), attributes);
}

/** Pollers over the real queues, with functions that answer as the test says; `calls` holds their invocations. */
function pollersWith(answer: Answer = () => null, faults: FaultPlan = {}) {
  const calls: Call[] = [];
  const invoke = async (functionName: string, payload: string): Promise<Invocation> => {
    const { Records: records } = JSON.parse(payload) as { Records: Record[] };
    const call = { at: (clock.now() - START) / 1000, functionName, bodies: records.map(({ body }) => body), records };
    calls.push(call);
    const given = await answer(call);
    return { requestId: 'r', payload: JSON.stringify(given ?? null) };
  };
  const pollers = new Pollers({
    clock,
    region: 'ap-south-1',
    queues: fauxqs.queues,
    functions: { invoke } as Partial<Functions> as Functions,
    faults,
    random: seededRandom(3),
  });
  const map = (name: string, mapping: Partial<QueueMapping> = {}) =>
    pollers.add({
      queueArn: arn(name),
      functionName: `of-${name}`,
      batchSize: 10,
      partialFailures: true,
      concurrency: 5,
      windowSeconds: 0,
      ...mapping,
    });
  const send = (to: Queue, ...bodies: string[]) => {
    for (const body of bodies) to.enqueue(fauxqs.message(body));
    pollers.poke();
  };
  return { pollers, calls, map, send };
}

const failing = (...bodies: string[]): Answer => {
  return ({ records }) => ({
    batchItemFailures: records
      .filter(({ body }) => bodies.includes(body))
      .map(({ messageId }) => ({ itemIdentifier: messageId })),
  });
};

describe('the poller of a queue', () => {
  it('hands a message over in the shape that Lambda gives it, and deletes it when the function is done', async () => {
    const files = queue('files');
    const { calls, map, send } = pollersWith();
    map('files');
    send(files, 'hello');
    await clock.rest();
    expect(calls.map(({ records }) => records)).toEqual([
      [
        {
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: '1780272000000',
            SenderId: 'local',
            ApproximateFirstReceiveTimestamp: '1780272000000',
          },
          messageAttributes: {},
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          eventSource: 'aws:sqs',
          eventSourceARN: arn('files'),
          awsRegion: 'ap-south-1',
        },
      ],
    ]);
    expect([files.messages.length, files.inflightMessages.size]).toEqual([0, 0]);
  });

  it('takes batches of BatchSize, also of more than the 10 that one receive gives', async () => {
    const files = queue('files');
    const { calls, map, send } = pollersWith();
    map('files', { batchSize: 25, concurrency: 1 });
    send(files, ...Array.from({ length: 60 }, (_, i) => `${i}`));
    await clock.rest();
    expect(calls.map(({ bodies }) => bodies.length)).toEqual([25, 25, 10]);
    expect(calls.flatMap(({ bodies }) => bodies)).toEqual(Array.from({ length: 60 }, (_, i) => `${i}`));
  });

  it('waits for a batch to fill until its window has passed since the first message, and no longer once it is full', async () => {
    const files = queue('files');
    const { calls, map, send } = pollersWith();
    map('files', { batchSize: 3, windowSeconds: 60 });
    send(files, 'a');
    clock.timer(START + 40_000, () => send(files, 'b'));
    clock.timer(START + 200_000, () => send(files, 'c', 'd', 'e', 'f'));
    clock.timer(START + 220_000, () => send(files, 'g'));
    await clock.run();
    expect(calls.map(({ at, bodies }) => [at, bodies])).toEqual([
      [60, ['a', 'b']],
      [200, ['c', 'd', 'e']],
      [260, ['f', 'g']],
    ]);
  });

  it('has as many batches under way as MaximumConcurrency says, and time stands still meanwhile', async () => {
    const files = queue('files');
    const gates: (() => void)[] = [];
    const { calls, map, send } = pollersWith(() => new Promise<void>((open) => gates.push(open)));
    map('files', { batchSize: 1, concurrency: 2 });
    send(files, 'a', 'b', 'c');
    expect(calls.map(({ bodies }) => bodies)).toEqual([['a'], ['b']]);
    expect(clock.held()).toEqual(['messages of files', 'messages of files']);
    gates[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls.map(({ bodies }) => bodies)).toEqual([['a'], ['b'], ['c']]);
    for (const open of gates) open();
    await clock.rest();
    expect(files.inflightMessages.size).toBe(0);
  });

  it('delivers again only what a partial batch response names, after the visibility timeout of the cloud’s time', async () => {
    const files = queue('files', { VisibilityTimeout: '180' });
    let times = 0;
    const { calls, map, send } = pollersWith((call) => (++times === 1 ? failing('b')(call) : null));
    map('files');
    send(files, 'a', 'b', 'c');
    await clock.rest();
    expect(files.inflightMessages.size).toBe(1);
    await clock.run();
    expect(calls.map(({ at, bodies }) => [at, bodies])).toEqual([
      [0, ['a', 'b', 'c']],
      [180, ['b']],
    ]);
    const again = calls[1]?.records[0]?.attributes;
    expect(again?.ApproximateReceiveCount).toBe('2');
    expect(again?.ApproximateFirstReceiveTimestamp).toBe(`${START}`);
    expect(files.inflightMessages.size).toBe(0);
  });

  it('counts the visibility timeout from the receive, not from the function’s end', async () => {
    const files = queue('files', { VisibilityTimeout: '100' });
    const { calls, map, send } = pollersWith(async ({ at }) => {
      if (at > 0) return null;
      await new Promise<void>((done) => clock.timer(START + 40_000, done));
      throw new Error('failed after 40 seconds');
    });
    map('files');
    // The cloud's function holds no time here: only so may 40 seconds pass while it works.
    const hold = clock.hold.bind(clock);
    clock.hold = (what) => (what.startsWith('messages') ? () => {} : hold(what));
    send(files, 'a');
    await clock.run();
    expect(calls.map(({ at }) => at)).toEqual([0, 100]);
  });

  it('delivers the whole batch again when the function fails, or answers what is no valid response', async () => {
    for (const answer of [
      () => Promise.reject(new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)),
      () => ({ batchItemFailures: [{ itemIdentifier: 'nobody' }] }),
      () => 'done',
    ]) {
      const name = `files-${Math.random()}`;
      const files = queue(name, { VisibilityTimeout: '60' });
      let times = 0;
      const { calls, map, send } = pollersWith(() => (++times === 1 ? answer() : null));
      map(name);
      const before = (clock.now() - START) / 1000;
      send(files, 'a', 'b');
      await clock.run();
      expect(calls.map(({ at, bodies }) => [at - before, bodies])).toEqual([
        [0, ['a', 'b']],
        [60, ['a', 'b']],
      ]);
    }
  });

  it('reads no partial failures where the mapping does not report them', async () => {
    const files = queue('files');
    const { calls, map, send } = pollersWith(failing('a'));
    map('files', { partialFailures: false });
    send(files, 'a');
    await clock.run();
    expect(calls).toHaveLength(1);
    expect(files.inflightMessages.size).toBe(0);
  });

  it('moves a message to the dead-letter queue once it was received maxReceiveCount times', async () => {
    const dead = queue('dead');
    const redrive = { deadLetterTargetArn: arn('dead'), maxReceiveCount: 3 };
    const files = queue('files', { VisibilityTimeout: '180', RedrivePolicy: JSON.stringify(redrive) });
    const { calls, map, send } = pollersWith(failing('bad'));
    map('files');
    send(files, 'bad', 'good');
    await clock.run();
    expect(calls.map(({ at, bodies }) => [at, bodies])).toEqual([
      [0, ['bad', 'good']],
      [180, ['bad']],
      [360, ['bad']],
    ]);
    expect(dead.messages.map(({ body }) => body)).toEqual(['bad']);
    expect([files.messages.length, files.inflightMessages.size]).toEqual([0, 0]);
  });

  it('gives a dead-letter queue’s messages to a function of its own', async () => {
    queue('dead');
    const redrive = { deadLetterTargetArn: arn('dead'), maxReceiveCount: 1 };
    const files = queue('files', { VisibilityTimeout: '10', RedrivePolicy: JSON.stringify(redrive) });
    const { calls, map, send } = pollersWith((call) =>
      call.functionName === 'of-files' ? failing('bad')(call) : null,
    );
    // The dead-letter queue's comes first: it is not polled again after the other one just because of its place.
    map('dead');
    map('files');
    send(files, 'bad');
    await clock.run();
    expect(calls.map(({ at, functionName, bodies }) => [at, functionName, bodies])).toEqual([
      [0, 'of-files', ['bad']],
      [10, 'of-dead', ['bad']],
    ]);
  });

  it('leaves messages in a queue while that is paused, and takes them once it goes on; those of others are taken', async () => {
    const { pollers, calls, map, send } = pollersWith();
    const [paused, other] = [queue('paused'), queue('other')];
    map('paused');
    map('other');
    pollers.pause((queueArn) => queueArn === arn('paused'));
    send(paused, 'one', 'two');
    send(other, 'three');
    await clock.run();
    expect(calls.map(({ bodies }) => bodies)).toEqual([['three']]);
    expect(paused.messages).toHaveLength(2);
    pollers.pause(() => false);
    await clock.run();
    expect(calls.map(({ bodies }) => bodies)).toEqual([['three'], ['one', 'two']]);
    expect(paused.messages).toHaveLength(0);
  });

  it('takes nothing more once it is stopped', async () => {
    const files = queue('files');
    const { pollers, calls, map, send } = pollersWith();
    map('files');
    pollers.stop();
    send(files, 'a');
    await clock.run();
    expect(calls).toEqual([]);
    expect(files.messages.map(({ body }) => body)).toEqual(['a']);
  });
});

describe('the poller under a fault plan', () => {
  it('delivers twice, and one of both that fails is enough to deliver a third time', async () => {
    const files = queue('files', { VisibilityTimeout: '30' });
    let times = 0;
    const { calls, map, send } = pollersWith((call) => (++times === 2 ? failing('b')(call) : null), {
      deliverTwice: true,
    });
    map('files');
    send(files, 'a', 'b');
    await clock.run();
    expect(calls.map(({ at, bodies }) => [at, bodies])).toEqual([
      [0, ['a', 'b']],
      [0, ['a', 'b']],
      [30, ['b']],
      [30, ['b']],
    ]);
    expect(files.inflightMessages.size).toBe(0);
  });

  it('does not deliver a second time what the first delivery failed on', async () => {
    const files = queue('files', { VisibilityTimeout: '30' });
    let times = 0;
    const { calls, map, send } = pollersWith((call) => (++times === 1 ? failing('b')(call) : null), {
      deliverTwice: true,
    });
    map('files');
    send(files, 'a', 'b');
    await clock.run();
    expect(calls.map(({ at, bodies }) => [at, bodies])).toEqual([
      [0, ['a', 'b']],
      [0, ['a']],
      [30, ['b']],
      [30, ['b']],
    ]);
  });

  it('shuffles a batch, the same way for the same seed', async () => {
    const sent = Array.from({ length: 10 }, (_, i) => `${i}`);
    const orders: string[][] = [];
    for (const name of ['one', 'two']) {
      const to = queue(name);
      const { calls, map, send } = pollersWith(() => null, { reorder: 1 });
      map(name);
      send(to, ...sent);
      await clock.run();
      orders.push(calls[0]?.bodies ?? []);
    }
    expect(orders[0]).not.toEqual(sent);
    expect([...(orders[0] ?? [])].sort()).toEqual(sent);
    expect(orders[1]).toEqual(orders[0]);
  });
});

describe('a partial batch response', () => {
  const batch = ['1', '2'].map((messageId) => ({ message: { messageId } }));
  const idsOf = (payload: unknown) =>
    [...failedOf(batch, JSON.stringify(payload))].map(({ message }) => message.messageId);

  it.each<[what: string, payload: unknown, failed: string[]]>([
    ['null', null, []],
    ['an empty object', {}, []],
    ['no failures', { batchItemFailures: [] }, []],
    ['null failures', { batchItemFailures: null }, []],
    ['one failure', { batchItemFailures: [{ itemIdentifier: '2' }] }, ['2']],
    ['the same failure twice', { batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '2' }] }, ['2']],
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }, ['1', '2']],
    ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }, ['1', '2']],
    ['no identifier', { batchItemFailures: [{ id: '2' }] }, ['1', '2']],
    ['a failure that is null', { batchItemFailures: [null] }, ['1', '2']],
    ['an unknown identifier', { batchItemFailures: [{ itemIdentifier: '3' }] }, ['1', '2']],
    ['failures that are no list', { batchItemFailures: 'x' }, ['1', '2']],
    ['a text', 'x', ['1', '2']],
  ])('of %s', (_what, payload, failed) => {
    expect(idsOf(payload)).toEqual(failed);
  });
});
