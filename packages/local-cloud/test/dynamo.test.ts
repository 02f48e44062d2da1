import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Dynamo } from '../src/dynamodb/dynamo.ts';
import { closeIterators } from '../src/dynamodb/dynamo-host.ts';

it('tells that its process ended by itself, and keeps silent where it was ended', async () => {
  const settings = { region: 'ap-south-1', account: '000000000000' };
  const [killed, ended] = await Promise.all([Dynamo.start(settings), Dynamo.start(settings)]);
  process.kill(killed.pid ?? 0, 'SIGKILL');
  await expect(killed.lost).rejects.toThrow('the DynamoDB process ended (SIGKILL)');
  await expect(killed.memory()).rejects.toThrow('the DynamoDB process has ended');
  expect(existsSync(killed.folder)).toBe(true);
  await killed.stop();
  expect(existsSync(killed.folder)).toBe(false);

  let told = false;
  ended.lost.catch(() => {
    told = true;
  });
  await ended.stop();
  await new Promise((turn) => setImmediate(turn));
  expect(told).toBe(false);
  expect(existsSync(ended.folder)).toBe(false);
});

it('closes the iterator behind a stream when the stream ends, and when it is left', async () => {
  interface Iterator {
    next(): Promise<unknown>;
    close(): Promise<void>;
  }
  interface Level {
    open(): Promise<void>;
    close(): Promise<void>;
    put(key: string, value: unknown): Promise<void>;
    keys(options: object): Iterator;
    values(options: object): Iterator;
    createValueStream(options: object): AsyncIterable<unknown>;
  }
  const { create } = createRequire(import.meta.url)('dynalite/db') as { create(options: object): { db: Level } };
  const path = mkdtempSync(join(tmpdir(), 'dynamo-test-'));
  const { db } = create({ path });
  try {
    await db.open();
    for (const key of ['a', 'b', 'c']) await db.put(key, { key });
    closeIterators(db);
    const opened: Iterator[] = [];
    const values = db.values.bind(db);
    db.values = (options) => {
      const iterator = values(options);
      opened.push(iterator);
      return iterator;
    };
    const read: unknown[] = [];
    for await (const value of db.createValueStream({})) read.push(value);
    for await (const _ of db.createValueStream({})) break;
    expect(read).toEqual([{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
    expect(opened).toHaveLength(2);
    for (const iterator of opened)
      await expect(iterator.next()).rejects.toMatchObject({ code: 'LEVEL_ITERATOR_NOT_OPEN' });
  } finally {
    await db.close();
    rmSync(path, { recursive: true, force: true });
  }
});
