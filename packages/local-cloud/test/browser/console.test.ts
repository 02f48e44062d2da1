/** The console's page in a real browser, over the fixture's app: what is seen, and what is done by it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingsOf, pictureIn, startBrowser, type View } from '../../../../tools/pictures/browser.ts';
import type { LocalCloud } from '../../src/face.ts';
import { clientsOf, DAY, START, startFixture } from '../fixture/lab.ts';

/** Where its pictures are kept to be looked at. */
const PICTURES = 'out/pictures';

let cloud: LocalCloud;
let clients: ReturnType<typeof clientsOf>;
let browser: Browser;
let execution = '';
beforeAll(async () => {
  // As slow as it gets: what moves the clock is the page.
  cloud = await startFixture({ console: 0, speed: 0.001 });
  clients = clientsOf(cloud);
  browser = await startBrowser();
  await mkdir(PICTURES, { recursive: true });
  const { Inbox = '', Outbox = '' } = cloud.names.buckets;
  for (let n = 0; n < 60; n++) await cloud.put(Outbox, `many/${n}-${'long '.repeat(n % 9)}.json`, `{"n":${n}}`);
  await cloud.put(Inbox, 'files/hello.txt', 'hello');
  const Item = { pk: { S: 'thing' }, list: { L: [{ M: { n: { N: '1' } } }] } };
  await clients.dynamo.send(new PutItemCommand({ TableName: cloud.names.tables.Things, Item }));
  const QueueUrl = `${cloud.endpoint}/${cloud.account}/${cloud.names.queues.DeadLetters}`;
  await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"dead":"letter"}' }));
  const started = new StartExecutionCommand({ stateMachineArn: cloud.names.machines.Steps, name: 'looked-at' });
  execution = (await clients.sfn.send(started)).executionArn ?? '';
  await cloud.rest();
});
afterAll(async () => {
  await browser?.close();
  clients?.destroy();
  await cloud?.stop();
});

const to = (kind: string, query: Record<string, string>) => `#/${kind}?${new URLSearchParams(query)}`;
/** Each view: its address, and what is there once it is drawn. */
const PLACES: Record<string, () => [hash: string, drawn: string]> = {
  overview: () => ['#/', '.grid'],
  bucket: () => [to('bucket', { id: cloud.names.buckets.Outbox ?? '', prefix: 'many/' }), '.pager'],
  object: () => [
    to('bucket', { id: cloud.names.buckets.Outbox ?? '', prefix: 'many/', key: 'many/0-.json' }),
    '.opened pre',
  ],
  table: () => [to('table', { id: cloud.names.tables.Things ?? '' }), 'button.link'],
  queue: () => [to('queue', { id: cloud.names.queues.DeadLetters ?? '' }), '.records'],
  topic: () => [to('topic', { id: cloud.names.topics.News ?? '' }), '.grid'],
  function: () => [to('function', { id: cloud.names.functions.Echo ?? '' }), '.facts'],
  machine: () => [to('machine', { id: cloud.names.machines.Parts ?? '' }), '.graph svg'],
  execution: () => [to('execution', { id: execution }), '.records'],
};

/** Opens a view, and gives what the page asked for elsewhere, and what it complained of. */
async function open(page: Page, name: string): Promise<string[]> {
  const [hash, drawn] = PLACES[name]?.() ?? ['', ''];
  const strange: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${cloud.console}/`)) strange.push(request.url());
  });
  page.on('pageerror', (error) => strange.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) strange.push(message.text());
  });
  await page.goto(`${cloud.console}/${hash}`);
  await page.waitForSelector(drawn);
  return strange;
}

const VIEWS: View[] = [
  { width: 320, scheme: 'dark' },
  { width: 1600, scheme: 'light' },
];

describe.each(Object.keys(PLACES))('the view of %s', (name) => {
  it.each(VIEWS)('at $width pixels, $scheme, has no finding of axe, fits, and asks nobody else', async (view) => {
    const page = await browser.newPage();
    await page.setViewport({ width: view.width, height: 900 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: view.scheme }]);
    const strange = await open(page, name);
    expect(await findingsOf(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(0);
    expect(strange).toEqual([]);
    await page.screenshot({ path: pictureIn(PICTURES, `console-${name}`, view) });
    await page.close();
  });
});

describe('by the console', () => {
  /** Waits until the page says it. */
  const says = (page: Page, selector: string, text: string) =>
    page.waitForFunction(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].some((one) => one.textContent.includes(${JSON.stringify(text)}))`,
    );
  const press = async (page: Page, name: string) => {
    const button = await page.waitForSelector(`::-p-aria([name="${name}"][role="button"])`);
    await button?.click();
  };

  it('a file is uploaded, and what the app made of it is opened', async () => {
    const { Inbox = '', Outbox = '' } = cloud.names.buckets;
    const folder = await mkdtemp(join(tmpdir(), 'console-'));
    await writeFile(join(folder, 'small.txt'), 'small');
    const page = await browser.newPage();
    const strange = await open(page, 'overview');
    await page.goto(`${cloud.console}/${to('bucket', { id: Inbox, prefix: 'files/' })}`);
    await page.reload();
    const files = await page.waitForSelector('input[type=file]');
    await (files as ElementHandle<never>).uploadFile(join(folder, 'small.txt'));
    await press(page, 'Upload');
    await says(page, '.upload [role=status]', 'Uploaded files/small.txt');
    await says(page, 'td a', 'small.txt');
    await cloud.rest();
    await page.goto(`${cloud.console}/${to('bucket', { id: Outbox, prefix: 'files/', key: 'files/small.txt' })}`);
    await says(page, '.opened pre', 'SMALL');
    expect(strange).toEqual([]);
    await page.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('the clock stands still, and goes to the next timer, while an execution is looked at; also by the keyboard', async () => {
    const page = await browser.newPage();
    const strange = await open(page, 'execution');
    await says(page, '.facts', 'Wait');
    await says(page, '.graph .running', 'Wait');
    await press(page, 'Pause');
    await says(page, '.pace', 'paused');
    expect(cloud.clock.now()).toBeLessThan(START + DAY);
    await page.focus('.controls button:not(.wide)');
    await page.keyboard.press('Enter');
    await says(page, '.facts .status', 'succeeded');
    await says(page, '.graph .succeeded', 'Tell');
    expect(cloud.clock.now()).toBeGreaterThanOrEqual(START + DAY);
    // Who follows a link goes on from the heading of what it leads to.
    await page.focus('nav.resources a');
    await page.keyboard.press('Enter');
    await says(page, 'h1', 'Overview');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Overview');
    expect(strange).toEqual([]);
    await page.close();
  });
});
