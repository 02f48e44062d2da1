/** Recognises a request of S3: its operation, bucket and key, and whether it is served here. */
import type { IncomingHttpHeaders } from 'node:http';
import { CHECKSUM_HEADERS } from '../checksums.ts';
import { AwsError } from '../errors.ts';
import { ONLY_NEW, ONLY_OVER, VERSIONS } from '../fauxqs/objects.ts';

const LIST = [
  'continuation-token',
  'delimiter',
  'encoding-type',
  'fetch-owner',
  'list-type',
  'marker',
  'max-keys',
  'prefix',
  'start-after',
];

/** The operations of S3 that are served, with the query parameters of each; any other is a NotImplemented error. */
const ACTIONS = {
  AbortMultipartUpload: ['uploadId'],
  CompleteMultipartUpload: ['uploadId'],
  CopyObject: [],
  CreateBucket: [],
  CreateMultipartUpload: ['uploads'],
  DeleteBucket: [],
  DeleteObject: [],
  DeleteObjects: ['delete'],
  GetBucketLocation: ['location'],
  GetBucketVersioning: ['versioning'],
  GetObject: ['partNumber', 'versionId'],
  GetObjectAttributes: ['attributes'],
  HeadBucket: [],
  HeadObject: ['versionId'],
  ListBuckets: [],
  ListObjects: LIST,
  ListObjectsV2: LIST,
  ListObjectVersions: ['encoding-type', 'key-marker', 'max-keys', 'prefix', 'version-id-marker', 'versions'],
  PutObject: [],
  UploadPart: ['partNumber', 'uploadId'],
  UploadPartCopy: ['partNumber', 'uploadId'],
} satisfies Record<string, readonly string[]>;

export const S3_ACTIONS: Readonly<Record<string, readonly string[]>> = ACTIONS;
export type S3Action = keyof typeof ACTIONS;

/** A request of S3, recognised. */
export interface S3Request {
  action: S3Action;
  bucket: string;
  key: string;
  versionId: string | undefined;
}

/** "The name for a key is a sequence of Unicode characters whose UTF-8 encoding is at most 1,024 bytes long." */
const LONGEST_KEY = 1024;

/** The parameter by which SDKs name the operation. */
const IGNORED = ['x-id'];

/** Headers beginning with `x-amz-` that a request may have, beside those of signatures; `*` stands for any end. */
export const S3_HEADERS: { implemented: readonly string[]; accepted: readonly string[] } = {
  implemented: [
    ...CHECKSUM_HEADERS,
    'x-amz-copy-source',
    'x-amz-copy-source-range',
    'x-amz-decoded-content-length',
    'x-amz-meta-*',
    'x-amz-metadata-directive',
    'x-amz-object-attributes',
    'x-amz-sdk-checksum-algorithm',
    'x-amz-trailer',
  ],
  /** Headers without effect here. */
  accepted: [
    'x-amz-acl',
    'x-amz-expected-bucket-owner',
    'x-amz-mp-object-size',
    'x-amz-object-ownership',
    'x-amz-request-payer',
    'x-amz-server-side-encryption*',
    'x-amz-source-expected-bucket-owner',
    'x-amz-storage-class',
  ],
};
const SIGNING = ['x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token', 'x-amz-user-agent'];

function isKnownHeader(name: string): boolean {
  return [...S3_HEADERS.implemented, ...S3_HEADERS.accepted, ...SIGNING].some((known) =>
    known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : name === known,
  );
}

/**
 * Recognises a request by its method, path, query and headers.
 * @throws AwsError NotImplemented that names what isn't known
 */
export function recognise(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
): S3Request {
  const slash = path.indexOf('/', 1);
  const bucket = decoded(path.slice(1, slash < 0 ? undefined : slash));
  const key = slash < 0 ? '' : decoded(path.slice(slash + 1));
  if (bucket.endsWith(VERSIONS) || bucket.endsWith(ONLY_NEW) || bucket.includes(ONLY_OVER))
    throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.');
  if (Buffer.byteLength(key) > LONGEST_KEY) throw new AwsError('KeyTooLongError', 'Your key is too long');
  const names = [...query.keys()].filter((name) => !IGNORED.includes(name) && !name.startsWith('X-Amz-'));
  const copies = headers['x-amz-copy-source'] !== undefined;
  const candidates: [boolean, S3Action][] = [
    [bucket === '' && method === 'GET', 'ListBuckets'],
    [key === '' && method === 'GET' && query.has('location'), 'GetBucketLocation'],
    [key === '' && method === 'GET' && query.has('versioning'), 'GetBucketVersioning'],
    [key === '' && method === 'GET' && query.has('versions'), 'ListObjectVersions'],
    [key === '' && method === 'GET' && query.get('list-type') === '2', 'ListObjectsV2'],
    [key === '' && method === 'GET', 'ListObjects'],
    [key === '' && method === 'HEAD', 'HeadBucket'],
    [key === '' && method === 'PUT', 'CreateBucket'],
    [key === '' && method === 'DELETE', 'DeleteBucket'],
    [key === '' && method === 'POST' && query.has('delete'), 'DeleteObjects'],
    [method === 'GET' && query.has('attributes'), 'GetObjectAttributes'],
    [method === 'GET', 'GetObject'],
    [method === 'HEAD', 'HeadObject'],
    [method === 'PUT' && query.has('partNumber') && copies, 'UploadPartCopy'],
    [method === 'PUT' && query.has('partNumber'), 'UploadPart'],
    [method === 'PUT' && copies, 'CopyObject'],
    [method === 'PUT', 'PutObject'],
    [method === 'POST' && query.has('uploads'), 'CreateMultipartUpload'],
    [method === 'POST' && query.has('uploadId'), 'CompleteMultipartUpload'],
    [method === 'DELETE' && query.has('uploadId'), 'AbortMultipartUpload'],
    [method === 'DELETE', 'DeleteObject'],
  ];
  const [, action] = candidates.find(([matches]) => matches) ?? [];
  const known = action === undefined ? [] : (S3_ACTIONS[action] ?? []);
  const unknown = names.find((name) => !known.includes(name));
  if (action === undefined || unknown !== undefined) {
    const what = unknown === undefined ? `${method} of ${key === '' ? 'a bucket' : 'an object'}` : `?${unknown}`;
    throw new AwsError('NotImplemented', `the local cloud's S3 has no ${action ?? ''} ${what}`.replace('  ', ' '), 501);
  }
  const header = Object.keys(headers).find((name) => name.startsWith('x-amz-') && !isKnownHeader(name));
  if (header !== undefined) {
    throw new AwsError('NotImplemented', `the local cloud's S3 has no ${header} for ${action}`, 501);
  }
  const conditions = ['if-match', 'if-none-match'].filter((name) => headers[name] !== undefined);
  const [conditional] = conditions;
  // A put may depend on there being no object, or on the tag of the object there is.
  const isKnown = (conditional === 'if-none-match') === (headers[conditional ?? ''] === '*');
  const mayPut = action === 'PutObject' && conditions.length === 1 && isKnown;
  if (conditional !== undefined && method !== 'GET' && method !== 'HEAD' && !mayPut) {
    throw new AwsError('NotImplemented', `the local cloud's S3 has no ${conditional} for ${action}`, 501);
  }
  return { action, bucket, key, versionId: query.get('versionId') ?? undefined };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

/** Actions that change something. */
export const S3_WRITES: readonly S3Action[] = [
  'AbortMultipartUpload',
  'CompleteMultipartUpload',
  'CopyObject',
  'CreateMultipartUpload',
  'DeleteObject',
  'DeleteObjects',
  'PutObject',
  'UploadPart',
  'UploadPartCopy',
];
