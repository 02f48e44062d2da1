import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clients, close, cloud, errorOf, open, raw } from './lab.ts';

beforeAll(open);
afterAll(close);

describe('S3 at the endpoint', () => {
  const Bucket = () => cloud.names.buckets.Outbox ?? '';
  const put = (Key: string, Body: string | Uint8Array, bucket = Bucket()) =>
    clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  const textOf = async (Key: string, more: { VersionId?: string; Range?: string } = {}, bucket = Bucket()) =>
    (await clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key, ...more }))).Body?.transformToString();

  it('keeps keys as they are: dots, doubled slashes, signs, Devanagari', async () => {
    const keys = ['keys/../up', 'keys//double', 'keys/+ %20 \'q" &<>.csv', 'keys/सूची.csv', 'keys/a?b#c'];
    for (const key of keys) await put(key, key);
    expect(await cloud.list(Bucket(), 'keys/')).toEqual([...keys].sort((a, b) => (a < b ? -1 : 1)));
    for (const key of keys) expect(await textOf(key)).toBe(key);
  });

  it('takes an empty object that is sent without a type', async () => {
    const sent = { method: 'PUT', service: 's3', headers: { 'content-length': '0' } };
    expect((await raw(`/${Bucket()}/empty.csv`, sent)).status).toBe(200);
    expect(await textOf('empty.csv')).toBe('');
  });

  it('keeps the versions of a bucket that is versioned, and only of such', async () => {
    const { Inbox: inbox = '' } = cloud.names.buckets;
    const first = await put('other/v.txt', 'one', inbox);
    const second = await put('other/v.txt', 'two', inbox);
    expect(first.VersionId).toMatch(/^v\d+$/);
    expect(second.VersionId).not.toBe(first.VersionId);
    expect(await textOf('other/v.txt', {}, inbox)).toBe('two');
    expect(await textOf('other/v.txt', { VersionId: first.VersionId ?? '' }, inbox)).toBe('one');
    expect((await put('v.txt', 'one')).VersionId).toBeUndefined();
    const missing = textOf('other/v.txt', { VersionId: 'v9' }, inbox);
    expect((await errorOf(missing))[0]).toBe('NoSuchVersion');
  });

  it('copies one version of an object', async () => {
    const { Inbox: inbox = '' } = cloud.names.buckets;
    const { VersionId } = await put('other/c.txt', 'old', inbox);
    await put('other/c.txt', 'new', inbox);
    const source = `${inbox}/other/c.txt?versionId=${VersionId}`;
    await clients.s3.send(new CopyObjectCommand({ Bucket: Bucket(), Key: 'c.txt', CopySource: source }));
    expect(await textOf('c.txt')).toBe('old');
  });

  it('gives a range, and NoSuchKey and NoSuchBucket by name', async () => {
    await put('range.txt', '0123456789');
    expect(await textOf('range.txt', { Range: 'bytes=2-4' })).toBe('234');
    expect((await errorOf(textOf('nothing.txt')))[0]).toBe('NoSuchKey');
    expect((await errorOf(textOf('x', {}, 'nobody')))[0]).toBe('NoSuchBucket');
    await clients.s3.send(new DeleteObjectCommand({ Bucket: Bucket(), Key: 'range.txt' }));
    expect((await errorOf(textOf('range.txt')))[0]).toBe('NoSuchKey');
  });

  it('takes an upload in parts, and refuses one of more than 11 MiB at once', async () => {
    const Key = 'parts.bin';
    const part = Buffer.alloc(5 * 1024 * 1024, 'a');
    const { UploadId } = await clients.s3.send(new CreateMultipartUploadCommand({ Bucket: Bucket(), Key }));
    const Parts = [];
    for (const [i, Body] of [part, Buffer.from('end')].entries()) {
      const { ETag } = await clients.s3.send(
        new UploadPartCommand({ Bucket: Bucket(), Key, UploadId, PartNumber: i + 1, Body }),
      );
      Parts.push({ PartNumber: i + 1, ETag });
    }
    await clients.s3.send(
      new CompleteMultipartUploadCommand({ Bucket: Bucket(), Key, UploadId, MultipartUpload: { Parts } }),
    );
    expect(await textOf(Key, { Range: 'bytes=5242878-' })).toBe('aaend');
    const [name, message] = await errorOf(put('large.bin', Buffer.alloc(11 * 1024 * 1024 + 1)));
    expect([name, message]).toEqual(['EntityTooLarge', expect.stringContaining('use a multipart upload')]);
  });

  // Recorded on AWS (LocalStack's test_s3_api.snapshot.json, test_s3_bucket_encryption_sse_kms, 2026-02-21): "test-encrypted",
  // whose MD5 is 16b66fb6…, put twice into a bucket under aws:kms has the ETags 88206b4e… and another one.
  it('gives equal bytes another ETag each time where the template encrypts under KMS, and their MD5 elsewhere', async () => {
    const { Inbox: inbox = '', Outbox: outbox = '' } = cloud.names.buckets;
    const md5 = `"${createHash('md5').update('test-encrypted').digest('hex')}"`;
    const tag = async (bucket: string) => (await put('tag.txt', 'test-encrypted', bucket)).ETag;
    expect([await tag(outbox), await tag(outbox)]).toEqual([md5, md5]);
    const [first, second] = [await tag(inbox), await tag(inbox)];
    expect(first).toMatch(/^"[0-9a-f]{32}"$/);
    expect(new Set([first, second, md5]).size).toBe(3);
    const list = await clients.s3.send(
      new ListObjectVersionsCommand({ Bucket: inbox, Prefix: 'tag.', EncodingType: 'url' }),
    );
    expect(list.Versions?.map(({ ETag }) => ETag)).toEqual([second, first]);
  });

  it('gives parts another ETag each time, too, and takes them by it', async () => {
    const { Inbox: Bucket = '' } = cloud.names.buckets;
    const Key = 'tags.bin';
    const { UploadId } = await clients.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const upload = async () => {
      const part = { Bucket, Key, UploadId, PartNumber: 1, Body: Buffer.from('x') };
      return (await clients.s3.send(new UploadPartCommand(part))).ETag;
    };
    const complete = async (ETag: string | undefined) => {
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      return clients.s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    };
    const [first, second] = [await upload(), await upload()];
    expect(first).not.toBe(second);
    expect((await errorOf(complete(first)))[0]).toBe('InvalidPart');
    expect((await complete(second)).ETag).toMatch(/^"[0-9a-f]{32}-1"$/);
  });

  // Recorded on AWS: LocalStack's test_s3.snapshot.json, test_s3_invalid_content_md5 and test_put_object_checksum, 2026-02-21.
  it.each([
    ['content-md5', 'not base64 encoded checksum', 'InvalidDigest'],
    ['content-md5', 'MTIz', 'InvalidDigest'],
    ['content-md5', 'Q3uTDbhLgHnC3YBKcZNrXw==', 'BadDigest'],
    ['content-md5', 'XUFAKrxLKna5cZ2REBfFkg==', 200],
    ['x-amz-checksum-crc32', 'no', 'InvalidRequest'],
    ['x-amz-checksum-crc32', 'AAAAAA==', 'BadDigest'],
    ['x-amz-checksum-crc32', 'NhCmhg==', 200],
    ['x-amz-checksum-crc32c', 'AAAAAA==', 'BadDigest'],
    ['x-amz-checksum-crc32c', 'mnG7TA==', 200],
    ['x-amz-checksum-crc64nvme', 'AAAAAAAAAAA=', 'BadDigest'],
    ['x-amz-checksum-crc64nvme', 'M3eFcAZSQlc=', 200],
    ['x-amz-checksum-sha1', '2jmj7l5rSw0yVb/vlWAYkK/YBwk=', 'BadDigest'],
    ['x-amz-checksum-sha256', 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=', 200],
    ['x-amz-checksum-md5', 'XUFAKrxLKna5cZ2REBfFkg==', 'NotImplemented'],
  ])('holds the bytes against %s: %s', async (header, value, expected) => {
    const put = { method: 'PUT', service: 's3', headers: { [header]: value }, body: 'hello' };
    const { status, text } = await raw(`/${Bucket()}/checked.txt`, put);
    expect(status === 200 ? status : /<Code>(.*)<\/Code>/.exec(text)?.[1]).toBe(expected);
  });

  it('holds each part, and what comes in chunks with its checksum behind it, against it', async () => {
    const { UploadId } = await clients.s3.send(new CreateMultipartUploadCommand({ Bucket: Bucket(), Key: 'part.bin' }));
    const part = { Bucket: Bucket(), Key: 'part.bin', UploadId, PartNumber: 1, Body: 'hello' };
    expect(
      (await errorOf(clients.s3.send(new UploadPartCommand({ ...part, ContentMD5: 'Q3uTDbhLgHnC3YBKcZNrXw==' }))))[0],
    ).toBe('BadDigest');
    const chunked = (checksum: string) =>
      raw(`/${Bucket()}/chunked.txt`, {
        method: 'PUT',
        service: 's3',
        headers: { 'content-encoding': 'aws-chunked', 'x-amz-trailer': 'x-amz-checksum-crc32' },
        body: `5\r\nhello\r\n0\r\nx-amz-checksum-crc32:${checksum}\r\n\r\n`,
      });
    expect((await chunked('AAAAAA==')).text).toContain('<Code>BadDigest</Code>');
    expect((await chunked('NhCmhg==')).status).toBe(200);
    expect(await textOf('chunked.txt')).toBe('hello');
  });

  // "The name for a key is a sequence of Unicode characters whose UTF-8 encoding is at most 1,024 bytes long."
  it('takes a key of 1,024 bytes and no longer one', async () => {
    await put(`${'k'.repeat(1021)}अ`, 'x');
    expect((await errorOf(put(`${'k'.repeat(1022)}अ`, 'x')))[0]).toBe('KeyTooLongError');
  });

  it('tells by the cloud’s clock when an object was put, in one piece or in parts', async () => {
    await put('dated.txt', 'x');
    const { UploadId } = await clients.s3.send(
      new CreateMultipartUploadCommand({ Bucket: Bucket(), Key: 'dated.bin' }),
    );
    const part = { Bucket: Bucket(), Key: 'dated.bin', UploadId, PartNumber: 1 };
    const { ETag } = await clients.s3.send(new UploadPartCommand({ ...part, Body: Buffer.from('x') }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await clients.s3.send(
      new CompleteMultipartUploadCommand({ Bucket: Bucket(), Key: 'dated.bin', UploadId, MultipartUpload }),
    );
    const { Contents = [] } = await clients.s3.send(new ListObjectsV2Command({ Bucket: Bucket(), Prefix: 'dated.' }));
    expect(Contents.map(({ LastModified }) => LastModified?.getTime())).toEqual([cloud.clock.now(), cloud.clock.now()]);
  });

  it('lists page by page, folders and files together, each once', async () => {
    for (const key of ['a.txt', 'b/1', 'b/2', 'c/1', 'd.txt', 'e/1', 'f/1']) await put(`pages/${key}`, 'x');
    const seen: string[] = [];
    let ContinuationToken: string | undefined;
    let pages = 0;
    do {
      const page = await clients.s3.send(
        new ListObjectsV2Command({ Bucket: Bucket(), Prefix: 'pages/', Delimiter: '/', MaxKeys: 3, ContinuationToken }),
      );
      seen.push(
        ...(page.Contents ?? []).map(({ Key = '' }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => Prefix),
      );
      ContinuationToken = page.NextContinuationToken;
      pages++;
    } while (ContinuationToken !== undefined && pages < 10);
    expect(seen.sort()).toEqual(['a.txt', 'b/', 'c/', 'd.txt', 'e/', 'f/'].map((key) => `pages/${key}`));
  });

  // "List results are always returned in UTF-8 binary order": U+1F600 has larger bytes than U+FF21, and smaller ones of UTF-16.
  it('lists keys in the order of their bytes', async () => {
    const keys = ['order/a', 'order/z', 'order/Ａ', 'order/😀'];
    for (const key of keys.toReversed()) await put(key, 'x');
    const listed = await cloud.list(Bucket(), 'order/');
    expect(listed).toEqual(keys);
    const after = new ListObjectsV2Command({ Bucket: Bucket(), Prefix: 'order/', StartAfter: 'order/Ａ' });
    expect((await clients.s3.send(after)).Contents?.map(({ Key }) => Key)).toEqual(['order/😀']);
  });

  it('lists versions page by page, of each key the newest first, deleted ones too', async () => {
    const { Inbox: inbox = '' } = cloud.names.buckets;
    const keys = ['versions/a +\u0001é.txt', 'versions/b.txt'] as const;
    const put1 = await put(keys[0], '1', inbox);
    const put2 = await put(keys[1], '22', inbox);
    const put3 = await put(keys[0], '333', inbox);
    const deleted = await clients.s3.send(new DeleteObjectCommand({ Bucket: inbox, Key: keys[1] }));
    expect(deleted.DeleteMarker).toBe(true);
    const seen: unknown[] = [];
    let from: { KeyMarker?: string; VersionIdMarker?: string } = {};
    do {
      const page = await clients.s3.send(
        new ListObjectVersionsCommand({
          Bucket: inbox,
          Prefix: 'versions/',
          EncodingType: 'url',
          MaxKeys: 1,
          ...from,
        }),
      );
      const [version] = page.Versions ?? [];
      const { Key = '', VersionId, IsLatest, LastModified } = version ?? page.DeleteMarkers?.[0] ?? {};
      seen.push([Key, VersionId, IsLatest, version?.Size, LastModified?.getTime() === cloud.clock.now()]);
      from = page.IsTruncated
        ? {
            KeyMarker: decodeURIComponent((page.NextKeyMarker ?? '').replaceAll('+', ' ')),
            VersionIdMarker: page.NextVersionIdMarker ?? '',
          }
        : {};
    } while (from.KeyMarker !== undefined && seen.length < 9);
    expect(seen).toEqual([
      ['versions/a+%2B%01%C3%A9.txt', put3.VersionId, true, 3, true],
      ['versions/a+%2B%01%C3%A9.txt', put1.VersionId, false, 1, true],
      ['versions/b.txt', deleted.VersionId, true, undefined, true],
      ['versions/b.txt', put2.VersionId, false, 2, true],
    ]);
    // S3 user guide, "Working with delete markers": a GET of one by its version is 405, and of its key 404.
    const { VersionId } = deleted;
    expect((await errorOf(textOf(keys[1], { VersionId }, inbox)))[0]).toBe('MethodNotAllowed');
    expect((await errorOf(textOf(keys[1], {}, inbox)))[0]).toBe('NoSuchKey');
    const put4 = await put(keys[1], '4444', inbox);
    const list = new ListObjectVersionsCommand({ Bucket: inbox, Prefix: keys[1], EncodingType: 'url' });
    const { Versions = [], DeleteMarkers = [] } = await clients.s3.send(list);
    expect(Versions.map((one) => [one.VersionId, one.IsLatest])).toEqual([
      [put4.VersionId, true],
      [put2.VersionId, false],
    ]);
    expect(DeleteMarkers.map((one) => [one.VersionId, one.IsLatest])).toEqual([[VersionId, false]]);
    const Delete = { Objects: [{ Key: keys[1], VersionId }] };
    expect((await errorOf(clients.s3.send(new DeleteObjectsCommand({ Bucket: inbox, Delete }))))[0]).toBe(
      'NotImplemented',
    );
  });

  it('takes an upload of the type that other services’ requests have', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status } = await raw(`/${Bucket()}/form.csv`, {
      method: 'PUT',
      service: 's3',
      headers,
      body: 'Action=Publish',
    });
    expect([status, await textOf('form.csv')]).toEqual([200, 'Action=Publish']);
  });
});
