/** The stores of fauxqs, as far as they are used here: fauxqs declares no types for them. */

/** A class of fauxqs, which is extended here. */
export type Class<T> = new () => T;

export interface StoredObject {
  key: string;
  body: Buffer;
  contentLength: number;
  /** The tag, with its quotes. */
  etag: string;
  /** The version's id; set in versioned buckets. */
  versionId?: string;
  lastModified: Date;
  /** Set for the version without bytes that a delete leaves in a versioned bucket. */
  isMarker?: true;
}

export interface ListedObjects {
  objects: StoredObject[];
  commonPrefixes: string[];
  isTruncated: boolean;
}

export interface ObjectStore {
  createBucket(name: string): void;
  hasBucket(name: string): boolean;
  putObject(bucket: string, key: string, body: Buffer, ...rest: unknown[]): StoredObject;
  getObject(bucket: string, key: string): StoredObject;
  deleteObject(bucket: string, key: string): void;
  headObject(bucket: string, key: string): StoredObject;
  listObjects(bucket: string, options?: ListOptions): ListedObjects;
  completeMultipartUpload(uploadId: string, parts: unknown): StoredObject;
  uploadPart(
    uploadId: string,
    number: number,
    body: Buffer,
    checksum?: string,
  ): { etag: string; checksumValue?: string };
  multipartUploads: Map<string, { bucket: string; key: string; parts: Map<number, { etag: string }> }>;
  buckets: Map<string, Map<string, StoredObject>>;
}

export interface ListOptions {
  prefix?: string;
  delimiter?: string;
  maxKeys?: number;
  startAfter?: string;
  marker?: string;
}

export interface MessageAttribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

export interface QueueMessage {
  messageId: string;
  body: string;
  md5OfBody: string;
  messageAttributes: Record<string, MessageAttribute>;
  sentTimestamp: number;
  approximateReceiveCount: number;
}

export interface Queue {
  name: string;
  url: string;
  arn: string;
  attributes: Record<string, string>;
  messages: QueueMessage[];
  inflightMessages: Map<string, { message: QueueMessage }>;
  delayedMessages: QueueMessage[];
  enqueue(message: QueueMessage): void;
  dequeue(
    maxCount: number,
    visibilityTimeout: number,
    deadLetterQueue: (arn: string) => Queue | undefined,
  ): { MessageId: string; ReceiptHandle: string }[];
  deleteMessage(receiptHandle: string): boolean;
  changeVisibility(receiptHandle: string, seconds: number): void;
  getAttribute(name: string): string | undefined;
}

export interface QueueStore {
  /** @param rest attributes and tags, where there are any */
  createQueue(name: string, url: string, arn: string, ...rest: unknown[]): Queue;
  getQueueByArn(arn: string): Queue | undefined;
  getQueue(url: string): Queue | undefined;
  allQueues(): Iterable<Queue>;
}

export interface TopicStore {
  createTopic(name: string, attributes: undefined, tags: undefined, region: string): { arn: string };
  subscribe(
    topicArn: string,
    protocol: string,
    endpoint: string,
    attributes?: Record<string, string>,
  ): Subscription | undefined;
  listSubscriptions(nextToken?: string): ListedSubscriptions;
  listSubscriptionsByTopic(topicArn: string, nextToken?: string): ListedSubscriptions;
}

/** A subscription; an unconfirmed one gets nothing. */
export interface Subscription {
  arn: string;
  protocol: string;
  endpoint: string;
  confirmed: boolean;
  attributes: Record<string, string>;
}

export interface ListedSubscriptions {
  subscriptions: Subscription[];
  nextToken?: string;
}
