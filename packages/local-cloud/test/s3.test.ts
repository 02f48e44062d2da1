import { describe, expect, it } from 'vitest';
import { AwsError } from '../src/errors.ts';
import { recognise } from '../src/s3/request.ts';

const PATH = '/inbox/reports/mha/r.csv';
const request = (method: string, target: string, headers: Record<string, string> = {}) => {
  const [path = '', query = ''] = target.split('?');
  return recognise(method, path, new URLSearchParams(query), headers);
};
const COPY = { 'x-amz-copy-source': 'work/prepared.csv' };

describe('a request of S3', () => {
  it.each<[action: string, method: string, target: string, headers?: Record<string, string>]>([
    ['ListBuckets', 'GET', '/'],
    ['ListObjects', 'GET', '/inbox?prefix=reports/&delimiter=/&max-keys=5&marker=a'],
    ['ListObjectsV2', 'GET', '/inbox?list-type=2&prefix=reports/&continuation-token=x&encoding-type=url'],
    ['ListObjectVersions', 'GET', '/inbox?versions&prefix=reports/&encoding-type=url&key-marker=a&version-id-marker=v'],
    ['GetBucketLocation', 'GET', '/inbox?location'],
    ['GetBucketVersioning', 'GET', '/inbox/?versioning='],
    ['HeadBucket', 'HEAD', '/inbox'],
    ['CreateBucket', 'PUT', '/inbox'],
    ['DeleteBucket', 'DELETE', '/inbox'],
    ['DeleteObjects', 'POST', '/inbox?delete'],
    ['GetObject', 'GET', `${PATH}?versionId=v1&x-id=GetObject`],
    ['GetObject', 'GET', `${PATH}?X-Amz-Credential=x&X-Amz-Signature=y`],
    ['GetObjectAttributes', 'GET', `${PATH}?attributes`],
    ['HeadObject', 'HEAD', PATH],
    ['PutObject', 'PUT', PATH],
    ['CopyObject', 'PUT', PATH, COPY],
    ['DeleteObject', 'DELETE', PATH],
    ['CreateMultipartUpload', 'POST', `${PATH}?uploads`],
    ['UploadPart', 'PUT', `${PATH}?partNumber=1&uploadId=u`],
    ['UploadPartCopy', 'PUT', `${PATH}?partNumber=1&uploadId=u`, COPY],
    ['CompleteMultipartUpload', 'POST', `${PATH}?uploadId=u`],
    ['AbortMultipartUpload', 'DELETE', `${PATH}?uploadId=u`],
  ])('is recognised as %s', (action, method, target, headers) => {
    expect(request(method, target, headers).action).toBe(action);
  });

  it.each([
    ['reports/mha/r.csv', 'reports/mha/r.csv'],
    ['a%20b%2Bc+d%25.csv', 'a b+c+d%.csv'],
    ['%E0%A4%B8%E0%A5%82%E0%A4%9A%E0%A5%80.csv', 'सूची.csv'],
    ['a//b', 'a//b'],
    ['../up', '../up'],
    ['a%2F..%2Fb', 'a/../b'],
    ['\'quotes"', '\'quotes"'],
  ])('names the key of %s as it was meant: %s', (path, key) => {
    expect(request('PUT', `/inbox/${path}`)).toMatchObject({ bucket: 'inbox', key });
  });

  it.each<[what: string, method: string, target: string, headers?: Record<string, string>]>([
    ["the local cloud's S3 has no PutObject ?acl", 'PUT', `${PATH}?acl`],
    ["the local cloud's S3 has no GetObject ?tagging", 'GET', `${PATH}?tagging`],
    ["the local cloud's S3 has no ListObjects ?lifecycle", 'GET', '/inbox?lifecycle'],
    ["the local cloud's S3 has no ListObjectVersions ?delimiter", 'GET', '/inbox?versions&delimiter=/'],
    ["the local cloud's S3 has no PutObject ?renameObject", 'PUT', `${PATH}?renameObject`],
    ["the local cloud's S3 has no DeleteObject ?versionId", 'DELETE', `${PATH}?versionId=v1`],
    ["the local cloud's S3 has no POST of a bucket", 'POST', '/inbox'],
    ["the local cloud's S3 has no POST of an object", 'POST', PATH],
    ["the local cloud's S3 has no PATCH of an object", 'PATCH', PATH],
    ["the local cloud's S3 has no if-none-match for PutObject", 'PUT', PATH, { 'if-none-match': '"x"' }],
    ["the local cloud's S3 has no if-none-match for CopyObject", 'PUT', PATH, { ...COPY, 'if-none-match': '*' }],
    ["the local cloud's S3 has no if-match for PutObject", 'PUT', PATH, { 'if-match': '*' }],
    ["the local cloud's S3 has no if-match for CopyObject", 'PUT', PATH, { ...COPY, 'if-match': '"x"' }],
    ["the local cloud's S3 has no x-amz-tagging for PutObject", 'PUT', PATH, { 'x-amz-tagging': 'a=b' }],
    [
      "the local cloud's S3 has no x-amz-copy-source-if-match for CopyObject",
      'PUT',
      PATH,
      { ...COPY, 'x-amz-copy-source-if-match': '"x"' },
    ],
    [
      "the local cloud's S3 has no x-amz-website-redirect-location for PutObject",
      'PUT',
      PATH,
      { 'x-amz-website-redirect-location': '/x' },
    ],
  ])('is refused by name: %s', (message, method, target, headers) => {
    const refused = () => request(method, target, headers);
    expect(refused).toThrow(new AwsError('NotImplemented', message, 501));
    expect(refused).toThrow(expect.objectContaining({ code: 'NotImplemented', status: 501 }));
  });

  it('may be conditional where it reads', () => {
    expect(request('GET', PATH, { 'if-none-match': '"x"' }).action).toBe('GetObject');
    expect(request('HEAD', PATH, { 'if-match': '"x"' }).action).toBe('HeadObject');
  });

  it('may be put where it is not there yet, or over the one of a tag', () => {
    expect(request('PUT', PATH, { 'if-none-match': '*' }).action).toBe('PutObject');
    expect(request('PUT', PATH, { 'if-match': '"x"' }).action).toBe('PutObject');
  });

  it('may carry metadata, checksums and what a signature needs', () => {
    const headers = {
      'x-amz-date': 'x',
      'x-amz-content-sha256': 'x',
      'x-amz-meta-case': 'x',
      'x-amz-checksum-crc32': 'x',
      'x-amz-server-side-encryption': 'AES256',
    };
    expect(request('PUT', PATH, headers).action).toBe('PutObject');
  });

  it('can neither name a bucket of our own, nor a key that is no text', () => {
    expect(() => request('GET', '/inbox..versions/v1')).toThrow(expect.objectContaining({ code: 'InvalidBucketName' }));
    expect(() => request('PUT', '/inbox..new/v1')).toThrow(expect.objectContaining({ code: 'InvalidBucketName' }));
    expect(() => request('GET', '/inbox/%E0%A4')).toThrow(expect.objectContaining({ code: 'InvalidURI' }));
  });
});
