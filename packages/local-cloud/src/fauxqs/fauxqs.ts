/**
 * The S3, SQS and SNS of the local cloud: fauxqs in this process, without a port of its own (the endpoint hands requests to it). Object
 * versions, S3's order of keys, and access to its stores are added here.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { findPackageJSON } from 'node:module';
import { pathToFileURL } from 'node:url';
import { buildApp } from 'fauxqs';
import { type ByProtocol, deliveredBy } from '../sns.ts';
import { addHooks, type Decoded, type Told } from './hooks.ts';
import { objectStore, type S3ErrorClass } from './objects.ts';
import { queueStore } from './queues.ts';
import type {
  Class,
  MessageAttribute,
  ObjectStore,
  QueueMessage,
  QueueStore,
  StoredObject,
  TopicStore,
} from './stores.ts';
import { topicStore } from './topics.ts';
import { Versions } from './versions.ts';

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

export interface Fauxqs extends Told {
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
  /** Publishes to a topic; resolves with the message's id. */
  publish(parameters: Record<string, string>): Promise<{ status: number; body: string }>;
  message(body: string, attributes?: Record<string, MessageAttribute>): QueueMessage;
  close(): Promise<void>;
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
  const { decodeAwsChunked } = await part<{ decodeAwsChunked(bytes: Buffer): Decoded }>('s3/chunkedEncoding.js');
  const { S3Error } = await part<{ S3Error: S3ErrorClass }>('common/errors.js');

  const mailboxes = new Map<string, Mailbox>();
  /** The texts per protocol that the current request publishes. */
  const publishedBy = new AsyncLocalStorage<ByProtocol>();
  const told: Told = { guard: undefined, published: undefined, publishing: undefined, sent: undefined };
  const versions = new Versions();
  const objects = objectStore(S3Store, S3Error, versions);
  const queues = queueStore(SqsStore, (arn, sent) => {
    const protocol = mailboxes.get(arn)?.protocol;
    const body = protocol === undefined ? sent.body : deliveredBy(protocol, sent.body, publishedBy.getStore());
    const message = body === sent.body ? sent : SqsStore.createMessage(body, sent.messageAttributes);
    told.sent?.(arn, message);
    return message;
  });
  const topics = topicStore(SnsStore);
  const stores = { s3Store: objects, sqsStore: queues, snsStore: topics } as unknown as NonNullable<
    NonNullable<Parameters<typeof buildApp>[0]>['stores']
  >;
  const app = buildApp({ logger: false, defaultRegion: region, stores });
  const { actionOf, messageOf } = addHooks(app, { told, topics, publishedBy, decodeAwsChunked });
  await app.ready();
  const offered: Omit<Fauxqs, keyof Told> = {
    objects,
    queues,
    topics,
    confirmSubscriptions: () => topics.confirmAll(),
    mailboxes,
    versioned: versions.versioned,
    sealed: versions.sealed,
    versionsIn: (bucket, prefix) => versions.versionsIn(bucket, prefix),
    markerOf: (bucket, key) => versions.markerOf(bucket, key),
    route: (request, response) => app.routing(request, response),
    actionOf,
    messageOf,
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
  // Those who set a listener set it for the hooks and the queues, too.
  return Object.assign(told, offered);
}
