/**
 * A stand-in for AWS in the functions' own process: it keeps their writes in memory, refuses what AWS refuses, and counts the bytes that
 * they read. Thousands of files a minute are more than the local cloud's real parts can take.
 */
import { Readable } from 'node:stream';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { ExecutionDoesNotExist } from '@aws-sdk/client-sfn';
import './environment.ts';
import { dynamo, kms, s3, sfn, sns, sqs } from '../../lambdas/stores/clients.ts';

/** The error for a request that AWS would have refused. */
export class Refused extends Error {
  override name = 'Refused';
}

export interface Told {
  readonly topic: string;
  readonly notice: Record<string, unknown>;
}

/** An object too large to be held: its size in bytes, its beginning `head`, and the `tail` with which it goes on. */
export interface Huge {
  readonly bytes: number;
  readonly head: Buffer;
  readonly tail: Buffer;
}

type Item = Record<string, unknown>;
interface Update {
  readonly TableName: string;
  readonly Key: Item;
  readonly UpdateExpression: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeValues: Item;
}
interface Input {
  [name: string]: unknown;
}

const LONGEST_KEY = 1024;
const LARGEST_ITEM = 400 * 1024;
/** The most bytes of a message with its attributes, and of an execution's input. */
const LARGEST_MESSAGE = 256 * 1024;
const LONGEST_EXECUTION_NAME = 80;
const ITEMS_PER_BATCH_WRITE = 25;
/** The most bytes that are read, so that a function that would read a huge object to its end fails. */
const MOST_READ = 64 * 1024 * 1024;
const CHUNK = 64 * 1024;

const bytesOf = (text: string) => Buffer.byteLength(text);

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return bytesOf(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Set) return [...value].reduce((sum: number, one) => sum + sizeOf(one), 0);
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).reduce((sum, [name, inner]) => sum + bytesOf(name) + 1 + sizeOf(inner), 3);
  return 21;
}

function checkItem(item: Item): void {
  if (sizeOf(item) > LARGEST_ITEM) throw new Refused('an item has at most 400 kB');
  for (const name of ['pk', 'sk']) if (item[name] === '') throw new Refused('a key is not empty');
}

/** The value in an item under a path such as `#decision.#version`. */
function at(item: Item | undefined, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Item | undefined)?.[name.replace('#', '')], item);
}

/** Whether a condition holds for an item: comparisons, and the presence or absence of attributes, joined by `AND` and `OR`. */
function holds(condition: string, item: Item | undefined, values: Item): boolean {
  if (condition === '') return true;
  const compared = (text: string) => {
    const [, not, there, name = '', sign, value = ''] =
      /^\(?(?:attribute_(not_)?exists\(#?(\w+)\)|(#?\w+(?:\.#?\w+)*) (=|<) (:\w+))\)?$/.exec(text) ?? [];
    if (there !== undefined) return (item?.[there] === undefined) === (not !== undefined);
    if (sign === undefined) throw new Refused(`a condition has no stand-in: ${text}`);
    const [ours, other] = [at(item, name), values[value]];
    return sign === '=' ? ours === other : ours !== undefined && String(ours) < String(other);
  };
  return condition.split(' OR ').some((either) => either.split(' AND ').every(compared));
}

async function* chunksOf(object: Buffer | Huge, start: number, end: number, count: (bytes: number) => void) {
  const huge = !Buffer.isBuffer(object);
  const block = huge ? Buffer.concat(Array(Math.ceil(CHUNK / object.tail.length)).fill(object.tail)) : object;
  for (let at = start; at < end; ) {
    const piece = !huge
      ? object.subarray(at, Math.min(end, at + CHUNK))
      : at < object.head.length
        ? object.head.subarray(at, end)
        : block.subarray(0, end - at);
    count(piece.length);
    at += piece.length;
    yield piece;
  }
}

/** A notice as it is published. */
interface Publication {
  TopicArn: string;
  Message: string;
  MessageStructure: string;
  Subject: string;
  MessageAttributes: Record<string, Item>;
}

/** The one version that objects have here. */
export const VERSION = 'v1';

export class MemoryAws {
  /** Objects by `bucket/key`. */
  readonly objects = new Map<string, Buffer | Huge>();
  /** Items by table, then pk and sk. */
  readonly items = new Map<string, Item>();
  readonly told: Told[] = [];
  /** The messages that were put into queues. */
  readonly sent: { readonly queue: string; readonly event: unknown }[] = [];
  readonly started: { readonly machine: string; readonly name: string; readonly input: unknown }[] = [];
  bytesRead = 0;

  /** Replaces AWS for all functions in this process. */
  install(): void {
    const here = (command: unknown) =>
      this.#answer((command as object).constructor.name.replace(/Command$/, ''), (command as { input: Input }).input);
    for (const client of [s3, dynamo, sns, sfn, sqs, kms]) client.send = here as typeof client.send;
    s3.config.endpoint = async () => ({ protocol: 'https:', hostname: 's3.memory', path: '/', port: 443 });
  }

  /** The objects in a bucket, by key. */
  in(bucket: string): Map<string, Buffer> {
    const found = new Map<string, Buffer>();
    for (const [place, object] of this.objects)
      if (place.startsWith(`${bucket}/`) && Buffer.isBuffer(object)) found.set(place.slice(bucket.length + 1), object);
    return found;
  }

  #itemKey(table: string, item: Item): string {
    return JSON.stringify([table, item.pk, item.sk]);
  }

  async #answer(call: string, input: Input): Promise<unknown> {
    switch (call) {
      case 'GetObject':
        return this.#getObject(input as { Bucket: string; Key: string; Range?: string });
      case 'ListObjectVersions': {
        if (input.EncodingType !== 'url') throw new Refused('keys come as they can be written in XML');
        if (input.MaxKeys === undefined) return this.#versions(`${input.Bucket}/`, String(input.Prefix));
        if (input.MaxKeys !== 1) throw new Refused('whether it is the newest is asked');
        if (!this.objects.has(`${input.Bucket}/${input.Prefix}`))
          throw new Refused('an object that is looked at is there');
        return { Versions: [{ Key: encodeURIComponent(String(input.Prefix)), VersionId: VERSION, IsLatest: true }] };
      }
      case 'ListObjectsV2':
        return this.#listed(`${input.Bucket}/`, String(input.Prefix), input.Delimiter !== undefined);
      case 'PutObject':
        if (input.IfNoneMatch !== undefined && this.objects.has(`${input.Bucket}/${input.Key}`))
          throw Object.assign(new Error('the object is there'), { name: 'PreconditionFailed' });
        return await this.#putObject(input as { Bucket: string; Key: string; Body: unknown });
      case 'CopyObject': {
        const source = this.objects.get(String(input.CopySource).split('/').map(decodeURIComponent).join('/'));
        if (source === undefined) throw new Refused('an object that is copied is there');
        return this.#keep(input as { Bucket: string; Key: string }, source);
      }
      case 'SendMessage': {
        const { MessageBody } = input as { MessageBody: string };
        if (bytesOf(MessageBody) > LARGEST_MESSAGE) throw new Refused('a message has at most 256 kB');
        this.sent.push({ queue: String(input.QueueUrl), event: JSON.parse(MessageBody) });
        return {};
      }
      case 'Publish':
        return this.#publish(input as unknown as Publication);
      case 'StartExecution':
        return this.#start(input as { stateMachineArn: string; name: string; input: string });
      case 'DescribeExecution':
        return this.#described(String(input.executionArn));
      case 'SendTaskSuccess':
        return {};
      case 'Get':
        return { Item: this.items.get(this.#itemKey(String(input.TableName), input.Key as Item)) };
      case 'Put':
        return this.#put(
          input as { TableName: string; Item: Item; ConditionExpression?: string; ExpressionAttributeValues?: Item },
        );
      case 'BatchGet':
        return this.#batchGet(input.RequestItems as Record<string, { Keys: Item[] }>);
      case 'GenerateMac':
        return { Mac: Buffer.from(String(input.KeyId)), KeyId: input.KeyId };
      case 'Update':
        return this.#update(input as unknown as Update);
      case 'BatchWrite':
        return this.#batchWrite(input.RequestItems as Record<string, { PutRequest: { Item: Item } }[]>);
      default:
        throw new Refused(`${call} has no stand-in`);
    }
  }

  #listed(bucket: string, prefix: string, foldersOnly: boolean) {
    const keys = [...this.objects.keys()]
      .sort()
      .flatMap((place) => (place.startsWith(bucket + prefix) ? [place.slice(bucket.length)] : []));
    if (!foldersOnly)
      return { Contents: keys.map((Key) => ({ Key, Size: this.in(bucket.slice(0, -1)).get(Key)?.length })) };
    const folders = new Set(keys.map((key) => key.slice(0, key.indexOf('/', prefix.length) + 1)));
    return { CommonPrefixes: [...folders].map((Prefix) => ({ Prefix })) };
  }

  #batchGet(requested: Record<string, { Keys: Item[] }>) {
    const found = Object.entries(requested).map(([table, { Keys }]) => {
      if (new Set(Keys.map(({ pk }) => pk)).size !== Keys.length) throw new Refused('a key is asked for once');
      return [table, Keys.flatMap((key) => this.items.get(this.#itemKey(table, key)) ?? [])];
    });
    return { Responses: Object.fromEntries(found) };
  }

  #versions(bucket: string, prefix: string) {
    if (Buffer.byteLength(prefix) > LONGEST_KEY || !prefix.isWellFormed())
      throw new Refused('a prefix is one of a key');
    const places = [...this.objects].filter(([place]) => place.startsWith(bucket + prefix)).sort();
    const Versions = places.map(([place, object]) => ({
      Key: encodeURIComponent(place.slice(bucket.length)),
      VersionId: VERSION,
      Size: Buffer.isBuffer(object) ? object.length : object.bytes,
    }));
    return { Versions };
  }

  #getObject({ Bucket, Key, Range }: { Bucket: string; Key: string; Range?: string }) {
    const object = this.objects.get(`${Bucket}/${Key}`);
    if (object === undefined) throw Object.assign(new Error('there is no such object'), { name: 'NoSuchKey' });
    const size = Buffer.isBuffer(object) ? object.length : object.bytes;
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(Range ?? 'bytes=0-') ?? [];
    const start = Number(from);
    const end = to === '' ? size : Math.min(size, Number(to) + 1);
    if (Range !== undefined && start >= size) throw new Refused('a range begins within its object');
    const count = (bytes: number) => {
      this.bytesRead += bytes;
      if (this.bytesRead > MOST_READ) throw new Refused(`nothing reads more than ${MOST_READ} bytes here`);
    };
    return {
      Body: Readable.from(chunksOf(object, start, end, count), { objectMode: false }),
      ContentLength: end - start,
    };
  }

  async #putObject({ Bucket, Key, Body }: { Bucket: string; Key: string; Body: unknown }) {
    if (typeof Body !== 'string' && !(Body instanceof Uint8Array)) throw new Refused('an object has bytes');
    return this.#keep({ Bucket, Key }, Buffer.from(Body as string));
  }

  #keep({ Bucket, Key }: { Bucket: string; Key: string }, object: Buffer | Huge) {
    if (bytesOf(Key) > LONGEST_KEY || Key === '' || !Key.isWellFormed())
      throw new Refused('a key has 1 to 1,024 bytes of UTF-8');
    this.objects.set(`${Bucket}/${Key}`, object);
    return { ETag: '"none"' };
  }

  #publish({ TopicArn, Message, MessageStructure, Subject, MessageAttributes }: Publication) {
    const attributes = Object.entries(MessageAttributes);
    for (const [, { StringValue }] of attributes)
      if (StringValue === '' || StringValue === undefined) throw new Refused('an attribute has a value');
    if (bytesOf(Message) + sizeOf(MessageAttributes) > LARGEST_MESSAGE)
      throw new Refused('a message has at most 256 kB');
    if (!Message.isWellFormed()) throw new Refused('a message is UTF-8');
    if (MessageStructure !== 'json') throw new Refused('a notice has a text for each protocol');
    const { default: notice, email } = JSON.parse(Message) as { default: string; email: string };
    if (typeof email !== 'string' || email === '') throw new Refused('a notice has a text for people');
    if (!/^[!-~][ -~]{0,98}$/.test(Subject)) throw new Refused('a subject is ASCII, of less than 100 characters');
    this.told.push({ topic: TopicArn, notice: JSON.parse(notice) });
    return {};
  }

  #start({ stateMachineArn, name, input }: { stateMachineArn: string; name: string; input: string }) {
    if (!/^[\w-]+$/.test(name) || name.length > LONGEST_EXECUTION_NAME)
      throw new Refused('an execution has a proper name');
    if (bytesOf(input) > LARGEST_MESSAGE) throw new Refused("an execution's input has at most 256 kB");
    this.started.push({ machine: stateMachineArn, name, input: JSON.parse(input) });
    return {};
  }

  #described(executionArn: string) {
    if (this.started.some(({ name }) => executionArn.endsWith(`:${name}`))) return { status: 'RUNNING' };
    throw new ExecutionDoesNotExist({ message: 'Execution Does Not Exist', $metadata: {} });
  }

  #put({
    TableName,
    Item,
    ConditionExpression = '',
    ExpressionAttributeValues = {},
  }: {
    TableName: string;
    Item: Item;
    ConditionExpression?: string;
    ExpressionAttributeValues?: Item;
  }) {
    checkItem(Item);
    const key = this.#itemKey(TableName, Item);
    if (!holds(ConditionExpression, this.items.get(key), ExpressionAttributeValues))
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    this.items.set(key, structuredClone(Item));
    return {};
  }

  #update(update: Update) {
    const { TableName, Key, UpdateExpression, ConditionExpression = '', ExpressionAttributeValues: values } = update;
    if (!UpdateExpression.startsWith('SET ')) return this.#addToSet(update);
    const key = this.#itemKey(TableName, Key);
    const now = this.items.get(key);
    if (!holds(ConditionExpression, now, values))
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    const next: Item = { ...Key, ...now };
    for (const part of UpdateExpression.slice('SET '.length).split(', ')) {
      const [, name = '', value = ''] = /^#(\w+) = (:\w+)$/.exec(part) ?? [];
      if (name === '') throw new Refused(`an update has no stand-in: ${UpdateExpression}`);
      next[name] = structuredClone(values[value]);
    }
    checkItem(next);
    this.items.set(key, next);
    return {};
  }

  #addToSet({ TableName, Key, UpdateExpression, ExpressionAttributeValues }: Update) {
    const [, attribute = '', value = ''] = /^ADD (\w+) (:\w+)$/.exec(UpdateExpression) ?? [];
    if (attribute === '') throw new Refused(`an update has no stand-in: ${UpdateExpression}`);
    const key = this.#itemKey(TableName, Key);
    const now = this.items.get(key) ?? Key;
    const set = new Set([
      ...((now[attribute] ?? []) as Set<string>),
      ...(ExpressionAttributeValues[value] as Set<string>),
    ]);
    const Attributes = { ...now, [attribute]: set };
    this.items.set(key, Attributes);
    return { Attributes };
  }

  #batchWrite(tables: Record<string, { PutRequest: { Item: Item } }[]>) {
    for (const [table, requests] of Object.entries(tables)) {
      if (requests.length > ITEMS_PER_BATCH_WRITE) throw new Refused('a batch write has at most 25 items');
      const keys = new Set(requests.map(({ PutRequest: { Item } }) => this.#itemKey(table, Item)));
      if (keys.size < requests.length) throw new Refused('a batch write has no key twice');
      for (const { PutRequest } of requests) {
        checkItem(PutRequest.Item);
        this.items.set(this.#itemKey(table, PutRequest.Item), structuredClone(PutRequest.Item));
      }
    }
    return {};
  }
}
