/**
 * The cloud's one endpoint: plain HTTP on a loopback port. A request goes to the service that its signature's scope names;
 * signatures are read, not checked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.ts';
import { describeStacks, stacksOf } from '../cloudformation/describe-stacks.ts';
import type { Dynamo } from '../dynamodb/dynamo.ts';
import { OUTSIDER } from '../dynamodb/dynamo-host.ts';
import { AwsError, errorXml, queryErrorXml } from '../errors.ts';
import { refusal } from '../faults.ts';
import { type Fauxqs, SQS_ACTIONS } from '../fauxqs/fauxqs.ts';
import type { Kms } from '../kms/kms.ts';
import type { AsyncInvoker } from '../lambda/async-invoke.ts';
import type { Pollers } from '../lambda/event-source-mapping.ts';
import type { FunctionCall, Functions } from '../lambda/functions.ts';
import { type Enforcement, statesNeeds, tableNeeds } from '../rights/enforcement.ts';
import { recognise, type S3, S3_WRITES } from '../s3/s3.ts';
import { isMoveAction, type MessageMoves, type MoveAction } from '../sqs/move-tasks.ts';
import type { StepFunctions } from '../states/service.ts';
import { answerSts } from '../sts/sts.ts';
import type { LoadedStack } from '../templates/assembly.ts';
import { isApp, type UsageCounter } from '../usage.ts';
import { signerOf } from './signature.ts';

/** What the endpoint serves; known once the app was loaded. */
export interface Services {
  clock: Clock;
  dynamo: Dynamo;
  kms: Kms;
  fauxqs: Fauxqs;
  s3: S3;
  states: StepFunctions;
  functions: Functions;
  asyncInvoker: AsyncInvoker;
  pollers: Pollers;
  moves: MessageMoves;
  stacks: readonly LoadedStack[];
  /** When they were made, in epoch milliseconds. */
  start: number;
  usage: UsageCounter;
  account: string;
  /** ARNs of the app's roles. */
  roles: ReadonlySet<string>;
  /** The rights in force; undefined: everybody may everything. */
  enforcement?: Enforcement | undefined;
  /** Told of each write to a table, after it was carried out: the operation and its request. */
  written?: ((action: string, request: Record<string, unknown>) => void) | undefined;
}

type Serve = (services: Services, call: Call) => Promise<void> | void;

const SERVE: Readonly<Record<string, Serve>> = {
  cloudformation: serveCloudFormation,
  dynamodb: serveDynamo,
  kms: serveKms,
  lambda: serveLambda,
  s3: serveS3,
  sns: (services, call) => serveFauxqs(services, 'sns', call),
  sqs: serveSqs,
  states: serveStates,
  sts: serveSts,
};

/** The services that are served, by the name in a signature's scope. */
export const SERVICES: readonly string[] = Object.keys(SERVE);

/** Actions of Lambda that are served, by their methods and paths. */
const LAMBDA: Readonly<
  Record<
    string,
    { method: string; path: RegExp; serve: (services: Services, call: Call, name: string) => Promise<void> | void }
  >
> = {
  Invoke: { method: 'POST', path: /^\/2015-03-31\/functions\/([^/]+)\/invocations$/, serve: invoke },
  ListFunctions: { method: 'GET', path: /^\/2015-03-31\/functions\/?$/, serve: listFunctions },
};
export const LAMBDA_ACTIONS: readonly string[] = Object.keys(LAMBDA);

/** Whom a request may be addressed to: a bucket's name in the host would be one for another style of addresses. */
const HOSTS = ['127.0.0.1', 'localhost'];

const LARGEST_JSON = 16 * 1024 * 1024;

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  path: string;
  query: URLSearchParams;
  accessKeyId: string;
  /** The role under which it comes, where rights are in force; undefined: the account's owner. */
  role: string | undefined;
}

export class Endpoint {
  readonly url: string;
  private readonly server: Server;
  private services: Services | undefined;

  private constructor(server: Server) {
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.take(request, response));
  }

  /** Listens on `port`, or on a free one for 0. Rejects when the port is taken. */
  static listen(port: number): Promise<Endpoint> {
    const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve(new Endpoint(server));
      });
    });
  }

  /** From now on requests are served, by these services. */
  open(services: Services): void {
    this.services = services;
    const { enforcement, fauxqs } = services;
    fauxqs.guard = (request, body) => {
      const { headers } = request;
      const { accessKeyId = OUTSIDER, service = '' } = signerOf(headers, new URLSearchParams()) ?? {};
      const of = body.TopicArn ?? body.QueueUrl;
      const key = of === undefined ? undefined : String(of);
      meetFault(services, request, accessKeyId, { service, action: String(body.Action ?? actionOf(request)), key });
      if (enforcement === undefined) return;
      const role = roleOf(services, accessKeyId, service);
      const queue = typeof body.QueueUrl === 'string' ? fauxqs.queues.getQueue(body.QueueUrl)?.arn : undefined;
      const resource = queue ?? String(body.TopicArn ?? body.TargetArn ?? '*');
      const action = `${service}:${body.Action ?? actionOf({ headers })}`;
      if (service === 'sns' || service === 'sqs')
        enforcement.require(role, [{ action, resource, context: subscribing(body) }], 'AccessDenied', 403);
    };
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const { services } = this;
    // Not parsed as a URL, which would resolve the dots and slashes of a key.
    const [path = '/', search = ''] = (request.url ?? '/').split(/\?(.*)/s);
    const query = new URLSearchParams(search);
    const signer = signerOf(request.headers, query);
    const service = signer?.service ?? guess(request);
    const accessKeyId = signer?.accessKeyId ?? OUTSIDER;
    if (services === undefined) {
      fail(request, response, service, new AwsError('ServiceUnavailable', 'the local cloud is starting', 503));
      return;
    }
    const serve = async (): Promise<void> => {
      await services.functions.sleeping(accessKeyId);
      const release = services.clock.hold(`request to ${service}`, isApp(accessKeyId) ? undefined : 'outsider');
      response.once('close', release);
      const role = roleOf(services, accessKeyId, service);
      await this.dispatch(services, service, { request, response, path, query, accessKeyId, role });
    };
    serve().catch((error: unknown) => {
      const known = error instanceof AwsError ? error : new AwsError('InternalFailure', messageOf(error), 500);
      fail(request, response, service, known);
    });
  }

  private async dispatch(services: Services, service: string, call: Call): Promise<void> {
    const host = (call.request.headers.host ?? '').replace(/:\d+$/, '');
    if (!HOSTS.includes(host)) {
      throw new AwsError('NotImplemented', `the local cloud answers at ${this.url} only, not as ${host}`, 501);
    }
    const serve = Object.hasOwn(SERVE, service) ? SERVE[service] : undefined;
    if (serve === undefined) {
      throw new AwsError('UnknownOperationException', `the local cloud has no service ${service}`);
    }
    return serve(services, call);
  }
}

/** The role of the function that an access key id is of, or the one that it names. */
/** What a subscription is asked with. */
const subscribing = ({ Protocol, Endpoint }: Readonly<Record<string, unknown>>): Record<string, string> => ({
  ...(typeof Protocol === 'string' ? { 'sns:protocol': Protocol } : {}),
  ...(typeof Endpoint === 'string' ? { 'sns:endpoint': Endpoint } : {}),
});

function roleOf({ enforcement, functions }: Services, accessKeyId: string, service: string): string | undefined {
  return enforcement && (functions.roleOf(accessKeyId) ?? enforcement.named(accessKeyId, service));
}

/** For requests without a signature: JSON services name themselves, everything else is S3. */
function guess({ headers }: IncomingMessage): string {
  const target = String(headers['x-amz-target'] ?? '');
  if (target.startsWith('DynamoDB')) return 'dynamodb';
  if (target.startsWith('AWSStepFunctions')) return 'states';
  if (target.startsWith('AmazonSQS')) return 'sqs';
  return 's3';
}

function serveS3(services: Services, { request, response, path, query, accessKeyId, role }: Call): void {
  const recognised = recognise(request.method ?? 'GET', path, query, request.headers);
  services.enforcement?.requireObject(role, recognised, request.headers, query, services.s3.lacks(recognised));
  const { action, key } = recognised;
  services.usage.called(accessKeyId, 's3', action);
  meetFault(services, request, accessKeyId, { service: 's3', action, key });
  beforeAnswer(request, response, () => {
    services.s3.done(recognised, response);
    return S3_WRITES.includes(action) && services.functions.wrote(accessKeyId, { service: 's3', action, key });
  });
  services.s3.serve(request, response, recognised);
}

async function serveDynamo(services: Services, { request, response, accessKeyId, role }: Call): Promise<void> {
  const body = await bodyOf(request);
  const action = actionOf(request);
  if (role !== undefined) {
    const needs = tableNeeds(action, parse(body), (table) => services.dynamo.arnOf(table));
    services.enforcement?.require(role, needs);
  }
  const call = { service: 'dynamodb', action, key: itemOf(body) };
  const part = meetFault(services, request, accessKeyId, call) === 'part' ? halved(action, parse(body)) : undefined;
  const answer = await services.dynamo.forward(request.headers, part ? Buffer.from(JSON.stringify(part.first)) : body);
  const isWrite = /^(Put|Update|Delete|BatchWrite)/.test(action) && answer.status === 200;
  if (isWrite) services.written?.(action, part?.first ?? parse(body));
  const drop = isWrite && services.functions.wrote(accessKeyId, call);
  if (drop || losing.has(request)) {
    response.destroy();
    return;
  }
  if (part !== undefined && answer.status === 200) {
    json(response, 200, { ...parse(answer.bytes), [part.field]: part.rest });
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.bytes);
}

/**
 * The first half of a batch, of one table, to be carried out, and the rest with the field of an answer that names what was not
 * processed. Undefined where nothing can be left for later.
 */
function halved(action: string, body: Record<string, unknown>) {
  const [[table = '', requests] = []] = Object.entries((body.RequestItems ?? {}) as Record<string, unknown>);
  if (action === 'BatchWriteItem' && Array.isArray(requests) && requests.length > 1) {
    const [first, rest] = halves(requests);
    return {
      first: { ...body, RequestItems: { [table]: first } },
      rest: { [table]: rest },
      field: 'UnprocessedItems',
    };
  }
  const keys = (requests as { Keys?: unknown[] } | undefined)?.Keys ?? [];
  if (action !== 'BatchGetItem' || keys.length < 2) return undefined;
  const [first, rest] = halves(keys).map((Keys) => ({ [table]: { ...(requests as object), Keys } }));
  return { first: { ...body, RequestItems: first }, rest, field: 'UnprocessedKeys' };
}

function halves<T>(list: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)];
}

/** Requests whose answers get lost by the fault plan. */
const losing = new WeakSet<IncomingMessage>();

/**
 * What the fault plan makes of a function's request before it is carried out.
 * @throws AwsError where it is refused, or where its function has ended with it
 */
function meetFault(
  { functions }: Services,
  request: IncomingMessage,
  accessKeyId: string,
  call: FunctionCall,
): 'part' | undefined {
  const fault = functions.calls(accessKeyId, call);
  if (fault === 'lose') losing.add(request);
  if (fault !== undefined && fault !== 'lose' && fault !== 'part') throw refusal(call.service, fault);
  return fault === 'part' ? fault : undefined;
}

/** The partition key of the item that a request writes; of several, the first one's. */
function itemOf(body: Buffer): string {
  return /"pk":\{"S":"([^"]*)"/.exec(body.toString())?.[1] ?? '';
}

async function serveStates(services: Services, { request, response, accessKeyId, role }: Call): Promise<void> {
  const action = actionOf(request);
  const body = parse(await bodyOf(request));
  services.enforcement?.require(role, statesNeeds(action, body));
  services.usage.called(accessKeyId, 'states', action);
  meetFault(services, request, accessKeyId, { service: 'states', action });
  const answer = await services.states.call(action, body);
  const isWrite = /^(Start|Stop|Send)/.test(action);
  const drop = isWrite && services.functions.wrote(accessKeyId, { service: 'states', action });
  if (drop || losing.has(request)) {
    response.destroy();
    return;
  }
  json(response, 200, answer);
}

async function serveKms(services: Services, { request, response, accessKeyId, role }: Call): Promise<void> {
  const action = actionOf(request);
  const body = parse(await bodyOf(request));
  if (role !== undefined) services.enforcement?.requireKey(role, `kms:${action}`, services.kms.find(body.KeyId));
  services.usage.called(accessKeyId, 'kms', action);
  meetFault(services, request, accessKeyId, { service: 'kms', action });
  const answer = services.kms.call(action, body);
  if (losing.has(request)) response.destroy();
  else json(response, 200, answer);
}

async function serveLambda(services: Services, call: Call): Promise<void> {
  const { request, path, query } = call;
  for (const [action, { method, path: form, serve }] of Object.entries(LAMBDA)) {
    const found = form.exec(path);
    if (found === null || request.method !== method) continue;
    const [parameter] = query.keys();
    const logType = request.headers['x-amz-log-type'] ?? 'None';
    if (parameter !== undefined) throw notImplemented(`${action} with ?${parameter}`);
    if (logType !== 'None') throw notImplemented(`${action} with LogType ${logType}`);
    return serve(services, call, decodeURIComponent(found[1] ?? ''));
  }
  throw notImplemented(`${request.method} ${path}`);
}

function notImplemented(what: string): AwsError {
  return new AwsError('NotImplemented', `the local cloud's Lambda has no ${what}`, 501);
}

async function invoke(services: Services, { request, response, role }: Call, name: string): Promise<void> {
  const payload = (await bodyOf(request)).toString() || '{}';
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  parseAny(payload);
  const spec = services.functions.find(name);
  services.enforcement?.require(role, [{ action: 'lambda:InvokeFunction', resource: spec.arn }]);
  if (type === 'DryRun') {
    response.writeHead(204).end();
  } else if (type === 'Event') {
    services.asyncInvoker.invoke(spec.name, payload);
    response.writeHead(202).end();
  } else {
    const answer = await services.functions.invoke(name, payload);
    const failed = answer.functionError === undefined ? {} : { 'x-amz-function-error': 'Unhandled' };
    response.writeHead(200, { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST', ...failed });
    response.end(answer.payload);
  }
}

function listFunctions(services: Services, { response, role }: Call): void {
  services.enforcement?.require(role, [{ action: 'lambda:ListFunctions', resource: '*' }]);
  const functions = services.functions.list().map((spec) => ({
    FunctionName: spec.name,
    FunctionArn: spec.arn,
    Handler: spec.handler,
    Timeout: spec.timeoutSeconds,
    MemorySize: spec.memoryMb,
    Environment: { Variables: spec.environment },
  }));
  json(response, 200, { Functions: functions });
}

async function serveCloudFormation(services: Services, { request, response, role }: Call): Promise<void> {
  const found = stacksOf(services.stacks, new URLSearchParams((await bodyOf(request)).toString()));
  const needs = found.map(({ arn }) => ({ action: 'cloudformation:DescribeStacks', resource: arn }));
  services.enforcement?.require(role, needs, 'AccessDenied', 403);
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(describeStacks(found, services.start));
}

async function serveSts({ enforcement, account, roles }: Services, { request, response, role }: Call): Promise<void> {
  const form = new URLSearchParams((await bodyOf(request)).toString());
  const requireAssume = (roleArn: string, externalId: string | undefined) =>
    enforcement?.requireAssume(role, roleArn, externalId);
  const answer = answerSts(form, { account, role, roles, requireAssume });
  response.writeHead(200, { 'content-type': 'text/xml' });
  response.end(answer);
}

function serveSqs(services: Services, call: Call): Promise<void> | void {
  const action = actionOf(call.request);
  if (isMoveAction(action)) return serveMove(services, call, action);
  if (!(SQS_ACTIONS as readonly string[]).includes(action)) {
    throw new AwsError('UnknownOperationException', `the local cloud's SQS has no ${action || 'such request'}`);
  }
  // SDKs send to the queue's own URL.
  call.request.url = '/';
  serveFauxqs(services, 'sqs', call, action);
}

async function serveMove(
  services: Services,
  { request, response, accessKeyId, role }: Call,
  action: MoveAction,
): Promise<void> {
  const body = parse(await bodyOf(request));
  services.enforcement?.require(role, services.moves.needs(action, body), 'AccessDenied', 403);
  services.usage.called(accessKeyId, 'sqs', action);
  json(response, 200, services.moves.call(action, body));
  services.pollers.poke();
}

/** Hands a request on; `known` is its action where that is known before the body was read. */
function serveFauxqs(
  services: Services,
  service: string,
  { request, response, accessKeyId }: Call,
  known?: string,
): void {
  beforeAnswer(request, response, () => {
    const action = known ?? services.fauxqs.actionOf(request) ?? '';
    services.usage.called(accessKeyId, service, action);
    services.pollers.poke();
    const isWrite = /^(Publish|Send|Delete|Change)/.test(action);
    const key = services.fauxqs.messageOf(request);
    return isWrite && services.functions.wrote(accessKeyId, { service, action, ...(key === undefined ? {} : { key }) });
  });
  services.fauxqs.route(request, response);
}

/**
 * Calls `run` when a successful answer is about to go out, once; when that returns true, or the answer is to be lost, the
 * connection is dropped instead.
 */
function beforeAnswer(request: IncomingMessage, response: ServerResponse, run: () => boolean): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  let asked = false;
  response.writeHead = (...args: unknown[]): ServerResponse => {
    const status = Number(args[0]);
    if (!asked && status < 300) {
      asked = true;
      if (run() || losing.has(request)) {
        response.destroy();
        return response;
      }
    }
    return writeHead(...args);
  };
}

function actionOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  return String(headers['x-amz-target'] ?? '').replace(/^.*\./, '');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_JSON) throw new AwsError('RequestEntityTooLarge', 'the request is too large', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(body: Buffer): Record<string, unknown> {
  const parsed = body.length === 0 ? {} : parseAny(body.toString());
  if (typeof parsed !== 'object' || parsed === null) throw new AwsError('SerializationException', 'no JSON object');
  return parsed as Record<string, unknown>;
}

function parseAny(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('SerializationException', 'the body is not JSON');
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}

function fail(request: IncomingMessage, response: ServerResponse, service: string, error: AwsError): void {
  const { code, message, status, fields } = error;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const isQuery = request.headers['content-type']?.includes('x-www-form-urlencoded');
  if (service === 's3' || isQuery) {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(service === 's3' ? errorXml(error) : queryErrorXml(error));
    return;
  }
  response.setHeader('x-amzn-errortype', code);
  json(response, status, { ...fields, __type: code, message });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
