/** Functions whose code is written here, in threads that they share. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock/virtual-clock.ts';
import { Functions } from '../../src/lambda/functions.ts';

const DAY = 24 * 3600 * 1000;
let folder: string;
let functions: Functions;
let logged: [functionName: string, line: string][];

/** What both functions have beside them: how often anybody asked for it. */
const BESIDE = 'let asked = 0;\nexport const ask = () => ++asked;\n';
const CODE = `
import { threadId } from 'node:worker_threads';
import { ask } from '../beside.mjs';
const { NAME: loadedAs } = process.env;
let calls = 0;
let kept;
export const handler = async ({ keep = 0, exit = false, tell = false }) => {
  if (exit) process.exit(1);
  if (keep > 0) kept = new Uint8Array(keep * 1024 * 1024);
  console.log('called');
  return { loadedAs, name: process.env.NAME, calls: ++calls, asked: ask(), thread: threadId, ...(tell && { now: Date.now(), at: new Date().getTime() }) };
};
`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threads-'));
  logged = [];
  await writeFile(join(folder, 'beside.mjs'), BESIDE);
  functions = new Functions({
    clock: new VirtualClock(0),
    region: 'ap-south-1',
    account: '000000000000',
    endpoint: 'http://127.0.0.1:1',
    dynamoEndpoint: 'http://127.0.0.1:1',
    // A day ahead.
    faults: { skew: (functionName) => (functionName === 'fast' ? DAY : 0) },
    log: (functionName, line) => logged.push([functionName, line]),
  });
});
afterEach(async () => {
  await functions.stop();
  await rm(folder, { recursive: true });
});

interface Created {
  memoryMb?: number;
  code?: string;
  calling?: string;
  source?: string;
  files?: Readonly<Record<string, string>>;
}
/** Creates a function of this name, which calls itself so; `code` is the folder of its code, whose files are one source if not given. */
async function create(
  name: string,
  { memoryMb = 256, code = name, calling = name, source = CODE, files = { 'index.mjs': source } }: Created = {},
): Promise<void> {
  await mkdir(join(folder, code), { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, code, file), text);
  functions.create({
    logicalId: name,
    name,
    arn: `arn:aws:lambda:ap-south-1:000000000000:function:${name}`,
    folder: join(folder, code),
    handler: 'index.handler',
    roleArn: 'arn:aws:iam::000000000000:role/any',
    timeoutSeconds: 30,
    memoryMb,
    reserved: undefined,
    environment: { NAME: calling },
  });
}

const call = async (name: string, event: object = {}) =>
  JSON.parse((await functions.invoke(name, JSON.stringify(event))).payload);

describe('functions of equal memory', () => {
  it('share a thread, each with variables and modules of its own, and what lies beside them is loaded once', async () => {
    await create('first');
    await create('second');
    const { thread } = await call('first');
    expect([await call('second'), await call('first'), await call('second')]).toEqual([
      { loadedAs: 'second', name: 'second', calls: 1, asked: 2, thread },
      { loadedAs: 'first', name: 'first', calls: 2, asked: 3, thread },
      { loadedAs: 'second', name: 'second', calls: 2, asked: 4, thread },
    ]);
  });

  it('have modules of their own even where their code is one', async () => {
    await create('first', { code: 'both' });
    await create('second', { code: 'both' });
    const { thread } = await call('first');
    expect(await call('second')).toEqual({ loadedAs: 'second', name: 'second', calls: 1, asked: 2, thread });
    expect(await call('first')).toMatchObject({ loadedAs: 'first', name: 'first', calls: 2 });
  });

  it('are each told of with their own lines', async () => {
    await create('first');
    await create('second');
    await call('first');
    await call('second');
    await call('first');
    expect(logged).toEqual([
      ['first', 'called'],
      ['second', 'called'],
      ['first', 'called'],
    ]);
  });

  it('work at the same time in threads of their own', async () => {
    await create('first');
    await create('second');
    const [one, other] = await Promise.all([call('first'), call('second')]);
    expect(one.thread).not.toBe(other.thread);
  });

  it('have clocks of their own: one is wrong, and what is called before and after it is right', async () => {
    await create('first');
    await create('fast');
    const { thread } = await call('first');
    const began = Date.now();
    const fast = await call('fast', { tell: true });
    const right = await call('first', { tell: true });
    const ended = Date.now();
    expect([fast.thread, right.thread]).toEqual([thread, thread]);
    for (const time of [fast.now - DAY, fast.at - DAY, right.now, right.at]) {
      expect(time).toBeGreaterThanOrEqual(began);
      expect(time).toBeLessThanOrEqual(ended);
    }
  });

  it('begin anew in another thread if one of them ends theirs', async () => {
    await create('first');
    await create('second');
    const { thread } = await call('first');
    await call('second');
    expect(await call('second', { exit: true })).toMatchObject({ errorType: 'Lambda.Unknown' });
    const again = await call('first');
    expect([again.calls, again.asked, again.thread === thread]).toEqual([1, 1, false]);
  });

  // What is counted is the thread's: a function would be ended for what others keep.
  it('leave a thread in which they keep more than half of their memory, and none of them is ended for it', async () => {
    await create('first', { memoryMb: 64 });
    await create('second', { memoryMb: 64 });
    const { thread } = await call('first');
    expect(await call('second', { keep: 36 })).toMatchObject({ calls: 1, thread });
    const again = await call('first');
    expect([again.calls, again.thread === thread]).toEqual([1, false]);
  });
});

describe('a function that becomes another one', () => {
  it('has the variables and the modules of the new one from its next invocation on', async () => {
    await create('first');
    await call('first');
    await create('first', { calling: 'renamed' });
    expect(await call('first')).toMatchObject({ loadedAs: 'renamed', name: 'renamed', calls: 1 });
  });

  it('is as warm as it was when it becomes itself again in another beginning', async () => {
    const settings = { clock: new VirtualClock(0), faults: {}, log: () => {} };
    await create('first');
    await call('first');
    functions.renew(settings);
    await create('first', { calling: 'renamed' });
    expect(await call('first')).toMatchObject({ name: 'renamed', calls: 1 });
    functions.renew(settings);
    await create('first');
    expect(await call('first')).toMatchObject({ loadedAs: 'first', name: 'first', calls: 2 });
  });
});

it('functions of other memory have threads of their own', async () => {
  await create('small');
  await create('large', { memoryMb: 512 });
  expect((await call('small')).thread).not.toBe((await call('large')).thread);
});

describe('what a function left running when it answered', () => {
  /** Leaves a timer that tells what it reads, and throws where it is to. */
  const LEAVES = `
let seen = [];
export const handler = async ({ leave = false, fail = false }) => {
  if (leave) setTimeout(() => {
    seen.push([process.env.NAME, Date.now()]);
    console.log('late');
    if (fail) throw new Error('late');
  }, 60);
  return { seen };
};
`;
  const WAITS = `export const handler = ({ wait = 0 }) => new Promise((done) => setTimeout(() => done(process.env.NAME), wait));\n`;

  beforeEach(async () => {
    await create('first', { source: LEAVES });
    await create('fast', { source: WAITS });
  });

  it('goes on as its own, though another one works by then', async () => {
    await call('first', { leave: true });
    expect(await call('fast', { wait: 200 })).toBe('fast');
    const [[name, at]] = (await call('first')).seen;
    expect(name).toBe('first');
    expect(at).toBeLessThanOrEqual(Date.now());
    expect(logged).toEqual([['first', 'late']]);
  });

  it('takes no thread that others are loaded in with it', async () => {
    await call('fast');
    await call('first', { leave: true });
    expect(await call('fast', { wait: 200 })).toBe('fast');
    expect(logged).toEqual([]);
  });

  it("fails nobody else's invocation", async () => {
    await call('first', { leave: true, fail: true });
    expect(await call('fast', { wait: 200 })).toBe('fast');
  });
});

describe('functions of one code have modules of their own', () => {
  const calls = `const loadedAs = process.env.NAME; let calls = 0;`;
  it.each([
    ['in CommonJS', { 'index.js': `${calls} exports.handler = async () => ({ loadedAs, calls: ++calls });\n` }],
    [
      'in several files',
      {
        'index.mjs': `import { count } from './part.mjs'; export const handler = async () => count();\n`,
        'part.mjs': `${calls} export const count = () => ({ loadedAs, calls: ++calls });\n`,
      },
    ],
  ])('%s', async (_, files) => {
    await create('first', { code: 'both', files });
    await create('second', { code: 'both', files });
    expect([await call('first'), await call('second'), await call('first')]).toEqual([
      { loadedAs: 'first', calls: 1 },
      { loadedAs: 'second', calls: 1 },
      { loadedAs: 'first', calls: 2 },
    ]);
  });
});
