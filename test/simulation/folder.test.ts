import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandError } from '../../lib/commands/command-line.ts';
import { OutFolder } from '../../simulation/folder.ts';
import { FakeCloud } from './fake-cloud.ts';

let root = '';
const at = (...parts: string[]) => join(root, ...parts);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'folder-'));
});
afterEach(() => rmSync(root, { recursive: true }));

async function cloudWith(objects: Record<string, string>): Promise<FakeCloud> {
  const cloud = new FakeCloud(0);
  for (const [path, text] of Object.entries(objects)) {
    const [bucket = '', ...key] = path.split('/');
    await cloud.put(bucket, key.join('/'), text);
  }
  return cloud;
}
const pages = (paths: readonly string[]) =>
  new Map([
    ['index.html', paths.toSorted().join('\n')],
    ...paths.filter((path) => path.includes('many')).map((path): [string, string] => ['files/receipts-1.html', path]),
  ]);
const save = async (objects: Record<string, string>, out = at('out')) =>
  new OutFolder(out).save(await cloudWith(objects), { operations: {} }, () => {}, { pages });

describe('the folder of a run', () => {
  it('holds the buckets under their keys, and run.json', async () => {
    await save({ "inbox/reports/mha/+ %20 'क.csv": 'a', 'outbox/orders/jio/d/1-block.csv': 'b' });
    expect(readFileSync(at('out', 'inbox', 'reports', 'mha', "+ %20 'क.csv"), 'utf8')).toBe('a');
    expect(readFileSync(at('out', 'outbox', 'orders', 'jio', 'd', '1-block.csv'), 'utf8')).toBe('b');
    expect(readdirSync(at('out')).sort()).toEqual([
      'audit',
      'executions',
      'inbox',
      'index.html',
      'logs',
      'outbox',
      'run.json',
    ]);
  });

  it('has a page, made of the paths of all its files', async () => {
    await save({ 'inbox/reports/mha/a.csv': 'a', 'outbox/orders/jio/d/1-block.csv': 'b' });
    expect(readFileSync(at('out', 'index.html'), 'utf8')).toBe(
      'inbox/reports/mha/a.csv\noutbox/orders/jio/d/1-block.csv\nrun.json',
    );
  });

  it('has a folder of further pages where there are some, and none from an earlier run', async () => {
    await save({ 'inbox/many.csv': 'a' });
    expect(readFileSync(at('out', 'files', 'receipts-1.html'), 'utf8')).toBe('inbox/many.csv');
    await save({ 'inbox/few.csv': 'a' });
    expect(readdirSync(at('out'))).not.toContain('files');
  });

  it('replaces an earlier run’s whole, and leaves other files alone', async () => {
    await save({ 'inbox/old.csv': 'old' });
    writeFileSync(at('out', 'notes.txt'), 'mine');
    await save({ 'inbox/new.csv': 'new' });
    expect(readdirSync(at('out', 'inbox'))).toEqual(['new.csv']);
    expect(readdirSync(at('out')).sort()).toEqual([
      'audit',
      'executions',
      'inbox',
      'index.html',
      'logs',
      'notes.txt',
      'outbox',
      'run.json',
    ]);
  });

  it('keeps an earlier run’s when the new one can’t be written', async () => {
    await save({ 'inbox/old.csv': 'old' });
    const cloud = await cloudWith({ 'inbox/new.csv': 'new' });
    cloud.get = () => Promise.reject(new Error('gone'));
    await expect(new OutFolder(at('out')).save(cloud, { operations: {} }, () => {}, { pages })).rejects.toThrow('gone');
    expect(readdirSync(at('out', 'inbox'))).toEqual(['old.csv']);
    expect(readdirSync(at('out')).sort()).toEqual([
      'audit',
      'executions',
      'inbox',
      'index.html',
      'logs',
      'outbox',
      'run.json',
    ]);
  });

  it('shortens a name that no folder takes, and keeps two such names apart', async () => {
    const long = 'क'.repeat(85);
    await save({ [`outbox/receipts/${long}.a.json`]: 'a', [`outbox/receipts/${long}.b.json`]: 'b' });
    const names = readdirSync(at('out', 'outbox', 'receipts'));
    expect(names).toHaveLength(2);
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  });

  it('writes no key outside its bucket’s folder, whatever its parts are', async () => {
    const keys = ['../up.csv', 'a/../../../../far/up.csv', 'a/./here.csv', '/rooted.csv', 'a//double.csv', 'b/..', '.'];
    await save(Object.fromEntries(keys.map((key) => [`outbox/${key}`, `content of ${key}`])));
    // Whatever a path leads to, all that was written stands below the bucket's folder, each key once.
    expect(readdirSync(root)).toEqual(['out']);
    expect(readdirSync(at('out')).sort()).toEqual([
      'audit',
      'executions',
      'inbox',
      'index.html',
      'logs',
      'outbox',
      'run.json',
    ]);
    const files = readdirSync(at('out', 'outbox'), { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
    const contents = files.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'));
    expect(contents.sort()).toEqual(keys.map((key) => `content of ${key}`).sort());
  });

  it('keeps a key with an empty part from the one without it', async () => {
    await save({ 'outbox/a//b.csv': 'two slashes', 'outbox/a/b.csv': 'one slash' });
    expect(readFileSync(at('out', 'outbox', 'a', 'b.csv'), 'utf8')).toBe('one slash');
    expect(readdirSync(at('out', 'outbox', 'a'))).toHaveLength(2);
  });

  it('holds a run from the moment on that it is saved', async () => {
    const folder = new OutFolder(at('some', 'where'));
    expect(folder.place).toBeUndefined();
    const { get } = FakeCloud.prototype;
    const cloud = await cloudWith({ 'inbox/a.csv': 'a' });
    cloud.get = (...of) => {
      expect(folder.place).toBeUndefined();
      return get.apply(cloud, of);
    };
    await folder.save(cloud, { operations: {} }, () => {}, { pages });
    expect(folder.place).toBe(at('some', 'where'));
  });

  it('is gone again, with the folders made for it, where nothing was saved in it', async () => {
    new OutFolder(at('some', 'where')).discard();
    expect(readdirSync(root)).toEqual([]);
    const cloud = await cloudWith({ 'inbox/a.csv': 'a' });
    cloud.get = () => Promise.reject(new Error('gone'));
    await expect(new OutFolder(at('some', 'where')).save(cloud, {}, () => {}, { pages })).rejects.toThrow('gone');
    expect(readdirSync(root)).toEqual([]);
  });

  it('puts nothing in place once it is discarded, and leaves what was there', async () => {
    await save({ 'inbox/old.csv': 'old' });
    const folder = new OutFolder(at('out'));
    const cloud = await cloudWith({ 'inbox/new.csv': 'new' });
    const discarded = folder.save(cloud, { operations: {} }, () => folder.discard(), { pages });
    await expect(discarded).rejects.toThrow();
    expect(folder.place).toBeUndefined();
    expect(readdirSync(at('out', 'inbox'))).toEqual(['old.csv']);
    expect(readdirSync(at('out')).sort()).toEqual([
      'audit',
      'executions',
      'inbox',
      'index.html',
      'logs',
      'outbox',
      'run.json',
    ]);
  });

  it('is not saved where a run could not be put in its place, and keeps what was there', async () => {
    await save({ 'inbox/old.csv': 'old' });
    const cloud = await cloudWith({ 'audit/chain.jsonl': 'entry' });
    const folder = new OutFolder(at('out'));
    // The third of what is to be moved is gone: the moves before it are undone.
    const failing = folder.save(
      cloud,
      { operations: {} },
      () => {
        const staging = readdirSync(at('out')).find((entry) => entry.startsWith('.run-')) ?? '';
        rmSync(at('out', staging, 'audit'), { recursive: true });
      },
      { pages },
    );
    await expect(failing).rejects.toThrow('ENOENT: no such file or directory, rename');
    expect(folder.place).toBeUndefined();
    expect(readdirSync(at('out', 'inbox'))).toEqual(['old.csv']);
    expect(readdirSync(at('out')).sort()).toEqual([
      'audit',
      'executions',
      'inbox',
      'index.html',
      'logs',
      'outbox',
      'run.json',
    ]);
  });

  it('takes a failed run where there is no earlier one, and is as it was where there is one', async () => {
    const failed = { failed: true };
    const cloud = await cloudWith({ 'outbox/rejects/mha/r.csv': 'refused' });
    const first = new OutFolder(at('fresh'));
    await first.save(cloud, { operations: {} }, () => {}, { ...failed, pages });
    expect(first.place).toBe(at('fresh'));
    expect(readFileSync(at('fresh', 'outbox', 'rejects', 'mha', 'r.csv'), 'utf8')).toBe('refused');

    await save({ 'inbox/old.csv': 'old' });
    const second = new OutFolder(at('out'));
    await second.save(cloud, { operations: {} }, () => {}, { ...failed, pages });
    expect(readdirSync(at('out')).sort()).toEqual([
      'audit',
      'executions',
      'inbox',
      'index.html',
      'logs',
      'outbox',
      'run.json',
    ]);
    expect(readdirSync(at('out', 'inbox'))).toEqual(['old.csv']);
    const { place = '' } = second;
    expect(dirname(place)).toBe(tmpdir());
    expect(readFileSync(join(place, 'outbox', 'rejects', 'mha', 'r.csv'), 'utf8')).toBe('refused');
    expect(readdirSync(place).sort()).toEqual([
      'audit',
      'executions',
      'inbox',
      'index.html',
      'logs',
      'outbox',
      'run.json',
    ]);
    rmSync(place, { recursive: true });
  });

  it('tells where a run could not be saved, whatever stood in the way', async () => {
    const cloud = await cloudWith({ 'inbox/a.csv': 'a' });
    cloud.get = () => Promise.reject(new Error('ENOSPC: no space left on device, write'));
    const saving = new OutFolder(at('out')).save(cloud, { operations: {} }, () => {}, { pages });
    await expect(saving).rejects.toThrow(`saved in ${at('out')}: ENOSPC: no space left on device, write`);
  });

  it('is refused before the run where nothing can be made in it, though its rights would allow it', () => {
    // The root may write into any folder of /proc, and yet nothing can be made there.
    expect(() => new OutFolder('/proc/out')).toThrow(CommandError);
    expect(() => new OutFolder('/proc/out/below')).toThrow(
      /^--out \/proc\/out\/below: \/proc can't be written \(E[A-Z]+\)$/,
    );
    expect(() => new OutFolder('/proc')).toThrow(/^--out \/proc: \/proc can't be written \(\w+\)$/);
  });

  it('is one run’s at a time: another is refused at the start, and one that was killed keeps nobody out', async () => {
    const library = pathToFileURL(fileURLToPath(new URL('../../simulation/folder.ts', import.meta.url))).href;
    const source = `
      import { OutFolder } from '${library}';
      globalThis.folder = new OutFolder(${JSON.stringify(at('out'))});
      console.log('held');
      setInterval(() => {}, 1000);
    `;
    await save({ 'inbox/old.csv': 'old' });
    const other = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    expect(() => new OutFolder(at('out'))).toThrow(CommandError);
    expect(() => new OutFolder(at('out'))).toThrow(/another run is under way there/);
    expect(readdirSync(at('out', 'inbox'))).toEqual(['old.csv']);

    other.kill('SIGKILL');
    await once(other, 'exit');
    // What it left is there, and in nobody's way.
    expect(existsSync(at('out', '.lock'))).toBe(true);
    await save({ 'inbox/new.csv': 'new' });
    expect(readdirSync(at('out')).sort()).toEqual([
      'audit',
      'executions',
      'inbox',
      'index.html',
      'logs',
      'outbox',
      'run.json',
    ]);
    expect(readdirSync(at('out', 'inbox'))).toEqual(['new.csv']);
  });

  it('is refused where a file is in the way', () => {
    writeFileSync(at('file'), '');
    expect(() => new OutFolder(at('file'))).toThrow(CommandError);
    expect(() => new OutFolder(at('file', 'below'))).toThrow(/--out .*is not a folder/);
  });

  it('is refused where a run would replace a folder of further pages that holds anything else', async () => {
    await save({ 'inbox/many.csv': 'a' });
    await save({ 'inbox/many.csv': 'b' });
    writeFileSync(at('out', 'files', '.DS_Store'), 'of a file manager');
    await save({ 'inbox/many.csv': 'c' });
    for (const name of ['mine.txt', 'minutes-2026.html', 'receipts.html']) {
      writeFileSync(at('out', 'files', name), 'mine');
      expect(() => new OutFolder(at('out'))).toThrow(/its 'files' was not made by an earlier run/);
      expect(readFileSync(at('out', 'files', name), 'utf8')).toBe('mine');
      rmSync(at('out', 'files', name));
    }
    mkdirSync(at('out', 'files', 'receipts-2.html'));
    expect(() => new OutFolder(at('out'))).toThrow(/its 'files' was not made by an earlier run/);
  });

  it.each(['audit', 'executions', 'files', 'inbox', 'index.html', 'logs', 'outbox', 'run.json'])(
    'is refused where it would replace a %s that no run made',
    (name) => {
      if (name === 'run.json') writeFileSync(at(name), '{"mine":true}');
      else mkdirSync(at(name));
      expect(() => new OutFolder(root)).toThrow(CommandError);
    },
  );
});
