/** The console's answers, over the fixture's app. */
import { request as httpRequest } from 'node:http';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalCloud } from '../../src/face.ts';
import { clientsOf, DAY, START, startFixture } from '../fixture/lab.ts';

let cloud: LocalCloud;
let clients: ReturnType<typeof clientsOf>;
beforeAll(async () => {
  cloud = await startFixture({ console: 0 });
  clients = clientsOf(cloud);
});
afterAll(async () => {
  clients?.destroy();
  await cloud?.stop();
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** A request with any headers, such as no browser lets a page send. */
function raw(path: string, { method = 'GET', headers = {}, body = '' as string | Buffer } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${cloud.console}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
const own = () => ({ origin: cloud.console ?? '' });

type Fields = Readonly<Record<string, unknown>>;
const hasFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of what it answers. */
const get = async (path: string, query: Record<string, string> = {}): Promise<Fields> => {
  const { status, text } = await raw(`${path}?${new URLSearchParams(query)}`);
  if (status !== 200) throw new Error(`${status} ${text}`);
  const answer: unknown = JSON.parse(text);
  if (!hasFields(answer)) throw new Error(`${path} answers ${text}`);
  return answer;
};
/** A list of objects in an answer. */
function listIn(answer: Fields, name: string): readonly Fields[] {
  const list = answer[name];
  if (Array.isArray(list) && list.every(hasFields)) return list;
  throw new Error(`${name} is no list of objects: ${JSON.stringify(list)}`);
}
const upload = (bucket: string, key: string, body: string) =>
  raw(`/api/object?${new URLSearchParams({ bucket, key })}`, { method: 'POST', headers: own(), body });
const post = (asked: object) => raw('/api/clock', { method: 'POST', headers: own(), body: JSON.stringify(asked) });

describe('who may ask', () => {
  it('refuses a request that names another host, as that of a site whose name leads here', async () => {
    for (const host of ['evil.example', 'evil.example:80', '127.0.0.1', 'localhost:1'])
      expect((await raw('/api/cloud', { headers: { host } })).status, host).toBe(403);
    const { port } = new URL(cloud.console ?? '');
    expect((await raw('/api/cloud', { headers: { host: `localhost:${port}` } })).status).toBe(200);
  });

  it('refuses a request of another origin, and one that changes something and names none', async () => {
    const asked = { method: 'POST', body: '{"action":"advance","milliseconds":1000}' };
    for (const origin of [
      'http://evil.example',
      'null',
      'http://127.0.0.1:1',
      (cloud.console ?? '').replace('http', 'https'),
    ]) {
      expect((await raw('/api/clock', { ...asked, headers: { origin } })).status, origin).toBe(403);
      expect((await raw('/api/cloud', { headers: { origin } })).status, origin).toBe(403);
    }
    expect((await raw('/api/clock', asked)).status).toBe(403);
    // As a browser sends it that names no origin to the page's own.
    const within = { 'sec-fetch-site': 'same-origin' };
    expect((await raw('/api/clock', { method: 'POST', body: '{"action":"stop"}', headers: within })).status).toBe(409);
    expect((await raw('/api/clock', { ...asked, headers: { 'sec-fetch-site': 'same-site' } })).status).toBe(403);
    const crossing = { ...own(), 'sec-fetch-site': 'cross-site' };
    expect((await raw('/api/clock', { ...asked, headers: crossing })).status).toBe(403);
    expect(cloud.clock.now()).toBe(START);
  });

  it('lets its page load nothing from elsewhere, and be shown in no other', async () => {
    const { headers, text } = await raw('/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self' 'sha256-");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(text).not.toMatch(/(src|href)="(?!\/)/);
  });

  it('has no file but its own, and all that the page names', async () => {
    const files = ['/console.css', '/icon.svg', '/main.js'];
    const seen = new Set(files);
    for (const file of files) {
      const { status, text } = await raw(file);
      expect(status, file).toBe(200);
      for (const [, name = ''] of text.matchAll(/from '\.(\/[^']+)'/g))
        if (!seen.has(name)) files.push(name) && seen.add(name);
    }
    const { imports } = JSON.parse(/importmap">(.*?)</.exec((await raw('/')).text)?.[1] ?? '');
    for (const module of Object.values(imports)) expect((await raw(String(module))).status, String(module)).toBe(200);
    for (const none of [
      '/../console.ts',
      '/%2e%2e/console.ts',
      '/modules/../main.ts',
      '/package.json',
      '/modules/main.js',
    ])
      expect((await raw(none)).status, none).toBe(404);
  });
});

describe('what it shows', () => {
  it('an object that it uploads sets off what the app does with an object, and is shown, read and saved', async () => {
    const { Inbox = '', Outbox = '' } = cloud.names.buckets;
    expect((await upload(Inbox, 'files/from the console.txt', 'hello')).status).toBe(200);
    await cloud.rest();
    expect(Buffer.from(await cloud.get(Outbox, 'files/from the console.txt')).toString()).toBe('HELLO');
    expect(await get('/api/objects', { bucket: Outbox })).toEqual({ entries: [{ name: 'files/' }] });
    const { entries } = await get('/api/objects', { bucket: Outbox, prefix: 'files/' });
    expect(entries).toMatchObject([{ name: 'files/from the console.txt', size: 5, modified: START }]);
    const of = { bucket: Outbox, key: 'files/from the console.txt' };
    expect(await get('/api/text', of)).toMatchObject({ text: 'HELLO', isCut: false });
    const { text, headers } = await raw(`/api/object?${new URLSearchParams(of)}`);
    expect(text).toBe('HELLO');
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''from%20the%20console.txt",
    });
    const name = cloud.names.functions.File ?? '';
    expect(await get('/api/function', { function: name })).toMatchObject({ invocations: 1, running: 0, memoryMb: 256 });
  });

  it('a page of a bucket with thousands of objects, and the next', async () => {
    const { Inbox: bucket = '' } = cloud.names.buckets;
    for (let n = 1000; n < 1120; n++) await cloud.put(bucket, `many/${n}`, '');
    for (let n = 0; n < 3; n++) await cloud.put(bucket, `many/folder/${n}`, '');
    const seen: string[] = [];
    let after = '';
    for (const size of [50, 50, 21]) {
      const page = await get('/api/objects', { bucket, prefix: 'many/', after });
      const entries = listIn(page, 'entries');
      expect(entries.length).toBe(size);
      seen.push(...entries.map(({ name }) => String(name)));
      after = String(page.next ?? '');
    }
    expect(after).toBe('');
    expect(seen).toEqual([...Array.from({ length: 120 }, (_, n) => `many/${1000 + n}`), 'many/folder/']);
  });

  it('a page of a table, and one partition of it', async () => {
    const { Things: table = '' } = cloud.names.tables;
    for (let n = 0; n < 60; n++)
      await clients.dynamo.send(
        new PutItemCommand({ TableName: table, Item: { pk: { S: `thing ${n}` }, n: { N: `${n}` } } }),
      );
    const first = await get('/api/items', { table });
    expect([first.keys, listIn(first, 'items').length]).toEqual([['pk'], 50]);
    const second = await get('/api/items', { table, after: String(first.next) });
    // The upload's own item is among them.
    expect(listIn(second, 'items').length).toBeGreaterThanOrEqual(10);
    expect(second.next).toBeUndefined();
    expect(await get('/api/items', { table, partition: 'thing 7' })).toEqual({
      keys: ['pk'],
      items: [{ pk: { S: 'thing 7' }, n: { N: '7' } }],
    });
    expect((await raw(`/api/items?table=${table}&after=x`)).status).toBe(400);
  });

  it('what was sent to a queue, also after somebody took it, and what waits in it', async () => {
    const { DeadLetters: queue = '' } = cloud.names.queues;
    const url = `${cloud.endpoint}/${cloud.account}/${queue}`;
    for (const text of ['first', 'second'])
      await clients.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: text }));
    expect(await get('/api/queue', { queue })).toMatchObject({
      waiting: 2,
      messages: [{ text: 'first' }, { text: 'second' }],
      sent: [
        { n: 2, at: START, text: 'second' },
        { n: 1, text: 'first' },
      ],
    });
    await cloud.receive(queue);
    const taken = await get('/api/queue', { queue });
    expect([taken.waiting, listIn(taken, 'sent').length]).toEqual([0, 2]);
    for (let n = 0; n < 60; n++)
      await clients.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: `more ${n}` }));
    const page = await get('/api/queue', { queue });
    expect([page.waiting, listIn(page, 'messages').length, listIn(page, 'sent').length]).toEqual([60, 50, 50]);
    const older = await get('/api/queue', { queue, before: String(page.next) });
    expect(listIn(older, 'sent').map(({ n }) => n)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it('an execution with the state that it is in, its history, and the clock on to its timer', async () => {
    const { Steps: machine = '' } = cloud.names.machines;
    const started = await clients.sfn.send(
      new StartExecutionCommand({ stateMachineArn: machine, name: 'looked-at', input: '{"to":"you"}' }),
    );
    const execution = started.executionArn ?? '';
    await cloud.rest();
    const { executions } = await get('/api/executions', { of: machine });
    expect(executions).toMatchObject([{ name: 'looked-at', status: 'RUNNING', machineName: 'Steps', in: ['Wait'] }]);
    expect(await get('/api/latest')).toEqual({ executions, published: [] });
    expect(await get('/api/executions', { of: machine, status: 'FAILED' })).toEqual({ executions: [] });
    const shown = await get('/api/execution', { execution });
    expect(shown).toMatchObject({ input: '{"to":"you"}', startedAt: START, mapRuns: [] });
    expect(shown.states).toEqual([
      { name: 'Ask', entered: 1, status: 'succeeded' },
      { name: 'Wait', entered: 1, status: 'running' },
    ]);
    expect(JSON.parse(String(shown.definition)).StartAt).toBe('Ask');
    expect((await get('/api/cloud')).machines).toContainEqual({
      name: 'Steps',
      id: machine,
      running: 1,
      succeeded: 0,
      failed: 0,
    });
    const { clock } = await get('/api/cloud');
    expect(clock).toMatchObject({ kind: 'virtual', now: START, next: START + DAY });
    expect((await post({ action: 'next' })).status).toBe(200);
    await cloud.rest();
    expect(cloud.clock.now()).toBe(START + DAY);
    await cloud.run();
    const ended = await get('/api/execution', { execution });
    expect(ended.status).toBe('SUCCEEDED');
    expect(listIn(ended, 'states').map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
    const events = listIn(await get('/api/history', { execution }), 'events');
    expect(events[0]).toMatchObject({ type: 'ExecutionSucceeded', id: events.length });
    const { events: older } = await get('/api/history', { execution, before: '3' });
    expect(older).toMatchObject([{ id: 2, type: 'TaskStateEntered', details: { name: 'Ask' } }, { id: 1 }]);
    const topic = await get('/api/topic', { topic: cloud.names.topics.News ?? '' });
    expect(topic.sent).toMatchObject([{ at: START + DAY, attributes: { operator: 'alpha' } }]);
    expect((await get('/api/latest')).published).toEqual([
      { ...listIn(topic, 'sent')[0], of: { name: 'News', id: topic.id } },
    ]);
    expect(topic.subscriptions).toMatchObject([{ protocol: 'sqs', confirmed: true }, {}]);
  });

  it('moves a virtual clock, which has neither pause nor speed, and refuses what is no time', async () => {
    const before = cloud.clock.now();
    expect((await post({ action: 'advance', milliseconds: 3_600_000 })).status).toBe(200);
    await cloud.rest();
    expect(cloud.clock.now()).toBe(before + 3_600_000);
    for (const action of ['pause', 'resume', 'speed', 'next'])
      expect((await post({ action, speed: 1 })).status, action).toBe(409);
    for (const milliseconds of [0, -1, '5', null, 1e15])
      expect((await post({ action: 'advance', milliseconds })).status, String(milliseconds)).toBe(400);
    expect((await raw('/api/clock', { method: 'POST', headers: own(), body: 'x' })).status).toBe(400);
  });

  it('says what there is not', async () => {
    const { Inbox = '' } = cloud.names.buckets;
    for (const path of [
      '/api/objects?bucket=none',
      `/api/object?bucket=${Inbox}&key=none`,
      '/api/items?table=none',
      '/api/queue?queue=none',
      '/api/topic?topic=none',
      '/api/function?function=none',
      '/api/machine?machine=none',
      '/api/nothing',
    ])
      expect((await raw(path)).status, path).toBe(404);
    expect((await raw('/api/objects')).status).toBe(400);
    expect((await raw('/api/queue?queue=x&before=y')).status).toBe(400);
    expect((await upload('none', 'key', '')).status).toBe(404);
    expect((await upload(Inbox, 'k'.repeat(1025), '')).status).toBe(400);
    expect((await raw('/api/object', { method: 'DELETE', headers: own() })).status).toBe(404);
  });
});
