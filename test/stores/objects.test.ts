import { createHash } from 'node:crypto';
import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { LocalCloud } from 'local-cloud';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Instant, instantOf } from '../../lambdas/domain/days.ts';
import type { AgencyId } from '../../lambdas/domain/identifiers.ts';
import { closeStores, collected, INBOX, OUTBOX, openStores, streamOf } from './lab.ts';

const HOUR = 3_600_000;

let cloud: LocalCloud;
let objects: typeof import('../../lambdas/stores/objects.ts');
let listings: typeof import('../../lambdas/stores/listings.ts');
let readResults: typeof import('../../lambdas/stores/map-results.ts')['readResults'];
let s3: typeof import('../../lambdas/stores/clients.ts')['s3'];
beforeAll(async () => {
  cloud = await openStores();
  objects = await import('../../lambdas/stores/objects.ts');
  listings = await import('../../lambdas/stores/listings.ts');
  ({ readResults } = await import('../../lambdas/stores/map-results.ts'));
  ({ s3 } = await import('../../lambdas/stores/clients.ts'));
});
afterAll(() => closeStores(cloud));

const place = (key: string) => ({ bucket: OUTBOX, key });
const head = (key: string) => s3.send(new HeadObjectCommand({ Bucket: OUTBOX, Key: key }));
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

describe('listing versions', () => {
  it('gives all of them over many pages, each once, of a key the newest first, deleted ones too', async () => {
    const keys = ['versions/a +\u0001é.csv', 'versions/b.csv', 'versions/c.csv'];
    // More than a page of the first key, so that the second page begins among its versions.
    for (let n = 0; n < 1003; n++) await cloud.put(INBOX, keys[0] ?? '', String(n));
    await cloud.put(INBOX, keys[1] ?? '', 'deleted');
    await cloud.put(INBOX, keys[2] ?? '', 'ccc');
    await s3.send(new DeleteObjectCommand({ Bucket: INBOX, Key: keys[1] }));
    const listed = await collected(listings.listVersions({ bucket: INBOX, key: 'versions/' }));
    expect(listed.map(({ key }) => key)).toEqual([...Array(1003).fill(keys[0]), keys[1], keys[2]]);
    expect(new Set(listed.map(({ versionId }) => versionId)).size).toBe(1005);
    const text = async ({ key, versionId }: { key: string; versionId: string }) =>
      objects.readText({ bucket: INBOX, key, versionId });
    for (const n of [0, 999, 1000, 1002])
      expect(await text(listed[n] as { key: string; versionId: string })).toBe(String(1002 - n));
    expect(listed.at(-1)).toMatchObject({ size: 3 });
    expect(await collected(listings.listVersions({ bucket: INBOX, key: 'versions/d' }))).toEqual([]);
  });
});

describe("a batch's report, as it was uploaded", () => {
  const file = 'reports/mha/june.csv';
  const row = (n: number) => `imei,case_ref\n3500000000000${n},FIR-${n}\n`;
  const readRefs = async (text: string, uploadedAt: Instant, bounds = {}) => {
    const { readReport } = await import('../../lambdas/stores/reports.ts');
    const read: string[][] = [];
    const begin = () => {
      const taken: string[] = [];
      read.push(taken);
      return { taken, take: ({ caseRef }: { caseRef: string }) => void taken.push(caseRef) };
    };
    const batch = { agency: 'mha' as AgencyId, file, sha256: sha256(text), uploadedAt };
    const found = await readReport({ inbox: INBOX, forms: {} }, batch, begin, bounds);
    return { found, read };
  };

  it('is found among the versions of its key by its bytes: that of its instant is read first, and so many and so large ones only', async () => {
    const at = cloud.clock.now() + HOUR;
    for (const [n, text] of [row(1), row(2), 'imei\n"', row(3), `${row(4)}${'\n'.repeat(100)}`].entries()) {
      await cloud.run(at + n * HOUR);
      await cloud.put(INBOX, file, text);
    }
    await cloud.put(INBOX, `${file}.csv`, row(1));
    const hour = (n: number) => instantOf(at + n * HOUR);
    expect(await readRefs(row(2), hour(1))).toEqual({ found: ['FIR-2'], read: [['FIR-2']] });
    // One that can't be read to its end is another one.
    expect(await readRefs(row(3), hour(2))).toEqual({ found: ['FIR-3'], read: expect.any(Array) });
    expect((await readRefs(row(1), hour(2), { versions: 2 })).found).toBeUndefined();
    expect((await readRefs(row(9), hour(4))).read).toHaveLength(5);
    expect((await readRefs(row(9), hour(4), { bytes: 100 })).read).toHaveLength(4);
  });
});

describe('replacing an object', () => {
  it('is done over the one that was read, or where there was none, and else says so and leaves it', async () => {
    const key = place('batches/mha-0123456789ab/status.json');
    const write = (text: string, read?: { text: string; tag: string }) => objects.replaceObject(key, text, read);
    const there = async () => (await objects.readTagged(OUTBOX, key.key))[0];
    expect(await there()).toBeUndefined();
    expect(await write('first')).toBe(true);
    expect(await write('none was there')).toBe(false);
    const first = await there();
    expect(first?.text).toBe('first');
    expect(await write('second', first)).toBe(true);
    // The same bytes as those that were read are another object by now.
    expect(await write('late', first)).toBe(false);
    expect(await objects.readText(key)).toBe('second');
    await s3.send(new DeleteObjectCommand({ Bucket: OUTBOX, Key: key.key }));
    expect(await write('over what is gone', first)).toBe(false);
    expect(await there()).toBeUndefined();
  });
});

describe('reading objects with their tags', () => {
  it('asks for the list once, and takes nothing else that begins alike', async () => {
    const write = (name: string) => objects.writeObject(place(`tagged/${name}`), name);
    await Promise.all(['status.html', 'status.json.old', 'status'].map(write));
    const read = await objects.readTagged(OUTBOX, 'tagged/status.json', 'tagged/status.html');
    expect(read.map((there) => there?.text)).toEqual([undefined, 'status.html']);
    await write('status.json');
    const [json, html, none] = await objects.readTagged(OUTBOX, 'tagged/status.json', 'tagged/status.html', 'tagged/x');
    expect([json?.text, html?.text, none]).toEqual(['status.json', 'status.html', undefined]);
    expect(json?.tag).not.toBe(html?.tag);
  });
});

describe('reading an object that may not be there', () => {
  it('gives its text, nothing where there is none, and what comes to be there while it is asked for', async () => {
    const where = place('perhaps/status.json');
    expect(await objects.readTextIfThere(where)).toBeUndefined();
    const send = s3.send.bind(s3) as (command: object) => Promise<never>;
    // Read before it was written, and listed after that.
    vi.spyOn(s3, 'send').mockImplementationOnce(async (command) => {
      const read = send(command);
      await read.catch(() => undefined);
      await objects.writeObject(where, 'written meanwhile');
      return read;
    });
    expect(await objects.readTextIfThere(where)).toBe('written meanwhile');
    vi.restoreAllMocks();
    expect(await objects.readTextIfThere(where)).toBe('written meanwhile');
  });
});

describe('reading objects', () => {
  it('gives bytes, text and lines as they were written', async () => {
    const text = 'imei,reported_on\n35693803564380,2026-05-20\nसूची,\n';
    await objects.writeObject(place('read/a.csv'), text);
    expect(await objects.readText(place('read/a.csv'))).toBe(text);
    expect(await objects.readBytes(place('read/a.csv'))).toEqual(Buffer.from(text));
    expect(await collected(objects.readLines(place('read/a.csv')))).toEqual([
      'imei,reported_on',
      '35693803564380,2026-05-20',
      'सूची,',
    ]);
  });

  it('gives the lines of a text in blocks of any size, each once', async () => {
    const lines = Array.from({ length: 50 }, (_, n) => 'x'.repeat(n % 7) + n);
    const text = lines.map((line) => `${line}\n`).join('');
    await objects.writeObject(place('read/blocks.csv'), text);
    for (const block of [1, 3, 64, text.length, 10_000]) {
      const blocks = await collected(objects.readLineBlocks(place('read/blocks.csv'), text.length, block));
      expect(blocks.flat()).toEqual(lines);
      expect(blocks).toHaveLength(Math.ceil(text.length / block));
    }
    await objects.writeObject(place('read/no end.csv'), 'a\nb');
    expect((await collected(objects.readLineBlocks(place('read/no end.csv'), 3, 2))).flat()).toEqual(['a', 'b']);
    expect(await collected(objects.readLineBlocks(place('read/nothing.csv'), 0, 2))).toEqual([]);
  });

  it('gives the lines of a range as they arrive, each once, whatever chunks cut them', async () => {
    // Characters of three bytes each: more than one chunk of what arrives, so that one is cut within a character.
    const lines = Array.from({ length: 5000 }, (_, n) => `${'सूची'.repeat(n % 9)}${n}`);
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const key = place('read/range.tsv');
    await objects.writeObject(key, Buffer.concat([Buffer.from('before\n'), bytes, Buffer.from('after\n')]));
    const range = { start: 7, end: 7 + bytes.length };
    const blocks = await collected(objects.readTextLines(key, range));
    expect(blocks.length).toBeGreaterThan(1);
    expect(blocks.flat()).toEqual(lines);
    expect((await collected(objects.readTextLines(key, { start: 0, end: range.end + 3 }))).flat()).toEqual([
      'before',
      ...lines,
      'aft',
    ]);
  });

  it('gives the lines of any ends, and none for an empty object', async () => {
    await objects.writeObject(place('read/ends'), 'a\r\nb\n\nc');
    expect(await collected(objects.readLines(place('read/ends')))).toEqual(['a', 'b', '', 'c']);
    await objects.writeObject(place('read/empty'), '');
    expect(await collected(objects.readLines(place('read/empty')))).toEqual([]);
    expect(await objects.readText(place('read/empty'))).toBe('');
  });

  it('gives nothing of an object with more bytes than its reader takes', async () => {
    await objects.writeObject(place('read/large'), '0123456789');
    expect(Buffer.concat(await collected(objects.readChunks(place('read/large'), { most: 10 }))).toString()).toBe(
      '0123456789',
    );
    await expect(collected(objects.readChunks(place('read/large'), { most: 9 }))).rejects.toBeInstanceOf(
      objects.TooLarge,
    );
  });

  it('gives a slice and a range of bytes, and tells one that came short', async () => {
    await objects.writeObject(place('read/slice'), '0123456789');
    expect(await objects.readSlice(place('read/slice'), 3, 4)).toBe('3456');
    await expect(objects.readSlice(place('read/slice'), 8, 4)).rejects.toThrow('a slice of 4 bytes came with 2');
    const range = async (start?: number, end?: number) =>
      (await objects.readBytes(place('read/slice'), { start, end } as { start?: number; end?: number })).toString();
    expect([await range(0, 3), await range(7), await range(2, 3), await range()]).toEqual([
      '012',
      '789',
      '2',
      '0123456789',
    ]);
  });

  it('gives the version that is asked for, whatever stands there by now', async () => {
    const at = { bucket: INBOX, key: 'reports/mha/r.csv' };
    await objects.writeObject(at, 'first');
    const { VersionId: versionId } = await s3.send(new HeadObjectCommand({ Bucket: at.bucket, Key: at.key }));
    await objects.writeObject(at, 'second');
    expect(await objects.readText({ ...at, versionId })).toBe('first');
    expect(await objects.readText(at)).toBe('second');
  });

  it('fails with NoSuchKey for an object that is not there', async () => {
    const missing = place('read/missing');
    const error = expect.objectContaining({ name: 'NoSuchKey' });
    await expect(objects.readText(missing)).rejects.toThrow(error);
    await expect(collected(objects.readLines(missing))).rejects.toThrow(error);
    await expect(objects.copyObject(missing, place('read/copy'))).rejects.toThrow(error);
  });

  it('gives a large object in chunks', async () => {
    const bytes = Buffer.alloc(9 * 1024 * 1024, 'abcdefg');
    await objects.writeObject(place('read/large'), bytes);
    const chunks = await collected(objects.readChunks(place('read/large')));
    expect(chunks.length).toBeGreaterThan(10);
    expect(sha256(Buffer.concat(chunks))).toBe(sha256(bytes));
  });
});

describe('writing objects', () => {
  it('gives each its content type by its name', async () => {
    const types = {
      'a.csv': 'text/csv; charset=utf-8',
      'b.json': 'application/json',
      'c.jsonl': 'application/x-ndjson',
      'd.tsv': 'text/tab-separated-values; charset=utf-8',
      e: 'application/octet-stream',
    };
    for (const [name, type] of Object.entries(types)) {
      await objects.writeObject(place(`types/${name}`), 'x');
      expect([name, (await head(`types/${name}`)).ContentType]).toEqual([name, type]);
      await objects.writeStream(place(`types/${name}`), streamOf('x'));
      expect([name, (await head(`types/${name}`)).ContentType]).toEqual([name, type]);
    }
  });

  it('streams a small text as one object', async () => {
    await objects.writeStream(place('stream/small.csv'), streamOf('a,b\n', '1,2\n', ''));
    expect(await objects.readText(place('stream/small.csv'))).toBe('a,b\n1,2\n');
    expect((await head('stream/small.csv')).ETag).not.toContain('-');
  });

  it('streams no text as an empty object', async () => {
    await objects.writeStream(place('stream/empty.csv'), streamOf<string>());
    expect(await objects.readText(place('stream/empty.csv'))).toBe('');
  });

  it('streams text and tells the SHA-256 of its bytes', async () => {
    const sha256 = await objects.writeHashed(place('stream/hashed.csv'), ['msisdn\n', 'सूची\n']);
    const bytes = await objects.readBytes(place('stream/hashed.csv'));
    expect(bytes.toString()).toBe('msisdn\nसूची\n');
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('streams a large text in parts of 8 MiB, characters of several bytes and all', async () => {
    const line = `${'सूची,'.repeat(20)}\n`;
    const lines = Math.ceil((17 * 1024 * 1024) / Buffer.byteLength(line));
    async function* text(): AsyncGenerator<string> {
      for (let i = 0; i < lines; i++) yield line;
    }
    await objects.writeStream(place('stream/large.csv'), text());
    const { ETag, ContentLength } = await head('stream/large.csv');
    // An object of parts says in its ETag how many it has.
    expect(ETag).toMatch(/-3"$/);
    expect(ContentLength).toBe(lines * Buffer.byteLength(line));
    const read = createHash('sha256');
    for await (const chunk of objects.readChunks(place('stream/large.csv'))) read.update(chunk);
    expect(read.digest('hex')).toBe(sha256(line.repeat(lines)));
  });

  it.each([
    ['before its first part', 10],
    ['in the midst of its parts', 9 * 1024],
  ])('writes nothing when the text fails %s, and fails with its error', async (_when, kilobytes) => {
    async function* broken(): AsyncGenerator<string> {
      for (let i = 0; i < kilobytes; i++) yield 'x'.repeat(1024);
      throw new RangeError('the text ends here');
    }
    const key = `stream/broken-${kilobytes}`;
    await expect(objects.writeStream(place(key), broken())).rejects.toThrow(new RangeError('the text ends here'));
    await expect(head(key)).rejects.toThrow(expect.objectContaining({ name: 'NotFound' }));
  });
});

describe('copying objects', () => {
  it('publishes the same bytes, again and again, under names of all kinds', async () => {
    for (const name of ['+ %20 \'q" &.csv', 'सूची.csv', 'a?b#c', 'a//b']) {
      await objects.writeObject({ bucket: INBOX, key: `prepared/${name}` }, name);
      for (let time = 0; time < 2; time++) {
        await objects.copyObject({ bucket: INBOX, key: `prepared/${name}` }, place(`published/${name}`));
        expect(await objects.readText(place(`published/${name}`))).toBe(name);
      }
    }
  });

  it('keeps the content type', async () => {
    await objects.writeObject(place('copy/a.csv'), 'x');
    await objects.copyObject(place('copy/a.csv'), place('copy/b'));
    expect((await head('copy/b')).ContentType).toBe('text/csv; charset=utf-8');
  });
});

describe('the results of a Map Run', () => {
  const written = { ResultWriterDetails: { Bucket: OUTBOX, Key: 'run/manifest.json' } };
  const manifest = (keys: string[]) =>
    objects.writeObject(
      place('run/manifest.json'),
      JSON.stringify({
        DestinationBucket: OUTBOX,
        MapRunArn: 'arn',
        ResultFiles: { FAILED: [], PENDING: [], SUCCEEDED: keys.map((Key) => ({ Key, Size: 1 })) },
      }),
    );

  const numbered = z.object({ n: z.number() });

  it('are the lines of all its files, in their order', async () => {
    await objects.writeObject(place('run/SUCCEEDED_0.jsonl'), '{"n":1}\n{"n":2}\n');
    await objects.writeObject(place('run/SUCCEEDED_1.jsonl'), '{"n":3}\n\n');
    await manifest(['run/SUCCEEDED_0.jsonl', 'run/SUCCEEDED_1.jsonl']);
    expect(await collected(readResults(written, numbered))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('are none where no child succeeded', async () => {
    await manifest([]);
    expect(await collected(readResults(written, numbered))).toEqual([]);
  });

  it('fail where a file or the manifest is not there', async () => {
    await manifest(['run/nothing.jsonl']);
    await expect(collected(readResults(written, numbered))).rejects.toThrow(
      expect.objectContaining({ name: 'NoSuchKey' }),
    );
    const nowhere = { ResultWriterDetails: { Bucket: OUTBOX, Key: 'run/nowhere.json' } };
    await expect(collected(readResults(nowhere, numbered))).rejects.toThrow(
      expect.objectContaining({ name: 'NoSuchKey' }),
    );
  });
});
