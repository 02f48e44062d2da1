import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { CHECKSUM_HEADERS } from '../checksums.ts';
import type { Clock } from '../clock/clock.ts';
import { AwsError } from '../errors.ts';
import type { Bus } from '../events/bus.ts';
import { type Fauxqs, ONLY_NEW, VERSIONS } from '../fauxqs/fauxqs.ts';
import { compareKeys } from '../fauxqs/keys.ts';
import type { StoredObject } from '../fauxqs/stores.ts';

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

/** A parameter by which SDKs name the operation. */
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
  /** Without effect here. */
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

/** Recognises a request by its method, path, query and headers; throws NotImplemented with what it doesn't know. */
export function recognise(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
): S3Request {
  const slash = path.indexOf('/', 1);
  const bucket = decoded(path.slice(1, slash < 0 ? undefined : slash));
  const key = slash < 0 ? '' : decoded(path.slice(slash + 1));
  if (bucket.endsWith(VERSIONS) || bucket.endsWith(ONLY_NEW))
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
  const conditional = ['if-match', 'if-none-match'].find((name) => headers[name] !== undefined);
  const onlyNew = action === 'PutObject' && conditional === 'if-none-match' && headers[conditional] === '*';
  if (conditional !== undefined && method !== 'GET' && method !== 'HEAD' && !onlyNew) {
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

/** Actions that make an object, with the reason that EventBridge gives. */
const CREATES: Partial<Record<S3Action, string>> = {
  PutObject: 'PutObject',
  CopyObject: 'CopyObject',
  CompleteMultipartUpload: 'CompleteMultipartUpload',
};

/** Keys that S3 lists at once. */
const LARGEST_PAGE = 1000;

/** fauxqs takes no larger request. */
const LARGEST_BODY = 11 * 1024 * 1024;

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

/** S3 in front of fauxqs: versions, and events for EventBridge. */
export class S3 {
  private readonly fauxqs: Fauxqs;
  private readonly bus: Bus;
  private readonly account: string;
  private readonly clock: Clock;
  /** Buckets whose events go to EventBridge. */
  private readonly announced = new Set<string>();
  private sequence = 0;

  constructor(fauxqs: Fauxqs, bus: Bus, account: string, clock: Clock) {
    this.fauxqs = fauxqs;
    this.bus = bus;
    this.account = account;
    this.clock = clock;
  }

  /** @param settings `sealed`: its objects are encrypted under a key of KMS, so that their ETags are no MD5 */
  createBucket(name: string, settings: { versioned: boolean; sealed: boolean; events: boolean }): void {
    this.fauxqs.objects.createBucket(name);
    if (settings.versioned) this.fauxqs.versioned.add(name);
    if (settings.sealed) this.fauxqs.sealed.add(name);
    if (settings.events) this.announced.add(name);
  }

  /** Stores an object as a service of the cloud does, and announces it. */
  put(bucket: string, key: string, body: Uint8Array): void {
    const object = this.fauxqs.objects.putObject(bucket, key, Buffer.from(body));
    object.lastModified = new Date(this.clock.now());
    this.announce(bucket, object, 'PutObject');
  }

  get(bucket: string, key: string): Uint8Array {
    return this.fauxqs.objects.getObject(bucket, key).body;
  }

  /** Whether a request reads what isn't there: the newest version of a key that has none, or that was deleted. */
  lacks({ action, bucket, key, versionId }: S3Request): boolean {
    const reads = action === 'GetObject' || action === 'HeadObject' || action === 'GetObjectAttributes';
    return reads && versionId === undefined && this.fauxqs.objects.buckets.get(bucket)?.has(key) === false;
  }

  /** Serves a recognised request. */
  serve(request: IncomingMessage, response: ServerResponse, recognised: S3Request): void {
    const { action, bucket, versionId } = recognised;
    if (action === 'GetBucketLocation' || action === 'GetBucketVersioning') {
      this.answerAboutBucket(response, action, bucket);
      return;
    }
    if (action === 'ListObjectVersions') {
      this.answerVersions(response, bucket, new URL(request.url ?? '', 'http://s3').searchParams);
      return;
    }
    if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) {
      throw new AwsError(
        'EntityTooLarge',
        `the local cloud's S3 takes ${LARGEST_BODY} bytes at once: use a multipart upload`,
      );
    }
    const type = request.headers['content-type'] ?? '';
    // fauxqs parses these two as requests of other services; an upload of that type is bytes like any other.
    if (/x-www-form-urlencoded|x-amz-json-1\.0/.test(type))
      request.headers['content-type'] = 'application/octet-stream';
    if (versionId !== undefined) {
      request.url = `/${encodeURIComponent(bucket + VERSIONS)}/${encodeURIComponent(versionId)}`;
    }
    if (action === 'PutObject' && request.headers['if-none-match'] !== undefined) {
      request.url = `/${encodeURIComponent(bucket + ONLY_NEW)}/${encodeURIComponent(recognised.key)}`;
    }
    const source = request.headers['x-amz-copy-source'];
    if (typeof source === 'string') request.headers['x-amz-copy-source'] = versionedSource(source);
    this.fauxqs.route(request, response);
  }

  /** To be called when a request succeeded, before its answer goes out: the version's id, and the event. */
  done({ action, bucket, key, versionId }: S3Request, response: ServerResponse): void {
    const marker = action === 'DeleteObject' ? this.fauxqs.markerOf(bucket, key) : undefined;
    if (marker?.versionId !== undefined) {
      marker.lastModified = new Date(this.clock.now());
      response.setHeader('x-amz-delete-marker', 'true').setHeader('x-amz-version-id', marker.versionId);
    } else if (versionId !== undefined) response.setHeader('x-amz-version-id', versionId);
    else if (CREATES[action] !== undefined || action === 'GetObject' || action === 'HeadObject') {
      const object = this.fauxqs.objects.buckets.get(bucket)?.get(key);
      if (object?.versionId !== undefined) response.setHeader('x-amz-version-id', object.versionId);
      const reason = CREATES[action];
      if (object === undefined || reason === undefined) return;
      object.lastModified = new Date(this.clock.now());
      this.announce(bucket, object, reason);
    }
  }

  private announce(bucket: string, object: StoredObject, reason: string): void {
    if (!this.announced.has(bucket)) return;
    const sequencer = (++this.sequence).toString(16).toUpperCase().padStart(16, '0');
    this.bus.put('aws.s3', 'Object Created', [`arn:aws:s3:::${bucket}`], {
      version: '0',
      bucket: { name: bucket },
      object: {
        key: object.key,
        size: object.contentLength,
        etag: object.etag.replaceAll('"', ''),
        ...(object.versionId === undefined ? {} : { 'version-id': object.versionId }),
        sequencer,
      },
      'request-id': sequencer,
      requester: this.account,
      'source-ip-address': '127.0.0.1',
      reason,
    });
  }

  private existing(bucket: string): string {
    if (this.fauxqs.objects.hasBucket(bucket)) return bucket;
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
  }

  private answerAboutBucket(response: ServerResponse, action: S3Action, bucket: string): void {
    this.existing(bucket);
    const status = this.fauxqs.versioned.has(bucket) ? '<Status>Enabled</Status>' : '';
    const body =
      action === 'GetBucketLocation'
        ? `<LocationConstraint ${XMLNS}>ap-south-1</LocationConstraint>`
        : `<VersioningConfiguration ${XMLNS}>${status}</VersioningConfiguration>`;
    answerXml(response, body);
  }

  private answerVersions(response: ServerResponse, bucket: string, query: URLSearchParams): void {
    const lacking = [
      query.get('encoding-type') !== 'url' && 'without encoding-type url',
      !this.fauxqs.versioned.has(this.existing(bucket)) && 'of a bucket without versions',
    ].find(Boolean);
    if (lacking) throw new AwsError('NotImplemented', `the local cloud's S3 has no ListObjectVersions ${lacking}`, 501);
    const most = Math.min(LARGEST_PAGE, Number(query.get('max-keys') ?? LARGEST_PAGE));
    if (!Number.isInteger(most) || most < 0)
      throw new AwsError('InvalidArgument', 'max-keys is no whole number from 0 on');
    const after = { key: query.get('key-marker') ?? '', versionId: query.get('version-id-marker') ?? '' };
    const all = this.fauxqs.versionsIn(bucket, query.get('prefix') ?? '');
    const latest = new Map(all.toReversed().map((version) => [version.key, version]));
    const left = all.filter(({ key, versionId = '' }) =>
      key === after.key ? versionId < after.versionId : compareKeys(key, after.key) > 0,
    );
    const page = left.slice(0, most);
    const versions = page.map((version) => {
      const { key, versionId, lastModified, etag, contentLength, isMarker } = version;
      const common =
        `<Key>${urlEncoded(key)}</Key><VersionId>${versionId}</VersionId>` +
        `<IsLatest>${latest.get(key) === version}</IsLatest><LastModified>${lastModified.toISOString()}</LastModified>`;
      if (isMarker) return `<DeleteMarker>${common}</DeleteMarker>`;
      const bytes = `<ETag>${etag}</ETag><Size>${contentLength}</Size><StorageClass>STANDARD</StorageClass>`;
      return `<Version>${common}${bytes}</Version>`;
    });
    const last = left.length > page.length ? page.at(-1) : undefined;
    const next = last
      ? `<NextKeyMarker>${urlEncoded(last.key)}</NextKeyMarker><NextVersionIdMarker>${last.versionId}</NextVersionIdMarker>`
      : '';
    answerXml(
      response,
      `<ListVersionsResult ${XMLNS}><Name>${bucket}</Name><Prefix>${urlEncoded(query.get('prefix') ?? '')}</Prefix>` +
        `<MaxKeys>${most}</MaxKeys><EncodingType>url</EncodingType><IsTruncated>${last !== undefined}</IsTruncated>` +
        `${next}${versions.join('')}</ListVersionsResult>`,
    );
  }
}

const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

function answerXml(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`);
}

/** A key as S3 encodes it in a list of encoding type `url`. */
const urlEncoded = (key: string) => encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');

/** `bucket/key?versionId=v` becomes the key of a version. */
function versionedSource(source: string): string {
  const [path = '', versionId] = source.split('?versionId=');
  if (versionId === undefined) return source;
  const bucket = path.replace(/^\//, '').split('/')[0] ?? '';
  return `${bucket}${VERSIONS}/${versionId}`;
}
