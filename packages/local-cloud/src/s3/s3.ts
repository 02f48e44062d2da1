import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock/clock.ts';
import { AwsError } from '../errors.ts';
import type { Bus } from '../events/bus.ts';
import type { Fauxqs } from '../fauxqs/fauxqs.ts';
import { compareKeys } from '../fauxqs/keys.ts';
import { ONLY_NEW, ONLY_OVER, tagName, VERSIONS } from '../fauxqs/objects.ts';
import type { StoredObject } from '../fauxqs/stores.ts';
import type { S3Action, S3Request } from './request.ts';

/** Actions that make an object, with the reason that EventBridge gives. */
const CREATES: Partial<Record<S3Action, string>> = {
  PutObject: 'PutObject',
  CopyObject: 'CopyObject',
  CompleteMultipartUpload: 'CompleteMultipartUpload',
};

/** The most keys in one page of a list. */
const LARGEST_PAGE = 1000;

/** The largest request that fauxqs takes. */
const LARGEST_BODY = 11 * 1024 * 1024;

/** S3 in front of fauxqs: versions, and events for EventBridge. */
export class S3 {
  readonly #fauxqs: Fauxqs;
  readonly #bus: Bus;
  readonly #account: string;
  readonly #clock: Clock;
  /** Buckets whose events go to EventBridge. */
  readonly #announced = new Set<string>();
  #sequence = 0;

  constructor(fauxqs: Fauxqs, bus: Bus, account: string, clock: Clock) {
    this.#fauxqs = fauxqs;
    this.#bus = bus;
    this.#account = account;
    this.#clock = clock;
  }

  /** @param settings `sealed`: the bucket's objects are encrypted under a key of KMS, so that their ETags are not an MD5 */
  createBucket(name: string, settings: { versioned: boolean; sealed: boolean; events: boolean }): void {
    this.#fauxqs.objects.createBucket(name);
    if (settings.versioned) this.#fauxqs.versioned.add(name);
    if (settings.sealed) this.#fauxqs.sealed.add(name);
    if (settings.events) this.#announced.add(name);
  }

  /** Stores an object as a service of the cloud does, and announces it. */
  put(bucket: string, key: string, body: Uint8Array): void {
    const object = this.#fauxqs.objects.putObject(bucket, key, Buffer.from(body));
    object.lastModified = new Date(this.#clock.now());
    this.#announce(bucket, object, 'PutObject');
  }

  get(bucket: string, key: string): Uint8Array {
    return this.#fauxqs.objects.getObject(bucket, key).body;
  }

  /** Whether a request reads an object that isn't there: the newest version of a key that has none, or that was deleted. */
  lacks({ action, bucket, key, versionId }: S3Request): boolean {
    const reads = action === 'GetObject' || action === 'HeadObject' || action === 'GetObjectAttributes';
    return reads && versionId === undefined && this.#fauxqs.objects.buckets.get(bucket)?.has(key) === false;
  }

  /** Serves a recognised request. */
  serve(request: IncomingMessage, response: ServerResponse, recognised: S3Request): void {
    const { action, bucket, versionId } = recognised;
    if (action === 'GetBucketLocation' || action === 'GetBucketVersioning') {
      this.#answerAboutBucket(response, action, bucket);
      return;
    }
    if (action === 'ListObjectVersions') {
      this.#answerVersions(response, bucket, new URL(request.url ?? '', 'http://s3').searchParams);
      return;
    }
    if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) {
      throw new AwsError(
        'EntityTooLarge',
        `the local cloud's S3 takes ${LARGEST_BODY} bytes at once: use a multipart upload`,
      );
    }
    const stores = action === 'PutObject' || action === 'UploadPart';
    // fauxqs sees no body in a request of no bytes that has no type, as the AWS CLI sends it for an empty file.
    const { 'content-type': type = stores ? 'application/octet-stream' : '' } = request.headers;
    if (stores) request.headers['content-type'] = type;
    // fauxqs parses these two types as requests of other services; an upload of such a type is bytes like any other.
    if (/x-www-form-urlencoded|x-amz-json-1\.0/.test(type))
      request.headers['content-type'] = 'application/octet-stream';
    if (versionId !== undefined) {
      request.url = `/${encodeURIComponent(bucket + VERSIONS)}/${encodeURIComponent(versionId)}`;
    }
    if (action === 'PutObject' && request.headers['if-none-match'] !== undefined) {
      request.url = `/${encodeURIComponent(bucket + ONLY_NEW)}/${encodeURIComponent(recognised.key)}`;
    }
    const over = action === 'PutObject' ? request.headers['if-match'] : undefined;
    if (over !== undefined) {
      const only = bucket + ONLY_OVER + tagName(over);
      request.url = `/${encodeURIComponent(only)}/${encodeURIComponent(recognised.key)}`;
    }
    const source = request.headers['x-amz-copy-source'];
    if (typeof source === 'string') request.headers['x-amz-copy-source'] = versionedSource(source);
    this.#fauxqs.route(request, response);
  }

  /** Adds the version's id to the answer and sends the event; to be called when a request succeeded, before its answer goes out. */
  done({ action, bucket, key, versionId }: S3Request, response: ServerResponse): void {
    const marker = action === 'DeleteObject' ? this.#fauxqs.markerOf(bucket, key) : undefined;
    if (marker?.versionId !== undefined) {
      marker.lastModified = new Date(this.#clock.now());
      response.setHeader('x-amz-delete-marker', 'true').setHeader('x-amz-version-id', marker.versionId);
    } else if (versionId !== undefined) response.setHeader('x-amz-version-id', versionId);
    else if (CREATES[action] !== undefined || action === 'GetObject' || action === 'HeadObject') {
      const object = this.#fauxqs.objects.buckets.get(bucket)?.get(key);
      if (object?.versionId !== undefined) response.setHeader('x-amz-version-id', object.versionId);
      const reason = CREATES[action];
      if (object === undefined || reason === undefined) return;
      object.lastModified = new Date(this.#clock.now());
      this.#announce(bucket, object, reason);
    }
  }

  #announce(bucket: string, object: StoredObject, reason: string): void {
    if (!this.#announced.has(bucket)) return;
    const sequencer = (++this.#sequence).toString(16).toUpperCase().padStart(16, '0');
    this.#bus.put('aws.s3', 'Object Created', [`arn:aws:s3:::${bucket}`], {
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
      requester: this.#account,
      'source-ip-address': '127.0.0.1',
      reason,
    });
  }

  #existing(bucket: string): string {
    if (this.#fauxqs.objects.hasBucket(bucket)) return bucket;
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
  }

  #answerAboutBucket(response: ServerResponse, action: S3Action, bucket: string): void {
    this.#existing(bucket);
    const status = this.#fauxqs.versioned.has(bucket) ? '<Status>Enabled</Status>' : '';
    const body =
      action === 'GetBucketLocation'
        ? `<LocationConstraint ${XMLNS}>ap-south-1</LocationConstraint>`
        : `<VersioningConfiguration ${XMLNS}>${status}</VersioningConfiguration>`;
    answerXml(response, body);
  }

  #answerVersions(response: ServerResponse, bucket: string, query: URLSearchParams): void {
    const lacking = [
      query.get('encoding-type') !== 'url' && 'without encoding-type url',
      !this.#fauxqs.versioned.has(this.#existing(bucket)) && 'of a bucket without versions',
    ].find(Boolean);
    if (lacking) throw new AwsError('NotImplemented', `the local cloud's S3 has no ListObjectVersions ${lacking}`, 501);
    const most = Math.min(LARGEST_PAGE, Number(query.get('max-keys') ?? LARGEST_PAGE));
    if (!Number.isInteger(most) || most < 0)
      throw new AwsError('InvalidArgument', 'max-keys is no whole number from 0 on');
    const after = { key: query.get('key-marker') ?? '', versionId: query.get('version-id-marker') ?? '' };
    const all = this.#fauxqs.versionsIn(bucket, query.get('prefix') ?? '');
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

/** Turns `bucket/key?versionId=v` into the key of a version. */
function versionedSource(source: string): string {
  const [path = '', versionId] = source.split('?versionId=');
  if (versionId === undefined) return source;
  const bucket = path.replace(/^\//, '').split('/')[0] ?? '';
  return `${bucket}${VERSIONS}/${versionId}`;
}
