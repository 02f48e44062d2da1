/**
 * The S3, SQS and SNS of the local cloud: fauxqs in this process, without a port of its own (the endpoint hands requests to it). Object
 * versions, S3's order of keys, and access to its stores are added here.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { findPackageJSON } from 'node:module';
import { pathToFileURL } from 'node:url';
import { buildApp } from 'fauxqs';
import { checkBytes } from '../checksums.ts';
import { AwsError, errorXml, queryErrorXml } from '../errors.ts';
import { type ByProtocol, checkForm, checkLists, deliveredBy, messagesOf } from '../sns.ts';
import { compareKeys, list } from './keys.ts';
import type {
  ListedObjects,
  ListedSubscriptions,
  ListOptions,
  MessageAttribute,
  ObjectStore,
  Queue,
  QueueMessage,
  QueueStore,
  StoredObject,
  Subscription,
  TopicStore,
} from './stores.ts';

/** The actions of SQS that are served. */
export const SQS_ACTIONS = [
  'ChangeMessageVisibility',
  'ChangeMessageVisibilityBatch',
  'CreateQueue',
  'DeleteMessage',
  'DeleteMessageBatch',
  'DeleteQueue',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
  'SendMessageBatch',
  'SetQueueAttributes',
] as const;
/** A subscriber that is no queue; a queue stands in for it. */
export interface Mailbox {
  protocol: string;
  address: string;
}

export interface Fauxqs {
  objects: ObjectStore;
  queues: QueueStore;
  topics: TopicStore;
  /** Confirms every subscription, as subscribers do who are asked to. */
  confirmSubscriptions(): void;
  /**
   * The subscribers, such as an e-mail address or a web server, whose messages lie in queues that stand in for them; keyed by the queues'
   * ARNs.
   */
  mailboxes: Map<string, Mailbox>;
  /** The buckets whose objects' versions are kept. */
  versioned: Set<string>;
  /** The buckets whose objects have ETags that say nothing of their bytes, as objects under a key of KMS have. */
  sealed: Set<string>;
  /** The versions in a bucket whose keys begin with `prefix`, in the keys' order, the newest of each key first. */
  versionsIn(bucket: string, prefix: string): StoredObject[];
  /** The last delete marker of a key. */
  markerOf(bucket: string, key: string): StoredObject | undefined;
  /** Serves a request of S3 (path style), SQS or SNS. */
  route(request: IncomingMessage, response: ServerResponse): void;
  /** The action of an SNS request that was routed; known once its body was read. */
  actionOf(request: IncomingMessage): string | undefined;
  /** The message that a request of SQS sends to a queue; known once its body was read. */
  messageOf(request: IncomingMessage): string | undefined;
  /**
   * Called with each request of SQS and SNS before it is carried out.
   * @throws AwsError where the request is refused
   */
  guard: ((request: IncomingMessage, body: Readonly<Record<string, unknown>>) => void) | undefined;
  /** Told of each message before it is published to a topic. */
  published: ((message: string) => void) | undefined;
  /** Told of each published message, one at a time where several came as a batch: its topic, text and attributes. */
  publishing: ((topicArn: string, message: string, attributes: Record<string, string>) => void) | undefined;
  /** Told of each message that comes into a queue. */
  sent: ((queueArn: string, message: QueueMessage) => void) | undefined;
  /** Publishes to a topic; resolves with the message's id. */
  publish(parameters: Record<string, string>): Promise<{ status: number; body: string }>;
  message(body: string, attributes?: Record<string, MessageAttribute>): QueueMessage;
  close(): Promise<void>;
}

/** The end of a bucket's name under which the bucket's old versions are reached as keys; no request can name it. */
export const VERSIONS = '..versions';

/** The end of a bucket's name for putting an object that may not be there yet. */
export const ONLY_NEW = '..new';

/** The end of a bucket's name, followed by `tagName`, for replacing only the object that has that tag. */
export const ONLY_OVER = '..over-';

/**
 * A short name for a tag, the same with or without its quotes, since S3 takes both: fauxqs finds no bucket whose name has more than 100
 * characters.
 */
export function tagName(tag: string): string {
  return createHash('md5').update(tag.replaceAll('"', '')).digest('hex').slice(0, 16);
}

type Class<T> = new () => T;

/** Bytes that came in chunks, and the headers behind them. */
interface Decoded {
  body: Buffer;
  trailers: Record<string, string>;
}

/** Starts S3, SQS and SNS without a cloud around them; `close` ends them. */
export async function startFauxqs(region: string): Promise<Fauxqs> {
  const manifest = findPackageJSON('fauxqs', import.meta.url);
  if (manifest === undefined) throw new Error('the package fauxqs is not installed');
  const part = <T>(path: string): Promise<T> =>
    import(new URL(`dist/${path}`, pathToFileURL(manifest)).href) as Promise<T>;
  const { S3Store } = await part<{ S3Store: Class<ObjectStore> }>('s3/s3Store.js');
  const { SqsStore } = await part<{
    SqsStore: Class<QueueStore> & { createMessage: Fauxqs['message'] };
  }>('sqs/sqsStore.js');
  const { SnsStore } = await part<{ SnsStore: Class<TopicStore> }>('sns/snsStore.js');
  const { decodeAwsChunked } = await part<{ decodeAwsChunked: (bytes: Buffer) => Decoded }>('s3/chunkedEncoding.js');
  const { S3Error } = await part<{
    S3Error: new (code: string, message: string, status: number) => Error;
  }>('common/errors.js');

  const mailboxes = new Map<string, Mailbox>();
  /** The texts per protocol that the current request publishes. */
  const publishedBy = new AsyncLocalStorage<ByProtocol>();
  const byProtocol = new WeakMap<IncomingMessage, ByProtocol>();
  const versioned = new Set<string>();
  const sealed = new Set<string>();
  const versions = new Map<string, StoredObject>();
  const markers = new Map<string, StoredObject>();
  /** The next version's number, for each bucket by itself, so that writes to another bucket at the same time don't change the names. */
  const nextVersions = new Map<string, number>();
  let nextTag = 1;

  class Objects extends S3Store {
    override putObject(bucket: string, key: string, body: Buffer, ...rest: unknown[]): StoredObject {
      const [over = '', tagged] = bucket.split(ONLY_OVER);
      const onlyNew = bucket.endsWith(ONLY_NEW);
      const real = onlyNew ? bucket.slice(0, -ONLY_NEW.length) : over;
      const isMet = onlyNew
        ? this.buckets.get(real)?.has(key) !== true
        : tagged === undefined || tagName(super.headObject(real, key).etag) === tagged;
      if (!isMet) throw new S3Error('PreconditionFailed', failed, 412);
      return keep(real, super.putObject(real, key, body, ...rest));
    }

    override uploadPart(uploadId: string, number: number, body: Buffer, checksum?: string) {
      const uploaded = super.uploadPart(uploadId, number, body, checksum);
      const upload = this.multipartUploads.get(uploadId);
      const part = upload?.parts.get(number);
      if (upload === undefined || part === undefined || !sealed.has(upload.bucket)) return uploaded;
      part.etag = tag();
      return { ...uploaded, etag: part.etag };
    }

    override completeMultipartUpload(uploadId: string, parts: unknown): StoredObject {
      const bucket = this.multipartUploads.get(uploadId)?.bucket ?? '';
      return keep(bucket, super.completeMultipartUpload(uploadId, parts));
    }

    override getObject(bucket: string, key: string): StoredObject {
      return bucket.endsWith(VERSIONS) ? version(bucket, key) : super.getObject(bucket, key);
    }

    override deleteObject(bucket: string, key: string): void {
      super.deleteObject(bucket, key);
      if (!versioned.has(bucket)) return;
      const marker = { key, body: Buffer.alloc(0), contentLength: 0, etag: '', lastModified: new Date() };
      markers.set(`${bucket}/${key}`, keep(bucket, { ...marker, isMarker: true }));
    }

    override headObject(bucket: string, key: string): StoredObject {
      return bucket.endsWith(VERSIONS) ? version(bucket, key) : super.headObject(bucket, key);
    }

    override listObjects(bucket: string, options: ListOptions = {}): ListedObjects {
      const objects = this.buckets.get(bucket);
      if (objects === undefined) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', 404);
      return list(objects, options);
    }
  }

  /** The owner of a topic is subscribed at once; a subscriber in another account has to confirm first. */
  class Topics extends SnsStore {
    readonly #unconfirmed: Subscription[] = [];

    override subscribe(topicArn: string, protocol: string, endpoint: string, attributes?: Record<string, string>) {
      const subscription = super.subscribe(topicArn, protocol, endpoint, attributes);
      if (subscription && accountOf(endpoint) !== accountOf(topicArn)) {
        subscription.confirmed = false;
        this.#unconfirmed.push(subscription);
      }
      return subscription;
    }

    confirmAll(): void {
      for (const subscription of this.#unconfirmed) subscription.confirmed = true;
    }

    override listSubscriptions(nextToken?: string): ListedSubscriptions {
      return asListed(super.listSubscriptions(nextToken));
    }

    override listSubscriptionsByTopic(topicArn: string, nextToken?: string): ListedSubscriptions {
      return asListed(super.listSubscriptionsByTopic(topicArn, nextToken));
    }
  }

  /** Tells of each message that comes in, whichever way it takes. */
  class Queues extends SqsStore {
    override createQueue(name: string, url: string, arn: string, ...rest: unknown[]): Queue {
      const queue = super.createQueue(name, url, arn, ...rest);
      const enqueue = queue.enqueue.bind(queue);
      queue.enqueue = (sent) => {
        const protocol = mailboxes.get(arn)?.protocol;
        const body = protocol === undefined ? sent.body : deliveredBy(protocol, sent.body, publishedBy.getStore());
        const message = body === sent.body ? sent : SqsStore.createMessage(body, sent.messageAttributes);
        fauxqs.sent?.(arn, message);
        enqueue(message);
      };
      return queue;
    }
  }

  const failed = 'At least one of the pre-conditions you specified did not hold';
  /** A tag that differs each time and is the same in each run. */
  const tag = (end = '') => `"${createHash('md5').update(`tag ${nextTag++}`).digest('hex')}${end}"`;
  const keep = (bucket: string, object: StoredObject): StoredObject => {
    if (sealed.has(bucket)) object.etag = tag(/-\d+/.exec(object.etag)?.[0]);
    if (!versioned.has(bucket)) return object;
    const next = nextVersions.get(bucket) ?? 1;
    nextVersions.set(bucket, next + 1);
    object.versionId = `v${String(next).padStart(31, '0')}`;
    versions.set(`${bucket}/${object.versionId}`, object);
    return object;
  };
  const version = (bucket: string, versionId: string): StoredObject => {
    const found = versions.get(`${bucket.slice(0, -VERSIONS.length)}/${versionId}`);
    if (found === undefined) throw new S3Error('NoSuchVersion', 'The specified version does not exist.', 404);
    if (found.isMarker)
      throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
    return found;
  };

  const objects = new Objects();
  const queues = new Queues();
  const topics = new Topics();
  const stores = { s3Store: objects, sqsStore: queues, snsStore: topics } as unknown as NonNullable<
    NonNullable<Parameters<typeof buildApp>[0]>['stores']
  >;
  const app = buildApp({ logger: false, defaultRegion: region, stores });
  const actions = new WeakMap<IncomingMessage, string>();
  const messages = new WeakMap<IncomingMessage, string>();
  const checkUpload = async ({ method, headers }: IncomingMessage, sent: Buffer): Promise<void> => {
    // Other requests with bytes (such as a list of parts) may have headers about other bytes.
    if (method !== 'PUT' || headers['x-amz-copy-source'] !== undefined) return;
    const isChunked = headers['content-encoding']?.includes('aws-chunked') ?? false;
    const { body, trailers } = isChunked ? decodeAwsChunked(sent) : { body: sent, trailers: {} };
    await checkBytes(body, { ...headers, ...trailers });
  };
  app.addHook('preHandler', async (request) => {
    const form = request.body as Record<string, unknown> | null | undefined;
    if (Buffer.isBuffer(form) || !form) await checkUpload(request.raw, form ?? Buffer.alloc(0));
    if (Buffer.isBuffer(form) && request.raw.method === 'POST' && form.includes('<VersionId>'))
      throw new AwsError('NotImplemented', "the local cloud's S3 has no VersionId for DeleteObjects", 501);
    if (typeof form !== 'object' || form === null || Buffer.isBuffer(form)) return;
    if (typeof form.Action === 'string') {
      byProtocol.set(request.raw, checkForm(form));
      checkLists(form, (topic) => topics.listSubscriptionsByTopic(topic).subscriptions);
      actions.set(request.raw, form.Action);
    }
    // fauxqs gives all attributes to a request that names none; SQS gives none. No attribute has the empty name.
    const isReceive = request.headers['x-amz-target'] === 'AmazonSQS.ReceiveMessage';
    if (isReceive && !namesAny(form.MessageAttributeNames)) form.MessageAttributeNames = [''];
    if (typeof form.MessageBody === 'string') messages.set(request.raw, form.MessageBody);
    fauxqs.guard?.(request.raw, form);
    if (form.Action === 'Publish') fauxqs.published?.(String(form.Message));
    const topic = String(form.TopicArn ?? form.TargetArn);
    for (const { message, attributes } of messagesOf(form)) fauxqs.publishing?.(topic, message, attributes);
  });
  // Everything that a request sets off runs within this.
  app.addHook('preHandler', (request, _reply, done) => {
    const published = byProtocol.get(request.raw);
    if (published === undefined || published.size === 0) done();
    else publishedBy.run(published, done);
  });
  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof AwsError)) throw error;
    const { code, message, status } = error;
    reply.code(status);
    // SQS speaks JSON, SNS and old clients of SQS speak forms, S3 speaks XML.
    if (request.headers['content-type']?.includes('x-www-form-urlencoded'))
      return reply.type('text/xml').send(queryErrorXml(error));
    if (request.headers['x-amz-target'] === undefined) return reply.type('application/xml').send(errorXml(error));
    const body = JSON.stringify({ __type: code, message });
    return reply.type('application/x-amz-json-1.0').header('x-amzn-errortype', code).send(body);
  });
  await app.ready();
  const fauxqs: Fauxqs = {
    guard: undefined,
    published: undefined,
    publishing: undefined,
    sent: undefined,
    objects,
    queues,
    topics,
    confirmSubscriptions: () => topics.confirmAll(),
    mailboxes,
    versioned,
    sealed,
    versionsIn: (bucket, prefix) =>
      [...versions]
        .filter(([name, { key }]) => name.startsWith(`${bucket}/`) && key.startsWith(prefix))
        .map(([, version]) => version)
        .sort((a, b) => compareKeys(a.key, b.key) || compareKeys(b.versionId ?? '', a.versionId ?? '')),
    markerOf: (bucket, key) => markers.get(`${bucket}/${key}`),
    route: (request, response) => app.routing(request, response),
    actionOf: (request) => actions.get(request),
    messageOf: (request) => messages.get(request),
    publish: async (parameters) => {
      const answer = await app.inject({
        method: 'POST',
        url: '/',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({ ...parameters, Action: 'Publish' }).toString(),
      });
      return { status: answer.statusCode, body: answer.body };
    },
    message: (body, attributes) => SqsStore.createMessage(body, attributes),
    close: async () => {
      await app.close();
    },
  };
  return fauxqs;
}

const namesAny = (names: unknown) => Array.isArray(names) && names.length > 0;

const accountOf = (arn: string) => arn.split(':')[4];

/** Subscriptions as SNS lists them: one that waits for its confirmation has no ARN yet. */
const asListed = ({ subscriptions, ...page }: ListedSubscriptions): ListedSubscriptions => ({
  ...page,
  subscriptions: subscriptions.map((one) => (one.confirmed ? one : { ...one, arn: 'PendingConfirmation' })),
});
