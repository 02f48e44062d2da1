/** What is done of each request before fauxqs carries it out, and how its refusals are answered. */
import type { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { buildApp } from 'fauxqs';
import { checkBytes } from '../checksums.ts';
import { AwsError, errorXml, queryErrorXml } from '../errors.ts';
import { type ByProtocol, checkForm, checkLists, messagesOf } from '../sns.ts';
import type { QueueMessage, TopicStore } from './stores.ts';

/** The listeners to requests and messages; each may be set at any time. */
export interface Told {
  /**
   * Called with each request of SQS and SNS before it is carried out.
   * @throws AwsError where the request is refused
   */
  guard: ((request: IncomingMessage, body: Readonly<Record<string, unknown>>) => Promise<void>) | undefined;
  /** Told of each message before it is published to a topic. */
  published: ((message: string) => void) | undefined;
  /** Told of each published message, one at a time where several came as a batch: its topic, text and attributes. */
  publishing: ((topicArn: string, message: string, attributes: Record<string, string>) => void) | undefined;
  /** Told of each message that comes into a queue. */
  sent: ((queueArn: string, message: QueueMessage) => void) | undefined;
}

/** Bytes that came in chunks, and the headers behind them. */
export interface Decoded {
  body: Buffer;
  trailers: Record<string, string>;
}

/** The parts that the hooks work with. */
interface Hooked {
  readonly told: Told;
  readonly topics: TopicStore;
  /** Gets the texts per protocol that a request publishes, for all that it sets off. */
  readonly publishedBy: AsyncLocalStorage<ByProtocol>;
  decodeAwsChunked(bytes: Buffer): Decoded;
}

/**
 * Adds the hooks. A request that they refuse is answered in the form of its service.
 * @returns the action of a request of SNS, and the message of a request of SQS; each is known once the request's body was read
 */
export function addHooks(
  app: ReturnType<typeof buildApp>,
  { told, topics, publishedBy, decodeAwsChunked }: Hooked,
): Record<'actionOf' | 'messageOf', (request: IncomingMessage) => string | undefined> {
  const byProtocol = new WeakMap<IncomingMessage, ByProtocol>();
  const actions = new WeakMap<IncomingMessage, string>();
  const messages = new WeakMap<IncomingMessage, string>();
  app.addHook('preHandler', async (request) => {
    const form = request.body as Record<string, unknown> | null | undefined;
    if (Buffer.isBuffer(form) || !form) await checkUpload(request.raw, form ?? Buffer.alloc(0), decodeAwsChunked);
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
    await told.guard?.(request.raw, form);
    if (form.Action === 'Publish') told.published?.(String(form.Message));
    const topic = String(form.TopicArn ?? form.TargetArn);
    for (const { message, attributes } of messagesOf(form)) told.publishing?.(topic, message, attributes);
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
  return {
    actionOf: (request) => actions.get(request),
    messageOf: (request) => messages.get(request),
  };
}

/** @throws AwsError for an upload whose bytes its headers, or the trailers behind its chunks, contradict */
async function checkUpload(
  { method, headers }: IncomingMessage,
  sent: Buffer,
  decodeAwsChunked: Hooked['decodeAwsChunked'],
): Promise<void> {
  // Other requests with bytes (such as a list of parts) may have headers about other bytes.
  if (method !== 'PUT' || headers['x-amz-copy-source'] !== undefined) return;
  const isChunked = headers['content-encoding']?.includes('aws-chunked') ?? false;
  const { body, trailers } = isChunked ? decodeAwsChunked(sent) : { body: sent, trailers: {} };
  await checkBytes(body, { ...headers, ...trailers });
}

const namesAny = (names: unknown) => Array.isArray(names) && names.length > 0;
